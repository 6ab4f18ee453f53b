//! `/api/v2/identity-provider/policies`: that it exists was observed, the bodies are guesses \[unknown\].

use serde_json::{Value, json};

use super::Call;
use super::policy_forms::PolicyWrite;
use super::reply::{Answer, Reply, check_access, single};
use crate::id::PolicyId;
use crate::query::v2;
use crate::settings::{InUse, PolicyForm};
use crate::world::World;
use crate::world::policies::Policy;

/// The envelope of a single policy, where there is one \[inferred\].
const ENVELOPE: &str = "identityProviderPolicy";

impl World {
    pub(crate) fn routing_policies(&mut self, call: &Call<'_>, method: &str, rest: &[&str]) -> Answer {
        check_access(self.settings.policy_access, method)?;
        match (method, rest) {
            ("GET", []) => self.list_policies(call),
            ("POST", []) => self.create_policy(call),
            ("GET", [id]) => Ok(self.policy_reply(200, self.find_policy(call, id)?)),
            ("PUT" | "PATCH", [id]) => self.update_policy(call, method, id),
            ("DELETE", [id]) => self.delete_policy(call, id),
            (_, [id, "associations", rest @ ..]) => {
                let id = self.find_policy(call, id)?.id;
                self.graph_of_policy(call, method, id, rest)
            }
            _ => Err(Reply::not_found()),
        }
    }

    /// The policy of that id in the caller's organisation.
    pub(crate) fn find_policy(&self, call: &Call<'_>, id: &str) -> Result<&Policy, Reply> {
        let policy = id.parse().ok().and_then(|id| self.policy(id));
        policy.filter(|policy| policy.organization == call.org).ok_or_else(Reply::not_found)
    }

    fn list_policies(&self, call: &Call<'_>) -> Answer {
        let query =
            v2::parse(&call.params, call.page(self.settings.page_max)).map_err(|text| Reply::v2_refusal(&text))?;
        let (policies, total) = query.selection.select(self.policies(call.org));
        let rows: Vec<Value> = policies.into_iter().map(|policy| self.policy_json(policy)).collect();
        Ok(match self.settings.policy_form {
            PolicyForm::A | PolicyForm::B => {
                let key = self.settings.policy_list_key.to_string();
                Reply::json(200, &json!({key: rows, "totalCount": total}))
            }
            PolicyForm::C => Reply::list(&rows, total),
        })
    }

    fn create_policy(&mut self, call: &Call<'_>) -> Answer {
        let write = self.read_policy(call, call.object()?)?;
        let id = self.add_policy(call.org, &write.name, write.provider, false);
        self.write_policy(id, write);
        let status = if self.settings.policy_created { 201 } else { 200 };
        Ok(self.policy_reply(status, self.policy(id).ok_or_else(Reply::not_found)?))
    }

    /// A PUT replaces, a PATCH changes what it names; each form has one of them.
    fn update_policy(&mut self, call: &Call<'_>, method: &str, id: &str) -> Answer {
        let policy = self.find_policy(call, id)?;
        let id = policy.id;
        let patches = self.settings.policy_form == PolicyForm::C;
        if patches != (method == "PATCH") {
            return Err(Reply::not_found());
        }
        let mut body = call.replacement(self.settings.wrapped_writes, ENVELOPE)?;
        if let Some(Value::Object(whole)) = Some(self.policy_json(policy)).filter(|_| patches) {
            let missing = whole.into_iter().filter(|(name, _)| !body.contains_key(name)).collect::<Vec<_>>();
            body.extend(missing);
        }
        let write = self.read_policy(call, body)?;
        self.write_policy(id, write);
        Ok(self.policy_reply(200, self.policy(id).ok_or_else(Reply::not_found)?))
    }

    fn delete_policy(&mut self, call: &Call<'_>, id: &str) -> Answer {
        let policy = self.find_policy(call, id)?;
        let id = policy.id;
        if self.settings.policy_in_use == InUse::Refuse && policy.groups().next().is_some() {
            return Err(Reply::message(409, "Conflict: groups are bound to the routing policy"));
        }
        self.policies.remove(&id);
        Ok(Reply::empty(204))
    }

    fn write_policy(&mut self, id: PolicyId, write: PolicyWrite) {
        let by_default = self.settings.policy_enabled_by_default;
        if let Some(policy) = self.policies.get_mut(&id) {
            policy.name = write.name;
            policy.description = write.description;
            policy.enabled = write.enabled.unwrap_or(by_default);
            policy.provider = write.provider;
            policy.groups = write.groups.unwrap_or_else(|| std::mem::take(&mut policy.groups));
            policy.rest = write.rest;
        }
    }

    fn policy_reply(&self, status: u16, policy: &Policy) -> Reply {
        Reply::json(status, &single(self.settings.wrap_single, ENVELOPE, self.policy_json(policy)))
    }

    fn policy_json(&self, policy: &Policy) -> Value {
        super::policy_forms::to_json(policy, self.settings.policy_form)
    }
}
