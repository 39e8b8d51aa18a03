//! Tokens: renewed once, never lost, and asked for when they are gone.

use super::*;

#[tokio::test]
async fn an_ended_access_token_is_renewed_once_for_all_who_wait() {
    let bench = Bench::new().await;
    let whole = noise(1000, 15);
    let drafts: Vec<Draft> = (0..6).map(|_| draft(&whole)).collect();
    bench
        .platform
        .clock()
        .advance(Duration::from_hours(31 * 24)); // access tokens end, refresh tokens do not
    let opens = drafts
        .iter()
        .map(|draft| bench.adapter.open(&bench.session, draft, 3));
    for opened in futures_util::future::join_all(opens).await {
        opened.unwrap();
    }
    let seen = bench.platform.glance();
    assert_eq!(
        seen.answers_to(On::Refresh).count(),
        1,
        "one refresh for six"
    );
    assert_eq!(seen.refresh_reuses, 0);
    assert_ne!(
        bench.secrets.show("access_token"),
        bench.platform.access_token()
    );
    assert_ne!(
        bench.secrets.show("refresh_token"),
        bench.platform.refresh_token()
    );
    assert!(bench.secrets.show("expires_at").parse::<i64>().unwrap() > 1_700_000_000);
}

#[tokio::test]
async fn a_token_near_its_end_is_renewed_before_a_call() {
    let bench = Bench::new().await;
    let soon = now_ms() / 1000 + 300;
    bench.secrets.put("expires_at", &soon.to_string());
    bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(bench.platform.glance().answers_to(On::Refresh).count(), 1);
}

#[tokio::test]
async fn a_lost_refresh_answer_ends_in_a_sign_out_after_one_repetition() {
    let bench = Bench::new().await;
    bench.secrets.put("expires_at", "1700000000");
    bench
        .platform
        .fault(Fault::AnswerLost { reset: false }.on(On::Refresh));
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::SignedOut);
    let cause = health.cause.unwrap();
    assert_eq!(cause.code, "bilibili_sign_in_ended");
    assert_eq!(cause.params["code"], "122007");
    assert_eq!(bench.platform.glance().answers_to(On::Refresh).count(), 2);
}

#[tokio::test]
async fn a_refused_refresh_token_is_not_shown_again() {
    let bench = Bench::new().await;
    bench.secrets.put("expires_at", "1700000000");
    bench.secrets.put("refresh_token", "spent");
    let whole = noise(1000, 22);
    let drafts: Vec<Draft> = (0..4).map(|_| draft(&whole)).collect();
    let opens = drafts
        .iter()
        .map(|draft| bench.adapter.open(&bench.session, draft, 3));
    for opened in futures_util::future::join_all(opens).await {
        assert_eq!(opened.unwrap_err().kind, ErrorKind::SignedOut);
    }
    assert_eq!(bench.platform.glance().answers_to(On::Refresh).count(), 1);
    // Signed in again, it goes on.
    bench
        .secrets
        .put("refresh_token", bench.platform.refresh_token());
    bench
        .adapter
        .open(&bench.session, &drafts[0], 3)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_token_that_is_good_now_is_used_when_it_cannot_be_renewed() {
    let bench = Bench::new().await;
    let soon = now_ms() / 1000 + 300;
    bench.secrets.put("expires_at", &soon.to_string());
    bench.platform.fault(
        Fault::HttpStatus {
            status: 502,
            retry_after_s: None,
            applied: false,
        }
        .on(On::Refresh)
        .always(),
    );
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Ready);
}

#[tokio::test]
async fn a_refresh_goes_on_when_its_caller_is_gone() {
    let bench = Bench::new().await;
    bench.secrets.put("expires_at", "1700000000");
    bench.platform.fault(
        Fault::Latency {
            ms: 100,
            jitter_ms: 0,
        }
        .on(On::Refresh),
    );
    {
        let check = bench.adapter.check(&bench.session);
        tokio::pin!(check);
        tokio::select! {
            biased;
            _ = &mut check => panic!("the answer takes its time"),
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
        }
    }
    bench
        .platform
        .until(|seen| seen.answers_to(On::Refresh).count() == 1)
        .await;
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Ready);
    let seen = bench.platform.glance();
    assert_eq!(
        (seen.answers_to(On::Refresh).count(), seen.refresh_reuses),
        (1, 0)
    );
}

#[tokio::test]
async fn a_new_pair_that_cannot_be_saved_is_kept_in_hand() {
    let bench = Bench::new().await;
    bench.secrets.put("expires_at", "1700000000");
    *bench.secrets.locked.lock() = true;
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Ready);
    assert_eq!(
        bench.secrets.show("refresh_token"),
        bench.platform.refresh_token()
    );
    *bench.secrets.locked.lock() = false;
    bench.adapter.check(&bench.session).await.unwrap();
    assert_ne!(
        bench.secrets.show("refresh_token"),
        bench.platform.refresh_token()
    );
    assert_eq!(bench.platform.glance().refresh_reuses, 0);
}

#[tokio::test]
async fn an_access_token_that_ends_right_before_the_submission_costs_nothing() {
    let bench = Bench::new().await;
    let whole = noise(1000, 16);
    let draft = draft(&whole);
    bench.platform.fault(Fault::AccessTokenExpired.on(On::Add));
    let ticket = bench.send_all(&draft, &whole).await.unwrap();
    bench.commit(&draft, ticket).await.unwrap();
    assert_eq!((bench.works(), bench.adds()), (1, 2));
    let lists: Vec<On> = bench
        .platform
        .glance()
        .answers
        .iter()
        .map(|a| a.call)
        .collect();
    let adds: Vec<usize> = (0..lists.len()).filter(|i| lists[*i] == On::Add).collect();
    let between = &lists[adds[0]..adds[1]];
    assert!(
        between.contains(&On::ViewList),
        "a look between two submissions: {between:?}"
    );
}

#[tokio::test]
async fn a_withdrawn_grant_is_a_sign_out() {
    let bench = Bench::new().await;
    bench.platform.revoke(0);
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::SignedOut);
    let error = bench
        .adapter
        .open(&bench.session, &draft(&noise(9, 1)), 3)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::SignedOut);
}

#[tokio::test]
async fn signing_in_trades_the_code_for_a_pair() {
    for relative in [false, true] {
        let bench = Bench::with(Profile::Docs, &[("gourl", "https://callback.example/in")]).await;
        bench
            .platform
            .switches(|switches| switches.expires_in_relative = relative);
        let way = bench.adapter.sign_in().expect("there is a consent page");
        let page = way.consent_page(&bench.session, "state-1").unwrap();
        let http = bench.session.http().calls.clone();
        let back = http.get(page).send().await.unwrap();
        let back = back.headers()["location"].to_str().unwrap().to_owned();
        let back = url::Url::parse(&back).unwrap();
        let get = |name: &str| {
            let found = back.query_pairs().find(|(n, _)| n == name);
            found
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default()
        };
        assert_eq!(get("state"), "state-1");
        bench
            .secrets
            .values
            .lock()
            .retain(|name, _| name == "app_secret");
        let code: SecretString = get("code").into();
        way.exchange(&bench.session, code.clone()).await.unwrap();
        let health = bench.adapter.check(&bench.session).await.unwrap();
        assert_eq!(health.state, HealthState::Ready);
        let until_ms = health.valid_until_ms.expect("the platform told");
        assert!(
            (29..=31).contains(&((until_ms - now_ms()) / 86_400_000)),
            "{until_ms}"
        );
        let error = way.exchange(&bench.session, code).await.unwrap_err();
        assert_eq!(error.cause.code, "bilibili_code_spent");
    }
}

#[tokio::test]
async fn an_account_without_tokens_is_signed_out_and_says_what_is_missing() {
    let bench = Bench::new().await;
    bench
        .secrets
        .values
        .lock()
        .retain(|name, _| name == "app_secret");
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::SignedOut);
    let values = vec![(
        "access_token".to_owned(),
        bench.platform.access_token().into(),
    )];
    bench.secrets.set(AccountId(1), values).await.unwrap();
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(
        health.state,
        HealthState::Ready,
        "an access token alone will do until it ends"
    );
    bench.secrets.values.lock().remove("app_secret");
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.cause.unwrap().code, "secret_missing");
    let bench = Bench::with(Profile::Docs, &[("client_id", " ")]).await;
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Troubled);
    assert_eq!(health.cause.unwrap().params["setting"], "client_id");
}

#[tokio::test]
async fn a_check_on_the_last_day_renews_the_sign_in_once() {
    let bench = Bench::new().await;
    let ends_in = |hours: i64| {
        let end_s = now_ms() / 1000 + hours * 3600;
        bench.secrets.put("expires_at", &end_s.to_string());
    };
    let refreshes = || bench.platform.glance().answers_to(On::Refresh).count();
    ends_in(26);
    bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(refreshes(), 0);
    ends_in(24);
    let checks = (0..3).map(|_| bench.adapter.check(&bench.session));
    let found = futures_util::future::try_join_all(checks).await.unwrap();
    assert_eq!(refreshes(), 1);
    assert_eq!(bench.platform.glance().refresh_reuses, 0);
    for health in found {
        let left_ms = health.valid_until_ms.unwrap() - now_ms();
        assert!(left_ms > 20 * 86_400_000, "{left_ms}");
    }
}
