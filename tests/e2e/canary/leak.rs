//! Panics and failed assertions of code that holds secrets, in a process of their own.

use std::process::Command;

use fedctl_client::{Client, Hosts, Key, Options, SharedHost};

use super::{Canary, secret};

/// What a process says that panics in one of these ways while it holds a secret.
const WAYS: [&str; 4] = ["formatted", "expected", "compared", "holders"];

pub(super) fn panics(canary: &mut Canary) {
    let planted = secret("panic");
    canary.knows("a panic", &planted);
    for way in WAYS {
        let test = format!("canary::leak::panics_{way}");
        let mut command = Command::new(std::env::current_exe().expect("a test knows where it is"));
        let output = command.args(["--exact", &test, "--ignored", "--nocapture"]).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("panicked at"), "{way}: {said}");
        canary.keep(&format!("a panic ({way})"), said.as_bytes());
        canary.keep(&format!("standard output beside a panic ({way})"), &output.stdout);
    }
}

#[test]
#[ignore = "run by the canary, in its own process"]
fn panics_formatted() {
    fedctl::process::seal();
    panic!("this key is no good: {}", secret("panic"));
}

#[test]
#[ignore = "run by the canary, in its own process"]
fn panics_expected() {
    fedctl::process::seal();
    let failed: Result<u64, String> = secret("panic").parse().map_err(|_| secret("panic"));
    assert_eq!(failed.expect("it is good"), 0);
}

#[test]
#[ignore = "run by the canary, in its own process"]
fn panics_compared() {
    fedctl::process::seal();
    assert_eq!(secret("panic"), "another");
}

/// By the hook of the standard library, which tells everything: what holds a secret does not show it.
#[test]
#[ignore = "run by the canary, in its own process"]
fn panics_holders() {
    let organization = "5f0c0d3e9b1e8a0001a1b2c3";
    let hosts = || Hosts::sandbox(&fedctl_client::Url::parse("http://127.0.0.1:9").expect("a url")).expect("loopback");
    let key = Key::bind(secret("panic").into(), hosts(), organization).expect("a key");
    let account = Key::bind_account("client", secret("panic").into(), hosts(), organization).expect("a key");
    let options = Options::loopback();
    let shared = SharedHost::new(options.limits.host);
    let said = format!("{key:?} {account:?}");
    let client = Client::new(key, options, shared).expect("a client");
    client.redactor().learn(&secret("panic"));
    assert_eq!(format!("{client:?} {said} {:?}", client.redactor()), "");
}

#[test]
fn a_panic_says_where_and_what_the_code_says_and_nothing_that_was_computed() {
    let said = |test: &str| {
        let mut command = Command::new(std::env::current_exe().expect("a test knows where it is"));
        let output = command.args(["--exact", test, "--ignored", "--nocapture"]).output().expect("it runs");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let formatted = said("canary::leak::panics_formatted");
    assert!(formatted.contains("panicked at ") && formatted.contains("leak.rs:"), "{formatted}");
    assert!(!formatted.contains("no good"), "{formatted}");
    let literal = said("canary::leak::panics_literally");
    assert!(literal.contains(": a sentence of the code\n  hint: "), "{literal}");
}

#[test]
#[ignore = "run by the test above, in its own process"]
fn panics_literally() {
    fedctl::process::seal();
    panic!("a sentence of the code");
}
