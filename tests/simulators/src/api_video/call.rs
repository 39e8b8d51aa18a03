//! The calls of the platform, and which of them a path and a verb name.

use hyper::Method;
use serde::{Deserialize, Serialize};

use crate::fault::CallSet;

/// A request the platform knows; the last three are for fault rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    SignIn,
    Refresh,
    TokenCreate,
    TokenList,
    TokenShow,
    TokenDelete,
    /// `POST /upload`, with an upload token.
    Upload,
    VideoCreate,
    VideoList,
    VideoShow,
    VideoPatch,
    VideoDelete,
    /// `POST /videos/{videoId}/source`.
    Source,
    Status,
    Thumbnail,
    ThumbnailPick,
    CaptionList,
    CaptionAdd,
    CaptionShow,
    CaptionPatch,
    CaptionDelete,
    PlayerList,
    WatermarkList,
    TagList,
    /// A new connection, before its first request.
    Connection,
    /// `Upload` and `Source`.
    Part,
    Any,
}

/// Which of the platform's three rate limits a call counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Upload,
    Write,
    Read,
}

impl Call {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Upload | Self::Source => Kind::Upload,
            Self::TokenList
            | Self::TokenShow
            | Self::VideoList
            | Self::VideoShow
            | Self::Status
            | Self::CaptionList
            | Self::CaptionShow
            | Self::PlayerList
            | Self::WatermarkList
            | Self::TagList => Kind::Read,
            _ => Kind::Write,
        }
    }
}

impl CallSet for Call {
    fn covers(self, call: Self) -> bool {
        match self {
            Self::Any => call != Self::Connection,
            Self::Part => matches!(call, Self::Upload | Self::Source),
            _ => self == call,
        }
    }
}

/// Where a request leads: the call, the id in its path, and what stands behind it (a language).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) call: Call,
    pub(crate) id: String,
    pub(crate) language: String,
}

pub(crate) enum Lost {
    /// No such path.
    Path,
    /// The path is known, the verb is not.
    Verb,
}

pub(crate) fn route(method: &Method, path: &str) -> Result<Route, Lost> {
    let steps: Vec<String> = path
        .trim_matches('/')
        .split('/')
        .map(percent_decoded)
        .collect();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let (mut id, mut language) = ("", "");
    let verbs: &[(&str, Call)] = match steps.as_slice() {
        ["auth", "api-key"] => &[("POST", Call::SignIn)],
        ["auth", "refresh"] => &[("POST", Call::Refresh)],
        ["upload"] => &[("POST", Call::Upload)],
        ["upload-tokens"] => &[("POST", Call::TokenCreate), ("GET", Call::TokenList)],
        ["upload-tokens", token] => {
            id = token;
            &[("GET", Call::TokenShow), ("DELETE", Call::TokenDelete)]
        }
        ["players"] => &[("GET", Call::PlayerList)],
        ["watermarks"] => &[("GET", Call::WatermarkList)],
        ["tags"] => &[("GET", Call::TagList)],
        ["videos"] => &[("POST", Call::VideoCreate), ("GET", Call::VideoList)],
        ["videos", video] => {
            id = video;
            &[
                ("GET", Call::VideoShow),
                ("PATCH", Call::VideoPatch),
                ("DELETE", Call::VideoDelete),
            ]
        }
        ["videos", video, "source"] => {
            id = video;
            &[("POST", Call::Source)]
        }
        ["videos", video, "status"] => {
            id = video;
            &[("GET", Call::Status)]
        }
        ["videos", video, "thumbnail"] => {
            id = video;
            &[("POST", Call::Thumbnail), ("PATCH", Call::ThumbnailPick)]
        }
        ["videos", video, "captions"] => {
            id = video;
            &[("GET", Call::CaptionList)]
        }
        ["videos", video, "captions", tag] => {
            (id, language) = (video, tag);
            &[
                ("POST", Call::CaptionAdd),
                ("GET", Call::CaptionShow),
                ("PATCH", Call::CaptionPatch),
                ("DELETE", Call::CaptionDelete),
            ]
        }
        _ => return Err(Lost::Path),
    };
    let call = verbs
        .iter()
        .find(|(verb, _)| *verb == method.as_str())
        .map(|(_, call)| *call)
        .ok_or(Lost::Verb)?;
    Ok(Route {
        call,
        id: id.to_owned(),
        language: language.to_owned(),
    })
}

fn percent_decoded(step: &str) -> String {
    // A form decoder would turn a plus sign into a space.
    let kept = step.replace('+', "%2B");
    url::form_urlencoded::parse(format!("x={kept}").as_bytes())
        .next()
        .map_or_else(String::new, |(_, text)| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_a_verb_name_a_call() {
        let made = route(&Method::POST, "/videos/vi1/captions/fr-CA");
        let Ok(made) = made else {
            panic!("it is known");
        };
        assert_eq!((made.call, made.id.as_str()), (Call::CaptionAdd, "vi1"));
        assert_eq!(made.language, "fr-CA");
        assert!(matches!(route(&Method::PUT, "/videos"), Err(Lost::Verb)));
        assert!(matches!(route(&Method::GET, "/video"), Err(Lost::Path)));
    }
}
