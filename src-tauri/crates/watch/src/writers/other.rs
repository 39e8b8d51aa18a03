//! Where nobody can be asked: only rest counts.

use super::Writer;
use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

pub(crate) fn writers(_: &HashSet<PathBuf>) -> HashMap<PathBuf, Writer> {
    HashMap::new()
}
