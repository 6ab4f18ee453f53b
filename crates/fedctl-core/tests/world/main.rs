//! Whole runs on a world in memory: what it looks like afterwards, and which requests were sent. No runtime is needed.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod byhand;
mod carry;
mod conversation;
mod crash;
mod edits;
mod executor;
mod forms;
mod found;
mod fresh;
mod growth;
mod handmade;
mod hands;
mod history;
mod interleave;
mod judge;
mod order;
mod pairwise;
mod picture;
mod pinned;
mod properties;
mod review;
mod rows;
mod saved;
mod scene;
mod section;
mod signed_in;
mod sweep;
mod takeover;
mod watch;
mod whole;
mod worlds;
