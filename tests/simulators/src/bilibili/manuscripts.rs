//! Submitting, editing, deleting and showing manuscripts.
//!
//! Knows nothing of HTTP and signatures. Checks and codes follow the platform's error table in the order this simulator promises;
//! where a limit is not published it is a switch. Always holds: a refused submission leaves its upload token as it was.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::categories::FALLBACK;
use super::code::{self, Code};
use super::inspect::Submission;
use super::review::{Review, State as Stage};
use super::sign::{Caller, query};
use super::state::State;
use super::switches::Switches;
use crate::clock::millis;

/// Words that stand for what the platform would not publish.
const SENSITIVE_WORDS: [&str; 2] = ["[sensitive]", "敏感词"];
const BANNED_TAGS: [&str; 2] = ["banned-tag", "违禁标签"];
/// Below this many characters in all. Source: the documents, relayed, read 2026-07-23.
const TAGS_MAX: usize = 200;
/// What the site enforces on its own page; used where `tags_counted` is on.
const TAG_COUNT_MAX: usize = 12;
const TAG_CHARS_MAX: usize = 20;
const SAME_TITLE: Duration = Duration::from_mins(10);
/// For members who have not passed the site's quiz. Source: the documents.
const DAILY_MAX: usize = 5;
const DAY_MS: i64 = 24 * 3600 * 1000;
const UTC8_MS: i64 = 8 * 3600 * 1000;

#[derive(Clone, Debug)]
pub(crate) struct Manuscript {
    pub(crate) resource_id: String,
    pub(crate) cid: u64,
    pub(crate) client_id: String,
    pub(crate) user: usize,
    pub(crate) token: String,
    /// As received, edits laid over it.
    pub(crate) fields: Map<String, Value>,
    /// As shown, which need not be what was sent.
    pub(crate) tid: i64,
    pub(crate) bytes: u64,
    pub(crate) submitted_ms: i64,
    pub(crate) edited_ms: Option<i64>,
    pub(crate) visible_ms: i64,
    pub(crate) deleted: bool,
    /// The last state a webhook told of.
    pub(crate) told: Option<i64>,
}

impl Manuscript {
    pub(crate) fn title(&self) -> &str {
        self.text("title")
    }

    fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or("")
    }

    pub(crate) fn stage(&self, review: &Review, now_ms: i64) -> Stage {
        let since = self.edited_ms.unwrap_or(self.submitted_ms);
        review.state(
            self.title(),
            self.bytes,
            self.edited_ms.is_some(),
            now_ms - since,
        )
    }

    fn wire(&self, review: &Review, now_ms: i64) -> Value {
        let stage = self.stage(review, now_ms);
        let opened_ms = stage
            .opened_after_ms
            .map(|after| self.edited_ms.unwrap_or(self.submitted_ms) + after);
        let id = &self.resource_id;
        let video = opened_ms.map_or(json!({}), |_| {
            json!({
                "cid": self.cid,
                "filename": format!("n{}", self.cid),
                "duration": 95,
                "share_url": format!("https://www.bilibili.com/video/{id}?share_source=open_plat"),
                "iframe_url": format!("player.bilibili.com/player.html?aid={}&bvid={id}&cid={}&page=1", self.cid / 2, self.cid),
            })
        });
        json!({
            "resource_id": id,
            "title": self.title(),
            "cover": self.text("cover"),
            "tid": self.tid,
            "no_reprint": self.fields.get("no_reprint").cloned().unwrap_or(json!(0)),
            "desc": self.text("desc"),
            "tag": self.text("tag"),
            "copyright": self.fields.get("copyright").cloned().unwrap_or(json!(1)),
            "ctime": self.submitted_ms.div_euclid(1000),
            "ptime": opened_ms.unwrap_or(0).div_euclid(1000),
            "video_info": video,
            "addit_info": { "state": stage.number, "state_desc": stage.text, "reject_reason": stage.reason },
        })
    }
}

/// What a submission is checked against beside the state.
pub(crate) struct Rules {
    pub(crate) review: Review,
    pub(crate) spacing: Duration,
    pub(crate) now_ms: i64,
    /// How long the new manuscript stays unseen.
    pub(crate) lag_ms: i64,
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, Code> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(code::PARAMETER),
    }
}

fn number(fields: &Map<String, Value>, name: &str) -> Result<Option<i64>, Code> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or(code::PARAMETER),
    }
}

pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, Code> {
    serde_json::from_slice(body).map_err(|_| code::BAD_PARAMETER)
}

pub(crate) fn add(
    state: &mut State,
    rules: &Rules,
    caller: &Caller,
    token: &str,
    body: &[u8],
) -> Result<Value, Code> {
    let reusable = state.switches.token_reusable;
    let upload = state
        .live_upload(token, rules.now_ms)
        .filter(|u| u.user == caller.user && u.client_id == caller.client_id)
        .filter(|u| reusable || !u.consumed)
        .ok_or(code::UPLOAD_TOKEN)?;
    if !upload.completed {
        return Err(code::ABNORMAL);
    }
    let bytes = upload.parts.values().map(|part| part.bytes).sum();
    let fields = object(body)?;
    let title = title(&fields, &state.switches)?;
    let tid = tid(state, &fields)?;
    tags(text(&fields, "tag")?, &state.switches)?;
    desc(text(&fields, "desc")?, &state.switches)?;
    match number(&fields, "copyright")? {
        Some(2) if text(&fields, "source")?.trim().is_empty() => return Err(code::NO_SOURCE),
        Some(1 | 2) => {}
        _ => return Err(code::PARAMETER),
    }
    if !matches!(number(&fields, "no_reprint")?, None | Some(0 | 1)) {
        return Err(code::PARAMETER);
    }
    cover(state, &fields, caller.user)?;
    sensitive(&fields)?;
    may_submit(state, rules, caller.user, &title)?;

    let resource_id = format!(
        "BV1{}",
        super::state::letters(&state.fresh("manuscript"), 9)
    );
    let cid = 26_300_000_000 + state.serial;
    let submission = Submission {
        at_ms: rules.now_ms,
        title,
        resource_id: resource_id.clone(),
    };
    state.users[caller.user].submissions.push(submission);
    if let Some(upload) = state.upload(token) {
        upload.consumed = true;
    }
    state.manuscripts.push(Manuscript {
        resource_id: resource_id.clone(),
        cid,
        client_id: caller.client_id.clone(),
        user: caller.user,
        token: token.into(),
        fields,
        tid,
        bytes,
        submitted_ms: rules.now_ms,
        edited_ms: None,
        visible_ms: rules.now_ms + rules.lag_ms,
        deleted: false,
        told: None,
    });
    Ok(json!({ "resource_id": resource_id }))
}

fn title(fields: &Map<String, Value>, switches: &Switches) -> Result<String, Code> {
    let title = text(fields, "title")?;
    if title.trim().is_empty() {
        return Err(code::TITLE);
    }
    if title.chars().count() > switches.title_max {
        return Err(code::LONG_TITLE);
    }
    Ok(title.into())
}

/// The category as it will be shown.
fn tid(state: &State, fields: &Map<String, Value>) -> Result<i64, Code> {
    let tid = number(fields, "tid")?.ok_or(code::CATEGORY)?;
    let known = |id| state.categories.iter().any(|top| top.id == id);
    let child = state
        .categories
        .iter()
        .any(|top| top.children.iter().any(|(id, _)| *id == tid));
    match tid {
        _ if child => Ok(tid),
        _ if known(tid) && !state.switches.parent_tid_refused => Ok(FALLBACK),
        _ => Err(code::CATEGORY),
    }
}

fn tags(joined: &str, switches: &Switches) -> Result<(), Code> {
    let tags: Vec<&str> = joined.split(',').map(str::trim).collect();
    if tags.iter().any(|tag| tag.is_empty()) || joined.chars().count() >= TAGS_MAX {
        return Err(code::TAG);
    }
    if switches.tags_counted
        && (tags.len() > TAG_COUNT_MAX || tags.iter().any(|t| t.chars().count() > TAG_CHARS_MAX))
    {
        return Err(code::TAG);
    }
    if tags.iter().any(|tag| BANNED_TAGS.contains(tag)) {
        return Err(code::BANNED_TAG);
    }
    Ok(())
}

fn desc(desc: &str, switches: &Switches) -> Result<(), Code> {
    match desc.chars().count() {
        0 if switches.empty_desc_refused => Err(code::EMPTY_DESC),
        count if count > switches.desc_max => Err(code::LONG_DESC),
        _ => Ok(()),
    }
}

fn cover(state: &State, fields: &Map<String, Value>, user: usize) -> Result<(), Code> {
    match text(fields, "cover")? {
        "" if state.switches.cover_required => Err(code::PARAMETER),
        "" => Ok(()),
        url if state.covers.get(url).is_some_and(|c| c.user == user) => Ok(()),
        _ => Err(code::PARAMETER),
    }
}

fn sensitive(fields: &Map<String, Value>) -> Result<(), Code> {
    for name in ["title", "desc", "tag"] {
        let text = text(fields, name)?;
        if SENSITIVE_WORDS.iter().any(|word| text.contains(word)) {
            return Err(code::SENSITIVE);
        }
    }
    Ok(())
}

fn may_submit(state: &State, rules: &Rules, user: usize, title: &str) -> Result<(), Code> {
    let user = &state.users[user];
    let since = |at_ms: i64| rules.now_ms - at_ms;
    let same = |s: &&Submission| s.title == title && since(s.at_ms) < millis(SAME_TITLE);
    if user.submissions.iter().rev().any(|s| same(&s)) {
        return Err(code::SAME_TITLE);
    }
    let last = user.submissions.last();
    if last.is_some_and(|s| since(s.at_ms) < millis(rules.spacing)) {
        return Err(code::TOO_FAST);
    }
    let day = |at_ms: i64| (at_ms + UTC8_MS).div_euclid(DAY_MS);
    let today = |s: &&Submission| day(s.at_ms) == day(rules.now_ms);
    if !user.formal && user.submissions.iter().filter(today).count() >= DAILY_MAX {
        return Err(code::DAILY_LIMIT);
    }
    if user.captcha {
        return Err(code::CAPTCHA);
    }
    if user.level == 0 {
        return Err(code::LEVEL);
    }
    Ok(())
}

/// The caller's own manuscript, deleted ones told apart.
fn find(state: &State, caller: &Caller, id: &str, now_ms: i64) -> Result<usize, Code> {
    let at = state
        .manuscripts
        .iter()
        .position(|m| m.resource_id == id && m.user == caller.user && now_ms >= m.visible_ms)
        .ok_or(code::NO_MANUSCRIPT)?;
    if state.manuscripts[at].deleted {
        return Err(code::DELETED);
    }
    Ok(at)
}

pub(crate) fn edit(
    state: &mut State,
    rules: &Rules,
    caller: &Caller,
    body: &[u8],
) -> Result<Value, Code> {
    const EVERY: [&str; 6] = ["resource_id", "title", "cover", "tid", "desc", "no_reprint"];
    let fields = object(body)?;
    if EVERY.iter().any(|name| !fields.contains_key(*name)) {
        return Err(code::BAD_PARAMETER);
    }
    let at = find(state, caller, text(&fields, "resource_id")?, rules.now_ms)?;
    let manuscript = &state.manuscripts[at];
    if manuscript.stage(&rules.review, rules.now_ms).number == -4 {
        return Err(code::LOCKED);
    }
    if rules.now_ms - manuscript.submitted_ms < millis(rules.review.settle) {
        return Err(code::STILL_PROCESSING);
    }
    title(&fields, &state.switches)?;
    let tid = tid(state, &fields)?;
    desc(text(&fields, "desc")?, &state.switches)?;
    cover(state, &fields, caller.user)?;
    sensitive(&fields)?;
    let manuscript = &mut state.manuscripts[at];
    for name in &EVERY[1..] {
        manuscript
            .fields
            .insert((*name).into(), fields[*name].clone());
    }
    manuscript.tid = tid;
    manuscript.edited_ms = Some(rules.now_ms);
    manuscript.told = None;
    Ok(json!({ "resource_id": manuscript.resource_id }))
}

pub(crate) fn delete(
    state: &mut State,
    rules: &Rules,
    caller: &Caller,
    body: &[u8],
) -> Result<(), Code> {
    let fields = object(body)?;
    let at = find(state, caller, text(&fields, "resource_id")?, rules.now_ms)?;
    state.manuscripts[at].deleted = true;
    Ok(())
}

pub(crate) fn view(
    state: &State,
    rules: &Rules,
    caller: &Caller,
    pairs: &[(String, String)],
) -> Result<Value, Code> {
    let id = query(pairs, "resource_id").ok_or(code::BAD_PARAMETER)?;
    let at = find(state, caller, id, rules.now_ms)?;
    Ok(state.manuscripts[at].wire(&rules.review, rules.now_ms))
}

pub(crate) fn view_list(
    state: &State,
    rules: &Rules,
    caller: &Caller,
    pairs: &[(String, String)],
) -> Result<Value, Code> {
    let count = |name, otherwise: usize| match query(pairs, name) {
        None => Ok(otherwise),
        Some(text) => text.parse().map_err(|_| code::BAD_PARAMETER),
    };
    let (page, size) = (count("pn", 1)?, count("ps", 20)?);
    let status = query(pairs, "status").unwrap_or("all");
    if page < 1
        || !(1..=50).contains(&size)
        || !["all", "is_pubing", "pubed", "not_pubed"].contains(&status)
    {
        return Err(code::BAD_PARAMETER);
    }
    let wanted = |m: &&Manuscript| {
        let stage = m.stage(&rules.review, rules.now_ms);
        match status {
            "is_pubing" => stage.is_under_way(),
            "pubed" => stage.is_open(),
            "not_pubed" => !stage.is_under_way() && !stage.is_open(),
            _ => true,
        }
    };
    let own: Vec<&Manuscript> = state
        .manuscripts
        .iter()
        .rev()
        .filter(|m| m.user == caller.user && !m.deleted && rules.now_ms >= m.visible_ms)
        .filter(wanted)
        .collect();
    let list: Vec<Value> = own
        .iter()
        .skip((page - 1).saturating_mul(size))
        .take(size)
        .map(|m| m.wire(&rules.review, rules.now_ms))
        .collect();
    Ok(json!({ "page": { "pn": page, "ps": size, "total": own.len() }, "list": list }))
}
