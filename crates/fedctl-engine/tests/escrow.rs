//! An escrow in a vault of a few lines, which can be written to by others and fail in every way. The real one is in
//! `tests/e2e/vault.rs`.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fedctl_client::{SecretPath, Url, Vault, VaultLogin, VaultOptions};
use fedctl_engine::escrow::{Escrow, EscrowError, InVault};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

const CLIENT: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

/// One secret, by its versions.
#[derive(Default)]
struct State {
    /// The newest last; nothing where one was destroyed.
    versions: Vec<Option<String>>,
    /// What is answered to everything.
    fault: Option<(u16, &'static str)>,
    /// What somebody else writes just before the next writes.
    others: Vec<&'static str>,
    asked: Vec<String>,
}

impl State {
    fn answer(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.asked.push(format!("{method} {path}"));
        if let Some((status, said)) = self.fault {
            return (status, json!({"errors": [said]}));
        }
        let at = |kind: &str| format!("/v1/kv/{kind}/fedctl/escrow/{CLIENT}");
        let nothing = || (404, json!({"errors": []}));
        match (method, path) {
            ("GET", path) if path == at("data") => match self.versions.last() {
                None => nothing(),
                Some(newest) => {
                    let data = newest.as_ref().map(|secret| json!({"client_secret": secret}));
                    let status = if data.is_some() { 200 } else { 404 };
                    (status, json!({"data": {"data": data, "metadata": {"version": self.versions.len()}}}))
                }
            },
            ("POST", path) if path == at("data") => {
                if let Some(secret) = self.others.pop() {
                    self.versions.push(Some(secret.to_owned()));
                }
                if body["options"]["cas"] != json!(self.versions.len()) {
                    return (400, json!({"errors": ["check-and-set parameter did not match the current version"]}));
                }
                self.versions.push(body["data"]["client_secret"].as_str().map(str::to_owned));
                (200, json!({"data": {"version": self.versions.len()}}))
            }
            ("GET", path) if path == at("metadata") => {
                let versions = self.versions.iter().enumerate();
                let versions = versions.map(|(at, kept)| ((at + 1).to_string(), json!({"destroyed": kept.is_none()})));
                (200, json!({"data": {"versions": versions.collect::<serde_json::Map<_, _>>()}}))
            }
            ("PUT", path) if path == at("destroy") => {
                for version in body["versions"].as_array().unwrap() {
                    self.versions[usize::try_from(version.as_u64().unwrap()).unwrap() - 1] = None;
                }
                (204, Value::Null)
            }
            ("DELETE", path) if path == at("metadata") => {
                self.versions.clear();
                (204, Value::Null)
            }
            _ => panic!("{method} {path}"),
        }
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().unwrap(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let mut words = first.split(' ');
    let (status, answer) = state.lock().unwrap().answer(words.next().unwrap(), words.next().unwrap(), &body);
    let answer = if answer.is_null() { String::new() } else { answer.to_string() };
    let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", answer.len());
    let mut stream = stream;
    stream.write_all(head.as_bytes())?;
    stream.write_all(answer.as_bytes())
}

/// The escrow, and what stands in its vault.
fn escrow() -> (InVault, Arc<Mutex<State>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let state = Arc::new(Mutex::new(State::default()));
    let shared = Arc::clone(&state);
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(serve(stream, &shared))));
    let options = VaultOptions {
        address,
        namespace: None,
        login: VaultLogin::Token("token".into()),
        extra_authorities: Vec::new(),
        timeout: Duration::from_secs(10),
    };
    let below = SecretPath { mount: "kv".to_owned(), path: "fedctl/escrow".to_owned() };
    (InVault::new(Arc::new(Vault::new(options).unwrap()), below), state)
}

async fn got(escrow: &InVault) -> Option<(String, u32)> {
    let found = escrow.get(CLIENT).await.unwrap()?;
    Some((found.secret.expose_secret().to_owned(), found.older))
}

fn secret(text: &str) -> SecretString {
    text.into()
}

#[tokio::test]
async fn the_first_secret_of_a_client_is_one_write_and_keeping_it_again_is_none() {
    let (escrow, state) = escrow();
    assert_eq!(got(&escrow).await, None);
    escrow.put(CLIENT, &secret("one")).await.unwrap();
    assert_eq!(state.lock().unwrap().asked.len(), 2);
    escrow.put(CLIENT, &secret("one")).await.unwrap();
    assert_eq!(state.lock().unwrap().versions, [Some("one".to_owned())], "no second version of the same");
    assert_eq!(got(&escrow).await, Some(("one".to_owned(), 0)));
}

#[tokio::test]
async fn what_somebody_else_wrote_is_replaced_only_as_it_was_seen_and_stays_until_it_is_destroyed() {
    let (escrow, state) = escrow();
    state.lock().unwrap().others = vec!["theirs"];
    escrow.put(CLIENT, &secret("ours")).await.unwrap();
    assert_eq!(state.lock().unwrap().versions, [Some("theirs".to_owned()), Some("ours".to_owned())]);
    assert_eq!(got(&escrow).await, Some(("ours".to_owned(), 1)));
    escrow.forget(CLIENT, true).await.unwrap();
    assert_eq!(state.lock().unwrap().versions, [None, Some("ours".to_owned())]);
    assert_eq!(got(&escrow).await, Some(("ours".to_owned(), 0)));
    escrow.forget(CLIENT, true).await.unwrap();
    escrow.forget(CLIENT, false).await.unwrap();
    assert_eq!(got(&escrow).await, None);
    // Whoever always writes in between keeps the place.
    state.lock().unwrap().others = vec!["d", "c", "b", "a"];
    let error = escrow.put(CLIENT, &secret("ours")).await.unwrap_err();
    assert!(matches!(&error, EscrowError::Refused(why) if why.contains("somebody else writes")), "{error:?}");
}

#[tokio::test]
async fn a_destroyed_secret_is_none_and_another_takes_its_place() {
    let (escrow, state) = escrow();
    state.lock().unwrap().versions = vec![None];
    assert_eq!(got(&escrow).await, None);
    escrow.put(CLIENT, &secret("anew")).await.unwrap();
    assert_eq!(got(&escrow).await, Some(("anew".to_owned(), 0)));
}

#[tokio::test]
async fn sealed_may_pass_denied_may_not_and_neither_is_an_empty_escrow() {
    let (escrow, state) = escrow();
    for (status, said, may_pass) in
        [(503, "Vault is sealed", true), (403, "permission denied", false), (404, "no handler for route", false)]
    {
        state.lock().unwrap().fault = Some((status, said));
        let errors = [
            escrow.get(CLIENT).await.map(|_| ()).unwrap_err(),
            escrow.put(CLIENT, &secret("hush")).await.unwrap_err(),
            escrow.forget(CLIENT, true).await.unwrap_err(),
            escrow.forget(CLIENT, false).await.unwrap_err(),
        ];
        for error in errors {
            let (EscrowError::MayPass(why) | EscrowError::Refused(why)) = &error;
            assert!(why.contains(said) && !why.contains("hush"), "{why}");
            assert_eq!(matches!(error, EscrowError::MayPass(_)), may_pass, "{why}");
        }
    }
}

#[tokio::test]
async fn what_is_no_client_id_leads_nowhere_else() {
    let (escrow, state) = escrow();
    for id in ["", "..", "../other", "a/b", "a?b", "a b", "-x"] {
        assert!(matches!(escrow.get(id).await, Err(EscrowError::Refused(_))), "{id}");
        assert!(escrow.put(id, &secret("x")).await.is_err() && escrow.forget(id, false).await.is_err(), "{id}");
    }
    assert_eq!(state.lock().unwrap().asked, [""; 0]);
}
