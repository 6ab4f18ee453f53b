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
        let (step, live) = drive::read(spec, memory, |live| planner::step_with_cast(spec, &terms, live)).unwrap();
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
fn try_time() {
    let (mut memory, spec) = crate::crash::world();
    let mut play = Play::of(&spec, &mut memory).unwrap();
    for more in [0, 0, 1, 2, 7, 100, 1000] {
        play.live.as_of = play.live.as_of.map(|as_of| as_of + more);
        let rehearsal = play.rehearse(&Script { tries_answers: false, ..Script::default() });
        println!("{more} {} states", rehearsal.states);
    }
}
#[test]
fn try_rows() {
    let situations = crate::rows::tight_situations();
    let mut plays = Vec::new();
    for (scene, history) in &situations {
        let Some((mut memory, spec)) = scene.after(history) else { continue };
        plays.extend(Play::of(&spec, &mut memory));
    }
    plays.extend(crate::order::SITUATIONS.iter().filter_map(|make| {
        let (mut memory, spec) = make();
        Play::of(&spec, &mut memory)
    }));
    println!("{} plays", plays.len());
    for (at, play) in plays.iter().enumerate() {
        let start = std::time::Instant::now();
        let rehearsal = play.rehearse(&Script::default());
        println!(
            "{at}: {:?} {} actions {} situations {} states {} cut {:?} {:?} {:?}",
            start.elapsed(),
            rehearsal.actions,
            rehearsal.situations,
            rehearsal.states,
            rehearsal.in_list_order,
            rehearsal.refusals,
            rehearsal.doubts.iter().map(|doubt| &doubt.answer).collect::<Vec<_>>(),
            rehearsal.failing
        );
        if rehearsal.failing.iter().any(|(_, why)| why.contains("must be")) {
            for action in &play.plan.actions {
                println!("    {} {} {:?}", action.verb.as_str(), action.target, action.changes);
            }
        }
    }
}
