//! Switches whose behaviour has no file of its own here: each of their values, and what it changes.

use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::{Region, Request, Restriction, RestrictionKind, Settings, World, console};
use serde_json::{Value, json};

use crate::common::{Client, text, with_client};

const PROVIDERS: &str = "/api/v2/identity-providers";
const POLICIES: &str = "/api/v2/identity-provider/policies";

fn provider_body() -> Value {
    let oidc = json!({"clientId": "c", "clientSecret": "s", "url": "https://oauth.id.jumpcloud.com"});
    json!({"name": "Acme", "type": "OIDC", "oidc": oidc})
}

fn provider(client: &mut Client<'_>) -> String {
    text(&client.post(PROVIDERS, &provider_body()).json(), "id")
}

fn set(client: &mut Client<'_>, name: &str, value: &str) {
    client.world.set(name, value).unwrap();
}

#[test]
fn a_routing_policy_of_form_b_has_its_groups_in_the_body() {
    with_client(|client| {
        set(client, "policy-form", "b");
        let group = text(&client.post("/api/v2/usergroups", &json!({"name": "Routed"})).json(), "id");
        let id = provider(client);
        let body = json!({"name": "To Acme", "enabled": false, "identityProviderId": id, "userGroups": [group]});
        let made = client.post(POLICIES, &body);
        assert_eq!((made.status, &made.json()["userGroups"]), (201, &json!([group])));
        let target = format!("{POLICIES}/{}", text(&made.json(), "id"));
        let bound = client.get(&format!("{target}/associations?targets=user_group")).json();
        assert_eq!(bound[0]["to"]["id"], json!(group));
        assert_eq!(client.send("PATCH", &target, &body).status, 404);
        let without = json!({"name": "To Acme", "identityProviderId": id});
        assert_eq!(client.put(&target, &without).json()["userGroups"], json!([]), "a full replace leaves nothing");
        let stranger = json!({"name": "x", "identityProviderId": id, "userGroups": ["6516be7eac1f57664752c607"]});
        assert_eq!(client.put(&target, &stranger).status, 404);
        assert_eq!(client.get(POLICIES).json()["totalCount"], json!(1));
    });
}

#[test]
fn a_routing_policy_of_form_c_is_nested_listed_bare_and_patched() {
    with_client(|client| {
        set(client, "policy-form", "c");
        let group = text(&client.post("/api/v2/usergroups", &json!({"name": "Routed"})).json(), "id");
        let id = provider(client);
        let flat = json!({"name": "To Acme", "enabled": false, "identityProviderId": id});
        assert_eq!(client.post(POLICIES, &flat).status, 400, "form A does not say to which provider");
        let targets = json!({"userGroups": {"inclusions": [group]}});
        let body =
            json!({"name": "To Acme", "disabled": true, "effect": {"identityProviderId": id}, "targets": targets});
        let made = client.post(POLICIES, &body);
        assert_eq!((made.status, &made.json()["disabled"]), (201, &json!(true)));
        assert_eq!(made.json()["targets"], targets);
        let list = client.get(POLICIES);
        assert_eq!((list.json()[0]["name"].clone(), list.header("x-total-count")), (json!("To Acme"), Some("1")));
        let target = format!("{POLICIES}/{}", text(&made.json(), "id"));
        assert_eq!(client.put(&target, &body).status, 404);
        let patched = client.send("PATCH", &target, &json!({"disabled": false})).json();
        assert_eq!((&patched["disabled"], &patched["targets"]), (&json!(false), &targets), "the rest stays");
        assert_eq!(client.send("PATCH", &target, &json!({"disabled": "no"})).status, 400);
    });
}

#[test]
fn a_wrapped_list_of_policies_has_one_of_three_keys() {
    with_client(|client| {
        for key in ["identityProviderPolicies", "policies", "results"] {
            set(client, "policy-list-key", key);
            assert_eq!(client.get(POLICIES).json(), json!({key: [], "totalCount": 0}));
        }
    });
}

#[test]
fn making_and_deleting_answer_as_settings_say() {
    with_client(|client| {
        let id = provider(client);
        let body = json!({"name": "p", "identityProviderId": id});
        set(client, "policy-created", "false");
        let made = client.post(POLICIES, &body);
        assert_eq!(made.status, 200);
        client.delete(&format!("{POLICIES}/{}", text(&made.json(), "id")));
        set(client, "provider-delete-empty", "false");
        assert_eq!(client.delete(&format!("{PROVIDERS}/{id}")).status, 200);
    });
}

#[test]
fn what_groups_are_bound_to_may_not_be_deleted() {
    with_client(|client| {
        let group = text(&client.post("/api/v2/usergroups", &json!({"name": "Routed"})).json(), "id");
        let bind = |op: &str| json!({"op": op, "type": "user_group", "id": group});
        let body = json!({"name": "p", "identityProviderId": provider(client)});
        let policy = format!("{POLICIES}/{}", text(&client.post(POLICIES, &body).json(), "id"));
        let app = client.post("/api/applications", &json!({"name": "oidc", "displayLabel": "A", "active": true}));
        let app = text(&app.json(), "_id");
        let bindings = [format!("{policy}/associations"), format!("/api/v2/applications/{app}/associations")];
        bindings.iter().for_each(|target| assert_eq!(client.post(target, &bind("add")).status, 204));
        set(client, "policy-in-use", "refuse");
        set(client, "app-in-use", "refuse");
        assert_eq!(client.delete(&policy).status, 409);
        assert_eq!(client.delete(&format!("/api/applications/{app}")).status, 409);
        bindings.iter().for_each(|target| assert_eq!(client.post(target, &bind("remove")).status, 204));
        assert_eq!(client.delete(&policy).status, 204);
        assert_eq!(client.delete(&format!("/api/applications/{app}")).status, 200);
    });
}

#[test]
fn a_role_may_be_too_low_and_an_endpoint_not_there() {
    with_client(|client| {
        let body = json!({"name": "p", "identityProviderId": provider(client)});
        for (setting, all, body) in [("provider-access", PROVIDERS, provider_body()), ("policy-access", POLICIES, body)]
        {
            for (value, read, write) in [("read-only", 200, 403), ("forbidden", 403, 403), ("absent", 404, 404)] {
                set(client, setting, value);
                assert_eq!(
                    (client.get(all).status, client.post(all, &body).status),
                    (read, write),
                    "{setting} {value}"
                );
            }
        }
    });
}

#[test]
fn a_second_provider_is_refused_with_one_of_three_bodies() {
    with_client(|client| {
        provider(client);
        assert!(client.post(PROVIDERS, &provider_body()).json()["message"].is_string());
        set(client, "second-provider", "rpc");
        assert_eq!(client.post(PROVIDERS, &provider_body()).json()["code"], json!(6));
        set(client, "second-provider", "empty");
        let empty = client.post(PROVIDERS, &provider_body());
        assert_eq!((empty.status, empty.body.len()), (409, 0));
    });
}

#[test]
fn the_url_of_a_provider_may_be_looked_at() {
    with_client(|client| {
        set(client, "provider-url-checked", "true");
        let mut body = provider_body();
        body["oidc"]["url"] = json!("https://elsewhere.example");
        assert_eq!(client.post(PROVIDERS, &body).status, 400);
        assert_eq!(client.post(PROVIDERS, &provider_body()).status, 201);
    });
}

#[test]
fn a_put_with_a_secret_replaces_keeps_or_wipes_it() {
    with_client(|client| {
        let target = format!("{PROVIDERS}/{}", provider(client));
        let mut body = provider_body();
        body["oidc"]["clientSecret"] = json!("t");
        for (value, secret) in [("keep", "s"), ("replace", "t"), ("wipe", "")] {
            set(client, "provider-sent-secret", value);
            assert_eq!(client.put(&target, &body).status, 200);
            let org = client.world.organizations().next().unwrap().id;
            assert_eq!(client.world.provider(org).unwrap().client_secret.expose(), secret, "{value}");
        }
    });
}

#[test]
fn what_replaces_an_object_may_have_to_come_in_an_envelope() {
    with_client(|client| {
        let id = provider(client);
        let target = format!("{PROVIDERS}/{id}");
        set(client, "wrapped-writes", "true");
        assert_eq!(client.put(&target, &provider_body()).status, 400);
        assert_eq!(client.put(&target, &json!({"identityProvider": provider_body()})).status, 200);
        let body = json!({"name": "p", "identityProviderId": id});
        let policy = format!("{POLICIES}/{}", text(&client.post(POLICIES, &body).json(), "id"));
        assert_eq!(client.put(&policy, &body).status, 400);
        assert_eq!(client.put(&policy, &json!({"identityProviderPolicy": body})).status, 200);
    });
}

#[test]
fn every_object_of_an_answer_may_have_a_key_that_nobody_knows() {
    with_client(|client| {
        set(client, "extra-fields", "true");
        let list = client.get("/api/v2/usergroups").json();
        assert!(list[0]["simUnknown"].is_object() && list[0]["name"] == "All Users", "{list}");
        let organizations = client.get("/api/systemusers").json();
        assert!(organizations["simUnknown"].is_object() && organizations["totalCount"] == 0);
    });
}

#[test]
fn a_list_may_link_to_its_next_page() {
    with_client(|client| {
        client.post("/api/v2/usergroups", &json!({"name": "B"}));
        let target = "/api/v2/usergroups?sort=name&limit=1";
        assert_eq!(client.get(target).header("link"), None);
        set(client, "link-header", "true");
        let first = client.get(target);
        let next = "/api/v2/usergroups?sort=name&limit=1&skip=1";
        assert_eq!(first.header("link"), Some(format!("<{next}>; rel=\"next\"").as_str()));
        assert_eq!(client.get(next).header("link"), None, "that is the last");
    });
}

#[test]
fn a_rule_may_be_answered_in_another_spelling() {
    with_client(|client| {
        set(client, "rule-rewritten", "true");
        let search = r#"{"filter":{"and":["email:$ew:.beta"]}}"#;
        let rules = [
            json!({"queryType": "Search", "searchFilters": search}),
            json!({"queryType": "Filter", "filters": ["company:$eq:A", "department:$eq:B"]}),
        ];
        let answered = rules.map(|rule| {
            let body = json!({"name": "G", "membershipMethod": "DYNAMIC_AUTOMATED", "memberQuery": rule});
            client.post("/api/v2/usergroups", &body).json()["memberQuery"].clone()
        });
        assert_eq!(answered[1]["filters"], json!(["department:$eq:B", "company:$eq:A"]));
        let text = answered[0]["searchFilters"].as_str().unwrap();
        assert_ne!(text, search);
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), serde_json::from_str::<Value>(search).unwrap());
    });
}

#[test]
fn a_search_for_an_end_may_take_nobody_or_be_refused() {
    with_client(|client| {
        let rule = json!({"queryType": "Search", "searchFilters": r#"{"filter":{"and":["email:$ew:.beta"]}}"#});
        let user = json!({"email": "ann@acme.com.beta", "username": "ann", "state": "STAGED"});
        assert_eq!(client.post("/api/systemusers", &user).status, 200);
        let mut taken = |value: &str, name: &str| {
            set(client, "search-ends-with", value);
            let body = json!({"name": name, "membershipMethod": "DYNAMIC_AUTOMATED", "memberQuery": rule});
            let made = client.post("/api/v2/usergroups", &body);
            let id = made.json()["id"].as_str().map(str::to_owned)?;
            let members = client.get(&format!("/api/v2/usergroups/{id}/members?limit=100")).json();
            Some(members.as_array().map(Vec::len))
        };
        assert_eq!(taken("takes", "A"), Some(Some(1)));
        assert_eq!(taken("nobody", "B"), Some(Some(0)));
        assert_eq!(taken("refuse", "C"), None);
    });
}

#[test]
fn a_claim_that_is_spelt_otherwise_than_its_attribute_may_be_refused() {
    with_client(|client| {
        let attributes = json!([{"name": "Alias", "value": "ann@beta.com"}]);
        let user = json!({"email": "ann@acme.com", "username": "ann", "state": "STAGED", "attributes": attributes});
        assert_eq!(client.post("/api/systemusers", &user).status, 200);
        let app = client.post("/api/applications", &json!({"name": "oidc", "displayLabel": "A", "active": true}));
        let target = format!("/api/v2/applications/{}/sso", text(&app.json(), "_id"));
        let body = |source: &str| {
            let claims = json!([{"name": "email", "value": source}]);
            let oidc = json!({"redirectUris": ["https://x.example/cb"], "relyingPartyUrl": "https://x.example",
                "dynamicClaims": claims});
            json!({"type": "oidc", "oidc": oidc})
        };
        assert_eq!(client.post(&target, &body("attributes.Alias")).status, 200);
        set(client, "attribute-source-checked", "true");
        for (source, right, wrong) in [("bare", "Alias", "attributes.Alias"), ("prefixed", "attributes.Alias", "Alias")]
        {
            set(client, "attribute-source", source);
            assert_eq!(client.put(&target, &body(wrong)).status, 400, "{source}");
            assert_eq!(client.put(&target, &body(right)).status, 200, "{source}");
        }
    });
}

#[test]
fn keys_of_oidc_settings_that_nobody_knows_stay_go_or_are_refused() {
    with_client(|client| {
        let app = client.post("/api/applications", &json!({"name": "oidc", "displayLabel": "A", "active": true}));
        let target = format!("/api/v2/applications/{}/sso", text(&app.json(), "_id"));
        let oidc = json!({"redirectUris": ["https://x.example/cb"], "relyingPartyUrl": "https://x.example",
            "consent": "trusted", "colour": "red"});
        let body = json!({"type": "oidc", "oidc": oidc});
        assert_eq!(client.post(&target, &body).json()["oidc"]["colour"], json!("red"));
        set(client, "oidc-unknown-fields", "drop");
        let put = client.put(&target, &body).json();
        assert_eq!((&put["oidc"]["consent"], put["oidc"].get("colour")), (&json!("trusted"), None));
        set(client, "oidc-unknown-fields", "refuse");
        assert_eq!(client.put(&target, &body).status, 400);
    });
}

fn user(client: &mut Client<'_>, email: &str, name: &str) -> (u16, Value) {
    let body = json!({"email": email, "username": name, "state": "STAGED"});
    let made = client.post("/api/systemusers", &body);
    (made.status, made.json())
}

#[test]
fn an_address_is_unique_in_one_organisation_or_in_all() {
    let Pair { mut world, primary_key, secondary_key, .. } = fixture::pair(1);
    let make = |world: &mut World, key: &str, name: &str| user(&mut Client { world, key }, "ann@acme.com", name).0;
    assert_eq!(make(&mut world, &primary_key, "ann"), 200);
    assert_eq!(make(&mut world, &primary_key, "ann2"), 400);
    world.set("email-unique-everywhere", "true").unwrap();
    assert_eq!(make(&mut world, &secondary_key, "ann"), 400);
    world.set("email-unique-everywhere", "false").unwrap();
    assert_eq!(make(&mut world, &secondary_key, "ann"), 200);
}

#[test]
fn an_address_is_stored_in_lower_case_or_as_it_came() {
    with_client(|client| {
        assert_eq!(user(client, "Ann@Acme.com", "a").1["email"], json!("ann@acme.com"));
        set(client, "lowercase-email", "false");
        assert_eq!(user(client, "Ben@Acme.com", "b").1["email"], json!("Ben@Acme.com"));
    });
}

#[test]
fn binding_what_is_bound_conflicts_or_does_nothing() {
    with_client(|client| {
        let group = text(&client.post("/api/v2/usergroups", &json!({"name": "Routed"})).json(), "id");
        let app = client.post("/api/applications", &json!({"name": "oidc", "displayLabel": "A", "active": true}));
        let target = format!("/api/v2/applications/{}/associations", text(&app.json(), "_id"));
        let bind = json!({"op": "add", "type": "user_group", "id": group});
        let statuses = [client.post(&target, &bind).status, client.post(&target, &bind).status];
        set(client, "association-conflict", "false");
        assert_eq!((statuses, client.post(&target, &bind).status), ([204, 409], 204));
    });
}

#[test]
fn the_largest_page_of_a_list_is_a_setting() {
    with_client(|client| {
        client.post("/api/v2/usergroups", &json!({"name": "B"}));
        set(client, "page-max", "1");
        assert_eq!(client.get("/api/v2/usergroups?limit=100").json().as_array().unwrap().len(), 1);
    });
}

#[test]
fn a_username_stays_or_can_be_written() {
    with_client(|client| {
        let target = format!("/api/systemusers/{}", text(&user(client, "ann@acme.com", "ann").1, "_id"));
        user(client, "ben@acme.com", "ben");
        assert_eq!(client.put(&target, &json!({"username": "anna"})).status, 400);
        set(client, "username-fixed", "false");
        assert_eq!(client.put(&target, &json!({"username": "anna"})).json()["username"], json!("anna"));
        assert_eq!(client.put(&target, &json!({"username": "ben"})).status, 400);
        assert_eq!(user(client, "a@acme.com", "ann").0, 200, "the name is free again");
    });
}

#[test]
fn activating_again_writes_the_mail_again_or_not() {
    with_client(|client| {
        let id = text(&user(client, "ann@acme.com", "ann").1, "_id");
        let mails = |client: &mut Client<'_>| {
            client.post(&format!("/api/systemusers/{id}/state/activate"), &json!({}));
            client.world.outbox().len()
        };
        assert_eq!([mails(client), mails(client)], [1, 2]);
        set(client, "activate-again-mails", "false");
        assert_eq!(mails(client), 2);
    });
}

#[test]
fn a_plus_in_an_address_may_be_refused() {
    with_client(|client| {
        assert_eq!(user(client, "ann+a@acme.com", "a").0, 200);
        set(client, "plus-address", "false");
        assert_eq!(user(client, "ann+b@acme.com", "b").0, 400);
    });
}

#[test]
fn a_federated_authority_may_have_to_come_without_an_id() {
    with_client(|client| {
        let target = format!("/api/systemusers/{}", text(&user(client, "ann@acme.com", "ann").1, "_id"));
        let entry =
            json!({"field": "password", "type": "federated_identity_provider", "id": "6516be7eac1f57664752c607"});
        let body = json!({"restrictedFields": [entry]});
        assert_eq!(client.put(&target, &body).status, 200);
        set(client, "authority-with-id", "false");
        assert_eq!(client.put(&target, &body).status, 400);
    });
}

#[test]
fn a_password_that_a_directory_owns_may_be_kept_from_others() {
    with_client(|client| {
        let id = text(&user(client, "ann@acme.com", "ann").1, "_id");
        let target = format!("/api/systemusers/{id}");
        let directory = Restriction { field: "password".into(), kind: RestrictionKind::ActiveDirectory, id: None };
        let owned = |client: &mut Client<'_>| {
            console::set_restrictions(client.world, id.parse().unwrap(), vec![directory.clone()]);
        };
        owned(client);
        let federated = json!({"field": "password", "type": "federated_identity_provider"});
        let body = json!({"restrictedFields": [federated]});
        set(client, "authority-takeover", "false");
        assert_eq!(client.put(&target, &body).status, 400);
        assert_eq!(client.put(&target, &json!({"lastname": "A"})).status, 200, "the rest is nobody's");
        let kept = json!({"restrictedFields": [{"field": "password", "type": "active_directory"}]});
        assert_eq!(client.put(&target, &kept).status, 200);
        set(client, "authority-takeover", "true");
        assert_eq!(client.put(&target, &body).status, 200);
    });
}

#[test]
fn activating_without_a_mail_is_silent_loud_or_refused() {
    with_client(|client| {
        let mut activate = |name: &str, value: &str| {
            set(client, "activate-silently", value);
            let id = text(&user(client, &format!("{name}@acme.com"), name).1, "_id");
            let answer = client.post(&format!("/api/systemusers/{id}/state/activate"), &json!({"email": false}));
            (answer.status, client.world.outbox().len())
        };
        assert_eq!(activate("a", "silent"), (200, 0));
        assert_eq!(activate("b", "refuse"), (400, 0));
        assert_eq!(activate("c", "mails"), (200, 1));
    });
}

#[test]
fn a_key_of_several_organisations_that_names_none_is_refused_or_means_the_first() {
    let Pair { mut world, primary, secondary, .. } = fixture::pair(1);
    let key = world.add_key(&[primary, secondary]);
    let settings = Request::api("GET", "/api/settings").with_header("x-api-key", &key);
    assert_eq!(world.answer(&settings).status, 401);
    world.set("org-header-missing", "first").unwrap();
    assert_eq!(world.answer(&settings).json()["ORG_ID"], json!(primary));
}

#[test]
fn the_callback_of_another_region_has_its_host_or_not() {
    let mut world = World::new(1);
    let hosts = [(Region::Us, "login"), (Region::Eu, "login.eu"), (Region::In, "login.in")];
    for (region, host) in hosts {
        let org = world.add_organization("Acme", region);
        world.set("regional-callback", "true").unwrap();
        assert_eq!(world.callback_of(org), format!("https://{host}.jumpcloud.com/oauth/callback"));
        world.set("regional-callback", "false").unwrap();
        assert_eq!(world.callback_of(org), "https://login.jumpcloud.com/oauth/callback");
    }
}

/// Bodies in which nothing is as it should be.
fn odd_bodies(provider: &str) -> Vec<Value> {
    let odd = [json!(null), json!(5), json!("x"), json!([1, {}]), json!({"a": {"b": null}})];
    let keys = [
        "effect",
        "targets",
        "userGroups",
        "memberQuery",
        "oidc",
        "identityProvider",
        "identityProviderPolicy",
        "restrictedFields",
        "attributes",
        "email",
        "disabled",
        "enabled",
    ];
    let body = |odd: &Value| {
        let mut body = json!({"name": "oidc", "type": "oidc", "identityProviderId": provider});
        keys.iter().for_each(|key| body[*key] = odd.clone());
        body
    };
    let one = |key: &&str| {
        let mut body =
            json!({"name": "n", "effect": {"identityProviderId": provider}, "email": "a@b.cc", "username": "u"});
        body[*key] = json!([{"x": 1}, "y", 2]);
        body
    };
    odd.iter().map(body).chain(keys.iter().map(one)).chain([json!(null)]).collect()
}

#[test]
fn whatever_a_switch_says_a_world_answers() {
    for setting in Settings::default().describe() {
        let values = if setting.values.is_empty() { &["0", "1", "18446744073709551615"] } else { setting.values };
        for value in values.iter().filter(|value| **value != setting.value) {
            with_client(|client| {
                set(client, setting.name, value);
                answers_everything(client);
            });
        }
    }
}

/// Sends odd bodies wherever a switch may be looked at; what matters is that there is an answer.
fn answers_everything(client: &mut Client<'_>) {
    let mut id = |path: &str, body: &Value| {
        let made = client.post(path, body).json();
        let id = made.get("_id").or_else(|| made.get("id")).and_then(Value::as_str);
        id.unwrap_or("x").to_owned()
    };
    let provider = id(PROVIDERS, &provider_body());
    let policy = id(POLICIES, &json!({"name": "p", "identityProviderId": provider}));
    let user = id("/api/systemusers", &json!({"email": "ann@acme.com", "username": "ann", "state": "STAGED"}));
    let group = id("/api/v2/usergroups", &json!({"name": "g"}));
    let paths = [
        "/api/systemusers".to_owned(),
        format!("/api/systemusers/{user}"),
        format!("/api/systemusers/{user}/state/activate"),
        format!("/api/v2/usergroups/{group}"),
        "/api/applications".to_owned(),
        format!("{PROVIDERS}/{provider}"),
        format!("{POLICIES}/{policy}"),
        format!("{POLICIES}?skip=1"),
    ];
    for path in &paths {
        for body in odd_bodies(&provider) {
            for method in ["POST", "PUT", "PATCH"] {
                assert!(client.send(method, path, &body).status >= 200);
            }
        }
        assert!(client.get(path).status >= 200 && client.delete(path).status >= 200);
    }
}

/// The text of every test of this crate, one by one.
fn tests() -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("tests"), root.join("src")];
    let mut tests = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(path).unwrap();
                tests.extend(text.split("test]\n").skip(1).map(str::to_owned));
            }
        }
    }
    tests
}

#[test]
fn every_value_of_every_switch_is_tried_by_a_test() {
    let tests = tests();
    let mut missing = Vec::new();
    for setting in Settings::default().describe() {
        let naming: Vec<&String> =
            tests.iter().filter(|test| test.contains(&format!("\"{}\"", setting.name))).collect();
        let tried = |value: &str| naming.iter().any(|test| test.contains(&format!("\"{value}\"")));
        let others = setting.values.iter().filter(|value| **value != setting.value && !tried(value));
        missing.extend(others.map(|value| format!("{}={value}", setting.name)));
        if setting.values.is_empty() && naming.is_empty() {
            missing.push(setting.name.to_owned());
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}
