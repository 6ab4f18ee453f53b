//! The manual procedure, step by step as raw requests, and then a person signs in.

#![allow(clippy::unwrap_used, reason = "what goes wrong in a test is to end it")]

mod common;

use common::{Client, text};
use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::{Hop, Host, Initiator, NewUser, Obstacle, OrgId, Request, Route, UserId, World, console};
use serde_json::{Value, json};

/// Two organisations that are federated for one person.
struct Federated {
    world: World,
    primary: OrgId,
    secondary: OrgId,
    primary_key: String,
    secondary_key: String,
    ann: UserId,
    account: UserId,
    app: String,
    client_id: String,
    client_secret: String,
    policy: String,
}

const CALLBACK: &str = "https://login.jumpcloud.com/oauth/callback";

fn federate() -> Federated {
    let Pair { mut world, primary, secondary, primary_key, secondary_key, .. } = fixture::pair(7);
    let ann = NewUser {
        email: "ann@acme.com".to_owned(),
        username: "ann".to_owned(),
        password: Some("correct horse".to_owned()),
        ..NewUser::default()
    };
    let ann = world.add_user(primary, ann);

    let mut client = Client { world: &mut world, key: &primary_key };
    let (app, client_id, client_secret) = set_up_primary(&mut client, ann);
    let mut client = Client { world: &mut world, key: &secondary_key };
    let (account, policy) = set_up_secondary(&mut client, &client_id, &client_secret);
    Federated {
        world,
        primary,
        secondary,
        primary_key,
        secondary_key,
        ann,
        account,
        app,
        client_id,
        client_secret,
        policy,
    }
}

fn set_up_primary(client: &mut Client<'_>, ann: UserId) -> (String, String, String) {
    let attributes = json!({"attributes": [{"name": "SecondaryEmail", "value": "ann@acme.com.beta"}]});
    assert_eq!(client.put(&format!("/api/systemusers/{ann}"), &attributes).status, 200);

    let group = text(&client.post("/api/v2/usergroups", &json!({"name": "Contractors"})).json(), "id");
    let member = json!({"op": "add", "type": "user", "id": ann});
    assert_eq!(client.post(&format!("/api/v2/usergroups/{group}/members"), &member).status, 204);

    let app = json!({"active": true, "name": "oidc", "displayName": "OpenID Connect", "displayLabel": "OIDC for Beta",
        "config": {}, "sso": {"type": "oidc", "hidden": true}});
    let app = text(&client.post("/api/applications", &app).json(), "_id");
    let sso = json!({"type": "oidc", "hidden": true, "oidc": {
        "consent": "trusted", "redirectUris": [CALLBACK], "grantTypes": ["authorization_code"],
        "tokenEndpointAuthMethod": "client_secret_post", "relyingPartyUrl": "https://console.jumpcloud.com",
        "dynamicClaims": [{"name": "email", "value": "SecondaryEmail"}]}});
    let sso = client.post(&format!("/api/v2/applications/{app}/sso"), &sso);
    assert_eq!(sso.status, 200);
    let oidc = sso.json()["oidc"].clone();
    let bind = json!({"op": "add", "type": "user_group", "id": group});
    assert_eq!(client.post(&format!("/api/v2/applications/{app}/associations"), &bind).status, 204);
    (app, text(&oidc, "clientId"), text(&oidc, "clientSecret"))
}

fn set_up_secondary(client: &mut Client<'_>, client_id: &str, client_secret: &str) -> (UserId, String) {
    let user = json!({"email": "ann@acme.com.beta", "username": "ann", "state": "STAGED"});
    let account = text(&client.post("/api/systemusers", &user).json(), "_id");
    let activate = client.post(&format!("/api/systemusers/{account}/state/activate"), &json!({"email": false}));
    assert_eq!((activate.status, activate.body.as_slice()), (200, &[] as &[u8]));

    let rule = json!({"queryType": "Search", "searchFilters": r#"{"filter":{"and":["email:$ew:.beta"]}}"#});
    let group = json!({"name": "Federated", "membershipMethod": "DYNAMIC_AUTOMATED", "memberQuery": rule});
    let group = text(&client.post("/api/v2/usergroups", &group).json(), "id");

    let provider = json!({"name": "Acme", "type": "OIDC",
        "oidc": {"clientId": client_id, "clientSecret": client_secret, "url": "https://oauth.id.jumpcloud.com"}});
    let provider = text(&client.post("/api/v2/identity-providers", &provider).json(), "id");
    let policy = json!({"name": "To Acme", "description": "", "enabled": true, "identityProviderId": provider});
    let policy = text(&client.post("/api/v2/identity-provider/policies", &policy).json(), "id");
    let bind = json!({"op": "add", "type": "user_group", "id": group});
    let bound = client.post(&format!("/api/v2/identity-provider/policies/{policy}/associations"), &bind);
    assert_eq!(bound.status, 204);

    let federated =
        json!({"restrictedFields": [{"field": "password", "type": "federated_identity_provider", "id": provider}]});
    assert_eq!(client.put(&format!("/api/systemusers/{account}"), &federated).status, 200);
    (account.parse().unwrap(), policy)
}

impl Federated {
    fn sign_in(&self) -> Result<UserId, Hop> {
        self.world.sign_in(self.secondary, "ann@acme.com.beta", self.ann)
    }

    fn exchange(&mut self, code: &str, secret: &str) -> jumpcloud_sim::Response {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", CALLBACK),
                ("client_id", &self.client_id),
                ("client_secret", secret),
            ])
            .finish();
        let request = Request { body: form.into_bytes(), ..Request::to(Host::Issuer, "POST", "/oauth2/token") };
        self.world.answer(&request)
    }
}

#[test]
fn a_person_of_the_primary_signs_in_to_the_secondary() {
    let federated = federate();
    assert_eq!(federated.sign_in(), Ok(federated.account));
    assert!(matches!(federated.world.route(federated.secondary, "ann@acme.com.beta"), Route::Provider { .. }));
    assert_eq!(federated.world.local_sign_in(federated.secondary, "ann@acme.com.beta"), Err(Hop::Routed));
    assert_eq!(federated.world.outbox(), &[], "nobody got a mail");
}

#[test]
fn the_whole_flow_runs_over_the_issuer() {
    let mut federated = federate();
    let query = format!(
        "client_id={}&redirect_uri={CALLBACK}&response_type=code&scope=openid&state=abcdefgh&nonce=n-1&login_hint=ann%40acme.com.beta",
        federated.client_id
    );
    let authorize = federated.world.authorize(&query).unwrap();
    assert_eq!(authorize.login_hint.as_deref(), Some("ann@acme.com.beta"));
    let wrong = federated.world.log_in(&authorize.challenge, "ann@acme.com.beta", "correct horse");
    assert_eq!(wrong, Err(Hop::PrimaryUnknown), "the alias has to come off the hint");
    let redirect = federated.world.log_in(&authorize.challenge, "ann@acme.com", "correct horse").unwrap();
    let (_, query) = redirect.location.split_once('?').unwrap();
    let code = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code").unwrap().1.into_owned();
    assert!(query.contains("state=abcdefgh"));

    let secret = federated.client_secret.clone();
    let granted = federated.exchange(&code, &secret);
    assert_eq!(granted.status, 200);
    let claims = &granted.json()["claims"];
    assert_eq!((&claims["email"], &claims["nonce"]), (&json!("ann@acme.com.beta"), &json!("n-1")));
    assert_eq!(claims["iss"], json!("https://oauth.id.jumpcloud.com/"));
    let email = claims["email"].as_str();
    let account = federated.world.open_account(federated.secondary, "ann@acme.com.beta", email);
    assert_eq!(account, Ok(federated.account));

    let sign_ins = federated.world.events().iter().filter(|event| matches!(event.by, Initiator::User { .. }));
    let types: Vec<_> = sign_ins.map(|event| (event.organization, event.event_type())).collect();
    assert_eq!(types, [(federated.primary, "sso_auth"), (federated.secondary, "user_login_attempt")]);
    let again = federated.exchange(&code, &secret);
    assert_eq!((again.status, &again.json()["error"]), (400, &json!("invalid_grant")), "a code is good once");
}

#[test]
fn a_sign_in_is_told_to_both_organisations() {
    let mut federated = federate();
    let query = format!("client_id={}&redirect_uri={CALLBACK}&response_type=code&state=abcdefgh", federated.client_id);
    let challenge = federated.world.authorize(&query).unwrap().challenge;
    federated.world.log_in(&challenge, "ann@acme.com", "correct horse").unwrap();
    federated.world.open_account(federated.secondary, "ann@acme.com.beta", Some("ann@acme.com.beta")).unwrap();

    let Federated { mut world, primary_key, secondary_key, app, ann, account, .. } = federated;
    let mut ask = |key: &str, service: &str, term: Value| {
        let body = json!({"service": [service], "start_time": "2026-01-01T00:00:00Z", "search_term": {"and": [term]}});
        let answer = Client { world: &mut world, key }.post("/insights/directory/v1/events", &body);
        assert_eq!(answer.header("x-result-count"), Some("1"), "{}", answer.json());
        answer.json()[0].clone()
    };
    let event = ask(&primary_key, "sso", json!({"event_type": "sso_auth", "application.id": app}));
    assert_eq!(event["initiated_by"]["id"], json!(ann));
    let event = ask(&secondary_key, "directory", json!({"event_type": "user_login_attempt", "resource.id": account}));
    assert_eq!((&event["success"], &event["auth_context"]["auth_methods"]), (&json!(true), &json!({})));
}

#[test]
fn the_token_endpoint_tells_a_bad_secret_from_a_bad_code() {
    let mut federated = federate();
    let secret = federated.client_secret.clone();
    let error = |response: jumpcloud_sim::Response| (response.status, response.json()["error"].clone());
    assert_eq!(error(federated.exchange("bogus", &secret)), (400, json!("invalid_grant")));
    assert_eq!(error(federated.exchange("bogus", "wrong")), (401, json!("invalid_client")));

    let pair = form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>();
    let basic = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("{}:{pair}", federated.client_id));
    let request = Request {
        body: b"grant_type=authorization_code&code=x".to_vec(),
        ..Request::to(Host::Issuer, "POST", "/oauth2/token")
    }
    .with_header("authorization", &format!("Basic {basic}"));
    assert_eq!(error(federated.world.answer(&request)), (401, json!("invalid_client")), "only the registered method");
}

type Breaks = fn(&mut Federated);

#[test]
fn each_hop_can_break_and_is_named() {
    let cases: [(Breaks, Hop); 9] = [
        (|f| assert!(console::set_app_active(&mut f.world, f.app.parse().unwrap(), false)), Hop::AppInactive),
        (|f| assert!(console::set_policy_enabled(&mut f.world, f.policy.parse().unwrap(), false)), Hop::NotRouted),
        (|f| assert!(console::suspend_user(&mut f.world, f.ann, true)), Hop::Primary(Obstacle::Suspended)),
        (|f| assert!(console::set_password(&mut f.world, f.ann, None)), Hop::Primary(Obstacle::NoPassword)),
        (|f| assert!(console::suspend_user(&mut f.world, f.account, true)), Hop::Account(Obstacle::Suspended)),
        (|f| assert!(console::set_attribute(&mut f.world, f.ann, "SecondaryEmail", None)), Hop::NoEmailClaim),
        (|f| assert!(console::set_attribute(&mut f.world, f.ann, "SecondaryEmail", Some("x@y.zz"))), Hop::ClaimUnknown),
        (|f| assert!(console::delete_app(&mut f.world, f.app.parse().unwrap())), Hop::ClientUnknown),
        (|f| f.world.set_login_callback("https://elsewhere.example/callback"), Hop::RedirectUri),
    ];
    for (breaks, hop) in cases {
        let mut federated = federate();
        breaks(&mut federated);
        assert_eq!(federated.sign_in(), Err(hop));
    }
    let mut federated = federate();
    let app = federated.app.parse().unwrap();
    let rotated = console::rotate_secret(&mut federated.world, app);
    assert!(rotated.is_some_and(|secret| secret.expose() != federated.client_secret));
    assert_eq!(federated.sign_in(), Err(Hop::ClientSecret));
}

#[test]
fn an_exported_world_is_the_same_world() {
    let federated = federate();
    let exported = federated.world.export();
    let imported = World::import(exported.clone()).unwrap();
    assert_eq!(imported.export(), exported);
    assert_eq!(imported.sign_in(federated.secondary, "ann@acme.com.beta", federated.ann), Ok(federated.account));
    assert_eq!(imported.user(federated.ann).unwrap().groups().count(), 1);
}

#[test]
fn the_same_requests_give_the_same_world() {
    assert_eq!(federate().world.export(), federate().world.export());
    assert!(World::import(Value::Null).is_err());
}
