//! What is printed where, and what if it cannot be: full disks, shells, pull requests.

use std::fs::OpenOptions;

use insta::assert_snapshot;
use serde_json::json;

use crate::env::{Home, Run, redact};
use crate::sandbox::Sandbox;
use crate::sandbox::Side::Primary;

/// Runs the program with a disk behind standard output that is full.
#[cfg(target_os = "linux")]
fn into_full_disk(command: &mut std::process::Command) -> Run {
    let full = OpenOptions::new().write(true).open("/dev/full").expect("linux has it");
    let output = command.stdout(full).output().expect("the program starts");
    Run::ended(command, &output)
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_to_standard_output_is_an_error() {
    let sandbox = Sandbox::start();
    for args in ["plan demo.yaml", "plan demo.yaml --format json", "verify demo.yaml", "--help", "completions bash"] {
        let run = into_full_disk(&mut sandbox.command(args)).exits_with(1);
        assert!(run.stderr.contains("cannot be written to standard output"), "{run}");
    }
    let applied = into_full_disk(&mut sandbox.command("apply demo.yaml --auto-approve --quiet")).exits_with(5);
    assert_snapshot!(applied.stderr);
    let nothing = into_full_disk(&mut sandbox.command("apply demo.yaml --auto-approve --quiet")).exits_with(1);
    assert!(nothing.stderr.contains("nothing was written"), "{nothing}");
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = Home::new().run(&format!("completions {shell}")).exits_with(0);
        assert!(run.stdout.contains("apply") && run.stdout.contains("auto-approve"), "{shell}");
        assert_eq!(run.stderr, "");
    }
}

#[test]
fn a_folder_is_no_spec_and_its_specs_are_listed() {
    let home = Home::new();
    std::fs::create_dir(home.path().join("specs")).expect("a folder can be made");
    for file in ["acme.yaml", "gamma.yml", "fleet.yaml", "notes.txt"] {
        home.write(&format!("specs/{file}"), "");
    }
    assert_snapshot!(home.run("apply specs").exits_with(64).stderr);
}

#[test]
fn a_plan_as_markdown() {
    assert_snapshot!(redact(&Sandbox::start().fedctl("plan demo.yaml --format markdown").exits_with(0).stdout));
}

/// The lines of a Markdown text with everything inside of code left out: what a reader of it would take for markup.
fn shape(markdown: &str) -> String {
    let (mut out, mut fence) = (String::new(), None::<String>);
    for line in markdown.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if *open == line => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 && !line[ticks.len()..].contains('`') => fence = Some(ticks),
            None => out.push_str(&without_spans(line)),
        }
        out.push('\n');
    }
    out
}

/// A line without its code spans, as CommonMark pairs runs of backticks of one length.
fn without_spans(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        out.push_str(&rest[..at]);
        let run = rest[at..].chars().take_while(|c| *c == '`').count();
        let after = &rest[at + run..];
        let close = after.match_indices('`').map(|(at, _)| at).find(|at| {
            let length = after[*at..].chars().take_while(|c| *c == '`').count();
            length == run && !after[..*at].ends_with('`')
        });
        let Some(close) = close else {
            out.push_str(&rest[at..at + run]);
            rest = after;
            continue;
        };
        out.push_str("CODE");
        rest = &after[close + run..];
    }
    out + rest
}

#[test]
fn hostile_names_do_not_change_the_shape_of_markdown() {
    let tame = Sandbox::start().fedctl("plan demo.yaml --format markdown").exits_with(0).stdout;
    let sandbox = Sandbox::start();
    let hostile = "</details>\n# @everyone <img src=x> ``` | ~~~ [a](http://b) `";
    let ben = sandbox.user(Primary, "ben.fischer@acme.com");
    let target = format!("/api/systemusers/{}", crate::sandbox::text(&ben["_id"]));
    sandbox.api(Primary, "PUT", &target, &json!({"firstname": hostile, "lastname": "```"}));
    let label = "OIDC `` </details> @everyone ````diff";
    let text = sandbox.home.read("demo.yaml").replace("OIDC for Beta", &format!("\"{label}\""));
    sandbox.home.write("demo.yaml", &text);
    let plan = sandbox.fedctl("plan demo.yaml --format markdown").exits_with(0).stdout;
    assert!(plan.contains("@everyone") && plan.contains(label), "{plan}");
    assert_eq!(shape(&plan), shape(&tame));
    assert!(!shape(&plan).contains('@'), "{}", shape(&plan));
}
