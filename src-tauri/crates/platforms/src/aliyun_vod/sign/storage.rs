//! Signatures of storage requests.

use super::{Key, encode, encode_path, hmac_sha1, hmac_sha256, lines, sha256};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use secrecy::ExposeSecret as _;

/// What of a storage request is signed.
pub(in super::super) struct Request<'a> {
    pub(in super::super) verb: &'a str,
    pub(in super::super) bucket: &'a str,
    /// The object's key as it is, not encoded.
    pub(in super::super) key: &'a str,
    pub(in super::super) query: &'a [(&'a str, &'a str)],
    /// Lower-case names: `content-type`, `content-md5` and every `x-oss-*`, the token included.
    pub(in super::super) headers: &'a [(&'a str, &'a str)],
}

impl Request<'_> {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| *n == name);
        found.map_or("", |(_, value)| value.trim())
    }
}

/// Query parameters that V1 signs, of those that uploads use.
const SUB_RESOURCES: [&str; 3] = ["partNumber", "uploadId", "uploads"];

/// V1 (HMAC-SHA1): the value of `Authorization`. `date` is the `Date` header's.
pub(in super::super) fn v1(request: &Request<'_>, date: &str, key: &Key) -> String {
    let mut oss: Vec<_> = request.headers.to_vec();
    oss.retain(|(name, _)| name.starts_with("x-oss-"));
    oss.sort_unstable();
    let oss = lines(&oss);
    let mut query: Vec<_> = request.query.to_vec();
    query.retain(|(name, _)| SUB_RESOURCES.contains(name));
    query.sort_unstable();
    let query: Vec<String> = query
        .iter()
        .map(|(name, value)| match *value {
            "" => (*name).to_owned(),
            value => format!("{name}={value}"),
        })
        .collect();
    let query = match query.join("&") {
        none if none.is_empty() => none,
        some => format!("?{some}"),
    };
    let message = format!(
        "{}\n{}\n{}\n{date}\n{oss}/{}/{}{query}",
        request.verb,
        request.header("content-md5"),
        request.header("content-type"),
        request.bucket,
        request.key,
    );
    let signature = hmac_sha1(key.secret.expose_secret().as_bytes(), &message);
    format!("OSS {}:{}", key.id, BASE64_STANDARD.encode(signature))
}

/// V4 (HMAC-SHA256) with an unsigned payload: the value of `Authorization`. `moment` is `x-oss-date`'s value, `yyyymmddThhmmssZ`.
///
/// No additional headers are signed and the field is left out: an empty one is refused.
pub(in super::super) fn v4(request: &Request<'_>, moment: &str, region: &str, key: &Key) -> String {
    let day = moment.get(..8).unwrap_or(moment);
    let scope = format!("{day}/{region}/oss/aliyun_v4_request");
    let message = format!(
        "OSS4-HMAC-SHA256\n{moment}\n{scope}\n{}",
        sha256(canonical(request).as_bytes())
    );
    let first = format!("aliyun_v4{}", key.secret.expose_secret());
    let signing = [day, region, "oss", "aliyun_v4_request"]
        .iter()
        .fold(first.into_bytes(), |key, step| hmac_sha256(&key, step));
    let signature = hex::encode(hmac_sha256(&signing, &message));
    format!(
        "OSS4-HMAC-SHA256 Credential={}/{scope},Signature={signature}",
        key.id
    )
}

pub(super) fn canonical(request: &Request<'_>) -> String {
    let mut query: Vec<(String, String)> = request
        .query
        .iter()
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    query.sort_unstable();
    let query: Vec<String> = query
        .into_iter()
        .map(|(name, value)| match value.as_str() {
            "" => name,
            _ => format!("{name}={value}"),
        })
        .collect();
    let mut headers = request.headers.to_vec();
    headers.sort_unstable();
    let signed = lines(&headers);
    format!(
        "{}\n/{}/{}\n{}\n{signed}\n\nUNSIGNED-PAYLOAD",
        request.verb,
        encode_path(request.bucket),
        encode_path(request.key),
        query.join("&"),
    )
}
