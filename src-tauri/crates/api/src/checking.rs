//! Preflight for front ends: the same answer for a keystroke, for what is added, and for words that are changed.
//!
//! Decides what is looked at again. Files, disks, accounts and the queue are looked at once for all that is typed within two seconds; what is added is
//! looked at afresh. The rules are the model's and the platforms'.

use crate::{
    Api, Failure,
    adding::captions_of,
    filling,
    wire::{FieldFault, NewCaptions, NewManuscripts, Preflight},
};
use jiff::Zoned;
use slipway_engine::{Rules, SeenImage, clock::now_ms, printable_name, seen_media};
use slipway_model::{
    Account, AccountId, Allowance, Cause, Cure, Fields, Finding, Severity, Source, manuscript,
    preflight::{self, Seen, SeenCover, SeenMedia, Standing},
    times,
};
use slipway_store::{Content, Sent, Unsent};
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// How long what was looked at holds while somebody types.
const HOLDS: Duration = Duration::from_secs(2);
/// A disk that does not answer keeps nobody waiting for longer.
const LEFT_TIMEOUT: Duration = Duration::from_secs(2);

/// Everything about new manuscripts but their words.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    accounts: Vec<AccountId>,
    files: Vec<(u32, Beside)>,
}

/// The files that go with one video: its own, or those that are common to all.
#[derive(Debug, Clone, PartialEq)]
struct Beside {
    cover: Option<u32>,
    captions: Vec<NewCaptions>,
}

/// What was found at one look.
#[derive(Debug)]
pub(crate) struct Looked {
    asked: Asked,
    at: Instant,
    pub(crate) files: Vec<LookedFile>,
    pub(crate) accounts: Vec<LookedAccount>,
}

#[derive(Debug)]
pub(crate) struct LookedFile {
    pub(crate) file: u32,
    pub(crate) source: Result<Source, Cause>,
    media: Option<SeenMedia>,
    pub(crate) cover: Option<LookedCover>,
    /// What its files of captions hold.
    captions: String,
}

#[derive(Debug, Clone)]
pub(crate) struct LookedCover {
    pub(crate) path: PathBuf,
    name: String,
    seen: Result<SeenImage, Cause>,
}

#[derive(Debug)]
pub(crate) struct LookedAccount {
    pub(crate) account: Account,
    rules: Rules,
    /// Contents that went to it before, with where they are, or that are on their way to it.
    sent: HashMap<Content, Cause>,
    left: Vec<Allowance>,
    /// Why its place cannot be used now.
    away: Option<Cause>,
    unsent: Unsent,
}

impl Api {
    /// Everything that is to be said of these, for each file and account, worst first.
    pub async fn manuscripts_check(&self, new: NewManuscripts) -> Result<Vec<Preflight>, Failure> {
        let new = self.with_template(new).await?;
        let asked = Asked::of(&new);
        let known = self.looked.lock().clone();
        let known = known.filter(|known| known.asked == asked && known.at.elapsed() < HOLDS);
        let looked = match known {
            Some(known) => known,
            None => {
                let looked = Arc::new(self.look(&new).await?);
                *self.looked.lock() = Some(looked.clone());
                looked
            }
        };
        Ok(looked.check(&new))
    }

    /// What was looked at has changed.
    pub(crate) fn look_again(&self) {
        *self.looked.lock() = None;
    }

    /// Looks at all that is asked about.
    pub(crate) async fn look(&self, new: &NewManuscripts) -> Result<Looked, Failure> {
        let asked = Asked::of(new);
        let mut files = Vec::with_capacity(new.files.len());
        // What is common to all is read once.
        let mut covers: HashMap<u32, LookedCover> = HashMap::new();
        let mut captions: Vec<(&[NewCaptions], String)> = Vec::new();
        for (file, beside) in &asked.files {
            if let Some(cover) = beside.cover
                && !covers.contains_key(&cover)
            {
                let path = self.offered.path(cover)?;
                let name = self.offered.name(cover);
                covers.insert(cover, self.look_at_cover(path, name).await);
            }
            if captions.iter().all(|(known, _)| *known != beside.captions) {
                let read = self.captions(&beside.captions).await?;
                captions.push((&beside.captions, read));
            }
            let tracks = captions.iter().find(|(known, _)| *known == beside.captions);
            files.push(LookedFile {
                file: *file,
                source: self.offered.source(*file).map_err(cause),
                media: self.offered.media(*file).as_ref().map(seen_media),
                cover: beside.cover.and_then(|cover| covers.get(&cover).cloned()),
                captions: tracks.map_or_else(String::new, |(_, tracks)| tracks.clone()),
            });
        }
        let files = off_thread(move || {
            for file in &mut files {
                file.look();
            }
            files
        })
        .await?;
        let mut accounts: Vec<LookedAccount> = Vec::with_capacity(new.accounts.len());
        for id in &new.accounts {
            if accounts.iter().all(|known| known.account.id != *id) {
                accounts.push(self.look_at_account(*id, &files).await?);
            }
        }
        Ok(Looked {
            asked,
            at: Instant::now(),
            files,
            accounts,
        })
    }

    pub(crate) async fn look_at_cover(&self, path: PathBuf, name: String) -> LookedCover {
        let seen = self.engine.covers().check(path.clone()).await;
        LookedCover {
            seen: seen.map_err(|cause| cause.with("file", &name)),
            path,
            name,
        }
    }

    async fn look_at_account(
        &self,
        id: AccountId,
        files: &[LookedFile],
    ) -> Result<LookedAccount, Failure> {
        let store = self.engine.store();
        let account = store.account(id).await?;
        let account = account.ok_or_else(|| Failure::new("account_unknown").with("account", id))?;
        let rules = self.engine.rules(id).await?;
        let sources = files.iter().filter_map(|file| file.source.as_ref().ok());
        let contents = sources.map(content).collect();
        let sent = self.sent_before(&account, contents).await?;
        let (left, away) = match tokio::time::timeout(LEFT_TIMEOUT, rules.left()).await {
            Ok(Ok(left)) => (left, None),
            Ok(Err(error)) => (Vec::new(), Some(error.cause)),
            Err(_) => (Vec::new(), None),
        };
        let counts = !left.is_empty() || !account.health.allowances.is_empty();
        let unsent = if counts {
            store.account_unsent(id).await?
        } else {
            Unsent::default()
        };
        Ok(LookedAccount {
            account,
            rules,
            sent,
            left,
            away,
            unsent,
        })
    }

    /// Contents that went to the account before, with where they are, or that are on their way to it.
    pub(crate) async fn sent_before(
        &self,
        account: &Account,
        contents: Vec<Content>,
    ) -> Result<HashMap<Content, Cause>, Failure> {
        let sent = self.engine.store().sent_before(account.id, contents);
        let sent = sent.await?.into_iter();
        let sent = sent.map(|(content, sent)| (content, cause_of(sent, &account.label)));
        Ok(sent.collect())
    }

    /// What files of captions hold, as the field that platforms take them from.
    pub(crate) async fn captions(&self, files: &[NewCaptions]) -> Result<String, Failure> {
        let mut tracks = String::new();
        for NewCaptions { language, file } in files {
            let path = self.offered.path(*file)?;
            let (name, language) = (printable_name(&path), language.clone());
            let track = off_thread(move || captions_of(&path, &language)).await?;
            let track = track.map_err(|cause| Failure::from(cause.with("file", name)))?;
            add_track(&mut tracks, &track);
        }
        Ok(tracks)
    }

    /// Refuses changed words of an upload that the account's platform would refuse.
    pub(crate) async fn refuse_red(
        &self,
        account: &Account,
        source: &Source,
        fields: &Fields,
        cover: Option<PathBuf>,
    ) -> Result<(), Failure> {
        let rules = self.engine.rules(account.id).await?;
        let cover = match cover {
            None => None,
            Some(path) => {
                let name = printable_name(&path);
                Some(self.look_at_cover(path, name).await)
            }
        };
        let name = source.name();
        let found = check(&rules, source, fields, None, cover.as_ref());
        match found.into_iter().find(is_red) {
            Some(finding) => Err(Failure::from(finding.cause)
                .with("account", &account.label)
                .with("file", name)),
            None => Ok(()),
        }
    }

    /// Refuses a new time that the account's platform would refuse, with the earliest that it would not. One that was passed meanwhile stays as it is.
    pub(crate) async fn refuse_times(
        &self,
        account: &Account,
        before: &Fields,
        fields: &Fields,
        start_at_ms: Option<i64>,
    ) -> Result<(), Failure> {
        let rules = self.engine.rules(account.id).await?;
        if times::wanted(rules.spec(), before) == times::wanted(rules.spec(), fields) {
            return Ok(());
        }
        let start_at_ms = start_at_ms.filter(|at| *at > now_ms());
        match rules.times(fields, start_at_ms).filter(is_red) {
            Some(finding) => Err(Failure::from(finding.cause).with("account", &account.label)),
            None => Ok(()),
        }
    }
}

impl Asked {
    fn of(new: &NewManuscripts) -> Self {
        let beside = |file: &u32| {
            let own = new.own.get(file);
            let captions = own.map(|own| &own.captions).filter(|own| !own.is_empty());
            Beside {
                cover: own.and_then(|own| own.cover).or(new.cover),
                captions: captions.unwrap_or(&new.captions).clone(),
            }
        };
        let files = new.files.iter();
        Self {
            accounts: new.accounts.clone(),
            files: files.map(|file| (*file, beside(file))).collect(),
        }
    }
}

impl Looked {
    /// A cause with the account and the file that it is about.
    pub(crate) fn named(&self, mut cause: Cause, file: u32, account: AccountId) -> Cause {
        let params = &mut cause.params;
        let known = self.accounts.iter().find(|one| one.account.id == account);
        if let Some(known) = known {
            params.insert("account".into(), known.account.label.clone());
        }
        let file = self.files.iter().find(|one| one.file == file);
        if let Some(Ok(source)) = file.map(|file| &file.source) {
            params.insert("file".into(), source.name());
        }
        cause
    }

    /// Asks no disk and no store.
    pub(crate) fn check(&self, new: &NewManuscripts) -> Vec<Preflight> {
        let several = self.files.len() > 1;
        let mut checked = Vec::with_capacity(self.files.len() * self.accounts.len());
        for known in &self.accounts {
            let Unsent {
                mut uploads,
                mut bytes,
            } = known.unsent;
            for (at, file) in self.files.iter().enumerate() {
                let mut findings = match &file.source {
                    Err(cause) => vec![Finding::red(cause.clone())],
                    Ok(source) => {
                        uploads += 1;
                        bytes += source.size_bytes();
                        let cover = file.cover.as_ref();
                        let mut found = match file.fields(new, source) {
                            Ok(fields) => {
                                let media = file.media.clone();
                                let mut found = check(&known.rules, source, &fields, media, cover);
                                found.extend(known.rules.times(&fields, new.start_at_ms));
                                found
                            }
                            Err(faults) => unfilled(&known.rules, &faults),
                        };
                        found.extend(known.twice(source));
                        found
                    }
                };
                if several {
                    // Of many files, what is well is not told one by one.
                    findings.retain(|finding| finding.severity > Severity::Green);
                }
                let is_last = at + 1 == self.files.len();
                let standing = known.standing(uploads, bytes).into_iter();
                findings.extend(standing.filter(|f| is_last || f.severity > Severity::Green));
                preflight::worst_first(&mut findings);
                checked.push(Preflight {
                    file: file.file,
                    account: known.account.id,
                    findings,
                });
            }
        }
        checked
    }
}

impl LookedFile {
    /// Whether the file is as it was when it was offered. Blocks.
    fn look(&mut self) {
        let Ok(Source::File(known)) = &self.source else {
            return;
        };
        let (path, size_bytes) = (&known.path, known.fingerprint.size_bytes);
        let code = match std::fs::metadata(path) {
            Ok(now) if now.len() == size_bytes => return,
            Ok(_) => "file_changed_since",
            Err(_) => "file_missing",
        };
        self.source = Err(Cause::new(code).with("file", printable_name(path)));
    }

    /// What this file's manuscript says, as it is written.
    pub(crate) fn written(&self, new: &NewManuscripts) -> Fields {
        let mut fields = new.fields.clone();
        let own = new.own.get(&self.file);
        fields.extend(own.into_iter().flat_map(|own| own.fields.clone()));
        fields
    }

    /// What this file's manuscript says, its variables filled in.
    pub(crate) fn fields(
        &self,
        new: &NewManuscripts,
        source: &Source,
    ) -> Result<Fields, Vec<FieldFault>> {
        let mut fields = self.written(new);
        if new.variables {
            let place = new.files.iter().position(|file| *file == self.file);
            let place = place.unwrap_or_default();
            let number = new.numbers.get(place).copied();
            let number = number.unwrap_or_else(|| u32::try_from(place + 1).unwrap_or(u32::MAX));
            let duration_ms = self.media.as_ref().and_then(|media| media.duration_ms);
            fields = filling::fill(&fields, source, number, &Zoned::now(), duration_ms)?;
        }
        let mut fields = manuscript::titled(&fields, &source.name());
        if !self.captions.is_empty() {
            add_track(fields.entry("captions".into()).or_default(), &self.captions);
        }
        Ok(fields)
    }
}

impl LookedAccount {
    fn standing(&self, uploads: u64, bytes: u64) -> Vec<Finding> {
        let mut found = preflight::check_account(&Standing {
            label: &self.account.label,
            health: &self.account.health,
            left: &self.left,
            uploads,
            bytes,
            now_ms: now_ms(),
        });
        found.extend(self.away.clone().map(Finding::amber));
        found
    }

    fn twice(&self, source: &Source) -> Option<Finding> {
        let cause = self.sent.get(&content(source))?.clone();
        let finding = Finding::amber(cause.with("file", source.name()));
        Some(finding.by(Cure::UploadAgain))
    }
}

/// Texts that cannot be filled in, at the fields of the platform that would take them.
fn unfilled(rules: &Rules, faults: &[FieldFault]) -> Vec<Finding> {
    let spec = rules.spec();
    let own = faults.iter().filter_map(|fault| {
        let finding = Finding::red(fault.cause.clone());
        let takes = |f: &&slipway_model::Field| f.from.as_ref() == Some(&fault.field);
        match fault.field.split_once('.') {
            Some((platform, field)) => (platform == spec.name).then(|| finding.on(field)),
            None => Some(match spec.fields.iter().find(takes) {
                Some(field) => finding.on(&field.name),
                None => finding,
            }),
        }
    });
    own.collect()
}

pub(crate) fn check(
    rules: &Rules,
    source: &Source,
    fields: &Fields,
    media: Option<SeenMedia>,
    cover: Option<&LookedCover>,
) -> Vec<Finding> {
    let seen = Seen {
        file_name: &source.name(),
        size_bytes: source.file().map(|file| file.fingerprint.size_bytes),
        media,
        cover: cover.and_then(|cover| {
            let seen = cover.seen.as_ref().ok()?;
            Some(SeenCover {
                file_name: &cover.name,
                size_px: (seen.width_px, seen.height_px),
                moves: seen.moves,
            })
        }),
        now_ms: now_ms(),
    };
    let mut found = Vec::new();
    let unread = cover.and_then(|cover| cover.seen.as_ref().err());
    found.extend(unread.map(|cause| Finding::red(cause.clone()).by(Cure::ChooseCover)));
    found.extend(rules.check(fields, &seen));
    found
}

pub(crate) fn is_red(finding: &Finding) -> bool {
    finding.severity == Severity::Red
}

pub(crate) fn is_twice(finding: &Finding) -> bool {
    finding.cure == Some(Cure::UploadAgain)
}

pub(crate) fn content(source: &Source) -> Content {
    (source.size_bytes(), source.sample().to_owned())
}

fn cause_of(sent: Sent, label: &str) -> Cause {
    let named = |code: &str| Cause::new(code).with("account", label);
    match sent {
        Sent::Published { remote, at_ms } => named("already_sent")
            .with("url", remote.url.unwrap_or(remote.id))
            .with("at_ms", at_ms),
        Sent::Unfinished { upload } | Sent::Submitting { upload, .. } => {
            named("already_sending").with("id", upload)
        }
    }
}

fn cause(failure: Failure) -> Cause {
    Cause {
        code: failure.code,
        params: failure.params,
        detail: String::new(),
    }
}

pub(crate) fn add_track(tracks: &mut String, track: &str) {
    if !tracks.is_empty() && !tracks.ends_with('\n') {
        tracks.push('\n');
    }
    tracks.push_str(track);
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work);
    done.await.map_err(|_| Failure::new("stopping"))
}
