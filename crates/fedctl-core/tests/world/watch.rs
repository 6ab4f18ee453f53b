//! Carriers around a carrier: one that looks at the world after every write, and one that shuffles what lists answer.

use std::time::Duration;

use fedctl_core::drive::Carry;
use fedctl_core::request::{Answer, Outcome, Request};
use jumpcloud_sim::World;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::carry::{Memory, reads};
use crate::interleave::{Dice, status};

/// Asks for a verdict after every write, and keeps the first that is bad.
pub(crate) struct Watch<'a, F> {
    pub(crate) memory: &'a mut Memory,
    pub(crate) verdict: F,
    pub(crate) wrong: Option<String>,
}

impl<'a, F: Fn(&World) -> Option<String>> Watch<'a, F> {
    pub(crate) fn new(memory: &'a mut Memory, verdict: F) -> Self {
        Self { memory, verdict, wrong: None }
    }
}

impl<F: Fn(&World) -> Option<String>> Carry for Watch<'_, F> {
    fn carry(&mut self, request: Request) -> Outcome {
        let what = format!("{} {}", request.method, request.path);
        let outcome = self.memory.carry(request);
        if !reads(&what) && self.wrong.is_none() {
            self.wrong = (self.verdict)(&self.memory.world).map(|wrong| format!("after `{what}`: {wrong}"));
        }
        outcome
    }

    fn pause(&mut self, wanted: Duration) {
        self.memory.pause(wanted);
    }
}

/// One request as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// Method and path, without the query.
    pub(crate) line: String,
    /// What it carried.
    pub(crate) body: String,
    /// Its status; `None` when nobody answered.
    pub(crate) came: Option<u16>,
    /// Whether it may have arrived.
    pub(crate) left: bool,
    /// The body of the answer, as one number.
    pub(crate) said: u64,
    /// The actions that it was for.
    pub(crate) actions: Vec<u32>,
    /// When it was sent, by the clock of the world.
    pub(crate) at_ms: u64,
}

impl Sent {
    pub(crate) fn reads(&self) -> bool {
        reads(&self.line)
    }

    /// Whether it takes something away.
    pub(crate) fn is_removal(&self) -> bool {
        self.line.starts_with("DELETE ")
    }

    /// One without a body, answered.
    pub(crate) fn read(line: &str) -> Self {
        Self {
            line: line.to_owned(),
            body: String::new(),
            came: Some(200),
            left: true,
            said: 0,
            actions: Vec::new(),
            at_ms: u64::MAX,
        }
    }

    /// Whether a text stands in it.
    pub(crate) fn shows(&self, text: &str) -> bool {
        self.line.contains(text) || self.body.contains(text)
    }
}

/// The requests of one run, those of its planning too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(pub(crate) Vec<Sent>);

impl Log {
    /// Whether an object was asked for by its id, or a list by what it is of.
    pub(crate) fn has_read(&self, id: &str) -> bool {
        self.has_read_since(0, id)
    }

    /// The same from a time on.
    pub(crate) fn has_read_since(&self, ms: u64, id: &str) -> bool {
        self.0.iter().any(|sent| sent.at_ms >= ms && sent.reads() && sent.shows(id))
    }

    pub(crate) fn writes(&self) -> impl Iterator<Item = &Sent> {
        self.0.iter().filter(|sent| !sent.reads())
    }
}

/// Refuses some writes, and loses the answers to others.
pub(crate) struct Flaky<'a, C> {
    pub(crate) carry: &'a mut C,
    pub(crate) dice: Dice,
}

impl<C: Carry> Carry for Flaky<'_, C> {
    fn carry(&mut self, request: Request) -> Outcome {
        let is_write = !reads(&format!("{} {}", request.method, request.path));
        match is_write.then(|| self.dice.below(8)) {
            Some(0) => status(403, "not today"),
            Some(1) => {
                self.carry.carry(request);
                Outcome::Unknown("the connection was cut".to_owned())
            }
            Some(_) | None => self.carry.carry(request),
        }
    }

    fn pause(&mut self, wanted: Duration) {
        self.carry.pause(wanted);
    }
}

/// Answers lists in the other order and in pages of another size. Only for worlds whose lists fit into one real page.
pub(crate) struct Shuffled<'a> {
    pub(crate) memory: &'a mut Memory,
    pub(crate) page: usize,
}

impl Carry for Shuffled<'_> {
    fn carry(&mut self, mut request: Request) -> Outcome {
        let is_list = request.method == "GET" && request.path.contains("skip=");
        let skip = is_list.then(|| rewind(&mut request.path));
        let is_search = request.path == "/api/search/systemusers";
        match self.memory.carry(request) {
            Outcome::Answered(answer) if is_list || is_search => Outcome::Answered(self.page_of(answer, skip)),
            outcome @ (Outcome::Answered(_) | Outcome::NotSent(_) | Outcome::Unknown(_)) => outcome,
        }
    }
}

impl Shuffled<'_> {
    fn page_of(&self, answer: Answer, skip: Option<usize>) -> Answer {
        let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else { return answer };
        let Some(rows) = list_in(&mut body) else { return answer };
        rows.reverse();
        let total = u64::try_from(rows.len()).ok();
        if let Some(skip) = skip {
            *rows = rows.iter().skip(skip).take(self.page).cloned().collect();
        }
        let body = Zeroizing::new(serde_json::to_vec(&body).unwrap());
        Answer { body, total: skip.and(total).or(answer.total), ..answer }
    }
}

pub(crate) fn list_in(body: &mut Value) -> Option<&mut Vec<Value>> {
    match body {
        Value::Array(rows) => Some(rows),
        Value::Object(keys) => keys.values_mut().find_map(Value::as_array_mut),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Asks for the first page instead, and says how many rows were to be skipped.
fn rewind(path: &mut String) -> usize {
    let (before, skip) = path.rsplit_once("skip=").unwrap();
    let skip = skip.parse().unwrap();
    *path = format!("{before}skip=0");
    skip
}
