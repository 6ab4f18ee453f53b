//! `fedctl verify`: what the issuer says, who opens what is not theirs, and the three ways to write it.

use jumpcloud_sim::console;
use serde_json::{Value, json};

use crate::env::Run;
use crate::escrow::{APPLY, of_provider, secret_is_made_anew, with_programs};
use crate::front::{Front, Turn};
use crate::sandbox::Side::{Primary, Secondary};
use crate::sandbox::{Sandbox, text};

const JSON: &str = "verify demo.yaml --format json";
const JUNIT: &str = "verify demo.yaml --format junit";
const DISCOVERY: &str = "/.well-known/openid-configuration";
const KEYS: &str = "/.well-known/jwks.json";

/// What each probe shows, by its name.
pub(crate) fn states(run: &Run) -> Value {
    let probes = run.json()["issuer"]["probes"].as_array().expect("probes are a list").clone();
    probes.iter().map(|probe| (text(&probe["probe"]).to_owned(), probe["state"].clone())).collect()
}

/// The row of one probe.
pub(crate) fn probe(run: &Run, name: &str) -> Value {
    let probes = run.json()["issuer"]["probes"].take();
    let of = |probe: &&Value| probe["probe"] == name;
    probes.as_array().and_then(|probes| probes.iter().find(of)).expect("it is among the probes").clone()
}

/// The states of all five, in their order.
fn all(states: [&str; 5]) -> Value {
    let names = ["discovery", "keys", "client", "redirect-uri", "client-secret"];
    names.into_iter().zip(states).map(|(name, state)| (name.to_owned(), json!(state))).collect()
}

#[test]
fn the_issuer_knows_the_client_of_a_federation_and_verify_sends_nothing_but_questions() {
    let sandbox = Sandbox::applied();
    let run = sandbox.fedctl(JSON).exits_with(0);
    assert_eq!(states(&run), all(["proved", "proved", "proved", "proved", "unknown"]), "{run}");
    assert!(text(&probe(&run, "client-secret")["means"]).contains("no escrow keeps it"), "{run}");
    assert_eq!(probe(&run, "client-secret")["asked"], "");
    let asked = sandbox.requests();
    let to_issuer = |(_, path): &&(String, String)| path.starts_with("/oauth2/") || path.starts_with("/.well-known/");
    let mut to_issuer: Vec<&str> = asked.iter().filter(to_issuer).map(|(_, path)| path.as_str()).collect();
    to_issuer.sort_unstable();
    assert_eq!(to_issuer, [KEYS, DISCOVERY, "/oauth2/auth", "/oauth2/auth", "/oauth2/auth"]);
    sandbox.nothing_was_written();
    assert_eq!(sandbox.outbox(), [Value::Null; 0]);
}

#[test]
fn before_anything_is_there_only_what_is_there_is_asked() {
    let sandbox = Sandbox::start();
    let run = sandbox.fedctl(JSON).exits_with(2);
    assert_eq!(states(&run), all(["proved", "proved", "unknown", "unknown", "unknown"]), "{run}");
    assert!(!sandbox.requests().iter().any(|(_, path)| path.starts_with("/oauth2/")));
    sandbox.nothing_was_written();
}

#[test]
fn what_a_human_did_to_the_app_shows_at_the_issuer() {
    let sandbox = Sandbox::applied();
    let app = text(&crate::escrow::apps(&sandbox)[0]["_id"]).parse().expect("an id");
    sandbox.by_hand(|world| console::set_redirect_uris(world, app, &["https://login.example/callback"]));
    let run = sandbox.fedctl(JSON).exits_with(2);
    assert_eq!(states(&run), all(["proved", "proved", "proved", "refuted", "unknown"]), "{run}");
    let callback = format!("{}/oauth/callback", sandbox.base_url());
    sandbox.by_hand(|world| {
        console::set_redirect_uris(world, app, &[&callback]) && console::set_app_active(world, app, false)
    });
    let run = sandbox.fedctl(JSON).exits_with(2);
    assert_eq!(probe(&run, "client")["state"], "refuted", "{run}");
    assert_eq!(probe(&run, "client")["means"], "the issuer refuses the client; is the app active?");
    sandbox.by_hand(|world| console::delete_app(world, app));
    let run = sandbox.fedctl(JSON).exits_with(2);
    assert_eq!(probe(&run, "client")["means"], "the issuer does not know the client", "{run}");
    sandbox.nothing_was_written();
}

#[test]
fn a_secret_in_escrow_is_tried_beside_one_that_is_none_and_in_both_ways() {
    let sandbox = Sandbox::start();
    with_programs(&sandbox);
    let _run = sandbox.fedctl(&format!("{APPLY} --operator escrow.yaml")).exits_with(0);
    let verify = format!("{JSON} --operator escrow.yaml");
    let run = sandbox.fedctl(&verify).exits_with(0);
    assert_eq!(probe(&run, "client-secret")["came"], "400 `invalid_grant`; to what is no secret: 401 `invalid_client`");
    assert_eq!(states(&run)["client-secret"], "proved");
    let app = text(&crate::escrow::apps(&sandbox)[0]["_id"]).parse().expect("an id");
    sandbox.by_hand(|world| console::set_client_auth(world, app, jumpcloud_sim::ClientAuth::Basic));
    let run = sandbox.fedctl(&verify).exits_with(2);
    assert!(
        text(&probe(&run, "client-secret")["means"]).starts_with("the secret is right, and the app expects it"),
        "{run}"
    );
    sandbox.by_hand(|world| console::set_client_auth(world, app, jumpcloud_sim::ClientAuth::Post));
    secret_is_made_anew(&sandbox);
    let run = sandbox.fedctl(&verify).exits_with(2);
    assert_eq!(states(&run), all(["proved", "proved", "proved", "proved", "refuted"]), "{run}");
    sandbox.nothing_was_written();
}

/// A federation behind a front, with its secret in escrow.
fn behind_front() -> (Sandbox, Front, String) {
    let sandbox = Sandbox::start();
    let front = Front::of(&sandbox);
    with_programs(&sandbox);
    let _run = sandbox.fedctl(&format!("{APPLY} --operator escrow.yaml")).exits_with(0);
    let (_, secret) = of_provider(&sandbox).expect("there is a provider");
    sandbox.forget_requests();
    (sandbox, front, secret)
}

/// The discovery document of the front, with some keys changed.
fn document(front: &Front, changed: &Value) -> String {
    let url = front.url();
    let mut document = json!({
        "issuer": url, "authorization_endpoint": format!("{url}/oauth2/auth"), "token_endpoint": format!("{url}/oauth2/token"),
        "jwks_uri": format!("{url}{KEYS}"), "response_types_supported": ["code"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    for (key, value) in changed.as_object().into_iter().flatten() {
        document[key] = value.clone();
    }
    document.to_string()
}

fn json_says(body: &str) -> Turn {
    Turn::Says(200, "content-type: application/json\r\n".to_owned(), body.to_owned())
}

type Rule = (&'static str, &'static str, Turn);

fn page() -> Turn {
    Turn::Says(200, "content-type: text/html\r\n".to_owned(), "<html>busy</html>".to_owned())
}

fn leads(status: u16) -> Turn {
    Turn::Says(status, "location: /elsewhere\r\n".to_owned(), String::new())
}

fn broken() -> Turn {
    Turn::Says(503, String::new(), "{}".to_owned())
}

fn refuses(word: &str) -> Turn {
    Turn::Says(400, String::new(), json!({"error": word}).to_string())
}

/// What each probe shows while the issuer answers in these ways; that nothing is followed, written, or told to anybody but the
/// token endpoint; and that the exit code says whether something is refuted.
#[track_caller]
fn told_as(cases: impl FnOnce(&Front) -> Vec<(Vec<Rule>, [&'static str; 5])>) {
    let (sandbox, front, secret) = behind_front();
    for (rules, expected) in cases(&front) {
        front.set(&rules);
        let run = sandbox.fedctl(&format!("{JSON} --operator escrow.yaml"));
        let last = rules.last().map(|(method, path, turn)| format!("{method} {path} {turn:?}"));
        assert_eq!(states(&run), all(expected), "{last:?} {run}");
        assert_eq!(run.status, if expected.contains(&"refuted") { 2 } else { 0 }, "{last:?} {run}");
        let lines = front.lines();
        assert!(!lines.iter().any(|line| line.contains("/elsewhere")), "{last:?}: nothing is followed");
        let told = lines.iter().filter(|line| line.contains(&secret));
        assert!(told.clone().all(|line| line.starts_with("POST /oauth2/token ")), "{last:?}");
        assert!(told.count() > 0 && !run.to_string().contains(&secret), "{last:?}");
    }
    sandbox.nothing_was_written();
}

#[test]
fn i13_a_discovery_document_that_does_not_come_or_says_something_else_is_told_as_such() {
    told_as(|front| {
        let of = |turn, state| (vec![("GET", DISCOVERY, turn)], [state, "proved", "proved", "proved", "proved"]);
        let with = |changed: Value| json_says(&document(front, &changed));
        let keys_elsewhere = vec![("GET", DISCOVERY, with(json!({"jwks_uri": "https://evil.example/"})))];
        vec![
            of(with(json!({})), "proved"),
            of(broken(), "unknown"),
            of(Turn::Hangs, "unknown"),
            of(leads(302), "unknown"),
            of(page(), "refuted"),
            of(json_says("[1]"), "refuted"),
            of(json_says("{\"issuer\""), "refuted"),
            of(with(json!({"issuer": "https://issuer.example"})), "refuted"),
            of(with(json!({"issuer": 1})), "refuted"),
            of(with(json!({"id_token_signing_alg_values_supported": ["none"]})), "refuted"),
            of(with(json!({"userinfo_endpoint": "https://evil.example/me"})), "refuted"),
            (keys_elsewhere, ["refuted", "unknown", "proved", "proved", "proved"]),
        ]
    });
}

#[test]
fn i13_an_issuer_that_answers_everything_alike_proves_nothing() {
    told_as(|front| {
        let good = || ("GET", DISCOVERY, json_says(&document(front, &json!({}))));
        let of = |turn, client| {
            (vec![good(), ("GET", "/oauth2/auth", turn)], ["proved", "proved", client, "unknown", "proved"])
        };
        let keys = |turn, state| (vec![good(), ("GET", KEYS, turn)], ["proved", state, "proved", "proved", "proved"]);
        vec![
            of(broken(), "unknown"),
            of(Turn::Hangs, "unknown"),
            of(page(), "unknown"),
            of(leads(302), "unknown"),
            of(Turn::Says(302, String::new(), String::new()), "unknown"),
            of(refuses("no"), "refuted"),
            keys(json_says("{\"keys\": []}"), "refuted"),
            keys(page(), "refuted"),
            keys(broken(), "unknown"),
        ]
    });
}

#[test]
fn i13_a_token_endpoint_that_answers_any_secret_alike_proves_nothing() {
    told_as(|front| {
        let good = || ("GET", DISCOVERY, json_says(&document(front, &json!({}))));
        let of = |turn, state| {
            (vec![good(), ("POST", "/oauth2/token", turn)], ["proved", "proved", "proved", "proved", state])
        };
        vec![
            of(broken(), "unknown"),
            of(Turn::Hangs, "unknown"),
            of(page(), "unknown"),
            of(leads(307), "unknown"),
            of(refuses("invalid_grant"), "unknown"),
            of(refuses("slow_down"), "unknown"),
            of(refuses("invalid_client"), "refuted"),
        ]
    });
}

#[test]
fn i8_no_secret_goes_to_a_token_endpoint_at_another_host() {
    let (sandbox, front, secret) = behind_front();
    let evil = Front::of(&Sandbox::start());
    for url in [
        format!("{}/token", evil.url()),
        format!("{}@{}/token", front.url(), evil.address),
        format!("{}.evil.example/token", front.url()),
        format!("{}//{}/token", front.url(), evil.address),
        format!("{}\\@{}/token", front.url(), evil.address),
        format!("/{}/token", evil.address),
    ] {
        front.set(&[("GET", DISCOVERY, json_says(&document(&front, &json!({"token_endpoint": url}))))]);
        let run = sandbox.fedctl(&format!("{JSON} --operator escrow.yaml")).exits_with(2);
        assert_eq!(states(&run), all(["refuted", "proved", "proved", "proved", "unknown"]), "{url} {run}");
        let means = probe(&run, "client-secret")["means"].clone();
        assert!(text(&means).contains("at another host, where no secret goes"), "{run}");
        // Planning tries it, at the path that is built in.
        let told: Vec<String> = front.lines().into_iter().filter(|line| line.contains(&secret)).collect();
        assert!(told.iter().all(|line| line.starts_with("POST /oauth2/token ")), "{told:?}");
    }
    assert_eq!(evil.lines(), [""; 0]);
}

/// Somebody of the group that gives the app, whom the spec excepts, claims an account.
fn claims(account: &str) -> Sandbox {
    let sandbox = Sandbox::start();
    sandbox.change_spec("[Contractors]", "[Contractors]\n  except: [ann.adler@acme.com]");
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    let ann = sandbox.user(Primary, "ann.adler@acme.com");
    sandbox.change_member(Primary, "add", "Contractors", &ann);
    let id = text(&ann["_id"]).parse().expect("an id");
    sandbox.by_hand(|world| console::set_attribute(world, id, "acmetobeta", Some(account)));
    sandbox
}

#[test]
fn i10_whoever_reaches_the_app_and_claims_an_account_of_another_is_named_though_the_spec_does_not_mean_them() {
    let sandbox = claims("Ben.Fischer@acme.com.beta");
    let run = sandbox.fedctl(JSON).exits_with(2);
    let expected = json!([{
        "user": "ann.adler@acme.com", "account": "ben.fischer@acme.com.beta", "owner": "ben.fischer@acme.com", "opens": true,
        "fix": "remove the attribute from them in the primary organisation; if the account is theirs, bring them in by the spec \
                and take it over under `adopt.people`",
    }]);
    assert_eq!(run.json()["impersonations"], expected, "{run}");
    sandbox.nothing_was_written();

    let sandbox = claims("admin@beta.com");
    let run = sandbox.fedctl(JSON).exits_with(2);
    let row = run.json()["impersonations"][0].clone();
    assert_eq!(
        (&row["owner"], &row["opens"], &row["stopped_by"]),
        (&Value::Null, &json!(false), &json!("routing-group"))
    );
    let said = sandbox.fedctl("verify demo.yaml").exits_with(2);
    let line = "  x ann.adler@acme.com claims admin@beta.com, which is nobody's by the spec, and is kept out only by this: their \
                account is not in the routing group\n";
    assert!(said.stdout.contains(line), "{said}");
    sandbox.change_member(Secondary, "add", "Federated from Acme", &sandbox.user(Secondary, "admin@beta.com"));
    assert_eq!(sandbox.fedctl(JSON).exits_with(2).json()["impersonations"][0]["opens"], true);

    let sandbox = claims("nobody@beta.com");
    assert_eq!(sandbox.fedctl(JSON).exits_with(0).json()["impersonations"], json!([]));
}

#[test]
fn i10_whoever_is_bound_to_the_app_by_themselves_is_looked_at_and_whoever_does_not_reach_it_is_not() {
    let sandbox = Sandbox::applied();
    let ann = sandbox.user(Primary, "ann.adler@acme.com");
    let id = text(&ann["_id"]).parse().expect("an id");
    sandbox.by_hand(|world| console::set_attribute(world, id, "acmetobeta", Some("admin@beta.com")));
    assert_eq!(sandbox.fedctl(JSON).exits_with(0).json()["impersonations"], json!([]));
    let app = text(&crate::escrow::apps(&sandbox)[0]["_id"]).to_owned();
    let bound = json!({"op": "add", "type": "user", "id": ann["_id"]});
    sandbox.api(Primary, "POST", &format!("/api/v2/applications/{app}/associations"), &bound);
    assert_eq!(sandbox.fedctl(JSON).exits_with(2).json()["impersonations"][0]["user"], "ann.adler@acme.com");
}

#[test]
fn a_pipeline_reads_a_case_for_each_person_and_each_probe_whatever_the_names_are() {
    let sandbox = claims("ben.fischer@acme.com.beta");
    let names = ["]]><x a=\"'&amp;", "\u{fffe}\u{1}\u{1b}[2J", "\u{202e}<!-- -->", "{}"];
    let mut groups = sandbox.list(Primary, "/api/v2/usergroups?limit=100").into_iter();
    let contractors = groups.find(|group| group["name"] == "Contractors").map(|group| group["id"].clone());
    let contractors = text(&contractors.expect("it is there")).parse().expect("an id");
    for name in names {
        sandbox.by_hand(|world| {
            console::set_group_attribute(world, contractors, "acmetobeta", "x")
                && console::rename_group(world, contractors, name)
        });
        sandbox.home.write(
            "demo.yaml",
            &sandbox.home.read("demo.yaml").replace("groups: [Contractors]", "emails: [ben.fischer@acme.com]"),
        );
        let run = sandbox.fedctl(JUNIT).exits_with(2);
        let document = roxmltree::Document::parse(&run.stdout).unwrap_or_else(|error| panic!("{error} {run}"));
        let cases = |name: &str| {
            let mut suites = document.descendants().filter(|node| node.has_tag_name("testsuite"));
            let suite = suites.find(|suite| suite.attribute("name") == Some(&format!("acme-to-beta.{name}")));
            suite.expect("it is there").children().filter(|node| node.has_tag_name("testcase")).collect::<Vec<_>>()
        };
        let people = sandbox.fedctl(JSON).json()["people"].as_array().map(Vec::len);
        assert_eq!(Some(cases("people").len()), people);
        assert_eq!(cases("issuer").len(), 5);
        let failure =
            cases("impersonation")[0].children().find(|node| node.has_tag_name("failure")).expect("it failed");
        let shown = fedctl::render::text::visible(name);
        assert!(failure.text().is_some_and(|text| text.contains(&shown)), "{run}");
        let count = |attribute: &str, tag: &str| {
            let root = document.root_element();
            let counted = document.descendants().filter(|node| node.has_tag_name(tag)).count();
            assert_eq!(root.attribute(attribute), Some(counted.to_string().as_str()), "{run}");
        };
        count("tests", "testcase");
        count("failures", "failure");
        count("skipped", "skipped");
    }
}

#[test]
fn what_an_issuer_says_is_spelt_out_in_every_format() {
    let (sandbox, front, _) = behind_front();
    let said = "\u{1b}[2J]]>&\u{202e}\u{fffe}\u{0}\n<b>";
    let refusal = json!({"error": said, "error_description": said}).to_string();
    front.set(&[
        ("GET", DISCOVERY, json_says(&document(&front, &json!({"issuer": format!("https://x/{said}")})))),
        ("GET", "/oauth2/auth", Turn::Says(400, String::new(), refusal)),
    ]);
    let text = sandbox.fedctl("verify demo.yaml --operator escrow.yaml").exits_with(2);
    assert!(text.stdout.contains("<U+001B>[2J]]>&<U+202E><U+FFFE><U+0000><U+000A><b>"), "{text}");
    let is_plain = |c: char| c == '\n' || !fedctl_core::spec::is_hidden(c);
    assert!(text.stdout.chars().all(is_plain), "{text}");
    let junit = sandbox.fedctl(&format!("{JUNIT} --operator escrow.yaml")).exits_with(2);
    assert!(junit.stdout.chars().all(is_plain), "{junit}");
    let document = roxmltree::Document::parse(&junit.stdout).unwrap_or_else(|error| panic!("{error} {junit}"));
    assert!(
        document.descendants().any(|node| node.text().is_some_and(|text| text.contains("<U+001B>[2J]]>&<U+202E>")))
    );
}

#[test]
fn a_pipeline_is_told_of_people_who_are_not_ready_only_if_it_asks_for_it() {
    let sandbox = Sandbox::applied();
    let failures = |run: &Run| run.stdout.matches("<failure ").count();
    assert_eq!(failures(&sandbox.fedctl(JUNIT).exits_with(0)), 0);
    assert_eq!(failures(&sandbox.fedctl(&format!("{JUNIT} --strict")).exits_with(2)), 2);
}
