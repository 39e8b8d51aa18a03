//! The requests that the platform knows: actions of its API and of STS, verbs of its storage, and the user's own service.

use serde::{Deserialize, Serialize};

use crate::fault::CallSet;

/// A request; the last ones stand for several and are for fault rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    CreateUploadVideo,
    RefreshUploadVideo,
    CreateUploadImage,
    CreateUploadAttachedMedia,
    UploadMediaByUrl,
    GetUrlUploadInfos,
    CancelUrlUploadJobs,
    GetVideoInfo,
    GetPlayInfo,
    GetMezzanineInfo,
    GetImageInfo,
    GetCategories,
    ListTranscodeTemplateGroup,
    UpdateVideoInfo,
    DeleteVideo,
    DeleteMultipartUpload,
    ReportUploadProgress,
    AssumeRole,
    /// The user's own authorization service.
    Service,
    PutObject,
    Initiate,
    UploadPart,
    ListParts,
    Complete,
    Abort,
    HeadObject,
    GetObject,
    DeleteObject,
    ListUploads,
    /// An action or a request that is not known.
    Unknown,
    /// A new connection, before its first request.
    Connection,
    /// Every action of the API, STS left out.
    Vod,
    /// Every request to the storage.
    Oss,
    /// `UploadPart` and `PutObject`.
    Upload,
    Any,
}

impl Call {
    pub(crate) fn of_action(action: &str) -> Self {
        match action {
            "CreateUploadVideo" => Self::CreateUploadVideo,
            "RefreshUploadVideo" => Self::RefreshUploadVideo,
            "CreateUploadImage" => Self::CreateUploadImage,
            "CreateUploadAttachedMedia" => Self::CreateUploadAttachedMedia,
            "UploadMediaByURL" => Self::UploadMediaByUrl,
            "GetURLUploadInfos" => Self::GetUrlUploadInfos,
            "CancelUrlUploadJobs" => Self::CancelUrlUploadJobs,
            "GetVideoInfo" => Self::GetVideoInfo,
            "GetPlayInfo" => Self::GetPlayInfo,
            "GetMezzanineInfo" => Self::GetMezzanineInfo,
            "GetImageInfo" => Self::GetImageInfo,
            "GetCategories" => Self::GetCategories,
            "ListTranscodeTemplateGroup" => Self::ListTranscodeTemplateGroup,
            "UpdateVideoInfo" => Self::UpdateVideoInfo,
            "DeleteVideo" => Self::DeleteVideo,
            "DeleteMultipartUpload" => Self::DeleteMultipartUpload,
            "ReportUploadProgress" => Self::ReportUploadProgress,
            "AssumeRole" => Self::AssumeRole,
            _ => Self::Unknown,
        }
    }

    fn is_oss(self) -> bool {
        matches!(
            self,
            Self::PutObject
                | Self::Initiate
                | Self::UploadPart
                | Self::ListParts
                | Self::Complete
                | Self::Abort
                | Self::HeadObject
                | Self::GetObject
                | Self::DeleteObject
                | Self::ListUploads
        )
    }
}

impl CallSet for Call {
    fn covers(self, call: Self) -> bool {
        match self {
            Self::Any => call != Self::Connection,
            Self::Oss => call.is_oss(),
            Self::Upload => matches!(call, Self::UploadPart | Self::PutObject),
            Self::Vod => {
                !call.is_oss()
                    && !matches!(call, Self::Connection | Self::AssumeRole | Self::Service)
            }
            _ => self == call,
        }
    }
}
