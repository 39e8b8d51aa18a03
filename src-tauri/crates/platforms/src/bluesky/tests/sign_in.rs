//! Signing in by app password and in the browser: renewed once, never lost, and asked for when it is gone.

use super::*;
use secrecy::SecretString;
use url::Url;

#[tokio::test]
async fn one_sign_in_serves_all_and_outlives_a_restart() {
    let bench = Bench::new().await;
    let checks = (0..6).map(|_| bench.adapter.check(&bench.session));
    for health in futures_util::future::join_all(checks).await {
        assert_eq!(health.unwrap().state, HealthState::Ready);
    }
    bench.adapter.check(&restarted(&bench)).await.unwrap();
    assert_eq!(bench.calls(On::CreateSession), 1);
    assert_eq!(bench.calls(On::RefreshSession), 0);
}

#[tokio::test]
async fn an_ended_access_token_is_renewed_once_for_all_who_wait() {
    let bench = Bench::new().await;
    bench.adapter.check(&bench.session).await.unwrap();
    let old = bench.secrets.show("access_jwt");
    bench.platform.clock().advance(Duration::from_hours(3));
    let checks = (0..6).map(|_| bench.adapter.check(&bench.session));
    for health in futures_util::future::join_all(checks).await {
        assert_eq!(health.unwrap().state, HealthState::Ready);
    }
    assert_eq!(
        (
            bench.calls(On::RefreshSession),
            bench.calls(On::CreateSession)
        ),
        (1, 1)
    );
    assert_ne!(bench.secrets.show("access_jwt"), old);
}

#[tokio::test]
async fn a_session_that_ends_in_the_middle_costs_nothing() {
    let bench = Bench::new().await;
    let whole = noise(2 * MIB, 80);
    let draft = draft(&whole);
    for call in [On::ServiceAuth, On::PutRecord, On::GetSession] {
        bench.platform.fault(Trouble::AccessTokenExpired.on(call));
    }
    bench.adapter.check(&bench.session).await.unwrap();
    bench.publish(&draft, &whole).await.unwrap();
    let seen = bench.platform.inspect();
    assert_eq!((seen.posts.len(), seen.accounts[0].commits), (1, 1));
    assert_eq!(seen.accounts[0].sign_ins, 1);
}

#[tokio::test]
async fn a_lost_refresh_answer_is_asked_for_again_and_gives_the_same_session() {
    let bench = Bench::new().await;
    bench.adapter.check(&bench.session).await.unwrap();
    bench.platform.clock().advance(Duration::from_hours(3));
    bench
        .platform
        .fault(Trouble::AnswerLost { reset: false }.on(On::RefreshSession));
    bench.adapter.check(&bench.session).await.unwrap_err();
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Ready);
    assert_eq!(bench.calls(On::CreateSession), 1, "no second sign-in");
}

#[tokio::test]
async fn a_session_that_cannot_be_saved_is_kept_in_hand() {
    let bench = Bench::new().await;
    *bench.secrets.locked.lock() = true;
    assert_eq!(
        bench.adapter.check(&bench.session).await.unwrap().state,
        HealthState::Ready
    );
    assert_eq!(bench.secrets.show("access_jwt"), "");
    *bench.secrets.locked.lock() = false;
    bench.adapter.check(&bench.session).await.unwrap();
    assert_ne!(bench.secrets.show("access_jwt"), "");
    assert_eq!(bench.calls(On::CreateSession), 1);
}

#[tokio::test]
async fn an_ended_refresh_token_is_followed_by_a_new_sign_in_with_the_app_password() {
    let bench = Bench::new().await;
    bench.adapter.check(&bench.session).await.unwrap();
    bench
        .platform
        .clock()
        .advance(Duration::from_hours(91 * 24));
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Ready);
    assert_eq!(bench.calls(On::CreateSession), 2);
}

#[tokio::test]
async fn a_revoked_app_password_is_a_sign_out_and_is_not_shown_again() {
    let bench = Bench::new().await;
    bench.adapter.check(&bench.session).await.unwrap();
    bench.platform.revoke_app_passwords(0);
    bench.platform.clock().advance(Duration::from_hours(3));
    for _ in 0..3 {
        let health = bench.adapter.check(&bench.session).await.unwrap();
        assert_eq!(health.state, HealthState::SignedOut);
        assert_eq!(health.cause.unwrap().code, "bluesky_sign_in_refused");
    }
    assert_eq!(
        bench.calls(On::CreateSession),
        2,
        "the first, and one that was refused"
    );
    let error = bench.open(&draft(&noise(9, 1))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::SignedOut);
}

#[tokio::test]
async fn what_is_wrong_with_a_sign_in_is_said() {
    let bench = Bench::new().await;
    bench.secrets.put("app_password", "wrong-wrong-wrong-wrong");
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.cause.unwrap().code, "bluesky_sign_in_refused");

    let bench = Bench::new().await;
    bench.secrets.values.lock().clear();
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.cause.unwrap().code, "secret_missing");

    let bench = Bench::new().await;
    bench
        .secrets
        .put("app_password", &bench.platform.credentials().password);
    bench
        .platform
        .switches(|s| s.second_factor = Some("ABCDE-12345".into()));
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.cause.unwrap().code, "bluesky_second_factor");

    for (identifier, code) in [
        ("nobody.test", "bluesky_handle_unknown"),
        ("maker1@example.test", "bluesky_handle_wanted"),
        ("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa", "bluesky_did_unknown"),
        ("did:key:z1", "bluesky_did_invalid"),
        (" ", "setting_missing"),
    ] {
        let bench = Bench::with(&[("identifier", identifier)]).await;
        let health = bench.adapter.check(&bench.session).await.unwrap();
        assert_eq!(health.cause.unwrap().code, code, "{identifier}");
        assert_eq!(
            bench.calls(On::CreateSession),
            0,
            "no password goes anywhere"
        );
    }
}

#[tokio::test]
async fn an_account_may_be_named_by_its_did_or_with_its_sign() {
    let platform = simulator().start().await;
    let (did, handle) = (
        platform.credentials().did.clone(),
        format!("@{}", platform.credentials().handle.to_uppercase()),
    );
    for name in [did, handle] {
        let bench = Bench::on(simulator().start().await, &[("identifier", &name)]);
        let health = bench.adapter.check(&bench.session).await.unwrap();
        assert_eq!(health.identity.as_deref(), Some("maker1.test"), "{name}");
    }
}

#[tokio::test]
async fn a_rate_limit_on_signing_in_is_waited_out() {
    let bench = Bench::new().await;
    bench.platform.fault(
        Trouble::Named {
            status: 429,
            error: "RateLimitExceeded".into(),
            message: "Rate Limit Exceeded".into(),
            retry_after_s: Some(300),
            applied: false,
        }
        .on(On::CreateSession),
    );
    let error = bench.adapter.check(&bench.session).await.unwrap_err();
    let wait = Some(Duration::from_secs(300));
    assert_eq!(error.kind, ErrorKind::RateLimited { wait });
}

/// Signs in in the browser, in the browser's place.
async fn browse(bench: &Bench, state: &str, here: &str) -> Url {
    let way = bench.adapter.sign_in().expect("there is a way");
    assert_eq!(way.comes_back(), Some("/callback"));
    let here = Url::parse(here).unwrap();
    let page = way.begin(&bench.session, state, Some(&here)).await.unwrap();
    let answer = bench.session.http().calls.get(page).send().await.unwrap();
    let back = answer.headers()["location"].to_str().unwrap().to_owned();
    Url::parse(&back).unwrap()
}

const HERE: &str = "http://127.0.0.1:40123/callback";

async fn in_browser() -> Bench {
    let bench = Bench::with(&[("sign_in", "oauth")]).await;
    bench.secrets.values.lock().clear();
    bench
}

#[tokio::test]
async fn the_browsers_sign_in_serves_the_whole_journey() {
    let bench = in_browser().await;
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(
        (health.state, health.cause.unwrap().code.as_str()),
        (HealthState::SignedOut, "bluesky_not_signed_in")
    );
    let back = browse(&bench, "state-1", HERE).await;
    assert!(back.as_str().starts_with(HERE));
    let way = bench.adapter.sign_in().unwrap();
    way.finish(&bench.session, &back).await.unwrap();
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Ready);
    let days = (health.valid_until_ms.unwrap() - now_ms()) / 86_400_000;
    assert!((13..=14).contains(&days), "{days}");
    // Every answer may ask for another nonce.
    bench
        .platform
        .fault(Trouble::NonceRenewed.on(On::Pds).times(2));
    let whole = noise(2 * MIB, 81);
    bench.publish(&draft(&whole), &whole).await.unwrap();
    bench.adapter.check(&restarted(&bench)).await.unwrap();
    let seen = bench.platform.inspect();
    assert_eq!(
        (seen.posts.len(), seen.accounts[0].sign_ins),
        (1, 0),
        "no password was used"
    );
}

#[tokio::test]
async fn the_browsers_session_is_renewed_once_for_all_who_wait() {
    let bench = in_browser().await;
    let back = browse(&bench, "s", HERE).await;
    let way = bench.adapter.sign_in().unwrap();
    way.finish(&bench.session, &back).await.unwrap();
    bench.adapter.check(&bench.session).await.unwrap();
    for round in 1..=2 {
        bench.platform.clock().advance(Duration::from_hours(2));
        let checks = (0..6).map(|_| bench.adapter.check(&bench.session));
        for health in futures_util::future::join_all(checks).await {
            assert_eq!(health.unwrap().state, HealthState::Ready);
        }
        let granted = bench
            .platform
            .inspect()
            .answers_to(On::Token)
            .filter(|a| a.http == 200)
            .count();
        assert_eq!(granted, 1 + round, "one renewal for six");
    }
    bench
        .platform
        .clock()
        .advance(Duration::from_hours(15 * 24));
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(
        health.state,
        HealthState::SignedOut,
        "two weeks and no more"
    );
}

#[tokio::test]
async fn an_answer_that_is_not_ours_signs_nobody_in() {
    let bench = in_browser().await;
    let way = bench.adapter.sign_in().unwrap();
    let back = browse(&bench, "state-2", HERE).await;
    let swap = |name: &str, value: &str| {
        let mut other = back.clone();
        let pairs: Vec<(String, String)> = back.query_pairs().into_owned().collect();
        other.query_pairs_mut().clear().extend_pairs(
            pairs
                .iter()
                .map(|(n, v)| (n.as_str(), if n == name { value } else { v })),
        );
        other
    };
    let refused = way
        .finish(&bench.session, &swap("state", "another"))
        .await
        .unwrap_err();
    assert_eq!(refused.cause.code, "bluesky_sign_in_stale");
    let refused = way
        .finish(&bench.session, &swap("iss", "https://evil.example"))
        .await
        .unwrap_err();
    assert_eq!(refused.cause.code, "bluesky_sign_in_stale");
    let refused = way.finish(&bench.session, &back).await.unwrap_err();
    assert_eq!(
        refused.cause.code, "bluesky_sign_in_stale",
        "an answer is looked at once"
    );

    let back = browse(&bench, "state-3", HERE).await;
    way.finish(&bench.session, &back).await.unwrap();
    let again = way.finish(&bench.session, &back).await.unwrap_err();
    assert_eq!(again.kind, ErrorKind::SignedOut);

    bench.platform.switches(|s| s.consent_refused = true);
    let back = browse(&bench, "state-4", HERE).await;
    let refused = way.finish(&bench.session, &back).await.unwrap_err();
    assert_eq!(
        (refused.kind, refused.cause.code.as_str()),
        (ErrorKind::SignedOut, "bluesky_consent_refused")
    );
}

#[tokio::test]
async fn somebody_else_before_the_browser_is_not_taken_for_the_account() {
    let bench = in_browser().await;
    bench.platform.consenting(1);
    let back = browse(&bench, "s", HERE).await;
    let way = bench.adapter.sign_in().unwrap();
    let refused = way.finish(&bench.session, &back).await.unwrap_err();
    assert_eq!(
        (refused.kind, refused.cause.code.as_str()),
        (ErrorKind::SignedOut, "bluesky_other_account")
    );
    assert!(bench.secrets.values.lock().is_empty(), "nothing is kept");
}

#[tokio::test]
async fn a_scope_that_is_too_small_is_told() {
    let scope = "atproto blob:video/mp4 repo:app.bsky.feed.post rpc?lxm=app.bsky.video.getUploadLimits&lxm=com.atproto.repo.uploadBlob&lxm=app.bsky.video.getJobStatus&aud=*";
    let whole = noise(1000, 82);
    for (scope, goes) in [(scope, true), ("atproto blob:video/mp4", false)] {
        let bench = Bench::with(&[("sign_in", "oauth"), ("oauth.scope", scope)]).await;
        let back = browse(&bench, "s", HERE).await;
        let way = bench.adapter.sign_in().unwrap();
        way.finish(&bench.session, &back).await.unwrap();
        match bench.publish(&draft(&whole), &whole).await {
            Ok(_) => assert!(goes),
            Err(error) => {
                assert!(!goes, "{error:?}");
                assert_eq!(
                    (error.kind, error.cause.code.as_str()),
                    (ErrorKind::SignedOut, "bluesky_scope_missing")
                );
            }
        }
    }
}

#[tokio::test]
async fn a_sign_in_without_a_place_to_come_back_to_is_refused() {
    let bench = in_browser().await;
    let way = bench.adapter.sign_in().unwrap();
    assert!(way.begin(&bench.session, "s", None).await.is_err());
    assert!(way.consent_page(&bench.session, "s").is_err());
    assert!(
        way.exchange(&bench.session, SecretString::from("code"))
            .await
            .is_err()
    );
    let wrong = Url::parse("http://localhost:4000/callback").unwrap();
    let refused = way
        .begin(&bench.session, "s", Some(&wrong))
        .await
        .unwrap_err();
    assert_eq!(
        refused.kind,
        ErrorKind::Refused,
        "the server takes 127.0.0.1 alone"
    );
}
