//! An escrow of client secrets by two programs of the operator: age, sops, pass, the client of a cloud store. One is given the
//! secret as its input, the other prints it.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use fedctl_core::operator::{Argv, CLIENT_ID};
use fedctl_engine::escrow::{Escrow, EscrowError, Found, is_name};
use futures_util::future::{BoxFuture, FutureExt};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::program::{self, PATIENCE, ProgramError};

/// What a program says by its exit code that has no such secret: what `pass` and most others do.
const NONE: i32 = 1;

/// Two programs.
#[derive(Debug)]
pub struct ByPrograms(Arc<Programs>);

#[derive(Debug)]
struct Programs {
    put: Argv,
    get: Argv,
    folder: PathBuf,
}

impl ByPrograms {
    /// Programs that are run in this folder.
    pub fn new(put: Argv, get: Argv, folder: PathBuf) -> Self {
        Self(Arc::new(Programs { put, get, folder }))
    }

    /// A program may take half a minute, and others go on meanwhile.
    async fn apart<T: Send + 'static>(
        &self,
        client_id: &str,
        work: impl FnOnce(&Programs, &str) -> Result<T, EscrowError> + Send + 'static,
    ) -> Result<T, EscrowError> {
        // What is no such id could be taken for an option.
        if !is_name(client_id) {
            return Err(EscrowError::Refused("the client id cannot be an argument of a program".to_owned()));
        }
        let (programs, client_id) = (Arc::clone(&self.0), client_id.to_owned());
        let done = tokio::task::spawn_blocking(move || work(&programs, &client_id)).await;
        done.unwrap_or_else(|_| Err(EscrowError::Refused("the program was given up".to_owned())))
    }
}

impl Escrow for ByPrograms {
    fn get<'a>(&'a self, client_id: &'a str) -> BoxFuture<'a, Result<Option<Found>, EscrowError>> {
        self.apart(client_id, |programs, client_id| programs.get(client_id)).boxed()
    }

    fn put<'a>(&'a self, client_id: &'a str, secret: &'a SecretString) -> BoxFuture<'a, Result<(), EscrowError>> {
        let secret = secret.clone();
        self.apart(client_id, move |programs, client_id| programs.put(client_id, &secret)).boxed()
    }

    /// Nobody knows how a program would; no plan asks for it.
    fn forget<'a>(&'a self, _: &'a str, _: bool) -> BoxFuture<'a, Result<(), EscrowError>> {
        std::future::ready(Ok(())).boxed()
    }
}

impl Programs {
    fn get(&self, client_id: &str) -> Result<Option<Found>, EscrowError> {
        let argv = named(&self.get, client_id);
        let printed = match program::run(&argv, &self.folder, None, PATIENCE) {
            Ok(printed) => printed,
            Err(ProgramError::Failed(status)) if status.code() == Some(NONE) => Zeroizing::default(),
            Err(error) => return Err(refused(&argv, "gives client secrets back", &error)),
        };
        let text = std::str::from_utf8(&printed)
            .map_err(|_| EscrowError::Refused(format!("what `{}` prints is no text", argv.program)))?
            .trim();
        Ok((!text.is_empty()).then(|| Found { secret: SecretString::from(text), older: 0 }))
    }

    fn put(&self, client_id: &str, secret: &SecretString) -> Result<(), EscrowError> {
        let argv = named(&self.put, client_id);
        match program::run(&argv, &self.folder, Some(secret), PATIENCE) {
            Ok(_) => Ok(()),
            Err(error) => Err(refused(&argv, "keeps client secrets", &error)),
        }
    }
}

fn named(argv: &Argv, client_id: &str) -> Argv {
    let arguments = argv.arguments.iter().map(|argument| argument.replace(CLIENT_ID, client_id)).collect();
    Argv { program: argv.program.clone(), arguments }
}

fn refused(argv: &Argv, does: &str, error: &ProgramError) -> EscrowError {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    EscrowError::Refused(format!("`{}`, which {does}, {error}{cause}", argv.program))
}

#[cfg(all(test, unix))]
mod tests;
