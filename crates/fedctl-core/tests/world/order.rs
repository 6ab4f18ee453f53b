//! The order table: nothing is begun before what it waits for has ended, whatever order answers come back in.

use std::collections::BTreeSet;
use std::sync::Arc;

use fedctl_core::address::{Kind, Org};
use fedctl_core::apply::{End as Became, Run, Turn};
use fedctl_core::kinds;
use fedctl_core::plan::action::Write;
use fedctl_core::plan::order::{Edge, End, Scope};
use fedctl_core::plan::{Action, Plan, Verb};
use fedctl_core::spec::Spec;
use jumpcloud_sim::{NewUser, console, fixture};
use proptest::prelude::*;
use serde_json::json;

use crate::carry::{self, Fault, Memory};
use crate::crash::world;
use crate::history::histories;
use crate::interleave::{self, Dice, actions_of};
use crate::judge::Judge;
use crate::properties::{allowed, bad, cases, nothing_left};
use crate::watch::{Flaky, Watch};
use crate::worlds::scenes;

fn end(action: &Action) -> End {
    End(action.target.org, action.target.kind, action.verb)
}

/// The pairs of actions of a plan that a row orders.
pub(crate) fn pairs(plan: &Plan, row: &Edge) -> Vec<(usize, usize)> {
    let numbered = || plan.actions.iter().enumerate();
    let firsts = numbered().filter(|(_, action)| end(action) == row.first);
    let orders = |first: &Action, then: &Action| {
        end(then) == row.then && (row.of != Scope::SamePerson || first.subject == then.subject)
    };
    let thens = |first| numbered().filter(move |(_, then)| orders(first, then)).map(|(at, _)| at);
    firsts.flat_map(|(at, first)| thens(first).map(move |then| (at, then)).collect::<Vec<_>>()).collect()
}

/// A world after a run that was killed when the secret was shown, so that its app is of no use.
fn secret_lost() -> (Memory, Spec) {
    let (mut memory, spec) = world();
    let plan = carry::plan(&spec, &mut memory);
    let (mut clean, _) = world();
    carry::run(&plan, &mut clean);
    let writes =
        clean.world.requests().iter().filter(|sent| !crate::carry::reads(&format!("{} {}", sent.method, sent.target)));
    let at = writes.into_iter().position(|sent| sent.target.ends_with("/sso")).unwrap();
    memory.fault = Some((at, Fault::KilledAfter));
    carry::run(&plan, &mut memory);
    memory.revive();
    (memory, spec)
}

/// A world whose app somebody deleted, and with it everybody's way in; somebody joins at the same time.
fn app_deleted() -> (Memory, Spec) {
    let (mut memory, spec) = world();
    carry::apply(&spec, &mut memory);
    let app = memory.world.apps(memory.primary).find(|app| app.description.contains("managed by fedctl")).unwrap().id;
    console::delete_app(&mut memory.world, app);
    let group = memory.world.groups(memory.primary).find(|group| group.name == "Contractors").unwrap().id;
    let email = "late@acme.com".to_owned();
    let password = Some("correct horse".to_owned());
    let late = NewUser { email, username: "late".to_owned(), password, ..NewUser::default() };
    let late = memory.world.add_user(memory.primary, late);
    memory.world.add_member(group, late);
    (memory, spec)
}

/// The app is gone, and the run that made another was killed before the provider led to it.
fn app_deleted_and_half_remade() -> (Memory, Spec) {
    let (mut memory, spec) = app_deleted();
    let plan = carry::plan(&spec, &mut memory);
    let provider = plan.actions.iter().position(|action| action.target.kind == Kind::IdentityProvider).unwrap();
    let writes = |action: &&Action| !matches!(action.write, Write::Seen(_));
    memory.writes = 0;
    memory.fault = Some((plan.actions[..provider].iter().filter(writes).count(), Fault::KilledBefore));
    carry::run(&plan, &mut memory);
    memory.revive();
    (memory, spec)
}

/// A set-up that was killed before routing was turned on, whose app somebody deleted, and two apps that came late.
fn app_deleted_half_way() -> (Memory, Spec) {
    let (mut memory, spec) = world();
    let plan = carry::plan(&spec, &mut memory);
    let enable = plan.actions.iter().rposition(|action| action.target.kind == Kind::RoutingPolicy).unwrap();
    let before = plan.actions[..enable].iter().filter(|action| action.verb != Verb::Check).count();
    memory.fault = Some((before, Fault::KilledBefore));
    carry::run(&plan, &mut memory);
    memory.revive();
    let app = memory.world.apps(memory.primary).find(|app| app.description.contains("managed by fedctl")).unwrap().id;
    console::delete_app(&mut memory.world, app);
    for _ in 0..2 {
        let app = json!({"active": true, "name": "oidc", "displayLabel": "OIDC for beta", "config": {},
            "description": "managed by fedctl: acme-to-beta/app", "sso": {"type": "oidc", "hidden": true}});
        memory.raw(Org::Primary, "POST", "/api/applications", &app);
    }
    (memory, spec)
}

/// A set-up that was killed half way, with a second one of each group that came late.
fn duplicated() -> (Memory, Spec) {
    let (mut memory, spec) = world();
    let plan = carry::plan(&spec, &mut memory);
    memory.fault = Some((8, Fault::KilledAfter));
    carry::run(&plan, &mut memory);
    memory.revive();
    for (org, role, name) in [
        (memory.primary, "access-group", "acme-to-beta access"),
        (memory.secondary, "routing-group", "Federated from acme"),
    ] {
        for _ in 0..2 {
            let group = memory.world.add_group(org, name);
            console::describe_group(&mut memory.world, group, &format!("managed by fedctl: acme-to-beta/{role}"));
        }
    }
    (memory, spec)
}

/// A federation by hand that is taken over, where somebody is not routed yet.
fn taken_over() -> (Memory, Spec) {
    let mut memory = crate::byhand::by_hand(2);
    let spec = crate::byhand::spec(&memory, crate::byhand::ALL, &["p0@acme.com", "p1@acme.com"]);
    let user = memory.world.user_by_email(memory.primary, "p1@acme.com").unwrap().id;
    console::set_attribute(&mut memory.world, user, "SecondaryEmail", None);
    (memory, spec)
}

/// The same, where the policy does not apply to the routing group yet.
fn taken_over_unassigned() -> (Memory, Spec) {
    let (mut memory, spec) = taken_over();
    let policy = memory.world.policies(memory.secondary).next().unwrap();
    let (policy, group) = (policy.id, policy.groups().next().unwrap());
    console::set_policy_group(&mut memory.world, policy, group, false);
    (memory, spec)
}

fn with_password(email: &str) -> NewUser {
    NewUser {
        email: email.to_owned(),
        username: email.split('@').next().unwrap().to_owned(),
        password: Some("correct horse".to_owned()),
        ..NewUser::default()
    }
}

/// An account that exists is taken over into a group whose members are added one by one.
fn taken_over_into_managed() -> (Memory, Spec) {
    let mut memory = Memory::new(fixture::pair(7));
    memory.world.add_user(memory.primary, with_password("ann@acme.com"));
    memory.world.add_user(memory.secondary, with_password("ann@acme.com.beta"));
    let rest = "adopt: {people: [ann@acme.com]}\n";
    let people = "  from: {emails: [ann@acme.com]}\n  mapping: {email: \"{email}.beta\"}";
    let spec = carry::spec(&memory, people, rest);
    (memory, spec)
}

/// Somebody whose mark was wiped is taken over again, and their password is given back.
pub(crate) fn taken_over_and_given_back() -> (Memory, Spec) {
    let people = "  from: {emails: [ann@acme.com]}\n  mapping: {email: \"{email}.beta\"}";
    let mut memory = Memory::new(fixture::pair(7));
    let (primary, secondary) = (memory.primary, memory.secondary);
    memory.world.add_user(primary, with_password("ann@acme.com"));
    let (_, ends) = carry::apply(&carry::spec(&memory, people, ""), &mut memory);
    assert!(ends.iter().all(Became::is_good), "{ends:?}");
    let account = memory.world.user_by_email(secondary, "ann@acme.com.beta").unwrap().id;
    console::set_attribute(&mut memory.world, account, "fedctl", None);
    let people = format!("{people}\n  password_authority: none");
    let spec = carry::spec(&memory, &people, "adopt: {people: [ann@acme.com]}\n");
    (memory, spec)
}

/// Every kind of world that some row is for; those of people who leave and come back are others.
pub(crate) const SITUATIONS: [fn() -> (Memory, Spec); 10] = [
    world,
    secret_lost,
    app_deleted,
    app_deleted_and_half_remade,
    app_deleted_half_way,
    duplicated,
    taken_over,
    taken_over_unassigned,
    taken_over_into_managed,
    taken_over_and_given_back,
];

/// Applies with answers in the order of a seed, and fails when an action is begun before one that a row puts first has ended.
fn apply_in_order(plan: &Plan, memory: &mut Memory, seed: u64) -> Vec<Became> {
    let rows: Vec<Vec<(usize, usize)>> = kinds::rows().map(|row| pairs(plan, row)).collect();
    let mut run = Run::new(Arc::new(plan.clone()), 3);
    interleave::apply(&mut run, memory, (seed, 5), |run, ticket, turn| {
        let begun: BTreeSet<usize> = actions_of(run, ticket).into_iter().collect();
        assert!(!begun.is_empty() || is_probe(turn), "a turn of no action");
        let report = run.report();
        for (first, then) in rows.iter().flatten().filter(|(_, then)| begun.contains(then)) {
            let name = |at: &usize| format!("{} {}", plan.actions[*at].verb.as_str(), plan.actions[*at].target);
            assert!(report[*first] != Became::NotStarted, "{} before {}", name(then), name(first));
        }
    })
}

fn is_probe(turn: &Turn) -> bool {
    matches!(turn, Turn::Write(request) if request.path.starts_with("/oauth2/token")) || matches!(turn, Turn::Wait(_))
}

#[test]
fn i9_i10_every_row_of_the_order_table_has_a_pair_in_some_plan_and_is_kept() {
    let mut without: Vec<&Edge> = kinds::rows().collect();
    let left = crate::leave::situations();
    let left = left.iter().map(|(scene, history)| Box::new(|| scene.after(history).unwrap()) as Box<dyn Fn() -> _>);
    let makes = SITUATIONS.into_iter().map(|make| Box::new(make) as Box<dyn Fn() -> _>);
    for make in makes.chain(left) {
        for seed in 0..12 {
            let (mut memory, spec) = make();
            let plan = carry::plan(&spec, &mut memory);
            without.retain(|row| pairs(&plan, row).is_empty());
            let ends = apply_in_order(&plan, &mut memory, seed);
            assert!(bad(&plan, &ends).is_empty(), "seed {seed}: {:?}", bad(&plan, &ends));
        }
    }
    let (mut memory, spec) = SITUATIONS[0]();
    let plan = carry::plan(&spec, &mut memory);
    assert!(bad(&plan, &apply_in_order(&plan, &mut memory, 0)).is_empty());
    let plan = carry::take_down(&spec, &mut memory);
    without.retain(|row| pairs(&plan, row).is_empty());
    // Those of the escrow have plans of their own: `escrow.rs`.
    let is_of_escrow = |row: &&&Edge| [row.first.1, row.then.1].contains(&Kind::ClientSecret);
    let without: Vec<_> = without.iter().filter(|row| !is_of_escrow(row)).map(|row| (row.first, row.then)).collect();
    assert_eq!(without, [], "no plan has these");
}

#[test]
fn a_plan_lists_its_actions_in_an_order_that_works() {
    for make in SITUATIONS {
        let (mut memory, spec) = make();
        let plan = carry::plan(&spec, &mut memory);
        for row in kinds::rows() {
            for (first, then) in pairs(&plan, row) {
                let name = |at: usize| format!("{} {}", plan.actions[at].verb.as_str(), plan.actions[at].target);
                assert!(first < then, "{} stands before {}", name(then), name(first));
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn i3_i9_i10_i12_answers_in_any_order_harm_nobody(
        scene in scenes(8), history in histories(), seed in any::<u64>(), width in 2_usize..9
    ) {
        let Some((mut memory, spec)) = scene.after(&history) else { return Ok(()) };
        let Some(plan) = allowed(&spec, &mut memory) else { return Ok(()) };
        let judge = Judge::new(&scene, &memory, &plan);
        let mut watch = Watch::new(&mut memory, |world| judge.wrong(world));
        let mut run = Run::new(Arc::new(plan.clone()), 4);
        let ends = interleave::apply(&mut run, &mut watch, (seed, width), |_, _, _| {});
        prop_assert_eq!(watch.wrong, None);
        if bad(&plan, &ends).is_empty() {
            nothing_left(&spec, &mut memory)?;
        }
    }

    #[test]
    fn i9_i10_i12_whatever_is_refused_or_lost_in_any_order_harms_nobody(
        scene in scenes(8), history in histories(), seed in any::<u64>(), width in 1_usize..9
    ) {
        let Some((mut memory, spec)) = scene.after(&history) else { return Ok(()) };
        let Some(plan) = allowed(&spec, &mut memory) else { return Ok(()) };
        let judge = Judge::new(&scene, &memory, &plan);
        let mut watch = Watch::new(&mut memory, |world| judge.wrong(world));
        let mut flaky = Flaky { carry: &mut watch, dice: Dice::new(!seed) };
        interleave::apply(&mut Run::new(Arc::new(plan), 4), &mut flaky, (seed, width), |_, _, _| {});
        prop_assert_eq!(watch.wrong, None);
    }
}
