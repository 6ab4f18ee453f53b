//! How requests are sent: what the operator can choose, and what fits where they go.

use std::time::Duration;

use reqwest::Url;

use crate::key::Key;
use crate::limit::Limits;
use crate::retry::Retries;

/// What the operator can choose. The environment is never looked at.
#[derive(Clone, Debug)]
pub struct Options {
    /// How fast to ask.
    pub limits: Limits,
    /// How often a read is tried.
    pub retries: Retries,
    /// A proxy for every request; none otherwise, whatever the environment says.
    pub proxy: Option<Url>,
    /// Certificate authorities beyond the system's, as PEM.
    pub extra_authorities: Vec<u8>,
    /// The longest wait for a connection.
    pub connect_timeout: Duration,
    /// The longest wait for a whole answer, connection included.
    pub timeout: Duration,
    /// The longest answer, in bytes after decompression.
    pub longest_answer: usize,
}

impl Options {
    /// The defaults for real hosts: [`Limits::real`], connections in 10 s, answers in 60 s and 64 MiB.
    pub fn real() -> Self {
        Self {
            limits: Limits::real(),
            retries: Retries::default(),
            proxy: None,
            extra_authorities: Vec::new(),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            longest_answer: 64 * 1024 * 1024,
        }
    }

    /// The same with [`Limits::loopback`] and shorter pauses: whoever does not listen on this machine now will not in a
    /// second.
    pub fn loopback() -> Self {
        let retries = Retries { first: Duration::from_millis(25), ..Retries::default() };
        Self { limits: Limits::loopback(), retries, ..Self::real() }
    }

    /// What fits the hosts of a key.
    pub fn for_key(key: &Key) -> Self {
        if key.hosts().is_sandbox() { Self::loopback() } else { Self::real() }
    }
}
