//! Files that are online: the platform fetches them, and the engine asks once, whatever becomes of its answers.

use crate::house::{House, MIB, map, open, sha256, video_bytes};
use slipway_api::{
    Failure,
    wire::{NewManuscripts, Secret},
};
use slipway_model::{AccountId, PhaseName, UploadId};
use slipway_simulators::{
    Origin,
    aliyun_vod::{Call, Fault, Pace, Simulator, simulator},
};
use std::{fs, path::Path};

const QUERY: &str = "sig=SECRET0123456789&e=1";

struct Street {
    house: House,
    platform: Simulator,
    account: AccountId,
    origin: Origin,
    bytes: Vec<u8>,
}

impl Street {
    async fn new() -> Self {
        let platform = simulator().pace(Pace::immediate()).start().await;
        let bytes = video_bytes(3 * MIB + 1, 40);
        let origin = Origin::start(bytes.clone(), QUERY).await.unwrap();
        let house = House::new().await;
        let keys = platform.credentials().clone();
        let settings = map([
            ("access_key_id", keys.access_key_id.as_str()),
            ("endpoint.vod", &platform.url()),
        ]);
        let secrets = [("access_key_secret", keys.access_key_secret.as_str())];
        let account = house.account("aliyun-vod", "vod", settings, &secrets).await;
        Self {
            house,
            platform,
            account,
            origin,
            bytes,
        }
    }

    async fn add(&self, url: String, account: AccountId) -> Result<UploadId, Failure> {
        let offered = self.house.api.addresses_offer(vec![Secret(url)]).await?;
        let new = NewManuscripts {
            files: vec![offered[0].file],
            accounts: vec![account],
            ..NewManuscripts::default()
        };
        Ok(self.house.api.manuscripts_add(new).await?.uploads[0])
    }

    /// The engine as it was at this moment, on a copy of its folder: as after a kill.
    async fn kill(mut self) -> Self {
        let from = self.house.api.data_dir().to_owned();
        let to = self.house.path("after");
        fs::create_dir(&to).unwrap();
        for name in ["queue.db", "queue.db-wal", "secrets.vault"] {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
        self.house.api.close().await;
        self.house.api = open(to).await.unwrap();
        self
    }

    async fn told(&self, id: UploadId) -> Vec<String> {
        let timeline = self.house.detail(id).await.timeline;
        timeline.into_iter().map(|entry| entry.event).collect()
    }

    /// Waits for an entry of the timeline.
    async fn until_told(&self, id: UploadId, event: &str) {
        while !self.told(id).await.iter().any(|told| told == event) {
            tokio::task::yield_now().await;
        }
    }
}

fn holds(folder: &Path, secret: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, secret);
        }
        let bytes = fs::read(&path).unwrap_or_default();
        bytes
            .windows(secret.len())
            .any(|piece| piece == secret.as_bytes())
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_online_file_is_one_video_through_a_lost_answer_and_killed_engines() {
    let street = Street::new().await;
    street.platform.switches(|s| s.holds_jobs = true);
    street
        .platform
        .fault(Fault::AnswerLost { reset: true }.on(Call::UploadMediaByUrl));
    let url = street.origin.url("holiday.mp4");
    let id = street.add(url.clone(), street.account).await.unwrap();
    let one_job = |seen: &slipway_simulators::aliyun_vod::Inspection| seen.jobs.len() == 1;
    street.platform.until(one_job).await;
    street.until_told(id, "submitting").await;

    let street = street.kill().await;
    let row = street.house.until_phase(id, PhaseName::Processing).await;
    assert_eq!(
        (row.file.as_str(), row.title.as_str()),
        ("holiday.mp4", "holiday")
    );
    assert_eq!(row.live.sent_bytes, 0, "none of its bytes come by here");
    let detail = street.house.detail(id).await;
    assert_eq!(detail.path, url.split('?').next().unwrap());
    assert!(!format!("{detail:?}").contains("SECRET"));

    // Once more while the platform is at it.
    let house = street.house.restart().await;
    let street = Street { house, ..street };
    street.platform.switches(|s| s.holds_jobs = false);
    let row = street.house.until_phase(id, PhaseName::Published).await;
    let seen = street.platform.inspect();
    assert_eq!((seen.jobs.len(), seen.published()), (1, 1));
    assert_eq!(seen.answers_to(Call::UploadMediaByUrl).count(), 1);
    let video = seen.videos()[0];
    assert_eq!(row.live.remote.unwrap().id, video.id);
    let object = video.object.as_ref().unwrap();
    assert_eq!(
        object.sha256.as_deref(),
        Some(sha256(&street.bytes).as_str())
    );
    assert_eq!(street.origin.given(), 1);
    assert!(
        !holds(street.house.dir.path(), "SECRET0123456789"),
        "sealed wherever it is kept"
    );

    let again = street.add(url, street.account).await.unwrap_err();
    assert_eq!(again.code, "already_sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_download_is_taken_back_or_said_to_have_begun() {
    let street = Street::new().await;
    street.platform.switches(|s| s.holds_jobs = true);
    let url = street.origin.url("a.mp4");
    let id = street.add(url.clone(), street.account).await.unwrap();
    street.house.until_phase(id, PhaseName::Processing).await;
    street
        .house
        .api
        .uploads_cancel(House::these(id))
        .await
        .unwrap();
    street.until_told(id, "taken_back").await;
    assert!(street.platform.glance().jobs[0].cancelled);
    let row = street.house.detail(id).await.row;
    assert_eq!(row.live.phase, PhaseName::Cancelled);

    // It was taken back: the same may come again, without being asked for twice.
    let id = street.add(url, street.account).await.unwrap();
    street.house.until_phase(id, PhaseName::Processing).await;
    street
        .house
        .api
        .uploads_pause(House::these(id))
        .await
        .unwrap();
    street.platform.pace(Pace {
        seen_ms: 0,
        step_ms: 60_000,
    });
    street.platform.switches(|s| s.holds_jobs = false);
    street
        .platform
        .clock()
        .advance(std::time::Duration::from_secs(61));
    street
        .platform
        .until(|seen| seen.jobs[1].status == "UPLOADING")
        .await;
    street
        .house
        .api
        .uploads_cancel(House::these(id))
        .await
        .unwrap();
    street.until_told(id, "left_there").await;
    assert!(!street.platform.glance().jobs[1].cancelled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_that_fails_says_the_platforms_words_and_a_retry_asks_anew() {
    let street = Street::new().await;
    let url = street.origin.url("a.mp4").replace("&e=1", "&e=0");
    let id = street.add(url, street.account).await.unwrap();
    let house = &street.house;
    let failed = |row: &slipway_api::wire::UploadRow| row.live.phase == PhaseName::Failed;
    let row = house.until(id, "failed", failed).await;
    let cause = row.live.cause.clone().unwrap();
    assert_eq!(cause.code, "aliyun_vod_address_refused");
    assert_eq!(cause.params["message"], "the server answered 403");
    assert!(!format!("{row:?}").contains("SECRET"));
    house.api.uploads_retry(House::these(id)).await.unwrap();
    street.platform.until(|seen| seen.jobs.len() == 2).await;
    house.until(id, "failed again", failed).await;
    assert_eq!(street.platform.glance().published(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_online_file_is_refused_where_nobody_fetches_it_and_nothing_is_added() {
    let street = Street::new().await;
    let archive = street.house.folder_account().await;
    let refused = street.add(street.origin.url("a.mp4"), archive).await;
    let failure = refused.unwrap_err();
    assert_eq!(failure.code, "online_not_taken");
    assert_eq!(failure.params["platform"], "folder");
    let refused = street
        .add("ftp://a.example/SECRET".into(), street.account)
        .await;
    let failure = refused.unwrap_err();
    assert_eq!(failure.code, "address_invalid");
    assert!(!format!("{failure:?}").contains("SECRET"));
    let page = street
        .house
        .api
        .queue_summary(slipway_api::wire::Empty {})
        .await;
    assert_eq!(page.unwrap().counts.all, 0);
}
