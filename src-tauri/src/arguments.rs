//! What the shell may be started with: files to upload, a data folder, and whether to start without a window.

use clap::Parser;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Slipway: uploads videos to many platforms, whatever the network does.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Arguments {
    /// Where the queue and logs live
    #[arg(long, env = "SLIPWAY_DATA_DIR", value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Start in the tray, without a window
    #[arg(long)]
    pub(crate) hidden: bool,
    /// Videos to upload
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Arguments {
    /// The arguments of another start, which was made in `folder`. Nothing when they make no sense: that start has told its user so.
    pub(crate) fn of_another<I, T>(arguments: I) -> Option<Self>
    where
        I: IntoIterator<Item = T>,
        T: Into<OsString> + Clone,
    {
        Self::try_parse_from(arguments).ok()
    }

    /// The files named, as absolute paths: the folder of a start is not the folder of the app that hears of it.
    pub(crate) fn files_from(&self, folder: &Path) -> Vec<PathBuf> {
        self.files.iter().map(|file| folder.join(file)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_another_start_are_found_from_its_folder() {
        let arguments =
            Arguments::of_another(["slipway-desktop", "a.mp4", "/films/b.mp4"]).unwrap();
        assert_eq!(
            arguments.files_from(Path::new("/home/ann")),
            [
                PathBuf::from("/home/ann/a.mp4"),
                PathBuf::from("/films/b.mp4")
            ]
        );
    }

    #[test]
    fn a_start_with_senseless_arguments_hands_nothing_over() {
        assert!(Arguments::of_another(["slipway-desktop", "--no-such-thing"]).is_none());
    }
}
