//! The actions of the API, and of STS.
//!
//! Always holds: a call that is refused changes nothing.

use serde_json::{Value, json};

use super::Pace;
use super::call::Call;
use super::encode::utc;
use super::fault::Fault;
use super::fetch;
use super::rpc::{Asked, No, no};
use super::state::{Kind, Media, REGION, State};

pub(crate) const VIDEO: &str = "mp4 ts 3gp mpg mpeg mpe dat vob asf avi wmv flv f4v rm rmvb mov mkv m3u8 dv gif m2t m4v mj2 mjpeg mts ogg qt swf webm \
                     mp3 wma wav aac ra m4a flac ape ac3 amr caf acm";
const IMAGE: &str = "png jpg jpeg gif heic webp";
const STORAGES: [&str; 1] = ["outin-second.oss-cn-shanghai.aliyuncs.com"];
const TEMPLATES: [(&str, &str); 2] = [
    ("VOD_NO_TRANSCODE", "No transcoding"),
    ("6ae347b0140181ad371d197ebe289326", "Usual"),
];
/// Id, the id above, name.
pub(crate) const CATEGORIES: [(i64, i64, &str); 4] = [
    (1001, -1, "travel"),
    (1002, -1, "news"),
    (1003, -1, "旅行"),
    (1004, 1001, "islands"),
];

/// What an action may look at beside its parameters.
pub(crate) struct Scene<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) faults: &'a [Fault],
    pub(crate) caller: String,
    pub(crate) pace: Pace,
    pub(crate) now_ms: i64,
    /// Where the storage is.
    pub(crate) endpoint: String,
    pub(crate) accelerated: String,
}

pub(crate) type Told = Result<Value, No>;

pub(crate) fn act(call: Call, asked: &Asked<'_>, scene: &mut Scene<'_>) -> Told {
    match call {
        Call::CreateUploadVideo => create_video(asked, scene),
        Call::RefreshUploadVideo => refresh_video(asked, scene),
        Call::CreateUploadImage => create_image(asked, scene),
        Call::CreateUploadAttachedMedia => create_attached(asked, scene),
        Call::GetVideoInfo => video_info(asked, scene),
        Call::GetPlayInfo => play_info(asked, scene),
        Call::GetMezzanineInfo => mezzanine(asked, scene),
        Call::GetImageInfo => image_info(asked, scene),
        Call::GetCategories => categories(asked),
        Call::ListTranscodeTemplateGroup => Ok(template_groups()),
        Call::UpdateVideoInfo => update(asked, scene),
        Call::DeleteVideo => delete(asked, scene),
        Call::DeleteMultipartUpload => delete_multipart(asked, scene),
        Call::UploadMediaByUrl => fetch::by_url(asked, scene),
        Call::GetUrlUploadInfos => fetch::infos(asked, scene),
        Call::CancelUrlUploadJobs => fetch::cancel(asked, scene),
        Call::ReportUploadProgress => Ok(json!({})),
        Call::AssumeRole => assume_role(asked, scene),
        _ => Err(no(
            404,
            "InvalidAction.NotFound",
            "Specified api is not found, please check your url and method.",
        )),
    }
}

pub(crate) fn needed<'a>(asked: &'a Asked<'_>, name: &str) -> Result<&'a str, No> {
    asked.param(name).ok_or_else(|| {
        no(
            400,
            &format!("Missing{name}"),
            &format!("{name} is mandatory for this action."),
        )
    })
}

fn gone() -> No {
    no(404, "InvalidVideo.NotFound", "The video does not exist.")
}

/// Emoji and their like: what lies beyond the basic plane and is no ideograph.
fn is_illegal(c: char) -> bool {
    matches!(c, '\u{1F000}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}')
}

fn texts(asked: &Asked<'_>) -> Result<(), No> {
    for (name, max) in [("Title", 128), ("Description", 1024)] {
        let text = asked.param(name).unwrap_or("");
        if text.chars().count() > max {
            return Err(no(
                400,
                "LengthExceededMax",
                &format!("The {name} is too long."),
            ));
        }
        if text.chars().any(is_illegal) {
            return Err(no(
                400,
                "IllegalCharacters",
                &format!("The {name} contains illegal characters."),
            ));
        }
    }
    let tags: Vec<&str> = asked
        .param("Tags")
        .unwrap_or("")
        .split(',')
        .filter(|tag| !tag.is_empty())
        .collect();
    if tags.len() > 16 {
        return Err(no(400, "TagsExceededMax", "The tags exceed the max count."));
    }
    if tags.iter().any(|tag| tag.chars().count() > 32) {
        return Err(no(400, "LengthExceededMax", "A tag is too long."));
    }
    if tags.iter().any(|tag| tag.chars().any(is_illegal)) {
        return Err(no(
            400,
            "IllegalCharacters",
            "A tag contains illegal characters.",
        ));
    }
    Ok(())
}

pub(crate) fn common(asked: &Asked<'_>, state: &State) -> Result<(), No> {
    texts(asked)?;
    if let Some(storage) = asked.param("StorageLocation") {
        let own = format!("{}.oss-{REGION}.aliyuncs.com", state.bucket());
        if storage != own && !STORAGES.contains(&storage) {
            return Err(no(
                404,
                "InvalidStorage.NotFound",
                "The StorageLocation does not exist.",
            ));
        }
    }
    if let Some(template) = asked.param("TemplateGroupId")
        && !TEMPLATES.iter().any(|(id, _)| *id == template)
    {
        return Err(no(
            404,
            "InvalidTemplateGroupId.NotFound",
            "The TemplateGroupId does not exist.",
        ));
    }
    if let Some(id) = asked.param("CateId")
        && id.parse::<i64>().is_err()
    {
        return Err(no(400, "InvalidParameter", "The CateId is not valid."));
    }
    if let Some(data) = asked.param("UserData") {
        let object = serde_json::from_str::<Value>(data).is_ok_and(|value| value.is_object());
        if !object {
            return Err(no(400, "InvalidParameter", "The UserData is not valid."));
        }
    }
    Ok(())
}

pub(crate) fn extension(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or("");
    name.rsplit_once('.')
        .map(|(_, end)| end.to_lowercase())
        .unwrap_or_default()
}

pub(crate) fn remember(asked: &Asked<'_>) -> std::collections::BTreeMap<String, String> {
    const NOT_THEIRS: [&str; 10] = [
        "Action",
        "Version",
        "Format",
        "AccessKeyId",
        "SecurityToken",
        "SignatureMethod",
        "SignatureVersion",
        "SignatureNonce",
        "Timestamp",
        "Signature",
    ];
    asked
        .params
        .iter()
        .filter(|(name, _)| !NOT_THEIRS.contains(&name.as_str()))
        .cloned()
        .collect()
}

fn register(
    asked: &Asked<'_>,
    scene: &mut Scene<'_>,
    kind: Kind,
    key: impl Fn(&str) -> String,
) -> (String, String, String) {
    let id = scene.state.fresh("media");
    let bucket = match asked.param("StorageLocation") {
        Some(at) => at.split('.').next().unwrap_or("").to_owned(),
        None => scene.state.bucket(),
    };
    let key = key(&scene.state.fresh("key"));
    let endpoint = endpoint(asked.param("UserData"), scene);
    let (address, auth) = scene.state.grant(&endpoint, &bucket, &key, scene.now_ms);
    scene.state.media.push(Media {
        id: id.clone(),
        kind,
        params: remember(asked),
        bucket,
        key,
        created_ms: scene.now_ms,
        stored_ms: None,
        renewals: 0,
        deleted: false,
        told: Vec::new(),
    });
    (id, address, auth)
}

fn endpoint(user_data: Option<&str>, scene: &Scene<'_>) -> String {
    let data: Value = user_data
        .and_then(|data| serde_json::from_str(data).ok())
        .unwrap_or_default();
    match data
        .pointer("/AccelerateConfig/Type")
        .and_then(Value::as_str)
    {
        Some("oss") => scene.accelerated.clone(),
        _ => scene.endpoint.clone(),
    }
}

fn create_video(asked: &Asked<'_>, scene: &mut Scene<'_>) -> Told {
    needed(asked, "Title")?;
    let name = needed(asked, "FileName")?;
    let end = extension(name);
    if !VIDEO.split_whitespace().any(|known| known == end) {
        return Err(no(
            400,
            "InvalidFileName.Extension",
            "The specified FileName's extension is illegal.",
        ));
    }
    common(asked, scene.state)?;
    if let Some(reference) = asked.param("ReferenceId")
        && (!is_reference(reference) || taken(scene.state, reference))
    {
        return Err(no(
            400,
            "InvalidReferenceId",
            "The ReferenceId is not valid or is used already.",
        ));
    }
    let (id, address, auth) = register(asked, scene, Kind::Video, |name| {
        format!("sv/{}-{}/{name}.{end}", &name[..8], &name[8..20])
    });
    Ok(json!({ "VideoId": id, "UploadAddress": address, "UploadAuth": auth }))
}

pub(crate) fn is_reference(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
    (6..=64).contains(&text.len()) && text.bytes().all(fits)
}

/// Whether a media that is not deleted has this name of the user's.
pub(crate) fn taken(state: &State, reference: &str) -> bool {
    let mut all = state.media.iter().filter(|media| !media.deleted);
    all.any(|media| {
        media
            .params
            .get("ReferenceId")
            .is_some_and(|r| r == reference)
    })
}

fn refresh_video(asked: &Asked<'_>, scene: &mut Scene<'_>) -> Told {
    let id = asked.param("VideoId").or(asked.param("ReferenceId"));
    let id = id
        .ok_or_else(|| {
            no(
                400,
                "MissingVideoId",
                "VideoId is mandatory for this action.",
            )
        })?
        .to_owned();
    let moved = scene
        .faults
        .contains(&Fault::Moved)
        .then(|| scene.state.fresh("moved"));
    if scene.faults.contains(&Fault::VideoDeleted)
        && let Some(media) = scene.state.media(&id, Kind::Video)
    {
        media.deleted = true;
    }
    let media = scene.state.media(&id, Kind::Video).ok_or_else(gone)?;
    media.renewals += 1;
    if let Some(name) = moved {
        media.key = format!("sv/{}/{name}.mp4", &name[..8]);
    }
    let media = media.clone();
    let endpoint = endpoint(media.params.get("UserData").map(String::as_str), scene);
    let (address, auth) = scene
        .state
        .grant(&endpoint, &media.bucket, &media.key, scene.now_ms);
    Ok(json!({ "VideoId": media.id, "UploadAddress": address, "UploadAuth": auth }))
}

fn create_image(asked: &Asked<'_>, scene: &mut Scene<'_>) -> Told {
    let kind = needed(asked, "ImageType")?;
    if !matches!(kind, "default" | "cover") {
        return Err(no(400, "InvalidParameter", "The ImageType is not valid."));
    }
    let end = asked.param("ImageExt").unwrap_or("png").to_lowercase();
    let named = asked.param("OriginalFileName").map(extension);
    for end in named.iter().chain([&end]) {
        if !IMAGE.split_whitespace().any(|known| known == end) {
            return Err(no(
                400,
                "InvalidFileName.Extension",
                "The image's extension is illegal.",
            ));
        }
    }
    common(asked, scene.state)?;
    let kind = kind.to_owned();
    let (id, address, auth) = register(asked, scene, Kind::Image, |name| {
        format!("image/{kind}/{name}.{end}")
    });
    let media = scene.state.media.last().expect("just made");
    let file = format!(
        "https://{}.oss-{REGION}.aliyuncs.com/{}",
        media.bucket, media.key
    );
    let shown = format!("https://cdn.example.test/{}", media.key);
    Ok(
        json!({ "ImageId": id, "ImageURL": shown, "FileURL": file, "UploadAddress": address, "UploadAuth": auth }),
    )
}

fn create_attached(asked: &Asked<'_>, scene: &mut Scene<'_>) -> Told {
    let kind = needed(asked, "BusinessType")?.to_owned();
    let ends = match kind.as_str() {
        "watermark" => "png gif apng mov",
        "subtitle" => "srt ass stl ttml vtt",
        "material" => "jpg gif png mp4 mat zip apk",
        _ => {
            return Err(no(
                400,
                "InvalidParameter",
                "The BusinessType is not valid.",
            ));
        }
    };
    let end = asked
        .param("FileName")
        .map(extension)
        .or(asked.param("MediaExt").map(str::to_lowercase))
        .unwrap_or_default();
    if !ends.split_whitespace().any(|known| known == end) {
        return Err(no(
            400,
            "InvalidFileName.Extension",
            "The extension is illegal.",
        ));
    }
    common(asked, scene.state)?;
    let (id, address, auth) = register(asked, scene, Kind::Attached, |name| {
        format!("{kind}/{name}.{end}")
    });
    let media = scene.state.media.last().expect("just made");
    let file = format!(
        "https://{}.oss-{REGION}.aliyuncs.com/{}",
        media.bucket, media.key
    );
    let shown = format!("https://cdn.example.test/{}", media.key);
    Ok(
        json!({ "MediaId": id, "MediaURL": shown, "FileURL": file, "UploadAddress": address, "UploadAuth": auth }),
    )
}

fn video<'a>(asked: &Asked<'_>, scene: &'a mut Scene<'_>) -> Result<(&'a Media, &'static str), No> {
    let id = asked.param("VideoId").or(asked.param("ReferenceId"));
    let id = id.ok_or_else(|| {
        no(
            400,
            "MissingVideoId",
            "VideoId is mandatory for this action.",
        )
    })?;
    let (pace, now_ms) = (scene.pace, scene.now_ms);
    let media = scene.state.media(id, Kind::Video).ok_or_else(gone)?;
    Ok((media, media.status(pace, now_ms)))
}

fn bytes_of(scene: &Scene<'_>, media: &Media) -> u64 {
    let place = (media.bucket.clone(), media.key.clone());
    scene
        .state
        .objects
        .get(&place)
        .map_or(0, |object| object.bytes)
}

fn video_info(asked: &Asked<'_>, scene: &mut Scene<'_>) -> Told {
    let (media, status) = video(asked, scene)?;
    let media = media.clone();
    let param = |name: &str| media.params.get(name).cloned().unwrap_or_default();
    let cate: i64 = param("CateId").parse().unwrap_or(0);
    let named = CATEGORIES
        .iter()
        .find(|(id, ..)| *id == cate)
        .map_or("", |(.., name)| name);
    Ok(json!({ "Video": {
        "VideoId": media.id, "Title": param("Title"), "Description": param("Description"), "Tags": param("Tags"), "CateId": cate, "CateName": named,
        "CoverURL": param("CoverURL"), "Status": status, "Size": bytes_of(scene, &media), "Duration": 0.0, "CreationTime": utc(media.created_ms),
        "ModificationTime": utc(media.created_ms), "StorageLocation": format!("{}.oss-{REGION}.aliyuncs.com", media.bucket), "RegionId": REGION,
        "TemplateGroupId": param("TemplateGroupId"), "AppId": "app-1000000", "ReferenceId": param("ReferenceId"), "StorageClass": "Standard", "Snapshots": { "Snapshot": [] },
    } }))
}

fn play_info(asked: &Asked<'_>, scene: &mut Scene<'_>) -> Told {
    let (media, status) = video(asked, scene)?;
    if status != "Normal" {
        let text = format!("Video status does not allow this. Current Status is {status}.");
        return Err(no(403, "Forbidden.IllegalStatus", &text));
    }
    let url = format!("https://cdn.example.test/{}/hd.mp4", media.id);
    Ok(json!({
        "VideoBase": { "VideoId": media.id, "Title": media.title(), "Duration": "12.5", "Status": status, "MediaType": "video" },
        "PlayInfoList": { "PlayInfo": [{ "PlayURL": url, "Format": "mp4", "Definition": "HD", "Status": "Normal", "StreamType": "video" }] },
    }))
}

fn mezzanine(asked: &Asked<'_>, scene: &mut Scene<'_>) -> Told {
    let (media, _) = video(asked, scene)?;
    let media = media.clone();
    let status = if media.stored_ms.is_some() {
        "Normal"
    } else {
        "Uploading"
    };
    Ok(
        json!({ "Mezzanine": { "VideoId": media.id, "FileName": media.key, "Size": bytes_of(scene, &media), "Status": status, "Duration": "12.5" } }),
    )
}

fn image_info(asked: &Asked<'_>, scene: &mut Scene<'_>) -> Told {
    let id = needed(asked, "ImageId")?;
    let media = scene.state.media(id, Kind::Image).cloned();
    let media = media.ok_or_else(|| no(404, "NoSuchResource", "The image does not exist."))?;
    let status = media.status(scene.pace, scene.now_ms);
    Ok(
        json!({ "ImageInfo": { "ImageId": media.id, "Title": media.title(), "Status": status, "URL": format!("https://cdn.example.test/{}", media.key), "Mezzanine": { "FileSize": bytes_of(scene, &media) } } }),
    )
}

fn categories(asked: &Asked<'_>) -> Told {
    let page: usize = asked.param("PageNo").unwrap_or("1").parse().unwrap_or(0);
    let size: usize = asked.param("PageSize").unwrap_or("10").parse().unwrap_or(0);
    if page == 0 || !(1..=100).contains(&size) {
        return Err(no(400, "InvalidParameter", "The page is not valid."));
    }
    let above = asked.param("CateId").unwrap_or("-1");
    let below = |above: i64| {
        CATEGORIES
            .iter()
            .filter(move |category| category.1 == above)
    };
    let above: i64 = above.parse().unwrap_or(0);
    let shown: Vec<Value> = below(above)
        .skip((page - 1) * size)
        .take(size)
        .map(|(id, above, name)| {
            let level = i64::from(*above != -1);
            json!({ "CateId": id, "CateName": name, "ParentId": above, "Level": level, "Type": "default", "SubTotal": below(*id).count() })
        })
        .collect();
    Ok(json!({ "SubTotal": below(above).count(), "SubCategories": { "Category": shown } }))
}

fn template_groups() -> Value {
    let groups = TEMPLATES.iter().enumerate().map(|(n, (id, name))| {
        json!({
            "TranscodeTemplateGroupId": id, "Name": name, "IsDefault": if n == 0 { "Default" } else { "NotDefault" },
            "Locked": "Disabled", "AppId": "app-1000000",
            "CreationTime": "2026-01-05T10:20:09Z", "ModifyTime": "2026-01-05T10:20:09Z",
        })
    });
    json!({ "TranscodeTemplateGroupList": groups.collect::<Vec<_>>() })
}

fn update(asked: &Asked<'_>, scene: &mut Scene<'_>) -> Told {
    texts(asked)?;
    let id = needed(asked, "VideoId")?;
    let changes = remember(asked);
    let media = scene.state.media(id, Kind::Video).ok_or_else(gone)?;
    media
        .params
        .extend(changes.into_iter().filter(|(name, _)| name != "VideoId"));
    Ok(json!({}))
}

fn delete(asked: &Asked<'_>, scene: &mut Scene<'_>) -> Told {
    let ids: Vec<&str> = needed(asked, "VideoIds")?.split(',').collect();
    if ids.len() > 20 {
        return Err(no(
            400,
            "VideoIdsExceededMax",
            "The VideoIds exceed maximum.",
        ));
    }
    let mut unknown = Vec::new();
    for id in &ids {
        match scene.state.media(id, Kind::Video) {
            Some(media) => media.deleted = true,
            None => unknown.push(*id),
        }
    }
    if unknown.len() == ids.len() {
        return Err(gone());
    }
    Ok(json!({ "NonExistVideoIds": unknown, "ForbiddenVideoIds": [] }))
}

fn delete_multipart(asked: &Asked<'_>, scene: &mut Scene<'_>) -> Told {
    let id = needed(asked, "MediaId")?;
    needed(asked, "MediaType")?;
    let media = scene.state.media(id, Kind::Video).ok_or_else(gone)?;
    let (bucket, key) = (media.bucket.clone(), media.key.clone());
    let mut open = scene.state.uploads.iter_mut().filter(|u| {
        u.bucket == bucket && u.key == key && u.standing == super::state::Standing::Open
    });
    let upload = open.next().ok_or_else(|| {
        no(
            404,
            "InvalidMultipartUpload.NotFound",
            "There is no unfinished upload.",
        )
    })?;
    upload.standing = super::state::Standing::Aborted;
    Ok(json!({}))
}

fn assume_role(asked: &Asked<'_>, scene: &mut Scene<'_>) -> Told {
    let role = needed(asked, "RoleArn")?;
    let name = needed(asked, "RoleSessionName")?;
    let parts: Vec<&str> = role.splitn(5, ':').collect();
    let well_formed = matches!(parts[..], ["acs", "ram", "", account, tail] if account.bytes().all(|b| b.is_ascii_digit()) && tail.starts_with("role/"));
    if !well_formed {
        return Err(no(
            400,
            "InvalidParameter.RoleArn",
            "The parameter RoleArn is wrongly formed.",
        ));
    }
    let fits = (2..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".@-_".contains(&b));
    if !fits {
        return Err(no(
            400,
            "InvalidParameter.RoleSessionName",
            "The parameter RoleSessionName is wrongly formed.",
        ));
    }
    let life_s = asked
        .param("DurationSeconds")
        .unwrap_or("3600")
        .parse()
        .unwrap_or(0);
    if !(900..=43_200).contains(&life_s) {
        return Err(no(
            400,
            "InvalidParameter.DurationSeconds",
            "The Min/Max value of DurationSeconds is 15min/12hr.",
        ));
    }
    if !role.ends_with("role/vod-upload") {
        return Err(no(404, "EntityNotExist.Role", "The role not exists."));
    }
    if scene.caller.starts_with("STS.") {
        return Err(no(
            403,
            "NoPermission",
            "Roles may not be assumed by this identity.",
        ));
    }
    let (id, made) = scene.state.credential(None, life_s, scene.now_ms);
    Ok(json!({
        "AssumedRoleUser": { "Arn": format!("{role}/{name}"), "AssumedRoleId": format!("300000000000000001:{name}") },
        "Credentials": { "AccessKeyId": id, "AccessKeySecret": made.secret, "SecurityToken": made.token, "Expiration": utc(made.ends_ms) },
    }))
}
