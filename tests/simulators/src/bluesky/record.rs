//! Checks a post as the server's lexicon does, with its words.
//!
//! Pure. Source: the lexicons `app.bsky.feed.post`, `app.bsky.embed.video`, `app.bsky.richtext.facet` and what @atproto/pds 0.5.35 answers, read
//! and run 2026-08-20.

use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation as _;

/// What is wrong with a record, first finding only.
pub(crate) fn check(record: &Value) -> Result<(), String> {
    if record["$type"] != "app.bsky.feed.post" {
        return Err(format!(
            "Invalid $type: expected app.bsky.feed.post, got {}",
            record["$type"]
        ));
    }
    let text = record["text"]
        .as_str()
        .ok_or("Missing required key \"text\" at $.record.text")?;
    limited(text, 3000, 300, "$.record.text")?;
    let created = record["createdAt"]
        .as_str()
        .ok_or("Missing required key \"createdAt\" at $.record.createdAt")?;
    if created.parse::<jiff::Timestamp>().is_err() {
        return Err("Invalid datetime at $.record.createdAt".into());
    }
    let langs = array(record, "langs", 3)?;
    for lang in langs {
        if !lang.as_str().is_some_and(is_language) {
            return Err("Invalid language at $.record.langs".into());
        }
    }
    for tag in array(record, "tags", 8)? {
        limited(tag.as_str().unwrap_or_default(), 640, 64, "$.record.tags")?;
    }
    if !record["labels"].is_null() {
        if record["labels"]["$type"] != "com.atproto.label.defs#selfLabels" {
            return Err("Expected com.atproto.label.defs#selfLabels at $.record.labels".into());
        }
        for label in array(&record["labels"], "values", 10)? {
            let value = label["val"]
                .as_str()
                .ok_or("Missing required key \"val\"")?;
            if value.len() > 128 {
                return Err("string too big (maximum 128) at $.record.labels.values".into());
            }
        }
    }
    for facet in array(record, "facets", usize::MAX)? {
        check_facet(facet)?;
    }
    match &record["embed"] {
        Value::Null => Ok(()),
        embed => check_embed(embed),
    }
}

fn check_facet(facet: &Value) -> Result<(), String> {
    let index = |name: &str| {
        facet["index"][name]
            .as_i64()
            .filter(|n| *n >= 0)
            .ok_or(format!(
                "integer too small (minimum 0) at $.record.facets.index.{name}"
            ))
    };
    let (from, to) = (index("byteStart")?, index("byteEnd")?);
    if to < from {
        return Err("byteEnd before byteStart at $.record.facets.index".into());
    }
    for feature in array(facet, "features", usize::MAX)? {
        match feature["$type"].as_str().unwrap_or_default() {
            "app.bsky.richtext.facet#link" => {
                let uri = feature["uri"].as_str().unwrap_or_default();
                url::Url::parse(uri).map_err(|_| "Invalid URI at $.record.facets".to_owned())?;
            }
            "app.bsky.richtext.facet#mention" => {
                if !feature["did"].as_str().is_some_and(is_did) {
                    return Err("Invalid DID at $.record.facets".into());
                }
            }
            "app.bsky.richtext.facet#tag" => {
                limited(
                    feature["tag"].as_str().unwrap_or_default(),
                    640,
                    64,
                    "$.record.facets",
                )?;
            }
            other => return Err(format!("Unknown feature {other}")),
        }
    }
    Ok(())
}

fn check_embed(embed: &Value) -> Result<(), String> {
    if embed["$type"] != "app.bsky.embed.video" {
        return Err("Expected app.bsky.embed.video at $.record.embed".into());
    }
    blob(
        &embed["video"],
        "video/mp4",
        300_000_000,
        "$.record.embed.video",
    )?;
    let ratio = &embed["aspectRatio"];
    if !ratio.is_null() {
        for side in ["width", "height"] {
            match ratio[side].as_i64() {
                Some(n) if n >= 1 => {}
                Some(n) => {
                    return Err(format!(
                        "integer too small (minimum 1, got {n}) at $.record.embed.aspectRatio.{side}"
                    ));
                }
                None => {
                    return Err(format!(
                        "Expected integer at $.record.embed.aspectRatio.{side}"
                    ));
                }
            }
        }
    }
    if !embed["alt"].is_null() && !embed["alt"].is_string() {
        return Err("Expected string at $.record.embed.alt".into());
    }
    match embed["presentation"].as_str() {
        None | Some("default" | "gif") => {}
        Some(_) => {
            return Err("Expected one of default, gif at $.record.embed.presentation".into());
        }
    }
    for caption in array(embed, "captions", 20)? {
        if !caption["lang"].as_str().is_some_and(is_language) {
            return Err("Invalid language at $.record.embed.captions".into());
        }
        blob(
            &caption["file"],
            "text/vtt",
            20_000,
            "$.record.embed.captions",
        )?;
    }
    Ok(())
}

fn blob(blob: &Value, mime: &str, max: u64, at: &str) -> Result<(), String> {
    if blob["$type"] != "blob" {
        return Err(format!("Expected blob at {at}"));
    }
    if blob["ref"]["$link"].as_str().is_none_or(str::is_empty) {
        return Err(format!("Expected CID at {at}.ref"));
    }
    if blob["mimeType"] != mime {
        return Err(format!(
            "Expected \"{mime}\" (got {}) at {at}",
            blob["mimeType"]
        ));
    }
    match blob["size"].as_u64() {
        Some(size) if size > max => {
            Err(format!("blob too big (maximum {max}, got {size}) at {at}"))
        }
        Some(_) => Ok(()),
        None => Err(format!("Expected integer at {at}.size")),
    }
}

fn array<'a>(of: &'a Value, name: &str, max: usize) -> Result<&'a [Value], String> {
    match &of[name] {
        Value::Null => Ok(&[]),
        Value::Array(items) if items.len() > max => Err(format!(
            "array too big (maximum {max}, got {}) at $.record.{name}",
            items.len()
        )),
        Value::Array(items) => Ok(items),
        _ => Err(format!("Expected array at $.record.{name}")),
    }
}

fn limited(text: &str, bytes: usize, graphemes: usize, at: &str) -> Result<(), String> {
    if text.len() > bytes {
        return Err(format!(
            "string too big (maximum {bytes}, got {}) at {at}",
            text.len()
        ));
    }
    let count = text.graphemes(true).count();
    if count > graphemes {
        return Err(format!(
            "grapheme too big (maximum {graphemes}, got {count}) at {at}"
        ));
    }
    Ok(())
}

fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn is_did(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    parts.next() == Some("did")
        && parts.next().is_some_and(|m| !m.is_empty())
        && parts.next().is_some_and(|rest| !rest.is_empty())
}

/// A timestamp identifier: thirteen letters of its own alphabet, the first of which has its high bit unset.
pub(crate) fn is_tid(text: &str) -> bool {
    const LETTERS: &[u8] = b"234567abcdefghijklmnopqrstuvwxyz";
    text.len() == 13
        && text.bytes().all(|b| LETTERS.contains(&b))
        && LETTERS[..16].contains(&text.as_bytes()[0])
}
