//! Output for machines: one JSON document on standard output, with the name and version of its format.

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

#[test]
fn a_plan_is_one_document() {
    let sandbox = Sandbox::start();
    let run = sandbox.fedctl("plan demo.yaml --format json --detailed-exitcode").exits_with(2);
    assert_eq!(run.stderr, "");
    let plan = run.json();
    assert_eq!(plan["schema"], "fedctl.plan.v1");
    assert_eq!(plan["federation"], "acme-to-beta");
    assert_eq!(plan["primary"], sandbox.hello["organizations"][0]["organization"]);
    assert_eq!(plan["secondary"], sandbox.hello["organizations"][1]["organization"]);
    assert_eq!(plan["simulated"], true);
    assert_eq!(plan["empty"], false);
    assert_eq!(plan["secret"], "none");
    assert_eq!(plan["digest"].as_str().map(str::len), Some(64));
    assert_eq!((&plan["notes"], &plan["refusals"]), (&json!([]), &json!([])));
    assert_eq!(number_with(&plan["people"], "fate", "gains"), 10);
    assert_eq!(number_with(&plan["people"], "fate", "held"), 2);
    let person = json!({
        "person": "ben.fischer@acme.com", "account": "ben.fischer@acme.com.beta", "fate": "gains",
        "spec": "people.from.groups[0]",
    });
    assert_eq!(plan["people"][0], person);
    let made = json!({"target": "secondary/user-group/Federated from Acme", "verb": "create"});
    assert!(plan["actions"].as_array().is_some_and(|actions| actions.iter().any(|action| holds(action, &made))));
}

#[test]
fn an_empty_plan_says_so() {
    let plan = Sandbox::applied().fedctl("plan demo.yaml --format json").exits_with(0).json();
    assert_eq!(plan["empty"], true);
    assert_eq!(plan["actions"], json!([]));
    assert_eq!(plan["secret"], "unproved");
    assert_eq!(plan["requests"], 0);
}

#[test]
fn the_digest_of_a_plan_is_the_same_each_time_and_another_after_apply() {
    let sandbox = Sandbox::start();
    let digest = || sandbox.fedctl("plan demo.yaml --format json").exits_with(0).json()["digest"].clone();
    let first = digest();
    assert_eq!(digest(), first);
    let _run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
    assert_ne!(digest(), first);
}

#[test]
fn a_report_is_one_document() {
    let sandbox = Sandbox::start();
    let planned = sandbox.fedctl("plan demo.yaml --format json").exits_with(0).json();
    let report = sandbox.fedctl("apply demo.yaml --auto-approve --format json").exits_with(0).json();
    assert_eq!(report["schema"], "fedctl.report.v1");
    assert_eq!(report["federation"], "acme-to-beta");
    assert_eq!(report["digest"], planned["digest"]);
    assert_eq!(report["interrupted"], false);
    let targets = |document: &Value| -> Vec<Value> {
        let rows = document["actions"].as_array().expect("there are actions").iter();
        rows.map(|row| json!([row["target"], row["verb"]])).collect()
    };
    assert_eq!(targets(&report), targets(&planned));
    assert_eq!(report["counts"], json!({"applied": targets(&planned).len()}));
    assert!(report["actions"].as_array().expect("there are actions").iter().all(|row| row["end"] == "applied"));
}

#[test]
fn findings_are_one_document() {
    let found = Sandbox::applied().fedctl("verify demo.yaml --format json").exits_with(0).json();
    assert_eq!(found["schema"], "fedctl.verify.v1");
    assert_eq!(found["federation"], "acme-to-beta");
    assert_eq!(found["secret"], "unproved");
    assert_eq!(number_with(&found["people"], "whole", true), 10);
    let row = |email: &str| {
        let mut people = found["people"].as_array().expect("there are people").iter();
        people.find(|person| person["person"] == email).expect("they are in it").clone()
    };
    let whole = json!({
        "person": "ben.fischer@acme.com", "account": "ben.fischer@acme.com.beta", "whole": true,
        "spec": "people.from.groups[0]",
    });
    assert_eq!(row("ben.fischer@acme.com"), whole);
    assert_eq!(row("hiro.jensen@acme.com")["held"], "suspended at the primary");
}

/// How many rows of a list have this value in a field.
fn number_with(rows: &Value, field: &str, value: impl Into<Value>) -> usize {
    let value = value.into();
    rows.as_array().expect("it is a list").iter().filter(|row| row[field] == value).count()
}

/// Whether an object has at least these fields.
fn holds(object: &Value, fields: &Value) -> bool {
    fields.as_object().is_some_and(|fields| fields.iter().all(|(name, value)| object[name] == *value))
}
