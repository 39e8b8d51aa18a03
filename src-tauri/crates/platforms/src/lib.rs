//! Platforms: the trait, what all adapters share (HTTP, sessions, errors), and a folder for each.
//!
//! Adapters speak protocol and nothing else: they do not retry, sleep, limit or touch the disk (but for `folder`, whose platform is the disk).
//! The engine does that once for all. Knows nothing of SQLite, queues or the user's wishes.

pub mod body;
mod calls;
pub mod choices;
pub mod error;
mod health;
pub mod http;
pub mod platform;
pub mod registry;
pub mod session;
mod settings;
#[cfg(test)]
mod testing;
mod ticket;

pub mod aliyun_vod;
pub mod api_video;
pub mod bilibili;
pub mod bluesky;
pub mod folder;
pub mod wangsu;

pub use body::{Body, Digests, Part, Sums, Taken};
pub use choices::{Named, choices};
pub use error::{BoxError, Error, Result};
pub use http::{Http, Route};
pub use platform::{
    Abilities, Cover, Draft, Held, Keeper, Listed, Listing, Opened, Picture, Platform, Review,
    SignIn, Step, UploadToken, UploadTokens, Works,
};
pub use registry::{all, find, specs};
pub use session::{SecretStore, Session};
