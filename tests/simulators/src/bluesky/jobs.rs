//! What becomes of a video: its states, the upload of the result to the user's server, and how it fails.
//!
//! A job goes one step with each look at it, so that nothing sleeps. Always holds: the blob is stored on the server before it is shown, with the
//! token that the client handed over.

use serde_json::{Value, json};

use super::fault::Fault;
use super::keys::Jwt;
use super::state::{Failed, Job, State};
use super::wire::{Told, refuse};
use super::world::World;

/// States in their order, with the progress they show; one of them is of no list, as users have seen.
const STEPS: [(&str, Option<u32>); 9] = [
    ("JOB_STATE_CREATED", None),
    ("JOB_STATE_ENCODING", Some(12)),
    ("JOB_STATE_ENCODING", Some(87)),
    ("JOB_STATE_IN_PROGRESS", Some(3)),
    ("JOB_STATE_ENCODED", None),
    ("JOB_STATE_SCANNING", Some(50)),
    ("JOB_STATE_SCANNED", None),
    ("JOB_STATE_UPLOADING", Some(0)),
    ("JOB_STATE_COMPLETED", Some(100)),
];
const UPLOADING: usize = 7;
const COMPLETED: usize = 8;

/// Stands for a result when the bytes were thrown away.
const STUB: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom";

pub(crate) fn status(job: &Job) -> Value {
    let (state, progress) = if job.failed.is_some() {
        ("JOB_STATE_FAILED", None)
    } else {
        STEPS[job.step]
    };
    let mut told = json!({ "jobId": job.id, "did": job.did, "state": state });
    if let Some(progress) = progress {
        told["progress"] = progress.into();
    }
    if let Some(failed) = &job.failed {
        told["error"] = failed.error.as_str().into();
        told["message"] = failed.message.as_str().into();
        if let Some(code) = &failed.code {
            told["failureCode"] = code.as_str().into();
        }
    }
    if let Some(blob) = &job.blob
        && !job.faults.contains(&Fault::JobWithoutBlob)
    {
        told["blob"] = blob.clone();
    }
    told
}

impl World {
    pub(crate) async fn job(&self, id: Option<&str>, token: Option<&str>) -> Told {
        let id = id.ok_or_else(|| refuse(400, "missing jobId", "missing jobId"))?;
        self.check_token(token)?;
        let due = {
            let mut state = self.state.lock();
            let slow = state.switches.slow_jobs;
            let job = find(&mut state, id)?;
            step(job, slow);
            let due =
                job.step >= UPLOADING && job.failed.is_none() && job.blob.is_none() && !job.busy;
            due.then(|| {
                job.busy = true;
                let bytes = job.bytes.clone();
                (job.did.clone(), job.token.clone(), bytes)
            })
        };
        if let Some((did, token, bytes)) = due {
            let stored = self
                .store(&did, &token, bytes.as_deref().unwrap_or(STUB))
                .await;
            let mut state = self.state.lock();
            let slow = state.switches.slow_jobs;
            let job = find(&mut state, id)?;
            job.busy = false;
            match stored {
                Ok(blob) => {
                    job.blob = Some(blob);
                    if !slow {
                        job.step = COMPLETED;
                    }
                    fail_with_blob(job);
                }
                Err((status, error)) => {
                    let code = if status == 413 {
                        "pds_upload_unsupported_blob_size"
                    } else {
                        "pds_upload_failure"
                    };
                    job.failed = Some(Failed {
                        error: format!("video processing error for job: {id}"),
                        message: format!("Failed to upload to the PDS: {error}"),
                        code: Some(code.into()),
                    });
                }
            }
        }
        let mut state = self.state.lock();
        Ok(json!({ "jobStatus": status(find(&mut state, id)?) }))
    }

    fn check_token(&self, token: Option<&str>) -> Result<(), super::wire::Refusal> {
        let checked = self.state.lock().switches.job_token_checked;
        let Some(token) = token.filter(|_| checked) else {
            return Ok(());
        };
        let wrong = |why: &str| refuse(401, "AuthRequired", format!("invalid token: {why}"));
        let jwt = Jwt::parse(token).ok_or_else(|| wrong("malformed"))?;
        if jwt.payload["exp"]
            .as_i64()
            .is_none_or(|exp| exp <= self.clock.now_s())
        {
            return Err(wrong("token expired"));
        }
        if jwt.text("aud") != self.did || jwt.text("lxm") != "app.bsky.video.getJobStatus" {
            return Err(wrong("audience or method"));
        }
        Ok(())
    }
}

fn find<'a>(state: &'a mut State, id: &str) -> Result<&'a mut Job, super::wire::Refusal> {
    let found = state.jobs.iter_mut().find(|job| job.id == id);
    found.ok_or_else(|| refuse(404, "job not found", "job not found"))
}

fn step(job: &mut Job, slow: bool) {
    if job.failed.is_some() || job.step == COMPLETED {
        return;
    }
    let fails = job.faults.iter().find_map(|fault| match fault {
        Fault::JobFails {
            error,
            message,
            failure_code,
            with_blob: false,
        } => Some(Failed {
            error: error.clone(),
            message: message.clone(),
            code: failure_code.clone(),
        }),
        _ => None,
    });
    if let Some(failed) = fails {
        if job.step >= 1 || !slow {
            job.failed = Some(failed);
        } else {
            job.step += 1;
        }
        return;
    }
    if job.faults.contains(&Fault::JobStuck) {
        job.step = 1;
        return;
    }
    if !slow {
        job.step = UPLOADING;
    } else if job.step < UPLOADING || job.blob.is_some() {
        job.step += 1;
    }
}

/// The service says FAILED and shows the blob all the same.
fn fail_with_blob(job: &mut Job) {
    for fault in &job.faults {
        if let Fault::JobFails {
            error,
            message,
            failure_code,
            with_blob: true,
        } = fault
        {
            job.failed = Some(Failed {
                error: error.clone(),
                message: message.clone(),
                code: failure_code.clone(),
            });
        }
    }
}
