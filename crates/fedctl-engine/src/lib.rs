//! Carries the requests of `fedctl-core`'s reader and executor to the two organisations, and what comes back to them.
//!
//! What plans, verifies or looks for drift is generic over [`Reads`] alone and so cannot write (invariant I2); only
//! [`apply`] takes [`Writes`].

mod applying;
mod http;
pub mod lease;
mod private;
mod reading;

use std::future::Future;
use std::time::Duration;

use fedctl_core::request::{Ask, Outcome, Request};

pub use applying::apply;
pub use http::{BindError, Organizations};
pub use reading::{Progress, read};

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
