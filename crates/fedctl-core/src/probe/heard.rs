//! What came back from the issuer, as far as probes look at it.

use serde_json::Value;

use crate::request::Answer;

/// An answer, or why there is none.
pub(crate) type Came = Result<Heard, Box<str>>;

/// The longest answer that is looked at, in bytes.
const LONGEST: usize = 256 * 1024;

/// The longest piece of an answer that is told, in characters.
const TOLD: usize = 160;

/// An answer of the issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Where it leads, if it leads elsewhere. That is never followed.
    pub(crate) location: Option<Box<str>>,
    /// The body.
    pub(crate) body: Box<[u8]>,
}

/// What an answer is worth. One that says to come again, or that something is broken, is none.
pub(crate) fn came(answer: &Answer) -> Came {
    match answer.status {
        429 => return Err("it answers 429: it is asked too much".into()),
        status @ 500.. => return Err(format!("it answers {status}: something is broken there").into()),
        _ => {}
    }
    if answer.body.len() > LONGEST {
        return Err("its answer is too long to be looked at".into());
    }
    let location = answer.said.as_deref().filter(|_| (300..400).contains(&answer.status));
    Ok(Heard { status: answer.status, location: location.map(Into::into), body: answer.body.as_slice().into() })
}

impl Heard {
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok().filter(Value::is_object)
    }

    /// What it is when it is not what was asked for.
    pub(super) fn is_what(&self) -> String {
        match &self.location {
            Some(location) => format!("{}, which leads to {}", self.status, place(location)),
            None if self.json().is_some() => format!("{} and JSON", self.status),
            None if self.body.trim_ascii_start().first() == Some(&b'<') => format!("{} and a page", self.status),
            None => format!("{} and no JSON", self.status),
        }
    }
}

/// A text of the answer, no longer than is told.
pub(super) fn told(text: &str) -> String {
    let mut told: String = text.chars().take(TOLD).collect();
    if told.len() < text.len() {
        told.push('…');
    }
    told
}

/// A place without its query: that may hold what is no business of anybody who reads this.
pub(super) fn place(location: &str) -> String {
    told(&location[..location.find(['?', '#']).unwrap_or(location.len())])
}

/// A value of the query or the fragment of a place.
pub(super) fn parameter(location: &str, name: &str) -> Option<String> {
    let rest = &location[location.find(['?', '#'])? + 1..];
    let parts = rest.split(['?', '#']).flat_map(|part| form_urlencoded::parse(part.as_bytes()));
    parts.into_iter().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}
