//! What becomes of a file when all its uploads are published: moved or thrown away, by the rule of its folder.
//!
//! Always holds: nothing is done before proof, nor to a file that is not the one that was sent; where it goes is written down before it goes, so that
//! a kill at any moment ends in one file at one place; what fails is told and tried again, and the file stays.

use super::rules::Afterwards;
use slipway_engine::{fingerprint, printable_name};
use slipway_model::Cause;
use slipway_store::{self as store, Store, StoreError, Taken};
use slipway_watch::{is_same_content, move_away, presence, put_into_bin};
use std::{
    io,
    path::{Path, PathBuf},
};

/// Names that are tried until one is free.
const NAMES: u32 = 10_000;

/// What was found out about a file without touching it.
enum State {
    /// As it was sent.
    There,
    /// It lies where it was to go.
    Arrived,
    /// Both: it was being moved when the program ended.
    Both,
    /// Somebody else took it away.
    Gone,
    Stays(Cause),
    NotYet(Cause),
}

/// Does what is due to one file of the folder `root` that is mounted at `mount`, and writes down what came of it.
pub(super) async fn finish(
    store: &Store,
    taken: Taken,
    (root, mount): (PathBuf, PathBuf),
    wish: Afterwards,
) -> Result<(), StoreError> {
    let id = taken.id;
    let from = root.join(&taken.path);
    let file = taken.clone();
    let looked = tokio::task::spawn_blocking(move || look(&file, &root, &mount)).await;
    let became = match looked.unwrap_or_else(|_| State::NotYet(Cause::new("stopping"))) {
        State::Arrived | State::Gone => store::Afterwards::Done,
        State::Stays(cause) => store::Afterwards::Stays(cause),
        State::NotYet(cause) => store::Afterwards::NotYet(cause),
        State::Both => {
            // The target has the same bytes: only the way out is left.
            let removed = tokio::fs::remove_file(&from).await;
            removed.map_or_else(|error| not_yet(&from, &error), |()| store::Afterwards::Done)
        }
        State::There => match wish {
            // The rule was changed since.
            Afterwards::Keep => store::Afterwards::Done,
            Afterwards::Trash => {
                let thrown = tokio::task::spawn_blocking(move || put_into_bin(&from)).await;
                match thrown.unwrap_or_else(|_| Err(Cause::new("stopping"))) {
                    Ok(()) => store::Afterwards::Done,
                    Err(cause) => store::Afterwards::NotYet(cause),
                }
            }
            Afterwards::Move { folder, mount } => move_into(store, id, from, folder, mount).await?,
        },
    };
    if let store::Afterwards::NotYet(cause) | store::Afterwards::Stays(cause) = &became {
        tracing::warn!(code = %cause.code, detail = %cause.detail, "a file was not taken away");
    }
    if let store::Afterwards::NotYet(cause) = &became
        && taken.cause.as_ref() == Some(cause)
    {
        return Ok(());
    }
    store.watch_afterwards(id, became).await
}

fn look(taken: &Taken, root: &Path, mount: &Path) -> State {
    let from = root.join(&taken.path);
    if let Err(cause) = presence(root, mount) {
        return State::NotYet(cause);
    }
    let now = match fingerprint::take(&from) {
        Ok(now) => Some(now),
        Err(fault) if fault.cause.code == "file_missing" => None,
        Err(fault) if fault.cause.code == "file_empty" || fault.cause.code == "file_is_folder" => {
            return State::Stays(changed(&from));
        }
        Err(fault) => return State::NotYet(fault.cause),
    };
    let is_arrived = taken.target.as_ref().is_some_and(|target| match &now {
        Some(_) => is_same_content(&from, target).unwrap_or(false),
        None => fingerprint::take(target).is_ok_and(|there| there.same_content(&taken.fingerprint)),
    });
    match now {
        None if is_arrived => State::Arrived,
        None => State::Gone,
        Some(now) if now != taken.fingerprint => State::Stays(changed(&from)),
        Some(_) if is_arrived => State::Both,
        Some(_) => State::There,
    }
}

async fn move_into(
    store: &Store,
    id: i64,
    from: PathBuf,
    folder: PathBuf,
    mount: PathBuf,
) -> Result<store::Afterwards, StoreError> {
    for number in 1..=NAMES {
        let target = folder.join(numbered(&from, number));
        if tokio::fs::symlink_metadata(&target).await.is_ok() {
            continue;
        }
        let moving = store::Afterwards::Moving(target.clone());
        store.watch_afterwards(id, moving).await?;
        let part = folder.join(format!(".slipway-{id}.part"));
        let (from_there, into, disk) = (from.clone(), folder.clone(), mount.clone());
        let moved = tokio::task::spawn_blocking(move || {
            // An empty place where a disk was mounted is not the folder.
            if let Err(cause) = presence(&into, &disk) {
                return Err(Ok(cause));
            }
            move_away(&from_there, &target, &part).map_err(Err)
        });
        return Ok(match moved.await {
            Ok(Ok(())) => store::Afterwards::Done,
            Ok(Err(Err(error))) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Ok(Err(Err(error))) => not_moved(&from, &folder, &error),
            Ok(Err(Ok(cause))) => store::Afterwards::NotYet(cause),
            Err(_) => store::Afterwards::NotYet(Cause::new("stopping")),
        });
    }
    let cause = Cause::new("watch_move_no_name").with("folder", folder.display());
    Ok(store::Afterwards::NotYet(
        cause.with("file", printable_name(&from)),
    ))
}

/// `clip.mp4`, `clip (2).mp4`, …
fn numbered(from: &Path, number: u32) -> PathBuf {
    let name = Path::new(from.file_name().unwrap_or_default());
    if number == 1 {
        return name.to_owned();
    }
    let mut numbered = name.file_stem().unwrap_or_default().to_owned();
    numbered.push(format!(" ({number})"));
    if let Some(end) = name.extension() {
        numbered.push(".");
        numbered.push(end);
    }
    numbered.into()
}

fn not_moved(from: &Path, folder: &Path, error: &io::Error) -> store::Afterwards {
    let code = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "watch_move_full",
        io::ErrorKind::ReadOnlyFilesystem => "watch_move_read_only",
        io::ErrorKind::PermissionDenied => "watch_move_denied",
        _ => "watch_move_failed",
    };
    let cause = Cause::new(code).with("file", printable_name(from));
    let cause = cause.with("folder", folder.display());
    store::Afterwards::NotYet(cause.detail(error.to_string()))
}

fn not_yet(from: &Path, error: &io::Error) -> store::Afterwards {
    not_moved(from, from.parent().unwrap_or(from), error)
}

fn changed(from: &Path) -> Cause {
    Cause::new("watch_changed_since").with("file", printable_name(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_name_has_its_number_before_the_last_ending() {
        for (name, second) in [
            ("clip.mp4", "clip (2).mp4"),
            ("a.b.mkv", "a.b (2).mkv"),
            ("none", "none (2)"),
            ("夏.mov", "夏 (2).mov"),
        ] {
            let from = Path::new("/watched").join(name);
            assert_eq!(numbered(&from, 1), Path::new(name));
            assert_eq!(numbered(&from, 2), Path::new(second));
        }
    }
}
