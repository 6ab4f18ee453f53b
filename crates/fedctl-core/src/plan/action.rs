//! An action: one described write, or one check.

use serde::Serialize;

pub use super::because::Because;
pub use super::form::{Choice, Form, Spelling, Then, Undo};
use super::hole::{Body, Give};
pub use super::look::{Find, Look, LookAt};
use crate::address::{Address, Kind};
use crate::endpoint::Writing;
use crate::spec::FieldPath;

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// It does not exist and is made.
    Create,
    /// Some of its fields change.
    Update,
    /// Somebody else made it, and it gets our mark.
    Adopt,
    /// It is ours and no longer wanted.
    Delete,
    /// Nothing is written; something must be so before others go on.
    Check,
}

impl Verb {
    /// The word used in plans.
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Adopt => "adopt",
            Verb::Delete => "delete",
            Verb::Check => "check",
        }
    }
}

/// Who an action is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Everybody.
    Federation,
    /// One person, by position in [`super::Plan::people`].
    Person(u32),
}

/// A field of an object, as it is named in plans and found in answers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// A key, or keys with dots between them.
    Key(&'static str),
    /// A key whose spelling is not known.
    Spelt(&'static Spelling),
    /// A key of one entry of a list of entries.
    Entry {
        /// Where the list stands, in dotted keys.
        list: &'static str,
        /// The key that tells entries apart.
        by: &'static str,
        /// Its value in the entry that is meant.
        key: Box<str>,
        /// The key whose value is meant.
        value: &'static str,
    },
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Field::Key(key) => f.write_str(key),
            Field::Spelt(spelling) => f.write_str(spelling.name),
            Field::Entry { list, key, value, .. } if *value == "value" => write!(f, "{list}.{key}"),
            Field::Entry { list, key, value, .. } => write!(f, "{list}.{key}.{value}"),
        }
    }
}

/// What a field will be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum After {
    /// A text, or JSON text where the field is not a string.
    Text(Box<str>),
    /// What another object gives; known when that object is.
    Of(Address, Give),
    /// A secret: never shown and never read back.
    Secret,
}

/// One managed field, before and after.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Which field.
    pub field: Field,
    /// As it was read; `None` if it is not there.
    pub before: Option<Box<str>>,
    /// As it is to be; `None` if it goes.
    pub after: Option<After>,
}

impl Change {
    /// A field that gets a first value.
    pub fn new(field: Field, after: impl Into<Box<str>>) -> Self {
        Self { field, before: None, after: Some(After::Text(after.into())) }
    }

    /// The text that it is to be, where it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.after {
            Some(After::Text(text)) => Some(text),
            Some(After::Of(..) | After::Secret) | None => None,
        }
    }

    /// A field that changes its value.
    pub fn of(field: Field, before: impl Into<Box<str>>, after: impl Into<Box<str>>) -> Self {
        Self { field, before: Some(before.into()), after: Some(After::Text(after.into())) }
    }
}

/// An argument of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arg(pub Address);

/// A call that writes, with its arguments by name and its body with holes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// Which call.
    pub endpoint: &'static Writing,
    /// The objects whose ids stand in the path.
    pub args: Box<[Arg]>,
    /// What is sent.
    pub body: Option<Body>,
}

/// What an action sends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Write {
    /// One call.
    One(Call),
    /// The first of several spellings that the service takes. A next one is tried only after a refusal of form.
    First {
        /// The question that is answered.
        choice: Choice,
        /// The spellings, best first.
        forms: Box<[Form]>,
    },
    /// A call whose answer is a verdict and which changes nothing.
    Probe {
        /// The call.
        call: Call,
        /// Status and `error` of the answers that mean yes.
        yes: &'static [(u16, &'static str)],
    },
    /// Nothing is sent: the look decides.
    Seen(Expect),
}

impl Write {
    /// What a check looks for; `None` for an action that changes something.
    pub fn checks(&self) -> Option<&'static str> {
        match self {
            Write::One(_) | Write::First { .. } => None,
            Write::Probe { .. } => Some("the token endpoint takes the new secret"),
            Write::Seen(Expect::OnlyPlannedMembers) => Some("its members are people of this plan, and nobody else"),
            Write::Seen(Expect::Members) => Some("who is a member now; only they go on"),
            Write::Seen(Expect::Still) => Some("it can be read, and is still so"),
            Write::Seen(Expect::Holds) => Some("it is read back once more"),
        }
    }
}

/// What a look must show for a check to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// The group has no member but people of this plan for whom nothing failed.
    OnlyPlannedMembers,
    /// Whoever is a member may go on; nobody else.
    Members,
    /// Every change of the action is so already.
    Holds,
    /// Nothing was changed yet, and what the next steps change is as it was read.
    Still,
}

/// One described write, or one check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Action {
    /// The object.
    pub target: Address,
    /// What is done to it.
    pub verb: Verb,
    /// Why.
    pub because: Because,
    /// The managed fields that change.
    pub changes: Box<[Change]>,
    /// What is sent.
    pub write: Write,
    /// How the object is seen.
    pub look: Option<Look>,
    /// Who it is for.
    pub subject: Subject,
    /// The line of the spec that asks for it; that of a person is with the person.
    pub spec: Option<FieldPath>,
}

impl Action {
    /// An edge between two objects that is to be there: one call, and the service refuses a second one.
    pub fn edge(target: Address, call: Call) -> Self {
        Self {
            target,
            verb: Verb::Create,
            because: Because::MissingInLive,
            changes: Box::new([]),
            write: Write::One(call),
            look: None,
            subject: Subject::Federation,
            spec: None,
        }
    }

    /// Whether it can take sign-in from somebody: something of the way in goes, or is switched off.
    pub fn takes_away(&self) -> bool {
        match (self.target.kind, self.verb) {
            // An app goes only when the provider leads to another one, a group or policy only when nobody uses it.
            (
                Kind::OidcApp | Kind::UserGroup | Kind::RoutingPolicy | Kind::PasswordAuthority | Kind::ClientSecret,
                Verb::Delete,
            ) => false,
            (Kind::AppAccess, Verb::Delete) => self.because != Because::Superseded,
            (_, Verb::Delete) => true,
            (Kind::RoutingPolicy, Verb::Update) => self.sets("enabled", "false"),
            (Kind::User, Verb::Update) => self.sets("state", "SUSPENDED"),
            (_, Verb::Create | Verb::Update | Verb::Adopt | Verb::Check) => false,
        }
    }

    /// The address of an account that is there and gets another one: until the attribute of its person follows, nobody gets
    /// in by it.
    pub fn renames(&self) -> Option<&Change> {
        let is_rename = self.target.kind == Kind::User && self.verb == Verb::Update;
        let mut changes = self.changes.iter().filter(|_| is_rename);
        changes.find(|change| change.field == Field::Key("email") && change.before.is_some())
    }

    fn sets(&self, key: &str, value: &str) -> bool {
        let sets = |change: &Change| change.field.to_string() == key && change.after == Some(After::Text(value.into()));
        self.changes.iter().any(sets)
    }

    /// The spellings of what it sends, where these are not known.
    pub fn forms(&self) -> &[Form] {
        match &self.write {
            Write::First { forms, .. } => forms,
            Write::One(_) | Write::Probe { .. } | Write::Seen(_) => &[],
        }
    }

    /// The managed fields that change, as the spelling at this position changes them.
    pub fn changes_in(&self, form: usize) -> &[Change] {
        self.forms().get(form).and_then(|form| form.changes.as_deref()).unwrap_or(&self.changes)
    }

    /// What the action sends, whichever spelling it will be, and what takes that back.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        let (one, forms) = match &self.write {
            Write::One(call) | Write::Probe { call, .. } => (Some(call), &[][..]),
            Write::First { forms, .. } => (None, &forms[..]),
            Write::Seen(_) => (None, &[][..]),
        };
        let undos = forms.iter().filter_map(|form| Some(&form.undo.as_ref()?.call));
        one.into_iter().chain(forms.iter().map(|form| &form.call)).chain(undos)
    }

    /// Every object whose value the action needs, in the order of its requests and looks.
    pub fn names(&self) -> Vec<(Address, Give)> {
        let mut names = Vec::new();
        for call in self.calls() {
            names.extend(call.args.iter().map(|arg| (arg.0.clone(), Give::Id)));
            names.extend(call.body.iter().flat_map(Body::names));
        }
        if let Some(look) = self.look.as_ref().filter(|look| self.verb != Verb::Create || look.at.before) {
            names.extend(look.args.iter().map(|arg| (arg.0.clone(), Give::Id)));
        }
        names
    }
}
