//! `fedctl sandbox --proxy`: what it says and leaves behind, and that fedctl itself does not take it for JumpCloud.

#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;

use crate::env::{Home, Run};
use crate::sandbox::Side::{Primary, Secondary};
use crate::sandbox::{Sandbox, text};

/// What leads a program through the proxy of a sandbox.
pub(crate) struct Behind {
    pub(crate) https_proxy: String,
    pub(crate) ssl_cert_file: String,
}

impl Behind {
    /// A program that is told nothing but this.
    pub(crate) fn lead<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        // The library that the clients' tests use is built on one that has a variable of its own for authorities.
        let certificates = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"].map(|name| (name, &self.ssl_cert_file));
        command.env_clear().env("HTTPS_PROXY", &self.https_proxy).envs(certificates)
    }
}

/// A sandbox, and the way to it by names of the service.
#[track_caller]
pub(crate) fn behind_proxy(args: &str) -> (Sandbox, Behind) {
    let sandbox = Sandbox::start_with(&format!("--proxy {args}"));
    let said = |name: &str| text(&sandbox.hello["proxy"][name]).to_owned();
    let behind = Behind { https_proxy: said("HTTPS_PROXY"), ssl_cert_file: said("SSL_CERT_FILE") };
    (sandbox, behind)
}

#[cfg(unix)]
#[test]
fn only_the_public_half_of_the_authority_is_written_and_it_goes_with_the_sandbox() {
    let (mut sandbox, behind) = behind_proxy("");
    let file = Path::new(&behind.ssl_cert_file);
    let folder = file.parent().expect("it is in a folder");
    let mode = std::fs::metadata(folder).expect("the folder is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "nobody else may enter");
    let names: Vec<_> = std::fs::read_dir(folder).expect("it can be read").collect();
    assert_eq!(names.len(), 1);
    let pem = std::fs::read_to_string(file).expect("the certificate is there");
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----") && !pem.contains("PRIVATE"), "{pem}");
    assert_eq!(sandbox.terminate(), Some(0));
    assert!(!folder.exists());
}

#[cfg(unix)]
#[test]
fn the_lines_that_lead_a_program_there_are_said() {
    let (mut sandbox, behind) = behind_proxy("");
    assert_eq!(sandbox.terminate(), Some(0));
    let said = sandbox.home.read("sandbox.log");
    let lines =
        format!("    export HTTPS_PROXY={}\n    export SSL_CERT_FILE={}\n", behind.https_proxy, behind.ssl_cert_file);
    assert!(said.contains(&lines), "{said}");
}

#[test]
fn a_proxy_is_for_this_machine_alone() {
    assert_snapshot!(Home::new().run("sandbox --listen 127.0.0.1:0 --proxy=0.0.0.0:0").exits_with(64));
}

/// Runs fedctl with a spec of real organisations and an operator file that leads through the proxy of a sandbox.
fn as_if_real(sandbox: &Sandbox, behind: &Behind, keys: [&str; 2]) -> Run {
    let ca = format!("ca: {}\n", behind.ssl_cert_file);
    as_if_real_with(sandbox, behind, keys, &ca)
}

/// The same with another last line of the operator file.
fn as_if_real_with(sandbox: &Sandbox, behind: &Behind, keys: [&str; 2], last: &str) -> Run {
    let spec = sandbox.home.read("demo.yaml");
    let real: Vec<_> = spec.lines().filter(|line| !line.starts_with("sandbox:")).collect();
    sandbox.home.write("real.yaml", &format!("{}\n", real.join("\n")));
    let operator = format!(
        "version: 1\ncredentials:\n  acme: {{env: ACME}}\n  beta: {{env: BETA}}\nproxy: {}\n{last}",
        behind.https_proxy
    );
    sandbox.home.write("operator.yaml", &operator);
    let mut command = sandbox.home.command("apply real.yaml --auto-approve --operator operator.yaml");
    Run::of(command.env("ACME", keys[0]).env("BETA", keys[1]))
}

#[test]
fn fedctl_gives_no_key_of_a_sandbox_to_names_of_the_service() {
    let (sandbox, behind) = behind_proxy("");
    assert_snapshot!(as_if_real(&sandbox, &behind, [sandbox.key(Primary), sandbox.key(Secondary)]));
    assert_eq!(sandbox.requests(), []);
}

#[test]
fn fedctl_goes_by_the_proxy_of_its_operator_and_is_not_taken_in_by_a_simulator_there() {
    let (sandbox, behind) = behind_proxy("");
    let run = as_if_real(&sandbox, &behind, ["one_key_of_real_looks", "two_key_of_real_looks"]).exits_with(1);
    // Which of the two organisations answers first is left open.
    assert!(run.stderr.contains("simulated and real mixed: a real host gave a simulated answer"), "{run}");
    assert_ne!(sandbox.requests(), [], "the way by proxy and authority is open");
    sandbox.nothing_was_written();
}

#[test]
fn i8_no_key_is_given_to_a_server_whose_certificate_nobody_vouches_for() {
    let (sandbox, behind) = behind_proxy("");
    let run = as_if_real_with(&sandbox, &behind, ["one_key_of_real_looks", "two_key_of_real_looks"], "").exits_with(1);
    assert!(run.stderr.contains("certificate"), "{run}");
    assert_eq!(sandbox.requests(), []);
    // Nothing that people write by habit turns that off.
    for switch in ["insecure: true", "verify: false", "tls: {verify: false}", "skip_verify: true"] {
        let keys = ["one_key_of_real_looks", "two_key_of_real_looks"];
        let run = as_if_real_with(&sandbox, &behind, keys, &format!("{switch}\n")).exits_with(65);
        assert!(run.stderr.contains("unknown-key"), "{run}");
    }
    assert_eq!(sandbox.requests(), []);
}
