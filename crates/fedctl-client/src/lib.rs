//! One JumpCloud organisation over HTTP.
//!
//! ```text
//! Key (secret + hosts + organisation) ──► Client ── send(Request) ──► Outcome
//!                       SharedHost ────────┘  └─── read: the same, with retries
//! ```
//!
//! This crate knows URLs, headers and the envelopes of errors. It knows no kinds of objects: what a body means is for
//! the caller. What it promises:
//!
//! - [`Client::send`] sends once. Whether a request without an answer may have arrived is part of the result
//!   ([`Outcome::NotSent`] or [`Outcome::Unknown`]), because for a write that is the only question that matters.
//! - The key goes to the console and insights hosts it was bound to, and nowhere else. The secret of a service account
//!   goes to its token host alone, and the token that it brings to the other two.
//! - No secret and no body is in an error, a log event or a `Debug` text.
//! - A [`Vault`] or OpenBao is something else, and shares nothing with a client but these rules.
//! - Requests are spaced by two adaptive limits: one per organisation, one for the process.

mod answer;
mod client;
mod error;
mod hosts;
mod key;
mod limit;
mod options;
mod quota;
mod redact;
mod request;
mod retry;
mod token;
mod vault;

pub use answer::{Answer, Outcome};
pub use client::Client;
pub use error::{AnswerError, BuildError, HostError, KeyError, SendError, Target};
pub use hosts::{Host, HostUrls, Hosts, Region};
pub use key::Key;
pub use limit::{Bucket, BucketLimits, LatencyJump, Limits, Permit, SharedHost, Signal, Stopped};
pub use options::Options;
pub use redact::{REDACTED, Redactor};
pub use request::{Body, ContentType, Extra, Request};
pub use reqwest::{Method, Url};
pub use retry::Retries;
pub use vault::{SecretPath, Vault, VaultError, VaultLogin, VaultOptions, Versioned};
