//! What the store promises, each as a sentence.

mod drafts;
mod history;
mod lists;
mod opening;
mod publish_once;
mod queueing;
mod sent;
mod templates;
mod times;
mod today;
mod watches;
mod writing;

use crate::{Added, NewManuscript, NewUpload, SaveUpload, Store, Timing};
use slipway_model::{
    AccountId, Cuts, Fields, Fingerprint, Intent, PhaseName, Receipt, Remote, Source, SourceFile,
    UploadId,
};
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

/// A Sunday in 2026, in ms.
pub(super) const NOW: i64 = 1_795_000_000_000;

pub(super) async fn open() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let (store, report) = Store::open(dir.path(), NOW).await.unwrap();
    assert!(report.created && report.restored.is_none());
    (dir, store)
}

pub(super) async fn account(store: &Store, label: &str) -> AccountId {
    let added = store.account_add("alpha", label, Fields::new(), NOW).await;
    added.unwrap().id
}

pub(super) fn file(path: impl Into<std::path::PathBuf>, size_bytes: u64) -> SourceFile {
    SourceFile {
        path: path.into(),
        fingerprint: Fingerprint {
            size_bytes,
            mtime_ns: 7,
            file_id: "1:2".into(),
            sample: "abc".into(),
        },
    }
}

pub(super) fn new_upload(account: AccountId) -> NewUpload {
    static KEYS: AtomicU64 = AtomicU64::new(0);
    NewUpload {
        account,
        intent: Intent::Run,
        priority: 0,
        key: format!("key-{}", KEYS.fetch_add(1, Ordering::Relaxed)),
    }
}

/// One manuscript of 1000 bytes for each name, to each account.
pub(super) async fn add(store: &Store, names: &[&str], accounts: &[AccountId]) -> Vec<Added> {
    let manuscripts = names.iter().map(|name| NewManuscript {
        source: Source::File(file(format!("/videos/{name}.mp4"), 1000)),
        fields: Fields::from([("title".into(), (*name).into())]),
        cover: None,
        uploads: accounts.iter().copied().map(new_upload).collect(),
    });
    store
        .manuscripts_add(manuscripts.collect(), Timing::default(), NOW)
        .await
        .unwrap()
}

/// One upload for each name, in order.
pub(super) async fn uploads(store: &Store, names: &[&str], account: AccountId) -> Vec<UploadId> {
    let added = add(store, names, &[account]).await;
    added.into_iter().map(|added| added.uploads[0]).collect()
}

pub(super) fn state(id: UploadId, phase: PhaseName) -> SaveUpload {
    let in_flight = matches!(phase, PhaseName::Sending | PhaseName::Committing);
    let taken = matches!(phase, PhaseName::Processing | PhaseName::Published);
    SaveUpload {
        id,
        intent: Intent::Run,
        attempt: 0,
        tries: 0,
        phase,
        ticket: None,
        cuts: in_flight.then(|| Cuts::equal(1000, 100)),
        remote: taken.then(|| remote("r1")),
        cause: None,
    }
}

pub(super) async fn bring(store: &Store, id: UploadId, phase: PhaseName) {
    let saved = store.upload_save(state(id, phase), Vec::new(), NOW).await;
    saved.unwrap();
}

pub(super) fn remote(id: &str) -> Remote {
    Remote {
        id: id.into(),
        ..Remote::default()
    }
}

pub(super) fn receipt(etag: &str) -> Receipt {
    Receipt {
        etag: Some(etag.into()),
        ..Receipt::default()
    }
}
