//! What may be written behind `slipway watch`.

use super::{
    Priority,
    words::{life, pair},
};
use clap::{Args, Subcommand};
use std::{path::PathBuf, time::Duration};

#[derive(Debug, Subcommand)]
pub(crate) enum Watch {
    /// Watch a folder: its new videos become uploads by themselves while the app or `run` runs
    Add {
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Labels of accounts, one upload each
        #[arg(
            long = "account",
            required_unless_present = "template",
            value_name = "L[,L…]"
        )]
        accounts: Vec<String>,
        #[command(flatten)]
        rule: Rule,
        /// Leave out what lies in it now
        #[arg(long)]
        new_only: bool,
    },
    /// List watched folders, with what waits in them and why
    List,
    /// Change the rule of a watched folder; what is not named stays
    Set {
        #[arg(value_name = WATCH)]
        watch: String,
        /// Labels of accounts, in place of those it has
        #[arg(long = "account", value_name = "L[,L…]")]
        accounts: Vec<String>,
        #[command(flatten)]
        rule: Rule,
    },
    /// Watch a folder no more; its files and uploads stay
    Remove {
        #[arg(value_name = WATCH)]
        watch: String,
    },
    /// See new files and take none
    Pause {
        #[arg(value_name = WATCH)]
        watch: String,
    },
    /// Take files again, those first that were seen meanwhile
    Resume {
        #[arg(value_name = WATCH)]
        watch: String,
    },
    /// Look at all of a folder now, and try again what was refused
    Look {
        #[arg(value_name = WATCH)]
        watch: String,
    },
    /// Take files as they are, although they are open, too young, or of content that went there before
    Send(Pick),
    /// Leave files out for as long as they do not change
    Skip(Pick),
}

const WATCH: &str = "ID|DIR";

#[derive(Debug, Args)]
pub(crate) struct Pick {
    #[arg(value_name = WATCH)]
    pub(crate) watch: String,
    /// Names as `watch list` shows them
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Rule {
    /// Only files of such names, for example *.mp4, or with a folder final/*.mov [default: all videos]
    #[arg(long = "pattern", value_name = "GLOB")]
    pub(crate) patterns: Vec<String>,
    /// How long size and time must rest before a file is taken [default: 10]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) settle: Option<u32>,
    /// A template for what is not said here
    #[arg(long, value_name = "T")]
    pub(crate) template: Option<String>,
    /// What becomes of a file when all its uploads are published [default: keep]
    #[arg(long, value_name = "keep|move:DIR|trash", value_parser = after)]
    pub(crate) after: Option<After>,
    /// Not smaller than, for example 10MB
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) min_size: Option<u64>,
    /// Not larger than
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(crate) max_size: Option<u64>,
    /// Not before a file is so old, for example 90s, 30m, 12h or 7d
    #[arg(long, value_name = "TIME", value_parser = life)]
    pub(crate) min_age: Option<Duration>,
    /// Not when a file is older
    #[arg(long, value_name = "TIME", value_parser = life)]
    pub(crate) max_age: Option<Duration>,
    /// Whether folders beneath are watched, too
    #[arg(long, value_name = "yes|no", num_args = 0..=1, default_missing_value = "yes", value_parser = yes)]
    pub(crate) sub_folders: Option<bool>,
    /// A field of the manuscripts, as for `add`; variables are filled in
    #[arg(long = "set", value_name = "K=V", value_parser = pair)]
    pub(crate) fields: Vec<(String, String)>,
    /// Add, but do not start
    #[arg(long)]
    pub(crate) hold: bool,
    /// [default: the template's, or normal]
    #[arg(long, value_enum)]
    pub(crate) priority: Option<Priority>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum After {
    Keep,
    Move(PathBuf),
    Trash,
}

fn after(text: &str) -> Result<After, String> {
    match text.split_once(':') {
        None if text == "keep" => Ok(After::Keep),
        None if text == "trash" => Ok(After::Trash),
        Some(("move", folder)) if !folder.is_empty() => Ok(After::Move(folder.into())),
        _ => Err("write keep, trash, or move: with a folder behind it".into()),
    }
}

fn yes(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("write yes or no".into()),
    }
}

/// A size such as `500`, `10MB` or `1.5GiB`.
fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || "write it as a number with B, kB, MB, GB, TB, KiB, MiB, GiB or TiB behind it";
    let at = text.find(|c: char| c.is_ascii_alphabetic());
    let (figure, unit) = text.split_at(at.unwrap_or(text.len()));
    let unit: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return Err(wrong().into()),
    };
    let plain = figure
        .trim()
        .bytes()
        .all(|b| b.is_ascii_digit() || b == b'.');
    let figure: Option<f64> = figure.trim().parse().ok().filter(|_| plain);
    let size = figure.ok_or_else(wrong)? * unit as f64;
    if size >= u64::MAX as f64 {
        return Err(wrong().into());
    }
    Ok(size.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_unit() {
        for (text, size) in [
            ("0", 0),
            ("500", 500),
            ("10MB", 10_000_000),
            ("1.5 GiB", 1_610_612_736),
            ("2kb", 2000),
        ] {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for text in ["", "MB", "-1", "1e9", "10 XB", "1..2", "99999999TB", "inf"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_becomes_of_a_file_is_one_of_three() {
        assert_eq!(after("keep"), Ok(After::Keep));
        assert_eq!(after("trash"), Ok(After::Trash));
        assert_eq!(after("move:/a:b"), Ok(After::Move("/a:b".into())));
        for text in ["", "move", "move:", "bin", "keep:x"] {
            assert!(after(text).is_err(), "{text}");
        }
    }
}
