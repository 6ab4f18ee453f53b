//! The order of actions: declared in rows, never hoped for.
//!
//! An action waits for the objects that its requests name, and for the rows that the kinds bring.

use super::action::Verb;
use crate::address::{Kind, Org};

/// One end of a row: every action with this organisation, kind and verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct End(pub Org, pub Kind, pub Verb);

/// For whom a row holds, and what a failure of the first means for the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Those of one person; if the first fails, the second is left out.
    SamePerson,
    /// All of the first before any of the second; if one fails, the second is left out.
    All,
    /// All of the first must have ended, whatever became of them; only where the second moves what people sign in by
    /// ([`super::Because::Moves`]) one that fails leaves it out.
    Ended,
    /// All of the first, which are checks of members; the second goes on for people whom they saw.
    Seen,
}

/// A row: the first before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// What comes first.
    pub first: End,
    /// What comes then.
    pub then: End,
    /// For whom.
    pub of: Scope,
    /// Why, for the documentation.
    pub why: &'static str,
}
