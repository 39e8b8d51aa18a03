//! Alibaba Cloud ApsaraVideo VOD: a record and a place for each video, the bytes to the object storage, then transcoding.
//!
//! The record is made before the first byte, and everything after it goes to that record: a repetition replaces, it never adds. Bytes are signed with
//! a temporary key for one object alone; no key of the account ever goes to the storage. What the sources leave open is in `settings`.

mod api;
pub mod callback;
mod codes;
mod commit;
mod fields;
mod grant;
mod keys;
mod lists;
mod memory;
mod online;
mod opening;
mod place;
mod service;
mod settings;
mod sign;
mod status;
mod storage;
mod ticket;
mod xml;

#[cfg(test)]
mod tests;

use crate::{
    Digests, Draft, Error, Held, Keeper, Named, Opened, Part, Platform, Result, Review, Session,
    Step, http::Act, registry,
};
use api::{Api, Failure};
use async_trait::async_trait;
use online::Pull;
use reqwest::Method;
use slipway_model::{
    Cause, Cuts, ErrorKind, Field, Fields, Health, Limits, Receipt, Remote, Spec, Ticket,
    preflight::Finding,
};
use std::time::Duration;
use storage::Storage;
use ticket::{Kept, Landed, Stage};
use tokio::time::Instant;

pub(crate) const NAME: &str = "aliyun-vod";
const LOOKING: &str = "looking for what was sent";

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
        fields::fields(&self.spec, &self.api(session).settings())
    }

    fn notes(&self, _: &Session, fields: &Fields, _: &str) -> Vec<Finding> {
        fields::notes(fields)
    }

    async fn choices(&self, session: &Session, field: &str) -> Result<Vec<Named>> {
        lists::choices(&self.api(session), field).await
    }

    fn online_notes(&self, session: &Session, fields: &Fields, name: &str) -> Vec<Finding> {
        online::notes(&self.api(session), fields, name)
    }

    async fn check(&self, session: &Session) -> Result<Health> {
        status::check(&self.api(session)).await
    }

    async fn open(&self, session: &Session, draft: &Draft, lanes: u32) -> Result<Opened> {
        let api = self.api(session);
        match &draft.online {
            Some(address) => online::open(&api, draft, address).await,
            None => opening::open(&api, draft, lanes).await,
        }
    }

    async fn held(&self, session: &Session, ticket: &Ticket, cuts: &Cuts) -> Result<Held> {
        // Without our receipts there is nothing to compare with, and so nothing to believe.
        self.held_against(session, ticket, cuts, &[]).await
    }

    async fn held_against(
        &self,
        session: &Session,
        ticket: &Ticket,
        cuts: &Cuts,
        landed: &[(u32, Receipt)],
    ) -> Result<Held> {
        let act = Act::new(NAME, LOOKING);
        let kept = Kept::read(ticket)?;
        let api = self.api(session);
        let Some(upload_id) = &kept.upload_id else {
            return Ok(Held::Unknown); // one request: it has been acknowledged or it has not
        };
        match Storage::of(&api, &kept).list(act, upload_id).await {
            Ok(listed) => Ok(Held::Parts(believed(&listed, cuts, landed))),
            // Not allowed to look: our receipts are the truth.
            Err(failure) if failure.is(&codes::MAY_NOT) => Ok(Held::Unknown),
            Err(failure) => Err(lost_or(&api, &kept, failure)),
        }
    }

    fn digests(&self, session: &Session) -> Digests {
        let api = self.api(session);
        Digests {
            md5: api.settings().compares_md5(),
            crc64_xz: api.settings().compares_crc64(),
        }
    }

    async fn send(&self, session: &Session, ticket: &Ticket, part: Part) -> Result<Receipt> {
        let act = Act::new(NAME, "sending a part");
        let kept = Kept::read(ticket)?;
        let api = self.api(session);
        let storage = Storage::of(&api, &kept);
        let credential = grant::credential(&api, &kept, part.len_bytes).await?;
        let number = part.number.to_string();
        let query: Vec<(&str, &str)> = match &kept.upload_id {
            Some(id) => vec![("partNumber", &number), ("uploadId", id)],
            None => Vec::new(),
        };
        let request = storage.request(act, &credential, Method::PUT, &query, &[], true)?;
        let (sums, bytes) = (part.sums.clone(), part.len_bytes);
        let started = Instant::now();
        let answer = session.http().send_part(act, request.body(part)).await?;
        let answer = match storage::accepted(act, answer) {
            Ok(answer) => answer,
            Err(failure) => {
                if failure.is(&codes::KEY_OVER) {
                    // The next try of this part signs with the new one.
                    grant::replace(&api, &kept, &credential).await?;
                }
                return Err(lost_or(&api, &kept, failure));
            }
        };
        let Some(etag) = storage::etag(&answer) else {
            return Err(answer.not_understood()); // a page in the way says OK to everything
        };
        let Some(taken) = sums.get() else {
            // Answered before the part was read: whatever that was, it was not about our bytes.
            return Err(answer.not_understood());
        };
        if let (Some(ours), Some(theirs)) = (taken.crc64_xz, storage::crc64(&answer))
            && ours != theirs
        {
            return Err(storage::differs(
                act,
                &ours.to_string(),
                &theirs.to_string(),
            ));
        }
        if let Some(md5) = taken.md5.map(hex::encode_upper)
            && etag.len() == md5.len()
            && !etag.eq_ignore_ascii_case(&md5)
        {
            return Err(storage::differs(act, &md5, &etag));
        }
        api.memory.note_speed(bytes, started.elapsed());
        let landed = Landed {
            etag,
            crc64: taken.crc64_xz,
        };
        sums.receipt(Some(landed.text()))
            .ok_or_else(|| answer.not_understood())
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
        if let Some(pull) = Pull::read(&ticket) {
            return online::submit(&self.api(session), pull, draft, keeper).await;
        }
        let commit = commit::Commit {
            api: self.api(session),
            kept: Kept::read(&ticket)?,
            parts: receipts.iter().filter_map(Landed::read).collect(),
            draft,
            keeper,
        };
        commit.run().await
    }

    async fn watch(&self, session: &Session, remote: &Remote) -> Result<Review> {
        let api = self.api(session);
        match online::watch(&api, remote).await? {
            Some(review) => Ok(review),
            None => status::watch(&api, remote).await,
        }
    }

    fn watch_after(&self, looks: u32, since: Duration) -> Duration {
        status::look_after(looks, since)
    }

    async fn take_back(&self, session: &Session, remote: &Remote) -> Result<bool> {
        online::cancel(&self.api(session), remote).await
    }

    async fn abort(&self, session: &Session, ticket: &Ticket) -> Result<()> {
        let act = Act::new(NAME, "giving the place back");
        if let Some(pull) = Pull::read(ticket) {
            return online::abort(&self.api(session), &pull).await;
        }
        let kept = Kept::read(ticket)?;
        let api = self.api(session);
        let aborted = match &kept.upload_id {
            Some(id) if kept.stage != Stage::Completed => {
                Storage::of(&api, &kept).abort(act, id).await
            }
            _ => Ok(()),
        };
        api.memory.forget(&kept);
        let deleted = commit::delete_unfinished(&api, &kept).await;
        aborted?;
        Ok(deleted?)
    }
}

/// Of the parts that landed, those that the storage lists as they were sent.
fn believed(listed: &[storage::Listed], cuts: &Cuts, landed: &[(u32, Receipt)]) -> Vec<u32> {
    let as_sent = |(number, receipt): &(u32, Receipt)| {
        let (span, ours) = (cuts.span(*number)?, Landed::read(receipt)?);
        let at = listed
            .binary_search_by_key(number, |part| part.number)
            .ok()?;
        let theirs = &listed[at];
        let crc_differs = match (ours.crc64, theirs.crc64) {
            (Some(ours), Some(theirs)) => ours != theirs,
            _ => false,
        };
        let same = theirs.bytes == span.len_bytes
            && theirs.etag.eq_ignore_ascii_case(&ours.etag)
            && !crc_differs;
        same.then_some(*number)
    };
    let mut numbers: Vec<u32> = landed.iter().filter_map(as_sent).collect();
    numbers.sort_unstable();
    numbers
}

/// The error of a failure; where the place is lost, the next one will be for the same work.
fn lost_or(api: &Api<'_>, kept: &Kept, failure: Failure) -> Error {
    let code = failure.code().to_owned();
    let error = Error::from(failure);
    if error.kind == ErrorKind::TicketLost && code != codes::VIDEO_GONE {
        api.memory.lose_place(kept);
    }
    error
}

/// Something that was needed to go on was not in an answer.
fn incomplete(act: Act, field: &str) -> Error {
    let cause = Cause::new("aliyun_vod_answer_incomplete").with("field", field);
    act.error(ErrorKind::ServerFault, cause)
}
