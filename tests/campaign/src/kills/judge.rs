//! What must hold after all kills: each manuscript published exactly once with the bytes of its file, and little sent twice.
//!
//! Judges by what the platforms received, never by what the program says of itself, save for the copies into a folder, whose
//! writes nobody but the program sees.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use slipway_sites::{Site, Work};

use crate::slipway::Event;
use crate::video;

/// A part on the platform: its upload and its number.
type Part = (String, u64);

/// Of one part: bytes received so far, and whether it is held.
#[derive(Clone, Copy, Debug, Default)]
struct Received {
    bytes: u64,
    held: bool,
}

#[derive(Debug)]
pub(super) struct Judge {
    copies: PathBuf,
    /// SHA-256 of each file by the title of its manuscript.
    expected: BTreeMap<String, String>,
    seen: HashMap<Part, Received>,
    /// Bytes that each kill cost, oldest first.
    costs: Vec<u64>,
    most_resent_to_folder: u64,
}

pub(super) struct Verdict {
    pub(super) table: String,
    pub(super) breaches: Vec<String>,
}

impl Judge {
    pub(super) fn new(copies: PathBuf) -> Self {
        Self {
            copies,
            expected: BTreeMap::new(),
            seen: HashMap::new(),
            costs: Vec::new(),
            most_resent_to_folder: 0,
        }
    }

    pub(super) fn expect(&mut self, title: &str, file: &Path) -> Result<()> {
        self.expected.insert(title.to_owned(), video::sha256(file)?);
        Ok(())
    }

    pub(super) fn hear(&mut self, event: &Event) {
        if event.name() == "resumed" && event.text("account") == "copy" {
            self.most_resent_to_folder =
                self.most_resent_to_folder.max(event.number("resent_bytes"));
        }
    }

    /// Books what this kill cost (parts cut off) and what the one before did (parts that had landed and were sent again).
    pub(super) fn after_a_kill(&mut self, site: &dyn Site) {
        let (again, cut) = self.book(site);
        if let Some(before) = self.costs.last_mut() {
            *before += again;
        }
        self.costs.push(cut);
    }

    /// Takes note of what has been received: bytes of parts that were held already, and of parts that are not yet.
    fn book(&mut self, site: &dyn Site) -> (u64, u64) {
        let (mut again, mut cut) = (0, 0);
        for part in site.parts() {
            let before = self.seen.entry((part.upload, part.number)).or_default();
            let more = part.received_bytes - before.bytes;
            let held = part.held_bytes > 0;
            if before.held {
                again += more;
            } else if !held {
                cut += more;
            }
            *before = Received {
                bytes: part.received_bytes,
                held,
            };
        }
        (again, cut)
    }

    /// `bound` is the most that one kill may cost: the parts in flight and what is acknowledged in one batch.
    pub(super) async fn verdict(&mut self, site: &dyn Site, bound: u64) -> Result<Verdict> {
        let (again, _) = self.book(site);
        if let Some(last) = self.costs.last_mut() {
            *last += again;
        }
        let (works, publications) = (site.works().await, site.publications().await);
        let mut breaches = published_once(&self.expected, &works, publications);
        let (copies, wrong) = copied_once(&self.expected, &self.copies)?;
        breaches.extend(wrong);
        let abandoned = site.left_behind();
        if abandoned > 0 {
            breaches.push(format!(
                "{abandoned} uploads were begun, sent bytes for and left behind"
            ));
        }
        let most = self.costs.iter().copied().max().unwrap_or(0);
        let over = self.costs.iter().filter(|cost| **cost > bound).count();
        if over > 0 {
            breaches.push(format!(
                "{over} kills cost more than {bound} bytes, the worst {most}"
            ));
        }
        Ok(Verdict {
            table: self.table(site, publications, copies, bound, most)?,
            breaches,
        })
    }

    fn table(
        &self,
        site: &dyn Site,
        publications: usize,
        copies: usize,
        bound: u64,
        most: u64,
    ) -> Result<String> {
        let mut costs = self.costs.clone();
        costs.sort_unstable();
        let median = costs.get(costs.len() / 2).copied().unwrap_or(0);
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let mut table = String::from("| what | figure |\n| --- | ---: |\n");
        writeln!(
            table,
            "| manuscripts wanted, on each platform | {} |",
            self.expected.len()
        )?;
        writeln!(
            table,
            "| published by the video platform | {publications} |"
        )?;
        writeln!(table, "| copied to the folder | {copies} |")?;
        writeln!(
            table,
            "| sent again after a kill, median | {:.2} MiB |",
            mib(median)
        )?;
        writeln!(
            table,
            "| sent again after a kill, most | {:.2} MiB |",
            mib(most)
        )?;
        writeln!(
            table,
            "| bound: parts in flight and one batch | {:.2} MiB |",
            mib(bound)
        )?;
        writeln!(
            table,
            "| written again to the folder, most | {:.2} MiB |",
            mib(self.most_resent_to_folder)
        )?;
        let parts = site.parts();
        let held: u64 = parts.iter().map(|part| part.held_bytes).sum();
        let received: u64 = parts.iter().map(|part| part.received_bytes).sum();
        writeln!(
            table,
            "| bytes received for each byte held | {:.3} |",
            received as f64 / held as f64
        )?;
        Ok(table)
    }
}

/// Each title is there once with the bytes of its file, and nothing else is.
pub(crate) fn published_once(
    expected: &BTreeMap<String, String>,
    works: &[Work],
    publications: usize,
) -> Vec<String> {
    let mut breaches = Vec::new();
    for (title, digest) in expected {
        let published: Vec<_> = works.iter().filter(|work| work.title == *title).collect();
        match published.as_slice() {
            [one] if one.sha256 == *digest => {}
            [_] => breaches.push(format!("{title} was published with other bytes")),
            many => breaches.push(format!("{title} was published {} times", many.len())),
        }
    }
    if publications != expected.len() {
        breaches.push(format!(
            "{publications} works are there for {} that were asked for",
            expected.len()
        ));
    }
    breaches
}

/// Every video in `folder` is one that is wanted, once, and nothing half-made is left. How many are there, and what is wrong.
pub(crate) fn copied_once(
    expected: &BTreeMap<String, String>,
    folder: &Path,
) -> Result<(usize, Vec<String>)> {
    let mut breaches = Vec::new();
    let mut copies: BTreeMap<String, u32> = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let file = entry?.path();
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("mp4") if !name.starts_with('.') => {
                *copies.entry(video::sha256(&file)?).or_default() += 1;
            }
            Some("json") if !name.starts_with('.') => {}
            _ => breaches.push(format!("{name} was left in the folder")),
        }
    }
    for (title, digest) in expected {
        match copies.get(digest) {
            Some(1) => {}
            Some(times) => breaches.push(format!("{title} was copied {times} times")),
            None => breaches.push(format!("{title} was not copied whole")),
        }
    }
    Ok((copies.values().map(|times| *times as usize).sum(), breaches))
}
