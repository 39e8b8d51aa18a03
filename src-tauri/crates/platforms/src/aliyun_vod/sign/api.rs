//! Signatures of API calls.

use super::{Key, canonical_query, encode, hmac_sha1, hmac_sha256, lines, sha256};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use secrecy::ExposeSecret as _;

/// RPC signature V1 over all parameters (but `Signature` itself), in base64.
pub(in super::super) fn rpc_v1(method: &str, params: &[(&str, &str)], key: &Key) -> String {
    let query = canonical_query(params);
    let message = format!("{method}&{}&{}", encode("/"), encode(&query));
    let secret = format!("{}&", key.secret.expose_secret());
    BASE64_STANDARD.encode(hmac_sha1(secret.as_bytes(), &message))
}

/// ACS3-HMAC-SHA256 over a request with an empty body: the headers given, which must hold `host` and every `x-acs-*` header, in lower case.
/// The value of `Authorization`.
pub(in super::super) fn acs3(
    method: &str,
    params: &[(&str, &str)],
    headers: &[(&str, &str)],
    key: &Key,
) -> String {
    let mut headers = headers.to_vec();
    headers.sort_unstable();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let signed = lines(&headers);
    let query = canonical_query(params);
    let request = format!("{method}\n/\n{query}\n{signed}\n{names}\n{}", sha256(b""));
    let message = format!("ACS3-HMAC-SHA256\n{}", sha256(request.as_bytes()));
    let secret = key.secret.expose_secret().as_bytes();
    let signature = hex::encode(hmac_sha256(secret, &message));
    format!(
        "ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}",
        key.id
    )
}
