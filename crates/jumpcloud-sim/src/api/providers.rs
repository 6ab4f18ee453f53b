//! `/api/v2/identity-providers`: in no published specification; everything here was seen by one client \[observed\].

use serde_json::{Map, Value, json};

use super::Call;
use super::reply::{Answer, Reply, check_access, single};
use crate::secret::Secret;
use crate::settings::{AbsentSecret, ProviderInUse, SecondProvider, SentSecret};
use crate::world::World;
use crate::world::providers::{Provider, ProviderKind};

/// What a body says of a provider.
struct ProviderWrite {
    name: String,
    kind: ProviderKind,
    client_id: String,
    client_secret: Option<String>,
    url: String,
}

impl World {
    pub(crate) fn identity_providers(&mut self, call: &Call<'_>, method: &str, rest: &[&str]) -> Answer {
        check_access(self.settings.provider_access, method)?;
        match (method, rest) {
            ("GET", []) => self.list_providers(call),
            ("POST", []) => self.create_provider(call),
            ("GET", [id]) => Ok(self.provider_reply(200, self.find_provider(call, id)?)),
            ("PUT", [id]) => self.replace_provider(call, id),
            ("DELETE", [id]) => self.delete_provider(call, id),
            // There is no partial update: the route does not exist.
            _ => Err(Reply::not_found()),
        }
    }

    fn find_provider(&self, call: &Call<'_>, id: &str) -> Result<&Provider, Reply> {
        let provider = id.parse().ok().and_then(|id| self.providers.get(&id));
        provider.filter(|provider| provider.organization == call.org).ok_or_else(Reply::not_found)
    }

    /// Wrapped, unlike other lists of this generation.
    fn list_providers(&self, call: &Call<'_>) -> Answer {
        let all: Vec<&Provider> =
            self.providers.values().filter(|provider| provider.organization == call.org).collect();
        let page = call.page(self.settings.page_max);
        let rows: Vec<Value> = page.slice(&all).iter().map(|provider| provider_json(provider)).collect();
        Ok(Reply::json(200, &json!({"identityProviders": rows, "totalCount": all.len()})))
    }

    fn create_provider(&mut self, call: &Call<'_>) -> Answer {
        let write = self.read_provider(&call.object()?)?;
        if self.provider(call.org).is_some() {
            return Err(self.refuse_second_provider());
        }
        let secret = write.client_secret.unwrap_or_default();
        let id = self.add_provider(call.org, &write.name, &write.client_id, &secret, &write.url);
        if let Some(provider) = self.providers.get_mut(&id) {
            provider.kind = write.kind;
        }
        if self.settings.provider_makes_policy {
            self.add_policy(call.org, &write.name, Some(id), true);
        }
        let provider = self.providers.get(&id).ok_or_else(Reply::not_found)?;
        Ok(self.provider_reply(if self.settings.provider_created { 201 } else { 200 }, provider))
    }

    /// Status observed, body not.
    fn refuse_second_provider(&self) -> Reply {
        let text = "an identity provider exists for this organization";
        match self.settings.second_provider {
            SecondProvider::Message => Reply::message(409, &format!("Already Exists: {text}")),
            SecondProvider::Rpc => Reply::json(409, &json!({"code": 6, "message": text, "details": []})),
            SecondProvider::Empty => Reply::empty(409),
        }
    }

    /// A full replace. A secret that is not in it, or empty in it, is gone unless a setting says otherwise.
    fn replace_provider(&mut self, call: &Call<'_>, id: &str) -> Answer {
        let id = self.find_provider(call, id)?.id;
        let write = self.read_provider(&call.replacement(self.settings.wrapped_writes, "identityProvider")?)?;
        let sent = write.client_secret.filter(|secret| !secret.is_empty());
        let secret = match (sent, self.settings.provider_sent_secret, self.settings.provider_absent_secret) {
            (Some(secret), SentSecret::Replace, _) => Some(secret),
            (Some(_), SentSecret::Keep, _) | (None, _, AbsentSecret::Keep) => None,
            (Some(_), SentSecret::Wipe, _) | (None, _, AbsentSecret::Wipe) => Some(String::new()),
        };
        let provider = self.providers.get_mut(&id).ok_or_else(Reply::not_found)?;
        provider.name = write.name;
        provider.kind = write.kind;
        provider.client_id = write.client_id;
        provider.url = write.url;
        if let Some(secret) = secret {
            provider.client_secret = Secret::new(secret);
        }
        let provider = self.providers.get(&id).ok_or_else(Reply::not_found)?;
        Ok(self.provider_reply(200, provider))
    }

    fn delete_provider(&mut self, call: &Call<'_>, id: &str) -> Answer {
        let id = self.find_provider(call, id)?.id;
        let in_use = self.policies(call.org).any(|policy| policy.provider == Some(id));
        match self.settings.provider_in_use {
            ProviderInUse::Refuse if in_use => {
                return Err(Reply::message(409, "Conflict: the identity provider is used by a routing policy"));
            }
            ProviderInUse::Cascade => self.policies.retain(|_, policy| policy.provider != Some(id)),
            ProviderInUse::Refuse | ProviderInUse::Dangle => {}
        }
        self.providers.remove(&id);
        Ok(Reply::deleted(self.settings.provider_delete_empty))
    }

    fn read_provider(&self, body: &Map<String, Value>) -> Result<ProviderWrite, Reply> {
        let text = |object: &Map<String, Value>, name: &str| {
            let text = object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
            text.ok_or_else(|| Reply::invalid_argument(&format!("{name} is required")))
        };
        let kind = match body.get("type").and_then(Value::as_str) {
            Some("OIDC") => ProviderKind::Oidc,
            Some("GOOGLE") => ProviderKind::Google,
            Some("OKTA") => ProviderKind::Okta,
            Some("AZURE") => ProviderKind::Azure,
            _ => return Err(Reply::invalid_argument("schema validation failed: type is not valid")),
        };
        let oidc = body.get("oidc").and_then(Value::as_object);
        let oidc = oidc.ok_or_else(|| Reply::invalid_argument("schema validation failed: oidc is required"))?;
        let url = text(oidc, "url")?;
        if self.settings.provider_url_checked && url.trim_end_matches('/') != self.issuer().trim_end_matches('/') {
            return Err(Reply::invalid_argument("url: there is no OpenID provider"));
        }
        let trimmed = if self.settings.provider_url_trimmed { url.trim_end_matches('/') } else { &url };
        Ok(ProviderWrite {
            name: text(body, "name")?,
            kind,
            client_id: text(oidc, "clientId")?,
            client_secret: oidc.get("clientSecret").and_then(Value::as_str).map(str::to_owned),
            url: trimmed.to_owned(),
        })
    }

    fn provider_reply(&self, status: u16, provider: &Provider) -> Reply {
        let object = single(self.settings.wrap_single, "identityProvider", provider_json(provider));
        Reply::json(status, &object)
    }
}

/// The secret can be written and not read.
fn provider_json(provider: &Provider) -> Value {
    json!({
        "id": provider.id, "name": provider.name, "type": provider.kind,
        "oidc": {"clientId": provider.client_id, "clientSecret": "", "url": provider.url},
    })
}
