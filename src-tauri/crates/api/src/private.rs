//! Files that only their user may read, where the disk knows such a thing.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// Opens a file as `options` say, for this user alone, also where it was there before.
///
/// # Errors
/// As `options` give them. A disk that keeps no rights is none.
pub fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::{
            fs::Permissions,
            os::unix::fs::{OpenOptionsExt, PermissionsExt},
        };
        let file = options.mode(0o600).open(path)?;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            let _ = file.set_permissions(Permissions::from_mode(0o600));
        }
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path)
}

/// Writes a file, in place of what is there.
///
/// # Errors
/// Those of the disk.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = open(options.write(true).create(true).truncate(true), path)?;
    file.write_all(content)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::{
        fs::{self, Permissions},
        os::unix::fs::PermissionsExt,
    };

    #[test]
    fn what_is_written_is_its_users_alone_also_over_what_all_could_read() {
        let dir = tempfile::tempdir().unwrap();
        let (new, old) = (dir.path().join("new.zip"), dir.path().join("old.zip"));
        fs::write(&old, "a longer text of before").unwrap();
        fs::set_permissions(&old, Permissions::from_mode(0o644)).unwrap();
        for path in [new, old] {
            write(&path, b"report").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"report");
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        }
    }
}
