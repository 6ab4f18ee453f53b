//! The graph from both ends, what rules suggest, and who manages several organisations.

use jumpcloud_sim::{NewUser, Request, fixture};
use serde_json::{Value, json};

use crate::common::{Client, text, with_client};

const RULE: &str = r#"{"queryType": "Search", "searchFilters": "{\"filter\":{\"and\":[\"email:$ew:.beta\"]}}"}"#;

fn user(client: &mut Client<'_>, email: &str) -> String {
    let username = email.replace(['@', '.'], "-");
    let org = client.world.organizations().next().unwrap().id;
    client.world.add_user(org, NewUser { email: email.to_owned(), username, ..NewUser::default() }).to_string()
}

fn group(client: &mut Client<'_>, membership: &str) -> String {
    let rule: Value = serde_json::from_str(RULE).unwrap();
    let body = json!({"name": "A", "membershipMethod": membership, "memberQuery": rule});
    text(&client.post("/api/v2/usergroups", &body).json(), "id")
}

fn members(client: &mut Client<'_>, group: &str) -> Vec<String> {
    let rows = client.get(&format!("/api/v2/usergroups/{group}/members")).json();
    rows.as_array().unwrap().iter().map(|row| text(&row["to"], "id")).collect()
}

fn member(client: &mut Client<'_>, group: &str, op: &str, user: &str) -> u16 {
    let body = json!({"op": op, "type": "user", "id": user});
    client.post(&format!("/api/v2/usergroups/{group}/members"), &body).status
}

#[test]
fn suggestions_do_nothing_until_they_are_accepted() {
    with_client(|client| {
        let (ann, ben) = (user(client, "ann@acme.com.beta"), user(client, "ben@acme.com"));
        let group = group(client, "DYNAMIC_REVIEW_REQUIRED");
        assert_eq!(member(client, &group, "add", &ben), 204, "hands still work");
        let target = format!("/api/v2/usergroups/{group}");
        let list = client.get(&format!("{target}/suggestions"));
        let suggestion = |id: &str, op: &str| json!({"object": {"id": id, "type": "user"}, "op": op});
        assert_eq!(list.json(), json!([suggestion(&ann, "add"), suggestion(&ben, "remove")]));
        assert_eq!(list.header("x-total-count"), Some("2"));
        let counts = |client: &mut Client<'_>| client.get(&target).json()["suggestionCounts"].clone();
        assert_eq!(counts(client), json!({"add": 1, "remove": 1, "total": 2}));
        assert_eq!(members(client, &group), [ben.as_str()]);
        let accepted = client.post(&format!("{target}/suggestions"), &json!({"user_ids": [ann, "nobody"]}));
        assert_eq!(accepted.json(), json!([suggestion(&ann, "add")]));
        assert_eq!(members(client, &group), [ann.as_str(), ben.as_str()]);
        assert_eq!(counts(client), json!({"add": 0, "remove": 1, "total": 1}));
        assert_eq!(client.post(&format!("{target}/suggestions"), &json!({})).json(), json!([]));
        assert_eq!(client.get("/api/v2/usergroups/nothing/suggestions").status, 404);
    });
}

#[test]
fn a_rule_can_be_tried_before_it_is_written() {
    with_client(|client| {
        let ann = user(client, "ann@acme.com.beta");
        user(client, "ben@acme.com");
        let rule: Value = serde_json::from_str(RULE).unwrap();
        let expected = json!({"results": [{"id": ann, "type": "user"}], "totalCount": 1});
        assert_eq!(client.post("/api/v2/search/query", &rule).json(), expected);
        assert_eq!(client.post("/api/v2/search/query", &json!({"memberQuery": rule})).json(), expected);
        let newest = json!({"filters": [{"field": "user.email", "operation": "equals", "value": "ben@acme.com"}]});
        assert_eq!(client.post("/api/v2/search/query", &newest).status, 400, "it takes a header of its own");
        let request = Request::api("POST", "/api/v2/search/query").with_header("x-api-key", client.key);
        let answer = client.world.answer(&request.with_header("x-query-dsl", "v2").with_json(&newest));
        assert_eq!(answer.json()["totalCount"], json!(1));
    });
}

#[test]
fn hands_against_a_rule_do_what_settings_say() {
    with_client(|client| {
        let ann = user(client, "ann@acme.com.beta");
        let group = group(client, "DYNAMIC_AUTOMATED");
        assert_eq!(member(client, &group, "add", &ann), 204, "the default");
        client.world.set("dynamic-member-conflict", "true").unwrap();
        assert_eq!(member(client, &group, "add", &ann), 409);
        client.world.set("dynamic-member-conflict", "false").unwrap();
        assert_eq!(member(client, &group, "remove", &ann), 204);
        assert_eq!(members(client, &group), [ann.as_str()], "the rule wins");
        client.world.set("dynamic-removal-lasts", "true").unwrap();
        assert_eq!(member(client, &group, "remove", &ann), 204);
        assert_eq!(members(client, &group), [""; 0]);
        client.put(&format!("/api/systemusers/{ann}"), &json!({"department": "IT"}));
        assert_eq!(members(client, &group), [ann.as_str()], "until the rule is evaluated again");
        client.world.set("dynamic-removal-lasts", "false").unwrap();
        assert_eq!((member(client, &group, "remove", &ann), members(client, &group).len()), (204, 1));
    });
}

#[test]
fn a_replace_without_a_rule_keeps_it_or_not() {
    with_client(|client| {
        for (resets, method) in [("false", "DYNAMIC_AUTOMATED"), ("true", "STATIC")] {
            client.world.set("group-put-resets-rule", resets).unwrap();
            let group = group(client, "DYNAMIC_AUTOMATED");
            let after = client.put(&format!("/api/v2/usergroups/{group}"), &json!({"name": "B"})).json();
            assert_eq!(
                (&after["membershipMethod"], after["memberQuery"].is_null()),
                (&json!(method), resets == "true")
            );
        }
    });
}

#[test]
fn an_app_is_found_from_its_groups_and_users_and_they_from_it() {
    with_client(|client| {
        let ann = user(client, "ann@acme.com");
        let group = text(&client.post("/api/v2/usergroups", &json!({"name": "A"})).json(), "id");
        let app = json!({"active": true, "name": "oidc", "displayLabel": "Beta", "sso": {"type": "oidc"}});
        let app = text(&client.post("/api/applications", &app).json(), "_id");
        member(client, &group, "add", &ann);
        let bind = json!({"op": "add", "type": "application", "id": app});
        assert_eq!(client.post(&format!("/api/v2/usergroups/{group}/associations"), &bind).status, 204);
        for (target, found) in [
            (format!("applications/{app}/usergroups"), &group),
            (format!("applications/{app}/users"), &ann),
            (format!("usergroups/{group}/applications"), &app),
            (format!("users/{ann}/applications"), &app),
            (format!("users/{ann}/memberof"), &group),
            (format!("usergroups/{group}/membership"), &ann),
        ] {
            let list = client.get(&format!("/api/v2/{target}?limit=1"));
            assert_eq!((&list.json()[0]["id"], list.header("x-total-count")), (&json!(found), Some("1")), "{target}");
            let past = client.get(&format!("/api/v2/{target}?skip=5"));
            assert_eq!((past.json(), past.header("x-total-count")), (json!([]), Some("1")), "{target}");
        }
        let way = client.get(&format!("/api/v2/users/{ann}/applications")).json()[0]["paths"][0].clone();
        assert_eq!((&way[0]["to"]["id"], &way[1]["to"]["id"]), (&json!(group), &json!(app)));
    });
}

#[test]
fn lists_of_what_is_not_simulated_are_empty() {
    with_client(|client| {
        let ann = user(client, "ann@acme.com");
        let group = text(&client.post("/api/v2/usergroups", &json!({"name": "A"})).json(), "id");
        for target in [format!("users/{ann}"), format!("usergroups/{group}")] {
            for list in ["systems", "systemgroups", "directories", "associations?targets=system"] {
                assert_eq!(client.get(&format!("/api/v2/{target}/{list}")).json(), json!([]), "{list}");
            }
            assert_eq!(client.get(&format!("/api/v2/{target}/nothing")).status, 404);
            assert_eq!(client.get(&format!("/api/v2/{target}/associations?targets=command")).status, 400);
            let bind = json!({"op": "add", "type": "system", "id": group});
            assert_eq!(client.post(&format!("/api/v2/{target}/associations"), &bind).status, 404);
        }
        assert_eq!(client.get(&format!("/api/v2/usergroups/{group}/memberof")).json(), json!([]));
    });
}

#[test]
fn groups_of_all_kinds_are_counted_with_and_without_filters() {
    with_client(|client| {
        client.post("/api/v2/usergroups", &json!({"name": "A"}));
        let target = "/api/v2/groups?filter=name:eq:A";
        let list = client.get(target);
        assert_eq!((list.json().as_array().unwrap().len(), list.header("x-total-count")), (1, Some("1")));
        let request = Request::api("GET", target).with_header("x-api-key", client.key);
        let all = client.world.answer(&request.with_header("x-unfiltered-total-count", "1"));
        assert_eq!((all.json(), all.header("x-total-count")), (list.json(), Some("2")), "All Users is there, too");
    });
}

#[test]
fn a_provider_lists_the_organisations_it_manages() {
    let fixture::Pair { mut world, primary, secondary, primary_key, .. } = fixture::pair(1);
    let key = world.add_key(&[primary, secondary]);
    let mut msp = Client { world: &mut world, key: &key };
    let organization = msp.get(&format!("/api/organizations/{primary}")).json();
    let target = format!("/api/v2/providers/{}/organizations", text(&organization, "provider"));
    let list = msp.get(&format!("{target}?sort=-name")).json();
    assert_eq!(list["totalCount"], json!(2));
    let ids: Vec<_> = list["results"].as_array().unwrap().iter().map(|row| text(row, "id")).collect();
    assert!(ids.contains(&primary.to_string()) && ids.contains(&secondary.to_string()));
    assert!(text(&list["results"][0], "name") >= text(&list["results"][1], "name"));
    let page = msp.get(&format!("{target}?limit=1&fields=id")).json();
    assert_eq!((page["results"].as_array().unwrap().len(), &page["results"][0]["name"]), (1, &json!(null)));
    assert_eq!(msp.get(&format!("{target}?filter=name")).status, 400);
    assert_eq!(msp.get("/api/v2/providers/nothing/organizations").status, 404);
    let mut single = Client { world: &mut world, key: &primary_key };
    assert_eq!(single.get(&target).status, 404);
    assert_eq!(single.get(&format!("/api/organizations/{primary}")).json()["provider"], json!(null));
}
