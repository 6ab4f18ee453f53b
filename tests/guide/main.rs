//! Every page of `docs/guide/` is true: what it types is run beside a sandbox, and what it shows is what comes.
//!
//! A page begins a world with `<!-- sandbox: fresh -->` or `<!-- sandbox: applied -->` or
//! `<!-- sandbox: by-hand -->`, perhaps with settings of the simulator behind it. A block of `console` has commands behind `$ ` and what they print, standard output first; a line `...` stands
//! for any lines, and `? 4` at the end for another exit code than 0. `DIGEST` in a command is what the one before it printed;
//! times of day are shown as midnight. What happens besides is said in comments that readers do not see:
//! `<!-- by hand: WORDS -->` (see `hands.rs`), `<!-- spec: OLD => NEW -->`, `<!-- signs in: PERSON -->`,
//! `<!-- does not sign in: PERSON -->`. With `UPDATE_GUIDE=1` blocks that are not right are written anew.

#[path = "../e2e/env.rs"]
#[allow(dead_code, reason = "the other tests of the program use all of it")]
mod env;
mod hands;
#[path = "../e2e/http.rs"]
#[allow(dead_code, reason = "the other tests of the program use all of it")]
mod http;
mod oracle;
mod page;
#[path = "../e2e/portal.rs"]
mod portal;
#[path = "../e2e/sandbox.rs"]
#[allow(dead_code, reason = "the other tests of the program use all of it")]
mod sandbox;

use std::path::{Path, PathBuf};

use env::Run;
use oracle::Oracle;
use page::{Block, Step, Told};
use sandbox::Sandbox;

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide");

/// The port that the simulator takes when nobody names another, in place of the one it got here.
const PORT: &str = "127.0.0.1:8480";

fn pages() -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(GUIDE).expect("there is a guide").map(|entry| entry.expect("it can be read").path());
    let mut pages: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    pages.sort();
    pages
}

#[test]
fn every_page_of_the_guide_is_true() {
    let pages = pages();
    let told: Vec<(usize, Result<(), String>)> = std::thread::scope(|scope| {
        let telling: Vec<_> = pages.iter().map(|page| scope.spawn(|| tell(page))).collect();
        telling.into_iter().map(|page| page.join().expect("a page does not panic")).collect()
    });
    let commands: usize = told.iter().map(|(commands, _)| commands).sum();
    println!("guide: {} pages, {commands} commands", pages.len());
    let wrong: Vec<String> = told.into_iter().filter_map(|(_, told)| told.err()).collect();
    assert!(
        wrong.is_empty(),
        "UPDATE_GUIDE=1 cargo test -p fedctl --test guide writes blocks anew\n{}",
        wrong.join("\n")
    );
}

/// Tells a page; how many commands it has, and what is not as it says.
fn tell(path: &Path) -> (usize, Result<(), String>) {
    let text = std::fs::read_to_string(path).expect("a page can be read");
    let mut story = Story { world: None, wrong: Vec::new(), commands: 0, digest: String::new() };
    let renewed = page::renewed(&text, |step| story.step(step));
    if is_to_be_updated() && renewed != text {
        std::fs::write(path, renewed).expect("the page can be written");
        story.wrong.retain(|wrong| !wrong.is_block);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let lines: Vec<String> = story.wrong.iter().map(|wrong| format!("{name}:{}: {}", wrong.line, wrong.what)).collect();
    (story.commands, if lines.is_empty() { Ok(()) } else { Err(lines.join("\n")) })
}

#[expect(clippy::disallowed_methods, reason = "a switch of whoever changes the guide, not of the program")]
fn is_to_be_updated() -> bool {
    std::env::var_os("UPDATE_GUIDE").is_some_and(|value| !value.is_empty())
}

struct Wrong {
    line: usize,
    is_block: bool,
    what: String,
}

struct Story {
    world: Option<(Sandbox, Oracle)>,
    wrong: Vec<Wrong>,
    commands: usize,
    /// Of the plan that was shown last.
    digest: String,
}

impl Story {
    /// Does what a page says; for a command, what it printed.
    fn step(&mut self, step: Step<'_>) -> Option<Block> {
        let (line, is_block) = (step.line, matches!(step.told, Told::Command { .. }));
        let what = match step.told {
            Told::Sandbox(how) => {
                let sandbox = begin(how);
                let oracle = Oracle::of(&sandbox);
                self.world = Some((sandbox, oracle));
                return None;
            }
            Told::Command { words, expected } => {
                self.commands += 1;
                return self.command(line, words, &expected);
            }
            Told::Hand(words) => self.with(|sandbox| hands::make(sandbox, words)),
            Told::Spec(from, to) => self.with(|sandbox| {
                sandbox.change_spec(&from.replace("\\n", "\n"), &to.replace("\\n", "\n"));
                Ok(())
            }),
            Told::SignsIn(person, does) => self.with(|sandbox| oracle::signs_in(sandbox, person, does)),
        };
        if let Err(what) = what {
            self.wrong.push(Wrong { line, is_block, what });
        }
        if let (Told::Hand(_), Some((sandbox, oracle))) = (&step.told, &mut self.world) {
            *oracle = Oracle::of(sandbox);
        }
        None
    }

    fn with(&self, does: impl FnOnce(&Sandbox) -> Result<(), String>) -> Result<(), String> {
        let (sandbox, _) = self.world.as_ref().ok_or("the page has no `<!-- sandbox: … -->` before this")?;
        does(sandbox)
    }

    /// Runs a command, and has the oracle look at what it left.
    fn command(&mut self, line: usize, words: &str, expected: &Block) -> Option<Block> {
        let Some((sandbox, oracle)) = &mut self.world else {
            let what = "the page has no `<!-- sandbox: … -->` before this".to_owned();
            self.wrong.push(Wrong { line, is_block: false, what });
            return None;
        };
        let Some(args) = words.strip_prefix("fedctl ") else {
            self.wrong.push(Wrong { line, is_block: false, what: format!("`{words}` is no command of fedctl") });
            return None;
        };
        let args = args.replace("DIGEST", &self.digest).replace(PORT, sandbox.address());
        let run = Run::of(sandbox.command(&args).env("USER", "ann"));
        let digest = run.stdout.lines().find_map(|line| line.strip_prefix("Digest: "));
        self.digest = digest.map_or(std::mem::take(&mut self.digest), str::to_owned);
        let printed = Block { lines: lines(&run), status: run.status };
        if let Some(what) = oracle.objects(sandbox) {
            self.wrong.push(Wrong { line, is_block: false, what: format!("`{words}`: {what}") });
        }
        if expected.covers(&printed) {
            return None;
        }
        let what = format!("`{words}` ends with {} and prints\n{}", printed.status, printed.lines.join("\n"));
        self.wrong.push(Wrong { line, is_block: true, what });
        Some(printed)
    }
}

fn begin(how: &str) -> Sandbox {
    let (begin, settings) = how.split_once(' ').unwrap_or((how, ""));
    let world = if begin == "by-hand" { "--world by-hand" } else { "" };
    let sandbox = Sandbox::start_with(&format!("{settings} {world}"));
    if begin == "applied" {
        let _run = sandbox.fedctl("apply demo.yaml --auto-approve").exits_with(0);
        sandbox.forget_requests();
    }
    sandbox
}

/// What a run printed, with what differs from run to run left out.
fn lines(run: &Run) -> Vec<String> {
    let text = format!("{}{}", run.stdout, run.stderr);
    let text = env::redact(&text).replace("127.0.0.1:PORT", PORT);
    text.lines().map(|line| env::midnight(&env::without_ids(line.trim_end()))).collect()
}
