//! The four signatures: two of the API (RPC V1 and ACS3) and two of the storage (V1 and V4).
//!
//! Pure: time, nonce and key are arguments. Sources are in the README, section 'Signatures'; every vector was computed by the vendor's own SDKs.
//! Invariant: a temporary key is never used without its token, and the token is always signed.

mod api;
mod storage;

pub(super) use api::{acs3, rpc_v1};
pub(super) use storage::{Request, v1, v4};

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::SecretString;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// A key of the API or of the storage, long-lived or temporary.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) id: String,
    pub(super) secret: SecretString,
    /// Belongs to a temporary key.
    pub(super) token: Option<SecretString>,
}

/// Percent-encodes all but `A-Z a-z 0-9 - _ . ~`.
pub(super) fn encode(text: &str) -> String {
    encode_but(text, b"")
}

/// As [`encode`], with the slashes of a path kept.
pub(super) fn encode_path(text: &str) -> String {
    encode_but(text, b"/")
}

fn encode_but(text: &str, kept: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a string takes all");
        }
    }
    out
}

/// `name=value` of all, encoded and sorted by name in byte order.
fn canonical_query(pairs: &[(&str, &str)]) -> String {
    let mut sorted = pairs.to_vec();
    sorted.sort_unstable();
    let pairs: Vec<String> = sorted
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

/// `name:value` of each header, a line each.
fn lines(headers: &[(&str, &str)]) -> String {
    let lines = headers.iter();
    let lines = lines.map(|(name, value)| format!("{name}:{}\n", value.trim()));
    lines.collect::<Vec<_>>().concat()
}

fn hmac_sha1(key: &[u8], message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hmac_sha256(key: &[u8], message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests;
