//! No secret gets into what people and logs see.

use std::io::Write;
use std::sync::{Arc, Mutex};

use fedctl_client::{Extra, Host, Hosts, Key, Method, Outcome, REDACTED, Region, Request};
use zeroize::Zeroizing;

use crate::server::{KEY, ORGANIZATION, Reply, Server, alone, answered, chain};

async fn said(body: &str, secrets: &[&str]) -> String {
    let server = Server::always(Reply::json(400, body)).await;
    let client = server.client();
    for secret in secrets {
        client.redactor().learn(secret);
    }
    let answer = answered(client.send(Request::get(Host::Console, "/api/x")).await);
    let error = answer.json().map(<[u8]>::to_vec).unwrap_err();
    let text = format!("{error} {error:?} {answer:?}");
    for secret in secrets {
        assert!(!text.contains(secret), "{text}");
    }
    answer.message().unwrap()
}

#[tokio::test]
async fn the_key_and_known_secrets_are_taken_out_of_messages() {
    let text = said(&format!(r#"{{"message":"key {KEY} is bad"}}"#), &[KEY]).await;
    assert_eq!(text, format!("key {REDACTED} is bad"));
    let text = said(r#"{"message":"got a\"b+c/d= and a%22b%2Bc%2Fd%3D and a\\\"b+c/d="}"#, &["a\"b+c/d="]).await;
    assert_eq!(text, format!("got {REDACTED} and {REDACTED} and {REDACTED}"));
    let text = said(r#"{"message":"short and shortandlong"}"#, &["short", "shortandlong"]).await;
    assert_eq!(text, format!("{REDACTED} and {REDACTED}"));
}

#[tokio::test]
async fn values_under_the_names_of_secrets_are_taken_out() {
    let cases = [
        (
            r#"{"message":"bad: {\"clientSecret\": \"s3cr3t\", \"a\": 1}"}"#,
            r#"bad: {"clientSecret": "[redacted]", "a": 1}"#,
        ),
        (
            r#"{"message":"bad: {\\\"apiKey\\\":\\\"s3\\\\\\\"cr3t\\\",\\\"a\\\":1}"}"#,
            r#"bad: {\"apiKey\":\"[redacted]\",\"a\":1}"#,
        ),
        (r#"{"message":"grant_type=x&client_secret=s3cr3t&b=1"}"#, "grant_type=x&client_secret=[redacted]&b=1"),
        (r#"{"message":"x-api-key: 0123456789abcdef0123 refused"}"#, "x-api-key: [redacted] refused"),
        (r#"{"message":"Authorization: Basic aWQ6cw== refused"}"#, "Authorization: Basic [redacted] refused"),
        (r#"{"message":"password: is too short, password is weak"}"#, "password: is too short, password is weak"),
        (r#"{"message":"'PASSWORD' = 'hunter2'"}"#, "'PASSWORD' = '[redacted]'"),
        (
            r#"{"message":"{\"password\":\"\",\"idpPrivateKey\":\"cut off here"}"#,
            r#"{"password":"","idpPrivateKey":"[redacted]"#,
        ),
        (
            r#"{"message":"{\"clientSecret\":null,\"clientSecretConfig\":{}}"}"#,
            r#"{"clientSecret":null,"clientSecretConfig":{}}"#,
        ),
    ];
    for (body, wanted) in cases {
        assert_eq!(said(body, &[]).await, wanted, "{body}");
    }
}

#[tokio::test]
async fn a_secret_is_found_before_a_text_is_cut() {
    let secret = "Z".repeat(60);
    let text = said(&format!("{} {secret}", "x".repeat(480)), &[&secret]).await;
    assert!(text.ends_with(REDACTED) && !text.contains('Z'), "{text}");
}

#[tokio::test]
async fn nothing_that_is_printed_holds_the_key_a_body_or_a_query_value() {
    let replies = [
        Reply::nothing(),
        Reply::half(),
        Reply::json(400, &format!("bad {KEY} hidden-body")),
        Reply::new(200, &[], ""),
    ];
    for reply in replies {
        let server = Server::always(reply).await;
        let client = server.client();
        let body = Zeroizing::new(b"hidden-body".to_vec());
        let outcome = client.send(Request::json(Host::Console, Method::PUT, "/api/x?filter=hidden-value", body)).await;
        let mut text = format!("{client:?} {:?} {outcome:?}", client.redactor());
        match &outcome {
            Outcome::Answered(answer) => text.push_str(&format!("{:?}", answer.json().map(<[u8]>::len))),
            Outcome::NotSent(error) | Outcome::Unknown(error) => text.push_str(&chain(error)),
        }
        assert!(!text.contains(KEY) && !text.contains("hidden-value"), "{text}");
    }
    let key = Key::bind("0123456789abcdef".into(), Hosts::of(Region::Us), ORGANIZATION).unwrap();
    let text = format!("{key:?}");
    assert!(!text.contains("0123456789abcdef") && text.contains(ORGANIZATION), "{text}");
}

/// Where a subscriber writes to.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn every_request_is_one_event_without_secrets() {
    alone("privacy::events_are_written_down", &[]);
}

#[tokio::test]
#[ignore = "run by the test above, in its own process: whether anybody listens to events is global"]
async fn events_are_written_down() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_max_level(tracing::Level::TRACE);
    let _guard = tracing::subscriber::set_default(subscriber.with_writer(move || writer.clone()).finish());
    let server = Server::always(Reply::json(404, r#"{"message":"hidden-answer"}"#)).await;
    let client = server.client();
    let body = Zeroizing::new(b"hidden-body".to_vec());
    let mut request = Request::json(Host::Issuer, Method::POST, "/oauth2/token?code=hidden-value", body);
    request.extra.push(Extra::ClientBasic { client_id: "id".to_owned(), client_secret: "hidden-secret".into() });
    client.send(request).await;
    client.send(Request::get(Host::Console, "/api/x?limit=3&filter=hidden-value")).await;
    let text = log.text();
    let events: Vec<&str> = text.lines().filter(|line| line.contains("DEBUG fedctl_client")).collect();
    assert_eq!(events.len(), 2, "{text}");
    let wanted =
        [ORGANIZATION, "method=\"GET\"", "path=\"/api/x?limit&filter\"", "status=404", "milliseconds=", "bytes=27"];
    assert!(wanted.iter().all(|wanted| events[1].contains(wanted)), "{}", events[1]);
    // The last one is the basic authentication.
    assert!(["hidden", KEY, "aWQ6aGlkZGVuLXNlY3JldA"].iter().all(|secret| !text.contains(secret)), "{text}");
}
