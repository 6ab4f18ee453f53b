//! Jobs on many users, which the service carries out later.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::events::Initiator;
use super::users::State;
use crate::id::{ObjectId, OrgId, UserId};

/// How many jobs are remembered with their results.
const JOBS: usize = 1000;

/// The jobs of a world, by their ids.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Jobs {
    pub(crate) bulk: BTreeMap<ObjectId, BulkJob>,
    pub(crate) scheduled: BTreeMap<ObjectId, StateChange>,
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
    /// Adds a job; of too many, the oldest that is done is forgotten.
    pub(crate) fn add_bulk(&mut self, id: ObjectId, job: BulkJob) {
        if self.bulk.len() >= JOBS {
            let oldest = self.bulk.iter().find(|(_, job)| job.done_ms.is_some()).map(|(id, _)| *id);
            oldest.and_then(|id| self.bulk.remove(&id));
        }
        self.bulk.insert(id, job);
    }

    /// The bulk jobs to be carried out by that time, the oldest first.
    pub(crate) fn due_bulk(&self, now_ms: u64) -> Vec<ObjectId> {
        let due = self.bulk.iter().filter(|(_, job)| job.done_ms.is_none() && job.due_ms <= now_ms);
        due.map(|(id, _)| *id).collect()
    }

    /// Takes out the changes of state that are due by that time, the earliest first.
    pub(crate) fn take_due_changes(&mut self, now_ms: u64) -> Vec<StateChange> {
        let due = self.scheduled.iter().filter(|(_, change)| change.due_ms <= now_ms);
        let due: Vec<ObjectId> = due.map(|(id, _)| *id).collect();
        let mut due: Vec<StateChange> = due.iter().filter_map(|id| self.scheduled.remove(id)).collect();
        due.sort_by_key(|change| change.due_ms);
        due
    }
}
