//! Routing off at night, by whatever still works, and on again.

use insta::assert_snapshot;
use serde_json::json;

use crate::env::Run;
use crate::portal::sign_in;
use crate::sandbox::Sandbox;
use crate::sandbox::Side::{Primary, Secondary};

const APPLY: &str = "apply demo.yaml --auto-approve";
const POLICIES: &str = "/api/v2/identity-provider/policies";

/// Whether a person of the primary organisation opens their account of the secondary one.
#[track_caller]
fn can_sign_in(sandbox: &Sandbox, person: &str) -> bool {
    sign_in(sandbox.address(), &format!("{person}@acme.com.beta"), &format!("{person}@acme.com"))["signed_in"] == true
}

/// Whether the one routing policy is on.
#[track_caller]
fn routes(sandbox: &Sandbox) -> bool {
    let policies = sandbox.list(Secondary, POLICIES);
    assert_eq!(policies.len(), 1, "{policies:?}");
    policies[0]["enabled"] == true
}

/// Pauses with the key of the secondary organisation alone.
#[track_caller]
fn pause(sandbox: &Sandbox) -> Run {
    let mut command = sandbox.home.command("pause demo.yaml");
    Run::of(command.env("FEDCTL_BETA_API_KEY", sandbox.key(Secondary)).env("USER", "ann"))
}

/// Asserts that routing was turned off by one write.
#[track_caller]
fn is_paused_by_one_write(sandbox: &Sandbox) {
    let writes = sandbox.writes();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert!(!routes(sandbox));
    assert!(!can_sign_in(sandbox, "ben.fischer"));
}

#[test]
fn one_write_turns_routing_off_and_nothing_is_asked_of_the_primary() {
    let sandbox = Sandbox::applied();
    assert_snapshot!(pause(&sandbox).exits_with(0));
    is_paused_by_one_write(&sandbox);
    let reads = sandbox.requests().len();
    assert!(reads < 14, "{:?}", sandbox.requests());
    // A second time there is nothing to write.
    sandbox.forget_requests();
    let again = pause(&sandbox).exits_with(0);
    assert!(again.stdout.contains("paused already, by ann"), "{again}");
    sandbox.nothing_was_written();
}

#[test]
fn i11_no_plan_turns_on_what_was_paused_and_resume_does() {
    let sandbox = Sandbox::applied();
    let _run = pause(&sandbox).exits_with(0);
    sandbox.forget_requests();
    let plan = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0);
    assert!(plan.stdout.contains("it was paused by ann"), "{plan}");
    let _run = sandbox.fedctl(APPLY);
    sandbox.nothing_was_written();
    // Somebody joins meanwhile: they are made, and not routed.
    sandbox.change_member(Primary, "add", "Contractors", &sandbox.user(Primary, "ann.adler@acme.com"));
    let _run = sandbox.fedctl(APPLY);
    assert!(!routes(&sandbox));
    sandbox.forget_requests();
    assert_snapshot!(sandbox.fedctl("resume demo.yaml --auto-approve").exits_with(0));
    assert!(routes(&sandbox) && can_sign_in(&sandbox, "ben.fischer") && can_sign_in(&sandbox, "ann.adler"));
    let description = sandbox.list(Secondary, POLICIES)[0]["description"].to_string();
    assert!(!description.contains("paused"), "{description}");
    let _run = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0);
    assert_eq!(sandbox.outbox(), [0; 0]);
}

#[test]
fn what_a_human_switched_off_is_resumed_only_at_a_terminal() {
    let sandbox = Sandbox::applied();
    let mut policy = sandbox.list(Secondary, POLICIES).remove(0);
    policy["enabled"] = json!(false);
    let id = policy["id"].as_str().expect("it has an id").to_owned();
    sandbox.api(Secondary, "PUT", &format!("{POLICIES}/{id}"), &policy);
    sandbox.forget_requests();
    let run = sandbox.fedctl("resume demo.yaml --auto-approve").exits_with(4);
    assert!(run.stderr.contains("re-grant"), "{run}");
    sandbox.nothing_was_written();
}

#[test]
fn a_pause_in_the_middle_of_a_set_up_holds_it_and_resume_lets_it_go_on() {
    let sandbox = Sandbox::start();
    let (on, off) = ("sign in at Acme}", "sign in at Acme, enabled: false}");
    let _run = sandbox.fedctl_with(APPLY, on, off);
    let _run = pause(&sandbox).exits_with(0);
    let _run = sandbox.fedctl_with(APPLY, off, on);
    assert!(!routes(&sandbox), "a pause stays");
    let _run = sandbox.fedctl("resume demo.yaml --auto-approve").exits_with(0);
    assert!(routes(&sandbox) && can_sign_in(&sandbox, "ben.fischer"));
    let _run = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0);
}

#[test]
fn whatever_else_cannot_be_read_the_list_of_policies_is_enough() {
    for (path, status) in [
        ("/api/v2/usergroups**", 404),
        ("/api/v2/usergroups**", 403),
        ("/api/organizations", 500),
        ("/api/v2/identity-providers**", 404),
        ("/api/search/systemusers", 403),
    ] {
        let sandbox = Sandbox::applied();
        let faults = json!([{"name": "down", "when": {"path": path}, "do": {"fail": {"status": status}}}]);
        sandbox.control("PUT", "faults", &faults.to_string());
        let _run = pause(&sandbox).exits_with(0);
        sandbox.control("DELETE", "faults", "");
        is_paused_by_one_write(&sandbox);
    }
}

#[test]
fn a_policy_that_cannot_be_looked_at_is_not_written_and_the_way_by_hand_is_said() {
    let sandbox = Sandbox::applied();
    let when = json!({"method": "GET", "path": format!("{POLICIES}/*")});
    let faults = json!([{"name": "down", "when": when, "do": {"fail": {"status": 403}}}]);
    sandbox.control("PUT", "faults", &faults.to_string());
    let run = pause(&sandbox).exits_with(1);
    assert!(run.stdout.contains("could not be looked at") && run.stdout.contains("by hand, in the console"), "{run}");
    sandbox.control("DELETE", "faults", "");
    sandbox.nothing_was_written();
}

#[test]
fn without_a_mark_the_policy_of_our_group_is_paused_and_that_of_another_federation_is_not() {
    let sandbox = Sandbox::applied();
    let mut policy = sandbox.list(Secondary, POLICIES).remove(0);
    let target = format!("{POLICIES}/{}", policy["id"].as_str().expect("it has an id"));
    (policy["description"], policy["name"]) = (json!("wiped"), json!("Renamed"));
    sandbox.api(Secondary, "PUT", &target, &policy);
    sandbox.forget_requests();
    let _run = pause(&sandbox).exits_with(0);
    is_paused_by_one_write(&sandbox);
    policy["description"] = json!("managed by fedctl: other/policy");
    sandbox.api(Secondary, "PUT", &target, &policy);
    sandbox.forget_requests();
    let run = pause(&sandbox).exits_with(0);
    assert!(run.stdout.contains("No routing policy of this federation was found"), "{run}");
    sandbox.nothing_was_written();
}

#[test]
fn what_cannot_be_paused_is_said_with_the_way_by_hand() {
    let sandbox = Sandbox::applied();
    let faults = json!([{"name": "down", "when": {"path": POLICIES}, "do": {"fail": {"status": 403}}}]);
    sandbox.control("PUT", "faults", &faults.to_string());
    let run = pause(&sandbox).exits_with(1);
    assert!(run.stderr.contains("Identity Providers > the routing policy `Acme people sign in at Acme`"), "{run}");
    sandbox.control("DELETE", "faults", "");
    assert!(routes(&sandbox));
}

#[test]
fn without_its_key_a_pause_says_which_is_missing_and_the_way_by_hand() {
    let sandbox = Sandbox::applied();
    let run = Run::of(&mut sandbox.home.command("pause demo.yaml")).exits_with(1);
    for part in ["FEDCTL_BETA_API_KEY", "or by hand, in the console of the secondary organisation"] {
        assert!(run.stderr.contains(part), "{run}");
    }
}

#[test]
#[cfg(unix)]
fn a_lease_that_somebody_holds_stops_no_pause() {
    let sandbox = Sandbox::a_policy_went_just_now();
    // The policy that went is made anew by hand, so that there is one to pause.
    let provider = sandbox.list(Secondary, "/api/v2/identity-providers").remove(0);
    let mark = "managed by fedctl: acme-to-beta/policy";
    let body = json!({"name": "x", "description": mark, "enabled": true, "identityProviderId": provider["id"]});
    sandbox.home.write("stalling.yaml", "version: 1\nsettle: 3600s\n");
    let mut holder = sandbox.command("apply demo.yaml --auto-approve --operator stalling.yaml");
    let mut holder = holder.stderr(std::process::Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    let talk = holder.stderr.take().expect("it is piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(talk), &mut line).expect("it is text");
    assert!(line.contains("may not show yet: waiting"), "{line}");
    sandbox.api(Secondary, "POST", POLICIES, &body);
    sandbox.forget_requests();
    let _run = pause(&sandbox).exits_with(0);
    assert!(!routes(&sandbox));
    holder.kill().expect("it runs");
    holder.wait().expect("it ends");
}

#[test]
fn a_broken_spec_pauses() {
    let sandbox = Sandbox::applied();
    sandbox.change_spec("people:", "peeple: 3\npeople:");
    let run = pause(&sandbox).exits_with(0);
    assert!(run.stderr.contains("goes on with what can be read of it"), "{run}");
    is_paused_by_one_write(&sandbox);
}

#[test]
fn a_spec_that_is_no_yaml_pauses() {
    let sandbox = Sandbox::applied();
    let text = sandbox.home.read("demo.yaml");
    sandbox.home.write("demo.yaml", &format!("{text}\napp: [\n"));
    let _run = pause(&sandbox).exits_with(0);
    is_paused_by_one_write(&sandbox);
}
