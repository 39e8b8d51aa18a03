//! The calls of the platform and where they live. One server plays the video API and the upload host, since their paths do not collide.

use serde::{Deserialize, Serialize};

use crate::fault::CallSet;

/// A request the platform knows; the last four stand for several and are for fault rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    GetUploadToken,
    GetVideoList,
    VideoEdit,
    DeleteVideo,
    VideoBlock,
    VideoEnable,
    GetPublishCode,
    CategoryList,
    CategoryCreate,
    CategoryDelete,
    Form,
    Mkblk,
    Bput,
    Mkfile,
    /// Neither: answered as a wrong request of the API, or a badly formed one of the upload host.
    Unknown,
    /// A new connection, before its first request.
    Connection,
    /// Every call of the video API.
    Api,
    /// `Mkblk` and `Bput`.
    Chunk,
    /// Every request with bytes of a video in it.
    Bytes,
    /// Every request.
    Any,
}

impl Call {
    pub(crate) fn of_path(path: &str) -> Self {
        let Some(api) = path.strip_prefix("/vod/") else {
            return match path.trim_start_matches('/').split('/').next() {
                Some("mkblk") => Self::Mkblk,
                Some("bput") => Self::Bput,
                Some("mkfile") => Self::Mkfile,
                _ if path == "/file/upload" => Self::Form,
                _ => Self::Unknown,
            };
        };
        match api {
            "videoManage/getUploadToken" => Self::GetUploadToken,
            "videoManage/getVideoList" => Self::GetVideoList,
            "videoManage/videoEdit" => Self::VideoEdit,
            "videoManage/deleteVideo" => Self::DeleteVideo,
            "videoManage/videoBlock" => Self::VideoBlock,
            "videoManage/videoEnable" => Self::VideoEnable,
            "videoManage/getPublishCode" => Self::GetPublishCode,
            "videoCategory/getCategoryList" => Self::CategoryList,
            "videoCategory/createCategory" => Self::CategoryCreate,
            "videoCategory/deleteCategory" => Self::CategoryDelete,
            _ => Self::Unknown,
        }
    }

    pub(crate) fn is_bytes(self) -> bool {
        matches!(self, Self::Form | Self::Mkblk | Self::Bput)
    }

    pub(crate) fn is_storage(self) -> bool {
        self.is_bytes() || self == Self::Mkfile
    }
}

impl CallSet for Call {
    fn covers(self, call: Self) -> bool {
        match self {
            Self::Any => call != Self::Connection,
            Self::Api => !call.is_storage() && !matches!(call, Self::Connection | Self::Unknown),
            Self::Chunk => matches!(call, Self::Mkblk | Self::Bput),
            Self::Bytes => call.is_bytes(),
            _ => self == call,
        }
    }
}
