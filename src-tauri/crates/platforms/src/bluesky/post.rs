//! The post as the record it becomes: text with facets, languages, tags, labels, and the video with its words and shape.
//!
//! Pure but for the handles that mentions name. Invariants: facets are computed on the final text; what is empty is left out, since the lexicon
//! has no empty values. Source: lexicons app.bsky.feed.post and app.bsky.embed.video, read 2026-08-20.

use super::{
    NAME, captions,
    facets::{self, What},
    identity,
    preflight::list,
    wire::Api,
};
use crate::{Draft, Result, http::Act, platform::Picture};
use serde_json::{Value, json};
use slipway_model::{Cause, ErrorKind, Fields, captions::Track};

pub(super) const COLLECTION: &str = "app.bsky.feed.post";
const WRITING: &str = "writing the post";

/// A caption track that lies on the server.
pub(super) struct Caption {
    pub(super) lang: String,
    pub(super) blob: Value,
}

/// The record. `created_at_ms` is the moment it shows.
pub(super) async fn record(
    api: &Api<'_>,
    draft: &Draft,
    video: &Value,
    captions: &[Caption],
    created_at_ms: i64,
) -> Result<Value> {
    let act = Act::new(NAME, WRITING);
    let text = text(&draft.fields);
    let mut facets = Vec::new();
    for found in facets::find(&text) {
        let feature = match found.what {
            What::Link(uri) => json!({ "$type": "app.bsky.richtext.facet#link", "uri": uri }),
            What::Tag(tag) => json!({ "$type": "app.bsky.richtext.facet#tag", "tag": tag }),
            What::Mention(handle) => match identity::did_of(api, act, &handle).await? {
                Some(did) => json!({ "$type": "app.bsky.richtext.facet#mention", "did": did }),
                None => continue, // nobody is called so: it stays plain text
            },
        };
        facets.push(json!({ "index": { "byteStart": found.at.start, "byteEnd": found.at.end }, "features": [feature] }));
    }
    let mut record =
        json!({ "$type": COLLECTION, "text": text, "createdAt": moment(created_at_ms) });
    let mut put = |name: &str, values: Vec<Value>| {
        if !values.is_empty() {
            record[name] = values.into();
        }
    };
    put(
        "langs",
        list(&draft.fields, "langs")
            .into_iter()
            .map(Value::from)
            .collect(),
    );
    put(
        "tags",
        list(&draft.fields, "tags")
            .into_iter()
            .map(Value::from)
            .collect(),
    );
    put("facets", facets);
    let labels: Vec<Value> = list(&draft.fields, "labels")
        .into_iter()
        .map(|val| json!({ "val": val }))
        .collect();
    if !labels.is_empty() {
        record["labels"] =
            json!({ "$type": "com.atproto.label.defs#selfLabels", "values": labels });
    }
    record["embed"] =
        embed(draft, video, captions).map_err(|cause| act.error(ErrorKind::Refused, cause))?;
    Ok(record)
}

fn embed(draft: &Draft, video: &Value, captions: &[Caption]) -> std::result::Result<Value, Cause> {
    let mut embed = json!({ "$type": "app.bsky.embed.video", "video": video });
    let field = |name: &str| {
        draft
            .fields
            .get(name)
            .map(|text| text.trim())
            .filter(|text| !text.is_empty())
    };
    if let Some(alt) = field("alt") {
        embed["alt"] = alt.into();
    }
    if let Some((width, height)) = ratio(
        field("aspect_ratio").unwrap_or("auto"),
        draft.picture.as_ref(),
    )? {
        embed["aspectRatio"] = json!({ "width": width, "height": height });
    }
    if let Some(presentation) = field("presentation").filter(|text| *text != "default") {
        embed["presentation"] = presentation.into();
    }
    if !captions.is_empty() {
        let tracks = captions
            .iter()
            .map(|track| json!({ "lang": track.lang, "file": track.blob }));
        embed["captions"] = tracks.collect();
    }
    Ok(embed)
}

/// Width and height of the picture: from the file, from the field, or none. Never 0, which the server refuses.
pub(super) fn ratio(
    field: &str,
    picture: Option<&Picture>,
) -> std::result::Result<Option<(u32, u32)>, Cause> {
    match field {
        "auto" => Ok(picture
            .map(|p| (p.width_px, p.height_px))
            .filter(|(w, h)| *w > 0 && *h > 0)),
        "off" => Ok(None),
        text => {
            let sides = text.split_once([':', 'x', '×', '/']);
            let read = |side: &str| side.trim().parse::<u32>().ok().filter(|n| *n > 0);
            let sides = sides.and_then(|(w, h)| Some((read(w)?, read(h)?)));
            let cause = || {
                Cause::new("bluesky_aspect_ratio_invalid").with("value", super::codes::shown(text))
            };
            sides.map(Some).ok_or_else(cause)
        }
    }
}

/// The text as it is posted.
pub(super) fn text(fields: &Fields) -> String {
    fields
        .get("text")
        .map(|text| text.trim().replace("\r\n", "\n"))
        .unwrap_or_default()
}

/// The tracks of a manuscript.
pub(super) fn tracks(fields: &Fields) -> std::result::Result<Vec<Track>, Cause> {
    let text = fields.get("captions").map_or("", String::as_str);
    let first = list(fields, "langs").into_iter().next();
    captions::read(text, first.unwrap_or("en"))
}

/// A moment as the lexicon writes it: UTC with milliseconds.
fn moment(unix_ms: i64) -> String {
    // Civil from days, after Howard Hinnant's `chrono-compatible` algorithm.
    let (days, ms) = (
        unix_ms.div_euclid(86_400_000),
        unix_ms.rem_euclid(86_400_000),
    );
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
        ms % 1000
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_utc_with_milliseconds() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_787_304_600_007, "2026-08-21T09:30:00.007Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_798_761_599_999, "2026-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(moment(ms), text);
        }
    }

    #[test]
    fn the_shape_comes_from_the_file_unless_it_is_told() {
        let picture = Picture {
            width_px: 1080,
            height_px: 1920,
            duration_ms: None,
        };
        assert_eq!(ratio("auto", Some(&picture)).unwrap(), Some((1080, 1920)));
        assert_eq!(ratio("auto", None).unwrap(), None);
        assert_eq!(ratio("off", Some(&picture)).unwrap(), None);
        assert_eq!(ratio("16:9", Some(&picture)).unwrap(), Some((16, 9)));
        assert_eq!(ratio("1920x1080", None).unwrap(), Some((1920, 1080)));
        let nothing = Picture {
            width_px: 0,
            ..picture
        };
        assert_eq!(
            ratio("auto", Some(&nothing)).unwrap(),
            None,
            "0 is refused by the server"
        );
        for text in ["16:0", "wide", "1.5:1", ":"] {
            assert_eq!(
                ratio(text, None).unwrap_err().code,
                "bluesky_aspect_ratio_invalid"
            );
        }
    }
}
