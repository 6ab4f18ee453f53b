//! Rehearsals.

use fedctl_core::drive;
use fedctl_core::live::Live;
use fedctl_core::plan::Plan;
use fedctl_core::planner::{self, Step};
use fedctl_core::spec::Spec;
use fedctl_core::trace::cast::Cast;
use fedctl_rehearsal::{Rehearsal, Script, rehearse_by};

use crate::carry::{self, Memory};
use crate::worlds::{Scene, Someone, Wish};

/// What a rehearsal is made of.
pub(crate) struct Play {
    pub(crate) spec: Spec,
    pub(crate) plan: Plan,
    live: Live,
    cast: Cast,
}

impl Play {
    pub(crate) fn of(spec: &Spec, memory: &mut Memory) -> Option<Self> {
        let terms = carry::terms();
        let (step, live) =
            drive::read(spec, memory, |live| planner::step_with_cast(spec, &terms, live)).unwrap();
        let Step::Ready(ready) = step else { return None };
        let (plan, cast) = *ready;
        Some(Self { spec: spec.clone(), plan, live, cast: cast? })
    }

    pub(crate) fn rehearse(&self, script: &Script<'_>) -> Rehearsal {
        rehearse_by(script, &self.spec, &carry::terms(), &self.live, &self.plan, &self.cast)
    }
}

fn scene(people: usize) -> Scene {
    Scene { people: vec![Someone::plain(); people], wish: Wish::plain("source_groups"), made: None, answers: vec![] }
}

fn play(scene: &Scene) -> Play {
    let (mut memory, spec) = scene.build();
    Play::of(&spec, &mut memory).unwrap()
}

#[test]
fn try_it() {
    for people in [1, 2, 5] {
        let play = play(&scene(people));
        let start = std::time::Instant::now();
        let rehearsal = play.rehearse(&Script::default());
        println!("{people}: {:?} {rehearsal:#?}", start.elapsed());
        let start = std::time::Instant::now();
        let rehearsal = play.rehearse(&Script { tries_answers: false, ..Script::default() });
        println!("{people}: {:?} {} states", start.elapsed(), rehearsal.states);
        if people < 3 {
            let start = std::time::Instant::now();
            let rehearsal = play.rehearse(&Script { is_exhaustive: true, tries_answers: false, ..Script::default() });
            println!("{people}: {:?} {} states exhaustive", start.elapsed(), rehearsal.states);
        }
    }
}

#[test]
fn try_rows() {
    let situations = crate::rows::tight_situations();
    let mut plays = Vec::new();
    for (scene, history) in &situations {
        let Some((mut memory, spec)) = scene.after(history) else { continue };
        plays.extend(Play::of(&spec, &mut memory).filter(|play| play.plan.refusals.is_empty() && !play.plan.is_empty()));
    }
    plays.extend(crate::order::SITUATIONS.iter().filter_map(|make| {
        let (mut memory, spec) = make();
        Play::of(&spec, &mut memory)
    }));
    println!("{} plays", plays.len());
    for (at, play) in plays.iter().enumerate() {
        let start = std::time::Instant::now();
        let rehearsal = play.rehearse(&Script::default());
        println!("{at}: {:?} {} actions {} situations {} states {} cut {:#?} {:?} {:?}", start.elapsed(), rehearsal.actions, rehearsal.situations, rehearsal.states, rehearsal.in_list_order, rehearsal.refusals, rehearsal.doubts.iter().map(|doubt| &doubt.answer).collect::<Vec<_>>(), rehearsal.failing);
    }
    for row in fedctl_core::kinds::rows() {
        let rows: Vec<_> = fedctl_core::kinds::rows().filter(|other| (other.first, other.then) != (row.first, row.then)).collect();
        let script = Script { rows, tries_answers: false, ..Script::default() };
        let objected = plays.iter().filter(|play| !crate::order::pairs(&play.plan, row).is_empty()).find_map(|play| play.rehearse(&script).refusals.first().cloned());
        println!("{}: {:?}", crate::rows::name(row), objected.map(|refusal| refusal.why));
    }
}
