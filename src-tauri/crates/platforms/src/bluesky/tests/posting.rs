//! From the job to the post: every field as sent, failures of the service, and never two posts.

use super::*;

fn full(whole: &Bytes) -> Draft {
    let mut draft = draft(whole);
    let captions = "WEBVTT\nLanguage: en\n\n00:00.000 --> 00:01.000\nHello\n\nWEBVTT\nLanguage: ja\n\n00:00.000 --> 00:01.000\nやあ\n";
    for (name, value) in [
        (
            "text",
            "新作 👩‍👩‍👧 #making @maker2.test @nobody.test https://example.com/w",
        ),
        ("alt", "A chair being built in one minute"),
        ("langs", "en, ja"),
        ("tags", "timelapse,wood"),
        ("labels", "graphic-media"),
        ("captions", captions),
        ("presentation", "gif"),
    ] {
        draft.fields.insert(name.into(), value.into());
    }
    draft
}

#[tokio::test]
async fn every_field_of_the_manuscript_arrives_as_it_was_written() {
    let bench = Bench::new().await;
    let whole = noise(1000, 40);
    bench.publish(&full(&whole), &whole).await.unwrap();
    let post = bench.platform.inspect().posts[0].record.clone();
    let text = post["text"].as_str().unwrap();
    assert_eq!(
        text,
        "新作 👩‍👩‍👧 #making @maker2.test @nobody.test https://example.com/w"
    );
    let facets = post["facets"].as_array().unwrap();
    let shown: Vec<(&str, &Value)> = facets
        .iter()
        .map(|facet| {
            let at = |name: &str| usize::try_from(facet["index"][name].as_u64().unwrap()).unwrap();
            (&text[at("byteStart")..at("byteEnd")], &facet["features"][0])
        })
        .collect();
    let second = &bench.platform.user(1).did;
    assert_eq!(
        shown,
        [
            (
                "#making",
                &json!({ "$type": "app.bsky.richtext.facet#tag", "tag": "making" })
            ),
            (
                "@maker2.test",
                &json!({ "$type": "app.bsky.richtext.facet#mention", "did": second })
            ),
            (
                "https://example.com/w",
                &json!({ "$type": "app.bsky.richtext.facet#link", "uri": "https://example.com/w" })
            ),
        ],
        "nobody is called @nobody.test: it stays text"
    );
    assert_eq!(post["langs"], json!(["en", "ja"]));
    assert_eq!(post["tags"], json!(["timelapse", "wood"]));
    assert_eq!(
        post["labels"],
        json!({ "$type": "com.atproto.label.defs#selfLabels", "values": [{ "val": "graphic-media" }] })
    );
    let embed = &post["embed"];
    assert_eq!(embed["alt"], "A chair being built in one minute");
    assert_eq!(embed["presentation"], "gif");
    assert_eq!(
        embed["aspectRatio"],
        json!({ "width": 1080, "height": 1920 })
    );
    let langs: Vec<_> = embed["captions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["lang"].as_str().unwrap())
        .collect();
    assert_eq!(langs, ["en", "ja"]);
    let cid = embed["captions"][1]["file"]["ref"]["$link"]
        .as_str()
        .unwrap();
    let track = bench.platform.blob(0, cid).unwrap();
    assert_eq!(
        &track[..],
        "WEBVTT\nLanguage: ja\n\n00:00.000 --> 00:01.000\nやあ\n".as_bytes()
    );
    let created = post["createdAt"].as_str().unwrap();
    assert!(created.ends_with('Z') && created.len() == 24, "{created}");
}

#[tokio::test]
async fn what_is_empty_is_left_out() {
    let bench = Bench::new().await;
    let whole = noise(1000, 41);
    let mut draft = draft(&whole);
    draft.fields = [
        ("text".to_owned(), String::new()),
        ("aspect_ratio".to_owned(), "off".to_owned()),
    ]
    .into();
    bench.publish(&draft, &whole).await.unwrap();
    let post = bench.platform.inspect().posts[0].record.clone();
    let keys: Vec<_> = post.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["$type", "createdAt", "embed", "text"]);
    let keys: Vec<_> = post["embed"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["$type", "video"]);
}

#[tokio::test]
async fn a_lost_answer_to_the_post_is_looked_for_and_ends_in_one() {
    for fault in [
        Trouble::AnswerLost { reset: true },
        Trouble::AnswerLost { reset: false },
        Trouble::HttpStatus {
            status: 500,
            retry_after_s: None,
            applied: true,
        },
        Trouble::TruncatedJson { applied: true },
        Trouble::CutAnswer { applied: true },
    ] {
        let bench = Bench::new().await;
        let whole = noise(1000, 42);
        let draft = draft(&whole);
        bench.platform.fault(fault.clone().on(On::PutRecord));
        let sent = bench.send_all(&draft, &whole).await.unwrap();
        let error = bench.commit(&draft, &sent).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ServerFault, "{fault:?}");
        let last = bench.keeper.last();
        assert!(
            matches!(stage(&last), Stage::Posting { .. }),
            "the record was kept before it was put"
        );
        bench.commit(&draft, &(last, sent.1)).await.unwrap();
        let seen = bench.platform.inspect();
        assert_eq!(
            (seen.posts.len(), seen.accounts[0].commits),
            (1, 1),
            "{fault:?}"
        );
        assert_eq!(
            seen.answers_to(On::PutRecord).count(),
            1,
            "found, not put again: {fault:?}"
        );
    }
}

#[tokio::test]
async fn a_crash_between_the_ledger_and_the_post_ends_in_one_post_with_the_same_record() {
    let bench = Bench::new().await;
    let whole = noise(1000, 43);
    let draft = draft(&whole);
    *bench.keeper.crash_at.lock() = Some(1);
    let sent = bench.send_all(&draft, &whole).await.unwrap();
    bench.commit(&draft, &sent).await.unwrap_err();
    assert_eq!(bench.posts(), 0);
    let last = bench.keeper.last();
    let Stage::Posting { record } = stage(&last) else {
        panic!("kept before it is put");
    };
    bench.commit(&draft, &(last, sent.1)).await.unwrap();
    let seen = bench.platform.inspect();
    assert_eq!(seen.posts[0].record, record, "with the moment it had then");
    assert_eq!(seen.posts.len(), 1);
}

#[tokio::test]
async fn a_blob_that_was_collected_means_everything_again_and_one_post() {
    let bench = Bench::new().await;
    let whole = noise(1000, 44);
    let draft = draft(&whole);
    bench.platform.fault(Trouble::BlobCollected);
    let sent = bench.send_all(&draft, &whole).await.unwrap();
    let error = bench.commit(&draft, &sent).await.unwrap_err();
    assert!(
        matches!(error.kind, ErrorKind::RateLimited { .. }),
        "said no, so nothing is unclear: {error:?}"
    );
    let error = bench
        .commit(&draft, &(bench.keeper.last(), sent.1))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::TicketLost, "bluesky_blob_lost")
    );
    assert_eq!(bench.posts(), 0);
}

#[tokio::test]
async fn a_job_is_waited_for_through_every_state_and_its_trouble() {
    let bench = Bench::new().await;
    bench.platform.switches(|s| s.slow_jobs = true);
    let whole = noise(1000, 45);
    let draft = draft(&whole);
    bench
        .platform
        .fault(Trouble::page(502).on(On::Job).times(2));
    let sent = bench.send_all(&draft, &whole).await.unwrap();
    let mut states = Vec::new();
    let mut last = sent;
    while let Err(error) = bench.commit(&draft, &last).await {
        assert!(is_passing(&error.kind), "{error:?}");
        if error.cause.code == "bluesky_encoding" {
            assert!(
                matches!(error.kind, ErrorKind::RateLimited { wait: Some(wait) } if wait >= Duration::from_secs(2))
            );
            states.push(error.cause.params["state"].clone());
        }
        last.0 = bench.keeper.last();
    }
    states.dedup();
    assert_eq!(
        states,
        ["encoding", "in progress", "encoded", "scanning", "scanned"],
        "an unknown state is still at work"
    );
    assert_eq!((bench.posts(), bench.calls(On::Finish)), (1, 1));
}

#[tokio::test]
async fn a_job_that_fails_is_repeated_or_refused_by_what_it_says() {
    let whole = noise(1000, 46);
    let draft = draft(&whole);
    for (fault, code) in [
        (
            Trouble::job_fails("generic_failure", "Failed to process video"),
            "bluesky_encoding_failed",
        ),
        (
            Trouble::job_fails("encoding_failure", "x"),
            "bluesky_encoding_failed",
        ),
    ] {
        let bench = Bench::new().await;
        bench.platform.fault(fault);
        let sent = bench.send_all(&draft, &whole).await.unwrap();
        let error = bench.commit_through(&draft, &sent).await.unwrap_err();
        assert_eq!(
            (error.kind, error.cause.code.as_str()),
            (ErrorKind::TicketLost, code)
        );
        bench.publish(&draft, &whole).await.unwrap();
        assert_eq!(bench.posts(), 1, "once more, and it is there");
    }
    for error in [
        "video_too_long",
        "bad_aspect_ratio",
        "unsupported_codec",
        "encoded_video_too_large",
        "other",
    ] {
        let bench = Bench::new().await;
        bench.platform.fault(Trouble::JobFails {
            error: error.into(),
            message: "not this one".into(),
            failure_code: Some("validation_failure".into()),
            with_blob: false,
        });
        let refused = bench.publish(&draft, &whole).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Refused, "{error}: {refused:?}");
        assert_eq!(
            refused.cause.params["message"], "not this one",
            "the platform's own words"
        );
        assert_eq!(bench.posts(), 0);
    }
}

#[tokio::test]
async fn a_failed_job_that_shows_a_blob_is_a_success() {
    let bench = Bench::new().await;
    bench.platform.fault(Trouble::JobFails {
        error: "already_exists".into(),
        message: "Video already processed".into(),
        failure_code: None,
        with_blob: true,
    });
    let whole = noise(1000, 47);
    bench.publish(&draft(&whole), &whole).await.unwrap();
    assert_eq!(bench.posts(), 1);
}

#[tokio::test]
async fn a_job_without_an_end_is_given_up_after_its_deadline_and_not_before() {
    for fault in [Trouble::JobStuck, Trouble::JobWithoutBlob] {
        let bench = Bench::with(&[("job_deadline_min", "5")]).await;
        bench.platform.fault(fault.clone());
        let whole = noise(1000, 48);
        let draft = draft(&whole);
        let sent = bench.send_all(&draft, &whole).await.unwrap();
        let error = bench.commit(&draft, &sent).await.unwrap_err();
        assert_eq!(error.cause.code, "bluesky_encoding", "{fault:?}");
        let mut kept = Kept::read(&bench.keeper.last()).unwrap();
        let Stage::Encoding { since_ms, .. } = &mut kept.stage else {
            panic!("it is being worked on");
        };
        *since_ms -= 5 * 60_000 + 1;
        let error = bench
            .commit(&draft, &(kept.ticket(), sent.1))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind, error.cause.code.as_str()),
            (ErrorKind::Refused, "bluesky_job_stuck")
        );
    }
}

#[tokio::test]
async fn a_result_that_the_server_does_not_take_is_told_by_the_job() {
    let bench = Bench::new().await;
    bench.platform.switches(|s| s.blob_max_bytes = 999);
    let whole = noise(1000, 49);
    let error = bench.publish(&draft(&whole), &whole).await.unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::Refused, "bluesky_blob_too_large")
    );
    bench.platform.switches(|s| s.blob_max_bytes = 1000);
    bench.publish(&draft(&whole), &whole).await.unwrap();
    assert_eq!(bench.posts(), 1);
}

#[tokio::test]
async fn a_post_that_the_server_refuses_is_refused_with_its_words() {
    let bench = Bench::new().await;
    let whole = noise(1000, 50);
    let mut draft = draft(&whole);
    draft.fields.insert("text".into(), "é".repeat(301));
    let error = bench.publish(&draft, &whole).await.unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::Refused, "bluesky_request_refused")
    );
    assert!(
        error.cause.params["message"].contains("maximum 300, got 301"),
        "{:?}",
        error.cause
    );
    draft.fields.insert("text".into(), "é".repeat(300));
    bench.publish(&draft, &whole).await.unwrap();
}
