//! What the shell may be started with: files to upload, a data folder, and whether to start without a window.

use anyhow::Context;
use clap::Parser;
use std::path::{Path, PathBuf};
use url::Url;

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
    /// Videos to upload, as paths or as `file:` addresses
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Arguments {
    /// The files named, as absolute paths: the folder of a start is not the folder of the app that hears of it.
    ///
    /// # Errors
    /// A sentence, where a file is named from a `folder` that is gone.
    pub(crate) fn files_from(&self, folder: Option<&Path>) -> anyhow::Result<Vec<PathBuf>> {
        let named = |file: &PathBuf| {
            let whole = file.to_str().and_then(path_of);
            let whole = whole.or_else(|| file.is_absolute().then(|| file.clone()));
            let whole = whole.or_else(|| Some(folder?.join(file)));
            whole.with_context(|| {
                let name = file.display();
                format!(
                    "{name} cannot be found: the folder you stand in is gone. Go to another folder, or write the whole path."
                )
            })
        };
        self.files.iter().map(named).collect()
    }
}

/// The path that a `file:` address stands for, which is how some desktops name what they open.
pub(crate) fn path_of(address: &str) -> Option<PathBuf> {
    let url = Url::parse(address).ok()?;
    let is_here = url.scheme() == "file" && address.as_bytes().get(5) == Some(&b'/');
    is_here.then(|| url.to_file_path().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_from_the_folder_of_the_start_whether_they_are_paths_or_addresses() {
        let named = [
            ("a.mp4", "/home/ann/a.mp4"),
            ("/films/b.mp4", "/films/b.mp4"),
            (
                "file:///films/night%20market%20%E5%A4%9C.mp4",
                "/films/night market 夜.mp4",
            ),
            ("file://localhost/films/100%25.mp4", "/films/100%.mp4"),
            ("file:/films/c.mp4", "/films/c.mp4"),
            // Names of files, however they look.
            ("100%20.mp4", "/home/ann/100%20.mp4"),
            ("file:d.mp4", "/home/ann/file:d.mp4"),
            ("smb://server/e.mp4", "/home/ann/smb://server/e.mp4"),
        ];
        let words = named.map(|(word, _)| word);
        let arguments = Arguments::parse_from(["slipway-desktop"].iter().chain(&words));
        assert_eq!(
            arguments.files_from(Some(Path::new("/home/ann"))).unwrap(),
            named.map(|(_, path)| PathBuf::from(path))
        );
    }

    #[test]
    fn a_file_that_is_named_from_a_folder_that_is_gone_is_told_and_not_dropped() {
        let files = |words: &[&str]| {
            let words = ["slipway-desktop"].iter().chain(words);
            Arguments::parse_from(words).files_from(None)
        };
        let told = files(&["/films/a.mp4", "b.mp4"]).unwrap_err().to_string();
        assert!(told.starts_with("b.mp4 cannot be found: "), "{told}");
        let whole = files(&["/films/a.mp4", "file:///films/b.mp4"]).unwrap();
        assert_eq!(whole, ["/films/a.mp4", "/films/b.mp4"].map(PathBuf::from));
        assert!(files(&[]).unwrap().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn an_address_holds_a_name_that_is_no_text() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"/films/\xff#?.mp4"));
        let address = Url::from_file_path(path).unwrap();
        assert_eq!(path_of(address.as_str()).unwrap(), path);
    }
}
