//! What a rehearsal costs beside the plan: `cargo bench -p fedctl-rehearsal [-- PEOPLE]`. Everything is in memory and read.
//!
//! The people of a federation are there, and one in a hundred joins. It fails when rehearsing takes more than a fifth of the
//! time of planning, four times in a row.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark is a test for people at a terminal")]

#[expect(dead_code, reason = "the tests of the core need more of it")]
#[path = "../../fedctl-core/tests/world/carry.rs"]
mod carry;

use std::time::{Duration, Instant};

use fedctl_core::drive;
use fedctl_core::live::Live;
use fedctl_core::planner::{self, Step};
use fedctl_core::spec::Spec;
use jumpcloud_sim::{NewUser, fixture};

use carry::Memory;

fn person(number: usize) -> NewUser {
    NewUser {
        email: format!("person{number}@acme.com"),
        username: format!("person{number}"),
        firstname: format!("First{number}"),
        password: Some("Correct-Horse-7".to_owned()),
        ..NewUser::default()
    }
}

/// So many people who sign in through a federation, and a hundredth more who are to.
fn world(people: usize) -> (Memory, Spec) {
    let mut memory = Memory::new(fixture::pair(3));
    let group = memory.world.add_group(memory.primary, "Contractors");
    let join = |memory: &mut Memory, number: usize| {
        let user = memory.world.add_user(memory.primary, person(number));
        memory.world.add_member(group, user);
    };
    (0..people).for_each(|number| join(&mut memory, number));
    let spec = carry::spec(&memory, "  from: {groups: [Contractors]}", "");
    let (_, ends) = carry::apply(&spec, &mut memory);
    assert!(ends.iter().all(fedctl_core::apply::End::is_good));
    (people..people + people.div_ceil(100)).for_each(|number| join(&mut memory, number));
    (memory, spec)
}

fn timed<T>(what: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let made = what();
    (made, start.elapsed())
}

/// Planning alone, and what a rehearsal adds to it: the least of some tries.
fn measure(spec: &Spec, live: &Live, tries: usize) -> (Duration, Duration) {
    let terms = carry::terms();
    let (mut plan, mut more) = (Duration::MAX, Duration::MAX);
    for _ in 0..tries {
        let (_, planned) = timed(|| planner::step(spec, &terms, live));
        let (step, both) = timed(|| planner::step_with_cast(spec, &terms, live));
        let Step::Ready(ready) = step else { panic!("no plan") };
        let (rehearsal, rehearsed) =
            timed(|| fedctl_rehearsal::rehearse(spec, &terms, live, &ready.0, ready.1.as_ref().unwrap()));
        assert_eq!(rehearsal.refusals, []);
        let cast = both.saturating_sub(planned);
        println!(
            "{} actions, {} situations, {} states: plan {planned:.1?}, cast {cast:.1?}, rehearsal {rehearsed:.1?}",
            rehearsal.actions, rehearsal.situations, rehearsal.states
        );
        (plan, more) = (plan.min(planned), more.min(cast + rehearsed));
    }
    (plan, more)
}

fn main() {
    let people = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(100_000);
    let (mut memory, spec) = world(people);
    let terms = carry::terms();
    let (_, live) = drive::read(&spec, &mut memory, |live| planner::step(&spec, &terms, live)).unwrap();
    drop(memory);
    let (plan, more) = measure(&spec, &live, 5);
    let share = more.as_secs_f64() / plan.as_secs_f64() * 100.0;
    println!("rehearsal: {people} people, one in a hundred joins: plan {plan:.1?}, rehearsal {more:.1?}, {share:.0} %");
    let is_over = || {
        (0..3).all(|_| {
            let (plan, more) = measure(&spec, &live, 5);
            more > plan.mul_f64(0.2)
        })
    };
    assert!(share <= 20.0 || !is_over(), "over its bar of 20 % four times in a row");
}
