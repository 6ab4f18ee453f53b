//! Finding users: by an index where the filter allows, by looking at all of them where it does not.

use super::Call;
use super::reply::{Answer, Reply};
use super::user_json::{is_field, render};
use crate::id::{OrgId, UserId};
use crate::query::filter::{Filter, Op};
use crate::query::page::{Order, Page, Selection};
use crate::query::v1::{Fields, ListQuery};
use crate::query::{search_body, v1};
use crate::world::World;
use crate::world::users::{Directory, User};

impl World {
    pub(crate) fn list_users(&self, call: &Call<'_>) -> Answer {
        let eventually = call.request.header("x-eventually-consistent") == Some("true");
        let page = call.page(self.settings.page_max);
        let query = v1::parse(&call.params, page, eventually, is_field).map_err(|text| Reply::v1_refusal(&text))?;
        Ok(self.user_page(call.org, &query))
    }

    /// The search of the first generation \[spec\].
    pub(crate) fn search_users(&self, call: &Call<'_>) -> Answer {
        let body = call.object()?;
        let number = |name: &str| body.get(name).and_then(serde_json::Value::as_u64);
        let text = |name: &str| body.get(name).and_then(serde_json::Value::as_str).unwrap_or("");
        let page = Page::new(number("skip"), number("limit"), self.settings.search_page_max);
        let order = Order::of(text("sort"), ' ');
        let fields = Fields::parse(text("fields"), is_field);
        let filter = search_body::parse(&body.into()).map_err(|text| Reply::v1_refusal(&text))?;
        Ok(self.user_page(call.org, &ListQuery { selection: Selection { page, filter, order }, fields }))
    }

    fn user_page(&self, org: OrgId, query: &ListQuery) -> Reply {
        let (users, total) = self.select_users(org, query);
        let mut body = format!("{{\"totalCount\":{total},\"results\":[").into_bytes();
        for (index, user) in users.into_iter().enumerate() {
            if index > 0 {
                body.push(b',');
            }
            render(user, &query.fields, &mut body);
        }
        body.extend_from_slice(b"]}");
        Reply::bytes(200, body)
    }

    fn select_users(&self, org: OrgId, query: &ListQuery) -> (Vec<&User>, usize) {
        let Some(directory) = self.directory(org) else { return (Vec::new(), 0) };
        let parts = flat(&query.selection.filter);
        if !self.settings.id_range_filter && parts.iter().any(|part| is_id_range(part)) {
            return (Vec::new(), 0);
        }
        if query.selection.order.is_natural()
            && let Some(ids) = slice_of(directory, &parts)
        {
            let users = query.selection.page.slice(ids).iter().filter_map(|id| self.users.get(id)).collect();
            return (users, ids.len());
        }
        let ids = Self::candidates(directory, &Filter::And(parts.into_iter().cloned().collect()));
        let all = || directory.ids.as_slice().to_vec();
        let users = ids.unwrap_or_else(all).into_iter().filter_map(|id| self.users.get(&id));
        query.selection.select(users.filter(|user| user.organization == org))
    }

    /// Users among whom all that pass must be, if an index knows them; ascending.
    fn candidates(directory: &Directory, filter: &Filter) -> Option<Vec<UserId>> {
        match filter {
            Filter::And(parts) => parts.iter().find_map(|part| Self::candidates(directory, part)),
            Filter::Or(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    all.extend(Self::candidates(directory, part)?);
                }
                all.sort_unstable();
                all.dedup();
                Some(all)
            }
            Filter::Test { field, op: Op::Eq | Op::In, values } => {
                let mut ids: Vec<UserId> = match field.as_str() {
                    "_id" | "id" => values.iter().filter_map(|value| value.parse().ok()).collect(),
                    "email" => values.iter().flat_map(|value| directory.by_email(value)).collect(),
                    "username" => values.iter().flat_map(|value| directory.by_username(value)).collect(),
                    _ => return None,
                };
                ids.sort_unstable();
                ids.dedup();
                Some(ids)
            }
            Filter::Test { .. } => None,
        }
    }
}

/// The parts of a filter that must all pass.
fn flat(filter: &Filter) -> Vec<&Filter> {
    match filter {
        Filter::And(parts) => parts.iter().flat_map(flat).collect(),
        Filter::Or(_) | Filter::Test { .. } => vec![filter],
    }
}

fn is_id_range(filter: &Filter) -> bool {
    match filter {
        Filter::Test { field, op: Op::Gt | Op::Gte | Op::Lt | Op::Lte, .. } => matches!(field.as_str(), "_id" | "id"),
        Filter::And(_) | Filter::Or(_) | Filter::Test { .. } => false,
    }
}

/// The users that pass, if they are everybody or everybody after an id: the cost is that of the page.
fn slice_of<'a>(directory: &'a Directory, parts: &[&Filter]) -> Option<&'a [UserId]> {
    let ids = directory.ids.as_slice();
    match parts {
        [] => Some(ids),
        [Filter::Test { field, op: Op::Gt, values }] if matches!(field.as_str(), "_id" | "id") => {
            let [after] = values.as_slice() else { return None };
            let after: UserId = after.parse().ok()?;
            Some(&ids[ids.partition_point(|id| *id <= after)..])
        }
        _ => None,
    }
}
