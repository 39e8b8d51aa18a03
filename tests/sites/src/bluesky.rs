//! Bluesky's video service in parts, with a personal data server beside it.

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use slipway_simulators::bluesky::{Call, Fault, Rule, Simulator, UploadState, simulator};

use crate::{Cannot, MIB, Part, RETRY_AFTER_S, Site, Stage, Trouble, Work};

/// Source: `app.bsky.video.getUploadLimits` and the client's own bound, in decimal, read 2026-08-26.
const FILE_MAX_BYTES: u64 = 300_000_000;
const PARTS_AT_ONCE: u64 = 4;

pub(crate) async fn start(seed: u64) -> Box<dyn Site> {
    let simulator = simulator()
        .seed(seed)
        .switches(|switches| switches.part_bytes = MIB)
        .start()
        .await;
    simulator.person(0, |person| {
        person.remaining_videos = 1_000_000;
        person.remaining_bytes = i64::MAX;
    });
    Box::new(simulator)
}

#[async_trait]
impl Site for Simulator {
    fn platform(&self) -> &'static str {
        "bluesky"
    }
    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("identifier", self.credentials().handle.clone()),
            ("video_did", self.video_did().into()),
            ("endpoint.video", self.url()),
            ("endpoint.plc", self.url()),
            ("endpoint.resolver", self.url()),
            // A job that never ends is given up after a minute.
            ("job_deadline_min", "1".into()),
        ]
    }
    fn secrets(&self) -> Vec<(&'static str, String)> {
        vec![("app_password", self.credentials().app_password.clone())]
    }
    fn part_bytes(&self) -> u64 {
        MIB
    }
    fn file_max_bytes(&self) -> u64 {
        FILE_MAX_BYTES
    }

    async fn works(&self) -> Vec<Work> {
        let posts = self.inspect().posts.into_iter();
        let whole = posts.filter_map(|post| {
            let video = post.record["embed"]["video"]["ref"]["$link"].as_str()?;
            Some(Work {
                title: post.record["text"].as_str()?.to_owned(),
                sha256: hex::encode(Sha256::digest(self.blob(0, video)?)),
            })
        });
        whole.collect()
    }
    async fn publications(&self) -> usize {
        self.inspect().posts.len()
    }
    fn received(&self) -> u64 {
        self.bytes_received()
    }
    fn parts(&self) -> Vec<Part> {
        let uploads = self.inspect().uploads.into_iter();
        let parts = uploads.flat_map(|upload| {
            let whole = [UploadState::Finishing, UploadState::Completed].contains(&upload.state);
            let sent = upload.sent.clone();
            sent.into_iter().map(move |(number, bytes)| {
                let before = u64::from(number - 1) * upload.part_bytes;
                let size = upload.part_bytes.min(upload.bytes.saturating_sub(before));
                let is_held = whole || upload.held.contains(&number);
                Part {
                    upload: upload.job.clone(),
                    number: number.into(),
                    received_bytes: bytes,
                    held_bytes: if is_held { size } else { 0 },
                }
            })
        });
        parts.collect()
    }
    fn in_flight_most(&self) -> u64 {
        PARTS_AT_ONCE * MIB
    }
    fn left_behind(&self) -> usize {
        let uploads = self.inspect().uploads;
        let left = uploads.iter().filter(|u| u.state == UploadState::Created);
        left.filter(|upload| !upload.sent.is_empty()).count()
    }
    fn places(&self) -> Result<usize, Cannot> {
        let uploads = self.inspect().uploads;
        let open = uploads.iter().filter(|u| u.state == UploadState::Created);
        Ok(open.count())
    }

    fn lay(&self, trouble: Trouble, stage: Stage) -> Result<(), Cannot> {
        let call = match stage {
            Stage::Any => Call::Any,
            Stage::Open => Call::Start,
            Stage::Part => Call::Part,
            Stage::List => Call::Status,
            Stage::Commit => Call::PutRecord,
            Stage::Watch => Call::Job,
        };
        let after_bytes = MIB / 2;
        let rule: Rule = match trouble {
            Trouble::Slow => Fault::Latency { ms: 200 }.on(call).always(),
            Trouble::Busy => Fault::Named {
                status: 429,
                error: "RateLimitExceeded".into(),
                message: "Rate Limit Exceeded".into(),
                retry_after_s: Some(RETRY_AFTER_S),
                applied: false,
            }
            .on(call),
            Trouble::Broken => Fault::page(502).on(call).times(2),
            Trouble::Cut => Fault::Reset { after_bytes }.on(call).times(2),
            Trouble::Stall => Fault::Stall {
                after_bytes,
                for_ms: None,
            }
            .on(call),
            Trouble::Page => Fault::page(200).on(call),
            Trouble::Truncated => Fault::TruncatedJson { applied: true }.on(call),
            Trouble::Lost => Fault::AnswerLost { reset: false }.on(call),
            Trouble::WrongChecksum => return Err("no checksum is told"),
            Trouble::NotHeld => Fault::NotStored.on(call),
            Trouble::LyingList => Fault::LyingParts.on(call),
            Trouble::SignInEnds => Fault::AccessTokenExpired.on(Call::Pds).nth(2),
            Trouble::TicketEnds => Fault::ServiceTokenExpired.on(call).nth(2),
            Trouble::PlaceGone => Fault::UploadExpired.on(call).nth(2),
        };
        self.fault(rule);
        Ok(())
    }
    fn refuse(&self) {
        let rule = Fault::job_fails("generic_failure", self.refusal()).on(Call::Encode);
        self.fault(rule.always());
    }
    fn refusal(&self) -> &'static str {
        "Failed to process video"
    }

    crate::examples!(inspect, Call::PutRecord);
}
