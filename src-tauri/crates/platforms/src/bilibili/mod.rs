//! Bilibili's Open Platform, `upload_token` flow: reserve, send parts, merge, cover, submit, watch the review.
//!
//! What it may do to an account is bounded by `ticket` (one submission, looked for before it is repeated), what its codes mean is in `codes`, and
//! what it leaves open is in `settings`. Part bytes carry the upload token and nothing else: no access token ever goes to the upload host.

mod codes;
mod memory;
mod preflight;
mod review;
mod settings;
mod sign;
mod sign_in;
mod signer;
mod submit;
mod ticket;
mod tokens;
pub mod webhook;
mod wire;
mod works;

#[cfg(test)]
mod tests;

use crate::{
    Digests, Draft, Held, Keeper, Named, Opened, Part, Platform, Result, Review, Session, Step,
    health::checked,
    http::{Act, Answer},
    platform::{SignIn, Works},
    registry,
};
use async_trait::async_trait;
use reqwest::header;
use settings::VerifyEtag;
use slipway_model::{
    Cause, Credential, Cuts, ErrorKind, Field, Health, Limits, Receipt, Remote, Spec, Ticket,
};
use std::{sync::atomic::Ordering, time::Duration};
use ticket::{Kept, Stage};
use tokio::time::Instant;
use wire::{
    Api, CALL_TIMEOUT, Call, Category, Content, Failure, Identity, Init, Scopes, Work, address,
};

pub(crate) const NAME: &str = "bilibili";
const SENDING: &str = "sending a part";
/// The permission that uploads need.
const SCOPE: &str = "ARC_BASE";
/// How long after its submission a work may be unknown to the platform.
const LAG: Duration = Duration::from_mins(10);

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
        preflight::fields(&self.spec, &self.api(session).settings())
    }

    fn sign_in(&self) -> Option<&dyn SignIn> {
        Some(self)
    }

    fn works(&self) -> Option<&dyn Works> {
        Some(self)
    }

    /// Categories: only those without others below may be sent.
    async fn choices(&self, session: &Session, _: &str) -> Result<Vec<Named>> {
        let call = Call::get(
            "reading the categories",
            "arcopen/fn/archive/type/list",
            &[],
        );
        let top: Vec<Category> = self.api(session).call(call).await?;
        let named = |category: &Category, name: String| Named {
            value: category.id.to_string(),
            name,
        };
        let below = top.iter().flat_map(|top| match top.children.as_slice() {
            [] => vec![named(top, top.name.clone())],
            children => children
                .iter()
                .map(|child| named(child, format!("{} / {}", top.name, child.name)))
                .collect(),
        });
        Ok(below.collect())
    }

    async fn check(&self, session: &Session) -> Result<Health> {
        let api = self.api(session);
        let mut health = Health {
            credential: Some(Credential::SignIn),
            ..Health::default()
        };
        let asked = look(&api, &mut health).await;
        checked(health, asked)
    }

    async fn open(&self, session: &Session, draft: &Draft, lanes: u32) -> Result<Opened> {
        const DOING: &str = "reserving a place";
        let api = self.api(session);
        // A work that could not be submitted today is not sent today either.
        if let Some(today) = submit::works_left_today(&api).await? {
            submit::one_is_left(Act::new(NAME, DOING), &today)?;
        }
        let settings = api.settings();
        let limits = settings.limits();
        let small = draft.size_bytes <= limits.part_bytes
            && draft.size_bytes <= settings.small_file_max_bytes();
        let cuts = if small {
            Cuts::whole(draft.size_bytes)
        } else {
            Cuts::plan(draft.size_bytes, &limits, None, lanes)
        };
        // The kind is text in the platform's own demos; "1" is the one for small files.
        let body = serde_json::json!({
            "name": with_extension(&draft.file_name),
            "utype": if small { "1" } else { "0" },
        });
        let call = Call::post(
            DOING,
            "arcopen/fn/archive/video/init",
            &[],
            Content::Json(serde_json::to_vec(&body).expect("text is JSON")),
            CALL_TIMEOUT,
        );
        let place: Init = api.call(call).await?;
        let kept = Kept {
            upload_token: place.upload_token,
            small,
            opened_at_s: api.now_s(Act::new(NAME, DOING))?,
            cover: None,
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
        if kept.is_stale(api.now_s(act)?, api.settings().token_ttl()) {
            let cause = Cause::new("bilibili_upload_token_lost").detail("older than tokens live");
            return Err(act.error(ErrorKind::TicketLost, cause));
        }
        Ok(Held::Unknown)
    }

    fn digests(&self, session: &Session) -> Digests {
        let api = self.api(session);
        Digests {
            md5: match api.settings().verify_etag() {
                VerifyEtag::Off => false,
                VerifyEtag::Warn => api.memory.etags_seen.load(Ordering::Relaxed),
                VerifyEtag::Fail => true,
            },
            ..Digests::default()
        }
    }

    async fn send(&self, session: &Session, ticket: &Ticket, part: Part) -> Result<Receipt> {
        let act = Act::new(NAME, SENDING);
        let kept = Kept::read(ticket)?;
        let api = self.api(session);
        let base = api.settings().endpoint(act, "upload")?;
        let number = part.number.to_string();
        let token = ("upload_token", kept.upload_token.as_str());
        let url = if kept.small {
            address(&base, "video/v2/upload", &[token])
        } else {
            let query = [token, ("part_number", number.as_str())];
            address(&base, "video/v2/part/upload", &query)
        };
        let sums = part.sums.clone();
        let http = session.http();
        let request = http
            .parts
            .post(url)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .body(part);
        let answer = http.send_part(act, request).await?;
        let etag = acknowledged(&api, act, &answer)?;
        let Some(taken) = sums.get() else {
            // Answered before the part was read: whatever that was, it was not about our bytes.
            return Err(answer.not_understood());
        };
        verify(&api, act, etag.as_deref(), taken.md5)?;
        sums.receipt(etag).ok_or_else(|| answer.not_understood())
    }

    async fn commit(
        &self,
        session: &Session,
        ticket: Ticket,
        _: &[Receipt],
        _: Option<u64>,
        draft: &Draft,
        keeper: &dyn Keeper,
    ) -> Result<Step> {
        let commit = submit::Commit {
            api: self.api(session),
            kept: Kept::read(&ticket)?,
            draft,
            keeper,
        };
        commit.run().await
    }

    async fn watch(&self, session: &Session, remote: &Remote) -> Result<Review> {
        let api = self.api(session);
        let query = [("resource_id", remote.id.as_str())];
        let call = Call::get("asking about the review", "arcopen/fn/archive/view", &query);
        let found = api.call::<Work>(call).await;
        let mut looked_for = api.memory.looked_for.lock();
        let entry = looked_for.entry(remote.id.clone());
        let (first, seen) = *entry.or_insert_with(|| (Instant::now(), false));
        match found {
            Ok(work) => {
                let review = review::review(remote, &work);
                match review {
                    Review::Pending(_) => looked_for.insert(remote.id.clone(), (first, true)),
                    _ => looked_for.remove(&remote.id),
                };
                Ok(review)
            }
            // The list lags behind a submission; what was seen once and is no more is gone.
            Err(failure)
                if failure.code() == Some(codes::NO_MANUSCRIPT)
                    && !seen
                    && first.elapsed() < LAG =>
            {
                Ok(Review::Pending(remote.clone()))
            }
            Err(Failure::Said(said, error)) if is_gone(said.code) => {
                looked_for.remove(&remote.id);
                Ok(Review::Refused(error.cause))
            }
            Err(failure) => Err(failure.into()),
        }
    }

    fn watch_after(&self, looks: u32, since: Duration) -> Duration {
        review::look_after(looks, since)
    }
}

/// The ETag of an acknowledged part, without its quotes.
fn acknowledged(api: &Api<'_>, act: Act, answer: &Answer) -> Result<Option<String>> {
    let data = api.read(act, answer)?;
    let etag = data.get("etag").and_then(|etag| etag.as_str());
    let etag = etag.map(|etag| etag.trim_matches('"').to_ascii_lowercase());
    Ok(etag.filter(|etag| !etag.is_empty()))
}

/// Compares a part's ETag with its MD5, which it looks like but is not said to be.
fn verify(api: &Api<'_>, act: Act, etag: Option<&str>, md5: Option<[u8; 16]>) -> Result<()> {
    let is_md5 = |etag: &&str| etag.len() == 32 && etag.bytes().all(|b| b.is_ascii_hexdigit());
    let Some(etag) = etag.filter(is_md5) else {
        return Ok(());
    };
    api.memory.etags_seen.store(true, Ordering::Relaxed);
    let Some(ours) = md5.map(hex::encode) else {
        return Ok(());
    };
    if ours == etag {
        return Ok(());
    }
    match api.settings().verify_etag() {
        VerifyEtag::Off => Ok(()),
        VerifyEtag::Warn => {
            tracing::warn!(account = %api.session.account(), ours, etag, "a part's ETag is not its MD5");
            Ok(())
        }
        VerifyEtag::Fail => {
            let cause = Cause::new("part_checksum_differs").detail(format!("{ours} != {etag}"));
            Err(act.error(ErrorKind::ServerFault, cause))
        }
    }
}

fn is_gone(code: i64) -> bool {
    matches!(
        codes::find(code).cause,
        "bilibili_gone" | "bilibili_deleted" | "bilibili_locked"
    )
}

/// The platform tells a file's type by the end of its name.
fn with_extension(file_name: &str) -> String {
    let has = file_name
        .rsplit_once('.')
        .is_some_and(|(stem, end)| !stem.is_empty() && (1..=5).contains(&end.len()));
    if has {
        file_name.to_owned()
    } else {
        format!("{file_name}.mp4")
    }
}

/// Asks who this is, what was consented to, and what was sent today.
async fn look(api: &Api<'_>, health: &mut Health) -> Result<()> {
    const DOING: &str = "checking the account";
    tokens::access(api, tokens::LEFT_FOR_A_CHECK).await?;
    let call = |path| Call::get(DOING, path, &[]);
    let identity: Identity = api.call(call("arcopen/fn/user/account/info")).await?;
    health.identity = Some(identity.name).filter(|name| !name.is_empty());
    (health.valid_until_ms, health.renews) = tokens::standing(api).await?;
    // Only a clear 'no' counts: the grant is enforced on each call anyway.
    if let Ok(granted) = api
        .call::<Scopes>(call("arcopen/fn/user/account/scopes"))
        .await
        && !granted.scopes.is_empty()
    {
        let may_upload = granted.scopes.iter().any(|scope| scope == SCOPE);
        health.scopes = granted.scopes;
        if !may_upload {
            let cause = Cause::new("bilibili_not_granted").with("scope", SCOPE);
            return Err(Act::new(NAME, DOING).error(ErrorKind::SignedOut, cause));
        }
    }
    health.allowances = Vec::from_iter(submit::works_left_today(api).await?);
    Ok(())
}
