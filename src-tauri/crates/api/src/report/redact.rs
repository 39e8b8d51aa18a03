//! Takes out of a log what may be a secret, should one ever have got in: queries and user names of addresses, and values that stand after a telling name.

/// Parts of names whose values are masked, in lower case.
const TELLING: [&str; 9] = [
    "token",
    "secret",
    "password",
    "passphrase",
    "authorization",
    "signature",
    "cookie",
    "credential",
    "access_key",
];
const MASK: &str = "…";

pub(super) fn redact(line: &str) -> String {
    mask_values(&strip_addresses(line))
}

fn ends_address(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | ')' | ']' | '}' | '\\')
}

fn strip_addresses(line: &str) -> String {
    let mut clean = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean += before;
        let end = after.find(ends_address).unwrap_or(after.len());
        let (address, tail) = after.split_at(end);
        let host_end = address.find(['/', '?', '#']).unwrap_or(address.len());
        let (host, path) = address.split_at(host_end);
        match host.rsplit_once('@') {
            Some((_, host)) => clean.extend([MASK, "@", host]),
            None => clean += host,
        }
        match path.find(['?', '#']) {
            Some(query) => clean.extend([&path[..=query], MASK]),
            None => clean += path,
        }
        rest = tail;
    }
    clean + rest
}

/// Masks what follows a telling name and `=` or `:`, with or without quotes, to the end of the value.
fn mask_values(line: &str) -> String {
    let mut clean = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['=', ':']) {
        let (before, after) = rest.split_at(at + 1);
        clean += before;
        rest = after;
        let name: String = before[..at]
            .trim_end_matches(['"', '\'', ' ', '\\'])
            .chars()
            .rev()
            .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
            .collect();
        let name: String = name.to_lowercase().chars().rev().collect();
        if !TELLING.iter().any(|telling| name.contains(telling)) {
            continue;
        }
        let lead = rest.len() - rest.trim_start_matches([' ', '"', '\'', '\\']).len();
        let quoted = rest[..lead].contains(['"', '\'']);
        let value = &rest[lead..];
        // A header's value has words: 'Bearer abc'. Outside quotes it ends with the list it stands in.
        let end = value
            .find(|c: char| {
                if quoted {
                    matches!(c, '"' | '\'')
                } else {
                    matches!(c, ',' | ';' | '}' | ')' | '&')
                }
            })
            .unwrap_or(value.len());
        clean += &rest[..lead];
        if end > 0 {
            clean += MASK;
        }
        rest = &value[end..];
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_stays_in_a_line() {
        for (line, clean) in [
            (
                "PUT https://u:p@host.example:8443/a/b?upload_token=SECRET&x=1 200",
                "PUT https://…@host.example:8443/a/b?… 200",
            ),
            ("access_token=SECRET, tries=3", "access_token=…, tries=3"),
            (
                r#"{"refresh_token":"SECRET","code":0}"#,
                r#"{"refresh_token":"…","code":0}"#,
            ),
            ("Authorization: Bearer SECRET", "Authorization: …"),
            ("app_secret = \"SECRET\" kept", "app_secret = \"…\" kept"),
            (
                "upload 3 landed: part 7 of 9",
                "upload 3 landed: part 7 of 9",
            ),
        ] {
            assert_eq!(redact(line), clean);
        }
    }
}
