//! A federation is taken down: everything that carries its mark, in the reverse of the order in which it was set up.

use insta::assert_snapshot;
use jumpcloud_sim::console;
use serde_json::{Value, json};

use crate::env::Run;
use crate::portal::sign_in;
use crate::sandbox::Sandbox;
use crate::sandbox::Side::{Primary, Secondary};

const DESTROY: &str = "destroy demo.yaml --auto-approve";
const ALONE: &str = "destroy demo.yaml --secondary-only --auto-approve";
const MARK: &str = "managed by fedctl: ";
const PROVIDERS: &str = "/api/v2/identity-providers";
const POLICIES: &str = "/api/v2/identity-provider/policies";

/// Everybody with our mark gets a local password.
fn with_passwords(sandbox: &Sandbox) {
    sandbox.by_hand(|world| {
        let secondary = world.organizations().nth(1).expect("there are two").id;
        let marked = world.users(secondary).filter(|user| user.attribute("fedctl").is_some());
        let marked: Vec<_> = marked.map(|user| user.id).collect();
        for user in marked {
            assert!(console::set_password(world, user, Some("simulated password")));
        }
    });
}

fn attribute<'a>(user: &'a Value, name: &str) -> Option<&'a str> {
    let attributes = user["attributes"].as_array()?;
    attributes.iter().find(|entry| entry["name"] == name).and_then(|entry| entry["value"].as_str())
}

fn marked_accounts(sandbox: &Sandbox) -> Vec<Value> {
    let users = sandbox.list(Secondary, "/api/systemusers?limit=100").into_iter();
    users.filter(|user| attribute(user, "fedctl").is_some()).collect()
}

/// The objects that carry a mark in either organisation.
fn marked(sandbox: &Sandbox) -> Vec<String> {
    let groups = [Primary, Secondary].map(|side| sandbox.list(side, "/api/v2/usergroups?limit=100")).concat();
    let rest = [sandbox.list(Primary, "/api/applications?limit=100"), sandbox.list(Secondary, POLICIES)].concat();
    let all = groups.into_iter().chain(rest);
    all.filter(|object| object["description"].as_str().is_some_and(|text| text.contains(MARK)))
        .map(|object| object.to_string())
        .collect()
}

/// Nothing of the federation routes anybody, opens anything, or is there any more.
#[track_caller]
fn is_down(sandbox: &Sandbox) {
    assert_eq!(marked(sandbox), [""; 0]);
    assert_eq!(sandbox.list(Secondary, PROVIDERS), [0; 0]);
    assert_eq!(sandbox.list(Secondary, POLICIES), [0; 0]);
    let mapped = sandbox.list(Primary, "/api/systemusers?limit=100");
    assert!(mapped.iter().all(|user| attribute(user, "acmetobeta").is_none()), "{mapped:?}");
    assert_eq!(sandbox.outbox(), [0; 0]);
}

/// The command that goes on all the same, as a refusal says it.
#[track_caller]
fn lift(run: &Run) -> String {
    let line = run.stderr.lines().find_map(|line| line.trim().strip_prefix("fedctl destroy "));
    format!("destroy {} --auto-approve", line.unwrap_or_else(|| panic!("no lift in {run}")))
}

#[test]
fn who_has_no_other_way_in_is_listed_and_stops_it() {
    let sandbox = Sandbox::applied();
    let run = sandbox.fedctl(DESTROY).exits_with(4);
    sandbox.nothing_was_written();
    assert_snapshot!(run);
    let run = sandbox.fedctl(&lift(&run)).exits_with(0);
    assert!(run.stdout.contains("Applied acme-to-beta"), "{run}");
    is_down(&sandbox);
    for account in marked_accounts(&sandbox) {
        assert_eq!(account["state"], "SUSPENDED", "{account}");
        assert!(attribute(&account, "fedctl").is_some_and(|mark| mark.contains("/suspended 20")), "{account}");
    }
    sandbox.forget_requests();
    let _run = sandbox.fedctl(DESTROY).exits_with(0);
    sandbox.nothing_was_written();
}

#[test]
fn everything_goes_in_the_reverse_order_and_whoever_has_a_password_gets_in_with_it() {
    let sandbox = Sandbox::applied();
    with_passwords(&sandbox);
    let run = sandbox.fedctl(DESTROY).exits_with(0);
    assert_snapshot!(run);
    is_down(&sandbox);
    let account = "ben.fischer@acme.com.beta";
    let end = sign_in(sandbox.address(), account, account);
    assert_eq!((&end["signed_in"], &end["email"]), (&json!(true), &json!(account)), "{end}");
    let again = sandbox.fedctl(DESTROY).exits_with(0);
    assert!(again.stderr.contains("nothing carries the mark of this federation any more"), "{again}");
}

#[test]
fn what_it_writes_is_the_reverse_of_a_set_up() {
    let sandbox = Sandbox::applied();
    with_passwords(&sandbox);
    let _run = sandbox.fedctl(DESTROY).exits_with(0);
    let writes = sandbox.writes();
    let last = |end: &str| {
        let is = |(method, path): &(String, String)| format!("{method} {path}").contains(end);
        writes.iter().rposition(is).unwrap_or_else(|| panic!("no {end} in {writes:?}"))
    };
    let policy = last("DELETE /api/v2/identity-provider/policies/");
    let provider = last("DELETE /api/v2/identity-providers/");
    let app = last("DELETE /api/applications/");
    assert!(last("PUT /api/v2/identity-provider/policies/") < last("policies/") && policy < provider, "{writes:?}");
    assert!(provider < last("/associations") && last("/associations") < app, "{writes:?}");
}

#[test]
fn a_federation_that_was_taken_over_is_given_back_and_goes_on_working() {
    let sandbox = Sandbox::applied();
    // As if it had been made by hand: without marks of ours, and taken over by the spec's word.
    sandbox.change_world(|world| {
        let text = world.to_string();
        let adopted = |role: &str| (format!("acme-to-beta/{role}\""), format!("acme-to-beta/{role}, adopted\""));
        let roles = ["routing-group", "app", "policy"].map(adopted);
        let text = roles.iter().fold(text, |text, (from, to)| text.replace(from, to));
        *world = serde_json::from_str(&text.replace("/created", "/adopted")).expect("it is a world");
    });
    let _run = sandbox.fedctl(DESTROY).exits_with(4);
    with_passwords(&sandbox);
    let _run = sandbox.fedctl(DESTROY).exits_with(0);
    assert_eq!((marked(&sandbox), marked_accounts(&sandbox)), (Vec::new(), Vec::new()));
    assert_eq!(sandbox.list(Secondary, PROVIDERS).len(), 1);
    assert_eq!(sandbox.list(Secondary, POLICIES)[0]["enabled"], true);
}

#[test]
fn without_the_primary_nothing_of_it_is_asked_and_the_secondary_is_free() {
    let sandbox = Sandbox::applied();
    with_passwords(&sandbox);
    let mut command = sandbox.home.command(ALONE);
    let run = Run::of(command.env("FEDCTL_BETA_API_KEY", sandbox.key(Secondary))).exits_with(0);
    assert_snapshot!(run.stdout);
    assert_eq!(sandbox.list(Secondary, PROVIDERS), [0; 0]);
    assert_eq!(sandbox.list(Secondary, POLICIES), [0; 0]);
    let ours = sandbox.list(Primary, "/api/applications?limit=100");
    assert!(ours.iter().any(|app| app["displayLabel"] == "OIDC for Beta"), "the primary is left as it was");
    let end = sign_in(sandbox.address(), "ben.fischer@acme.com.beta", "ben.fischer@acme.com.beta");
    assert_eq!(end["signed_in"], true, "{end}");
    // What is left in the primary goes when it is there again.
    let _run = sandbox.fedctl(DESTROY).exits_with(0);
    is_down(&sandbox);
}

#[test]
fn what_is_not_ours_stays_as_it_was() {
    let sandbox = Sandbox::applied();
    with_passwords(&sandbox);
    let group = json!({"name": "Federated from Acme, too", "description": "managed by fedctl: other/routing-group"});
    sandbox.api(Secondary, "POST", "/api/v2/usergroups", &group);
    let before = sandbox.user(Primary, "ann.adler@acme.com");
    let _run = sandbox.fedctl(DESTROY).exits_with(0);
    assert_eq!(marked(&sandbox).len(), 1, "that of the other federation");
    assert_eq!(sandbox.user(Primary, "ann.adler@acme.com"), before);
    assert_eq!(sandbox.group(Primary, "Contractors").len(), 24);
}

#[test]
fn a_take_down_that_was_broken_off_is_finished_by_the_next() {
    for (method, path) in [
        ("DELETE", "/api/v2/identity-providers/*"),
        ("DELETE", "/api/applications/*"),
        ("PUT", "/api/systemusers/*"),
        ("DELETE", "/api/v2/usergroups/*"),
    ] {
        let sandbox = Sandbox::applied();
        with_passwords(&sandbox);
        let when = json!({"method": method, "path": path, "first": 1});
        let faults = json!([{"name": "refused", "when": when, "do": {"fail": {"status": 403}}}]);
        sandbox.control("PUT", "faults", &faults.to_string());
        let _run = sandbox.fedctl(DESTROY).exits_with(5);
        sandbox.control("DELETE", "faults", "");
        let _run = sandbox.fedctl(DESTROY).exits_with(0);
        is_down(&sandbox);
    }
}

#[test]
fn a_provider_that_only_has_the_name_of_ours_stays() {
    let sandbox = Sandbox::applied();
    with_passwords(&sandbox);
    let url = sandbox.list(Secondary, PROVIDERS)[0]["oidc"]["url"].clone();
    let _run = sandbox.fedctl(DESTROY).exits_with(0);
    // Nothing of a federation is left, and somebody makes one by hand under the same name.
    sandbox.by_hand(|world| {
        let secondary = world.organizations().nth(1).expect("there are two").id;
        let marked: Vec<_> = world.users(secondary).map(|user| user.id).collect();
        for user in marked {
            console::set_attribute(world, user, "fedctl", None);
        }
    });
    let oidc = json!({"clientId": "0oa1", "clientSecret": "hidden", "url": url});
    sandbox.api(Secondary, "POST", PROVIDERS, &json!({"name": "Acme JumpCloud", "type": "OIDC", "oidc": oidc}));
    sandbox.forget_requests();
    let _run = sandbox.fedctl(ALONE).exits_with(0);
    sandbox.nothing_was_written();
}
