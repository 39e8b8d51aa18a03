use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use slipway_simulators::bilibili::{Call, Fault, Review, Rule, Simulator};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::client::Client;

/// An address that answers the check, and refuses the first `refusals` messages after it.
async fn listen(mut refusals: u32) -> (url::Url, mpsc::Receiver<(Value, bool)>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", socket.local_addr().unwrap())
        .parse()
        .unwrap();
    let (send, receive) = mpsc::channel(16);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = socket.accept().await.unwrap();
            let mut raw = Vec::new();
            let (head, body) = loop {
                raw.push(stream.read_u8().await.unwrap());
                let text = String::from_utf8_lossy(&raw).into_owned();
                if let Some((head, _)) = text.split_once("\r\n\r\n") {
                    let length = value(head, "Content-Length").parse().unwrap();
                    let mut body = vec![0; length];
                    stream.read_exact(&mut body).await.unwrap();
                    break (head.to_owned(), String::from_utf8(body).unwrap());
                }
            };
            let message: Value = serde_json::from_str(&body).unwrap();
            let secret = Simulator::builder().start().await.app_secret().to_owned();
            let right =
                hex::encode(Sha1::digest(secret + &body)) == value(&head, "x-bilibili-signature");
            let check = message["event"] == "verify_webhooks";
            let refuse = !check && refusals > 0;
            refusals -= u32::from(refuse);
            let status = if refuse { "500 No" } else { "200 OK" };
            let answer = message["content"].to_string();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
                answer.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
            if send.send((message, right)).await.is_err() {
                return;
            }
        }
    });
    (url, receive)
}

fn value<'a>(head: &'a str, name: &str) -> &'a str {
    let line = head.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_once(": ").unwrap().1
}

/// The events after the address check, with whether their signatures were right.
async fn told(
    refusals: u32,
    fault: Option<Rule>,
    titles: &[&str],
    count: usize,
) -> (Simulator, Vec<(Value, bool)>) {
    let (url, mut messages) = listen(refusals).await;
    let mut builder = Simulator::builder()
        .webhook(url)
        .review(Review::immediate())
        .spacing(std::time::Duration::ZERO);
    if let Some(rule) = fault {
        builder = builder.fault(rule);
    }
    let simulator = builder.start().await;
    let (check, right) = messages.recv().await.unwrap();
    assert_eq!((&check["event"], right), (&json!("verify_webhooks"), true));
    let client = Client::of(&simulator);
    for title in titles {
        client.published(title).await;
    }
    let mut events = Vec::new();
    while events.len() < count {
        events.push(messages.recv().await.unwrap());
    }
    (simulator, events)
}

#[tokio::test]
async fn what_became_of_a_manuscript_is_told_and_signed() {
    let (simulator, events) = told(0, None, &["fine", "[reject]"], 2).await;
    let kinds: Vec<&Value> = events.iter().map(|(event, _)| &event["event"]).collect();
    assert_eq!(kinds, ["video_open", "video_fail"]);
    assert!(events.iter().all(|(_, right)| *right));
    assert_eq!(events[1].0["content"]["state"], -2);
    assert_eq!(events[0].0["content"]["openid"], simulator.openid());
}

#[tokio::test]
async fn a_refused_message_is_sent_three_times_and_given_up() {
    let (simulator, _) = told(3, None, &["unheard"], 3).await;
    let seen = simulator.until(|seen| seen.webhooks.len() == 2).await;
    assert_eq!(
        (seen.webhooks[1].attempts, seen.webhooks[1].delivered),
        (3, false)
    );
}

#[tokio::test]
async fn webhooks_can_come_twice_late_and_forged() {
    let (_, twice) = told(0, Some(Fault::WebhookTwice.into()), &["t"], 2).await;
    assert_eq!(twice[0], twice[1]);
    let (_, forged) = told(
        0,
        Some(Fault::WebhookBadlySigned.on(Call::Webhook)),
        &["t"],
        1,
    )
    .await;
    assert!(!forged[0].1);
    // The check is not struck: it is sent before anything a script is about.
    let (_, late) = told(0, Some(Fault::WebhookLate.into()), &["one", "[reject]"], 2).await;
    let kinds: Vec<&Value> = late.iter().map(|(event, _)| &event["event"]).collect();
    assert_eq!(kinds, ["video_fail", "video_open"]);
}

#[tokio::test]
async fn a_revoked_grant_is_told() {
    let (simulator, _) = told(0, None, &[], 0).await;
    simulator.revoke(1);
    let seen = simulator.until(|seen| seen.webhooks.len() == 2).await;
    assert_eq!(seen.webhooks[1].event, "deauthorize");
}
