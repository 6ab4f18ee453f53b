//! `/api/systemusers/{id}/sshkeys`: the SSH keys of a user, one by one \[doc\].

use serde_json::{Map, Value};

use super::Call;
use super::reply::{Answer, Reply};
use crate::clock::rfc3339;
use crate::id::{ObjectId, UserId};
use crate::world::World;
use crate::world::users::{TextRecord, User};

impl World {
    pub(crate) fn ssh_keys(&mut self, call: &Call<'_>, method: &str, user: &str, rest: &[&str]) -> Answer {
        let user = self.find_user(call, user)?;
        match (method, rest) {
            ("GET", []) => Ok(Reply::json(200, keys_of(user))),
            ("POST", []) => {
                let id = user.id;
                self.add_ssh_key(id, &call.object()?)
            }
            ("DELETE", [key]) => {
                let id = user.id;
                self.remove_ssh_key(id, key)
            }
            _ => Err(Reply::not_found()),
        }
    }

    fn add_ssh_key(&mut self, user: UserId, body: &Map<String, Value>) -> Answer {
        let text = |name: &str| {
            let text = body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
            text.ok_or_else(|| Reply::v1_refusal(&format!("{name} is required")))
        };
        let mut key = TextRecord::new();
        for name in ["name", "public_key"] {
            key.insert(name.into(), text(name)?.into());
        }
        self.edit_user(user, |user| user.rare_mut().ssh_keys.push(key));
        self.name_ssh_keys(user);
        let user = self.user(user).ok_or_else(Reply::not_found)?;
        Ok(Reply::json(200, &keys_of(user).last()))
    }

    /// What it answers is \[unknown\]: here nothing.
    fn remove_ssh_key(&mut self, user: UserId, key: &str) -> Answer {
        let is_it = |entry: &TextRecord| entry.get("_id").is_some_and(|id| **id == *key);
        if !self.user(user).is_some_and(|user| keys_of(user).iter().any(is_it)) {
            return Err(Reply::not_found());
        }
        self.edit_user(user, |user| user.rare_mut().ssh_keys.retain(|entry| !is_it(entry)));
        Ok(Reply::empty(200))
    }

    /// Gives an id and a date to keys that have none yet: whoever sends keys knows neither \[spec\].
    pub(crate) fn name_ssh_keys(&mut self, user: UserId) {
        let unnamed = |key: &&TextRecord| !key.contains_key("_id");
        let count = self.user(user).map_or(0, |user| keys_of(user).iter().filter(unnamed).count());
        if count == 0 {
            return;
        }
        let mut ids: Vec<ObjectId> = (0..count).map(|_| self.new_id()).collect();
        let now = rfc3339(self.now_ms);
        self.edit_user(user, |user| {
            for key in user.rare_mut().ssh_keys.iter_mut().filter(|key| !key.contains_key("_id")) {
                let id = ids.pop().map_or_else(String::new, String::from);
                key.insert("_id".into(), id.into());
                key.insert("create_date".into(), now.as_str().into());
            }
        });
    }
}

fn keys_of(user: &User) -> &[TextRecord] {
    user.rare.as_ref().map_or(&[], |rare| &rare.ssh_keys)
}
