//! The way between the program and a random world: what goes wrong on it, and what everybody says on it.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use fedctl_core::drive::Carry;
use fedctl_core::endpoint;
use fedctl_core::plan::Plan;
use fedctl_core::request::{Outcome, Request};
use jumpcloud_sim::fault::Delivery;

use super::rare::Rare;
use super::story::Round;
use crate::carry::{self, Memory};
use crate::judge::Judge;
use crate::worlds::Scene;

/// How long a client waits for an answer, in milliseconds.
const PATIENCE_MS: u64 = 30_000;

/// Creations that the service takes twice.
const NOT_UNIQUE: [&str; 3] = ["/api/v2/usergroups", "/api/applications", "/api/v2/identity-provider/policies"];

/// Everything that was said and done in a world, as one number; and in words, where somebody asks.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) hasher: DefaultHasher,
    pub(crate) lines: Option<Vec<String>>,
}

impl Trace {
    pub(crate) fn note(&mut self, line: impl FnOnce() -> String, more: &[u8]) {
        let line = line();
        (&line, more).hash(&mut self.hasher);
        if let Some(lines) = &mut self.lines {
            lines.push(line);
        }
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hasher.finish()
    }
}

/// Carries the requests of one run.
pub(crate) struct Storm<'a> {
    pub(crate) memory: &'a mut Memory,
    pub(crate) scene: &'a Scene,
    pub(crate) round: &'a Round,
    pub(crate) trace: &'a mut Trace,
    pub(crate) rare: &'a mut Rare,
    /// The plan that is applied, and who judges the world.
    pub(crate) applies: Option<(Plan, Judge)>,
    /// The first thing that is wrong.
    pub(crate) wrong: Option<String>,
    /// The run was told to stop.
    pub(crate) stopping: &'a Cell<bool>,
    /// Something of an earlier run may still be carried out.
    pub(crate) late: bool,
    requests: usize,
    form_refused: bool,
    /// Creations of which nobody knows whether they were carried out.
    doubtful: BTreeSet<Vec<u8>>,
    /// What was asked since the last write, and whether the run waited since.
    asked: BTreeSet<String>,
    waited: bool,
}

impl<'a> Storm<'a> {
    pub(crate) fn new(
        memory: &'a mut Memory,
        (scene, round): (&'a Scene, &'a Round),
        trace: &'a mut Trace,
        rare: &'a mut Rare,
        stopping: &'a Cell<bool>,
    ) -> Self {
        Self {
            memory,
            scene,
            round,
            trace,
            rare,
            applies: None,
            wrong: None,
            stopping,
            late: false,
            form_refused: false,
            requests: 0,
            doubtful: BTreeSet::new(),
            asked: BTreeSet::new(),
            waited: false,
        }
    }

    fn by_hand(&mut self) {
        let Some((_, edit)) = self.round.between.filter(|(at, _)| *at == self.requests) else { return };
        let Some((plan, _)) = self.applies.take() else { return };
        self.scene.make(edit, self.memory);
        self.rare.met("run: edited by hand in the middle");
        self.trace.note(|| format!("by hand: {edit:?}"), &[]);
        let judge = Judge::new(self.scene, self.memory, &plan);
        self.applies = Some((plan, judge));
    }

    fn is_cut_off(&self) -> bool {
        self.round.outage.is_some_and(|(from, many)| (from..from + many).contains(&self.requests))
    }

    /// The request, as the service and the way to it let it through.
    fn sent(&mut self, request: &Request) -> Outcome {
        let (killed_before, killed_after) = match self.round.killed {
            Some((at, after)) if at == self.requests => (!after, after),
            Some(_) | None => (false, false),
        };
        if killed_before {
            self.rare.met("run: killed before a request");
            self.memory.dead = true;
            return Outcome::NotSent("killed".to_owned());
        }
        if self.is_cut_off() {
            self.rare.met("run: nothing left the machine");
            return Outcome::NotSent("no route".to_owned());
        }
        let (response, fate) = self.memory.world.meet(&self.memory.on_the_wire(request));
        if killed_after {
            self.rare.met("run: killed after a request");
            self.memory.dead = true;
            return Outcome::Unknown("killed".to_owned());
        }
        match fate.delivery {
            Delivery::Whole => Outcome::Answered(carry::answered(response)),
            Delivery::Cut(_) => Outcome::Unknown("the connection was cut".to_owned()),
            Delivery::Never => {
                self.memory.world.advance(PATIENCE_MS);
                Outcome::Unknown("nobody answered in time".to_owned())
            }
        }
    }

    fn judge(&mut self, what: &str) {
        if let (None, Some((_, judge))) = (&self.wrong, &self.applies) {
            self.wrong = judge.wrong(&self.memory.world).map(|wrong| format!("after `{what}`: {wrong}"));
        }
    }

    fn complain(&mut self, wrong: String) {
        self.wrong.get_or_insert(wrong);
    }

    /// What is never done with writes, whatever the plan says.
    fn watch_write(&mut self, request: &Request, outcome: &Outcome) {
        let (method, path) = (request.method, request.path.as_str());
        let body = request.body.as_ref().map(|(_, body)| body.as_slice()).unwrap_or_default();
        let key = [method.as_bytes(), path.as_bytes(), body].concat();
        if self.doubtful.contains(&key) {
            self.complain(format!("`{method} {path}` is sent again, and nobody knows whether it was carried out"));
        }
        let in_doubt = match outcome {
            Outcome::Unknown(_) => true,
            Outcome::Answered(answer) => answer.status >= 500,
            Outcome::NotSent(_) => false,
        };
        if in_doubt && method == "POST" && NOT_UNIQUE.contains(&path) {
            self.doubtful.insert(key);
        }
        if self.stopping.get() && path.contains("/identity-providers") && !matches!(outcome, Outcome::NotSent(_)) {
            self.rare.met("run: stopped, and the secret still went to the provider");
        }
    }

    fn watch_forms(&mut self, request: &Request, outcome: &Outcome) {
        let (true, Outcome::Answered(answer)) = (request.path.contains("/identity-provider/policies"), outcome) else {
            return;
        };
        match answer.status {
            400 | 404 | 405 | 422 => self.form_refused = true,
            200..300 if std::mem::take(&mut self.form_refused) => {
                self.rare.met("write: a form was refused, the next was taken");
            }
            _ => {}
        }
    }

    fn watch_read(&mut self, what: String) {
        if !self.asked.insert(what) && self.waited && self.applies.is_some() {
            self.rare.met("wait: looked at again until it showed");
        }
        self.waited = false;
    }

    pub(crate) fn lost_creations(&self) -> usize {
        self.doubtful.len()
    }
}

impl Carry for Storm<'_> {
    fn carry(&mut self, request: Request) -> Outcome {
        if self.memory.dead {
            return Outcome::NotSent("killed".to_owned());
        }
        self.by_hand();
        let what = format!("{} {}", request.method, request.path);
        let reads = endpoint::reads(request.method, request.path.split('?').next().unwrap_or_default());
        let outcome = self.sent(&request);
        self.requests += 1;
        let body = request.body.as_ref().map(|(_, body)| body.as_slice()).unwrap_or_default();
        let number = self.requests;
        let (came, said) = match &outcome {
            Outcome::Answered(answer) => (answer.status.to_string(), answer.body.as_slice()),
            Outcome::NotSent(why) | Outcome::Unknown(why) => (why.clone(), &[][..]),
        };
        if came == "429" {
            self.rare.met("wait: the service is busy");
        }
        let line = || {
            let body = String::from_utf8_lossy(body);
            let said = String::from_utf8_lossy(&said[..said.len().min(300)]);
            format!("{number} {what} {body}\n      -> {came} {said}")
        };
        self.trace.note(line, said);
        if reads {
            self.watch_read(what.clone());
        } else {
            self.asked.clear();
            self.watch_write(&request, &outcome);
            self.watch_forms(&request, &outcome);
        }
        if !reads || self.late {
            self.judge(&what);
        }
        outcome
    }

    fn pause(&mut self, wanted: Duration) {
        if self.memory.dead {
            return;
        }
        self.waited = true;
        self.trace.note(|| format!("wait {wanted:?}"), &[]);
        self.memory.pause(wanted);
    }
}
