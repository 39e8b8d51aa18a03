//! Many manuscripts at once: lists with all kinds of bad rows, templates, and new words for many uploads.
#![allow(clippy::unwrap_used, reason = "a test may end here")]

mod terminal;

use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, fs, time::Instant};
use terminal::{PASSPHRASE, Ran, Terminal};

const ROWS: usize = 1000;
const BAD: usize = 37;
const COLUMNS: [&str; 14] = [
    "file",
    "accounts",
    "title",
    "description",
    "tags",
    "hold",
    "priority",
    "template",
    "cover",
    "caption en",
    "bilibili.title",
    "bilibili.tid",
    "bilibili.copyright",
    "bilibili.source",
];

type Cells = BTreeMap<&'static str, String>;

/// A row that is refused, with the column and the code that it is told by.
struct Bad {
    cells: Cells,
    /// Instead of the cells, as it stands in the list.
    raw: Option<String>,
    column: Option<&'static str>,
    code: &'static str,
}

/// A terminal with a folder account `arch`, a Bilibili account `bili`, a template, and what the rows name.
fn studio() -> Terminal {
    let it = Terminal::with_account();
    let mut bili = it.command([
        "accounts",
        "add",
        "bilibili",
        "--label",
        "bili",
        "--no-check",
        "--set",
        "client_id=c",
        "--secret",
        "app_secret=s",
        "--secret",
        "access_token=t",
        "--secret",
        "refresh_token=r",
    ]);
    let added = bili.env("SLIPWAY_PASSPHRASE", PASSPHRASE).output().unwrap();
    assert!(added.status.success(), "{added:?}");
    it.run([
        "templates",
        "save",
        "Daily",
        "--account",
        "arch",
        "--set",
        "title={folder} {index:04}",
        "--set",
        "tags=sea,harbour",
        "--set",
        "bilibili.tid=21",
        "--priority",
        "low",
    ])
    .ok();
    for folder in ["videos", "videos/folder.mp4"] {
        fs::create_dir(it.path(folder)).unwrap();
    }
    it.file("videos/sent.mp4", 50_001);
    it.run(["add", "videos/sent.mp4", "--account", "arch"]).ok();
    it.file("videos/empty.mp4", 0);
    it.file("videos/page.txt", 77);
    fs::write(
        it.path("videos/bad.srt"),
        "1\n00:00:05,000 --> 00:00:01,000\nx\n",
    )
    .unwrap();
    fs::write(
        it.path("videos/en.srt"),
        "1\n00:00:01,000 --> 00:00:02,000\nHello\n",
    )
    .unwrap();
    it
}

/// Manuscripts that nothing is wrong with, some of them for two accounts, over several lines, by the template.
fn good(it: &Terminal, n: usize) -> Cells {
    let name = format!("videos/v{n:04}.mp4");
    it.file(&name, 1000 + n);
    let mut cells = Cells::from([("file", name)]);
    let mut set = |column: &'static str, value: &str| {
        cells.insert(column, value.to_owned());
    };
    match n % 5 {
        0 => set("template", "Daily"),
        1 => {
            set("accounts", "arch,bili");
            set("tags", "a,b");
            set("bilibili.tid", "17");
        }
        2 => {
            set("accounts", "arch");
            set("title", "\"Harbour\",\nat dawn");
            set("caption en", "videos/en.srt");
        }
        3 => {
            set("accounts", "arch");
            set("hold", "true");
            set("priority", "high");
        }
        _ => {
            set("accounts", "arch");
            set("title", "港の夜明け, {literal}");
        }
    }
    cells
}

/// One row for each way to be wrong, again and again with other files.
fn bad(it: &Terminal, n: usize, of_csv: bool) -> Bad {
    let file = format!("videos/b{n:02}.mp4");
    it.file(&file, 100_000 + n);
    let mut row = Bad {
        cells: Cells::from([("file", file), ("accounts", "arch".to_owned())]),
        raw: None,
        column: Some("file"),
        code: "",
    };
    let bili = [
        ("accounts", "bili"),
        ("tags", "a"),
        ("bilibili.tid", "21"),
        ("title", "t"),
    ];
    let long = "長".repeat(80);
    let (changes, column, code): (Vec<(&'static str, &str)>, _, _) = match n % 24 {
        0 => (vec![("file", "videos/gone.mp4")], "file", "file_missing"),
        1 => (vec![("file", "videos/empty.mp4")], "file", "file_empty"),
        2 => (
            vec![("file", "videos/folder.mp4")],
            "file",
            "file_is_folder",
        ),
        3 => (vec![("file", "")], "file", "list_no_file"),
        4 => (vec![("file", "https://")], "file", "address_invalid"),
        5 => (
            vec![("file", "HTTP://a.example/x.mp4?k=SECRET")],
            "file",
            "online_not_taken",
        ),
        6 => (
            vec![("accounts", "arch,nobody")],
            "accounts",
            "account_not_named",
        ),
        7 => (vec![("accounts", " , ")], "accounts", "no_accounts"),
        8 => (vec![("accounts", "")], "accounts", "no_accounts"),
        9 => (
            [&bili[..], &[("title", &long)]].concat(),
            "title",
            "field_too_long",
        ),
        10 => (
            [&bili[..], &[("bilibili.title", &long)]].concat(),
            "bilibili.title",
            "field_too_long",
        ),
        11 => (
            [&bili[..], &[("bilibili.tid", "music")]].concat(),
            "bilibili.tid",
            "field_not_a_number",
        ),
        12 => (
            [&bili[..], &[("bilibili.tid", "")]].concat(),
            "bilibili.tid",
            "field_required",
        ),
        13 => (
            [&bili[..], &[("bilibili.copyright", "3")]].concat(),
            "bilibili.copyright",
            "field_not_a_choice",
        ),
        14 => (
            [&bili[..], &[("tags", "")]].concat(),
            "tags",
            "field_required",
        ),
        15 => (vec![("hold", "maybe")], "hold", "field_not_yes_or_no"),
        16 => (
            vec![("priority", "urgent")],
            "priority",
            "field_not_a_choice",
        ),
        17 => (vec![("template", "Weekly")], "template", "template_unknown"),
        18 => (
            vec![("template", "Daily"), ("title", "No {indx}")],
            "title",
            "template_variable_unknown",
        ),
        19 => (vec![("cover", "videos/gone.jpg")], "cover", "cover_missing"),
        20 => (
            vec![("cover", "videos/page.txt")],
            "cover",
            "cover_not_an_image",
        ),
        21 => (
            vec![("caption en", "videos/gone.srt")],
            "caption en",
            "file_missing",
        ),
        22 => (
            vec![("caption en", "videos/bad.srt")],
            "caption en",
            "captions_ends_before_it_begins",
        ),
        _ => (vec![("file", "videos/sent.mp4")], "file", "already_sending"),
    };
    for (column, value) in changes {
        row.cells.insert(column, value.to_owned());
    }
    (row.column, row.code) = (Some(column), code);
    // The last ones are of the list's own form.
    let (raw, column, code) = match (n, of_csv) {
        (33, _) => return twice(row),
        (34, true) => ("videos/b34.mp4,arch", None, "list_row_length"),
        // The next row has quotation marks of its own.
        (35, true) => (
            "videos/b35.mp4,arch,\"never closed,,,,,,,,,,,",
            Some("title"),
            "list_quote_open",
        ),
        (36, true) => (
            "videos/b36.mp4,arch,caf\u{fffd},,,,,,,,,,,",
            Some("title"),
            "list_cell_broken",
        ),
        (34, false) => ("7", None, "list_row_no_object"),
        (35, false) => (
            r#"{"file": "videos/b35.mp4", "accounts": "arch", "title": {}}"#,
            Some("title"),
            "list_value_no_text",
        ),
        (36, false) => (
            r#"{"file": "videos/b36.mp4", "accounts": ["arch"], "titel": "x"}"#,
            Some("titel"),
            "list_column_unknown",
        ),
        _ => return row,
    };
    (row.raw, row.column, row.code) = (Some(raw.to_owned()), column, code);
    row
}

/// The same file to the same account as a row before.
fn twice(mut row: Bad) -> Bad {
    row.cells = Cells::from([
        ("file", "videos/v0003.mp4".to_owned()),
        ("accounts", "arch".to_owned()),
    ]);
    (row.column, row.code) = (Some("file"), "list_row_twice");
    row
}

fn csv_row(cells: &Cells) -> String {
    let quoted = COLUMNS.map(|column| {
        let cell = cells.get(column).map_or("", String::as_str);
        format!("\"{}\"", cell.replace('"', "\"\""))
    });
    quoted.join(",")
}

fn json_row(cells: &Cells) -> String {
    let object: Map<_, _> = cells
        .iter()
        .map(|(column, cell)| ((*column).to_owned(), json!(cell)))
        .collect();
    serde_json::to_string_pretty(&object).unwrap()
}

/// A list of a thousand rows, and what each bad one is to be told by.
fn list(it: &Terminal, of_csv: bool) -> (String, Vec<Value>) {
    let mut text = if of_csv {
        COLUMNS.join(",")
    } else {
        "[".into()
    };
    let mut expected = Vec::new();
    let mut bads = 0;
    for n in 0..ROWS {
        text += if of_csv || n == 0 { "\n" } else { ",\n" };
        let line = text.matches('\n').count() + 1;
        // Every 27th, and the last.
        let row = if (n % 27 == 26 && bads < BAD - 1) || n == ROWS - 1 {
            let bad = bad(it, bads, of_csv);
            bads += 1;
            expected.push(json!([line, bad.column, bad.code]));
            bad.raw.unwrap_or_else(|| {
                if of_csv {
                    csv_row(&bad.cells)
                } else {
                    json_row(&bad.cells)
                }
            })
        } else {
            let cells = good(it, n);
            if of_csv {
                csv_row(&cells)
            } else {
                json_row(&cells)
            }
        };
        text += &row;
    }
    text += if of_csv { "\n" } else { "\n]" };
    assert_eq!(bads, BAD);
    (text, expected)
}

/// Without `ffprobe`: it would be asked about each of a thousand files that are no videos.
fn import(it: &Terminal, args: &[&str]) -> Ran {
    let mut command = it.command(["add", "--json", "--from"].iter().chain(args));
    command.env("PATH", "").output().unwrap().into()
}

#[expect(clippy::print_stderr, reason = "the time is a figure to be read")]
fn thousand_rows_with_37_bad_ones(of_csv: bool) {
    let it = studio();
    let (text, expected) = list(&it, of_csv);
    let name = if of_csv { "list.csv" } else { "list.json" };
    fs::write(it.path(name), text).unwrap();

    let checked = import(&it, &[name, "--check"]);
    assert_eq!(checked.status, 2);
    assert_eq!(checked.error()["code"], "list_rows_bad");
    assert_eq!(it.phases().len(), 1, "looking adds nothing");

    let began = Instant::now();
    let ran = import(&it, &[name]);
    let took = began.elapsed();
    assert_eq!(ran.status, 2, "{:?}", ran.error());
    let added = ran.json();
    let told: Vec<Value> = added["bad"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bad| json!([bad["line"], bad["column"], bad["code"]]))
        .collect();
    assert_eq!(told, expected);
    assert_eq!(added["bad"], checked.json()["bad"]);
    assert_eq!(
        (&added["rows"], &added["manuscripts"]),
        (&json!(ROWS), &json!(ROWS - BAD))
    );
    let error = ran.error();
    assert_eq!(error["code"], "list_rows_left_out");
    assert_eq!(error["params"]["bad"], BAD.to_string());
    assert_eq!(checked.error()["params"], error["params"]);
    for bad in added["bad"].as_array().unwrap() {
        let message = bad["message"].as_str().unwrap();
        assert!(ran.stderr.contains(message), "{message}");
        assert!(
            message.len() > 20 && !message.contains("SECRET"),
            "{message}"
        );
    }

    let rows = it.run(["list", "--json"]).ok().json();
    let rows = rows.as_array().unwrap();
    let ids = added["uploads"].as_array().unwrap();
    assert_eq!(rows.len(), ids.len() + 1, "and the one from before");
    let of = |file: &str| {
        rows.iter()
            .filter(|row| row["file"] == file)
            .map(|row| {
                (
                    row["account"].as_str().unwrap(),
                    row["title"].as_str().unwrap(),
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of("v0000.mp4"),
        [("arch", "videos 0001")],
        "by the template"
    );
    assert_eq!(of("v0990.mp4"), [("arch", "videos 0991")]);
    assert_eq!(of("v0001.mp4"), [("arch", "v0001"), ("bili", "v0001")]);
    assert_eq!(of("v0002.mp4"), [("arch", "\"Harbour\",\nat dawn")]);
    assert_eq!(of("v0004.mp4"), [("arch", "港の夜明け, {literal}")]);
    let held = rows.iter().find(|row| row["file"] == "v0003.mp4").unwrap();
    assert_eq!(held["intent"], "hold");
    let captioned = rows.iter().find(|row| row["file"] == "v0002.mp4").unwrap();
    let shown = it.run(["show", &captioned["id"].to_string(), "--json"]);
    let captions = shown.ok().json()["fields"]["captions"].to_string();
    assert!(captions.contains("Hello"), "{captions}");

    let again = import(&it, &[name]);
    assert_eq!(again.status, 2);
    assert_eq!(again.json()["manuscripts"], 0, "nothing is added twice");
    assert_eq!(it.phases().len(), rows.len());
    eprintln!(
        "{name}: {ROWS} rows, {BAD} bad: {} manuscripts, {} uploads in {:.2} s",
        added["manuscripts"],
        ids.len(),
        took.as_secs_f64()
    );
}

#[test]
fn a_csv_of_a_thousand_rows_loads_all_but_37_bad_ones_each_told_with_line_and_column() {
    thousand_rows_with_37_bad_ones(true);
}

#[test]
fn a_json_list_of_a_thousand_rows_loads_all_but_37_bad_ones_each_told_with_line_and_column() {
    thousand_rows_with_37_bad_ones(false);
}

#[test]
fn what_spoils_a_whole_list_is_one_sentence_and_adds_nothing() {
    let it = Terminal::with_account();
    it.file("a.mp4", 100);
    for (name, bytes, code, at) in [
        ("empty.csv", &b"file,title\n"[..], "list_empty", ""),
        ("nothing.csv", b"", "file_empty", ""),
        (
            "binary.csv",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            "text_not_readable",
            "",
        ),
        ("utf16.csv", b"f\0i\0l\0e\0\n\0", "text_not_readable", ""),
        (
            "twice.csv",
            b"file,title,file\na.mp4,t,b.mp4\n",
            "list_column_twice",
            "file",
        ),
        (
            "column.csv",
            b"file,titel\na.mp4,t\n",
            "list_column_unknown",
            "titel",
        ),
        (
            "platform.csv",
            b"file,nowhere.title\na.mp4,t\n",
            "platform_unknown",
            "nowhere.title",
        ),
        (
            "field.csv",
            b"file,folder.titel\na.mp4,t\n",
            "field_unknown",
            "folder.titel",
        ),
        (
            "broken.json",
            b"[{\"file\": \"a.mp4\",}]",
            "list_not_json",
            "",
        ),
        ("object.json", b"{\"file\": \"a.mp4\"}", "list_not_json", ""),
    ] {
        fs::write(it.path(name), bytes).unwrap();
        let ran = it.run(["add", "--from", name, "--account", "arch", "--json"]);
        let error = ran.error();
        assert_eq!((ran.status, &error["code"]), (2, &json!(code)), "{name}");
        let column = &error["params"]["column"];
        assert_eq!(column.as_str().unwrap_or_default(), at, "{name}");
        let message = error["message"].as_str().unwrap();
        assert!(message.len() > 20 && !message.contains('{'), "{message}");
    }
    let ran = it.run(["add", "--from", "gone.csv", "--json"]);
    assert_eq!(
        (ran.status, &ran.error()["code"]),
        (2, &json!("file_missing"))
    );
    assert!(it.phases().is_empty());
}

#[test]
fn lists_in_the_encodings_of_common_programs_are_read() {
    let text = "file;title\nv.mp4;海辺の夜明け\n";
    let utf16 = |big: bool| -> Vec<u8> {
        let bytes = |unit: u16| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        };
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(bytes).collect()
    };
    // GB 18030: as a program on a Chinese Windows writes it.
    let (head, tail) = (b"file;title\nv.mp4;", b"\n");
    let title = [
        0xba, 0xa3, 0xde, 0x78, 0xa4, 0xce, 0xd2, 0xb9, 0xc3, 0xf7, 0xa4, 0xb1,
    ];
    for (name, bytes) in [
        ("bom.csv", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
        ("gb.csv", [&head[..], &title, tail].concat()),
        ("le.csv", utf16(false)),
        ("be.csv", utf16(true)),
        ("crlf.csv", text.replace('\n', "\r\n").into_bytes()),
    ] {
        let it = Terminal::with_account();
        it.file("v.mp4", 100);
        fs::write(it.path(name), bytes).unwrap();
        it.run(["add", "--from", name, "--account", "arch"]).ok();
        let rows = it.run(["list", "--json"]).ok().json();
        assert_eq!(rows[0]["title"], "海辺の夜明け", "{name}");
    }
}

/// A title as programs write it that know nothing of UTF-8, and a character that a program has cut in two.
#[test]
fn a_row_in_another_encoding_is_told_with_its_line_and_column_and_the_others_load() {
    for broken in [&b"caf\xe9"[..], b"\xe6\xb5"] {
        let it = Terminal::with_account();
        for (name, bytes) in [("a.mp4", 10), ("b.mp4", 20), ("c.mp4", 30)] {
            it.file(name, bytes);
        }
        let list = [
            "file,title\na.mp4,海辺の夜明け\nb.mp4,".as_bytes(),
            broken,
            "\nc.mp4,港\n".as_bytes(),
        ];
        fs::write(it.path("list.csv"), list.concat()).unwrap();
        let ran = it.run(["add", "--from", "list.csv", "--account", "arch", "--json"]);
        let added = ran.json();
        assert_eq!((ran.status, &added["manuscripts"]), (2, &json!(2)));
        let bad = &added["bad"][0];
        assert_eq!(
            (&bad["line"], &bad["column"], &bad["code"]),
            (&json!(3), &json!("title"), &json!("list_cell_broken"))
        );
        let rows = it.run(["list", "--json"]).ok().json();
        let titles = [&rows[0]["title"], &rows[1]["title"]];
        assert_eq!(titles, ["海辺の夜明け", "港"]);
    }
}

#[test]
fn a_template_fills_in_what_is_not_said_and_its_variables_for_each_file() {
    let it = Terminal::with_account();
    fs::create_dir(it.path("Harbour")).unwrap();
    for (name, bytes) in [("Harbour/one.mp4", 10), ("Harbour/two.mp4", 20)] {
        it.file(name, bytes);
    }
    let save = |name: &str, title: &str| {
        let title = format!("title={title}");
        it.run([
            "templates",
            "save",
            name,
            "--account",
            "arch",
            "--hold",
            "--set",
            &title,
            "--set",
            "tags=a,b",
            "--json",
        ])
    };
    save("Trip", "{folder} {index:03} {filename} {{{date:%Y}}}").ok();
    assert_eq!(save("Trip", "x").error()["code"], "template_name_taken");
    for (title, code, said) in [
        (
            "at {indx}",
            "template_variable_unknown",
            "there is no variable indx",
        ),
        (
            "on {date:%Q%}",
            "template_format_invalid",
            "cannot be written as '%Q%'",
        ),
        ("on {date:%Y", "template_brace", "a brace without its other"),
    ] {
        let bad = save("Other", title).error();
        assert_eq!(
            (&bad["code"], &bad["params"]["at"]),
            (&json!(code), &json!("4"))
        );
        let message = bad["message"].as_str().unwrap();
        assert!(
            message.contains("title") && message.contains(said),
            "{message}"
        );
    }
    assert_eq!(save("Other", "{indx}").status, 2);

    it.run([
        "add",
        "Harbour/one.mp4",
        "Harbour/two.mp4",
        "--template",
        "Trip",
    ])
    .ok();
    let rows = it.run(["list", "--json"]).ok().json();
    let title = rows[1]["title"].as_str().unwrap();
    assert!(title.starts_with("Harbour 002 two {20"), "{title}");
    assert_eq!(
        (&rows[0]["account"], &rows[0]["intent"]),
        (&json!("arch"), &json!("hold"))
    );
    it.file("three.mp4", 30);
    let own = [
        "add",
        "three.mp4",
        "--template",
        "Trip",
        "--set",
        "title=Third {index}",
    ];
    it.run(own).ok();
    let shown = it.run(["show", "3", "--json"]).ok().json();
    assert_eq!(
        (&shown["title"], &shown["fields"]["tags"]),
        (&json!("Third 1"), &json!("a,b"))
    );
    it.file("four.mp4", 40);
    it.run([
        "add",
        "four.mp4",
        "--account",
        "arch",
        "--set",
        "title={as it is",
    ])
    .ok();
    assert_eq!(
        it.run(["show", "4", "--json"]).ok().json()["title"],
        "{as it is"
    );
    for (args, code) in [
        (
            &["add", "four.mp4", "--template", "Nobody"][..],
            "template_unknown",
        ),
        (
            &[
                "add",
                "three.mp4",
                "--again",
                "--variables",
                "--account",
                "arch",
                "--set",
                "title={as it is",
            ],
            "template_brace",
        ),
        (&["templates", "show", "Nobody"], "template_unknown"),
        (&["templates", "remove", "Nobody"], "template_unknown"),
        (&["templates", "csv", "nowhere"], "platform_unknown"),
        (
            &["templates", "save", "T", "--account", "nobody"],
            "account_not_named",
        ),
        (
            &["templates", "save", "T", "--set", "titel=x"],
            "field_not_common",
        ),
    ] {
        let ran = it.run(args.iter().chain(&["--json"]));
        assert_eq!(
            (ran.status, &ran.error()["code"]),
            (2, &json!(code)),
            "{args:?}"
        );
    }
    it.run(["templates", "remove", "Trip"]).ok();
    assert_eq!(
        it.run(["templates", "list", "--json"]).ok().json(),
        json!([])
    );
}

#[test]
fn templates_leave_one_machine_and_come_to_another_as_a_file() {
    let it = Terminal::with_account();
    let save = [
        "templates",
        "save",
        "旅",
        "--account",
        "arch",
        "--set",
        "title={date} 旅",
        "--priority",
        "high",
    ];
    it.run(save).ok();
    let exported = it.run(["templates", "export"]).ok();
    assert_eq!(
        exported.json(),
        json!({ "slipway_templates": 1, "templates": [
            { "name": "旅", "fields": { "title": "{date} 旅" }, "accounts": ["arch"], "hold": false, "priority": "high" },
        ] })
    );
    let other = Terminal::new();
    fs::write(other.path("t.json"), &exported.stdout).unwrap();
    let imported = other.run(["templates", "import", "t.json", "--json"]).ok();
    assert_eq!(
        imported.json(),
        json!({ "templates": ["旅"], "missing_accounts": ["arch"] })
    );
    assert!(imported.stderr.contains("arch"));
    let shown = other.run(["templates", "show", "旅", "--json"]).ok().json();
    assert_eq!(
        (&shown["accounts"], &shown["priority"]),
        (&json!([]), &json!("high"))
    );
    let again = other.run(["templates", "import", "t.json", "--json"]);
    assert_eq!(
        (again.status, &again.error()["code"]),
        (2, &json!("template_name_taken"))
    );
    other
        .run(["templates", "import", "t.json", "--replace"])
        .ok();
    for (text, code) in [
        ("not json", "templates_not_ours"),
        (
            r#"{"slipway_templates":9,"templates":[]}"#,
            "templates_newer",
        ),
        (
            r#"{"slipway_templates":1,"templates":[{"name":"a"},{"name":"b","fields":{"title":"{x}"}}]}"#,
            "template_variable_unknown",
        ),
        (
            r#"{"slipway_templates":1,"templates":[{"name":"a"},{"name":"a"}]}"#,
            "template_twice",
        ),
    ] {
        fs::write(other.path("bad.json"), text).unwrap();
        let ran = other.run(["templates", "import", "bad.json", "--json"]);
        assert_eq!(
            (ran.status, &ran.error()["code"]),
            (2, &json!(code)),
            "{text}"
        );
    }
    let names = other.run(["templates", "list", "--json"]).ok().json();
    assert_eq!(
        names.as_array().unwrap().len(),
        1,
        "a bad file leaves nothing behind"
    );
}

#[test]
fn the_header_of_a_list_is_one_that_a_list_may_have() {
    let it = Terminal::with_account();
    it.file("v.mp4", 10);
    let header = it
        .run(["templates", "csv", "folder", "bilibili"])
        .ok()
        .stdout;
    let columns = header.trim_end().split(',').count();
    assert!(
        header.starts_with("file,accounts,title,") && columns > 20,
        "{header}"
    );
    let row = format!("v.mp4,arch{}", ",".repeat(columns - 2));
    fs::write(it.path("list.csv"), format!("{header}{row}\n")).unwrap();
    let added = it.run(["add", "--from", "list.csv", "--json"]).ok().json();
    assert_eq!(
        (&added["uploads"], &added["bad"]),
        (&json!([1]), &json!([]))
    );
}

#[test]
fn upload_from_a_list_sends_the_good_rows_and_ends_with_two_for_the_bad_ones() {
    let it = Terminal::with_account();
    it.file("v.mp4", 2000);
    fs::write(
        it.path("list.json"),
        r#"[{"file": "v.mp4", "title": "Film"}, {"file": "gone.mp4"}]"#,
    )
    .unwrap();
    let ran = it.run(["upload", "--from", "list.json", "--account", "arch"]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert_eq!(it.phases(), ["published"]);
    assert!(ran.stderr.contains("list.json:1, file: "), "{}", ran.stderr);
}

#[test]
fn many_uploads_take_new_words_and_those_that_cannot_are_told() {
    let it = Terminal::with_account();
    for (name, bytes) in [("a.mp4", 10), ("b.mp4", 20), ("c.mp4", 30)] {
        it.file(name, bytes);
    }
    it.run(["upload", "a.mp4", "--account", "arch"]).ok();
    it.run([
        "add",
        "b.mp4",
        "c.mp4",
        "--account",
        "arch",
        "--set",
        "tags=old",
    ])
    .ok();
    let set = it.run(["set", "1", "2", "3", "description=New", "tags=", "--json"]);
    assert_eq!(set.status, 2, "one is published");
    let answer = set.json();
    assert_eq!(answer["changed"], 2);
    let refused = &answer["refused"][0];
    assert_eq!(
        (&refused["id"], &refused["code"]),
        (&json!(1), &json!("upload_past_editing"))
    );
    let fields = it.run(["show", "3", "--json"]).ok().json()["fields"].clone();
    assert_eq!(
        (&fields["description"], &fields["tags"]),
        (&json!("New"), &Value::Null)
    );

    let all = it
        .run([
            "set",
            "--all",
            "title=Part {index} of {filename}",
            "--variables",
            "--json",
        ])
        .ok();
    assert_eq!(all.json()["changed"], 2, "what is submitted was not meant");
    assert_eq!(
        it.run(["show", "3", "--json"]).ok().json()["title"],
        "Part 2 of c"
    );
    for (args, code) in [
        (&["set", "2"][..], "fields_none"),
        (&["set", "title=x"], "uploads_named_wrong"),
        (&["set", "2", "--all", "title=x"], "uploads_named_wrong"),
        (&["set", "2", "titel=x"], "field_not_common"),
        (&["set", "two", "title=x"], "usage"),
        (&["set", "2", "=x"], "usage"),
    ] {
        let ran = it.run(args.iter().chain(&["--json"]));
        assert_eq!(
            (ran.status, &ran.error()["code"]),
            (2, &json!(code)),
            "{args:?}"
        );
    }
    let gone = it.run(["set", "99", "title=x", "--json"]);
    assert_eq!(
        (gone.status, &gone.json()["refused"][0]["code"]),
        (2, &json!("upload_unknown"))
    );
}
