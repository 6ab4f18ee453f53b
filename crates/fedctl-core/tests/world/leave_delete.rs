//! `on_leave: delete`: the account of who left is suspended, and goes when the day in its mark is long enough ago.

use fedctl_core::address::Kind;
use fedctl_core::apply::End;
use fedctl_core::plan::guard::Guard;
use fedctl_core::plan::saved::Saved;
use fedctl_core::plan::{Because, Gone, Plan, Verb};
use fedctl_core::spec::Spec;
use jumpcloud_sim::{State, UserId, console};

use crate::carry::{self, Fault, Memory};
use crate::edits::{AccountEdit, Edit};
use crate::handmade::{Hand, Made};
use crate::history::account_of;
use crate::leave::{Hidden, LEAVES, RETURNS, account, arrives, done, gone, later, mark, scene};
use crate::properties::by_address;
use crate::scene::email;
use crate::worlds::{Scene, Someone};

const DELETE: &str = "delete: {after: 30d}";

/// Three people; the first left, and was suspended on that day.
fn suspended() -> (Scene, Memory, Spec) {
    let scene = scene("managed", DELETE);
    let (mut memory, spec) = scene.after(&later(&[LEAVES])).unwrap();
    done(&spec, &mut memory);
    assert_eq!((account(&memory, 0).state, arrives(&memory, 0)), (State::Suspended, false));
    (scene, memory, spec)
}

fn days_pass(memory: &mut Memory, days: u64) {
    memory.world.advance(days * 24 * 60 * 60 * 1000);
}

fn is_there(memory: &Memory, account: UserId) -> bool {
    memory.world.user(account).is_some()
}

/// The accounts that a plan deletes.
fn deleted(plan: &Plan) -> Vec<String> {
    let deletes = plan.actions.iter().filter(|action| action.target.kind == Kind::User && action.verb == Verb::Delete);
    deletes.map(|action| action.target.name.to_string()).collect()
}

fn guards(plan: &Plan) -> Vec<Guard> {
    plan.refusals.iter().map(|refusal| refusal.guard).collect()
}

#[test]
fn who_left_is_suspended_first_and_deleted_when_the_day_in_the_mark_is_long_enough_ago() {
    let (_, mut memory, spec) = suspended();
    let (id, address) = (account(&memory, 0).id, account(&memory, 0).email.to_string());
    for days in [0, 30] {
        days_pass(&mut memory, days);
        let plan = carry::plan(&spec, &mut memory);
        assert!(plan.is_empty() && plan.refusals.is_empty(), "{days} {:?}", plan.actions);
        assert!(plan.notes.iter().any(|note| note.text.contains("more than 30 days ago")), "{:?}", plan.notes);
    }
    days_pass(&mut memory, 1);
    let plan = done(&spec, &mut memory);
    assert_eq!((deleted(&plan), gone(&plan)), (vec![address], vec![(email(0), Gone::NotMeant)]));
    assert_eq!((plan.actions.len(), plan.actions[0].because), (1, Because::Left));
    assert!(!is_there(&memory, id) && arrives(&memory, 1) && arrives(&memory, 2));
    assert!(memory.world.outbox().is_empty());
}

#[test]
fn who_is_back_before_is_reinstated_and_who_is_back_later_begins_anew() {
    let (scene, mut memory, spec) = suspended();
    let id = account(&memory, 0).id;
    days_pass(&mut memory, 40);
    scene.make(RETURNS, &mut memory);
    let plan = done(&spec, &mut memory);
    assert!(deleted(&plan).is_empty() && arrives(&memory, 0) && account(&memory, 0).id == id);
    // What they were before is forgotten with the mark: the days begin anew.
    scene.make(LEAVES, &mut memory);
    assert!(deleted(&done(&spec, &mut memory)).is_empty());
    days_pass(&mut memory, 31);
    done(&spec, &mut memory);
    scene.make(RETURNS, &mut memory);
    done(&spec, &mut memory);
    assert!(arrives(&memory, 0) && account(&memory, 0).id != id);
}

#[test]
fn what_a_human_suspended_or_somebody_else_made_is_never_deleted() {
    let by_hand = Edit::Account(0, AccountEdit::Suspend);
    let (mut memory, spec) = scene("managed", DELETE).after(&later(&[by_hand, LEAVES])).unwrap();
    done(&spec, &mut memory);
    days_pass(&mut memory, 400);
    assert!(carry::plan(&spec, &mut memory).is_empty());

    let mut scene = scene("source_groups", DELETE);
    let hand = Hand { routed: false, linked: false, ..Hand::WORKING };
    scene.people[0] = Someone { hand: Some(hand), adopted: true, ..Someone::plain() };
    scene.made = Some(Made::NOTHING);
    let (mut memory, spec) = scene.build();
    done(&spec, &mut memory);
    scene.make(LEAVES, &mut memory);
    done(&spec, &mut memory);
    days_pass(&mut memory, 400);
    assert!(carry::plan(&spec, &mut memory).is_empty());
    assert_eq!(account(&memory, 0).state, State::Activated);
    assert!(mark(&memory, 0).contains("/adopted/left "), "{}", mark(&memory, 0));
}

#[test]
fn i7_an_account_is_deleted_only_when_it_and_its_person_were_read_by_themselves() {
    let (_, mut memory, spec) = suspended();
    days_pass(&mut memory, 31);
    let person = memory.world.user_by_email(memory.primary, &email(0)).unwrap().id;
    let id = account(&memory, 0).id;
    for path in [
        format!("/api/systemusers/{id}"),
        format!("/api/systemusers/{person}"),
        format!("/api/v2/users/{person}/memberof"),
    ] {
        let plan = carry::plan(&spec, &mut Hidden { memory: &mut memory, path });
        assert!(plan.is_empty(), "{:?}", plan.actions);
    }
    assert_eq!(deleted(&carry::plan(&spec, &mut memory)).len(), 1);
}

#[test]
fn i11_an_account_that_somebody_lets_in_between_plan_and_write_stays() {
    let (_, mut memory, spec) = suspended();
    days_pass(&mut memory, 31);
    let id = account(&memory, 0).id;
    let plan = carry::plan(&spec, &mut memory);
    console::suspend_user(&mut memory.world, id, false);
    let ends = carry::run(&plan, &mut memory);
    assert!(is_there(&memory, id) && ends.iter().all(|end| !end.is_good()), "{ends:?}");
}

#[test]
fn deleting_more_than_one_account_takes_somebodys_word() {
    let leaves = |at| Edit::Person(at, crate::edits::PersonEdit::LeaveGroup);
    let (mut memory, spec) = scene("managed", DELETE).after(&later(&[leaves(0), leaves(1)])).unwrap();
    done(&spec, &mut memory);
    days_pass(&mut memory, 31);
    let plan = carry::plan(&spec, &mut memory);
    assert_eq!((deleted(&plan).len(), guards(&plan)), (2, vec![Guard::MaxLosses]));
    assert!(plan.refusals[0].why.contains("2 of 1 people would be deleted, and 1 may"), "{}", plan.refusals[0].why);
    // Somebody gives it, for this plan.
    let mut lifted = plan.clone();
    carry::lift(&mut lifted, &[Guard::MaxLosses]);
    assert_eq!(lifted.refusals, []);
    let ends = carry::run(&lifted, &mut memory);
    assert!(ends.iter().all(End::is_good), "{ends:?}");
    assert!(carry::plan(&spec, &mut memory).is_empty() && arrives(&memory, 2));
}

#[test]
fn a_saved_plan_deletes_whom_it_deleted_and_nobody_who_is_due_only_now() {
    let leaves = |at| Edit::Person(at, crate::edits::PersonEdit::LeaveGroup);
    let (scene, mut memory, spec) = suspended();
    days_pass(&mut memory, 31);
    let plan = carry::plan(&spec, &mut memory);
    let lines: Vec<String> = plan.lines().collect();
    let saved = Saved::parse(lines.iter().map(String::as_str)).unwrap();
    // Somebody else leaves meanwhile, and somebody lets the first one in again.
    scene.make(leaves(1), &mut memory);
    let mut late = memory.clone();
    let mut fresh = carry::plan(&spec, &mut memory);
    saved.restrict(&mut fresh);
    assert_eq!(saved.allows(&fresh), []);
    assert_eq!((deleted(&fresh).len(), fresh.actions.len()), (1, 1), "{:?}", fresh.actions);
    assert!(carry::run(&fresh, &mut memory).iter().all(End::is_good));
    assert!(arrives(&memory, 1) && arrives(&memory, 2));
    let account = account(&late, 0).id;
    console::suspend_user(&mut late.world, account, false);
    let mut fresh = carry::plan(&spec, &mut late);
    saved.restrict(&mut fresh);
    assert!(deleted(&fresh).is_empty(), "{:?}", fresh.actions);
}

#[test]
fn what_hangs_on_an_account_stops_its_deletion_and_so_does_what_cannot_be_read() {
    let (_, mut memory, spec) = suspended();
    days_pass(&mut memory, 31);
    let id = account(&memory, 0).id;
    let group = memory.world.add_group(memory.secondary, "Finance");
    memory.world.add_member(group, id);
    let plan = carry::plan(&spec, &mut memory);
    assert_eq!(guards(&plan), [Guard::ForeignDependants]);
    assert!(plan.refusals[0].why.contains("1 x user_group"), "{}", plan.refusals[0].why);
    console::delete_group(&mut memory.world, group);
    let unread = format!("/api/v2/users/{id}/associations");
    let plan = carry::plan(&spec, &mut Hidden { memory: &mut memory, path: unread });
    assert_eq!(guards(&plan), [Guard::ForeignDependants]);
    assert!(plan.refusals[0].why.contains("system: this key may not read it"), "{}", plan.refusals[0].why);
    assert!(guards(&carry::plan(&spec, &mut memory)).is_empty());
}

#[test]
fn i4_a_deletion_that_is_broken_off_is_finished_by_the_next_run() {
    const FAULTS: [Fault; 6] =
        [Fault::KilledBefore, Fault::KilledAfter, Fault::Cut, Fault::Refused, Fault::DoneAnd500, Fault::NotSent];
    let (_, mut clean, spec) = suspended();
    days_pass(&mut clean, 31);
    let struck = clean.clone();
    done(&spec, &mut clean);
    for fault in FAULTS {
        let mut memory = struck.clone();
        let plan = carry::plan(&spec, &mut memory);
        memory.fault = Some((memory.writes, fault));
        carry::run(&plan, &mut memory);
        memory.revive();
        done(&spec, &mut memory);
        assert_eq!(by_address(&memory), by_address(&clean), "{fault:?}");
        let person = memory.world.user_by_email(memory.primary, &email(0)).unwrap().id;
        assert_eq!(account_of(&memory.world, memory.secondary, person), None, "{fault:?}");
    }
}
