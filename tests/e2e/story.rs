//! What the program is for: two organisations that are federated by `plan` and `apply`, with nothing done by hand.

use insta::assert_snapshot;

use crate::sandbox::Sandbox;

#[test]
fn a_plan_shows_what_would_change_for_whom_and_why_and_changes_nothing() {
    let sandbox = Sandbox::start();
    assert_snapshot!(sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(2));
    sandbox.nothing_was_written();
}

#[test]
fn a_plan_with_differences_exits_with_0_unless_asked() {
    let _run = Sandbox::start().fedctl("plan demo.yaml").exits_with(0);
}

#[test]
fn a_full_plan_lists_everybody_and_every_action() {
    assert_snapshot!(Sandbox::start().fedctl("plan demo.yaml --full").exits_with(0));
}

#[test]
fn after_apply_a_plan_is_empty_and_only_reads() {
    let sandbox = Sandbox::start();
    assert_snapshot!("apply", sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0));
    assert_ne!(sandbox.writes(), []);
    sandbox.forget_requests();
    assert_snapshot!("plan_after_apply", sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0));
    assert_ne!(sandbox.requests(), []);
    sandbox.nothing_was_written();
}

#[test]
fn applying_again_sends_no_write() {
    let sandbox = Sandbox::applied();
    assert_snapshot!(sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0));
    sandbox.nothing_was_written();
    let _run = sandbox.fedctl("apply demo.yaml").exits_with(0);
}

#[test]
fn nobody_gets_a_mail() {
    assert_eq!(Sandbox::applied().outbox(), [0; 0]);
}

#[test]
fn verify_says_who_can_sign_in_and_who_is_not_ready() {
    let sandbox = Sandbox::applied();
    assert_snapshot!(sandbox.fedctl("verify demo.yaml").exits_with(0));
    let _run = sandbox.fedctl("verify demo.yaml --strict").exits_with(2);
    sandbox.nothing_was_written();
}

#[test]
fn verify_before_apply_says_what_is_missing() {
    assert_snapshot!(Sandbox::start().fedctl("verify demo.yaml").exits_with(2));
}

#[test]
fn a_trace_follows_one_person_by_either_address() {
    let sandbox = Sandbox::applied();
    let by_primary = sandbox.fedctl("trace demo.yaml ben.fischer@acme.com").exits_with(0);
    let by_secondary = sandbox.fedctl("trace demo.yaml Ben.Fischer@acme.com.beta").exits_with(0);
    assert_eq!(by_primary.stdout, by_secondary.stdout);
    assert_snapshot!(by_primary);
}

#[test]
fn a_trace_of_somebody_held_names_the_hop_and_the_fix() {
    assert_snapshot!(Sandbox::applied().fedctl("trace demo.yaml pablo.larsen@acme.com").exits_with(2));
}

#[test]
fn a_trace_before_apply_tells_what_is_not_there_from_what_is_wrong() {
    assert_snapshot!(Sandbox::start().fedctl("trace demo.yaml ben.fischer@acme.com").exits_with(2));
}

#[test]
fn a_trace_of_a_stranger_says_how_people_come_in() {
    assert_snapshot!(Sandbox::applied().fedctl("trace demo.yaml nobody@acme.com").exits_with(1));
}

#[test]
fn plans_of_one_state_are_equal_byte_for_byte() {
    let sandbox = Sandbox::start();
    let plan = || sandbox.fedctl("plan demo.yaml --full").exits_with(0).stdout;
    let first = plan();
    for _ in 0..5 {
        assert_eq!(plan(), first);
    }
}
