use serde_json::{Value, json};

use crate::common::{Client, text, with_client};

fn app(client: &mut Client<'_>) -> String {
    let body = json!({"active": true, "name": "oidc", "displayName": "OpenID Connect", "displayLabel": "Beta",
        "description": "d", "config": {}, "sso": {"type": "oidc", "hidden": true}});
    let answer = client.post("/api/applications", &body);
    assert_eq!(answer.status, 200, "{}", answer.json());
    text(&answer.json(), "_id")
}

fn sso() -> Value {
    json!({"type": "oidc", "hidden": true, "oidc": {"consent": "trusted", "redirectUris": ["https://x.example/cb"],
        "grantTypes": ["authorization_code"], "tokenEndpointAuthMethod": "client_secret_post",
        "relyingPartyUrl": "https://x.example", "dynamicClaims": [{"name": "email", "value": "SecondaryEmail"}]}})
}

#[test]
fn an_oidc_app_takes_no_sso_url_and_others_need_one() {
    with_client(|client| {
        let refused = client.post("/api/applications", &json!({"name": "oidc", "ssoUrl": ""}));
        let error = json!({"status": 400, "error": "ssoUrl is not allowed for OIDC apps"});
        assert_eq!((refused.status, refused.json()), (400, error));
        let saml = client.post("/api/applications", &json!({"name": "saml2", "ssoUrl": ""}));
        assert_eq!(saml.json(), json!({"status": 400, "error": "The IdP URL is required"}));
        let id = app(client);
        let read = client.get(&format!("/api/applications/{id}")).json();
        assert_eq!((read.get("ssoUrl"), &read["config"]), (None, &json!({})));
        assert_eq!((&read["name"], &read["displayName"]), (&json!("oidc"), &json!("OpenID Connect")));
    });
}

#[test]
fn a_put_puts_back_to_defaults_what_it_leaves_out() {
    with_client(|client| {
        let id = app(client);
        let target = format!("/api/applications/{id}");
        let replaced = client.put(&target, &json!({"name": "oidc", "displayLabel": "New"})).json();
        assert_eq!((&replaced["active"], &replaced["description"]), (&json!(false), &json!("")));
        assert_eq!((&replaced["sso"]["hidden"], &replaced["displayLabel"]), (&json!(false), &json!("New")));
    });
}

#[test]
fn labels_repeat_and_lists_find_them() {
    with_client(|client| {
        app(client);
        app(client);
        let body = json!({"active": true, "name": "bookmark", "displayLabel": "A", "ssoUrl": "https://x"});
        client.post("/api/applications", &body);
        let list = client.get("/api/applications?filter[0]=displayLabel:$eq:Beta").json();
        assert_eq!(list["totalCount"], json!(2));
        let all = client.get("/api/applications?fields=name").json();
        assert_eq!((&all["results"][0]["name"], all["results"][0].as_object().unwrap().len()), (&json!("bookmark"), 3));
        let templates = client.get("/api/application-templates?filter[0]=name:$eq:oidc").json();
        assert_eq!((&templates["totalCount"], &templates["results"][0]["name"]), (&json!(1), &json!("oidc")));
    });
}

#[test]
fn the_secret_is_shown_once() {
    with_client(|client| {
        let target = format!("/api/v2/applications/{}/sso", app(client));
        let before = client.get(&target);
        assert_eq!((before.status, before.json()), (404, json!({"message": "Not Found: oidc config not found"})));
        assert_eq!(client.put(&target, &sso()).status, 404);
        let made = client.post(&target, &sso()).json();
        assert_eq!(text(&made["oidc"], "clientSecret").len(), 26);
        let read = client.get(&target).json();
        assert_eq!((&read["oidc"]["clientId"], read["oidc"].get("clientSecret")), (&made["oidc"]["clientId"], None));
        assert_eq!((&read["oidc"]["accessTokenLifespan"], &read["oidc"]["consent"]), (&json!("1h"), &json!("trusted")));
        assert_eq!(client.post(&target, &sso()).status, 409);
    });
}

#[test]
fn a_put_of_the_settings_replaces_all_but_id_and_secret() {
    with_client(|client| {
        let id = app(client);
        let target = format!("/api/v2/applications/{id}/sso");
        let made = client.post(&target, &sso()).json();
        let mut body = sso();
        body["oidc"]["dynamicClaims"] = json!([]);
        body["oidc"].as_object_mut().unwrap().remove("consent");
        let put = client.put(&target, &body).json();
        assert_eq!(put["oidc"]["clientId"], made["oidc"]["clientId"]);
        assert_eq!((&put["oidc"]["dynamicClaims"], put["oidc"].get("consent")), (&json!([]), None));
        let app = client.world.app(id.parse().unwrap()).unwrap();
        let secret = app.oidc.as_ref().unwrap().client_secret.as_ref().unwrap().expose();
        assert_eq!(secret, text(&made["oidc"], "clientSecret"));
    });
}

#[test]
fn a_public_client_has_no_secret_and_bad_settings_are_refused() {
    with_client(|client| {
        let mut public = sso();
        public["oidc"]["tokenEndpointAuthMethod"] = json!("none");
        let target = format!("/api/v2/applications/{}/sso", app(client));
        assert_eq!(client.post(&target, &public).json()["oidc"].get("clientSecret"), None);

        let target = format!("/api/v2/applications/{}/sso", app(client));
        for (field, wrong) in [
            ("redirectUris", json!(["not a url"])),
            ("redirectUris", json!([])),
            ("grantTypes", json!(["implicit"])),
            ("tokenEndpointAuthMethod", json!("private_key_jwt")),
            ("relyingPartyUrl", json!("")),
            ("dynamicClaims", json!([{"name": "email"}])),
        ] {
            let mut body = sso();
            body["oidc"][field] = wrong;
            assert_eq!(client.post(&target, &body).status, 400, "{field}");
        }
        assert_eq!(client.get(&target).status, 404, "nothing was made");
        let bookmark = client.post("/api/applications", &json!({"name": "bookmark", "ssoUrl": "https://x"})).json();
        let target = format!("/api/v2/applications/{}/sso", text(&bookmark, "_id"));
        assert_eq!((client.get(&target).status, client.post(&target, &sso()).status), (404, 400));
    });
}

#[test]
fn groups_are_bound_from_either_end() {
    with_client(|client| {
        let id = app(client);
        let group = text(&client.post("/api/v2/usergroups", &json!({"name": "A"})).json(), "id");
        let target = format!("/api/v2/applications/{id}/associations");
        let bind = |op: &str| json!({"op": op, "type": "user_group", "id": group});
        assert_eq!(client.post(&target, &bind("add")).status, 204);
        assert_eq!(client.post(&target, &bind("add")).json(), json!({"message": "Already Exists"}));
        let list = client.get(&format!("{target}?targets=user_group"));
        let to = json!({"attributes": null, "id": group, "type": "user_group"});
        let from = json!({"attributes": null, "id": id, "type": "application"});
        assert_eq!(list.json(), json!([{"attributes": null, "from": from, "to": to}]));
        assert_eq!(list.header("x-total-count"), Some("1"));
        assert_eq!((client.get(&target).status, client.get(&format!("{target}?targets=x")).status), (400, 400));

        let groups = client.get(&format!("/api/v2/applications/{id}/usergroups")).json();
        assert_eq!(groups[0]["compiledAttributes"]["ldapGroups"][0]["name"], json!("A"));
        let other_end = format!("/api/v2/usergroups/{group}/associations");
        assert_eq!(client.get(&format!("{other_end}?targets=application")).json()[0]["to"]["id"], json!(id));
        assert_eq!(client.get(&format!("/api/v2/usergroups/{group}/applications")).json()[0]["id"], json!(id));
        assert_eq!(client.get(&format!("{other_end}?targets=radius_server")).json(), json!([]));
        assert_eq!(client.get(&format!("{other_end}?targets=user")).status, 400);

        let unbind = json!({"op": "remove", "type": "application", "id": id});
        assert_eq!(client.post(&other_end, &unbind).status, 204);
        assert_eq!(client.post(&target, &bind("remove")).json(), json!({"message": "Not Found"}));
        let nobody = json!({"op": "add", "type": "user_group", "id": id});
        assert_eq!(client.post(&target, &nobody).status, 404);
    });
}

#[test]
fn a_deleted_app_is_answered_and_gone() {
    with_client(|client| {
        let id = app(client);
        let target = format!("/api/applications/{id}");
        assert_eq!(client.delete(&target).json()["_id"], json!(id));
        assert_eq!(client.get(&target).json(), json!({"message": "Not Found"}));
        let id = app(client);
        client.world.set("app-delete-empty", "true").unwrap();
        assert_eq!(client.delete(&format!("/api/applications/{id}")).status, 204);
    });
}

#[test]
fn the_description_of_an_oidc_app_is_a_setting() {
    with_client(|client| {
        let id = app(client);
        assert_eq!(client.get(&format!("/api/applications/{id}")).json()["description"], json!("d"));
        client.world.set("oidc-app-description", "drop").unwrap();
        let id = app(client);
        assert_eq!(client.get(&format!("/api/applications/{id}")).json()["description"], json!(""));
        client.world.set("oidc-app-description", "refuse").unwrap();
        assert_eq!(client.post("/api/applications", &json!({"name": "oidc", "description": "d"})).status, 400);
        assert_eq!(
            client
                .post("/api/applications", &json!({"name": "bookmark", "ssoUrl": "x", "description": "d".repeat(257)}))
                .status,
            400
        );
    });
}

#[test]
fn urls_and_grants_are_looked_at() {
    with_client(|client| {
        for uri in ["https://x.example/a b", "https://x.example/#part", "://x", "https://"] {
            let target = format!("/api/v2/applications/{}/sso", app(client));
            let mut body = sso();
            body["oidc"]["redirectUris"] = json!(["https://x.example/cb", uri]);
            assert_eq!(client.post(&target, &body).json(), json!({"message": "invalid redirect URI"}), "{uri}");
        }
        let target = format!("/api/v2/applications/{}/sso", app(client));
        let mut body = sso();
        body["oidc"]["grantTypes"] = json!(["authorization_code", "implicit"]);
        assert_eq!(client.post(&target, &body).status, 400);
        body["oidc"]["grantTypes"] = json!(["authorization_code", "refresh_token"]);
        body["type"] = json!("saml");
        assert_eq!(client.post(&target, &body).status, 400);
        body["type"] = json!("oidc");
        assert_eq!(client.post(&target, &body).status, 200);
        client.world.set("second-settings", "replace").unwrap();
        let first = client.get(&target).json();
        assert_ne!(client.post(&target, &body).json()["oidc"]["clientId"], first["oidc"]["clientId"]);
    });
}

#[test]
fn a_saml_app_keeps_its_config() {
    with_client(|client| {
        let config = json!({"acsUrl": {"value": "https://x"}});
        let body = json!({"active": true, "name": "aws-sso", "ssoUrl": "https://sso.example/aws", "config": config});
        let made = client.post("/api/applications", &body).json();
        assert_eq!((&made["config"], &made["ssoUrl"]), (&config, &json!("https://sso.example/aws")));
        assert_eq!((&made["sso"]["type"], &made["displayLabel"]), (&json!("saml"), &json!("aws-sso")));
        let renamed = json!({"name": "oidc", "displayLabel": "x"});
        assert_eq!(client.put(&format!("/api/applications/{}", text(&made, "_id")), &renamed).status, 400);
    });
}

#[test]
fn users_of_an_app_come_with_the_ways_that_lead_to_them() {
    with_client(|client| {
        let id = app(client);
        let org = client.world.organizations().next().unwrap().id;
        let user = |name: &str| jumpcloud_sim::NewUser {
            email: format!("{name}@acme.com"),
            username: name.into(),
            ..Default::default()
        };
        let ann = client.world.add_user(org, user("ann"));
        let ben = client.world.add_user(org, user("ben"));
        let group = client.world.add_group(org, "A");
        client.world.add_member(group, ben);
        let target = format!("/api/v2/applications/{id}");
        let bind = |kind: &str, id: String| json!({"op": "add", "type": kind, "id": id});
        client.post(&format!("{target}/associations"), &bind("user_group", group.to_string()));
        let through = client.get(&format!("{target}/users")).json();
        assert_eq!((through.as_array().unwrap().len(), &through[0]["id"]), (1, &json!(ben)));
        client.post(&format!("{target}/associations"), &bind("user", ann.to_string()));
        client.post(&format!("{target}/associations"), &bind("user", ben.to_string()));
        let all = client.get(&format!("{target}/users"));
        let ways = |row: &Value| {
            row["paths"].as_array().unwrap().iter().map(|path| path.as_array().unwrap().len()).collect::<Vec<_>>()
        };
        assert_eq!(all.header("x-total-count"), Some("2"));
        assert_eq!((ways(&all.json()[0]), ways(&all.json()[1])), (vec![1], vec![1, 2]));
        let update = json!({"op": "update", "type": "user", "id": ann});
        assert_eq!(client.post(&format!("{target}/associations"), &update).status, 204);
        client.delete(&format!("/api/systemusers/{ben}"));
        assert_eq!(client.get(&format!("{target}/associations?targets=user")).header("x-total-count"), Some("1"));
    });
}

#[test]
fn templates_are_a_list_like_any_other() {
    with_client(|client| {
        let target = "/api/application-templates";
        let all = client.get(&format!("{target}?sort=name")).json();
        let names: Vec<_> = all["results"].as_array().unwrap().iter().map(|row| text(row, "name")).collect();
        assert_eq!((names.is_sorted(), &all["totalCount"]), (true, &json!(names.len())));
        let past = client.get(&format!("{target}?skip=100")).json();
        assert_eq!(past, json!({"results": [], "totalCount": names.len()}));
        let found = client.get(&format!("{target}?filter[0]=name:$eq:oidc&fields=name")).json();
        let id = text(&found["results"][0], "_id");
        assert_eq!(found["results"], json!([{"_id": id, "id": id, "name": "oidc"}]));
        let one = client.get(&format!("{target}/{id}")).json();
        assert_eq!(one["oidc"]["tokenEndpointAuthMethod"], json!("client_secret_post"));
        assert_eq!(client.get(&format!("{target}/{id}?fields=name")).json(), found["results"][0]);
        assert_eq!(client.get(&format!("{target}?filter[0]=name:$sw:o")).status, 400, "it takes a header");
        assert_eq!(client.get(&format!("{target}/nothing")).status, 404);
    });
}
