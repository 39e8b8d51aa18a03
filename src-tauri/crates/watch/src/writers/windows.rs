//! Windows: a file that is opened so that others may only read cannot be opened while somebody has it open for writing.

use super::Writer;
use std::{
    collections::{HashMap, HashSet},
    fs::OpenOptions,
    os::windows::fs::OpenOptionsExt as _,
    path::PathBuf,
};

/// `FILE_SHARE_READ`, and `ERROR_SHARING_VIOLATION`.
const SHARE_READ: u32 = 1;
const SHARING_VIOLATION: i32 = 32;

/// Of these whole paths, those that somebody has open for writing. Blocks.
pub(crate) fn writers(paths: &HashSet<PathBuf>) -> HashMap<PathBuf, Writer> {
    let is_open = |path: &&PathBuf| {
        let opened = OpenOptions::new()
            .read(true)
            .share_mode(SHARE_READ)
            .open(path);
        opened.is_err_and(|error| error.raw_os_error() == Some(SHARING_VIOLATION))
    };
    let open = paths.iter().filter(is_open);
    open.map(|path| (path.clone(), Writer { program: None }))
        .collect()
}
