//! The adapter on the simulator, driven by hand as the engine drives it.

use super::*;
use crate::testing::{self, Kept as Keep, Secrets, noise, part, spans};
use bytes::Bytes;
use slipway_model::{HealthState, Span};
use slipway_simulators::wangsu::{
    Call as On, Fault, Inspection, Profile, Replay, Simulator, simulator,
};
use std::sync::Arc;

mod joining;
mod opening;
mod sending_blocks;
mod watching;

const MIB: usize = 1 << 20;
/// The least block.
const BLOCK: usize = 4 * MIB;

struct Bench {
    platform: Arc<Simulator>,
    adapter: Adapter,
    session: Session,
    keeper: Keep,
}

impl Bench {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Self {
        Self::on(simulator().start().await, settings)
    }

    fn on(platform: Simulator, settings: &[(&str, &str)]) -> Self {
        Self::again(Arc::new(platform), settings)
    }

    /// As after a restart of the program: nothing is remembered.
    fn again(platform: Arc<Simulator>, settings: &[(&str, &str)]) -> Self {
        let url = platform.url();
        let mut all = vec![
            ("access_key", platform.access_key()),
            ("endpoint.api", url.as_str()),
            ("rate.calls_per_5_minutes", "3000"),
        ];
        all.retain(|(name, _)| !settings.iter().any(|(own, _)| own == name));
        all.extend_from_slice(settings);
        let secrets = Secrets::of(&[("secret_key", platform.secret_key())]);
        Self {
            adapter: Adapter::default(),
            session: testing::session(secrets, &all),
            keeper: Keep::default(),
            platform,
        }
    }

    async fn open(&self, draft: &Draft) -> Result<Opened> {
        self.adapter.open(&self.session, draft, 3).await
    }

    async fn send(&self, ticket: &Ticket, whole: &Bytes, span: Span) -> Result<Receipt> {
        let part = part(whole, span, false);
        self.adapter.send(&self.session, ticket, part).await
    }

    /// Sends a part again for as long as the engine would.
    async fn send_through(&self, ticket: &Ticket, whole: &Bytes, span: Span) -> Result<Receipt> {
        for _ in 0..6 {
            match self.send(ticket, whole, span).await {
                Err(error) if is_passing(&error.kind) => {}
                ended => return ended,
            }
        }
        panic!("it does not end");
    }

    async fn send_all(&self, draft: &Draft, whole: &Bytes) -> Result<(Ticket, Vec<Receipt>)> {
        let opened = self.open(draft).await?;
        let sends = spans(&opened.cuts)
            .into_iter()
            .map(|span| self.send_through(&opened.ticket, whole, span));
        let receipts = futures_util::future::try_join_all(sends).await?;
        Ok((opened.ticket, receipts))
    }

    async fn commit(&self, draft: &Draft, ticket: Ticket, receipts: &[Receipt]) -> Result<Remote> {
        let step = self
            .adapter
            .commit(&self.session, ticket, receipts, None, draft, &self.keeper)
            .await?;
        let Step::Accepted(remote) = step else {
            panic!("it is watched after that");
        };
        Ok(remote)
    }

    /// Commits until it ends, in the engine's place: ten seconds pass on the platform each time.
    async fn commit_through(
        &self,
        draft: &Draft,
        mut ticket: Ticket,
        receipts: &[Receipt],
    ) -> Result<Remote> {
        for _ in 0..1000 {
            match self.commit(draft, ticket.clone(), receipts).await {
                Err(error) if is_passing(&error.kind) => {
                    ticket = self.keeper.tickets.lock().last().cloned().unwrap_or(ticket);
                    self.platform.clock().advance(Duration::from_secs(10));
                }
                ended => return ended,
            }
        }
        panic!("it does not end");
    }

    /// From nothing to an accepted video, beginning anew when the ticket is lost.
    async fn journey(&self, draft: &Draft, whole: &Bytes) -> Result<Remote> {
        for _ in 0..3 {
            let (ticket, receipts) = self.send_all(draft, whole).await?;
            match self.commit_through(draft, ticket, &receipts).await {
                Err(error) if error.kind == ErrorKind::TicketLost => {}
                ended => return ended,
            }
        }
        panic!("it is lost again and again");
    }

    /// Exactly one video is there, with these very bytes.
    fn one_work(&self, whole: &Bytes) -> Inspection {
        let seen = self.platform.inspect();
        assert_eq!(seen.works().count(), 1, "published once");
        let file = seen.works().next().unwrap().file.clone().unwrap();
        assert_eq!(file.bytes, whole.len() as u64);
        assert_eq!(file.sha256.unwrap(), sha256(whole), "bytes are equal");
        assert_eq!(seen.replays, 0, "no signature was used twice");
        assert_eq!(
            seen.secrets_at_upload_host, 0,
            "no key goes to the upload host"
        );
        seen
    }

    fn count(&self, call: On) -> usize {
        self.platform.inspect().answers_to(call).count()
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

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

fn draft(whole: &Bytes) -> Draft {
    testing::draft("clip.mp4", whole, &[("overwrite", "1")])
}

fn status(status: u16) -> Fault {
    Fault::Status {
        status,
        applied: false,
    }
}

fn code(code: i64) -> Fault {
    Fault::Code {
        code,
        applied: false,
    }
}

fn gateway(status: u16, retry_after_s: Option<u64>) -> Fault {
    Fault::HttpStatus {
        status,
        retry_after_s,
        applied: false,
    }
}

/// What a line or a page in the way does to an answer; the call has taken effect.
fn spoilt() -> Vec<Fault> {
    vec![
        Fault::AnswerLost { reset: false },
        Fault::AnswerLost { reset: true },
        Fault::EmptyBody { applied: true },
        Fault::Truncated { applied: true },
        Fault::CutAnswer { applied: true },
        Fault::HttpStatus {
            status: 200,
            retry_after_s: None,
            applied: true,
        },
        Fault::HttpStatus {
            status: 502,
            retry_after_s: None,
            applied: true,
        },
    ]
}

#[tokio::test]
async fn a_large_file_goes_in_blocks_and_a_small_one_in_a_form() {
    for (len, forms, blocks) in [(9 * MIB + 5, 0, 3), (1000, 1, 0)] {
        let bench = Bench::new().await;
        let whole = noise(len, 1);
        let draft = draft(&whole);
        let health = bench.adapter.check(&bench.session).await.unwrap();
        assert_eq!(health.state, HealthState::Ready);
        assert_eq!(health.credential, Some(Credential::AccessKey));
        let (ticket, receipts) = bench.send_all(&draft, &whole).await.unwrap();
        assert!(
            receipts
                .iter()
                .all(|r| r.etag.is_some() && r.crc64.is_some())
        );
        let opened = bench.open(&draft).await.unwrap();
        let held = bench
            .adapter
            .held(&bench.session, &ticket, &opened.cuts)
            .await;
        assert_eq!(held.unwrap(), Held::Unknown);
        let remote = bench.commit(&draft, ticket, &receipts).await.unwrap();
        assert_eq!(bench.keeper.announced.lock().len(), 1);
        let review = bench.adapter.watch(&bench.session, &remote).await.unwrap();
        let Review::Published(open) = review else {
            panic!("transcoding takes no time here: {review:?}");
        };
        assert!(open.url.unwrap().starts_with("https://play.example/video/"));
        let seen = bench.one_work(&whole);
        assert_eq!(seen.works().next().unwrap().id, remote.id);
        assert_eq!(
            (bench.count(On::Form), bench.count(On::Mkblk)),
            (forms, blocks)
        );
        assert_eq!(bench.count(On::Mkfile), usize::from(blocks > 0));
        if blocks > 0 {
            assert_eq!(seen.received.total, whole.len() as u64, "sent once");
        }
    }
}

#[tokio::test]
async fn every_profile_of_the_platform_ends_in_one_video() {
    for profile in [Profile::Docs, Profile::Strict] {
        for len in [1000, 5 * MIB] {
            let platform = simulator().profile(profile).start().await;
            let bench = Bench::on(platform, &[]);
            let whole = noise(len, 2);
            let mut draft = draft(&whole);
            draft.fields.insert("title".into(), "另一个名字".into());
            bench.journey(&draft, &whole).await.unwrap();
            let seen = bench.one_work(&whole);
            assert_eq!(seen.videos[0].name, "另一个名字", "{profile:?}");
        }
    }
}

#[tokio::test]
async fn every_fault_of_the_catalogue_ends_in_one_video() {
    // Those that take real time are the engine's to time, not the adapter's.
    let slow =
        |name: &str| name.contains("stall") || name.contains("hang") || name.contains("bandwidth");
    for (name, rule) in Fault::catalogue()
        .into_iter()
        .filter(|(name, _)| !slow(name))
    {
        let bench = Bench::with(&[("chunk_size", "2097152")]).await;
        bench.platform.fault(rule);
        let whole = noise(5 * MIB, 3);
        let draft = draft(&whole);
        let mut done = bench.journey(&draft, &whole).await;
        for _ in 0..3 {
            match done {
                Err(error) if is_passing(&error.kind) => {
                    done = bench.journey(&draft, &whole).await;
                }
                _ => break,
            }
        }
        assert!(done.is_ok(), "{name}: {done:?}");
        bench.one_work(&whole);
    }
}

#[tokio::test]
async fn no_error_of_the_adapter_shows_a_secret() {
    let bench = Bench::new().await;
    let whole = noise(5 * MIB, 4);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let token = Kept::read(&opened.ticket).unwrap().place.token;
    let span = spans(&opened.cuts)[0];
    let mut errors = Vec::new();
    for fault in [
        Fault::Reset {
            after_bytes: 70_000,
        },
        gateway(502, None),
        status(400),
        status(401),
        Fault::WrongCrc32,
        Fault::AnswerLost { reset: true },
    ] {
        bench.platform.fault(fault.on(On::Bytes));
        errors.push(bench.send(&opened.ticket, &whole, span).await.unwrap_err());
    }
    bench
        .platform
        .fault(gateway(502, None).on(On::GetVideoList));
    errors.push(bench.adapter.check(&bench.session).await.unwrap_err());
    bench.platform.fault(code(1004).on(On::GetUploadToken));
    errors.push(bench.open(&draft).await.unwrap_err());
    let sign = token.split(':').nth(1).unwrap();
    for error in errors {
        let shown = format!("{error} {error:?} {}", crate::http::chain(&error));
        for secret in [token.as_str(), sign, bench.platform.secret_key()] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
