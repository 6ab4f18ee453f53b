use serde_json::{Value, json};

use crate::common::{Client, text, with_client};

fn start(client: &mut Client<'_>, method: &str, body: &Value) -> String {
    let answer = client.send(method, "/api/v2/bulk/users", body);
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
        let request = jumpcloud_sim::Request::api("POST", "/api/v2/bulk/users").with_json(&json!([]));
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
