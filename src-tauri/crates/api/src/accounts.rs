//! Accounts as they are made, checked, changed and removed. Secrets go one way only: in.

use crate::{
    Api, Failure,
    wire::{
        AccountChange, AccountChecked, AccountRow, AccountToday, Empty, NewAccount, Platforms,
        QueueWindow, Secret,
    },
};
use secrecy::SecretString;
use slipway_engine::{
    clock::now_ms,
    proxies::{self, OWN_PASSWORD, OWN_PROXY},
};
use slipway_model::{Account, AccountId, FieldKind, Health, HealthState, Spec, account::Settings};
use slipway_platforms::SecretStore;
use slipway_store::QueueFilter;
use std::{collections::BTreeMap, path::Path};

const LABEL_MAX_CHARS: usize = 60;

impl Api {
    pub async fn platforms(&self, _: Empty) -> Result<Platforms, Failure> {
        Ok(Platforms {
            platforms: slipway_platforms::specs().cloned().collect(),
        })
    }

    pub async fn accounts(&self, _: Empty) -> Result<Vec<AccountRow>, Failure> {
        let mut rows = Vec::new();
        let today = self.engine.store().accounts_since(midnight_ms()).await?;
        let limits = self.engine.account_limits();
        for mut account in self.engine.store().accounts().await? {
            hide_password(&mut account);
            let mut unfinished = 0;
            for filter in [
                QueueFilter::Running,
                QueueFilter::Waiting,
                QueueFilter::WithPlatforms,
            ] {
                let window = QueueWindow {
                    account: Some(account.id),
                    ..QueueWindow::default()
                };
                let query = slipway_store::QueueQuery {
                    filter,
                    account: window.account,
                    limit: 1,
                    ..slipway_store::QueueQuery::default()
                };
                unfinished += self.engine.store().queue_page(query).await?.total as u32;
            }
            let counted = today.get(&account.id).copied().unwrap_or_default();
            let abilities = self.engine.abilities(account.id).await;
            rows.push(AccountRow {
                unfinished,
                wait: self.engine.board().account_wait_of(account.id),
                today: AccountToday {
                    sent_bytes: counted.sent_bytes
                        + self.engine.board().uncounted_bytes(account.id),
                    works: counted.works,
                },
                signs_in: abilities.is_some_and(|can| can.signs_in),
                hands_out_tokens: abilities.is_some_and(|can| can.hands_out_tokens),
                limit_bytes_per_second: limits.get(&account.id).copied(),
                account,
            });
        }
        Ok(rows)
    }

    /// Makes an account, and asks the platform about it first when `check` is set: what it refuses is not kept.
    pub async fn account_add(&self, new: NewAccount) -> Result<Account, Failure> {
        let label = label(&new.label)?;
        let platform = slipway_platforms::find(&new.platform)
            .ok_or_else(|| Failure::new("platform_unknown").with("platform", &new.platform))?;
        let spec = platform.spec();
        let mut settings = checked_settings(spec, new.settings)?;
        let secrets = with_proxy(secrets(spec, &new.secrets)?, &mut settings)?;
        if let Some(missing) = spec.secrets.iter().find(|field| {
            is_required(spec, field, &settings) && !new.secrets.contains_key(&field.name)
        }) {
            return Err(Failure::new("secret_required")
                .with("name", &missing.name)
                .with("platform", &spec.name));
        }
        make_folders(spec, &settings)?;
        let store = self.engine.store();
        let account = store
            .account_add(&new.platform, &label, settings, now_ms())
            .await?;
        let made = async {
            if !secrets.is_empty() {
                self.engine.secrets().set(account.id, secrets).await?;
            }
            // Settings that cannot work are found here, before the first upload.
            self.engine.limits(&account)?;
            if new.check {
                self.check(account.id).await
            } else {
                Ok(Health::default())
            }
        };
        match made.await {
            Ok(health) => {
                store.account_set_health(account.id, health.clone()).await?;
                self.engine.account_changed(account.id).await;
                self.watches_try_again().await;
                Ok(Account { health, ..account })
            }
            Err(failure) => {
                store.account_remove(account.id, now_ms()).await?;
                self.forget_secrets(account.id).await;
                Err(failure.with("account", &label))
            }
        }
    }

    pub async fn account_check(&self, id: AccountId) -> Result<AccountChecked, Failure> {
        let store = self.engine.store();
        let account = store
            .account(id)
            .await?
            .ok_or_else(|| Failure::new("account_unknown").with("account", id))?;
        let health = match self.check(id).await {
            Ok(health) => health,
            Err(failure) => {
                let signed_out = failure
                    .params
                    .get("kind")
                    .is_some_and(|kind| kind == "signed_out");
                let state = if signed_out {
                    HealthState::SignedOut
                } else {
                    HealthState::Troubled
                };
                Health {
                    state,
                    checked_at_ms: Some(now_ms()),
                    cause: Some(failure.into()),
                    ..Health::default()
                }
            }
        };
        let health = health.after(&account.health);
        store.account_set_health(id, health.clone()).await?;
        self.look_again();
        if health.state == HealthState::Ready && !health.is_spent() {
            self.engine.account_ready(id).await;
            self.watches_try_again().await;
        } else {
            self.engine.board().accounts_changed();
        }
        Ok(AccountChecked {
            account: id,
            health,
        })
    }

    pub async fn account_set(&self, change: AccountChange) -> Result<Account, Failure> {
        let store = self.engine.store();
        let unknown = || Failure::new("account_unknown").with("account", change.account);
        let account = store.account(change.account).await?.ok_or_else(unknown)?;
        let platform = slipway_platforms::find(&account.platform)
            .ok_or_else(|| Failure::new("platform_unknown"))?;
        let mut kept = account.settings.clone();
        for (name, value) in change.settings {
            if value.is_empty() {
                kept.remove(&name)
            } else {
                kept.insert(name, value)
            };
        }
        let mut kept = checked_settings(platform.spec(), kept)?;
        let mut secrets = with_proxy(secrets(platform.spec(), &change.secrets)?, &mut kept)?;
        self.engine.limits(&Account {
            settings: kept.clone(),
            ..account.clone()
        })?;
        let place = secrets.iter().position(|(name, _)| name == OWN_PASSWORD);
        let password = place.map(|place| secrets.remove(place).1);
        let (known, way) = (self.engine.secrets(), (&account.settings, &kept));
        let turn = proxies::turn(known, account.id, way, password).await?;
        secrets.extend(turn.before);
        if let Some(wanted) = &change.label
            && *wanted != account.label
        {
            let wanted = label(wanted)?;
            store.account_rename(account.id, &wanted).await?;
            self.engine.account_renamed(account.id, &wanted);
        }
        if kept == account.settings && secrets.is_empty() {
            return store.account(account.id).await?.ok_or_else(unknown);
        }
        if !secrets.is_empty() {
            known.set(account.id, secrets).await?;
        }
        if proxies::part_password(&mut account.settings.clone()).is_ok_and(|old| old.is_some()) {
            // Of an earlier version: after this nothing tells any more that the backups hold it, too.
            proxies::part_in_backups(store).await?;
        }
        store.account_set(account.id, kept).await?;
        if !turn.after.is_empty()
            && let Err(error) = known.set(account.id, turn.after).await
        {
            tracing::warn!(%error, "the password of an account's earlier proxy is still kept");
        }
        self.engine.account_changed(account.id).await;
        self.watches_try_again().await;
        self.look_again();
        store.account(account.id).await?.ok_or_else(unknown)
    }

    pub async fn account_remove(&self, id: AccountId) -> Result<Empty, Failure> {
        let store = self.engine.store();
        let account = store
            .account(id)
            .await?
            .ok_or_else(|| Failure::new("account_unknown").with("account", id))?;
        store
            .account_remove(id, now_ms())
            .await
            .map_err(|error| Failure::from(error).with("account", &account.label))?;
        self.forget_secrets(id).await;
        self.engine.account_changed(id).await;
        self.watches_try_again().await;
        Ok(Empty {})
    }

    async fn check(&self, id: AccountId) -> Result<Health, Failure> {
        self.engine.check(id).await.map_err(|error| {
            let signed_out = error.kind == slipway_model::ErrorKind::SignedOut;
            let failure = Failure::from(error);
            if signed_out {
                failure.with("kind", "signed_out")
            } else {
                failure
            }
        })
    }

    async fn forget_secrets(&self, id: AccountId) {
        if let Err(error) = self.engine.secrets().forget(id).await {
            tracing::warn!(%error, "an account's secrets could not be removed from the secret store");
        }
    }
}

/// With the password that was written into the proxy's address, which keeps none.
fn with_proxy(
    mut secrets: Vec<(String, SecretString)>,
    settings: &mut Settings,
) -> Result<Vec<(String, SecretString)>, Failure> {
    let parted = proxies::part_password(settings)
        .map_err(|cause| Failure::from(cause).with("name", OWN_PROXY))?;
    if let Some(password) = parted
        && secrets.iter().all(|(name, _)| name != OWN_PASSWORD)
    {
        secrets.push((OWN_PASSWORD.to_owned(), password));
    }
    Ok(secrets)
}

/// One of an earlier version's that could not be moved to the secrets so far.
fn hide_password(account: &mut Account) {
    let _ = proxies::part_password(&mut account.settings);
}

/// When today began here, in ms since 1970 UTC.
fn midnight_ms() -> i64 {
    let now = jiff::Zoned::now();
    let midnight = now.start_of_day().unwrap_or(now);
    midnight.timestamp().as_millisecond()
}

/// Whether an account with these settings cannot do without a secret.
fn is_required(spec: &Spec, secret: &slipway_model::Field, settings: &Settings) -> bool {
    let Some(when) = &secret.required_when else {
        return secret.required;
    };
    let default = || {
        let field = spec.settings.iter().find(|field| field.name == when.field);
        field.and_then(|field| field.default.as_ref())
    };
    settings.get(&when.field).or_else(default) == Some(&when.is)
}

pub(crate) fn label(text: &str) -> Result<String, Failure> {
    let label = text.trim();
    // A comma separates labels on the command line.
    if label.is_empty()
        || label.chars().count() > LABEL_MAX_CHARS
        || label.contains(|c: char| c.is_control() || c == ',')
    {
        return Err(Failure::new("account_label_invalid").with("max", LABEL_MAX_CHARS));
    }
    Ok(label.to_owned())
}

pub(crate) fn checked_settings(spec: &Spec, given: Settings) -> Result<Settings, Failure> {
    for name in given.keys() {
        if !spec.settings.iter().any(|field| field.name == *name) {
            let known: Vec<_> = spec.settings.iter().map(|f| f.name.as_str()).collect();
            return Err(Failure::new("setting_unknown")
                .with("name", name)
                .with("platform", &spec.name)
                .with("known", known.join(", ")));
        }
    }
    for field in &spec.settings {
        if let Some(cause) = field.check(given.get(&field.name).map(String::as_str), &given) {
            return Err(Failure::from(cause).with("platform", &spec.name));
        }
        if field.kind == FieldKind::Folder
            && let Some(path) = given.get(&field.name)
            && !Path::new(path).is_absolute()
        {
            return Err(Failure::new("path_not_absolute").with("path", path));
        }
    }
    Ok(given)
}

fn secrets(
    spec: &Spec,
    given: &BTreeMap<String, Secret>,
) -> Result<Vec<(String, SecretString)>, Failure> {
    let mut taken = Vec::new();
    for (name, secret) in given {
        if !spec.secrets.iter().any(|field| field.name == *name) {
            let known: Vec<_> = spec.secrets.iter().map(|f| f.name.as_str()).collect();
            return Err(Failure::new("secret_unknown")
                .with("name", name)
                .with("platform", &spec.name)
                .with("known", known.join(", ")));
        }
        if secret.0.is_empty() {
            return Err(Failure::new("secret_empty").with("name", name));
        }
        taken.push((name.clone(), SecretString::from(secret.0.as_str())));
    }
    Ok(taken)
}

/// A folder that is not there yet is made when its parent is: a new one, not a mistyped path or an unplugged disk.
fn make_folders(spec: &Spec, settings: &Settings) -> Result<(), Failure> {
    for field in spec
        .settings
        .iter()
        .filter(|field| field.kind == FieldKind::Folder)
    {
        let Some(path) = settings.get(&field.name).map(Path::new) else {
            continue;
        };
        if !path.exists()
            && path
                .parent()
                .is_some_and(|parent| parent.is_dir() || parent.parent().is_some_and(Path::is_dir))
        {
            std::fs::create_dir_all(path).map_err(|error| {
                let mut failure = Failure::new("folder_not_writable").with("path", path.display());
                failure.detail = error.to_string();
                failure
            })?;
        }
    }
    Ok(())
}
