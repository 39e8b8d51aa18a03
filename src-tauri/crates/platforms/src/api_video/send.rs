//! One part, or the whole of a small file, on its way: a form with one file, streamed.
//!
//! Invariant: a part whose answer was lost is sent again and met with 'already sent', which is success; a part that the platform tells to hold is read for
//! its checksum and not sent.

use super::{
    NAME, codes,
    memory::Kind,
    settings::Auth,
    ticket::Kept,
    upload_tokens,
    wire::{Api, Credential, Failure, Outcome, Video},
};
use crate::{
    Part, Result, Sums,
    http::{Act, Answer, ReadFailed, may_have_arrived, read_failed},
};
use futures_util::StreamExt as _;
use reqwest::{Body, header, multipart};
use secrecy::{ExposeSecret as _, SecretString};
use slipway_model::{Cause, ErrorKind, Receipt};

const SENDING: &str = "sending a part";

/// What a part is sent with.
enum Pass {
    Key(Credential),
    /// Made for this upload.
    Delegated(upload_tokens::Delegated),
    /// All that the account has.
    Token(SecretString),
}

pub(super) async fn send(api: &Api<'_>, kept: &Kept, part: Part) -> Result<Receipt> {
    let act = Act::new(NAME, SENDING);
    let (number, size_bytes, sums) = (part.number, part.total_bytes, part.sums.clone());
    let video = match &kept.video_id {
        // With a token alone, the first part makes the video that the others follow into.
        None if number > 1 => api.memory.begun(&kept.name),
        known => known.clone(),
    };
    if video.is_none() && number > 1 {
        let cause = Cause::new("api_video_container_differs").detail("part 1 has not landed");
        return Err(act.error(ErrorKind::TicketLost, cause));
    }
    if let Some(video) = &video
        && api.memory.is_there(video, number)
    {
        return read_only(act, part, video.clone()).await;
    }
    api.may_call(act, Kind::Upload)?;
    let pass = pass(api, kept, video.as_deref(), size_bytes).await?;
    let answer = match exchange(api, act, kept, video.as_deref(), &pass, part).await {
        Ok(answer) => answer,
        Err(error) => return Err(alone(kept, &sums, error)),
    };
    match landed(api, act, video.as_deref(), &answer) {
        Ok(id) => {
            let receipt = receipt(&sums, id.clone()).ok_or_else(|| answer.not_understood())?;
            if kept.video_id.is_none() {
                api.memory.begin(&kept.name, &id);
            }
            Ok(receipt)
        }
        Err(failure) => {
            settle(
                api, act, kept, video, number, size_bytes, &sums, &pass, failure,
            )
            .await
        }
    }
}

async fn pass(api: &Api<'_>, kept: &Kept, video: Option<&str>, size_bytes: u64) -> Result<Pass> {
    let act = Act::new(NAME, SENDING);
    Ok(match (api.settings().auth(), &kept.token, video) {
        (Auth::UploadToken, _, _) => Pass::Token(api.secret(act, "upload_token").await?),
        (Auth::Key, Some(token), Some(video)) => {
            Pass::Delegated(upload_tokens::current(api, video, token, size_bytes, None).await?)
        }
        _ => Pass::Key(api.credential(act).await?),
    })
}

async fn exchange(
    api: &Api<'_>,
    act: Act,
    kept: &Kept,
    video: Option<&str>,
    pass: &Pass,
    part: Part,
) -> Result<Answer> {
    let url = match (pass, video) {
        (Pass::Key(_), Some(video)) => api.address(act, &["videos", video, "source"], &[])?,
        (Pass::Delegated(token), _) => api.address(act, &["upload"], &[("token", &token.token)])?,
        (Pass::Token(token), _) => {
            api.address(act, &["upload"], &[("token", token.expose_secret().trim())])?
        }
        (Pass::Key(_), None) => {
            // Made with a token alone, and the account has been changed since.
            let cause =
                Cause::new("api_video_container_differs").detail("no video for this ticket");
            return Err(act.error(ErrorKind::TicketLost, cause));
        }
    };
    let http = api.session.http();
    let mut request = http
        .parts
        .post(url)
        .header(header::ACCEPT, "application/json");
    if kept.parts > 1 || part.len_bytes >= super::WHOLE_MAX_BYTES {
        let range = format!("part {}/{}", part.number, kept.parts);
        request = request.header(header::CONTENT_RANGE, range);
    }
    let mut form = multipart::Form::new();
    if let (Pass::Delegated(_) | Pass::Token(_), Some(video)) = (pass, video) {
        // In every request, also the only one: without it the platform makes another video.
        form = form.text("videoId", video.to_owned());
    }
    let len_bytes = part.len_bytes;
    let file = multipart::Part::stream_with_length(Body::from(part), len_bytes)
        .file_name(kept.file_name.clone())
        .mime_str("application/octet-stream")
        .expect("a well-formed type");
    request = request.multipart(form.part("file", file));
    if let Pass::Key(credential) = pass {
        request = credential.sign(request);
    }
    http.send_part(act, request).await
}

/// The video that an acknowledged part went to.
fn landed(api: &Api<'_>, act: Act, video: Option<&str>, answer: &Answer) -> Outcome<String> {
    let told = api.read(act, Kind::Upload, answer)?;
    let told: Video = serde_json::from_value(told)
        .map_err(|error| Failure::Line(answer.not_understood().because(error.to_string())))?;
    if video.is_some_and(|video| video != told.video_id) {
        let cause = Cause::new("api_video_container_differs").detail("answered for another video");
        return Err(Failure::Line(act.error(ErrorKind::TicketLost, cause)));
    }
    Ok(told.video_id)
}

#[expect(
    clippy::too_many_arguments,
    reason = "what is known of one part that was refused"
)]
async fn settle(
    api: &Api<'_>,
    act: Act,
    kept: &Kept,
    video: Option<String>,
    number: u32,
    size_bytes: u64,
    sums: &Sums,
    pass: &Pass,
    failure: Failure,
) -> Result<Receipt> {
    let there = failure.is(codes::PART_THERE) || failure.is(codes::SOURCE_THERE);
    if let (true, Some(video)) = (there, &video) {
        // Stored by an earlier request whose answer was lost.
        api.memory.add(video, number);
        return receipt(sums, video.clone()).ok_or_else(|| {
            // Told before all bytes were read: the next try reads them and sends nothing.
            act.error(ErrorKind::ServerFault, Cause::new("answered_too_early"))
        });
    }
    match (pass, &failure) {
        (Pass::Delegated(token), Failure::Said(said, _)) if said.code == codes::TOKEN_ENDED => {
            if let (Some(video), Some(first)) = (&video, &kept.token) {
                upload_tokens::current(api, video, first, size_bytes, Some(&token.token)).await?;
            }
            let cause = said.cause("api_video_upload_token_renewed");
            return Err(act.error(ErrorKind::ServerFault, cause));
        }
        (Pass::Key(Credential::Bearer(access)), Failure::Said(said, _))
            if said.code == codes::BEARER_ENDED =>
        {
            super::bearer::forget(api, access).await;
        }
        _ => {}
    }
    match failure {
        Failure::Line(error) => Err(alone(kept, sums, error)),
        failure => Err(failure.into()),
    }
}

/// A whole file sent with a token alone may have become a video that cannot be looked for: a person must look before it is sent again.
fn alone(kept: &Kept, sums: &Sums, error: crate::Error) -> crate::Error {
    let certain = kept.video_id.is_some() || kept.parts > 1;
    if certain || sums.get().is_none() || !may_have_arrived(&error) {
        return error;
    }
    let cause = Cause::new("api_video_outcome_unknown")
        .with("file", &kept.file_name)
        .detail(error.cause.detail.clone());
    Act::new(NAME, SENDING)
        .error(ErrorKind::Refused, cause)
        .because(error)
}

/// Reads a part that is there already, for the checksum in its receipt.
async fn read_only(act: Act, part: Part, video: String) -> Result<Receipt> {
    let (mut body, sums) = (part.body, part.sums);
    while let Some(piece) = body.next().await {
        piece.map_err(|error| read_failed(act, &ReadFailed(error)))?;
    }
    receipt(&sums, video).ok_or_else(|| {
        let cause = Cause::new("file_changed").detail("the part is shorter than it was");
        act.error(ErrorKind::FileChanged, cause)
    })
}

fn receipt(sums: &Sums, video: String) -> Option<Receipt> {
    sums.receipt(Some(video))
}
