//! How an account stands to what is to be sent by it: its sign-in, what it has left, what was sent before.
//!
//! Knows nothing of where the figures come from. What only makes an upload wait is amber; what it cannot be kept for is red.

use super::{Cure, Finding};
use crate::{Allowance, Cause, Counted, Health, HealthState};

/// How long what a platform told of an account is believed, where it did not say when it is renewed (12 hours).
const BELIEVED_MS: i64 = 12 * 60 * 60 * 1000;

/// What an account is asked to take, this upload included, and what it has.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    pub label: &'a str,
    pub health: &'a Health,
    /// What was asked for just now, e.g. room on a disk.
    pub left: &'a [Allowance],
    /// Uploads of this account that are not submitted.
    pub uploads: u64,
    /// Bytes of this account that have no place reserved.
    pub bytes: u64,
    pub now_ms: i64,
}

pub fn check(standing: &Standing<'_>) -> Vec<Finding> {
    let Standing { health, .. } = standing;
    let mut found = Vec::new();
    if health.state == HealthState::SignedOut {
        let cause = Cause::new("account_signed_out").with("account", standing.label);
        found.push(Finding::amber(cause).by(Cure::SignIn));
    } else if let Some(cause) = &health.cause
        && is_believed(standing, None)
    {
        found.push(Finding::amber(cause.clone()));
    }
    let told = health.allowances.iter();
    let told = told.filter(|told| is_believed(standing, told.renews_at_ms));
    // What was asked for just now takes the place of what was told before.
    let told = told.filter(|told| standing.left.iter().all(|now| now.what != told.what));
    for allowance in standing.left.iter().chain(told) {
        found.extend(left(standing, allowance));
    }
    found
}

fn is_believed(standing: &Standing<'_>, renews_at_ms: Option<i64>) -> bool {
    let now = standing.now_ms;
    match (renews_at_ms, standing.health.checked_at_ms) {
        (Some(renews), _) => renews > now,
        (None, Some(checked)) => checked.saturating_add(BELIEVED_MS) > now,
        (None, None) => false,
    }
}

fn left(standing: &Standing<'_>, allowance: &Allowance) -> Option<Finding> {
    let (met, short, wanted) = match allowance.what {
        Counted::Uploads | Counted::Works => ("met_works", "quota_works", standing.uploads),
        Counted::Bytes => ("met_bytes", "quota_bytes", standing.bytes),
        Counted::Disk => ("met_disk", "disk_short", standing.bytes),
        Counted::Requests => return None,
    };
    let is_short = wanted > allowance.left;
    let mut cause = Cause::new(if is_short { short } else { met })
        .with("account", standing.label)
        .with("left", allowance.left)
        .with("wanted", wanted);
    if let Some(of) = allowance.of {
        cause = cause.with("of", of);
    }
    if let Some(renews) = allowance.renews_at_ms {
        cause = cause.with("renews_ms", renews);
    }
    Some(match (is_short, allowance.what) {
        (false, _) => Finding::green(cause),
        (true, Counted::Disk) => Finding::red(cause),
        (true, _) => Finding::amber(cause),
    })
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;

    const NOW: i64 = 1_000_000_000_000;

    fn allowance(what: Counted, left: u64, renews_at_ms: Option<i64>) -> Allowance {
        Allowance {
            what,
            left,
            of: None,
            renews_at_ms,
        }
    }

    fn said(
        health: &Health,
        left: &[Allowance],
        uploads: u64,
        bytes: u64,
    ) -> Vec<(Severity, String)> {
        let found = check(&Standing {
            label: "main",
            health,
            left,
            uploads,
            bytes,
            now_ms: NOW,
        });
        let said = found.into_iter().map(|f| (f.severity, f.cause.code));
        said.collect()
    }

    #[test]
    fn what_is_left_is_enough_up_to_the_last_one() {
        use Severity::{Amber, Green, Red};
        let health = |allowance: Allowance| Health {
            state: HealthState::Ready,
            allowances: vec![allowance],
            checked_at_ms: Some(NOW),
            ..Health::default()
        };
        for (what, enough, short, severity) in [
            (Counted::Works, "met_works", "quota_works", Amber),
            (Counted::Uploads, "met_works", "quota_works", Amber),
            (Counted::Bytes, "met_bytes", "quota_bytes", Amber),
            (Counted::Disk, "met_disk", "disk_short", Red),
        ] {
            for (wanted, one) in [
                (4, (Green, enough)),
                (5, (Green, enough)),
                (6, (severity, short)),
            ] {
                let found = said(&health(allowance(what, 5, None)), &[], wanted, wanted);
                assert_eq!(found, [(one.0, one.1.to_owned())], "{wanted} of 5 {what:?}");
            }
        }
        let requests = health(allowance(Counted::Requests, 0, None));
        assert_eq!(said(&requests, &[], 9, 9), []);
    }

    #[test]
    fn what_was_told_is_believed_until_it_is_renewed_or_old() {
        let told = |renews: Option<i64>, checked: i64| Health {
            state: HealthState::Ready,
            allowances: vec![allowance(Counted::Works, 0, renews)],
            checked_at_ms: Some(checked),
            ..Health::default()
        };
        for (health, believed) in [
            (told(Some(NOW + 1), 0), true),
            (told(Some(NOW), NOW), false),
            (told(None, NOW - BELIEVED_MS + 1), true),
            (told(None, NOW - BELIEVED_MS), false),
        ] {
            assert_eq!(!said(&health, &[], 1, 1).is_empty(), believed, "{health:?}");
        }
        let now = [allowance(Counted::Disk, 7, None)];
        let health = Health {
            state: HealthState::Ready,
            allowances: vec![allowance(Counted::Disk, 1, None)],
            checked_at_ms: Some(NOW),
            ..Health::default()
        };
        let found = said(&health, &now, 1, 7);
        assert_eq!(
            found,
            [(Severity::Green, "met_disk".into())],
            "asked just now"
        );
    }

    #[test]
    fn an_account_that_is_signed_out_only_waits() {
        let health = Health {
            state: HealthState::SignedOut,
            ..Health::default()
        };
        assert_eq!(
            said(&health, &[], 1, 1),
            [(Severity::Amber, "account_signed_out".into())]
        );
    }
}
