//! From offered files to uploads in the queue: preflight first, then all or nothing.

use crate::{
    Api, Failure,
    wire::{Added, Empty, NewManuscripts, OfferedFile, Preflight, Priority},
};
use slipway_engine::printable_name;
use slipway_model::{
    Account, Cause, Fields, Intent, SourceFile, Spec, manuscript,
    preflight::{self, Finding, Seen, SeenCover, Severity},
};
use slipway_store::{LedgerState, NewManuscript, NewUpload};
use std::path::{Path, PathBuf};

impl Api {
    /// Takes paths in: only from this machine's user, never from the window.
    pub async fn files_offer(&self, paths: Vec<PathBuf>) -> Result<Vec<OfferedFile>, Failure> {
        let offered = self.offered.clone();
        tokio::task::spawn_blocking(move || offered.take(paths))
            .await
            .map_err(|_| Failure::new("stopping"))
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
        let accounts = self.accounts_of(&new).await?;
        let cover = new.cover.map(|file| self.offered.path(file)).transpose()?;
        let mut found = Vec::new();
        for &file in &new.files {
            let source = self.offered.source(file);
            for account in &accounts {
                let mut findings = match &source {
                    Ok(source) => self.findings(
                        source,
                        &with_title(&new.fields, source),
                        cover.as_deref(),
                        account,
                    )?,
                    Err(failure) => vec![red(Cause {
                        code: failure.code.clone(),
                        params: failure.params.clone(),
                        detail: String::new(),
                    })],
                };
                if let Ok(source) = &source
                    && let Some(cause) = self.sent_before(source, account).await?
                {
                    findings.push(Finding {
                        severity: Severity::Amber,
                        field: None,
                        cause,
                    });
                }
                found.push(Preflight {
                    file,
                    account: account.id,
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
        let accounts = self.accounts_of(&new).await?;
        if accounts.is_empty() {
            return Err(Failure::new("no_accounts"));
        }
        let cover = new.cover.map(|file| self.offered.path(file)).transpose()?;
        let mut sources = Vec::with_capacity(new.files.len());
        for &file in &new.files {
            let source = self.offered.source(file)?;
            let fields = with_title(&new.fields, &source);
            for account in &accounts {
                self.refuse_red(&source, &fields, cover.as_deref(), account)?;
                if !new.again
                    && let Some(cause) = self.sent_before(&source, account).await?
                {
                    return Err(cause.into());
                }
            }
            sources.push((source, fields));
        }
        let intent = if new.hold { Intent::Hold } else { Intent::Run };
        let priority = match new.priority {
            Priority::Low => -1,
            Priority::Normal => 0,
            Priority::High => 1,
        };
        let manuscripts = sources
            .into_iter()
            .map(|(file, fields)| NewManuscript {
                file,
                fields,
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
        let added = self
            .engine
            .store()
            .manuscripts_add(manuscripts, slipway_engine::clock::now_ms())
            .await?;
        self.offered.forget(&new.files);
        self.engine.wake().await;
        Ok(Added {
            uploads: added.into_iter().flat_map(|a| a.uploads).collect(),
        })
    }

    async fn accounts_of(&self, new: &NewManuscripts) -> Result<Vec<Account>, Failure> {
        let mut accounts: Vec<Account> = Vec::with_capacity(new.accounts.len());
        for id in &new.accounts {
            let account = self.engine.store().account(*id).await?;
            let account =
                account.ok_or_else(|| Failure::new("account_unknown").with("account", id))?;
            if !accounts.iter().any(|known| known.id == account.id) {
                accounts.push(account);
            }
        }
        Ok(accounts)
    }

    pub(crate) fn refuse_red(
        &self,
        source: &SourceFile,
        fields: &Fields,
        cover: Option<&Path>,
        account: &Account,
    ) -> Result<(), Failure> {
        let findings = self.findings(source, fields, cover, account)?;
        match findings.into_iter().find(|f| f.severity == Severity::Red) {
            Some(finding) => Err(Failure::from(finding.cause)
                .with("account", &account.label)
                .with("file", printable_name(&source.path))),
            None => Ok(()),
        }
    }

    fn findings(
        &self,
        source: &SourceFile,
        fields: &Fields,
        cover: Option<&Path>,
        account: &Account,
    ) -> Result<Vec<Finding>, Failure> {
        let platform = slipway_platforms::find(&account.platform)
            .ok_or_else(|| Failure::new("platform_unknown").with("platform", &account.platform))?;
        let spec = Spec {
            limits: self.engine.limits(account)?,
            ..platform.spec().clone()
        };
        let file_name = printable_name(&source.path);
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
            size_bytes: source.fingerprint.size_bytes,
            cover,
        };
        found.extend(preflight::check(&spec, fields, &seen));
        Ok(found)
    }

    /// The same file to the same account: where it is, or that it is on its way.
    async fn sent_before(
        &self,
        source: &SourceFile,
        account: &Account,
    ) -> Result<Option<Cause>, Failure> {
        let print = &source.fingerprint;
        let rows = self
            .engine
            .store()
            .ledger_find(account.id, print.size_bytes, &print.sample)
            .await?;
        let named = |code: &str| {
            Cause::new(code)
                .with("file", printable_name(&source.path))
                .with("account", &account.label)
        };
        Ok(rows.into_iter().find_map(|row| match row.state {
            LedgerState::Published => {
                let remote = row.remote.unwrap_or_default();
                Some(
                    named("already_sent")
                        .with("url", remote.url.unwrap_or(remote.id))
                        .with("at_ms", row.at_ms),
                )
            }
            LedgerState::Submitting => Some(named("already_sending").with("id", row.upload)),
            LedgerState::Withdrawn => None,
        }))
    }
}

fn red(cause: Cause) -> Finding {
    Finding {
        severity: Severity::Red,
        field: None,
        cause,
    }
}

/// A manuscript without a title is named after its file.
fn with_title(fields: &Fields, source: &SourceFile) -> Fields {
    let mut fields = fields.clone();
    if fields
        .get("title")
        .is_none_or(|title| title.trim().is_empty())
    {
        fields.insert(
            "title".into(),
            manuscript::title_from_file_name(&printable_name(&source.path)),
        );
    }
    fields
}
