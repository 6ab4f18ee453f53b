//! Sending: one request, one answer, and the truth about what may have happened in between.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Certificate, Proxy, Response, Url, redirect};
use secrecy::ExposeSecret;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::answer::{Answer, Origin, Outcome, is_simulated};
use crate::error::{BuildError, SendError, Target};
use crate::hosts::Host;
use crate::key::{self, Key};
use crate::limit::{Bucket, SharedHost, Signal};
use crate::options::Options;
use crate::quota::Quota;
use crate::redact::Redactor;
use crate::request::{Body, Extra, Request};
use crate::retry;
use crate::token::{Need, Tokens};

/// Name and version, as the service's administrators see it.
pub(crate) const USER_AGENT: &str = concat!("fedctl/", env!("CARGO_PKG_VERSION"));
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const ORGANIZATION: HeaderName = HeaderName::from_static("x-org-id");
/// Routes that may answer 403 when `x-org-id` is sent (observed: the official SDK leaves it out there).
const WITHOUT_ORGANIZATION: [&str; 7] = [
    "/api/search/organizations",
    "/api/organizations",
    "/api/users",
    "/api/v2/organizations",
    "/api/v2/administrators",
    "/api/v2/providers",
    "/api/v2/integrations",
];

/// One organisation. Clones are the same client.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    key: Key,
    http: reqwest::Client,
    organization: Bucket,
    shared: Arc<SharedHost>,
    redactor: Arc<Redactor>,
    tokens: Tokens,
    quota: Quota,
    options: Options,
}

impl Client {
    /// A client for the organisation of the key. `shared` is one per process, given to every client.
    ///
    /// # Errors
    /// A proxy or certificate that cannot be used, or no TLS on this machine.
    pub fn new(key: Key, options: Options, shared: Arc<SharedHost>) -> Result<Self, BuildError> {
        let http = http_client(&key, &options)?;
        Ok(Self::with(key, options, shared, http))
    }

    /// A client for another organisation with the same options, limit of the process and connections. Cheaper than
    /// [`Client::new`], which reads the certificates of the system.
    ///
    /// # Errors
    /// One of the two keys is for a sandbox and the other is not.
    pub fn sibling(&self, key: Key) -> Result<Self, BuildError> {
        let Inner { http, shared, options, .. } = &*self.0;
        if key.hosts().is_sandbox() != self.0.key.hosts().is_sandbox() {
            return Err(BuildError::Mixed);
        }
        Ok(Self::with(key, options.clone(), Arc::clone(shared), http.clone()))
    }

    fn with(key: Key, options: Options, shared: Arc<SharedHost>, http: reqwest::Client) -> Self {
        let redactor = Arc::new(Redactor::default());
        redactor.learn(key.secret().expose_secret());
        let tokens = Tokens::new(Arc::clone(&redactor));
        let organization = Bucket::new(options.limits.organization);
        Self(Arc::new(Inner { key, http, organization, shared, redactor, tokens, quota: Quota::default(), options }))
    }

    /// The key's binding: hosts and organisation.
    pub fn key(&self) -> &Key {
        &self.0.key
    }

    /// The redactor, to be told of secrets that are about to be sent.
    pub fn redactor(&self) -> &Arc<Redactor> {
        &self.0.redactor
    }

    /// The limit of this organisation.
    pub fn bucket(&self) -> &Bucket {
        &self.0.organization
    }

    /// The headers about limits (`RateLimit-…`, `X-RateLimit-…`) of the latest answer that had any, as sent.
    pub fn rate_limit_headers(&self) -> BTreeMap<String, String> {
        self.0.quota.latest()
    }

    /// Sends once, whatever comes of it. Waits for its turn first.
    ///
    /// A request that is refused because the token of a service account is not good any more has done nothing; it is sent
    /// once more with a new one.
    ///
    /// Once the request has left, dropping this future leaves its outcome unknown.
    pub async fn send(&self, request: Request) -> Outcome {
        self.0.attempt(&request).await
    }

    /// Sends a request that changes nothing, up to [`Retries::attempts`](crate::Retries::attempts) times: again when it was not sent, when its
    /// outcome is unknown, and on 429, 500, 502, 503 and 504. The last outcome is the result.
    ///
    /// That it changes nothing is the caller's word: a search by `POST` reads, too.
    pub async fn read(&self, request: Request) -> Outcome {
        self.0.options.retries.run(|| self.0.attempt(&request), retry::of_read).await
    }
}

impl Inner {
    async fn attempt(&self, request: &Request) -> Outcome {
        let Some(account) = self.key.account().filter(|_| key::goes_to(request.host)) else {
            return self.exchange(request, None).await;
        };
        let (target, mut refused) = (request.target(), None);
        loop {
            let send = async |request: Request| self.exchange(&request, None).await;
            let need = Need { target: &target, refused };
            let bearer = match self.tokens.bearer(need, (account, self.key.secret()), send).await {
                Ok(bearer) => bearer,
                Err(outcome) => return outcome,
            };
            let outcome = self.exchange(request, Some(bearer.value)).await;
            let is_refused = matches!(&outcome, Outcome::Answered(answer) if answer.status == 401);
            if !is_refused || bearer.is_new || refused.is_some() {
                return outcome;
            }
            refused = Some(bearer.number);
        }
    }

    /// Sends once; with a token, or else with the key where that belongs.
    async fn exchange(&self, request: &Request, bearer: Option<HeaderValue>) -> Outcome {
        let target = request.target();
        let prepared = match self.prepare(request, bearer, &target) {
            Ok(prepared) => prepared,
            Err(error) => return Outcome::NotSent(error),
        };
        let asked = Instant::now();
        let Ok(organization) = self.organization.acquire().await else { return stopped(target) };
        let Ok(host) = self.shared.bucket().acquire().await else { return stopped(target) };
        let start = Instant::now();
        self.trace_sending(request, &target, start - asked);
        let outcome = match self.http.execute(prepared).await {
            Ok(response) => self.receive(response, request.host, target.clone()).await,
            Err(error) => unanswered(target.clone(), error),
        };
        let took = start.elapsed();
        let (ours, everybodys) = signals(&outcome, took);
        organization.finish(ours);
        host.finish(everybodys);
        self.trace(&target, &outcome, took);
        outcome
    }

    fn prepare(
        &self,
        request: &Request,
        bearer: Option<HeaderValue>,
        target: &Target,
    ) -> Result<reqwest::Request, SendError> {
        let invalid = |reason| SendError::Invalid { target: target.clone(), reason };
        let url = self.url(request).map_err(invalid)?;
        let mut builder = self.http.request(request.method.clone(), url).header(ACCEPT, "application/json");
        let key = bearer.map(|bearer| (AUTHORIZATION, bearer)).or_else(|| Some((API_KEY, self.key.header()?)));
        if let Some((name, value)) = key.filter(|_| key::goes_to(request.host)) {
            builder = builder.header(name, value);
            if takes_organization(request.path_alone()) {
                builder = builder.header(ORGANIZATION, self.key.organization());
            }
        }
        for extra in &request.extra {
            builder = match extra {
                Extra::QueryDslV2 => builder.header("x-query-dsl", "v2"),
                Extra::EventuallyConsistent => builder.header("x-eventually-consistent", "true"),
                Extra::UnfilteredTotalCount => builder.header("x-unfiltered-total-count", "true"),
                Extra::ClientBasic { .. } if key::goes_to(request.host) => {
                    return Err(invalid("because client authentication is for issuers only"));
                }
                Extra::ClientBasic { client_id, client_secret } => {
                    self.redactor.learn(client_secret.expose_secret());
                    builder.basic_auth(client_id, Some(client_secret.expose_secret()))
                }
            };
        }
        if let Some(Body { content_type, bytes }) = &request.body {
            // The copy wipes itself, too, when the last part of it has gone out.
            let copy = Bytes::from_owner(Zeroizing::new(bytes.to_vec()));
            builder = builder.header(CONTENT_TYPE, HeaderValue::from_static(content_type.as_str())).body(copy);
        }
        builder.build().map_err(|_| invalid("because it is not a well-formed request"))
    }

    /// The path behind the host, if it arrives there exactly as it was written: what a parser would tidy up (`..`,
    /// backslashes, blanks) could name another object than the caller meant.
    fn url(&self, request: &Request) -> Result<Url, &'static str> {
        let base = self.key.hosts().base(request.host);
        let text = format!("{}{}", base.as_str().trim_end_matches('/'), request.path);
        let url = Url::parse(&text).map_err(|_| "because its path is not a path")?;
        let exact = url.origin() == base.origin() && url.as_str() == text;
        let absolute = request.path.starts_with('/') && !request.path.starts_with("//");
        if exact && absolute && url.fragment().is_none() {
            Ok(url)
        } else {
            Err("because its path is not absolute and percent-encoded")
        }
    }

    async fn receive(&self, response: Response, host: Host, target: Target) -> Outcome {
        let status = response.status();
        let simulated = is_simulated(response.headers());
        if simulated != self.key.hosts().is_sandbox() {
            return Outcome::Unknown(SendError::Mixed { target, simulated });
        }
        self.quota.hear(response.headers());
        let limit = self.options.longest_answer;
        let headers = response.headers().clone();
        let body = match body_of(response, limit).await {
            Ok(Some(body)) => body,
            Ok(None) => return Outcome::Unknown(SendError::TooLong { target, status: status.as_u16(), limit }),
            Err(error) => return cut(target, error),
        };
        let origin = Origin { target, host, redactor: Arc::clone(&self.redactor) };
        let answer = Answer::new(status, &headers, body, origin);
        if answer.is_abuse_block() {
            self.shared.stop();
        }
        Outcome::Answered(answer)
    }

    fn trace_sending(&self, request: &Request, target: &Target, waited: Duration) {
        tracing::trace!(
            organization = self.key.organization(),
            method = target.method,
            path = target.path,
            waited = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
            bytes = request.body.as_ref().map(|body| body.bytes.len()),
            "sending"
        );
    }

    fn trace(&self, target: &Target, outcome: &Outcome, took: Duration) {
        let (status, bytes) = match outcome {
            Outcome::Answered(answer) => (Some(answer.status), answer.body.len()),
            Outcome::NotSent(_) | Outcome::Unknown(_) => (None, 0),
        };
        tracing::debug!(
            organization = self.key.organization(),
            method = target.method,
            path = target.path,
            status,
            milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            bytes,
            "request"
        );
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("key", &self.0.key).finish_non_exhaustive()
    }
}

fn http_client(key: &Key, options: &Options) -> Result<reqwest::Client, BuildError> {
    let sandbox = key.hosts().is_sandbox();
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        // A redirect would carry the key to another host; and the service answers a missing key with one.
        .redirect(redirect::Policy::none())
        // reqwest sends again by its own judgement; a write must not.
        .retry(reqwest::retry::never())
        // The same with every feature: another crate may bring HTTP/2, which cuts and refuses in other ways.
        .http1_only()
        .referer(false)
        .no_proxy()
        .https_only(!sandbox)
        .connect_timeout(options.connect_timeout)
        .timeout(options.timeout)
        .pool_max_idle_per_host(options.limits.host.in_flight)
        // Shorter than servers keep idle connections: a write on a connection that the server is just closing has an
        // unknown outcome.
        .pool_idle_timeout(Duration::from_secs(15));
    if let Some(proxy) = &options.proxy {
        if sandbox {
            return Err(BuildError::ProxyForSandbox);
        }
        builder = builder.proxy(Proxy::all(proxy.clone()).map_err(|source| BuildError::Proxy { source })?);
    }
    let authorities = Certificate::from_pem_bundle(&options.extra_authorities)
        .map_err(|source| BuildError::Certificate { source })?;
    // A sandbox proves nothing by a certificate of the system, and reading those takes longer than a request.
    builder = if sandbox { builder.tls_certs_only(authorities) } else { builder.tls_certs_merge(authorities) };
    builder.build().map_err(|source| BuildError::Http { source })
}

fn takes_organization(path: &str) -> bool {
    !WITHOUT_ORGANIZATION
        .iter()
        .any(|route| path.strip_prefix(route).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// The whole body; nothing if it is longer than it may be.
pub(crate) async fn body_of(
    mut response: Response,
    limit: usize,
) -> Result<Option<Zeroizing<Vec<u8>>>, reqwest::Error> {
    let mut body = Zeroizing::new(Vec::new());
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Ok(None);
        }
        append(&mut body, &chunk);
    }
    Ok(Some(body))
}

/// Grows without leaving a copy behind: a vector that reallocates does not wipe its old place.
fn append(body: &mut Zeroizing<Vec<u8>>, chunk: &[u8]) {
    if body.capacity() - body.len() < chunk.len() {
        let mut larger = Zeroizing::new(Vec::with_capacity((body.len() + chunk.len()).next_power_of_two()));
        larger.extend_from_slice(body);
        *body = larger;
    }
    body.extend_from_slice(chunk);
}

fn stopped(target: Target) -> Outcome {
    Outcome::NotSent(SendError::Stopped { target })
}

/// Only an error before there is a connection proves that nothing was sent.
fn unanswered(target: Target, error: reqwest::Error) -> Outcome {
    // The error of a url would show query values.
    let source = error.without_url();
    if source.is_builder() || source.is_connect() {
        Outcome::NotSent(SendError::Connect { target, source })
    } else {
        cut(target, source)
    }
}

fn cut(target: Target, error: reqwest::Error) -> Outcome {
    let source = error.without_url();
    Outcome::Unknown(if source.is_timeout() {
        SendError::TimedOut { target, source }
    } else {
        SendError::Interrupted { target, source }
    })
}

/// What an outcome says to the bucket of the organisation and to that of the process. Nobody says whether a limit
/// counts by key or by address, so both become slower; but only the organisation that was told to wait waits.
fn signals(outcome: &Outcome, took: Duration) -> (Signal, Signal) {
    match outcome {
        Outcome::Answered(answer) if matches!(answer.status, 429 | 503) => {
            (Signal::Refused(answer.retry_after), Signal::Refused(None))
        }
        Outcome::Answered(_) => (Signal::Good(took), Signal::Good(took)),
        Outcome::Unknown(SendError::TimedOut { .. }) => (Signal::Refused(None), Signal::Refused(None)),
        Outcome::NotSent(_) | Outcome::Unknown(_) => (Signal::None, Signal::None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hosts::{Hosts, Region};
    use crate::limit::Limits;

    /// Over the wire only a sandbox can answer in a test; this is the other half of `simulated and real mixed`.
    #[tokio::test]
    async fn a_simulated_answer_of_a_real_host_is_refused() {
        let key = Key::bind("0123456789abcdef".into(), Hosts::of(Region::Us), "5f0c0d3e9b1e8a0001a1b2c3").unwrap();
        let options = Options::for_key(&key);
        let client = Client::new(key, options, SharedHost::new(Limits::real().host)).unwrap();
        let receive = async |simulated: bool| {
            let mut response = http::Response::builder();
            if simulated {
                response = response.header("x-fedctl-sim", "1");
            }
            let target = Request::get(Host::Console, "/api/x").target();
            client.0.receive(response.body("").unwrap().into(), Host::Console, target).await
        };
        assert!(matches!(receive(true).await, Outcome::Unknown(SendError::Mixed { simulated: true, .. })));
        assert!(matches!(receive(false).await, Outcome::Answered(_)));
    }
}
