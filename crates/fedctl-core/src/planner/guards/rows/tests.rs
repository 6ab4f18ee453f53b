//! Plans that no kind makes.

use super::*;
use crate::endpoint;
use crate::plan::action::{Call, Change, Field};

fn action(kind: Kind, verb: Verb, because: Because) -> Action {
    let org = if kind == Kind::OidcApp { Org::Primary } else { Org::Secondary };
    let call = Call { endpoint: &endpoint::REPLACE_PROVIDER, args: Box::new([]), body: None };
    Action { verb, because, ..Action::edge(Address::new(org, kind, "it"), call) }
}

fn probe() -> Action {
    let call = Call { endpoint: &endpoint::TOKEN, args: Box::new([]), body: None };
    let write = Write::Probe { call, yes: &[] };
    Action { write, ..action(Kind::OidcApp, Verb::Check, Because::Precondition) }
}

#[test]
fn i8_a_provider_that_is_written_before_its_secret_was_tried_is_refused() {
    for verb in [Verb::Create, Verb::Update] {
        let write = action(Kind::IdentityProvider, verb, Because::Orphaned);
        assert_eq!(unproved(std::slice::from_ref(&write)).count(), 1);
        assert_eq!(unproved(&[write.clone(), probe()]).count(), 0);
        let unsent = Action { write: write.write.clone(), ..probe() };
        assert_eq!(unproved(&[write, unsent]).count(), 1);
    }
    // No row of the table makes this one wait.
    let adopts = action(Kind::IdentityProvider, Verb::Adopt, Because::Adopted);
    assert_eq!(unproved(&[adopts, probe()]).count(), 1);
}

#[test]
fn i9_what_everybody_signs_in_by_is_not_removed_and_a_copy_of_it_is() {
    let shared = [Kind::OidcApp, Kind::IdentityProvider, Kind::RoutingPolicy, Kind::RoutingAssignment, Kind::UserGroup];
    for kind in shared {
        assert!(removes_shared(&action(kind, Verb::Delete, Because::Differs)), "{kind}");
        assert!(!removes_shared(&action(kind, Verb::Delete, Because::Duplicate)), "{kind}");
        assert!(!removes_shared(&action(kind, Verb::Delete, Because::Superseded)), "{kind}");
        assert!(!removes_shared(&action(kind, Verb::Update, Because::Differs)), "{kind}");
    }
    assert!(!removes_shared(&action(Kind::GroupMember, Verb::Delete, Because::Differs)));
}

#[test]
fn i11_only_what_was_never_on_is_turned_on_without_being_asked() {
    let turn_on = |description: &str| {
        let changes: Box<[Change]> = Box::new([
            Change::of(Field::Key("enabled"), "false", "true"),
            Change::of(Field::Key("description"), description, "after"),
        ]);
        Action { changes, ..action(Kind::RoutingPolicy, Verb::Update, Because::Differs) }
    };
    let before = "managed by fedctl: f/policy\nbeing set up: not turned on yet";
    assert_eq!(given_back(&turn_on(before)), None);
    assert!(given_back(&turn_on("managed by fedctl: f/policy")).is_some());
}

#[test]
fn i11_whoever_is_suspended_and_an_app_that_is_inactive_are_asked_for() {
    let of = |kind, field, before: &str, after: &str| {
        let changes: Box<[Change]> = Box::new([Change::of(Field::Key(field), before, after)]);
        given_back(&Action { changes, ..action(kind, Verb::Update, Because::Differs) })
    };
    assert!(of(Kind::User, "state", "SUSPENDED", "ACTIVATED").is_some());
    assert!(of(Kind::User, "suspended", "true", "false").is_some());
    assert!(of(Kind::OidcApp, "active", "false", "true").is_some());
    assert_eq!(of(Kind::User, "state", "STAGED", "ACTIVATED"), None);
    assert_eq!(of(Kind::User, "state", "ACTIVATED", "SUSPENDED"), None);
    assert_eq!(of(Kind::OidcApp, "active", "true", "false"), None);
}
