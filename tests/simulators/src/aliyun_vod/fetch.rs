//! Upload by address: the actions, and the fetching itself, which goes on behind them.
//!
//! Only what is on loopback is fetched; other addresses are imagined, after their words. Always holds: a job that was cancelled is never begun, and a
//! job that was begun is not cancelled.

use std::sync::Arc;
use std::time::Duration;

use md5::{Digest, Md5};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::{Host, Url};

use super::encode::{unpercent, utc};
use super::rpc::{Asked, No, no};
use super::state::{Fetched, Job, Kind, Media, Object};
use super::vod::{Scene, Told, VIDEO, common, extension, is_reference, needed, remember, taken};
use super::world::World;

const REPEATED_MS: i64 = 600_000;
const LONGEST: Duration = Duration::from_secs(30);

fn invalid() -> No {
    no(
        400,
        "InvalidParameter.UploadURLs",
        "The UploadURLs are not valid.",
    )
}

fn urls(text: &str) -> Result<Vec<String>, No> {
    let all: Vec<String> = text.split(',').map(unpercent).collect();
    let raw = text.contains([' ', ':', '?', '&']);
    let known = all
        .iter()
        .all(|url| Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")));
    if raw || !known || all.len() > 20 {
        return Err(invalid());
    }
    Ok(all)
}

/// What is said of one file, as parameters.
fn params_of(
    about: &Value,
    outer: &std::collections::BTreeMap<String, String>,
) -> Vec<(String, String)> {
    let own = about.as_object().into_iter().flatten();
    let own = own.map(|(name, value)| {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        (name.clone(), text)
    });
    let hidden = ["UploadURLs", "UploadMetadatas", "SessionId"];
    let outer = outer
        .iter()
        .filter(|(name, _)| !hidden.contains(&name.as_str()));
    outer
        .map(|(n, v)| (n.clone(), v.clone()))
        .chain(own)
        .collect()
}

pub(crate) fn by_url(asked: &Asked<'_>, scene: &mut Scene<'_>) -> Told {
    let all = urls(needed(asked, "UploadURLs")?)?;
    let about: Vec<Value> = match asked.param("UploadMetadatas") {
        Some(text) => serde_json::from_str(text).map_err(|_| {
            no(
                400,
                "InvalidParameter.UploadMetadatas",
                "The UploadMetadatas are not valid.",
            )
        })?,
        None => Vec::new(),
    };
    let of = |url: &str| about.iter().find(|one| one["SourceURL"] == url);
    let outer = remember(asked);
    let mut wanted = Vec::new();
    for url in &all {
        let path = Url::parse(url).map_or_else(|_| String::new(), |url| url.path().to_owned());
        let one = of(url).cloned().unwrap_or_default();
        let end = one["FileExtension"]
            .as_str()
            .map_or_else(|| extension(&path), str::to_owned);
        if !VIDEO.split_whitespace().any(|known| known == end) {
            return Err(invalid());
        }
        let params = params_of(&one, &outer);
        if one.is_object() && !params.iter().any(|(name, _)| name == "Title") {
            return Err(no(
                400,
                "MissingTitle",
                "Title is mandatory for this action.",
            ));
        }
        let beside = Asked {
            head: asked.head,
            params: params.clone(),
            query: Vec::new(),
            body: asked.body,
        };
        common(&beside, scene.state)?;
        if let Some(reference) = beside.param("ReferenceId")
            && (!is_reference(reference) || taken(scene.state, reference))
        {
            return Err(no(
                400,
                "InvalidReferenceId",
                "The ReferenceId is not valid or is used already.",
            ));
        }
        wanted.push((url.clone(), end, params));
    }
    if let Some(session) = asked.param("SessionId") {
        let fits = session.len() <= 50
            && session
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        let last = scene
            .state
            .sessions
            .insert(session.to_owned(), scene.now_ms);
        if !fits || last.is_some_and(|at| scene.now_ms - at < REPEATED_MS) {
            return Err(no(
                400,
                "SessionIdRepeated",
                "The SessionId was used already.",
            ));
        }
    }
    let mut jobs = Vec::new();
    for (url, end, params) in wanted {
        let (id, media) = (scene.state.fresh("job"), scene.state.fresh("media"));
        jobs.push(json!({ "JobId": id, "SourceURL": url }));
        scene.state.media.push(Media {
            id: media.clone(),
            kind: Kind::Video,
            params: params.into_iter().collect(),
            bucket: scene.state.bucket(),
            key: format!("url/{media}.{end}"),
            created_ms: scene.now_ms,
            stored_ms: None,
            renewals: 0,
            deleted: false,
            told: Vec::new(),
        });
        scene.state.jobs.push(Job {
            id,
            url,
            media,
            created_ms: scene.now_ms,
            cancelled: false,
            begun: false,
            fetched: None,
            told: false,
        });
    }
    Ok(json!({ "UploadJobs": jobs }))
}

fn named_jobs(asked: &Asked<'_>) -> Result<(Vec<String>, bool), No> {
    let ids = asked
        .param("JobIds")
        .map(|ids| ids.split(',').map(str::to_owned).collect());
    let by_id = ids.is_some();
    let all: Vec<String> = match ids {
        Some(ids) => ids,
        None => urls(
            asked
                .param("UploadURLs")
                .or(asked.param("UploadUrls"))
                .ok_or_else(|| no(400, "MissingParameter", "JobIds or UploadURLs."))?,
        )?,
    };
    if all.len() > 10 {
        return Err(no(400, "InvalidParameter", "At most 10."));
    }
    Ok((all, by_id))
}

fn is_named(job: &Job, name: &str, by_id: bool) -> bool {
    if by_id {
        job.id == name
    } else {
        job.url == name
    }
}

pub(crate) fn infos(asked: &Asked<'_>, scene: &mut Scene<'_>) -> Told {
    let (names, by_id) = named_jobs(asked)?;
    let (mut shown, mut unknown) = (Vec::new(), Vec::new());
    for name in names {
        let mut found = scene
            .state
            .jobs
            .iter()
            .filter(|job| is_named(job, &name, by_id));
        let before = shown.len();
        shown.extend(found.by_ref().map(|job| told(job, scene)));
        if shown.len() == before {
            unknown.push(name);
        }
    }
    Ok(json!({ "NonExists": unknown, "URLUploadInfoList": shown }))
}

fn told(job: &Job, scene: &Scene<'_>) -> Value {
    let status = job.status(scene.pace, scene.now_ms);
    let (code, message) = job.failure(scene.pace, scene.now_ms);
    let bytes = match &job.fetched {
        Some(Fetched {
            outcome: Ok(bytes), ..
        }) => *bytes,
        _ => 0,
    };
    let has_media = !scene.state.switches.media_id_late || status == "SUCCESS";
    let media = scene.state.media.iter().find(|media| media.id == job.media);
    let data = media.and_then(|media| media.params.get("UserData"));
    json!({
        "JobId": job.id, "UploadURL": job.url, "MediaId": if has_media { job.media.as_str() } else { "" },
        "FileSize": bytes.to_string(), "Status": status, "CreationTime": utc(job.created_ms),
        "CompleteTime": job.fetched.as_ref().map_or_else(String::new, |fetched| utc(fetched.at_ms)),
        "ErrorCode": code, "ErrorMessage": message, "UserData": data.map_or("{}", String::as_str),
    })
}

pub(crate) fn cancel(asked: &Asked<'_>, scene: &mut Scene<'_>) -> Told {
    let (names, by_id) = named_jobs(asked)?;
    let (mut cancelled, mut unknown) = (Vec::new(), Vec::new());
    for name in names {
        let (pace, now_ms) = (scene.pace, scene.now_ms);
        let mut jobs = scene.state.jobs.iter_mut();
        let job = jobs.find(|job| is_named(job, &name, by_id));
        match job {
            None => unknown.push(name),
            Some(job) if !job.begun && job.status(pace, now_ms) == "PENDING" => {
                job.cancelled = true;
                cancelled.push(job.id.clone());
            }
            Some(_) => {} // has begun: in neither list
        }
    }
    Ok(json!({ "CanceledJobs": cancelled, "NonExists": unknown }))
}

pub(crate) fn is_here(url: &str) -> bool {
    let url = Url::parse(url).ok();
    let host = url.as_ref().and_then(Url::host);
    match host {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Begins what is due; each job goes its own way from there.
pub(crate) fn begin_due(world: &Arc<World>) {
    let (pace, now_ms) = (*world.pace.lock(), world.clock.now_ms());
    let mut state = world.state.lock();
    if state.switches.holds_jobs {
        return;
    }
    let due = state.jobs.iter_mut().filter(|job| {
        let waited = now_ms - job.created_ms >= pace.step_ms;
        waited && !job.begun && !job.cancelled && is_here(&job.url)
    });
    for job in due {
        job.begun = true;
        let (world, id, url) = (world.clone(), job.id.clone(), job.url.clone());
        tokio::spawn(async move {
            let bytes = timeout(LONGEST, get(&url)).await;
            let bytes = bytes.unwrap_or_else(|_| Err("the download took too long".into()));
            arrive(&world, &id, bytes);
        });
    }
}

fn arrive(world: &World, id: &str, bytes: Result<Vec<u8>, String>) {
    let (step_ms, now_ms) = (world.pace.lock().step_ms, world.clock.now_ms());
    let mut state = world.state.lock();
    let most = state.switches.put_max_bytes;
    let bytes = bytes.and_then(|bytes| match bytes.len() as u64 {
        0 => Err("the file is empty".to_owned()),
        len if len > most => Err(format!("the file has {len} bytes, more than {most}")),
        _ => Ok(bytes),
    });
    let outcome = bytes.and_then(|bytes| {
        let path = world.root.join(state.fresh("file"));
        std::fs::write(&path, &bytes).map_err(|error| error.to_string())?;
        let job = state.jobs.iter().find(|job| job.id == id);
        let video = job.map(|job| job.media.clone()).unwrap_or_default();
        let media = state
            .media(&video, Kind::Video)
            .ok_or("the media was deleted")?;
        media.stored_ms = Some(now_ms + step_ms);
        let place = (media.bucket.clone(), media.key.clone());
        let times = state.objects.get(&place).map_or(0, |object| object.times) + 1;
        let object = Object {
            bytes: bytes.len() as u64,
            etag: hex::encode_upper(Md5::digest(&bytes)),
            crc64: Some(crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Xz, &bytes)),
            multipart: false,
            files: vec![path],
            times,
        };
        state.objects.insert(place, object);
        Ok(bytes.len() as u64)
    });
    if let Some(job) = state.jobs.iter_mut().find(|job| job.id == id) {
        job.fetched = Some(Fetched {
            at_ms: now_ms,
            outcome,
        });
    }
    drop(state);
    world.tell();
}

/// The bytes at an address on loopback, or why there are none.
async fn get(url: &str) -> Result<Vec<u8>, String> {
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    let host = url.host_str().ok_or("no host")?;
    let port = url.port_or_known_default().ok_or("no port")?;
    let failed = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect((host, port)).await.map_err(failed)?;
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n",
        &url[url::Position::BeforePath..url::Position::AfterQuery],
    );
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.map_err(failed)?;
    let split = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let split = split.ok_or("the connection ended before an answer")?;
    let head = String::from_utf8_lossy(&answer[..split]).into_owned();
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status != "200" {
        return Err(format!("the server answered {status}"));
    }
    let length = head.lines().filter_map(|line| line.split_once(':'));
    let mut length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: Option<usize> = length.next().and_then(|(_, n)| n.trim().parse().ok());
    let body = answer.split_off(split + 4);
    match length {
        Some(length) if length != body.len() => Err("the connection ended too early".into()),
        _ => Ok(body),
    }
}
