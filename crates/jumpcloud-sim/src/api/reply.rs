//! Answers before they get their headers, and the shapes of errors that were seen.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::json;
use crate::settings::{Access, Unasked};

/// An answer, before the headers that all answers have.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    /// JSON, or nothing.
    pub(crate) body: Vec<u8>,
}

/// What a handler comes to: an error is a reply too.
pub(crate) type Answer = Result<Reply, Reply>;

impl Reply {
    pub(crate) fn bytes(status: u16, body: Vec<u8>) -> Reply {
        Reply { status, headers: Vec::new(), body }
    }

    pub(crate) fn json<T: Serialize + ?Sized>(status: u16, body: &T) -> Reply {
        let mut bytes = Vec::new();
        json::write(&mut bytes, body);
        Reply::bytes(status, bytes)
    }

    pub(crate) fn empty(status: u16) -> Reply {
        Reply::bytes(status, Vec::new())
    }

    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Reply {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The body as JSON; null when it is not.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Gives every object of the service a key that nobody knows; what is not JSON stays as it is, and so does what clients
    /// own and send back as it came.
    pub(crate) fn add_unknown_fields(&mut self) {
        if let Ok(mut value) = serde_json::from_slice(&self.body) {
            add_unknown_field(&mut value);
            self.body.clear();
            json::write(&mut self.body, &value);
        }
    }

    /// A list of the second generation: a bare array, its length in a header \[observed\].
    pub(crate) fn list<T: Serialize>(rows: &[T], total: usize) -> Reply {
        Reply::json(200, rows).with_header("x-total-count", &total.to_string())
    }

    /// `{"message": …}` \[observed\].
    pub(crate) fn message(status: u16, text: &str) -> Reply {
        Reply::json(status, &json!({"message": text}))
    }

    /// `204`, or `200` with nothing in it.
    pub(crate) fn deleted(empty: bool) -> Reply {
        Reply::empty(if empty { 204 } else { 200 })
    }

    /// `404 {"message":"Not Found"}` \[observed\].
    pub(crate) fn not_found() -> Reply {
        Reply::message(404, "Not Found")
    }

    /// `409 {"message":"Already Exists"}` \[observed\].
    pub(crate) fn exists() -> Reply {
        Reply::message(409, "Already Exists")
    }

    /// How the first generation refuses: without a `message` \[observed\].
    pub(crate) fn v1_refusal(text: &str) -> Reply {
        Reply::json(400, &json!({"status": 400, "error": text}))
    }

    /// How the second generation refuses \[spec\].
    pub(crate) fn v2_refusal(text: &str) -> Reply {
        Reply::json(400, &json!({"code": 400, "message": text, "status": "Bad Request"}))
    }

    /// How the services behind the second generation refuse \[observed\].
    pub(crate) fn invalid_argument(text: &str) -> Reply {
        Reply::json(400, &json!({"error": "INVALID_ARGUMENT", "message": text}))
    }
}

/// A single object, bare or in an envelope of one key.
pub(crate) fn single(wrap: bool, key: &str, object: Value) -> Value {
    if wrap { json!({ key: object }) } else { object }
}

/// Does with keys that nobody knows what a setting says.
pub(crate) fn settle_unknown(keys: &mut Map<String, Value>, known: &[&str], what: Unasked) -> Result<(), Reply> {
    let is_known = |name: &String| known.contains(&name.as_str());
    match what {
        Unasked::Keep => Ok(()),
        Unasked::Drop => {
            keys.retain(|name, _| is_known(name));
            Ok(())
        }
        Unasked::Refuse => match keys.keys().find(|name| !is_known(name)) {
            Some(name) => Err(Reply::invalid_argument(&format!("unknown field {name}"))),
            None => Ok(()),
        },
    }
}

/// Refuses what a role may not do, as if it were not there where it is not.
pub(crate) fn check_access(access: Access, method: &str) -> Result<(), Reply> {
    match access {
        Access::Open => Ok(()),
        Access::ReadOnly if method == "GET" => Ok(()),
        Access::ReadOnly | Access::Forbidden => {
            Err(Reply::json(403, &json!({"code": 403, "message": "Forbidden", "status": "Forbidden"})))
        }
        Access::Absent => Err(Reply::not_found()),
    }
}

fn add_unknown_field(value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(add_unknown_field),
        Value::Object(keys) => {
            let free = |name: &String| matches!(name.as_str(), "attributes" | "memberQuery" | "config" | "oidc");
            keys.iter_mut().filter(|(name, _)| !free(name)).for_each(|(_, value)| add_unknown_field(value));
            keys.insert("simUnknown".to_owned(), json!({"since": "tomorrow", "nested": [null, 1.5]}));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
