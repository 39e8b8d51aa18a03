//! From the last byte to the post: finish, wait for the service, captions, and one record under the key chosen beforehand.
//!
//! Invariant: between two puts of the record there is a look, and both would be of the same record under the same key. Waiting is the engine's: an
//! unfinished step is an error that says how long.

use super::{
    NAME,
    codes::{self, Said},
    post::{self, COLLECTION, Caption},
    ticket::{Kept, Stage, Way},
    video::Job,
    wire::{Api, Call, Content, Fault},
};
use crate::{Draft, Error, Keeper, Result, Step, http::Act};
use serde_json::{Value, json};
use slipway_model::{Cause, ErrorKind, Receipt, Remote};
use std::time::Duration;

const FINISHING: &str = "finishing the upload";
const ENCODING: &str = "waiting for the video service";
const POSTING: &str = "posting";
/// First and longest wait between two looks at a job. The official client looks every 1.5 s.
const LOOK_LEAST: Duration = Duration::from_secs(2);
const LOOK_MOST: Duration = Duration::from_secs(15);

pub(super) struct Commit<'a> {
    pub(super) api: Api<'a>,
    pub(super) kept: Kept,
    pub(super) receipts: &'a [Receipt],
    pub(super) draft: &'a Draft,
    pub(super) keeper: &'a dyn Keeper,
}

impl Commit<'_> {
    pub(super) async fn run(mut self) -> Result<Step> {
        let identity = self.api.identity().await?;
        if identity.did != self.kept.did {
            let cause = Cause::new("bluesky_upload_lost").with("message", "another account");
            return Err(Act::new(NAME, FINISHING).error(ErrorKind::TicketLost, cause));
        }
        loop {
            match self.kept.stage.clone() {
                Stage::Sending => {
                    let job = self.finish().await?;
                    let since_ms = super::now_ms();
                    self.step(Stage::Encoding { job, since_ms }).await?;
                }
                Stage::Encoding { job, since_ms } => {
                    let blob = self.encoded(&job, since_ms).await?;
                    self.step(Stage::Encoded { blob }).await?;
                }
                Stage::Encoded { blob } => {
                    let captions = self.captions().await?;
                    self.keeper.ready(&self.kept.ticket()).await?;
                    let record =
                        post::record(&self.api, self.draft, &blob, &captions, super::now_ms())
                            .await?;
                    self.kept.stage = Stage::Posting {
                        record: record.clone(),
                    };
                    return self.put(record).await;
                }
                // Someone was here before: what they did is looked for.
                Stage::Posting { record } => {
                    return match self.posted().await? {
                        Some(uri) => Ok(self.published(&uri)),
                        None => self.put(record).await,
                    };
                }
                Stage::BlobLost => {
                    let cause = Cause::new("bluesky_blob_lost").with("platform", NAME);
                    return Err(Act::new(NAME, POSTING).error(ErrorKind::TicketLost, cause));
                }
            }
        }
    }

    async fn step(&mut self, stage: Stage) -> Result<()> {
        self.kept.stage = stage;
        self.keeper.keep(&self.kept.ticket()).await
    }

    /// The job that has all bytes.
    async fn finish(&self) -> Result<String> {
        let act = Act::new(NAME, FINISHING);
        let upload = match &self.kept.way {
            Way::Whole => {
                let job = self
                    .receipts
                    .first()
                    .and_then(|receipt| receipt.etag.clone());
                return job.ok_or_else(|| lost(act, "no job"));
            }
            Way::Parts { upload } => upload,
        };
        let fault = match self.api.finish(act, upload).await {
            Ok(job) => return Ok(job),
            Err(fault) => fault,
        };
        // Whatever went wrong: the session says how it stands.
        let status = match self.api.status(act, upload).await {
            Ok(status) => status,
            Err(Fault::Said(said, error)) if said.name == "UploadNotFound" => return Err(error),
            Err(_) => return Err(fault.into()),
        };
        match status.state.as_str() {
            "completed" => status
                .completed_job_id
                .filter(|job| !job.is_empty())
                .ok_or_else(|| fault.into()),
            "failed" | "aborted" | "expired" => Err(lost(act, &status.state)),
            "finishing" => {
                let kind = ErrorKind::RateLimited {
                    wait: Some(LOOK_LEAST),
                };
                Err(act.error(
                    kind,
                    Cause::new("bluesky_finishing").with("message", "finishing"),
                ))
            }
            _ => {
                if let Fault::Said(said, error) = fault {
                    if said.name == "MissingParts" {
                        // It holds less than it acknowledged: the reservation is given back, and all is sent again.
                        if let Err(left) = self
                            .api
                            .abort_upload(act, upload)
                            .await
                            .map_err(Error::from)
                        {
                            tracing::info!(error = %left, "an upload session could not be given back");
                        }
                    }
                    return Err(error);
                }
                Err(fault.into())
            }
        }
    }

    /// The result, once it lies on the account's server.
    async fn encoded(&self, job: &str, since_ms: i64) -> Result<Value> {
        let act = Act::new(NAME, ENCODING);
        let status = self.api.job(act, job).await.map_err(Error::from)?;
        // Found first, whatever else is said: the service calls it a failure when it had the video before.
        if let Some(blob) = status.blob.clone().filter(is_blob) {
            return Ok(blob);
        }
        if status.state == "JOB_STATE_FAILED" {
            return Err(failed(act, &status, self.api.quota_until_ms()));
        }
        let waited = Duration::from_millis(u64::try_from(super::now_ms() - since_ms).unwrap_or(0));
        if waited > self.api.settings().job_deadline() {
            let cause = Cause::new("bluesky_job_stuck")
                .with("state", codes::shown(&status.state))
                .with("minutes", waited.as_secs() / 60);
            return Err(act.error(ErrorKind::Refused, cause));
        }
        let cause = Cause::new("bluesky_encoding")
            .with("state", state_words(&status.state))
            .with("progress", status.progress.unwrap_or(0).clamp(0, 100));
        let wait = (waited / 8).clamp(LOOK_LEAST, LOOK_MOST);
        Err(act.error(ErrorKind::RateLimited { wait: Some(wait) }, cause))
    }

    async fn captions(&self) -> Result<Vec<Caption>> {
        let act = Act::new(NAME, "sending captions");
        let tracks = post::tracks(&self.draft.fields)
            .map_err(|cause| act.error(ErrorKind::Refused, cause))?;
        let mut stored = Vec::with_capacity(tracks.len());
        for track in tracks {
            // The same bytes are the same blob: sending them again after a crash changes nothing.
            let content = Content::Bytes {
                mime: "text/vtt",
                bytes: track.text.into(),
            };
            let call = Call::procedure("sending captions", "com.atproto.repo.uploadBlob", content);
            let told = self.api.call(call).await.map_err(Error::from)?;
            let blob = told["blob"].clone();
            if !is_blob(&blob) {
                return Err(super::tokens::unreadable(act));
            }
            stored.push(Caption {
                lang: track.language,
                blob,
            });
        }
        Ok(stored)
    }

    async fn put(&mut self, record: Value) -> Result<Step> {
        self.keeper.about_to_submit(&self.kept.ticket()).await?;
        let body = json!({
            "repo": self.kept.did, "collection": COLLECTION, "rkey": self.kept.rkey, "validate": true, "record": record,
        });
        let call = Call::procedure(POSTING, "com.atproto.repo.putRecord", Content::Json(body));
        match self.api.call(call).await {
            Ok(told) => {
                let uri = told["uri"].as_str().filter(|uri| uri.starts_with("at://"));
                let uri = uri.map_or_else(|| self.uri(), str::to_owned);
                Ok(self.published(&uri))
            }
            Err(Fault::Said(said, error))
                if matches!(said.name.as_str(), "BlobNotFound" | "InvalidSize") =>
            {
                // Refused in so many words, so nothing was posted: said as a wait, and kept, so that the next look begins everything again.
                self.step(Stage::BlobLost).await?;
                let kind = ErrorKind::RateLimited {
                    wait: Some(LOOK_LEAST),
                };
                Err(Error { kind, ..error })
            }
            Err(fault) => Err(fault.into()),
        }
    }

    fn uri(&self) -> String {
        format!("at://{}/{COLLECTION}/{}", self.kept.did, self.kept.rkey)
    }

    /// The post under our key, when it is there.
    async fn posted(&self) -> Result<Option<String>> {
        let query = [
            ("repo", self.kept.did.as_str()),
            ("collection", COLLECTION),
            ("rkey", self.kept.rkey.as_str()),
        ];
        let call = Call::query("looking for the post", "com.atproto.repo.getRecord", &query);
        match self.api.call(call).await {
            Ok(told) => Ok(Some(
                told["uri"]
                    .as_str()
                    .map_or_else(|| self.uri(), str::to_owned),
            )),
            Err(Fault::Said(said, _))
                if said.name == "RecordNotFound"
                    || said.message.contains("Could not locate record") =>
            {
                Ok(None)
            }
            Err(fault) => Err(fault.into()),
        }
    }

    fn published(&self, uri: &str) -> Step {
        let act = Act::new(NAME, POSTING);
        let web = self.api.settings().endpoint(act, "web").ok();
        let path = format!("profile/{}/post/{}", self.kept.did, self.kept.rkey);
        Step::Published(Remote {
            id: uri.to_owned(),
            url: web.map(|base| super::wire::address(&base, &path, &[]).to_string()),
            words: None,
        })
    }
}

fn lost(act: Act, why: &str) -> Error {
    let cause = Cause::new("bluesky_upload_lost")
        .with("platform", NAME)
        .with("message", why);
    act.error(ErrorKind::TicketLost, cause)
}

fn is_blob(blob: &Value) -> bool {
    blob["$type"] == "blob"
        && blob["ref"]["$link"]
            .as_str()
            .is_some_and(|cid| !cid.is_empty())
        && blob["size"].is_u64()
}

/// What a failed job means: refused for what the file is, or worth another try from the first byte.
fn failed(act: Act, job: &Job, quota_until_ms: i64) -> Error {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let said = Said {
        status: 400,
        name: text(&job.error),
        message: text(&job.message),
        retry_after: None,
    };
    let known = codes::error(act, &said, quota_until_ms);
    if known.cause.code != "platform_unknown_answer" {
        return known;
    }
    let means = match job.failure_code.as_deref() {
        Some("validation_failure") => "bluesky_video_refused",
        Some("pds_upload_unsupported_blob_size") => "bluesky_blob_too_large",
        _ => "bluesky_encoding_failed",
    };
    // Trouble of the service's own: a complete repetition usually helps, and the engine allows few of them.
    let kind = match means {
        "bluesky_encoding_failed" => ErrorKind::TicketLost,
        _ => ErrorKind::Refused,
    };
    Error {
        kind,
        cause: Cause {
            code: means.into(),
            ..known.cause
        },
        ..known
    }
}

/// `JOB_STATE_ENCODING` as `encoding`.
fn state_words(state: &str) -> String {
    let words = state
        .strip_prefix("JOB_STATE_")
        .unwrap_or(state)
        .to_lowercase();
    codes::shown(&words.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_job_is_refused_for_what_the_file_is_and_repeated_for_trouble() {
        let rows = [
            (
                "video_too_long",
                Some("validation_failure"),
                ErrorKind::Refused,
                "bluesky_too_long",
            ),
            (
                "bad_aspect_ratio",
                Some("validation_failure"),
                ErrorKind::Refused,
                "bluesky_bad_aspect_ratio",
            ),
            (
                "unsupported_codec",
                Some("validation_failure"),
                ErrorKind::Refused,
                "bluesky_codec",
            ),
            (
                "encoded_video_too_large",
                Some("validation_failure"),
                ErrorKind::Refused,
                "bluesky_too_large",
            ),
            (
                "other",
                Some("validation_failure"),
                ErrorKind::Refused,
                "bluesky_video_refused",
            ),
            (
                "x",
                Some("encoding_failure"),
                ErrorKind::TicketLost,
                "bluesky_encoding_failed",
            ),
            (
                "x",
                Some("pds_upload_failure"),
                ErrorKind::TicketLost,
                "bluesky_encoding_failed",
            ),
            (
                "x",
                Some("generic_failure"),
                ErrorKind::TicketLost,
                "bluesky_encoding_failed",
            ),
            ("x", None, ErrorKind::TicketLost, "bluesky_encoding_failed"),
            (
                "x",
                Some("pds_upload_unsupported_blob_size"),
                ErrorKind::Refused,
                "bluesky_blob_too_large",
            ),
        ];
        for (error, code, kind, cause) in rows {
            let job = Job {
                error: Some(error.into()),
                failure_code: code.map(str::to_owned),
                ..Job::default()
            };
            let found = failed(Act::new(NAME, ENCODING), &job, 0);
            assert_eq!(
                (found.kind, found.cause.code.as_str()),
                (kind, cause),
                "{error} {code:?}"
            );
        }
    }
}
