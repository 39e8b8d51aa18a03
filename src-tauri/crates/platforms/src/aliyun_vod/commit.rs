//! From all parts landed to a whole object on the platform, whatever happens to the answers.
//!
//! Invariants: before the parts are put together for the first time they are compared with the storage's list; after an unclear end the object itself
//! is looked at; a work is only called done when its object is there with the checksum of what was read.

use super::{
    NAME,
    api::{Api, Outcome, Params},
    codes, fields, incomplete, keys, lost_or, opening, status,
    storage::{Object, Storage},
    ticket::{Kept, Landed, Stage, whole_crc64},
};
use crate::{Draft, Keeper, Result, Step, http::Act};
use slipway_model::{Cause, ErrorKind, Remote};

const DOING: &str = "putting the parts together";

pub(super) struct Commit<'a> {
    pub(super) api: Api<'a>,
    pub(super) kept: Kept,
    pub(super) parts: Vec<Landed>,
    pub(super) draft: &'a Draft,
    pub(super) keeper: &'a dyn Keeper,
}

impl Commit<'_> {
    pub(super) async fn run(mut self) -> Result<Step> {
        let act = Act::new(NAME, DOING);
        if self.kept.stage == Stage::Lost {
            self.api.memory.lose_place(&self.kept);
            let cause = Cause::new("aliyun_vod_upload_gone").with("message", "");
            return Err(act.error(ErrorKind::TicketLost, cause));
        }
        if self.kept.stage == Stage::Sending {
            self.compare(act).await?;
            self.keeper.ready(&self.kept.ticket()).await?;
            let announced = self.kept.at(Stage::Completing);
            self.keeper.about_to_submit(&announced.ticket()).await?;
            self.kept = announced;
        }
        if self.kept.stage == Stage::Completing {
            self.complete(act).await?;
            self.kept = self.kept.at(Stage::Completed);
            self.keeper.keep(&self.kept.ticket()).await?;
        }
        self.change_words().await?;
        self.api.memory.forget(&self.kept);
        let remote = Remote {
            id: self.kept.video_id.clone(),
            url: None,
            words: None,
        };
        if keys::has_api(&self.api) && !self.api.settings().ends_when_uploaded() {
            Ok(Step::Accepted(remote))
        } else {
            Ok(Step::Published(remote))
        }
    }

    /// Whether the storage has every part as it was sent, as far as it tells.
    async fn compare(&self, act: Act) -> Result<()> {
        let Some(upload_id) = &self.kept.upload_id else {
            return Ok(());
        };
        let listed = match Storage::of(&self.api, &self.kept)
            .list(act, upload_id)
            .await
        {
            Ok(listed) => listed,
            Err(failure) if failure.is(&codes::MAY_NOT) => return Ok(()),
            Err(failure) => return Err(lost_or(&self.api, &self.kept, failure)),
        };
        let cuts = &self.kept.cuts;
        let receipts: Vec<_> = (1_u32..)
            .zip(&self.parts)
            .map(|(number, part)| {
                let receipt = slipway_model::Receipt {
                    etag: Some(part.text()),
                    ..slipway_model::Receipt::default()
                };
                (number, receipt)
            })
            .collect();
        let held = super::believed(&listed, cuts, &receipts);
        if held.len() == cuts.len() as usize {
            return Ok(());
        }
        self.api.memory.lose_place(&self.kept);
        let missing = cuts.len() as usize - held.len();
        let cause = Cause::new("aliyun_vod_parts_missing").with("count", missing);
        Err(act.error(ErrorKind::TicketLost, cause))
    }

    async fn complete(&self, act: Act) -> Result<()> {
        let Some(upload_id) = &self.kept.upload_id else {
            return Ok(()); // compared when its one part was acknowledged
        };
        if self.parts.len() != self.kept.cuts.len() as usize {
            return Err(incomplete(act, "ETag"));
        }
        let storage = Storage::of(&self.api, &self.kept);
        let object = match storage.complete(act, upload_id, &self.parts).await {
            Ok(object) => object,
            // The answer to the first time may have been lost.
            Err(failure) if failure.is(&[codes::NO_UPLOAD]) => self.look(act, &storage).await?,
            Err(failure) => {
                let error = crate::Error::from(failure);
                if error.kind == ErrorKind::TicketLost {
                    // Refused whole and in so many words: nothing was put together.
                    return Err(self.lost(act, error.cause).await);
                }
                return Err(error);
            }
        };
        let whole = whole_crc64(&self.kept.cuts, &self.parts);
        if let (Some(ours), Some(theirs)) = (whole, object.crc64)
            && ours != theirs
        {
            let cause = Cause::new("aliyun_vod_whole_differs");
            let cause = cause.detail(format!("{ours} != {theirs}"));
            return Err(self.lost(act, cause).await);
        }
        Ok(())
    }

    /// The object, after the storage said that it knows no such upload.
    async fn look(&self, act: Act, storage: &Storage<'_>) -> Result<Object> {
        let total = self.kept.cuts.total_bytes();
        match storage.head(act).await {
            Ok(Some(object)) if object.bytes.is_none_or(|bytes| bytes == total) => Ok(object),
            Ok(_) => {
                let cause = Cause::new("aliyun_vod_upload_gone").with("message", "");
                Err(self.lost(act, cause).await)
            }
            // Not allowed to look at it: the record tells whether a file has come.
            Err(failure) if is_forbidden(&failure) && keys::has_api(&self.api) => {
                if status::has_file(&self.api, &self.kept.video_id).await? {
                    Ok(Object {
                        bytes: None,
                        crc64: None,
                    })
                } else {
                    let cause = Cause::new("aliyun_vod_completion_unclear");
                    Err(act.error(ErrorKind::Unclear, cause))
                }
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// What was announced has come to nothing: trying again begins anew, at the same work.
    async fn lost(&self, act: Act, cause: Cause) -> crate::Error {
        let lost = self.kept.at(Stage::Lost).ticket();
        match self.keeper.keep(&lost).await {
            Ok(()) => act.error(ErrorKind::Refused, cause),
            Err(error) => error,
        }
    }

    /// The record was made with the words of the beginning; they may have changed since.
    async fn change_words(&self) -> Result<()> {
        let (kept, api) = (&self.kept, &self.api);
        if kept.manuscript_hash == self.draft.manuscript_hash || !keys::has_api(api) {
            return Ok(());
        }
        let cover = opening::cover(api, self.draft).await?;
        let cover = cover.or_else(|| kept.cover_url.clone());
        let mut params = fields::words(&api.settings(), self.draft, cover.as_deref());
        params.push(("VideoId", kept.video_id.clone()));
        api.call("changing the words", "UpdateVideoInfo", params)
            .await?;
        Ok(())
    }
}

fn is_forbidden(failure: &super::api::Failure) -> bool {
    use super::api::Failure;
    failure.is(&codes::MAY_NOT)
        || matches!(failure, Failure::Line(error) if error.cause.params.get("status").is_some_and(|s| s == "403"))
}

/// Takes the record away, so that none is left 'Uploading' for ever; never one that has its file.
pub(super) async fn delete_unfinished(api: &Api<'_>, kept: &Kept) -> Outcome<()> {
    const DOING: &str = "deleting the unfinished record";
    let unfinished = kept.upload_id.is_some() && kept.stage == Stage::Sending;
    if !unfinished || !keys::has_api(api) {
        return Ok(());
    }
    if status::has_file(api, &kept.video_id).await? {
        return Ok(());
    }
    let params: Params = vec![("VideoIds", kept.video_id.clone())];
    match api.call(DOING, "DeleteVideo", params).await {
        Err(failure) if !failure.is(&[codes::VIDEO_GONE]) => Err(failure),
        _ => Ok(()),
    }
}
