//! What goes out and what comes back, as values. Nothing here sends.

use std::time::Duration;

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::address::Org;
use crate::endpoint::{Endpoint, Host, Reading, Writing};

/// How a request body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// `application/json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

/// A request that may change something. It may carry a secret, so it is neither printed nor copied.
pub struct Request {
    /// The organisation whose key it is sent with.
    pub org: Org,
    /// The server.
    pub host: Host,
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: &'static str,
    /// Path and query, encoded.
    pub path: String,
    /// The body, wiped from memory when dropped.
    pub body: Option<(Content, Zeroizing<Vec<u8>>)>,
    /// The secrets in the body, for whoever keeps them out of logs and errors.
    pub secrets: Vec<SecretString>,
    /// The membership rule in the body is of the newer form, which has to be said in a header. `[observed]`
    pub newer_rule: bool,
}

impl Request {
    /// A call with its arguments filled in.
    pub(crate) fn write(org: Org, call: &'static Writing, args: &[String], body: Option<(Content, Vec<u8>)>) -> Self {
        Self::new(org, call.endpoint(), args, &[], body)
    }

    fn new(
        org: Org,
        endpoint: &'static Endpoint,
        args: &[String],
        query: &[(&str, &str)],
        body: Option<(Content, Vec<u8>)>,
    ) -> Self {
        Self {
            org,
            host: endpoint.host,
            method: endpoint.method,
            path: path(endpoint, args, query),
            body: body.map(|(content, bytes)| (content, Zeroizing::new(bytes))),
            secrets: Vec::new(),
            newer_rule: false,
        }
    }
}

/// A request that changes nothing. Only a call of the reading table makes one: code that is handed nothing but a way to
/// send these cannot write.
///
/// ```compile_fail,E0308
/// use fedctl_core::{address::Org, endpoint, request::Ask};
/// Ask::new(Org::Primary, &endpoint::CREATE_APP, &[], &[]); // a call that writes is not a question
/// ```
///
/// ```
/// use fedctl_core::{address::Org, endpoint, request::Ask};
/// Ask::new(Org::Primary, &endpoint::LIST_APPS, &[], &[]);
/// ```
pub struct Ask(Request);

impl Ask {
    /// A question without a body.
    pub fn new(org: Org, call: &'static Reading, args: &[String], query: &[(&str, &str)]) -> Self {
        Self(Request::new(org, call.endpoint(), args, query, None))
    }

    /// A question without a body, at the path that a discovery document gives for the call, which may have a query.
    pub(crate) fn at(org: Org, call: &'static Reading, path: &str, query: &[(&str, &str)]) -> Self {
        let mut request = Request::new(org, call.endpoint(), &[], query, None);
        let own = request.path.split_once('?').map(|(_, query)| query.to_owned());
        let between = if path.contains('?') { '&' } else { '?' };
        request.path = own.map_or_else(|| path.to_owned(), |query| format!("{path}{between}{query}"));
        Self(request)
    }

    /// A question that is put in a JSON body, such as a search.
    pub fn with_body(org: Org, call: &'static Reading, body: Vec<u8>) -> Self {
        Self(Request::new(org, call.endpoint(), &[], &[], Some((Content::Json, body))))
    }

    /// What to send.
    pub fn request(&self) -> &Request {
        &self.0
    }

    /// What to send, by value.
    pub fn into_request(self) -> Request {
        self.0
    }
}

/// What became of a request.
pub enum Outcome {
    /// The service answered.
    Answered(Answer),
    /// It provably never left.
    NotSent(String),
    /// It may have arrived; nobody can say.
    Unknown(String),
}

/// An answer of the service. The body may hold a secret and is wiped when dropped.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body as received.
    pub body: Zeroizing<Vec<u8>>,
    /// How many objects there are in all, where a header says so.
    pub total: Option<u64>,
    /// The server's clock, seconds since 1970.
    pub date: Option<u64>,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// What a refusal says, where whoever carried it has taken every secret out; else it is read from the body. Of an issuer that
    /// leads elsewhere: where.
    pub said: Option<String>,
}

impl Answer {
    /// Whether the status is one of success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What the service says in an error body, one line, at most 300 characters: `message`, then `error`.
    pub fn message(&self) -> String {
        if let Some(said) = &self.said {
            return said.clone();
        }
        let Ok(text) = std::str::from_utf8(&self.body) else { return "an unreadable body".to_owned() };
        let message = match serde_json::from_str::<serde_json::Value>(text) {
            Ok(value) => ["/message", "/error/message", "/error_description", "/error"]
                .iter()
                .find_map(|pointer| value.pointer(pointer).and_then(|found| found.as_str()).map(str::to_owned)),
            Err(_) if text.trim_start().starts_with('<') => Some("an HTML page".to_owned()),
            Err(_) => Some(text.to_owned()),
        };
        let one_line = message.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        if one_line.is_empty() { "no message".to_owned() } else { one_line.chars().take(300).collect() }
    }
}

fn path(endpoint: &Endpoint, args: &[String], query: &[(&str, &str)]) -> String {
    let mut path = String::with_capacity(endpoint.path.len() + 26 * args.len());
    let mut args = args.iter();
    for (number, literal) in endpoint.path.split("{}").enumerate() {
        if number > 0 {
            let arg = args.next().map_or("", String::as_str);
            path.extend(percent_encoding::utf8_percent_encode(arg, percent_encoding::NON_ALPHANUMERIC));
        }
        path.push_str(literal);
    }
    if !query.is_empty() {
        path.push('?');
        path.push_str(&form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish());
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint;

    #[test]
    fn arguments_cannot_leave_their_segment() {
        let ask = Ask::new(Org::Primary, &endpoint::GET_APP, &["../systemusers?x=1".to_owned()], &[("a b", "c&d")]);
        assert_eq!(ask.request().path, "/api/applications/%2E%2E%2Fsystemusers%3Fx%3D1?a+b=c%26d");
    }

    #[test]
    fn an_error_body_becomes_one_line() {
        let answer = |body: &str| Answer {
            status: 400,
            body: Zeroizing::new(body.as_bytes().to_vec()),
            total: None,
            date: None,
            retry_after: None,
            said: None,
        };
        assert_eq!(answer(r#"{"status":400,"error":"no\ngood"}"#).message(), "no good");
        assert_eq!(
            answer(r#"{"error":"INVALID_ARGUMENT","message":"user_group not found"}"#).message(),
            "user_group not found"
        );
        assert_eq!(answer("<html>secret</html>").message(), "an HTML page");
        assert_eq!(answer("").message(), "no message");
    }
}
