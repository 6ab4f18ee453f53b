//! Where client secrets are kept: a store that the operator names, asked by the calls of [`fedctl_core::escrow`].

mod vault;

use fedctl_core::address::Org;
use fedctl_core::escrow::{self, Call, Kept};
use fedctl_core::probe::{self, Proof};
use fedctl_core::request::{Outcome, Request};
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};

use crate::http::Organizations;

pub use vault::InVault;

/// A store of client secrets, by the client ids that they belong to.
pub trait Escrow: Send + Sync {
    /// The secret of a client; nothing if there is none.
    fn get<'a>(&'a self, client_id: &'a str) -> BoxFuture<'a, Result<Option<Found>, EscrowError>>;
    /// Keeps a secret. Doing it twice is doing it once.
    fn put<'a>(&'a self, client_id: &'a str, secret: &'a SecretString) -> BoxFuture<'a, Result<(), EscrowError>>;
    /// Destroys the versions of a secret, or all but the newest, as far as the store can.
    fn forget<'a>(&'a self, client_id: &'a str, but_newest: bool) -> BoxFuture<'a, Result<(), EscrowError>>;
}

/// A secret that is there.
pub struct Found {
    /// It.
    pub secret: SecretString,
    /// How many older versions are still there.
    pub older: u32,
}

/// Why an escrow does not do what it is asked. The texts hold no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EscrowError {
    /// The same may succeed in a moment.
    MayPass(String),
    /// It will not.
    Refused(String),
}

/// Whether a client id can be a name in a store: letters, digits, hyphens and underscores. `[documented]`: it is a UUID.
pub fn is_name(client_id: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    !client_id.is_empty() && client_id.len() <= 128 && !client_id.starts_with('-') && client_id.chars().all(fits)
}

impl Organizations {
    /// Answers what is asked of the escrow.
    pub(crate) async fn escrowed(&self, call: Call) -> Outcome {
        let Some(escrow) = self.escrow.as_deref() else {
            return Outcome::NotSent("this run knows no escrow".to_owned());
        };
        match self.asked(escrow, call).await {
            Ok(answer) => Outcome::Answered(answer),
            Err(EscrowError::MayPass(why)) => Outcome::NotSent(why),
            Err(EscrowError::Refused(why)) => Outcome::Answered(escrow::refused(why)),
        }
    }

    async fn asked(&self, escrow: &dyn Escrow, call: Call) -> Result<fedctl_core::request::Answer, EscrowError> {
        match call {
            Call::Try { client_id, callback } => {
                let Some(found) = self.got(escrow, &client_id).await? else { return Ok(Kept::default().answer()) };
                let is_taken = self.is_taken(&client_id, &found.secret, &callback).await;
                Ok(Kept { is_kept: true, is_taken, older: found.older }.answer())
            }
            Call::Prove { client_id, callback, path } => {
                let Some(found) = self.got(escrow, &client_id).await? else {
                    return Ok(escrow::proved(&Proof::default()));
                };
                Ok(escrow::proved(&self.proof(&client_id, &found.secret, &callback, &path).await))
            }
            Call::Keep { client_id, secret } => {
                self.learn(&secret);
                escrow.put(&client_id, &secret).await?;
                let found = escrow.get(&client_id).await?;
                let is_kept = found.is_some_and(|found| found.secret.expose_secret() == secret.expose_secret());
                let other = || EscrowError::Refused("what the escrow gives back is not what it was given".to_owned());
                if is_kept { Ok(escrow::done()) } else { Err(other()) }
            }
            Call::Take { client_id } => {
                let none = || EscrowError::Refused("the escrow has no secret of this client any more".to_owned());
                let found = self.got(escrow, &client_id).await?.ok_or_else(none)?;
                Ok(escrow::brings(&found.secret))
            }
            Call::Forget { client_id, but_newest } => {
                escrow.forget(&client_id, but_newest).await?;
                Ok(escrow::done())
            }
        }
    }

    async fn got(&self, escrow: &dyn Escrow, client_id: &str) -> Result<Option<Found>, EscrowError> {
        let found = escrow.get(client_id).await?;
        found.iter().for_each(|found| self.learn(&found.secret));
        Ok(found)
    }

    /// Whatever is told of either organisation from now on does not hold it.
    fn learn(&self, secret: &SecretString) {
        for org in Org::BOTH {
            self.client(org).into_iter().for_each(|client| client.redactor().learn(secret.expose_secret()));
        }
    }

    /// What the token endpoint says to a secret; and to what is none, or to the same secret in a header.
    async fn proof(&self, client_id: &str, secret: &SecretString, callback: &str, path: &str) -> Proof {
        let tried = async |secret: &SecretString| {
            let trial = Request { path: path.to_owned(), ..escrow::trial(client_id, secret, callback) };
            probe::said(&self.knocked(trial, None).await)
        };
        let said = tried(secret).await;
        if !probe::by_header(&said) {
            return Proof { made_up: Some(tried(&probe::made_up()).await), secret: Some(said), by_header: None };
        }
        let trial = Request { path: path.to_owned(), ..escrow::trial_by_header(callback) };
        let by_header = probe::said(&self.knocked(trial, Some((client_id, secret))).await);
        Proof { secret: Some(said), made_up: None, by_header: Some(by_header) }
    }

    async fn is_taken(&self, client_id: &str, secret: &SecretString, callback: &str) -> Option<bool> {
        match self.sent(escrow::trial(client_id, secret, callback)).await {
            Outcome::Answered(answer) => escrow::verdict(&answer),
            Outcome::NotSent(_) | Outcome::Unknown(_) => None,
        }
    }
}
