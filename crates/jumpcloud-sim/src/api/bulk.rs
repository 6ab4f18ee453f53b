//! `/api/v2/bulk/users`: many users made or changed by a job, and what came of each.

use serde_json::{Value, json};

use super::Call;
use super::reply::{Answer, Reply};
use crate::clock::rfc3339;
use crate::id::{ObjectId, OrgId, UserId};
use crate::message::Request;
use crate::query::Params;
use crate::settings::BulkRestrictions;
use crate::world::World;
use crate::world::events::Initiator;
use crate::world::jobs::{BulkJob, Record};
use crate::world::user_fields::TextField;
use crate::world::users::State;

/// What may be the origin of users; the first is meant when nothing is said \[spec\].
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
            ("POST", ["users"]) => self.start_bulk_job(call, true),
            ("PATCH", ["users"]) => self.start_bulk_job(call, false),
            ("GET", ["users", id, "results"]) => self.bulk_results(call, id),
            (_, ["userstates", rest @ ..]) => self.user_states(call, method, rest),
            _ => Err(Reply::not_found()),
        }
    }

    /// Takes the job; what is wrong with a single record shows in its results \[inferred\]. `suppressEmail` is about the
    /// mail to the administrator \[spec\].
    fn start_bulk_job(&mut self, call: &Call<'_>, creates: bool) -> Answer {
        let source = call.request.header("creation-source").unwrap_or(SOURCES[0]);
        if creates && !SOURCES.contains(&source) {
            return Err(Reply::v2_refusal("creation-source is not valid"));
        }
        let bodies: Vec<Value> =
            serde_json::from_slice(&call.request.body).map_err(|_| Reply::v2_refusal("the body must be an array"))?;
        let max = self.settings.bulk_max;
        if max > 0 && bodies.len() as u64 > max {
            return Err(Reply::v2_refusal("too many users"));
        }
        let id: ObjectId = self.new_id();
        let blank = |body: Value, id| Record { id, body, failure: String::new(), user: None };
        let records = bodies.into_iter().map(|body| blank(body, self.new_id())).collect();
        let (created_ms, due_ms) = (self.now_ms, self.now_ms.saturating_add(self.settings.bulk_delay_ms));
        let (organization, by) = (call.org, call.by.clone());
        let (source, mails) = (source.to_owned(), call.params.last("suppressEmail") != Some("true"));
        let job = BulkJob { organization, by, creates, source, mails, created_ms, due_ms, done_ms: None, records };
        self.jobs.add_bulk(id, job);
        self.run_due_jobs();
        Ok(Reply::json(if self.settings.bulk_created { 201 } else { 200 }, &json!({"jobId": id})))
    }

    fn bulk_results(&self, call: &Call<'_>, id: &str) -> Answer {
        let job = id.parse::<ObjectId>().ok().and_then(|id| self.jobs.bulk.get(&id));
        let job = job.filter(|job| job.organization == call.org).ok_or_else(Reply::not_found)?;
        let page = call.page(self.settings.page_max);
        let rows: Vec<Value> = page.slice(&job.records).iter().map(|record| result_row(job, record)).collect();
        Ok(Reply::list(&rows, job.records.len()))
    }

    /// Carries out the jobs that are due.
    pub(crate) fn run_due_jobs(&mut self) {
        while let Some((id, mut job)) = self.jobs.take_due_bulk(self.now_ms) {
            self.run_bulk_job(&mut job);
            self.jobs.finish_bulk(id, job);
        }
        while let Some(change) = self.jobs.take_due_change(self.now_ms) {
            self.change_states(&change);
        }
    }

    /// Each record as if it came alone: so the same is refused for the same reasons \[inferred\].
    fn run_bulk_job(&mut self, job: &mut BulkJob) {
        job.done_ms = Some(self.now_ms);
        let (source, by, creates) = (&job.source, &job.by, job.creates);
        for record in &mut job.records {
            match self.run_record(job.organization, by, creates, record.body.take()) {
                Ok(reply) => record.user = reply.value()["id"].as_str().map(str::to_owned),
                Err(refusal) => record.failure = why(&refusal),
            }
            if let Some(id) = record.user.as_deref().filter(|_| creates).and_then(|id| id.parse().ok()) {
                self.edit_user(id, |user| user.texts.set(TextField::CreationSource, source));
                self.mail_if_staged(id);
            }
        }
        if job.mails {
            self.mail_about_job(job.organization, by);
        }
    }

    fn run_record(&mut self, org: OrgId, by: &Initiator, creates: bool, body: Value) -> Answer {
        let body = as_single(body, self.settings.bulk_restrictions)?;
        let request = Request::api("", "").with_json(&body);
        let call = Call { request: &request, params: Params::default(), org, by: by.clone() };
        if creates { self.create_user(&call) } else { self.update_user(&call, body["id"].as_str().unwrap_or_default()) }
    }

    fn mail_if_staged(&mut self, id: UserId) {
        if self.settings.bulk_mails_when_staged && self.user(id).is_some_and(|user| user.state == State::Staged) {
            self.mail_user(id, None);
        }
    }
}

/// A bulk job has one restricted field as an object where single users have a list of them \[spec\].
fn as_single(mut body: Value, form: BulkRestrictions) -> Result<Value, Reply> {
    let Some(restrictions) = body.get_mut("restrictedFields") else { return Ok(body) };
    match (&*restrictions, form) {
        (Value::Object(_), BulkRestrictions::Array) => Err(Reply::v1_refusal("restrictedFields must be an array")),
        (Value::Array(_), BulkRestrictions::Object) => Err(Reply::v1_refusal("restrictedFields must be an object")),
        (Value::Object(one), _) => {
            *restrictions = if one.is_empty() { json!([]) } else { json!([one]) };
            Ok(body)
        }
        _ => Ok(body),
    }
}

fn why(refusal: &Reply) -> String {
    let body = refusal.value();
    let text = body.get("error").or_else(|| body.get("message")).and_then(Value::as_str);
    text.unwrap_or("failed").to_owned()
}

/// The words of `status` are \[unknown\].
fn result_row(job: &BulkJob, record: &Record) -> Value {
    let status = match job.done_ms {
        None => "pending",
        Some(_) if record.failure.is_empty() => "finished",
        Some(_) => "failed",
    };
    let persisted = record.user.as_ref().map_or_else(|| json!({}), |user| json!({"id": user}));
    json!({
        "id": record.id, "status": status, "statusMsg": record.failure, "meta": {}, "persistedFields": persisted,
        "createdAt": rfc3339(job.created_ms), "updatedAt": rfc3339(job.done_ms.unwrap_or(job.created_ms)),
    })
}
