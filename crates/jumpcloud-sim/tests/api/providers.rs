use serde_json::{Value, json};

use crate::common::{Client, text, with_client};

const ALL: &str = "/api/v2/identity-providers";

fn body() -> Value {
    json!({"name": "Acme", "type": "OIDC", "oidc": {"clientId": "c", "clientSecret": "s", "url": "https://oauth.id.jumpcloud.com"}})
}

fn create(client: &mut Client<'_>) -> String {
    let made = client.post(ALL, &body());
    assert_eq!(made.status, 201);
    text(&made.json(), "id")
}

fn secret(client: &Client<'_>) -> String {
    let org = client.world.organizations().next().unwrap().id;
    client.world.provider(org).unwrap().client_secret.expose().to_owned()
}

#[test]
fn the_list_is_wrapped_and_secrets_read_as_nothing() {
    with_client(|client| {
        assert_eq!(client.get(ALL).json(), json!({"identityProviders": [], "totalCount": 0}));
        let id = create(client);
        let list = client.get(ALL).json();
        assert_eq!((&list["totalCount"], &list["identityProviders"][0]["id"]), (&json!(1), &json!(id)));
        let one = client.get(&format!("{ALL}/{id}")).json();
        assert_eq!(one["oidc"], json!({"clientId": "c", "clientSecret": "", "url": "https://oauth.id.jumpcloud.com"}));
        assert_eq!(secret(client), "s");
    });
}

#[test]
fn there_is_at_most_one() {
    with_client(|client| {
        create(client);
        assert_eq!(client.post(ALL, &body()).status, 409);
    });
}

#[test]
fn there_is_no_patch_and_no_saml() {
    with_client(|client| {
        let mut saml = body();
        saml["type"] = json!("SAML");
        assert_eq!(client.post(ALL, &saml).status, 400);
        for missing in ["name", "oidc", "type"] {
            let mut body = body();
            body.as_object_mut().unwrap().remove(missing);
            assert_eq!(client.post(ALL, &body).status, 400, "{missing}");
        }
        let id = create(client);
        assert_eq!(client.send("PATCH", &format!("{ALL}/{id}"), &body()).status, 404);
        assert_eq!(client.get(&format!("{ALL}/{id}/associations?targets=user")).status, 404);
    });
}

#[test]
fn a_put_without_the_secret_wipes_it() {
    with_client(|client| {
        let target = format!("{ALL}/{}", create(client));
        let mut echo = client.get(&target).json();
        client.world.set("provider-absent-secret", "keep").unwrap();
        assert_eq!((client.put(&target, &echo).status, secret(client).as_str()), (200, "s"));
        client.world.set("provider-absent-secret", "wipe").unwrap();
        assert_eq!((client.put(&target, &echo).status, secret(client).as_str()), (200, ""));
        echo["oidc"]["clientSecret"] = json!("t");
        client.put(&target, &echo);
        assert_eq!(secret(client), "t");
        echo["oidc"].as_object_mut().unwrap().remove("clientSecret");
        client.put(&target, &echo);
        assert_eq!(secret(client), "");
    });
}

#[test]
fn one_that_a_policy_names_is_not_deleted() {
    with_client(|client| {
        let id = create(client);
        let policy = json!({"name": "p", "identityProviderId": id});
        let policy = text(&client.post("/api/v2/identity-provider/policies", &policy).json(), "id");
        assert_eq!(client.delete(&format!("{ALL}/{id}")).status, 409);
        client.world.set("provider-in-use", "dangle").unwrap();
        assert_eq!(client.delete(&format!("{ALL}/{id}")).status, 204);
        let dangling = client.get(&format!("/api/v2/identity-provider/policies/{policy}")).json();
        assert_eq!(dangling["identityProviderId"], json!(id));
        let next = create(client);
        client.put(
            &format!("/api/v2/identity-provider/policies/{policy}"),
            &json!({"name": "p", "identityProviderId": next}),
        );
        client.world.set("provider-in-use", "cascade").unwrap();
        client.delete(&format!("{ALL}/{next}"));
        assert_eq!(client.get(&format!("/api/v2/identity-provider/policies/{policy}")).status, 404);
    });
}

#[test]
fn envelopes_policies_and_slashes_are_settings() {
    with_client(|client| {
        for (name, value) in [
            ("wrap-single", "true"),
            ("provider-created", "false"),
            ("provider-makes-policy", "true"),
            ("provider-url-trimmed", "true"),
        ] {
            client.world.set(name, value).unwrap();
        }
        let mut slash = body();
        slash["oidc"]["url"] = json!("https://oauth.id.jumpcloud.com/");
        let made = client.post(ALL, &slash);
        assert_eq!(made.status, 200);
        assert_eq!(made.json()["identityProvider"]["oidc"]["url"], json!("https://oauth.id.jumpcloud.com"));
        let policies = client.get("/api/v2/identity-provider/policies").json();
        assert_eq!(policies["totalCount"], json!(1));
        assert_eq!(policies["identityProviderPolicies"][0]["enabled"], json!(true));
    });
}
