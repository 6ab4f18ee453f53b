//! Carries the requests of `fedctl-core`'s reader and executor to the two organisations, and what comes back to them.
//!
//! What plans, verifies or looks for drift is generic over [`Reads`] alone and so cannot write (invariant I2); only
//! [`apply`] takes [`Writes`].

mod applying;
pub mod escrow;
mod http;
pub mod journal;
pub mod lease;
mod private;
mod reading;

use std::future::Future;
use std::time::Duration;

use fedctl_core::request::{Ask, Outcome, Request};

pub use applying::{Note, apply};
pub use http::{BindError, Organizations};
pub use reading::{Progress, read, read_by};

/// A time since 1970 as people and journals read it: UTC, to the second.
pub fn utc(since_1970: Duration) -> String {
    let seconds = i64::try_from(since_1970.as_secs()).unwrap_or(0);
    jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

/// Asks questions, and lets time pass.
pub trait Reads: Sync {
    /// Asks, again and again if need be: a question changes nothing.
    fn ask(&self, ask: Ask) -> impl Future<Output = Outcome> + Send;
    /// Lets time pass.
    fn pause(&self, wanted: Duration) -> impl Future<Output = ()> + Send;
}

/// Sends requests that change something.
pub trait Writes: Reads {
    /// Sends once, whatever comes of it.
    fn write(&self, request: Request) -> impl Future<Output = Outcome> + Send;
}
