//! Evidence that the simulator is a JumpCloud, and that fedctl speaks to one.
//!
//! What both say to each other is recorded and held against the published API descriptions (`descriptions`), with a
//! reviewed list of where these are known to be wrong or silent (`exceptions.yaml`).
//!
//! The descriptions are not part of this repository. Tests that need them are ignored unless they are asked for, by
//! `cargo xtask contract`; where the descriptions are not there, these fail and say that nothing was checked.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

#[allow(dead_code, reason = "each test binary uses a part of it")]
#[path = "../../crates/fedctl-core/tests/world/carry.rs"]
mod carry;
#[allow(dead_code, reason = "each test binary uses a part of it")]
#[path = "../../crates/fedctl-core/tests/world/edits.rs"]
mod edits;
#[allow(dead_code, reason = "each test binary uses a part of it")]
#[path = "../../crates/fedctl-core/tests/world/handmade.rs"]
mod handmade;
#[allow(dead_code, reason = "each test binary uses a part of it")]
#[path = "../../crates/fedctl-core/tests/world/scene.rs"]
mod scene;
#[allow(dead_code, reason = "each test binary uses a part of it")]
#[path = "../../crates/fedctl-core/tests/world/worlds.rs"]
mod worlds;

mod bent;
mod descriptions;
mod exceptions;
mod published;
mod samples;
mod schema;
mod stories;
mod traffic;
