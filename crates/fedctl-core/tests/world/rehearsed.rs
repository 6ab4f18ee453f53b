//! Rehearsals: what they object to, what they do not, and that what they leave out would show nothing else.

use fedctl_core::drive;
use fedctl_core::kinds;
use fedctl_core::live::Live;
use fedctl_core::plan::Plan;
use fedctl_core::plan::guard::Guard;
use fedctl_core::plan::order::Edge;
use fedctl_core::planner::{self, Step};
use fedctl_core::spec::Spec;
use fedctl_core::trace::cast::Cast;
use fedctl_rehearsal::{Rehearsal, Script, rehearse_by};
use proptest::prelude::*;

use crate::carry::{self, Memory};
use crate::edits::{AccountEdit, Edit, ObjectEdit, PersonEdit};
use crate::handmade::{Hand, Made};
use crate::history::{Earlier, History, histories};
use crate::order;
use crate::properties::cases;
use crate::rows::{self, name};
use crate::worlds::{Scene, Someone, Wish, scenes};

/// What a rehearsal is made of.
pub(crate) struct Play {
    pub(crate) plan: Plan,
    spec: Spec,
    live: Live,
    cast: Cast,
}

impl Play {
    /// Of a plan that may be applied and does something.
    pub(crate) fn of(spec: &Spec, memory: &mut Memory) -> Option<Self> {
        let terms = carry::terms();
        let (step, live) = drive::read(spec, memory, |live| planner::step_with_cast(spec, &terms, live)).unwrap();
        let Step::Ready(ready) = step else { return None };
        let (plan, cast) = *ready;
        plan.refusals.is_empty().then_some(())?;
        Some(Self { spec: spec.clone(), plan, live, cast: cast? })
    }

    fn after(scene: &Scene, history: &History) -> Option<Self> {
        let (mut memory, spec) = scene.after(history)?;
        Self::of(&spec, &mut memory)
    }

    pub(crate) fn rehearse(&self, script: &Script<'_>) -> Rehearsal {
        rehearse_by(script, &self.spec, &carry::terms(), &self.live, &self.plan, &self.cast)
    }
}

/// Under the likely answers alone, and without this row.
pub(crate) fn without<'r>(row: &Edge) -> Script<'r> {
    let is_other = |other: &&Edge| (other.first, other.then) != (row.first, row.then);
    Script { rows: kinds::rows().filter(is_other).collect(), tries_answers: false, ..Script::default() }
}

/// The row of the order table with this name.
fn row(wanted: &str) -> &'static Edge {
    kinds::rows().find(|row| name(row) == wanted).unwrap()
}

fn scene(people: Vec<Someone>) -> Scene {
    Scene { people, wish: Wish::plain("source_groups"), made: Some(Made::NOTHING), answers: Vec::new() }
}

/// Somebody in some source groups who gets into their account with a password, and is taken over.
fn with_password(groups: [bool; 3]) -> Someone {
    let hand = Hand { password: true, federated: false, routed: false, linked: false, ..Hand::WORKING };
    Someone { groups, hand: Some(hand), adopted: true, ..Someone::plain() }
}

fn guards(rehearsal: &Rehearsal) -> Vec<Guard> {
    rehearsal.refusals.iter().map(|refusal| refusal.guard).collect()
}

#[test]
fn i9_i10_a_first_set_up_is_rehearsed_in_every_order_and_nothing_objects() {
    let play = Play::after(&scene(vec![Someone::plain(); 5]), &History::NONE).unwrap();
    let rehearsal = play.rehearse(&Script::default());
    assert_eq!((rehearsal.actions, rehearsal.situations, rehearsal.in_list_order), (36, 1, 0));
    assert!(rehearsal.states > 500 && rehearsal.answers == 24, "{rehearsal:?}");
    assert_eq!((rehearsal.refusals, rehearsal.failing), (Vec::new(), Vec::new()));
    // The one answer that harms is against a help page, so it is told and stops nothing.
    let doubts: Vec<_> = rehearsal.doubts.iter().map(|doubt| (&*doubt.answer, doubt.is_documented_otherwise)).collect();
    assert_eq!(doubts, [("provider-without-policy=everybody", true)]);
    assert!(
        rehearsal.doubts[0].what.contains("whom this federation is not about has no way in any more after create ")
    );
}

#[test]
fn a_plan_that_does_nothing_has_nothing_to_rehearse() {
    let scene = scene(vec![Someone::plain(); 2]);
    assert!(
        Play::after(
            &scene,
            &History { earlier: Earlier::Same, killed: vec![1000], between: Vec::new(), edits: Vec::new() }
        )
        .is_none()
    );
}

#[test]
fn i9_a_claim_that_is_spelt_otherwise_locks_out_whoever_had_a_password_and_is_asked_about() {
    let play = Play::after(&scene(vec![with_password([true, false, false])]), &History::NONE).unwrap();
    let rehearsal = play.rehearse(&Script::default());
    assert_eq!(rehearsal.refusals, []);
    let asked: Vec<&str> = rehearsal.doubts.iter().map(|doubt| &*doubt.answer).collect();
    assert!(asked.contains(&"attribute-source=prefixed"), "{asked:?}");
    assert!(rehearsal.doubts.iter().any(|doubt| doubt.question == "how does a claim name a custom attribute?"));
}

#[test]
fn i9_two_source_groups_hide_a_missing_row_from_single_refusals_and_not_from_a_rehearsal() {
    // Whoever is in both groups reaches the app when either got it: only both refused, or both late, show the hole.
    let mut both = scene(vec![with_password([true, true, false])]);
    both.wish.groups = 2;
    let script = without(row("primary app-access, create -> secondary user-group, check"));
    let play = Play::after(
        &both,
        &History { earlier: Earlier::Same, killed: vec![900], between: Vec::new(), edits: unbound() },
    )
    .unwrap();
    assert_eq!(guards(&play.rehearse(&Script { tries_answers: false, ..Script::default() })), []);
    assert!(guards(&play.rehearse(&script)).contains(&Guard::Lockout));
    // Somebody who is in one of the two only is another class than who is in both.
    let one = with_password([false, true, false]);
    both.people.push(one);
    let play = Play::after(
        &both,
        &History { earlier: Earlier::Same, killed: vec![900], between: Vec::new(), edits: unbound() },
    )
    .unwrap();
    assert!(play.rehearse(&script).situations > 1);
    assert!(guards(&play.rehearse(&script)).contains(&Guard::Lockout));
}

/// What a human did half way: nobody has the app any more.
fn unbound() -> Vec<Edit> {
    vec![Edit::Account(0, AccountEdit::GivePassword), Edit::Object(ObjectEdit::UnbindApp)]
}

#[test]
fn the_shortest_way_to_harm_is_told() {
    let half = History {
        earlier: Earlier::Same,
        killed: vec![650],
        between: Vec::new(),
        edits: vec![Edit::Account(0, AccountEdit::GivePassword), Edit::Person(0, PersonEdit::BreakMapping)],
    };
    let people = vec![Someone::plain(), Someone::plain()];
    let told = (0..20).find_map(|step| {
        let history = History { killed: vec![500 + 25 * step], ..half.clone() };
        let play = Play::after(&scene(people.clone()), &history)?;
        let rehearsal = play.rehearse(&without(row("primary user-mapping, update -> secondary user-group, check")));
        rehearsal.refusals.first().map(|refusal| (refusal.guard, refusal.why.clone()))
    });
    let (guard, why) = told.unwrap();
    assert_eq!(guard, Guard::Lockout);
    assert!(why.contains("has no way in any more") && why.contains("after 1. "), "{why}");
    assert!(!why.contains("user-mapping"), "the mapping is what was not waited for: {why}");
}

/// Every plan that some row is for and that may be applied.
fn plays() -> Vec<Play> {
    let tight = rows::tight_situations().into_iter().filter_map(|(scene, history)| Play::after(&scene, &history));
    let others = order::SITUATIONS.iter().filter_map(|make| {
        let (mut memory, spec) = make();
        Play::of(&spec, &mut memory)
    });
    tight.chain(others).collect()
}

/// Rows to which a rehearsal does not object when they are left out, with what else each is for.
const FOR_SOMETHING_ELSE: [(&str, &str); 0] = [];

#[test]
fn i9_i10_a_row_that_is_left_out_is_objected_to_or_is_for_something_else() {
    let plays = plays();
    let objected = |row: &Edge| {
        let script = without(row);
        let mut concerned = plays.iter().filter(|play| !order::pairs(&play.plan, row).is_empty());
        concerned.any(|play| !play.rehearse(&script).refusals.is_empty())
    };
    let silent: Vec<String> = kinds::rows().filter(|row| !objected(row)).map(name).collect();
    let listed: Vec<&str> = FOR_SOMETHING_ELSE.iter().map(|(row, _)| *row).collect();
    assert_eq!(silent, listed);
}

/// What a rehearsal says of a plan, apart from how far it went.
fn verdict(rehearsal: &Rehearsal) -> (bool, bool) {
    let has = |guard| rehearsal.refusals.iter().any(|refusal| refusal.guard == guard);
    (has(Guard::Lockout), has(Guard::Impersonation))
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn i9_i10_no_plan_that_may_be_applied_is_objected_to(scene in scenes(6), history in histories()) {
        let Some(play) = Play::after(&scene, &history) else { return Ok(()) };
        let rehearsal = play.rehearse(&Script { most_states: 4_000, ..Script::default() });
        prop_assert_eq!(&rehearsal.refusals, &[]);
    }

    #[test]
    fn i9_i10_the_verdict_is_the_same_whether_people_are_folded_or_not(
        scene in scenes(12), history in histories(), missing in 0..kinds::rows().count()
    ) {
        let Some(play) = Play::after(&scene, &history) else { return Ok(()) };
        let row = kinds::rows().nth(missing).unwrap();
        let script = Script { most_states: 1_500, ..without(row) };
        let folded = play.rehearse(&script);
        let unfolded = play.rehearse(&Script { is_folded: false, ..script });
        // Everybody at once has too many states for every order at times; then folding may find more, and never less.
        if unfolded.in_list_order == 0 && folded.in_list_order == 0 {
            prop_assert_eq!(verdict(&folded), verdict(&unfolded), "{:?} {:?}", folded.refusals, unfolded.refusals);
        } else if folded.in_list_order == 0 {
            prop_assert!(unfolded.refusals.is_empty() || !folded.refusals.is_empty(), "{:?}", unfolded.refusals);
        }
    }

    #[test]
    fn i9_i10_refusals_and_lost_answers_that_are_not_gone_on_from_show_nothing_new(
        scene in scenes(2), history in histories(), missing in 0..kinds::rows().count()
    ) {
        let Some(play) = Play::after(&scene, &history) else { return Ok(()) };
        let script = Script { most_states: 1_500, ..without(kinds::rows().nth(missing).unwrap()) };
        let short = play.rehearse(&script);
        let whole = play.rehearse(&Script { is_exhaustive: true, ..script });
        if whole.in_list_order == 0 {
            prop_assert_eq!(verdict(&short), verdict(&whole), "{:?} {:?}", short.refusals, whole.refusals);
            prop_assert!(short.states <= whole.states);
        }
    }
}
