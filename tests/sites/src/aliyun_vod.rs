//! Alibaba Cloud ApsaraVideo VOD with its storage, by an access key.

use async_trait::async_trait;
use slipway_simulators::aliyun_vod::{Call, Fault, Pace, Rule, Simulator, simulator};

use crate::{Cannot, MIB, Part, RETRY_AFTER_S, Site, Stage, Trouble, Work};

/// Parts of one upload, and uploads of the account, at once.
const PARTS_AT_ONCE: u64 = 4;
const UPLOADS_AT_ONCE: u64 = 2;

pub(crate) async fn start(seed: u64) -> Box<dyn Site> {
    let simulator = simulator().seed(seed).pace(Pace::immediate());
    Box::new(simulator.start().await)
}

#[async_trait]
impl Site for Simulator {
    fn platform(&self) -> &'static str {
        "aliyun-vod"
    }
    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("access_key_id", self.credentials().access_key_id.clone()),
            ("endpoint.vod", self.url()),
            ("part_size", MIB.to_string()),
        ]
    }
    fn secrets(&self) -> Vec<(&'static str, String)> {
        let secret = &self.credentials().access_key_secret;
        vec![("access_key_secret", secret.clone())]
    }
    fn part_bytes(&self) -> u64 {
        MIB
    }

    async fn works(&self) -> Vec<Work> {
        let seen = self.inspect();
        let whole = seen.videos().into_iter().filter_map(|media| {
            Some(Work {
                title: media.params.get("Title")?.clone(),
                sha256: media.object.as_ref()?.sha256.clone()?,
            })
        });
        whole.collect()
    }
    async fn publications(&self) -> usize {
        self.glance().published()
    }
    async fn covers(&self) -> Vec<String> {
        let seen = self.inspect();
        let images = seen.media.iter().filter(|media| {
            media.kind == "image" && media.params.get("ImageType").is_some_and(|t| t == "cover")
        });
        let images = images.filter_map(|image| image.object.as_ref()?.sha256.clone());
        images.collect()
    }
    fn received(&self) -> u64 {
        self.bytes_received()
    }
    fn parts(&self) -> Vec<Part> {
        let uploads = self.glance().uploads.into_iter();
        let parts = uploads.flat_map(|upload| {
            let (id, held) = (upload.id, upload.parts);
            upload
                .received
                .into_iter()
                .map(move |(number, bytes)| Part {
                    upload: id.clone(),
                    number: number.into(),
                    received_bytes: bytes,
                    held_bytes: held.get(&number).copied().unwrap_or(0),
                })
        });
        parts.collect()
    }
    fn in_flight_most(&self) -> u64 {
        PARTS_AT_ONCE * UPLOADS_AT_ONCE * MIB
    }
    fn left_behind(&self) -> usize {
        let uploads = self.glance().uploads;
        let left = uploads.iter().filter(|u| u.standing == "open");
        left.filter(|upload| upload.bytes_sent > 0).count()
    }
    fn places(&self) -> Result<usize, Cannot> {
        let seen = self.glance();
        let open = seen.uploads.iter().filter(|u| u.standing == "open").count();
        Ok(open + seen.videos().len() - seen.published())
    }

    fn lay(&self, trouble: Trouble, stage: Stage) -> Result<(), Cannot> {
        let call = match stage {
            Stage::Any => Call::Any,
            Stage::Open => Call::CreateUploadVideo,
            Stage::Part => Call::UploadPart,
            Stage::List => Call::ListParts,
            Stage::Commit => Call::Complete,
            Stage::Watch => Call::GetVideoInfo,
        };
        let page = |status| Fault::Html {
            status,
            retry_after_s: None,
            applied: false,
        };
        let after_bytes = MIB / 3;
        let rule: Rule = match trouble {
            Trouble::Slow => Fault::Latency { ms: 200 }.on(call).always(),
            Trouble::Busy => Fault::Error {
                status: 429,
                code: "Throttling.User".into(),
                retry_after_s: Some(RETRY_AFTER_S),
                applied: false,
            }
            .on(call),
            Trouble::Broken => page(502).on(call).times(2),
            Trouble::Cut => Fault::Reset { after_bytes }.on(call).times(2),
            Trouble::Stall => Fault::Stall {
                after_bytes,
                for_ms: None,
            }
            .on(call),
            Trouble::Page => page(200).on(call),
            Trouble::Truncated => Fault::Truncated { applied: true }.on(call),
            Trouble::Lost => Fault::AnswerLost { reset: false }.on(call),
            Trouble::WrongChecksum => Fault::Corrupted.on(call),
            Trouble::NotHeld => Fault::NotStored.on(call),
            // The list tells of other bytes than those that were acknowledged.
            Trouble::LyingList => Fault::Damaged.on(Call::UploadPart),
            Trouble::SignInEnds => return Err("each call is signed by itself"),
            Trouble::TicketEnds => Fault::CredentialExpired.on(call).nth(2),
            Trouble::PlaceGone => Fault::UploadVanishes.on(call).nth(2),
        };
        self.fault(rule);
        Ok(())
    }
    fn refusal(&self) -> &'static str {
        "TranscodeFail"
    }

    crate::examples!(glance, Call::Complete);
}
