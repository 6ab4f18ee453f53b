//! What can go wrong, one enum per operation. No error holds a body, a key or a query value.

use std::fmt;
use std::time::Duration;

/// A host that may not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// Plain HTTP, or another scheme, to a host that is not this machine.
    #[error("`{url}` is not https")]
    NotHttps {
        /// The url.
        url: String,
    },
    /// A sandbox that is not at a loopback address.
    #[error("a sandbox must be at a loopback address such as http://127.0.0.1:8480, not `{url}`")]
    NotLoopback {
        /// The url.
        url: String,
    },
    /// A real host that is this machine.
    #[error("`{url}` is this machine, which only a sandbox may be")]
    Loopback {
        /// The url.
        url: String,
    },
    /// More or less than scheme, host and port.
    #[error("`{url}` must be scheme, host and port alone")]
    NotABase {
        /// The url.
        url: String,
    },
    /// A user name or password in the url, which is therefore not shown.
    #[error("a host must not contain a user name or password")]
    Credentials,
}

/// A key that cannot be bound. The key is never shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not an organisation id.
    #[error("`{organization}` is not an organisation id of 24 hexadecimal digits")]
    Organization {
        /// What was given.
        organization: String,
    },
    /// Empty, or with a blank, a line break or another character that no key has.
    #[error("the api key is empty or contains a blank, a line break or a character outside ASCII")]
    Malformed,
    /// A client id that is empty, or with a character that none has.
    #[error("the client id is empty or contains a blank, a line break or a character outside ASCII")]
    ClientId,
    /// A key of the simulator and real hosts.
    #[error("simulated and real mixed: a key that begins with `sim_` is only for a sandbox")]
    SimulatedKeyForRealHosts,
    /// A real key and the simulator.
    #[error("simulated and real mixed: a sandbox takes only keys that begin with `sim_`")]
    RealKeyForSandbox,
}

/// A client that cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// An extra certificate authority that is not PEM.
    #[error("the extra certificate authority cannot be read")]
    Certificate {
        /// What the TLS library says.
        #[source]
        source: reqwest::Error,
    },
    /// A proxy that is not a url.
    #[error("the proxy cannot be used")]
    Proxy {
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// A proxy in front of a sandbox, which is on this machine.
    #[error("a sandbox is on this machine and takes no proxy")]
    ProxyForSandbox,
    /// A vault without TLS that is not this machine.
    #[error("`{url}` is not https, and a vault without TLS must be at a loopback address")]
    PlainVault {
        /// The url.
        url: String,
    },
    /// A sibling in a sandbox of a client of real hosts, or the reverse.
    #[error("simulated and real mixed: one client is of a sandbox, the other is not")]
    Mixed,
    /// No TLS, for instance because the system has no certificates.
    #[error("no http client")]
    Http {
        /// Why.
        #[source]
        source: reqwest::Error,
    },
}

/// What a request was for, as errors and logs show it: query names stay, query values do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `GET`, `POST`, ….
    pub method: String,
    /// The path, and the names in the query.
    pub path: String,
}

/// A request without an answer. Whether it may have arrived is said by the [`Outcome`](crate::Outcome) around it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// An abuse block was met before; nothing is sent any more.
    #[error("{target}: not sent, because the service has blocked this address")]
    Stopped {
        /// The request.
        target: Target,
    },
    /// The path or a header is not as it must be.
    #[error("{target}: not sent, {reason}")]
    Invalid {
        /// The request.
        target: Target,
        /// What is wrong.
        reason: &'static str,
    },
    /// The service account has no token for it.
    #[error("{target}: not sent, there is no token for the service account: {reason}")]
    NoToken {
        /// The request.
        target: Target,
        /// What became of asking for one, redacted.
        reason: String,
        /// Whether asking again may help.
        passes: bool,
    },
    /// No connection.
    #[error("{target}: no connection")]
    Connect {
        /// The request.
        target: Target,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// Time was up after the connection stood.
    #[error("{target}: no answer in time")]
    TimedOut {
        /// The request.
        target: Target,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The connection broke, or what came back was not HTTP.
    #[error("{target}: the connection was cut before the answer was complete")]
    Interrupted {
        /// The request.
        target: Target,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// An answer longer than anything this crate asks for.
    #[error("{target}: status {status}, and the answer is longer than {limit} bytes")]
    TooLong {
        /// The request.
        target: Target,
        /// The status of the answer.
        status: u16,
        /// The limit in bytes.
        limit: usize,
    },
    /// A simulated answer from a real host, or a real answer from the sandbox.
    #[error("{target}: simulated and real mixed: {}", if *.simulated { "a real host gave a simulated answer" } else { "the sandbox gave an answer that is not simulated" })]
    Mixed {
        /// The request.
        target: Target,
        /// Whether the answer said that it is simulated.
        simulated: bool,
    },
}

/// An answer that is not the JSON that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// Any 3xx. Without a key the service answers 302 to `/login` (observed).
    #[error("{target}: authentication or edge: redirected to {} (status {status})", .location.as_deref().unwrap_or("nowhere"))]
    Redirected {
        /// The request.
        target: Target,
        /// The status.
        status: u16,
        /// Where to, without query and fragment.
        location: Option<String>,
    },
    /// 403 with a page: the service blocks this address (documented by the title of a help page). Nothing more is sent.
    #[error("{target}: the service has blocked this address (a 403 page); nothing more is sent")]
    AbuseBlock {
        /// The request.
        target: Target,
    },
    /// 401: the key is unknown, expired, of another region, or sees several organisations.
    #[error("{target}: unauthorized{}", Said(.message.as_deref()))]
    Unauthorized {
        /// The request.
        target: Target,
        /// What the service said, redacted. Text from outside.
        message: Option<String>,
    },
    /// 429.
    #[error("{target}: too many requests{}", Said(.message.as_deref()))]
    RateLimited {
        /// The request.
        target: Target,
        /// How long the service asked to wait.
        retry_after: Option<Duration>,
        /// What the service said, redacted. Text from outside.
        message: Option<String>,
    },
    /// A page from something in front of the API.
    #[error("{target}: authentication or edge: an html page (status {status})")]
    HtmlPage {
        /// The request.
        target: Target,
        /// The status.
        status: u16,
    },
    /// Success by status, but not JSON.
    #[error("{target}: authentication or edge: status {status} without json ({})", .content_type.as_deref().unwrap_or("no content type"))]
    NotJson {
        /// The request.
        target: Target,
        /// The status.
        status: u16,
        /// The content type. Text from outside.
        content_type: Option<String>,
    },
    /// Any other status that is not success.
    #[error("{target}: status {status}{}", Said(.message.as_deref()))]
    Rejected {
        /// The request.
        target: Target,
        /// The status.
        status: u16,
        /// What the service said, redacted. Text from outside.
        message: Option<String>,
    },
}

impl AnswerError {
    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Redirected { status, .. }
            | Self::HtmlPage { status, .. }
            | Self::NotJson { status, .. }
            | Self::Rejected { status, .. } => *status,
            Self::AbuseBlock { .. } => 403,
            Self::Unauthorized { .. } => 401,
            Self::RateLimited { .. } => 429,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// `: what the service said`, or nothing.
struct Said<'a>(Option<&'a str>);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |text| write!(f, ": {text}"))
    }
}
