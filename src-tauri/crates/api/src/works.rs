//! What an account has on its platform already: listed, edited, deleted.
//!
//! Nothing here touches the queue: a work is the platform's, whoever uploaded it. Always holds: what a field's own rules refuse is not sent.

use crate::{
    Api, Failure,
    wire::{Empty, WorkEdit, WorkNamed, WorkRow, WorkState, WorksListing, WorksPage},
};
use slipway_model::{AccountId, Fields, Spec, cover::Crops};
use slipway_platforms::{Cover, Error, Listed, Platform, Review, Session, Works};
use std::{path::PathBuf, sync::Arc};

impl Api {
    pub async fn account_works(&self, wanted: WorksPage) -> Result<WorksListing, Failure> {
        let (platform, session) = self.of_account(wanted.account).await?;
        let page = wanted.page.max(1);
        let found = works(&platform)?.list(&session, page).await?;
        Ok(WorksListing {
            total: found.total,
            page,
            works: found.works.into_iter().map(WorkRow::from).collect(),
        })
    }

    pub async fn account_work_edit(&self, edit: WorkEdit) -> Result<Empty, Failure> {
        let (platform, session) = self.of_account(edit.account).await?;
        let works = works(&platform)?;
        let changes = changes(platform.spec(), &edit.fields)?;
        if changes.is_empty() && edit.cover.is_none() {
            return Err(Failure::new("work_nothing_changed").with("work", &edit.id));
        }
        let cover = match edit.cover {
            Some(file) => Some(self.cut(edit.account, self.offered.path(file)?).await?),
            None => None,
        };
        works
            .edit(&session, &edit.id, &changes, cover.as_ref())
            .await?;
        Ok(Empty {})
    }

    pub async fn account_work_delete(&self, work: WorkNamed) -> Result<Empty, Failure> {
        let (platform, session) = self.of_account(work.account).await?;
        works(&platform)?.delete(&session, &work.id).await?;
        Ok(Empty {})
    }

    /// A cover as the account's platform takes it, from the middle of an image.
    async fn cut(&self, account: AccountId, image: PathBuf) -> Result<Cover, Failure> {
        let rules = self.engine.rules(account).await?;
        let spec = rules.spec();
        let rule = spec.limits.cover.as_ref();
        let rule =
            rule.ok_or_else(|| Failure::new("cover_not_taken").with("platform", &spec.name))?;
        let cut = self
            .engine
            .covers()
            .cut(&image, rule, &Crops::default())
            .await?;
        Ok(cut)
    }

    pub(crate) async fn of_account(
        &self,
        account: AccountId,
    ) -> Result<(Arc<dyn Platform>, Session), Failure> {
        let found = self.engine.in_person(account).await;
        found.map_err(|error: Error| error.into())
    }
}

fn works(platform: &Arc<dyn Platform>) -> Result<&dyn Works, Failure> {
    let none = || Failure::new("works_not_here").with("platform", &platform.spec().name);
    platform.works().ok_or_else(none)
}

/// A field by the platform's own name, also where it is written as `platform.field`.
pub(crate) fn own_name<'a>(spec: &Spec, name: &'a str) -> &'a str {
    name.strip_prefix(spec.name.as_str())
        .and_then(|rest| rest.strip_prefix('.'))
        .unwrap_or(name)
}

/// New values by the platform's own names. A common field stands for the one that is linked to it.
fn changes(spec: &Spec, given: &Fields) -> Result<Fields, Failure> {
    let mut changes = Fields::new();
    for (name, value) in given {
        let own = own_name(spec, name);
        let linked = |f: &&slipway_model::Field| f.from.as_deref() == Some(own);
        let named = spec.fields.iter().find(|field| field.name == own);
        let field = named.or_else(|| spec.fields.iter().find(linked));
        let field = field.ok_or_else(|| {
            Failure::new("field_unknown")
                .with("platform", &spec.name)
                .with("field", own)
        })?;
        if let Some(cause) = field.check(Some(value), given) {
            return Err(Failure::from(cause).with("platform", &spec.name));
        }
        changes.insert(field.name.clone(), value.clone());
    }
    Ok(changes)
}

impl From<Listed> for WorkRow {
    fn from(work: Listed) -> Self {
        let (state, remote, cause) = match work.review {
            Review::Pending(remote) => (WorkState::Pending, remote, None),
            Review::Published(remote) => (WorkState::Published, remote, None),
            Review::Refused(cause) => (WorkState::Refused, work.remote, Some(cause)),
        };
        Self {
            remote,
            title: work.title,
            created_at_ms: work.created_ms,
            state,
            cause,
        }
    }
}
