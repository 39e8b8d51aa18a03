//! What a platform offers an account for a field that it keeps a list for. The last answer is kept, so that there is one without a network.

use crate::{
    Api, Failure,
    wire::{AccountField, ChoicesKept, FieldChoice},
    works::own_name,
};
use slipway_platforms::Named;
use slipway_store::KeptChoices;

impl Api {
    /// Believed for an hour before the platform is asked again.
    pub async fn account_choices(&self, asked: AccountField) -> Result<Vec<FieldChoice>, Failure> {
        let (platform, session) = self.of_account(asked.account).await?;
        let spec = platform.spec();
        let field = own_name(spec, &asked.field);
        if !spec.fields.iter().any(|f| f.name == field && f.listed) {
            return Err(Failure::new("choices_not_here")
                .with("platform", &spec.name)
                .with("field", field));
        }
        let listed = slipway_platforms::choices(platform.as_ref(), &session, field).await?;
        let choice = |named: &Named| FieldChoice {
            value: named.value.clone(),
            name: named.name.clone(),
        };
        let choices: Vec<_> = listed.iter().map(choice).collect();
        if let Ok(text) = serde_json::to_string(&choices) {
            let kept = KeptChoices {
                at_ms: slipway_engine::clock::now_ms(),
                choices: text,
            };
            let store = self.engine.store();
            if let Err(error) = store.choices_keep(asked.account, field, kept).await {
                tracing::warn!(%error, "choices of a platform could not be kept");
            }
        }
        Ok(choices)
    }

    /// What it offered last, without asking anybody.
    pub async fn account_choices_kept(&self, asked: AccountField) -> Result<ChoicesKept, Failure> {
        let store = self.engine.store();
        let account = store.account(asked.account).await?;
        let account = account
            .ok_or_else(|| Failure::new("account_unknown").with("account", asked.account))?;
        let field = asked.field.strip_prefix(&format!("{}.", account.platform));
        let field = field.unwrap_or(&asked.field);
        let kept = store.choices_kept(asked.account, field).await?;
        let read = kept.and_then(|kept| {
            let choices = serde_json::from_str(&kept.choices).ok()?;
            Some((choices, kept.at_ms))
        });
        let (choices, at_ms) = read.unzip();
        Ok(ChoicesKept {
            choices: choices.unwrap_or_default(),
            at_ms,
        })
    }
}
