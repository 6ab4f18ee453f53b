use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::{Host, Request, Response, World};
use serde_json::{Value, json};

use crate::common::{Client, text, with_client};

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

const ACCOUNTS: &str = "/api/v2/service-accounts";
const DAY_MS: u64 = 86_400_000;

fn role(client: &mut Client<'_>, name: &str) -> String {
    let roles = client.get("/api/v2/roles?limit=100").json();
    let known = roles["results"].as_array().unwrap().iter().find(|role| role["name"] == name).cloned();
    text(&known.unwrap(), "id")
}

fn account(client: &mut Client<'_>, role: &str, config: &Value) -> Value {
    let made = client.post(ACCOUNTS, &json!({"name": "CI", "roleId": role, "authConfig": config}));
    assert_eq!(made.status, 200);
    made.json()["serviceAccount"].clone()
}

fn secret() -> Value {
    json!({"authType": "CLIENT_SECRET", "clientSecretConfig": {"lifetime": "30 Days"}})
}

fn key() -> Value {
    json!({"authType": "API_KEY", "apiKeyConfig": {"lifetime": "365 Days"}})
}

#[test]
fn an_account_is_made_with_a_secret_that_is_shown_once_and_ends() {
    with_client(|client| {
        let all = role(client, "Administrator With Billing");
        let made = account(client, &all, &secret());
        let config = &made["authConfigList"][0];
        let (client_id, secret) = (text(config, "clientId"), text(config, "clientSecret"));
        let list = client.get(ACCOUNTS).json();
        assert_eq!((&list["totalCount"], &list["results"][0]["objectId"]), (&json!(1), &made["objectId"]));
        assert!(!list.to_string().contains(&secret));
        let one = client.get(&format!("{ACCOUNTS}/{}", text(&made, "objectId"))).json();
        assert_eq!(one["serviceAccount"], list["results"][0]);
        let bearer = token(client.world, &client_id, &secret, FORM).json();
        assert_eq!(settings(client.world, bearer["access_token"].as_str().unwrap()).status, 200);
        client.world.advance(30 * DAY_MS);
        assert_eq!(token(client.world, &client_id, &secret, FORM).status, 401);
        assert_eq!(client.get(ACCOUNTS).json()["results"][0]["status"], json!("EXPIRED"));
    });
}

#[test]
fn a_secret_is_rotated_by_adding_one_of_two_and_removing_the_other() {
    with_client(|client| {
        let all = role(client, "Administrator With Billing");
        let made = account(client, &all, &secret());
        let target = format!("{ACCOUNTS}/{}/auth-config", text(&made, "objectId"));
        let old = &made["authConfigList"][0];
        let bearer = token(client.world, &text(old, "clientId"), &text(old, "clientSecret"), FORM).json();
        let added = client.post(&target, &json!({"authConfig": key()})).json()["authConfig"].clone();
        assert_eq!(client.post(&target, &secret()).status, 400, "two at most");
        assert_eq!(client.delete(&format!("{target}/{}", text(old, "objectId"))).status, 204);
        assert_eq!(client.delete(&format!("{target}/{}", text(old, "objectId"))).status, 404);
        assert_eq!(
            settings(client.world, bearer["access_token"].as_str().unwrap()).status,
            401,
            "its tokens end with it"
        );
        let api_key = text(&added, "apiKey");
        assert_eq!(Client { world: client.world, key: &api_key }.get("/api/settings").status, 200);
        client.world.advance(365 * DAY_MS);
        assert_eq!(Client { world: client.world, key: &api_key }.get("/api/settings").status, 401);
    });
}

#[test]
fn an_account_may_do_what_its_role_may_until_it_is_deleted() {
    with_client(|client| {
        let reader = role(client, "Read Only");
        let made = account(client, &reader, &key());
        let target = format!("{ACCOUNTS}/{}", text(&made, "objectId"));
        let api_key = text(&made["authConfigList"][0], "apiKey");
        let mut reader = Client { world: client.world, key: &api_key };
        assert_eq!(reader.get("/api/v2/usergroups").status, 200);
        assert_eq!(reader.post("/api/v2/usergroups", &json!({"name": "A"})).status, 403);
        assert_eq!(client.delete(&target).status, 204);
        assert_eq!(client.get(&target).status, 404);
        assert_eq!(Client { world: client.world, key: &api_key }.get("/api/v2/usergroups").status, 401);
    });
}

#[test]
fn an_account_without_name_role_or_lifetime_is_not_made() {
    with_client(|client| {
        let all = role(client, "Administrator With Billing");
        let good = json!({"name": "CI", "roleId": all, "authConfig": secret()});
        for (name, wrong) in [
            ("name", json!("")),
            ("roleId", json!("nobody")),
            ("authConfig", json!(null)),
            ("authConfig", json!({"authType": "PASSWORD"})),
            ("authConfig", json!({"authType": "API_KEY", "apiKeyConfig": {"lifetime": "1 Day"}})),
        ] {
            let mut body = good.clone();
            body[name] = wrong;
            assert_eq!(client.post(ACCOUNTS, &body).status, 400, "{body}");
        }
        assert_eq!(client.get(ACCOUNTS).json(), json!({"results": [], "totalCount": 0}));
    });
}
