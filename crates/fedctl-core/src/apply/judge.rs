//! What a look at an object means for an action: the changes of the action decide, whatever the kind.

use std::borrow::Cow;

use serde_json::Value;

use super::fill::Given;
use crate::plan::Plan;
use crate::plan::action::{Action, After, Change, Field};

/// How an object stands to an action's changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Every field is as it was when the plan was made.
    Before,
    /// Every field is as it is to be.
    After,
    /// Some fields are as they are to be, the others as they were.
    Between,
    /// A field is neither.
    Moved {
        /// Which.
        field: Field,
        /// What it is now.
        now: Option<String>,
    },
}

/// How a seen object stands to the changes of an action in one of its forms. `None` is an object that is not there.
pub(crate) fn standing(plan: &Plan, given: &Given, action: &Action, form: usize, seen: Option<&Value>) -> Standing {
    let (mut before, mut after) = (true, true);
    for change in action.changes_in(form).iter().filter(|change| is_readable(action, change)) {
        let now = seen.and_then(|object| read(object, &change.field));
        let now = now.as_deref();
        let is_after = match &change.after {
            None => now.is_none(),
            Some(After::Text(text)) => now.is_some_and(|now| same(text, now)),
            Some(After::Of(address, give)) => {
                given.public(plan, address, *give).is_some_and(|want| now.is_some_and(|now| same(&want, now)))
            }
            Some(After::Secret) => continue,
        };
        let is_before = match (&change.before, now) {
            (None, now) => now.is_none_or(is_unset),
            (Some(before), Some(now)) => same(before, now),
            (Some(_), None) => false,
        };
        if !is_before && !is_after {
            return Standing::Moved { field: change.field.clone(), now: now.map(show) };
        }
        before &= is_before;
        after &= is_after;
    }
    match (before, after) {
        // A field that is the same before and after says nothing; what is already so is done.
        (_, true) => Standing::After,
        (true, false) => Standing::Before,
        (false, false) => Standing::Between,
    }
}

/// The first field of an answer that is not as it was sent, if the answer shows the field at all.
pub(crate) fn not_kept<'a>(
    plan: &Plan,
    given: &Given,
    action: &'a Action,
    form: usize,
    seen: &Value,
) -> Option<&'a Field> {
    action
        .changes_in(form)
        .iter()
        .filter(|change| is_readable(action, change))
        .find(|change| {
            let now = read(seen, &change.field);
            let now = now.as_deref();
            match &change.after {
                Some(After::Text(text)) => !now.is_some_and(|now| same(text, now)),
                Some(After::Of(address, give)) => {
                    given.public(plan, address, *give).is_some_and(|want| !now.is_some_and(|now| same(&want, now)))
                }
                Some(After::Secret) => false,
                None => now.is_some_and(|now| !is_unset(now)),
            }
        })
        .map(|change| &change.field)
}

fn is_readable(action: &Action, change: &Change) -> bool {
    let write_only = action.look.as_ref().map_or(&[][..], |look| look.at.write_only);
    !matches!(&change.field, Field::Key(key) if write_only.contains(key))
}

/// `[observed]`: unset strings and lists are empty, not absent.
fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// The value of a field in an object.
pub(crate) fn read<'v>(object: &'v Value, field: &Field) -> Option<Cow<'v, Value>> {
    match field {
        Field::Key(key) => keys(object, key).map(Cow::Borrowed),
        Field::Spelt(spelling) => {
            let there = |(key, is_no): &(&str, bool)| Some((keys(object, key)?, *is_no));
            Some(match spelling.keys.iter().find_map(there)? {
                (Value::Bool(yes), true) => Cow::Owned(Value::Bool(!yes)),
                (value, _) => Cow::Borrowed(value),
            })
        }
        Field::Entry { list, by, key, value } => {
            let entries = keys(object, list)?.as_array()?;
            let entry = entries.iter().find(|entry| entry.get(by).and_then(Value::as_str) == Some(key))?;
            entry.get(value).map(Cow::Borrowed)
        }
    }
}

fn keys<'v>(object: &'v Value, dotted: &str) -> Option<&'v Value> {
    dotted.split('.').try_fold(object, |value, key| value.get(key))
}

/// Whether a planned text and a value on the wire are the same: strings but for a final slash (`[unknown]` whether urls are
/// normalised), everything else as JSON.
fn same(text: &str, value: &Value) -> bool {
    match value {
        Value::String(now) => now.trim_end_matches('/') == text.trim_end_matches('/'),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            serde_json::from_str::<Value>(text).is_ok_and(|want| want == *value)
        }
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
