//! What a manuscript's fields become in the platform's words: the file's name, its id, categories, subtitles.
//!
//! Pure. Invariant: a name as sent has an extension and is within the limit, counted in code points.

use super::NAME;
use crate::Draft;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use slipway_model::{Cause, Fields, Finding};
use std::collections::BTreeMap;

/// Longest file id, and what ours have.
const FILE_ID_CHARS: usize = 32;
/// Parameters that are sent as they are.
const PLAIN: [&str; 6] = [
    "domain",
    "workflowId",
    "waterMarkName",
    "transCodeCombineName",
    "subtitleId",
    "cmd",
];
/// What a workflow takes the place of.
const OVERRIDDEN: [&str; 4] = ["cmd", "waterMarkName", "transCodeCombineName", "subtitleId"];

/// The name with its extension, shortened at the end of its stem to `most` code points.
pub(super) fn shortened(name: &str, most: usize) -> String {
    cut(name, most, |text| text.chars().count())
}

/// A name for a platform that found `name` too long although it kept to `most`: the same limit in bytes, and half of it where that holds already.
pub(super) fn offer(name: &str, most: usize) -> String {
    if name.len() > most {
        cut(name, most, str::len)
    } else {
        cut(name, (most / 2).max(8), str::len)
    }
}

fn cut(name: &str, most: usize, measure: impl Fn(&str) -> usize) -> String {
    let clean: String = name
        .chars()
        .map(|c| {
            if c.is_control() || c == '/' || c == '\\' {
                ' '
            } else {
                c
            }
        })
        .collect();
    let (stem, end) = match clean.trim().rsplit_once('.') {
        Some((stem, end)) if !stem.is_empty() && (1..=5).contains(&end.chars().count()) => {
            (stem.to_owned(), format!(".{end}"))
        }
        // The platform tells a file's type by the end of its name.
        _ => (clean.trim().trim_end_matches('.').to_owned(), ".mp4".into()),
    };
    let mut stem = stem;
    while measure(&stem) + measure(&end) > most && stem.chars().count() > 1 {
        stem.pop();
    }
    let stem = stem.trim_end();
    format!("{}{end}", if stem.is_empty() { "video" } else { stem })
}

/// The name a file is sent under. Preflight shows it where it is not the one that was wished.
pub(super) fn origin(draft: &Draft, most: usize) -> String {
    shortened(wished(&draft.fields, &draft.file_name), most)
}

fn wished<'a>(fields: &'a Fields, file_name: &'a str) -> &'a str {
    match value(fields, "originFileName") {
        "" => file_name,
        own => own,
    }
}

/// The id by which the platform finds an unfinished upload again: never the file's own checksum, since two uploads of one file are two.
pub(super) fn file_id(account: i64, draft: &Draft) -> String {
    let text = format!("{account}\n{}\n{}", draft.key, draft.size_bytes);
    let mut id = hex::encode(Sha256::digest(text));
    id.truncate(FILE_ID_CHARS);
    id
}

/// The parameters of `getUploadToken`.
pub(super) fn parameters(
    draft: &Draft,
    file_id: &str,
    id_goes_in: &str,
    name_max: usize,
) -> BTreeMap<String, String> {
    let fields = &draft.fields;
    let mut asked: BTreeMap<String, String> = PLAIN
        .iter()
        .map(|name| ((*name).to_owned(), value(fields, name).to_owned()))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    asked.insert("originFileName".into(), origin(draft, name_max));
    if id_goes_in != "fileMd5" {
        asked.insert("fileId".into(), file_id.into());
    }
    if id_goes_in != "fileId" {
        asked.insert("fileMd5".into(), file_id.into());
    }
    let overwrite = if value(fields, "overwrite") == "0" {
        "0"
    } else {
        "1"
    };
    asked.insert("overwrite".into(), overwrite.into());
    if let Some(categories) = categories(value(fields, "categoryNames")) {
        asked.insert("categoryNames".into(), categories.to_string());
    }
    let subtitles = subtitles(value(fields, "subtitle"));
    if !subtitles.is_empty() {
        let text = Value::from(subtitles).to_string();
        asked.insert("subtitle".into(), STANDARD.encode(text));
    }
    asked
}

/// `Sport/Football, News` as the platform's list; JSON is taken as it is.
fn categories(text: &str) -> Option<Value> {
    if text.starts_with('[') {
        return serde_json::from_str(text).ok();
    }
    let listed: Vec<Value> = text
        .split([',', '，', '\n'])
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| match name.split_once('/') {
            Some((parent, child)) => {
                json!({ "parentName": parent.trim(), "childName": child.trim() })
            }
            None => json!({ "parentName": name }),
        })
        .collect();
    (!listed.is_empty()).then(|| listed.into())
}

/// `en-US=id, ja=id` as the platform's list.
fn subtitles(text: &str) -> Vec<Value> {
    text.split([',', '，', '\n'])
        .filter_map(|pair| pair.split_once('='))
        .map(|(lang, id)| json!({ "lang": lang.trim(), "subtitleId": id.trim() }))
        .collect()
}

/// What is to be set once the video is there; `None` when nothing is.
pub(super) fn edit(draft: &Draft, video_id: &str, name_max: usize) -> Option<Value> {
    let fields = &draft.fields;
    let mut body = serde_json::Map::new();
    let title = value(fields, "title");
    let sent = origin(draft, name_max);
    let stem = sent
        .rsplit_once('.')
        .map_or(sent.as_str(), |(stem, _)| stem);
    if !title.is_empty() && title != stem {
        body.insert("videoName".into(), title.into());
    }
    for (name, parameter) in [
        ("description", "videoDescription"),
        ("playerId", "playerId"),
    ] {
        let text = value(fields, name);
        if !text.is_empty() {
            body.insert(parameter.into(), text.into());
        }
    }
    if body.is_empty() {
        return None;
    }
    body.insert("videoId".into(), video_id.into());
    Some(body.into())
}

/// What is worth a second look.
pub(super) fn notes(fields: &Fields, file_name: &str, name_max: usize) -> Vec<Finding> {
    let note = |field: &str, cause: Cause| Finding::amber(cause.with("platform", NAME)).on(field);
    let mut found = Vec::new();
    let (wished, name) = (
        wished(fields, file_name),
        shortened(wished(fields, file_name), name_max),
    );
    if name != wished {
        let cause = Cause::new("file_renamed").with("file", wished);
        found.push(note("originFileName", cause.with("name", name)));
    }
    if !value(fields, "workflowId").is_empty() {
        let idle = OVERRIDDEN
            .iter()
            .filter(|name| !value(fields, name).is_empty());
        found.extend(idle.map(|name| note(name, Cause::new("wangsu_workflow_overrides"))));
    }
    let text = value(fields, "categoryNames");
    if text.starts_with('[') && categories(text).is_none() {
        found.push(note(
            "categoryNames",
            Cause::new("wangsu_categories_unreadable"),
        ));
    }
    found
}

fn value<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", |text| text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(fields: &[(&str, &str)]) -> Draft {
        let fields = fields.iter();
        Draft {
            file_name: "海边的一天.mov".into(),
            size_bytes: 7,
            online: None,
            fields: fields.map(|(n, v)| ((*n).into(), (*v).into())).collect(),
            cover: None,
            picture: None,
            held_back: false,
            manuscript_hash: "h".into(),
            key: "k".into(),
        }
    }

    #[test]
    fn a_name_keeps_its_extension_and_its_limit() {
        let long = "长".repeat(60);
        for (name, want) in [
            ("clip.mp4", "clip.mp4".to_owned()),
            ("clip", "clip.mp4".into()),
            (".mp4", ".mp4.mp4".into()),
            ("a/b\\c\n.mp4", "a b c.mp4".into()),
            ("", "video.mp4".into()),
            (&format!("{long}.mp4"), format!("{}.mp4", "长".repeat(36))),
            (&"x".repeat(60), format!("{}.mp4", "x".repeat(36))),
        ] {
            let made = shortened(name, 40);
            assert_eq!(made, want, "{name}");
            assert!(made.chars().count() <= 40);
        }
        for chars in [39, 40] {
            let name = format!("{}.mp4", "长".repeat(chars - 4));
            assert_eq!(shortened(&name, 40), name, "{chars} are within the limit");
        }
        let name = format!("{}.mp4", "长".repeat(37));
        assert_eq!(shortened(&name, 40).chars().count(), 40, "41 are not");
    }

    #[test]
    fn a_refused_name_comes_with_a_shorter_one() {
        let wide = format!("{}.mp4", "长".repeat(36));
        assert_eq!(offer(&wide, 40), format!("{}.mp4", "长".repeat(12)));
        let narrow = format!("{}.mp4", "x".repeat(36));
        assert_eq!(offer(&narrow, 40), format!("{}.mp4", "x".repeat(16)));
    }

    #[test]
    fn fields_become_the_platforms_parameters() {
        let made = parameters(
            &draft(&[
                ("workflowId", "w1"),
                ("domain", " v.example "),
                ("categoryNames", "体育/足球, News"),
                ("subtitle", "en-US=s1，ja=s2"),
                ("cmd", ""),
                ("title", "t"),
            ]),
            "f1",
            "both",
            40,
        );
        let subtitle = STANDARD.decode(&made["subtitle"]).unwrap();
        let subtitle: Value = serde_json::from_slice(&subtitle).unwrap();
        assert_eq!(
            subtitle,
            json!([{"lang": "en-US", "subtitleId": "s1"}, {"lang": "ja", "subtitleId": "s2"}])
        );
        let categories: Value = serde_json::from_str(&made["categoryNames"]).unwrap();
        assert_eq!(
            categories,
            json!([{"parentName": "体育", "childName": "足球"}, {"parentName": "News"}])
        );
        let names: Vec<&str> = made.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "categoryNames",
                "domain",
                "fileId",
                "fileMd5",
                "originFileName",
                "overwrite",
                "subtitle",
                "workflowId"
            ]
        );
        assert_eq!(
            (made["domain"].as_str(), made["overwrite"].as_str()),
            ("v.example", "1")
        );
        let made = parameters(&draft(&[("overwrite", "0")]), "f1", "fileId", 40);
        assert_eq!(
            (made.get("fileMd5"), made["overwrite"].as_str()),
            (None, "0")
        );
    }

    #[test]
    fn only_what_the_token_could_not_say_is_edited_afterwards() {
        assert_eq!(edit(&draft(&[("title", "海边的一天")]), "v", 40), None);
        let made = edit(
            &draft(&[("title", "另一个"), ("description", "d")]),
            "v",
            40,
        );
        assert_eq!(
            made,
            Some(json!({"videoId": "v", "videoName": "另一个", "videoDescription": "d"}))
        );
    }

    #[test]
    fn two_uploads_of_one_file_have_two_ids() {
        let one = draft(&[]);
        let mut other = one.clone();
        other.key = "k2".into();
        assert_ne!(file_id(1, &one), file_id(1, &other));
        assert_ne!(file_id(1, &one), file_id(2, &one));
        assert_eq!(file_id(1, &one).len(), 32);
    }

    #[test]
    fn a_workflow_and_what_it_overrides_are_worth_a_look() {
        let fields = draft(&[
            ("workflowId", "w"),
            ("cmd", "c"),
            ("categoryNames", "[oops"),
        ])
        .fields;
        let notes = notes(&fields, "a.mp4", 40);
        let codes: Vec<&str> = notes.iter().map(|note| note.cause.code.as_str()).collect();
        assert_eq!(
            codes,
            ["wangsu_workflow_overrides", "wangsu_categories_unreadable"]
        );
    }

    #[test]
    fn a_name_that_cannot_stay_is_shown_as_it_will_be() {
        let named = |fields: &[(&str, &str)], file_name: &str| {
            let found = notes(&draft(fields).fields, file_name, 40);
            let of = |finding: Finding| (finding.cause.code, finding.cause.params["name"].clone());
            found.into_iter().map(of).next()
        };
        let name = |chars: usize| format!("{}.mp4", "海".repeat(chars - 4));
        let shown = |name: &str| Some(("file_renamed".to_owned(), name.to_owned()));
        assert_eq!(named(&[], &name(39)), None);
        assert_eq!(named(&[], &name(40)), None);
        assert_eq!(named(&[], &name(41)), shown(&name(40)));
        assert_eq!(named(&[], "clip"), shown("clip.mp4"));
        assert_eq!(named(&[("originFileName", "short.mp4")], &name(41)), None);
        let own = [("originFileName", "a/b.mp4")];
        assert_eq!(named(&own, "x.mp4"), shown("a b.mp4"));
    }
}
