//! How a file is cut into parts, and which of them have landed.
//!
//! Pure arithmetic. A cut is fixed when a place is opened and kept with the ticket, so that a later program with other ideas still resumes it.
//! Invariants: the spans of a cut cover the file once, without gap or overlap, and no part is empty; a part is wanted, in flight, or landed.

use crate::Limits;
use serde::{Deserialize, Serialize};

/// A byte range of the file. Numbers start at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub number: u32,
    pub offset_bytes: u64,
    pub len_bytes: u64,
}

/// Parts of a file, run-length coded: `[count, bytes]` in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cuts(Vec<(u32, u64)>);

/// Smallest tail part where the platform sets no minimum (1 MiB): below it the turn-around of a request costs more than it saves.
pub const TAIL_MIN_BYTES: u64 = 1 << 20;

impl Cuts {
    /// Equal parts; the last one takes the rest.
    pub fn equal(total_bytes: u64, part_bytes: u64) -> Self {
        debug_assert!(part_bytes > 0, "a part holds bytes");
        let full = total_bytes / part_bytes;
        let rest = total_bytes % part_bytes;
        let mut runs = Vec::with_capacity(2);
        if full > 0 {
            runs.push((u32::try_from(full).unwrap_or(u32::MAX), part_bytes));
        }
        if rest > 0 {
            runs.push((1, rest));
        }
        Self(runs)
    }

    /// Equal parts, and a tail that shrinks, so that no lane ends long after the others: each tail part is
    /// `remaining / (2 * lanes)`, never below `min_bytes`.
    pub fn with_tail(total_bytes: u64, part_bytes: u64, lanes: u32, min_bytes: u64) -> Self {
        let lanes = u64::from(lanes.max(1));
        let min = min_bytes.max(1);
        let mut runs: Vec<(u32, u64)> = Vec::new();
        let mut left = total_bytes;
        // The body: whole parts, as long as the rest after them still fills every lane.
        let body = left.saturating_sub(2 * lanes * part_bytes) / part_bytes;
        if body > 0 {
            runs.push((u32::try_from(body).unwrap_or(u32::MAX), part_bytes));
            left -= body * part_bytes;
        }
        while left > 0 {
            let mut size = part_bytes.min(left / (2 * lanes)).max(min).min(left);
            if left - size < min {
                size = left; // the last one takes what would be too small alone
            }
            match runs.last_mut() {
                Some((count, bytes)) if *bytes == size => *count += 1,
                _ => runs.push((1, size)),
            }
            left -= size;
        }
        Self(runs)
    }

    /// The cut for a file, from the platform's limits. `lanes` is how many parts are expected in flight.
    ///
    /// The part grows beyond the platform's usual size only to stay within its number of parts.
    pub fn plan(total_bytes: u64, limits: &Limits, wished_bytes: Option<u64>, lanes: u32) -> Self {
        let mut part = wished_bytes
            .unwrap_or(limits.part_bytes)
            .max(limits.part_min_bytes)
            .max(1);
        if limits.part_max_bytes > 0 {
            part = part.min(limits.part_max_bytes);
        }
        if limits.parts_max > 0 {
            // Room for the tail: it adds at most 2 * lanes * log2(part / min) parts; a quarter of the count is kept for it.
            let for_body = if limits.parts_equal {
                limits.parts_max
            } else {
                (limits.parts_max / 4 * 3).max(1)
            };
            let least = total_bytes.div_ceil(u64::from(for_body));
            if least > part {
                part = least.next_multiple_of(1 << 20);
            }
            // No room for a tail: as many parts as are allowed, each as large as is allowed.
            if limits.part_max_bytes > 0 && part > limits.part_max_bytes {
                return Self::equal(total_bytes, limits.part_max_bytes);
            }
        }
        let min = limits.part_min_bytes.max(TAIL_MIN_BYTES).min(part);
        let cut = if limits.parts_equal {
            Self::equal(total_bytes, part)
        } else {
            Self::with_tail(total_bytes, part, lanes, min)
        };
        if limits.parts_max > 0 && cut.len() > limits.parts_max {
            Self::equal(total_bytes, part)
        } else {
            cut
        }
    }

    /// Nothing to send: the platform fetches the file itself.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// The whole file as one part.
    pub fn whole(total_bytes: u64) -> Self {
        Self(vec![(1, total_bytes)])
    }

    pub fn len(&self) -> u32 {
        self.0.iter().map(|(count, _)| count).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn total_bytes(&self) -> u64 {
        self.0
            .iter()
            .map(|(count, bytes)| u64::from(*count) * bytes)
            .sum()
    }

    /// Whether no part is empty: read from disk, it is checked before it is believed. That it is of this file, its total tells.
    pub fn is_sound(&self) -> bool {
        self.0.iter().all(|(count, bytes)| *count > 0 && *bytes > 0)
    }

    pub fn span(&self, number: u32) -> Option<Span> {
        let (mut first, mut offset) = (1_u32, 0_u64);
        for &(count, bytes) in &self.0 {
            if number < first {
                return None;
            }
            if number - first < count {
                return Some(Span {
                    number,
                    offset_bytes: offset + u64::from(number - first) * bytes,
                    len_bytes: bytes,
                });
            }
            first += count;
            offset += u64::from(count) * bytes;
        }
        None
    }

    pub fn spans(&self) -> impl Iterator<Item = Span> + '_ {
        let mut number = 0;
        let mut offset_bytes = 0;
        self.0
            .iter()
            .flat_map(|&(count, bytes)| std::iter::repeat_n(bytes, count as usize))
            .map(move |len_bytes| {
                number += 1;
                let span = Span {
                    number,
                    offset_bytes,
                    len_bytes,
                };
                offset_bytes += len_bytes;
                span
            })
    }
}

/// The platform's word that it has a part, and our own checksum of what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Receipt {
    /// The platform's own, opaque: an ETag, a context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// CRC-64/NVME of the part's bytes as they were read, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crc64: Option<String>,
    /// The part's share in the BLAKE3 hash of the whole file, in hex. Parts that earlier versions landed have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blake3: Option<String>,
}

/// What is known of all that was sent, once every part has landed: our own reading, and the platform's word on each part.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Proof {
    /// Of the whole file, in hex. `None` where no byte of it came by here.
    pub blake3: Option<String>,
    /// CRC-64/NVME of the whole file, in hex.
    pub crc64: Option<String>,
    pub parts: u32,
    /// Size of the first part; later ones may be smaller.
    pub part_bytes: u64,
    /// What the platform answered to each part, in their order, where that is a checksum; empty for other answers, and beyond [`Proof::ANSWERS_MOST`].
    pub answers: Vec<String>,
}

impl Proof {
    /// Parts whose answers are kept.
    pub const ANSWERS_MOST: usize = 1000;
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PartState {
    Wanted,
    InFlight,
    Landed(Receipt),
}

/// The parts of one upload. Alone knows which are wanted, in flight or landed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    cuts: Cuts,
    states: Vec<PartState>,
    landed: u32,
    held_bytes: u64,
    /// No part below this index is wanted: keeps `take` from scanning the landed ones again.
    first_open: usize,
}

impl Parts {
    pub fn new(cuts: Cuts) -> Self {
        let states = vec![PartState::Wanted; cuts.len() as usize];
        Self {
            cuts,
            states,
            landed: 0,
            held_bytes: 0,
            first_open: 0,
        }
    }

    pub fn cuts(&self) -> &Cuts {
        &self.cuts
    }

    /// Records an acknowledged part. `false` when it had landed before, or is not of this file.
    pub fn land(&mut self, number: u32, receipt: Receipt) -> bool {
        let Some(span) = self.cuts.span(number) else {
            return false;
        };
        let state = &mut self.states[number as usize - 1];
        if matches!(state, PartState::Landed(_)) {
            return false;
        }
        *state = PartState::Landed(receipt);
        self.landed += 1;
        self.held_bytes += span.len_bytes;
        true
    }

    /// The next wanted part, now in flight.
    pub fn take(&mut self) -> Option<Span> {
        while matches!(self.states.get(self.first_open), Some(PartState::Landed(_))) {
            self.first_open += 1;
        }
        let index =
            (self.first_open..self.states.len()).find(|&i| self.states[i] == PartState::Wanted)?;
        self.states[index] = PartState::InFlight;
        self.cuts.span(index as u32 + 1)
    }

    /// A part in flight that did not land is wanted again.
    pub fn drop_back(&mut self, number: u32) {
        if let Some(state @ PartState::InFlight) =
            self.states.get_mut((number as usize).wrapping_sub(1))
        {
            *state = PartState::Wanted;
        }
    }

    /// Forgets landed parts that the platform says it does not hold.
    pub fn keep_only(&mut self, held: impl Fn(u32) -> bool) {
        for index in 0..self.states.len() {
            let number = index as u32 + 1;
            if matches!(self.states[index], PartState::Landed(_)) && !held(number) {
                self.states[index] = PartState::Wanted;
                self.landed -= 1;
                self.held_bytes -= self.cuts.span(number).map_or(0, |s| s.len_bytes);
                self.first_open = self.first_open.min(index);
            }
        }
    }

    pub fn has_landed(&self, number: u32) -> bool {
        matches!(
            self.states.get((number as usize).wrapping_sub(1)),
            Some(PartState::Landed(_))
        )
    }

    pub fn all_landed(&self) -> bool {
        self.landed as usize == self.states.len()
    }

    pub fn landed_count(&self) -> u32 {
        self.landed
    }

    pub fn count(&self) -> u32 {
        self.states.len() as u32
    }

    pub fn held_bytes(&self) -> u64 {
        self.held_bytes
    }

    /// Receipts in the order of parts; only complete when all have landed.
    pub fn receipts(&self) -> Vec<Receipt> {
        self.states
            .iter()
            .filter_map(|state| match state {
                PartState::Landed(receipt) => Some(receipt.clone()),
                _ => None,
            })
            .collect()
    }

    /// The parts that have landed, by number, with their receipts.
    pub fn landed(&self) -> Vec<(u32, Receipt)> {
        (1_u32..)
            .zip(&self.states)
            .filter_map(|(number, state)| match state {
                PartState::Landed(receipt) => Some((number, receipt.clone())),
                _ => None,
            })
            .collect()
    }

    pub fn wanted_count(&self) -> usize {
        self.states
            .iter()
            .skip(self.first_open)
            .filter(|s| **s == PartState::Wanted)
            .count()
    }
}
