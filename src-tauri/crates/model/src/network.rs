//! Whether bytes may go over the link that is there: what it costs, and what its user wants of it.
//!
//! Pure: link, rules, passes and time are arguments. Knows nothing of how a system tells of its links, or of what is sent.
//! Always holds: what nobody says is free waits until its user has said otherwise, save for a cable, and save where nothing can tell of networks
//! at all; the first that matches decides: a pass, the rule of this network, the rule of its class. A tunnel costs what lies under it.

use crate::{Cause, UploadId, Wait};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    Ethernet,
    Wifi,
    Cellular,
    /// A tunnel; what it runs over is in [`Link::under`] where the system tells.
    Vpn,
    Other,
}

/// What is said of a link's cost. A guess that it is free is no word that it is.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metered {
    Yes,
    No,
    Unknown,
}

/// Who told of the link.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Teller {
    NetworkManager,
    Portal,
    /// The routes and interfaces of the system.
    Routes,
    Windows,
    MacOs,
    Nobody,
}

/// The link that traffic takes now.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Link {
    pub online: bool,
    pub kind: LinkKind,
    pub metered: Metered,
    pub told_by: Teller,
    /// The name of the Wi-Fi or of the connection.
    pub name: Option<String>,
    /// What this network is known again by; `None` where nothing tells it from others.
    pub key: Option<String>,
    pub under: Option<Box<Link>>,
}

impl Link {
    /// Nothing is known but that traffic may pass.
    pub fn unknown(told_by: Teller) -> Self {
        Self {
            online: true,
            kind: LinkKind::Other,
            metered: Metered::Unknown,
            told_by,
            name: None,
            key: None,
            under: None,
        }
    }

    /// There is none, as far as anybody has told.
    pub fn none() -> Self {
        Self {
            online: false,
            ..Self::unknown(Teller::Nobody)
        }
    }

    /// The link that bytes leave this machine by, below all tunnels; `None` where it is not told.
    fn ground(&self) -> Option<&Self> {
        match (self.kind, &self.under) {
            (LinkKind::Vpn, Some(under)) => under.ground(),
            (LinkKind::Vpn, None) => None,
            _ => Some(self),
        }
    }

    /// Somebody says it costs, of the link or of one under it.
    fn is_metered(&self) -> bool {
        self.metered == Metered::Yes || self.under.as_ref().is_some_and(|under| under.is_metered())
    }

    pub fn class(&self) -> Class {
        if self.is_metered() {
            return Class::Metered;
        }
        let Some(ground) = self.ground() else {
            return Class::Tunnel;
        };
        match (ground.kind, ground.metered) {
            (LinkKind::Ethernet, _) => Class::Cable,
            (LinkKind::Cellular, _) => Class::Cellular,
            (LinkKind::Wifi, Metered::No) => Class::FreeWifi,
            (LinkKind::Wifi, _) => Class::Wifi,
            (LinkKind::Vpn | LinkKind::Other, Metered::Unknown)
                if matches!(ground.told_by, Teller::Routes | Teller::Nobody) =>
            {
                Class::Untold
            }
            (LinkKind::Vpn | LinkKind::Other, _) => Class::Other,
        }
    }

    /// Whether traffic takes the same way as over `other`, whatever is said of its cost.
    pub fn is_same_way(&self, other: &Self) -> bool {
        let way = |link: &Self| (link.online, link.kind, link.key.clone());
        way(self) == way(other)
            && match (&self.under, &other.under) {
                (Some(a), Some(b)) => a.is_same_way(b),
                (None, None) => true,
                _ => false,
            }
    }

    /// The names that its bytes are counted for: of each network that it goes over, and of its class.
    pub fn meters(&self) -> Vec<String> {
        let keys = self.keys().map(ToOwned::to_owned);
        keys.chain([self.class().meter()]).collect()
    }

    /// The networks whose rules hold for it: its own, then those under it.
    fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(Some(self), |link| link.under.as_deref())
            .filter_map(|link| link.key.as_deref())
    }
}

/// What a link is, as far as rules care.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Of whatever kind, and somebody says that it costs.
    Metered,
    Cable,
    /// Wi-Fi that is known not to cost.
    FreeWifi,
    Wifi,
    Cellular,
    /// A tunnel over nobody knows what.
    Tunnel,
    /// Something that can tell of networks does not know what this one is.
    Other,
    /// Nothing here can tell of networks: a server, or a system that is not asked yet.
    Untold,
}

impl Class {
    pub const ALL: [Self; 8] = [
        Self::Metered,
        Self::Cellular,
        Self::Cable,
        Self::FreeWifi,
        Self::Wifi,
        Self::Tunnel,
        Self::Other,
        Self::Untold,
    ];

    /// The name that bytes over links of this class are counted for.
    pub fn meter(self) -> String {
        let name = match self {
            Self::Metered => "metered",
            Self::Cellular => "cellular",
            Self::Cable => "cable",
            Self::FreeWifi => "free_wifi",
            Self::Wifi => "wifi",
            Self::Tunnel => "tunnel",
            Self::Other => "other",
            Self::Untold => "untold",
        };
        format!("class:{name}")
    }

    /// What holds while its user has said nothing.
    pub fn rule(self) -> Rule {
        match self {
            Self::Cable | Self::FreeWifi | Self::Untold => Rule::Go,
            Self::Metered | Self::Cellular => Rule::Wait,
            Self::Wifi | Self::Tunnel | Self::Other => Rule::Ask,
        }
    }
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Rule {
    Go,
    /// At most so fast.
    Cap {
        bytes_per_second: u64,
    },
    Wait,
    /// Wait, and ask once for this network.
    Ask,
}

impl Rule {
    pub fn lets_pass(self) -> bool {
        matches!(self, Self::Go | Self::Cap { .. })
    }
}

/// A network that its user has decided on.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkRule {
    /// For people: it was called this when the rule was made.
    pub name: String,
    pub rule: Rule,
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkRules {
    /// By [`Link::key`].
    pub networks: BTreeMap<String, NetworkRule>,
    /// Where they differ from [`Class::rule`].
    pub classes: BTreeMap<Class, Rule>,
    /// Most bytes a day, by [`Link::meters`].
    pub budgets: BTreeMap<String, u64>,
}

/// What went over networks today, here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Day {
    /// By [`Link::meters`].
    pub spent: BTreeMap<String, u64>,
    /// When it ends, in ms since 1970 UTC.
    pub ends_ms: i64,
}

/// Exceptions for now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Passes {
    /// Uploads that may go over any link.
    pub uploads: BTreeSet<UploadId>,
    /// Everything may, until then (ms since 1970 UTC).
    pub until_ms: Option<i64>,
}

/// What decided.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Because {
    Offline,
    UploadPass,
    TimedPass {
        until_ms: i64,
    },
    Network,
    Class {
        class: Class,
    },
    /// What its user allows for a day has been sent.
    Budget {
        bytes: u64,
        until_ms: i64,
    },
}

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub rule: Rule,
    pub because: Because,
}

impl Verdict {
    /// Why nothing goes, where nothing does. `Ask` waits for a person.
    pub fn cause(&self, link: &Link) -> Option<Cause> {
        if self.rule.lets_pass() {
            return None;
        }
        let code = match self.because {
            Because::Offline => "network_offline",
            _ if link.name.is_none() && !matches!(self.because, Because::Budget { .. }) => {
                "network_unnamed"
            }
            Because::Network => "network_ruled_out",
            Because::Class { class } => match (self.rule, class) {
                (Rule::Ask, Class::Tunnel) => "network_tunnel_unknown",
                (Rule::Ask, _) => "network_unknown",
                (_, Class::Metered) => "network_metered",
                (_, Class::Cellular) => "network_cellular",
                _ => "network_class_ruled_out",
            },
            Because::Budget { .. } => "network_budget",
            // Both let pass.
            Because::UploadPass | Because::TimedPass { .. } => return None,
        };
        let name = link.name.as_deref().unwrap_or_default();
        let cause = Cause::new(code).with("network", name);
        Some(match self.because {
            Because::Budget { bytes, .. } => cause.with("bytes", bytes),
            _ => cause,
        })
    }

    /// What uploads wait for, where nothing goes.
    pub fn wait(&self, link: &Link) -> Option<Wait> {
        let asks = self.rule == Rule::Ask;
        let until_ms = match self.because {
            Because::Budget { until_ms, .. } => Some(until_ms),
            _ => None,
        };
        let wait = |cause| Wait::Network {
            cause,
            asks,
            until_ms,
        };
        self.cause(link).map(wait)
    }
}

/// What holds for `upload` on `link`; for no upload in particular with `None`.
pub fn decide(
    link: &Link,
    rules: &NetworkRules,
    passes: &Passes,
    day: &Day,
    upload: Option<UploadId>,
    now_ms: i64,
) -> Verdict {
    let verdict = |rule, because| Verdict { rule, because };
    if !link.online {
        return verdict(Rule::Wait, Because::Offline);
    }
    if upload.is_some_and(|id| passes.uploads.contains(&id)) {
        return verdict(Rule::Go, Because::UploadPass);
    }
    if let Some(until_ms) = passes.until_ms.filter(|until| now_ms < *until) {
        return verdict(Rule::Go, Because::TimedPass { until_ms });
    }
    let budget = |name: String| {
        let bytes = *rules.budgets.get(&name)?;
        let spent = day.spent.get(&name).copied().unwrap_or(0);
        (spent >= bytes).then_some(bytes)
    };
    if now_ms < day.ends_ms
        && let Some(bytes) = link.meters().into_iter().find_map(budget)
    {
        let until_ms = day.ends_ms;
        return verdict(Rule::Wait, Because::Budget { bytes, until_ms });
    }
    if let Some(known) = link.keys().find_map(|key| rules.networks.get(key)) {
        return verdict(known.rule, Because::Network);
    }
    let class = link.class();
    let rule = rules.classes.get(&class).copied();
    verdict(
        rule.unwrap_or_else(|| class.rule()),
        Because::Class { class },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use LinkKind::{Cellular, Ethernet, Other, Vpn, Wifi};
    use Metered::{No, Unknown, Yes};

    fn link(kind: LinkKind, metered: Metered) -> Link {
        Link {
            kind,
            metered,
            key: Some(format!("{kind:?}")),
            name: Some("Café".into()),
            ..Link::unknown(Teller::NetworkManager)
        }
    }

    fn over(under: Link) -> Link {
        Link {
            under: Some(Box::new(under)),
            ..link(Vpn, Unknown)
        }
    }

    fn rule(link: &Link, rules: &NetworkRules) -> Rule {
        decide(link, rules, &Passes::default(), &Day::default(), None, 0).rule
    }

    #[test]
    fn without_rules_only_what_is_surely_free_goes() {
        for (link, wanted) in [
            (link(Ethernet, Unknown), Rule::Go),
            (link(Ethernet, No), Rule::Go),
            (link(Ethernet, Yes), Rule::Wait), // a phone on a cable
            (link(Wifi, No), Rule::Go),
            (link(Wifi, Unknown), Rule::Ask),
            (link(Wifi, Yes), Rule::Wait),
            (link(Cellular, No), Rule::Wait), // the flag alone is not believed
            (link(Cellular, Unknown), Rule::Wait),
            (link(Other, No), Rule::Ask),
            (link(Vpn, No), Rule::Ask),
            (over(link(Ethernet, Unknown)), Rule::Go),
            (over(link(Wifi, Yes)), Rule::Wait),
            (over(over(link(Cellular, Unknown))), Rule::Wait),
            (over(link(Wifi, Unknown)), Rule::Ask),
            (Link::unknown(Teller::Nobody), Rule::Go), // nobody could ever say
            (Link::unknown(Teller::Routes), Rule::Go),
            (Link::unknown(Teller::Portal), Rule::Ask),
        ] {
            assert_eq!(rule(&link, &NetworkRules::default()), wanted, "{link:?}");
        }
    }

    #[test]
    fn the_first_that_matches_decides() {
        let upload = UploadId(7);
        let mut rules = NetworkRules::default();
        let mut passes = Passes::default();
        let wifi = link(Wifi, Yes);
        let by = |rules: &NetworkRules, passes: &Passes, now_ms| {
            decide(&wifi, rules, passes, &Day::default(), Some(upload), now_ms).because
        };
        let class = Class::Metered;
        assert_eq!(by(&rules, &passes, 0), Because::Class { class });
        let rule = Rule::Cap {
            bytes_per_second: 9,
        };
        let name = "Café".to_owned();
        rules
            .networks
            .insert("Wifi".into(), NetworkRule { name, rule });
        assert_eq!(by(&rules, &passes, 0), Because::Network);
        passes.until_ms = Some(10);
        assert_eq!(by(&rules, &passes, 9), Because::TimedPass { until_ms: 10 });
        assert_eq!(by(&rules, &passes, 10), Because::Network);
        passes.uploads.insert(upload);
        assert_eq!(by(&rules, &passes, 9), Because::UploadPass);
        let gone = Link {
            online: false,
            ..wifi.clone()
        };
        let verdict = decide(&gone, &rules, &passes, &Day::default(), Some(upload), 0);
        assert_eq!(
            (verdict.rule, verdict.because),
            (Rule::Wait, Because::Offline)
        );
    }

    #[test]
    fn a_rule_for_what_lies_under_a_tunnel_holds_for_the_tunnel() {
        let mut rules = NetworkRules::default();
        let known = NetworkRule {
            name: "Home".into(),
            rule: Rule::Go,
        };
        rules.networks.insert("Wifi".into(), known);
        assert_eq!(rule(&over(link(Wifi, Unknown)), &rules), Rule::Go);
        assert_eq!(rule(&over(link(Cellular, Unknown)), &rules), Rule::Wait);
    }

    #[test]
    fn what_waits_says_why() {
        let rules = NetworkRules::default();
        for (link, code) in [
            (link(Ethernet, No), None),
            (link(Wifi, Unknown), Some("network_unknown")),
            (link(Wifi, Yes), Some("network_metered")),
            (link(Cellular, Unknown), Some("network_cellular")),
            (link(Vpn, Unknown), Some("network_tunnel_unknown")),
            (Link::none(), Some("network_offline")),
            (
                Link::unknown(Teller::NetworkManager),
                Some("network_unnamed"),
            ),
        ] {
            let verdict = decide(&link, &rules, &Passes::default(), &Day::default(), None, 0);
            let cause = verdict.cause(&link);
            assert_eq!(cause.as_ref().map(|c| c.code.as_str()), code, "{link:?}");
        }
    }

    #[test]
    fn the_same_way_at_another_cost_is_the_same_way() {
        assert!(link(Wifi, No).is_same_way(&link(Wifi, Yes)));
        assert!(!link(Wifi, No).is_same_way(&link(Cellular, No)));
        assert!(!over(link(Wifi, No)).is_same_way(&over(link(Cellular, No))));
        assert!(!over(link(Wifi, No)).is_same_way(&link(Vpn, Unknown)));
    }

    #[test]
    fn a_class_may_be_ruled_otherwise() {
        let mut rules = NetworkRules::default();
        rules.classes.insert(Class::Wifi, Rule::Go);
        assert_eq!(rule(&link(Wifi, Unknown), &rules), Rule::Go);
        assert_eq!(rule(&link(Wifi, Yes), &rules), Rule::Wait); // another class
        rules.classes.insert(Class::Cable, Rule::Wait);
        assert_eq!(rule(&link(Ethernet, No), &rules), Rule::Wait);
    }

    #[test]
    fn a_budget_that_is_spent_waits_until_the_day_ends_and_a_pass_goes_before_it() {
        let rules = NetworkRules {
            budgets: [("Wifi".to_owned(), 100), ("class:cellular".to_owned(), 7)].into(),
            classes: [(Class::Cellular, Rule::Go)].into(),
            ..NetworkRules::default()
        };
        let day = |name: &str, bytes| Day {
            spent: [(name.to_owned(), bytes)].into(),
            ends_ms: 50,
        };
        let (home, phone) = (link(Wifi, No), link(Cellular, Unknown));
        let tunnel = over(home.clone());
        let at = |link: &Link, day: &Day, now_ms| {
            decide(link, &rules, &Passes::default(), day, None, now_ms)
        };
        let spent = |bytes| Because::Budget {
            bytes,
            until_ms: 50,
        };
        assert_eq!(at(&home, &day("Wifi", 99), 0).rule, Rule::Go);
        assert_eq!(at(&home, &day("Wifi", 100), 0).because, spent(100));
        assert_eq!(at(&tunnel, &day("Wifi", 100), 0).because, spent(100));
        assert_eq!(at(&phone, &day("class:cellular", 7), 0).because, spent(7));
        assert_eq!(
            at(&phone, &day("Wifi", 900), 0).rule,
            Rule::Go,
            "another network"
        );
        assert_eq!(
            at(&home, &day("Wifi", 100), 50).rule,
            Rule::Go,
            "another day"
        );
        let wait = at(&home, &day("Wifi", 100), 0).wait(&home).unwrap();
        assert_eq!((wait.until_ms(), wait.needs_person()), (Some(50), false));
        let passes = Passes {
            until_ms: Some(10),
            ..Passes::default()
        };
        let passed = decide(&home, &rules, &passes, &day("Wifi", 100), None, 0);
        assert_eq!(passed.rule, Rule::Go);
    }
}
