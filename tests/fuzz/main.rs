//! Bad input to everything that reads: no input makes fedctl or the simulator panic, and what is shown can be read again.
//!
//! A target takes bytes. Its corpus is in `tests/corpora/NAME` and in what the program itself writes; `cargo test` replays it
//! and some hundreds of inputs that are like it, `cargo xtask fuzz --seconds N` goes on for so long with each.

#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, reason = "a test that prints figures")]

#[expect(dead_code, reason = "not everything that carries in the tests of the core is of use here")]
#[path = "../../crates/fedctl-core/tests/world/carry.rs"]
mod carry;
mod mutate;
mod read;
mod service;
mod sinks;
mod texts;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use mutate::{Dice, mutated};

/// Something that reads.
struct Target {
    name: &'static str,
    /// Inputs that are good, or were bad once, beside the files.
    seeds: fn() -> Vec<Vec<u8>>,
    /// Reads one input. It panics when a promise is broken.
    run: fn(&[u8]),
}

static TARGETS: [Target; 11] = [
    Target { name: "spec", seeds: texts::specs, run: texts::spec },
    Target { name: "operator", seeds: texts::operators, run: texts::operator },
    Target { name: "plan-file", seeds: texts::plan_files, run: texts::plan_file },
    Target { name: "journal", seeds: texts::journals, run: texts::journal },
    Target { name: "message", seeds: texts::messages, run: texts::message },
    Target { name: "answers-to-reads", seeds: service::answers, run: service::reading },
    Target { name: "answers-to-writes", seeds: service::answers, run: service::writing },
    Target { name: "request", seeds: service::requests, run: service::request },
    Target { name: "sinks", seeds: sinks::names, run: sinks::show },
    Target { name: "filters", seeds: sinks::names, run: sinks::filter },
    Target { name: "paths", seeds: sinks::names, run: sinks::path },
];

/// Inputs of each target in the short form.
const SHORT: usize = 150;
/// How many targets run at a time in the long form.
const THREADS: usize = 2;

/// When a target has had enough.
#[derive(Clone, Copy)]
enum Until {
    Inputs(usize),
    Time(Duration),
}

impl Target {
    fn corpus(&self) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpora").join(self.name);
        let files = std::fs::read_dir(folder).into_iter().flatten().map(|file| file.unwrap().path());
        let mut files: Vec<_> = files.collect();
        files.sort();
        let mut corpus = (self.seeds)();
        corpus.extend(files.iter().map(|file| std::fs::read(file).unwrap()));
        corpus
    }

    /// Replays the corpus, then goes on with inputs like it; gives how many there were.
    fn fuzz(&self, seed: u64, until: Until) -> usize {
        let corpus = self.corpus();
        assert!(!corpus.is_empty(), "{} has a corpus", self.name);
        corpus.iter().for_each(|input| self.one(input, seed));
        let (mut dice, began, mut inputs) = (Dice::new(seed), Instant::now(), corpus.len());
        loop {
            match until {
                Until::Inputs(most) if inputs >= corpus.len() + most => return inputs,
                Until::Time(most) if began.elapsed() >= most => return inputs,
                Until::Inputs(_) | Until::Time(_) => {}
            }
            let from = dice.below(corpus.len());
            let input = mutated(&corpus[from], &corpus, &mut dice);
            self.one(&input, seed);
            inputs += 1;
        }
    }

    /// What breaks on one input is said with the input: put it into the corpus.
    fn one(&self, input: &[u8], seed: u64) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (self.run)(input))) {
            eprintln!("fuzz: {} fails, seed {seed}, on {:?}", self.name, String::from_utf8_lossy(input));
            eprintln!("fuzz: its bytes: {input:02x?}");
            std::panic::resume_unwind(panic);
        }
    }
}

/// Runs every target, some at a time, and prints the figures.
fn all(seed: u64, until: Until) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        let mut inputs = 0;
        while let Some(target) = TARGETS.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
            inputs += target.fuzz(seed, until);
        }
        inputs
    };
    let inputs: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no input makes a target panic")).sum()
    });
    println!("fuzz: {} targets, {inputs} inputs, 0 panics", TARGETS.len());
}

#[test]
fn no_input_makes_anything_panic() {
    all(1, Until::Inputs(SHORT));
}

#[test]
#[ignore = "long: cargo xtask fuzz"]
fn no_input_makes_anything_panic_for_long() {
    let seconds = number("FEDCTL_SECONDS").unwrap_or(60);
    let seed = number("FEDCTL_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    println!("fuzz: seed {seed}, {seconds} s each");
    all(seed, Until::Time(Duration::from_secs(seconds)));
}

#[expect(clippy::disallowed_methods, reason = "numbers of whoever runs it for long, not of the program")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
