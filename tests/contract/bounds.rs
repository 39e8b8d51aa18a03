//! Bounds that the simulated platform keeps as well: what is at one is published, and what is above, slipped past preflight, is refused there.
//!
//! The simulators share no figure with the product, so the two agree about the platform and not about each other.

use crate::{limits::reds, stay::Stay};
use slipway_model::PhaseName;
use slipway_tests::house::House;

/// A field, what it takes at its bound, and what is too much.
struct Bound {
    field: &'static str,
    at: String,
    above: String,
}

fn bound(field: &'static str, at: String, above: String) -> Bound {
    Bound { field, at, above }
}

/// The bounds that the simulator of a platform keeps; empty where the platform publishes none of a field.
fn bounds(platform: &str) -> Vec<Bound> {
    let han = |count: usize| "海".repeat(count);
    let tags = |count: usize| -> String {
        let tags: Vec<String> = (0..count).map(|n| format!("t{n}")).collect();
        tags.join(",")
    };
    match platform {
        // One more is said to be 'not shorter than 80' in one place and 'not more than 80' in another: two more is too much in both.
        "bilibili" => vec![
            bound("title", han(79), han(81)),
            bound("desc", han(249), han(251)),
            bound("tag", "a".repeat(199), "a".repeat(200)),
        ],
        "bluesky" => vec![
            bound("text", "é".repeat(300), "é".repeat(301)),
            bound("text", "👨‍👩‍👧‍👦".repeat(120), "👨‍👩‍👧‍👦".repeat(121)),
            bound("langs", "en,ja,zh".into(), "en,ja,zh,de".into()),
            bound("tags", tags(8), tags(9)),
            bound("tags", "é".repeat(64), "é".repeat(65)),
            bound("labels", "nudity".into(), "x".repeat(129)),
        ],
        "aliyun-vod" => vec![
            bound("Title", han(128), han(129)),
            bound("Title", "sun".into(), "sun☀".into()),
            bound("Description", han(1024), han(1025)),
            bound("Tags", tags(16), tags(17)),
            bound("Tags", han(32), han(33)),
        ],
        "wangsu" => vec![
            bound("title", han(40), han(41)),
            bound("description", han(200), han(201)),
        ],
        _ => Vec::new(),
    }
}

pub(crate) async fn what_is_above_a_bound_is_refused_here_and_there(platform: &str) {
    let stay = Stay::at(platform).await;
    let mut number = 0;
    for Bound { field, at, above } in bounds(platform) {
        let name = format!("{platform}.{field}");
        let mut add = async |title: &str, value: Option<&str>| {
            number += 1;
            // Several parts, so that it can be held in the middle.
            let len = usize::try_from(3 * stay.site.part_bytes()).unwrap() + number;
            let file = stay.house.video(&format!("{number}.mp4"), len);
            let mut fields = stay.fields(title);
            fields.extend(value.map(|value| (name.clone(), value.to_owned())));
            stay.house.add(&file, stay.account, fields).await
        };
        let before = stay.site.works().await.len();
        let id = add(&format!("at {field} {before}"), Some(&at)).await;
        stay.house.until_phase(id, PhaseName::Published).await;
        let works = stay.site.works().await;
        assert_eq!(works.len(), before + 1, "{name} at its bound");

        let red = reds(&stay, 1, "above", &[(&name, &above)]).await;
        assert_eq!(red.len(), 1, "{name} above its bound: {red:?}");
        // Opened, and its words not submitted.
        stay.cap(Some(100_000)).await;
        let id = add(&format!("above {field} {before}"), None).await;
        stay.house.until_phase(id, PhaseName::Sending).await;
        let these = House::these(id);
        stay.house.api.uploads_pause(these.clone()).await.unwrap();
        slip_past(&stay, &name, &above);
        stay.cap(None).await;
        stay.house.api.uploads_resume(these).await.unwrap();
        let row = stay
            .house
            .until(id, "its end", |row| row.live.phase.is_final())
            .await;
        assert_eq!(row.live.phase, PhaseName::Failed, "{name} = {above}");
        let code = row.live.cause.unwrap().code;
        assert!(
            !red.contains(&code),
            "the platform refuses it, not we: {code}"
        );
    }
    stay.house.api.close().await;
}

/// Changes a field of the newest manuscript in the queue's own file, as nothing of ours would: its words are read again before they are submitted.
fn slip_past(stay: &Stay, field: &str, value: &str) {
    let db = rusqlite::Connection::open(stay.house.api.data_dir().join("queue.db")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    let changed = db.execute(
        "UPDATE manuscripts SET fields = json_set(fields, '$.\"' || ?1 || '\"', ?2)
         WHERE id = (SELECT max(id) FROM manuscripts)",
        (field, value),
    );
    assert_eq!(changed.unwrap(), 1);
}
