//! One submission, whatever happens to its answer.

use super::*;

#[tokio::test]
async fn a_lost_answer_to_a_submission_is_looked_for_and_found() {
    let bench = Bench::new().await;
    let whole = noise(1000, 4);
    let draft = draft(&whole);
    bench
        .platform
        .fault(Fault::AnswerLost { reset: false }.on(On::Add));
    let ticket = bench.send_all(&draft, &whole).await.unwrap();
    let error = bench.commit(&draft, ticket).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unclear);
    // Too early to look: the list may lag.
    let error = bench.commit(&draft, bench.keeper.last()).await.unwrap_err();
    let ErrorKind::RateLimited { wait: Some(wait) } = error.kind else {
        panic!("{error:?}");
    };
    assert!(
        wait <= Duration::from_secs(10) && wait > Duration::from_secs(5),
        "{wait:?}"
    );
    let remote = bench
        .commit(&draft, later(&bench.keeper.last(), 10))
        .await
        .unwrap();
    assert_eq!(
        remote.id,
        bench.platform.glance().manuscripts[0].resource_id
    );
    assert_eq!((bench.works(), bench.adds()), (1, 1));
}

#[tokio::test]
async fn a_submission_that_never_arrived_is_repeated_once_after_three_looks() {
    let bench = Bench::new().await;
    let whole = noise(1000, 5);
    let draft = draft(&whole);
    bench
        .platform
        .fault(Fault::EmptyBody { applied: false }.on(On::Add));
    let ticket = bench.send_all(&draft, &whole).await.unwrap();
    let before = bench.platform.glance().answers_to(On::ViewList).count();
    bench.commit_through(&draft, ticket).await.unwrap();
    let looks = bench.platform.glance().answers_to(On::ViewList).count() - before;
    assert_eq!(
        looks,
        1 + 3,
        "once before the submission, three times after it"
    );
    assert_eq!((bench.works(), bench.adds()), (1, 2));
    assert_eq!(bench.keeper.announced.lock().len(), 2);
}

#[tokio::test]
async fn a_list_that_lags_makes_no_second_work() {
    let bench = Bench::new().await;
    let whole = noise(1000, 6);
    let draft = draft(&whole);
    // Unseen for an hour: three looks find nothing, and the repetition is told that the title is there.
    bench
        .platform
        .fault(Fault::Lag { ms: 3_600_000 }.on(On::Add));
    bench
        .platform
        .fault(Fault::AnswerLost { reset: true }.on(On::Add));
    let ticket = bench.send_all(&draft, &whole).await.unwrap();
    let error = bench.commit_through(&draft, ticket).await.unwrap_err();
    assert_eq!(
        error.cause.code, "bilibili_outcome_unknown",
        "a person is asked"
    );
    assert_eq!((bench.works(), bench.adds()), (1, 2));
    // Trying again only looks.
    bench.platform.clock().advance(Duration::from_hours(2));
    let remote = bench
        .commit_through(&draft, later(&bench.keeper.last(), 61))
        .await
        .unwrap();
    assert_eq!(
        remote.id,
        bench.platform.glance().manuscripts[0].resource_id
    );
    assert_eq!((bench.works(), bench.adds()), (1, 2));
}

#[tokio::test]
async fn a_crash_right_before_or_after_a_submission_makes_one_work() {
    for lost in [false, true] {
        let bench = Bench::new().await;
        let whole = noise(1000, 7);
        let draft = draft(&whole);
        let ticket = bench.send_all(&draft, &whole).await.unwrap();
        if lost {
            bench.commit(&draft, ticket).await.unwrap(); // and the answer was not stored
        } else {
            *bench.keeper.crash_at.lock() = Some(1);
            bench.commit(&draft, ticket).await.unwrap_err();
        }
        // Another process: nothing is remembered but the ticket.
        let ticket = bench.keeper.announced.lock()[0].clone();
        let next = Bench {
            session: testing::session(bench.secrets.clone(), &settings_of(&bench.session)),
            ..bench
        };
        next.commit_through(&draft, ticket).await.unwrap();
        assert_eq!(next.works(), 1, "lost: {lost}");
        assert_eq!(next.adds(), 1, "lost: {lost}");
    }
}

fn settings_of(session: &Session) -> Vec<(&'static str, &'static str)> {
    let all = session.settings();
    let leak = |text: &String| -> &'static str { text.clone().leak() };
    all.iter().map(|(n, v)| (leak(n), leak(v))).collect()
}

#[tokio::test]
async fn another_work_with_the_same_title_is_not_taken_for_ours() {
    let bench = Bench::new().await;
    let whole = noise(1000, 8);
    let first = draft(&whole);
    let ticket = bench.send_all(&first, &whole).await.unwrap();
    let mine = bench.commit(&first, ticket).await.unwrap();

    let second = draft(&whole);
    bench.platform.clock().advance(Duration::from_mins(11)); // the same title is allowed again
    bench
        .platform
        .fault(Fault::EmptyBody { applied: false }.on(On::Add));
    let ticket = bench.send_all(&second, &whole).await.unwrap();
    let other = bench.commit_through(&second, ticket).await.unwrap();
    assert_ne!(mine.id, other.id);
    assert_eq!(bench.works(), 2);
}

#[tokio::test]
async fn a_refused_submission_says_why_and_keeps_the_bytes() {
    let bench = Bench::new().await;
    let whole = noise(1000, 9);
    let mut bad = draft(&whole);
    bad.fields.insert("title".into(), "敏感词".into());
    let ticket = bench.send_all(&bad, &whole).await.unwrap();
    let error = bench.commit(&bad, ticket).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!(error.cause.code, "bilibili_text_sensitive");
    assert_eq!(error.cause.params["code"], "123024");
    assert!(!error.cause.params["message"].is_empty());
    // Put right, the same bytes are submitted.
    let good = draft(&whole);
    bench.commit(&good, bench.keeper.last()).await.unwrap();
    assert_eq!(bench.works(), 1);
    assert_eq!(bench.platform.bytes_received(), 1000);
}

#[tokio::test]
async fn the_platforms_own_pause_is_waited_for() {
    let bench = Bench::new().await;
    let whole = noise(1000, 10);
    let draft = draft(&whole);
    for (code, seconds) in [(123_026, 30), (123_028, 10)] {
        let fault = Fault::Business {
            code,
            applied: false,
        };
        bench.platform.fault(fault.on(On::Add).nth(1));
        let ticket = bench.send_all(&draft, &whole).await.unwrap();
        let error = bench.commit(&draft, ticket).await.unwrap_err();
        let wait = Some(Duration::from_secs(seconds));
        assert_eq!(error.kind, ErrorKind::RateLimited { wait });
        assert_eq!(stage(&bench.keeper.last()), Stage::Covered, "a clear no");
        bench.platform.clear_faults();
    }
    bench.commit(&draft, bench.keeper.last()).await.unwrap();
    assert_eq!(bench.works(), 1);
}

#[tokio::test]
async fn a_merge_whose_answer_was_lost_is_not_sent_again() {
    for profile in [Profile::Docs, Profile::Strict] {
        let bench = Bench::with(profile, &[]).await;
        let whole = noise(2 * MIB, 11);
        let mut draft = draft(&whole);
        draft.cover = Some(cover(picture()));
        bench
            .platform
            .fault(Fault::AnswerLost { reset: false }.on(On::Complete));
        let ticket = bench.send_all(&draft, &whole).await.unwrap();
        let error = bench.commit(&draft, ticket).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ServerFault, "{error:?}");
        // The strict platform knows the token no more as one that can be merged.
        bench.commit(&draft, bench.keeper.last()).await.unwrap();
        assert_eq!(bench.works(), 1, "{profile:?}");
        assert_eq!(bench.platform.bytes_received(), whole.len() as u64);
    }
}

#[tokio::test]
async fn a_day_that_is_known_to_be_full_is_waited_out_and_never_tried() {
    let bench = Bench::with(Profile::Docs, &[("limits.works_per_day", "2")]).await;
    let left = async || {
        let health = bench.adapter.check(&bench.session).await.unwrap();
        assert_eq!(
            (health.state, health.cause.clone()),
            (HealthState::Ready, None)
        );
        let [works] = health.allowances.try_into().unwrap();
        assert_eq!((works.what, works.of), (Counted::Works, Some(2)));
        let renews_ms = works.renews_at_ms.unwrap();
        assert_eq!(
            (renews_ms - 60_000 + 8 * 3_600_000) % 86_400_000,
            0,
            "midnight in UTC+8"
        );
        works.left
    };
    assert_eq!(left().await, 2);
    let third = noise(1000, 32);
    let mut late = draft(&third);
    late.fields.insert("title".into(), "three".into());
    let ticket = bench.send_all(&late, &third).await.unwrap();
    for (seed, title) in [(30, "one"), (31, "two")] {
        let whole = noise(1000, seed);
        let mut draft = draft(&whole);
        draft.fields.insert("title".into(), title.into());
        bench.platform.spacing(Duration::ZERO);
        let ticket = bench.send_all(&draft, &whole).await.unwrap();
        bench.commit(&draft, ticket).await.unwrap();
    }
    assert_eq!(left().await, 0);
    let sent = bench.platform.bytes_received();
    for error in [
        bench.commit(&late, ticket).await.unwrap_err(),
        bench.send_all(&draft(&third), &third).await.unwrap_err(),
    ] {
        assert_eq!(error.cause.code, "bilibili_daily_quota");
        let ErrorKind::Quota { until_ms } = error.kind else {
            panic!("{error:?}");
        };
        assert!(until_ms > now_ms());
    }
    assert_eq!((bench.works(), bench.adds()), (2, 2), "not even tried");
    assert_eq!(
        bench.platform.bytes_received(),
        sent,
        "not a byte for nothing"
    );
}
