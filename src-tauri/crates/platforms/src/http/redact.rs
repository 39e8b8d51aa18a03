//! Takes secrets out of what is logged or shown: queries, tokens, header values.
//!
//! Invariant: no run of 20 or more token characters with a digit in it survives, nor anything after a `?` or `#` in an address.

use url::Url;

/// Longest excerpt of a foreign text, in characters.
const EXCERPT_CHARS: usize = 240;
/// Shortest run that is taken for a token. A BV id has 12 characters, a UUID's parts are joined to 36.
const TOKEN_CHARS: usize = 20;

/// An address without user, query and fragment.
pub fn bare_url(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url.into()
}

/// The beginning of a text from outside, on one line, redacted.
pub fn excerpt(text: &str) -> String {
    let mut short: String = redact(text).chars().take(EXCERPT_CHARS + 1).collect();
    if short.chars().count() > EXCERPT_CHARS {
        short.pop();
        short.push('…');
    }
    short
}

/// The text with queries and long tokens replaced by `…`, and control characters by spaces.
pub fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    let mut in_query = false;
    for c in text.chars().chain([' ']) {
        if in_query {
            if !is_query_end(c) {
                continue;
            }
            in_query = false;
        }
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '=' | '~') {
            run.push(c);
            continue;
        }
        flush(&mut run, &mut out);
        if matches!(c, '?' | '#') && out.chars().next_back().is_some_and(|c| !c.is_whitespace()) {
            in_query = true;
            out.push(c);
            out.push('…');
        } else {
            out.push(if c.is_control() { ' ' } else { c });
        }
    }
    out.pop(); // the space that ended the last run
    out.trim().to_owned()
}

fn flush(run: &mut String, out: &mut String) {
    let secret = run.len() >= TOKEN_CHARS && run.bytes().any(|b| b.is_ascii_digit());
    out.push_str(if secret { "…" } else { run.as_str() });
    run.clear();
}

fn is_query_end(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '<' | '>' | ')' | ']' | '}')
}
