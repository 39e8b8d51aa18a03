//! What a manuscript says for each of its files: the template's texts where nothing else is said, variables filled in, a title in any case.
//!
//! Knows nothing of accounts. Always holds: a text that cannot be filled in is told by its field and its character, and nothing is sent of it.

use crate::{
    Api, Failure,
    offered::media,
    wire::{FieldFault, Filled, NewManuscripts},
};
use jiff::Zoned;
use slipway_model::{
    Cause, Fields, Source, Spec,
    manuscript::{self, COMMON_FIELDS, printable_name},
    template::{self, Variables},
    times::PUBLISH_AT,
};

/// Files whose texts are shown while a template is written.
const PREVIEWED: usize = 5;
/// What comes from files of captions is taken as it is: braces mean something else there.
const AS_IT_IS: &str = "captions";

/// Names of common fields, and of fields that a platform has.
///
/// # Errors
/// `field_not_common`, `platform_unknown`, `field_unknown`, of the first that is not known.
pub fn check_names<'a>(
    names: impl IntoIterator<Item = &'a String>,
    specs: &[Spec],
) -> Result<(), Cause> {
    for name in names {
        check_name(name, specs)?;
    }
    Ok(())
}

pub(crate) fn check_name(name: &str, specs: &[Spec]) -> Result<(), Cause> {
    let Some((platform, field)) = name.split_once('.') else {
        if COMMON_FIELDS.contains(&name) {
            return Ok(());
        }
        let cause = Cause::new("field_not_common").with("field", name);
        return Err(cause.with("choices", COMMON_FIELDS.join(", ")));
    };
    let spec = specs.iter().find(|spec| spec.name == platform);
    let spec = spec.ok_or_else(|| Cause::new("platform_unknown").with("platform", platform))?;
    if field == PUBLISH_AT || spec.fields.iter().any(|known| known.name == field) {
        return Ok(());
    }
    let cause = Cause::new("field_unknown").with("field", field);
    Err(cause.with("platform", platform))
}

/// The fields of a file's manuscript, its variables filled in.
pub(crate) fn fill(
    fields: &Fields,
    source: &Source,
    index: u32,
    date: &Zoned,
    duration_ms: Option<u64>,
) -> Result<Fields, Vec<FieldFault>> {
    let folder = source.file().and_then(|file| file.path.parent());
    let folder = folder.filter(|folder| folder.file_name().is_some());
    let with = Variables {
        date,
        index,
        file_name: &manuscript::title_from_file_name(&source.name()),
        folder: &folder.map(printable_name).unwrap_or_default(),
        duration_ms,
    };
    let mut faults = Vec::new();
    let mut filled = Fields::new();
    for (name, text) in fields {
        match template::fill(text, &with) {
            _ if name == AS_IT_IS => drop(filled.insert(name.clone(), text.clone())),
            Ok(text) => drop(filled.insert(name.clone(), text)),
            Err(cause) => faults.push(FieldFault {
                cause: cause.with("field", name),
                field: name.clone(),
            }),
        }
    }
    if faults.is_empty() {
        Ok(filled)
    } else {
        Err(faults)
    }
}

/// The first of them as what refuses the whole.
pub(crate) fn first(faults: &[FieldFault]) -> Failure {
    let cause = faults.first().map(|fault| fault.cause.clone());
    cause.unwrap_or_default().into()
}

/// The length of a video whose file says it, where the fields ask for it; blocking.
pub(crate) fn duration_ms(fields: &Fields, source: &Source) -> Option<u64> {
    let asked = fields.values().any(|text| template::asks_duration(text));
    let file = source.file().filter(|_| asked)?;
    media(&file.path)?.duration_ms
}

impl Api {
    /// What the manuscripts of the first five files would say.
    pub async fn templates_preview(&self, new: NewManuscripts) -> Result<Vec<Filled>, Failure> {
        let mut new = self.with_template(new).await?;
        new.files.truncate(PREVIEWED);
        new.accounts.clear();
        let looked = self.look(&new).await?;
        let mut filled = Vec::with_capacity(looked.files.len());
        for file in &looked.files {
            let Ok(source) = &file.source else {
                continue;
            };
            let (fields, faults) = match file.fields(&new, source) {
                Ok(fields) => (fields, Vec::new()),
                Err(faults) => (file.written(&new), faults),
            };
            filled.push(Filled {
                file: file.file,
                fields,
                faults,
            });
        }
        Ok(filled)
    }
}
