//! What happens, as lines of JSON for programs. Field names are a contract.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use slipway_api::sentence::{self, Lang};
use slipway_engine::happening::{Happening, What};
use slipway_model::{Cause, UploadId};

#[derive(Serialize)]
pub(crate) struct EventLine<'a> {
    at: String,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<UploadId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(flatten)]
    what: Map<String, Value>,
}

/// RFC 3339 in UTC.
pub(crate) fn rfc3339(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| format!("{at:.3}"))
}

pub(crate) fn line(happening: &Happening, lang: Lang) -> EventLine<'_> {
    let (event, what) = what(&happening.what, lang);
    let Value::Object(what) = what else {
        unreachable!("every event is an object");
    };
    EventLine {
        at: rfc3339(happening.at_ms),
        event,
        upload: happening.upload,
        account: happening.account_label.as_deref(),
        file: happening.file.as_deref(),
        what,
    }
}

fn what(what: &What, lang: Lang) -> (&'static str, Value) {
    match what {
        What::Queued => ("queued", json!({})),
        What::Phase { from, to } => ("phase", json!({ "from": from, "to": to })),
        What::Progress {
            held_bytes,
            total_bytes,
            sent_bytes,
            bytes_per_second,
            eta_seconds,
        } => (
            "progress",
            json!({
                "held_bytes": held_bytes, "total_bytes": total_bytes, "sent_bytes": sent_bytes,
                "bytes_per_second": bytes_per_second, "eta_seconds": eta_seconds,
            }),
        ),
        What::Part {
            number,
            offset_bytes,
            bytes,
        } => (
            "part",
            json!({ "number": number, "offset_bytes": offset_bytes, "bytes": bytes }),
        ),
        What::Waiting { wait } => (
            "waiting",
            json!({
                "reason": wait.reason(), "until": wait.until_ms().map(rfc3339),
                "message": sentence::say_wait(lang, wait),
            }),
        ),
        What::Retry {
            after_seconds,
            code,
        } => (
            "retry",
            json!({ "after_seconds": after_seconds, "code": code }),
        ),
        What::Resumed {
            held_bytes,
            resent_bytes,
        } => (
            "resumed",
            json!({ "held_bytes": held_bytes, "resent_bytes": resent_bytes }),
        ),
        What::Published { remote_id, url } => {
            ("published", json!({ "remote_id": remote_id, "url": url }))
        }
        What::Failed { cause } => ("failed", failed(cause, lang)),
        What::Idle {
            published,
            failed,
            waiting,
        } => (
            "idle",
            json!({ "published": published, "failed": failed, "waiting": waiting }),
        ),
    }
}

fn failed(cause: &Cause, lang: Lang) -> Value {
    json!({
        "code": cause.code, "message": sentence::say_cause(lang, cause), "params": cause.params, "detail": cause.detail,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use slipway_model::{AccountId, PhaseName, Wait};

    fn shown(what: What) -> Value {
        let happening = Happening {
            at_ms: 1_795_000_000_123,
            upload: Some(UploadId(7)),
            account: Some(AccountId(1)),
            account_label: Some("main".into()),
            file: Some("/v/a.mp4".into()),
            what,
        };
        serde_json::to_value(line(&happening, Lang::En)).unwrap()
    }

    #[test]
    fn an_event_names_when_what_and_for_which_upload() {
        let event = shown(What::Phase {
            from: PhaseName::Queued,
            to: PhaseName::Opening,
        });
        assert_eq!(
            event,
            json!({
                "at": "2026-11-18T11:06:40.123Z", "event": "phase", "upload": 7, "account": "main", "file": "/v/a.mp4",
                "from": "queued", "to": "opening",
            })
        );
    }

    #[test]
    fn a_wait_without_an_end_has_null_and_a_failure_has_its_sentence() {
        let event = shown(What::Waiting {
            wait: Wait::Turn { ahead: 2 },
        });
        assert_eq!(
            (&event["reason"], &event["until"]),
            (&json!("turn"), &Value::Null)
        );
        let event = shown(What::Failed {
            cause: Cause::new("file_empty").with("file", "a.mp4"),
        });
        assert_eq!(event["code"], "file_empty");
        assert_eq!(
            event["message"],
            "a.mp4 is empty. Choose a file with content."
        );
    }

    #[test]
    fn a_progress_without_an_end_in_sight_has_null() {
        let event = shown(What::Progress {
            held_bytes: 1,
            total_bytes: 3,
            sent_bytes: 2,
            bytes_per_second: 0,
            eta_seconds: None,
        });
        assert_eq!(event["eta_seconds"], Value::Null);
        assert_eq!(event["sent_bytes"], 2);
    }
}
