//! Every state that applying can reach, breadth first, so that the first counterexample is a shortest one.
//!
//! A state is what became of each action: which order it came in does not matter to anybody, so states that were reached
//! twice are gone on from once. A refusal that lets nothing go on is a delay without end: whatever can be reached after it
//! can be reached by not beginning the action, and is not explored twice. Stand-ins who are alike may change places.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use fedctl_core::apply::Run;
use fedctl_core::plan::order::Edge;

use crate::company::Company;
use crate::stage::{Fate, Stage};

/// How an exploration is done.
#[derive(Clone, Copy)]
pub(crate) struct Way<'r> {
    /// The rows of the order table that hold.
    pub(crate) rows: &'r [&'r Edge],
    /// The most states of one class that are explored in every order.
    pub(crate) most: usize,
    /// Every refusal and every lost answer is gone on from, also where that shows nothing new.
    pub(crate) is_exhaustive: bool,
}

/// What has become of each action, one byte each.
type Progress = Box<[u8]>;

const OPEN: u8 = 0;
const GOOD: u8 = 1;
const BAD: u8 = 2;
const LANDED: u8 = 3;

/// A place that applying can reach.
#[derive(Clone)]
pub(crate) struct State {
    run: Run,
    pub(crate) stage: Stage,
    progress: Progress,
    /// The state before and the step from there, by position in [`Explored::trail`].
    pub(crate) at: usize,
}

/// One step from one state to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) action: u32,
    pub(crate) fate: Fate,
}

/// How far an exploration went.
#[derive(Debug, Default)]
pub(crate) struct Explored {
    /// Distinct states.
    pub(crate) states: usize,
    /// There were too many for every order: the order of the plan, with every one and every two refused.
    pub(crate) is_cut: bool,
    trail: Vec<Option<(usize, Step)>>,
}

impl Explored {
    /// The steps to a state.
    pub(crate) fn steps(&self, mut at: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        while let Some(Some((from, step))) = self.trail.get(at) {
            steps.push(*step);
            at = *from;
        }
        steps.reverse();
        steps
    }
}

/// Goes everywhere. `judge` is shown every new state and says whether to go on.
pub(crate) fn everywhere(
    company: &Company,
    start: Stage,
    way: &Way<'_>,
    mut judge: impl FnMut(&mut State) -> bool,
) -> Explored {
    let mut search =
        Search { company, way, seen: BTreeSet::new(), lost: BTreeSet::new(), explored: Explored::default() };
    let first = search.first(start);
    let mut queue = VecDeque::from([first.clone()]);
    if !queue.iter_mut().all(&mut judge) {
        return search.explored;
    }
    while let Some(state) = queue.pop_front() {
        for action in state.run.ready() {
            for next in search.after(&state, action) {
                let mut next = next;
                if !judge(&mut next) {
                    return search.explored;
                }
                queue.push_back(next);
            }
        }
        if search.seen.len() > way.most {
            search.explored.is_cut = true;
            search.in_list_order(&first, &mut judge);
            break;
        }
    }
    search.explored
}

struct Search<'a> {
    company: &'a Company,
    way: &'a Way<'a>,
    seen: BTreeSet<Progress>,
    /// Actions of which a lost answer came to the same as one that came.
    lost: BTreeSet<u32>,
    explored: Explored,
}

impl Search<'_> {
    fn first(&mut self, stage: Stage) -> State {
        let run = Run::with_rows(Arc::clone(&self.company.plan), 1, self.way.rows.iter().copied());
        let progress: Progress = vec![OPEN; self.company.plan.actions.len()].into();
        self.explored.trail.push(None);
        self.is_new(&progress);
        State { run, stage, progress, at: 0 }
    }

    /// The new states in which an action may leave a state.
    fn after(&mut self, state: &State, action: u32) -> Vec<State> {
        let mut new = Vec::new();
        let mut step = |search: &mut Self, fate: Fate| {
            let next = played(state, action, fate);
            let progress = next.progress.clone();
            new.extend(search.kept(next, state.at, Step { action, fate }));
            progress
        };
        // In another order it was done there already; if it fails in this one, that is a refusal.
        if self.way.is_exhaustive || !self.is_known(&done(state, action)) {
            let done = step(self, Fate::Done);
            // A conversation is about its own object: where a lost answer comes to the same, it does so in every state.
            let is_tried = !self.way.is_exhaustive && self.lost.contains(&action);
            if !is_tried && step(self, Fate::Unanswered) == done {
                self.lost.insert(action);
            }
        }
        if self.way.is_exhaustive || state.run.failure_lets_go_on(action) {
            step(self, Fate::Refused);
        }
        new
    }

    fn kept(&mut self, mut state: State, from: usize, step: Step) -> Option<State> {
        if !self.is_new(&state.progress) {
            return None;
        }
        state.at = self.explored.trail.len();
        self.explored.trail.push(Some((from, step)));
        Some(state)
    }

    fn is_new(&mut self, progress: &Progress) -> bool {
        let is_new = self.seen.insert(self.unswapped(progress));
        self.explored.states = self.seen.len();
        is_new
    }

    fn is_known(&self, progress: &Progress) -> bool {
        self.seen.contains(&self.unswapped(progress))
    }

    /// The same for the same two people, whichever of them is first.
    fn unswapped(&self, progress: &Progress) -> Progress {
        let swapped = |places: &Vec<usize>| places.iter().map(|at| progress[*at]).collect::<Progress>();
        let swapped = self.company.swapped.as_ref().map(swapped).filter(|swapped| swapped < progress);
        swapped.unwrap_or_else(|| progress.clone())
    }

    /// The order of the plan, with nothing refused, with each one, and with every two.
    fn in_list_order(&mut self, first: &State, judge: &mut impl FnMut(&mut State) -> bool) {
        let all = 0..u32::try_from(self.company.plan.actions.len()).unwrap_or(u32::MAX);
        let twos = all.clone().flat_map(|one| (one..all.end).map(move |other| [one, other]));
        for refused in std::iter::once([u32::MAX; 2]).chain(twos) {
            let mut state = first.clone();
            for action in all.clone() {
                if !state.run.ready().contains(&action) {
                    continue;
                }
                let fate = if refused.contains(&action) { Fate::Refused } else { Fate::Done };
                let from = state.at;
                state = played(&state, action, fate);
                let is_new = self.is_new(&state.progress);
                state.at = self.explored.trail.len();
                self.explored.trail.push(Some((from, Step { action, fate })));
                if is_new && !judge(&mut state) {
                    return;
                }
            }
        }
    }
}

/// The order of the plan alone, each action done. `judge` is shown the stage and the steps after each of them, and says
/// whether to go on.
pub(crate) fn straight_on(
    company: &Company,
    stage: &mut Stage,
    way: &Way<'_>,
    mut judge: impl FnMut(&Stage, &[Step]) -> bool,
) -> Run {
    let mut run = Run::with_rows(Arc::clone(&company.plan), 1, way.rows.iter().copied());
    let mut steps = Vec::new();
    while let Some(action) = run.ready().first().copied() {
        stage.play(&mut run, action, Fate::Done);
        steps.push(Step { action, fate: Fate::Done });
        if !judge(stage, &steps) {
            break;
        }
    }
    run
}

fn played(state: &State, action: u32, fate: Fate) -> State {
    let mut next = state.clone();
    let landed = next.stage.play(&mut next.run, action, fate);
    for (at, byte) in (0u32..).zip(next.progress.iter_mut()).filter(|(_, byte)| **byte == OPEN) {
        *byte = match next.run.end(at) {
            None => OPEN,
            Some(end) if end.is_good() => GOOD,
            Some(_) if at == action && landed => LANDED,
            Some(_) => BAD,
        };
    }
    next
}

/// What has become of each action if this one is done.
fn done(state: &State, action: u32) -> Progress {
    let mut progress = state.progress.clone();
    if let Some(byte) = progress.get_mut(action as usize) {
        *byte = GOOD;
    }
    progress
}
