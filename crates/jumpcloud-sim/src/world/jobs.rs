//! Jobs on many users, which the service carries out later.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::events::Initiator;
use super::users::State;
use crate::id::{ObjectId, OrgId, UserId};

/// How many jobs that are done are remembered with their results.
const JOBS: usize = 1000;

/// What is to happen, the earliest first, with the time in milliseconds: looking for what is due costs no look at the rest.
type Queue = BTreeSet<(u64, ObjectId)>;

/// The jobs of a world, by their ids.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Jobs {
    pub(crate) bulk: BTreeMap<ObjectId, BulkJob>,
    pub(crate) scheduled: BTreeMap<ObjectId, StateChange>,
    /// Bulk jobs that are not done.
    #[serde(skip)]
    waiting: Queue,
    /// Bulk jobs that are done, the oldest first.
    #[serde(skip)]
    done: VecDeque<ObjectId>,
    /// The changes of state that are scheduled.
    #[serde(skip)]
    coming: Queue,
}

/// Users to be made or changed. It stays when it is done: its results are asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BulkJob {
    pub(crate) organization: OrgId,
    pub(crate) by: Initiator,
    /// Whether it makes users; else it changes them.
    pub(crate) creates: bool,
    /// Where it says that its users come from.
    #[serde(default)]
    pub(crate) source: String,
    /// Whether its administrator gets a mail when it is done.
    #[serde(default)]
    pub(crate) mails: bool,
    pub(crate) created_ms: u64,
    pub(crate) due_ms: u64,
    pub(crate) done_ms: Option<u64>,
    pub(crate) records: Vec<Record>,
}

/// One user of a bulk job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The id of its result.
    pub(crate) id: ObjectId,
    pub(crate) body: Value,
    /// Why it failed; empty when it did not.
    pub(crate) failure: String,
    /// The user that came of it.
    pub(crate) user: Option<String>,
}

/// Users whose state is to change at a time; gone once it has.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StateChange {
    pub(crate) organization: OrgId,
    pub(crate) by: Initiator,
    pub(crate) users: Vec<UserId>,
    pub(crate) state: State,
    /// When it is to happen, as asked for.
    pub(crate) start_ms: u64,
    pub(crate) due_ms: u64,
    /// What becomes of the mail on activation: `false`, or an address, or anything else for the user's own.
    pub(crate) email: Value,
}

impl Jobs {
    /// Adds a job to be carried out.
    pub(crate) fn add_bulk(&mut self, id: ObjectId, job: BulkJob) {
        self.waiting.insert((job.due_ms, id));
        self.bulk.insert(id, job);
    }

    /// Takes out the bulk job to be carried out next, if it is due by that time.
    pub(crate) fn take_due_bulk(&mut self, now_ms: u64) -> Option<(ObjectId, BulkJob)> {
        let id = take_due(&mut self.waiting, now_ms)?;
        self.bulk.remove(&id).map(|job| (id, job))
    }

    /// Puts back a bulk job that was carried out, for its results; of too many, the oldest is forgotten.
    pub(crate) fn finish_bulk(&mut self, id: ObjectId, job: BulkJob) {
        self.bulk.insert(id, job);
        self.done.push_back(id);
        if self.done.len() > JOBS {
            let oldest = self.done.pop_front();
            oldest.and_then(|id| self.bulk.remove(&id));
        }
    }

    /// Adds a change of state.
    pub(crate) fn add_change(&mut self, id: ObjectId, change: StateChange) {
        self.coming.insert((change.due_ms, id));
        self.scheduled.insert(id, change);
    }

    /// Takes out a change of state before it happens.
    pub(crate) fn cancel_change(&mut self, id: ObjectId) {
        if let Some(change) = self.scheduled.remove(&id) {
            self.coming.remove(&(change.due_ms, id));
        }
    }

    /// Takes out the change of state that comes next, if it is due by that time.
    pub(crate) fn take_due_change(&mut self, now_ms: u64) -> Option<StateChange> {
        let id = take_due(&mut self.coming, now_ms)?;
        self.scheduled.remove(&id)
    }

    /// Makes anew what is not exported because it follows from the rest.
    pub(crate) fn index(&mut self) {
        let waiting = self.bulk.iter().filter(|(_, job)| job.done_ms.is_none());
        self.waiting = waiting.map(|(id, job)| (job.due_ms, *id)).collect();
        self.coming = self.scheduled.iter().map(|(id, change)| (change.due_ms, *id)).collect();
        let done: BTreeSet<_> = self.bulk.iter().filter_map(|(id, job)| Some((job.done_ms?, *id))).collect();
        self.done = done.into_iter().map(|(_, id)| id).collect();
    }
}

/// Takes out the earliest, if its time has come.
fn take_due(queue: &mut Queue, now_ms: u64) -> Option<ObjectId> {
    let first = queue.first().copied().filter(|(due_ms, _)| *due_ms <= now_ms)?;
    queue.remove(&first);
    Some(first.1)
}
