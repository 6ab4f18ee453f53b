//! What an answer is worth.

use std::time::Duration;

use fedctl_client::{AnswerError, Host, Request, SendError};

use crate::server::{Reply, Server, answered, not_sent};

async fn refusal(reply: Reply) -> AnswerError {
    let server = Server::always(reply).await;
    answered(server.get("/api/systemusers").await).json().map(<[u8]>::to_vec).unwrap_err()
}

async fn message(status: u16, body: &str) -> Option<String> {
    let server = Server::always(Reply::simulated(status, &[], body)).await;
    answered(server.get("/api/systemusers").await).message()
}

#[tokio::test]
async fn a_401_says_so() {
    let error =
        refusal(Reply::json(401, r#"{"error":"Unauthorized","message":"Unauthorized: api key user not found"}"#)).await;
    assert_eq!(error.to_string(), "GET /api/systemusers: unauthorized: Unauthorized: api key user not found");
    assert_eq!(error.status(), 401);
}

#[tokio::test]
async fn a_409_keeps_what_the_service_said() {
    let error = refusal(Reply::json(409, r#"{"message":"Already Exists"}"#)).await;
    assert!(
        matches!(&error, AnswerError::Rejected { status: 409, message: Some(said), .. } if said == "Already Exists")
    );
}

#[tokio::test]
async fn a_429_says_how_long_to_wait() {
    let limited = |value: &'static str| {
        Reply::simulated(429, &[("retry-after", value), ("date", "Thu, 01 Oct 2026 00:00:10 GMT")], "")
    };
    for (value, seconds) in [
        ("7", Some(7)),
        ("Thu, 01 Oct 2026 00:00:40 GMT", Some(30)),
        ("Thu, 01 Oct 2026 00:00:00 GMT", Some(0)),
        ("soon", None),
    ] {
        let error = refusal(limited(value)).await;
        let wanted = seconds.map(Duration::from_secs);
        assert!(matches!(error, AnswerError::RateLimited { retry_after, .. } if retry_after == wanted), "{value}");
    }
    assert!(matches!(
        refusal(Reply::json(429, "{}")).await,
        AnswerError::RateLimited { retry_after: None, message: None, .. }
    ));
}

#[tokio::test]
async fn what_an_answer_says_of_limits_is_kept_as_sent() {
    let headers = [("X-RateLimit-Remaining", "7"), ("ratelimit-policy", "100;w=60"), ("x-total-count", "3")];
    let server = Server::always(Reply::simulated(200, &headers, "[]")).await;
    let client = server.client();
    assert!(client.rate_limit_headers().is_empty());
    let _answer = answered(client.send(Request::get(Host::Console, "/api/systemusers")).await);
    let said: Vec<_> = client.rate_limit_headers().into_iter().collect();
    let want = [("ratelimit-policy", "100;w=60"), ("x-ratelimit-remaining", "7")];
    assert_eq!(said, want.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let server = Server::always(Reply::simulated(302, &[("location", "/login?next=secret")], "")).await;
    let error = answered(server.get("/api/systemusers").await).json().map(<[u8]>::to_vec).unwrap_err();
    assert_eq!(error.to_string(), "GET /api/systemusers: authentication or edge: redirected to /login (status 302)");
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn pages_and_other_things_are_not_json() {
    assert!(matches!(refusal(Reply::html(200, "<p>hello")).await, AnswerError::HtmlPage { status: 200, .. }));
    assert!(matches!(refusal(Reply::json(200, "\n <!DOCTYPE html><p>x")).await, AnswerError::HtmlPage { .. }));
    assert!(matches!(
        refusal(Reply::simulated(502, &[], "<HTML>bad gateway")).await,
        AnswerError::HtmlPage { status: 502, .. }
    ));
    assert!(matches!(refusal(Reply::simulated(200, &[], "{}")).await, AnswerError::NotJson { content_type: None, .. }));
    assert!(matches!(
        refusal(Reply::simulated(200, &[("content-type", "text/plain")], "{}")).await,
        AnswerError::NotJson { .. }
    ));
}

#[tokio::test]
async fn an_empty_success_is_empty() {
    for status in [200, 201, 204] {
        let server = Server::always(Reply::simulated(status, &[], "")).await;
        assert_eq!(answered(server.get("/api/systemusers").await).json(), Ok(&b""[..]));
    }
}

#[tokio::test]
async fn an_abuse_block_stops_everything() {
    let server = Server::always(Reply::html(403, "<title>403 Forbidden - Your IP has been blocked</title>")).await;
    let client = server.client();
    let answer = answered(client.send(Request::get(Host::Console, "/api/systemusers")).await);
    assert!(matches!(answer.json(), Err(AnswerError::AbuseBlock { .. })));
    for host in [Host::Console, Host::Insights, Host::Issuer] {
        assert!(matches!(not_sent(client.send(Request::get(host, "/x")).await), SendError::Stopped { .. }));
        assert!(matches!(not_sent(client.read(Request::get(host, "/x")).await), SendError::Stopped { .. }));
    }
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn a_403_in_json_or_of_the_issuer_stops_nothing() {
    let server = Server::start(|sent| match sent.index {
        0 => Reply::json(403, r#"{"code":403,"message":"Forbidden","status":"x"}"#),
        1 => Reply::html(403, "<p>are you a browser?"),
        _ => Reply::json(200, "{}"),
    })
    .await;
    let client = server.client();
    let forbidden = answered(client.send(Request::get(Host::Console, "/api/x")).await);
    assert!(matches!(forbidden.json(), Err(AnswerError::Rejected { status: 403, .. })));
    let page = answered(client.send(Request::get(Host::Issuer, "/oauth2/auth")).await);
    assert!(matches!(page.json(), Err(AnswerError::HtmlPage { status: 403, .. })));
    assert!(answered(client.send(Request::get(Host::Console, "/api/x")).await).is_success());
}

#[tokio::test]
async fn every_envelope_that_was_seen_gives_its_message() {
    let said = [
        (r#"{"error":"INVALID_ARGUMENT","message":"user_group not found"}"#, "user_group not found"),
        (r#"{"status":400,"error":"ssoUrl is not allowed for OIDC apps"}"#, "ssoUrl is not allowed for OIDC apps"),
        (r#"{"error":{"message":"deep"}}"#, "deep"),
        (r#"{"code":400,"message":"name is required","status":"Bad Request"}"#, "name is required"),
        (r#""just text""#, "just text"),
        (" upstream connect error\r\n\tor\u{7}  disconnect ", "upstream connect error or disconnect"),
    ];
    for (body, wanted) in said {
        assert_eq!(message(400, body).await.as_deref(), Some(wanted), "{body}");
    }
    for body in ["", "{}", "[]", "  ", "<html>nothing</html>", r#"{"message":null,"error":7}"#] {
        assert_eq!(message(400, body).await, None, "{body}");
    }
}

#[tokio::test]
async fn a_long_message_is_cut_between_characters() {
    let said = message(500, &format!("a{}", "é".repeat(4000))).await.unwrap();
    assert_eq!(said.len(), 511);
    assert_eq!(message(500, &"x".repeat(2000)).await.unwrap().len(), 512);
}
