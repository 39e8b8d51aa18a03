//! The soak as a graph: memory, uploads wanted and published, and what was done to the engine meanwhile. Knows nothing of how it was measured.

use std::fmt::Write as _;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) at_s: f64,
    pub(super) pss_mib: f64,
    /// How long this engine had run.
    pub(super) run_s: f64,
    pub(super) added: u32,
    pub(super) published: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Fault,
    /// The link begins to cost.
    Costs,
    /// It does no longer.
    Free,
    /// The engine ended, by force or asked to.
    Kill,
}

/// Pixels.
const WIDTH: f64 = 1000.0;
const PANEL: f64 = 200.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 30.0;

/// Where it stands, the value at its upper edge, its title, what it shows, its colour.
type Panel = (f64, f64, &'static str, fn(&Sample) -> f64, &'static str);

/// What was measured of the engine that ran last.
pub(super) fn last_run(samples: &[Sample]) -> &[Sample] {
    let starts = samples
        .windows(2)
        .rposition(|two| two[1].run_s < two[0].run_s);
    &samples[starts.map_or(0, |before| before + 1)..]
}

/// Medians of memory in the first and in the last third of one engine's time, but for its first `warm_s` seconds.
pub(super) fn thirds(run: &[Sample], warm_s: f64) -> [f64; 2] {
    let end = run.last().map_or(0.0, |sample| sample.run_s);
    let third = (end - warm_s) / 3.0;
    let median = |from: f64, to: f64| {
        let within = run.iter().filter(|s| (from..=to).contains(&s.run_s));
        let mut memory: Vec<f64> = within.map(|sample| sample.pss_mib).collect();
        memory.sort_by(f64::total_cmp);
        memory.get(memory.len() / 2).copied().unwrap_or(f64::NAN)
    };
    [median(warm_s, warm_s + third), median(end - third, end)]
}

pub(super) fn csv(samples: &[Sample]) -> String {
    let mut csv = String::from("seconds,pss_mib,run_seconds,added,published\n");
    for sample in samples {
        writeln!(
            csv,
            "{:.1},{:.1},{:.1},{},{}",
            sample.at_s, sample.pss_mib, sample.run_s, sample.added, sample.published
        )
        .expect("a string takes everything");
    }
    csv
}

pub(super) fn svg(samples: &[Sample], marks: &[(f64, Mark)]) -> String {
    let end = samples.last().map_or(1.0, |sample| sample.at_s).max(1.0);
    let x = |at: f64| LEFT + at / end * WIDTH;
    let most = |of: fn(&Sample) -> f64| samples.iter().map(of).fold(1.0, f64::max);
    let (memory, uploads) = (most(|s| s.pss_mib), most(|s| f64::from(s.added)));
    let second = TOP * 2.0 + PANEL;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        WIDTH + LEFT + 20.0,
        second + PANEL + 40.0
    );
    // Over the tints, which end later than what happened in them.
    let mut lines = String::new();
    let mut costs_since = None;
    for &(at, mark) in marks.iter().chain([&(end, Mark::Free)]) {
        match (mark, costs_since) {
            (Mark::Costs, None) => costs_since = Some(at),
            (Mark::Free, Some(since)) => {
                costs_since = None;
                let (from, to) = (x(since), x(at));
                put(
                    &mut svg,
                    &format!(
                        "<rect x=\"{from:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"#f3e3c3\"/>",
                        to - from,
                        second + PANEL - TOP
                    ),
                );
            }
            (Mark::Kill, _) => put(&mut lines, &upright(x(at), TOP, second + PANEL, "#b3261e")),
            (Mark::Fault, _) => put(
                &mut lines,
                &upright(x(at), second + PANEL, second + PANEL + 8.0, "#555"),
            ),
            _ => {}
        }
    }
    svg.push_str(&lines);
    let panels: [Panel; 3] = [
        (
            TOP,
            memory,
            "memory of the engine (PSS), MiB",
            |s| s.pss_mib,
            "#026d7c",
        ),
        (second, uploads, "", |s| f64::from(s.added), "#999"),
        (
            second,
            uploads,
            "uploads added (grey) and published",
            |s| f64::from(s.published),
            "#026d7c",
        ),
    ];
    for (top, most, title, of, colour) in panels {
        let y = |value: f64| top + PANEL - value / most * PANEL;
        let points = samples
            .iter()
            .map(|s| format!("{:.1},{:.1}", x(s.at_s), y(of(s))));
        let points: Vec<_> = points.collect();
        put(
            &mut svg,
            &format!(
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\" points=\"{}\"/>\n\
                 <text x=\"{LEFT}\" y=\"{:.1}\">{title}</text>\n\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{most:.0}</text>\n\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">0</text>",
                points.join(" "),
                top - 6.0,
                LEFT - 6.0,
                top + 10.0,
                LEFT - 6.0,
                top + PANEL
            ),
        );
    }
    put(
        &mut svg,
        &format!(
            "<text x=\"{LEFT}\" y=\"{:.1}\">{:.0} minutes; red: the engine killed or stopped; tinted: the link costs; ticks: faults laid</text>\n</svg>",
            second + PANEL + 28.0,
            end / 60.0
        ),
    );
    svg
}

fn upright(x: f64, from: f64, to: f64, colour: &str) -> String {
    format!("<path d=\"M{x:.1} {from:.1}V{to:.1}\" stroke=\"{colour}\" stroke-width=\"1\"/>")
}

fn put(svg: &mut String, line: &str) {
    svg.push_str(line);
    svg.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at_s: f64, pss_mib: f64) -> Sample {
        Sample {
            at_s,
            pss_mib,
            run_s: at_s,
            added: 2,
            published: 1,
        }
    }

    #[test]
    fn growth_is_seen_between_the_first_and_the_last_third_and_a_cold_start_is_not() {
        let mut samples: Vec<_> = (0..90)
            .map(|at| sample(f64::from(at), 20.0 + f64::from(at)))
            .collect();
        samples[0].pss_mib = 900.0;
        let [early, late] = thirds(&samples, 9.0);
        assert_eq!((early as u32, late as u32), (42, 96));
    }

    #[test]
    fn only_the_engine_that_ran_last_is_judged() {
        let mut samples = vec![sample(0.0, 90.0), sample(5.0, 90.0)];
        samples.extend([0.0, 5.0, 10.0].map(|run_s| sample(run_s, 40.0)));
        assert_eq!(last_run(&samples).len(), 3);
        assert_eq!(last_run(&samples[..2]).len(), 2);
    }

    #[test]
    fn the_graph_shows_each_kill_and_each_time_the_link_costs() {
        let marks = [
            (1.0, Mark::Costs),
            (2.0, Mark::Kill),
            (3.0, Mark::Free),
            (4.0, Mark::Costs),
        ];
        let graph = svg(&[sample(0.0, 10.0), sample(5.0, 12.0)], &marks);
        assert_eq!(graph.matches("#b3261e").count(), 1);
        assert_eq!(graph.matches("#f3e3c3").count(), 2);
        let (kill, tint) = (graph.find("#b3261e"), graph.rfind("#f3e3c3"));
        assert!(kill > tint, "a tint would hide what happened in it");
    }
}
