//! What Insights tells of changes: by whom, with what, and how it is asked for.

use jumpcloud_sim::{NewUser, OrgId, console, fixture};
use serde_json::{Value, json};

use crate::common::{Client, text, with_client};

/// The events of the caller's organisation, the oldest first.
fn events(client: &mut Client<'_>, term: Value) -> Vec<Value> {
    let body = json!({"service": ["all"], "start_time": "2026-10-01T00:00:00Z", "sort": "ASC", "search_term": {"and": [term]}});
    let answer = client.post("/insights/directory/v1/events", &body);
    let rows = answer.json().as_array().unwrap().clone();
    assert_eq!(answer.header("x-result-count"), Some(rows.len().to_string().as_str()));
    assert_eq!(client.post("/insights/directory/v1/events/count", &body).json(), json!({"count": rows.len()}));
    rows
}

fn types(client: &mut Client<'_>, id: &str) -> Vec<String> {
    events(client, json!({"resource.id": id})).iter().map(|event| text(event, "event_type")).collect()
}

fn org(client: &Client<'_>) -> OrgId {
    client.world.organizations().next().unwrap().id
}

fn app(client: &mut Client<'_>) -> String {
    let body = json!({"active": true, "name": "oidc", "displayLabel": "Beta", "sso": {"type": "oidc"}});
    text(&client.post("/api/applications", &body).json(), "_id")
}

#[test]
fn a_key_leaves_a_trail_of_an_app_from_first_to_last() {
    with_client(|client| {
        let id = app(client);
        let sso =
            json!({"type": "oidc", "oidc": {"redirectUris": ["https://x.example/cb"], "relyingPartyUrl": "https://x"}});
        client.post(&format!("/api/v2/applications/{id}/sso"), &sso);
        client.put(&format!("/api/v2/applications/{id}/sso"), &sso);
        client.put(&format!("/api/applications/{id}"), &json!({"active": true, "displayLabel": "New"}));
        client.delete(&format!("/api/applications/{id}"));
        client.delete(&format!("/api/applications/{id}"));
        let update = "application_update";
        assert_eq!(types(client, &id), ["application_create", update, update, update, "application_delete"]);
        let created = events(client, json!({"event_type": "application_create"})).remove(0);
        assert_eq!(created["resource"], json!({"type": "application", "id": id, "name": "beta"}));
        assert_eq!((&created["auth_method"], &created["initiated_by"]["type"]), (&json!("api-key"), &json!("admin")));
        assert_eq!(created["initiated_by"]["email"], json!("key-1@example.com"));
    });
}

#[test]
fn a_key_leaves_a_trail_of_a_user() {
    with_client(|client| {
        let user = json!({"email": "ann@acme.com", "username": "ann", "state": "STAGED"});
        let id = text(&client.post("/api/systemusers", &user).json(), "_id");
        let target = format!("/api/systemusers/{id}");
        client.post(&format!("{target}/state/activate"), &json!({"email": false}));
        client.put(&target, &json!({"department": "IT"}));
        assert_eq!(client.put(&target, &json!({"state": "STAGED"})).status, 400, "refused, so not told");
        client.post(&format!("{target}/password"), &json!({"password": "A-new-one-7"}));
        client.post(&format!("{target}/state/suspend"), &json!({}));
        client.post(&format!("{target}/unlock"), &json!({}));
        client.delete(&target);
        let changes = ["activated", "update", "password_change", "suspended", "unlocked", "delete"];
        let expected: Vec<String> = ["create"].iter().chain(&changes).map(|change| format!("user_{change}")).collect();
        assert_eq!(types(client, &id), expected);
    });
}

#[test]
fn a_key_leaves_a_trail_of_a_group_and_of_what_is_bound_to_it() {
    with_client(|client| {
        let ann = NewUser { email: "ann@acme.com".into(), username: "ann".into(), ..NewUser::default() };
        let ann = client.world.add_user(org(client), ann).to_string();
        let group = text(&client.post("/api/v2/usergroups", &json!({"name": "Contractors"})).json(), "id");
        let (target, app) = (format!("/api/v2/usergroups/{group}"), app(client));
        client.put(&target, &json!({"name": "Contractors", "description": "d"}));
        for (op, status) in [("add", 204), ("add", 409), ("remove", 204)] {
            let member = json!({"op": op, "type": "user", "id": ann});
            assert_eq!(client.post(&format!("{target}/members"), &member).status, status);
        }
        let bind = json!({"op": "add", "type": "application", "id": app});
        client.post(&format!("{target}/associations"), &bind);
        client.delete(&target);
        assert_eq!(
            types(client, &group),
            ["group_create", "group_update", "association_change", "association_change", "group_delete"]
        );
        let members = events(client, json!({"association.connection.to.object_id": ann}));
        assert_eq!(
            (&members[0]["association"]["op"], &members[1]["association"]["op"]),
            (&json!("add"), &json!("remove"))
        );
        let bound = events(client, json!({"event_type": "association_change", "resource.id": app}));
        let to = json!({"type": "user_group", "object_id": group, "name": "contractors"});
        assert_eq!((bound.len(), &bound[0]["association"]["connection"]["to"]), (1, &to));
    });
}

#[test]
fn a_change_says_what_a_field_was_and_is() {
    with_client(|client| {
        let user = json!({"email": "ann@acme.com", "username": "ann", "department": "IT"});
        let ann = text(&client.post("/api/systemusers", &user).json(), "_id");
        client.put(&format!("/api/systemusers/{ann}"), &json!({"department": "Sales", "password": "A-new-one-7"}));
        let group = text(&client.post("/api/v2/usergroups", &json!({"name": "A"})).json(), "id");
        client.put(&format!("/api/v2/usergroups/{group}"), &json!({"name": "A", "description": "D"}));
        let app = app(client);
        client.put(&format!("/api/applications/{app}"), &json!({"active": true, "displayLabel": "New"}));
        let sso = |uri: &str| {
            let uris = json!([uri]);
            json!({"type": "oidc", "oidc": {"redirectUris": uris, "relyingPartyUrl": "https://x"}})
        };
        client.post(&format!("/api/v2/applications/{app}/sso"), &sso("https://x.example/a"));
        client.put(&format!("/api/v2/applications/{app}/sso"), &sso("https://x.example/b"));
        let mut changes = |id: &str, field: &str| -> Vec<Value> {
            let told = events(client, json!({"resource.id": id}));
            assert_eq!(told[0]["changes"], json!(null), "of what is made nothing is told");
            let all = told.iter().filter_map(|event| event["changes"].as_array()).flatten();
            all.filter(|change| change["field"] == field).cloned().collect()
        };
        assert_eq!(changes(&ann, "department"), [json!({"field": "department", "from": "it", "to": "sales"})]);
        assert_eq!(changes(&ann, "email"), [Value::Null; 0], "what stays is not told");
        assert_eq!(changes(&ann, "password"), [Value::Null; 0]);
        assert_eq!(changes(&group, "description"), [json!({"field": "description", "from": "", "to": "d"})]);
        assert_eq!(changes(&app, "displayLabel"), [json!({"field": "displayLabel", "from": "beta", "to": "new"})]);
        assert_eq!(changes(&app, "oidc")[0]["to"]["redirectUris"], json!(["https://x.example/b"]));
        assert!(!json!(changes(&app, "oidc")).to_string().contains("clientSecret"));
    });
}

#[test]
fn hands_in_the_console_are_another_administrator_with_a_session() {
    with_client(|client| {
        let id = app(client);
        console::set_app_active(client.world, id.parse().unwrap(), false);
        let edited = events(client, json!({"resource.id": id, "auth_method": "session"}));
        assert_eq!((edited.len(), &edited[0]["event_type"]), (1, &json!("application_update")));
        assert_eq!(edited[0]["initiated_by"]["email"], json!(console::ADMINISTRATOR));
        assert_eq!(events(client, json!({"initiated_by.email": console::ADMINISTRATOR})).len(), 1);
    });
}

#[test]
fn each_organisation_has_its_own_events_and_a_demonstration_none() {
    let fixture::Pair { mut world, primary_key, secondary_key, .. } = fixture::demo(1, 24);
    assert!(world.events().is_empty());
    let mut primary = Client { world: &mut world, key: &primary_key };
    primary.post("/api/v2/usergroups", &json!({"name": "A"}));
    assert_eq!(events(&mut primary, json!({"event_type": "group_create"})).len(), 1);
    let mut secondary = Client { world: &mut world, key: &secondary_key };
    assert_eq!(events(&mut secondary, json!({"event_type": "group_create"})), [json!(null); 0]);
}

#[test]
fn the_oldest_events_are_forgotten() {
    with_client(|client| {
        let ann = NewUser { email: "ann@acme.com".into(), username: "ann".into(), ..NewUser::default() };
        let ann = client.world.add_user(org(client), ann);
        for _ in 0..100_001 {
            console::lock_user(client.world, ann, true);
        }
        assert_eq!(client.world.events().len(), 75_001);
        let ids: std::collections::BTreeSet<_> = client.world.events().iter().map(|event| event.id).collect();
        assert_eq!(ids.len(), 75_001, "each has an id of its own");
    });
}

#[test]
fn what_is_told_does_not_change_the_ids_of_what_is_made() {
    let made = |edits: u32| {
        let fixture::Pair { mut world, primary, .. } = fixture::pair(1);
        let group = world.add_group(primary, "A");
        for _ in 0..edits {
            console::describe_group(&mut world, group, "d");
        }
        world.add_group(primary, "B")
    };
    assert_eq!(made(0), made(5));
}
