use super::{NOW, account, add, bring, open, state, uploads};
use crate::{
    Counts, HistoryFilter, NeedsYou, QueueFilter, QueueQuery, SaveUpload, Store, history,
    queue::{Jump, Walk},
    runnable,
};
use slipway_model::{AccountId, Fields, Intent, PhaseName, UploadId};

const FILTERS: [QueueFilter; 7] = [
    QueueFilter::All,
    QueueFilter::NeedsYou,
    QueueFilter::Running,
    QueueFilter::Waiting,
    QueueFilter::WithPlatforms,
    QueueFilter::Done,
    QueueFilter::Failed,
];

/// An upload in each phase, and held ones, spread over two accounts.
async fn mixed(store: &Store) -> (AccountId, AccountId, Vec<UploadId>) {
    let (a, b) = (
        account(store, "Ärmel").await,
        account(store, "second").await,
    );
    let mut ids = Vec::new();
    for to in [a, b] {
        for phase in PhaseName::ALL {
            let id = uploads(store, &[phase.as_str()], to).await[0];
            bring(store, id, phase).await;
            let held = uploads(store, &["held"], to).await[0];
            let held_state = SaveUpload {
                intent: Intent::Hold,
                ..state(held, phase)
            };
            store
                .upload_save(held_state, Vec::new(), NOW)
                .await
                .unwrap();
            ids.extend([id, held]);
        }
    }
    (a, b, ids)
}

fn search(words: &str) -> QueueQuery {
    QueueQuery {
        search: Some(words.into()),
        limit: 100,
        ..QueueQuery::default()
    }
}

async fn titles(store: &Store, query: QueueQuery) -> Vec<String> {
    let page = store.queue_page(query).await.unwrap();
    page.rows.into_iter().map(|row| row.title).collect()
}

#[tokio::test]
async fn every_filter_holds_what_it_says_and_counts_agree() {
    let (_dir, store) = open().await;
    let (a, _, ids) = mixed(&store).await;
    let needs_you = NeedsYou {
        ids: vec![ids[0], ids[20]],
        accounts: vec![a],
    };
    let counts = store.queue_counts(needs_you.clone()).await.unwrap();
    let want = Counts {
        all: 32,
        needs_you: 11,
        running: 8,
        waiting: 8,
        with_platforms: 4,
        done: 4,
        failed: 4,
        cancelled: 4,
    };
    assert_eq!(counts, want);
    for filter in FILTERS {
        let query = QueueQuery {
            filter,
            limit: 100,
            needs_you: needs_you.clone(),
            ..QueueQuery::default()
        };
        let page = store.queue_page(query.clone()).await.unwrap();
        let count = match filter {
            QueueFilter::All => counts.all,
            QueueFilter::NeedsYou => counts.needs_you,
            QueueFilter::Running => counts.running,
            QueueFilter::Waiting => counts.waiting,
            QueueFilter::WithPlatforms => counts.with_platforms,
            QueueFilter::Done => counts.done,
            QueueFilter::Failed => counts.failed,
            QueueFilter::Phase(_) => unreachable!(),
        };
        assert_eq!(
            (page.total, page.rows.len() as u64),
            (count, count),
            "{filter:?}"
        );
        let walked = store.uploads_ids(query.clone()).await.unwrap();
        let paged: Vec<_> = page.rows.iter().map(|row| row.id).collect();
        assert_eq!(walked, paged, "both ways of finding {filter:?} agree");
        for (at, id) in walked.iter().enumerate() {
            let index = store.queue_index(*id, query.clone()).await.unwrap();
            assert_eq!(index, Some(at as u64));
        }
    }
    let phase = QueueFilter::Phase(PhaseName::Failed);
    let of_a = QueueQuery {
        filter: phase,
        account: Some(a),
        limit: 9,
        ..QueueQuery::default()
    };
    let page = store.queue_page(of_a.clone()).await.unwrap();
    assert!(page.total == 2 && page.rows.iter().all(|row| row.account == a));
    assert_eq!(
        store.queue_index(ids[0], of_a).await.unwrap(),
        None,
        "it is not in that list"
    );
}

#[tokio::test]
async fn a_page_is_the_same_from_either_end_and_past_the_end_it_is_empty() {
    let (_dir, store) = open().await;
    let (_, _, ids) = mixed(&store).await;
    for offset in 0..40 {
        let page = store
            .queue_page(QueueQuery {
                offset,
                limit: 5,
                ..QueueQuery::default()
            })
            .await
            .unwrap();
        let got: Vec<_> = page.rows.iter().map(|row| row.id).collect();
        let want: Vec<_> = ids.iter().copied().skip(offset as usize).take(5).collect();
        assert_eq!((page.total, got), (32, want), "at {offset}");
    }
}

#[tokio::test]
async fn siblings_are_told_across_the_edge_of_a_page() {
    let (_dir, store) = open().await;
    let to = [account(&store, "a").await, account(&store, "b").await];
    add(&store, &["one", "two"], &to).await;
    let mut siblings = Vec::new();
    for offset in 0..4 {
        let page = store
            .queue_page(QueueQuery {
                offset,
                limit: 1,
                ..QueueQuery::default()
            })
            .await
            .unwrap();
        siblings.push(page.rows[0].sibling_of_previous);
    }
    assert_eq!(siblings, [false, true, false, true]);
}

#[tokio::test]
async fn search_looks_in_titles_file_names_and_labels_word_by_word() {
    let (_dir, store) = open().await;
    let (a, b) = (
        account(&store, "Ärmel").await,
        account(&store, "second").await,
    );
    let added = add(&store, &["Ferien in Öland", "日本の海", "100%_sure"], &[a]).await;
    add(&store, &["ferien"], &[b]).await;
    let renamed = Fields::from([("title".into(), "Strand".into())]);
    store
        .manuscript_set_fields(added[0].manuscript, renamed)
        .await
        .unwrap();
    for (words, want) in [
        ("STRAND", vec!["Strand"]),
        ("ferien", vec!["Strand", "ferien"]), // the first by its file's name
        ("FERIEN ärm", vec!["Strand"]),
        ("海", vec!["日本の海"]),
        ("second", vec!["ferien"]),
        ("0%_", vec!["100%_sure"]),
        ("nothing", vec![]),
        ("  ", vec!["Strand", "日本の海", "100%_sure", "ferien"]),
    ] {
        assert_eq!(titles(&store, search(words)).await, want, "{words}");
    }
    let one = QueueQuery {
        filter: QueueFilter::Waiting,
        account: Some(b),
        ..search("ferien")
    };
    assert_eq!(titles(&store, one).await, ["ferien"]);
}

/// The plan does not hang on how many rows there are: the store never gathers statistics.
#[tokio::test]
async fn every_list_goes_by_an_index_and_sorts_nothing() {
    let (_dir, store) = open().await;
    let plan = |sql: String| {
        let store = store.clone();
        async move {
            let lines = store.read(move |conn| {
                let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let mut rows = statement.raw_query();
                let mut lines = Vec::new();
                while let Some(row) = rows.next()? {
                    lines.push(row.get::<_, String>("detail")?);
                }
                Ok(lines)
            });
            lines.await.unwrap()
        }
    };
    let phases = PhaseName::ALL.map(QueueFilter::Phase);
    for filter in FILTERS.into_iter().chain(phases) {
        for account in [None, Some(AccountId(1))] {
            let query = QueueQuery {
                filter,
                account,
                ..QueueQuery::default()
            };
            let Some(jump) = Jump::of(&query) else {
                continue;
            };
            for sql in [jump.sql(false), jump.sql(true), jump.index_sql()] {
                let lines = plan(sql.clone()).await;
                let by_index =
                    |line: &String| line.contains("USING") && line.contains("INDEX uploads_");
                assert!(
                    lines.len() == 1 && lines.iter().all(by_index),
                    "{sql}\n{lines:?}"
                );
                let whole = filter == QueueFilter::All && account.is_none();
                assert!(whole || lines[0].starts_with("SEARCH"), "{sql}\n{lines:?}");
            }
        }
    }
    let searched = QueueQuery {
        filter: QueueFilter::Waiting,
        ..search("word")
    };
    let sql = store
        .read(move |conn| Ok(Walk::of(conn, &searched)?.sql()))
        .await
        .unwrap();
    let lines = plan(sql).await;
    assert_eq!(
        lines[0],
        "SCAN uploads USING COVERING INDEX uploads_position"
    );
    assert!(
        lines
            .iter()
            .any(|l| l == "SCAN manuscripts USING COVERING INDEX manuscripts_sought"),
        "{lines:?}"
    );
    assert!(
        lines.iter().all(|line| !line.contains("TEMP B-TREE")),
        "{lines:?}"
    );

    let lines = plan(runnable::OF_ACCOUNT.into()).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("INDEX uploads_runnable (account_id=?)"),
        "{lines:?}"
    );

    for filter in [
        HistoryFilter::default(),
        HistoryFilter {
            account: Some(slipway_model::AccountId(1)),
            phase: Some(PhaseName::Published),
            platform: Some("alpha".into()),
            since_ms: Some(1),
            until_ms: Some(2),
            ..HistoryFilter::default()
        },
    ] {
        let sql = store
            .read(move |conn| {
                let clauses = history::clauses(conn, &filter)?;
                Ok(history::sql("at_ms, total_bytes", &clauses, ""))
            })
            .await
            .unwrap();
        let lines = plan(sql).await;
        assert!(
            lines[0].contains("COVERING INDEX history_time"),
            "{lines:?}"
        );
        assert!(
            lines.iter().all(|line| !line.contains("TEMP B-TREE")),
            "{lines:?}"
        );
    }
}
