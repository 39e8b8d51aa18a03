//! How values of the model stand in columns: words, JSON and sizes. Knows no table.

use crate::{Result, StoreError};
use rusqlite::Row;
use serde::{Serialize, de::DeserializeOwned};
use slipway_model::{Intent, PhaseName};

/// SQLite counts in 63 bits; no file is larger.
pub(crate) fn size(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

pub(crate) fn count(row: &Row<'_>, column: &str) -> Result<u64> {
    let value: i64 = row.get(column)?;
    Ok(u64::try_from(value).unwrap_or(0))
}

pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    Ok(serde_json::to_string(value)?)
}

pub(crate) fn json_option<T: Serialize>(value: Option<&T>) -> Result<Option<String>> {
    value.map(json).transpose()
}

pub(crate) fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Result<T> {
    let text = row.get_ref(column)?.as_str().map_err(StoreError::other)?;
    Ok(serde_json::from_str(text)?)
}

pub(crate) fn from_json_option<T: DeserializeOwned>(
    row: &Row<'_>,
    column: &str,
) -> Result<Option<T>> {
    let text = row
        .get_ref(column)?
        .as_str_or_null()
        .map_err(StoreError::other)?;
    Ok(text.map(serde_json::from_str).transpose()?)
}

/// A JSON array of row numbers, for `json_each`.
pub(crate) fn id_list(ids: impl IntoIterator<Item = i64>) -> String {
    let mut text = String::from("[");
    for id in ids {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&id.to_string());
    }
    text.push(']');
    text
}

pub(crate) fn intent_word(intent: Intent) -> &'static str {
    match intent {
        Intent::Run => "run",
        Intent::Hold => "hold",
    }
}

pub(crate) fn intent(row: &Row<'_>) -> Result<Intent> {
    match row.get_ref("intent")?.as_str().map_err(StoreError::other)? {
        "run" => Ok(Intent::Run),
        "hold" => Ok(Intent::Hold),
        word => Err(StoreError::other(format!("unknown intent '{word}'"))),
    }
}

pub(crate) fn phase(row: &Row<'_>) -> Result<PhaseName> {
    let word = row.get_ref("phase")?.as_str().map_err(StoreError::other)?;
    PhaseName::parse(word).ok_or_else(|| StoreError::other(format!("unknown phase '{word}'")))
}

/// Text as search compares it.
pub(crate) fn folded(text: &str) -> String {
    text.to_lowercase()
}
