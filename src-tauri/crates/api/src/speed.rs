//! How fast uploads may go, as front ends ask for it.

use crate::{
    Api, Failure,
    wire::{Empty, Limit, Speed, TurtleChange},
};
use slipway_model::speed::{LEAST_BYTES_PER_SECOND, Turtle};

/// # Errors
/// `limit_too_low`.
pub(crate) fn refuse_rate(rate: Option<u64>) -> Result<(), Failure> {
    match rate {
        Some(rate) if rate < LEAST_BYTES_PER_SECOND => {
            Err(Failure::new("limit_too_low").with("min_bytes", LEAST_BYTES_PER_SECOND))
        }
        _ => Ok(()),
    }
}

impl Api {
    pub async fn speed(&self, _: Empty) -> Result<Speed, Failure> {
        Ok(self.speed_now())
    }

    pub(crate) fn speed_now(&self) -> Speed {
        let speed = self.engine.speed();
        Speed {
            limit_bytes_per_second: speed.by_hand,
            turtle: speed.turtle,
            in_force: speed.in_force,
        }
    }

    /// # Errors
    /// `limit_too_low`.
    pub async fn limit_set(&self, limit: Limit) -> Result<Limit, Failure> {
        refuse_rate(limit.bytes_per_second)?;
        self.engine.set_limit(limit.bytes_per_second).await?;
        Ok(limit)
    }

    /// Puts the turtle on or lets it go, and says how slow it is.
    ///
    /// # Errors
    /// `limit_too_low`.
    pub async fn turtle_set(&self, change: TurtleChange) -> Result<Speed, Failure> {
        refuse_rate(change.bytes_per_second)?;
        let turtle = self.engine.speed().turtle;
        let turtle = Turtle {
            on: change.on.unwrap_or(turtle.on),
            bytes_per_second: change.bytes_per_second.unwrap_or(turtle.bytes_per_second),
        };
        self.engine.set_turtle(turtle).await?;
        Ok(self.speed_now())
    }
}
