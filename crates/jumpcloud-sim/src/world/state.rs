//! A whole world as JSON, secrets and all, and back.

use serde_json::Value;

use super::World;
use super::users::Directory;

/// Why a text is not a world.
#[derive(Debug, thiserror::Error)]
#[error("not the state of a simulated world: {0}")]
pub struct ImportError(#[from] serde_json::Error);

impl World {
    /// The whole state, passwords, secrets and keys included: it is a simulator.
    pub fn export(&self) -> Value {
        // Plain data with text keys: turning it into a value cannot fail.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// A world from its state.
    pub fn import(value: Value) -> Result<World, ImportError> {
        let mut world: World = serde_json::from_value(value)?;
        world.index();
        Ok(world)
    }

    /// Makes anew what is not exported because it follows from the rest.
    fn index(&mut self) {
        self.directories = self.organizations.keys().map(|org| (*org, Directory::default())).collect();
        for user in self.users.values() {
            self.directories.entry(user.organization).or_default().insert(user);
        }
        for group in self.groups.values() {
            for member in group.members.iter() {
                if let Some(user) = self.users.get_mut(&member) {
                    user.groups.insert(group.id);
                }
            }
        }
        let clients = self.apps.values().filter_map(|app| Some((app.oidc.as_ref()?.client_id.clone(), app.id)));
        self.clients = clients.collect();
        self.jobs.index();
    }
}

/// Users as a list: each has its id in it.
pub(crate) mod listed {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::id::UserId;
    use crate::world::users::User;

    pub(crate) fn serialize<S: Serializer>(users: &BTreeMap<UserId, User>, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(users.values())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<UserId, User>, D::Error> {
        let users = Vec::<User>::deserialize(from)?;
        Ok(users.into_iter().map(|user| (user.id, user)).collect())
    }
}
