//! The rule of a watched folder: as it is kept, as front ends see it, and what is refused of it.
//!
//! On disk it names accounts by id and folders by path. Always holds: what is kept can be used on any file, since patterns, field names and variables
//! are looked at before.

use crate::{
    Api, Failure,
    filling::check_names,
    templates::unknown,
    wire::{self, Priority, WatchRule},
};
use serde::{Deserialize, Serialize};
use slipway_model::{AccountId, Cause, Fields, template};
use slipway_watch::{Matcher, Pace, Rule, mount_of, presence};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// The longest that a file may have to rest, in seconds.
const SETTLE_MAX: u32 = 86_400;

/// As it lies on disk.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    patterns: Vec<String>,
    min_bytes: Option<u64>,
    max_bytes: Option<u64>,
    min_age_seconds: Option<u64>,
    max_age_seconds: Option<u64>,
    sub_folders: bool,
    settle_seconds: u32,
    pub(super) accounts: Vec<AccountId>,
    pub(super) template: Option<String>,
    pub(super) fields: Fields,
    pub(super) hold: bool,
    pub(super) priority: Option<Priority>,
    pub(super) afterwards: Afterwards,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(super) enum Afterwards {
    Keep,
    Move {
        folder: PathBuf,
        /// Where its file system was mounted.
        mount: PathBuf,
    },
    Trash,
}

impl Kept {
    pub(super) fn matcher(&self) -> Result<Matcher, Cause> {
        let seconds = |count: Option<u64>| count.map(Duration::from_secs);
        Matcher::new(Rule {
            patterns: self.patterns.clone(),
            min_bytes: self.min_bytes,
            max_bytes: self.max_bytes,
            min_age: seconds(self.min_age_seconds),
            max_age: seconds(self.max_age_seconds),
            sub_folders: self.sub_folders,
            settle: self.pace().settle,
        })
    }

    pub(super) fn pace(&self) -> Pace {
        Pace {
            settle: Duration::from_secs(u64::from(self.settle_seconds)),
            min_age: self.min_age_seconds.map(Duration::from_secs),
        }
    }

    /// What is not looked into: what was moved away is not new.
    pub(super) fn except(&self) -> Option<&Path> {
        match &self.afterwards {
            Afterwards::Move { folder, .. } => Some(folder),
            Afterwards::Keep | Afterwards::Trash => None,
        }
    }

    pub(super) fn shown(&self) -> WatchRule {
        WatchRule {
            patterns: self.patterns.clone(),
            min_bytes: self.min_bytes,
            max_bytes: self.max_bytes,
            min_age_seconds: self.min_age_seconds,
            max_age_seconds: self.max_age_seconds,
            sub_folders: self.sub_folders,
            settle_seconds: self.settle_seconds,
            accounts: self.accounts.clone(),
            template: self.template.clone(),
            fields: self.fields.clone(),
            hold: self.hold,
            priority: self.priority,
            afterwards: match &self.afterwards {
                Afterwards::Keep => wire::Afterwards::Keep,
                Afterwards::Trash => wire::Afterwards::Trash,
                Afterwards::Move { folder, .. } => wire::Afterwards::Move {
                    folder: None,
                    path: folder.display().to_string(),
                },
            },
        }
    }
}

impl Api {
    /// A rule for `folder` as it is to be kept; `before` is the one that it replaces.
    pub(super) async fn watch_rule(
        &self,
        rule: WatchRule,
        folder: &Path,
        before: Option<&Kept>,
    ) -> Result<Kept, Failure> {
        refuse(&rule)?;
        let accounts = self.engine.store().accounts().await?;
        for id in &rule.accounts {
            if !accounts.iter().any(|known| known.id == *id) {
                return Err(Failure::new("account_unknown").with("account", id));
            }
        }
        let mut has_accounts = !rule.accounts.is_empty();
        if let Some(name) = &rule.template {
            let templates = self.templates(wire::Empty {}).await?;
            let template = templates.iter().find(|known| known.name == *name);
            has_accounts |= !template.ok_or_else(|| unknown(name))?.accounts.is_empty();
        }
        if !has_accounts {
            return Err(Failure::new("no_accounts"));
        }
        let afterwards = match rule.afterwards.clone() {
            wire::Afterwards::Keep => Afterwards::Keep,
            wire::Afterwards::Trash => Afterwards::Trash,
            wire::Afterwards::Move { folder: None, .. } => {
                match before.map(|kept| &kept.afterwards) {
                    Some(kept @ Afterwards::Move { .. }) => kept.clone(),
                    _ => return Err(Failure::new("folder_not_offered")),
                }
            }
            wire::Afterwards::Move {
                folder: Some(number),
                ..
            } => moving(self.offered_folder(number)?, folder)?,
        };
        Ok(kept(rule, afterwards)?)
    }
}

/// What could be used on no file, whatever the accounts.
pub(super) fn refuse(rule: &WatchRule) -> Result<(), Failure> {
    if rule.settle_seconds == 0 || rule.settle_seconds > SETTLE_MAX {
        return Err(Failure::new("watch_settle_invalid").with("max", SETTLE_MAX));
    }
    let crossed = |min: Option<u64>, max: Option<u64>| min.zip(max).is_some_and(|(a, b)| a > b);
    if crossed(rule.min_bytes, rule.max_bytes)
        || crossed(rule.min_age_seconds, rule.max_age_seconds)
    {
        return Err(Failure::new("watch_limits_crossed"));
    }
    let specs: Vec<_> = slipway_platforms::specs().cloned().collect();
    check_names(rule.fields.keys(), &specs)?;
    for (name, text) in &rule.fields {
        template::check(text).map_err(|cause| cause.with("field", name))?;
    }
    Ok(())
}

/// As it is kept.
pub(super) fn kept(rule: WatchRule, afterwards: Afterwards) -> Result<Kept, Cause> {
    let kept = Kept {
        patterns: rule.patterns,
        min_bytes: rule.min_bytes,
        max_bytes: rule.max_bytes,
        min_age_seconds: rule.min_age_seconds,
        max_age_seconds: rule.max_age_seconds,
        sub_folders: rule.sub_folders,
        settle_seconds: rule.settle_seconds,
        accounts: rule.accounts,
        template: rule.template,
        fields: rule.fields,
        hold: rule.hold,
        priority: rule.priority,
        afterwards,
    };
    kept.matcher()?;
    Ok(kept)
}

/// Moving into `target` what lies in `from`.
fn moving(target: PathBuf, from: &Path) -> Result<Afterwards, Cause> {
    if target == from {
        return Err(Cause::new("watch_move_same").with("folder", target.display()));
    }
    if target.to_str().is_none() {
        return Err(Cause::new("folder_name_not_text").with("folder", target.display()));
    }
    let mount = mount_of(&target);
    presence(&target, &mount)?;
    Ok(Afterwards::Move {
        folder: target,
        mount,
    })
}
