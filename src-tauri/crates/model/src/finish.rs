//! What the machine does when nothing is left to send.
//!
//! Pure: what was sent and what is left come in, whether it is time comes out. Always holds: nothing is done before something was sent, nor while
//! something could still move, nor, unless that is wanted, while something failed or waits for a person.

use serde::{Deserialize, Serialize};

/// Its user has this long to say no, in ms.
pub const COUNTDOWN_MS: i64 = 60_000;

#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    #[default]
    Nothing,
    Sleep,
    Hibernate,
    ShutDown,
}

/// What its user wants, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    pub then: Finish,
    /// Also where some failed or wait for a person.
    pub even_if_failed: bool,
}

/// How the queue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Bytes go, or an upload is about to.
    pub sending: bool,
    /// Nothing will be sent that a person does not set going.
    pub still: bool,
    /// What ended in this run, well or not.
    pub sent: u32,
    pub failed: u32,
    /// What has bytes left, and waits for a person.
    pub left: u32,
}

/// Whether it is time, with what had ended when the wish was made.
pub fn is_due(wish: Wish, since: Standing, now: Standing) -> bool {
    let (sent, failed) = (
        now.sent - since.sent.min(now.sent),
        now.failed - since.failed.min(now.failed),
    );
    wish.then != Finish::Nothing
        && now.still
        && !now.sending
        && sent + failed > 0
        && (wish.even_if_failed || failed == 0 && now.left == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_time_when_all_was_sent_and_well() {
        let wish = Wish {
            then: Finish::ShutDown,
            even_if_failed: false,
        };
        let any = Wish {
            even_if_failed: true,
            ..wish
        };
        let since = Standing {
            sent: 5,
            failed: 2,
            ..Standing::default()
        };
        let done = Standing {
            still: true,
            sent: 6,
            ..since
        };
        let failed = Standing { failed: 3, ..done };
        for (wish, now, due) in [
            (wish, done, true),
            (Wish::default(), done, false),
            (wish, Standing { sent: 5, ..done }, false),
            (
                wish,
                Standing {
                    still: false,
                    ..done
                },
                false,
            ),
            (
                wish,
                Standing {
                    sending: true,
                    ..done
                },
                false,
            ),
            (wish, failed, false),
            (any, failed, true),
            (wish, Standing { left: 1, ..done }, false),
            (any, Standing { left: 1, ..done }, true),
        ] {
            assert_eq!(is_due(wish, since, now), due, "{wish:?} {now:?}");
        }
    }
}
