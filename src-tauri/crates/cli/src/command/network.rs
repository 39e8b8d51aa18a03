//! The network in use, and what may go over it.

use super::ask;
use crate::{
    args::network::{Network, PassTime},
    event::rfc3339,
    exit::{Exit, Outcome},
    folder::Folder,
    out::Out,
};
use serde_json::json;
use slipway_api::{
    Failure,
    client::Client,
    sentence::{self, printable, size},
    wire::{Empty, NetworkBudget, NetworkPass, NetworkRuleSet, NetworkStatus},
};
use slipway_model::{Link, LinkKind, Metered, network::Rule};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(super) async fn obey(command: Option<Network>, out: &Out, folder: &Folder) -> Outcome {
    let status = match command {
        None => ask(folder, async |client| client.network(Empty {}).await).await?,
        Some(Network::Rule { network, rule }) => {
            let set = NetworkRuleSet {
                network,
                rule: rule.0,
            };
            ask(folder, async |client| client.network_rule_set(set).await).await?
        }
        Some(Network::Budget { network, size }) => {
            let set = NetworkBudget {
                network,
                bytes: size.0,
            };
            ask(folder, async |client| client.network_budget_set(set).await).await?
        }
        Some(Network::Pass { time, upload }) => {
            let (until_ms, is_off) = match time {
                Some(PassTime::For(time)) => (Some(from_now_ms(time)), false),
                Some(PassTime::Off) => (None, true),
                None => (None, false),
            };
            ask(folder, async |client| {
                pass(client, until_ms, upload, is_off).await
            })
            .await?
        }
    };
    show(&status, out)?;
    Ok(Exit::Done)
}

/// Adds to what is let through; `off` takes all of it back.
async fn pass(
    client: &Client,
    until_ms: Option<i64>,
    mut uploads: Vec<slipway_model::UploadId>,
    is_off: bool,
) -> Result<NetworkStatus, Failure> {
    let before = client.network(Empty {}).await?.pass;
    if !is_off {
        uploads.extend(before.uploads);
    }
    let until_ms = if is_off {
        None
    } else {
        until_ms.or(before.until_ms)
    };
    client.network_pass(NetworkPass { until_ms, uploads }).await
}

fn from_now_ms(span: Duration) -> i64 {
    let until = SystemTime::now() + span;
    let since = until.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn show(status: &NetworkStatus, out: &Out) -> std::io::Result<()> {
    if out.json {
        return out.document(&json!({
            "link": status.link, "class": status.class, "rule": status.verdict.rule,
            "because": status.verdict.because, "wait": status.wait,
            "networks": status.networks, "classes": status.classes, "day": status.day,
            "pass": { "until": status.pass.until_ms.map(rfc3339), "uploads": status.pass.uploads },
        }));
    }
    let mut link = Some(&status.link);
    while let Some(one) = link {
        out.line(&describe(one, out))?;
        link = one.under.as_deref();
    }
    match (&status.wait, status.verdict.rule) {
        (Some(wait), _) => out.line(&sentence::say_wait(out.lang, wait))?,
        (None, Rule::Cap { bytes_per_second }) => {
            let rate = format!("{}/s", size(bytes_per_second));
            out.line(&out.sentence("cli.network_cap", &[("rate", rate)]))?;
        }
        (None, _) => out.line(&out.sentence("cli.network_goes", &[]))?,
    }
    let bytes = ("bytes", status.day.sent_bytes.to_string());
    match status.day.budget_bytes {
        Some(budget) => {
            let values = [bytes, ("budget", budget.to_string())];
            out.line(&out.sentence("cli.network_today_of", &values))?;
        }
        None if status.day.sent_bytes > 0 => {
            out.line(&out.sentence("cli.network_today", &[bytes]))?;
        }
        None => {}
    }
    if let Some(until_ms) = status.pass.until_ms {
        let until = [("until_ms", until_ms.to_string())];
        out.line(&out.sentence("cli.network_pass", &until))?;
    }
    if !status.pass.uploads.is_empty() {
        let ids: Vec<_> = status
            .pass
            .uploads
            .iter()
            .map(ToString::to_string)
            .collect();
        let ids = [("ids", ids.join(", "))];
        out.line(&out.sentence("cli.network_upload_passes", &ids))?;
    }
    Ok(())
}

fn describe(link: &Link, out: &Out) -> String {
    if !link.online {
        return out.sentence("network.none", &[]);
    }
    let kind = match link.kind {
        LinkKind::Ethernet => "network.ethernet",
        LinkKind::Wifi => "network.wifi",
        LinkKind::Cellular => "network.cellular",
        LinkKind::Vpn => "network.vpn",
        LinkKind::Other => "network.other",
    };
    let cost = match link.metered {
        Metered::Yes => "network.costs",
        Metered::No => "network.free",
        Metered::Unknown => "network.cost_unknown",
    };
    let said = |code| out.sentence(code, &[]);
    let mut values = vec![("kind", said(kind)), ("cost", said(cost))];
    let Some(name) = &link.name else {
        return out.sentence("cli.network_unnamed", &values);
    };
    values.push(("network", printable(name)));
    out.sentence("cli.network", &values)
}
