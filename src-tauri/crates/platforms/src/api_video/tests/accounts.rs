//! Keys, access tokens and the tokens that an account hands out.

use super::*;
use secrecy::SecretString;

#[tokio::test]
async fn health_tells_a_wrong_key_from_a_good_one() {
    let bench = Bench::new().await;
    let good = bench.platform.api_key().to_owned();
    let other = bench.platform.other_key().to_owned();
    for authorization in ["basic", "bearer"] {
        let url = bench.platform.url();
        for (key, state, code) in [
            (good.as_str(), HealthState::Ready, None),
            (
                other.as_str(),
                HealthState::SignedOut,
                Some("api_video_key_refused"),
            ),
            (" ", HealthState::SignedOut, Some("secret_missing")),
        ] {
            let settings = [("endpoint", url.as_str()), ("authorization", authorization)];
            let session = testing::session(Secrets::of(&[("api_key", key)]), &settings);
            let health = bench.adapter.check(&session).await.unwrap();
            let cause = health.cause.as_ref().map(|cause| cause.code.as_str());
            assert_eq!((health.state, cause), (state, code), "{authorization}");
            assert_eq!(health.credential, Some(Credential::ApiKey));
            assert_eq!(health.place.as_deref(), Some("production"));
            if state == HealthState::Ready {
                let requests = &health.allowances[0];
                assert_eq!(requests.what, Counted::Requests);
                assert!(requests.of.is_some_and(|of| requests.left < of));
                assert!(requests.renews_at_ms.is_some_and(|at| at > now_ms()));
            }
        }
    }
    bench.platform.fault(Fault::Suspended.on(On::VideoList));
    let health = bench.adapter.check(&bench.session).await.unwrap();
    let cause = health.cause.unwrap();
    assert_eq!(
        (health.state, cause.code.as_str()),
        (HealthState::SignedOut, "api_video_suspended")
    );
}

#[tokio::test]
async fn an_access_token_is_fetched_once_for_all_and_renewed_before_it_ends() {
    let bench = Bench::with(Profile::Docs, &[("authorization", "bearer")]).await;
    let checks = (0..5).map(|_| bench.adapter.check(&bench.session));
    futures_util::future::try_join_all(checks).await.unwrap();
    assert_eq!(bench.platform.glance().answers_to(On::SignIn).count(), 1);
    // It ends on the platform's side first: one refresh, and no second use of a refresh token.
    bench.platform.fault(Fault::BearerExpired.on(On::VideoList));
    bench.adapter.check(&bench.session).await.unwrap();
    let seen = bench.platform.glance();
    assert_eq!(seen.answers_to(On::Refresh).count(), 1);
    assert_eq!(seen.refresh_reuses, 0);
    // The refresh's answer is lost: the key fetches another pair.
    bench.platform.fault(Fault::BearerExpired.on(On::VideoList));
    bench
        .platform
        .fault(Fault::AnswerLost { reset: false }.on(On::Refresh));
    let lost = bench.adapter.check(&bench.session).await;
    assert_eq!(lost.unwrap_err().kind, ErrorKind::ServerFault);
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Ready);
    assert_eq!(bench.platform.glance().answers_to(On::SignIn).count(), 2);
}

#[tokio::test]
async fn an_access_token_that_ends_between_parts_is_renewed_and_the_part_sent_again() {
    let bench = Bench::with(Profile::Docs, &[("authorization", "bearer")]).await;
    let whole = noise(11 * MIB, 40);
    bench
        .platform
        .fault(Fault::BearerExpired.on(On::Source).nth(2));
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let mut parts = Parts::new(opened.cuts.clone());
    parts.land(1, bench.send(&opened, &parts, &whole, 1).await.unwrap());
    let error = bench.send(&opened, &parts, &whole, 2).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ServerFault, "it passes by itself");
    assert_eq!(error.cause.code, "api_video_session_ended");
    let receipts = bench.send_all(&opened, &whole).await.unwrap();
    bench
        .commit(&draft, opened.ticket, &receipts)
        .await
        .unwrap();
    assert_eq!(bench.only().await.sha256, Some(sha256(&whole)));
}

#[tokio::test]
async fn tokens_are_made_listed_shown_and_deleted() {
    let bench = Bench::new().await;
    let tokens = bench.adapter.upload_tokens().unwrap();
    let session = &bench.session;
    let hour = tokens
        .create(session, Some(Duration::from_hours(1)))
        .await
        .unwrap();
    assert_eq!(hour.ttl_s, 3600);
    assert!(hour.expires_at.is_some());
    bench.platform.clock().advance(Duration::from_secs(5));
    let forever = tokens.create(session, None).await.unwrap();
    assert_eq!((forever.ttl_s, &forever.expires_at), (0, &None));
    let listed = tokens.list(session).await.unwrap();
    let texts: Vec<&str> = listed.iter().map(|t| t.token.expose_secret()).collect();
    assert_eq!(
        texts,
        [forever.token.expose_secret(), hour.token.expose_secret()]
    );
    assert!(
        !format!("{listed:?}").contains(texts[0]),
        "a token does not print"
    );

    let shown = tokens.show(session, &hour.token).await.unwrap();
    assert_eq!(shown.expires_at, hour.expires_at);
    bench.platform.clock().advance(Duration::from_hours(2));
    let gone = tokens.show(session, &hour.token).await.unwrap_err();
    assert_eq!(
        (gone.kind, gone.cause.code.as_str()),
        (ErrorKind::Refused, "upload_token_unknown")
    );
    assert_eq!(
        tokens.list(session).await.unwrap().len(),
        1,
        "ended ones are not listed"
    );
    tokens.delete(session, &forever.token).await.unwrap();
    let again = tokens.delete(session, &forever.token).await.unwrap_err();
    assert_eq!(again.cause.code, "upload_token_unknown");
    let odd = tokens
        .show(session, &SecretString::from("a/../b?c#d"))
        .await;
    assert_eq!(
        odd.unwrap_err().cause.code,
        "upload_token_unknown",
        "a step of the path, whatever it holds"
    );
}

#[tokio::test]
async fn a_token_lives_from_a_second_to_the_platforms_most() {
    let bench = Bench::new().await;
    let tokens = bench.adapter.upload_tokens().unwrap();
    for (seconds, fits) in [
        (0, false),
        (1, true),
        (2_147_483_647, true),
        (2_147_483_648, false),
    ] {
        let made = tokens
            .create(&bench.session, Some(Duration::from_secs(seconds)))
            .await;
        assert_eq!(made.is_ok(), fits, "{seconds}");
    }
}

#[tokio::test]
async fn all_pages_of_the_list_are_read() {
    let bench = Bench::new().await;
    for _ in 0..101 {
        bench.platform.upload_token(0);
    }
    let tokens = bench.adapter.upload_tokens().unwrap();
    assert_eq!(tokens.list(&bench.session).await.unwrap().len(), 101);
}

#[tokio::test]
async fn no_error_of_the_adapter_shows_a_secret() {
    let bench = Bench::with(
        Profile::Docs,
        &[("way", "token"), ("authorization", "bearer")],
    )
    .await;
    let whole = noise(6 * MIB, 41);
    let opened = bench.open(&draft(&whole)).await.unwrap();
    let token = Kept::read(&opened.ticket).unwrap().token.unwrap().token;
    let parts = Parts::new(opened.cuts.clone());
    let mut errors: Vec<Error> = Vec::new();
    for fault in [
        Fault::Reset {
            after_bytes: 70_000,
        },
        Fault::HttpStatus {
            status: 502,
            applied: false,
        },
        Fault::TruncatedJson { applied: false },
        Fault::UploadTokenExpired,
    ] {
        bench.platform.fault(fault.on(On::Upload));
        errors.push(bench.send(&opened, &parts, &whole, 1).await.unwrap_err());
    }
    bench.platform.fault(Fault::BearerExpired.on(On::VideoList));
    bench
        .platform
        .fault(Fault::TruncatedJson { applied: true }.on(On::Refresh));
    errors.push(bench.adapter.check(&bench.session).await.unwrap_err());
    for error in errors {
        let shown = format!("{error} {error:?} {}", crate::http::chain(&error));
        for secret in [token.as_str(), bench.platform.api_key()] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(
            !shown.contains("token=") && !shown.contains("def502"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn players_watermarks_and_tags_to_choose_from_are_the_accounts_own() {
    let bench = Bench::new().await;
    let whole = noise(1000, 9);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let receipts = bench.send_all(&opened, &whole).await.unwrap();
    bench
        .commit(&draft, opened.ticket, &receipts)
        .await
        .unwrap();
    let listed = async |field| bench.adapter.choices(&bench.session, field).await.unwrap();
    let players = listed("playerId").await;
    assert_eq!(players.len(), 130, "every page of them");
    assert_eq!(players[0].name, "Player 1");
    assert!(players[0].value.starts_with("pl"));
    assert!(
        listed("watermark.id").await[0]
            .value
            .starts_with("watermark_")
    );
    let tags: Vec<String> = listed("tags").await.into_iter().map(|c| c.value).collect();
    assert_eq!(tags, ["旅行", "海边"]);
}
