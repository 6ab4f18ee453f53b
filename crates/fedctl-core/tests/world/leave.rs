//! People who leave lose what they have, first the way in; people who come back get what fedctl took from them itself.

use fedctl_core::plan::{Because, Fate, Gone, Plan};
use fedctl_core::spec::Spec;
use jumpcloud_sim::{State, User};

use crate::carry::{self, Memory};
use crate::edits::{Edit, ObjectEdit, PersonEdit};
use crate::history::{History, account_of};
use crate::properties::{bad, by_address};
use crate::scene::{ATTRIBUTE, email, group_named};
use crate::worlds::{Members, Scene, Someone, Wish};

const LEAVES: Edit = Edit::Person(0, PersonEdit::LeaveGroup);
const RETURNS: Edit = Edit::Person(0, PersonEdit::JoinGroup);

/// Three people in a group.
fn scene(access: &'static str, on_leave: &'static str) -> Scene {
    let wish = Wish { on_leave, ..Wish::plain(access) };
    Scene { people: vec![Someone::plain(), Someone::plain(), Someone::plain()], wish, made: None, answers: Vec::new() }
}

/// A whole set-up, and what was done by hand then.
fn later(edits: &[Edit]) -> History {
    History { killed: vec![1000], edits: edits.to_vec(), ..History::NONE }
}

/// Somebody left, a run took from them what they had, and they are back.
fn returned(edits: &[Edit]) -> History {
    History { killed: vec![1000, 1000], between: vec![LEAVES, Edit::DayPasses], edits: edits.to_vec(), ..History::NONE }
}

/// Worlds in which somebody leaves while something else is to be done, or is back.
pub(crate) fn situations() -> Vec<(Scene, History)> {
    let by_suffix = |edit| {
        let mut scene = scene("{group: Everyone}", "unroute");
        scene.wish.members = Members::Suffix;
        scene.people.insert(0, Someone { groups: [false; 3], ..Someone::plain() });
        let leaves = Edit::Person(1, PersonEdit::LeaveGroup);
        (scene, later(&[leaves, Edit::Object(edit)]))
    };
    let half = |killed| History { killed: vec![killed], edits: vec![LEAVES], ..History::NONE };
    vec![
        (scene("managed", "unroute"), later(&[LEAVES])),
        (scene("managed", "suspend"), later(&[LEAVES])),
        (scene("managed", "unroute"), half(750)),
        (scene("managed", "unroute"), half(800)),
        (scene("managed", "unroute"), half(850)),
        by_suffix(ObjectEdit::DropCallback),
        by_suffix(ObjectEdit::UnbindApp),
        (scene("managed", "suspend"), returned(&[RETURNS, Edit::DayPasses])),
        (scene("managed", "unroute"), returned(&[RETURNS, Edit::DayPasses])),
    ]
}

fn account(memory: &Memory, index: usize) -> &User {
    let person = memory.world.user_by_email(memory.primary, &email(index)).unwrap().id;
    memory.world.user(account_of(&memory.world, memory.secondary, person).unwrap()).unwrap()
}

fn arrives(memory: &Memory, index: usize) -> bool {
    by_address(memory).0.iter().any(|(person, _)| *person == email(index))
}

fn mark(memory: &Memory, index: usize) -> String {
    account(memory, index).attribute("fedctl").unwrap_or_default().to_owned()
}

fn is_in(memory: &Memory, index: usize, group: &str) -> bool {
    let group = group_named(&memory.world, memory.secondary, group).unwrap();
    memory.world.group(group).unwrap().has_member(account(memory, index).id)
}

fn day(plan: &Plan) -> String {
    let seconds = i64::try_from(plan.as_of.unwrap()).unwrap();
    jiff::Timestamp::from_second(seconds).unwrap().to_string()[..10].to_owned()
}

fn gone(plan: &Plan) -> Vec<(String, Gone)> {
    let gone = plan.people.iter().filter_map(|person| match person.fate {
        Fate::Leaves(gone) => Some((person.email.to_string(), gone)),
        Fate::Unchanged
        | Fate::Gains
        | Fate::GainsExisting
        | Fate::TakenOver
        | Fate::Mended
        | Fate::Loses
        | Fate::Held(_) => None,
    });
    gone.collect()
}

fn done(spec: &Spec, memory: &mut Memory) -> Plan {
    let (plan, ends) = carry::apply(spec, memory);
    assert!(bad(&plan, &ends).is_empty(), "{:?}", bad(&plan, &ends));
    let left = carry::plan(spec, memory);
    assert!(left.is_empty(), "{:?}", left.actions);
    plan
}

#[test]
fn who_left_is_suspended_and_loses_app_and_attribute() {
    let scene = scene("managed", "suspend");
    let (mut memory, spec) = scene.after(&later(&[LEAVES])).unwrap();
    assert!(arrives(&memory, 0));
    let plan = done(&spec, &mut memory);
    assert_eq!(gone(&plan), [(email(0), Gone::NotMeant)]);
    assert!(plan.actions.iter().all(|action| action.because == Because::Left), "{:?}", plan.actions);
    assert_eq!(account(&memory, 0).state, State::Suspended);
    assert!(mark(&memory, 0).ends_with(&format!("/created/suspended {}", day(&plan))), "{}", mark(&memory, 0));
    let user = memory.world.user_by_email(memory.primary, &email(0)).unwrap();
    let access = group_named(&memory.world, memory.primary, "acme-to-beta access").unwrap();
    assert!(user.attribute(ATTRIBUTE).is_none() && !memory.world.group(access).unwrap().has_member(user.id));
    assert!(!arrives(&memory, 0) && arrives(&memory, 1) && arrives(&memory, 2));
    assert!(memory.world.outbox().is_empty());
}
