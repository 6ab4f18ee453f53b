//! JSON that other people saw or sent, each in both directions: the simulator answers it and fedctl reads it, or fedctl
//! sends it and the simulator takes it. What `…` or `<…>` stands for differs from run to run.

use std::collections::BTreeMap;
use std::path::Path;

use fedctl_core::address::Org;
use fedctl_core::live::Query;
use fedctl_core::read::{Reader, Took};
use fedctl_core::request::Answer;
use jumpcloud_sim::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::stage::Stage;
use crate::stories;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/api");
const NOTES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/api/jumpcloud.md");

/// JSON of the notes that is no fixture: of other services, of what is a switch, or the form of others alone.
const NO_FIXTURE: [&str; 6] = [
    r#"{"status":400,"error":"text"}"#,
    r#"{"jobId":"…"}"#,
    r#"{"savedView":{}}"#,
    r#"{"identityProvider":{}}"#,
    r#"{"userGroups":["<gid>"]}"#,
    r#"{"count":0}"#,
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    source: String,
    certainty: String,
    call: String,
    status: Option<u16>,
    answer: Option<Value>,
    decoded_as: Option<String>,
    request: Option<Value>,
    #[serde(default)]
    sent_by_fedctl: bool,
    /// Keys of a request that fedctl has no use for.
    #[serde(default)]
    left_out_by_fedctl: Vec<String>,
}

fn all() -> BTreeMap<String, Fixture> {
    let files = std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    let named = files.map(|path| {
        let fixture: Fixture = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert!(fixture.answer.is_some() != fixture.request.is_some(), "{path:?}");
        assert!(!fixture.source.is_empty() && !fixture.certainty.is_empty(), "{path:?}");
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), fixture)
    });
    named.collect()
}

fn is_open(text: &str) -> bool {
    text.contains('…') || text.contains('<')
}

/// Where an object does not have what a fixture has: each key, of the same type.
fn lacks(fixture: &Value, real: &Value, at: &str, said: &mut Vec<String>) {
    match (fixture, real) {
        (Value::Object(keys), Value::Object(have)) => {
            for (name, value) in keys {
                let at = format!("{at}/{name}");
                match have.get(name) {
                    Some(real) => lacks(value, real, &at, said),
                    None => said.push(format!("{at} is not there")),
                }
            }
        }
        (Value::Array(rows), Value::Array(have)) => {
            for row in rows.iter().take(1) {
                match have.first() {
                    Some(real) => lacks(row, real, &format!("{at}/*"), said),
                    None => said.push(format!("{at} is empty")),
                }
            }
        }
        // What was null in one recording is a value in another.
        (Value::Null, _) | (_, Value::Null) => {}
        (fixture, real) if std::mem::discriminant(fixture) == std::mem::discriminant(real) => {}
        _ => said.push(format!("{at} is {real}, not like {fixture}")),
    }
}

#[test]
fn the_simulator_answers_as_was_recorded() {
    for (name, fixture) in all() {
        let Some(recorded) = &fixture.answer else { continue };
        let answer = Stage::new().answer(&name);
        assert_eq!(Some(answer.status), fixture.status, "{name}: {}", answer.json());
        same(&name, recorded, &part(&name, &answer));
    }
}

/// What of an answer a fixture shows.
fn part(name: &str, answer: &Response) -> Value {
    match name {
        "user-in-a-list" => answer.json()["results"][0].clone(),
        "ldap-groups" => answer.json()["attributes"]["ldapGroups"].clone(),
        _ => answer.json(),
    }
}

/// A refusal word for word, as far as its words are known; all else by its keys and types.
fn same(name: &str, recorded: &Value, real: &Value) {
    let words = ["message", "error"].iter().find_map(|key| recorded.get(*key)?.as_str());
    if words.is_some_and(|words| !is_open(words)) && name != "secret-wrong" && name != "code-wrong" {
        assert_eq!(recorded, real, "{name}");
    }
    let mut said = Vec::new();
    lacks(recorded, real, "", &mut said);
    assert!(said.is_empty(), "{name}: {said:?}");
}

#[test]
fn fedctl_reads_what_was_recorded() {
    let memory = stories::two();
    let spec = stories::spec(&memory, "");
    for (name, fixture) in all() {
        let (Some(recorded), Some(query)) = (&fixture.answer, &fixture.decoded_as) else { continue };
        let text = filled(recorded).to_string();
        let organization = memory.primary.to_string();
        let id = fedctl_core::object_id::ObjectId::parse(&"6".repeat(24)).unwrap();
        let list = |row: String| format!(r#"{{"totalCount":1,"results":[{row}]}}"#);
        let (query, text) = match query.as_str() {
            "organizations" => (Query::Organization(Org::Primary), text),
            "users" => (Query::Users(Org::Primary, fedctl_core::live::Scope::Everybody), list(text)),
            "app" => (Query::Apps, list(text.replace(&"a".repeat(24), &organization))),
            "groups" => (Query::Groups(Org::Primary), text),
            "provider" => (Query::Provider, text),
            "settings-absent" => (Query::AppSettings(id), text),
            other => panic!("{other}"),
        };
        let body = Zeroizing::new(text.into_bytes());
        let status = fixture.status.unwrap();
        let answer = Answer { status, body, total: None, date: None, retry_after: None, said: None };
        let took = Reader::new(&spec).take(&query, &answer);
        assert!(matches!(took, Ok(Took::Page(_))), "{name}: {took:?}");
    }
}

/// The same with ids where the notes have none.
fn filled(value: &Value) -> Value {
    match value {
        Value::String(text) if is_open(text) => json!("a".repeat(24)),
        Value::Array(rows) => rows.iter().map(filled).collect(),
        Value::Object(keys) => keys.iter().map(|(name, value)| (name.clone(), filled(value))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[test]
fn a_refusal_is_told_in_its_own_words() {
    for (name, fixture) in all() {
        let Some(recorded) = fixture.answer.filter(|_| fixture.status.unwrap() >= 400) else { continue };
        let body = Zeroizing::new(recorded.to_string().into_bytes());
        let status = fixture.status.unwrap();
        let answer = Answer { status, body, total: None, date: None, retry_after: None, said: None };
        let words = recorded.get("message").or(recorded.get("error")).unwrap().as_str().unwrap();
        assert_eq!(answer.message(), words, "{name}");
    }
}

#[test]
fn the_simulator_takes_what_others_send() {
    for (name, fixture) in all() {
        let Some(request) = &fixture.request else { continue };
        let answer = Stage::new().take(&name, request);
        assert!((200..300).contains(&answer.status), "{name}: {} {}", answer.status, answer.json());
    }
}

#[test]
fn fedctl_sends_what_others_send() {
    let seen = stories::all();
    for (name, fixture) in all().into_iter().filter(|(_, fixture)| fixture.sent_by_fedctl) {
        let mut sent = fixture.request.unwrap();
        sent.as_object_mut().unwrap().retain(|name, _| !fixture.left_out_by_fedctl.contains(name));
        let fits = |body: &&Value| {
            let mut said = Vec::new();
            lacks(&sent, body, "", &mut said);
            said.is_empty()
        };
        let bodies = seen.iter().filter(|exchange| exchange.call() == fixture.call);
        let bodies: Vec<&Value> = bodies.filter_map(|exchange| exchange.request.as_ref()).collect();
        assert!(bodies.iter().any(fits), "{name}: {:?}", bodies.first());
    }
}

#[test]
#[ignore = "needs the notes about the API: cargo xtask contract"]
fn every_json_of_the_notes_is_a_fixture() {
    assert!(Path::new(NOTES).is_file(), "NOT CHECKED: the notes about the API are not there ({NOTES})");
    let notes = std::fs::read_to_string(NOTES).unwrap();
    let fixtures: Vec<Value> = all().into_values().filter_map(|fixture| fixture.answer.or(fixture.request)).collect();
    let excepted: Vec<Value> = NO_FIXTURE.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    let quoted: Vec<Value> = quoted(&notes).collect();
    let missing: Vec<&Value> =
        quoted.iter().filter(|value| !fixtures.contains(value) && !excepted.contains(value)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(excepted.iter().all(|value| quoted.contains(value)), "an exception that is not in the notes");
    println!("{} quotations of JSON, {} fixtures", quoted.len(), fixtures.len());
}

/// The JSON in code blocks and between backticks; what is left out of it is empty. Sketches that are no JSON are not in it.
fn quoted(notes: &str) -> impl Iterator<Item = Value> {
    // Every other part is code: ``` is three ticks, so a block is in a part of its own too.
    let parts = notes.split('`').skip(1).map(|part| part.trim_start_matches("json\n"));
    parts.filter_map(|part| {
        let start = if part.starts_with('"') { 0 } else { part.find(['{', '['])? };
        let text = part[start..].trim().trim_end_matches('\'');
        let text = text.replace("{…}", "{}").replace("[…]", "[]").replace(",…}", "}").replace(",…]", "]");
        let text = if text.starts_with('"') { format!("{{{text}}}") } else { text };
        serde_json::from_str(&text).ok()
    })
}
