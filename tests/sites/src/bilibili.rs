//! The Bilibili Open Platform.

use std::time::Duration;

use async_trait::async_trait;
use slipway_simulators::bilibili::{Call, Fault, Review, Rule, Simulator, simulator};

use crate::{Cannot, MIB, Part, RETRY_AFTER_S, Site, Stage, Trouble, Work};

const NO_LIST: Cannot = "no call lists the parts";

pub(crate) async fn start(seed: u64) -> Box<dyn Site> {
    let simulator = simulator()
        .seed(seed)
        .spacing(Duration::ZERO)
        .review(Review::immediate());
    Box::new(simulator.start().await)
}

#[async_trait]
impl Site for Simulator {
    fn platform(&self) -> &'static str {
        "bilibili"
    }
    fn settings(&self) -> Vec<(&'static str, String)> {
        let url = self.url();
        vec![
            ("client_id", self.client_id().into()),
            ("endpoint.api", url.clone()),
            ("endpoint.oauth", url.clone()),
            ("endpoint.consent", url.clone()),
            ("endpoint.upload", url),
            ("part_size", MIB.to_string()),
            ("limits.small_file_max_bytes", "0".into()),
            ("rate.submit_spacing_s", "0".into()),
            ("rate.calls_per_minute", "6000".into()),
            ("rate.calls_burst", "1000".into()),
            ("verify_etag", "fail".into()),
        ]
    }
    fn secrets(&self) -> Vec<(&'static str, String)> {
        vec![
            ("app_secret", self.app_secret().into()),
            ("access_token", self.access_token().into()),
            ("refresh_token", self.refresh_token().into()),
        ]
    }
    fn fields(&self) -> Vec<(&'static str, &'static str)> {
        vec![("tags", "test"), ("bilibili.tid", "21")]
    }
    fn part_bytes(&self) -> u64 {
        MIB
    }

    async fn works(&self) -> Vec<Work> {
        let manuscripts = self.inspect().await.manuscripts.into_iter();
        let whole = manuscripts.filter_map(|manuscript| {
            Some(Work {
                title: manuscript.fields.get("title")?.as_str()?.to_owned(),
                sha256: manuscript.file?.sha256,
            })
        });
        whole.collect()
    }
    async fn publications(&self) -> usize {
        self.glance().manuscripts.len()
    }
    async fn covers(&self) -> Vec<String> {
        let manuscripts = self.inspect().await.manuscripts.into_iter();
        manuscripts.filter_map(|m| Some(m.cover?.sha256)).collect()
    }
    fn received(&self) -> u64 {
        self.bytes_received()
    }
    fn parts(&self) -> Vec<Part> {
        let uploads = self.glance().uploads.into_iter();
        let parts = uploads.flat_map(|upload| {
            let token = upload.token;
            upload.parts.into_iter().map(move |(number, part)| Part {
                upload: token.clone(),
                number: number.into(),
                received_bytes: part.received_bytes,
                held_bytes: part.held_bytes.unwrap_or(0),
            })
        });
        parts.collect()
    }
    fn in_flight_most(&self) -> u64 {
        let accounts = self.glance().accounts;
        let most = accounts.iter().map(|a| u64::from(a.parts_at_once_most));
        most.max().unwrap_or(0) * MIB
    }
    fn left_behind(&self) -> usize {
        let uploads = self.glance().uploads;
        let left = uploads.iter().filter(|u| !u.consumed);
        left.filter(|u| u.received_bytes > 0).count()
    }
    fn places(&self) -> Result<usize, Cannot> {
        Err("no call gives an upload token back: it ends by itself")
    }

    fn lay(&self, trouble: Trouble, stage: Stage) -> Result<(), Cannot> {
        let call = match stage {
            Stage::Any => Call::Any,
            Stage::Open => Call::Init,
            Stage::Part => Call::Part,
            Stage::List => return Err(NO_LIST),
            Stage::Commit => Call::Add,
            Stage::Watch => Call::View,
        };
        let status = |status, retry_after_s| Fault::HttpStatus {
            status,
            retry_after_s,
            applied: false,
        };
        let slow = Fault::Latency {
            ms: 120,
            jitter_ms: 120,
        };
        let after_bytes = MIB / 2;
        let rule: Rule = match trouble {
            Trouble::Slow if stage == Stage::Commit => {
                self.fault(slow.clone().on(Call::Complete).always());
                slow.on(call).always()
            }
            Trouble::Slow => slow.on(call).always(),
            Trouble::Busy => status(429, Some(RETRY_AFTER_S)).on(call),
            // After an unclear submission it is looked for, and made again once.
            Trouble::Broken if stage == Stage::Commit => status(502, None).on(call),
            Trouble::Broken => status(502, None).on(call).times(2),
            Trouble::Cut => Fault::Reset { after_bytes }.on(call).times(2),
            Trouble::Stall => Fault::Stall {
                after_bytes,
                for_ms: None,
            }
            .on(call),
            Trouble::Page => status(200, None).on(call),
            Trouble::Truncated => Fault::TruncatedJson { applied: true }.on(call),
            Trouble::Lost => Fault::AnswerLost { reset: false }.on(call),
            Trouble::WrongChecksum => Fault::Corrupted.on(call),
            // Nobody could tell of the last part, since no call names their number.
            Trouble::NotHeld => Fault::NotStored.on(call).part(1),
            Trouble::LyingList => return Err(NO_LIST),
            Trouble::SignInEnds => Fault::AccessTokenExpired.on(Call::Add),
            Trouble::TicketEnds => Fault::UploadTokenExpired.on(call).nth(2),
            Trouble::PlaceGone => return Err("the place is its upload token: see the ticket"),
        };
        self.fault(rule);
        Ok(())
    }
    fn refusal(&self) -> &'static str {
        "-16"
    }

    crate::examples!(glance, Call::Add);
}
