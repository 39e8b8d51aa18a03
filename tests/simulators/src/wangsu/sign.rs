//! Checks the signatures of the video API: WS3, CNC and BASIC, in the order and with the codes of the platform.
//!
//! Pure but for the memory of what was seen. Written from the platform's pages; it shares no code with any client.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::HeaderMap;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// How far a timestamp may be off, and how long a signature is remembered.
const WINDOW_S: i64 = 300;

/// A request as it came.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// Why a request is not its account's. The code is the platform's; the last two are settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Code(i64),
    Signature,
    Replay,
}

/// Whose request it is: the account's number.
pub(crate) fn check(
    seen: &Seen<'_>,
    keys: &[(String, String)],
    used: &mut std::collections::HashMap<(String, String), i64>,
    now_s: i64,
) -> Result<usize, Wrong> {
    let header = |name: &str| seen.headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = header("authorization").unwrap_or("");
    if let Some(encoded) = authorization.strip_prefix("Basic ") {
        return basic(encoded, header, keys, now_s);
    }
    let (prefix, algorithm) =
        if authorization.starts_with("CNC-") || header("x-cnc-accesskey").is_some() {
            ("x-cnc", "CNC-HMAC-SHA256")
        } else {
            ("x-ws", "WS3-HMAC-SHA256")
        };
    let key = header(&format!("{prefix}-accesskey")).unwrap_or("");
    let timestamp = header(&format!("{prefix}-timestamp")).unwrap_or("");
    if key.is_empty() || timestamp.is_empty() || authorization.is_empty() {
        return Err(Wrong::Code(4001));
    }
    let said = Said::read(authorization, algorithm);
    let account = keys.iter().position(|(known, _)| known == key);
    let account = account
        .filter(|_| said.as_ref().is_none_or(|said| said.credential == key))
        .ok_or(Wrong::Code(4002))?;
    let at = timestamp
        .parse::<i64>()
        .ok()
        .filter(|at| timestamp.len() <= 11 && *at >= 0)
        .ok_or(Wrong::Code(4003))?;
    if (now_s - at).abs() > WINDOW_S {
        return Err(Wrong::Code(4004));
    }
    let said = said.ok_or(Wrong::Signature)?;
    let signs = |name: &str| said.signed.contains(&name);
    if !["content-type", "host"].iter().all(|name| signs(name)) {
        return Err(Wrong::Signature);
    }
    let right = said
        .readings(seen, algorithm == "CNC-HMAC-SHA256")
        .any(|canonical| {
            let text = format!(
                "{algorithm}\n{timestamp}\n{}",
                hex::encode(Sha256::digest(canonical))
            );
            hmac_sha256(&keys[account].1, &text) == said.signature
        });
    if !right {
        return Err(Wrong::Signature);
    }
    used.retain(|_, since| (now_s - *since).abs() <= WINDOW_S);
    let once = (timestamp.to_owned(), authorization.to_owned());
    if used.insert(once, now_s).is_some() {
        return Err(Wrong::Replay);
    }
    Ok(account)
}

fn hmac_sha256(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length is a key");
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// What an `Authorization` of the two hash schemes says.
struct Said<'a> {
    credential: &'a str,
    signed: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Said<'a> {
    fn read(authorization: &'a str, algorithm: &str) -> Option<Self> {
        let parts = authorization.strip_prefix(algorithm)?.strip_prefix(' ')?;
        let mut said = Self {
            credential: "",
            signed: Vec::new(),
            signature: "",
        };
        for part in parts.split(',') {
            match part.trim().split_once('=')? {
                ("Credential", value) => said.credential = value,
                ("SignedHeaders", value) => said.signed = value.split(';').collect(),
                ("Signature", value) => said.signature = value,
                _ => return None,
            }
        }
        let whole = !said.credential.is_empty() && !said.signature.is_empty();
        (whole && said.signed.is_sorted()).then_some(said)
    }

    /// The request as it may have been signed: header values as they came or in lower case, the query as it came or decoded. CNC lowers values.
    fn readings(&self, seen: &Seen<'_>, lowers: bool) -> impl Iterator<Item = String> {
        let queries = if seen.method == "POST" {
            vec![String::new()]
        } else {
            vec![seen.query.to_owned(), decoded(seen.query)]
        };
        let body = if seen.method == "GET" {
            &[][..]
        } else {
            seen.body
        };
        let hash = hex::encode(Sha256::digest(body));
        let (method, path, signed) = (seen.method, seen.path, self.signed.join(";"));
        let cases: &[bool] = if lowers { &[true] } else { &[false, true] };
        let mut readings = Vec::new();
        for query in &queries {
            for lower in cases {
                let mut lines = String::new();
                for name in &self.signed {
                    let value = seen.headers.get(*name);
                    let value = value.and_then(|value| value.to_str().ok()).unwrap_or("");
                    let value = if *lower {
                        value.to_lowercase()
                    } else {
                        value.to_owned()
                    };
                    lines.extend([*name, ":", &value, "\n"]);
                }
                readings.push(format!(
                    "{method}\n{path}\n{query}\n{lines}\n{signed}\n{hash}"
                ));
            }
        }
        readings.into_iter()
    }
}

fn decoded(query: &str) -> String {
    url::form_urlencoded::parse(query.replace('+', "%2B").as_bytes())
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&")
}

fn basic<'a>(
    encoded: &str,
    header: impl Fn(&str) -> Option<&'a str>,
    keys: &[(String, String)],
    now_s: i64,
) -> Result<usize, Wrong> {
    let date = header("x-cnc-date")
        .or_else(|| header("date"))
        .ok_or(Wrong::Code(4001))?;
    let pair = STANDARD
        .decode(encoded)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let (user, password) = pair
        .as_deref()
        .and_then(|pair| pair.split_once(':'))
        .ok_or(Wrong::Signature)?;
    let account = keys
        .iter()
        .position(|(known, _)| known == user)
        .ok_or(Wrong::Code(4002))?;
    let at = httpdate::parse_http_date(date).map_err(|_| Wrong::Code(4003))?;
    let at_s = at
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs() as i64);
    if (now_s - at_s).abs() > WINDOW_S {
        return Err(Wrong::Code(4004));
    }
    let mut mac =
        Hmac::<Sha1>::new_from_slice(keys[account].1.as_bytes()).expect("any length is a key");
    mac.update(date.as_bytes());
    if STANDARD.encode(mac.finalize().into_bytes()) == password {
        Ok(account)
    } else {
        Err(Wrong::Signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    const NOW: i64 = 1_700_000_000;

    fn keys() -> Vec<(String, String)> {
        vec![
            (
                "WSEXAMPLEACCESSKEY01".into(),
                "made-up-secret-0123456789abcdef".into(),
            ),
            ("demo-user".into(), "made-up-api-key".into()),
        ]
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect::<HeaderMap>()
    }

    fn ws3(kind: &str, signature: &str) -> HeaderMap {
        let authorization = format!(
            "WS3-HMAC-SHA256 Credential=WSEXAMPLEACCESSKEY01, SignedHeaders=content-type;host, Signature={signature}"
        );
        headers(&[
            ("x-ws-accesskey", "WSEXAMPLEACCESSKEY01"),
            ("x-ws-timestamp", "1700000000"),
            ("content-type", kind),
            ("host", "api.cloudv.haplat.net"),
            ("authorization", &authorization),
        ])
    }

    fn ask(
        method: &str,
        query: &str,
        headers: &HeaderMap,
        body: &str,
        now_s: i64,
    ) -> Result<usize, Wrong> {
        let seen = Seen {
            method,
            path: "/vod/videoManage/getUploadToken",
            query,
            headers,
            body: body.as_bytes(),
        };
        check(&seen, &keys(), &mut HashMap::new(), now_s)
    }

    #[test]
    fn the_published_vectors_are_accepted() {
        let form =
            "originFileName=uploadtest.mp4&fileId=0123456789abcdef0123456789abcdef&overwrite=1";
        let json = r#"{"originFileName":"uploadtest.mp4","fileId":"0123456789abcdef0123456789abcdef","overwrite":"1"}"#;
        let w1 = ws3(
            "application/x-www-form-urlencoded; charset=utf-8",
            "e44163f7a3842d289ce3db5c6d2db00626c099c3658ec81c39c99e0d4aa6a0cf",
        );
        assert_eq!(ask("POST", "", &w1, form, NOW), Ok(0));
        let w2 = ws3(
            "application/json",
            "cbb69823c6ffb6a66ce7ac5bface81e0fbd8ce3d7556020a29ea224814fd9f37",
        );
        assert_eq!(ask("POST", "", &w2, json, NOW), Ok(0));
        let w3 = ws3(
            "application/x-www-form-urlencoded",
            "7a29ba86a093068a4184c0901d3ffc1c0aacd7ecefc619d175aca165a8ef11b5",
        );
        assert_eq!(
            ask(
                "GET",
                "originFileName=uploadtest.mp4&overwrite=1",
                &w3,
                "",
                NOW
            ),
            Ok(0)
        );
        let c1 = headers(&[
            ("x-cnc-accesskey", "WSEXAMPLEACCESSKEY01"),
            ("x-cnc-timestamp", "1700000000"),
            ("content-type", "application/json"),
            ("host", "open.chinanetcenter.com"),
            (
                "authorization",
                "CNC-HMAC-SHA256 Credential=WSEXAMPLEACCESSKEY01, SignedHeaders=content-type;host, Signature=efe1ac3c96fa4090e0c82b179160d0a46b1b163531484ada60f9679c877254f7",
            ),
        ]);
        assert_eq!(ask("POST", "", &c1, json, NOW), Ok(0));
        let b1 = headers(&[
            ("date", "Tue, 14 Nov 2023 22:13:20 GMT"),
            (
                "authorization",
                "Basic ZGVtby11c2VyOmx5a2tTYnVNd3praWpqWmRvOFB5TDNwWFQ2ND0=",
            ),
        ]);
        assert_eq!(ask("POST", "", &b1, "", NOW), Ok(1));
    }

    #[test]
    fn each_wrong_request_has_its_own_code() {
        let json = "application/json";
        let right = "cbb69823c6ffb6a66ce7ac5bface81e0fbd8ce3d7556020a29ea224814fd9f37";
        assert_eq!(
            ask("POST", "", &ws3(json, right), "{}", NOW),
            Err(Wrong::Signature),
            "other bytes"
        );
        assert_eq!(
            ask("POST", "", &ws3(json, right), "{}", NOW + 301),
            Err(Wrong::Code(4004))
        );
        assert_eq!(
            ask("POST", "", &ws3(json, right), "{}", NOW + 300),
            Err(Wrong::Signature),
            "300 s are within"
        );
        for (name, value, code) in [
            ("x-ws-timestamp", "1700000000000", 4003),
            ("x-ws-timestamp", "soon", 4003),
            ("x-ws-accesskey", "nobody", 4002),
        ] {
            let mut changed = ws3(json, right);
            changed.insert(name, value.parse().unwrap());
            assert_eq!(
                ask("POST", "", &changed, "{}", NOW),
                Err(Wrong::Code(code)),
                "{value}"
            );
        }
        for name in ["x-ws-timestamp", "x-ws-accesskey", "authorization"] {
            let mut without = ws3(json, right);
            without.remove(name);
            assert_eq!(
                ask("POST", "", &without, "{}", NOW),
                Err(Wrong::Code(4001)),
                "{name}"
            );
        }
    }

    #[test]
    fn the_same_signature_is_good_once() {
        let json = r#"{"originFileName":"uploadtest.mp4","fileId":"0123456789abcdef0123456789abcdef","overwrite":"1"}"#;
        let headers = ws3(
            "application/json",
            "cbb69823c6ffb6a66ce7ac5bface81e0fbd8ce3d7556020a29ea224814fd9f37",
        );
        let seen = Seen {
            method: "POST",
            path: "/vod/videoManage/getUploadToken",
            query: "",
            headers: &headers,
            body: json.as_bytes(),
        };
        let mut used = HashMap::new();
        assert_eq!(check(&seen, &keys(), &mut used, NOW), Ok(0));
        assert_eq!(
            check(&seen, &keys(), &mut used, NOW + 1),
            Err(Wrong::Replay)
        );
    }
}
