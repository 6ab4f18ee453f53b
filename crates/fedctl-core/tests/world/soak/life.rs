//! Lives through one story, and says what is wrong with it.

use std::cell::Cell;
use std::sync::Arc;

use fedctl_core::apply::{End, Run};
use fedctl_core::plan::Plan;
use fedctl_core::planner::Step;
use fedctl_core::spec::Spec;

use super::rare::Rare;
use super::storm::{Storm, Trace};
use super::story::{Round, Story};
use crate::carry::{self, Memory};
use crate::history::Earlier;
use crate::interleave;
use crate::judge::Judge;
use crate::picture;
use crate::properties::{self, bad};
use crate::worlds::Scene;

/// How long after the last round the runs without faults begin, so that nothing is under way any more.
const QUIET_MS: u64 = 1_000_000;
const A_DAY_S: u64 = 86_400;

/// How a story ended.
pub(crate) struct Ended {
    pub(crate) rare: Rare,
    pub(crate) trace: Trace,
    /// What is wrong, if anything is.
    pub(crate) wrong: Option<String>,
    /// Runs of the program.
    pub(crate) runs: u64,
    /// Of plans that nothing had happened before: whether a guard refused it.
    pub(crate) faultless: Option<bool>,
    /// Both last runs did all of their plans.
    pub(crate) settled: bool,
}

struct Life<'s> {
    story: &'s Story,
    scene: Scene,
    memory: Memory,
    ended: Ended,
    late: bool,
}

/// Lives through a story; `told` keeps everything that is said.
pub(crate) fn live(story: &Story, told: bool) -> Ended {
    let trace = Trace { lines: told.then(Vec::new), ..Trace::default() };
    let ended = Ended { rare: Rare::default(), trace, wrong: None, runs: 0, faultless: None, settled: false };
    let (memory, _) = story.scene.build();
    let mut life = Life { story, scene: story.scene.clone(), memory, ended, late: false };
    for number in 0..story.rounds.len() {
        if let Err(wrong) = life.round(number) {
            life.ended.wrong = Some(format!("round {number}: {wrong}"));
            return life.ended;
        }
    }
    life.ended.wrong = life.settle().err().map(|wrong| format!("at the end: {wrong}"));
    life.ended
}

impl Life<'_> {
    fn spec(&self, number: usize) -> Spec {
        let (then, now) = self.story.earlier.specs();
        self.scene.spec(&self.memory, if number == 0 { then } else { now })
    }

    fn before(&mut self, number: usize) {
        let round = &self.story.rounds[number];
        self.memory.world.advance(round.after_s * 1000);
        for edit in &round.hands {
            self.scene.make(*edit, &mut self.memory);
            self.ended.trace.note(|| format!("by hand: {edit:?}"), &[]);
        }
        let someone = round.excepts.and_then(|number| self.scene.people.get_mut(number));
        if let Some(someone) = someone.filter(|someone| !someone.named) {
            someone.excepted = !someone.excepted;
        }
        let fault = |(at, weather): (usize, &super::story::Weather)| {
            let word = if weather.is_late() { "late" } else { "fault" };
            weather.fault(format!("{word} {at} {}", round.order.0))
        };
        self.memory.world.set_faults(round.weather.iter().enumerate().map(fault).collect());
        self.ended.trace.note(|| format!("round {number}"), &[]);
    }

    fn round(&mut self, number: usize) -> Result<(), String> {
        self.before(number);
        let spec = self.spec(number);
        let round = &self.story.rounds[number];
        self.ended.runs += 1;
        let (stopping, late) = (Cell::new(false), self.late);
        let mut storm =
            Storm::new(&mut self.memory, (&self.scene, round), &mut self.ended.trace, &mut self.ended.rare, &stopping);
        storm.late = late || round.weather.iter().any(super::story::Weather::is_late);
        self.late = storm.late;
        let plan = planned(&spec, &mut storm);
        if number == 0 && round.hands.is_empty() && round.weather.is_empty() {
            self.ended.faultless = plan.as_ref().map(|plan| !plan.refusals.is_empty());
        }
        if let Some(plan) = plan.filter(|plan| plan.refusals.is_empty()) {
            applied(plan, storm, round)?;
        }
        self.after();
        Ok(())
    }

    fn after(&mut self) {
        let world = &mut self.memory.world;
        if world.faults().any(|(fault, count)| fault.name.starts_with("late") && count.fired > 0) {
            self.ended.rare.met("run: a late request was carried out");
        }
        self.memory.dead = false;
    }

    /// Nothing went wrong but on the way, so everything has to come out as if nothing had.
    fn is_strict(&self) -> bool {
        let rounds = &self.story.rounds;
        let is_quiet = |round: &Round| round.hands.is_empty() && round.between.is_none() && round.excepts.is_none();
        self.story.earlier == Earlier::Same
            && rounds.iter().all(is_quiet)
            && rounds.iter().skip(1).all(|round| round.after_s < A_DAY_S)
    }

    /// Two runs without faults, after which nothing is left to do.
    fn settle(&mut self) -> Result<(), String> {
        self.memory.world.set_faults(Vec::new());
        self.memory.world.advance(QUIET_MS);
        let spec = self.spec(1);
        let without_faults = if self.is_strict() { properties::arrivals(&self.story.scene) } else { None };
        let mut left = Vec::new();
        for _ in 0..2 {
            match self.calm(&spec)? {
                Some(ends) => left = ends,
                None if without_faults.is_some() => return Err("a guard refuses, and nobody did anything".to_owned()),
                None => return Ok(()),
            }
        }
        if !left.is_empty() {
            self.ended.rare.met("end: a person has to do something");
            return if without_faults.is_some() { Err(format!("not healed: {left:?}")) } else { Ok(()) };
        }
        self.ended.settled = true;
        properties::nothing_left(&spec, &mut self.memory).map_err(|error| error.to_string())?;
        let plan = carry::plan(&spec, &mut self.memory);
        properties::everybody_arrives(&plan, &self.memory).map_err(|error| error.to_string())?;
        if let Some(without_faults) = without_faults {
            let now = properties::by_address(&self.memory);
            if now != without_faults {
                return Err(format!("who gets in where: {now:?}, and without faults {without_faults:?}"));
            }
            properties::one_of_each(&self.scene, &spec, &mut self.memory).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// A run in which nothing goes wrong; what of it did not succeed. `None` when a guard refuses it.
    fn calm(&mut self, spec: &Spec) -> Result<Option<Vec<String>>, String> {
        let round = Round::calm();
        let stopping = Cell::new(false);
        let mut storm =
            Storm::new(&mut self.memory, (&self.scene, &round), &mut self.ended.trace, &mut self.ended.rare, &stopping);
        // What an earlier run sent may be carried out with the first request.
        storm.late = self.late;
        self.ended.runs += 1;
        match planned(spec, &mut storm) {
            Some(plan) if plan.refusals.is_empty() => applied(plan, storm, &round).map(Some),
            Some(_) | None => Ok(None),
        }
    }
}

/// The plan, if there is one.
fn planned(spec: &Spec, storm: &mut Storm<'_>) -> Option<Plan> {
    let plan = match carry::step(spec, storm) {
        Ok(Step::Ready(plan)) => *plan,
        Ok(Step::Problems(_)) => {
            storm.rare.met("plan: the spec does not fit the organisations");
            return None;
        }
        Ok(Step::Unknown(_)) => {
            storm.rare.met("read: not known");
            return None;
        }
        Ok(Step::Read(queries)) => panic!("it never ends to read: {queries:?}"),
        Err(error) => {
            let refused = matches!(error, fedctl_core::read::ReadError::Refused { .. });
            storm.rare.met(if refused { "read: the service refused" } else { "read: nobody answered" });
            return None;
        }
    };
    storm.rare.planned(&plan);
    storm.rare.refused(&plan);
    Some(plan)
}

/// Applies a plan, and says what of it did not succeed.
fn applied(plan: Plan, mut storm: Storm<'_>, round: &Round) -> Result<Vec<String>, String> {
    let before = picture::strangers(storm.scene, storm.memory);
    storm.applies = Some((plan.clone(), Judge::new(storm.scene, storm.memory, &plan)));
    let mut run = Run::new(Arc::new(plan.clone()), 4);
    let stopping = storm.stopping;
    let mut turns = 0;
    let ends = interleave::apply(&mut run, &mut storm, round.order, |run, _, _| {
        turns += 1;
        if round.stopped == Some(turns) {
            stopping.set(true);
            run.stop();
        }
    });
    said(&mut storm, &plan, &ends);
    if let Some(wrong) = storm.wrong {
        return Err(wrong);
    }
    if !storm.late && round.between.is_none() {
        let after = picture::strangers(storm.scene, storm.memory);
        if let Some(difference) = picture::difference(&before, &after) {
            return Err(format!("I6: {difference}"));
        }
    }
    Ok(bad(&plan, &ends).into_iter().map(|(what, end)| format!("{what}: {end:?}")).collect())
}

fn said(storm: &mut Storm<'_>, plan: &Plan, ends: &[End]) {
    if storm.stopping.get() {
        storm.rare.met("run: stopped");
    }
    storm.trace.note(|| format!("{ends:?}"), &[]);
    if storm.memory.dead {
        return;
    }
    storm.rare.ended(ends);
    let mut creates =
        plan.actions.iter().zip(ends).filter(|(action, _)| action.verb == fedctl_core::plan::Verb::Create);
    if storm.lost_creations() > 0 && creates.all(|(_, end)| end.is_good()) {
        storm.rare.met("write: a creation that nobody answered was found");
    }
}
