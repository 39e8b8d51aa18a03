//! The log in the data folder: a file a day for each program, a week of them, readable by their user alone.
//!
//! Knows nothing of what is logged. Always holds: a log that cannot be written stops nothing and says nothing: what is lost is the log.

use crate::private;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use slipway_engine::make_private_dir;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Days kept, this one among them.
const DAYS: i64 = 7;
/// These write headers and addresses when asked for more, and both may hold secrets.
pub const NEVER_LOUDER: [&str; 6] = [
    "h2=info",
    "hyper=info",
    "hyper_util=info",
    "reqwest=info",
    "rustls=info",
    "zbus=info",
];

/// Where the logs of a data folder are.
pub fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("logs")
}

/// Writes to the file of the day, in UTC.
#[derive(Debug)]
pub struct Daily {
    folder: PathBuf,
    program: &'static str,
    file: Option<(Date, File)>,
    today: fn() -> Date,
}

impl Daily {
    /// The log of a program. Nothing is opened before something is written.
    pub fn of(data_dir: &Path, program: &'static str) -> Self {
        Self {
            folder: folder(data_dir),
            program,
            file: None,
            today,
        }
    }

    fn file(&mut self) -> io::Result<&mut File> {
        let today = (self.today)();
        let is_open = self.file.as_ref().is_some_and(|(day, _)| *day == today);
        if !is_open {
            self.file = None;
            make_private_dir(&self.folder)?;
            forget(&self.folder, today);
            let path = self.folder.join(format!("{}.{today}.log", self.program));
            let file = private::open(OpenOptions::new().append(true).create(true), &path)?;
            self.file = Some((today, file));
        }
        let file = self.file.as_mut().map(|(_, file)| file);
        file.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Write for Daily {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.file().and_then(|file| file.write_all(line)).is_err() {
            self.file = None; // tried again with the next line
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// Takes away logs of any program that are older than a week.
fn forget(folder: &Path, today: Date) {
    let oldest = today.saturating_sub(jiff::Span::new().days(DAYS - 1));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if day_of(&entry.file_name().to_string_lossy()).is_some_and(|day| day < oldest) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The day in a log's name; `None` for what is no log.
fn day_of(name: &str) -> Option<Date> {
    let (_, day) = name.strip_suffix(".log")?.split_once('.')?;
    day.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn log(dir: &Path, today: fn() -> Date) -> Daily {
        Daily {
            today,
            ..Daily::of(dir, "slipway")
        }
    }

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder(dir)).unwrap().flatten();
        let mut names: Vec<_> = entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_week_of_logs_is_kept_whatever_program_wrote_them_and_nothing_else_is_touched() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(folder(dir.path())).unwrap();
        for name in [
            "slipway.2026-11-15.log",
            "slipway.2026-11-16.log",
            "desktop.2025-01-01.log",
            "notes.txt",
            "old.log",
        ] {
            fs::write(folder(dir.path()).join(name), "x").unwrap();
        }
        let mut log = log(dir.path(), || date(2026, 11, 22));
        log.write_all(b"one\n").unwrap();
        let kept = [
            "notes.txt",
            "old.log",
            "slipway.2026-11-16.log",
            "slipway.2026-11-22.log",
        ];
        assert_eq!(names(dir.path()), kept);
        log.today = || date(2026, 11, 23);
        log.write_all(b"two\n").unwrap();
        let kept = [
            "notes.txt",
            "old.log",
            "slipway.2026-11-22.log",
            "slipway.2026-11-23.log",
        ];
        assert_eq!(names(dir.path()), kept);
        let read = |day: &str| {
            fs::read_to_string(folder(dir.path()).join(format!("slipway.{day}.log"))).unwrap()
        };
        assert_eq!(
            (read("2026-11-22").as_str(), read("2026-11-23").as_str()),
            ("one\n", "two\n")
        );
    }

    #[cfg(unix)]
    #[test]
    fn only_its_user_may_read_a_log_also_one_of_an_earlier_version() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = folder(dir.path()).join("slipway.2026-11-22.log");
        fs::create_dir(folder(dir.path())).unwrap();
        fs::write(&path, "before\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        log(dir.path(), || date(2026, 11, 22))
            .write_all(b"now\n")
            .unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "before\nnow\n");
    }

    #[test]
    fn a_log_that_cannot_be_written_is_no_error_and_goes_on_when_it_can() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(folder(dir.path()), "a file where the folder should be").unwrap();
        let mut log = log(dir.path(), || date(2026, 11, 22));
        log.write_all(b"lost\n").unwrap();
        fs::remove_file(folder(dir.path())).unwrap();
        log.write_all(b"kept\n").unwrap();
        let path = folder(dir.path()).join("slipway.2026-11-22.log");
        assert_eq!(fs::read_to_string(path).unwrap(), "kept\n");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_stops_nothing() {
        let file = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let dir = tempfile::tempdir().unwrap();
        let mut log = log(dir.path(), || date(2026, 11, 22));
        log.file = Some((date(2026, 11, 22), file));
        log.write_all(b"lost\n").unwrap();
        assert!(log.file.is_none(), "opened anew for the next line");
    }
}
