//! New words for uploads that are not submitted yet.

use super::ask;
use crate::{
    args::{Set, Word},
    exit::{Exit, Outcome},
    folder::Folder,
    out::Out,
};
use serde_json::json;
use slipway_api::{
    Failure,
    wire::{UploadSet, UploadsFields},
};
use slipway_model::Fields;

pub(super) async fn set(wish: Set, out: &Out, folder: &Folder) -> Outcome {
    let (mut ids, mut fields) = (Vec::new(), Fields::new());
    for word in wish.words {
        match word {
            Word::Upload(id) => ids.push(id),
            Word::Field(name, value) => drop(fields.insert(name, value)),
        }
    }
    if ids.is_empty() != wish.all {
        return Err(Failure::new("uploads_named_wrong").into());
    }
    let all = wish.all;
    let request = UploadsFields {
        set: UploadSet { ids, all },
        fields,
        variables: wish.variables,
    };
    let set = ask(folder, async |client| {
        client.uploads_set_fields(request).await
    })
    .await?;
    let mut wrong = false;
    for refusal in &set.refused {
        // Of the whole queue, what has been submitted was not meant.
        let ended = refusal.cause.code == "upload_past_editing";
        wrong |= !(all && ended);
        if !(all && ended) {
            out.note(&format!("{}: {}", refusal.id, out.cause(&refusal.cause)));
        }
    }
    if out.json {
        let refused: Vec<_> = set
            .refused
            .iter()
            .map(|refusal| {
                let cause = &refusal.cause;
                json!({ "id": refusal.id, "code": cause.code, "message": out.cause(cause), "params": cause.params })
            })
            .collect();
        out.document(&json!({ "changed": set.changed, "refused": refused }))?;
    } else {
        out.say("cli.changed", &[("count", set.changed.to_string())]);
        if !set.refused.is_empty() {
            let count = set.refused.len().to_string();
            out.say("cli.stayed", &[("count", count)]);
        }
    }
    Ok(if wrong { Exit::Wrong } else { Exit::Done })
}
