//! Each limit one below, at and one above; and what today still allows.

use super::*;
use slipway_model::preflight::{self, Seen, Severity};

#[tokio::test]
async fn the_largest_file_is_taken_and_one_byte_more_is_not() {
    let bench = Bench::with(&[("limits.file_max_bytes", "2000")]).await;
    bench.platform.switches(|s| s.file_max_bytes = 2000);
    for size in [1, 1999, 2000] {
        let whole = noise(size, 60 + size as u64);
        bench.publish(&draft(&whole), &whole).await.unwrap();
    }
    assert_eq!(bench.posts(), 3);
    let whole = noise(2001, 61);
    let error = bench.open(&draft(&whole)).await.unwrap_err();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::Refused, "file_too_large")
    );
    let error = bench.open(&draft(&Bytes::new())).await.unwrap_err();
    assert_eq!(error.cause.code, "file_empty");
}

#[tokio::test]
async fn a_limit_of_the_services_own_is_refused_in_either_way() {
    for multipart in [true, false] {
        let bench = Bench::new().await;
        bench
            .platform
            .switches(|s| (s.file_max_bytes, s.multipart) = (1000, multipart));
        let whole = noise(1000, 62);
        bench.publish(&draft(&whole), &whole).await.unwrap();
        let whole = noise(1001, 63);
        let error = bench.publish(&draft(&whole), &whole).await.unwrap_err();
        assert_eq!(
            (error.kind, error.cause.code.as_str()),
            (ErrorKind::Refused, "bluesky_too_large"),
            "parts: {multipart}"
        );
        assert!(error.cause.params["message"].contains("1000 bytes"));
    }
}

#[tokio::test]
async fn ten_minutes_are_taken_and_a_millisecond_more_is_not() {
    let bench = Bench::new().await;
    let whole = noise(1000, 64);
    for (ms, code) in [(600_000, None), (600_001, Some("bluesky_too_long"))] {
        let mut draft = draft(&whole);
        draft.picture = draft.picture.map(|picture| Picture {
            duration_ms: Some(ms),
            ..picture
        });
        let opened = bench.open(&draft).await.map_err(|error| error.cause.code);
        assert_eq!(opened.err().as_deref(), code);
    }
}

#[tokio::test]
async fn a_spent_quota_waits_and_is_looked_at_again() {
    let whole = noise(1000, 65);
    let bench = Bench::with(&[("quota_recheck_min", "30")]).await;
    bench
        .platform
        .person(0, |person| person.remaining_bytes = 1000);
    bench.publish(&draft(&whole), &whole).await.unwrap();
    let other = noise(1000, 66);
    let before = now_ms();
    let error = bench.open(&draft(&other)).await.unwrap_err();
    let ErrorKind::Quota { until_ms } = error.kind else {
        panic!("{error:?}");
    };
    assert!(
        (29 * 60_000..=31 * 60_000).contains(&(until_ms - before)),
        "{until_ms}"
    );
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(
        health.state,
        HealthState::Ready,
        "a spent quota is no trouble of the account's"
    );
    assert_eq!(health.cause.unwrap().code, "bluesky_daily_quota");
    bench
        .platform
        .person(0, |person| person.remaining_bytes = 1000);
    bench.publish(&draft(&other), &other).await.unwrap();
    assert_eq!(bench.posts(), 2);
}

#[tokio::test]
async fn a_quota_that_ends_between_the_look_and_the_start_waits_too() {
    for multipart in [true, false] {
        let bench = Bench::new().await;
        bench.platform.switches(|s| s.multipart = multipart);
        bench.platform.fault(Trouble::QuotaGone);
        let whole = noise(1000, 67);
        let error = bench.send_all(&draft(&whole), &whole).await.unwrap_err();
        assert!(
            matches!(error.kind, ErrorKind::Quota { .. }),
            "parts: {multipart}, {error:?}"
        );
    }
}

#[tokio::test]
async fn a_refusal_of_the_account_is_told_before_the_first_byte() {
    for (error, message, code) in [
        (
            "forbidden",
            "User is not allowed to upload videos",
            "bluesky_may_not_upload",
        ),
        (
            "too_new",
            "Account is not old enough to upload videos",
            "bluesky_may_not_upload",
        ),
        ("strange", "Something else", "bluesky_may_not_upload"),
    ] {
        let bench = Bench::new().await;
        bench.platform.person(0, |person| {
            person.refusal = Some((error.into(), message.into()));
        });
        let whole = noise(1000, 68);
        let refused = bench.open(&draft(&whole)).await.unwrap_err();
        assert_eq!(
            (refused.kind, refused.cause.code.as_str()),
            (ErrorKind::Refused, code),
            "{message}"
        );
        assert_eq!(bench.platform.bytes_received(), 0);
        let health = bench.adapter.check(&bench.session).await.unwrap();
        assert_eq!(health.state, HealthState::Troubled);
    }
    let bench = Bench::new().await;
    bench.platform.confirm_email(0, false);
    let whole = noise(1000, 69);
    let refused = bench.open(&draft(&whole)).await.unwrap_err();
    assert_eq!(refused.cause.code, "bluesky_unconfirmed_email");
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.cause.unwrap().code, "bluesky_unconfirmed_email");
}

#[tokio::test]
async fn too_many_open_uploads_wait_for_one_to_end() {
    let bench = Bench::new().await;
    bench.platform.switches(|s| s.open_uploads_max = 1);
    let whole = noise(1000, 70);
    let first = bench.open(&draft(&whole)).await.unwrap();
    let error = bench.open(&draft(&whole)).await.unwrap_err();
    assert!(
        matches!(error.kind, ErrorKind::RateLimited { .. }),
        "{error:?}"
    );
    assert_eq!(error.cause.code, "bluesky_too_many_open");
    bench
        .adapter
        .abort(&bench.session, &first.ticket)
        .await
        .unwrap();
    bench.open(&draft(&whole)).await.unwrap();
}

#[tokio::test]
async fn a_type_of_file_that_is_not_taken_is_told_before_anything_is_asked() {
    let bench = Bench::new().await;
    let whole = noise(1000, 71);
    for name in ["a.mkv", "noending", "a.avi"] {
        let mut draft = draft(&whole);
        draft.file_name = name.into();
        let error = bench.open(&draft).await.unwrap_err();
        assert_eq!(error.cause.code, "bluesky_file_type", "{name}");
    }
    for (name, mime) in [
        ("a.mov", "video/quicktime"),
        ("a.WebM", "video/webm"),
        ("a.gif", "image/gif"),
        ("a.mpeg", "video/mpeg"),
    ] {
        let mut draft = draft(&whole);
        draft.file_name = name.into();
        bench.open(&draft).await.unwrap();
        assert_eq!(bench.platform.inspect().uploads.last().unwrap().mime, mime);
        let ticket = bench.open(&draft).await;
        if let Ok(opened) = ticket {
            bench
                .adapter
                .abort(&bench.session, &opened.ticket)
                .await
                .unwrap();
        }
        bench.platform.switches(|s| s.open_uploads_max += 2);
    }
}

#[test]
fn a_text_may_have_300_characters_as_a_reader_counts_them() {
    let spec = Adapter::default().spec;
    let seen = Seen {
        file_name: "a.mp4",
        size_bytes: Some(5),
        media: None,
        cover: None,
        now_ms: 0,
    };
    let family = "👩‍👩‍👧";
    for (count, red) in [(299, 0), (300, 0), (301, 1)] {
        let text = if count == 299 {
            family.repeat(10) + &"é".repeat(289)
        } else {
            "é".repeat(count)
        };
        let fields = [("bluesky.text".to_owned(), text)].into();
        let found = preflight::check(&spec, &fields, &seen);
        let reds = found
            .iter()
            .filter(|finding| finding.severity == Severity::Red)
            .count();
        assert_eq!(reds, red, "{count}: {found:?}");
    }
}
