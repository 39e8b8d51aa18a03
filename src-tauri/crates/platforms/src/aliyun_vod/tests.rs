//! The adapter on the simulator, driven by hand as the engine drives it.

use super::*;
use crate::testing::{self, Kept as Keep, Secrets, cover, noise, part, spans};
use bytes::Bytes;
use slipway_model::{Credential, HealthState};
use slipway_simulators::aliyun_vod::{
    Call as On, Fault, Inspection, Pace, Simulator, Switches, simulator,
};
use std::sync::Arc;

mod authorizing;
mod finishing;
mod online;
mod sending;

const MIB: usize = 1 << 20;

struct Bench {
    platform: Simulator,
    adapter: Adapter,
    session: Session,
    secrets: Arc<Secrets>,
    keeper: Keep,
}

impl Bench {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Self {
        Self::on(settings, |_| {}).await
    }

    async fn on(settings: &[(&str, &str)], change: impl FnOnce(&mut Switches)) -> Self {
        let platform = simulator()
            .pace(Pace::immediate())
            .switches(change)
            .start()
            .await;
        let keys = platform.credentials().clone();
        let secrets = Secrets::of(&[("access_key_secret", keys.access_key_secret.as_str())]);
        let url = platform.url();
        let mut all = vec![
            ("access_key_id", keys.access_key_id.as_str()),
            ("part_size", "1048576"),
            ("endpoint.vod", url.as_str()),
            ("endpoint.sts", url.as_str()),
        ];
        all.retain(|(name, _)| !settings.iter().any(|(own, _)| own == name));
        all.extend_from_slice(settings);
        let session = testing::session(secrets.clone(), &all);
        Self {
            adapter: Adapter::default(),
            session,
            secrets,
            keeper: Keep::default(),
            platform,
        }
    }

    /// The same with other settings.
    fn changed(self, settings: &[(&str, &str)]) -> Self {
        let before = self.session.settings();
        let mut all: Vec<_> = before
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        all.retain(|(name, _)| !settings.iter().any(|(own, _)| own == name));
        all.extend_from_slice(settings);
        Self {
            session: testing::session(self.secrets.clone(), &all),
            ..self
        }
    }

    async fn open(&self, draft: &Draft) -> Result<Opened> {
        self.adapter.open(&self.session, draft, 1).await
    }

    /// Sends parts until one fails; the receipts of those that landed.
    async fn send(
        &self,
        opened: &Opened,
        whole: &Bytes,
        skip: &[u32],
    ) -> (Vec<(u32, Receipt)>, Option<Error>) {
        let digests = self.adapter.digests(&self.session);
        let mut landed = Vec::new();
        for span in spans(&opened.cuts) {
            if skip.contains(&span.number) {
                continue;
            }
            let part = part(whole, span, digests.md5);
            match self.adapter.send(&self.session, &opened.ticket, part).await {
                Ok(receipt) => landed.push((span.number, receipt)),
                Err(error) => return (landed, Some(error)),
            }
        }
        (landed, None)
    }

    async fn held(&self, opened: &Opened, landed: &[(u32, Receipt)]) -> Result<Held> {
        let adapter = &self.adapter;
        adapter
            .held_against(&self.session, &opened.ticket, &opened.cuts, landed)
            .await
    }

    async fn commit(
        &self,
        draft: &Draft,
        ticket: Ticket,
        landed: &[(u32, Receipt)],
    ) -> Result<Step> {
        let receipts: Vec<Receipt> = landed.iter().map(|(_, r)| r.clone()).collect();
        self.adapter
            .commit(&self.session, ticket, &receipts, None, draft, &self.keeper)
            .await
    }

    /// Opens, sends and commits; the platform's id.
    async fn publish(&self, draft: &Draft, whole: &Bytes) -> Result<Remote> {
        let opened = self.open(draft).await?;
        let (landed, error) = self.send(&opened, whole, &[]).await;
        if let Some(error) = error {
            return Err(error);
        }
        match self.commit(draft, opened.ticket, &landed).await? {
            Step::Accepted(remote) | Step::Published(remote) => Ok(remote),
        }
    }

    fn count(&self, call: On) -> usize {
        self.platform.glance().answers_to(call).count()
    }
}

fn draft(whole: &Bytes) -> Draft {
    let fields = [
        ("Title", "夏日 Vlog*~1"),
        ("Description", "海边 & <tags> \"quoted\""),
        ("Tags", "旅行, sea+sun,a b"),
        ("CateId", "1001"),
        ("Extend", r#"{"taskId":"42"}"#),
        ("ReferenceId", "ref-000001"),
    ];
    let mut draft = testing::draft("夏 clip+1.mp4", whole, &fields);
    // A number sent twice, as in other tests, must not be the same work.
    let reference = format!("ref-{}", &draft.key[..8]);
    draft.fields.insert("ReferenceId".into(), reference);
    draft
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

/// The one video that has its file, with the bytes that were sent.
fn published_once(seen: &Inspection, whole: &Bytes) {
    let videos: Vec<_> = seen
        .videos()
        .into_iter()
        .filter(|video| video.object.is_some())
        .collect();
    assert_eq!(videos.len(), 1, "{:?}", seen.media);
    let object = videos[0].object.as_ref().unwrap();
    assert_eq!(object.bytes, whole.len() as u64);
    assert_eq!(object.sha256.as_deref(), Some(sha256(whole).as_str()));
    assert_eq!(
        seen.secrets_at_storage, 0,
        "no key of the account goes to the storage"
    );
}

#[tokio::test]
async fn the_whole_journey_ends_in_one_video_with_every_field() {
    let bench = Bench::with(&[
        ("app_id", "app-1000000"),
        ("callback_url", "https://example.test/cb"),
    ])
    .await;
    let whole = noise(5 * MIB + 7, 1);
    let mut draft = draft(&whole);
    draft.cover = Some(cover(noise(3000, 2)));
    let subtitle = "WEBVTT\n\n00:00.000 --> 00:01.000\n夏\n";
    draft.fields.insert("Subtitle".into(), subtitle.into());
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Ready);

    let opened = bench.open(&draft).await.unwrap();
    assert!(opened.cuts.len() >= 5, "{:?}", opened.cuts);
    assert!(!format!("{:?}", opened.ticket).contains("STS"));
    let (landed, error) = bench.send(&opened, &whole, &[]).await;
    assert!(error.is_none(), "{error:?}");
    let step = bench.commit(&draft, opened.ticket, &landed).await.unwrap();
    let Step::Accepted(remote) = step else {
        panic!("transcoding follows");
    };
    assert_eq!(bench.keeper.announced.lock().len(), 1);
    let Review::Published(done) = bench.adapter.watch(&bench.session, &remote).await.unwrap()
    else {
        panic!("transcoding takes no time here");
    };
    assert_eq!(done.words.as_deref(), Some("Normal"));

    let seen = bench.platform.inspect();
    published_once(&seen, &whole);
    let video = seen.videos()[0];
    let image = seen
        .media
        .iter()
        .find(|media| media.kind == "image")
        .unwrap();
    let mut all = seen.media.iter();
    let attached = all.find(|media| media.kind == "attached").unwrap();
    assert_eq!(video.id, remote.id);
    assert_eq!(video.params["Title"], "夏日 Vlog*~1");
    assert_eq!(video.params["Description"], "海边 & <tags> \"quoted\"");
    assert_eq!(video.params["Tags"], "旅行,sea+sun,a b");
    assert_eq!(video.params["CateId"], "1001");
    assert_eq!(video.params["AppId"], "app-1000000");
    assert_eq!(video.params["FileName"], "夏 clip+1.mp4");
    assert_eq!(video.params["FileSize"], whole.len().to_string());
    assert_eq!(
        video.params["CoverURL"],
        format!("https://cdn.example.test/{}", image.key)
    );
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&video.params["UserData"]).unwrap(),
        serde_json::json!({
            "MessageCallback": {"CallbackURL": "https://example.test/cb", "CallbackType": "http"},
            "Extend": {"taskId": "42", "SubtitleMediaId": attached.id},
        })
    );
    assert_eq!(attached.params["BusinessType"], "subtitle");
    assert_eq!(attached.params["FileName"], "subtitle.vtt");
    let text = attached.object.as_ref().unwrap().sha256.clone();
    assert_eq!(text, Some(sha256(subtitle.as_bytes())));
    assert_eq!(image.params["ImageType"], "cover");
    assert_eq!(
        image.object.as_ref().unwrap().sha256,
        Some(sha256(&noise(3000, 2)))
    );
    let parts = &seen.uploads[0].sent;
    assert!(parts.values().all(|times| *times == 1), "{parts:?}");
}

#[tokio::test]
async fn a_file_of_one_part_goes_in_one_request() {
    let bench = Bench::new().await;
    for len in [1, 1000, MIB] {
        let whole = noise(len, 3);
        let remote = bench.publish(&draft(&whole), &whole).await.unwrap();
        let seen = bench.platform.inspect();
        let video = seen
            .videos()
            .into_iter()
            .find(|v| v.id == remote.id)
            .unwrap();
        let object = video.object.as_ref().unwrap();
        assert!(!object.multipart && object.times == 1);
        assert_eq!(object.sha256.as_deref(), Some(sha256(&whole).as_str()));
    }
    assert_eq!(bench.count(On::Initiate), 0);
    let whole = noise(MIB + 1, 4);
    bench.publish(&draft(&whole), &whole).await.unwrap();
    assert_eq!(bench.count(On::Initiate), 1, "one byte above goes in parts");
}

#[tokio::test]
async fn both_signatures_of_both_sides_are_accepted() {
    for api in ["acs3", "v1"] {
        for storage in ["v4", "v1"] {
            let bench = Bench::with(&[("api_signature", api), ("oss_signature", storage)]).await;
            let whole = noise(2 * MIB + 1, 5);
            bench.publish(&draft(&whole), &whole).await.unwrap();
            published_once(&bench.platform.inspect(), &whole);
        }
    }
    let bench = Bench::on(&[("oss_signature", "v1")], |s| s.allow_v1 = false).await;
    let whole = noise(10, 6);
    let error = bench.publish(&draft(&whole), &whole).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "{error:?}");
}

#[tokio::test]
async fn a_place_may_be_reserved_twice_and_publishes_nothing() {
    let bench = Bench::new().await;
    let whole = noise(2 * MIB, 7);
    let mut draft = draft(&whole);
    draft.fields.remove("ReferenceId");
    let first = bench.open(&draft).await.unwrap();
    let second = bench.open(&draft).await.unwrap();
    assert_ne!(first.ticket, second.ticket);
    assert_eq!(bench.platform.glance().published(), 0);
    let (landed, _) = bench.send(&second, &whole, &[]).await;
    bench.commit(&draft, second.ticket, &landed).await.unwrap();
    published_once(&bench.platform.inspect(), &whole);
}
