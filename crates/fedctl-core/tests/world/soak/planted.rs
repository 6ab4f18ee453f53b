//! The soak is tried, too: every mistake that is planted has to be found.

use std::panic;

use fedctl_core::planted::{Planted, plant};
use proptest::strategy::ValueTree;

use super::life::live;
use super::story::tree;

/// How many worlds a mistake may take to be found.
const SEEDS: u64 = 2_000;

/// The first world in which a mistake shows, and how.
fn found(mistake: Planted) -> Option<(u64, String)> {
    plant(Some(mistake));
    let shown = (0..SEEDS).find_map(|seed| {
        let story = tree(seed).1.current();
        let wrong = panic::catch_unwind(|| live(&story).wrong).unwrap_or_else(|_| Some("it panicked".to_owned()));
        wrong.map(|wrong| (seed, wrong))
    });
    plant(None);
    shown
}

#[test]
fn every_planted_mistake_is_found() {
    panic::set_hook(Box::new(|_| {}));
    let chunk = Planted::ALL.len().div_ceil(2);
    let halves: Vec<_> = Planted::ALL
        .chunks(chunk)
        .map(|half| {
            std::thread::spawn(move || half.iter().map(|mistake| (*mistake, found(*mistake))).collect::<Vec<_>>())
        })
        .collect();
    let all: Vec<_> = halves.into_iter().flat_map(|half| half.join().unwrap()).collect();
    drop(panic::take_hook());
    for (mistake, found) in &all {
        match found {
            Some((seed, how)) => println!("{mistake:?}: in world {seed}: {how:.160}"),
            None => println!("{mistake:?}: NOT FOUND in {SEEDS} worlds"),
        }
    }
    let count = all.iter().filter(|(_, found)| found.is_some()).count();
    let worlds: u64 = all.iter().filter_map(|(_, found)| Some(found.as_ref()?.0 + 1)).sum();
    println!("planted: {count} of {} found, in {worlds} worlds", all.len());
    assert_eq!(count, all.len());
}
