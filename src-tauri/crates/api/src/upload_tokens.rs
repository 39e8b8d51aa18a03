//! Upload tokens that an account hands out: made with a time to live, listed, shown, deleted.
//!
//! They leave the product on purpose, unlike every other secret: whoever holds one may upload into the account, and do nothing else.

use crate::{
    Api, Failure,
    wire::{Empty, NewUploadToken, UploadTokenNamed, UploadTokenRow},
};
use secrecy::{ExposeSecret as _, SecretString};
use slipway_model::AccountId;
use slipway_platforms::{Error, Platform, Session, UploadToken, UploadTokens};
use std::{sync::Arc, time::Duration};

impl Api {
    pub async fn account_tokens(&self, account: AccountId) -> Result<Vec<UploadTokenRow>, Failure> {
        let (platform, session) = self.with_tokens(account).await?;
        let tokens = tokens(&platform)?.list(&session).await?;
        Ok(tokens.into_iter().map(UploadTokenRow::from).collect())
    }

    pub async fn account_token_add(&self, new: NewUploadToken) -> Result<UploadTokenRow, Failure> {
        let (platform, session) = self.with_tokens(new.account).await?;
        let life = new.ttl_s.filter(|ttl| *ttl > 0).map(Duration::from_secs);
        Ok(tokens(&platform)?.create(&session, life).await?.into())
    }

    pub async fn account_token(&self, named: UploadTokenNamed) -> Result<UploadTokenRow, Failure> {
        let (platform, session) = self.with_tokens(named.account).await?;
        let token = SecretString::from(named.token.0);
        Ok(tokens(&platform)?.show(&session, &token).await?.into())
    }

    pub async fn account_token_remove(&self, named: UploadTokenNamed) -> Result<Empty, Failure> {
        let (platform, session) = self.with_tokens(named.account).await?;
        let token = SecretString::from(named.token.0);
        tokens(&platform)?.delete(&session, &token).await?;
        Ok(Empty {})
    }

    async fn with_tokens(
        &self,
        account: AccountId,
    ) -> Result<(Arc<dyn Platform>, Session), Failure> {
        self.engine
            .in_person(account)
            .await
            .map_err(|error: Error| error.into())
    }
}

fn tokens(platform: &Arc<dyn Platform>) -> Result<&dyn UploadTokens, Failure> {
    platform.upload_tokens().ok_or_else(|| {
        Failure::new("upload_tokens_not_here").with("platform", &platform.spec().name)
    })
}

impl From<UploadToken> for UploadTokenRow {
    fn from(token: UploadToken) -> Self {
        Self {
            token: token.token.expose_secret().to_owned(),
            ttl_s: token.ttl_s,
            created_at: token.created_at,
            expires_at: token.expires_at,
        }
    }
}
