//! `/api/v2/bulk/userstates`: changes of state at a date, of one user or many.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Call;
use super::reply::{Answer, Reply};
use crate::clock::{parse_rfc3339, rfc3339};
use crate::id::{ObjectId, UserId};
use crate::message::Request;
use crate::query::filter::Fielded;
use crate::query::v2;
use crate::world::World;
use crate::world::jobs::{StateChange, Task, Work};
use crate::world::users::State;

/// How many users can be asked about at once \[spec\].
const USERS: usize = 100;

/// A change of state as lists have it.
struct Row {
    job: ObjectId,
    due_ms: u64,
    user: UserId,
    state: State,
}

impl Row {
    fn to_json(&self) -> Value {
        json!({
            "scheduledJobId": self.job, "scheduledDate": rfc3339(self.due_ms), "systemUserId": self.user,
            "state": self.state,
        })
    }
}

impl Fielded for Row {
    fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "scheduledJobId" => Some(Cow::Owned(self.job.to_string())),
            "scheduledDate" => Some(Cow::Owned(rfc3339(self.due_ms))),
            "systemUserId" => Some(Cow::Owned(self.user.to_string())),
            "state" => Some(Cow::Borrowed(self.state.name())),
            _ => None,
        }
    }
}

impl World {
    pub(crate) fn user_states(&mut self, call: &Call<'_>, method: &str, rest: &[&str]) -> Answer {
        match (method, rest) {
            ("GET", []) => self.list_changes(call),
            ("POST", []) => self.schedule(call),
            ("GET", ["eventlist", "next"]) => self.next_changes(call),
            ("DELETE", [id]) => {
                let found = id.parse().is_ok_and(|id| self.jobs.cancel(call.org, id));
                if found { Ok(Reply::empty(204)) } else { Err(Reply::not_found()) }
            }
            _ => Err(Reply::not_found()),
        }
    }

    /// What is to come; somebody who is gone changes no more.
    fn changes(&self, call: &Call<'_>) -> Vec<Row> {
        let all = self.jobs.changes(call.org).filter(|(_, change)| self.user(change.user).is_some());
        all.map(|(task, change)| Row { job: task.job, due_ms: task.due_ms, user: change.user, state: change.state })
            .collect()
    }

    fn list_changes(&self, call: &Call<'_>) -> Answer {
        let query = v2::parse(&call.params, call.page(self.settings.page_max));
        let query = query.map_err(|text| Reply::v2_refusal(&text))?;
        let user = call.params.last("userid");
        let mut changes = self.changes(call);
        changes.retain(|row| user.is_none_or(|user| row.user.to_string() == user));
        let (rows, total) = query.select(changes.iter());
        let rows: Vec<Value> = rows.into_iter().map(Row::to_json).collect();
        Ok(Reply::list(&rows, total))
    }

    /// The next change to each state of each user \[spec\].
    fn next_changes(&self, call: &Call<'_>) -> Answer {
        let named = call.params.iter().filter(|(name, _)| matches!(*name, "users" | "users[]"));
        let users: BTreeSet<&str> = named.flat_map(|(_, ids)| ids.split(',')).filter(|id| !id.is_empty()).collect();
        if users.is_empty() || users.len() > USERS {
            return Err(Reply::v2_refusal("users: from 1 to 100 ids are required"));
        }
        let mut seen = BTreeSet::new();
        let mut next = self.changes(call);
        next.retain(|row| users.contains(row.user.to_string().as_str()) && seen.insert((row.user, row.state)));
        let rows: Vec<Value> = call.page(self.settings.page_max).slice(&next).iter().map(Row::to_json).collect();
        Ok(Reply::json(200, &json!({"events_count": next.len(), "results": rows})))
    }

    fn schedule(&mut self, call: &Call<'_>) -> Answer {
        let body = call.object()?;
        let (users, state, due_ms) = self.read_change(call, &body)?;
        let (mails, redirected) = mail(&body, state, users.len()).map_err(Reply::v2_refusal)?;
        let mails = mails.unwrap_or(self.settings.state_mails_unasked);
        let one: ObjectId = self.new_id();
        let mut rows = Vec::new();
        for user in users {
            let job = if self.settings.state_job_each { self.new_id() } else { one };
            rows.push(Row { job, due_ms, user, state }.to_json());
            let work = Work::State(StateChange { user, state, mails, redirected: redirected.clone() });
            self.jobs.add_task(Task { due_ms, job, organization: call.org, by: call.by.clone(), work });
        }
        self.run_due();
        Ok(Reply::json(201, &rows))
    }

    fn read_change(&self, call: &Call<'_>, body: &Map<String, Value>) -> Result<(Vec<UserId>, State, u64), Reply> {
        let refusal = |text: &str| Reply::v2_refusal(text);
        let state = body.get("state").and_then(Value::as_str).and_then(State::from_name);
        let state = state.filter(|state| *state != State::Staged);
        let state = state.ok_or_else(|| refusal("state must be one of [ACTIVATED, SUSPENDED]"))?;
        let ids = body.get("user_ids").and_then(Value::as_array).filter(|ids| !ids.is_empty());
        let ids = ids.ok_or_else(|| refusal("user_ids is required"))?;
        let found = ids.iter().map(|id| self.find_user(call, id.as_str().unwrap_or("")).map(|user| user.id));
        // Whether one that is unknown refuses them all is [unknown].
        let users: BTreeSet<UserId> = found.collect::<Result<_, _>>().map_err(|_| refusal("user_ids: not found"))?;
        // Examples of the description leave out the zone.
        let date = body.get("start_date").and_then(Value::as_str);
        let due_ms = date.and_then(|text| parse_rfc3339(text).or_else(|| parse_rfc3339(&format!("{text}Z"))));
        let due_ms = due_ms.ok_or_else(|| refusal("start_date is required"))?;
        if self.settings.past_date_refused && due_ms < self.now_ms {
            return Err(refusal("start_date is in the past"));
        }
        Ok((users.into_iter().collect(), state, due_ms))
    }

    /// What is due happens to whoever is still there.
    pub(crate) fn change_state(&mut self, task: &Task, change: &StateChange) {
        let request = Request::api("POST", "/api/v2/bulk/userstates");
        let call = task.call(&request);
        if self.user(change.user).is_none() {
            return;
        }
        match change.state {
            State::Activated => {
                let address = change.redirected.as_deref();
                self.make_active(&call, change.user, change.mails, address);
            }
            State::Suspended | State::Staged => self.suspend(&call, change.user),
        }
    }
}

/// Whether mails are to be written, if that is said, and where one is to go instead \[spec\].
fn mail(body: &Map<String, Value>, state: State, users: usize) -> Result<(Option<bool>, Option<String>), &'static str> {
    let send = match body.get("send_activation_emails") {
        None | Some(Value::Null) => None,
        Some(send) => Some(send.as_bool().ok_or("send_activation_emails must be a boolean")?),
    };
    let address = body.get("activation_email_override").and_then(Value::as_str).filter(|text| !text.is_empty());
    if state != State::Activated && (send == Some(true) || address.is_some()) {
        return Err("mails can only be sent with an activation");
    }
    if send == Some(false) || address.is_none() {
        return Ok((send, None));
    }
    if users > 1 {
        return Err("activation_email_override takes a single user");
    }
    Ok((Some(true), address.map(str::to_owned)))
}
