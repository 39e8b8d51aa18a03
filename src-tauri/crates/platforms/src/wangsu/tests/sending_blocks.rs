//! Blocks, their chunks, and what is resumed.

use super::*;

const CHUNKS: &[(&str, &str)] = &[("chunk_size", "1048576")];

#[tokio::test]
async fn a_block_goes_in_chunks_behind_each_other_and_blocks_beside_each_other() {
    let bench = Bench::with(CHUNKS).await;
    let whole = noise(9 * MIB + 5, 1);
    let draft = draft(&whole);
    bench.journey(&draft, &whole).await.unwrap();
    let seen = bench.one_work(&whole);
    assert_eq!(
        (bench.count(On::Mkblk), bench.count(On::Bput)),
        (3, 3 + 3 + 1)
    );
    assert_eq!(seen.received.total, whole.len() as u64);
    assert!(seen.at_once_most > 1, "three blocks were sent at once");
    let etag = seen.works().next().unwrap().file.clone().unwrap().etag;
    assert_eq!(etag.unwrap().len(), 28);
}

#[tokio::test]
async fn a_cut_block_goes_on_after_its_last_chunk() {
    let bench = Bench::with(CHUNKS).await;
    let whole = noise(BLOCK + 1, 2);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let first = spans(&opened.cuts)[0];
    let cut = Fault::Reset {
        after_bytes: 300_000,
    };
    bench.platform.fault(cut.on(On::Bput).nth(2));
    let error = bench.send(&opened.ticket, &whole, first).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ServerFault);
    bench.send(&opened.ticket, &whole, first).await.unwrap();
    let seen = bench.platform.inspect();
    assert_eq!(seen.blocks[0].begun, 1, "the block was begun once");
    let waste = seen.blocks[0].received_bytes - BLOCK as u64;
    assert!(
        waste <= MIB as u64,
        "at most a chunk is sent again: {waste}"
    );
}

#[tokio::test]
async fn a_chunk_whose_answer_was_lost_costs_the_block_or_nothing() {
    for (replay, begun) in [(Replay::Refuse, 2), (Replay::SameAnswer, 1)] {
        let bench = Bench::with(CHUNKS).await;
        bench.platform.switches(|s| s.bput_replay = replay);
        let whole = noise(BLOCK, 3);
        let draft = testing::draft("a.mp4", &whole, &[]);
        let bench_draft = draft.clone();
        let settings = [("chunk_size", "1048576"), ("form_max_bytes", "0")];
        let bench = Bench::again(bench.platform.clone(), &settings);
        bench
            .platform
            .fault(Fault::AnswerLost { reset: true }.on(On::Bput).nth(2));
        bench.journey(&bench_draft, &whole).await.unwrap();
        let seen = bench.one_work(&whole);
        assert_eq!(seen.blocks[0].begun, begun, "{replay:?}");
        assert_eq!(seen.videos[0].places_given, 1, "the token was not doubted");
    }
}

#[tokio::test]
async fn what_the_storage_acknowledges_wrongly_is_sent_again() {
    for fault in [
        Fault::WrongCrc32,
        Fault::WrongChecksum,
        Fault::WrongOffset,
        Fault::MissingCtx,
    ] {
        for call in [On::Mkblk, On::Bput] {
            let bench = Bench::with(CHUNKS).await;
            let whole = noise(5 * MIB, 4);
            let draft = draft(&whole);
            let opened = bench.open(&draft).await.unwrap();
            bench.platform.fault(fault.clone().on(call));
            let span = spans(&opened.cuts)[0];
            let error = bench.send(&opened.ticket, &whole, span).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::ServerFault, "{fault:?}");
            let want = match fault {
                Fault::MissingCtx => "answer_not_understood",
                _ => "part_checksum_differs",
            };
            assert_eq!(error.cause.code, want);
            bench.journey(&draft, &whole).await.unwrap();
            bench.one_work(&whole);
        }
    }
    let bench = Bench::with(&[("verify_md5", "0")]).await;
    bench.platform.fault(Fault::WrongChecksum.on(On::Mkblk));
    let whole = noise(5 * MIB, 4);
    bench.send_all(&draft(&whole), &whole).await.unwrap();
    assert_eq!(bench.count(On::Mkblk), 2, "only the CRC-32 is compared");
}

#[tokio::test]
async fn a_refused_handle_begins_its_block_anew() {
    for refusal in [401, 406, 412, 701] {
        let bench = Bench::with(CHUNKS).await;
        let whole = noise(5 * MIB, 5);
        let draft = draft(&whole);
        let opened = bench.open(&draft).await.unwrap();
        bench.platform.fault(status(refusal).on(On::Bput).times(2));
        let span = spans(&opened.cuts)[0];
        bench
            .send_through(&opened.ticket, &whole, span)
            .await
            .unwrap();
        let seen = bench.platform.inspect();
        // 401 may be the token: that is renewed first, and the block goes on.
        assert_eq!(
            seen.videos[0].places_given,
            if refusal == 401 { 2 } else { 1 }
        );
        assert_eq!(
            seen.blocks[0].begun,
            if refusal == 401 { 2 } else { 3 },
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn a_block_that_is_refused_again_and_again_fails_for_good() {
    for refusal in [401, 701] {
        let bench = Bench::new().await;
        let whole = noise(5 * MIB, 6);
        let draft = draft(&whole);
        let opened = bench.open(&draft).await.unwrap();
        bench.platform.fault(status(refusal).on(On::Mkblk).always());
        let span = spans(&opened.cuts)[0];
        let error = bench
            .send_through(&opened.ticket, &whole, span)
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused);
        assert_eq!(error.cause.code, "wangsu_block_refused_for_good");
        assert_eq!(bench.count(On::Mkblk), 3, "{refusal}");
        bench.platform.clear_faults();
        bench.send(&opened.ticket, &whole, span).await.unwrap();
    }
}

#[tokio::test]
async fn a_token_that_was_revoked_is_renewed_once_for_all_blocks() {
    let bench = Bench::new().await;
    let whole = noise(12 * MIB, 7);
    let draft = draft(&whole);
    bench.platform.fault(Fault::TokensRevoked.on(On::Mkblk));
    bench.journey(&draft, &whole).await.unwrap();
    let seen = bench.one_work(&whole);
    assert_eq!(
        seen.videos[0].places_given, 2,
        "one renewal for three workers"
    );
}

#[tokio::test]
async fn a_token_that_was_revoked_after_a_lost_answer_is_renewed_too() {
    for call in [On::Mkblk, On::Bput] {
        let bench = Bench::with(CHUNKS).await;
        let whole = noise(5 * MIB, 18);
        let draft = draft(&whole);
        let opened = bench.open(&draft).await.unwrap();
        let span = spans(&opened.cuts)[0];
        bench
            .platform
            .fault(Fault::AnswerLost { reset: true }.on(call));
        bench.send(&opened.ticket, &whole, span).await.unwrap_err();
        bench.platform.revoke_tokens();
        let sent = bench.send_through(&opened.ticket, &whole, span).await;
        sent.unwrap_or_else(|error| panic!("{call:?}: {error:?}"));
        assert_eq!(bench.platform.inspect().videos[0].places_given, 2);
    }
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_blocks_stay_good() {
    let bench = Bench::with(CHUNKS).await;
    bench.platform.switches(|s| s.upload_token_ttl_s = 3600);
    let whole = noise(9 * MIB, 8);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let mut receipts = Vec::new();
    for span in spans(&opened.cuts) {
        receipts.push(bench.send(&opened.ticket, &whole, span).await.unwrap());
        bench.platform.clock().advance(Duration::from_mins(56));
        // The answer's date tells the time; without a call nobody knows.
        let _ = bench.adapter.check(&bench.session).await;
    }
    bench
        .commit(&draft, opened.ticket, &receipts)
        .await
        .unwrap();
    let seen = bench.one_work(&whole);
    assert_eq!(seen.videos[0].places_given, 1 + 3);
    let refused = seen.answers.iter().filter(|a| a.code == Some(401)).count();
    assert_eq!(refused, 0, "no token was used after its end");
}

#[tokio::test]
async fn another_place_for_a_renewed_token_means_everything_again() {
    let bench = Bench::new().await;
    let whole = noise(5 * MIB, 9);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    bench.platform.revoke_tokens();
    bench
        .platform
        .fault(Fault::OtherFileKey.on(On::GetUploadToken));
    let span = spans(&opened.cuts)[0];
    let error = bench
        .send_through(&opened.ticket, &whole, span)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::TicketLost);
    assert_eq!(error.cause.code, "wangsu_new_destination");
    bench.journey(&draft, &whole).await.unwrap();
    bench.one_work(&whole);
}

#[tokio::test]
async fn after_a_restart_blocks_that_landed_are_not_sent_again() {
    let bench = Bench::with(CHUNKS).await;
    let whole = noise(9 * MIB, 10);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let all = spans(&opened.cuts);
    let mut receipts = vec![bench.send(&opened.ticket, &whole, all[0]).await.unwrap()];
    let cut = Fault::Reset {
        after_bytes: 500_000,
    };
    bench.platform.fault(cut.on(On::Bput).part(2));
    bench
        .send(&opened.ticket, &whole, all[1])
        .await
        .unwrap_err();

    let bench = Bench::again(bench.platform.clone(), CHUNKS);
    let held = bench
        .adapter
        .held(&bench.session, &opened.ticket, &opened.cuts)
        .await;
    assert_eq!(
        held.unwrap(),
        Held::Unknown,
        "the storage cannot be asked: receipts count"
    );
    for span in &all[1..] {
        receipts.push(bench.send(&opened.ticket, &whole, *span).await.unwrap());
    }
    bench
        .commit(&draft, opened.ticket, &receipts)
        .await
        .unwrap();
    let seen = bench.one_work(&whole);
    let begun: Vec<u32> = seen.blocks.iter().map(|block| block.begun).collect();
    assert_eq!(begun, [1, 2, 1]);
}

#[tokio::test]
async fn a_ticket_older_than_blocks_are_trusted_is_lost() {
    let bench = Bench::new().await;
    let whole = noise(5 * MIB, 11);
    let opened = bench.open(&draft(&whole)).await.unwrap();
    let day_s = 24 * 3600;
    for (age_s, is_lost) in [(7 * day_s - 60, false), (7 * day_s, true)] {
        let mut kept = Kept::read(&opened.ticket).unwrap();
        kept.opened_at_s -= age_s;
        let held = bench
            .adapter
            .held(&bench.session, &kept.ticket(), &opened.cuts)
            .await;
        assert_eq!(held.is_err(), is_lost, "{age_s}");
        if let Err(error) = held {
            assert_eq!(error.kind, ErrorKind::TicketLost);
            assert_eq!(error.cause.code, "wangsu_resume_too_old");
        }
    }
}

#[tokio::test]
async fn other_bytes_than_were_sent_begin_the_block_anew() {
    let bench = Bench::with(CHUNKS).await;
    let (whole, other) = (noise(5 * MIB, 12), noise(5 * MIB, 13));
    let opened = bench.open(&draft(&whole)).await.unwrap();
    let span = spans(&opened.cuts)[0];
    let cut = Fault::Reset { after_bytes: 1 };
    bench.platform.fault(cut.on(On::Bput));
    bench.send(&opened.ticket, &whole, span).await.unwrap_err();
    let error = bench.send(&opened.ticket, &other, span).await.unwrap_err();
    assert_eq!(error.cause.code, "part_checksum_differs");
    bench.send(&opened.ticket, &other, span).await.unwrap();
    assert_eq!(bench.platform.inspect().blocks[0].begun, 2);
}

#[tokio::test]
async fn chunks_shrink_on_a_line_that_fails_and_grow_again() {
    let bench = Bench::new().await;
    let whole = noise(4 * BLOCK, 14);
    let opened = bench.open(&draft(&whole)).await.unwrap();
    let all = spans(&opened.cuts);
    let cut = Fault::Reset { after_bytes: 1 };
    bench.platform.fault(cut.on(On::Mkblk).times(2));
    for _ in 0..2 {
        bench
            .send(&opened.ticket, &whole, all[0])
            .await
            .unwrap_err();
    }
    let chunks = |bench: &Bench, index: usize| bench.platform.inspect().blocks[index].chunks;
    bench.send(&opened.ticket, &whole, all[0]).await.unwrap();
    assert_eq!(chunks(&bench, 0), 2 + 4, "1 MiB each");
    bench.send(&opened.ticket, &whole, all[1]).await.unwrap();
    assert_eq!(chunks(&bench, 1), 1, "a whole block again");
}

#[tokio::test]
async fn faults_of_the_line_and_of_the_server_are_passing() {
    let whole = noise(5 * MIB, 15);
    let mut faults = spoilt();
    faults.extend([500, 503, 599, 408].map(status));
    faults.push(gateway(502, None));
    faults.push(Fault::Reset {
        after_bytes: 70_000,
    });
    for fault in faults {
        let bench = Bench::new().await;
        let draft = draft(&whole);
        let opened = bench.open(&draft).await.unwrap();
        bench.platform.fault(fault.clone().on(On::Mkblk));
        let span = spans(&opened.cuts)[0];
        let error = bench.send(&opened.ticket, &whole, span).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ServerFault, "{fault:?}: {error:?}");
        bench.send(&opened.ticket, &whole, span).await.unwrap();
    }
    for (busy, seconds) in [(429, 7), (503, 9)] {
        let bench = Bench::new().await;
        let opened = bench.open(&draft(&whole)).await.unwrap();
        bench
            .platform
            .fault(gateway(busy, Some(seconds)).on(On::Mkblk));
        let span = spans(&opened.cuts)[0];
        let error = bench.send(&opened.ticket, &whole, span).await.unwrap_err();
        let wait = Some(Duration::from_secs(seconds));
        assert_eq!(error.kind, ErrorKind::RateLimited { wait });
    }
    let bench = Bench::new().await;
    let opened = bench.open(&draft(&whole)).await.unwrap();
    for (refusal, cause) in [
        (400, "wangsu_storage_refused"),
        (405, "wangsu_storage_refused"),
        (413, "wangsu_file_too_large"),
        (631, "wangsu_bucket_missing"),
    ] {
        bench.platform.fault(status(refusal).on(On::Mkblk));
        let span = spans(&opened.cuts)[0];
        let error = bench.send(&opened.ticket, &whole, span).await.unwrap_err();
        assert_eq!(
            (error.kind, error.cause.code.as_str()),
            (ErrorKind::Refused, cause)
        );
    }
}

#[tokio::test]
async fn a_form_that_went_wrong_ends_in_one_video() {
    let mut faults = spoilt();
    faults.extend([
        status(500),
        status(401),
        Fault::WrongHash,
        Fault::NoHash,
        Fault::Corrupted,
        Fault::TokensRevoked,
        Fault::CallbackFails {
            late_ms: Some(30_000),
        },
        Fault::Reset { after_bytes: 500 },
    ]);
    for fault in faults {
        for overwrite in ["1", "0"] {
            if overwrite == "0" && matches!(fault, Fault::WrongHash | Fault::Corrupted) {
                continue; // what was stored damaged cannot be written over
            }
            let bench = Bench::new().await;
            let whole = noise(100_000, 16);
            let draft = testing::draft("a.mp4", &whole, &[("overwrite", overwrite)]);
            bench.platform.fault(fault.clone().on(On::Form));
            let done = bench.journey(&draft, &whole).await;
            assert!(done.is_ok(), "{fault:?} {overwrite}: {done:?}");
            bench.one_work(&whole);
        }
    }
}

#[tokio::test]
async fn a_form_whose_token_ended_unanswered_is_looked_for_before_it_is_sent_again() {
    let bench = Bench::new().await;
    let whole = noise(100_000, 17);
    let draft = draft(&whole);
    let opened = bench.open(&draft).await.unwrap();
    let span = spans(&opened.cuts)[0];
    bench
        .platform
        .fault(Fault::AnswerLost { reset: true }.on(On::Form));
    bench.send(&opened.ticket, &whole, span).await.unwrap_err();
    bench.platform.clock().advance(Duration::from_hours(25));
    let _ = bench.adapter.check(&bench.session).await;
    let receipt = bench.send(&opened.ticket, &whole, span).await.unwrap();
    bench
        .commit(&draft, opened.ticket, &[receipt])
        .await
        .unwrap();
    bench.one_work(&whole);
    assert_eq!(bench.count(On::Form), 1);
}
