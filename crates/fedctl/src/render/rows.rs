//! The lines of a plan, fresh or saved, taken apart to be shown or compared. A plan is never made from them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::frame::Frame;
use crate::source::Place;

/// Everything in the lines of a plan, in their order.
#[derive(Debug, Default)]
pub struct Rows {
    /// What the plan belongs to.
    pub head: HeadRow,
    /// Everybody of the population.
    pub people: Vec<PersonRow>,
    /// What exists already.
    pub known: Vec<KnownRow>,
    /// What is done.
    pub actions: Vec<ActionRow>,
    /// What nothing is done about.
    pub notes: Vec<NoteRow>,
    /// Why it must not be applied.
    pub refusals: Vec<RefusalRow>,
    /// What would be a refusal, had nobody lifted the guard.
    pub lifted: Vec<RefusalRow>,
}

/// The first line.
#[derive(Debug, Default, Deserialize)]
pub struct HeadRow {
    /// The federation's name.
    pub federation: String,
    /// The organisation where people authenticate.
    pub primary: String,
    /// The organisation where they want to sign in.
    pub secondary: String,
    /// What is known about the client secret.
    pub secret: String,
}

/// A person of the population.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PersonRow {
    /// The address in the primary organisation.
    pub person: String,
    /// The address of the account in the secondary organisation.
    pub account: String,
    /// What the plan does for them: `unchanged`, `gains`, `mended`, `leaves`, `held`, and others that later versions may know.
    pub fate: String,
    /// Why nothing is done for them, as a word for machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// Why they are not in the population any more, as a word for machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<String>,
    /// Why they are held or gone, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The path in the spec that brings them into the population.
    pub spec: String,
    /// Where that stands.
    #[serde(flatten, skip_deserializing)]
    pub place: Option<Place>,
}

/// An object that exists.
#[derive(Debug, Deserialize)]
pub struct KnownRow {
    /// Its name.
    pub address: String,
    /// Its id.
    pub id: String,
}

/// What is done to an object.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ActionRow {
    /// The object: `organisation/kind/name`.
    pub target: String,
    /// `create`, `update`, `delete`, `check`, and others that later versions may know.
    pub verb: String,
    /// Why, as a word for machines.
    pub because: String,
    /// The same for people; of a check, what it looks for.
    pub why: String,
    /// It can take sign-in from somebody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub takes_away: bool,
    /// Who it is for; left out when it is for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The path in the spec that asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<String>,
    /// Where that stands.
    #[serde(flatten, skip_deserializing)]
    pub place: Option<Place>,
    /// The fields that change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ChangeRow>,
    /// What is sent, with the names of objects where their ids will stand.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub write: Box<RawValue>,
}

/// A field that changes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChangeRow {
    /// Its name.
    pub field: String,
    /// As it is; null where it is not there.
    pub before: Option<String>,
    /// As it will be; null where it goes.
    pub after: Option<String>,
}

/// Something that is as it is, and is left.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct NoteRow {
    /// The object.
    pub about: String,
    /// What is to be said of it.
    pub text: String,
}

/// Why a plan must not be applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusalRow {
    /// Which guard.
    pub guard: String,
    /// The object or person.
    pub about: String,
    /// What is the matter.
    pub why: String,
    /// What to do.
    pub way_out: String,
    /// How many people or objects it is about, where somebody may lift the guard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Plan(HeadRow),
    Person(PersonRow),
    Known(KnownRow),
    Action(ActionRow),
    Note(NoteRow),
    Refusal(RefusalRow),
}

impl Rows {
    /// Takes lines apart.
    ///
    /// # Errors
    /// A line that is none of a plan.
    pub fn of(lines: impl Iterator<Item = impl AsRef<str>>) -> serde_json::Result<Self> {
        let mut rows = Self::default();
        for line in lines {
            match serde_json::from_str(line.as_ref())? {
                Line::Plan(head) => rows.head = head,
                Line::Person(row) => rows.people.push(row),
                Line::Known(row) => rows.known.push(row),
                Line::Action(row) => rows.actions.push(row),
                Line::Note(row) => rows.notes.push(row),
                Line::Refusal(row) => rows.refusals.push(row),
            }
        }
        Ok(rows)
    }

    /// Says where in the spec each row comes from, and what was lifted.
    #[must_use]
    pub fn framed(mut self, frame: &Frame) -> Self {
        let places = &frame.places;
        let (lifted, stand) = self.refusals.into_iter().partition(|row| frame.lifted.contains(&row.guard));
        (self.refusals, self.lifted) = (stand, lifted);
        for person in &mut self.people {
            person.place = places.get(&person.spec).cloned();
        }
        for action in &mut self.actions {
            action.place = action.spec.as_ref().and_then(|spec| places.get(spec)).cloned();
        }
        self
    }
}
