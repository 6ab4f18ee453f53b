//! Output for machines: one JSON document on standard output, with the name and version of its format.

use serde_json::{Value, json};

use crate::env::Home;
use crate::sandbox::Side::Secondary;
use crate::sandbox::{Sandbox, text};

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
        "spec": "people.from.groups[0]", "file": "demo.yaml", "line": 9, "column": 14,
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
        "spec": "people.from.groups[0]", "file": "demo.yaml", "line": 9, "column": 14,
    });
    assert_eq!(row("ben.fischer@acme.com"), whole);
    assert_eq!(row("hiro.jensen@acme.com")["held"], "suspended");
    assert_eq!(row("hiro.jensen@acme.com")["why"], "suspended at the primary");
}

#[test]
fn a_trace_is_one_document() {
    let run = Sandbox::applied().fedctl("trace demo.yaml pablo.larsen@acme.com --format json").exits_with(2);
    assert_eq!(run.stderr, "");
    let trace = run.json();
    assert_eq!(
        (&trace["held"], &trace["secret"], &trace["line"]),
        (&json!("no-password"), &json!("unproved"), &json!(9))
    );
    assert_eq!(trace["hops"][0]["state"], "broken");
    assert_eq!(trace["hops"][1], json!({"hop": "account-active", "state": "unasked"}));
    assert_eq!(trace["hops"][4], json!({"hop": "routing-assignment", "state": "whole"}));
}

#[test]
fn a_saved_plan_is_shown_as_the_document_it_was() {
    let sandbox = Sandbox::start();
    let planned = sandbox.fedctl("plan demo.yaml --format json --out x.plan").exits_with(0);
    assert_eq!(sandbox.fedctl("show x.plan --format json").exits_with(0).stdout, planned.stdout);
}

#[test]
fn what_the_program_prints_is_as_the_published_schemas_say() {
    let fresh = Sandbox::start();
    let document = |sandbox: &Sandbox, args: &str| (args.to_owned(), sandbox.fedctl(args).json());
    let mut documents =
        vec![document(&fresh, "plan demo.yaml --format json"), document(&fresh, "verify demo.yaml --format json")];
    fresh.change_member(Secondary, "add", "Staff", &fresh.user(Secondary, "admin@beta.com"));
    fresh.api(Secondary, "POST", "/api/v2/usergroups", &json!({"name": "Federated from Acme"}));
    documents.push(document(&fresh, "plan demo.yaml --format json"));
    let refusing = Sandbox::start_with("--set oidc-app-description=refuse");
    documents.push(document(&refusing, "apply demo.yaml --auto-approve --format json"));
    let applied = Sandbox::start();
    documents.push(document(&applied, "apply demo.yaml --auto-approve --format json"));
    documents.push(document(&applied, "trace demo.yaml ben.fischer@acme.com --format json"));
    documents.push(document(&applied, "trace demo.yaml pablo.larsen@acme.com --format json"));
    documents.push(document(&applied, "status demo.yaml --format json"));
    applied.by_hand(|world| {
        let org = world.organizations().nth(1).expect("there are two").id;
        let ben = world.user_by_email(org, "ben.fischer@acme.com.beta").expect("he is there").id;
        jumpcloud_sim::console::suspend_user(world, ben, true)
    });
    documents.push(document(&applied, "drift demo.yaml --format json"));
    documents.push(document(&applied, "people demo.yaml --format json"));
    documents.push(document(&applied, "plan . --format json"));
    for (args, document) in &documents {
        let name = text(&document["schema"]);
        let valid = jsonschema::validator_for(&closed(published(name))).expect("it is a schema");
        let wrong: Vec<String> = valid.iter_errors(document).map(|error| error.to_string()).collect();
        assert_eq!(wrong, [""; 0], "{args}");
    }
}

#[test]
fn the_published_schemas_are_what_the_program_prints() {
    for name in ["plan", "report", "verify", "trace", "status", "drift", "people", "journal", "fleet"] {
        let path = schema_path(&format!("fedctl.{name}.v1"));
        let printed = Home::new().run(&format!("schema {name}")).exits_with(0).stdout;
        if updates() {
            std::fs::write(&path, &printed).expect("the schema can be written");
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(published == printed, "{path} is out of date: UPDATE_DOCS=1 cargo test -p fedctl --test e2e schemas");
    }
}

#[expect(clippy::disallowed_methods, reason = "a switch of whoever changes a schema, not of the program")]
fn updates() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some_and(|value| !value.is_empty())
}

fn schema_path(name: &str) -> String {
    format!("{}/../../docs/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"))
}

fn published(name: &str) -> Value {
    let text = std::fs::read_to_string(schema_path(name)).expect("the schema is published");
    serde_json::from_str(&text).expect("it is JSON")
}

/// A schema that allows nothing but what it names: a published one lets later versions add fields.
fn closed(mut schema: Value) -> Value {
    if let Some(object) = schema.as_object_mut() {
        if object.get("properties").is_some_and(Value::is_object) {
            object.entry("unevaluatedProperties").or_insert(Value::Bool(false));
        }
        for key in ["properties", "$defs"] {
            for inner in object.get_mut(key).and_then(Value::as_object_mut).into_iter().flatten() {
                *inner.1 = closed(inner.1.take());
            }
        }
    }
    schema
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
