//! Reads secrets from where the command line says they are. Invariant: no message quotes one.

use slipway_api::{Failure, wire::Secret};
use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead, IsTerminal},
};

/// `k=v`, `k=@FILE`, `k=env:VAR` or `k=-`: one line of the standard input for each `-`, asked for without echo on a terminal.
pub(crate) fn read_all(given: &[String]) -> Result<BTreeMap<String, Secret>, Failure> {
    let mut secrets = BTreeMap::new();
    for text in given {
        let Some((name, source)) = text.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            return Err(Failure::new("secret_not_named"));
        };
        let unreadable = |place: &str| {
            Failure::new("secret_unreadable")
                .with("name", name)
                .with("source", place)
        };
        let (value, place) = if source == "-" {
            (from_stdin(name), "the standard input".to_owned())
        } else if let Some(path) = source.strip_prefix('@') {
            (fs::read_to_string(path), path.to_owned())
        } else if let Some(variable) = source.strip_prefix("env:") {
            let value = std::env::var(variable).map_err(io::Error::other);
            (value, variable.to_owned())
        } else {
            (Ok(source.to_owned()), "the command line".to_owned())
        };
        let value = value.map_err(|_| unreadable(&place))?;
        let value = value.trim_end_matches(['\r', '\n']);
        if value.is_empty() || value.contains(['\r', '\n']) {
            return Err(unreadable(&place));
        }
        secrets.insert(name.to_owned(), Secret(value.to_owned()));
    }
    Ok(secrets)
}

/// One secret, named on the command line by where it is.
pub(crate) fn read_one(name: &str, source: &str) -> Result<Secret, Failure> {
    let mut read = read_all(&[format!("{name}={source}")])?;
    Ok(read.remove(name).expect("it was read under its name"))
}

fn from_stdin(name: &str) -> io::Result<String> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password(format!("{name}: "));
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}

/// The vault's pass phrase, asked for on a terminal; `None` when there is none to ask on.
pub(crate) fn ask_passphrase(prompt: &str) -> Option<secrecy::SecretString> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return None;
    }
    let phrase = rpassword::prompt_password(prompt).ok()?;
    (!phrase.is_empty()).then(|| phrase.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, Failure> {
        let found = read_all(&[text.to_owned()])?;
        Ok(found.into_values().next().unwrap().0)
    }

    #[test]
    fn a_secret_is_read_from_where_it_is() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "of a file\r\n").unwrap();
        let path = file.path().display();
        assert_eq!(read("k=plain=with=signs").unwrap(), "plain=with=signs");
        assert_eq!(read(&format!("k=@{path}")).unwrap(), "of a file");
        assert_eq!(read("k=env:CARGO_PKG_NAME").unwrap(), "slipway-cli");
    }

    #[test]
    fn a_secret_that_cannot_be_read_is_named_and_never_quoted() {
        for text in [
            "k=",
            "k=@/nowhere/at/all",
            "k=env:NOT_SET_ANYWHERE",
            "k=two\nlines",
        ] {
            let failure = read(text).unwrap_err();
            assert_eq!(failure.code, "secret_unreadable", "{text}");
        }
        let failure = read("a-bare-secret").unwrap_err();
        assert!(!format!("{failure:?}").contains("bare"), "{failure:?}");
    }
}
