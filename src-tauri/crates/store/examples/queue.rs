//! Times of the queue at 10,000 and 100,000 uploads. Run: `cargo run --release -p slipway-store --example queue`.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use slipway_model::{
    AccountId, Fields, Fingerprint, Intent, PhaseName, Remote, Source, SourceFile, UploadId,
};
use slipway_store::{
    HistoryFilter, Move, NeedsYou, NewManuscript, NewUpload, NextQuery, QueueFilter, QueueQuery,
    SaveUpload, Store, Timing,
};
use std::{
    future::Future,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

const NOW: i64 = 1_795_000_000_000;
const ROUNDS: u32 = 20;

#[tokio::main]
async fn main() {
    for rows in [10_000, 100_000] {
        measure(rows).await;
    }
}

async fn measure(rows: u64) {
    let dir = std::env::temp_dir().join(format!("slipway-queue-{}-{rows}", std::process::id()));
    let (store, _) = Store::open(&dir, NOW).await.unwrap();
    let mut accounts = Vec::new();
    for nth in 0..4 {
        let label = format!("account {nth}");
        let account = store.account_add("alpha", &label, Fields::new(), NOW).await;
        accounts.push(account.unwrap().id);
    }
    let manuscripts = (0..rows)
        .map(|nth| manuscript(nth, accounts[(nth % 4) as usize]))
        .collect();
    println!("{rows} uploads");
    let began = Instant::now();
    let added = store
        .manuscripts_add(manuscripts, Timing::default(), NOW)
        .await
        .unwrap();
    print("add", began.elapsed());

    let page = |offset, filter, search: Option<&str>| QueueQuery {
        filter,
        offset,
        limit: 50,
        search: search.map(str::to_owned),
        ..QueueQuery::default()
    };
    let all = QueueFilter::All;
    let waiting = QueueFilter::Waiting;
    often("first page", || store.queue_page(page(0, all, None))).await;
    often("jump to the middle", || {
        store.queue_page(page(rows / 2, all, None))
    })
    .await;
    often("jump to the middle, waiting", || {
        store.queue_page(page(rows / 2, waiting, None))
    })
    .await;
    often("jump to the end", || {
        store.queue_page(page(rows - 50, all, None))
    })
    .await;
    often("search, few found", || {
        store.queue_page(page(0, all, Some("77 clip")))
    })
    .await;
    often("search, all found, middle", || {
        store.queue_page(page(rows / 2, all, Some("clip")))
    })
    .await;
    let last = added[added.len() - 1].uploads[0];
    often("place of the last", || {
        store.queue_index(last, page(0, waiting, None))
    })
    .await;
    often("counts", || store.queue_counts(NeedsYou::default())).await;
    let needs_you = NeedsYou {
        ids: Vec::new(),
        accounts: accounts[..1].to_vec(),
    };
    let needy = QueueQuery {
        needs_you,
        ..page(0, QueueFilter::NeedsYou, None)
    };
    often("page of what needs you", || store.queue_page(needy.clone())).await;
    let next = NextQuery {
        limit: 20,
        ..NextQuery::default()
    };
    often("next", || store.uploads_next(next.clone())).await;
    let blocked = NextQuery {
        blocked_accounts: accounts[..3].to_vec(),
        ..next
    };
    often("next, three of four blocked", || {
        store.uploads_next(blocked.clone())
    })
    .await;
    often("move the last to the front", || {
        store.upload_move(last, Move::First)
    })
    .await;
    let ids: Vec<_> = added.iter().map(|added| added.uploads[0]).collect();
    let began = Instant::now();
    store
        .uploads_set_intent(ids.clone(), Intent::Hold, NOW)
        .await
        .unwrap();
    print("hold all", began.elapsed());
    past(&store, &ids).await;
    let began = Instant::now();
    store.backup(NOW).await.unwrap();
    print("backup", began.elapsed());
    let began = Instant::now();
    store.uploads_remove(ids, NOW).await.unwrap();
    print("remove all", began.elapsed());
    let began = Instant::now();
    store.close().await.unwrap();
    print("close", began.elapsed());
    std::fs::remove_dir_all(&dir).unwrap();
}

/// Everything is published, and looked at as history.
async fn past(store: &Store, ids: &[UploadId]) {
    for some in ids.chunks(5_000) {
        let mut saves = JoinSet::new();
        for &id in some {
            let (store, state) = (store.clone(), published(id));
            saves.spawn(async move { store.upload_save(state, Vec::new(), NOW + id.0).await });
        }
        while let Some(saved) = saves.join_next().await {
            saved.unwrap().unwrap();
        }
    }
    let rows = ids.len() as u64;
    let sought = HistoryFilter {
        search: Some("77 clip".into()),
        ..HistoryFilter::default()
    };
    let whole = HistoryFilter::default;
    often("history, first page", || store.history(whole(), 100, 0)).await;
    often("history, jump to the end", || {
        store.history(whole(), 100, rows - 100)
    })
    .await;
    often("history, days and sizes", || store.history_times(whole())).await;
    often("history, search", || store.history_times(sought.clone())).await;
}

fn published(id: UploadId) -> SaveUpload {
    SaveUpload {
        id,
        intent: Intent::Run,
        attempt: 1,
        tries: 0,
        phase: PhaseName::Published,
        ticket: None,
        cuts: None,
        remote: Some(Remote {
            id: format!("BV{id}"),
            url: Some(format!("https://videos.example/BV{id}")),
            words: None,
        }),
        cause: None,
    }
}

fn manuscript(nth: u64, account: AccountId) -> NewManuscript {
    NewManuscript {
        source: Source::File(SourceFile {
            path: format!("/home/someone/videos/series/clip-{nth}.mp4").into(),
            fingerprint: Fingerprint {
                size_bytes: 1 << 30,
                mtime_ns: NOW * 1_000_000,
                file_id: format!("66306:{nth}"),
                sample: format!("{nth:064x}"),
            },
        }),
        fields: Fields::from([
            ("title".into(), format!("A clip of something, number {nth}")),
            ("description".into(), "Words about it. ".repeat(8)),
        ]),
        cover: None,
        uploads: vec![NewUpload {
            account,
            intent: Intent::Run,
            priority: 0,
            key: format!("{nth:032x}"),
        }],
    }
}

async fn often<T, F: Future<Output = slipway_store::Result<T>>>(name: &str, call: impl Fn() -> F) {
    call().await.unwrap();
    let began = Instant::now();
    for _ in 0..ROUNDS {
        call().await.unwrap();
    }
    print(name, began.elapsed() / ROUNDS);
}

fn print(name: &str, took: Duration) {
    println!("  {name:<32} {:>10.3} ms", took.as_secs_f64() * 1000.0);
}
