//! That the routing policy applies to the routing group.

use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::kinds::context::{Builder, Context};
use crate::kinds::edge::Edit;
use crate::kinds::{KindOf, routing_policy, user_group};
use crate::plan::Action;
use crate::plan::action::{Arg, Call, Verb};
use crate::plan::order::{Edge, End, Scope};

/// This kind's line of the table.
pub static KIND: KindOf = KindOf { kind: Kind::RoutingAssignment, rows: ROWS, plan };

static ROWS: &[Edge] = &[
    Edge {
        first: End(Org::Secondary, Kind::RoutingAssignment, Verb::Create),
        then: End(Org::Secondary, Kind::RoutingPolicy, Verb::Update),
        of: Scope::All,
        why: "the policy is turned on when it applies to the routing group and to nobody else",
    },
    Edge {
        first: End(Org::Secondary, Kind::RoutingAssignment, Verb::Create),
        then: End(Org::Secondary, Kind::RoutingPolicy, Verb::Adopt),
        of: Scope::All,
        why: "a policy that is marked and without the group lost it by hand, so the mark comes last",
    },
    Edge {
        first: End(Org::Secondary, Kind::RoutingAssignment, Verb::Create),
        then: End(Org::Secondary, Kind::PasswordAuthority, Verb::Check),
        of: Scope::All,
        why: "nobody's password authority changes before routing works",
    },
];

fn plan(context: &Context<'_>, plan: &mut Builder) {
    if context.assigns() {
        plan.act(assign(context));
    }
}

fn assign(context: &Context<'_>) -> Action {
    let (policy, group) = (routing_policy::address(context.spec), user_group::routing_group(context.spec));
    let target = Address::new(Org::Secondary, Kind::RoutingAssignment, format!("{}/{}", policy.name, group.name));
    let call = Call {
        endpoint: &endpoint::CHANGE_POLICY_GROUPS,
        body: Some(Edit::add("user_group", &group)),
        args: Box::new([Arg(policy)]),
    };
    Action { spec: Some(context.spec.routing_group.name.at.clone()), ..Action::edge(target, call) }
}
