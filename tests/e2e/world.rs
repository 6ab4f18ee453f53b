//! Organisations that do not bear out what the spec says, or hold something in the way. Nothing is ever written into
//! them, or only what is not concerned.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::sandbox::Sandbox;
use crate::sandbox::Side::{Primary, Secondary};

const APPLY: &str = "apply demo.yaml --auto-approve";

/// A simulator in which an administrator did something by hand.
#[track_caller]
fn sandbox_where(change: impl FnOnce(&Sandbox)) -> Sandbox {
    let sandbox = Sandbox::start();
    change(&sandbox);
    sandbox.forget_requests();
    sandbox
}

/// Asserts that neither plan nor apply goes on, and that nothing is written; gives what the plan says about it.
#[track_caller]
fn refused(sandbox: &Sandbox) -> String {
    let plan = sandbox.fedctl("plan demo.yaml").exits_with(4);
    let apply = sandbox.fedctl(APPLY).exits_with(4);
    assert!(apply.stderr.contains("nothing was written"), "{apply}");
    sandbox.nothing_was_written();
    section(&plan.stdout, "Refused")
}

/// One part of a plan, from its title to the empty line.
#[track_caller]
fn section(plan: &str, title: &str) -> String {
    let parts = plan.split("\n\n").find(|part| part.trim_start().starts_with(title));
    parts.unwrap_or_else(|| panic!("no {title} in {plan}")).to_owned()
}

fn foreign_provider(sandbox: &Sandbox) -> Value {
    let oidc = json!({"clientId": "0oa1", "clientSecret": "hidden", "url": "https://id.example"});
    let body = json!({"name": "Okta of Beta", "type": "OIDC", "oidc": oidc});
    sandbox.api(Secondary, "POST", "/api/v2/identity-providers", &body)
}

#[test]
fn a_group_that_is_not_there_is_pointed_at() {
    let sandbox = Sandbox::start();
    assert_snapshot!(sandbox.fedctl_with(APPLY, "[Contractors]", "[contractors]").exits_with(65));
    sandbox.nothing_was_written();
}

#[test]
fn a_person_who_is_not_there_is_pointed_at() {
    let sandbox = Sandbox::start();
    let emails = "[Contractors]\n    emails: [ben.fischer@acme.com, nobody@acme.com]";
    assert_snapshot!(sandbox.fedctl_with(APPLY, "[Contractors]", emails).exits_with(65));
    sandbox.nothing_was_written();
}

#[test]
fn two_groups_of_one_name_are_no_choice() {
    let sandbox = sandbox_where(|sandbox| {
        sandbox.api(Primary, "POST", "/api/v2/usergroups", &json!({"name": "Contractors"}));
    });
    assert_snapshot!(sandbox.fedctl(APPLY).exits_with(65));
    sandbox.nothing_was_written();
}

#[test]
fn an_identity_provider_that_is_not_ours_is_never_replaced() {
    let sandbox = sandbox_where(|sandbox| drop(foreign_provider(sandbox)));
    assert_snapshot!(refused(&sandbox));
}

#[test]
fn an_app_that_is_not_ours_is_never_taken() {
    let sandbox = sandbox_where(|sandbox| {
        let app = json!({
            "active": true, "name": "oidc", "displayLabel": "OIDC for Beta", "config": {}, "sso": {"type": "oidc"},
        });
        sandbox.api(Primary, "POST", "/api/applications", &app);
    });
    assert_snapshot!(refused(&sandbox));
}

#[test]
fn a_group_that_is_not_ours_is_never_taken() {
    let sandbox = sandbox_where(|sandbox| {
        sandbox.api(Secondary, "POST", "/api/v2/usergroups", &json!({"name": "Federated from Acme"}));
    });
    assert_snapshot!(refused(&sandbox));
}

#[test]
fn a_routing_policy_that_is_not_ours_is_never_taken() {
    let sandbox = sandbox_where(|sandbox| {
        let provider = foreign_provider(sandbox)["id"].clone();
        let policy = json!({
            "name": "Acme people sign in at Acme", "enabled": true, "identityProviderId": provider,
        });
        sandbox.api(Secondary, "POST", "/api/v2/identity-provider/policies", &policy);
    });
    assert_snapshot!(refused(&sandbox));
}

#[test]
fn nobody_opens_the_account_of_another_by_an_attribute() {
    let sandbox = sandbox_where(|sandbox| {
        let mallory = sandbox.user(Primary, "ann.adler@acme.com");
        let target = format!("/api/systemusers/{}", mallory["_id"].as_str().expect("users have ids"));
        let attributes = json!([{"name": "acmetobeta", "value": "ben.fischer@acme.com.beta"}]);
        sandbox.api(Primary, "PUT", &target, &json!({"attributes": attributes}));
        // Contractors may use the app, and so may she.
        sandbox.change_member(Primary, "add", "Contractors", &mallory);
    });
    sandbox.change_spec("[Contractors]", "[Contractors]\n  except: [ann.adler@acme.com]");
    assert_snapshot!(refused(&sandbox));
}

#[test]
fn a_stranger_who_was_put_into_the_routing_group_is_named_and_left() {
    let sandbox = Sandbox::applied();
    sandbox.change_member(Secondary, "add", "Federated from Acme", &sandbox.user(Secondary, "admin@beta.com"));
    sandbox.forget_requests();
    let plan = sandbox.fedctl("plan demo.yaml").exits_with(0);
    assert_snapshot!(section(&plan.stdout, "Left as it is"));
    sandbox.nothing_was_written();
}

#[test]
fn an_account_that_nobody_adopted_is_left_and_others_go_on() {
    let sandbox = sandbox_where(|sandbox| {
        let user = json!({"email": "ben.fischer@acme.com.beta", "username": "bf", "state": "STAGED"});
        sandbox.api(Secondary, "POST", "/api/systemusers", &user);
    });
    let before = sandbox.user(Secondary, "ben.fischer@acme.com.beta");
    let plan = sandbox.fedctl("plan demo.yaml --full").exits_with(0);
    assert_snapshot!(section(&plan.stdout, "People"));
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    assert_eq!(sandbox.user(Secondary, "ben.fischer@acme.com.beta"), before);
    assert_eq!(sandbox.members(Secondary, "Federated from Acme").len(), 9);
}

#[test]
fn a_username_that_is_taken_holds_one_person_and_others_go_on() {
    let sandbox = sandbox_where(|sandbox| {
        let user = json!({"email": "other.ben@beta.com", "username": "ben.fischer", "state": "STAGED"});
        sandbox.api(Secondary, "POST", "/api/systemusers", &user);
    });
    let plan = sandbox.fedctl("plan demo.yaml --full").exits_with(0);
    assert!(section(&plan.stdout, "People").contains("somebody else has this username"), "{plan}");
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    assert_eq!(sandbox.members(Secondary, "Federated from Acme").len(), 9);
}

#[test]
fn whoever_is_suspended_at_the_primary_is_held_and_others_go_on() {
    let sandbox = sandbox_where(|sandbox| {
        let user = sandbox.user(Primary, "ben.fischer@acme.com");
        let target = format!("/api/systemusers/{}", user["_id"].as_str().expect("users have ids"));
        sandbox.api(Primary, "PUT", &target, &json!({"state": "SUSPENDED"}));
    });
    let plan = sandbox.fedctl("plan demo.yaml --full").exits_with(0);
    assert_snapshot!(section(&plan.stdout, "People"));
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    assert_eq!(sandbox.members(Secondary, "Federated from Acme").len(), 9);
}

#[test]
fn what_a_service_refuses_is_said_and_what_depends_on_it_is_left_out() {
    let sandbox = Sandbox::start_with("--set provider-access=read-only");
    let run = sandbox.fedctl(APPLY).exits_with(5);
    assert_snapshot!(run.stdout);
    assert_eq!(sandbox.list(Secondary, "/api/v2/identity-provider/policies"), [0; 0]);
    assert_eq!(sandbox.outbox(), [0; 0]);
}

#[test]
fn i13_people_whom_an_answer_leaves_out_are_not_taken_for_gone() {
    let sandbox = Sandbox::start_with("--set search-page-max=5");
    assert_snapshot!(sandbox.fedctl(APPLY).exits_with(1));
    sandbox.nothing_was_written();
}

#[test]
fn hostile_names_reach_the_terminal_spelt_out() {
    let sandbox = sandbox_where(|sandbox| {
        sandbox.change_world(|world| {
            let mut groups = world["groups"].as_object_mut().expect("there are groups").values_mut();
            let group = groups.find(|group| group["name"] == "Contractors").expect("they are there");
            group["name"] = json!("Contractors\u{1b}[2J\u{202e}");
        });
    });
    let run = sandbox.fedctl("plan demo.yaml").exits_with(65);
    assert!(!run.stderr.contains(['\u{1b}', '\u{202e}']), "{run}");
    assert_snapshot!(run);
}
