//! Members of groups, and the groups of a user.

use serde_json::json;

use super::Call;
use super::graph::{self, Node, Op, Operation};
use super::reply::{Answer, Reply};
use crate::world::World;

impl World {
    /// Members of an unknown group are `404` \[observed\].
    pub(crate) fn list_members(&self, call: &Call<'_>, id: &str) -> Answer {
        let group = self.find_group(call, id)?;
        let page = call.page(self.settings.page_max);
        graph::connections(
            page,
            group.members.as_slice(),
            |user| json!({"attributes": null, "to": {"attributes": null, "id": user, "type": "user"}}),
        )
    }

    /// Members with the paths that make them so. Groups in groups are not modelled: all paths have one step.
    pub(crate) fn list_membership(&self, call: &Call<'_>, id: &str) -> Answer {
        let group = self.find_group(call, id)?;
        let page = call.page(self.settings.page_max);
        graph::page_of_nodes(call, page, group.members.as_slice(), |user| Node::direct("user", user.to_string()))
    }

    /// Adds or removes a member. The answers are those observed, one by one.
    pub(crate) fn change_member(&mut self, call: &Call<'_>, id: &str) -> Answer {
        let operation = Operation::read(call)?;
        let group = self.find_group(call, id).map_err(|_| Reply::invalid_argument("user_group not found"))?;
        if operation.kind != "user" {
            return Err(Reply::invalid_argument("type must be user"));
        }
        let (group, user) = (group.id, self.find_user(call, &operation.id)?.id);
        if self.group(group).is_some_and(|group| group.is_ruled(user)) && !self.is_left_to_hands(operation.op) {
            let known = self.group(group).is_some_and(|group| group.has_member(user));
            let conflict = operation.op == Op::Add && known && self.settings.dynamic_member_conflict;
            // The rule wins, without a word.
            return if conflict { Err(Reply::exists()) } else { Ok(Reply::empty(204)) };
        }
        let done = match operation.op {
            Op::Add => self.set_member_and_tell(call, group, user, true),
            Op::Remove => self.set_member_and_tell(call, group, user, false),
            Op::Update => true,
        };
        match operation.op {
            Op::Add if !done && self.settings.member_conflict => Err(Reply::exists()),
            Op::Remove if !done => Err(Reply::not_found()),
            Op::Add | Op::Remove | Op::Update => Ok(Reply::empty(204)),
        }
    }

    /// Whether a rule lets people do that, until it is evaluated again.
    fn is_left_to_hands(&self, op: Op) -> bool {
        op == Op::Remove && self.settings.dynamic_removal_lasts
    }

    /// The groups of a user; of an unknown one, none \[observed\].
    pub(crate) fn member_of(&self, call: &Call<'_>, id: &str) -> Answer {
        let page = call.page(self.settings.page_max);
        let Ok(user) = self.find_user(call, id) else {
            return graph::nodes(call, page, &[]);
        };
        let groups = user.groups().filter_map(|group| self.group(group));
        let all: Vec<Node> = groups
            .map(|group| Node {
                attributes: group.attributes.clone(),
                ..Node::direct("user_group", group.id.to_string())
            })
            .collect();
        graph::nodes(call, page, &all)
    }
}
