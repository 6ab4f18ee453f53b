//! Who in the routing group gets in without being routed: with the local password of the account.

use super::leave::FEDERATED;
use crate::address::Org;
use crate::kinds::user_group;
use crate::live::{Live, Needs, User};
use crate::planner::Step;
use crate::spec::Spec;

/// The members of the routing group, by what is left to them when nobody is routed. Addresses of the secondary organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WaysIn {
    /// They have a local password.
    pub with: Vec<Box<str>>,
    /// They have none, or it belongs to the identity provider.
    pub without: Vec<Box<str>>,
}

impl User {
    /// Whether its owner gets in while nobody is routed: a password that the identity provider decides about lets nobody in.
    pub fn gets_in_unrouted(&self) -> bool {
        self.has_local_way_in() && self.authority.as_ref().is_none_or(|authority| &*authority.kind != FEDERATED)
    }
}

/// Reads who is in the routing group, and how they get in without being routed. Accounts that are shut are left out.
pub fn step(spec: &Spec, live: &Live) -> Step<WaysIn> {
    let mut needs = Needs::default();
    let group = user_group::find_routing(spec, live, &mut needs);
    let members = group.as_ref().map(|group| &*group.members).unwrap_or_default();
    let is_read = needs.users_by_id(live, Org::Secondary, members.iter().copied());
    if !needs.unknown.is_empty() {
        return Step::Unknown(needs.unknown);
    }
    if !needs.queries.is_empty() || !is_read {
        return Step::Read(needs.queries);
    }
    let accounts = live.users(Org::Secondary);
    let mut ways = WaysIn::default();
    for account in members.iter().filter_map(|id| accounts.get(*id)).filter(|account| !account.is_shut()) {
        let list = if account.gets_in_unrouted() { &mut ways.with } else { &mut ways.without };
        list.push(account.email.clone());
    }
    ways.with.sort();
    ways.without.sort();
    Step::Ready(Box::new(ways))
}
