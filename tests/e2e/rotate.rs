//! A new client secret: a new app beside the old one, proved, and the provider moves.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::env::without_ids;
use crate::portal::sign_in;
use crate::sandbox::Sandbox;
use crate::sandbox::Side::{Primary, Secondary};

const ROTATE: &str = "rotate demo.yaml --auto-approve";
const APPLY: &str = "apply demo.yaml --auto-approve";
const PLAN: &str = "plan demo.yaml --detailed-exitcode";

/// The apps of the federation, oldest first.
fn apps(sandbox: &Sandbox) -> Vec<Value> {
    let mut apps = sandbox.list(Primary, "/api/applications?limit=100");
    apps.retain(|app| app["displayLabel"] == "OIDC for Beta");
    apps.sort_by_key(|app| app["_id"].to_string());
    apps
}

#[track_caller]
fn can_sign_in(sandbox: &Sandbox) {
    let end = sign_in(sandbox.address(), "ben.fischer@acme.com.beta", "ben.fischer@acme.com");
    assert_eq!((&end["signed_in"], &end["email"]), (&json!(true), &json!("ben.fischer@acme.com.beta")), "{end}");
}

/// The client id that the identity provider has.
fn client_id(sandbox: &Sandbox) -> String {
    sandbox.list(Secondary, "/api/v2/identity-providers")[0]["oidc"]["clientId"].to_string()
}

/// Lets days pass.
fn days(sandbox: &Sandbox, days: u64) {
    sandbox.change_world(|world| {
        let now = world["now_ms"].as_u64().expect("a world has a clock");
        world["now_ms"] = json!(now + days * 24 * 60 * 60 * 1000);
    });
}

#[test]
fn a_new_app_takes_the_place_of_the_old_one_which_goes_when_somebody_has_crossed() {
    let sandbox = Sandbox::applied();
    let before = client_id(&sandbox);
    let run = sandbox.fedctl(ROTATE).exits_with(0);
    assert_snapshot!(without_ids(&run.to_string()));
    let both = apps(&sandbox);
    assert_eq!(both.iter().map(|app| app["active"] == true).collect::<Vec<_>>(), [false, true], "{both:?}");
    assert!(both[0]["description"].to_string().contains("acme-to-beta/app, retired 20"), "{both:?}");
    assert!(both[1]["description"].to_string().contains("acme-to-beta/app, generation 2"), "{both:?}");
    assert_ne!(client_id(&sandbox), before);
    // What waits is no difference.
    let plan = sandbox.fedctl(PLAN).exits_with(0);
    assert!(plan.stdout.contains("it is kept, inactive, until somebody has signed in"), "{plan}");
    can_sign_in(&sandbox);
    let plan = sandbox.fedctl(PLAN).exits_with(2);
    assert_snapshot!("the_old_app_goes", without_ids(&plan.to_string()));
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    assert_eq!(apps(&sandbox).len(), 1);
    can_sign_in(&sandbox);
    let _run = sandbox.fedctl(PLAN).exits_with(0);
    assert_eq!(sandbox.outbox(), [0; 0]);
}

#[test]
fn the_old_app_goes_after_the_drain_time_if_nobody_is_seen() {
    let sandbox = Sandbox::applied();
    let _run = sandbox.fedctl(ROTATE).exits_with(0);
    for (passed, left) in [(29, 2), (2, 1)] {
        days(&sandbox, passed);
        let _run = sandbox.fedctl(APPLY).exits_with(0);
        assert_eq!(apps(&sandbox).len(), left);
    }
    can_sign_in(&sandbox);
}

#[test]
fn a_rotation_that_is_broken_off_is_finished_by_the_spec_or_taken_back_without_it() {
    for (method, path) in [
        ("POST", "/api/v2/applications/*/sso"),
        ("PUT", "/api/v2/identity-providers/*"),
        ("PUT", "/api/applications/*"),
    ] {
        for generation in [2, 1] {
            let sandbox = Sandbox::applied();
            let when = json!({"method": method, "path": path, "first": 9});
            let faults = json!([{"name": "refused", "when": when, "do": {"fail": {"status": 403}}}]);
            sandbox.control("PUT", "faults", &faults.to_string());
            let run = sandbox.fedctl(ROTATE);
            assert!(matches!(run.status, 1 | 5), "{run}");
            sandbox.control("DELETE", "faults", "");
            can_sign_in(&sandbox);
            sandbox.change_spec("label: OIDC for Beta}", &format!("label: OIDC for Beta, generation: {generation}}}"));
            let _run = sandbox.fedctl(APPLY).exits_with(0);
            let _run = sandbox.fedctl(APPLY).exits_with(0);
            let _run = sandbox.fedctl(PLAN).exits_with(0);
            can_sign_in(&sandbox);
            let active = apps(&sandbox).iter().filter(|app| app["active"] == true).count();
            assert_eq!(active, 1, "{method} {path} {generation}: {:?}", apps(&sandbox));
        }
    }
}

#[test]
fn i11_an_app_that_somebody_made_inactive_is_not_replaced_by_an_active_one() {
    let sandbox = Sandbox::applied();
    let app = apps(&sandbox).remove(0);
    let body = json!({
        "active": false, "name": app["name"], "displayLabel": app["displayLabel"], "displayName": app["displayName"],
        "description": app["description"], "config": {}, "sso": {"type": "oidc", "hidden": true},
    });
    let target = format!("/api/applications/{}", app["_id"].as_str().expect("it has an id"));
    sandbox.api(Primary, "PUT", &target, &body);
    sandbox.forget_requests();
    let run = sandbox.fedctl(ROTATE);
    assert!(run.to_string().contains("that waits until this one is ours, active"), "{run}");
    assert_eq!(apps(&sandbox).len(), 1);
}

#[test]
fn the_age_of_the_secret_is_an_exit_code() {
    let sandbox = Sandbox::applied();
    let young = sandbox.fedctl("rotate demo.yaml --check-age 180d").exits_with(0);
    assert_eq!(young.stdout, "The client secret is 0 days old (generation 1): young enough.\n");
    days(&sandbox, 181);
    let old = sandbox.fedctl("rotate demo.yaml --check-age 180d").exits_with(2);
    assert_eq!(old.stdout, "The client secret is 181 days old (generation 1): older than 180 days: rotate it.\n");
    sandbox.nothing_was_written();
    let none = Sandbox::start();
    let _run = none.fedctl("rotate demo.yaml --check-age 180d").exits_with(1);
    let _run = none.fedctl(ROTATE).exits_with(1);
    none.nothing_was_written();
}
