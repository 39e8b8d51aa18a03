use std::time::Duration;

use slipway_simulators::bilibili::{Profile, Simulator, Storage};

use crate::client::{Client, KIB, Request, fields, noise, part, sha256};

#[tokio::test]
async fn parts_in_any_order_merge_to_the_source() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    let source = noise(300 * KIB + 17, 1);
    let token = client.init("0").await;
    let parts: Vec<(u32, &[u8])> = (1..).zip(source.chunks(64 * KIB)).collect();
    for (number, bytes) in parts.iter().rev() {
        let answer = client.send_part(&token, *number, bytes).await;
        let etag = format!(
            "\"{}\"",
            hex::encode(<md5::Md5 as md5::Digest>::digest(bytes))
        );
        assert_eq!(answer.json()["data"]["etag"], etag);
    }
    assert_eq!(client.complete(&token).await.code(), 0);
    assert_eq!(client.add(&token, &fields("a")).await.code(), 0);
    let seen = simulator.inspect().await;
    let file = seen.manuscripts[0].file.clone().unwrap();
    assert_eq!(
        (file.sha256, file.bytes),
        (sha256(&source), source.len() as u64)
    );
    assert_eq!(std::fs::read(file.path).unwrap(), source);
    assert_eq!(seen.received.total, source.len() as u64);
    assert_eq!(seen.waste(), Some(1.0));
    assert!(
        seen.uploads[0]
            .parts
            .values()
            .all(|part| part.resent() == 0)
    );
    assert_eq!(seen.secrets_at_upload_host, 0);
}

#[tokio::test]
async fn parallel_parts_are_counted_per_upload_and_per_account() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    let tokens = [client.init("0").await, client.init("0").await];
    // Held open by their bodies: half of each is sent, the rest only when all four are counted.
    let mut lines = Vec::new();
    for (token, number) in [
        (&tokens[0], 1),
        (&tokens[0], 2),
        (&tokens[0], 3),
        (&tokens[1], 1),
    ] {
        let mut line = tokio::net::TcpStream::connect(simulator.address())
            .await
            .unwrap();
        let head = format!(
            "POST /video/v2/part/upload?upload_token={token}&part_number={number} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\na"
        );
        tokio::io::AsyncWriteExt::write_all(&mut line, head.as_bytes())
            .await
            .unwrap();
        lines.push(line);
    }
    simulator.reached(4).await;
    for mut line in lines {
        tokio::io::AsyncWriteExt::write_all(&mut line, b"b")
            .await
            .unwrap();
        tokio::io::AsyncReadExt::read_u8(&mut line).await.unwrap();
    }
    let seen = simulator.glance();
    let most: Vec<u32> = seen.uploads.iter().map(|u| u.parts_at_once_most).collect();
    assert_eq!(most, [3, 1]);
    assert_eq!(seen.accounts[0].parts_at_once_most, 4);
    assert_eq!(seen.accounts[1].parts_at_once_most, 0);
}

#[tokio::test]
async fn a_part_sent_again_counts_last_or_first_as_the_profile_has_it() {
    for (profile, kept) in [
        (Profile::Docs, "second"),
        (Profile::Strict, "first"),
        (Profile::Sloppy, "second"),
    ] {
        let simulator = Simulator::builder().profile(profile).start().await;
        let client = Client::of(&simulator);
        let token = client.init("0").await;
        for bytes in ["first", "second"] {
            assert_eq!(
                client
                    .send_part(&token, 1, bytes.as_bytes())
                    .await
                    .code_of(),
                0
            );
        }
        assert_eq!(client.complete(&token).await.code_of(), 0);
        let part = simulator.glance().uploads[0].parts[&1].clone();
        assert_eq!(part.held_bytes, Some(kept.len() as u64), "{profile:?}");
        assert_eq!((part.begun, part.landed, part.resent()), (2, 2, 1));
        assert_eq!(part.received_bytes, 11);
    }
}

#[tokio::test]
async fn a_gap_is_refused_or_silently_merged_over() {
    for (profile, code) in [
        (Profile::Docs, 123_008),
        (Profile::Strict, 123_008),
        (Profile::Sloppy, 0),
    ] {
        let simulator = Simulator::builder().profile(profile).start().await;
        let client = Client::of(&simulator);
        let token = client.init("0").await;
        assert_eq!(
            client.complete(&token).await.code_of(),
            123_008,
            "nothing to merge"
        );
        client.send_part(&token, 1, b"one").await;
        client.send_part(&token, 3, b"three").await;
        assert_eq!(client.complete(&token).await.code_of(), code, "{profile:?}");
        if code == 0 {
            client.add(&token, &fields("gap")).await;
            let file = simulator.inspect().await.manuscripts[0]
                .file
                .clone()
                .unwrap();
            assert_eq!(std::fs::read(file.path).unwrap(), b"onethree");
        } else {
            client.send_part(&token, 2, b"two").await;
            let closed = if profile == Profile::Strict {
                123_008
            } else {
                0
            };
            assert_eq!(
                client.complete(&token).await.code(),
                closed,
                "strict wants equal parts"
            );
        }
    }
}

#[tokio::test]
async fn a_second_complete_is_welcome_or_not() {
    for (profile, code) in [
        (Profile::Docs, 0),
        (Profile::Strict, 127_022),
        (Profile::Sloppy, 0),
    ] {
        let simulator = Simulator::builder().profile(profile).start().await;
        let client = Client::of(&simulator);
        let token = client.uploaded().await;
        assert_eq!(client.complete(&token).await.code_of(), code, "{profile:?}");
        assert_eq!(simulator.glance().uploads[0].complete_calls, 2);
    }
}

#[tokio::test]
async fn a_short_body_leaves_nothing_behind() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    let token = client.init("0").await;
    let short = part(&token, 1, &noise(10 * KIB, 2)).with("content-length", (20 * KIB).to_string());
    assert!(
        short.send(simulator.address()).await.is_err(),
        "the connection ends"
    );
    let seen = simulator
        .until(|seen| seen.answers.iter().any(|a| a.http == 0))
        .await;
    let part = &seen.uploads[0].parts[&1];
    assert_eq!((part.begun, part.landed, part.held_bytes), (1, 0, None));
    assert_eq!(part.received_bytes, 10 * KIB as u64);
    assert_eq!(client.complete(&token).await.code(), 123_008);
}

#[tokio::test]
async fn the_upload_host_refuses_what_is_no_part() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    let (parts, small) = (client.init("0").await, client.init("1").await);
    let to = |path: String| Request::new("POST", path).body("x");
    let cases = [
        (to("/video/v2/part/upload?part_number=1".into()), 127_022),
        (
            to("/video/v2/part/upload?upload_token=none&part_number=1".into()),
            127_022,
        ),
        (part(&small, 1, b"x"), 123_008),
        (
            to(format!("/video/v2/upload?upload_token={parts}")),
            123_008,
        ),
        (
            to(format!("/video/v2/part/upload?upload_token={parts}")),
            4000,
        ),
        (
            to(format!(
                "/video/v2/part/upload?upload_token={parts}&partNumber=1"
            )),
            4000,
        ),
        (part(&parts, 0, b"x"), 4000),
        (
            to(format!(
                "/video/v2/part/upload?upload_token={parts}&part_number=x"
            )),
            4000,
        ),
        (part(&parts, 10_001, b"x"), 4000),
        (part(&parts, 1, b""), 4000),
    ];
    for (request, code) in cases {
        let answer = request.send(simulator.address()).await.unwrap();
        assert_eq!(
            (answer.status, answer.code()),
            (200, code),
            "{}",
            request.path
        );
    }
    let chunked = part(&parts, 1, b"1\r\nx\r\n0\r\n\r\n").with("transfer-encoding", "chunked");
    assert_eq!(chunked.send(simulator.address()).await.unwrap().status, 411);
    simulator.switches(|s| s.part_bytes_max = 4);
    assert_eq!(client.send_part(&parts, 1, b"12345").await.code(), 123_008);
    simulator.switches(|s| s.too_large_is_413 = true);
    assert_eq!(client.send_part(&parts, 1, b"12345").await.status, 413);
    assert!(simulator.glance().uploads.iter().all(|u| u.held_bytes == 0));
}

#[tokio::test]
async fn what_does_not_belong_to_the_upload_host_is_noticed() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    let token = client.init("0").await;
    let part = part(&token, 1, b"x");
    for request in [
        part.clone().with("Authorization", "x"),
        part.clone().with("access-token", "x"),
        part.clone()
            .with("content-type", "multipart/form-data; boundary=x"),
        part,
    ] {
        assert_eq!(request.send(simulator.address()).await.unwrap().code(), 0);
    }
    let seen = simulator.glance();
    assert_eq!(
        (seen.secrets_at_upload_host, seen.multipart_at_upload_host),
        (2, 1)
    );
}

#[tokio::test]
async fn a_small_file_needs_no_merge_and_can_be_sent_again() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    let token = client.init("1").await;
    for body in ["lost", "found"] {
        let request =
            Request::new("POST", format!("/video/v2/upload?upload_token={token}")).body(body);
        assert_eq!(request.send(simulator.address()).await.unwrap().code(), 0);
    }
    assert_eq!(client.add(&token, &fields("small")).await.code(), 0);
    let file = simulator.inspect().await.manuscripts[0]
        .file
        .clone()
        .unwrap();
    assert_eq!(file.sha256, sha256(b"found"));
}

#[tokio::test]
async fn an_upload_token_ends_after_its_life() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    let token = client.init("0").await;
    simulator.clock().advance(Duration::from_hours(11));
    assert_eq!(client.send_part(&token, 1, b"x").await.code(), 0);
    simulator.clock().advance(Duration::from_hours(1));
    assert_eq!(client.send_part(&token, 2, b"x").await.code(), 127_022);
    assert_eq!(client.complete(&token).await.code(), 127_022);
    simulator.switches(|s| s.upload_token_extends = true);
    let token = client.init("0").await;
    for number in 1..4 {
        simulator.clock().advance(Duration::from_hours(11));
        assert_eq!(client.send_part(&token, number, b"x").await.code(), 0);
    }
}

#[tokio::test]
async fn another_users_token_is_no_token() {
    let simulator = Simulator::builder().start().await;
    let token = Client::of(&simulator).uploaded().await;
    let stranger = Client::user(&simulator, 1);
    assert_eq!(stranger.complete(&token).await.code(), 127_022);
    assert_eq!(stranger.add(&token, &fields("mine")).await.code(), 127_022);
}

#[tokio::test]
async fn the_series_adds_up_and_a_quiet_line_shows() {
    let simulator = Simulator::builder().storage(Storage::Digests).start().await;
    let client = Client::of(&simulator);
    let token = client.init("0").await;
    client.send_part(&token, 1, &noise(100 * KIB, 3)).await;
    let seen = simulator.glance();
    let at = seen.received.last_ms().unwrap();
    assert_eq!(seen.received.between(0, at), 100 * KIB as u64);
    assert_eq!(seen.received.between(at, u64::MAX), 0);
    assert_eq!(
        seen.uploads[0].parts[&1].sha256,
        Some(sha256(&noise(100 * KIB, 3)))
    );
}

#[tokio::test]
async fn a_discarding_platform_counts_and_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let simulator = Simulator::builder()
        .discarding()
        .data(folder.path())
        .start()
        .await;
    let client = Client::of(&simulator);
    let token = client.uploaded().await;
    assert_eq!(client.add(&token, &fields("gone")).await.code(), 0);
    let seen = simulator.inspect().await;
    assert_eq!(seen.received.total, 3 * KIB as u64);
    assert_eq!(seen.manuscripts[0].file, None);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn file_names_need_a_video_ending_and_utype_a_meaning() {
    let simulator = Simulator::builder().start().await;
    let client = Client::of(&simulator);
    let cases = [
        (r#"{"name":"clip.txt"}"#, 127_102),
        (r#"{"name":"clip"}"#, 127_102),
        (r#"{"utype":"0"}"#, 4000),
        (r#"{"name":"clip.mp4","utype":"2"}"#, 4000),
        ("not json", 4000),
        (r#"{"name":"CLIP.MP4"}"#, 0),
        (r#"{"name":"clip.flv","utype":1}"#, 0),
    ];
    for (body, code) in cases {
        assert_eq!(
            client.post("archive/video/init", body).await.code(),
            code,
            "{body}"
        );
    }
}
