//! `/api/v2/providers/{id}/organizations`: the organisations of whoever manages several of them \[spec\].

use std::borrow::Cow;

use serde_json::{Value, json};

use super::access::Access;
use super::reply::{Answer, Reply};
use crate::message::Request;
use crate::query::filter::Fielded;
use crate::query::{Params, page::Page, v2};
use crate::world::World;
use crate::world::organizations::Organization;

/// The one managed service provider of every world; its id is made up.
const PROVIDER: &str = "5f15a1b0c2d3e4f506170001";

impl Fielded for Organization {
    fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "id" | "_id" => Some(Cow::Owned(self.id.to_string())),
            "name" | "displayName" => Some(Cow::Borrowed(&self.display_name)),
            _ => None,
        }
    }
}

/// The provider that a key belongs to: one that opens several organisations is a provider's.
pub(crate) fn provider_of(access: &Access) -> Option<&'static str> {
    (access.organizations.len() > 1).then_some(PROVIDER)
}

impl World {
    pub(crate) fn list_organizations_of_provider(&self, request: &Request, access: &Access, id: &str) -> Answer {
        let own = provider_of(access).ok_or_else(|| Reply::message(403, "Forbidden"))?;
        if own != id {
            return Err(Reply::not_found());
        }
        let params = Params::parse(&request.query);
        let query = v2::parse(&params, Page::of(&params, self.settings.page_max));
        let query = query.map_err(|text| Reply::v2_refusal(&text))?;
        let all = access.organizations.iter().filter_map(|org| self.organization(*org));
        let (organizations, total) = query.selection.select(all);
        let row = |organization: &Organization| {
            query.project(json!({"id": organization.id, "name": organization.display_name}))
        };
        let rows: Vec<Value> = organizations.into_iter().map(row).collect();
        Ok(Reply::json(200, &json!({"results": rows, "totalCount": total})))
    }
}
