//! What was asked for and is done later: bulk jobs, and changes of state at a date. How it is done is in the API.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::World;
use super::events::Initiator;
use super::users::State;
use crate::id::{ObjectId, OrgId, UserId};

/// How many jobs are remembered with their results.
const JOBS: usize = 1000;

/// Something that an administrator asked for, to be done at its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) due_ms: u64,
    /// The id of the job; of a change of state, several can be one job.
    pub(crate) job: ObjectId,
    pub(crate) organization: OrgId,
    pub(crate) by: Initiator,
    pub(crate) work: Work,
}

/// What a task does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Work {
    /// The job of that id.
    Bulk,
    /// Gives a user another state.
    State(StateChange),
}

/// A change of state at a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StateChange {
    pub(crate) user: UserId,
    pub(crate) state: State,
    /// Whether an activation writes its mail.
    pub(crate) mails: bool,
    /// Where the mail goes instead of to the user.
    pub(crate) redirected: Option<String>,
}

/// What a bulk job does with each of its records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bulk {
    /// Makes a user, who keeps where it came from.
    Create {
        /// The header `creation-source`.
        source: String,
    },
    /// Changes the user that the record names.
    Update,
}

/// A bulk job, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) id: ObjectId,
    pub(crate) organization: OrgId,
    pub(crate) bulk: Bulk,
    /// Whether its administrator gets a mail when it is done.
    pub(crate) mails: bool,
    pub(crate) created: u64,
    pub(crate) records: Vec<Record>,
}

/// One user of a bulk job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: ObjectId,
    /// As it was sent; once it is done, without the password.
    pub(crate) body: Map<String, Value>,
    pub(crate) updated: u64,
    pub(crate) outcome: Outcome,
}

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Nothing yet.
    Pending,
    /// This user was made or changed.
    Finished(UserId),
    /// Nothing, for this reason.
    Failed(String),
}

/// The jobs of all organisations.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Jobs {
    /// In the order in which they are due.
    tasks: Vec<Task>,
    /// The oldest first.
    jobs: Vec<Job>,
}

impl Jobs {
    pub(crate) fn add_task(&mut self, task: Task) {
        let at = self.tasks.partition_point(|known| (known.due_ms, known.job) <= (task.due_ms, task.job));
        self.tasks.insert(at, task);
    }

    /// Adds a job; of too many, the oldest that is done is forgotten.
    pub(crate) fn add_job(&mut self, job: Job) {
        if self.jobs.len() >= JOBS {
            let is_done = |job: &Job| !self.tasks.iter().any(|task| task.job == job.id);
            if let Some(at) = self.jobs.iter().position(is_done) {
                self.jobs.remove(at);
            }
        }
        self.jobs.push(job);
    }

    pub(crate) fn job(&self, id: ObjectId) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }

    pub(crate) fn job_mut(&mut self, id: ObjectId) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.id == id)
    }

    /// The changes of state that are to come in an organisation, the next first.
    pub(crate) fn changes(&self, org: OrgId) -> impl Iterator<Item = (&Task, &StateChange)> {
        let own = self.tasks.iter().filter(move |task| task.organization == org);
        own.filter_map(|task| match &task.work {
            Work::State(change) => Some((task, change)),
            Work::Bulk => None,
        })
    }

    /// Takes back the changes of state of a job; whether there were any.
    pub(crate) fn cancel(&mut self, org: OrgId, job: ObjectId) -> bool {
        let before = self.tasks.len();
        self.tasks.retain(|task| task.organization != org || task.job != job || task.work == Work::Bulk);
        self.tasks.len() < before
    }

    fn take_due(&mut self, now_ms: u64) -> Option<Task> {
        let due = self.tasks.first()?.due_ms <= now_ms;
        due.then(|| self.tasks.remove(0))
    }
}

impl World {
    /// Does what is due, in its order.
    pub(crate) fn run_due(&mut self) {
        while let Some(task) = self.jobs.take_due(self.now_ms) {
            self.run(&task);
        }
    }
}
