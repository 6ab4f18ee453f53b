//! Organisations and the keys that open them.

use serde::{Deserialize, Serialize};

use super::World;
use super::groups::Group;
use super::users::State;
use crate::id::{ObjectId, OrgId};
use crate::secret::Secret;

/// Where an organisation lives \[observed\].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    /// `console.jumpcloud.com`.
    #[default]
    Us,
    /// `console.eu.jumpcloud.com`.
    Eu,
    /// `console.in.jumpcloud.com`.
    In,
}

/// One organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// The id.
    pub id: OrgId,
    /// The name shown.
    pub display_name: String,
    /// Where it lives.
    pub region: Region,
    /// When it was made.
    pub created: u64,
    /// The state of a user that is made by hand without saying one \[spec\].
    pub new_user_state: State,
    /// The next number that a new user gets as uid; 5001 is the first \[observed\].
    pub(crate) next_unix_id: u32,
}

/// An API key: an administrator's, for one organisation or, at a provider, several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Whose it is.
    pub admin: ObjectId,
    /// The administrator's address.
    pub email: String,
    /// The organisations it opens.
    pub organizations: Vec<OrgId>,
    /// What its administrator may do.
    #[serde(default)]
    pub role: Role,
}

/// What an administrator may do, as far as it matters here. Which step needs which role is \[unknown\]; that a role may
/// not be enough is \[spec\].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Everything.
    #[default]
    AdministratorWithBilling,
    /// Everything is seen and nothing changed.
    ReadOnly,
    /// Neither: runs commands on systems, which are not simulated.
    CommandRunner,
}

impl World {
    /// Makes an organisation. It has a user group "All Users" from the start \[observed\], with nobody in it \[unknown\].
    pub fn add_organization(&mut self, name: &str, region: Region) -> OrgId {
        let id = self.new_id();
        let organization = Organization {
            id,
            display_name: name.to_owned(),
            region,
            created: self.now_ms,
            new_user_state: State::Activated,
            next_unix_id: 5001,
        };
        self.organizations.insert(id, organization);
        self.directories.entry(id).or_default();
        let group = self.add_group(id, "All Users");
        // The service's own group has no attributes [observed].
        self.edit_group(group, |group: &mut Group| group.attributes = None);
        id
    }

    /// Makes a key that opens these organisations.
    pub fn add_key(&mut self, orgs: &[OrgId]) -> String {
        let key = format!("sim_{}", self.dice().hex(40));
        let admin = self.new_id();
        let email = format!("key-{}@example.com", self.keys.len() + 1);
        let key_of = Key { admin, email, organizations: orgs.to_vec(), role: Role::default() };
        self.keys.insert(Secret::new(key.as_str()), key_of);
        key
    }

    /// Gives the administrator of a key another role.
    pub fn set_role(&mut self, key: &str, role: Role) -> bool {
        self.keys.get_mut(key).map(|key| key.role = role).is_some()
    }

    /// The organisations, in the order of their ids.
    pub fn organizations(&self) -> impl Iterator<Item = &Organization> {
        self.organizations.values()
    }

    /// One organisation.
    pub fn organization(&self, id: OrgId) -> Option<&Organization> {
        self.organizations.get(&id)
    }

    /// Whether what an organisation has is known where this world is asked.
    pub(crate) fn is_known_here(&self, org: OrgId) -> bool {
        let region = self.asked.filter(|_| self.settings.region_bound);
        region.is_none_or(|region| self.organization(org).is_some_and(|known| known.region == region))
    }

    /// Revokes a key: from now on it is unknown \[spec\].
    pub fn revoke_key(&mut self, key: &str) -> bool {
        self.keys.remove(key).is_some()
    }
}
