//! Uploads that are stopped, cancelled or refused.

use crate::stay::{Stay, works};
use slipway_api::wire::UploadSet;
use slipway_model::PhaseName;
use slipway_sites::REFUSED;
use slipway_tests::house::eventually;

pub(crate) async fn an_interrupted_upload_goes_on_from_what_is_held(platform: &str) {
    let stay = Stay::at(platform).await;
    let (file, len) = stay.video(6);
    stay.slowly().await;
    let id = stay.add(&file, "sea").await;
    stay.until_held(id).await;
    let stay = stay.restart().await;
    stay.house.until_phase(id, PhaseName::Published).await;
    assert_eq!(stay.site.works().await, works(&[("sea", len)]));
    assert_eq!(stay.site.publications().await, 1);
    let again = stay.site.wasted();
    let most = stay.site.in_flight_most() + stay.site.part_bytes();
    assert!(again <= most, "{again} bytes were sent in vain, not {most}");
    assert_eq!(stay.site.left_behind(), 0);
    stay.house.api.close().await;
}

pub(crate) async fn a_cancelled_upload_sends_no_more_and_gives_its_place_back(platform: &str) {
    let stay = Stay::at(platform).await;
    let (long, long_len) = stay.video(12);
    let (short, short_len) = stay.video(1);
    stay.slowly().await;
    let id = stay.add(&long, "cancelled").await;
    stay.until_held(id).await;
    let set = UploadSet {
        ids: vec![id],
        all: false,
    };
    stay.house.api.uploads_cancel(set).await.unwrap();
    // Whatever ran on would have all the time it needs.
    stay.cap(None).await;
    let next = stay.add(&short, "next").await;
    stay.house.until_phase(next, PhaseName::Published).await;
    assert_eq!(stay.site.works().await, works(&[("next", short_len)]));
    assert!(
        stay.site.received() < (long_len + short_len) as u64,
        "a cancelled upload went on to the end"
    );
    match stay.site.places() {
        Ok(_) => {
            let site = &stay.site;
            eventually("the place is given back", || site.places() == Ok(0)).await;
        }
        Err(why) => assert!(!why.is_empty(), "a place is kept without a reason"),
    }
    stay.house.api.close().await;
}

pub(crate) async fn a_video_that_the_platform_fails_at_fails_with_its_words(platform: &str) {
    let stay = Stay::at(platform).await;
    stay.site.refuse();
    let file = stay.house.video(&format!("{REFUSED} sea.mp4"), 123_456);
    let id = stay.add(&file, &format!("{REFUSED} sea")).await;
    let row = stay.house.until(id, "a refusal", |row| {
        assert_ne!(row.live.phase, PhaseName::Published);
        row.live.phase == PhaseName::Failed
    });
    let cause = row.await.live.cause.unwrap();
    let words = stay.site.refusal();
    let told = cause.params.values().any(|value| value.contains(words));
    assert!(
        told || cause.detail.contains(words),
        "'{words}' is not in {cause:?}"
    );
    stay.house.api.close().await;
}
