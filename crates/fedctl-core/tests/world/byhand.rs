//! Federations that somebody made by hand: left alone without a word of the spec, taken over with one.

use std::collections::BTreeSet;

use fedctl_core::address::{Kind, Org};
use fedctl_core::apply::End;
use fedctl_core::plan::guard::Guard;
use fedctl_core::plan::{Fate, Held, Plan, Verb};
use fedctl_core::spec::{AdoptObject, Spec};
use jumpcloud_sim::{NewUser, UserId, console, fixture};
use serde_json::{Value, json};

use crate::carry::{self, Memory};
use crate::judge::Doors;
use crate::watch;

pub(crate) const ALL: &str = "[app, identity-provider, routing-policy, routing-group]";
const SUFFIX: &str =
    "routing_group: {name: Federated Users, members: {email_ends_with: .beta, accept_capture: true}}\n";

/// People `p0@acme.com` and so on in the group `Staff` of the primary organisation, federated as the manual procedure says.
pub(crate) fn by_hand(people: usize) -> Memory {
    let mut memory = Memory::new(fixture::pair(7));
    let users: Vec<UserId> = (0..people).map(|number| primary_user(&mut memory, number)).collect();
    let app = primary_side(&mut memory, &users);
    secondary_side(&mut memory, people, &app);
    memory.world.clear_requests();
    memory.world.clear_outbox();
    memory
}

fn primary_user(memory: &mut Memory, number: usize) -> UserId {
    let (email, org) = (format!("p{number}@acme.com"), memory.primary);
    let password = Some("correct horse".to_owned());
    let attributes = vec![("badge".to_owned(), number.to_string())];
    let user = memory.world.add_user(
        org,
        NewUser { email: email.clone(), username: format!("p{number}"), password, attributes, ..NewUser::default() },
    );
    let attributes = json!([{"name": "badge", "value": number.to_string()}, {"name": "SecondaryEmail", "value": format!("{email}.beta")}]);
    memory.raw(Org::Primary, "PUT", &format!("/api/systemusers/{user}"), &json!({"attributes": attributes}));
    user
}

fn id(object: &Value) -> String {
    object["id"].as_str().or(object["_id"].as_str()).unwrap().to_owned()
}

fn member(id: impl std::fmt::Display, kind: &str) -> Value {
    json!({"op": "add", "type": kind, "id": id.to_string()})
}

fn primary_side(memory: &mut Memory, users: &[UserId]) -> Value {
    let group = id(&memory.raw(Org::Primary, "POST", "/api/v2/usergroups", &json!({"name": "Staff"})));
    for user in users {
        memory.raw(Org::Primary, "POST", &format!("/api/v2/usergroups/{group}/members"), &member(user, "user"));
    }
    let app = json!({"active": true, "name": "oidc", "displayName": "OpenID Connect", "displayLabel": "Second org",
        "config": {}, "sso": {"type": "oidc", "hidden": true}, "color": "#005466"});
    let app = id(&memory.raw(Org::Primary, "POST", "/api/applications", &app));
    let oidc = json!({"type": "oidc", "hidden": true, "oidc": {"consent": "trusted",
        "redirectUris": [carry::terms().callback], "grantTypes": ["authorization_code"],
        "tokenEndpointAuthMethod": "client_secret_post", "relyingPartyUrl": "https://console.jumpcloud.com",
        "dynamicClaims": [{"name": "email", "value": "SecondaryEmail"}, {"name": "groups", "value": "groups"}]}});
    let settings = memory.raw(Org::Primary, "POST", &format!("/api/v2/applications/{app}/sso"), &oidc);
    let associations = format!("/api/v2/applications/{app}/associations");
    memory.raw(Org::Primary, "POST", &associations, &member(group, "user_group"));
    settings["oidc"].clone()
}

fn secondary_side(memory: &mut Memory, people: usize, oidc: &Value) {
    let rule = json!({"queryType": "Search", "searchFilters": r#"{"filter":{"and":["email:$ew:.beta"]}}"#});
    let group = json!({"name": "Federated Users", "description": "asked for by Eve",
        "membershipMethod": "DYNAMIC_AUTOMATED", "memberQuery": rule});
    let group = id(&memory.raw(Org::Secondary, "POST", "/api/v2/usergroups", &group));
    let provider = json!({"name": "Head office", "type": "OIDC", "oidc": {"clientId": oidc["clientId"],
        "clientSecret": oidc["clientSecret"], "url": "https://oauth.id.jumpcloud.com"}});
    let provider = id(&memory.raw(Org::Secondary, "POST", "/api/v2/identity-providers", &provider));
    for number in 0..people {
        let email = format!("p{number}@acme.com.beta");
        let restricted = json!([{"field": "password", "type": "federated_identity_provider", "id": provider}]);
        let user = json!({"email": email, "username": format!("p{number}"), "state": "STAGED", "lastname": "By hand",
            "attributes": [{"name": "SecondaryEmail", "value": email}], "restrictedFields": restricted});
        let user = id(&memory.raw(Org::Secondary, "POST", "/api/systemusers", &user));
        let activate = format!("/api/systemusers/{user}/state/activate");
        memory.raw(Org::Secondary, "POST", &activate, &json!({"email": false}));
    }
    let policy = json!({"name": "To head office", "description": "", "enabled": true, "identityProviderId": provider});
    let policy = id(&memory.raw(Org::Secondary, "POST", "/api/v2/identity-provider/policies", &policy));
    let associations = format!("/api/v2/identity-provider/policies/{policy}/associations");
    memory.raw(Org::Secondary, "POST", &associations, &member(group, "user_group"));
}

/// A spec for it. `adopt` is the list of objects, and everybody of `people` is taken over.
pub(crate) fn spec(memory: &Memory, adopt: &str, people: &[&str]) -> Spec {
    let rest = format!(
        "{SUFFIX}app: {{label: Second org}}\nidentity_provider: {{name: Head office}}\nrouting_policy: {{name: To head office}}\nadopt: {{objects: {adopt}, people: [{}]}}\n",
        people.join(", ")
    );
    carry::spec(
        memory,
        "  from: {groups: [Staff]}\n  mapping: {attribute: SecondaryEmail, email: \"{email}.beta\"}",
        &rest,
    )
}

fn guards(plan: &Plan) -> BTreeSet<Guard> {
    plan.refusals.iter().map(|refusal| refusal.guard).collect()
}

#[test]
fn i6_without_a_word_of_the_spec_nothing_of_it_is_touched_and_all_that_could_be_taken_over_is_named() {
    let mut memory = by_hand(3);
    let plan = carry::plan(&spec(&memory, "[]", &[]), &mut memory);
    assert_eq!(guards(&plan), BTreeSet::from([Guard::Foreign]));
    let objects: BTreeSet<AdoptObject> = plan.adoptable.objects.iter().map(|(object, ..)| *object).collect();
    assert_eq!(
        objects,
        BTreeSet::from([
            AdoptObject::App,
            AdoptObject::IdentityProvider,
            AdoptObject::RoutingGroup,
            AdoptObject::RoutingPolicy
        ])
    );
    assert_eq!(plan.adoptable.people.len(), 3);
    assert!(plan.people.iter().all(|person| person.fate == Fate::Held(Held::AccountExists)));
    let about_people = plan.actions.iter().filter(|action| action.target.kind == Kind::User).count();
    assert_eq!(about_people, 0, "{:?}", plan.actions);
}

#[test]
fn with_a_word_of_the_spec_only_marks_are_written_and_everybody_signs_in_all_the_while() {
    let mut memory = by_hand(3);
    let spec = spec(&memory, ALL, &["p0@acme.com", "p1@acme.com", "p2@acme.com"]);
    let plan = carry::plan(&spec, &mut memory);
    assert_eq!(plan.refusals, []);
    assert!(plan.actions.iter().all(|action| action.verb == Verb::Adopt), "{:?}", plan.actions);
    assert_eq!(plan.actions.len(), 6, "a group, an app, a policy, three accounts");
    assert!(plan.people.iter().all(|person| person.fate == Fate::TakenOver));
    let (before, strangers) = (Doors::of_memory(&memory), picture(&memory));
    let ends = {
        let (primary, secondary) = (memory.primary, memory.secondary);
        let mut watch = watch::Watch::new(&mut memory, |world| {
            (Doors::of(world, primary, secondary) != before).then(|| "somebody's doors changed".to_owned())
        });
        let ends = carry::run(&plan, &mut watch);
        assert_eq!(watch.wrong, None);
        ends
    };
    assert!(ends.iter().all(|end| *end == End::Applied), "{ends:?}");
    assert_eq!(strangers, picture(&memory), "but for the marks nothing changed");
    assert!(carry::plan(&spec, &mut memory).is_empty());
    assert!(carry::verify(&spec, &mut memory).is_whole());
}

/// Everything of both organisations but marks.
fn picture(memory: &Memory) -> String {
    let text = serde_json::to_string(&memory.world.export()).unwrap();
    let mut value: Value = serde_json::from_str(&text).unwrap();
    without_marks(&mut value);
    for key in ["requests", "now_ms", "events", "dice", "log", "etag"] {
        if let Some(object) = value.as_object_mut() {
            object.remove(key);
        }
    }
    ["users", "apps", "groups", "providers", "policies"].iter().map(|key| value[*key].to_string()).collect()
}

fn without_marks(value: &mut Value) {
    match value {
        Value::String(text) => {
            let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("managed by fedctl: ")).collect();
            if kept.len() != text.lines().count() {
                *text = kept.join("\n");
            }
        }
        Value::Array(list) => {
            list.retain(|entry| entry["name"] != "fedctl");
            list.iter_mut().for_each(without_marks);
            list.iter_mut().for_each(|entry| {
                // Entries of an array of attributes get new ids with every write of it.
                if let Some(entry) = entry.as_object_mut().filter(|entry| entry.contains_key("value")) {
                    entry.remove("id");
                }
            });
        }
        Value::Object(object) => object.values_mut().for_each(without_marks),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn i4_a_take_over_that_is_killed_is_finished_by_the_next_run() {
    for at in 0..6 {
        let mut memory = by_hand(3);
        let spec = spec(&memory, ALL, &["p0@acme.com", "p1@acme.com", "p2@acme.com"]);
        let plan = carry::plan(&spec, &mut memory);
        memory.fault = Some((at, carry::Fault::KilledAfter));
        carry::run(&plan, &mut memory);
        memory.revive();
        let (_, ends) = carry::apply(&spec, &mut memory);
        assert!(ends.iter().all(End::is_good), "{ends:?}");
        assert!(carry::plan(&spec, &mut memory).is_empty());
        assert!(carry::verify(&spec, &mut memory).is_whole());
    }
}

#[test]
fn whoever_is_not_taken_over_goes_on_signing_in_and_is_held() {
    let mut memory = by_hand(3);
    let spec = spec(&memory, ALL, &["p0@acme.com"]);
    let before = Doors::of_memory(&memory);
    let (plan, ends) = carry::apply(&spec, &mut memory);
    assert!(ends.iter().all(End::is_good));
    let held = plan.people.iter().filter(|person| person.fate == Fate::Held(Held::AccountExists)).count();
    assert_eq!(held, 2);
    assert_eq!(before, Doors::of_memory(&memory));
}

#[test]
fn an_app_that_takes_the_claim_from_another_attribute_is_not_taken_over_under_a_spec_that_says_otherwise() {
    let mut memory = by_hand(1);
    let text = format!("{SUFFIX}adopt: {{objects: {ALL}}}\nrouting_policy: {{name: To head office}}\n");
    let spec = carry::spec(&memory, "  from: {groups: [Staff]}\n  mapping: {email: \"{email}.beta\"}", &text);
    let plan = carry::plan(&spec, &mut memory);
    assert!(
        plan.refusals.iter().any(|refusal| refusal.way_out.contains("attribute: SecondaryEmail")),
        "{:?}",
        plan.refusals
    );
    assert!(plan.adoptable.names.contains(&("people.mapping.attribute", "SecondaryEmail".into())));
}

#[test]
fn i9_an_administrators_account_is_not_taken_over() {
    let mut memory = by_hand(1);
    let spec = spec(&memory, ALL, &["p0@acme.com"]);
    let boss = memory.world.user_by_email(memory.secondary, "p0@acme.com.beta").unwrap().id;
    let protected = memory.world.add_group(memory.secondary, "fedctl-protected");
    memory.world.add_member(protected, boss);
    let plan = carry::plan(&spec, &mut memory);
    assert_eq!(guards(&plan), BTreeSet::from([Guard::Protected]));
}

#[test]
fn an_app_that_was_deleted_by_hand_is_made_anew_and_people_sign_in() {
    let mut memory = by_hand(2);
    let spec = spec(&memory, ALL, &["p0@acme.com", "p1@acme.com"]);
    carry::apply(&spec, &mut memory);
    let before = Doors::of_memory(&memory);
    let app = memory.world.apps(memory.primary).find(|app| app.display_label == "Second org").unwrap().id;
    assert!(console::delete_app(&mut memory.world, app));
    assert!(Doors::of_memory(&memory).federated.is_empty());
    let (plan, ends) = carry::apply(&spec, &mut memory);
    assert_eq!(plan.pair, fedctl_core::plan::Pair::Broken);
    assert!(ends.iter().all(|end| *end == End::Applied), "{ends:?}");
    assert_eq!(before, Doors::of_memory(&memory));
    assert!(carry::plan(&spec, &mut memory).is_empty());
}
