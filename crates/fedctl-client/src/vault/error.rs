//! What can go wrong with a vault.

/// Why a vault does not do what it is asked. No error holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// Nobody answered. Whether the request arrived is not known.
    #[error("the vault at {address} does not answer{}", if *is_late { " in time" } else { "" })]
    Unreachable {
        /// Where.
        address: String,
        /// It was waited for until the time was over.
        is_late: bool,
        /// What happened.
        #[source]
        source: reqwest::Error,
    },
    /// It is sealed, in maintenance or a stand-by: it may be asked again.
    #[error("the vault cannot serve now ({status}): {said}")]
    Unavailable {
        /// The status.
        status: u16,
        /// What it says.
        said: String,
    },
    /// The role or token is not good for this.
    #[error("the vault does not let this role or token {what} `{path}`: {said}")]
    Denied {
        /// What was to be done.
        what: &'static str,
        /// Where.
        path: String,
        /// What it says.
        said: String,
    },
    /// Another version stands there than the one that was to be replaced.
    #[error("somebody else wrote `{path}` meanwhile")]
    Conflict {
        /// Where.
        path: String,
    },
    /// Another answer.
    #[error("the vault answers {status} when it is to {what} `{path}`: {said}")]
    Refused {
        /// What was to be done.
        what: &'static str,
        /// Where.
        path: String,
        /// The status.
        status: u16,
        /// What it says.
        said: String,
    },
    /// An answer that nobody expects.
    #[error(
        "the answer of the vault at {address} cannot be read: is this a Vault or OpenBao, and `{path}` in a KV engine of version 2?"
    )]
    Unreadable {
        /// Where it is.
        address: String,
        /// What was asked for.
        path: String,
    },
}

impl VaultError {
    /// Whether the same may succeed in a moment.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Unavailable { .. })
    }
}
