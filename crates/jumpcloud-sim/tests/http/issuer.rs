//! The issuer as other clients meet it: discovery, keys, tokens, refusals.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::federation::{Federation, PASSWORD, PRIMARY_EMAIL, SECONDARY_EMAIL, federate, query_field, text};

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn authorization(federation: &Federation) -> String {
    let callback = federation.callback();
    let fields = [
        ("client_id", federation.client_id.as_str()),
        ("redirect_uri", &callback),
        ("response_type", "code"),
        ("scope", "openid email"),
        ("state", "a state"),
        ("nonce", "a nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    format!("/oauth2/auth?{query}")
}

async fn code(federation: &Federation, browser: &mut Client) -> String {
    let login = browser.get(&authorization(federation)).await.expect(302);
    let challenge = query_field(login.location(), "login_challenge");
    let fields = [("login_challenge", challenge.as_str()), ("email", PRIMARY_EMAIL), ("password", PASSWORD)];
    let redirect = browser.form("/login/oauth", &fields).await.expect(302);
    assert!(redirect.location().starts_with(&federation.callback()));
    assert_eq!(query_field(redirect.location(), "state"), "a state");
    query_field(redirect.location(), "code")
}

async fn exchange(federation: &Federation, code: &str, secret: &str, verifier: &str) -> Answer {
    let callback = federation.callback();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &callback),
        ("code_verifier", verifier),
        ("client_id", &federation.client_id),
        ("client_secret", secret),
    ];
    federation.browser().form("/oauth2/token", &fields).await
}

#[tokio::test]
async fn discovery_names_an_issuer_with_a_slash_and_endpoints_that_answer() {
    let federation = federate().await;
    let mut client = federation.browser();
    let document = client.get("/.well-known/openid-configuration").await.expect(200).json();
    assert_eq!(document["issuer"], format!("{}/", federation.handle.base_url()));
    assert_eq!(document, client.get("/.well-known/oauth-authorization-server").await.expect(200).json());
    for (name, address) in document.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            let answer = client.get(address.as_str().unwrap()).await;
            assert!(answer.status < 500 && answer.header("x-fedctl-sim") == Some("1"), "{name}");
        }
    }
}

#[tokio::test]
async fn an_id_token_holds_against_the_published_keys() {
    let federation = federate().await;
    let mut client = federation.browser();
    let code = code(&federation, &mut client).await;
    let answer = exchange(&federation, &code, &federation.client_secret, VERIFIER).await.expect(200).json();
    let keys: JwkSet = serde_json::from_value(client.get("/.well-known/jwks.json").await.expect(200).json()).unwrap();
    let token = text(&answer, "id_token");
    let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[&federation.client_id]);
    validation.set_issuer(&[format!("{}/", federation.handle.base_url())]);
    let key = DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
    let claims = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap().claims;
    assert_eq!((&claims["email"], &claims["nonce"]), (&json!(SECONDARY_EMAIL), &json!("a nonce")));

    let bearer = format!("Bearer {}", text(&answer, "access_token"));
    let userinfo = client.send("GET", "/userinfo", &[("authorization", &bearer)], "").await.expect(200).json();
    assert_eq!((&userinfo["sub"], &userinfo["email"]), (&claims["sub"], &claims["email"]));
    client.get("/userinfo").await.expect(401);
    client.form("/oauth2/revoke", &[("token", &text(&answer, "access_token"))]).await.expect(200);
    client.send("GET", "/userinfo", &[("authorization", &bearer)], "").await.expect(401);
}

#[tokio::test]
async fn a_code_is_good_once_and_only_with_its_verifier() {
    let federation = federate().await;
    let mut client = federation.browser();
    let first = code(&federation, &mut client).await;
    let refused = exchange(&federation, &first, &federation.client_secret, "another verifier").await.expect(400).json();
    assert_eq!(refused["error"], "invalid_grant");
    let second = code(&federation, &mut client).await;
    exchange(&federation, &second, &federation.client_secret, VERIFIER).await.expect(200);
    let again = exchange(&federation, &second, &federation.client_secret, VERIFIER).await.expect(400).json();
    assert_eq!(again["error"], "invalid_grant");
}

#[tokio::test]
async fn a_wrong_secret_and_a_wrong_method_are_told_apart_from_a_wrong_code() {
    let federation = federate().await;
    let wrong = exchange(&federation, "bogus", "a guess", VERIFIER).await.expect(401).json();
    assert_eq!(wrong["error"], "invalid_client");
    let right = exchange(&federation, "bogus", &federation.client_secret, VERIFIER).await.expect(400).json();
    assert_eq!(right["error"], "invalid_grant");
    // The app has registered `client_secret_post`; the header is the other method.
    let basic = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        form_urlencoded::byte_serialize(federation.client_id.as_bytes()).collect::<String>()
            + ":"
            + &form_urlencoded::byte_serialize(federation.client_secret.as_bytes()).collect::<String>(),
    );
    let headers =
        [("authorization", &*format!("Basic {basic}")), ("content-type", "application/x-www-form-urlencoded")];
    let body = "grant_type=authorization_code&code=bogus";
    let other = federation.browser().send("POST", "/oauth2/token", &headers, body).await.expect(401).json();
    assert_eq!(other["error"], "invalid_client");
}

#[tokio::test]
async fn a_bad_client_and_a_bad_redirect_uri_end_at_the_issuers_own_page() {
    let federation = federate().await;
    let mut client = federation.browser();
    let good = authorization(&federation);
    let login = client.get(&good).await.expect(302);
    assert!(login.location().starts_with(&format!("{}/login/oauth?", federation.handle.base_url())));
    for bad in [good.replace(&federation.client_id, "nobody"), good.replace("callback", "elsewhere")] {
        let redirect = client.get(&bad).await.expect(302);
        let (address, _) = redirect.location().split_once('?').unwrap();
        assert_eq!(address, format!("{}/oauth2/fallbacks/error", federation.handle.base_url()));
        let page = client.get(redirect.location()).await.expect(400).text();
        assert!(page.contains("An OAuth 2.0 error occurred"), "{page}");
    }
}
