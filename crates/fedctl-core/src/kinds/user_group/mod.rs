//! User groups: the routing group of the secondary organisation, and the managed access group of the primary.

pub mod wire;

use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::kinds::KindOf;
use crate::kinds::context::{Builder, Context};
use crate::live::{Live, Needs};
use crate::mark::{self, ObjectRole};
use crate::object_id::ObjectId;
use crate::plan::Action;
use crate::plan::action::{Arg, Because, Call, Change, Expect, Field, Find, Look, LookAt, Subject, Verb, Write};
use crate::plan::guard::{Guard, Refusal};
use crate::plan::hole::{Body, Give};
use crate::plan::order::{Edge, End, Scope};
use crate::spec::{Access, Spec};

/// This kind's line of the table.
pub static KIND: KindOf = KindOf { kind: Kind::UserGroup, rows: ROWS, plan };

static ROWS: &[Edge] = &[
    Edge {
        first: End(Org::Primary, Kind::UserMapping, Verb::Update),
        then: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        of: Scope::Ended,
        why: "who is a member already may not be routed before their attribute is right",
    },
    Edge {
        first: End(Org::Secondary, Kind::User, Verb::Update),
        then: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        of: Scope::Ended,
        why: "who is a member already may not be routed before their account is active",
    },
    Edge {
        first: End(Org::Primary, Kind::GroupMember, Verb::Create),
        then: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        of: Scope::Ended,
        why: "who is a member already may not be routed before they may use the app",
    },
    Edge {
        first: End(Org::Primary, Kind::AppAccess, Verb::Create),
        then: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        of: Scope::All,
        why: "nobody is routed who may not use the app",
    },
    Edge {
        first: End(Org::Secondary, Kind::GroupMember, Verb::Create),
        then: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        of: Scope::Ended,
        why: "the members are looked at when everybody who joins has joined",
    },
    Edge {
        first: End(Org::Secondary, Kind::RoutingPolicy, Verb::Create),
        then: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        of: Scope::All,
        why: "the policy is read back before anything is made of it",
    },
    Edge {
        first: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        then: End(Org::Secondary, Kind::RoutingAssignment, Verb::Create),
        of: Scope::All,
        why: "nobody is routed who is not in the plan",
    },
    Edge {
        first: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        then: End(Org::Secondary, Kind::RoutingPolicy, Verb::Update),
        of: Scope::All,
        why: "nobody is routed who is not in the plan",
    },
];

static LOOK: LookAt = LookAt {
    query: &[("sort", "id")],
    find: Find::Marked { field: "name" },
    after: true,
    gives: &[(Give::Id, "/id")],
    ..LookAt::object(&endpoint::LIST_GROUPS)
};

/// The direct members of a group, for checks.
pub static MEMBERS: LookAt = LookAt { find: Find::EdgeTo, ..LookAt::object(&endpoint::LIST_MEMBERS) };

/// A managed group, as it was found.
#[derive(Debug)]
pub struct Found {
    /// Its id, if it exists and is ours.
    pub id: Option<ObjectId>,
    /// Its direct members.
    pub members: Vec<ObjectId>,
    /// Why it cannot be used.
    pub refusal: Option<Refusal>,
}

/// The address of the routing group.
pub fn routing_group(spec: &Spec) -> Address {
    Address::new(Org::Secondary, Kind::UserGroup, spec.routing_group.name.as_str())
}

/// The address of the managed access group.
pub fn access_group(spec: &Spec) -> Address {
    Address::new(Org::Primary, Kind::UserGroup, spec.access_group_name())
}

/// Finds the routing group: by our mark, then by its name.
pub(crate) fn find_routing(spec: &Spec, live: &Live, needs: &mut Needs) -> Option<Found> {
    find(spec, live, needs, &routing_group(spec), ObjectRole::RoutingGroup)
}

/// Finds the managed access group, if the spec needs one.
pub(crate) fn find_access(spec: &Spec, live: &Live, needs: &mut Needs) -> Option<Found> {
    if !wants_access_group(spec) {
        return Some(Found { id: None, members: Vec::new(), refusal: None });
    }
    find(spec, live, needs, &access_group(spec), ObjectRole::AccessGroup)
}

/// Whether some people get the app through a group that fedctl keeps.
pub fn wants_access_group(spec: &Spec) -> bool {
    match &spec.app.access.value {
        Access::SourceGroups => !spec.people.emails.is_empty(),
        Access::Managed => true,
        Access::Group(_) => false,
    }
}

fn find(spec: &Spec, live: &Live, needs: &mut Needs, address: &Address, role: ObjectRole) -> Option<Found> {
    let groups = needs.groups(live, address.org)?;
    let mut marked = groups.iter().filter(|group| mark::is_ours(&group.description, spec.federation.as_str(), role));
    let (group, refusal) = match (marked.next(), marked.next()) {
        (Some(one), Some(two)) => (None, Some(ambiguous(address, one.id, two.id))),
        (Some(group), None) => (Some(group), None),
        (None, _) => {
            let namesake = groups.iter().find(|group| *group.name == *address.name);
            (None, namesake.map(|group| foreign(address, group.id)))
        }
    };
    let Some(group) = group else { return Some(Found { id: None, members: Vec::new(), refusal }) };
    let (rule, members) = (needs.group_rule(live, address.org, group.id), needs.members(live, address.org, group.id));
    let refusal = (rule? == wire::Membership::Rule).then(|| by_rule(address, group.id));
    Some(Found { id: Some(group.id), members: members?.to_vec(), refusal })
}

fn ambiguous(address: &Address, one: ObjectId, two: ObjectId) -> Refusal {
    Refusal::new(
        Guard::Ambiguous,
        address,
        format!("two groups carry its mark: {one} and {two}"),
        "delete one of them in the console, or take the mark out of its description",
    )
}

fn foreign(address: &Address, id: ObjectId) -> Refusal {
    Refusal::new(
        Guard::Foreign,
        address,
        format!("a group with this name exists ({id}) and does not carry our mark"),
        "choose another name in the spec, or rename that group",
    )
}

fn by_rule(address: &Address, id: ObjectId) -> Refusal {
    Refusal::new(
        Guard::Foreign,
        address,
        format!("its members come by a rule ({id}), so adding people to it would do nothing"),
        "set its membership to static in the console",
    )
}

fn plan(context: &Context<'_>, plan: &mut Builder) {
    let groups = [
        (routing_group(context.spec), &context.found.routing_group, ObjectRole::RoutingGroup, true),
        (
            access_group(context.spec),
            &context.found.access_group,
            ObjectRole::AccessGroup,
            wants_access_group(context.spec),
        ),
    ];
    for (address, found, role, wanted) in groups {
        plan_group(context, plan, address, found, role, wanted);
    }
    for group in context.found.source_groups.iter().chain(&context.found.app_group) {
        plan.know(Address::new(Org::Primary, Kind::UserGroup, group.name), group.id);
    }
    let policy = &context.found.policy;
    if policy.is_in_the_making() && (!policy.is_assigned || context.turns_on()) {
        plan.act(check_members(context));
    }
}

fn plan_group(
    context: &Context<'_>,
    plan: &mut Builder,
    address: Address,
    found: &Found,
    role: ObjectRole,
    wanted: bool,
) {
    if let Some(refusal) = &found.refusal {
        plan.refuse(refusal.clone());
    }
    match found.id {
        Some(id) => plan.know(address, id),
        None if wanted && found.refusal.is_none() => plan.act(create(context.spec, address, role)),
        None => {}
    }
}

fn create(spec: &Spec, address: Address, role: ObjectRole) -> Action {
    let description = mark::line(spec.federation.as_str(), role);
    let body = Body::json(&wire::Create { name: &address.name, description: &description });
    let path = match role {
        ObjectRole::RoutingGroup => spec.routing_group.name.at.clone(),
        ObjectRole::AccessGroup | ObjectRole::App | ObjectRole::Policy => spec.app.access.at.clone(),
    };
    Action {
        changes: Box::new([
            Change::new(Field::Key("name"), &*address.name),
            Change::new(Field::Key("description"), description),
        ]),
        target: address,
        verb: Verb::Create,
        because: Because::MissingInLive,
        write: Write::One(Call { endpoint: &endpoint::CREATE_GROUP, args: Box::new([]), body: Some(body) }),
        look: Some(Look { at: &LOOK, args: Box::new([]) }),
        subject: Subject::Federation,
        spec: Some(path),
    }
}

fn check_members(context: &Context<'_>) -> Action {
    let target = routing_group(context.spec);
    Action {
        look: Some(Look { at: &MEMBERS, args: Box::new([Arg(target.clone())]) }),
        target,
        verb: Verb::Check,
        because: Because::Precondition,
        changes: Box::new([]),
        write: Write::Seen(Expect::OnlyPlannedMembers),
        subject: Subject::Federation,
        spec: None,
    }
}
