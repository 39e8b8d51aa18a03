//! Says honestly what is known of the platform and what is a guess with a switch.

use serde_json::{Value, json};

use super::switches::{Profile, Switches};

/// Read in the platform's own repositories, its engineering article, or relayed from its documents with a date.
const OFFICIAL: [&str; 16] = [
    "hosts and paths; one process plays all four hosts",
    "envelope code, message, ttl, request_id, data; business errors arrive as HTTP 200",
    "consent page parameters, redirect with code and state, registered callback hosts",
    "code and refresh exchange, parameters in the query or in a form; a refresh token works once; expires_in is a moment, not a duration",
    "signature 2.0: HMAC-SHA256 over six x-bili-* headers, content MD5, MD5 of nothing for the cover, clock within 600 s, nonce once",
    "init with name and utype \"0\" or \"1\"; upload_token; no size, no hash",
    "part upload by upload_token and part_number from 1, raw body, unsigned; small upload up to 100 MB",
    "complete without a list of parts",
    "cover: multipart field file; JPEG or PNG, 5 MB, 960x600; GIF refused",
    "category tree; add-by-utoken fields; title, desc and tag limits; source for reposts",
    "30 s between submissions; the same title twice refused; five a day for members who are not formal",
    "edit with every field, delete, view, viewlist with pn, ps 1-50 and four filters",
    "states 0 and -2, video_info empty until open",
    "error codes and their meaning (relayed 2026-07-23)",
    "webhooks: address check, SHA-1 of secret and body, three attempts, UTC+8",
    "permissions per app and per user, list of accounts",
];

/// Nobody has published it; it behaves as said here and no switch changes it.
const INFERRED: [&str; 9] = [
    "the order of checks",
    "lifetimes: access token 30 days, refresh token 60 days, code 10 minutes",
    "the same title is refused for 10 minutes",
    "states other than 0 and -2 and their mapping to the list's filters",
    "a part after the merge is acknowledged and ignored (strict: 127022)",
    "a refused submission leaves the upload token usable",
    "consent refused comes back without a code",
    "file names must end in one of twelve video endings (127102 otherwise)",
    "4 GB is read as 4 GiB, 100 MB and 5 MB as decimal",
];

/// A switch and the question it stands for.
const QUESTIONS: [(&str, &str); 28] = [
    (
        "generation_1",
        "are unsigned calls with credentials in the query still served",
    ),
    ("gateway_status", "HTTP status of a refusal by the gateway"),
    (
        "loopback_callback",
        "may a consent return to a loopback address",
    ),
    ("expires_in_relative", "is expires_in a duration after all"),
    (
        "refresh_ends_old_access",
        "does a refresh end the old access token",
    ),
    ("upload_token_life_s", "life of an upload token"),
    (
        "upload_token_extends",
        "does using an upload token extend its life",
    ),
    (
        "utype_checked",
        "is a part refused on a small-file token, and the reverse",
    ),
    ("part_bytes_max", "largest part"),
    ("part_number_max", "highest part number"),
    ("parts_at_once_max", "how many parts may be sent at once"),
    ("too_large_is_413", "too large: HTTP 413 or 123008"),
    ("parts_equal", "must all parts but the last be of one size"),
    (
        "repeated_part",
        "a part sent twice: the last or the first counts",
    ),
    ("gap_refused", "a gap at complete: refused or merged over"),
    ("complete_repeatable", "complete twice: 0 or 127022"),
    ("complete_signed", "must complete be signed"),
    ("etag", "do parts answer with an etag, the MD5 in quotes"),
    ("title_max", "longest title in code points"),
    ("desc_max", "longest description in code points"),
    (
        "empty_desc_refused",
        "is an empty description refused (123017)",
    ),
    ("tags_counted", "are 12 tags of 20 characters enforced"),
    (
        "parent_tid_refused",
        "a top-level category: refused or rewritten to 21",
    ),
    ("cover_required", "is a submission without a cover refused"),
    ("cover_measured", "are size and pixels of a cover checked"),
    ("token_reusable", "can an upload token make two manuscripts"),
    (
        "numbers_as_strings",
        "do code, cid and counters come as strings",
    ),
    (
        "fields_missing",
        "are ttl, request_id, etag and scopes left out",
    ),
];

/// What is official, what is inferred, and every switch with its value in each profile.
pub fn about() -> Value {
    let [docs, strict, sloppy] = [Profile::Docs, Profile::Strict, Profile::Sloppy]
        .map(|profile| json!(Switches::of(profile)));
    let switches: Vec<Value> = QUESTIONS
        .iter()
        .map(|(name, question)| {
            json!({ "switch": name, "question": question, "docs": docs[name], "strict": strict[name], "sloppy": sloppy[name] })
        })
        .collect();
    json!({ "official": OFFICIAL, "inferred": INFERRED, "switches": switches })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_is_told_of_and_no_other() {
        let Value::Object(switches) = json!(Switches::of(Profile::Docs)) else {
            unreachable!("switches are an object")
        };
        let mut told: Vec<&str> = QUESTIONS.iter().map(|(name, _)| *name).collect();
        told.sort_unstable();
        let mut real: Vec<&str> = switches.keys().map(String::as_str).collect();
        real.sort_unstable();
        assert_eq!(told, real);
    }
}
