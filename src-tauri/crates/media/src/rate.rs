//! Frame rates out of the times between frames.

/// Frames of one length, in a row or not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) frames: u64,
    pub(crate) ticks: u64,
}

/// The mean rate, and whether frames come at uneven times: when more than one in fifty differs by more than a tick from the length that most have.
pub(crate) fn of(runs: &[Run], ticks_per_second: f64) -> Option<(f64, bool)> {
    let frames: u64 = runs.iter().map(|run| run.frames).sum();
    let ticks: u64 = runs
        .iter()
        .map(|run| run.frames.saturating_mul(run.ticks))
        .fold(0, u64::saturating_add);
    if frames == 0 || ticks == 0 || ticks_per_second <= 0.0 {
        return None;
    }
    let of_length = |length: u64| -> u64 {
        let close = runs.iter().filter(|run| run.ticks.abs_diff(length) <= 1);
        close.map(|run| run.frames).sum()
    };
    // The lengths of the longest runs: one of them is the usual one, and looking at all would be quadratic.
    let mut longest: Vec<&Run> = runs.iter().collect();
    longest.sort_by_key(|run| std::cmp::Reverse(run.frames));
    let usual = longest
        .iter()
        .take(8)
        .map(|run| of_length(run.ticks))
        .max()?;
    let mean = frames as f64 * ticks_per_second / ticks as f64;
    Some((mean, (frames - usual.min(frames)) * 50 > frames))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(frames: u64, ticks: u64) -> Run {
        Run { frames, ticks }
    }

    #[test]
    fn a_last_frame_of_another_length_does_not_make_a_rate_variable() {
        assert_eq!(
            of(&[run(99, 40), run(1, 80)], 1000.0).map(|r| r.1),
            Some(false)
        );
        assert_eq!(
            of(&[run(50, 33), run(50, 34)], 1000.0).map(|r| r.1),
            Some(false),
            "thirty a second in ms"
        );
        assert_eq!(
            of(&[run(50, 20), run(50, 40)], 1000.0).map(|r| r.1),
            Some(true)
        );
        assert_eq!(of(&[run(25, 512)], 12_800.0), Some((25.0, false)));
        assert_eq!(of(&[], 1000.0), None);
        assert_eq!(of(&[run(1, 0)], 1000.0), None);
    }
}
