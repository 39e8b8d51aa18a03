//! Signing in: the consent page's address, and the code that comes back.
//!
//! Which callbacks a desktop may use is not documented, so the user lands on a page of their own domain and brings the code back.

use super::{NAME, tokens, wire::Api};
use crate::{Result, http::Act, platform::SignIn};
use async_trait::async_trait;
use secrecy::SecretString;
use slipway_model::{Cause, ErrorKind};
use url::Url;

#[async_trait]
impl SignIn for super::Adapter {
    fn consent_page(&self, session: &crate::Session, state: &str) -> Result<Url> {
        let act = Act::new(NAME, "signing in");
        let api = Api::new(session, &self.spec);
        let settings = api.settings();
        let client_id = settings.client_id(act)?;
        let callback = settings.text("gourl").ok_or_else(|| {
            let cause = Cause::new("setting_missing").with("setting", "gourl");
            act.error(ErrorKind::Refused, cause)
        })?;
        Ok(super::wire::address(
            &settings.endpoint(act, "consent")?,
            "pc/account-pc/auth/oauth",
            &[
                ("client_id", &client_id),
                ("gourl", &callback),
                ("state", state),
            ],
        ))
    }

    async fn exchange(&self, session: &crate::Session, code: SecretString) -> Result<()> {
        let api = Api::new(session, &self.spec);
        tokens::first(&api, &code).await.map(|_| ())
    }

    async fn finish(&self, session: &crate::Session, came_back: &Url) -> Result<()> {
        // What a refusal looks like is not documented: whoever comes back without a code did not agree.
        let code = came_back.query_pairs().find(|(name, _)| name == "code");
        match code.filter(|(_, code)| !code.trim().is_empty()) {
            Some((_, code)) => self.exchange(session, code.into_owned().into()).await,
            None => {
                let cause = Cause::new("bilibili_consent_refused");
                Err(Act::new(NAME, "signing in").error(ErrorKind::SignedOut, cause))
            }
        }
    }
}
