//! `/api/organizations`, `/api/settings`: which organisations a key opens.

use serde_json::{Value, json};

use super::Call;
use super::access::Access;
use super::msp::provider_of;
use super::reply::{Answer, Reply};
use super::user_self;
use crate::clock::rfc3339;
use crate::message::Request;
use crate::query::{Params, page::Page, v1};
use crate::world::World;
use crate::world::organizations::Organization;

/// The fields of an organisation in a list \[spec\].
const FIELDS: [&str; 5] = ["_id", "id", "displayName", "logoUrl", "created"];

impl World {
    pub(crate) fn answer_without_organization(&self, request: &Request, access: &Access, path: &[&str]) -> Answer {
        if self.settings.org_header_refused && request.header("x-org-id").is_some_and(|id| !id.is_empty()) {
            return Err(Reply::message(403, "Forbidden: x-org-id is not supported on this route"));
        }
        match (request.method.as_str(), path) {
            ("GET", ["api", "organizations"]) => self.list_organizations(request, access),
            ("GET", ["api", "organizations", id]) => self.get_organization(access, id),
            ("GET", ["api", "users", "getSelf"]) => user_self::answer(request, access),
            ("GET", ["api", "v2", "providers", id, "organizations"]) => {
                self.list_organizations_of_provider(request, access, id)
            }
            // Its filter grammar is its own, and nothing was ever found with it [observed].
            ("POST", ["api", "search", "organizations"]) => {
                Ok(Reply::json(200, &json!({"totalCount": 0, "results": []})))
            }
            _ => Err(Reply::not_found()),
        }
    }

    fn list_organizations(&self, request: &Request, access: &Access) -> Answer {
        self.organizations_allowed()?;
        let params = Params::parse(&request.query);
        let exists = |name: &str| FIELDS.contains(&name);
        let query = v1::parse(&params, Page::of(&params, self.settings.page_max), true, exists);
        let query = query.map_err(|text| Reply::v1_refusal(&text))?;
        let (organizations, total) =
            query.selection.select(access.organizations.iter().filter_map(|org| self.organization(*org)));
        let rows: Vec<Value> = organizations.into_iter().map(|row| query.project(self.organization_row(row))).collect();
        Ok(Reply::json(200, &json!({"totalCount": total, "results": rows})))
    }

    fn get_organization(&self, access: &Access, id: &str) -> Answer {
        self.organizations_allowed()?;
        let id = id.parse().ok().filter(|id| access.organizations.contains(id)).ok_or_else(Reply::not_found)?;
        let organization = self.organizations.get(&id).ok_or_else(Reply::not_found)?;
        let mut row = self.organization_row(organization);
        row["settings"] = settings_json(organization);
        row["entitlement"] = json!({"isManuallyBilled": false});
        if let Some(provider) = provider_of(access) {
            row["provider"] = json!(provider);
        }
        Ok(Reply::json(200, &row))
    }

    fn organizations_allowed(&self) -> Result<(), Reply> {
        if self.settings.organizations_forbidden { Err(Reply::message(403, "Forbidden")) } else { Ok(()) }
    }

    fn organization_row(&self, organization: &Organization) -> Value {
        let name = (!self.settings.display_name_null).then_some(&organization.display_name);
        json!({
            "_id": organization.id, "id": organization.id, "displayName": name, "logoUrl": null,
            "created": rfc3339(organization.created),
        })
    }

    /// Tells which organisation a key is in, also where listing them is refused \[observed\].
    pub(crate) fn get_settings(&self, call: &Call<'_>) -> Answer {
        let organization = self.organizations.get(&call.org).ok_or_else(Reply::not_found)?;
        let name = (!self.settings.display_name_null).then_some(&organization.display_name);
        let body = json!({
            "ORG_ID": call.org, "ORG_NAME": name, "SETTINGS": settings_json(organization),
        });
        Ok(Reply::json(200, &body))
    }
}

fn settings_json(organization: &Organization) -> Value {
    let state = organization.new_user_state.name();
    json!({
        "newSystemUserStateDefaults": {"manualEntry": state, "csvImport": state, "applicationImport": state},
        "systemUserDefaults": {"restrictedFields": []},
    })
}
