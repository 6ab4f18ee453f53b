//! Rehearsal: a plan is run on a model of both organisations before it is called safe.
//!
//! The same executor that applies plans runs it on a world of the simulator, which is set up from what was read. Every state
//! that applying can reach is visited: any order that names and rows allow, each action done, refused, or done without an
//! answer. In each of them everybody on the stage is asked to sign in, and as whom. People who are in one situation and for
//! whom the same is done are one class, and two of them stand in for all.
//!
//! What the service does where no document says it is asked under every answer, in pairs. Harm under the documented answers
//! refuses the plan. Harm that takes another answer is a doubt: it names the question.

mod answers;
mod class;
mod company;
mod doors;
mod explore;
mod models;
mod oracle;
mod pairwise;
mod questions;
mod rehearse;
mod seed;
mod stage;
mod words;

pub use rehearse::{Doubt, Rehearsal, Script, rehearse, rehearse_by};
