//! A data folder, an engine on it, files to send, and ways to wait for what should happen.

use secrecy::SecretString;
use sha2::{Digest, Sha256};
use slipway_api::{
    Api, Failure, Options,
    wire::{NewAccount, NewManuscripts, Secret, UploadDetail, UploadRow, UploadSet},
};
use slipway_model::{AccountId, PhaseName, UploadId};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;

pub const MIB: usize = 1 << 20;
pub const PASSPHRASE: &str = "a pass phrase of the tests";
/// Far more than anything here takes: reached only when something hangs.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct House {
    pub dir: TempDir,
    pub api: Api,
}

pub fn map<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs
        .into_iter()
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect()
}

/// Bytes that do not repeat from part to part.
pub fn video_bytes(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub async fn open(data_dir: PathBuf) -> Result<Api, Failure> {
    Api::open(Options {
        data_dir,
        passphrase: Some(SecretString::from(PASSPHRASE)),
        run: true,
        any_network: true,
        ..Options::default()
    })
    .await
}

impl House {
    pub async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let api = open(dir.path().join("data")).await.unwrap();
        Self { dir, api }
    }

    /// Stops the engine as a quit does, and starts another on the same folder.
    pub async fn restart(self) -> Self {
        let data_dir = self.api.data_dir().to_owned();
        self.api.close().await;
        let api = open(data_dir).await.unwrap();
        Self { api, ..self }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn video(&self, name: &str, len: usize) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, video_bytes(len, len as u64)).unwrap();
        path
    }

    pub async fn account(
        &self,
        platform: &str,
        label: &str,
        settings: BTreeMap<String, String>,
        secrets: &[(&str, &str)],
    ) -> AccountId {
        let secrets = secrets
            .iter()
            .map(|(k, v)| ((*k).to_owned(), Secret((*v).to_owned())))
            .collect();
        let new = NewAccount {
            platform: platform.into(),
            label: label.into(),
            settings,
            secrets,
            check: true,
        };
        self.api.account_add(new).await.unwrap().id
    }

    pub async fn folder_account(&self) -> AccountId {
        let path = self.path("archive");
        self.account(
            "folder",
            "archive",
            map([("path", path.to_str().unwrap())]),
            &[],
        )
        .await
    }

    pub async fn add(
        &self,
        file: &Path,
        account: AccountId,
        fields: BTreeMap<String, String>,
    ) -> UploadId {
        self.try_add(file, account, fields).await.unwrap()
    }

    pub async fn try_add(
        &self,
        file: &Path,
        account: AccountId,
        fields: BTreeMap<String, String>,
    ) -> Result<UploadId, Failure> {
        let offered = self.api.files_offer(vec![file.to_owned()]).await?;
        let new = NewManuscripts {
            files: vec![offered[0].file],
            accounts: vec![account],
            fields,
            ..NewManuscripts::default()
        };
        Ok(self.api.manuscripts_add(new).await?.uploads[0])
    }

    pub async fn detail(&self, id: UploadId) -> UploadDetail {
        self.api.upload_detail(id).await.unwrap()
    }

    /// Waits until the row is as wanted.
    pub async fn until(
        &self,
        id: UploadId,
        what: &str,
        enough: impl Fn(&UploadRow) -> bool,
    ) -> UploadRow {
        self.until_within(PATIENCE, id, what, enough).await
    }

    /// The same, for what is known to take its time.
    pub async fn until_within(
        &self,
        patience: Duration,
        id: UploadId,
        what: &str,
        enough: impl Fn(&UploadRow) -> bool,
    ) -> UploadRow {
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            let row = self.detail(id).await.row;
            if enough(&row) {
                return row;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "waited for {what}, but: {row:?}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn until_phase(&self, id: UploadId, phase: PhaseName) -> UploadRow {
        self.until(id, phase.as_str(), |row| {
            assert!(
                row.live.phase == phase || row.live.phase != PhaseName::Failed,
                "failed: {:?}",
                row.live.cause
            );
            row.live.phase == phase
        })
        .await
    }

    pub fn these(id: UploadId) -> UploadSet {
        UploadSet {
            ids: vec![id],
            all: false,
        }
    }
}

/// Waits until something holds that no event tells.
pub async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !holds() {
        assert!(tokio::time::Instant::now() < deadline, "waited for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
