//! The life of an upload token: made, filled part by part, completed.
//!
//! Knows nothing of HTTP. Always holds: a part counts only once all its bytes are kept, and a completed upload does not change
//! except that a small file may be sent again.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::code::{self, Code};
use super::manuscripts::object;
use super::sign::{Caller, query};
use super::state::{Held, State, Upload, UploadType};
use super::switches::{Repeat, Switches};
use crate::bilibili::call::Call;

/// Source: the documents, 4 GB; read as binary here, where the client should stop earlier.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Source: the documents, 100 MB.
const SMALL_BYTES_MAX: u64 = 100_000_000;
/// What a file may end in. MP4 and FLV are recommended; the others are what the site takes.
const ENDINGS: [&str; 12] = [
    "mp4", "flv", "avi", "wmv", "mov", "webm", "mpeg4", "ts", "mpg", "rm", "rmvb", "mkv",
];
const WRONG_FILE_TYPE: Code = 127_102;

pub(crate) fn init(
    state: &mut State,
    caller: &Caller,
    body: &[u8],
    now_ms: i64,
) -> Result<Value, Code> {
    let fields = object(body)?;
    let name = fields
        .get("name")
        .and_then(Value::as_str)
        .ok_or(code::BAD_PARAMETER)?;
    let ending = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
    if !ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) {
        return Err(WRONG_FILE_TYPE);
    }
    // The documents show a string; some clients send a number.
    let utype = match fields.get("utype") {
        None | Some(Value::Null) => UploadType::Multipart,
        Some(value) if value == "0" || value == &json!(0) => UploadType::Multipart,
        Some(value) if value == "1" || value == &json!(1) => UploadType::Small,
        Some(_) => return Err(code::BAD_PARAMETER),
    };
    let token = state.fresh("upload");
    state.uploads.push(Upload {
        token: token.clone(),
        name: name.into(),
        utype,
        client_id: caller.client_id.clone(),
        user: caller.user,
        from_ms: now_ms,
        ended: false,
        parts: BTreeMap::new(),
        seen: BTreeMap::new(),
        at_once: super::state::Gauge::default(),
        completed: false,
        consumed: false,
        add_calls: 0,
        complete_calls: 0,
        late_parts: 0,
        merged: None,
    });
    Ok(json!({ "upload_token": token }))
}

/// Why a body is not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Business(Code),
    LengthRequired,
    TooLarge,
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self::Business(code)
    }
}

/// A body that may be read.
#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    pub(crate) token: String,
    pub(crate) part: u32,
    pub(crate) length: u64,
}

/// Looks at a request to the upload host before its body is read. The documents give no order; this one is inferred.
pub(crate) fn admit(
    state: &mut State,
    call: Call,
    pairs: &[(String, String)],
    length: Option<u64>,
    now_ms: i64,
) -> Result<Admitted, Refusal> {
    let switches = state.switches.clone();
    let token = query(pairs, "upload_token").ok_or(code::UPLOAD_TOKEN)?;
    let upload = state.live_upload(token, now_ms).ok_or(code::UPLOAD_TOKEN)?;
    if upload.consumed && !switches.token_reusable {
        return Err(code::UPLOAD_TOKEN.into());
    }
    let right = match upload.utype {
        UploadType::Multipart => Call::Part,
        UploadType::Small => Call::Small,
    };
    if switches.utype_checked && call != right {
        return Err(code::PARAMETER.into());
    }
    let part = match call {
        Call::Part => part_number(pairs, &switches)?,
        _ => 1,
    };
    let length = match length {
        None => return Err(Refusal::LengthRequired),
        Some(0) => return Err(code::BAD_PARAMETER.into()),
        Some(length) => length,
    };
    let most = match call {
        Call::Part => switches.part_bytes_max,
        _ => SMALL_BYTES_MAX,
    };
    if length > most {
        return Err(if switches.too_large_is_413 {
            Refusal::TooLarge
        } else {
            code::PARAMETER.into()
        });
    }
    if switches
        .parts_at_once_max
        .is_some_and(|most| upload.at_once.now >= most)
    {
        return Err(code::SERVER_ERROR.into());
    }
    Ok(Admitted {
        token: token.into(),
        part,
        length,
    })
}

fn part_number(pairs: &[(String, String)], switches: &Switches) -> Result<u32, Code> {
    query(pairs, "part_number")
        .and_then(|text| text.parse().ok())
        .filter(|number| (1..=switches.part_number_max).contains(number))
        .ok_or(code::BAD_PARAMETER)
}

/// Puts a part into place. `place` moves its file and is called only when the part counts.
pub(crate) fn land(
    state: &mut State,
    call: Call,
    admitted: &Admitted,
    held: Held,
    now_ms: i64,
    place: impl FnOnce(Held) -> Option<Held>,
) -> Result<Option<Value>, Code> {
    let switches = state.switches.clone();
    let upload = state
        .live_upload(&admitted.token, now_ms)
        .ok_or(code::UPLOAD_TOKEN)?;
    if upload.completed && call == Call::Part {
        upload.late_parts += 1;
        return if switches.complete_repeatable {
            Ok(None)
        } else {
            Err(code::UPLOAD_TOKEN)
        };
    }
    let etag = held.md5.clone();
    let kept = switches.repeated_part == Repeat::Keeps && upload.parts.contains_key(&admitted.part);
    if !kept {
        let held = place(held).ok_or(code::SERVER_ERROR)?;
        upload.parts.insert(admitted.part, held);
        upload.merged = None;
        upload.completed = call == Call::Small;
    }
    upload.seen.entry(admitted.part).or_default().landed += 1;
    Ok(etag
        .filter(|_| switches.etag)
        .map(|md5| json!({ "etag": format!("\"{md5}\"") })))
}

/// Merges what is there. No list and no count is passed, so a lost tail cannot be noticed.
pub(crate) fn complete(
    state: &mut State,
    caller: Option<&Caller>,
    token: &str,
    now_ms: i64,
) -> Result<(), Code> {
    let switches = state.switches.clone();
    if let Some(upload) = state.upload(token) {
        upload.complete_calls += 1;
    }
    let upload = state
        .live_upload(token, now_ms)
        .filter(|u| caller.is_none_or(|c| u.user == c.user && u.client_id == c.client_id))
        .filter(|u| !u.consumed || switches.token_reusable)
        .ok_or(code::UPLOAD_TOKEN)?;
    if upload.utype == UploadType::Small && switches.utype_checked {
        return Err(code::PARAMETER);
    }
    if upload.completed {
        return if switches.complete_repeatable {
            Ok(())
        } else {
            Err(code::UPLOAD_TOKEN)
        };
    }
    let Some(last) = upload.parts.keys().next_back().copied() else {
        return Err(code::PARAMETER);
    };
    if switches.gap_refused && upload.parts.len() != last as usize {
        return Err(code::PARAMETER);
    }
    if upload.parts.values().map(|p| p.bytes).sum::<u64>() > FILE_BYTES_MAX {
        return Err(code::ABNORMAL);
    }
    if switches.parts_equal {
        let mut sizes = upload.parts.values().map(|part| part.bytes);
        let last_bytes = sizes.next_back().unwrap_or(0);
        let first_bytes = upload.parts.values().next().map_or(0, |part| part.bytes);
        if sizes.any(|bytes| bytes != first_bytes) || last_bytes > first_bytes {
            return Err(code::PARAMETER);
        }
    }
    upload.completed = true;
    Ok(())
}
