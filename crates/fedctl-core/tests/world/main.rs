//! Whole runs on a world in memory: what it looks like afterwards, and which requests were sent. No runtime is needed.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]
#![expect(clippy::print_stdout, reason = "the long forms of some tests end with their figures")]

mod asked;
mod by_console;
mod byhand;
mod carry;
mod conversation;
mod crash;
mod crash_matrix;
mod drifted;
mod edits;
mod escrow;
mod executor;
mod faultless;
mod forms;
mod found;
mod fresh;
mod from_live;
mod growth;
mod guards;
mod handmade;
mod hands;
mod history;
mod interleave;
mod judge;
mod leave;
mod oracle;
mod order;
mod pairwise;
mod picture;
mod pinned;
mod properties;
mod race;
mod reads;
mod rehearsed;
mod review;
mod rows;
mod saved;
mod scene;
mod section;
mod seen;
mod signed_in;
mod soak;
mod spelling;
mod stories;
mod sweep;
mod takeover;
mod traced;
mod unproven;
mod untrusted;
mod watch;
mod whole;
mod witness;
mod worlds;
