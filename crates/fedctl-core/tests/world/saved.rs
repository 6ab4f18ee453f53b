//! Saved plans: what they let through when the organisations went on meanwhile.

use std::sync::Arc;

use fedctl_core::apply::End;
use fedctl_core::plan::saved::{Saved, Stale};
use fedctl_core::plan::{Fate, Held, Plan};
use fedctl_core::spec::Spec;
use jumpcloud_sim::{User, UserId, console};

use crate::carry::{self, Fault, Memory};
use crate::crash::world;
use crate::scene::ATTRIBUTE;

fn saved(plan: &Plan) -> Saved {
    without(plan, "nobody")
}

/// A saved plan that does nothing for somebody.
fn without(plan: &Plan, email: &str) -> Saved {
    let person = format!("\"person\":\"{email}\"");
    let lines: Vec<String> = plan.lines().filter(|line| !line.contains(&person)).collect();
    Saved::parse(lines.iter().map(String::as_str)).unwrap()
}

/// What `apply` of a saved plan goes on with: a fresh plan, and whom it leaves.
fn fresh(spec: &Spec, memory: &mut Memory, saved: &Saved) -> (Plan, Vec<Arc<str>>) {
    let mut plan = carry::plan(spec, memory);
    let left = saved.restrict(&mut plan);
    assert_eq!(saved.allows(&plan), [], "stale");
    (plan, left)
}

/// A world in which a run was killed at a write.
fn killed(at: usize, fault: Fault) -> (Memory, Spec) {
    let (mut memory, spec) = world();
    memory.fault = Some((at, fault));
    carry::apply(&spec, &mut memory);
    memory.revive();
    (memory, spec)
}

/// Somebody of the primary organisation who comes into the population now.
fn join(memory: &mut Memory) -> (UserId, String) {
    let group = memory.world.groups(memory.primary).find(|group| &*group.name == "Contractors").unwrap().id;
    let is_new = |user: &&User| user.is_activated() && !user.is_suspended() && user.groups().all(|id| id != group);
    let user = memory.world.users(memory.primary).filter(is_new).last().unwrap();
    let (id, email) = (user.id, user.email.to_string());
    console::add_member(&mut memory.world, group, id);
    (id, email)
}

#[test]
fn a_saved_plan_that_was_half_applied_is_finished_wherever_the_run_was_killed() {
    let (mut clean, spec) = world();
    let whole = saved(&carry::apply(&spec, &mut clean).0);
    for at in 0..clean.writes {
        for fault in [Fault::KilledBefore, Fault::KilledAfter] {
            let (mut memory, spec) = killed(at, fault);
            let (joined, email) = join(&mut memory);
            let (plan, left) = fresh(&spec, &mut memory, &whole);
            assert_eq!(left, [Arc::from(&*email)], "write {at}, {fault:?}");
            let ends = carry::run(&plan, &mut memory);
            assert!(ends.iter().all(End::is_good), "write {at}, {fault:?}: {ends:?}");
            assert_eq!(memory.world.user(joined).unwrap().attribute(ATTRIBUTE), None);
            let rest = carry::plan(&spec, &mut memory);
            assert!(rest.people.iter().all(|person| *person.email == *email || person.fate != Fate::Gains));
        }
    }
}

#[test]
fn whoever_joins_meanwhile_is_left_and_an_empty_plan_stays_empty() {
    let (mut memory, spec) = world();
    carry::apply(&spec, &mut memory);
    let empty = saved(&carry::plan(&spec, &mut memory));
    let (_, email) = join(&mut memory);
    assert!(!carry::plan(&spec, &mut memory).is_empty());
    let (plan, left) = fresh(&spec, &mut memory, &empty);
    assert!(plan.is_empty() && *left == [Arc::from(&*email)]);
    let person = plan.people.iter().find(|person| *person.email == *email).unwrap();
    assert_eq!(person.fate, Fate::Held(Held::NotInSavedPlan));
}

#[test]
fn i9_i10_whoever_is_left_is_not_routed_by_accident() {
    let (mut clean, spec) = world();
    let plan = carry::apply(&spec, &mut clean).0;
    // Killed when everybody is in the routing group and nobody is routed yet.
    let at = (0..clean.writes).find(|at| {
        let (memory, _) = killed(*at, Fault::KilledBefore);
        let mut groups = memory.world.groups(memory.secondary);
        groups.any(|group| &*group.name == "Federated from acme" && group.member_count() == 11)
    });
    for password in [None, Some("Correct-Horse-7")] {
        let (mut memory, spec) = killed(at.unwrap(), Fault::KilledBefore);
        let person = plan.people.iter().find(|person| person.fate == Fate::Gains).unwrap();
        let user = memory.world.user_by_email(memory.primary, &person.email).unwrap().id;
        let account = memory.world.user_by_email(memory.secondary, &person.account).unwrap().id;
        console::set_attribute(&mut memory.world, user, ATTRIBUTE, None);
        console::set_password(&mut memory.world, account, password);
        let (plan, left) = fresh(&spec, &mut memory, &without(&plan, &person.email));
        assert_eq!(left, [Arc::clone(&person.email)]);
        let ends = carry::run(&plan, &mut memory);
        let failed = |end: &End| matches!(end, End::Failed(why) if why.contains("members who are not in this plan"));
        assert!(ends.iter().any(failed), "{ends:?}");
        let policy = memory.world.policies(memory.secondary).next().unwrap();
        assert_eq!(policy.groups().count(), 0, "it applies to nobody");
    }
}

#[test]
fn another_account_under_the_same_name_and_a_changed_field_are_stale() {
    let (mut memory, spec) = world();
    let (plan, _) = carry::apply(&spec, &mut memory);
    let person = plan.people.iter().find(|person| person.fate == Fate::Gains).unwrap();
    let user = memory.world.user_by_email(memory.primary, &person.email).unwrap().id;
    let account = memory.world.user_by_email(memory.secondary, &person.account).unwrap().id;
    console::set_attribute(&mut memory.world, user, ATTRIBUTE, Some("nobody@acme.com"));
    let old = saved(&carry::plan(&spec, &mut memory));
    console::set_attribute(&mut memory.world, user, ATTRIBUTE, Some("anybody@acme.com"));
    let differs = old.allows(&carry::plan(&spec, &mut memory));
    assert!(matches!(&differs[..], [Stale::Differs { field, .. }] if field.contains(ATTRIBUTE)), "{differs:?}");
    assert_eq!(old.differences(&carry::plan(&spec, &mut memory)), differs);
    console::delete_user(&mut memory.world, account);
    carry::apply(&spec, &mut memory);
    let stale = old.allows(&carry::plan(&spec, &mut memory));
    assert!(
        matches!(&stale[..], [Stale::AnotherObject { address, .. }] if address.contains(&*person.account)),
        "{stale:?}"
    );
    let gone = old.differences(&carry::plan(&spec, &mut memory));
    assert!(gone.iter().any(|stale| matches!(stale, Stale::Gone { .. })), "{gone:?}");
}
