//! Where a federation stands, and the sheet to tell people.

use jumpcloud_sim::console;
use serde_json::{Value, json};

use crate::howto::able_contractors;
use crate::portal;
use crate::sandbox::Sandbox;
use crate::sandbox::Side::Secondary;

const BEN: &str = "ben.fischer@acme.com";
const STATUS: &str = "status demo.yaml --format json";

fn a_minute_passes(sandbox: &Sandbox) {
    sandbox.by_hand(|world| world.advance(60_000));
}

/// Somebody signs in through the pages of portal and issuer, a minute after whatever happened before.
#[track_caller]
fn sign_in(sandbox: &Sandbox, email: &str) -> bool {
    a_minute_passes(sandbox);
    portal::sign_in(sandbox.address(), &format!("{email}.beta"), email)["signed_in"] == json!(true)
}

/// Somebody who can sign in, too.
fn another(sandbox: &Sandbox) -> String {
    able_contractors(sandbox).into_iter().find(|email| email != BEN).expect("there are ten")
}

#[track_caller]
fn row<'a>(document: &'a Value, email: &str) -> &'a Value {
    let mut people = document["people"].as_array().expect("there are people").iter();
    people.find(|person| person["person"] == email).expect("they are in it")
}

fn rotate_by_hand(sandbox: &Sandbox) {
    a_minute_passes(sandbox);
    sandbox.by_hand(|world| {
        let apps: Vec<_> = world.organizations().flat_map(|org| world.apps(org.id)).collect();
        let app = apps.iter().find(|app| app.display_label == "OIDC for Beta").expect("fedctl made it").id;
        console::rotate_secret(world, app).expect("it has a client");
    });
}

#[test]
fn who_has_signed_in_who_not_yet_and_who_cannot_is_said_and_nothing_is_written() {
    let sandbox = Sandbox::applied();
    let lena = another(&sandbox);
    assert!(sign_in(&sandbox, BEN));
    assert!(sign_in(&sandbox, BEN));
    sandbox.by_hand(|world| {
        let org = world.organizations().nth(1).expect("there are two").id;
        let lena = world.user_by_email(org, &format!("{lena}.beta")).expect("she is there").id;
        console::lock_user(world, lena, true)
    });
    sandbox.forget_requests();
    let status = sandbox.fedctl(STATUS).exits_with(0).json();
    assert_eq!(status["counts"], json!({"signed-in": 1, "not-yet": 8, "failing": 1, "held": 2}));
    assert_eq!((&status["secret"], &status["log"]["whole"]), (&json!("proved"), &json!(true)));
    assert_eq!((&row(&status, BEN)["state"], &row(&status, BEN)["times"]), (&json!("signed-in"), &json!(2)));
    assert_eq!(row(&status, &lena)["hop"], "account-unlocked");
    assert_eq!(row(&status, &lena)["fix"], "unlock it in the console");
    assert_eq!(row(&status, "hiro.jensen@acme.com")["why"], "suspended at the primary");
    let days = status["days"].as_array().expect("there are days");
    assert_eq!(days.iter().map(|day| day["arrived"].as_u64().expect("a number")).sum::<u64>(), 2, "{days:?}");
    let text = sandbox.fedctl("status demo.yaml").exits_with(0).stdout;
    assert!(text.contains("1 person has signed in, 8 not yet, 1 cannot, 2 not ready, 0 not known."), "{text}");
    assert!(text.contains(&format!("+ {BEN}  2 times  last 20")), "{text}");
    assert!(text.contains(&format!("x {lena}  account-unlocked: ")) && text.contains("  ##\n"), "{text}");
    sandbox.nothing_was_written();
}

#[test]
fn after_a_change_of_the_app_nobody_has_signed_in_and_who_is_turned_away_is_named() {
    let sandbox = Sandbox::applied();
    assert!(sign_in(&sandbox, BEN));
    rotate_by_hand(&sandbox);
    let status = sandbox.fedctl(STATUS).exits_with(0).json();
    assert_eq!((&status["secret"], &status["counts"]), (&json!("suspect"), &json!({"not-yet": 10, "held": 2})));
    assert!(!sign_in(&sandbox, BEN));
    let status = sandbox.fedctl(STATUS).exits_with(0).json();
    let ben = row(&status, BEN);
    assert_eq!((&ben["state"], &ben["hop"], &ben["times"]), (&json!("failing"), &json!("sign-in"), &json!(0)), "{ben}");
}

#[test]
fn i13_without_a_log_nobody_is_said_not_to_have_come() {
    let sandbox = Sandbox::start_with("--set insights-forbidden=true");
    let _run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
    assert!(sign_in(&sandbox, BEN));
    let status = sandbox.fedctl(STATUS).exits_with(0).json();
    assert_eq!(status["counts"], json!({"unknown": 10, "held": 2}));
    assert_eq!(status["log"], json!({"readable": false, "whole": false}));
    let text = sandbox.fedctl("status demo.yaml").exits_with(0).stdout;
    assert!(text.contains("Sign-ins: cannot be known: "), "{text}");
}

#[test]
fn a_log_of_more_than_one_page_is_read_to_the_last_change() {
    let sandbox = Sandbox::applied();
    let lena = another(&sandbox);
    assert!(sign_in(&sandbox, &lena));
    sandbox.by_hand(|world| {
        let [primary, secondary] = [0, 1].map(|at| world.organizations().nth(at).expect("there are two").id);
        let ben = world.user_by_email(primary, BEN).expect("he is there").id;
        for _ in 0..1_100 {
            world.advance(60_000);
            world.sign_in_and_tell(secondary, &format!("{BEN}.beta"), ben).expect("he gets in");
        }
    });
    let status = sandbox.fedctl(STATUS).exits_with(0).json();
    assert_eq!((&status["log"]["whole"], &row(&status, BEN)["times"]), (&json!(true), &json!(1_100)));
    assert_eq!(status["counts"], json!({"signed-in": 2, "not-yet": 8, "held": 2}), "{}", row(&status, &lena));
}

#[test]
fn drift_names_who_changed_what_and_what_the_next_apply_does_and_writes_nothing() {
    let sandbox = Sandbox::start();
    let nothing = sandbox.fedctl("drift demo.yaml").exits_with(0).stdout;
    assert!(nothing.contains("Nothing of it is there yet"), "{nothing}");
    let _run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
    let clean = sandbox.fedctl("drift demo.yaml").exits_with(0).stdout;
    assert!(clean.contains("Nothing differs that can be seen.") && clean.contains("cannot be known"), "{clean}");
    assert!(sign_in(&sandbox, BEN));
    let clean = sandbox.fedctl("drift demo.yaml").exits_with(0).stdout;
    assert!(
        clean.contains("Client secret: proved") && clean.contains("  it was the same on both sides at 20"),
        "{clean}"
    );
    assert!(clean.contains("replaced since cannot be known: no answer and no log shows it"), "never clean: {clean}");
    a_minute_passes(&sandbox);
    sandbox.by_hand(|world| {
        let [primary, secondary] = [0, 1].map(|at| world.organizations().nth(at).expect("there are two").id);
        let app = world.apps(primary).find(|app| app.display_label == "OIDC for Beta").expect("it is there").id;
        console::rename_app(world, app, "Do not touch");
        let policy = world.policies(secondary).next().expect("it is there").id;
        console::set_policy_enabled(world, policy, false)
    });
    sandbox.forget_requests();
    let drift = sandbox.fedctl("drift demo.yaml --format json").exits_with(2).json();
    let row = |object: &str| {
        let mut rows = drift["rows"].as_array().expect("there are rows").iter();
        rows.find(|row| row["object"].as_str().is_some_and(|name| name.starts_with(object))).expect("it is told")
    };
    let app = row("primary/oidc-app/");
    assert_eq!(
        (&app["next"], &app["by"]["console"], &app["by"]["from"]),
        (&json!("puts-right"), &json!(true), &json!("127.0.0.1"))
    );
    assert_eq!(app["fields"][0], json!({"field": "displayLabel", "live": "Do not touch", "desired": "OIDC for Beta"}));
    let policy = row("secondary/routing-policy/");
    assert_eq!((&policy["next"], &policy["by"]), (&json!("leaves"), &Value::Null));
    assert_eq!((&drift["secret"], &drift["secret_shown"]), (&json!("suspect"), &Value::Null));
    let text = sandbox.fedctl("drift demo.yaml").exits_with(2).stdout;
    assert!(text.contains("by whom cannot be known: no event of such an object is published"), "{text}");
    assert!(text.contains(" in the console, from 127.0.0.1 (application_update)"), "{text}");
    sandbox.nothing_was_written();
}

#[test]
fn i13_without_a_log_drift_says_that_it_cannot_know_who() {
    let sandbox = Sandbox::start_with("--set insights-forbidden=true");
    let _run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
    sandbox.change_spec("OIDC for Beta", "Another name");
    let drift = sandbox.fedctl("drift demo.yaml --format json").exits_with(2).json();
    assert_eq!(drift["rows"][0]["unknown"], "the log of changes cannot be read with this key");
    assert_eq!(drift["unread"], json!(["primary"]));
}

#[test]
fn before_the_first_apply_nobody_is_ready_and_there_is_no_pair() {
    let sandbox = Sandbox::start();
    let text = sandbox.fedctl("status demo.yaml").exits_with(0).stdout;
    assert!(text.contains("Sign-ins: there is no pair of app and identity provider to sign in by"), "{text}");
    let sheet = sandbox.fedctl("people demo.yaml --format json").exits_with(0).json();
    assert!(sheet["people"].as_array().expect("there are people").iter().all(|person| person["steps"].is_null()));
    sandbox.nothing_was_written();
}

#[test]
fn the_sheet_has_everybody_and_steps_that_lead_to_a_sign_in() {
    let sandbox = Sandbox::applied();
    sandbox.forget_requests();
    let sheet = sandbox.fedctl("people demo.yaml --format json").exits_with(0).json();
    let ben = row(&sheet, BEN);
    assert_eq!((&ben["state"], &ben["alias"]), (&json!("ready"), &json!(".beta")));
    let steps = ben["steps"].to_string();
    assert!(steps.contains(&format!("shows {BEN}.beta: take .beta off its end, so that it reads {BEN}.")), "{steps}");
    assert_eq!(sheet["portal"], json!(format!("{}/login", sandbox.base_url())));
    let held = row(&sheet, "hiro.jensen@acme.com");
    assert_eq!((&held["state"], &held["steps"]), (&json!("held"), &Value::Null));
    let csv = sandbox.fedctl("people demo.yaml --format csv").exits_with(0).stdout;
    assert_eq!(csv.lines().count(), 13);
    assert!(csv.contains(&format!("\n\"{BEN}\",\"{BEN}.beta\",\"ready\",\"\",\".beta\",\"1. ")), "{csv}");
    let text = sandbox.fedctl("people demo.yaml").exits_with(0).stdout;
    assert!(text.ends_with("\n10 people can be told, 2 not yet.\n"), "{text}");
    // What the sheet says is done: the address of the account at the portal, their own without the alias after it.
    let typed = ben["account"].as_str().expect("it has one");
    let own = typed.strip_suffix(ben["alias"].as_str().expect("it has one")).expect("it is at the end");
    assert_eq!(portal::sign_in(sandbox.address(), typed, own)["signed_in"], true);
    sandbox.nothing_was_written();
}

#[test]
fn an_address_that_is_no_alias_is_given_whole() {
    let sandbox = Sandbox::start();
    let overrides = format!(
        "  mapping:\n    email: \"{{email}}.beta\"\n  overrides: [{{person: {BEN}, email: b.f@acme.com.beta}}]"
    );
    let spec = sandbox.home.read("demo.yaml");
    let mapping = spec.find("  mapping:").expect("there is one");
    let end = spec.find("app:").expect("there is one");
    sandbox.home.write("demo.yaml", &format!("{}{overrides}\n\n{}", &spec[..mapping], &spec[end..]));
    let _run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
    let sheet = sandbox.fedctl("people demo.yaml --format json").exits_with(0).json();
    let ben = row(&sheet, BEN);
    assert_eq!((&ben["account"], &ben["alias"]), (&json!("b.f@acme.com.beta"), &Value::Null));
    assert!(ben["steps"].to_string().contains(&format!("put {BEN} in its place")), "{ben}");
}

#[test]
fn addresses_that_were_chosen_to_do_harm_stay_in_their_cell() {
    let sandbox = Sandbox::start();
    sandbox.by_hand(|world| {
        let org = world.organizations().next().expect("there are two").id;
        let group = world.groups(org).find(|group| group.name == "Contractors").expect("it is there").id;
        for email in ["=cmd|'x'!a1@acme.com", "a|b`c`@acme.com", "@everyone@acme.com"] {
            let new = jumpcloud_sim::NewUser {
                email: email.to_owned(),
                username: format!("u{}", email.len()),
                password: Some("correct horse".to_owned()),
                ..jumpcloud_sim::NewUser::default()
            };
            let user = world.add_user(org, new);
            console::add_member(world, group, user);
        }
    });
    let csv = sandbox.fedctl("people demo.yaml --format csv").exits_with(0).stdout;
    assert!(csv.contains("\n\"'=cmd|'x'!a1@acme.com\",") && csv.contains("\n\"'@everyone@acme.com\","), "{csv}");
    let markdown = sandbox.fedctl("people demo.yaml --format md").exits_with(0).stdout;
    assert!(markdown.contains("| ``a\\|b`c`@acme.com`` |"), "{markdown}");
    let parsed = pulldown_cmark::Parser::new_ext(&markdown, pulldown_cmark::Options::ENABLE_TABLES);
    let cells = parsed.filter(|event| matches!(event, pulldown_cmark::Event::End(pulldown_cmark::TagEnd::TableCell)));
    assert_eq!(cells.count(), 3 * (15 + 1), "no name opens a cell\n{markdown}");
    assert_eq!(sandbox.list(Secondary, "/api/v2/identity-providers"), [0; 0]);
}
