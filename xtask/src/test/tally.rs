//! Reads from what a test runner prints how many tests passed and failed. Pure.

/// Tests that passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
}

impl Tally {
    /// One check that is itself the test.
    pub(crate) fn one(passed: bool) -> Self {
        Self {
            passed: u32::from(passed),
            failed: u32::from(!passed),
        }
    }

    pub(crate) fn count(self) -> u32 {
        self.passed + self.failed
    }
}

impl std::ops::Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
        }
    }
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), std::ops::Add::add)
    }
}

/// What a line adds, when it is a closing line of cargo, of Vitest or of Node's runner.
pub(crate) fn read(line: &str) -> Tally {
    let line = line.trim();
    if let Some(rest) = line.strip_prefix("test result:") {
        return named(rest, [" passed", " failed"]);
    }
    if let Some(rest) = line.strip_prefix("Tests ") {
        return named(rest, [" passed", " failed"]);
    }
    // Node prints TAP into a pipe and signs on a terminal.
    let Some(rest) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) else {
        return Tally::default();
    };
    match rest.split_once(' ') {
        Some(("pass", count)) => Tally {
            passed: number(count),
            failed: 0,
        },
        Some(("fail" | "cancelled", count)) => Tally {
            passed: 0,
            failed: number(count),
        },
        _ => Tally::default(),
    }
}

/// The numbers that stand before two words.
fn named(text: &str, [passed, failed]: [&str; 2]) -> Tally {
    let before = |word| {
        text.split_once(word)
            .and_then(|(before, _)| before.rsplit(' ').next())
            .map_or(0, number)
    };
    Tally {
        passed: before(passed),
        failed: before(failed),
    }
}

fn number(text: &str) -> u32 {
    text.trim().parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Tally, read};

    #[test]
    fn closing_lines_of_each_runner_are_counted_and_others_are_not() {
        for (line, passed, failed) in [
            (
                "test result: ok. 14 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
                14,
                0,
            ),
            (
                "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s",
                3,
                2,
            ),
            ("      Tests  12 passed (12)", 12, 0),
            ("      Tests  1 failed | 11 passed (12)", 11, 1),
            (" Test Files  3 passed (3)", 0, 0),
            ("# pass 7", 7, 0),
            ("# fail 2", 0, 2),
            ("ℹ pass 7", 7, 0),
            ("# cancelled 1", 0, 1),
            ("# tests 9", 0, 0),
            ("test a_name ... ok", 0, 0),
            ("5 passed the gate, 1 failed", 0, 0),
        ] {
            assert_eq!(read(line), Tally { passed, failed }, "{line}");
        }
    }
}
