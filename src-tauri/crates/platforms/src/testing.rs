//! What the adapters' tests share: secrets in memory, a keeper that remembers, parts from bytes.

use crate::{
    Body, Cover, Draft, Keeper, Part, Result, SecretStore, Session, Sums,
    body::Taken,
    http::{Http, Route},
};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use md5::Digest as _;
use parking_lot::Mutex;
use secrecy::{ExposeSecret as _, SecretString};
use slipway_model::{AccountId, Cause, Cuts, ErrorKind, Fields, Span, Ticket};
use std::{collections::HashMap, sync::Arc};

#[derive(Default)]
pub(crate) struct Secrets {
    pub(crate) values: Mutex<HashMap<String, SecretString>>,
    /// `set` fails while this holds.
    pub(crate) locked: Mutex<bool>,
}

impl Secrets {
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Arc<Self> {
        let secrets = Self::default();
        for (name, value) in pairs {
            secrets.put(name, value);
        }
        Arc::new(secrets)
    }
    pub(crate) fn put(&self, name: &str, value: &str) {
        self.values.lock().insert(name.into(), value.into());
    }
    pub(crate) fn show(&self, name: &str) -> String {
        let values = self.values.lock();
        values
            .get(name)
            .map_or_else(String::new, |v| v.expose_secret().to_owned())
    }
}

#[async_trait]
impl SecretStore for Secrets {
    async fn get(&self, _: AccountId, name: &str) -> Result<Option<SecretString>> {
        Ok(self.values.lock().get(name).cloned())
    }
    async fn set(&self, _: AccountId, values: Vec<(String, SecretString)>) -> Result<()> {
        if *self.locked.lock() {
            let cause = Cause::default();
            return Err(crate::Error::new(
                "test",
                "saving",
                ErrorKind::SecretsLocked,
                cause,
            ));
        }
        self.values.lock().extend(values);
        Ok(())
    }
}

pub(crate) fn session(secrets: Arc<Secrets>, settings: &[(&str, &str)]) -> Session {
    let settings = settings
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    Session::new(
        AccountId(1),
        "test".into(),
        settings.collect(),
        secrets,
        Http::new(&Route::off()).unwrap(),
    )
}

/// Remembers every ticket it was given, and which announced a submission. May crash once.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) tickets: Mutex<Vec<Ticket>>,
    pub(crate) announced: Mutex<Vec<Ticket>>,
    pub(crate) readied: Mutex<Vec<Ticket>>,
    /// A commit that is ready is dropped while this holds.
    pub(crate) held_back: Mutex<bool>,
    /// The announcement after which it fails, from 1: a crash right after the ledger was written.
    pub(crate) crash_at: Mutex<Option<usize>>,
}

impl Kept {
    pub(crate) fn last(&self) -> Ticket {
        self.tickets.lock().last().expect("one was kept").clone()
    }
}

#[async_trait]
impl Keeper for Kept {
    async fn keep(&self, ticket: &Ticket) -> Result<()> {
        self.tickets.lock().push(ticket.clone());
        Ok(())
    }
    async fn ready(&self, ticket: &Ticket) -> Result<()> {
        self.readied.lock().push(ticket.clone());
        if *self.held_back.lock() {
            let cause = Cause::default();
            return Err(crate::Error::new(
                "test",
                "waiting",
                ErrorKind::Offline,
                cause,
            ));
        }
        Ok(())
    }
    async fn about_to_submit(&self, ticket: &Ticket) -> Result<()> {
        self.tickets.lock().push(ticket.clone());
        self.announced.lock().push(ticket.clone());
        let announced = self.announced.lock().len();
        let mut crash = self.crash_at.lock();
        if crash.is_some_and(|at| at == announced) {
            *crash = None;
            let cause = Cause::default();
            return Err(crate::Error::new(
                "test",
                "crashing",
                ErrorKind::Offline,
                cause,
            ));
        }
        Ok(())
    }
}

/// Bytes that differ everywhere, the same for the same seed.
pub(crate) fn noise(len: usize, seed: u64) -> Bytes {
    let mut out = vec![0; len];
    let mut reader = blake3::Hasher::new()
        .update(&seed.to_le_bytes())
        .finalize_xof();
    reader.fill(&mut out);
    out.into()
}

pub(crate) fn crc64(bytes: &[u8]) -> u64 {
    crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, bytes)
}

/// A part of `whole` in pieces of 64 KiB, its sums set when it has been read.
pub(crate) fn part(whole: &Bytes, span: Span, md5: bool) -> Part {
    let from = usize::try_from(span.offset_bytes).unwrap();
    let bytes = whole.slice(from..from + usize::try_from(span.len_bytes).unwrap());
    let sums = Sums::default();
    let taken = Taken {
        crc64: crc64(&bytes),
        md5: md5.then(|| md5::Md5::digest(&bytes).into()),
        crc64_xz: Some(crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Xz, &bytes)),
        bytes: span.len_bytes,
    };
    let pieces: Vec<Bytes> = bytes.chunks(65_536).map(Bytes::copy_from_slice).collect();
    let ours = sums.clone();
    let end = stream::once(async move { ours.set(taken) }).filter_map(async |()| None);
    let body: Body = Box::pin(stream::iter(pieces.into_iter().map(Ok)).chain(end));
    Part {
        number: span.number,
        offset_bytes: span.offset_bytes,
        len_bytes: span.len_bytes,
        total_bytes: whole.len() as u64,
        body,
        sums,
    }
}

pub(crate) fn spans(cuts: &Cuts) -> Vec<Span> {
    cuts.spans().collect()
}

pub(crate) fn draft(file_name: &str, whole: &Bytes, fields: &[(&str, &str)]) -> Draft {
    let fields: Fields = fields
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    Draft {
        file_name: file_name.into(),
        size_bytes: whole.len() as u64,
        online: None,
        fields,
        cover: None,
        picture: None,
        held_back: false,
        manuscript_hash: "hash".into(),
        key: uuid::Uuid::new_v4().to_string(),
    }
}

pub(crate) fn cover(bytes: Bytes) -> Cover {
    Cover {
        file_name: "cover.png".into(),
        mime: "image/png",
        bytes,
    }
}
