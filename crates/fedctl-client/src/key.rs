//! The API key, bound to the one place it may be sent to.

use std::fmt;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::error::KeyError;
use crate::hosts::{Host, Hosts};

/// How keys of the simulator begin.
const SIMULATED: &str = "sim_";

/// An API key together with the hosts and the organisation it was given for. There is no way to send it elsewhere.
pub struct Key {
    secret: SecretString,
    hosts: Hosts,
    organization: String,
}

impl Key {
    /// Binds a key to hosts and an organisation (24 hexadecimal digits).
    ///
    /// # Errors
    /// An organisation id of another form, a key that cannot be a header value, a real key for the sandbox or a key of
    /// the sandbox for real hosts.
    pub fn bind(secret: SecretString, hosts: Hosts, organization: &str) -> Result<Self, KeyError> {
        if organization.len() != 24 || !organization.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(KeyError::Organization { organization: organization.to_owned() });
        }
        let text = secret.expose_secret();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(KeyError::Malformed);
        }
        match (text.starts_with(SIMULATED), hosts.is_sandbox()) {
            (true, false) => Err(KeyError::SimulatedKeyForRealHosts),
            (false, true) => Err(KeyError::RealKeyForSandbox),
            (true, true) | (false, false) => Ok(Self { secret, hosts, organization: organization.to_owned() }),
        }
    }

    /// The hosts this key is for.
    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// The id of the organisation this key is for.
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// The value of `x-api-key` for a host, if that host may have it.
    pub(crate) fn header(&self, host: Host) -> Option<HeaderValue> {
        match host {
            Host::Issuer => None,
            Host::Console | Host::Insights => {
                let mut value = HeaderValue::from_str(self.secret.expose_secret()).expect("graphic ASCII, see `bind`");
                value.set_sensitive(true);
                Some(value)
            }
        }
    }

    /// The secret itself, for the redactor.
    pub(crate) fn secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("hosts", &self.hosts)
            .field("organization", &self.organization)
            .finish_non_exhaustive()
    }
}
