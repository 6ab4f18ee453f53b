//! What goes wrong between a client and the service: decided by seed, request and count alone, so that the same seed and
//! the same requests meet the same faults.
//!
//! A [`Fault`] says which requests it meets ([`When`]) and what becomes of them ([`Effect`]). A world holds a list of
//! them ([`World::set_faults`](crate::World::set_faults)); [`World::fate`](crate::World::fate) decides about one
//! request, and whoever carries it keeps to the [`Fate`]. [`World::answer`](crate::World::answer) knows no faults.

mod effect;
mod fate;
mod late;
mod rows;
mod spoil;
mod view;
mod when;
mod world;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use effect::{After, Effect, Hostility, Spread};
pub use fate::{Delivery, Fate};
pub use when::When;

pub(crate) use world::Faults;

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What reports call it; no two in one list have the same.
    pub name: String,
    /// Which requests it meets; all of them when it does not say.
    #[serde(default)]
    pub when: When,
    /// What becomes of them.
    #[serde(rename = "do")]
    pub effect: Effect,
}

/// How often a fault met a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Count {
    /// Requests of its kind.
    pub matched: u64,
    /// Those among them that it did something to.
    pub fired: u64,
}

/// A list of faults that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFault {
    /// It is not a list.
    #[error("a list of faults is expected, each like {{\"name\": …, \"when\": {{…}}, \"do\": {{…}}}}")]
    NoList,
    /// One of them is not understood.
    #[error("fault {fault}: {problem}")]
    Fault {
        /// Its name in backquotes, or its place in the list.
        fault: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// Reads a list of faults.
///
/// # Errors
/// The first that is not understood: an unknown key, an impossible number, a name that two have.
pub fn parse(list: &Value) -> Result<Vec<Fault>, InvalidFault> {
    let list = list.as_array().ok_or(InvalidFault::NoList)?;
    let mut faults: Vec<Fault> = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let place = || format!("number {}", index + 1);
        let called = value.get("name").and_then(Value::as_str).map_or_else(place, |name| format!("`{name}`"));
        let refused = |problem: String| InvalidFault::Fault { fault: called.clone(), problem };
        let fault: Fault = serde_json::from_value(value.clone()).map_err(|error| refused(error.to_string()))?;
        fault.check().map_err(refused)?;
        if faults.iter().any(|known| known.name == fault.name) {
            return Err(refused("another one has this name".to_owned()));
        }
        faults.push(fault);
    }
    Ok(faults)
}

impl Fault {
    fn check(&self) -> Result<(), String> {
        if self.name.is_empty() {
            return Err("it has no name".to_owned());
        }
        self.when.check()?;
        self.effect.check()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn complaint(list: &Value) -> String {
        parse(list).unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_understood_is_said_in_a_sentence() {
        let with = |when: Value, effect: Value| json!([{"name": "f", "when": when, "do": effect}]);
        for (list, words) in [
            (json!({}), "a list of faults is expected"),
            (json!([{"do": "html-403"}]), "fault number 1: missing field `name`"),
            (json!([{"name": "", "do": "html-403"}]), "it has no name"),
            (json!([{"name": "f", "do": "html-403", "if": {}}]), "fault `f`: unknown field `if`"),
            (with(json!({"verb": "GET"}), json!("html-403")), "unknown field `verb`, expected one of `method`"),
            (with(json!({"rate": 1.5}), json!("html-403")), "`rate` is a part between 0 and 1, not 1.5"),
            (with(json!({"nth": 0}), json!("html-403")), "`nth` counts from 1"),
            (with(json!({"path": "api"}), json!("html-403")), "`path` begins with a slash"),
            (with(json!({"method": "get"}), json!("html-403")), "`method` is in capital letters"),
            (with(json!({}), json!("explode")), "unknown variant `explode`"),
            (with(json!({}), json!({"fail": {"status": 200}})), "`status` is one of 400 to 599"),
            (with(json!({}), json!({"cut": {"at_byte": 1, "x": 2}})), "unknown field `x`"),
            (with(json!({}), json!({"latency": {"uniform": [9, 1]}})), "the first is the smaller"),
            (with(json!({}), json!({"rate-limit": {"requests": 1, "per_ms": 0}})), "`per_ms` is at least 1"),
            (json!([{"name": "f", "do": "html-403"}, {"name": "f", "do": "html-403"}]), "another one has this name"),
        ] {
            let said = complaint(&list);
            assert!(said.contains(words), "{said} has no {words}");
        }
    }

    #[test]
    fn a_fault_is_written_as_it_is_read() {
        let list = json!([
            {"name": "a", "do": {"late-commit": {"requests": {"uniform": [1, 4]}}}, "when": {"method": "POST", "rate": 0.5}},
            {"name": "b", "do": {"hostile": {"how": ["bidi", "null"]}}, "when": {"path": "/api/**", "nth": 3}},
        ]);
        let faults = parse(&list).unwrap();
        assert_eq!(parse(&serde_json::to_value(&faults).unwrap()).unwrap(), faults);
    }
}
