//! One request as a value. It names a host by its role, never by its address.

use reqwest::Method;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::error::Target;
use crate::hosts::Host;

/// A request. It may hold a secret, so it is neither printed nor copied, and whoever sends it gives it away.
pub struct Request {
    /// Which host of the organisation.
    pub host: Host,
    /// The method.
    pub method: Method,
    /// The path with its query, percent-encoded as it goes over the wire, beginning with one `/`.
    pub path: String,
    /// Headers beyond the ordinary ones.
    pub extra: Vec<Extra>,
    /// The body.
    pub body: Option<Body>,
}

/// The only headers a caller can add.
pub enum Extra {
    /// `x-query-dsl: v2`: the membership rule in the body is of the newer form (observed; without it: 400).
    QueryDslV2,
    /// `x-eventually-consistent: true`: allows the filter operators that may lag (observed).
    EventuallyConsistent,
    /// `x-unfiltered-total-count: true`: `x-total-count` counts what the filter leaves out, too (published description).
    UnfilteredTotalCount,
    /// HTTP Basic authentication of a client, for [`Host::Issuer`] and [`Host::Oauth`] only. Both parts are sent as they are: the
    /// caller encodes what RFC 6749 section 2.3.1 wants encoded.
    ClientBasic {
        /// The client id.
        client_id: String,
        /// The client secret; the redactor learns it before it is sent.
        client_secret: SecretString,
    },
}

/// A request body, wiped from memory when dropped.
pub struct Body {
    /// How it is written.
    pub content_type: ContentType,
    /// The bytes.
    pub bytes: Zeroizing<Vec<u8>>,
}

/// How a request body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentType {
    /// `application/json`
    Json,
    /// `application/x-www-form-urlencoded`
    Form,
}

impl Request {
    /// A `GET` without anything else.
    pub fn get(host: Host, path: impl Into<String>) -> Self {
        Self { host, method: Method::GET, path: path.into(), extra: Vec::new(), body: None }
    }

    /// A request with a JSON body.
    pub fn json(host: Host, method: Method, path: impl Into<String>, bytes: Zeroizing<Vec<u8>>) -> Self {
        let body = Some(Body { content_type: ContentType::Json, bytes });
        Self { host, method, path: path.into(), extra: Vec::new(), body }
    }

    /// How errors and logs name this request.
    pub fn target(&self) -> Target {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let names: Vec<&str> = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default()).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", names.join("&")) };
        Target { method: self.method.to_string(), path: format!("{path}{query}") }
    }

    /// The path without its query.
    pub(crate) fn path_alone(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }
}

impl ContentType {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
        }
    }
}
