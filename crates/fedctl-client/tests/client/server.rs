//! A server that logs what it gets and answers what a closure says, one request per connection.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fedctl_client::{Client, Host, Hosts, Key, Options, Outcome, Request, SendError, SharedHost, Url};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const KEY: &str = "sim_4f7c0a93d1e24b6f";
pub(crate) const ORGANIZATION: &str = "5f0c0d3e9b1e8a0001a1b2c3";

/// A request as it came over the wire; header names in lower case.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// How many requests came before it.
    pub(crate) index: usize,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What goes back over the wire before the connection is closed.
pub(crate) struct Reply(pub(crate) Vec<u8>);

impl Reply {
    pub(crate) fn new(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let mut text = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        Self(format!("{text}\r\n{body}").into_bytes())
    }

    /// As the simulator answers.
    pub(crate) fn simulated(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        Self::new(status, &[headers, &[("x-fedctl-sim", "1")]].concat(), body)
    }

    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::simulated(status, &[("content-type", "application/json; charset=utf-8")], body)
    }

    pub(crate) fn html(status: u16, body: &str) -> Self {
        Self::simulated(status, &[("content-type", "text/html")], body)
    }

    /// The connection is closed without a word.
    pub(crate) fn nothing() -> Self {
        Self(Vec::new())
    }

    /// The connection is closed in the middle of the body.
    pub(crate) fn half() -> Self {
        let mut whole = Self::json(200, r#"{"a":"long enough to be cut in two"}"#).0;
        whole.truncate(whole.len() - 12);
        Self(whole)
    }
}

pub(crate) struct Server {
    base: Url,
    log: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    pub(crate) async fn start(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (answer, shared) = (Arc::new(answer), Arc::clone(&log));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answer), Arc::clone(&shared)));
            }
        });
        Self { base, log }
    }

    /// Answers every request with the same bytes.
    pub(crate) async fn always(reply: Reply) -> Self {
        Self::start(move |_| Reply(reply.0.clone())).await
    }

    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    pub(crate) fn log(&self) -> Vec<Received> {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn client(&self) -> Client {
        self.client_with(|_| {})
    }

    pub(crate) fn client_with(&self, change: impl FnOnce(&mut Options)) -> Client {
        client(&self.base, change)
    }

    /// Sends `GET` of a path of the console.
    pub(crate) async fn get(&self, path: &str) -> Outcome {
        self.client().send(Request::get(Host::Console, path)).await
    }
}

/// A client of a sandbox whose retries do not wait.
pub(crate) fn client(base: &Url, change: impl FnOnce(&mut Options)) -> Client {
    let key = Key::bind(KEY.into(), Hosts::sandbox(base).unwrap(), ORGANIZATION).unwrap();
    let mut options = Options::for_key(&key);
    options.retries.first = Duration::from_millis(1);
    options.retries.longest = Duration::from_secs(5);
    change(&mut options);
    let shared = SharedHost::new(options.limits.host);
    Client::new(key, options, shared).unwrap()
}

/// Runs one ignored test of this binary in a process of its own, for what is global to a process.
pub(crate) fn alone(test: &str, environment: &[(&str, &str)]) {
    let mut process = std::process::Command::new(std::env::current_exe().unwrap());
    process.args(["--exact", test, "--ignored"]).envs(environment.iter().copied());
    let output = process.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

pub(crate) fn answered(outcome: Outcome) -> fedctl_client::Answer {
    match outcome {
        Outcome::Answered(answer) => answer,
        Outcome::NotSent(error) | Outcome::Unknown(error) => panic!("no answer: {}", chain(&error)),
    }
}

pub(crate) fn not_sent(outcome: Outcome) -> SendError {
    match outcome {
        Outcome::NotSent(error) => error,
        Outcome::Answered(_) | Outcome::Unknown(_) => panic!("{outcome:?}"),
    }
}

pub(crate) fn unknown(outcome: Outcome) -> SendError {
    match outcome {
        Outcome::Unknown(error) => error,
        Outcome::Answered(_) | Outcome::NotSent(_) => panic!("{outcome:?}"),
    }
}

/// An error and all its sources, as text.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}

async fn serve(
    mut stream: TcpStream,
    answer: Arc<impl Fn(&Received) -> Reply>,
    log: Arc<Mutex<Vec<Received>>>,
) -> Option<()> {
    let received = {
        let mut received = receive(&mut stream).await?;
        let mut log = log.lock().unwrap();
        received.index = log.len();
        log.push(received.clone());
        received
    };
    stream.write_all(&answer(&received).0).await.ok()?;
    stream.shutdown().await.ok()
}

async fn receive(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).ok()?;
    let mut lines = text.lines();
    let line = lines.next()?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut received = Received { line, headers, body: bytes[head + 4..].to_vec(), index: 0 };
    let length = received.header("content-length").map_or(0, |value| value.parse().unwrap());
    while received.body.len() < length {
        if stream.read_buf(&mut received.body).await.ok()? == 0 {
            return None;
        }
    }
    Some(received)
}
