//! `fedctl apply` against a service that fails: after two runs at most everything is there once, and what an answer leaves
//! out is never taken for gone.

use serde_json::{Value, json};

use crate::portal::sign_in;
use crate::sandbox::Sandbox;
use crate::sandbox::Side::{Primary, Secondary};

const APPLY: &str = "apply demo.yaml --auto-approve";
const PLAN: &str = "plan demo.yaml --detailed-exitcode";
/// How many of the dozen in the source group get an account that is routed.
const ROUTED: usize = 10;

fn set(sandbox: &Sandbox, faults: &Value) {
    sandbox.control("PUT", "faults", &faults.to_string());
}

/// How often each fault did something.
fn fired(sandbox: &Sandbox) -> Vec<u64> {
    let listed = sandbox.control("GET", "faults", "").json();
    listed.as_array().expect("a list").iter().map(|row| row["fired"].as_u64().expect("a count")).collect()
}

/// Applies while faults last, once more if the first run did not end well, and asserts that all is as without faults.
#[track_caller]
fn converges(faults: &Value) {
    converges_in(&Sandbox::start(), faults);
}

#[track_caller]
fn converges_in(sandbox: &Sandbox, faults: &Value) {
    set(sandbox, faults);
    let first = sandbox.fedctl(APPLY);
    let met = fired(sandbox);
    assert!(met.iter().all(|count| *count > 0), "{met:?} {first}");
    if first.status != 0 {
        // It may end with a look that does not see the last write yet.
        let second = sandbox.fedctl(APPLY);
        assert!(matches!(second.status, 0 | 7), "{second}");
    }
    sandbox.control("DELETE", "faults", "");
    is_whole(sandbox, &first.to_string());
}

/// Nothing is missing, nothing is there twice.
#[track_caller]
fn is_whole(sandbox: &Sandbox, first: &str) {
    let plan = sandbox.fedctl(PLAN);
    assert_eq!(plan.status, 0, "{plan}\nafter\n{first}");
    let count = |side, target, field: &str, value: &str| {
        sandbox.list(side, target).iter().filter(|row| row[field] == value).count()
    };
    assert_eq!(count(Primary, "/api/applications?limit=100", "displayLabel", "OIDC for Beta"), 1);
    assert_eq!(count(Secondary, "/api/v2/usergroups?limit=100", "name", "Federated from Acme"), 1);
    assert_eq!(sandbox.list(Secondary, "/api/v2/identity-providers").len(), 1);
    assert_eq!(sandbox.list(Secondary, "/api/v2/identity-provider/policies").len(), 1);
    assert_eq!(sandbox.members(Secondary, "Federated from Acme").len(), ROUTED);
    let mut emails: Vec<String> = sandbox
        .list(Secondary, "/api/systemusers?limit=100")
        .iter()
        .map(|user| user["email"].as_str().expect("users have addresses").to_owned())
        .collect();
    let all = emails.len();
    emails.sort();
    emails.dedup();
    assert_eq!(emails.len(), all, "nobody is there twice");
    assert_eq!(sandbox.outbox(), [0; 0]);
    let end = sign_in(sandbox.address(), "ben.fischer@acme.com.beta", "ben.fischer@acme.com");
    assert_eq!(end["signed_in"], true, "{end}");
}

#[test]
fn a_storm_of_429_is_waited_out() {
    let storm = |rate: f64| json!({"path": "/api/**", "rate": rate, "first": 12});
    converges(&json!([
        {"name": "with a time", "when": storm(0.4), "do": {"fail": {"status": 429, "retry_after_s": 0}}},
        {"name": "without", "when": storm(0.4), "do": {"fail": {"status": 429}}},
    ]));
}

#[test]
fn a_rate_limit_is_kept_to() {
    converges(&json!([{"name": "limit", "do": {"rate-limit": {"requests": 19, "per_ms": 500}}}]));
}

#[test]
fn what_was_carried_out_although_the_answer_is_an_error_is_not_done_twice() {
    for method in ["POST", "PUT"] {
        // What shows a secret once is among them: lost twice, it would take a third run.
        let when = json!({"method": method, "path": "/api/**", "rate": 0.5, "first": 10});
        converges(&json!([{"name": "after", "when": when, "do": {"fail": {"status": 503, "after_commit": true}}}]));
    }
}

#[test]
fn an_error_before_anything_was_carried_out_loses_nothing() {
    let bad_gateway = json!({"fail": {"status": 502}});
    converges(&json!([
        {"name": "reads", "when": {"method": "GET", "path": "/api/**", "rate": 0.2}, "do": bad_gateway},
        {"name": "writes", "when": {"method": "PUT", "path": "/api/systemusers/*", "rate": 0.4, "first": 10}, "do": bad_gateway},
    ]));
}

#[test]
fn a_connection_that_breaks_off_anywhere_loses_nothing_and_doubles_nothing() {
    for bytes in [0, 20, 400] {
        // A secret that breaks off in both runs would take a third: the first run has most of them.
        let when = json!({"path": "/api/**", "rate": 0.2, "first": 40});
        converges(&json!([{"name": "cut", "when": when, "do": {"cut": {"at_byte": bytes}}}]));
    }
}

#[test]
fn an_answer_without_a_body_is_not_taken_for_nothing_done() {
    for path in ["/api/systemusers", "/api/applications", "/api/v2/**"] {
        let when = json!({"method": "POST", "path": path, "first": 3});
        converges(&json!([{"name": "empty", "when": when, "do": "empty-body"}]));
    }
}

#[test]
fn what_is_carried_out_late_and_out_of_order_is_not_done_twice() {
    converges(&json!([{"name": "late", "when": {"method": "POST", "path": "/api/systemusers", "rate": 0.4},
        "do": {"late-commit": {"requests": {"uniform": [0, 6]}}}}]));
}

#[test]
fn what_shows_only_later_is_waited_for_and_not_made_again() {
    let sandbox = Sandbox::start();
    // Whoever waits must see time pass.
    sandbox.control("POST", "clock", &json!({"mode": "run"}).to_string());
    converges_in(&sandbox, &json!([{"name": "later", "do": {"delayed-visibility": {"ms": 1_000}}}]));
}

#[test]
fn pages_in_no_order_and_slow_answers_change_nothing() {
    converges(&json!([
        {"name": "order", "do": "unstable-order"},
        {"name": "slow", "when": {"rate": 0.2}, "do": {"latency": {"exponential": 5}}},
    ]));
}

#[test]
fn a_page_that_blocks_us_is_said_and_nothing_more_is_sent() {
    let sandbox = Sandbox::start();
    set(&sandbox, &json!([{"name": "block", "when": {"path": "/api/**"}, "do": "html-403"}]));
    let run = sandbox.fedctl(APPLY);
    assert!(run.status != 0 && run.stderr.contains("block"), "{run}");
    sandbox.control("DELETE", "faults", "");
    assert_eq!(sandbox.list(Secondary, "/api/v2/identity-providers").len(), 0);
}

#[test]
fn i13_no_removal_is_planned_from_a_total_that_lies_or_a_page_that_is_short() {
    let sandbox = Sandbox::applied();
    for effect in [
        json!({"false-total": {"add": -5}}),
        json!({"false-total": {"add": -1000}}),
        json!({"false-total": {"add": 7}}),
        json!({"short-page": {"missing": 1}}),
        json!({"short-page": {"missing": 100}}),
        json!("empty-body"),
        json!("unstable-order"),
    ] {
        for path in ["/api/systemusers", "/api/search/systemusers", "/api/v2/**", "/api/applications", "/**"] {
            set(&sandbox, &json!([{"name": "lie", "when": {"path": path}, "do": effect}]));
            let plan = sandbox.fedctl("plan demo.yaml --format json");
            assert!(!plan.stderr.contains("panicked"), "{plan}");
            if plan.status == 0 {
                let actions = plan.json()["actions"].as_array().expect("a plan has actions").clone();
                let removes = |action: &&Value| action["verb"] == "delete";
                assert_eq!(actions.iter().find(removes), None, "{effect} on {path}: {plan}");
            }
        }
    }
}

#[test]
fn records_with_hostile_fields_end_in_words_and_never_in_a_crash() {
    let sandbox = Sandbox::applied();
    for how in ["missing", "unknown", "null", "wrong-type", "control", "bidi", "huge", "deep"] {
        for path in
            ["/api/systemusers/**", "/api/search/**", "/api/v2/**", "/api/applications/**", "/insights/**", "/**"]
        {
            set(&sandbox, &json!([{"name": how, "when": {"path": path}, "do": {"hostile": {"how": [how]}}}]));
            for command in ["plan demo.yaml", "verify demo.yaml"] {
                let run = sandbox.fedctl(command);
                assert!(run.status != 101 && !run.stderr.contains("panicked"), "{how} on {path}: {run}");
                let printed = format!("{}{}", run.stdout, run.stderr);
                assert!(!printed.contains(['\u{1b}', '\u{202e}', '\u{0}']), "{how} on {path}: {run}");
                assert!(printed.len() < 100_000, "{how} on {path}: {} bytes", printed.len());
            }
        }
    }
}
