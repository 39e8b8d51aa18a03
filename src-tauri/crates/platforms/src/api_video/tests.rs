//! The adapter on the simulator, driven by hand as the engine drives it.

use super::*;
use crate::{
    Error,
    testing::{self, Kept as Keep, Secrets, cover, noise, part, spans},
};
use bytes::Bytes;
use slipway_model::{Counted, HealthState, Parts};
use slipway_simulators::api_video::{
    Call as On, Encoding, Fault, Profile, Simulator, VideoSeen, simulator,
};
use std::sync::Arc;

mod accounts;
mod alone;
mod disturbed;

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
        Self::with(Profile::Docs, &[]).await
    }

    async fn with(profile: Profile, settings: &[(&str, &str)]) -> Self {
        let platform = simulator()
            .profile(profile)
            .encoding(Encoding::immediate())
            .start()
            .await;
        Self::on(platform, settings)
    }

    fn on(platform: Simulator, settings: &[(&str, &str)]) -> Self {
        let secrets = Secrets::of(&[("api_key", platform.api_key())]);
        let url = platform.url();
        let mut all = vec![("part_size", "5242880"), ("endpoint", url.as_str())];
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

    async fn open(&self, draft: &Draft) -> Result<Opened> {
        self.adapter.open(&self.session, draft, 3).await
    }

    /// One part as it is, with what the engine knows of the others.
    async fn send(&self, opened: &Opened, parts: &Parts, whole: &Bytes, n: u32) -> Result<Receipt> {
        let span = opened.cuts.span(n).unwrap();
        let part = part(whole, span, false);
        if Kept::read(&opened.ticket)?.video_id.is_none() {
            let (ticket, cuts) = (&opened.ticket, &opened.cuts);
            let landed = parts.landed();
            self.adapter
                .held_against(&self.session, ticket, cuts, &landed)
                .await?;
        }
        self.adapter.send(&self.session, &opened.ticket, part).await
    }

    /// All parts in order, each tried again as the engine would.
    async fn send_all(&self, opened: &Opened, whole: &Bytes) -> Result<Vec<Receipt>> {
        let mut parts = Parts::new(opened.cuts.clone());
        for number in 1..=opened.cuts.len() {
            let mut tries = 0;
            let receipt = loop {
                match self.send(opened, &parts, whole, number).await {
                    Err(error) if is_passing(&error.kind) && tries < 5 => tries += 1,
                    ended => break ended?,
                }
            };
            assert!(receipt.crc64.is_some(), "what was read is known");
            parts.land(number, receipt);
        }
        Ok(parts.receipts())
    }

    async fn commit(&self, draft: &Draft, ticket: Ticket, receipts: &[Receipt]) -> Result<Step> {
        self.adapter
            .commit(&self.session, ticket, receipts, None, draft, &self.keeper)
            .await
    }

    /// Commits until it ends, in the engine's place.
    async fn commit_through(
        &self,
        draft: &Draft,
        mut ticket: Ticket,
        receipts: &[Receipt],
    ) -> Result<Step> {
        for _ in 0..20 {
            match self.commit(draft, ticket.clone(), receipts).await {
                Err(error) if is_passing(&error.kind) => {
                    ticket = self.keeper.tickets.lock().last().cloned().unwrap_or(ticket);
                }
                ended => return ended,
            }
        }
        panic!("it does not end");
    }

    /// Everything, from nothing, opened again where the place was lost.
    async fn upload(&self, draft: &Draft, whole: &Bytes) -> Result<Step> {
        for _ in 0..10 {
            let opened = match self.open(draft).await {
                Err(error) if is_passing(&error.kind) => continue,
                ended => ended?,
            };
            let done = match self.send_all(&opened, whole).await {
                Ok(receipts) => self.commit_through(draft, opened.ticket, &receipts).await,
                Err(error) => Err(error),
            };
            match done {
                Err(error) if error.kind == ErrorKind::TicketLost => {}
                ended => return ended,
            }
        }
        panic!("it does not end");
    }

    /// The one video there is, with its digest.
    async fn only(&self) -> VideoSeen {
        let seen = self.platform.inspect().await;
        assert_eq!(seen.videos.len(), 1, "{:?}", seen.videos);
        seen.videos[0].clone()
    }
}

fn is_passing(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Offline
            | ErrorKind::ServerFault
            | ErrorKind::Stalled
            | ErrorKind::RateLimited { .. }
    )
}

fn draft(whole: &Bytes) -> Draft {
    let fields = [
        ("title", "海边的一天"),
        ("description", "周末随手拍。"),
        ("tags", "旅行,海边"),
        ("public", "1"),
        ("metadata", "queueItem=42"),
        ("playerId", "pl2ZxCvBnMlKjHgFdSaQwE"),
        ("mp4Support", "1"),
    ];
    testing::draft("海边 clip.mp4", whole, &fields)
}

fn sha256(bytes: &[u8]) -> String {
    use md5::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

fn picture() -> Bytes {
    Bytes::from_static(b"\x89PNG\r\n\x1a\n and the rest of a picture")
}

#[tokio::test]
async fn the_whole_journey_ends_in_one_playable_video() {
    let bench = Bench::new().await;
    let whole = noise(11 * MIB + 5, 1);
    let mut draft = draft(&whole);
    draft.cover = Some(cover(picture()));
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Ready);

    let opened = bench.open(&draft).await.unwrap();
    assert_eq!(opened.cuts, Cuts::equal(whole.len() as u64, 5 << 20));
    let held = bench
        .adapter
        .held(&bench.session, &opened.ticket, &opened.cuts);
    assert_eq!(held.await.unwrap(), Held::Parts(Vec::new()));
    // The last one first, all at once.
    let sends = spans(&opened.cuts).into_iter().rev().map(|span| {
        let part = part(&whole, span, false);
        bench.adapter.send(&bench.session, &opened.ticket, part)
    });
    let receipts = futures_util::future::try_join_all(sends).await.unwrap();
    assert!(receipts.iter().all(|r| r.crc64.is_some()));
    let held = bench
        .adapter
        .held(&bench.session, &opened.ticket, &opened.cuts);
    assert_eq!(held.await.unwrap(), Held::Parts(vec![1, 2, 3]));

    let Step::Accepted(remote) = bench
        .commit(&draft, opened.ticket, &receipts)
        .await
        .unwrap()
    else {
        panic!("the encoding follows");
    };
    assert_eq!(bench.keeper.announced.lock().len(), 1);
    let Review::Published(open) = bench.adapter.watch(&bench.session, &remote).await.unwrap()
    else {
        panic!("the encoding takes no time here");
    };
    let player = format!("https://embed.api.video/vod/{}", remote.id);
    assert_eq!(open.url, Some(player));
    assert_eq!(open.words.as_deref(), Some("playable"));

    let video = bench.only().await;
    assert_eq!(video.sha256, Some(sha256(&whole)));
    assert!(video.parts_at_once_most > 1, "parts went beside each other");
    assert_eq!(video.fields["title"], "海边的一天");
    assert_eq!(video.fields["description"], "周末随手拍。");
    assert_eq!(video.fields["tags"], serde_json::json!(["旅行", "海边"]));
    assert_eq!(video.fields["public"], true);
    assert_eq!(video.fields["playerId"], "pl2ZxCvBnMlKjHgFdSaQwE");
    assert_eq!(
        video.fields["metadata"],
        serde_json::json!([
            {"key": "queueItem", "value": "42"}, {"key": "slipway", "value": draft.key},
        ])
    );
    assert_eq!(video.patches, 0, "nothing had changed");
    let thumbnail = video.thumbnail.unwrap();
    assert_eq!(thumbnail.sha256, sha256(&picture()));
    let seen = bench.platform.glance();
    assert!(seen.upload_tokens.is_empty());
    assert!(
        seen.received.total < whole.len() as u64 + 4096,
        "each byte went once"
    );
}

#[tokio::test]
async fn a_file_of_one_part_goes_in_one_request() {
    let bench = Bench::new().await;
    let whole = noise(1000, 2);
    let draft = draft(&whole);
    let step = bench.upload(&draft, &whole).await.unwrap();
    assert!(matches!(step, Step::Accepted(_)));
    let video = bench.only().await;
    assert_eq!(video.sha256, Some(sha256(&whole)));
    assert_eq!(video.parts.keys().copied().collect::<Vec<_>>(), [0]);
}

#[tokio::test]
async fn every_profile_and_way_of_the_platform_ends_in_one_video() {
    for profile in [Profile::Docs, Profile::Strict, Profile::Sloppy] {
        for (way, authorization) in [
            ("source", "basic"),
            ("source", "bearer"),
            ("token", "basic"),
        ] {
            let settings = [("way", way), ("authorization", authorization)];
            let bench = Bench::with(profile, &settings).await;
            let whole = noise(6 * MIB, 3);
            let draft = draft(&whole);
            bench.upload(&draft, &whole).await.unwrap();
            let video = bench.only().await;
            assert_eq!(video.sha256, Some(sha256(&whole)), "{profile:?} {way}");
        }
    }
}

#[tokio::test]
async fn with_a_delegated_token_the_key_stays_away_from_the_file() {
    for size in [11 * MIB, 1000] {
        let bench = Bench::with(Profile::Docs, &[("way", "token")]).await;
        let whole = noise(size, 4);
        let draft = draft(&whole);
        let opened = bench.open(&draft).await.unwrap();
        let made = bench.platform.glance().upload_tokens[0].clone();
        assert_eq!(made.ttl_s, 3600, "an hour at least");
        let receipts = bench.send_all(&opened, &whole).await.unwrap();
        bench
            .commit(&draft, opened.ticket, &receipts)
            .await
            .unwrap();
        let video = bench.only().await;
        assert_eq!(video.sha256, Some(sha256(&whole)));
        assert_eq!(video.token, Some(made.token));
        let seen = bench.platform.glance();
        assert_eq!(seen.answers_to(On::Source).count(), 0);
        assert_eq!(seen.keys_beside_upload_tokens, 0);
        assert!(seen.upload_tokens.is_empty(), "it was deleted");
    }
}

#[tokio::test]
async fn a_private_video_is_not_filled_by_a_token() {
    let bench = Bench::with(Profile::Strict, &[("way", "token")]).await;
    let whole = noise(1000, 5);
    let mut draft = draft(&whole);
    draft.fields.insert("public".into(), "0".into());
    bench.upload(&draft, &whole).await.unwrap();
    let video = bench.only().await;
    assert_eq!(
        (video.fields["public"].as_bool(), video.token),
        (Some(false), None)
    );
}

#[tokio::test]
async fn words_changed_on_the_way_are_the_words_of_the_video() {
    let bench = Bench::new().await;
    let whole = noise(1000, 6);
    let mut draft = draft(&whole);
    draft.fields.insert("transcriptSummary".into(), "1".into());
    let opened = bench.open(&draft).await.unwrap();
    let receipts = bench.send_all(&opened, &whole).await.unwrap();
    draft.fields.insert("title".into(), "另一天".into());
    draft.fields.insert("tags".into(), String::new());
    draft.fields.insert("playerId".into(), String::new());
    draft.fields.insert("thumbnail.timecode".into(), "5".into());
    let tracks = "WEBVTT\nLanguage: fr-CA\n\nWEBVTT\nLanguage: ja\n";
    draft.fields.insert("captions".into(), tracks.into());
    draft.manuscript_hash = "another".into();
    bench
        .commit(&draft, opened.ticket, &receipts)
        .await
        .unwrap();
    let video = bench.only().await;
    assert_eq!(
        (video.patches, &video.fields["title"]),
        (1, &"另一天".into())
    );
    assert_eq!(video.fields["tags"], serde_json::json!([]));
    assert!(!video.fields.contains_key("playerId"), "null takes it away");
    assert_eq!(video.timecode.as_deref(), Some("5"));
    let languages: Vec<&str> = video.captions.keys().map(String::as_str).collect();
    assert_eq!(languages, ["fr-CA", "ja"]);
    assert_eq!(video.fields["transcriptSummary"], true);
    let pairs = video.fields["metadata"].as_array().unwrap();
    assert_eq!(pairs.len(), 2, "ours is kept with the user's");
}

#[tokio::test]
async fn opening_twice_leaves_one_container() {
    let bench = Bench::new().await;
    let whole = noise(11 * MIB, 7);
    let draft = draft(&whole);
    let first = bench.open(&draft).await.unwrap();
    let again = bench.open(&draft).await.unwrap();
    let id = |opened: &Opened| Kept::read(&opened.ticket).unwrap().video_id;
    assert_eq!(id(&first), id(&again), "an empty one is used again");
    // One that holds parts belongs to a ticket that is gone.
    let parts = Parts::new(again.cuts.clone());
    bench.send(&again, &parts, &whole, 1).await.unwrap();
    let third = bench.open(&draft).await.unwrap();
    assert_ne!(id(&third), id(&again));
    let receipts = bench.send_all(&third, &whole).await.unwrap();
    bench.commit(&draft, third.ticket, &receipts).await.unwrap();
    assert_eq!(bench.only().await.sha256, Some(sha256(&whole)));
}

#[tokio::test]
async fn files_are_cut_at_the_platforms_bounds() {
    let bench = Bench::with(Profile::Docs, &[("part_size", "209715200")]).await;
    let settings = bench.adapter.api(&bench.session);
    let settings = settings.settings();
    let mib = |n: u64| n << 20;
    for (size, cuts) in [
        (1, vec![1]),
        (mib(200) - 1, vec![mib(200) - 1]),
        (mib(200), vec![mib(200)]),
        (mib(200) + 1, vec![mib(200), 1]),
    ] {
        let made: Vec<u64> = settings
            .cuts(size, 3)
            .spans()
            .map(|s| s.len_bytes)
            .collect();
        assert_eq!(made, cuts, "{size}");
    }
    let small = Bench::new().await;
    let api = small.adapter.api(&small.session);
    let limits = api.settings().limits();
    // 10,000 parts of 5 MiB and one byte more: the part grows instead.
    let most = mib(10_000 * 5);
    assert_eq!(api.settings().cuts(most, 3).len(), 10_000);
    let more = api.settings().cuts(most + 1, 3);
    assert!(more.len() <= 10_000 && more.total_bytes() == most + 1);
    assert_eq!(limits.file_max_bytes, 30 << 30);
}

#[tokio::test]
async fn settings_change_limits_and_notes_speak_before_the_platform_does() {
    let settings = [
        ("max_parallel_parts", "5"),
        ("part_size", "nonsense"),
        ("limits.file_max_bytes", "1000"),
        ("environment", "sandbox"),
    ];
    let bench = Bench::with(Profile::Docs, &settings).await;
    let limits = bench.adapter.limits(&bench.session);
    assert_eq!((limits.parts_at_once, limits.part_bytes), (5, 50 << 20));
    assert_eq!(limits.file_max_bytes, 1000);
    let fields = [
        ("language".to_owned(), "tlh".to_owned()),
        ("metadata".to_owned(), "a=1\nno sign".to_owned()),
        (
            "transcriptSummaryAttributes".to_owned(),
            "abstract,poem".to_owned(),
        ),
        ("captions".to_owned(), "1\n00:00 --> 00:01".to_owned()),
    ];
    let notes = bench.adapter.notes(&bench.session, &fields.into(), "a.mp4");
    let codes: Vec<&str> = notes.iter().map(|note| note.cause.code.as_str()).collect();
    assert_eq!(
        codes,
        [
            "api_video_language_unknown",
            "api_video_metadata_line",
            "field_not_a_choice",
            "captions_not_webvtt",
            "api_video_sandbox"
        ]
    );
}

#[tokio::test]
async fn cancelling_takes_container_and_token_away() {
    let bench = Bench::with(Profile::Docs, &[("way", "token")]).await;
    let whole = noise(11 * MIB, 8);
    let opened = bench.open(&draft(&whole)).await.unwrap();
    let parts = Parts::new(opened.cuts.clone());
    bench.send(&opened, &parts, &whole, 1).await.unwrap();
    for _ in 0..2 {
        // Also when it is repeated.
        bench
            .adapter
            .abort(&bench.session, &opened.ticket)
            .await
            .unwrap();
    }
    let seen = bench.platform.glance();
    assert!(seen.videos.is_empty() && seen.upload_tokens.is_empty());
}

#[tokio::test]
async fn an_encoding_is_followed_to_its_end() {
    let platform = simulator().start().await;
    let bench = Bench::on(platform, &[]);
    let whole = noise(1000, 9);
    for (title, ends) in [
        ("a", "published"),
        ("[fail] b", "refused"),
        ("[stuck] c", "pending"),
    ] {
        let mut draft = draft(&whole);
        draft.fields.insert("title".into(), title.into());
        let Step::Accepted(remote) = bench.upload(&draft, &whole).await.unwrap() else {
            panic!("the encoding follows");
        };
        let review = bench.adapter.watch(&bench.session, &remote).await.unwrap();
        assert!(matches!(review, Review::Pending(_)), "{title}: {review:?}");
        bench.platform.clock().advance(Duration::from_hours(1));
        match bench.adapter.watch(&bench.session, &remote).await.unwrap() {
            Review::Published(_) => assert_eq!(ends, "published"),
            Review::Refused(cause) => {
                assert_eq!(cause.code, "api_video_encoding_failed");
                assert_eq!(ends, "refused");
            }
            Review::Pending(remote) => {
                assert_eq!(remote.words.as_deref(), Some("merging"));
                assert_eq!(ends, "pending");
            }
        }
    }
    let odd = Fault::Ingest {
        word: "pondering".into(),
    };
    let id = bench.platform.glance().videos[0].id.clone();
    bench.platform.fault(odd.on(On::Status));
    let remote = commit::remote(id, None);
    let review = bench.adapter.watch(&bench.session, &remote).await.unwrap();
    assert!(matches!(review, Review::Pending(_)), "a word nobody knows");
    bench.platform.reset();
    let review = bench.adapter.watch(&bench.session, &remote).await.unwrap();
    let Review::Refused(cause) = review else {
        panic!("{review:?}");
    };
    assert_eq!(cause.code, "api_video_gone");
}
