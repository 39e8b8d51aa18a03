//! Sends a block chunk by chunk, or a small file whole.
//!
//! What was acknowledged of a block is remembered, so that a block that is sent again goes on where the storage stands. Each refusal is answered
//! once: a token that is refused is renewed, then the block begins anew, then the upload fails.

use super::{
    NAME,
    api::Api,
    chunks::{Chunks, Sums},
    memory::{Attempt, Block, Upload},
    place, standing,
    storage::{self, Failure, Refusal, Taken},
    ticket::{Kept, Landed, Place},
};
use crate::{
    Error, Part, Result,
    http::{Act, ReadFailed, read_failed},
};
use slipway_model::{Cause, ErrorKind, Receipt};
use std::{io, sync::Arc};

pub(super) const SENDING: &str = "sending a part";
/// Refusals of one block, without an acknowledgement between, after which nothing more is tried.
const REFUSALS_MAX: u32 = 2;

pub(super) struct Sending<'a> {
    pub(super) api: &'a Api<'a>,
    pub(super) kept: &'a Kept,
    pub(super) upload: Arc<Upload>,
}

impl Sending<'_> {
    /// Sends a block. Its number less one is its index.
    pub(super) async fn block(&self, part: Part) -> Result<Receipt> {
        let act = Act::new(NAME, SENDING);
        let (number, len, offset, total) = (
            part.number,
            part.len_bytes,
            part.offset_bytes,
            part.total_bytes,
        );
        let sums = part.sums.clone();
        let settings = self.api.settings();
        let chunks = Chunks::new(part.body, len, settings.is_on("verify_md5"));
        let mut block = self.upload.block(number);
        if block.ctx.is_some() {
            let skipped = chunks.skip(block.offset_bytes).await;
            if skipped.map_err(|error| unreadable(act, error))? != block.crc32 {
                let cause = Cause::new("part_checksum_differs")
                    .detail("what was sent of it is not what is read");
                return Err(self.anew(number, block, act.error(ErrorKind::ServerFault, cause)));
            }
        }
        while block.offset_bytes < len {
            let left = len - block.offset_bytes;
            let chunk_len = left.min(settings.chunk_bytes(self.upload.is_rough()));
            let place = place::current(self.api, self.kept, &self.upload, None).await?;
            let chunk = Part {
                number,
                offset_bytes: offset + block.offset_bytes,
                len_bytes: chunk_len,
                total_bytes: total,
                body: chunks.next(chunk_len),
                sums: crate::Sums::default(),
            };
            let was_unsure = block.unsure;
            block.unsure = true;
            self.upload.keep(number, block.clone());
            let sent = self.chunk(act, &place, &block, len, chunk).await;
            let taken = match sent {
                Ok(taken) => taken,
                Err(Failure::Refused(refusal, error)) => {
                    block.unsure = was_unsure;
                    return Err(self.refused(number, block, &place, refusal, error).await);
                }
                Err(Failure::Other(error)) => return Err(error),
            };
            let (Some(ours), Some((_, crc32))) = (chunks.taken(), chunks.standing()) else {
                // Answered before the chunk was read: whatever that was, it was not about our bytes.
                let cause = Cause::new("answered_too_early");
                return Err(self.anew(number, block, act.error(ErrorKind::ServerFault, cause)));
            };
            if let Some(differs) = differs(&taken, ours, block.offset_bytes + chunk_len) {
                let cause = Cause::new("part_checksum_differs").detail(differs);
                return Err(self.anew(number, block, act.error(ErrorKind::ServerFault, cause)));
            }
            block = Block {
                ctx: Some(taken.ctx),
                offset_bytes: taken.offset_bytes,
                crc32,
                unsure: false,
                refusals: 0,
            };
            self.upload.keep(number, block.clone());
        }
        let landed = block.ctx.clone().zip(chunks.finish());
        let landed = landed.map(|(ctx, pieces)| Landed::Block { ctx, pieces }.text());
        let receipt = sums
            .receipt(landed)
            .filter(|receipt| receipt.etag.is_some());
        receipt
            .inspect(|_| self.upload.landed(number))
            .ok_or_else(|| act.error(ErrorKind::ServerFault, Cause::new("answered_too_early")))
    }

    async fn chunk(
        &self,
        act: Act,
        place: &Place,
        block: &Block,
        block_bytes: u64,
        chunk: Part,
    ) -> std::result::Result<Taken, Failure> {
        let base = self.api.settings().upload(act, &place.url)?;
        let url = match &block.ctx {
            Some(ctx) => {
                let offset = block.offset_bytes.to_string();
                storage::address(&base, &["bput", ctx, &offset])
            }
            None => {
                let (size, index) = (block_bytes.to_string(), (chunk.number - 1).to_string());
                storage::address(&base, &["mkblk", &size, &index])
            }
        };
        let http = self.api.session.http();
        let request = storage::headed(http.parts.post(url), act, place, &self.kept.batch)?
            .header(reqwest::header::CONTENT_TYPE, "application/octet-stream")
            .body(chunk);
        let attempt = Attempt::begin(&self.upload);
        let answer = http.send_part(act, request).await?;
        attempt.answered();
        storage::taken(act, &answer)
    }

    /// The block begins anew when it is sent again.
    fn anew(&self, number: u32, block: Block, error: Error) -> Error {
        let refusals = block.refusals;
        self.upload.keep(
            number,
            Block {
                refusals,
                ..Block::default()
            },
        );
        error
    }

    async fn refused(
        &self,
        number: u32,
        mut block: Block,
        place: &Place,
        refusal: Refusal,
        error: Error,
    ) -> Error {
        if matches!(refusal, Refusal::TooLarge | Refusal::Untold) {
            return error;
        }
        // A handle whose chunk got no answer is spent, most likely: no reason to doubt the token, nor to lose patience.
        if block.unsure && block.ctx.is_some() {
            return self.anew(number, block, error);
        }
        block.refusals += 1;
        if block.refusals > REFUSALS_MAX {
            self.upload.keep(number, Block::default()); // whoever tries again begins with all patience
            let cause = Cause {
                code: "wangsu_block_refused_for_good".into(),
                ..error.cause
            };
            return Act::new(NAME, SENDING).error(ErrorKind::Refused, cause);
        }
        if refusal == Refusal::Token && block.refusals == 1 {
            self.upload.keep(number, block);
            let renewed = place::current(self.api, self.kept, &self.upload, Some(&place.token));
            return renewed.await.err().unwrap_or(error);
        }
        self.anew(number, block, error)
    }

    /// The name the place was asked for.
    fn file_name(&self) -> &str {
        self.kept
            .asked
            .get("originFileName")
            .map_or("video.mp4", String::as_str)
    }

    /// Sends a whole file. It is stored, and the video service told, when this succeeds.
    pub(super) async fn form(&self, part: Part) -> Result<Receipt> {
        const NUMBER: u32 = 1;
        let act = Act::new(NAME, SENDING);
        let (len, total, sums) = (part.len_bytes, part.total_bytes, part.sums.clone());
        let chunks = Chunks::new(part.body, len, false);
        let mut block = self.upload.block(NUMBER);
        let place = match place::current(self.api, self.kept, &self.upload, None).await {
            // A file that was stored, though we were not told, has another place for the next one.
            Err(error) if error.kind == ErrorKind::TicketLost => {
                let video_id = self.upload.place.lock().video_id.clone();
                if standing::listed(self.api, &video_id).await?.is_none() {
                    return Err(error);
                }
                let skipped = chunks.skip(len).await;
                skipped.map_err(|error| unreadable(act, error))?;
                return receipt(act, &sums, true);
            }
            found => found?,
        };
        let whole = Part {
            number: NUMBER,
            offset_bytes: 0,
            len_bytes: len,
            total_bytes: total,
            body: chunks.next(len),
            sums: crate::Sums::default(),
        };
        let file = reqwest::multipart::Part::stream_with_length(whole, len)
            .mime_str("application/octet-stream")
            .expect("a well-formed type");
        let base = self.api.settings().upload(act, &place.url)?;
        let http = self.api.session.http();
        let request = http
            .parts
            .post(storage::address(&base, &["file", "upload"]))
            .multipart(storage::form(&place, self.file_name(), file));
        let attempt = Attempt::begin(&self.upload);
        let answer = http.send_part(act, request).await?;
        attempt.answered();
        match storage::stored(act, &answer) {
            Ok(hash) => {
                let ours = chunks
                    .finish()
                    .map(|pieces| super::etag::of_pieces(&pieces));
                let Some(ours) = ours else {
                    let cause = Cause::new("answered_too_early");
                    return Err(act.error(ErrorKind::ServerFault, cause));
                };
                if hash.as_ref().is_some_and(|hash| *hash != ours) {
                    let cause = Cause::new("part_checksum_differs")
                        .detail(format!("{ours} != {}", hash.unwrap_or_default()));
                    return Err(act.error(ErrorKind::ServerFault, cause));
                }
                receipt(act, &sums, true)
            }
            Err(Failure::Refused(Refusal::Untold, _)) => receipt(act, &sums, false),
            // There already: an earlier try of ours whose answer was lost, if the list says so.
            Err(Failure::Refused(Refusal::Block(406), error)) => {
                match standing::listed(self.api, &place.video_id).await? {
                    Some(_) => receipt(act, &sums, true),
                    None => {
                        block.refusals += 1;
                        Err(self
                            .refused(NUMBER, block, &place, Refusal::Block(406), error)
                            .await)
                    }
                }
            }
            Err(Failure::Refused(refusal, error)) => {
                Err(self.refused(NUMBER, block, &place, refusal, error).await)
            }
            Err(Failure::Other(error)) => Err(error),
        }
    }
}

fn receipt(act: Act, sums: &crate::Sums, told: bool) -> Result<Receipt> {
    sums.receipt(Some(Landed::Form { told }.text()))
        .ok_or_else(|| act.error(ErrorKind::ServerFault, Cause::new("answered_too_early")))
}

/// What the storage has is not what was sent.
fn differs(taken: &Taken, ours: Sums, offset_bytes: u64) -> Option<String> {
    if taken.crc32 != ours.crc32 {
        return Some(format!("crc32 {} != {}", ours.crc32, taken.crc32));
    }
    if taken.offset_bytes != offset_bytes {
        return Some(format!("offset {offset_bytes} != {}", taken.offset_bytes));
    }
    let md5 = ours.md5.map(hex::encode);
    match (md5, &taken.md5) {
        (Some(ours), Some(theirs)) if ours != *theirs => Some(format!("md5 {ours} != {theirs}")),
        _ => None,
    }
}

fn unreadable(act: Act, error: io::Error) -> Error {
    read_failed(act, &ReadFailed(error))
}
