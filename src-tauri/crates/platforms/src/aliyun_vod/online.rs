//! A file that the platform fetches by itself: asked for once, looked for before it is asked for again, followed until its video is there.
//!
//! Nothing of the file comes by here. Invariants: the request that makes the media is announced before it is sent, carries a name of its own
//! (`SessionId`, `ReferenceId`) and is only repeated after the platform does not list it; no query of an address gets into an error.

use super::{
    NAME,
    api::{Api, Failure, Outcome, Params, text_of},
    fields, incomplete, keys, opening,
    place::moment_s,
    sign, status,
};
use crate::{
    Draft, Error, Keeper, Opened, Result, Review, Step,
    http::{Act, excerpt},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use slipway_model::{
    Cause, Cuts, ErrorKind, Fields, Remote, Spec, Ticket,
    preflight::{Finding, Severity},
};

const ASKING: &str = "asking the platform to fetch the file";
const LOOKING: &str = "looking for what the platform was asked to fetch";
const FOLLOWING: &str = "asking how the platform's download goes";
/// Before the id of a job, where a work has no video yet.
const JOB: &str = "job:";
/// Regions that fetch files. Source: the page of `UploadMediaByURL`, read 2026-11-22; an older one names only the first.
const REGIONS: [&str; 2] = ["cn-shanghai", "ap-southeast-1"];
/// A job that is this much older than its announcement belongs to another upload.
const CLOCKS_DIFFER_S: i64 = 900;
/// What stands beside the address of each file, and not beside all of them.
const OF_ONE_FILE: [&str; 9] = [
    "Title",
    "Description",
    "CoverURL",
    "CateId",
    "Tags",
    "TemplateGroupId",
    "WorkflowId",
    "ReferenceId",
    "FileExtension",
];

/// The ticket of such an upload; sealed, since the address may be a bearer secret.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Pull {
    address: String,
    /// Names the request for ten minutes: the platform refuses it a second time.
    session: String,
    /// Names the video for good, unless the user has a name for it.
    reference: String,
    /// Of the words that cover and subtitle belong to.
    manuscript_hash: String,
    #[serde(default)]
    cover_url: Option<String>,
    #[serde(default)]
    subtitle: Option<String>,
    /// When it was about to be asked for, in the platform's time.
    #[serde(default)]
    announced_at_s: Option<i64>,
}

impl Pull {
    /// `None` for the ticket of a file that is sent from here.
    pub(super) fn read(ticket: &Ticket) -> Option<Self> {
        serde_json::from_str(&ticket.0).ok()
    }
}

/// A job as the platform lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Job {
    id: String,
    /// The video, once there is one.
    video: Option<String>,
    status: String,
    created_at_s: Option<i64>,
    code: String,
    message: String,
}

/// What is to be said of an online file of this name.
pub(super) fn notes(api: &Api<'_>, fields: &Fields, name: &str) -> Vec<Finding> {
    let finding = |severity, cause: Cause| {
        Finding::new(severity, cause.with("file", name).with("platform", NAME))
    };
    let mut found = Vec::new();
    if !keys::has_api(api) {
        let cause = Cause::new("aliyun_vod_online_needs_key");
        found.push(finding(Severity::Red, cause));
    }
    let named = fields
        .get("FileExtension")
        .is_some_and(|end| !end.trim().is_empty());
    if !named && !has_known_end(api.spec, name) {
        let cause = Cause::new("aliyun_vod_online_extension");
        found.push(finding(Severity::Red, cause).on("FileExtension"));
    }
    let region = api.settings().region();
    if !REGIONS.contains(&region.as_str()) {
        let cause = Cause::new("aliyun_vod_online_region").with("region", region);
        found.push(finding(Severity::Amber, cause));
    }
    found
}

fn has_known_end(spec: &Spec, name: &str) -> bool {
    let end = name.rsplit_once('.').map(|(_, end)| end.to_lowercase());
    end.is_some_and(|end| spec.limits.extensions.contains(&end))
}

/// Sends cover and subtitle, and prepares the request; nothing is asked for yet.
pub(super) async fn open(api: &Api<'_>, draft: &Draft, address: &SecretString) -> Result<Opened> {
    if !keys::has_api(api) {
        let act = Act::new(NAME, ASKING);
        return Err(crate::settings::missing(act, "service.sts_token.url"));
    }
    let name = uuid::Uuid::new_v4().simple().to_string();
    let pull = Pull {
        address: address.expose_secret().to_owned(),
        reference: format!("slipway-{name}"),
        session: name,
        manuscript_hash: draft.manuscript_hash.clone(),
        cover_url: opening::cover(api, draft).await?,
        subtitle: opening::subtitle(api, draft).await?,
        announced_at_s: None,
    };
    Ok(Opened {
        ticket: crate::ticket::written(&pull),
        cuts: Cuts::none(),
    })
}

/// Asks the platform to fetch the file, unless it was asked before.
pub(super) async fn submit(
    api: &Api<'_>,
    pull: Pull,
    draft: &Draft,
    keeper: &dyn Keeper,
) -> Result<Step> {
    if let Some(since_s) = pull.announced_at_s
        && let Some(found) = find(api, &pull, &reference(&pull, draft), since_s).await?
    {
        return Ok(Step::Accepted(found));
    }
    let act = Act::new(NAME, ASKING);
    if pull.announced_at_s.is_none() {
        keeper.ready(&crate::ticket::written(&pull)).await?;
    }
    let params = request(api, &pull, draft).await?;
    let announced = Pull {
        reference: reference(&pull, draft),
        announced_at_s: Some(api.now_s(&api.settings().api(act)?)),
        ..pull
    };
    let ticket = crate::ticket::written(&announced);
    keeper.about_to_submit(&ticket).await?;
    match api.call(ASKING, "UploadMediaByURL", params).await {
        Ok(answer) => {
            let job = answer.pointer("/UploadJobs/0");
            let id = job.and_then(|job| text_of(job, "JobId"));
            let id = id.ok_or_else(|| incomplete(act, "JobId"))?;
            Ok(Step::Accepted(remote_of(&format!("{JOB}{id}"), None)))
        }
        // It was heard before, and is not listed yet.
        Err(failure) if failure.code().contains("SessionId") => {
            let cause = Cause::new("aliyun_vod_request_repeated");
            Err(act.error(ErrorKind::Unclear, cause))
        }
        Err(failure) => Err(quiet(failure)),
    }
}

fn reference(pull: &Pull, draft: &Draft) -> String {
    let own = draft.fields.get("ReferenceId").map(|id| id.trim());
    let own = own.filter(|id| !id.is_empty());
    own.unwrap_or(&pull.reference).to_owned()
}

async fn request(api: &Api<'_>, pull: &Pull, draft: &Draft) -> Result<Params> {
    let (cover, subtitle) = if pull.manuscript_hash == draft.manuscript_hash {
        (pull.cover_url.clone(), pull.subtitle.clone())
    } else {
        let cover = opening::cover(api, draft).await?;
        (cover, opening::subtitle(api, draft).await?)
    };
    let mut all = fields::create(
        &api.settings(),
        draft,
        cover.as_deref(),
        subtitle.as_deref(),
    );
    all.retain(|(name, _)| !matches!(*name, "FileName" | "FileSize" | "ReferenceId"));
    all.push(("ReferenceId", reference(pull, draft)));
    let end = draft
        .fields
        .get("FileExtension")
        .map(|end| end.trim().trim_start_matches('.'));
    all.extend(
        end.filter(|end| !end.is_empty())
            .map(|end| ("FileExtension", end.to_lowercase())),
    );
    let (own, mut params): (Params, Params) = all
        .into_iter()
        .partition(|(name, _)| OF_ONE_FILE.contains(name));
    let mut about = Map::new();
    about.insert("SourceURL".into(), pull.address.clone().into());
    for (name, value) in own {
        let number = (name == "CateId")
            .then(|| value.parse::<i64>().ok())
            .flatten();
        about.insert(name.into(), number.map_or(Value::from(value), Value::from));
    }
    params.push(("UploadURLs", sign::encode(&pull.address)));
    params.push((
        "UploadMetadatas",
        Value::Array(vec![about.into()]).to_string(),
    ));
    params.push(("SessionId", pull.session.clone()));
    Ok(params)
}

/// What the platform made of a request whose answer was not heard.
async fn find(api: &Api<'_>, pull: &Pull, reference: &str, since_s: i64) -> Result<Option<Remote>> {
    let named = vec![("UploadURLs", sign::encode(&pull.address))];
    let mut jobs = jobs(api, LOOKING, named).await.map_err(quiet)?;
    jobs.retain(|job| {
        job.created_at_s
            .is_none_or(|at| at >= since_s - CLOCKS_DIFFER_S)
    });
    jobs.sort_by_key(|job| std::cmp::Reverse(job.created_at_s));
    let mut unnamed = None;
    for job in jobs {
        let found = || remote_of(&format!("{JOB}{}", job.id), Some(&job.status));
        let name = match &job.video {
            Some(video) => status::reference(api, video).await.map_err(quiet)?,
            None => None,
        };
        match name {
            Some(name) if name == reference => return Ok(Some(found())),
            Some(_) => {} // another upload's
            None => unnamed = unnamed.or_else(|| Some(found())),
        }
    }
    Ok(unnamed)
}

async fn jobs(api: &Api<'_>, doing: &'static str, params: Params) -> Outcome<Vec<Job>> {
    let answer = api.call(doing, "GetURLUploadInfos", params).await?;
    let all = answer.get("URLUploadInfoList").and_then(Value::as_array);
    Ok(all.into_iter().flatten().filter_map(job).collect())
}

fn job(value: &Value) -> Option<Job> {
    let text = |name: &str| text_of(value, name);
    Some(Job {
        id: text("JobId")?,
        video: text("MediaId"),
        status: text("Status").unwrap_or_default(),
        created_at_s: value.get("CreationTime").and_then(moment_s),
        code: text("ErrorCode").map_or_else(String::new, |code| excerpt(&code)),
        message: text("ErrorMessage").map_or_else(String::new, |text| excerpt(&text)),
    })
}

fn remote_of(id: &str, words: Option<&str>) -> Remote {
    Remote {
        id: id.to_owned(),
        url: None,
        words: words.map(ToOwned::to_owned),
    }
}

/// How a job goes, and then its video; `None` when the work is no job.
pub(super) async fn watch(api: &Api<'_>, remote: &Remote) -> Result<Option<Review>> {
    let Some(id) = remote.id.strip_prefix(JOB) else {
        return Ok(None);
    };
    let named = vec![("JobIds", id.to_owned())];
    let listed = jobs(api, FOLLOWING, named).await.map_err(quiet)?;
    let Some(job) = listed.into_iter().find(|job| job.id == id) else {
        let cause = Cause::new("aliyun_vod_job_gone").with("id", id);
        return Ok(Some(Review::Refused(cause)));
    };
    match (verdict(&job), job.video) {
        (Verdict::Failed(cause), _) => Ok(Some(Review::Refused(cause))),
        (Verdict::Done, Some(video)) => {
            let remote = remote_of(&video, Some(&job.status));
            if api.settings().ends_when_uploaded() {
                return Ok(Some(Review::Published(remote)));
            }
            status::watch(api, &remote).await.map(Some)
        }
        (Verdict::Done | Verdict::Going, _) => {
            let remote = remote_of(&remote.id, Some(&job.status));
            Ok(Some(Review::Pending(remote)))
        }
    }
}

enum Verdict {
    Going,
    Done,
    Failed(Cause),
}

/// A status that is not known is under way, never failed.
fn verdict(job: &Job) -> Verdict {
    let failed = |code: &str| {
        let cause = Cause::new(code).with("id", &job.id).with("code", &job.code);
        Verdict::Failed(cause.with("message", &job.message))
    };
    match job.status.as_str() {
        "SUCCESS" => Verdict::Done,
        "DOWNLOAD_FAIL" if job.code == "URLInvalidError" => failed("aliyun_vod_address_refused"),
        "DOWNLOAD_FAIL" => failed("aliyun_vod_download_failed"),
        "UPLOAD_FAIL" => failed("aliyun_vod_keeping_failed"),
        _ => Verdict::Going,
    }
}

/// Ends the job where it has not begun. `false`: it has, and goes on.
pub(super) async fn cancel(api: &Api<'_>, remote: &Remote) -> Result<bool> {
    const DOING: &str = "ending the platform's download";
    let Some(id) = remote.id.strip_prefix(JOB) else {
        return Ok(false);
    };
    let params = vec![("JobIds", id.to_owned())];
    let answer = api.call(DOING, "CancelUrlUploadJobs", params).await;
    let answer = answer.map_err(quiet)?;
    let ended = answer.get("CanceledJobs").and_then(Value::as_array);
    Ok(ended.is_some_and(|all| all.iter().any(|one| one == id)))
}

/// Gives up what may have been asked for.
pub(super) async fn abort(api: &Api<'_>, pull: &Pull) -> Result<()> {
    let Some(since_s) = pull.announced_at_s else {
        return Ok(());
    };
    if let Some(found) = find(api, pull, &pull.reference, since_s).await? {
        cancel(api, &found).await?;
    }
    Ok(())
}

/// The platform's words may quote the address.
fn quiet(failure: Failure) -> Error {
    let mut error = Error::from(failure);
    error.cause.detail = excerpt(&error.cause.detail);
    if let Some(message) = error.cause.params.get_mut("message") {
        *message = excerpt(message);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_a_job_has_its_meaning() {
        let of = |status: &str, code: &str| {
            let job = Job {
                status: status.into(),
                code: code.into(),
                ..Job::default()
            };
            match verdict(&job) {
                Verdict::Going => "going".to_owned(),
                Verdict::Done => "done".to_owned(),
                Verdict::Failed(cause) => cause.code,
            }
        };
        for status in [
            "PENDING",
            "PROCESSING",
            "DOWNLOADING",
            "DOWNLOAD_SUCCESS",
            "UPLOADING",
            "UPLOAD_SUCCESS",
            "UNHEARD_OF",
        ] {
            assert_eq!(of(status, ""), "going", "{status}");
        }
        assert_eq!(of("SUCCESS", ""), "done");
        assert_eq!(
            of("DOWNLOAD_FAIL", "URLInvalidError"),
            "aliyun_vod_address_refused"
        );
        assert_eq!(of("DOWNLOAD_FAIL", "Other"), "aliyun_vod_download_failed");
        assert_eq!(of("UPLOAD_FAIL", ""), "aliyun_vod_keeping_failed");
    }

    #[test]
    fn a_job_is_read_whatever_its_numbers_are_and_without_an_addresss_query() {
        let listed = serde_json::json!({
            "JobId": "86c1", "MediaId": "", "FileSize": "20971520", "Status": "DOWNLOAD_FAIL",
            "CreationTime": "2026-01-02T03:04:05Z", "ErrorCode": "URLInvalidError",
            "ErrorMessage": "cannot open https://a.example/x.mp4?sig=SECRET now",
        });
        let job = job(&listed).unwrap();
        assert_eq!(
            (job.video.as_deref(), job.created_at_s),
            (None, Some(1_767_323_045))
        );
        assert_eq!(job.message, "cannot open https://a.example/x.mp4?… now");
    }
}
