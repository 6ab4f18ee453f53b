//! Memberships: of accounts in the routing group, and of people named by e-mail in the access group.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::kinds::context::{Builder, Context};
use crate::kinds::{KindOf, user, user_group, user_mapping};
use crate::mark::ROUTE_ATTRIBUTE;
use crate::object_id::ObjectId;
use crate::people::Person;
use crate::plan::Action;
use crate::plan::action::{Arg, Because, Call, Change, Look, LookAt, Subject, Verb, Write};
use crate::plan::hole::{Body, Id, Merge, Merged, Of};
use crate::plan::order::{Edge, End, Scope};
use crate::spec::RoutingMembers;
use user::wire::Attribute;

/// This kind's line of the table.
pub static KIND: KindOf = KindOf { kind: Kind::GroupMember, rows: ROWS, plan };

static ROWS: &[Edge] = &[Edge {
    first: End(Org::Primary, Kind::GroupMember, Verb::Create),
    then: End(Org::Secondary, Kind::GroupMember, Verb::Create),
    of: Scope::SamePerson,
    why: "nobody is routed who may not use the app",
}];

static ACCOUNT: LookAt = LookAt::object(&endpoint::GET_USER);

#[derive(Serialize)]
struct Routed<'a> {
    attributes: Merged<'a, Attribute<'a>>,
}

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

    /// Takes the edge to this object away.
    pub(crate) fn remove(kind: &'static str, to: &Address) -> Body {
        Body::json(&Edit { op: "remove", kind, id: Of::new(to) })
    }
}

/// Members of the routing group who belong to no account of this federation.
pub(crate) fn strangers(context: &Context<'_>) -> Vec<ObjectId> {
    let linked = context.people.list.iter().filter_map(|person| person.live);
    let mut ours: BTreeSet<ObjectId> =
        linked.chain(context.people.left.iter().copied()).map(|account| account.id).collect();
    if context.found.policy.routes() {
        // They are routed already, and are people whom the spec means: their accounts are not ours, and nothing changes.
        ours.extend(context.people.list.iter().filter_map(|person| person.existing).map(|account| account.id));
    }
    context.found.routing_group.members.iter().copied().filter(|id| !ours.contains(id)).collect()
}

/// Whether somebody is not routed yet because they have a local password, and the way through the app is not whole.
pub(crate) fn waits_for_app(context: &Context<'_>, person: &Person<'_>) -> bool {
    let has_password = person.live.is_some_and(|account| account.has_password);
    has_password && !context.is_whole() && context.found.policy.routes()
}

fn plan(context: &Context<'_>, plan: &mut Builder) {
    let (routing, access) = (user_group::routing_group(context.spec), user_group::access_group(context.spec));
    let access_members = &context.found.access_group.members;
    for (subject, person) in context.active() {
        if context.in_access_group(person) && access_members.binary_search(&person.user.id).is_err() {
            plan.act(join(&access, &user_mapping::address(person), subject, person));
        }
        if context.is_routed(person) {
            continue;
        }
        match (&context.spec.routing_group.members.value, person.live) {
            _ if waits_for_app(context, person) => plan.note(
                user::address(person),
                "it has a local password and is not routed before the app is as it must be",
            ),
            _ if context.stays_out(person) => {
                plan.note(user::address(person), "the rule of the routing group does not bring it in; nobody else can");
            }
            (RoutingMembers::Managed, _) => plan.act(join(&routing, &user::address(person), subject, person)),
            (RoutingMembers::ByMark, live) => {
                if live.and_then(|account| account.route.as_deref()) != Some(context.route()) {
                    plan.act(route(context, &routing, subject, person));
                }
            }
            (RoutingMembers::EmailEndsWith(_), _) => {}
        }
    }
}

/// Gives an account the attribute by which the rule of the routing group finds it.
fn route(context: &Context<'_>, group: &Address, subject: Subject, person: &Person<'_>) -> Action {
    let (spec, federation) = (context.spec, context.route());
    let set = [Attribute { name: ROUTE_ATTRIBUTE, value: federation }];
    let body = Routed { attributes: Merged(Merge { field: "attributes", by: "name", set: &set, drop: &[] }) };
    let args: Box<[Arg]> = Box::new([Arg(user::address(person))]);
    let before = person.live.and_then(|account| account.route.clone());
    Action {
        target: Address::new(Org::Secondary, Kind::GroupMember, format!("{}/{}", group.name, person.account)),
        verb: Verb::Create,
        because: Because::MissingInLive,
        changes: Box::new([Change { before, ..Change::new(user::attribute_field(ROUTE_ATTRIBUTE), federation) }]),
        write: Write::One(Call { endpoint: &endpoint::UPDATE_USER, args: args.clone(), body: Some(Body::json(&body)) }),
        look: Some(Look { at: &ACCOUNT, args }),
        subject,
        spec: Some(spec.routing_group.members.at.clone()),
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
