use super::{NOW, open};
use std::collections::BTreeMap;

#[tokio::test]
async fn templates_are_kept_all_or_none_and_replaced_only_when_that_is_wished() {
    let (_dir, store) = open().await;
    let some = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        let owned = pairs
            .iter()
            .map(|(n, b)| ((*n).to_owned(), (*b).to_owned()));
        owned.collect()
    };
    let first = some(&[("Daily", "{}"), ("旅", "{}")]);
    assert_eq!(
        store
            .templates_save(first.clone(), false, NOW)
            .await
            .unwrap(),
        None
    );
    let second = some(&[("A new one", "1"), ("旅", "2")]);
    let taken = store.templates_save(second.clone(), false, NOW).await;
    assert_eq!(taken.unwrap().as_deref(), Some("旅"));
    assert_eq!(store.templates().await.unwrap(), first, "none of them");
    assert_eq!(store.templates_save(second, true, NOW).await.unwrap(), None);
    assert_eq!(
        store.templates().await.unwrap(),
        some(&[("A new one", "1"), ("Daily", "{}"), ("旅", "2")])
    );
    assert!(store.template_remove("Daily").await.unwrap());
    assert!(!store.template_remove("Daily").await.unwrap());
}
