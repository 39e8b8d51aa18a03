use super::*;
use crate::testing::{self, Kept, Secrets, cover, crc64, noise, spans};
use bytes::Bytes;
use slipway_model::Span;
use std::fs;
use tempfile::TempDir;

const MIB: usize = 1 << 20;

struct Bench {
    folder: TempDir,
    adapter: Adapter,
    session: Session,
    keeper: Kept,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            session: session_at(folder.path()),
            folder,
            adapter: Adapter::default(),
            keeper: Kept::default(),
        }
    }

    async fn fill(&self, draft: &Draft, whole: &Bytes) -> (Ticket, Vec<Receipt>) {
        let opened = self.adapter.open(&self.session, draft, 4).await.unwrap();
        let mut receipts = Vec::new();
        for span in spans(&opened.cuts) {
            let part = testing::part(whole, span, false);
            receipts.push(
                self.adapter
                    .send(&self.session, &opened.ticket, part)
                    .await
                    .unwrap(),
            );
        }
        (opened.ticket, receipts)
    }

    async fn commit(&self, draft: &Draft, ticket: Ticket, whole: &Bytes) -> Result<Remote> {
        let sum = Some(crc64(whole));
        let step = self
            .adapter
            .commit(&self.session, ticket, &[], sum, draft, &self.keeper)
            .await?;
        let Step::Published(remote) = step else {
            panic!("a folder publishes at once");
        };
        Ok(remote)
    }

    /// Names in the folder, hidden ones too.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name)).unwrap()
    }
}

fn session_at(folder: &Path) -> Session {
    testing::session(Secrets::of(&[]), &[("path", &folder.display().to_string())])
}

fn draft(name: &str, whole: &Bytes) -> Draft {
    testing::draft(name, whole, &[("title", "海边"), ("tags", "a,b")])
}

#[tokio::test]
async fn a_file_arrives_whole_with_its_manuscript_and_cover() {
    let bench = Bench::new();
    let whole = noise(40 * MIB + 17, 1);
    let mut draft = draft("clip.mp4", &whole);
    draft.cover = Some(cover(Bytes::from_static(b"\x89PNG")));
    let opened = bench.adapter.open(&bench.session, &draft, 4).await.unwrap();
    assert!(opened.cuts.len() > 4, "the tail is cut for four lanes");
    // All parts at once, in no order.
    let sends = spans(&opened.cuts).into_iter().rev().map(|span| {
        let part = testing::part(&whole, span, false);
        bench.adapter.send(&bench.session, &opened.ticket, part)
    });
    let receipts = futures_util::future::try_join_all(sends).await.unwrap();
    assert!(receipts.iter().all(|receipt| receipt.crc64.is_some()));
    assert_eq!(
        bench.names().len(),
        1,
        "nothing is to be seen before the end"
    );

    let remote = bench.commit(&draft, opened.ticket, &whole).await.unwrap();
    assert_eq!(bench.names(), ["clip.mp4", "clip.mp4.json", "clip.mp4.png"]);
    assert!(bench.read("clip.mp4") == whole, "byte for byte");
    assert_eq!(bench.read("clip.mp4.png"), b"\x89PNG");
    assert_eq!(
        remote.id,
        bench.folder.path().join("clip.mp4").display().to_string()
    );
    assert!(remote.url.unwrap().starts_with("file://"));
    let written: serde_json::Value = serde_json::from_slice(&bench.read("clip.mp4.json")).unwrap();
    assert_eq!(written["title"], "海边");
    assert_eq!(written["tags"], "a,b");
    assert_eq!(written["file"], "clip.mp4");
    assert_eq!(written["cover"], "clip.mp4.png");
    assert_eq!(written["size_bytes"], whole.len());
    assert_eq!(written["crc64_nvme"], format!("{:016x}", crc64(&whole)));
}

#[tokio::test]
async fn captions_stand_beside_the_video_a_file_for_each_language() {
    let bench = Bench::new();
    let whole = noise(1000, 3);
    let (english, unnamed) = (
        "WEBVTT\nLanguage: en\n\n00:01.000 --> 00:02.000\nsea\n",
        "WEBVTT\n",
    );
    let fields = [
        ("title", "海边"),
        ("captions", &format!("{english}\n{unnamed}")),
    ];
    let draft = testing::draft("clip.mp4", &whole, &fields);
    let (ticket, _) = bench.fill(&draft, &whole).await;
    bench.commit(&draft, ticket, &whole).await.unwrap();
    let names = [
        "clip.mp4",
        "clip.mp4.en.vtt",
        "clip.mp4.json",
        "clip.mp4.und.vtt",
    ];
    assert_eq!(bench.names(), names);
    assert_eq!(bench.read("clip.mp4.en.vtt"), english.as_bytes());
    let written: serde_json::Value = serde_json::from_slice(&bench.read("clip.mp4.json")).unwrap();
    assert_eq!(written["captions"], serde_json::json!([names[1], names[3]]));
    let twice = [("captions".to_owned(), unnamed.repeat(2))].into();
    let notes = bench.adapter.notes(&bench.session, &twice, "clip.mp4");
    assert_eq!(notes[0].cause.code, "captions_language_twice");
}

#[tokio::test]
async fn an_existing_file_is_never_replaced() {
    let bench = Bench::new();
    let whole = noise(1000, 2);
    for taken in ["clip.mp4", "clip (2).mp4", "clip (3).mp4.json"] {
        fs::write(bench.folder.path().join(taken), "mine").unwrap();
    }
    let draft = draft("clip.mp4", &whole);
    let (ticket, _) = bench.fill(&draft, &whole).await;
    bench.commit(&draft, ticket, &whole).await.unwrap();
    for taken in ["clip.mp4", "clip (2).mp4", "clip (3).mp4.json"] {
        assert_eq!(bench.read(taken), b"mine");
    }
    assert!(bench.read("clip (4).mp4") == whole);
}

#[tokio::test]
async fn a_name_taken_in_the_last_moment_is_not_replaced_either() {
    let bench = Bench::new();
    let whole = noise(1000, 3);
    let draft = draft("clip.mp4", &whole);
    let (ticket, _) = bench.fill(&draft, &whole).await;
    *bench.keeper.crash_at.lock() = Some(1);
    bench.commit(&draft, ticket, &whole).await.unwrap_err();
    let ticket = bench.keeper.last();
    assert_eq!(
        Place::read(&ticket).unwrap().target.as_deref(),
        Some("clip.mp4")
    );
    fs::write(bench.folder.path().join("clip.mp4"), "another's").unwrap();
    bench.commit(&draft, ticket, &whole).await.unwrap();
    assert_eq!(bench.read("clip.mp4"), b"another's");
    assert!(bench.read("clip (2).mp4") == whole);
    assert_eq!(
        bench.keeper.announced.lock().len(),
        1,
        "one submission is announced once"
    );
    assert_eq!(bench.names().len(), 3, "{:?}", bench.names());
}

#[tokio::test]
async fn a_commit_that_is_repeated_finds_its_own_result() {
    let bench = Bench::new();
    let whole = noise(3 * MIB, 4);
    let draft = draft("clip.mp4", &whole);
    let (ticket, _) = bench.fill(&draft, &whole).await;
    let first = bench.commit(&draft, ticket, &whole).await.unwrap();
    let again = bench
        .commit(&draft, bench.keeper.last(), &whole)
        .await
        .unwrap();
    assert_eq!(first, again);
    assert_eq!(bench.names(), ["clip.mp4", "clip.mp4.json"]);
}

#[tokio::test]
async fn a_crash_between_announcement_and_move_makes_one_copy() {
    let bench = Bench::new();
    let whole = noise(1000, 5);
    let draft = draft("clip.mp4", &whole);
    let (ticket, _) = bench.fill(&draft, &whole).await;
    *bench.keeper.crash_at.lock() = Some(1);
    bench.commit(&draft, ticket, &whole).await.unwrap_err();
    bench
        .commit(&draft, bench.keeper.last(), &whole)
        .await
        .unwrap();
    assert_eq!(bench.names(), ["clip.mp4", "clip.mp4.json"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_crash_between_linking_and_unlinking_leaves_one_copy() {
    let bench = Bench::new();
    let whole = noise(1000, 6);
    let draft = draft("clip.mp4", &whole);
    let (ticket, _) = bench.fill(&draft, &whole).await;
    let mut place = Place::read(&ticket).unwrap();
    fs::hard_link(place.working(), bench.folder.path().join("clip.mp4")).unwrap();
    place.target = Some("clip.mp4".into());
    bench.commit(&draft, place.ticket(), &whole).await.unwrap();
    assert_eq!(bench.names(), ["clip.mp4"]);
}

#[tokio::test]
async fn a_copy_that_differs_is_sent_again() {
    let bench = Bench::new();
    let whole = noise(3 * MIB, 7);
    let draft = draft("clip.mp4", &whole);
    let (ticket, _) = bench.fill(&draft, &whole).await;
    let working = Place::read(&ticket).unwrap().working();
    let mut rotten = fs::read(&working).unwrap();
    rotten[2 * MIB] ^= 1;
    fs::write(&working, rotten).unwrap();
    let error = bench.commit(&draft, ticket, &whole).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TicketLost);
    assert_eq!(error.cause.code, "folder_copy_differs");
    // Everything again, over the same working file.
    let (ticket, _) = bench.fill(&draft, &whole).await;
    bench.commit(&draft, ticket, &whole).await.unwrap();
    assert!(bench.read("clip.mp4") == whole);
    assert_eq!(bench.names(), ["clip.mp4", "clip.mp4.json"]);
}

#[tokio::test]
async fn opening_again_takes_the_same_file() {
    let bench = Bench::new();
    let whole = noise(2 * MIB, 8);
    let draft = draft("clip.mp4", &whole);
    let first = bench.adapter.open(&bench.session, &draft, 4).await.unwrap();
    let again = bench.adapter.open(&bench.session, &draft, 4).await.unwrap();
    assert_eq!(first.ticket, again.ticket);
    assert_eq!(bench.names().len(), 1);
    let held = bench
        .adapter
        .held(&bench.session, &again.ticket, &again.cuts)
        .await;
    assert_eq!(held.unwrap(), Held::Unknown);
}

#[tokio::test]
async fn a_lost_working_file_is_a_lost_ticket_and_a_lost_folder_waits() {
    let bench = Bench::new();
    let whole = noise(2 * MIB, 9);
    let draft = draft("clip.mp4", &whole);
    let opened = bench.adapter.open(&bench.session, &draft, 4).await.unwrap();
    let path = Place::read(&opened.ticket).unwrap().working();
    fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(5)
        .unwrap();
    let held = bench
        .adapter
        .held(&bench.session, &opened.ticket, &opened.cuts)
        .await;
    assert_eq!(
        held.unwrap_err().kind,
        ErrorKind::TicketLost,
        "of another size"
    );
    fs::remove_file(&path).unwrap();
    let held = bench
        .adapter
        .held(&bench.session, &opened.ticket, &opened.cuts)
        .await;
    assert_eq!(held.unwrap_err().kind, ErrorKind::TicketLost);
    let span = spans(&opened.cuts)[0];
    let sent = testing::part(&whole, span, false);
    let sent = bench
        .adapter
        .send(&bench.session, &opened.ticket, sent)
        .await;
    assert_eq!(sent.unwrap_err().kind, ErrorKind::TicketLost);
    let error = bench
        .commit(&draft, opened.ticket.clone(), &whole)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::TicketLost);

    fs::remove_dir_all(bench.folder.path()).unwrap();
    let held = bench
        .adapter
        .held(&bench.session, &opened.ticket, &opened.cuts)
        .await;
    assert_eq!(held.unwrap_err().kind, ErrorKind::Offline);
    let error = bench
        .commit(&draft, opened.ticket, &whole)
        .await
        .unwrap_err();
    assert_eq!(
        error.kind,
        ErrorKind::Offline,
        "an unplugged disk comes back"
    );
    let error = bench
        .adapter
        .open(&bench.session, &draft, 1)
        .await
        .unwrap_err();
    assert_eq!(error.cause.code, "folder_missing");
    assert_eq!(
        error.cause.params["folder"],
        bench.folder.path().display().to_string()
    );
    let health = bench.adapter.check(&bench.session).await.unwrap();
    assert_eq!(health.state, HealthState::Troubled);
}

#[tokio::test]
async fn a_part_of_another_length_is_not_acknowledged() {
    let bench = Bench::new();
    let whole = noise(2 * MIB, 10);
    let draft = draft("clip.mp4", &whole);
    let opened = bench.adapter.open(&bench.session, &draft, 1).await.unwrap();
    for promised in [MIB as u64 - 1, MIB as u64 + 1] {
        let span = Span {
            number: 1,
            offset_bytes: 0,
            len_bytes: MIB as u64,
        };
        let mut part = testing::part(&whole, span, false);
        part.len_bytes = promised;
        let error = bench
            .adapter
            .send(&bench.session, &opened.ticket, part)
            .await;
        assert_eq!(
            error.unwrap_err().kind,
            ErrorKind::FileChanged,
            "{promised}"
        );
    }
}

#[tokio::test]
async fn a_cancelled_upload_leaves_nothing() {
    let bench = Bench::new();
    let whole = noise(1000, 11);
    let draft = draft("clip.mp4", &whole);
    let (ticket, _) = bench.fill(&draft, &whole).await;
    bench.adapter.abort(&bench.session, &ticket).await.unwrap();
    bench.adapter.abort(&bench.session, &ticket).await.unwrap();
    assert!(bench.names().is_empty());
}

#[tokio::test]
async fn odd_names_arrive_as_they_are() {
    for name in [
        "it's \"quoted\".mp4",
        "🎬🏖️.mov",
        "海边的一天.mp4",
        "סרטון.mkv",
        &format!("{}.mp4", "x".repeat(251)),
    ] {
        let bench = Bench::new();
        let whole = noise(100, 12);
        for expected in 1..=2 {
            let draft = draft(name, &whole);
            let (ticket, _) = bench.fill(&draft, &whole).await;
            bench.commit(&draft, ticket, &whole).await.unwrap();
            assert_eq!(bench.names().len(), 2 * expected, "{:?}", bench.names());
        }
        assert!(bench.read(name) == whole);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_cannot_be_written_is_refused_with_its_name() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    let set = |mode| fs::set_permissions(bench.folder.path(), fs::Permissions::from_mode(mode));
    set(0o500).unwrap();
    let is_root = fs::File::create_new(bench.folder.path().join("probe")).is_ok();
    let health = bench.adapter.check(&bench.session).await.unwrap();
    let opened = bench
        .adapter
        .open(&bench.session, &draft("a.mp4", &noise(10, 1)), 1)
        .await;
    set(0o700).unwrap();
    if is_root {
        assert_eq!(
            health.state,
            HealthState::Ready,
            "permissions do not bind this user"
        );
    } else {
        assert_eq!(health.state, HealthState::Troubled);
        let error = opened.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused);
        assert_eq!(error.cause.code, "folder_not_writable");
    }
}

#[tokio::test]
async fn a_file_larger_than_the_disk_is_refused_before_a_byte() {
    let bench = Bench::new();
    let mut draft = draft("a.mp4", &noise(10, 1));
    draft.size_bytes = 1 << 60;
    let error = bench
        .adapter
        .open(&bench.session, &draft, 1)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::DiskFull);
    assert!(bench.names().is_empty(), "{:?}", bench.names());
}

#[tokio::test]
async fn a_folder_must_be_named_and_absolute() {
    let adapter = Adapter::default();
    for (settings, code) in [
        (&[][..], "setting_missing"),
        (&[("path", "relative/folder")][..], "folder_not_absolute"),
    ] {
        let session = testing::session(Secrets::of(&[]), settings);
        let error = adapter.check(&session).await.unwrap_err();
        assert_eq!(
            (error.kind, error.cause.code.as_str()),
            (ErrorKind::Refused, code)
        );
    }
}

#[tokio::test]
async fn a_part_that_is_dropped_midway_can_be_sent_again() {
    let bench = Bench::new();
    let whole = noise(4 * MIB, 13);
    let draft = draft("clip.mp4", &whole);
    let opened = bench.adapter.open(&bench.session, &draft, 1).await.unwrap();
    let span = spans(&opened.cuts)[0];
    let mut never = testing::part(&whole, span, false);
    let first = futures_util::StreamExt::take(never.body, 2);
    never.body = Box::pin(futures_util::StreamExt::chain(
        first,
        futures_util::stream::pending(),
    ));
    let (adapter, session) = (&bench.adapter, &bench.session);
    tokio::select! {
        biased;
        sent = adapter.send(session, &opened.ticket, never) => panic!("{sent:?}"),
        () = tokio::task::yield_now() => {}
    }
    let (ticket, _) = bench.fill(&draft, &whole).await;
    bench.commit(&draft, ticket, &whole).await.unwrap();
    assert!(bench.read("clip.mp4") == whole);
}
