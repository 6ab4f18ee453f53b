//! What is done to a user beside writing fields, and who the key is.

use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::{MailKind, Request, Role};
use serde_json::{Value, json};

use crate::common::{Client, text, with_client};

const SELF: &str = "/api/users/getSelf";

/// Somebody who is active and has a password.
fn ann(client: &mut Client<'_>) -> String {
    let body = json!({"email": "ann@acme.com", "username": "ann", "password": "Correct-Horse-7"});
    format!("/api/systemusers/{}", text(&client.post("/api/systemusers", &body).json(), "_id"))
}

#[test]
fn a_key_tells_whose_it_is() {
    with_client(|client| {
        let me = client.get(SELF);
        assert_eq!((me.status, &me.json()["roleName"]), (200, &json!("Administrator With Billing")));
        assert!(text(&me.json(), "email").contains('@'));
        assert_eq!(me.json()["provider"], Value::Null, "a key of one organisation is nobody's who manages several");
        let fields = client.get(&format!("{SELF}?fields=email%20provider")).json();
        assert_eq!(fields.as_object().unwrap().keys().collect::<Vec<_>>(), ["_id", "email", "id", "provider"]);
        client.world.set_role(client.key, Role::ReadOnly);
        assert_eq!(client.get(SELF).json()["roleName"], json!("Read Only"));
        assert_eq!(client.post(SELF, &json!({})).status, 403);
        assert_eq!(client.get("/api/users/else").status, 404);
        let elsewhere = Request::api("GET", SELF).with_header("x-api-key", "sim_nobody");
        assert_eq!(client.world.answer(&elsewhere).status, 401);
    });
}

#[test]
fn a_key_of_several_organisations_tells_its_provider() {
    let Pair { mut world, primary, secondary, .. } = fixture::pair(1);
    let key = world.add_key(&[primary, secondary]);
    let mut client = Client { world: &mut world, key: &key };
    let provider = text(&client.get(&format!("{SELF}?fields=provider")).json(), "provider");
    let organisations = client.get(&format!("/api/v2/providers/{provider}/organizations")).json();
    assert_eq!(organisations["totalCount"], json!(2));
}

#[test]
fn a_user_without_a_state_gets_the_default_of_the_organisation() {
    with_client(|client| {
        let defaults = client.get("/api/settings").json()["SETTINGS"]["newSystemUserStateDefaults"].clone();
        let user = ann(client);
        assert_eq!(client.get(&user).json()["state"], defaults["manualEntry"]);
    });
}

#[test]
fn an_unlocked_user_is_not_locked_and_an_expired_password_is_expired() {
    with_client(|client| {
        let user = ann(client);
        client.put(&user, &json!({"account_locked": true}));
        for action in ["unlock", "expire"] {
            let done = client.post(&format!("{user}/{action}"), &json!({}));
            assert_eq!((done.status, done.body.len()), (200, 0), "{action}");
            assert_eq!(client.post(&format!("/api/systemusers/zzz/{action}"), &json!({})).status, 404);
            assert_eq!(client.get(&format!("{user}/{action}")).status, 404);
        }
        let now = client.get(&user).json();
        assert_eq!((&now["account_locked"], &now["password_expired"]), (&json!(false), &json!(true)));
        client.post(&format!("{user}/password"), &json!({"password": "Correct-Horse-8"}));
        assert_eq!(client.get(&user).json()["password_expired"], json!(false));
    });
}

#[test]
fn a_reset_of_the_second_factor_can_exclude_for_a_while() {
    with_client(|client| {
        let user = ann(client);
        let reset = format!("{user}/resetmfa");
        assert_eq!(client.post(&reset, &json!({})).status, 200);
        assert_eq!(client.get(&user).json()["mfa"], json!({"exclusion": false, "configured": false}));
        let until = "2026-12-01T00:00:00.000Z";
        assert_eq!(client.post(&reset, &json!({"exclusion": true, "exclusionUntil": until})).status, 200);
        assert_eq!(client.get(&user).json()["mfa"]["exclusionUntil"], json!(until));
        assert_eq!(client.post(&reset, &json!({"exclusion": true, "exclusionDays": 1})).status, 200);
        assert_eq!(client.get(&user).json()["mfa"]["exclusionUntil"], json!("2026-10-02T08:00:00.150Z"));
        client.put(&user, &json!({"mfa": {"exclusion": false}}));
        assert_eq!(client.get(&user).json()["mfa"], json!({"exclusion": false, "configured": false}));
        for wrong in [json!({"exclusion": 1}), json!({"exclusionDays": 0}), json!({"exclusionUntil": "soon"})] {
            assert_eq!(client.post(&reset, &wrong).status, 400, "{wrong}");
        }
        let long = json!({"exclusion": true, "exclusionDays": u64::MAX});
        assert_eq!(client.post(&reset, &long).status, 200);
        assert_eq!(client.get(&user).json()["mfa"]["exclusionUntil"], json!("9999-12-31T23:59:59.999Z"));
    });
}

#[test]
fn the_mail_of_an_activation_is_sent_again_to_whom_it_is_due() {
    with_client(|client| {
        let user = ann(client);
        let body = json!({"email": "ben@acme.com", "username": "ben", "alternateEmail": "ben@home.example"});
        let other = format!("/api/systemusers/{}", text(&client.post("/api/systemusers", &body).json(), "_id"));
        client.world.clear_outbox();
        for user in [&user, &other] {
            assert_eq!(client.post(&format!("{user}/reactivate"), &json!({})).status, 200);
        }
        let mails: Vec<_> = client.world.outbox().iter().map(|mail| (mail.to.as_str(), mail.kind)).collect();
        assert_eq!(mails, [("ann@acme.com", MailKind::Welcome), ("ben@home.example", MailKind::Activation)]);
    });
}

#[test]
fn ssh_keys_are_added_listed_and_deleted_one_by_one() {
    with_client(|client| {
        let user = ann(client);
        let keys = format!("{user}/sshkeys");
        assert_eq!(client.get(&keys).json(), json!([]));
        let laptop = client.post(&keys, &json!({"name": "laptop", "public_key": "ssh-ed25519 AAAA"}));
        assert_eq!((laptop.status, &laptop.json()["name"]), (200, &json!("laptop")));
        assert!(text(&laptop.json(), "create_date").starts_with("2026-10-01T"));
        client.post(&keys, &json!({"name": "tower", "public_key": "ssh-ed25519 BBBB"}));
        assert_eq!(client.get(&keys).json(), client.get(&user).json()["ssh_keys"]);
        assert_eq!(client.get(&keys).json().as_array().unwrap().len(), 2);
        let one = format!("{keys}/{}", text(&laptop.json(), "_id"));
        assert_eq!((client.delete(&one).status, client.delete(&one).status), (200, 404));
        assert_eq!(client.get(&keys).json()[0]["name"], json!("tower"));
        for wrong in [json!({"name": "x"}), json!({"public_key": "x"}), json!({"name": "", "public_key": "x"})] {
            assert_eq!(client.post(&keys, &wrong).status, 400, "{wrong}");
        }
        client.put(&user, &json!({"ssh_keys": [{"name": "new", "public_key": "ssh-rsa CCCC"}]}));
        let replaced = client.get(&keys).json();
        assert_eq!((replaced.as_array().unwrap().len(), text(&replaced[0], "_id").len()), (1, 24));
        assert_eq!(client.get("/api/systemusers/zzz/sshkeys").status, 404);
    });
}
