//! Routing policies: who signs in through the identity provider.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::World;
use super::sorted::SortedIds;
use crate::id::{GroupId, OrgId, PolicyId, ProviderId, UserId};
use crate::query::filter::Fielded;

/// One routing policy \[doc: the console's form\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The id.
    pub id: PolicyId,
    /// Whose policy it is.
    pub organization: OrgId,
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// Whether it routes anybody.
    pub enabled: bool,
    /// Where it routes to; may be gone.
    pub provider: Option<ProviderId>,
    /// Keys that nobody knows, where a setting keeps them.
    pub rest: Map<String, Value>,
    pub(crate) groups: SortedIds<GroupId>,
    pub(crate) users: SortedIds<UserId>,
}

impl Policy {
    /// The groups it routes.
    pub fn groups(&self) -> impl Iterator<Item = GroupId> + '_ {
        self.groups.iter()
    }

    /// The users it routes one by one.
    pub fn users(&self) -> impl Iterator<Item = UserId> + '_ {
        self.users.iter()
    }
}

impl Fielded for Policy {
    fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        Some(match name {
            "id" => Cow::Owned(self.id.to_string()),
            "name" => Cow::Borrowed(self.name.as_str()),
            "description" => Cow::Borrowed(self.description.as_str()),
            "enabled" => Cow::Borrowed(if self.enabled { "true" } else { "false" }),
            "identityProviderId" => Cow::Owned(self.provider?.to_string()),
            _ => return None,
        })
    }
}

impl World {
    /// Makes a policy without groups.
    pub fn add_policy(&mut self, org: OrgId, name: &str, provider: Option<ProviderId>, enabled: bool) -> PolicyId {
        let id = self.new_id();
        let policy = Policy {
            id,
            organization: org,
            name: name.to_owned(),
            description: String::new(),
            enabled,
            provider,
            rest: Map::new(),
            groups: SortedIds::default(),
            users: SortedIds::default(),
        };
        self.policies.insert(id, policy);
        id
    }

    /// One policy.
    pub fn policy(&self, id: PolicyId) -> Option<&Policy> {
        self.policies.get(&id)
    }

    /// The policies of an organisation, in the order of their ids.
    pub fn policies(&self, org: OrgId) -> impl Iterator<Item = &Policy> {
        self.policies.values().filter(move |policy| policy.organization == org)
    }
}
