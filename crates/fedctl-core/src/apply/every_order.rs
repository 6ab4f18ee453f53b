//! For whoever tries every order: a run that is told which action to begin next, and what it asks of it.

use std::collections::BTreeSet;

use super::{End, Next, Out, Run};
use crate::plan::order::Scope;

impl Run {
    /// What became of an action, as far as it has ended.
    pub fn end(&self, at: u32) -> Option<&End> {
        self.ends.get(at as usize)?.as_ref()
    }

    /// The actions that may begin now, in the order in which [`Run::next`] begins them.
    pub fn ready(&self) -> Vec<u32> {
        match (self.given.holds_any_secret(), self.stopping) {
            _ if !self.open_gaps.is_empty() => self.closing().collect(),
            (true, _) => self.graph.section.intersection(&self.ready).copied().collect(),
            (false, true) => Vec::new(),
            (false, false) => self.ready.iter().copied().collect(),
        }
    }

    /// Whether a failure of an action lets something go on that waits for the end of it, or of what it leaves out, whatever
    /// that end is. If not, failing is no more than not having begun.
    pub fn failure_lets_go_on(&self, at: u32) -> bool {
        if self.given.holds_any_secret() || !self.open_gaps.is_empty() {
            return true;
        }
        let (mut left_out, mut open) = (BTreeSet::from([at]), vec![at]);
        while let Some(at) = open.pop() {
            let of_rows = self.rows_after(at).filter(|row| row.of != Scope::Ended).flat_map(|row| row.then.iter());
            let next = self.graph.next.of(at).iter().chain(of_rows);
            open.extend(next.filter(|then| self.ends[**then as usize].is_none() && left_out.insert(**then)));
        }
        let ended = left_out.iter().flat_map(|at| self.rows_after(*at)).filter(|row| row.of == Scope::Ended);
        let mut waiting = ended.flat_map(|row| row.then.iter());
        waiting.any(|then| self.ends[*then as usize].is_none() && !left_out.contains(then))
    }

    /// What to do next for one of the actions that are ready, and for no other: for whoever tries every order. It is over
    /// with this action when it is blocked.
    pub fn next_of(&mut self, at: u32) -> Next {
        if self.ready.remove(&at) {
            self.begin(at);
        }
        loop {
            if let Some((at, planned)) = self.next_turn() {
                match self.turn(at, planned) {
                    Some(turn) => return self.hand_out(Out::One(at), turn),
                    None => continue,
                }
            }
            return match self.batch.pop_first() {
                Some((org, actions)) => self.look_at_users(org, actions),
                None => Next::Blocked,
            };
        }
    }
}
