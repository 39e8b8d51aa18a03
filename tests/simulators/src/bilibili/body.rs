//! Reads bodies that are not kept: small ones whole, refused ones to their end.
//!
//! Always holds: a refused sender hears the refusal instead of a reset, and no body makes the simulator hold more than its limit.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::Incoming;
use tokio::time::sleep;

use super::fault::Fault;
use super::intake::{STALL, Spilt, Trouble};
use super::server::Outcome;
use super::world::World;
use crate::answer::page;
use crate::listener::HangUp;

/// Bodies of calls that are not parts; a cover may be 5 MB and is let in when larger, to be refused with its own code.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// A refused body is read to its end like this, so that its sender hears the refusal instead of a reset.
const DRAIN_BYTES_MAX: u64 = 128 * 1024 * 1024;
const DRAIN: Duration = Duration::from_secs(10);

/// How a request ends whose body was not read to its end.
pub(crate) async fn spill(spilt: Spilt) -> Outcome {
    match spilt {
        Spilt::HungUp(how) => Outcome::HungUp(how),
        Spilt::DiskFull => Outcome::Ready(page(StatusCode::INSUFFICIENT_STORAGE)),
        Spilt::Stalled => {
            sleep(STALL).await;
            Outcome::HungUp(HangUp::Close)
        }
    }
}

/// A small body, whole.
pub(crate) async fn read(
    mut body: Incoming,
    faults: &[Fault],
    mut count: Option<&mut u64>,
) -> Result<Bytes, Spilt> {
    let mut trouble = Trouble::of(faults);
    let mut whole = BytesMut::new();
    trouble.at(0).await?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Spilt::HungUp(HangUp::Close))?;
        if let Some(data) = frame.data_ref() {
            whole.extend_from_slice(data);
        }
        if let Some(count) = &mut count {
            **count = whole.len() as u64;
        }
        if whole.len() > BODY_BYTES_MAX {
            return Err(Spilt::HungUp(HangUp::Close));
        }
        trouble.at(whole.len() as u64).await?;
    }
    Ok(whole.freeze())
}

/// Reads a body nobody wants and tells its length.
pub(crate) async fn drain(mut body: Incoming, upload_host: Option<&World>) -> u64 {
    let mut bytes = 0;
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            let got = frame.data_ref().map_or(0, |data| data.len() as u64);
            bytes += got;
            if let Some(world) = upload_host {
                world.meter.add(got);
            }
            if bytes > DRAIN_BYTES_MAX {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(DRAIN, reading).await;
    bytes
}
