//! The body of an answer: whole, or one that promises more bytes than it sends.
//!
//! Invariant: a cut body ends in an error, so the connection is closed and never reused.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

#[derive(Debug)]
pub(crate) enum Answer {
    Whole(Option<Bytes>),
    Cut { sent: Option<Bytes>, promised: u64 },
}

impl Answer {
    /// The first half of `whole`, under a length that promises all of it.
    pub(crate) fn cut(whole: &Bytes) -> Self {
        Self::Cut {
            sent: Some(whole.slice(..whole.len() / 2)),
            promised: whole.len() as u64,
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(match &mut *self {
            Self::Whole(bytes) => bytes.take().map(|b| Ok(Frame::data(b))),
            Self::Cut { sent, .. } => Some(match sent.take() {
                Some(bytes) => Ok(Frame::data(bytes)),
                None => Err(io::ErrorKind::ConnectionAborted.into()),
            }),
        })
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Cut { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Whole(bytes) => bytes.as_ref().map_or(0, |b| b.len() as u64),
            Self::Cut { promised, .. } => *promised,
        })
    }
}

pub(crate) type Reply = Response<Answer>;

pub(crate) fn reply(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Answer::Whole(Some(body.into())));
    *reply.status_mut() = status;
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
}

pub(crate) fn json(status: StatusCode, value: &serde_json::Value) -> Reply {
    reply(
        status,
        "application/json; charset=utf-8",
        value.to_string().into_bytes(),
    )
}

/// An error page as a gateway in front of the platform writes it.
pub(crate) fn page(status: StatusCode) -> Reply {
    let title = format!(
        "{} {}",
        status.as_u16(),
        status.canonical_reason().unwrap_or("Error")
    );
    reply(
        status,
        "text/html",
        format!(
            "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
        ),
    )
}
