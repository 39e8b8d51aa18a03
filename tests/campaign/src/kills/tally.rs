//! Counts kills by what was under way. Pure.

use std::fmt::Write as _;
use std::time::Duration;

/// A phase that a kill is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Opening,
    Sending,
    Committing,
}

impl Target {
    const ALL: [Self; 3] = [Self::Opening, Self::Sending, Self::Committing];

    pub(super) fn of(phase: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == phase)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Sending => "sending",
            Self::Committing => "committing",
        }
    }

    /// How long after the phase began a kill may come: about as long as the phase lasts.
    pub(super) fn reach(self) -> Duration {
        Duration::from_millis(match self {
            Self::Opening => 250,
            Self::Sending => 900,
            Self::Committing => 500,
        })
    }
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    by_target: [u32; 3],
    between: u32,
}

impl Tally {
    pub(super) fn killed(&mut self, hit: Option<Target>) {
        match hit {
            Some(target) => self.by_target[target as usize] += 1,
            None => self.between += 1,
        }
    }

    pub(super) fn kills(&self) -> u32 {
        self.by_target.iter().sum::<u32>() + self.between
    }

    pub(super) fn rarest(&self) -> Target {
        Target::ALL
            .into_iter()
            .min_by_key(|target| self.by_target[*target as usize])
            .expect("there are three")
    }

    fn rows(&self) -> impl Iterator<Item = (&'static str, u32)> {
        let between = ("between uploads", self.between);
        Target::ALL
            .into_iter()
            .map(|target| (target.name(), self.by_target[target as usize]))
            .chain([between])
    }

    pub(super) fn line(&self) -> String {
        let rows: Vec<_> = self
            .rows()
            .map(|(name, kills)| format!("{name} {kills}"))
            .collect();
        rows.join(", ")
    }

    pub(super) fn table(&self) -> String {
        let mut table = String::from("| killed while | kills |\n| --- | ---: |\n");
        for (name, kills) in self.rows() {
            writeln!(table, "| {name} | {kills} |").expect("a string takes everything");
        }
        table.push('\n');
        table
    }
}

#[cfg(test)]
mod tests {
    use super::{Tally, Target};

    #[test]
    fn the_next_kill_is_meant_for_the_phase_that_was_hit_least() {
        let mut tally = Tally::default();
        for _ in 0..9 {
            tally.killed(Some(tally.rarest()));
        }
        tally.killed(None);
        assert_eq!(tally.by_target, [3, 3, 3]);
        assert_eq!(tally.kills(), 10);
    }

    #[test]
    fn only_the_three_phases_that_act_are_targets() {
        assert_eq!(Target::of("sending"), Some(Target::Sending));
        assert_eq!(Target::of("queued"), None);
        assert_eq!(Target::of("processing"), None);
    }
}
