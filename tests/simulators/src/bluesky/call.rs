//! The calls of the video service, the personal data server, its authorization server and the directory.
//!
//! One server on loopback plays all four hosts, since their paths do not collide.

use serde::{Deserialize, Serialize};

use crate::fault::CallSet;

/// A request that is known; `Encode` and those after it are not requests and are for fault rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    Limits,
    UploadVideo,
    Start,
    Part,
    Status,
    Finish,
    Abort,
    Job,
    CreateSession,
    RefreshSession,
    GetSession,
    DeleteSession,
    ServiceAuth,
    DescribeServer,
    ResolveHandle,
    UploadBlob,
    CreateRecord,
    PutRecord,
    GetRecord,
    DeleteRecord,
    GetBlob,
    DidDocument,
    ProtectedResource,
    AuthorizationServer,
    Par,
    Authorize,
    Token,
    Revoke,
    /// A job is about to be encoded: faults here decide what becomes of it.
    Encode,
    /// `UploadVideo` and `Part`.
    Bytes,
    /// Every call of the video service.
    Video,
    /// Every call of the personal data server but for signing in.
    Pds,
    Any,
}

/// Which host a call belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Video,
    Pds,
    Entry,
    Directory,
}

impl Call {
    pub(crate) fn host(self) -> Host {
        match self {
            Self::Limits
            | Self::UploadVideo
            | Self::Start
            | Self::Part
            | Self::Status
            | Self::Finish
            | Self::Abort
            | Self::Job
            | Self::Encode
            | Self::Bytes
            | Self::Video => Host::Video,
            Self::DidDocument => Host::Directory,
            Self::CreateSession
            | Self::RefreshSession
            | Self::DeleteSession
            | Self::ProtectedResource
            | Self::AuthorizationServer
            | Self::Par
            | Self::Authorize
            | Self::Token
            | Self::Revoke => Host::Entry,
            _ => Host::Pds,
        }
    }

    /// The call's name in the protocol; a token that is bound to a method names it so.
    pub(crate) fn of(method: &hyper::Method, path: &str) -> Option<Self> {
        let get = method == hyper::Method::GET;
        let call = match path {
            "/.well-known/oauth-protected-resource" => Self::ProtectedResource,
            "/.well-known/oauth-authorization-server" => Self::AuthorizationServer,
            "/oauth/par" => Self::Par,
            "/oauth/authorize" => Self::Authorize,
            "/oauth/token" => Self::Token,
            "/oauth/revoke" => Self::Revoke,
            _ if path.starts_with("/did:") => Self::DidDocument,
            _ => match path.strip_prefix("/xrpc/")? {
                "app.bsky.video.getUploadLimits" => Self::Limits,
                "app.bsky.video.uploadVideo" => Self::UploadVideo,
                "app.bsky.video.startUpload" => Self::Start,
                "app.bsky.video.uploadPart" => Self::Part,
                "app.bsky.video.getUploadStatus" => Self::Status,
                "app.bsky.video.finishUpload" => Self::Finish,
                "app.bsky.video.abortUpload" => Self::Abort,
                "app.bsky.video.getJobStatus" => Self::Job,
                "com.atproto.server.createSession" => Self::CreateSession,
                "com.atproto.server.refreshSession" => Self::RefreshSession,
                "com.atproto.server.getSession" => Self::GetSession,
                "com.atproto.server.deleteSession" => Self::DeleteSession,
                "com.atproto.server.getServiceAuth" => Self::ServiceAuth,
                "com.atproto.server.describeServer" => Self::DescribeServer,
                "com.atproto.identity.resolveHandle" => Self::ResolveHandle,
                "com.atproto.repo.uploadBlob" => Self::UploadBlob,
                "com.atproto.repo.createRecord" => Self::CreateRecord,
                "com.atproto.repo.putRecord" => Self::PutRecord,
                "com.atproto.repo.getRecord" => Self::GetRecord,
                "com.atproto.repo.deleteRecord" => Self::DeleteRecord,
                "com.atproto.sync.getBlob" => Self::GetBlob,
                _ => return None,
            },
        };
        (call.is_query() == get).then_some(call)
    }

    fn is_query(self) -> bool {
        matches!(
            self,
            Self::Limits
                | Self::Status
                | Self::Job
                | Self::GetSession
                | Self::ServiceAuth
                | Self::DescribeServer
                | Self::ResolveHandle
                | Self::GetRecord
                | Self::GetBlob
                | Self::DidDocument
                | Self::ProtectedResource
                | Self::AuthorizationServer
                | Self::Authorize
        )
    }
}

impl CallSet for Call {
    fn covers(self, call: Self) -> bool {
        match self {
            Self::Any => call != Self::Encode,
            Self::Bytes => matches!(call, Self::UploadVideo | Self::Part),
            Self::Video => call.host() == Host::Video && call != Self::Encode,
            Self::Pds => call.host() == Host::Pds,
            _ => self == call,
        }
    }
}
