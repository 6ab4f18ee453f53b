//! What must not be, whatever the objects are: two people in one account, an account that is somebody else's.

use std::collections::BTreeMap;

use super::{People, Person};
use crate::address::{Address, Kind, Org};
use crate::live::{Live, User};
use crate::mark::UserMark;
use crate::plan::guard::{Guard, Refusal};

fn account(person: &Person<'_>) -> Address {
    Address::new(Org::Secondary, Kind::User, person.account.clone())
}

/// Two accounts carry the mark of one person.
pub(crate) fn ambiguous_account(person: &Person<'_>, one: &User, two: &User) -> Refusal {
    Refusal::new(
        Guard::Ambiguous,
        &account(person),
        format!("two accounts carry the mark of {}: {} and {}", person.user.email, one.id, two.id),
        "remove the attribute `fedctl` from the account that is not theirs",
    )
}

/// The account with the wanted address carries the mark of somebody else.
pub(crate) fn recycled_address(person: &Person<'_>, live: &User, mark: &UserMark) -> Refusal {
    Refusal::new(
        Guard::RecycledAddress,
        &account(person),
        format!(
            "{} is to open it, and account {} is the one of primary user {} in federation `{}`",
            person.user.email, live.id, mark.person, mark.federation
        ),
        "give the person another address under `people.overrides`, or remove the account of the one who had it before",
    )
}

/// What must not be, whatever the objects are: one account for two people.
pub(crate) fn people(people: &mut People<'_>, live: &Live) {
    let mut owners: BTreeMap<&str, &Person<'_>> = BTreeMap::new();
    let mut refusals = Vec::new();
    for person in &people.list {
        if let Some(other) = owners.insert(&person.account, person) {
            refusals.push(Refusal::new(
                Guard::Impersonation,
                &account(person),
                format!("{} and {} would both open it", other.user.email, person.user.email),
                "give one of them another address under `people.overrides`",
            ));
        }
    }
    refusals.extend(claims_of_others(people, live));
    people.refusals.append(&mut refusals);
}

/// Somebody of the primary organisation carries the address of an account that is not theirs, and would open it: a person's
/// of this plan, or any other that exists. Checked over everybody who reaches the app, also those whom the spec excepts.
fn claims_of_others(people: &People<'_>, live: &Live) -> Vec<Refusal> {
    let owners: BTreeMap<&str, &Person<'_>> = people.list.iter().map(|person| (&*person.account, person)).collect();
    let mut refusals = Vec::new();
    for (other, claimed) in live.users(Org::Primary).claims() {
        let owner = owners.get(&*claimed).map(|owner| owner.user.id);
        let account = live.users(Org::Secondary).by_email(&claimed);
        let marked = account.and_then(|account| account.mark.as_ref()).map(|mark| mark.person);
        if (owner.is_some() || account.is_some()) && owner != Some(other.id) && marked != Some(other.id) {
            refusals.push(Refusal::new(
                Guard::Impersonation,
                &Address::new(Org::Secondary, Kind::User, &*claimed),
                format!("the attribute of {} says that they open it, and it is not theirs", other.email),
                format!("remove the attribute from {} in the primary organisation", other.email),
            ));
        }
    }
    refusals
}
