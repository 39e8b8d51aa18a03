//! Cuts and parts, by property.

use proptest::prelude::*;
use slipway_model::{Cuts, Limits, MediaLimits, Parts, Receipt};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

fn limits(part_bytes: u64, part_min_bytes: u64, parts_max: u32, parts_equal: bool) -> Limits {
    Limits {
        part_min_bytes,
        part_max_bytes: 0,
        part_bytes,
        parts_max,
        parts_equal,
        parts_idempotent: true,
        parts_at_once: 8,
        uploads_at_once: 1,
        file_max_bytes: 0,
        file_warn_bytes: 0,
        submit_spacing_s: 0,
        unpublished_s: None,
        extensions: Vec::new(),
        extensions_only: false,
        media: MediaLimits::default(),
        cover: None,
    }
}

fn covers_the_file_once(cuts: &Cuts, total: u64) {
    let mut next = 0;
    let mut number = 0;
    for span in cuts.spans() {
        assert_eq!(span.offset_bytes, next, "no gap, no overlap");
        assert!(span.len_bytes > 0, "no empty part");
        number += 1;
        assert_eq!(span.number, number);
        assert_eq!(cuts.span(number), Some(span), "by number as in order");
        next += span.len_bytes;
    }
    assert_eq!((next, number), (total, cuts.len()));
    assert!(cuts.is_sound() && cuts.total_bytes() == total);
    assert_eq!((cuts.span(0), cuts.span(number + 1)), (None, None));
}

proptest! {
    #[test]
    fn equal_parts_cover_the_file_once(total in 1_u64..(200 * MIB), part in 1_u64..(64 * MIB)) {
        prop_assume!(total / part < 100_000);
        covers_the_file_once(&Cuts::equal(total, part), total);
    }

    #[test]
    fn a_shrinking_tail_covers_the_file_once(total in 1_u64..(4 * GIB), part in MIB..(64 * MIB), lanes in 1_u32..33, min in 1_u64..(8 * MIB)) {
        let cuts = Cuts::with_tail(total, part, lanes, min.min(part));
        covers_the_file_once(&cuts, total);
        let sizes: Vec<_> = cuts.spans().map(|s| s.len_bytes).collect();
        for pair in sizes[..sizes.len() - 1].windows(2) {
            prop_assert!(pair[1] <= pair[0], "the tail never grows: {pair:?}");
        }
        if total >= min {
            prop_assert!(sizes.iter().all(|s| *s >= min.min(part).min(total)), "no part below the minimum but a short file's only one");
        }
    }

    #[test]
    fn a_plan_keeps_to_the_platforms_bounds(total in 1_u64..(48 * 1024 * GIB), equal: bool, parts_max in prop_oneof![Just(0_u32), 100_u32..10_001]) {
        let limits = limits(8 * MIB, 100 * 1024, parts_max, equal);
        prop_assume!(parts_max > 0 || total < 100 * GIB);
        let cuts = Cuts::plan(total, &limits, None, 8);
        prop_assert_eq!(cuts.total_bytes(), total);
        prop_assert!(cuts.is_sound());
        if parts_max > 0 {
            prop_assert!(cuts.len() <= parts_max, "{} of {parts_max}", cuts.len());
        }
    }

    #[test]
    fn parts_land_in_any_order_and_are_counted_once(total in 1_u64..(40 * MIB), order in prop::collection::vec(1_u32..50, 0..200)) {
        let cuts = Cuts::equal(total, MIB);
        let mut parts = Parts::new(cuts.clone());
        let mut seen = std::collections::BTreeSet::new();
        for number in order {
            let fresh = number <= cuts.len() && seen.insert(number);
            prop_assert_eq!(parts.land(number, Receipt::default()), fresh);
        }
        let held: u64 = seen.iter().map(|n| cuts.span(*n).unwrap().len_bytes).sum();
        prop_assert_eq!(parts.held_bytes(), held);
        prop_assert_eq!(parts.all_landed(), seen.len() as u32 == cuts.len());
        while let Some(span) = parts.take() {
            prop_assert!(seen.insert(span.number), "a landed part is never taken, nor one twice");
        }
        prop_assert_eq!(seen.len() as u32, cuts.len(), "all others were");
    }
}

#[test]
fn the_largest_file_of_any_platform_is_planned() {
    // 48.8 TB in at most 10,000 parts.
    let total = 48_800_000_000_000;
    let cuts = Cuts::plan(total, &limits(8 * MIB, 100 * 1024, 10_000, false), None, 16);
    assert!(cuts.len() <= 10_000);
    assert_eq!(cuts.total_bytes(), total);
}

#[test]
fn no_part_outgrows_the_platforms_largest_up_to_its_largest_file() {
    // 10,000 parts of 5 GiB: 48.8 TiB.
    let limits = Limits {
        part_max_bytes: 5 * GIB,
        ..limits(8 * MIB, 102_400, 10_000, false)
    };
    let largest = 10_000 * limits.part_max_bytes;
    assert_eq!(largest, 53_687_091_200_000);
    for total in [
        largest,
        largest - 1,
        largest - 5 * GIB - 1,
        7_500 * 5 * GIB + 1,
        7_500 * 5 * GIB,
        48_800_000_000_000,
        200 * GIB,
        10_000 * 8 * MIB + 1,
    ] {
        for lanes in [1, 3, 32] {
            let cuts = Cuts::plan(total, &limits, None, lanes);
            covers_the_file_once(&cuts, total);
            assert!(cuts.len() <= 10_000, "{} parts of {total}", cuts.len());
            let last = cuts.len();
            for span in cuts.spans() {
                assert!(span.len_bytes <= limits.part_max_bytes, "{total}: {span:?}");
                assert!(
                    span.number == last || span.len_bytes >= limits.part_min_bytes,
                    "{total}: {span:?}"
                );
            }
        }
    }
}

#[test]
fn parts_the_platform_does_not_hold_are_wanted_again() {
    let mut parts = Parts::new(Cuts::equal(5 * MIB, MIB));
    for number in 1..=4 {
        parts.land(number, Receipt::default());
    }
    parts.keep_only(|n| n != 2);
    assert_eq!(parts.held_bytes(), 3 * MIB);
    assert_eq!(parts.take().map(|s| s.number), Some(2));
    assert_eq!(parts.take().map(|s| s.number), Some(5));
    assert_eq!(parts.take(), None);
    parts.drop_back(2);
    assert_eq!(
        parts.take().map(|s| s.number),
        Some(2),
        "a part that failed is wanted again"
    );
}
