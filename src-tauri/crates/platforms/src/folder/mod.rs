//! A folder on this machine as a platform: the archive copy, and the first thing to try without any account.
//!
//! Its platform is the disk, so it alone touches the disk; always off the async threads. Knows nothing of the source file but its bytes.
//! Invariants: a part is acknowledged when it is durable; what stands in the folder under a visible name is whole, checked and never replaced
//! anything; a commit that is repeated finds its own result.

mod fault;
mod names;
mod place;
mod working;

#[cfg(test)]
mod tests;

use crate::{
    Draft, Held, Keeper, Opened, Part, Platform, Result, Session, Step, error::Error, registry,
    ticket,
};
use async_trait::async_trait;
use fault::fault;
use futures_util::StreamExt as _;
use names::{Name, hidden};
use parking_lot::Mutex;
use place::{Placed, Sidecar};
use serde::{Deserialize, Serialize};
use slipway_model::{
    Allowance, Cause, Counted, Cuts, ErrorKind, Fields, Finding, Health, HealthState, Receipt,
    Remote, Spec, Ticket,
    captions::{Track, one_each, tracks},
};
use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
};
use working::{Working, blocking};

const NAME: &str = "folder";
const CAPTIONS: &str = "captions";
/// Of captions that name none (ISO 639-2).
const UNKNOWN_LANGUAGE: &str = "und";
/// Pieces between the reader and the disk: enough to overlap them.
const PIECES_AHEAD: usize = 2;
/// Names tried before giving up: `name (9999).mp4`.
const NUMBERS: u32 = 9999;

/// The adapter.
#[derive(Debug)]
pub struct Adapter {
    spec: Spec,
}

impl Default for Adapter {
    fn default() -> Self {
        Self {
            spec: registry::spec(include_str!("spec.toml")),
        }
    }
}

/// What is needed to go on, whatever happens to the account's settings meanwhile.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Place {
    folder: PathBuf,
    /// The hidden file's name.
    working: String,
    size_bytes: u64,
    /// It was read back, and is what was sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    verified: bool,
    /// The name it is about to get; kept before it gets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<String>,
}

impl Place {
    fn read(ticket: &Ticket) -> Result<Self> {
        ticket::read(NAME, ticket)
    }
    fn ticket(&self) -> Ticket {
        ticket::written(self)
    }
    fn working(&self) -> PathBuf {
        self.folder.join(&self.working)
    }
}

/// Working files with parts in flight, shared by them.
#[derive(Default)]
struct InFlight(Mutex<HashMap<PathBuf, Weak<Working>>>);

impl InFlight {
    /// Blocks.
    fn open(&self, path: &Path) -> io::Result<Arc<Working>> {
        let mut files = self.0.lock();
        if let Some(open) = files.get(path).and_then(Weak::upgrade) {
            return Ok(open);
        }
        let opened = Arc::new(Working::open(path)?);
        files.retain(|_, file| file.strong_count() > 0);
        files.insert(path.to_owned(), Arc::downgrade(&opened));
        Ok(opened)
    }
}

#[async_trait]
impl Platform for Adapter {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn notes(&self, _: &Session, fields: &Fields, file_name: &str) -> Vec<Finding> {
        let unread = captions(fields).err();
        let unread = unread.map(|cause| Finding::red(cause).on(CAPTIONS));
        let mut found: Vec<_> = unread.into_iter().collect();
        let name = Name::new(file_name, cfg!(windows)).numbered(1);
        if name != file_name {
            let cause = Cause::new("file_renamed").with("file", file_name);
            let cause = cause.with("name", name).with("platform", NAME);
            found.push(Finding::amber(cause));
        }
        found
    }

    async fn left(&self, session: &Session) -> Result<Vec<Allowance>> {
        let folder = folder_of(session)?;
        let room = folder.clone();
        let (left, of) = off_thread("looking for room", &folder, move || {
            Ok((fs4::available_space(&room)?, fs4::total_space(&room)?))
        })
        .await?;
        Ok(vec![Allowance {
            what: Counted::Disk,
            left,
            of: Some(of),
            renews_at_ms: None,
        }])
    }

    async fn check(&self, session: &Session) -> Result<Health> {
        let folder = folder_of(session)?;
        let identity = Some(folder.display().to_string());
        let probe = folder.join(hidden(&uuid::Uuid::new_v4().to_string(), ".probe"));
        let tried = off_thread("checking the folder", &folder, move || {
            std::fs::File::create_new(&probe)?;
            std::fs::remove_file(&probe)
        })
        .await;
        let tried = match tried {
            Ok(()) => self.left(session).await,
            Err(error) => Err(error),
        };
        let health = Health {
            identity,
            checked_at_ms: Some(jiff::Timestamp::now().as_millisecond()),
            ..Health::default()
        };
        Ok(match tried {
            Ok(allowances) => Health {
                state: HealthState::Ready,
                allowances,
                ..health
            },
            Err(error) => Health {
                state: HealthState::Troubled,
                cause: Some(error.cause),
                ..health
            },
        })
    }

    async fn open(&self, session: &Session, draft: &Draft, lanes: u32) -> Result<Opened> {
        let place = Place {
            folder: folder_of(session)?,
            working: hidden(&draft.key, ".part"),
            size_bytes: draft.size_bytes,
            verified: false,
            target: None,
        };
        let (path, size_bytes) = (place.working(), place.size_bytes);
        let folder = place.folder.clone();
        off_thread("reserving room", &place.folder, move || {
            let has = path.metadata().map(|there| there.len()).ok();
            if has.is_none()
                && let Ok(free) = fs4::available_space(&folder)
                && free < size_bytes
            {
                let words = format!("{size_bytes} bytes wanted, {free} free");
                return Err(io::Error::new(io::ErrorKind::StorageFull, words));
            }
            Working::reserve(&path, size_bytes).inspect_err(|_| {
                if has.is_none() {
                    let _ = std::fs::remove_file(&path); // nothing of worth in it
                }
            })
        })
        .await?;
        Ok(Opened {
            ticket: place.ticket(),
            cuts: Cuts::plan(draft.size_bytes, &self.limits(session), None, lanes),
        })
    }

    /// The working file cannot tell written parts from reserved room, so our receipts, which were given for durable bytes, are the truth.
    async fn held(&self, _: &Session, ticket: &Ticket, _: &Cuts) -> Result<Held> {
        let place = Place::read(ticket)?;
        let path = place.working();
        let len = off_thread("looking for the working file", &place.folder, move || {
            Ok(path.metadata()?.len())
        })
        .await?;
        if len == place.size_bytes {
            Ok(Held::Unknown)
        } else {
            Err(lost(
                "looking for the working file",
                "folder_working_file_gone",
                &place,
            ))
        }
    }

    async fn send(&self, session: &Session, ticket: &Ticket, part: Part) -> Result<Receipt> {
        const DOING: &str = "writing a part";
        let place = Place::read(ticket)?;
        let (path, files) = (place.working(), session.memory::<InFlight>());
        let working = off_thread(DOING, &place.folder, move || files.open(&path)).await?;

        let (pieces, written) = tokio::sync::mpsc::channel(PIECES_AHEAD);
        let file = working.clone();
        let offset_bytes = part.offset_bytes;
        // One blocking thread a part, fed as the reader reads. It ends when the sender is dropped, also when this future is.
        let writer = tokio::task::spawn_blocking(move || file.write(offset_bytes, written));
        let mut body = part.body;
        let mut left_bytes = part.len_bytes;
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|error| unreadable(DOING, error))?;
            let Some(left) = left_bytes.checked_sub(piece.len() as u64) else {
                return Err(not_the_part(DOING));
            };
            left_bytes = left;
            if pieces.send(piece).await.is_err() {
                break; // the writer ended: it says why
            }
        }
        drop(pieces);
        let done = match writer.await {
            Ok(Ok(_)) if left_bytes == 0 => working.sync().await,
            Ok(Ok(_)) => return Err(not_the_part(DOING)),
            Ok(Err(error)) => Err(error),
            Err(gone) => Err(io::Error::other(gone)),
        };
        off_thread(DOING, &place.folder, move || done).await?;
        part.sums.receipt(None).ok_or_else(|| not_the_part(DOING))
    }

    async fn commit(
        &self,
        _: &Session,
        ticket: Ticket,
        _: &[Receipt],
        whole_crc64: Option<u64>,
        draft: &Draft,
        keeper: &dyn Keeper,
    ) -> Result<Step> {
        const DOING: &str = "putting the file in place";
        let mut place = Place::read(&ticket)?;
        let mut announced = place.target.is_some();
        match look(&place, whole_crc64).await? {
            Found::Ours => {
                return Ok(Step::Published(remote(&place)));
            }
            Found::Nothing => {
                return Err(lost(DOING, "folder_working_file_gone", &place));
            }
            Found::Working => {}
            Found::WorkingAndAnother => place.target = None,
        }
        if !place.verified {
            verify(&place, whole_crc64).await?;
            place.verified = true;
        }
        if !announced {
            keeper.ready(&place.ticket()).await?;
        }

        let mut strict = cfg!(windows);
        let mut number = 0;
        loop {
            if place.target.is_none() {
                let (name, folder) = (Name::new(&draft.file_name, strict), place.folder.clone());
                let beside = sidecars(draft, whole_crc64, "");
                let free = off_thread(DOING, &place.folder, move || {
                    Ok((number + 1..=NUMBERS)
                        .find(|n| place::is_free(&folder, &name.numbered(*n), &beside))
                        .map(|n| (n, name.numbered(n))))
                })
                .await?;
                let Some((found, name)) = free else {
                    let cause = Cause::new("folder_name_refused")
                        .with("folder", place.folder.display())
                        .detail("every number is taken");
                    return Err(Error::new(NAME, DOING, ErrorKind::Refused, cause));
                };
                number = found;
                place.target = Some(name);
                if announced {
                    keeper.keep(&place.ticket()).await?;
                } else {
                    keeper.about_to_submit(&place.ticket()).await?;
                    announced = true;
                }
            }
            let video = place.target.clone().expect("chosen above");
            let (folder, working) = (place.folder.clone(), place.working());
            let beside = sidecars(draft, whole_crc64, &video);
            let placed = off_thread(DOING, &place.folder, move || {
                place::place(&folder, &working, &video, &beside)
            })
            .await;
            match placed {
                Ok(Placed::Done) => return Ok(Step::Published(remote(&place))),
                Ok(Placed::Taken) => place.target = None,
                // A disk that takes fewer names than this system does.
                Err(error) if error.cause.code == "folder_name_refused" && !strict => {
                    (strict, number, place.target) = (true, 0, None);
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn abort(&self, _: &Session, ticket: &Ticket) -> Result<()> {
        let place = Place::read(ticket)?;
        let path = place.working();
        off_thread("removing the working file", &place.folder, move || {
            let _ = std::fs::remove_file(path.with_extension("beside"));
            match std::fs::remove_file(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                done => done,
            }
        })
        .await
    }
}

/// What a commit that begins finds on the disk.
enum Found {
    Working,
    /// The name that was kept belongs to someone else by now.
    WorkingAndAnother,
    /// An earlier try got through.
    Ours,
    Nothing,
}

async fn look(place: &Place, whole_crc64: Option<u64>) -> Result<Found> {
    let (working, size_bytes) = (place.working(), place.size_bytes);
    let folder = place.folder.clone();
    let target = place.target.as_ref().map(|name| place.folder.join(name));
    let stop = Stop::default();
    let stopped = stop.0.clone();
    off_thread("looking for an earlier result", &place.folder, move || {
        folder.metadata()?; // an unplugged disk has lost nothing
        let has = |path: &Path| match path.symlink_metadata() {
            Ok(there) => Ok(Some(there.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        let Some(target) = target else {
            return Ok(match has(&working)? {
                Some(len) if len == size_bytes => Found::Working,
                _ => Found::Nothing,
            });
        };
        Ok(match (has(&working)?, has(&target)?) {
            (Some(_), Some(_)) if place::same_file(&working, &target) => {
                std::fs::remove_file(&working)?;
                Found::Ours
            }
            (Some(len), Some(_)) if len == size_bytes => Found::WorkingAndAnother,
            (Some(len), None) if len == size_bytes => Found::Working,
            (None, Some(len)) if len == size_bytes => {
                let same = match whole_crc64 {
                    Some(sum) => place::crc64(&target, &stopped)? == sum,
                    None => true,
                };
                if same { Found::Ours } else { Found::Nothing }
            }
            _ => Found::Nothing,
        })
    })
    .await
}

/// Reads the whole file back: what is not what was read from the source is sent again.
async fn verify(place: &Place, whole_crc64: Option<u64>) -> Result<()> {
    const DOING: &str = "reading the copy back";
    let Some(wanted) = whole_crc64 else {
        return Ok(());
    };
    let path = place.working();
    let stop = Stop::default();
    let stopped = stop.0.clone();
    let found = off_thread(DOING, &place.folder, move || place::crc64(&path, &stopped)).await?;
    if found == wanted {
        Ok(())
    } else {
        Err(lost(DOING, "folder_copy_differs", place))
    }
}

/// Stops the reading thread when the future that waits for it is dropped.
#[derive(Default)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Captions, one track for each language.
fn captions(fields: &Fields) -> std::result::Result<Vec<Track>, Cause> {
    let text = fields.get(CAPTIONS).map_or("", String::as_str);
    one_each(tracks(text, UNKNOWN_LANGUAGE)?)
}

/// The manuscript as JSON, the cover, and captions.
fn sidecars(draft: &Draft, whole_crc64: Option<u64>, video: &str) -> Vec<Sidecar> {
    #[derive(Serialize)]
    struct Written<'a> {
        file: &'a str,
        size_bytes: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        crc64_nvme: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cover: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        captions: Vec<String>,
        #[serde(flatten)]
        fields: BTreeMap<&'a String, &'a String>,
    }
    // What cannot be read was refused before the first byte.
    let tracks = captions(&draft.fields).unwrap_or_default();
    let suffix_of = |track: &Track| format!(".{}.vtt", track.language);
    let mut beside = Vec::new();
    let cover_suffix = draft.cover.as_ref().map(|cover| match cover.mime {
        "image/png" => ".png",
        _ => ".jpg",
    });
    let written = Written {
        file: video,
        size_bytes: draft.size_bytes,
        crc64_nvme: whole_crc64.map(|sum| format!("{sum:016x}")),
        cover: cover_suffix.map(|suffix| names::beside(video, suffix)),
        captions: tracks
            .iter()
            .map(|track| names::beside(video, &suffix_of(track)))
            .collect(),
        fields: draft
            .fields
            .iter()
            .filter(|(name, _)| *name != CAPTIONS)
            .collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&written).expect("text and numbers are JSON");
    bytes.push(b'\n');
    beside.push(Sidecar {
        suffix: ".json".into(),
        bytes,
    });
    if let (Some(cover), Some(suffix)) = (&draft.cover, cover_suffix) {
        beside.push(Sidecar {
            suffix: suffix.into(),
            bytes: cover.bytes.to_vec(),
        });
    }
    beside.extend(tracks.into_iter().map(|track| Sidecar {
        suffix: suffix_of(&track),
        bytes: track.text.into_bytes(),
    }));
    beside
}

fn remote(place: &Place) -> Remote {
    let path = place
        .target
        .as_ref()
        .map_or_else(|| place.folder.clone(), |name| place.folder.join(name));
    Remote {
        url: url::Url::from_file_path(&path).ok().map(Into::into),
        id: path.display().to_string(),
        words: None,
    }
}

fn folder_of(session: &Session) -> Result<PathBuf> {
    let unusable = |code: &str, path: &str| {
        let cause = Cause::new(code)
            .with("setting", "path")
            .with("folder", path);
        Error::new(NAME, "finding the folder", ErrorKind::Refused, cause)
    };
    let text = session
        .setting("path")
        .ok_or_else(|| unusable("setting_missing", ""))?;
    let path = PathBuf::from(&text);
    if path.is_absolute() {
        Ok(path)
    } else {
        Err(unusable("folder_not_absolute", &text))
    }
}

fn lost(doing: &'static str, code: &str, place: &Place) -> Error {
    let cause = Cause::new(code).with("folder", place.folder.display());
    Error::new(NAME, doing, ErrorKind::TicketLost, cause)
}

fn unreadable(doing: &'static str, error: io::Error) -> Error {
    crate::http::read_failed(
        crate::http::Act::new(NAME, doing),
        &crate::http::ReadFailed(error),
    )
}

fn not_the_part(doing: &'static str) -> Error {
    Error::new(
        NAME,
        doing,
        ErrorKind::FileChanged,
        Cause::new("file_changed"),
    )
}

/// Runs `work` off the async threads and says what its failure means.
async fn off_thread<T: Send + 'static>(
    doing: &'static str,
    folder: &Path,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let folder = folder.to_owned();
    blocking(move || Ok(work().map_err(|error| fault(doing, &folder, error))))
        .await
        .map_err(|gone| {
            let cause = Cause::new("folder_failed").detail(gone.to_string());
            Error::new(NAME, doing, ErrorKind::ServerFault, cause)
        })?
}
