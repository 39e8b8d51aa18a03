//! The calls of the platform and where they live.
//!
//! One server plays all four hosts, since their paths do not collide.

use hyper::Method;
use serde::{Deserialize, Serialize};

use crate::fault::CallSet;

/// A request the platform knows; the last four stand for several and are for fault rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    Consent,
    Token,
    Refresh,
    Scopes,
    Info,
    Init,
    Part,
    Small,
    Complete,
    Cover,
    Types,
    Add,
    Edit,
    Delete,
    View,
    ViewList,
    ArcStat,
    ArcInc,
    UserStat,
    /// A webhook the simulator sends.
    Webhook,
    /// A new connection, before its first request.
    Connection,
    /// Every signed call on the member host.
    Signed,
    /// `Part` and `Small`.
    Upload,
    /// Every request with an answer in the platform's envelope.
    Any,
}

/// Which of the platform's hosts a call belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Account,
    Api,
    Member,
    Upload,
    None,
}

impl Call {
    pub(crate) fn host(self) -> Host {
        match self {
            Self::Consent => Host::Account,
            Self::Token | Self::Refresh => Host::Api,
            Self::Part | Self::Small | Self::Upload => Host::Upload,
            Self::Webhook | Self::Connection | Self::Any => Host::None,
            _ => Host::Member,
        }
    }

    pub(crate) fn method(self) -> Method {
        match self {
            Self::Consent
            | Self::Scopes
            | Self::Info
            | Self::Types
            | Self::View
            | Self::ViewList
            | Self::ArcStat
            | Self::ArcInc
            | Self::UserStat => Method::GET,
            _ => Method::POST,
        }
    }

    /// The permission an app and a user must have given, if the call needs one.
    pub(crate) fn scope(self) -> Option<&'static str> {
        match self {
            Self::Info => Some("USER_INFO"),
            Self::UserStat => Some("USER_DATA"),
            Self::ArcStat | Self::ArcInc => Some("ARC_DATA"),
            Self::Scopes => None,
            _ => Some("ARC_BASE"),
        }
    }

    pub(crate) fn of_path(path: &str) -> Option<Self> {
        Some(match path {
            "/pc/account-pc/auth/oauth" | "/h5/account-h5/auth/oauth" => Self::Consent,
            "/x/account-oauth2/v1/token" => Self::Token,
            "/x/account-oauth2/v1/refresh_token" => Self::Refresh,
            "/video/v2/part/upload" => Self::Part,
            "/video/v2/upload" => Self::Small,
            _ => match path.strip_prefix("/arcopen/fn/")? {
                "user/account/scopes" => Self::Scopes,
                "user/account/info" => Self::Info,
                "archive/video/init" => Self::Init,
                "archive/video/complete" => Self::Complete,
                "archive/cover/upload" => Self::Cover,
                "archive/type/list" => Self::Types,
                "archive/add-by-utoken" => Self::Add,
                "archive/edit" => Self::Edit,
                "archive/delete" => Self::Delete,
                "archive/view" => Self::View,
                "archive/viewlist" => Self::ViewList,
                "data/arc/stat" => Self::ArcStat,
                "data/arc/inc-stats" => Self::ArcInc,
                "data/user/stat" => Self::UserStat,
                _ => return None,
            },
        })
    }
}

impl CallSet for Call {
    fn covers(self, call: Self) -> bool {
        match self {
            Self::Any => call.host() != Host::None && call != Self::Consent,
            Self::Signed => call.host() == Host::Member,
            Self::Upload => call.host() == Host::Upload,
            _ => self == call,
        }
    }
}
