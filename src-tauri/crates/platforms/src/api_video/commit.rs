//! From the last part to a video that carries its manuscript: looked at, worded, pictured, captioned, each step kept as it is done.
//!
//! Publish once: the container was filled by its last part and cannot be filled again; every step here gives the same result when it is repeated.

use super::{
    NAME, captions, codes,
    manuscript::{self, For},
    place,
    settings::Auth,
    status::Received,
    ticket::{Kept, LOOKS_AFTER_S, Stage},
    upload_tokens,
    wire::{Api, Call, Content, Outcome, Video},
};
use crate::{Draft, Error, Keeper, Result, Review, Step, http::Act};
use reqwest::Method;
use serde_json::{Value, json};
use slipway_model::{Cause, ErrorKind, Receipt, Remote};
use std::time::Duration;

const LOOKING: &str = "looking at the uploaded file";
const ENCODING: &str = "waiting for the encoding";
const WORDING: &str = "writing title and description";
const CAPTIONING: &str = "sending the captions";
const PICTURING: &str = "sending the thumbnail";
/// Between two looks at a video that is encoded while it is held back.
const ENCODING_LOOK: Duration = Duration::from_secs(3);

pub(super) struct Commit<'a> {
    pub(super) api: Api<'a>,
    pub(super) kept: Kept,
    pub(super) draft: &'a Draft,
    pub(super) keeper: &'a dyn Keeper,
}

impl Commit<'_> {
    pub(super) async fn run(mut self, receipts: &[Receipt]) -> Result<Step> {
        let act = Act::new(NAME, LOOKING);
        let id = match (&self.kept.video_id, receipts.first()) {
            (Some(id), _) => id.clone(),
            (None, Some(first)) if first.etag.is_some() => first.etag.clone().unwrap_or_default(),
            _ => {
                let cause = Cause::new("api_video_container_differs").detail("no video id");
                return Err(act.error(ErrorKind::TicketLost, cause));
            }
        };
        if self.api.settings().auth() == Auth::UploadToken {
            // Nothing more can be asked or said: its last answer was the platform's word that it has the file.
            self.keeper.about_to_submit(&self.kept.ticket()).await?;
            self.api.memory.ended(&self.kept.name);
            return Ok(Step::Published(remote(id, None)));
        }
        loop {
            match self.kept.stage {
                Stage::Sending => {
                    self.verify(&id).await?;
                    if self.kept.private {
                        self.reach(Stage::Whole).await?;
                    } else {
                        // Who knows its address sees it already.
                        self.keeper.ready(&self.kept.ticket()).await?;
                        self.kept.stage = Stage::Whole;
                        self.keeper.about_to_submit(&self.kept.ticket()).await?;
                    }
                }
                Stage::Whole => {
                    if self.kept.hash != self.draft.manuscript_hash {
                        self.word(&id, self.kept.private).await?;
                    }
                    self.reach(Stage::Worded).await?;
                }
                Stage::Worded => {
                    self.picture(&id).await?;
                    self.reach(Stage::Pictured).await?;
                }
                Stage::Pictured => {
                    self.caption(&id).await?;
                    self.reach(Stage::Captioned).await?;
                }
                Stage::Captioned if self.kept.private => {
                    self.encoded(&id).await?;
                    self.keeper.ready(&self.kept.ticket()).await?;
                    self.kept.stage = Stage::Opening;
                    self.keeper.about_to_submit(&self.kept.ticket()).await?;
                }
                Stage::Opening => {
                    self.word(&id, false).await?;
                    break;
                }
                Stage::Captioned => break,
            }
        }
        upload_tokens::clear(&self.api, &id, self.kept.token.as_ref()).await;
        self.api.memory.forget(&id);
        Ok(Step::Accepted(remote(id, None)))
    }

    async fn reach(&mut self, stage: Stage) -> Result<()> {
        self.kept.stage = stage;
        self.keeper.keep(&self.kept.ticket()).await
    }

    /// Whether the platform has the whole file. It may need a moment after the last part; then it is taken at its word.
    async fn verify(&mut self, id: &str) -> Result<()> {
        let act = Act::new(NAME, LOOKING);
        let status = place::status(&self.api, LOOKING, id).await?;
        let cause = match status.received() {
            Received::Whole(Some(bytes)) if bytes != self.draft.size_bytes => {
                Cause::new("api_video_size_differs")
                    .with("bytes", bytes)
                    .with("expected", self.draft.size_bytes)
            }
            Received::Whole(_) => return Ok(()),
            told => {
                if let Some(seconds) = LOOKS_AFTER_S.get(self.kept.looks as usize) {
                    self.kept.looks += 1;
                    self.keeper.keep(&self.kept.ticket()).await?;
                    let wait = Some(Duration::from_secs(*seconds));
                    let cause = Cause::new("api_video_merging").with("platform", NAME);
                    return Err(act.error(ErrorKind::RateLimited { wait }, cause));
                }
                let held = match told {
                    Received::Parts(parts, _) => parts.len(),
                    _ => 0,
                };
                if held == self.kept.parts as usize {
                    return Ok(()); // every part by its own list; it takes its time
                }
                Cause::new("api_video_parts_missing")
                    .with("held", held)
                    .with("parts", self.kept.parts)
            }
        };
        // Broken and ours: it must not stay beside the one that follows.
        place::remove(&self.api, id).await?;
        Err(act.error(ErrorKind::TicketLost, cause.with("platform", NAME)))
    }

    /// Whether it can be played. One that is refused ends here, before anyone sees it.
    async fn encoded(&self, id: &str) -> Result<()> {
        let act = Act::new(NAME, ENCODING);
        let status = place::status(&self.api, ENCODING, id).await?;
        match status.review(&remote(id.to_owned(), None)) {
            Review::Published(_) => Ok(()),
            Review::Refused(cause) => Err(act.error(ErrorKind::Refused, cause)),
            Review::Pending(_) => {
                let cause = Cause::new("api_video_encoding").with("platform", NAME);
                let wait = Some(ENCODING_LOOK);
                Err(act.error(ErrorKind::RateLimited { wait }, cause))
            }
        }
    }

    /// The manuscript's words, which may have changed since the container was made.
    async fn word(&self, id: &str, private: bool) -> Result<()> {
        let key = self.api.settings().metadata_key();
        let mark = key.as_deref().map(|key| (key, self.draft.key.as_str()));
        let body = manuscript::body(self.draft, mark, For::Changing, private);
        let path = ["videos", id];
        let call = Call::json(WORDING, Method::PATCH, &path, body);
        step(self.api.call::<Video>(call).await.map(drop))
    }

    async fn picture(&self, id: &str) -> Result<()> {
        let path = ["videos", id, "thumbnail"];
        let timecode = self.draft.fields.get("thumbnail.timecode");
        let timecode = timecode.map_or("", |text| text.trim());
        let call = if let Some(cover) = &self.draft.cover {
            let name = match cover.mime {
                "image/png" => "thumbnail.png",
                _ => "thumbnail.jpg",
            };
            let content = Content::File {
                name,
                mime: cover.mime,
                bytes: cover.bytes.clone(),
            };
            Call {
                method: Method::POST,
                content,
                ..Call::get(PICTURING, &path)
            }
        } else if timecode.is_empty() {
            return Ok(());
        } else {
            // Whole seconds may be told as a number.
            let code = timecode
                .parse::<u32>()
                .map_or(json!(timecode), |s| json!(s));
            Call::json(PICTURING, Method::PATCH, &path, json!({ "timecode": code }))
        };
        step(self.api.call::<Value>(call).await.map(drop))
    }

    /// One track for each language; sent again, it replaces the first.
    async fn caption(&self, id: &str) -> Result<()> {
        let value = |name: &str| self.draft.fields.get(name).map_or("", |text| text.trim());
        let tracks = captions::read(value("captions"), value("language"))
            .map_err(|cause| Act::new(NAME, CAPTIONING).error(ErrorKind::Refused, cause))?;
        for track in tracks {
            let path = ["videos", id, "captions", track.language.as_str()];
            let content = Content::File {
                name: "captions.vtt",
                mime: "text/vtt",
                bytes: track.text.into(),
            };
            let call = Call {
                method: Method::POST,
                content,
                ..Call::get(CAPTIONING, &path)
            };
            step(self.api.call::<Value>(call).await.map(drop))?;
        }
        Ok(())
    }
}

/// A step about a video that the platform has: were it gone now, no other must follow by itself.
fn step(done: Outcome<()>) -> Result<()> {
    done.map_err(|failure| {
        let gone = failure.is(codes::NOT_FOUND);
        let mut error = Error::from(failure);
        if gone {
            error.kind = ErrorKind::Refused;
        }
        error
    })
}

pub(super) fn remote(id: String, player: Option<String>) -> Remote {
    let url = player.unwrap_or_else(|| format!("https://embed.api.video/vod/{id}"));
    Remote {
        url: Some(url),
        id,
        words: None,
    }
}
