//! Every route of the simulator, asked by a client that is not fedctl, as the descriptions and other people's clients do.

use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::{Host, Request, Response, World};
use serde_json::{Value, json};

use crate::traffic::Exchange;

/// A client with a key, that writes down what was said.
pub(crate) struct Client {
    world: World,
    key: String,
    seen: Vec<Exchange>,
}

impl Client {
    pub(crate) fn new(world: World, key: String) -> Self {
        Self { world, key, seen: Vec::new() }
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn send(&mut self, request: Request) -> Response {
        let answer = self.world.answer(&request);
        self.seen.push(Exchange::of_simulator(&request, &answer));
        answer
    }

    /// A request with the key; `null` is no body.
    pub(crate) fn call(&mut self, method: &str, target: &str, body: &Value) -> Response {
        let request = Request::api(method, target).with_header("x-api-key", &self.key);
        self.send(if body.is_null() { request } else { request.with_json(body) })
    }

    fn get(&mut self, target: &str) -> Value {
        self.good("GET", target, &Value::Null)
    }

    /// A request that has to be accepted.
    pub(crate) fn good(&mut self, method: &str, target: &str, body: &Value) -> Value {
        let answer = self.call(method, target, body);
        assert!((200..300).contains(&answer.status), "{method} {target}: {} {}", answer.status, answer.json());
        answer.json()
    }
}

/// What was said on every route.
pub(crate) fn all() -> Vec<Exchange> {
    let Pair { world, primary_key, .. } = fixture::demo(1, 24);
    let mut client = Client::new(world, primary_key);
    let user = users(&mut client);
    user_calls(&mut client, &user);
    bulk(&mut client, &user);
    let group = groups(&mut client, &user);
    let app = apps(&mut client, &group);
    organizations(&mut client);
    service_accounts(&mut client);
    rules(&mut client, &user);
    provider_and_policy(&mut client, &group);
    graph(&mut client, &user, &group, &app);
    insights(&mut client);
    tokens(&mut client);
    refusals(&mut client, &user, &group);
    removals(&mut client, &user, &group, &app);
    provider(&mut client);
    client.seen
}

fn id(object: &Value) -> String {
    object.get("_id").or(object.get("id")).and_then(Value::as_str).unwrap().to_owned()
}

fn organizations(client: &mut Client) {
    let list = client.get("/api/organizations?limit=10&skip=0&sort=_id&fields=displayName");
    let id = id(&list["results"][0]);
    client.get(&format!("/api/organizations/{id}"));
    client.good("POST", "/api/search/organizations", &json!({"fields": "displayName"}));
    client.get("/api/organizations?limit=10&skip=0&sort=-displayName&search=a");
    client.get("/api/settings");
    client.get("/api/application-templates?limit=10&skip=0&sort=-displayName&fields=name%20displayName");
    client.get("/api/application-templates?filter=name:$eq:oidc&limit=10&skip=0&sort=name");
    let template = client.get("/api/application-templates")["results"][0]["_id"].as_str().unwrap().to_owned();
    client.get(&format!("/api/application-templates/{template}"));
}

/// A key of one organisation has no provider, and one of two has.
fn provider(client: &mut Client) {
    client.call("GET", "/api/v2/providers/000000000000000000000000/organizations", &Value::Null);
    let all: Vec<_> = client.world.organizations().map(|organization| organization.id).collect();
    client.key = client.world.add_key(&all);
    client.get("/api/users/getSelf?fields=email%20provider");
    let provider = client.get("/api/users/getSelf")["provider"].as_str().unwrap().to_owned();
    client.get(&format!("/api/v2/providers/{provider}/organizations?limit=10&skip=0&sort=name&fields=name"));
    client.get(&format!("/api/v2/providers/{provider}/organizations"));
}

/// Service accounts with one key and one secret.
fn service_accounts(client: &mut Client) {
    let role = id(&client.get("/api/v2/roles")["results"][0]);
    let at = "/api/v2/service-accounts";
    client.get(&format!("{at}?limit=10&skip=0"));
    let config = json!({"authType": "API_KEY", "apiKeyConfig": {"lifetime": "30 Days"}});
    let new = json!({"name": "S", "roleId": role, "authConfig": config});
    let made = client.good("POST", at, &new);
    let path = format!("{at}/{}", made["serviceAccount"]["objectId"].as_str().unwrap());
    client.get(&path);
    let config = json!({"authType": "CLIENT_SECRET", "clientSecretConfig": {"lifetime": "30 Days"}});
    let made = client.good("POST", &format!("{path}/auth-config"), &json!({"authConfig": config}));
    let config = made["authConfig"]["objectId"].as_str().unwrap();
    client.good("DELETE", &format!("{path}/auth-config/{config}"), &Value::Null);
    client.good("DELETE", &path, &Value::Null);
}

/// Groups of all kinds, and what a rule would do.
fn rules(client: &mut Client, user: &str) {
    client.get("/api/v2/groups?limit=10&skip=0&sort=name&fields=name&filter=name:eq:Everyone");
    let counted = Request::api("GET", "/api/v2/groups?limit=1").with_header("x-api-key", &client.key);
    let counted = client.send(counted.with_header("x-unfiltered-total-count", "1"));
    assert_eq!(counted.status, 200);
    let rule = json!({"queryType": "Filter", "filters": ["email:$eq:new@acme.com"]});
    let reviewed = json!({"name": "Reviewed", "membershipMethod": "DYNAMIC_REVIEW_REQUIRED", "memberQuery": rule});
    let path = format!("/api/v2/usergroups/{}", id(&client.good("POST", "/api/v2/usergroups", &reviewed)));
    client.get(&format!("{path}/suggestions?limit=10&skip=0"));
    client.good("POST", &format!("{path}/suggestions"), &json!({"user_ids": [user]}));
    client.good("POST", "/api/v2/search/query", &rule);
    client.get(&format!("{path}/memberof?limit=10&skip=0"));
    client.get(&format!("{path}/systems?limit=10&skip=0"));
    client.get(&format!("{path}/systemgroups?limit=10&skip=0"));
    client.good("DELETE", &path, &Value::Null);
}

fn users(client: &mut Client) -> String {
    client.get("/api/systemusers?limit=100&skip=0&sort=-email&fields=email%20username&search=a&filter=email:$ne:x");
    client.get("/api/systemusers?limit=100");
    let new = json!({
        "email": "new@acme.com", "username": "new", "firstname": "N", "lastname": "E", "state": "STAGED",
        "attributes": [{"name": "area", "value": "1"}], "addresses": [{"type": "home", "locality": "Here"}],
        "phoneNumbers": [{"type": "work", "number": "1"}], "sudo": false, "department": "Sales", "jobTitle": "x",
    });
    let user = id(&client.good("POST", "/api/systemusers", &new));
    let path = format!("/api/systemusers/{user}");
    client.get(&path);
    client.get(&format!("{path}?fields=email"));
    client.good("PUT", &path, &json!({"lastname": "W", "restrictedFields": [{"field": "password", "type": "scim"}]}));
    client.good("POST", &format!("{path}/state/activate"), &json!({}));
    client.good("POST", &format!("{path}/state/suspend"), &json!({}));
    client.good("PUT", &path, &json!({"restrictedFields": [], "state": "ACTIVATED", "suspended": false}));
    client.good("POST", &format!("{path}/password"), &json!({"password": "Correct-Horse-7"}));
    for action in ["unlock", "expire", "resetmfa"] {
        client.good("POST", &format!("{path}/{action}"), &Value::Null);
    }
    client.good(
        "POST",
        "/api/search/systemusers",
        &json!({
            "filter": {"and": [{"department": "Sales"}]}, "searchFilter": {"searchTerm": "@acme", "fields": ["email"]},
            "fields": "email username", "skip": 0, "limit": 100, "sort": "_id",
        }),
    );
    client.good("POST", "/api/search/systemusers", &json!({}));
    user
}

fn user_calls(client: &mut Client, user: &str) {
    let path = format!("/api/systemusers/{user}");
    client.get("/api/users/getSelf?fields=provider");
    let until = json!({"exclusion": true, "exclusionDays": 1, "exclusionUntil": "2030-01-01T00:00:00.000Z"});
    client.good("POST", &format!("{path}/resetmfa"), &until);
    for action in ["reactivate", "mfasync"] {
        client.good("POST", &format!("{path}/{action}"), &Value::Null);
    }
    let key = json!({"name": "laptop", "public_key": "ssh-ed25519 AAAA"});
    let key = id(&client.good("POST", &format!("{path}/sshkeys"), &key));
    client.get(&format!("{path}/sshkeys"));
    client.get(&path);
    client.good("DELETE", &format!("{path}/sshkeys/{key}"), &Value::Null);
}

fn bulk(client: &mut Client, user: &str) {
    let bulk = "/api/v2/bulk/users?suppressEmail=true";
    let owner = json!({"field": "password", "type": "federated_identity_provider"});
    let new = json!([
        {"email": "bulk@acme.com", "username": "bulk", "state": "STAGED", "restrictedFields": owner},
        {"email": "new@acme.com", "username": "taken"},
    ]);
    let changed = json!([{"id": user, "department": "Sales", "attributes": [{"name": "area", "value": "1"}]}]);
    for (method, users) in [("POST", new), ("PATCH", changed)] {
        let job = client.good(method, bulk, &users)["jobId"].as_str().unwrap().to_owned();
        client.get(&format!("/api/v2/bulk/users/{job}/results?limit=10&skip=0"));
        client.world.advance(60_000);
        client.get(&format!("/api/v2/bulk/users/{job}/results"));
    }
    let states = "/api/v2/bulk/userstates";
    let change = json!({
        "user_ids": [user], "state": "ACTIVATED", "start_date": "2030-01-01T00:00:00.000Z",
        "activation_email_override": "boss@acme.com", "send_activation_emails": false,
    });
    let job = client.good("POST", states, &change)[0]["scheduledJobId"].as_str().unwrap().to_owned();
    client.get(&format!("{states}?limit=10&skip=0&userid={user}&filter=state:eq:ACTIVATED"));
    client.get(&format!("{states}/eventlist/next?users={user}&limit=10&skip=0"));
    client.good("DELETE", &format!("{states}/{job}"), &Value::Null);
    client.call("DELETE", &format!("{states}/{job}"), &Value::Null);
    let nobody = json!({"user_ids": [], "state": "ACTIVATED", "start_date": "2030-01-01T00:00:00.000Z"});
    client.call("POST", states, &nobody);
}

fn groups(client: &mut Client, user: &str) -> String {
    client.get("/api/v2/usergroups?limit=100&skip=0&sort=name&fields=name,id&filter=name:eq:Everyone");
    client.get("/api/v2/usergroups?limit=100");
    let search = json!({"queryType": "Search", "searchFilters": r#"{"filter":{"and":["email:$ew:@acme.com"]}}"#});
    let ruled = json!({"name": "Ruled", "membershipMethod": "DYNAMIC_AUTOMATED", "memberQuery": search});
    let ruled = id(&client.good("POST", "/api/v2/usergroups", &ruled));
    client.get(&format!("/api/v2/usergroups/{ruled}"));
    let group = id(&client.good("POST", "/api/v2/usergroups", &json!({"name": "New", "description": "d"})));
    let path = format!("/api/v2/usergroups/{group}");
    client.get(&path);
    client.good("PUT", &path, &json!({"name": "Newer", "description": "e"}));
    client.good("POST", &format!("{path}/members"), &json!({"op": "add", "type": "user", "id": user}));
    client.get(&format!("{path}/members?limit=10&skip=0"));
    client.get(&format!("{path}/membership?limit=10&skip=0&sort=id"));
    client.get(&format!("/api/v2/users/{user}/memberof?limit=10&skip=0"));
    group
}

fn apps(client: &mut Client, group: &str) -> String {
    client.get("/api/applications?limit=100&skip=0&sort=name&fields=name%20displayLabel&filter=name:$ne:x");
    client.get("/api/applications");
    let new = json!({
        "active": true, "name": "oidc", "displayName": "OpenID Connect", "displayLabel": "New", "config": {},
        "sso": {"type": "oidc", "hidden": true},
    });
    let app = id(&client.good("POST", "/api/applications", &new));
    client.get(&format!("/api/applications/{app}"));
    client.good("PUT", &format!("/api/applications/{app}"), &new);
    let oidc = json!({
        "consent": "trusted", "redirectUris": ["https://login.jumpcloud.com/oauth/callback"],
        "grantTypes": ["authorization_code"], "tokenEndpointAuthMethod": "client_secret_post",
        "relyingPartyUrl": "https://console.jumpcloud.com", "dynamicClaims": [{"name": "email", "value": "area"}],
    });
    let settings = json!({"type": "oidc", "hidden": true, "oidc": oidc});
    for method in ["POST", "PUT", "GET"] {
        let body = if method == "GET" { &Value::Null } else { &settings };
        client.good(method, &format!("/api/v2/applications/{app}/sso"), body);
    }
    let bind = json!({"op": "add", "type": "user_group", "id": group});
    client.good("POST", &format!("/api/v2/applications/{app}/associations"), &bind);
    app
}

fn graph(client: &mut Client, user: &str, group: &str, app: &str) {
    for target in [
        format!("/api/v2/applications/{app}/associations?targets=user_group&limit=10&skip=0"),
        format!("/api/v2/applications/{app}/usergroups?limit=10&skip=0"),
        format!("/api/v2/applications/{app}/users?limit=10&skip=0"),
        format!("/api/v2/usergroups/{group}/applications?limit=10&skip=0"),
        format!("/api/v2/usergroups/{group}/associations?targets=application&limit=10&skip=0"),
        format!("/api/v2/users/{user}/applications?limit=10&skip=0"),
        format!("/api/v2/users/{user}/associations?targets=application&limit=10&skip=0"),
    ] {
        client.get(&target);
    }
    for (op, at) in [("add", "users"), ("remove", "users"), ("remove", "usergroups"), ("add", "usergroups")] {
        let end = if at == "users" { user } else { group };
        let body = json!({"op": op, "type": "application", "id": app});
        client.good("POST", &format!("/api/v2/{at}/{end}/associations"), &body);
    }
}

fn provider_and_policy(client: &mut Client, group: &str) {
    let oidc = json!({"clientId": "c", "clientSecret": "s", "url": "https://oauth.id.jumpcloud.com"});
    let provider = json!({"name": "P", "type": "OIDC", "oidc": oidc});
    let id_of = id(&client.good("POST", "/api/v2/identity-providers", &provider));
    let provider_path = format!("/api/v2/identity-providers/{id_of}");
    client.get("/api/v2/identity-providers?limit=10&skip=0");
    client.get(&provider_path);
    client.good("PUT", &provider_path, &provider);
    let policy = json!({"name": "R", "description": "", "enabled": false, "identityProviderId": id_of});
    let policy_id = id(&client.good("POST", "/api/v2/identity-provider/policies", &policy));
    let path = format!("/api/v2/identity-provider/policies/{policy_id}");
    client.get("/api/v2/identity-provider/policies?limit=10&skip=0");
    client.get(&path);
    client.good("PUT", &path, &policy);
    let bind = json!({"op": "add", "type": "user_group", "id": group});
    client.good("POST", &format!("{path}/associations"), &bind);
    client.get(&format!("{path}/associations?targets=user_group&limit=10&skip=0"));
    client.get(&format!("{path}/associations/usergroups?limit=10&skip=0"));
    client.get(&format!("{path}/associations/users?limit=10&skip=0"));
    client.get(&format!("/api/v2/usergroups/{group}/associations?targets=idp_routing_policy"));
    client.good("DELETE", &path, &Value::Null);
    client.good("DELETE", &provider_path, &Value::Null);
}

fn insights(client: &mut Client) {
    let query = json!({
        "service": ["directory", "sso"], "start_time": "2020-01-01T00:00:00Z", "limit": 1000, "sort": "DESC",
        "search_term": {"and": [{"event_type": "user_create"}]},
    });
    client.good("POST", "/insights/directory/v1/events", &query);
    let count = json!({"service": ["all"], "start_time": "2020-01-01T00:00:00Z"});
    client.good("POST", "/insights/directory/v1/events/count", &count);
    let distinct = json!({"service": ["all"], "start_time": "2020-01-01T00:00:00Z", "field": "event_type"});
    client.good("POST", "/insights/directory/v1/events/distinct", &distinct);
    let interval = json!({
        "service": ["all"], "start_time": "2026-01-01T00:00:00Z", "timezone": "-0500", "interval_unit": "d",
        "interval_value": "1",
    });
    client.good("POST", "/insights/directory/v1/events/interval", &interval);
}

/// A service account is refused its token here; that the call is there is what counts.
fn tokens(client: &mut Client) {
    let request = Request::to(Host::AdminOauth, "POST", "/oauth2/token").with_header("authorization", "Basic eDp5");
    client.send(Request { body: b"grant_type=client_credentials&scope=api".to_vec(), ..request });
}

fn refusals(client: &mut Client, user: &str, group: &str) {
    let nobody = "000000000000000000000000";
    client.call("GET", &format!("/api/systemusers/{nobody}"), &Value::Null);
    client.call("GET", &format!("/api/v2/usergroups/{nobody}"), &Value::Null);
    client.call("POST", "/api/systemusers", &json!({"email": "new@acme.com", "username": "new"}));
    let member = json!({"op": "add", "type": "user", "id": user});
    client.call("POST", &format!("/api/v2/usergroups/{group}/members"), &member);
    client.send(Request::api("GET", "/api/systemusers"));
    client.send(Request::api("GET", "/api/systemusers").with_header("x-api-key", "wrong"));
}

fn removals(client: &mut Client, user: &str, group: &str, app: &str) {
    let member = json!({"op": "remove", "type": "user", "id": user});
    client.good("POST", &format!("/api/v2/usergroups/{group}/members"), &member);
    client.good("DELETE", &format!("/api/applications/{app}"), &Value::Null);
    client.good("DELETE", &format!("/api/v2/usergroups/{group}"), &Value::Null);
    client.good("DELETE", &format!("/api/systemusers/{user}"), &Value::Null);
}
