//! The four ways to authorise, and what is refused.

use super::*;
use slipway_model::preflight::Severity;

impl Bench {
    pub(super) fn settings(&self) -> Vec<(&'static str, &'static str)> {
        let all = self.session.settings();
        let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
        all.iter().map(|(n, v)| (leak(n), leak(v))).collect()
    }
}

async fn journey(bench: &Bench, seed: u64) {
    let whole = noise(2 * MIB + 9, seed);
    bench.publish(&draft(&whole), &whole).await.unwrap();
    published_once(&bench.platform.inspect(), &whole);
}

#[tokio::test]
async fn a_role_is_taken_once_and_again_when_it_ends() {
    let role = "acs:ram::1000000000000001:role/vod-upload";
    let bench = Bench::with(&[("auth", "sts"), ("role_arn", role)]).await;
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Ready);
    assert!(health.valid_until_ms.is_some() && health.renews);
    assert_eq!(health.credential, Some(Credential::AccessKey));
    assert_eq!(health.place.as_deref(), Some("cn-shanghai"));
    journey(&bench, 60).await;
    assert_eq!(bench.count(On::AssumeRole), 1);
    bench
        .platform
        .fault(Fault::TokenExpired.on(On::GetCategories));
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Ready);
    assert_eq!(bench.count(On::AssumeRole), 2);

    for (arn, code) in [
        (
            "acs:ram::1000000000000001:role/nobody",
            "aliyun_vod_role_unknown",
        ),
        ("arn:aws:iam::1:role/x", "aliyun_vod_request_refused"),
    ] {
        let bench = Bench::with(&[("auth", "sts"), ("role_arn", arn)]).await;
        let health = bench.adapter.check(&bench.session).await.unwrap();
        assert_eq!(health.state, HealthState::Troubled);
        assert_eq!(health.cause.unwrap().code, code);
    }
    let bench = Bench::with(&[("auth", "sts"), ("role_arn", role)]).await;
    bench
        .platform
        .fault(Fault::error(403, "NoPermission").on(On::AssumeRole));
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.cause.unwrap().code, "aliyun_vod_not_permitted");
}

#[tokio::test]
async fn a_pasted_temporary_key_works_until_it_ends() {
    let bench = Bench::with(&[("auth", "sts")]).await;
    let missing = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(missing.state, HealthState::SignedOut);
    assert_eq!(missing.cause.unwrap().code, "secret_missing");
    let (id, secret, token) = bench.platform.temporary_key(3600);
    bench.secrets.put("access_key_secret", &secret);
    bench.secrets.put("security_token", &token);
    let bench = bench.changed(&[("access_key_id", &id)]);
    journey(&bench, 61).await;
    bench.platform.clock().advance(Duration::from_secs(3601));
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::SignedOut);
    assert_eq!(health.cause.unwrap().code, "aliyun_vod_token_over");
    assert_eq!(health.credential, Some(Credential::TemporaryKey));
    assert!(!health.renews);
    let bench = bench.changed(&[("expiration", "2026-01-02T03:04:05Z")]);
    let calls = bench.count(On::GetCategories);
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::SignedOut);
    assert_eq!(
        bench.count(On::GetCategories),
        calls,
        "known to be over: not even asked"
    );
}

/// A bench whose account knows nothing but a service.
async fn served(paths: &[(&str, &str)], more: &[(&'static str, &'static str)]) -> Bench {
    let bench = Bench::with(&[
        ("auth", "service"),
        ("access_key_id", ""),
        ("endpoint.vod", ""),
    ])
    .await;
    let mut settings: Vec<(String, String)> = bench
        .settings()
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    for (name, path) in paths {
        let own = format!("service.{name}.url");
        settings.push((
            if *name == "*" {
                "service.url".into()
            } else {
                own
            },
            format!("{}{path}", bench.platform.service_url()),
        ));
    }
    settings.extend(more.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    settings.push(("endpoint.vod".into(), bench.platform.url()));
    let secrets = Secrets::of(&[]);
    let bearer = format!("Bearer {}", bench.platform.credentials().service_token);
    secrets.put("service.token", &bearer);
    let settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    Bench {
        session: testing::session(secrets.clone(), &settings),
        secrets,
        ..bench
    }
}

const ALL: [(&str, &str); 3] = [
    ("create_video", "CreateUploadVideo"),
    ("refresh_video", "RefreshUploadVideo"),
    ("create_image", "CreateUploadImage"),
];

#[tokio::test]
async fn one_address_of_a_service_can_do_everything() {
    let bench = served(&[("*", "{Action}")], &[]).await;
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Unknown, "it cannot be asked");
    journey(&bench, 64).await;
}

#[tokio::test]
async fn an_own_service_gives_credentials_and_renews_them() {
    for more in [
        &[][..],
        &[("service.method", "POST")],
        &[
            ("service.method", "POST"),
            (
                "service.create_video.body",
                r#"{"Title":"{Title}","FileName":"{FileName}","Tags":"{Tags}"}"#,
            ),
        ],
    ] {
        let bench = served(&ALL, more).await;
        bench
            .platform
            .fault(Fault::CredentialExpired.on(On::ListParts));
        let whole = noise(2 * MIB + 9, 62);
        let mut draft = draft(&whole);
        draft.cover = Some(cover(noise(500, 63)));
        let opened = bench.open(&draft).await.unwrap();
        let (landed, error) = bench.send(&opened, &whole, &[]).await;
        assert!(error.is_none(), "{error:?}");
        let step = bench.commit(&draft, opened.ticket, &landed).await.unwrap();
        assert!(
            matches!(step, Step::Published(_)),
            "it cannot be asked how it goes"
        );
        let seen = bench.platform.inspect();
        published_once(&seen, &whole);
        assert_eq!(seen.videos()[0].renewals, 1);
        assert_eq!(seen.videos()[0].params["Title"], "夏日 Vlog*~1");
        assert_eq!(
            bench.count(On::CreateUploadVideo),
            0,
            "nothing but the service was called"
        );
        let health = bench.adapter.check(&bench.session).await.unwrap();
        assert_eq!(
            health.state,
            HealthState::Unknown,
            "it cannot be checked without making a record"
        );
    }
}

#[tokio::test]
async fn an_own_services_own_names_are_found_by_paths() {
    let paths = [
        (
            "create_video",
            "wrapped/CreateUploadVideo?Title={Title}&FileName={FileName}",
        ),
        (
            "refresh_video",
            "wrapped/RefreshUploadVideo?VideoId={VideoId}",
        ),
    ];
    let settings = [
        ("service.path.video_id", "payload.video.id"),
        ("service.path.upload_address", "payload.where"),
        ("service.path.upload_auth", "payload.how"),
    ];
    journey(&served(&paths, &settings).await, 64).await;
    let bench = served(&paths, &settings[..1]).await;
    let error = bench.open(&draft(&noise(10, 1))).await.unwrap_err();
    assert_eq!(error.cause.code, "aliyun_vod_answer_incomplete");
    assert_eq!(error.cause.params["field"], "UploadAddress");
}

#[tokio::test]
async fn an_own_service_may_give_temporary_keys_instead() {
    let bench = served(&[("sts_token", "CreateSecurityToken")], &[]).await;
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Ready);
    journey(&bench, 65).await;
    assert_eq!(bench.count(On::Service), 1, "one key for all calls");
    bench
        .platform
        .fault(Fault::TokenExpired.on(On::GetCategories));
    bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(bench.count(On::Service), 2);
}

#[tokio::test]
async fn an_own_service_that_refuses_or_fails_says_so() {
    let bench = served(&ALL, &[]).await;
    bench.secrets.put("service.token", "Bearer wrong");
    let error = bench.open(&draft(&noise(10, 1))).await.unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::SignedOut, "aliyun_vod_service_sign_in")
    );
    let bench = served(&ALL, &[]).await;
    bench.platform.fault(Fault::error(502, "x").on(On::Service));
    let error = bench.open(&draft(&noise(10, 1))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ServerFault);
    let mut bad = draft(&noise(10, 1));
    bad.file_name = "clip.txt".into();
    let error = bench.open(&bad).await.unwrap_err();
    assert_eq!(
        error.cause.code, "aliyun_vod_file_type",
        "the platform's refusals come through"
    );
    let bench = served(&ALL[..1], &[]).await;
    let mut covered = draft(&noise(10, 1));
    covered.cover = Some(cover(noise(10, 2)));
    let error = bench.open(&covered).await.unwrap_err();
    assert_eq!(error.cause.code, "setting_missing");
    assert_eq!(error.cause.params["setting"], "service.create_image.url");
}

#[tokio::test]
async fn a_wrong_or_disabled_key_asks_for_a_sign_in() {
    let bench = Bench::with(&[("access_key_id", "LTAI-NOBODY")]).await;
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(
        (health.state, health.cause.unwrap().code.as_str()),
        (HealthState::SignedOut, "aliyun_vod_key_wrong")
    );
    let bench = Bench::new().await;
    bench.platform.set_key_active(false);
    let error = bench.open(&draft(&noise(10, 1))).await.unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::SignedOut, "aliyun_vod_key_wrong")
    );
    for signature in ["acs3", "v1"] {
        let bench = Bench::with(&[("api_signature", signature)]).await;
        bench.secrets.put("access_key_secret", "wrong");
        let health = bench.adapter.check(&bench.session).await.unwrap();
        assert_eq!(
            (health.state, health.cause.unwrap().code.as_str()),
            (HealthState::SignedOut, "aliyun_vod_secret_wrong")
        );
    }
    let bench = Bench::with(&[("access_key_id", "")]).await;
    let error = bench.open(&draft(&noise(10, 1))).await.unwrap_err();
    assert_eq!(error.cause.code, "setting_missing");
}

#[tokio::test]
async fn every_limit_holds_at_its_edge() {
    let bench = Bench::new().await;
    let open = async |change: &dyn Fn(&mut Draft)| {
        let mut draft = draft(&noise(10, 1));
        change(&mut draft);
        let opened = bench.open(&draft).await;
        opened.err().map(|error| (error.kind, error.cause.code))
    };
    let field = |draft: &mut Draft, name: &str, value: String| {
        draft.fields.insert(name.into(), value);
    };
    let refused = |code: &str| Some((ErrorKind::Refused, code.to_owned()));
    let tags = |count: usize| {
        (0..count)
            .map(|n| n.to_string())
            .collect::<Vec<_>>()
            .join(",")
    };
    assert_eq!(open(&|d| field(d, "Title", "夏".repeat(127))).await, None);
    assert_eq!(open(&|d| field(d, "Title", "夏".repeat(128))).await, None);
    assert_eq!(
        open(&|d| field(d, "Title", "夏".repeat(129))).await,
        refused("aliyun_vod_text_too_long")
    );
    assert_eq!(
        open(&|d| field(d, "Description", "夏".repeat(1024))).await,
        None
    );
    assert_eq!(
        open(&|d| field(d, "Description", "夏".repeat(1025))).await,
        refused("aliyun_vod_text_too_long")
    );
    assert_eq!(open(&|d| field(d, "Tags", tags(16))).await, None);
    assert_eq!(
        open(&|d| field(d, "Tags", tags(17))).await,
        refused("aliyun_vod_tags_too_many")
    );
    assert_eq!(
        open(&|d| field(d, "Title", "fun 😀".into())).await,
        refused("aliyun_vod_characters")
    );
    assert_eq!(
        open(&|d| d.file_name = "a.txt".into()).await,
        refused("aliyun_vod_file_type")
    );
    assert_eq!(open(&|d| d.file_name = "A.MP4".into()).await, None);
    assert_eq!(
        open(&|d| field(d, "TemplateGroupId", "none".into())).await,
        refused("aliyun_vod_template_unknown")
    );
    assert_eq!(
        open(&|d| field(d, "StorageLocation", "none".into())).await,
        refused("aliyun_vod_storage_unknown")
    );
    assert_eq!(
        open(&|d| field(d, "ReferenceId", "short".into())).await,
        refused("aliyun_vod_request_refused")
    );
    let spec = bench.adapter.spec();
    let check = |name: &str, value: &str| {
        let field = spec.fields.iter().find(|field| field.name == name).unwrap();
        field
            .check(Some(value), &Fields::new())
            .map(|cause| cause.code)
    };
    assert_eq!(check("Title", &"夏".repeat(128)), None);
    assert_eq!(
        check("Title", &"夏".repeat(129)).as_deref(),
        Some("field_too_long")
    );
    assert_eq!(check("Extend", &"x".repeat(512)), None);
    assert_eq!(
        check("Extend", &"x".repeat(513)).as_deref(),
        Some("field_too_many_bytes")
    );
    let notes = |name: &str, value: &str| {
        let fields = [(name.to_owned(), value.to_owned())].into();
        let found = bench.adapter.notes(&bench.session, &fields, "a.mp4");
        found
            .into_iter()
            .map(|note| (note.severity, note.cause.code))
            .collect::<Vec<_>>()
    };
    assert_eq!(check("Tags", &tags(16)), None);
    assert_eq!(check("Tags", &tags(17)).as_deref(), Some("tags_too_many"));
    for text in [
        "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n",
        "1\n00:00:00,000 --> 00:00:01,000\nHello\n",
    ] {
        assert_eq!(notes("Subtitle", text), []);
    }
    assert_eq!(
        notes("Subtitle", "/home/me/words.srt"),
        [(Severity::Red, "aliyun_vod_subtitle_unreadable".to_owned())]
    );
    assert_eq!(check("Tags", &"x".repeat(32)), None);
    assert_eq!(
        check("Tags", &"x".repeat(33)).as_deref(),
        Some("tag_too_long")
    );
    assert_eq!(check("Title", "夏日🌊").as_deref(), Some("field_character"));
    assert_eq!(notes("Title", &"x".repeat(128)), []);
    assert_eq!(
        notes("Title", &"夏".repeat(43)),
        [(Severity::Amber, "aliyun_vod_title_in_bytes".to_owned())]
    );
}

#[test]
fn files_up_to_48_tib_are_planned_within_the_storages_bounds() {
    let limits = Adapter::default().spec().limits.clone();
    assert_eq!(
        limits.file_max_bytes,
        u64::from(limits.parts_max) * limits.part_max_bytes
    );
    for bytes in [
        limits.part_bytes + 1,
        200 << 30,
        limits.part_bytes * 10_000,
        limits.part_bytes * 10_000 + 1,
        1 << 40,
        48_800_000_000_000,
        limits.file_max_bytes - 1,
        limits.file_max_bytes,
    ] {
        for wished in [
            None,
            Some(limits.part_min_bytes),
            Some(limits.part_max_bytes),
        ] {
            let cuts = Cuts::plan(bytes, &limits, wished, limits.parts_at_once);
            assert!(cuts.is_sound() && cuts.total_bytes() == bytes);
            assert!(
                cuts.len() <= limits.parts_max,
                "{} parts of {bytes}",
                cuts.len()
            );
            let last = cuts.len();
            for span in cuts.spans() {
                let fits = span.len_bytes <= limits.part_max_bytes
                    && (span.number == last || span.len_bytes >= limits.part_min_bytes);
                assert!(fits, "{bytes}: {span:?}");
            }
        }
    }
}

#[tokio::test]
async fn acceleration_goes_by_its_own_address_and_says_when_it_is_off() {
    let settings = [
        ("accelerate", "1"),
        ("accelerate_domain", "https://oss-accelerate.aliyuncs.com"),
    ];
    let bench = Bench::on(&settings, |switches| switches.accelerated = true).await;
    journey(&bench, 66).await;
    let data = &bench.platform.inspect().videos()[0].params["UserData"].clone();
    assert!(
        data.contains(
            r#""AccelerateConfig":{"Domain":"https://oss-accelerate.aliyuncs.com","Type":"oss"}"#
        ),
        "{data}"
    );
    let bench = Bench::with(&settings).await;
    let error = bench.open(&draft(&noise(2 * MIB, 67))).await.unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::Refused, "aliyun_vod_acceleration_off")
    );
}

#[tokio::test]
async fn answers_that_are_none_are_never_taken_for_success() {
    let whole = noise(2 * MIB, 68);
    for call in [
        On::CreateUploadVideo,
        On::Initiate,
        On::ListParts,
        On::Complete,
        On::GetVideoInfo,
    ] {
        for fault in [
            Fault::Html {
                status: 200,
                retry_after_s: None,
                applied: false,
            },
            Fault::Truncated { applied: false },
            Fault::CutAnswer { applied: false },
            Fault::Html {
                status: 503,
                retry_after_s: None,
                applied: false,
            },
        ] {
            let bench = Bench::new().await;
            bench.platform.fault(fault.clone().on(call));
            let ended = async {
                let remote = bench.publish(&draft(&whole), &whole).await?;
                bench.adapter.watch(&bench.session, &remote).await
            };
            let error = ended.await.expect_err("it is noticed");
            assert_eq!(
                error.kind,
                ErrorKind::ServerFault,
                "{call:?} {fault:?}: {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn categories_and_template_groups_to_choose_from_are_the_accounts_own() {
    let bench = Bench::new().await;
    let listed = async |field| {
        let all = bench.adapter.choices(&bench.session, field).await.unwrap();
        all.into_iter()
            .map(|c| (c.value, c.name))
            .collect::<Vec<_>>()
    };
    let named = |value: &str, name: &str| (value.to_owned(), name.to_owned());
    assert_eq!(
        listed("CateId").await,
        [
            named("1001", "travel"),
            named("1004", "travel / islands"),
            named("1002", "news"),
            named("1003", "旅行"),
        ]
    );
    assert_eq!(
        listed("TemplateGroupId").await,
        [
            named("VOD_NO_TRANSCODE", "No transcoding"),
            named("6ae347b0140181ad371d197ebe289326", "Usual"),
        ]
    );
}
