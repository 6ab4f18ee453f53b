//! Where a federation stands: who has signed in through it since the last change, who not yet, and who cannot.
//!
//! A trace says what should be, the log what was. Where the two differ, the log is believed: it tells of what no answer shows.

use std::collections::BTreeMap;

use super::{Hop, Traced, Verification, ask_for_other_ways, verification};
use crate::evidence::{Log, SignIn};
use crate::kinds::context::Context;
use crate::live::{Far, Live};
use crate::object_id::ObjectId;
use crate::people::Person;
use crate::plan::Held;
use crate::plan::rules::{Aim, Rules};
use crate::planner::{Step, Terms, resolved};
use crate::spec::Spec;

/// Milliseconds of a day.
const DAY: u64 = 86_400_000;

/// Where a federation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// What the organisations say now.
    pub found: Verification,
    /// Everybody in the order of `found.people`.
    pub people: Vec<Standing>,
    /// What can be known of sign-ins.
    pub log: Reach,
    /// Sign-ins by day, as days since 1970 by UTC, of everybody of the population: only days that have some.
    pub days: BTreeMap<u64, Day>,
}

/// How far the log goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// There is no pair of app and identity provider to sign in by.
    NoPair,
    /// It cannot be read with these keys.
    Unreadable,
    /// It was read from the last change that is known.
    Since {
        /// That change, in milliseconds since 1970.
        change: u64,
        /// Nothing since then is missing.
        is_whole: bool,
    },
}

/// The sign-ins of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Day {
    /// Those that opened an account.
    pub arrived: usize,
    /// Those that did not.
    pub failed: usize,
    /// Those of which the log does not show what became.
    pub open: usize,
}

/// How somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// In one word.
    pub state: State,
    /// When they got in last since the last change, in milliseconds since 1970.
    pub last: Option<u64>,
    /// How often they got in since then.
    pub times: usize,
}

/// How somebody stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// They got in.
    SignedIn,
    /// Nothing is in their way, and they have not come.
    NotYet,
    /// A hop is broken that should not be.
    Broken(Hop),
    /// Every hop is whole, and they did not get in when they came last.
    TurnedAway,
    /// They are not ready yet, which is no fault of the federation.
    Held(Held),
    /// It cannot be known.
    Unknown(Doubt),
}

/// Why it cannot be known whether somebody signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The log cannot be read.
    Unreadable,
    /// It is longer than what is read of it.
    TooLong,
    /// They were let through, and nothing shows what became of it.
    NoEnd,
    /// Their account is not taken over, and nobody asks about it.
    NotOurs,
}

impl Doubt {
    /// The reason as a person reads it.
    pub fn as_str(self) -> &'static str {
        match self {
            Doubt::Unreadable => "the log of sign-ins cannot be read with this key",
            Doubt::TooLong => "the log is longer than what is read of it, and they may be in the rest",
            Doubt::NoEnd => {
                "they authenticated at the primary organisation; what became of it, the log does not show, or not yet"
            }
            Doubt::NotOurs => "their account is not taken over, so its log-ins are not asked for",
        }
    }
}

/// Where everybody of the population stands, or what has to be read first. It reads what a verification reads.
pub fn step(spec: &Spec, terms: &Terms, live: &Live) -> Step<Status> {
    let keeping = Terms { rules: Rules { aim: Aim::Keep, far: Far::Whole, ..terms.rules.clone() }, ..terms.clone() };
    resolved(spec, &keeping, live, ask_for_other_ways, |people, found| {
        let verified = verification(live, &Context { spec, terms, people, found, as_of: live.as_of });
        let log = &found.evidence.log;
        let came = came(log);
        let everybody = people.list.iter().zip(&verified.people);
        let people = everybody.map(|(person, traced)| standing(person, traced, log, &came)).collect();
        Status { people, log: reach(log), days: days(log), found: verified }
    })
}

fn reach(log: &Log) -> Reach {
    match log {
        Log::NoPair => Reach::NoPair,
        Log::Unreadable => Reach::Unreadable,
        Log::Read { since, is_whole, .. } => Reach::Since { change: *since, is_whole: *is_whole },
    }
}

fn sign_ins(log: &Log) -> &[SignIn] {
    match log {
        Log::NoPair | Log::Unreadable => &[],
        Log::Read { sign_ins, .. } => sign_ins,
    }
}

/// Everybody's sign-ins, by time.
fn came(log: &Log) -> BTreeMap<ObjectId, Vec<SignIn>> {
    let mut came: BTreeMap<ObjectId, Vec<SignIn>> = BTreeMap::new();
    for sign_in in sign_ins(log) {
        came.entry(sign_in.account).or_default().push(*sign_in);
    }
    came
}

fn days(log: &Log) -> BTreeMap<u64, Day> {
    let mut days: BTreeMap<u64, Day> = BTreeMap::new();
    for sign_in in sign_ins(log) {
        let day = days.entry(sign_in.at / DAY).or_default();
        match sign_in.arrived {
            Some(true) => day.arrived += 1,
            Some(false) => day.failed += 1,
            None => day.open += 1,
        }
    }
    days
}

fn standing(person: &Person<'_>, traced: &Traced, log: &Log, came: &BTreeMap<ObjectId, Vec<SignIn>>) -> Standing {
    let own = person.live.and_then(|account| came.get(&account.id)).map_or(&[][..], Vec::as_slice);
    let arrived = || own.iter().filter(|sign_in| sign_in.arrived == Some(true));
    let state = match (traced.broken(), traced.held) {
        (Some(_), Some(held)) => State::Held(held),
        (Some(hop), None) => State::Broken(hop),
        (None, _) if person.live.is_none() => State::Unknown(Doubt::NotOurs),
        (None, _) => seen(log, own),
    };
    Standing { state, last: arrived().map(|sign_in| sign_in.at).max(), times: arrived().count() }
}

/// What the log says of somebody in whose way nothing is. The newest of what is known decides.
fn seen(log: &Log, own: &[SignIn]) -> State {
    let Log::Read { is_whole, .. } = log else { return State::Unknown(Doubt::Unreadable) };
    match own.iter().rev().find_map(|sign_in| sign_in.arrived) {
        Some(true) => State::SignedIn,
        Some(false) => State::TurnedAway,
        None if !own.is_empty() => State::Unknown(Doubt::NoEnd),
        None if !is_whole => State::Unknown(Doubt::TooLong),
        None => State::NotYet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign_in(at: u64, arrived: Option<bool>) -> SignIn {
        SignIn { at, account: ObjectId::parse("61aa0d3e9b1e8a0001a1b2c3").unwrap(), arrived }
    }

    fn log(is_whole: bool, sign_ins: Vec<SignIn>) -> Log {
        Log::Read { since: 0, is_whole, sign_ins }
    }

    #[test]
    fn the_newest_that_is_known_decides_and_nothing_is_called_not_yet_that_may_have_been() {
        let state = |is_whole, own: &[SignIn]| seen(&log(is_whole, own.to_vec()), own);
        assert_eq!(state(true, &[]), State::NotYet);
        assert_eq!(state(false, &[]), State::Unknown(Doubt::TooLong));
        let [no, yes, nobody_knows] = [Some(false), Some(true), None].map(|arrived| sign_in(1, arrived));
        assert_eq!(state(true, &[no, yes]), State::SignedIn);
        assert_eq!(state(false, &[yes, no, nobody_knows]), State::TurnedAway);
        assert_eq!(state(true, &[nobody_knows]), State::Unknown(Doubt::NoEnd));
        for unread in [Log::NoPair, Log::Unreadable] {
            assert_eq!(seen(&unread, &[]), State::Unknown(Doubt::Unreadable));
        }
    }

    #[test]
    fn days_begin_at_midnight_by_utc_and_have_all_three_ends() {
        let ends = [(DAY - 1, Some(true)), (DAY, Some(true)), (DAY + 1, Some(false)), (2 * DAY - 1, None)];
        let days = days(&log(true, ends.map(|(at, arrived)| sign_in(at, arrived)).to_vec()));
        let day = |arrived, failed, open| Day { arrived, failed, open };
        assert_eq!(days, BTreeMap::from([(0, day(1, 0, 0)), (1, day(1, 1, 1))]));
    }
}
