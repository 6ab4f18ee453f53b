//! Marks of other federations in the same organisations, as far as reading came across them: a federation whose spec is gone
//! shows in no plan of its own.

use std::collections::BTreeMap;

use crate::address::{Address, Kind, Org};
use crate::live::Live;
use crate::mark;
use crate::spec::Spec;

/// What carries the mark of another federation. Names come from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Other {
    /// Its name.
    pub federation: Box<str>,
    /// Groups, apps and policies.
    pub objects: Vec<Address>,
    /// Accounts that are of use to it.
    pub accounts: usize,
    /// Accounts that it suspended, or that it left.
    pub left: usize,
}

/// Every other federation, by name.
pub(super) fn of(spec: &Spec, live: &Live) -> Vec<Other> {
    let mut others: BTreeMap<&str, Other> = BTreeMap::new();
    for (description, address) in objects(live) {
        if let Some(federation) = mark::federation_of(description) {
            others.entry(federation).or_default().objects.push(address);
        }
    }
    for mark in live.users(Org::Secondary).marked().filter_map(|account| account.mark.as_ref()) {
        let other = others.entry(&mark.federation).or_default();
        *(if mark.departure().is_some() { &mut other.left } else { &mut other.accounts }) += 1;
    }
    let names = spec.names();
    let others = others.into_iter().filter(|(federation, _)| !names.contains(federation));
    others
        .map(|(federation, mut other)| {
            other.objects.sort();
            Other { federation: federation.into(), ..other }
        })
        .collect()
}

fn objects(live: &Live) -> impl Iterator<Item = (&str, Address)> {
    let groups = [Org::Primary, Org::Secondary].into_iter().flat_map(|org| {
        let known = live.groups[org.index()].iter().flatten().flatten();
        known.map(move |group| (&*group.description, Address::new(org, Kind::UserGroup, &*group.name)))
    });
    let apps = live.apps.iter().flatten().flatten();
    let apps = apps.map(|app| (app.mark_text(), Address::new(Org::Primary, Kind::OidcApp, &*app.label)));
    let policies = live
        .policies
        .iter()
        .flatten()
        .flatten()
        .map(|policy| (&*policy.description, Address::new(Org::Secondary, Kind::RoutingPolicy, &*policy.name)));
    groups.chain(apps).chain(policies)
}
