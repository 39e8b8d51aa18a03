//! A receipt as a page to print on A4: one file, no script, nothing from elsewhere.
//!
//! Invariant: whatever a title, a file name or a platform's answer holds, it is text on the page. The page's own policy allows nothing but its style.

use crate::{
    sentence::{self, Lang, printable},
    wire::UploadReceipt,
};
use jiff::{Timestamp, tz::TimeZone};
use slipway_model::{Params, PhaseName};
use std::fmt::Write as _;

const STYLE: &str = "
:root { color-scheme: light; --ink: #1d2529; --soft: #5b666c; --line: #d5dbde; }
@page { size: A4; margin: 18mm 16mm; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 46rem; padding: 2.5rem 2rem; color: var(--ink); background: #fff;
  font: 400 13px/20px system-ui, 'Noto Sans', 'Noto Sans CJK SC', sans-serif; }
header { display: flex; justify-content: space-between; gap: 2rem; align-items: baseline; border-bottom: 2px solid var(--ink); padding-bottom: .75rem; }
header p { margin: 0; color: var(--soft); white-space: nowrap; }
h1 { margin: 1.5rem 0 .25rem; font-size: 22px; line-height: 28px; overflow-wrap: anywhere; }
h2 { margin: 1.75rem 0 .5rem; font-size: 13px; line-height: 20px; }
.state { margin: 0; color: var(--soft); }
dl { display: grid; grid-template-columns: 11rem minmax(0, 1fr); margin: 0; border-top: 1px solid var(--line); }
dt, dd { margin: 0; padding: .3rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--soft); padding-right: 1rem; }
dd { overflow-wrap: anywhere; white-space: pre-wrap; }
.mono { font-family: ui-monospace, 'DejaVu Sans Mono', monospace; font-size: 12px; }
ol { margin: 0; padding: 0; list-style: none; border-top: 1px solid var(--line); }
li { display: grid; grid-template-columns: 11rem minmax(0, 1fr); padding: .3rem 0; border-bottom: 1px solid var(--line); break-inside: avoid; overflow-wrap: anywhere; }
time { color: var(--soft); font-variant-numeric: tabular-nums; }
section { break-inside: avoid-page; }
section.long { break-inside: auto; }
footer { margin-top: 1.75rem; color: var(--soft); font-size: 12px; }
@media print { body { max-width: none; padding: 0; } }
@media (max-width: 34rem) { dl, li { grid-template-columns: minmax(0, 1fr); } dt { border: 0; padding-bottom: 0; } }
";

pub(super) fn html(receipt: &UploadReceipt, lang: Lang) -> String {
    let word = |code: &str| escape(&sentence::say(lang, code, &Params::new()));
    let row = &receipt.row;
    let platform = sentence::platform(lang, &row.platform);
    let state = sentence::say(
        lang,
        &format!("phase.{}", row.phase.as_str()),
        &Params::new(),
    );
    let mut page = String::with_capacity(8 << 10);
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{}: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        lang.tag(),
        word("receipt.title"),
        escape(&row.title),
    );
    let _ = writeln!(
        page,
        "<header><strong>Slipway</strong><p>{} {}</p></header>\n<h1 dir=\"auto\">{}</h1>\n<p class=\"state\">{} · {} · {}</p>",
        word("receipt.title"),
        row.id,
        escape(&row.title),
        escape(&state),
        escape(&platform),
        escape(&row.account_label),
    );

    let mut facts = Facts::new(&mut page, &word("receipt.file"));
    facts.add(&word("receipt.name"), &row.file, "");
    if receipt.online {
        facts.add(&word("receipt.address"), &receipt.path, "");
        facts.add(
            "BLAKE3",
            &sentence::say(lang, "receipt.fetched", &Params::new()),
            "",
        );
    } else {
        facts.add(&word("receipt.size"), &sentence::bytes(row.total_bytes), "");
        let missing = sentence::say(lang, "receipt.no_hash", &Params::new());
        let hash = receipt
            .proof
            .as_ref()
            .and_then(|proof| proof.blake3.as_deref());
        facts.add(
            "BLAKE3",
            hash.unwrap_or(&missing),
            if hash.is_some() { "mono" } else { "" },
        );
        if let Some(proof) = &receipt.proof {
            facts.add_some("CRC-64/NVME", proof.crc64.as_deref(), "mono");
            let parts = sentence::say(
                lang,
                "receipt.parts_of",
                &Params::from([
                    ("count".into(), proof.parts.to_string()),
                    ("bytes".into(), sentence::bytes(proof.part_bytes)),
                ]),
            );
            facts.add(&word("receipt.parts"), &parts, "");
            if !proof.answers.is_empty() {
                facts.add(&word("receipt.answers"), &proof.answers.join(" "), "mono");
            }
        }
        facts.add(
            &word("receipt.acknowledged"),
            &sentence::bytes(receipt.held_bytes),
            "",
        );
        facts.add(
            &word("receipt.sent"),
            &sentence::bytes(receipt.sent_bytes),
            "",
        );
        facts.add(
            &word("receipt.sent_again"),
            &sentence::bytes(receipt.resent_bytes),
            "",
        );
    }
    facts.end();

    let mut facts = Facts::new(&mut page, &escape(&platform));
    facts.add(&word("receipt.account"), &row.account_label, "");
    if let Some(remote) = &row.remote {
        facts.add(&word("receipt.remote_id"), &remote.id, "mono");
        facts.add_some(&word("receipt.link"), remote.url.as_deref(), "mono");
        facts.add_some(&word("receipt.words"), remote.words.as_deref(), "");
    }
    if let Some(cause) = &row.cause {
        facts.add(
            &state_word(lang, PhaseName::Failed),
            &sentence::say_cause(lang, cause),
            "",
        );
    }
    facts.end();

    let mut facts = Facts::new(&mut page, &word("receipt.times"));
    for (name, at) in [
        (word("receipt.added"), Some(receipt.created_at_ms)),
        (word("receipt.begun"), Some(row.started_at_ms)),
        (word("receipt.bytes_done"), row.landed_at_ms),
        (word("receipt.submitted"), receipt.submitted_at_ms),
        (state_word(lang, row.phase), receipt.finished_at_ms),
    ] {
        facts.add_some(&name, at.map(moment).as_deref(), "");
    }
    facts.end();

    let _ = writeln!(
        page,
        "<section class=\"long\"><h2>{}</h2>\n<ol>",
        word("receipt.happened")
    );
    for entry in &receipt.timeline {
        let _ = writeln!(
            page,
            "<li><time>{}</time><span>{}</span></li>",
            escape(&moment(entry.at_ms)),
            escape(&sentence::say_event(lang, &entry.event, &entry.params)),
        );
    }
    let made = sentence::say(
        lang,
        "receipt.made",
        &Params::from([
            ("version".into(), receipt.version.clone()),
            ("time".into(), moment(Timestamp::now().as_millisecond())),
        ]),
    );
    let _ = write!(
        page,
        "</ol></section>\n<footer>{}</footer>\n</body>\n</html>\n",
        escape(&made)
    );
    page
}

fn state_word(lang: Lang, phase: PhaseName) -> String {
    escape(&sentence::say(
        lang,
        &format!("phase.{}", phase.as_str()),
        &Params::new(),
    ))
}

/// A list of facts under its heading. Names are escaped before, values here.
struct Facts<'a>(&'a mut String);

impl<'a> Facts<'a> {
    fn new(page: &'a mut String, heading: &str) -> Self {
        let _ = writeln!(page, "<section><h2>{heading}</h2>\n<dl>");
        Self(page)
    }
    fn add(&mut self, name: &str, value: &str, class: &str) {
        let class = if class.is_empty() {
            String::new()
        } else {
            format!(" class=\"{class}\"")
        };
        let _ = writeln!(
            self.0,
            "<dt>{name}</dt><dd dir=\"auto\"{class}>{}</dd>",
            escape(value)
        );
    }
    fn add_some(&mut self, name: &str, value: Option<&str>, class: &str) {
        if let Some(value) = value {
            self.add(name, value, class);
        }
    }
    fn end(self) {
        self.0.push_str("</dl></section>\n");
    }
}

/// To the second, with the offset of this machine's zone: a receipt is read elsewhere and later.
fn moment(ms: i64) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or_default();
    at.to_zoned(TimeZone::system())
        .strftime("%Y-%m-%d %H:%M:%S %:z")
        .to_string()
}

fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{HistoryRow, TimelineEntry};
    use slipway_model::{AccountId, Cause, Proof, Remote, UploadId};

    fn receipt() -> UploadReceipt {
        let bad = "<script>alert('x')</script>&\"\u{202e}\u{7}";
        UploadReceipt {
            row: HistoryRow {
                id: UploadId(7),
                at_ms: 3,
                title: bad.into(),
                file: format!("{bad}.mp4"),
                account: AccountId(1),
                account_label: bad.into(),
                platform: "bilibili".into(),
                phase: PhaseName::Failed,
                total_bytes: 912_384_000,
                started_at_ms: 1,
                landed_at_ms: Some(2),
                bytes_per_second: None,
                remote: Some(Remote {
                    id: bad.into(),
                    url: Some("javascript:alert(1)".into()),
                    words: Some(bad.into()),
                }),
                cause: Some(Cause::new("bilibili_returned").with("message", bad)),
                removed: false,
            },
            online: false,
            path: "/videos/a.mp4".into(),
            fields: std::collections::BTreeMap::new(),
            proof: Some(Proof {
                blake3: Some("ab".repeat(32)),
                crc64: Some("0123456789abcdef".into()),
                parts: 109,
                part_bytes: 8 << 20,
                answers: vec!["d41d8cd98f00b204e9800998ecf8427e".into()],
            }),
            held_bytes: 912_384_000,
            sent_bytes: 920_000_000,
            resent_bytes: 7_616_000,
            created_at_ms: 0,
            submitted_at_ms: Some(2),
            finished_at_ms: Some(3),
            timeline: vec![TimelineEntry {
                at_ms: 1,
                event: "platform".into(),
                params: Params::from([("words".into(), bad.into())]),
            }],
            version: "1.2.3".into(),
        }
    }

    #[test]
    fn nothing_from_outside_is_markup_on_the_page() {
        for lang in Lang::ALL {
            let page = html(&receipt(), lang);
            assert!(!page.contains("<script"), "{page}");
            assert!(!page.contains("href="), "an address is text");
            assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;"));
            let steers =
                |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
            assert!(!page.contains(steers));
            assert_eq!(page.matches("<dl>").count(), page.matches("</dl>").count());
            for part in [
                "Content-Security-Policy",
                "912,384,000",
                "abababab",
                "0123456789abcdef",
                "109",
                "d41d8cd98f00b204",
                "1.2.3",
            ] {
                assert!(page.contains(part), "{part} in {}", lang.tag());
            }
        }
    }

    #[test]
    fn a_file_that_the_platform_fetched_has_no_hash_and_says_why() {
        let online = UploadReceipt {
            online: true,
            proof: None,
            path: "https://a.example/x.mp4".into(),
            ..receipt()
        };
        let page = html(&online, Lang::En);
        assert!(
            page.contains("https://a.example/x.mp4") && page.contains("fetched"),
            "{page}"
        );
        assert!(!page.contains("912,384,000"));
    }
}
