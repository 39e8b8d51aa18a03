//! Where an upload goes and with which temporary key: `UploadAddress` and `UploadAuth`, both base64 of JSON.
//!
//! Reads leniently: unknown fields, numbers as text, url-safe or unpadded base64, values decoded already, the two swapped. Trusts little: the address
//! must be https (or this machine), the bucket a name. Knows nothing of signatures.

use super::{api::text_of, sign::Key};
use crate::http::endpoint;
use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use url::{Host, Url};

/// How long a credential is good for when nothing says so. Source: the documentation of upload credentials, read 2026-11-22.
const LIFE: Duration = Duration::from_secs(3000);
/// No credential of this platform lives longer than a role's session, 12 hours.
const LIFE_MAX_S: i64 = 43_200;
/// Source: the storage's documentation, 'Object naming', read 2026-11-22.
const KEY_BYTES_MAX: usize = 1023;

/// Where the bytes go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Scheme and host, without the bucket, ending in `/`.
    pub(super) endpoint: Url,
    pub(super) bucket: String,
    /// The object's key.
    pub(super) key: String,
}

impl Place {
    /// The object's address. An IP address as endpoint means that the bucket is in the path, as the vendor's own clients have it.
    pub(super) fn url(&self) -> Url {
        let mut url = self.endpoint.clone();
        let key = super::sign::encode_path(&self.key);
        match url.host() {
            Some(Host::Domain(host)) if host != "localhost" => {
                let host = format!("{}.{host}", self.bucket);
                url.set_host(Some(&host)).expect("checked when it was read");
                url.set_path(&key);
            }
            _ => url.set_path(&format!("{}/{key}", self.bucket)),
        }
        url
    }

    /// The region of the signature where nobody has named it: the endpoint's own, never an acceleration host's.
    pub(super) fn region(&self) -> Option<String> {
        let label = self.endpoint.host_str()?.split('.').next()?;
        let label = label.strip_prefix("oss-")?;
        let label = label.strip_suffix("-internal").unwrap_or(label);
        (!label.starts_with("accelerate")).then(|| label.to_owned())
    }
}

/// The temporary key, and how long it is good for.
#[derive(Debug, Clone)]
pub(super) struct Credential {
    pub(super) key: Key,
    /// In the platform's time.
    pub(super) expires_at_s: i64,
    pub(super) region: Option<String>,
}

/// A credential in a ticket, which is sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Sealed {
    id: String,
    secret: String,
    token: String,
    expires_at_s: i64,
    #[serde(default)]
    region: Option<String>,
}

impl From<&Credential> for Sealed {
    fn from(open: &Credential) -> Self {
        let token = open.key.token.as_ref();
        Self {
            id: open.key.id.clone(),
            secret: open.key.secret.expose_secret().to_owned(),
            token: token.map_or_else(String::new, |token| token.expose_secret().to_owned()),
            expires_at_s: open.expires_at_s,
            region: open.region.clone(),
        }
    }
}

impl From<Sealed> for Credential {
    fn from(sealed: Sealed) -> Self {
        let token = Some(sealed.token).filter(|token| !token.is_empty());
        Self {
            key: Key {
                id: sealed.id,
                secret: sealed.secret.into(),
                token: token.map(Into::into),
            },
            expires_at_s: sealed.expires_at_s,
            region: sealed.region,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Address {
    endpoint: String,
    bucket: String,
    file_name: String,
}

/// Reads both, given at `now_s` of the platform's time. The error says which is no good; it holds nothing of them.
pub(super) fn read(
    address: &Value,
    auth: &Value,
    now_s: i64,
) -> Result<(Place, Credential), &'static str> {
    let (mut address, mut auth) = (decode(address), decode(auth));
    // The documentation's own samples have them swapped.
    let is_auth = |value: &Option<Value>| {
        let value = value.as_ref();
        value.is_some_and(|value| value.get("AccessKeySecret").is_some())
    };
    if is_auth(&address) && !is_auth(&auth) {
        std::mem::swap(&mut address, &mut auth);
    }
    let address = address.ok_or("UploadAddress")?;
    let auth = auth.ok_or("UploadAuth")?;
    Ok((place(address)?, credential(auth, now_s)?))
}

fn place(value: Value) -> Result<Place, &'static str> {
    let address: Address = serde_json::from_value(value).map_err(|_| "UploadAddress")?;
    let text = address.endpoint.trim();
    let text = match text.split_once("://") {
        None => format!("https://{text}"),
        // Nothing but this machine is spoken to in clear, whatever the address says.
        Some(("http", host)) if endpoint("Endpoint", text).is_err() => format!("https://{host}"),
        Some(_) => text.to_owned(),
    };
    let mut endpoint = endpoint("Endpoint", &text).map_err(|_| "UploadAddress.Endpoint")?;
    endpoint.set_path("/");
    let bucket = address.bucket;
    let named = (3..=63).contains(&bucket.len())
        && bucket
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !bucket.starts_with('-')
        && !bucket.ends_with('-');
    if !named {
        return Err("UploadAddress.Bucket");
    }
    let key = address.file_name;
    let dotted = key.split('/').any(|step| matches!(step, "." | ".." | ""));
    if key.len() > KEY_BYTES_MAX || key.starts_with('\\') || dotted {
        return Err("UploadAddress.FileName");
    }
    Ok(Place {
        endpoint,
        bucket,
        key,
    })
}

fn credential(value: Value, now_s: i64) -> Result<Credential, &'static str> {
    let text = |name: &str| text_of(&value, name);
    let key = || {
        Some(Key {
            id: text("AccessKeyId")?,
            secret: text("AccessKeySecret")?.into(),
            token: Some(text("SecurityToken")?.into()),
        })
    };
    let field = |name: &str| value.get(name).cloned().unwrap_or_default();
    Ok(Credential {
        key: key().ok_or("UploadAuth")?,
        expires_at_s: expires_at_s(&field("ExpireUTCTime"), &field("Expiration"), now_s),
        region: text("Region"),
    })
}

/// The earlier of the absolute end and the one by lifetime in seconds; the usual life when there is neither.
fn expires_at_s(end: &Value, life: &Value, now_s: i64) -> i64 {
    let life = match life {
        Value::Number(n) => n.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let by_life = life.filter(|s| (1..=LIFE_MAX_S).contains(s));
    let by_life = by_life.map(|s| now_s + s);
    // A moment that is past already is some other clock's: the lifetime is what counts then.
    let end = moment_s(end).filter(|end| *end > now_s);
    let usual = now_s + i64::try_from(LIFE.as_secs()).unwrap_or(3000);
    match (end, by_life) {
        (Some(end), Some(by_life)) => end.min(by_life),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => usual,
    }
}

/// A moment like `2026-01-02T03:54:05Z`, in seconds since 1970.
pub(super) fn moment_s(value: &Value) -> Option<i64> {
    let moment: jiff::Timestamp = value.as_str()?.trim().parse().ok()?;
    Some(moment.as_second())
}

/// Base64 of JSON, in whichever form it comes, or JSON already.
fn decode(value: &Value) -> Option<Value> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let text = match value {
        Value::Object(_) => return Some(value.clone()),
        Value::String(text) => text.trim(),
        _ => return None,
    };
    if let Ok(found @ Value::Object(_)) = serde_json::from_str(text) {
        return Some(found);
    }
    let alphabet = if text.contains(['-', '_']) {
        &URL_SAFE
    } else {
        &STANDARD
    };
    let bytes = GeneralPurpose::new(alphabet, LENIENT).decode(text).ok()?;
    let found: Value = serde_json::from_slice(&bytes).ok()?;
    found.is_object().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// 2026-01-02T03:04:05Z.
    const NOW_S: i64 = 1_767_323_045;
    const ADDRESS: &str = "eyJFbmRwb2ludCI6Imh0dHBzOi8vb3NzLWNuLXNoYW5naGFpLmFsaXl1bmNzLmNvbSIsIkJ1Y2tldCI6Im91dGluLTAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIiwiRmlsZU5hbWUiOiJzdi80ZjFjMmQzZS0xOWI4YTdjNmQ1ZS80ZjFjMmQzZS0xOWI4YTdjNmQ1ZS5tcDQifQ==";
    const AUTH: &str = "eyJBY2Nlc3NLZXlJZCI6IlNUUy5FWEFNUExFLVRFTVAtSUQtMDAwMSIsIkFjY2Vzc0tleVNlY3JldCI6ImV4YW1wbGUtdGVtcC1zZWNyZXQtZm9yLXRlc3RzLTAxIiwiU2VjdXJpdHlUb2tlbiI6IkV4YW1wbGVTZWN1cml0eVRva2VuKy8wMTIzNDU2Nzg5PT0iLCJFeHBpcmVVVENUaW1lIjoiMjAyNi0wMS0wMlQwMzo1NDowNVoiLCJFeHBpcmF0aW9uIjoiMzAwMCIsIlJlZ2lvbiI6ImNuLXNoYW5naGFpIn0=";

    #[test]
    fn the_published_pair_is_read_whichever_way_round_it_comes() {
        let (address, auth) = (json!(ADDRESS), json!(AUTH));
        for (one, other) in [(&address, &auth), (&auth, &address)] {
            let (place, credential) = read(one, other, NOW_S).unwrap();
            assert_eq!(
                place.url().as_str(),
                "https://outin-0123456789abcdef0123456789abcdef.oss-cn-shanghai.aliyuncs.com/sv/4f1c2d3e-19b8a7c6d5e/4f1c2d3e-19b8a7c6d5e.mp4"
            );
            assert_eq!(place.region().as_deref(), Some("cn-shanghai"));
            assert_eq!(credential.key.id, "STS.EXAMPLE-TEMP-ID-0001");
            assert_eq!(credential.expires_at_s, NOW_S + 3000);
            assert_eq!(credential.region.as_deref(), Some("cn-shanghai"));
            assert!(!format!("{credential:?}").contains("example-temp"));
            let again: Credential = Sealed::from(&credential).into();
            assert_eq!(
                again.key.secret.expose_secret(),
                "example-temp-secret-for-tests-01"
            );
        }
    }

    #[test]
    fn what_others_write_differently_is_read_too() {
        let unpadded = json!(ADDRESS.trim_end_matches('='));
        let decoded = json!({"AccessKeyId": "STS.a", "AccessKeySecret": "b", "SecurityToken": "c", "Expiration": 100, "New": []});
        let (_, credential) = read(&unpadded, &decoded, NOW_S).unwrap();
        assert_eq!(credential.expires_at_s, NOW_S + 100, "a number, not a date");
        let bare = json!({"Endpoint": "oss-cn-beijing-internal.aliyuncs.com", "Bucket": "abc", "FileName": "a/夏 +.mp4"});
        let (place, _) = read(&bare, &decoded, NOW_S).unwrap();
        assert_eq!(place.region().as_deref(), Some("cn-beijing"));
        assert_eq!(
            place.url().as_str(),
            "https://abc.oss-cn-beijing-internal.aliyuncs.com/a/%E5%A4%8F%20%2B.mp4"
        );
        let plain = json!({"Endpoint": "http://oss-accelerate.aliyuncs.com", "Bucket": "abc", "FileName": "a"});
        let (place, _) = read(&plain, &decoded, NOW_S).unwrap();
        assert_eq!(place.url().scheme(), "https", "never in clear");
        assert_eq!(place.region(), None, "an acceleration host has none");
        let here =
            json!({"Endpoint": "http://127.0.0.1:8000", "Bucket": "abc", "FileName": "a/b c"});
        let (place, _) = read(&here, &decoded, NOW_S).unwrap();
        assert_eq!(place.url().as_str(), "http://127.0.0.1:8000/abc/a/b%20c");
    }

    #[test]
    fn an_end_is_the_earlier_of_what_is_said() {
        let at = |end: &str, life: Value| expires_at_s(&json!(end), &life, NOW_S) - NOW_S;
        assert_eq!(at("2026-01-02T03:54:05Z", json!("3600")), 3000);
        assert_eq!(at("2026-01-02T03:54:05Z", json!("60")), 60);
        assert_eq!(at("nonsense", json!("3600")), 3600);
        assert_eq!(at("2020-01-01T00:00:00Z", json!("3600")), 3600);
        assert_eq!(at("2026-01-02T03:14:05Z", json!(null)), 600);
        assert_eq!(at("", json!("2026-01-01")), 3000, "the usual life");
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        let auth = json!({"AccessKeyId": "a", "AccessKeySecret": "b", "SecurityToken": "c"});
        for (endpoint, bucket, key, what) in [
            ("ftp://a.example", "abc", "a", "UploadAddress.Endpoint"),
            (
                "https://u:p@a.example",
                "abc",
                "a",
                "UploadAddress.Endpoint",
            ),
            ("https://a.example", "a.b/c", "a", "UploadAddress.Bucket"),
            ("https://a.example", "x@evil", "a", "UploadAddress.Bucket"),
            ("https://a.example", "abc", "/a", "UploadAddress.FileName"),
            (
                "https://a.example",
                "abc",
                "a/../b",
                "UploadAddress.FileName",
            ),
            ("https://a.example", "abc", "\\a", "UploadAddress.FileName"),
            ("https://a.example", "abc", "", "UploadAddress.FileName"),
        ] {
            let address = json!({"Endpoint": endpoint, "Bucket": bucket, "FileName": key});
            assert_eq!(
                read(&address, &auth, 0).unwrap_err(),
                what,
                "{endpoint} {key}"
            );
        }
        for broken in [json!(null), json!("%%%"), json!("bm90IGpzb24="), json!({})] {
            assert_eq!(read(&broken, &auth, 0).unwrap_err(), "UploadAddress");
            assert_eq!(read(&json!(ADDRESS), &broken, 0).unwrap_err(), "UploadAuth");
        }
    }
}
