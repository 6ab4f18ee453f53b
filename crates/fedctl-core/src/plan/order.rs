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

impl End {
    /// The end of what takes down what this one sets up; nothing for what takes over or removes.
    fn undone(self) -> Option<Self> {
        let End(org, kind, verb) = self;
        match (kind, verb) {
            (_, Verb::Adopt | Verb::Delete) => None,
            // What an app is set to goes with the app; and who is in a group is looked at for those who join.
            (Kind::OidcApp, Verb::Update) | (Kind::UserGroup, Verb::Check) => None,
            // A policy is turned off before anything else happens to it.
            (Kind::RoutingPolicy, Verb::Update) => Some(self),
            (_, Verb::Create | Verb::Update | Verb::Check) => Some(End(org, kind, Verb::Delete)),
        }
    }
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

impl Edge {
    /// The row for a plan that takes down: what was set up last goes first. Rows between removals hold as they are.
    pub fn backwards(self) -> Option<Self> {
        if self.first.2 == Verb::Delete && self.then.2 == Verb::Delete {
            return Some(self);
        }
        // What the escrow keeps of an app goes before it, by the row between their removals.
        if [self.first.1, self.then.1].contains(&Kind::ClientSecret) {
            return None;
        }
        let (first, then) = (self.then.undone()?, self.first.undone()?);
        // Whose password is not given back stays routed; the others go on.
        let of = if matches!(self.of, Scope::Seen | Scope::Ended) { Scope::SamePerson } else { self.of };
        (first != then).then_some(Self { first, then, of, ..self })
    }
}
