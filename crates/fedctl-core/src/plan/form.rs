//! Spellings of what nobody has published: of a field, and of a call.

use serde::Serialize;

use super::action::{Call, Change};

/// A field whose key nobody has published: the keys that it is known or guessed to stand under.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spelling {
    /// What it is called in plans.
    pub name: &'static str,
    /// Dotted keys, and whether a yes means no there. The first that an object has says the value.
    pub keys: &'static [(&'static str, bool)],
}

/// A question about one organisation's wire format that one action answers for all, once per run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Choice(pub &'static str);

/// One spelling of a call whose wire format nobody has published.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Form {
    /// What it is called in plans and in the operator file.
    pub name: &'static str,
    /// The call in this spelling.
    pub call: Call,
    /// The managed fields as this spelling changes them, where that is not as the action says.
    pub changes: Option<Box<[Change]>>,
    /// What is done when the service took it and made something else of it.
    pub undo: Option<Undo>,
}

impl Form {
    /// A spelling that says what the action says.
    pub fn new(name: &'static str, call: Call) -> Self {
        Self { name, call, changes: None, undo: None }
    }
}

/// Takes back what a service made of a request that it took and did not understand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undo {
    /// The call that does it.
    pub call: Call,
    /// What comes then.
    pub then: Then,
}

/// What follows when something was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// A person does the step: what the service understands is not known.
    Manual,
    /// The next spelling: it is known what was not kept, and that one does without.
    Next,
}
