//! Request signatures of the video API: WS3 on the direct host, CNC and BASIC on the gateways.
//!
//! Pure. Knows of POST alone: how a query is signed is not said for WS3, so none is ever sent. Source: the platform's authentication pages and
//! the signer of `wangsu-sdk-python` 1.0.0, read 2026-11-22.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use std::time::{Duration, UNIX_EPOCH};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Ws3,
    Cnc,
    /// The access key is the user's name, the secret key the API key.
    Basic,
}

/// What is signed of a POST.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    /// As the `Host` header has it, with a port that is not the scheme's own.
    pub(super) host: &'a str,
    pub(super) path: &'a str,
    /// The very text that is sent.
    pub(super) content_type: &'a str,
    /// The very bytes that are sent.
    pub(super) body: &'a [u8],
    pub(super) timestamp_s: i64,
}

/// The signing headers of one request, `authorization` last.
pub(super) fn headers(
    scheme: Scheme,
    access_key: &str,
    secret_key: &SecretString,
    request: Request<'_>,
) -> Vec<(&'static str, String)> {
    let timestamp = request.timestamp_s.to_string();
    match scheme {
        Scheme::Ws3 => vec![
            ("x-ws-accesskey", access_key.to_owned()),
            ("x-ws-timestamp", timestamp),
            (
                "authorization",
                authorization("WS3-HMAC-SHA256", access_key, secret_key, request),
            ),
        ],
        Scheme::Cnc => vec![
            ("x-cnc-accesskey", access_key.to_owned()),
            ("x-cnc-timestamp", timestamp),
            ("x-cnc-auth-method", "AKSK".to_owned()),
            (
                "authorization",
                authorization("CNC-HMAC-SHA256", access_key, secret_key, request),
            ),
        ],
        Scheme::Basic => {
            let at = UNIX_EPOCH
                + Duration::from_secs(u64::try_from(request.timestamp_s).unwrap_or_default());
            let date = httpdate::fmt_http_date(at);
            let mut mac = Hmac::<Sha1>::new_from_slice(secret_key.expose_secret().as_bytes())
                .expect("HMAC takes keys of any length");
            mac.update(date.as_bytes());
            let password = STANDARD.encode(mac.finalize().into_bytes());
            let pair = STANDARD.encode(format!("{access_key}:{password}"));
            vec![
                ("date", date),
                ("x-cnc-auth-method", "BASIC".to_owned()),
                ("authorization", format!("Basic {pair}")),
            ]
        }
    }
}

/// Both schemes are one with two names; lower-case header values, which CNC wants and WS3 does not mind, make them so.
fn authorization(
    algorithm: &str,
    access_key: &str,
    secret_key: &SecretString,
    request: Request<'_>,
) -> String {
    const SIGNED: &str = "content-type;host";
    let (kind, host) = (
        request.content_type.to_lowercase(),
        request.host.to_lowercase(),
    );
    // The third line is the query, which a POST leaves empty; the sixth is the end of the last header.
    let canonical = format!(
        "POST\n{}\n\ncontent-type:{kind}\nhost:{host}\n\n{SIGNED}\n{}",
        request.path,
        hex::encode(Sha256::digest(request.body))
    );
    let text = format!(
        "{algorithm}\n{}\n{}",
        request.timestamp_s,
        hex::encode(Sha256::digest(canonical))
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(secret_key.expose_secret().as_bytes())
        .expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    format!("{algorithm} Credential={access_key}, SignedHeaders={SIGNED}, Signature={signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCESS: &str = "WSEXAMPLEACCESSKEY01";
    const JSON: &str = r#"{"originFileName":"uploadtest.mp4","fileId":"0123456789abcdef0123456789abcdef","overwrite":"1"}"#;
    const FORM: &str =
        "originFileName=uploadtest.mp4&fileId=0123456789abcdef0123456789abcdef&overwrite=1";

    fn signature(scheme: Scheme, host: &str, content_type: &str, body: &str) -> String {
        let request = Request {
            host,
            path: "/vod/videoManage/getUploadToken",
            content_type,
            body: body.as_bytes(),
            timestamp_s: 1_700_000_000,
        };
        let secret = SecretString::from("made-up-secret-0123456789abcdef");
        let (name, value) = headers(scheme, ACCESS, &secret, request)
            .pop()
            .expect("authorization is last");
        assert_eq!(name, "authorization");
        value
    }

    /// Vectors with invented credentials; C1 equals what the platform's own Python SDK makes.
    #[test]
    fn signatures_agree_with_the_vectors() {
        let direct = "api.cloudv.haplat.net";
        let made = signature(
            Scheme::Ws3,
            direct,
            "application/x-www-form-urlencoded; charset=utf-8",
            FORM,
        );
        assert_eq!(
            made,
            "WS3-HMAC-SHA256 Credential=WSEXAMPLEACCESSKEY01, SignedHeaders=content-type;host, Signature=e44163f7a3842d289ce3db5c6d2db00626c099c3658ec81c39c99e0d4aa6a0cf"
        );
        let made = signature(Scheme::Ws3, direct, "application/json", JSON);
        assert!(
            made.ends_with(
                "Signature=cbb69823c6ffb6a66ce7ac5bface81e0fbd8ce3d7556020a29ea224814fd9f37"
            ),
            "{made}"
        );
        let made = signature(
            Scheme::Cnc,
            "Open.ChinaNetCenter.com",
            "application/json",
            JSON,
        );
        assert_eq!(
            made,
            "CNC-HMAC-SHA256 Credential=WSEXAMPLEACCESSKEY01, SignedHeaders=content-type;host, Signature=efe1ac3c96fa4090e0c82b179160d0a46b1b163531484ada60f9679c877254f7"
        );
    }

    #[test]
    fn a_basic_sign_in_agrees_with_its_vector() {
        let request = Request {
            host: "open.chinanetcenter.com",
            path: "/",
            content_type: "application/json",
            body: b"",
            timestamp_s: 1_700_000_000,
        };
        let made = headers(
            Scheme::Basic,
            "demo-user",
            &"made-up-api-key".into(),
            request,
        );
        assert_eq!(made[0].1, "Tue, 14 Nov 2023 22:13:20 GMT");
        assert_eq!(
            made[2].1,
            "Basic ZGVtby11c2VyOmx5a2tTYnVNd3praWpqWmRvOFB5TDNwWFQ2ND0="
        );
    }
}
