//! Places and the calls for them: parameters, codes, signatures, limits.

use super::*;

fn fields() -> Vec<(&'static str, &'static str)> {
    vec![
        ("originFileName", "uploadtest.mov"),
        ("domain", "play.example"),
        ("workflowId", "workflow-1"),
        ("overwrite", "0"),
        ("categoryNames", "体育/足球, News"),
        ("waterMarkName", "mark"),
        ("transCodeCombineName", "720p"),
        ("subtitleId", "s1"),
        ("subtitle", "en-US=s2"),
        ("cmd", "avthumb"),
    ]
}

#[tokio::test]
async fn a_place_is_asked_with_every_parameter_of_the_manuscript() {
    let bench = Bench::with(&[("resume_id_parameter", "both")]).await;
    let whole = noise(1000, 1);
    let draft = testing::draft("海边.mp4", &whole, &fields());
    bench.open(&draft).await.unwrap();
    let seen = bench.platform.inspect();
    let asked = &seen.videos[0].asked;
    for (name, value) in fields() {
        if !matches!(name, "categoryNames" | "subtitle") {
            assert_eq!(asked[name], value);
        }
    }
    let categories: Value = serde_json::from_str(&asked["categoryNames"]).unwrap();
    assert_eq!(
        categories,
        json!([{"parentName": "体育", "childName": "足球"}, {"parentName": "News"}])
    );
    assert_eq!(asked["fileId"].len(), 32);
    assert_eq!(asked["fileId"], asked["fileMd5"]);
    assert_eq!(asked.len(), fields().len() + 2);
}

#[tokio::test]
async fn the_same_upload_opened_twice_has_one_place() {
    let bench = Bench::new().await;
    let whole = noise(5 * MIB, 2);
    let one = draft(&whole);
    let place = |opened: &Opened| Kept::read(&opened.ticket).unwrap().place;
    let first = place(&bench.open(&one).await.unwrap());
    let second = place(&bench.open(&one).await.unwrap());
    assert!(first.is_same(&second));
    assert_eq!(first.video_id, second.video_id);
    assert_ne!(first.token, second.token, "a fresh token each time");
    let other = place(&bench.open(&draft(&whole)).await.unwrap());
    assert!(!first.is_same(&other), "another upload of the same file");
    assert_eq!(bench.platform.inspect().videos.len(), 2);
}

#[tokio::test]
async fn a_long_name_is_shortened_and_one_that_is_refused_comes_with_a_shorter_one() {
    let bench = Bench::new().await;
    let whole = noise(1000, 3);
    for chars in [39, 40, 41, 200] {
        let name = format!("{}.mp4", "长".repeat(chars - 4));
        let draft = testing::draft(&name, &whole, &[]);
        bench.open(&draft).await.unwrap();
        let sent = &bench.platform.inspect().videos.last().unwrap().asked["originFileName"].clone();
        assert_eq!(sent.chars().count(), chars.min(40));
        assert!(name.starts_with(sent.trim_end_matches(".mp4")));
    }
    bench
        .platform
        .switches(|s| s.name_limit_counts_bytes = true);
    let mut draft = testing::draft(&format!("{}.mp4", "长".repeat(30)), &whole, &[]);
    let error = bench.open(&draft).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert_eq!(error.cause.code, "wangsu_name_too_long");
    let shorter = error.cause.params["shorter"].clone();
    assert_eq!(shorter, format!("{}.mp4", "长".repeat(12)));
    assert!(error.cause.params["name"].starts_with("长长"));
    draft.fields.insert("originFileName".into(), shorter);
    bench.open(&draft).await.unwrap();
}

#[tokio::test]
async fn each_code_for_a_place_has_its_own_cause() {
    let bench = Bench::new().await;
    let whole = noise(1000, 4);
    for (said, kind, cause) in [
        (300, ErrorKind::ServerFault, "wangsu_operation_failed"),
        (900, ErrorKind::ServerFault, "wangsu_server_fault"),
        (1000, ErrorKind::Refused, "wangsu_parameter_wrong"),
        (1004, ErrorKind::Refused, "wangsu_parameter_missing"),
        (1008, ErrorKind::Refused, "wangsu_no_permission"),
        (1500, ErrorKind::Refused, "wangsu_name_too_long"),
        (1604, ErrorKind::Refused, "wangsu_md5_empty"),
        (1605, ErrorKind::Refused, "wangsu_file_id_too_long"),
        (1606, ErrorKind::Refused, "wangsu_name_empty"),
        (1607, ErrorKind::Refused, "wangsu_source_wrong"),
        (1608, ErrorKind::Refused, "wangsu_overwrite_wrong"),
        (1609, ErrorKind::Refused, "wangsu_size_wrong"),
        (1610, ErrorKind::Refused, "wangsu_file_too_large"),
        (4002, ErrorKind::SignedOut, "wangsu_credentials_refused"),
        (4005, ErrorKind::SignedOut, "wangsu_credentials_refused"),
        (777, ErrorKind::Refused, "platform_unknown_answer"),
    ] {
        // As often as one that may be a replay is asked again.
        let times = if said == 4005 { 4 } else { 1 };
        bench
            .platform
            .fault(code(said).on(On::GetUploadToken).times(times));
        let error = bench.open(&draft(&whole)).await.unwrap_err();
        assert_eq!(
            (error.kind, error.cause.code.as_str()),
            (kind, cause),
            "{said}"
        );
        assert_eq!(error.cause.params["code"], said.to_string());
    }
}

#[tokio::test]
async fn an_unknown_workflow_and_an_account_without_permission_are_refused_by_the_platform() {
    let bench = Bench::new().await;
    let whole = noise(1000, 5);
    let lost = testing::draft("a.mp4", &whole, &[("workflowId", "nowhere")]);
    let error = bench.open(&lost).await.unwrap_err();
    assert_eq!(error.cause.code, "wangsu_parameter_wrong");
    bench.platform.permit(0, false);
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Troubled);
    assert_eq!(health.cause.unwrap().code, "wangsu_no_permission");
}

#[tokio::test]
async fn all_three_ways_to_sign_in_are_accepted_and_wrong_keys_are_not() {
    for scheme in ["ws3", "cnc", "basic"] {
        let bench = Bench::with(&[("auth", scheme)]).await;
        for _ in 0..5 {
            // Five times in one second: no signature may come twice.
            let health = bench.adapter.check(&bench.session).await.unwrap();
            assert_eq!(health.state, HealthState::Ready, "{scheme}");
        }
        assert_eq!(bench.platform.inspect().replays, 0);
        let bench = Bench::with(&[("auth", scheme), ("access_key", "nobody")]).await;
        let health = bench.adapter.check(&bench.session).await.unwrap();
        assert_eq!(health.state, HealthState::SignedOut, "{scheme}");
        let wrong = Secrets::of(&[("secret_key", "wrong")]);
        let url = bench.platform.url();
        let session = testing::session(
            wrong,
            &[
                ("auth", scheme),
                ("access_key", bench.platform.access_key()),
                ("endpoint.api", &url),
            ],
        );
        let health = bench.adapter.check(&session).await.unwrap();
        assert_eq!(health.state, HealthState::SignedOut);
        assert_eq!(health.cause.unwrap().code, "wangsu_credentials_refused");
        let none = testing::session(Secrets::of(&[]), &[("endpoint.api", &url)]);
        let health = bench.adapter.check(&none).await.unwrap();
        assert_eq!(health.cause.unwrap().code, "wangsu_credentials_missing");
    }
}

#[tokio::test]
async fn a_clock_that_is_off_is_corrected_by_the_platforms_answer() {
    for seconds in [600, -600] {
        let bench = Bench::new().await;
        bench
            .platform
            .fault(Fault::ClockSkew { seconds }.on(On::Api).always());
        let health = bench.adapter.check(&bench.session).await.unwrap();
        assert_eq!(health.state, HealthState::Ready, "{seconds}");
        let codes: Vec<_> = bench
            .platform
            .inspect()
            .answers
            .iter()
            .map(|a| a.code)
            .collect();
        assert_eq!(codes, [Some(4004), Some(200)]);
    }
}

#[tokio::test]
async fn what_the_program_before_signed_in_this_second_is_signed_anew() {
    let bench = Bench::new().await;
    let again = |_| Bench::again(bench.platform.clone(), &[]);
    for run in (0..3).map(again) {
        let health = run.adapter.check(&run.session).await.unwrap();
        assert_eq!(health.state, HealthState::Ready);
    }
    assert!(bench.platform.inspect().replays > 0, "or it shows nothing");
}

#[tokio::test]
async fn a_spoilt_answer_for_a_place_is_passing_and_leaves_one_place() {
    for fault in spoilt() {
        let bench = Bench::new().await;
        let whole = noise(1000, 6);
        let draft = draft(&whole);
        bench.platform.fault(fault.clone().on(On::GetUploadToken));
        let error = bench.open(&draft).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ServerFault, "{fault:?}: {error:?}");
        bench.open(&draft).await.unwrap();
        assert_eq!(bench.platform.inspect().videos.len(), 1, "{fault:?}");
    }
    let bench = Bench::new().await;
    bench
        .platform
        .fault(gateway(429, Some(7)).on(On::GetUploadToken));
    let error = bench.open(&draft(&noise(10, 6))).await.unwrap_err();
    let wait = Some(Duration::from_secs(7));
    assert_eq!(error.kind, ErrorKind::RateLimited { wait });
}

#[tokio::test]
async fn the_platforms_odd_spellings_are_read() {
    for fault in [Fault::OldSpelling, Fault::NullTexts] {
        let bench = Bench::new().await;
        bench.platform.fault(fault.on(On::GetUploadToken));
        bench.open(&draft(&noise(10, 7))).await.unwrap();
    }
}

#[tokio::test]
async fn calls_are_spaced_before_the_platform_has_to() {
    let bench = Bench::with(&[("rate.calls_per_5_minutes", "100")]).await;
    for _ in 0..10 {
        bench.adapter.check(&bench.session).await.unwrap();
    }
    let error = bench.adapter.check(&bench.session).await.unwrap_err();
    assert!(matches!(
        error.kind,
        ErrorKind::RateLimited { wait: Some(_) }
    ));
    assert_eq!(error.cause.code, "wangsu_call_rate");
    assert_eq!(bench.count(On::GetVideoList), 10);
}

#[tokio::test]
async fn a_file_above_the_tokens_limit_is_refused_before_its_first_byte() {
    let bench = Bench::new().await;
    bench.platform.switches(|s| s.fsize_limit = 5_000_000);
    for (len, is_right) in [(4_999_999, true), (5_000_000, true), (5_000_001, false)] {
        let opened = bench.open(&draft(&Bytes::from(vec![0; len]))).await;
        assert_eq!(opened.is_ok(), is_right, "{len}");
        if let Err(error) = opened {
            assert_eq!(error.cause.code, "wangsu_file_too_large");
            assert_eq!(error.kind, ErrorKind::Refused);
        }
    }
    assert_eq!(bench.platform.bytes_received(), 0);
}

#[tokio::test]
async fn a_form_takes_files_up_to_its_limit_and_blocks_the_rest() {
    let bench = Bench::new().await;
    for (len, form, parts) in [
        (BLOCK - 1, true, 1),
        (BLOCK, true, 1),
        (BLOCK + 1, false, 2),
    ] {
        let opened = bench
            .open(&draft(&Bytes::from(vec![0; len])))
            .await
            .unwrap();
        assert_eq!(Kept::read(&opened.ticket).unwrap().form, form, "{len}");
        assert_eq!(opened.cuts.len(), parts);
    }
    let bench = Bench::with(&[("form_max_bytes", "0")]).await;
    let whole = noise(1, 8);
    let draft = draft(&whole);
    bench.journey(&draft, &whole).await.unwrap();
    bench.one_work(&whole);
    assert_eq!(
        (bench.count(On::Form), bench.count(On::Mkblk)),
        (0, 1),
        "one byte is a block"
    );
}

#[tokio::test]
async fn blocks_grow_with_the_file_and_are_multiples_of_4_mib() {
    const GIB: u64 = 1 << 30;
    let mib = MIB as u64;
    let bench = Bench::new().await;
    let api = bench.adapter.api(&bench.session);
    for (size, block) in [
        (1, 4 * mib),
        (10 * GIB, 4 * mib),
        (10 * GIB + 1, 8 * mib),
        (20 * GIB, 8 * mib),
        (20 * GIB + 1, 16 * mib),
        (40 * GIB + 1, 32 * mib),
        (160 * GIB, 64 * mib),
        (160 * GIB + 1, 100 * mib),
        (10_000 * GIB, 100 * mib),
    ] {
        let made = api.settings().block_bytes(size);
        assert_eq!(made, block, "{size}");
        assert_eq!(made % etag::PIECE_BYTES, 0);
    }
    for (setting, block) in [
        ("5000000", 4 * mib),
        ("8388608", 8 * mib),
        ("104857600", 100 * mib),
        ("1", 4 * mib),
        ("x", 4 * mib),
    ] {
        let bench = Bench::with(&[("block_size", setting)]).await;
        assert_eq!(
            bench.adapter.api(&bench.session).settings().block_bytes(1),
            block,
            "{setting}"
        );
        assert_eq!(bench.adapter.limits(&bench.session).part_bytes, block);
    }
    let bench = Bench::with(&[("max_parallel_blocks", "5"), ("max_video_size", "7")]).await;
    let limits = bench.adapter.limits(&bench.session);
    assert_eq!((limits.parts_at_once, limits.file_max_bytes), (5, 7));
}

#[tokio::test]
async fn an_upload_address_is_https_unless_it_is_this_machine_or_the_account_says_so() {
    let act = Act::new(NAME, "testing");
    let far = testing::session(Secrets::of(&[]), &[]);
    let kept = testing::session(Secrets::of(&[]), &[("http_upload", "keep")]);
    let own = testing::session(
        Secrets::of(&[]),
        &[("endpoint.upload", "https://own.example/x")],
    );
    let near = Bench::new().await;
    let adapter = Adapter::default();
    for (session, told, made) in [
        (&far, "https://u.example", Some("https://u.example/")),
        (&far, "http://u.example", Some("https://u.example/")),
        (&kept, "http://u.example", Some("http://u.example/")),
        (&own, "http://u.example", Some("https://own.example/x/")),
        (
            &near.session,
            "http://127.0.0.1:1",
            Some("http://127.0.0.1:1/"),
        ),
        (&far, "http://127.0.0.1:1", None),
        (&far, "ftp://u.example", None),
        (&far, "", None),
        (&far, "https://u:p@u.example", None),
    ] {
        let url = adapter.api(session).settings().upload(act, told);
        assert_eq!(
            url.as_ref().ok().map(url::Url::as_str),
            made,
            "{told}: {url:?}"
        );
        if let Err(error) = url {
            assert_eq!(error.cause.code, "wangsu_upload_address");
        }
    }
}

#[tokio::test]
async fn the_categories_to_choose_from_are_the_accounts_own_on_two_levels() {
    let bench = Bench::new().await;
    let listed = bench.adapter.choices(&bench.session, "categoryNames").await;
    let values: Vec<String> = listed.unwrap().into_iter().map(|c| c.value).collect();
    assert_eq!(values, ["体育", "体育/足球", "News"]);
}
