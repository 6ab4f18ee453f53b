use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::{Host, Request, Response, Role, World};
use serde_json::json;

fn get(world: &mut World, target: &str, headers: &[(&str, &str)]) -> Response {
    let request = Request::api("GET", target);
    world.answer(&headers.iter().fold(request, |request, (name, value)| request.with_header(name, value)))
}

#[test]
fn without_a_key_everybody_is_sent_to_log_in() {
    let Pair { mut world, .. } = fixture::pair(1);
    let answer = get(&mut world, "/api/systemusers", &[]);
    assert_eq!((answer.status, answer.header("location")), (302, Some("/login")));
}

#[test]
fn an_unknown_key_is_unauthorized() {
    let Pair { mut world, primary_key, .. } = fixture::pair(1);
    let answer = get(&mut world, "/api/v2/usergroups", &[("x-api-key", "sim_wrong")]);
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json(), json!({"error": "Unauthorized", "message": "Unauthorized: api key user not found"}));
    assert!(primary_key.starts_with("sim_"));
    assert!(world.revoke_key(&primary_key));
    assert_eq!(get(&mut world, "/api/systemusers", &[("x-api-key", &primary_key)]).status, 401);
}

#[test]
fn a_providers_key_has_to_say_which_organisation() {
    let Pair { mut world, primary, provider_key, secondary, .. } = fixture::pair(1);
    let org = |world: &mut World, id: Option<&str>| {
        let mut headers = vec![("x-api-key", provider_key.as_str())];
        headers.extend(id.map(|id| ("x-org-id", id)));
        get(world, "/api/settings", &headers)
    };
    let none = org(&mut world, None);
    assert_eq!((none.status, none.json()), (401, json!({"message": "Unauthorized: no organization selected"})));
    assert_eq!(org(&mut world, Some("acme")).status, 400);
    assert_eq!(org(&mut world, Some("6516be7eac1f57664752c607")).status, 404);
    assert_eq!(org(&mut world, Some(&primary.to_string())).json()["ORG_ID"], json!(primary));
    assert_eq!(org(&mut world, Some(&secondary.to_string())).json()["ORG_ID"], json!(secondary));
}

#[test]
fn a_key_for_one_organisation_cannot_name_another() {
    let Pair { mut world, primary, primary_key, secondary, .. } = fixture::pair(1);
    let (own, other) = (primary.to_string(), secondary.to_string());
    assert_eq!(get(&mut world, "/api/settings", &[("x-api-key", &primary_key), ("x-org-id", &own)]).status, 200);
    assert_eq!(get(&mut world, "/api/settings", &[("x-api-key", &primary_key), ("x-org-id", &other)]).status, 404);
}

#[test]
fn organisations_are_listed_without_naming_one() {
    let Pair { mut world, primary, provider_key, .. } = fixture::pair(1);
    let key = ("x-api-key", provider_key.as_str());
    let list = get(&mut world, "/api/organizations", &[key]).json();
    assert_eq!(list["totalCount"], json!(2));
    assert_eq!(list["results"][0]["_id"], json!(primary));
    assert_eq!(list["results"][0]["id"], list["results"][0]["_id"]);
    assert_eq!(list["results"][0]["displayName"], json!("Acme"));
    assert_eq!(list["results"][0]["logoUrl"], json!(null));
    let one = get(&mut world, &format!("/api/organizations/{primary}"), &[key]).json();
    assert_eq!(one["settings"]["newSystemUserStateDefaults"]["manualEntry"], json!("ACTIVATED"));

    let named = [key, ("x-org-id", &primary.to_string())];
    assert_eq!(get(&mut world, "/api/organizations", &named).status, 403);
    world.set("org-header-refused", "false").unwrap();
    assert_eq!(get(&mut world, "/api/organizations", &named).status, 200);
    world.set("display-name-null", "true").unwrap();
    assert_eq!(get(&mut world, "/api/organizations", &[key]).json()["results"][0]["displayName"], json!(null));
    world.set("organizations-forbidden", "true").unwrap();
    assert_eq!(get(&mut world, "/api/organizations", &[key]).status, 403);
}

#[test]
fn every_answer_says_that_it_is_simulated_and_when() {
    let Pair { mut world, primary_key, .. } = fixture::pair(1);
    let answer = get(&mut world, "/api/systemusers", &[("x-api-key", &primary_key)]);
    assert_eq!(answer.header("x-fedctl-sim"), Some("1"));
    assert_eq!(answer.header("date"), Some("Thu, 01 Oct 2026 08:00:00 GMT"));
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    assert!(answer.header("etag").unwrap().starts_with("W/\""));
    assert!(answer.header("x-response-time").is_some());
    let nothing = get(&mut world, "/api/nothing", &[]);
    assert_eq!(nothing.header("x-fedctl-sim"), Some("1"));
}

#[test]
fn time_passes_with_each_request() {
    let Pair { mut world, .. } = fixture::pair(1);
    let before = world.now_ms;
    get(&mut world, "/", &[]);
    assert_eq!(world.now_ms - before, 25);
}

#[test]
fn requests_are_remembered_without_bodies_and_keys() {
    let Pair { mut world, primary, primary_key, .. } = fixture::pair(1);
    get(&mut world, "/api/systemusers?limit=1", &[("x-api-key", &primary_key)]);
    get(&mut world, "/api/systemusers", &[]);
    let [first, second] = world.requests() else { panic!("{:?}", world.requests()) };
    assert_eq!((first.method.as_str(), first.target.as_str()), ("GET", "/api/systemusers?limit=1"));
    assert_eq!((first.organization, first.status), (Some(primary), 200));
    assert_eq!((second.organization, second.status), (None, 302));
    assert!(!format!("{:?}", world.requests()).contains(&primary_key));
    world.clear_requests();
    assert!(world.requests().is_empty());
}

#[test]
fn what_is_not_there_is_not_found() {
    let Pair { mut world, primary_key, .. } = fixture::pair(1);
    for target in ["/", "/api", "/api/v2/nothing", "/other", "/api/systemusers/%00/x"] {
        assert_eq!(get(&mut world, target, &[("x-api-key", &primary_key)]).status, 404, "{target}");
    }
    assert_eq!(world.answer(&Request::to(Host::Login, "GET", "/login")).status, 404);
}

#[test]
fn a_role_may_not_be_enough() {
    let Pair { mut world, primary_key, .. } = fixture::pair(1);
    let ask = |world: &mut World, method: &str, target: &str| {
        let request = Request::api(method, target).with_header("x-api-key", &primary_key);
        world.answer(&request.with_json(&json!({"name": "A"}))).status
    };
    let all = [("GET", "/api/systemusers"), ("POST", "/api/search/systemusers"), ("POST", "/api/v2/usergroups")];
    for (role, wanted) in [(Role::ReadOnly, [200, 200, 403]), (Role::CommandRunner, [403, 403, 403])] {
        assert!(world.set_role(&primary_key, role));
        assert_eq!(all.map(|(method, target)| ask(&mut world, method, target)), wanted);
    }
    assert!(!world.set_role("sim_nobody", Role::ReadOnly));
}

#[test]
fn a_key_says_whose_it_is() {
    let Pair { mut world, primary_key, .. } = fixture::pair(1);
    let own = get(&mut world, "/api/users/getSelf", &[("x-api-key", &primary_key)]);
    assert_eq!(own.status, 200);
    assert!(own.json()["email"].as_str().is_some_and(|email| email.contains('@')));
    assert!(own.json()["organization"].is_string());
}
