//! Gaps: an account gets another address and its person's attribute follows, and between the two writes nobody gets in.
//!
//! The attribute is looked at before the account is renamed, so that nothing refuses in the middle that could have refused
//! before. From the moment that the rename begins nothing else is begun until the attribute is written, no other rename
//! either, and what was begun before waits. Whoever takes an address waits until nobody has it
//! any more and no attribute names it, or the one who had it would open their account.

use std::collections::BTreeMap;

use super::Run;
use super::talk::Planned;
use crate::address::Kind;
use crate::plan::action::{Action, Change, Field, Subject, Verb};

/// What of a plan is about addresses that change, by position.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gaps {
    /// First and then, for those of one person and between people.
    pub(crate) pairs: Vec<(u32, u32)>,
    /// The write that closes the gap which a rename opens.
    pub(crate) closes: BTreeMap<u32, u32>,
}

impl Gaps {
    pub(crate) fn of(actions: &[Action]) -> Self {
        let mut gaps = Self::default();
        let numbered = || (0_u32..).zip(actions);
        let renames: BTreeMap<Subject, u32> = numbered()
            .filter(|(_, action)| action.renames().is_some())
            .map(|(at, action)| (action.subject, at))
            .collect();
        if renames.is_empty() {
            return gaps;
        }
        // Who takes an address, by the address.
        let mut takes: BTreeMap<&str, u32> = BTreeMap::new();
        for at in renames.values() {
            takes.extend(actions[*at as usize].renames().and_then(Change::text).map(|email| (email, *at)));
        }
        for (at, action) in numbered() {
            match (action.target.kind, action.verb, renames.get(&action.subject)) {
                (Kind::UserMapping, Verb::Check, Some(rename)) => gaps.pairs.push((at, *rename)),
                (Kind::UserMapping, Verb::Update, Some(rename)) => {
                    gaps.pairs.push((*rename, at));
                    gaps.closes.insert(*rename, at);
                }
                _ => {}
            }
            let taker = given_up(action).and_then(|before| takes.get(before)).filter(|taker| **taker != at);
            gaps.pairs.extend(taker.map(|taker| (at, *taker)));
        }
        gaps
    }
}

impl Run {
    /// The next action to begin. While a gap is open nothing is begun but what closes it, and while a secret is held nothing
    /// but what carries it.
    pub(super) fn choose(&self) -> Option<u32> {
        if !self.open_gaps.is_empty() {
            return self.closing().next();
        }
        if self.given.holds_any_secret() {
            return self.graph.section.intersection(&self.ready).next().copied();
        }
        if self.stopping { None } else { self.ready.first().copied() }
    }

    /// Notes that an action begins: one that renames opens a gap.
    pub(super) fn opens_gap(&mut self, at: u32) {
        self.open_gaps.extend(self.graph.closes.get(&at).map(|closes| (*closes, at)));
    }

    /// Whether an action opens or closes the gap that is open.
    fn is_of_gap(&self, at: u32) -> bool {
        self.open_gaps.iter().any(|(closes, opens)| *closes == at || *opens == at)
    }

    /// The next turn of what was begun: while a gap is open, one of its own or none.
    pub(super) fn next_turn(&mut self) -> Option<(u32, Planned)> {
        if self.open_gaps.is_empty() {
            return self.turns.pop_front();
        }
        let own = self.turns.iter().position(|(at, _)| self.is_of_gap(*at))?;
        self.turns.remove(own)
    }

    /// What closes the gap that is open, once it may begin.
    pub(super) fn closing(&self) -> impl Iterator<Item = u32> {
        self.open_gaps.keys().filter(|at| self.ready.contains(at)).copied()
    }
}

/// The address that an action takes from an account, or from an attribute.
fn given_up(action: &Action) -> Option<&str> {
    let is_mapping = action.target.kind == Kind::UserMapping && action.verb != Verb::Check;
    let mut changes = action.changes.iter().filter(|_| is_mapping);
    let change = action.renames().or_else(|| changes.find(|change| matches!(change.field, Field::Entry { .. })));
    change?.before.as_deref()
}
