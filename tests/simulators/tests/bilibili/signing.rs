use slipway_simulators::bilibili::{Call, Fault, Profile, Simulator};

use crate::client::{Client, Request, png};

/// A signed request as the reference prints it, sent as it is.
fn vector(
    simulator: &Simulator,
    request: Request,
    last: u32,
    md5: &str,
    signature: &str,
) -> Request {
    request
        .with("Accept", "application/json")
        .with("Content-Type", "application/json")
        .with("access-token", simulator.access_token())
        .with("x-bili-accesskeyid", "demo0000client01")
        .with("x-bili-content-md5", md5)
        .with("x-bili-signature-method", "HMAC-SHA256")
        .with(
            "x-bili-signature-nonce",
            format!("6f1d2c3b-0000-4000-8000-00000000000{last}"),
        )
        .with("x-bili-signature-version", "2.0")
        .with("x-bili-timestamp", "1760000000")
        .with("Authorization", signature)
}

#[tokio::test]
async fn the_published_vectors_are_let_in() {
    let simulator = Simulator::builder()
        .app("demo0000client01", "demo-secret-not-real-0123456789ab")
        .clock_at(1_760_000_000)
        .start()
        .await;
    let init = Request::new("POST", "/arcopen/fn/archive/video/init")
        .body(r#"{"name":"clip.mp4","utype":"0"}"#);
    let types = Request::new("GET", "/arcopen/fn/archive/type/list");
    let add = Request::new(
        "POST",
        "/arcopen/fn/archive/add-by-utoken?upload_token=none",
    )
    .body(r#"{"title":"第一条测试","tid":21,"tag":"生活,测试","copyright":1}"#);
    let vectors = [
        (
            init,
            "bd8c66fa91a319f189a6b6e7c59e5077",
            "b53da485bfad48cf31da8e076d1165f2c8e84402ac4a01f647b2a335bb4a0742",
            0,
        ),
        (
            types,
            "d41d8cd98f00b204e9800998ecf8427e",
            "869ff906b914253522e7a3370d38e37e7762fa9275ac7fbb18b58d3f440c9eec",
            0,
        ),
        // Past the signature, at the token.
        (
            add,
            "8f5c6fa300ae6858f6ddffc9f25267d1",
            "26997ae07285df59b399800d17aa440c3e70f3824dc21fa60354c94892b70c65",
            127_022,
        ),
    ];
    for (last, (request, md5, signature, code)) in (1..).zip(vectors) {
        let answer = vector(&simulator, request, last, md5, signature)
            .send(simulator.address())
            .await
            .unwrap();
        assert_eq!((answer.status, answer.code()), (200, code), "vector {last}");
    }
}

/// Begins with a request in which everything is wrong, then puts one thing right after the other.
#[tokio::test]
async fn the_checks_are_made_in_the_promised_order() {
    let simulator = Simulator::builder().start().await;
    simulator.change_user(0, |user| {
        user.granted.clear();
        user.listed = false;
    });
    let client = Client::of(&simulator);
    let refused = async |request: &Request| {
        let answer = request.send(simulator.address()).await.unwrap();
        assert_eq!(answer.status, 200, "a refusal is a business answer");
        answer.code()
    };
    let used = client.signed("GET", "archive/type/list", "");
    assert_eq!(refused(&used).await, 127_011);
    let nonce = used
        .headers
        .iter()
        .find(|(n, _)| n == "x-bili-signature-nonce")
        .unwrap()
        .1
        .clone();

    let right = client.signed("GET", "archive/type/list", "");
    let (timestamp, client_id) = (simulator.clock().now_s(), simulator.client_id());
    let mut request = right
        .clone()
        .with("Accept", "text/html")
        .with("Content-Type", "text/plain")
        .without("Authorization")
        .with("x-bili-signature-method", "MD5")
        .with("x-bili-signature-version", "3.0")
        .with("x-bili-timestamp", (timestamp - 660).to_string())
        .with("x-bili-accesskeyid", "nobody")
        .with("x-bili-content-md5", "0")
        .with("x-bili-signature-nonce", &nonce)
        .without("access-token");
    assert_eq!(refused(&request).await, 4009);
    request = request.with("Accept", "application/json");
    assert_eq!(refused(&request).await, 4007);
    request = request.with("Content-Type", "application/json");
    assert_eq!(refused(&request).await, 4000);
    request = request.with("Authorization", "0");
    assert_eq!(refused(&request).await, 4005);
    request = request.with("x-bili-signature-method", "HMAC-SHA256");
    assert_eq!(refused(&request).await, 4006);
    request = request.with("x-bili-signature-version", "2.0");
    assert_eq!(refused(&request).await, 4003);
    request = request.with("x-bili-timestamp", timestamp.to_string());
    assert_eq!(refused(&request).await, 127_004);
    request = request.with("x-bili-accesskeyid", client_id);
    assert_eq!(refused(&request).await, 4008);
    request = request.with("x-bili-content-md5", "d41d8cd98f00b204e9800998ecf8427e");
    assert_eq!(refused(&request).await, 4002);
    request = client.sign(request);
    assert_eq!(refused(&request).await, 4004);
    let anew = |number: u32| {
        client.sign(
            request
                .clone()
                .with("x-bili-signature-nonce", format!("n{number}")),
        )
    };
    assert_eq!(refused(&anew(1)).await, 127_000);
    assert_eq!(refused(&anew(2).with("access-token", "0")).await, 127_001);
    let with_token = |number: u32| anew(number).with("access-token", simulator.access_token());
    assert_eq!(refused(&with_token(3)).await, 127_011);
    simulator.change_user(0, |user| user.granted = ["ARC_BASE".to_owned()].into());
    assert_eq!(refused(&with_token(4)).await, 127_305);
    simulator.change_user(0, |user| user.listed = true);
    simulator.fault(
        Fault::QuotaWindow {
            for_ms: 60_000,
            code: 127_009,
        }
        .on(Call::Types),
    );
    assert_eq!(refused(&with_token(5)).await, 127_009);
    simulator.clock().advance(std::time::Duration::from_mins(1));
    assert_eq!(refused(&with_token(6)).await, 0);
    assert_eq!(simulator.glance().nonce_reuses, 1);
}

#[tokio::test]
async fn a_header_that_is_missing_is_a_parameter_error() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    for name in [
        "x-bili-accesskeyid",
        "x-bili-content-md5",
        "x-bili-signature-method",
        "x-bili-signature-nonce",
        "x-bili-signature-version",
        "x-bili-timestamp",
        "Authorization",
    ] {
        let request = client.signed("GET", "archive/type/list", "").without(name);
        let answer = request.send(simulator.address()).await.unwrap();
        assert_eq!(answer.code(), 4000, "{name}");
    }
}

#[tokio::test]
async fn an_app_without_the_permission_is_told_so_before_its_user() {
    let simulator = Simulator::builder().scopes(["USER_INFO"]).start().await;
    let client = Client::of(&simulator);
    assert_eq!(client.get("archive/type/list").await.code(), 127_007);
    assert_eq!(client.get("user/account/info").await.code(), 0);
}

#[tokio::test]
async fn a_clock_may_be_off_by_ten_minutes_and_no_more() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    // A second of room, since the request takes time.
    for (off, code) in [(-599, 0), (599, 0), (-602, 4003), (602, 4003)] {
        let at = (simulator.clock().now_s() + off).to_string();
        let request = client.sign(
            client
                .signed("GET", "archive/type/list", "")
                .with("x-bili-timestamp", at),
        );
        let answer = request.send(simulator.address()).await.unwrap();
        assert_eq!(answer.code(), code, "{off} s");
    }
}

#[tokio::test]
async fn a_cover_is_signed_with_the_digest_of_nothing() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    let right = client.cover("file", &png(960, 600)).await;
    assert_eq!(right.code(), 0);
    assert!(
        right.json()["data"]["url"]
            .as_str()
            .unwrap()
            .starts_with("https://archive.biliimg.com/")
    );
    let request = client.cover_request("file", &png(960, 600));
    let whole = hex::encode(<md5::Md5 as md5::Digest>::digest(&request.body));
    let wrong = client.sign(request.with("x-bili-content-md5", whole));
    assert_eq!(wrong.send(simulator.address()).await.unwrap().code(), 4008);
}

#[tokio::test]
async fn generation_one_is_refused_unless_the_profile_is_sloppy() {
    let simulator = Simulator::builder().start().await;
    let path = format!(
        "/arcopen/fn/archive/type/list?client_id={}&access_token={}",
        simulator.client_id(),
        simulator.access_token()
    );
    let request = Request::new("GET", path)
        .with("Accept", "application/json")
        .with("Content-Type", "application/json");
    assert_eq!(
        request.send(simulator.address()).await.unwrap().code(),
        4000
    );
    simulator.profile(Profile::Sloppy);
    assert_eq!(
        request.send(simulator.address()).await.unwrap().code_of(),
        0
    );
    assert_eq!(simulator.glance().generation_1_calls, 2);
}

#[tokio::test]
async fn unknown_paths_meet_a_page_and_wrong_methods_a_code() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    let lost = client.get("archive/nowhere").await;
    assert_eq!(lost.status, 404);
    assert!(lost.body.starts_with(b"<html>"));
    assert_eq!(client.get("archive/delete").await.code(), 4012);
}

#[tokio::test]
async fn a_strict_gateway_refuses_with_an_http_status_and_the_envelope() {
    let simulator = Simulator::builder().profile(Profile::Strict).start().await;
    let client = Client::of(&simulator);
    let request = client
        .signed("GET", "archive/type/list", "")
        .with("Authorization", "0");
    let answer = request.send(simulator.address()).await.unwrap();
    assert_eq!((answer.status, answer.code()), (403, 4002));
}
