//! What an account has made to choose from: players, watermarks, and the tags that its videos have.
//!
//! Source: @api.video/nodejs-client 2.6.8, read 2026-11-22. Players and watermarks cannot be made here: they are there already.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::auth::atom;
use super::problem::Problem;
use super::server::Pairs;
use super::state::{State, word};
use super::tokens::page;

/// More than one page of them.
const PLAYERS: u64 = 130;

pub(crate) fn players(state: &State, asked: &Pairs) -> Result<Value, Problem> {
    let player = |n: u64| {
        json!({
            "playerId": format!("pl{}", &word(state.seed, "player", n)[..22]), "name": format!("Player {n}"),
            "createdAt": atom(0), "updatedAt": atom(0), "enableControls": true, "forceAutoplay": false,
        })
    };
    let all: Vec<Value> = (1..=PLAYERS).map(player).collect();
    page(&all, asked, "/players")
}

pub(crate) fn watermarks(state: &State, asked: &Pairs) -> Result<Value, Problem> {
    let id = format!("watermark_{}", &word(state.seed, "watermark", 1)[..22]);
    let all = [json!({ "watermarkId": id, "createdAt": atom(0) })];
    page(&all, asked, "/watermarks")
}

/// Each with the number of videos that have it, by name.
pub(crate) fn tags(state: &State, asked: &Pairs) -> Result<Value, Problem> {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for video in &state.videos {
        let tags = video.fields.get("tags").and_then(Value::as_array);
        for tag in tags.into_iter().flatten().filter_map(Value::as_str) {
            *counts.entry(tag).or_default() += 1;
        }
    }
    let all: Vec<Value> = counts
        .into_iter()
        .map(|(tag, count)| json!({ "value": tag, "videoCount": count }))
        .collect();
    page(&all, asked, "/tags")
}
