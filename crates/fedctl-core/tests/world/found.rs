//! What generated federations by hand, renamed federations and human hands found: each is one scene, and stays found.

use std::collections::BTreeSet;

use fedctl_core::address::{Kind, Org};
use fedctl_core::apply::End;
use fedctl_core::drive::{self, Carry};
use fedctl_core::plan::guard::{Guard, Lift};
use fedctl_core::plan::{Because, Note, Plan, Verb};
use fedctl_core::planner::Step;
use fedctl_core::request::{Outcome, Request};
use fedctl_core::spec::Spec;
use jumpcloud_sim::console;

use crate::carry::{self, Command, Fault, Memory};
use crate::edits::{AccountEdit, Edit, ObjectEdit, PersonEdit};
use crate::handmade::{Hand, Made, MadeApp, MadePolicy, OBJECTS};
use crate::history::{Earlier, History};
use crate::interleave::status;
use crate::judge::{Doors, Judge};
use crate::properties::{bad, by_address};
use crate::scene::{Written, email};
use crate::watch::Watch;
use crate::worlds::{Members, Scene, Someone, Standing, Wish};

const APP: MadeApp = MadeApp {
    configured: true,
    active: true,
    callback: true,
    more_callbacks: false,
    more_claims: false,
    right_client_auth: true,
    groups: [true; 4],
};

/// Three people with a federation that works by hand and that the spec takes over.
pub(crate) fn by_hand() -> Scene {
    let someone = || Someone { hand: Some(Hand::WORKING), adopted: true, ..Someone::plain() };
    let made = Made {
        app: Some(APP),
        provider: true,
        group: Some(Members::Managed),
        policy: Some(MadePolicy { enabled: true, assigned: true }),
        named_as_expected: true,
        spec_names_them: true,
        described: true,
    };
    let wish = Wish { adopt: OBJECTS.to_vec(), ..Wish::plain("source_groups") };
    Scene { people: vec![someone(), someone(), someone()], wish, made: Some(made), answers: Vec::new() }
}

fn fresh() -> Scene {
    let people = vec![Someone::plain(), Someone::plain(), Someone::plain()];
    Scene { people, wish: Wish::plain("source_groups"), made: None, answers: Vec::new() }
}

/// The same, where the policy that is on does not apply to the group yet.
pub(crate) fn unassigned() -> Scene {
    let mut scene = by_hand();
    scene.made.as_mut().unwrap().policy = Some(MadePolicy { enabled: true, assigned: false });
    scene
}

fn after(scene: &Scene, earlier: Earlier, edits: &[Edit]) -> (Memory, Spec) {
    scene.after(&History { earlier, killed: vec![1000], edits: edits.to_vec(), ..History::NONE }).unwrap()
}

fn guards(spec: &Spec, memory: &mut Memory) -> BTreeSet<Guard> {
    carry::plan(spec, memory).refusals.iter().map(|refusal| refusal.guard).collect()
}

fn is_done(spec: &Spec, memory: &mut Memory) {
    let (plan, ends) = carry::apply(spec, memory);
    assert!(bad(&plan, &ends).is_empty(), "{:?}", bad(&plan, &ends));
    let left = carry::plan(spec, memory);
    assert!(left.is_empty(), "{:?}", left.actions.iter().map(|action| action.target.to_string()).collect::<Vec<_>>());
}

fn arrives(memory: &Memory, index: usize) -> bool {
    by_address(memory).0.iter().any(|(person, _)| *person == email(index))
}

/// Refuses the writes of one user of the primary organisation.
struct Refuses<'m, C> {
    carry: &'m mut C,
    path: String,
}

impl<C: Carry> Carry for Refuses<'_, C> {
    fn carry(&mut self, request: Request) -> Outcome {
        let is_refused = request.method == "PUT" && request.org == Org::Primary && request.path == self.path;
        if is_refused { status(403, "not today") } else { self.carry.carry(request) }
    }

    fn pause(&mut self, wanted: std::time::Duration) {
        self.carry.pause(wanted);
    }
}

#[test]
fn i6_an_app_that_is_taken_over_half_made_is_shown_where_it_was_shown() {
    let mut scene = by_hand();
    scene.people.clear();
    let app = MadeApp { configured: false, ..APP };
    scene.made = Some(Made { app: Some(app), provider: false, group: None, policy: None, ..scene.made.unwrap() });
    let (mut memory, spec) = scene.build();
    carry::apply(&spec, &mut memory);
    let app = memory.world.apps(memory.primary).find(|app| app.display_label == "OIDC for beta").unwrap();
    assert!(app.oidc.is_some() && !app.hidden);
}

#[test]
fn i10_whoever_nobody_means_does_not_come_in_again_because_an_app_is_repaired() {
    let mut scene = by_hand();
    scene.people[2] = Someone { groups: [false, true, false], adopted: false, ..scene.people[2].clone() };
    scene.made.as_mut().unwrap().group = Some(Members::Managed);
    scene.people[2].hand = Some(Hand { routed: false, ..Hand::WORKING });
    let (mut memory, spec) = scene.build();
    assert_eq!(guards(&spec, &mut memory), BTreeSet::new(), "it works today, and is said");
    scene.make(Edit::Object(ObjectEdit::DropCallback), &mut memory);
    carry::apply(&spec, &mut memory);
    let app = memory.world.apps(memory.primary).find(|app| app.display_label == "OIDC for beta").unwrap().id;
    console::set_redirect_uris(&mut memory.world, app, &["https://typo.example.com"]);
    assert_eq!(guards(&spec, &mut memory), BTreeSet::from([Guard::Impersonation]));
}

#[test]
fn somebody_whom_the_spec_does_not_mean_and_who_signs_in_as_it_is_stops_no_plan() {
    let mut scene = by_hand();
    scene.people[2] = Someone { groups: [false, true, false], adopted: false, ..scene.people[2].clone() };
    let (mut memory, spec) = scene.build();
    let (plan, _) = carry::apply(&spec, &mut memory);
    let said =
        plan.notes.iter().any(|note| note.text.contains("opens it by their attribute, and the spec does not say so"));
    assert!(said && arrives(&memory, 2), "{:?}", plan.notes);
    let account = memory.world.user_by_email(memory.secondary, "staff0@beta.com").unwrap().id;
    let group =
        memory.world.groups(memory.secondary).find(|group| group.description.contains("routing-group, adopted"));
    let group = group.unwrap().id;
    console::add_member(&mut memory.world, group, account);
    let plan = carry::plan(&spec, &mut memory);
    let said = |note: &Note| note.text.contains("staff0@beta.com") && note.text.contains("remove them from the group");
    assert!(plan.refusals.is_empty() && plan.is_empty() && plan.notes.iter().any(said), "{:?}", plan.notes);
}

#[test]
fn i10_whoever_left_an_account_that_was_never_taken_over_stops_nobody_else_and_no_routing_begins_with_them() {
    let mut scene = by_hand();
    scene.people[2].adopted = false;
    let (mut memory, spec) = scene.build();
    carry::apply(&spec, &mut memory);
    let leaves = memory.world.user_by_email(memory.primary, &email(2)).unwrap().id;
    console::delete_user(&mut memory.world, leaves);
    scene.make(Edit::Person(0, PersonEdit::BreakMapping), &mut memory);
    let (plan, ends) = carry::apply(&spec, &mut memory);
    assert!(!plan.is_empty() && ends.iter().all(End::is_good), "{ends:?}");
    let account = scene.hand_address(2).unwrap();
    assert!(plan.notes.iter().any(|note| note.text.contains(&account)), "{:?}", plan.notes);
    let policy = memory.world.policies(memory.secondary).next().unwrap();
    let (policy, provider) = (policy.id, memory.world.provider(memory.secondary).unwrap().id);
    console::delete_provider(&mut memory.world, provider);
    console::set_policy_enabled(&mut memory.world, policy, true);
    assert!(guards(&spec, &mut memory).contains(&Guard::Members));
}

#[test]
fn i10_an_app_that_is_made_or_given_to_its_group_again_lets_nobody_in_who_left() {
    let nobody = || Someone { groups: [false; 3], ..Someone::plain() };
    let mut people: Vec<Someone> = (0..6).map(|_| nobody()).collect();
    people.push(Someone::plain());
    let wish = Wish { hidden: false, copy: "[firstname, lastname, displayname]", ..Wish::plain("managed") };
    let scene = Scene { people, wish, made: None, answers: Vec::new() };
    for edit in [ObjectEdit::DeleteApp, ObjectEdit::UnbindApp] {
        let edits = [Edit::Person(6, PersonEdit::LeaveGroup), Edit::Object(edit)];
        let (mut memory, spec) = after(&scene, Earlier::Same, &edits);
        is_done(&spec, &mut memory);
        assert!(!arrives(&memory, 6), "{edit:?}");
        let wish = Wish { on_leave: "keep", ..scene.wish.clone() };
        let (mut memory, spec) = after(&Scene { wish, ..scene.clone() }, Earlier::Same, &edits);
        assert!(!arrives(&memory, 6), "{edit:?}");
        let refused = guards(&spec, &mut memory).into_iter().filter(|guard| guard.lift() == Lift::Never);
        assert_eq!(refused.collect::<Vec<_>>(), [Guard::Impersonation], "{edit:?}");
        scene.make(Edit::Account(6, AccountEdit::Suspend), &mut memory);
        is_done(&spec, &mut memory);
        assert!(!arrives(&memory, 6), "{edit:?}");
    }
}

#[test]
fn i10_an_attribute_opens_nothing_while_nobody_is_routed_and_opening_it_is_refused() {
    let mut scene = by_hand();
    for (index, someone) in scene.people.iter_mut().enumerate() {
        someone.hand = (index == 2).then_some(Hand { routed: false, ..Hand::WORKING });
        someone.adopted = false;
    }
    scene.people[2].groups = [false, true, false];
    let (mut memory, spec) = scene.build();
    assert_eq!(guards(&spec, &mut memory), BTreeSet::from([Guard::Impersonation]));
}

#[test]
fn i10_whoever_left_an_account_of_nobodys_stops_no_plan_while_nobody_is_routed_and_stops_the_one_that_routes() {
    let mut scene = by_hand();
    scene.people[2].hand = Some(Hand { routed: false, ..Hand::WORKING });
    scene.people[2].adopted = false;
    let (mut memory, spec) = scene.build();
    carry::apply(&spec, &mut memory);
    for edit in [
        Edit::Object(ObjectEdit::SwitchOff),
        Edit::Person(2, PersonEdit::LeaveGroup),
        Edit::Person(0, PersonEdit::BreakMapping),
    ] {
        scene.make(edit, &mut memory);
    }
    let (plan, ends) = carry::apply(&spec, &mut memory);
    assert!(!plan.is_empty() && ends.iter().all(End::is_good), "{ends:?}");
    let account = scene.hand_address(2).unwrap();
    let is_said = |text: &str| text.contains("whoever turns routing on has to remove that attribute");
    assert!(plan.notes.iter().any(|note| *note.about.name == *account && is_said(&note.text)), "{:?}", plan.notes);
    // Whoever is routed lets them in by their address, so routing does not go on before the attribute is gone.
    memory.command = Command::Resume;
    let command = memory.command;
    let refusals = |memory: &mut Memory| {
        let Step::Ready(plan) = drive::read(&spec, memory, |live| command.step(&spec, live)).unwrap().0 else {
            panic!("no plan")
        };
        plan.refusals
            .iter()
            .map(|refusal| refusal.guard)
            .filter(|guard| guard.lift() == Lift::Never)
            .collect::<Vec<_>>()
    };
    assert_eq!(refusals(&mut memory), [Guard::Impersonation]);
    let person = memory.world.user_by_email(memory.primary, &email(2)).unwrap().id;
    console::set_attribute(&mut memory.world, person, crate::scene::ATTRIBUTE, None);
    assert_eq!(refusals(&mut memory), []);
}

#[test]
fn i3_a_policy_that_is_on_is_given_the_routing_group_in_one_run_and_not_while_the_spec_turns_routing_off() {
    let mut scene = unassigned();
    scene.wish.authority = "federated";
    scene.people.push(Someone::plain());
    let (mut memory, spec) = scene.build();
    is_done(&spec, &mut memory);
    assert!((0..4).all(|index| arrives(&memory, index)));
    scene.wish.enabled = false;
    let (mut memory, spec) = scene.build();
    is_done(&spec, &mut memory);
    assert_eq!(memory.world.policies(memory.secondary).map(|policy| policy.groups().count()).sum::<usize>(), 0);
}

#[test]
fn i4_a_policy_that_is_taken_over_gets_its_group_wherever_the_run_is_killed() {
    let writes = {
        let (mut memory, spec) = unassigned().build();
        carry::apply(&spec, &mut memory);
        memory.writes
    };
    for at in 0..writes {
        let (mut memory, spec) = unassigned().build();
        memory.fault = Some((at, Fault::KilledAfter));
        carry::apply(&spec, &mut memory);
        memory.revive();
        is_done(&spec, &mut memory);
        assert!((0..3).all(|index| arrives(&memory, index)), "killed at {at}");
    }
}

#[test]
fn i6_a_copy_of_what_was_taken_over_is_left() {
    let edits = [Edit::Object(ObjectEdit::DuplicateGroups), Edit::Object(ObjectEdit::DuplicatePolicy)];
    let (mut memory, spec) = after(&by_hand(), Earlier::Same, &edits);
    let plan = carry::plan(&spec, &mut memory);
    assert!(plan.is_empty() && plan.refusals.is_empty(), "{:?}", plan.actions);
    assert_eq!(plan.notes.iter().filter(|note| note.text.contains("made by hand, so it is left")).count(), 2);
}

#[test]
fn i9_a_claim_does_not_move_before_everybody_has_the_attribute_that_it_moves_to() {
    let scene = fresh();
    let (mut memory, spec) = after(&scene, Earlier::OtherNameAndAttribute, &[]);
    let plan = carry::plan(&spec, &mut memory);
    assert!(plan.actions.iter().any(|action| action.because == Because::Moves));
    let judge = Judge::new(&scene, &memory, &plan);
    let user = memory.world.user_by_email(memory.primary, &email(1)).unwrap().id;
    let mut watch = Watch::new(&mut memory, |world| judge.wrong(world));
    let path = format!("/api/systemusers/{user}");
    carry::run(&plan, &mut Refuses { carry: &mut watch, path });
    assert_eq!(watch.wrong, None);
    is_done(&spec, &mut memory);
    assert!((0..3).all(|index| arrives(&memory, index)));
}

#[test]
fn i9_a_claim_does_not_move_away_from_somebody_who_left_and_is_not_suspended() {
    let left = [Edit::Person(1, PersonEdit::LeaveGroup)];
    let keep = Wish { on_leave: "keep", ..Wish::plain("source_groups") };
    let scene = Scene { wish: keep, ..fresh() };
    let (mut memory, spec) = after(&scene, Earlier::OtherNameAndAttribute, &left);
    assert_eq!(guards(&spec, &mut memory), BTreeSet::from([Guard::Lockout]));
}

#[test]
fn i9_routing_waits_for_a_member_who_would_lose_their_password_and_the_plan_says_so() {
    for rule in [Members::Managed, Members::Suffix] {
        let mut scene = unassigned();
        scene.made.as_mut().unwrap().group = Some(rule);
        scene.wish.members = rule;
        scene.people[1].standing = Standing::Suspended;
        scene.people[1].hand = Some(Hand { password: true, federated: false, ..Hand::WORKING });
        let (mut memory, spec) = scene.build();
        let before = Doors::of_memory(&memory);
        is_done(&spec, &mut memory);
        assert_eq!(before, Doors::of_memory(&memory));
        let said = |plan: &Plan| plan.notes.iter().any(|note| note.text.starts_with("nobody is routed before"));
        assert!(said(&carry::plan(&spec, &mut memory)));
    }
}

#[test]
fn a_rule_goes_on_asking_for_the_name_under_which_it_was_made() {
    let mut scene = fresh();
    scene.wish.members = Members::ByMark;
    scene.people[2].groups = [false; 3];
    let joined = [Edit::Person(2, PersonEdit::JoinGroup)];
    let (mut memory, spec) = after(&scene, Earlier::OtherName, &joined);
    is_done(&spec, &mut memory);
    assert!((0..3).all(|index| arrives(&memory, index)));
}

#[test]
fn i3_whom_the_rule_of_a_group_does_not_bring_in_is_said_and_tried_once() {
    let mut scene = by_hand();
    scene.made.as_mut().unwrap().group = Some(Members::Suffix);
    scene.wish.members = Members::ByMark;
    // Made by fedctl, with an address that the rule by hand does not find.
    scene.people.push(Someone { other_email: true, ..Someone::plain() });
    let (mut memory, spec) = scene.build();
    carry::apply(&spec, &mut memory);
    let plan = carry::plan(&spec, &mut memory);
    assert!(plan.is_empty(), "{:?}", plan.actions);
    assert!(plan.notes.iter().any(|note| note.text.contains("does not bring it in")));
}

#[test]
fn i3_a_group_that_was_deleted_is_made_and_not_routed_while_the_spec_turns_routing_off() {
    let mut scene = fresh();
    scene.wish.enabled = false;
    let (mut memory, spec) = after(&scene, Earlier::Enabled, &[Edit::Object(ObjectEdit::DeleteGroup)]);
    assert_eq!(spec.federation.as_str(), Written::NOW.federation);
    is_done(&spec, &mut memory);
    let plan = carry::plan(&spec, &mut memory);
    assert!(
        !plan.actions.iter().any(|action| action.target.kind == Kind::RoutingAssignment && action.verb == Verb::Create)
    );
}

#[test]
fn i9_a_first_plan_for_what_works_by_hand_adopts_and_does_nothing_else() {
    let (mut memory, spec) = by_hand().build();
    let plan = carry::plan(&spec, &mut memory);
    let verbs: BTreeSet<&str> = plan.actions.iter().map(|action| action.verb.as_str()).collect();
    // The spec says `federated`, and the accounts are that already.
    assert_eq!((verbs, plan.refusals.len()), (BTreeSet::from(["adopt"]), 0));
    let ends = carry::run(&plan, &mut memory);
    assert!(ends.iter().all(|end| *end == End::Applied));
}
