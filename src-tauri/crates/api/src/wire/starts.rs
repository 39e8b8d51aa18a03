//! Another start of the app, as it tells the one that runs.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AppOpen {
    /// `file:` addresses: those hold any name, which text does not.
    pub files: Vec<String>,
    /// Nothing is to be shown.
    pub hidden: bool,
    /// The displays it sees.
    pub displays: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AppOpened {
    /// The displays that the app sees which has taken over.
    pub displays: Vec<String>,
}
