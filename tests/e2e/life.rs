//! After the first set-up: people come, and what a human took away stays away.

use insta::assert_snapshot;
use jumpcloud_sim::console;
use serde_json::{Value, json};

use crate::env::Run;
use crate::portal::sign_in;
use crate::sandbox::Side::{Primary, Secondary};
use crate::sandbox::{Sandbox, text};

const PLAN: &str = "plan demo.yaml --detailed-exitcode";
const APPLY: &str = "apply demo.yaml --auto-approve";

/// Whether a person of the primary organisation opens their account of the secondary one.
#[track_caller]
fn can_sign_in(sandbox: &Sandbox, person: &str) -> bool {
    let account = format!("{person}@acme.com.beta");
    let end = sign_in(sandbox.address(), &account, &format!("{person}@acme.com"));
    assert!(end["signed_in"] != true || end["email"] == account, "{end}");
    end["signed_in"] == true
}

/// Changes a user as an administrator does in the console.
#[track_caller]
fn change_user(sandbox: &Sandbox, side: crate::sandbox::Side, email: &str, change: &Value) {
    let user = sandbox.user(side, email);
    sandbox.api(side, "PUT", &format!("/api/systemusers/{}", text(&user["_id"])), change);
}

/// Turns the routing policy on or off as an administrator does in the console.
#[track_caller]
fn switch_policy(sandbox: &Sandbox, on: bool) {
    let mut policies = sandbox.list(Secondary, "/api/v2/identity-provider/policies");
    let mut policy = policies.pop().expect("there is a policy");
    policy["enabled"] = json!(on);
    sandbox.api(Secondary, "PUT", &format!("/api/v2/identity-provider/policies/{}", text(&policy["id"])), &policy);
    sandbox.forget_requests();
}

/// Lets two days pass.
#[track_caller]
fn two_days_later(sandbox: &Sandbox) {
    sandbox.change_world(|world| {
        let now = world["now_ms"].as_u64().expect("a world has a clock");
        world["now_ms"] = json!(now + 2 * 24 * 60 * 60 * 1000);
    });
}

/// Asserts that there is nothing to do and that applying does nothing; gives the plan.
#[track_caller]
fn stays(sandbox: &Sandbox) -> String {
    let plan = sandbox.fedctl(PLAN).exits_with(0);
    let _run = sandbox.fedctl(APPLY);
    sandbox.nothing_was_written();
    plan.to_string()
}

#[test]
fn everybody_who_is_planned_signs_in_with_the_primary_password_and_nobody_else_does() {
    let sandbox = Sandbox::start();
    assert!(!can_sign_in(&sandbox, "ben.fischer"));
    let planned = sandbox.fedctl("plan demo.yaml --format json").exits_with(0).json();
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    for person in planned["people"].as_array().expect("there are people") {
        let name = text(&person["person"]).split('@').next().unwrap_or_default();
        assert_eq!(can_sign_in(&sandbox, name), person["fate"] == "gains", "{person}");
    }
    assert!(!can_sign_in(&sandbox, "ann.adler"));
}

#[test]
fn nobody_opens_an_account_with_the_password_of_another() {
    let sandbox = Sandbox::applied();
    let end = sign_in(sandbox.address(), "ben.fischer@acme.com.beta", "vera.patel@acme.com");
    // The portal opens whom the claim names, whatever was typed: the account of whoever authenticated.
    assert_eq!(end["email"], "vera.patel@acme.com.beta", "{end}");
}

#[test]
fn people_of_the_secondary_sign_in_as_before() {
    let sandbox = Sandbox::applied();
    for email in ["admin@beta.com", "breakglass@beta.com"] {
        let end = sign_in(sandbox.address(), email, email);
        assert_eq!((&end["signed_in"], &end["email"]), (&json!(true), &json!(email)), "{end}");
    }
}

#[test]
fn whoever_joins_the_source_group_is_all_that_a_plan_changes() {
    let sandbox = Sandbox::applied();
    sandbox.change_member(Primary, "add", "Contractors", &sandbox.user(Primary, "ann.adler@acme.com"));
    sandbox.forget_requests();
    let plan = sandbox.fedctl(PLAN).exits_with(2);
    let document = sandbox.fedctl("plan demo.yaml --format json").exits_with(0).json();
    for action in document["actions"].as_array().expect("there are actions") {
        let is_check = action["verb"] == "check";
        assert!(is_check || action["person"] == "ann.adler@acme.com", "{action}");
    }
    assert_snapshot!(plan);
    sandbox.nothing_was_written();
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    assert!(can_sign_in(&sandbox, "ann.adler"));
    assert!(can_sign_in(&sandbox, "ben.fischer"));
    let _run = sandbox.fedctl(PLAN).exits_with(0);
    assert_eq!(sandbox.outbox(), [0; 0]);
}

#[test]
fn whoever_gets_a_password_at_the_primary_is_held_no_longer() {
    let sandbox = Sandbox::applied();
    assert!(!can_sign_in(&sandbox, "pablo.larsen"));
    change_user(&sandbox, Primary, "pablo.larsen@acme.com", &json!({"password": "simulated password"}));
    let _run = sandbox.fedctl(PLAN).exits_with(2);
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    assert!(can_sign_in(&sandbox, "pablo.larsen"));
}

#[test]
fn who_left_is_suspended_and_a_day_that_is_long_enough_later_their_account_is_deleted() {
    let sandbox = Sandbox::start();
    sandbox.change_spec("people:\n", "people:\n  on_leave: {delete: {after: 1d}}\n");
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    sandbox.change_member(Primary, "remove", "Contractors", &sandbox.user(Primary, "ben.fischer@acme.com"));
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    assert_eq!(sandbox.user(Secondary, "ben.fischer@acme.com.beta")["state"], "SUSPENDED");
    let _run = sandbox.fedctl(PLAN).exits_with(0);
    two_days_later(&sandbox);
    assert_snapshot!(sandbox.fedctl(PLAN).exits_with(2));
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    let left = sandbox.list(Secondary, "/api/systemusers?limit=100");
    assert!(left.iter().all(|user| user["email"] != "ben.fischer@acme.com.beta"), "{left:?}");
    assert!(can_sign_in(&sandbox, "vera.patel"));
    assert_eq!(sandbox.outbox(), [0; 0]);
    let _run = sandbox.fedctl(PLAN).exits_with(0);
}

#[test]
fn who_marries_and_gets_another_address_signs_in_to_the_same_account_under_the_new_one() {
    let sandbox = Sandbox::start();
    sandbox.change_spec("  mapping:\n", "  mapping:\n    on_email_change: follow\n");
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    let account = sandbox.user(Secondary, "ben.fischer@acme.com.beta");
    change_user(&sandbox, Primary, "ben.fischer@acme.com", &json!({"email": "ben.keller@acme.com"}));
    sandbox.forget_requests();
    assert_snapshot!(sandbox.fedctl(PLAN).exits_with(2));
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    let writes: Vec<String> = sandbox.writes().into_iter().map(|(method, path)| format!("{method} {path}")).collect();
    let user = text(&sandbox.user(Primary, "ben.keller@acme.com")["_id"]).to_owned();
    let expected = [text(&account["_id"]), &user].map(|id| format!("PUT /api/systemusers/{id}"));
    assert_eq!(writes, expected);
    assert!(can_sign_in(&sandbox, "ben.keller"));
    assert_eq!(sandbox.user(Secondary, "ben.keller@acme.com.beta")["_id"], account["_id"]);
    assert_eq!(sandbox.outbox(), [0; 0]);
    let _run = sandbox.fedctl(PLAN).exits_with(0);
}

#[test]
fn a_routing_policy_that_was_switched_off_stays_off() {
    let sandbox = Sandbox::applied();
    switch_policy(&sandbox, false);
    assert_snapshot!(stays(&sandbox));
    assert!(!can_sign_in(&sandbox, "ben.fischer"));
    assert_snapshot!("verify_with_the_policy_off", sandbox.fedctl("verify demo.yaml").exits_with(2));
    switch_policy(&sandbox, true);
    assert!(can_sign_in(&sandbox, "ben.fischer"));
}

#[test]
fn an_account_that_was_suspended_stays_suspended() {
    let sandbox = Sandbox::applied();
    change_user(&sandbox, Secondary, "ben.fischer@acme.com.beta", &json!({"state": "SUSPENDED"}));
    sandbox.forget_requests();
    assert_snapshot!(stays(&sandbox));
    assert!(!can_sign_in(&sandbox, "ben.fischer"));
    assert_eq!(sandbox.user(Secondary, "ben.fischer@acme.com.beta")["state"], "SUSPENDED");
}

#[test]
fn an_account_that_was_taken_out_of_the_routing_group_stays_out() {
    let sandbox = Sandbox::applied();
    two_days_later(&sandbox);
    let account = sandbox.user(Secondary, "ben.fischer@acme.com.beta");
    sandbox.change_member(Secondary, "remove", "Federated from Acme", &account);
    sandbox.forget_requests();
    assert_snapshot!(stays(&sandbox));
    assert!(!can_sign_in(&sandbox, "ben.fischer"));
    assert!(can_sign_in(&sandbox, "vera.patel"));
}

#[test]
fn an_account_of_an_interrupted_run_is_routed_by_the_next() {
    let sandbox = Sandbox::applied();
    let account = sandbox.user(Secondary, "ben.fischer@acme.com.beta");
    sandbox.change_member(Secondary, "remove", "Federated from Acme", &account);
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    assert!(can_sign_in(&sandbox, "ben.fischer"));
}

#[test]
fn a_mapping_that_was_changed_by_hand_is_set_right() {
    let sandbox = Sandbox::applied();
    let attributes = json!([{"name": "acmetobeta", "value": "nobody@acme.com.beta"}]);
    change_user(&sandbox, Primary, "ben.fischer@acme.com", &json!({"attributes": attributes}));
    assert!(!can_sign_in(&sandbox, "ben.fischer"));
    assert_snapshot!(sandbox.fedctl(PLAN).exits_with(2));
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    assert!(can_sign_in(&sandbox, "ben.fischer"));
}

#[test]
fn whoever_has_the_attribute_of_somebody_else_is_named() {
    let sandbox = Sandbox::applied();
    let attributes = json!([{"name": "acmetobeta", "value": "Ben.Fischer@acme.com.beta"}]);
    change_user(&sandbox, Primary, "noah.brandt@acme.com", &json!({"attributes": attributes}));
    assert_snapshot!(sandbox.fedctl("verify demo.yaml").exits_with(2));
    let trace = sandbox.fedctl("trace demo.yaml ben.fischer@acme.com").exits_with(2);
    assert!(
        trace
            .stdout
            .contains("somebody else's attribute is the address of their account\n      noah.brandt@acme.com\n"),
        "{trace}"
    );
    let json = sandbox.fedctl("trace demo.yaml ben.fischer@acme.com --format json").exits_with(2).json();
    assert_eq!(json["rivals"], json!(["noah.brandt@acme.com"]));
}

#[test]
fn an_app_that_was_changed_by_hand_is_set_right() {
    let sandbox = Sandbox::applied();
    sandbox.by_hand(|world| {
        let app = ours(world);
        console::set_redirect_uris(world, app, &["https://example.com/elsewhere"]);
        console::set_claims(world, app, &[("email", "email"), ("groups", "groups")])
    });
    assert_snapshot!("trace_with_a_wrong_claim", sandbox.fedctl("trace demo.yaml ben.fischer@acme.com").exits_with(2));
    assert_snapshot!(sandbox.fedctl(PLAN).exits_with(2));
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    assert!(can_sign_in(&sandbox, "ben.fischer"));
    let settled = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0);
    assert!(settled.stdout.contains("https://example.com/elsewhere"), "what is beyond the spec is said: {settled}");
}

#[test]
fn an_app_that_was_deleted_by_hand_is_made_anew() {
    let sandbox = Sandbox::applied();
    sandbox.by_hand(|world| {
        let app = ours(world);
        console::delete_app(world, app)
    });
    assert_snapshot!("verify_without_the_app", sandbox.fedctl("verify demo.yaml").exits_with(2));
    let plan = sandbox.fedctl(PLAN).exits_with(4);
    assert_snapshot!(plan);
    let run = sandbox.fedctl(&lift(&plan)).exits_with(0);
    assert!(run.stderr.contains("can sign in as far as can be known"), "{run}");
    assert!(can_sign_in(&sandbox, "ben.fischer"));
}

/// The command that goes on all the same, as a refusal says it.
#[track_caller]
fn lift(plan: &Run) -> String {
    let line = plan.stdout.lines().find_map(|line| line.trim().strip_prefix("fedctl apply "));
    format!("apply {} --auto-approve", line.unwrap_or_else(|| panic!("no lift in {plan}")))
}

fn ours(world: &jumpcloud_sim::World) -> jumpcloud_sim::AppId {
    let org = world.organizations().next().expect("there are two").id;
    world.apps(org).find(|app| app.display_label == "OIDC for Beta").expect("ours is there").id
}
