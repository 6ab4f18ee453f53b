//! A difference: what it is about, what is the matter, who made it, and what becomes of it.

use std::collections::BTreeSet;

use crate::address::{Address, Org};
use crate::live::changes::Changed;
use crate::object_id::ObjectId;
use crate::plan::{Because, Change, Held, Note, Pair, Verb};
use crate::trace::Hop;

/// Everything that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The federation's name.
    pub federation: Box<str>,
    /// When it was read, seconds since 1970 by the server's clock.
    pub as_of: Option<u64>,
    /// What is known about the client secret.
    pub pair: Pair,
    /// When somebody came in last by the present pair, in milliseconds since 1970, where the log tells: so long the secret was
    /// the same on both sides. What was done to the identity provider since, no log tells.
    pub shown: Option<u64>,
    /// Something of the federation is there. Before the first apply nothing can differ.
    pub is_set_up: bool,
    /// The differences.
    pub rows: Vec<Difference>,
    /// What a plan says of objects and does nothing about: no difference, and to be known.
    pub notes: Vec<Note>,
    /// The organisations whose log cannot be read, or not far enough back.
    pub unread: Vec<Org>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The object.
    pub about: Address,
    /// What is the matter.
    pub what: What,
    /// The managed fields: as they are, and as they should be.
    pub changes: Box<[Change]>,
    /// What the next apply does about it, if nothing stops it.
    pub next: Next,
    /// The newest change of the object that the log tells of, and that can have made it.
    pub who: Who,
    /// The objects of which a change can have made it.
    pub(super) ids: BTreeSet<ObjectId>,
    /// What was bound to one of them, or unbound.
    pub(super) other: Option<ObjectId>,
}

/// What is the matter with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It is to be made, changed or removed, and why.
    Action(Verb, Because),
    /// A hop of the way in is broken, for so many people, and no action is about it.
    Hop(Hop, usize),
    /// A human took access away from somebody.
    Stopped(Held),
    /// Somebody is in the routing group who is not of this federation: they are sent to the identity provider, too.
    Stranger,
    /// The client secret may have been replaced on one side.
    Secret,
    /// An object that fedctl made has something that nobody asked for.
    Beyond(Beyond),
}

/// What an object has that the spec does not ask for. No plan takes it away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beyond {
    /// A description that says more than the mark.
    Description,
    /// More places to which the app sends people back.
    RedirectUris,
    /// More claims.
    Claims,
    /// Another group may use the app.
    Access,
    /// Somebody who is not of this federation is in the managed group of the app.
    Member,
    /// A name or url of the identity provider that is written with the next secret only.
    Provider,
    /// The account became an administrator's.
    Administrator,
    /// The account of somebody in the population lost its mark.
    Unmarked,
    /// A local password beside the identity provider.
    Password,
}

impl Beyond {
    /// What is said of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Beyond::Description => "its description says more than the mark",
            Beyond::RedirectUris => "it also sends people back to somewhere else",
            Beyond::Claims => "it also sends other claims",
            Beyond::Access => "this group may use the app, too",
            Beyond::Member => "they may use the app, and are not of this federation",
            Beyond::Provider => "it differs; writing it takes the client secret, so that waits for the next one",
            Beyond::Administrator => {
                "the account became an administrator's, so no plan takes anything from it any more"
            }
            Beyond::Unmarked => {
                "it carries no mark, and their mapping leads to it: nothing is done for them until `adopt.people` names them"
            }
            Beyond::Password => "a local password was given to it; while it is federated nobody is asked for it",
        }
    }
}

/// What the next unattended apply does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It puts it right.
    PutsRight,
    /// It leaves it.
    Leaves,
}

/// Who made a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Whoever changed the object last.
    Last(Changed),
    /// The log does not tell of any change of it.
    Untold,
    /// Nothing is published about events of such an object.
    NoEvents,
    /// The log cannot be read.
    Unreadable,
}
