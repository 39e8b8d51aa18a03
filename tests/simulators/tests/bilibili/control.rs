use serde_json::{Value, json};
use slipway_simulators::bilibili::{Fault, Inspection, Rule, Simulator};

use crate::client::{Client, Request, fields, sha256};

async fn control(
    simulator: &Simulator,
    method: &'static str,
    path: &str,
    body: impl ToString,
) -> Value {
    let answer = Request::new(method, format!("/__sim/{path}"))
        .body(body.to_string())
        .send(simulator.address())
        .await
        .unwrap();
    assert_eq!(
        answer.status,
        200,
        "{path}: {:?}",
        String::from_utf8_lossy(&answer.body)
    );
    answer.json()
}

#[tokio::test]
async fn another_process_can_do_what_a_test_can() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    let told = control(&simulator, "GET", "credentials", "").await;
    assert_eq!(
        told["users"][1]["access_token"],
        simulator.user(1).access_token
    );

    control(
        &simulator,
        "POST",
        "fault",
        json!({ "fault": "business", "code": 4010, "call": "types" }),
    )
    .await;
    assert_eq!(client.get("archive/type/list").await.code(), 4010);
    assert_eq!(client.get("archive/type/list").await.code(), 0);
    let faults = control(&simulator, "GET", "fault", "").await;
    assert_eq!(
        (&faults[0]["struck"], &faults[0]["rule"]["fault"]),
        (&json!(1), &json!("business"))
    );
    control(&simulator, "DELETE", "fault", "").await;
    assert_eq!(control(&simulator, "GET", "fault", "").await, json!([]));

    let token = client.uploaded().await;
    client.add(&token, &fields("seen")).await;
    let seen: Inspection =
        serde_json::from_value(control(&simulator, "GET", "inspect", "").await).unwrap();
    let file = seen.manuscripts[0].file.clone().unwrap();
    assert_eq!(file.sha256, sha256(&std::fs::read(&file.path).unwrap()));
    assert_eq!(seen.manuscripts[0].fields["title"], "seen");

    let before = simulator.clock().now_s();
    control(&simulator, "POST", "clock", json!({ "advance_s": 3600 })).await;
    assert!(simulator.clock().now_s() >= before + 3600);

    control(
        &simulator,
        "POST",
        "profile",
        json!({ "profile": "strict", "switches": { "etag": false } }),
    )
    .await;
    let switches = control(&simulator, "GET", "profile", "").await;
    assert_eq!(
        (&switches["etag"], &switches["title_max"]),
        (&json!(false), &json!(79))
    );

    control(
        &simulator,
        "POST",
        "user",
        json!({ "user": 0, "listed": false }),
    )
    .await;
    assert_eq!(client.get("archive/type/list").await.code_of(), 127_305);
}

#[tokio::test]
async fn a_reset_forgets_what_was_done_and_keeps_who_may() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    let old = client.uploaded().await;
    client.add(&old, &fields("t")).await;
    simulator.revoke(0);
    control(&simulator, "POST", "reset", "").await;
    let seen = simulator.glance();
    assert_eq!(
        (
            seen.uploads.len(),
            seen.manuscripts.len(),
            seen.received.total
        ),
        (0, 0, 0)
    );
    assert_eq!(client.send_part(&old, 1, b"late").await.code(), 127_022);
    client.published("t").await;
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_a_reason() {
    let simulator = Simulator::builder().start().await;
    for (path, body) in [
        ("fault", r#"{"fault":"nonsense","call":"part"}"#),
        ("profile", r#"{"switches":{"nonsense":1}}"#),
        ("clock", r#"{"advance_years":1}"#),
        ("user", r#"{"user":7}"#),
    ] {
        let answer = Request::new("POST", format!("/__sim/{path}"))
            .body(body)
            .send(simulator.address())
            .await
            .unwrap();
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.json()["error"].is_string());
    }
}

#[tokio::test]
async fn the_catalogue_can_be_fetched_and_sent_back() {
    let simulator = Simulator::builder().start().await;
    let catalogue = control(&simulator, "GET", "fault/catalogue", "").await;
    let rules: Vec<Rule> = catalogue
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| serde_json::from_value(entry["rule"].clone()).unwrap())
        .collect();
    assert_eq!(
        rules,
        Fault::catalogue()
            .into_iter()
            .map(|(_, rule)| rule)
            .collect::<Vec<_>>()
    );
    control(
        &simulator,
        "POST",
        "fault",
        serde_json::to_string(&rules).unwrap(),
    )
    .await;
    assert_eq!(simulator.glance().faults.len(), rules.len());
}

#[tokio::test]
async fn the_same_seed_gives_the_same_credentials_and_tokens() {
    let (one, two) = (
        Simulator::builder().seed(5).start().await,
        Simulator::builder().seed(5).start().await,
    );
    assert_eq!(one.credentials(), two.credentials());
    assert_eq!(
        Client::of(&one).init("0").await,
        Client::of(&two).init("0").await
    );
    let other = Simulator::builder().seed(6).start().await;
    assert_ne!(one.access_token(), other.access_token());
}
