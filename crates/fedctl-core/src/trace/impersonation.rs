//! Whoever reaches the app and carries the address of an account that is not theirs: also those whom the spec does not mean.

use std::collections::BTreeMap;

use super::situation::{self, Hop, Own};
use crate::address::Org;
use crate::kinds::context::Found;
use crate::live::Live;
use crate::people::People;
use crate::spec::Spec;

/// Somebody whose attribute names an account that is not theirs, and who may use the app.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Impersonation {
    /// The primary e-mail.
    pub user: Box<str>,
    /// The address of the account.
    pub account: Box<str>,
    /// The primary e-mail of the person whose account it is by the spec; nothing where it is nobody's.
    pub owner: Option<Box<str>>,
    /// The hop that keeps them out today; nothing if they can sign in to it.
    pub stopped_by: Option<Hop>,
}

/// Everybody who is one. An account that carries the mark of whoever claims it is theirs, also when they left.
pub(super) fn find(live: &Live, people: &People<'_>, found: &Found<'_>, shared: &[Hop]) -> Vec<Impersonation> {
    let owners: BTreeMap<&str, _> = people.list.iter().map(|person| (&*person.account, person.user)).collect();
    let mut all = Vec::new();
    for (user, claimed) in live.users(Org::Primary).claims() {
        let (owner, account) = (owners.get(&*claimed), live.users(Org::Secondary).by_email(&claimed));
        let marked = account.and_then(|account| account.mark.as_ref()).map(|mark| mark.person);
        let is_theirs = owner.is_some_and(|owner| owner.id == user.id) || marked == Some(user.id);
        let is_any = owner.is_some() || account.is_some();
        if is_theirs || !is_any || !situation::reaches(live, found, user) {
            continue;
        }
        let own = Own { user: Some(user), account, address: &claimed, reaches: true, is_alone: true };
        let situation = own.situation(found, shared);
        let by = account.and_then(|account| found.other_ways.of(account.id));
        let situation = if by.is_some() { situation.with(Hop::ROUTING) } else { situation };
        all.push(Impersonation {
            user: user.email.clone(),
            account: claimed.clone(),
            owner: owner.map(|owner| owner.email.clone()),
            stopped_by: situation.broken(),
        });
    }
    all.sort();
    all
}

/// Groups of the app with an attribute of our name. `[unknown]` whether what their members inherit gets into a claim.
pub(super) fn inherited(spec: &Spec, live: &Live, found: &Found<'_>) -> Vec<Box<str>> {
    let attribute = spec.people.mapping.attribute.as_str();
    let Some(Ok(groups)) = &live.groups[Org::Primary.index()] else { return Vec::new() };
    let of_app = groups.iter().filter(|group| found.app.groups.contains(&group.id));
    let gives_ours = of_app.filter(|group| group.attributes.as_ref().is_some_and(|known| known.name(attribute)));
    let mut names: Vec<Box<str>> = gives_ours.map(|group| group.name.clone()).collect();
    names.sort();
    names
}
