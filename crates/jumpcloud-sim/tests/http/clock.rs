//! `/__sim/clock`: one clock for tokens, delays and dates.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jumpcloud_sim::fixture::{self, Pair};
use serde_json::json;

use crate::client::Client;
use crate::federation::{federate, start};

const HOUR: u64 = 3_600_000;

#[tokio::test]
async fn the_clock_ticks_with_requests_until_it_is_frozen() {
    let mut federation = federate().await;
    let mut client = federation.browser();
    let now = |clock: serde_json::Value| clock["now_ms"].as_u64().unwrap();
    let before = client.get("/__sim/clock").await.expect(200).json();
    assert_eq!(before["mode"], "tick");
    federation.primary.get("/api/organizations").await.expect(200);
    let ticked = client.get("/__sim/clock").await.json();
    assert_eq!(now(ticked.clone()), now(before) + 25);
    client.json("POST", "/__sim/clock", &json!({"mode": "freeze"})).await.expect(200);
    federation.primary.get("/api/organizations").await.expect(200);
    assert_eq!(now(client.get("/__sim/clock").await.json()), now(ticked.clone()));
    let moved =
        client.json("POST", "/__sim/clock", &json!({"advance_ms": HOUR, "mode": "tick"})).await.expect(200).json();
    assert_eq!((now(moved.clone()), &moved["mode"]), (now(ticked) + HOUR, &json!("tick")));
    let text = client.json("POST", "/__sim/clock", &json!({"advance": 1})).await.expect(400).text();
    assert!(text.contains("unknown field `advance`, expected `advance_ms` or `mode`"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_runs_follows_that_of_the_machine() {
    let handle = start(jumpcloud_sim::World::new(1));
    let mut client = Client::new(handle.address());
    client.json("POST", "/__sim/clock", &json!({"mode": "run"})).await.expect(200);
    let before = client.get("/__sim/clock").await.json()["now_ms"].as_u64().unwrap();
    tokio::time::advance(Duration::from_secs(90)).await;
    let after = client.get("/__sim/clock").await.json();
    let passed = after["now_ms"].as_u64().unwrap() - before;
    assert!((90_000..91_000).contains(&passed) && after["mode"] == "run", "{after}");
    client.json("POST", "/__sim/clock", &json!({"mode": "freeze"})).await.expect(200);
    tokio::time::advance(Duration::from_secs(90)).await;
    let frozen = client.get("/__sim/clock").await.json();
    assert!(frozen["now_ms"].as_u64().unwrap() - before < 91_000, "{frozen}");
}

#[tokio::test]
async fn a_token_of_a_service_account_ends_with_the_hour() {
    let Pair { mut world, primary, .. } = fixture::pair(1);
    let (id, secret) = world.add_service_account(&[primary]);
    let handle = start(world);
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let mut account = Client::new(handle.address()).with("authorization", &basic);
    let granted = account.form("/oauth2/token", &[("grant_type", "client_credentials"), ("scope", "api")]).await;
    let token = granted.expect(200).json()["access_token"].as_str().unwrap().to_owned();
    let mut client = Client::new(handle.address()).with("authorization", &format!("Bearer {token}"));
    client.get("/api/settings").await.expect(200);
    account.json("POST", "/__sim/clock", &json!({"advance_ms": HOUR})).await.expect(200);
    client.get("/api/settings").await.expect(401);
}

#[tokio::test]
async fn dynamic_groups_and_events_follow_the_clock() {
    let Pair { mut world, primary_key, .. } = fixture::pair(1);
    world.set("dynamic-delay-ms", "60000").unwrap();
    world.set("insights-delay-ms", "60000").unwrap();
    let handle = start(world);
    let mut client = Client::new(handle.address()).with("x-api-key", &primary_key);
    let rule = json!({"queryType": "Search", "searchFilters": r#"{"filter":{"and":["email:$ew:@acme.com"]}}"#});
    let group = json!({"name": "A", "membershipMethod": "DYNAMIC_AUTOMATED", "memberQuery": rule});
    let group = client.json("POST", "/api/v2/usergroups", &group).await.expect(201).json();
    let members = format!("/api/v2/usergroups/{}/members", group["id"].as_str().unwrap());
    client.json("POST", "/api/systemusers", &json!({"email": "ann@acme.com", "username": "ann"})).await.expect(200);
    let events = json!({"service": ["all"], "start_time": "2026-10-01T00:00:00Z"});
    let mut seen = async || {
        let events = client.json("POST", "/insights/directory/v1/events", &events).await.expect(200).json();
        let of_group = client.get(&members).await.expect(200).json();
        (events.as_array().unwrap().len() > 1, of_group.as_array().unwrap().len())
    };
    assert_eq!(seen().await, (false, 0));
    Client::new(handle.address()).json("POST", "/__sim/clock", &json!({"advance_ms": 60_000})).await.expect(200);
    assert_eq!(seen().await, (true, 1));
}
