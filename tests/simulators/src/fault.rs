//! Decides which faults strike a request: the script a test writes.
//!
//! Pure but for its counters. Knows nothing of what a fault does. Always holds: the same script, the same seed and the same
//! requests give the same faults; chance is drawn per rule, part and repetition, so the order in which parallel parts arrive does
//! not matter to it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// Names of requests; some names stand for several.
pub trait CallSet: Copy {
    /// Whether a rule for `self` is meant for a request called `call`.
    fn covers(self, call: Self) -> bool;
}

/// One fault and what it strikes. In JSON the fields of the fault stand beside these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule<F, C> {
    #[serde(flatten)]
    pub fault: F,
    pub call: C,
    /// Only this part, where parts are numbered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
    /// The first matching request that may be struck, counted from 1.
    #[serde(default = "one")]
    pub nth: u32,
    /// How many requests are struck; 0 is every one.
    #[serde(default = "one")]
    pub count: u32,
    /// Chance of each to be struck, 0 to 1.
    #[serde(default = "certain")]
    pub probability: f64,
}

/// Ready examples by name.
pub(crate) type Catalogue<F, C> = Vec<(&'static str, Rule<F, C>)>;

/// A rule and how often it has struck.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultSeen<F, C> {
    pub rule: Rule<F, C>,
    pub struck: u32,
}

const fn one() -> u32 {
    1
}

const fn certain() -> f64 {
    1.0
}

impl<F, C> Rule<F, C> {
    pub const fn new(fault: F, call: C) -> Self {
        Self {
            fault,
            call,
            part: None,
            nth: one(),
            count: one(),
            probability: certain(),
        }
    }

    pub fn part(mut self, number: u32) -> Self {
        self.part = Some(number);
        self
    }

    pub fn nth(mut self, nth: u32) -> Self {
        self.nth = nth;
        self
    }

    pub fn times(mut self, count: u32) -> Self {
        self.count = count;
        self
    }

    pub fn always(self) -> Self {
        self.times(0)
    }

    pub fn chance(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }
}

/// Rules in the order they were given, with what they have struck.
#[derive(Clone, Debug)]
pub struct Script<F, C> {
    seed: u64,
    lines: Vec<Written<F, C>>,
    written: u64,
}

#[derive(Clone, Debug)]
struct Written<F, C> {
    id: u64,
    rule: Rule<F, C>,
    seen: u32,
    struck: u32,
    /// Draws per part, so that chance does not depend on the order of arrival.
    drawn: HashMap<Option<u32>, u32>,
}

impl<F: Clone, C: CallSet> Script<F, C> {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            lines: Vec::new(),
            written: 0,
        }
    }

    pub fn add(&mut self, rule: Rule<F, C>) {
        self.written += 1;
        self.lines.push(Written {
            id: self.written,
            rule,
            seen: 0,
            struck: 0,
            drawn: HashMap::new(),
        });
    }

    pub fn clear(&mut self) {
        self.lines.clear();
    }

    /// The rules with how often each has struck.
    pub fn seen(&self) -> Vec<FaultSeen<F, C>> {
        let seen = |line: &Written<F, C>| FaultSeen {
            rule: line.rule.clone(),
            struck: line.struck,
        };
        self.lines.iter().map(seen).collect()
    }

    /// Every fault that strikes this request, in the order of the script.
    pub fn strike(&mut self, call: C, part: Option<u32>) -> Vec<F> {
        let seed = self.seed;
        self.lines
            .iter_mut()
            .filter_map(|line| {
                line.strikes(seed, call, part)
                    .then(|| line.rule.fault.clone())
            })
            .collect()
    }
}

impl<F, C: CallSet> Written<F, C> {
    fn strikes(&mut self, seed: u64, call: C, part: Option<u32>) -> bool {
        let rule = &self.rule;
        if !rule.call.covers(call) || rule.part.is_some_and(|wanted| part != Some(wanted)) {
            return false;
        }
        self.seen += 1;
        let draw = self.drawn.entry(part).or_default();
        *draw += 1;
        let spent = rule.count != 0 && self.struck >= rule.count;
        if self.seen < rule.nth || spent {
            return false;
        }
        let chance = fraction(&[seed, self.id, part.map_or(0, u64::from), u64::from(*draw)]);
        let strikes = chance < rule.probability;
        self.struck += u32::from(strikes);
        strikes
    }
}

/// A number from 0 up to 1 that depends on nothing but `words` (SplitMix64's mixing).
fn fraction(words: &[u64]) -> f64 {
    let mixed = words.iter().fold(0x9e37_79b9_7f4a_7c15_u64, |state, word| {
        let mut z = (state ^ word).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    });
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, PartialEq, Debug)]
    enum Say {
        Any,
        A,
        B,
    }

    impl CallSet for Say {
        fn covers(self, call: Self) -> bool {
            self == Self::Any || self == call
        }
    }

    fn script(rule: Rule<char, Say>) -> Script<char, Say> {
        let mut script = Script::new(7);
        script.add(rule);
        script
    }

    #[test]
    fn a_rule_strikes_from_its_nth_request_and_as_often_as_it_says() {
        let mut script = script(Rule::new('x', Say::A).nth(2).times(2));
        let struck: Vec<bool> = (0..5)
            .map(|_| !script.strike(Say::A, None).is_empty())
            .collect();
        assert_eq!(struck, [false, true, true, false, false]);
    }

    #[test]
    fn other_calls_and_other_parts_are_left_alone() {
        let mut script = script(Rule::new('x', Say::A).part(3).always());
        assert!(script.strike(Say::B, Some(3)).is_empty());
        assert!(script.strike(Say::A, Some(2)).is_empty());
        assert!(script.strike(Say::A, None).is_empty());
        assert_eq!(script.strike(Say::A, Some(3)), ['x']);
    }

    #[test]
    fn chance_does_not_depend_on_the_order_of_arrival() {
        let rule = || Rule::new('x', Say::Any).always().chance(0.5);
        let (mut up, mut down) = (script(rule()), script(rule()));
        let forward: Vec<bool> = (1..=64)
            .map(|n| !up.strike(Say::A, Some(n)).is_empty())
            .collect();
        let mut backward: Vec<bool> = (1..=64)
            .rev()
            .map(|n| !down.strike(Say::A, Some(n)).is_empty())
            .collect();
        backward.reverse();
        assert_eq!(forward, backward);
        let struck = forward.iter().filter(|s| **s).count();
        assert!((16..=48).contains(&struck), "half, more or less: {struck}");
    }
}
