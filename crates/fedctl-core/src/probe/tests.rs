//! What issuers of every kind say, and what is made of it.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::*;
use crate::live::Query;
use crate::plan::rules::Rules;
use crate::request::{Answer, Outcome};
use crate::spec;

const ISSUER: &str = "https://issuer.example";
const BACK: &str = "https://login.example/oauth/callback";
const CLIENT: &str = "0b6a3c1e-client";

const SPEC: &str = "version: 1\nfederation: acme-to-beta\nprimary: {organization: \"5f0c0d3e9b1e8a0001a1b2c3\", credentials: acme}\n\
                    secondary: {organization: \"61aa0d3e9b1e8a0001a1b2c3\", credentials: beta}\npeople: {from: {groups: [A]}}\n";

/// An answer with a status, the place that it leads to and a body.
fn answer(status: u16, location: Option<&str>, body: &str) -> Answer {
    let body = Zeroizing::new(body.as_bytes().to_vec());
    Answer { status, body, total: None, date: None, retry_after: None, said: location.map(str::to_owned) }
}

fn json(body: &str) -> Answer {
    answer(200, None, body)
}

const DOCUMENT: &str = r#"{"issuer":"https://issuer.example/","authorization_endpoint":"https://issuer.example/auth?a=b",
    "token_endpoint":"https://issuer.example/token","jwks_uri":"https://issuer.example/keys"}"#;

/// An issuer in which everything is as it should be, but for how it answers authorization requests and what is said to secrets.
fn asked(authorize: impl Fn(&str, &str) -> Answer, proof: &Proof) -> (Vec<Finding>, Vec<Question>) {
    let terms = Terms {
        issuer: ISSUER.into(),
        callback: BACK.into(),
        other_callback: None,
        login: "https://x".into(),
        rules: Rules::default(),
    };
    let client = Client { id: CLIENT.into(), redirect_uri: BACK.into(), has_escrow: true };
    let mut live = Live::new(&spec::parse(SPEC).spec.unwrap());
    let mut questions = Vec::new();
    loop {
        let mut needs = Needs::default();
        if let Some(findings) = find(&terms, &live, &mut needs, Some(&client)) {
            return (findings, questions);
        }
        for query in needs.queries {
            let Query::Probe(question) = query else { panic!("{query:?}") };
            let answer = match &question {
                Question::Discovery => json(DOCUMENT),
                Question::Keys(_) => json(r#"{"keys":[{"kty":"RSA","n":"x","e":"AQAB"}]}"#),
                Question::Authorize { client_id, redirect_uri, .. } => authorize(client_id, redirect_uri),
                Question::Secret { .. } => json(&serde_json::to_string(proof).unwrap()),
            };
            live.probed.insert(question.clone(), came(&answer));
            questions.push(question);
        }
    }
}

fn word(status: u16, error: &str) -> Said {
    Said::Error { status, error: error.into() }
}

fn silence() -> Said {
    Said::Nothing("nobody answers".into())
}

/// What is said to a secret that is right.
fn right() -> Proof {
    Proof { secret: Some(word(400, "invalid_grant")), made_up: Some(word(401, "invalid_client")), by_header: None }
}

/// The states of client and redirect URI at an issuer that answers authorization requests in this way.
fn of_both(authorize: impl Fn(&str, &str) -> Answer, proof: &Proof) -> [State; 2] {
    let (findings, _) = asked(authorize, proof);
    let state = |probe| findings.iter().find(|finding| finding.probe == probe).unwrap().state;
    [state(Probe::Client), state(Probe::RedirectUri)]
}

fn is_known(client_id: &str) -> bool {
    client_id == CLIENT
}

/// Back to the redirect URI with an error and the state that was asked with.
fn back(redirect_uri: &str, error: &str) -> Answer {
    let state = question::STATE;
    answer(303, Some(&format!("{redirect_uri}?error={error}&state={state}")), "")
}

use State::{Proved, Refuted, Unknown};

#[test]
fn an_issuer_of_the_protocol_is_judged_by_where_it_sends_people() {
    let page = || answer(400, None, "<html>No.</html>");
    let good = |error: &'static str| {
        move |client: &str, uri: &str| if is_known(client) && uri == BACK { back(uri, error) } else { page() }
    };
    assert_eq!(of_both(good("login_required"), &right()), [Proved, Proved]);
    assert_eq!(of_both(good("interaction_required"), &right()), [Proved, Proved]);
    // It knows them, whatever it thinks of the rest.
    assert_eq!(of_both(good("invalid_scope"), &right()), [Proved, Proved]);
    assert_eq!(of_both(good("unauthorized_client"), &right()), [Refuted, Proved]);
    assert_eq!(of_both(good("access_denied"), &right()), [Refuted, Proved]);
    // It sends people wherever somebody wants.
    let open = |client: &str, uri: &str| if is_known(client) { back(uri, "login_required") } else { page() };
    assert_eq!(of_both(open, &right()), [Proved, Refuted]);
    let to_all = |_: &str, uri: &str| back(uri, "login_required");
    assert_eq!(of_both(to_all, &right()), [Unknown, Refuted]);
}

#[test]
fn a_place_that_only_begins_like_the_redirect_uri_is_another() {
    for suffix in [".evil.example/", "/more", "x", "@evil.example/"] {
        let near = move |client: &str, uri: &str| match is_known(client) && uri == BACK {
            true => answer(302, Some(&format!("{uri}{suffix}?error=login_required&state={}", question::STATE)), ""),
            false => answer(400, None, "<p>No."),
        };
        assert_eq!(of_both(near, &right()), [Refuted, Unknown], "{suffix}");
    }
    let stale = |client: &str, uri: &str| match is_known(client) {
        true => answer(302, Some(&format!("{uri}?error=login_required&state=another")), ""),
        false => answer(400, None, ""),
    };
    assert_eq!(of_both(stale, &right()), [Unknown, Unknown]);
}

#[test]
fn an_issuer_that_shows_its_login_page_proves_something_by_what_it_does_not_show_it_for() {
    let login = || answer(302, Some("/login?challenge=x"), "");
    let error = |word: &str| answer(302, Some(&format!("/error?error={word}&error_description=No")), "");
    let hydra = move |client: &str, uri: &str| match (is_known(client), uri == BACK) {
        (false, _) => error("invalid_client"),
        (true, false) => error("invalid_request"),
        (true, true) => login(),
    };
    assert_eq!(of_both(hydra, &right()), [Proved, Proved]);
    let late = move |client: &str, _: &str| if is_known(client) { login() } else { error("invalid_client") };
    assert_eq!(of_both(late, &right()), [Proved, Unknown]);
    assert_eq!(of_both(move |_: &str, _: &str| login(), &right()), [Unknown, Unknown]);
    assert_eq!(of_both(|_: &str, _: &str| answer(200, None, "<form>"), &right()), [Unknown, Unknown]);
    let silent = move |client: &str, uri: &str| {
        if is_known(client) && uri == BACK { login() } else { answer(503, None, "") }
    };
    assert_eq!(of_both(silent, &right()), [Unknown, Unknown], "nobody knows what others would get");
}

#[test]
fn what_is_refused_is_told_by_what_is_refused_in_the_same_way() {
    let json =
        |word: &str, more: &str| answer(400, None, &format!(r#"{{"error":"{word}","error_description":"{more}"}}"#));
    let unknown_client = |_: &str, _: &str| json("invalid_client", "no such client");
    assert_eq!(of_both(unknown_client, &right()), [Refuted, Unknown]);
    // The answer repeats what was asked.
    let wrong_uri = |client: &str, uri: &str| match is_known(client) {
        true => json("invalid_request", &format!("{uri} is not of {client}")),
        false => json("invalid_request", "no such client"),
    };
    assert_eq!(of_both(wrong_uri, &right()), [Proved, Refuted]);
    let pages = |client: &str, uri: &str| match is_known(client) {
        true => answer(400, None, &format!("<p>{uri}?</p>")),
        false => answer(400, None, "<p>Who?</p>"),
    };
    assert_eq!(of_both(pages, &right()), [Proved, Refuted]);
    let named = |_: &str, _: &str| answer(400, None, "<pre>error: invalid_client</pre>");
    assert_eq!(of_both(named, &right()), [Refuted, Unknown]);
    let inactive = |client: &str, _: &str| json(if is_known(client) { "access_denied" } else { "invalid_client" }, "");
    assert_eq!(of_both(inactive, &right()), [Refuted, Unknown]);
    // One page for everything: the token endpoint knows whether it is the client.
    let mute = |_: &str, _: &str| answer(400, None, "<p>No.</p>");
    assert_eq!(of_both(mute, &right()), [Proved, Refuted]);
    assert_eq!(of_both(mute, &Proof::default()), [Refuted, Unknown]);
}

#[test]
fn a_secret_is_judged_beside_what_is_none() {
    let of = |secret: Said, made_up: Option<Said>, by_header: Option<Said>| {
        let proof = Proof { secret: Some(secret), made_up, by_header };
        let (findings, _) = asked(|_, uri| back(uri, "login_required"), &proof);
        findings.last().unwrap().state
    };
    let (taken, refused) = (|| word(400, "invalid_grant"), || word(401, "invalid_client"));
    assert_eq!(of(taken(), Some(refused()), None), Proved);
    assert_eq!(of(taken(), Some(taken()), None), Unknown, "any secret will do");
    assert_eq!(of(taken(), Some(silence()), None), Unknown);
    assert_eq!(of(taken(), None, None), Unknown);
    assert_eq!(of(word(400, "invalid_request"), Some(refused()), None), Proved, "it finds fault with something else");
    assert_eq!(of(word(400, "invalid_request"), Some(word(400, "invalid_request")), None), Unknown);
    assert_eq!(of(refused(), None, Some(refused())), Refuted);
    assert_eq!(of(word(400, "invalid_client"), None, Some(silence())), Refuted);
    assert_eq!(of(refused(), None, Some(taken())), Refuted, "the app expects it in another way");
    assert_eq!(of(silence(), Some(refused()), None), Unknown);
}

#[test]
fn only_words_of_the_protocol_are_heard() {
    let answered = |status, body: &str| said(&Outcome::Answered(answer(status, None, body)));
    assert_eq!(answered(400, r#"{"error":"invalid_grant"}"#), word(400, "invalid_grant"));
    for (status, body) in [
        (200, r#"{"error":"invalid_grant"}"#),
        (302, r#"{"error":"invalid_grant"}"#),
        (429, r#"{"error":"invalid_grant"}"#),
        (500, r#"{"error":"invalid_grant"}"#),
        (400, "<html>invalid_grant"),
        (400, r#"{"error":"my secret is 1234"}"#),
        (400, r#"{"error":{"error":"invalid_grant"}}"#),
    ] {
        assert!(matches!(answered(status, body), Said::Nothing(_)), "{status} {body}");
    }
    assert_eq!(said(&Outcome::Unknown("cut".to_owned())), Said::Nothing("cut".into()));
}

#[test]
fn everything_is_asked_at_the_issuer_and_by_no_more_than_is_needed() {
    let (findings, questions) = asked(|_, uri| back(uri, "login_required"), &right());
    assert_eq!(questions.len(), 6);
    let paths: BTreeMap<_, usize> = questions.iter().fold(BTreeMap::new(), |mut paths, question| {
        let path = question.ask().into_request().path;
        *paths.entry(path.split(['&', '?']).next().unwrap().to_owned()).or_default() += 1;
        paths
    });
    let expected = [("/.well-known/openid-configuration", 1), ("/auth", 3), ("/keys", 1), ("/prove", 1)];
    assert_eq!(paths, expected.map(|(path, number)| (path.to_owned(), number)).into());
    let authorize = questions.iter().find(|question| matches!(question, Question::Authorize { .. })).unwrap();
    let path = authorize.ask().into_request().path;
    assert!(path.starts_with("/auth?a=b&response_type=code&client_id=") && path.contains("&prompt=none&"), "{path}");
    assert_eq!(
        findings.iter().map(|finding| finding.probe).collect::<Vec<_>>(),
        [Probe::Discovery, Probe::Keys, Probe::Client, Probe::RedirectUri, Probe::ClientSecret]
    );
    assert!(!made_up().expose_secret().is_empty());
}
