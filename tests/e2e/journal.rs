//! The journal of a run: what it says, and what becomes of a run that cannot write one.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::env::{Home, Run};
use crate::sandbox::{Sandbox, text};

const APPLY: &str = "apply demo.yaml --auto-approve";
const PLAN: &str = "plan demo.yaml --detailed-exitcode";

/// The journals of a folder, oldest first.
fn journals(home: &Home, folder: &str) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(home.path().join(folder)).map(|entries| entries.map(|entry| entry.expect("it is there")));
    let mut files: Vec<PathBuf> =
        entries.map(|entries| entries.map(|entry| entry.path()).collect()).unwrap_or_default();
    files.sort();
    files
}

/// The lines of the newest journal, each of which is as the published schema says.
#[track_caller]
fn newest(sandbox: &Sandbox) -> Vec<Value> {
    let path = journals(&sandbox.home, ".local/state/fedctl/journal").pop().expect("there is a journal");
    let schema = sandbox.fedctl("schema journal").exits_with(0).json();
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let text = fs::read_to_string(path).expect("it can be read");
    let lines = text.lines().map(|line| {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let wrong: Vec<String> = schema.iter_errors(&line).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{line}: {wrong:?}");
        line
    });
    lines.collect()
}

fn of<'a>(lines: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    lines.iter().filter(move |line| line["line"] == kind)
}

#[test]
fn a_journal_says_before_each_write_what_it_is_for_and_after_it_what_came() {
    let sandbox = Sandbox::start();
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    let lines = newest(&sandbox);
    let head = &lines[0];
    assert_eq!((&head["line"], &head["schema"]), (&json!("begin"), &json!("fedctl.journal.v1")));
    assert_eq!((text(&head["primary"]), &head["lease"]), (sandbox.id(crate::sandbox::Side::Primary), &json!("files")));
    let intents: Vec<&Value> = of(&lines, "intent").collect();
    for intent in &intents {
        let at = |line: &Value| lines.iter().position(|other| other == line).expect("it is in the journal");
        let outcome = of(&lines, "outcome").find(|outcome| outcome["write"] == intent["write"]).expect("an outcome");
        assert!(at(intent) < at(outcome) && outcome["came"] == "answered", "{intent} {outcome}");
    }
    let made = intents.iter().find(|intent| intent["target"] == "secondary/user/ben.fischer@acme.com.beta");
    let made = made.expect("ben gets an account");
    assert_eq!((&made["verb"], &made["method"]), (&json!("create"), &json!("POST")));
    let state = made["changes"].as_array().expect("fields").iter().find(|change| change["field"] == "email");
    assert_eq!(state.expect("an address")["after"], "ben.fischer@acme.com.beta");
    let end = lines.last().expect("an end");
    assert_eq!(end["line"], "end");
    assert_eq!(end["counts"]["applied"], of(&lines, "action").count(), "{end}");
    // Each run has a file of its own, also one that does nothing.
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    assert_eq!(journals(&sandbox.home, ".local/state/fedctl/journal").len(), 2);
    assert_eq!(newest(&sandbox).len(), 2);
    // A plan writes none.
    let _run = sandbox.fedctl(PLAN).exits_with(0);
    assert_eq!(journals(&sandbox.home, ".local/state/fedctl/journal").len(), 2);
}

#[test]
fn no_journal_holds_a_secret_or_an_attribute_of_others() {
    let sandbox = Sandbox::start();
    let ben = sandbox.user(crate::sandbox::Side::Primary, "ben.fischer@acme.com");
    let target = format!("/api/systemusers/{}", text(&ben["_id"]));
    let foreign = json!({"attributes": [{"name": "costcentre", "value": "canary4711"}]});
    sandbox.api(crate::sandbox::Side::Primary, "PUT", &target, &foreign);
    let _run = sandbox.fedctl(APPLY).exits_with(0);
    let text = newest(&sandbox).iter().map(Value::to_string).collect::<String>();
    assert!(text.contains("fedctl.journal.v1") && text.contains("(secret)"));
    assert!(!text.contains("canary4711") && !text.contains("costcentre"));
    let world = sandbox.world().to_string();
    let secret = world.split("client_secret\":\"").nth(1).and_then(|rest| rest.split('"').next());
    for secret in secret.into_iter().chain([sandbox.key(crate::sandbox::Side::Primary)]) {
        assert!(secret.len() > 8 && !text.contains(secret));
    }
}

#[test]
fn reports_journals_and_the_log_of_the_service_agree_whatever_goes_wrong() {
    let faults = [
        json!([]),
        json!([{"when": {"method": "POST", "path": "/api/**", "rate": 0.3}, "do": {"fail": {"status": 503, "after_commit": true}}}]),
        json!([{"when": {"path": "/api/systemusers/*", "method": "PUT", "rate": 0.5}, "do": {"fail": {"status": 400}}}]),
        json!([{"when": {"path": "/api/**", "rate": 0.2, "first": 40}, "do": {"cut": {"at_byte": 20}}}]),
        json!([{"when": {"method": "POST", "path": "/api/v2/identity-providers"}, "do": {"fail": {"status": 403}}}]),
    ];
    for faults in faults {
        let sandbox = Sandbox::start();
        let mut named = faults.clone();
        for (number, fault) in named.as_array_mut().expect("a list").iter_mut().enumerate() {
            fault["name"] = json!(number.to_string());
        }
        sandbox.control("PUT", "faults", &named.to_string());
        sandbox.forget_requests();
        let run = sandbox.fedctl(&format!("{APPLY} --format json"));
        agree(&run, &newest(&sandbox), &sandbox.writes(), &faults);
    }
}

/// What was written is what was meant to be, and each action ended as what was sent for it did.
#[track_caller]
fn agree(run: &Run, lines: &[Value], log: &[(String, String)], faults: &Value) {
    let report = run.json();
    let actions = report["actions"].as_array().expect("actions");
    let outcome =
        |intent: &Value| of(lines, "outcome").find(|line| line["write"] == intent["write"]).expect("one each");
    let sent = |intent: &&Value| outcome(intent)["came"] != "not-sent";
    let of_request = |intent: &Value| {
        let path = text(&intent["path"]).split('?').next().unwrap_or_default().to_owned();
        (text(&intent["method"]).to_owned(), path)
    };
    let (mut meant, mut log) = (of(lines, "intent").filter(sent).map(of_request).collect::<Vec<_>>(), log.to_vec());
    meant.retain(|(_, path)| path != "/oauth2/token");
    meant.sort();
    log.sort();
    assert_eq!(meant, log, "{faults}");
    for (at, action) in actions.iter().enumerate() {
        let intents: Vec<&Value> = of(lines, "intent").filter(|intent| intent["action"] == at).collect();
        let is_check = action["verb"] == "check";
        let took = intents.iter().any(|intent| outcome(intent)["status"].as_u64().is_some_and(|status| status < 300));
        let agrees = match text(&action["end"]) {
            "applied" => is_check || intents.iter().any(sent),
            "unknown" => intents.iter().any(sent),
            "already" => !took,
            "skipped" | "not-started" => intents.is_empty(),
            "failed" | "manual" => true,
            other => panic!("{other} is no end"),
        };
        assert!(agrees, "{faults}: {action}: {intents:?}");
    }
    let ends: Vec<&Value> = of(lines, "action").map(|line| &line["end"]).collect();
    assert_eq!(ends, actions.iter().map(|action| &action["end"]).collect::<Vec<_>>(), "{faults}");
    let counted: u64 = report["counts"].as_object().expect("counts").values().filter_map(Value::as_u64).sum();
    assert_eq!(counted, actions.len() as u64);
    let wrote = actions.iter().any(|action| action["verb"] != "check" && action["end"] == "applied");
    let is_good = |action: &Value| ["applied", "already"].contains(&text(&action["end"]));
    match run.status {
        0 | 7 => assert!(actions.iter().all(is_good), "{faults}"),
        5 => assert!(wrote || actions.iter().any(|action| action["end"] == "unknown" || action["end"] == "applied")),
        1 => assert!(!wrote, "{faults}"),
        other => panic!("{other} {faults}"),
    }
}

/// Runs it with an operator file.
fn with_operator(sandbox: &Sandbox, text: &str) -> Run {
    sandbox.home.write("operator.yaml", &format!("version: 1\n{text}\n"));
    sandbox.fedctl(&format!("{APPLY} --operator operator.yaml"))
}

#[test]
fn a_journal_is_written_where_the_operator_says_and_never_into_a_work_tree() {
    let sandbox = Sandbox::start();
    let _run = with_operator(&sandbox, "journal: {dir: journals}").exits_with(0);
    assert_eq!(journals(&sandbox.home, "journals").len(), 1);
    fs::create_dir_all(sandbox.home.path().join("tree/.git")).expect("a folder can be made");
    sandbox.forget_requests();
    let run = with_operator(&sandbox, "journal: {dir: tree/deep/journals}").exits_with(64);
    assert!(run.stderr.contains("error: the journal would be in the work tree `"), "{run}");
    assert!(run.stderr.contains("out of every work tree"), "{run}");
    // A home that is kept under version control as a whole is no reason not to repair a sign-in.
    fs::create_dir(sandbox.home.path().join(".git")).expect("a folder can be made");
    let run = with_operator(&sandbox, "").exits_with(0);
    assert!(run.stderr.contains("warning: no journal is written: "), "{run}");
    sandbox.nothing_was_written();
}

#[test]
fn a_folder_that_cannot_be_written_to_stops_no_run_and_is_said_once() {
    let sandbox = Sandbox::start();
    sandbox.home.write("taken", "");
    let run = with_operator(&sandbox, "journal: {dir: taken}").exits_with(0);
    assert_eq!(run.stderr.matches("warning: no journal is written in `").count(), 1, "{run}");
    assert!(run.stderr.contains("; the run goes on without\n"), "{run}");
    let _run = sandbox.fedctl(PLAN).exits_with(0);
}

/// A shell says how large a file may become: then a write fails in the middle of a line, as on a full disk.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_in_the_middle_of_a_line_stops_no_run_and_the_next_says_what_was_cut_off() {
    let sandbox = Sandbox::start();
    let command = sandbox.command("");
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 8 && exec \"$0\" \"$@\""]).arg(command.get_program());
    limited.args(APPLY.split_whitespace()).current_dir(sandbox.home.path()).env_clear();
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let run = Run::of(&mut limited).exits_with(0);
    assert_eq!(run.stderr.matches("warning: no journal is written").count(), 1, "{run}");
    let torn = journals(&sandbox.home, ".local/state/fedctl/journal").pop().expect("it was begun");
    let text = fs::read_to_string(torn).expect("text");
    assert!(!text.ends_with('\n') && text.contains("\"line\":\"intent\""));
    sandbox.forget_requests();
    let run = sandbox.fedctl(APPLY).exits_with(0);
    assert!(run.stderr.contains("note: the run before this one was broken off (its last line is cut off: "), "{run}");
    sandbox.nothing_was_written();
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_printed_is_in_the_journal_to_its_end() {
    let sandbox = Sandbox::start();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("linux has it");
    let mut command = sandbox.command(APPLY);
    let output = command.stdout(full).output().expect("it starts");
    let run = Run::ended(&command, &output).exits_with(5);
    assert!(run.stderr.contains("applied in part or whole, but the result cannot be written"), "{run}");
    let lines = newest(&sandbox);
    assert_eq!(lines.last().expect("lines")["line"], "end");
    // Whoever reads the report may have gone, which is no error.
    let mut child = sandbox.command(APPLY).stdout(std::process::Stdio::piped()).spawn().expect("it starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert_eq!(newest(&sandbox).last().expect("lines")["line"], "end");
}
