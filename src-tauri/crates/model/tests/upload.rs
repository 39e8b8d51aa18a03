//! The machine, by example and by property.

use proptest::prelude::*;
use slipway_model::{
    AccountId, Cause, Cuts, Effect, Event, Intent, ManuscriptId, Phase, PhaseName, Receipt, Remote,
    Ticket, Upload, UploadId,
};

fn fresh() -> Upload {
    Upload {
        id: UploadId(1),
        manuscript: ManuscriptId(1),
        account: AccountId(1),
        intent: Intent::Run,
        attempt: 1,
        tries: 0,
        phase: Phase::Queued,
    }
}

fn remote() -> Remote {
    Remote {
        id: "BV1".into(),
        ..Remote::default()
    }
}

fn opened(parts: u32) -> Event {
    Event::Opened {
        ticket: Ticket("t".into()),
        cuts: Cuts::equal(u64::from(parts) * 10, 10),
    }
}

fn landed(number: u32) -> Event {
    Event::Landed {
        number,
        receipt: Receipt::default(),
    }
}

fn run(mut upload: Upload, events: impl IntoIterator<Item = Event>) -> (Upload, Effect) {
    let mut effect = Effect::Nothing;
    for event in events {
        let attempt = upload.attempt;
        (upload, effect) = upload.apply(attempt, event).expect("an event in place");
    }
    (upload, effect)
}

#[test]
fn an_upload_lives_from_queue_to_published() {
    let steps = [
        (Event::Admitted, PhaseName::Opening, Effect::Open),
        (opened(2), PhaseName::Sending, Effect::Send),
        (landed(2), PhaseName::Sending, Effect::Nothing),
        (landed(1), PhaseName::Committing, Effect::Commit),
        (
            Event::Stepped {
                ticket: Ticket("merged".into()),
            },
            PhaseName::Committing,
            Effect::Nothing,
        ),
        (
            Event::Accepted { remote: remote() },
            PhaseName::Processing,
            Effect::Watch,
        ),
        (
            Event::Published { remote: remote() },
            PhaseName::Published,
            Effect::Nothing,
        ),
    ];
    let mut upload = fresh();
    for (event, phase, effect) in steps {
        let (next, got) = upload.apply(1, event).unwrap();
        assert_eq!((next.phase.name(), got), (phase, effect));
        upload = next;
    }
}

#[test]
fn a_file_that_the_platform_fetches_is_submitted_as_soon_as_it_is_opened() {
    let nothing = Event::Opened {
        ticket: Ticket("t".into()),
        cuts: Cuts::none(),
    };
    let (upload, effect) = run(fresh(), [Event::Admitted, nothing]);
    assert_eq!(
        (upload.phase.name(), effect),
        (PhaseName::Committing, Effect::Commit)
    );
    let held = upload.clone().intend(Intent::Hold);
    assert!(!held.stops_when_held(), "a submission under way ends");
    let (lost, effect) = run(upload.clone(), [Event::Interrupted]);
    assert_eq!(
        (lost.phase, effect),
        (upload.phase.clone(), Effect::Nothing),
        "a lost answer leaves it where it can be looked for"
    );
    let (upload, effect) = run(upload, [Event::Accepted { remote: remote() }]);
    assert_eq!(effect, Effect::Watch);
    let refused = Event::Failed {
        cause: Cause::new("fetch_failed"),
    };
    let (failed, _) = run(upload.clone(), [refused]);
    let (again, _) = run(failed, [Event::Retried]);
    assert_eq!(again.phase, Phase::Queued, "a new work");
    let (cancelled, effect) = run(upload, [Event::Cancelled]);
    assert_eq!((cancelled.phase, effect), (Phase::Cancelled, Effect::Abort));
}

#[test]
fn an_online_file_on_hold_stops_before_it_is_submitted() {
    assert!(fresh().intend(Intent::Hold).stops_when_held());
    let (opening, _) = run(fresh(), [Event::Admitted]);
    let held = opening.clone().intend(Intent::Hold);
    let late = Event::Opened {
        ticket: Ticket("t".into()),
        cuts: Cuts::none(),
    };
    let (after, effect) = held.apply(opening.attempt, late).unwrap();
    assert_eq!(
        (after.phase, effect),
        (Phase::Opening, Effect::Nothing),
        "what was prepared is not listened to"
    );
}

#[test]
fn a_failure_keeps_what_was_sent_and_a_retry_goes_on_from_there() {
    let failed = Event::Failed {
        cause: Cause::new("title_illegal"),
    };
    let (upload, _) = run(
        fresh(),
        [Event::Admitted, opened(2), landed(1), landed(2), failed],
    );
    assert_eq!(upload.phase.name(), PhaseName::Failed);
    let (upload, effect) = run(upload, [Event::Retried]);
    assert_eq!(
        (upload.phase.name(), effect),
        (PhaseName::Committing, Effect::Commit),
        "nothing is sent again"
    );
}

#[test]
fn reports_of_an_earlier_attempt_change_nothing() {
    let (upload, _) = run(fresh(), [Event::Admitted, opened(2)]);
    let held = upload.clone().intend(Intent::Hold);
    assert_eq!(held.attempt, upload.attempt + 1);
    let (after, effect) = held.clone().apply(upload.attempt, landed(1)).unwrap();
    assert_eq!((after, effect), (held, Effect::Nothing));
}

#[test]
fn holding_lets_a_submission_end() {
    let (upload, _) = run(fresh(), [Event::Admitted, opened(1), landed(1)]);
    let held = upload.clone().intend(Intent::Hold);
    assert_eq!(
        held.attempt, upload.attempt,
        "its worker is still listened to"
    );
    assert!(!held.stops_when_held());
}

#[test]
fn what_was_refused_after_acceptance_starts_over_as_a_new_work() {
    let accepted = [
        Event::Admitted,
        opened(1),
        landed(1),
        Event::Accepted { remote: remote() },
    ];
    let (upload, _) = run(fresh(), accepted);
    let (upload, _) = run(
        upload,
        [Event::Failed {
            cause: Cause::new("rejected"),
        }],
    );
    assert_eq!(
        upload.phase.remote(),
        Some(&remote()),
        "it still says which work was refused"
    );
    let (upload, _) = run(upload, [Event::Retried]);
    assert_eq!(upload.phase, Phase::Queued);
}

#[test]
fn an_event_out_of_place_is_an_error_and_not_a_guess() {
    assert!(fresh().apply(1, landed(1)).is_err());
    assert!(
        fresh()
            .apply(1, Event::Published { remote: remote() })
            .is_err()
    );
    let (cancelled, _) = run(fresh(), [Event::Cancelled]);
    assert!(cancelled.apply(2, Event::Admitted).is_err());
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(Event::Admitted),
        (0_u32..5).prop_map(opened),
        prop::option::of(prop::collection::btree_set(1_u32..5, 0..4)).prop_map(|n| Event::Held {
            numbers: n.map(|n| n.into_iter().collect())
        }),
        (1_u32..6).prop_map(landed),
        Just(Event::Stepped {
            ticket: Ticket("s".into())
        }),
        Just(Event::Accepted { remote: remote() }),
        Just(Event::Published { remote: remote() }),
        Just(Event::Reopened),
        Just(Event::Interrupted),
        Just(Event::Failed {
            cause: Cause::new("x")
        }),
        Just(Event::Retried),
        Just(Event::Cancelled),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// No order of events, from any attempt, with any change of mind, breaks the promises.
    #[test]
    fn no_order_of_events_breaks_the_promises(steps in prop::collection::vec((any_event(), prop::bool::weighted(0.1), prop::option::weighted(0.2, prop::bool::ANY)), 0..60)) {
        let mut upload = fresh();
        for (event, stale, mind) in steps {
            if let Some(hold) = mind {
                upload = upload.intend(if hold { Intent::Hold } else { Intent::Run });
            }
            let before = upload.clone();
            let attempt = if stale { before.attempt.wrapping_sub(1) } else { before.attempt };
            let is_cancel = event == Event::Cancelled;
            let Ok((after, effect)) = upload.apply(attempt, event) else {
                upload = before;
                continue;
            };
            prop_assert!(after.attempt >= before.attempt, "attempts only grow");
            if stale {
                prop_assert_eq!(&after, &before);
                prop_assert_eq!(effect, Effect::Nothing);
            }
            if effect == Effect::Commit || matches!(after.phase, Phase::Committing(_)) {
                prop_assert!(after.phase.kept().is_some_and(|k| k.parts.all_landed()), "nothing commits before every part has landed");
            }
            if after.phase.name().is_final() && !is_cancel {
                prop_assert_eq!(effect, Effect::Nothing, "a final phase has no effect");
            }
            if matches!(after.phase, Phase::Processing { .. } | Phase::Published { .. }) {
                prop_assert!(after.phase.remote().is_some());
            }
            if let Some(kept) = after.phase.kept() {
                prop_assert!(kept.parts.held_bytes() <= kept.parts.cuts().total_bytes());
            }
            upload = after;
        }
    }
}
