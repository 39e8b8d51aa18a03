//! The line and the service at their worst: what passes, what is said, and what is never sent twice.

use super::*;

#[tokio::test]
async fn faults_of_the_line_under_bytes_are_passing() {
    let whole = noise(2 * MIB, 20);
    for fault in [
        Trouble::Reset {
            after_bytes: 70_000,
        },
        Trouble::AnswerLost { reset: true },
        Trouble::AnswerLost { reset: false },
        Trouble::EmptyBody { applied: true },
        Trouble::TruncatedJson { applied: true },
        Trouble::CutAnswer { applied: true },
        Trouble::Oversized { bytes: 6 << 20 },
        Trouble::page(502),
        Trouble::page(200),
        Trouble::named(500, "InternalServerError"),
    ] {
        for bench in [Bench::new().await, Bench::whole().await] {
            bench.platform.fault(fault.clone().on(On::Bytes));
            let draft = draft(&whole);
            let opened = bench.open(&draft).await.unwrap();
            let first = spans(&opened.cuts)[0];
            let error = bench.send(&opened.ticket, &whole, first).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::ServerFault, "{fault:?}: {error:?}");
            let mut receipts = Vec::new();
            for span in spans(&opened.cuts) {
                receipts.push(bench.send(&opened.ticket, &whole, span).await.unwrap());
            }
            bench
                .commit_through(&draft, &(opened.ticket, receipts))
                .await
                .unwrap();
            let seen = bench.platform.inspect();
            assert_eq!((seen.videos.len(), seen.posts.len()), (1, 1), "{fault:?}");
            assert_eq!(seen.videos[0].sha256, sha256(&whole), "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_broken_line_under_a_whole_file_says_that_it_starts_again() {
    let bench = Bench::whole().await;
    let whole = noise(2 * MIB, 21);
    bench.platform.fault(Trouble::Reset {
        after_bytes: 70_000,
    });
    let error = bench.send_all(&draft(&whole), &whole).await.unwrap_err();
    assert_eq!(error.cause.code, "bluesky_whole_again");
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_kept_to() {
    for (status, name) in [(503, "ServiceOverloaded"), (429, "RateLimitExceeded")] {
        for call in [On::Start, On::Part, On::Limits, On::ServiceAuth] {
            let bench = Bench::new().await;
            let whole = noise(2 * MIB, 22);
            let busy = Trouble::Named {
                status,
                error: name.into(),
                message: "later".into(),
                retry_after_s: Some(7),
                applied: false,
            };
            bench.platform.fault(busy.on(call));
            let error = bench.send_all(&draft(&whole), &whole).await.unwrap_err();
            let wait = Some(Duration::from_secs(7));
            assert_eq!(
                error.kind,
                ErrorKind::RateLimited { wait },
                "{call:?} {error:?}"
            );
        }
    }
    let bench = Bench::new().await;
    let page = Trouble::HttpStatus {
        status: 503,
        retry_after_s: Some(9),
        applied: false,
    };
    bench.platform.fault(page.on(On::Part));
    let whole = noise(2 * MIB, 22);
    let error = bench.send_all(&draft(&whole), &whole).await.unwrap_err();
    let wait = Some(Duration::from_secs(9));
    assert_eq!(
        error.kind,
        ErrorKind::RateLimited { wait },
        "a page tells it too"
    );
}

#[tokio::test]
async fn a_service_token_that_ended_is_replaced_and_costs_one_part() {
    for bench in [Bench::new().await, Bench::whole().await] {
        let whole = noise(3 * MIB, 23);
        let draft = draft(&whole);
        let opened = bench.open(&draft).await.unwrap();
        bench
            .platform
            .fault(Trouble::ServiceTokenExpired.on(On::Bytes));
        let first = spans(&opened.cuts)[0];
        let error = bench.send(&opened.ticket, &whole, first).await.unwrap_err();
        assert_eq!(
            (error.kind, error.cause.code.as_str()),
            (ErrorKind::ServerFault, "bluesky_service_token")
        );
        let mut receipts = Vec::new();
        for span in spans(&opened.cuts) {
            receipts.push(bench.send(&opened.ticket, &whole, span).await.unwrap());
        }
        bench
            .commit_through(&draft, &(opened.ticket, receipts))
            .await
            .unwrap();
        assert_eq!(bench.posts(), 1);
    }
}

#[tokio::test]
async fn an_early_answer_while_bytes_are_sent_acknowledges_nothing() {
    for bench in [Bench::new().await, Bench::whole().await] {
        let whole = noise(8 * MIB, 24);
        bench
            .platform
            .fault(Trouble::EarlyAnswer { status: 401 }.on(On::Bytes));
        let error = bench.send_all(&draft(&whole), &whole).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ServerFault, "{error:?}");
        bench.publish(&draft(&whole), &whole).await.unwrap();
        assert_eq!(bench.posts(), 1);
    }
}

#[tokio::test]
async fn tokens_for_uploads_are_asked_for_once_and_go_only_where_they_belong() {
    let bench = Bench::new().await;
    let whole = noise(4 * MIB, 25);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let sends = spans(&opened.cuts)
        .into_iter()
        .map(|span| bench.send(&opened.ticket, &whole, span));
    let receipts = futures_util::future::try_join_all(sends).await.unwrap();
    assert_eq!(
        bench.calls(On::ServiceAuth),
        2,
        "limits, and one for start and all parts"
    );
    bench
        .commit_through(&draft, &(opened.ticket, receipts))
        .await
        .unwrap();
    assert_eq!(
        bench.calls(On::ServiceAuth),
        4,
        "a fresh one before finish, and one to look at the job"
    );
    assert_eq!(bench.platform.inspect().accounts[0].sign_ins, 1);
}

#[tokio::test]
async fn a_token_with_little_left_is_renewed_between_parts() {
    let bench = Bench::new().await;
    let whole = noise(2 * MIB, 26);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let all = spans(&opened.cuts);
    bench.send(&opened.ticket, &whole, all[0]).await.unwrap();
    // The platform's clock goes on; its answers tell.
    bench.platform.clock().advance(Duration::from_secs(1790));
    bench.adapter.check(&bench.session).await.unwrap();
    bench.send(&opened.ticket, &whole, all[1]).await.unwrap();
    let seen = bench.platform.inspect();
    assert!(
        seen.answers_to(On::Part).all(|answer| answer.http == 200),
        "no part was refused"
    );
}

#[tokio::test]
async fn a_server_under_another_name_tells_it_and_gets_tokens_made_out_to_it() {
    let platform = simulator().server_did("did:web:pds7.test").start().await;
    let bench = Bench::on(platform, &[]);
    let whole = noise(1000, 27);
    bench.publish(&draft(&whole), &whole).await.unwrap();
    assert_eq!(bench.posts(), 1);
}

#[tokio::test]
async fn no_error_of_the_adapter_shows_a_secret() {
    let bench = Bench::new().await;
    let whole = noise(2 * MIB, 28);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let mut errors = Vec::new();
    for fault in [
        Trouble::Reset {
            after_bytes: 70_000,
        },
        Trouble::page(502),
        Trouble::TruncatedJson { applied: true },
        Trouble::named(401, "AuthRequired"),
    ] {
        bench.platform.fault(fault.on(On::Part));
        let span = spans(&opened.cuts)[0];
        errors.push(bench.send(&opened.ticket, &whole, span).await.unwrap_err());
    }
    for call in [On::ServiceAuth, On::RefreshSession, On::CreateSession] {
        let bench = Bench::new().await;
        bench
            .platform
            .fault(Trouble::TruncatedJson { applied: true }.on(call).always());
        if let Err(error) = bench.adapter.check(&bench.session).await {
            errors.push(error);
        }
    }
    assert!(errors.len() >= 6);
    let memory: Arc<memory::Memory> = bench.session.memory();
    let mut secrets = vec![
        bench.platform.credentials().app_password.clone(),
        bench.secrets.show("access_jwt"),
        bench.secrets.show("refresh_jwt"),
    ];
    for (token, _) in memory.service.lock().values() {
        use secrecy::ExposeSecret as _;
        secrets.push(token.expose_secret().to_owned());
    }
    for error in errors {
        let shown = format!("{error} {error:?} {}", crate::http::chain(&error));
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            assert!(!shown.contains(secret.as_str()), "{shown}");
        }
        assert!(!shown.contains("eyJ"), "no piece of a token: {shown}");
    }
}
