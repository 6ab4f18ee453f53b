//! `/api/v2/bulk/userstates`: changes of state at a time.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::Call;
use super::reply::{Answer, Reply};
use crate::clock::{parse_rfc3339, rfc3339};
use crate::id::{ObjectId, UserId};
use crate::message::Request;
use crate::query::filter::Fielded;
use crate::query::{Params, v2};
use crate::world::World;
use crate::world::jobs::StateChange;
use crate::world::users::State;

/// How many users may be asked about at once \[spec\].
const ASKED_MAX: usize = 100;

/// One user of a change to come, with the id of its job.
type Coming<'a> = (ObjectId, &'a StateChange, UserId);

impl Fielded for Coming<'_> {
    fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        let (job, change, user) = self;
        match name {
            "scheduledJobId" => Some(Cow::Owned(job.to_string())),
            "scheduledDate" => Some(Cow::Owned(rfc3339(change.start_ms))),
            "systemUserId" => Some(Cow::Owned(user.to_string())),
            "state" => Some(Cow::Borrowed(change.state.name())),
            _ => None,
        }
    }
}

impl World {
    pub(crate) fn user_states(&mut self, call: &Call<'_>, method: &str, rest: &[&str]) -> Answer {
        match (method, rest) {
            ("GET", []) => self.list_state_changes(call),
            ("POST", []) => self.schedule_states(call),
            ("GET", ["eventlist", "next"]) => self.next_state_changes(call),
            ("DELETE", [id]) => self.cancel_state_change(call, id),
            _ => Err(Reply::not_found()),
        }
    }

    /// A time that has passed is now, as in the published example \[spec\].
    fn schedule_states(&mut self, call: &Call<'_>) -> Answer {
        let body = call.object()?;
        let state = body.get("state").and_then(Value::as_str).and_then(State::from_name);
        let state = state.filter(|state| *state != State::Staged);
        let state = state.ok_or_else(|| Reply::v2_refusal("state must be one of [ACTIVATED, SUSPENDED]"))?;
        let start = body.get("start_date").and_then(Value::as_str);
        // Examples of the description leave out the zone.
        let start = start.and_then(|text| parse_rfc3339(text).or_else(|| parse_rfc3339(&format!("{text}Z"))));
        let start_ms = start.ok_or_else(|| Reply::v2_refusal("start_date must be a date and time"))?;
        if self.settings.past_date_refused && start_ms < self.now_ms {
            return Err(Reply::v2_refusal("start_date is in the past"));
        }
        let users = self.named_users(call, &body)?;
        let email = self.mail_wanted(&body);
        if email.is_string() && (users.len() > 1 || state != State::Activated) {
            return Err(Reply::v2_refusal("activation_email_override takes one user to activate"));
        }
        let due_ms = start_ms.max(self.now_ms.saturating_add(self.settings.bulk_delay_ms));
        let (organization, by) = (call.org, call.by.clone());
        let change = StateChange { organization, by, users, state, start_ms, due_ms, email };
        let id: ObjectId = self.new_id();
        let rows: Vec<Value> = change.users.iter().map(|user| row(id, &change, *user)).collect();
        self.jobs.add_change(id, change);
        self.run_due_jobs();
        Ok(Reply::json(201, &rows))
    }

    fn named_users(&self, call: &Call<'_>, body: &Map<String, Value>) -> Result<Vec<UserId>, Reply> {
        let named = body.get("user_ids").and_then(Value::as_array).filter(|named| !named.is_empty());
        let named = named.ok_or_else(|| Reply::v2_refusal("user_ids is required"))?;
        let found = named.iter().map(|id| Ok(self.find_user(call, id.as_str().unwrap_or_default())?.id));
        found.collect()
    }

    /// Whether mails go out where nobody says is \[unknown\]; an address counts unless mails are suppressed \[spec\].
    fn mail_wanted(&self, body: &Map<String, Value>) -> Value {
        let sends = body.get("send_activation_emails").and_then(Value::as_bool);
        let address = body.get("activation_email_override").filter(|_| sends != Some(false));
        let address = address.filter(|address| address.as_str().is_some_and(|text| !text.is_empty()));
        address.cloned().unwrap_or_else(|| json!(sends.unwrap_or(self.settings.userstates_mail_unasked)))
    }

    /// Each as if it were asked for alone. Somebody who is gone by then is passed over.
    pub(crate) fn change_states(&mut self, change: &StateChange) {
        let request = Request::api("", "").with_json(&json!({"email": change.email}));
        let (org, by) = (change.organization, change.by.clone());
        let call = Call { request: &request, params: Params::default(), org, by };
        let action = if change.state == State::Activated { "activate" } else { "suspend" };
        for user in &change.users {
            // The answer goes to nobody: there is no result of a change of state [spec].
            drop(self.user_action(&call, &user.to_string(), &["state", action]));
        }
    }

    /// Changes to come, the earliest first.
    fn coming(&self, call: &Call<'_>) -> Vec<Coming<'_>> {
        let own = self.jobs.scheduled.iter().filter(|(_, change)| change.organization == call.org);
        let mut rows: Vec<_> =
            own.flat_map(|(id, change)| change.users.iter().map(move |user| (*id, change, *user))).collect();
        rows.sort_by_key(|(id, change, _)| (change.start_ms, *id));
        rows
    }

    fn list_state_changes(&self, call: &Call<'_>) -> Answer {
        let query = v2::parse(&call.params, call.page(self.settings.page_max));
        let query = query.map_err(|text| Reply::v2_refusal(&text))?;
        let wanted = call.params.last("userid");
        let mut rows = self.coming(call);
        rows.retain(|(_, _, user)| wanted.is_none_or(|id| id == user.to_string()));
        let (rows, total) = query.selection.select(rows.iter());
        let rows: Vec<Value> = rows.into_iter().map(|(id, change, user)| row(*id, change, *user)).collect();
        Ok(Reply::list(&rows, total))
    }

    /// The next change to each state of each user asked about \[spec\].
    fn next_state_changes(&self, call: &Call<'_>) -> Answer {
        let named = call.params.iter().filter(|(name, _)| matches!(*name, "users" | "users[]"));
        let named: Vec<&str> = named.flat_map(|(_, ids)| ids.split(',')).filter(|id| !id.is_empty()).collect();
        if named.is_empty() || named.len() > ASKED_MAX {
            return Err(Reply::v2_refusal("users must name 1 to 100 users"));
        }
        let mut seen = Vec::new();
        let mut rows = Vec::new();
        for (id, change, user) in self.coming(call) {
            if named.contains(&user.to_string().as_str()) && !seen.contains(&(user, change.state)) {
                seen.push((user, change.state));
                rows.push(row(id, change, user));
            }
        }
        let page = call.page(self.settings.page_max);
        Ok(Reply::json(200, &json!({"events_count": rows.len(), "results": page.slice(&rows)})))
    }

    fn cancel_state_change(&mut self, call: &Call<'_>, id: &str) -> Answer {
        let id: ObjectId = id.parse().map_err(|_| Reply::not_found())?;
        let own = self.jobs.scheduled.get(&id).is_some_and(|change| change.organization == call.org);
        if !own {
            return Err(Reply::not_found());
        }
        self.jobs.cancel_change(id);
        Ok(Reply::empty(204))
    }
}

fn row(id: ObjectId, change: &StateChange, user: UserId) -> Value {
    json!({
        "scheduledJobId": id, "systemUserId": user, "state": change.state.name(),
        "scheduledDate": rfc3339(change.start_ms),
    })
}
