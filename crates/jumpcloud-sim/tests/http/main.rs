//! The HTTP face from outside: unmodified clients, browsers and tokens, on a port of this machine.
#![cfg(feature = "http")]

mod client;
mod control;
mod federation;
mod issuer;
mod shell;
mod sign_in;
