//! Which files of a folder a rule is about: by name, size and age.
//!
//! Pure. Always holds: what is hidden, or named as programs name what they have not finished, is never wanted, whatever a pattern says.

use crate::Seen;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use slipway_model::Cause;
use std::{ffi::OsStr, path::Path, time::Duration};

/// Endings of names that are taken where a rule has no patterns.
pub const VIDEOS: [&str; 16] = [
    "mp4", "m4v", "mov", "mkv", "webm", "avi", "flv", "wmv", "mpg", "mpeg", "ts", "m2ts", "mts",
    "3gp", "ogv", "mxf",
];
/// Endings of names of files that are not finished: of browsers, download managers and copying programs.
const UNFINISHED: [&str; 8] = [
    ".part",
    ".tmp",
    ".temp",
    ".crdownload",
    ".download",
    ".partial",
    ".filepart",
    ".opdownload",
];
const PATTERNS_MAX: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// Globs, of the name, or with a `/` of the path beneath the folder; capitals do not matter. Without any: all videos.
    pub patterns: Vec<String>,
    pub min_bytes: Option<u64>,
    pub max_bytes: Option<u64>,
    /// Not before it is so old.
    pub min_age: Option<Duration>,
    /// Not when it is older.
    pub max_age: Option<Duration>,
    /// Also what lies in folders beneath.
    pub sub_folders: bool,
    /// How long size and time must rest.
    pub settle: Duration,
}

/// A rule ready for use.
#[derive(Debug)]
pub struct Matcher {
    names: Option<GlobSet>,
    paths: GlobSet,
    rule: Rule,
}

impl Matcher {
    /// # Errors
    /// `watch_pattern_invalid` with `pattern`.
    pub fn new(rule: Rule) -> Result<Self, Cause> {
        if rule.patterns.len() > PATTERNS_MAX {
            return Err(Cause::new("watch_patterns_many").with("max", PATTERNS_MAX));
        }
        let (paths, names): (Vec<_>, Vec<_>) =
            rule.patterns.iter().partition(|text| text.contains('/'));
        let names = if rule.patterns.is_empty() {
            None
        } else {
            Some(set(&names)?)
        };
        let paths = set(&paths)?;
        Ok(Self { names, paths, rule })
    }

    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Whether a file of this path beneath the folder may be wanted.
    pub fn wants_name(&self, path: &Path) -> bool {
        let Some(name) = path.file_name() else {
            return false;
        };
        if is_temporary(name) {
            return false;
        }
        match &self.names {
            None => is_video(path),
            Some(names) => names.is_match(Path::new(name)) || self.paths.is_match(path),
        }
    }

    /// Whether a file of this size and time is wanted. An empty one may grow.
    pub fn wants(&self, seen: &Seen, wall_ms: i64) -> bool {
        let rule = &self.rule;
        let size = seen.size_bytes;
        let age_ms = wall_ms.saturating_sub(seen.mtime_ns / 1_000_000).max(0);
        (size == 0 || rule.min_bytes.is_none_or(|min| size >= min))
            && rule.max_bytes.is_none_or(|max| size <= max)
            && rule
                .max_age
                .is_none_or(|max| age_ms.unsigned_abs() <= max.as_millis() as u64)
    }

    /// Whether a folder of this name is looked into.
    pub fn enters(&self, name: &OsStr) -> bool {
        self.rule.sub_folders && !is_temporary(name)
    }
}

fn set(patterns: &[&String]) -> Result<GlobSet, Cause> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let invalid = || Cause::new("watch_pattern_invalid").with("pattern", pattern);
        if pattern.trim().is_empty() {
            return Err(invalid());
        }
        let glob = GlobBuilder::new(pattern)
            .case_insensitive(true)
            .literal_separator(true)
            .build();
        set.add(glob.map_err(|error| invalid().detail(error.to_string()))?);
    }
    set.build()
        .map_err(|error| Cause::new("watch_pattern_invalid").with("pattern", error))
}

fn is_video(path: &Path) -> bool {
    let end = path.extension().and_then(OsStr::to_str);
    end.is_some_and(|end| VIDEOS.iter().any(|known| known.eq_ignore_ascii_case(end)))
}

/// Hidden, or not finished.
fn is_temporary(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    let ends = |end: &str| {
        let from = name.len().saturating_sub(end.len());
        name[from..].eq_ignore_ascii_case(end.as_bytes())
    };
    name.starts_with(b".")
        || name.starts_with(b"~")
        || name.ends_with(b"~")
        || UNFINISHED.iter().any(|end| ends(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher(patterns: &[&str]) -> Matcher {
        let patterns = patterns.iter().map(|text| (*text).to_owned()).collect();
        let rule = Rule {
            patterns,
            ..Rule::default()
        };
        Matcher::new(rule).unwrap()
    }

    #[test]
    fn without_patterns_videos_are_wanted_and_nothing_else() {
        let all = matcher(&[]);
        for name in ["a.mp4", "B.MOV", "deep/er/c.mkv", "海辺 1.webm"] {
            assert!(all.wants_name(Path::new(name)), "{name}");
        }
        for name in ["a.txt", "mp4", "a.mp4.zip", "a.srt", ""] {
            assert!(!all.wants_name(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn what_is_hidden_or_unfinished_is_never_wanted() {
        let all = matcher(&["*"]);
        for name in [
            ".a.mp4",
            "a.mp4.part",
            "a.PART",
            "a.mp4.tmp",
            "a.crdownload",
            "~a.mp4",
            "a.mp4~",
            "sub/.b.mp4",
            "x.filepart",
        ] {
            assert!(!all.wants_name(Path::new(name)), "{name}");
        }
        assert!(all.wants_name(Path::new("a.partly.mp4")));
        assert!(all.wants_name(Path::new("part")));
    }

    #[test]
    fn patterns_are_of_the_name_or_with_a_slash_of_the_path_and_capitals_do_not_matter() {
        let one = matcher(&["*.mp4", "final/**/*.{mov,mkv}"]);
        for name in ["A.MP4", "sub/a.mp4", "final/x/y/b.MKV", "final/b.mov"] {
            assert!(one.wants_name(Path::new(name)), "{name}");
        }
        for name in ["a.mov", "raw/b.mov", "a.mp4.txt"] {
            assert!(!one.wants_name(Path::new(name)), "{name}");
        }
        assert!(!matcher(&["out/*"]).wants_name(Path::new("a.mp4")));
        for bad in ["", " ", "a[", "{a"] {
            let rule = Rule {
                patterns: vec![bad.to_owned()],
                ..Rule::default()
            };
            let cause = Matcher::new(rule).unwrap_err();
            assert_eq!(cause.code, "watch_pattern_invalid", "{bad:?}");
        }
    }

    #[test]
    fn size_and_age_keep_files_out_but_not_one_that_is_still_empty() {
        let rule = Rule {
            min_bytes: Some(10),
            max_bytes: Some(20),
            max_age: Some(Duration::from_secs(60)),
            ..Rule::default()
        };
        let one = Matcher::new(rule).unwrap();
        let seen = |size_bytes, age_s: i64| Seen {
            size_bytes,
            mtime_ns: (1_000_000 - age_s) * 1_000_000_000,
            file_id: String::new(),
        };
        let now_ms = 1_000_000_000;
        for (size, age, wanted) in [
            (0, 0, true),
            (9, 0, false),
            (10, 60, true),
            (20, 61, false),
            (21, 0, false),
            (15, -3600, true),
        ] {
            assert_eq!(one.wants(&seen(size, age), now_ms), wanted, "{size} {age}");
        }
    }
}
