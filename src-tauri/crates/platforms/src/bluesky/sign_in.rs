//! Signing in in the browser, as the engine sees it.

use super::{NAME, oauth, wire::Api};
use crate::{Result, Session, http::Act, platform::SignIn};
use async_trait::async_trait;
use secrecy::SecretString;
use slipway_model::{Cause, ErrorKind};
use url::Url;

/// The consent page depends on a request that was made before: there is none to be had without asking the platform.
fn in_browser() -> crate::Error {
    let cause = Cause::new("bluesky_sign_in_in_browser");
    Act::new(NAME, "signing in").error(ErrorKind::Refused, cause)
}

#[async_trait]
impl SignIn for super::Adapter {
    fn consent_page(&self, _: &Session, _: &str) -> Result<Url> {
        Err(in_browser())
    }

    async fn exchange(&self, _: &Session, _: SecretString) -> Result<()> {
        Err(in_browser())
    }

    fn comes_back(&self) -> Option<&'static str> {
        Some(oauth::BACK_PATH)
    }

    async fn begin(&self, session: &Session, state: &str, here: Option<&Url>) -> Result<Url> {
        let here = here.ok_or_else(in_browser)?;
        oauth::begin(&Api::new(session, &self.spec), state, here).await
    }

    async fn finish(&self, session: &Session, came_back: &Url) -> Result<()> {
        oauth::finish(&Api::new(session, &self.spec), came_back).await
    }
}
