//! A picture of two organisations that does not show by whose hand they became what they are.

use std::collections::{BTreeMap, BTreeSet};

use jumpcloud_sim::console;
use serde_json::{Map, Value, json};

use crate::env::redact;
use crate::howto::DEMO;
use crate::sandbox::Side::{self, Primary, Secondary};
use crate::sandbox::{Sandbox, text};

/// Both organisations, a line for each thing that is so: objects and links by name, without ids and times, and without
/// what fedctl leaves on its own. Two pictures are equal where only ids, times and marks differ.
#[track_caller]
pub(crate) fn picture(sandbox: &Sandbox) -> BTreeSet<String> {
    let names = Names::of(sandbox);
    let mut lines = BTreeSet::new();
    for (side, called) in [(Primary, "primary"), (Secondary, "secondary")] {
        for (kind, target, name) in LISTS {
            let mut seen = BTreeMap::new();
            for row in sandbox.list(side, target) {
                let name = text(&row[name]).to_owned();
                // A second object of one name must not hide behind the first.
                let number = seen.entry(name.clone()).and_modify(|number| *number += 1).or_insert(1);
                let place = format!("{called}/{kind}/{name}/{number}");
                flatten(&place, &drawn(sandbox, side, kind, row, &names), &mut lines);
            }
        }
    }
    lines
}

/// What one picture has and another has not.
pub(crate) fn differences(before: &BTreeSet<String>, after: &BTreeSet<String>) -> Vec<String> {
    let gone = before.difference(after).map(|line| format!("- {line}"));
    gone.chain(after.difference(before).map(|line| format!("+ {line}"))).collect()
}

/// Kinds of objects: where they are listed, and what they are called by.
const LISTS: [(&str, &str, &str); 5] = [
    ("user", "/api/systemusers?limit=100&sort=_id", "email"),
    ("group", "/api/v2/usergroups?limit=100&sort=id", "name"),
    ("app", "/api/applications?limit=100&sort=_id", "displayLabel"),
    ("provider", "/api/v2/identity-providers", "name"),
    ("policy", "/api/v2/identity-provider/policies", "name"),
];

/// What differs between two organisations that are the same to everybody who uses them.
const VOLATILE: [&str; 8] =
    ["_id", "id", "created", "organization", "organizationObjectId", "password_date", "unix_uid", "unix_guid"];

/// Names by id, and apps by client id.
struct Names(BTreeMap<String, String>);

impl Names {
    #[track_caller]
    fn of(sandbox: &Sandbox) -> Self {
        let mut names = BTreeMap::new();
        for side in [Primary, Secondary] {
            for (kind, target, name) in LISTS {
                for row in sandbox.list(side, target) {
                    let id = text(row.get("_id").unwrap_or(&row["id"])).to_owned();
                    if let Some(client) = (kind == "app").then(|| client_id(sandbox, side, &id)).flatten() {
                        names.insert(client, format!("the client of {}", text(&row[name])));
                    }
                    names.insert(id, text(&row[name]).to_owned());
                }
            }
        }
        Self(names)
    }

    fn get(&self, id: &Value) -> String {
        let name = id.as_str().and_then(|id| self.0.get(id));
        name.cloned().unwrap_or_else(|| format!("unknown: {id}"))
    }

    /// The names at the far ends of a list of bindings, in order.
    #[track_caller]
    fn bound(&self, sandbox: &Sandbox, side: Side, target: &str) -> Value {
        let ends = sandbox.list(side, target).into_iter().map(|edge| self.get(&edge["to"]["id"]));
        json!(ends.collect::<BTreeSet<_>>())
    }
}

fn client_id(sandbox: &Sandbox, side: Side, app: &str) -> Option<String> {
    let is_oidc = sandbox.get(side, &format!("/api/applications/{app}"))["name"] == "oidc";
    let settings = is_oidc.then(|| sandbox.get(side, &format!("/api/v2/applications/{app}/sso")))?;
    settings["oidc"]["clientId"].as_str().map(str::to_owned)
}

/// One object with its links.
#[track_caller]
fn drawn(sandbox: &Sandbox, side: Side, kind: &str, row: Value, names: &Names) -> Value {
    let id = text(row.get("_id").unwrap_or(&row["id"])).to_owned();
    let bound = |target: String| names.bound(sandbox, side, &target);
    let mut drawn = row;
    match kind {
        "user" => draw_user(&mut drawn, names),
        "group" => {
            drawn = sandbox.get(side, &format!("/api/v2/usergroups/{id}"));
            drawn["members"] = bound(format!("/api/v2/usergroups/{id}/members?limit=100"));
        }
        "app" => {
            if client_id(sandbox, side, &id).is_some() {
                drawn["oidc"] = sandbox.get(side, &format!("/api/v2/applications/{id}/sso"))["oidc"].clone();
                drawn["oidc"]["clientId"] = Value::Null;
            }
            drawn["groups"] = bound(format!("/api/v2/applications/{id}/associations?targets=user_group&limit=100"));
            drawn["users"] = bound(format!("/api/v2/applications/{id}/associations?targets=user&limit=100"));
        }
        "provider" => {
            drawn["secret"] = json!(secrets_agree(&sandbox.world(), &id));
            drawn["oidc"]["clientId"] = json!(names.get(&drawn["oidc"]["clientId"]));
        }
        "policy" => {
            drawn["identityProviderId"] = json!(names.get(&drawn["identityProviderId"]));
            let path = format!("/api/v2/identity-provider/policies/{id}/associations");
            drawn["groups"] = bound(format!("{path}?targets=user_group&limit=100"));
            drawn["users"] = bound(format!("{path}?targets=user&limit=100"));
        }
        other => panic!("{other} is no kind"),
    }
    let fields = drawn.as_object_mut().expect("objects have fields");
    fields.retain(|name, _| !VOLATILE.contains(&name.as_str()));
    if let Some(description) = fields.get_mut("description") {
        *description = json!(without_marks(text(description)));
    }
    drawn
}

/// Attributes by name without our own, and owners of fields by name.
fn draw_user(user: &mut Value, names: &Names) {
    let attributes = user["attributes"].as_array().expect("users have attributes");
    let foreign = attributes.iter().filter(|attribute| attribute["name"] != "fedctl");
    let foreign = foreign.map(|attribute| (text(&attribute["name"]).to_owned(), attribute["value"].clone()));
    user["attributes"] = Value::Object(foreign.collect::<Map<_, _>>());
    for entry in user["restrictedFields"].as_array_mut().into_iter().flatten() {
        entry["id"] = json!(names.get(&entry["id"]));
    }
}

/// A description without the lines that are fedctl's own.
fn without_marks(description: &str) -> String {
    let foreign = description.lines().filter(|line| !line.starts_with("managed by fedctl:"));
    foreign.collect::<Vec<_>>().join("\n")
}

/// Whether a provider holds the secret of the client that it signs in as: no answer of the API shows it.
fn secrets_agree(world: &Value, provider: &str) -> bool {
    let provider = &world["providers"][provider];
    let apps = world["apps"].as_object().expect("there are apps");
    let client = apps.values().find(|app| app["oidc"]["client_id"] == provider["client_id"]);
    client.is_some_and(|app| app["oidc"]["client_secret"] == provider["client_secret"])
}

/// A line for each value; an empty list or object is a value too.
fn flatten(place: &str, value: &Value, lines: &mut BTreeSet<String>) {
    if let Some(fields) = value.as_object().filter(|fields| !fields.is_empty()) {
        fields.iter().for_each(|(name, value)| flatten(&format!("{place}/{name}"), value, lines));
    } else if let Some(entries) = value.as_array().filter(|entries| !entries.is_empty()) {
        entries.iter().enumerate().for_each(|(at, value)| flatten(&format!("{place}/{at}"), value, lines));
    } else {
        lines.insert(redact(&format!("{place} = {value}")));
    }
}

#[test]
fn a_picture_shows_what_a_human_changed_and_no_mark() {
    let sandbox = Sandbox::applied();
    let before = picture(&sandbox);
    assert!(!before.iter().any(|line| line.contains("managed by fedctl") || line.contains("attributes/fedctl")));
    let id = |side, target, field, name| sandbox.only(side, target, field, name)["id"].clone();
    let app = id(Primary, "/api/applications?limit=100", "displayLabel", DEMO.app);
    let provider = id(Secondary, "/api/v2/identity-providers", "name", DEMO.provider);
    let policy = id(Secondary, "/api/v2/identity-provider/policies", "name", DEMO.policy);
    let sales = sandbox.group(Primary, "Sales");
    let done = sandbox.by_hand(|world| {
        let app = text(&app).parse().expect("an app has an id");
        let policy = text(&policy).parse().expect("a policy has an id");
        console::set_app_group(world, app, sales.parse().expect("a group has an id"), true)
            && console::set_policy_enabled(world, policy, false)
            && console::set_provider_secret(world, text(&provider).parse().expect("it has an id"), "another")
    });
    assert!(done);
    let changes = differences(&before, &picture(&sandbox));
    let changed = |what: &str| changes.iter().any(|line| line == what);
    assert!(changed(r#"+ primary/app/OIDC for Beta/1/groups/1 = "Sales""#), "{changes:#?}");
    assert!(changed("+ secondary/policy/Acme people sign in at Acme/1/enabled = false"), "{changes:#?}");
    assert!(changed("+ secondary/provider/Acme JumpCloud/1/secret = false"), "{changes:#?}");
}
