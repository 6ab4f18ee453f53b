//! The pages of a person in a real browser: no script, a phone and a desktop, light and dark.
//!
//! `cargo xtask browser` runs it. It keeps what it saw in `target/screenshots`.

#![allow(clippy::unwrap_used, reason = "what goes wrong in a test is to end it")]

mod breaks;
mod browser;
#[allow(dead_code, reason = "the tests over HTTP use the rest")]
#[path = "../http/client.rs"]
mod client;
#[allow(dead_code, reason = "the tests over HTTP use the rest")]
#[path = "../http/federation.rs"]
mod federation;
mod howto;
