//! The wrong organisation, the wrong key, nobody at home: each is said in a way that shows what to do, before anything is
//! written.

use std::time::{Duration, Instant};

use insta::assert_snapshot;
use serde_json::json;

use crate::env::{Run, redact};
use crate::sandbox::Sandbox;
use crate::sandbox::Side::{self, Primary, Secondary};

/// Runs `plan` with another key of the primary organisation.
fn plan_with_primary_key(sandbox: &Sandbox, key: &str) -> Run {
    Run::of(sandbox.command("plan demo.yaml").env("FEDCTL_ACME_API_KEY", key))
}

#[test]
fn organisations_that_are_swapped_are_refused() {
    let sandbox = Sandbox::start();
    let (primary, secondary) = (sandbox.id(Primary), sandbox.id(Secondary));
    sandbox.change_spec(primary, "OTHER");
    sandbox.change_spec(secondary, primary);
    assert_snapshot!(sandbox.fedctl_with("apply demo.yaml --auto-approve", "OTHER", secondary).exits_with(65));
    sandbox.nothing_was_written();
}

#[test]
fn one_organisation_twice_is_refused_without_asking_anybody() {
    let sandbox = Sandbox::start();
    let (primary, secondary) = (sandbox.id(Primary), sandbox.id(Secondary));
    assert_snapshot!(sandbox.fedctl_with("plan demo.yaml", secondary, primary).exits_with(65));
    assert_eq!(sandbox.requests(), []);
}

#[test]
fn a_key_of_another_organisation_is_refused() {
    let sandbox = Sandbox::start();
    assert_snapshot!(plan_with_primary_key(&sandbox, sandbox.key(Secondary)).exits_with(65));
    sandbox.nothing_was_written();
}

#[test]
fn a_key_that_nobody_knows_is_refused() {
    let sandbox = Sandbox::start();
    assert_snapshot!(plan_with_primary_key(&sandbox, "sim_0123456789abcdef0123456789abcdef01234567").exits_with(1));
    sandbox.nothing_was_written();
}

#[test]
fn a_missing_key_is_asked_for_by_the_name_of_its_variable() {
    let sandbox = Sandbox::start();
    assert_snapshot!(Run::of(sandbox.command("plan demo.yaml").env_remove("FEDCTL_BETA_API_KEY")).exits_with(1));
    let both =
        Run::of(sandbox.command("plan demo.yaml").env_remove("FEDCTL_BETA_API_KEY").env("FEDCTL_ACME_API_KEY", " "));
    assert!(both.stderr.contains("$FEDCTL_ACME_API_KEY and $FEDCTL_BETA_API_KEY"), "{both}");
    let _run = plan_with_primary_key(&sandbox, "  ").exits_with(1);
    assert_eq!(sandbox.requests(), []);
}

#[test]
fn a_real_key_is_never_sent_to_a_simulator() {
    let sandbox = Sandbox::start();
    let run = plan_with_primary_key(&sandbox, "4f1d2c3b4a5968778695a4b3c2d1e0f123456789").exits_with(1);
    assert!(!run.stderr.contains("4f1d2c3b"), "{run}");
    assert_snapshot!(run);
    assert_eq!(sandbox.requests(), []);
}

#[test]
fn a_key_of_the_simulator_is_never_sent_anywhere_else() {
    let sandbox = Sandbox::start();
    let line = format!("sandbox: {}", sandbox.base_url());
    assert_snapshot!(sandbox.fedctl_with("plan demo.yaml", &line, "").exits_with(1));
    assert_eq!(sandbox.requests(), []);
}

#[test]
fn a_simulator_on_another_machine_is_refused() {
    let sandbox = Sandbox::start();
    let run = sandbox.fedctl_with("plan demo.yaml", sandbox.base_url(), "http://sandbox.example:8480");
    assert_snapshot!(run.exits_with(65));
}

#[test]
fn a_key_that_cannot_be_a_header_is_refused_without_showing_it() {
    let sandbox = Sandbox::start();
    let run = plan_with_primary_key(&sandbox, "sim_0123456789\nabcdef").exits_with(1);
    assert!(!run.stderr.contains("0123456789"), "{run}");
    assert_snapshot!(run);
}

#[test]
fn a_simulator_that_does_not_run_is_named() {
    let mut sandbox = Sandbox::start();
    sandbox.stop();
    let start = Instant::now();
    let run = sandbox.fedctl("plan demo.yaml").exits_with(1);
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    let is_cause = |line: &&str| line.starts_with("  because: ");
    assert_eq!(run.stderr.lines().filter(is_cause).count(), 1);
    // Which question could not be put, and how the system says so, is another each time.
    let lines: Vec<&str> = run.stderr.lines().filter(|line| !is_cause(line)).collect();
    assert_snapshot!(redact(&lines.join("\n")));
}

#[test]
fn the_key_of_a_provider_opens_both_organisations() {
    let sandbox = Sandbox::start();
    let world = sandbox.world();
    let keys = world["keys"].as_object().expect("there are keys");
    let both = keys.iter().find(|(_, key)| key["organizations"].as_array().is_some_and(|opens| opens.len() == 2));
    let (key, _) = both.expect("one key opens both");
    let with_it = |args: &str| {
        let mut command = sandbox.command(args);
        Run::of(command.env("FEDCTL_ACME_API_KEY", key).env("FEDCTL_BETA_API_KEY", key))
    };
    let _run = with_it("apply demo.yaml --auto-approve").exits_with(0);
    let _run = with_it("plan demo.yaml --detailed-exitcode").exits_with(0);
}

#[test]
fn a_key_that_may_not_list_organisations_still_opens_its_own() {
    let sandbox = Sandbox::start_with("--set organizations-forbidden=true");
    let _run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
}

/// Gives the administrator of a key another role.
fn give_role(sandbox: &Sandbox, side: Side, role: &str) {
    sandbox.change_world(|world| world["keys"][sandbox.key(side)]["role"] = json!(role));
}

#[test]
fn a_key_that_may_not_read_is_told_apart_from_one_that_nobody_knows() {
    for side in [Primary, Secondary] {
        let sandbox = Sandbox::start();
        give_role(&sandbox, side, "command-runner");
        let run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(1);
        assert_snapshot!(if side == Primary { "may_not_read_primary" } else { "may_not_read_secondary" }, run);
        sandbox.nothing_was_written();
    }
}

#[test]
fn a_key_that_may_read_and_not_write_plans_and_is_refused_when_it_applies() {
    let sandbox = Sandbox::start();
    give_role(&sandbox, Primary, "read-only");
    give_role(&sandbox, Secondary, "read-only");
    let _run = sandbox.fedctl("plan demo.yaml").exits_with(0);
    let before = sandbox.world();
    let run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(1);
    assert!(run.stdout.contains("failed: create primary/oidc-app/OIDC for Beta\n    403 Forbidden\n"), "{run}");
    assert!(run.stdout.ends_with("Applied acme-to-beta: 12 failed, 49 skipped.\n"), "{run}");
    let (mut before, mut after) = (before, sandbox.world());
    for world in [&mut before, &mut after] {
        for passing in ["now_ms", "requests", "faults"] {
            world[passing] = json!(null);
        }
    }
    assert!(before == after, "nothing was changed");
}
