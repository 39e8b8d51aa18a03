//! With an upload token and nothing else.

use super::*;

async fn bench() -> Bench {
    let bench = Bench::with(Profile::Docs, &[("auth", "upload-token")]).await;
    let token = bench.platform.upload_token(0);
    bench.secrets.put("upload_token", &token);
    bench.secrets.put("api_key", "");
    bench
}

#[tokio::test]
async fn parts_follow_the_first_into_one_video_that_carries_the_title() {
    let bench = bench().await;
    assert_eq!(bench.adapter.limits(&bench.session).parts_at_once, 1);
    let whole = noise(11 * MIB, 30);
    let draft = draft(&whole);
    let step = bench.upload(&draft, &whole).await.unwrap();
    let Step::Published(remote) = step else {
        panic!("nothing more can be asked");
    };
    let video = bench.only().await;
    assert_eq!((video.id, video.sha256), (remote.id, Some(sha256(&whole))));
    assert_eq!(video.fields["title"], "海边的一天.mp4");
    assert_eq!(bench.platform.glance().keys_beside_upload_tokens, 0);
}

#[tokio::test]
async fn what_fits_one_request_goes_in_two_where_it_can() {
    let bench = bench().await;
    let api = bench.adapter.api(&bench.session);
    let mib = |n: u64| n << 20;
    for (size, cuts) in [
        (mib(5) - 1, vec![mib(5) - 1]),
        (mib(5), vec![mib(5)]),
        (mib(5) + 1, vec![mib(5), 1]),
        (mib(11), vec![mib(5), mib(5), mib(1)]),
    ] {
        let made = api.settings().cuts(size, 3);
        let made: Vec<u64> = made.spans().map(|s| s.len_bytes).collect();
        assert_eq!(made, cuts, "{size}");
    }
}

#[tokio::test]
async fn a_lost_first_answer_leaves_no_second_video() {
    let bench = bench().await;
    let whole = noise(6 * MIB, 31);
    let lost = || Fault::AnswerLost { reset: false };
    bench.platform.fault(lost().on(On::Upload).part(1));
    bench.platform.fault(lost().on(On::Upload).part(2));
    bench.upload(&draft(&whole), &whole).await.unwrap();
    let seen = bench.platform.inspect().await;
    let complete: Vec<_> = seen.complete().collect();
    assert_eq!(complete.len(), 1);
    assert_eq!(complete[0].sha256, Some(sha256(&whole)));
    assert_eq!(
        seen.videos.len(),
        2,
        "what is left holds one part and is removed after a week"
    );
}

#[tokio::test]
async fn a_small_file_whose_answer_was_lost_is_left_to_a_person() {
    let bench = bench().await;
    let whole = noise(1000, 32);
    let opened = bench.open(&draft(&whole)).await.unwrap();
    let parts = Parts::new(opened.cuts.clone());
    let lost = Fault::AnswerLost { reset: true };
    bench.platform.fault(lost.on(On::Upload));
    let error = bench.send(&opened, &parts, &whole, 1).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!(error.cause.code, "api_video_outcome_unknown");
    // A clear refusal, and a line that broke before the file was through, leave nothing to wonder about.
    let page = Fault::HttpStatus {
        status: 502,
        applied: false,
    };
    bench.platform.fault(page.on(On::Upload));
    let error = bench.send(&opened, &parts, &whole, 1).await.unwrap_err();
    assert_eq!(
        error.cause.code, "api_video_outcome_unknown",
        "a gateway says nothing of what came through"
    );
    let busy = Fault::TooMany {
        retry_after_s: 3,
        standard: false,
    };
    bench.platform.fault(busy.on(On::Upload));
    let error = bench.send(&opened, &parts, &whole, 1).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::RateLimited { .. }));
    assert_eq!(bench.platform.glance().complete().count(), 1);
}

#[tokio::test]
async fn an_ended_token_waits_for_another_one_and_goes_on_where_it_was() {
    let bench = bench().await;
    let whole = noise(11 * MIB, 33);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let mut parts = Parts::new(opened.cuts.clone());
    parts.land(1, bench.send(&opened, &parts, &whole, 1).await.unwrap());
    bench
        .platform
        .fault(Fault::UploadTokenExpired.on(On::Upload));
    let error = bench.send(&opened, &parts, &whole, 2).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::SignedOut);
    assert_eq!(error.cause.code, "api_video_upload_token_ended");
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::SignedOut);
    let token = bench.platform.upload_token(60);
    bench.secrets.put("upload_token", &token);
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Ready);
    for number in [2, 3] {
        parts.land(
            number,
            bench.send(&opened, &parts, &whole, number).await.unwrap(),
        );
    }
    bench
        .commit(&draft, opened.ticket, &parts.receipts())
        .await
        .unwrap();
    let video = bench.only().await;
    assert_eq!(video.sha256, Some(sha256(&whole)));
    assert_eq!(bench.platform.glance().videos.len(), 1, "asking made none");
}

#[tokio::test]
async fn what_a_token_cannot_carry_is_said_beforehand() {
    let bench = bench().await;
    let note = |fields: &[(&str, &str)]| {
        let fields = fields
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        bench
            .adapter
            .notes(&bench.session, &fields.collect(), "a.mp4")
    };
    assert!(note(&[("title", "t"), ("public", "1"), ("panoramic", "0")]).is_empty());
    let found = note(&[("title", "t"), ("tags", "a"), ("public", "1")]);
    assert_eq!(found[0].cause.code, "api_video_title_alone");
    assert_eq!(found[0].severity, slipway_model::preflight::Severity::Amber);
    let found = note(&[("title", "t"), ("public", "0")]);
    assert_eq!(found[0].severity, slipway_model::preflight::Severity::Red);
    let fields = bench.adapter.fields(&bench.session);
    let title = fields.iter().find(|field| field.name == "title").unwrap();
    let refused = |text: &str| title.check(Some(text), &slipway_model::Fields::new());
    assert_eq!(refused("a - b"), None);
    for text in ["a/b", "a\\b", "\"a\"", "a\nb"] {
        assert_eq!(refused(text).unwrap().code, "field_character", "{text}");
    }
    let missing = testing::session(Secrets::of(&[]), &[("auth", "upload-token")]);
    let opened = bench.adapter.open(&missing, &draft(&noise(10, 1)), 1).await;
    assert_eq!(opened.unwrap_err().cause.code, "secret_missing");
}
