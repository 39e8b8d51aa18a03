//! Tells an address what became of manuscripts and grants.
//!
//! Source: the webhook documents as relayed 2026-07-23: an address check, at most three attempts, 5 s to connect, a SHA-1 over
//! secret and body. Only loopback addresses over plain HTTP are served. Always holds: an address that fails the check is never
//! sent anything else.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::{Offset, TimeZone};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::call::Call;
use super::fault::Fault;
use super::inspect::WebhookSeen;
use super::state::State;
use super::world::World;

const ATTEMPTS: u32 = 3;
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(5);
/// How often the simulator looks for what is to be told.
const LOOK: Duration = Duration::from_millis(20);

/// The signature of a body.
pub(crate) fn signature(secret: &str, body: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(secret.as_bytes());
    hash.update(body.as_bytes());
    hex::encode(hash.finalize())
}

struct Message {
    event: &'static str,
    content: Value,
}

/// Runs until it is stopped.
pub(crate) async fn send_all(world: Arc<World>, address: Url, stop: CancellationToken) {
    let work = async {
        if !check(&world, &address).await {
            return;
        }
        let mut late = VecDeque::new();
        loop {
            let due = due(&world);
            if due.is_empty() {
                sleep(LOOK).await;
            }
            for message in due {
                let faults = world.state.lock().script.strike(Call::Webhook, None);
                if faults.contains(&Fault::WebhookLate) {
                    late.push_back(message);
                    continue;
                }
                deliver(&world, &address, &message, &faults).await;
                while let Some(message) = late.pop_front() {
                    deliver(&world, &address, &message, &[]).await;
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = work => {}
    }
}

async fn check(world: &World, address: &Url) -> bool {
    let number = 24_681_357;
    let message = Message {
        event: "verify_webhooks",
        content: json!({ "data": number }),
    };
    let (body, signature) = sealed(world, &message, &[]);
    let answer = post(address, &body, &signature).await;
    let right = answer
        .and_then(|text| serde_json::from_str::<Value>(&text).ok())
        .is_some_and(|answer| answer["data"] == number);
    note(world, &message, 1, right);
    right
}

/// What has happened since the last look.
fn due(world: &World) -> Vec<Message> {
    let now_ms = world.clock.now_ms();
    let review = *world.review.lock();
    let mut state = world.state.lock();
    let State {
        manuscripts, users, ..
    } = &mut *state;
    let mut due = Vec::new();
    for manuscript in manuscripts.iter_mut().filter(|m| !m.deleted) {
        let stage = manuscript.stage(&review, now_ms);
        if stage.is_under_way() || manuscript.told == Some(stage.number) {
            continue;
        }
        manuscript.told = Some(stage.number);
        due.push(Message {
            event: if stage.is_open() {
                "video_open"
            } else {
                "video_fail"
            },
            content: json!({
                "openid": users[manuscript.user].openid,
                "client_id": manuscript.client_id,
                "resource_id": manuscript.resource_id,
                "state": stage.number,
                "state_desc": stage.text,
            }),
        });
    }
    for (event, client_id, user) in state.grants_changed.drain(..).collect::<Vec<_>>() {
        let user = &state.users[user];
        due.push(Message {
            event,
            content: json!({ "openid": user.openid, "client_id": client_id, "permits": user.granted }),
        });
    }
    due
}

async fn deliver(world: &World, address: &Url, message: &Message, faults: &[Fault]) {
    let (body, signature) = sealed(world, message, faults);
    let times = if faults.contains(&Fault::WebhookTwice) {
        2
    } else {
        1
    };
    for _ in 0..times {
        let mut attempts = 0;
        let mut delivered = false;
        while attempts < ATTEMPTS && !delivered {
            attempts += 1;
            delivered = post(address, &body, &signature).await.is_some();
        }
        note(world, message, attempts, delivered);
    }
}

fn note(world: &World, message: &Message, attempts: u32, delivered: bool) {
    world.state.lock().record.webhooks.push(WebhookSeen {
        event: message.event.into(),
        resource_id: message.content["resource_id"].as_str().map(str::to_owned),
        attempts,
        delivered,
    });
    world.tell();
}

fn sealed(world: &World, message: &Message, faults: &[Fault]) -> (String, String) {
    let state = world.state.lock();
    let body = json!({
        "event": message.event,
        "content": message.content,
        "timestamp": timestamp(world.clock.now_s()),
    })
    .to_string();
    let secret = if faults.contains(&Fault::WebhookBadlySigned) {
        "somebody else's secret"
    } else {
        &state.apps[0].secret
    };
    let signature = signature(secret, &body);
    (body, signature)
}

fn timestamp(unix_s: i64) -> String {
    let zone = TimeZone::fixed(Offset::constant(8));
    jiff::Timestamp::from_second(unix_s)
        .unwrap_or_default()
        .to_zoned(zone)
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// The body of a 2xx answer.
async fn post(address: &Url, body: &str, signature: &str) -> Option<String> {
    let host = address.host_str()?;
    let port = address.port_or_known_default()?;
    let mut stream = timeout(CONNECT, TcpStream::connect((host, port)))
        .await
        .ok()?
        .ok()?;
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nx-bilibili-signature: {signature}\r\nConnection: close\r\n\r\n{body}",
        &address[url::Position::BeforePath..url::Position::AfterQuery],
        body.len(),
    );
    let mut answer = Vec::new();
    timeout(ANSWER, async {
        stream.write_all(request.as_bytes()).await?;
        stream.read_to_end(&mut answer).await
    })
    .await
    .ok()?
    .ok()?;
    let answer = String::from_utf8(answer).ok()?;
    let (head, rest) = answer.split_once("\r\n\r\n")?;
    head.split(' ')
        .nth(1)?
        .starts_with('2')
        .then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_webhook_vector_comes_out() {
        let body = r#"{"event":"verify_webhooks","content":{"data":24681357},"timestamp":"2026-01-02 03:04:05"}"#;
        assert_eq!(
            signature("demo-secret-not-real-0123456789ab", body),
            "68ec052c30f2236aec5705be913828e0e65c9e17"
        );
    }

    #[test]
    fn timestamps_are_in_the_zone_of_the_platform() {
        assert_eq!(timestamp(0), "1970-01-01 08:00:00");
    }
}
