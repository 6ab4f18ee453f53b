//! What a key may read, and how the service answers: so that what nobody has published becomes known. It only listens to the
//! reading of a plan (invariant I2), and keeps of an answer its shape and nothing that stands in it.

mod seen;
mod shape;

use std::collections::BTreeMap;

use crate::address::Org;
use crate::endpoint::{Endpoint, READING};
use crate::request::{Ask, Outcome};

pub use seen::{Seen, seen};
pub use shape::Shape;

/// What came of all requests of one call to one organisation.
#[derive(Debug, Default)]
pub struct Visits {
    /// How many answers had each status, and their shape.
    pub answers: BTreeMap<u16, (u32, Shape)>,
    /// How many got no answer.
    pub unanswered: u32,
}

impl Visits {
    /// The statuses that say that this key may not do it, or that it is not there. `[observed]`: of a single object, 404
    /// says that there is none.
    pub fn trouble(&self, call: &Endpoint) -> Vec<u16> {
        let is_single = call.path.contains("{}");
        let is_trouble = |status: &u16| !((200..300).contains(status) || is_single && *status == 404);
        self.answers.keys().copied().filter(is_trouble).collect()
    }
}

/// Everything that was heard.
#[derive(Debug, Default)]
pub struct Examination {
    /// By organisation and call.
    pub calls: BTreeMap<(Org, &'static Endpoint), Visits>,
    /// How many seconds this machine was ahead of the service, at the answer at which that was least.
    pub ahead: Option<i64>,
    /// How many answers asked to wait, or said that there were too many requests.
    pub asked_to_wait: u32,
}

impl Examination {
    /// The call of the table that a question is; needed before it is sent.
    pub fn call(ask: &Ask) -> Option<(Org, &'static Endpoint)> {
        let request = ask.request();
        let path = request.path.split('?').next().unwrap_or_default();
        let covers = |call: &&Endpoint| call.host == request.host && call.covers(request.method, path);
        READING.iter().map(|call| call.endpoint()).find(covers).map(|call| (request.org, call))
    }

    /// Hears what came of a question. `now` is the clock of this machine, seconds since 1970.
    pub fn hear(&mut self, call: (Org, &'static Endpoint), outcome: &Outcome, now: u64) {
        let visits = self.calls.entry(call).or_default();
        let Outcome::Answered(answer) = outcome else {
            visits.unanswered += 1;
            return;
        };
        let (number, shape) = visits.answers.entry(answer.status).or_default();
        *number += 1;
        shape.hear(&answer.body);
        self.asked_to_wait += u32::from(answer.retry_after.is_some() || answer.status == 429);
        if let Some(ahead) = answer.date.and_then(|date| i64::try_from(i128::from(now) - i128::from(date)).ok()) {
            self.ahead = Some(self.ahead.map_or(ahead, |least| if ahead.abs() < least.abs() { ahead } else { least }));
        }
    }

    /// Whether something could not be read.
    pub fn has_trouble(&self) -> bool {
        self.calls.iter().any(|((_, call), visits)| visits.unanswered > 0 || !visits.trouble(call).is_empty())
    }

    /// The calls of the table that nothing was asked by.
    pub fn not_asked(&self) -> Vec<&'static Endpoint> {
        let calls = READING.iter().map(|call| call.endpoint());
        calls.filter(|call| !self.calls.keys().any(|(_, asked)| asked == call)).collect()
    }
}
