//! The faults of a world.

use serde::{Deserialize, Serialize};

use super::effect::Effect;
use super::fate::Fate;
use super::late::Waiting;
use super::view::{View, reads};
use super::{Count, Fault};
use crate::id::OrgId;
use crate::message::{Request, Response};
use crate::secret::Dice;
use crate::world::World;
use crate::world::journal::LoggedRequest;

/// The faults of a world, and what they have under way.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Faults {
    active: Vec<Active>,
    /// How many requests came.
    pub(super) met: u64,
    pub(super) waiting: Vec<Waiting>,
    #[serde(skip)]
    pub(super) view: Option<Box<View>>,
}

/// A fault, and what it did so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Active {
    fault: Fault,
    count: Count,
    window: Window,
}

/// The present window of a rate limit.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Window {
    number: u64,
    requests: u64,
}

impl World {
    /// Replaces the faults; the new ones have met nothing yet. What waits to be carried out late still will be.
    pub fn set_faults(&mut self, faults: Vec<Fault>) {
        let active = |fault| Active { fault, count: Count::default(), window: Window::default() };
        self.faults.active = faults.into_iter().map(active).collect();
        self.faults.view = None;
    }

    /// The faults, each with how often it met a request.
    pub fn faults(&self) -> impl Iterator<Item = (&Fault, Count)> {
        self.faults.active.iter().map(|active| (&active.fault, active.count))
    }

    /// Decides what becomes of a request, and counts it. What is due to be carried out late is, before it.
    pub fn fate(&mut self, request: &Request) -> Fate {
        self.faults.met = self.faults.met.saturating_add(1);
        self.land();
        let mut fate = Fate::default();
        if self.faults.active.is_empty() {
            return fate;
        }
        let organization = self.organization_asked(request);
        let (seed, now_ms) = (self.seed(), self.now_ms);
        for active in &mut self.faults.active {
            active.meet(request, organization, seed, now_ms, &mut fate);
        }
        if !fate.commits {
            // Whatever becomes of a request, it takes its time.
            self.tick();
        }
        if let Some(late) = fate.late {
            self.postpone(request, late);
        }
        if let Some(instead) = fate.instead.as_ref().filter(|_| !fate.commits) {
            self.log(LoggedRequest::of(request, organization, instead.status));
        }
        fate
    }

    /// Carries one request, faults and all: what arrives, and how.
    pub fn meet(&mut self, request: &Request) -> (Response, Fate) {
        let fate = self.fate(request);
        let answer = fate.commits.then(|| self.answer_as(request, &fate));
        (fate.finish(answer), fate)
    }

    fn organization_asked(&self, request: &Request) -> Option<OrgId> {
        let access = self.access(request).ok()?;
        self.organization_of(request, &access).ok()
    }
}

impl Faults {
    /// For how long what was written may be hidden from anybody.
    pub(super) fn longest_hiding(&self) -> Option<u64> {
        let hiding = self.active.iter().filter_map(|active| {
            let Effect::DelayedVisibility { ms } = active.fault.effect else { return None };
            Some(ms)
        });
        hiding.max()
    }
}

impl Active {
    fn meet(&mut self, request: &Request, organization: Option<OrgId>, seed: u64, now_ms: u64, fate: &mut Fate) {
        if !self.fault.when.matches(request, organization) {
            return;
        }
        self.count.matched += 1;
        let mut dice = dice(seed, &self.fault.name, self.count.matched);
        if !self.fault.when.selects(self.count.matched, &mut dice) {
            return;
        }
        let over = self.window.is_over(&self.fault.effect, now_ms);
        if fate.take(&self.fault.effect, over, reads(request), &mut dice) {
            self.count.fired += 1;
            if matches!(self.fault.effect, Effect::Answer { .. }) {
                fate.repeat(request);
            }
        }
    }
}

impl Window {
    /// Counts a request; whether it is one too many.
    fn is_over(&mut self, effect: &Effect, now_ms: u64) -> bool {
        let Effect::RateLimit { requests, per_ms, .. } = effect else { return false };
        let number = now_ms / (*per_ms).max(1);
        if number != self.number {
            *self = Window { number, requests: 0 };
        }
        self.requests += 1;
        self.requests > *requests
    }
}

/// What the `count`-th request of a fault draws from: nothing else has a part in it, so that one fault more changes
/// nothing about the others.
fn dice(seed: u64, name: &str, count: u64) -> Dice {
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let name = name.bytes().fold(0xcbf2_9ce4_8422_2325, hash);
    Dice::new(seed ^ name ^ count.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
