//! What the tray says of the queue: its silhouette, two lines, and what its items offer. Pure: a summary comes in, a face comes out.

use crate::words::Words;
use slipway_api::sentence::{self, Lang};
use slipway_api::wire::Summary;
use slipway_model::{Standstill, finish::Finish, speed::Turtle};

/// What the silhouette says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// Nothing to send.
    Idle,
    Running,
    /// By hand or by a wait.
    Held,
    /// Somebody is needed.
    Attention,
}

/// Everything the tray shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Face {
    pub(super) mood: Mood,
    pub(super) lines: [String; 2],
    pub(super) paused: bool,
    /// Uploads wait, and could be let over the present link.
    pub(super) kept_off: bool,
    pub(super) turtle: Turtle,
    /// What is done when all is sent.
    pub(super) then: Finish,
    /// It is about to be done.
    pub(super) ends: bool,
}

/// Reads the face off the queue.
pub(super) fn face(
    lang: Lang,
    words: &Words,
    summary: &Summary,
    then: Finish,
    now_ms: i64,
) -> Face {
    let counts = &summary.counts;
    let mood = if counts.needs_you > 0 {
        Mood::Attention
    } else if summary.paused || (counts.running == 0 && counts.waiting > 0) {
        Mood::Held
    } else if counts.running > 0 {
        Mood::Running
    } else {
        Mood::Idle
    };
    let rate = format!("{}/s", sentence::size(summary.bytes_per_second));
    let first = if let Some(ends) = summary.countdown {
        let left = u64::try_from(ends.at_ms - now_ms).unwrap_or(0);
        (words.soon)(ends.then, &sentence::span(lang, left.div_ceil(1000)))
    } else if summary.bytes_per_second > 0 {
        match summary.eta_seconds {
            Some(seconds) => (words.rate_and_time)(&rate, &sentence::span(lang, seconds)),
            None => (words.rate)(&rate),
        }
    } else {
        sentence::say_standstill(lang, &summary.idle.clone().unwrap_or_default())
    };
    let second = if counts.needs_you > 0 {
        (words.needs_you)(counts.needs_you)
    } else if summary.left_bytes > 0 {
        (words.left)(&sentence::size(summary.left_bytes))
    } else {
        // An empty label is no line in some menus, and rows would jump.
        " ".to_owned()
    };
    Face {
        mood,
        lines: [first, second],
        paused: summary.paused,
        turtle: summary.speed.turtle,
        then,
        ends: summary.countdown.is_some(),
        kept_off: summary.idle.as_ref().is_some_and(Standstill::may_pass),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words;
    use slipway_api::wire::{Countdown, Counts};
    use slipway_model::{
        Cause, Wait,
        standstill::{self, Facts},
    };

    /// Of three uploads that are kept by these.
    fn still(waits: &[Wait]) -> Standstill {
        standstill::find(&Facts {
            runs: true,
            all: 3,
            unsent: 3,
            waits: waits.to_vec(),
            ..Facts::default()
        })
    }

    fn face_of(summary: &Summary) -> Face {
        face(Lang::En, words::of(Lang::En), summary, Finish::Nothing, 0)
    }

    #[test]
    fn an_empty_queue_has_nothing_to_send() {
        let face = face_of(&Summary::default());
        assert_eq!(face.mood, Mood::Idle);
        assert_eq!(face.lines[0], "Nothing to send: the queue is empty");
    }

    #[test]
    fn a_sending_queue_shows_speed_time_and_what_is_left() {
        let face = face_of(&Summary {
            counts: Counts {
                all: 2,
                running: 1,
                waiting: 1,
                ..Counts::default()
            },
            bytes_per_second: 6_200_000,
            eta_seconds: Some(180),
            left_bytes: 14_600_000_000,
            ..Summary::default()
        });
        assert_eq!(
            face.mood,
            Mood::Running,
            "one that runs outweighs one that waits"
        );
        assert!(face.lines[0].starts_with("6.2\u{a0}MB/s, 3"), "{face:?}");
        assert_eq!(face.lines[1], "14.6\u{a0}GB left");
    }

    #[test]
    fn a_held_queue_is_not_shown_as_running() {
        let counts = Counts {
            waiting: 3,
            ..Counts::default()
        };
        let paused = face_of(&Summary {
            counts,
            paused: true,
            idle: Some(still(&[])),
            ..Summary::default()
        });
        assert_eq!((paused.mood, paused.paused), (Mood::Held, true));
        assert_eq!(paused.lines[0], "Paused by you");
        let waits = Wait::Network {
            cause: Cause::new("network_metered").with("network", "Phone"),
            asks: false,
            until_ms: None,
        };
        let waiting = face_of(&Summary {
            counts,
            idle: Some(still(&[waits])),
            ..Summary::default()
        });
        assert_eq!((waiting.mood, waiting.kept_off), (Mood::Held, true));
        assert!(waiting.lines[0].starts_with("Waiting for the network: "));
    }

    #[test]
    fn one_upload_that_needs_somebody_is_the_first_thing_seen() {
        let face = face_of(&Summary {
            counts: Counts {
                running: 4,
                needs_you: 1,
                ..Counts::default()
            },
            ..Summary::default()
        });
        assert_eq!(face.mood, Mood::Attention);
        assert_eq!(face.lines[1], "1 upload needs you");
    }

    #[test]
    fn the_last_minute_is_counted_down() {
        let face = face_of(&Summary {
            countdown: Some(Countdown {
                then: Finish::ShutDown,
                at_ms: 41_200,
            }),
            ..Summary::default()
        });
        assert!(face.ends);
        assert_eq!(face.lines[0], "Shutting down in 42\u{a0}s");
    }
}
