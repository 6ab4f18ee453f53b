//! The client against a server of a few lines that speaks raw TCP, so that every way to fail can be played.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod answers;
mod environment;
mod limits;
mod privacy;
mod reads;
mod sending;
mod server;
mod tokens;
mod vault;
