//! Secrets in a file, for machines without a keychain: sealed with a key that Argon2id derives from a pass phrase.
//!
//! Blocking. Invariant: the file on disk is always a whole one, old or new.

use crate::seal::{Sealer, random};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Argon2id with 46 MiB and one pass: the strongest in memory of the equal choices in OWASP's Password Storage Cheat Sheet, read 2026-11-22.
/// Paid at each start of the command line without a keychain: about 40 ms.
const MEMORY_KIB: u32 = 46 << 10;
const PASSES: u32 = 1;
const LANES: u32 = 1;

pub(crate) type Entries = BTreeMap<String, String>;

#[derive(Serialize, Deserialize)]
struct OnDisk {
    version: u32,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    sealed: String,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum VaultError {
    #[error("the pass phrase does not open the vault")]
    WrongPassphrase,
    #[error("the vault file is not understood")]
    NotAVault,
    #[error("the vault file cannot be used: {0}")]
    Io(#[from] io::Error),
}

/// An open vault.
#[derive(Debug)]
pub(crate) struct Vault {
    path: PathBuf,
    sealer: Sealer,
    salt: [u8; 16],
    costs: (u32, u32, u32),
    entries: Entries,
}

impl Vault {
    pub(crate) fn exists(path: &Path) -> bool {
        path.exists()
    }

    /// Opens the vault, or makes a new one. Takes long on purpose.
    pub(crate) fn open(path: &Path, passphrase: &SecretString) -> Result<Self, VaultError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let (salt, costs) = (random(), (MEMORY_KIB, PASSES, LANES));
                let sealer = derive(passphrase, &salt, costs)?;
                let vault = Self {
                    path: path.to_owned(),
                    sealer,
                    salt,
                    costs,
                    entries: Entries::new(),
                };
                vault.write(&vault.entries)?;
                return Ok(vault);
            }
            Err(error) => return Err(error.into()),
        };
        let disk: OnDisk = serde_json::from_str(&text).map_err(|_| VaultError::NotAVault)?;
        // Costs come from a file: bounded, so that a planted one cannot take the machine's memory.
        if disk.version != 1 || disk.memory_kib > 1 << 20 || disk.passes > 20 || disk.lanes > 16 {
            return Err(VaultError::NotAVault);
        }
        let salt = hex::decode(&disk.salt)
            .ok()
            .and_then(|s| s.try_into().ok())
            .ok_or(VaultError::NotAVault)?;
        let costs = (disk.memory_kib, disk.passes, disk.lanes);
        let sealer = derive(passphrase, &salt, costs)?;
        let sealed = hex::decode(&disk.sealed).map_err(|_| VaultError::NotAVault)?;
        let clear = sealer
            .open("vault", &sealed)
            .map_err(|_| VaultError::WrongPassphrase)?;
        let entries = serde_json::from_slice(&clear).map_err(|_| VaultError::NotAVault)?;
        Ok(Self {
            path: path.to_owned(),
            sealer,
            salt,
            costs,
            entries,
        })
    }

    pub(crate) fn get(&self, name: &str) -> Option<SecretString> {
        self.entries
            .get(name)
            .map(|v| SecretString::from(v.as_str()))
    }

    /// Sets or, with `None`, removes. Durable when it returns.
    pub(crate) fn set(
        &mut self,
        name: &str,
        value: Option<&SecretString>,
    ) -> Result<(), VaultError> {
        let mut entries = self.entries.clone();
        match value {
            Some(value) => entries.insert(name.to_owned(), value.expose_secret().to_owned()),
            None => entries.remove(name),
        };
        self.write(&entries)?;
        self.entries = entries;
        Ok(())
    }

    fn write(&self, entries: &Entries) -> Result<(), VaultError> {
        let clear = serde_json::to_vec(entries).expect("a map of text is JSON");
        let disk = OnDisk {
            version: 1,
            memory_kib: self.costs.0,
            passes: self.costs.1,
            lanes: self.costs.2,
            salt: hex::encode(self.salt),
            sealed: hex::encode(self.sealer.seal("vault", &clear)),
        };
        let text = serde_json::to_vec(&disk).expect("plain fields are JSON");
        let temporary = self.path.with_extension("new");
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&temporary)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&temporary, &self.path)?;
        #[cfg(unix)]
        if let Some(folder) = self.path.parent() {
            fs::File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

fn derive(
    passphrase: &SecretString,
    salt: &[u8; 16],
    (memory, passes, lanes): (u32, u32, u32),
) -> Result<Sealer, VaultError> {
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(|_| VaultError::NotAVault)?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.expose_secret().as_bytes(), salt, &mut key)
        .map_err(|_| VaultError::NotAVault)?;
    Ok(Sealer::new(&key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vault_keeps_its_entries_for_the_right_pass_phrase_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secrets.vault");
        let phrase = SecretString::from("correct horse");
        Vault::open(&path, &phrase)
            .unwrap()
            .set("a", Some(&SecretString::from("token-4711")))
            .unwrap();
        assert!(
            !fs::read_to_string(&path).unwrap().contains("4711"),
            "nothing in clear text"
        );
        let again = Vault::open(&path, &phrase).unwrap();
        assert_eq!(again.get("a").unwrap().expose_secret(), "token-4711");
        assert!(matches!(
            Vault::open(&path, &SecretString::from("wrong")),
            Err(VaultError::WrongPassphrase)
        ));
    }
}
