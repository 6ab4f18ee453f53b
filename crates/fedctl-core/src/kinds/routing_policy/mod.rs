//! The routing policy: who is sent to the identity provider.
//!
//! It is made off and for nobody, and carries a second line beside the mark until it is turned on for the first time. So
//! an interrupted set-up and a policy that somebody switched off can be told apart: the first goes on, the second stays
//! (invariant I11).

pub mod wire;

use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::kinds::context::{Builder, Context};
use crate::kinds::{KindOf, identity_provider, user_group};
use crate::live::{Live, Needs};
use crate::mark::{self, ObjectRole};
use crate::object_id::ObjectId;
use crate::plan::Action;
use crate::plan::action::{Arg, Because, Call, Change, Choice, Field, Find, Form, Look, LookAt, Subject, Verb, Write};
use crate::plan::guard::{Guard, Refusal};
use crate::plan::hole::{Body, Give, Of};
use crate::plan::order::{Edge, End, Scope};
use crate::spec::Spec;
use wire::Policy;

/// This kind's line of the table.
pub static KIND: KindOf = KindOf { kind: Kind::RoutingPolicy, rows: ROWS, plan };

static ROWS: &[Edge] = &[Edge {
    first: End(Org::Secondary, Kind::RoutingPolicy, Verb::Update),
    then: End(Org::Secondary, Kind::PasswordAuthority, Verb::Check),
    of: Scope::All,
    why: "nobody's password authority changes before routing works",
}];

/// The question that the spelling of a routing policy answers.
const CHOICE: Choice = Choice("routing policy body");

/// The line that a policy carries until it was turned on once.
const BEING_SET_UP: &str = "being set up: not turned on yet";

static LOOK: LookAt = LookAt {
    find: Find::Marked { field: "name" },
    after: true,
    gives: &[(Give::Id, "/id")],
    ..LookAt::object(&endpoint::LIST_POLICIES)
};

static ENABLE: LookAt = LookAt { after: true, ..LookAt::object(&endpoint::GET_POLICY) };

/// The routing policy, as it was found.
#[derive(Debug, Default)]
pub struct Found<'a> {
    /// The policy that is ours.
    pub policy: Option<&'a Policy>,
    /// Whether it applies to the routing group.
    pub is_assigned: bool,
    /// Why it cannot be used.
    pub refusal: Option<Refusal>,
}

impl Found<'_> {
    /// Whether members of the routing group are routed now.
    pub fn routes(&self) -> bool {
        self.is_assigned && self.policy.is_some_and(|policy| policy.enabled == Some(true))
    }

    /// Whether this plan makes it, or goes on with making it.
    pub fn is_in_the_making(&self) -> bool {
        self.refusal.is_none() && self.policy.is_none_or(|policy| policy.description.contains(BEING_SET_UP))
    }
}

/// The address of the routing policy.
pub fn address(spec: &Spec) -> Address {
    Address::new(Org::Secondary, Kind::RoutingPolicy, spec.routing_policy.name.as_str())
}

/// Finds the policy: the one that applies to our routing group; our mark; its name.
pub(crate) fn find<'a>(spec: &Spec, live: &'a Live, needs: &mut Needs, group: &user_group::Found) -> Option<Found<'a>> {
    let policies = needs.policies(live);
    let by_edge = match group.id {
        Some(id) => needs.group_policies(live, id),
        None => Some(&[][..]),
    };
    let (policies, by_edge) = (policies?, by_edge?);
    let is_ours = |policy: &&Policy| mark::is_ours(&policy.description, spec.federation.as_str(), ObjectRole::Policy);
    let of_group = policies.iter().find(|policy| by_edge.contains(&policy.id));
    let foreign = of_group.filter(|policy| !is_ours(policy)).or_else(|| {
        policies.iter().find(|policy| *policy.name == *spec.routing_policy.name.as_str() && !is_ours(policy))
    });
    if let Some(foreign) = foreign {
        return Some(Found { refusal: Some(refusal(spec, foreign)), ..Found::default() });
    }
    let policy = of_group.or_else(|| policies.iter().find(is_ours));
    let Some(policy) = policy else { return Some(Found::default()) };
    let groups = needs.policy_groups(live, policy.id)?;
    let is_assigned = group.id.is_some_and(|id| groups.contains(&id));
    let stranger = groups.iter().find(|id| Some(**id) != group.id);
    Some(Found { policy: Some(policy), is_assigned, refusal: stranger.map(|id| other_group(spec, *id)) })
}

fn refusal(spec: &Spec, policy: &Policy) -> Refusal {
    Refusal::new(
        Guard::Foreign,
        &address(spec),
        format!("the routing policy `{}` ({}) stands in its place and does not carry our mark", policy.name, policy.id),
        "rename or remove that policy, or choose other names in the spec",
    )
}

fn other_group(spec: &Spec, id: ObjectId) -> Refusal {
    Refusal::new(
        Guard::Members,
        &address(spec),
        format!("it also applies to group {id}, whose members are not in this federation"),
        "take that group out of the policy in the console",
    )
}

fn plan(context: &Context<'_>, plan: &mut Builder) {
    let (target, found) = (address(context.spec), &context.found.policy);
    if let Some(refusal) = &found.refusal {
        plan.refuse(refusal.clone());
        return;
    }
    let wanted = context.spec.routing_policy.enabled.value;
    match found.policy {
        None => plan.act(create(context.spec)),
        Some(live) => {
            plan.know(target.clone(), live.id);
            if let Some(text) = left_alone(context, live) {
                plan.note(target.clone(), text);
            }
        }
    }
    if context.turns_on() {
        plan.act(enable(context.spec, found.policy));
    } else if wanted && found.is_in_the_making() {
        plan.note(
            target,
            "it is not turned on before the app is as it must be and the accounts of people who left are suspended",
        );
    }
}

/// Whether an existing policy leads to the identity provider that is there.
pub(crate) fn leads_to_provider(context: &Context<'_>) -> bool {
    let leads_to = context.found.policy.policy.and_then(|policy| policy.provider);
    leads_to.is_none() || leads_to == context.found.provider.map(|provider| provider.id)
}

/// What is said of an existing policy, and left.
fn left_alone(context: &Context<'_>, live: &Policy) -> Option<String> {
    let wanted = context.spec.routing_policy.enabled.value;
    let making = context.found.policy.is_in_the_making();
    match live.enabled {
        Some(false) if wanted && !making => {
            Some("somebody switched it off, and that stays; nobody is routed".to_owned())
        }
        Some(true) if !wanted => Some("it is on and the spec says off; switch it off in the console".to_owned()),
        None => Some("whether it is on cannot be known: it has no field that is modelled".to_owned()),
        _ if !context.found.policy.is_assigned && !making => {
            Some("somebody took the routing group out of it, and that stays; nobody is routed".to_owned())
        }
        _ if !leads_to_provider(context) => {
            Some("it sends people to another identity provider; choose the right one in the console".to_owned())
        }
        Some(true | false) => None,
    }
}

fn description(spec: &Spec, on: bool) -> String {
    let mark = mark::line(spec.federation.as_str(), ObjectRole::Policy);
    if on { mark } else { format!("{mark}\n{BEING_SET_UP}") }
}

fn form_a(spec: &Spec, on: bool) -> Body {
    Body::json(&wire::FormA {
        name: spec.routing_policy.name.as_str(),
        description: &description(spec, on),
        enabled: on,
        identity_provider_id: Of::new(&identity_provider::address(spec)),
    })
}

/// Off and for nobody: inert whatever the service makes of it.
fn create(spec: &Spec) -> Action {
    let target = address(spec);
    let call = Call { endpoint: &endpoint::CREATE_POLICY, args: Box::new([]), body: Some(form_a(spec, false)) };
    Action {
        verb: Verb::Create,
        because: Because::MissingInLive,
        changes: Box::new([
            Change::new(Field::Key("name"), &*target.name),
            Change::new(Field::Key("enabled"), "false"),
            Change::new(Field::Key("description"), description(spec, false)),
        ]),
        write: Write::First { choice: CHOICE, forms: Box::new([Form { name: "A", call }]) },
        look: Some(Look { at: &LOOK, args: Box::new([]) }),
        target,
        subject: Subject::Federation,
        spec: Some(spec.routing_policy.name.at.clone()),
    }
}

fn enable(spec: &Spec, live: Option<&Policy>) -> Action {
    let target = address(spec);
    let before = live.map_or_else(|| description(spec, false).into(), |live| live.description.clone());
    let args: Box<[Arg]> = Box::new([Arg(target.clone())]);
    let call = Call { endpoint: &endpoint::REPLACE_POLICY, args: args.clone(), body: Some(form_a(spec, true)) };
    Action {
        verb: Verb::Update,
        because: if live.is_some() { Because::HalfMade } else { Because::NextStep },
        changes: Box::new([
            Change::of(Field::Key("enabled"), "false", "true"),
            Change::of(Field::Key("description"), before, description(spec, true)),
        ]),
        write: Write::First { choice: CHOICE, forms: Box::new([Form { name: "A", call }]) },
        look: Some(Look { at: &ENABLE, args }),
        target,
        subject: Subject::Federation,
        spec: Some(spec.routing_policy.enabled.at.clone()),
    }
}
