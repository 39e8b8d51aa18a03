//! Reads a multipart form: its one file goes to the disk, its text is told, with whatever goes wrong on the way.
//!
//! Always holds: memory in use does not grow with the file; a form that ends early leaves nothing behind.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use parking_lot::Mutex;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep, sleep_until};

use super::fault::Fault;
use super::problem::{self, Problem};
use crate::listener::HangUp;
use crate::meter::Meter;

/// How long a stall without an end is held before the connection is dropped.
const STALL: Duration = Duration::from_mins(10);
/// Small bodies: JSON, thumbnails, captions. Larger ones are read and refused with their own codes.
const KEPT_BYTES_MAX: usize = 16 << 20;
/// A refused body is read to its end like this, so that its sender hears the refusal instead of a reset.
const DRAIN_BYTES_MAX: u64 = 256 << 20;
const DRAIN: Duration = Duration::from_secs(20);
const TEXT_BYTES_MAX: usize = 4096;

/// What becomes of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Each part is a file below the data directory.
    Files,
    /// Nothing is kept: for measuring clients.
    Discard,
}

/// Where a form's file goes.
pub(crate) enum Target<'a> {
    Disk(&'a Path),
    Nowhere,
    Memory,
}

/// A form that came whole.
#[derive(Debug, Default)]
pub(crate) struct Form {
    /// Bytes of the file, its own name, and what was kept of it in memory.
    pub(crate) file: Option<Taken>,
    pub(crate) files: u32,
    pub(crate) video_id: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) bytes: u64,
    pub(crate) name: String,
    pub(crate) kept: Bytes,
    pub(crate) path: Option<PathBuf>,
}

/// Why a form was not taken.
pub(crate) enum Spilt {
    HungUp(HangUp),
    Refused(Problem),
}

impl From<Problem> for Spilt {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

/// Faults of the line while a body is read; counts what came.
struct Line<'a> {
    body: Incoming,
    faults: &'a [Fault],
    meter: Option<&'a Meter>,
    began: Instant,
    got: Arc<AtomicU64>,
    stalled: bool,
    hung: Arc<Mutex<Option<HangUp>>>,
}

impl Line<'_> {
    async fn next(&mut self) -> Option<Result<Bytes, std::io::Error>> {
        loop {
            match self.trouble().await {
                Ok(()) => {}
                Err(how) => return Some(Err(self.hang_up(how))),
            }
            let data = match self.body.frame().await? {
                Ok(frame) => frame.into_data().ok()?,
                Err(_) => return Some(Err(self.hang_up(HangUp::Close))),
            };
            if data.is_empty() {
                continue;
            }
            self.got.fetch_add(data.len() as u64, Ordering::Relaxed);
            if let Some(meter) = self.meter {
                meter.add(data.len() as u64);
            }
            return Some(Ok(data));
        }
    }

    fn hang_up(&self, how: HangUp) -> std::io::Error {
        *self.hung.lock() = Some(how);
        std::io::ErrorKind::ConnectionReset.into()
    }

    async fn trouble(&mut self) -> Result<(), HangUp> {
        let got = self.got.load(Ordering::Relaxed);
        for fault in self.faults {
            match *fault {
                Fault::Reset { after_bytes } if got >= after_bytes => return Err(HangUp::Reset),
                Fault::Stall {
                    after_bytes,
                    for_ms,
                } if got >= after_bytes && !self.stalled => {
                    self.stalled = true;
                    let Some(pause) = for_ms else {
                        sleep(STALL).await;
                        return Err(HangUp::Close);
                    };
                    sleep(Duration::from_millis(pause)).await;
                }
                Fault::Bandwidth { bytes_per_second } => {
                    let takes = got as f64 / bytes_per_second.max(1) as f64;
                    sleep_until(self.began + Duration::from_secs_f64(takes)).await;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// One request's body, with what strikes it.
pub(crate) struct Reading<'a> {
    pub(crate) faults: &'a [Fault],
    pub(crate) meter: Option<&'a Meter>,
    pub(crate) got: Arc<AtomicU64>,
}

impl<'a> Reading<'a> {
    fn line(&self, body: Incoming) -> (Line<'a>, Arc<Mutex<Option<HangUp>>>) {
        let hung = Arc::new(Mutex::new(None));
        let line = Line {
            body,
            faults: self.faults,
            meter: self.meter,
            began: Instant::now(),
            got: self.got.clone(),
            stalled: false,
            hung: hung.clone(),
        };
        (line, hung)
    }

    /// A small body, whole.
    pub(crate) async fn small(&self, body: Incoming) -> Result<Bytes, Spilt> {
        let (mut line, hung) = self.line(body);
        let mut whole = BytesMut::new();
        while let Some(piece) = line.next().await {
            let Ok(piece) = piece else {
                return Err(Spilt::HungUp(hung.lock().unwrap_or(HangUp::Close)));
            };
            if whole.len() + piece.len() > KEPT_BYTES_MAX {
                return Err(Spilt::HungUp(HangUp::Close));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }

    /// Reads a body nobody wants.
    pub(crate) async fn drain(&self, body: Incoming) {
        let (mut line, _) = self.line(body);
        let reading = async {
            while let Some(Ok(_)) = line.next().await {
                if line.got.load(Ordering::Relaxed) > DRAIN_BYTES_MAX {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(DRAIN, reading).await;
    }

    /// A multipart form.
    pub(crate) async fn form(
        &self,
        body: Incoming,
        content_type: &str,
        target: Target<'_>,
    ) -> Result<Form, Spilt> {
        let Ok(boundary) = multer::parse_boundary(content_type) else {
            self.drain(body).await;
            return Err(problem::NO_FILE.named("file").into());
        };
        let (line, hung) = self.line(body);
        let body = Box::pin(stream::unfold(line, async |mut line| {
            let piece = line.next().await?;
            Some((piece, line))
        }));
        let mut parts = multer::Multipart::new(body, boundary);
        let taken = take(&mut parts, &target).await;
        if let Some(how) = *hung.lock() {
            return Err(Spilt::HungUp(how));
        }
        taken
    }
}

async fn take(parts: &mut multer::Multipart<'_>, target: &Target<'_>) -> Result<Form, Spilt> {
    let broken = |_| Spilt::Refused(problem::BAD_PAYLOAD);
    let mut form = Form::default();
    while let Some(mut field) = parts.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if field.file_name().is_none() && name != "file" {
            let mut text = Vec::new();
            while let Some(piece) = field.chunk().await.map_err(broken)? {
                text.extend_from_slice(&piece);
                if text.len() > TEXT_BYTES_MAX {
                    return Err(problem::BAD_ATTRIBUTE.named(&name).into());
                }
            }
            if name == "videoId" {
                form.video_id = Some(String::from_utf8_lossy(&text).into_owned());
            }
            continue;
        }
        form.files += 1;
        let mut taken = Taken {
            name: field.file_name().unwrap_or(&name).to_owned(),
            ..Taken::default()
        };
        let mut kept = BytesMut::new();
        let mut file = match target {
            Target::Disk(path) if form.files == 1 => {
                taken.path = Some(path.to_path_buf());
                Some(File::create(path).await.map_err(|_| problem::BROKEN)?)
            }
            _ => None,
        };
        while let Some(piece) = field.chunk().await.map_err(broken)? {
            taken.bytes += piece.len() as u64;
            if let Some(file) = &mut file {
                file.write_all(&piece).await.map_err(|_| problem::BROKEN)?;
            } else if matches!(target, Target::Memory) && kept.len() < KEPT_BYTES_MAX {
                kept.extend_from_slice(&piece);
            }
        }
        if let Some(mut file) = file {
            file.flush().await.map_err(|_| problem::BROKEN)?;
        }
        taken.kept = kept.freeze();
        if form.files == 1 {
            form.file = Some(taken);
        }
    }
    Ok(form)
}

impl Form {
    /// The one file, or what the platform says when there is none or more.
    pub(crate) fn one_file(self) -> Result<(Taken, Option<String>), Problem> {
        match (self.file, self.files) {
            (Some(file), 1) => Ok((file, self.video_id)),
            (_, 0) => Err(problem::NO_FILE.named("file")),
            _ => Err(problem::MANY_FILES.named("file")),
        }
    }
}
