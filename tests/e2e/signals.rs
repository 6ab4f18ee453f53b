//! Runs that are told to stop at a known place: the simulator holds an answer until the signal was sent.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::env::Run;
use crate::sandbox::Sandbox;
use crate::sandbox::Side::Secondary;

const APPLY: &str = "apply demo.yaml --auto-approve --quiet --format json";

/// A run whose answer to one request is held.
pub(crate) struct Held<'s> {
    sandbox: &'s Sandbox,
    command: Command,
    pub(crate) child: Child,
}

impl<'s> Held<'s> {
    /// Starts the program and waits until an answer to such a request is held: what was asked is done.
    pub(crate) fn at(sandbox: &'s Sandbox, args: &str, when: &Value) -> Self {
        sandbox.control("PUT", "faults", &json!([{"name": "hold", "when": when, "do": "hold"}]).to_string());
        let mut command = sandbox.command(args);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let held = sandbox.control("GET", "held", "").json();
        assert!(held.as_u64() > Some(0), "{held}");
        sandbox.control("DELETE", "faults", "");
        Self { sandbox, command, child }
    }

    /// Sends it a signal while it waits, which the system has delivered before the answer is let go.
    pub(crate) fn tell(&self, signal: &str) {
        let told = Command::new("kill").args([signal, &self.child.id().to_string()]).status().expect("there is kill");
        assert!(told.success());
        while self.is_pending(signal) {}
    }

    /// Whether a signal was sent that the process has not taken yet, where the system says so.
    fn is_pending(&self, signal: &str) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:")).unwrap_or_default();
        let number = if signal == "-INT" { 2 } else { 15 };
        u64::from_str_radix(pending.trim(), 16).is_ok_and(|pending| pending >> (number - 1) & 1 == 1)
    }

    /// Lets the answer go, and waits for the end.
    pub(crate) fn end(self) -> Run {
        self.sandbox.control("DELETE", "held", "");
        Run::ended(&self.command, &self.child.wait_with_output().expect("it ends"))
    }
}

fn settings() -> Value {
    json!({"method": "POST", "path": "/api/v2/applications/*/sso"})
}

/// The client secrets of our app and of the provider.
fn secrets(sandbox: &Sandbox) -> [Vec<String>; 2] {
    let world = sandbox.world();
    let of = |table: &str, pointer: &str| -> Vec<String> {
        let rows = world[table].as_object().expect("a table").values().cloned().collect::<Vec<_>>();
        rows.iter().filter_map(|row| row.pointer(pointer)?.as_str().map(str::to_owned)).collect()
    };
    [of("apps", "/oidc/client_secret"), of("providers", "/client_secret")]
}

#[test]
fn i8_a_signal_while_the_secret_is_held_lets_the_section_end_and_begins_nothing_more() {
    for signal in ["-INT", "-TERM"] {
        let sandbox = Sandbox::start();
        let held = Held::at(&sandbox, APPLY, &settings());
        let [apps, providers] = secrets(&sandbox);
        assert!(!apps.is_empty() && providers.is_empty(), "the secret is made, and nobody has it yet");
        held.tell(signal);
        let run = held.end().exits_with(130);
        assert_eq!(run.json()["interrupted"], true, "{run}");
        let [apps, providers] = secrets(&sandbox);
        assert!(providers.len() == 1 && apps.contains(&providers[0]), "the section was let end: {run}");
        // What was under way when the signal came ends before; behind the section nothing more is begun.
        let writes = sandbox.writes();
        let last = writes.last().map(|(method, path)| (method.as_str(), path.as_str()));
        assert_eq!(last, Some(("POST", "/api/v2/identity-providers")), "{writes:?}");
        assert_eq!(sandbox.list(Secondary, "/api/v2/identity-provider/policies"), [0; 0]);
        let _run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
        let _run = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0);
        assert_eq!(sandbox.list(Secondary, "/api/v2/identity-providers").len(), 1);
    }
}

#[test]
fn a_run_that_is_asked_to_stop_says_what_was_written_also_beside_json() {
    for signal in ["-INT", "-TERM"] {
        let sandbox = Sandbox::start();
        let held = Held::at(&sandbox, APPLY, &json!({"method": "POST", "path": "/api/systemusers", "nth": 3}));
        held.tell(signal);
        let run = held.end().exits_with(130);
        assert_eq!(run.json()["interrupted"], true);
        assert!(run.json()["counts"]["not-started"].as_u64() > Some(0), "{run}");
        assert!(run.stderr.contains("Stopped before the end: ") && run.stderr.contains("Nothing is lost"), "{run}");
        let _run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
        let _run = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0);
    }
}

#[test]
fn a_signal_while_a_plan_is_read_writes_nothing() {
    let sandbox = Sandbox::start();
    let held = Held::at(&sandbox, APPLY, &json!({"path": "/api/search/systemusers"}));
    held.tell("-TERM");
    let run = held.end().exits_with(130);
    assert!(run.stderr.contains("nothing was written"), "{run}");
    sandbox.nothing_was_written();
}

#[cfg(target_os = "linux")]
#[test]
fn i8_no_memory_of_a_process_that_holds_keys_is_ever_dumped() {
    let sandbox = Sandbox::start();
    let held = Held::at(&sandbox, "plan demo.yaml", &json!({"path": "/api/search/systemusers"}));
    let limits = fs::read_to_string(format!("/proc/{}/limits", held.child.id())).expect("the system says");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("it has such a limit");
    let words: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{core}");
    let _run = held.end().exits_with(0);
}

#[test]
fn i8_whatever_is_written_is_its_owners_alone() {
    let sandbox = Sandbox::start();
    let mode = |name: &str| {
        let path = sandbox.home.path().join(name);
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    };
    assert_eq!(mode("keys.env"), 0o600, "a sandbox writes keys");
    // Over a plan that somebody had let others read.
    let plan = "plan demo.yaml --out x.plan";
    let _run = sandbox.fedctl(plan).exits_with(0);
    assert_eq!(mode("x.plan"), 0o600);
    fs::set_permissions(sandbox.home.path().join("x.plan"), fs::Permissions::from_mode(0o644)).expect("it is ours");
    let _run = sandbox.fedctl(plan).exits_with(0);
    assert_eq!(mode("x.plan"), 0o600);
}
