//! The way of one request: refuse strangers, read it, have it answered, mark the answer.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::Response as HttpResponse;
use tokio::time::timeout;

use super::wire::Fuse;
use super::{Names, Shared, control, fields, html, issuer, portal};
use crate::clock::http_date;
use crate::fault::{Delivery, Fate};
use crate::{Host, Request, Response};

/// Larger bodies are refused: nothing that JumpCloud takes in one request comes near it.
const BODY_LIMIT: usize = 10 * 1024 * 1024;
/// A world that was exported must be good to import again: 100,000 users are some 100 MB.
const WORLD_LIMIT: usize = 1024 * 1024 * 1024;

/// Every request of every method comes to the same place: the paths are the world's, not the router's.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(handle).with_state(shared)
}

async fn handle(State(shared): State<Arc<Shared>>, request: axum::extract::Request) -> HttpResponse {
    respond(&shared, request).await
}

/// Answers a request that came in under the names that `shared` has.
pub(crate) async fn respond(shared: &Shared, request: axum::extract::Request) -> HttpResponse {
    let fuse = request.extensions().get::<ConnectInfo<Fuse>>().map(|ConnectInfo(fuse)| fuse.clone());
    let request = match read(shared, request).await {
        Ok(request) => request,
        Err(refusal) => return written(dated(shared, refusal)),
    };
    shared.clock.follow(&mut shared.world());
    if is_control(shared, &request) {
        if control::waits(shared, &request) {
            or_stopped(shared, shared.gate.somebody_waits()).await;
        }
        return written(dated(shared, control::answer(shared, &request)));
    }
    let fate = shared.world().fate(&request);
    let answer = fate.commits.then(|| answer(shared, request, &fate));
    let response = dated(shared, fate.finish(answer));
    deliver(shared, &fate, response, fuse).await
}

/// Waits as long as was decided, and lets as much through. A server that stops holds nobody back.
async fn deliver(shared: &Shared, fate: &Fate, mut response: Response, fuse: Option<Fuse>) -> HttpResponse {
    if fate.delay_ms > 0 {
        // Whichever comes first: both mean that the answer leaves.
        let _ = timeout(Duration::from_millis(fate.delay_ms), shared.stopped()).await;
    }
    if fate.held {
        or_stopped(shared, shared.gate.pass()).await;
    }
    let bytes = match fate.delivery {
        Delivery::Whole => return written(response),
        Delivery::Cut(bytes) => bytes,
        Delivery::Never => {
            shared.stopped().await;
            0
        }
    };
    // Whatever was cut off, nothing follows it on this connection.
    response.headers.push(("connection".to_owned(), "close".to_owned()));
    if let Some(fuse) = fuse {
        fuse.light(bytes);
    }
    written(response)
}

/// Waits for something, or for the server to stop: whichever comes first.
async fn or_stopped(shared: &Shared, what: impl Future<Output = ()>) {
    let (mut what, mut stopped) = (pin!(what), pin!(shared.stopped()));
    poll_fn(|context| match (what.as_mut().poll(context), stopped.as_mut().poll(context)) {
        (Poll::Pending, Poll::Pending) => Poll::Pending,
        _ => Poll::Ready(()),
    })
    .await;
}

/// One clock in every answer: the world's, which the API's answers carry already.
fn dated(shared: &Shared, mut response: Response) -> Response {
    if response.header("date").is_none() {
        let date = http_date(shared.world().now_ms);
        response.headers.push(("date".to_owned(), date));
    }
    response
}

async fn read(shared: &Shared, request: axum::extract::Request) -> Result<Request, Response> {
    let (parts, body) = request.into_parts();
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let is_ours = |host: &str| shared.names.hosts.contains(&host.to_ascii_lowercase());
    if !host.is_some_and(is_ours) || !parts.uri.authority().is_none_or(|authority| is_ours(authority.as_str())) {
        return Err(misdirected(&shared.names));
    }
    let announced = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let limit = if parts.uri.path() == "/__sim/world" { WORLD_LIMIT } else { BODY_LIMIT };
    let too_large = || plain(413, &format!("the body is larger than {limit} bytes, or it broke off"));
    if announced.is_some_and(|length: usize| length > limit) {
        return Err(too_large());
    }
    let body = to_bytes(body, limit).await.map_err(|_| too_large())?;
    let host = shared.names.host.unwrap_or_else(|| host_of(parts.uri.path(), &body));
    Ok(described(host, parts.method.as_str(), &parts.uri, &parts.headers, body.to_vec()))
}

/// The `Host` header names somebody else.
fn misdirected(names: &Names) -> Response {
    match names.host {
        None => plain(403, "the simulator answers only to a loopback address in the Host header"),
        Some(_) => plain(421, "this connection leads to one host of JumpCloud, and the Host header names another"),
    }
}

fn described(host: Host, method: &str, uri: &Uri, headers: &HeaderMap, body: Vec<u8>) -> Request {
    let headers = headers.iter();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Request {
        host,
        method: method.to_owned(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers: headers.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        body,
    }
}

/// Which of JumpCloud's hosts a path stands for, when all of them are one port.
fn host_of(path: &str, body: &[u8]) -> Host {
    // Both token endpoints have one path; what is asked for tells them apart.
    if path == "/oauth2/token"
        && fields::parse(body).get("grant_type").is_some_and(|grant| grant == "client_credentials")
    {
        return Host::AdminOauth;
    }
    let first = path.split('/').nth(1).unwrap_or_default();
    match first {
        "oauth2" | ".well-known" | "userinfo" => Host::Issuer,
        "login" | "oauth" => Host::Login,
        _ => Host::Api,
    }
}

/// Whether it is for the simulator itself: no fault meets it, and it is not under the service's names.
fn is_control(shared: &Shared, request: &Request) -> bool {
    shared.names.host.is_none()
        && request.host == Host::Api
        && (request.path == "/__sim" || request.path.starts_with("/__sim/"))
}

/// Answers a request without waiting for anything.
fn answer(shared: &Shared, mut request: Request, fate: &Fate) -> Response {
    if matches!(request.host, Host::Api | Host::AdminOauth) {
        return shared.world().answer_as(&request, fate);
    }
    if request.method == "HEAD" {
        // The server leaves the body out on its way.
        "GET".clone_into(&mut request.method);
    }
    if request.host == Host::Issuer || request.path == "/login/oauth" {
        return issuer::answer(shared, &request);
    }
    portal::answer(shared, &request)
}

fn written(response: Response) -> HttpResponse {
    let mut out = HttpResponse::new(Body::from(response.body));
    *out.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &response.headers {
        // A line that HTTP cannot carry is left out rather than the whole answer.
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            out.headers_mut().append(name, value);
        }
    }
    // Never to be mistaken for the real service.
    out.headers_mut().insert(HeaderName::from_static("x-fedctl-sim"), HeaderValue::from_static("1"));
    out
}

/// A refusal in one plain sentence.
pub(super) fn plain(status: u16, sentence: &str) -> Response {
    let headers = vec![("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())];
    Response { status, headers, body: format!("{sentence}\n").into_bytes() }
}

/// An answer to a path that none of the pages has.
pub(super) fn nothing_here(request: &Request) -> Response {
    if html::wants_json(request) {
        return html::json(404, &serde_json::json!({"message": "Not Found"}));
    }
    plain(404, "there is nothing at this address")
}
