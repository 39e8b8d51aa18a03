//! The tree of categories: invented but for the shape, two levels, and a few ids seen on the site.

use serde_json::{Value, json};

/// What a top-level id is rewritten to where that is not refused: 生活/日常.
/// Source: seen by users of other tools (`biliup/biliup-rs` 214).
pub(crate) const FALLBACK: i64 = 21;

#[derive(Clone, Debug)]
pub(crate) struct Category {
    pub(crate) id: i64,
    pub(crate) name: &'static str,
    pub(crate) children: Vec<(i64, &'static str)>,
}

pub(crate) fn all() -> Vec<Category> {
    [
        (
            160,
            "生活",
            &[(21, "日常"), (138, "搞笑"), (250, "出行")][..],
        ),
        (4, "游戏", &[(17, "单机游戏"), (171, "电子竞技")]),
        (36, "知识", &[(201, "科学科普"), (122, "野生技术协会")]),
        (3, "音乐", &[(31, "翻唱"), (59, "演奏")]),
    ]
    .into_iter()
    .map(|(id, name, children)| Category {
        id,
        name,
        children: children.to_vec(),
    })
    .collect()
}

pub(crate) fn wire(categories: &[Category]) -> Value {
    categories
        .iter()
        .map(|top| {
            let children: Vec<Value> = top
                .children
                .iter()
                .map(|(id, name)| json!({ "id": id, "parent": top.id, "name": name, "description": format!("{}·{name}", top.name) }))
                .collect();
            json!({ "id": top.id, "parent": 0, "name": top.name, "description": "", "children": children })
        })
        .collect()
}
