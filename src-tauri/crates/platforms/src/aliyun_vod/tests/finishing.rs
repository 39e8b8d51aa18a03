//! The commit, its lost answers, cancelling, and what the platform makes of a video.

use super::*;

/// All parts sent, nothing committed.
async fn sent(bench: &Bench, seed: u64) -> (Bytes, Draft, Opened, Vec<(u32, Receipt)>) {
    let whole = noise(3 * MIB + 3, seed);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let (landed, error) = bench.send(&opened, &whole, &[]).await;
    assert!(error.is_none(), "{error:?}");
    (whole, draft, opened, landed)
}

#[tokio::test]
async fn a_lost_answer_to_the_commit_ends_in_one_video() {
    for fault in [
        Fault::AnswerLost { reset: false },
        Fault::AnswerLost { reset: true },
        Fault::CutAnswer { applied: true },
        Fault::Truncated { applied: true },
        Fault::Html {
            status: 504,
            retry_after_s: None,
            applied: true,
        },
        Fault::error(500, "InternalError"),
    ] {
        let bench = Bench::new().await;
        let (whole, draft, opened, landed) = sent(&bench, 40).await;
        bench.platform.fault(fault.clone().on(On::Complete));
        let error = bench
            .commit(&draft, opened.ticket, &landed)
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::ServerFault, "{fault:?}: {error:?}");
        let ticket = bench.keeper.last();
        bench.commit(&draft, ticket, &landed).await.unwrap();
        let seen = bench.platform.inspect();
        published_once(&seen, &whole);
        assert_eq!(
            seen.videos()[0].object.as_ref().unwrap().times,
            1,
            "put together once"
        );
        assert_eq!(bench.keeper.announced.lock().len(), 1, "announced once");
    }
}

#[tokio::test]
async fn a_lost_answer_where_the_object_may_not_be_looked_at_is_told_by_the_record() {
    let bench = Bench::on(&[], |switches| switches.may_head = false).await;
    let (whole, draft, opened, landed) = sent(&bench, 41).await;
    bench
        .platform
        .fault(Fault::AnswerLost { reset: false }.on(On::Complete));
    bench
        .commit(&draft, opened.ticket, &landed)
        .await
        .unwrap_err();
    bench
        .commit(&draft, bench.keeper.last(), &landed)
        .await
        .unwrap();
    published_once(&bench.platform.inspect(), &whole);
    // And where the record does not show it yet, it is looked at again later.
    let bench = Bench::on(&[], |switches| switches.may_head = false).await;
    bench.platform.pace(Pace {
        seen_ms: 1000,
        step_ms: 0,
    });
    let (_, draft, opened, landed) = sent(&bench, 42).await;
    bench
        .platform
        .fault(Fault::AnswerLost { reset: false }.on(On::Complete));
    bench
        .commit(&draft, opened.ticket, &landed)
        .await
        .unwrap_err();
    let error = bench
        .commit(&draft, bench.keeper.last(), &landed)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::Unclear, "aliyun_vod_completion_unclear")
    );
    bench.platform.clock().advance(Duration::from_secs(2));
    bench
        .commit(&draft, bench.keeper.last(), &landed)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_crash_after_the_announcement_repeats_nothing() {
    let bench = Bench::new().await;
    let (whole, draft, opened, landed) = sent(&bench, 43).await;
    *bench.keeper.crash_at.lock() = Some(1);
    bench
        .commit(&draft, opened.ticket, &landed)
        .await
        .unwrap_err();
    assert_eq!(bench.platform.glance().published(), 0);
    bench
        .commit(&draft, bench.keeper.last(), &landed)
        .await
        .unwrap();
    published_once(&bench.platform.inspect(), &whole);
    // Once more, as after a crash before the end was written down.
    bench
        .commit(&draft, bench.keeper.last(), &landed)
        .await
        .unwrap();
    assert_eq!(bench.count(On::Complete), 1);
}

#[tokio::test]
async fn parts_that_are_missing_at_the_end_are_noticed_before_anything_is_announced() {
    let bench = Bench::new().await;
    bench
        .platform
        .fault(Fault::NotStored.on(On::UploadPart).part(2));
    let (whole, draft, opened, landed) = sent(&bench, 44).await;
    let error = bench
        .commit(&draft, opened.ticket, &landed)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::TicketLost, "aliyun_vod_parts_missing")
    );
    assert_eq!(error.cause.params["count"], "1");
    assert!(bench.keeper.announced.lock().is_empty());
    bench.publish(&draft, &whole).await.unwrap();
    published_once(&bench.platform.inspect(), &whole);
    assert_eq!(bench.count(On::CreateUploadVideo), 1);
}

#[tokio::test]
async fn a_whole_file_that_differs_is_never_called_published() {
    let bench = Bench::new().await;
    let (whole, draft, opened, mut landed) = sent(&bench, 45).await;
    // As if the disk had given other bytes for part 2 than went over the line.
    let part = Landed::read(&landed[1].1).unwrap();
    let wrong = Landed {
        crc64: part.crc64.map(|crc| crc ^ 1),
        ..part
    };
    landed[1].1.etag = Some(wrong.text());
    let mut kept = Kept::read(&opened.ticket).unwrap();
    kept.stage = Stage::Completing;
    let error = bench
        .commit(&draft, kept.ticket(), &landed)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::Refused, "aliyun_vod_whole_differs")
    );
    // Trying again begins anew, at the same video, and replaces what is there.
    let error = bench
        .commit(&draft, bench.keeper.last(), &landed)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::TicketLost);
    bench.publish(&draft, &whole).await.unwrap();
    let seen = bench.platform.inspect();
    published_once(&seen, &whole);
    assert_eq!(seen.videos().len(), 1);
}

#[tokio::test]
async fn an_upload_that_vanished_before_it_was_put_together_is_lost() {
    let bench = Bench::new().await;
    let (whole, draft, opened, landed) = sent(&bench, 46).await;
    bench.platform.fault(Fault::UploadVanishes.on(On::Complete));
    let error = bench
        .commit(&draft, opened.ticket, &landed)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::Refused, "aliyun_vod_upload_gone")
    );
    let error = bench
        .commit(&draft, bench.keeper.last(), &landed)
        .await
        .unwrap_err();
    assert_eq!(
        error.kind,
        ErrorKind::TicketLost,
        "trying again begins anew"
    );
    bench.publish(&draft, &whole).await.unwrap();
    published_once(&bench.platform.inspect(), &whole);
}

#[tokio::test]
async fn a_credential_that_is_over_at_the_end_is_renewed() {
    let bench = Bench::new().await;
    let (whole, draft, opened, landed) = sent(&bench, 47).await;
    bench
        .platform
        .fault(Fault::CredentialExpired.on(On::ListParts));
    bench
        .platform
        .fault(Fault::CredentialExpired.on(On::Complete));
    bench.commit(&draft, opened.ticket, &landed).await.unwrap();
    published_once(&bench.platform.inspect(), &whole);
    assert_eq!(bench.count(On::RefreshUploadVideo), 2);
}

#[tokio::test]
async fn words_that_changed_while_the_bytes_went_are_sent_after_them() {
    let bench = Bench::new().await;
    let (_, mut draft, opened, landed) = sent(&bench, 48).await;
    draft.fields.insert("Title".into(), "another title".into());
    draft.manuscript_hash = "another".into();
    bench.commit(&draft, opened.ticket, &landed).await.unwrap();
    let seen = bench.platform.inspect();
    assert_eq!(seen.videos()[0].params["Title"], "another title");
    assert_eq!(bench.count(On::UpdateVideoInfo), 1);
}

#[tokio::test]
async fn cancelling_gives_the_place_back() {
    let bench = Bench::new().await;
    let (_, _, opened, _) = sent(&bench, 49).await;
    for _ in 0..2 {
        bench
            .adapter
            .abort(&bench.session, &opened.ticket)
            .await
            .unwrap();
    }
    let seen = bench.platform.glance();
    assert_eq!(seen.uploads[0].standing, "aborted");
    assert!(seen.videos().is_empty(), "no record is left 'Uploading'");
    // What has its file is not deleted, whatever the ticket says.
    let (_, draft, opened, landed) = sent(&bench, 50).await;
    bench
        .commit(&draft, opened.ticket.clone(), &landed)
        .await
        .unwrap();
    bench
        .adapter
        .abort(&bench.session, &opened.ticket)
        .await
        .unwrap();
    assert_eq!(bench.platform.glance().published(), 1);
}

#[tokio::test]
async fn a_video_is_followed_to_its_end() {
    let bench = Bench::new().await;
    bench.platform.pace(Pace {
        seen_ms: 1000,
        step_ms: 1000,
    });
    let whole = noise(1000, 51);
    for (title, code) in [
        ("[transcode-fail] a", Some("aliyun_vod_transcode_failed")),
        ("[blocked] b", Some("aliyun_vod_blocked")),
        ("c", None),
    ] {
        let mut draft = draft(&whole);
        draft.fields.insert("Title".into(), title.into());
        let remote = bench.publish(&draft, &whole).await.unwrap();
        for state in ["Uploading", "UploadSucc", "Transcoding"] {
            let review = bench.adapter.watch(&bench.session, &remote).await.unwrap();
            let Review::Pending(seen) = review else {
                panic!("{state}: {review:?}");
            };
            assert_eq!(seen.words.as_deref(), Some(state));
            bench.platform.clock().advance(Duration::from_secs(1));
        }
        match (
            bench.adapter.watch(&bench.session, &remote).await.unwrap(),
            code,
        ) {
            (Review::Published(done), None) => assert_eq!(done.id, remote.id),
            (Review::Refused(cause), Some(code)) => assert_eq!(cause.code, code),
            other => panic!("{title}: {other:?}"),
        }
    }
    let remote = bench.publish(&draft(&whole), &whole).await.unwrap();
    bench.platform.delete_video(&remote.id);
    let review = bench.adapter.watch(&bench.session, &remote).await.unwrap();
    assert!(matches!(review, Review::Refused(cause) if cause.code == "aliyun_vod_video_gone"));
}

#[tokio::test]
async fn an_upload_may_end_with_its_last_byte() {
    let bench = Bench::with(&[("done_when", "uploaded")]).await;
    let whole = noise(1000, 52);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let (landed, _) = bench.send(&opened, &whole, &[]).await;
    let step = bench.commit(&draft, opened.ticket, &landed).await.unwrap();
    assert!(matches!(step, Step::Published(_)));
}

#[tokio::test]
async fn a_completion_that_nobody_could_be_told_of_is_a_success() {
    let bench = Bench::new().await;
    let (whole, draft, opened, landed) = sent(&bench, 49).await;
    let unheard = Fault::Error {
        status: 203,
        code: "CallbackFailed".into(),
        retry_after_s: None,
        applied: true,
    };
    bench.platform.fault(unheard.on(On::Complete));
    bench.commit(&draft, opened.ticket, &landed).await.unwrap();
    assert_eq!(bench.count(On::Complete), 1);
    published_once(&bench.platform.inspect(), &whole);
}

#[tokio::test]
async fn a_playlist_whose_pieces_would_stay_behind_is_refused_by_name() {
    let bench = Bench::new().await;
    let whole = noise(10, 51);
    let mut draft = draft(&whole);
    draft.file_name = "show.M3U8".into();
    let error = bench.open(&draft).await.unwrap_err();
    assert_eq!(error.cause.code, "aliyun_vod_playlist");
    assert!(bench.platform.glance().media.is_empty());
}

#[tokio::test]
async fn an_account_that_calls_too_often_is_told_to_slow_down() {
    let bench = Bench::on(&[], |s| s.calls_per_s = 1).await;
    let whole = noise(10, 50);
    let mut slowed = false;
    for _ in 0..3 {
        if let Err(error) = bench.open(&draft(&whole)).await {
            assert_eq!(error.kind, ErrorKind::RateLimited { wait: None });
            assert_eq!(error.cause.code, "aliyun_vod_throttled");
            slowed = true;
        }
    }
    assert!(slowed);
}
