//! The three guesses at how a routing policy is spelt: what a body says in each, and how it is answered \[unknown\].

use serde_json::{Map, Value, json};

use super::Call;
use super::reply::{Reply, settle_unknown};
use crate::id::{GroupId, ProviderId};
use crate::settings::PolicyForm;
use crate::world::World;
use crate::world::policies::Policy;
use crate::world::sorted::SortedIds;

/// What a body says of a policy, whatever its form.
pub(super) struct PolicyWrite {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) enabled: Option<bool>,
    pub(super) provider: Option<ProviderId>,
    /// The groups, in a form that has them in the body.
    pub(super) groups: Option<SortedIds<GroupId>>,
    pub(super) rest: Map<String, Value>,
}

impl World {
    pub(super) fn read_policy(&self, call: &Call<'_>, mut body: Map<String, Value>) -> Result<PolicyWrite, Reply> {
        let form = self.settings.policy_form;
        let name = text(&mut body, "name").filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Reply::invalid_argument("name is required"))?;
        let description = text(&mut body, "description").unwrap_or_default();
        let enabled = match form {
            PolicyForm::A | PolicyForm::B => truth(&mut body, "enabled")?,
            PolicyForm::C => truth(&mut body, "disabled")?.map(|disabled| !disabled),
        };
        let provider = match form {
            PolicyForm::A | PolicyForm::B => body.remove("identityProviderId"),
            PolicyForm::C => body.remove("effect").and_then(|effect| effect.get("identityProviderId").cloned()),
        };
        let groups = match form {
            PolicyForm::A => None,
            // A body without groups replaces them by none: what leaves something out loses it.
            PolicyForm::B => Some(self.groups_of(call, body.remove("userGroups"))?),
            PolicyForm::C => {
                let targets = body.remove("targets");
                let groups = targets.and_then(|targets| targets.pointer("/userGroups/inclusions").cloned());
                Some(self.groups_of(call, groups)?)
            }
        };
        body.remove("id");
        settle_unknown(&mut body, &[], self.settings.policy_unknown_fields)?;
        let provider = Some(self.provider_of(call, provider.as_ref())?);
        Ok(PolicyWrite { name, description, enabled, provider, groups, rest: body })
    }

    fn provider_of(&self, call: &Call<'_>, id: Option<&Value>) -> Result<ProviderId, Reply> {
        let id = id.and_then(Value::as_str).and_then(|id| id.parse().ok());
        let known = |id: &ProviderId| self.providers.get(id).is_some_and(|provider| provider.organization == call.org);
        id.filter(known).ok_or_else(|| Reply::invalid_argument("identity provider not found"))
    }

    fn groups_of(&self, call: &Call<'_>, ids: Option<Value>) -> Result<SortedIds<GroupId>, Reply> {
        let mut groups = SortedIds::default();
        for id in ids.as_ref().and_then(Value::as_array).into_iter().flatten() {
            groups.insert(self.find_group(call, id.as_str().unwrap_or_default())?.id);
        }
        Ok(groups)
    }
}

fn text(body: &mut Map<String, Value>, name: &str) -> Option<String> {
    body.remove(name).and_then(|value| value.as_str().map(str::to_owned))
}

fn truth(body: &mut Map<String, Value>, name: &str) -> Result<Option<bool>, Reply> {
    let refusal = || Reply::invalid_argument(&format!("{name} must be a boolean"));
    body.remove(name).map(|value| value.as_bool().ok_or_else(refusal)).transpose()
}

/// A policy as answers have it.
pub(super) fn to_json(policy: &Policy, form: PolicyForm) -> Value {
    let mut row = policy.rest.clone();
    let own = match form {
        PolicyForm::A => json!({"enabled": policy.enabled, "identityProviderId": policy.provider}),
        PolicyForm::B => json!({
            "enabled": policy.enabled, "identityProviderId": policy.provider,
            "userGroups": policy.groups().collect::<Vec<_>>(),
        }),
        PolicyForm::C => json!({
            "disabled": !policy.enabled, "effect": {"identityProviderId": policy.provider},
            "targets": {"userGroups": {"inclusions": policy.groups().collect::<Vec<_>>()}},
        }),
    };
    if let Value::Object(own) = own {
        row.extend(own);
    }
    row.extend([
        ("id".to_owned(), json!(policy.id)),
        ("name".to_owned(), json!(policy.name)),
        ("description".to_owned(), json!(policy.description)),
    ]);
    Value::Object(row)
}
