//! After `apply`, each object is as the procedure by hand would have left it: judged from what the API answers.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::sandbox::Side::{Primary, Secondary};
use crate::sandbox::{Sandbox, text};

/// What `demo.yaml` calls the custom attribute: the letters and digits of the federation's name.
const ATTRIBUTE: &str = "acmetobeta";

/// The contractors who can authenticate at the primary organisation.
const PEOPLE: [&str; 10] = [
    "ben.fischer",
    "dmitri.petrov",
    "farid.zhang",
    "jonas.unger",
    "liam.fontana",
    "noah.brandt",
    "rosa.vargas",
    "tara.ferrari",
    "vera.patel",
    "ximena.berg",
];

fn primary(person: &str) -> String {
    format!("{person}@acme.com")
}

fn secondary(person: &str) -> String {
    format!("{person}@acme.com.beta")
}

fn attribute<'a>(user: &'a Value, name: &str) -> Option<&'a Value> {
    let attributes = user["attributes"].as_array().expect("users have attributes");
    attributes.iter().find(|attribute| attribute["name"] == name).map(|attribute| &attribute["value"])
}

fn app(sandbox: &Sandbox) -> Value {
    sandbox.only(Primary, "/api/applications?limit=100", "displayLabel", "OIDC for Beta")
}

fn settings(sandbox: &Sandbox) -> Value {
    sandbox.get(Primary, &format!("/api/v2/applications/{}/sso", text(&app(sandbox)["_id"])))
}

fn provider(sandbox: &Sandbox) -> Value {
    sandbox.only(Secondary, "/api/v2/identity-providers", "name", "Acme JumpCloud")
}

fn policy(sandbox: &Sandbox) -> Value {
    sandbox.only(Secondary, "/api/v2/identity-provider/policies", "name", "Acme people sign in at Acme")
}

#[test]
fn the_attribute_of_the_primary_user_is_the_secondary_address_and_others_are_kept() {
    let sandbox = Sandbox::start();
    let mut others = Vec::new();
    for person in PEOPLE {
        others.push(sandbox.user(Primary, &primary(person)));
    }
    let _run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
    for (person, before) in PEOPLE.iter().zip(others) {
        let mut user = sandbox.user(Primary, &primary(person));
        assert_eq!(attribute(&user, ATTRIBUTE), Some(&json!(secondary(person))));
        let attributes = user["attributes"].as_array_mut().expect("users have attributes");
        attributes.retain(|attribute| attribute["name"] != ATTRIBUTE);
        // Entries get new ids when the array is written; everything else of the person is as it was.
        let without_ids = |mut user: Value| {
            for entry in user["attributes"].as_array_mut().expect("users have attributes") {
                entry["_id"] = Value::Null;
            }
            user
        };
        assert_eq!(without_ids(user), without_ids(before));
    }
}

#[test]
fn the_secondary_user_has_that_address_the_same_attribute_and_a_federated_password() {
    let sandbox = Sandbox::applied();
    let provider = provider(&sandbox);
    for person in PEOPLE {
        let user = sandbox.user(Secondary, &secondary(person));
        assert_eq!(user["username"], *person);
        assert_eq!(attribute(&user, ATTRIBUTE), Some(&json!(secondary(person))));
        assert_eq!(user["state"], "ACTIVATED");
        assert_eq!(user["suspended"], false);
        let federated = json!([{"field": "password", "type": "federated_identity_provider", "id": provider["id"]}]);
        assert_eq!(user["restrictedFields"], federated);
        let names = sandbox.user(Primary, &primary(person));
        assert_eq!((&user["firstname"], &user["lastname"]), (&names["firstname"], &names["lastname"]));
    }
}

#[test]
fn nothing_is_made_for_people_who_cannot_authenticate_at_the_primary() {
    let sandbox = Sandbox::start();
    let before = sandbox.list(Secondary, "/api/systemusers?limit=100").len();
    let _run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
    assert_eq!(sandbox.list(Secondary, "/api/systemusers?limit=100").len(), before + PEOPLE.len());
    for person in ["hiro.jensen", "pablo.larsen"] {
        assert_eq!(attribute(&sandbox.user(Primary, &primary(person)), ATTRIBUTE), None);
    }
}

#[test]
fn the_routing_group_has_exactly_the_federated_accounts() {
    let sandbox = Sandbox::applied();
    let members: BTreeSet<String> = sandbox.members(Secondary, "Federated from Acme").into_iter().collect();
    let id = |person: &&str| text(&sandbox.user(Secondary, &secondary(person))["_id"]).to_owned();
    assert_eq!(members, PEOPLE.iter().map(id).collect());
}

#[test]
fn the_app_is_a_hidden_active_custom_oidc_app() {
    let app = app(&Sandbox::applied());
    assert_eq!(app["name"], "oidc");
    assert_eq!(app["active"], true);
    assert_eq!(app["sso"]["hidden"], true);
    assert_eq!(app["sso"]["type"], "oidc");
}

#[test]
fn the_app_sends_back_to_the_portal_and_maps_one_claim() {
    let sandbox = Sandbox::applied();
    let oidc = &settings(&sandbox)["oidc"];
    assert_eq!(oidc["redirectUris"], json!([format!("{}/oauth/callback", sandbox.base_url())]));
    assert_eq!(oidc["tokenEndpointAuthMethod"], "client_secret_post");
    assert_eq!(oidc["relyingPartyUrl"], sandbox.base_url());
    assert_eq!(oidc["dynamicClaims"], json!([{"name": "email", "value": ATTRIBUTE}]));
}

#[test]
fn the_source_group_and_no_other_may_use_the_app() {
    let sandbox = Sandbox::applied();
    let target = format!("/api/v2/applications/{}/associations?targets=user_group", text(&app(&sandbox)["_id"]));
    let groups: Vec<Value> = sandbox.list(Primary, &target).iter().map(|edge| edge["to"]["id"].clone()).collect();
    assert_eq!(groups, [json!(sandbox.group(Primary, "Contractors"))]);
}

#[test]
fn the_identity_provider_is_the_app_at_the_issuer_of_the_primary() {
    let sandbox = Sandbox::applied();
    let provider = provider(&sandbox);
    assert_eq!(provider["type"], "OIDC");
    assert_eq!(provider["oidc"]["clientId"], settings(&sandbox)["oidc"]["clientId"]);
    assert_eq!(provider["oidc"]["url"], sandbox.base_url());
}

#[test]
fn both_organisations_hold_the_same_secret() {
    let world = Sandbox::applied().world();
    let providers = world["providers"].as_object().expect("there are providers");
    let provider = providers.values().next().expect("there is one");
    let mut apps = world["apps"].as_object().expect("there are apps").values();
    let app = apps.find(|app| app["oidc"]["client_id"] == provider["client_id"]).expect("the provider is an app");
    assert!(text(&provider["client_secret"]).len() > 16);
    assert_eq!(provider["client_secret"], app["oidc"]["client_secret"]);
}

#[test]
fn the_routing_policy_sends_the_routing_group_alone_to_the_provider() {
    let sandbox = Sandbox::applied();
    let policy = policy(&sandbox);
    assert_eq!(policy["enabled"], true);
    assert_eq!(policy["identityProviderId"], provider(&sandbox)["id"]);
    let id = text(&policy["id"]);
    for (kind, expected) in
        [("user_group", vec![json!(sandbox.group(Secondary, "Federated from Acme"))]), ("user", vec![])]
    {
        let target = format!("/api/v2/identity-provider/policies/{id}/associations?targets={kind}");
        let bound: Vec<Value> = sandbox.list(Secondary, &target).iter().map(|edge| edge["to"]["id"].clone()).collect();
        assert_eq!(bound, expected, "{kind}");
    }
}

#[test]
fn what_was_there_before_is_as_it_was() {
    let sandbox = Sandbox::start();
    let foreign = |side| {
        let users = sandbox.list(side, "/api/systemusers?limit=100");
        let groups = sandbox.list(side, "/api/v2/usergroups?limit=100");
        let apps = sandbox.list(side, "/api/applications?limit=100");
        let is_foreign =
            |row: &Value| !row.to_string().contains("acme-to-beta") && !row.to_string().contains(ATTRIBUTE);
        let mut rows = [users, groups, apps].concat();
        rows.retain(is_foreign);
        rows
    };
    let of_contractors = |row: &Value| PEOPLE.iter().any(|person| row["email"] == primary(person));
    let before = [Primary, Secondary].map(|side| {
        let mut rows = foreign(side);
        rows.retain(|row| !of_contractors(row));
        rows
    });
    let _run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
    assert_eq!([Primary, Secondary].map(foreign), before);
}
