//! What of this simulator is the platform's own word and what is a guess, as data for `--about`.

use serde_json::{Value, json};

use super::switches::{Profile, Switches};

/// Sources, certainty and every switch with its values.
pub fn about() -> Value {
    json!({
        "platform": "Wangsu Cloud VoD (CDNetworks Cloud VoD) and Wangsu Cloud Storage",
        "read": "2026-11-22",
        "official": [
            "paths, parameters and answers of the video API; its envelope and common codes; codes 1500 and 1604 to 1610",
            "signatures WS3-HMAC-SHA256, CNC-HMAC-SHA256 and BASIC; five minutes of clock; a signature is good once",
            "300 calls in five minutes for each API",
            "upload token and policy; form, mkblk, bput, mkfile; the whole file's hash; 401, 406, 412, 579, 631, 701 as in the SDKs",
        ],
        "inferred": [
            "the order of checks; what a file id brings back; which code a wrong signature has",
            "which status a wrong handle, a missing block or a file that exists has",
            "what a repeated chunk or joining gets; when a video is listed",
        ],
        "words_in_file_names": {
            "[transcode-fail]": "transcodeState 4",
            "[stuck]": "transcodeState 3 for ever",
            "[untranscoded]": "transcodeState 2 for ever",
            "[masked]": "videoState 1",
        },
        "switches": { "docs": Switches::of(Profile::Docs), "strict": Switches::of(Profile::Strict) },
        "not_there": [
            "TLS; HTTP-DNS; SM3 tokens; saveKey and persistentOps; pull, clip and concat; the lists of workflows, templates and domains",
        ],
    })
}
