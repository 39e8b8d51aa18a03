//! The adapter on the simulator, driven by hand as the engine drives it.

use super::*;
use crate::{
    Picture,
    testing::{self, Kept as Keep, Secrets, noise, part, spans},
};
use bytes::Bytes;
use serde_json::json;
use slipway_model::{Allowance, Counted, HealthState, Remote, Span};
use slipway_simulators::bluesky::{
    Call as On, Fault as Trouble, Simulator, UploadState, Way as Sent, simulator,
};
use std::{sync::Arc, time::Duration};

mod limits;
mod lines;
mod posting;
mod sign_in;

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
        let platform = simulator()
            .switches(|s| s.part_bytes = MIB as u64)
            .start()
            .await;
        Self::on(platform, settings)
    }

    /// The service does not know parts.
    async fn whole() -> Self {
        let bench = Self::new().await;
        bench.platform.switches(|s| s.multipart = false);
        bench
    }

    fn on(platform: Simulator, settings: &[(&str, &str)]) -> Self {
        let secrets = Secrets::of(&[("app_password", &platform.credentials().app_password)]);
        let url = platform.url();
        let mut all = vec![
            ("identifier", platform.credentials().handle.as_str()),
            ("video_did", platform.video_did()),
        ];
        for name in ["endpoint.video", "endpoint.plc", "endpoint.resolver"] {
            all.push((name, &url));
        }
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
        self.adapter.open(&self.session, draft, 4).await
    }

    async fn send(&self, ticket: &Ticket, whole: &Bytes, span: Span) -> Result<Receipt> {
        self.adapter
            .send(&self.session, ticket, part(whole, span, false))
            .await
    }

    async fn send_all(&self, draft: &Draft, whole: &Bytes) -> Result<(Ticket, Vec<Receipt>)> {
        let opened = self.open(draft).await?;
        let mut receipts = Vec::new();
        for span in spans(&opened.cuts) {
            receipts.push(self.send(&opened.ticket, whole, span).await?);
        }
        Ok((opened.ticket, receipts))
    }

    async fn commit(
        &self,
        draft: &Draft,
        (ticket, receipts): &(Ticket, Vec<Receipt>),
    ) -> Result<Remote> {
        let ticket = ticket.clone();
        let step = self
            .adapter
            .commit(&self.session, ticket, receipts, None, draft, &self.keeper)
            .await?;
        let Step::Published(remote) = step else {
            panic!("nothing follows a post");
        };
        Ok(remote)
    }

    /// Commits until it ends, in the engine's place: waits are over at once, the last ticket kept goes on.
    async fn commit_through(&self, draft: &Draft, sent: &(Ticket, Vec<Receipt>)) -> Result<Remote> {
        let mut sent = sent.clone();
        for _ in 0..40 {
            match self.commit(draft, &sent).await {
                Err(error) if is_passing(&error.kind) => {
                    if let Some(last) = self.keeper.tickets.lock().last() {
                        sent.0 = last.clone();
                    }
                }
                ended => return ended,
            }
        }
        panic!("it does not end");
    }

    /// Everything, as often as the platform wants it from the first byte.
    async fn publish(&self, draft: &Draft, whole: &Bytes) -> Result<Remote> {
        for _ in 0..4 {
            self.keeper.tickets.lock().clear();
            let sent = self.send_all(draft, whole).await?;
            match self.commit_through(draft, &sent).await {
                Err(error) if error.kind == ErrorKind::TicketLost => {}
                ended => return ended,
            }
        }
        panic!("it does not end");
    }

    fn calls(&self, call: On) -> usize {
        self.platform.inspect().answers_to(call).count()
    }

    fn posts(&self) -> usize {
        self.platform.inspect().posts.len()
    }
}

fn is_passing(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Offline
            | ErrorKind::ServerFault
            | ErrorKind::Stalled
            | ErrorKind::Unclear
            | ErrorKind::RateLimited { .. }
    )
}

fn stage(ticket: &Ticket) -> Stage {
    Kept::read(ticket).unwrap().stage
}

fn draft(whole: &Bytes) -> Draft {
    let mut draft = testing::draft("海边 clip.MP4", whole, &[("text", "A day at the sea")]);
    draft.picture = Some(Picture {
        width_px: 1080,
        height_px: 1920,
        duration_ms: Some(61_000),
    });
    draft
}

fn sha256(bytes: &[u8]) -> String {
    use md5::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

#[tokio::test]
async fn the_whole_journey_in_parts_ends_in_one_post() {
    let bench = Bench::new().await;
    bench.platform.switches(|s| s.slow_jobs = true);
    let whole = noise(3 * MIB + 5, 1);
    let draft = draft(&whole);
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(
        (health.state, health.identity.as_deref()),
        (HealthState::Ready, Some("maker1.test"))
    );
    assert!(
        health
            .valid_until_ms
            .is_some_and(|until| until - now_ms() > 89 * 86_400_000)
    );
    assert_eq!(health.credential, Some(Credential::AppPassword));
    assert!(health.renews);
    assert_eq!(health.scopes, ["com.atproto.appPass"]);
    let left = |what, left| Allowance {
        what,
        left,
        of: None,
        renews_at_ms: None,
    };
    let today = [
        left(Counted::Uploads, 100),
        left(Counted::Bytes, 40_000_000_000),
    ];
    assert_eq!(health.allowances, today);

    let opened = bench.open(&draft).await.unwrap();
    assert_eq!(opened.cuts, Cuts::equal(whole.len() as u64, MIB as u64));
    let held = bench
        .adapter
        .held(&bench.session, &opened.ticket, &opened.cuts)
        .await;
    assert_eq!(held.unwrap(), Held::Parts(vec![]));
    let sends = spans(&opened.cuts)
        .into_iter()
        .rev()
        .map(|span| bench.send(&opened.ticket, &whole, span));
    let receipts = futures_util::future::try_join_all(sends).await.unwrap();
    assert!(receipts.iter().all(|r| r.crc64.is_some()));
    let remote = bench
        .commit_through(&draft, &(opened.ticket, receipts))
        .await
        .unwrap();

    let did = &bench.platform.credentials().did;
    let seen = bench.platform.inspect();
    let post = &seen.posts[0];
    assert_eq!(
        remote.id,
        format!("at://{did}/app.bsky.feed.post/{}", post.rkey)
    );
    assert_eq!(
        remote.url,
        Some(format!("https://bsky.app/profile/{did}/post/{}", post.rkey))
    );
    assert_eq!(post.record["text"], "A day at the sea");
    assert_eq!(
        post.record["embed"]["aspectRatio"],
        json!({ "width": 1080, "height": 1920 })
    );
    let cid = post.record["embed"]["video"]["ref"]["$link"]
        .as_str()
        .unwrap();
    assert_eq!(
        bench.platform.blob(0, cid).unwrap(),
        whole,
        "bytes are equal"
    );
    assert_eq!((seen.videos.len(), seen.posts.len()), (1, 1));
    assert_eq!(
        (seen.videos[0].way, seen.videos[0].mime.as_str()),
        (Sent::Parts, "video/mp4")
    );
    assert_eq!(seen.videos[0].sha256, sha256(&whole));
    let (stem, ending) = seen.videos[0].name.split_once('.').unwrap();
    assert_eq!((stem.len(), ending), (12, "mp4"), "a random name");
    assert_eq!(
        seen.received_bytes,
        whole.len() as u64,
        "nothing was sent twice"
    );
    assert_eq!(seen.accounts[0].sign_ins, 1, "one sign-in for everything");
    let stages: Vec<Stage> = bench.keeper.tickets.lock().iter().map(stage).collect();
    assert!(
        matches!(
            &stages[..],
            [
                Stage::Encoding { .. },
                Stage::Encoded { .. },
                Stage::Posting { .. }
            ]
        ),
        "{stages:?}"
    );
    assert_eq!(bench.keeper.announced.lock().len(), 1);
}

#[tokio::test]
async fn a_service_without_parts_gets_the_file_whole() {
    for wrapped in [false, true] {
        let bench = Bench::whole().await;
        bench.platform.switches(|s| s.wrapped = wrapped);
        let whole = noise(MIB + 7, 2);
        let draft = draft(&whole);
        let sent = bench.send_all(&draft, &whole).await.unwrap();
        assert_eq!(sent.1.len(), 1, "one piece");
        let held = bench
            .adapter
            .held(&bench.session, &sent.0, &Cuts::whole(whole.len() as u64))
            .await;
        assert_eq!(held.unwrap(), Held::Unknown);
        bench.commit_through(&draft, &sent).await.unwrap();
        let seen = bench.platform.inspect();
        assert_eq!(
            (seen.videos[0].way, seen.posts.len()),
            (Sent::Whole, 1),
            "wrapped: {wrapped}"
        );
        assert_eq!(seen.videos[0].sha256, sha256(&whole));
    }
}

#[tokio::test]
async fn the_setting_decides_which_way_a_file_goes() {
    let bench = Bench::with(&[("upload_way", "whole")]).await;
    let whole = noise(100, 3);
    bench.publish(&draft(&whole), &whole).await.unwrap();
    assert_eq!(
        (bench.calls(On::Start), bench.calls(On::UploadVideo)),
        (0, 1)
    );
    let bench = Bench::with(&[("upload_way", "parts")]).await;
    bench.platform.switches(|s| s.multipart = false);
    let error = bench.open(&draft(&whole)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ServerFault, "{error}");
}

#[tokio::test]
async fn the_same_bytes_again_are_a_success() {
    for bench in [Bench::whole().await, Bench::new().await] {
        let whole = noise(MIB + 1, 4);
        bench.publish(&draft(&whole), &whole).await.unwrap();
        bench.publish(&draft(&whole), &whole).await.unwrap();
        let seen = bench.platform.inspect();
        assert_eq!(
            (seen.videos.len(), seen.posts.len()),
            (1, 2),
            "two posts of one video"
        );
    }
}

#[tokio::test]
async fn opening_twice_publishes_nothing_and_the_first_place_can_be_given_back() {
    let bench = Bench::new().await;
    let whole = noise(2 * MIB, 5);
    let draft = draft(&whole);
    let first = bench.open(&draft).await.unwrap();
    let second = bench.open(&draft).await.unwrap();
    assert_ne!(first.ticket, second.ticket);
    bench
        .adapter
        .abort(&bench.session, &first.ticket)
        .await
        .unwrap();
    bench
        .adapter
        .abort(&bench.session, &first.ticket)
        .await
        .unwrap();
    let seen = bench.platform.inspect();
    let states: Vec<_> = seen.uploads.iter().map(|u| u.state).collect();
    assert_eq!(states, [UploadState::Aborted, UploadState::Created]);
    assert_eq!(seen.posts.len() + seen.videos.len(), 0);
}

#[tokio::test]
async fn what_is_held_is_what_the_service_says() {
    let bench = Bench::new().await;
    let whole = noise(4 * MIB + 9, 6);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let all = spans(&opened.cuts);
    for at in [0, 2] {
        bench.send(&opened.ticket, &whole, all[at]).await.unwrap();
    }
    let held = async |session: &Session| {
        bench
            .adapter
            .held(session, &opened.ticket, &opened.cuts)
            .await
    };
    assert_eq!(held(&bench.session).await.unwrap(), Held::Parts(vec![1, 3]));
    // Another process, with nothing in memory: the ticket alone is enough.
    assert_eq!(
        held(&restarted(&bench)).await.unwrap(),
        Held::Parts(vec![1, 3])
    );
    let mut receipts = Vec::new();
    for span in &all {
        receipts.push(bench.send(&opened.ticket, &whole, *span).await.unwrap());
    }
    bench
        .commit_through(&draft, &(opened.ticket.clone(), receipts))
        .await
        .unwrap();
    assert_eq!(
        held(&bench.session).await.unwrap(),
        Held::Parts(vec![1, 2, 3, 4, 5]),
        "all, once it is complete"
    );
    let seen = bench.platform.inspect();
    assert_eq!(seen.videos[0].sha256, sha256(&whole));
}

/// A new session on the same secrets, as after a restart.
fn restarted(bench: &Bench) -> Session {
    let settings = bench.session.settings();
    let pairs: Vec<(&str, &str)> = settings
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    testing::session(bench.secrets.clone(), &pairs)
}

#[tokio::test]
async fn a_list_of_parts_that_lies_means_everything_again() {
    let bench = Bench::new().await;
    let whole = noise(3 * MIB, 7);
    let draft = draft(&whole);
    bench
        .platform
        .fault(Trouble::NotStored.on(On::Part).part(2));
    bench.platform.fault(Trouble::LyingParts.on(On::Status));
    let sent = bench.send_all(&draft, &whole).await.unwrap();
    let cuts = Cuts::equal(whole.len() as u64, MIB as u64);
    let held = bench
        .adapter
        .held(&bench.session, &sent.0, &cuts)
        .await
        .unwrap();
    assert_eq!(held, Held::Parts(vec![1, 2, 3]), "it says so");
    let error = bench.commit(&draft, &sent).await.unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::TicketLost, "bluesky_parts_missing")
    );
    assert!(
        error.cause.params["message"].contains('2'),
        "which one: {:?}",
        error.cause
    );
    let seen = bench.platform.inspect();
    assert_eq!(
        seen.uploads[0].state,
        UploadState::Aborted,
        "the reservation is given back"
    );
    bench.publish(&draft, &whole).await.unwrap();
    assert_eq!(bench.posts(), 1);
}

#[tokio::test]
async fn an_upload_that_the_service_forgot_begins_anew() {
    let bench = Bench::new().await;
    let whole = noise(3 * MIB, 8);
    let draft = draft(&whole);
    bench
        .platform
        .fault(Trouble::UploadExpired.on(On::Part).part(2));
    let error = bench.send_all(&draft, &whole).await.unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::TicketLost, "bluesky_upload_lost")
    );
    let opened = bench.open(&draft).await.unwrap();
    bench.platform.clock().advance(Duration::from_hours(25));
    let held = bench
        .adapter
        .held(&bench.session, &opened.ticket, &opened.cuts)
        .await;
    assert_eq!(held.unwrap_err().kind, ErrorKind::TicketLost);
    bench.publish(&draft, &whole).await.unwrap();
    assert_eq!(bench.posts(), 1);
}

#[tokio::test]
async fn finishing_that_takes_its_time_or_loses_its_answer_ends_once() {
    for fault in [
        Trouble::FinishingFor { calls: 3 },
        Trouble::AnswerLost { reset: true },
        Trouble::EmptyBody { applied: true },
        Trouble::page(502),
        Trouble::ServiceTokenExpired,
    ] {
        let bench = Bench::new().await;
        let whole = noise(2 * MIB, 9);
        let draft = draft(&whole);
        bench.platform.fault(fault.clone().on(On::Finish));
        let sent = bench.send_all(&draft, &whole).await.unwrap();
        bench.commit_through(&draft, &sent).await.unwrap();
        let seen = bench.platform.inspect();
        assert_eq!((seen.videos.len(), seen.posts.len()), (1, 1), "{fault:?}");
    }
}
