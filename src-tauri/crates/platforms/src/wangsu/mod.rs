//! Wangsu Cloud VoD (outside China: CDNetworks Cloud VoD), its bytes in Wangsu Cloud Storage.
//!
//! A place is asked from the video API, signed with the account's keys; bytes go to the storage with an upload token and nothing else. A part of
//! the engine is a block of the storage: blocks fly beside each other, the chunks of one after each other. Joining the blocks is what publishes;
//! `commit` says how it is kept to once, `sending` what is resumed, `names` what a manuscript becomes. What the platform leaves open is a setting.

mod api;
mod chunks;
mod codes;
mod commit;
mod etag;
mod lists;
mod memory;
mod names;
mod place;
mod sending;
mod settings;
mod sign;
mod standing;
mod storage;
mod ticket;
mod token;

#[cfg(test)]
mod tests;

use crate::{
    Draft, Held, Keeper, Named, Opened, Part, Platform, Result, Review, Session, Step,
    health::checked, http::Act, registry,
};
use api::{Api, Failure, Why};
use async_trait::async_trait;
use codes::NO_VIDEO;
use serde_json::{Value, json};
use slipway_model::{
    Cause, Credential, Cuts, ErrorKind, Field, Fields, Health, Limits, Receipt, Remote, Spec,
    Ticket, preflight::Finding,
};
use std::time::Duration;
use ticket::{Kept, Stage};

pub(crate) const NAME: &str = "wangsu";

/// The adapter.
#[derive(Debug)]
pub struct Adapter {
    spec: Spec,
}

impl Default for Adapter {
    fn default() -> Self {
        Self {
            spec: registry::spec(include_str!("spec.toml")),
        }
    }
}

impl Adapter {
    fn api<'a>(&'a self, session: &'a Session) -> Api<'a> {
        Api::new(session, &self.spec)
    }
}

#[async_trait]
impl Platform for Adapter {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn limits(&self, session: &Session) -> Limits {
        self.api(session).settings().limits()
    }

    fn fields(&self, session: &Session) -> Vec<Field> {
        let api = self.api(session);
        let mut fields = self.spec.fields.clone();
        for field in &mut fields {
            if let ("originFileName", Some(max)) = (field.name.as_str(), &mut field.max) {
                max.count = u32::try_from(api.settings().name_max()).unwrap_or(max.count);
            }
            if ["domain", "workflowId", "categoryNames"].contains(&field.name.as_str()) {
                field.default = api.settings().text(&field.name);
            }
        }
        fields
    }

    fn notes(&self, session: &Session, fields: &Fields, file_name: &str) -> Vec<Finding> {
        names::notes(fields, file_name, self.api(session).settings().name_max())
    }

    async fn choices(&self, session: &Session, _: &str) -> Result<Vec<Named>> {
        lists::categories(&self.api(session)).await
    }

    async fn check(&self, session: &Session) -> Result<Health> {
        let api = self.api(session);
        let body = json!({ "pageIndex": 1, "pageSize": 1 });
        let path = "vod/videoManage/getVideoList";
        let found = api
            .call::<Value>("checking the account", Why::Work, path, &body)
            .await;
        let health = Health {
            credential: Some(Credential::AccessKey),
            place: api.settings().text("domain"),
            ..Health::default()
        };
        checked(health, found.map(drop).map_err(Into::into))
    }

    async fn open(&self, session: &Session, draft: &Draft, _: u32) -> Result<Opened> {
        let act = Act::new(NAME, place::OPENING);
        let api = self.api(session);
        let settings = api.settings();
        let file_id = names::file_id(session.account().0, draft);
        let name_max = settings.name_max();
        let id_goes_in = settings.text("resume_id_parameter").unwrap_or_default();
        let asked = names::parameters(draft, &file_id, &id_goes_in, name_max);
        // A file that was stored damaged is written over; its place is good for as long as its token.
        let damaged = api.memory.damaged.lock().remove(&file_id);
        let now_ms = api.now_ms(act)?;
        let place = match damaged.filter(|place| !place.is_ending(now_ms)) {
            Some(place) => place,
            None => place::ask(&api, &asked).await?,
        };
        let size_max = token::policy(&place.token).size_max_bytes;
        if size_max > 0 && draft.size_bytes > size_max {
            let cause = Cause::new("wangsu_file_too_large")
                .with("platform", NAME)
                .with("code", "fsizeLimit")
                .with("message", size_max);
            return Err(act.error(ErrorKind::Refused, cause));
        }
        // What goes by form is public with its last byte.
        let form = draft.size_bytes <= settings.number("form_max_bytes") && !draft.held_back;
        let cuts = if form {
            Cuts::whole(draft.size_bytes)
        } else {
            Cuts::equal(draft.size_bytes, settings.block_bytes(draft.size_bytes))
        };
        let kept = Kept {
            place,
            asked,
            batch: uuid::Uuid::new_v4().to_string(),
            form,
            opened_at_s: now_ms.div_euclid(1000),
            stage: Stage::Sending,
        };
        Ok(Opened {
            ticket: kept.ticket(),
            cuts,
        })
    }

    async fn held(&self, session: &Session, ticket: &Ticket, _: &Cuts) -> Result<Held> {
        let act = Act::new(NAME, "looking for what was sent");
        let kept = Kept::read(ticket)?;
        let api = self.api(session);
        if kept.is_stale(api.now_s(act)?, api.settings().resume_age()) {
            let cause = Cause::new("wangsu_resume_too_old");
            return Err(act.error(ErrorKind::TicketLost, cause));
        }
        Ok(Held::Unknown)
    }

    async fn send(&self, session: &Session, ticket: &Ticket, part: Part) -> Result<Receipt> {
        let kept = Kept::read(ticket)?;
        let api = self.api(session);
        let sending = sending::Sending {
            upload: api.memory.upload(&kept),
            api: &api,
            kept: &kept,
        };
        let sent = if kept.form {
            sending.form(part).await
        } else {
            sending.block(part).await
        };
        sent.inspect_err(|error| {
            if error.kind == ErrorKind::TicketLost {
                api.memory.forget(&kept.batch);
            }
        })
    }

    async fn commit(
        &self,
        session: &Session,
        ticket: Ticket,
        receipts: &[Receipt],
        _: Option<u64>,
        draft: &Draft,
        keeper: &dyn Keeper,
    ) -> Result<Step> {
        let api = self.api(session);
        let kept = Kept::read(&ticket)?;
        let commit = commit::Commit {
            upload: api.memory.upload(&kept),
            api: &api,
            kept,
            receipts,
            draft,
            keeper,
        };
        commit.run().await
    }

    async fn watch(&self, session: &Session, remote: &Remote) -> Result<Review> {
        standing::review(&self.api(session), remote).await
    }

    fn watch_after(&self, looks: u32, since: Duration) -> Duration {
        standing::look_after(looks, since)
    }

    async fn abort(&self, session: &Session, ticket: &Ticket) -> Result<()> {
        let kept = Kept::read(ticket)?;
        let api = self.api(session);
        api.memory.forget(&kept.batch);
        if !api.settings().is_on("cancel_deletes") {
            return Ok(());
        }
        let body = json!({ "videoId": kept.place.video_id });
        let path = "vod/videoManage/deleteVideo";
        match api
            .call::<Value>("deleting the video", Why::Work, path, &body)
            .await
        {
            Ok(_) => Ok(()),
            // It never came to be.
            Err(Failure::Said(NO_VIDEO, _)) => Ok(()),
            Err(failure) => Err(failure.into()),
        }
    }
}
