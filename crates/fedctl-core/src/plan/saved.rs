//! A saved plan: an upper bound for what may be done, never a script.
//!
//! It is read back only to be compared with a plan that was made afresh. Every fresh action must stand in it with the same
//! request; fewer is fine, for somebody, or an earlier try, did them already.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::Plan;
use super::lines::FORMAT;

/// A plan as it was saved, taken apart for comparison.
#[derive(Debug, Default)]
pub struct Saved {
    organizations: [Box<str>; 2],
    known: BTreeMap<Box<str>, Box<str>>,
    actions: BTreeMap<Box<str>, Vec<Entry>>,
}

/// An action without its reason, which may change between two readings while the request stays the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    verb: Box<str>,
    changes: Value,
    write: Value,
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
            Line::Action(ActionLine { target, verb, changes, write }) => {
                self.actions.entry(target).or_default().push(Entry { verb, changes, write });
            }
            Line::Person {} | Line::Note {} | Line::Refusal {} => {}
        }
        Ok(())
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
        for action in &fresh.actions {
            let line = serde_json::to_value(fresh.action_line(action)).unwrap_or_default();
            let entry = |key: &str| line.get(key).cloned().unwrap_or_default();
            let entry = Entry { verb: action.verb.as_str().into(), changes: entry("changes"), write: entry("write") };
            stale.extend(self.differs(&action.target.to_string(), &entry));
        }
        stale
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
