//! What the log of sign-ins says of the client secret, and a human's word for it.

use jumpcloud_sim::console;
use serde_json::json;

use crate::portal;
use crate::sandbox::Sandbox;
use crate::sandbox::Side::Secondary;

const BEN: &str = "ben.fischer@acme.com";
const VERIFY: &str = "verify demo.yaml";

/// Ben signs in through the pages of portal and issuer, some time after whatever happened before.
#[track_caller]
fn sign_in(sandbox: &Sandbox) -> bool {
    a_minute_passes(sandbox);
    portal::sign_in(sandbox.address(), &format!("{BEN}.beta"), BEN)["signed_in"] == json!(true)
}

fn a_minute_passes(sandbox: &Sandbox) {
    sandbox.by_hand(|world| world.advance(60_000));
}

/// What `verify` says of the secret, and that a plan and a trace say the same.
#[track_caller]
fn secret(sandbox: &Sandbox, exit: i32) -> String {
    let word = |args: &str, exit| {
        let json = sandbox.fedctl(&format!("{args} --format json")).exits_with(exit).json();
        json["secret"].as_str().expect("it is a word").to_owned()
    };
    let said = word(VERIFY, exit);
    assert_eq!((word("plan demo.yaml", 0), word(&format!("trace demo.yaml {BEN}"), 0)), (said.clone(), said.clone()));
    let text = sandbox.fedctl(VERIFY).exits_with(exit).stdout;
    assert!(text.contains(&format!("\nClient secret: {said}: ")), "{text}");
    said
}

#[test]
fn a_sign_in_proves_the_secret_and_a_rotation_in_the_console_makes_it_suspect() {
    let sandbox = Sandbox::start();
    let apply = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
    let probed = "Client secret: probed: this run wrote it after the token endpoint accepted it\n";
    assert!(apply.stderr.contains(probed), "{apply}");
    assert_eq!(secret(&sandbox, 0), "unproved");
    assert!(sign_in(&sandbox));
    assert_eq!(secret(&sandbox, 0), "proved");
    let again = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
    assert!(again.stderr.contains("Client secret: proved: "), "{again}");
    a_minute_passes(&sandbox);
    sandbox.by_hand(|world| {
        let apps: Vec<_> = world.organizations().flat_map(|org| world.apps(org.id)).collect();
        let app = apps.iter().find(|app| app.display_label == "OIDC for Beta").expect("fedctl made it").id;
        console::rotate_secret(world, app).expect("it has a client");
    });
    assert_eq!(secret(&sandbox, 2), "suspect");
    assert!(!sign_in(&sandbox));
    assert_eq!(secret(&sandbox, 2), "suspect");
    let failing = sandbox.fedctl(VERIFY).exits_with(2).stdout;
    assert!(
        failing.contains("the last who authenticated at the primary organisation did not get into the secondary one")
    );
}

#[test]
fn a_spelling_is_said_to_be_unconfirmed_until_a_sign_in_was_seen() {
    let sandbox = Sandbox::applied();
    sandbox.change_spec("Acme people sign in at Acme", "By another name");
    let is_unconfirmed =
        || sandbox.fedctl("plan demo.yaml").exits_with(0).stdout.contains("not confirmed in this organisation");
    assert!(is_unconfirmed());
    assert!(sign_in(&sandbox));
    assert!(!is_unconfirmed());
}

#[test]
fn a_log_that_may_not_be_read_is_said_and_stops_nothing() {
    let sandbox = Sandbox::start_with("--set insights-forbidden=true");
    let _run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
    assert!(sign_in(&sandbox));
    assert_eq!(secret(&sandbox, 0), "unproved");
    let text = sandbox.fedctl(VERIFY).exits_with(0).stdout;
    assert!(text.contains("the log of sign-ins cannot be read with this key"), "{text}");
    let _run = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0);
}

/// A federation whose first account has a local password, which the identity provider does not decide about.
fn with_a_local_password() -> Sandbox {
    let sandbox = Sandbox::applied();
    let account = sandbox.user(Secondary, &format!("{BEN}.beta"))["_id"].as_str().expect("it has an id").to_owned();
    sandbox.by_hand(|world| {
        let account = account.parse().expect("it is an id");
        console::set_restrictions(world, account, Vec::new());
        console::set_password(world, account, Some("a local password"));
    });
    sandbox
}

const WAITS: &str = "it has a local password, which stays until one sign-in through the federation was seen";

#[test]
fn a_local_password_waits_for_a_sign_in_or_for_the_word_of_a_human() {
    let sandbox = with_a_local_password();
    let plan = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0);
    assert!(plan.stdout.contains(WAITS), "{plan}");
    // Nothing is to be done, and the report says that something waits.
    let report = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
    let about = format!("waiting: secondary/password-authority/{BEN}.beta\n    {WAITS}\n");
    assert!(report.stdout.contains(&about) && report.stdout.contains(": 1 waiting."), "{report}");
    let report = sandbox.fedctl("apply demo.yaml --auto-approve --format json").exits_with(0);
    assert!(report.stdout.contains(&format!("\"why\": \"{WAITS}\"")), "{report}");
    let stranger = sandbox.fedctl("plan demo.yaml --signed-in zoe@acme.com").exits_with(64);
    assert!(stranger.stderr.contains("`zoe@acme.com` is nobody of this federation"), "{stranger}");
    let saved = sandbox.fedctl(&format!("plan demo.yaml --signed-in {BEN} --out acme.plan")).exits_with(0);
    assert!(!saved.stdout.contains(WAITS) && saved.stdout.contains("the local password may go"), "{saved}");
    // The file carries the word along.
    let _run = sandbox.fedctl("apply acme.plan --auto-approve").exits_with(0);
    let fields = sandbox.user(Secondary, &format!("{BEN}.beta"))["restrictedFields"].clone();
    assert_eq!(fields[0]["type"], json!("federated_identity_provider"), "{fields}");
    assert!(!sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0).stdout.contains(WAITS));
}

#[test]
fn with_a_sign_in_nobody_has_to_give_their_word() {
    let sandbox = with_a_local_password();
    assert!(sign_in(&sandbox));
    let _run = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(2);
    let _run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
    let _run = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0);
    let word = with_a_local_password();
    let _run = word.fedctl(&format!("apply demo.yaml --auto-approve --signed-in {BEN}.beta")).exits_with(0);
    let fields = word.user(Secondary, &format!("{BEN}.beta"))["restrictedFields"].clone();
    assert_eq!(fields[0]["field"], json!("password"), "{fields}");
}
