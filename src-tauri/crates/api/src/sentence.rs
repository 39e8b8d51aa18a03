//! Turns codes into sentences: cause and cure, in the user's language.
//!
//! The sentences are data, `sentences/*.json`, and the window reads the same files. Knows nothing of where a code comes from: one it has no sentence for is
//! shown with its code. Invariant: a value that fills a sentence cannot move the cursor, break the line or turn the text around.

use jiff::{Timestamp, tz::TimeZone};
use slipway_model::{Cause, PLATFORM_CODE, Params, Standstill, Wait};
use std::{collections::HashMap, fmt::Write as _, sync::LazyLock};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    #[default]
    En,
    ZhCn,
    Ja,
}

type Sentences = HashMap<String, String>;

fn read(json: &str) -> Sentences {
    serde_json::from_str(json).expect("a file of this crate, read by its tests")
}
static EN: LazyLock<Sentences> = LazyLock::new(|| read(include_str!("../sentences/en.json")));
static ZH_CN: LazyLock<Sentences> = LazyLock::new(|| read(include_str!("../sentences/zh-CN.json")));
static JA: LazyLock<Sentences> = LazyLock::new(|| read(include_str!("../sentences/ja.json")));

impl Lang {
    pub const ALL: [Self; 3] = [Self::En, Self::ZhCn, Self::Ja];

    /// What the environment asks for; English when it asks for nothing we speak.
    pub fn from_env() -> Self {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty())
            .map_or(Self::En, |value| Self::from_tag(&value))
    }

    /// From a locale name such as `ja_JP.UTF-8` or a language tag such as `zh-CN`.
    pub fn from_tag(tag: &str) -> Self {
        match tag.get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("zh") => Self::ZhCn,
            Some("ja") => Self::Ja,
            _ => Self::En,
        }
    }

    /// The key of this language in labels.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
            Self::Ja => "ja",
        }
    }

    fn sentences(self) -> &'static Sentences {
        match self {
            Self::En => &EN,
            Self::ZhCn => &ZH_CN,
            Self::Ja => &JA,
        }
    }
}

/// The template of a code, `None` when there is none.
pub fn template(lang: Lang, code: &str) -> Option<&'static str> {
    lang.sentences().get(code).map(String::as_str)
}

/// The sentence of a code, filled. A code without one gives a sentence that shows the code.
pub fn say(lang: Lang, code: &str, params: &Params) -> String {
    match template(lang, code) {
        Some(template) => fill(lang, template, params, Timestamp::now()),
        None => unknown(lang, code, ""),
    }
}

/// The sentence of a cause or failure.
pub fn say_cause(lang: Lang, cause: &Cause) -> String {
    match template(lang, &cause.code) {
        Some(template) => {
            let mut params = cause.params.clone();
            params
                .entry("detail".into())
                .or_insert_with(|| cause.detail.clone());
            fill(lang, template, &params, Timestamp::now())
        }
        None => unknown(lang, &cause.code, &cause.detail),
    }
}

/// Why an upload does not move, and until when.
pub fn say_wait(lang: Lang, wait: &Wait) -> String {
    let mut params = Params::new();
    if let Some(until_ms) = wait.until_ms() {
        params.insert("until_ms".into(), until_ms.to_string());
    }
    let cause = match wait {
        Wait::Turn { ahead } => {
            params.insert("ahead".into(), ahead.to_string());
            None
        }
        Wait::Together { others, stopped } => {
            params.insert("others".into(), others.to_string());
            stopped.as_ref()
        }
        Wait::Retry { cause, .. }
        | Wait::Quota { cause, .. }
        | Wait::SignIn { cause }
        | Wait::FileMissing { cause }
        | Wait::FileChanged { cause }
        | Wait::Disk { cause, .. }
        | Wait::Secrets { cause }
        | Wait::Network { cause, .. } => Some(cause),
        Wait::Platform { .. }
        | Wait::StartAt { .. }
        | Wait::Hours { .. }
        | Wait::Paused { .. }
        | Wait::PublishAt { .. } => None,
    };
    if let Some(cause) = cause {
        params.insert("cause".into(), say_cause(lang, cause));
    }
    let key = match wait {
        Wait::Turn { ahead: 0 } => "wait.turn_next".to_owned(),
        Wait::Together {
            stopped: Some(_), ..
        } => "wait.together_stopped".to_owned(),
        Wait::Network {
            until_ms: Some(_), ..
        } => "wait.network_until".to_owned(),
        _ => format!("wait.{}", wait.reason()),
    };
    say(lang, &key, &params)
}

/// Why nothing moves in the whole queue, and until when.
pub fn say_standstill(lang: Lang, still: &Standstill) -> String {
    let mut params = still.said.params.clone();
    if let Some(cause) = &still.cause {
        params.insert("cause".into(), headline(&say_cause(lang, cause)).to_owned());
    }
    say(lang, &still.said.code, &params)
}

/// What happened alone, without its full stop and without the cure.
pub fn headline(sentence: &str) -> &str {
    let ends = sentence.char_indices().find(|(at, c)| match c {
        '。' | '！' | '？' => true,
        '.' | '!' | '?' => sentence[at + 1..]
            .chars()
            .next()
            .is_none_or(char::is_whitespace),
        _ => false,
    });
    ends.map_or(sentence, |(at, _)| &sentence[..at])
}

/// A step of an upload's timeline; one without a sentence shows its word.
pub fn say_event(lang: Lang, event: &str, params: &Params) -> String {
    let key = format!("event.{event}");
    if template(lang, &key).is_some() {
        let mut params = params.clone();
        if let Some(code) = params.remove("code") {
            if let Some(platforms) = params.remove(PLATFORM_CODE) {
                params.insert("code".into(), platforms);
            }
            params.insert("cause".into(), say(lang, &code, &params));
        }
        return say(lang, &key, &params);
    }
    let values = params.iter().map(|(k, v)| format!(" {k}={v}"));
    printable(&format!("{event}{}", values.collect::<String>()))
}

/// A platform's name.
pub fn platform(lang: Lang, name: &str) -> String {
    let known = template(lang, &format!("platform.{name}"));
    known.map_or_else(|| printable(name), ToOwned::to_owned)
}

fn unknown(lang: Lang, code: &str, detail: &str) -> String {
    let key = if detail.is_empty() {
        "unknown"
    } else {
        "unknown_detail"
    };
    let params = Params::from([
        ("code".to_owned(), code.to_owned()),
        ("detail".to_owned(), detail.to_owned()),
    ]);
    let template = template(lang, key).expect("a sentence that every language has");
    fill(lang, template, &params, Timestamp::now())
}

/// Fills `{name}` and `{name:kind}`. A value that is missing is an en dash.
fn fill(lang: Lang, template: &str, params: &Params, now: Timestamp) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text += before;
        let Some((hole, after)) = after.split_once('}') else {
            text.push('{');
            rest = after;
            continue;
        };
        let (name, kind) = hole.split_once(':').unwrap_or((hole, ""));
        match params.get(name) {
            None => text.push('–'),
            Some(value) => text += &show(lang, name, kind, value, now),
        }
        rest = after;
    }
    text + rest
}

fn show(lang: Lang, name: &str, kind: &str, value: &str, now: Timestamp) -> String {
    let shown = match kind {
        "size" => value.parse().ok().map(size),
        "rate" => value.parse().ok().map(|bytes| format!("{}/s", size(bytes))),
        "duration" => value
            .parse()
            .ok()
            .map(|seconds: f64| span(lang, seconds.max(0.0).ceil() as u64)),
        "time" => moment(value).map(|at| time(at, now)),
        "until" => moment(value).map(|at| until(lang, at, now)),
        _ if matches!(name, "platform" | "phase") => {
            template(lang, &format!("{name}.{value}")).map(ToOwned::to_owned)
        }
        _ => None,
    };
    shown.unwrap_or_else(|| printable(value))
}

fn moment(ms: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(ms.parse().ok()?).ok()
}

/// Bytes as people read them, in decimal units: `3.86 GB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes}\u{a0}B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    // 999.5 would be written as four figures.
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = if value < 9.995 {
        2
    } else {
        usize::from(value < 99.95)
    };
    let mut figure = format!("{value:.decimals$}");
    if decimals > 0 {
        figure.truncate(figure.trim_end_matches('0').trim_end_matches('.').len());
    }
    format!("{figure}\u{a0}{}", UNITS[unit])
}

/// Every byte, and the size as people read it: `912,384,000 B (912 MB)`.
pub fn bytes(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if count < 1000 {
        return format!("{grouped}\u{a0}B");
    }
    format!("{grouped}\u{a0}B ({})", size(count))
}

/// A length of time by its two greatest units: `8 h 36 min`.
pub fn span(lang: Lang, seconds: u64) -> String {
    let [day, hour, minute, second] = match lang {
        Lang::En => ["\u{a0}d", "\u{a0}h", "\u{a0}min", "\u{a0}s"],
        Lang::ZhCn => ["\u{a0}天", "\u{a0}小时", "\u{a0}分钟", "\u{a0}秒"],
        Lang::Ja => ["日", "時間", "分", "秒"],
    };
    let between = if lang == Lang::Ja { "" } else { " " };
    let units = [
        (seconds / 86_400, day),
        (seconds / 3600 % 24, hour),
        (seconds / 60 % 60, minute),
        (seconds % 60, second),
    ];
    let first = units.iter().position(|(n, _)| *n > 0).unwrap_or(3);
    units[first..]
        .iter()
        .take(2)
        .filter(|(n, _)| *n > 0 || first == 3)
        .map(|(n, unit)| format!("{n}{unit}"))
        .collect::<Vec<_>>()
        .join(between)
}

/// Today's times by the clock, others with the date.
fn time(at: Timestamp, now: Timestamp) -> String {
    let zone = TimeZone::system();
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone));
    let form = if at.date() == now.date() {
        "%H:%M"
    } else {
        "%Y-%m-%d %H:%M"
    };
    at.strftime(form).to_string()
}

fn until(lang: Lang, at: Timestamp, now: Timestamp) -> String {
    let left = (at.as_second() - now.as_second()).max(0) as u64;
    let offset = at.to_zoned(TimeZone::system()).strftime("%:z");
    let (clock, left) = (format!("{} UTC{offset}", time(at, now)), span(lang, left));
    match lang {
        Lang::En => format!("{clock}, in {left}"),
        Lang::ZhCn => format!("\u{a0}{clock}（{left}后）"),
        Lang::Ja => format!("{clock}（{left}後）"),
    }
}

/// Text that is safe on a terminal and in a log: whatever moves the cursor, ends the line or turns the direction is written as an escape.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => shown += "\\n",
            '\r' => shown += "\\r",
            '\t' => shown += "\\t",
            c if c.is_control() || turns_or_breaks(c) => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown
}

/// Line and paragraph separators, and the controls of Unicode's bidirectional algorithm.
fn turns_or_breaks(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_failed_is_told_with_the_platforms_own_code() {
        let params = [("code", "platform_unknown_answer"), (PLATFORM_CODE, "999")];
        let params = params.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let said = say_event(Lang::En, "failed", &Params::from(params));
        assert!(said.contains("999") && !said.contains("no words"), "{said}");
    }

    #[test]
    fn sizes_have_three_figures_and_decimal_units() {
        for (bytes, shown) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1 kB"),
            (3_860_000_000, "3.86 GB"),
            (38_640_000, "38.6 MB"),
            (999_499, "999 kB"),
            (999_500, "1 MB"),
            (100_000_000, "100 MB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(size(bytes).replace('\u{a0}', " "), shown);
        }
    }

    #[test]
    fn every_byte_is_written_in_groups_of_three() {
        for (count, shown) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1,000 B (1 kB)"),
            (912_384_000, "912,384,000 B (912 MB)"),
        ] {
            assert_eq!(bytes(count).replace('\u{a0}', " "), shown);
        }
    }

    #[test]
    fn spans_name_their_two_greatest_units() {
        for (seconds, shown) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (30_960, "8 h 36 min"),
            (86_401, "1 d"),
        ] {
            assert_eq!(span(Lang::En, seconds).replace('\u{a0}', " "), shown);
        }
        assert_eq!(span(Lang::Ja, 30_960), "8時間36分");
    }

    #[test]
    fn a_name_cannot_break_the_line_or_turn_the_text() {
        let name = "a\nb\u{1b}[31m\u{202e}gpj.mp4 📼 שלום";
        assert_eq!(printable(name), "a\\nb\\u{1b}[31m\\u{202e}gpj.mp4 📼 שלום");
        let params = Params::from([("file".to_owned(), name.to_owned())]);
        assert!(!say(Lang::En, "file_empty", &params).contains(['\n', '\u{1b}', '\u{202e}']));
    }

    #[test]
    fn a_code_without_a_sentence_is_shown_with_its_detail() {
        for lang in Lang::ALL {
            let said = say_cause(lang, &Cause::new("code_of_tomorrow").detail("HTTP 418"));
            assert!(
                said.contains("code_of_tomorrow") && said.contains("HTTP 418"),
                "{said}"
            );
            assert!(say(lang, "code_of_tomorrow", &Params::new()).contains("code_of_tomorrow"));
        }
    }

    #[test]
    fn values_are_shown_by_their_kind_and_a_missing_one_is_a_dash() {
        let cause = Cause::new("file_too_large")
            .with("file", "a.mp4")
            .with("bytes", 5_000_000_000_u64)
            .with("platform", "bilibili");
        assert_eq!(
            say_cause(Lang::En, &cause).replace('\u{a0}', " "),
            "a.mp4 has 5 GB, Bilibili takes at most –. Make it smaller, or leave this account out."
        );
        assert!(say_cause(Lang::ZhCn, &cause).contains("哔哩哔哩最多接受"));
    }

    #[test]
    fn a_wait_says_its_time_its_span_and_its_cause() {
        let wait = Wait::Quota {
            until_ms: Timestamp::now().as_millisecond() + 7_200_000 + 500,
            cause: Cause::new("file_empty").with("file", "a.mp4"),
        };
        let said = say_wait(Lang::En, &wait).replace('\u{a0}', " ");
        assert!(said.starts_with("Waiting until "), "{said}");
        assert!(said.contains(", in 2 h. a.mp4 is empty"), "{said}");
    }

    #[test]
    fn the_language_comes_from_the_locale() {
        for (tag, lang) in [
            ("ja_JP.UTF-8", Lang::Ja),
            ("zh_CN", Lang::ZhCn),
            ("zh-TW", Lang::ZhCn),
            ("C.UTF-8", Lang::En),
            ("de_DE", Lang::En),
            ("", Lang::En),
            ("é", Lang::En),
        ] {
            assert_eq!(Lang::from_tag(tag), lang, "{tag}");
        }
    }
}
