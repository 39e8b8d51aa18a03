//! The machine's sleep, and how uploads share the line, as front ends ask for it.

use crate::{
    Api, Failure,
    wire::{self, Countdown, Empty, PowerChange},
};
use slipway_model::{
    finish::{Finish, Wish},
    line::Line,
};

impl Api {
    pub async fn power(&self, _: Empty) -> Result<wire::Power, Failure> {
        let view = self.engine.power();
        Ok(wire::Power {
            keep_awake: view.keep_awake,
            is_awake: view.awake_by.is_some(),
            then: view.wish.then,
            even_if_failed: view.wish.even_if_failed,
            offered: self.engine.finishes().await,
            countdown: self.countdown(),
        })
    }

    /// What is wanted when all is sent; asks nobody.
    pub fn finish_wanted(&self) -> Finish {
        self.engine.power().wish.then
    }

    pub(crate) fn countdown(&self) -> Option<Countdown> {
        let running = self.engine.power().countdown?;
        Some(Countdown {
            then: running.then,
            at_ms: running.at_ms,
        })
    }

    /// # Errors
    /// `finish_not_offered` where the machine cannot do it by itself.
    pub async fn power_set(&self, change: PowerChange) -> Result<wire::Power, Failure> {
        if let Some(then) = change.then
            && then != Finish::Nothing
            && !self.engine.finishes().await.contains(&then)
        {
            return Err(Failure::new("finish_not_offered"));
        }
        if let Some(keep) = change.keep_awake {
            self.engine.set_keep_awake(keep).await?;
        }
        if change.then.is_some() || change.even_if_failed.is_some() {
            let known = self.engine.power().wish;
            let wish = Wish {
                then: change.then.unwrap_or(known.then),
                even_if_failed: change.even_if_failed.unwrap_or(known.even_if_failed),
            };
            self.engine.set_wish(wish).await?;
        }
        self.power(Empty {}).await
    }

    /// Nothing is done when all is sent.
    pub async fn power_cancel(&self, _: Empty) -> Result<wire::Power, Failure> {
        self.engine.set_wish(Wish::default()).await?;
        self.power(Empty {}).await
    }

    pub async fn line(&self, _: Empty) -> Result<Line, Failure> {
        Ok(self.engine.line().await?)
    }

    /// # Errors
    /// `line_out_of_bounds`, `platform_unknown`.
    pub async fn line_set(&self, line: Line) -> Result<Line, Failure> {
        refuse_line(&line)?;
        self.engine.set_line(line).await?;
        self.line(Empty {}).await
    }
}

pub(crate) fn refuse_line(line: &Line) -> Result<(), Failure> {
    line.check()?;
    let unknown = |name: &&String| slipway_platforms::find(name).is_none();
    match line.platforms.keys().find(unknown) {
        Some(name) => Err(Failure::new("platform_unknown").with("platform", name)),
        None => Ok(()),
    }
}
