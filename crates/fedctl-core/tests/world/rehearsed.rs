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
        Some(Self { spec: spec.clone(), plan, live, cast })
    }

    pub(crate) fn rehearse(&self, script: &Script<'_>) -> Rehearsal {
        rehearse_by(script, &self.spec, &carry::terms(), &self.live, &self.plan, &self.cast)
    }
}

fn scene(people: usize) -> Scene {
    Scene { people: vec![Someone::plain(); people], wish: Wish::plain("source_groups"), made: None, answers: vec![] }
}

#[test]
fn try_it() {
    for people in [1, 2, 5] {
        let (mut memory, spec) = scene(people).build();
        let play = Play::of(&spec, &mut memory).unwrap();
        let start = std::time::Instant::now();
        let rehearsal = play.rehearse(&Script::default());
        println!("{people}: {:?} {rehearsal:#?}", start.elapsed());
        let start = std::time::Instant::now();
        let rehearsal = play.rehearse(&Script { tries_answers: false, ..Script::default() });
        println!("{people}: {:?} {} states", start.elapsed(), rehearsal.states);
    }
}
