//! The shell around the world: who is refused, what every answer carries, how it stops.

use std::net::TcpListener;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jumpcloud_sim::World;
use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::http::{Options, serve};
use tokio::net::TcpStream;

use crate::client::Client;
use crate::federation::{federate, start};

#[tokio::test]
async fn only_a_loopback_literal_is_answered() {
    let handle = start(World::new(1));
    let port = handle.address().port();
    for host in [format!("127.0.0.1:{port}"), format!("LOCALHOST:{port}"), format!("[::1]:{port}")] {
        Client::new(handle.address()).with("host", &host).get("/login").await.expect(200);
    }
    let strangers = [format!("sim.example:{port}"), "127.0.0.1".to_owned(), "localhost:1".to_owned(), String::new()];
    for host in strangers {
        let answer = Client::new(handle.address()).with("host", &host).get("/login").await.expect(403);
        assert!(answer.text().contains("loopback"), "{host}");
        assert_eq!(answer.header("x-fedctl-sim"), Some("1"));
    }
    let mut client = Client::new(handle.address());
    client.get("http://sim.example/login").await.expect(403);
}

#[tokio::test]
async fn a_request_without_a_key_ends_at_a_login_page() {
    let handle = start(World::new(1));
    let mut client = Client::new(handle.address());
    let redirect = client.get("/api/systemusers").await.expect(302);
    assert_eq!(redirect.location(), "/login");
    let page = client.get("/login").await.expect(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text().contains("SIMULATED") && page.text().contains("<html lang=\"en\">"));
}

#[tokio::test]
async fn the_head_of_an_answer_has_no_body() {
    let mut federation = federate().await;
    let answer = federation.primary.send("HEAD", "/api/systemusers", &[], "").await;
    assert!(answer.body.is_empty());
    assert_eq!(answer.header("x-fedctl-sim"), Some("1"));
    assert!(federation.primary.send("HEAD", "/login", &[], "").await.expect(200).body.is_empty());
}

#[tokio::test]
async fn every_answer_has_the_date_of_the_world() {
    let handle = start(World::new(1));
    let mut client = Client::new(handle.address());
    for target in ["/login", "/api/systemusers", "/.well-known/jwks.json", "/__sim/outbox"] {
        let date = client.get(target).await.header("date").map(str::to_owned);
        assert_eq!(date.as_deref(), Some("Thu, 01 Oct 2026 08:00:00 GMT"), "{target}");
    }
}

#[tokio::test]
async fn a_body_of_more_than_ten_megabytes_is_not_read() {
    let handle = start(World::new(1));
    let mut client = Client::new(handle.address()).with("content-length", "10485761");
    client.get("/api/systemusers").await.expect(413);
}

#[tokio::test]
async fn stopping_frees_the_port_although_a_connection_is_open() {
    let handle = start(World::new(1));
    let address = handle.address();
    let idle = TcpStream::connect(address).await.unwrap();
    Client::new(address).get("/login").await.expect(200);
    handle.stop().await.unwrap();
    TcpListener::bind(address).unwrap();
    drop(idle);
}

#[tokio::test]
async fn both_token_endpoints_are_on_one_port() {
    let Pair { mut world, secondary, .. } = fixture::pair(1);
    let (client_id, secret) = world.add_service_account(&[secondary]);
    let handle = start(world);
    let basic = format!("Basic {}", STANDARD.encode(format!("{client_id}:{secret}")));
    let mut account = Client::new(handle.address()).with("authorization", &basic);
    let fields = [("grant_type", "client_credentials"), ("scope", "api")];
    let granted = account.form("/oauth2/token", &fields).await.expect(200).json();
    let bearer = format!("Bearer {}", granted["access_token"].as_str().expect("a token"));
    Client::new(handle.address()).with("authorization", &bearer).get("/api/settings").await.expect(200);
    // The issuer knows apps, and no service accounts.
    let refused = account.form("/oauth2/token", &[("grant_type", "authorization_code")]).await.expect(401).json();
    assert_eq!(refused["error"], "invalid_client");
}

#[tokio::test]
async fn who_is_exposed_answers_to_its_name_and_to_loopback_and_to_nobody_else() {
    let options = Options::exposed("Sim.example:8480");
    let bearer = options.bearer.clone().expect("there is a token");
    assert!(bearer.len() > 40 && Options::exposed("sim.example:8480").bearer != Some(bearer), "another each time");
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let handle = serve(listener, World::new(1), options).unwrap();
    let address = ([127, 0, 0, 1], handle.address().port()).into();
    assert_eq!(handle.base_url(), "http://sim.example:8480");
    for (host, status) in [("sim.example:8480", 200), ("SIM.EXAMPLE:8480", 200), ("sim.example", 403), ("x:8480", 403)]
    {
        Client::new(address).with("host", host).get("/login").await.expect(status);
    }
    Client::new(address).get("/login").await.expect(200);
    Client::new(address).get("/__sim/world").await.expect(401);
}
