//! Bulk jobs, and changes of state at a date.

use jumpcloud_sim::clock::{EPOCH_MS, rfc3339};
use jumpcloud_sim::{MailKind, Request, World};
use serde_json::{Value, json};

use crate::common::{Client, text, with_client};

const USERS: &str = "/api/v2/bulk/users";
const STATES: &str = "/api/v2/bulk/userstates";
const HOUR_MS: u64 = 3_600_000;

/// Starts a job, lets its time pass, and tells what became of it.
fn job(client: &mut Client<'_>, method: &str, records: &Value) -> Vec<Value> {
    let target = started(client, method, records);
    client.world.advance(10_000);
    client.get(&target).json().as_array().unwrap().clone()
}

/// Starts a job; its results are there.
fn started(client: &mut Client<'_>, method: &str, records: &Value) -> String {
    let answer = client.send(method, &format!("{USERS}?suppressEmail=true"), records);
    assert_eq!(answer.status, 200);
    format!("{USERS}/{}/results", text(&answer.json(), "jobId"))
}

fn statuses(results: &[Value]) -> Vec<&str> {
    results.iter().map(|row| row["status"].as_str().unwrap()).collect()
}

fn user(client: &mut Client<'_>, name: &str, state: &str) -> String {
    let body = json!({"email": format!("{name}@acme.com"), "username": name, "state": state});
    text(&client.post("/api/systemusers", &body).json(), "_id")
}

fn state(client: &mut Client<'_>, id: &str) -> String {
    text(&client.get(&format!("/api/systemusers/{id}")).json(), "state")
}

/// A date so many hours after the beginning of the world.
fn hours(hours: u64) -> String {
    rfc3339(EPOCH_MS + hours * HOUR_MS)
}

fn set(client: &mut Client<'_>, name: &str, value: &str) {
    client.world.set(name, value).unwrap();
}

#[test]
fn a_job_makes_users_later_and_tells_of_each() {
    with_client(|client| {
        let all = json!([
            {"email": "ann@acme.com", "username": "ann", "state": "STAGED", "password": "Correct-Horse-7"},
            {"email": "ann@acme.com", "username": "other"},
            {"username": "nobody"},
        ]);
        let target = started(client, "POST", &all);
        let before = client.get(&target).json();
        assert_eq!(statuses(before.as_array().unwrap()), ["pending"; 3]);
        assert_eq!(client.get("/api/systemusers").json()["totalCount"], json!(0));
        client.world.advance(100);
        let answer = client.get(&target);
        let after = answer.json().as_array().unwrap().clone();
        assert_eq!(statuses(&after), ["finished", "failed", "failed"]);
        assert_eq!(after[1]["statusMsg"], json!("email already exists"));
        assert_eq!(after[2]["statusMsg"], json!("email is required"));
        assert!(after[0]["updatedAt"].as_str() > after[0]["createdAt"].as_str());
        assert!(!String::from_utf8_lossy(&answer.body).contains("Correct-Horse-7"));
        let made = client.get(&format!("/api/systemusers/{}", text(&after[0]["persistedFields"], "id"))).json();
        assert_eq!((&made["state"], &made["activated"]), (&json!("STAGED"), &json!(true)));
        assert_eq!(made["creationSource"], json!("jumpcloud:bulk"));
        assert_eq!(client.world.outbox(), []);
    });
}

#[test]
fn results_come_in_pages_to_their_organisation_alone() {
    with_client(|client| {
        let all: Vec<Value> =
            (0..12).map(|n| json!({"email": format!("u{n}@acme.com"), "username": format!("u{n}")})).collect();
        let target = started(client, "POST", &json!(all));
        client.world.advance(100);
        let page = client.get(&format!("{target}?limit=5&skip=10"));
        assert_eq!((page.json().as_array().unwrap().len(), page.header("x-total-count")), (2, Some("12")));
        assert_eq!(client.get(&target).json().as_array().unwrap().len(), 10);
        let stranger = client.world.organizations().last().unwrap().id;
        let key = client.world.add_key(&[stranger]);
        assert_eq!(Client { world: client.world, key: &key }.get(&target).status, 404);
        assert_eq!(client.get(&format!("{USERS}/zzz/results")).status, 404);
    });
}

#[test]
fn a_job_changes_users_and_refuses_what_single_calls_refuse() {
    with_client(|client| {
        let ids = [user(client, "ann", "ACTIVATED"), user(client, "ben", "STAGED")];
        let all = json!([
            {"id": ids[0], "department": "Sales", "attributes": [{"name": "area", "value": "1"}]},
            {"id": ids[1], "state": "ACTIVATED"},
            {"id": "6516be7eac1f57664752c607", "department": "Sales"},
            {"department": "Sales"},
        ]);
        let results = job(client, "PATCH", &all);
        assert_eq!(statuses(&results), ["finished", "failed", "failed", "failed"]);
        assert_eq!(results[2]["statusMsg"], json!("Not Found"));
        let ann = client.get(&format!("/api/systemusers/{}", ids[0])).json();
        assert_eq!((&ann["department"], &ann["attributes"][0]["value"]), (&json!("Sales"), &json!("1")));
        assert_eq!(ann["email"], json!("ann@acme.com"), "what is not said stays");
        assert_eq!(state(client, &ids[1]), "STAGED");
    });
}

#[test]
fn only_arrays_of_objects_are_jobs() {
    with_client(|client| {
        for wrong in [json!({}), json!([1]), json!("x"), Value::Null] {
            for method in ["POST", "PATCH"] {
                assert_eq!(client.send(method, USERS, &wrong).status, 400, "{wrong}");
            }
        }
        assert_eq!(client.get(USERS).status, 404);
        assert!(job(client, "POST", &json!([])).is_empty());
    });
}

#[test]
fn where_users_come_from_is_one_of_a_few_places() {
    with_client(|client| {
        let body = json!([{"email": "ann@acme.com", "username": "ann"}]);
        let send = |client: &mut Client<'_>, source: &str| {
            let request = Request::api("POST", USERS).with_header("x-api-key", client.key).with_json(&body);
            client.world.answer(&request.with_header("creation-source", source)).status
        };
        assert_eq!(send(client, "elsewhere"), 400);
        assert_eq!(send(client, "jumpcloud:workday"), 200);
        client.world.advance(100);
        assert_eq!(client.get("/api/systemusers").json()["results"][0]["creationSource"], json!("jumpcloud:workday"));
    });
}

#[test]
fn the_administrator_gets_a_mail_about_the_job_unless_it_is_suppressed() {
    with_client(|client| {
        let body = json!([{"email": "ann@acme.com", "username": "ann", "state": "STAGED"}]);
        for (query, mails) in [("?suppressEmail=true", 0), ("?suppressEmail=false", 1), ("", 2)] {
            client.post(&format!("{USERS}{query}"), &body);
            client.world.advance(100);
            assert_eq!(client.world.outbox().len(), mails, "{query}");
        }
        let email = text(&client.get("/api/users/getSelf").json(), "email");
        let mail = &client.world.outbox()[0];
        assert_eq!((mail.kind, mail.user, &mail.to), (MailKind::Job, None, &email));
    });
}

#[test]
fn a_job_waits_as_long_as_a_setting_says() {
    with_client(|client| {
        let body = json!([{"email": "ann@acme.com", "username": "ann"}]);
        set(client, "bulk-delay-ms", "60000");
        let target = started(client, "POST", &body);
        client.world.advance(59_000);
        assert_eq!(client.get(&target).json()[0]["status"], json!("pending"));
        set(client, "bulk-results-early", "false");
        assert_eq!(client.get(&target).json(), json!([]));
        client.world.advance(1000);
        assert_eq!(client.get(&target).json()[0]["status"], json!("finished"));
        set(client, "bulk-status", "upper");
        assert_eq!(client.get(&target).json()[0]["status"], json!("FINISHED"));
        set(client, "bulk-delay-ms", "0");
        let target = started(client, "POST", &body);
        assert_eq!(client.get(&target).json()[0]["status"], json!("FAILED"));
    });
}

#[test]
fn a_job_may_be_too_large_and_may_answer_created() {
    with_client(|client| {
        set(client, "bulk-size", "1");
        set(client, "bulk-created", "true");
        let one = json!({"email": "ann@acme.com", "username": "ann"});
        assert_eq!(client.post(USERS, &json!([one, one])).status, 400);
        assert_eq!(client.post(USERS, &json!([one])).status, 201);
    });
}

#[test]
fn restricted_fields_are_an_object_in_bulk_or_an_array_or_either() {
    with_client(|client| {
        let one = json!({"field": "password", "type": "federated_identity_provider"});
        let ann = user(client, "ann", "ACTIVATED");
        for (form, object, array) in
            [("object", "finished", "failed"), ("array", "failed", "finished"), ("either", "finished", "finished")]
        {
            set(client, "bulk-restrictions", form);
            for (value, wanted) in [(&one, object), (&json!([one]), array)] {
                client.put(&format!("/api/systemusers/{ann}"), &json!({"restrictedFields": []}));
                let results = job(client, "PATCH", &json!([{"id": ann, "restrictedFields": value}]));
                assert_eq!(statuses(&results), [wanted], "{form} {value}");
                let owner = &client.get(&format!("/api/systemusers/{ann}")).json()["restrictedFields"][0]["field"];
                assert_eq!(*owner == json!("password"), wanted == "finished");
            }
        }
        let results = job(client, "PATCH", &json!([{"id": ann, "restrictedFields": {}}]));
        assert_eq!(statuses(&results), ["finished"]);
        let owners = &client.get(&format!("/api/systemusers/{ann}")).json()["restrictedFields"];
        assert_eq!(*owners, json!([]));
    });
}

#[test]
fn who_is_made_without_a_state_gets_the_default_of_the_organisation() {
    with_client(|client| {
        let defaults = client.get("/api/settings").json()["SETTINGS"]["newSystemUserStateDefaults"].clone();
        job(client, "POST", &json!([{"email": "ann@acme.com", "username": "ann"}]));
        assert_eq!(client.get("/api/systemusers").json()["results"][0]["state"], defaults["csvImport"]);
    });
}

#[test]
fn whom_a_job_makes_staged_gets_a_mail_or_not() {
    with_client(|client| {
        let person =
            |name: &str, state: &str| json!([{"email": format!("{name}@acme.com"), "username": name, "state": state}]);
        job(client, "POST", &person("ann", "STAGED"));
        assert_eq!(client.world.outbox(), []);
        job(client, "POST", &person("ben", "ACTIVATED"));
        set(client, "bulk-mails-when-staged", "true");
        job(client, "POST", &person("cid", "STAGED"));
        let to: Vec<&str> = client.world.outbox().iter().map(|mail| mail.to.as_str()).collect();
        assert_eq!(to, ["ben@acme.com", "cid@acme.com"]);
    });
}

#[test]
fn a_state_changes_at_its_date_and_not_before() {
    with_client(|client| {
        let ids = [user(client, "ann", "STAGED"), user(client, "ben", "STAGED")];
        let body = json!({
            "user_ids": ids, "state": "ACTIVATED", "start_date": hours(2), "send_activation_emails": false,
        });
        let made = client.post(STATES, &body);
        assert_eq!(made.status, 201);
        assert_eq!(made.json()[0]["systemUserId"], json!(ids[0]));
        assert_eq!(
            (&made.json()[1]["scheduledDate"], &made.json()[1]["state"]),
            (&json!(hours(2)), &json!("ACTIVATED"))
        );
        assert_eq!((client.get(STATES).json(), client.get(STATES).header("x-total-count")), (made.json(), Some("2")));
        client.world.advance(HOUR_MS);
        assert_eq!(state(client, &ids[0]), "STAGED");
        client.world.advance(HOUR_MS);
        assert_eq!((state(client, &ids[0]), state(client, &ids[1])), ("ACTIVATED".to_owned(), "ACTIVATED".to_owned()));
        assert_eq!(client.get(STATES).json(), json!([]));
        assert_eq!(client.world.outbox(), []);
    });
}

#[test]
fn a_date_in_the_past_is_now_or_refused() {
    with_client(|client| {
        let ann = user(client, "ann", "ACTIVATED");
        let body = json!({"user_ids": [ann], "state": "SUSPENDED", "start_date": "2020-01-01T02:00:00"});
        assert_eq!(client.post(STATES, &body).status, 201);
        assert_eq!(state(client, &ann), "SUSPENDED");
        set(client, "past-date-refused", "true");
        assert_eq!(client.post(STATES, &body).status, 400);
    });
}

#[test]
fn what_is_scheduled_in_one_stretch_of_time_happens_in_its_order() {
    with_client(|client| {
        let ann = user(client, "ann", "ACTIVATED");
        for (at, state) in [(2, "ACTIVATED"), (1, "SUSPENDED")] {
            let body = json!({"user_ids": [ann], "state": state, "start_date": hours(at)});
            assert_eq!(client.post(STATES, &body).status, 201);
        }
        client.world.advance(3 * HOUR_MS);
        assert_eq!(state(client, &ann), "ACTIVATED");
    });
}

#[test]
fn mails_of_a_scheduled_activation_are_sent_suppressed_or_redirected() {
    with_client(|client| {
        let ann = user(client, "ann", "STAGED");
        let ben = user(client, "ben", "STAGED");
        let send = |client: &mut Client<'_>, more: Value| {
            client.world.clear_outbox();
            let mut body = json!({"user_ids": [ann], "state": "ACTIVATED", "start_date": hours(0)});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let status = client.post(STATES, &body).status;
            let to: Vec<String> = client.world.outbox().iter().map(|mail| mail.to.clone()).collect();
            (status, to.join(" "))
        };
        let own = (201, "ann@acme.com".to_owned());
        let none = (201, String::new());
        assert_eq!(send(client, json!({"send_activation_emails": true})), own);
        assert_eq!(send(client, json!({"send_activation_emails": false})), none);
        assert_eq!(send(client, json!({})), own);
        set(client, "state-mails-unasked", "false");
        assert_eq!(send(client, json!({})), none);
        let boss = json!({"activation_email_override": "boss@acme.com"});
        assert_eq!(send(client, boss.clone()), (201, "boss@acme.com".to_owned()));
        let both = json!({"activation_email_override": "boss@acme.com", "send_activation_emails": false});
        assert_eq!(send(client, both), none, "suppressing has the last word");
        for wrong in [
            json!({"state": "SUSPENDED", "send_activation_emails": true}),
            json!({"state": "SUSPENDED", "activation_email_override": "boss@acme.com"}),
            json!({"user_ids": [ann, ben], "activation_email_override": "boss@acme.com"}),
            json!({"send_activation_emails": "no"}),
        ] {
            assert_eq!(send(client, wrong.clone()), (400, String::new()), "{wrong}");
        }
    });
}

#[test]
fn only_some_bodies_schedule_a_change() {
    with_client(|client| {
        let ann = user(client, "ann", "STAGED");
        for wrong in [
            json!({"user_ids": [ann], "state": "STAGED", "start_date": hours(1)}),
            json!({"user_ids": [ann], "state": "ACTIVATED"}),
            json!({"user_ids": [ann], "state": "ACTIVATED", "start_date": "soon"}),
            json!({"user_ids": [], "state": "ACTIVATED", "start_date": hours(1)}),
            json!({"user_ids": [ann, "6516be7eac1f57664752c607"], "state": "ACTIVATED", "start_date": hours(1)}),
            json!({"state": "ACTIVATED", "start_date": hours(1)}),
        ] {
            assert_eq!(client.post(STATES, &wrong).status, 400, "{wrong}");
        }
        assert_eq!(client.get(STATES).json(), json!([]));
    });
}

#[test]
fn each_user_of_a_change_has_a_job_or_all_have_one() {
    with_client(|client| {
        let ids = [user(client, "ann", "STAGED"), user(client, "ben", "STAGED")];
        let body = json!({"user_ids": ids, "state": "ACTIVATED", "start_date": hours(1)});
        for (each, left) in [("true", 1), ("false", 0)] {
            set(client, "state-job-each", each);
            let made = client.post(STATES, &body).json();
            let job = format!("{STATES}/{}", text(&made[0], "scheduledJobId"));
            assert_eq!((client.delete(&job).status, client.delete(&job).status), (204, 404));
            let rest = client.get(STATES).json();
            assert_eq!(rest.as_array().unwrap().len(), left);
            for row in rest.as_array().unwrap() {
                client.delete(&format!("{STATES}/{}", text(row, "scheduledJobId")));
            }
        }
        client.world.advance(2 * HOUR_MS);
        assert_eq!(state(client, &ids[0]), "STAGED", "what was taken back does not happen");
    });
}

#[test]
fn the_next_change_to_each_state_of_each_user_can_be_asked_for() {
    with_client(|client| {
        let ids = [user(client, "ann", "STAGED"), user(client, "ben", "STAGED")];
        for (at, state) in [(3, "ACTIVATED"), (1, "ACTIVATED"), (2, "SUSPENDED")] {
            client.post(STATES, &json!({"user_ids": ids, "state": state, "start_date": hours(at)}));
        }
        let next = |client: &mut Client<'_>, query: &str| client.get(&format!("{STATES}/eventlist/next?{query}"));
        let ann = next(client, &format!("users={}", ids[0])).json();
        let dates: Vec<&Value> = ann["results"].as_array().unwrap().iter().map(|row| &row["scheduledDate"]).collect();
        assert_eq!((&ann["events_count"], dates), (&json!(2), vec![&json!(hours(1)), &json!(hours(2))]));
        let both = next(client, &format!("users={}&users={}&limit=3", ids[0], ids[1])).json();
        assert_eq!((&both["events_count"], both["results"].as_array().unwrap().len()), (&json!(4), 3));
        let list = next(client, &format!("users={},{}", ids[0], ids[1])).json();
        assert_eq!(list["events_count"], json!(4), "a list with commas is one, too");
        let many: Vec<String> = (0..101).map(|n| format!("users={n}")).collect();
        assert_eq!((next(client, "").status, next(client, &many.join("&")).status), (400, 400));
    });
}

#[test]
fn changes_are_found_by_user_and_by_state() {
    with_client(|client| {
        let ids = [user(client, "ann", "STAGED"), user(client, "ben", "STAGED")];
        for state in ["ACTIVATED", "SUSPENDED"] {
            client.post(STATES, &json!({"user_ids": ids, "state": state, "start_date": hours(1)}));
        }
        let count = |client: &mut Client<'_>, query: &str| {
            client.get(&format!("{STATES}?{query}")).header("x-total-count").unwrap().to_owned()
        };
        assert_eq!(count(client, &format!("userid={}", ids[0])), "2");
        assert_eq!(count(client, "filter=state:eq:SUSPENDED"), "2");
        client.delete(&format!("/api/systemusers/{}", ids[0]));
        assert_eq!(count(client, ""), "2", "somebody who is gone changes no more");
        client.world.advance(2 * HOUR_MS);
        assert_eq!(state(client, &ids[1]), "SUSPENDED");
    });
}

#[test]
fn jobs_and_changes_are_in_the_state_of_the_world() {
    with_client(|client| {
        let ann = user(client, "ann", "STAGED");
        client.post(STATES, &json!({"user_ids": [ann], "state": "ACTIVATED", "start_date": hours(1)}));
        let target = started(client, "PATCH", &json!([{"id": ann, "department": "Sales"}]));
        let mut world = World::import(client.world.export()).unwrap();
        let mut twin = Client { world: &mut world, key: client.key };
        twin.world.advance(2 * HOUR_MS);
        assert_eq!(twin.get(&target).json()[0]["status"], json!("finished"));
        assert_eq!(state(&mut twin, &ann), "ACTIVATED");
    });
}

#[test]
fn the_oldest_jobs_are_forgotten() {
    with_client(|client| {
        set(client, "bulk-delay-ms", "0");
        let first = started(client, "POST", &json!([]));
        let second = started(client, "POST", &json!([]));
        (0..999).for_each(|_| drop(started(client, "POST", &json!([]))));
        assert_eq!((client.get(&first).status, client.get(&second).status), (404, 200));
    });
}
