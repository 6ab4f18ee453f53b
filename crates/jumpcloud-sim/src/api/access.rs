//! Who asks, and for which organisation.

use serde_json::json;

use super::reply::Reply;
use crate::id::OrgId;
use crate::message::Request;
use crate::world::World;
use crate::world::events::Initiator;

/// A key that is known, and the organisations it opens.
pub(crate) struct Access {
    pub(crate) organizations: Vec<OrgId>,
    /// Whose key it is.
    pub(crate) by: Initiator,
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
        let Some(key) = request.header("x-api-key") else {
            // A browser without a session is sent to log in, and so is everybody else [observed].
            return Err(Reply::empty(302).with_header("location", "/login"));
        };
        let unknown = || {
            let body = json!({"error": "Unauthorized", "message": "Unauthorized: api key user not found"});
            Reply::json(401, &body)
        };
        let key = self.keys.get(key).ok_or_else(unknown)?;
        let by = Initiator::Admin { id: key.admin, email: key.email.clone(), by_key: true };
        Ok(Access { organizations: key.organizations.clone(), by })
    }

    /// The organisation that a request is for: the key's only one, or the one it names \[spec\].
    pub(crate) fn organization_of(&self, request: &Request, access: &Access) -> Result<OrgId, Reply> {
        let Some(named) = request.header("x-org-id").filter(|id| !id.is_empty()) else {
            return match access.organizations.as_slice() {
                [only] => Ok(*only),
                _ => Err(Reply::message(401, "Unauthorized: no organization selected")),
            };
        };
        let named: OrgId = named.parse().map_err(|_| Reply::message(400, "Bad Request: x-org-id is malformed"))?;
        let known = access.organizations.contains(&named) && self.organizations.contains_key(&named);
        if known { Ok(named) } else { Err(Reply::message(404, "Not Found: organization not found")) }
    }
}
