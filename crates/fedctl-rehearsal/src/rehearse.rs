//! A whole rehearsal: class by class, under the documented answers in every order, under the others in pairs.

use std::collections::{BTreeMap, BTreeSet};

use fedctl_core::apply::End;
use fedctl_core::kinds;
use fedctl_core::live::Live;
use fedctl_core::plan::Plan;
use fedctl_core::plan::guard::Refusal;
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
    /// Some document gives another answer.
    pub is_documented_otherwise: bool,
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
        set: Set::new(spec, terms, live, plan.organizations, cast.claim_source),
        way: Way { rows: &script.rows, most: script.most_states, is_exhaustive: script.is_exhaustive },
        rows: if script.tries_answers { Answers::rows(cast.claim_source) } else { Vec::new() },
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
        self.straight_on(&start, class, company);
        for row in self.rows.clone() {
            self.under(row, &start, company);
        }
    }

    fn compare(&mut self, stage: &Stage, when: &str) {
        self.rehearsal.refusals.extend(models::compare(self.spec, self.terms, stage, when));
    }

    /// Every order and every refusal under the likely answers, and every sign-in under the others.
    fn in_every_order(&mut self, start: &Stage, class: &Class, company: &Company) {
        let oracle = Oracle::new(start, &company.plan);
        let rows = self.rows.iter().map(|row| row.of(When::SigningIn));
        let mut open: Vec<(Answers, Oracle)> = rows.map(|row| under(row, start, company)).collect();
        let (mut known, mut harm, mut doubts) = (BTreeSet::new(), None, Vec::new());
        let explored = explore::everywhere(company, start.clone(), &self.way, |state| {
            if known.insert(facts(&state.stage)) {
                harm = oracle.harm(&state.stage).map(|harm| (state.at, harm));
                let at = state.at;
                open.retain_mut(|(row, oracle)| {
                    let (left, found) = ask(row, oracle, &mut state.stage, start, company);
                    doubts.extend(found.into_iter().map(|doubt| (doubt, at)));
                    left.map(|left| (*row, *oracle) = left).is_some()
                });
            }
            harm.is_none()
        });
        self.rehearsal.states += explored.states;
        self.rehearsal.in_list_order += usize::from(explored.is_cut);
        if let Some((at, harm)) = &harm {
            self.rehearsal.refusals.push(words::refusal(harm, class, company, &explored.steps(*at)));
        }
        for ((answers, harm), at) in doubts {
            self.doubt(&answers, &harm, &words::last(company, &explored.steps(at)));
        }
    }

    /// The order of the plan, each action done: what fails there, and whether both models agree on the end.
    fn straight_on(&mut self, start: &Stage, class: &Class, company: &Company) {
        let (mut stage, mut way) = (start.clone(), Vec::new());
        let run = explore::straight_on(company, &mut stage, &self.way, |_, steps| {
            way = steps.to_vec();
            true
        });
        let is_down = company.plan.backwards && run.report().iter().all(End::is_good);
        let open = is_down.then(|| Oracle::new(start, &company.plan).left_open(&stage)).flatten();
        let open = open.map(|harm| words::refusal(&harm, class, company, &way));
        self.rehearsal.refusals.extend(open);
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

    /// The order of the plan under other answers. Which of them harm alone is said, and the others are tried without them.
    fn under(&mut self, mut row: Answers, start: &Stage, company: &Company) {
        while let Some((harm, after)) = self.harm_on_the_way(&row, start, company) {
            let harms = |single: Answers| Some((single.clone(), self.harm_on_the_way(&single, start, company)?.0));
            let alone: Vec<(Answers, Harm)> = row.singles().filter_map(harms).collect();
            alone.iter().for_each(|(answers, harm)| self.doubt(answers, harm, &after));
            if alone.is_empty() {
                let (row, (harm, after)) = row.least((harm, after), |row| self.harm_on_the_way(row, start, company));
                return self.doubt(&row, &harm, &after);
            }
            let alone: Vec<Answers> = alone.into_iter().map(|(answers, _)| answers).collect();
            row = row.without(&alone);
        }
    }

    fn harm_on_the_way(&self, row: &Answers, start: &Stage, company: &Company) -> Option<(Harm, String)> {
        let mut stage = start.clone();
        row.set(&mut stage.world);
        let oracle = Oracle::new(&stage, &company.plan);
        let (mut found, mut known) = (None, BTreeSet::new());
        explore::straight_on(company, &mut stage, &self.way, |stage, steps| {
            let harm = known.insert(facts(stage)).then(|| oracle.harm(stage)).flatten();
            found = harm.map(|harm| (harm, words::last(company, steps)));
            found.is_none()
        });
        found
    }

    /// Harm under answers that no document gives. Where it strikes somebody whom the federation is not about, the plan is
    /// refused.
    fn doubt(&mut self, answers: &Answers, harm: &Harm, after: &str) {
        // Harm under the likely answers is no question, and the plan is refused for it.
        if answers.is_empty() && !self.rehearsal.refusals.is_empty() {
            return;
        }
        let doubt = Doubt {
            question: answers.asks(),
            answer: answers.switches(),
            what: format!("{} {after}", harm.what),
            is_documented_otherwise: answers.are_against_documents(),
        };
        if self.rehearsal.doubts.iter().any(|known| known.answer == doubt.answer) {
            return;
        }
        if harm.strikes_others && !doubt.is_documented_otherwise {
            self.rehearsal.refusals.push(words::unproven(harm, &doubt));
        }
        self.rehearsal.doubts.push(doubt);
        // It was said; what it hides is asked without it.
        let last = answers.singles().last();
        for row in &mut self.rows {
            *row = row.without(last.as_slice());
        }
        self.rows.retain(|row| !row.is_empty());
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

/// A row of answers that is still open, with its oracle.
type Open = (Answers, Oracle);

/// Asks everybody to sign in under a row of answers. What of it harms is taken out; the rest is asked again.
fn ask(
    row: &Answers,
    oracle: &Oracle,
    stage: &mut Stage,
    start: &Stage,
    company: &Company,
) -> (Option<Open>, Vec<(Answers, Harm)>) {
    let (mut found, mut open) = (Vec::new(), (row.clone(), oracle.clone()));
    while let Some(harm) = harm_under(&open.0, &open.1, stage) {
        let mut harms = |row: &Answers| {
            let (row, oracle) = under(row.clone(), start, company);
            harm_under(&row, &oracle, stage)
        };
        let singles = open.0.singles();
        let alone: Vec<(Answers, Harm)> =
            singles.filter_map(|single| harms(&single).map(|harm| (single, harm))).collect();
        if alone.is_empty() {
            found.push(open.0.least(harm, harms));
            return (None, found);
        }
        let harmful: Vec<Answers> = alone.iter().map(|(answers, _)| answers.clone()).collect();
        open = under(open.0.without(&harmful), start, company);
        found.extend(alone);
    }
    ((!open.0.is_empty()).then_some(open), found)
}
