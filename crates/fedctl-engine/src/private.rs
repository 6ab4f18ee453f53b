//! Files and folders that nobody but their owner can enter or read.

use std::fs::OpenOptions;
use std::path::Path;

/// Makes a folder, and those above it, if it is not there.
#[cfg(unix)]
pub(crate) fn folder(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Elsewhere the folder of a user is their own.
#[cfg(not(unix))]
pub(crate) fn folder(path: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).create(path)
}

/// Makes files private that are made with these options.
#[cfg(unix)]
pub(crate) fn mode(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

#[cfg(not(unix))]
pub(crate) fn mode(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
