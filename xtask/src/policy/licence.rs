//! Decides whether a licence expression is allowed.
//!
//! Reads SPDX expressions (`AND`, `OR`, `WITH`, parentheses) and the old `A/B` for `A OR B`. Pure.

/// Whether some way to choose among `OR` needs only what `allowed` says yes to.
///
/// # Errors
/// The expression, when it cannot be read.
pub(super) fn permits(expression: &str, allowed: &dyn Fn(&str) -> bool) -> Result<bool, String> {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let verdict = either(&mut words, allowed);
    match verdict {
        Some(verdict) if words.peek().is_none() => Ok(verdict),
        _ => Err(format!("'{expression}' is no licence expression")),
    }
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn either(words: &mut Words, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut verdict = both(words, allowed)?;
    while words
        .next_if(|word| word.eq_ignore_ascii_case("or"))
        .is_some()
    {
        verdict |= both(words, allowed)?;
    }
    Some(verdict)
}

fn both(words: &mut Words, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut verdict = one(words, allowed)?;
    while words
        .next_if(|word| word.eq_ignore_ascii_case("and"))
        .is_some()
    {
        verdict &= one(words, allowed)?;
    }
    Some(verdict)
}

fn one(words: &mut Words, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let word = words.next()?;
    if word == "(" {
        let verdict = either(words, allowed)?;
        return (words.next()? == ")").then_some(verdict);
    }
    if word == ")"
        || ["and", "or", "with"]
            .iter()
            .any(|taken| word.eq_ignore_ascii_case(taken))
    {
        return None;
    }
    if words
        .next_if(|word| word.eq_ignore_ascii_case("with"))
        .is_some()
    {
        let exception = words.next()?;
        return Some(allowed(word) || allowed(&format!("{word} WITH {exception}")));
    }
    Some(allowed(word))
}

#[cfg(test)]
mod tests {
    use super::permits;

    fn mit_or_zlib(name: &str) -> bool {
        ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"].contains(&name)
    }

    #[test]
    fn or_needs_one_and_needs_all() {
        for (expression, allowed) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("GPL-3.0-only OR MIT", true),
            ("GPL-3.0-only AND MIT", false),
            ("GPL-3.0-only/MIT", true),
            ("(MIT OR GPL-3.0-only) AND Zlib", true),
            ("MIT OR GPL-3.0-only AND Foo", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("Apache-2.0", false),
        ] {
            assert_eq!(
                permits(expression, &mit_or_zlib),
                Ok(allowed),
                "{expression}"
            );
        }
    }

    #[test]
    fn what_is_no_expression_is_said_to_be_none() {
        for expression in ["", "MIT OR", "(MIT", "MIT)", "MIT Zlib", "AND"] {
            assert!(permits(expression, &mit_or_zlib).is_err(), "{expression}");
        }
    }
}
