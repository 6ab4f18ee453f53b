//! What came back, and what it is worth.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::{AnswerError, SendError, Target};
use crate::hosts::Host;
use crate::key;
use crate::redact::Redactor;

/// The longest message kept of an error body, in bytes.
const MESSAGE_LIMIT: usize = 512;
/// How much of an error body is looked at, in bytes. More than the longest message, so that a secret is not cut in two
/// before it is found.
const EXCERPT_LIMIT: usize = 64 * 1024;

/// What became of a request.
#[derive(Debug)]
pub enum Outcome {
    /// The service, or something in front of it, answered.
    Answered(Answer),
    /// The request provably never left this machine.
    NotSent(SendError),
    /// The request may have arrived and may have had its effect.
    Unknown(SendError),
}

/// An answer with whatever status. The body may hold a secret: it is wiped when dropped and never printed.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The server's clock, in seconds since 1970.
    pub date: Option<u64>,
    /// How long the server asks to wait. Never seen from JumpCloud (observed), honoured all the same.
    pub retry_after: Option<Duration>,
    /// `x-total-count` of lists of API v2: how many match the filter (observed).
    pub total_count: Option<u64>,
    /// Where the answer points to, as sent; the query may hold state.
    pub location: Option<String>,
    /// Whether the answer says that it comes from the simulator.
    pub simulated: bool,
    /// The content type, as sent.
    pub content_type: Option<String>,
    /// The body, decompressed.
    pub body: Zeroizing<Vec<u8>>,
    origin: Origin,
}

/// What an answer belongs to.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) target: Target,
    pub(crate) host: Host,
    pub(crate) redactor: Arc<Redactor>,
}

impl Answer {
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap, body: Zeroizing<Vec<u8>>, origin: Origin) -> Self {
        let date = text(headers, &DATE).and_then(unix_seconds);
        Self {
            status: status.as_u16(),
            date,
            retry_after: text(headers, &RETRY_AFTER).and_then(|value| wait(value, date)),
            total_count: headers.get("x-total-count").and_then(|value| value.to_str().ok()?.trim().parse().ok()),
            location: text(headers, &LOCATION).map(str::to_owned),
            simulated: is_simulated(headers),
            content_type: text(headers, &CONTENT_TYPE).map(str::to_owned),
            body,
            origin,
        }
    }

    /// The request this answers, as errors and logs name it.
    pub fn target(&self) -> &Target {
        &self.origin.target
    }

    /// Whether the status is one of success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body of a success, to be decoded as JSON by the caller.
    ///
    /// An empty body is `Ok` and empty: 204 has none, and the service is known to answer some creations and some
    /// missing users with an empty 200 (observed), which only the caller can tell apart.
    ///
    /// # Errors
    /// Everything that is not an answer of the API itself, and every refusal.
    pub fn json(&self) -> Result<&[u8], AnswerError> {
        let (status, target) = (self.status, self.origin.target.clone());
        match status {
            300..=399 => Err(AnswerError::Redirected { target, status, location: self.location_alone() }),
            401 => Err(AnswerError::Unauthorized { target, message: self.message() }),
            429 => Err(AnswerError::RateLimited { target, retry_after: self.retry_after, message: self.message() }),
            _ if self.is_abuse_block() => Err(AnswerError::AbuseBlock { target }),
            _ if self.is_html() => Err(AnswerError::HtmlPage { target, status }),
            200..=299 if self.body.is_empty() || self.is_json() => Ok(&self.body),
            200..=299 => Err(AnswerError::NotJson { target, status, content_type: self.content_type.clone() }),
            _ => Err(AnswerError::Rejected { target, status, message: self.message() }),
        }
    }

    /// What the service says in an error body, redacted, on one line of at most 512 bytes: `message`, else `error` if it
    /// is text, else `error.message`, else the text itself. Pages say nothing. Text from outside: encode it before
    /// showing it.
    pub fn message(&self) -> Option<String> {
        if self.is_html() {
            return None;
        }
        let message = match serde_json::from_slice::<Value>(&self.body) {
            Ok(body) => Zeroizing::new(envelope(&body)?.to_owned()),
            Err(_) => {
                Zeroizing::new(String::from_utf8_lossy(&self.body[..self.body.len().min(EXCERPT_LIMIT)]).into_owned())
            }
        };
        let clean = self.origin.redactor.clean(&message);
        let one_line = clean.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        let one_line = one_line.collect::<Vec<_>>().join(" ");
        let end = (0..=one_line.len().min(MESSAGE_LIMIT)).rev().find(|&end| one_line.is_char_boundary(end))?;
        (end > 0).then(|| one_line[..end].to_owned())
    }

    /// Whether this is the page that blocks an address. Only in front of the API: an issuer has pages by nature, and a
    /// 403 of its edge for something that is no browser says nothing about the API.
    pub(crate) fn is_abuse_block(&self) -> bool {
        self.status == 403 && self.is_html() && key::goes_to(self.origin.host)
    }

    fn is_html(&self) -> bool {
        let start = self.body.iter().skip_while(|byte| byte.is_ascii_whitespace());
        let starts_with = |tag: &str| {
            let start: Vec<u8> = start.clone().take(tag.len()).map(u8::to_ascii_lowercase).collect();
            start == tag.as_bytes()
        };
        self.has_content_type(&["text/html", "application/xhtml+xml"])
            || starts_with("<!doctype html")
            || starts_with("<html")
    }

    fn is_json(&self) -> bool {
        self.has_content_type(&["application/json", "application/problem+json"])
    }

    fn has_content_type(&self, wanted: &[&str]) -> bool {
        let essence = self.content_type.as_deref().and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(essence))
    }

    fn location_alone(&self) -> Option<String> {
        let end = |location: &str| location.find(['?', '#']).unwrap_or(location.len());
        self.location.as_deref().map(|location| self.origin.redactor.clean(&location[..end(location)]))
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("target", &self.origin.target)
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Whether the headers say that the answer comes from the simulator.
pub(crate) fn is_simulated(headers: &HeaderMap) -> bool {
    headers.get("x-fedctl-sim").is_some_and(|value| value == "1")
}

/// The envelopes that were seen: `{message}`, `{error: "text"}`, `{error: {message}}`.
fn envelope(body: &Value) -> Option<&str> {
    let texts = [body.get("message"), body.get("error"), body.pointer("/error/message"), Some(body)];
    texts.into_iter().flatten().find_map(Value::as_str)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn unix_seconds(date: &str) -> Option<u64> {
    let date = httpdate::parse_http_date(date).ok()?;
    date.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

/// Seconds, or a date that is measured from the server's own clock where it says what that is.
fn wait(value: &str, server: Option<u64>) -> Option<Duration> {
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = server.or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs()))?;
    Some(Duration::from_secs(unix_seconds(value)?.saturating_sub(now)))
}
