//! From the last part to the submitted manuscript: merge, cover, submission, each kept as it is done.
//!
//! Publish once: a submission is announced to the keeper first; when its end is unclear, the platform's list is read before anything is sent again,
//! and after a second unclear end a person is asked.

use super::{
    NAME, codes,
    ticket::{Kept, LOOKS_AT_S, Next, Stage, Submission},
    tokens,
    wire::{
        Added, Api, CALL_TIMEOUT, Call, Content, Failure, MERGE_TIMEOUT, Outcome, Uploaded, Work,
        Works,
    },
};
use crate::{Cover, Draft, Error, Keeper, Result, Step, http::Act};
use serde_json::{Map, Value, json};
use slipway_model::{Allowance, Cause, Counted, ErrorKind, Remote, field::entries};
use std::time::Duration;

const MERGING: &str = "merging the parts";
const COVERING: &str = "sending the cover";
pub(super) const SUBMITTING: &str = "submitting the manuscript";
const LOOKING: &str = "looking for the submitted manuscript";
/// Works a page of the list; the platform's most.
const PAGE: i64 = 50;
/// A work may be dated this much before we sent it.
const CLOCK_SLACK_S: i64 = 60;

/// Of the account's works, the newest, whatever became of them.
async fn works(api: &Api<'_>) -> Result<Vec<Work>> {
    let size = PAGE.to_string();
    let page = async |number: i64| -> Result<Works> {
        let number = number.to_string();
        let query = [("pn", number.as_str()), ("ps", &size), ("status", "all")];
        let call = Call::get(LOOKING, "arcopen/fn/archive/viewlist", &query);
        Ok(api.call(call).await?)
    };
    let first = page(1).await?;
    let total = first.page.map_or(0, |page| page.total);
    let mut works = first.list.unwrap_or_default();
    let newest_first = match (works.first(), works.last()) {
        (Some(first), Some(last)) => first.ctime >= last.ctime,
        _ => true,
    };
    if total > PAGE && !newest_first {
        let last = page((total + PAGE - 1) / PAGE).await?;
        works.extend(last.list.unwrap_or_default());
    }
    Ok(works)
}

/// What is left of the works that the account may submit today, where its settings name such a number.
pub(super) async fn works_left_today(api: &Api<'_>) -> Result<Option<Allowance>> {
    Ok(match api.settings().works_per_day() {
        None => None,
        Some(of) => Some(left_today(api, of, &works(api).await?)?),
    })
}

fn left_today(api: &Api<'_>, of: u64, works: &[Work]) -> Result<Allowance> {
    let now_ms = api.now_s(Act::new(NAME, LOOKING))? * 1000;
    let since_s = codes::midnight_ms(now_ms).div_euclid(1000);
    let today = works.iter().filter(|work| work.ctime >= since_s).count();
    Ok(Allowance {
        what: Counted::Works,
        left: of.saturating_sub(today as u64),
        of: Some(of),
        renews_at_ms: Some(codes::next_midnight_ms(now_ms)),
    })
}

/// # Errors
/// `Quota` when nothing is left of today.
pub(super) fn one_is_left(act: Act, today: &Allowance) -> Result<()> {
    match (today.left, today.renews_at_ms) {
        (0, Some(until_ms)) => {
            let cause = Cause::new("bilibili_daily_quota").with("platform", NAME);
            Err(act.error(ErrorKind::Quota { until_ms }, cause))
        }
        _ => Ok(()),
    }
}

pub(super) struct Commit<'a> {
    pub(super) api: Api<'a>,
    pub(super) kept: Kept,
    pub(super) draft: &'a Draft,
    pub(super) keeper: &'a dyn Keeper,
}

impl Commit<'_> {
    pub(super) async fn run(mut self) -> Result<Step> {
        // A merge that an earlier run asked for may have been done although its answer was lost.
        let mut asked_before = self.kept.stage == Stage::Merging;
        loop {
            match self.kept.stage.clone() {
                Stage::Sending if self.kept.small => self.reach(Stage::Merged).await?,
                Stage::Sending => self.reach(Stage::Merging).await?,
                Stage::Merging => {
                    self.merge(asked_before).await?;
                    asked_before = false;
                    self.reach(Stage::Merged).await?;
                }
                Stage::Merged => {
                    self.kept.cover = self.cover().await?;
                    self.reach(Stage::Covered).await?;
                }
                Stage::Covered => {
                    self.keeper.ready(&self.kept.ticket()).await?;
                    return self.submit().await;
                }
                Stage::Submitting(submission) => return self.settle(submission).await,
            }
        }
    }

    async fn reach(&mut self, stage: Stage) -> Result<()> {
        self.kept.stage = stage;
        self.keeper.keep(&self.kept.ticket()).await
    }

    async fn merge(&self, asked_before: bool) -> Result<()> {
        let query = [("upload_token", self.kept.upload_token.as_str())];
        let call = Call::post(
            MERGING,
            "arcopen/fn/archive/video/complete",
            &query,
            Content::Empty,
            MERGE_TIMEOUT,
        );
        match self.api.call::<Value>(call).await {
            Ok(_) => Ok(()),
            // Merged already: the token is known no more as one that takes parts. The submission tells if it is not so.
            Err(failure) if asked_before && failure.code() == Some(codes::TOKEN_INVALID) => Ok(()),
            // Every part was acknowledged, so it is the platform that lacks one; which, it does not tell.
            Err(failure) if failure.code() == Some(codes::PARAMETER) => {
                let mut error = Error::from(failure);
                error.kind = ErrorKind::TicketLost;
                error.cause.code = "bilibili_parts_missing".into();
                Err(error)
            }
            Err(failure) => Err(failure.into()),
        }
    }

    async fn cover(&self) -> Result<Option<String>> {
        let Some(cover) = &self.draft.cover else {
            return Ok(None);
        };
        Ok(Some(upload_cover(&self.api, cover).await?))
    }

    /// The first submission: nothing of this ticket can be on the platform yet.
    async fn submit(mut self) -> Result<Step> {
        let act = Act::new(NAME, SUBMITTING);
        let mut corrected = false;
        loop {
            tokens::access(&self.api, tokens::LEFT_FOR_A_SUBMISSION).await?;
            let title = self.title();
            // What has this title already is not ours. The answer also sets the clock that `at_s` is read from.
            let before = works(&self.api).await?;
            if let Some(of) = self.api.settings().works_per_day() {
                one_is_left(act, &left_today(&self.api, of, &before)?)?;
            }
            let before = before.into_iter().filter(|work| same_title(work, &title));
            let before = before.map(|work| work.resource_id).collect();
            self.api.may_call(act)?;
            let mut submission = Submission {
                title,
                at_s: self.api.now_s(act)?,
                before,
                unclear_since_s: None,
                looks: 0,
                adds: 1,
            };
            self.kept.stage = Stage::Submitting(submission.clone());
            self.keeper.about_to_submit(&self.kept.ticket()).await?;
            let failure = match self.add().await {
                Ok(id) => return Ok(self.accepted(id)),
                Err(failure) => failure,
            };
            if failure.is_unclear() {
                submission.became_unclear(self.api.now_s(act)?);
                self.reach(Stage::Submitting(submission)).await?;
                return Err(unclear(failure));
            }
            self.reach(Stage::Covered).await?;
            if std::mem::replace(&mut corrected, true) || !self.correct(&failure).await? {
                return Err(failure.into());
            }
        }
    }

    /// A submission that may have been made: look, and only then, once, again.
    async fn settle(mut self, mut submission: Submission) -> Result<Step> {
        let act = Act::new(NAME, LOOKING);
        if submission.unclear_since_s.is_none() {
            // Ended by a crash: it was sent before now.
            submission.became_unclear(self.api.now_s(act)?);
            self.reach(Stage::Submitting(submission.clone())).await?;
        }
        loop {
            match submission.next(self.api.now_s(act)?) {
                Next::Wait(seconds) => return Err(looking(act, seconds)),
                Next::Look => {
                    let works = works(&self.api).await?;
                    let found = works
                        .into_iter()
                        .filter(|work| self.is_ours(work, &submission))
                        .min_by_key(|work| work.ctime);
                    if let Some(work) = found {
                        return Ok(self.accepted(work.resource_id));
                    }
                    submission.looks += 1;
                    self.reach(Stage::Submitting(submission.clone())).await?;
                }
                Next::Again => return self.submit_again(submission).await,
                Next::Ask => {
                    // A person who has it tried again has us look again, and never submit.
                    submission.became_unclear(self.api.now_s(act)?);
                    self.reach(Stage::Submitting(submission.clone())).await?;
                    let cause = Cause::new("bilibili_outcome_unknown")
                        .with("title", &submission.title)
                        .with("platform", NAME);
                    return Err(act.error(ErrorKind::Refused, cause));
                }
            }
        }
    }

    async fn submit_again(mut self, mut submission: Submission) -> Result<Step> {
        let act = Act::new(NAME, SUBMITTING);
        tokens::access(&self.api, tokens::LEFT_FOR_A_SUBMISSION).await?;
        self.api.may_call(act)?;
        submission.adds += 1;
        submission.unclear_since_s = None;
        submission.looks = 0;
        self.kept.stage = Stage::Submitting(submission.clone());
        self.keeper.about_to_submit(&self.kept.ticket()).await?;
        let failure = match self.add().await {
            Ok(id) => return Ok(self.accepted(id)),
            Err(failure) => failure,
        };
        submission.became_unclear(self.api.now_s(act)?);
        // The same title, or a token that is used up: the first one got through after all.
        let first_got_through = matches!(
            failure.code(),
            Some(codes::SAME_TITLE | codes::TOKEN_INVALID)
        );
        if failure.is_unclear() || first_got_through {
            self.reach(Stage::Submitting(submission)).await?;
            return Err(unclear(failure));
        }
        submission.unclear_since_s = submission
            .unclear_since_s
            .map(|now_s| now_s - LOOKS_AT_S[LOOKS_AT_S.len() - 1]);
        submission.was_refused();
        self.reach(Stage::Submitting(submission)).await?;
        self.correct(&failure).await?;
        Err(failure.into())
    }

    /// Whether the refusal was of a kind that has been put right now.
    async fn correct(&self, failure: &Failure) -> Result<bool> {
        match failure.code() {
            Some(codes::CLOCK_OFF | codes::NONCE_SEEN) => Ok(true),
            Some(codes::ACCESS_INVALID) => {
                // What was read last is what was refused.
                let seen = tokens::current(&self.api).await?;
                tokens::refresh(&self.api, seen).await.map(|_| true)
            }
            _ => Ok(false),
        }
    }

    /// Sends the submission. Never repeated by itself.
    async fn add(&self) -> Outcome<String> {
        let act = Act::new(NAME, SUBMITTING);
        let access = tokens::access(&self.api, Duration::ZERO).await?;
        let query = [("upload_token", self.kept.upload_token.as_str())];
        let call = Call::post(
            SUBMITTING,
            "arcopen/fn/archive/add-by-utoken",
            &query,
            Content::Json(manuscript(self.draft, self.kept.cover.as_deref())),
            CALL_TIMEOUT * 2,
        );
        let added: Added = self.api.once(&call, &access).await?;
        if added.resource_id.is_empty() {
            let cause = Cause::new("answer_not_understood").detail("no resource_id");
            return Err(Failure::Line(act.error(ErrorKind::ServerFault, cause)));
        }
        Ok(added.resource_id)
    }

    /// The newest works of the account. The list's order is not documented, so both ends of a long one are read.
    fn is_ours(&self, work: &Work, submission: &Submission) -> bool {
        let others = self.api.memory.accepted.lock();
        let another = others
            .get(&work.resource_id)
            .is_some_and(|key| *key != self.draft.key);
        same_title(work, &submission.title)
            && work.ctime >= submission.at_s - CLOCK_SLACK_S
            && !submission.before.contains(&work.resource_id)
            && !another
    }

    fn accepted(&self, id: String) -> Step {
        let mut known = self.api.memory.accepted.lock();
        known.insert(id.clone(), self.draft.key.clone());
        Step::Accepted(Remote {
            url: Some(page_of(&id)),
            id,
            words: None,
        })
    }

    fn title(&self) -> String {
        value(self.draft, "title").to_owned()
    }
}

/// Sends a picture and gives its address on the platform.
pub(super) async fn upload_cover(api: &Api<'_>, cover: &Cover) -> Result<String> {
    let name = match cover.mime {
        "image/png" => "cover.png",
        _ => "cover.jpg",
    };
    let call = Call::post(
        COVERING,
        "arcopen/fn/archive/cover/upload",
        &[],
        Content::File {
            name: name.to_owned(),
            mime: cover.mime,
            bytes: cover.bytes.clone(),
        },
        MERGE_TIMEOUT,
    );
    let uploaded: Uploaded = api.call(call).await?;
    Ok(uploaded.url)
}

/// The public page; it works once the work is open.
pub(super) fn page_of(id: &str) -> String {
    format!("https://www.bilibili.com/video/{id}")
}

fn same_title(work: &Work, title: &str) -> bool {
    work.title.trim() == title.trim()
}

fn value<'a>(draft: &'a Draft, name: &str) -> &'a str {
    draft.fields.get(name).map_or("", |text| text.trim())
}

/// The manuscript's JSON: the bytes that are signed and sent.
fn manuscript(draft: &Draft, cover: Option<&str>) -> Vec<u8> {
    let mut body = Map::new();
    for name in ["title", "desc", "source"] {
        let text = value(draft, name);
        if !text.is_empty() {
            body.insert(name.into(), text.into());
        }
    }
    body.insert("tag".into(), entries(value(draft, "tag")).join(",").into());
    for name in ["tid", "copyright", "topic_id", "mission_id"] {
        if let Ok(number) = value(draft, name).parse::<i64>() {
            body.insert(name.into(), number.into());
        }
    }
    let forbidden = matches!(value(draft, "no_reprint"), "1" | "true");
    body.insert("no_reprint".into(), json!(i32::from(forbidden)));
    if value(draft, "copyright") != "2" {
        body.remove("source");
    }
    if let Some(url) = cover {
        body.insert("cover".into(), url.into());
    }
    serde_json::to_vec(&body).expect("text and numbers are JSON")
}

fn unclear(failure: Failure) -> Error {
    let error = Error::from(failure);
    let mut cause = error.cause.clone();
    cause.params.insert("was".into(), cause.code);
    cause.code = "bilibili_submit_unclear".into();
    Act::new(NAME, SUBMITTING)
        .error(ErrorKind::Unclear, cause)
        .because(error)
}

fn looking(act: Act, seconds: i64) -> Error {
    let wait = Duration::from_secs(u64::try_from(seconds).unwrap_or(1).max(1));
    let kind = ErrorKind::RateLimited { wait: Some(wait) };
    act.error(kind, Cause::new("bilibili_looking"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(fields: &[(&str, &str)]) -> Draft {
        Draft {
            file_name: "clip.mp4".into(),
            size_bytes: 1,
            online: None,
            fields: fields
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect(),
            cover: None,
            picture: None,
            held_back: false,
            manuscript_hash: "h".into(),
            key: "k".into(),
        }
    }

    #[test]
    fn a_manuscript_carries_numbers_as_numbers_and_leaves_out_what_is_empty() {
        let own = draft(&[
            ("title", " 海边的一天 "),
            ("tid", "21"),
            ("tag", "旅行， 海边,,日常"),
            ("desc", ""),
            ("copyright", "1"),
            ("source", "left over"),
            ("no_reprint", "true"),
        ]);
        let made: Value =
            serde_json::from_slice(&manuscript(&own, Some("https://c/x.jpg"))).unwrap();
        assert_eq!(
            made,
            json!({"title": "海边的一天", "tid": 21, "tag": "旅行,海边,日常", "copyright": 1,
                   "no_reprint": 1, "cover": "https://c/x.jpg"})
        );
        let repost = draft(&[("title", "t"), ("copyright", "2"), ("source", "https://o")]);
        let made: Value = serde_json::from_slice(&manuscript(&repost, None)).unwrap();
        assert_eq!(
            made,
            json!({"title": "t", "tag": "", "copyright": 2, "source": "https://o", "no_reprint": 0})
        );
    }
}
