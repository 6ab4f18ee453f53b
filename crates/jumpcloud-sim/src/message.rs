//! What goes into a world and what comes out: requests and responses without a wire.

use serde::{Deserialize, Serialize};

/// Which of the service's hosts a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Host {
    /// The console (`/api`, `/api/v2`) and Directory Insights (`/insights`).
    Api,
    /// The OAuth issuer.
    Issuer,
    /// Where service accounts get their tokens (`admin-oauth.id.jumpcloud.com`).
    AdminOauth,
    /// The portal where people sign in.
    Login,
}

/// One request.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Whom it is for.
    pub host: Host,
    /// The method, in upper case.
    pub method: String,
    /// The path, percent-encoded, without the query.
    pub path: String,
    /// What follows the question mark, or nothing.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as sent.
    pub body: Vec<u8>,
}

impl Request {
    /// A request to the API; `target` is a path with or without a query.
    pub fn api(method: &str, target: &str) -> Request {
        Request::to(Host::Api, method, target)
    }

    /// A request to any host; `target` is a path with or without a query.
    pub fn to(host: Host, method: &str, target: &str) -> Request {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (path, query) = (path.to_owned(), query.to_owned());
        Request { host, method: method.to_owned(), path, query, headers: Vec::new(), body: Vec::new() }
    }

    /// The request with one more header.
    pub fn with_header(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// The request with a JSON body.
    pub fn with_json(mut self, body: &serde_json::Value) -> Request {
        self.body = body.to_string().into_bytes();
        self.with_header("content-type", "application/json")
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Debug for Request {
    /// Leaves out headers and body: they hold keys and secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {} {}?{} ({} bytes)", self.host, self.method, self.path, self.query, self.body.len())
    }
}

/// One answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, mostly JSON.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` when it is not JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl std::fmt::Debug for Response {
    /// Leaves out headers and body: one answer brings a client secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} bytes)", self.status, self.body.len())
    }
}
