//! What human hands did before a run, one thing at a time: each of these was found by the properties, and stays found.

use fedctl_core::plan::Plan;
use fedctl_core::plan::guard::Guard;

use crate::carry::{self, Memory};
use crate::edits::{AccountEdit, Edit, ObjectEdit, PersonEdit};
use crate::history::{Earlier, History};
use crate::judge::Judge;
use crate::watch::Watch;
use crate::worlds::{Claim, Scene, Someone, Wish};

fn scene(access: &'static str) -> Scene {
    let people = vec![Someone::plain(), Someone::plain(), Someone::plain()];
    Scene { people, wish: Wish::plain(access), made: None, answers: Vec::new() }
}

/// Applies after so much of an earlier run and these edits, and judges after every write.
fn apply_after(scene: &Scene, killed: usize, edits: Vec<Edit>) -> (Memory, Plan) {
    let history = History { earlier: Earlier::Same, killed: vec![killed], edits, ..History::NONE };
    let (mut memory, spec) = scene.after(&history).unwrap();
    let plan = carry::plan(&spec, &mut memory);
    assert_eq!(plan.refusals, []);
    let judge = Judge::new(scene, &memory, &plan);
    let mut watch = Watch::new(&mut memory, |world| judge.wrong(world));
    carry::run(&plan, &mut watch);
    assert_eq!(watch.wrong, None, "killed at {killed}");
    (memory, plan)
}

fn guards(scene: &Scene) -> Vec<Guard> {
    let (mut memory, spec) = scene.build();
    carry::plan(&spec, &mut memory).refusals.iter().map(|refusal| refusal.guard).collect()
}

#[test]
fn i10_who_left_before_routing_was_turned_on_gains_nothing_by_it() {
    for killed in (0..1000).step_by(40) {
        for access in ["managed", "{group: Everyone}"] {
            apply_after(&scene(access), killed, vec![Edit::Person(1, PersonEdit::LeaveGroup)]);
        }
    }
}

#[test]
fn i9_nobody_with_a_password_is_routed_through_an_app_that_is_off() {
    for killed in (0..1000).step_by(40) {
        let given = Edit::Account(1, AccountEdit::GivePassword);
        apply_after(&scene("source_groups"), killed, vec![given, Edit::Object(ObjectEdit::DeactivateApp)]);
        let unrouted = Edit::Account(1, AccountEdit::Unroute);
        apply_after(&scene("source_groups"), killed, vec![given, unrouted, Edit::Object(ObjectEdit::DeactivateApp)]);
    }
}

#[test]
fn i11_an_account_that_was_taken_out_yesterday_stays_out() {
    let edits = vec![Edit::Account(1, AccountEdit::Unroute), Edit::DayPasses];
    let (_, plan) = apply_after(&scene("source_groups"), 1000, edits);
    assert!(plan.is_empty(), "{:?}", plan.actions);
}

#[test]
fn i10_an_attribute_that_opens_the_account_of_another_stops_the_plan_whoever_has_it() {
    assert_eq!(guards(&scene("source_groups")), []);
    let mut excepted = scene("source_groups");
    excepted.people[2] = Someone { claim: Claim::OfAnother, excepted: true, ..Someone::plain() };
    let mut meant = scene("managed");
    meant.people[2] = Someone { claim: Claim::OfAnother, ..Someone::plain() };
    // In no source group, and in the group that has the app.
    let mut outside = scene("{group: Everyone}");
    outside.people[2] = Someone { claim: Claim::OfAnother, groups: [false; 3], ..Someone::plain() };
    for scene in [excepted, meant, outside] {
        assert_eq!(guards(&scene), [Guard::Impersonation], "{scene:?}");
    }
}
