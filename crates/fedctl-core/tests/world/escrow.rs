//! The escrow of client secrets: kept before the provider is written, taken when a run was broken off, and never trusted
//! without being tried.

use std::sync::Arc;

use fedctl_core::address::Kind;
use fedctl_core::apply::{End, Run};
use fedctl_core::drive;
use fedctl_core::kinds;
use fedctl_core::plan::guard::Guard;
use fedctl_core::plan::order::Edge;
use fedctl_core::plan::rules::Rules;
use fedctl_core::plan::{Pair, Plan, Verb};
use fedctl_core::planner::{Step, Terms};
use fedctl_core::spec::Spec;
use fedctl_core::trace;
use jumpcloud_sim::{AppId, console};
use secrecy::ExposeSecret;

use crate::carry::{self, AGREED, Fault, Memory};
use crate::crash::world;
use crate::order::pairs;
use crate::properties::bad;

fn rules() -> Rules {
    Rules { escrow: Some("vault".into()), ..Rules::default() }
}

fn plan(spec: &Spec, memory: &mut Memory) -> Plan {
    carry::plan_under(rules(), spec, memory)
}

/// One run, by an administrator who agrees.
fn apply(spec: &Spec, memory: &mut Memory) -> (Plan, Vec<End>) {
    let mut plan = plan(spec, memory);
    carry::lift(&mut plan, &AGREED);
    assert_eq!(plan.refusals, [], "refused");
    let ends = carry::run(&plan, memory);
    (plan, ends)
}

fn pair(spec: &Spec, memory: &mut Memory) -> Pair {
    let terms = Terms { rules: rules(), ..carry::terms() };
    match drive::read(spec, memory, |live| trace::step(spec, &terms, live)).unwrap().0 {
        Step::Ready(verification) => verification.pair,
        other @ (Step::Read(_) | Step::Problems(_) | Step::Unknown(_)) => panic!("no verification: {other:?}"),
    }
}

/// The actions about the secret and what it goes through, in their order.
fn steps(plan: &Plan) -> Vec<(Kind, Verb)> {
    let of = [Kind::OidcApp, Kind::ClientSecret, Kind::IdentityProvider];
    plan.actions.iter().map(|action| (action.target.kind, action.verb)).filter(|(kind, _)| of.contains(kind)).collect()
}

/// The number of the write that an action of this kind and verb sends in a run from the start.
fn number_of(spec: &Spec, memory: &Memory, kind: Kind, verb: Verb) -> usize {
    let mut clean = memory.clone();
    let plan = plan(spec, &mut clean);
    let at = plan.actions.iter().position(|action| (action.target.kind, action.verb) == (kind, verb)).unwrap();
    let sends = |action: &&fedctl_core::plan::Action| action.calls().next().is_some();
    plan.actions[..at].iter().filter(sends).count()
}

/// The same world after a run that died at a write.
fn died(kind: Kind, verb: Verb, fault: Fault) -> (Memory, Spec) {
    let (mut memory, spec) = world();
    memory.fault = Some((number_of(&spec, &memory, kind, verb), fault));
    memory.writes = 0;
    let plan = plan(&spec, &mut memory);
    carry::run(&plan, &mut memory);
    assert!(memory.dead, "it was to die at {kind} {}", verb.as_str());
    memory.revive();
    (memory, spec)
}

fn kept(memory: &Memory) -> Vec<(&str, usize)> {
    memory.escrow.iter().map(|(id, kept)| (id.as_str(), kept.len())).collect()
}

fn ours(memory: &Memory) -> impl Iterator<Item = AppId> {
    memory.world.apps(memory.primary).filter(|app| app.description.contains("managed by fedctl")).map(|app| app.id)
}

fn apps(memory: &Memory) -> usize {
    ours(memory).count()
}

fn app(memory: &Memory) -> AppId {
    ours(memory).next().unwrap()
}

#[test]
fn the_secret_is_in_the_escrow_before_it_is_tried_and_the_provider_is_written() {
    let (mut memory, spec) = world();
    let (plan, ends) = apply(&spec, &mut memory);
    assert_eq!(
        steps(&plan),
        [
            (Kind::OidcApp, Verb::Create),
            (Kind::OidcApp, Verb::Update),
            (Kind::ClientSecret, Verb::Create),
            (Kind::OidcApp, Verb::Check),
            (Kind::IdentityProvider, Verb::Create)
        ]
    );
    assert!(bad(&plan, &ends).is_empty());
    let client = memory.world.provider(memory.secondary).unwrap().client_id.clone();
    let secret = memory.world.provider(memory.secondary).unwrap().client_secret.expose().to_owned();
    assert_eq!(kept(&memory), [(client.as_str(), 1)]);
    assert_eq!(memory.escrow[&client][0].expose_secret(), secret);
    let again = self::plan(&spec, &mut memory);
    assert!(again.is_empty() && again.pair == Pair::Escrowed, "{:?}", again.actions);
}

#[test]
fn an_escrow_that_keeps_nothing_stops_before_the_provider_is_written_and_the_next_run_heals_it() {
    let (mut memory, spec) = world();
    let plan = plan(&spec, &mut memory);
    memory.no_escrow = Some("the vault is sealed");
    let ends = carry::run(&plan, &mut memory);
    assert!(memory.world.provider(memory.secondary).is_none());
    let of = |kind, verb| {
        let at = plan.actions.iter().position(|action| (action.target.kind, action.verb) == (kind, verb)).unwrap();
        ends[at].clone()
    };
    assert_eq!(of(Kind::ClientSecret, Verb::Create), End::Failed("the vault is sealed, 5 times".to_owned()));
    assert!(matches!(of(Kind::OidcApp, Verb::Check), End::Skipped(_)));
    assert!(matches!(of(Kind::IdentityProvider, Verb::Create), End::Skipped(_)));
    memory.no_escrow = None;
    let (plan, ends) = apply(&spec, &mut memory);
    assert!(bad(&plan, &ends).is_empty());
    assert_eq!((apps(&memory), kept(&memory).len(), memory.shares_secret()), (1, 1, true));
    assert!(self::plan(&spec, &mut memory).is_empty());
}

#[test]
fn i4_a_run_that_died_after_the_secret_was_kept_is_finished_with_the_same_app() {
    let at = [(Kind::ClientSecret, Verb::Create, Fault::KilledAfter), (Kind::OidcApp, Verb::Check, Fault::KilledAfter)];
    let provider = (Kind::IdentityProvider, Verb::Create, Fault::KilledBefore);
    for (kind, verb, fault) in at.into_iter().chain([provider]) {
        let (mut memory, spec) = died(kind, verb, fault);
        let app = app(&memory);
        let (plan, ends) = apply(&spec, &mut memory);
        assert_eq!(
            steps(&plan),
            [(Kind::ClientSecret, Verb::Check), (Kind::OidcApp, Verb::Check), (Kind::IdentityProvider, Verb::Create)]
        );
        assert!(bad(&plan, &ends).is_empty(), "{:?}", bad(&plan, &ends));
        assert_eq!((apps(&memory), memory.shares_secret()), (1, true));
        assert_eq!(self::app(&memory), app);
        assert!(self::plan(&spec, &mut memory).is_empty());
    }
}

#[test]
fn i4_a_run_that_died_before_the_secret_was_kept_makes_another_app_and_keeps_that_one_alone() {
    let (mut memory, spec) = died(Kind::ClientSecret, Verb::Create, Fault::KilledBefore);
    let (plan, ends) = apply(&spec, &mut memory);
    assert!(bad(&plan, &ends).is_empty());
    assert!(steps(&plan).contains(&(Kind::OidcApp, Verb::Create)));
    let client = memory.world.provider(memory.secondary).unwrap().client_id.clone();
    assert_eq!((apps(&memory), kept(&memory), memory.shares_secret()), (1, vec![(client.as_str(), 1)], true));
}

#[test]
fn i4_the_secret_of_an_app_that_a_broken_rotation_leaves_inactive_stays_with_it() {
    let (mut memory, mut spec) = world();
    apply(&spec, &mut memory);
    spec.app.generation.value = 2;
    let at = number_of(&spec, &memory, Kind::IdentityProvider, Verb::Update);
    memory.fault = Some((memory.writes + at, Fault::KilledAfter));
    let rotates = plan(&spec, &mut memory);
    carry::run(&rotates, &mut memory);
    assert!(memory.dead);
    memory.revive();
    let (heals, ends) = apply(&spec, &mut memory);
    assert!(!heals.is_empty() && bad(&heals, &ends).is_empty());
    assert_eq!((apps(&memory), kept(&memory).len(), memory.shares_secret()), (2, 2, true));
    assert!(plan(&spec, &mut memory).is_empty());
}

/// The provider leads to an app that is gone, and another one of ours is there whose secret is kept.
fn orphaned() -> (Memory, Spec) {
    let (mut memory, spec) = world();
    apply(&spec, &mut memory);
    let app = app(&memory);
    console::delete_app(&mut memory.world, app);
    let plan = plan(&spec, &mut memory);
    let at = plan.actions.iter().position(|action| action.target.kind == Kind::IdentityProvider).unwrap();
    memory.writes = 0;
    let sends = |action: &&fedctl_core::plan::Action| action.calls().next().is_some();
    memory.fault = Some((plan.actions[..at].iter().filter(sends).count(), Fault::KilledBefore));
    carry::run(&plan, &mut memory);
    assert!(memory.dead);
    memory.revive();
    (memory, spec)
}

#[test]
fn a_broken_pair_is_repaired_with_the_secret_that_is_kept_and_without_another_app() {
    let (mut memory, spec) = orphaned();
    assert_eq!((apps(&memory), memory.shares_secret()), (1, false));
    let app = app(&memory);
    let (plan, ends) = apply(&spec, &mut memory);
    assert_eq!(plan.pair, Pair::Broken);
    assert!(!steps(&plan).contains(&(Kind::OidcApp, Verb::Create)), "{:?}", steps(&plan));
    assert!(bad(&plan, &ends).is_empty());
    assert_eq!(self::app(&memory), app);
    assert!(memory.shares_secret() && self::plan(&spec, &mut memory).is_empty());
}

#[test]
fn a_secret_that_the_app_does_not_take_any_more_makes_the_pair_suspect_and_is_not_used() {
    let (mut memory, spec) = world();
    apply(&spec, &mut memory);
    assert_eq!(pair(&spec, &mut memory), Pair::Escrowed);
    let app = app(&memory);
    console::rotate_secret(&mut memory.world, app).unwrap();
    assert_eq!(pair(&spec, &mut memory), Pair::Refused);
    assert!(plan(&spec, &mut memory).is_empty(), "a plan says it, and does nothing about it");
    // With the provider gone the refused one is no way out: another app is made.
    let (mut memory, spec) = died(Kind::IdentityProvider, Verb::Create, Fault::KilledBefore);
    let client = memory.escrow.keys().next().unwrap().clone();
    memory.escrow.insert(client, vec!["another".into()]);
    let (plan, _) = apply(&spec, &mut memory);
    assert!(steps(&plan).contains(&(Kind::OidcApp, Verb::Create)));
    assert!(memory.shares_secret());
}

#[test]
fn i13_an_escrow_that_cannot_be_read_is_refused_where_it_is_needed_and_stops_nothing_elsewhere() {
    let (mut memory, spec) = died(Kind::IdentityProvider, Verb::Create, Fault::KilledBefore);
    memory.no_escrow = Some("the vault is sealed");
    let refused = plan(&spec, &mut memory);
    let [refusal] = &refused.refusals[..] else { panic!("{:?}", refused.refusals) };
    assert_eq!(refusal.guard, Guard::UnprovedSecret);
    assert!(refusal.why.contains("the vault is sealed"), "{}", refusal.why);
    let (mut memory, spec) = world();
    apply(&spec, &mut memory);
    memory.no_escrow = Some("the vault is sealed");
    assert_eq!(pair(&spec, &mut memory), Pair::Unproved);
    let plan = plan(&spec, &mut memory);
    assert!(plan.is_empty() && plan.refusals.is_empty());
    assert!(plan.notes.iter().any(|note| note.text.contains("the vault is sealed")), "{:?}", plan.notes);
}

#[test]
fn older_versions_are_destroyed_after_a_sign_in_and_not_before() {
    let (mut memory, spec) = world();
    apply(&spec, &mut memory);
    let client = memory.world.provider(memory.secondary).unwrap().client_id.clone();
    memory.escrow.get_mut(&client).unwrap().insert(0, "old".into());
    assert!(plan(&spec, &mut memory).is_empty());
    let somebody = plan(&spec, &mut memory).people[0].email.as_ref().into();
    let said = Rules { signed_in: std::iter::once(somebody).collect(), ..rules() };
    let plan = carry::plan_under(said, &spec, &mut memory);
    assert!(steps(&plan).contains(&(Kind::ClientSecret, Verb::Update)), "{:?}", steps(&plan));
    let ends = carry::run(&plan, &mut memory);
    assert!(bad(&plan, &ends).is_empty());
    assert_eq!(kept(&memory), [(client.as_str(), 1)]);
    assert!(memory.shares_secret() && pair(&spec, &mut memory) == Pair::Escrowed);
}

#[test]
fn the_secret_of_an_app_that_goes_goes_first() {
    let (mut memory, spec) = died(Kind::IdentityProvider, Verb::Create, Fault::KilledBefore);
    let lost = memory.escrow.keys().next().unwrap().clone();
    memory.escrow.insert(lost.clone(), vec!["another".into()]);
    let (plan, ends) = apply(&spec, &mut memory);
    assert!(bad(&plan, &ends).is_empty());
    let all = steps(&plan);
    let at = |step| all.iter().position(|other| *other == step).unwrap();
    assert!(at((Kind::ClientSecret, Verb::Delete)) < at((Kind::OidcApp, Verb::Delete)), "{all:?}");
    assert!(kept(&memory).len() == 1 && !memory.escrow.contains_key(&lost));
}

type World = (Memory, Spec);

/// The provider leads to an app that is gone, and the one whose secret is kept was changed by hand.
fn orphaned_and_changed() -> World {
    let (mut memory, spec) = orphaned();
    let app = app(&memory);
    console::set_redirect_uris(&mut memory.world, app, &["https://elsewhere.example.com"]);
    (memory, spec)
}

/// An app waits for its provider, and somebody made a new secret for it.
fn refused() -> World {
    let (mut memory, spec) = died(Kind::IdentityProvider, Verb::Create, Fault::KilledBefore);
    memory.escrow.values_mut().for_each(|kept| *kept = vec!["another".into()]);
    (memory, spec)
}

/// Runs the plan of a world with every row but one; nothing if the row orders nothing there.
fn without(row: &Edge, make: fn() -> World, trouble: fn(&mut Memory)) -> Option<(Plan, Vec<End>, Memory)> {
    let (mut memory, spec) = make();
    let mut plan = plan(&spec, &mut memory);
    carry::lift(&mut plan, &AGREED);
    if pairs(&plan, row).is_empty() {
        return None;
    }
    trouble(&mut memory);
    let rows = kinds::rows().filter(|other| (other.first, other.then) != (row.first, row.then));
    let mut run = Run::with_rows(Arc::new(plan.clone()), 100, rows);
    let ends = drive::apply(&mut run, &mut memory);
    Some((plan, ends, memory))
}

#[test]
fn every_row_about_the_escrow_has_a_pair_in_some_plan_and_is_missed_when_it_is_left_out() {
    let is_of_escrow = |row: &&Edge| [row.first.1, row.then.1].contains(&Kind::ClientSecret);
    let mut missed = Vec::new();
    for row in kinds::rows().filter(is_of_escrow) {
        let worlds: [fn() -> World; 4] = [world, orphaned, orphaned_and_changed, refused];
        let troubles: [fn(&mut Memory); 3] =
            [|_| {}, |memory| memory.no_escrow = Some("the vault is sealed"), |memory| memory.keeps_all = true];
        let runs = worlds.into_iter().flat_map(|make| troubles.map(|trouble| without(row, make, trouble)));
        let is_missed = runs.flatten().any(|(plan, ends, memory)| {
            let provider = memory.world.provider(memory.secondary);
            let is_kept = provider.is_none_or(|provider| memory.escrow.contains_key(&provider.client_id));
            let left_over = memory.escrow.keys().any(|id| memory.world.client(id).is_none());
            let is_broken = memory.no_escrow.is_none() && !memory.keeps_all && !bad(&plan, &ends).is_empty();
            !is_kept || left_over || is_broken
        });
        missed.push((row.first, row.then, is_missed));
    }
    assert!(missed.len() == 4 && missed.iter().all(|(.., is_missed)| *is_missed), "{missed:?}");
}
