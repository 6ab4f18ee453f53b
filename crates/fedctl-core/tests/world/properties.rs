//! Invariants over generated worlds and specs.

use std::collections::{BTreeMap, BTreeSet};

use fedctl_core::address::Kind;
use fedctl_core::apply::End;
use fedctl_core::endpoint::{self, Endpoint};
use fedctl_core::plan::{Action, Fate, Plan};
use fedctl_core::planner::Step;
use fedctl_core::spec::Spec;
use jumpcloud_sim::Flag;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError};

use crate::carry::reads;
use crate::carry::{self, Fault, Memory};
use crate::handmade::Made;
use crate::history::histories;
use crate::judge::Doors;
use crate::picture;
use crate::watch::Shuffled;
use crate::witness::{self, Became, Course};
use crate::worlds::{Scene, scenes};

/// So many cases, unless the environment asks for another number.
pub(crate) fn cases(cases: u32) -> Config {
    let default = Config::default();
    let asked = default.cases != 256;
    Config { cases: if asked { default.cases } else { cases }, failure_persistence: None, ..default }
}

/// The plan, unless a guard refuses it or the spec does not fit the organisations.
pub(crate) fn allowed(spec: &Spec, memory: &mut Memory) -> Option<Plan> {
    match carry::step(spec, memory).unwrap() {
        Step::Ready(mut plan) => {
            carry::lift(&mut plan, &carry::AGREED);
            plan.refusals.is_empty().then_some(*plan)
        }
        Step::Problems(_) => None,
        other @ (Step::Read(_) | Step::Unknown(_)) => panic!("no plan: {other:?}"),
    }
}

fn lines(plan: &Plan) -> Vec<String> {
    plan.lines().collect()
}

/// What is not good, by address.
pub(crate) fn bad<'a>(plan: &'a Plan, ends: &'a [End]) -> Vec<(String, &'a End)> {
    let pairs = plan.actions.iter().zip(ends).filter(|(_, end)| !end.is_good());
    pairs.map(|(action, end)| (format!("{} {}", action.verb.as_str(), action.target), end)).collect()
}

/// One invocation, watched; the plan and what became of it, if it was allowed.
fn invoked(scene: &Scene, spec: &Spec, memory: &mut Memory) -> Result<Option<(Plan, Vec<End>)>, TestCaseError> {
    match witness::invoke(scene, spec, memory, Course::default()).map_err(TestCaseError::fail)? {
        Became::Ended(plan, ends) => Ok(Some((plan, ends))),
        Became::NoPlan(_) | Became::Refused(_) | Became::Killed(_) => Ok(None),
    }
}

pub(crate) fn nothing_left(spec: &Spec, memory: &mut Memory) -> Result<(), TestCaseError> {
    memory.world.clear_requests();
    let second = carry::plan(spec, memory);
    let left =
        second.actions.iter().map(|action| format!("{} {} {:?}", action.verb.as_str(), action.target, action.changes));
    prop_assert!(second.is_empty(), "left: {:?}", left.collect::<Vec<_>>());
    let ends = carry::run(&second, memory);
    prop_assert!(ends.is_empty());
    for request in memory.world.requests() {
        let what = format!("{} {}", request.method, request.target);
        prop_assert!(reads(&what), "{}", what);
    }
    Ok(())
}

const FAULTS: [Fault; 6] =
    [Fault::KilledBefore, Fault::KilledAfter, Fault::Cut, Fault::Refused, Fault::DoneAnd500, Fault::NotSent];

/// Only people for whom the plan has a mapping have another attribute now.
fn only_planned_mappings(
    plan: &Plan,
    before: &BTreeMap<String, Option<String>>,
    after: &BTreeMap<String, Option<String>>,
) -> Result<(), TestCaseError> {
    let mappings = plan.actions.iter().filter(|action| action.target.kind == Kind::UserMapping);
    let planned: BTreeSet<&str> = mappings.map(|action| &*action.target.name).collect();
    for (person, mapping) in after {
        prop_assert!(planned.contains(&**person) || before.get(person) == Some(mapping), "{} {:?}", person, mapping);
    }
    Ok(())
}

/// What was written is what the plan says, call by call and no more often; only the probe may be repeated.
fn only_planned_calls(plan: &Plan, memory: &Memory) -> Result<(), TestCaseError> {
    let mut planned: BTreeMap<&'static Endpoint, usize> = BTreeMap::new();
    for call in plan.actions.iter().flat_map(Action::calls) {
        *planned.entry(call.endpoint.endpoint()).or_default() += 1;
    }
    let sent = memory.world.requests().iter().map(|sent| (&*sent.method, sent.target.split('?').next().unwrap()));
    for (method, path) in sent.filter(|(method, path)| !endpoint::reads(method, path)) {
        let call = planned.iter_mut().find(|(call, left)| call.covers(method, path) && **left > 0);
        prop_assert!(call.is_some(), "{} {} is not planned", method, path);
        let (call, left) = call.unwrap();
        *left -= usize::from(*call != endpoint::TOKEN.endpoint());
    }
    Ok(())
}

/// No duplicate, no orphan: one object with each mark.
pub(crate) fn one_of_each(scene: &Scene, spec: &Spec, memory: &mut Memory) -> Result<(), TestCaseError> {
    let plan = carry::plan(spec, memory);
    let ours = crate::scene::is_marked;
    let world = &memory.world;
    // An app that was taken over and is of no use is left to whoever made it.
    let apps = world.apps(memory.primary).filter(|app| ours(&app.description)).collect::<Vec<_>>();
    let given_back = apps.iter().filter(|app| app.description.ends_with(", adopted")).count().min(apps.len() - 1);
    let apps = apps.len() - given_back;
    let policies = world.policies(memory.secondary).filter(|policy| ours(&policy.description)).count();
    let groups = [memory.primary, memory.secondary]
        .map(|org| world.groups(org).filter(|group| ours(&group.description)).count());
    let wants_access_group = usize::from(fedctl_core::kinds::user_group::wants_access_group(spec));
    // A policy for nobody is not taken over while the spec turns routing off, or its people would lose a way in.
    let is_free = |made: &Made| made.policy.as_ref().is_some_and(|policy| !policy.assigned || made.group.is_none());
    let waits = policies == 0 && scene.made.as_ref().is_some_and(is_free);
    prop_assert_eq!((apps, policies, groups), (1, usize::from(!waits), [wants_access_group, 1]));
    prop_assert!(world.provider(memory.secondary).is_some());
    let wanted = plan.people.iter().filter(|person| !matches!(person.fate, Fate::Held(_))).count();
    prop_assert_eq!(picture::foreign_on_ours(memory).len(), wanted);
    Ok(())
}

/// Who gets in where, by address.
pub(crate) type Arrivals = (BTreeSet<(String, String)>, BTreeSet<String>);

pub(crate) fn by_address(memory: &Memory) -> Arrivals {
    let doors = Doors::of_memory(memory);
    let address = |id: &jumpcloud_sim::UserId| memory.world.user(*id).unwrap().email.to_string();
    let federated = doors.federated.iter().map(|(person, account)| (address(person), address(account)));
    (federated.collect(), doors.local.iter().map(address).collect())
}

/// Who gets in where once the scene was applied and nothing went wrong.
pub(crate) fn arrivals(scene: &Scene) -> Option<Arrivals> {
    let (mut memory, spec) = scene.build();
    let plan = allowed(&spec, &mut memory)?;
    carry::run(&plan, &mut memory);
    Some(by_address(&memory))
}

/// Whoever gains by a plan, or is taken over, or goes on as before, signs in as themselves once it was applied.
pub(crate) fn everybody_arrives(plan: &Plan, memory: &Memory) -> Result<(), TestCaseError> {
    let (federated, _) = by_address(memory);
    let policies =
        || memory.world.policies(memory.secondary).filter(|policy| crate::scene::is_marked(&policy.description));
    let apps = || memory.world.apps(memory.primary).filter(|app| crate::scene::is_marked_app(app));
    let is_on =
        policies().all(|policy| policy.enabled && policy.groups().next().is_some()) && policies().next().is_some();
    if !is_on || apps().any(|app| !app.active) {
        return Ok(());
    }
    let is_locked = |account: &str| {
        let account = memory.world.user_by_email(memory.secondary, account);
        account.is_some_and(|account| account.flag(Flag::AccountLocked))
    };
    // The rule of a group that somebody made finds whom it finds.
    let by_hand =
        memory.world.groups(memory.secondary).find(|group| group.description.ends_with("routing-group, adopted"));
    let by_hand = by_hand.map(|group| group.name.clone()).unwrap_or_default();
    if plan.notes.iter().any(|note| note.about.kind == Kind::UserGroup && *note.about.name == *by_hand) {
        return Ok(());
    }
    let waits = |account: &str| plan.notes.iter().any(|note| *note.about.name == *account) || is_locked(account);
    for person in
        plan.people.iter().filter(|person| !matches!(person.fate, Fate::Held(_) | Fate::Loses | Fate::Leaves(_)))
    {
        let pair = (person.email.to_string(), person.account.to_string());
        prop_assert!(federated.contains(&pair) || waits(&pair.1), "{:?} does not arrive: {:?}", pair, person.fate);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn i1_the_plan_is_the_same_bytes_whatever_order_and_pages_the_lists_come_in(scene in scenes(12), page in 1_usize..7) {
        let (mut memory, spec) = scene.build();
        let first = lines(&carry::plan(&spec, &mut memory));
        prop_assert_eq!(&first, &lines(&carry::plan(&spec, &mut memory)));
        prop_assert_eq!(&first, &lines(&carry::plan(&spec, &mut Shuffled { memory: &mut memory, page })));
    }

    #[test]
    fn i3_i9_i10_i12_applying_harms_nobody_after_any_write_and_leaves_nothing_to_do(scene in scenes(12)) {
        let (mut memory, spec) = scene.build();
        let Some((plan, ends)) = invoked(&scene, &spec, &mut memory)? else { return Ok(()) };
        prop_assert!(bad(&plan, &ends).is_empty(), "{:?}", bad(&plan, &ends));
        nothing_left(&spec, &mut memory)?;
        everybody_arrives(&plan, &memory)?;
        let rest = witness::settled(&scene, &spec, &mut memory).map_err(TestCaseError::fail)?;
        prop_assert_eq!(rest.stopped, Vec::<String>::new());
    }

    #[test]
    fn i9_i10_i12_a_run_after_killed_runs_and_human_hands_harms_nobody(scene in scenes(8), history in histories()) {
        let Some((mut memory, spec)) = scene.after(&history) else { return Ok(()) };
        let Some((plan, ends)) = invoked(&scene, &spec, &mut memory)? else { return Ok(()) };
        if bad(&plan, &ends).is_empty() {
            nothing_left(&spec, &mut memory)?;
            everybody_arrives(&plan, &memory)?;
        }
    }

    #[test]
    fn i6_what_is_not_ours_is_left_as_it_was_and_only_planned_calls_are_sent(scene in scenes(8), history in histories()) {
        let Some((mut memory, spec)) = scene.after(&history) else { return Ok(()) };
        let Some(plan) = allowed(&spec, &mut memory) else { return Ok(()) };
        let before = (picture::strangers(&scene, &memory), picture::mappings(&memory), picture::foreign_on_ours(&memory));
        memory.world.clear_requests();
        carry::run(&plan, &mut memory);
        prop_assert_eq!(picture::difference(&before.0, &picture::strangers(&scene, &memory)), None);
        let after = picture::foreign_on_ours(&memory);
        for (account, foreign) in &before.2 {
            prop_assert_eq!(Some(foreign), after.get(account));
        }
        only_planned_mappings(&plan, &before.1, &picture::mappings(&memory))?;
        only_planned_calls(&plan, &memory)?;
    }

    #[test]
    fn i4_a_fault_anywhere_in_any_world_is_healed_by_two_runs(
        scene in scenes(8), at in 0_usize..1000, fault in select(FAULTS.to_vec()), twice in any::<bool>()
    ) {
        let (mut memory, spec) = scene.build();
        let Some(without_faults) = arrivals(&scene) else { return Ok(()) };
        for _ in 0..=usize::from(twice) {
            let Some(plan) = allowed(&spec, &mut memory) else { return Ok(()) };
            memory.fault = Some((memory.writes + plan.actions.len() * at / 1000, fault));
            carry::run(&plan, &mut memory);
            memory.revive();
        }
        for _ in 0..2 {
            let (plan, ends) = carry::apply(&spec, &mut memory);
            prop_assert!(bad(&plan, &ends).is_empty(), "{:?}", bad(&plan, &ends));
        }
        nothing_left(&spec, &mut memory)?;
        one_of_each(&scene, &spec, &mut memory)?;
        prop_assert_eq!(without_faults, by_address(&memory));
    }
}
