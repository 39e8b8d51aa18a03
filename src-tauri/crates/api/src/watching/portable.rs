//! Watched folders as another machine can have them: accounts by label, folders by path.
//!
//! A file says so, and a file is a stranger: nothing of it is used before [`Portable::refuse`].

use super::{
    everything, off_thread,
    rules::{self, Afterwards, Kept},
    whole,
};
use crate::{
    Api, Failure, templates,
    wire::{self, WatchRule},
};
use serde::{Deserialize, Serialize};
use slipway_engine::clock::now_ms;
use slipway_model::{Account, Cause, WatchId};
use slipway_store::{Outside, StoreError, Watch};
use slipway_watch::mount_of;
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

/// It as it is here, with the links in its paths followed.
pub(crate) struct Here {
    /// Switched off and without a rule so far.
    pub(crate) watch: Watch,
    /// What lies in it already: it was most likely sent by the machine that the rule is from.
    pub(crate) left_out: Vec<Outside>,
    afterwards: Afterwards,
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
            // On Windows the name of another machine would be told who asks.
            let is_elsewhere = cfg!(windows) && path.starts_with(r"\\");
            if !Path::new(path).is_absolute() || path.contains(char::is_control) || is_elsewhere {
                return Err(Failure::new("path_not_absolute").with("path", path));
            }
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

    /// That it comes in, and what its rule does to files that are sent.
    pub(crate) fn told(&self) -> Cause {
        let code = match &self.rule.afterwards {
            wire::Afterwards::Keep => "import_watch",
            wire::Afterwards::Move { .. } => "import_watch_moves",
            wire::Afterwards::Trash => "import_watch_bins",
        };
        let cause = Cause::new(code).with("folder", &self.folder);
        match self.target() {
            Some(target) => cause.with("target", target),
            None => cause,
        }
    }

    fn target(&self) -> Option<&str> {
        match &self.rule.afterwards {
            wire::Afterwards::Move { path, .. } => Some(path),
            wire::Afterwards::Keep | wire::Afterwards::Trash => None,
        }
    }

    /// What it is here, or the folder that is not there.
    ///
    /// # Errors
    /// `watch_move_same`.
    pub(crate) async fn here(&self) -> Result<Result<Here, String>, Failure> {
        let (folder, rule) = (self.folder.clone(), self.rule.clone());
        off_thread(move || {
            let there = |path: &str| match whole(PathBuf::from(path)) {
                (path, None) => Ok((mount_of(&path), path)),
                (path, Some(_)) => Err(path.display().to_string()),
            };
            let (mount, path) = match there(&folder) {
                Ok(found) => found,
                Err(missing) => return Ok(Err(missing)),
            };
            let afterwards = match &rule.afterwards {
                wire::Afterwards::Keep => Afterwards::Keep,
                wire::Afterwards::Trash => Afterwards::Trash,
                wire::Afterwards::Move { path: target, .. } => match there(target) {
                    Ok((_, folder)) if folder == path => {
                        return Err(Failure::new("watch_move_same").with("folder", path.display()));
                    }
                    Ok((mount, folder)) => Afterwards::Move { folder, mount },
                    Err(missing) => return Ok(Err(missing)),
                },
            };
            let kept = rules::kept(rule, afterwards.clone())?;
            let left_out = everything(&path, &kept)?;
            let watch = Watch {
                id: WatchId(0),
                path,
                mount,
                rule: String::new(),
                is_on: false,
                switched_at_ms: now_ms(),
            };
            Ok(Ok(Here {
                watch,
                left_out,
                afterwards,
            }))
        })
        .await?
    }

    /// As it is kept, where these accounts are. Asks no disk.
    pub(crate) fn rule(&self, here: &Here, all: &[Account]) -> String {
        let of_it = all.iter().filter(|one| self.accounts.contains(&one.label));
        let rule = WatchRule {
            accounts: of_it.map(|one| one.id).collect(),
            ..self.rule.clone()
        };
        let kept = rules::kept(rule, here.afterwards.clone()).expect("it was looked at before");
        serde_json::to_string(&kept).expect("text and numbers are JSON")
    }
}
