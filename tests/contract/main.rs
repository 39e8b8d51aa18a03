//! What every adapter must do on its simulator, through the whole engine: one set of cases, the same for all platforms.
//!
//! What is particular to a platform is its `Site`. What a platform cannot have is said with its reason.

#![expect(
    clippy::unwrap_used,
    reason = "what does not hold here is a failed test"
)]

mod bounds;
mod disturbed;
mod faults;
mod limits;
mod stay;
mod table;
mod timed;

macro_rules! contract {
    ($($module:ident $platform:literal: $($part:ident::$sentence:ident)*;)*) => {$(
        mod $module {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $sentence() {
                crate::$part::$sentence($platform).await;
            })*
        }
    )*};
    ($($module:ident $platform:literal),*) => {
        contract! {$(
            $module $platform:
                faults::every_fault_ends_in_one_work
                disturbed::an_interrupted_upload_goes_on_from_what_is_held
                disturbed::a_cancelled_upload_sends_no_more_and_gives_its_place_back
                disturbed::a_video_that_the_platform_fails_at_fails_with_its_words
                timed::an_upload_with_a_time_is_submitted_then_and_not_before
                timed::an_engine_that_stops_while_all_is_ready_publishes_once_and_in_time
                limits::the_smallest_file_is_published
                limits::the_largest_file_is_planned_and_a_byte_more_is_not
                bounds::what_is_above_a_bound_is_refused_here_and_there;
        )*}
    };
}

contract!(bilibili "bilibili", wangsu "wangsu", api_video "api-video", aliyun_vod "aliyun-vod", bluesky "bluesky");
