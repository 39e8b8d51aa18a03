//! Many manuscripts in one file: a row of a CSV each, or an object of a JSON list each.
//!
//! Pure: a text comes in, rows of named cells go out, each with the line it stands in. Knows nothing of what a column means. Always holds: a row that
//! cannot be read does not hide the others.

use crate::wire::RowFault;
use slipway_model::Cause;
use std::collections::BTreeMap;

/// A list is not larger, in bytes.
pub(crate) const LIST_MAX_BYTES: u64 = 64 << 20;
/// Rows of a list.
const ROWS_MAX: usize = 20_000;

/// Cells by the names of their columns; empty ones are not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) line: u64,
    /// Its place in the list, bad rows counted, from 1.
    pub(crate) place: u32,
    pub(crate) cells: BTreeMap<String, String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct List {
    /// Of a CSV, as its first line names them.
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) bad: Vec<RowFault>,
}

impl List {
    pub(crate) fn len(&self) -> usize {
        self.rows.len() + self.bad.len()
    }

    /// One more row, unless one of its cells is broken.
    fn take(&mut self, line: u64, cells: BTreeMap<String, String>) {
        let broken = cells
            .iter()
            .find(|(_, cell)| cell.contains(char::REPLACEMENT_CHARACTER));
        match broken {
            Some((column, _)) => self.bad.push(RowFault {
                line,
                column: Some(column.clone()),
                cause: Cause::new("list_cell_broken"),
            }),
            None => self.rows.push(Row {
                line,
                place: u32::try_from(self.len() + 1).unwrap_or(u32::MAX),
                cells,
            }),
        }
    }
}

/// Reads a list; JSON when it begins with a bracket, CSV else.
///
/// # Errors
/// What spoils the whole list: `list_empty`, `list_column_twice`, `list_quote_open`, `list_not_json`, `list_too_long`.
pub(crate) fn read(text: &str) -> Result<List, Cause> {
    // One kind of line ends, also within cells.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let list = if text.trim_start().starts_with(['[', '{']) {
        json(&text)?
    } else {
        csv(&text)?
    };
    if list.len() == 0 {
        return Err(Cause::new("list_empty"));
    }
    if list.len() > ROWS_MAX {
        return Err(Cause::new("list_too_long").with("max", ROWS_MAX));
    }
    Ok(list)
}

fn csv(text: &str) -> Result<List, Cause> {
    // Spreadsheets write what their country uses; the first line tells which.
    let head = text.lines().next().unwrap_or_default();
    let delimiter = ['\t', ';', ',']
        .into_iter()
        .max_by_key(|delimiter| head.matches(*delimiter).count())
        .unwrap_or(',');
    let (head, mut rest) = record(text, delimiter);
    let columns = head.map_err(|_| Cause::new("list_quote_open").with("line", 1))?;
    let columns = columns.into_iter().map(|name| name.trim().to_owned());
    let mut list = List {
        columns: columns.collect(),
        ..List::default()
    };
    distinct(&list.columns)?;
    let mut line = 1;
    let mut before = text;
    while !rest.is_empty() && list.len() <= ROWS_MAX {
        line += line_ends(&before[..before.len() - rest.len()]);
        before = rest;
        let cells;
        (cells, rest) = record(rest, delimiter);
        let cells = match cells {
            Ok(cells) => cells,
            Err(quote) => {
                let opened = line + line_ends(&before[..quote.at]);
                list.bad.push(RowFault {
                    line,
                    column: list
                        .columns
                        .get(quote.cell)
                        .filter(|name| !name.is_empty())
                        .cloned(),
                    cause: Cause::new("list_quote_open").with("line", opened),
                });
                continue;
            }
        };
        // Spreadsheets leave rows of nothing but delimiters behind.
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let (len, expected) = (cells.len(), list.columns.len());
        if len != expected {
            let cause = Cause::new("list_row_length").with("cells", len);
            list.bad.push(RowFault {
                line,
                column: None,
                cause: cause.with("columns", expected),
            });
            continue;
        }
        let named = list.columns.iter().cloned().zip(cells);
        let cells = named.filter(|(name, cell)| !name.is_empty() && !cell.trim().is_empty());
        let cells = cells.collect();
        list.take(line, cells);
    }
    Ok(list)
}

fn line_ends(text: &str) -> u64 {
    text.matches('\n').count() as u64
}

/// A quotation mark that does not close its cell.
struct OpenQuote {
    at: usize,
    cell: usize,
}

/// The cells of the first row, and what stands behind it. Behind a row with an open quotation mark, that is the line after the mark: whatever
/// the mark would swallow is rows again.
fn record(text: &str, delimiter: char) -> (Result<Vec<String>, OpenQuote>, &str) {
    let mut cells = Vec::new();
    let mut rest = text;
    loop {
        let mut cell = String::new();
        if let Some(mut quoted) = rest.strip_prefix('"') {
            let open = rest;
            let closed = loop {
                let Some((part, behind)) = quoted.split_once('"') else {
                    break None;
                };
                cell += part;
                match behind.strip_prefix('"') {
                    Some(behind) => (quoted, cell) = (behind, cell + "\""),
                    None => break Some(behind.trim_start_matches(' ')),
                }
            };
            let closed = closed.filter(|behind| {
                behind.is_empty() || behind.starts_with(delimiter) || behind.starts_with('\n')
            });
            let Some(behind) = closed else {
                let quote = OpenQuote {
                    at: text.len() - open.len(),
                    cell: cells.len(),
                };
                return (
                    Err(quote),
                    open.split_once('\n').map_or("", |(_, rest)| rest),
                );
            };
            rest = behind;
        } else {
            let end = rest.find([delimiter, '\n']).unwrap_or(rest.len());
            cell += &rest[..end];
            rest = &rest[end..];
        }
        cells.push(cell);
        match rest.strip_prefix(delimiter) {
            Some(behind) => rest = behind,
            None => return (Ok(cells), rest.strip_prefix('\n').unwrap_or(rest)),
        }
    }
}

fn distinct(columns: &[String]) -> Result<(), Cause> {
    let mut seen = std::collections::BTreeSet::new();
    match columns
        .iter()
        .find(|name| !name.is_empty() && !seen.insert(*name))
    {
        Some(twice) => Err(Cause::new("list_column_twice").with("column", twice)),
        None => Ok(()),
    }
}

fn json(text: &str) -> Result<List, Cause> {
    let objects: Vec<&serde_json::value::RawValue> =
        serde_json::from_str(text).map_err(|error| {
            let cause = Cause::new("list_not_json").with("line", error.line());
            cause.with("at", error.column())
        })?;
    let mut list = List::default();
    let (mut line, mut read) = (1, 0);
    for object in objects {
        let raw = object.get();
        // Where it stands: it is a piece of the text.
        let begins = raw.as_ptr() as usize - text.as_ptr() as usize;
        line += line_ends(&text[read..begins]);
        read = begins;
        match cells(raw) {
            Ok(cells) => list.take(line, cells),
            Err((column, cause)) => list.bad.push(RowFault {
                line,
                column,
                cause,
            }),
        }
    }
    Ok(list)
}

fn cells(raw: &str) -> Result<BTreeMap<String, String>, (Option<String>, Cause)> {
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(raw).map_err(|_| {
            (
                None,
                Cause::new("list_row_no_object").with("example", r#"{"file": "a.mp4"}"#),
            )
        })?;
    let mut cells = BTreeMap::new();
    for (name, value) in object {
        match written(&value) {
            Some(cell) if cell.trim().is_empty() => {}
            Some(cell) => {
                cells.insert(name, cell);
            }
            None => return Err((Some(name), Cause::new("list_value_no_text"))),
        }
    }
    Ok(cells)
}

/// A value as a cell of a CSV would have it.
fn written(value: &serde_json::Value) -> Option<String> {
    use serde_json::Value;
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(if *yes { "1" } else { "0" }.into()),
        Value::Array(items) => {
            let items: Option<Vec<String>> = items
                .iter()
                .map(|item| written(item).filter(|_| !item.is_array()))
                .collect();
            Some(items?.join(","))
        }
        Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: u64, place: u32, cells: &[(&str, &str)]) -> Row {
        let cells = cells
            .iter()
            .map(|(name, cell)| ((*name).to_owned(), (*cell).to_owned()));
        Row {
            line,
            place,
            cells: cells.collect(),
        }
    }

    #[test]
    fn a_row_knows_its_line_also_behind_cells_with_line_breaks() {
        for (delimiter, text) in [
            (
                ',',
                "file,title , bilibili.tid\na.mp4,\"one\ntwo, three\",21\n\n,,\nb.mp4,,\n",
            ),
            (
                ';',
                "file;title;bilibili.tid\r\na.mp4;\"one\ntwo, three\";21\r\n\r\n;;\r\nb.mp4;;\r\n",
            ),
            (
                '\t',
                "file\ttitle\tbilibili.tid\na.mp4\t\"one\ntwo, three\"\t21\n\n\t\t\nb.mp4\t\t",
            ),
        ] {
            let list = read(text).unwrap();
            assert_eq!(
                list.columns,
                ["file", "title", "bilibili.tid"],
                "{delimiter:?}"
            );
            let first = [
                ("file", "a.mp4"),
                ("title", "one\ntwo, three"),
                ("bilibili.tid", "21"),
            ];
            assert_eq!(
                list.rows,
                [row(2, 1, &first), row(6, 2, &[("file", "b.mp4")])],
                "{delimiter:?}"
            );
            assert_eq!(list.bad, []);
        }
    }

    #[test]
    fn a_bad_row_does_not_hide_the_others() {
        let list = read("file,title\na.mp4,one\nb.mp4\nc.mp4,three,3\nd.mp4,four\n").unwrap();
        assert_eq!(
            list.rows.iter().map(|row| row.line).collect::<Vec<_>>(),
            [2, 5]
        );
        let bad: Vec<_> = list
            .bad
            .iter()
            .map(|bad| (bad.line, bad.cause.code.as_str()))
            .collect();
        assert_eq!(bad, [(3, "list_row_length"), (4, "list_row_length")]);
        assert_eq!(list.bad[0].cause.params["cells"], "1");

        let list = read("[\n {\"file\": \"a.mp4\", \"tags\": [\"x\", \"海\"], \"hold\": true},\n 7,\n\n {\"file\": \"b.mp4\",\n  \"title\": {}},\n {\"file\": \"c.mp4\", \"bilibili.tid\": 21, \"title\": null}\n]").unwrap();
        assert_eq!(
            list.rows,
            [
                row(2, 1, &[("file", "a.mp4"), ("tags", "x,海"), ("hold", "1")]),
                row(7, 4, &[("file", "c.mp4"), ("bilibili.tid", "21")]),
            ]
        );
        let bad: Vec<_> = list
            .bad
            .iter()
            .map(|bad| (bad.line, bad.column.as_deref(), bad.cause.code.as_str()))
            .collect();
        assert_eq!(
            bad,
            [
                (3, None, "list_row_no_object"),
                (5, Some("title"), "list_value_no_text")
            ]
        );
    }

    #[test]
    fn a_quotation_mark_that_is_not_closed_takes_its_own_row_and_no_other() {
        for (rows, line, column, good) in [
            ("a.mp4,one\nb.mp4,\"two\nc.mp4,three\n", 3, "title", 2),
            ("a.mp4,one\n\"b.mp4,two\nc.mp4,three\n", 3, "file", 2),
            ("a.mp4,\"two\n\"b.mp4\",\"two\"\n", 2, "title", 1),
            ("a.mp4,\"6\" of rain\"\nb.mp4,\"two\"\n", 2, "title", 1),
            ("a.mp4,\"o \"\"n\"\"\ne\"\nb.mp4,\"two", 4, "title", 1),
            ("\"a.mp4\",\"one\" \nb.mp4,\"two\"\"\n", 3, "title", 1),
        ] {
            let list = read(&format!("file,title\n{rows}")).unwrap();
            assert_eq!(list.rows.len(), good, "{rows}");
            let bad: Vec<_> = list
                .bad
                .iter()
                .map(|bad| (bad.line, bad.column.as_deref(), bad.cause.code.as_str()))
                .collect();
            assert_eq!(bad, [(line, Some(column), "list_quote_open")], "{rows}");
        }
        let list = read("file,title\na.mp4,\"o \"\"n\"\"\ne\"\nb.mp4,6\" of rain\n").unwrap();
        assert_eq!((list.rows.len(), list.bad.len()), (2, 0));
        assert_eq!(list.rows[0].cells["title"], "o \"n\"\ne");
        assert_eq!(list.rows[1].cells["title"], "6\" of rain");
    }

    #[test]
    fn a_cell_with_a_broken_character_takes_its_own_row_and_no_other() {
        for text in [
            "file,title\na.mp4,one\nb.mp4,caf\u{fffd}\nc.mp4,three\n",
            "[{\"file\": \"a.mp4\"},\n\n{\"file\": \"b.mp4\", \"title\": \"caf\u{fffd}\"}, {\"file\": \"c.mp4\"}]",
        ] {
            let list = read(text).unwrap();
            let files = list.rows.iter().map(|row| (row.place, &*row.cells["file"]));
            assert_eq!(files.collect::<Vec<_>>(), [(1, "a.mp4"), (3, "c.mp4")]);
            let bad = &list.bad[0];
            assert_eq!(
                (list.bad.len(), bad.line, bad.cause.code.as_str()),
                (1, 3, "list_cell_broken")
            );
            assert_eq!(bad.column.as_deref(), Some("title"));
        }
    }

    #[test]
    fn what_spoils_the_whole_list_is_told() {
        for (text, code) in [
            ("", "list_empty"),
            ("file,title\n", "list_empty"),
            ("[]", "list_empty"),
            ("file,title,file\na,b,c\n", "list_column_twice"),
            ("file,\"title\na,b\n", "list_quote_open"),
            ("[{\"file\": }]", "list_not_json"),
            ("{\"file\": \"a.mp4\"}", "list_not_json"),
        ] {
            assert_eq!(read(text).unwrap_err().code, code);
        }
        let cause = read("[\n{\"file\": }]").unwrap_err();
        assert_eq!(cause.params["line"], "2");
    }
}
