//! Runs one effect of one upload: opens, sends, commits or watches. Reports what happened and never writes.
//!
//! Dropping a worker's future stops it: its sockets close, and what was not reported did not happen for us.

use crate::{
    accounts::Entry,
    board::{Board, Counters},
    caps::Caps,
    clock::now_ms,
    content,
    covers::Covers,
    fingerprint::{self, SourceFault},
    journal,
    lanes::Lanes,
    limiter::Bucket,
    reader::{self, Buffers},
    rules::{Rules, seen_media},
    secrets::Secrets,
    sending,
};
use async_trait::async_trait;
use secrecy::SecretString;
use slipway_media::Media;
use slipway_model::{
    Cause, Cuts, Effect, ErrorKind, Event, Manuscript, OnlineFile, Proof, Receipt, Remote, Source,
    SourceFile, Ticket, UploadId, Wait,
    cover::{CROP_FIELD, Crops},
    manuscript,
    preflight::{Seen, Severity},
    upload::Kept,
};
use slipway_platforms::{Draft, Error, Keeper, Picture, Result, Review, Step, http};
use slipway_store::LedgerEntry;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

/// What all workers share.
#[derive(Debug)]
pub(crate) struct Tools {
    pub board: Arc<Board>,
    pub lanes: Lanes,
    pub buffers: Arc<Buffers>,
    pub caps: Arc<Caps>,
    /// Bytes that left this machine and are not counted for its link so far.
    pub link_wire: Arc<AtomicU64>,
    pub secrets: Arc<Secrets>,
    pub covers: Covers,
}

/// One upload, as a worker sees it.
#[derive(Clone)]
pub(crate) struct Job {
    pub id: UploadId,
    pub attempt: u32,
    pub key: String,
    pub manuscript: Arc<Manuscript>,
    pub account: Arc<Entry>,
    pub counters: Arc<Counters>,
    pub tools: Arc<Tools>,
    pub reports: mpsc::Sender<Report>,
    /// When the upload reached its phase.
    pub phase_at_ms: i64,
    /// It may have been submitted before: its file has done its part.
    pub submitted: bool,
    /// It is not submitted as soon as its bytes are there.
    pub held_back: bool,
}

#[derive(Debug)]
pub(crate) struct Report {
    pub id: UploadId,
    pub attempt: u32,
    pub what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    Happened(Event),
    /// A step of a commit, to be kept before the next; `about_to_submit` goes to the ledger with it.
    Keep {
        ticket: Ticket,
        about_to_submit: Option<LedgerEntry>,
        kept: oneshot::Sender<()>,
    },
    /// A part failed and is tried again by the worker itself.
    Retrying {
        after: Duration,
        cause: Cause,
    },
    /// The platform still works; look again later.
    Pending {
        remote: Remote,
    },
    /// A cancelled upload was with its platform: whether that let it go.
    TakenBack(bool),
    /// All before the public act is done. Answered when that is due; dropped when it is not.
    Ready {
        ticket: Ticket,
        due: oneshot::Sender<()>,
    },
    /// All is sent, and it waits for the account's turn to submit.
    Resting,
    /// What was sent, once all of it has landed.
    Proven(Proof),
    /// The worker's last word.
    Ended(Result<Option<Event>>),
}

impl Job {
    /// What its bytes are held to.
    pub(crate) fn caps(&self) -> Vec<Arc<Bucket>> {
        let is_remote = self.account.platform.spec().remote;
        let account = self.account.account.id;
        self.tools.caps.chain(self.id, account, is_remote)
    }

    pub(crate) async fn report(&self, what: What) {
        // The receiver outlives all workers; at the very end nobody listens, and nothing is lost that was not kept.
        let _ = self
            .reports
            .send(Report {
                id: self.id,
                attempt: self.attempt,
                what,
            })
            .await;
    }

    /// Runs the effect to its end and reports it.
    pub(crate) async fn run(self, effect: Effect, kept: Option<Kept>, remote: Option<Remote>) {
        let listener = self.listener();
        http::listened(listener, self.work(effect, kept, remote)).await;
    }

    /// Who is told of its requests.
    pub(crate) fn listener(&self) -> http::Listener {
        let (board, id) = (self.tools.board.clone(), self.id);
        Arc::new(move |exchange| board.stepped(id, journal::request(&exchange)))
    }

    async fn work(&self, effect: Effect, kept: Option<Kept>, remote: Option<Remote>) {
        let ended = match (effect, kept, remote) {
            (Effect::Open, _, _) => self.open().await.map(Some),
            (Effect::Send, Some(kept), _) => sending::send_all(self, kept).await.map(|()| None),
            (Effect::Commit, Some(kept), _) => self.commit(kept).await.map(Some),
            (Effect::Watch, _, Some(remote)) => self.watch(remote).await,
            (Effect::Abort, kept, remote) => return self.give_back(kept, remote).await,
            _ => Ok(None),
        };
        self.report(What::Ended(ended)).await;
    }

    /// Tells the platform of a cancellation: frees the place, or takes the accepted work back.
    async fn give_back(&self, kept: Option<Kept>, remote: Option<Remote>) {
        const LONGEST: Duration = Duration::from_secs(20);
        let (platform, session) = (&self.account.platform, &self.account.session);
        let told = async {
            if let Some(kept) = kept {
                platform.abort(session, &kept.ticket).await?;
            }
            if let Some(remote) = remote {
                let taken_back = platform.take_back(session, &remote).await?;
                self.report(What::TakenBack(taken_back)).await;
            }
            Ok::<_, Error>(())
        };
        if let Ok(Err(error)) = tokio::time::timeout(LONGEST, told).await {
            tracing::info!(upload = %self.id, %error, "the platform could not be told of the cancellation");
        }
    }

    /// The source, open and known to be the one that was begun; `None` when it is online.
    async fn look_at_source(&self) -> Result<Option<Arc<reader::Source>>> {
        match self.manuscript.source.file() {
            Some(file) => self.open_file(file.clone()).await.map(Some),
            None => Ok(None),
        }
    }

    /// The file to be sent, open and known to be the one that was begun.
    pub(crate) async fn source(&self) -> Result<Arc<reader::Source>> {
        self.look_at_source().await?.ok_or_else(|| {
            let cause = Cause::new("internal_bad_cut");
            Error::new("slipway", "opening the file", ErrorKind::Refused, cause)
        })
    }

    async fn open_file(&self, known: SourceFile) -> Result<Arc<reader::Source>> {
        let opened = tokio::task::spawn_blocking(move || {
            let SourceFile { path, fingerprint } = known;
            let file = fingerprint::reopen(&path, &fingerprint)?;
            Ok(reader::Source {
                file,
                path,
                fingerprint,
            })
        });
        match opened.await {
            Ok(Ok(source)) => Ok(Arc::new(source)),
            Ok(Err(fault)) => Err(source_failed("opening the file", fault)),
            Err(_) => Err(Error::new(
                "slipway",
                "opening the file",
                ErrorKind::ServerFault,
                Cause::new("stopping"),
            )),
        }
    }

    async fn draft(&self, media: Option<&Media>) -> Result<Draft> {
        let spec = &self.account.spec;
        let source = &self.manuscript.source;
        let file_name = source.name();
        let fields = manuscript::titled(&self.manuscript.fields, &file_name);
        let fields = manuscript::resolve(&fields, &spec.name, &spec.fields);
        let cover = match (&self.manuscript.cover, &spec.limits.cover) {
            (Some(cover), Some(rule)) => {
                let chosen = self.manuscript.fields.get(CROP_FIELD);
                // What could not be read was refused when it was added.
                let crops = chosen.and_then(|text| Crops::read(text).ok());
                let crops = crops.unwrap_or_default();
                Some(self.tools.covers.cut(cover, rule, &crops).await?)
            }
            _ => None,
        };
        let online = match source {
            Source::File(_) => None,
            Source::Online(online) => Some(self.address(online).await?),
        };
        let mut hash = blake3::Hasher::new();
        for (name, value) in &fields {
            hash.update(name.as_bytes())
                .update(&[0])
                .update(value.as_bytes())
                .update(&[0]);
        }
        if let Some(cover) = &cover {
            hash.update(&cover.bytes);
        }
        Ok(Draft {
            file_name,
            size_bytes: source.size_bytes(),
            online,
            fields,
            cover,
            picture: media.and_then(picture),
            held_back: self.held_back,
            manuscript_hash: hash.finalize().to_hex().to_string(),
            key: self.key.clone(),
        })
    }

    /// What the file says of itself.
    async fn media(&self) -> Option<Media> {
        let path = self.manuscript.source.file()?.path.clone();
        let media = tokio::task::spawn_blocking(move || slipway_media::read(&path));
        media.await.ok().and_then(std::io::Result::ok).flatten()
    }

    /// The whole address of a file that is online.
    async fn address(&self, online: &OnlineFile) -> Result<SecretString> {
        self.tools.secrets.open_address(online).await
    }

    async fn open(&self) -> Result<Event> {
        self.look_at_source().await?;
        let media = self.media().await;
        let draft = self.draft(media.as_ref()).await?;
        self.refuse_red(&draft, media.as_ref())?;
        let lanes = self.account.limits.parts_at_once.max(1);
        let opened = self
            .account
            .platform
            .open(&self.account.session, &draft, lanes)
            .await?;
        let is_cut = opened.cuts != Cuts::none();
        if is_cut == draft.online.is_some()
            || !opened.cuts.is_sound()
            || opened.cuts.total_bytes() != draft.size_bytes
        {
            return Err(Error::new(
                "slipway",
                "opening",
                ErrorKind::Refused,
                Cause::new("internal_bad_cut"),
            ));
        }
        Ok(Event::Opened {
            ticket: opened.ticket,
            cuts: opened.cuts,
        })
    }

    /// Preflight once more, on what is here now: its words or its file may have changed since the upload was added, or the account's limits.
    fn refuse_red(&self, draft: &Draft, media: Option<&Media>) -> Result<()> {
        let seen = Seen {
            file_name: &draft.file_name,
            size_bytes: draft.online.is_none().then_some(draft.size_bytes),
            media: media.map(seen_media),
            // It has been cut as it is taken.
            cover: None,
            now_ms: now_ms(),
        };
        let fields = manuscript::titled(&self.manuscript.fields, &draft.file_name);
        let found = Rules(self.account.clone()).check(&fields, &seen);
        // Worst first.
        match found.into_iter().next() {
            Some(finding) if finding.severity == Severity::Red => {
                let cause = finding.cause.with("account", self.account.session.label());
                Err(Error::new("slipway", "opening", ErrorKind::Refused, cause))
            }
            _ => Ok(()),
        }
    }

    async fn commit(&self, kept: Kept) -> Result<Event> {
        let source = if self.submitted {
            None
        } else {
            // Looked at once more: what was sent must be what is here now.
            self.look_at_source().await?
        };
        let receipts = kept.parts.receipts();
        let crc64 = whole_crc64(&receipts, &kept);
        self.prove(&kept, &receipts, crc64, source).await?;
        let draft = self.draft(self.media().await.as_ref()).await?;
        let wanted = self.account.platform.spec().whole_checksum;
        let whole = crc64.filter(|_| wanted);
        let keeper = Steps {
            job: self,
            hash: draft.manuscript_hash.clone(),
        };
        let platform = &self.account.platform;
        let step = platform
            .commit(
                &self.account.session,
                kept.ticket,
                &receipts,
                whole,
                &draft,
                &keeper,
            )
            .await?;
        Ok(match step {
            Step::Accepted(remote) => Event::Accepted { remote },
            Step::Published(remote) => Event::Published { remote },
        })
    }

    /// Tells what was sent. Parts that an earlier version landed have no share in the hash: then the file is read once more.
    async fn prove(
        &self,
        kept: &Kept,
        receipts: &[Receipt],
        crc64: Option<u64>,
        source: Option<Arc<reader::Source>>,
    ) -> Result<()> {
        let cuts = kept.parts.cuts();
        if cuts.is_empty() {
            return Ok(()); // the platform fetches the file: none of its bytes come by here
        }
        let blake3 = match (content::whole(cuts, receipts), source) {
            (None, Some(source)) => Some(content::read(source).await?),
            (joined, _) => joined,
        };
        let answers: Vec<_> = receipts.iter().map_while(checksum).collect();
        let are_whole = answers.len() == receipts.len() && answers.len() <= Proof::ANSWERS_MOST;
        self.report(What::Proven(Proof {
            blake3: blake3.map(|hash| hash.to_hex().to_string()),
            crc64: crc64.map(|crc64| format!("{crc64:016x}")),
            parts: cuts.len(),
            part_bytes: cuts.span(1).map_or(0, |span| span.len_bytes),
            answers: if are_whole { answers } else { Vec::new() },
        }))
        .await;
        Ok(())
    }

    async fn watch(&self, remote: Remote) -> Result<Option<Event>> {
        match self
            .account
            .platform
            .watch(&self.account.session, &remote)
            .await?
        {
            Review::Pending(remote) => {
                self.report(What::Pending { remote }).await;
                Ok(None)
            }
            Review::Published(remote) => Ok(Some(Event::Published { remote })),
            Review::Refused(cause) => Ok(Some(Event::Failed { cause })),
        }
    }
}

fn picture(media: &Media) -> Option<Picture> {
    let (width_px, height_px) = media.video.as_ref()?.shown_px;
    Some(Picture {
        width_px,
        height_px,
        duration_ms: media.duration_ms,
    })
}

/// A fault of the source as an error of the engine's.
pub(crate) fn source_failed(doing: &'static str, fault: SourceFault) -> Error {
    Error::new("slipway", doing, fault.kind, fault.cause)
}

/// Keeps a commit's steps through the dispatcher.
struct Steps<'a> {
    job: &'a Job,
    hash: String,
}

impl Steps<'_> {
    async fn keep_with(&self, ticket: &Ticket, about_to_submit: Option<LedgerEntry>) -> Result<()> {
        let (kept, wait) = oneshot::channel();
        self.job
            .report(What::Keep {
                ticket: ticket.clone(),
                about_to_submit,
                kept,
            })
            .await;
        wait.await.map_err(|_| not_kept())
    }
}

/// Held, cancelled, or the disk is full. Nothing may be done that was not written down.
fn not_kept() -> Error {
    Error::new(
        "slipway",
        "keeping a step",
        ErrorKind::DiskFull,
        Cause::new("step_not_kept"),
    )
}

#[async_trait]
impl Keeper for Steps<'_> {
    async fn keep(&self, ticket: &Ticket) -> Result<()> {
        self.keep_with(ticket, None).await
    }

    async fn ready(&self, ticket: &Ticket) -> Result<()> {
        let (due, wait) = oneshot::channel();
        let ticket = ticket.clone();
        self.job.report(What::Ready { ticket, due }).await;
        wait.await.map_err(|_| not_kept())
    }

    async fn about_to_submit(&self, ticket: &Ticket) -> Result<()> {
        let (job, account) = (self.job, &self.job.account);
        let spacing_ms = i64::from(account.limits.submit_spacing_s) * 1000;
        let mut rest = None;
        let mut submitted = match account.submitted_at_ms.try_lock() {
            Ok(submitted) => submitted,
            Err(_) => {
                let board = &job.tools.board;
                board.pause_of(job.id, Some(Wait::Turn { ahead: 1 }));
                rest = Some(Rest::begin(job).await);
                let submitted = account.submitted_at_ms.lock().await;
                board.pause_of(job.id, None);
                submitted
            }
        };
        let due = submitted.map_or(0, |last| last + spacing_ms);
        // A clock that was set back must not hold a submission for longer than the spacing itself.
        let wait_ms = (due - now_ms()).clamp(0, spacing_ms);
        if wait_ms > 0 {
            let cause = Cause::new("submit_spacing")
                .with("account", account.session.label())
                .with("seconds", spacing_ms / 1000);
            let board = &job.tools.board;
            board.pause_of(
                job.id,
                Some(Wait::Quota {
                    until_ms: now_ms() + wait_ms,
                    cause,
                }),
            );
            if rest.is_none() {
                rest = Some(Rest::begin(job).await);
            }
            tokio::time::sleep(Duration::from_millis(wait_ms as u64)).await;
            board.pause_of(job.id, None);
        }
        drop(rest);
        let source = &job.manuscript.source;
        let entry = LedgerEntry {
            upload: job.id,
            account: account.account.id,
            size_bytes: source.size_bytes(),
            sample: source.sample().to_owned(),
            manuscript_hash: self.hash.clone(),
            at_ms: now_ms(),
        };
        self.keep_with(ticket, Some(entry)).await?;
        *submitted = Some(now_ms());
        Ok(())
    }
}

/// While it is there, the upload leaves its place among the transfers to others.
struct Rest<'a>(&'a Job);

impl<'a> Rest<'a> {
    async fn begin(job: &'a Job) -> Self {
        job.counters.resting.store(true, Relaxed);
        job.report(What::Resting).await;
        Self(job)
    }
}

impl Drop for Rest<'_> {
    fn drop(&mut self) {
        self.0.counters.resting.store(false, Relaxed);
    }
}

/// What a platform answered to a part, where that is a checksum and no context of its own. Adapters put what else they know behind it.
fn checksum(receipt: &Receipt) -> Option<String> {
    let answer = receipt.etag.as_ref()?.split(' ').next()?.trim_matches('"');
    let is_hex = answer.bytes().all(|byte| byte.is_ascii_hexdigit());
    ((8..=64).contains(&answer.len()) && is_hex).then(|| answer.to_owned())
}

/// The checksum of the whole file, put together from its parts'.
fn whole_crc64(receipts: &[Receipt], kept: &Kept) -> Option<u64> {
    let mut whole: Option<u64> = None;
    for (receipt, span) in receipts.iter().zip(kept.parts.cuts().spans()) {
        let part = u64::from_str_radix(receipt.crc64.as_ref()?, 16).ok()?;
        whole = Some(match whole {
            None => part,
            Some(so_far) => crc_fast::checksum_combine(
                crc_fast::CrcAlgorithm::Crc64Nvme,
                so_far,
                part,
                span.len_bytes,
            ),
        });
    }
    whole
}
