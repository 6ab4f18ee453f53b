//! What is waited for, and what not.

use std::collections::BTreeMap;

use fedctl_core::address::{Address, Kind, Org};
use fedctl_core::endpoint::{self, Writing};
use fedctl_core::object_id::ObjectId;
use fedctl_core::plan::Pair;
use fedctl_core::plan::action::Call;
use fedctl_core::plan::guard::{Guard, Refusal};

use super::*;

fn action(endpoint: &'static Writing) -> Action {
    let target = Address::new(Org::Primary, Kind::UserGroup, "A");
    Action::edge(target, Call { endpoint, args: Box::new([]), body: None })
}

fn plan_of(action: Action, as_of: Option<u64>) -> Plan {
    let id = ObjectId::parse("5f0c0d3e9b1e8a0001a1b2c3").unwrap();
    Plan {
        federation: "acme-to-beta".into(),
        organizations: [id, id],
        as_of,
        known: BTreeMap::new(),
        people: Vec::new(),
        left: Vec::new(),
        actions: vec![action],
        notes: Vec::new(),
        refusals: Vec::new(),
        pair: Pair::None,
        adoptable: fedctl_core::plan::Adoptable::default(),
    }
}

#[test]
fn what_may_be_made_twice_waits_until_the_newest_trace_is_old_enough() {
    let plan = |as_of| plan_of(action(&endpoint::CREATE_GROUP), as_of);
    assert_eq!(wait(&plan(Some(1030)), 1000, 120), Some(Wait { age: 30, rest: 90 }));
    assert_eq!(wait(&plan(Some(1120)), 1000, 120), None);
    assert_eq!(wait(&plan(Some(1000)), 1000, 0), None);
    // Clocks that disagree, or none: as long as can be meant, and not longer.
    assert_eq!(wait(&plan(Some(900)), 1000, 120), Some(Wait { age: 0, rest: 120 }));
    assert_eq!(wait(&plan(None), 1000, 120), Some(Wait { age: 0, rest: 120 }));
}

#[test]
fn removals_wait_and_what_the_service_takes_once_does_not() {
    let waits = |action| wait(&plan_of(action, Some(1000)), 1000, 120).is_some();
    let with_verb = |endpoint, verb| Action { verb, ..action(endpoint) };
    assert!(waits(with_verb(&endpoint::CHANGE_APP_ACCESS, Verb::Delete)));
    for once in [&endpoint::CREATE_USER, &endpoint::CREATE_PROVIDER, &endpoint::CHANGE_MEMBER] {
        assert!(!waits(with_verb(once, Verb::Create)));
    }
}

#[test]
fn a_plan_that_is_not_applied_waits_for_nothing() {
    let mut plan = plan_of(action(&endpoint::CREATE_GROUP), Some(1000));
    plan.refusals = vec![Refusal::new(Guard::Foreign, &plan.actions[0].target, "why", "how")];
    assert_eq!(wait(&plan, 1000, 120), None);
    plan.refusals.clear();
    plan.actions.clear();
    assert_eq!(wait(&plan, 1000, 120), None);
}
