//! Bars for a person who watches: full colour is what the platform has acknowledged. Nothing is drawn where stderr is no terminal.

use crate::out::Out;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use slipway_api::sentence::{self, printable, size};
use slipway_engine::happening::{Happening, What};
use slipway_model::{PhaseName, UploadId};
use std::{
    collections::HashMap,
    io::{self, IsTerminal},
    path::Path,
};

/// More would not fit on a screen.
const BARS_MAX: usize = 12;

pub(crate) struct Bars {
    drawn: bool,
    by_upload: HashMap<UploadId, ProgressBar>,
}

impl Bars {
    pub(crate) fn new(out: &Out) -> Self {
        let drawn = !out.json && io::stderr().is_terminal();
        if !drawn {
            out.bars.set_draw_target(ProgressDrawTarget::hidden());
        }
        Self {
            drawn,
            by_upload: HashMap::new(),
        }
    }

    /// Draws what happened, or says it in a line where nothing is drawn.
    pub(crate) fn show(&mut self, happening: &Happening, out: &Out) {
        let Some(upload) = happening.upload else {
            return;
        };
        let name = name(happening);
        match &happening.what {
            What::Progress {
                held_bytes,
                total_bytes,
                bytes_per_second,
                eta_seconds,
                ..
            } => {
                if let Some(bar) = self.bar(upload, &name, out) {
                    bar.set_length(*total_bytes);
                    bar.set_position(*held_bytes);
                    let left = eta_seconds.map_or("–".into(), |s| sentence::span(out.lang, s));
                    bar.set_message(format!(
                        "{} of {}, {}/s, {left}",
                        size(*held_bytes),
                        size(*total_bytes),
                        size(*bytes_per_second)
                    ));
                }
            }
            What::Waiting { wait } => {
                self.tell(upload, &name, &sentence::say_wait(out.lang, wait), out);
            }
            What::Failed { cause } => {
                self.clear(upload);
                out.note(&format!("{name}: {}", out.cause(cause)));
            }
            What::Published { .. } => self.clear(upload),
            What::Phase { to, .. } => {
                let word = out.sentence(&format!("phase.{}", to.as_str()), &[]);
                match to {
                    PhaseName::Published | PhaseName::Failed => self.clear(upload),
                    PhaseName::Cancelled => {
                        self.clear(upload);
                        out.note(&format!("{name}: {word}"));
                    }
                    _ => {
                        if *to == PhaseName::Committing
                            && let Some(bar) = self.by_upload.get(&upload)
                        {
                            bar.set_position(bar.length().unwrap_or_default()); // every part has landed
                        }
                        self.tell(upload, &name, &word, out);
                    }
                }
            }
            What::Resumed {
                held_bytes,
                resent_bytes,
            } => out.say(
                "cli.resumed",
                &[
                    ("name", name),
                    ("held_bytes", held_bytes.to_string()),
                    ("resent_bytes", resent_bytes.to_string()),
                ],
            ),
            What::Queued | What::Part { .. } | What::Retry { .. } | What::Idle { .. } => {}
        }
    }

    fn tell(&mut self, upload: UploadId, name: &str, text: &str, out: &Out) {
        if !self.drawn {
            out.note(&format!("{name}: {text}"));
        } else if let Some(bar) = self.bar(upload, name, out) {
            bar.set_message(text.to_owned());
        }
    }

    fn bar(&mut self, upload: UploadId, name: &str, out: &Out) -> Option<&ProgressBar> {
        if !self.drawn
            || (self.by_upload.len() >= BARS_MAX && !self.by_upload.contains_key(&upload))
        {
            return None;
        }
        Some(self.by_upload.entry(upload).or_insert_with(|| {
            let style = ProgressStyle::with_template("{prefix:28!} [{bar:24}] {wide_msg}")
                .expect("a constant template")
                .progress_chars("=> ");
            let bar = out.bars.add(ProgressBar::new(1).with_style(style));
            bar.set_prefix(name.to_owned());
            bar
        }))
    }

    fn clear(&mut self, upload: UploadId) {
        if let Some(bar) = self.by_upload.remove(&upload) {
            bar.finish_and_clear();
        }
    }

    pub(crate) fn end(&mut self) {
        for (_, bar) in self.by_upload.drain() {
            bar.finish_and_clear();
        }
    }
}

/// File and account, safe on a terminal.
pub(crate) fn name(happening: &Happening) -> String {
    let file = happening.file.as_deref().unwrap_or("–");
    let file = Path::new(file)
        .file_name()
        .map_or(file.into(), |f| f.to_string_lossy());
    let account = happening.account_label.as_deref().unwrap_or("–");
    printable(&format!("{file} → {account}"))
}
