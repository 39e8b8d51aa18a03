//! Keys, signatures and names made of hashes: what the protocol builds everything on.
//!
//! Pure. Always holds: a signature with a high S is refused, as the protocol asks; both forms of key in a DID document are read.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256K1_SHA256_FIXED, ECDSA_P256K1_SHA256_FIXED_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Order of secp256k1 and half of it, big-endian.
const N_K256: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];
const HALF_K256: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];

/// An account's signing key.
pub(crate) struct SigningKey(EcdsaKeyPair);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey")
    }
}

impl SigningKey {
    pub(crate) fn fresh() -> Self {
        Self(EcdsaKeyPair::generate(signing()).expect("the system has randomness"))
    }

    /// As a DID document of the public directory shows it.
    pub(crate) fn multikey(&self) -> String {
        let point = self.0.public_key().as_ref();
        let mut bytes = vec![0xe7, 0x01, 2 + (point[64] & 1)];
        bytes.extend_from_slice(&point[1..33]);
        format!("z{}", base58(&bytes))
    }

    /// A compact JWT with this payload.
    pub(crate) fn jwt(&self, payload: &Value) -> String {
        let head = json!({ "typ": "JWT", "alg": "ES256K" });
        let signed = format!("{}.{}", b64_json(&head), b64_json(payload));
        let signature = self
            .0
            .sign(&SystemRandom::new(), signed.as_bytes())
            .expect("a key that was made here signs");
        let mut signature = signature.as_ref().to_vec();
        lower(&mut signature);
        format!("{signed}.{}", b64(&signature))
    }
}

fn signing() -> &'static EcdsaSigningAlgorithm {
    &ECDSA_P256K1_SHA256_FIXED_SIGNING
}

/// Brings S into the lower half: n - S.
fn lower(signature: &mut [u8]) {
    if signature[32..] <= HALF_K256[..] {
        return;
    }
    let mut borrow = 0_i16;
    for at in (0..32).rev() {
        let digit = i16::from(N_K256[at]) - i16::from(signature[32 + at]) - borrow;
        borrow = i16::from(digit < 0);
        signature[32 + at] = (digit & 0xff) as u8;
    }
}

/// A public key as a DID document names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PublicKey {
    K256(Vec<u8>),
    P256(Vec<u8>),
}

impl PublicKey {
    /// Reads a verification method: `Multikey`, or the older form with an uncompressed key and no prefix.
    pub(crate) fn of_method(method: &Value) -> Option<Self> {
        let text = method["publicKeyMultibase"].as_str()?.strip_prefix('z')?;
        let bytes = unbase58(text)?;
        match method["type"].as_str()? {
            "Multikey" => match bytes.as_slice() {
                [0xe7, 0x01, point @ ..] => Some(Self::K256(point.to_vec())),
                [0x80, 0x24, point @ ..] => Some(Self::P256(point.to_vec())),
                _ => None,
            },
            "EcdsaSecp256k1VerificationKey2019" => Some(Self::K256(bytes)),
            "EcdsaSecp256r1VerificationKey2019" => Some(Self::P256(bytes)),
            _ => None,
        }
    }

    pub(crate) fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        if signature.len() != 64 {
            return false;
        }
        match self {
            Self::K256(point) => {
                signature[32..] <= HALF_K256[..]
                    && UnparsedPublicKey::new(&ECDSA_P256K1_SHA256_FIXED, point)
                        .verify(signed, signature)
                        .is_ok()
            }
            Self::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(signed, signature)
                .is_ok(),
        }
    }
}

/// A JWT taken apart, its signature not yet looked at.
#[derive(Debug)]
pub(crate) struct Jwt {
    pub(crate) head: Value,
    pub(crate) payload: Value,
    pub(crate) signed: String,
    pub(crate) signature: Vec<u8>,
}

impl Jwt {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (head, payload) = signed.split_once('.')?;
        let read = |part: &str| serde_json::from_slice::<Value>(&unb64(part)?).ok();
        Some(Self {
            head: read(head)?,
            payload: read(payload)?,
            signed: signed.to_owned(),
            signature: unb64(signature)?,
        })
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.payload[name].as_str().unwrap_or_default()
    }
}

/// A proof of possession: its key's thumbprint when the signature holds.
pub(crate) fn proof_key(proof: &Jwt) -> Option<String> {
    let jwk = &proof.head["jwk"];
    if proof.head["typ"] != "dpop+jwt"
        || proof.head["alg"] != "ES256"
        || jwk["kty"] != "EC"
        || jwk["crv"] != "P-256"
        || !jwk["d"].is_null()
    {
        return None;
    }
    let (x, y) = (jwk["x"].as_str()?, jwk["y"].as_str()?);
    let mut point = vec![4];
    point.extend(unb64(x)?);
    point.extend(unb64(y)?);
    let fits = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point)
        .verify(proof.signed.as_bytes(), &proof.signature)
        .is_ok();
    // RFC 7638: the members that matter, in this order, without spaces.
    let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    fits.then(|| b64(&Sha256::digest(canonical)))
}

pub(crate) fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn unb64(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn b64_json(value: &Value) -> String {
    b64(value.to_string().as_bytes())
}

/// The content id of a blob: version 1, raw, SHA-256.
pub(crate) fn blob_cid(sha256: &[u8]) -> String {
    cid(0x55, sha256)
}

/// The content id of a record. Real servers hash its DAG-CBOR; here it is the JSON with sorted keys.
pub(crate) fn record_cid(record: &Value) -> String {
    cid(0x71, &Sha256::digest(record.to_string()))
}

fn cid(codec: u8, sha256: &[u8]) -> String {
    let mut bytes = vec![1, codec, 0x12, 0x20];
    bytes.extend_from_slice(sha256);
    format!("b{}", base32(&bytes))
}

fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut out = String::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            out.push(char::from(LETTERS[(bits >> count & 31) as usize]));
        }
    }
    if count > 0 {
        out.push(char::from(LETTERS[(bits << (5 - count) & 31) as usize]));
    }
    out
}

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

fn base58(bytes: &[u8]) -> String {
    let mut digits: Vec<u32> = Vec::new();
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += *digit << 8;
            *digit = carry % 58;
            carry /= 58;
        }
        while carry > 0 {
            digits.push(carry % 58);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|b| **b == 0).count();
    let letters = digits.iter().rev().map(|d| char::from(BASE58[*d as usize]));
    std::iter::repeat_n('1', zeros).chain(letters).collect()
}

fn unbase58(text: &str) -> Option<Vec<u8>> {
    let mut bytes: Vec<u32> = Vec::new();
    for letter in text.bytes() {
        let mut carry = BASE58.iter().position(|l| *l == letter)? as u32;
        for byte in &mut bytes {
            carry += *byte * 58;
            *byte = carry & 0xff;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.push(carry & 0xff);
            carry >>= 8;
        }
    }
    let zeros = text.bytes().take_while(|l| *l == b'1').count();
    let rest = bytes.iter().rev().map(|b| *b as u8);
    Some(std::iter::repeat_n(0, zeros).chain(rest).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_verified_by_the_key_of_its_document_alone() {
        for _ in 0..8 {
            let (key, other) = (SigningKey::fresh(), SigningKey::fresh());
            let token = Jwt::parse(&key.jwt(&json!({ "iss": "did:plc:a" }))).unwrap();
            let method = |key: &SigningKey| json!({ "type": "Multikey", "publicKeyMultibase": key.multikey() });
            let ours = PublicKey::of_method(&method(&key)).unwrap();
            assert!(ours.verifies(token.signed.as_bytes(), &token.signature));
            let theirs = PublicKey::of_method(&method(&other)).unwrap();
            assert!(!theirs.verifies(token.signed.as_bytes(), &token.signature));
            let mut high = token.signature.clone();
            // The other S that fits the same message: valid to mathematics, refused by the protocol.
            let mut borrow = 0_i16;
            for at in (0..32).rev() {
                let digit = i16::from(N_K256[at]) - i16::from(high[32 + at]) - borrow;
                borrow = i16::from(digit < 0);
                high[32 + at] = (digit & 0xff) as u8;
            }
            assert!(!ours.verifies(token.signed.as_bytes(), &high));
        }
    }

    #[test]
    fn the_older_form_of_a_key_is_read() {
        let key = SigningKey::fresh();
        let text = format!("z{}", base58(key.0.public_key().as_ref()));
        let method =
            json!({ "type": "EcdsaSecp256k1VerificationKey2019", "publicKeyMultibase": text });
        let token = Jwt::parse(&key.jwt(&json!({}))).unwrap();
        let read = PublicKey::of_method(&method).unwrap();
        assert!(read.verifies(token.signed.as_bytes(), &token.signature));
    }

    #[test]
    fn a_blob_is_named_as_the_protocol_names_it() {
        // The content id of no bytes, as any implementation prints it.
        assert_eq!(
            blob_cid(&Sha256::digest(b"")),
            "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
        );
        assert_eq!(unbase58(&base58(&[0, 0, 7, 255])).unwrap(), [0, 0, 7, 255]);
    }
}
