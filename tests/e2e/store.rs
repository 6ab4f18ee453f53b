//! Leases in an object store that is not ours: `cargo xtask clients` installs and runs it.

#![cfg(all(unix, feature = "lease"))]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::env::Run;
use crate::http::{self, Request};
use crate::lease::{arrived, hang, signal};
use crate::sandbox::{Sandbox, text};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const APPLY: &str = "apply demo.yaml --auto-approve --operator store.yaml";
/// The writes of a first set-up that wait for no other: a group, the app, and ten accounts.
const FIRST_WRITES: usize = 12;
const PROVIDERS: &str = "/api/v2/identity-providers";

/// A server that speaks S3, with one bucket. It ends with the test.
struct Store {
    server: Child,
    address: String,
}

impl Drop for Store {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

impl Store {
    fn start(args: &[&str]) -> Self {
        let python = format!("{ROOT}/target/clients/bin/python");
        let mut command = Command::new(&python);
        command.arg("-B").arg(format!("{ROOT}/tests/clients/store.py")).args(args);
        let server = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut server = server.unwrap_or_else(|error| panic!("{python}: {error}: run `cargo xtask clients`"));
        let mut address = String::new();
        BufReader::new(server.stdout.take().expect("it is piped")).read_line(&mut address).expect("it says where");
        let store = Self { server, address: address.trim().to_owned() };
        let made = Request { method: "PUT", target: "/acme-fedctl", headers: &[], body: "" };
        assert_eq!(http::send(&store.address, &made).status, 200);
        store
    }

    /// A sandbox beside an operator file that names this store.
    fn sandbox(&self, expiry: u32) -> Sandbox {
        let sandbox = Sandbox::start();
        sandbox.home.write(
            "store.yaml",
            &format!(
                "version: 1\nlease:\n  store:\n    url: s3://acme-fedctl/leases\n    endpoint: http://{}\n    \
                 access_key_id: {{env: STORE_ID}}\n    secret_access_key: {{env: STORE_SECRET}}\n    expiry: {expiry}s\n",
                self.address
            ),
        );
        sandbox
    }

    /// What stands under these names.
    fn list(&self) -> String {
        let list = Request { method: "GET", target: "/acme-fedctl?list-type=2", headers: &[], body: "" };
        http::send(&self.address, &list).body
    }
}

fn command(sandbox: &Sandbox, args: &str) -> Command {
    let mut command = sandbox.command(args);
    command.env("STORE_ID", "id").env("STORE_SECRET", "canary4711");
    command
}

fn apply(sandbox: &Sandbox) -> Run {
    Run::of(&mut command(sandbox, APPLY))
}

/// Applies until no other run holds the lease, and says how often it was held.
#[track_caller]
fn apply_when_free(sandbox: &Sandbox) -> (Run, usize) {
    let mut held = 0;
    loop {
        let run = apply(sandbox);
        if !(run.status == 1 && run.stderr.contains("another run of fedctl writes to")) {
            return (run, held);
        }
        held += 1;
    }
}

fn spawn(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

#[test]
#[ignore = "an object store is not everywhere: cargo xtask clients"]
fn a_lease_is_taken_freed_and_leaves_nothing_but_two_small_objects() {
    let store = Store::start(&[]);
    let sandbox = store.sandbox(60);
    let run = apply(&sandbox).exits_with(0);
    assert!(!run.to_string().contains("canary4711"));
    let listed = store.list();
    assert_eq!(listed.matches("<Key>leases/sandbox-").count(), 2, "{listed}");
    assert_eq!(listed.matches("<Key>").count(), 2, "what it was tried with is gone: {listed}");
    sandbox.forget_requests();
    let _run = apply(&sandbox).exits_with(0);
    sandbox.nothing_was_written();
}

#[test]
#[ignore = "an object store is not everywhere: cargo xtask clients"]
fn a_holder_that_is_told_to_stop_frees_the_lease_at_once_and_one_that_is_killed_when_it_has_expired() {
    let store = Store::start(&[]);
    let sandbox = store.sandbox(6);
    hang(&sandbox, "POST", PROVIDERS, 2000);
    let told = spawn(&mut command(&sandbox, APPLY));
    arrived(&sandbox, "POST", PROVIDERS);
    let held = apply(&sandbox).exits_with(1);
    assert!(held.stderr.contains("  where: s3://acme-fedctl/leases/sandbox-"), "{held}");
    assert!(held.stderr.contains("without a sign of life it is free in "), "{held}");
    signal(&told, "TERM");
    assert_eq!(told.wait_with_output().expect("it ends").status.code(), Some(130));
    hang(&sandbox, "POST", "/api/v2/identity-provider/policies", 600_000);
    sandbox.forget_requests();
    let mut killed = spawn(&mut command(&sandbox, APPLY));
    arrived(&sandbox, "POST", "/api/v2/identity-provider/policies");
    signal(&killed, "KILL");
    killed.wait().expect("it ends");
    let (run, held) = apply_when_free(&sandbox);
    assert!(run.status == 0 && held > 0, "{held} {run}");
    let _run = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0);
}

#[test]
#[ignore = "an object store is not everywhere: cargo xtask clients"]
fn a_holder_that_was_paused_for_too_long_writes_nothing_more() {
    let store = Store::start(&[]);
    let sandbox = store.sandbox(6);
    // Every first write is held back, so that none is on its way out when the process is paused: what has passed the look at
    // the lease by then is sent, and no client can take it back.
    let first = ["/api/v2/usergroups", "/api/applications", "/api/systemusers"];
    let hold = first.map(|path| json!({"name": path, "when": {"method": "POST", "path": path}, "do": "hold"}));
    sandbox.control("PUT", "faults", &json!(hold).to_string());
    let mut command = command(&sandbox, &format!("{APPLY} --format json"));
    let paused = spawn(&mut command);
    while sandbox.control("GET", "held", "").json() != json!(FIRST_WRITES) {}
    signal(&paused, "STOP");
    sandbox.control("DELETE", "faults", "");
    sandbox.control("DELETE", "held", "");
    let (run, held) = apply_when_free(&sandbox);
    assert!(run.status == 0 && held > 0, "{held} {run}");
    let whole = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0);
    sandbox.forget_requests();
    signal(&paused, "CONT");
    let run = Run::ended(&command, &paused.wait_with_output().expect("it ends"));
    sandbox.nothing_was_written();
    let report = run.json();
    assert!(text(&report["lease_lost"]).ends_with("has taken it"), "{run}");
    // Whatever it looks at is done already: it ends well, unless it comes to a write first.
    assert!([0, 5].contains(&run.status), "{run}");
    assert!(run.stderr.contains("The lease was lost (s3://acme-fedctl/leases/sandbox-"), "{run}");
    let again = sandbox.fedctl("plan demo.yaml --detailed-exitcode").exits_with(0);
    assert_eq!(again.stdout, whole.stdout);
}

#[test]
#[ignore = "an object store is not everywhere: cargo xtask clients"]
fn a_store_that_ignores_conditions_is_refused() {
    for (ignores, what) in [
        ("If-None-Match", "it makes an object a second time"),
        ("If-Match", "it replaces an object that is to be replaced only if nobody has changed it"),
    ] {
        let store = Store::start(&["--ignore", ignores]);
        let sandbox = store.sandbox(60);
        sandbox.forget_requests();
        let run = apply(&sandbox).exits_with(1);
        assert!(run.stderr.contains("is no place for leases: ") && run.stderr.contains(what), "{run}");
        assert!(run.stderr.contains("nothing was written"), "{run}");
        assert_eq!(sandbox.requests(), []);
        assert_eq!(store.list().matches("<Key>").count(), 0);
    }
}

#[test]
#[ignore = "an object store is not everywhere: cargo xtask clients"]
fn a_store_that_cannot_be_asked_is_said_and_nothing_is_written() {
    let mut store = Store::start(&[]);
    let sandbox = store.sandbox(60);
    store.server.kill().expect("it runs");
    store.server.wait().expect("it ends");
    let run = apply(&sandbox).exits_with(1);
    assert!(run.stderr.contains("the lease store at s3://acme-fedctl/leases/try-"), "{run}");
    assert!(run.stderr.contains("are bucket, endpoint, region and key in the operator file right"), "{run}");
    sandbox.nothing_was_written();
}
