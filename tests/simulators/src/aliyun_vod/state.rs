//! What the platform knows: keys, records, uploads, objects.
//!
//! Always holds: a temporary key is good until its own end and no longer; a media record's status follows from when its object came.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::fault::Script;
use super::fetch;
use super::inspect::{AnswerSeen, CallbackSeen};
use super::switches::Switches;
use super::{Pace, encode};

pub(crate) const REGION: &str = "cn-shanghai";

#[derive(Clone, Debug)]
pub(crate) struct Temporary {
    pub(crate) secret: String,
    pub(crate) token: String,
    pub(crate) ends_ms: i64,
    /// The object it may be used for; none for a key of API calls.
    pub(crate) place: Option<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Video,
    Image,
    Attached,
}

#[derive(Clone, Debug)]
pub(crate) struct Media {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    /// As they were given, and changed.
    pub(crate) params: BTreeMap<String, String>,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) created_ms: i64,
    pub(crate) stored_ms: Option<i64>,
    pub(crate) renewals: u32,
    pub(crate) deleted: bool,
    /// Events that were told of it.
    pub(crate) told: Vec<String>,
}

impl Media {
    pub(crate) fn title(&self) -> &str {
        self.params.get("Title").map_or("", String::as_str)
    }

    pub(crate) fn status(&self, pace: Pace, now_ms: i64) -> &'static str {
        let Some(stored) = self.stored_ms else {
            return "Uploading";
        };
        if self.kind != Kind::Video {
            return "Normal";
        }
        let age = now_ms - stored;
        let title = self.title();
        if age < pace.seen_ms {
            "Uploading"
        } else if age < pace.seen_ms + pace.step_ms {
            "UploadSucc"
        } else if age < pace.seen_ms + 2 * pace.step_ms || title.contains("[stuck]") {
            "Transcoding"
        } else if title.contains("[transcode-fail]") {
            "TranscodeFail"
        } else if title.contains("[blocked]") {
            "Blocked"
        } else {
            "Normal"
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) bytes: u64,
    /// Upper-case hex; made up when nothing is computed.
    pub(crate) md5: String,
    pub(crate) crc64: Option<u64>,
    pub(crate) file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Open,
    Completed,
    Aborted,
    Vanished,
}

#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) id: String,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) standing: Standing,
    pub(crate) parts: BTreeMap<u32, Stored>,
    /// How often each number was sent, whatever became of it.
    pub(crate) sent: BTreeMap<u32, u32>,
    pub(crate) bytes_sent: u64,
    /// Of each number, whether it landed or not.
    pub(crate) received: BTreeMap<u32, u64>,
}

#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) bytes: u64,
    pub(crate) etag: String,
    pub(crate) crc64: Option<u64>,
    pub(crate) multipart: bool,
    pub(crate) files: Vec<PathBuf>,
    /// How often something was put here.
    pub(crate) times: u32,
}

/// A file that the platform fetches itself.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) media: String,
    pub(crate) created_ms: i64,
    pub(crate) cancelled: bool,
    /// The download is under way or over.
    pub(crate) begun: bool,
    pub(crate) fetched: Option<Fetched>,
    /// Its end was told.
    pub(crate) told: bool,
}

/// How a download ended: its bytes, or what went wrong.
#[derive(Clone, Debug)]
pub(crate) struct Fetched {
    pub(crate) at_ms: i64,
    pub(crate) outcome: Result<u64, String>,
}

impl Job {
    pub(crate) fn status(&self, pace: Pace, now_ms: i64) -> &'static str {
        if fetch::is_here(&self.url) && !self.cancelled {
            return match &self.fetched {
                None if self.begun => "DOWNLOADING",
                None => "PENDING",
                Some(Fetched {
                    outcome: Err(_), ..
                }) => "DOWNLOAD_FAIL",
                Some(fetched) if now_ms - fetched.at_ms < pace.step_ms => "UPLOADING",
                Some(_) => "SUCCESS",
            };
        }
        let step = (now_ms - self.created_ms) / pace.step_ms.max(1);
        let broken = self.url.contains("missing");
        match step {
            _ if self.cancelled => "PENDING",
            0 if pace.step_ms > 0 => "PENDING",
            1 => "DOWNLOADING",
            2.. | 0 if broken => "DOWNLOAD_FAIL",
            2 => "UPLOADING",
            _ => "SUCCESS",
        }
    }

    /// Code and words of a download that failed; empty otherwise.
    pub(crate) fn failure(&self, pace: Pace, now_ms: i64) -> (&'static str, &str) {
        match &self.fetched {
            Some(Fetched {
                outcome: Err(why), ..
            }) => ("URLInvalidError", why),
            _ if self.status(pace, now_ms) == "DOWNLOAD_FAIL" => ("URLInvalidError", ""),
            _ => ("", ""),
        }
    }
}

pub(crate) struct State {
    pub(crate) switches: Switches,
    pub(crate) script: Script,
    /// Long-lived keys: id, secret, and whether it is active.
    pub(crate) keys: HashMap<String, (String, bool)>,
    pub(crate) temporary: HashMap<String, Temporary>,
    pub(crate) nonces: HashMap<String, i64>,
    pub(crate) media: Vec<Media>,
    pub(crate) uploads: Vec<Upload>,
    pub(crate) objects: BTreeMap<(String, String), Object>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) sessions: HashMap<String, i64>,
    pub(crate) answers: Vec<AnswerSeen>,
    pub(crate) callbacks: Vec<CallbackSeen>,
    /// The last second in which the API was called, and how often.
    pub(crate) calls: (i64, u32),
    /// Requests with a long-lived key, or a key of API calls, at the storage.
    pub(crate) secrets_at_storage: u32,
    pub(crate) seed: u64,
    pub(crate) serial: u64,
}

impl State {
    /// A fresh name: 32 hex digits that depend on the seed and on how many were made before.
    pub(crate) fn fresh(&mut self, what: &str) -> String {
        self.serial += 1;
        made_up(self.seed, what, self.serial)
    }

    pub(crate) fn request_id(&mut self) -> String {
        let id = self.fresh("request").to_uppercase();
        let pieces = [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..32]];
        pieces.join("-")
    }

    pub(crate) fn bucket(&self) -> String {
        format!("outin-{}", made_up(self.seed, "bucket", 0))
    }

    pub(crate) fn media(&mut self, id: &str, kind: Kind) -> Option<&mut Media> {
        let mut all = self.media.iter_mut();
        all.find(|m| {
            (m.id == id || m.params.get("ReferenceId").is_some_and(|r| r == id))
                && m.kind == kind
                && !m.deleted
        })
    }

    /// A temporary key for one place, as `UploadAuth`'s fields.
    pub(crate) fn credential(
        &mut self,
        place: Option<(String, String)>,
        life_s: i64,
        now_ms: i64,
    ) -> (String, Temporary) {
        let id = format!("STS.{}", self.fresh("key id"));
        let made = Temporary {
            secret: self.fresh("key secret"),
            token: format!("{}+/{}==", self.fresh("token"), self.fresh("token")),
            ends_ms: now_ms + life_s * 1000,
            place,
        };
        self.temporary.insert(id.clone(), made.clone());
        (id, made)
    }

    /// `UploadAddress` and `UploadAuth` for a place.
    pub(crate) fn grant(
        &mut self,
        endpoint: &str,
        bucket: &str,
        key: &str,
        now_ms: i64,
    ) -> (String, String) {
        let life_s = self.switches.credential_s;
        let (id, made) = self.credential(Some((bucket.into(), key.into())), life_s, now_ms);
        let prefix = key.rsplit_once('/').map_or("", |(prefix, _)| prefix);
        let address = serde_json::json!({
            "Endpoint": endpoint, "Bucket": bucket, "FileName": key, "ObjectPrefix": format!("{prefix}/"),
        });
        let auth = serde_json::json!({
            "AccessKeyId": id, "AccessKeySecret": made.secret, "SecurityToken": made.token,
            "ExpireUTCTime": encode::utc(made.ends_ms), "Expiration": life_s.to_string(), "Region": REGION,
        });
        let coded = |value: &serde_json::Value| encode::base64(value.to_string().as_bytes());
        (coded(&address), coded(&auth))
    }

    /// The object has come: its record goes on.
    pub(crate) fn arrived(&mut self, bucket: &str, key: &str, now_ms: i64) {
        for media in &mut self.media {
            if media.bucket == bucket && media.key == key {
                media.stored_ms = Some(now_ms);
            }
        }
    }
}

pub(crate) fn made_up(seed: u64, what: &str, serial: u64) -> String {
    let digest = Sha256::digest(format!("{seed}/{what}/{serial}"));
    hex::encode(&digest[..16])
}
