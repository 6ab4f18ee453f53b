//! A saved plan: an upper bound for what may be done, never a script.
//!
//! It is read back only to be compared with a plan that was made afresh. Every fresh action must stand in it with the same
//! request; fewer is fine, for somebody, or an earlier try, did them already. People for whom it does nothing are no reason
//! to stop: they are left for the next plan.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::action::{Because, Write};
use super::lines::FORMAT;
use super::{Action, Fate, Held, Plan, Subject, Verb};
use crate::address::{Address, Kind, Org};

/// A plan as it was saved, taken apart for comparison.
#[derive(Debug, Default)]
pub struct Saved {
    organizations: [Box<str>; 2],
    known: BTreeMap<Box<str>, Box<str>>,
    actions: BTreeMap<Box<str>, Vec<Entry>>,
    /// Primary e-mails of the people for whom something is done.
    people: BTreeSet<Box<str>>,
}

/// An action without its reason, which may change between two readings while the request stays the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    verb: Box<str>,
    changes: Value,
    write: Value,
}

impl Entry {
    fn creates(&self) -> bool {
        &*self.verb == Verb::Create.as_str()
    }
}

/// Lines that are no saved plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SavedError {
    /// A line that cannot be read.
    #[error("line {line} is not a line of a plan")]
    Line {
        /// Its number, from 1.
        line: usize,
    },
    /// A format of another version of fedctl.
    #[error("the plan has format {found}, and this version of fedctl reads format {FORMAT}")]
    Format {
        /// The format of the file.
        found: u64,
    },
}

/// Why a fresh plan is more than what was saved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stale {
    /// The saved plan is of other organisations.
    Organizations,
    /// An action that the saved plan does not have.
    NotInSaved {
        /// Its object.
        target: Box<str>,
        /// What would be done to it.
        verb: Box<str>,
    },
    /// An action whose field or request is another one.
    Differs {
        /// Its object.
        target: Box<str>,
        /// The field, or `request`.
        field: Box<str>,
        /// As it was saved.
        saved: Box<str>,
        /// As it would be now.
        fresh: Box<str>,
    },
    /// An action of the saved plan that a fresh one does not have: too few only where the very same is asked for.
    Gone {
        /// Its object.
        target: Box<str>,
        /// What was to be done to it.
        verb: Box<str>,
    },
    /// An object that is another one now, under the same name.
    AnotherObject {
        /// Its name.
        address: Box<str>,
        /// The id that the saved plan knew.
        saved: Box<str>,
        /// The id it has now.
        fresh: Box<str>,
    },
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stale::Organizations => f.write_str("the saved plan is of other organisations"),
            Stale::NotInSaved { target, verb } => write!(f, "{target}: {verb} is not in the saved plan"),
            Stale::Gone { target, verb } => write!(f, "{target}: {verb} is in the saved plan and not to be done now"),
            Stale::Differs { target, field, saved, fresh } => {
                write!(f, "{target}: {field} was {saved} in the saved plan and is {fresh} now")
            }
            Stale::AnotherObject { address, saved, fresh } => {
                write!(f, "{address}: the saved plan knew {saved}, and under this name there is {fresh} now")
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Plan { format: u64, primary: Box<str>, secondary: Box<str> },
    Known { address: Box<str>, id: Box<str> },
    Action(ActionLine),
    Person {},
    Note {},
    Refusal {},
}

#[derive(Deserialize)]
struct ActionLine {
    target: Box<str>,
    verb: Box<str>,
    #[serde(default)]
    person: Option<Box<str>>,
    #[serde(default)]
    changes: Value,
    write: Value,
}

impl Saved {
    /// Reads the lines of a plan.
    ///
    /// # Errors
    /// A line that is none, or a format of another version.
    pub fn parse<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Self, SavedError> {
        let mut saved = Self::default();
        for (text, line) in lines.zip(1..) {
            saved.take(serde_json::from_str(text).map_err(|_| SavedError::Line { line })?)?;
        }
        Ok(saved)
    }

    fn take(&mut self, line: Line) -> Result<(), SavedError> {
        match line {
            Line::Plan { format, .. } if format != u64::from(FORMAT) => {
                return Err(SavedError::Format { found: format });
            }
            Line::Plan { primary, secondary, .. } => self.organizations = [primary, secondary],
            Line::Known { address, id } => {
                self.known.insert(address, id);
            }
            Line::Action(ActionLine { target, verb, person, changes, write }) => {
                self.people.extend(person);
                self.actions.entry(target).or_default().push(Entry { verb, changes, write });
            }
            Line::Person {} | Line::Note {} | Line::Refusal {} => {}
        }
        Ok(())
    }

    /// Leaves out of a fresh plan everybody for whom the saved one does nothing, and gives their primary e-mails.
    ///
    /// They count as held from then on, and whoever of them is in the routing group already keeps it from being routed.
    ///
    /// A local password that may go because somebody signed in since waits for the next plan, too: that somebody signs in makes
    /// no plan stale.
    pub fn restrict(&self, fresh: &mut Plan) -> Vec<Arc<str>> {
        let is_left = |person: &super::PlannedPerson| !self.people.contains(&*person.email);
        let positions: BTreeSet<u32> = fresh.actions.iter().filter_map(subject).collect();
        let left: BTreeSet<u32> =
            positions.into_iter().filter(|at| fresh.people.get(*at as usize).is_some_and(is_left)).collect();
        let (all, is_left) =
            (fresh.actions.len(), |action: &Action| subject(action).is_some_and(|at| left.contains(&at)));
        let is_saved = |action: &Action| self.actions.contains_key(action.target.to_string().as_str());
        fresh.actions.retain(|action| {
            let waits = action.because == Because::SignedIn && !is_saved(action);
            !waits && !is_left(action)
        });
        // A check is there for what comes after it.
        if fresh.actions.len() < all && fresh.actions.iter().all(|action| action.verb == Verb::Check) {
            fresh.actions.clear();
        }
        let people = (0u32..).zip(&mut fresh.people).filter(|(at, _)| left.contains(at));
        people
            .map(|(_, person)| {
                person.fate = Fate::Held(Held::NotInSavedPlan);
                Arc::clone(&person.email)
            })
            .collect()
    }

    /// Everything in a fresh plan that is more than what was saved, or another thing. Nothing: it may be applied.
    pub fn allows(&self, fresh: &Plan) -> Vec<Stale> {
        if fresh.organizations.iter().map(ToString::to_string).ne(self.organizations.iter().map(|id| id.to_string())) {
            return vec![Stale::Organizations];
        }
        let mut stale: Vec<Stale> = fresh
            .known
            .iter()
            .filter_map(|(address, known)| {
                let (address, now) = (address.to_string(), known.id.to_string());
                let saved = self.known.get(address.as_str()).filter(|saved| ***saved != *now)?;
                Some(Stale::AnotherObject { address: address.into(), saved: saved.clone(), fresh: now.into() })
            })
            .collect();
        let taken = fresh.people.iter().filter(|person| person.fate == Fate::Held(Held::AccountExists));
        let taken = taken.map(|person| Address::new(Org::Secondary, Kind::User, person.account.clone()).to_string());
        let made =
            |target: &String| self.actions.get(target.as_str()).is_some_and(|all| all.iter().any(Entry::creates));
        stale.extend(taken.filter(made).map(|address| Stale::AnotherObject {
            address: address.into(),
            saved: "that it is made".into(),
            fresh: "an account that nobody marked".into(),
        }));
        let more = fresh.actions.iter().filter(|action| !self.goes_without_saying(action));
        stale.extend(more.filter_map(|action| self.differs(&action.target.to_string(), &entry(fresh, action))));
        stale
    }

    /// Everything in which a fresh plan does more than what was saved, less, or another thing.
    pub fn differences(&self, fresh: &Plan) -> Vec<Stale> {
        let mut stale = self.allows(fresh);
        let mut now: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for action in &fresh.actions {
            now.entry(action.target.to_string()).or_default().insert(action.verb.as_str());
        }
        for (target, entries) in &self.actions {
            let verbs = now.get(&**target);
            let gone = entries.iter().filter(|entry| !verbs.is_some_and(|verbs| verbs.contains(&*entry.verb)));
            stale.extend(gone.map(|entry| Stale::Gone { target: target.clone(), verb: entry.verb.clone() }));
        }
        stale
    }

    /// Whether an action is no more than what was approved although it need not stand in it: what only looks, and the removal
    /// of what an earlier try of this plan left half made where the plan makes it.
    fn goes_without_saying(&self, action: &Action) -> bool {
        let kind = format!("{}/{}/", action.target.org, action.target.kind);
        let makes = |entry: &Entry| &*entry.verb == Verb::Create.as_str();
        let is_made = || self.actions.iter().any(|(target, all)| target.starts_with(&kind) && all.iter().any(makes));
        let is_left_over = action.verb == Verb::Delete && action.because == Because::Superseded;
        let was_known = || self.known.contains_key(action.target.to_string().as_str());
        matches!(action.write, Write::Seen(_)) || (is_left_over && !was_known() && is_made())
    }

    fn differs(&self, target: &str, fresh: &Entry) -> Option<Stale> {
        let same_verb = || self.actions.get(target).into_iter().flatten().filter(|saved| saved.verb == fresh.verb);
        if same_verb().any(|saved| saved == fresh) {
            return None;
        }
        let Some(saved) = same_verb().next() else {
            return Some(Stale::NotInSaved { target: target.into(), verb: fresh.verb.clone() });
        };
        let (field, saved, fresh) = difference(saved, fresh);
        Some(Stale::Differs { target: target.into(), field, saved: saved.into(), fresh: fresh.into() })
    }
}

/// The person that an action is for, by position.
fn subject(action: &Action) -> Option<u32> {
    match action.subject {
        Subject::Federation => None,
        Subject::Person(at) => Some(at),
    }
}

fn entry(plan: &Plan, action: &Action) -> Entry {
    let line = serde_json::to_value(plan.action_line(action)).unwrap_or_default();
    let part = |key: &str| line.get(key).cloned().unwrap_or_default();
    Entry { verb: action.verb.as_str().into(), changes: part("changes"), write: part("write") }
}

/// The first field that differs, before it or after it; else the request.
fn difference(saved: &Entry, fresh: &Entry) -> (Box<str>, String, String) {
    let rows = |entry: &Entry| entry.changes.as_array().cloned().unwrap_or_default();
    let (saved_rows, fresh_rows) = (rows(saved), rows(fresh));
    let field_of = |row: &Value| row.get("field").and_then(Value::as_str).unwrap_or_default().to_owned();
    for row in &fresh_rows {
        let other = saved_rows.iter().find(|other| field_of(other) == field_of(row));
        if other != Some(row) {
            return (field_of(row).into(), other.map_or("left alone".to_owned(), shown), shown(row));
        }
    }
    ("request".into(), saved.write.to_string(), fresh.write.to_string())
}

/// `before -> after` of a field.
fn shown(row: &Value) -> String {
    let part =
        |key: &str| row.get(key).and_then(Value::as_str).map_or("nothing".to_owned(), |text| format!("`{text}`"));
    format!("{} -> {}", part("before"), part("after"))
}
