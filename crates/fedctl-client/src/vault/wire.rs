//! Bodies: what is sent, and what can be read of an answer.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

/// What a vault answered. The body may hold a secret.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Zeroizing<Vec<u8>>,
}

/// Large enough not to move: a buffer that grows leaves copies of a secret behind.
pub(super) fn json(body: &impl Serialize) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 * 1024));
    let written = serde_json::to_writer(&mut *bytes, body);
    debug_assert!(written.is_ok(), "bodies have string keys and no failing serializer");
    bytes
}

/// The fields that are text; a secret that is a number or a list is none.
pub(super) fn fields(all: BTreeMap<String, serde_json::Value>) -> BTreeMap<String, SecretString> {
    let text = |(name, value)| match value {
        serde_json::Value::String(mut text) => {
            let secret = SecretString::from(text.as_str());
            text.zeroize();
            Some((name, secret))
        }
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => None,
    };
    all.into_iter().filter_map(text).collect()
}

/// `[observed]`: what a vault says of a name that is not there is a list of no errors.
pub(super) fn is_nothing(answer: &Answer) -> bool {
    answer.status == 404 && errors(answer).is_some_and(|errors| errors.is_empty())
}

/// The reasons in an answer, on one line. Only of refusals, and these repeat nothing of the data that was sent: but a proxy in
/// front may, so what is no such list is not shown.
pub(super) fn said(answer: &Answer) -> String {
    let errors = errors(answer).unwrap_or_default().join("; ");
    errors.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn errors(answer: &Answer) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Errors {
        errors: Vec<String>,
    }
    serde_json::from_slice::<Errors>(&answer.body).ok().map(|body| body.errors)
}
