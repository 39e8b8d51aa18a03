//! The link, and what its user allows on it.

use crate::{
    Api, Failure,
    speed::refuse_rate,
    wire::{
        ClassRule, Empty, KnownNetwork, NetworkBudget, NetworkDay, NetworkPass, NetworkRuleSet,
        NetworkStatus, RuleFor,
    },
};
use slipway_engine::NetworkView;
use slipway_model::network::{Class, NetworkRule, NetworkRules, Passes, Rule};

/// A smaller one would be spent by what cannot be sent in part.
const BUDGET_MIN: u64 = 1_000_000;

/// # Errors
/// `network_budget_too_low`.
pub(crate) fn refuse_budget(bytes: Option<u64>) -> Result<(), Failure> {
    if bytes.is_some_and(|bytes| bytes < BUDGET_MIN) {
        return Err(Failure::new("network_budget_too_low").with("min_bytes", BUDGET_MIN));
    }
    Ok(())
}

impl Api {
    pub async fn network(&self, _: Empty) -> Result<NetworkStatus, Failure> {
        Ok(status(self.engine.network().await))
    }

    /// Sets a rule, or forgets it; with that of a network what may go over it in a day is forgotten, too, since it is shown no more.
    ///
    /// # Errors
    /// `network_not_known` when nothing tells this network from others, so that no rule for it alone can be kept.
    pub async fn network_rule_set(&self, set: NetworkRuleSet) -> Result<NetworkStatus, Failure> {
        if let Some(Rule::Cap { bytes_per_second }) = set.rule {
            refuse_rate(Some(bytes_per_second))?;
        }
        let NetworkView {
            link, mut rules, ..
        } = self.engine.network().await;
        match (set.network, set.rule) {
            (RuleFor::Class { class }, Some(rule)) => {
                rules.classes.insert(class, rule);
            }
            (RuleFor::Class { class }, None) => {
                rules.classes.remove(&class);
            }
            (RuleFor::This, Some(rule)) => {
                let key = link.key.ok_or_else(|| Failure::new("network_not_known"))?;
                let name = link.name.unwrap_or_default();
                rules.networks.insert(key, NetworkRule { name, rule });
            }
            (RuleFor::This, None) => {
                if let Some(key) = &link.key {
                    forget(&mut rules, key);
                }
            }
            (RuleFor::Known { key }, rule) => match (rules.networks.get_mut(&key), rule) {
                (Some(known), Some(rule)) => known.rule = rule,
                (_, None) => forget(&mut rules, &key),
                (None, Some(_)) => return Err(Failure::new("network_not_known")),
            },
        }
        self.engine.set_network_rules(rules).await?;
        self.network(Empty {}).await
    }

    /// Sets how much may go over a network in a day, or forgets it.
    ///
    /// # Errors
    /// `network_not_known`, `network_budget_too_low`.
    pub async fn network_budget_set(&self, set: NetworkBudget) -> Result<NetworkStatus, Failure> {
        refuse_budget(set.bytes)?;
        let NetworkView {
            link, mut rules, ..
        } = self.engine.network().await;
        let name = match set.network {
            RuleFor::Class { class } => class.meter(),
            RuleFor::Known { key } => key,
            RuleFor::This => link.key.ok_or_else(|| Failure::new("network_not_known"))?,
        };
        match set.bytes {
            Some(bytes) => drop(rules.budgets.insert(name, bytes)),
            None => drop(rules.budgets.remove(&name)),
        }
        self.engine.set_network_rules(rules).await?;
        self.network(Empty {}).await
    }

    /// Says what may go over any link for now, in place of what was said before.
    pub async fn network_pass(&self, pass: NetworkPass) -> Result<NetworkStatus, Failure> {
        let passes = Passes {
            uploads: pass.uploads.into_iter().collect(),
            until_ms: pass.until_ms,
        };
        self.engine.set_network_passes(passes).await?;
        self.network(Empty {}).await
    }
}

fn forget(rules: &mut NetworkRules, key: &str) {
    rules.networks.remove(key);
    rules.budgets.remove(key);
}

fn status(view: NetworkView) -> NetworkStatus {
    let networks = view.rules.networks.clone().into_iter();
    let day = |name: &str| NetworkDay {
        sent_bytes: view.day.spent.get(name).copied().unwrap_or(0),
        budget_bytes: view.rules.budgets.get(name).copied(),
    };
    let here = view.link.key.clone();
    let class_rule = |class: Class| ClassRule {
        class,
        rule: view
            .rules
            .classes
            .get(&class)
            .copied()
            .unwrap_or_else(|| class.rule()),
        is_default: !view.rules.classes.contains_key(&class),
        day: day(&class.meter()),
    };
    NetworkStatus {
        class: view.link.class(),
        verdict: view.verdict,
        wait: view.verdict.wait(&view.link),
        networks: networks
            .map(|(key, NetworkRule { name, rule })| KnownNetwork {
                day: day(&key),
                key,
                name,
                rule,
            })
            .collect(),
        classes: Class::ALL.into_iter().map(class_rule).collect(),
        pass: NetworkPass {
            until_ms: view.passes.until_ms,
            uploads: view.passes.uploads.into_iter().collect(),
        },
        day: here.map_or_else(|| day(&view.link.class().meter()), |key| day(&key)),
        link: view.link,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_that_is_forgotten_leaves_no_budget_behind_and_the_others_keep_theirs() {
        let rule = |name: &str| NetworkRule {
            name: name.into(),
            rule: Rule::Wait,
        };
        let mut rules = NetworkRules {
            networks: [("a", rule("A")), ("b", rule("B"))]
                .map(|(key, rule)| (key.to_owned(), rule))
                .into(),
            budgets: [("a".to_owned(), 1), ("b".to_owned(), 2)].into(),
            ..NetworkRules::default()
        };
        forget(&mut rules, "a");
        assert_eq!(rules.networks.into_keys().collect::<Vec<_>>(), ["b"]);
        assert_eq!(rules.budgets, [("b".to_owned(), 2)].into());
    }
}
