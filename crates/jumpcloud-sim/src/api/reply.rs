//! Answers before they get their headers, and the shapes of errors that were seen.

use serde::Serialize;
use serde_json::{Value, json};

use crate::json;

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

    /// A list of the second generation: a bare array, its length in a header \[observed\].
    pub(crate) fn list<T: Serialize>(rows: &[T], total: usize) -> Reply {
        Reply::json(200, rows).with_header("x-total-count", &total.to_string())
    }

    /// `{"message": …}` \[observed\].
    pub(crate) fn message(status: u16, text: &str) -> Reply {
        Reply::json(status, &json!({"message": text}))
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
