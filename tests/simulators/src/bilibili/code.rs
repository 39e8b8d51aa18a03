//! The platform's codes and their texts.
//!
//! Source: the platform's error table as relayed by third parties on 2026-07-23; texts are shortened where the original was not
//! seen. Nobody should match on a text.

/// A business code. 0 is success.
pub(crate) type Code = i64;

pub(crate) const SERVER_ERROR: Code = -500;
pub(crate) const BAD_PARAMETER: Code = 4000;
pub(crate) const BAD_SIGNATURE: Code = 4002;
pub(crate) const CLOCK_OFF: Code = 4003;
pub(crate) const REPEATED: Code = 4004;
pub(crate) const SIGNATURE_METHOD: Code = 4005;
pub(crate) const SIGNATURE_VERSION: Code = 4006;
pub(crate) const CONTENT_TYPE: Code = 4007;
pub(crate) const CONTENT_MD5: Code = 4008;
pub(crate) const ACCEPT: Code = 4009;
pub(crate) const METHOD: Code = 4012;

pub(crate) const CLIENT_ID: Code = 122_000;
pub(crate) const CLIENT_SECRET: Code = 122_001;
pub(crate) const NO_SUCH_CODE: Code = 122_002;
pub(crate) const REFRESH_TOKEN: Code = 122_007;
pub(crate) const OTHER_APP: Code = 122_008;

pub(crate) const AUTH_MISSING: Code = 127_000;
pub(crate) const ACCESS_TOKEN: Code = 127_001;
pub(crate) const CLIENT_CHECK: Code = 127_004;
pub(crate) const APP_PERMISSION: Code = 127_007;
pub(crate) const QUOTA: Code = 127_009;
pub(crate) const USER_GRANT: Code = 127_011;
pub(crate) const UPLOAD_TOKEN: Code = 127_022;
pub(crate) const NOT_LISTED: Code = 127_305;

pub(crate) const NO_MANUSCRIPT: Code = 123_004;
pub(crate) const DELETED: Code = 123_005;
pub(crate) const ABNORMAL: Code = 123_006;
pub(crate) const LOCKED: Code = 123_007;
pub(crate) const PARAMETER: Code = 123_008;
pub(crate) const CATEGORY: Code = 123_009;
pub(crate) const TAG: Code = 123_012;
pub(crate) const TITLE: Code = 123_013;
pub(crate) const SAME_TITLE: Code = 123_015;
pub(crate) const NO_SOURCE: Code = 123_016;
pub(crate) const EMPTY_DESC: Code = 123_017;
pub(crate) const LONG_DESC: Code = 123_018;
pub(crate) const BANNED_TAG: Code = 123_022;
pub(crate) const SENSITIVE: Code = 123_024;
pub(crate) const TOO_FAST: Code = 123_026;
pub(crate) const STILL_PROCESSING: Code = 123_028;
pub(crate) const LONG_TITLE: Code = 123_030;
pub(crate) const DAILY_LIMIT: Code = 123_036;
pub(crate) const LEVEL: Code = 123_037;
pub(crate) const GIF: Code = 123_038;
pub(crate) const CAPTCHA: Code = 123_050;

pub(crate) fn text(code: Code) -> &'static str {
    match code {
        0 => "0",
        -400 => "请求错误",
        SERVER_ERROR => "close err: rpc error: code = Unavailable",
        BAD_PARAMETER => "请求参数错误",
        BAD_SIGNATURE => "签名校验失败",
        CLOCK_OFF => "请求过期",
        REPEATED => "重复请求",
        SIGNATURE_METHOD => "签名方法错误",
        SIGNATURE_VERSION => "签名版本错误",
        CONTENT_TYPE => "不支持的Content-Type",
        CONTENT_MD5 => "请求体校验失败",
        ACCEPT => "Accept应为application/json",
        4010 => "服务异常",
        4011 => "内部错误",
        METHOD => "业务码不支持该请求方法",
        CLIENT_ID => "client_id错误",
        CLIENT_SECRET => "client_secret错误",
        NO_SUCH_CODE => "code不存在",
        REFRESH_TOKEN => "refresh_token无效",
        OTHER_APP => "应用ID不匹配",
        AUTH_MISSING => "鉴权参数缺失",
        ACCESS_TOKEN => "access_token无效",
        CLIENT_CHECK => "client_id校验失败",
        APP_PERMISSION => "应用无该接口权限",
        QUOTA => "接口调用次数已达上限",
        127_306 => "调用过于频繁",
        USER_GRANT => "用户未授权该接口",
        UPLOAD_TOKEN => "upload_token验证错误",
        127_304 => "访问受限",
        NOT_LISTED => "账号不在白名单",
        123_002 => "服务暂不可用",
        NO_MANUSCRIPT => "稿件不存在",
        DELETED => "稿件已删除",
        ABNORMAL => "视频提交异常",
        LOCKED => "稿件已锁定",
        PARAMETER => "参数错误",
        CATEGORY => "分区不存在",
        TAG => "标签不合法",
        TITLE => "标题不合法",
        SAME_TITLE => "请勿短时间内重复提交相同标题的稿件",
        NO_SOURCE => "转载稿件请填写来源",
        EMPTY_DESC => "简介为空",
        LONG_DESC => "简介过长",
        BANNED_TAG => "标签被禁止使用",
        SENSITIVE => "内容包含敏感信息",
        TOO_FAST => "投稿过于频繁，请30秒后再试",
        STILL_PROCESSING => "稿件处理中，请10秒后再试",
        LONG_TITLE => "标题超过80字",
        DAILY_LIMIT => "非正式会员每日投稿数已达5个",
        LEVEL => "账号等级过低",
        GIF => "封面不支持GIF",
        CAPTCHA => "需要图片验证",
        _ => "操作失败",
    }
}
