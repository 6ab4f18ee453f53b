//! The HTTP face from outside: unmodified clients, browsers and tokens, on a port of this machine.
#![cfg(feature = "http")]

mod client;
mod clock;
mod console;
mod control;
mod faults;
mod federation;
mod issuer;
mod shell;
mod sign_in;
