//! Settings as one file, for another machine or as a copy: written without secrets, and taken in as a whole or not at all.
//!
//! The file is a stranger. Always holds: all of it is looked at before anything is changed; an account that is here stays as it is, so that no file turns
//! its secrets to another address; a new account waits for its sign-in; a watched folder comes in switched off, so that nothing is sent or moved unasked.

use crate::{
    Api, Failure,
    accounts::{checked_settings, label},
    adding::small_text,
    network::refuse_budget,
    notices::CHOICES,
    power::refuse_line,
    speed::refuse_rate,
    templates::{self, refuse},
    watching::{Here, Portable as PortableWatch},
    wire::{Empty, NoticeChoices, SettingsImport, SettingsImported, Template},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use slipway_engine::{
    clock::now_ms,
    portable::{self, Portable},
    printable_name, proxies,
};
use slipway_model::{
    Account, AccountId, Cause, Health, HealthState, account::Settings,
    captions::CAPTIONS_MAX_BYTES, network::Rule, times::Hours, timetable::Timetable,
};
use slipway_platforms::http::{check_proxy, proxy_setting};
use slipway_store::{Bundle, Watch};

/// The version of the file's form.
const FORM: u32 = 1;
const FILE_MAX_BYTES: u64 = 4 << 20;
/// Entries of any list or table in the file.
const ENTRIES_MAX: usize = 1000;
const NAME_MAX_CHARS: usize = 200;
/// Of any text in the file but captions, which have a bound of their own.
const TEXT_MAX_BYTES: u64 = 64 << 10;

/// The file. What is not in it is left as it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    slipway_settings: u32,
    #[serde(default)]
    settings: Portable,
    #[serde(default)]
    notices: Option<NoticeChoices>,
    #[serde(default)]
    templates: Vec<Template>,
    #[serde(default)]
    accounts: Vec<PortableAccount>,
    #[serde(default)]
    watches: Vec<PortableWatch>,
}

/// An account without its secrets.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PortableAccount {
    platform: String,
    label: String,
    #[serde(default)]
    settings: Settings,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit_bytes_per_second: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hours: Option<String>,
}

/// What a file comes to here: nothing of it was done so far.
#[derive(Default)]
struct Plan {
    told: Told,
    settings: Portable,
    notices: Option<NoticeChoices>,
    templates: Vec<Template>,
    accounts: Vec<PortableAccount>,
    watches: Vec<(Here, PortableWatch)>,
}

#[derive(Default)]
struct Told {
    changes: Vec<Cause>,
    left_out: Vec<Cause>,
}

impl Told {
    fn change(&mut self, code: &str, name: &str, value: impl ToString) {
        self.changes.push(Cause::new(code).with(name, value));
    }
}

impl Api {
    /// All settings as the text of a file: no secret is in it.
    pub async fn settings_export(&self, _: Empty) -> Result<String, Failure> {
        let hours = self.engine.hours().await?.others;
        let rows = self.accounts(Empty {}).await?.into_iter();
        let accounts = rows.map(|row| PortableAccount {
            limit_bytes_per_second: row.limit_bytes_per_second,
            hours: hours.get(&row.account.id).map(ToString::to_string),
            platform: row.account.platform,
            label: row.account.label,
            settings: row.account.settings,
        });
        let file = File {
            slipway_settings: FORM,
            settings: self.engine.portable().await?,
            notices: Some(self.notice_choices(Empty {}).await?),
            templates: self.templates(Empty {}).await?,
            accounts: accounts.collect(),
            watches: self.portable_watches().await?,
        };
        Ok(serde_json::to_string_pretty(&file).expect("settings are JSON") + "\n")
    }

    /// Where queue, settings and logs lie; for display only.
    pub async fn data_folder(&self, _: Empty) -> Result<String, Failure> {
        Ok(self.data_dir().display().to_string())
    }

    /// Takes all of a file in, or only says what would change.
    ///
    /// # Errors
    /// What is wrong with the file; nothing was changed then.
    pub async fn settings_import(
        &self,
        import: SettingsImport,
    ) -> Result<SettingsImported, Failure> {
        let path = self.offered.path(import.file)?;
        let name = printable_name(&path);
        let read = move || parse(&small_text(&path, FILE_MAX_BYTES, "settings_too_large")?);
        let read = tokio::task::spawn_blocking(read).await;
        let file = read.map_err(|_| Failure::new("stopping"))?;
        let named = |failure: Failure| failure.with("file", &name);
        let file = file.map_err(|cause| named(cause.into()))?;
        let plan = self.plan(file).await.map_err(named)?;
        let told = SettingsImported {
            changes: plan.told.changes.clone(),
            left_out: plan.told.left_out.clone(),
            applied: import.apply,
        };
        if import.apply {
            self.take(plan).await?;
        }
        Ok(told)
    }

    async fn plan(&self, file: File) -> Result<Plan, Failure> {
        let here = self.engine.store().accounts().await?;
        let mut plan = Plan::default();
        self.plan_settings(file.settings, &mut plan).await?;
        if let Some(mut notices) = file.notices {
            let quiet = notices.quiet.filter(|hours| !hours.trim().is_empty());
            let quiet = quiet.map(|hours| Hours::parse(&hours)).transpose()?;
            notices.quiet = quiet.map(|hours| hours.to_string());
            notices.off.sort_unstable();
            notices.off.dedup();
            if notices != self.notice_choices(Empty {}).await? {
                plan.told.changes.push(Cause::new("import_notices"));
                plan.notices = Some(notices);
            }
        }
        self.plan_accounts(file.accounts, &here, &mut plan)?;
        let mut labels: Vec<_> = here.iter().map(|account| account.label.clone()).collect();
        labels.extend(plan.accounts.iter().map(|new| new.label.clone()));

        let known = self.templates(Empty {}).await?;
        let mut names = Vec::new();
        for template in file.templates {
            refuse(&template)?;
            let template = Template {
                name: template.name.trim().to_owned(),
                ..template
            };
            if names.contains(&template.name) {
                return Err(Failure::new("template_twice").with("template", template.name));
            }
            names.push(template.name.clone());
            match known.iter().find(|one| one.name == template.name) {
                Some(same) if *same == template => continue,
                Some(_) => plan
                    .told
                    .change("import_template_changes", "template", &template.name),
                None => plan
                    .told
                    .change("import_template", "template", &template.name),
            }
            plan.templates.push(template);
        }
        names.extend(known.into_iter().map(|template| template.name));
        self.plan_watches(file.watches, &labels, &names, &mut plan)
            .await?;
        Ok(plan)
    }

    async fn plan_settings(&self, new: Portable, plan: &mut Plan) -> Result<(), Failure> {
        let before = self.engine.portable().await?;
        refuse_rate(new.limit_bytes_per_second.filter(|rate| *rate > 0))?; // 0: none
        refuse_rate(new.timetable_bytes_per_second)?;
        refuse_rate(new.turtle.map(|turtle| turtle.bytes_per_second))?;
        if let Some(text) = new.timetable.as_deref().filter(|text| !text.is_empty()) {
            Timetable::parse(text)?;
        }
        if let Some(line) = &new.line {
            refuse_line(line)?;
        }
        if let Some(rules) = &new.network {
            let mut names = rules.networks.values().map(|known| &known.name);
            if names.any(|name| is_long(name)) {
                return Err(too_many("settings/network/networks").into());
            }
            let of_networks = rules.networks.values().map(|known| known.rule);
            for budget in rules.budgets.values() {
                refuse_budget(Some(*budget))?;
            }
            for rule in of_networks.chain(rules.classes.values().copied()) {
                if let Rule::Cap { bytes_per_second } = rule {
                    refuse_rate(Some(bytes_per_second))?;
                }
            }
        }
        if let Some(proxy) = &new.proxy {
            check_proxy(proxy)?;
        }
        let told = &mut plan.told;
        let speeds = |of: &Portable| {
            (
                of.limit_bytes_per_second,
                of.turtle,
                of.timetable_bytes_per_second,
            )
        };
        let after = merged(&new, &before);
        for (code, differs) in [
            ("import_speed", speeds(&after) != speeds(&before)),
            ("import_timetable", after.timetable != before.timetable),
            ("import_line", after.line != before.line),
            ("import_network", after.network != before.network),
            ("import_awake", after.keep_awake != before.keep_awake),
        ] {
            if differs {
                told.changes.push(Cause::new(code));
            }
        }
        if let Some(proxy) = &new.proxy
            && Some(proxy) != before.proxy.as_ref()
        {
            let code = if proxy.way.is_proxy() && !proxy.user.is_empty() {
                "import_proxy_password"
            } else {
                "import_proxy"
            };
            told.change(code, "proxy", proxy_setting(proxy));
        }
        plan.settings = new;
        Ok(())
    }

    fn plan_accounts(
        &self,
        accounts: Vec<PortableAccount>,
        here: &[Account],
        plan: &mut Plan,
    ) -> Result<(), Failure> {
        let mut labels: Vec<String> = Vec::new();
        for mut new in accounts {
            new.label = label(&new.label)?;
            let of = |failure: Failure| failure.with("account", &new.label);
            if labels.contains(&new.label) {
                return Err(Failure::new("account_label_taken").with("label", new.label));
            }
            let platform = slipway_platforms::find(&new.platform)
                .ok_or_else(|| Failure::new("platform_unknown").with("platform", &new.platform))?;
            let mut settings = checked_settings(platform.spec(), new.settings).map_err(of)?;
            // A file of somebody's own making: what it gives away is not kept.
            proxies::part_password(&mut settings).map_err(|cause| of(cause.into()))?;
            refuse_rate(new.limit_bytes_per_second).map_err(of)?;
            if let Some(hours) = &new.hours {
                Hours::parse(hours).map_err(|cause| of(cause.into()))?;
            }
            let account = account(&new.platform, &new.label, settings.clone());
            self.engine
                .limits(&account)
                .map_err(|error| of(error.into()))?;
            new.settings = settings;
            labels.push(new.label.clone());
            if here.iter().any(|known| known.label == new.label) {
                let cause = Cause::new("import_account_here");
                plan.told.left_out.push(cause.with("account", &new.label));
                continue;
            }
            let code = if platform.spec().secrets.is_empty() {
                "import_account_ready"
            } else {
                "import_account"
            };
            let cause = Cause::new(code).with("account", &new.label);
            let cause = cause.with("platform", &new.platform);
            plan.told.changes.push(cause);
            plan.accounts.push(new);
        }
        Ok(())
    }

    async fn plan_watches(
        &self,
        watches: Vec<PortableWatch>,
        labels: &[String],
        templates: &[String],
        plan: &mut Plan,
    ) -> Result<(), Failure> {
        let watched = self.engine.store().watches().await?;
        let mut here: Vec<_> = watched.into_iter().map(|watch| watch.path).collect();
        for new in watches {
            new.refuse(labels, templates)?;
            let folder = new.folder.clone();
            match new.here().await? {
                Ok(found) if here.contains(&found.watch.path) => {
                    let cause = Cause::new("import_watch_here").with("folder", &folder);
                    plan.told.left_out.push(cause);
                }
                Ok(found) => {
                    plan.told.changes.push(new.told());
                    here.push(found.watch.path.clone());
                    plan.watches.push((found, new));
                }
                Err(missing) => {
                    let cause = Cause::new("import_watch_missing").with("folder", &folder);
                    plan.told.left_out.push(cause.with("missing", missing));
                }
            }
        }
        Ok(())
    }

    async fn take(&self, plan: Plan) -> Result<(), Failure> {
        let here = self.engine.store().accounts().await?;
        let Plan {
            settings,
            notices,
            templates,
            accounts,
            watches,
            ..
        } = plan;
        let new = accounts.clone().into_iter();
        let new: Vec<_> = new
            .map(|new| account(&new.platform, &new.label, new.settings))
            .collect();
        let mut rows = settings.rows();
        if let Some(notices) = &notices {
            let json = serde_json::to_string(notices).expect("choices are JSON");
            rows.push((CHOICES.to_owned(), Some(json)));
        }
        let (limited, added) = (accounts.clone(), new.clone());
        let rest = move |ids: &[AccountId]| {
            let numbered = added.iter().zip(ids);
            let numbered = numbered.map(|(account, id)| Account {
                id: *id,
                ..account.clone()
            });
            let all: Vec<_> = here.iter().cloned().chain(numbered).collect();
            let mut settings = rows.clone();
            for (account, id) in limited.iter().zip(ids) {
                settings.extend(portable::rows_of_account(
                    *id,
                    account.limit_bytes_per_second,
                    account.hours.as_deref(),
                ));
            }
            let bodies = templates.iter().map(|one| templates::body(one, &all));
            let watches = watches.iter().map(|(found, new)| {
                let watch = Watch {
                    rule: new.rule(found, &all),
                    ..found.watch.clone()
                };
                (watch, found.left_out.clone())
            });
            Bundle {
                settings,
                templates: bodies.collect(),
                watches: watches.collect(),
            }
        };
        let ids = self.engine.store().take_bundle(new, rest, now_ms()).await?;
        // It is kept from here on; what follows puts it into force.
        self.engine.obey(settings).await;
        for (account, id) in accounts.iter().zip(&ids) {
            self.engine
                .obey_of_account(
                    *id,
                    account.limit_bytes_per_second,
                    account.hours.as_deref(),
                )
                .await;
            self.engine.account_changed(*id).await;
        }
        if let Some(notices) = notices {
            self.notice_choices_set(notices).await?;
        }
        self.watches_reload().await;
        self.watches_try_again().await;
        self.look_again();
        Ok(())
    }
}

/// What holds when `new` has been said.
fn merged(new: &Portable, before: &Portable) -> Portable {
    Portable {
        limit_bytes_per_second: new.limit_bytes_per_second.or(before.limit_bytes_per_second),
        turtle: new.turtle.or(before.turtle),
        timetable_bytes_per_second: new
            .timetable_bytes_per_second
            .or(before.timetable_bytes_per_second),
        timetable: new.timetable.clone().or(before.timetable.clone()),
        line: new.line.clone().or(before.line.clone()),
        network: new.network.clone().or(before.network.clone()),
        proxy: new.proxy.clone().or(before.proxy.clone()),
        keep_awake: new.keep_awake.or(before.keep_awake),
    }
}

/// As it is kept: it waits for its sign-in, where there is anything to sign in with.
fn account(platform: &str, label: &str, settings: Settings) -> Account {
    let is_open = slipway_platforms::find(platform).is_some_and(|p| p.spec().secrets.is_empty());
    let health = Health {
        state: if is_open {
            HealthState::Unknown
        } else {
            HealthState::SignedOut
        },
        cause: (!is_open).then(|| Cause::new("account_imported").with("account", label)),
        ..Health::default()
    };
    Account {
        id: AccountId(0),
        platform: platform.to_owned(),
        label: label.to_owned(),
        settings,
        health,
        created_at_ms: now_ms(),
    }
}

fn parse(text: &str) -> Result<File, Cause> {
    #[derive(Deserialize)]
    struct Form {
        slipway_settings: u32,
    }
    // The version first: what a later form holds beside it is not ours to judge.
    if let Ok(Form { slipway_settings }) = serde_json::from_str(text)
        && slipway_settings != FORM
    {
        let cause = Cause::new("settings_newer").with("found", slipway_settings);
        return Err(cause.with("known", FORM));
    }
    let not_ours = |error: serde_json::Error| {
        let cause = Cause::new("settings_not_ours").with("line", error.line());
        let cause = cause.with("at", error.column());
        cause.detail(error.to_string())
    };
    let file = serde_json::from_str(text).map_err(not_ours)?;
    refuse_excess(&serde_json::from_str(text).map_err(not_ours)?, "")?;
    Ok(file)
}

/// Whether it has more of anything than somebody would write, `at` being its place in the file.
///
/// # Errors
/// `settings_too_many`, `settings_text_too_long`.
fn refuse_excess(value: &Value, at: &str) -> Result<(), Cause> {
    let beneath = |name: &str| match at {
        "" => name.to_owned(),
        _ => format!("{at}/{name}"),
    };
    match value {
        Value::Array(entries) if entries.len() > ENTRIES_MAX => Err(too_many(at)),
        Value::Array(entries) => (1..).zip(entries).try_for_each(|(place, entry): (u32, _)| {
            refuse_excess(entry, &beneath(&place.to_string()))
        }),
        Value::Object(entries) => {
            if entries.len() > ENTRIES_MAX || entries.keys().any(|name| is_long(name)) {
                return Err(too_many(at));
            }
            let mut entries = entries.iter();
            entries.try_for_each(|(name, entry)| refuse_excess(entry, &beneath(name)))
        }
        Value::String(text) => {
            let is_captions = at.ends_with("captions");
            let max = if is_captions {
                CAPTIONS_MAX_BYTES
            } else {
                TEXT_MAX_BYTES
            };
            if text.len() as u64 <= max {
                return Ok(());
            }
            let cause = Cause::new("settings_text_too_long").with("at", at);
            Err(cause.with("bytes", text.len()).with("max_bytes", max))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn is_long(name: &str) -> bool {
    name.chars().count() > NAME_MAX_CHARS
}

fn too_many(at: &str) -> Cause {
    let cause = Cause::new("settings_too_many").with("at", at);
    cause.with("max", ENTRIES_MAX)
}
