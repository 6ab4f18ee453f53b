//! People who sign in: the portal, the primary's login page, the way back, and every way it breaks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::client::{Answer, Client};
use crate::federation::{Federation, PASSWORD, PRIMARY_EMAIL, SECONDARY_EMAIL, federate, query, query_field, text};
use jumpcloud_sim::console;

/// From the typed address to the primary's login page; answers with its challenge.
async fn to_login_page(browser: &mut Client, typed: &str) -> String {
    let routed = browser.form("/login", &[("email", typed)]).await.expect(302);
    let login = browser.get(routed.location()).await.expect(302);
    let page = browser.get(login.location()).await.expect(200).text();
    assert!(page.contains(&format!("value=\"{typed}\"")), "the typed address is filled in: {page}");
    query_field(login.location(), "login_challenge")
}

async fn try_password(browser: &mut Client, challenge: &str, email: &str, password: &str) -> Answer {
    browser.form("/login/oauth", &[("login_challenge", challenge), ("email", email), ("password", password)]).await
}

async fn arrive(browser: &mut Client, callback: &str) -> Answer {
    browser.send("GET", callback, &[("accept", "application/json")], "").await
}

/// A whole sign-in of Ann; the answer is that of the callback, or of the hop at which it broke.
async fn sign_in(browser: &mut Client) -> Answer {
    let challenge = to_login_page(browser, SECONDARY_EMAIL).await;
    let redirect = try_password(browser, &challenge, PRIMARY_EMAIL, PASSWORD).await.expect(302);
    arrive(browser, redirect.location()).await
}

fn events(federation: &Federation) -> Vec<(String, String)> {
    let world = federation.handle.world();
    let world = world.lock().expect("whole");
    let event = |event: &jumpcloud_sim::Event| (event.organization.to_string(), event.event_type().to_owned());
    let sign_ins = world.events().iter().filter(|event| matches!(event.by, jumpcloud_sim::Initiator::User { .. }));
    sign_ins.map(event).collect()
}

#[tokio::test]
async fn a_person_signs_in_to_the_secondary_with_the_primary_password() {
    let federation = federate().await;
    let mut browser = federation.browser();
    assert!(browser.get("/login").await.expect(200).text().contains("<label for=\"email\">"));

    let challenge = to_login_page(&mut browser, SECONDARY_EMAIL).await;
    let page =
        browser.form("/login/oauth", &[("login_challenge", &challenge), ("email", PRIMARY_EMAIL)]).await.expect(200);
    assert!(page.text().contains("SSO Login"));
    let wrong = try_password(&mut browser, &challenge, PRIMARY_EMAIL, "a guess").await.expect(401);
    assert!(wrong.text().contains("role=\"alert\" id=\"problem\">wrong password</p>"), "{}", wrong.text());
    assert!(wrong.text().contains("aria-invalid=\"true\" aria-describedby=\"problem\""), "{}", wrong.text());
    let redirect = try_password(&mut browser, &challenge, PRIMARY_EMAIL, PASSWORD).await.expect(302);

    let end = arrive(&mut browser, redirect.location()).await.expect(200).json();
    assert_eq!(end["signed_in"], true);
    assert_eq!(end["organization"], json!(federation.beta));
    assert_eq!(end["email"], SECONDARY_EMAIL);
    assert_eq!(end["user_id"], federation.ann_at_beta.as_str());
    let hops: Vec<String> = end["hops"].as_array().unwrap().iter().map(Value::to_string).collect();
    assert!(hops.iter().any(|hop| hop.contains(PRIMARY_EMAIL) && hop.contains("Acme")), "{hops:?}");

    let page = browser.get("/login/session").await.expect(200).text();
    assert!(page.contains("<h1>Signed in as Ann Archer to Beta</h1>") && page.contains(SECONDARY_EMAIL), "{page}");
    browser.form("/login/out", &[]).await.expect(200);
    browser.get("/login/session").await.expect(401);
}

#[tokio::test]
async fn a_sign_in_leaves_an_event_in_both_organisations() {
    let federation = federate().await;
    sign_in(&mut federation.browser()).await.expect(200);
    let expected = [(federation.acme, "sso_auth"), (federation.beta, "user_login_attempt")];
    assert_eq!(events(&federation), expected.map(|(org, event)| (org.to_string(), event.to_owned())));
}

#[tokio::test]
async fn an_exchange_that_fails_leaves_an_attempt_that_failed() {
    let federation = federate().await;
    let provider = federation.provider.parse().unwrap();
    console::set_provider_secret(&mut federation.handle.world().lock().unwrap(), provider, "another");
    let end = sign_in(&mut federation.browser()).await.expect(401).json();
    assert_eq!(end["signed_in"], false);
    let expected = [(federation.acme, "sso_auth"), (federation.beta, "user_login_attempt")];
    assert_eq!(events(&federation), expected.map(|(org, event)| (org.to_string(), event.to_owned())));
    let world = federation.handle.world();
    let attempt = world.lock().unwrap().events().last().unwrap().to_json();
    assert_eq!((&attempt["success"], &attempt["resource"]["id"]), (&json!(false), &json!(federation.ann_at_beta)));
}

#[tokio::test]
async fn the_portal_asks_as_a_relying_party_should() {
    let federation = federate().await;
    let routed = federation.browser().form("/login", &[("email", SECONDARY_EMAIL)]).await.expect(302);
    let (address, _) = routed.location().split_once('?').unwrap();
    assert_eq!(address, format!("{}/oauth2/auth", federation.handle.base_url()));
    let fields = query(routed.location());
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "login_hint",
    ];
    assert_eq!(names, expected);
    assert_eq!(query_field(routed.location(), "redirect_uri"), federation.callback());
    assert!(routed.header("set-cookie").unwrap().contains("HttpOnly"));
}

#[tokio::test]
async fn a_person_without_access_to_the_app_is_told_so_at_the_primary() {
    let mut federation = federate().await;
    let members = format!("/api/v2/usergroups/{}/members", federation.access_group);
    let remove = json!({"op": "remove", "type": "user", "id": federation.ann_at_acme});
    federation.primary.json("POST", &members, &remove).await.expect(204);
    let mut browser = federation.browser();
    let challenge = to_login_page(&mut browser, SECONDARY_EMAIL).await;
    let page = try_password(&mut browser, &challenge, PRIMARY_EMAIL, PASSWORD).await.expect(401).text();
    assert!(page.contains("Not signed in") && page.contains("no access to the app"), "{page}");
}

#[tokio::test]
async fn a_suspended_primary_account_is_named_at_the_login_page() {
    let federation = federate().await;
    let ann = federation.ann_at_acme.parse().unwrap();
    console::suspend_user(&mut federation.handle.world().lock().unwrap(), ann, true);
    let mut browser = federation.browser();
    let challenge = to_login_page(&mut browser, SECONDARY_EMAIL).await;
    let page = try_password(&mut browser, &challenge, PRIMARY_EMAIL, PASSWORD).await.expect(401).text();
    assert!(page.contains("is suspended"), "{page}");
}

#[tokio::test]
async fn a_locked_secondary_account_is_named_at_the_end() {
    let federation = federate().await;
    let ann = federation.ann_at_beta.parse().unwrap();
    console::lock_user(&mut federation.handle.world().lock().unwrap(), ann, true);
    let end = sign_in(&mut federation.browser()).await.expect(401).json();
    assert_eq!(end["signed_in"], false);
    assert!(text(&end, "hop").contains("is locked"), "{end}");
    assert!(!end["hops"].as_array().unwrap().is_empty(), "what worked before is told");
}

#[tokio::test]
async fn a_missing_email_claim_and_an_unknown_one_are_told_apart() {
    let federation = federate().await;
    let ann = federation.ann_at_acme.parse().unwrap();
    let set =
        |value| console::set_attribute(&mut federation.handle.world().lock().unwrap(), ann, "SecondaryEmail", value);
    set(None);
    let end = sign_in(&mut federation.browser()).await.expect(401).json();
    assert!(text(&end, "hop").contains("no e-mail claim"), "{end}");
    set(Some("nobody@acme.com.beta"));
    let end = sign_in(&mut federation.browser()).await.expect(401).json();
    assert!(text(&end, "hop").contains("nobody in the secondary"), "{end}");
}

#[tokio::test]
async fn a_rotated_secret_breaks_the_exchange() {
    let federation = federate().await;
    console::rotate_secret(&mut federation.handle.world().lock().unwrap(), federation.app.parse().unwrap());
    let end = sign_in(&mut federation.browser()).await.expect(401).json();
    assert_eq!(end["hop"], "the code was not exchanged");
    assert!(text(&end, "message").contains("invalid_client"), "{end}");
}

#[tokio::test]
async fn a_provider_that_is_not_here_gets_no_visitors() {
    let mut federation = federate().await;
    let provider = json!({"name": "Acme JumpCloud", "type": "OIDC", "oidc": {
        "clientId": federation.client_id, "clientSecret": federation.client_secret, "url": "https://oauth.id.jumpcloud.com",
    }});
    let path = format!("/api/v2/identity-providers/{}", federation.provider);
    federation.secondary.json("PUT", &path, &provider).await.expect(200);
    let page = federation.browser().form("/login", &[("email", SECONDARY_EMAIL)]).await.expect(502).text();
    assert!(page.contains("https://oauth.id.jumpcloud.com"), "{page}");
}

#[tokio::test]
async fn another_browser_cannot_finish_a_sign_in() {
    let federation = federate().await;
    let mut browser = federation.browser();
    let challenge = to_login_page(&mut browser, SECONDARY_EMAIL).await;
    let redirect = try_password(&mut browser, &challenge, PRIMARY_EMAIL, PASSWORD).await.expect(302);
    let mut stranger = federation.browser();
    to_login_page(&mut stranger, SECONDARY_EMAIL).await;
    let end = arrive(&mut stranger, redirect.location()).await.expect(400).json();
    assert_eq!(end["hop"], "unknown state");
    arrive(&mut browser, "/oauth/callback?state=made-up&code=made-up").await.expect(400);
}

#[tokio::test]
async fn a_code_of_another_sign_in_is_of_no_use() {
    let federation = federate().await;
    let mut browser = federation.browser();
    let mut callbacks = Vec::new();
    for _ in 0..2 {
        let challenge = to_login_page(&mut browser, SECONDARY_EMAIL).await;
        let redirect = try_password(&mut browser, &challenge, PRIMARY_EMAIL, PASSWORD).await.expect(302);
        callbacks.push(redirect.location().to_owned());
    }
    let mixed = callbacks[0].replace(&query_field(&callbacks[0], "code"), &query_field(&callbacks[1], "code"));
    let end = arrive(&mut browser, &mixed).await.expect(401).json();
    assert!(text(&end, "message").contains("invalid_grant"), "{end}");
    arrive(&mut browser, &callbacks[0]).await.expect(400);
}

#[tokio::test]
async fn who_is_not_routed_uses_the_local_password() {
    let federation = federate().await;
    let mut browser = federation.browser();
    let page = browser.form("/login", &[("email", PRIMARY_EMAIL)]).await.expect(200).text();
    assert!(page.contains("Log in to Acme"), "{page}");
    let accept = [("accept", "application/json"), ("content-type", "application/x-www-form-urlencoded")];
    let wrong = browser.send("POST", "/login", &accept, "email=ann%40acme.com&password=guess").await.expect(401).json();
    assert_eq!(wrong["signed_in"], false);
    let right = "email=ann%40acme.com&password=correct+horse+battery";
    let end = browser.send("POST", "/login", &accept, right).await.expect(200).json();
    assert_eq!(end["user_id"], federation.ann_at_acme.as_str());
    browser.form("/login", &[("email", "nobody@acme.com")]).await.expect(401);
}

#[tokio::test]
async fn an_address_of_two_organisations_asks_which() {
    let mut federation = federate().await;
    let ann = json!({"email": PRIMARY_EMAIL, "username": "ann2", "lastname": "<script>alert(1)</script>", "password": PASSWORD});
    federation.secondary.json("POST", "/api/systemusers", &ann).await.expect(200);
    let mut browser = federation.browser();
    let page = browser.form("/login", &[("email", PRIMARY_EMAIL)]).await.expect(200).text();
    assert!(page.contains("<select") && page.contains(">Acme<") && page.contains(">Beta<"), "{page}");
    let beta = federation.beta.to_string();
    let fields = [("email", PRIMARY_EMAIL), ("organization", &beta), ("password", PASSWORD)];
    let session = browser.form("/login", &fields).await.expect(302);
    let page = browser.get(session.location()).await.expect(200).text();
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
}

#[tokio::test]
async fn what_was_mistyped_is_said_at_its_field_and_can_be_typed_again() {
    let federation = federate().await;
    let mut browser = federation.browser();
    let page = browser.form("/login", &[("email", "nobody@acme.com")]).await.expect(401).text();
    assert!(page.contains("<title>Error: User Login (SIMULATED)</title>"), "{page}");
    assert!(page.contains("value=\"nobody@acme.com\" aria-invalid=\"true\" aria-describedby=\"problem\">"), "{page}");

    let challenge = to_login_page(&mut browser, SECONDARY_EMAIL).await;
    let page = try_password(&mut browser, &challenge, SECONDARY_EMAIL, PASSWORD).await.expect(401).text();
    assert!(page.contains("id=\"problem\">the primary organisation has no such user</p>"), "{page}");
    assert!(page.contains(&format!("value=\"{SECONDARY_EMAIL}\" aria-invalid=\"true\"")), "{page}");
    assert!(page.contains("aria-describedby=\"problem hint\">"), "{page}");
    try_password(&mut browser, &challenge, PRIMARY_EMAIL, PASSWORD).await.expect(302);

    let page = browser.form("/login", &[("email", PRIMARY_EMAIL), ("password", "a guess")]).await.expect(401).text();
    assert!(page.contains("id=\"problem\">wrong password</p>") && page.contains("type=\"password\""), "{page}");
}

#[tokio::test]
async fn looking_again_at_the_end_is_no_second_try_of_the_code() {
    let federation = federate().await;
    let mut browser = federation.browser();
    let challenge = to_login_page(&mut browser, SECONDARY_EMAIL).await;
    let back = try_password(&mut browser, &challenge, PRIMARY_EMAIL, PASSWORD).await.expect(302);
    let end = browser.get(back.location()).await.expect(302);
    assert_eq!(end.location(), "/login/session");
    for _ in 0..2 {
        let page = browser.get(end.location()).await.expect(200).text();
        assert!(
            page.contains("<ol class=\"hops\">") && page.contains("authenticated at Acme as ann@acme.com"),
            "{page}"
        );
    }
}

#[tokio::test]
async fn an_end_says_what_worked_and_whom_to_ask() {
    let federation = federate().await;
    let ann = federation.ann_at_beta.parse().unwrap();
    console::suspend_user(&mut federation.handle.world().lock().unwrap(), ann, true);
    let mut browser = federation.browser();
    let challenge = to_login_page(&mut browser, SECONDARY_EMAIL).await;
    let back = try_password(&mut browser, &challenge, PRIMARY_EMAIL, PASSWORD).await.expect(302);
    let page = browser.get(back.location()).await.expect(401).text();
    assert!(page.contains("id=\"problem\">the account is suspended</p>"), "{page}");
    assert!(page.contains("An administrator of its organisation has to lift the suspension."), "{page}");
    assert!(page.contains("<li class=\"broke\"><span>the account is suspended</span>"), "{page}");
}

#[tokio::test]
async fn a_page_may_show_itself_and_nothing_else() {
    let federation = federate().await;
    let mut browser = federation.browser();
    for (target, status) in [("/login", 200), ("/login/session", 401), ("/oauth2/fallbacks/error?error=x", 400)] {
        let answer = browser.get(target).await.expect(status);
        let policy = answer.header("content-security-policy").unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
        let page = answer.text();
        let (_, style) = page.split_once("<style>").unwrap();
        let (style, _) = style.split_once("</style>").unwrap();
        let digest = STANDARD.encode(Sha256::digest(style));
        assert!(policy.contains(&format!("style-src 'sha256-{digest}'")), "{policy}");
        assert!(page.contains("<strong>SIMULATED</strong>") && !page.contains("<script"), "{page}");
        assert_eq!(page.matches("<h1>").count(), 1, "{page}");
    }
}

#[tokio::test]
async fn what_the_query_says_is_text_on_the_page() {
    let federation = federate().await;
    let hint = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    let targets = [
        format!("/login/oauth?login_challenge={hint}&login_hint={hint}"),
        format!("/oauth2/fallbacks/error?error={hint}&error_description={hint}"),
        format!("/oauth/callback?state={hint}&error={hint}"),
    ];
    for target in targets {
        let page = federation.browser().get(&target).await.text();
        assert!(!page.contains("<script") && !page.contains("\"\">"), "{page}");
    }
}
