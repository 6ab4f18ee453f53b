use base64::Engine;
use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::{Host, NewUser, OauthError, OrgId, Request, UserId, World, console};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::common::{Client, text};

const CALLBACK: &str = "https://rp.example/cb";

/// An app with two claims, and somebody who may use it.
struct Client1 {
    world: World,
    org: OrgId,
    ann: UserId,
    client_id: String,
    secret: String,
}

fn client(method: &str, claims: Value) -> Client1 {
    let Pair { mut world, primary, primary_key, .. } = fixture::pair(4);
    let ann = NewUser {
        email: "ann@acme.com".to_owned(),
        username: "ann".to_owned(),
        firstname: "Ann".to_owned(),
        lastname: "Meyer".to_owned(),
        password: Some("pw".to_owned()),
        attributes: vec![("Alias".to_owned(), "ann@beta.com".to_owned())],
        ..NewUser::default()
    };
    let ann = world.add_user(primary, ann);
    let group = world.add_group(primary, "One");
    world.add_member(group, ann);
    let app = world.add_app(primary, "oidc", "App");
    console::set_app_group(&mut world, app, group, true);
    let sso = json!({"type": "oidc", "oidc": {"redirectUris": ["https://rp.example/first", CALLBACK], "relyingPartyUrl": "https://rp.example",
        "tokenEndpointAuthMethod": method, "dynamicClaims": claims}});
    let mut client = Client { world: &mut world, key: &primary_key };
    let oidc = client.post(&format!("/api/v2/applications/{app}/sso"), &sso).json()["oidc"].clone();
    let secret = oidc["clientSecret"].as_str().unwrap_or_default().to_owned();
    Client1 { world, org: primary, ann, client_id: text(&oidc, "clientId"), secret }
}

fn email_claim() -> Value {
    json!([{"name": "email", "value": "Alias"}])
}

impl Client1 {
    fn query(&self, more: &str) -> String {
        format!("client_id={}&redirect_uri={CALLBACK}&response_type=code&scope=openid%20email{more}", self.client_id)
    }

    fn code(&mut self, more: &str) -> String {
        let query = self.query(more);
        let challenge = self.world.authorize(&query).unwrap().challenge;
        let location = self.world.log_in(&challenge, "ann@acme.com", "pw").unwrap().location;
        let (_, query) = location.split_once('?').unwrap();
        form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code").unwrap().1.into_owned()
    }

    fn exchange(
        &mut self,
        code: &str,
        more: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Result<jumpcloud_sim::Grant, OauthError> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code").append_pair("code", code);
        form.append_pair("redirect_uri", CALLBACK).extend_pairs(more);
        let request =
            Request { body: form.finish().into_bytes(), ..Request::to(Host::Issuer, "POST", "/oauth2/token") };
        let request = headers.iter().fold(request, |request, (name, value)| request.with_header(name, value));
        self.world.exchange(&request)
    }

    fn post(&mut self, code: &str, more: &[(&str, &str)]) -> Result<jumpcloud_sim::Grant, OauthError> {
        let (client_id, secret) = (self.client_id.clone(), self.secret.clone());
        let mut all = vec![("client_id", client_id.as_str()), ("client_secret", secret.as_str())];
        all.extend(more);
        self.exchange(code, &all, &[])
    }
}

fn error<T: std::fmt::Debug>(result: Result<T, OauthError>) -> (u16, String) {
    let error = result.unwrap_err();
    (error.status, error.error)
}

#[test]
fn only_good_requests_open_the_login_page() {
    let mut client = client("client_secret_post", email_claim());
    let good = client.query("");
    assert!(client.world.authorize(&good).is_ok());
    let mut refused = |from: &str, to: &str| error(client.world.authorize(&good.replace(from, to))).1;
    assert_eq!(refused("client_id=", "client_id=x"), "invalid_client");
    assert_eq!(refused("/cb", "/other"), "invalid_request");
    assert_eq!(refused("=code", "=token"), "unsupported_response_type");
    assert_eq!(refused("scope=openid", "scope=everything"), "invalid_scope");
    assert_eq!(refused("response_type", "code_challenge=x&response_type"), "invalid_request");
    let app = client.world.apps(client.org).next().unwrap().id;
    console::set_app_active(&mut client.world, app, false);
    let inactive = client.world.authorize(&good).unwrap_err();
    assert_eq!(inactive.description, "JumpCloud could not connect to your application");
}

#[test]
fn a_code_is_bound_to_its_request() {
    let mut client = client("client_secret_post", email_claim());
    let code = client.code("");
    let wrong_uri = [("redirect_uri", "https://rp.example/other")];
    assert_eq!(error(client.post(&code, &wrong_uri)), (400, "invalid_grant".to_owned()));
    assert_eq!(error(client.post(&code, &[])), (400, "invalid_grant".to_owned()), "one attempt");

    let verifier = "a-verifier-of-the-client-that-asked";
    let challenge = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let pkce = format!("&code_challenge={challenge}&code_challenge_method=S256");
    let code = client.code(&pkce);
    assert_eq!(error(client.post(&code, &[])), (400, "invalid_grant".to_owned()));
    let code = client.code(&pkce);
    assert!(client.post(&code, &[("code_verifier", verifier)]).is_ok());

    let code = client.code("");
    client.world.advance(3_600_001);
    assert_eq!(error(client.post(&code, &[])), (400, "invalid_grant".to_owned()), "expired");
    assert_eq!(error(client.post("x", &[("grant_type", "password")])), (400, "unsupported_grant_type".to_owned()));
}

#[test]
fn only_the_registered_method_proves_a_client() {
    let invalid = (401, "invalid_client".to_owned());
    let mut basic = client("client_secret_basic", email_claim());
    let code = basic.code("");
    assert_eq!(error(basic.post(&code, &[])), invalid);
    let encoded: String = form_urlencoded::byte_serialize(basic.secret.as_bytes()).collect();
    let header = base64::prelude::BASE64_STANDARD.encode(format!("{}:{encoded}", basic.client_id));
    assert!(basic.exchange(&code, &[], &[("authorization", &format!("Basic {header}"))]).is_ok());
    assert_eq!(error(basic.exchange("x", &[], &[("authorization", "Basic ?")])), invalid);

    let mut public = client("none", email_claim());
    let query = public.query("");
    assert_eq!(error(public.world.authorize(&query)).1, "invalid_request", "needs a code challenge");
    let challenge = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest("verifier"));
    let code = public.code(&format!("&code_challenge={challenge}&code_challenge_method=S256"));
    let id = public.client_id.clone();
    assert_eq!(error(public.post(&code, &[])), invalid, "a secret where there is none");
    assert!(public.exchange(&code, &[("client_id", &id), ("code_verifier", "verifier")], &[]).is_ok());
}

#[test]
fn a_token_says_what_the_app_maps_and_nothing_else() {
    let claims = json!([{"name": "email", "value": "Alias"}, {"name": "name", "value": "fullname"},
        {"name": "groups", "value": "groups"}, {"name": "none", "value": "alias"}]);
    let mut client = client("client_secret_post", claims);
    let code = client.code("&nonce=n1");
    let grant = client.post(&code, &[]).unwrap();
    let names: Vec<&str> = grant.claims.keys().map(String::as_str).collect();
    assert_eq!(names, ["aud", "email", "exp", "groups", "iat", "iss", "name", "nonce", "sub"]);
    assert_eq!((&grant.claims["email"], &grant.claims["name"]), (&json!("ann@beta.com"), &json!("Ann Meyer")));
    assert_eq!(grant.claims["groups"], json!("One"), "a text for one group");
    assert_eq!(grant.claims["sub"], json!(client.ann));
    let info = client.world.userinfo(&grant.access_token).unwrap();
    assert_eq!(info.get("email"), Some(&json!("ann@beta.com")));
    assert_eq!(client.world.userinfo("x"), None);

    let two = client.world.add_group(client.org, "Two");
    client.world.add_member(two, client.ann);
    let app = client.world.apps(client.org).next().unwrap().id;
    console::set_app_group(&mut client.world, app, two, true);
    let code = client.code("");
    assert_eq!(client.post(&code, &[]).unwrap().claims["groups"], json!(["One", "Two"]));
}

#[test]
fn attribute_names_and_double_claims_are_settings() {
    let mut twice =
        client("client_secret_post", json!([{"name": "email", "value": "email"}, {"name": "email", "value": "Alias"}]));
    let code = twice.code("");
    assert_eq!(twice.post(&code, &[]).unwrap().claims["email"], json!("ann@beta.com"));
    twice.world.set("double-claim", "first").unwrap();
    let code = twice.code("");
    assert_eq!(twice.post(&code, &[]).unwrap().claims["email"], json!("ann@acme.com"));

    let mut prefixed = client("client_secret_post", json!([{"name": "email", "value": "attributes.Alias"}]));
    let code = prefixed.code("");
    assert_eq!(prefixed.post(&code, &[]).unwrap().claims.get("email"), None);
    prefixed.world.set("attribute-source", "prefixed").unwrap();
    let code = prefixed.code("");
    assert_eq!(prefixed.post(&code, &[]).unwrap().claims["email"], json!("ann@beta.com"));
}

#[test]
fn the_issuer_answers_in_json() {
    let mut client = client("client_secret_post", email_claim());
    let mut get = |target: &str| client.world.answer(&Request::to(Host::Issuer, "GET", target));
    let discovery = get("/.well-known/openid-configuration").json();
    assert_eq!(discovery["issuer"], json!("https://oauth.id.jumpcloud.com/"));
    assert_eq!(discovery["token_endpoint"], json!("https://oauth.id.jumpcloud.com/oauth2/token"));
    assert_eq!(get("/userinfo").status, 401);
    let bad = get("/oauth2/auth?client_id=x");
    assert_eq!(bad.status, 302);
    assert!(bad.header("location").unwrap().contains("error=invalid_client"));
    let query = client.query("&login_hint=ann");
    let good = client.world.answer(&Request::to(Host::Issuer, "GET", &format!("/oauth2/auth?{query}")));
    assert!(good.header("location").unwrap().contains("login_challenge="));
}

#[test]
fn what_has_expired_is_forgotten_and_what_has_not_is_kept() {
    let mut client = client("client_secret_post", email_claim());
    let query = client.query("");
    let old = client.world.authorize(&query).unwrap().challenge;
    for _ in 0..5000 {
        client.world.authorize(&query).unwrap();
    }
    client.world.advance(1_800_000);
    let (young, code) = (client.world.authorize(&query).unwrap().challenge, client.code(""));
    client.world.advance(1_800_000);
    assert_eq!(client.world.log_in(&old, "ann@acme.com", "pw"), Err(jumpcloud_sim::Hop::LoginExpired));
    client.world.authorize(&query).unwrap();
    assert!(client.world.export().to_string().len() < 200_000, "the old pages are gone");
    assert!(client.world.log_in(&young, "ann@acme.com", "pw").is_ok());
    assert!(client.post(&code, &[]).is_ok());
}

#[test]
fn who_is_routed_elsewhere_is_not_asked_for_a_password() {
    let mut client = client("client_secret_post", email_claim());
    let provider = client.world.add_provider(client.org, "Okta", "c", "s", "https://acme.okta.com");
    let policy = client.world.add_policy(client.org, "To Okta", Some(provider), true);
    let group = client.world.groups(client.org).find(|group| group.name == "One").unwrap().id;
    console::set_policy_group(&mut client.world, policy, group, true);
    let query = client.query("");
    let challenge = client.world.authorize(&query).unwrap().challenge;
    assert_eq!(client.world.log_in(&challenge, "ann@acme.com", "pw"), Err(jumpcloud_sim::Hop::Routed));
    console::set_policy_enabled(&mut client.world, policy, false);
    assert_eq!(
        client.world.log_in(&challenge, "ann@acme.com", "wrong"),
        Err(jumpcloud_sim::Hop::Primary(jumpcloud_sim::Obstacle::WrongPassword))
    );
    assert!(client.world.log_in(&challenge, "ann@acme.com", "pw").is_ok(), "only success closes the page");
    let event = client.world.events().last().unwrap().to_json();
    assert_eq!((&event["event_type"], &event["success"]), (&json!("sso_auth"), &json!(true)));
    assert_eq!((&event["application"]["display_label"], &event["organization"]), (&json!("app"), &json!(client.org)));
}
