//! Full replaces: what a PUT keeps, what it resets, and what it passes over.

use serde_json::{Value, json};

use crate::common::{Client, text, with_client, writable};

fn oidc_app(client: &mut Client<'_>) -> (String, Value) {
    let app = json!({"active": true, "name": "oidc", "displayName": "OpenID Connect", "displayLabel": "Beta",
        "description": "d", "config": {}, "sso": {"type": "oidc", "hidden": true}});
    let id = text(&client.post("/api/applications", &app).json(), "_id");
    let made = client.post(&format!("/api/v2/applications/{id}/sso"), &sso()).json();
    (id, made)
}

fn sso() -> Value {
    json!({"type": "oidc", "hidden": true, "oidc": {"consent": "trusted", "redirectUris": ["https://x.example/cb"],
        "grantTypes": ["authorization_code"], "tokenEndpointAuthMethod": "client_secret_post",
        "relyingPartyUrl": "https://x.example", "dynamicClaims": [{"name": "email", "value": "SecondaryEmail"}]}})
}

#[test]
fn a_put_of_an_app_leaves_its_client_and_its_groups_alone() {
    with_client(|client| {
        let (id, made) = oidc_app(client);
        let group = text(&client.post("/api/v2/usergroups", &json!({"name": "A"})).json(), "id");
        let bind = json!({"op": "add", "type": "user_group", "id": group});
        client.post(&format!("/api/v2/applications/{id}/associations"), &bind);
        let body = json!({"active": true, "name": "oidc", "displayName": "OpenID Connect", "displayLabel": "New",
            "config": {}, "sso": {"type": "oidc", "hidden": true}});
        let put = client.put(&format!("/api/applications/{id}"), &body);
        assert_eq!((put.status, &put.json()["displayLabel"]), (200, &json!("New")));
        assert_eq!(put.json()["description"], json!(""), "it was left out");
        let read = client.get(&format!("/api/v2/applications/{id}/sso")).json();
        assert_eq!(read["oidc"]["clientId"], made["oidc"]["clientId"]);
        assert_eq!(read["oidc"]["dynamicClaims"], sso()["oidc"]["dynamicClaims"]);
        let bound = client.get(&format!("/api/v2/applications/{id}/associations?targets=user_group")).json();
        assert_eq!(bound[0]["to"]["id"], json!(group));
    });
}

#[test]
fn an_app_that_is_echoed_stays_as_it_is() {
    with_client(|client| {
        let (id, _) = oidc_app(client);
        let target = format!("/api/applications/{id}");
        let whole = client.get(&target).json();
        assert_eq!(client.put(&target, &whole).json(), whole);
        let mut with_url = whole;
        with_url["ssoUrl"] = json!("");
        assert_eq!(client.put(&target, &with_url).status, 400, "an OIDC app takes none");
        assert_eq!(client.put("/api/applications/6516be7eac1f57664752c607", &json!({"name": "oidc"})).status, 404);
    });
}

#[test]
fn settings_that_are_put_keep_id_and_secret_whatever_they_say() {
    with_client(|client| {
        let (id, made) = oidc_app(client);
        let target = format!("/api/v2/applications/{id}/sso");
        let mut body = sso();
        body["oidc"]["clientId"] = json!("mine");
        body["oidc"]["clientSecret"] = json!("mine");
        body["oidc"]["redirectUris"] = json!(["https://y.example/cb"]);
        let put = client.put(&target, &body).json();
        assert_eq!((&put["oidc"]["clientId"], put["oidc"].get("clientSecret")), (&made["oidc"]["clientId"], None));
        assert_eq!(put["oidc"]["redirectUris"], json!(["https://y.example/cb"]));
        let app = client.world.app(id.parse().unwrap()).unwrap();
        let secret = app.oidc.as_ref().unwrap().client_secret.as_ref().unwrap();
        assert_eq!(secret.expose(), text(&made["oidc"], "clientSecret"));
        body["hidden"] = json!(false);
        client.put(&target, &body);
        assert_eq!(client.get(&format!("/api/applications/{id}")).json()["sso"]["hidden"], json!(false));
    });
}

#[test]
fn a_provider_is_replaced_with_a_new_client_and_secret_under_its_id() {
    with_client(|client| {
        let body = |id: &str, secret: &str| {
            json!({"name": "Acme", "type": "OIDC",
                "oidc": {"clientId": id, "clientSecret": secret, "url": "https://oauth.id.jumpcloud.com"}})
        };
        let id = text(&client.post("/api/v2/identity-providers", &body("c", "s")).json(), "id");
        let put = client.put(&format!("/api/v2/identity-providers/{id}"), &body("c2", "s2"));
        assert_eq!((put.status, &put.json()["id"], &put.json()["oidc"]["clientId"]), (200, &json!(id), &json!("c2")));
        assert_eq!(put.json()["oidc"]["clientSecret"], json!(""));
        let org = client.world.organizations().next().unwrap().id;
        assert_eq!(client.world.provider(org).unwrap().client_secret.expose(), "s2");
        assert_eq!(client.put(&format!("/api/v2/identity-providers/{id}"), &json!({"name": "x"})).status, 400);
    });
}

#[test]
fn read_only_keys_of_a_group_are_refused_or_passed_over() {
    with_client(|client| {
        let id = text(&client.post("/api/v2/usergroups", &json!({"name": "A", "description": "d"})).json(), "id");
        let target = format!("/api/v2/usergroups/{id}");
        let before = client.get(&target).json();
        assert_eq!(client.put(&target, &writable(before.clone())).json(), before, "an echo changes nothing");
        let mut forged = before.clone();
        forged["id"] = json!("6516be7eac1f57664752c607");
        forged["type"] = json!("system_group");
        forged["organizationObjectId"] = json!("6516be7eac1f57664752c607");
        forged["suggestionCounts"] = json!({"add": 7, "remove": 7, "total": 14});
        forged["memberQueryErrorFlags"] = json!(["CYCLE"]);
        for name in ["id", "type", "organizationObjectId", "suggestionCounts", "memberQueryErrorFlags"] {
            let one = json!({"name": "A", name: forged[name]});
            assert_eq!(client.put(&target, &one).status, 400, "{name}");
        }
        assert_eq!(client.get(&target).json(), before);
        client.world.set("group-read-only-refused", "false").unwrap();
        assert_eq!(client.put(&target, &forged).json(), before);
    });
}

#[test]
fn a_group_called_fedctl_protected_is_a_group_like_any_other() {
    with_client(|client| {
        let made = client.post("/api/v2/usergroups", &json!({"name": "fedctl-protected"}));
        let target = format!("/api/v2/usergroups/{}", text(&made.json(), "id"));
        assert_eq!((made.status, client.put(&target, &json!({"name": "other"})).status), (201, 200));
        assert_eq!(client.delete(&target).status, 204);
    });
}

#[test]
fn a_deleted_policy_takes_its_bindings_along_and_leaves_the_provider() {
    with_client(|client| {
        let org = client.world.organizations().next().unwrap().id;
        let provider = client.world.add_provider(org, "Acme", "c", "s", "https://x");
        let policy = client.world.add_policy(org, "To Acme", Some(provider), true);
        let group = client.world.add_group(org, "A");
        let bind = json!({"op": "add", "type": "user_group", "id": group});
        let target = format!("/api/v2/identity-provider/policies/{policy}");
        assert_eq!(client.post(&format!("{target}/associations"), &bind).status, 204);
        assert_eq!(client.delete(&target).status, 204);
        assert_eq!((client.get(&target).status, client.delete(&target).status), (404, 404));
        assert_eq!(client.get(&format!("{target}/associations?targets=user_group")).status, 404);
        let edges = client.get(&format!("/api/v2/usergroups/{group}/associations?targets=idp_routing_policy"));
        assert_eq!(edges.json(), json!([]));
        assert_eq!(client.get(&format!("/api/v2/identity-providers/{provider}")).status, 200);
    });
}

#[test]
fn a_deleted_group_leaves_its_policy_with_nobody() {
    with_client(|client| {
        let org = client.world.organizations().next().unwrap().id;
        let provider = client.world.add_provider(org, "Acme", "c", "s", "https://x");
        let policy = client.world.add_policy(org, "To Acme", Some(provider), true);
        let group = client.world.add_group(org, "A");
        let bind = json!({"op": "add", "type": "user_group", "id": group});
        let target = format!("/api/v2/identity-provider/policies/{policy}/associations");
        client.post(&target, &bind);
        assert_eq!(client.delete(&format!("/api/v2/usergroups/{group}")).status, 204);
        assert_eq!(client.get(&format!("{target}?targets=user_group")).json(), json!([]));
    });
}
