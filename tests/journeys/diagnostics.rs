//! What is told of trouble: the log of an upload as it happens, and the report for support.
#![allow(clippy::print_stdout, reason = "the figures are there to be read")]

use crate::house::{House, MIB, PASSPHRASE, map};
use slipway_api::{
    log::Daily,
    wire::{NewManuscripts, Report, ReportAsked, Step, StepsAsked},
};
use slipway_model::{PhaseName, UploadId};
use slipway_simulators::{
    aliyun_vod, api_video,
    bilibili::{self, Call, Fault},
    bluesky, wangsu,
};
use slipway_sites::Site;
use std::{io::Write, time::Duration};

async fn steps(house: &House, id: UploadId, after: u64) -> Vec<Step> {
    house
        .api
        .upload_steps(StepsAsked { id, after })
        .await
        .unwrap()
}

async fn account(house: &House, site: &dyn Site) -> slipway_model::AccountId {
    let settings = site.settings().into_iter();
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    let secrets = site.secrets();
    let secrets: Vec<_> = secrets
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let platform = site.platform();
    house
        .account(platform, platform, settings.collect(), &secrets)
        .await
}

fn text(report: &Report) -> String {
    report.files.iter().map(|file| file.text.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_an_upload_has_its_requests_its_parts_and_its_retries_as_they_come() {
    let house = House::new().await;
    let simulator = bilibili::simulator()
        .review(bilibili::Review::immediate())
        .spacing(Duration::ZERO)
        .start()
        .await;
    let busy = Fault::HttpStatus {
        status: 503,
        retry_after_s: None,
        applied: false,
    };
    simulator.fault(busy.on(Call::Part).part(2));
    let account = account(&house, &simulator).await;
    let fields = map([("title", "t"), ("tags", "a"), ("bilibili.tid", "21")]);
    let film = house.video("clip.mp4", 20 * MIB);
    let id = house.add(&film, account, fields).await;
    // As one who follows it: each line once.
    let mut seen = Vec::new();
    loop {
        let ended = house.detail(id).await.row.live.phase == PhaseName::Published;
        let after = seen.last().map_or(0, |step: &Step| step.number);
        seen.extend(steps(&house, id, after).await);
        if ended {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(
        seen,
        steps(&house, id, 0).await,
        "nothing missed, nothing twice"
    );
    let of = |event: &'static str| seen.iter().filter(move |step| step.event == event);
    let phases: Vec<_> = of("phase")
        .map(|step| step.params["phase"].as_str())
        .collect();
    assert_eq!(
        phases,
        [
            "opening",
            "sending",
            "committing",
            "processing",
            "published"
        ]
    );
    let parts = of("part").count();
    let answered: Vec<_> = of("request").collect();
    let with = |status: &'static str| {
        answered
            .iter()
            .filter(move |one| one.params["status"] == status)
    };
    assert_eq!(with("503").count(), 1);
    assert!(
        with("200").count() > parts,
        "each part, and the calls around them"
    );
    assert_eq!(of("retry_in").count(), 1);
    assert!(of("lanes").count() > 0);
    let sent: u64 = answered
        .iter()
        .filter(|one| one.params["status"] == "200")
        .map(|one| one.params["bytes"].parse::<u64>().unwrap())
        .sum();
    assert!(sent >= 20 * MIB as u64, "{sent}");
    let token = simulator.inspect().await.uploads[0].token.clone();
    for step in &seen {
        let told = format!("{step:?}");
        assert!(!told.contains(&token) && !told.contains('?'), "{told}");
    }
    println!("{} lines of {parts} parts", seen.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_holds_no_secret_no_query_and_no_name_of_a_file_on_any_platform() {
    let house = House::new().await;
    let bilibili = bilibili::simulator()
        .review(bilibili::Review::immediate())
        .spacing(Duration::ZERO)
        .start()
        .await;
    let wangsu = wangsu::simulator().start().await;
    let api_video = api_video::simulator()
        .encoding(api_video::Encoding::immediate())
        .start()
        .await;
    let aliyun_vod = aliyun_vod::simulator()
        .pace(aliyun_vod::Pace::immediate())
        .start()
        .await;
    let bluesky = bluesky::simulator().start().await;
    let sites: [&dyn Site; 5] = [&bilibili, &wangsu, &api_video, &aliyun_vod, &bluesky];
    let mut accounts = vec![house.folder_account().await];
    let mut secrets = vec![PASSPHRASE.to_owned()];
    for site in sites {
        accounts.push(account(&house, site).await);
        secrets.extend(site.secrets().into_iter().map(|(_, value)| value));
    }
    let (name, encoded) = (
        "Überfahrt & co, take 3.mp4",
        "%C3%9Cberfahrt%20&%20co,%20take%203.mp4",
    );
    let offered = house.api.files_offer(vec![house.video(name, MIB)]);
    let new = NewManuscripts {
        files: vec![offered.await.unwrap()[0].file],
        accounts,
        fields: map([("title", "Crossing"), ("tags", "a"), ("bilibili.tid", "21")]),
        ..NewManuscripts::default()
    };
    for id in house.api.manuscripts_add(new).await.unwrap().uploads {
        house.until_phase(id, PhaseName::Published).await;
    }
    let mut log = Daily::of(house.api.data_dir(), "slipway");
    let path = house.path(name).display().to_string();
    let lines = format!(
        "INFO took {name}\nINFO refused: there is a Crossing already\nINFO path={path:?} file:///x/{encoded}\n\
         INFO called url=https://h.example/{encoded}?upload_token=SECRETSECRET1 access_token=SECRETSECRET2\n"
    );
    log.write_all(lines.as_bytes()).unwrap();

    let report = house.api.report(ReportAsked::default()).await.unwrap();
    let told = text(&report);
    let stem = name.trim_end_matches(".mp4");
    let folder = house.dir.path().file_name().unwrap().to_str().unwrap();
    for none in [name, stem, encoded, folder, "Crossing", "SECRETSECRET"]
        .into_iter()
        .chain(secrets.iter().map(String::as_str))
    {
        assert!(!told.contains(none), "{none} in {told}");
    }
    let queries = told.split("://").skip(1).filter(|address| {
        let address = address.split([' ', '"', '\n']).next().unwrap_or_default();
        address
            .split_once('?')
            .is_some_and(|(_, query)| query != "…")
    });
    assert_eq!(queries.count(), 0, "{told}");
    for some in [
        "\"platform\": \"bluesky\"",
        "logs",
        "INFO took …",
        "published",
        "PUT ",
    ] {
        assert!(
            told.contains(some) || report.files.iter().any(|f| f.name.starts_with(some)),
            "{some}"
        );
    }
    let with_names = text(&house.api.report(ReportAsked { names: true }).await.unwrap());
    assert!(with_names.contains(name) && !with_names.contains("SECRETSECRET"));

    let refused = house.api.report_file(report.number).unwrap_err();
    assert_eq!(
        refused.code, "report_gone",
        "only what was shown last is saved"
    );
    println!("{} bytes without names", told.len());
}
