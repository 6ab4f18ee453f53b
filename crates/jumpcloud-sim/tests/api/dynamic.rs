//! Dynamic groups: rules of all generations, and what their members look like from every side.

use jumpcloud_sim::{NewUser, Request, UserId};
use serde_json::{Value, json};

use crate::common::{Client, text, with_client, writable};

fn user(client: &mut Client<'_>, email: &str, attributes: &[(&str, &str)]) -> UserId {
    let org = client.world.organizations().next().unwrap().id;
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let username = email.replace(['@', '.'], "-");
    client.world.add_user(org, NewUser { email: email.to_owned(), username, attributes, ..NewUser::default() })
}

fn body(rule: &Value) -> Value {
    json!({"name": "A", "membershipMethod": "DYNAMIC_AUTOMATED", "memberQuery": rule})
}

fn search(filter: &str) -> Value {
    let filters = json!({"filter": {"and": [filter]}}).to_string();
    json!({"queryType": "Search", "searchFilters": filters})
}

fn group(client: &mut Client<'_>, rule: &Value) -> String {
    let made = client.post("/api/v2/usergroups", &body(rule));
    assert_eq!((made.status, &made.json()["memberQuery"]), (201, rule));
    text(&made.json(), "id")
}

/// The members by both lists, which must agree.
fn members(client: &mut Client<'_>, group: &str) -> Vec<String> {
    let target = format!("/api/v2/usergroups/{group}");
    let direct = client.get(&format!("{target}/members?limit=100")).json();
    let direct: Vec<String> = direct.as_array().unwrap().iter().map(|row| text(&row["to"], "id")).collect();
    let effective = client.get(&format!("{target}/membership?limit=100")).json();
    let effective: Vec<String> = effective.as_array().unwrap().iter().map(|row| text(row, "id")).collect();
    assert_eq!(direct, effective);
    direct
}

#[test]
fn the_rule_of_the_help_page_takes_whoever_has_the_suffix() {
    with_client(|client| {
        let ann = user(client, "ann@acme.com.beta", &[]).to_string();
        user(client, "ben@beta.com", &[]);
        let group = group(client, &search("email:$ew:.beta"));
        assert_eq!(members(client, &group), [ann.as_str()]);
        let of_ann = client.get(&format!("/api/v2/users/{ann}/memberof")).json();
        assert_eq!(of_ann[0]["id"], json!(group));
        let filtered = client.get(&format!("/api/v2/usergroups/{group}/membership?filter=object_id:eq:{ann}")).json();
        assert_eq!(filtered[0]["paths"][0].as_array().unwrap().len(), 1);
        client.put(&format!("/api/systemusers/{ann}"), &json!({"email": "ann@acme.com"}));
        assert_eq!(members(client, &group), [""; 0]);
    });
}

#[test]
fn a_rule_reads_a_custom_attribute() {
    with_client(|client| {
        let ann = user(client, "ann@a.bc", &[("fedctlRoute", "acme-to-beta")]).to_string();
        user(client, "ben@a.bc", &[("fedctlRoute", "other")]);
        let eve = user(client, "eve@a.bc", &[("FedctlRoute", "acme-to-beta")]).to_string();
        let group = group(client, &search("attributes[name=fedctlRoute].value:$eq:acme-to-beta"));
        assert_eq!(members(client, &group), [ann.as_str()], "names of attributes are exact");
        let attributes = json!({"attributes": [{"name": "fedctlRoute", "value": "acme-to-beta"}]});
        client.put(&format!("/api/systemusers/{eve}"), &attributes);
        assert_eq!(members(client, &group), [ann.as_str(), eve.as_str()]);
        client.put(&format!("/api/systemusers/{ann}"), &json!({"attributes": []}));
        assert_eq!(members(client, &group), [eve]);
    });
}

#[test]
fn a_rule_is_replaced_by_one_of_another_generation() {
    with_client(|client| {
        let ann = user(client, "ann@a.bc", &[]).to_string();
        let ben = user(client, "ben@a.bc", &[]).to_string();
        let id = group(client, &search("email:$eq:ann@a.bc"));
        let target = format!("/api/v2/usergroups/{id}");
        let of_texts = json!({"queryType": "Filter", "filters": ["email:$eq:ben@a.bc"]});
        let of_records =
            json!({"queryType": "FilterQuery", "filters": [{"field": "email", "operator": "eq", "value": "ann@a.bc"}]});
        for (rule, member) in [(of_texts, &ben), (of_records, &ann), (search("email:$eq:ben@a.bc"), &ben)] {
            assert_eq!(client.put(&target, &body(&rule)).json()["memberQuery"], rule);
            assert_eq!(members(client, &id), [member.as_str()]);
        }
        let newest = json!({"filters": [{"field": "user.email", "operation": "equals", "value": "ann@a.bc"}]});
        let refused = client.put(&target, &body(&newest));
        assert_eq!((refused.status, refused.json()), (400, json!({"message": "memberQuery.queryType is required"})));
        let with_header = Request::api("PUT", &target).with_header("x-api-key", client.key);
        let with_header = with_header.with_header("x-query-dsl", "v2").with_json(&body(&newest));
        assert_eq!(client.world.answer(&with_header).json()["memberQuery"], newest);
        assert_eq!(members(client, &id), [ann.as_str()]);
        assert_eq!(client.put(&target, &body(&json!({"queryType": "Magic"}))).status, 400);
        assert_eq!(members(client, &id), [ann], "what is refused changes nothing");
    });
}

#[test]
fn whoever_is_added_by_hand_is_not_in_it_and_nothing_says_so() {
    with_client(|client| {
        user(client, "ann@acme.com.beta", &[]);
        let ben = user(client, "ben@beta.com", &[]).to_string();
        let id = group(client, &search("email:$ew:.beta"));
        let add = json!({"op": "add", "type": "user", "id": ben});
        let answer = client.post(&format!("/api/v2/usergroups/{id}/members"), &add);
        assert_eq!((answer.status, answer.body.len()), (204, 0));
        assert!(!members(client, &id).contains(&ben));
    });
}

#[test]
fn an_exemption_freezes_somebody_in_or_out() {
    with_client(|client| {
        let ann = user(client, "ann@acme.com.beta", &[]).to_string();
        let ben = user(client, "ben@beta.com", &[]).to_string();
        let id = group(client, &search("email:$ew:.beta"));
        let target = format!("/api/v2/usergroups/{id}");
        let mut whole = writable(client.get(&target).json());
        whole["memberQueryExemptions"] = json!([{"id": ann, "type": "USER"}, {"id": ben, "type": "USER"}]);
        assert_eq!(client.put(&target, &whole).status, 200);
        assert_eq!(members(client, &id), [ann.as_str()], "an exemption by itself moves nobody");
        client.put(&format!("/api/systemusers/{ann}"), &json!({"email": "ann@beta.com"}));
        assert_eq!(members(client, &id), [ann.as_str()], "the rule does not look at who is exempt");
        for (op, user) in [("remove", &ann), ("add", &ben)] {
            let change = json!({"op": op, "type": "user", "id": user});
            assert_eq!(client.post(&format!("{target}/members"), &change).status, 204);
        }
        assert_eq!(members(client, &id), [ben.as_str()]);
        whole["memberQueryExemptions"] = json!([]);
        client.put(&target, &whole);
        assert_eq!(members(client, &id), [""; 0], "now the rule decides about everybody");
    });
}

#[test]
fn members_lag_behind_a_change_of_a_user_and_of_the_rule() {
    with_client(|client| {
        let ann = user(client, "ann@a.bc", &[]).to_string();
        client.world.set("dynamic-delay-ms", "5000").unwrap();
        let id = group(client, &search("email:$ew:.beta"));
        client.put(&format!("/api/systemusers/{ann}"), &json!({"email": "ann@a.bc.beta"}));
        client.world.advance(4000);
        assert_eq!(members(client, &id), [""; 0]);
        client.world.advance(1000);
        assert_eq!(members(client, &id), [ann.as_str()]);
        client.put(&format!("/api/v2/usergroups/{id}"), &body(&search("email:$ew:.gamma")));
        assert_eq!(members(client, &id), [ann]);
        client.world.advance(5000);
        assert_eq!(members(client, &id), [""; 0]);
    });
}
