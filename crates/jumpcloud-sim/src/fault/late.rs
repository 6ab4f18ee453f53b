//! Requests that are carried out after their client went away.

use serde::{Deserialize, Serialize};

use super::fate::Late;
use crate::message::Request;
use crate::world::World;

/// A request that waits to be carried out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Waiting {
    request: Request,
    due: Due,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Due {
    /// When this many requests came.
    Request(u64),
    /// At this time of the world.
    Ms(u64),
}

impl World {
    pub(super) fn postpone(&mut self, request: &Request, late: Late) {
        let due = match late {
            Late::Requests(number) => Due::Request(self.faults.met.saturating_add(number)),
            Late::Ms(ms) => Due::Ms(self.now_ms.saturating_add(ms)),
        };
        self.faults.waiting.push(Waiting { request: request.clone(), due });
    }

    /// Carries out what is due, in the order in which it was sent. The clock does not move for it.
    pub(crate) fn land(&mut self) {
        let (met, now_ms) = (self.faults.met, self.now_ms);
        let is_due = |waiting: &Waiting| match waiting.due {
            // Those that come are counted before what waits is looked at: what waits for three lands after the third.
            Due::Request(number) => number < met,
            Due::Ms(ms) => ms <= now_ms,
        };
        if !self.faults.waiting.iter().any(is_due) {
            return;
        }
        let (due, waiting) = std::mem::take(&mut self.faults.waiting).into_iter().partition(is_due);
        self.faults.waiting = waiting;
        for Waiting { request, .. } in due {
            self.keep_view(&request);
            self.answer_at_once(&request);
        }
    }
}
