//! The platform's envelope.
//!
//! Pure. Source: the documents' printed examples and the official demos (to 2026-02): `code`, `message`, `ttl` 1, `request_id` of
//! 32 hex characters; the examples of part and complete leave out `ttl`.

use serde_json::{Map, Value, json};

use super::code::{self, Code};

/// What answers leave out or dress differently.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Dress {
    pub(crate) numbers_as_strings: bool,
    pub(crate) fields_missing: bool,
}

pub(crate) fn envelope(code: Code, data: Option<Value>, request_id: &str, dress: Dress) -> Value {
    let mut fields = Map::new();
    fields.insert(
        "code".into(),
        if dress.numbers_as_strings {
            code.to_string().into()
        } else {
            code.into()
        },
    );
    fields.insert("message".into(), code::text(code).into());
    if !dress.fields_missing {
        fields.insert("ttl".into(), 1.into());
        fields.insert("request_id".into(), request_id.into());
    }
    if let Some(mut data) = data {
        if dress.numbers_as_strings {
            loosen(&mut data);
        }
        fields.insert("data".into(), data);
    }
    Value::Object(fields)
}

/// Turns into strings the numbers that clients have seen as strings.
fn loosen(value: &mut Value) {
    const LOOSE: [&str; 12] = [
        "cid",
        "view",
        "danmaku",
        "reply",
        "favorite",
        "coin",
        "share",
        "like",
        "inc_click",
        "inc_dm",
        "follower",
        "following",
    ];
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if let (Value::Number(n), true) = (&*field, LOOSE.contains(&name.as_str())) {
                    *field = json!(n.to_string());
                } else {
                    loosen(field);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(loosen),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loose_answer_has_strings_for_code_and_counters_alone() {
        let dress = Dress {
            numbers_as_strings: true,
            fields_missing: true,
        };
        let data = json!({ "video_info": { "cid": 5, "duration": 9 } });
        assert_eq!(
            envelope(0, Some(data), "r", dress),
            json!({ "code": "0", "message": "0", "data": { "video_info": { "cid": "5", "duration": 9 } } })
        );
    }
}
