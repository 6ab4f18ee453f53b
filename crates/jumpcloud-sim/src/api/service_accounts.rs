//! `/api/v2/service-accounts` and `/api/v2/roles`: stubs in the published description, seen by one client \[observed\].

use serde_json::{Map, Value, json};

use super::Call;
use super::reply::{Answer, Reply};
use crate::clock::rfc3339;
use crate::id::ObjectId;
use crate::world::World;
use crate::world::organizations::Role;
use crate::world::service_accounts::{Credential, ServiceAccount};

/// The roles that there are here; their ids are made up.
const ROLES: [(Role, &str, &str); 3] = [
    (Role::AdministratorWithBilling, "5f15a1b0c2d3e4f506170101", "Administrator With Billing"),
    (Role::ReadOnly, "5f15a1b0c2d3e4f506170102", "Read Only"),
    (Role::CommandRunner, "5f15a1b0c2d3e4f506170103", "Command Runner"),
];

/// How long a key or a secret can be good \[observed\].
const LIFETIMES: [(&str, u64); 4] = [("30 Days", 30), ("60 Days", 60), ("90 Days", 90), ("365 Days", 365)];
const DAY_MS: u64 = 86_400_000;

/// How many keys and secrets an account may have \[doc\].
const CREDENTIALS: usize = 2;

impl World {
    pub(crate) fn service_accounts(&mut self, call: &Call<'_>, method: &str, rest: &[&str]) -> Answer {
        match (method, rest) {
            ("GET", []) => self.list_service_accounts(call),
            ("POST", []) => self.create_service_account(call),
            ("GET", [id]) => Ok(self.account_reply(self.find_service_account(call, id)?, None)),
            ("DELETE", [id]) => {
                let id = self.find_service_account(call, id)?.id;
                self.service_accounts.accounts.remove(&id);
                Ok(Reply::empty(204))
            }
            ("POST", [id, "auth-config"]) => self.add_auth_config(call, id),
            ("DELETE", [id, "auth-config", config]) => self.remove_auth_config(call, id, config),
            _ => Err(Reply::not_found()),
        }
    }

    /// `{results, totalCount}`, and the id under `id` \[observed\].
    pub(crate) fn list_roles(&self, call: &Call<'_>) -> Answer {
        let page = call.page(self.settings.page_max).slice(&ROLES);
        let rows: Vec<Value> =
            page.iter().map(|(_, id, name)| json!({"id": id, "name": name, "description": ""})).collect();
        Ok(Reply::json(200, &json!({"results": rows, "totalCount": ROLES.len()})))
    }

    fn find_service_account(&self, call: &Call<'_>, id: &str) -> Result<&ServiceAccount, Reply> {
        let account = id.parse::<ObjectId>().ok().and_then(|id| self.service_accounts.accounts.get(&id));
        account.filter(|account| account.organizations == [call.org]).ok_or_else(Reply::not_found)
    }

    fn list_service_accounts(&self, call: &Call<'_>) -> Answer {
        let all = self.service_accounts.accounts.values().filter(|account| account.organizations == [call.org]);
        let all: Vec<&ServiceAccount> = all.collect();
        let page = call.page(self.settings.page_max).slice(&all);
        let rows: Vec<Value> = page.iter().map(|account| self.account_json(account, None)).collect();
        Ok(Reply::json(200, &json!({"results": rows, "totalCount": all.len()})))
    }

    fn create_service_account(&mut self, call: &Call<'_>) -> Answer {
        let body = call.object()?;
        let name = body.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Reply::invalid_argument("name is required"))?;
        let role = ROLES.iter().find(|(_, id, _)| body.get("roleId").and_then(Value::as_str) == Some(id));
        let (role, _, _) = role.ok_or_else(|| Reply::invalid_argument("roleId is not valid"))?;
        let config = body.get("authConfig").and_then(Value::as_object);
        let wanted = AuthConfig::read(config.ok_or_else(|| Reply::invalid_argument("authConfig is required"))?)?;
        let id = self.new_service_account(&[call.org], name, *role);
        let credential = self.grant_access(id, &wanted)?;
        let account = self.service_accounts.accounts.get(&id).ok_or_else(Reply::not_found)?;
        Ok(self.account_reply(account, Some(credential)))
    }

    fn add_auth_config(&mut self, call: &Call<'_>, id: &str) -> Answer {
        let account = self.find_service_account(call, id)?;
        if account.credentials.len() >= CREDENTIALS {
            return Err(Reply::invalid_argument("a service account has two secrets at most"));
        }
        let id = account.id;
        let body = call.object()?;
        let config = body.get("authConfig").and_then(Value::as_object).unwrap_or(&body);
        let wanted = AuthConfig::read(config)?;
        let made = self.grant_access(id, &wanted)?;
        let account = self.service_accounts.accounts.get(&id).ok_or_else(Reply::not_found)?;
        let made = account.credentials.iter().find(|known| known.id == made).ok_or_else(Reply::not_found)?;
        Ok(Reply::json(200, &json!({"authConfig": self.auth_config_json(made, true)})))
    }

    fn remove_auth_config(&mut self, call: &Call<'_>, id: &str, config: &str) -> Answer {
        let id = self.find_service_account(call, id)?.id;
        let account = self.service_accounts.accounts.get_mut(&id).ok_or_else(Reply::not_found)?;
        let before = account.credentials.len();
        account.credentials.retain(|known| known.id.to_string() != config);
        if account.credentials.len() == before { Err(Reply::not_found()) } else { Ok(Reply::empty(204)) }
    }

    fn grant_access(&mut self, account: ObjectId, wanted: &AuthConfig) -> Result<ObjectId, Reply> {
        let expires = self.now_ms.saturating_add(wanted.days * DAY_MS);
        let credential = self.new_credential(wanted.is_client, Some(expires));
        let id = credential.id;
        let account = self.service_accounts.accounts.get_mut(&account).ok_or_else(Reply::not_found)?;
        account.credentials.push(credential);
        Ok(id)
    }

    /// In an envelope of one key \[observed\].
    fn account_reply(&self, account: &ServiceAccount, shown: Option<ObjectId>) -> Reply {
        Reply::json(200, &json!({"serviceAccount": self.account_json(account, shown)}))
    }

    /// The names of its keys are \[observed\], what stands in `authConfigList` is \[inferred\].
    fn account_json(&self, account: &ServiceAccount, shown: Option<ObjectId>) -> Value {
        let role = ROLES.iter().find(|(role, _, _)| *role == account.role);
        let configs = account.credentials.iter();
        let configs: Vec<Value> = configs.map(|known| self.auth_config_json(known, shown == Some(known.id))).collect();
        let active = account.credentials.iter().any(|known| known.is_good(self.now_ms));
        let last = account.credentials.iter().filter_map(|known| known.expires_ms).max();
        json!({
            "objectId": account.id, "name": account.name, "roleId": role.map(|(_, id, _)| id),
            "roleName": role.map(|(_, _, name)| name), "status": if active { "ACTIVE" } else { "EXPIRED" },
            "expiresAt": last.map(rfc3339), "authConfigList": configs,
        })
    }

    fn auth_config_json(&self, credential: &Credential, shown: bool) -> Value {
        let kind = if credential.client_id.is_some() { "CLIENT_SECRET" } else { "API_KEY" };
        let mut config = json!({
            "objectId": credential.id, "authType": kind, "expiresAt": credential.expires_ms.map(rfc3339),
        });
        if let Some(client_id) = &credential.client_id {
            config["clientId"] = json!(client_id);
        }
        if shown {
            let name = if credential.client_id.is_some() { "clientSecret" } else { "apiKey" };
            config[name] = json!(credential.secret.expose());
        }
        config
    }
}

/// What kind of proof is asked for, and for how long.
struct AuthConfig {
    is_client: bool,
    days: u64,
}

impl AuthConfig {
    fn read(config: &Map<String, Value>) -> Result<AuthConfig, Reply> {
        let (is_client, key) = match config.get("authType").and_then(Value::as_str) {
            Some("CLIENT_SECRET") => (true, "clientSecretConfig"),
            Some("API_KEY") => (false, "apiKeyConfig"),
            _ => return Err(Reply::invalid_argument("authType is not valid")),
        };
        let wanted = config.get(key).and_then(|config| config.get("lifetime")).and_then(Value::as_str);
        let lifetime = LIFETIMES.iter().find(|(name, _)| wanted == Some(name));
        let (_, days) = lifetime.ok_or_else(|| Reply::invalid_argument("lifetime is not valid"))?;
        Ok(AuthConfig { is_client, days: *days })
    }
}
