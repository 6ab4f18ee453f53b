//! What must not be, whatever the objects are: two people in one account, an account that is somebody else's.

use std::collections::{BTreeMap, BTreeSet};

use super::{People, Person};
use crate::address::{Address, Kind, Org};
use crate::live::{Live, User};
use crate::mark::UserMark;
use crate::object_id::ObjectId;
use crate::plan::Held;
use crate::plan::guard::{Guard, Refusal};
use crate::planted::planted;
use crate::spec::{Email, Spec};

fn account(person: &Person<'_>) -> Address {
    Address::new(Org::Secondary, Kind::User, person.account.clone())
}

/// An account that would be somebody's carries the mark of another person or of another federation.
fn marked_for_others(person: &Person<'_>, live: &User, names: &[&str]) -> Option<Refusal> {
    let mark = live.mark.as_ref()?;
    let UserMark { federation, person: marked, .. } = mark;
    if names.iter().any(|name| **name == **federation) {
        return Some(Refusal::new(
            Guard::RecycledAddress,
            &account(person),
            format!(
                "{} is to open it, and account {} is the one of another person, primary user {marked}",
                person.user.email, live.id
            ),
            "give the person another address under `people.overrides`, or remove the account of the one who had it before",
        ));
    }
    let way_out = if *marked == person.user.id {
        format!(
            "if this federation had that name before, add `formerly: [{federation}]`; else give the person another address under `people.overrides`"
        )
    } else {
        "give the person another address under `people.overrides`".to_owned()
    };
    let why =
        format!("{} is to open it, and account {} belongs to federation `{federation}`", person.user.email, live.id);
    Some(Refusal::new(Guard::Foreign, &account(person), why, way_out))
}

/// People who have no account, and would get the address of somebody else's: an error, unless the one who has it gets another
/// by this plan, or has one and only their attribute is behind. Then they wait for the next plan.
pub(crate) fn recycled(spec: &Spec, people: &mut People<'_>) {
    let names = spec.names();
    let moves_on = |person: &&Person<'_>| person.held.is_none() && person.live.is_some();
    let movers = || people.list.iter().filter(moves_on);
    let leaves: BTreeSet<ObjectId> = movers()
        .filter(|person| *person.address_after() != person.account)
        .filter_map(|person| Some(person.live?.id))
        .collect();
    let named: BTreeSet<String> = movers()
        .filter_map(|person| {
            Some(Email::fold(person.user.mapping.as_deref()?)).filter(|it| *it != **person.address_after())
        })
        .collect();
    for person in people.list.iter_mut().filter(|person| person.live.is_none()) {
        match person.in_the_way {
            Some(account) if leaves.contains(&account.id) => person.held = person.held.or(Some(Held::AddressTaken)),
            Some(account) => people.refusals.extend(marked_for_others(person, account, &names)),
            None if person.existing.is_none() && named.contains(&*person.account) => {
                person.held = person.held.or(Some(Held::AddressTaken));
            }
            None => {}
        }
    }
}

/// The spec gives somebody an account that exists by its address, and does not take it over.
pub(crate) fn not_adopted(person: &Person<'_>, live: &User) -> Refusal {
    Refusal::new(
        Guard::Foreign,
        &account(person),
        format!(
            "`people.overrides` gives it to {}, and it exists ({}) and does not carry our mark",
            person.user.email, live.id
        ),
        format!(
            "if it is theirs, take it over with `adopt: {{people: [{}]}}`; else give them another address",
            person.user.email
        ),
    )
}

/// One account for two people.
pub(crate) fn shared_accounts(people: &mut People<'_>) {
    let mut owners: BTreeMap<&str, &Person<'_>> = BTreeMap::new();
    let mut refusals = Vec::new();
    for person in &people.list {
        if let Some(other) = owners.insert(person.address_after(), person) {
            refusals.push(Refusal::new(
                Guard::Impersonation,
                &account(person),
                format!("{} and {} would both open it", other.user.email, person.user.email),
                "give one of them another address under `people.overrides`",
            ));
        }
    }
    people.refusals.append(&mut refusals);
}

/// What the attributes of others open.
#[derive(Debug, Default)]
pub(crate) struct Claims<'a> {
    /// It would be a gain: the plan is refused.
    pub(crate) refusals: Vec<Refusal>,
    /// It is so already, and the plan does not make it worse: whose attribute, and which account.
    pub(crate) already: Vec<(&'a User, Box<str>)>,
    /// Nobody was given the account, and they do not open it today: whether they would, the plan decides.
    pub(crate) nobodys: Vec<(&'a User, Box<str>)>,
}

/// Somebody of the primary organisation carries the address of an account that is not theirs, and would open it: a person's
/// of this plan, or any other that exists. Checked over everybody who was read, also those whom the spec excepts.
///
/// `opens_now` says whether somebody signs in by such an attribute today: what works is not taken away, and said.
pub(crate) fn claims_of_others<'a>(
    people: &People<'_>,
    live: &'a Live,
    opens_now: impl Fn(&User) -> bool,
) -> Claims<'a> {
    // Who waits until an address is free has none of their own yet.
    let has_address = |person: &&Person<'_>| person.held != Some(Held::AddressTaken);
    let owners = people.list.iter().filter(has_address).map(|person| (&*person.account, person));
    let owners: BTreeMap<&str, &Person<'_>> = owners.collect();
    let takers: BTreeMap<&str, &Person<'_>> = people
        .list
        .iter()
        .filter(|person| person.renames.is_some())
        .map(|taker| (&**taker.address_after(), taker))
        .collect();
    let moved: BTreeSet<ObjectId> =
        people.list.iter().filter(|person| person.held.is_none()).map(|person| person.user.id).collect();
    let mut claims = Claims::default();
    for (other, claimed) in live.users(Org::Primary).claims() {
        // Whoever is of this plan names another address before somebody else's account gets this one.
        if takers.get(&*claimed).is_some_and(|taker| taker.user.id != other.id) && !moved.contains(&other.id) {
            claims.refusals.push(claim_of_another(other, &claimed));
            continue;
        }
        let owner = owners.get(&*claimed).map(|owner| owner.user.id);
        let account = live.users(Org::Secondary).by_email(&claimed);
        let marked = account.and_then(|account| account.mark.as_ref()).map(|mark| mark.person);
        if planted!(ClaimsUnchecked => true, false)
            || (owner.is_none() && account.is_none())
            || owner == Some(other.id)
            || marked == Some(other.id)
        {
            continue;
        }
        if owner.is_some() || marked.is_some() {
            claims.refusals.push(claim_of_another(other, &claimed));
        } else if opens_now(other) {
            claims.already.push((other, claimed));
        } else {
            claims.nobodys.push((other, claimed));
        }
    }
    claims
}

/// The refusal for an attribute that opens what is not theirs.
pub(crate) fn claim_of_another(other: &User, claimed: &str) -> Refusal {
    Refusal::new(
        Guard::Impersonation,
        &Address::new(Org::Secondary, Kind::User, claimed),
        format!("the attribute of {} says that they open it, and it is not theirs", other.email),
        format!(
            "remove the attribute from {} in the primary organisation, or, if the account is theirs, add them to \
             `adopt.people`",
            other.email
        ),
    )
}
