//! From offered files to uploads in the queue: preflight first, then all or nothing.

use crate::{
    Api, Failure,
    checking::{is_red, is_twice},
    wire::{Added, Empty, NewManuscripts, OfferedFile, Priority, Secret},
};
use secrecy::SecretString;
use slipway_engine::{Engine, Happening, happening};
use slipway_model::{Account, Cause, Intent, Source, captions, text};
use slipway_store::{NewManuscript, NewUpload};
use std::{
    collections::HashMap,
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
    pub async fn manuscripts_add(&self, new: NewManuscripts) -> Result<Added, Failure> {
        if new.files.is_empty() {
            return Err(Failure::new("no_files"));
        }
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
        let mut sources = Vec::with_capacity(looked.files.len());
        for file in &looked.files {
            let source = file.source.clone()?;
            let fields = file.fields(&new, &source);
            let cover = file.cover.as_ref().map(|cover| cover.path.clone());
            sources.push((source, (fields, cover)));
        }
        let accounts: Vec<&Account> = looked.accounts.iter().map(|known| &known.account).collect();
        for ((source, _), &file) in sources.iter_mut().zip(&new.files) {
            // A draft's is sealed already.
            if let Source::Online(online) = source
                && online.sealed.is_empty()
            {
                let whole = self.offered.address(file)?;
                self.engine.seal_address(online, &whole).await?;
            }
        }
        // The last that can go wrong before anything is added: the image itself is read.
        let mut kept: HashMap<PathBuf, PathBuf> = HashMap::new();
        for (_, (_, cover)) in &mut sources {
            let Some(image) = cover.take() else {
                continue;
            };
            if !kept.contains_key(&image) {
                let place = self.engine.covers().keep(image.clone()).await?;
                kept.insert(image.clone(), place);
            }
            *cover = kept.get(&image).cloned();
        }
        let intent = if new.hold { Intent::Hold } else { Intent::Run };
        let priority = match new.priority {
            Priority::Low => -1,
            Priority::Normal => 0,
            Priority::High => 1,
        };
        let manuscripts = sources
            .iter()
            .map(|(source, (fields, cover))| NewManuscript {
                source: source.clone(),
                fields: fields.clone(),
                cover: cover.clone(),
                uploads: accounts
                    .iter()
                    .map(|account| NewUpload {
                        account: account.id,
                        intent,
                        priority,
                        key: uuid::Uuid::new_v4().simple().to_string(),
                    })
                    .collect(),
            })
            .collect();
        let at_ms = slipway_engine::clock::now_ms();
        let added = self
            .engine
            .store()
            .manuscripts_add(manuscripts, at_ms)
            .await?;
        if !new.keep {
            self.offered.forget(&new.files);
        }
        self.look_again();
        for (added, (source, _)) in added.iter().zip(&sources) {
            for (id, account) in added.uploads.iter().zip(&accounts) {
                self.engine.tell(Happening {
                    at_ms,
                    upload: Some(*id),
                    account: Some(account.id),
                    account_label: Some(account.label.clone()),
                    file: Some(source.shown()),
                    what: happening::What::Queued,
                });
            }
        }
        self.engine.wake().await;
        Ok(Added {
            uploads: added.into_iter().flat_map(|a| a.uploads).collect(),
        })
    }
}

/// The address as it may be shown, and whole. What cannot be read is not quoted: it may be a secret.
fn address(text: &str) -> Result<(String, SecretString), Cause> {
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
    let unreadable =
        |error: std::io::Error| Cause::new("file_unreadable").detail(error.to_string());
    let size_bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if size_bytes > captions::CAPTIONS_MAX_BYTES {
        let cause = Cause::new("captions_too_large").with("bytes", size_bytes);
        return Err(cause.with("max_bytes", captions::CAPTIONS_MAX_BYTES));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    captions::web_vtt(&text::decode(&bytes)?, language)
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
