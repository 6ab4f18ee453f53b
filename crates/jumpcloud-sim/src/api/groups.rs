//! `/api/v2/usergroups`: groups themselves; members and bindings have files of their own.

use serde_json::{Map, Value, json};

use super::Call;
use super::reply::{Answer, Reply};
use crate::id::{GroupId, UserId};
use crate::query::v2;
use crate::settings::{Duplicate, SearchEndsWith};
use crate::world::World;
use crate::world::events::{Change, Resource};
use crate::world::groups::{Group, Membership, ldap_groups};
use crate::world::rules::Rule;
use crate::world::sorted::SortedIds;

/// What answers have and the schema of a PUT has not \[spec\].
const READ_ONLY: [&str; 5] = ["id", "type", "organizationObjectId", "suggestionCounts", "memberQueryErrorFlags"];

/// What a body says of a group. What a full replace leaves out of the rule stays \[observed\].
struct GroupWrite {
    name: String,
    description: String,
    email: String,
    attributes: Option<Map<String, Value>>,
    membership: Option<Membership>,
    rule: Option<Option<Rule>>,
    exemptions: Option<SortedIds<UserId>>,
    notify: bool,
}

impl World {
    pub(crate) fn usergroups(&mut self, call: &Call<'_>, method: &str, rest: &[&str]) -> Answer {
        match (method, rest) {
            ("GET", []) => self.list_groups(call),
            ("POST", []) => self.create_group(call),
            ("GET", [id]) => Ok(Reply::json(200, &self.group_json(self.find_group(call, id)?))),
            ("PUT", [id]) => self.replace_group(call, id),
            ("DELETE", [id]) => self.delete_group(call, id),
            ("GET", [id, "members"]) => self.list_members(call, id),
            ("POST", [id, "members"]) => self.change_member(call, id),
            ("GET", [id, "membership"]) => self.list_membership(call, id),
            ("GET", [id, "suggestions"]) => self.list_suggestions(call, id),
            ("POST", [id, "suggestions"]) => self.accept_suggestions(call, id),
            (_, [id, rest @ ..]) => self.graph_of_group(call, method, id, rest),
            _ => Err(Reply::not_found()),
        }
    }

    /// The group of that id in the caller's organisation.
    pub(crate) fn find_group(&self, call: &Call<'_>, id: &str) -> Result<&Group, Reply> {
        let group = id.parse().ok().and_then(|id| self.group(id));
        group.filter(|group| group.organization == call.org).ok_or_else(Reply::not_found)
    }

    /// The list leaves out how a group comes by its members \[observed\].
    fn list_groups(&self, call: &Call<'_>) -> Answer {
        let query =
            v2::parse(&call.params, call.page(self.settings.page_max)).map_err(|text| Reply::v2_refusal(&text))?;
        let (groups, total) = query.selection.select(self.groups(call.org));
        let rows: Vec<Value> = groups.into_iter().map(|group| query.project(group_row(group))).collect();
        Ok(Reply::list(&rows, total))
    }

    /// Groups of all kinds, of which only user groups are simulated. A header, whatever its value, asks how many there are
    /// without filters \[spec\].
    pub(crate) fn list_all_groups(&self, call: &Call<'_>) -> Answer {
        let mut reply = self.list_groups(call)?;
        if call.request.header("x-unfiltered-total-count").is_some() {
            reply.headers.retain(|(name, _)| name != "x-total-count");
            reply = reply.with_header("x-total-count", &self.groups(call.org).count().to_string());
        }
        Ok(reply)
    }

    fn create_group(&mut self, call: &Call<'_>) -> Answer {
        let write = self.read_group(call)?;
        if self.groups(call.org).any(|group| group.name == write.name) {
            match self.settings.duplicate_group {
                Duplicate::Allow => {}
                Duplicate::Conflict => return Err(Reply::exists()),
                Duplicate::BadRequest => return Err(Reply::v2_refusal("name already exists")),
            }
        }
        let id = self.add_group(call.org, &write.name);
        self.write_group(id, write);
        let (group, resource) = self.group_now(id)?;
        self.tell(call, Change::GroupCreate, resource);
        Ok(Reply::json(201, &group))
    }

    fn replace_group(&mut self, call: &Call<'_>, id: &str) -> Answer {
        let group = self.find_group(call, id)?;
        let (id, had) = (group.id, posix_groups(group.attributes.as_ref()).cloned());
        self.refuse_read_only(&call.object()?)?;
        let mut write = self.read_group(call)?;
        if let Some(had) = had {
            let attributes = write.attributes.get_or_insert_default();
            let kept = attributes.entry("posixGroups").or_insert_with(|| had.clone());
            if *kept != had {
                return Err(Reply::message(400, "existing attribute posixGroups may not be changed"));
            }
        }
        if self.settings.group_put_resets_rule {
            write.membership.get_or_insert_default();
            write.rule.get_or_insert_default();
            write.exemptions.get_or_insert_default();
        }
        let (before, _) = self.group_now(id)?;
        self.write_group(id, write);
        let (after, resource) = self.group_now(id)?;
        self.tell_update(call, Change::GroupUpdate, resource, [&before, &after]);
        Ok(Reply::json(200, &after))
    }

    fn refuse_read_only(&self, body: &Map<String, Value>) -> Result<(), Reply> {
        let found = READ_ONLY.into_iter().find(|name| body.contains_key(*name));
        match found.filter(|_| self.settings.group_read_only_refused) {
            Some(name) => Err(Reply::v2_refusal(&format!("{name} may not be written"))),
            None => Ok(()),
        }
    }

    /// A group as answers have it, and as events remember it.
    fn group_now(&self, id: GroupId) -> Result<(Value, Resource), Reply> {
        let group = self.group(id).ok_or_else(Reply::not_found)?;
        Ok((self.group_json(group), group.into()))
    }

    fn delete_group(&mut self, call: &Call<'_>, id: &str) -> Answer {
        let id = self.find_group(call, id)?.id;
        let group = self.remove_group(id).ok_or_else(Reply::not_found)?;
        self.tell(call, Change::GroupDelete, (&group).into());
        if self.settings.group_delete_empty {
            return Ok(Reply::empty(204));
        }
        Ok(Reply::json(200, &self.group_json(&group)))
    }

    fn read_group(&self, call: &Call<'_>) -> Result<GroupWrite, Reply> {
        let body = call.object()?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        let name = text("name");
        if name.is_empty() {
            return Err(Reply::v2_refusal("name is required"));
        }
        let membership = match body.get("membershipMethod").filter(|method| !method.is_null()) {
            None => None,
            Some(method) => {
                let known = Membership::from_name(method.as_str().unwrap_or(""));
                Some(known.ok_or_else(|| Reply::v2_refusal("membershipMethod is not valid"))?)
            }
        };
        Ok(GroupWrite {
            name,
            description: text("description"),
            email: text("email"),
            attributes: body.get("attributes").and_then(Value::as_object).cloned(),
            membership,
            rule: body.get("memberQuery").map(|query| self.written_rule(call, query)).transpose()?,
            exemptions: body.get("memberQueryExemptions").map(|list| self.read_exemptions(call, list)).transpose()?,
            notify: body.get("memberSuggestionsNotify").and_then(Value::as_bool).unwrap_or(false),
        })
    }

    /// A rule that is written, which may be refused.
    fn written_rule(&self, call: &Call<'_>, query: &Value) -> Result<Option<Rule>, Reply> {
        let rule = read_rule(call, query)?;
        let refuses = self.settings.search_ends_with == SearchEndsWith::Refuse;
        if refuses && rule.as_ref().is_some_and(Rule::searches_for_an_end) {
            return Err(Reply::message(400, "memberQuery.searchFilters is not valid"));
        }
        Ok(rule)
    }

    /// Exemptions name users, with a type in capitals \[observed\].
    fn read_exemptions(&self, call: &Call<'_>, list: &Value) -> Result<SortedIds<UserId>, Reply> {
        let mut exemptions = SortedIds::default();
        for entry in list.as_array().map_or(&[] as &[Value], Vec::as_slice) {
            if entry.get("type").and_then(Value::as_str) != Some("USER") {
                return Err(Reply::message(400, "member query exemptions must be of type user"));
            }
            let id = entry.get("id").and_then(Value::as_str).unwrap_or("");
            exemptions.insert(self.find_user(call, id)?.id);
        }
        Ok(exemptions)
    }

    fn write_group(&mut self, id: GroupId, write: GroupWrite) {
        self.edit_group(id, |group| {
            let mut attributes = write.attributes.unwrap_or_default();
            // Left out, the service makes this attribute anew [observed].
            if !attributes.contains_key("ldapGroups") {
                attributes.extend(ldap_groups(&write.name));
            }
            group.attributes = Some(attributes);
            group.name = write.name;
            group.description = write.description;
            group.email = write.email;
            group.notify = write.notify;
            group.membership = write.membership.unwrap_or(group.membership);
            if let Some(rule) = write.rule {
                group.rule = rule;
            }
            if let Some(exemptions) = write.exemptions {
                group.exemptions = exemptions;
            }
        });
    }

    fn group_json(&self, group: &Group) -> Value {
        let exemption = |id: UserId| json!({"id": id, "type": "USER", "organizationId": group.organization});
        let exemptions: Vec<Value> = group.exemptions.iter().map(exemption).collect();
        let mut all = group_row(group);
        all["membershipMethod"] = json!(group.membership.name());
        all["memberQuery"] = json!(group.rule.as_ref().map(|rule| self.rule_json(rule)));
        all["memberQueryExemptions"] = json!(exemptions);
        all["memberSuggestionsNotify"] = json!(group.notify);
        all["memberQueryErrorFlags"] = json!([]);
        let suggestions = self.suggestions(group);
        let add = suggestions.iter().filter(|(_, member)| *member).count();
        let (remove, total) = (suggestions.len() - add, suggestions.len());
        all["suggestionCounts"] = json!({"add": add, "remove": remove, "total": total});
        all["organizationObjectId"] = json!(group.organization);
        all
    }

    /// A rule as answers have it: as it was written, unless a setting says otherwise.
    fn rule_json(&self, rule: &Rule) -> Value {
        let mut raw = rule.raw().clone();
        if self.settings.rule_rewritten {
            rewrite(&mut raw);
        }
        raw
    }
}

/// Turns the order of comparisons round and spells out the JSON in a search; the rule means the same.
fn rewrite(rule: &mut Value) {
    if let Some(filters) = rule.get_mut("filters").and_then(Value::as_array_mut) {
        filters.reverse();
    }
    if let Some(search) = rule.get_mut("searchFilters") {
        let parsed = search.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        *search = parsed.map_or_else(|| search.clone(), |parsed| json!(format!("{parsed:#}")));
    }
}

/// The newest form takes a header of its own; without it the service looks for an older one \[observed\].
pub(crate) fn read_rule(call: &Call<'_>, query: &Value) -> Result<Option<Rule>, Reply> {
    if query.is_null() {
        return Ok(None);
    }
    if Rule::is_newest(query) && call.request.header("x-query-dsl") != Some("v2") {
        return Err(Reply::message(400, "memberQuery.queryType is required"));
    }
    Rule::parse(query).map(Some).map_err(|text| Reply::message(400, &text))
}

fn posix_groups(attributes: Option<&Map<String, Value>>) -> Option<&Value> {
    attributes?.get("posixGroups").filter(|groups| !groups.is_null())
}

fn group_row(group: &Group) -> Value {
    json!({
        "attributes": group.attributes, "id": group.id, "name": group.name, "type": "user_group",
        "email": group.email, "description": group.description,
    })
}
