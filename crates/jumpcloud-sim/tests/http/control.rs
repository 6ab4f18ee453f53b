//! `/__sim/`: the world over HTTP.

use std::net::TcpListener;

use jumpcloud_sim::http::{Options, ServeError, serve};
use jumpcloud_sim::{Region, World};
use serde_json::json;

use crate::client::Client;
use crate::federation::{federate, start};

#[tokio::test]
async fn a_world_moves_from_one_server_to_another() {
    let mut federation = federate().await;
    let here = federation.browser().get("/__sim/world").await.expect(200).json();
    let there = start(World::new(8));
    let mut client = Client::new(there.address());
    client.json("PUT", "/__sim/world", &here).await.expect(204);

    let key = federation.primary.headers.iter().find(|(name, _)| *name == "x-api-key").unwrap().1.clone();
    let mut primary = Client::new(there.address()).with("x-api-key", &key);
    let users = "/api/systemusers?sort=_id";
    let moved = primary.get(users).await.expect(200).json();
    assert_eq!(moved, federation.primary.get(users).await.expect(200).json());
    // The issuer stays the one of the server.
    let document = client.get("/.well-known/openid-configuration").await.expect(200).json();
    assert_eq!(document["issuer"], format!("{}/", there.base_url()));
    client.json("PUT", "/__sim/world", &json!({"not": "a world"})).await.expect(400);
    assert_eq!(moved, primary.get(users).await.expect(200).json(), "a refused world changes nothing");
}

#[tokio::test]
async fn requests_are_remembered_until_they_are_cleared() {
    let mut federation = federate().await;
    let mut client = federation.browser();
    client.send("DELETE", "/__sim/requests", &[], "").await.expect(204);
    federation.primary.get("/api/organizations").await.expect(200);
    let requests = client.get("/__sim/requests").await.expect(200).json();
    assert_eq!(requests.as_array().unwrap().len(), 1, "{requests}");
    assert_eq!((&requests[0]["method"], &requests[0]["target"]), (&json!("GET"), &json!("/api/organizations")));
}

#[tokio::test]
async fn mail_that_would_have_gone_out_is_in_the_outbox() {
    let federation = federate().await;
    let outbox = federation.browser().get("/__sim/outbox").await.expect(200).json();
    assert!(outbox.as_array().unwrap().iter().any(|mail| mail["to"] == "ann@acme.com.beta"), "{outbox}");
}

#[tokio::test]
async fn settings_are_set_all_or_none() {
    let handle = start(World::new(1));
    let mut client = Client::new(handle.address());
    let settings = client.get("/__sim/settings").await.expect(200).json();
    assert_eq!(settings["page-max"]["value"], "100");
    let refused = json!({"page-max": 7, "no-such-setting": true});
    client.json("PUT", "/__sim/settings", &refused).await.expect(400);
    assert_eq!(client.get("/__sim/settings").await.json()["page-max"]["value"], "100");
    client.json("PUT", "/__sim/settings", &json!({"page-max": 7, "wrap-single": true})).await.expect(204);
    let settings = client.get("/__sim/settings").await.json();
    assert_eq!((&settings["page-max"]["value"], &settings["wrap-single"]["value"]), (&json!("7"), &json!("true")));
}

#[tokio::test]
async fn a_server_that_others_can_reach_guards_the_controls() {
    let exposed = || TcpListener::bind("0.0.0.0:0").unwrap();
    let refused = serve(exposed(), World::new(1), Options::default());
    assert!(matches!(refused, Err(ServeError::Exposed(_))));

    let mut world = World::new(1);
    world.add_organization("Acme", Region::Us);
    let options = Options { bearer: Some("a token".to_owned()), ..Options::default() };
    let handle = serve(exposed(), world, options).unwrap();
    let address = ([127, 0, 0, 1], handle.address().port()).into();
    Client::new(address).get("/__sim/world").await.expect(401);
    Client::new(address).with("authorization", "Bearer a token").get("/__sim/world").await.expect(200);
}
