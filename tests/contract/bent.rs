//! Answers as the descriptions allow them, which is more than the simulator gives: keys that are missing or null, keys
//! that nobody knows, another order. None of it may end in a panic, or in a plan that writes where nothing is to be done.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::Duration;

use fedctl_core::drive::{self, Carry};
use fedctl_core::plan::Plan;
use fedctl_core::planner::Step;
use fedctl_core::request::{Outcome, Request};
use fedctl_core::spec::Spec;
use fedctl_core::trace;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::carry::{self, Memory};
use crate::stories;
use crate::traffic::{self, Recorder};

/// What is done to a key of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    Missing,
    /// Only what is empty: that something is not there can be said like this, too.
    NullIfEmpty,
}

/// One key of the answers to one call, `*` for each element of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    call: String,
    path: Vec<String>,
}

/// Carries requests, and bends the answers.
struct Bent<'a> {
    memory: &'a mut Memory,
    keys: Vec<(Key, How)>,
    /// Every object has one more key, and the keys come in another order.
    strange: bool,
}

impl Carry for Bent<'_> {
    fn carry(&mut self, request: Request) -> Outcome {
        let call = traffic::sent(&request).call();
        let mut outcome = self.memory.carry(request);
        if let Outcome::Answered(answer) = &mut outcome
            && answer.status == 200
            && let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body)
        {
            for (key, how) in self.keys.iter().filter(|(key, _)| key.call == call) {
                bend(&mut body, &key.path, *how);
            }
            let text = if self.strange { strange(&body) } else { body.to_string() };
            *answer.body = text.into_bytes();
        }
        outcome
    }

    fn pause(&mut self, wanted: Duration) {
        self.memory.pause(wanted);
    }
}

fn bend(value: &mut Value, path: &[String], how: How) {
    let Some((first, rest)) = path.split_first() else { return };
    match value {
        Value::Array(rows) => rows.iter_mut().for_each(|row| bend(row, rest, how)),
        Value::Object(keys) if rest.is_empty() => match how {
            How::Missing => drop(keys.remove(first)),
            How::NullIfEmpty => keys.get_mut(first).filter(|value| is_empty(value)).into_iter().for_each(|value| {
                *value = Value::Null;
            }),
        },
        Value::Object(keys) => keys.get_mut(first).into_iter().for_each(|value| bend(value, rest, how)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_empty(value: &Value) -> bool {
    [json!(""), json!([]), json!({})].contains(value)
}

/// The same, its keys from Z to A, and one more in every object.
fn strange(value: &Value) -> String {
    match value {
        Value::Object(keys) => {
            let pairs =
                keys.iter().rev().map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), strange(value)));
            let all: Vec<String> = std::iter::once(r#""zzUnknown":{"a":[null]}"#.to_owned()).chain(pairs).collect();
            format!("{{{}}}", all.join(","))
        }
        Value::Array(rows) => format!("[{}]", rows.iter().map(strange).collect::<Vec<_>>().join(",")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

fn keys_of(value: &Value, path: &mut Vec<String>, found: &mut BTreeSet<Vec<String>>) {
    match value {
        Value::Array(rows) => {
            path.push("*".to_owned());
            rows.iter().for_each(|row| keys_of(row, path, found));
            path.pop();
        }
        Value::Object(keys) => {
            for (name, value) in keys {
                path.push(name.clone());
                found.insert(path.clone());
                keys_of(value, path, found);
                path.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Two people who are federated and signed in, and every key of every answer that a plan for them reads.
fn federated() -> (Memory, Spec, Vec<Key>) {
    let mut memory = stories::two();
    let spec = stories::spec(&memory, "");
    carry::apply(&spec, &mut memory);
    memory.world.advance(60_000);
    for name in ["ann", "bob"] {
        let email = format!("{name}@acme.com");
        let person = memory.world.user_by_email(memory.primary, &email).unwrap().id;
        memory.world.sign_in_and_tell(memory.secondary, &format!("{email}.beta"), person).unwrap();
    }
    carry::apply(&spec, &mut memory);
    let mut seen = Vec::new();
    let plan = carry::plan(&spec, &mut Recorder { memory: &mut memory, seen: &mut seen });
    assert!(plan.is_empty() && plan.refusals.is_empty(), "nothing is to be done");
    let mut keys = BTreeSet::new();
    for exchange in seen.iter().filter(|exchange| exchange.status == 200) {
        let mut found = BTreeSet::new();
        keys_of(exchange.answer.as_ref().unwrap(), &mut Vec::new(), &mut found);
        keys.extend(found.into_iter().map(|path| Key { call: exchange.call(), path }));
    }
    (memory, spec, keys.into_iter().collect())
}

/// What a plan came to.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    /// Nothing is to be done.
    Nothing,
    /// What is wrong is said, and nothing is planned.
    Said(String),
    /// A plan that writes.
    Writes(String),
}

fn came(spec: &Spec, bent: &mut Bent<'_>) -> Came {
    let terms = carry::terms();
    drive::read(spec, bent, |live| trace::step(spec, &terms, live)).ok();
    match carry::step(spec, bent) {
        Err(error) => Came::Said(error.to_string()),
        Ok(Step::Ready(plan)) => of_plan(&plan),
        Ok(Step::Problems(problems)) => Came::Said(format!("{problems:?}")),
        Ok(Step::Unknown(unknown)) => Came::Said(format!("{unknown:?}")),
        Ok(Step::Read(_)) => panic!("reading goes on"),
    }
}

fn of_plan(plan: &Plan) -> Came {
    if !plan.refusals.is_empty() {
        return Came::Said(format!("{:?}", plan.refusals));
    }
    let actions = plan.actions.iter().map(|action| format!("{:?} {}", action.verb, action.target));
    let actions: Vec<String> = actions.collect();
    if actions.is_empty() { Came::Nothing } else { Came::Writes(actions.join(", ")) }
}

#[test]
fn a_key_that_is_missing_or_null_is_said_or_makes_no_difference() {
    let (memory, spec, keys) = federated();
    let mut wrong = Vec::new();
    for key in keys {
        for how in [How::Missing, How::NullIfEmpty] {
            let mut memory = memory.clone();
            let came = came(&spec, &mut Bent { memory: &mut memory, keys: vec![(key.clone(), how)], strange: false });
            if let Came::Writes(what) = came {
                wrong.push(format!("{} {} {how:?}: {what}", key.call, key.path.join("/")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn keys_that_nobody_knows_and_another_order_make_no_difference() {
    let (mut memory, spec, _) = federated();
    for (switch, value) in [("wrap-single", "false"), ("wrap-single", "true"), ("display-name-null", "true")] {
        memory.world.set(switch, value).unwrap();
        let came = came(&spec, &mut Bent { memory: &mut memory, keys: Vec::new(), strange: true });
        assert_eq!(came, Came::Nothing, "{switch} {value}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let (memory, spec, _) = federated();
    for (call, path, named) in [
        ("GET /api/v2/identity-providers", "identityProviders/*/oidc/clientId", "oidc.clientId"),
        ("GET /api/v2/applications/{}/sso", "oidc/redirectUris", "redirectUris"),
        ("GET /api/v2/applications/{}/sso", "oidc/dynamicClaims", "dynamicClaims"),
    ] {
        let key = Key { call: call.to_owned(), path: path.split('/').map(str::to_owned).collect() };
        let mut memory = memory.clone();
        let keys = vec![(key, How::Missing)];
        let Came::Said(what) = came(&spec, &mut Bent { memory: &mut memory, keys, strange: false }) else {
            panic!("{path}: nothing is said")
        };
        assert!(what.contains(named), "{what}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_missing_together_is_said_or_makes_no_difference(
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..8),
        strange in any::<bool>(),
    ) {
        let (memory, spec, keys) = FEDERATED.get_or_init(federated);
        let pick = |(index, missing): &(prop::sample::Index, bool)| {
            (index.get(keys).clone(), if *missing { How::Missing } else { How::NullIfEmpty })
        };
        let mut memory = memory.clone();
        let came = came(spec, &mut Bent { memory: &mut memory, keys: picks.iter().map(pick).collect(), strange });
        prop_assert!(!matches!(came, Came::Writes(_)), "{:?}", came);
    }
}

static FEDERATED: OnceLock<(Memory, Spec, Vec<Key>)> = OnceLock::new();
