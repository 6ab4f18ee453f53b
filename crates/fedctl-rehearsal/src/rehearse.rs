//! A whole rehearsal: class by class, under the documented answers in every order, under the others in pairs.

use std::collections::{BTreeMap, BTreeSet};

use fedctl_core::apply::End;
use fedctl_core::kinds;
use fedctl_core::live::Live;
use fedctl_core::plan::Plan;
use fedctl_core::plan::guard::{Guard, Refusal};
use fedctl_core::plan::order::Edge;
use fedctl_core::planner::Terms;
use fedctl_core::spec::Spec;
use fedctl_core::trace::cast::Cast;

use crate::answers::Answers;
use crate::class::{self, Class};
use crate::company::{Actions, Company};
use crate::doors::facts;
use crate::explore::{self, Way};
use crate::models;
use crate::oracle::{Harm, Oracle};
use crate::questions::When;
use crate::seed::Set;
use crate::stage::Stage;
use crate::words;

/// What a rehearsal came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rehearsal {
    /// How many actions the plan has.
    pub actions: usize,
    /// How many situations people are in, each with what is done for them.
    pub situations: usize,
    /// How many states were visited.
    pub states: usize,
    /// How many answers to open questions were tried besides the likely ones.
    pub answers: usize,
    /// In how many situations there were too many states for every order: there the order of the plan was taken, with every
    /// one and every two actions refused.
    pub in_list_order: usize,
    /// Why the plan must not be applied, with the shortest way there.
    pub refusals: Vec<Refusal>,
    /// What would be so under an answer that no document gives.
    pub doubts: Vec<Doubt>,
    /// Actions that do not succeed on the model, and why.
    pub failing: Vec<(String, String)>,
}

/// A question that nobody has answered, and what would come of one of its answers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubt {
    /// The question, or several.
    pub question: String,
    /// The answers, as switches of the simulator.
    pub answer: String,
    /// What would happen, and after which steps.
    pub what: String,
}

/// What a rehearsal is made by. Only tests change it.
#[derive(Debug, Clone)]
pub struct Script<'r> {
    /// The rows of the order table.
    pub rows: Vec<&'r Edge>,
    /// The most states of one class that are explored in every order.
    pub most_states: usize,
    /// People of one class are folded into two stand-ins.
    pub is_folded: bool,
    /// Every refusal and every lost answer is gone on from, also where that shows nothing new.
    pub is_exhaustive: bool,
    /// Other answers than the likely ones are tried, too.
    pub tries_answers: bool,
}

impl Default for Script<'_> {
    fn default() -> Self {
        Self {
            rows: kinds::rows().collect(),
            most_states: 20_000,
            is_folded: true,
            is_exhaustive: false,
            tries_answers: true,
        }
    }
}

/// Rehearses a plan that was made of what was read.
pub fn rehearse(spec: &Spec, terms: &Terms, live: &Live, plan: &Plan, cast: &Cast) -> Rehearsal {
    rehearse_by(&Script::default(), spec, terms, live, plan, cast)
}

/// The same by another script.
pub fn rehearse_by(
    script: &Script<'_>,
    spec: &Spec,
    terms: &Terms,
    live: &Live,
    plan: &Plan,
    cast: &Cast,
) -> Rehearsal {
    if plan.is_empty() {
        return Rehearsal::default();
    }
    let classes = class::classes(plan, cast, live, script.is_folded);
    let actions = Actions::of(plan, cast, &classes);
    let mut theatre = Theatre {
        spec,
        terms,
        set: Set::new(spec, terms, live, plan.organizations),
        way: Way { rows: &script.rows, most: script.most_states, is_exhaustive: script.is_exhaustive },
        rows: if script.tries_answers { Answers::rows() } else { Vec::new() },
        rehearsal: Rehearsal {
            actions: plan.actions.len(),
            situations: classes.len(),
            answers: if script.tries_answers { Answers::count() } else { 0 },
            ..Rehearsal::default()
        },
        failing: BTreeMap::new(),
    };
    for class in &classes {
        theatre.class(class, &actions.company(cast, class));
    }
    theatre.end()
}

/// Everything that the rehearsals of all classes share.
struct Theatre<'a> {
    spec: &'a Spec,
    terms: &'a Terms,
    set: Set<'a>,
    way: Way<'a>,
    rows: Vec<Answers>,
    rehearsal: Rehearsal,
    failing: BTreeMap<String, String>,
}

impl Theatre<'_> {
    fn class(&mut self, class: &Class, company: &Company) {
        let start = self.set.with(&company.users, &company.accounts);
        self.compare(&start, "before anything is done");
        self.in_every_order(&start, class, company);
        self.straight_on(&start, company);
        for row in self.rows.clone() {
            self.under(&row, &start, company);
        }
    }

    fn compare(&mut self, stage: &Stage, when: &str) {
        self.rehearsal.refusals.extend(models::compare(self.spec, self.terms, stage, when));
    }

    /// Every order and every refusal under the likely answers, and every sign-in under the others.
    fn in_every_order(&mut self, start: &Stage, class: &Class, company: &Company) {
        let oracle = Oracle::new(start, &company.plan);
        let mut open: Vec<(Answers, Oracle)> =
            self.rows.iter().map(|row| row.of(When::SigningIn)).map(|row| under(row, start, company)).collect();
        let (mut known, mut harm, mut doubts) = (BTreeSet::new(), None, Vec::new());
        let explored = explore::everywhere(company, start.clone(), &self.way, |state| {
            if !known.insert(facts(&state.stage)) {
                return true;
            }
            harm = oracle.harm(&state.stage).map(|harm| (state.at, harm));
            open.retain(|(row, oracle)| {
                let harm = harm_under(row, oracle, &mut state.stage);
                let is_none = harm.is_none();
                doubts.extend(harm.map(|harm| (row.clone(), state.at, harm, state.stage.clone())));
                is_none
            });
            harm.is_none()
        });
        self.rehearsal.states += explored.states;
        self.rehearsal.in_list_order += usize::from(explored.is_cut);
        if let Some((at, harm)) = &harm {
            self.rehearsal.refusals.push(words::refusal(harm, class, company, &explored.steps(*at)));
        }
        for (row, at, harm, stage) in doubts {
            let harms = |single: Answers| {
                let (single, oracle) = under(single, start, company);
                harm_under(&single, &oracle, &mut stage.clone()).map(|harm| (single, harm))
            };
            let alone = row.singles().filter_map(harms).collect();
            self.doubt(alone, (row, harm), &words::after(company, &explored.steps(at)));
        }
    }

    /// The order of the plan, each action done: what fails there, and whether both models agree on the end.
    fn straight_on(&mut self, start: &Stage, company: &Company) {
        let mut stage = start.clone();
        let run = explore::straight_on(company, &mut stage, &self.way, |_, _| true);
        for (at, action) in (0u32..).zip(&company.plan.actions) {
            let why = match run.end(at) {
                Some(End::Failed(why) | End::Unknown(why) | End::Manual(why)) => why.clone(),
                Some(End::NotStarted) | None => "it never begins".to_owned(),
                Some(End::Applied | End::Already | End::Skipped(_)) => continue,
            };
            self.failing.entry(words::name(action)).or_insert(why);
        }
        self.compare(&stage, "after everything was done");
    }

    /// The order of the plan under answers that matter when it is applied.
    fn under(&mut self, row: &Answers, start: &Stage, company: &Company) {
        let Some((harm, after)) = self.harm_on_the_way(row, start, company) else { return };
        let harms = |single: Answers| Some((single.clone(), self.harm_on_the_way(&single, start, company)?.0));
        let alone = row.of(When::Applying).singles().filter_map(harms).collect();
        self.doubt(alone, (row.clone(), harm), &after);
    }

    fn harm_on_the_way(&self, row: &Answers, start: &Stage, company: &Company) -> Option<(Harm, String)> {
        let mut stage = start.clone();
        row.set(&mut stage.world);
        let oracle = Oracle::new(&stage, &company.plan);
        let mut found = None;
        explore::straight_on(company, &mut stage, &self.way, |stage, steps| {
            found = oracle.harm(stage).map(|harm| (harm, words::after(company, steps)));
            found.is_none()
        });
        found
    }

    /// Harm under a row of answers: said of each that harms alone, else of all of them.
    fn doubt(&mut self, alone: Vec<(Answers, Harm)>, row: (Answers, Harm), after: &str) {
        let which = if alone.is_empty() { vec![row] } else { alone };
        for (answers, harm) in which {
            let what = format!("{}, {after}", harm.what);
            if harm.strikes_others && !answers.are_against_documents() {
                self.rehearsal.refusals.push(Refusal {
                    guard: Guard::Unproven,
                    about: harm.about.clone(),
                    why: format!("nobody knows: {} If `{}`, {what}", answers.asks(), answers.switches()),
                    way_out: "try the first step in the console of the secondary organisation".to_owned(),
                    count: Some(1),
                });
            }
            let doubt = Doubt { question: answers.asks(), answer: answers.switches(), what };
            let is_known = |known: &Doubt| known.answer == doubt.answer;
            if !self.rehearsal.doubts.iter().any(is_known) {
                self.rehearsal.doubts.push(doubt);
            }
        }
    }

    fn end(self) -> Rehearsal {
        let mut rehearsal = Rehearsal { failing: self.failing.into_iter().collect(), ..self.rehearsal };
        rehearsal.refusals.sort();
        rehearsal.refusals.dedup();
        rehearsal.doubts.sort();
        rehearsal
    }
}

/// Answers, and the oracle that knows who gets in where under them before anything is done.
fn under(row: Answers, start: &Stage, company: &Company) -> (Answers, Oracle) {
    let mut stage = start.clone();
    row.set(&mut stage.world);
    (row, Oracle::new(&stage, &company.plan))
}

fn harm_under(row: &Answers, oracle: &Oracle, stage: &mut Stage) -> Option<Harm> {
    row.set(&mut stage.world);
    let harm = oracle.harm(stage);
    row.unset(&mut stage.world);
    harm
}
