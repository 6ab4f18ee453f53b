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
use crate::plan::Action;
use crate::plan::action::{
    After, Arg, Because, Call, Change, Choice, Field, Find, Form, Look, LookAt, Subject, Verb, Write,
};
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
    let in_our_place =
        |policy: &&Policy| by_edge.contains(&policy.id) || *policy.name == *spec.routing_policy.name.as_str();
    if let Some(foreign) = policies.iter().find(|policy| in_our_place(policy) && !is_ours(policy)) {
        return Some(Found { refusal: Some(refusal(spec, foreign)), ..Found::default() });
    }
    let mut ours = policies.iter().filter(is_ours);
    match (ours.next(), ours.next()) {
        (None, _) => Some(Found::default()),
        (Some(one), Some(two)) => Some(Found { refusal: Some(ambiguous(spec, one, two)), ..Found::default() }),
        (Some(policy), None) => applies_to(spec, live, needs, group, policy),
    }
}

/// Whom the policy that is ours applies to: the routing group, or somebody whom nobody planned.
fn applies_to<'a>(
    spec: &Spec,
    live: &'a Live,
    needs: &mut Needs,
    group: &user_group::Found,
    policy: &'a Policy,
) -> Option<Found<'a>> {
    let (groups, users) = (needs.policy_groups(live, policy.id), needs.policy_users(live, policy.id));
    let (groups, users) = (groups?, users?);
    let is_assigned = group.id.is_some_and(|id| groups.contains(&id));
    let stranger = groups.iter().find(|id| Some(**id) != group.id).map(|id| format!("group {id}, whose members are"));
    let stranger = stranger.or_else(|| users.first().map(|id| format!("user {id}, who is")));
    Some(Found { policy: Some(policy), is_assigned, refusal: stranger.map(|who| others(spec, &who)) })
}

fn ambiguous(spec: &Spec, one: &Policy, two: &Policy) -> Refusal {
    Refusal::new(
        Guard::Ambiguous,
        &address(spec),
        format!("two routing policies carry its mark: {} and {}", one.id, two.id),
        "delete the one that is off or applies to nobody in the console, or take the mark out of its description",
    )
}

fn refusal(spec: &Spec, policy: &Policy) -> Refusal {
    Refusal::new(
        Guard::Foreign,
        &address(spec),
        format!("the routing policy `{}` ({}) stands in its place and does not carry our mark", policy.name, policy.id),
        "rename or remove that policy, or choose other names in the spec",
    )
}

fn others(spec: &Spec, who: &str) -> Refusal {
    Refusal::new(
        Guard::Members,
        &address(spec),
        format!("it also applies to {who} not in this federation"),
        "take them out of the policy in the console",
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
    let provider = context.found.provider.map(|provider| provider.id);
    context.found.policy.policy.is_none_or(|policy| policy.provider.is_some() && policy.provider == provider)
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
        _ if !leads_to_provider(context) => Some(
            "it sends people to another identity provider, or does not say to which; look at it in the console"
                .to_owned(),
        ),
        Some(true | false) => None,
    }
}

fn being_set_up(spec: &Spec) -> String {
    format!("{}\n{BEING_SET_UP}", mark::line(spec.federation.as_str(), ObjectRole::Policy))
}

/// A description without the line of the set-up; whatever else somebody wrote there stays.
fn set_up(description: &str) -> String {
    let lines: Vec<&str> = description.lines().filter(|line| line.trim() != BEING_SET_UP).collect();
    lines.join("\n")
}

fn form_a(spec: &Spec, description: &str, on: bool) -> Body {
    Body::json(&wire::FormA {
        name: spec.routing_policy.name.as_str(),
        description,
        enabled: on,
        identity_provider_id: Of::new(&identity_provider::address(spec)),
    })
}

/// Off and for nobody: inert whatever the service makes of it.
fn create(spec: &Spec) -> Action {
    let target = address(spec);
    let description = being_set_up(spec);
    let body = Some(form_a(spec, &description, false));
    let call = Call { endpoint: &endpoint::CREATE_POLICY, args: Box::new([]), body };
    let provider = After::Of(identity_provider::address(spec), Give::Id);
    Action {
        verb: Verb::Create,
        because: Because::MissingInLive,
        changes: Box::new([
            Change::new(Field::Key("name"), &*target.name),
            Change::new(Field::Key("enabled"), "false"),
            Change::new(Field::Key("description"), description),
            Change { field: Field::Key("identityProviderId"), before: None, after: Some(provider) },
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
    let before = live.map_or_else(|| being_set_up(spec), |live| live.description.to_string());
    let after = set_up(&before);
    let args: Box<[Arg]> = Box::new([Arg(target.clone())]);
    let call = Call { endpoint: &endpoint::REPLACE_POLICY, args: args.clone(), body: Some(form_a(spec, &after, true)) };
    Action {
        verb: Verb::Update,
        because: if live.is_some() { Because::HalfMade } else { Because::NextStep },
        changes: Box::new([
            Change::of(Field::Key("enabled"), "false", "true"),
            Change::of(Field::Key("description"), before, after),
        ]),
        write: Write::First { choice: CHOICE, forms: Box::new([Form { name: "A", call }]) },
        look: Some(Look { at: &ENABLE, args }),
        target,
        subject: Subject::Federation,
        spec: Some(spec.routing_policy.enabled.at.clone()),
    }
}
