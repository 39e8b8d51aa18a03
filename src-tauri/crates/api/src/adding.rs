//! From offered files to uploads in the queue: preflight first, then all or nothing.

use crate::{
    Api, Failure,
    wire::{Added, Empty, NewCaptions, NewManuscripts, OfferedFile, Preflight, Priority, Secret},
};
use secrecy::SecretString;
use slipway_engine::{Engine, Happening, Rules, happening, printable_name};
use slipway_model::{
    Account, Cause, Fields, Intent, Source, captions, manuscript,
    preflight::{self, Finding, Seen, SeenCover, Severity},
    text,
};
use slipway_store::{Content, NewManuscript, NewUpload, Sent};
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

    /// Everything that is wrong with these, for each file and account.
    pub async fn manuscripts_check(&self, new: NewManuscripts) -> Result<Vec<Preflight>, Failure> {
        let targets = self.targets(&new).await?;
        let mut sources = Vec::with_capacity(new.files.len());
        for &file in &new.files {
            let written = self.written(&new, file).await?;
            sources.push((file, self.offered.source(file), written));
        }
        let mut found = Vec::new();
        for target in &targets {
            let sent = self
                .sent_before(
                    target,
                    sources
                        .iter()
                        .filter_map(|(_, source, _)| source.as_ref().ok()),
                )
                .await?;
            for (file, source, written) in &sources {
                let findings = match source {
                    Ok(source) => {
                        let mut findings = target.findings(
                            source,
                            &with_title(&written.fields, source),
                            written.cover.as_deref(),
                        );
                        if let Some(cause) = sent.get(&content(source)) {
                            findings.push(Finding {
                                severity: Severity::Amber,
                                field: None,
                                cause: cause.clone().with("file", source.name()),
                            });
                        }
                        findings
                    }
                    Err(failure) => {
                        vec![red(Cause {
                            code: failure.code.clone(),
                            params: failure.params.clone(),
                            detail: String::new(),
                        })]
                    }
                };
                found.push(Preflight {
                    file: *file,
                    account: target.account.id,
                    findings,
                });
            }
        }
        Ok(found)
    }

    /// Adds one manuscript for each file and one upload for each account, or nothing at all.
    ///
    /// # Errors
    /// The first refusal of preflight, with file, account and platform; `already_sent` when the same file went to the same account before.
    pub async fn manuscripts_add(&self, new: NewManuscripts) -> Result<Added, Failure> {
        if new.files.is_empty() {
            return Err(Failure::new("no_files"));
        }
        let targets = self.targets(&new).await?;
        if targets.is_empty() {
            return Err(Failure::new("no_accounts"));
        }
        let mut sources = Vec::with_capacity(new.files.len());
        for &file in &new.files {
            let source = self.offered.source(file)?;
            let mut written = self.written(&new, file).await?;
            written.fields = with_title(&written.fields, &source);
            sources.push((source, written));
        }
        for target in &targets {
            for (source, written) in &sources {
                target.refuse_red(source, &written.fields, written.cover.as_deref())?;
            }
            if !new.again {
                let sent = self
                    .sent_before(target, sources.iter().map(|(source, _)| source))
                    .await?;
                if let Some((source, cause)) = sources
                    .iter()
                    .find_map(|(source, _)| Some((source, sent.get(&content(source))?)))
                {
                    return Err(cause.clone().with("file", source.name()).into());
                }
            }
        }
        for ((source, _), &file) in sources.iter_mut().zip(&new.files) {
            // A draft's is sealed already.
            if let Source::Online(online) = source
                && online.sealed.is_empty()
            {
                let whole = self.offered.address(file)?;
                self.engine.seal_address(online, &whole).await?;
            }
        }
        let intent = if new.hold { Intent::Hold } else { Intent::Run };
        let priority = match new.priority {
            Priority::Low => -1,
            Priority::Normal => 0,
            Priority::High => 1,
        };
        let manuscripts = sources
            .iter()
            .map(|(source, written)| NewManuscript {
                source: source.clone(),
                fields: written.fields.clone(),
                cover: written.cover.clone(),
                uploads: targets
                    .iter()
                    .map(|target| NewUpload {
                        account: target.account.id,
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
        for (added, (source, _)) in added.iter().zip(&sources) {
            for (id, target) in added.uploads.iter().zip(&targets) {
                self.engine.tell(Happening {
                    at_ms,
                    upload: Some(*id),
                    account: Some(target.account.id),
                    account_label: Some(target.account.label.clone()),
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

    /// What the manuscript of one file is made of: its own parts, and the common ones.
    async fn written(&self, new: &NewManuscripts, file: u32) -> Result<Written, Failure> {
        let own = new.own.get(&file);
        let mut fields = new.fields.clone();
        fields.extend(own.into_iter().flat_map(|own| own.fields.clone()));
        let cover = own.and_then(|own| own.cover).or(new.cover);
        let own_captions = own.map(|own| &own.captions).filter(|own| !own.is_empty());
        for NewCaptions { language, file } in own_captions.unwrap_or(&new.captions) {
            let path = self.offered.path(*file)?;
            let name = printable_name(&path);
            let language = language.clone();
            let read = tokio::task::spawn_blocking(move || captions_of(&path, &language));
            let track = read.await.map_err(|_| Failure::new("stopping"))?;
            let track = track.map_err(|cause| Failure::from(cause.with("file", name)))?;
            let tracks = fields.entry("captions".to_owned()).or_default();
            if !tracks.is_empty() && !tracks.ends_with('\n') {
                tracks.push('\n');
            }
            tracks.push_str(&track);
        }
        Ok(Written {
            fields,
            cover: cover.map(|file| self.offered.path(file)).transpose()?,
        })
    }

    async fn targets(&self, new: &NewManuscripts) -> Result<Vec<Target>, Failure> {
        let mut targets: Vec<Target> = Vec::with_capacity(new.accounts.len());
        for id in &new.accounts {
            if targets.iter().any(|known| known.account.id == *id) {
                continue;
            }
            let account = self.engine.store().account(*id).await?;
            let account =
                account.ok_or_else(|| Failure::new("account_unknown").with("account", id))?;
            targets.push(self.target(account).await?);
        }
        Ok(targets)
    }

    pub(crate) async fn target(&self, account: Account) -> Result<Target, Failure> {
        let rules = self.engine.rules(account.id).await?;
        Ok(Target { account, rules })
    }

    /// Contents that went to the account before, with where they are, or that are on their way to it.
    async fn sent_before<'a>(
        &self,
        target: &Target,
        sources: impl Iterator<Item = &'a Source>,
    ) -> Result<HashMap<Content, Cause>, Failure> {
        let account = &target.account;
        let known = self
            .engine
            .store()
            .sent_before(account.id, sources.map(content).collect())
            .await?;
        let named = |code: &str| Cause::new(code).with("account", &account.label);
        let causes = known.into_iter().map(|(content, sent)| {
            let cause = match sent {
                Sent::Published { remote, at_ms } => named("already_sent")
                    .with("url", remote.url.unwrap_or(remote.id))
                    .with("at_ms", at_ms),
                Sent::Unfinished { upload } | Sent::Submitting { upload, .. } => {
                    named("already_sending").with("id", upload)
                }
            };
            (content, cause)
        });
        Ok(causes.collect())
    }
}

fn content(source: &Source) -> Content {
    (source.size_bytes(), source.sample().to_owned())
}

struct Written {
    fields: Fields,
    cover: Option<PathBuf>,
}

/// An account with the rules that hold for it.
pub(crate) struct Target {
    pub(crate) account: Account,
    rules: Rules,
}

impl Target {
    /// The first thing that would be refused.
    pub(crate) fn refuse_red(
        &self,
        source: &Source,
        fields: &Fields,
        cover: Option<&Path>,
    ) -> Result<(), Failure> {
        match self
            .findings(source, fields, cover)
            .into_iter()
            .find(|f| f.severity == Severity::Red)
        {
            Some(finding) => Err(Failure::from(finding.cause)
                .with("account", &self.account.label)
                .with("file", source.name())),
            None => Ok(()),
        }
    }

    fn findings(&self, source: &Source, fields: &Fields, cover: Option<&Path>) -> Vec<Finding> {
        let file_name = source.name();
        let cover_name = cover.map(printable_name);
        let mut found = Vec::new();
        let cover = match (cover, &cover_name) {
            (Some(path), Some(name)) => match std::fs::metadata(path) {
                Ok(meta) if meta.is_file() => Some(SeenCover {
                    file_name: name,
                    size_bytes: meta.len(),
                }),
                _ => {
                    found.push(red(Cause::new("cover_missing").with("file", name)));
                    None
                }
            },
            _ => None,
        };
        let seen = Seen {
            file_name: &file_name,
            size_bytes: source.file().map(|file| file.fingerprint.size_bytes),
            cover,
        };
        let spec = &self.rules.spec;
        found.extend(preflight::check(spec, fields, &seen));
        let fields = manuscript::resolve(fields, &spec.name, &spec.fields);
        found.extend(self.rules.notes(&fields));
        if source.file().is_none() && spec.takes_online {
            found.extend(self.rules.online_notes(&fields, &file_name));
        }
        found
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

fn captions_of(path: &Path, language: &str) -> Result<String, Cause> {
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

fn red(cause: Cause) -> Finding {
    Finding {
        severity: Severity::Red,
        field: None,
        cause,
    }
}

/// A manuscript without a title is named after its file.
fn with_title(fields: &Fields, source: &Source) -> Fields {
    let mut fields = fields.clone();
    if fields
        .get("title")
        .is_none_or(|title| title.trim().is_empty())
    {
        fields.insert(
            "title".into(),
            manuscript::title_from_file_name(&source.name()),
        );
    }
    fields
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
