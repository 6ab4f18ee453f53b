//! What the keys may read, what live objects show of what nobody has published, and shapes without values.

use serde_json::{Value, json};

use crate::sandbox::Sandbox;
use crate::sandbox::Side::{Primary, Secondary};

const DOCTOR: &str = "doctor demo.yaml";

/// What no shape may hold: every text and number of the world that somebody could have chosen.
fn values(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|entry| values(entry, found)),
        Value::Object(object) => object.values().for_each(|entry| values(entry, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn a_key_that_may_read_everything_is_in_order_and_nothing_is_written() {
    let sandbox = Sandbox::applied();
    sandbox.forget_requests();
    let run = sandbox.fedctl(DOCTOR).exits_with(0);
    for part in [
        "What the key of the secondary organisation may read\n",
        "  yes       GET /api/v2/identity-provider/policies   200 × ",
        "how a routing policy is written: as form `a` (1)",
        "how a claim names a custom attribute: by its name alone (1)",
        "whether a federated password names the identity provider: it does (",
        "Limits: no answer asked to wait.\n",
    ] {
        assert!(run.stdout.contains(part), "{part}\n{run}");
    }
    sandbox.nothing_was_written();
}

#[test]
fn the_page_shows_what_it_prints() {
    let page = include_str!("../../docs/doctor.md");
    let shown = page.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).expect("it has an example");
    let sandbox = Sandbox::applied();
    let printed = sandbox.fedctl(DOCTOR).exits_with(0);
    // How often, and what this machine thinks of the time, is of this run.
    let fixed = |line: &str| line.split(['×', '(']).next().unwrap_or_default().trim_end().to_owned();
    for line in shown.lines().filter(|line| !line.starts_with("Clock: ")) {
        assert!(printed.stdout.contains(&fixed(line)), "{line}\n{printed}");
    }
    assert!(shown.lines().count() > 12, "{shown}");
}

#[test]
fn what_a_key_may_not_read_is_said_with_what_it_needs() {
    let sandbox = Sandbox::start();
    sandbox.control("PUT", "settings", &json!({"provider-access": "forbidden"}).to_string());
    let run = sandbox.fedctl(DOCTOR).exits_with(2);
    let refused =
        "  no        GET /api/v2/identity-providers   403 × 1; it needs a key of an Administrator With Billing\n";
    assert!(run.stdout.contains(refused), "{run}");
    assert!(run.stdout.contains("how a routing policy is written: not seen\n"), "{run}");
}

#[test]
fn an_answer_of_another_shape_is_said() {
    let sandbox = Sandbox::applied();
    sandbox.control("PUT", "settings", &json!({"policy-form": "c"}).to_string());
    let run = sandbox.fedctl(DOCTOR).exits_with(0);
    assert!(run.stdout.contains("how a routing policy is written: as form `c` (1)"), "{run}");
}

#[test]
fn a_record_holds_the_shapes_of_answers_and_no_value_and_nothing_is_written_over() {
    let sandbox = Sandbox::applied();
    let run = sandbox.fedctl(&format!("{DOCTOR} --record shapes.json")).exits_with(0);
    assert!(run.stderr.contains("no value is in it"), "{run}");
    let text = std::fs::read_to_string(sandbox.home.path().join("shapes.json")).expect("it was written");
    let record: Value = serde_json::from_str(&text).expect("it is JSON");
    let policies = record["calls"].as_array().expect("a list").iter();
    let policies = policies.filter(|call| call["call"] == json!("GET /api/v2/identity-provider/policies"));
    let shape =
        policies.map(|call| &call["shape"]["keys"]["identityProviderPolicies"]["of"]).next().expect("it was asked");
    assert_eq!(shape["keys"]["identityProviderId"]["is"], json!(["id of 24 digits"]));
    assert_eq!(shape["keys"]["enabled"]["is"], json!(["yes or no"]));
    let mut all = Vec::new();
    for (side, target) in [
        (Primary, "/api/systemusers?limit=100"),
        (Secondary, "/api/systemusers?limit=100"),
        (Primary, "/api/applications?limit=100"),
        (Secondary, "/api/v2/identity-providers"),
        (Secondary, "/api/v2/identity-provider/policies"),
        (Primary, "/api/v2/usergroups?limit=100"),
    ] {
        values(&sandbox.get(side, target), &mut all);
    }
    // Words of the service itself are no values of somebody; all others are looked for as they stand.
    let is_somebodys = |text: &&String| text.len() > 5 && text.contains(['@', ' ', '-', '.', '/', '0', '1', '2']);
    let leaked: Vec<&String> = all.iter().filter(is_somebodys).filter(|text| text_of_values(text, &record)).collect();
    assert!(all.len() > 500 && leaked.is_empty(), "{leaked:?}");
    for key in [sandbox.key(Primary), sandbox.key(Secondary)] {
        assert!(!text.contains(key));
    }
    let run = sandbox.fedctl(&format!("{DOCTOR} --record shapes.json")).exits_with(1);
    assert!(run.stderr.contains("cannot write `shapes.json`"), "{run}");
}

/// Whether a text stands anywhere in the record, as a key or in a value.
fn text_of_values(text: &str, record: &Value) -> bool {
    let escaped = Value::from(text).to_string();
    record["calls"]
        .as_array()
        .is_some_and(|calls| calls.iter().any(|call| call["shape"].to_string().contains(escaped.trim_matches('"'))))
}
