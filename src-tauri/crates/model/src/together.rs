//! Uploads that are submitted together: all of them when the last is ready, none before.
//!
//! Pure. Knows nothing of times: a group that is complete may still have to wait for its moment.

use crate::{Cause, Intent, PhaseName, UploadId, Wait};

/// One of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub id: UploadId,
    pub phase: PhaseName,
    pub intent: Intent,
    /// All before the public act is done.
    pub ready: bool,
    /// The manuscript's.
    pub title: String,
    /// The account's label.
    pub account: String,
}

impl Member {
    /// Submitted, or only waiting to be.
    fn is_there(&self) -> bool {
        match self.phase {
            PhaseName::Processing | PhaseName::Published => true,
            PhaseName::Failed | PhaseName::Cancelled => false,
            _ => self.ready && self.intent == Intent::Run,
        }
    }

    /// Why it does not get there by itself.
    fn stopped(&self) -> Option<Cause> {
        let code = match (self.phase, self.intent) {
            (PhaseName::Failed, _) => "together_failed",
            (PhaseName::Cancelled, _) => "together_cancelled",
            (_, Intent::Hold) if !self.is_there() => "together_held",
            _ => return None,
        };
        let cause = Cause::new(code)
            .with("id", self.id)
            .with("title", &self.title)
            .with("account", &self.account);
        Some(cause)
    }
}

/// What the ready ones of a group wait for; `None` when all are ready.
pub fn waits_for(members: &[Member]) -> Option<Wait> {
    let missing: Vec<&Member> = members.iter().filter(|m| !m.is_there()).collect();
    if missing.is_empty() {
        return None;
    }
    Some(Wait::Together {
        others: u32::try_from(missing.len()).unwrap_or(u32::MAX),
        stopped: missing.iter().find_map(|member| member.stopped()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: i64, phase: PhaseName, intent: Intent, ready: bool) -> Member {
        Member {
            id: UploadId(id),
            phase,
            intent,
            ready,
            title: format!("t{id}"),
            account: "a".into(),
        }
    }

    #[test]
    fn a_group_waits_for_each_that_is_not_ready_and_names_one_that_a_person_must_settle() {
        use Intent::{Hold, Run};
        use PhaseName::{Cancelled, Committing, Failed, Published, Queued, Sending};
        let ready = || member(1, Committing, Run, true);
        let rows: [(Member, Option<(u32, &str)>); 8] = [
            (member(2, Committing, Run, true), None),
            (member(2, Published, Run, true), None),
            (member(2, Queued, Run, true), None), // its platform keeps nothing unpublished: it goes last
            (member(2, Sending, Run, false), Some((1, ""))),
            (member(2, Sending, Hold, false), Some((1, "together_held"))),
            (
                member(2, Committing, Hold, true),
                Some((1, "together_held")),
            ),
            (member(2, Failed, Run, true), Some((1, "together_failed"))),
            (
                member(2, Cancelled, Run, false),
                Some((1, "together_cancelled")),
            ),
        ];
        for (other, wanted) in rows {
            let found = waits_for(&[ready(), other.clone()]).map(|wait| {
                let person = wait.needs_person();
                let Wait::Together { others, stopped } = wait else {
                    panic!("{wait:?}")
                };
                assert_eq!(person, stopped.is_some());
                (others, stopped.map_or_else(String::new, |cause| cause.code))
            });
            let wanted = wanted.map(|(others, code)| (others, code.to_owned()));
            assert_eq!(found, wanted, "{other:?}");
        }
    }
}
