//! The API, quirk by quirk.

#![allow(clippy::unwrap_used, reason = "what goes wrong in a test is to end it")]

#[path = "../common/mod.rs"]
mod common;

mod access;
mod applications;
mod audit;
mod bulk;
mod console;
mod dynamic;
mod faults;
mod graph;
mod groups;
mod insights;
mod lists;
mod oauth;
mod policies;
mod providers;
mod random;
mod replace;
mod service_accounts;
mod sign_in;
mod switches;
mod user_calls;
mod users;
