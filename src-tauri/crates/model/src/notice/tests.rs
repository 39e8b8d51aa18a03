use super::*;

const MINUTE: i64 = 60_000;
const START: i64 = 1_700_000_000_000;

fn sign_in() -> Wait {
    Wait::SignIn {
        cause: Cause::new("signed_out"),
    }
}

fn metered(network: &str) -> Standing {
    Standing::Network {
        wait: Wait::Network {
            until_ms: None,
            cause: Cause::new("network_metered").with("network", network),
            asks: false,
        },
    }
}

fn refused(upload: i64, account: i64, code: &str) -> Heard {
    Heard::Refused {
        upload: UploadId(upload),
        account: AccountId(account),
        cause: Cause::new(code),
    }
}

fn published(upload: i64) -> Heard {
    Heard::Published {
        upload: UploadId(upload),
    }
}

fn dead_login(account: i64) -> Standing {
    Standing::Account {
        account: AccountId(account),
        wait: sign_in(),
    }
}

/// Every notice until `end`, with the minute it came in.
fn run(room: &mut Notices, from: i64, end: i64) -> Vec<(i64, Notice)> {
    let mut given = Vec::new();
    let mut now = from;
    while let Some(due) = room.due_ms().filter(|due| *due <= end) {
        now = now.max(due);
        match room.take(now, Asked::default()) {
            Some(notice) => given.push(((now - from) / MINUTE, notice)),
            None => break,
        }
    }
    given
}

#[test]
fn fifty_failures_of_one_login_are_one_notice() {
    let mut room = Notices::default();
    for second in 0..50 {
        let now = START + second * 100;
        room.hear(now, false, refused(second, 1, "signed_out"));
        room.stand(now, false, vec![dead_login(1)]);
    }
    let given = run(&mut room, START, START + 5 * MINUTE);
    let groups: Vec<_> = given
        .iter()
        .map(|(_, one)| (one.group.as_str(), one.count))
        .collect();
    assert_eq!(groups, [("sign_in:1", 1), ("refused:1:signed_out", 50)]);
    for minute in 1..600 {
        let now = START + minute * MINUTE;
        room.stand(now, false, vec![dead_login(1)]);
        assert_eq!(
            room.take(now, Asked::default()),
            None,
            "told once, in minute {minute}"
        );
    }
}

#[test]
fn a_cause_that_was_told_is_not_told_again_after_a_restart() {
    let mut room = Notices::default();
    room.stand(START, false, vec![dead_login(1), metered("phone")]);
    assert_eq!(run(&mut room, START, START + 5 * MINUTE).len(), 2);
    let later = START + 24 * 60 * MINUTE;
    let mut room = Notices::recall(Some(&room.kept()), later);
    room.stand(later, false, Vec::new()); // nothing is known at once
    room.stand(later + MINUTE, false, vec![dead_login(1), metered("phone")]);
    assert_eq!(room.due_ms(), None);
    assert_eq!(Notices::recall(Some("{broken"), later).due_ms(), None);
}

#[test]
fn what_was_pending_at_the_end_is_told_after_a_restart() {
    let mut room = Notices::default();
    room.hear(START, false, published(7));
    let mut room = Notices::recall(Some(&room.kept()), START + MINUTE);
    let given = room.take(START + MINUTE, Asked::default()).unwrap();
    assert_eq!(
        given.about,
        About::Published {
            upload: UploadId(7)
        }
    );
}

#[test]
fn there_is_at_most_one_notice_a_minute_and_the_most_pressing_comes_first() {
    let mut room = Notices::default();
    room.hear(START, false, published(1));
    room.hear(START, false, refused(2, 1, "title_taken"));
    room.stand(START, false, vec![dead_login(3), metered("phone")]);
    let given = run(&mut room, START, START + 10 * MINUTE);
    let kinds: Vec<_> = given
        .iter()
        .map(|(minute, one)| (*minute, one.about.kind()))
        .collect();
    assert_eq!(
        kinds,
        [
            (0, NoticeKind::NeedsYou),
            (1, NoticeKind::Refused),
            (2, NoticeKind::Waits),
            (3, NoticeKind::Published),
        ]
    );
}

#[test]
fn a_cause_that_comes_back_within_minutes_is_the_same_one() {
    let mut room = Notices::default();
    room.stand(START, false, vec![metered("phone")]);
    assert_eq!(run(&mut room, START, START + MINUTE).len(), 1);
    for flip in 1..100 {
        let now = START + flip * MINUTE;
        room.stand(
            now,
            false,
            if flip % 2 == 0 {
                vec![metered("phone")]
            } else {
                Vec::new()
            },
        );
        assert_eq!(
            room.take(now + GATHER_MS, Asked::default()),
            None,
            "flip {flip}"
        );
    }
    let later = START + 100 * MINUTE;
    room.stand(later, false, Vec::new());
    room.stand(later + AWAY_MS, false, vec![metered("phone")]);
    assert!(
        room.take(later + AWAY_MS + GATHER_MS, Asked::default())
            .is_some()
    );
}

#[test]
fn what_is_over_before_it_is_told_is_not_told() {
    let mut room = Notices::default();
    room.stand(START, false, vec![metered("phone")]);
    room.stand(START + 1000, false, Vec::new());
    assert_eq!(room.due_ms(), None);
}

#[test]
fn quiet_hours_are_silent_and_caught_up_with_in_one_notice_for_each_group() {
    let quiet = Asked {
        is_quiet: true,
        ..Asked::default()
    };
    let mut room = Notices::default();
    for upload in 0..14 {
        let now = START + upload * MINUTE;
        room.hear(now, false, published(upload));
        assert_eq!(room.take(now + GATHER_MS, quiet), None);
    }
    room.stand(START, false, vec![metered("phone")]);
    room.stand(START + MINUTE, false, Vec::new());
    let given = run(&mut room, START + 60 * MINUTE, START + 70 * MINUTE);
    assert_eq!(given.len(), 1);
    assert_eq!(
        (given[0].1.group.as_str(), given[0].1.count),
        ("published", 14)
    );
}

#[test]
fn what_was_started_by_hand_in_the_window_is_not_told_while_its_user_looks_on() {
    let mut room = Notices::default();
    room.hear(
        START,
        true,
        Heard::Added {
            upload: UploadId(1),
        },
    );
    room.hear(
        START,
        false,
        Heard::Added {
            upload: UploadId(2),
        },
    );
    room.hear(START + 1, true, published(1));
    room.hear(START + 1, true, Heard::Idle { left: 0 });
    room.stand(START + 1, true, vec![dead_login(1)]);
    assert_eq!(room.due_ms(), None);
    room.hear(START + 2, true, published(2));
    assert!(room.due_ms().is_some(), "nobody in this window began it");

    let mut room = Notices::default();
    room.hear(
        START,
        true,
        Heard::Added {
            upload: UploadId(1),
        },
    );
    room.hear(START + 1, false, published(1));
    assert!(room.due_ms().is_some(), "its user has gone elsewhere");
}

#[test]
fn the_end_of_a_queue_is_one_notice_in_place_of_the_last_works_own() {
    let mut room = Notices::default();
    for upload in 0..3 {
        room.hear(START, false, published(upload));
    }
    room.hear(START, false, refused(4, 1, "title_taken"));
    room.hear(START + 1, false, Heard::Idle { left: 0 });
    room.hear(START + 2, false, Heard::Idle { left: 0 });
    let given = run(&mut room, START, START + 10 * MINUTE);
    let abouts: Vec<_> = given.iter().map(|(_, one)| one.about.kind()).collect();
    assert_eq!(abouts, [NoticeKind::Refused, NoticeKind::Done]);
    assert_eq!(
        given[1].1.about,
        About::Done {
            published: 3,
            failed: 1
        }
    );

    room.hear(START + 20 * MINUTE, false, published(9));
    room.hear(START + 20 * MINUTE, false, Heard::Idle { left: 0 });
    let given = run(&mut room, START + 20 * MINUTE, START + 30 * MINUTE);
    assert_eq!(
        given[0].1.about,
        About::Published {
            upload: UploadId(9)
        }
    );
}

#[test]
fn a_kind_that_is_switched_off_is_never_told_and_does_not_come_up_later() {
    let mut room = Notices::default();
    let off = Asked {
        off: &[NoticeKind::Published, NoticeKind::Waits],
        is_quiet: false,
    };
    room.hear(START, false, published(1));
    room.stand(START, false, vec![metered("phone")]);
    assert_eq!(room.take(START + GATHER_MS, off), None);
    room.stand(START + MINUTE, false, vec![metered("phone")]);
    assert_eq!(room.due_ms(), None);
}

#[test]
fn many_missing_files_are_one_notice_and_a_new_one_later_is_another() {
    let missing = |upload| Standing::Upload {
        upload: UploadId(upload),
        wait: Wait::FileMissing {
            cause: Cause::new("file_missing"),
        },
    };
    let mut room = Notices::default();
    room.stand(START, false, (0..50).map(missing).collect());
    let given = run(&mut room, START, START + MINUTE);
    assert_eq!((given.len(), given[0].1.count), (1, 50));
    room.stand(START + 5 * MINUTE, false, (0..51).map(missing).collect());
    let given = run(&mut room, START + 5 * MINUTE, START + 7 * MINUTE);
    assert_eq!((given.len(), given[0].1.count), (1, 1));
}

#[test]
fn a_clock_that_is_set_back_does_not_silence_it_for_long() {
    let mut room = Notices::default();
    room.hear(START, false, published(1));
    assert!(room.take(START + GATHER_MS, Asked::default()).is_some());
    let back = START - 30 * 24 * 60 * MINUTE;
    room.set_back(back);
    room.hear(back, false, published(2));
    assert!(room.take(back + APART_MS, Asked::default()).is_some());
}
