//! Requests to the storage, signed with an upload's temporary key.
//!
//! Knows the protocol of objects and their parts, and nothing of videos. What an answer's code means is in `codes`. Two answers are put right and
//! the request repeated here, since they had no effect: a key that is over, and a clock that is off. Parts are not: their bytes have gone.

use super::{
    api::{Api, CALL_TIMEOUT, Failure, Outcome, address, header, shown},
    codes::{self, Said},
    grant,
    place::{Credential, Place},
    sign,
    ticket::{Kept, Landed},
    xml::{self, Node},
};
use crate::http::{Act, Answer};
use bytes::Bytes;
use reqwest::{Method, RequestBuilder, header::HeaderName};
use secrecy::ExposeSecret;
use slipway_model::{Cause, ErrorKind};
use std::{fmt::Write as _, time::Duration};

/// Putting thousands of parts together is answered when it is done.
const COMPLETE_TIMEOUT: Duration = Duration::from_mins(5);
/// For covers, which have at most some megabytes.
const PUT_TIMEOUT: Duration = Duration::from_mins(5);
/// Parts of one page of the list.
const PAGE: u32 = 1000;
pub(super) const CRC64: &str = "x-oss-hash-crc64ecma";

/// One upload's way to its place.
pub(super) struct Storage<'a> {
    pub(super) api: &'a Api<'a>,
    pub(super) place: &'a Place,
    pub(super) keys: Keys<'a>,
}

/// Whose key signs.
#[derive(Clone, Copy)]
pub(super) enum Keys<'a> {
    /// This one, which cannot be renewed.
    Given(&'a Credential),
    /// The upload's, renewed in time.
    Of(&'a Kept),
}

/// A request but for its signature.
struct Bare<'a> {
    method: Method,
    query: &'a [(&'a str, &'a str)],
    headers: &'a [(&'static str, &'a str)],
    body: Bytes,
    limit: Duration,
}

impl<'a> Bare<'a> {
    fn new(method: Method, query: &'a [(&'a str, &'a str)]) -> Self {
        Self {
            method,
            query,
            headers: &[],
            body: Bytes::new(),
            limit: CALL_TIMEOUT,
        }
    }
}

/// A part as the storage lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) number: u32,
    pub(super) bytes: u64,
    pub(super) etag: String,
    pub(super) crc64: Option<u64>,
}

/// What is known of a whole object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) bytes: Option<u64>,
    pub(super) crc64: Option<u64>,
}

impl<'a> Storage<'a> {
    pub(super) fn of(api: &'a Api<'a>, kept: &'a Kept) -> Self {
        Self {
            api,
            place: &kept.place,
            keys: Keys::Of(kept),
        }
    }

    /// A signed request without a body. `headers` are those that are signed beside the usual ones.
    pub(super) fn request(
        &self,
        act: Act,
        credential: &Credential,
        method: Method,
        query: &[(&str, &str)],
        headers: &[(&'static str, &str)],
        for_part: bool,
    ) -> crate::Result<RequestBuilder> {
        let http = self.api.session.http();
        let settings = self.api.settings();
        let url = address(&self.place.url(), query);
        let now_ms = http.clocks().now_ms(&url);
        let key = &credential.key;
        let mut all = headers.to_vec();
        let token = key.token.as_ref().map(ExposeSecret::expose_secret);
        all.extend(token.map(|token| ("x-oss-security-token", token)));
        let moment = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
        let short = moment.strftime("%Y%m%dT%H%M%SZ").to_string();
        let date = moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let by_v1 = settings.storage_by_v1();
        if !by_v1 {
            all.push(("x-oss-content-sha256", "UNSIGNED-PAYLOAD"));
            all.push(("x-oss-date", &short));
        }
        let signed = sign::Request {
            verb: method.as_str(),
            bucket: &self.place.bucket,
            key: &self.place.key,
            query,
            headers: &all,
        };
        let authorization = if by_v1 {
            sign::v1(&signed, &date, key)
        } else {
            let region = credential.region.clone();
            let region = region.or_else(|| self.place.region());
            let region = region.unwrap_or_else(|| settings.region());
            sign::v4(&signed, &short, &region, key)
        };
        let client = if for_part { &http.parts } else { &http.calls };
        let mut request = client.request(method, url);
        for (name, value) in &all {
            let value = header(act, value, name.ends_with("token"))?;
            request = request.header(HeaderName::from_static(name), value);
        }
        if by_v1 {
            request = request.header("date", date);
        }
        Ok(request.header("authorization", header(act, &authorization, true)?))
    }

    async fn exchange(&self, act: Act, bare: Bare<'_>) -> Outcome<Answer> {
        let (mut key, mut clock) = (1, 2); // how often each may still be put right
        loop {
            let credential = match self.keys {
                Keys::Given(credential) => credential.clone(),
                Keys::Of(kept) => grant::credential(self.api, kept, 0).await?,
            };
            let request = self.request(
                act,
                &credential,
                bare.method.clone(),
                bare.query,
                bare.headers,
                false,
            )?;
            let request = if bare.body.is_empty() {
                request
            } else {
                request.body(bare.body.clone())
            };
            let answer = self.api.session.http().call(act, request, bare.limit).await;
            let answer = answer.map_err(Failure::Line)?;
            let failure = match accepted(act, answer) {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if failure.is(&[codes::SKEWED]) && clock > 0 {
                clock -= 1; // the answer's date has been noted
            } else if let Keys::Of(kept) = self.keys
                && failure.is(&codes::KEY_OVER)
                && key > 0
            {
                key -= 1;
                grant::replace(self.api, kept, &credential).await?;
            } else {
                return Err(failure);
            }
        }
    }

    fn document(answer: &Answer, root: &str) -> Outcome<Node> {
        let found = xml::parse(&answer.body).filter(|node| node.name == root);
        found.ok_or_else(|| Failure::Line(answer.not_understood()))
    }

    /// The id of a new multipart upload.
    pub(super) async fn initiate(&self, act: Act) -> Outcome<String> {
        let bare = Bare::new(Method::POST, &[("uploads", "")]);
        let answer = self.exchange(act, bare).await?;
        let root = Self::document(&answer, "InitiateMultipartUploadResult")?;
        let id = root.child("UploadId");
        let id = id.ok_or_else(|| Failure::Line(answer.not_understood()))?;
        Ok(id.to_owned())
    }

    /// Every part that is held, ascending.
    pub(super) async fn list(&self, act: Act, upload_id: &str) -> Outcome<Vec<Listed>> {
        let mut listed: Vec<Listed> = Vec::new();
        let page = PAGE.to_string();
        let mut marker = 0_u32;
        loop {
            let text = marker.to_string();
            let mut query = vec![("uploadId", upload_id), ("max-parts", page.as_str())];
            if marker > 0 {
                query.push(("part-number-marker", &text));
            }
            let answer = self.exchange(act, Bare::new(Method::GET, &query)).await?;
            let root = Self::document(&answer, "ListPartsResult")?;
            for part in root.all("Part") {
                let read = || {
                    Some(Listed {
                        number: part.child("PartNumber")?.parse().ok()?,
                        bytes: part.child("Size")?.parse().ok()?,
                        etag: bare_etag(part.child("ETag")?),
                        crc64: part.child("HashCrc64ecma").and_then(|n| n.parse().ok()),
                    })
                };
                listed.push(read().ok_or_else(|| Failure::Line(answer.not_understood()))?);
            }
            if root.child("IsTruncated") != Some("true") {
                listed.sort_unstable_by_key(|part| part.number);
                return Ok(listed);
            }
            let next = root.child("NextPartNumberMarker");
            let next = next.and_then(|n| n.parse::<u32>().ok());
            // A list that does not come nearer to its end has none.
            marker = next
                .filter(|next| *next > marker)
                .ok_or_else(|| Failure::Line(answer.not_understood()))?;
        }
    }

    /// Puts the parts together.
    pub(super) async fn complete(
        &self,
        act: Act,
        upload_id: &str,
        parts: &[Landed],
    ) -> Outcome<Object> {
        let mut body = String::from("<CompleteMultipartUpload>");
        for (number, part) in (1_u32..).zip(parts) {
            let etag = xml::escape(&format!("\"{}\"", part.etag));
            write!(
                body,
                "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
            )
            .expect("a string takes all");
        }
        body.push_str("</CompleteMultipartUpload>");
        let query = [("uploadId", upload_id)];
        let bare = Bare {
            headers: &[("content-type", "application/xml")],
            body: body.into(),
            limit: COMPLETE_TIMEOUT,
            ..Bare::new(Method::POST, &query)
        };
        let answer = self.exchange(act, bare).await?;
        // Its parts are together; only someone who wanted to hear of it did not.
        let unheard = Self::document(&answer, "Error").ok();
        if unheard.is_some_and(|said| said.child("Code") == Some(codes::UNHEARD)) {
            tracing::warn!(account = %self.api.session.account(), "the storage could not tell of a completed object");
        } else {
            Self::document(&answer, "CompleteMultipartUploadResult")?;
        }
        Ok(Object {
            bytes: None,
            crc64: crc64(&answer),
        })
    }

    /// The object as it stands; `None` when there is none.
    pub(super) async fn head(&self, act: Act) -> Outcome<Option<Object>> {
        let answer = match self.exchange(act, Bare::new(Method::HEAD, &[])).await {
            Ok(answer) => answer,
            // A HEAD has no body that could tell a code.
            Err(Failure::Line(error)) => {
                return match error.cause.params.get("status").map(String::as_str) {
                    Some("404") => Ok(None),
                    _ => Err(Failure::Line(error)),
                };
            }
            Err(failure) => return Err(failure),
        };
        let length = answer.headers.get(reqwest::header::CONTENT_LENGTH);
        let length = length.and_then(|n| n.to_str().ok()?.parse().ok());
        Ok(Some(Object {
            bytes: length,
            crc64: crc64(&answer),
        }))
    }

    /// Puts a small object in one request.
    pub(super) async fn put(&self, act: Act, mime: &str, bytes: Bytes) -> Outcome<()> {
        let ours = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Xz, &bytes);
        let bare = Bare {
            headers: &[("content-type", mime)],
            body: bytes,
            limit: PUT_TIMEOUT,
            ..Bare::new(Method::PUT, &[])
        };
        let answer = self.exchange(act, bare).await?;
        match crc64(&answer) {
            Some(theirs) if theirs != ours => {
                let error = differs(act, &ours.to_string(), &theirs.to_string());
                Err(Failure::Line(error))
            }
            _ => Ok(()),
        }
    }

    /// Throws the parts away.
    pub(super) async fn abort(&self, act: Act, upload_id: &str) -> Outcome<()> {
        let query = [("uploadId", upload_id)];
        match self.exchange(act, Bare::new(Method::DELETE, &query)).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.is(&[codes::NO_UPLOAD]) => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}

/// An answer of success, or what the storage said instead.
pub(super) fn accepted(act: Act, answer: Answer) -> Outcome<Answer> {
    if answer.status.is_success() {
        return Ok(answer);
    }
    let root = xml::parse(&answer.body).filter(|root| root.name == "Error");
    let Some(code) = root.as_ref().and_then(|root| root.child("Code")) else {
        return Err(Failure::Line(answer.refusal()));
    };
    let text = |name: &str| shown(root.as_ref().and_then(|r| r.child(name)).unwrap_or(""));
    let said = Said {
        code: shown(code),
        message: text("Message"),
        request_id: text("RequestId"),
        ec: text("EC"),
        status: answer.status.as_u16(),
        retry_after: answer.retry_after(),
    };
    let error = said.error(codes::STORAGE, act);
    Err(Failure::Said(Box::new(said), error))
}

/// The checksum that an answer carries.
pub(super) fn crc64(answer: &Answer) -> Option<u64> {
    answer
        .headers
        .get(CRC64)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// The ETag that an answer carries, without its quotes.
pub(super) fn etag(answer: &Answer) -> Option<String> {
    let text = answer.headers.get(reqwest::header::ETAG)?.to_str().ok()?;
    Some(bare_etag(text)).filter(|etag| !etag.is_empty())
}

fn bare_etag(text: &str) -> String {
    // Opaque, but no space: a receipt has one between what it holds.
    text.trim().trim_matches('"').replace(' ', "")
}

/// Other bytes are there than were sent: the part is sent again.
pub(super) fn differs(act: Act, ours: &str, theirs: &str) -> crate::Error {
    let cause = Cause::new("part_checksum_differs").detail(format!("{ours} != {theirs}"));
    act.error(ErrorKind::ServerFault, cause)
}
