//! Files that only their owner can read.

use std::io::Write;
use std::path::Path;

/// Writes a file in place of what is there, readable for its owner alone, also where an older one was open to others.
///
/// # Errors
/// It cannot be written, or cannot be closed to others.
pub fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = open(path)?;
    file.write_all(bytes)
}

#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    // A mode is for a file that is made; one that was there has its own. A pipe or a device has what it has.
    if file.metadata()?.is_file() {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// Elsewhere the folder of a user is their own, and there is no mode to set.
#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<std::fs::File> {
    std::fs::File::create(path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_its_owners_alone_also_where_one_was_open_to_all() {
        let folder = tempfile::tempdir().unwrap();
        for (name, before) in [("new", None), ("open", Some(0o666)), ("closed", Some(0o600))] {
            let path = folder.path().join(name);
            if let Some(mode) = before {
                std::fs::write(&path, "something longer than what comes").unwrap();
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            }
            write(&path, b"new").unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), b"new");
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
    }
}
