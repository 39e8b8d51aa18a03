//! A user's own authorization service in front of the platform, in the shape of the vendor's demos.
//!
//! It holds the long-lived key itself; whoever asks shows a bearer secret. Its answers are the platform's own, or wrapped when asked for.

use hyper::StatusCode;
use hyper::http::request::Parts as Head;
use serde_json::{Value, json};

use super::call::Call;
use super::rpc::{Asked, header, no};
use super::vod::{self, Scene};
use crate::answer::{Reply, json as json_reply};

pub(crate) const PREFIX: &str = "/voddemo/";

/// The answer to a request below the prefix. `secret` is what callers must show.
pub(crate) fn answer(path: &str, asked: &Asked<'_>, secret: &str, scene: &mut Scene<'_>) -> Reply {
    if header(asked.head, "authorization") != format!("Bearer {secret}") {
        let said = json!({ "error": "who are you" });
        return json_reply(StatusCode::UNAUTHORIZED, &said);
    }
    let (path, wrapped) = match path.strip_prefix("wrapped/") {
        Some(path) => (path, true),
        None => (path, false),
    };
    let told = match path {
        "CreateSecurityToken" => {
            let (id, made) = scene.state.credential(None, 3600, scene.now_ms);
            Ok(json!({ "SecurityTokenInfo": {
                "AccessKeyId": id, "AccessKeySecret": made.secret, "SecurityToken": made.token, "Expiration": super::encode::utc(made.ends_ms),
            } }))
        }
        action => match Call::of_action(action) {
            call @ (Call::CreateUploadVideo
            | Call::RefreshUploadVideo
            | Call::CreateUploadImage) => vod::act(call, asked, scene),
            _ => Err(no(404, "NotFound", "no such path")),
        },
    };
    match told {
        Ok(value) if wrapped => json_reply(StatusCode::OK, &wrap(&value)),
        Ok(value) => json_reply(StatusCode::OK, &value),
        Err(no) => {
            let status = StatusCode::from_u16(no.status).unwrap_or(StatusCode::BAD_REQUEST);
            json_reply(
                status,
                &json!({ "Code": no.code, "Message": no.message, "RequestId": "service" }),
            )
        }
    }
}

/// The same under names of the service's own.
fn wrap(value: &Value) -> Value {
    json!({ "ok": true, "payload": { "video": { "id": value["VideoId"] }, "where": value["UploadAddress"], "how": value["UploadAuth"] } })
}

/// The parameters of a JSON body.
pub(crate) fn from_json(head: &Head, body: &[u8]) -> Vec<(String, String)> {
    if !header(head, "content-type").starts_with("application/json") {
        return Vec::new();
    }
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let fields = value.as_object().cloned().unwrap_or_default();
    fields
        .into_iter()
        .map(|(name, value)| {
            (
                name,
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned),
            )
        })
        .collect()
}
