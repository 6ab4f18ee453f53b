//! A folder of specs is planned together: one after the other, one report, and what has no spec is said.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::env::redact;
use crate::sandbox::Sandbox;
use crate::sandbox::Side::Secondary;

/// A federated sandbox in whose folder nothing but `fleet/` is a spec.
fn fleet() -> Sandbox {
    let sandbox = Sandbox::applied();
    std::fs::create_dir(sandbox.home.path().join("fleet")).expect("a folder can be made");
    sandbox.home.write("fleet/acme.yaml", &sandbox.home.read("demo.yaml"));
    sandbox
}

/// The report below the plans.
fn report(stdout: &str) -> String {
    let at = stdout.rfind("Fleet: ").unwrap_or_else(|| panic!("{stdout}"));
    redact(&stdout[at..])
}

fn add_orphan(sandbox: &Sandbox) {
    let group = json!({"name": "Federated from Gone", "description": "managed by fedctl: gone/routing-group"});
    sandbox.api(Secondary, "POST", "/api/v2/usergroups", &group);
    sandbox.forget_requests();
}

#[test]
fn one_spec_that_fails_stops_no_other_and_the_worst_end_is_the_end() {
    let sandbox = fleet();
    let text = sandbox.home.read("demo.yaml");
    sandbox.home.write("fleet/broken.yaml", "federation: broken\npeeple: 1\n");
    let unknown = text.replace("acme-to-beta", "lost").replace("credentials: beta", "credentials: nobody");
    sandbox.home.write("fleet/lost.yaml", &unknown);
    add_orphan(&sandbox);
    let run = sandbox.fedctl("plan fleet").exits_with(65);
    assert_snapshot!(report(&run.stdout));
    assert!(run.stdout.contains("acme-to-beta: people of acme"), "{run}");
    assert!(run.stderr.contains("FEDCTL_NOBODY_API_KEY"), "{run}");
    sandbox.nothing_was_written();
}

#[test]
fn a_fleet_without_differences_ends_well_and_one_with_them_says_so_when_asked() {
    let sandbox = fleet();
    let run = sandbox.fedctl("plan fleet --detailed-exitcode").exits_with(0);
    assert_eq!(report(&run.stdout), "Fleet: 1 spec\n  fleet/acme.yaml  acme-to-beta  nothing to do\n");
    let fresh = Sandbox::start();
    let _run = fresh.fedctl("plan . --detailed-exitcode").exits_with(2);
    let _run = fresh.fedctl("plan .").exits_with(0);
}

#[test]
fn marks_without_a_file_are_orphans_until_a_file_had_that_name() {
    let sandbox = fleet();
    add_orphan(&sandbox);
    let orphans =
        |sandbox: &Sandbox| sandbox.fedctl("plan fleet --format json").exits_with(0).json()["orphans"].clone();
    let orphan = json!({
        "federation": "gone", "organization": sandbox.id(Secondary),
        "object": "secondary/user-group/Federated from Gone",
    });
    assert_eq!(orphans(&sandbox), json!([orphan]));
    let markdown = sandbox.fedctl("plan fleet --format markdown").exits_with(0).stdout;
    assert!(markdown.contains("**Orphan** `gone`"), "{markdown}");
    let text = sandbox.home.read("fleet/acme.yaml");
    sandbox.home.write("fleet/acme.yaml", &text.replace("acme-to-beta", "acme-to-beta\nformerly: [gone]"));
    let plans = sandbox.fedctl("plan fleet --format json").json();
    assert_eq!(plans["orphans"], json!([]));
    assert_eq!(plans["plans"].as_array().map(Vec::len), Some(1));
}

#[test]
fn two_files_of_one_name_are_refused_before_anybody_is_asked() {
    let sandbox = fleet();
    let text = sandbox.home.read("demo.yaml");
    sandbox.home.write("fleet/again.yaml", &text.replace("acme-to-beta", "other\nformerly: [acme-to-beta]"));
    sandbox.forget_requests();
    let run = sandbox.fedctl("plan fleet").exits_with(65);
    assert!(
        run.stderr.contains("`fleet/acme.yaml` and `fleet/again.yaml` are both federation `acme-to-beta`"),
        "{run}"
    );
    assert_eq!(sandbox.requests(), []);
}

#[test]
fn files_are_named_one_by_one_too_and_what_is_for_one_plan_is_refused() {
    let sandbox = fleet();
    let run = sandbox.fedctl("plan demo.yaml fleet/acme.yaml").exits_with(65);
    assert!(run.stderr.contains("are both federation"), "{run}");
    let run = sandbox.fedctl("plan fleet --out x.plan").exits_with(64);
    assert!(run.stderr.contains("plan that spec by itself"), "{run}");
    let run = sandbox.fedctl("plan fleet fleet/acme.yaml --format json").exits_with(0);
    let specs: Value = run.json()["specs"].clone();
    assert_eq!(specs.as_array().map(Vec::len), Some(1), "a file is planned once: {specs}");
}
