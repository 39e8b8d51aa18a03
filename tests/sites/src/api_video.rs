//! api.video, signed in with its key.

use async_trait::async_trait;
use slipway_simulators::api_video::{Call, Encoding, Fault, Rule, Simulator, simulator};

use crate::{Cannot, MIB, Part, RETRY_AFTER_S, Site, Stage, Trouble, Work};

const PART_BYTES: u64 = 5 * MIB;
/// Of the account's uploads at once.
const UPLOADS_AT_ONCE: u64 = 2;

pub(crate) async fn start(seed: u64) -> Box<dyn Site> {
    let simulator = simulator()
        .seed(seed)
        .encoding(Encoding::immediate())
        // Small parts would meet the limit of 100 uploads a minute.
        .switches(|switches| switches.rate_limits = false);
    Box::new(simulator.start().await)
}

#[async_trait]
impl Site for Simulator {
    fn platform(&self) -> &'static str {
        "api-video"
    }
    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("endpoint", self.url()),
            ("part_size", PART_BYTES.to_string()),
            // The way that has a session, which can end.
            ("authorization", "bearer".into()),
        ]
    }
    fn secrets(&self) -> Vec<(&'static str, String)> {
        vec![("api_key", self.api_key().into())]
    }
    fn part_bytes(&self) -> u64 {
        PART_BYTES
    }

    async fn works(&self) -> Vec<Work> {
        let videos = self.inspect().await.videos.into_iter();
        let whole = videos.filter_map(|video| {
            Some(Work {
                title: video.fields.get("title")?.as_str()?.to_owned(),
                sha256: video.sha256?,
            })
        });
        whole.collect()
    }
    async fn covers(&self) -> Vec<String> {
        let videos = self.inspect().await.videos.into_iter();
        videos.filter_map(|v| Some(v.thumbnail?.sha256)).collect()
    }
    fn received(&self) -> u64 {
        self.bytes_received()
    }
    fn parts(&self) -> Vec<Part> {
        let videos = self.glance().videos.into_iter();
        let parts = videos.flat_map(|video| {
            let id = video.id;
            video.parts.into_iter().map(move |(number, part)| Part {
                upload: id.clone(),
                number,
                received_bytes: part.received_bytes,
                held_bytes: part.held_bytes,
            })
        });
        parts.collect()
    }
    fn in_flight_most(&self) -> u64 {
        let videos = self.glance().videos;
        let most = videos.iter().map(|v| u64::from(v.parts_at_once_most));
        most.max().unwrap_or(0) * UPLOADS_AT_ONCE * PART_BYTES
    }
    fn left_behind(&self) -> usize {
        let videos = self.glance().videos;
        let left = videos.iter().filter(|v| !v.complete && v.held_bytes > 0);
        left.count()
    }
    fn places(&self) -> Result<usize, Cannot> {
        let videos = self.glance().videos;
        Ok(videos.iter().filter(|video| !video.complete).count())
    }

    fn lay(&self, trouble: Trouble, stage: Stage) -> Result<(), Cannot> {
        // The last of three parts makes the work.
        let (call, nth) = match stage {
            Stage::Any => (Call::Any, 1),
            Stage::Open => (Call::VideoCreate, 1),
            Stage::Part => (Call::Part, 1),
            Stage::Commit => (Call::Part, 3),
            Stage::List | Stage::Watch => (Call::Status, 1),
        };
        let page = |status| Fault::HttpStatus {
            status,
            applied: false,
        };
        let after_bytes = MIB / 2;
        let rule: Rule = match trouble {
            Trouble::Slow if stage == Stage::Commit => {
                Fault::Latency { ms: 200 }.on(Call::Status).always()
            }
            Trouble::Slow => Fault::Latency { ms: 200 }.on(call).always(),
            Trouble::Busy => Fault::TooMany {
                retry_after_s: RETRY_AFTER_S,
                standard: false,
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
            Trouble::Truncated => Fault::TruncatedJson { applied: true }.on(call),
            Trouble::Lost => Fault::AnswerLost { reset: false }.on(call),
            Trouble::WrongChecksum => return Err("no checksum is told"),
            Trouble::NotHeld => Fault::NotStored.on(call),
            Trouble::LyingList => Fault::Listing {
                parts: (1..=7).collect(),
            }
            .on(call),
            Trouble::SignInEnds => Fault::BearerExpired.on(Call::Source).nth(2),
            Trouble::TicketEnds => return Err("the key's session sends the parts"),
            Trouble::PlaceGone => Fault::Vanished.on(call).nth(2),
        };
        self.fault(rule.nth(nth));
        Ok(())
    }
    fn refusal(&self) -> &'static str {
        "failed"
    }

    crate::examples!(glance, Call::VideoPatch);
}
