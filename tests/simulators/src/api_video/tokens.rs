//! Delegated upload tokens: made, listed, shown, deleted.

use serde_json::{Value, json};

use super::auth::atom;
use super::problem::{self, Problem};
use super::server::Pairs;
use super::state::{State, UploadToken};

const TTL_MAX_S: i64 = 2_147_483_647;

pub(crate) fn create(state: &mut State, body: &Value, now_ms: i64) -> Result<Value, Problem> {
    let ttl_s = match body.get("ttl") {
        None | Some(Value::Null) => 0,
        Some(value) => value
            .as_i64()
            .filter(|ttl| (0..=TTL_MAX_S).contains(ttl))
            .ok_or(problem::BAD_ATTRIBUTE.named("ttl"))?,
    };
    let token = UploadToken {
        token: format!("to{}", &state.fresh("upload token")[..22]),
        ttl_s,
        created_ms: now_ms,
        expires_ms: (ttl_s > 0).then(|| now_ms + ttl_s * 1000),
    };
    let told = wire(&token);
    state.upload_tokens.push(token);
    Ok(told)
}

pub(crate) fn wire(token: &UploadToken) -> Value {
    let mut told = json!({
        "token": token.token, "ttl": token.ttl_s, "createdAt": atom(token.created_ms),
    });
    if let Some(at) = token.expires_ms {
        told["expiresAt"] = json!(atom(at));
    }
    told
}

/// Active tokens only.
pub(crate) fn list(state: &State, asked: &Pairs, now_ms: i64) -> Result<Value, Problem> {
    let mut tokens: Vec<&UploadToken> = state
        .upload_tokens
        .iter()
        .filter(|token| token.is_good(now_ms))
        .collect();
    match asked.get("sortBy") {
        None | Some("createdAt") => tokens.sort_by_key(|token| token.created_ms),
        Some("ttl") => tokens.sort_by_key(|token| token.ttl_s),
        Some(_) => return Err(problem::BAD_QUERY.named("sortBy")),
    }
    if asked.get("sortOrder") == Some("desc") {
        tokens.reverse();
    }
    let all: Vec<Value> = tokens.into_iter().map(wire).collect();
    page(&all, asked, "/upload-tokens")
}

pub(crate) fn show(state: &State, token: &str, now_ms: i64) -> Result<Value, Problem> {
    state
        .upload_token(token, now_ms)
        .map(wire)
        .ok_or(problem::NOT_FOUND.named("uploadToken"))
}

pub(crate) fn delete(state: &mut State, token: &str) -> Result<(), Problem> {
    let before = state.upload_tokens.len();
    state.upload_tokens.retain(|known| known.token != token);
    if state.upload_tokens.len() == before {
        return Err(problem::NOT_FOUND.named("uploadToken"));
    }
    Ok(())
}

/// One page of a list, with the platform's account of the others.
pub(crate) fn page(all: &[Value], asked: &Pairs, path: &str) -> Result<Value, Problem> {
    let number = |name: &str, default: usize, most: usize| match asked.get(name) {
        None => Ok(default),
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|n| (1..=most).contains(n))
            .ok_or(problem::BAD_QUERY.named(name)),
    };
    let current = number("currentPage", 1, usize::MAX)?;
    let size = number("pageSize", 25, 100)?;
    let pages = all.len().div_ceil(size).max(1);
    let items: Vec<&Value> = all
        .iter()
        .skip((current - 1).saturating_mul(size))
        .take(size)
        .collect();
    let link = |rel: &str, page: usize| json!({ "rel": rel, "uri": format!("{path}?currentPage={page}&pageSize={size}") });
    let mut links = vec![link("self", current), link("first", 1)];
    if current > 1 {
        links.push(link("previous", current - 1));
    }
    if current < pages {
        links.push(link("next", current + 1));
    }
    links.push(link("last", pages));
    Ok(json!({
        "data": items,
        "pagination": {
            "currentPage": current, "currentPageItems": items.len(), "pageSize": size,
            "pagesTotal": pages, "itemsTotal": all.len(), "links": links,
        },
    }))
}
