//! From the last block to the stored video: the blocks joined, the whole compared, name and description set.
//!
//! Joining is what publishes: it is announced to the keeper first, and when its end is unclear the platform's list is read before it is asked
//! again. Invariant: what the storage said it has stored is never joined again.

use super::{
    NAME,
    api::{Api, Why},
    codes::NO_VIDEO,
    etag,
    memory::Upload,
    names, place, standing,
    storage::{self, Failure, Refusal},
    ticket::{Kept, Landed, Stage},
};
use crate::{
    Draft, Error, Keeper, Result, Step,
    http::{Act, may_have_arrived},
};
use serde_json::Value;
use slipway_model::{Cause, ErrorKind, Receipt, Remote};
use std::{sync::Arc, time::Duration};

const JOINING: &str = "joining the blocks";
const DRESSING: &str = "setting name and description";
/// The storage joins and tells the video service before it answers; its Java client waits as long.
const JOIN_TIMEOUT: Duration = Duration::from_mins(5);

pub(super) struct Commit<'a> {
    pub(super) api: &'a Api<'a>,
    pub(super) kept: Kept,
    pub(super) upload: Arc<Upload>,
    pub(super) receipts: &'a [Receipt],
    pub(super) draft: &'a Draft,
    pub(super) keeper: &'a dyn Keeper,
}

impl Commit<'_> {
    pub(super) async fn run(mut self) -> Result<Step> {
        let act = Act::new(NAME, JOINING);
        if let Stage::Stored { .. } = self.kept.stage {
            // A refusal of the words took the announcement back; the video stands.
            self.keeper.about_to_submit(&self.kept.ticket()).await?;
        }
        loop {
            match self.kept.stage.clone() {
                Stage::Sending if self.kept.form => {
                    let since_s = self.api.now_s(act)?;
                    self.kept.stage = match self.receipts.first().and_then(Landed::read) {
                        Some(Landed::Form { told: true }) => Stage::Stored { since_s },
                        Some(Landed::Form { told: false }) => Stage::Untold { since_s },
                        _ => return Err(unreadable(act)),
                    };
                    self.keeper.about_to_submit(&self.kept.ticket()).await?;
                }
                Stage::Sending => {
                    // A place that was lost is found before anything is announced.
                    place::current(self.api, &self.kept, &self.upload, None).await?;
                    self.keeper.ready(&self.kept.ticket()).await?;
                    self.kept.stage = Stage::Joining {
                        unclear_since_s: None,
                    };
                    self.keeper.about_to_submit(&self.kept.ticket()).await?;
                    self.join(None).await?;
                }
                Stage::Joining { unclear_since_s } => {
                    // After a crash it is as unclear as after a lost answer.
                    let since_s = match unclear_since_s {
                        Some(since_s) => since_s,
                        None => self.api.now_s(act)?,
                    };
                    if self.is_listed().await? {
                        self.reach_stored().await?;
                    } else {
                        self.join(Some(since_s)).await?;
                    }
                }
                Stage::Untold { since_s } => {
                    if self.is_listed().await? {
                        self.reach_stored().await?;
                    } else {
                        return Err(self.wait(since_s, "wangsu_callback_failed").await?);
                    }
                }
                Stage::Stored { since_s } => return self.dress(since_s).await,
                Stage::Lost { code } => {
                    self.api.memory.forget(&self.kept.batch);
                    return Err(act.error(ErrorKind::TicketLost, Cause::new(&code)));
                }
            }
        }
    }

    /// Asks for the joining and keeps what came of it. `unclear` says since when an earlier one may have been done.
    async fn join(&mut self, unclear: Option<i64>) -> Result<()> {
        let act = Act::new(NAME, JOINING);
        let (ctxs, pieces) = self.blocks()?;
        let ours = etag::of_pieces(&pieces);
        let mut refused: Option<String> = None;
        loop {
            let current = place::current(self.api, &self.kept, &self.upload, refused.as_deref());
            let place = match (current.await, unclear) {
                // A finished upload has another place for the next one: it may be this one that is finished.
                (Err(error), Some(since_s)) if error.kind == ErrorKind::TicketLost => {
                    return Err(self.wait(since_s, "wangsu_outcome_unknown").await?);
                }
                (Err(error), None) if error.kind == ErrorKind::TicketLost => {
                    return Err(self.lost("wangsu_blocks_lost").await?);
                }
                (found, _) => found?,
            };
            let base = self.api.settings().upload(act, &place.url)?;
            let size = self.draft.size_bytes.to_string();
            let http = self.api.session.http();
            let url = storage::address(&base, &["mkfile", &size]);
            let request = storage::headed(http.calls.post(url), act, &place, &self.kept.batch)?
                .header(reqwest::header::CONTENT_TYPE, "text/plain;charset=utf-8")
                .body(ctxs.clone());
            let answer = http.call(act, request, JOIN_TIMEOUT).await;
            let ended = match answer {
                Ok(answer) => storage::stored(act, &answer),
                Err(error) => Err(Failure::Other(error)),
            };
            match ended {
                Ok(Some(theirs)) if theirs != ours => {
                    tracing::warn!(account = %self.api.session.account(), ours, theirs, "what was stored is not what was sent");
                    if self.kept.asked.get("overwrite").is_some_and(|o| o == "1") {
                        let id = self.file_id();
                        self.api.memory.damaged.lock().insert(id, place);
                    }
                    return Err(self.lost("wangsu_whole_differs").await?);
                }
                Ok(hash) => {
                    if hash.is_none() {
                        tracing::info!(account = %self.api.session.account(), "stored, and no hash of it was told");
                    }
                    return self.reach_stored().await;
                }
                Err(Failure::Refused(Refusal::Untold, _)) => {
                    let since_s = self.api.now_s(act)?;
                    return self.reach(Stage::Untold { since_s }).await;
                }
                Err(Failure::Refused(Refusal::Token, _)) if refused.is_none() => {
                    refused = Some(place.token);
                }
                Err(Failure::Refused(Refusal::Token | Refusal::Block(_), error)) => {
                    return self.not_joined(unclear, &error).await;
                }
                Err(Failure::Refused(Refusal::TooLarge, error)) => return Err(error),
                Err(Failure::Other(error)) if may_have_arrived(&error) && !is_refusal(&error) => {
                    let since_s = match unclear {
                        Some(since_s) => since_s,
                        None => self.api.now_s(act)?,
                    };
                    self.reach(Stage::Joining {
                        unclear_since_s: Some(since_s),
                    })
                    .await?;
                    return Err(is_unclear(act, error));
                }
                Err(Failure::Other(error)) => return Err(error),
            }
        }
    }

    /// The storage would not join: the blocks are gone, or the file is there already.
    async fn not_joined(&mut self, unclear: Option<i64>, error: &Error) -> Result<()> {
        let exists = error
            .cause
            .params
            .get("code")
            .is_some_and(|code| code == "406");
        if exists
            && standing::listed(self.api, &self.video_id())
                .await?
                .is_some()
        {
            return self.reach_stored().await;
        }
        match unclear {
            Some(since_s) => Err(self.wait(since_s, "wangsu_outcome_unknown").await?),
            None => Err(self.lost("wangsu_blocks_lost").await?),
        }
    }

    /// Sets what the place could not be asked with.
    async fn dress(self, since_s: i64) -> Result<Step> {
        let settings = self.api.settings();
        let most = settings.name_max();
        let video_id = self.video_id();
        if let Some(body) = names::edit(self.draft, &video_id, most) {
            let path = "vod/videoManage/videoEdit";
            let edited = self.api.call::<Value>(DRESSING, Why::Work, path, &body);
            match edited.await {
                Ok(_) => {}
                // The list lags behind the storage.
                Err(failure) if failure.code() == Some(NO_VIDEO) => {
                    return Err(self.wait(since_s, "wangsu_not_listed").await?);
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        self.api.memory.forget(&self.kept.batch);
        Ok(Step::Accepted(Remote {
            id: video_id,
            url: None,
            words: None,
        }))
    }

    /// What is to be said while a stored video does not show up: to look again, or, after the account's patience, that a person must.
    async fn wait(&self, since_s: i64, code: &str) -> Result<Error> {
        let act = Act::new(NAME, "looking for the video");
        let now_s = self.api.now_s(act)?;
        let patient = (0..self.api.settings().listed_within_s()).contains(&(now_s - since_s));
        let mut next = self.kept.clone();
        match &mut next.stage {
            Stage::Joining { unclear_since_s } => *unclear_since_s = patient.then_some(since_s),
            Stage::Untold { since_s } | Stage::Stored { since_s } if !patient => *since_s = now_s,
            _ => {}
        }
        // Whoever tries again after the last look begins with all patience. Unchanged it is not kept: a step refills the engine's.
        if next.stage != self.kept.stage {
            self.keeper.keep(&next.ticket()).await?;
        }
        if patient {
            return Ok(act.error(ErrorKind::Unclear, Cause::new("wangsu_looking")));
        }
        let cause = Cause::new(code)
            .with("platform", NAME)
            .with("video", self.video_id())
            .with("code", "")
            .with("message", "");
        Ok(act.error(ErrorKind::Refused, cause))
    }

    /// Everything again, in two steps: a refusal first, so that the announcement is taken back, then the loss of the ticket.
    async fn lost(&mut self, code: &str) -> Result<Error> {
        self.reach(Stage::Lost { code: code.into() }).await?;
        let wait = Some(Duration::from_secs(1));
        let act = Act::new(NAME, JOINING);
        Ok(act.error(ErrorKind::RateLimited { wait }, Cause::new(code)))
    }

    async fn is_listed(&self) -> Result<bool> {
        if self.api.settings().is_on("list_shows_unfinished") {
            return Ok(false); // being on the list proves nothing there
        }
        Ok(standing::listed(self.api, &self.video_id())
            .await?
            .is_some())
    }

    async fn reach_stored(&mut self) -> Result<()> {
        let since_s = self.api.now_s(Act::new(NAME, JOINING))?;
        self.reach(Stage::Stored { since_s }).await
    }

    async fn reach(&mut self, stage: Stage) -> Result<()> {
        self.kept.stage = stage;
        self.keeper.keep(&self.kept.ticket()).await
    }

    /// The handles in the order of blocks, and the digests of all pieces.
    fn blocks(&self) -> Result<(String, Vec<etag::Sha1Sum>)> {
        let (mut ctxs, mut all) = (Vec::new(), Vec::new());
        for receipt in self.receipts {
            let Some(Landed::Block { ctx, pieces }) = Landed::read(receipt) else {
                return Err(unreadable(Act::new(NAME, JOINING)));
            };
            ctxs.push(ctx);
            all.extend(pieces);
        }
        Ok((ctxs.join(","), all))
    }

    fn video_id(&self) -> String {
        self.kept.place.video_id.clone()
    }

    fn file_id(&self) -> String {
        names::file_id(self.api.session.account().0, self.draft)
    }
}

fn unreadable(act: Act) -> Error {
    act.error(ErrorKind::TicketLost, Cause::new("ticket_unreadable"))
}

fn is_refusal(error: &Error) -> bool {
    error.kind == ErrorKind::Refused
}

fn is_unclear(act: Act, error: Error) -> Error {
    let mut cause = error.cause.clone();
    cause.params.insert("was".into(), cause.code);
    cause.code = "wangsu_join_unclear".into();
    act.error(ErrorKind::Unclear, cause).because(error)
}
