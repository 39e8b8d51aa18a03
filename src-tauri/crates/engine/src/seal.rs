//! Authenticated encryption of small things: XChaCha20-Poly1305 with a random nonce in front.

use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rand::Rng;
use std::fmt;

const NONCE_BYTES: usize = 24;

/// A key that does not print.
#[derive(Clone)]
pub struct Sealer(XChaCha20Poly1305);

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(…)")
    }
}

/// What was sealed cannot be opened: another key, or changed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cannot be opened with this key")]
pub struct Unsealable;

impl Sealer {
    pub fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(&Key::from(*key)))
    }

    /// `context` is not kept, but must be the same to open: it ties a sealed thing to its place.
    pub fn seal(&self, context: &str, clear: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = random();
        let payload = Payload {
            msg: clear,
            aad: context.as_bytes(),
        };
        let sealed = self
            .0
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a message in memory is below the cipher's limit");
        [nonce.as_slice(), &sealed].concat()
    }

    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let (nonce, body) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(Unsealable)?;
        self.0
            .decrypt(
                &XNonce::from(*nonce),
                Payload {
                    msg: body,
                    aad: context.as_bytes(),
                },
            )
            .map_err(|_| Unsealable)
    }
}

/// Random bytes fit for keys and nonces.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_with_its_key_in_its_place() {
        let sealer = Sealer::new(&[1; 32]);
        let sealed = sealer.seal("upload 1", b"token");
        assert_eq!(sealer.open("upload 1", &sealed).unwrap(), b"token");
        assert!(sealer.open("upload 2", &sealed).is_err());
        assert!(Sealer::new(&[2; 32]).open("upload 1", &sealed).is_err());
        let mut changed = sealed;
        changed[30] ^= 1;
        assert!(sealer.open("upload 1", &changed).is_err());
    }
}
