//! Delegated upload tokens: those that an account's owner hands out, and those that are made for one upload and deleted after it.
//!
//! A token opens `/upload` and nothing else, for as many uploads as its holder likes, until it ends or is deleted.

use super::{
    Adapter, NAME, codes,
    wire::{Api, Call, Failure, Page},
};
use crate::{
    Error, Result, Session,
    http::Act,
    platform::{UploadToken, UploadTokens},
};
use async_trait::async_trait;
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use slipway_model::{Cause, ErrorKind};
use std::time::Duration;

/// Source: API description, read 2026-06-25.
const TTL_MAX_S: u64 = 2_147_483_647;
/// Tokens a page of the list; the platform's most.
const PAGE: &str = "100";
/// Pages of the list that are read.
const PAGES_MAX: u32 = 100;
/// A token for one upload lives three times as long as the upload takes at a slow 1 MB/s, within an hour and a week.
const SLOW_BYTES_PER_S: u64 = 1_000_000;
const LIFE_S: std::ops::RangeInclusive<u64> = 3600..=7 * 86_400;
/// Another is made when less than this is left.
const LEFT_MS: i64 = 600_000;

/// A token made for one upload.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Delegated {
    pub(super) token: String,
    /// `None`: until it is deleted.
    pub(super) expires_at_ms: Option<i64>,
}

impl Delegated {
    pub(super) fn is_ending(&self, now_ms: i64) -> bool {
        self.expires_at_ms.is_some_and(|at| at - now_ms < LEFT_MS)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    token: String,
    #[serde(default)]
    ttl: Option<f64>,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    expires_at: Option<String>,
}

impl From<Wire> for UploadToken {
    fn from(wire: Wire) -> Self {
        Self {
            token: SecretString::from(wire.token),
            ttl_s: wire.ttl.map_or(0, |ttl| ttl as u64),
            created_at: wire.created_at,
            expires_at: wire.expires_at,
        }
    }
}

/// Makes a token for an upload of this size.
pub(super) async fn for_upload(api: &Api<'_>, size_bytes: u64) -> Result<Delegated> {
    let ttl_s = (size_bytes / SLOW_BYTES_PER_S * 3).clamp(*LIFE_S.start(), *LIFE_S.end());
    let act = Act::new(NAME, "making an upload token");
    let made = create(api, ttl_s).await?;
    let expires_at_ms = api.now_ms(act)? + i64::try_from(ttl_s * 1000).unwrap_or(i64::MAX);
    Ok(Delegated {
        token: made.token.expose_secret().to_owned(),
        expires_at_ms: Some(expires_at_ms),
    })
}

/// The token to send a part of `video` with: the ticket's, or a newer one where that is about to end or was refused.
pub(super) async fn current(
    api: &Api<'_>,
    video: &str,
    first: &Delegated,
    size_bytes: u64,
    refused: Option<&str>,
) -> Result<Delegated> {
    let act = Act::new(NAME, "renewing the upload token");
    // Held while one is made, so that parallel parts share it.
    let mut newer = api.memory.delegated.lock().await;
    let known = newer.get(video).unwrap_or(first);
    if refused != Some(known.token.as_str()) && !known.is_ending(api.now_ms(act)?) {
        return Ok(known.clone());
    }
    let made = for_upload(api, size_bytes).await?;
    let spent = newer.insert(video.to_owned(), made.clone());
    drop(newer);
    delete_quietly(api, spent.as_ref().unwrap_or(first)).await;
    Ok(made)
}

/// Deletes what was made for an upload; it ends by itself otherwise.
pub(super) async fn clear(api: &Api<'_>, video: &str, first: Option<&Delegated>) {
    let newer = api.memory.delegated.lock().await.remove(video);
    if let Some(token) = newer.as_ref().or(first) {
        delete_quietly(api, token).await;
    }
}

async fn delete_quietly(api: &Api<'_>, token: &Delegated) {
    let path = ["upload-tokens", token.token.as_str()];
    let deleted = api.order(Call::delete("deleting an upload token", &path));
    match deleted.await {
        Ok(()) => {}
        Err(failure) if failure.is(codes::NOT_FOUND) => {}
        Err(failure) => {
            let error = Error::from(failure);
            tracing::info!(account = %api.session.account(), code = error.cause.code, "an upload token could not be deleted; it ends by itself");
        }
    }
}

async fn create(api: &Api<'_>, ttl_s: u64) -> Result<UploadToken> {
    let call = Call::json(
        "making an upload token",
        Method::POST,
        &["upload-tokens"],
        json!({ "ttl": ttl_s }),
    );
    Ok(api.call::<Wire>(call).await?.into())
}

/// A token that is not there is no lost ticket.
fn unknown(failure: Failure, act: Act) -> Error {
    if failure.is(codes::NOT_FOUND) {
        let cause = Cause::new("upload_token_unknown").with("platform", NAME);
        return act.error(ErrorKind::Refused, cause);
    }
    failure.into()
}

#[async_trait]
impl UploadTokens for Adapter {
    async fn create(&self, session: &Session, life: Option<Duration>) -> Result<UploadToken> {
        let ttl_s = life.map_or(0, |life| life.as_secs());
        if ttl_s > TTL_MAX_S || life.is_some_and(|life| life < Duration::from_secs(1)) {
            let cause = Cause::new("upload_token_life")
                .with("min", 1)
                .with("max", TTL_MAX_S);
            let act = Act::new(NAME, "making an upload token");
            return Err(act.error(ErrorKind::Refused, cause));
        }
        create(&self.api(session), ttl_s).await
    }

    async fn list(&self, session: &Session) -> Result<Vec<UploadToken>> {
        let api = self.api(session);
        let mut all = Vec::new();
        for page in 1..=PAGES_MAX {
            let number = page.to_string();
            let query = [
                ("sortBy", "createdAt"),
                ("sortOrder", "desc"),
                ("currentPage", number.as_str()),
                ("pageSize", PAGE),
            ];
            let call = Call {
                query: &query,
                ..Call::get("listing upload tokens", &["upload-tokens"])
            };
            let told: Page<Wire> = api.call(call).await?;
            let pages = told.pagination.map_or(1, |p| p.pages_total);
            let empty = told.data.is_empty();
            all.extend(told.data.into_iter().map(UploadToken::from));
            if empty || page >= pages {
                break;
            }
        }
        Ok(all)
    }

    async fn show(&self, session: &Session, token: &SecretString) -> Result<UploadToken> {
        const DOING: &str = "reading an upload token";
        let path = ["upload-tokens", token.expose_secret().trim()];
        let api = self.api(session);
        match api.call::<Wire>(Call::get(DOING, &path)).await {
            Ok(wire) => Ok(wire.into()),
            Err(failure) => Err(unknown(failure, Act::new(NAME, DOING))),
        }
    }

    async fn delete(&self, session: &Session, token: &SecretString) -> Result<()> {
        const DOING: &str = "deleting an upload token";
        let path = ["upload-tokens", token.expose_secret().trim()];
        let api = self.api(session);
        let deleted = api.order(Call::delete(DOING, &path)).await;
        deleted.map_err(|failure| unknown(failure, Act::new(NAME, DOING)))
    }
}
