use super::*;
use std::collections::HashMap;

fn said(code: i64) -> Said {
    Said {
        code,
        message: "标题不合法".into(),
        request_id: Some("0f1e2d3c4b5a69788796a5b4c3d2e1f0".into()),
        retry_after: None,
    }
}

fn act() -> Act {
    Act::new("bilibili", "testing")
}

const REFUSED: &str = "refused";
const SIGNED_OUT: &str = "signed out";
const REOPEN: &str = "reopen";
const FAULT: &str = "fault";

/// Every code of the platform's lists, with what the engine does: the word, or the seconds it waits.
const ROWS: &[(i64, &str, &str)] = &[
    (-500, FAULT, "bilibili_server_fault"),
    (-400, REFUSED, "bilibili_request_refused"),
    (4000, REFUSED, "bilibili_request_refused"),
    (4001, REFUSED, "bilibili_app_configuration"),
    (4002, REFUSED, "bilibili_signature_wrong"),
    (4003, FAULT, "bilibili_clock_off"),
    (4004, FAULT, "bilibili_request_repeated"),
    (4005, REFUSED, "bilibili_request_refused"),
    (4006, REFUSED, "bilibili_request_refused"),
    (4007, REFUSED, "bilibili_request_refused"),
    (4008, REFUSED, "bilibili_request_refused"),
    (4009, REFUSED, "bilibili_request_refused"),
    (4010, FAULT, "bilibili_server_fault"),
    (4011, FAULT, "bilibili_server_fault"),
    (4012, REFUSED, "bilibili_request_refused"),
    (122_000, REFUSED, "bilibili_client_id_wrong"),
    (122_001, REFUSED, "bilibili_app_secret_wrong"),
    (122_002, SIGNED_OUT, "bilibili_code_spent"),
    (122_007, SIGNED_OUT, "bilibili_sign_in_ended"),
    (122_008, REFUSED, "bilibili_client_id_wrong"),
    (122_009, FAULT, "bilibili_busy"),
    (122_010, FAULT, "bilibili_busy"),
    (123_001, REFUSED, "bilibili_account_may_not"),
    (123_002, "120", "bilibili_busy"),
    (123_003, REFUSED, "bilibili_category_refused"),
    (123_004, REFUSED, "bilibili_gone"),
    (123_005, REFUSED, "bilibili_deleted"),
    (123_006, REOPEN, "bilibili_video_broken"),
    (123_007, REFUSED, "bilibili_locked"),
    (123_008, REFUSED, "bilibili_request_refused"),
    (123_009, REFUSED, "bilibili_category_refused"),
    (123_010, REFUSED, "bilibili_category_refused"),
    (123_011, REFUSED, "bilibili_mission_refused"),
    (123_012, REFUSED, "bilibili_tag_illegal"),
    (123_013, REFUSED, "bilibili_title_illegal"),
    (123_014, REFUSED, "bilibili_desc_illegal"),
    (123_015, REFUSED, "bilibili_title_repeated"),
    (123_016, REFUSED, "bilibili_source_missing"),
    (123_017, REFUSED, "bilibili_desc_empty"),
    (123_018, REFUSED, "bilibili_desc_too_long"),
    (123_019, REFUSED, "bilibili_desc_type_refused"),
    (123_020, REFUSED, "bilibili_desc_type_refused"),
    (123_021, REFUSED, "bilibili_desc_type_refused"),
    (123_022, REFUSED, "bilibili_tag_banned"),
    (123_023, "300", "bilibili_submission_closed"),
    (123_024, REFUSED, "bilibili_text_sensitive"),
    (123_026, "30", "bilibili_submitting_too_fast"),
    (123_027, REFUSED, "bilibili_mission_refused"),
    (123_028, "10", "bilibili_still_processing"),
    (123_029, REFUSED, "bilibili_too_many_videos"),
    (123_030, REFUSED, "bilibili_title_too_long"),
    (123_033, REFUSED, "bilibili_title_too_long"),
    (123_034, REFUSED, "bilibili_not_editable"),
    (123_035, REFUSED, "bilibili_not_editable"),
    (123_036, "tomorrow", "bilibili_daily_quota"),
    (123_037, REFUSED, "bilibili_level_too_low"),
    (123_038, REFUSED, "bilibili_cover_gif"),
    (123_039, "120", "bilibili_busy"),
    (123_040, REFUSED, "bilibili_gone"),
    (123_041, REFUSED, "bilibili_deleted"),
    (123_042, REFUSED, "bilibili_confirmation_needed"),
    (123_043, REFUSED, "bilibili_task_cancelled"),
    (123_044, "300", "bilibili_submission_closed"),
    (123_045, REFUSED, "bilibili_not_editable"),
    (123_046, REFUSED, "bilibili_chapter_illegal"),
    (123_047, REFUSED, "bilibili_topic_refused"),
    (123_048, REFUSED, "bilibili_topic_refused"),
    (123_049, REFUSED, "bilibili_topic_refused"),
    (123_050, REFUSED, "bilibili_captcha_needed"),
    (123_051, REFUSED, "bilibili_captcha_needed"),
    (123_052, REFUSED, "bilibili_text_sensitive"),
    (123_053, FAULT, "bilibili_changed_meanwhile"),
    (123_054, FAULT, "bilibili_changed_meanwhile"),
    (123_055, FAULT, "bilibili_changed_meanwhile"),
    (123_056, FAULT, "bilibili_changed_meanwhile"),
    (127_000, REFUSED, "bilibili_request_refused"),
    (127_001, SIGNED_OUT, "bilibili_sign_in_ended"),
    (127_002, REFUSED, "bilibili_signature_wrong"),
    (127_003, SIGNED_OUT, "bilibili_sign_in_ended"),
    (127_004, REFUSED, "bilibili_client_id_wrong"),
    (127_005, REFUSED, "bilibili_app_not_certified"),
    (127_006, REFUSED, "bilibili_app_not_certified"),
    (127_007, REFUSED, "bilibili_app_lacks_permission"),
    (127_008, SIGNED_OUT, "bilibili_sign_in_ended"),
    (127_009, "60", "bilibili_call_quota"),
    (127_010, REFUSED, "bilibili_signature_wrong"),
    (127_011, SIGNED_OUT, "bilibili_not_granted"),
    (127_012, SIGNED_OUT, "bilibili_sign_in_ended"),
    (127_022, REOPEN, "bilibili_upload_token_lost"),
    (127_023, REFUSED, "bilibili_client_id_wrong"),
    (127_100, REFUSED, "bilibili_request_refused"),
    (127_102, REFUSED, "bilibili_file_type"),
    (127_107, REFUSED, "bilibili_deleted"),
    (127_124, REFUSED, "bilibili_gone"),
    (127_200, FAULT, "bilibili_server_fault"),
    (127_201, FAULT, "bilibili_busy"),
    (127_207, REFUSED, "bilibili_category_refused"),
    (127_304, REFUSED, "bilibili_access_restricted"),
    (127_305, REFUSED, "bilibili_not_whitelisted"),
    (127_306, "60", "bilibili_call_quota"),
];

#[test]
fn every_code_of_the_platform_has_its_consequence() {
    for &(code, does, cause) in ROWS {
        let found = error(act(), &said(code), 0, 1);
        let word = match &found.kind {
            ErrorKind::Refused => REFUSED.to_owned(),
            ErrorKind::SignedOut => SIGNED_OUT.to_owned(),
            ErrorKind::TicketLost => REOPEN.to_owned(),
            ErrorKind::ServerFault => FAULT.to_owned(),
            ErrorKind::RateLimited { wait: Some(wait) } => wait.as_secs().to_string(),
            ErrorKind::Quota { .. } => "tomorrow".to_owned(),
            other => panic!("{code}: {other:?}"),
        };
        assert_eq!(
            (word.as_str(), found.cause.code.as_str()),
            (does, cause),
            "{code}"
        );
    }
    assert_eq!(ROWS.len(), TABLE.len(), "a code without a row here");
}

#[test]
fn the_table_is_in_order_and_names_each_code_once() {
    assert!(TABLE.is_sorted_by(|a, b| a.code < b.code));
}

#[test]
fn the_readme_lists_every_code_with_its_cause() {
    let readme = include_str!("../README.md");
    let listed: HashMap<i64, &str> = readme
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('|').map(str::trim).skip(1);
            let code = cells.next()?.parse().ok()?;
            Some((code, cells.nth(1)?.trim_matches('`')))
        })
        .collect();
    for row in TABLE {
        assert_eq!(listed.get(&row.code), Some(&row.cause), "{}", row.code);
    }
    assert_eq!(listed.len(), TABLE.len());
}

#[test]
fn the_platforms_own_words_are_kept_for_the_sentence() {
    let found = error(act(), &said(123_013), 0, 1);
    assert_eq!(found.cause.params["code"], "123013");
    assert_eq!(found.cause.params["message"], "标题不合法");
    assert_eq!(
        found.cause.params["request_id"],
        "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    );
}

#[test]
fn an_unknown_code_is_shown_and_neither_retried_nor_taken_for_a_clear_no() {
    for code in [1, -1, 99_999, 123_999, i64::MAX] {
        let found = error(act(), &said(code), 0, 1);
        assert_eq!(found.kind, ErrorKind::Refused);
        assert_eq!(found.cause.code, "platform_unknown_answer");
        assert_eq!(found.cause.params["code"], code.to_string());
        assert!(!find(code).sure);
    }
}

#[test]
fn pushback_waits_double_up_to_an_hour() {
    let waits: Vec<u64> = (1..10).map(|n| slower(n).as_secs()).collect();
    assert_eq!(waits, [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
}

#[test]
fn the_platforms_own_wait_counts_when_it_is_longer() {
    let with = |code, seconds| {
        let said = Said {
            retry_after: Some(Duration::from_secs(seconds)),
            ..said(code)
        };
        error(act(), &said, 0, 1).kind
    };
    let wait = |seconds| ErrorKind::RateLimited {
        wait: Some(Duration::from_secs(seconds)),
    };
    assert_eq!(with(123_026, 45), wait(45));
    assert_eq!(with(123_026, 5), wait(30));
    assert_eq!(with(-500, 7), wait(7));
}

#[test]
fn the_daily_quota_ends_at_midnight_in_china() {
    // 2026-11-21 15:59:59 UTC is 23:59:59 there; a second later it is tomorrow.
    let before = 1_795_276_799_000;
    let midnight = 1_795_276_800_000;
    assert_eq!(next_midnight_ms(before), midnight + 60_000);
    assert_eq!(next_midnight_ms(midnight), midnight + 86_400_000 + 60_000);
}
