//! `/api/v2/identity-provider/policies`: that it exists was observed, the bodies are guesses \[unknown\].

use serde_json::{Map, Value, json};

use super::Call;
use super::reply::{Answer, Reply, single};
use crate::id::{PolicyId, ProviderId};
use crate::query::v2;
use crate::settings::{PolicyForm, Unasked};
use crate::world::World;
use crate::world::policies::Policy;

/// What a body says of a policy, whatever its form.
struct PolicyWrite {
    name: String,
    description: String,
    enabled: Option<bool>,
    provider: Option<ProviderId>,
    rest: Map<String, Value>,
}

impl World {
    pub(crate) fn routing_policies(&mut self, call: &Call<'_>, method: &str, rest: &[&str]) -> Answer {
        match (method, rest) {
            ("GET", []) => self.list_policies(call),
            ("POST", []) => self.create_policy(call),
            ("GET", [id]) => Ok(self.policy_reply(200, self.find_policy(call, id)?)),
            ("PUT", [id]) => self.replace_policy(call, id),
            ("DELETE", [id]) => {
                let id = self.find_policy(call, id)?.id;
                self.policies.remove(&id);
                Ok(Reply::empty(204))
            }
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
        let (policies, total) = query.select(self.policies(call.org));
        let rows: Vec<Value> = policies.into_iter().map(|policy| self.policy_json(policy)).collect();
        match self.settings.policy_form {
            PolicyForm::A => Ok(Reply::json(200, &json!({"identityProviderPolicies": rows, "totalCount": total}))),
        }
    }

    fn create_policy(&mut self, call: &Call<'_>) -> Answer {
        let write = self.read_policy(call)?;
        let id = self.add_policy(call.org, &write.name, write.provider, false);
        self.write_policy(id, write);
        Ok(self.policy_reply(201, self.policy(id).ok_or_else(Reply::not_found)?))
    }

    fn replace_policy(&mut self, call: &Call<'_>, id: &str) -> Answer {
        let id = self.find_policy(call, id)?.id;
        let write = self.read_policy(call)?;
        self.write_policy(id, write);
        Ok(self.policy_reply(200, self.policy(id).ok_or_else(Reply::not_found)?))
    }

    fn write_policy(&mut self, id: PolicyId, write: PolicyWrite) {
        let by_default = self.settings.policy_enabled_by_default;
        if let Some(policy) = self.policies.get_mut(&id) {
            policy.name = write.name;
            policy.description = write.description;
            policy.enabled = write.enabled.unwrap_or(by_default);
            policy.provider = write.provider;
            policy.rest = write.rest;
        }
    }

    fn read_policy(&self, call: &Call<'_>) -> Result<PolicyWrite, Reply> {
        let body = call.object()?;
        match self.settings.policy_form {
            PolicyForm::A => self.read_form_a(call, body),
        }
    }

    /// Flat: `name`, `description`, `enabled`, `identityProviderId`.
    fn read_form_a(&self, call: &Call<'_>, mut body: Map<String, Value>) -> Result<PolicyWrite, Reply> {
        let mut text = |name: &str| body.remove(name).and_then(|value| value.as_str().map(str::to_owned));
        let name =
            text("name").filter(|name| !name.is_empty()).ok_or_else(|| Reply::invalid_argument("name is required"))?;
        let description = text("description").unwrap_or_default();
        let provider = text("identityProviderId").and_then(|id| id.parse().ok());
        let known = |id: &ProviderId| self.providers.get(id).is_some_and(|provider| provider.organization == call.org);
        let provider = provider.filter(known).ok_or_else(|| Reply::invalid_argument("identity provider not found"))?;
        let enabled = match body.remove("enabled") {
            None => None,
            Some(value) => Some(value.as_bool().ok_or_else(|| Reply::invalid_argument("enabled must be a boolean"))?),
        };
        body.remove("id");
        match self.settings.policy_unknown_fields {
            Unasked::Keep => {}
            Unasked::Drop => body.clear(),
            Unasked::Refuse => {
                if let Some(name) = body.keys().next() {
                    return Err(Reply::invalid_argument(&format!("unknown field {name}")));
                }
            }
        }
        Ok(PolicyWrite { name, description, enabled, provider: Some(provider), rest: body })
    }

    fn policy_reply(&self, status: u16, policy: &Policy) -> Reply {
        let object = single(self.settings.wrap_single, "identityProviderPolicy", self.policy_json(policy));
        Reply::json(status, &object)
    }

    fn policy_json(&self, policy: &Policy) -> Value {
        match self.settings.policy_form {
            PolicyForm::A => {
                let mut row = policy.rest.clone();
                row.insert("id".to_owned(), json!(policy.id));
                row.insert("name".to_owned(), json!(policy.name));
                row.insert("description".to_owned(), json!(policy.description));
                row.insert("enabled".to_owned(), json!(policy.enabled));
                row.insert("identityProviderId".to_owned(), json!(policy.provider));
                Value::Object(row)
            }
        }
    }
}
