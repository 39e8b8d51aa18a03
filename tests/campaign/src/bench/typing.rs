//! Preflight while somebody types: from the words as they are to what every account says of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use slipway_api::wire::{Empty, NewAccount, NewManuscripts, Secret};
use slipway_api::{Api, Options};

use super::{Row, median, tell};

const ACCOUNTS: usize = 10;
const KEYSTROKES: usize = 60;
/// A fast typist; over these keystrokes files and accounts are looked at again several times.
const BETWEEN: Duration = Duration::from_millis(100);
/// A frame of a screen that draws sixty of them a second.
const PROMISED_MS: f64 = 16.0;

pub(super) async fn measure() -> Result<Vec<Row>> {
    let scratch = tempfile::tempdir()?;
    let api = Api::open(Options {
        data_dir: scratch.path().join("slipway"),
        passphrase: Some("of a bench".to_owned().into()),
        ..Options::default()
    })
    .await
    .context("the engine does not start")?;
    let form = with_accounts(&api, scratch.path()).await?;
    let mut rows = Vec::new();
    for files in [1, 10] {
        let ms = typed(&api, scratch.path(), form.clone(), files).await?;
        let (middle, worst) = (
            median(ms.iter().copied()),
            ms.iter().copied().fold(0.0, f64::max),
        );
        let measured = format!("{middle:.1} ms, at worst {worst:.1} ms");
        tell(&format!(
            "a keystroke, {ACCOUNTS} accounts, {files} files: {measured}"
        ));
        rows.push(Row::new(
            format!("a keystroke checked for {ACCOUNTS} accounts and {files} files"),
            "< 16 ms",
            measured,
            worst < PROMISED_MS,
        ));
    }
    api.close().await;
    Ok(rows)
}

/// A form with accounts on all platforms by turns. Nobody is asked about them.
async fn with_accounts(api: &Api, scratch: &Path) -> Result<NewManuscripts> {
    let specs = api.platforms(Empty {}).await?.platforms;
    let mut form = NewManuscripts::default();
    for (number, spec) in specs.iter().cycle().take(ACCOUNTS).enumerate() {
        let folder = scratch.join(format!("folder {number}"));
        std::fs::create_dir_all(&folder)?;
        let needed = spec.settings.iter().filter(|field| field.required);
        let settings: BTreeMap<_, _> = needed
            .map(|field| (field.name.clone(), folder.display().to_string()))
            .collect();
        let account = api.account_add(NewAccount {
            platform: spec.name.clone(),
            label: format!("{} {number}", spec.name),
            settings,
            secrets: spec
                .secrets
                .iter()
                .map(|field| (field.name.clone(), Secret("x".into())))
                .collect(),
            check: false,
        });
        form.accounts.push(account.await?.id);
    }
    Ok(form)
}

/// How long each keystroke takes, in ms.
async fn typed(
    api: &Api,
    scratch: &Path,
    mut new: NewManuscripts,
    files: usize,
) -> Result<Vec<f64>> {
    let mut paths = Vec::new();
    for number in 0..files {
        let path = scratch.join(format!("{files} {number}.mp4"));
        std::fs::write(&path, number.to_be_bytes().repeat(1 << 14))?;
        paths.push(path);
    }
    let offered = api.files_offer(paths).await?;
    new.files = offered.iter().map(|file| file.file).collect();
    let words = "The night shift ends at six. 我们为第一缕光而停留。 ";
    let mut letters = words.chars().cycle();
    // A description as it stands after a while.
    let begun: String = letters.by_ref().take(180).collect();
    new.fields
        .insert("title".into(), "Harbour crane at dawn".into());
    new.fields
        .insert("tags".into(), "harbour,crane,dawn".into());
    new.fields.insert("description".into(), begun);
    let mut taken = Vec::with_capacity(KEYSTROKES);
    for letter in letters.take(KEYSTROKES) {
        new.fields
            .entry("description".into())
            .or_default()
            .push(letter);
        let started = Instant::now();
        let said = serde_json::to_vec(&api.manuscripts_check(new.clone()).await?)?;
        taken.push(started.elapsed().as_secs_f64() * 1000.0);
        anyhow::ensure!(said.len() > 1000, "ten accounts say more than that");
        tokio::time::sleep(BETWEEN).await;
    }
    Ok(taken)
}
