//! The api for a front end that may or may not own the engine: the same methods, here or in another process.

#[allow(
    clippy::wildcard_imports,
    reason = "the list of commands names most of what is there"
)]
use crate::wire::*;
use crate::{
    Api, Failure,
    socket::{Followed, Heard, Remote},
};
use slipway_engine::happening::Happening;
use slipway_model::{Account, AccountId, DraftId, UploadId, WatchId, line::Line};
use tokio::sync::broadcast::{self, error::RecvError};

/// Where commands go.
#[derive(Clone)]
pub enum Client {
    /// This process holds the data folder.
    Here(Api),
    /// Another one does, and answers on its socket.
    There(Remote),
}

macro_rules! methods {
    ($($name:ident($request:ty) -> $answer:ty),* $(,)?) => {
        impl Client {
            $(pub async fn $name(&self, request: $request) -> Result<$answer, Failure> {
                match self {
                    Self::Here(api) => api.$name(request).await,
                    Self::There(remote) => remote.call(stringify!($name), &request).await,
                }
            })*
        }
    };
}
crate::window_commands!(methods);
crate::local_commands!(methods);

impl Client {
    /// Everything that happens from now on.
    pub async fn follow(&self) -> Result<Following, Failure> {
        Ok(match self {
            Self::Here(api) => Following::Here(api.happenings()),
            Self::There(remote) => Following::There(remote.follow().await?),
        })
    }
}

/// An ear for happenings.
pub enum Following {
    Here(broadcast::Receiver<Happening>),
    There(Followed),
}

impl Following {
    /// `None` when the engine ended.
    pub async fn next(&mut self) -> Option<Heard> {
        match self {
            Self::Here(receiver) => match receiver.recv().await {
                Ok(happening) => Some(Heard::Happening(happening)),
                Err(RecvError::Lagged(count)) => Some(Heard::Lost(count)),
                Err(RecvError::Closed) => None,
            },
            Self::There(followed) => followed.next().await,
        }
    }
}
