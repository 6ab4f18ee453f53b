//! Memberships: of accounts in the routing group, and of people named by e-mail in the access group.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::kinds::context::{Builder, Context};
use crate::kinds::{KindOf, user, user_group, user_mapping};
use crate::object_id::ObjectId;
use crate::people::Person;
use crate::plan::Action;
use crate::plan::action::{Arg, Call, Subject, Verb};
use crate::plan::hole::{Body, Id, Of};
use crate::plan::order::{Edge, End, Scope};

/// This kind's line of the table.
pub static KIND: KindOf = KindOf { kind: Kind::GroupMember, rows: ROWS, plan };

static ROWS: &[Edge] = &[Edge {
    first: End(Org::Primary, Kind::GroupMember, Verb::Create),
    then: End(Org::Secondary, Kind::GroupMember, Verb::Create),
    of: Scope::SamePerson,
    why: "nobody is routed who may not use the app",
}];

/// `{"op":"add","type":…,"id":…}`. `[spec]`: the body of every change of an edge.
#[derive(Serialize)]
pub(crate) struct Edit {
    op: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    id: Of<Id>,
}

impl Edit {
    /// Adds an edge to this object.
    pub(crate) fn add(kind: &'static str, to: &Address) -> Body {
        Body::json(&Edit { op: "add", kind, id: Of::new(to) })
    }
}

/// Members of the routing group who belong to no account of this federation.
pub(crate) fn strangers(context: &Context<'_>) -> Vec<ObjectId> {
    let linked = context.people.list.iter().filter_map(|person| person.live);
    let ours: BTreeSet<ObjectId> =
        linked.chain(context.people.left.iter().copied()).map(|account| account.id).collect();
    context.found.routing_group.members.iter().copied().filter(|id| !ours.contains(id)).collect()
}

fn plan(context: &Context<'_>, plan: &mut Builder) {
    let (routing, access) = (user_group::routing_group(context.spec), user_group::access_group(context.spec));
    for (subject, person) in context.active() {
        let is_in = |members: &[ObjectId], id: ObjectId| members.binary_search(&id).is_ok();
        if context.in_access_group(person) && !is_in(&context.found.access_group.members, person.user.id) {
            plan.act(join(&access, &user_mapping::address(person), subject, person));
        }
        let routed = person.live.is_some_and(|account| is_in(&context.found.routing_group.members, account.id));
        let loses = person.live.is_some_and(|account| account.has_password) && !context.is_whole();
        if !routed && loses && context.found.policy.routes() {
            plan.note(
                user::address(person),
                "it has a local password and is not routed before the app is as it must be",
            );
        } else if !routed {
            plan.act(join(&routing, &user::address(person), subject, person));
        }
    }
}

fn join(group: &Address, member: &Address, subject: Subject, person: &Person<'_>) -> Action {
    let who = match group.org {
        Org::Primary => &*person.user.email,
        Org::Secondary => &*person.account,
    };
    let target = Address::new(group.org, Kind::GroupMember, format!("{}/{who}", group.name));
    let call = Call {
        endpoint: &endpoint::CHANGE_MEMBER,
        args: Box::new([Arg(group.clone())]),
        body: Some(Edit::add("user", member)),
    };
    Action { subject, ..Action::edge(target, call) }
}
