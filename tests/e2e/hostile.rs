//! Specs that somebody wrote to do harm, given to the program itself: no process is started, no other file opened, no
//! connection made. What they are answered with is in the tests of `fedctl-core`.
#![cfg(unix)]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::env::{Home, Run};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fedctl-core/tests/hostile");
const COMMANDS: [&str; 4] = ["validate", "plan", "apply --auto-approve", "verify"];
const HEAD: &str = "\
federation: acme-to-beta
primary: {organization: \"5f0c0d3e9b1e8a0001a1b2c3\", credentials: acme}
secondary: {organization: \"61aa0d3e9b1e8a0001a1b2c3\", credentials: beta}
people: {from: {groups: [Contractors]}}
";

/// A place where everything that a spec must not reach is watched.
struct Trap {
    home: Home,
    /// Where every request to another machine would come by.
    listener: TcpListener,
}

impl Trap {
    /// Both keys are there, one of them by a program that leaves a trace, and every way out leads to the listener.
    fn set() -> Self {
        let home = Home::new();
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        listener.set_nonblocking(true).expect("it can be asked without waiting");
        let canary = home.path().join("canary");
        let script = format!("#!/bin/sh\n: > {}\necho a-key-of-nobody\n", home.path().join("ran").display());
        fs::write(&canary, script).expect("a file can be written");
        fs::set_permissions(&canary, fs::Permissions::from_mode(0o700)).expect("it is ours");
        // Whoever opens a pipe that nobody writes into waits for ever.
        let pipe = Command::new("mkfifo").arg(home.path().join("pipe")).status().expect("there is mkfifo");
        assert!(pipe.success());
        let trap = Self { home, listener };
        let address = trap.address();
        let operator = format!(
            "version: 1\nproxy: http://{address}\ncredentials:\n  acme: {{exec: [{}]}}\n  beta: {{env: BETA}}\n",
            canary.display()
        );
        trap.home.write("operator.yml", &operator);
        trap
    }

    fn address(&self) -> String {
        self.listener.local_addr().expect("it is bound").to_string()
    }

    fn command(&self, args: &str) -> Command {
        let mut command = self.home.command(&format!("{args} --operator operator.yml"));
        command.env("BETA", "another-key-of-nobody");
        command
    }

    fn is_connected(&self) -> bool {
        self.listener.accept().is_ok()
    }

    fn has_run(&self) -> bool {
        self.home.path().join("ran").exists()
    }

    /// Every command refuses the spec, and nothing was touched.
    #[track_caller]
    fn holds(&self, spec: &str) {
        self.home.write("spec.yaml", spec);
        for command in COMMANDS {
            let run = Run::of(&mut self.command(&format!("{command} spec.yaml"))).exits_with(65);
            assert_eq!(run.stdout, "", "{run}");
            assert!(!self.is_connected() && !self.has_run(), "{run}");
        }
    }
}

fn corpus() -> Vec<PathBuf> {
    let files = fs::read_dir(CORPUS).expect("the corpus is there");
    files.map(|file| file.expect("it can be listed").path()).collect()
}

#[test]
fn the_trap_shuts() {
    let trap = Trap::set();
    trap.home.write("spec.yaml", HEAD);
    // What does no harm runs the program and goes by the proxy, where nobody answers.
    let mut command = trap.command("plan spec.yaml");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let began = Instant::now();
    while !(trap.is_connected() && trap.has_run()) {
        assert!(began.elapsed() < Duration::from_secs(60) && matches!(child.try_wait(), Ok(None)));
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(child.kill());
    drop(child.wait());
}

#[test]
fn nothing_of_the_corpus_reaches_outside() {
    let trap = Trap::set();
    let files = corpus();
    assert!(files.len() > 20);
    for file in files {
        trap.holds(&fs::read_to_string(Path::new(&file)).expect("it can be read"));
    }
}

#[test]
fn what_only_an_operator_may_say_is_not_done_when_a_spec_says_it() {
    let trap = Trap::set();
    let (address, home) = (trap.address(), trap.home.path().display().to_string());
    for line in [
        format!("exec: [{home}/canary]"),
        format!("credentials: {{acme: {{exec: [{home}/canary]}}}}"),
        format!("credentials: {{acme: {{file: {home}/pipe}}}}"),
        format!("credentials: {{acme: {{service_account: {{client_id: x, secret: {{file: {home}/pipe}}}}}}}}"),
        "env: BETA".to_owned(),
        format!("file: {home}/pipe"),
        format!("hosts: {{console: \"http://{address}\"}}"),
        format!("proxy: http://{address}"),
        format!("ca: {home}/pipe"),
        format!("escrow: {{exec: [{home}/canary]}}"),
        format!("lease: {{url: \"http://{address}\"}}"),
        format!("journal: {home}/pipe"),
        format!("sandbox: http://localhost:{address}"),
        "settle: 0s".to_owned(),
        "forms: {routing-policy-body: a}".to_owned(),
        "ceilings: {max_losses: 1000}".to_owned(),
        "protect: {primary: []}".to_owned(),
    ] {
        trap.holds(&format!("{HEAD}{line}\n"));
    }
    for credentials in
        [format!("{{exec: [{home}/canary]}}"), format!("{{file: {home}/pipe}}"), "{env: BETA}".to_owned()]
    {
        trap.holds(&HEAD.replace("credentials: acme", &format!("credentials: {credentials}")));
    }
}

#[test]
fn defaults_of_a_folder_reach_outside_no_more_than_a_spec() {
    let trap = Trap::set();
    let home = trap.home.path().display().to_string();
    for line in [format!("exec: [{home}/canary]"), format!("file: {home}/pipe"), "hosts: {}".to_owned()] {
        trap.home.write("fleet.yaml", &format!("{line}\n"));
        trap.holds(HEAD);
    }
}
