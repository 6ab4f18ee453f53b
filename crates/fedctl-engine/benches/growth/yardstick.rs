//! What ten times as much costs on this machine at all.
//!
//! Work that is linear by its steps is not by the clock: what no longer fits a cache takes longer to reach, new memory has to
//! be mapped, and what is sorted costs n log n. How much that is differs from machine to machine, so it is measured, with the
//! plainest program that does what a planner must: read a record for each person, find it by name, make five new ones
//! that refer to it, and put them in order.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use crate::gauge;

/// New records for each person, as many as a first set-up has actions.
const RECORDS: u64 = 5;

/// Strings of each record.
const FIELDS: u64 = 12;

/// The CPU of that program for so many people.
pub(crate) fn measure(people: u64) -> Duration {
    let begin = gauge::cpu();
    drop(black_box(records(people)));
    gauge::cpu() - begin
}

fn records(people: u64) -> Vec<(String, Vec<String>)> {
    let read: BTreeMap<String, Vec<String>> =
        (0..people).map(|person| (name(person), (0..FIELDS).map(|field| value(person, field)).collect())).collect();
    let mut made: Vec<(String, Vec<String>)> = Vec::new();
    for record in 0..RECORDS {
        for person in 0..people {
            let name = name(person);
            let fields = read.get(&name).cloned().unwrap_or_default();
            made.push((format!("{record} {name}"), fields));
        }
    }
    made.sort();
    made
}

fn name(person: u64) -> String {
    format!("person-{person:07}@example.com")
}

fn value(person: u64, field: u64) -> String {
    format!("the value of field {field} of person {person}")
}
