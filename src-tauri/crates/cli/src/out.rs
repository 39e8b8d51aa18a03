//! The two ways out: results on stdout, everything else on stderr.
//!
//! Knows nothing of what is said. Invariants: only results reach stdout; names from outside cannot steer the terminal; nobody reading is no panic.

use crate::exit::Stop;
use indicatif::MultiProgress;
use serde::Serialize;
use serde_json::{Value, json};
use slipway_api::{
    Failure,
    sentence::{self, Lang},
};
use slipway_model::{Cause, Params};
use std::io::{self, IsTerminal, Write};

pub(crate) struct Out {
    pub(crate) json: bool,
    pub(crate) lang: Lang,
    /// Bars on the terminal, which messages must not run into.
    pub(crate) bars: MultiProgress,
}

impl Out {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            lang: Lang::from_env(),
            bars: MultiProgress::new(),
        }
    }

    /// A line of the result.
    pub(crate) fn line(&self, text: &str) -> io::Result<()> {
        self.bars.suspend(|| {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes())?;
            out.write_all(b"\n")?;
            out.flush()
        })
    }

    /// The whole result, for `--json`.
    pub(crate) fn document(&self, document: &impl Serialize) -> io::Result<()> {
        let text = if io::stdout().is_terminal() {
            serde_json::to_string_pretty(document)
        } else {
            serde_json::to_string(document)
        };
        self.line(&text.expect("results are JSON"))
    }

    /// Puts a text on the clipboard of the terminal, by the sequence that terminals know for it (OSC 52).
    pub(crate) fn copy(&self, text: &str) -> Result<(), Stop> {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        if !io::stderr().is_terminal() {
            return Err(Failure::new("clipboard_no_terminal").into());
        }
        self.bars.suspend(|| {
            let mut terminal = io::stderr().lock();
            write!(terminal, "\x1b]52;c;{}\x07", STANDARD.encode(text))?;
            terminal.flush()
        })?;
        self.say("cli.copied", &[]);
        Ok(())
    }

    /// A message by its code.
    pub(crate) fn say(&self, code: &str, params: &[(&str, String)]) {
        self.note(&self.sentence(code, params));
    }

    pub(crate) fn sentence(&self, code: &str, params: &[(&str, String)]) -> String {
        let params = params.iter().map(|(k, v)| ((*k).to_owned(), v.clone()));
        sentence::say(self.lang, code, &params.collect())
    }

    /// A message that is already made safe.
    pub(crate) fn note(&self, text: &str) {
        self.bars.suspend(|| {
            let _ = writeln!(io::stderr(), "{text}");
        });
    }

    pub(crate) fn failure(&self, failure: &Failure) {
        let said = self.cause(&cause(failure));
        self.note(&format!("slipway: {said}"));
        if self.json {
            error_line(&failure.code, &said, &failure.params);
        }
    }

    pub(crate) fn cause(&self, cause: &Cause) -> String {
        sentence::say_cause(self.lang, cause)
    }
}

pub(crate) fn cause(failure: &Failure) -> Cause {
    Cause {
        code: failure.code.clone(),
        params: failure.params.clone(),
        detail: failure.detail.clone(),
    }
}

/// An error for programs, a line on stderr.
pub(crate) fn error_line(code: &str, message: &str, params: &Params) {
    error_object(&json!({ "code": code, "message": message, "params": params }));
}

pub(crate) fn error_object(error: &Value) {
    let _ = writeln!(io::stderr(), "{}", json!({ "error": error }));
}
