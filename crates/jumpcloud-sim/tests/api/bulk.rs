//! Bulk jobs, and changes of state at a time.

use jumpcloud_sim::{MailKind, Request, World};
use serde_json::{Value, json};

use crate::common::{Client, text, with_client};

fn start(client: &mut Client<'_>, method: &str, body: &Value) -> String {
    let answer = client.send(method, "/api/v2/bulk/users?suppressEmail=true", body);
    assert_eq!(answer.status, 200, "{}", answer.json());
    text(&answer.json(), "jobId")
}

fn results(client: &mut Client<'_>, job: &str) -> Value {
    client.get(&format!("/api/v2/bulk/users/{job}/results")).json()
}

fn user(client: &mut Client<'_>, name: &str) -> String {
    let body = json!({"email": format!("{name}@acme.com"), "username": name, "state": "STAGED"});
    text(&client.post("/api/systemusers", &body).json(), "_id")
}

fn state(client: &mut Client<'_>, id: &str) -> String {
    text(&client.get(&format!("/api/systemusers/{id}")).json(), "state")
}

#[test]
fn a_job_waits_and_then_says_what_came_of_each_user() {
    with_client(|client| {
        let body = json!([{"email": "ann@acme.com", "username": "ann"}, {"email": "ann"}]);
        let job = start(client, "POST", &body);
        assert_eq!(results(client, &job)[0]["status"], json!("pending"));
        assert_eq!(client.get("/api/systemusers").json()["totalCount"], json!(0));
        client.world.advance(60_000);
        let rows = results(client, &job);
        assert_eq!((&rows[0]["status"], &rows[1]["status"]), (&json!("finished"), &json!("failed")));
        assert_eq!(rows[1]["statusMsg"], json!("email must be a valid email address"));
        let id = text(&rows[0]["persistedFields"], "id");
        assert_eq!(client.get(&format!("/api/systemusers/{id}")).json()["username"], json!("ann"));
        assert_eq!(client.get(&format!("/api/v2/bulk/users/{job}/results?limit=1&skip=1")).json()[0], rows[1]);
        assert_eq!(client.get("/api/v2/bulk/users/5f0000000000000000000000/results").status, 404);
    });
}

#[test]
fn a_job_changes_users_and_takes_one_restricted_field_as_an_object() {
    with_client(|client| {
        client.world.set("bulk-delay-ms", "0").unwrap();
        let id = user(client, "ann");
        let owner = json!({"field": "password", "type": "federated_identity_provider"});
        let job = start(client, "PATCH", &json!([{"id": id, "restrictedFields": owner}, {"id": "x"}]));
        let rows = results(client, &job);
        assert_eq!((&rows[0]["status"], &rows[1]["statusMsg"]), (&json!("finished"), &json!("Not Found")));
        let fields = client.get(&format!("/api/systemusers/{id}")).json()["restrictedFields"].take();
        assert_eq!(fields[0]["type"], json!("federated_identity_provider"));
    });
}

#[test]
fn only_some_jobs_are_taken() {
    with_client(|client| {
        assert_eq!(client.post("/api/v2/bulk/users", &json!({})).status, 400);
        client.world.set("bulk-max", "1").unwrap();
        assert_eq!(client.post("/api/v2/bulk/users", &json!([{}, {}])).status, 400);
        let request = Request::api("POST", "/api/v2/bulk/users").with_json(&json!([]));
        let mut send = |source: &str| {
            let request = request.clone().with_header("x-api-key", client.key).with_header("creation-source", source);
            client.world.answer(&request).status
        };
        assert_eq!((send("jumpcloud:gapps"), send("elsewhere")), (200, 400));
    });
}

#[test]
fn whether_staged_users_of_a_job_get_mail_is_a_switch() {
    for (mails, count) in [("true", 1), ("false", 0)] {
        with_client(|client| {
            client.world.set("bulk-delay-ms", "0").unwrap();
            client.world.set("bulk-mails-when-staged", mails).unwrap();
            start(client, "POST", &json!([{"email": "ann@acme.com", "username": "ann", "state": "STAGED"}]));
            assert_eq!(client.world.outbox().len(), count);
        });
    }
}

#[test]
fn a_change_of_state_comes_at_its_time_unless_it_is_cancelled() {
    with_client(|client| {
        let (ann, ben) = (user(client, "ann"), user(client, "ben"));
        let later = json!({"user_ids": [ann, ben], "state": "ACTIVATED", "start_date": "2026-10-02T08:00:00.000Z",
            "send_activation_emails": false});
        let made = client.post("/api/v2/bulk/userstates", &later);
        assert_eq!((made.status, made.json().as_array().map(Vec::len)), (201, Some(2)));
        assert_eq!(client.get(&format!("/api/v2/bulk/userstates?userid={ann}")).json()[0], made.json()[0]);
        let next = client.get(&format!("/api/v2/bulk/userstates/eventlist/next?users={ben}")).json();
        assert_eq!((&next["events_count"], &next["results"][0]), (&json!(1), &made.json()[1]));
        let mut other = later.clone();
        other["state"] = json!("SUSPENDED");
        let cancelled = text(&client.post("/api/v2/bulk/userstates", &other).json()[0], "scheduledJobId");
        assert_eq!(client.delete(&format!("/api/v2/bulk/userstates/{cancelled}")).status, 204);
        assert_eq!(client.delete(&format!("/api/v2/bulk/userstates/{cancelled}")).status, 404);
        assert_eq!(state(client, &ann), "STAGED");
        client.world.advance(24 * 3_600_000);
        assert_eq!((state(client, &ann), state(client, &ben)), ("ACTIVATED".to_owned(), "ACTIVATED".to_owned()));
        assert_eq!(client.get("/api/v2/bulk/userstates").json(), json!([]));
        assert_eq!(client.world.outbox().len(), 0);
    });
}

#[test]
fn a_time_that_has_passed_is_now_and_the_mail_can_be_redirected() {
    with_client(|client| {
        client.world.set("bulk-delay-ms", "0").unwrap();
        let ann = user(client, "ann");
        let mut body = json!({"user_ids": [ann], "state": "ACTIVATED", "start_date": "2000-01-01T00:00:00.000Z",
            "activation_email_override": "desk@acme.com"});
        assert_eq!(client.post("/api/v2/bulk/userstates", &body).status, 201);
        assert_eq!(state(client, &ann), "ACTIVATED");
        assert_eq!(client.world.outbox()[0].to, "desk@acme.com");
        body["state"] = json!("SUSPENDED");
        assert_eq!(client.post("/api/v2/bulk/userstates", &body).status, 400, "nobody is activated");
    });
}

#[test]
fn whether_a_change_of_state_mails_unasked_is_a_switch() {
    for (mails, count) in [("true", 1), ("false", 0)] {
        with_client(|client| {
            client.world.set("bulk-delay-ms", "0").unwrap();
            client.world.set("userstates-mail-unasked", mails).unwrap();
            let ann = user(client, "ann");
            let body = json!({"user_ids": [ann], "state": "ACTIVATED", "start_date": "2000-01-01T00:00:00Z"});
            assert_eq!(client.post("/api/v2/bulk/userstates", &body).status, 201);
            assert_eq!(client.world.outbox().len(), count);
        });
    }
}

#[test]
fn users_of_a_job_say_where_they_come_from() {
    with_client(|client| {
        client.world.set("bulk-delay-ms", "0").unwrap();
        for (source, name) in [(None, "ann"), (Some("jumpcloud:workday"), "ben")] {
            let body = json!([{"email": format!("{name}@acme.com"), "username": name}]);
            let request = Request::api("POST", "/api/v2/bulk/users").with_header("x-api-key", client.key);
            let request = source.iter().fold(request, |request, source| request.with_header("creation-source", source));
            assert_eq!(client.world.answer(&request.with_json(&body)).status, 200);
            let made = client.get(&format!("/api/systemusers?filter=username:$eq:{name}")).json();
            assert_eq!(made["results"][0]["creationSource"], json!(source.unwrap_or("jumpcloud:bulk")));
        }
    });
}

#[test]
fn who_is_made_without_a_state_gets_the_default_of_the_organisation() {
    with_client(|client| {
        client.world.set("bulk-delay-ms", "0").unwrap();
        let defaults = client.get("/api/settings").json()["SETTINGS"]["newSystemUserStateDefaults"].clone();
        start(client, "POST", &json!([{"email": "ann@acme.com", "username": "ann"}]));
        assert_eq!(client.get("/api/systemusers").json()["results"][0]["state"], defaults["csvImport"]);
    });
}

#[test]
fn the_administrator_gets_a_mail_about_the_job_unless_it_is_suppressed() {
    with_client(|client| {
        client.world.set("bulk-delay-ms", "0").unwrap();
        for (query, mails) in [("?suppressEmail=true", 0), ("?suppressEmail=false", 1), ("", 2)] {
            assert_eq!(client.post(&format!("/api/v2/bulk/users{query}"), &json!([])).status, 200);
            assert_eq!(client.world.outbox().len(), mails, "{query}");
        }
        let email = text(&client.get("/api/users/getSelf").json(), "email");
        let mail = &client.world.outbox()[0];
        assert_eq!((mail.kind, mail.user, &mail.to), (MailKind::Job, None, &email));
    });
}

#[test]
fn restricted_fields_are_an_object_in_bulk_or_an_array_or_either() {
    with_client(|client| {
        client.world.set("bulk-delay-ms", "0").unwrap();
        let one = json!({"field": "password", "type": "federated_identity_provider"});
        let ann = user(client, "ann");
        for (form, object, array) in
            [("object", "finished", "failed"), ("array", "failed", "finished"), ("either", "finished", "finished")]
        {
            client.world.set("bulk-restrictions", form).unwrap();
            for (value, wanted) in [(&one, object), (&json!([one]), array)] {
                client.put(&format!("/api/systemusers/{ann}"), &json!({"restrictedFields": []}));
                let job = start(client, "PATCH", &json!([{"id": ann, "restrictedFields": value}]));
                assert_eq!(results(client, &job)[0]["status"], json!(wanted), "{form} {value}");
                let owner = &client.get(&format!("/api/systemusers/{ann}")).json()["restrictedFields"][0]["field"];
                assert_eq!(*owner == json!("password"), wanted == "finished");
            }
        }
        start(client, "PATCH", &json!([{"id": ann, "restrictedFields": {}}]));
        let owners = &client.get(&format!("/api/systemusers/{ann}")).json()["restrictedFields"];
        assert_eq!(*owners, json!([]));
    });
}

#[test]
fn a_job_may_answer_created() {
    with_client(|client| {
        client.world.set("bulk-created", "true").unwrap();
        assert_eq!(client.post("/api/v2/bulk/users", &json!([])).status, 201);
    });
}

#[test]
fn a_job_that_is_done_keeps_no_password_and_is_another_organisations_secret() {
    with_client(|client| {
        let body = json!([{"email": "ann@acme.com", "username": "ann", "password": "Correct-Horse-7"}, {"id": 1}]);
        let job = start(client, "POST", &body);
        let all = json!([{"id": "zzz", "password": "Correct-Horse-8"}]);
        start(client, "PATCH", &all);
        client.world.advance(60_000);
        let exported = client.world.export();
        assert!(!exported["jobs"].to_string().contains("Correct-Horse"));
        let stranger = client.world.organizations().last().unwrap().id;
        let key = client.world.add_key(&[stranger]);
        let mut other = Client { world: client.world, key: &key };
        assert_eq!(other.get(&format!("/api/v2/bulk/users/{job}/results")).status, 404);
        let mut world = World::import(exported).unwrap();
        let mut twin = Client { world: &mut world, key: client.key };
        assert_eq!(results(&mut twin, &job)[0]["status"], json!("finished"));
    });
}

#[test]
fn what_waits_comes_at_its_time_in_an_imported_world_too() {
    with_client(|client| {
        let (ann, ben) = (user(client, "ann"), user(client, "ben"));
        let change = |user: &str, state: &str, day: u8| {
            json!({
                "user_ids": [user], "state": state, "start_date": format!("2026-10-0{day}T08:00:00Z"),
            })
        };
        // Asked for in another order than they come in.
        for body in [change(&ann, "SUSPENDED", 3), change(&ann, "ACTIVATED", 2), change(&ben, "ACTIVATED", 2)] {
            assert_eq!(client.post("/api/v2/bulk/userstates", &body).status, 201);
        }
        let cancelled = client.get(&format!("/api/v2/bulk/userstates?userid={ben}")).json();
        let cancelled = text(&cancelled[0], "scheduledJobId");
        assert_eq!(client.delete(&format!("/api/v2/bulk/userstates/{cancelled}")).status, 204);
        let job = start(client, "POST", &json!([{"email": "cat@acme.com", "username": "cat"}]));
        let mut world = World::import(client.world.export()).unwrap();
        for world in [&mut *client.world, &mut world] {
            let mut client = Client { world, key: client.key };
            client.world.advance(60_000);
            assert_eq!(results(&mut client, &job)[0]["status"], json!("finished"));
            client.world.advance(5 * 24 * 3_600_000);
            let states = [&ann, &ben].map(|id| state(&mut client, id));
            assert_eq!(states, ["SUSPENDED", "STAGED"]);
        }
    });
}

#[test]
fn the_oldest_jobs_are_forgotten() {
    with_client(|client| {
        client.world.set("bulk-delay-ms", "0").unwrap();
        let jobs: Vec<String> = (0..1001).map(|_| start(client, "POST", &json!([]))).collect();
        let status =
            |client: &mut Client<'_>, job: &str| client.get(&format!("/api/v2/bulk/users/{job}/results")).status;
        assert_eq!((status(client, &jobs[0]), status(client, &jobs[1])), (404, 200));
    });
}

#[test]
fn a_date_without_a_zone_is_one_and_a_past_one_may_be_refused() {
    with_client(|client| {
        client.world.set("bulk-delay-ms", "0").unwrap();
        let ann = user(client, "ann");
        let body = json!({"user_ids": [ann], "state": "SUSPENDED", "start_date": "2020-01-01T02:00:00"});
        assert_eq!(client.post("/api/v2/bulk/userstates", &body).status, 201);
        assert_eq!(state(client, &ann), "SUSPENDED");
        client.world.set("past-date-refused", "true").unwrap();
        assert_eq!(client.post("/api/v2/bulk/userstates", &body).status, 400);
    });
}

#[test]
fn what_is_asked_for_in_one_stretch_of_time_happens_in_its_order() {
    with_client(|client| {
        let ann = user(client, "ann");
        for (state, date) in [("ACTIVATED", "2026-10-03T08:00:00Z"), ("SUSPENDED", "2026-10-02T08:00:00Z")] {
            let body = json!({"user_ids": [ann], "state": state, "start_date": date});
            assert_eq!(client.post("/api/v2/bulk/userstates", &body).status, 201);
        }
        client.world.advance(72 * 3_600_000);
        assert_eq!(state(client, &ann), "ACTIVATED");
    });
}

#[test]
fn changes_to_come_are_found_by_user_and_filter() {
    with_client(|client| {
        let (ann, ben) = (user(client, "ann"), user(client, "ben"));
        for state in ["ACTIVATED", "SUSPENDED"] {
            let body = json!({"user_ids": [ann, ben], "state": state, "start_date": "2026-10-02T08:00:00Z"});
            assert_eq!(client.post("/api/v2/bulk/userstates", &body).status, 201);
        }
        for (query, count) in [
            (String::new(), "4"),
            (format!("userid={ann}"), "2"),
            ("filter=state:eq:SUSPENDED".to_owned(), "2"),
            (format!("userid={ann}&filter=state:eq:SUSPENDED"), "1"),
        ] {
            let list = client.get(&format!("/api/v2/bulk/userstates?{query}"));
            assert_eq!(list.header("x-total-count"), Some(count), "{query}");
        }
        assert_eq!(client.get("/api/v2/bulk/userstates?filter=state").status, 400);
    });
}

#[test]
fn only_some_changes_of_state_are_taken() {
    with_client(|client| {
        let ann = user(client, "ann");
        let date = "2026-10-02T08:00:00.000Z";
        for wrong in [
            json!({"user_ids": [ann], "state": "STAGED", "start_date": date}),
            json!({"user_ids": [ann], "state": "ACTIVATED"}),
            json!({"user_ids": [ann], "state": "ACTIVATED", "start_date": "soon"}),
            json!({"user_ids": [], "state": "ACTIVATED", "start_date": date}),
            json!({"state": "ACTIVATED", "start_date": date}),
        ] {
            assert_eq!(client.post("/api/v2/bulk/userstates", &wrong).status, 400, "{wrong}");
        }
        let many: Vec<String> = (0..101).map(|n| format!("users={n}")).collect();
        for query in ["", &many.join("&")] {
            assert_eq!(client.get(&format!("/api/v2/bulk/userstates/eventlist/next?{query}")).status, 400);
        }
        assert_eq!(client.get("/api/v2/bulk/userstates").json(), json!([]));
    });
}
