//! `on_email_change: follow`: which accounts get the address and the username that the spec gives their people now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{People, Person};
use crate::address::{Address, Kind, Org};
use crate::live::users::Users;
use crate::live::{Live, User};
use crate::mark::Origin;
use crate::object_id::ObjectId;
use crate::plan::guard::{Guard, Refusal};
use crate::spec::{Email, OnEmailChange, Spec};

/// What an account is to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// Its address; maybe the one it has.
    pub email: Arc<str>,
    /// Its username; maybe the one it has.
    pub username: Arc<str>,
}

/// What is in the way of somebody's new address.
#[derive(Clone, Copy)]
enum Way<'a> {
    Free,
    /// Somebody has it who gets another one by this plan, too: by position in the population.
    Behind(usize),
    Taken(&'a User),
}

/// Renames whom it can; whoever cannot be renamed keeps what they have, with the account that is in the way.
pub(super) fn resolve<'a>(spec: &Spec, live: &'a Live, people: &mut People<'a>) {
    if spec.people.mapping.on_email_change.value != OnEmailChange::Follow {
        return;
    }
    let accounts = live.users(Org::Secondary);
    let ways = ways(accounts, &people.list);
    let refusals: Vec<Refusal> = ways
        .iter()
        .filter_map(|(at, way)| match way {
            Way::Taken(account) => taken(spec, people.list.get(*at)?, account),
            Way::Behind(_) => circle(&ways, &people.list, *at),
            Way::Free => None,
        })
        .collect();
    people.refusals.extend(refusals);
    let mut usernames: BTreeSet<String> = people
        .list
        .iter()
        .filter(|person| person.live.is_none())
        .map(|person| person.username.to_lowercase())
        .collect();
    for (at, person) in people.list.iter_mut().enumerate() {
        let Some(account) = person.live.filter(|_| may_move(person)) else { continue };
        let end = ways.get(&at).map(|_| end(&ways, at));
        let email = match (&person.wanted, end) {
            (Some(wanted), Some(Some(Way::Free))) => wanted.clone(),
            _ => person.account.clone(),
        };
        if let Some(Way::Taken(other)) = ways.get(&at) {
            person.in_the_way = Some(other);
        }
        let username = person.wanted_username.clone().filter(|wanted| is_free(accounts, account, wanted));
        let username = username.filter(|wanted| usernames.insert(wanted.to_lowercase()));
        let username = username.unwrap_or_else(|| person.username.clone());
        let rename = Rename { email, username };
        person.renames = Some(rename).filter(|to| to.email != person.account || to.username != person.username);
    }
}

/// Nobody is renamed by a plan that has the app take its claim from another attribute: until it does, what opens the accounts
/// is an attribute that nothing here writes.
pub(crate) fn wait_for_claim(people: &mut People<'_>) {
    people.list.iter_mut().for_each(|person| person.renames = None);
}

/// Only what we made is renamed, and only for people for whom something is done. Where the attribute names neither the address
/// of the account nor the new one, something else may open it, such as the attribute that the federation had under another
/// name: the plan sets the attribute first, and the next one renames.
fn may_move(person: &Person<'_>) -> bool {
    person.origin == Some(Origin::Created) && person.held.is_none() && (person.returns() || is_in_step(person))
}

fn is_in_step(person: &Person<'_>) -> bool {
    let named = person.user.mapping.as_deref().map(Email::fold);
    named.is_some_and(|named| named == *person.account || person.wanted.as_deref() == Some(&*named))
}

fn ways<'a>(accounts: &'a Users, people: &[Person<'a>]) -> BTreeMap<usize, Way<'a>> {
    let moving = || people.iter().enumerate().filter(|(_, person)| may_move(person) && person.wanted.is_some());
    let by_account: BTreeMap<ObjectId, usize> =
        moving().filter_map(|(at, person)| Some((person.live?.id, at))).collect();
    let way = |person: &Person<'_>| match accounts.by_email(person.wanted.as_deref()?) {
        None => Some(Way::Free),
        Some(account) => Some(by_account.get(&account.id).map_or(Way::Taken(account), |at| Way::Behind(*at))),
    };
    moving().filter_map(|(at, person)| Some((at, way(person)?))).collect()
}

/// Where a chain of people who each take the address of the next ends; nothing where it goes round.
fn end<'a>(ways: &BTreeMap<usize, Way<'a>>, mut at: usize) -> Option<Way<'a>> {
    for _ in 0..=ways.len() {
        match ways.get(&at)? {
            Way::Behind(next) => at = *next,
            end @ (Way::Free | Way::Taken(_)) => return Some(*end),
        }
    }
    None
}

/// People who would exchange their addresses: said once, of the first of them.
fn circle(ways: &BTreeMap<usize, Way<'_>>, people: &[Person<'_>], first: usize) -> Option<Refusal> {
    let mut round = vec![first];
    loop {
        match ways.get(round.last()?)? {
            Way::Behind(next) if *next == first => break,
            Way::Behind(next) if *next > first && round.len() <= ways.len() => round.push(*next),
            Way::Behind(_) | Way::Free | Way::Taken(_) => return None,
        }
    }
    let names: Vec<&str> = round.iter().filter_map(|at| Some(&*people.get(*at)?.user.email)).collect();
    let about = Address::new(Org::Secondary, Kind::User, people.get(first)?.account.clone());
    let why =
        format!("{} would exchange their addresses in a circle, and no order of renaming does that", names.join(", "));
    let way_out = "give one of them another address under `people.overrides`, apply, and take the line out again";
    Some(Refusal::new(Guard::RecycledAddress, &about, why, way_out))
}

/// An address that is the one of somebody else's account. One without a mark is only in the way.
fn taken(spec: &Spec, person: &Person<'_>, account: &User) -> Option<Refusal> {
    let mark = account.mark.as_ref()?;
    let about = Address::new(Org::Secondary, Kind::User, person.wanted.clone()?);
    let (guard, whose) = if spec.names().contains(&&*mark.federation) {
        (Guard::RecycledAddress, format!("the one of another person, primary user {}", mark.person))
    } else {
        (Guard::Foreign, format!("one of federation `{}`", mark.federation))
    };
    let why =
        format!("the account of {} is to be renamed to it, and account {} is {whose}", person.user.email, account.id);
    let way_out =
        "give the person another address under `people.overrides`, or remove the account of the one who had it before";
    Some(Refusal::new(guard, &about, why, way_out))
}

fn is_free(accounts: &Users, account: &User, username: &str) -> bool {
    accounts.by_username(username).is_none_or(|other| other.id == account.id)
}
