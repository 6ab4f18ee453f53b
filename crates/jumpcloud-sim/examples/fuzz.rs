//! Random requests to a world, for as long as one likes: `cargo xtask fuzz --minutes 10`.
//!
//! Work is done in rounds. Each has a seed of its own and is the same whenever it is run; a round that fails is said
//! with the arguments that repeat it alone.

#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, reason = "a test that runs by itself")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::{Request, World};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

#[allow(dead_code, unused_imports, reason = "the test of the same requests is in it too")]
#[path = "../tests/api/random.rs"]
mod random;

const USAGE: &str = "usage: fuzz [--minutes N] [--seed N] [--rounds N]";
/// Requests of one round.
const REQUESTS: usize = 200;

/// What is done to a world.
#[derive(Debug)]
enum Deed {
    Ask(Request),
    /// The setting with this number, counted round, takes the value with that one.
    Set(usize, usize),
    Advance(u64),
    /// The person with this number tries to sign in at the secondary organisation with the address of that one.
    SignIn(usize, usize),
}

fn deed(ids: Vec<String>, key: String) -> impl Strategy<Value = Deed> {
    prop_oneof![
        40 => random::request(ids, key).prop_map(Deed::Ask),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(setting, value)| Deed::Set(setting, value)),
        1 => prop_oneof![0_u64..100_000, any::<u64>()].prop_map(Deed::Advance),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(person, account)| Deed::SignIn(person, account)),
    ]
}

/// What is to be done, from the command line.
struct Wish {
    until: Duration,
    seed: u64,
    rounds: u64,
}

fn wish(args: &[String]) -> Option<Wish> {
    let mut wish = Wish { until: Duration::from_secs(600), seed: 1, rounds: u64::MAX };
    for pair in args.chunks(2) {
        let [name, value] = pair else { return None };
        let value: u64 = value.parse().ok()?;
        match name.as_str() {
            "--minutes" => wish.until = Duration::from_secs(value.checked_mul(60)?),
            "--seed" => wish.seed = value,
            "--rounds" => wish.rounds = value,
            _ => return None,
        }
    }
    Some(wish)
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(Wish { until, seed, rounds }) = wish(&args) else {
        eprintln!("{USAGE}");
        return ExitCode::from(64);
    };
    let start = Instant::now();
    let mut round = 0;
    println!("fuzz: from seed {seed}, for {} s", until.as_secs());
    while round < rounds && start.elapsed() < until {
        let this = seed.wrapping_add(round);
        if catch_unwind(AssertUnwindSafe(|| play(this))).is_err() {
            eprintln!("fuzz: failed; the same again: cargo xtask fuzz --seed {this} --rounds 1");
            return ExitCode::FAILURE;
        }
        round += 1;
    }
    let (requests, seconds) = (round * REQUESTS as u64, start.elapsed().as_secs());
    println!("fuzz: no panic in {requests} requests in {round} rounds from seed {seed}, {seconds} s");
    ExitCode::SUCCESS
}

/// One round: a world, what is done to it, and that it can be written down and read back.
fn play(seed: u64) {
    let Pair { mut world, secondary, primary_key, secondary_key, provider_key, .. } = fixture::demo(seed, 24);
    let key = [primary_key, secondary_key, provider_key][usize::try_from(seed % 3).unwrap()].clone();
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let mut deeds = deed(random::ids(&world), key.clone());
    for number in 0..REQUESTS {
        if number % 50 == 49 {
            // What was made meanwhile is asked for too.
            deeds = deed(random::ids(&world), key.clone());
        }
        done(&mut world, secondary, deeds.new_tree(&mut runner).unwrap().current());
    }
    let exported = world.export();
    assert_eq!(World::import(exported.clone()).unwrap().export(), exported, "written down and read back");
}

fn done(world: &mut World, secondary: jumpcloud_sim::OrgId, deed: Deed) {
    match deed {
        Deed::Ask(request) => {
            let status = world.answer(&request).status;
            assert!((200..600).contains(&status), "{status}: {request:?}");
        }
        Deed::Set(setting, value) => {
            let all = world.settings().describe();
            let setting = &all[setting % all.len()];
            let values: Vec<&str> = setting.takes.split(", ").flat_map(|some| some.split(" or ")).collect();
            // A setting that takes numbers has no list of them.
            world.set(setting.name, values[value % values.len()]).ok();
        }
        Deed::Advance(ms) => world.advance(ms),
        Deed::SignIn(person, account) => {
            let primary = world.organizations().next().unwrap().id;
            let person = world.users(primary).nth(person % 24).map(|user| user.id);
            let email = world.users(secondary).nth(account % 12).map(|user| user.email.to_string());
            if let (Some(person), Some(email)) = (person, email) {
                world.sign_in_and_tell(secondary, &email, person).ok();
            }
        }
    }
}
