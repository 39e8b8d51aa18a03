//! An upload as the command line shows it: flat, with the account's label and times as text.

use crate::{event::rfc3339, out::Out};
use serde_json::{Value, json};
use slipway_api::{
    sentence::{self, size},
    wire::{LiveRow, UploadDetail, UploadRow},
};
use slipway_model::{Intent, PhaseName, Standstill, Wait};

pub(crate) fn json(row: &UploadRow, out: &Out) -> Value {
    let live = &row.live;
    let wait = live.wait.as_ref().map(|wait| wait_json(wait, out));
    let cause = live.cause.as_ref().map(|cause| {
        json!({
            "code": cause.code, "message": out.cause(cause), "params": cause.params, "detail": cause.detail,
        })
    });
    json!({
        "id": row.id, "manuscript": row.manuscript, "title": row.title, "file": row.file,
        "account": row.account_label, "account_id": row.account, "platform": row.platform,
        "phase": live.phase, "intent": live.intent, "phase_at": rfc3339(live.phase_at_ms),
        "held_bytes": live.held_bytes, "sent_bytes": live.sent_bytes, "total_bytes": live.total_bytes,
        "resent_bytes": live.resent_bytes, "bytes_per_second": live.bytes_per_second, "eta_seconds": live.eta_seconds,
        "wait": wait, "cause": cause, "limit_bytes_per_second": live.limit_bytes_per_second,
        "remote_id": live.remote.as_ref().map(|r| &r.id),
        "url": live.remote.as_ref().and_then(|r| r.url.as_ref()),
        "remote_words": live.remote.as_ref().and_then(|r| r.words.as_ref()),
    })
}

pub(crate) fn wait_json(wait: &Wait, out: &Out) -> Value {
    json!({
        "reason": wait.reason(), "until": wait.until_ms().map(rfc3339),
        "message": sentence::say_wait(out.lang, wait),
    })
}

/// Why nothing moves in the whole queue.
pub(crate) fn idle_json(idle: &Standstill, out: &Out) -> Value {
    json!({
        "reason": idle.why, "until": idle.until_ms.map(rfc3339),
        "message": sentence::say_standstill(out.lang, idle),
    })
}

pub(crate) fn detail_json(detail: &UploadDetail, out: &Out) -> Value {
    let mut shown = json(&detail.row, out);
    let timeline: Vec<_> = detail
        .timeline
        .iter()
        .map(|entry| {
            json!({
                "at": rfc3339(entry.at_ms), "event": entry.event, "params": entry.params,
                "message": sentence::say_event(out.lang, &entry.event, &entry.params),
            })
        })
        .collect();
    let more = json!({
        "start_at": detail.start_at_ms.map(rfc3339), "together": detail.together,
        "path": detail.path, "fields": detail.fields, "created_at": rfc3339(detail.created_at_ms),
        "parts_landed": detail.parts_landed, "parts_in_flight": detail.parts_in_flight,
        "parts_total": detail.parts_total, "part_bytes": detail.part_bytes, "timeline": timeline,
        "landed_at": detail.landed_at_ms.map(rfc3339), "proof": detail.proof, "resubmit_fields": detail.resubmit_fields,
    });
    if let (Value::Object(shown), Value::Object(more)) = (&mut shown, more) {
        shown.extend(more);
    }
    shown
}

/// The word of a state, and the reason when there is one.
pub(crate) fn state(live: &LiveRow, out: &Out) -> String {
    let held = live.intent == Intent::Hold && !live.phase.is_final();
    let word = if held {
        "intent.hold".to_owned()
    } else {
        format!("phase.{}", live.phase.as_str())
    };
    out.sentence(&word, &[])
}

pub(crate) fn reason(live: &LiveRow, out: &Out) -> String {
    if let Some(cause) = &live.cause {
        return out.cause(cause);
    }
    if let Some(url) = live.remote.as_ref().and_then(|remote| remote.url.clone()) {
        return url;
    }
    match &live.wait {
        Some(wait) => sentence::say_wait(out.lang, wait),
        None => live
            .remote
            .as_ref()
            .and_then(|remote| remote.words.clone())
            .unwrap_or_default(),
    }
}

/// Acknowledged of all, and the share once there is one.
pub(crate) fn progress(live: &LiveRow) -> String {
    let total = size(live.total_bytes);
    if live.phase == PhaseName::Published || live.held_bytes == 0 {
        return total;
    }
    // Rounded down: 100 % only when every byte is acknowledged.
    let percent = u128::from(live.held_bytes) * 100 / u128::from(live.total_bytes.max(1));
    format!("{percent}\u{a0}% of {total}")
}
