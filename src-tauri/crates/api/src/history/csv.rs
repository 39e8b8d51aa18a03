//! History as CSV (RFC 4180): UTF-8, lines ended by CR LF, columns that keep their names and order; new ones come behind.
//!
//! Invariant: no cell begins as a formula. A spreadsheet would run it, and titles may come from anywhere.

use crate::wire::HistoryRow;
use jiff::Timestamp;

/// What spreadsheets on some systems want before they read UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

const COLUMNS: [&str; 16] = [
    "id",
    "state",
    "ended",
    "title",
    "file",
    "bytes",
    "platform",
    "account",
    "remote_id",
    "link",
    "begun",
    "bytes_done",
    "bytes_per_second",
    "cause",
    "platform_words",
    "in_queue",
];

pub fn head() -> String {
    line(COLUMNS.map(ToOwned::to_owned))
}

pub fn row(row: &HistoryRow) -> String {
    let remote = row.remote.as_ref();
    let text = |value: Option<&String>| value.cloned().unwrap_or_default();
    let words = remote.and_then(|remote| remote.words.as_ref());
    let refused = row
        .cause
        .as_ref()
        .and_then(|cause| cause.params.get("message"));
    line([
        row.id.to_string(),
        row.phase.as_str().to_owned(),
        time(row.at_ms),
        row.title.clone(),
        row.file.clone(),
        row.total_bytes.to_string(),
        row.platform.clone(),
        row.account_label.clone(),
        text(remote.map(|remote| &remote.id)),
        text(remote.and_then(|remote| remote.url.as_ref())),
        time(row.started_at_ms),
        row.landed_at_ms.map(time).unwrap_or_default(),
        row.bytes_per_second
            .map(|rate| rate.to_string())
            .unwrap_or_default(),
        text(row.cause.as_ref().map(|cause| &cause.code)),
        text(refused.or(words)),
        if row.removed { "no" } else { "yes" }.to_owned(),
    ])
}

fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| format!("{at:.0}"))
}

fn line<const N: usize>(cells: [String; N]) -> String {
    let cells: Vec<_> = cells.iter().map(|text| cell(text)).collect();
    cells.join(",") + "\r\n"
}

fn cell(text: &str) -> String {
    // Also behind white space, which some spreadsheets leave out.
    let begins =
        text.trim_start().starts_with(['=', '+', '-', '@']) || text.starts_with(['\t', '\r']);
    let guard = if begins { "'" } else { "" };
    if text.contains(['"', ',', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_where_it_must_be_and_never_a_formula() {
        for (text, made) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+49", "'+49"),
            ("-1", "'-1"),
            (" =cmd|' /C calc'!A0", "\"' =cmd|' /C calc'!A0\""),
            ("\t=1", "'\t=1"),
            (
                "=HYPERLINK(\"http://x\",\"y\")",
                "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"",
            ),
            ("海边, 一天", "\"海边, 一天\""),
        ] {
            assert_eq!(cell(text), made, "{text:?}");
        }
    }
}
