//! The pure half of fedctl: no IO, no clock, no randomness, no runtime.
//!
//! ```text
//! spec text ──► spec ──► Spec ─┐
//!                              ├─► plan ──► Plan ──► apply ──► Report
//! answers ──► read ──► Live ───┘
//! ```
//!
//! Reading and applying are state machines: [`read::Reader`] and [`apply::Run`] say what to send and are told what came
//! back. Who carries their requests (HTTP, or a loop over a world in memory) is not known here.

pub mod address;
pub mod apply;
pub mod decode;
pub mod doctor;
pub mod drift;
pub mod drive;
pub mod endpoint;
pub mod escrow;
mod evidence;
pub mod kinds;
pub mod live;
pub mod mark;
pub mod object_id;
pub mod operator;
pub mod people;
pub mod plan;
pub mod planner;
#[cfg(not(planted))]
mod planted;
#[cfg(planted)]
pub mod planted;
pub mod probe;
pub mod read;
pub mod request;
pub mod spec;
pub mod takeover;
pub mod text;
pub mod trace;
