//! Fetches a key from where the operator file says. It goes straight into a [`SecretString`]; every buffer on the way is
//! wiped, and no message holds what was read.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use fedctl_client::{SecretPath, Vault};
use fedctl_core::operator::{Argv, FilePath, Source, VaultPath};
use fedctl_core::spec::Located;
use secrecy::{ExposeSecret, SecretString};

use crate::config;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::program::{self, MOST, PATIENCE, ProgramError};

/// The engine of a vault, if the operator names none.
const MOUNT: &str = "secret";

/// Where a key comes from, as messages say it.
pub fn place(source: &Source) -> String {
    match source {
        Source::Env(variable) => format!("${variable}"),
        Source::File(path) => format!("`{path}`"),
        Source::Exec(argv) => format!("what `{}` prints", argv.program),
        Source::Vault { mount, path, field } => {
            let at = in_vault(mount.as_ref(), path);
            format!("`{field}` of `{}/{}` in the vault", at.mount, at.path)
        }
    }
}

/// A place in a vault.
pub fn in_vault(mount: Option<&Located<VaultPath>>, path: &VaultPath) -> SecretPath {
    SecretPath { mount: mount.map_or(MOUNT, |mount| mount.as_str()).to_owned(), path: path.as_str().to_owned() }
}

/// Fetches the key; paths begin at a folder.
///
/// # Errors
/// There is none there, or it is not kept as a key should be.
pub fn fetch(source: &Source, folder: &Path, vault: Option<&Vault>) -> Result<SecretString, Failure> {
    match source {
        Source::Env(variable) => config::secret(variable.as_str()).ok_or_else(|| {
            failed(format!("there is no key in ${variable}"))
                .hint("set the variable, or correct its name in the operator file")
        }),
        Source::File(path) => of_file(path, folder),
        Source::Exec(argv) => of_program(argv, folder, PATIENCE),
        Source::Vault { mount, path, field } => of_vault(vault, &in_vault(mount.as_ref(), path), field.as_str()),
    }
}

fn failed(message: String) -> Failure {
    Failure::new(Exit::Failed, message).unwritten()
}

fn of_file(path: &FilePath, folder: &Path) -> Result<SecretString, Failure> {
    let whole = folder.join(path.as_str());
    let path = whole.display();
    let cannot = |error: std::io::Error| failed(format!("the key in `{path}` cannot be read")).because(&error);
    // A pipe would be waited for before it could be asked what it is.
    if !std::fs::metadata(&whole).map_err(cannot)?.is_file() {
        return Err(failed(format!("the key in `{path}` cannot be read: it is no ordinary file")));
    }
    let file = File::open(&whole).map_err(cannot)?;
    if is_open_to_others(&file).map_err(cannot)? {
        return Err(failed(format!("the key in `{path}` can be read by others on this machine"))
            .hint(format!("take that from them: chmod 600 {path}")));
    }
    let bytes = program::read(file).map_err(cannot)?;
    key(&bytes, &format!("the key in `{path}`"))
}

#[cfg(unix)]
fn is_open_to_others(file: &File) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

/// Elsewhere the folder of a user is their own, and there is no mode to look at.
#[cfg(not(unix))]
fn is_open_to_others(_: &File) -> std::io::Result<bool> {
    Ok(false)
}

fn key(bytes: &[u8], what: &str) -> Result<SecretString, Failure> {
    if bytes.len() > MOST {
        return Err(failed(format!("{what} is longer than 64 KiB")));
    }
    // The reason would show where it went wrong, and with it something of the key.
    let text = std::str::from_utf8(bytes).map_err(|_| failed(format!("{what} is no text")))?.trim();
    if text.is_empty() { Err(failed(format!("{what} is empty"))) } else { Ok(SecretString::from(text)) }
}

fn of_program(argv: &Argv, folder: &Path, patience: Duration) -> Result<SecretString, Failure> {
    let program = &argv.program;
    let printed = program::run(argv, folder, None, patience).map_err(|error| {
        let prints = format!("`{program}`, which prints a key, {error}");
        match &error {
            ProgramError::Start(source) => failed(prints).because(source),
            ProgramError::Unreadable(source) => {
                failed(format!("what `{program}` prints cannot be read")).because(source)
            }
            ProgramError::Late(_) => failed(prints).hint("it has no terminal and no input to ask anybody"),
            ProgramError::TooLong => failed(format!("the key that `{program}` prints is longer than 64 KiB")),
            ProgramError::Failed(_) => failed(prints)
                .hint("its output is not shown, since it may hold a key; run it by hand, without an environment"),
        }
    })?;
    key(&printed, &format!("the key that `{program}` prints"))
}

/// A key is fetched before anything else is done, so nothing waits for it but what needs it.
fn of_vault(vault: Option<&Vault>, at: &SecretPath, field: &str) -> Result<SecretString, Failure> {
    let place = format!("`{field}` of `{}/{}` in the vault", at.mount, at.path);
    // The operator file is refused without one.
    let vault = vault.ok_or_else(|| failed(format!("the operator file names no vault, and the key is in {place}")))?;
    let read = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(vault.read(at)));
    let read = read.map_err(|error| failed(format!("the key in {place} cannot be read")).because(&error))?;
    let field = read.and_then(|read| read.fields).and_then(|mut fields| fields.remove(field));
    let none = || {
        failed(format!("there is no {place}"))
            .hint("is it in a KV engine of version 2, is the engine `mount`, and is the field a text?")
    };
    key(field.ok_or_else(none)?.expose_secret().as_bytes(), &format!("the key in {place}"))
}

#[cfg(test)]
mod tests;
