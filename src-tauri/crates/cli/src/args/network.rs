//! What may be written behind `slipway network`.

use super::words::{life, upload_id};
use clap::Subcommand;
use slipway_api::wire::RuleFor;
use slipway_model::{
    UploadId,
    network::{Class, Rule},
    rate,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Network {
    /// Set what may go over a network: go, wait, ask, default, or a speed such as 2MB/s
    Rule {
        /// this (the one in use), metered, cellular, cable, free-wifi, wifi, tunnel, other or untold
        #[arg(value_parser = network, value_name = "NETWORK")]
        network: RuleFor,
        #[arg(value_parser = rule)]
        rule: RuleWord,
    },
    /// Set how much may go over a network in a day, for example 2GB, or off
    Budget {
        /// As for `rule`
        #[arg(value_parser = network, value_name = "NETWORK")]
        network: RuleFor,
        #[arg(value_parser = budget, value_name = "SIZE|off")]
        size: Budget,
    },
    /// Let uploads use any network for a time, for example 1h, or off
    Pass {
        #[arg(value_parser = pass_time, value_name = "TIME")]
        time: Option<PassTime>,
        /// Only this upload, until it ends
        #[arg(long, value_parser = upload_id, value_name = "ID", conflicts_with = "time", required_unless_present = "time")]
        upload: Vec<UploadId>,
    },
}

/// `None` forgets the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RuleWord(pub(crate) Option<Rule>);

fn rule(text: &str) -> Result<RuleWord, String> {
    Ok(RuleWord(match text {
        "go" => Some(Rule::Go),
        "wait" => Some(Rule::Wait),
        "ask" => Some(Rule::Ask),
        "default" => None,
        rate => match rate::parse(rate) {
            Ok(Some(bytes_per_second)) => Some(Rule::Cap { bytes_per_second }),
            _ => return Err("write go, wait, ask, default, or a speed such as 2MB/s".into()),
        },
    }))
}

/// Bytes a day; `None` is any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget(pub(crate) Option<u64>);

fn budget(text: &str) -> Result<Budget, String> {
    let is_rate = text.contains("/s") || text.contains("bit");
    match rate::parse(text) {
        Ok(bytes) if !is_rate => Ok(Budget(bytes)),
        _ => Err("write a size such as 2GB, or off".into()),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PassTime {
    Off,
    For(std::time::Duration),
}

fn pass_time(text: &str) -> Result<PassTime, String> {
    match text {
        "off" => Ok(PassTime::Off),
        time => life(time).map(PassTime::For),
    }
}

fn network(text: &str) -> Result<RuleFor, String> {
    if text == "this" {
        return Ok(RuleFor::This);
    }
    let named = |class: &Class| class_word(*class) == text;
    match Class::ALL.into_iter().find(named) {
        Some(class) => Ok(RuleFor::Class { class }),
        None => {
            let known: Vec<_> = Class::ALL.into_iter().map(class_word).collect();
            Err(format!("write this, or one of {}", known.join(", ")))
        }
    }
}

fn class_word(class: Class) -> &'static str {
    match class {
        Class::Metered => "metered",
        Class::Cellular => "cellular",
        Class::Cable => "cable",
        Class::FreeWifi => "free-wifi",
        Class::Wifi => "wifi",
        Class::Tunnel => "tunnel",
        Class::Other => "other",
        Class::Untold => "untold",
    }
}
