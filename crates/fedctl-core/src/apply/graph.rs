//! What waits for what: from the names in requests and the rows of the order table.
//!
//! Cost is linear in the actions: rows about everybody are counters, never edges from all to all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::gap::Gaps;
use crate::address::{Address, Kind};
use crate::plan::action::{Action, Subject};
use crate::plan::hole::Give;
use crate::plan::order::{Edge, End, Scope};
use crate::plan::{Known, Plan, Verb};

/// A row of the table that concerns this plan.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Success needed of all, or only their end.
    pub(crate) of: Scope,
    /// How many of the first have not ended.
    pub(crate) open: u32,
    /// One of the first that did not succeed, or for [`Scope::Seen`] the check.
    pub(crate) blame: Option<u32>,
    /// The actions that wait for it.
    pub(crate) then: Arc<[u32]>,
}

/// The waiting of a whole plan.
#[derive(Debug, Clone)]
pub(crate) struct Graph {
    /// For each action, how much it still waits for.
    pub(crate) waits: Vec<u32>,
    /// For each action, those that wait for it alone: its objects' users, and rows of the same person.
    pub(crate) next: Arc<Next>,
    /// Rows about everybody.
    pub(crate) rows: Vec<Row>,
    /// For each action, the rows that it is one of the first of.
    pub(crate) first_of: Arc<BTreeMap<End, Vec<u32>>>,
    /// The section around the client secret: once it was shown, nothing else is begun until the provider that carries it
    /// was read back.
    pub(crate) section: Arc<BTreeSet<u32>>,
    /// The write that closes the gap which a rename opens: nothing else is begun in between.
    pub(crate) closes: Arc<BTreeMap<u32, u32>>,
}

/// What waits for each action, one after the other: there may be half a million actions, most with one or two.
#[derive(Debug, Default)]
pub(crate) struct Next {
    starts: Vec<usize>,
    then: Vec<u32>,
}

impl Next {
    /// What waits for an action.
    pub(crate) fn of(&self, at: u32) -> &[u32] {
        let at = at as usize;
        &self.then[self.starts[at]..self.starts[at + 1]]
    }

    /// From pairs of first and then, in any order and with repetitions.
    fn of_pairs(mut pairs: Vec<(u32, u32)>, actions: usize) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = vec![0; actions + 1];
        for (first, _) in &pairs {
            starts[*first as usize + 1] += 1;
        }
        for at in 0..actions {
            starts[at + 1] += starts[at];
        }
        Self { starts, then: pairs.into_iter().map(|(_, then)| then).collect() }
    }
}

/// The end of a row that an action is.
pub(crate) fn end(action: &Action) -> End {
    End(action.target.org, action.target.kind, action.verb)
}

impl Graph {
    /// The waiting of a plan, under these rows.
    pub(crate) fn of<'r>(plan: &Plan, rows: impl Iterator<Item = &'r Edge>) -> Self {
        let mut graph = Self {
            waits: vec![0; plan.actions.len()],
            next: Arc::default(),
            rows: Vec::new(),
            first_of: Arc::default(),
            section: Arc::new(in_section(&plan.actions)),
            closes: Arc::default(),
        };
        let mut pairs = if plan.backwards { users_before_used(plan) } else { names(plan) };
        let rows = rows_for(plan, rows);
        let ends = by_end(&plan.actions);
        let mut first_of: BTreeMap<End, Vec<u32>> = BTreeMap::new();
        for row in &rows {
            match row.of {
                Scope::SamePerson => same_person(&plan.actions, row, &ends, &mut pairs),
                Scope::All | Scope::Ended | Scope::Seen => graph.everybody(row, &ends, &mut first_of),
            }
        }
        let gaps = Gaps::of(&plan.actions);
        pairs.extend(&gaps.pairs);
        graph.closes = Arc::new(gaps.closes);
        graph.first_of = Arc::new(first_of);
        let next = Next::of_pairs(pairs, plan.actions.len());
        for then in &next.then {
            graph.waits[*then as usize] += 1;
        }
        graph.next = Arc::new(next);
        graph
    }

    fn everybody(&mut self, row: &Edge, ends: &BTreeMap<End, Vec<u32>>, first_of: &mut BTreeMap<End, Vec<u32>>) {
        let (Some(first), Some(then)) = (ends.get(&row.first), ends.get(&row.then)) else { return };
        let number = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        first_of.entry(row.first).or_default().push(number);
        for at in then {
            self.waits[*at as usize] += 1;
        }
        let open = u32::try_from(first.len()).unwrap_or(u32::MAX);
        self.rows.push(Row { of: row.of, open, blame: None, then: then.as_slice().into() });
    }
}

/// The rows of a plan: backwards where it takes down.
fn rows_for<'r>(plan: &Plan, rows: impl Iterator<Item = &'r Edge>) -> Vec<Edge> {
    let mut rows: Vec<Edge> =
        if plan.backwards { rows.filter_map(|row| row.backwards()).collect() } else { rows.copied().collect() };
    if plan.backwards {
        // Several rows read backwards come to the same.
        rows.sort_by_key(|row| (row.first, row.then, row.of));
        rows.dedup_by_key(|row| (row.first, row.then, row.of));
    }
    rows
}

/// Whatever names an object is done before that goes.
fn users_before_used(plan: &Plan) -> Vec<(u32, u32)> {
    let goes = |action: &&Action| action.verb == Verb::Delete;
    let removers: BTreeMap<&Address, u32> =
        numbered(&plan.actions).filter(|(_, action)| goes(action)).map(|(at, action)| (&action.target, at)).collect();
    let mut pairs = Vec::new();
    for (at, action) in numbered(&plan.actions) {
        let used = action.names().into_iter().filter_map(|(address, _)| removers.get(&address).copied());
        pairs.extend(used.filter(|remover| *remover != at).map(|remover| (at, remover)));
    }
    pairs
}

/// An action waits for whatever makes the values that its requests name.
fn names(plan: &Plan) -> Vec<(u32, u32)> {
    let mut givers: BTreeMap<(&Address, Give), u32> = BTreeMap::new();
    let makes = |action: &&Action| !matches!(action.verb, Verb::Check | Verb::Delete);
    for (at, action) in numbered(&plan.actions).filter(|(_, action)| makes(action)) {
        for (give, _) in action.look.as_ref().map_or(&[][..], |look| look.at.gives) {
            givers.entry((&action.target, *give)).or_insert(at);
        }
    }
    let mut pairs = Vec::with_capacity(plan.actions.len());
    for (at, action) in numbered(&plan.actions) {
        for (address, give) in action.names() {
            let giver = givers.get(&(&address, give)).filter(|giver| **giver != at);
            pairs.extend(giver.filter(|_| !knows(plan.known.get(&address), give)).map(|giver| (*giver, at)));
        }
    }
    pairs
}

fn same_person(actions: &[Action], row: &Edge, ends: &BTreeMap<End, Vec<u32>>, pairs: &mut Vec<(u32, u32)>) {
    let mut firsts: BTreeMap<Subject, Vec<u32>> = BTreeMap::new();
    for at in ends.get(&row.first).into_iter().flatten() {
        firsts.entry(actions[*at as usize].subject).or_default().push(*at);
    }
    for then in ends.get(&row.then).into_iter().flatten() {
        let firsts = firsts.get(&actions[*then as usize].subject).into_iter().flatten();
        pairs.extend(firsts.filter(|first| *first != then).map(|first| (*first, *then)));
    }
}

/// The positions of a plan's actions in an order that works: each after what it waits for, else as the kinds gave them.
pub(crate) fn order(plan: &Plan) -> Vec<u32> {
    let mut graph = Graph::of(plan, crate::kinds::rows());
    let mut ready: BTreeSet<u32> =
        (0u32..).zip(&graph.waits).filter(|(_, waits)| **waits == 0).map(|(at, _)| at).collect();
    let mut order = Vec::with_capacity(plan.actions.len());
    while let Some(at) = ready.pop_first() {
        order.push(at);
        let mut freed: Vec<u32> = graph.next.of(at).to_vec();
        for row in graph.first_of.get(&end(&plan.actions[at as usize])).into_iter().flatten() {
            let row = &mut graph.rows[*row as usize];
            row.open -= 1;
            if row.open == 0 {
                freed.extend(row.then.iter());
            }
        }
        for then in freed {
            let waits = &mut graph.waits[then as usize];
            *waits -= 1;
            if *waits == 0 {
                ready.insert(then);
            }
        }
    }
    order
}

fn knows(known: Option<&Known>, give: Give) -> bool {
    match give {
        Give::Id => known.is_some(),
        Give::ClientId => known.is_some_and(|known| known.client_id.is_some()),
        Give::ClientSecret => false,
    }
}

fn numbered(actions: &[Action]) -> impl Iterator<Item = (u32, &Action)> {
    actions.iter().enumerate().map(|(at, action)| (u32::try_from(at).unwrap_or(u32::MAX), action))
}

fn by_end(actions: &[Action]) -> BTreeMap<End, Vec<u32>> {
    let mut ends: BTreeMap<End, Vec<u32>> = BTreeMap::new();
    for (at, action) in numbered(actions) {
        ends.entry(end(action)).or_default().push(at);
    }
    ends
}

fn in_section(actions: &[Action]) -> BTreeSet<u32> {
    numbered(actions).filter(|(_, action)| carries_secret(action)).map(|(at, _)| at).collect()
}

fn carries_secret(action: &Action) -> bool {
    // Only these kinds can; the bodies of everybody else's actions need not be looked through.
    matches!(action.target.kind, Kind::OidcApp | Kind::IdentityProvider | Kind::ClientSecret)
        && action.names().iter().any(|(_, give)| *give == Give::ClientSecret)
}
