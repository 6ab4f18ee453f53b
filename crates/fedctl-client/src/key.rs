//! The API key, bound to the one place it may be sent to.

use std::fmt;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::error::KeyError;
use crate::hosts::{Host, Hosts};

/// How keys of the simulator begin.
const SIMULATED: &str = "sim_";

/// An API key, or a service account, together with the hosts and the organisation it was given for. There is no way to
/// send it elsewhere.
pub struct Key {
    secret: SecretString,
    /// The client id, if the secret is that of a service account.
    account: Option<String>,
    hosts: Hosts,
    organization: String,
}

impl Key {
    /// Binds an API key to hosts and an organisation (24 hexadecimal digits).
    ///
    /// # Errors
    /// An organisation id of another form, a key that cannot be a header value, a real key for the sandbox or a key of
    /// the sandbox for real hosts.
    pub fn bind(secret: SecretString, hosts: Hosts, organization: &str) -> Result<Self, KeyError> {
        if organization.len() != 24 || !organization.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(KeyError::Organization { organization: organization.to_owned() });
        }
        let text = secret.expose_secret();
        if !is_graphic(text) {
            return Err(KeyError::Malformed);
        }
        match (text.starts_with(SIMULATED), hosts.is_sandbox()) {
            (true, false) => Err(KeyError::SimulatedKeyForRealHosts),
            (false, true) => Err(KeyError::RealKeyForSandbox),
            (true, true) | (false, false) => {
                Ok(Self { secret, account: None, hosts, organization: organization.to_owned() })
            }
        }
    }

    /// Binds a service account, which gets tokens with its client id and secret.
    ///
    /// # Errors
    /// As for an API key; a client id that is empty or holds a blank.
    pub fn bind_account(
        client_id: &str,
        secret: SecretString,
        hosts: Hosts,
        organization: &str,
    ) -> Result<Self, KeyError> {
        if !is_graphic(client_id) {
            return Err(KeyError::ClientId);
        }
        Ok(Self { account: Some(client_id.to_owned()), ..Self::bind(secret, hosts, organization)? })
    }

    /// The hosts this key is for.
    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// The id of the organisation this key is for.
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// The client id of the service account, if it is none of an API key.
    pub(crate) fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// The API key as a header; the secret of a service account never is one.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        if self.account.is_some() {
            return None;
        }
        let mut value = HeaderValue::from_str(self.secret.expose_secret()).expect("graphic ASCII, see `bind`");
        value.set_sensitive(true);
        Some(value)
    }

    /// The secret itself: the API key, or the secret of the service account.
    pub(crate) fn secret(&self) -> &SecretString {
        &self.secret
    }
}

/// Whether a host may have the key, or a token in its place.
pub(crate) fn goes_to(host: Host) -> bool {
    match host {
        Host::Console | Host::Insights => true,
        Host::Issuer | Host::Oauth => false,
    }
}

/// Whether a text can stand in a header: of characters that are seen, and not empty.
pub(crate) fn is_graphic(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("hosts", &self.hosts)
            .field("organization", &self.organization)
            .finish_non_exhaustive()
    }
}
