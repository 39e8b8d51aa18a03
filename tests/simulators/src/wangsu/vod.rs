//! The video API behind its signature: places for uploads, the list of videos, edits, deletion, categories.
//!
//! Pure but for the state. Always holds: what is refused has no effect; parameters nobody knows are ignored.

use std::collections::BTreeMap;

use base64::Engine as _;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::Call;
use super::fault::Fault;
use super::state::{Category, State, Video};
use super::switches::Reuse;
use super::token::{self, URL_SAFE};

pub(crate) type Code = i64;
pub(crate) const SUCCESS: Code = 200;

pub(crate) type Params = BTreeMap<String, String>;

/// What a request brought, whatever its content type. `None` is a body that is none of them.
pub(crate) fn params(method: &str, query: &str, kind: &str, body: &[u8]) -> Option<Params> {
    if method == "GET" {
        return Some(
            url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        );
    }
    if kind.starts_with("application/x-www-form-urlencoded") {
        return Some(url::form_urlencoded::parse(body).into_owned().collect());
    }
    if body.is_empty() {
        return Some(Params::new());
    }
    let Value::Object(fields) = serde_json::from_slice(body).ok()? else {
        return None;
    };
    Some(
        fields
            .into_iter()
            .filter_map(|(name, value)| {
                let text = match value {
                    Value::Null => return None,
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                Some((name, text))
            })
            .collect(),
    )
}

pub(crate) struct Asked<'a> {
    pub(crate) account: usize,
    pub(crate) params: &'a Params,
    pub(crate) faults: &'a [Fault],
    pub(crate) now_ms: i64,
    /// Of this server.
    pub(crate) url: &'a str,
}

impl Asked<'_> {
    fn text(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }
    fn has(&self, name: &str) -> bool {
        self.params.contains_key(name)
    }
    fn struck(&self, fault: &Fault) -> bool {
        self.faults.contains(fault)
    }
}

pub(crate) fn answer(state: &mut State, call: Call, asked: &Asked<'_>) -> Result<Value, Code> {
    match call {
        Call::GetUploadToken => get_upload_token(state, asked),
        Call::GetVideoList => list(state, asked),
        Call::VideoEdit => edit(state, asked),
        Call::DeleteVideo => {
            find(state, asked)?.deleted = true;
            Ok(json!(state.fresh("task")))
        }
        Call::VideoBlock => {
            find(state, asked)?.masked = true;
            Ok(Value::Null)
        }
        Call::VideoEnable => {
            find(state, asked)?.masked = false;
            Ok(Value::Null)
        }
        Call::GetPublishCode => {
            let key = find(state, asked)?.key.clone();
            let url = |kind: &str| {
                json!({
                    "originUrl": format!("https://play.example/{key}"), "fluentUrl": "", "sdUrl": "",
                    "highUrl": "", "hdPullUrl": "", "urlType": kind,
                })
            };
            Ok(json!({
                "videoId": asked.text("videoId"), "encrypt": 0, "autoCode": "", "swfCode": "", "customCode": "",
                "videoUrl": [url("PC"), url("mobile")],
            }))
        }
        Call::CategoryList => categories(state, asked),
        Call::CategoryCreate => {
            let name = asked.text("labelName");
            if name.is_empty() || name.chars().count() > 32 {
                return Err(1012);
            }
            let parent = asked.text("parentNodeId").parse().unwrap_or(0);
            let own = &mut state.accounts[asked.account].categories;
            let id = own.iter().map(|category| category.id).max().unwrap_or(0) + 1;
            own.push(Category {
                id,
                parent,
                name: name.into(),
            });
            Ok(json!({ "nodeId": id }))
        }
        Call::CategoryDelete => {
            let id: i64 = asked.text("nodeId").parse().map_err(|_| 1000)?;
            let own = &mut state.accounts[asked.account].categories;
            let before = own.len();
            own.retain(|category| category.id != id && category.parent != id);
            if own.len() == before {
                Err(1000)
            } else {
                Ok(Value::Null)
            }
        }
        _ => Err(1006),
    }
}

/// What is wrong with a request for a place, in the platform's order.
fn refusal(state: &State, asked: &Asked<'_>) -> Option<Code> {
    let switches = &state.switches;
    let name = asked.text("originFileName");
    if name.trim().is_empty() {
        return Some(if asked.has("originFileName") {
            1606
        } else {
            switches.name_missing_code
        });
    }
    let length = if switches.name_limit_counts_bytes {
        name.len()
    } else {
        name.chars().count()
    };
    if length > switches.name_limit {
        return Some(1500);
    }
    if asked.text("fileId").chars().count() > 32 {
        return Some(switches.file_id_too_long_code);
    }
    if asked.text("fileMd5").chars().count() > 32 {
        return Some(1605);
    }
    if asked.has("fileMd5") && asked.text("fileMd5").is_empty() {
        return Some(1604);
    }
    if asked.has("overwrite") && !matches!(asked.text("overwrite"), "0" | "1") {
        return Some(1608);
    }
    if asked.has("originFileSize") {
        let size = asked.text("originFileSize");
        if size.is_empty() || !size.bytes().all(|b| b.is_ascii_digit()) {
            return Some(1609);
        }
        let too_large = size
            .parse::<u64>()
            .map_or(true, |size| size > switches.max_video_size);
        if switches.max_video_size > 0 && too_large {
            return Some(1610);
        }
    }
    if asked.has("videoSource")
        && !matches!(
            asked.text("videoSource"),
            "1" | "2" | "3" | "4" | "5" | "11" | "12"
        )
    {
        return Some(1607);
    }
    let workflow = asked.text("workflowId").to_owned();
    if !workflow.is_empty() && !state.accounts[asked.account].workflows.contains(&workflow) {
        return Some(1000);
    }
    if asked.has("categoryNames") && !asked.text("categoryNames").is_empty() {
        let list: Option<Vec<Value>> = serde_json::from_str(asked.text("categoryNames")).ok();
        if !list.is_some_and(|list| list.iter().all(Value::is_object)) {
            return Some(1013);
        }
    }
    if !asked.text("subtitle").is_empty() {
        let bytes = URL_SAFE
            .decode(asked.text("subtitle").replace('+', "-").replace('/', "_"))
            .unwrap_or_default();
        let list: Option<Vec<Value>> = serde_json::from_slice(&bytes).ok();
        if list.is_none_or(|list| list.len() > 13) {
            return Some(1013);
        }
    }
    None
}

fn get_upload_token(state: &mut State, asked: &Asked<'_>) -> Result<Value, Code> {
    if let Some(code) = refusal(state, asked) {
        return Err(code);
    }
    let name = asked.text("originFileName").to_owned();
    let id = [asked.text("fileId"), asked.text("fileMd5")]
        .into_iter()
        .find(|id| !id.is_empty())
        .map(ToOwned::to_owned);
    let known = id
        .as_ref()
        .and_then(|id| state.resumable.get(&(asked.account, id.clone())).copied())
        .filter(|number| {
            let video = &state.videos[*number];
            match state.switches.fileid_reuse {
                Reuse::Never => false,
                Reuse::UntilComplete => video.stored_ms.is_none() && !video.deleted,
                Reuse::Always => !video.deleted,
            }
        })
        .filter(|_| !asked.struck(&Fault::OtherFileKey));
    let number = match known {
        Some(number) => number,
        None => {
            let number = give(state, asked, &name);
            if let Some(id) = id {
                state.resumable.insert((asked.account, id), number);
            }
            number
        }
    };
    state.videos[number].places_given += 1;
    state.videos[number].asked = asked.params.clone();
    let video = state.videos[number].clone();
    let token = token_for(state, asked, &video);
    let nothing = if asked.struck(&Fault::NullTexts) {
        Value::Null
    } else {
        "".into()
    };
    let dns = if asked.struck(&Fault::OldSpelling) {
        "httpDnsServe"
    } else {
        "httpDnsServer"
    };
    Ok(json!({
        "uploadUrl": asked.url,
        "bucketName": state.bucket,
        "fileKey": video.key,
        "videoId": video.id,
        "uploadToken": token,
        dns: nothing.clone(),
        "speedDomainlUrl": nothing,
    }))
}

/// A new place.
fn give(state: &mut State, asked: &Asked<'_>, name: &str) -> usize {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "mp4"));
    let day = at(asked.now_ms, "%Y%m%d");
    let (folder, one, two) = (
        state.fresh("folder"),
        state.fresh("name"),
        state.fresh("name"),
    );
    let video = Video {
        id: format!("{}00000000", &state.fresh("video")[..24]),
        account: asked.account,
        key: format!("video/{day}/{folder}/{one}_{two}.{ending}"),
        asked: Params::new(),
        places_given: 0,
        created_ms: asked.now_ms,
        stored_ms: None,
        told_ms: None,
        name: stem.into(),
        description: String::new(),
        edits: BTreeMap::new(),
        masked: false,
        deleted: false,
    };
    state.videos.push(video);
    state.videos.len() - 1
}

fn token_for(state: &mut State, asked: &Asked<'_>, video: &Video) -> String {
    let switches = state.switches.clone();
    state.serial += 1;
    // A few milliseconds more each time: no two tokens are the same.
    let ttl_ms = i64::try_from(switches.upload_token_ttl_s * 1000 + state.serial % 100)
        .unwrap_or(i64::MAX / 4);
    let deadline = asked.now_ms + ttl_ms;
    let deadline = if switches.deadline_is_number {
        json!(deadline)
    } else {
        json!(deadline.to_string())
    };
    let policy = json!({
        "scope": format!("{}:{}", state.bucket, video.key),
        "deadline": deadline,
        "overwrite": i32::from(asked.text("overwrite") == "1"),
        "fsizeLimit": switches.fsize_limit,
        "callbackUrl": "http://vod.example/callback/uploadDone",
        "callbackBody": "bucket=$(bucket)&key=$(key)&fsize=$(fsize)&hash=$(hash)",
    });
    let (key, secret) = state.storage_keys.clone();
    let token = token::make(&key, &secret, &policy.to_string());
    state.tokens.insert(token.clone());
    token
}

pub(crate) fn is_listed(state: &State, video: &Video, now_ms: i64) -> bool {
    let delay_ms = i64::try_from(state.switches.list_delay_ms).unwrap_or(i64::MAX / 4);
    let told = video.told_ms.is_some_and(|at| at + delay_ms <= now_ms);
    !video.deleted && (told || state.switches.list_before_upload)
}

/// 1 done, 2 not, 3 running, 4 failed. Words in the file's name choose.
pub(crate) fn transcode_state(state: &State, video: &Video, now_ms: i64) -> i64 {
    let takes_ms = i64::try_from(state.switches.transcode_ms).unwrap_or(i64::MAX / 4);
    let name = video.asked.get("originFileName").map_or("", String::as_str);
    match video.told_ms {
        None => 2,
        Some(_) if name.contains("[untranscoded]") => 2,
        Some(at) if at + takes_ms > now_ms || name.contains("[stuck]") => 3,
        Some(_) if name.contains("[transcode-fail]") => 4,
        Some(_) => 1,
    }
}

fn find<'s>(state: &'s mut State, asked: &Asked<'_>) -> Result<&'s mut Video, Code> {
    let id = asked.text("videoId");
    if id.is_empty() {
        return Err(1004);
    }
    let number = state.videos.iter().position(|video| {
        video.id == id && video.account == asked.account && is_listed(state, video, asked.now_ms)
    });
    number.map(|number| &mut state.videos[number]).ok_or(1502)
}

fn list(state: &State, asked: &Asked<'_>) -> Result<Value, Code> {
    let number = |name: &str, default: usize| match asked.text(name) {
        "" => Ok(default),
        text => text.parse::<usize>().map_err(|_| 1013),
    };
    let (page, size) = (number("pageIndex", 1)?, number("pageSize", 10)?);
    if !(1..=50).contains(&size) || page == 0 || page * size >= 100_000 {
        return Err(1012);
    }
    let wanted = |name: &str, value: &str| asked.text(name).is_empty() || asked.text(name) == value;
    let found: Vec<&Video> = state
        .videos
        .iter()
        .rev()
        .filter(|video| video.account == asked.account && is_listed(state, video, asked.now_ms))
        .filter(|video| wanted("videoId", &video.id))
        .filter(|video| video.name.contains(asked.text("videoName")))
        .filter(|video| {
            wanted(
                "transcodeState",
                &transcode_state(state, video, asked.now_ms).to_string(),
            )
        })
        .collect();
    let rows: Vec<Value> = found
        .iter()
        .skip((page - 1) * size)
        .take(size)
        .map(|video| {
            let name = video.asked.get("originFileName").map_or("", String::as_str);
            let stored = state
                .objects
                .get(&format!("{}:{}", state.bucket, video.key));
            let moment =
                |ms: Option<i64>| ms.map_or(String::new(), |ms| at(ms, "%Y-%m-%d %H:%M:%S"));
            json!({
                "videoId": video.id,
                "videoName": video.name,
                "videoDescription": video.description,
                "videoSize": stored.map_or(String::new(), |object| object.bytes.to_string()),
                "videoDuration": "12",
                "createTime": moment(Some(video.created_ms)),
                "uploadTime": moment(video.stored_ms),
                "updateTime": moment(video.told_ms),
                "videoState": i32::from(video.masked || name.contains("[masked]")),
                "transcodeState": transcode_state(state, video, asked.now_ms),
                "videoSourceCode": 1,
                "encrypt": 0,
                "createUser": "demo",
                "videoClassification": "",
                "imageUrl": "",
                "publishDomain": video.asked.get("domain").map_or("", String::as_str),
                "playerName": "",
                "playerId": video.edits.get("playerId").map_or("", String::as_str),
                "videoResolutions": [],
            })
        })
        .collect();
    Ok(json!({ "videoTotal": found.len(), "videoListInfo": rows }))
}

fn edit(state: &mut State, asked: &Asked<'_>) -> Result<Value, Code> {
    let (name, description) = (asked.text("videoName"), asked.text("videoDescription"));
    if name.chars().count() > 40 || description.chars().count() > 200 {
        return Err(1012);
    }
    if !asked.text("categoryNames").is_empty() {
        let bytes = URL_SAFE
            .decode(asked.text("categoryNames"))
            .map_err(|_| 1013)?;
        serde_json::from_slice::<Vec<Value>>(&bytes).map_err(|_| 1013)?;
    }
    let video = find(state, asked)?;
    if asked.has("videoName") {
        video.name = name.into();
    }
    if asked.has("videoDescription") {
        video.description = description.into();
    }
    for field in ["categoryNames", "publishDomain", "playerId"] {
        if asked.has(field) {
            video.edits.insert(field.into(), asked.text(field).into());
        }
    }
    Ok(Value::Null)
}

fn categories(state: &State, asked: &Asked<'_>) -> Result<Value, Code> {
    let number = |name: &str, default: usize| match asked.text(name) {
        "" => Ok(default),
        text => text.parse::<usize>().map_err(|_| 24_112_000),
    };
    let (page, size) = (number("pageIndex", 1)?, number("pageSize", 10)?);
    if !(1..=50).contains(&size) || page == 0 {
        return Err(24_112_000);
    }
    let parent: i64 = asked.text("parentNodeId").parse().unwrap_or(0);
    let below: Vec<&Category> = state.accounts[asked.account]
        .categories
        .iter()
        .filter(|category| category.parent == parent)
        .collect();
    let rows: Vec<Value> = below
        .iter()
        .skip((page - 1) * size)
        .take(size)
        .map(|category| {
            json!({ "labelName": category.name, "nodeId": category.id, "parentNodeId": category.parent, "createUser": "demo" })
        })
        .collect();
    // A list with one page in it, as the platform's own client has it.
    Ok(json!([{ "total": below.len(), "pageSize": size, "pageIndex": page, "categoryList": rows }]))
}

fn at(ms: i64, form: &str) -> String {
    Timestamp::from_millisecond(ms).map_or(String::new(), |at| at.strftime(form).to_string())
}

pub(crate) fn words(code: Code) -> &'static str {
    match code {
        SUCCESS => "Operation successfully",
        300 => "Operation failed",
        900 => "System error",
        1000 => "Parameter error",
        1004 => "A required parameter is missing",
        1006 => "Wrong request",
        1008 => "The account has no permission for the VoD API",
        1012 => "A value is out of range",
        1013 => "A value has an illegal format",
        1500 => "The file name is longer than 40 characters",
        1502 => "The video does not exist",
        1604 => "The MD5 value is empty",
        1605 => "The MD5 string is too long",
        1606 => "originFileName is required",
        1607 => "The video source is wrong",
        1608 => "overwrite must be 0 or 1",
        1609 => "The video size is not a non-negative integer",
        1610 => "The video size exceeds the limit",
        4001 => "An authentication parameter is missing",
        4002 => "X-WS-AccessKey is wrong",
        4003 => "X-WS-Timestamp has a wrong format",
        4004 => "X-WS-Timestamp has expired",
        _ => "Refused",
    }
}
