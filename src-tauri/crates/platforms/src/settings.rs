//! An account's settings, with the defaults that its platform's spec names.
//!
//! Knows nothing of what a setting means: each adapter has its own words around this. Always holds: a number is within its field's range.

use crate::{
    Result, Session,
    http::{Act, endpoint},
};
use slipway_model::{Cause, ErrorKind, Spec};
use url::Url;

/// Settings of one account, read afresh for each call: they may change at any time.
pub(crate) struct Settings<'a> {
    session: &'a Session,
    pub(crate) spec: &'a Spec,
}

impl<'a> Settings<'a> {
    pub(crate) fn new(session: &'a Session, spec: &'a Spec) -> Self {
        Self { session, spec }
    }

    /// The account's value without the white space around it, or the spec's default.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let value = self.session.setting(name).or_else(|| {
            let field = self.spec.settings.iter().find(|field| field.name == name);
            field.and_then(|field| field.default.clone())
        });
        value.map(|value| value.trim().to_owned())
    }

    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.text(name).as_deref() == Some(value)
    }

    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.is(name, "1") || self.is(name, "true")
    }

    /// A setting that must be there.
    ///
    /// # Errors
    /// `Refused` with `setting_missing`.
    pub(crate) fn needed(&self, act: Act, name: &str) -> Result<String> {
        self.text(name).ok_or_else(|| missing(act, name))
    }

    /// A number within its field's range; nonsense falls back to the default.
    pub(crate) fn number(&self, name: &str) -> u64 {
        let field = self.spec.settings.iter().find(|field| field.name == name);
        let field = field.expect("asked for by a name of the spec");
        let default = field.default.as_deref().and_then(|d| d.parse().ok());
        let (low, high) = field.range.unwrap_or((0, i64::MAX));
        let value = self.text(name).and_then(|text| text.parse().ok());
        let value: i64 = value
            .filter(|n| (low..=high).contains(n))
            .or(default)
            .unwrap_or(low);
        u64::try_from(value).unwrap_or(0)
    }

    /// # Errors
    /// `Refused` when it is missing, or no address that may be used.
    pub(crate) fn endpoint(&self, act: Act, name: &str) -> Result<Url> {
        address(act, name, &self.text(name).unwrap_or_default())
    }
}

/// What `text` says as the address called `name`.
///
/// # Errors
/// `Refused` when it is no address that may be used.
pub(crate) fn address(act: Act, name: &str, text: &str) -> Result<Url> {
    endpoint(name, text).map_err(|cause| act.error(ErrorKind::Refused, cause))
}

pub(crate) fn missing(act: Act, name: &str) -> crate::Error {
    let cause = Cause::new("setting_missing").with("setting", name);
    act.error(ErrorKind::Refused, cause)
}
