//! The plan: ordered actions as a value, and everything a person must know before they are applied.

pub mod action;
pub mod allow;
mod because;
pub mod form;
pub mod guard;
pub mod hole;
pub mod lines;
pub mod look;
pub mod order;
mod pair;
pub mod rules;
pub mod saved;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use action::{Action, Because, Change, Subject, Verb};
pub use guard::Refusal;
pub use pair::Pair;

use crate::address::Address;
use crate::live::Live;
use crate::object_id::ObjectId;
use crate::planner::Other;
use crate::spec::{AdoptObject, Diagnostic, FieldPath, Spec};

/// What can be said about an existing object that requests name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: ObjectId,
    /// The client id, where it is an app with settings.
    pub client_id: Option<Box<str>>,
}

/// A person of the population, or who has an account of this federation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedPerson {
    /// Their user of the primary organisation.
    pub id: ObjectId,
    /// Their address there; that of their account where they were deleted there.
    pub email: Arc<str>,
    /// The address of their account in the secondary organisation.
    pub account: Arc<str>,
    /// The line of the spec that brings them into the population, or says what becomes of who leaves it.
    pub spec: FieldPath,
    /// What becomes of them.
    pub fate: Fate,
    /// Their account has a local password, so being routed may take a way in from them.
    pub has_local_way_in: bool,
}

/// What a plan does for one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// They can sign in, and nothing changes.
    Unchanged,
    /// They gain sign-in to an account that is made for them.
    Gains,
    /// They gain sign-in to an account that exists already.
    GainsExisting,
    /// They sign in already, and the account that they open is taken over.
    TakenOver,
    /// Something of theirs is brought back to what the spec says.
    Mended,
    /// Sign-in is taken from them, because the spec says so.
    Loses,
    /// What they have of this federation is taken from them, because they are not in the population any more.
    Leaves(Gone),
    /// Nothing is made for them and nothing changed.
    Held(Held),
}

/// Why somebody who has an account of this federation is not in the population any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, Hash)]
#[serde(rename_all = "kebab-case")]
pub enum Gone {
    /// Suspended at the primary.
    Suspended,
    /// There is no such user at the primary any more.
    Deleted,
    /// The spec leaves them out by name.
    Excepted,
    /// In none of the groups of the spec, and not named by it.
    NotMeant,
    /// They have another account with the same mark, and this one is not in use.
    Second,
    /// Nobody is any more: the federation is taken down.
    TakenDown,
}

impl Gone {
    /// The reason as a person reads it.
    pub fn as_str(self) -> &'static str {
        match self {
            Gone::Suspended => "suspended at the primary",
            Gone::Deleted => "deleted at the primary",
            Gone::Excepted => "left out by `people.except`",
            Gone::NotMeant => "not in `people.from` any more",
            Gone::Second => "a second account with the mark of somebody who uses another",
            Gone::TakenDown => "the federation is taken down",
        }
    }
}

/// Why nothing is done for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, Hash)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// Not activated at the primary yet.
    Staged,
    /// Suspended at the primary.
    Suspended,
    /// In a state at the primary that nobody knows.
    UnknownState,
    /// Has never set a password at the primary.
    NoPassword,
    /// The password at the primary has expired.
    PasswordExpired,
    /// Locked out at the primary for now.
    Locked,
    /// The spec says that nobody is routed.
    RoutingOff,
    /// Not among those who go first.
    Pilot,
    /// An account with the wanted address exists and is not adopted.
    AccountExists,
    /// The spec takes their account over, and there is none.
    NothingToAdopt,
    /// Their account is not activated yet, and one that was taken over is not activated by fedctl.
    AccountStaged,
    /// Somebody else has the wanted username in the secondary organisation.
    UsernameTaken,
    /// Somebody whose account gets another address by this plan has the wanted one until then.
    AddressTaken,
    /// Their account in the secondary organisation was suspended, and that stays.
    AccountSuspended,
    /// Their account was taken out of the routing group, and that stays.
    Unrouted,
    /// Was taken out of the group that gives the app, and that stays.
    AccessTaken,
    /// Not in the group that the spec says gives people the app.
    NoAccess,
    /// The saved plan that is applied does nothing for them.
    NotInSavedPlan,
}

impl Held {
    /// Whether they cannot authenticate at the primary organisation.
    pub fn is_of_primary(self) -> bool {
        matches!(
            self,
            Held::Staged
                | Held::Suspended
                | Held::UnknownState
                | Held::NoPassword
                | Held::PasswordExpired
                | Held::Locked
        )
    }

    /// The reason as a person reads it.
    pub fn as_str(self) -> &'static str {
        match self {
            Held::Staged => "not activated at the primary yet",
            Held::Suspended => "suspended at the primary",
            Held::UnknownState => "in a state at the primary that this version of fedctl does not know",
            Held::NoPassword => "has never set a password at the primary",
            Held::PasswordExpired => "the password at the primary has expired",
            Held::Locked => "locked out at the primary for now",
            Held::RoutingOff => "nobody is routed, because the spec says `routing_policy.enabled: false`",
            Held::Pilot => "waits for the pilot to end",
            Held::AccountExists => {
                "an account with this address exists in the secondary organisation and is not adopted"
            }
            Held::NothingToAdopt => "named under `adopt.people`, and has no account in the secondary organisation",
            Held::AccountStaged => {
                "the account in the secondary organisation is not activated yet, and is not ours to activate"
            }
            Held::UsernameTaken => "somebody else has this username in the secondary organisation",
            Held::AddressTaken => "somebody whose account gets another address by this plan has this one until then",
            Held::AccountSuspended => {
                "the account in the secondary organisation was suspended by somebody, and that stays"
            }
            Held::Unrouted => "the account was taken out of the routing group by somebody, and that stays",
            Held::AccessTaken => "was taken out of the group that gives people the app by somebody, and that stays",
            Held::NoAccess => "not in the group that gives people the app",
            Held::NotInSavedPlan => "the saved plan does nothing for them: left for the next plan",
        }
    }
}

/// Something a person must know that is no difference: nothing is done about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Note {
    /// The object.
    pub about: Address,
    /// What is to be said of it.
    pub text: String,
    /// Something is to be done about it later: the text says what that waits for.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
}

/// What would be done, in which order, for whom and why.
///
/// It is written and never read back: a plan file is parsed to compare, never to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The federation's name.
    pub federation: Box<str>,
    /// The ids of both organisations, primary first.
    pub organizations: [ObjectId; 2],
    /// The latest server clock of the reading, seconds since 1970; shown, and not part of the digest.
    pub as_of: Option<u64>,
    /// What requests may name that exists already.
    pub known: BTreeMap<Address, Known>,
    /// Everybody of the population, by primary e-mail; then those from whom something is taken because they left it.
    pub people: Vec<PlannedPerson>,
    /// Accounts of this federation whose person is not in the population any more, and that are shut, or are by this plan: they
    /// may stay in the routing group. One that is in use would open as soon as it is routed.
    pub left: Vec<ObjectId>,
    /// What to do, in an order that works.
    pub actions: Vec<Action>,
    /// What nothing is done about.
    pub notes: Vec<Note>,
    /// Why it must not be applied, if it must not.
    pub refusals: Vec<Refusal>,
    /// What would be a refusal, had nobody lifted the guard for this plan.
    pub lifted: Vec<Refusal>,
    /// What is known about the client secret.
    pub pair: Pair,
    /// What is to be said of lines of the spec; not part of the digest.
    pub warnings: Vec<Diagnostic>,
    /// What the spec could take over and does not; not part of the digest.
    pub adoptable: Adoptable,
    /// What carries the mark of other federations, as far as reading came across it; not part of the digest.
    pub others: Vec<Other>,
    /// It takes down what the order table sets up: the table is read backwards. Not part of the digest, for the actions say so.
    pub backwards: bool,
}

/// What was made by hand and stands where a federation would put its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adoptable {
    /// Objects: the word under `adopt.objects`, which object, and its id.
    pub objects: Vec<(AdoptObject, Address, ObjectId)>,
    /// What is in these objects beyond the spec, and is left.
    pub beyond: Vec<(AdoptObject, String)>,
    /// What these objects say where the spec says otherwise: the key of the spec and the value.
    pub names: Vec<(&'static str, Box<str>)>,
    /// The end of the address by which the routing group takes people in, where it does.
    pub suffix: Option<Box<str>>,
    /// People by their primary e-mail, with the address of the account.
    pub people: Vec<(Arc<str>, Arc<str>)>,
}

impl Adoptable {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.people.is_empty()
    }
}

impl Plan {
    /// A plan that does nothing, for these organisations as they were read then.
    pub(crate) fn empty(spec: &Spec, live: &Live) -> Self {
        Self {
            federation: spec.federation.as_str().into(),
            organizations: [&spec.primary, &spec.secondary].map(|side| {
                ObjectId::parse(side.organization.as_str()).expect("a valid spec has 24 hexadecimal digits there")
            }),
            as_of: live.as_of,
            known: BTreeMap::new(),
            people: Vec::new(),
            left: Vec::new(),
            actions: Vec::new(),
            notes: Vec::new(),
            refusals: Vec::new(),
            lifted: Vec::new(),
            pair: Pair::None,
            warnings: Vec::new(),
            adoptable: Adoptable::default(),
            others: Vec::new(),
            backwards: false,
        }
    }

    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// How many requests applying sends at most when nothing goes wrong, looks included.
    pub fn requests(&self) -> usize {
        self.actions.iter().map(Action::requests).sum()
    }
}

impl Action {
    fn requests(&self) -> usize {
        let write = usize::from(!matches!(self.write, action::Write::Seen(_)));
        let look = self.look.as_ref().map_or(0, |look| {
            let live = self.calls().any(|call| call.body.as_ref().is_some_and(hole::Body::is_live));
            usize::from(look.at.before || live || write == 0) + usize::from(look.at.after && write == 1)
        });
        write + look
    }
}
