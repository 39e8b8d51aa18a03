//! What files are called in the folder.
//!
//! Pure. Invariants: a name is never a path, never empty, and fits its file system with every suffix we put to it; a name that needs no change
//! gets none.

/// Longest name of a file. Source: NAME_MAX of Linux's and macOS's file systems, 255 bytes; NTFS counts UTF-16 and so takes more.
const NAME_MAX_BYTES: usize = 255;
/// Longest name where 255 bytes were refused: encrypted home folders (eCryptfs) take 143.
const STRICT_MAX_BYTES: usize = 140;
/// Longer 'extensions' are part of the name.
const EXTENSION_MAX_BYTES: usize = 16;
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// A name that may get a number.
#[derive(Debug, Clone)]
pub(super) struct Name {
    stem: String,
    /// With its dot; may be empty.
    extension: String,
    max_bytes: usize,
}

impl Name {
    /// `strict` is for Windows and for disks that refuse what Unix allows.
    pub(super) fn new(file_name: &str, strict: bool) -> Self {
        let mut name: String = file_name.chars().map(|c| printable(c, strict)).collect();
        if strict {
            name.truncate(name.trim_end_matches(['.', ' ']).len());
            let stem = name.split('.').next().unwrap_or_default();
            if DEVICES.contains(&stem.to_ascii_lowercase().as_str()) {
                name.insert(0, '_');
            }
        }
        if matches!(name.trim(), "" | "." | "..") {
            "video".clone_into(&mut name);
        }
        let at = name
            .rfind('.')
            .filter(|&at| at > 0 && name.len() - at <= EXTENSION_MAX_BYTES)
            .unwrap_or(name.len());
        let extension = name.split_off(at);
        Self {
            stem: name,
            extension,
            max_bytes: if strict {
                STRICT_MAX_BYTES
            } else {
                NAME_MAX_BYTES
            },
        }
    }

    /// `name.mp4`, `name (2).mp4`, `name (3).mp4` …; `number` starts at 1.
    pub(super) fn numbered(&self, number: u32) -> String {
        let suffix = match number {
            0 | 1 => String::new(),
            n => format!(" ({n})"),
        };
        let room = self.max_bytes - suffix.len() - self.extension.len();
        format!("{}{suffix}{}", cut(&self.stem, room), self.extension)
    }
}

/// The file beside a video: its whole name and `suffix`, e.g. `.json`.
pub(super) fn beside(video: &str, suffix: &str) -> String {
    format!("{}{suffix}", cut(video, NAME_MAX_BYTES - suffix.len()))
}

/// The hidden file that a draft's bytes go to. Named by its key alone, so that it is found again and always fits.
pub(super) fn hidden(key: &str, suffix: &str) -> String {
    let sound = !key.is_empty()
        && key.len() <= 80
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if sound {
        format!(".slipway-{key}{suffix}")
    } else {
        format!(".slipway-{}{suffix}", blake3::hash(key.as_bytes()).to_hex())
    }
}

fn printable(c: char, strict: bool) -> char {
    match c {
        '/' | '\0' => '_',
        c if c.is_control() => ' ',
        '<' | '>' | ':' | '"' | '|' | '?' | '*' | '\\' if strict => '_',
        c => c,
    }
}

/// At most `bytes` of it, whole characters only.
fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_file_system_takes_is_left_as_it_is() {
        for name in [
            "clip.mp4",
            "it's \"quoted\".mp4",
            "🎬🏖️ day.mov",
            "海边的一天.mp4",
            "סרטון חדש.mkv",
            "no extension",
            ".hidden",
            "a.b.c.mp4",
        ] {
            assert_eq!(Name::new(name, false).numbered(1), name);
        }
    }

    #[test]
    fn a_name_is_never_a_path_nor_breaks_a_line() {
        for (name, made) in [
            ("../../etc/passwd", ".._.._etc_passwd"),
            ("two\nlines\r.mp4", "two lines .mp4"),
            ("..", "video"),
            ("", "video"),
        ] {
            assert_eq!(Name::new(name, false).numbered(1), made);
        }
        for (name, made) in [
            ("what? \"this\".mp4", "what_ _this_.mp4"),
            ("c:\\x.mp4", "c__x.mp4"),
            ("nul.mp4", "_nul.mp4"),
            ("dots...", "dots"),
        ] {
            assert_eq!(Name::new(name, true).numbered(1), made);
        }
    }

    #[test]
    fn long_names_are_cut_between_characters_and_keep_number_and_extension() {
        let long = format!("{}.mp4", "海".repeat(100)); // 304 bytes
        for number in [1, 2, 10_000] {
            let name = Name::new(&long, false).numbered(number);
            assert!(name.len() <= 255, "{}", name.len());
            assert!(name.len() > 247, "no more than needed: {}", name.len());
            assert_eq!(&name[name.len() - 4..], ".mp4");
            assert_eq!(name.contains(" ("), number > 1);
        }
        let full = format!("{}.mp4", "x".repeat(251));
        assert_eq!(Name::new(&full, false).numbered(1), full);
        let json = beside(&full, ".json");
        assert_eq!(json.len(), 255);
        assert_eq!(&json[250..], ".json");
        assert!(Name::new(&long, true).numbered(2).len() <= 140);
    }

    #[test]
    fn a_working_name_always_fits() {
        assert_eq!(hidden("ab-12", ".part"), ".slipway-ab-12.part");
        for key in ["", "../x", "海", &"k".repeat(300)] {
            let name = hidden(key, ".part");
            assert!(name.len() < 100 && !name.contains('/'), "{name}");
        }
        assert_ne!(hidden("../x", ""), hidden("../y", ""));
    }
}
