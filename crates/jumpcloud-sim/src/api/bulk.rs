//! `/api/v2/bulk/users`: users made and changed by jobs. A job is single calls of the first generation, made later.

use serde_json::{Map, Value, json};

use super::Call;
use super::reply::{Answer, Reply};
use crate::clock::rfc3339;
use crate::id::ObjectId;
use crate::message::Request;
use crate::query::Params;
use crate::settings::{BulkRestrictions, BulkStatus};
use crate::world::World;
use crate::world::jobs::{Bulk, Job, Outcome, Record, Task, Work};
use crate::world::user_fields::TextField;
use crate::world::users::State;

/// Where users of a bulk job may come from \[spec\]; the first is meant when nothing is said.
const SOURCES: [&str; 6] = [
    "jumpcloud:bulk",
    "jumpcloud:gapps",
    "jumpcloud:o365",
    "jumpcloud:workday",
    "jumpcloud:scim",
    "jumpcloud:custom_integration",
];

impl World {
    pub(crate) fn bulk(&mut self, call: &Call<'_>, method: &str, rest: &[&str]) -> Answer {
        match (method, rest) {
            ("POST", ["users"]) => {
                let source = creation_source(call)?;
                self.start_bulk(call, Bulk::Create { source })
            }
            ("PATCH", ["users"]) => self.start_bulk(call, Bulk::Update),
            ("GET", ["users", id, "results"]) => self.bulk_results(call, id),
            (_, ["userstates", rest @ ..]) => self.user_states(call, method, rest),
            _ => Err(Reply::not_found()),
        }
    }

    fn start_bulk(&mut self, call: &Call<'_>, bulk: Bulk) -> Answer {
        let bodies = records(call)?;
        let max = self.settings.bulk_size;
        if max > 0 && bodies.len() as u64 > max {
            return Err(Reply::v2_refusal(&format!("no more than {max} users at once")));
        }
        let id: ObjectId = self.new_id();
        let now_ms = self.now_ms;
        let record = |body| Record { id: self.new_id(), body, updated: now_ms, outcome: Outcome::Pending };
        let records = bodies.into_iter().map(record).collect();
        // The mail is about the job, and goes to whoever started it [spec].
        let mails = call.params.last("suppressEmail") != Some("true");
        self.jobs.add_job(Job { id, organization: call.org, bulk, mails, created: now_ms, records });
        let due_ms = now_ms.saturating_add(self.settings.bulk_delay_ms);
        self.jobs.add_task(Task { due_ms, job: id, organization: call.org, by: call.by.clone(), work: Work::Bulk });
        self.run_due();
        Ok(Reply::json(if self.settings.bulk_created { 201 } else { 200 }, &json!({ "jobId": id })))
    }

    fn bulk_results(&self, call: &Call<'_>, id: &str) -> Answer {
        let job = id.parse().ok().and_then(|id| self.jobs.job(id)).filter(|job| job.organization == call.org);
        let job = job.ok_or_else(Reply::not_found)?;
        let early = self.settings.bulk_results_early;
        let shown = job.records.iter().filter(|record| early || record.outcome != Outcome::Pending);
        let shown: Vec<&Record> = shown.collect();
        let page = call.page(self.settings.page_max).slice(&shown);
        let rows: Vec<Value> = page.iter().map(|record| self.result_row(job, record)).collect();
        Ok(Reply::list(&rows, shown.len()))
    }

    /// The keys are \[spec\]; what stands in `status`, `meta` and `persistedFields` is \[unknown\].
    fn result_row(&self, job: &Job, record: &Record) -> Value {
        let (status, text, kept) = match &record.outcome {
            Outcome::Pending => ("pending", "", Map::new()),
            Outcome::Failed(why) => ("failed", why.as_str(), Map::new()),
            Outcome::Finished(id) => {
                let mut kept = record.body.clone();
                kept.insert("id".to_owned(), json!(id));
                ("finished", "", kept)
            }
        };
        let status = match self.settings.bulk_status {
            BulkStatus::Lower => status.to_owned(),
            BulkStatus::Upper => status.to_uppercase(),
        };
        json!({
            "id": record.id, "createdAt": rfc3339(job.created), "updatedAt": rfc3339(record.updated),
            "status": status, "statusMsg": text, "meta": {}, "persistedFields": kept,
        })
    }

    /// Does what a task is about.
    pub(crate) fn run(&mut self, task: &Task) {
        match &task.work {
            Work::State(change) => self.change_state(task, change),
            Work::Bulk => self.run_job(task),
        }
    }

    fn run_job(&mut self, task: &Task) {
        let Some(job) = self.jobs.job(task.job).cloned() else { return };
        let outcomes: Vec<Outcome> =
            job.records.iter().map(|record| self.run_record(task, &job.bulk, &record.body)).collect();
        let now_ms = self.now_ms;
        let records = self.jobs.job_mut(task.job).map(|job| &mut job.records).into_iter().flatten();
        for (record, outcome) in records.zip(outcomes) {
            record.body.remove("password");
            record.updated = now_ms;
            record.outcome = outcome;
        }
        if job.mails {
            self.mail_about_job(task);
        }
    }

    fn run_record(&mut self, task: &Task, bulk: &Bulk, body: &Map<String, Value>) -> Outcome {
        let failed = |reply: Reply| {
            let body = reply.value();
            let text = ["error", "message"].iter().find_map(|name| body.get(*name)?.as_str());
            Outcome::Failed(text.unwrap_or("failed").to_owned())
        };
        let body = match settled(body.clone(), self.settings.bulk_restrictions) {
            Ok(body) => body,
            Err(text) => return Outcome::Failed(text.to_owned()),
        };
        let request = Request::api("POST", "/api/systemusers").with_json(&Value::Object(body.clone()));
        let call = task.call(&request);
        let answer = match bulk {
            Bulk::Create { .. } => self.create_user(&call),
            Bulk::Update => self.update_user(&call, body.get("id").and_then(Value::as_str).unwrap_or("")),
        };
        let id = answer.map(|reply| reply.value().get("_id").and_then(Value::as_str).and_then(|id| id.parse().ok()));
        match id {
            Err(reply) => failed(reply),
            Ok(None) => Outcome::Failed("failed".to_owned()),
            Ok(Some(id)) => {
                if let Bulk::Create { source } = bulk {
                    self.came_from(id, source);
                }
                Outcome::Finished(id)
            }
        }
    }

    fn came_from(&mut self, id: crate::id::UserId, source: &str) {
        self.edit_user(id, |user| user.texts.set(TextField::CreationSource, source));
        let staged = self.user(id).is_some_and(|user| user.state == State::Staged);
        if staged && self.settings.bulk_mails_when_staged {
            self.mail_user(id, None);
        }
    }
}

impl Task {
    /// A call as whoever asked for the task would make it.
    pub(crate) fn call<'a>(&self, request: &'a Request) -> Call<'a> {
        Call { request, params: Params::default(), org: self.organization, by: self.by.clone() }
    }
}

fn creation_source(call: &Call<'_>) -> Result<String, Reply> {
    let source = call.request.header("creation-source").unwrap_or(SOURCES[0]);
    if SOURCES.contains(&source) {
        return Ok(source.to_owned());
    }
    Err(Reply::v2_refusal("creation-source is malformed"))
}

fn records(call: &Call<'_>) -> Result<Vec<Map<String, Value>>, Reply> {
    let body: Option<Vec<Map<String, Value>>> = serde_json::from_slice(&call.request.body).ok();
    body.ok_or_else(|| Reply::v2_refusal("the body must be an array of users"))
}

/// A record as the first generation takes it: there `restrictedFields` is an array, here an object \[spec\].
fn settled(mut body: Map<String, Value>, form: BulkRestrictions) -> Result<Map<String, Value>, &'static str> {
    match (body.get("restrictedFields"), form) {
        (Some(Value::Object(_)), BulkRestrictions::Array) => Err("restrictedFields must be an array"),
        (Some(Value::Array(_)), BulkRestrictions::Object) => Err("restrictedFields must be an object"),
        (Some(Value::Object(one)), _) => {
            let all = if one.is_empty() { json!([]) } else { json!([one]) };
            body.insert("restrictedFields".to_owned(), all);
            Ok(body)
        }
        _ => Ok(body),
    }
}
