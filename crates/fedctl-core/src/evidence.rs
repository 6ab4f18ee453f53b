//! What the logs of both organisations say about the pair of app and identity provider.
//!
//! A sign-in is *correlated*: an `sso_auth` of our app by a person at the primary organisation, and within two minutes a
//! log-in to that person's account that succeeded. `[inferred]`: the log has no mark of a federated log-in, so this is what
//! can be seen, and no proof. Nor has it any event of a change of an identity provider; "since the last change" means
//! changes of the app that the log has, and the times at which app and provider were made, which their ids tell.

use std::collections::{BTreeMap, BTreeSet};

use crate::escrow::Kept;
use crate::kinds::context::Found;
use crate::live::events::What;
use crate::live::{Event, Far, Live, Needs, Told, User};
use crate::object_id::ObjectId;
use crate::people::{People, Person};
use crate::plan::Pair;

/// How long after the primary organisation let somebody through their log-in may come, in milliseconds. `[inferred]`
const WITHIN: u64 = 120_000;

/// What the logs say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// How much is known of a pair whose client ids are equal.
    pub(crate) pair: Pair,
    /// Accounts that were opened through the present pair.
    signed_in: BTreeSet<ObjectId>,
    /// What it rests on.
    pub(crate) log: Log,
}

/// What the logs tell of the present pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Log {
    /// There is no pair to speak of.
    NoPair,
    /// It cannot be read with these keys.
    Unreadable,
    /// It was read.
    Read {
        /// The last change of app or provider that is known, in milliseconds since 1970: what came before says nothing.
        since: u64,
        /// Everything since then was read. Else there is more than is asked for, and the oldest is missing.
        is_whole: bool,
        /// Everybody of the population who was let through since then, by time.
        sign_ins: Vec<SignIn>,
    },
}

/// Somebody whom the primary organisation let through to the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignIn {
    /// When, in milliseconds since 1970.
    pub(crate) at: u64,
    /// Their account in the secondary organisation.
    pub(crate) account: ObjectId,
    /// Whether it opened; `None`: the log does not show it, or not yet.
    pub(crate) arrived: Option<bool>,
}

impl Evidence {
    pub(crate) const NONE: Self = Self::of(Pair::Unproved, Log::NoPair);

    const fn of(pair: Pair, log: Log) -> Self {
        Self { pair, signed_in: BTreeSet::new(), log }
    }

    /// When somebody came in last through the present pair, in milliseconds since 1970.
    pub(crate) fn newest_arrival(&self) -> Option<u64> {
        let Log::Read { sign_ins, .. } = &self.log else { return None };
        sign_ins.iter().filter(|sign_in| sign_in.arrived == Some(true)).map(|sign_in| sign_in.at).max()
    }

    /// Adds what is known of the escrowed secret: one that the app does not take any more speaks against the pair, whatever the
    /// log shows.
    pub(crate) fn weigh(&mut self, kept: Option<Kept>) {
        let is_taken = kept.filter(|kept| kept.is_kept).and_then(|kept| kept.is_taken);
        self.pair = self.pair.weighed(is_taken);
    }

    /// Whether somebody signed in to this account through the present pair.
    pub(crate) fn has(&self, account: ObjectId) -> bool {
        self.signed_in.contains(&account)
    }
}

/// Reads it, if there is a pair to speak of: at most one question to each organisation.
pub(crate) fn find(
    live: &Live,
    needs: &mut Needs,
    far: Far,
    people: &People<'_>,
    found: &Found<'_>,
) -> Option<Evidence> {
    let provider = found.provider.filter(|provider| found.app.has_client_id(provider));
    let (Some(app), Some(provider)) = (found.app.itself(), provider) else { return Some(Evidence::NONE) };
    let made = app.id.made().max(provider.id.made());
    let Ok(log) = needs.app_log(live, app.id, made, far)? else {
        return Some(Evidence::of(Pair::Unlogged, Log::Unreadable));
    };
    let changes = Changes::of(&log.events, made * 1000);
    let comings = comings(&log.events, &changes, people);
    let Some(first) = comings.first() else {
        return Some(Evidence::of(changes.unseen(), told(&changes, log, &comings, &Told::default())));
    };
    let accounts = comings.iter().map(|coming| coming.account).collect();
    Some(match needs.log_ins(live, accounts, first.at / 1000, far)? {
        Ok(log_ins) => {
            let (pair, signed_in) = judge(&changes, &comings, &log_ins.events);
            Evidence { pair, signed_in, log: told(&changes, log, &comings, log_ins) }
        }
        Err(_) if changes.by_hand.is_some() => Evidence::of(Pair::Changed, Log::Unreadable),
        Err(_) => Evidence::of(Pair::Unlogged, Log::Unreadable),
    })
}

/// What became of everybody who came since the last change.
fn told(changes: &Changes, log: &Told<Event>, comings: &[Coming], log_ins: &Told<Event>) -> Log {
    let present = || comings.iter().filter(|coming| coming.at > changes.last);
    let is_shown = present().next().is_none_or(|first| log_ins.reaches(first.at));
    let sign_in =
        |coming: &Coming| SignIn { at: coming.at, account: coming.account, arrived: arrived(coming, &log_ins.events) };
    let is_whole = log.reaches(changes.last) && is_shown;
    Log::Read { since: changes.last, is_whole, sign_ins: present().map(sign_in).collect() }
}

/// When the app was changed, in milliseconds since 1970.
#[derive(Debug, Clone, Copy)]
struct Changes {
    /// The last time that is known, at least when the younger of app and provider was made.
    last: u64,
    /// The last time in the console, if that is after both were made.
    by_hand: Option<u64>,
    made: u64,
}

impl Changes {
    fn of(log: &[Event], made: u64) -> Self {
        let since = log.iter().filter(|event| event.at > made);
        let changes = || since.clone().filter(|event| matches!(event.what, What::Change { .. })).map(|event| event.at);
        let by_hand = since.clone().filter(|event| event.what == What::Change { by_hand: true });
        Self { last: changes().max().unwrap_or(made), by_hand: by_hand.map(|event| event.at).max(), made }
    }

    /// What is known when nobody was seen to sign in.
    fn unseen(&self) -> Pair {
        if self.by_hand.is_some() { Pair::Changed } else { Pair::Unproved }
    }
}

/// Somebody whom the primary organisation let through, and whose account is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Coming {
    at: u64,
    account: ObjectId,
    /// They could get in as they are now, so that a log-in that failed did not fail because of them.
    is_able: bool,
}

/// Who came since somebody last worked on the app by hand, by time. Earlier ones say nothing about the present pair.
fn comings(log: &[Event], changes: &Changes, people: &People<'_>) -> Vec<Coming> {
    let accounts: BTreeMap<ObjectId, (&Person<'_>, &User)> =
        people.list.iter().filter_map(|person| Some((person.user.id, (person, person.live?)))).collect();
    let from = changes.by_hand.unwrap_or(changes.made);
    let coming = |event: &Event| match event.what {
        What::SignIn(user) if event.at > from => {
            let (person, account) = accounts.get(&user)?;
            Some(Coming { at: event.at, account: account.id, is_able: is_able(person, account) })
        }
        What::SignIn(_) | What::Change { .. } | What::LogIn { .. } => None,
    };
    let mut comings: Vec<Coming> = log.iter().filter_map(coming).collect();
    comings.sort_unstable();
    comings
}

/// Whether their claim names their account, and that is open.
fn is_able(person: &Person<'_>, account: &User) -> bool {
    let is_named = person.user.mapping.as_deref().is_some_and(|claim| claim.eq_ignore_ascii_case(&account.email));
    is_named && !account.is_shut() && !account.is_locked
}

/// What became of everybody who came. The newest of whom that is known decides.
fn judge(changes: &Changes, comings: &[Coming], log_ins: &[Event]) -> (Pair, BTreeSet<ObjectId>) {
    let ends: Vec<(&Coming, bool)> =
        comings.iter().filter_map(|coming| Some((coming, arrived(coming, log_ins)?))).collect();
    let through: Vec<&Coming> = ends.iter().filter(|(_, arrived)| *arrived).map(|(coming, _)| *coming).collect();
    let is_present = |coming: &Coming| coming.at > changes.last;
    let pair = match ends.last() {
        Some((coming, false)) if is_present(coming) => Pair::Failing,
        Some((coming, true)) if is_present(coming) => {
            let signed_in = through.iter().filter(|coming| is_present(coming)).map(|coming| coming.account);
            return (Pair::Proved, signed_in.collect());
        }
        Some(_) | None if through.is_empty() => changes.unseen(),
        Some(_) | None => Pair::Unproved,
    };
    (pair, BTreeSet::new())
}

/// Whether their account opened. Nothing that the log shows, or not yet: nobody knows.
fn arrived(coming: &Coming, log_ins: &[Event]) -> Option<bool> {
    let end = coming.at.saturating_add(WITHIN);
    let from = log_ins.partition_point(|event| event.at < coming.at);
    let tries = log_ins[from..].iter().take_while(|event| event.at <= end).filter_map(|event| match event.what {
        What::LogIn { account, success } if account == coming.account => Some(success),
        What::LogIn { .. } | What::SignIn(_) | What::Change { .. } => None,
    });
    let arrived = tries.max()?;
    (arrived || coming.is_able).then_some(arrived)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> ObjectId {
        ObjectId::parse(&format!("{number:024x}")).unwrap()
    }

    fn coming(at: u64, account: u8) -> Coming {
        Coming { at, account: id(account), is_able: true }
    }

    fn log_in(at: u64, account: u8, success: bool) -> Event {
        Event { at, what: What::LogIn { account: id(account), success } }
    }

    fn change(at: u64, by_hand: bool) -> Event {
        Event { at, what: What::Change { by_hand } }
    }

    const NO_CHANGE: Changes = Changes { last: 0, by_hand: None, made: 0 };

    #[test]
    fn a_log_in_counts_for_two_minutes_and_for_its_own_account() {
        let pair = |log_in| judge(&NO_CHANGE, &[coming(1_000, 1)], &[log_in]).0;
        assert_eq!(pair(log_in(1_000, 1, true)), Pair::Proved);
        assert_eq!(pair(log_in(121_000, 1, true)), Pair::Proved);
        for log_in in [log_in(999, 1, true), log_in(121_001, 1, true), log_in(1_001, 2, true), log_in(999, 1, false)] {
            assert_eq!(pair(log_in), Pair::Unproved);
        }
    }

    #[test]
    fn the_newest_who_is_known_to_have_arrived_or_not_decides() {
        let comings = [coming(1_000, 1), coming(200_000, 2), coming(400_000, 3)];
        let (one, two) = (log_in(1_001, 1, true), log_in(200_001, 2, true));
        let judged = judge(&NO_CHANGE, &comings, &[one, two]);
        assert_eq!((judged.0, judged.1.contains(&id(1)), judged.1.contains(&id(3))), (Pair::Proved, true, false));
        let failed = judge(&NO_CHANGE, &comings, &[one, two, log_in(400_001, 3, false)]);
        assert_eq!((failed.0, failed.1.contains(&id(1))), (Pair::Failing, false));
        let at_second_try = [one, two, log_in(400_001, 3, false), log_in(400_002, 3, true)];
        assert_eq!(judge(&NO_CHANGE, &comings, &at_second_try).0, Pair::Proved);
        let mut shut = comings;
        shut[2].is_able = false;
        assert_eq!(judge(&NO_CHANGE, &shut, &[one, two, log_in(400_001, 3, false)]).0, Pair::Proved);
    }

    #[test]
    fn what_came_before_the_last_change_proves_nothing_and_takes_suspicion_of_hands_away() {
        let arrived = [log_in(1_001, 1, true)];
        let pair = |log: &[Event]| judge(&Changes::of(log, 0), &[coming(1_000, 1)], &arrived).0;
        assert_eq!(pair(&[change(500, true)]), Pair::Proved);
        assert_eq!(pair(&[change(500, true), change(2_000, false)]), Pair::Unproved);
        let failed = [log_in(1_001, 1, false)];
        let changes = Changes::of(&[change(500, true), change(2_000, false)], 0);
        assert_eq!(
            judge(&changes, &[coming(1_000, 1)], &failed).0,
            Pair::Changed,
            "nobody arrived since hands were on it"
        );
        let old = Changes::of(&[change(500, true)], 600);
        assert_eq!(old.unseen(), Pair::Unproved, "before both were made");
    }
}
