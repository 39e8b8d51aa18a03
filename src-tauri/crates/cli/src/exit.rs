//! How a command ends, as scripts see it.

use slipway_api::Failure;
use std::{io, process::ExitCode};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    UploadFailed,
    /// The command line or an input is wrong.
    Wrong,
    /// Uploads wait for a person.
    NeedsPerson,
    /// Locked, read-only, newer or damaged.
    DataFolder,
    /// A signal came before the work was done.
    Signalled(u8),
}

impl Exit {
    pub(crate) fn status(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::UploadFailed => 1,
            Self::Wrong => 2,
            Self::NeedsPerson => 3,
            Self::DataFolder => 4,
            Self::Signalled(signal) => 128 + signal,
        }
    }

    pub(crate) fn of(failure: &Failure) -> Self {
        match failure.code.as_str() {
            "data_folder_locked"
            | "data_folder_read_only"
            | "database_newer"
            | "database_damaged"
            | "database_unreadable"
            | "disk_full"
            | "socket_refused" => Self::DataFolder,
            _ => Self::Wrong,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.status().into()
    }
}

/// Why a command goes no further.
#[derive(Debug)]
pub(crate) enum Stop {
    /// To be said, then the end.
    Failed(Failure),
    /// All is said.
    Said(Exit),
    /// Nobody reads our answer any more.
    Unheard,
}

pub(crate) type Outcome<T = Exit> = Result<T, Stop>;

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Errors of the standard output alone come this way; others are given a code first.
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Unheard,
            _ => Self::Failed(
                Failure::new("output_failed")
                    .with("file", "stdout")
                    .with("detail", error),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_that_cannot_be_used_ends_with_four() {
        assert_eq!(Exit::of(&Failure::new("database_newer")).status(), 4);
        assert_eq!(Exit::of(&Failure::new("file_missing")).status(), 2);
    }
}
