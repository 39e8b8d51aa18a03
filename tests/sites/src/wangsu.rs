//! Wangsu Cloud VoD with its storage.

use async_trait::async_trait;
use slipway_simulators::wangsu::{BlockSeen, Call, Fault, Rule, Simulator, simulator};

use crate::{Cannot, MIB, Part, RETRY_AFTER_S, Site, Stage, Trouble, Work};

const BLOCK_BYTES: u64 = 4 * MIB;
const NO_LIST: Cannot = "no call lists the blocks";

pub(crate) async fn start(seed: u64) -> Box<dyn Site> {
    Box::new(simulator().seed(seed).start().await)
}

#[async_trait]
impl Site for Simulator {
    fn platform(&self) -> &'static str {
        "wangsu"
    }
    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("access_key", self.access_key().into()),
            ("endpoint.api", self.url()),
            ("block_size", BLOCK_BYTES.to_string()),
            ("rate.calls_per_5_minutes", "3000".into()),
        ]
    }
    fn secrets(&self) -> Vec<(&'static str, String)> {
        vec![("secret_key", self.secret_key().into())]
    }
    fn part_bytes(&self) -> u64 {
        BLOCK_BYTES
    }

    async fn works(&self) -> Vec<Work> {
        let seen = self.inspect();
        let whole = seen.works().filter_map(|video| {
            Some(Work {
                title: video.name.clone(),
                sha256: video.file.as_ref()?.sha256.clone()?,
            })
        });
        whole.collect()
    }
    fn received(&self) -> u64 {
        self.bytes_received()
    }
    fn parts(&self) -> Vec<Part> {
        let blocks = self.inspect().blocks.into_iter();
        let part = |block: BlockSeen| Part {
            upload: block.batch,
            number: block.index,
            received_bytes: block.received_bytes,
            held_bytes: block.held_bytes,
        };
        blocks.map(part).collect()
    }
    fn in_flight_most(&self) -> u64 {
        u64::from(self.inspect().at_once_most) * BLOCK_BYTES
    }
    fn left_behind(&self) -> usize {
        let blocks = self.inspect().blocks;
        blocks.iter().filter(|block| block.offset.is_some()).count()
    }
    fn places(&self) -> Result<usize, Cannot> {
        Err("a place without its file is no video yet: it is purged by itself")
    }

    fn lay(&self, trouble: Trouble, stage: Stage) -> Result<(), Cannot> {
        let call = match stage {
            Stage::Any => Call::Any,
            Stage::Open => Call::GetUploadToken,
            Stage::Part => Call::Chunk,
            Stage::List => return Err(NO_LIST),
            Stage::Commit => Call::Mkfile,
            Stage::Watch => Call::GetVideoList,
        };
        let status = |status, retry_after_s| Fault::HttpStatus {
            status,
            retry_after_s,
            applied: false,
        };
        let after_bytes = MIB / 2;
        let rule: Rule = match trouble {
            Trouble::Slow => Fault::Latency { ms: 200 }.on(call).always(),
            Trouble::Busy => status(429, Some(RETRY_AFTER_S)).on(call),
            Trouble::Broken => status(502, None).on(call).times(2),
            Trouble::Cut => Fault::Reset { after_bytes }.on(call).times(2),
            Trouble::Stall => Fault::Stall {
                after_bytes,
                for_ms: None,
            }
            .on(call),
            Trouble::Page => status(200, None).on(call),
            Trouble::Truncated => Fault::Truncated { applied: true }.on(call),
            Trouble::Lost => Fault::AnswerLost { reset: false }.on(call),
            Trouble::WrongChecksum => Fault::WrongCrc32.on(call),
            Trouble::NotHeld => Fault::Purge { all: false }.on(Call::Mkfile),
            Trouble::LyingList => return Err(NO_LIST),
            Trouble::SignInEnds => return Err("each call is signed by itself"),
            Trouble::TicketEnds => Fault::TokensRevoked.on(Call::Mkblk).nth(2),
            Trouble::PlaceGone => Fault::Purge { all: true }.on(Call::Mkfile),
        };
        self.fault(rule);
        Ok(())
    }
    fn refusal(&self) -> &'static str {
        "transcodeState 4"
    }

    crate::examples!(inspect, Call::Mkfile);
}
