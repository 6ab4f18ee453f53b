//! Guards from outside: what a refused plan says, and how far `--allow` lifts one.

use insta::assert_snapshot;

use crate::env::Run;
use crate::sandbox::Sandbox;

const PLAN: &str = "plan demo.yaml --detailed-exitcode";

/// A federation whose spec turns routing off for everybody.
#[track_caller]
fn turned_off() -> Sandbox {
    let sandbox = Sandbox::applied();
    let policy = "Acme people sign in at Acme";
    sandbox.change_spec(policy, &format!("{policy}, enabled: false"));
    sandbox.forget_requests();
    sandbox
}

/// What a refused plan says to be said.
#[track_caller]
fn lift(plan: &Run) -> String {
    let text = plan.json()["allow"][0].as_str().expect("something lifts it").to_owned();
    assert!(text.starts_with("max-losses=10@"), "{text}");
    text
}

/// Asserts that nothing is written, and gives what is said.
#[track_caller]
fn denied(sandbox: &Sandbox, allow: &str, code: i32) -> String {
    let run = sandbox.fedctl(&format!("apply demo.yaml --auto-approve --quiet --allow {allow}")).exits_with(code);
    sandbox.nothing_was_written();
    run.to_string()
}

#[test]
fn a_refused_plan_says_what_lifts_the_guard_and_that_lifts_it() {
    let sandbox = turned_off();
    assert_snapshot!("a_plan_that_takes_sign_in_from_too_many", sandbox.fedctl(PLAN).exits_with(4));
    let lift = lift(&sandbox.fedctl("plan demo.yaml --format json").exits_with(4));
    let markdown = sandbox.fedctl("plan demo.yaml --format markdown").exits_with(4);
    assert!(markdown.stdout.contains(&format!("goes on with `--allow {lift}`")), "{markdown}");
    let lifted = sandbox.fedctl(&format!("{PLAN} --allow {lift}")).exits_with(2);
    assert!(lifted.stdout.contains("Lifted: somebody allows this for this plan\n  / max-losses: "), "{lifted}");
    let lifted = sandbox.fedctl(&format!("plan demo.yaml --format json --allow {lift}")).exits_with(0).json();
    assert_eq!(
        (lifted["refusals"].as_array().map(Vec::len), lifted["lifted"][0]["count"].as_u64()),
        (Some(0), Some(10))
    );
    let apply = sandbox.fedctl(&format!("apply demo.yaml --auto-approve --allow {lift}"));
    assert!(apply.stderr.contains("Lifted: ") && apply.stdout.contains("applied"), "{apply}");
    let _again = sandbox.fedctl(PLAN).exits_with(0);
}

#[test]
fn a_lift_is_for_one_plan_and_goes_as_far_as_it_says() {
    let sandbox = turned_off();
    let lift = lift(&sandbox.fedctl("plan demo.yaml --format json").exits_with(4));
    let digest = lift.rsplit('@').next().expect("there is one");
    assert_snapshot!(denied(&sandbox, &format!("max-losses=9@{digest}"), 4));
    assert_snapshot!("a_lift_for_another_plan", denied(&sandbox, "max-losses=10@0123456789abcdef", 4));
    assert_snapshot!("a_lift_of_a_guard_that_does_not_refuse", denied(&sandbox, &format!("capture@{digest}"), 4));
    for (allow, says) in [
        (format!("max-losses@{digest}"), "`max-losses` takes a number"),
        (format!("protected@{digest}"), "nothing lifts the guard `protected`"),
        (format!("max-loses=10@{digest}"), "did you mean `max-losses`?"),
        ("max-losses=10".to_owned(), "write GUARD=COUNT@DIGEST"),
        ("max-losses=10@12".to_owned(), "`12` is no digest of a plan"),
    ] {
        let said = denied(&sandbox, &allow, 64);
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn a_saved_plan_carries_no_lift_and_takes_the_one_for_it() {
    let sandbox = turned_off();
    let plan = format!("{PLAN} --out saved.plan");
    let _plan = sandbox.fedctl(&plan).exits_with(4);
    let lift = lift(&sandbox.fedctl("show saved.plan --format json").exits_with(0));
    let _lifted = sandbox.fedctl(&format!("{plan} --allow {lift}")).exits_with(2);
    let apply = sandbox.fedctl("apply saved.plan --auto-approve").exits_with(4);
    assert!(apply.stderr.contains("a guard refused this plan; nothing was written"), "{apply}");
    sandbox.nothing_was_written();
    let apply = sandbox.fedctl(&format!("apply saved.plan --auto-approve --allow {lift}"));
    assert!(!sandbox.writes().is_empty(), "{apply}");
}

#[test]
fn neither_the_spec_nor_the_operator_file_holds_a_lift() {
    let sandbox = turned_off();
    let lift = lift(&sandbox.fedctl("plan demo.yaml --format json").exits_with(4));
    let spec = sandbox.home.read("demo.yaml");
    sandbox.home.write("demo.yaml", &format!("{spec}\nallow: [{lift}]\n"));
    let run = sandbox.fedctl("plan demo.yaml").exits_with(65);
    assert!(run.stderr.contains("`allow` belongs to"), "{run}");
    sandbox.home.write("demo.yaml", &spec);
    sandbox.home.write("operator.yaml", &format!("version: 1\nallow: [{lift}]\n"));
    let run = sandbox.fedctl("plan demo.yaml --operator operator.yaml").exits_with(65);
    assert!(run.stderr.contains("allow"), "{run}");
    sandbox.nothing_was_written();
}
