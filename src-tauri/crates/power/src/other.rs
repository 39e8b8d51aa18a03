//! Systems that are not asked yet: they sleep as they like, and nothing wakes.

use crate::Keeper;
use slipway_model::finish::Finish;

#[derive(Debug)]
pub struct Awake {
    pub by: Keeper,
}

#[derive(Debug, Default)]
pub struct System;

impl System {
    pub async fn stay_awake(&mut self, _why: &str) -> Option<Awake> {
        None
    }

    pub async fn offered(&mut self) -> Vec<Finish> {
        Vec::new()
    }

    /// # Errors
    /// Always: nobody can be asked.
    pub async fn finish(&mut self, _how: Finish) -> Result<(), String> {
        Err("not known how on this system".into())
    }

    pub async fn woke(&mut self) {
        std::future::pending().await
    }
}
