//! `fedctl init --from-live`: what was made by hand becomes a spec, and where several could be meant, they are named.

use jumpcloud_sim::console;

use crate::howto::{Choices, DEMO, able_contractors, federate_by_hand};
use crate::picture::{differences, picture};
use crate::sandbox::Sandbox;
use crate::sandbox::Side::{Primary, Secondary};

fn init(sandbox: &Sandbox, more: &str) -> String {
    let (primary, secondary) = (sandbox.id(Primary), sandbox.id(Secondary));
    format!(
        "init --from-live --primary acme={primary} --secondary beta={secondary} --sandbox {} {more}",
        sandbox.base_url()
    )
}

#[track_caller]
fn by_hand(choices: &Choices<'_>) -> Sandbox {
    let sandbox = Sandbox::start();
    let people = able_contractors(&sandbox);
    federate_by_hand(&sandbox, choices, &people);
    sandbox.forget_requests();
    sandbox
}

#[test]
fn i3_i6_the_spec_that_it_writes_takes_over_and_changes_nothing() {
    let choices = Choices { attribute: "SecondaryEmail", routing_group: "Federated Users", by_suffix: false, ..DEMO };
    let sandbox = by_hand(&choices);
    let before = picture(&sandbox);
    let run = sandbox.fedctl(&init(&sandbox, "--out acme.yaml")).exits_with(0);
    assert!(run.stderr.contains("takes over by 13 marks and nothing else"), "{run}");
    sandbox.nothing_was_written();
    let _run = sandbox.fedctl("apply acme.yaml --auto-approve").exits_with(0);
    assert_eq!(differences(&before, &picture(&sandbox)), [""; 0], "but for the marks nothing changed");
    let _run = sandbox.fedctl("plan acme.yaml --detailed-exitcode").exits_with(0);
    let again = sandbox.fedctl(&init(&sandbox, "")).exits_with(1);
    assert!(again.stderr.contains("carries the mark of federation `acme-to-beta`"), "{again}");
}

#[test]
fn several_are_named_and_a_file_that_is_there_is_kept() {
    let sandbox = by_hand(&DEMO);
    sandbox.by_hand(|world| {
        let org = world.organizations().nth(1).expect("there are two").id;
        let provider = world.provider(org).expect("there is one").id;
        world.add_policy(org, "Of the night", Some(provider), false)
    });
    let run = sandbox.fedctl(&init(&sandbox, "")).exits_with(64);
    assert!(run.stderr.contains("`Of the night`") && run.stderr.contains("--routing-policy NAME"), "{run}");
    assert_eq!(run.stdout, "");
    let taken = sandbox.fedctl(&init(&sandbox, "--out demo.yaml")).exits_with(64);
    assert!(taken.stderr.contains("`demo.yaml` is there already"), "{taken}");
    let nobody = Sandbox::start();
    let run = nobody.fedctl(&init(&nobody, "")).exits_with(1);
    assert!(run.stderr.contains("has no identity provider"), "{run}");
}

#[test]
fn a_name_that_no_federation_can_have_is_shown_where_it_would_stand() {
    let sandbox = Sandbox::start();
    let run = sandbox.fedctl(&init(&sandbox, "--federation Not_A_Name")).exits_with(65);
    assert!(run.stderr.contains("cannot be the name of a federation"), "{run}");
    assert_eq!(sandbox.requests(), []);
}

#[test]
fn claims_that_could_both_be_the_address_are_left_to_a_person() {
    let sandbox = by_hand(&DEMO);
    sandbox.by_hand(|world| {
        let org = world.organizations().next().expect("there are two").id;
        let app = world.apps(org).find(|app| app.display_label == "OIDC for Beta").expect("it is there").id;
        console::set_claims(world, app, &[("email", "acmetobeta"), ("email", "other")])
    });
    let run = sandbox.fedctl(&init(&sandbox, "")).exits_with(1);
    assert!(run.stderr.contains("they come from acmetobeta, other"), "{run}");
}
