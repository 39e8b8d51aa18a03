//! What goes wrong on the way, and that one video comes of it.

use super::*;

#[tokio::test]
async fn a_resumed_upload_sends_what_the_platform_does_not_hold() {
    let bench = Bench::new().await;
    let whole = noise(16 * MIB, 50);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let mut parts = Parts::new(opened.cuts.clone());
    for number in [1, 3] {
        bench.send(&opened, &parts, &whole, number).await.unwrap();
    }
    let before = bench.platform.bytes_received();
    // A new program: part 1 is known here, part 3 only there, and part 2 was believed in wrongly.
    let url = bench.platform.url();
    let settings = [("endpoint", url.as_str()), ("part_size", "6000000")];
    let session = testing::session(bench.secrets.clone(), &settings);
    parts.land(1, Receipt::default());
    parts.land(2, Receipt::default());
    let held = bench
        .adapter
        .held(&session, &opened.ticket, &opened.cuts)
        .await
        .unwrap();
    assert_eq!(held, Held::Parts(vec![1, 3]));
    parts.keep_only(|n| matches!(n, 1 | 3));
    for number in [2, 3, 4] {
        let span = opened.cuts.span(number).unwrap();
        let receipt = bench
            .adapter
            .send(&session, &opened.ticket, part(&whole, span, false))
            .await
            .unwrap();
        assert_eq!(
            receipt.crc64,
            Some(format!(
                "{:016x}",
                testing::crc64(&whole[span.offset_bytes as usize..][..span.len_bytes as usize])
            ))
        );
        parts.land(number, receipt);
    }
    let sent = bench.platform.bytes_received() - before;
    assert!(
        sent < 6 * MIB as u64 + 4096,
        "part 3 was read and not sent: {sent}"
    );
    bench
        .adapter
        .commit(
            &session,
            opened.ticket,
            &parts.receipts(),
            None,
            &draft,
            &bench.keeper,
        )
        .await
        .unwrap();
    assert_eq!(bench.only().await.sha256, Some(sha256(&whole)));
}

#[tokio::test]
async fn a_list_that_lies_costs_an_upload_and_never_a_video() {
    let bench = Bench::new().await;
    let whole = noise(11 * MIB, 51);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let lie = Fault::Listing {
        parts: vec![1, 2, 9],
    };
    bench.platform.fault(lie.on(On::Status).nth(1));
    let held = bench
        .adapter
        .held(&bench.session, &opened.ticket, &opened.cuts)
        .await
        .unwrap();
    assert_eq!(
        held,
        Held::Parts(vec![1, 2]),
        "numbers of no part are left out"
    );
    let receipts = bench.send_all(&opened, &whole).await.unwrap();
    let error = bench
        .commit_through(&draft, opened.ticket, &receipts)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::TicketLost);
    assert_eq!(error.cause.code, "api_video_parts_missing");
    assert_eq!(error.cause.params["held"], "1");
    assert!(
        bench.keeper.announced.lock().is_empty(),
        "nothing was announced"
    );
    bench.upload(&draft, &whole).await.unwrap();
    assert_eq!(bench.only().await.sha256, Some(sha256(&whole)));
}

#[tokio::test]
async fn a_part_that_was_acknowledged_and_thrown_away_is_missed_in_time() {
    let bench = Bench::new().await;
    let whole = noise(11 * MIB, 52);
    let draft = draft(&whole);
    bench
        .platform
        .fault(Fault::NotStored.on(On::Source).part(2));
    bench.upload(&draft, &whole).await.unwrap();
    assert_eq!(bench.only().await.sha256, Some(sha256(&whole)));
}

#[tokio::test]
async fn a_file_of_another_size_is_not_ours() {
    let bench = Bench::new().await;
    let whole = noise(1000, 53);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let receipts = bench.send_all(&opened, &whole).await.unwrap();
    bench
        .platform
        .fault(Fault::FileSize { bytes: 999 }.on(On::Status));
    let error = bench
        .commit(&draft, opened.ticket, &receipts)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::TicketLost, "api_video_size_differs")
    );
    assert!(
        bench.platform.glance().videos.is_empty(),
        "it does not stay beside the next"
    );
}

#[tokio::test]
async fn faults_of_the_line_pass_and_leave_one_video() {
    let page = |status, applied| Fault::HttpStatus { status, applied };
    let whole = noise(6 * MIB, 54);
    for (fault, way) in [
        (
            Fault::Reset {
                after_bytes: 70_000,
            },
            "source",
        ),
        (Fault::AnswerLost { reset: false }, "source"),
        (Fault::AnswerLost { reset: true }, "token"),
        (page(502, false), "source"),
        (page(504, true), "token"),
        (Fault::ServerError { applied: false }, "source"),
        (Fault::EmptyBody { applied: true }, "source"),
        (Fault::TruncatedJson { applied: true }, "token"),
        (Fault::CutAnswer { applied: true }, "source"),
    ] {
        let bench = Bench::with(Profile::Docs, &[("way", way)]).await;
        let draft = draft(&whole);
        let opened = bench.open(&draft).await.unwrap();
        let parts = Parts::new(opened.cuts.clone());
        bench.platform.fault(fault.clone().on(On::Part));
        let error = bench.send(&opened, &parts, &whole, 1).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ServerFault, "{fault:?}: {error:?}");
        let receipts = bench.send_all(&opened, &whole).await.unwrap();
        bench
            .commit(&draft, opened.ticket, &receipts)
            .await
            .unwrap();
        assert_eq!(bench.only().await.sha256, Some(sha256(&whole)), "{fault:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_anywhere_leaves_one_video() {
    let whole = noise(6 * MIB, 55);
    for call in [
        On::VideoCreate,
        On::Source,
        On::Status,
        On::Thumbnail,
        On::VideoPatch,
    ] {
        for size in [whole.len(), 1000] {
            let bench = Bench::new().await;
            let whole = whole.slice(..size);
            let mut draft = draft(&whole);
            draft.cover = Some(cover(picture()));
            bench
                .platform
                .fault(Fault::AnswerLost { reset: true }.on(call));
            let step = bench.upload(&draft, &whole).await.unwrap();
            assert!(matches!(step, Step::Accepted(_)));
            let video = bench.only().await;
            assert_eq!(video.sha256, Some(sha256(&whole)), "{call:?}");
            assert!(video.thumbnail.is_some());
            assert_eq!(bench.keeper.announced.lock().len(), 1, "{call:?}");
        }
    }
}

#[tokio::test]
async fn a_crash_after_the_announcement_goes_on_where_it_was() {
    let bench = Bench::new().await;
    let whole = noise(1000, 56);
    let draft = draft(&whole);
    *bench.keeper.crash_at.lock() = Some(1);
    let step = bench.upload(&draft, &whole).await.unwrap();
    assert!(matches!(step, Step::Accepted(_)));
    assert_eq!(bench.keeper.announced.lock().len(), 1, "announced once");
    bench.only().await;
}

#[tokio::test]
async fn pushback_is_waited_out_as_long_as_the_platform_says() {
    let bench = Bench::new().await;
    let whole = noise(6 * MIB, 57);
    let opened = bench.open(&draft(&whole)).await.unwrap();
    let parts = Parts::new(opened.cuts.clone());
    for standard in [false, true] {
        let bench = Bench::new().await;
        let opened = bench.open(&draft(&whole)).await.unwrap();
        let busy = Fault::TooMany {
            retry_after_s: 17,
            standard,
        };
        bench.platform.fault(busy.on(On::Source));
        let error = bench.send(&opened, &parts, &whole, 1).await.unwrap_err();
        let wait = Some(Duration::from_secs(17));
        assert_eq!(error.kind, ErrorKind::RateLimited { wait });
        let sent = bench.platform.bytes_received();
        let error = bench.send(&opened, &parts, &whole, 1).await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::RateLimited { .. }));
        assert_eq!(
            bench.platform.bytes_received(),
            sent,
            "nothing is sent in vain"
        );
        bench.adapter.check(&bench.session).await.unwrap(); // reads are counted apart
    }
    // The platform's own limit: a hundred uploads a minute.
    for _ in 0..99 {
        let form = reqwest::multipart::Form::new();
        let url = format!("{}/upload?token=none", bench.platform.url());
        bench
            .session
            .http()
            .calls
            .post(url)
            .multipart(form)
            .send()
            .await
            .unwrap();
    }
    bench.send(&opened, &parts, &whole, 1).await.unwrap();
    let error = bench.send(&opened, &parts, &whole, 2).await.unwrap_err();
    assert!(
        matches!(error.kind, ErrorKind::RateLimited { wait: Some(_) }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_container_that_vanished_means_everything_again() {
    let bench = Bench::new().await;
    let whole = noise(11 * MIB, 58);
    let draft = draft(&whole);
    bench.platform.fault(Fault::Vanished.on(On::Source).nth(2));
    let opened = bench.open(&draft).await.unwrap();
    let error = bench.send_all(&opened, &whole).await.unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::TicketLost, "api_video_gone")
    );
    let held = bench
        .adapter
        .held(&bench.session, &opened.ticket, &opened.cuts)
        .await;
    assert_eq!(held.unwrap_err().kind, ErrorKind::TicketLost);
    bench.upload(&draft, &whole).await.unwrap();
    assert_eq!(bench.only().await.sha256, Some(sha256(&whole)));
}

#[tokio::test]
async fn a_container_that_somebody_else_began_means_another_one() {
    let bench = Bench::new().await;
    let whole = noise(11 * MIB, 59);
    let opened = bench.open(&draft(&whole)).await.unwrap();
    let parts = Parts::new(opened.cuts.clone());
    bench.send(&opened, &parts, &whole, 1).await.unwrap();
    let fewer = Cuts::equal(whole.len() as u64, 6 << 20);
    let held = bench
        .adapter
        .held(&bench.session, &opened.ticket, &fewer)
        .await;
    let error = held.unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::TicketLost, "api_video_container_differs")
    );
}

#[tokio::test]
async fn a_delegated_token_that_ends_between_parts_is_replaced_once_for_all() {
    let bench = Bench::with(Profile::Docs, &[("way", "token")]).await;
    let whole = noise(16 * MIB, 60);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    bench
        .platform
        .fault(Fault::UploadTokenExpired.on(On::Upload).nth(2));
    let mut parts = Parts::new(opened.cuts.clone());
    parts.land(1, bench.send(&opened, &parts, &whole, 1).await.unwrap());
    let both = [2, 3].map(|n| bench.send(&opened, &parts, &whole, n));
    for refused in futures_util::future::join_all(both).await {
        let error = refused.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ServerFault);
        assert_eq!(error.cause.code, "api_video_upload_token_renewed");
    }
    assert_eq!(
        bench.platform.glance().answers_to(On::TokenCreate).count(),
        2
    );
    for number in [2, 3, 4] {
        parts.land(
            number,
            bench.send(&opened, &parts, &whole, number).await.unwrap(),
        );
    }
    bench
        .commit(&draft, opened.ticket, &parts.receipts())
        .await
        .unwrap();
    assert_eq!(bench.only().await.sha256, Some(sha256(&whole)));
    assert!(
        bench.platform.glance().upload_tokens.is_empty(),
        "neither is left"
    );
}

#[tokio::test]
async fn a_refusal_is_told_in_the_platforms_words() {
    let bench = Bench::with(Profile::Strict, &[]).await;
    let whole = noise(1000, 61);
    let mut draft = draft(&whole);
    draft.fields.insert("language".into(), "x_y".into());
    let error = bench.open(&draft).await.unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::Refused, "api_video_field_refused")
    );
    assert_eq!(error.cause.params["name"], "language");
    assert!(error.cause.params["message"].contains("letters and dashes"));
    draft.fields.remove("language");
    draft.cover = Some(cover(Bytes::from_static(b"no picture")));
    let error = bench.upload(&draft, &whole).await.unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::Refused, "api_video_file_type")
    );
}

#[tokio::test]
async fn a_thumbnail_is_held_to_the_platforms_bound() {
    for (more, fits) in [(0, true), (1, false)] {
        let bench = Bench::new().await;
        let whole = noise(1000, 62);
        let mut draft = draft(&whole);
        let mut bytes = picture().to_vec();
        bytes.resize((8 << 20) + more, 0);
        draft.cover = Some(cover(bytes.into()));
        let done = bench.upload(&draft, &whole).await;
        assert_eq!(done.is_ok(), fits, "{done:?}");
    }
}
