//! Many manuscripts out of one list: what each row asks for, looked at as a single one would be.
//!
//! A cell wins over what is said for the whole list, and that over a template. Always holds: a row becomes all of its uploads or is told with its line
//! and column; no row keeps another one out; rows are added in the order of the list, many in one transaction.

use crate::{
    Api, Failure,
    adding::{self, Wanted},
    checking::{self, LookedCover, add_track},
    filling::{self, check_name},
    list::{self, LIST_MAX_BYTES, Row},
    offered, templates,
    times::refuse_start,
    wire::{Empty, ListImport, ListImported, NewManuscripts, Priority, RowFault, Template},
};
use jiff::Zoned;
use secrecy::SecretString;
use slipway_engine::{Engine, Rules, fingerprint, printable_name, seen_media};
use slipway_model::{
    Account, AccountId, Cause, FieldKind, Source, SourceFile, Spec,
    manuscript::{COMMON_FIELDS, titled},
    preflight::{Finding, SeenMedia, Severity},
    text,
};
use slipway_store::{Content, Timing};
use std::{
    collections::{HashMap, hash_map::Entry},
    path::{Path, PathBuf},
    sync::Arc,
};

/// Rows that are added in one transaction.
const BATCH: usize = 500;
const NOTES_MAX: usize = 1000;
/// What a column may be beside a field; `caption` has its language behind it.
const COLUMNS: [&str; 7] = [
    "file", "accounts", "cover", "caption ", "template", "priority", "hold",
];

/// What the rows of a list may mean.
struct Ground {
    /// Where the list lies.
    folder: PathBuf,
    accounts: Vec<Account>,
    templates: Vec<Template>,
    specs: Vec<Spec>,
    with: NewManuscripts,
    cover: Option<PathBuf>,
    date: Zoned,
}

/// A row that is understood, before its accounts have looked at it.
struct Ready {
    line: u64,
    /// Names of its cells.
    columns: Vec<String>,
    source: Source,
    whole: Option<SecretString>,
    new: NewManuscripts,
    cover: Option<PathBuf>,
    media: Option<SeenMedia>,
}

/// What is known of accounts, of covers, and of rows before.
#[derive(Default)]
struct Known {
    rules: HashMap<AccountId, Rules>,
    covers: HashMap<PathBuf, LookedCover>,
    /// Lines in which a content was given to an account.
    lines: HashMap<(AccountId, Content), u64>,
}

impl Api {
    /// The first line of a list for these platforms, as CSV.
    pub async fn list_header(&self, platforms: Vec<String>) -> Result<String, Failure> {
        let mut columns: Vec<String> = ["file", "accounts"].map(ToOwned::to_owned).into();
        let common = COMMON_FIELDS.iter().filter(|name| **name != "captions");
        columns.extend(common.map(|name| (*name).to_owned()));
        for name in &platforms {
            let spec = slipway_platforms::specs().find(|spec| spec.name == *name);
            let spec =
                spec.ok_or_else(|| Failure::new("platform_unknown").with("platform", name))?;
            let fields = spec.fields.iter().filter(|f| f.kind != FieldKind::Image);
            columns.extend(fields.map(|field| format!("{name}.{}", field.name)));
        }
        let last = ["cover", "caption en", "template", "priority", "hold"];
        columns.extend(last.map(ToOwned::to_owned));
        // Names of fields hold neither commas nor quotation marks.
        Ok(columns.join(",") + "\r\n")
    }

    /// Adds a manuscript for each good row of a list, and tells what is wrong with the others.
    ///
    /// # Errors
    /// What spoils the whole list, before anything is added. When the queue fails in between, what was added before stays: the same list again adds the rest.
    pub async fn manuscripts_import(&self, import: ListImport) -> Result<ListImported, Failure> {
        let path = self.offered.path(import.list)?;
        let name = printable_name(&path);
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let read = move || {
            let bytes = adding::small_file(&path, LIST_MAX_BYTES, "list_too_large")?;
            list::read(&text::decode_most(&bytes)?)
        };
        let read = tokio::task::spawn_blocking(read).await;
        let read = read.map_err(|_| Failure::new("stopping"))?;
        let list = read.map_err(|cause| Failure::from(cause.with("file", &name)))?;
        let mut with = import.with;
        if with.together {
            return Err(Failure::new("list_not_together"));
        }
        refuse_start(with.start_at_ms)?;
        let timing = Timing {
            start_at_ms: with.start_at_ms,
            together: false,
        };
        let captions = self.captions(&with.captions).await?;
        if !captions.is_empty() {
            add_track(with.fields.entry("captions".into()).or_default(), &captions);
        }
        let ground = Ground {
            folder,
            accounts: self.engine.store().accounts().await?,
            templates: self.templates(Empty {}).await?,
            specs: slipway_platforms::specs().cloned().collect(),
            cover: with.cover.map(|file| self.offered.path(file)).transpose()?,
            with,
            date: Zoned::now(),
        };
        for column in list.columns.iter().filter(|column| !column.is_empty()) {
            ground.knows(column).map_err(|cause| {
                let cause = cause.with("file", &name).with("line", 1);
                Failure::from(cause)
            })?;
        }
        if let Some(name) = &ground.with.template
            && !ground.templates.iter().any(|known| known.name == *name)
        {
            return Err(templates::unknown(name).into());
        }
        let mut imported = ListImported {
            rows: u32::try_from(list.len()).unwrap_or(u32::MAX),
            manuscripts: 0,
            uploads: Vec::new(),
            bad: list.bad,
            notes: Vec::new(),
        };
        let ground = Arc::new(ground);
        let mut known = Known::default();
        let mut rows = list.rows.into_iter();
        loop {
            let batch: Vec<Row> = rows.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            let looking = ground.clone();
            let look = move || batch.into_iter().map(|row| looking.ready(row)).collect();
            let looked: Vec<Result<Ready, Vec<RowFault>>> = tokio::task::spawn_blocking(look)
                .await
                .map_err(|_| Failure::new("stopping"))?;
            let mut ready = Vec::with_capacity(looked.len());
            for row in looked {
                match row {
                    Ok(row) => ready.push(row),
                    Err(faults) => imported.bad.extend(faults),
                }
            }
            let good = self
                .allowed(ready, &ground.accounts, &mut known, &mut imported)
                .await?;
            imported.manuscripts += u32::try_from(good.len()).unwrap_or(u32::MAX);
            if !import.check_only {
                imported.uploads.extend(self.keep(good, timing).await?);
            }
        }
        imported.bad.sort_by_key(|fault| fault.line);
        Ok(imported)
    }

    /// Those that each of their accounts would take.
    async fn allowed(
        &self,
        rows: Vec<Ready>,
        accounts: &[Account],
        known: &mut Known,
        imported: &mut ListImported,
    ) -> Result<Vec<Wanted>, Failure> {
        let mut before = HashMap::new();
        for account in accounts {
            let theirs = rows
                .iter()
                .filter(|row| row.new.accounts.contains(&account.id));
            let contents: Vec<_> = theirs.map(|row| checking::content(&row.source)).collect();
            if contents.is_empty() {
                continue;
            }
            if let Entry::Vacant(place) = known.rules.entry(account.id) {
                place.insert(self.engine.rules(account.id).await?);
            }
            before.insert(account.id, self.sent_before(account, contents).await?);
        }
        let mut good = Vec::with_capacity(rows.len());
        for row in rows {
            let content = checking::content(&row.source);
            if let Some(path) = &row.cover
                && !known.covers.contains_key(path)
            {
                let name = printable_name(path);
                let looked = self.look_at_cover(path.clone(), name).await;
                known.covers.insert(path.clone(), looked);
            }
            let cover = row.cover.as_ref().and_then(|path| known.covers.get(path));
            let mut bad: Vec<RowFault> = Vec::new();
            let mut notes = Vec::new();
            for id in &row.new.accounts {
                let rules = &known.rules[id];
                let account = accounts.iter().find(|account| account.id == *id);
                let label = account.map_or("", |account| account.label.as_str());
                let about = |column: String, mut cause: Cause| {
                    let params = &mut cause.params;
                    params
                        .entry("file".into())
                        .or_insert_with(|| row.source.name());
                    let account = params.entry("account".into());
                    account.or_insert_with(|| label.to_owned());
                    RowFault {
                        line: row.line,
                        column: Some(column),
                        cause,
                    }
                };
                let (fields, media) = (&row.new.fields, row.media.clone());
                let mut findings = checking::check(rules, &row.source, fields, media, cover);
                findings.extend(rules.times(fields, row.new.start_at_ms));
                for finding in findings {
                    let column = column_of(rules.spec(), &finding, &row);
                    let fault = about(column, finding.cause);
                    let said = bad.iter().any(|known| {
                        known.column == fault.column && known.cause.code == fault.cause.code
                    });
                    match finding.severity {
                        Severity::Red if said => {}
                        Severity::Red => bad.push(fault),
                        Severity::Amber => notes.push(fault),
                        Severity::Green => {}
                    }
                }
                let twice = match known.lines.get(&(*id, content.clone())) {
                    Some(line) => Some(Cause::new("list_row_twice").with("line", line)),
                    None => before[id].get(&content).cloned(),
                };
                if let Some(cause) = twice.filter(|_| !row.new.again) {
                    bad.push(about("file".into(), cause));
                }
            }
            if !bad.is_empty() {
                imported.bad.append(&mut bad);
                continue;
            }
            for id in &row.new.accounts {
                known.lines.insert((*id, content.clone()), row.line);
            }
            let room = NOTES_MAX.saturating_sub(imported.notes.len());
            imported.notes.extend(notes.into_iter().take(room));
            good.push(Wanted {
                accounts: accounts
                    .iter()
                    .filter(|account| row.new.accounts.contains(&account.id))
                    .map(|account| (account.id, account.label.clone()))
                    .collect(),
                hold: row.new.hold,
                priority: row.new.priority.unwrap_or_default(),
                fields: row.new.fields,
                source: row.source,
                whole: row.whole,
                cover: row.cover,
            });
        }
        Ok(good)
    }
}

impl Ground {
    /// # Errors
    /// `list_column_unknown`, or why it is no field.
    fn knows(&self, column: &str) -> Result<(), Cause> {
        if COLUMNS.contains(&column) || column.starts_with("caption ") {
            return Ok(());
        }
        let named = |cause: Cause| cause.with("column", column);
        match check_name(column, &self.specs) {
            Err(cause) if cause.code == "field_not_common" => {
                let known: Vec<_> = COLUMNS.iter().chain(&COMMON_FIELDS).copied().collect();
                let cause = Cause::new("list_column_unknown").with("choices", known.join(", "));
                Err(named(cause))
            }
            known => known.map_err(named),
        }
    }

    /// Reads a row's cells and looks at its files; blocking.
    fn ready(&self, row: Row) -> Result<Ready, Vec<RowFault>> {
        let line = row.line;
        let mut faults = Vec::new();
        let mut fault = |column: &str, cause: Cause| {
            faults.push(RowFault {
                line,
                column: Some(column.to_owned()),
                cause,
            });
        };
        let mut new = self.with.clone();
        let mut cover = self.cover.clone();
        let (mut source, mut whole) = (None, None);
        let mut captions = String::new();
        for (column, cell) in &row.cells {
            if let Err(cause) = self.knows(column) {
                fault(column, cause);
                continue;
            }
            let plain = cell.trim();
            match column.as_str() {
                "file" => match self.source(plain) {
                    Ok(found) => (source, whole) = (Some(found.0), found.1),
                    Err(cause) => fault(column, cause),
                },
                "accounts" => match self.accounts(plain) {
                    Ok(ids) => new.accounts = ids,
                    Err(cause) => fault(column, cause),
                },
                "cover" => cover = Some(self.folder.join(plain)),
                "template" => new.template = Some(plain.to_owned()),
                "priority" => match priority(plain) {
                    Ok(priority) => new.priority = Some(priority),
                    Err(cause) => fault(column, cause),
                },
                "hold" => match yes_or_no(plain) {
                    Ok(hold) => new.hold = hold,
                    Err(cause) => fault(column, cause),
                },
                _ => match column.strip_prefix("caption ") {
                    Some(language) => {
                        let path = self.folder.join(plain);
                        match adding::captions_of(&path, language.trim()) {
                            Ok(track) => add_track(&mut captions, &track),
                            Err(cause) => fault(column, cause.with("file", printable_name(&path))),
                        }
                    }
                    None => drop(new.fields.insert(column.clone(), cell.clone())),
                },
            }
        }
        if !row.cells.contains_key("file") {
            fault("file", Cause::new("list_no_file"));
        }
        if !captions.is_empty() {
            let tracks = new.fields.entry("captions".to_owned()).or_default();
            add_track(tracks, &captions);
        }
        let template = new.template.take();
        let named = |name: &String| self.templates.iter().find(|known| known.name == *name);
        match template.as_ref().map(|name| named(name).ok_or(name)) {
            Some(Ok(template)) => templates::apply(template, &self.accounts, &mut new),
            Some(Err(name)) => fault("template", templates::unknown(name)),
            None => {}
        }
        if new.accounts.is_empty() && !row.cells.contains_key("accounts") {
            fault("accounts", Cause::new("no_accounts"));
        }
        let file = source.as_ref().and_then(Source::file);
        let media = file.and_then(|file| offered::media(&file.path));
        let media = media.as_ref().map(seen_media);
        if let Some(source) = &source {
            let filled = if new.variables {
                let duration_ms = media.as_ref().and_then(|media| media.duration_ms);
                filling::fill(&new.fields, source, row.place, &self.date, duration_ms)
            } else {
                Ok(std::mem::take(&mut new.fields))
            };
            match filled {
                Ok(fields) => new.fields = titled(&fields, &source.name()),
                Err(unfilled) => {
                    for one in unfilled {
                        fault(&one.field, one.cause);
                    }
                }
            }
        }
        match source {
            Some(source) if faults.is_empty() => Ok(Ready {
                line,
                columns: row.cells.into_keys().collect(),
                source,
                whole,
                new,
                cover,
                media,
            }),
            _ => Err(faults),
        }
    }

    fn source(&self, text: &str) -> Result<(Source, Option<SecretString>), Cause> {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        if scheme.is_some_and(|s| ["http", "https"].iter().any(|h| s.eq_ignore_ascii_case(h))) {
            let (shown, whole) = adding::address(text)?;
            let online = Engine::online_file(shown, &whole);
            return Ok((Source::Online(online), Some(whole)));
        }
        let path = self.folder.join(text);
        let taken = fingerprint::take(&path).map_err(|fault| fault.cause);
        let fingerprint = taken.map_err(|cause| cause.with("file", printable_name(&path)))?;
        Ok((Source::File(SourceFile { path, fingerprint }), None))
    }

    /// Labels with commas between them, each account once.
    fn accounts(&self, text: &str) -> Result<Vec<AccountId>, Cause> {
        let mut ids = Vec::new();
        let labels = text.split(',').map(str::trim).filter(|l| !l.is_empty());
        for label in labels {
            let found = self.accounts.iter().find(|known| known.label == label);
            let found =
                found.ok_or_else(|| Cause::new("account_not_named").with("account", label))?;
            if !ids.contains(&found.id) {
                ids.push(found.id);
            }
        }
        if ids.is_empty() {
            return Err(Cause::new("no_accounts"));
        }
        Ok(ids)
    }
}

/// The column that what a platform says of one of its fields belongs to.
fn column_of(spec: &Spec, finding: &Finding, row: &Ready) -> String {
    let of_cover = finding.cause.code.starts_with("cover_");
    let field = finding.field.as_deref().or(of_cover.then_some("cover"));
    let Some(field) = field else {
        return "file".into();
    };
    let own = format!("{}.{field}", spec.name);
    let known = spec.fields.iter().find(|known| known.name == field);
    let common = match known.filter(|_| field != "cover") {
        Some(known) => known.from.clone(),
        None => Some(field.to_owned()),
    };
    match common {
        _ if row.columns.contains(&own) => own,
        Some(common) if common == "captions" => {
            let file = row.columns.iter().find(|name| name.starts_with("caption "));
            file.cloned().unwrap_or(common)
        }
        common => common.unwrap_or(own),
    }
}

fn priority(text: &str) -> Result<Priority, Cause> {
    match text {
        "low" => Ok(Priority::Low),
        "normal" => Ok(Priority::Normal),
        "high" => Ok(Priority::High),
        _ => Err(Cause::new("field_not_a_choice")
            .with("field", "priority")
            .with("value", text)
            .with("choices", "low, normal, high")),
    }
}

fn yes_or_no(text: &str) -> Result<bool, Cause> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(Cause::new("field_not_yes_or_no")
            .with("field", "hold")
            .with("value", text)),
    }
}
