//! Who asks, and for which organisation.

use serde_json::json;

use super::reply::Reply;
use crate::id::OrgId;
use crate::message::Request;
use crate::settings::Unnamed;
use crate::world::World;
use crate::world::events::Initiator;
use crate::world::organizations::Role;
use crate::world::service_accounts::ServiceAccount;

/// A key or token that is known, and the organisations it opens.
pub(crate) struct Access {
    pub(crate) organizations: Vec<OrgId>,
    /// Whose key it is.
    pub(crate) by: Initiator,
    role: Role,
}

impl Access {
    /// Refuses what the role is not enough for, with the documented shape of errors \[spec\].
    pub(crate) fn allows(&self, request: &Request, path: &[&str]) -> Result<(), Reply> {
        let reads = request.method == "GET"
            || matches!(path, ["api", "search", ..] | ["api", "v2", "search", ..] | ["insights", ..]);
        let may = match self.role {
            Role::AdministratorWithBilling => true,
            Role::ReadOnly => reads,
            Role::CommandRunner => false,
        };
        let refusal = || Reply::json(403, &json!({"code": 403, "message": "Forbidden", "status": "Forbidden"}));
        if may { Ok(()) } else { Err(refusal()) }
    }
}

/// Routes that are about organisations, not in one: the official SDK never sends them `x-org-id` \[observed\].
pub(crate) fn is_without_organization(path: &[&str]) -> bool {
    matches!(
        path,
        ["api", "organizations" | "users", ..]
            | ["api", "search", "organizations", ..]
            | ["api", "v2", "organizations" | "administrators" | "providers" | "integrations", ..]
    )
}

impl World {
    pub(crate) fn access(&self, request: &Request) -> Result<Access, Reply> {
        if let Some(key) = request.header("x-api-key") {
            let unknown = || unauthorized("api key user not found");
            if let Some(account) = self.account_of_key(key) {
                return self.access_of(account).ok_or_else(unknown);
            }
            let key = self.keys.get(key).ok_or_else(unknown)?;
            let organizations = self.known_here(&key.organizations).ok_or_else(unknown)?;
            let by = Initiator::Admin { id: key.admin, email: key.email.clone(), by_key: true };
            return Ok(Access { organizations, by, role: key.role });
        }
        if let Some(token) = request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")) {
            let invalid = || unauthorized("token is not valid");
            let account = self.account_of_token(token).ok_or_else(invalid)?;
            return self.access_of(account).ok_or_else(invalid);
        }
        // A browser without a session is sent to log in, and so is everybody else [observed].
        Err(Reply::empty(302).with_header("location", "/login"))
    }

    fn access_of(&self, account: &ServiceAccount) -> Option<Access> {
        let by = Initiator::Admin { id: account.id, email: account.email.clone(), by_key: true };
        Some(Access { organizations: self.known_here(&account.organizations)?, by, role: account.role })
    }

    /// The organisations that are known where this world is asked; a key of others alone is as good as none \[observed\].
    fn known_here(&self, organizations: &[OrgId]) -> Option<Vec<OrgId>> {
        let known: Vec<_> = organizations.iter().copied().filter(|org| self.is_known_here(*org)).collect();
        (organizations.is_empty() || !known.is_empty()).then_some(known)
    }

    /// The organisation that a request is for: the key's only one, or the one it names \[spec\].
    pub(crate) fn organization_of(&self, request: &Request, access: &Access) -> Result<OrgId, Reply> {
        let Some(named) = request.header("x-org-id").filter(|id| !id.is_empty()) else {
            return match access.organizations.as_slice() {
                [only] => Ok(*only),
                [first, ..] if self.settings.org_header_missing == Unnamed::First => Ok(*first),
                _ => Err(Reply::message(401, "Unauthorized: no organization selected")),
            };
        };
        let named: OrgId = named.parse().map_err(|_| Reply::message(400, "Bad Request: x-org-id is malformed"))?;
        let known = access.organizations.contains(&named) && self.organizations.contains_key(&named);
        if known { Ok(named) } else { Err(Reply::message(404, "Not Found: organization not found")) }
    }
}

/// How a key that is not known is refused \[observed\]; a token is refused alike \[unknown\].
fn unauthorized(why: &str) -> Reply {
    Reply::json(401, &json!({"error": "Unauthorized", "message": format!("Unauthorized: {why}")}))
}
