//! Parts: resumed, lied about, cut, refused, sent with keys that end.

use super::*;

/// A file of about five parts, opened, with all but the last two sent.
async fn begun(bench: &Bench, seed: u64) -> (Bytes, Draft, Opened, Vec<(u32, Receipt)>) {
    let whole = noise(5 * MIB + 11, seed);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let count = opened.cuts.len();
    let (landed, error) = bench.send(&opened, &whole, &[count - 1, count]).await;
    assert!(error.is_none(), "{error:?}");
    (whole, draft, opened, landed)
}

async fn end(
    bench: &Bench,
    draft: &Draft,
    opened: Opened,
    whole: &Bytes,
    mut landed: Vec<(u32, Receipt)>,
) {
    let skip: Vec<u32> = landed.iter().map(|(number, _)| *number).collect();
    let (more, error) = bench.send(&opened, whole, &skip).await;
    assert!(error.is_none(), "{error:?}");
    landed.extend(more);
    landed.sort_by_key(|(number, _)| *number);
    bench.commit(draft, opened.ticket, &landed).await.unwrap();
    published_once(&bench.platform.inspect(), whole);
}

#[tokio::test]
async fn a_resumed_upload_sends_only_what_is_not_held() {
    let bench = Bench::on(&[], |switches| switches.page_max = 2).await;
    let (whole, draft, opened, landed) = begun(&bench, 20).await;
    let numbers: Vec<u32> = landed.iter().map(|(n, _)| *n).collect();
    // Another program, which knows nothing but the ticket and the receipts.
    let later = Bench {
        session: testing::session(bench.secrets.clone(), &bench.settings()),
        ..bench
    };
    assert_eq!(
        later.held(&opened, &landed).await.unwrap(),
        Held::Parts(numbers)
    );
    assert!(later.count(On::ListParts) >= 2, "page by page");
    end(&later, &draft, opened, &whole, landed).await;
    let seen = later.platform.inspect();
    assert!(seen.uploads[0].sent.values().all(|times| *times == 1));
}

#[tokio::test]
async fn parts_that_are_not_held_or_not_as_sent_are_sent_again() {
    let bench = Bench::new().await;
    bench
        .platform
        .fault(Fault::NotStored.on(On::UploadPart).part(1));
    bench
        .platform
        .fault(Fault::Damaged.on(On::UploadPart).part(3));
    let (whole, draft, opened, landed) = begun(&bench, 21).await;
    let Held::Parts(held) = bench.held(&opened, &landed).await.unwrap() else {
        panic!("it can be asked");
    };
    assert!(
        !held.contains(&1) && held.contains(&2) && !held.contains(&3),
        "{held:?}"
    );
    let landed = landed
        .into_iter()
        .filter(|(n, _)| held.contains(n))
        .collect();
    end(&bench, &draft, opened, &whole, landed).await;
}

#[tokio::test]
async fn a_list_of_parts_is_only_believed_where_it_tells_what_was_sent() {
    let bench = Bench::new().await;
    let (_, _, opened, landed) = begun(&bench, 22).await;
    let listed = |change: &dyn Fn(&mut storage::Listed)| {
        let mut all: Vec<_> = landed
            .iter()
            .map(|(number, receipt)| {
                let ours = Landed::read(receipt).unwrap();
                storage::Listed {
                    number: *number,
                    bytes: opened.cuts.span(*number).unwrap().len_bytes,
                    etag: ours.etag,
                    crc64: ours.crc64,
                }
            })
            .collect();
        change(&mut all[1]);
        believed(&all, &opened.cuts, &landed)
    };
    assert!(listed(&|_| {}).contains(&2));
    assert!(
        listed(&|part| part.crc64 = None).contains(&2),
        "not told, not compared"
    );
    assert!(!listed(&|part| part.bytes += 1).contains(&2));
    assert!(!listed(&|part| part.etag = "0".repeat(32)).contains(&2));
    assert!(!listed(&|part| part.crc64 = Some(1)).contains(&2));
    // Listed, but never acknowledged to us: nothing to compare with.
    assert_eq!(
        bench.held(&opened, &[]).await.unwrap(),
        Held::Parts(Vec::new())
    );
}

#[tokio::test]
async fn where_the_list_may_not_be_read_our_receipts_are_the_truth() {
    let bench = Bench::on(&[], |switches| switches.may_list = false).await;
    let (whole, draft, opened, landed) = begun(&bench, 23).await;
    assert_eq!(bench.held(&opened, &landed).await.unwrap(), Held::Unknown);
    end(&bench, &draft, opened, &whole, landed).await;
}

#[tokio::test]
async fn a_part_with_another_checksum_is_sent_again() {
    for fault in [Fault::WrongChecksum, Fault::Corrupted] {
        for len in [1000, 2 * MIB + 5] {
            let bench = Bench::new().await;
            bench.platform.fault(fault.clone().on(On::Upload));
            let whole = noise(len, 24);
            let draft = draft(&whole);
            let opened = bench.open(&draft).await.unwrap();
            let (landed, error) = bench.send(&opened, &whole, &[]).await;
            let error = error.expect("it is noticed");
            assert_eq!(
                (error.kind, error.cause.code.as_str()),
                (ErrorKind::ServerFault, "part_checksum_differs")
            );
            assert!(landed.is_empty());
            end(&bench, &draft, opened, &whole, landed).await;
        }
    }
    let bench = Bench::on(&[("verify", "crc64_md5")], |switches| {
        switches.tells_crc64 = false;
    })
    .await;
    bench.platform.fault(Fault::Corrupted.on(On::Upload));
    let whole = noise(2 * MIB, 25);
    let opened = bench.open(&draft(&whole)).await.unwrap();
    let (_, error) = bench.send(&opened, &whole, &[]).await;
    assert_eq!(
        error.unwrap().cause.code,
        "part_checksum_differs",
        "by its MD5"
    );
}

#[tokio::test]
async fn faults_of_the_line_are_passing() {
    let html = |status| Fault::Html {
        status,
        retry_after_s: None,
        applied: false,
    };
    for fault in [
        Fault::error(500, "InternalError"),
        Fault::error(400, "RequestTimeout"),
        Fault::Reset {
            after_bytes: 70_000,
        },
        Fault::AnswerLost { reset: true },
        Fault::CutAnswer { applied: true },
        html(502),
        html(200),
        html(302),
    ] {
        let bench = Bench::new().await;
        bench.platform.fault(fault.clone().on(On::Upload));
        let whole = noise(2 * MIB + 1, 26);
        let draft = draft(&whole);
        let opened = bench.open(&draft).await.unwrap();
        let (landed, error) = bench.send(&opened, &whole, &[]).await;
        let error = error.unwrap_or_else(|| panic!("{fault:?} is noticed"));
        assert_eq!(error.kind, ErrorKind::ServerFault, "{fault:?}: {error:?}");
        end(&bench, &draft, opened, &whole, landed).await;
    }
}

#[tokio::test]
async fn the_platforms_own_wait_is_kept_to() {
    for (fault, wait) in [
        (
            Fault::Error {
                status: 503,
                code: "ServiceUnavailable".into(),
                retry_after_s: Some(7),
                applied: false,
            },
            Some(7),
        ),
        (Fault::error(503, "UploadTrafficRateLimitExceeded"), None),
        (
            Fault::Html {
                status: 429,
                retry_after_s: Some(9),
                applied: false,
            },
            Some(9),
        ),
    ] {
        let bench = Bench::new().await;
        bench.platform.fault(fault.clone().on(On::Upload));
        let whole = noise(2 * MIB, 27);
        let opened = bench.open(&draft(&whole)).await.unwrap();
        let (_, error) = bench.send(&opened, &whole, &[]).await;
        let wait = wait.map(Duration::from_secs);
        assert_eq!(
            error.unwrap().kind,
            ErrorKind::RateLimited { wait },
            "{fault:?}"
        );
    }
    let bench = Bench::new().await;
    bench
        .platform
        .fault(Fault::error(400, "Throttling.User").on(On::Vod));
    let error = bench.open(&draft(&noise(1, 1))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::RateLimited { wait: None });
}

#[tokio::test]
async fn a_credential_that_ends_in_the_middle_is_renewed_and_nothing_is_sent_twice() {
    let bench = Bench::new().await;
    bench
        .platform
        .fault(Fault::CredentialExpired.on(On::UploadPart).part(3));
    let whole = noise(5 * MIB, 28);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let (landed, error) = bench.send(&opened, &whole, &[]).await;
    let error = error.unwrap();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::ServerFault, "aliyun_vod_credential_over")
    );
    assert_eq!(bench.count(On::RefreshUploadVideo), 1);
    end(&bench, &draft, opened, &whole, landed).await;
    let seen = bench.platform.inspect();
    assert_eq!(seen.uploads.len(), 1, "the same multipart upload");
    let sent = &seen.uploads[0].sent;
    assert!(
        sent.iter()
            .all(|(n, times)| *times == if *n == 3 { 2 } else { 1 }),
        "{sent:?}"
    );
}

#[tokio::test]
async fn a_credential_is_renewed_before_it_ends_and_once_for_all_parts() {
    let bench = Bench::on(&[], |switches| switches.credential_s = 400).await; // below the 500 s that are to be left
    let whole = noise(5 * MIB, 29);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let renewals = bench.count(On::RefreshUploadVideo);
    bench
        .platform
        .switches(|switches| switches.credential_s = 3000);
    let sends = spans(&opened.cuts).into_iter().map(|span| {
        let part = part(&whole, span, false);
        bench.adapter.send(&bench.session, &opened.ticket, part)
    });
    let receipts = futures_util::future::try_join_all(sends).await.unwrap();
    assert_eq!(bench.count(On::RefreshUploadVideo), renewals + 1);
    let landed: Vec<_> = (1_u32..).zip(receipts).collect();
    bench.commit(&draft, opened.ticket, &landed).await.unwrap();
    published_once(&bench.platform.inspect(), &whole);
}

#[tokio::test]
async fn a_renewal_that_fails_does_no_harm_while_the_old_credential_is_good() {
    let bench = Bench::on(&[], |switches| switches.credential_s = 400).await;
    bench.platform.fault(
        Fault::error(500, "InternalError")
            .on(On::RefreshUploadVideo)
            .always(),
    );
    let whole = noise(2 * MIB + 1, 30);
    bench.publish(&draft(&whole), &whole).await.unwrap();
    published_once(&bench.platform.inspect(), &whole);
}

#[tokio::test]
async fn a_renewal_with_another_place_begins_again_as_the_same_video() {
    let bench = Bench::new().await;
    bench
        .platform
        .fault(Fault::CredentialExpired.on(On::UploadPart).part(2));
    bench
        .platform
        .fault(Fault::Moved.on(On::RefreshUploadVideo));
    let whole = noise(3 * MIB, 31);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let (_, error) = bench.send(&opened, &whole, &[]).await;
    let error = error.unwrap();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::TicketLost, "aliyun_vod_place_moved")
    );
    bench.publish(&draft, &whole).await.unwrap();
    let seen = bench.platform.inspect();
    published_once(&seen, &whole);
    assert_eq!(seen.videos().len(), 1);
    assert_eq!(bench.count(On::CreateUploadVideo), 1, "one record for both");
}

#[tokio::test]
async fn an_upload_that_is_gone_begins_again_as_the_same_video() {
    for call in [On::ListParts, On::UploadPart] {
        let bench = Bench::new().await;
        let (whole, draft, opened, landed) = begun(&bench, 32).await;
        bench.platform.fault(Fault::UploadVanishes.on(call));
        let error = if call == On::ListParts {
            bench.held(&opened, &landed).await.unwrap_err()
        } else {
            bench.send(&opened, &whole, &[]).await.1.unwrap()
        };
        assert_eq!(
            (error.kind, error.cause.code.as_str()),
            (ErrorKind::TicketLost, "aliyun_vod_upload_gone")
        );
        bench.publish(&draft, &whole).await.unwrap();
        published_once(&bench.platform.inspect(), &whole);
        assert_eq!(bench.count(On::CreateUploadVideo), 1);
    }
}

#[tokio::test]
async fn a_video_that_was_deleted_meanwhile_begins_again_as_a_new_one() {
    let bench = Bench::new().await;
    let (whole, mut draft, opened, _) = begun(&bench, 33).await;
    draft.fields.remove("ReferenceId");
    bench
        .platform
        .fault(Fault::CredentialExpired.on(On::UploadPart));
    bench
        .platform
        .fault(Fault::VideoDeleted.on(On::RefreshUploadVideo));
    let (_, error) = bench.send(&opened, &whole, &[]).await;
    let error = error.unwrap();
    assert_eq!(
        (error.kind, error.cause.code.as_str()),
        (ErrorKind::TicketLost, "aliyun_vod_video_gone")
    );
    bench.publish(&draft, &whole).await.unwrap();
    published_once(&bench.platform.inspect(), &whole);
    assert_eq!(bench.count(On::CreateUploadVideo), 2);
}

#[tokio::test]
async fn a_clock_that_is_off_is_corrected_by_the_platforms_answers() {
    for seconds in [1200, -1200] {
        let bench = Bench::with(&[]).await;
        bench
            .platform
            .fault(Fault::ClockSkew { seconds }.on(On::Any).always());
        let whole = noise(2 * MIB + 1, 34);
        bench.publish(&draft(&whole), &whole).await.unwrap();
        published_once(&bench.platform.inspect(), &whole);
    }
}
