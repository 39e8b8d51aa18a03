//! The adapter on the simulator, driven by hand as the engine drives it.

use super::*;
use crate::{
    SecretStore as _,
    testing::{self, Kept as Keep, Secrets, cover, noise, part, spans},
};
use bytes::Bytes;
use secrecy::SecretString;
use slipway_model::{AccountId, Counted, HealthState};
use slipway_simulators::bilibili::{
    Call as On, Fault, Profile, Review as Pace, Simulator, simulator,
};
use std::sync::Arc;

mod sign_in;
mod submitting;
mod works;

const MIB: usize = 1 << 20;

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

struct Bench {
    platform: Simulator,
    adapter: Adapter,
    session: Session,
    secrets: Arc<Secrets>,
    keeper: Keep,
}

impl Bench {
    async fn new() -> Self {
        Self::with(Profile::Docs, &[]).await
    }

    async fn with(profile: Profile, settings: &[(&str, &str)]) -> Self {
        let platform = simulator()
            .profile(profile)
            .spacing(Duration::ZERO)
            .review(Pace::immediate())
            .start()
            .await;
        Self::on(platform, settings)
    }

    fn on(platform: Simulator, settings: &[(&str, &str)]) -> Self {
        let secrets = Secrets::of(&[
            ("app_secret", platform.app_secret()),
            ("access_token", platform.access_token()),
            ("refresh_token", platform.refresh_token()),
        ]);
        let url = platform.url();
        let mut all = vec![
            ("client_id", platform.client_id()),
            ("part_size", "1048576"),
            ("rate.calls_burst", "1000"),
        ];
        for name in [
            "endpoint.api",
            "endpoint.oauth",
            "endpoint.upload",
            "endpoint.consent",
        ] {
            all.push((name, &url));
        }
        all.retain(|(name, _)| !settings.iter().any(|(own, _)| own == name));
        all.extend_from_slice(settings);
        let session = testing::session(secrets.clone(), &all);
        Self {
            adapter: Adapter::default(),
            session,
            secrets,
            keeper: Keep::default(),
            platform,
        }
    }

    async fn send_all(&self, draft: &Draft, whole: &Bytes) -> Result<Ticket> {
        let opened = self.adapter.open(&self.session, draft, 3).await?;
        for span in spans(&opened.cuts) {
            let part = part(whole, span, self.adapter.digests(&self.session).md5);
            self.adapter
                .send(&self.session, &opened.ticket, part)
                .await?;
        }
        Ok(opened.ticket)
    }

    async fn commit(&self, draft: &Draft, ticket: Ticket) -> Result<Remote> {
        let step = self
            .adapter
            .commit(&self.session, ticket, &[], None, draft, &self.keeper)
            .await?;
        let Step::Accepted(remote) = step else {
            panic!("a review follows");
        };
        Ok(remote)
    }

    /// Commits until it ends, in the engine's place: waits are made to have passed.
    async fn commit_through(&self, draft: &Draft, mut ticket: Ticket) -> Result<Remote> {
        for _ in 0..20 {
            match self.commit(draft, ticket.clone()).await {
                Err(error) if is_passing(&error.kind) => {
                    let last = self.keeper.tickets.lock().last().cloned();
                    ticket = later(&last.unwrap_or(ticket), 61);
                }
                ended => return ended,
            }
        }
        panic!("it does not end");
    }

    fn adds(&self) -> usize {
        self.platform.glance().answers_to(On::Add).count()
    }
    fn works(&self) -> usize {
        self.platform.glance().manuscripts.len()
    }
}

fn is_passing(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Offline
            | ErrorKind::ServerFault
            | ErrorKind::Stalled
            | ErrorKind::Unclear
            | ErrorKind::RateLimited { .. }
    )
}

/// The same ticket, as if its submission had become unclear so many seconds earlier.
fn later(ticket: &Ticket, seconds: i64) -> Ticket {
    let mut kept = Kept::read(ticket).unwrap();
    if let Stage::Submitting(submission) = &mut kept.stage {
        submission.unclear_since_s = submission.unclear_since_s.map(|at| at - seconds);
    }
    kept.ticket()
}

fn stage(ticket: &Ticket) -> Stage {
    Kept::read(ticket).unwrap().stage
}

fn draft(whole: &Bytes) -> Draft {
    let fields = [
        ("title", "海边的一天"),
        ("tid", "21"),
        ("tag", "旅行,海边"),
        ("desc", "周末随手拍。"),
        ("copyright", "1"),
        ("no_reprint", "1"),
    ];
    testing::draft("海边 clip.mp4", whole, &fields)
}

fn picture() -> Bytes {
    let mut png = std::io::Cursor::new(Vec::new());
    let blank = image::RgbImage::new(960, 600);
    blank.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner().into()
}

#[tokio::test]
async fn the_whole_journey_ends_in_one_open_work() {
    let bench = Bench::new().await;
    let whole = noise(3 * MIB + 5, 1);
    let mut draft = draft(&whole);
    draft.cover = Some(cover(picture()));
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(
        (health.state, health.identity.as_deref()),
        (HealthState::Ready, Some("创作者1"))
    );
    assert_eq!(health.credential, Some(Credential::SignIn));
    assert!(health.renews && health.scopes.contains(&SCOPE.to_owned()));
    assert!(health.allowances.is_empty(), "the platform tells of none");

    let opened = bench.adapter.open(&bench.session, &draft, 3).await.unwrap();
    assert_eq!(opened.cuts, Cuts::equal(whole.len() as u64, MIB as u64));
    let held = bench
        .adapter
        .held(&bench.session, &opened.ticket, &opened.cuts)
        .await;
    assert_eq!(held.unwrap(), Held::Unknown);
    let sends = spans(&opened.cuts).into_iter().rev().map(|span| {
        let part = part(&whole, span, false);
        bench.adapter.send(&bench.session, &opened.ticket, part)
    });
    let receipts = futures_util::future::try_join_all(sends).await.unwrap();
    assert!(
        receipts
            .iter()
            .all(|r| r.etag.is_some() && r.crc64.is_some())
    );

    let remote = bench.commit(&draft, opened.ticket).await.unwrap();
    assert_eq!(
        remote.url,
        Some(format!("https://www.bilibili.com/video/{}", remote.id))
    );
    let stages: Vec<Stage> = bench.keeper.tickets.lock().iter().map(stage).collect();
    assert!(
        matches!(
            &stages[..],
            [
                Stage::Merging,
                Stage::Merged,
                Stage::Covered,
                Stage::Submitting(_)
            ]
        ),
        "{stages:?}"
    );
    assert_eq!(bench.keeper.announced.lock().len(), 1);
    let Review::Published(open) = bench.adapter.watch(&bench.session, &remote).await.unwrap()
    else {
        panic!("the review takes no time here");
    };
    assert_eq!(open.words.as_deref(), Some("开放浏览"));

    let seen = bench.platform.inspect().await;
    let work = &seen.manuscripts[0];
    assert_eq!(work.file.as_ref().unwrap().bytes, whole.len() as u64);
    assert_eq!(work.file.as_ref().unwrap().sha256, sha256(&whole));
    assert_eq!(work.cover.as_ref().unwrap().bytes, picture().len() as u64);
    assert_eq!(work.fields["title"], "海边的一天");
    assert_eq!(work.fields["tid"], 21);
    assert_eq!(work.fields["no_reprint"], 1);
    assert_eq!(
        seen.secrets_at_upload_host, 0,
        "no secret goes to the upload host"
    );
    assert_eq!(seen.multipart_at_upload_host + seen.nonce_reuses, 0);
    assert_eq!(seen.received.total, whole.len() as u64);
}

fn sha256(bytes: &[u8]) -> String {
    use md5::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

#[tokio::test]
async fn a_file_of_one_part_goes_the_small_way() {
    let bench = Bench::new().await;
    let whole = noise(1000, 2);
    let draft = draft(&whole);
    let ticket = bench.send_all(&draft, &whole).await.unwrap();
    bench.commit(&draft, ticket).await.unwrap();
    let seen = bench.platform.inspect().await;
    assert_eq!(seen.uploads[0].utype, "1");
    assert_eq!(seen.uploads[0].complete_calls, 0);
    assert_eq!(
        seen.manuscripts[0].file.as_ref().unwrap().sha256,
        sha256(&whole)
    );
}

#[tokio::test]
async fn every_profile_of_the_platform_ends_in_one_work() {
    for profile in [Profile::Docs, Profile::Strict, Profile::Sloppy] {
        let bench = Bench::with(profile, &[]).await;
        let whole = noise(2 * MIB + 1, 3);
        let mut draft = draft(&whole);
        draft.cover = Some(cover(picture()));
        let ticket = bench.send_all(&draft, &whole).await.unwrap();
        let remote = bench.commit(&draft, ticket).await.unwrap();
        let review = bench.adapter.watch(&bench.session, &remote).await.unwrap();
        assert!(
            matches!(review, Review::Published(_)),
            "{profile:?}: {review:?}"
        );
        assert_eq!((bench.works(), bench.adds()), (1, 1), "{profile:?}");
    }
}

#[tokio::test]
async fn a_lost_upload_token_means_everything_again() {
    let bench = Bench::new().await;
    let whole = noise(3 * MIB, 12);
    let draft = draft(&whole);
    bench
        .platform
        .fault(Fault::UploadTokenExpired.on(On::Part).nth(2));
    let error = bench.send_all(&draft, &whole).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TicketLost);
    assert_eq!(error.cause.code, "bilibili_upload_token_lost");
    assert_eq!(error.cause.params["code"], "127022");
    let ticket = bench.send_all(&draft, &whole).await.unwrap();
    bench.commit(&draft, ticket).await.unwrap();
    assert_eq!(bench.works(), 1);
}

#[tokio::test]
async fn a_part_that_the_platform_lost_means_everything_again() {
    let bench = Bench::new().await;
    let whole = noise(3 * MIB, 13);
    let draft = draft(&whole);
    bench.platform.fault(Fault::NotStored.on(On::Part).part(2));
    let ticket = bench.send_all(&draft, &whole).await.unwrap();
    let error = bench.commit(&draft, ticket).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TicketLost);
    assert_eq!(error.cause.code, "bilibili_parts_missing");
}

#[tokio::test]
async fn a_ticket_older_than_tokens_live_is_lost() {
    let bench = Bench::with(Profile::Docs, &[("token_ttl_assumed", "60")]).await;
    let whole = noise(1000, 14);
    let opened = bench
        .adapter
        .open(&bench.session, &draft(&whole), 3)
        .await
        .unwrap();
    let mut kept = Kept::read(&opened.ticket).unwrap();
    kept.opened_at_s -= 61;
    let held = bench
        .adapter
        .held(&bench.session, &kept.ticket(), &opened.cuts)
        .await;
    assert_eq!(held.unwrap_err().kind, ErrorKind::TicketLost);
}

#[tokio::test]
async fn a_clock_that_is_off_is_corrected_by_the_platforms_answer() {
    let bench = Bench::new().await;
    for seconds in [660, -660] {
        bench
            .platform
            .fault(Fault::ClockSkew { seconds }.on(On::Signed));
        let health = bench.adapter.check(&bench.session).await.unwrap();
        assert_eq!(health.state, HealthState::Ready);
    }
    assert_eq!(bench.platform.glance().nonce_reuses, 0);
}

#[tokio::test]
async fn a_part_whose_etag_is_not_its_md5_is_sent_again_when_that_is_wanted() {
    for (verify, fails) in [("fail", true), ("warn", false), ("off", false)] {
        let bench = Bench::with(Profile::Docs, &[("verify_etag", verify)]).await;
        let whole = noise(3 * MIB, 17);
        assert_eq!(bench.adapter.digests(&bench.session).md5, fails);
        bench.platform.fault(Fault::Corrupted.on(On::Part).part(2));
        let sent = bench.send_all(&draft(&whole), &whole).await;
        assert_eq!(sent.is_err(), fails, "{verify}");
        if let Err(error) = sent {
            assert_eq!(error.cause.code, "part_checksum_differs");
            assert_eq!(error.kind, ErrorKind::ServerFault);
        }
        // With `warn` there is something to compare once an ETag was seen.
        assert_eq!(bench.adapter.digests(&bench.session).md5, verify != "off");
    }
}

#[tokio::test]
async fn faults_of_the_line_are_passing() {
    let whole = noise(2 * MIB, 18);
    for fault in [
        Fault::Reset {
            after_bytes: 70_000,
        },
        Fault::AnswerLost { reset: true },
        Fault::EmptyBody { applied: true },
        Fault::TruncatedJson { applied: true },
        Fault::HttpStatus {
            status: 502,
            retry_after_s: None,
            applied: false,
        },
        Fault::DiskFull {
            after_bytes: 70_000,
        },
        Fault::Business {
            code: -500,
            applied: false,
        },
    ] {
        let bench = Bench::new().await;
        bench.platform.fault(fault.clone().on(On::Part));
        let error = bench.send_all(&draft(&whole), &whole).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ServerFault, "{fault:?}: {error:?}");
    }
    let bench = Bench::new().await;
    let busy = Fault::HttpStatus {
        status: 503,
        retry_after_s: Some(7),
        applied: false,
    };
    bench.platform.fault(busy.on(On::Part));
    let error = bench.send_all(&draft(&whole), &whole).await.unwrap_err();
    let wait = Some(Duration::from_secs(7));
    assert_eq!(error.kind, ErrorKind::RateLimited { wait });
}

#[tokio::test]
async fn pushback_is_waited_out_and_doubles() {
    let bench = Bench::new().await;
    let quota = Fault::Business {
        code: 127_306,
        applied: false,
    };
    bench.platform.fault(quota.on(On::Info).times(2));
    for seconds in [60, 120] {
        let error = bench.adapter.check(&bench.session).await.unwrap_err();
        let wait = Some(Duration::from_secs(seconds));
        assert_eq!(error.kind, ErrorKind::RateLimited { wait });
    }
    bench.adapter.check(&bench.session).await.unwrap();
    let quota = Fault::Business {
        code: 127_009,
        applied: false,
    };
    bench.platform.fault(quota.on(On::Info));
    let error = bench.adapter.check(&bench.session).await.unwrap_err();
    let wait = Some(Duration::from_mins(1));
    assert_eq!(
        error.kind,
        ErrorKind::RateLimited { wait },
        "success resets"
    );
}

#[tokio::test]
async fn a_review_is_followed_to_its_end() {
    let platform = simulator().spacing(Duration::ZERO).start().await;
    let bench = Bench::on(platform, &[]);
    let whole = noise(1000, 19);
    for (title, code) in [
        ("[reject] a", Some("bilibili_returned")),
        ("[lock] b", Some("bilibili_locked")),
        ("[transcode-fail] c", Some("bilibili_video_broken")),
        ("d", None),
    ] {
        let mut draft = draft(&whole);
        draft.fields.insert("title".into(), title.into());
        let ticket = bench.send_all(&draft, &whole).await.unwrap();
        let remote = bench.commit(&draft, ticket).await.unwrap();
        let review = bench.adapter.watch(&bench.session, &remote).await.unwrap();
        assert!(matches!(review, Review::Pending(_)), "{title}: {review:?}");
        bench.platform.clock().advance(Duration::from_hours(1));
        match (
            bench.adapter.watch(&bench.session, &remote).await.unwrap(),
            code,
        ) {
            (Review::Published(open), None) => assert_eq!(open.id, remote.id),
            (Review::Refused(cause), Some(code)) => {
                assert_eq!(cause.code, code);
                assert!(
                    !cause.params["message"].is_empty(),
                    "the platform's own words"
                );
            }
            (review, _) => panic!("{title}: {review:?}"),
        }
    }
}

#[tokio::test]
async fn a_work_that_cannot_be_seen_yet_is_pending_and_a_vanished_one_is_gone() {
    let bench = Bench::new().await;
    let whole = noise(1000, 20);
    let mut draft = draft(&whole);
    draft.fields.insert("title".into(), "[stuck]".into());
    bench.platform.fault(Fault::Lag { ms: 60_000 }.on(On::Add));
    let ticket = bench.send_all(&draft, &whole).await.unwrap();
    let remote = bench.commit(&draft, ticket).await.unwrap();
    let review = bench.adapter.watch(&bench.session, &remote).await.unwrap();
    assert!(matches!(review, Review::Pending(_)), "{review:?}");
    bench.platform.clock().advance(Duration::from_mins(2));
    let review = bench.adapter.watch(&bench.session, &remote).await.unwrap();
    assert!(matches!(review, Review::Pending(_)), "{review:?}");
    bench.platform.reset();
    let review = bench.adapter.watch(&bench.session, &remote).await.unwrap();
    let Review::Refused(cause) = review else {
        panic!("{review:?}");
    };
    assert_eq!(cause.code, "bilibili_gone");
}

#[tokio::test]
async fn settings_change_limits_fields_and_notes() {
    let bench = Bench::with(
        Profile::Docs,
        &[
            ("max_parallel_parts", "5"),
            ("part_size", "nonsense"),
            ("limits.file_max_bytes", "1000"),
            ("rate.submit_spacing_s", "45"),
            ("extensions", "MP4, .mkv"),
            ("title_max", "80"),
            ("tags_max", "2"),
        ],
    )
    .await;
    let limits = bench.adapter.limits(&bench.session);
    assert_eq!(limits.parts_at_once, 5);
    assert_eq!(limits.part_bytes, 8 << 20, "nonsense falls back");
    assert_eq!(limits.file_max_bytes, 1000);
    assert_eq!(limits.submit_spacing_s, 45);
    assert_eq!(limits.extensions, ["mp4", "mkv"]);
    let fields = bench.adapter.fields(&bench.session);
    let title = fields.iter().find(|field| field.name == "title").unwrap();
    assert_eq!(title.max.unwrap().count, 80);
    let tag = fields.iter().find(|field| field.name == "tag").unwrap();
    let text = format!("a,b,{}", "长".repeat(21));
    let found = tag.findings(&text, &slipway_model::Fields::new(), 0);
    let codes: Vec<&str> = found.iter().map(|one| one.cause.code.as_str()).collect();
    assert_eq!(codes, ["met_length", "tags_many", "tag_long"]);
}

#[tokio::test]
async fn no_error_of_the_adapter_shows_a_secret() {
    let bench = Bench::with(Profile::Docs, &[("token_params_in", "query")]).await;
    let whole = noise(2 * MIB, 21);
    let draft = draft(&whole);
    let opened = bench.adapter.open(&bench.session, &draft, 3).await.unwrap();
    let upload_token = Kept::read(&opened.ticket).unwrap().upload_token;
    bench.secrets.put("expires_at", "1700000000");
    let mut errors = Vec::new();
    bench.platform.fault(
        Fault::Reset {
            after_bytes: 70_000,
        }
        .on(On::Part),
    );
    let span = spans(&opened.cuts)[0];
    let sent = bench
        .adapter
        .send(&bench.session, &opened.ticket, part(&whole, span, false))
        .await;
    errors.push(sent.unwrap_err());
    let page = Fault::HttpStatus {
        status: 502,
        retry_after_s: None,
        applied: false,
    };
    for call in [On::Refresh, On::Complete, On::Part] {
        bench.platform.fault(page.clone().on(call).times(2));
    }
    errors.push(bench.adapter.check(&bench.session).await.unwrap_err());
    bench.platform.clear_faults();
    bench.adapter.check(&bench.session).await.unwrap();
    bench
        .platform
        .fault(Fault::AnswerLost { reset: true }.on(On::Complete));
    errors.push(bench.commit(&draft, opened.ticket).await.unwrap_err());
    let secrets = [
        upload_token,
        bench.platform.app_secret().to_owned(),
        bench.platform.access_token().to_owned(),
        bench.platform.refresh_token().to_owned(),
        bench.secrets.show("access_token"),
        bench.secrets.show("refresh_token"),
    ];
    for error in errors {
        let shown = format!("{error} {error:?} {}", crate::http::chain(&error));
        for secret in &secrets {
            assert!(!shown.contains(secret.as_str()), "{shown}");
        }
        assert!(!shown.contains("upload_token="), "{shown}");
    }
}
