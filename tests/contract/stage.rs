//! Situations in which the simulator gives the answers of the fixtures, and takes their requests.

use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::{Host, Request, Response};
use serde_json::{Value, json};

use crate::samples::Client;

const NOBODY: &str = "000000000000000000000000";

/// A world with a user, a group and an app, and a client of it.
pub(crate) struct Stage {
    client: Client,
    user: String,
    group: String,
    app: String,
    client_id: String,
}

fn id(object: &Value) -> String {
    object.get("_id").or(object.get("id")).and_then(Value::as_str).unwrap().to_owned()
}

fn app() -> Value {
    json!({"active": true, "name": "oidc", "displayLabel": "A", "config": {}, "sso": {"type": "oidc", "hidden": true}})
}

fn settings(redirect: &str) -> Value {
    let oidc = json!({
        "consent": "trusted", "redirectUris": [redirect], "grantTypes": ["authorization_code"],
        "tokenEndpointAuthMethod": "client_secret_post", "relyingPartyUrl": "https://x", "dynamicClaims": [],
    });
    json!({"type": "oidc", "hidden": true, "oidc": oidc})
}

fn provider() -> Value {
    json!({"name": "P", "type": "OIDC", "oidc": {"clientId": "c", "clientSecret": "s", "url": "https://x"}})
}

/// A code that nobody gave out, with this secret.
fn exchange(client: &str, secret: &str) -> Request {
    let pairs = [("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", "https://x/y")];
    let pairs = pairs.into_iter().chain([("client_id", client), ("client_secret", secret)]);
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let request = Request::to(Host::Issuer, "POST", "/oauth2/token");
    Request { body: body.into_bytes(), ..request }.with_header("content-type", "application/x-www-form-urlencoded")
}

impl Stage {
    pub(crate) fn new() -> Self {
        let Pair { world, primary_key, .. } = fixture::demo(1, 24);
        let mut client = Client::new(world, primary_key);
        let new = json!({"email": "new@acme.com", "username": "new", "state": "STAGED"});
        let user = id(&client.good("POST", "/api/systemusers", &new));
        let group = id(&client.good("POST", "/api/v2/usergroups", &json!({"name": "New"})));
        let member = json!({"op": "add", "type": "user", "id": user});
        client.good("POST", &format!("/api/v2/usergroups/{group}/members"), &member);
        let app = id(&client.good("POST", "/api/applications", &app()));
        let made = client.good("POST", &format!("/api/v2/applications/{app}/sso"), &settings("https://x/y"));
        let bind = json!({"op": "add", "type": "user_group", "id": group});
        client.good("POST", &format!("/api/v2/applications/{app}/associations"), &bind);
        let client_id = made["oidc"]["clientId"].as_str().unwrap().to_owned();
        Self { client, user, group, app, client_id }
    }

    /// The answer of the fixture of this name.
    pub(crate) fn answer(&mut self, name: &str) -> Response {
        match name {
            "secret-wrong" | "code-wrong" | "key-unknown" | "no-organization" => self.of_access(name),
            "sso-url-refused" | "saml-without-url" | "no-settings" | "redirect-refused" | "app-of-a-template"
            | "groups-of-an-app" => self.of_apps(name),
            "organizations" => self.get("/api/organizations"),
            "past-the-end-first" => self.get("/api/organizations?skip=50"),
            "user-in-a-list" => self.get("/api/systemusers"),
            "user-taken" => self.post("/api/systemusers", &json!({"email": "new@acme.com", "username": "other"})),
            "providers" => self.get("/api/v2/identity-providers"),
            "second-provider" => {
                self.post("/api/v2/identity-providers", &provider());
                self.post("/api/v2/identity-providers", &provider())
            }
            _ => self.of_groups(name),
        }
    }

    fn of_groups(&mut self, name: &str) -> Response {
        let groups = "/api/v2/usergroups";
        let own = format!("{groups}/{}", self.group);
        let member = json!({"op": "add", "type": "user", "id": self.user});
        let rule = json!({"queryType": "Filter", "filters": ["email:$eq:x"]});
        match name {
            "groups" => self.get(groups),
            "past-the-end-second" => self.get("/api/v2/usergroups?skip=50"),
            "not-found" => self.get(&format!("{groups}/{NOBODY}")),
            "already-member" => self.post(&format!("{own}/members"), &member),
            "members-of-no-group" => self.post(&format!("{groups}/{NOBODY}/members"), &member),
            "group-without-name" => self.post(groups, &json!({"description": "d"})),
            "ldap-groups" => self.post(groups, &json!({"name": "With LDAP"})),
            "rule-without-header" => {
                let newest = json!({"filters": [{"field": "user.email", "operation": "equals", "value": "x"}]});
                self.post(groups, &json!({"name": "R", "membershipMethod": "DYNAMIC_AUTOMATED", "memberQuery": newest}))
            }
            "exemption-type" => {
                let exempt = json!([{"id": self.user, "type": "user"}]);
                self.post(groups, &json!({"name": "R", "memberQuery": rule, "memberQueryExemptions": exempt}))
            }
            "posix-groups" => {
                let with = |id: u32| json!({"name": "New", "attributes": {"posixGroups": [{"id": id, "name": "p"}]}});
                self.client.call("PUT", &own, &with(1));
                self.client.call("PUT", &own, &with(2))
            }
            other => panic!("no situation for {other}"),
        }
    }

    fn of_apps(&mut self, name: &str) -> Response {
        let mut new = app();
        match name {
            "sso-url-refused" => {
                new["ssoUrl"] = json!("https://x");
                self.post("/api/applications", &new)
            }
            "saml-without-url" => {
                let saml = json!({"name": "saml2", "displayLabel": "S", "ssoUrl": "", "config": {}});
                self.post("/api/applications", &saml)
            }
            "app-of-a-template" => {
                let all = self.get("/api/applications").json();
                let aws = all["results"].as_array().unwrap().iter().find(|app| app["name"] == "aws-sso").unwrap();
                self.get(&format!("/api/applications/{}", id(aws)))
            }
            "groups-of-an-app" => self.get(&format!("/api/v2/applications/{}/usergroups", self.app)),
            other => {
                let app = id(&self.post("/api/applications", &new).json());
                let path = format!("/api/v2/applications/{app}/sso");
                if other == "no-settings" { self.get(&path) } else { self.post(&path, &settings("no address")) }
            }
        }
    }

    fn of_access(&mut self, name: &str) -> Response {
        let request = Request::api("GET", "/api/systemusers");
        let request = match name {
            "key-unknown" => request.with_header("x-api-key", "wrong"),
            "no-organization" => {
                let Pair { mut world, provider_key, .. } = fixture::demo(1, 24);
                return world.answer(&request.with_header("x-api-key", &provider_key));
            }
            "secret-wrong" => exchange(&self.client_id, "wrong"),
            _ => {
                let path = format!("/api/v2/applications/{}/sso", self.fresh_app());
                let made = self.client.good("POST", &path, &settings("https://x/y"));
                exchange(made["oidc"]["clientId"].as_str().unwrap(), made["oidc"]["clientSecret"].as_str().unwrap())
            }
        };
        self.client.send(request)
    }

    fn fresh_app(&mut self) -> String {
        id(&self.post("/api/applications", &app()).json())
    }

    /// Sends the request of the fixture of this name.
    pub(crate) fn take(&mut self, name: &str, sent: &Value) -> Response {
        let user = format!("/api/systemusers/{}", self.user);
        let group = |query: &Value| json!({"name": "R", "membershipMethod": "DYNAMIC_AUTOMATED", "memberQuery": query});
        match name {
            "authority-federated" => {
                let mut body = sent.clone();
                body["restrictedFields"][0]["id"] = json!(self.provider());
                self.client.call("PUT", &user, &body)
            }
            "authority-scim" => self.client.call("PUT", &user, &json!({"restrictedFields": [sent]})),
            "attributes" => self.client.call("PUT", &user, sent),
            "activate" | "activate-with-mail" => self.post(&format!("{user}/state/activate"), sent),
            "password" => self.post(&format!("{user}/password"), &json!({"password": "Correct-Horse-7"})),
            "rule-newest" | "rule-search" => {
                let mut body = sent.clone();
                body["name"] = json!("R");
                let key = self.client.key().to_owned();
                let request =
                    Request::api("POST", "/api/v2/usergroups").with_header("x-api-key", &key).with_json(&body);
                self.client.send(if name == "rule-newest" { request.with_header("x-query-dsl", "v2") } else { request })
            }
            "rule-filter" | "rule-filter-query" => self.post("/api/v2/usergroups", &group(sent)),
            "rule-search-filters" => {
                let query = json!({"queryType": "Search", "searchFilters": sent.to_string()});
                self.post("/api/v2/usergroups", &group(&query))
            }
            "exemptions" => {
                let mut body = group(&json!({"queryType": "Filter", "filters": ["email:$eq:x"]}));
                body["memberQueryExemptions"] = json!([{"id": self.user, "type": sent[0]["type"]}]);
                self.post("/api/v2/usergroups", &body)
            }
            "app-oidc" => self.post("/api/applications", sent),
            "app-settings" => {
                let app = self.fresh_app();
                self.post(&format!("/api/v2/applications/{app}/sso"), sent)
            }
            "events" => {
                let mut body = sent.clone();
                body["end_time"] = json!("2026-10-02T00:00:00Z");
                body["fields"] = json!(["timestamp"]);
                self.post("/insights/directory/v1/events", &body)
            }
            "provider" => self.post("/api/v2/identity-providers", sent),
            "policy" => {
                let mut body = sent.clone();
                body["identityProviderId"] = json!(self.provider());
                self.post("/api/v2/identity-provider/policies", &body)
            }
            other => panic!("no situation for {other}"),
        }
    }

    fn provider(&mut self) -> String {
        id(&self.post("/api/v2/identity-providers", &provider()).json())
    }

    fn get(&mut self, target: &str) -> Response {
        self.client.call("GET", target, &Value::Null)
    }

    fn post(&mut self, target: &str, body: &Value) -> Response {
        self.client.call("POST", target, body)
    }
}
