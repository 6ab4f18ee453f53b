//! Client secrets in escrow by two programs, and what that is good for. The same in a real vault: `vault.rs`.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use jumpcloud_sim::console;
use serde_json::{Value, json};

use crate::env::Run;
use crate::lease::signal;
use crate::sandbox::Side::{Primary, Secondary};
use crate::sandbox::{Sandbox, text};

pub(crate) const APPLY: &str = "apply demo.yaml --auto-approve";
pub(crate) const PROVIDERS: &str = "/api/v2/identity-providers";

const PUT: &str = "exec /bin/cat > \"$1\"";
const GET: &str = "exec /bin/cat \"$1\" 2>/dev/null";

/// Two programs that keep secrets in files of this folder, and the operator file that names them.
pub(crate) fn with_programs(sandbox: &Sandbox) {
    script(sandbox, "put", PUT);
    script(sandbox, "get", GET);
    let folder = sandbox.home.path().display();
    let text = format!(
        "version: 1\nescrow:\n  exec:\n    put: [{folder}/put, \"{{client_id}}.kept\"]\n    get: [{folder}/get, \"{{client_id}}.kept\"]\n"
    );
    sandbox.home.write("escrow.yaml", &text);
}

pub(crate) fn script(sandbox: &Sandbox, name: &str, text: &str) {
    let path = sandbox.home.path().join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a file can be written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("it is ours");
}

fn fedctl(sandbox: &Sandbox, args: &str) -> Run {
    sandbox.fedctl(&format!("{args} --operator escrow.yaml"))
}

/// The client id and the secret that the identity provider has.
pub(crate) fn of_provider(sandbox: &Sandbox) -> Option<(String, String)> {
    let world = sandbox.world();
    let provider = world["providers"].as_object()?.values().next()?.clone();
    let of = |key: &str| provider[key].as_str().map(str::to_owned);
    Some((of("client_id")?, of("client_secret")?))
}

/// How many apps of ours there are.
pub(crate) fn apps(sandbox: &Sandbox) -> Vec<Value> {
    let apps = sandbox.list(Primary, "/api/applications?limit=100").into_iter();
    apps.filter(|app| app["displayLabel"] == "OIDC for Beta").collect()
}

/// A run that is killed while the write that would make the identity provider hangs.
pub(crate) fn killed_before_the_provider(sandbox: &Sandbox, args: &str, env: &[(&str, &str)]) {
    let when = json!({"method": "POST", "path": PROVIDERS});
    let never = json!([{"name": "never", "when": when, "do": {"timeout": {"after_commit": false}}}]);
    sandbox.control("PUT", "faults", &never.to_string());
    let mut command = sandbox.command(args);
    let child = command.envs(env.iter().copied()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = child.expect("the program starts");
    while sandbox.control("GET", "faults", "").json()[0]["fired"] == 0 {}
    signal(&child, "KILL");
    child.wait().expect("it ends");
    sandbox.control("DELETE", "faults", "");
    sandbox.forget_requests();
}

#[test]
fn the_secret_is_kept_before_the_provider_is_written_and_tried_whenever_it_is_at_hand() {
    let sandbox = Sandbox::start();
    with_programs(&sandbox);
    let plan = fedctl(&sandbox, "plan demo.yaml --full").exits_with(0);
    assert!(plan.stdout.contains("client-secret/OIDC for Beta"), "{plan}");
    let run = fedctl(&sandbox, APPLY).exits_with(0);
    let (client_id, secret) = of_provider(&sandbox).expect("there is a provider");
    assert_eq!(sandbox.home.read(&format!("{client_id}.kept")), secret);
    assert!(!run.to_string().contains(&secret), "{run}");
    sandbox.forget_requests();
    let again = fedctl(&sandbox, "plan demo.yaml --detailed-exitcode").exits_with(0);
    sandbox.nothing_was_written();
    assert!(again.stdout.contains("the token endpoint takes the secret in the escrow"), "{again}");
    let verified = fedctl(&sandbox, "verify demo.yaml").exits_with(0);
    assert!(verified.stdout.contains("the token endpoint takes the secret in the escrow"), "{verified}");
    secret_is_made_anew(&sandbox);
    let suspect = fedctl(&sandbox, "verify demo.yaml").exits_with(2);
    assert!(suspect.stdout.contains("suspect: the token endpoint refuses the secret in the escrow"), "{suspect}");
}

/// Somebody makes a new secret in the console of the primary organisation, and tells nobody.
pub(crate) fn secret_is_made_anew(sandbox: &Sandbox) {
    let app = text(&apps(sandbox)[0]["_id"]).parse().expect("an id");
    sandbox.by_hand(|world| console::rotate_secret(world, app)).expect("it has a secret");
}

#[test]
fn an_escrow_that_keeps_nothing_stops_before_the_provider_and_says_why() {
    let sandbox = Sandbox::start();
    with_programs(&sandbox);
    script(&sandbox, "put", "exit 7");
    let run = fedctl(&sandbox, APPLY);
    assert_ne!(run.status, 0, "{run}");
    assert!(run.to_string().contains("put`, which keeps client secrets, failed: exit status: 7"), "{run}");
    assert_eq!(sandbox.get(Secondary, PROVIDERS)["identityProviders"], json!([]));
    // One that forgets what it is given is noticed, too.
    script(&sandbox, "put", "exit 0");
    let run = fedctl(&sandbox, APPLY);
    assert!(run.to_string().contains("what the escrow gives back is not what it was given"), "{run}");
    assert_eq!(sandbox.get(Secondary, PROVIDERS)["identityProviders"], json!([]));
    script(&sandbox, "put", PUT);
    // The app of the second try goes with the next run: a provider that leads to it could have been on its way.
    for left in [2, 1] {
        let _run = fedctl(&sandbox, APPLY).exits_with(0);
        assert_eq!(apps(&sandbox).len(), left);
    }
    let _run = fedctl(&sandbox, "plan demo.yaml --detailed-exitcode").exits_with(0);
}

#[test]
fn i4_a_run_that_is_killed_before_the_provider_is_finished_with_the_same_app() {
    let sandbox = Sandbox::start();
    with_programs(&sandbox);
    killed_before_the_provider(&sandbox, &format!("{APPLY} --operator escrow.yaml"), &[]);
    let before = apps(&sandbox);
    // Without the escrow nobody knows the secret of that app.
    let plan = sandbox.fedctl("plan demo.yaml").exits_with(0);
    assert!(plan.stdout.contains("the secret of the one before was lost"), "{plan}");
    // An escrow that cannot be read is no escrow without it.
    script(&sandbox, "get", "exit 9");
    let refused = fedctl(&sandbox, "plan demo.yaml").exits_with(4);
    assert!(refused.stdout.contains("get`, which gives client secrets back, failed: exit status: 9"), "{refused}");
    script(&sandbox, "get", GET);
    let _run = fedctl(&sandbox, APPLY).exits_with(0);
    assert_eq!(apps(&sandbox), before);
    let (client_id, secret) = of_provider(&sandbox).expect("there is a provider");
    assert_eq!(sandbox.home.read(&format!("{client_id}.kept")), secret);
    let _run = fedctl(&sandbox, "plan demo.yaml --detailed-exitcode").exits_with(0);
}

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide/escrow.md");

/// Whether lines were printed as a page shows them, where `...` stands for any.
fn shows(expected: &[&str], printed: &[&str]) -> bool {
    match expected.split_first() {
        None => printed.is_empty(),
        Some((&"...", rest)) => (0..=printed.len()).any(|at| shows(rest, &printed[at..])),
        Some((line, rest)) => {
            printed.split_first().is_some_and(|(first, printed)| line == first && shows(rest, printed))
        }
    }
}

#[test]
fn the_page_of_the_guide_is_true() {
    let page = fs::read_to_string(PAGE).expect("the page can be read");
    let blocks: Vec<(&str, &str)> =
        page.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n')).collect();
    let [("yaml", operator), commands @ ..] = &blocks[..] else { panic!("{blocks:?}") };
    let fresh = || {
        let sandbox = Sandbox::start();
        sandbox.home.write("escrow.yaml", operator);
        sandbox
    };
    let first = fresh();
    let second = fresh();
    killed_before_the_provider(&second, &format!("{APPLY} --operator escrow.yaml"), &[]);
    let worlds = [&first, &first, &second];
    assert_eq!(commands.len(), worlds.len());
    for (number, ((_, text), sandbox)) in commands.iter().zip(worlds).enumerate() {
        if number == 1 {
            secret_is_made_anew(sandbox);
        }
        let mut lines: Vec<&str> = text.lines().collect();
        let status =
            lines.last().and_then(|line| line.strip_prefix("? ")).map_or(0, |code| code.parse().expect("a code"));
        lines.retain(|line| !line.starts_with("? "));
        let args = lines.remove(0).strip_prefix("$ fedctl ").expect("a command");
        let run = sandbox.fedctl(args).exits_with(status);
        let printed = crate::env::redact(&format!("{}{}", run.stdout, run.stderr));
        assert!(shows(&lines, &printed.lines().map(str::trim_end).collect::<Vec<_>>()), "{run}");
        if number != 1 {
            assert_eq!((apps(sandbox).len(), of_provider(sandbox).is_some()), (1, true));
        }
    }
}
