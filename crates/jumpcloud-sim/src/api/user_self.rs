//! `/api/users/getSelf`: the administrator whose key it is \[observed in clients that ask for their provider\].

use serde_json::{Map, Value, json};

use super::access::Access;
use super::msp::provider_of;
use super::reply::{Answer, Reply};
use super::service_accounts::role_name;
use crate::message::Request;
use crate::query::Params;
use crate::world::events::Initiator;

/// Answers with the fields that are asked for, apart by spaces, and both ids in any case.
pub(crate) fn answer(request: &Request, access: &Access) -> Answer {
    let Initiator::Admin { id, email, .. } = &access.by else { return Err(Reply::not_found()) };
    let organization = access.organizations.first();
    let role = role_name(access.role);
    let all = json!({
        "_id": id, "id": id, "email": email, "firstname": "", "lastname": "", "organization": organization,
        "provider": provider_of(access), "role": role, "roleName": role, "enableMultiFactor": false,
        "totpEnrolled": false, "suspended": false,
    });
    let params = Params::parse(&request.query);
    let Some(fields) = params.last("fields").filter(|text| !text.trim().is_empty()) else {
        return Ok(Reply::json(200, &all));
    };
    let asked = |name: &String| matches!(name.as_str(), "_id" | "id") || fields.split_whitespace().any(|f| f == name);
    let all: Map<String, Value> = all.as_object().cloned().unwrap_or_default();
    let kept: Map<String, Value> = all.into_iter().filter(|(name, _)| asked(name)).collect();
    Ok(Reply::json(200, &kept))
}
