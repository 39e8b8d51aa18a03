//! Ten accounts on five platforms: one whose sign-in has died, one whose day is used up. Eight go on; each of the two holds its own uploads alone.

use crate::{
    bilibili::fields as bilibili_fields,
    house::{House, MIB, map},
};
use slipway_api::wire::{AccountRow, Empty, Secret, SignInEnd};
use slipway_engine::happening::What;
use slipway_model::{
    AccountId, Counted, Credential, HealthState, PhaseName, UploadId, Wait, account::Settings,
};
use slipway_simulators::{aliyun_vod, api_video, bilibili, bluesky, wangsu};
use slipway_sites::Site;
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// What a browser is sent on to by this page, or what it shows.
fn browse(page: &str) -> String {
    let (host, path) = page
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let location = answer.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("location").then(|| value.trim())
    });
    location.map(str::to_owned).unwrap_or(answer)
}

async fn account_on(house: &House, site: &dyn Site, label: &str) -> AccountId {
    let own = |pairs: Vec<(&'static str, String)>| -> Settings {
        let owned = pairs.into_iter().map(|(k, v)| (k.to_owned(), v));
        owned.collect()
    };
    let secrets = site.secrets();
    let secrets: Vec<_> = secrets.iter().map(|(k, v)| (*k, v.as_str())).collect();
    house
        .account(site.platform(), label, own(site.settings()), &secrets)
        .await
}

async fn bilibili_account(
    house: &House,
    site: &bilibili::Simulator,
    user: usize,
    label: &str,
) -> AccountId {
    let url = site.url();
    let settings = map([
        ("client_id", site.client_id()),
        ("gourl", "https://callback.example/landing"),
        ("endpoint.api", &url),
        ("endpoint.oauth", &url),
        ("endpoint.upload", &url),
        ("endpoint.consent", &url),
        ("part_size", "1048576"),
        ("rate.submit_spacing_s", "0"),
    ]);
    let who = site.user(user);
    let secrets = [
        ("app_secret", site.app_secret()),
        ("access_token", &who.access_token),
        ("refresh_token", &who.refresh_token),
    ];
    house.account("bilibili", label, settings, &secrets).await
}

async fn bluesky_account(
    house: &House,
    site: &bluesky::Simulator,
    user: usize,
    way: &[(&str, &str)],
) -> AccountId {
    let who = site.user(user);
    let mut settings: Settings = site
        .settings()
        .into_iter()
        .map(|(k, v)| (k.to_owned(), v))
        .collect();
    settings.insert("identifier".into(), who.handle.clone());
    settings.extend(way.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    let secrets = [("app_password", who.app_password.as_str())];
    house
        .account("bluesky", &who.handle, settings, &secrets)
        .await
}

fn titled(title: &str) -> BTreeMap<String, String> {
    let mut fields = bilibili_fields();
    fields.insert("title".into(), title.into());
    fields.insert("description".into(), title.into());
    fields
}

async fn row_of(house: &House, account: AccountId) -> AccountRow {
    let rows = house.api.accounts(Empty {}).await.unwrap();
    let mut rows = rows.into_iter();
    rows.find(|row| row.account.id == account).unwrap()
}

/// How often the timelines of these uploads say that they wait.
async fn notes_of_waiting(house: &House, ids: &[UploadId]) -> usize {
    let mut count = 0;
    for id in ids {
        let timeline = house.detail(*id).await.timeline;
        count += timeline.iter().filter(|e| e.event == "waiting").count();
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn one_dead_login_and_one_spent_day_hold_their_own_uploads_and_no_others() {
    let small_parts = |switches: &mut bluesky::Switches| switches.part_bytes = MIB as u64;
    let bluesky = bluesky::simulator().switches(small_parts).start().await;
    let bilibili = bilibili::simulator()
        .users(2)
        .review(bilibili::Review::immediate())
        .spacing(Duration::ZERO)
        .start()
        .await;
    let mut videos = Vec::new();
    let mut clouds = Vec::new();
    let mut vods = Vec::new();
    for seed in [1, 2] {
        let encoding = api_video::Encoding::immediate();
        videos.push(
            api_video::simulator()
                .seed(seed)
                .encoding(encoding)
                .start()
                .await,
        );
        clouds.push(wangsu::simulator().seed(seed).start().await);
        let pace = aliyun_vod::Pace::immediate();
        vods.push(aliyun_vod::simulator().seed(seed).pace(pace).start().await);
    }
    let house = House::new().await;
    let mut well = Vec::new();
    for (n, ((video, cloud), vod)) in videos.iter().zip(&clouds).zip(&vods).enumerate() {
        well.push(account_on(&house, video, &format!("api-video {n}")).await);
        well.push(account_on(&house, cloud, &format!("wangsu {n}")).await);
        well.push(account_on(&house, vod, &format!("aliyun-vod {n}")).await);
    }
    well.push(bilibili_account(&house, &bilibili, 0, "main").await);
    well.push(bluesky_account(&house, &bluesky, 0, &[]).await);
    let dead = bilibili_account(&house, &bilibili, 1, "second").await;
    let spent = bluesky_account(&house, &bluesky, 1, &[]).await;
    assert_eq!(house.api.accounts(Empty {}).await.unwrap().len(), 10);
    bilibili.revoke(1);
    bluesky.person(1, |person| person.remaining_videos = 0);

    let mut happenings = house.api.happenings();
    let file = house.video("sea.mp4", 2 * MIB);
    let mut of_dead = Vec::new();
    let mut of_spent = Vec::new();
    for n in 0..2 {
        // Other bytes each: the same ones to the same account are asked about first.
        let own = house.video(&format!("tide {n}.mp4"), 2 * MIB + n);
        let fields = titled(&format!("潮 {n}"));
        of_dead.push(house.add(&own, dead, fields.clone()).await);
        of_spent.push(house.add(&own, spent, fields).await);
    }
    for account in &well {
        let id = house.add(&file, *account, titled("海边的一天")).await;
        house.until_phase(id, PhaseName::Published).await;
    }

    // The dead one asks once, and the spent one says until when.
    for id in &of_dead {
        let row = house
            .until(*id, "a sign-in", |row| {
                matches!(row.live.wait, Some(Wait::SignIn { .. }))
            })
            .await;
        assert!(!row.live.phase.is_final());
    }
    for id in &of_spent {
        let row = house
            .until(*id, "tomorrow", |row| {
                matches!(row.live.wait, Some(Wait::Quota { .. }))
            })
            .await;
        assert!(row.live.wait.unwrap().until_ms().is_some());
    }
    assert_eq!(notes_of_waiting(&house, &of_dead).await, 1);
    assert_eq!(notes_of_waiting(&house, &of_spent).await, 1);
    let mut told = Vec::new();
    while let Ok(happening) = happenings.try_recv() {
        if let What::Waiting { wait } = happening.what {
            told.push((happening.account, wait.reason()));
        }
    }
    told.sort_unstable();
    let mut once = vec![(Some(dead), "sign_in"), (Some(spent), "quota")];
    once.sort_unstable();
    assert_eq!(told, once, "each is told once");

    // What the accounts' tiles show of it.
    let row = row_of(&house, dead).await;
    assert_eq!(row.account.health.state, HealthState::SignedOut);
    assert!(matches!(row.wait, Some(Wait::SignIn { .. })) && row.signs_in);
    assert_eq!(row.today.works, 0);
    let row = row_of(&house, spent).await;
    assert_eq!(row.account.health.state, HealthState::Ready);
    assert!(matches!(row.wait, Some(Wait::Quota { .. })));
    for account in &well {
        let row = row_of(&house, *account).await;
        assert_eq!((row.unfinished, row.wait), (0, None));
        assert_eq!(row.today.works, 1, "{}", row.account.label);
        assert!(row.today.sent_bytes >= 2 * MIB as u64);
    }

    // A check that finds nothing left leaves the wait as it is.
    let checked = house.api.account_check(spent).await.unwrap();
    assert_eq!(checked.health.state, HealthState::Ready);
    assert!(checked.health.is_spent());
    assert_eq!(checked.health.cause.unwrap().code, "bluesky_daily_quota");
    assert!(row_of(&house, spent).await.wait.is_some());

    // Signed in again in the browser; the day renewed: both go on, from where they were.
    bilibili.consent(bilibili::Consent::Approve, 1);
    let started = house.api.account_sign_in(dead).await.unwrap();
    assert!(!started.comes_back);
    let pasted = Some(Secret(browse(&started.page)));
    let end = SignInEnd {
        account: dead,
        pasted,
    };
    let checked = house.api.account_sign_in_end(end).await.unwrap();
    assert_eq!(checked.health.state, HealthState::Ready);
    assert_eq!(checked.health.credential, Some(Credential::SignIn));
    assert!(checked.health.renews && !checked.health.scopes.is_empty());
    bluesky.person(1, |person| person.remaining_videos = 9);
    let checked = house.api.account_check(spent).await.unwrap();
    let videos = &checked.health.allowances[0];
    assert_eq!((videos.what, videos.left), (Counted::Uploads, 9));
    for id in of_dead.iter().chain(&of_spent) {
        house.until_phase(*id, PhaseName::Published).await;
    }
    let row = row_of(&house, dead).await;
    assert_eq!((row.wait, row.today.works), (None, of_dead.len() as u64));
    house.api.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_comes_back_is_waited_for_and_can_be_called_off() {
    let site = bluesky::simulator().start().await;
    let house = House::new().await;
    let account = bluesky_account(&house, &site, 0, &[("sign_in", "oauth")]).await;
    assert!(row_of(&house, account).await.signs_in);
    let end = move || SignInEnd {
        account,
        pasted: None,
    };
    let wait = || {
        let api = house.api.clone();
        tokio::spawn(async move { api.account_sign_in_end(end()).await })
    };

    let first = house.api.account_sign_in(account).await.unwrap();
    assert!(first.comes_back);
    let waiting = wait();
    // Whether it waits by then or not: it is off.
    house.api.account_sign_in_cancel(account).await.unwrap();
    let failure = waiting.await.unwrap().unwrap_err();
    assert!(
        ["sign_in_cancelled", "sign_in_not_begun"].contains(&failure.code.as_str()),
        "{failure:?}"
    );
    let back = browse(&first.page);
    let address = back.strip_prefix("http://").unwrap();
    let host = address.split('/').next().unwrap();
    assert!(
        TcpStream::connect(host).is_err(),
        "nobody listens for one that was called off"
    );

    // One that is begun again ends by the browser.
    let second = house.api.account_sign_in(account).await.unwrap();
    let waiting = wait();
    let back = browse(&second.page);
    assert!(browse(&back).contains("close this page"));
    let checked = waiting.await.unwrap().unwrap();
    assert_eq!(checked.health.state, HealthState::Ready);
    assert_eq!(checked.health.identity.as_deref(), Some("maker1.test"));
    assert!(checked.health.scopes.contains(&"atproto".to_owned()));
    assert!(!checked.health.renews, "one of the browser's ends for good");

    // And one whose browser is elsewhere ends by what is pasted, while it is waited for.
    let third = house.api.account_sign_in(account).await.unwrap();
    let waiting = wait();
    let pasted = Some(Secret(browse(&third.page)));
    let checked = house
        .api
        .account_sign_in_end(SignInEnd { account, pasted })
        .await
        .unwrap();
    assert_eq!(checked.health.state, HealthState::Ready);
    assert!(
        waiting.await.unwrap().is_err(),
        "there is nothing to wait for"
    );
    house.api.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_name_disturbs_nothing_and_a_removed_account_leaves_its_history() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let sea = house.video("sea.mp4", MIB);
    let id = house.add(&sea, account, map([("title", "Sea")])).await;
    house.until_phase(id, PhaseName::Published).await;
    let change = slipway_api::wire::AccountChange {
        account,
        label: Some("Shelf".into()),
        settings: BTreeMap::new(),
        secrets: BTreeMap::new(),
    };
    assert_eq!(house.api.account_set(change).await.unwrap().label, "Shelf");
    let row = row_of(&house, account).await;
    assert_eq!(row.account.label, "Shelf");
    let disk = &row.account.health.allowances[0];
    assert_eq!(disk.what, Counted::Disk);
    assert!(disk.left > 0 && disk.of.is_some_and(|of| of >= disk.left));

    house.api.account_remove(account).await.unwrap();
    assert!(house.api.accounts(Empty {}).await.unwrap().is_empty());
    let row = house.detail(id).await.row;
    assert_eq!(
        (row.live.phase, row.account_label.as_str()),
        (PhaseName::Published, "Shelf")
    );
    assert!(row.live.remote.is_some(), "and where it went");
    house.api.close().await;
}
