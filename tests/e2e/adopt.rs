//! A federation that was made by hand: left alone, named, taken over, and managed from then on.

use insta::assert_snapshot;
use jumpcloud_sim::console;
use serde_yaml::Value;

use crate::env::redact;
use crate::howto::{Choices, DEMO, able_contractors, federate_by_hand};
use crate::picture::{differences, picture};
use crate::portal::sign_in;
use crate::sandbox::Sandbox;

const PLAN: &str = "plan demo.yaml --detailed-exitcode";
const APPLY: &str = "apply demo.yaml --auto-approve";

/// A sandbox where somebody followed the procedure for every contractor who can sign in.
#[track_caller]
fn by_hand(choices: &Choices<'_>) -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::start();
    let people = able_contractors(&sandbox);
    federate_by_hand(&sandbox, choices, &people);
    sandbox.forget_requests();
    (sandbox, people)
}

#[track_caller]
fn everybody_signs_in(sandbox: &Sandbox, people: &[String]) {
    for person in people {
        let end = sign_in(sandbox.address(), &format!("{person}.beta"), person);
        assert_eq!(end["signed_in"], true, "{person}: {end}");
    }
}

/// Puts what `fedctl adopt` prints into the spec, as a human would.
#[track_caller]
fn adopt(sandbox: &Sandbox) -> String {
    let lines = sandbox.fedctl("adopt demo.yaml").exits_with(0).stdout;
    add(sandbox, &lines);
    lines
}

/// Adds keys to the spec, or changes their values.
#[track_caller]
fn add(sandbox: &Sandbox, lines: &str) {
    let read = |text: &str| serde_yaml::from_str(text).expect("it is YAML");
    let mut spec: Value = read(&sandbox.home.read("demo.yaml"));
    merge(&mut spec, read(lines));
    sandbox.home.write("demo.yaml", &serde_yaml::to_string(&spec).expect("it can be written"));
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Mapping(into), Value::Mapping(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

#[test]
fn without_a_word_of_the_spec_it_is_refused_by_name_and_said_what_could_be_taken_over() {
    let (sandbox, people) = by_hand(&DEMO);
    assert_snapshot!(sandbox.fedctl(PLAN).exits_with(4));
    let apply = sandbox.fedctl(APPLY).exits_with(4);
    assert!(apply.stderr.contains("nothing was written"), "{apply}");
    sandbox.nothing_was_written();
    everybody_signs_in(&sandbox, &people);
}

#[test]
fn with_the_lines_of_adopt_only_marks_are_written_and_everybody_signs_in_as_before() {
    let (sandbox, people) = by_hand(&DEMO);
    let before = picture(&sandbox);
    assert_snapshot!("adopt_prints_these_lines", adopt(&sandbox));
    sandbox.forget_requests();
    assert_snapshot!(sandbox.fedctl(PLAN).exits_with(2));
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    assert_eq!(differences(&before, &picture(&sandbox)), [""; 0], "but for the marks nothing changed");
    everybody_signs_in(&sandbox, &people);
    let _run = sandbox.fedctl(PLAN).exits_with(0);
    let nothing_more = sandbox.fedctl("adopt demo.yaml").exits_with(0);
    assert_eq!(nothing_more.stdout, "", "{nothing_more}");
    assert_eq!(sandbox.outbox(), [0; 0]);
}

#[test]
fn people_whose_accounts_are_not_taken_over_are_still_said_to_sign_in() {
    let (sandbox, people) = by_hand(&DEMO);
    let lines = sandbox.fedctl("adopt demo.yaml").exits_with(0).stdout;
    let mut objects: Value = serde_yaml::from_str(&lines).expect("it is YAML");
    objects["adopt"].as_mapping_mut().expect("there are objects").remove("people");
    add(&sandbox, &serde_yaml::to_string(&objects).expect("it can be written"));
    let found = sandbox.fedctl("verify demo.yaml --format json").exits_with(0).json();
    assert_eq!(found["counts"]["whole"], people.len(), "{found:#}");
    everybody_signs_in(&sandbox, &people);
}

#[test]
fn what_was_made_under_other_names_is_found_by_where_it_leads() {
    let choices = Choices {
        attribute: "SecondaryEmail",
        routing_group: "Federated Users",
        app: "Second org",
        provider: "Head office",
        policy: "To head office",
        ..DEMO
    };
    let (sandbox, people) = by_hand(&choices);
    let before = picture(&sandbox);
    assert_snapshot!("adopt_prints_other_names", adopt(&sandbox));
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    assert_eq!(differences(&before, &picture(&sandbox)), [""; 0]);
    everybody_signs_in(&sandbox, &people);
    let _run = sandbox.fedctl(PLAN).exits_with(0);
}

#[test]
fn what_is_in_it_beyond_the_spec_is_said_and_left() {
    let (sandbox, _) = by_hand(&DEMO);
    sandbox.by_hand(|world| {
        let org = world.organizations().next().expect("there are two").id;
        let app = world.apps(org).find(|app| app.display_label == "OIDC for Beta").expect("it is there").id;
        console::set_claims(world, app, &[("email", "acmetobeta"), ("groups", "groups")]);
        let callback = world.app(app).and_then(|app| app.oidc.clone()).expect("it has a client").redirect_uris;
        console::set_redirect_uris(world, app, &[&*callback[0], "https://wiki.example.com/callback"]);
        let more = world.add_group(org, "Night shift");
        console::set_app_group(world, app, more, true)
    });
    let before = picture(&sandbox);
    let lines = adopt(&sandbox);
    assert!(lines.contains("it also sends people back to https://wiki.example.com/callback; that is left"), "{lines}");
    let plan = sandbox.fedctl(PLAN).exits_with(2);
    let beyond = plan.stdout.split("\n\n").find(|part| part.starts_with("Left as it is")).expect("it is said");
    assert_snapshot!(beyond);
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    assert_eq!(differences(&before, &picture(&sandbox)), [""; 0]);
    let _run = sandbox.fedctl(PLAN).exits_with(0);
}

#[test]
fn a_set_up_with_the_rule_of_the_help_page_ends_as_the_procedure_by_hand_does() {
    let (by_hand, _) = by_hand(&DEMO);
    let by_apply = Sandbox::start();
    add(&by_apply, "routing_group: {members: {email_ends_with: .beta, accept_capture: true}}");
    let _run = by_apply.fedctl(APPLY).exits_with(0);
    assert_eq!(differences(&picture(&by_hand), &picture(&by_apply)), [""; 0]);
    let _run = by_apply.fedctl(PLAN).exits_with(0);
}

#[test]
fn whoever_would_be_caught_by_a_rule_is_named_and_a_longer_end_is_offered() {
    let sandbox = Sandbox::start();
    sandbox.by_hand(|world| {
        let org = world.organizations().nth(1).expect("there are two").id;
        let new = |email: &str, username: &str| jumpcloud_sim::NewUser {
            email: email.to_owned(),
            username: username.to_owned(),
            ..jumpcloud_sim::NewUser::default()
        };
        let _eve = world.add_user(org, new("eve@partner.org.beta", "eve"));
    });
    add(&sandbox, "routing_group: {members: {email_ends_with: .beta, accept_capture: true}}");
    let plan = sandbox.fedctl(PLAN).exits_with(4);
    let stdout = redact(&plan.stdout);
    assert_snapshot!(stdout.split("\n\n").find(|part| part.starts_with("Refused")).expect("it is refused"));
    sandbox.nothing_was_written();
}
