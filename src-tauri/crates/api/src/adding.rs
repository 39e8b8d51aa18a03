//! From offered files to uploads in the queue: preflight first, then all or nothing.

use crate::{
    Api, Failure,
    checking::{is_red, is_twice},
    filling,
    wire::{self, Empty, NewManuscripts, OfferedFile, Priority, Secret},
};
use secrecy::SecretString;
use slipway_engine::{Engine, Happening, fingerprint::SourceFault, happening};
use slipway_model::{AccountId, Cause, Fields, Intent, Source, UploadId, captions, text};
use slipway_store::{Added, NewManuscript, NewUpload, Taking, Timing};
use std::{
    collections::HashMap,
    io::Read as _,
    path::{Path, PathBuf},
};

impl Api {
    /// Takes paths in: only from this machine's user, never from the window.
    pub async fn files_offer(&self, paths: Vec<PathBuf>) -> Result<Vec<OfferedFile>, Failure> {
        let offered = self.offered.clone();
        tokio::task::spawn_blocking(move || offered.take(paths))
            .await
            .map_err(|_| Failure::new("stopping"))
    }

    /// Takes addresses of files that are online, which a platform is to fetch. None of them is asked for anything.
    pub async fn addresses_offer(
        &self,
        addresses: Vec<Secret>,
    ) -> Result<Vec<OfferedFile>, Failure> {
        let offered = addresses.into_iter().map(|Secret(text)| {
            let online =
                address(&text).map(|(shown, whole)| (Engine::online_file(shown, &whole), whole));
            self.offered.take_online(online)
        });
        Ok(offered.collect())
    }

    pub async fn files_offered(&self, _: Empty) -> Result<Vec<OfferedFile>, Failure> {
        Ok(self.offered.list())
    }

    pub async fn files_forget(&self, files: Vec<u32>) -> Result<Empty, Failure> {
        self.offered.forget(&files);
        Ok(Empty {})
    }

    /// Adds one manuscript for each file and one upload for each account, or nothing at all.
    ///
    /// # Errors
    /// The first refusal of preflight, with file, account and platform; `already_sent` when the same file went to the same account before.
    pub async fn manuscripts_add(&self, new: NewManuscripts) -> Result<wire::Added, Failure> {
        if new.files.is_empty() {
            return Err(Failure::new("no_files"));
        }
        let new = self.with_template(new).await?;
        if new.accounts.is_empty() {
            return Err(Failure::new("no_accounts"));
        }
        // Somebody may have typed for a while: nothing is taken from the last look.
        let looked = self.look(&new).await?;
        for checked in looked.check(&new) {
            // Worst first.
            let mut refusals = checked.findings.into_iter();
            let refusal = refusals.find(|f| is_red(f) || (is_twice(f) && !new.again));
            if let Some(finding) = refusal {
                return Err(looked
                    .named(finding.cause, checked.file, checked.account)
                    .into());
            }
        }
        let accounts = looked.accounts.iter().map(|known| &known.account);
        let accounts: Vec<_> = accounts.map(|one| (one.id, one.label.clone())).collect();
        let mut wanted = Vec::with_capacity(looked.files.len());
        for file in &looked.files {
            let source = file.source.clone()?;
            let fields = file.fields(&new, &source);
            let fields = fields.map_err(|faults| filling::first(&faults))?;
            // A draft's is sealed already.
            let unsealed = matches!(&source, Source::Online(online) if online.sealed.is_empty());
            let address = || self.offered.address(file.file);
            wanted.push(Wanted {
                whole: unsealed.then(address).transpose()?,
                fields,
                cover: file.cover.as_ref().map(|cover| cover.path.clone()),
                accounts: accounts.clone(),
                hold: new.hold,
                priority: new.priority.unwrap_or_default(),
                source,
            });
        }
        let timing = Timing {
            start_at_ms: new.start_at_ms,
            together: new.together,
        };
        let uploads = self.keep(wanted, timing).await?;
        if !new.keep {
            self.offered.forget(&new.files);
        }
        Ok(wire::Added { uploads })
    }

    /// Puts manuscripts into the queue, all or none, and tells of them.
    pub(crate) async fn keep(
        &self,
        mut wanted: Vec<Wanted>,
        timing: Timing,
    ) -> Result<Vec<UploadId>, Failure> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        for one in &mut wanted {
            if let (Source::Online(online), Some(whole)) = (&mut one.source, &one.whole) {
                self.engine.seal_address(online, whole).await?;
            }
        }
        // The last that can go wrong before anything is added: the image itself is read.
        let mut kept: HashMap<PathBuf, PathBuf> = HashMap::new();
        for cover in wanted.iter_mut().filter_map(|one| one.cover.as_mut()) {
            if !kept.contains_key(cover) {
                let place = self.engine.covers().keep(cover.clone()).await?;
                kept.insert(cover.clone(), place);
            }
            cover.clone_from(&kept[cover]);
        }
        let at_ms = slipway_engine::clock::now_ms();
        let manuscripts = wanted.iter().map(Wanted::manuscript).collect();
        let store = self.engine.store();
        let added = store.manuscripts_add(manuscripts, timing, at_ms).await?;
        Ok(self.told(&wanted, added, at_ms).await)
    }

    /// The same for files of watched folders, which are written down as taken with that.
    pub(crate) async fn keep_watched(
        &self,
        wanted: Vec<Wanted>,
        taking: Vec<Taking>,
    ) -> Result<(), Failure> {
        if wanted.is_empty() {
            return Ok(());
        }
        let at_ms = slipway_engine::clock::now_ms();
        let manuscripts = wanted.iter().map(Wanted::manuscript).zip(taking).collect();
        let added = self.engine.store().watch_take(manuscripts, at_ms).await?;
        self.told(&wanted, added, at_ms).await;
        Ok(())
    }

    /// Tells of what is in the queue now.
    async fn told(&self, wanted: &[Wanted], added: Vec<Added>, at_ms: i64) -> Vec<UploadId> {
        self.look_again();
        for (added, one) in added.iter().zip(wanted) {
            for (id, (account, label)) in added.uploads.iter().zip(&one.accounts) {
                self.engine.tell(Happening {
                    at_ms,
                    upload: Some(*id),
                    account: Some(*account),
                    account_label: Some(label.clone()),
                    file: Some(one.source.shown()),
                    what: happening::What::Queued,
                });
            }
        }
        self.engine.wake().await;
        added.into_iter().flat_map(|a| a.uploads).collect()
    }
}

/// A manuscript that nothing forbids, and where it goes.
pub(crate) struct Wanted {
    pub(crate) source: Source,
    /// The whole address of a source that is online and not sealed yet.
    pub(crate) whole: Option<SecretString>,
    pub(crate) fields: Fields,
    pub(crate) cover: Option<PathBuf>,
    /// With their labels.
    pub(crate) accounts: Vec<(AccountId, String)>,
    pub(crate) hold: bool,
    pub(crate) priority: Priority,
}

impl Wanted {
    fn manuscript(&self) -> NewManuscript {
        let upload = |(account, _): &(AccountId, String)| NewUpload {
            account: *account,
            intent: if self.hold { Intent::Hold } else { Intent::Run },
            priority: match self.priority {
                Priority::Low => -1,
                Priority::Normal => 0,
                Priority::High => 1,
            },
            key: uuid::Uuid::new_v4().simple().to_string(),
        };
        NewManuscript {
            source: self.source.clone(),
            fields: self.fields.clone(),
            cover: self.cover.clone(),
            uploads: self.accounts.iter().map(upload).collect(),
        }
    }
}

/// The address as it may be shown, and whole. What cannot be read is not quoted: it may be a secret.
pub(crate) fn address(text: &str) -> Result<(String, SecretString), Cause> {
    let invalid = || Cause::new("address_invalid");
    let whole = url::Url::parse(text.trim()).map_err(|_| invalid())?;
    if !matches!(whole.scheme(), "http" | "https") || !whole.has_host() {
        return Err(invalid());
    }
    let mut shown = whole.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    let clean = shown.set_username("").and(shown.set_password(None));
    clean.map_err(|()| invalid())?;
    Ok((shown.into(), String::from(whole).into()))
}

pub(crate) fn captions_of(path: &Path, language: &str) -> Result<String, Cause> {
    let text = small_text(path, captions::CAPTIONS_MAX_BYTES, "captions_too_large")?;
    captions::web_vtt(&text, language)
}

/// As [`small_file`], as text.
pub(crate) fn small_text(path: &Path, max_bytes: u64, too_large: &str) -> Result<String, Cause> {
    text::decode(&small_file(path, max_bytes, too_large)?)
}

/// All bytes of a file that may be anything. `too_large` is told with `bytes` and `max_bytes`.
pub(crate) fn small_file(path: &Path, max_bytes: u64, too_large: &str) -> Result<Vec<u8>, Cause> {
    let unreadable = |error: std::io::Error| SourceFault::io(path, &error).cause;
    let met = std::fs::metadata(path).map_err(unreadable)?;
    if !met.is_file() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        return Err(Cause::new("file_not_regular").with("file", name));
    }
    let too_large = |bytes: u64| {
        let cause = Cause::new(too_large).with("bytes", bytes);
        cause.with("max_bytes", max_bytes)
    };
    if met.len() > max_bytes {
        return Err(too_large(met.len()));
    }
    // It may grow meanwhile.
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let read = file.take(max_bytes + 1).read_to_end(&mut bytes);
    match read.map_err(unreadable)? as u64 {
        read if read > max_bytes => Err(too_large(read)),
        _ => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn of_an_address_only_what_is_no_secret_is_shown() {
        let (shown, whole) =
            address(" https://me:pw@a.example/x y/夏.mp4?sig=SECRET&e=1#t ").unwrap();
        assert_eq!(shown, "https://a.example/x%20y/%E5%A4%8F.mp4");
        assert_eq!(
            whole.expose_secret(),
            "https://me:pw@a.example/x%20y/%E5%A4%8F.mp4?sig=SECRET&e=1#t"
        );
        for text in [
            "ftp://a.example/x",
            "https://",
            "clip.mp4",
            "file:///etc/x",
            "",
        ] {
            let cause = address(text).unwrap_err();
            assert_eq!(
                (cause.code.as_str(), cause.params.len()),
                ("address_invalid", 0)
            );
        }
    }
}
