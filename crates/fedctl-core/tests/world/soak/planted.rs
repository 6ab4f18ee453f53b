//! The soak is tried, too: of the mistakes that are planted it has to find those that somebody would make.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fedctl_core::planted::{Planted, plant};
use proptest::strategy::ValueTree;

use super::life::live;
use super::story::{taken_over, tree, with_a_stranger};

/// How many worlds a mistake may take to be found.
const SEEDS: u64 = 2_000;
/// The number of the first world in which a mistake shows, and how.
type Shown = Option<(u64, String)>;

/// What goes wrong in the world of this seed; one in eight is a take-over, and in one somebody routes a stranger.
fn wrong(seed: u64, mistake: Option<Planted>) -> Option<String> {
    plant(mistake);
    let story = match seed % 8 {
        7 => taken_over(seed),
        3 => with_a_stranger(seed),
        _ => tree(seed).1.current(),
    };
    let wrong = panic::catch_unwind(|| live(&story).wrong).unwrap_or_else(|_| Some("it panicked".to_owned()));
    plant(None);
    wrong
}

/// Where a mistake shows: in a world that is as it should be without it.
fn found(mistake: Planted, seeds: u64) -> Shown {
    (0..seeds).find_map(|seed| {
        let how = wrong(seed, Some(mistake))?;
        wrong(seed, None).is_none().then_some((seed, how))
    })
}

/// Looks for all of them on two threads.
fn searched(seeds: u64) -> Vec<(Planted, Shown)> {
    let next = AtomicUsize::new(0);
    let only = crate::asked::word("FEDCTL_MISTAKE");
    let is_asked = |mistake: &Planted| only.as_ref().is_none_or(|only| only.contains(&format!("{mistake:?}")));
    let search = || {
        let mut all = Vec::new();
        while let Some(mistake) = Planted::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            if !is_asked(mistake) {
                continue;
            }
            let shown = found(*mistake, seeds);
            match &shown {
                Some((seed, how)) => println!("{mistake:?}: in world {}: {how:.160}", seed + 1),
                None => println!("{mistake:?}: NOT FOUND in {seeds} worlds"),
            }
            all.push((*mistake, shown));
        }
        all
    };
    thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(search));
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
#[ignore = "long: cargo xtask planted"]
fn planted_mistakes_are_found() {
    let seeds = crate::asked::number("FEDCTL_CASES").unwrap_or(SEEDS);
    panic::set_hook(Box::new(|_| {}));
    let all = searched(seeds);
    drop(panic::take_hook());
    let worlds: Vec<u64> = all.iter().filter_map(|(_, shown)| Some(shown.as_ref()?.0 + 1)).collect();
    let hardest = worlds.iter().max().copied().unwrap_or_default();
    let (count, of) = (worlds.len(), all.len());
    println!("planted: {count} of {of} found within {seeds} worlds each; the hardest took {hardest}");
    assert_eq!(count, of, "some were not found");
}
