use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::{Host, Request, Response, World};
use serde_json::json;

const FORM: &str = "grant_type=client_credentials&scope=api";

fn token(world: &mut World, client_id: &str, secret: &str, form: &str) -> Response {
    let basic = format!("Basic {}", STANDARD.encode(format!("{client_id}:{secret}")));
    let mut request = Request::to(Host::AdminOauth, "POST", "/oauth2/token").with_header("authorization", &basic);
    request.body = form.as_bytes().to_vec();
    world.answer(&request)
}

fn settings(world: &mut World, token: &str) -> Response {
    let bearer = format!("Bearer {token}");
    world.answer(&Request::api("GET", "/api/settings").with_header("authorization", &bearer))
}

#[test]
fn a_service_account_gets_a_token_that_opens_its_organisation_for_an_hour() {
    let Pair { mut world, secondary, .. } = fixture::pair(1);
    let (client_id, secret) = world.add_service_account(&[secondary]);
    let answer = token(&mut world, &client_id, &secret, FORM);
    let body = answer.json();
    assert_eq!((answer.status, &body["token_type"]), (200, &json!("bearer")));
    assert_eq!((&body["expires_in"], &body["scope"]), (&json!(3600), &json!("api")));
    let token = body["access_token"].as_str().unwrap();
    let mut world = World::import(world.export()).unwrap();
    assert_eq!(settings(&mut world, token).json()["ORG_ID"], json!(secondary));
    world.advance(3_600_000);
    let late = settings(&mut world, token);
    assert_eq!((late.status, &late.json()["error"]), (401, &json!("Unauthorized")));
}

#[test]
fn who_is_no_service_account_gets_no_token() {
    let Pair { mut world, secondary, .. } = fixture::pair(1);
    let (client_id, secret) = world.add_service_account(&[secondary]);
    for (id, secret) in [(client_id.as_str(), "sim_wrong"), ("nobody", secret.as_str())] {
        let answer = token(&mut world, id, secret, FORM);
        assert_eq!((answer.status, &answer.json()["error"]), (401, &json!("invalid_client")));
    }
    for (form, error) in [
        ("grant_type=client_credentials", "invalid_scope"),
        ("grant_type=password&scope=api", "unsupported_grant_type"),
    ] {
        let answer = token(&mut world, &client_id, &secret, form);
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!(error)));
    }
    let bare = world.answer(&Request::to(Host::AdminOauth, "POST", "/oauth2/token"));
    assert_eq!(bare.status, 400);
    assert_eq!(world.answer(&Request::to(Host::AdminOauth, "GET", "/oauth2/token")).status, 404);
}

#[test]
fn a_token_ends_with_its_account() {
    let Pair { mut world, secondary, .. } = fixture::pair(1);
    let (client_id, secret) = world.add_service_account(&[secondary]);
    let token = token(&mut world, &client_id, &secret, FORM).json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(settings(&mut world, &token).status, 200);
    assert!(world.remove_service_account(&client_id));
    assert_eq!(settings(&mut world, &token).status, 401);
}
