//! The part that touches the disk: whether a folder is there, what lies in it, how single files look. All of it blocks.
//!
//! Always holds: links are not followed and walks end, whatever is mounted or linked where; an empty place where a disk was mounted is not the folder.

use crate::{Listener, Matcher, Seen, ripe::Look, writers::writers};
use slipway_model::Cause;
use std::{
    collections::HashSet,
    fs, io,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

/// Files are told in so many at a time.
const CHUNK: usize = 1000;
/// Deeper trees are not walked: mounts may be bound into themselves.
const DEEPEST: usize = 64;
/// Folders that cannot be read are counted beyond these, and not named.
const NAMED: usize = 5;

/// A file that a rule is about, beneath the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub path: PathBuf,
    pub seen: Seen,
}

/// What a walk came by.
#[derive(Debug, Clone, Default)]
pub struct Scanned {
    pub entries: u64,
    pub folders: u64,
    /// Folders that could not be read, or not to their end.
    pub unreadable: Vec<Cause>,
    /// Why the system does not tell of all of them.
    pub unheard: Option<Cause>,
}

/// A file to be looked at.
#[derive(Debug, Clone)]
pub struct Ask {
    pub path: PathBuf,
    pub seen: Seen,
    /// It is worth asking who has it open, if it looks as before.
    pub rested: bool,
}

/// Where the file system of a folder is mounted.
#[cfg(unix)]
pub fn mount_of(folder: &Path) -> PathBuf {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| fs::metadata(path).map(|meta| meta.dev()).ok();
    // Of one that is not there, what it would lie in.
    let there = folder.ancestors().find(|path| device(path).is_some());
    let mut mount = there.unwrap_or(folder);
    let own = device(mount);
    while let Some(parent) = mount.parent() {
        if device(parent) != own {
            break;
        }
        mount = parent;
    }
    mount.to_owned()
}

/// Where the file system of a folder is mounted.
#[cfg(not(unix))]
pub fn mount_of(folder: &Path) -> PathBuf {
    // A drive that is away takes its whole path with it.
    folder.ancestors().last().unwrap_or(folder).to_owned()
}

/// Whether the folder is there: itself, and not the place where its disk was mounted.
///
/// # Errors
/// `watch_drive_away` with `drive`, `watch_folder_missing`, `watch_folder_loop`, `watch_not_folder`, `watch_folder_unreadable`; all with `folder`.
pub fn presence(folder: &Path, mount: &Path) -> Result<(), Cause> {
    let cause = |code: &str| Cause::new(code).with("folder", folder.display());
    let away = || {
        let drive = mount.file_name().unwrap_or(mount.as_os_str());
        cause("watch_drive_away").with("drive", drive.to_string_lossy())
    };
    // A disk of its own that is not mounted.
    let pulled = || mount.parent().is_some() && (!mount.is_dir() || mount_of(mount) != mount);
    match fs::metadata(folder) {
        Ok(meta) if !meta.is_dir() => return Err(cause("watch_not_folder")),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Err(cause("watch_folder_unreadable").detail(error.to_string()));
        }
        Err(error) if is_loop(&error) => return Err(cause("watch_folder_loop")),
        Err(error) if gone(&error) && !pulled() => {
            return Err(cause("watch_folder_missing").detail(error.to_string()));
        }
        Err(error) => return Err(away().detail(error.to_string())),
    }
    if !mount_of(folder).starts_with(mount) {
        return Err(away());
    }
    match fs::read_dir(folder) {
        Ok(_) => Ok(()),
        Err(error) => Err(cause("watch_folder_unreadable").detail(error.to_string())),
    }
}

fn gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// `ELOOP`: too many links. Its kind is not stable in std.
fn is_loop(error: &io::Error) -> bool {
    cfg!(target_os = "linux") && error.raw_os_error() == Some(40)
        || cfg!(target_os = "macos") && error.raw_os_error() == Some(62)
}

/// Walks from `from` beneath the folder, and tells of every file the matcher wants. What is in `except` is not entered.
///
/// With a listener, each folder is listened to before it is read, so that nothing comes between.
pub fn scan(
    folder: &Path,
    from: &Path,
    matcher: &Matcher,
    except: Option<&Path>,
    listener: Option<(&Listener, i64)>,
    wall_ms: i64,
    mut tell: impl FnMut(Vec<Found>) -> ControlFlow<()>,
) -> Scanned {
    let mut scanned = Scanned::default();
    let mut unnamed = 0_u64;
    let mut found = Vec::new();
    let mut stack = vec![from.to_owned()];
    while let Some(beneath) = stack.pop() {
        if let (Some((listener, key)), None) = (listener, &scanned.unheard) {
            match listener.add(key, folder, &beneath) {
                Err(cause) if cause.code != "watch_folder_unreadable" => {
                    scanned.unheard = Some(cause);
                }
                _ => {}
            }
        }
        scanned.folders += 1;
        let whole = folder.join(&beneath);
        let mut unreadable = |error: io::Error| {
            if scanned.unreadable.len() < NAMED {
                let cause = Cause::new("watch_folder_unreadable").with("folder", whole.display());
                scanned.unreadable.push(cause.detail(error.to_string()));
            } else {
                unnamed += 1;
            }
        };
        let entries = match fs::read_dir(&whole) {
            Ok(entries) => entries,
            // It went while the others were read.
            Err(error) if gone(&error) => continue,
            Err(error) => {
                unreadable(error);
                continue;
            }
        };
        let depth = beneath.components().count();
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    unreadable(error);
                    break;
                }
            };
            scanned.entries += 1;
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let name = entry.file_name();
            if kind.is_dir() {
                let path = beneath.join(&name);
                let is_left = except.is_some_and(|except| folder.join(&path) == except);
                if matcher.enters(&name) && depth < DEEPEST && !is_left {
                    stack.push(path);
                }
            } else if kind.is_file() {
                let path = beneath.join(&name);
                if !matcher.wants_name(&path) {
                    continue;
                }
                let Ok(meta) = entry.metadata() else {
                    continue;
                };
                let seen = Seen::of(&meta);
                if matcher.wants(&seen, wall_ms) {
                    found.push(Found { path, seen });
                }
            }
            if found.len() >= CHUNK && tell(std::mem::take(&mut found)).is_break() {
                return scanned;
            }
        }
    }
    if unnamed > 0 {
        let cause = Cause::new("watch_folders_unreadable").with("count", unnamed);
        scanned.unreadable.push(cause);
    }
    if !found.is_empty() {
        let _ = tell(found);
    }
    scanned
}

/// Those of these files that a rule is about.
pub fn find(folder: &Path, matcher: &Matcher, paths: Vec<PathBuf>, wall_ms: i64) -> Vec<Found> {
    let found = paths.into_iter().filter_map(|path| {
        let meta = fs::symlink_metadata(folder.join(&path)).ok()?;
        let seen = Seen::of(&meta);
        let wanted = meta.is_file() && matcher.wants_name(&path) && matcher.wants(&seen, wall_ms);
        wanted.then_some(Found { path, seen })
    });
    found.collect()
}

/// How these files are now, in their order.
pub fn look(folder: &Path, asks: &[Ask]) -> Vec<Look> {
    let mut looks: Vec<_> = asks.iter().map(|ask| look_at(folder, ask)).collect();
    let quiet = asks.iter().zip(&looks).filter(|(ask, look)| {
        let same = matches!(look, Look::There { seen, .. } if *seen == ask.seen);
        same && ask.rested && ask.seen.size_bytes > 0
    });
    let quiet: HashSet<_> = quiet.map(|(ask, _)| folder.join(&ask.path)).collect();
    let mut open = writers(&quiet);
    for (ask, look) in asks.iter().zip(&mut looks) {
        if let Look::There { writer, .. } = look {
            *writer = open.remove(&folder.join(&ask.path));
        }
    }
    looks
}

fn look_at(folder: &Path, ask: &Ask) -> Look {
    let path = folder.join(&ask.path);
    let unreadable = |error: &io::Error| {
        let cause = Cause::new("file_unreadable").with("path", path.display());
        let name = ask.path.file_name().unwrap_or_default().to_string_lossy();
        Look::Unreadable(cause.with("file", name).detail(error.to_string()))
    };
    match fs::symlink_metadata(&path) {
        Ok(meta) if !meta.is_file() => Look::Gone,
        Ok(meta) => {
            let seen = Seen::of(&meta);
            let same = seen == ask.seen && ask.rested;
            match fs::File::open(&path) {
                Err(error) if same && error.kind() == io::ErrorKind::PermissionDenied => {
                    unreadable(&error)
                }
                _ => Look::There { seen, writer: None },
            }
        }
        Err(error) if gone(&error) => Look::Gone,
        Err(error) => unreadable(&error),
    }
}
