use jumpcloud_sim::{MailKind, NewUser};
use serde_json::{Value, json};

use crate::common::{Client, text, with_client};

fn create(client: &mut Client<'_>, body: &Value) -> Value {
    let answer = client.post("/api/systemusers", body);
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()
}

fn ann(client: &mut Client<'_>) -> String {
    text(&create(client, &json!({"email": "ann@acme.com", "username": "ann", "state": "STAGED"})), "_id")
}

#[test]
fn a_new_user_has_both_ids_and_empty_texts() {
    with_client(|client| {
        let user = create(client, &json!({"email": "Ann@acme.com", "username": "ann", "nonsense": 1}));
        assert_eq!(user["_id"], user["id"]);
        assert_eq!(user["email"], json!("ann@acme.com"));
        assert_eq!((&user["company"], &user["firstname"]), (&json!(""), &json!("")));
        assert_eq!(user["employeeIdentifier"], json!(null));
        assert_eq!(
            (&user["state"], &user["activated"], &user["suspended"]),
            (&json!("ACTIVATED"), &json!(false), &json!(false))
        );
        assert_eq!((&user["unix_uid"], &user["password_date"]), (&json!(5001), &json!(null)));
        assert_eq!(user["mfa"], json!({"exclusion": false, "configured": false}));
        assert!(user.get("nonsense").is_none());
    });
}

#[test]
fn only_some_bodies_make_a_user() {
    with_client(|client| {
        let cases = [
            (json!({"username": "ann"}), "email is required"),
            (json!({"email": "ann@acme.com"}), "username is required"),
            (json!({"email": "ann", "username": "ann"}), "email must be a valid email address"),
            (json!({"email": "ann@acme.com", "username": 1}), "username must be a string"),
            (json!({"email": "ann@acme.com", "username": "ann", "state": "GONE"}), "state is not valid"),
            (json!({"email": "ann@acme.com", "username": "ann", "sudo": "yes"}), "sudo must be a boolean"),
        ];
        for (body, error) in cases {
            let answer = client.post("/api/systemusers", &body);
            assert_eq!((answer.status, answer.json()), (400, json!({"status": 400, "error": error})));
        }
        assert_eq!(client.get("/api/systemusers").json(), json!({"totalCount": 0, "results": []}));
    });
}

#[test]
fn addresses_and_usernames_are_unique() {
    with_client(|client| {
        ann(client);
        let same_email = json!({"email": "ANN@acme.com", "username": "other"});
        let refused = client.post("/api/systemusers", &same_email);
        assert_eq!((refused.status, refused.json()), (400, json!({"status": 400, "error": "email already exists"})));
        let same_name = json!({"email": "other@acme.com", "username": "ann"});
        assert_eq!(client.post("/api/systemusers", &same_name).json()["error"], json!("username already exists"));
        client.world.set("duplicate-user", "conflict").unwrap();
        assert_eq!(client.post("/api/systemusers", &same_name).status, 409);
        let ben = create(client, &json!({"email": "ben@acme.com", "username": "ben"}));
        let taken = client.put(&format!("/api/systemusers/{}", text(&ben, "_id")), &json!({"email": "ann@acme.com"}));
        assert_eq!(taken.status, 409);
    });
}

#[test]
fn an_update_leaves_alone_what_it_does_not_say_and_replaces_arrays() {
    with_client(|client| {
        let id = ann(client);
        let target = format!("/api/systemusers/{id}");
        client.put(
            &target,
            &json!({"department": "IT", "attributes": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]}),
        );
        let user = client.put(&target, &json!({"firstname": "Ann"})).json();
        assert_eq!((&user["department"], &user["firstname"]), (&json!("IT"), &json!("Ann")));
        assert_eq!(user["attributes"].as_array().unwrap().len(), 2);
        assert_eq!(text(&user["attributes"][0], "_id").len(), 24);
        let user = client.put(&target, &json!({"attributes": [{"name": "b", "value": "3"}]})).json();
        let attributes = user["attributes"].as_array().unwrap();
        assert_eq!((attributes.len(), &attributes[0]["value"]), (1, &json!("3")));
    });
}

#[test]
fn attributes_have_short_alphanumeric_names() {
    with_client(|client| {
        let target = format!("/api/systemusers/{}", ann(client));
        let long = "a".repeat(32);
        for name in ["with space", "dash-ed", "", long.as_str()] {
            let body = json!({"attributes": [{"name": name, "value": "x"}]});
            assert_eq!(client.put(&target, &body).status, 400, "{name}");
        }
        let twice = json!({"attributes": [{"name": "a", "value": "x"}, {"name": "a", "value": "y"}]});
        assert_eq!(client.put(&target, &twice).status, 400);
        assert_eq!(client.put(&target, &json!({"attributes": [{"name": "a", "value": "./ ä"}]})).status, 200);
        client.world.set("max-attributes", "1").unwrap();
        let two = json!({"attributes": [{"name": "a", "value": "x"}, {"name": "b", "value": "y"}]});
        assert_eq!(client.put(&target, &two).status, 400);
    });
}

#[test]
fn somebody_staged_is_activated_through_an_endpoint_of_its_own() {
    with_client(|client| {
        let id = ann(client);
        let target = format!("/api/systemusers/{id}");
        assert_eq!(client.put(&target, &json!({"state": "ACTIVATED"})).status, 400);
        assert_eq!(client.put(&target, &json!({"state": "STAGED"})).status, 400);
        let activated = client.post(&format!("{target}/state/activate"), &json!({"email": false}));
        assert_eq!((activated.status, activated.body.len()), (200, 0));
        let user = client.get(&target).json();
        assert_eq!((&user["state"], &user["activated"]), (&json!("ACTIVATED"), &json!(false)));
        assert!(client.world.outbox().is_empty());
    });
}

#[test]
fn mails_go_out_unless_they_are_suppressed() {
    with_client(|client| {
        let id = ann(client);
        assert!(client.world.outbox().is_empty(), "somebody staged gets none");
        let target = format!("/api/systemusers/{id}");
        client.post(&format!("{target}/state/activate"), &json!({"email": "boss@acme.com"}));
        client.put(&target, &json!({"alternateEmail": "ann@home.example"}));
        client.post(&format!("{target}/state/activate"), &json!({}));
        client.post(&format!("{target}/password"), &json!({"password": "x"}));
        client.post(&format!("{target}/state/activate"), &json!({}));
        create(client, &json!({"email": "ben@acme.com", "username": "ben"}));
        create(client, &json!({"email": "cem@acme.com", "username": "cem", "password": "secret"}));
        let mails: Vec<(&str, MailKind)> =
            client.world.outbox().iter().map(|mail| (mail.to.as_str(), mail.kind)).collect();
        let expected = [
            ("boss@acme.com", MailKind::Activation),
            ("ann@home.example", MailKind::Activation),
            ("ann@acme.com", MailKind::Welcome),
            ("ben@acme.com", MailKind::Activation),
        ];
        assert_eq!(mails, expected);
    });
}

#[test]
fn suspended_and_state_are_one_thing() {
    with_client(|client| {
        let id = text(&create(client, &json!({"email": "ann@acme.com", "username": "ann"})), "_id");
        let target = format!("/api/systemusers/{id}");
        let user = client.put(&target, &json!({"suspended": true})).json();
        assert_eq!(user["state"], json!("SUSPENDED"));
        let user = client.put(&target, &json!({"suspended": false})).json();
        assert_eq!(user["state"], json!("ACTIVATED"));
        assert_eq!(client.post(&format!("{target}/state/suspend"), &json!({})).status, 200);
        assert_eq!(client.get(&target).json()["suspended"], json!(true));
    });
}

#[test]
fn a_federated_password_cannot_be_set() {
    with_client(|client| {
        let target = format!("/api/systemusers/{}", ann(client));
        let entry =
            json!({"field": "password", "type": "federated_identity_provider", "id": "6516be7eac1f57664752c607"});
        let user = client.put(&target, &json!({"restrictedFields": [entry]})).json();
        assert_eq!(user["restrictedFields"], json!([entry]));
        assert_eq!(client.post(&format!("{target}/password"), &json!({"password": "x"})).status, 400);
        assert_eq!(client.put(&target, &json!({"password": "x"})).status, 400);
        assert_eq!(client.put(&target, &json!({"restrictedFields": []})).json()["restrictedFields"], json!([]));
        assert_eq!(client.post(&format!("{target}/password"), &json!({"password": "x"})).status, 200);

        for wrong in [json!({"field": "shoe", "type": "scim"}), json!({"field": "password", "type": "magic"})] {
            assert_eq!(client.put(&target, &json!({"restrictedFields": [wrong]})).status, 400);
        }
        client.world.set("authority-without-id", "false").unwrap();
        let nameless = json!({"restrictedFields": [{"field": "password", "type": "federated_identity_provider"}]});
        assert_eq!(client.put(&target, &nameless).status, 400);
    });
}

#[test]
fn the_deprecated_flag_overwrites_who_owns_the_password() {
    with_client(|client| {
        let target = format!("/api/systemusers/{}", ann(client));
        let entry = json!({"field": "password", "type": "federated_identity_provider", "id": null});
        client.put(&target, &json!({"restrictedFields": [entry]}));
        let user = client.put(&target, &json!({"externally_managed": false})).json();
        assert_eq!(user["restrictedFields"], json!([]));
    });
}

#[test]
fn locks_and_expiry_have_endpoints() {
    with_client(|client| {
        let target = format!("/api/systemusers/{}", ann(client));
        client.put(&target, &json!({"account_locked": true}));
        assert_eq!(client.post(&format!("{target}/unlock"), &json!({})).status, 200);
        assert_eq!(client.post(&format!("{target}/expire"), &json!({})).status, 200);
        let user = client.get(&target).json();
        assert_eq!((&user["account_locked"], &user["password_expired"]), (&json!(false), &json!(true)));
        assert_eq!(client.post(&format!("{target}/explode"), &json!({})).status, 404);
    });
}

#[test]
fn a_missing_user_is_not_found_or_empty() {
    with_client(|client| {
        let id = ann(client);
        let target = format!("/api/systemusers/{id}");
        assert_eq!(client.delete(&target).json()["_id"], json!(id));
        let gone = client.get(&target);
        assert_eq!((gone.status, gone.json()), (404, json!({"message": "Not Found"})));
        client.world.set("missing-user", "empty").unwrap();
        assert_eq!((client.get(&target).status, client.get(&target).body.len()), (200, 0));
        assert_eq!(client.delete(&target).status, 404);
        assert_eq!(client.get("/api/systemusers/nonsense").status, 200);
    });
}

fn people(client: &mut Client<'_>, count: usize) {
    for number in 0..count {
        let org = client.world.organizations().next().unwrap().id;
        let email = format!("p{number}@acme.com");
        client.world.add_user(org, NewUser { email, username: format!("p{number}"), ..NewUser::default() });
    }
}

fn emails(list: &Value) -> Vec<String> {
    list["results"].as_array().unwrap().iter().map(|user| text(user, "email")).collect()
}

#[test]
fn lists_come_in_pages_of_ten_and_never_of_more_than_a_hundred() {
    with_client(|client| {
        people(client, 120);
        let list = client.get("/api/systemusers").json();
        assert_eq!((emails(&list).len(), &list["totalCount"]), (10, &json!(120)));
        assert_eq!(emails(&client.get("/api/systemusers?limit=1000&sort=_id").json()).len(), 100);
        assert_eq!(emails(&client.get("/api/systemusers?limit=100&skip=100&sort=_id").json()).len(), 20);
        let past = client.get("/api/systemusers?skip=500").json();
        assert_eq!(past, json!({"totalCount": 120, "results": []}));
        let last = client.get("/api/systemusers?limit=2&sort=-_id").json();
        assert_eq!(emails(&last), ["p119@acme.com", "p118@acme.com"]);
    });
}

#[test]
fn fields_are_apart_by_spaces_and_one_of_several_is_kept() {
    with_client(|client| {
        ann(client);
        let row = |client: &mut Client<'_>, query: &str| {
            client.get(&format!("/api/systemusers?{query}")).json()["results"][0].clone()
        };
        let some = row(client, "fields=email%20username");
        assert_eq!(some.as_object().unwrap().len(), 4, "both ids are always there: {some}");
        assert!(row(client, "fields=email,username").as_object().unwrap().len() > 20, "one unknown name is ignored");
        let one = row(client, "fields=email&fields=username");
        assert_eq!((one.get("email"), &one["username"]), (None, &json!("ann")));
    });
}

#[test]
fn filters_find_people() {
    with_client(|client| {
        people(client, 30);
        let mut find = |query: &str| emails(&client.get(&format!("/api/systemusers?limit=100&{query}")).json());
        assert_eq!(find("filter=email:$eq:p7@acme.com"), ["p7@acme.com"]);
        assert_eq!(find("filter=email:$eq:P7@acme.com"), [""; 0], "values have their case");
        assert_eq!(find("filter[0]=email:$eq:p7@acme.com&filter[1]=username:$eq:p8"), [""; 0]);
        assert_eq!(
            find("filter[or][0]=email:$eq:p9@acme.com&filter[or][1]=username:$eq:p8"),
            ["p8@acme.com", "p9@acme.com"]
        );
        assert_eq!(find("filter=email:$in:p1@acme.com|p2@acme.com&sort=-email"), ["p2@acme.com", "p1@acme.com"]);
        assert_eq!(find("filter=unix_uid:$gte:5030"), ["p29@acme.com"]);
        assert_eq!(find("filter=state:$ne:ACTIVATED"), [""; 0]);
        assert_eq!(find("search[fields]=email&search[searchTerm]=P29"), ["p29@acme.com"]);
        assert_eq!(client.get("/api/systemusers?filter=email").status, 400);
    });
}

#[test]
fn people_after_an_id_are_a_page() {
    with_client(|client| {
        people(client, 30);
        let all = client.get("/api/systemusers?limit=100&sort=_id&fields=email").json();
        let after = text(&all["results"][9], "_id");
        let rest = client.get(&format!("/api/systemusers?limit=5&sort=_id&filter=_id:$gt:{after}")).json();
        assert_eq!((&rest["totalCount"], &emails(&rest)[0]), (&json!(20), &"p10@acme.com".to_owned()));
        let ids = format!("{}|{after}", text(&all["results"][3], "_id"));
        let some = client.get(&format!("/api/systemusers?filter=_id:$in:{ids}")).json();
        assert_eq!(emails(&some), ["p3@acme.com", "p9@acme.com"]);
        client.world.set("id-range-filter", "false").unwrap();
        let none = client.get(&format!("/api/systemusers?filter=_id:$gt:{after}")).json();
        assert_eq!(none["totalCount"], json!(0));
    });
}

#[test]
fn the_search_takes_objects_and_strings() {
    with_client(|client| {
        people(client, 120);
        let mut find = |body: Value| client.post("/api/search/systemusers", &body).json();
        let or = json!({"or": [{"email": "p1@acme.com"}, {"email": "p2@acme.com"}, "username:$eq:p3"]});
        assert_eq!(find(json!({"filter": or}))["totalCount"], json!(3));
        let page = find(json!({"limit": 1000, "skip": 10, "sort": "-email", "fields": "email"}));
        assert_eq!((emails(&page).len(), &page["totalCount"]), (100, &json!(120)));
        assert_eq!(page["results"][0].as_object().unwrap().len(), 3);
        let term = json!({"searchFilter": {"searchTerm": ["P119", "p118"], "fields": ["username"]}});
        assert_eq!(find(term)["totalCount"], json!(2));
        assert_eq!(find(json!({"filter": {"and": ["email:$zz:x"]}}))["status"], json!(400));
        client.world.set("search-page-max", "1000").unwrap();
        assert_eq!(emails(&client.post("/api/search/systemusers", &json!({"limit": 1000})).json()).len(), 120);
    });
}

#[test]
fn organisations_do_not_see_each_other() {
    with_client(|client| {
        let id = ann(client);
        let other = client.world.organizations().nth(1).unwrap().id;
        let key = client.world.add_key(&[other]);
        let mut stranger = Client { world: client.world, key: &key };
        assert_eq!(stranger.get(&format!("/api/systemusers/{id}")).status, 404);
        assert_eq!(stranger.get(&format!("/api/systemusers?filter=_id:$eq:{id}")).json()["totalCount"], json!(0));
        let same = json!({"email": "ann@acme.com", "username": "ann"});
        assert_eq!(stranger.post("/api/systemusers", &same).status, 200, "unique in the organisation only");
    });
}

#[test]
fn every_text_and_flag_that_may_be_written_is_kept() {
    with_client(|client| {
        let target = format!("/api/systemusers/{}", ann(client));
        let texts = [
            "alternateEmail",
            "company",
            "costCenter",
            "department",
            "description",
            "displayname",
            "employeeIdentifier",
            "employeeType",
            "external_dn",
            "external_source_type",
            "firstname",
            "jobTitle",
            "lastname",
            "location",
            "managedAppleId",
            "manager",
            "middlename",
            "public_key",
            "systemUsername",
        ];
        let flags = [
            "account_locked",
            "allow_public_key",
            "disableDeviceMaxLoginAttempts",
            "enable_managed_uid",
            "enable_user_portal_multifactor",
            "ldap_binding_user",
            "password_never_expires",
            "passwordless_sudo",
            "samba_service_user",
            "sudo",
        ];
        for name in texts {
            assert_eq!(client.put(&target, &json!({name: name})).status, 200);
        }
        for name in flags {
            assert_eq!(client.put(&target, &json!({name: true})).status, 200);
        }
        let records = json!({"addresses": [{"country": "DE"}], "phoneNumbers": [{"type": "home", "number": "1"}],
            "relationships": [{"type": "manager", "value": "x"}],
            "delegatedAuthority": {"name": "ActiveDirectory"}, "mfa": {"exclusion": true}});
        let user = client.put(&target, &records).json();
        for name in texts {
            assert_eq!(user[name], json!(name));
        }
        for name in flags {
            assert_eq!(user[name], json!(true), "{name}");
            assert_eq!(client.get(&format!("/api/systemusers?filter={name}:$eq:true")).json()["totalCount"], json!(1));
        }
        for (name, value) in records.as_object().unwrap() {
            let expected = if name == "mfa" { json!({"exclusion": true, "configured": false}) } else { value.clone() };
            assert_eq!(user[name], expected);
        }
    });
}

#[test]
fn texts_have_a_greatest_length() {
    with_client(|client| {
        let target = format!("/api/systemusers/{}", ann(client));
        let mut status = |body: Value| client.put(&target, &body).status;
        assert_eq!(status(json!({"company": "c".repeat(1024)})), 200);
        assert_eq!(status(json!({"company": "c".repeat(1025)})), 400);
        assert_eq!(status(json!({"employeeIdentifier": "c".repeat(257)})), 400);
        assert_eq!(status(json!({"attributes": [{"name": "a", "value": "v".repeat(1024)}]})), 200);
        assert_eq!(status(json!({"attributes": [{"name": "a", "value": "v".repeat(1025)}]})), 400);
        assert_eq!(status(json!({"attributes": [{"name": "a".repeat(31), "value": "v"}]})), 200);
        assert_eq!(status(json!({"attributes": [{"name": "a", "value": null}]})), 400);
    });
}

#[test]
fn an_employee_identifier_is_unique_and_an_address_is_one() {
    with_client(|client| {
        let ann = ann(client);
        client.put(&format!("/api/systemusers/{ann}"), &json!({"employeeIdentifier": "7"}));
        let ben = json!({"email": "ben@acme.com", "username": "ben", "employeeIdentifier": "7"});
        assert_eq!(client.post("/api/systemusers", &ben).json()["error"], json!("employeeIdentifier already exists"));
        for email in
            ["a b@acme.com", "ann@", "@acme.com", "ann@acme", "ann@.acme.com", "ann@acme.com.", "an\tn@acme.com"]
        {
            let body = json!({"email": email, "username": "x"});
            assert_eq!(client.post("/api/systemusers", &body).status, 400, "{email}");
        }
        assert_eq!(client.put(&format!("/api/systemusers/{ann}"), &json!({"email": ""})).status, 400);
        assert_eq!(client.put(&format!("/api/systemusers/{ann}"), &json!({"username": "new"})).status, 400);
        let moved =
            client.put(&format!("/api/systemusers/{ann}"), &json!({"email": "ann@beta.com", "username": "ann"}));
        assert_eq!(moved.json()["email"], json!("ann@beta.com"));
        let mut count = |email: &str| {
            client.get(&format!("/api/systemusers?filter=email:$eq:{email}")).json()["totalCount"].clone()
        };
        assert_eq!((count("ann@acme.com"), count("ann@beta.com")), (json!(0), json!(1)));
    });
}

#[test]
fn where_duplicates_are_allowed_all_of_them_are_found() {
    with_client(|client| {
        ann(client);
        client.world.set("duplicate-user", "allow").unwrap();
        let second = create(client, &json!({"email": "ann@acme.com", "username": "ann"}));
        let find = |client: &mut Client<'_>| {
            client.get("/api/systemusers?filter=email:$eq:ann@acme.com").json()["totalCount"].clone()
        };
        assert_eq!(find(client), json!(2));
        client.delete(&format!("/api/systemusers/{}", text(&second, "_id")));
        assert_eq!(find(client), json!(1));
    });
}

#[test]
fn state_and_time_can_be_asked_for() {
    with_client(|client| {
        let id = ann(client);
        let mut count = |query: &str| client.get(&format!("/api/systemusers?{query}")).json()["totalCount"].clone();
        assert_eq!(count("filter=state:$eq:STAGED"), json!(1));
        assert_eq!(count("filter=suspended:$eq:false"), json!(1));
        assert_eq!(count("filter=activated:$eq:true"), json!(0));
        assert_eq!(count("filter=created:$gt:2026-01-01T00:00:00Z"), json!(1));
        assert_eq!(count(&format!("filter[0]=_id:$gte:{id}&filter[1]=username:$eq:ann")), json!(1));
        assert_eq!(count("filter=password_date:$gt:0"), json!(0), "null is not more than anything");
        client.world.set("id-range-filter", "false").unwrap();
        let both = format!("filter[0]=_id:$gte:{id}&filter[1]=username:$eq:ann");
        assert_eq!(client.get(&format!("/api/systemusers?{both}")).json()["totalCount"], json!(0));
        assert_eq!(client.get("/api/systemusers?filter=username:$eq:ann").json()["totalCount"], json!(1));
    });
}

#[test]
fn one_field_of_one_user_can_be_asked_for() {
    with_client(|client| {
        let id = ann(client);
        let user = client.get(&format!("/api/systemusers/{id}?fields=email")).json();
        assert_eq!(user, json!({"email": "ann@acme.com", "_id": id, "id": id}));
        let ends = "/api/systemusers?filter=email:$ew:@acme.com";
        assert_eq!(client.get(ends).status, 400, "takes a header");
        let request = jumpcloud_sim::Request::api("GET", ends).with_header("x-api-key", client.key);
        let answer = client.world.answer(&request.with_header("x-eventually-consistent", "true"));
        assert_eq!(answer.json()["totalCount"], json!(1));
    });
}

#[test]
fn an_activation_can_be_sent_again() {
    with_client(|client| {
        let id = ann(client);
        assert_eq!(client.post(&format!("/api/systemusers/{id}/reactivate"), &json!({})).status, 200);
        assert_eq!(client.world.outbox().len(), 1);
        client.world.clear_outbox();
        assert_eq!(client.post(&format!("/api/systemusers/{id}/mfasync"), &json!({})).status, 204);
        assert_eq!(client.post(&format!("/api/systemusers/{id}/resetmfa"), &json!({})).status, 200);
        assert_eq!(client.post(&format!("/api/systemusers/{id}/password"), &json!({})).status, 400);
        assert!(client.world.outbox().is_empty());
    });
}

#[test]
fn what_the_service_keeps_itself_is_not_written() {
    with_client(|client| {
        let target = format!("/api/systemusers/{}", ann(client));
        let own = json!({"creationSource": "x", "password_expired": true, "totp_enabled": true, "unix_uid": 1});
        let user = client.put(&target, &own).json();
        assert_eq!((&user["creationSource"], &user["password_expired"]), (&json!(""), &json!(false)), "read only");
        assert_eq!((&user["totp_enabled"], &user["unix_uid"]), (&json!(false), &json!(5001)));
        assert_eq!(client.put(&target, &json!({"company": null})).json()["company"], json!(""));
    });
}

#[test]
fn an_authority_may_come_without_an_id() {
    with_client(|client| {
        let target = format!("/api/systemusers/{}", ann(client));
        let body = json!({"restrictedFields": [{"field": "password", "type": "federated_identity_provider"}]});
        let user = client.put(&target, &body).json();
        assert_eq!(user["restrictedFields"][0]["id"], json!(null));
        client.world.set("authority-without-id", "false").unwrap();
        assert_eq!(client.put(&target, &json!({"company": "Acme"})).status, 200, "only where there is an authority");
        let scim = json!({"restrictedFields": [{"field": "password", "type": "scim", "id": null}]});
        assert_eq!(client.put(&target, &scim).status, 200);
    });
}

#[test]
fn no_identifier_is_not_the_same_identifier() {
    with_client(|client| {
        create(
            client,
            &json!({"email": "ann@acme.com", "username": "ann", "employeeIdentifier": "", "company": "Acme"}),
        );
        create(
            client,
            &json!({"email": "ben@acme.com", "username": "ben", "employeeIdentifier": "", "company": "Acme"}),
        );
    });
}

#[test]
fn ssh_keys_come_and_go_one_at_a_time() {
    with_client(|client| {
        let keys = format!("/api/systemusers/{}/sshkeys", ann(client));
        assert_eq!(client.get(&keys).json(), json!([]));
        let made = client.post(&keys, &json!({"name": "laptop", "public_key": "ssh-ed25519 AAAA"}));
        assert_eq!(made.status, 200);
        assert_eq!(client.get(&keys).json(), json!([made.json()]));
        assert_eq!(client.post(&keys, &json!({"name": "laptop"})).status, 400);
        let key = format!("{keys}/{}", text(&made.json(), "_id"));
        assert_eq!((client.delete(&key).status, client.delete(&key).status), (200, 404));
    });
}
