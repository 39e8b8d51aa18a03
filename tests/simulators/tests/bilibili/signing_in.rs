use std::time::Duration;

use serde_json::Value;
use slipway_simulators::bilibili::{Call, Consent, Fault, Profile, Simulator};

use crate::client::{Answer, Client, Request};

const DAY: Duration = Duration::from_hours(24);

async fn consent(simulator: &Simulator, back: &str) -> Answer {
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", simulator.client_id())
        .append_pair("gourl", back)
        .append_pair("state", "s t")
        .finish();
    Request::new("GET", format!("/pc/account-pc/auth/oauth?{query}"))
        .send(simulator.address())
        .await
        .unwrap()
}

/// The parameters of the address a browser is sent back to.
fn sent_back(answer: &Answer) -> Vec<(String, String)> {
    let target: url::Url = answer.header("location").unwrap().parse().unwrap();
    target.query_pairs().into_owned().collect()
}

fn exchange(simulator: &Simulator, call: &str, grant: (&str, &str), key: &str) -> String {
    url::form_urlencoded::Serializer::new(format!("/x/account-oauth2/v1/{call}?"))
        .append_pair("client_id", simulator.client_id())
        .append_pair("client_secret", simulator.app_secret())
        .append_pair("grant_type", grant.0)
        .append_pair(grant.1, key)
        .finish()
}

async fn refresh(simulator: &Simulator, token: &str) -> Answer {
    let path = exchange(
        simulator,
        "refresh_token",
        ("refresh_token", "refresh_token"),
        token,
    );
    Request::new("POST", path.replace("?&", "?"))
        .send(simulator.address())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_code_buys_tokens_once_from_the_query_and_from_a_form() {
    let simulator = Simulator::builder().start().await;
    for in_form in [false, true] {
        let back = sent_back(&consent(&simulator, "http://127.0.0.1:7000/done").await);
        assert_eq!(back[0].0, "code");
        assert_eq!(back[1], ("state".into(), "s t".into()));
        let path = exchange(
            &simulator,
            "token",
            ("authorization_code", "code"),
            &back[0].1,
        )
        .replace("?&", "?");
        let request = if in_form {
            let (path, form) = path.split_once('?').unwrap();
            Request::new("POST", path)
                .with("content-type", "application/x-www-form-urlencoded")
                .body(form)
        } else {
            Request::new("POST", path)
        };
        let answer = request.send(simulator.address()).await.unwrap();
        assert_eq!(answer.code(), 0);
        let data = &answer.json()["data"];
        assert_eq!(data["access_token"].as_str().unwrap().len(), 32);
        assert_eq!(data["refresh_token"].as_str().unwrap().len(), 32);
        let expires = data["expires_in"].as_i64().unwrap();
        assert!(
            expires > simulator.clock().now_s(),
            "a moment, not a duration"
        );
        assert_eq!(
            request.send(simulator.address()).await.unwrap().code(),
            122_002
        );
        let mut client = Client::of(&simulator);
        client.of.access_token = data["access_token"].as_str().unwrap().into();
        assert_eq!(
            client.get("user/account/info").await.json()["data"]["openid"],
            simulator.openid()
        );
    }
}

#[tokio::test]
async fn consent_refuses_asks_and_knows_its_callbacks() {
    let simulator = Simulator::builder()
        .callbacks(["landing.example"])
        .start()
        .await;
    let strange = consent(&simulator, "https://elsewhere.example/x").await;
    assert_eq!((strange.status, strange.header("location")), (200, None));
    simulator.consent(Consent::Refuse, 0);
    let back = sent_back(&consent(&simulator, "https://landing.example/x?y=1").await);
    assert_eq!(
        back,
        [
            ("y".into(), "1".into()),
            ("state".to_owned(), "s t".to_owned())
        ]
    );
    simulator.consent(Consent::Ask, 0);
    let page =
        String::from_utf8(consent(&simulator, "https://landing.example/x").await.body).unwrap();
    let yes = page
        .split("href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&");
    let agreed = Request::new("GET", yes)
        .send(simulator.address())
        .await
        .unwrap();
    assert_eq!(sent_back(&agreed)[0].0, "code");
    simulator.profile(Profile::Strict);
    let loopback = consent(&simulator, "http://localhost:9/x").await;
    assert_eq!(
        loopback.header("location"),
        None,
        "strict knows no loopback"
    );
}

#[tokio::test]
async fn a_refresh_token_works_once_and_its_reuse_is_recorded() {
    let simulator = Simulator::builder().start().await;
    let first = refresh(&simulator, simulator.refresh_token()).await.json();
    assert_eq!(first["code"], 0);
    assert_eq!(
        refresh(&simulator, simulator.refresh_token()).await.code(),
        122_007
    );
    assert_eq!(simulator.glance().refresh_reuses, 1);
    let next = first["data"]["refresh_token"].as_str().unwrap();
    assert_eq!(refresh(&simulator, next).await.code(), 0);
}

#[tokio::test]
async fn wrong_credentials_have_codes_of_their_own() {
    let simulator = Simulator::builder().start().await;
    let path = exchange(
        &simulator,
        "refresh_token",
        ("refresh_token", "refresh_token"),
        simulator.refresh_token(),
    )
    .replace("?&", "?");
    let (id, secret) = (simulator.client_id(), simulator.app_secret());
    let (other, other_secret) = simulator.other_app();
    let cases = [
        (path.replace(id, "nobody"), 122_000),
        (path.replace(secret, "wrong"), 122_001),
        (
            path.replace(id, &other).replace(secret, &other_secret),
            122_008,
        ),
        (
            path.replace("grant_type=refresh_token", "grant_type=password"),
            4000,
        ),
        (path, 0),
    ];
    for (path, code) in cases {
        let answer = Request::new("POST", path.clone())
            .send(simulator.address())
            .await
            .unwrap();
        assert_eq!(answer.code(), code, "{path}");
    }
}

#[tokio::test]
async fn tokens_end_by_the_virtual_clock() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    simulator.clock().advance(29 * DAY);
    assert_eq!(client.get("user/account/info").await.code(), 0);
    simulator.clock().advance(2 * DAY);
    assert_eq!(client.get("user/account/info").await.code(), 127_001);
    assert_eq!(
        refresh(&simulator, simulator.refresh_token()).await.code(),
        0
    );
    simulator.clock().advance(61 * DAY);
    assert_eq!(
        refresh(&simulator, simulator.user(1).refresh_token.as_str())
            .await
            .code(),
        122_007
    );
}

#[tokio::test]
async fn a_revoked_user_is_signed_out_until_the_next_consent() {
    let simulator = Simulator::builder().start().await;
    simulator.revoke(0);
    assert_eq!(
        Client::of(&simulator).get("user/account/info").await.code(),
        127_001
    );
    assert_eq!(
        refresh(&simulator, simulator.refresh_token()).await.code(),
        122_007
    );
    assert_eq!(
        Client::user(&simulator, 1)
            .get("user/account/info")
            .await
            .code(),
        0
    );
}

#[tokio::test]
async fn a_sloppy_platform_tells_a_duration_and_no_scopes() {
    let simulator = Simulator::builder().profile(Profile::Sloppy).start().await;
    let answer = refresh(&simulator, simulator.refresh_token()).await.json();
    assert_eq!(answer["code"], "0");
    assert_eq!(answer["data"]["expires_in"], 30 * 24 * 3600);
    assert_eq!(answer["data"].get("scopes"), None);
    assert_eq!(answer.get("request_id"), None::<&Value>);
}

#[tokio::test]
async fn a_refresh_whose_answer_is_lost_has_spent_its_token() {
    let simulator = Simulator::builder()
        .fault(Fault::AnswerLost { reset: true }.on(Call::Refresh))
        .start()
        .await;
    let lost = exchange(
        &simulator,
        "refresh_token",
        ("refresh_token", "refresh_token"),
        simulator.refresh_token(),
    );
    let lost = Request::new("POST", lost.replace("?&", "?"));
    assert!(lost.send(simulator.address()).await.is_err());
    assert_eq!(
        refresh(&simulator, simulator.refresh_token()).await.code(),
        122_007
    );
    assert_eq!(
        Client::of(&simulator).get("user/account/info").await.code(),
        0,
        "the access token still stands"
    );
}
