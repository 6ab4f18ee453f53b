//! A federation that somebody made by hand: what it consists of, who signs in through it, and the spec that takes it over.
//!
//! ```text
//! Head ──► text ──► Spec ──► objects() ──► Objects ──► text ──► Spec ──► people() ──► Draft ──► text
//! ```
//!
//! Objects come first: which custom attribute the users are read with stands in the app. Everything is found by where it
//! leads, beginning with the identity provider, of which an organisation has one. Where several could be meant nothing is
//! guessed: [`Unclear`] names them, and somebody says which in [`Told`].

mod address;
mod objects;
mod people;
mod text;
mod unclear;

pub use objects::{Objects, Told, objects};
pub use people::{Draft, people};
pub use text::{Head, Place, said};
pub use unclear::Unclear;

use crate::live::{Live, Needs, Query};
use crate::planner::{Step, pinned};
use crate::spec::Spec;

/// Why something is not found.
enum Halt {
    /// It is asked for.
    Missing,
    /// Nobody can tell.
    Unclear(Unclear),
}

impl From<Unclear> for Halt {
    fn from(unclear: Unclear) -> Self {
        Halt::Unclear(unclear)
    }
}

/// What was found, or why not.
type Found<T> = Result<T, Halt>;

/// An answer that is there, or is asked for.
fn known<T>(answer: Option<T>) -> Found<T> {
    answer.ok_or(Halt::Missing)
}

fn step<T>(spec: &Spec, live: &Live, find: impl FnOnce(&mut Needs) -> Found<T>) -> Step<Result<T, Unclear>> {
    let mut needs = Needs::default();
    if let Some(problems) = pinned(spec, live, &mut needs) {
        return Step::Problems(problems);
    }
    let found = find(&mut needs);
    // An organisation that this key may not list is proved by every object that is read.
    needs.unknown.retain(|query, _| !matches!(query, Query::Organization(_)));
    match found {
        _ if !needs.unknown.is_empty() => Step::Unknown(needs.unknown),
        _ if !needs.queries.is_empty() => Step::Read(needs.queries),
        Ok(found) => Step::Ready(Box::new(Ok(found))),
        Err(Halt::Unclear(unclear)) => Step::Ready(Box::new(Err(unclear))),
        Err(Halt::Missing) => Step::Problems(Vec::new()),
    }
}
