//! The procedure by hand, step by step as the help page has it, with plain requests.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::picture::{differences, picture};
use crate::portal::sign_in;
use crate::sandbox::Side::{self, Primary, Secondary};
use crate::sandbox::{Sandbox, text};

/// What a human calls the objects, and how they fill the routing group.
pub(crate) struct Choices<'a> {
    /// The custom attribute, in both organisations.
    pub(crate) attribute: &'a str,
    /// What is put at the end of every address.
    pub(crate) suffix: &'a str,
    /// The group of the app. If the primary organisation has it, it is taken as it is, else it is made of the people.
    pub(crate) access_group: &'a str,
    pub(crate) routing_group: &'a str,
    /// Whether the routing group takes everybody whose address ends so, as the help page suggests, or the people one by one.
    pub(crate) by_suffix: bool,
    pub(crate) app: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) policy: &'a str,
}

/// As `demo.yaml` has it, but for the routing group, which is as the help page has it.
pub(crate) const DEMO: Choices<'_> = Choices {
    attribute: "acmetobeta",
    suffix: ".beta",
    access_group: "Contractors",
    routing_group: "Federated from Acme",
    by_suffix: true,
    app: "OIDC for Beta",
    provider: "Acme JumpCloud",
    policy: "Acme people sign in at Acme",
};

/// Federates people of the primary organisation, who are named by their address there.
#[track_caller]
pub(crate) fn federate_by_hand(sandbox: &Sandbox, choices: &Choices<'_>, people: &[String]) {
    let people: Vec<Value> = people.iter().map(|person| sandbox.user(Primary, person)).collect();
    for person in &people {
        map_person(sandbox, choices, person);
    }
    let accounts: Vec<String> = people.iter().map(|person| make_account(sandbox, choices, person)).collect();
    let routing_group = make_routing_group(sandbox, choices, &accounts);
    let app = make_app(sandbox, choices);
    bind(sandbox, Primary, &format!("/api/v2/applications/{}", app.id), &access_group(sandbox, choices, &people));
    let provider = make_provider(sandbox, choices, &app);
    let policy = json!({"name": choices.policy, "description": "", "enabled": true, "identityProviderId": provider});
    let policy = made(sandbox, Secondary, "/api/v2/identity-provider/policies", &policy, "id");
    bind(sandbox, Secondary, &format!("/api/v2/identity-provider/policies/{policy}"), &routing_group);
    for account in accounts {
        let fields = json!([{"field": "password", "type": "federated_identity_provider", "id": provider}]);
        sandbox.api(Secondary, "PUT", &format!("/api/systemusers/{account}"), &json!({"restrictedFields": fields}));
    }
}

/// An OIDC app, with what the console shows once.
struct App {
    id: String,
    client_id: String,
    client_secret: String,
}

/// Adds the custom attribute; the array is written as a whole, so what was in it is written too.
#[track_caller]
fn map_person(sandbox: &Sandbox, choices: &Choices<'_>, person: &Value) {
    let before = person["attributes"].as_array().expect("users have attributes").iter();
    let kept = before.map(|attribute| json!({"name": attribute["name"], "value": attribute["value"]}));
    let ours = json!({"name": choices.attribute, "value": alias(choices, person)});
    let attributes: Vec<Value> = kept.chain([ours]).collect();
    let target = format!("/api/systemusers/{}", text(&person["_id"]));
    sandbox.api(Primary, "PUT", &target, &json!({"attributes": attributes}));
}

/// A user who never gets a mail: at this address nobody could read it.
#[track_caller]
fn make_account(sandbox: &Sandbox, choices: &Choices<'_>, person: &Value) -> String {
    let alias = alias(choices, person);
    let user = json!({
        "email": alias, "username": person["username"], "firstname": person["firstname"],
        "lastname": person["lastname"], "displayname": person["displayname"], "state": "STAGED",
        "attributes": [{"name": choices.attribute, "value": alias}],
    });
    let id = made(sandbox, Secondary, "/api/systemusers", &user, "_id");
    sandbox.api(Secondary, "POST", &format!("/api/systemusers/{id}/state/activate"), &json!({"email": false}));
    id
}

#[track_caller]
fn make_routing_group(sandbox: &Sandbox, choices: &Choices<'_>, accounts: &[String]) -> String {
    if !choices.by_suffix {
        return make_group(sandbox, Secondary, choices.routing_group, accounts);
    }
    let filters = json!({"filter": {"and": [format!("email:$ew:{}", choices.suffix)]}}).to_string();
    let rule = json!({"queryType": "Search", "searchFilters": filters});
    let group = json!({"name": choices.routing_group, "membershipMethod": "DYNAMIC_AUTOMATED", "memberQuery": rule});
    made(sandbox, Secondary, "/api/v2/usergroups", &group, "id")
}

#[track_caller]
fn access_group(sandbox: &Sandbox, choices: &Choices<'_>, people: &[Value]) -> String {
    let mut groups = sandbox.list(Primary, "/api/v2/usergroups?limit=100");
    groups.retain(|group| group["name"] == choices.access_group);
    match groups.as_slice() {
        [] => {
            let people: Vec<String> = people.iter().map(|person| text(&person["_id"]).to_owned()).collect();
            make_group(sandbox, Primary, choices.access_group, &people)
        }
        [group] => text(&group["id"]).to_owned(),
        several => panic!("{} groups are called {}", several.len(), choices.access_group),
    }
}

#[track_caller]
fn make_group(sandbox: &Sandbox, side: Side, name: &str, members: &[String]) -> String {
    let group = made(sandbox, side, "/api/v2/usergroups", &json!({"name": name}), "id");
    for member in members {
        let target = format!("/api/v2/usergroups/{group}/members");
        sandbox.api(side, "POST", &target, &json!({"op": "add", "type": "user", "id": member}));
    }
    group
}

#[track_caller]
fn make_app(sandbox: &Sandbox, choices: &Choices<'_>) -> App {
    let app = json!({
        "active": true, "name": "oidc", "displayName": "OpenID Connect", "displayLabel": choices.app, "config": {},
        "sso": {"type": "oidc", "hidden": true},
    });
    let id = made(sandbox, Primary, "/api/applications", &app, "_id");
    let settings = json!({"type": "oidc", "hidden": true, "oidc": {
        "consent": "trusted", "redirectUris": [format!("{}/oauth/callback", sandbox.base_url())],
        "grantTypes": ["authorization_code"], "tokenEndpointAuthMethod": "client_secret_post",
        "relyingPartyUrl": sandbox.base_url(), "dynamicClaims": [{"name": "email", "value": choices.attribute}],
    }});
    let shown = sandbox.api(Primary, "POST", &format!("/api/v2/applications/{id}/sso"), &settings);
    let shown = |name: &str| text(&shown["oidc"][name]).to_owned();
    App { id, client_id: shown("clientId"), client_secret: shown("clientSecret") }
}

#[track_caller]
fn make_provider(sandbox: &Sandbox, choices: &Choices<'_>, app: &App) -> String {
    let oidc = json!({"clientId": app.client_id, "clientSecret": app.client_secret, "url": sandbox.base_url()});
    let provider = json!({"name": choices.provider, "type": "OIDC", "oidc": oidc});
    made(sandbox, Secondary, "/api/v2/identity-providers", &provider, "id")
}

/// Binds a group to what is at a path.
#[track_caller]
fn bind(sandbox: &Sandbox, side: Side, path: &str, group: &str) {
    let group = json!({"op": "add", "type": "user_group", "id": group});
    sandbox.api(side, "POST", &format!("{path}/associations"), &group);
}

/// Makes an object, and gives its id.
#[track_caller]
fn made(sandbox: &Sandbox, side: Side, target: &str, body: &Value, id: &str) -> String {
    text(&sandbox.api(side, "POST", target, body)[id]).to_owned()
}

fn alias(choices: &Choices<'_>, person: &Value) -> String {
    format!("{}{}", text(&person["email"]), choices.suffix)
}

/// The contractors who can authenticate at the primary organisation.
#[track_caller]
pub(crate) fn able_contractors(sandbox: &Sandbox) -> Vec<String> {
    let contractors: BTreeSet<String> = sandbox.members(Primary, "Contractors").into_iter().collect();
    let mut users = sandbox.list(Primary, "/api/systemusers?limit=100");
    users.retain(|user| contractors.contains(text(&user["_id"])));
    users.retain(|user| user["suspended"] == false && user["activated"] == true);
    users.iter().map(|user| text(&user["email"]).to_owned()).collect()
}

#[test]
fn people_sign_in_after_the_procedure_by_hand() {
    let sandbox = Sandbox::start();
    let people = able_contractors(&sandbox);
    assert_eq!(people.len(), 10);
    federate_by_hand(&sandbox, &DEMO, &people);
    for person in people {
        let alias = format!("{person}.beta");
        let end = sign_in(sandbox.address(), &alias, &person);
        assert_eq!((&end["signed_in"], &end["email"]), (&json!(true), &json!(alias)), "{end}");
    }
    assert_eq!(sandbox.outbox(), [0; 0], "nobody got a mail");
}

#[test]
fn one_person_is_federated_with_a_group_of_their_own() {
    let sandbox = Sandbox::start();
    let person = able_contractors(&sandbox).remove(0);
    let choices = Choices { access_group: "May use Beta", ..DEMO };
    federate_by_hand(&sandbox, &choices, std::slice::from_ref(&person));
    assert_eq!(sign_in(sandbox.address(), &format!("{person}.beta"), &person)["signed_in"], json!(true));
    let members = sandbox.user(Primary, &person)["_id"].clone();
    assert_eq!(sandbox.members(Primary, "May use Beta"), [text(&members)]);
}

#[test]
fn by_hand_and_by_apply_both_organisations_end_the_same() {
    let by_hand = Sandbox::start();
    let people = able_contractors(&by_hand);
    federate_by_hand(&by_hand, &Choices { by_suffix: false, ..DEMO }, &people);
    let by_apply = Sandbox::applied();
    let (by_hand, by_apply) = (picture(&by_hand), picture(&by_apply));
    assert_eq!(differences(&by_hand, &by_apply), [""; 0]);
    assert!(by_hand.len() > 500, "a picture shows something");
}
