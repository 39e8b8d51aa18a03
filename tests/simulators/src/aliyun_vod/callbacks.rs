//! Tells an address what became of uploads, and sets going what the platform does by itself.
//!
//! Source: the pages on event notification, read 2026-11-22: a POST of JSON that must be answered with 200 within 5 s, two more tries 1 s apart,
//! `X-VOD-SIGNATURE` the MD5 of address, time and key. Only loopback addresses over plain HTTP are served.

use std::sync::{Arc, Weak};
use std::time::Duration;

use md5::{Digest, Md5};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use url::Url;

use super::encode::utc;
use super::fetch;
use super::inspect::CallbackSeen;
use super::state::{Fetched, Kind, Media, State};
use super::world::World;

const ATTEMPTS: u32 = 3;
const BETWEEN: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(5);
/// How often the simulator looks for what is to be done.
const LOOK: Duration = Duration::from_millis(20);

/// Where events go, and the key that they are signed with.
#[derive(Clone, Debug)]
pub(crate) struct Callback {
    pub(crate) url: Url,
    pub(crate) key: Option<String>,
}

/// The signature of a message to `url` at `timestamp`.
pub(crate) fn signature(url: &str, timestamp: i64, key: &str) -> String {
    hex::encode(Md5::digest(format!("{url}|{timestamp}|{key}")))
}

/// Runs until the platform is gone.
pub(crate) async fn work(world: Weak<World>) {
    loop {
        let Some(world) = world.upgrade() else {
            return;
        };
        fetch::begin_due(&world);
        let usual = world.callback.clone();
        for (event, own) in due(&world) {
            let to = own.map(|url| Callback {
                url,
                key: usual.as_ref().and_then(|usual| usual.key.clone()),
            });
            // An address of a media's own is only heard where the account has one.
            if let Some(usual) = &usual {
                let to = to.unwrap_or_else(|| usual.clone());
                tokio::spawn(deliver(world.clone(), to, event));
            }
        }
        drop(world);
        sleep(LOOK).await;
    }
}

/// What has happened since the last look, with the media's own address.
fn due(world: &World) -> Vec<(Value, Option<Url>)> {
    let (pace, now_ms) = (*world.pace.lock(), world.clock.now_ms());
    let mut state = world.state.lock();
    let State {
        media,
        jobs,
        objects,
        ..
    } = &mut *state;
    let mut due = Vec::new();
    let mut tell = |media: &Media, mut event: Value| {
        let data: Value = media
            .params
            .get("UserData")
            .and_then(|data| serde_json::from_str(data).ok())
            .unwrap_or_default();
        event["EventTime"] = json!(utc(now_ms));
        if !data["Extend"].is_null() {
            let text = data["Extend"].as_str();
            let text = text.map_or_else(|| data["Extend"].to_string(), str::to_owned);
            event["Extend"] = json!(text);
        }
        let own = data["MessageCallback"]["CallbackURL"].as_str();
        due.push((event, own.and_then(|url| Url::parse(url).ok())));
    };
    for media in media.iter_mut().filter(|media| !media.deleted) {
        let object = objects.get(&(media.bucket.clone(), media.key.clone()));
        let size = object.map_or(0, |object| object.bytes);
        let file = format!(
            "http://{}.oss-cn-shanghai.aliyuncs.com/{}",
            media.bucket, media.key
        );
        let status = media.status(pace, now_ms);
        let events = match (media.kind, status) {
            (_, "Uploading") => Vec::new(),
            (Kind::Image, _) => vec![json!({
                "EventType": "ImageUploadComplete", "ImageId": media.id, "Size": size, "FileURL": file, "Status": "success",
            })],
            (Kind::Attached, _) => vec![json!({
                "EventType": "AttachedMediaUploadComplete", "AttachedMediaId": media.id, "Size": size, "FileURL": file, "Status": "success",
            })],
            (Kind::Video, status) => {
                let mut events = vec![json!({
                    "EventType": "FileUploadComplete", "VideoId": media.id, "Size": size, "FileUrl": file, "Status": "success",
                })];
                if matches!(status, "Normal" | "TranscodeFail") {
                    let outcome = if status == "Normal" {
                        "success"
                    } else {
                        "fail"
                    };
                    events.push(json!({
                        "EventType": "TranscodeComplete", "VideoId": media.id, "Status": outcome, "StreamInfos": [],
                    }));
                }
                events
            }
        };
        for event in events {
            let name = event["EventType"].as_str().unwrap_or_default().to_owned();
            if !media.told.contains(&name) {
                media.told.push(name);
                tell(media, event);
            }
        }
    }
    for job in jobs.iter_mut().filter(|job| !job.told) {
        let status = job.status(pace, now_ms);
        let outcome = match status {
            "SUCCESS" => "success",
            "DOWNLOAD_FAIL" => "fail",
            _ => continue,
        };
        job.told = true;
        let bytes = match &job.fetched {
            Some(Fetched {
                outcome: Ok(bytes), ..
            }) => *bytes,
            _ => 0,
        };
        let (code, message) = job.failure(pace, now_ms);
        if let Some(media) = media.iter().find(|media| media.id == job.media) {
            tell(
                media,
                json!({
                    "EventType": "UploadByURLComplete", "JobId": job.id, "SourceURL": job.url, "VideoId": media.id, "Size": bytes.to_string(),
                    "Status": outcome, "ErrorCode": code, "ErrorMessage": message,
                }),
            );
        }
    }
    due
}

async fn deliver(world: Arc<World>, to: Callback, event: Value) {
    let mut attempts = 0;
    let mut delivered = false;
    while attempts < ATTEMPTS && !delivered {
        if attempts > 0 {
            sleep(BETWEEN).await;
        }
        attempts += 1;
        let now_s = world.clock.now_s();
        delivered = post(&to, now_s, &event.to_string()).await.is_some();
    }
    world.state.lock().callbacks.push(CallbackSeen {
        event: event["EventType"].as_str().unwrap_or_default().to_owned(),
        attempts,
        delivered,
    });
    world.tell();
}

/// `Some` when it was answered with 200 in time.
async fn post(to: &Callback, now_s: i64, body: &str) -> Option<()> {
    let (host, port) = (to.url.host_str()?, to.url.port_or_known_default()?);
    let signed = to.key.as_ref().map_or_else(String::new, |key| {
        let signature = signature(to.url.as_str(), now_s, key);
        format!("X-VOD-TIMESTAMP: {now_s}\r\nX-VOD-SIGNATURE: {signature}\r\n")
    });
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n{signed}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        &to.url[url::Position::BeforePath..url::Position::AfterQuery],
        body.len(),
    );
    let exchange = async {
        let mut stream = TcpStream::connect((host, port)).await.ok()?;
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.ok()?;
        let head = String::from_utf8_lossy(&answer);
        (head.split(' ').nth(1)? == "200").then_some(())
    };
    timeout(ANSWER, exchange).await.ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_signature_comes_out() {
        let url = "https://www.example.com/your/callback";
        assert_eq!(
            signature(url, 1_519_375_990, "test123"),
            "c72b60894140fa98920f1279219b7ed4"
        );
    }
}
