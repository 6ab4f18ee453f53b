//! Events on the wire: what Directory Insights tells of sign-ins and of changes of an app.
//!
//! Values are in lower case there. That a sign-in to an *OIDC* app is an `sso_auth` is `[inferred]`, and what a federated
//! log-in looks like is `[unknown]`: no field but `success` is used. Nothing is published about events of identity providers
//! and routing policies, so nobody can tell from the log when a provider was changed.

use serde::Deserialize;

use crate::decode::{self, Fed, Undecoded, id_or_none, or_default};
use crate::object_id::ObjectId;

/// The fields that are asked for: neither addresses of machines nor anything else about people.
pub(crate) const FIELDS: [&str; 7] =
    ["event_type", "timestamp", "initiated_by", "application", "resource", "success", "auth_method"];

/// What a log told of a question, by time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told<E> {
    /// What is of use here.
    pub(crate) events: Vec<E>,
    /// Events that were read, of use or not.
    pub(crate) rows: usize,
    /// As many as are wanted at most: there may be older ones that nobody read.
    pub(crate) is_cut: bool,
}

impl<E> Default for Told<E> {
    fn default() -> Self {
        Self { events: Vec::new(), rows: 0, is_cut: false }
    }
}

impl Told<Event> {
    /// Whether nothing is missing that is younger than this, in milliseconds since 1970.
    pub(crate) fn reaches(&self, since: u64) -> bool {
        !self.is_cut || self.events.first().is_some_and(|oldest| oldest.at <= since)
    }
}

/// One event, as far as it says something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Event {
    /// When, in milliseconds since 1970.
    pub(crate) at: u64,
    /// What happened.
    pub(crate) what: What,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// The primary organisation let this user of its own through to the app.
    SignIn(ObjectId),
    /// The app was made or changed.
    Change {
        /// By somebody in the console.
        by_hand: bool,
    },
    /// Somebody logged in to this account, or tried.
    LogIn {
        /// The account.
        account: ObjectId,
        /// Whether they got in.
        success: bool,
    },
}

/// Adds the events of an answer.
pub(crate) fn feed(events: &mut Vec<Event>, page: &[u8]) -> Result<Fed, Undecoded> {
    let (rows, total) = decode::list::<EventWire>(page)?;
    let count = rows.len();
    for row in rows {
        events.extend(row.read()?);
    }
    Ok(Fed { rows: count, total })
}

#[derive(Deserialize)]
struct EventWire {
    #[serde(default, deserialize_with = "or_default")]
    event_type: Box<str>,
    #[serde(default, deserialize_with = "or_default")]
    timestamp: Box<str>,
    #[serde(default, deserialize_with = "or_default")]
    initiated_by: ObjectWire,
    #[serde(default, deserialize_with = "or_default")]
    resource: ObjectWire,
    #[serde(default, deserialize_with = "or_default")]
    success: bool,
    #[serde(default, deserialize_with = "or_default")]
    auth_method: Box<str>,
}

#[derive(Deserialize, Default)]
struct ObjectWire {
    #[serde(default, deserialize_with = "id_or_none")]
    id: Option<ObjectId>,
}

impl EventWire {
    /// What it says; nothing, if it is of another kind or does not say of whom it is. One without a time is an error: a
    /// change that cannot be placed may be the newest.
    fn read(&self) -> Result<Option<Event>, Undecoded> {
        let what = match &*self.event_type {
            "sso_auth" => self.initiated_by.id.map(What::SignIn),
            // `[spec]`: `session` or `api-key`. Another word is a change of which nobody can say whose it is.
            "application_create" | "application_update" => {
                Some(What::Change { by_hand: &*self.auth_method == "session" })
            }
            // `[spec]`: the person stands in both. A failed attempt may lack one of them.
            "user_login_attempt" => {
                let account = self.resource.id.or(self.initiated_by.id);
                account.map(|account| What::LogIn { account, success: self.success })
            }
            _ => None,
        };
        let Some(what) = what else { return Ok(None) };
        let at = self.timestamp.parse::<jiff::Timestamp>().ok();
        let at = at.and_then(|at| u64::try_from(at.as_millisecond()).ok());
        let at = at.ok_or_else(|| Undecoded::Shape("an event has no time".into()))?;
        Ok(Some(Event { at, what }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ID: &str = "61aa0d3e9b1e8a0001a1b2c3";

    fn read(events: &Value) -> Result<Vec<What>, Undecoded> {
        let mut read = Vec::new();
        feed(&mut read, events.to_string().as_bytes())?;
        Ok(read.into_iter().map(|event| event.what).collect())
    }

    fn event(kind: &str, more: Value) -> Value {
        let mut event = json!({"event_type": kind, "timestamp": "2026-10-01T00:00:00.5Z"});
        event.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
        event
    }

    #[test]
    fn what_is_of_use_is_read_and_everything_else_passed_over() {
        let id = ObjectId::parse(ID).unwrap();
        let events = json!([
            event("sso_auth", json!({"initiated_by": {"id": ID}, "application": {"id": ID}})),
            event("application_update", json!({"auth_method": "session"})),
            event("application_create", json!({"auth_method": "api-key"})),
            event("application_update", json!({"auth_method": "by owl"})),
            event("user_login_attempt", json!({"resource": {"id": ID}, "success": true})),
            event("user_login_attempt", json!({"initiated_by": {"id": ID}, "resource": null, "success": null})),
            event("sso_auth", json!({"initiated_by": {"id": "somebody"}})),
            {"event_type": "group_update"},
        ]);
        let log_in = |success| What::LogIn { account: id, success };
        let change = |by_hand| What::Change { by_hand };
        let expected = [What::SignIn(id), change(true), change(false), change(false), log_in(true), log_in(false)];
        assert_eq!(read(&events).unwrap(), expected);
        let mut one = Vec::new();
        feed(&mut one, json!([event("application_update", json!({}))]).to_string().as_bytes()).unwrap();
        assert_eq!(one[0].at, 1_790_812_800_500);
    }

    #[test]
    fn a_change_without_a_time_and_what_is_no_list_of_events_cannot_be_read() {
        for odd in [json!([{"event_type": "application_update"}]), json!([{"event_type": 7}]), json!({"message": "no"})]
        {
            assert!(read(&odd).is_err(), "{odd}");
        }
    }
}
