use jumpcloud_sim::{NewUser, Response, fixture};
use serde_json::{Value, json};

use crate::common::Client;

const EVENTS: &str = "/insights/directory/v1/events";

/// Ann signs in three times, once with a wrong password.
fn with_events(test: impl FnOnce(&mut Client<'_>)) {
    let fixture::Pair { mut world, primary, primary_key, .. } = fixture::pair(1);
    let ann = NewUser {
        email: "ann@acme.com".to_owned(),
        username: "Ann".to_owned(),
        password: Some("right".to_owned()),
        ..NewUser::default()
    };
    world.add_user(primary, ann);
    for password in ["right", "wrong", "right"] {
        world.advance(60_000);
        let _ = world.open_locally(primary, "ann@acme.com", password);
    }
    test(&mut Client { world: &mut world, key: &primary_key });
}

fn ask(client: &mut Client<'_>, more: Value) -> Response {
    let mut body = json!({"service": ["all"], "start_time": "2026-10-01T00:00:00Z"});
    if let Value::Object(more) = more {
        body.as_object_mut().unwrap().extend(more);
    }
    client.post(EVENTS, &body)
}

#[test]
fn events_are_a_bare_list_with_headers() {
    with_events(|client| {
        let answer = ask(client, json!({"sort": "ASC", "limit": 2}));
        let rows = answer.json();
        assert_eq!(rows.as_array().unwrap().len(), 2);
        assert_eq!((&rows[0]["success"], &rows[1]["success"]), (&json!(true), &json!(false)));
        assert_eq!(rows[0]["initiated_by"]["username"], json!("ann"), "values are in lower case");
        assert_eq!((answer.header("x-result-count"), answer.header("x-limit")), (Some("2"), Some("2")));
        let after: Value = serde_json::from_str(answer.header("x-search_after").unwrap()).unwrap();
        let rest = ask(client, json!({"sort": "ASC", "search_after": after})).json();
        assert_eq!(rest.as_array().unwrap().len(), 1);
    });
}

#[test]
fn a_window_a_service_and_terms_choose() {
    with_events(|client| {
        let mut count = |more: Value| ask(client, more).json().as_array().unwrap().len();
        assert_eq!(count(json!({})), 3);
        assert_eq!(count(json!({"service": ["sso"]})), 0);
        assert_eq!(count(json!({"end_time": "2026-10-01T08:01:30Z"})), 1);
        assert_eq!(count(json!({"start_time": "2026-10-01T08:02:30Z"})), 1);
        assert_eq!(
            count(json!({"search_term": {"and": [{"event_type": "user_login_attempt"}, {"success": true}]}})),
            2
        );
        assert_eq!(count(json!({"search_term": {"and": {"resource.email": "ann@acme.com"}}})), 3);
        assert_eq!(count(json!({"search_term": {"or": [{"success": false}, {"event_type": "sso_auth"}]}})), 1);
        assert_eq!(count(json!({"search_term": {"not": {"success": true}}})), 1);
        assert_eq!(count(json!({"limit": -1, "sort": "sideways"})), 3, "nonsense is the default");
    });
}

#[test]
fn the_newest_come_first_where_that_is_asked_for_and_fields_choose() {
    with_events(|client| {
        let rows = ask(client, json!({"sort": "sideways"})).json();
        assert!(rows[0]["timestamp"].as_str() < rows[1]["timestamp"].as_str(), "the default");
        let rows = ask(client, json!({"sort": "desc", "fields": ["timestamp", "success"]})).json();
        assert!(rows[0]["timestamp"].as_str() > rows[1]["timestamp"].as_str());
        assert_eq!(rows[0].as_object().unwrap().len(), 2);
        assert_eq!(client.post(EVENTS, &json!({"service": ["all"]})).status, 400);
        assert_eq!(client.post(EVENTS, &json!({"start_time": "2026-10-01T00:00:00Z"})).status, 400);
    });
}

#[test]
fn a_local_password_shows_and_lag_hides() {
    with_events(|client| {
        let rows = ask(client, json!({"search_term": {"event_type": "user_login_attempt", "success": true}})).json();
        assert_eq!(
            (rows.as_array().unwrap().len(), &rows[0]["auth_context"]["auth_methods"]["password"]),
            (2, &json!({"success": true}))
        );
        assert_eq!(rows[0]["mfa"], json!(false));
        client.world.set("insights-delay-ms", "60000").unwrap();
        assert_eq!(ask(client, json!({})).json().as_array().unwrap().len(), 2, "the last is not there yet");
    });
}

#[test]
fn events_can_be_withheld_from_every_key() {
    with_events(|client| {
        client.world.set("insights-forbidden", "true").unwrap();
        let answer = ask(client, json!({}));
        assert_eq!((answer.status, answer.json()), (403, json!({"message": "Forbidden"})));
    });
}
