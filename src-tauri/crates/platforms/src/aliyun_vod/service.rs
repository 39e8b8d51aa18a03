//! The user's own authorization service: asks it for upload credentials or a temporary key.
//!
//! There is no fixed contract for such a service: addresses, bodies and the places of the answers are templates and paths in the account's settings;
//! the defaults take the platform's plain answers, at the top or below `data` or `result`. Redirects are not followed, as everywhere.

use super::{
    NAME,
    api::{Api, CALL_TIMEOUT, Failure, Outcome, Params, address, header},
    keys,
    sign::{self, Key},
};
use crate::{
    Result,
    http::{Act, endpoint},
};
use reqwest::{StatusCode, header::HeaderName};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};
use slipway_model::{Cause, ErrorKind};
use url::Url;

/// Where answers may be wrapped.
const WRAPPERS: [&str; 5] = ["data", "result", "Data", "SecurityTokenInfo", "Credentials"];

/// Asks for one of `create_video`, `refresh_video`, `create_image`, `create_attached`, `sts_token`.
pub(super) async fn ask(
    api: &Api<'_>,
    act: Act,
    operation: &'static str,
    params: &Params,
) -> Outcome<Value> {
    let settings = api.settings();
    let own = format!("service.{operation}.url");
    let (name, template) = match (settings.text(&own), settings.text("service.url")) {
        (Some(template), _) => (own, template),
        (None, Some(template)) => ("service.url".to_owned(), template),
        (None, None) => return Err(crate::settings::missing(act, &own).into()),
    };
    let mut params = params.clone();
    let for_all = name == "service.url";
    if for_all {
        let action = match operation {
            "create_video" => "CreateUploadVideo",
            "refresh_video" => "RefreshUploadVideo",
            "create_image" => "CreateUploadImage",
            _ => "CreateUploadAttachedMedia",
        };
        params.push(("Action", action.to_owned()));
    }
    let params = &params;
    let by_post = settings.text("service.method").as_deref() == Some("POST");
    let url = fill(&template, params, sign::encode);
    let mut url = checked(act, &name, &url)?;
    // An address for everything cannot name what each call has.
    if !by_post && (for_all || !template.contains('{')) {
        let placed = |name: &str| template.contains(&format!("{{{name}}}"));
        let more = params.iter().filter(|(name, _)| !placed(name));
        let more: Vec<_> = more.map(|(n, v)| (*n, v.as_str())).collect();
        url = match url.query() {
            Some(query) if !query.is_empty() => {
                let added = address(&url, &more);
                let both = format!("{query}&{}", added.query().unwrap_or_default());
                url.set_query(Some(&both));
                url
            }
            _ => address(&url, &more),
        };
    }
    let http = api.session.http();
    let mut request = if by_post {
        let body = match settings.text(&format!("service.{operation}.body")) {
            Some(template) => fill(&template, params, in_json),
            None => plain_body(params),
        };
        http.calls
            .post(url)
            .header("content-type", "application/json")
            .body(body)
    } else {
        http.calls.get(url)
    };
    request = request.header("accept", "application/json");
    if let Some(token) = api.session.secret("service.token").await? {
        let name = settings.text("service.header").unwrap_or_default();
        let name = HeaderName::try_from(name).map_err(|_| {
            let cause = Cause::new("setting_invalid").with("setting", "service.header");
            act.error(ErrorKind::Refused, cause)
        })?;
        request = request.header(name, header(act, token.expose_secret().trim(), true)?);
    }
    let answer = http.call(act, request, CALL_TIMEOUT).await;
    let answer = answer.map_err(Failure::Line)?;
    let outcome = Api::read(act, &answer);
    let turned_away = matches!(
        answer.status,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
    );
    match outcome {
        // The platform's own refusals may come through; anything else is about the sign-in to the service.
        Err(Failure::Line(error)) if turned_away => {
            let cause = Cause::new("aliyun_vod_service_sign_in").detail(error.cause.detail);
            Err(act.error(ErrorKind::SignedOut, cause).into())
        }
        other => other,
    }
}

/// A value of the answer: at the account's own path, or by the platform's name for it.
pub(super) fn find(api: &Api<'_>, answer: &Value, name: &str, setting: &str) -> Option<Value> {
    let value = match api.settings().text(setting) {
        Some(path) => at(answer, &path).cloned(),
        None => plain(answer, name, 2).cloned(),
    };
    value.filter(|value| !value.is_null() && value.as_str().is_none_or(|text| !text.is_empty()))
}

fn at<'a>(answer: &'a Value, path: &str) -> Option<&'a Value> {
    let path = path.trim_start_matches("$.");
    path.split('.').try_fold(answer, |value, step| match value {
        Value::Array(all) => all.get(step.parse::<usize>().ok()?),
        _ => value.get(step),
    })
}

fn plain<'a>(answer: &'a Value, name: &str, depth: u32) -> Option<&'a Value> {
    answer.get(name).or_else(|| {
        let below = depth.checked_sub(1)?;
        let mut wrapped = WRAPPERS.iter().filter_map(|wrapper| answer.get(wrapper));
        wrapped.find_map(|value| plain(value, name, below))
    })
}

/// A temporary key for API calls and its end.
pub(super) async fn sts_token(api: &Api<'_>, act: Act, now_s: i64) -> Result<(Key, i64)> {
    let answer = ask(api, act, "sts_token", &Params::new()).await?;
    let mut key = Map::new();
    for (name, setting) in [
        ("AccessKeyId", "service.path.access_key_id"),
        ("AccessKeySecret", "service.path.access_key_secret"),
        ("SecurityToken", "service.path.security_token"),
        ("Expiration", "service.path.expiration"),
    ] {
        if let Some(value) = find(api, &answer, name, setting) {
            key.insert(name.to_owned(), value);
        }
    }
    keys::read(&Value::Object(key), now_s, 3600).ok_or_else(|| {
        let cause = Cause::new("aliyun_vod_answer_incomplete").with("field", "AccessKeyId");
        act.error(ErrorKind::ServerFault, cause.with("platform", NAME))
    })
}

/// `{Name}` becomes the parameter's value, encoded; a parameter that is not there becomes nothing.
fn fill(template: &str, params: &Params, encode: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let after = &rest[open + 1..];
        let name = after
            .find('}')
            .map(|close| &after[..close])
            .filter(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()));
        if let Some(name) = name {
            let value = params.iter().find(|(n, _)| *n == name);
            out.push_str(&value.map_or_else(String::new, |(_, value)| encode(value)));
            rest = &after[name.len() + 1..];
        } else {
            out.push('{'); // a brace of the body's own
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn in_json(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn plain_body(params: &Params) -> String {
    let all: Map<String, Value> = params
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())))
        .collect();
    Value::Object(all).to_string()
}

fn checked(act: Act, setting: &str, text: &str) -> Result<Url> {
    let refused = |cause: Cause| act.error(ErrorKind::Refused, cause);
    let Ok(url) = Url::parse(text) else {
        let cause = Cause::new("endpoint_invalid").with("setting", setting);
        return Err(refused(cause.with("url", crate::http::excerpt(text))));
    };
    let mut bare = url.clone();
    bare.set_query(None);
    bare.set_fragment(None);
    endpoint(setting, bare.as_str()).map_err(refused)?;
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_template_takes_each_value_once_and_encoded() {
        let params: Params = vec![
            ("Title", "夏 \"日\"&{FileName}".into()),
            ("FileName", "a.mp4".into()),
        ];
        assert_eq!(
            fill(
                "https://a.example/{Title}/x?f={FileName}&c={CateId}",
                &params,
                sign::encode
            ),
            "https://a.example/%E5%A4%8F%20%22%E6%97%A5%22%26%7BFileName%7D/x?f=a.mp4&c="
        );
        assert_eq!(
            fill(
                r#"{"t":"{Title}","n":{"f":"{FileName}"}}"#,
                &params,
                in_json
            ),
            r#"{"t":"夏 \"日\"&{FileName}","n":{"f":"a.mp4"}}"#
        );
    }

    #[test]
    fn a_value_is_found_at_its_path_or_by_its_name() {
        let answer = json!({"data": {"video": [{"id": "v1"}], "VideoId": "v2"}});
        assert_eq!(at(&answer, "data.video.0.id"), Some(&json!("v1")));
        assert_eq!(at(&answer, "$.data.VideoId"), Some(&json!("v2")));
        assert_eq!(at(&answer, "data.nothing.id"), None);
        assert_eq!(plain(&answer, "VideoId", 2), Some(&json!("v2")));
        let deep = json!({"SecurityTokenInfo": {"AccessKeyId": "STS.a"}});
        assert_eq!(plain(&deep, "AccessKeyId", 2), Some(&json!("STS.a")));
        let deeper = json!({"data": {"result": {"data": {"VideoId": "x"}}}});
        assert_eq!(plain(&deeper, "VideoId", 2), None);
    }
}
