//! Says honestly what is known of the platform and what is a guess with a switch.

use serde_json::{Value, json};

use super::switches::{Profile, Switches};

/// Stated in the platform's API description and guides, or seen in its own clients; read 2026-06-25.
const OFFICIAL: [&str; 15] = [
    "Basic with the key and an empty password, the colon mandatory; Bearer for 3600 s from /auth/api-key, renewed by /auth/refresh with a new pair",
    "keys are of one environment; 401 codes of each way to sign in",
    "upload tokens: ttl 0 to 2147483647, 0 never ends; list shows active ones; 204 on delete; page size 1 to 100",
    "an upload token opens POST /upload and nothing else",
    "one file part under any name; videoId before or after it; 201 with a video object",
    "a request without videoId makes a video of its own, also for part 2 and later",
    "up to 200 MiB in one request; parts of 5 to 200 MiB, the last one smaller; at most 10,000; in any order and in parallel",
    "Content-Range by part (n/total, n/*) or by bytes, never mixed; every code of it",
    "a container is filled once; unfinished ones are removed after 7 days, sandbox videos after 24 h",
    "POST and PATCH fields and their types; PATCH replaces arrays whole; clip and watermark only at the start",
    "status: uploading, uploaded, ingesting, ingested; receivedParts, receivedBytes; qualities; playable",
    "thumbnail of JPEG, PNG or WebP up to 8 MiB; by time code",
    "captions: WebVTT, one per language, tags with dashes",
    "requests a minute by kind and environment; X-RateLimit-* on every answer, no Retry-After",
    "problem bodies with type, title, status, name, detail, problems",
];

/// Nobody has published it; it behaves as said here and no switch changes it.
const INFERRED: [&str; 6] = [
    "the order of checks: rate, sign-in, header, container, body",
    "titles of refusals, and Content-Range as the name of the parameter",
    "a refused body is read to its end before the refusal is sent",
    "the time each step of the encoding takes",
    "ingest.filesize is the sum of the parts",
    "a suspended account is refused everywhere but on the two auth endpoints",
];

/// A switch and the question it stands for.
const QUESTIONS: [(&str, &str); 11] = [
    (
        "whole_object_while_incomplete",
        "what does the answer to a part of an unfinished upload hold",
    ),
    ("empty_last_part", "is a last part of no bytes taken"),
    ("unequal_parts", "may parts differ in size in part mode"),
    (
        "token_continues_another",
        "may a token continue what another token began",
    ),
    (
        "token_fills_private",
        "may a token fill a container of a private video",
    ),
    ("refresh_once", "does a refresh token work once"),
    (
        "bad_credentials_status",
        "400 or 401 for a bad key on the auth endpoints",
    ),
    ("file_max_bytes", "30 GiB or 52,428,800,000 bytes"),
    ("rate_limits", "what do the limits count by"),
    (
        "status_lags",
        "is a complete upload told as complete at once",
    ),
    (
        "unknown_attributes_refused",
        "are unknown attributes refused",
    ),
];

/// What is official, what is inferred, and every switch in its profiles.
pub fn about() -> Value {
    let profiles = [
        ("docs", Profile::Docs),
        ("strict", Profile::Strict),
        ("sloppy", Profile::Sloppy),
    ]
    .map(|(name, profile)| (name, json!(Switches::of(profile))));
    let switches: Vec<Value> = QUESTIONS
        .iter()
        .map(|(switch, question)| {
            let mut row = json!({ "switch": switch, "question": question });
            for (name, all) in &profiles {
                row[*name] = all[*switch].clone();
            }
            row
        })
        .collect();
    json!({ "official": OFFICIAL, "inferred": INFERRED, "switches": switches })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_is_told() {
        let all = json!(Switches::of(Profile::Docs));
        let known: Vec<&str> = QUESTIONS.iter().map(|(switch, _)| *switch).collect();
        for name in all.as_object().unwrap().keys() {
            assert!(known.contains(&name.as_str()), "{name}");
        }
        assert_eq!(all.as_object().unwrap().len(), known.len());
    }
}
