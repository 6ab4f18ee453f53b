//! Bindings of groups and users to applications and routing policies, seen from either end.

use serde_json::{Value, json};

use super::Call;
use super::graph::{self, Node, Op, Operation};
use super::reply::{Answer, Reply};
use crate::id::{AppId, GroupId, PolicyId, UserId};
use crate::world::World;
use crate::world::apps::App;
use crate::world::events::Resource;
use crate::world::policies::Policy;
use crate::world::sorted::SortedIds;

/// What groups and users are bound to.
#[derive(Debug, Clone, Copy)]
enum Owner {
    App(AppId),
    Policy(PolicyId),
}

/// What is bound.
#[derive(Debug, Clone, Copy)]
enum Bound {
    Group(GroupId),
    User(UserId),
}

/// What a user group, or a user, can be bound to besides \[spec\]; nothing of it is modelled.
const OTHER_TARGETS: [&str; 8] = [
    "active_directory",
    "g_suite",
    "ldap_server",
    "office_365",
    "password_manager_item",
    "radius_server",
    "system",
    "system_group",
];

/// What can be looked up from a user or a user group besides \[inferred from what can be bound\]: lists of what is not modelled are empty.
const OTHER_TRAVERSALS: [&str; 8] = [
    "activedirectories",
    "directories",
    "gsuites",
    "ldapservers",
    "office365s",
    "radiusservers",
    "systemgroups",
    "systems",
];

impl World {
    pub(crate) fn graph_of_app(&mut self, call: &Call<'_>, method: &str, id: &str, rest: &[&str]) -> Answer {
        let app = self.find_app(call, id)?;
        let owner = Owner::App(app.id);
        match (method, rest) {
            ("GET", ["associations"]) => self.list_bound(call, owner),
            ("POST", ["associations"]) => self.change_bound(call, owner),
            ("GET", ["usergroups"]) => self.reached_groups(call, &app.groups),
            ("GET", ["users"]) => self.reached_users(call, &app.users, &app.groups),
            _ => Err(Reply::not_found()),
        }
    }

    pub(crate) fn graph_of_policy(&mut self, call: &Call<'_>, method: &str, id: PolicyId, rest: &[&str]) -> Answer {
        let policy = self.policy(id).ok_or_else(Reply::not_found)?;
        match (method, rest) {
            ("GET", []) => self.list_bound(call, Owner::Policy(id)),
            ("POST", []) => self.change_bound(call, Owner::Policy(id)),
            ("GET", ["usergroups"]) => self.reached_groups(call, &policy.groups),
            ("GET", ["users"]) => self.reached_users(call, &policy.users, &policy.groups),
            _ => Err(Reply::not_found()),
        }
    }

    pub(crate) fn graph_of_group(&mut self, call: &Call<'_>, method: &str, id: &str, rest: &[&str]) -> Answer {
        let group = self.find_group(call, id)?.id;
        match (method, rest) {
            ("GET", ["associations"]) => self.list_owners(call, Bound::Group(group)),
            ("POST", ["associations"]) => self.change_owner(call, Bound::Group(group)),
            ("GET", ["applications"]) => {
                let apps = self.apps(call.org).filter(|app| app.groups.contains(group));
                self.reached_apps(call, apps.map(|app| (app, vec![Vec::new()])))
            }
            // Groups in groups are not modelled.
            ("GET", ["memberof"]) => graph::nodes(call, call.page(self.settings.page_max), &[]),
            ("GET", [other]) if OTHER_TRAVERSALS.contains(other) => {
                graph::nodes(call, call.page(self.settings.page_max), &[])
            }
            _ => Err(Reply::not_found()),
        }
    }

    pub(crate) fn graph_of_user(&mut self, call: &Call<'_>, method: &str, id: &str, rest: &[&str]) -> Answer {
        if let ("GET", ["memberof"]) = (method, rest) {
            return self.member_of(call, id);
        }
        let user = self.find_user(call, id)?.id;
        match (method, rest) {
            ("GET", ["associations"]) => self.list_owners(call, Bound::User(user)),
            ("POST", ["associations"]) => self.change_owner(call, Bound::User(user)),
            ("GET", ["applications"]) => {
                let apps = self.apps(call.org).map(|app| (app, self.ways_to(&app.users, &app.groups, user)));
                self.reached_apps(call, apps.filter(|(_, ways)| !ways.is_empty()))
            }
            ("GET", [other]) if OTHER_TRAVERSALS.contains(other) => {
                graph::nodes(call, call.page(self.settings.page_max), &[])
            }
            _ => Err(Reply::not_found()),
        }
    }

    /// `targets` is required, one of two \[spec\].
    fn list_bound(&self, call: &Call<'_>, owner: Owner) -> Answer {
        let (kind, from, groups, users) = match owner {
            Owner::App(id) => self.app(id).map(|app| ("application", id.to_string(), &app.groups, &app.users)),
            Owner::Policy(id) => {
                self.policy(id).map(|policy| ("idp_routing_policy", id.to_string(), &policy.groups, &policy.users))
            }
        }
        .ok_or_else(Reply::not_found)?;
        let page = call.page(self.settings.page_max);
        let from = json!({"attributes": null, "id": from, "type": kind});
        match call.params.last("targets") {
            Some("user_group") => {
                graph::connections(page, groups.as_slice(), |id| edge(&from, "user_group", &json!(id)))
            }
            Some("user") => graph::connections(page, users.as_slice(), |id| edge(&from, "user", &json!(id))),
            _ => Err(Reply::v2_refusal("targets must be one of user, user_group")),
        }
    }

    fn list_owners(&self, call: &Call<'_>, bound: Bound) -> Answer {
        let page = call.page(self.settings.page_max);
        let from = match bound {
            Bound::Group(id) => json!({"attributes": null, "id": id, "type": "user_group"}),
            Bound::User(id) => json!({"attributes": null, "id": id, "type": "user"}),
        };
        match call.params.last("targets") {
            Some("application") => {
                let apps = self.apps(call.org).filter(|app| bound.is_in(&app.groups, &app.users));
                let ids: Vec<AppId> = apps.map(|app| app.id).collect();
                graph::connections(page, &ids, |id| edge(&from, "application", &json!(id)))
            }
            Some("idp_routing_policy") => {
                let policies = self.policies(call.org).filter(|policy| bound.is_in(&policy.groups, &policy.users));
                let ids: Vec<PolicyId> = policies.map(|policy| policy.id).collect();
                graph::connections(page, &ids, |id| edge(&from, "idp_routing_policy", &json!(id)))
            }
            Some(other) if OTHER_TARGETS.contains(&other) => Ok(Reply::list::<Value>(&[], 0)),
            _ => Err(Reply::v2_refusal("targets is not valid")),
        }
    }

    fn change_bound(&mut self, call: &Call<'_>, owner: Owner) -> Answer {
        let operation = Operation::read(call)?;
        let bound = match operation.kind.as_str() {
            "user_group" => Bound::Group(self.find_group(call, &operation.id)?.id),
            "user" => Bound::User(self.find_user(call, &operation.id)?.id),
            _ => return Err(Reply::v2_refusal("type must be one of user, user_group")),
        };
        self.bind(call, owner, bound, operation.op)
    }

    fn change_owner(&mut self, call: &Call<'_>, bound: Bound) -> Answer {
        let operation = Operation::read(call)?;
        let owner = match operation.kind.as_str() {
            "application" => Owner::App(self.find_app(call, &operation.id)?.id),
            "idp_routing_policy" => Owner::Policy(self.find_policy(call, &operation.id)?.id),
            other if OTHER_TARGETS.contains(&other) => return Err(Reply::not_found()),
            _ => return Err(Reply::v2_refusal("type is not valid")),
        };
        self.bind(call, owner, bound, operation.op)
    }

    /// `204`; `409` for one that exists, `404` for one that does not \[observed\].
    fn bind(&mut self, call: &Call<'_>, owner: Owner, bound: Bound, op: Op) -> Answer {
        let (groups, users) = match owner {
            Owner::App(id) => self.apps.get_mut(&id).map(|app: &mut App| (&mut app.groups, &mut app.users)),
            Owner::Policy(id) => {
                self.policies.get_mut(&id).map(|policy: &mut Policy| (&mut policy.groups, &mut policy.users))
            }
        }
        .ok_or_else(Reply::not_found)?;
        let done = match (op, bound) {
            (Op::Add, Bound::Group(id)) => groups.insert(id),
            (Op::Add, Bound::User(id)) => users.insert(id),
            (Op::Remove, Bound::Group(id)) => groups.remove(id),
            (Op::Remove, Bound::User(id)) => users.remove(id),
            (Op::Update, bound) => bound.is_in(groups, users),
        };
        if done && op != Op::Update {
            let ends = self.resource_of_owner(owner).zip(self.resource_of_bound(bound));
            if let Some((owner, bound)) = ends {
                self.tell_association(call, op == Op::Add, owner, bound);
            }
        }
        match op {
            Op::Add if !done && self.settings.association_conflict => Err(Reply::exists()),
            Op::Remove | Op::Update if !done => Err(Reply::not_found()),
            Op::Add | Op::Remove | Op::Update => Ok(Reply::empty(204)),
        }
    }

    fn resource_of_owner(&self, owner: Owner) -> Option<Resource> {
        match owner {
            Owner::App(id) => self.app(id).map(Resource::from),
            Owner::Policy(id) => self.policy(id).map(Resource::from),
        }
    }

    fn resource_of_bound(&self, bound: Bound) -> Option<Resource> {
        match bound {
            Bound::Group(id) => self.group(id).map(Resource::from),
            Bound::User(id) => self.user(id).map(Resource::from),
        }
    }

    fn reached_groups(&self, call: &Call<'_>, groups: &SortedIds<GroupId>) -> Answer {
        let groups = groups.iter().filter_map(|id| self.group(id));
        let node = |group: &crate::Group| Node {
            attributes: group.attributes.clone(),
            ..Node::direct("user_group", group.id.to_string())
        };
        graph::nodes(call, call.page(self.settings.page_max), &groups.map(node).collect::<Vec<_>>())
    }

    /// Users bound one by one or through a group, each with the ways that lead to them.
    fn reached_users(&self, call: &Call<'_>, users: &SortedIds<UserId>, groups: &SortedIds<GroupId>) -> Answer {
        let page = call.page(self.settings.page_max);
        let node = |id: UserId| {
            let ways = self.ways_to(users, groups, id);
            Node { ways, ..Node::direct("user", id.to_string()) }
        };
        // Mostly it is one large group, whose members are in order already.
        if let ([], [only]) = (users.as_slice(), groups.as_slice()) {
            let members = self.group(*only).map_or(&[] as &[UserId], |group| group.members.as_slice());
            return graph::page_of_nodes(call, page, members, node);
        }
        let members = groups.iter().filter_map(|id| self.group(id)).flat_map(|group| group.members.iter());
        let all: SortedIds<UserId> = users.iter().chain(members).collect();
        graph::page_of_nodes(call, page, all.as_slice(), node)
    }

    fn reached_apps<'a>(&self, call: &Call<'_>, apps: impl Iterator<Item = (&'a App, Ways)>) -> Answer {
        let node = |(app, ways): (&App, Ways)| Node { ways, ..Node::direct("application", app.id.to_string()) };
        graph::nodes(call, call.page(self.settings.page_max), &apps.map(node).collect::<Vec<_>>())
    }

    fn ways_to(&self, users: &SortedIds<UserId>, groups: &SortedIds<GroupId>, user: UserId) -> Ways {
        let direct = users.contains(user).then(Vec::new);
        let through = groups.iter().filter(|id| self.group(*id).is_some_and(|group| group.has_member(user)));
        direct.into_iter().chain(through.map(|id| vec![("user_group", id.to_string())])).collect()
    }
}

/// What lies between two ends, on each way.
type Ways = Vec<Vec<(&'static str, String)>>;

impl Bound {
    fn is_in(self, groups: &SortedIds<GroupId>, users: &SortedIds<UserId>) -> bool {
        match self {
            Bound::Group(id) => groups.contains(id),
            Bound::User(id) => users.contains(id),
        }
    }
}

fn edge(from: &Value, kind: &str, id: &Value) -> Value {
    json!({"attributes": null, "from": from, "to": {"attributes": null, "id": id, "type": kind}})
}
