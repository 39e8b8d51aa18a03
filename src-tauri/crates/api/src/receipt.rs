//! Proof of one delivery: what was sent, what the platform answered, and when.
//!
//! Three forms of one record: for the window, as JSON to keep (its fields are listed in this crate's README), and as a page to print. Nothing in it is
//! a secret: an address is shown without its query.

use crate::{
    Api, Failure,
    sentence::{self, Lang},
    wire::{HistoryRow, ReceiptPage, TimelineEntry, UploadReceipt},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use slipway_model::UploadId;

mod page;

/// The form of the JSON. A change of meaning is another number.
const FORMAT: &str = "slipway.receipt/1";

impl Api {
    /// # Errors
    /// `receipt_unknown` for what was never begun, or is still being sent.
    pub async fn receipt(&self, id: UploadId) -> Result<UploadReceipt, Failure> {
        let record = self.record(id).await?;
        let known = record.known;
        Ok(UploadReceipt {
            online: known.online().is_some(),
            path: known.path().display().to_string(),
            row: HistoryRow::from(record.row),
            fields: known.fields,
            proof: known.proof,
            held_bytes: known.held_bytes,
            sent_bytes: known.sent_bytes,
            resent_bytes: known.resent_bytes,
            created_at_ms: known.created_at_ms,
            submitted_at_ms: record.submitted_at_ms,
            finished_at_ms: known.finished_at_ms,
            timeline: record
                .timeline
                .into_iter()
                .map(|entry| TimelineEntry {
                    at_ms: entry.at_ms,
                    event: entry.event,
                    params: entry.params,
                })
                .collect(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// A page of HTML that needs nothing else, for keeping and printing.
    pub async fn receipt_page(&self, wanted: ReceiptPage) -> Result<String, Failure> {
        let receipt = self.receipt(wanted.id).await?;
        Ok(page::html(&receipt, Lang::from_tag(&wanted.language)))
    }
}

/// The receipt as JSON.
pub fn document(receipt: &UploadReceipt, lang: Lang) -> Value {
    let (row, proof) = (&receipt.row, receipt.proof.as_ref());
    let remote = row.remote.as_ref();
    json!({
        "format": FORMAT,
        "made_by": format!("Slipway {}", receipt.version),
        "made_at": time(Timestamp::now().as_millisecond()),
        "upload": row.id,
        "state": row.phase,
        "title": row.title,
        "account": { "label": row.account_label, "platform": row.platform },
        "file": {
            "name": row.file,
            "path": receipt.path,
            "bytes": if receipt.online { None } else { Some(row.total_bytes) },
            "blake3": proof.and_then(|proof| proof.blake3.as_ref()),
            "crc64_nvme": proof.and_then(|proof| proof.crc64.as_ref()),
            "fetched_by_platform": receipt.online,
        },
        "parts": proof.filter(|proof| proof.parts > 0).map(|proof| json!({
            "count": proof.parts, "bytes": proof.part_bytes, "answers": proof.answers,
        })),
        "bytes": {
            "acknowledged": receipt.held_bytes, "sent": receipt.sent_bytes, "sent_again": receipt.resent_bytes,
        },
        "remote": remote.map(|remote| json!({
            "id": remote.id, "link": remote.url, "words": remote.words,
        })),
        "cause": row.cause.as_ref().map(|cause| json!({
            "code": cause.code, "message": sentence::say_cause(lang, cause), "params": cause.params,
        })),
        "times": {
            "added": time(receipt.created_at_ms),
            "begun": time(row.started_at_ms),
            "bytes_done": row.landed_at_ms.map(time),
            "submitted": receipt.submitted_at_ms.map(time),
            "ended": receipt.finished_at_ms.map(time),
        },
        "fields": receipt.fields,
        "timeline": receipt.timeline.iter().map(|entry| json!({
            "at": time(entry.at_ms), "event": entry.event, "params": entry.params,
            "message": sentence::say_event(lang, &entry.event, &entry.params),
        })).collect::<Vec<_>>(),
    })
}

fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| format!("{at:.3}"))
}
