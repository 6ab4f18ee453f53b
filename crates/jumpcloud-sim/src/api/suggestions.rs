//! What a rule would do: suggestions of a group whose changes are reviewed, and the preview of a rule.

use serde_json::{Value, json};

use super::Call;
use super::graph;
use super::groups::read_rule;
use super::reply::{Answer, Reply};
use crate::id::{GroupId, UserId};
use crate::world::World;
use crate::world::events::Resource;

impl World {
    /// `{"object": …, "op": "add"}`, one for each user whose membership the rule would change \[spec\].
    pub(crate) fn list_suggestions(&self, call: &Call<'_>, id: &str) -> Answer {
        let suggestions = self.suggestions(self.find_group(call, id)?);
        graph::connections(call.page(self.settings.page_max), &suggestions, suggestion)
    }

    /// Accepts suggestions for the users named in `user_ids` \[spec\], and answers with those that were \[inferred\].
    pub(crate) fn accept_suggestions(&mut self, call: &Call<'_>, id: &str) -> Answer {
        let group = self.find_group(call, id)?;
        let (id, suggestions) = (group.id, self.suggestions(group));
        let body = call.object()?;
        let named: Vec<&str> =
            body.get("user_ids").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let is_named = |user: UserId| named.contains(&user.to_string().as_str());
        let accepted: Vec<(UserId, bool)> = suggestions.into_iter().filter(|(user, _)| is_named(*user)).collect();
        for (user, member) in &accepted {
            self.set_member_and_tell(call, id, *user, *member);
        }
        Ok(Reply::json(200, &accepted.iter().map(suggestion).collect::<Vec<_>>()))
    }

    /// Adds or removes a member; whether it changed anything.
    pub(crate) fn set_member_and_tell(&mut self, call: &Call<'_>, group: GroupId, user: UserId, member: bool) -> bool {
        let done = self.set_member(group, user, member);
        let ends = self.group(group).map(Resource::from).zip(self.user(user).map(Resource::from));
        if let Some((group, user)) = ends.filter(|_| done) {
            self.tell_association(call, member, group, user);
        }
        done
    }

    /// Who would be in a group with that rule: the rule itself, or under `memberQuery`. That there is such a call is
    /// \[observed\], its body and its answer are \[unknown\].
    pub(crate) fn preview_rule(&self, call: &Call<'_>) -> Answer {
        let body = call.object()?;
        let query = body.get("memberQuery").cloned().unwrap_or(Value::Object(body));
        let rule = read_rule(call, &query)?.ok_or_else(|| Reply::v2_refusal("memberQuery is required"))?;
        let filter = rule.filter(&self.settings);
        let users: Vec<UserId> = self.users(call.org).filter(|user| filter.passes(*user)).map(|user| user.id).collect();
        let page = call.page(self.settings.page_max).slice(&users);
        let rows: Vec<Value> = page.iter().map(|id| json!({"id": id, "type": "user"})).collect();
        Ok(Reply::json(200, &json!({"results": rows, "totalCount": users.len()})))
    }
}

fn suggestion((user, member): &(UserId, bool)) -> Value {
    json!({"object": {"id": user, "type": "user"}, "op": if *member { "add" } else { "remove" }})
}
