//! Proofs of possession: a key of the account's own, and a short-lived signature with it for each request.
//!
//! Pure but for randomness. Source: RFC 9449, and the protocol's OAuth specification (atproto.com/specs/oauth), read 2026-08-20.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// A P-256 key. Does not print.
pub(super) struct Key(EcdsaKeyPair);

impl Key {
    pub(super) fn fresh() -> Option<Self> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .ok()
            .map(Self)
    }

    /// As it is kept: PKCS#8, base64url.
    pub(super) fn sealed(&self) -> Option<SecretString> {
        let document = self.0.to_pkcs8v1().ok()?;
        Some(b64(document.as_ref()).into())
    }

    pub(super) fn read(text: &SecretString) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.expose_secret()).ok()?;
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &bytes)
            .ok()
            .map(Self)
    }

    /// A proof for one request. `url` is taken without query and fragment; `access` is the token that goes with it.
    pub(super) fn proof(
        &self,
        method: &str,
        url: &url::Url,
        now_s: i64,
        nonce: Option<&str>,
        access: Option<&SecretString>,
    ) -> Option<SecretString> {
        let point = self.0.public_key().as_ref();
        let head = json!({
            "typ": "dpop+jwt", "alg": "ES256",
            "jwk": { "kty": "EC", "crv": "P-256", "x": b64(point.get(1..33)?), "y": b64(point.get(33..65)?) },
        });
        let mut bare = url.clone();
        bare.set_query(None);
        bare.set_fragment(None);
        let mut payload = json!({ "jti": uuid::Uuid::new_v4().to_string(), "htm": method, "htu": bare.as_str(), "iat": now_s });
        if let Some(nonce) = nonce {
            payload["nonce"] = nonce.into();
        }
        if let Some(access) = access {
            payload["ath"] = b64(&Sha256::digest(access.expose_secret())).into();
        }
        let signed = format!(
            "{}.{}",
            b64(head.to_string().as_bytes()),
            b64(payload.to_string().as_bytes())
        );
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        Some(format!("{signed}.{}", b64(signature.as_ref())).into())
    }
}

/// A verifier and its challenge (RFC 7636, S256).
pub(super) fn pkce() -> Option<(SecretString, String)> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    let verifier = b64(&bytes);
    let challenge = challenge(&verifier);
    Some((verifier.into(), challenge))
}

fn challenge(verifier: &str) -> String {
    b64(&Sha256::digest(verifier))
}

fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use serde_json::Value;

    #[test]
    fn a_challenge_is_that_of_the_standards_example() {
        // RFC 7636, appendix B.
        assert_eq!(
            challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
        let (verifier, ours) = pkce().unwrap();
        assert_eq!(challenge(verifier.expose_secret()), ours);
        assert!((43..=128).contains(&verifier.expose_secret().len()));
    }

    #[test]
    fn a_token_is_named_by_the_hash_of_the_standards_example() {
        // RFC 9449, section 7.1.
        let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
        assert_eq!(
            b64(&Sha256::digest(token)),
            "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"
        );
    }

    #[test]
    fn a_proof_is_signed_by_the_key_it_shows_and_names_the_request() {
        let key = Key::fresh().unwrap();
        let key = Key::read(&key.sealed().unwrap()).unwrap();
        let url = url::Url::parse("https://a.example/xrpc/x.y?z=1#f").unwrap();
        let token = SecretString::from("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
        let proof = key
            .proof("POST", &url, 1_700_000_000, Some("n"), Some(&token))
            .unwrap();
        let parts: Vec<_> = proof.expose_secret().split('.').collect();
        let read = |part: &str| {
            serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        let (head, payload) = (read(parts[0]), read(parts[1]));
        assert_eq!(payload["htu"], "https://a.example/xrpc/x.y");
        assert_eq!(
            (&payload["htm"], &payload["nonce"]),
            (&"POST".into(), &"n".into())
        );
        assert_eq!(
            payload["ath"],
            "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"
        );
        let mut point = vec![4];
        for side in ["x", "y"] {
            point.extend(
                URL_SAFE_NO_PAD
                    .decode(head["jwk"][side].as_str().unwrap())
                    .unwrap(),
            );
        }
        let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
        let signed = format!("{}.{}", parts[0], parts[1]);
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point);
        public.verify(signed.as_bytes(), &signature).unwrap();
        assert!(head["jwk"]["d"].is_null(), "the private half stays here");
    }
}
