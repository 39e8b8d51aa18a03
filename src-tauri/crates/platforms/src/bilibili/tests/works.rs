//! Works that are there already, the consent page to its end, and a broker in the place of the secret.

use super::*;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use slipway_model::Fields;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

async fn published(bench: &Bench) -> Remote {
    let whole = noise(1000, 70);
    let mut draft = draft(&whole);
    draft.cover = Some(cover(picture()));
    let ticket = bench.send_all(&draft, &whole).await.unwrap();
    let remote = bench.commit(&draft, ticket).await.unwrap();
    bench.platform.clock().advance(Duration::from_hours(1));
    remote
}

#[tokio::test]
async fn works_are_listed_edited_and_deleted() {
    let bench = Bench::new().await;
    let works = bench.adapter.works().unwrap();
    let remote = published(&bench).await;
    let listing = works.list(&bench.session, 1).await.unwrap();
    assert_eq!((listing.total, listing.works.len()), (1, 1));
    let work = &listing.works[0];
    assert_eq!(
        (&work.remote.id, work.title.as_str()),
        (&remote.id, "海边的一天")
    );
    let Review::Published(open) = &work.review else {
        panic!("{:?}", work.review);
    };
    assert_eq!(
        open.words.as_deref(),
        Some("开放浏览"),
        "the platform's words"
    );
    assert!(work.created_ms > 1_600_000_000_000);

    let before = bench.platform.glance().manuscripts[0].fields.clone();
    let changes = [("title", "另一天"), ("no_reprint", "0")];
    let changes = changes.map(|(n, v)| (n.to_owned(), v.to_owned())).into();
    works
        .edit(&bench.session, &remote.id, &changes, None)
        .await
        .unwrap();
    let after = bench.platform.glance().manuscripts[0].fields.clone();
    assert_eq!(
        (&after["title"], &after["no_reprint"]),
        (&json!("另一天"), &json!(0))
    );
    for name in ["cover", "tid", "desc", "tag", "copyright"] {
        assert_eq!(after[name], before[name], "{name} stays");
    }
    let picture = cover(picture());
    let none = Fields::new();
    works
        .edit(&bench.session, &remote.id, &none, Some(&picture))
        .await
        .unwrap();
    let recovered = bench.platform.glance().manuscripts[0].fields["cover"].clone();
    assert_ne!(recovered, before["cover"]);

    for (name, value, code) in [
        ("tag", "a", "bilibili_field_fixed"),
        ("tid", "many", "field_not_a_number"),
        ("title", "[sensitive]", "bilibili_text_sensitive"),
    ] {
        let changes = [(name.to_owned(), value.to_owned())].into();
        let error = works
            .edit(&bench.session, &remote.id, &changes, None)
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind, error.cause.code.as_str()),
            (ErrorKind::Refused, code)
        );
    }
    bench
        .platform
        .fault(Fault::AnswerLost { reset: false }.on(On::Delete));
    let lost = works.delete(&bench.session, &remote.id).await.unwrap_err();
    assert_eq!(lost.kind, ErrorKind::ServerFault);
    works.delete(&bench.session, &remote.id).await.unwrap();
    assert!(bench.platform.glance().manuscripts[0].deleted);
    let gone = works
        .edit(&bench.session, &remote.id, &none, None)
        .await
        .unwrap_err();
    assert_eq!(gone.cause.code, "bilibili_deleted");
}

/// Where the consent page sends the browser.
async fn consented(bench: &Bench, state: &str) -> url::Url {
    let way = bench.adapter.sign_in().unwrap();
    let page = way.begin(&bench.session, state, None).await.unwrap();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let answer = client.get(page).send().await.unwrap();
    let location = answer.headers()[reqwest::header::LOCATION]
        .to_str()
        .unwrap();
    url::Url::parse(location).unwrap()
}

#[tokio::test]
async fn a_consent_ends_in_tokens_and_a_refusal_in_words() {
    let gourl = [("gourl", "https://callback.example/landing")];
    let bench = Bench::with(Profile::Docs, &gourl).await;
    for name in ["access_token", "refresh_token"] {
        bench.secrets.put(name, "");
    }
    let way = bench.adapter.sign_in().unwrap();
    let came_back = consented(&bench, "s1").await;
    assert!(came_back.query().unwrap().contains("state=s1"));
    way.finish(&bench.session, &came_back).await.unwrap();
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Ready);
    let spent = way.finish(&bench.session, &came_back).await.unwrap_err();
    assert_eq!(
        (spent.kind, spent.cause.code.as_str()),
        (ErrorKind::SignedOut, "bilibili_code_spent")
    );
    let refused = url::Url::parse("https://callback.example/landing?state=s1").unwrap();
    let refused = way.finish(&bench.session, &refused).await.unwrap_err();
    assert_eq!(
        (refused.kind, refused.cause.code.as_str()),
        (ErrorKind::SignedOut, "bilibili_consent_refused")
    );
}

/// A broker that knows the app's secret: signs, and passes token calls on to the platform. Ends with the test.
async fn broker(platform: &Simulator, pass: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let secret = SecretString::from(platform.app_secret());
    let platform = platform.url();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut read = Vec::new();
            let mut piece = [0; 4096];
            let (head, body) = loop {
                let n = stream.read(&mut piece).await.unwrap();
                read.extend_from_slice(&piece[..n]);
                let text = String::from_utf8_lossy(&read).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else {
                    continue;
                };
                let length = head
                    .lines()
                    .find_map(|l| l.strip_prefix("content-length: "));
                if body.len() >= length.map_or(0, |l| l.parse().unwrap()) {
                    break (head.to_owned(), body.to_owned());
                }
            };
            let asked: Value = serde_json::from_str(&body).unwrap();
            let (status, told) = if !head.contains(&format!("authorization: Bearer {pass}")) {
                ("401 Unauthorized", json!({}).to_string())
            } else if head.starts_with("POST /sign ") {
                let text = |name: &str| asked[name].as_str().unwrap().to_owned();
                let made = sign::headers(
                    &text("x-bili-accesskeyid"),
                    &secret,
                    &text("x-bili-content-md5"),
                    &text("x-bili-signature-nonce"),
                    text("x-bili-timestamp").parse().unwrap(),
                );
                let signature = &made.last().unwrap().1;
                let told = json!({ "code": 0, "data": { "authorization": signature } });
                ("200 OK", told.to_string())
            } else {
                let mut form: Vec<(String, String)> = asked
                    .as_object()
                    .unwrap()
                    .iter()
                    .map(|(n, v)| (n.clone(), v.as_str().unwrap().to_owned()))
                    .collect();
                form.push(("client_secret".into(), secret.expose_secret().into()));
                let path = match asked["grant_type"].as_str() {
                    Some("refresh_token") => "refresh_token",
                    _ => "token",
                };
                let to = format!("{platform}/x/account-oauth2/v1/{path}");
                let answer = reqwest::Client::new().post(to).form(&form).send();
                ("200 OK", answer.await.unwrap().text().await.unwrap())
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{told}",
                told.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    url
}

#[tokio::test]
async fn a_broker_signs_and_renews_for_those_who_hold_no_secret() {
    let platform = simulator()
        .spacing(Duration::ZERO)
        .review(Pace::immediate())
        .start()
        .await;
    let url = broker(&platform, "studio").await;
    let settings = [
        ("signer", "broker"),
        ("endpoint.broker", url.as_str()),
        ("gourl", "https://callback.example/landing"),
    ];
    let bench = Bench::on(platform, &settings);
    bench.secrets.put("app_secret", "");
    bench.secrets.put("broker_token", "studio");
    let came_back = consented(&bench, "s2").await;
    let way = bench.adapter.sign_in().unwrap();
    way.finish(&bench.session, &came_back).await.unwrap();
    bench
        .platform
        .clock()
        .advance(Duration::from_hours(31 * 24));
    let remote = published(&bench).await;
    assert_eq!(bench.works(), 1);
    assert_eq!(bench.platform.glance().answers_to(On::Refresh).count(), 1);
    let listing = bench
        .adapter
        .works()
        .unwrap()
        .list(&bench.session, 1)
        .await
        .unwrap();
    assert_eq!(listing.works[0].remote.id, remote.id);
    assert_eq!(bench.platform.glance().secrets_at_upload_host, 0);

    bench.secrets.put("broker_token", "somebody else's");
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::SignedOut);
    assert_eq!(health.cause.unwrap().code, "bilibili_broker_refused");
}

#[tokio::test]
async fn the_categories_to_choose_from_are_the_platforms_lowest_ones() {
    let bench = Bench::new().await;
    let listed = bench.adapter.choices(&bench.session, "tid").await.unwrap();
    let named = |value: &str, name: &str| Named {
        value: value.into(),
        name: name.into(),
    };
    assert_eq!(listed[0], named("21", "生活 / 日常"));
    assert!(
        listed.iter().all(|c| c.value != "160"),
        "a category with others below it may not be sent"
    );
}

#[tokio::test(start_paused = true)]
async fn choices_are_asked_for_once_by_many_and_again_after_an_hour() {
    let bench = Bench::new().await;
    let asked = || bench.platform.glance().answers_to(On::Types).count();
    let choices = || crate::choices(&bench.adapter, &bench.session, "tid");
    bench
        .platform
        .fault(Fault::EmptyBody { applied: false }.on(On::Types));
    choices().await.unwrap_err();
    assert_eq!(asked(), 1);
    let all = futures_util::future::join_all((0..6).map(|_| choices())).await;
    assert!(all.iter().all(|one| !one.as_ref().unwrap().is_empty()));
    assert_eq!(
        asked(),
        2,
        "what could not be read is not kept; what was is shared"
    );
    tokio::time::advance(Duration::from_mins(59)).await;
    choices().await.unwrap();
    assert_eq!(asked(), 2);
    tokio::time::advance(Duration::from_mins(2)).await;
    choices().await.unwrap();
    assert_eq!(asked(), 3);
}
