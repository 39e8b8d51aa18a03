//! Watched folders as another machine can have them: accounts by label, folders by path.
//!
//! A file says so, and a file is a stranger: nothing of it is used before [`Portable::refuse`].

use super::{
    off_thread,
    rules::{self, Afterwards, Kept},
};
use crate::{
    Api, Failure, templates,
    wire::{self, WatchRule},
};
use serde::{Deserialize, Serialize};
use slipway_engine::clock::now_ms;
use slipway_model::{Account, Cause, WatchId};
use slipway_store::{StoreError, Watch};
use slipway_watch::{mount_of, presence};
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Portable {
    pub(crate) folder: String,
    /// By label.
    #[serde(default)]
    accounts: Vec<String>,
    /// Its own accounts are none, and the folder it moves to is named by its path.
    rule: WatchRule,
}

impl Api {
    /// Those whose folder has a name that is text.
    pub(crate) async fn portable_watches(&self) -> Result<Vec<Portable>, Failure> {
        let accounts = self.engine.store().accounts().await?;
        let mut portable = Vec::new();
        for watch in self.engine.store().watches().await? {
            let kept: Kept = serde_json::from_str(&watch.rule).map_err(StoreError::from)?;
            let Some(folder) = watch.path.to_str() else {
                continue;
            };
            let of_it = accounts
                .iter()
                .filter(|one| kept.accounts.contains(&one.id));
            portable.push(Portable {
                folder: folder.to_owned(),
                accounts: of_it.map(|one| one.label.clone()).collect(),
                rule: WatchRule {
                    accounts: Vec::new(),
                    ..kept.shown()
                },
            });
        }
        Ok(portable)
    }
}

impl Portable {
    /// # Errors
    /// What of it could not be used, where these accounts and templates are.
    pub(crate) fn refuse(&self, labels: &[String], templates: &[String]) -> Result<(), Failure> {
        for path in [Some(self.folder.as_str()), self.target()]
            .into_iter()
            .flatten()
        {
            if !Path::new(path).is_absolute() || path.contains(char::is_control) {
                return Err(Failure::new("path_not_absolute").with("path", path));
            }
        }
        if self.target() == Some(self.folder.as_str()) {
            return Err(Failure::new("watch_move_same").with("folder", &self.folder));
        }
        if let Some(label) = self.accounts.iter().find(|label| !labels.contains(label)) {
            return Err(Failure::new("account_not_named").with("account", label));
        }
        match &self.rule.template {
            Some(name) if !templates.contains(name) => return Err(templates::unknown(name).into()),
            None if self.accounts.is_empty() => return Err(Failure::new("no_accounts")),
            _ => {}
        }
        rules::refuse(&self.rule)?;
        rules::kept(self.rule.clone(), Afterwards::Keep)?;
        Ok(())
    }

    fn target(&self) -> Option<&str> {
        match &self.rule.afterwards {
            wire::Afterwards::Move { path, .. } => Some(path),
            wire::Afterwards::Keep | wire::Afterwards::Trash => None,
        }
    }

    /// As it is watched here, switched off and without a rule so far; or the folder that is not there.
    pub(crate) async fn watch(&self) -> Result<Result<Watch, String>, Failure> {
        let (folder, target) = (self.folder.clone(), self.target().map(ToOwned::to_owned));
        off_thread(move || {
            let there = |path: &str| -> Result<PathBuf, String> {
                let mount = mount_of(Path::new(path));
                let found: Result<(), Cause> = presence(Path::new(path), &mount);
                found.map(|()| mount).map_err(|_| path.to_owned())
            };
            if let Some(target) = target {
                there(&target)?;
            }
            Ok(Watch {
                id: WatchId(0),
                mount: there(&folder)?,
                path: PathBuf::from(folder),
                rule: String::new(),
                is_on: false,
                switched_at_ms: now_ms(),
            })
        })
        .await
    }

    /// As it is kept, where these accounts are.
    pub(crate) fn rule(&self, all: &[Account]) -> String {
        let afterwards = match &self.rule.afterwards {
            wire::Afterwards::Keep => Afterwards::Keep,
            wire::Afterwards::Trash => Afterwards::Trash,
            wire::Afterwards::Move { path, .. } => Afterwards::Move {
                mount: mount_of(Path::new(path)),
                folder: PathBuf::from(path),
            },
        };
        let of_it = all.iter().filter(|one| self.accounts.contains(&one.label));
        let rule = WatchRule {
            accounts: of_it.map(|one| one.id).collect(),
            ..self.rule.clone()
        };
        let kept = rules::kept(rule, afterwards).expect("it was looked at before");
        serde_json::to_string(&kept).expect("text and numbers are JSON")
    }
}
