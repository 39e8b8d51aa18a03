//! To the simulator of Bilibili's open platform.

use crate::house::{House, MIB, map, sha256, video_bytes};
use slipway_api::wire::{AccountChange, Secret};
use slipway_model::{AccountId, PhaseName};
use slipway_simulators::bilibili::{Call, Fault, Review, Simulator, simulator};
use std::{collections::BTreeMap, time::Duration};

pub(crate) async fn start() -> Simulator {
    simulator()
        .users(2)
        .review(Review::immediate())
        .spacing(Duration::ZERO)
        .start()
        .await
}

pub(crate) async fn account(house: &House, simulator: &Simulator) -> AccountId {
    let url = simulator.url();
    let settings = map([
        ("client_id", simulator.client_id()),
        ("endpoint.api", &url),
        ("endpoint.oauth", &url),
        ("endpoint.upload", &url),
        ("part_size", "1048576"),
        ("rate.submit_spacing_s", "0"),
    ]);
    let secrets = [
        ("app_secret", simulator.app_secret()),
        ("access_token", simulator.access_token()),
        ("refresh_token", simulator.refresh_token()),
    ];
    house.account("bilibili", "main", settings, &secrets).await
}

pub(crate) fn fields() -> BTreeMap<String, String> {
    map([
        ("title", "海边的一天"),
        ("tags", "旅行,海边"),
        ("description", "周末随手拍。"),
        ("bilibili.tid", "21"),
        ("bilibili.copyright", "1"),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_is_sent_in_parts_and_published_with_its_fields() {
    let (house, simulator) = (House::new().await, start().await);
    let account = account(&house, &simulator).await;
    let len = 9 * MIB + 123;
    let id = house
        .add(&house.video("sea.mp4", len), account, fields())
        .await;
    let row = house.until_phase(id, PhaseName::Published).await;
    let seen = simulator.inspect().await;
    let [manuscript] = seen.manuscripts.as_slice() else {
        panic!("one manuscript: {:?}", seen.manuscripts)
    };
    let file = manuscript.file.as_ref().unwrap();
    assert_eq!(
        (file.sha256.as_str(), file.bytes),
        (sha256(&video_bytes(len, len as u64)).as_str(), len as u64)
    );
    assert_eq!(row.live.remote.unwrap().id, manuscript.resource_id);
    let wanted = [
        ("title", "海边的一天"),
        ("tag", "旅行,海边"),
        ("desc", "周末随手拍。"),
    ];
    for (name, value) in wanted {
        assert_eq!(manuscript.fields[name], value, "{name}");
    }
    assert_eq!(
        (
            manuscript.fields["tid"].as_i64(),
            manuscript.fields["copyright"].as_i64()
        ),
        (Some(21), Some(1))
    );
    assert_eq!(
        (
            seen.nonce_reuses,
            seen.refresh_reuses,
            seen.secrets_at_upload_host
        ),
        (0, 0, 0)
    );
    assert_eq!(
        seen.received.total, len as u64,
        "not a byte more than the file"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_the_submission_publishes_once() {
    let (house, simulator) = (House::new().await, start().await);
    let account = account(&house, &simulator).await;
    simulator.fault(Fault::AnswerLost { reset: true }.on(Call::Add));
    let id = house
        .add(&house.video("once.mp4", 2 * MIB), account, fields())
        .await;
    let row = house.until_phase(id, PhaseName::Published).await;
    let seen = simulator.inspect().await;
    assert_eq!(
        (seen.manuscripts.len(), seen.uploads[0].add_calls),
        (1, 1),
        "looked up, not sent again"
    );
    assert_eq!(row.live.remote.unwrap().id, seen.manuscripts[0].resource_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quit_while_submitting_publishes_once() {
    let (mut house, simulator) = (House::new().await, start().await);
    let account = account(&house, &simulator).await;
    simulator.fault(
        Fault::Hang {
            ms: 3_000,
            lost: true,
        }
        .on(Call::Add),
    );
    let id = house
        .add(&house.video("quit.mp4", 2 * MIB), account, fields())
        .await;
    simulator
        .until(|seen| seen.uploads.iter().any(|u| u.add_calls == 1))
        .await;
    house = house.restart().await;
    house.until_phase(id, PhaseName::Published).await;
    let seen = simulator.inspect().await;
    assert_eq!(
        seen.manuscripts.len(),
        1,
        "a stop in the middle of a submission must not publish twice"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_upload_token_starts_over_and_publishes_once() {
    let (house, simulator) = (House::new().await, start().await);
    let account = account(&house, &simulator).await;
    simulator.fault(Fault::UploadTokenExpired.on(Call::Part).nth(4));
    let len = 6 * MIB;
    let id = house
        .add(&house.video("forgotten.mp4", len), account, fields())
        .await;
    house.until_phase(id, PhaseName::Published).await;
    let seen = simulator.inspect().await;
    assert_eq!(seen.manuscripts.len(), 1);
    assert_eq!(
        seen.manuscripts[0].file.as_ref().unwrap().sha256,
        sha256(&video_bytes(len, len as u64))
    );
    let row = house.detail(id).await.row;
    assert!(
        row.live.resent_bytes > 0 || seen.received.total > len as u64,
        "bytes sent twice are shown"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_login_holds_its_uploads_until_new_tokens_come() {
    let (house, simulator) = (House::new().await, start().await);
    let account = account(&house, &simulator).await;
    simulator.revoke(0);
    let id = house
        .add(&house.video("later.mp4", 2 * MIB), account, fields())
        .await;
    house
        .until(id, "sign-in", |row| {
            row.live
                .wait
                .as_ref()
                .is_some_and(|w| w.reason() == "sign_in")
        })
        .await;
    assert_eq!(simulator.inspect().await.received.total, 0);
    // Another user of the same app stands for a new sign-in.
    let other = simulator.user(1);
    let secrets = [
        ("access_token", other.access_token.as_str()),
        ("refresh_token", other.refresh_token.as_str()),
    ];
    let secrets = secrets
        .into_iter()
        .map(|(k, v)| (k.to_owned(), Secret(v.to_owned())))
        .collect();
    house
        .api
        .account_set(AccountChange {
            account,
            label: None,
            settings: BTreeMap::new(),
            secrets,
        })
        .await
        .unwrap();
    house.until_phase(id, PhaseName::Published).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_in_the_platforms_words_and_a_new_title_goes_on_from_there() {
    let (house, simulator) = (House::new().await, start().await);
    let account = account(&house, &simulator).await;
    let first = house
        .add(&house.video("a.mp4", MIB), account, fields())
        .await;
    house.until_phase(first, PhaseName::Published).await;
    let second = house
        .add(&house.video("b.mp4", MIB + 1), account, fields())
        .await; // the same title within ten minutes
    let row = house
        .until(second, "a failure", |row| {
            row.live.phase == PhaseName::Failed
        })
        .await;
    assert_eq!(row.live.cause.unwrap().params["code"], "123015");
    let received = simulator.inspect().await.received.total;
    let fields = map([("bilibili.title", "另一个标题")]);
    house
        .api
        .upload_set_fields(slipway_api::wire::UploadFields { id: second, fields })
        .await
        .unwrap();
    house
        .until(second, "published", |row| {
            row.live.phase == PhaseName::Published
        })
        .await;
    let seen = simulator.inspect().await;
    assert_eq!(
        seen.received.total, received,
        "the video had arrived: nothing is sent again"
    );
    assert_eq!(seen.manuscripts.len(), 2);
}
