//! A part as a request body: exact length, nothing copied, and its digests complete before its last byte leaves.
//!
//! Invariants: never more nor fewer bytes than promised leave as a good body; the inner stream has ended before the last piece is handed on, so
//! that what was taken of the bytes can be read when the answer is here.

use crate::{Body, Part};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

/// The file could not be read for the socket. Tells a failure of ours from one of the line.
#[derive(Debug)]
pub struct ReadFailed(pub io::Error);

impl fmt::Display for ReadFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "reading the part: {}", self.0)
    }
}

impl std::error::Error for ReadFailed {}

pub struct PartBody {
    inner: Option<Body>,
    left_bytes: u64,
    /// The piece that completes the length, kept until the stream says that it was the last.
    last: Option<Bytes>,
}

impl PartBody {
    pub fn new(part: Part) -> Self {
        Self {
            left_bytes: part.len_bytes,
            inner: Some(part.body),
            last: None,
        }
    }

    fn fail(&mut self, what: &str) -> Poll<Option<Result<Frame<Bytes>, ReadFailed>>> {
        self.inner = None;
        self.last = None;
        let error = io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        Poll::Ready(Some(Err(ReadFailed(error))))
    }
}

impl http_body::Body for PartBody {
    type Data = Bytes;
    type Error = ReadFailed;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ReadFailed>>> {
        let this = self.get_mut();
        loop {
            let Some(inner) = this.inner.as_mut() else {
                return Poll::Ready(None);
            };
            match ready!(inner.as_mut().poll_next(cx)) {
                Some(Err(error)) => {
                    this.inner = None;
                    return Poll::Ready(Some(Err(ReadFailed(error))));
                }
                Some(Ok(piece)) if piece.is_empty() => {}
                Some(Ok(piece)) => {
                    let len = piece.len() as u64;
                    if this.last.is_some() || len > this.left_bytes {
                        return this.fail("more bytes than the part has");
                    }
                    if len == this.left_bytes {
                        this.last = Some(piece);
                    } else {
                        this.left_bytes -= len;
                        return Poll::Ready(Some(Ok(Frame::data(piece))));
                    }
                }
                None => {
                    let Some(piece) = this.last.take() else {
                        return if this.left_bytes == 0 {
                            Poll::Ready(None)
                        } else {
                            this.fail("fewer bytes than the part has")
                        };
                    };
                    this.inner = None;
                    this.left_bytes = 0;
                    return Poll::Ready(Some(Ok(Frame::data(piece))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left_bytes == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes)
    }
}

impl From<Part> for reqwest::Body {
    fn from(part: Part) -> Self {
        reqwest::Body::wrap(PartBody::new(part))
    }
}
