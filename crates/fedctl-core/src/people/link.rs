//! Whose account is whose: by our mark, or by the spec's word.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::leave::Leaver;
use super::{People, Person, Rosters, needs_access_group, refuse};
use crate::address::Org;
use crate::live::users::{State, Users};
use crate::live::{Live, User};
use crate::mark::{HowLeft, Origin, UserMark};
use crate::object_id::ObjectId;
use crate::plan::Held;
use crate::planted::planted;
use crate::spec::{Email, Override, Spec};

/// Gives everybody of the population their account, or the reason why nothing is done for them.
pub(super) fn link<'a>(spec: &Spec, live: &'a Live, rosters: &Rosters<'_>, people: &mut People<'a>) {
    let accounts = live.users(Org::Secondary);
    let names = spec.names();
    let is_ours =
        |account: &&User| account.mark.as_ref().is_some_and(|mark| names.iter().any(|name| **name == *mark.federation));
    let adopted: BTreeSet<&str> = spec.adopt.people.iter().map(|person| person.as_str()).collect();
    let mut usernames = BTreeSet::new();
    let mut linked = Linked::default();
    for person in &mut people.list {
        let ours = accounts.marked_for(person.user.id).filter(is_ours);
        match (in_use(rosters, person, ours), candidate(accounts, person)) {
            (Some(account), _) => {
                linked.accounts.insert(account.id);
                linked.of.insert(person.user.id, account);
                let origin = account.mark.as_ref().map_or(Origin::Created, |mark| mark.origin);
                own(spec, live, rosters, person, (account, origin));
            }
            (None, Some(account))
                if planted!(LinkByEmail => true, false)
                    && account.mark.as_ref().is_some_and(|mark| names.contains(&&*mark.federation)) =>
            {
                own(spec, live, rosters, person, (account, Origin::Created));
            }
            (None, Some(account)) if account.mark.is_some() => person.in_the_way = Some(account),
            (None, Some(account)) if adopted.contains(&*person.user.email) => {
                person.takes_over = true;
                own(spec, live, rosters, person, (account, Origin::Adopted));
            }
            (None, Some(account)) => {
                (person.existing, person.held) = (Some(account), Some(Held::AccountExists));
                // A template meets an account by chance; an override asks for it.
                let asks = |own: &&Override| own.person.as_str() == &*person.user.email && own.email.is_some();
                if spec.people.overrides.iter().any(|own| asks(&own)) && *account.email == *person.account {
                    people.refusals.push(refuse::not_adopted(person, account));
                }
            }
            (None, None) if adopted.contains(&*person.user.email) => {
                person.held = person.held.or(Some(Held::NothingToAdopt));
            }
            (None, None) => unnamed(accounts, &mut usernames, person),
        }
    }
    leave(spec, live, &linked, people);
}

/// The accounts of the population that carry our mark.
#[derive(Default)]
struct Linked<'a> {
    accounts: BTreeSet<ObjectId>,
    /// By the user of the primary organisation.
    of: BTreeMap<ObjectId, &'a User>,
}

/// Of several accounts with the mark of one person the one in use: that their attribute opens, else one that is routed, else
/// the one with the smallest id.
fn in_use<'a>(
    rosters: &Rosters<'_>,
    person: &Person<'_>,
    accounts: impl Iterator<Item = &'a User>,
) -> Option<&'a User> {
    let opens = person.user.mapping.as_deref().map(Email::fold);
    let is_routed = |account: &User| rosters.routed.binary_search(&account.id).is_ok();
    accounts.min_by_key(|account| (opens.as_deref() != Some(&*account.email), !is_routed(account), account.id))
}

/// Takes out of the population whoever has an account and is suspended at the primary organisation (who has none is only
/// held), and finds everybody else whose account carries our mark.
fn leave<'a>(spec: &Spec, live: &'a Live, linked: &Linked<'a>, people: &mut People<'a>) {
    let is_gone =
        |person: &Person<'_>| person.user.state == State::Suspended && person.origin.is_some() && !person.takes_over;
    let gone = people.list.iter().filter(|person| is_gone(person)).filter_map(|person| person.live);
    let gone: BTreeSet<ObjectId> = gone.map(|account| account.id).collect();
    people.list.retain(|person| !is_gone(person));
    let names = spec.names();
    let is_left = |account: &&User| !linked.accounts.contains(&account.id) || gone.contains(&account.id);
    let leaver = |account: &'a User| {
        let mark = account.mark.as_ref().filter(|mark| names.contains(&&*mark.federation))?;
        let leaver = Leaver::of(spec, account, live.users(Org::Primary).get(mark.person), live.as_of)?;
        let kept = linked.of.get(&mark.person).filter(|kept| kept.id != account.id && !gone.contains(&kept.id));
        Some(kept.map_or(leaver.clone(), |kept| leaver.second(kept)))
    };
    people.left = live.users(Org::Secondary).marked().filter(is_left).filter_map(leaver).collect();
}

/// The account that would be somebody's by what stands in it: the one that their attribute opens, else the one with the
/// wanted address. Neither proves anything.
fn candidate<'a>(accounts: &'a Users, person: &Person<'_>) -> Option<&'a User> {
    let mapping = person.user.mapping.as_deref().map(Email::fold);
    let by_mapping = mapping.and_then(|address| accounts.by_email(&address)).filter(|account| account.mark.is_none());
    by_mapping.or_else(|| accounts.by_email(&person.account))
}

/// Nobody has the address, so an account can be made if nobody has the username either.
fn unnamed(accounts: &Users, usernames: &mut BTreeSet<String>, person: &mut Person<'_>) {
    let is_taken = accounts.by_username(&person.username).is_some();
    // Two new accounts cannot have one username either: the first, by primary address, has it.
    if is_taken || (person.held.is_none() && !usernames.insert(person.username.to_lowercase())) {
        person.held = person.held.or(Some(Held::UsernameTaken));
    }
}

fn own<'a>(
    spec: &Spec,
    live: &Live,
    rosters: &Rosters<'_>,
    person: &mut Person<'a>,
    (account, origin): (&'a User, Origin),
) {
    person.live = Some(account);
    person.origin = Some(origin);
    // The address that was given at the first link stays: that is what `on_email_change: keep` means.
    let wanted = std::mem::replace(&mut person.account, Arc::from(&*account.email));
    person.wanted = Some(wanted).filter(|wanted| *wanted != person.account);
    let wanted = std::mem::replace(&mut person.username, Arc::from(&*account.username));
    person.wanted_username = Some(wanted).filter(|wanted| !wanted.eq_ignore_ascii_case(&person.username));
    person.held = person.held.or(stopped(spec, live, rosters, person, account));
}

/// What a human took away stays away (invariant I11); what fedctl took itself when somebody left, as the mark says, comes back
/// with them.
///
/// Between making an account and routing it lie minutes, once the set-up is over. An account that is older than a day and
/// not routed was taken out of the group; where no server clock was seen, it counts as old. While a set-up goes on, which
/// may take days, nobody was routed who could have been taken out. An account that is taken over is marked when it is
/// routed, so one without a mark never was.
fn stopped(spec: &Spec, live: &Live, rosters: &Rosters<'_>, person: &Person<'_>, account: &User) -> Option<Held> {
    const A_DAY: u64 = 24 * 60 * 60;
    let by_us = account.mark.as_ref().and_then(UserMark::departure).map(|left| left.how);
    match (account.state, person.origin) {
        (State::Suspended, _) if planted!(Unsuspends => false, by_us != Some(HowLeft::Suspended)) => {
            return Some(Held::AccountSuspended);
        }
        (State::Staged, Some(Origin::Adopted)) => return Some(Held::AccountStaged),
        (State::Suspended | State::Staged | State::Activated | State::Other, _) => {}
    }
    let age = live.as_of.zip(account.created).map(|(now, created)| now.saturating_sub(created));
    let is_new = age.is_some_and(|age| age < A_DAY) && person.origin == Some(Origin::Created);
    if is_new || person.takes_over || !rosters.is_settled {
        return None;
    }
    let is_in = |ids: &[ObjectId], id: ObjectId| ids.binary_search(&id).is_ok();
    if by_us == Some(HowLeft::Released) {
        return None;
    }
    if !is_in(rosters.routed, account.id) {
        return Some(Held::Unrouted);
    }
    let by_access_group = needs_access_group(spec, person) && rosters.has_access_group;
    let lost_app = by_us.is_none() && by_access_group && !is_in(rosters.with_app, person.user.id);
    lost_app.then_some(Held::AccessTaken)
}
