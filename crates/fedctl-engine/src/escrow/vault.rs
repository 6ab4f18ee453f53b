//! An escrow in a Vault or OpenBao: one name for each client, a write only over the version that was seen.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use fedctl_client::{SecretPath, Vault, VaultError};
use futures_util::future::{BoxFuture, FutureExt};
use secrecy::{ExposeSecret, SecretString};

use super::{Escrow, EscrowError, Found, is_name};

/// The one field of a secret.
const FIELD: &str = "client_secret";
/// How often a secret is written over what somebody else has just written.
const TRIES: usize = 3;

/// Below a path of a vault.
pub struct InVault {
    vault: Arc<Vault>,
    below: SecretPath,
}

impl InVault {
    /// An escrow in this vault, with names below this one.
    pub fn new(vault: Arc<Vault>, below: SecretPath) -> Self {
        Self { vault, below }
    }

    /// Whatever a client id should be, it stays below the path.
    fn at(&self, client_id: &str) -> Result<SecretPath, EscrowError> {
        if !is_name(client_id) {
            return Err(EscrowError::Refused("the client id cannot be a name in a vault".to_owned()));
        }
        Ok(SecretPath { mount: self.below.mount.clone(), path: format!("{}/{client_id}", self.below.path) })
    }

    async fn kept(&self, client_id: &str, secret: &SecretString) -> Result<(), EscrowError> {
        let (at, fields) = (self.at(client_id)?, BTreeMap::from([(FIELD, secret)]));
        let mut newest = 0;
        for _ in 0..TRIES {
            match self.vault.write(&at, &fields, newest).await {
                Ok(_) => return Ok(()),
                Err(VaultError::Conflict { .. }) => {}
                Err(error) => return Err(said(&error)),
            }
            let Some(there) = self.vault.read(&at).await.map_err(|error| said(&error))? else { continue };
            let is_same = |fields: BTreeMap<String, SecretString>| {
                fields.get(FIELD).is_some_and(|other| other.expose_secret() == secret.expose_secret())
            };
            if there.fields.is_some_and(is_same) {
                return Ok(());
            }
            newest = there.version;
        }
        Err(EscrowError::Refused(format!("somebody else writes `{}/{}` at the same time", at.mount, at.path)))
    }

    async fn found(&self, client_id: &str) -> Result<Option<Found>, EscrowError> {
        let at = self.at(client_id)?;
        let Some(there) = self.vault.read(&at).await.map_err(|error| said(&error))? else { return Ok(None) };
        let Some(secret) = there.fields.and_then(|mut fields| fields.remove(FIELD)) else { return Ok(None) };
        // A role that may not see them may not destroy them either.
        let older = if there.version > 1 { self.vault.versions(&at).await.unwrap_or_default() } else { Vec::new() };
        let older = older.iter().filter(|version| **version < there.version).count();
        Ok(Some(Found { secret, older: u32::try_from(older).unwrap_or(u32::MAX) }))
    }

    async fn forgotten(&self, client_id: &str, but_newest: bool) -> Result<(), EscrowError> {
        let at = self.at(client_id)?;
        let forgotten = if but_newest {
            let mut versions = self.vault.versions(&at).await.map_err(|error| said(&error))?;
            versions.pop();
            if versions.is_empty() { Ok(()) } else { self.vault.destroy(&at, &versions).await }
        } else {
            self.vault.remove(&at).await
        };
        forgotten.map_err(|error| said(&error))
    }
}

impl Escrow for InVault {
    fn get<'a>(&'a self, client_id: &'a str) -> BoxFuture<'a, Result<Option<Found>, EscrowError>> {
        self.found(client_id).boxed()
    }

    fn put<'a>(&'a self, client_id: &'a str, secret: &'a SecretString) -> BoxFuture<'a, Result<(), EscrowError>> {
        self.kept(client_id, secret).boxed()
    }

    fn forget<'a>(&'a self, client_id: &'a str, but_newest: bool) -> BoxFuture<'a, Result<(), EscrowError>> {
        self.forgotten(client_id, but_newest).boxed()
    }
}

fn said(error: &VaultError) -> EscrowError {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    let text = format!("{error}{cause}");
    if error.may_pass() { EscrowError::MayPass(text) } else { EscrowError::Refused(text) }
}
