//! Every platform that is simulated, through the whole engine: interrupted in the middle, and published once with the bytes of the file.
//!
//! What is particular to a platform is its `Site`; what must hold is the same for all.

use crate::house::{House, MIB, map, sha256, video_bytes};
use slipway_api::wire::Limit;
use slipway_model::PhaseName;
use slipway_simulators::{aliyun_vod, api_video, bluesky, wangsu};
use std::collections::BTreeMap;

/// Slow enough to be interrupted after some parts, fast enough for a test.
const BYTES_PER_SECOND: u64 = 12_000_000;

/// A simulated platform, as an account on it sees it.
pub(crate) trait Site {
    const PLATFORM: &'static str;
    fn settings(&self) -> Vec<(&'static str, String)>;
    fn secrets(&self) -> Vec<(&'static str, String)>;
    /// Title and SHA-256 of each work that is there whole.
    async fn works(&self) -> Vec<(String, String)>;
    /// Bytes of parts, whether they landed or not.
    fn received(&self) -> u64;
}

impl Site for wangsu::Simulator {
    const PLATFORM: &'static str = "wangsu";

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("access_key", self.access_key().into()),
            ("endpoint.api", self.url()),
        ]
    }
    fn secrets(&self) -> Vec<(&'static str, String)> {
        vec![("secret_key", self.secret_key().into())]
    }
    async fn works(&self) -> Vec<(String, String)> {
        let videos = self.inspect().videos.into_iter();
        let whole = videos.filter_map(|video| Some((video.name, video.file?.sha256?)));
        whole.collect()
    }
    fn received(&self) -> u64 {
        self.bytes_received()
    }
}

impl Site for api_video::Simulator {
    const PLATFORM: &'static str = "api-video";

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![("endpoint", self.url()), ("part_size", "5242880".into())]
    }
    fn secrets(&self) -> Vec<(&'static str, String)> {
        vec![("api_key", self.api_key().into())]
    }
    async fn works(&self) -> Vec<(String, String)> {
        let videos = self.inspect().await.videos.into_iter();
        let whole = videos.filter_map(|video| {
            let title = video.fields.get("title")?.as_str()?.to_owned();
            Some((title, video.sha256?))
        });
        whole.collect()
    }
    fn received(&self) -> u64 {
        self.bytes_received()
    }
}

impl Site for aliyun_vod::Simulator {
    const PLATFORM: &'static str = "aliyun-vod";

    fn settings(&self) -> Vec<(&'static str, String)> {
        let key = &self.credentials().access_key_id;
        vec![
            ("access_key_id", key.clone()),
            ("endpoint.api", self.url()),
            ("part_size", "1048576".into()),
        ]
    }
    fn secrets(&self) -> Vec<(&'static str, String)> {
        let secret = &self.credentials().access_key_secret;
        vec![("access_key_secret", secret.clone())]
    }
    async fn works(&self) -> Vec<(String, String)> {
        let media = self.inspect().media.into_iter();
        let whole = media.filter_map(|media| {
            let title = media.params.get("Title")?.clone();
            Some((title, media.object?.sha256?))
        });
        whole.collect()
    }
    fn received(&self) -> u64 {
        self.bytes_received()
    }
}

impl Site for bluesky::Simulator {
    const PLATFORM: &'static str = "bluesky";

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("identifier", self.credentials().handle.clone()),
            ("video_did", self.video_did().into()),
            ("endpoint.video", self.url()),
            ("endpoint.plc", self.url()),
            ("endpoint.resolver", self.url()),
        ]
    }
    fn secrets(&self) -> Vec<(&'static str, String)> {
        vec![("app_password", self.credentials().app_password.clone())]
    }
    async fn works(&self) -> Vec<(String, String)> {
        let posts = self.inspect().posts.into_iter();
        let whole = posts.filter_map(|post| {
            let video = post.record["embed"]["video"]["ref"]["$link"].as_str()?;
            let text = post.record["text"].as_str()?.to_owned();
            Some((text, sha256(&self.blob(0, video)?)))
        });
        whole.collect()
    }
    fn received(&self) -> u64 {
        self.bytes_received()
    }
}

/// Stops the engine after some parts, starts another, and looks at what the platform has in the end.
async fn is_published_once_after_an_interruption<S: Site>(site: &S) {
    let len = 30 * MIB + 123;
    let house = House::new().await;
    let strings = |pairs: Vec<(&str, String)>| -> BTreeMap<String, String> {
        let owned = pairs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        owned.collect()
    };
    let secrets = site.secrets();
    let secrets: Vec<_> = secrets
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let account = house
        .account(S::PLATFORM, "main", strings(site.settings()), &secrets)
        .await;
    let limit = |bytes_per_second| Limit { bytes_per_second };
    house
        .api
        .limit_set(limit(Some(BYTES_PER_SECOND)))
        .await
        .unwrap();
    let fields = map([("title", "海辺の一日")]);
    let id = house
        .add(&house.video("sea.mp4", len), account, fields)
        .await;
    house
        .until(id, "a part that landed", |row| row.live.held_bytes > 0)
        .await;

    let house = house.restart().await;
    house.api.limit_set(limit(None)).await.unwrap();
    house.until_phase(id, PhaseName::Published).await;
    let works = site.works().await;
    assert_eq!(
        works,
        [(
            "海辺の一日".to_owned(),
            sha256(&video_bytes(len, len as u64))
        )]
    );
    let wasted = site.received().saturating_sub(len as u64);
    assert!(
        wasted < (len / 2) as u64,
        "{wasted} bytes were sent in vain"
    );
    house.api.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wangsu_publishes_once_after_an_interruption() {
    is_published_once_after_an_interruption(&wangsu::simulator().start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn api_video_publishes_once_after_an_interruption() {
    let encoding = api_video::Encoding::immediate();
    let site = api_video::simulator().encoding(encoding).start().await;
    is_published_once_after_an_interruption(&site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn aliyun_vod_publishes_once_after_an_interruption() {
    let pace = aliyun_vod::Pace::immediate();
    let site = aliyun_vod::simulator().pace(pace).start().await;
    is_published_once_after_an_interruption(&site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bluesky_publishes_once_after_an_interruption() {
    let small_parts = |switches: &mut bluesky::Switches| switches.part_bytes = MIB as u64;
    let site = bluesky::simulator().switches(small_parts).start().await;
    is_published_once_after_an_interruption(&site).await;
}
