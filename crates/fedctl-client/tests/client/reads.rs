//! Reads are tried again; sends never are.

use fedctl_client::{Host, Method, Request};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use crate::server::{Reply, Server, answered, client, not_sent, unknown};

/// Fails as told, then answers 200.
async fn failing(times: usize, failure: fn() -> Reply) -> Server {
    Server::start(move |sent| if sent.index < times { failure() } else { Reply::json(200, "{}") }).await
}

fn get() -> Request {
    Request::get(Host::Console, "/api/systemusers")
}

const FAILURES: [fn() -> Reply; 8] = [
    || Reply::json(429, "{}"),
    || Reply::simulated(429, &[("retry-after", "0")], ""),
    || Reply::json(500, "{}"),
    || Reply::html(502, "<html>bad gateway"),
    || Reply::json(503, "{}"),
    || Reply::json(504, "{}"),
    Reply::nothing,
    Reply::half,
];

#[tokio::test]
async fn a_read_goes_on_until_it_succeeds() {
    for failure in FAILURES {
        let server = failing(2, failure).await;
        assert_eq!(answered(server.client().read(get()).await).status, 200);
        assert_eq!(server.log().len(), 3);
    }
}

#[tokio::test]
async fn a_send_is_never_sent_again() {
    for failure in FAILURES {
        let server = failing(1, failure).await;
        server.client().send(get()).await;
        assert_eq!(server.log().len(), 1);
    }
}

#[tokio::test]
async fn a_read_gives_up_after_five_attempts_with_the_last_outcome() {
    let server = Server::always(Reply::json(500, r#"{"message":"still broken"}"#)).await;
    assert_eq!(answered(server.client().read(get()).await).status, 500);
    assert_eq!(server.log().len(), 5);
    let server = Server::always(Reply::nothing()).await;
    unknown(server.client().read(get()).await);
    assert_eq!(server.log().len(), 5);
}

#[tokio::test]
async fn a_read_is_not_tried_again_when_the_answer_is_an_answer() {
    for status in [200, 302, 400, 401, 403, 404, 409, 501] {
        let server = Server::always(Reply::json(status, "{}")).await;
        assert_eq!(answered(server.client().read(get()).await).status, status);
        assert_eq!(server.log().len(), 1);
    }
}

#[tokio::test]
async fn a_read_does_not_wait_for_ever() {
    let server = Server::always(Reply::simulated(429, &[("retry-after", "3600")], "")).await;
    assert_eq!(answered(server.client().read(get()).await).status, 429);
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn a_read_sends_its_body_each_time() {
    let server = failing(1, || Reply::json(503, "{}")).await;
    let body = Zeroizing::new(br#"{"filter":1}"#.to_vec());
    answered(server.client().read(Request::json(Host::Console, Method::POST, "/api/search/systemusers", body)).await);
    assert!(server.log().iter().all(|sent| sent.body == br#"{"filter":1}"#));
    assert_eq!(server.log().len(), 2);
}

#[tokio::test]
async fn a_read_that_cannot_connect_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    not_sent(client(&base, |_| {}).read(get()).await);
}
