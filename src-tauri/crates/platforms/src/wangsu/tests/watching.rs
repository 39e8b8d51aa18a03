//! How a video stands after it was stored.

use super::*;

async fn published(bench: &Bench, name: &str) -> Remote {
    let whole = noise(1000, 1);
    let draft = testing::draft(name, &whole, &[]);
    bench.journey(&draft, &whole).await.unwrap()
}

async fn look(bench: &Bench, remote: &Remote) -> Review {
    bench.adapter.watch(&bench.session, remote).await.unwrap()
}

async fn later(minutes: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_mins(minutes)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn transcoding_is_followed_to_its_end() {
    for (name, cause) in [
        ("a.mp4", None),
        ("[transcode-fail].mp4", Some("wangsu_transcode_failed")),
        ("[masked].mp4", Some("wangsu_masked")),
    ] {
        let bench = Bench::new().await;
        bench.platform.switches(|s| s.transcode_ms = 60_000);
        let remote = published(&bench, name).await;
        if name == "a.mp4" {
            let Review::Pending(pending) = look(&bench, &remote).await else {
                panic!("it is being transcoded");
            };
            assert_eq!(pending.words.as_deref(), Some("transcodeState 3"));
        }
        bench.platform.clock().advance(Duration::from_mins(2));
        match (look(&bench, &remote).await, cause) {
            (Review::Published(open), None) => assert!(open.url.is_some()),
            (Review::Refused(found), Some(cause)) => {
                assert_eq!(found.code, cause);
                assert_eq!(found.params["video"], remote.id);
            }
            (review, _) => panic!("{name}: {review:?}"),
        }
    }
}

#[tokio::test]
async fn a_video_without_a_template_is_done_when_it_stays_as_it_is() {
    let bench = Bench::new().await;
    let remote = published(&bench, "[untranscoded].mp4").await;
    assert!(matches!(look(&bench, &remote).await, Review::Pending(_)));
    later(9).await;
    assert!(matches!(look(&bench, &remote).await, Review::Pending(_)));
    later(1).await;
    assert!(matches!(look(&bench, &remote).await, Review::Published(_)));
    let bench = Bench::with(&[("untranscoded_after_minutes", "0")]).await;
    let remote = published(&bench, "[untranscoded].mp4").await;
    assert!(matches!(look(&bench, &remote).await, Review::Published(_)));
}

#[tokio::test]
async fn a_video_that_is_not_listed_yet_is_pending_and_one_that_never_is_is_refused() {
    let bench = Bench::new().await;
    bench
        .platform
        .switches(|s| s.list_delay_ms = u64::MAX / 1_000_000);
    let remote = published(&bench, "clip.mp4").await;
    assert_eq!(look(&bench, &remote).await, Review::Pending(remote.clone()));
    later(61).await;
    let Review::Refused(cause) = look(&bench, &remote).await else {
        panic!("an hour is over");
    };
    assert_eq!(cause.code, "wangsu_not_listed");
}

#[tokio::test]
async fn a_video_that_was_seen_and_is_no_more_is_gone() {
    let bench = Bench::new().await;
    let remote = published(&bench, "[stuck].mp4").await;
    assert!(matches!(look(&bench, &remote).await, Review::Pending(_)));
    bench.platform.reset();
    let Review::Refused(cause) = look(&bench, &remote).await else {
        panic!("it is gone");
    };
    assert_eq!(cause.code, "wangsu_video_gone");
}

#[tokio::test]
async fn a_look_that_fails_says_nothing_of_the_video() {
    let bench = Bench::new().await;
    let remote = published(&bench, "clip.mp4").await;
    for fault in [code(300), code(900), gateway(502, None)] {
        bench.platform.fault(fault.on(On::GetVideoList));
        let failed = bench.adapter.watch(&bench.session, &remote).await;
        assert!(is_passing(&failed.unwrap_err().kind));
    }
    assert!(matches!(look(&bench, &remote).await, Review::Published(_)));
}
