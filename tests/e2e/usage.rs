//! The command line itself, and specs that cannot be meant: what is printed where, and the exit code.

use std::io::Read;
use std::process::Stdio;

use insta::assert_snapshot;

use crate::env::{Home, Run};
use crate::sandbox::Sandbox;

/// A spec with two organisations and these lines.
fn home_with(rest: &str) -> Home {
    let home = Home::new();
    let head = "\
federation: acme-to-beta
primary: {organization: \"5f0c0d3e9b1e8a0001a1b2c3\", credentials: acme}
secondary: {organization: \"61aa0d3e9b1e8a0001a1b2c3\", credentials: beta}
";
    home.write("acme.yaml", &format!("{head}{rest}"));
    home
}

#[test]
fn the_version_and_the_help_are_no_errors() {
    let home = Home::new();
    let version = home.run("--version").exits_with(0);
    assert_eq!(version.stdout, format!("fedctl {}\n", env!("CARGO_PKG_VERSION")));
    assert_snapshot!(home.run("--help").exits_with(0));
    for command in ["validate", "plan", "apply", "verify", "trace", "sandbox", "demo"] {
        let help = home.run(&format!("{command} --help")).exits_with(0);
        assert_eq!(help.stderr, "");
    }
}

#[test]
fn wrong_usage_exits_with_64() {
    let home = Home::new();
    assert_snapshot!("unknown_subcommand", home.run("aply acme.yaml").exits_with(64));
    assert_snapshot!("unknown_flag", home.run("plan acme.yaml --dry-run").exits_with(64));
    assert_snapshot!("no_spec", home.run("plan").exits_with(64));
    let _run = home.run("").exits_with(64);
}

#[test]
fn a_spec_that_cannot_be_read_is_named() {
    assert_snapshot!(Home::new().run("plan missing.yaml").exits_with(65));
}

#[test]
fn text_that_is_no_yaml_is_pointed_at() {
    assert_snapshot!(home_with("people: {from: {groups: [A, B}}\n").run("plan acme.yaml").exits_with(65));
}

#[test]
fn an_unknown_key_is_pointed_at_with_the_one_that_was_meant() {
    assert_snapshot!(home_with("people: {form: {groups: [A]}}\n").run("plan acme.yaml").exits_with(65));
}

#[test]
fn all_problems_of_a_spec_are_said_at_once() {
    let rest = "people: {from: {groups: [A, A], emails: [ann]}}\napp: {hiden: true}\n";
    assert_snapshot!(home_with(rest).run("validate acme.yaml").exits_with(65));
}

#[test]
fn a_valid_spec_is_said_to_be() {
    let home = home_with("people: {from: {groups: [A]}}\n");
    assert_snapshot!(home.run("validate acme.yaml").exits_with(0));
    assert_eq!(home.run("validate acme.yaml --quiet").exits_with(0).stderr, "");
    let _run = home.run("validate .").exits_with(0);
}

#[test]
fn the_examples_are_valid() {
    let specs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs");
    let _run = Home::new().run(&format!("validate {specs}")).exits_with(0);
}

#[test]
fn two_people_cannot_have_one_address() {
    let sandbox = Sandbox::start();
    let overrides = "
  overrides:
    - {person: ben.fischer@acme.com, email: one@acme.com.beta}
    - {person: vera.patel@acme.com, email: one@acme.com.beta}";
    assert_snapshot!(sandbox.fedctl_with("apply demo.yaml --auto-approve", "people:", &format!("people:{overrides}")));
    sandbox.nothing_was_written();
}

#[test]
fn apply_does_not_write_unless_somebody_approves() {
    let sandbox = Sandbox::start();
    let run = sandbox.fedctl("apply demo.yaml").exits_with(64);
    assert_eq!(run.stdout, "");
    let end = run.stderr.split("\n\n").last().unwrap_or_default();
    assert_snapshot!(end.lines().filter(|line| !line.starts_with("Digest")).collect::<Vec<_>>().join("\n"));
    sandbox.nothing_was_written();
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let sandbox = Sandbox::start();
    for args in ["plan demo.yaml --full", "demo --people 24", "--help"] {
        let mut child = sandbox.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        drop(child.stdout.take());
        let mut talk = String::new();
        child.stderr.take().expect("it is piped").read_to_string(&mut talk).expect("it is text");
        let status = child.wait().expect("it ends");
        assert_eq!((status.code(), talk.as_str()), (Some(0), ""), "{args}");
    }
}

#[test]
fn pipes_get_no_colour_and_no_progress() {
    let sandbox = Sandbox::start();
    let home = home_with("people: {form: {groups: [A]}}\n");
    let plain = |command: &mut std::process::Command| {
        for variable in ["TERM", "COLORTERM"] {
            command.env(variable, "xterm-256color");
        }
        let run = Run::of(command);
        assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'), "{run}");
        run
    };
    let _run = plain(&mut sandbox.command("plan demo.yaml"));
    let _run = plain(sandbox.command("apply demo.yaml --auto-approve").env("NO_COLOR", "1"));
    let _run = plain(&mut home.command("plan acme.yaml"));
    let _run = plain(home.command("plan acme.yaml").env("NO_COLOR", "1"));
    let _run = plain(&mut home.command("no-such-command"));
}

#[test]
fn logs_name_each_request_and_go_to_standard_error() {
    let sandbox = Sandbox::start();
    let plain = sandbox.fedctl("plan demo.yaml").exits_with(0);
    let logged = sandbox.fedctl("plan demo.yaml -v").exits_with(0);
    assert_eq!(logged.stdout, plain.stdout);
    assert!(logged.stderr.contains("/api/search/systemusers"), "{logged}");
    assert_eq!(plain.stderr, "");
}

#[test]
fn a_sandbox_listens_on_this_machine_only() {
    assert_snapshot!(Home::new().run("sandbox --listen 0.0.0.0:0").exits_with(64));
}

#[test]
fn a_sandbox_says_which_setting_was_meant() {
    let home = Home::new();
    assert_snapshot!("wrong_setting", home.run("sandbox --set page-mx=1").exits_with(64));
    assert_snapshot!("wrong_value", home.run("sandbox --set missing-user=empt").exits_with(64));
    let run = home.run("sandbox --set colour=blue").exits_with(64);
    assert!(run.stderr.contains("there is no setting `colour`") && run.stderr.contains("--list-settings"), "{run}");
    let run = home.run("sandbox --set colour").exits_with(64);
    assert!(run.stderr.contains("NAME=VALUE"), "{run}");
}

#[test]
fn a_sandbox_lists_its_settings_in_a_hundred_columns() {
    let run = Home::new().run("sandbox --list-settings").exits_with(0);
    let settings = jumpcloud_sim::Settings::default().describe();
    let rows: Vec<&str> = run.stdout.lines().filter(|line| !line.starts_with(' ')).skip(1).collect();
    for (row, setting) in rows.iter().zip(&settings) {
        let cells: Vec<&str> = row.splitn(3, "  ").map(str::trim).collect();
        assert!(row.starts_with(setting.name) && row.ends_with(&setting.takes), "{cells:?}");
    }
    assert_eq!(rows.len(), settings.len());
    let wide: Vec<&str> = run.stdout.lines().filter(|line| line.chars().count() > 100).collect();
    assert_eq!(wide, [""; 0]);
    assert_eq!(run.stderr, "");
    let head: Vec<&str> = run.stdout.lines().take(3).collect();
    assert_snapshot!("settings_begin", head.join("\n"));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let sandbox = Sandbox::start();
    assert_snapshot!(sandbox.home.run(&format!("sandbox --listen {}", sandbox.address())).exits_with(1));
}

#[cfg(unix)]
#[test]
fn a_sandbox_that_is_told_to_stop_ends_well() {
    let mut sandbox = Sandbox::start();
    assert_eq!(sandbox.terminate(), Some(0));
}
