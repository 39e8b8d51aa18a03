//! An error as a front end gets it: a code that picks a sentence, the values that fill it, and a detail for the log.

use serde::{Deserialize, Serialize};
use slipway_model::{Cause, Params};

/// Nobody matches on text: `code` is the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, thiserror::Error)]
#[error("{code} {params:?}")]
pub struct Failure {
    pub code: String,
    pub params: Params,
    pub detail: String,
}

impl Failure {
    pub fn new(code: &str) -> Self {
        Cause::new(code).into()
    }
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }
}

impl From<Failure> for Cause {
    fn from(failure: Failure) -> Self {
        Self {
            code: failure.code,
            params: failure.params,
            detail: failure.detail,
        }
    }
}

impl From<Cause> for Failure {
    fn from(cause: Cause) -> Self {
        Self {
            code: cause.code,
            params: cause.params,
            detail: cause.detail,
        }
    }
}
