//! From the last block to one video, whatever happens on the way; and back by a cancellation.

use super::*;

async fn sent(bench: &Bench, seed: u64) -> (Draft, Bytes, Ticket, Vec<Receipt>) {
    let whole = noise(5 * MIB, seed);
    let draft = draft(&whole);
    let (ticket, receipts) = bench.send_all(&draft, &whole).await.unwrap();
    (draft, whole, ticket, receipts)
}

fn stored_times(bench: &Bench) -> u32 {
    let seen = bench.platform.inspect();
    seen.stored.values().map(|stored| stored.times).sum()
}

#[tokio::test]
async fn a_joining_whose_answer_was_lost_is_looked_for_and_not_repeated() {
    let mut faults = spoilt();
    faults.push(Fault::Status {
        status: 500,
        applied: true,
    });
    for fault in faults {
        let bench = Bench::new().await;
        let (draft, whole, ticket, receipts) = sent(&bench, 1).await;
        bench.platform.fault(fault.clone().on(On::Mkfile));
        let error = bench.commit(&draft, ticket, &receipts).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unclear, "{fault:?}: {error:?}");
        assert_eq!(error.cause.code, "wangsu_join_unclear");
        let last = bench.keeper.last();
        bench.commit_through(&draft, last, &receipts).await.unwrap();
        bench.one_work(&whole);
        assert_eq!(
            (bench.count(On::Mkfile), stored_times(&bench)),
            (1, 1),
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn a_joined_video_that_is_listed_late_is_one_video_whatever_a_repetition_gets() {
    for replay in [Replay::SameAnswer, Replay::Exists, Replay::Refuse] {
        for lag_s in [45, 600] {
            let bench = Bench::new().await;
            bench.platform.switches(|s| {
                s.mkfile_replay = replay;
                s.list_delay_ms = lag_s * 1000;
            });
            let (draft, whole, ticket, receipts) = sent(&bench, 2).await;
            bench
                .platform
                .fault(Fault::AnswerLost { reset: true }.on(On::Mkfile));
            let remote = bench
                .commit_through(&draft, ticket, &receipts)
                .await
                .unwrap();
            let seen = bench.one_work(&whole);
            assert_eq!(
                seen.works().next().unwrap().id,
                remote.id,
                "{replay:?} {lag_s}"
            );
            assert_eq!(stored_times(&bench), 1);
        }
    }
}

#[tokio::test]
async fn a_joining_that_was_not_done_is_done_by_its_repetition() {
    for fault in [status(500), gateway(502, None), status(599)] {
        let bench = Bench::new().await;
        let (draft, whole, ticket, receipts) = sent(&bench, 3).await;
        bench.platform.fault(fault.on(On::Mkfile));
        bench
            .commit_through(&draft, ticket, &receipts)
            .await
            .unwrap();
        bench.one_work(&whole);
        assert_eq!(bench.count(On::Mkfile), 2);
    }
}

#[tokio::test]
async fn a_crash_right_after_the_announcement_ends_in_one_video() {
    let bench = Bench::new().await;
    let (draft, whole, ticket, receipts) = sent(&bench, 4).await;
    *bench.keeper.crash_at.lock() = Some(1);
    bench.commit(&draft, ticket, &receipts).await.unwrap_err();
    assert_eq!(bench.count(On::Mkfile), 0, "announced, not done");
    let bench2 = Bench::again(bench.platform.clone(), &[]);
    let last = bench.keeper.last();
    bench2
        .commit_through(&draft, last, &receipts)
        .await
        .unwrap();
    bench2.one_work(&whole);
}

#[tokio::test]
async fn a_list_that_shows_unfinished_videos_is_not_believed_when_the_account_says_so() {
    let bench = Bench::with(&[("list_shows_unfinished", "1")]).await;
    bench.platform.switches(|s| s.list_before_upload = true);
    let (draft, whole, ticket, receipts) = sent(&bench, 5).await;
    bench.platform.fault(status(500).on(On::Mkfile));
    bench
        .commit_through(&draft, ticket, &receipts)
        .await
        .unwrap();
    bench.one_work(&whole);
}

#[tokio::test]
async fn what_was_stored_untold_is_never_joined_again() {
    let bench = Bench::new().await;
    let (draft, whole, ticket, receipts) = sent(&bench, 6).await;
    let late = Fault::CallbackFails {
        late_ms: Some(120_000),
    };
    bench.platform.fault(late.on(On::Mkfile));
    bench
        .commit_through(&draft, ticket, &receipts)
        .await
        .unwrap();
    bench.one_work(&whole);
    assert_eq!(bench.count(On::Mkfile), 1);

    let bench = Bench::with(&[("listed_within_minutes", "5")]).await;
    let (draft, _, ticket, receipts) = sent(&bench, 6).await;
    let never = Fault::CallbackFails { late_ms: None };
    bench.platform.fault(never.on(On::Mkfile));
    let error = bench
        .commit_through(&draft, ticket, &receipts)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "a person must look");
    assert_eq!(error.cause.code, "wangsu_callback_failed");
    assert_eq!(bench.count(On::Mkfile), 1);
    // Whoever tries again begins with all patience.
    let last = bench.keeper.last();
    let error = bench.commit(&draft, last, &receipts).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unclear);
}

#[tokio::test]
async fn a_file_that_was_stored_damaged_is_written_over() {
    for fault in [
        Fault::Corrupted.on(On::Mkblk).part(2),
        Fault::WrongHash.on(On::Mkfile),
    ] {
        let bench = Bench::new().await;
        bench.platform.fault(fault);
        let whole = noise(5 * MIB, 7);
        let draft = draft(&whole);
        let (ticket, receipts) = bench.send_all(&draft, &whole).await.unwrap();
        let error = bench.commit(&draft, ticket, &receipts).await.unwrap_err();
        assert!(
            matches!(error.kind, ErrorKind::RateLimited { .. }),
            "the announcement is taken back"
        );
        assert_eq!(error.cause.code, "wangsu_whole_differs");
        let last = bench.keeper.last();
        let error = bench.commit(&draft, last, &receipts).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::TicketLost);
        bench.journey(&draft, &whole).await.unwrap();
        let seen = bench.one_work(&whole);
        assert_eq!(seen.videos.len(), 1, "in its own place");
    }
}

#[tokio::test]
async fn blocks_that_were_purged_are_sent_again() {
    for all in [false, true] {
        let bench = Bench::new().await;
        let (draft, whole, ticket, receipts) = sent(&bench, 8).await;
        bench.platform.fault(Fault::Purge { all }.on(On::Mkfile));
        let error = bench
            .commit_through(&draft, ticket, &receipts)
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::TicketLost);
        assert_eq!(error.cause.code, "wangsu_blocks_lost");
        bench.journey(&draft, &whole).await.unwrap();
        bench.one_work(&whole);
    }
}

#[tokio::test]
async fn a_token_that_ends_before_the_joining_is_renewed() {
    let bench = Bench::new().await;
    let (draft, whole, ticket, receipts) = sent(&bench, 9).await;
    bench.platform.revoke_tokens();
    bench.commit(&draft, ticket, &receipts).await.unwrap();
    let seen = bench.one_work(&whole);
    assert_eq!(seen.videos[0].places_given, 2);
    assert_eq!(bench.count(On::Mkfile), 2);
}

#[tokio::test]
async fn a_finished_video_whose_token_ended_unanswered_is_found() {
    let bench = Bench::new().await;
    bench
        .platform
        .switches(|s| s.list_delay_ms = 26 * 3_600_000);
    let (draft, whole, ticket, receipts) = sent(&bench, 10).await;
    bench
        .platform
        .fault(Fault::AnswerLost { reset: true }.on(On::Mkfile));
    bench.commit(&draft, ticket, &receipts).await.unwrap_err();
    bench.platform.clock().advance(Duration::from_hours(25));
    let _ = bench.adapter.check(&bench.session).await;
    let last = bench.keeper.last();
    let error = bench.commit(&draft, last, &receipts).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused, "a day of patience is over");
    assert_eq!(error.cause.code, "wangsu_outcome_unknown");
    bench.platform.clock().advance(Duration::from_hours(2));
    let last = bench.keeper.last();
    bench.commit_through(&draft, last, &receipts).await.unwrap();
    bench.one_work(&whole);
}

#[tokio::test]
async fn every_shape_of_a_stored_files_answer_is_read() {
    use slipway_simulators::wangsu::Shape;
    for shape in [Shape::Json, Shape::Text, Shape::Callback] {
        for len in [1000, 5 * MIB] {
            let bench = Bench::new().await;
            bench.platform.switches(|s| s.success_shape = shape);
            let whole = noise(len, 11);
            bench.journey(&draft(&whole), &whole).await.unwrap();
            bench.one_work(&whole);
        }
    }
}

#[tokio::test]
async fn name_and_description_are_set_when_the_video_is_listed() {
    let bench = Bench::new().await;
    bench.platform.switches(|s| s.list_delay_ms = 60_000);
    let (mut draft, whole, ticket, receipts) = sent(&bench, 12).await;
    for (name, value) in [
        ("title", "四十个字以内"),
        ("description", "周末随手拍。"),
        ("playerId", "p1"),
    ] {
        draft.fields.insert(name.into(), value.into());
    }
    let error = bench.commit(&draft, ticket, &receipts).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unclear, "not listed so far");
    let last = bench.keeper.last();
    bench.commit_through(&draft, last, &receipts).await.unwrap();
    let seen = bench.one_work(&whole);
    let video = seen.works().next().unwrap();
    assert_eq!(
        (video.name.as_str(), video.description.as_str()),
        ("四十个字以内", "周末随手拍。")
    );
    assert_eq!(video.edits["playerId"], "p1");
    assert_eq!(bench.count(On::Mkfile), 1);
}

#[tokio::test]
async fn words_that_are_refused_leave_the_video_and_can_be_mended() {
    let bench = Bench::new().await;
    let (mut draft, whole, ticket, receipts) = sent(&bench, 13).await;
    draft.fields.insert("description".into(), "长".repeat(201));
    let error = bench.commit(&draft, ticket, &receipts).await.unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::Refused, "wangsu_parameter_wrong")
    );
    draft.fields.insert("description".into(), "长".repeat(200));
    let last = bench.keeper.last();
    bench.commit(&draft, last, &receipts).await.unwrap();
    let seen = bench.one_work(&whole);
    assert_eq!(
        seen.works().next().unwrap().description.chars().count(),
        200
    );
    assert_eq!(
        (bench.count(On::Mkfile), bench.keeper.announced.lock().len()),
        (1, 2)
    );
}

#[tokio::test]
async fn cancelling_takes_the_video_away_and_nothing_else() {
    let bench = Bench::new().await;
    let whole = noise(1000, 14);
    let draft = draft(&whole);
    let (ticket, _) = bench.send_all(&draft, &whole).await.unwrap();
    assert_eq!(
        bench.platform.inspect().works().count(),
        1,
        "a form is stored at once"
    );
    bench.adapter.abort(&bench.session, &ticket).await.unwrap();
    assert_eq!(bench.platform.inspect().works().count(), 0);

    let (_, _, ticket, _) = sent(&bench, 14).await;
    bench.adapter.abort(&bench.session, &ticket).await.unwrap();
    assert_eq!(
        bench.count(On::DeleteVideo),
        2,
        "one that never came to be is no error"
    );

    let bench = Bench::with(&[("cancel_deletes", "0")]).await;
    let (_, _, ticket, _) = sent(&bench, 14).await;
    bench.adapter.abort(&bench.session, &ticket).await.unwrap();
    assert_eq!(bench.count(On::DeleteVideo), 0);
}
