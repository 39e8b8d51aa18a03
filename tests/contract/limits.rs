//! The smallest and the largest file that a platform takes: below, at, above.

use crate::stay::{Stay, works};
use secrecy::SecretString;
use slipway_api::wire::NewManuscripts;
use slipway_model::{AccountId, Cuts, Finding, Limits, PhaseName, Severity};
use slipway_platforms::{Draft, Http, Result, Route, SecretStore, Session};
use std::{collections::BTreeMap, fs::File, sync::Arc};

/// Expected in flight; it shapes the tail of a plan.
const LANES: u32 = 4;
/// Larger files do not exist on all file systems, even without bytes in them.
const SPARSE_MOST: u64 = 1 << 43;

pub(crate) async fn the_smallest_file_is_published(platform: &str) {
    let stay = Stay::at(platform).await;
    let id = stay.add(&stay.house.video("one.mp4", 1), "one byte").await;
    stay.house.until_phase(id, PhaseName::Published).await;
    assert_eq!(stay.site.works().await, works(&[("one byte", 1)]));
    assert!(
        reds(&stay, 0, "no byte", &[])
            .await
            .contains(&"file_empty".to_owned()),
        "an empty file is refused before it is sent"
    );
    stay.house.api.close().await;
}

pub(crate) async fn the_largest_file_is_planned_and_a_byte_more_is_not(platform: &str) {
    let stay = Stay::at(platform).await;
    let adapter = slipway_platforms::find(platform).unwrap();
    let session = session(&stay);
    let limits = adapter.limits(&session);
    let most = limits.file_max_bytes;
    // Where no bound is published, as large as any.
    let largest = if most == 0 { SPARSE_MOST } else { most };
    for size_bytes in [
        1,
        limits.part_min_bytes,
        limits.part_bytes + 1,
        largest - 1,
        largest,
    ] {
        let draft = Draft {
            file_name: "large.mp4".into(),
            size_bytes,
            online: None,
            fields: slipway_model::manuscript::resolve(
                &stay.fields("large"),
                platform,
                &adapter.spec().fields,
            ),
            cover: None,
            picture: None,
            held_back: false,
            manuscript_hash: size_bytes.to_string(),
            key: format!("key{size_bytes}"),
        };
        let opened = adapter.open(&session, &draft, LANES).await.unwrap();
        is_legal(&opened.cuts, size_bytes, &limits);
        adapter.abort(&session, &opened.ticket).await.unwrap();
    }
    if (1..=SPARSE_MOST).contains(&most) {
        for (size, wanted) in [(most - 1, 0), (most, 0), (most + 1, 1)] {
            let found = reds(&stay, size, "size", &[]).await;
            assert_eq!(found.len(), wanted, "{size} bytes: {found:?}");
        }
    }
    stay.house.api.close().await;
}

/// Whether a platform with these limits takes a file that is cut so.
fn is_legal(cuts: &Cuts, size_bytes: u64, limits: &Limits) {
    let count = cuts.len();
    assert_eq!(cuts.total_bytes(), size_bytes);
    assert!(
        limits.parts_max == 0 || count <= limits.parts_max,
        "{size_bytes} bytes in {count}"
    );
    let first = cuts.span(1).unwrap().len_bytes;
    for number in [1, 2, count / 2, count.saturating_sub(1), count] {
        let Some(span) = cuts.span(number) else {
            continue;
        };
        let bytes = span.len_bytes;
        let what = format!("part {number} of {count} of {size_bytes} bytes has {bytes}");
        assert!(
            limits.part_max_bytes == 0 || bytes <= limits.part_max_bytes || count == 1,
            "{what}"
        );
        assert!(number == count || bytes >= limits.part_min_bytes, "{what}");
        assert!(
            !limits.parts_equal || number == count || bytes == first,
            "{what}"
        );
    }
}

/// What stops a manuscript with a file of `size` bytes, which has none on the disk.
pub(crate) async fn reds(
    stay: &Stay,
    size: u64,
    title: &str,
    more: &[(&str, &str)],
) -> Vec<String> {
    let path = stay.house.path("sparse.mp4");
    File::create(&path).unwrap().set_len(size).unwrap();
    let offered = stay.house.api.files_offer(vec![path]).await.unwrap();
    let mut fields = stay.fields(title);
    fields.extend(more.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    let new = NewManuscripts {
        files: vec![offered[0].file],
        accounts: vec![stay.account],
        fields,
        ..NewManuscripts::default()
    };
    let checked = stay.house.api.manuscripts_check(new).await.unwrap();
    let red = |finding: &&Finding| finding.severity == Severity::Red;
    let found = checked[0].findings.iter().filter(red);
    found.map(|finding| finding.cause.code.clone()).collect()
}

/// The account's secrets as they were given.
struct Given(BTreeMap<String, SecretString>);

#[async_trait::async_trait]
impl SecretStore for Given {
    async fn get(&self, _: AccountId, name: &str) -> Result<Option<SecretString>> {
        Ok(self.0.get(name).cloned())
    }
    async fn set(&self, _: AccountId, _: Vec<(String, SecretString)>) -> Result<()> {
        Ok(())
    }
}

fn session(stay: &Stay) -> Session {
    let secrets = stay.site.secrets().into_iter();
    let secrets = secrets.map(|(name, value)| (name.to_owned(), value.into()));
    let settings = stay.site.settings().into_iter();
    Session::new(
        stay.account,
        "main".into(),
        settings
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        Arc::new(Given(secrets.collect())),
        Http::new(&Route::off()).unwrap(),
    )
}
