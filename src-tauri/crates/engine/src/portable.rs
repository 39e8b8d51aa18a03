//! Settings that another machine can have as they are: no secret, no number of an account, nothing of today.
//!
//! Knows nothing of files. What is not there is left as it is.

use crate::{Engine, caps, hours, network, power, proxies};
use serde::{Deserialize, Serialize};
use slipway_model::{
    AccountId, line::Line, network::NetworkRules, proxy::Proxy, speed::Turtle, times::Hours,
    timetable::Timetable,
};
use slipway_store::StoreError;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Portable {
    /// 0: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_bytes_per_second: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turtle: Option<Turtle>,
    /// The timetable's level between full and turtle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timetable_bytes_per_second: Option<u64>,
    /// As it is kept; empty: full speed at any hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timetable: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkRules>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Proxy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_awake: Option<bool>,
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("settings are JSON")
}

impl Portable {
    /// As they are kept.
    pub fn rows(&self) -> Vec<(String, Option<String>)> {
        let number = |rate: u64| some(rate).map(|rate| rate.to_string());
        let table = |text: &String| (!text.is_empty()).then(|| text.clone());
        let rows = [
            (caps::LIMIT, self.limit_bytes_per_second.map(number)),
            (caps::TURTLE, self.turtle.as_ref().map(|it| Some(json(it)))),
            (caps::LEVEL_CAP, self.timetable_bytes_per_second.map(number)),
            (hours::HOURS, self.timetable.as_ref().map(table)),
            (
                crate::engine::LINE,
                self.line.as_ref().map(|it| Some(json(it))),
            ),
            (
                network::RULES,
                self.network.as_ref().map(|it| Some(json(it))),
            ),
            (proxies::PROXY, self.proxy.as_ref().map(|it| Some(json(it)))),
            (
                power::KEEP_AWAKE,
                self.keep_awake.map(|on| (!on).then(|| "off".to_owned())),
            ),
        ];
        let said = rows
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        said.collect()
    }
}

impl Engine {
    pub async fn portable(&self) -> Result<Portable, StoreError> {
        let speed = self.speed();
        let timetable = self.hours().await?.most;
        Ok(Portable {
            limit_bytes_per_second: Some(speed.by_hand.unwrap_or(0)),
            turtle: Some(speed.turtle),
            timetable_bytes_per_second: Some(speed.level_cap),
            timetable: Some(timetable.map_or_else(String::new, |table| table.to_string())),
            line: Some(self.line().await?),
            network: Some(self.network().await.rules),
            proxy: Some(self.proxy()),
            keep_awake: Some(self.power().keep_awake),
        })
    }

    /// Puts into force what was kept by [`Portable::rows`]. What cannot be now is at the next start.
    pub async fn obey(&self, portable: Portable) {
        if let Err(error) = self.try_obey(portable).await {
            tracing::warn!(error, "not all that was kept is in force");
        }
    }

    async fn try_obey(&self, portable: Portable) -> Result<(), String> {
        let failed = |error: StoreError| error.to_string();
        // The first: nothing is to go past it because of what comes after.
        if let Some(proxy) = portable.proxy {
            let set = self.set_proxy(proxy, None);
            set.await.map_err(|error| error.to_string())?;
        }
        if let Some(rate) = portable.limit_bytes_per_second {
            let limit = self.set_limit(some(rate));
            limit.await.map_err(failed)?;
        }
        if let Some(turtle) = portable.turtle {
            self.set_turtle(turtle).await.map_err(failed)?;
        }
        if let Some(rate) = portable.timetable_bytes_per_second {
            self.set_level_cap(rate).await.map_err(failed)?;
        }
        if let Some(text) = portable.timetable {
            let table = Timetable::parse(&text).ok();
            let set = self.set_timetable(table.as_ref());
            set.await.map_err(failed)?;
        }
        if let Some(line) = portable.line {
            self.set_line(line).await.map_err(failed)?;
        }
        if let Some(rules) = portable.network {
            self.set_network_rules(rules).await.map_err(failed)?;
        }
        if let Some(keep) = portable.keep_awake {
            self.set_keep_awake(keep).await.map_err(failed)?;
        }
        Ok(())
    }

    /// The same for [`rows_of_account`].
    pub async fn obey_of_account(&self, id: AccountId, rate: Option<u64>, hours: Option<&str>) {
        let hours = hours.and_then(|text| Hours::parse(text).ok());
        let set = async {
            self.set_account_limit(id, rate).await?;
            self.set_hours(id, hours.as_ref()).await
        };
        if let Err(error) = set.await {
            tracing::warn!(account = %id, %error, "not all that was kept is in force");
        }
    }
}

/// 0 says that there is none.
fn some(rate: u64) -> Option<u64> {
    (rate > 0).then_some(rate)
}

/// What is kept of an account beside itself.
pub fn rows_of_account(
    id: AccountId,
    rate: Option<u64>,
    hours: Option<&str>,
) -> Vec<(String, Option<String>)> {
    let limit = rate.map(|rate| (format!("{}.{}", caps::LIMIT, id.0), rate.to_string()));
    let hours = hours.map(|text| (hours::setting_of(Some(id)), text.to_owned()));
    let rows = limit.into_iter().chain(hours);
    rows.map(|(name, value)| (name, Some(value))).collect()
}
