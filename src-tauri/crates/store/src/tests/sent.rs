//! What is known of a content before it is sent again.

use super::{NOW, account, add, open, remote, state, uploads};
use crate::{Content, LedgerEntry, Sent, sent};
use slipway_model::{AccountId, PhaseName, UploadId};

/// The content that all files of these tests have.
fn content() -> Content {
    (1000, "abc".into())
}

fn entry(upload: UploadId, account: AccountId) -> LedgerEntry {
    LedgerEntry {
        upload,
        account,
        size_bytes: 1000,
        sample: "abc".into(),
        manuscript_hash: "h".into(),
        at_ms: NOW,
    }
}

#[tokio::test]
async fn a_content_is_known_by_where_it_stands_on_that_account_alone() {
    let (_dir, store) = open().await;
    let (to, other) = (account(&store, "a").await, account(&store, "b").await);
    let known = |account| {
        let store = store.clone();
        async move {
            let asked = vec![content(), (1000, "abd".into()), (999, "abc".into())];
            let mut found = store.sent_before(account, asked).await.unwrap();
            let one = found.remove(&content());
            assert!(
                found.is_empty(),
                "neither size nor sample alone is a content"
            );
            one
        }
    };
    assert_eq!(known(to).await, None);
    let id = uploads(&store, &["one"], to).await[0];
    assert_eq!(known(to).await, Some(Sent::Unfinished { upload: id }));
    assert_eq!(known(other).await, None);

    store.ledger_about_to_submit(entry(id, to)).await.unwrap();
    let submitting = Sent::Submitting {
        upload: id,
        at_ms: NOW,
    };
    assert_eq!(known(to).await, Some(submitting));

    store.ledger_published(id, remote("r"), NOW).await.unwrap();
    store
        .upload_save(state(id, PhaseName::Published), Vec::new(), NOW)
        .await
        .unwrap();
    let published = Sent::Published {
        remote: remote("r"),
        at_ms: NOW,
    };
    assert_eq!(known(to).await, Some(published));
}

#[tokio::test]
async fn what_was_cancelled_was_not_sent() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    let id = uploads(&store, &["one"], to).await[0];
    store
        .upload_save(state(id, PhaseName::Cancelled), Vec::new(), NOW)
        .await
        .unwrap();
    let found = store.sent_before(to, vec![content()]).await.unwrap();
    assert!(found.is_empty(), "{found:?}");
}

/// A drop of ten thousand onto a queue of a hundred thousand asks ten thousand times.
#[tokio::test]
async fn the_queue_is_asked_by_content_and_never_walked() {
    let (_dir, store) = open().await;
    let to = account(&store, "a").await;
    add(&store, &["one", "two"], &[to]).await;
    let plan = store.read(|conn| {
        let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {}", sent::OF_QUEUE))?;
        let mut rows = statement.raw_query();
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            lines.push(row.get::<_, String>("detail")?);
        }
        Ok(lines)
    });
    let plan = plan.await.unwrap();
    assert!(
        plan[0].contains("manuscripts_content (sample=? AND size_bytes=?)"),
        "{plan:?}"
    );
    assert!(
        plan[1].contains("uploads_manuscript (manuscript_id=?)"),
        "{plan:?}"
    );
}
