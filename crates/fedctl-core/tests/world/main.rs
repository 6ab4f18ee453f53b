//! Whole runs on a world in memory: what it looks like afterwards, and which requests were sent. No runtime is needed.

mod carry;
mod crash;
mod fresh;
