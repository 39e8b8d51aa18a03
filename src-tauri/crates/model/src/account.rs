//! A signed-in identity on one platform. Secrets are elsewhere; here is only what may be shown.

use crate::{AccountId, Cause};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Settings by the platform's own names.
pub type Settings = BTreeMap<String, String>;

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    /// The platform's name, e.g. `bilibili`.
    pub platform: String,
    /// The user's name for it; unique.
    pub label: String,
    pub settings: Settings,
    pub health: Health,
    pub created_at_ms: i64,
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// Not checked so far.
    #[default]
    Unknown,
    Ready,
    /// Its uploads wait until someone signs in.
    SignedOut,
    /// Something else is wrong; the cause says what.
    Troubled,
}

/// What an account proves with that it is who it says.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// Consent given in the browser.
    SignIn,
    AppPassword,
    AccessKey,
    ApiKey,
    /// Somebody brings it, and it ends.
    TemporaryKey,
    /// Good for uploading and for nothing else.
    UploadToken,
    /// The user's own service gives what is needed.
    Service,
}

/// What a platform counts.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    Uploads,
    /// Bytes that may still be sent.
    Bytes,
    Works,
    /// Calls of one short window.
    Requests,
    /// Room on a disk, in bytes.
    Disk,
}

/// How much of something an account has left, as the platform tells it.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    pub what: Counted,
    pub left: u64,
    /// The whole, where it is told.
    #[serde(default)]
    pub of: Option<u64>,
    /// When the whole is there again, in ms since 1970 UTC.
    #[serde(default)]
    pub renews_at_ms: Option<i64>,
}

/// What the last check found.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Health {
    pub state: HealthState,
    /// The platform's name for the identity, e.g. the channel's.
    #[serde(default)]
    pub identity: Option<String>,
    /// Where on the platform: its region, environment or domain, in the platform's own word.
    #[serde(default)]
    pub place: Option<String>,
    #[serde(default)]
    pub credential: Option<Credential>,
    /// End of the sign-in, in ms since 1970 UTC.
    #[serde(default)]
    pub valid_until_ms: Option<i64>,
    /// It is renewed before its end, with nobody's help.
    #[serde(default)]
    pub renews: bool,
    /// What was consented to, in the platform's own words; empty where it tells none.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Empty where the platform tells of none.
    #[serde(default)]
    pub allowances: Vec<Allowance>,
    #[serde(default)]
    pub checked_at_ms: Option<i64>,
    #[serde(default)]
    pub cause: Option<Cause>,
}

impl Health {
    /// With what was known `before` of facts that a check in vain cannot tell. What was left then is left out: it says nothing of now.
    pub fn after(self, before: &Self) -> Self {
        if self.state == HealthState::Ready {
            return self;
        }
        let or = |now: Option<String>, then: &Option<String>| now.or_else(|| then.clone());
        Self {
            identity: or(self.identity, &before.identity),
            place: or(self.place, &before.place),
            credential: self.credential.or(before.credential),
            valid_until_ms: self.valid_until_ms.or(before.valid_until_ms),
            renews: self.renews || before.renews,
            ..self
        }
    }

    /// The account is well, and what every upload needs of it is used up for now: told as a cause, or as nothing left.
    pub fn is_spent(&self) -> bool {
        let counts = |what| matches!(what, Counted::Uploads | Counted::Bytes | Counted::Works);
        let none_left = |a: &Allowance| a.left == 0 && counts(a.what);
        self.state == HealthState::Ready
            && (self.cause.is_some() || self.allowances.iter().any(none_left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_in_vain_forgets_what_was_left_and_nothing_else() {
        let before = Health {
            state: HealthState::Ready,
            identity: Some("Harbour Studio".into()),
            credential: Some(Credential::SignIn),
            valid_until_ms: Some(7),
            renews: true,
            allowances: vec![Allowance {
                what: Counted::Works,
                left: 0,
                of: Some(5),
                renews_at_ms: None,
            }],
            ..Health::default()
        };
        assert!(before.is_spent());
        let lost = Health {
            state: HealthState::SignedOut,
            checked_at_ms: Some(9),
            ..Health::default()
        };
        let after = lost.after(&before);
        assert_eq!(
            after,
            Health {
                state: HealthState::SignedOut,
                checked_at_ms: Some(9),
                allowances: Vec::new(),
                ..before.clone()
            }
        );
        assert_eq!(before.clone().after(&after), before);
    }

    #[test]
    fn health_as_earlier_versions_kept_it_is_read() {
        let kept = r#"{"state":"ready","identity":null,"valid_until_ms":5}"#;
        let health: Health = serde_json::from_str(kept).unwrap();
        assert_eq!(health.valid_until_ms, Some(5));
        assert!(health.allowances.is_empty() && !health.renews);
    }
}
