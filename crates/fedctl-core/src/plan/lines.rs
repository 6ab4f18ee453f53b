//! A plan as lines of JSON: what is saved, compared and digested. The bytes come from structs with a fixed order of
//! fields and from sorted lists, never from a JSON map (invariant I1).

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::action::{After, Arg, Call, Change, Choice, Expect, Form, Then, Write};
use super::hole::Body;
use super::{Action, Because, Fate, Gone, Held, Known, Note, Pair, Plan, PlannedPerson, Refusal, Subject, Verb};
use crate::address::Address;
use crate::object_id::ObjectId;
use crate::planted::planted;

/// The version of the format.
pub const FORMAT: u32 = 1;

impl Plan {
    /// Every line, without line ends: head, people, what is known, actions, notes, refusals.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let head = Line::Plan(Head {
            format: FORMAT,
            federation: &self.federation,
            primary: self.organizations[0],
            secondary: self.organizations[planted!(DigestWithoutOrganization => 0, 1)],
            secret: self.pair,
            left: &self.left,
        });
        let people = self.people.iter().map(|person| Line::Person(person_line(person)));
        let known = self.known.iter().map(|(address, known)| Line::Known(known_line(address, known)));
        let actions = self.actions.iter().map(|action| Line::Action(self.action_line(action)));
        let notes = self.notes.iter().map(Line::Note);
        // Whether somebody lifted a guard is no part of a plan, and its digest names what they lift it for.
        let mut refusals: Vec<&Refusal> = self.refusals.iter().chain(&self.lifted).collect();
        refusals.sort();
        let refusals = refusals.into_iter().map(Line::Refusal);
        std::iter::once(head)
            .chain(people)
            .chain(known)
            .chain(actions)
            .chain(notes)
            .chain(refusals)
            .map(|line| text(&line))
    }

    /// SHA-256 over the lines, each with its line end. Neither the time of the reading nor any forecast is part of it.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for line in self.lines() {
            hash.update(line.as_bytes());
            hash.update(b"\n");
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// An action as it stands in the lines.
    pub fn action_line<'a>(&'a self, action: &'a Action) -> ActionLine<'a> {
        ActionLine {
            target: &action.target,
            verb: action.verb,
            because: action.because,
            why: action.write.checks().unwrap_or(action.because.as_str()),
            takes_away: action.takes_away(),
            person: match action.subject {
                Subject::Federation => None,
                Subject::Person(at) => self.people.get(at as usize).map(|person| &*person.email),
            },
            spec: self.spec_path(action),
            changes: action.changes.iter().map(change_line).collect(),
            write: write_line(&action.write),
        }
    }

    /// The path in the spec that asks for an action.
    pub fn spec_path(&self, action: &Action) -> Option<String> {
        let own = action.spec.as_ref().map(ToString::to_string);
        own.or_else(|| match action.subject {
            Subject::Federation => None,
            Subject::Person(at) => self.people.get(at as usize).map(|person| person.spec.to_string()),
        })
    }
}

fn text(line: &Line<'_>) -> String {
    serde_json::to_string(line).expect("lines have string keys and no failing serializer")
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Line<'a> {
    Plan(Head<'a>),
    Person(PersonLine<'a>),
    Known(KnownLine<'a>),
    Action(ActionLine<'a>),
    Note(&'a Note),
    Refusal(&'a Refusal),
}

#[derive(Serialize)]
struct Head<'a> {
    format: u32,
    federation: &'a str,
    primary: ObjectId,
    secondary: ObjectId,
    secret: Pair,
    #[serde(skip_serializing_if = "<[ObjectId]>::is_empty")]
    left: &'a [ObjectId],
}

/// A person in the lines.
#[derive(Serialize)]
pub struct PersonLine<'a> {
    person: &'a str,
    account: &'a str,
    fate: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<Held>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<Gone>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    spec: String,
}

/// A person as they stand in the lines.
pub fn person_line(person: &PlannedPerson) -> PersonLine<'_> {
    let (fate, held) = match person.fate {
        Fate::Unchanged => ("unchanged", None),
        Fate::Gains => ("gains", None),
        Fate::GainsExisting => ("gains-existing", None),
        Fate::TakenOver => ("taken-over", None),
        Fate::Loses => ("loses", None),
        Fate::Mended => ("mended", None),
        Fate::Leaves(_) => ("leaves", None),
        Fate::Held(held) => ("held", Some(held)),
    };
    let gone = match person.fate {
        Fate::Leaves(gone) => Some(gone),
        Fate::Unchanged
        | Fate::Gains
        | Fate::GainsExisting
        | Fate::TakenOver
        | Fate::Loses
        | Fate::Mended
        | Fate::Held(_) => None,
    };
    PersonLine {
        person: &person.email,
        account: &person.account,
        fate,
        held,
        gone,
        why: held.map(Held::as_str).or(gone.map(Gone::as_str)),
        spec: person.spec.to_string(),
    }
}

#[derive(Serialize)]
struct KnownLine<'a> {
    address: &'a Address,
    id: ObjectId,
    #[serde(rename = "client-id", skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
}

fn known_line<'a>(address: &'a Address, known: &'a Known) -> KnownLine<'a> {
    KnownLine { address, id: known.id, client_id: known.client_id.as_deref() }
}

/// An action in the lines.
#[derive(Serialize)]
pub struct ActionLine<'a> {
    target: &'a Address,
    verb: Verb,
    because: Because,
    why: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    takes_away: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spec: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<ChangeLine>,
    write: WriteLine<'a>,
}

#[derive(Serialize)]
struct ChangeLine {
    field: String,
    before: Option<Box<str>>,
    after: Option<String>,
}

fn change_line(change: &Change) -> ChangeLine {
    ChangeLine {
        field: change.field.to_string(),
        before: change.before.clone(),
        after: change.after.as_ref().map(|after| match after {
            After::Text(text) => text.to_string(),
            After::Of(address, give) => format!("the {} of {address}", give.as_str()),
            After::Secret => "(secret)".to_owned(),
        }),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum WriteLine<'a> {
    Send(CallLine<'a>),
    FirstOf { question: Choice, forms: Vec<FormLine<'a>> },
    Probe(CallLine<'a>),
    See(Expect),
}

#[derive(Serialize)]
struct FormLine<'a> {
    form: &'static str,
    send: CallLine<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<ChangeLine>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undo: Option<UndoLine<'a>>,
}

#[derive(Serialize)]
struct UndoLine<'a> {
    send: CallLine<'a>,
    then: Then,
}

fn form_line(form: &Form) -> FormLine<'_> {
    FormLine {
        form: form.name,
        send: call_line(&form.call),
        changes: form.changes.as_ref().map(|changes| changes.iter().map(change_line).collect()),
        undo: form.undo.as_ref().map(|undo| UndoLine { send: call_line(&undo.call), then: undo.then }),
    }
}

#[derive(Serialize)]
struct CallLine<'a> {
    call: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    of: Vec<&'a Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a Body>,
}

fn call_line(call: &Call) -> CallLine<'_> {
    CallLine {
        call: call.endpoint.endpoint().to_string(),
        of: call.args.iter().map(|Arg(address)| address).collect(),
        body: call.body.as_ref(),
    }
}

fn write_line(write: &Write) -> WriteLine<'_> {
    match write {
        Write::One(call) => WriteLine::Send(call_line(call)),
        Write::First { choice, forms } => {
            WriteLine::FirstOf { question: *choice, forms: forms.iter().map(form_line).collect() }
        }
        Write::Probe { call, .. } => WriteLine::Probe(call_line(call)),
        Write::Seen(expect) => WriteLine::See(*expect),
    }
}
