//! Memberships: of accounts in the routing group, and of people named by e-mail in the access group.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::kinds::context::{Builder, Context};
use crate::kinds::edge::Edit;
use crate::kinds::{KindOf, user, user_group, user_mapping};
use crate::live::{Confirmed, Left};
use crate::mark::ROUTE_ATTRIBUTE;
use crate::object_id::ObjectId;
use crate::people::Person;
use crate::people::leave::{Leaver, Take};
use crate::plan::Action;
use crate::plan::action::{Arg, Because, Call, Change, Look, LookAt, Subject, Verb, Write};
use crate::plan::hole::{Body, Merge, Merged};
use crate::plan::order::{Edge, End, Scope};
use crate::spec::RoutingMembers;
use user::wire::Attribute;

/// This kind's line of the table.
pub static KIND: KindOf = KindOf { kind: Kind::GroupMember, rows: ROWS, plan };

static ROWS: &[Edge] = &[
    Edge {
        first: End(Org::Primary, Kind::GroupMember, Verb::Create),
        then: End(Org::Secondary, Kind::GroupMember, Verb::Create),
        of: Scope::SamePerson,
        why: "nobody is routed who may not use the app",
    },
    Edge {
        first: End(Org::Secondary, Kind::GroupMember, Verb::Delete),
        then: End(Org::Secondary, Kind::User, Verb::Update),
        of: Scope::SamePerson,
        why: "who leaves loses the way in first, and the mark says so then",
    },
    Edge {
        first: End(Org::Secondary, Kind::GroupMember, Verb::Delete),
        then: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        of: Scope::Ended,
        why: "the members are looked at when everybody who leaves has left",
    },
];

static ACCOUNT: LookAt = LookAt::object(&endpoint::GET_USER);

#[derive(Serialize)]
struct Routed<'a> {
    attributes: Merged<'a, Attribute<'a>>,
}

/// Members of the routing group who belong to no account of this federation.
pub(crate) fn strangers(context: &Context<'_>) -> Vec<ObjectId> {
    let linked = context.people.list.iter().filter_map(|person| person.live);
    let mut ours: BTreeSet<ObjectId> =
        linked.chain(context.people.left.iter().map(|leaver| leaver.account)).map(|account| account.id).collect();
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
    plan_leavers(context, plan);
    let (routing, access) = (user_group::routing_group(context.spec), user_group::access_group(context.spec));
    let access_members = &context.found.access_group.members;
    for (subject, person) in context.active() {
        if context.in_access_group(person) && access_members.binary_search(&person.user.id).is_err() {
            plan.act(returning(person, join(&access, &user_mapping::address(person), subject, person)));
        }
        if context.is_routed(person) {
            continue;
        }
        match (&context.spec.routing_group.members.value, person.live) {
            _ if waits_for_app(context, person) => plan.wait(
                user::address(person),
                "it has a local password and is not routed before the app is as it must be",
            ),
            _ if context.stays_out(person) => {
                plan.note(user::address(person), "the rule of the routing group does not bring it in; nobody else can");
            }
            (RoutingMembers::Managed, _) => {
                plan.act(returning(person, join(&routing, &user::address(person), subject, person)));
            }
            (RoutingMembers::ByMark, live) => {
                if live.and_then(|account| account.route.as_deref()) != Some(context.route()) {
                    plan.act(returning(person, route(context, &routing, subject, person)));
                }
            }
            (RoutingMembers::EmailEndsWith(_), _) => {}
        }
    }
}

/// Somebody who left and is back is given again what was taken.
fn returning(person: &Person<'_>, action: Action) -> Action {
    if person.returns() { Action { because: Because::Returned, ..action } } else { action }
}

fn plan_leavers(context: &Context<'_>, plan: &mut Builder) {
    let (routing, access) = (user_group::routing_group(context.spec), user_group::access_group(context.spec));
    for (subject, leaver, takes, confirmed) in context.leaving() {
        let account = user::address_of(leaver.account);
        if takes.contains(&Take::Unroute) {
            plan.act(match &context.spec.routing_group.members.value {
                RoutingMembers::ByMark => unroute(context, &routing, subject, leaver, confirmed),
                RoutingMembers::Managed | RoutingMembers::EmailEndsWith(_) => {
                    part(&routing, (&account, &leaver.account.email), subject, confirmed)
                }
            });
        }
        if let Some(user) = leaver.user.filter(|_| takes.contains(&Take::Access)) {
            plan.act(part(&access, (&user_mapping::address_of(user), &user.email), subject, confirmed));
        }
    }
}

/// Takes somebody who left out of a group.
pub(crate) fn part<R>(
    group: &Address,
    (member, name): (&Address, &str),
    subject: Subject,
    confirmed: Confirmed<R>,
) -> Action {
    let target = Address::new(group.org, Kind::GroupMember, format!("{}/{name}", group.name));
    let call = Call {
        endpoint: &endpoint::CHANGE_MEMBER,
        args: Box::new([Arg(group.clone())]),
        body: Some(Edit::remove(confirmed, "user", member)),
    };
    Action { subject, verb: Verb::Delete, because: Because::Left, ..Action::edge(target, call) }
}

/// Takes from an account the attribute by which the rule of the routing group finds it.
fn unroute(
    context: &Context<'_>,
    group: &Address,
    subject: Subject,
    leaver: &Leaver<'_>,
    confirmed: Confirmed<Left>,
) -> Action {
    let merge = Merge::<Attribute<'_>>::of("attributes", "name", &[]).without(confirmed, &[ROUTE_ATTRIBUTE]);
    let args: Box<[Arg]> = Box::new([Arg(user::address_of(leaver.account))]);
    let body = Body::json(&Routed { attributes: Merged(merge) });
    let before = leaver.account.route.clone();
    Action {
        target: Address::new(Org::Secondary, Kind::GroupMember, format!("{}/{}", group.name, leaver.account.email)),
        verb: Verb::Delete,
        because: Because::Left,
        changes: Box::new([Change { field: user::attribute_field(ROUTE_ATTRIBUTE), before, after: None }]),
        write: Write::One(Call { endpoint: &endpoint::UPDATE_USER, args: args.clone(), body: Some(body) }),
        look: Some(Look { at: &ACCOUNT, args }),
        subject,
        spec: Some(context.spec.people.on_leave.at.clone()),
    }
}

/// Gives an account the attribute by which the rule of the routing group finds it.
fn route(context: &Context<'_>, group: &Address, subject: Subject, person: &Person<'_>) -> Action {
    let (spec, federation) = (context.spec, context.route());
    let set = [Attribute { name: ROUTE_ATTRIBUTE, value: federation }];
    let body = Routed { attributes: Merged(Merge::of("attributes", "name", &set)) };
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
