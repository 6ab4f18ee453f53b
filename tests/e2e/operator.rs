//! The operator file: which one is taken, where keys come from, and what becomes of a run that an earlier one disturbs.

use std::fs;
use std::io::{BufRead, BufReader, Read};
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use insta::assert_snapshot;
use serde_json::json;

use crate::env::Run;
use crate::sandbox::Side::{self, Primary, Secondary};
use crate::sandbox::{Sandbox, text};

const PLAN: &str = "plan demo.yaml";
const APPLY: &str = "apply demo.yaml --auto-approve";
const CLIENT_ID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
const CLIENT_SECRET: &str = "sim_canary5canary5canary5canary5canary5cana";

/// Where the key of the primary organisation comes from; that of the secondary is `beta: {env: BETA}`.
fn operator(acme: &str) -> String {
    format!("version: 1\ncredentials:\n  acme: {acme}\n  beta: {{env: BETA}}\n")
}

/// The program without the variables that it looks at by itself, and with others that hold the keys.
fn command(sandbox: &Sandbox, args: &str) -> Command {
    let mut command = sandbox.home.command(args);
    command.env("ACME", sandbox.key(Primary)).env("BETA", sandbox.key(Secondary));
    command
}

/// Runs it with an operator file.
fn with_operator(sandbox: &Sandbox, args: &str, text: &str) -> Run {
    sandbox.home.write("operator.yaml", text);
    Run::of(&mut command(sandbox, &format!("{args} --operator operator.yaml")))
}

/// A file with a mode, where there are modes.
fn write(sandbox: &Sandbox, name: &str, text: &str, mode: u32) {
    sandbox.home.write(name, text);
    #[cfg(unix)]
    fs::set_permissions(sandbox.home.path().join(name), fs::Permissions::from_mode(mode)).expect("it is ours");
    #[cfg(not(unix))]
    let _ = mode;
}

#[test]
fn the_file_is_the_one_that_is_named_else_of_the_environment_else_at_home() {
    let sandbox = Sandbox::start();
    let home = &sandbox.home;
    let _run = Run::of(&mut command(&sandbox, PLAN)).exits_with(1);
    fs::create_dir_all(home.path().join(".config/fedctl")).expect("a folder can be made");
    home.write(".config/fedctl/operator.yaml", &operator("{env: ACME}"));
    let _run = Run::of(&mut command(&sandbox, PLAN)).exits_with(0);
    // Each of them hides the ones after it, whatever those say.
    home.write(".config/fedctl/operator.yaml", "no operator file");
    home.write("environment.yaml", &operator("{env: ACME}"));
    let _run = Run::of(command(&sandbox, PLAN).env("FEDCTL_OPERATOR", "environment.yaml")).exits_with(0);
    home.write("environment.yaml", "no operator file");
    home.write("named.yaml", &operator("{env: ACME}"));
    let mut named = command(&sandbox, &format!("{PLAN} --operator named.yaml"));
    let _run = Run::of(named.env("FEDCTL_OPERATOR", "environment.yaml")).exits_with(0);
    // What is meant and cannot be read is no reason to take another one.
    assert_snapshot!("missing", Run::of(command(&sandbox, PLAN).env("FEDCTL_OPERATOR", "nowhere.yaml")).exits_with(65));
    assert_snapshot!(
        "invalid",
        Run::of(command(&sandbox, PLAN).env("FEDCTL_OPERATOR", "environment.yaml")).exits_with(65)
    );
}

#[test]
fn a_file_beside_the_spec_is_not_looked_for() {
    let sandbox = Sandbox::start();
    sandbox.home.write("operator.yaml", &operator("{env: ACME}"));
    let run = Run::of(&mut command(&sandbox, PLAN)).exits_with(1);
    assert!(run.stderr.contains("there is no key for the credentials `acme`"), "{run}");
}

#[test]
fn where_nobody_watches_a_file_that_comes_with_the_spec_is_refused() {
    let sandbox = Sandbox::start();
    fs::create_dir(sandbox.home.path().join(".git")).expect("a folder can be made");
    sandbox.home.write("operator.yaml", &operator("{env: ACME}"));
    let args = format!("{PLAN} --operator operator.yaml");
    let _run = Run::of(&mut command(&sandbox, &args)).exits_with(0);
    sandbox.forget_requests();
    assert_snapshot!(Run::of(command(&sandbox, &args).env("CI", "true")).exits_with(64));
    let named = Run::of(command(&sandbox, PLAN).env("CI", "1").env("FEDCTL_OPERATOR", "operator.yaml"));
    let _run = named.exits_with(64);
    assert_eq!(sandbox.requests(), []);
    let outside = tempfile::tempdir().expect("there is a place for temporary files");
    let file = outside.path().join("operator.yaml");
    fs::write(&file, operator("{env: ACME}")).expect("a file can be written");
    let _run = Run::of(command(&sandbox, PLAN).env("CI", "true").arg("--operator").arg(&file)).exits_with(0);
}

#[cfg(unix)]
#[test]
fn a_key_in_a_file_is_its_owners_alone() {
    let sandbox = Sandbox::start();
    fs::create_dir(sandbox.home.path().join("keys")).expect("a folder can be made");
    for (mode, exit) in [(0o640, 1), (0o604, 1), (0o600, 0), (0o400, 0)] {
        let path = sandbox.home.path().join("keys/acme");
        drop(fs::remove_file(path));
        write(&sandbox, "keys/acme", sandbox.key(Primary), mode);
        sandbox.forget_requests();
        let run = with_operator(&sandbox, PLAN, &operator("{file: keys/acme}")).exits_with(exit);
        if exit == 1 {
            assert!(run.stderr.contains("can be read by others") && run.stderr.contains("chmod 600"), "{run}");
            assert!(!run.stderr.contains(sandbox.key(Primary)), "{run}");
            assert_eq!(sandbox.requests(), []);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_key_is_what_a_program_prints() {
    let sandbox = Sandbox::start();
    let program = sandbox.home.path().join("print-key").display().to_string();
    let text = operator(&format!("{{exec: [{program}, acme]}}"));
    let script = format!("#!/bin/sh\n[ \"$1\" = acme ] && [ -z \"$ACME$HOME\" ] && echo {}\n", sandbox.key(Primary));
    write(&sandbox, "print-key", &script, 0o700);
    let _run = with_operator(&sandbox, APPLY, &text).exits_with(0);
    write(&sandbox, "print-key", &format!("#!/bin/sh\necho {}; exit 3\n", sandbox.key(Primary)), 0o700);
    let run = with_operator(&sandbox, PLAN, &text).exits_with(1);
    assert!(run.stderr.contains("failed: exit status: 3") && !run.stderr.contains(sandbox.key(Primary)), "{run}");
    sandbox.home.write("operator.yaml", &text.replace(&program, "/nowhere/print-key"));
    let run = Run::of(&mut command(&sandbox, &format!("{PLAN} --operator operator.yaml"))).exits_with(1);
    assert!(run.stderr.contains("`/nowhere/print-key`, which prints a key, cannot be run"), "{run}");
}

#[test]
fn a_key_opens_the_organisations_it_was_given_for_and_is_not_fetched_for_others() {
    let sandbox = Sandbox::start();
    let pinned = |acme: &str| operator(&format!("{{env: ACME, organizations: [\"{acme}\"]}}"));
    let _run = with_operator(&sandbox, PLAN, &pinned(sandbox.id(Primary))).exits_with(0);
    sandbox.forget_requests();
    let missing = pinned(sandbox.id(Secondary)).replace("env: ACME", "env: NOWHERE");
    assert_snapshot!(with_operator(&sandbox, APPLY, &missing).exits_with(4));
    assert_eq!(sandbox.requests(), []);
}

#[test]
fn what_is_wrong_with_the_file_is_pointed_at() {
    let sandbox = Sandbox::start();
    let text = operator("{env: ACME}")
        + "forms: {routing-policy-body: b, routing-rule: manual}\nsettle: soon\nlease: x\njournal: {}\n";
    assert_snapshot!(with_operator(&sandbox, PLAN, &text).exits_with(65));
    assert_eq!(sandbox.requests(), []);
}

#[test]
fn the_way_to_other_machines_does_not_lead_to_a_simulator() {
    let sandbox = Sandbox::start();
    let hosts = operator("{env: ACME, hosts: {console: \"https://console.example.com\"}}");
    let run = with_operator(&sandbox, PLAN, &hosts).exits_with(65);
    assert!(run.stderr.contains("the spec is for a sandbox"), "{run}");
    assert_eq!(sandbox.requests(), []);
    let proxy = operator("{env: ACME}") + "proxy: http://127.0.0.1:9\n";
    let _run = with_operator(&sandbox, PLAN, &proxy).exits_with(0);
}

#[test]
fn plans_obey_the_operator_whatever_the_spec_says() {
    let sandbox = Sandbox::start();
    let with = |more: &str| with_operator(&sandbox, APPLY, &(operator("{env: ACME}") + more));
    let run = with("ceilings: {max_gains: 3}\n").exits_with(4);
    assert!(run.stderr.contains("10 people would gain sign-in, and one plan may give it to 3"), "{run}");
    sandbox.nothing_was_written();
    let run = with("forms: {routing-policy-body: manual}\n").exits_with(6);
    let by_hand = "to be done by hand: create secondary/routing-policy/Acme people sign in at Acme\n";
    assert!(run.stdout.starts_with(by_hand) && run.stdout.contains("says the operator"), "{run}");
    assert_snapshot!("a_manual_step", run.stdout);
    assert_eq!(sandbox.list(Secondary, "/api/v2/identity-provider/policies"), [0; 0]);
    // Somebody does what it says, and the next run goes on from there: it is turned on by hand, too.
    let provider = sandbox.list(Secondary, "/api/v2/identity-providers").remove(0);
    let description = "managed by fedctl: acme-to-beta/policy\nbeing set up: not turned on yet";
    let policy = json!({"name": "Acme people sign in at Acme", "description": description, "enabled": false,
        "identityProviderId": provider["id"]});
    let policy = sandbox.api(Secondary, "POST", "/api/v2/identity-provider/policies", &policy);
    let run = with("forms: {routing-policy-body: manual, routing-policy-update: manual}\n").exits_with(6);
    assert_snapshot!("the_next_manual_step", run.stdout);
    let on = json!({"name": policy["name"], "description": "managed by fedctl: acme-to-beta/policy", "enabled": true,
        "identityProviderId": provider["id"]});
    sandbox.api(Secondary, "PUT", &format!("/api/v2/identity-provider/policies/{}", text(&policy["id"])), &on);
    let _run = with("forms: {routing-policy-body: manual, routing-policy-update: manual}\n").exits_with(0);
}

#[test]
fn nothing_is_taken_from_whom_the_operator_protects_and_ceilings_hold() {
    let sandbox = Sandbox::applied();
    let policy = "Acme people sign in at Acme";
    sandbox.change_spec(policy, &format!("{policy}, enabled: false"));
    let with = |more: &str| with_operator(&sandbox, APPLY, &(operator("{env: ACME}") + more));
    let run = with("ceilings: {max_losses: 9}\n").exits_with(4);
    assert!(run.stderr.contains("10 of 12 people would lose sign-in, and 9 may"), "{run}");
    for protect in ["primary: [Ben.Fischer@acme.com]", "secondary: [ben.fischer@acme.com.beta]"] {
        let run = with(&format!("ceilings: {{max_losses: 10}}\nprotect: {{{protect}}}\n")).exits_with(4);
        assert!(run.stderr.contains("protected") && run.stderr.contains("the operator says so"), "{run}");
    }
    sandbox.nothing_was_written();
    let _run = with("ceilings: {max_losses: 10}\n");
    assert!(!sandbox.writes().is_empty(), "what the operator lets a plan do is done");
}

/// Makes a service account of an organisation in the simulator.
fn add_service_account(sandbox: &Sandbox, side: Side) {
    let (id, credential) = ("65aa0d3e9b1e8a0001a1b2c3", "65aa0d3e9b1e8a0001a1b2c4");
    let proof = json!({"id": credential, "client_id": CLIENT_ID, "secret": CLIENT_SECRET, "expires_ms": null});
    let account = json!({
        "id": id, "name": "fedctl", "email": "service@example.com", "organizations": [sandbox.id(side)],
        "credentials": [proof],
    });
    sandbox.change_world(|world| world["service_accounts"]["accounts"][id] = account);
}

fn service_account() -> String {
    operator(&format!("{{service_account: {{client_id: {CLIENT_ID}, secret: {{env: SECRET}}}}}}"))
}

fn with_service_account(sandbox: &Sandbox, args: &str, secret: &str) -> Run {
    sandbox.home.write("operator.yaml", &service_account());
    Run::of(command(sandbox, &format!("{args} --operator operator.yaml")).env("SECRET", secret))
}

#[test]
fn a_service_account_does_what_a_key_does_and_prints_no_secret() {
    // It may not be let see which organisations there are.
    let sandbox = Sandbox::start_with("--set organizations-forbidden=true");
    add_service_account(&sandbox, Primary);
    let apply = with_service_account(&sandbox, &format!("{APPLY} -vv"), CLIENT_SECRET).exits_with(0);
    let asked = ("POST".to_owned(), "/oauth2/token".to_owned());
    // One token, and one proof of the secret of the app.
    assert_eq!(sandbox.requests().iter().filter(|request| **request == asked).count(), 2);
    assert!(apply.stderr.contains("path=\"/oauth2/token\""), "{apply}");
    let _run = with_service_account(&sandbox, &format!("{PLAN} --detailed-exitcode"), CLIENT_SECRET).exits_with(0);
    let world = sandbox.world();
    let tokens = world["service_accounts"]["tokens"].as_object().expect("there are tokens");
    for secret in tokens.keys().map(String::as_str).chain([CLIENT_SECRET]) {
        for form in crate::secrets::forms(secret) {
            assert!(!apply.stdout.contains(&form) && !apply.stderr.contains(&form), "a secret was printed: {form}");
        }
    }
}

#[test]
fn a_service_account_that_is_refused_is_named() {
    let sandbox = Sandbox::start();
    add_service_account(&sandbox, Primary);
    let wrong = with_service_account(&sandbox, APPLY, "sim_wrong").exits_with(1);
    assert_snapshot!("service_account_refused", wrong);
    let asked = sandbox.requests().into_iter().filter(|(_, path)| path == "/oauth2/token");
    assert_eq!(asked.count(), 1, "a wrong secret is not tried again");
    let real = with_service_account(&sandbox, APPLY, "a-real-secret").exits_with(1);
    assert_snapshot!("service_account_real_secret", real);
    sandbox.nothing_was_written();
}

#[test]
fn a_service_account_of_another_organisation_is_refused() {
    let sandbox = Sandbox::start();
    add_service_account(&sandbox, Secondary);
    assert_snapshot!(with_service_account(&sandbox, APPLY, CLIENT_SECRET).exits_with(65));
    sandbox.nothing_was_written();
}

const WAITS: &str = "what an earlier run did after that may not show yet: waiting";

#[test]
fn what_may_be_made_twice_waits_for_an_earlier_run_and_is_planned_again() {
    let sandbox = Sandbox::a_policy_went_just_now();
    let settle = |seconds: &str| operator("{env: ACME}") + &format!("settle: {seconds}\n");
    // A plan writes nothing and waits for nothing.
    let plan = with_operator(&sandbox, PLAN, &settle("3600s")).exits_with(0);
    assert!(!plan.stderr.contains(WAITS), "{plan}");
    let run = with_operator(&sandbox, APPLY, &settle("4s")).exits_with(0);
    assert_eq!(run.stderr.matches(WAITS).count(), 1, "{run}");
    assert_eq!(sandbox.list(Secondary, "/api/v2/identity-provider/policies").len(), 1);
    let again = with_operator(&sandbox, APPLY, &settle("3600s")).exits_with(0);
    assert!(!again.stderr.contains(WAITS), "there is nothing to do, and nothing to wait for: {again}");
}

#[test]
fn nobody_waits_with_a_settle_of_nothing_or_in_a_sandbox_unasked() {
    for more in ["settle: 0s\n", ""] {
        let sandbox = Sandbox::a_policy_went_just_now();
        let run = with_operator(&sandbox, APPLY, &(operator("{env: ACME}") + more)).exits_with(0);
        assert!(!run.stderr.contains(WAITS), "{run}");
    }
}

#[cfg(unix)]
#[test]
fn whoever_does_not_want_to_wait_ends_it_and_nothing_is_written() {
    let sandbox = Sandbox::a_policy_went_just_now();
    sandbox.home.write("operator.yaml", &(operator("{env: ACME}") + "settle: 3600s\n"));
    let mut apply = command(&sandbox, &format!("{APPLY} --operator operator.yaml"));
    let mut child = apply.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the program starts");
    let (mut talk, mut line) = (BufReader::new(child.stderr.take().expect("it is piped")), String::new());
    talk.read_line(&mut line).expect("it is text");
    assert!(line.contains(WAITS) && line.contains("nothing was written, and Ctrl-C ends it"), "{line}");
    let told = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("there is kill");
    assert!(told.success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let mut rest = String::new();
    talk.read_to_string(&mut rest).expect("it is text");
    assert_eq!(rest, "error: interrupted; nothing was written\n");
    sandbox.nothing_was_written();
}
