//! What a failure of the file system means to the engine.
//!
//! Called off the async threads: to tell a lost folder from a lost file it looks at the folder again.

use crate::Error;
use slipway_model::{Cause, ErrorKind};
use std::{io, path::Path};

/// What `error` means while `doing` something in `folder`.
pub(super) fn fault(doing: &'static str, folder: &Path, error: io::Error) -> Error {
    use io::ErrorKind as Io;
    let there = folder.is_dir();
    let (kind, code) = match error.kind() {
        Io::StorageFull | Io::QuotaExceeded => (ErrorKind::DiskFull, "disk_full"),
        _ if !there => (ErrorKind::Offline, "folder_missing"),
        Io::PermissionDenied | Io::ReadOnlyFilesystem => {
            (ErrorKind::Refused, "folder_not_writable")
        }
        Io::FileTooLarge => (ErrorKind::Refused, "folder_file_too_large"),
        Io::InvalidFilename | Io::InvalidInput => (ErrorKind::Refused, "folder_name_refused"),
        Io::NotFound => (ErrorKind::TicketLost, "folder_working_file_gone"),
        _ => (ErrorKind::ServerFault, "folder_failed"),
    };
    let cause = Cause::new(code)
        .with("folder", folder.display())
        .detail(error.to_string());
    Error::new("folder", doing, kind, cause).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use io::ErrorKind as Io;

    #[test]
    fn each_failure_of_a_disk_has_its_consequence() {
        let dir = tempfile::tempdir().unwrap();
        for (error, kind, code) in [
            (Io::StorageFull, ErrorKind::DiskFull, "disk_full"),
            (Io::QuotaExceeded, ErrorKind::DiskFull, "disk_full"),
            (
                Io::PermissionDenied,
                ErrorKind::Refused,
                "folder_not_writable",
            ),
            (
                Io::ReadOnlyFilesystem,
                ErrorKind::Refused,
                "folder_not_writable",
            ),
            (
                Io::FileTooLarge,
                ErrorKind::Refused,
                "folder_file_too_large",
            ),
            (
                Io::InvalidFilename,
                ErrorKind::Refused,
                "folder_name_refused",
            ),
            (
                Io::NotFound,
                ErrorKind::TicketLost,
                "folder_working_file_gone",
            ),
            (Io::Other, ErrorKind::ServerFault, "folder_failed"),
        ] {
            let found = fault("testing", dir.path(), error.into());
            assert_eq!((found.kind, found.cause.code.as_str()), (kind, code));
        }
        let gone = dir.path().join("gone");
        let found = fault("testing", &gone, Io::NotFound.into());
        assert_eq!(
            found.kind,
            ErrorKind::Offline,
            "an unplugged disk comes back"
        );
        let found = fault("testing", &gone, Io::Other.into());
        assert_eq!(found.cause.code, "folder_missing");
    }
}
