//! A lease as a locked file. The lock is the lease, and the kernel frees it with the process; what stands in the file is
//! for people. The file stays when the lease is freed: whoever removes a locked file makes room for a second lock.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs4::{FileExt, TryLockError};

use super::LeaseError;
use super::claim::{Claim, Holder};
use crate::private;

/// The most that a lease file may hold.
const MOST: u64 = 64 * 1024;

pub(super) struct FileLease {
    file: File,
    path: PathBuf,
}

impl FileLease {
    pub(super) fn take(folder: &Path, name: &str, holder: &Holder) -> Result<Self, LeaseError> {
        let path = folder.join(format!("{name}.lease"));
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| LeaseError::File { path, source }
        };
        private::folder(folder).map_err(failed(folder))?;
        loop {
            let file = open(&path).map_err(failed(&path))?;
            match FileExt::try_lock(&file) {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(held(&path, name, file)),
                Err(TryLockError::Error(error)) => return Err(failed(&path)(error)),
            }
            // Somebody may have removed the file between opening and locking it: then the lock is of no file at all.
            if is_at(&file, &path) {
                let lease = Self { file, path };
                lease.sign(holder)?;
                return Ok(lease);
            }
        }
    }

    /// Writes into it who holds it. What stood there must be a lease, or nothing.
    fn sign(&self, holder: &Holder) -> Result<(), LeaseError> {
        let failed = |source| LeaseError::File { path: self.path.clone(), source };
        let before = read(&self.file).map_err(failed)?;
        if !before.is_empty() && Claim::parse(&before).is_none() && before.ends_with(b"\n") {
            return Err(LeaseError::Foreign { place: format!("`{}`", self.path.display()) });
        }
        let write = |mut file: &File| {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(&Claim::new(holder, None).to_bytes())
        };
        write(&self.file).map_err(failed)
    }

    /// Whether the locked file is the one that others would lock.
    pub(super) fn check(&self) -> Result<(), Arc<str>> {
        if is_at(&self.file, &self.path) {
            return Ok(());
        }
        Err(format!("the lease file `{}` was removed or replaced", self.path.display()).into())
    }

    pub(super) fn free(self) {
        // What stands in a file that nobody has locked means nothing; it is emptied for people who look.
        let _: std::io::Result<()> = self.file.set_len(0);
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    private::mode(&mut options).open(path)
}

fn held(path: &Path, name: &str, file: File) -> LeaseError {
    let claim = read(&file).ok().and_then(|text| Claim::parse(&text));
    LeaseError::Held {
        name: name.to_owned(),
        place: format!("the lease file `{}`", path.display()),
        holder: claim.map(|claim| Box::new(claim.holder)),
        left: None,
    }
}

fn read(mut file: &File) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    file.rewind()?;
    file.take(MOST).read_to_end(&mut text)?;
    Ok(text)
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(locked), Ok(there)) => id(locked) == id(there),
        (_, Err(error)) if error.kind() == ErrorKind::NotFound => false,
        // What cannot be looked at is not known to be gone.
        (_, Err(_)) | (Err(_), _) => true,
    }
}

/// Elsewhere a file that is open cannot be removed.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    !matches!(std::fs::metadata(path), Err(error) if error.kind() == ErrorKind::NotFound)
}
