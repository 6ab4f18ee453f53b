use jumpcloud_sim::{NewUser, Request, TextField, UserId};
use serde_json::{Value, json};

use crate::common::{Client, text, with_client, writable};

fn user(client: &mut Client<'_>, name: &str, department: &str) -> UserId {
    let org = client.world.organizations().next().unwrap().id;
    let new = NewUser {
        email: format!("{name}@acme.com"),
        username: name.to_owned(),
        texts: vec![(TextField::Department, department.to_owned())],
        ..NewUser::default()
    };
    client.world.add_user(org, new)
}

fn group(client: &mut Client<'_>, body: &Value) -> String {
    let answer = client.post("/api/v2/usergroups", body);
    assert_eq!(answer.status, 201, "{}", answer.json());
    text(&answer.json(), "id")
}

fn members(client: &mut Client<'_>, group: &str) -> Vec<String> {
    let list = client.get(&format!("/api/v2/usergroups/{group}/members?limit=100")).json();
    list.as_array().unwrap().iter().map(|member| text(&member["to"], "id")).collect()
}

fn change(client: &mut Client<'_>, group: &str, op: &str, user: &str) -> (u16, Value) {
    let answer =
        client.post(&format!("/api/v2/usergroups/{group}/members"), &json!({"op": op, "type": "user", "id": user}));
    (answer.status, answer.json())
}

#[test]
fn a_new_organisation_has_a_group_of_all_users() {
    with_client(|client| {
        let answer = client.get("/api/v2/usergroups");
        let list = answer.json();
        assert_eq!(answer.header("x-total-count"), Some("1"));
        assert_eq!((&list[0]["name"], &list[0]["attributes"]), (&json!("All Users"), &json!(null)));
        let past = client.get("/api/v2/usergroups?skip=10");
        assert_eq!((past.json(), past.header("x-total-count")), (json!([]), Some("1")));
    });
}

#[test]
fn the_list_does_not_say_how_groups_come_by_their_members() {
    with_client(|client| {
        let id = group(client, &json!({"name": "Contractors", "description": "d"}));
        let row = client.get("/api/v2/usergroups?filter=name:eq:Contractors").json()[0].clone();
        assert!(row.get("membershipMethod").is_none() && row.get("memberQuery").is_none());
        let whole = client.get(&format!("/api/v2/usergroups/{id}")).json();
        assert_eq!((&whole["membershipMethod"], &whole["type"]), (&json!("STATIC"), &json!("user_group")));
        assert_eq!(whole["attributes"], json!({"ldapGroups": [{"name": "Contractors"}]}));
    });
}

#[test]
fn lists_take_commas() {
    with_client(|client| {
        for name in ["b", "a", "c"] {
            group(client, &json!({"name": name}));
        }
        let list = client.get("/api/v2/usergroups?fields=name,email&sort=-name&limit=2").json();
        assert_eq!((&list[0]["name"], &list[1]["name"]), (&json!("c"), &json!("b")));
        assert_eq!(list[0].as_object().unwrap().len(), 3);
        assert_eq!(client.get("/api/v2/usergroups?filter=name:eq:a,b").status, 400);
        let spaces = client.get("/api/v2/usergroups?fields=name%20email").json();
        assert!(spaces[0].get("description").is_some(), "the wrong separator is ignored");
    });
}

#[test]
fn a_put_replaces_the_whole_group() {
    with_client(|client| {
        let id = group(client, &json!({"name": "A", "description": "old", "email": "a@acme.com"}));
        let target = format!("/api/v2/usergroups/{id}");
        assert_eq!(client.put(&target, &json!({"description": "x"})).status, 400, "the name is required");
        let kept = json!({"name": "B", "attributes": {"ldapGroups": [{"name": "A"}]}});
        let replaced = client.put(&target, &kept).json();
        assert_eq!((&replaced["description"], &replaced["email"]), (&json!(""), &json!("")));
        assert_eq!(replaced["attributes"]["ldapGroups"], json!([{"name": "A"}]), "kept on rename");
        let anew = client.put(&target, &json!({"name": "B"})).json();
        assert_eq!(anew["attributes"]["ldapGroups"], json!([{"name": "B"}]), "made again when left out");

        let posix = |id: u32| json!({"name": "B", "attributes": {"posixGroups": [{"id": id, "name": "b"}]}});
        assert_eq!(client.put(&target, &posix(1)).status, 200);
        let changed = client.put(&target, &posix(2));
        assert_eq!(changed.json(), json!({"message": "existing attribute posixGroups may not be changed"}));
    });
}

#[test]
fn names_may_repeat_unless_a_setting_says_otherwise() {
    with_client(|client| {
        group(client, &json!({"name": "A"}));
        group(client, &json!({"name": "A"}));
        client.world.set("duplicate-group", "conflict").unwrap();
        assert_eq!(client.post("/api/v2/usergroups", &json!({"name": "A"})).status, 409);
    });
}

#[test]
fn members_have_exact_answers() {
    with_client(|client| {
        let id = group(client, &json!({"name": "A"}));
        let ann = user(client, "ann", "IT").to_string();
        let unknown = "6516be7eac1f57664752c607";
        assert_eq!(change(client, &id, "add", &ann), (204, Value::Null));
        assert_eq!(change(client, &id, "add", &ann), (409, json!({"message": "Already Exists"})));
        assert_eq!(change(client, &id, "add", unknown), (404, json!({"message": "Not Found"})));
        let no_group = json!({"error": "INVALID_ARGUMENT", "message": "user_group not found"});
        assert_eq!(change(client, unknown, "add", &ann), (400, no_group));
        assert_eq!(members(client, &id), [ann.as_str()]);
        assert_eq!(change(client, &id, "remove", &ann), (204, Value::Null));
        assert_eq!(change(client, &id, "remove", &ann), (404, json!({"message": "Not Found"})));
        assert_eq!(client.get(&format!("/api/v2/usergroups/{unknown}/members")).status, 404);
        client.world.set("member-conflict", "false").unwrap();
        change(client, &id, "add", &ann);
        assert_eq!(change(client, &id, "add", &ann).0, 204);
    });
}

#[test]
fn the_groups_of_a_user_have_paths_of_one_step() {
    with_client(|client| {
        let id = group(client, &json!({"name": "A"}));
        let ann = user(client, "ann", "IT").to_string();
        change(client, &id, "add", &ann);
        let list = client.get(&format!("/api/v2/users/{ann}/memberof")).json();
        assert_eq!((&list[0]["id"], &list[0]["type"]), (&json!(id), &json!("user_group")));
        assert_eq!(list[0]["paths"][0].as_array().unwrap().len(), 1);
        assert_eq!(list[0]["compiledAttributes"], json!({"ldapGroups": [{"name": "A"}]}));
        let of_nobody = client.get("/api/v2/users/6516be7eac1f57664752c607/memberof");
        assert_eq!((of_nobody.status, of_nobody.json()), (200, json!([])));

        let membership = client.get(&format!("/api/v2/usergroups/{id}/membership")).json();
        assert_eq!((&membership[0]["id"], &membership[0]["type"]), (&json!(ann), &json!("user")));
        let filtered = client.get(&format!("/api/v2/usergroups/{id}/membership?filter=object_id:eq:{id}"));
        assert_eq!(filtered.json(), json!([]));
    });
}

#[test]
fn the_newest_rules_need_a_header_of_their_own() {
    with_client(|client| {
        let ann = user(client, "ann", "IT");
        user(client, "ben", "HR");
        let rule = json!({"filters": [{"field": "user.user_department", "operation": "equals", "value": "IT"}]});
        let body = json!({"name": "A", "membershipMethod": "DYNAMIC_AUTOMATED", "memberQuery": rule});
        let refused = client.post("/api/v2/usergroups", &body);
        assert_eq!((refused.status, refused.json()), (400, json!({"message": "memberQuery.queryType is required"})));
        let request = Request::api("POST", "/api/v2/usergroups")
            .with_header("x-api-key", client.key)
            .with_header("x-query-dsl", "v2")
            .with_json(&body);
        let made = client.world.answer(&request).json();
        let id = text(&made, "id");
        assert_eq!(made["memberQuery"], rule);
        assert_eq!(members(client, &id), [ann.to_string()]);
        let echoed = client.put(&format!("/api/v2/usergroups/{id}"), &writable(made));
        let refusal = json!({"message": "memberQuery.queryType is required"});
        assert_eq!(echoed.json(), refusal, "also for a rule that is only echoed");
    });
}

fn dynamic(client: &mut Client<'_>) -> String {
    let filters = r#"{"filter":{"and":["email:$ew:@acme.com","department:$eq:IT"]}}"#;
    let rule = json!({"queryType": "Search", "searchFilters": filters});
    group(client, &json!({"name": "IT", "membershipMethod": "DYNAMIC_AUTOMATED", "memberQuery": rule}))
}

#[test]
fn a_rule_follows_its_users() {
    with_client(|client| {
        let ann = user(client, "ann", "IT");
        let id = dynamic(client);
        let ben = user(client, "ben", "HR").to_string();
        assert_eq!(members(client, &id), [ann.to_string()]);
        client.put(&format!("/api/systemusers/{ben}"), &json!({"department": "IT"}));
        assert_eq!(members(client, &id), [ann.to_string(), ben.clone()]);
        client.put(&format!("/api/systemusers/{ann}"), &json!({"department": "HR"}));
        client.delete(&format!("/api/systemusers/{ben}"));
        assert_eq!(members(client, &id), [""; 0]);
    });
}

#[test]
fn a_rule_can_lag_behind() {
    with_client(|client| {
        let ann = user(client, "ann", "IT");
        client.world.set("dynamic-delay-ms", "5000").unwrap();
        let id = dynamic(client);
        assert_eq!(members(client, &id), [""; 0]);
        client.world.advance(5000);
        assert_eq!(members(client, &id), [ann.to_string()]);
    });
}

#[test]
fn the_rule_wins_over_hands_but_for_exemptions() {
    with_client(|client| {
        let ann = user(client, "ann", "IT").to_string();
        let ben = user(client, "ben", "HR").to_string();
        let id = dynamic(client);
        assert_eq!(change(client, &id, "add", &ben), (204, Value::Null), "silently ignored");
        assert_eq!(change(client, &id, "remove", &ann), (204, Value::Null));
        assert_eq!(members(client, &id), [ann.as_str()]);

        let target = format!("/api/v2/usergroups/{id}");
        let mut whole = writable(client.get(&target).json());
        whole["memberQueryExemptions"] = json!([{"id": ben, "type": "user"}]);
        let refused = client.put(&target, &whole);
        assert_eq!(refused.json(), json!({"message": "member query exemptions must be of type user"}));
        whole["memberQueryExemptions"] = json!([{"id": ben, "type": "USER"}]);
        let exempted = client.put(&target, &whole).json();
        assert!(exempted["memberQueryExemptions"][0].get("organizationId").is_some());
        assert_eq!(change(client, &id, "add", &ben), (204, Value::Null));
        assert_eq!(members(client, &id), [ann, ben]);
        whole["memberQueryExemptions"] = json!([{"id": id, "type": "USER"}]);
        assert_eq!(client.put(&target, &whole).status, 404);
    });
}

#[test]
fn a_group_that_turns_static_keeps_rule_and_members() {
    with_client(|client| {
        let ann = user(client, "ann", "IT").to_string();
        let id = dynamic(client);
        let target = format!("/api/v2/usergroups/{id}");
        let whole = client.put(&target, &json!({"name": "IT", "membershipMethod": "STATIC"})).json();
        assert_eq!(whole["memberQuery"]["queryType"], json!("Search"));
        assert_eq!(members(client, &id), [ann.as_str()]);
        assert_eq!(change(client, &id, "remove", &ann).0, 204);
        let cleared =
            json!({"name": "IT", "membershipMethod": "STATIC", "memberQuery": null, "memberQueryExemptions": []});
        assert_eq!(client.put(&target, &cleared).json()["memberQuery"], json!(null));
    });
}

#[test]
fn ends_with_in_the_newest_form_is_a_setting() {
    with_client(|client| {
        let ann = user(client, "ann", "IT").to_string();
        let mut found = |setting: &str, operation: &str| {
            client.world.set("ends-with", setting).unwrap();
            let rule = json!({"filters": [{"field": "user.email", "operation": operation, "value": "@acme.com"}]});
            let body = json!({"name": "A", "membershipMethod": "DYNAMIC_AUTOMATED", "memberQuery": rule});
            let request = Request::api("POST", "/api/v2/usergroups")
                .with_header("x-api-key", client.key)
                .with_header("x-query-dsl", "v2")
                .with_json(&body);
            let id = text(&client.world.answer(&request).json(), "id");
            members(client, &id)
        };
        for name in ["ends_with", "endsWith", "ends with"] {
            assert_eq!(found("none", name), Vec::<String>::new());
            assert_eq!(found(name, name), std::slice::from_ref(&ann));
        }
    });
}

#[test]
fn a_deleted_group_takes_its_bindings_along() {
    with_client(|client| {
        let id = group(client, &json!({"name": "A"}));
        let ann = user(client, "ann", "IT").to_string();
        change(client, &id, "add", &ann);
        let app = client
            .post("/api/applications", &json!({"active": true, "name": "bookmark", "ssoUrl": "https://x"}))
            .json();
        let app = text(&app, "_id");
        let bind = json!({"op": "add", "type": "application", "id": app});
        assert_eq!(client.post(&format!("/api/v2/usergroups/{id}/associations"), &bind).status, 204);
        let of_user = client.get(&format!("/api/v2/users/{ann}/applications")).json();
        assert_eq!(of_user[0]["paths"][0].as_array().unwrap().len(), 2, "through the group");
        assert_eq!(client.delete(&format!("/api/v2/usergroups/{id}")).status, 204);
        assert_eq!(
            client.get(&format!("/api/v2/applications/{app}/associations?targets=user_group")).json(),
            json!([])
        );
        assert_eq!(client.get(&format!("/api/v2/users/{ann}/memberof")).json(), json!([]));
        assert_eq!(client.delete(&format!("/api/v2/usergroups/{id}")).status, 404);
    });
}

#[test]
fn only_the_same_name_is_a_duplicate() {
    with_client(|client| {
        group(client, &json!({"name": "A"}));
        client.world.set("duplicate-group", "bad-request").unwrap();
        group(client, &json!({"name": "B"}));
        assert_eq!(client.post("/api/v2/usergroups", &json!({"name": "B"})).status, 400);
        client.world.set("group-delete-empty", "false").unwrap();
        let id = group(client, &json!({"name": "C"}));
        assert_eq!(client.delete(&format!("/api/v2/usergroups/{id}")).json()["name"], json!("C"));
    });
}

#[test]
fn bad_operations_and_methods_are_refused() {
    with_client(|client| {
        let ann = user(client, "ann", "IT").to_string();
        let id = group(client, &json!({"name": "A"}));
        assert_eq!(change(client, &id, "explode", &ann).0, 400);
        assert_eq!(change(client, &id, "update", &ann).0, 204);
        let system = json!({"op": "add", "type": "system", "id": ann});
        assert_eq!(client.post(&format!("/api/v2/usergroups/{id}/members"), &system).status, 400);
        let magic = json!({"name": "B", "membershipMethod": "MAGIC"});
        assert_eq!(client.post("/api/v2/usergroups", &magic).status, 400);
        assert_eq!(client.post("/api/v2/usergroups", &json!({"name": ""})).status, 400);
        assert_eq!(client.post("/api/v2/usergroups", &json!(["A"])).status, 400);
    });
}

#[test]
fn members_come_in_pages_in_the_order_of_their_ids() {
    with_client(|client| {
        let id = group(client, &json!({"name": "A"}));
        let all: Vec<String> = (0..25).map(|number| user(client, &format!("p{number}"), "IT").to_string()).collect();
        for user in all.iter().rev() {
            assert_eq!(change(client, &id, "add", user).0, 204);
        }
        let page = client.get(&format!("/api/v2/usergroups/{id}/members?limit=10&skip=20"));
        let ids: Vec<String> = page.json().as_array().unwrap().iter().map(|row| text(&row["to"], "id")).collect();
        assert_eq!((ids.as_slice(), page.header("x-total-count")), (&all[20..], Some("25")));
        let membership = client.get(&format!("/api/v2/usergroups/{id}/membership?limit=10&skip=20"));
        assert_eq!(membership.json().as_array().unwrap().len(), 5);
        assert_eq!(membership.header("x-total-count"), Some("25"));
        let one = client.get(&format!("/api/v2/usergroups/{id}/membership?filter=object_id:eq:{}", all[3]));
        assert_eq!((one.json()[0]["id"].as_str(), one.header("x-total-count")), (Some(all[3].as_str()), Some("1")));
        let last = client.get(&format!("/api/v2/usergroups/{id}/membership?sort=-id&limit=1"));
        assert_eq!(last.json()[0]["id"].as_str(), Some(all[24].as_str()));
    });
}
