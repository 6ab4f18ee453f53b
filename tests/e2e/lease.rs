//! One run at a time writes to an organisation: by locked files here, by a store in `store.rs`.

#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::env::Run;
use crate::sandbox::Sandbox;
use crate::sandbox::Side::{Primary, Secondary};

const APPLY: &str = "apply demo.yaml --auto-approve";
const STALLING: &str = "apply demo.yaml --auto-approve --operator stalling.yaml";

/// Sends a signal to a process that is ours.
pub(crate) fn signal(child: &Child, name: &str) {
    let told = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(told.expect("there is kill").success());
}

/// Lets the first write of a kind hang for longer than any test takes.
pub(crate) fn hang(sandbox: &Sandbox, method: &str, path: &str, fixed: u64) {
    let when = json!({"method": method, "path": path, "first": 1});
    let faults = json!([{"name": "hangs", "when": when, "do": {"latency": {"fixed": fixed}}}]);
    sandbox.control("PUT", "faults", &faults.to_string());
}

/// Waits until a request has arrived whose path ends so.
pub(crate) fn arrived(sandbox: &Sandbox, method: &str, end: &str) {
    while !sandbox.requests().iter().any(|(sent, path)| sent == method && path.ends_with(end)) {}
}

/// A run that has its leases and writes nothing for an hour, for an earlier run left something behind just now.
struct Holder {
    child: Child,
    talk: BufReader<std::process::ChildStderr>,
}

impl Holder {
    fn start(sandbox: &Sandbox) -> Self {
        sandbox.home.write("stalling.yaml", "version: 1\nsettle: 3600s\n");
        let mut child =
            sandbox.command(STALLING).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
        let mut talk = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut line = String::new();
        talk.read_line(&mut line).expect("it is text");
        assert!(line.contains("may not show yet: waiting"), "{line}");
        Self { child, talk }
    }

    fn ends_with(mut self, code: Option<i32>) -> String {
        assert_eq!(self.child.wait().expect("it ends").code(), code);
        let mut rest = String::new();
        self.talk.read_to_string(&mut rest).expect("it is text");
        rest
    }
}

#[test]
fn a_held_lease_is_said_with_its_holder_and_a_plan_needs_none() {
    let sandbox = Sandbox::a_policy_went_just_now();
    let holder = Holder::start(&sandbox);
    let run = sandbox.fedctl(APPLY).exits_with(1);
    sandbox.nothing_was_written();
    let id = sandbox.id(Primary).min(sandbox.id(Secondary));
    for said in [
        "error: another run of fedctl writes to sandbox-",
        &format!("-{id}; nothing was written\n"),
        "  who: somebody@",
        &format!(", process {}\n", holder.child.id()),
        "  since: 20",
        &format!("  where: the lease file `{}/", sandbox.home.path().join(".local/state/fedctl/leases").display()),
        "  hint: wait until that run has ended, and try again; `fedctl plan` needs no lease.",
    ] {
        assert!(run.stderr.contains(said), "{said}\n{run}");
    }
    let _plan = sandbox.fedctl("plan demo.yaml").exits_with(0);
    // Another folder is another lease: whoever runs both has to name one.
    sandbox.home.write("elsewhere.yaml", "version: 1\nlease: {file: leases}\n");
    let _run = sandbox.fedctl(&format!("{APPLY} --operator elsewhere.yaml")).exits_with(0);
    assert!(sandbox.home.path().join("leases").is_dir());
    signal(&holder.child, "TERM");
    assert_eq!(holder.ends_with(Some(130)), "error: interrupted; nothing was written\n");
    let _run = sandbox.fedctl(APPLY).exits_with(0);
}

#[test]
fn a_run_that_was_killed_leaves_no_lease_and_a_journal_without_an_end() {
    let sandbox = Sandbox::start();
    hang(&sandbox, "POST", "/api/v2/identity-providers", 600_000);
    let mut killed = sandbox.command(APPLY).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    arrived(&sandbox, "POST", "/api/v2/identity-providers");
    let held = sandbox.fedctl(APPLY).exits_with(1);
    assert!(held.stderr.contains(&format!("process {}\n", killed.id())), "{held}");
    killed.kill().expect("it can be killed");
    killed.wait().expect("it ends");
    sandbox.control("DELETE", "faults", "");
    let run = sandbox.fedctl(APPLY).exits_with(0);
    assert!(
        run.stderr.contains("note: the run before this one was broken off (its last line is none of an end"),
        "{run}"
    );
    let run = sandbox.fedctl(APPLY).exits_with(0);
    assert!(!run.stderr.contains("broken off"), "{run}");
}

#[test]
fn of_two_runs_that_race_one_writes_and_the_other_writes_nothing() {
    let sandbox = Sandbox::start();
    let start = |quiet: &str| {
        let mut command = sandbox.command(&format!("{APPLY}{quiet}"));
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        (command, child)
    };
    let ends: Vec<Run> = [start(""), start(" --quiet")]
        .map(|(command, child)| Run::ended(&command, &child.wait_with_output().expect("it ends")))
        .into();
    assert!(ends.iter().any(|run| run.status == 0), "{}{}", ends[0], ends[1]);
    for run in ends.iter().filter(|run| run.status != 0) {
        assert!(run.status == 1 && run.stderr.contains("another run of fedctl writes to"), "{run}");
    }
    let _run = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0);
    assert_eq!(sandbox.list(Secondary, "/api/v2/identity-providers").len(), 1);
    sandbox.forget_requests();
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    sandbox.nothing_was_written();
}

#[test]
fn without_a_place_for_the_lease_nothing_is_written() {
    let sandbox = Sandbox::start();
    sandbox.home.write("taken", "");
    sandbox.home.write("operator.yaml", "version: 1\nlease: {file: taken}\n");
    let run = sandbox.fedctl(&format!("{APPLY} --operator operator.yaml")).exits_with(1);
    assert!(run.stderr.contains("taken` cannot be used; nothing was written\n  because: "), "{run}");
    let run = Run::of(sandbox.command(APPLY).env_remove("HOME")).exits_with(1);
    assert!(run.stderr.contains("there is no place for the lease files; nothing was written\n"), "{run}");
    sandbox.nothing_was_written();
    let state = sandbox.home.path().join("state");
    let _run = Run::of(sandbox.command(APPLY).env_remove("HOME").env("XDG_STATE_HOME", &state)).exits_with(0);
    assert_eq!(fs::read_dir(state.join("fedctl/leases")).expect("a folder").count(), 2);
}

/// Removing a lock file by hand is how people free what they think is stale.
#[test]
fn a_holder_whose_lease_file_is_removed_writes_nothing_more() {
    let sandbox = Sandbox::start();
    hang(&sandbox, "POST", "/api/v2/usergroups", 1000);
    let mut command = sandbox.command(&format!("{APPLY} --format json"));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    arrived(&sandbox, "POST", "/api/v2/usergroups");
    fs::remove_dir_all(sandbox.home.path().join(".local/state/fedctl/leases")).expect("it is there");
    let run = Run::ended(&command, &child.wait_with_output().expect("it ends"));
    let report = run.json();
    assert!(crate::sandbox::text(&report["lease_lost"]).contains("was removed or replaced"), "{run}");
    assert_eq!(run.status, 5, "{run}");
    assert!(run.stderr.contains("The lease was lost (the lease file `"), "{run}");
    assert!(run.stderr.contains("Nothing is lost: the next `fedctl apply` goes on from here."), "{run}");
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    let _run = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0);
}

#[test]
fn a_holder_whose_lease_is_lost_while_it_holds_a_secret_ends_the_section_and_nothing_else() {
    let sandbox = Sandbox::start();
    hang(&sandbox, "POST", "/api/v2/applications/*/sso", 1000);
    let mut command = sandbox.command(&format!("{APPLY} --format json"));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    arrived(&sandbox, "POST", "/sso");
    sandbox.forget_requests();
    fs::remove_dir_all(sandbox.home.path().join(".local/state/fedctl/leases")).expect("it is there");
    let run = Run::ended(&command, &child.wait_with_output().expect("it ends"));
    assert_eq!(run.status, 5, "{run}");
    assert!(run.json()["lease_lost"].is_string(), "{run}");
    let written = sandbox.writes();
    let (_, last) = written.last().expect("the section was ended");
    assert_eq!((written.len(), last.as_str()), (1, "/api/v2/identity-providers"), "{written:?}");
    // The pair is whole, and the next run goes on with it.
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    assert_eq!(sandbox.list(Primary, "/api/applications?limit=100").len(), 1 + apps_before(&sandbox));
    let _run = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0);
}

/// How many apps there are that are not ours.
fn apps_before(sandbox: &Sandbox) -> usize {
    let apps = sandbox.list(Primary, "/api/applications?limit=100");
    apps.iter().filter(|app| app["displayLabel"] != "OIDC for Beta").count()
}
