use super::{NOW, account, add, open, uploads};
use crate::{OpenError, QueueQuery, Store, migration, open as opening};
use rusqlite::Connection;
use std::{fs, io::Write, path::Path};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

async fn uploads_of(store: &Store) -> usize {
    let ids = store.uploads_ids(QueueQuery::default()).await.unwrap();
    ids.len()
}

/// The folder as a killed process leaves it.
fn killed(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join("backups")).unwrap();
    for name in ["queue.db", "queue.db-wal"] {
        fs::copy(dir.join(name), copy.path().join(name)).unwrap();
    }
    for backup in crate::backup::list(dir) {
        let name = backup.path.file_name().unwrap();
        fs::copy(&backup.path, copy.path().join("backups").join(name)).unwrap();
    }
    copy
}

fn overwrite(file: &Path, from: u64, bytes: usize) {
    use std::io::{Seek, SeekFrom};
    let mut file = fs::OpenOptions::new().write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(from)).unwrap();
    file.write_all(&vec![0xA5; bytes]).unwrap();
}

#[test]
fn every_migration_runs_on_an_empty_file_and_gives_this_schema() {
    let mut conn = Connection::open_in_memory().unwrap();
    migration::run(&mut conn).unwrap();
    assert_eq!(migration::version(&conn).unwrap(), migration::KNOWN);
    let mut statement = conn
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' ORDER BY rowid")
        .unwrap();
    let schema: Vec<String> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    insta::assert_snapshot!("schema", schema.join(";\n"));
}

#[tokio::test]
async fn a_clean_end_needs_no_check_and_an_unclean_one_does() {
    let (dir, store) = open().await;
    let to = account(&store, "a").await;
    add(&store, &["one", "two"], &[to]).await;
    let crashed = killed(dir.path());
    store.close().await.unwrap();
    store.close().await.expect("a second close is nothing");
    assert!(
        !dir.path().join("queue.db-wal").exists(),
        "the log is written back"
    );

    let (again, report) = Store::open(dir.path(), NOW).await.unwrap();
    assert!(!report.created && !report.checked);
    assert_eq!(uploads_of(&again).await, 2);

    let (again, report) = Store::open(crashed.path(), NOW).await.unwrap();
    assert!(report.checked && report.restored.is_none());
    assert_eq!(
        uploads_of(&again).await,
        2,
        "what was answered outlives a kill"
    );
}

#[tokio::test]
async fn a_damaged_file_is_set_aside_and_the_newest_good_backup_comes_back() {
    let (dir, store) = open().await;
    let to = account(&store, "a").await;
    uploads(&store, &["one", "two"], to).await;
    store.backup(NOW).await.unwrap();
    uploads(&store, &["three"], to).await;
    let worst = store.backup(NOW + DAY_MS).await.unwrap();
    store.close().await.unwrap();
    let (store, _) = Store::open(dir.path(), NOW).await.unwrap();
    overwrite(&worst, 4096, 8 * 4096);
    let crashed = killed(dir.path());
    let file = crashed.path().join("queue.db");
    overwrite(&file, 4096, 8 * 4096);
    let damaged = fs::read(&file).unwrap();

    let (again, report) = Store::open(crashed.path(), NOW + 2 * DAY_MS).await.unwrap();
    let restored = report.restored.expect("the damage is found");
    assert_eq!(
        restored.backup_at_ms,
        Some(NOW / 1000 * 1000),
        "the damaged backup is passed over"
    );
    assert_eq!(
        (restored.accounts, restored.manuscripts, restored.uploads),
        (1, 2, 2)
    );
    assert_eq!(uploads_of(&again).await, 2);
    let aside = restored.damaged_file.unwrap();
    assert!(
        fs::read(&aside).unwrap() == damaged,
        "not a byte of it is changed"
    );
    assert!(opening::beside(&aside, "-wal").exists());
    assert_eq!(again.health().await.unwrap().integrity, "ok");
    store.close().await.unwrap();
}

#[tokio::test]
async fn damage_without_a_backup_starts_empty_and_says_so() {
    let (dir, store) = open().await;
    account(&store, "a").await;
    store.close().await.unwrap();
    overwrite(&dir.path().join("queue.db"), 0, 4096);
    let (again, report) = Store::open(dir.path(), NOW).await.unwrap();
    let restored = report.restored.unwrap();
    assert_eq!((restored.backup_at_ms, restored.accounts), (None, 0));
    assert!(restored.damaged_file.unwrap().exists());
    assert_eq!(again.accounts().await.unwrap(), []);
}

#[tokio::test]
async fn a_file_that_is_gone_comes_back_from_its_backup() {
    let (dir, store) = open().await;
    account(&store, "a").await;
    store.backup(NOW).await.unwrap();
    store.close().await.unwrap();
    fs::remove_file(dir.path().join("queue.db")).unwrap();
    let (again, report) = Store::open(dir.path(), NOW).await.unwrap();
    assert_eq!(report.restored.unwrap().damaged_file, None);
    assert_eq!(again.accounts().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_newer_file_is_refused_with_a_sentence_and_left_as_it_is() {
    let (dir, store) = open().await;
    store.close().await.unwrap();
    let file = dir.path().join("queue.db");
    let conn = Connection::open(&file).unwrap();
    conn.pragma_update(None, "user_version", 99).unwrap();
    conn.close().unwrap();
    let before = fs::read(&file).unwrap();
    let Err(error) = Store::open(dir.path(), NOW).await else {
        panic!("a newer file was opened");
    };
    assert!(matches!(
        error,
        OpenError::Newer {
            found: 99,
            known: migration::KNOWN
        }
    ));
    assert!(
        error.to_string().ends_with("install the newer version."),
        "{error}"
    );
    assert!(fs::read(&file).unwrap() == before);
}

#[tokio::test]
async fn backups_are_daily_and_three_are_kept() {
    let (dir, store) = open().await;
    assert!(store.backup_if_due(NOW).await.unwrap());
    assert!(!store.backup_if_due(NOW + DAY_MS - 1000).await.unwrap());
    for day in 1..=4 {
        assert!(store.backup_if_due(NOW + day * DAY_MS).await.unwrap());
    }
    let names: Vec<_> = fs::read_dir(dir.path().join("backups")).unwrap().collect();
    assert_eq!(names.len(), 3, "{names:?}");
    let newest = &store.health().await.unwrap().backups[0];
    let conn = Connection::open(newest).unwrap();
    assert_eq!(migration::version(&conn).unwrap(), migration::KNOWN);
}

#[cfg(unix)]
#[tokio::test]
async fn the_folder_and_its_files_are_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let above = tempfile::tempdir().unwrap();
    let dir = above.path().join("data");
    let (store, _) = Store::open(&dir, NOW).await.unwrap();
    account(&store, "a").await;
    let backup = store.backup(NOW).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&dir.join("backups")), 0o700);
    for file in ["queue.db", "queue.db-wal", "queue.db-shm"] {
        assert_eq!(mode(&dir.join(file)), 0o600, "{file}");
    }
    assert_eq!(mode(&backup), 0o600);
}

/// The superuser may write anywhere, so the test runs itself again as nobody.
#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_cannot_be_written_is_refused_with_a_sentence() {
    use std::os::unix::{fs::PermissionsExt, process::CommandExt};
    const FOLDER: &str = "SLIPWAY_TEST_READ_ONLY_FOLDER";
    if let Ok(folder) = std::env::var(FOLDER) {
        let Err(error) = Store::open(Path::new(&folder), NOW).await else {
            panic!("it was opened");
        };
        assert!(matches!(error, OpenError::ReadOnly { .. }), "{error:?}");
        assert!(error.to_string().contains("allow this user to write there"));
        return;
    }
    let (dir, store) = open().await;
    account(&store, "a").await;
    store.close().await.unwrap();
    let set_mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let empty = tempfile::tempdir().unwrap();
    set_mode(empty.path(), 0o555);
    set_mode(&dir.path().join("queue.db"), 0o444);
    set_mode(dir.path(), 0o555);
    // A copy, since nobody may not come to where tests are built.
    let program = std::env::temp_dir().join(format!("slipway-store-{}", std::process::id()));
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    set_mode(&program, 0o755);
    for folder in [
        dir.path().to_owned(),
        empty.path().to_owned(),
        empty.path().join("new"),
    ] {
        let mut again = std::process::Command::new(&program);
        again.args([
            "--exact",
            "tests::opening::a_folder_that_cannot_be_written_is_refused_with_a_sentence",
        ]);
        again.env(FOLDER, &folder).current_dir("/");
        if fs::File::create(empty.path().join("probe")).is_ok() {
            fs::remove_file(empty.path().join("probe")).unwrap();
            again.uid(65_534).gid(65_534);
        }
        let ended = again.output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(said.contains("1 passed"), "{folder:?}: {said}");
    }
    fs::remove_file(program).unwrap();
    set_mode(dir.path(), 0o755);
}
