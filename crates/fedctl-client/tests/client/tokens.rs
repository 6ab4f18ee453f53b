//! A service account: the token it gets, how long it is used, and what a refusal looks like.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use fedctl_client::{Client, Host, Hosts, Key, KeyError, Method, Options, Outcome, Region, Request, SharedHost};
use zeroize::Zeroizing;

use crate::server::{ORGANIZATION, Received, Reply, Server, alone, answered, chain, not_sent};

const SECRET: &str = "sim_hush+hush/hush=";

fn client(server: &Server) -> Client {
    let hosts = Hosts::sandbox(server.base()).unwrap();
    let key = Key::bind_account("an-id", SECRET.into(), hosts, ORGANIZATION).unwrap();
    let mut options = Options::for_key(&key);
    options.retries.first = Duration::from_millis(1);
    let shared = SharedHost::new(options.limits.host);
    Client::new(key, options, shared).unwrap()
}

fn is_token_request(received: &Received) -> bool {
    received.line == "POST /oauth2/token HTTP/1.1"
}

/// Gives tokens 1, 2, 3, … that are good for so many seconds, and takes those from a number on.
async fn issuer(expires_in: u64, good_from: usize) -> Server {
    let given = AtomicUsize::new(0);
    Server::start(move |received| {
        if is_token_request(received) {
            let number = given.fetch_add(1, Relaxed) + 1;
            let body =
                format!(r#"{{"access_token":"hidden-{number}","expires_in":{expires_in},"token_type":"bearer"}}"#);
            return Reply::json(200, &body);
        }
        let token = received.header("authorization").and_then(|value| value.strip_prefix("Bearer hidden-"));
        let is_good = token.and_then(|number| number.parse().ok()).is_some_and(|number: usize| number >= good_from);
        Reply::json(if is_good { 200 } else { 401 }, r#"{"message":"hidden"}"#)
    })
    .await
}

fn get() -> Request {
    Request::get(Host::Console, "/api/x")
}

fn lines(server: &Server) -> Vec<String> {
    let line = |received: Received| received.line.split(' ').nth(1).unwrap_or_default().to_owned();
    server.log().into_iter().map(line).collect()
}

#[tokio::test]
async fn a_token_is_asked_for_once_as_the_service_wants_it_and_used_by_all() {
    let server = issuer(3600, 1).await;
    let client = client(&server);
    let all = (0..8).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { answered(client.send(get()).await).status })
    });
    for sent in all.collect::<Vec<_>>() {
        assert_eq!(sent.await.unwrap(), 200);
    }
    let log = server.log();
    assert_eq!(log.iter().filter(|received| is_token_request(received)).count(), 1);
    let asked = &log[0];
    assert_eq!(asked.body, b"grant_type=client_credentials&scope=api");
    assert_eq!(asked.header("content-type"), Some("application/x-www-form-urlencoded"));
    // The id, and the secret as forms write it: `an-id:sim_hush%2Bhush%2Fhush%3D`.
    assert_eq!(asked.header("authorization"), Some("Basic YW4taWQ6c2ltX2h1c2glMkJodXNoJTJGaHVzaCUzRA=="));
    assert_eq!((asked.header("x-api-key"), asked.header("x-org-id")), (None, None));
    for used in &log[1..] {
        assert_eq!((used.header("authorization"), used.header("x-api-key")), (Some("Bearer hidden-1"), None));
        assert_eq!(used.header("x-org-id"), Some(ORGANIZATION));
    }
}

#[tokio::test]
async fn the_issuer_gets_no_token() {
    let server = issuer(3600, 1).await;
    let client = client(&server);
    answered(client.send(Request::get(Host::Issuer, "/x")).await);
    let log = server.log();
    assert_eq!((log.len(), log[0].header("authorization"), log[0].header("x-api-key")), (1, None, None));
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires() {
    // Nothing is left of nine tenths of nothing.
    let server = issuer(0, 1).await;
    let client = client(&server);
    answered(client.send(get()).await);
    answered(client.send(get()).await);
    assert_eq!(lines(&server), ["/oauth2/token", "/api/x", "/oauth2/token", "/api/x"]);
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once_and_a_write_is_sent_again() {
    let server = issuer(3600, 2).await;
    let client = client(&server);
    // A new token would do no better than one that is new.
    assert_eq!(answered(client.send(get()).await).status, 401);
    assert_eq!(lines(&server), ["/oauth2/token", "/api/x"]);
    let write = || Request::json(Host::Console, Method::POST, "/api/y", Zeroizing::new(b"{}".to_vec()));
    assert_eq!(answered(client.send(write()).await).status, 200);
    assert_eq!(lines(&server)[2..], ["/api/y", "/oauth2/token", "/api/y"]);
    assert_eq!(answered(client.send(write()).await).status, 200);
    assert_eq!(server.log().len(), 6);
}

#[tokio::test]
async fn a_service_account_that_is_refused_is_like_an_unknown_key_and_not_tried_again() {
    for status in [400, 401, 403] {
        let body = r#"{"error":"invalid_client","error_description":"hidden"}"#;
        let server = Server::always(Reply::json(status, body)).await;
        let client = client(&server);
        let answer = answered(client.read(get()).await);
        assert_eq!((answer.status, answer.message().as_deref()), (401, Some("invalid_client")));
        assert_eq!(answer.target().to_string(), "POST /oauth2/token");
        let error = not_sent(client.read(get()).await);
        assert!(
            error
                .to_string()
                .starts_with("GET /api/x: not sent, there is no token for the service account: POST /oauth2/token: ")
        );
        assert_eq!(lines(&server), ["/oauth2/token"]);
    }
}

#[tokio::test]
async fn an_endpoint_that_is_busy_is_asked_again_and_one_without_a_token_is_not() {
    let server =
        Arc::new(Server::start(|received| Reply::json(if received.index < 2 { 503 } else { 200 }, "{}")).await);
    let error = not_sent(client(&server).read(get()).await);
    assert_eq!(
        chain(&error),
        "GET /api/x: not sent, there is no token for the service account: POST /oauth2/token: the answer holds no token"
    );
    assert_eq!(lines(&server), ["/oauth2/token"; 3]);
    for body in [r#"{"access_token":""}"#, r#"{"access_token":"hidden hidden"}"#, r#"{"access_token":7}"#, "<html>"] {
        let server = Server::always(Reply::json(200, body)).await;
        let outcome = client(&server).send(get()).await;
        let text = format!("{outcome:?}");
        assert!(matches!(outcome, Outcome::NotSent(_)) && !text.contains("hidden"), "{text}");
    }
}

#[test]
fn an_account_is_bound_as_a_key_is() {
    let real = || Hosts::of(Region::Eu);
    let bind = |id: &str, secret: &str| Key::bind_account(id, secret.into(), real(), ORGANIZATION);
    assert!(matches!(bind("an id", "secret"), Err(KeyError::ClientId)));
    assert!(matches!(bind("", "secret"), Err(KeyError::ClientId)));
    assert!(matches!(bind("id", "sim_secret"), Err(KeyError::SimulatedKeyForRealHosts)));
    let text = format!("{:?}", bind("id", "hidden-secret").unwrap());
    assert!(!text.contains("hidden"), "{text}");
}

#[test]
fn neither_secret_nor_token_is_in_events_and_errors() {
    alone("tokens::events_are_written_down", &[]);
}

#[tokio::test]
#[ignore = "run by the test above, in its own process: whether anybody listens to events is global"]
async fn events_are_written_down() {
    let log = crate::privacy::Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_max_level(tracing::Level::TRACE);
    let _guard = tracing::subscriber::set_default(subscriber.with_writer(move || writer.clone()).finish());
    let body = |received: &Received| match received.line.split(' ').nth(1) {
        Some("/oauth2/token") => Reply::json(200, r#"{"access_token":"hidden-token-of-some-length"}"#),
        _ => Reply::json(400, r#"{"message":"bad hidden-token-of-some-length and sim_hush+hush/hush="}"#),
    };
    let server = Server::start(body).await;
    let client = client(&server);
    let answer = answered(client.send(get()).await);
    let text = format!("{}{answer:?}{:?}{client:?}", log.text(), answer.json());
    assert!(
        text.contains("POST") && text.contains("path=\"/oauth2/token\"") && text.contains("bad [redacted]"),
        "{text}"
    );
    // The last one is the basic authentication.
    assert!(["hidden", "hush", "YW4taWQ6c2lt"].iter().all(|secret| !text.contains(secret)), "{text}");
}
