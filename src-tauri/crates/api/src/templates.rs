//! Named sets of texts and choices for manuscripts to come: kept, used, taken from a file and written to one.
//!
//! On disk they name accounts by id, so that a renamed account stays in; everywhere else by label. Always holds: what is kept can be used, since field
//! names and variables are looked at before. A file is a stranger: it is bounded, and loads as a whole or not at all.

use crate::{
    Api, Failure,
    adding::small_text,
    filling::check_names,
    wire::{
        Empty, NewManuscripts, Priority, Template, TemplateSave, TemplatesFile, TemplatesImport,
        TemplatesImported,
    },
};
use serde::{Deserialize, Serialize};
use slipway_engine::printable_name;
use slipway_model::{Account, AccountId, Cause, Fields, template};
use slipway_store::StoreError;
use std::collections::BTreeMap;

/// The version of the file's form.
const FORM: u32 = 1;
const FILE_MAX_BYTES: u64 = 1 << 20;
const NAME_MAX_CHARS: usize = 80;

/// As it lies on disk.
#[derive(Serialize, Deserialize)]
struct Kept {
    fields: Fields,
    accounts: Vec<AccountId>,
    hold: bool,
    priority: Option<Priority>,
}

impl Api {
    pub async fn templates(&self, _: Empty) -> Result<Vec<Template>, Failure> {
        let accounts = self.engine.store().accounts().await?;
        let label = |id: &AccountId| {
            let account = accounts.iter().find(|account| account.id == *id)?;
            Some(account.label.clone())
        };
        let kept = self.engine.store().templates().await?;
        let templates = kept.into_iter().map(|(name, body)| {
            let kept: Kept = serde_json::from_str(&body).map_err(StoreError::from)?;
            Ok(Template {
                name,
                fields: kept.fields,
                accounts: kept.accounts.iter().filter_map(label).collect(),
                hold: kept.hold,
                priority: kept.priority,
            })
        });
        templates.collect()
    }

    pub async fn template_save(&self, save: TemplateSave) -> Result<Empty, Failure> {
        let accounts = self.engine.store().accounts().await?;
        refuse(&save.template)?;
        let (kept, missing) = kept(&save.template, &accounts);
        if let Some(label) = missing.first() {
            return Err(Failure::new("account_not_named").with("account", label));
        }
        let name = save.template.name.trim().to_owned();
        self.keep_templates(BTreeMap::from([(name, kept)]), save.replace)
            .await?;
        Ok(Empty {})
    }

    pub async fn template_remove(&self, name: String) -> Result<Empty, Failure> {
        if self.engine.store().template_remove(&name).await? {
            return Ok(Empty {});
        }
        Err(unknown(&name).into())
    }

    /// These, or all.
    pub async fn templates_export(&self, names: Vec<String>) -> Result<TemplatesFile, Failure> {
        let mut templates = self.templates(Empty {}).await?;
        if let Some(name) = names
            .iter()
            .find(|name| !templates.iter().any(|known| known.name == **name))
        {
            return Err(unknown(name).into());
        }
        templates.retain(|known| names.is_empty() || names.contains(&known.name));
        Ok(TemplatesFile {
            slipway_templates: FORM,
            templates,
        })
    }

    /// All templates of a file, or none.
    pub async fn templates_import(
        &self,
        import: TemplatesImport,
    ) -> Result<TemplatesImported, Failure> {
        let path = self.offered.path(import.file)?;
        let name = printable_name(&path);
        let read = move || parse(&small_text(&path, FILE_MAX_BYTES, "templates_too_large")?);
        let read = tokio::task::spawn_blocking(read).await;
        let read = read.map_err(|_| Failure::new("stopping"))?;
        let templates = read.map_err(|cause| Failure::from(cause.with("file", name)))?;
        let accounts = self.engine.store().accounts().await?;
        let mut missing_accounts = Vec::new();
        let mut bodies = BTreeMap::new();
        for template in templates {
            refuse(&template)?;
            let (kept, missing) = kept(&template, &accounts);
            missing_accounts.extend(missing);
            if bodies
                .insert(template.name.trim().to_owned(), kept)
                .is_some()
            {
                return Err(Failure::new("template_twice").with("template", template.name));
            }
        }
        missing_accounts.sort();
        missing_accounts.dedup();
        let names = bodies.keys().cloned().collect();
        self.keep_templates(bodies, import.replace).await?;
        Ok(TemplatesImported {
            names,
            missing_accounts,
        })
    }

    async fn keep_templates(
        &self,
        templates: BTreeMap<String, Kept>,
        replace: bool,
    ) -> Result<(), Failure> {
        let bodies = templates.into_iter().map(|(name, kept)| {
            let body = serde_json::to_string(&kept).expect("text and numbers are JSON");
            (name, body)
        });
        let now_ms = slipway_engine::clock::now_ms();
        let store = self.engine.store();
        let taken = store.templates_save(bodies.collect(), replace, now_ms);
        match taken.await? {
            None => {
                self.watches_try_again().await;
                Ok(())
            }
            Some(name) => Err(Failure::new("template_name_taken").with("template", name)),
        }
    }

    /// With what its template says where it says nothing itself.
    pub(crate) async fn with_template(
        &self,
        mut new: NewManuscripts,
    ) -> Result<NewManuscripts, Failure> {
        let Some(name) = new.template.take() else {
            return Ok(new);
        };
        let templates = self.templates(Empty {}).await?;
        let accounts = self.engine.store().accounts().await?;
        let template = templates.iter().find(|known| known.name == name);
        apply(template.ok_or_else(|| unknown(&name))?, &accounts, &mut new);
        Ok(new)
    }
}

pub(crate) fn unknown(name: &str) -> Cause {
    Cause::new("template_unknown").with("template", name)
}

/// What is said already wins.
pub(crate) fn apply(template: &Template, accounts: &[Account], new: &mut NewManuscripts) {
    for (name, text) in &template.fields {
        let own = new.fields.entry(name.clone());
        own.or_insert_with(|| text.clone());
    }
    if new.accounts.is_empty() {
        new.accounts = kept(template, accounts).0.accounts;
    }
    new.hold |= template.hold;
    new.priority = new.priority.or(template.priority);
    new.variables = true;
}

/// Its name, and what of it is kept where these accounts are.
pub(crate) fn body(template: &Template, accounts: &[Account]) -> (String, String) {
    let kept = kept(template, accounts).0;
    let body = serde_json::to_string(&kept).expect("text and numbers are JSON");
    (template.name.clone(), body)
}

/// As it is kept, and the accounts that it names and that are not here.
fn kept(template: &Template, accounts: &[Account]) -> (Kept, Vec<String>) {
    let mut missing = Vec::new();
    let mut ids = Vec::new();
    for label in &template.accounts {
        match accounts.iter().find(|account| account.label == *label) {
            Some(account) if ids.contains(&account.id) => {}
            Some(account) => ids.push(account.id),
            None => missing.push(label.clone()),
        }
    }
    let kept = Kept {
        fields: template.fields.clone(),
        accounts: ids,
        hold: template.hold,
        priority: template.priority,
    };
    (kept, missing)
}

/// Whether it can be used, whatever the files.
pub(crate) fn refuse(template: &Template) -> Result<(), Cause> {
    let name = template.name.trim();
    if name.is_empty()
        || name.chars().count() > NAME_MAX_CHARS
        || name.chars().any(char::is_control)
    {
        return Err(Cause::new("template_name_invalid").with("max", NAME_MAX_CHARS));
    }
    let of = |cause: Cause| cause.with("template", name);
    let specs: Vec<_> = slipway_platforms::specs().cloned().collect();
    check_names(template.fields.keys(), &specs).map_err(of)?;
    for (field, text) in template
        .fields
        .iter()
        .filter(|(name, _)| *name != "captions")
    {
        template::check(text).map_err(|cause| of(cause.with("field", field)))?;
    }
    Ok(())
}

fn parse(text: &str) -> Result<Vec<Template>, Cause> {
    #[derive(Deserialize)]
    struct Form {
        slipway_templates: u32,
    }
    // The version first: what a later form holds beside it is not ours to judge.
    if let Ok(Form { slipway_templates }) = serde_json::from_str(text)
        && slipway_templates != FORM
    {
        let cause = Cause::new("templates_newer").with("found", slipway_templates);
        return Err(cause.with("known", FORM));
    }
    let file: TemplatesFile = serde_json::from_str(text).map_err(|error| {
        let cause = Cause::new("templates_not_ours").with("line", error.line());
        let cause = cause.with("at", error.column());
        cause.detail(error.to_string())
    })?;
    if file.templates.is_empty() {
        return Err(Cause::new("templates_none"));
    }
    Ok(file.templates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_ours_gets_one_cause() {
        let deep = "[".repeat(100_000);
        for (text, code) in [
            ("", "templates_not_ours"),
            ("[]", "templates_not_ours"),
            (&deep, "templates_not_ours"),
            (r#"{"slipway_templates":1}"#, "templates_not_ours"),
            (r#"{"slipway_templates":2,"sets":[]}"#, "templates_newer"),
            (
                r#"{"slipway_templates":1,"templates":[]}"#,
                "templates_none",
            ),
            (
                r#"{"slipway_templates":1,"templates":[{"name":"a","fields":{"title":7}}]}"#,
                "templates_not_ours",
            ),
            (
                r#"{"slipway_templates":1,"templates":[{"name":"a","run":"rm"}]}"#,
                "templates_not_ours",
            ),
            (
                r#"{"slipway_templates":1,"templates":[{"name":"a"}],"more":1}"#,
                "templates_not_ours",
            ),
            (
                r#"{"slipway_templates":1,"templates":[{"name":"a","name":"b"}]}"#,
                "templates_not_ours",
            ),
        ] {
            let shown = &text[..text.len().min(80)];
            assert_eq!(parse(text).unwrap_err().code, code, "{shown}");
        }
        let bad = "{\"slipway_templates\":1,\n\"templates\":[{\"name\":7}]}";
        assert_eq!(parse(bad).unwrap_err().params["line"], "2");
        let good = r#"{"slipway_templates":1,"templates":[{"name":"a"}]}"#;
        assert_eq!(parse(good).unwrap()[0].name, "a");
    }

    #[test]
    fn what_cannot_be_used_is_not_kept() {
        let with = |name: &str, field: &str, text: &str| Template {
            name: name.into(),
            fields: Fields::from([(field.into(), text.into())]),
            ..Template::default()
        };
        for (template, code) in [
            (with(" ", "title", ""), "template_name_invalid"),
            (with("a\nb", "title", ""), "template_name_invalid"),
            (with(&"a".repeat(81), "title", ""), "template_name_invalid"),
            (with("a", "titel", ""), "field_not_common"),
            (with("a", "nowhere.title", ""), "platform_unknown"),
            (with("a", "bilibili.titel", ""), "field_unknown"),
            (with("a", "title", "{indx}"), "template_variable_unknown"),
            (
                with("a", "bilibili.tid", "{index:x}"),
                "template_format_invalid",
            ),
        ] {
            let cause = refuse(&template).unwrap_err();
            assert_eq!(cause.code, code, "{template:?}");
        }
        let cause = refuse(&with("a", "title", "日 {indx}")).unwrap_err();
        for (param, value) in [("template", "a"), ("field", "title"), ("at", "3")] {
            assert_eq!(cause.params[param], value);
        }
        assert_eq!(refuse(&with("旅", "captions", "{\\an8}")), Ok(()));
    }
}
