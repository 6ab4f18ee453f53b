//! `/api/systemusers/{id}/sshkeys`: the SSH keys of a user, one at a time.

use super::Call;
use super::reply::{Answer, Reply};
use crate::clock::rfc3339;
use crate::id::ObjectId;
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
