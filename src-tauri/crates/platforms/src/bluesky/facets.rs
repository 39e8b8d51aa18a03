//! Finds links, mentions and tags in a text, by the bytes they stand on.
//!
//! Pure. Knows nothing of who is meant by a mention. Invariant: ranges are on character bounds, ascend and do not overlap. Rules after the official
//! library's detection (@atproto/api 0.21, `rich-text/detection`), read 2026-08-20; bare domains are left alone, since telling them from file names
//! takes a list of all top-level domains.

use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation as _;

/// Longest tag. Source: lexicon app.bsky.richtext.facet, read 2026-08-20.
const TAG_GRAPHEMES: usize = 64;
const TAG_BYTES: usize = 640;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Link(String),
    /// The handle, without its sign.
    Mention(String),
    /// The tag, without its sign.
    Tag(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) at: Range<usize>,
    pub(super) what: What,
}

pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut from = 0;
    for (start, word) in words(text) {
        if start < from {
            continue;
        }
        // Brackets and quotes before a word do not belong to it.
        let opened = word.trim_start_matches(['(', '[', '"', '\'', '“', '「', '（']);
        let start = start + word.len() - opened.len();
        if let Some((len, what)) = link(opened)
            .or_else(|| mention(opened))
            .or_else(|| tag(opened))
        {
            from = start + len;
            found.push(Found {
                at: start..from,
                what,
            });
        }
    }
    found
}

/// Runs without white space, with where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split(char::is_whitespace)
        .filter(|word| !word.is_empty())
        .map(move |word| {
            // A piece of a text begins where its pointer says.
            (word.as_ptr() as usize - text.as_ptr() as usize, word)
        })
}

fn link(word: &str) -> Option<(usize, What)> {
    let lower = word
        .get(..8.min(word.len()))
        .unwrap_or(word)
        .to_ascii_lowercase();
    if !lower.starts_with("https://") && !lower.starts_with("http://") {
        return None;
    }
    let mut end = word.trim_end_matches([
        '.', ',', ';', ':', '!', '?', '"', '\'', '”', '」', '。', '、', '，', '！', '？',
    ]);
    // A closing bracket belongs to the address only when it was opened there.
    for (open, close) in [('(', ')'), ('[', ']'), ('（', '）')] {
        if end.ends_with(close) && !end.contains(open) {
            end = end[..end.len() - close.len_utf8()]
                .trim_end_matches(['.', ',', ';', ':', '!', '?']);
        }
    }
    let url = url::Url::parse(end).ok()?;
    url.host_str()
        .filter(|host| host.contains('.') || *host == "localhost")?;
    Some((end.len(), What::Link(end.to_owned())))
}

fn mention(word: &str) -> Option<(usize, What)> {
    let rest = word.strip_prefix('@')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    let end = rest.find(|c: char| !fits(c)).unwrap_or(rest.len());
    let handle = rest[..end].trim_end_matches(['.', '-']);
    let labels: Vec<_> = handle.split('.').collect();
    let sound = |label: &&str| {
        (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let last_is_a_word = labels
        .last()?
        .starts_with(|c: char| c.is_ascii_alphabetic());
    let is_handle =
        labels.len() >= 2 && labels.iter().all(sound) && last_is_a_word && handle.len() <= 253;
    is_handle.then(|| (1 + handle.len(), What::Mention(handle.to_owned())))
}

fn tag(word: &str) -> Option<(usize, What)> {
    let sign = word.chars().next().filter(|c| matches!(c, '#' | '＃'))?;
    let rest = &word[sign.len_utf8()..];
    // The next tag may follow without a space; zero-width marks end one.
    let end = rest.find(|c: char| {
        matches!(
            c,
            '#' | '＃'
                | '\u{200b}'
                | '\u{00ad}'
                | '\u{2060}'
                | '\u{200c}'
                | '\u{200d}'
                | '\u{20e2}'
        )
    });
    let tag = rest[..end.unwrap_or(rest.len())].trim_end_matches(|c: char| is_punctuation(c));
    let has_word = tag.chars().any(|c| !c.is_ascii_digit());
    let fits = tag.graphemes(true).count() <= TAG_GRAPHEMES && tag.len() <= TAG_BYTES;
    (!tag.is_empty() && has_word && fits)
        .then(|| (sign.len_utf8() + tag.len(), What::Tag(tag.to_owned())))
}

fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(
            c,
            '。' | '、'
                | '，'
                | '！'
                | '？'
                | '：'
                | '；'
                | '）'
                | '」'
                | '』'
                | '】'
                | '…'
                | '”'
                | '’'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let found = find(text);
        let mut end = 0;
        for one in &found {
            assert!(one.at.start >= end, "they do not overlap: {text}");
            end = one.at.end;
        }
        found
            .iter()
            .map(|one| match &one.what {
                What::Link(link) => format!("link {link} {}", &text[one.at.clone()]),
                What::Mention(handle) => format!("mention {handle} {}", &text[one.at.clone()]),
                What::Tag(tag) => format!("tag {tag} {}", &text[one.at.clone()]),
            })
            .collect()
    }

    #[test]
    fn the_protocols_example_has_its_bytes() {
        let text = "New cut is up #making @friend.example.com https://example.com/w";
        let at: Vec<_> = find(text).into_iter().map(|one| one.at).collect();
        assert_eq!(at, [14..21, 22..41, 42..63]);
    }

    #[test]
    fn ranges_count_bytes_in_any_script() {
        assert_eq!(
            shown("海边 👩‍👩‍👧 #旅行 と #日本語。終わり"),
            ["tag 旅行 #旅行", "tag 日本語。終わり #日本語。終わり"]
        );
        assert_eq!(
            shown("＃動画！ (https://例え.example/あ) 完"),
            [
                "tag 動画 ＃動画",
                "link https://例え.example/あ https://例え.example/あ"
            ]
        );
    }

    #[test]
    fn what_ends_a_sentence_does_not_belong_to_what_stands_there() {
        assert_eq!(
            shown("see https://a.example/x."),
            ["link https://a.example/x https://a.example/x"]
        );
        assert_eq!(
            shown("(https://a.example/x)"),
            ["link https://a.example/x https://a.example/x"]
        );
        assert_eq!(
            shown("https://a.example/x_(y)"),
            ["link https://a.example/x_(y) https://a.example/x_(y)"]
        );
        assert_eq!(
            shown("by @a.example, @b.example."),
            [
                "mention a.example @a.example",
                "mention b.example @b.example"
            ]
        );
        assert_eq!(shown("#end. #done!"), ["tag end #end", "tag done #done"]);
    }

    #[test]
    fn what_only_looks_like_one_is_left_alone() {
        for text in [
            "mail@a.example",
            "@nobody",
            "@-a.example",
            "#123",
            "#",
            "a#b",
            "http://",
            "https://nodot",
            "example.com",
            "@1.2.3.4",
        ] {
            assert_eq!(shown(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_tag_may_have_64_characters_and_no_more() {
        assert_eq!(find(&format!("#{}", "é".repeat(64))).len(), 1);
        assert_eq!(find(&format!("#{}", "é".repeat(65))).len(), 0);
    }
}
