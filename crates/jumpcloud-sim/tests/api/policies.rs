use serde_json::{Value, json};

use crate::common::{Client, text, with_client};

const ALL: &str = "/api/v2/identity-provider/policies";

fn provider(client: &mut Client<'_>) -> String {
    let body =
        json!({"name": "Acme", "type": "OIDC", "oidc": {"clientId": "c", "clientSecret": "s", "url": "https://x"}});
    text(&client.post("/api/v2/identity-providers", &body).json(), "id")
}

fn create(client: &mut Client<'_>, extra: Value) -> Value {
    let mut body = json!({"name": "To Acme", "description": "d", "identityProviderId": provider(client)});
    if let Value::Object(extra) = extra {
        body.as_object_mut().unwrap().extend(extra);
    }
    let made = client.post(ALL, &body);
    assert_eq!(made.status, 201, "{}", made.json());
    made.json()
}

#[test]
fn a_policy_is_flat_and_its_list_is_wrapped() {
    with_client(|client| {
        assert_eq!(client.get(ALL).json(), json!({"identityProviderPolicies": [], "totalCount": 0}));
        let policy = create(client, json!({"enabled": false, "colour": "red"}));
        assert_eq!((&policy["enabled"], policy.get("colour")), (&json!(false), None));
        let list = client.get(ALL).json();
        assert_eq!((&list["totalCount"], &list["identityProviderPolicies"][0]), (&json!(1), &policy));
        let target = format!("{ALL}/{}", text(&policy, "id"));
        assert_eq!(client.get(&target).json(), policy);
        assert_eq!(client.send("PATCH", &target, &policy).status, 404);
        assert_eq!(client.delete(&target).status, 204);
        assert_eq!(client.get(&target).status, 404);
    });
}

#[test]
fn a_put_replaces_everything() {
    with_client(|client| {
        let policy = create(client, json!({"enabled": false}));
        let target = format!("{ALL}/{}", text(&policy, "id"));
        let body = json!({"name": "Other", "identityProviderId": policy["identityProviderId"]});
        let put = client.put(&target, &body).json();
        assert_eq!((&put["name"], &put["description"], &put["enabled"]), (&json!("Other"), &json!(""), &json!(true)));
        assert_eq!(client.put(&target, &json!({"name": "Other"})).status, 400);
        assert_eq!(client.post(ALL, &json!({"identityProviderId": policy["identityProviderId"]})).status, 400);
    });
}

#[test]
fn what_nobody_knows_is_a_setting() {
    with_client(|client| {
        client.world.set("policy-enabled-by-default", "false").unwrap();
        client.world.set("policy-unknown-fields", "keep").unwrap();
        let policy = create(client, json!({"colour": "red"}));
        assert_eq!((&policy["enabled"], &policy["colour"]), (&json!(false), &json!("red")));
        client.world.set("policy-unknown-fields", "refuse").unwrap();
        assert_eq!(client.post(ALL, &policy).status, 400);
        client.world.set("policy-unknown-fields", "drop").unwrap();
        client.world.set("wrap-single", "true").unwrap();
        let one = client.get(&format!("{ALL}/{}", text(&policy, "id"))).json();
        assert_eq!(one["identityProviderPolicy"]["name"], json!("To Acme"));
    });
}

#[test]
fn groups_and_users_are_bound_from_either_end() {
    with_client(|client| {
        let id = text(&create(client, json!({})), "id");
        let group = text(&client.post("/api/v2/usergroups", &json!({"name": "A"})).json(), "id");
        let user =
            client.post("/api/systemusers", &json!({"email": "ann@acme.com", "username": "ann", "state": "STAGED"}));
        let user = text(&user.json(), "_id");
        let target = format!("{ALL}/{id}/associations");
        let bind = |op: &str, kind: &str, id: &str| json!({"op": op, "type": kind, "id": id});
        assert_eq!(client.post(&target, &bind("add", "user_group", &group)).status, 204);
        assert_eq!(client.post(&target, &bind("add", "user_group", &group)).status, 409);
        assert_eq!(client.post(&target, &bind("add", "user", &user)).status, 204);
        assert_eq!(client.get(&format!("{target}?targets=user_group")).json()[0]["to"]["id"], json!(group));
        assert_eq!(client.get(&format!("{target}?targets=user")).json()[0]["to"]["id"], json!(user));
        assert_eq!(client.get(&target).status, 400);
        assert_eq!(client.get(&format!("{target}/usergroups")).json()[0]["id"], json!(group));
        assert_eq!(client.get(&format!("{target}/users")).json()[0]["id"], json!(user));

        let from_group = client.get(&format!("/api/v2/usergroups/{group}/associations?targets=idp_routing_policy"));
        assert_eq!(from_group.json()[0]["to"], json!({"attributes": null, "id": id, "type": "idp_routing_policy"}));
        let from_user = client.get(&format!("/api/v2/users/{user}/associations?targets=idp_routing_policy"));
        assert_eq!(from_user.json()[0]["to"]["id"], json!(id));
        let unbind = bind("remove", "idp_routing_policy", &id);
        assert_eq!(client.post(&format!("/api/v2/usergroups/{group}/associations"), &unbind).status, 204);
        assert_eq!(client.post(&target, &bind("remove", "user_group", &group)).status, 404);
        assert_eq!(client.post(&target, &bind("explode", "user_group", &group)).status, 400);
        assert_eq!(client.post(&target, &bind("add", "system", &group)).status, 400);
        let elsewhere = format!("{ALL}/6516be7eac1f57664752c607/associations");
        assert_eq!(client.post(&elsewhere, &bind("add", "user_group", &group)).status, 404);
    });
}
