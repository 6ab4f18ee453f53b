//! `/api/systemusers/{id}/sshkeys`: the SSH keys of a user, one at a time.

use super::Call;
use super::reply::{Answer, Reply};
use crate::clock::rfc3339;
use crate::id::{ObjectId, UserId};
use crate::world::World;
use crate::world::events::Change;
use crate::world::users::TextRecord;

impl World {
    pub(crate) fn ssh_keys(&mut self, call: &Call<'_>, method: &str, user: &str, rest: &[&str]) -> Answer {
        match (method, rest) {
            ("GET", []) => {
                let rare = self.find_user(call, user)?.rare.as_deref();
                Ok(Reply::json(200, rare.map_or(&[] as &[TextRecord], |rare| &rare.ssh_keys)))
            }
            ("POST", []) => self.add_ssh_key(call, user),
            ("DELETE", [key]) => self.delete_ssh_key(call, user, key),
            _ => Err(Reply::not_found()),
        }
    }

    fn add_ssh_key(&mut self, call: &Call<'_>, user: &str) -> Answer {
        let user = self.find_user(call, user)?.id;
        let body = call.object()?;
        let id: ObjectId = self.new_id();
        let mut key: TextRecord = [("_id", id.to_string()), ("create_date", rfc3339(self.now_ms))]
            .map(|(name, value)| (name.into(), value.into()))
            .into();
        for name in ["name", "public_key"] {
            let text = body.get(name).and_then(serde_json::Value::as_str).filter(|text| !text.is_empty());
            let text = text.ok_or_else(|| Reply::v1_refusal(&format!("{name} is required")))?;
            key.insert(name.into(), text.into());
        }
        let reply = Reply::json(200, &key);
        self.edit_user(user, |user| user.rare_mut().ssh_keys.push(key));
        self.tell_user(call, Change::UserUpdate, user);
        Ok(reply)
    }

    /// Gives an id and a date to keys that came with a whole user: whoever sends keys knows neither \[spec\].
    pub(crate) fn name_ssh_keys(&mut self, user: UserId) {
        let is_new = |key: &&TextRecord| !key.contains_key("_id");
        let rare = self.user(user).and_then(|user| user.rare.as_deref());
        let count = rare.map_or(0, |rare| rare.ssh_keys.iter().filter(is_new).count());
        if count == 0 {
            return;
        }
        let ids: Vec<ObjectId> = (0..count).map(|_| self.new_id()).collect();
        let now = rfc3339(self.now_ms);
        self.edit_user(user, |user| {
            let new = user.rare_mut().ssh_keys.iter_mut().filter(|key| !key.contains_key("_id"));
            for (key, id) in new.zip(ids) {
                key.insert("_id".into(), id.to_string().into());
                key.insert("create_date".into(), now.as_str().into());
            }
        });
    }

    fn delete_ssh_key(&mut self, call: &Call<'_>, user: &str, key: &str) -> Answer {
        let user = self.find_user(call, user)?;
        let is_it = |row: &TextRecord| row.get("_id").is_some_and(|id| **id == *key);
        if !user.rare.as_deref().is_some_and(|rare| rare.ssh_keys.iter().any(is_it)) {
            return Err(Reply::not_found());
        }
        let user = user.id;
        self.edit_user(user, |user| user.rare_mut().ssh_keys.retain(|row| !is_it(row)));
        self.tell_user(call, Change::UserUpdate, user);
        Ok(Reply::empty(200))
    }
}
