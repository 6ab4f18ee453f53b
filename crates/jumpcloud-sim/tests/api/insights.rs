use jumpcloud_sim::{NewUser, Response, fixture};
use serde_json::{Value, json};

use crate::common::{Client, text};

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

#[test]
fn terms_stand_in_one_another() {
    with_events(|client| {
        let mut count = |term: Value| ask(client, json!({"search_term": term})).json().as_array().unwrap().len();
        let anybody = json!({"or": [{"initiated_by.username": "ann"}, {"username": "ann"}]});
        assert_eq!(count(json!({"and": [{"success": "false"}, anybody]})), 1, "the example of the description");
        assert_eq!(count(json!({"and": [{"not": {"success": false}}, {"event_type": "user_login_attempt"}]})), 2);
        assert_eq!(count(json!({"and": [{"success": [true, false]}]})), 3, "several values are one of them");
        assert_eq!(count(json!({"and": [{"initiated_by.username": "Ann"}]})), 0, "values are in lower case");
        assert_eq!(count(json!({"and": [{"changes": []}]})), 0, "that cannot be searched");
    });
}

#[test]
fn words_are_found_anywhere_and_an_exact_match_is_a_whole_value() {
    with_events(|client| {
        let mut count = |more: Value| ask(client, more).json().as_array().unwrap().len();
        assert_eq!(count(json!({"q": "ACME.com"})), 3);
        assert_eq!(count(json!({"q": "nobody"})), 0);
        assert_eq!(count(json!({"exact_match": "ann@acme.com"})), 3);
        assert_eq!(count(json!({"exact_match": "acme.com"})), 0);
    });
}

#[test]
fn what_makes_no_sense_is_said() {
    with_events(|client| {
        let mut refused = |more: Value| {
            let answer = ask(client, more);
            assert_eq!(answer.status, 400);
            text(&answer.json(), "message")
        };
        assert!(refused(json!({"service": ["sso", "jdbc"]})).contains("one of alerts, all, directory"));
        refused(json!({"fields": []}));
        refused(json!({"fields": ["nothing", "no.thing"]}));
        refused(json!({"start_time": "yesterday"}));
        refused(json!({"start_time": "2126-10-01T00:00:00Z"}));
        refused(json!({"end_time": "2026-09-01T00:00:00Z"}));
        refused(json!({"end_time": "tomorrow"}));
    });
}

#[test]
fn pages_go_on_after_a_row_and_begin_later() {
    with_events(|client| {
        for sort in ["ASC", "DESC"] {
            let all = ask(client, json!({"sort": sort})).json();
            let mut paged = Vec::new();
            let mut more = json!({"sort": sort, "limit": 1});
            loop {
                let answer = ask(client, more.clone());
                if answer.header("x-result-count") == Some("0") {
                    break;
                }
                assert_eq!(answer.header("x-sort"), Some(sort));
                paged.extend(answer.json().as_array().unwrap().clone());
                more["search_after"] = serde_json::from_str(answer.header("x-search_after").unwrap()).unwrap();
            }
            assert_eq!(json!(paged), all);
            assert_eq!(ask(client, json!({"sort": sort, "skip": 2})).json(), json!([all[2]]));
        }
    });
}

#[test]
fn fields_inside_of_fields_can_be_chosen() {
    with_events(|client| {
        let rows = ask(client, json!({"fields": ["initiated_by.username", "auth_context.auth_methods"], "limit": 1}));
        let methods = json!({"password": {"success": true}});
        let expected = json!([{"initiated_by": {"username": "ann"}, "auth_context": {"auth_methods": methods}}]);
        assert_eq!(rows.json(), expected);
    });
}

#[test]
fn values_of_a_field_are_counted() {
    with_events(|client| {
        let mut body = json!({"service": ["all"], "start_time": "2026-10-01T00:00:00Z", "field": "success"});
        let target = format!("{EVENTS}/distinct");
        let expected = json!({
            "buckets": [{"doc_count": 2, "key": "true"}, {"doc_count": 1, "key": "false"}],
            "doc_count_error_upper_bound": 0, "sum_other_doc_count": 0,
        });
        assert_eq!(client.post(&target, &body).json(), expected);
        body["field"] = json!("resource.email");
        body["search_term"] = json!({"and": [{"success": false}]});
        assert_eq!(client.post(&target, &body).json()["buckets"], json!([{"doc_count": 1, "key": "ann@acme.com"}]));
        body["field"] = json!(null);
        assert_eq!(client.post(&target, &body).status, 400);
        assert_eq!(client.post(&format!("{EVENTS}/sum"), &body).status, 404);
    });
}

#[test]
fn events_are_counted_by_intervals() {
    with_events(|client| {
        let target = format!("{EVENTS}/interval");
        let mut body = json!({"service": ["all"], "start_time": "2026-10-01T00:00:00Z", "interval_unit": "s",
            "interval_value": "30", "timezone": "-0500"});
        let buckets = client.post(&target, &body).json()["buckets"].clone();
        let counts: Vec<_> = buckets.as_array().unwrap().iter().map(|bucket| bucket["doc_count"].clone()).collect();
        assert_eq!(counts, [1, 0, 1, 0, 1]);
        assert_eq!(buckets[0]["key_as_string"], json!("2026-10-01T03:01:00.000-05:00"));
        assert_eq!(buckets[0]["key"], json!(1_790_841_660_000_u64));
        body["interval_unit"] = json!("w");
        body["interval_value"] = json!(null);
        body["timezone"] = json!("");
        let weeks = client.post(&target, &body).json()["buckets"].clone();
        assert_eq!(
            weeks,
            json!([{"doc_count": 3, "key": weeks[0]["key"], "key_as_string": "2026-10-01T00:00:00.000Z"}])
        );
        for (name, value) in [("interval_unit", "y"), ("interval_value", "0"), ("timezone", "CET")] {
            let mut wrong = body.clone();
            wrong[name] = json!(value);
            assert_eq!(client.post(&target, &wrong).status, 400, "{name}");
        }
        body["search_term"] = json!({"and": [{"success": "maybe"}]});
        assert_eq!(client.post(&target, &body).json(), json!({"buckets": []}));
    });
}
