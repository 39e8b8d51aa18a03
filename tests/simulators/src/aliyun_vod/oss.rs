//! The storage: objects, multipart uploads, and their refusals.
//!
//! Always holds: a refused request changes nothing, a part counts only when all its bytes came, and a completion that is refused leaves the upload open.

use std::collections::BTreeMap;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::HeaderValue;

use super::call::Call;
use super::encode::{form, xml_text};
use super::fault::Fault;
use super::oss_sign::Asked;
use super::rpc::header;
use super::state::{Object, Standing, State, Stored, Upload};
use crate::answer::{Reply, reply};

const XML: &str = "application/xml";

/// A refusal in the storage's language.
#[derive(Clone, Debug)]
pub(crate) struct Nay {
    pub(crate) status: u16,
    pub(crate) code: String,
    message: String,
    ec: &'static str,
    more: Vec<(&'static str, String)>,
}

pub(crate) fn nay(status: u16, code: &str, message: &str) -> Nay {
    Nay {
        status,
        code: code.into(),
        message: message.into(),
        ec: "",
        more: Vec::new(),
    }
}

impl Nay {
    pub(crate) fn ec(mut self, ec: &'static str) -> Self {
        self.ec = ec;
        self
    }
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.more.push((name, value.to_owned()));
        self
    }
    pub(crate) fn reply(&self, bucket: &str, head: bool) -> Reply {
        let more: Vec<String> = self
            .more
            .iter()
            .map(|(n, v)| format!("\n  <{n}>{}</{n}>", xml_text(v)))
            .collect();
        let ec = if self.ec.is_empty() {
            String::new()
        } else {
            format!("\n  <EC>{}</EC>", self.ec)
        };
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n  <Code>{}</Code>\n  <Message>{}</Message>\n  <RequestId>6957A1B2C3D4E5F607182930</RequestId>\n  \
             <HostId>{bucket}.oss-cn-shanghai.aliyuncs.com</HostId>{}{ec}\n</Error>\n",
            self.code,
            xml_text(&self.message),
            more.concat()
        );
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut made = reply(
            status,
            XML,
            if head {
                Bytes::new()
            } else {
                Bytes::from(body)
            },
        );
        if !self.ec.is_empty() {
            made.headers_mut()
                .insert("x-oss-ec", HeaderValue::from_static(self.ec));
        }
        made
    }
}

pub(crate) fn no_upload(id: &str) -> Nay {
    nay(404, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
        .ec("0017-00000244")
        .with("UploadId", id)
}

/// What a request is, by its method and its query.
pub(crate) fn call(method: &str, key: &str, query: &[(String, String)]) -> Call {
    let has = |name: &str| query.iter().any(|(n, _)| n == name);
    match method {
        _ if key.is_empty() => Call::ListUploads,
        "PUT" if has("uploadId") || has("partNumber") => Call::UploadPart,
        "PUT" => Call::PutObject,
        "POST" if has("uploads") => Call::Initiate,
        "POST" if has("uploadId") => Call::Complete,
        "GET" if has("uploadId") => Call::ListParts,
        "GET" => Call::GetObject,
        "HEAD" => Call::HeadObject,
        "DELETE" if has("uploadId") => Call::Abort,
        "DELETE" => Call::DeleteObject,
        _ => Call::Unknown,
    }
}

/// Whether this key may do this here.
pub(crate) fn allowed(
    state: &mut State,
    call: Call,
    asked: &Asked<'_>,
    caller: &str,
) -> Result<(), Nay> {
    let denied = || {
        nay(
            403,
            "AccessDenied",
            "You have no right to access this object because of bucket acl.",
        )
    };
    if asked.key.starts_with(['/', '\\']) || asked.key.len() > 1023 {
        return Err(nay(
            400,
            "InvalidObjectName",
            "The specified object is not valid.",
        ));
    }
    let Some(temporary) = state.temporary.get(caller) else {
        state.secrets_at_storage += 1;
        return Ok(()); // the owner's own key
    };
    let Some(place) = &temporary.place else {
        state.secrets_at_storage += 1;
        return Err(denied());
    };
    let switches = &state.switches;
    let may = match call {
        Call::HeadObject => switches.may_head,
        Call::ListParts => switches.may_list,
        Call::Abort => switches.may_abort,
        Call::GetObject | Call::DeleteObject | Call::ListUploads | Call::Unknown => false,
        _ => true,
    };
    if !may || (&asked.bucket, &asked.key) != (&place.0, &place.1) {
        return Err(denied());
    }
    Ok(())
}

/// The number of the part that is sent, where its upload is open.
pub(crate) fn part_number(state: &State, asked: &Asked<'_>) -> Result<u32, Nay> {
    let Some(text) = asked.query("partNumber") else {
        return Err(
            nay(400, "InvalidArgument", "Unexpected query string parameter")
                .ec("0017-00000219")
                .with("ArgumentName", "ResourceType")
                .with("ArgumentValue", "partNumber"),
        );
    };
    let number = text.parse().ok().filter(|n| (1..=10_000).contains(n));
    let number = number.ok_or_else(|| {
        nay(
            400,
            "InvalidArgument",
            "Part number must be an integer between 1 and 10000, inclusive.",
        )
        .ec("0017-00000220")
        .with("ArgumentName", "PartNumber")
        .with("ArgumentValue", text)
    })?;
    open(state, asked)?;
    Ok(number)
}

fn open(state: &State, asked: &Asked<'_>) -> Result<usize, Nay> {
    let id = asked.query("uploadId").unwrap_or("");
    let at = state
        .uploads
        .iter()
        .position(|u| u.id == id && u.bucket == asked.bucket && u.key == asked.key);
    at.filter(|at| state.uploads[*at].standing == Standing::Open)
        .ok_or_else(|| no_upload(id))
}

/// What is checked of a body once it has come.
pub(crate) fn digests_fit(asked: &Asked<'_>, stored: &Stored, md5_base64: &str) -> Result<(), Nay> {
    let md5 = header(asked.head, "content-md5");
    if !md5.is_empty() && !md5_base64.is_empty() && md5 != md5_base64 {
        return Err(nay(
            400,
            "InvalidDigest",
            "The Content-MD5 you specified was invalid.",
        ));
    }
    let crc = header(asked.head, "x-oss-hash-crc64ecma");
    if !crc.is_empty() && stored.crc64.is_some_and(|ours| ours.to_string() != crc) {
        return Err(nay(
            400,
            "InvalidCRC64",
            "The CRC64 you specified does not match.",
        ));
    }
    Ok(())
}

fn told(state: &State, stored: &Stored, faults: &[Fault]) -> Reply {
    let mut made = reply(StatusCode::OK, XML, Bytes::new());
    let wrong = faults.contains(&Fault::WrongChecksum);
    let headers = made.headers_mut();
    headers.remove("content-type");
    let etag = if wrong {
        "0".repeat(32)
    } else {
        stored.md5.clone()
    };
    headers.insert(
        "etag",
        HeaderValue::from_str(&format!("\"{etag}\"")).expect("hex"),
    );
    if let Some(crc64) = stored.crc64.filter(|_| state.switches.tells_crc64) {
        let crc64 = if wrong { crc64 ^ 1 } else { crc64 };
        headers.insert(
            "x-oss-hash-crc64ecma",
            HeaderValue::from_str(&crc64.to_string()).expect("digits"),
        );
    }
    made
}

pub(crate) fn take_part(
    state: &mut State,
    asked: &Asked<'_>,
    number: u32,
    stored: Stored,
    faults: &[Fault],
) -> Result<Reply, Nay> {
    let at = open(state, asked)?;
    let made = told(state, &stored, faults);
    if faults.contains(&Fault::NotStored) {
        return Ok(made);
    }
    let mut stored = stored;
    if faults.contains(&Fault::Damaged) {
        // What is kept is not what was told.
        stored.md5 = stored.md5.chars().rev().collect();
        stored.crc64 = stored.crc64.map(|crc64| crc64 ^ 2);
    }
    state.uploads[at].parts.insert(number, stored);
    Ok(made)
}

pub(crate) fn put(
    state: &mut State,
    asked: &Asked<'_>,
    stored: Stored,
    faults: &[Fault],
    now_ms: i64,
) -> Reply {
    let made = told(state, &stored, faults);
    if faults.contains(&Fault::NotStored) {
        return made;
    }
    let place = (asked.bucket.clone(), asked.key.clone());
    let times = state.objects.get(&place).map_or(0, |object| object.times) + 1;
    state.objects.insert(
        place,
        Object {
            bytes: stored.bytes,
            etag: stored.md5.clone(),
            crc64: stored.crc64,
            multipart: false,
            files: stored.file.into_iter().collect(),
            times,
        },
    );
    state.arrived(&asked.bucket, &asked.key, now_ms);
    made
}

fn document(name: &str, inner: &str) -> Reply {
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{name}>\n{inner}</{name}>\n");
    reply(StatusCode::OK, XML, text)
}

/// Key and encoding, as far as the request asks for one.
fn named(asked: &Asked<'_>) -> String {
    let coded = asked.query("encoding-type") == Some("url");
    let key = if coded {
        super::encode::percent(&asked.key, "/")
    } else {
        xml_text(&asked.key)
    };
    let how = if coded {
        "  <EncodingType>url</EncodingType>\n"
    } else {
        ""
    };
    format!(
        "{how}  <Bucket>{}</Bucket>\n  <Key>{key}</Key>\n",
        asked.bucket
    )
}

pub(crate) fn initiate(state: &mut State, asked: &Asked<'_>) -> Reply {
    let id = state.fresh("upload").to_uppercase();
    state.uploads.push(Upload {
        id: id.clone(),
        bucket: asked.bucket.clone(),
        key: asked.key.clone(),
        standing: Standing::Open,
        parts: BTreeMap::new(),
        sent: BTreeMap::new(),
        bytes_sent: 0,
        received: BTreeMap::new(),
    });
    document(
        "InitiateMultipartUploadResult",
        &format!("{}  <UploadId>{id}</UploadId>\n", named(asked)),
    )
}

pub(crate) fn list(state: &State, asked: &Asked<'_>, now_ms: i64) -> Result<Reply, Nay> {
    let upload = &state.uploads[open(state, asked)?];
    let number = |name: &str, default: u32| match asked.query(name) {
        None | Some("") => Ok(default),
        Some(text) => text
            .parse::<u32>()
            .map_err(|_| nay(400, "InvalidArgument", &format!("{name} is not valid."))),
    };
    let marker = number("part-number-marker", 0)?;
    let max = number("max-parts", 1000)?;
    if !(1..=1000).contains(&max) {
        return Err(nay(
            400,
            "InvalidArgument",
            "max-parts must be an integer between 1 and 1000.",
        ));
    }
    let page = max.min(state.switches.page_max) as usize;
    let all: Vec<_> = upload.parts.iter().filter(|(n, _)| **n > marker).collect();
    let shown = &all[..all.len().min(page)];
    let next = shown.last().map_or(marker, |(n, _)| **n);
    let parts: Vec<String> = shown
        .iter()
        .map(|(n, part)| {
            let crc = part.crc64.map_or_else(String::new, |crc| format!("<HashCrc64ecma>{crc}</HashCrc64ecma>"));
            format!(
                "  <Part><PartNumber>{n}</PartNumber><LastModified>{}</LastModified><ETag>\"{}\"</ETag>{crc}<Size>{}</Size></Part>\n",
                form(now_ms, "%Y-%m-%dT%H:%M:%S.000Z"),
                part.md5,
                part.bytes
            )
        })
        .collect();
    let inner = format!(
        "{}  <UploadId>{}</UploadId>\n  <StorageClass>Standard</StorageClass>\n  <PartNumberMarker>{marker}</PartNumberMarker>\n  \
         <NextPartNumberMarker>{next}</NextPartNumberMarker>\n  <MaxParts>{max}</MaxParts>\n  <IsTruncated>{}</IsTruncated>\n{}",
        named(asked),
        upload.id,
        shown.len() < all.len(),
        parts.concat()
    );
    Ok(document("ListPartsResult", &inner))
}

/// Numbers and ETags of the list that a completion brings.
fn listed(body: &[u8]) -> Result<Vec<(u32, String)>, Nay> {
    let malformed = || {
        nay(
            400,
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema.",
        )
    };
    let text = std::str::from_utf8(body).map_err(|_| malformed())?;
    let inner = text
        .trim()
        .split_once("<CompleteMultipartUpload")
        .and_then(|(_, rest)| rest.split_once('>'))
        .and_then(|(_, rest)| rest.strip_suffix("</CompleteMultipartUpload>"))
        .ok_or_else(malformed)?;
    let between = |text: &str, name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>"))
            .map(|(inner, _)| inner.trim().to_owned())
    };
    let mut parts = Vec::new();
    for one in inner.split("<Part>").skip(1) {
        let one = one.split_once("</Part>").ok_or_else(malformed)?.0;
        let number = between(one, "PartNumber")
            .and_then(|n| n.parse().ok())
            .ok_or_else(malformed)?;
        let etag = between(one, "ETag").ok_or_else(malformed)?;
        parts.push((
            number,
            etag.replace("&quot;", "")
                .replace("&#34;", "")
                .trim_matches('"')
                .to_uppercase(),
        ));
    }
    if parts.is_empty() {
        Err(malformed())
    } else {
        Ok(parts)
    }
}

pub(crate) fn complete(
    state: &mut State,
    asked: &Asked<'_>,
    body: &[u8],
    now_ms: i64,
) -> Result<Reply, Nay> {
    let at = open(state, asked)?;
    let upload = &state.uploads[at];
    let wanted = if header(asked.head, "x-oss-complete-all") == "yes" && body.is_empty() {
        upload
            .parts
            .iter()
            .map(|(n, part)| (*n, part.md5.clone()))
            .collect()
    } else {
        listed(body)?
    };
    if wanted.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
        return Err(nay(
            400,
            "InvalidPartOrder",
            "The list of parts was not in ascending order.",
        )
        .ec("0042-00000209"));
    }
    let mut parts = Vec::new();
    for (number, etag) in &wanted {
        let found = upload.parts.get(number).filter(|part| part.md5 == *etag);
        let found = found.ok_or_else(|| {
            nay(400, "InvalidPart", "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.")
                .with("PartNumber", &number.to_string())
        })?;
        parts.push(found.clone());
    }
    let small = parts[..parts.len() - 1]
        .iter()
        .find(|part| part.bytes < state.switches.part_min_bytes);
    if let Some(part) = small {
        return Err(nay(
            400,
            "EntityTooSmall",
            "Your proposed upload smaller than the minimum allowed object size.",
        )
        .ec("0042-00000213")
        .with("MinSizeAllowed", &state.switches.part_min_bytes.to_string())
        .with("ProposedSize", &part.bytes.to_string()));
    }
    let crc64 = parts.iter().try_fold(0, |whole, part| {
        Some(crc_fast::checksum_combine(
            crc_fast::CrcAlgorithm::Crc64Xz,
            whole,
            part.crc64?,
            part.bytes,
        ))
    });
    let etag = format!(
        "{}-{}",
        super::state::made_up(state.seed, &upload.id, 0).to_uppercase(),
        parts.len()
    );
    let place = (asked.bucket.clone(), asked.key.clone());
    let object = Object {
        bytes: parts.iter().map(|part| part.bytes).sum(),
        etag: etag.clone(),
        crc64,
        multipart: true,
        files: parts.iter().filter_map(|part| part.file.clone()).collect(),
        times: state.objects.get(&place).map_or(0, |object| object.times) + 1,
    };
    state.uploads[at].standing = Standing::Completed;
    state.objects.insert(place, object);
    state.arrived(&asked.bucket, &asked.key, now_ms);
    let location = format!(
        "  <Location>http://{}.oss-cn-shanghai.aliyuncs.com/{}</Location>\n",
        asked.bucket,
        xml_text(&asked.key)
    );
    let mut made = document(
        "CompleteMultipartUploadResult",
        &format!("{location}{}  <ETag>\"{etag}\"</ETag>\n", named(asked)),
    );
    if let Some(crc64) = crc64.filter(|_| state.switches.tells_crc64) {
        made.headers_mut().insert(
            "x-oss-hash-crc64ecma",
            HeaderValue::from_str(&crc64.to_string()).expect("digits"),
        );
    }
    Ok(made)
}

pub(crate) fn abort(state: &mut State, asked: &Asked<'_>) -> Result<Reply, Nay> {
    let at = open(state, asked)?;
    state.uploads[at].standing = Standing::Aborted;
    let mut made = reply(StatusCode::NO_CONTENT, XML, Bytes::new());
    made.headers_mut().remove("content-type");
    Ok(made)
}

/// The object's headers; its bytes come from its files.
pub(crate) fn object(
    state: &State,
    asked: &Asked<'_>,
    now_ms: i64,
) -> Result<(Reply, Object), Nay> {
    let place = (asked.bucket.clone(), asked.key.clone());
    let object = state.objects.get(&place).ok_or_else(|| {
        nay(404, "NoSuchKey", "The specified key does not exist.").with("Key", &asked.key)
    })?;
    let mut made = reply(StatusCode::OK, "application/octet-stream", Bytes::new());
    let headers = made.headers_mut();
    let mut insert = |name: &'static str, value: String| {
        headers.insert(name, HeaderValue::from_str(&value).expect("plain text"));
    };
    insert("etag", format!("\"{}\"", object.etag));
    insert("last-modified", form(now_ms, "%a, %d %b %Y %H:%M:%S GMT"));
    insert(
        "x-oss-object-type",
        if object.multipart {
            "Multipart"
        } else {
            "Normal"
        }
        .into(),
    );
    insert("x-oss-length", object.bytes.to_string());
    if let Some(crc64) = object.crc64 {
        insert("x-oss-hash-crc64ecma", crc64.to_string());
    }
    Ok((made, object.clone()))
}
