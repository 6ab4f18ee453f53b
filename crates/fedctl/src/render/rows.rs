//! The lines of a plan, fresh or saved, taken apart to be shown or compared. A plan is never made from them. Whatever they say
//! is text from outside: a plan file may have been changed.

use fedctl_core::text::Untrusted;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
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
    pub federation: Untrusted,
    /// The organisation where people authenticate.
    pub primary: Untrusted,
    /// The organisation where they want to sign in.
    pub secondary: Untrusted,
    /// What is known about the client secret.
    pub secret: Untrusted,
}

/// A person of the population.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PersonRow {
    /// The address in the primary organisation.
    #[schemars(with = "String")]
    pub person: Untrusted,
    /// The address of the account in the secondary organisation.
    #[schemars(with = "String")]
    pub account: Untrusted,
    /// What the plan does for them: `unchanged`, `gains`, `mended`, `leaves`, `held`, and others that later versions may know.
    #[schemars(with = "String")]
    pub fate: Untrusted,
    /// Why nothing is done for them, as a word for machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub held: Option<Untrusted>,
    /// Why they are not in the population any more, as a word for machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub gone: Option<Untrusted>,
    /// Why they are held or gone, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub why: Option<Untrusted>,
    /// The path in the spec that brings them into the population.
    #[schemars(with = "String")]
    pub spec: Untrusted,
    /// Where that stands.
    #[serde(flatten, skip_deserializing)]
    pub place: Option<Place>,
}

/// An object that exists.
#[derive(Debug, Deserialize)]
pub struct KnownRow {
    /// Its name.
    pub address: Untrusted,
    /// Its id.
    pub id: Untrusted,
}

/// What is done to an object.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ActionRow {
    /// The object: `organisation/kind/name`.
    #[schemars(with = "String")]
    pub target: Untrusted,
    /// `create`, `update`, `delete`, `check`, and others that later versions may know.
    #[schemars(with = "String")]
    pub verb: Untrusted,
    /// Why, as a word for machines.
    #[schemars(with = "String")]
    pub because: Untrusted,
    /// The same for people; of a check, what it looks for.
    #[schemars(with = "String")]
    pub why: Untrusted,
    /// It can take sign-in from somebody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub takes_away: bool,
    /// Who it is for; left out when it is for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub person: Option<Untrusted>,
    /// The path in the spec that asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub spec: Option<Untrusted>,
    /// Where that stands.
    #[serde(flatten, skip_deserializing)]
    pub place: Option<Place>,
    /// The fields that change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ChangeRow>,
    /// What is sent, with the names of objects where their ids will stand.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    #[serde(deserialize_with = "whole")]
    pub write: Box<RawValue>,
}

/// A field that changes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChangeRow {
    /// Its name.
    #[schemars(with = "String")]
    pub field: Untrusted,
    /// As it is; null where it is not there.
    #[schemars(with = "Option<String>")]
    pub before: Option<Untrusted>,
    /// As it will be; null where it goes.
    #[schemars(with = "Option<String>")]
    pub after: Option<Untrusted>,
}

/// Something that is as it is, and is left.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct NoteRow {
    /// The object.
    #[schemars(with = "String")]
    pub about: Untrusted,
    /// What is to be said of it.
    #[schemars(with = "String")]
    pub text: Untrusted,
    /// Something is to be done about it later; the text says what that waits for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
}

/// Why a plan must not be applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusalRow {
    /// Which guard.
    #[schemars(with = "String")]
    pub guard: Untrusted,
    /// The object or person.
    #[schemars(with = "String")]
    pub about: Untrusted,
    /// What is the matter.
    #[schemars(with = "String")]
    pub why: Untrusted,
    /// What to do.
    #[schemars(with = "String")]
    pub way_out: Untrusted,
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
        let (lifted, stand) =
            self.refusals.into_iter().partition(|row| frame.lifted.iter().any(|lifted| row.guard == **lifted));
        (self.refusals, self.lifted) = (stand, lifted);
        for person in &mut self.people {
            person.place = places.get(person.spec.raw()).cloned();
        }
        for action in &mut self.actions {
            action.place = action.spec.as_ref().and_then(|spec| places.get(spec.raw())).cloned();
        }
        self
    }
}

/// JSON text as it stands, with no half of a character in it: a reader of what is shown would refuse all of it.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<RawValue>, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    serde_json::from_str::<serde_json::Value>(raw.get()).map_err(D::Error::custom)?;
    Ok(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_character_is_no_text() {
        let read = |text: &str| whole(&mut serde_json::Deserializer::from_str(text)).map(|raw| raw.get().to_owned());
        assert_eq!(read(r#"{"body": "\ud83d\ude00"}"#).unwrap(), r#"{"body": "\ud83d\ude00"}"#);
        assert!(read(r#"{"body": "\ud83d"}"#).is_err());
    }
}
