//! Faults on the wire: late, cut off, or never.

use std::time::Duration;

use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::http::Handle;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::client::Client;
use crate::federation::start;

struct Served {
    handle: Handle,
    key: String,
}

impl Served {
    /// A server on which every request of the API meets one fault.
    async fn with(effect: Value) -> Served {
        let Pair { world, primary_key: key, .. } = fixture::demo(1, 24);
        let served = Served { handle: start(world), key };
        let faults = json!([{"name": "f", "when": {"path": "/api/**"}, "do": effect}]);
        served.control().json("PUT", "/__sim/faults", &faults).await.expect(204);
        served
    }

    fn control(&self) -> Client {
        Client::new(self.handle.address())
    }

    fn api(&self) -> Client {
        self.control().with("x-api-key", &self.key)
    }

    /// A connection on which a list of users was asked for.
    async fn asked(&self) -> TcpStream {
        let address = self.handle.address();
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        let head = format!("GET /api/systemusers HTTP/1.1\r\nhost: {address}\r\nx-api-key: {}\r\n\r\n", self.key);
        stream.write_all(head.as_bytes()).await.expect("it reads");
        stream
    }

    async fn fired(&self) -> Value {
        self.control().get("/__sim/faults").await.expect(200).json()[0]["fired"].clone()
    }
}

async fn everything(mut stream: TcpStream) -> Vec<u8> {
    let mut received = Vec::new();
    // A connection that was reset ends as well.
    let _ = stream.read_to_end(&mut received).await;
    received
}

#[tokio::test(start_paused = true)]
async fn latency_is_waited_for_on_the_clock_of_the_machine() {
    let served = Served::with(json!({"latency": {"fixed": 90_000}})).await;
    let before = Instant::now();
    served.api().get("/api/systemusers").await.expect(200);
    assert!(before.elapsed() >= Duration::from_secs(90));
    let before = Instant::now();
    served.control().get("/__sim/world").await.expect(200);
    assert!(before.elapsed() < Duration::from_secs(1), "nothing meets the controls");
}

#[tokio::test]
async fn a_connection_ends_at_a_byte_of_the_answer() {
    for bytes in [0, 9, 300, 2000] {
        let served = Served::with(json!({"cut": {"at_byte": bytes}})).await;
        let received = everything(served.asked().await).await;
        assert_eq!(received.len(), bytes, "{}", String::from_utf8_lossy(&received));
        assert!(b"HTTP/1.1 200 OK".starts_with(&received[..bytes.min(9)]));
    }
    let served = Served::with(json!({"cut": {"at_byte": 10_000_000}})).await;
    let received = String::from_utf8(everything(served.asked().await).await).unwrap();
    assert!(received.ends_with("]}"), "an answer that is shorter arrives, and the connection ends after it");
}

#[tokio::test]
async fn who_gets_no_answer_is_let_go_when_the_server_stops() {
    let served = Served::with(json!({"timeout": {}})).await;
    let mut stream = served.asked().await;
    while served.fired().await == json!(0) {}
    let silence = stream.try_read(&mut [0; 9]);
    assert_eq!(silence.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    served.handle.stop().await.unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert_eq!(rest, b"");
}

#[tokio::test]
async fn who_goes_leaves_nothing_behind_in_the_server() {
    let served = Served::with(json!({"timeout": {}})).await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let stream = served.asked().await;
    while tasks() == before {
        tokio::task::yield_now().await;
    }
    drop(stream);
    let gone = async {
        while tasks() > before {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(30), gone).await.expect("the task of the connection ends with it");
}

#[tokio::test]
async fn a_request_without_an_answer_is_carried_out_later() {
    let served = Served::with(json!({"late-commit": {"ms": {"fixed": 60_000}}})).await;
    let address = served.handle.address();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (body, key) = (r#"{"name": "Late"}"#, &served.key);
    let head = format!("POST /api/v2/usergroups HTTP/1.1\r\nhost: {address}\r\nx-api-key: {key}\r\n");
    stream.write_all(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes()).await.unwrap();
    assert_eq!(everything(stream).await, b"");
    served.control().send("DELETE", "/__sim/faults", &[], "").await.expect(204);
    let late = "/api/v2/usergroups?filter=name:eq:Late";
    assert_eq!(served.api().get(late).await.expect(200).json(), json!([]));
    served.control().json("POST", "/__sim/clock", &json!({"advance_ms": 60_000})).await.expect(200);
    assert_eq!(served.api().get(late).await.expect(200).json()[0]["name"], "Late");
}

#[tokio::test]
async fn faults_are_listed_replaced_and_refused_while_the_server_runs() {
    let served = Served::with(json!({"fail": {"status": 503}})).await;
    served.api().get("/api/systemusers").await.expect(503);
    let listed = served.control().get("/__sim/faults").await.expect(200).json();
    let row = json!({"name": "f", "when": {"path": "/api/**"}, "do": {"fail": {"status": 503, "after_commit": false}},
        "matched": 1, "fired": 1});
    assert_eq!(listed, json!([row]));
    let refused = served.control().json("PUT", "/__sim/faults", &json!([{"name": "g", "do": {"explode": {}}}])).await;
    assert!(refused.expect(400).text().contains("fault `g`: unknown variant `explode`, expected one of"));
    assert_eq!(served.fired().await, json!(1), "a list that was refused changes nothing");
    served.control().send("DELETE", "/__sim/faults", &[], "").await.expect(204);
    served.api().get("/api/systemusers").await.expect(200);
}

#[tokio::test]
async fn the_pages_of_people_meet_faults_too() {
    let Pair { world, .. } = fixture::demo(1, 24);
    let handle = start(world);
    let mut client = Client::new(handle.address());
    let faults = json!([{"name": "f", "when": {"host": "login"}, "do": {"fail": {"status": 500}}}]);
    client.json("PUT", "/__sim/faults", &faults).await.expect(204);
    client.get("/login").await.expect(500);
    client.get("/.well-known/openid-configuration").await.expect(200);
}

#[tokio::test]
async fn an_answer_is_held_until_it_is_let_go_and_what_was_asked_is_done() {
    let served = Served::with(json!("hold")).await;
    let mut waiting = served.asked().await;
    assert_eq!(served.control().get("/__sim/held").await.expect(200).json(), json!(1));
    let nothing = timeout(Duration::from_millis(20), waiting.read_u8()).await;
    assert!(nothing.is_err(), "nothing comes before it is let go");
    served.control().json("DELETE", "/__sim/held", &json!(null)).await.expect(204);
    assert_eq!(waiting.read_u8().await.expect("now it comes"), b'H');
    // Whoever hangs up no longer waits, and a server that stops holds nobody back.
    let other = served.asked().await;
    assert_eq!(served.control().get("/__sim/held").await.expect(200).json(), json!(1));
    let stopped = served.handle.stop();
    let (_, received) = tokio::join!(stopped, everything(other));
    assert!(received.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&received));
}

#[tokio::test]
async fn an_answer_repeats_what_was_asked() {
    let body = r#"{"message": "no: {request}"}"#;
    let served = Served::with(json!({"answer": {"status": 400, "body": body}})).await;
    let answer = served.api().json("POST", "/api/v2/usergroups", &json!({"name": "a\"b"})).await;
    let said = answer.expect(400).json()["message"].as_str().expect("it is JSON").to_owned();
    assert!(said.starts_with("no: POST /api/v2/usergroups\n") && said.contains(&served.key), "{said}");
    assert!(said.ends_with(r#"{"name":"a\"b"}"#), "{said}");
}
