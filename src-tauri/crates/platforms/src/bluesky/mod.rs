//! Bluesky (AT Protocol): the account's own server, the video service beside it, and one post under a key chosen beforehand.
//!
//! Bytes go to the video service with tokens that the account's server makes out for one method; session tokens never go there. What an answer means
//! is in `codes`, what is found of an account in `identity`, how it signs in in `tokens` and `oauth`, and what it may do to an account is bounded by
//! `ticket`: one record key per upload.

mod captions;
mod codes;
mod commit;
mod dpop;
mod facets;
mod identity;
mod memory;
mod oauth;
mod post;
mod preflight;
mod settings;
mod sign_in;
mod ticket;
mod tokens;
mod video;
mod wire;

#[cfg(test)]
mod tests;

use crate::{
    Draft, Error, Held, Keeper, Opened, Part, Platform, Result, Session, Step,
    health::checked,
    http::{Act, Answer},
    platform::{Abilities, SignIn},
    registry,
};
use async_trait::async_trait;
use codes::Said;
use serde_json::Value;
use settings::{SignInWay, UploadWay};
use slipway_model::{
    Cause, Credential, Cuts, ErrorKind, Fields, Health, Limits, Receipt, Spec, Ticket,
    preflight::Finding,
};
use std::time::{SystemTime, UNIX_EPOCH};
use ticket::{Kept, Stage, Way};
use video::{Allowed, For};
use wire::{Api, Call, Fault};

pub(crate) const NAME: &str = "bluesky";
const OPENING: &str = "reserving a place";
const SENDING: &str = "sending the video";
/// More parts than this are not a cut of a file of this platform's size.
const PARTS_MAX: u32 = 10_000;

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

    fn notes(&self, _: &Session, fields: &Fields, _: &str) -> Vec<Finding> {
        preflight::notes(fields)
    }

    fn sign_in(&self) -> Option<&dyn SignIn> {
        Some(self)
    }

    fn abilities(&self, session: &Session) -> Abilities {
        Abilities {
            signs_in: self.api(session).settings().sign_in() == SignInWay::Oauth,
            hands_out_tokens: false,
        }
    }

    async fn check(&self, session: &Session) -> Result<Health> {
        let api = self.api(session);
        let by_password = api.settings().sign_in() == SignInWay::AppPassword;
        let mut health = Health {
            credential: Some(if by_password {
                Credential::AppPassword
            } else {
                Credential::SignIn
            }),
            // The password makes another session; one of the browser's ends for good.
            renews: by_password,
            ..Health::default()
        };
        let asked = look(&api, &mut health).await;
        checked(health, asked)
    }

    async fn open(&self, session: &Session, draft: &Draft, _: u32) -> Result<Opened> {
        let act = Act::new(NAME, OPENING);
        let api = self.api(session);
        let identity = api.identity().await?;
        let (mime, ending) = video::mime(act, &draft.file_name)?;
        let max_bytes = api.settings().limits().file_max_bytes;
        if draft.size_bytes == 0 || draft.size_bytes > max_bytes {
            let code = if draft.size_bytes == 0 {
                "file_empty"
            } else {
                "file_too_large"
            };
            let cause = Cause::new(code)
                .with("file", &draft.file_name)
                .with("platform", NAME)
                .with("bytes", draft.size_bytes)
                .with("max_bytes", max_bytes);
            return Err(act.error(ErrorKind::Refused, cause));
        }
        // Before the first byte: a doomed upload is not begun.
        match api.allowed(act).await {
            Ok(allowed) => may_upload(&api, act, &allowed, draft.size_bytes)?,
            // The look is a courtesy: where it is not served, the upload itself tells.
            Err(Fault::Said(said, _)) if is_unserved(&said) => {}
            Err(fault) => return Err(fault.into()),
        }
        let name = format!(
            "{}.{ending}",
            &uuid::Uuid::new_v4().simple().to_string()[..12]
        );
        let place = match api.settings().upload_way() {
            UploadWay::Whole => None,
            way => match api.start(act, draft, &name, mime).await {
                Ok(started) => Some(started),
                Err(Fault::Said(said, _)) if way == UploadWay::Auto && is_unserved(&said) => None,
                Err(fault) => return Err(fault.into()),
            },
        };
        let (way, cuts) = match place {
            None => (Way::Whole, Cuts::whole(draft.size_bytes)),
            Some(started) => {
                let cuts = Cuts::equal(draft.size_bytes, started.part_size_bytes.max(1));
                let sound = started.part_size_bytes > 0
                    && cuts.len() == started.part_count
                    && cuts.len() <= PARTS_MAX;
                if !sound || started.upload.is_empty() || started.upload.len() > 256 {
                    return Err(tokens::unreadable(act));
                }
                let upload = started.upload;
                (Way::Parts { upload }, cuts)
            }
        };
        let kept = Kept {
            did: identity.did.clone(),
            name,
            mime: mime.to_owned(),
            rkey: ticket::tid(now_ms(), &draft.key),
            way,
            stage: Stage::Sending,
        };
        Ok(Opened {
            ticket: kept.ticket(),
            cuts,
        })
    }

    async fn held(&self, session: &Session, ticket: &Ticket, cuts: &Cuts) -> Result<Held> {
        let act = Act::new(NAME, "looking for what was sent");
        let kept = Kept::read(ticket)?;
        let Way::Parts { upload } = &kept.way else {
            return Ok(Held::Unknown);
        };
        let api = self.api(session);
        let status = api.status(act, upload).await?;
        match status.state.as_str() {
            "created" => {
                let mut parts = status.received_parts;
                parts.retain(|number| (1..=cuts.len()).contains(number));
                parts.sort_unstable();
                parts.dedup();
                Ok(Held::Parts(parts))
            }
            "finishing" | "completed" => Ok(Held::Parts((1..=cuts.len()).collect())),
            state => {
                let cause = Cause::new("bluesky_upload_lost")
                    .with("platform", NAME)
                    .with("message", codes::shown(state));
                Err(act.error(ErrorKind::TicketLost, cause))
            }
        }
    }

    async fn send(&self, session: &Session, ticket: &Ticket, part: Part) -> Result<Receipt> {
        let act = Act::new(NAME, SENDING);
        let kept = Kept::read(ticket)?;
        let api = self.api(session);
        let identity = api.identity().await?;
        // The service keeps the token of a whole file for storing the result: it has its whole life ahead.
        let whole = kept.way == Way::Whole;
        let token = api.token(act, For::Uploading, whole).await?;
        let request = match &kept.way {
            Way::Whole => api.whole(act, &identity, &kept.name, &kept.mime, &token)?,
            Way::Parts { upload } => api.part(act, upload, part.number, &token)?,
        };
        let (number, len_bytes, sums) = (part.number, part.len_bytes, part.sums.clone());
        let answer = session.http().send_part(act, request.body(part)).await;
        let answer = answer.map_err(|error| if whole { whole_again(error) } else { error })?;
        let (told, refusal) = match read_sent(&api, act, &answer, whole) {
            Ok(told) => (told, None),
            Err(error) => (Value::Null, Some(error)),
        };
        if let Some(error) = refusal {
            if answer.status.as_u16() == 401 {
                api.forget_token(&token);
            }
            return Err(error);
        }
        if whole {
            let job = told["jobId"].as_str().unwrap_or_default().to_owned();
            return sums
                .receipt(Some(job))
                .ok_or_else(|| answer.not_understood());
        }
        if told["partNumber"].as_u64() != Some(u64::from(number))
            || told["sizeBytes"].as_u64() != Some(len_bytes)
        {
            return Err(answer.not_understood());
        }
        sums.receipt(None).ok_or_else(|| answer.not_understood())
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
        let commit = commit::Commit {
            api: self.api(session),
            kept: Kept::read(&ticket)?,
            receipts,
            draft,
            keeper,
        };
        commit.run().await
    }

    async fn abort(&self, session: &Session, ticket: &Ticket) -> Result<()> {
        let kept = Kept::read(ticket)?;
        if let (Way::Parts { upload }, Stage::Sending) = (&kept.way, &kept.stage) {
            let api = self.api(session);
            match api
                .abort_upload(Act::new(NAME, "giving the place back"), upload)
                .await
            {
                Ok(_) => {}
                Err(Fault::Said(said, _)) if said.name == "UploadNotFound" => {}
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok(())
    }
}

/// Signs in where that is needed, and asks who this is and what is left of today.
async fn look(api: &Api<'_>, health: &mut Health) -> Result<()> {
    let act = Act::new(NAME, "checking the account");
    let identity = api.identity().await?;
    health.identity = Some(
        identity
            .handle
            .clone()
            .unwrap_or_else(|| identity.did.clone()),
    );
    let call = Call::query("checking the account", "com.atproto.server.getSession", &[]);
    let told = api.call(call).await.map_err(Error::from)?;
    if let Some(handle) = told["handle"].as_str().filter(|handle| !handle.is_empty()) {
        health.identity = Some(codes::shown(handle));
    }
    if let Some(held) = tokens::held(api, &identity).await? {
        health.valid_until_ms = held.valid_until_s.map(|s| s * 1000);
        health.scopes = held.scopes;
    }
    // In the browser's sign-in the address is not shown: its silence says nothing.
    if told["emailConfirmed"] == false && api.settings().sign_in() == SignInWay::AppPassword {
        let cause = Cause::new("bluesky_unconfirmed_email").with("platform", NAME);
        return Err(act.error(ErrorKind::Refused, cause));
    }
    match api.allowed(act).await {
        Ok(allowed) => {
            health.allowances = allowed.allowances();
            may_upload(api, act, &allowed, 1)
        }
        Err(Fault::Said(said, _)) if is_unserved(&said) => Ok(()),
        Err(fault) => Err(fault.into()),
    }
}

/// Whether today's limits let a file of this size through.
fn may_upload(api: &Api<'_>, act: Act, allowed: &Allowed, size_bytes: u64) -> Result<()> {
    if !allowed.can_upload {
        let said = Said {
            status: 403,
            name: allowed.error.clone().unwrap_or_default(),
            message: allowed.message.clone().unwrap_or_default(),
            retry_after: None,
        };
        let mut error = codes::error(act, &said, api.quota_until_ms());
        if error.cause.code == "platform_unknown_answer" {
            "bluesky_may_not_upload".clone_into(&mut error.cause.code);
        }
        return Err(error);
    }
    let size = i64::try_from(size_bytes).unwrap_or(i64::MAX);
    let left = allowed
        .remaining_daily_bytes
        .is_none_or(|bytes| bytes >= size)
        && allowed.remaining_daily_videos.is_none_or(|n| n > 0);
    if left {
        return Ok(());
    }
    let cause = Cause::new("bluesky_daily_quota")
        .with("platform", NAME)
        .with(
            "message",
            format!(
                "{:?} videos, {:?} bytes",
                allowed.remaining_daily_videos, allowed.remaining_daily_bytes
            ),
        );
    let until_ms = api.quota_until_ms();
    Err(act.error(ErrorKind::Quota { until_ms }, cause))
}

/// The service does not know the method.
fn is_unserved(said: &Said) -> bool {
    matches!(
        said.name.as_str(),
        "MethodNotImplemented" | "XRPCNotSupported" | "InvalidLexicon"
    ) || matches!(said.status, 404 | 405 | 501)
}

/// What the service says to bytes. A whole file's answer counts by its job, whatever its status: 409 says that it was here before.
fn read_sent(api: &Api<'_>, act: Act, answer: &Answer, whole: bool) -> Result<Value> {
    if !whole {
        return api.read(act, answer).map_err(Error::from);
    }
    let told: Value = answer.json()?;
    let status = told.get("jobStatus").unwrap_or(&told);
    if status["jobId"].as_str().is_some_and(|job| !job.is_empty()) {
        return Ok(status.clone());
    }
    if answer.status.is_success() && status["error"].as_str().is_none_or(str::is_empty) {
        return Err(answer.not_understood());
    }
    Err(api.refusal(act, answer, status).1)
}

/// A line that broke under a whole file: said so, since nothing of it is kept.
fn whole_again(error: Error) -> Error {
    let broken = matches!(error.kind, ErrorKind::ServerFault | ErrorKind::Stalled);
    if !broken {
        return error;
    }
    let cause = Cause {
        code: "bluesky_whole_again".into(),
        ..error.cause
    };
    Error { cause, ..error }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
