//! The video service: tokens for it, what it allows today, and its eight methods.
//!
//! Invariant: tokens for it are asked of the account's server, made out for one method, and never kept on disk. Source: the lexicons
//! `app.bsky.video.*` of 2026-08-12 and the official client, read 2026-08-26.

use super::{
    NAME,
    identity::Identity,
    wire::{self, Api, CALL_TIMEOUT, Call, FINISH_TIMEOUT, Fault, Outcome},
};
use crate::{Draft, Result, http::Act};
use reqwest::header;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use slipway_model::{Allowance, Cause, Counted, ErrorKind};
use url::Url;

/// The method that tokens for uploads are bound to: the service stores the result on the account's server with them.
const UPLOAD: &str = "com.atproto.repo.uploadBlob";
const LIMITS: &str = "app.bsky.video.getUploadLimits";
const JOB: &str = "app.bsky.video.getJobStatus";
/// Life of a token for uploads, in seconds. Source: the official client; at most an hour is given.
const UPLOAD_LIFE_S: i64 = 1800;
/// Life of the others: what is given without asking.
const CALL_LIFE_S: i64 = 60;
/// A token with less than this is not used again.
const LEFT_S: i64 = 60;
const CALL_LEFT_S: i64 = 10;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    Uploading,
    Limits,
    Job,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Started {
    #[serde(rename = "jobId")]
    pub(super) upload: String,
    pub(super) part_size_bytes: u64,
    pub(super) part_count: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status {
    #[serde(default)]
    pub(super) state: String,
    #[serde(default)]
    pub(super) received_parts: Vec<u32>,
    #[serde(default)]
    pub(super) completed_job_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Job {
    pub(super) state: String,
    pub(super) progress: Option<i64>,
    pub(super) blob: Option<Value>,
    pub(super) error: Option<String>,
    pub(super) message: Option<String>,
    pub(super) failure_code: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Allowed {
    pub(super) can_upload: bool,
    /// 64 bits: values of tens of billions occur.
    #[serde(default)]
    pub(super) remaining_daily_videos: Option<i64>,
    #[serde(default)]
    pub(super) remaining_daily_bytes: Option<i64>,
    #[serde(default)]
    pub(super) message: Option<String>,
    #[serde(default)]
    pub(super) error: Option<String>,
}

impl Allowed {
    /// What is left of today. When it is renewed, the platform does not say.
    pub(super) fn allowances(&self) -> Vec<Allowance> {
        let left = |what, left: Option<i64>| {
            let left = u64::try_from(left?.max(0)).ok()?;
            Some(Allowance {
                what,
                left,
                of: None,
                renews_at_ms: None,
            })
        };
        let videos = left(Counted::Uploads, self.remaining_daily_videos);
        let bytes = left(Counted::Bytes, self.remaining_daily_bytes);
        videos.into_iter().chain(bytes).collect()
    }
}

impl Api<'_> {
    fn video_url(&self, act: Act, method: &str, query: &[(&str, &str)]) -> Result<Url> {
        let base = self.settings().endpoint(act, "video")?;
        Ok(wire::address(&base, &format!("xrpc/{method}"), query))
    }

    /// A token for the video service; `fresh` for one with its whole life ahead.
    pub(super) async fn token(&self, act: Act, what: For, fresh: bool) -> Result<SecretString> {
        let identity = self.identity().await?;
        let (audience, method, life_s, least_s) = match what {
            For::Uploading => (identity.server_did.clone(), UPLOAD, UPLOAD_LIFE_S, LEFT_S),
            For::Limits => (
                self.settings().needed(act, "video_did")?,
                LIMITS,
                CALL_LIFE_S,
                CALL_LEFT_S,
            ),
            For::Job => (
                self.settings().needed(act, "video_did")?,
                JOB,
                CALL_LIFE_S,
                CALL_LEFT_S,
            ),
        };
        let _one = self.memory.fetching.lock().await;
        let now_s = self.now_s(&identity.server);
        if let Some((token, until_s)) = self.memory.service.lock().get(method)
            && !fresh
            && until_s - now_s > least_s
        {
            return Ok(token.clone());
        }
        let until_s = now_s + life_s;
        // Whole seconds: fractions are refused.
        let exp = until_s.to_string();
        let query = [
            ("aud", audience.as_str()),
            ("lxm", method),
            ("exp", exp.as_str()),
        ];
        let call = Call::query(
            "asking for a token",
            "com.atproto.server.getServiceAuth",
            &query,
        );
        let told = self.call(call).await?;
        let token = told["token"].as_str().filter(|token| !token.is_empty());
        let token = SecretString::from(token.ok_or_else(|| super::tokens::unreadable(act))?);
        self.memory
            .service
            .lock()
            .insert(method, (token.clone(), until_s));
        Ok(token)
    }

    /// The service did not take the token for uploads: the next call asks for another one.
    pub(super) fn forget_token(&self, refused: &SecretString) {
        let mut held = self.memory.service.lock();
        held.retain(|_, (token, _)| token.expose_secret() != refused.expose_secret());
    }

    /// A JSON call with the token for uploads, repeated once with a fresh one when that is refused.
    async fn upload_call(
        &self,
        act: Act,
        method: &str,
        body: Option<Value>,
        query: &[(&str, &str)],
        fresh: bool,
    ) -> Outcome<Value> {
        let url = self.video_url(act, method, query)?;
        let http = self.session.http();
        let mut again = true;
        let mut token = self.token(act, For::Uploading, fresh).await?;
        loop {
            let request = match &body {
                Some(body) => http.calls.post(url.clone()).json(body),
                None => http.calls.get(url.clone()),
            };
            match self.video(act, request, Some(&token), FINISH_TIMEOUT).await {
                Err(Fault::Said(said, _)) if said.status == 401 && again => {
                    again = false;
                    self.forget_token(&token);
                    token = self.token(act, For::Uploading, true).await?;
                }
                outcome => return outcome,
            }
        }
    }

    pub(super) async fn allowed(&self, act: Act) -> Outcome<Allowed> {
        let token = self.token(act, For::Limits, false).await?;
        let url = self.video_url(act, LIMITS, &[])?;
        let request = self.session.http().calls.get(url);
        let told = self.video(act, request, Some(&token), CALL_TIMEOUT).await;
        if let Err(Fault::Said(said, _)) = &told
            && said.status == 401
        {
            self.forget_token(&token);
        }
        serde_json::from_value(told?).map_err(|_| Fault::Line(super::tokens::unreadable(act)))
    }

    pub(super) async fn start(
        &self,
        act: Act,
        draft: &Draft,
        name: &str,
        mime: &str,
    ) -> Outcome<Started> {
        let mut body = json!({ "sizeBytes": draft.size_bytes, "mimeType": mime, "name": name });
        if let Some(picture) = &draft.picture {
            body["width"] = picture.width_px.into();
            body["height"] = picture.height_px.into();
            if let Some(ms) = picture.duration_ms {
                body["durationMs"] = ms.into();
            }
        }
        let told = self
            .upload_call(act, "app.bsky.video.startUpload", Some(body), &[], false)
            .await?;
        serde_json::from_value(told).map_err(|_| Fault::Line(super::tokens::unreadable(act)))
    }

    pub(super) async fn status(&self, act: Act, upload: &str) -> Outcome<Status> {
        let told = self
            .upload_call(
                act,
                "app.bsky.video.getUploadStatus",
                None,
                &[("jobId", upload)],
                false,
            )
            .await?;
        serde_json::from_value(told).map_err(|_| Fault::Line(super::tokens::unreadable(act)))
    }

    /// The service keeps the token of this call for storing the result: it has its whole life ahead.
    pub(super) async fn finish(&self, act: Act, upload: &str) -> Outcome<String> {
        let body = json!({ "jobId": upload });
        let told = self
            .upload_call(act, "app.bsky.video.finishUpload", Some(body), &[], true)
            .await?;
        let job = told["completedJobId"]
            .as_str()
            .filter(|job| !job.is_empty());
        job.map(str::to_owned)
            .ok_or_else(|| Fault::Line(super::tokens::unreadable(act)))
    }

    pub(super) async fn abort_upload(&self, act: Act, upload: &str) -> Outcome<Value> {
        let body = json!({ "jobId": upload });
        self.upload_call(act, "app.bsky.video.abortUpload", Some(body), &[], false)
            .await
    }

    /// How a job stands. Asked with a token where one can be had; the service answers without one too.
    pub(super) async fn job(&self, act: Act, job: &str) -> Outcome<Job> {
        let token = match self.token(act, For::Job, false).await {
            Ok(token) => Some(token),
            Err(error) if error.kind == ErrorKind::SignedOut => return Err(error.into()),
            Err(_) => None,
        };
        let url = self.video_url(act, JOB, &[("jobId", job)])?;
        let request = self.session.http().calls.get(url);
        let told = self.video(act, request, token.as_ref(), CALL_TIMEOUT).await;
        if let (Err(Fault::Said(said, _)), Some(token)) = (&told, &token)
            && said.status == 401
        {
            self.forget_token(token);
        }
        let told = told?;
        // Always wrapped by its lexicon; read bare as well, since another method of the service leaves the wrapping out.
        let status = told.get("jobStatus").unwrap_or(&told).clone();
        serde_json::from_value(status).map_err(|_| Fault::Line(super::tokens::unreadable(act)))
    }

    /// The request that takes a whole file, without its body.
    pub(super) fn whole(
        &self,
        act: Act,
        identity: &Identity,
        name: &str,
        mime: &str,
        token: &SecretString,
    ) -> Result<reqwest::RequestBuilder> {
        let query = [("did", identity.did.as_str()), ("name", name)];
        let url = self.video_url(act, "app.bsky.video.uploadVideo", &query)?;
        self.bytes(act, url, mime, token)
    }

    /// The request that takes a part, without its body.
    pub(super) fn part(
        &self,
        act: Act,
        upload: &str,
        number: u32,
        token: &SecretString,
    ) -> Result<reqwest::RequestBuilder> {
        let number = number.to_string();
        let query = [("jobId", upload), ("partNumber", number.as_str())];
        let url = self.video_url(act, "app.bsky.video.uploadPart", &query)?;
        self.bytes(act, url, "application/octet-stream", token)
    }

    fn bytes(
        &self,
        act: Act,
        url: Url,
        mime: &str,
        token: &SecretString,
    ) -> Result<reqwest::RequestBuilder> {
        let request = self.session.http().parts.post(url);
        Ok(request
            .header(header::ACCEPT, "application/json")
            .header(
                header::AUTHORIZATION,
                wire::secret_header(act, "Bearer ", token)?,
            )
            .header(header::CONTENT_TYPE, mime))
    }
}

/// The type of a file by its name's ending. Source: the official client, read 2026-08-26.
pub(super) fn mime(act: Act, file_name: &str) -> Result<(&'static str, String)> {
    let ending = file_name
        .rsplit_once('.')
        .map(|(_, end)| end.to_lowercase())
        .unwrap_or_default();
    let mime = match ending.as_str() {
        "mp4" | "m4v" => "video/mp4",
        "mov" | "qt" => "video/quicktime",
        "webm" => "video/webm",
        "mpg" | "mpeg" => "video/mpeg",
        "gif" => "image/gif",
        _ => {
            let cause = Cause::new("bluesky_file_type")
                .with("platform", NAME)
                .with("message", &ending);
            return Err(act.error(ErrorKind::Refused, cause));
        }
    };
    Ok((mime, ending))
}
