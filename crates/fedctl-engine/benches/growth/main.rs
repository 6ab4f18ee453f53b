//! How the cost of planning and applying grows with the number of people: CPU, memory and requests of fedctl alone.
//!
//! This process holds the simulated organisations. For every measurement it starts itself again as fedctl, and answers
//! that process over a pipe: so its memory is fedctl's own, and its CPU too once the time spent at the pipe is taken off.
//! What is judged are ratios between two sizes of one run, never a time.
//!
//! ```text
//! cargo xtask bench --quick      1,000 and 10,000 people
//! cargo xtask bench              100,000 too
//! ```

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people at a terminal")]

mod fedctl;
mod gauge;
mod measured;
mod report;
mod service;
mod wire;
mod yardstick;

use std::io;
use std::process::ExitCode;

use fedctl::Task;
use measured::Measured;
use report::Size;
use service::Service;

/// The first argument of this program when it is to be fedctl.
const AS_FEDCTL: &str = "--as-fedctl";

/// How often a CPU time is measured, each time in a new process. The least counts: noise only ever adds.
const TRIES: usize = 5;

/// How often everything is measured before a ratio over its bar counts.
const ROUNDS: u32 = 4;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    if let [AS_FEDCTL, task, people, spec] = args[..] {
        let task = Task::named(task).expect("the parent names a task");
        let done = fedctl::be(task, people.parse().expect("the parent says how many people"), spec);
        return if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    // Cargo says `--bench`, and nothing when it only wants to see that tests pass.
    if !args.contains(&"--bench") {
        println!("nothing measured: `cargo xtask bench` does");
        return ExitCode::SUCCESS;
    }
    let sizes: &[u64] = match args.iter().find(|arg| **arg != "--bench") {
        None | Some(&"--full") => &[1_000, 10_000, 100_000],
        Some(&"--quick") => &[1_000, 10_000],
        Some(other) => {
            eprintln!("growth: `{other}` is not understood; there are --quick and --full");
            return ExitCode::from(64);
        }
    };
    match rounds(sizes) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("growth: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures; once more when a ratio was over its bar, for a machine that others use too is sometimes slow for a while. Of
/// all rounds the least counts, at both sizes: noise only ever adds.
fn rounds(sizes: &[u64]) -> io::Result<bool> {
    // A hundred thousand people take minutes: whoever measures them reads the table.
    let rounds = if sizes.contains(&100_000) { 1 } else { ROUNDS };
    let mut measured = measure(sizes)?;
    for round in 1..=rounds {
        let (text, is_good) = report::judge(&measured);
        if is_good || round == rounds {
            print!("{}\n{text}", report::table(&measured));
            return Ok(is_good);
        }
        eprintln!("a ratio was over its bar in round {round} of {rounds}:\n{text}");
        measured = measured.into_iter().zip(measure(sizes)?).map(|(one, other)| one.least(other)).collect();
    }
    Ok(false)
}

fn measure(sizes: &[u64]) -> io::Result<Vec<Size>> {
    let mut done = Vec::new();
    for people in sizes {
        eprintln!("measuring {people} people");
        done.push(size(*people)?);
    }
    Ok(done)
}

fn size(people: u64) -> io::Result<Size> {
    let mut service = Service::with_all(people);
    let idle = best(|| service.run(Task::Idle))?;
    let yardstick = best(|| service.run(Task::Yardstick))?;
    let plan = best(|| service.run(Task::Plan))?;
    let fresh = service;
    let mut service = fresh.clone();
    let apply = best(|| {
        service = fresh.clone();
        service.run(Task::Apply)
    })?;
    drop(fresh);
    let again = best(|| service.run(Task::NoOp))?;
    drop(service);
    let mut few = Service::with_ten(people);
    let ten = [few.run(Task::Plan)?, few.run(Task::Apply)?, few.run(Task::NoOp)?];
    Ok(Size { people, idle, yardstick, plan, apply, again, ten })
}

fn best(mut run: impl FnMut() -> io::Result<Measured>) -> io::Result<Measured> {
    let mut best = run()?;
    for _ in 1..TRIES {
        best = best.least(run()?);
    }
    Ok(best)
}
