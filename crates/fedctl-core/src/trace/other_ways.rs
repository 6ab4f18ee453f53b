//! Routing policies that are not of this federation, and let its people in all the same.

use crate::address::Org;
use crate::kinds::context::Found;
use crate::kinds::routing_policy::wire::Policy;
use crate::live::{Live, Needs};
use crate::object_id::ObjectId;

/// Policies that are on, lead to the identity provider, and are not ours, each with the accounts that it routes.
#[derive(Debug, Default)]
pub(crate) struct OtherWays<'a>(Vec<(&'a Policy, Vec<ObjectId>)>);

impl<'a> OtherWays<'a> {
    /// Whom they route, or asks for it.
    pub(super) fn find(live: &'a Live, needs: &mut Needs, found: &Found<'_>) -> Self {
        let Some(provider) = found.provider else { return Self::default() };
        let ours = found.policy.itself().map(|policy| policy.id);
        let leads = |policy: &&Policy| {
            policy.enabled == Some(true) && policy.provider == Some(provider.id) && Some(policy.id) != ours
        };
        let others = needs.policies(live).unwrap_or_default().iter().filter(leads);
        Self(others.map(|policy| (policy, routed(live, needs, policy.id))).collect())
    }

    /// The name of one that routes an account.
    pub(super) fn of(&self, account: ObjectId) -> Option<&'a str> {
        let by = self.0.iter().find(|(_, accounts)| accounts.binary_search(&account).is_ok());
        by.map(|(policy, _)| &*policy.name)
    }
}

fn routed(live: &Live, needs: &mut Needs, policy: ObjectId) -> Vec<ObjectId> {
    let (groups, users) = (needs.policy_groups(live, policy), needs.policy_users(live, policy));
    let members = groups.unwrap_or_default().iter().filter_map(|group| needs.membership(live, Org::Secondary, *group));
    let mut all: Vec<ObjectId> = members.chain(users).flatten().copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}
