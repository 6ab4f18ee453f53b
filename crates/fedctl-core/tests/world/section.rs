//! The section around the client secret: what a stop lets end, and where the secret never shows.

use fedctl_core::address::Kind;
use fedctl_core::apply::{End, Next};
use fedctl_core::plan::{Action, Plan, Verb};
use fedctl_core::request::Outcome;

use crate::conversation::{Conversation, answer, lost, not_sent, only, plan};

/// A secret that stands nowhere else.
const CANARY: &str = "canary-4f1d9b7e2c";
const CLIENT: &str = "0d9f1c62-8a34-4e57-9b5a-7c1e2f3a4b5c";
const APPS: &str = "POST /api/applications";
const TOKEN: &str = "POST /oauth2/token";
const PROVIDER: &str = "POST /api/v2/identity-providers";
const PROVIDERS: &str = "GET /api/v2/identity-providers";

/// The app, what needs it, and everything that could be begun beside it.
fn app_and_others() -> Plan {
    only(plan(), |action| {
        !(action.target.kind == Kind::User || action.target.kind == Kind::UserMapping || is_group(action))
    })
}

fn is_group(action: &Action) -> bool {
    action.target.kind == Kind::UserGroup && action.verb == Verb::Create
}

fn settings() -> String {
    let settings = r#""redirectUris":["https://login.jumpcloud.com/oauth/callback"],"tokenEndpointAuthMethod":"client_secret_post","dynamicClaims":[{"name":"email","value":"acmetobeta"}]"#;
    format!(r#"{{"oidc":{{"clientId":"{CLIENT}","clientSecret":"{CANARY}",{settings}}}}}"#)
}

fn provider() -> String {
    let oidc = format!(r#"{{"clientId":"{CLIENT}","clientSecret":"","url":"https://oauth.id.jumpcloud.com"}}"#);
    format!(
        r#"{{"identityProviders":[{{"id":"6500000000000000000000ee","name":"acme JumpCloud","type":"OIDC","oidc":{oidc}}}],"totalCount":1}}"#
    )
}

/// Up to the answer that brings the secret: the app is made, its groups are bound.
fn until_the_secret(talk: &mut Conversation) {
    let mark = "managed by fedctl: acme-to-beta/app";
    let app = format!(
        r#"{{"_id":"6500000000000000000000dd","displayLabel":"OIDC for beta","active":true,"sso":{{"hidden":true}},"description":"{mark}"}}"#
    );
    let sso = "/api/v2/applications/6500000000000000000000dd/sso";
    talk.turn(APPS, 201, &app);
    loop {
        let line = talk.next();
        match line.as_str() {
            "finished" | "blocked" => panic!("no secret: {:?}", talk.said),
            line if line == format!("GET {sso}") => talk.tell(Outcome::Answered(answer(404, "{}"))),
            line if line == format!("POST {sso}") => {
                talk.tell(Outcome::Answered(answer(201, &settings())));
                return;
            }
            _ => talk.tell(Outcome::Answered(answer(204, ""))),
        };
    }
}

/// Everything that a run has to say about itself, in every form it has.
fn told(talk: &Conversation) -> String {
    let plan = talk.run.plan();
    let lines: Vec<String> = plan.lines().collect();
    let report = talk.run.report();
    let ends = serde_json::to_string(&report).unwrap();
    format!("{lines:?} {plan:?} {report:?} {ends} {:?} {}", talk.said, plan.digest())
}

#[test]
fn i8_a_stop_lets_the_section_around_the_secret_end_and_nothing_else() {
    let mut talk = Conversation::new(app_and_others());
    until_the_secret(&mut talk);
    talk.run.stop();
    let begun = talk.said.len();
    talk.says(TOKEN);
    assert!(talk.body().contains(CANARY));
    talk.tell(Outcome::Answered(answer(400, r#"{"error":"invalid_grant"}"#)));
    talk.says(PROVIDER);
    assert!(talk.body().contains(CANARY));
    talk.tell(Outcome::Answered(answer(201, "{}"))).turn(PROVIDERS, 200, &provider());
    let ends = talk.ends();
    assert_eq!(talk.said[begun..], [TOKEN, PROVIDER, PROVIDERS]);
    for (action, end) in talk.run.plan().actions.iter().zip(&ends) {
        let is_app = matches!(action.target.kind, Kind::OidcApp | Kind::AppAccess | Kind::IdentityProvider);
        assert!(if is_app { end.is_good() } else { *end == End::NotStarted }, "{} {end:?}", action.target);
    }
    assert!(!told(&talk).contains(CANARY));
}

#[test]
fn i8_what_carries_the_secret_is_tried_again_though_the_run_is_to_stop() {
    let mut talk = Conversation::new(app_and_others());
    until_the_secret(&mut talk);
    talk.run.stop();
    talk.says(TOKEN).tell(not_sent()).waits(1).says(TOKEN);
}

#[test]
fn i8_a_stop_before_the_secret_begins_nothing_more() {
    let mut talk = Conversation::new(app_and_others());
    talk.run.stop();
    assert!(talk.ends().iter().all(|end| *end == End::NotStarted));
}

#[test]
fn i8_while_the_secret_is_held_nothing_but_what_carries_it_is_begun() {
    let mut talk = Conversation::new(app_and_others());
    until_the_secret(&mut talk);
    talk.says(TOKEN);
    assert!(matches!(talk.run.next(), Next::Blocked));
}

#[test]
fn i8_an_answer_that_repeats_the_secret_is_not_told() {
    let mut talk = Conversation::new(app_and_others());
    until_the_secret(&mut talk);
    talk.turn(TOKEN, 400, r#"{"error":"invalid_grant"}"#).says(PROVIDER);
    let echo = format!(r#"{{"message":"no good: {CANARY}"}}"#);
    talk.tell(Outcome::Answered(answer(403, &echo)));
    assert!(!told(&talk).contains(CANARY), "{:?}", talk.run.report());
}

#[test]
fn i8_a_token_endpoint_that_knows_no_such_secret_stops_the_provider() {
    let mut talk = Conversation::new(app_and_others());
    until_the_secret(&mut talk);
    let ends = talk.go_on(|line| match line {
        TOKEN => Outcome::Answered(answer(401, &format!(r#"{{"error":"invalid_client {CANARY}"}}"#))),
        _ => Outcome::Answered(answer(200, "[]")),
    });
    assert_eq!((talk.count(TOKEN), talk.count(PROVIDER)), (5, 0));
    assert!(ends.iter().any(|end| matches!(end, End::Failed(why) if why.contains("token endpoint"))), "{ends:?}");
    assert!(!told(&talk).contains(CANARY), "{ends:?}");
}

#[test]
fn i8_requests_that_carry_the_secret_say_so_and_no_other_does() {
    let mut talk = Conversation::new(app_and_others());
    until_the_secret(&mut talk);
    assert!(talk.secrets.is_empty());
    talk.turn(TOKEN, 400, r#"{"error":"invalid_grant"}"#).says(PROVIDER).tell(lost());
    let carrying: Vec<(&str, &str)> = talk.secrets.iter().map(|(at, secret)| (&*talk.said[*at], &**secret)).collect();
    assert_eq!(carrying, [(TOKEN, CANARY), (PROVIDER, CANARY)]);
}
