//! Development tasks, so that a person and CI type the same words: `cargo xtask help` lists them.
//!
//! A task is a row of [`TASKS`]: the commands it runs, one after the other. The first that fails ends the task with its
//! exit code. There are no dependencies, so that `cargo xtask` builds in a second.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people at a terminal")]

use std::process::{Command, ExitCode, ExitStatus};
use std::time::Instant;

/// The exit code for words that are not understood.
const USAGE: u8 = 64;

/// What the commands of every task start from.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// What `cargo test` is told besides what to test. It goes on after a failure, so that one run shows all of them.
const TEST: [&str; 5] = ["test", "--workspace", "--all-features", "--locked", "--no-fail-fast"];

/// Both benchmarks, which understand the same words: fedctl's growth, and what the simulator costs.
const BENCH: [&str; 14] = [
    "bench",
    "--locked",
    "--package",
    "fedctl-engine",
    "--package",
    "jumpcloud-sim",
    "--features",
    "jumpcloud-sim/http",
    "--bench",
    "growth",
    "--bench",
    "service",
    "--no-fail-fast",
    "--",
];

/// The words that tasks with a harness take, and where their tests find them.
const WORDS: [(&str, &str); 4] = [
    ("--cases", "FEDCTL_CASES"),
    ("--seed", "FEDCTL_SEED"),
    ("--seeds", "FEDCTL_SEEDS"),
    ("--seconds", "FEDCTL_SECONDS"),
];

struct Task {
    name: &'static str,
    /// The arguments it hands on, for the help; without, it takes none.
    takes: Option<&'static str>,
    about: &'static str,
    steps: fn(&[String]) -> Vec<Step>,
}

/// One command of a task.
struct Step {
    name: &'static str,
    program: &'static str,
    args: Vec<String>,
    /// What the command finds in its environment, besides ours.
    env: Vec<(&'static str, String)>,
}

/// The one list of tasks. `help` is not in it: it runs nothing.
static TASKS: &[Task] = &[
    Task {
        name: "test",
        takes: None,
        about: "every test of the workspace, then the examples in the docs",
        steps: test,
    },
    Task {
        name: "browser",
        takes: Some("[test]"),
        about: "the pages of a person in Chromium; pictures go to target/screenshots",
        steps: browser,
    },
    Task {
        name: "clients",
        takes: None,
        about: "programs that are not ours: clients of the sandbox, an object store for leases, a vault; installs what is missing",
        steps: clients,
    },
    Task { name: "ci", takes: None, about: "everything that has to pass before a merge: runs .ci/run", steps: ci },
    Task {
        name: "bench",
        takes: Some("[--quick]"),
        about: "how cost grows with size, on small sizes with --quick",
        steps: bench,
    },
    Task {
        name: "contract",
        takes: None,
        about: "fedctl and the simulator against the published API descriptions, where these are at hand",
        steps: contract,
    },
    Task {
        name: "crash-matrix",
        takes: None,
        about: "every story, every write, everything that can become of it; then fifty processes that are killed",
        steps: crash_matrix,
    },
    Task {
        name: "forms",
        takes: Some("[--seeds N]"),
        about: "every two answers of a service that nobody knows, together, in thirty orders if nothing else is said",
        steps: forms,
    },
    Task {
        name: "soak",
        takes: Some("[--cases N] [--seed N]"),
        about: "random worlds from one number each, ten thousand if nothing else is said",
        steps: soak,
    },
    Task {
        name: "planted",
        takes: None,
        about: "mistakes that somebody would make, one after the other: the random worlds have to find each",
        steps: planted,
    },
    Task {
        name: "race",
        takes: Some("[--seeds N]"),
        about: "two federations of one primary organisation applied at once, in a hundred orders if nothing else is said",
        steps: race,
    },
    Task {
        name: "guide",
        takes: None,
        about: "every page of docs/guide, word for word, against the sandbox",
        steps: guide,
    },
    Task {
        name: "fuzz",
        takes: Some("[--seconds N] [--seed N]"),
        about: "bad input to everything that reads, a minute for each target if nothing else is said",
        steps: fuzz,
    },
    Task {
        name: "reads",
        takes: None,
        about: "every list that planning reads, with every lie that it can tell, and changed between any two pages",
        steps: reads,
    },
    Task {
        name: "refusals",
        takes: Some("[--cases N] [--seed N]"),
        about: "how often a guard refuses a plan of a random world in which nothing is wrong",
        steps: refusals,
    },
    Task {
        name: "mutants",
        takes: Some("[N/M] [again]"),
        about: "small changes to executor, guards, trace, reader, redaction and encoders, or every M-th of them, or those that no test noticed",
        steps: mutants,
    },
    Task {
        name: "canary",
        takes: None,
        about: "secrets in every place that they come from, searched for in everything that is left behind",
        steps: canary,
    },
];

fn canary(args: &[String]) -> Vec<Step> {
    let test = "canary::i8_no_secret_is_left_anywhere_also_where_answers_are_waited_out";
    vec![Step::harness("canary", ["fedctl", "e2e", test], args)]
}

fn test(_: &[String]) -> Vec<Step> {
    let of = |name, rest: &[&str]| Step::cargo(name, TEST.iter().chain(rest));
    vec![of("tests", &["--lib", "--bins", "--tests"]), of("examples in the docs", &["--doc"])]
}

fn browser(args: &[String]) -> Vec<Step> {
    let mut words = vec!["crates/jumpcloud-sim/tests/browser/run".to_owned()];
    words.extend_from_slice(args);
    vec![Step { name: "browser", program: "bash", args: words, env: Vec::new() }]
}

fn clients(_: &[String]) -> Vec<Step> {
    vec![Step { name: "clients", program: "bash", args: vec!["tests/clients/run".to_owned()], env: Vec::new() }]
}

fn ci(_: &[String]) -> Vec<Step> {
    vec![Step { name: "ci", program: "bash", args: vec![".ci/run".to_owned()], env: Vec::new() }]
}

fn bench(args: &[String]) -> Vec<Step> {
    let mut step = Step::cargo("bench", BENCH.iter());
    step.args.extend_from_slice(args);
    vec![step]
}

fn contract(_: &[String]) -> Vec<Step> {
    let test = ["test", "--locked", "--package", "fedctl-core", "--test", "contract"];
    vec![Step::cargo("contract", test.iter().chain(&["--", "--include-ignored", "--nocapture"]))]
}

fn crash_matrix(args: &[String]) -> Vec<Step> {
    let of = |name, test| Step::harness(name, ["fedctl-core", "world", test], args);
    vec![
        of("one fault", "crash_matrix::i4_every_story_every_write_every_delivery"),
        of("two faults", "crash_matrix::i4_every_story_with_two_faults"),
        Step::harness("processes", ["fedctl", "e2e", "killed::i4_fifty_processes_are_killed"], args),
    ]
}

fn soak(args: &[String]) -> Vec<Step> {
    let test = "soak::ten_thousand_random_worlds_keep_their_promises";
    vec![Step::harness("soak", ["fedctl-core", "world", test], args)]
}

/// The mistakes are compiled into the crates of the workspace alone, so that nothing else is built a second time.
fn planted(args: &[String]) -> Vec<Step> {
    let test = "soak::planted::planted_mistakes_are_found";
    let mut step = Step::harness("planted", ["fedctl-core", "world", test], args);
    step.env.push(("RUSTC_WORKSPACE_WRAPPER", format!("{ROOT}/crates/xtask/planted-rustc")));
    vec![step]
}

fn race(args: &[String]) -> Vec<Step> {
    let test = "race::two_federations_of_one_primary_at_once_lose_nothing_over_many_seeds";
    vec![Step::harness("race", ["fedctl-core", "world", test], args)]
}

fn reads(args: &[String]) -> Vec<Step> {
    vec![Step::harness(
        "reads",
        ["fedctl-core", "world", "reads::i7_every_list_with_every_lie_and_every_boundary"],
        args,
    )]
}

fn forms(args: &[String]) -> Vec<Step> {
    let test = "pairwise::every_pair_among_many_others_harms_nobody";
    vec![Step::harness("forms", ["fedctl-core", "world", test], args)]
}

fn refusals(args: &[String]) -> Vec<Step> {
    vec![Step::harness("refusals", ["fedctl-core", "world", "guards::refusals_without_a_fault"], args)]
}

fn guide(_: &[String]) -> Vec<Step> {
    vec![Step::cargo(
        "guide",
        ["test", "--locked", "--package", "fedctl", "--test", "guide", "--", "--nocapture"].iter(),
    )]
}

fn fuzz(args: &[String]) -> Vec<Step> {
    vec![Step::harness("fuzz", ["fedctl", "fuzz", "no_input_makes_anything_panic_for_long"], args)]
}

fn mutants(args: &[String]) -> Vec<Step> {
    let mut words = vec!["tests/mutants/run".to_owned()];
    words.extend_from_slice(args);
    vec![Step { name: "mutants", program: "bash", args: words, env: Vec::new() }]
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, args)) = words.split_first() else {
        eprint!("{}", help());
        return USAGE.into();
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    match find(name, args) {
        Ok(task) => run(&(task.steps)(args)),
        Err(complaint) => {
            eprint!("xtask: {complaint}\n\n{}", help());
            USAGE.into()
        }
    }
}

/// The task of this name, if it takes these arguments.
fn find(name: &str, args: &[String]) -> Result<&'static Task, String> {
    let task = TASKS.iter().find(|task| task.name == name).ok_or_else(|| format!("there is no task `{name}`"))?;
    let takes = |arg: &String| !arg.starts_with("--") || task.takes.is_some_and(|takes| takes.contains(arg.as_str()));
    match (task.takes, args.first(), args.iter().find(|arg| !takes(arg))) {
        (None, Some(arg), _) => Err(format!("`{name}` takes no arguments, and got `{arg}`")),
        (Some(takes), _, Some(arg)) => Err(format!("`{name}` takes {takes}, and got `{arg}`")),
        _ => Ok(task),
    }
}

fn help() -> String {
    let mut out = String::from("Usage: cargo xtask <task>\n\n");
    for task in TASKS {
        let words = format!("{} {}", task.name, task.takes.unwrap_or_default());
        out.push_str(&format!("  {words:<30} {}\n", task.about));
    }
    out.push_str("  help                           this list\n");
    out
}

/// Runs the commands until one fails; its exit code is the task's.
fn run(steps: &[Step]) -> ExitCode {
    for step in steps {
        println!("==> {}: {} {}", step.name, step.program, step.args.join(" "));
        let start = Instant::now();
        let ended =
            Command::new(step.program).args(&step.args).envs(step.env.iter().cloned()).current_dir(ROOT).status();
        let seconds = start.elapsed().as_secs_f64();
        match ended {
            Ok(status) if status.success() => println!("==> {}: ok, {seconds:.1} s", step.name),
            Ok(status) => {
                eprintln!("==> {}: failed ({status}), {seconds:.1} s", step.name);
                return code(status);
            }
            Err(error) => {
                eprintln!("==> {}: cannot run `{}`: {error}", step.name, step.program);
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// The exit code of a command that failed. Ended by a signal it has none.
fn code(status: ExitStatus) -> ExitCode {
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

impl Step {
    fn cargo<'a>(name: &'static str, args: impl IntoIterator<Item = &'a &'a str>) -> Self {
        Self { name, program: "cargo", args: args.into_iter().map(|arg| (*arg).to_owned()).collect(), env: Vec::new() }
    }

    /// One test by its whole name, optimised and with what it prints. `args` are pairs of `--word NUMBER`: the test finds
    /// each number in its environment as `FEDCTL_WORD`. Unlike `cargo test`, a name that no test has is a failure.
    fn harness(name: &'static str, of: [&'static str; 3], args: &[String]) -> Self {
        let [package, target, test] = of;
        let script = "out=$(mktemp); trap 'rm -f \"$out\"' EXIT; \
                      cargo test --profile harness --locked -p \"$1\" --test \"$2\" -- --exact \"$3\" --include-ignored --nocapture 2>&1 \
                      | tee \"$out\"; code=${PIPESTATUS[0]}; ((code == 0)) && grep -q '^test result: ok. 1 passed' \"$out\"";
        let words = ["-c", script, name, package, target, test];
        let env = args.chunks(2).filter_map(|pair| match pair {
            [word, number] => Some((known(word)?, number.clone())),
            _ => None,
        });
        Self { name, program: "bash", args: words.map(str::to_owned).to_vec(), env: env.collect() }
    }
}

/// Where a test finds the number of a word.
fn known(word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(name: &str, args: &[&str]) -> Option<String> {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        find(name, &args).err()
    }

    #[test]
    fn words_that_are_not_understood_are_named() {
        assert_eq!(complaint("tset", &[]).as_deref(), Some("there is no task `tset`"));
        assert_eq!(complaint("test", &["--quick"]).as_deref(), Some("`test` takes no arguments, and got `--quick`"));
        assert_eq!(complaint("bench", &["--quick"]), None);
        assert_eq!(complaint("bench", &["--quik"]).as_deref(), Some("`bench` takes [--quick], and got `--quik`"));
    }

    #[test]
    fn a_bench_gets_the_arguments() {
        let steps = bench(&["--quick".to_owned()]);
        let words = steps[0].args.join(" ");
        assert!(words.starts_with("bench --locked --package fedctl-engine --package jumpcloud-sim "), "{words}");
        assert!(words.ends_with("--bench growth --bench service --no-fail-fast -- --quick"), "{words}");
    }

    #[test]
    fn a_task_ends_with_the_code_of_the_first_step_that_fails() {
        let step = |script: &str| Step {
            name: "step",
            program: "sh",
            args: vec!["-c".to_owned(), script.to_owned()],
            env: Vec::new(),
        };
        let same = |one: ExitCode, other: ExitCode| format!("{one:?}") == format!("{other:?}");
        assert!(same(run(&[step("exit 0"), step("exit 7"), step("exit 8")]), 7.into()));
        assert!(same(run(&[step("true"), step("true")]), ExitCode::SUCCESS));
    }
}
