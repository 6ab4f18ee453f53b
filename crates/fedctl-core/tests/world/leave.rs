//! People who leave lose what they have, first the way in; people who come back get what fedctl took from them itself.

use fedctl_core::apply::End;
use fedctl_core::drive::Carry;
use fedctl_core::plan::guard::Guard;
use fedctl_core::plan::{Because, Fate, Gone, Note, Plan};
use fedctl_core::planner::Step;
use fedctl_core::request::{Outcome, Request};
use fedctl_core::spec::Spec;
use jumpcloud_sim::{NewUser, State, User, UserId, World, console};

use crate::carry::{self, Fault, Memory};
use crate::edits::{AccountEdit, Edit, ObjectEdit, PersonEdit};
use crate::handmade::{Hand, Made};
use crate::history::{History, account_of};
use crate::interleave::status;
use crate::judge::Judge;
use crate::properties::{bad, by_address};
use crate::scene::{ATTRIBUTE, Written, email, group_named};
use crate::watch::Watch;
use crate::worlds::{Members, Scene, Someone, Wish};

pub(crate) const LEAVES: Edit = Edit::Person(0, PersonEdit::LeaveGroup);
pub(crate) const RETURNS: Edit = Edit::Person(0, PersonEdit::JoinGroup);

/// Three people in a group.
pub(crate) fn scene(access: &'static str, on_leave: &'static str) -> Scene {
    let wish = Wish { on_leave, ..Wish::plain(access) };
    Scene { people: vec![Someone::plain(), Someone::plain(), Someone::plain()], wish, made: None, answers: Vec::new() }
}

/// A whole set-up, and what was done by hand then.
pub(crate) fn later(edits: &[Edit]) -> History {
    History { killed: vec![1000], edits: edits.to_vec(), ..History::NONE }
}

/// Somebody left, a run took from them what they had, and they are back.
pub(crate) fn returned(edits: &[Edit]) -> History {
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

pub(crate) fn account(memory: &Memory, index: usize) -> &User {
    let person = memory.world.user_by_email(memory.primary, &email(index)).unwrap().id;
    memory.world.user(account_of(&memory.world, memory.secondary, person).unwrap()).unwrap()
}

pub(crate) fn arrives(memory: &Memory, index: usize) -> bool {
    by_address(memory).0.iter().any(|(person, _)| *person == email(index))
}

pub(crate) fn mark(memory: &Memory, index: usize) -> String {
    account(memory, index).attribute("fedctl").unwrap_or_default().to_owned()
}

fn day(plan: &Plan) -> String {
    let seconds = i64::try_from(plan.as_of.unwrap()).unwrap();
    jiff::Timestamp::from_second(seconds).unwrap().to_string()[..10].to_owned()
}

/// Somebody marks another account as that of p0: this one, which nobody uses.
fn marked_twice(password: bool) -> (Memory, Spec, [UserId; 2]) {
    let scene =
        Scene { people: vec![Someone::plain(); 2], wish: Wish::plain("source_groups"), made: None, answers: vec![] };
    let (mut memory, spec) = scene.build();
    carry::apply(&spec, &mut memory);
    let (first, mark) = (account(&memory, 0).id, mark(&memory, 0));
    let new = NewUser {
        email: "second@beta.com".to_owned(),
        username: "second".to_owned(),
        password: password.then(|| "correct horse".to_owned()),
        attributes: vec![("fedctl".to_owned(), mark)],
        ..NewUser::default()
    };
    let second = memory.world.add_user(memory.secondary, new);
    (memory, spec, [first, second])
}

#[test]
fn of_two_accounts_with_the_mark_of_one_person_the_one_that_they_open_is_kept_and_the_other_suspended() {
    let (mut memory, spec, [first, second]) = marked_twice(false);
    let (plan, ends) = carry::apply(&spec, &mut memory);
    assert!(plan.refusals.is_empty() && ends.iter().all(End::is_good), "{:?} {ends:?}", plan.refusals);
    assert_eq!(gone(&plan), [("second@beta.com".to_owned(), Gone::Second)]);
    let state = |id| memory.world.user(id).unwrap().state;
    assert_eq!((state(first), state(second)), (State::Activated, State::Suspended));
    assert!(arrives(&memory, 0) && arrives(&memory, 1));
    let again = carry::plan(&spec, &mut memory);
    assert!(again.is_empty() && again.refusals.is_empty(), "{:?} {:?}", again.actions, again.refusals);
}

#[test]
fn i9_a_second_account_with_a_password_of_its_own_is_left_and_said() {
    let (mut memory, spec, [_, second]) = marked_twice(true);
    let plan = carry::plan(&spec, &mut memory);
    assert!(plan.is_empty() && plan.refusals.is_empty(), "{:?} {:?}", plan.actions, plan.refusals);
    let said = |note: &Note| note.text.contains("remove the attribute `fedctl` from the one that is not theirs");
    assert!(plan.notes.iter().any(said), "{:?}", plan.notes);
    assert_eq!(memory.world.user(second).unwrap().state, State::Activated);
}

pub(crate) fn gone(plan: &Plan) -> Vec<(String, Gone)> {
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

pub(crate) fn done(spec: &Spec, memory: &mut Memory) -> Plan {
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

#[test]
fn the_first_write_ends_their_sign_in_and_nobody_else_loses_at_any_moment() {
    for on_leave in ["suspend", "unroute"] {
        for members in [Members::Managed, Members::ByMark] {
            let mut scene = scene("managed", on_leave);
            scene.wish.members = members;
            let (mut memory, spec) = scene.after(&later(&[LEAVES])).unwrap();
            let plan = carry::plan(&spec, &mut memory);
            let judge = Judge::new(&scene, &memory, &plan);
            let person = memory.world.user_by_email(memory.primary, &email(0)).unwrap().id;
            let (address, secondary) = (account(&memory, 0).email.to_string(), memory.secondary);
            let still = |world: &World| world.sign_in(secondary, &address, person).is_ok();
            assert!(still(&memory.world));
            let verdict =
                |world: &World| judge.wrong(world).or_else(|| still(world).then(|| "they still sign in".to_owned()));
            let mut watch = Watch::new(&mut memory, verdict);
            let ends = carry::run(&plan, &mut watch);
            assert_eq!(watch.wrong, None, "{on_leave} {members:?}");
            assert!(bad(&plan, &ends).is_empty());
        }
    }
}

#[test]
fn who_is_unrouted_keeps_an_account_that_is_in_use_and_the_mark_says_when() {
    for members in [Members::Managed, Members::ByMark, Members::Suffix] {
        let mut scene = scene("managed", "unroute");
        scene.wish.members = members;
        let (mut memory, spec) = scene.after(&later(&[LEAVES])).unwrap();
        let plan = done(&spec, &mut memory);
        assert_eq!(account(&memory, 0).state, State::Activated, "{members:?}");
        assert!(mark(&memory, 0).ends_with(&format!("/created/left {}", day(&plan))), "{}", mark(&memory, 0));
        assert_eq!(account(&memory, 0).attribute("fedctlRoute"), None);
        assert!(!arrives(&memory, 0) && arrives(&memory, 1), "{members:?}");
    }
}

#[test]
fn an_account_that_was_taken_over_is_released_and_nothing_else() {
    let mut scene = scene("source_groups", "suspend");
    scene.wish.authority = "federated";
    let by_hand = Hand { password: true, federated: false, routed: false, linked: false, ..Hand::WORKING };
    scene.people[0] = Someone { hand: Some(by_hand), adopted: true, ..Someone::plain() };
    scene.made = Some(Made::NOTHING);
    let (mut memory, spec) = scene.build();
    done(&spec, &mut memory);
    let address = account(&memory, 0).email.to_string();
    assert!(arrives(&memory, 0) && memory.world.local_sign_in(memory.secondary, &address).is_err());
    scene.make(LEAVES, &mut memory);
    let plan = done(&spec, &mut memory);
    assert!(mark(&memory, 0).ends_with(&format!("/adopted/left {}", day(&plan))), "{}", mark(&memory, 0));
    assert_eq!(account(&memory, 0).state, State::Activated);
    assert!(!arrives(&memory, 0) && memory.world.local_sign_in(memory.secondary, &address).is_ok());
    assert!(account(&memory, 0).restrictions().iter().all(|entry| &*entry.field != "password"));
}

#[test]
fn whoever_is_suspended_deleted_or_excepted_leaves_and_is_told_why() {
    let suspended = |memory: &mut Memory| {
        let user = memory.world.user_by_email(memory.primary, &email(0)).unwrap().id;
        console::suspend_user(&mut memory.world, user, true);
    };
    let deleted = |memory: &mut Memory| {
        let user = memory.world.user_by_email(memory.primary, &email(0)).unwrap().id;
        console::delete_user(&mut memory.world, user);
    };
    let excepted = |_: &mut Memory| {};
    type Goes<'a> = &'a dyn Fn(&mut Memory);
    let ways: [(Gone, Goes<'_>); 3] =
        [(Gone::Suspended, &suspended), (Gone::Deleted, &deleted), (Gone::Excepted, &excepted)];
    for (why, leave) in ways {
        let mut scene = scene("source_groups", "suspend");
        let (mut memory, _) = scene.after(&later(&[])).unwrap();
        let address = account(&memory, 0).email.to_string();
        leave(&mut memory);
        scene.people[0].excepted = why == Gone::Excepted;
        let spec = scene.spec(&memory, Written::NOW);
        let plan = done(&spec, &mut memory);
        assert_eq!(gone(&plan).into_iter().map(|(_, why)| why).collect::<Vec<_>>(), [why]);
        assert!(memory.world.user_by_email(memory.secondary, &address).unwrap().is_suspended(), "{why:?}");
    }
}

#[test]
fn i13_who_waits_or_cannot_be_read_does_not_leave() {
    let scene = scene("source_groups", "suspend");
    // Their record by itself is refused, and everything else is read.
    let (mut memory, spec) = scene.after(&later(&[LEAVES])).unwrap();
    let person = memory.world.user_by_email(memory.primary, &email(0)).unwrap().id;
    for path in [format!("/api/systemusers/{person}"), format!("/api/v2/users/{person}/memberof")] {
        let plan = carry::plan(&spec, &mut Hidden { memory: &mut memory, path });
        assert!(plan.is_empty(), "{:?}", plan.actions);
        assert!(plan.notes.iter().any(|note| note.text.contains("this key may not read it")), "{:?}", plan.notes);
    }
    assert_eq!(gone(&done(&spec, &mut memory)).len(), 1);
}

#[test]
fn a_source_group_that_is_gone_is_a_problem_and_takes_nothing_from_anybody() {
    let (mut memory, spec) = scene("source_groups", "suspend").after(&later(&[])).unwrap();
    let group = group_named(&memory.world, memory.primary, "Contractors").unwrap();
    console::delete_group(&mut memory.world, group);
    assert!(matches!(carry::step(&spec, &mut memory), Ok(Step::Problems(_))));
}

#[test]
fn i4_a_leave_that_is_broken_off_anywhere_leaves_less_and_is_finished_by_the_next_run() {
    const FAULTS: [Fault; 6] =
        [Fault::KilledBefore, Fault::KilledAfter, Fault::Cut, Fault::Refused, Fault::DoneAnd500, Fault::NotSent];
    for on_leave in ["suspend", "unroute"] {
        let scene = scene("managed", on_leave);
        let (mut clean, spec) = scene.after(&later(&[LEAVES])).unwrap();
        let writes = done(&spec, &mut clean).actions.len();
        for at in 0..writes {
            for fault in FAULTS {
                let (mut memory, spec) = scene.after(&later(&[LEAVES])).unwrap();
                let before = by_address(&memory);
                let plan = carry::plan(&spec, &mut memory);
                memory.fault = Some((memory.writes + at, fault));
                carry::run(&plan, &mut memory);
                memory.revive();
                let (now, what) = (by_address(&memory), format!("{on_leave} {at} {fault:?}"));
                assert!(now.0.is_subset(&before.0) && now.1.is_subset(&before.1), "{what}");
                done(&spec, &mut memory);
                assert_eq!((by_address(&memory), mark(&memory, 0)), (by_address(&clean), mark(&clean, 0)), "{what}");
            }
        }
    }
}

#[test]
fn who_is_back_is_given_what_fedctl_took_when_somebody_agrees() {
    for on_leave in ["suspend", "unroute"] {
        let scene = scene("managed", on_leave);
        let (mut memory, spec) = scene.after(&returned(&[RETURNS, Edit::DayPasses])).unwrap();
        assert!(!arrives(&memory, 0));
        let plan = carry::plan(&spec, &mut memory);
        let guards: Vec<_> = plan.refusals.iter().map(|refusal| refusal.guard).collect();
        assert_eq!(guards, [Guard::ReGrant], "{on_leave}: {:?}", plan.actions);
        assert!(plan.actions.iter().any(|action| action.because == Because::Returned));
        done(&spec, &mut memory);
        assert!(arrives(&memory, 0) && mark(&memory, 0).ends_with("/created"), "{}", mark(&memory, 0));
        assert!(memory.world.outbox().is_empty());
    }
}

#[test]
fn i11_what_a_human_took_from_who_left_stays_when_they_are_back() {
    let scene = scene("managed", "suspend");
    let suspended = Edit::Account(0, AccountEdit::Suspend);
    let history = History { between: vec![suspended, LEAVES], ..returned(&[RETURNS, Edit::DayPasses]) };
    let (mut memory, spec) = scene.after(&history).unwrap();
    assert!(mark(&memory, 0).ends_with("/created"), "fedctl did not suspend it: {}", mark(&memory, 0));
    let plan = carry::plan(&spec, &mut memory);
    assert!(plan.is_empty() && plan.refusals.is_empty(), "{:?}", plan.actions);
    // Taken out of the routing group after fedctl had suspended the account.
    let (mut memory, spec) = scene.after(&returned(&[Edit::Account(0, AccountEdit::Unroute), RETURNS])).unwrap();
    let plan = carry::plan(&spec, &mut memory);
    assert!(plan.is_empty(), "{:?}", plan.actions);
}

#[test]
fn nothing_is_taken_where_the_spec_says_keep_and_nothing_from_whoever_is_protected() {
    let (mut memory, spec) = scene("managed", "keep").after(&later(&[LEAVES])).unwrap();
    let plan = carry::plan(&spec, &mut memory);
    assert!(plan.is_empty() && arrives(&memory, 0));
    assert!(plan.notes.iter().any(|note| note.text.contains("on_leave: keep")), "{:?}", plan.notes);
    for edit in [AccountEdit::Promote, AccountEdit::Protect] {
        let (mut memory, spec) = scene("managed", "suspend").after(&later(&[Edit::Account(0, edit), LEAVES])).unwrap();
        let plan = carry::plan(&spec, &mut memory);
        assert!(plan.refusals.iter().any(|refusal| refusal.guard == Guard::Protected), "{edit:?} {:?}", plan.refusals);
    }
}

#[test]
fn i7_everything_that_is_taken_was_read_by_itself_with_its_reason() {
    let (mut memory, spec) = scene("managed", "suspend").after(&later(&[LEAVES])).unwrap();
    memory.world.clear_requests();
    let plan = carry::plan(&spec, &mut memory);
    let person = memory.world.user_by_email(memory.primary, &email(0)).unwrap().id;
    let account = account(&memory, 0).id;
    let asked: Vec<&str> = memory.world.requests().iter().map(|sent| &*sent.target).collect();
    for point in [
        format!("/api/systemusers/{account}"),
        format!("/api/systemusers/{person}"),
        format!("/api/v2/users/{person}/memberof?limit=100&skip=0"),
    ] {
        assert!(asked.contains(&&*point), "{point}: {asked:?}");
    }
    // Whoever stays is not asked for by themselves: the cost is that of the removals.
    let by_itself = asked.iter().filter(|target| target.starts_with("/api/systemusers/")).count();
    assert_eq!((by_itself, gone(&plan).len()), (2, 1));
}

/// Refuses one question.
pub(crate) struct Hidden<'m> {
    pub(crate) memory: &'m mut Memory,
    pub(crate) path: String,
}

impl Carry for Hidden<'_> {
    fn carry(&mut self, request: Request) -> Outcome {
        if request.path.split('?').next() == Some(&*self.path) {
            return status(403, "not for you");
        }
        self.memory.carry(request)
    }
}
