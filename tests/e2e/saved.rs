//! Saved plans: made by one hand, looked at by another, applied later and from elsewhere.

use std::process::Stdio;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use serde_json::json;

use crate::env::Run;
use crate::portal::sign_in;
use crate::sandbox::Side::{Primary, Secondary};
use crate::sandbox::{Sandbox, text};

const SAVE: &str = "plan demo.yaml --out x.plan";
const APPLY: &str = "apply x.plan --auto-approve";

/// Sets the attribute that says which account somebody opens, as an administrator does.
fn map(sandbox: &Sandbox, email: &str, value: &str) {
    let user = sandbox.user(Primary, email);
    let attributes = json!([{"name": "acmetobeta", "value": value}]);
    let target = format!("/api/systemusers/{}", text(&user["_id"]));
    sandbox.api(Primary, "PUT", &target, &json!({"attributes": attributes}));
    sandbox.forget_requests();
}

fn join(sandbox: &Sandbox, email: &str) {
    sandbox.change_member(Primary, "add", "Contractors", &sandbox.user(Primary, email));
    sandbox.forget_requests();
}

#[test]
fn whoever_joins_after_a_plan_was_saved_is_left_for_the_next() {
    let sandbox = Sandbox::start();
    let _run = sandbox.fedctl(SAVE).exits_with(0);
    join(&sandbox, "ann.adler@acme.com");
    let run = sandbox.fedctl(APPLY).exits_with(0);
    let said = "1 person is left for the next plan, for the saved one does nothing for them: ann.adler@acme.com";
    assert!(run.stderr.contains(said), "{run}");
    let can = |name: &str| sign_in(sandbox.address(), &format!("{name}@acme.com.beta"), &format!("{name}@acme.com"));
    assert_eq!(can("ben.fischer")["signed_in"], true);
    assert_ne!(can("ann.adler")["signed_in"], true);
    // Again: there is nothing of it left to do, and whoever joined still waits.
    sandbox.forget_requests();
    let report = sandbox.fedctl("apply x.plan --auto-approve --format json").exits_with(0).json();
    assert_eq!((&report["left"], &report["actions"]), (&json!(["ann.adler@acme.com"]), &json!([])));
    let again = sandbox.fedctl(APPLY).exits_with(0);
    assert!(again.stdout.contains("nothing to do") && again.stderr.contains("ann.adler"), "{again}");
    sandbox.nothing_was_written();
    let _run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
    assert_eq!(can("ann.adler")["signed_in"], true);
}

#[test]
fn a_killed_apply_of_a_saved_plan_is_finished_by_the_next() {
    let sandbox = Sandbox::start();
    let _run = sandbox.fedctl(SAVE).exits_with(0);
    let mut killed = sandbox.command(APPLY).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let start = Instant::now();
    while sandbox.writes().len() < 12 && start.elapsed() < Duration::from_secs(20) {}
    killed.kill().expect("it can be killed");
    killed.wait().expect("it ends");
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    let _run = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0);
    assert_eq!(sandbox.outbox(), [0; 0]);
}

#[test]
fn another_account_under_the_same_name_is_stale() {
    let sandbox = Sandbox::applied();
    map(&sandbox, "ben.fischer@acme.com", "nobody@acme.com.beta");
    let _run = sandbox.fedctl(SAVE).exits_with(0);
    let account = sandbox.user(Secondary, "ben.fischer@acme.com.beta");
    sandbox.api(Secondary, "DELETE", &format!("/api/systemusers/{}", text(&account["_id"])), &json!(null));
    // Somebody else's run makes it again.
    let _run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
    sandbox.forget_requests();
    assert_snapshot!(without_ids(&sandbox.fedctl(APPLY).exits_with(3).stderr));
    sandbox.nothing_was_written();
}

/// A text in which every id is `ID`: which account gets which depends on the order of answers.
fn without_ids(text: &str) -> String {
    let piece = |piece: &str| {
        let digits = piece.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
        if digits.len() == 24 { piece.replace(digits, "ID") } else { piece.to_owned() }
    };
    text.split_inclusive(|c: char| !c.is_ascii_hexdigit()).map(piece).collect()
}

#[test]
fn a_field_that_changed_meanwhile_is_stale_and_named() {
    let sandbox = Sandbox::applied();
    map(&sandbox, "ben.fischer@acme.com", "nobody@acme.com.beta");
    let _run = sandbox.fedctl(SAVE).exits_with(0);
    map(&sandbox, "ben.fischer@acme.com", "anybody@acme.com.beta");
    assert_snapshot!(sandbox.fedctl(APPLY).exits_with(3).stderr);
    sandbox.nothing_was_written();
}

#[test]
fn exact_is_said_of_every_object_and_field_that_is_another() {
    let sandbox = Sandbox::applied();
    map(&sandbox, "ben.fischer@acme.com", "nobody@acme.com.beta");
    let _run = sandbox.fedctl(SAVE).exits_with(0);
    map(&sandbox, "ben.fischer@acme.com", "ben.fischer@acme.com.beta");
    join(&sandbox, "ann.adler@acme.com");
    assert_snapshot!(sandbox.fedctl("apply x.plan --auto-approve --exact").exits_with(3).stderr);
    sandbox.nothing_was_written();
    let _run = sandbox.fedctl(SAVE).exits_with(0);
    let _run = sandbox.fedctl("apply x.plan --auto-approve --exact").exits_with(0);
}

#[test]
fn a_plan_is_applied_from_any_folder_and_moves_with_its_spec() {
    let sandbox = Sandbox::start();
    std::fs::create_dir_all(sandbox.home.path().join("elsewhere")).expect("a folder can be made");
    let _run = sandbox.fedctl(SAVE).exits_with(0);
    let there = sandbox.home.path().join("elsewhere");
    let _run = Run::of(sandbox.command("apply ../x.plan --auto-approve").current_dir(&there)).exits_with(0);
    let _run = sandbox.fedctl("plan demo.yaml --out elsewhere/x.plan").exits_with(0);
    let _run = sandbox.fedctl("apply elsewhere/x.plan --auto-approve").exits_with(0);
}

#[test]
fn a_spec_that_changed_is_said_before_anything_is_asked() {
    let sandbox = Sandbox::start();
    let _run = sandbox.fedctl(SAVE).exits_with(0);
    sandbox.forget_requests();
    sandbox.change_spec("[Contractors]", "[Nobody, ]]");
    assert_snapshot!(sandbox.fedctl(APPLY).exits_with(3).stderr);
    assert_eq!(sandbox.requests(), []);
}

#[test]
fn a_plan_is_not_written_over_a_file_that_is_none() {
    let sandbox = Sandbox::start();
    let before = sandbox.home.read("demo.yaml");
    let run = sandbox.fedctl("plan demo.yaml --out demo.yaml").exits_with(64);
    assert!(run.stderr.contains("`demo.yaml` is there and is not a plan"), "{run}");
    assert_eq!(sandbox.home.read("demo.yaml"), before);
    let _twice = [sandbox.fedctl(SAVE).exits_with(0), sandbox.fedctl(SAVE).exits_with(0)];
}

#[test]
fn an_account_that_appeared_where_one_is_to_be_made_is_stale() {
    let sandbox = Sandbox::start();
    let _run = sandbox.fedctl(SAVE).exits_with(0);
    let account = json!({"email": "ben.fischer@acme.com.beta", "username": "somebody", "state": "STAGED"});
    sandbox.api(Secondary, "POST", "/api/systemusers", &account);
    sandbox.forget_requests();
    let run = sandbox.fedctl(APPLY).exits_with(3);
    assert!(run.stderr.contains("secondary/user/ben.fischer@acme.com.beta"), "{run}");
    sandbox.nothing_was_written();
}
