//! The routing policy: who is sent to the identity provider.
//!
//! It is made off and for nobody, and carries a second line beside the mark until it is turned on for the first time. So
//! an interrupted set-up and a policy that somebody switched off can be told apart: the first goes on, the second stays
//! (invariant I11). A spec that turns it off puts the line back, so that the spec can turn it on again.

mod find;
mod forms;
pub mod pause;
pub(crate) mod take_down;
pub mod wire;

use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::kinds::context::{Builder, Context};
use crate::kinds::owned::{self, MarkState, Owned, changed};
use crate::kinds::{KindOf, identity_provider};
use crate::live::{Confirmed, Duplicate};
use crate::mark::{self, ObjectRole, Origin};
use crate::plan::Action;
use crate::plan::action::{After, Arg, Because, Change, Field, Find, Look, LookAt, Subject, Verb, Write};
use crate::plan::hole::Give;
use crate::plan::order::{Edge, End, Scope};
use crate::spec::Spec;
use forms::{Policies, Values};
use wire::{ENABLED, PROVIDER, Policy};

pub use find::Found;
pub(crate) use find::find;

/// This kind's line of the table.
pub static KIND: KindOf = KindOf { kind: Kind::RoutingPolicy, rows: ROWS, plan };

static ROWS: &[Edge] = &[
    Edge {
        first: End(Org::Secondary, Kind::RoutingPolicy, Verb::Update),
        then: End(Org::Secondary, Kind::PasswordAuthority, Verb::Check),
        of: Scope::All,
        why: "nobody's password authority changes before routing works",
    },
    Edge {
        first: End(Org::Secondary, Kind::IdentityProvider, Verb::Update),
        then: End(Org::Secondary, Kind::RoutingPolicy, Verb::Update),
        of: Scope::All,
        why: "nobody is routed to a provider that leads nowhere",
    },
];

/// The line that a policy carries until it was turned on.
const BEING_SET_UP: &str = "being set up: not turned on yet";

static LOOK: LookAt = LookAt {
    find: Find::Marked { by: &["name"] },
    after: true,
    gives: &[(Give::Id, "/id")],
    ..LookAt::object(&endpoint::LIST_POLICIES)
};

static ITSELF: LookAt = LookAt { after: true, ..LookAt::object(&endpoint::GET_POLICY) };

/// The address of the routing policy.
pub fn address(spec: &Spec) -> Address {
    Address::new(Org::Secondary, Kind::RoutingPolicy, spec.routing_policy.name.as_str())
}

fn plan(context: &Context<'_>, plan: &mut Builder) {
    let (spec, target, found) = (context.spec, address(context.spec), &context.found.policy);
    if let Some(refusal) = &found.refusal {
        plan.refuse(refusal.clone());
        return;
    }
    match found.policy {
        None => plan.act(create(context)),
        Some((live, owned)) => {
            plan.know(target.clone(), live.id);
            for text in left_alone(context, live, owned) {
                plan.note(target.clone(), text);
            }
        }
    }
    if is_marked_now(context) {
        plan.actions.extend(replace(context));
    } else {
        plan.wait(target.clone(), "it is taken over when it is given the routing group");
    }
    let wanted = spec.routing_policy.enabled.value && found.is_in_the_making();
    let waits = if found.is_turned_on_by_us() { !context.turns_on() } else { !context.assigns() };
    if wanted && waits {
        plan.wait(
            target.clone(),
            "nobody is routed before the app is active, the accounts of people who left are suspended, and everybody in \
             the routing group who has a local password can come in through the federation",
        );
    }
    for proposed in &found.duplicates {
        let policy = proposed.object;
        let other = Address::new(Org::Secondary, Kind::RoutingPolicy, format!("{} [{}]", policy.name, policy.id));
        plan.know(other.clone(), policy.id);
        if owned::is_copy(&policy.description, spec, ObjectRole::Policy) {
            plan.note(other, owned::COPY);
        } else {
            proposed.plan(plan, other, remove);
        }
    }
}

/// A policy that is taken over carries its mark when it applies to the routing group: without the group, the mark would say
/// that somebody took it out.
fn is_marked_now(context: &Context<'_>) -> bool {
    let found = &context.found.policy;
    let is_taken_over = found.policy.is_some_and(|(_, owned)| owned.mark == MarkState::Missing);
    !is_taken_over || found.is_assigned || context.assigns()
}

/// Whether an existing policy leads to the identity provider that is there.
pub(crate) fn leads_to_provider(context: &Context<'_>) -> bool {
    let provider = context.found.provider.map(|provider| provider.id);
    let policy = context.found.policy.itself();
    policy.is_none_or(|policy| policy.provider.is_some() && policy.provider == provider)
}

/// Whether this plan leads an existing policy to the identity provider that there is, or that it makes: the one that the
/// policy names is gone, for an organisation has at most one. Where nobody is routed by it, people may have their local
/// way in, which being routed takes from those who are not ready.
pub(crate) fn is_led_anew(context: &Context<'_>) -> bool {
    let found = &context.found.policy;
    let Some(policy) = found.itself().filter(|policy| policy.spelt.is_some()) else { return false };
    let is_taken_over = found.policy.is_some_and(|(_, owned)| owned.mark == MarkState::Missing);
    let has_place = found.refusal.is_none() && (!is_taken_over || found.is_assigned);
    let is_ready = policy.enabled == Some(false) || context.members_are_ready();
    has_place && !leads_to_provider(context) && identity_provider::is_ours_after(context) && is_ready
}

/// Whether the policy leads to the identity provider when this plan is applied.
pub(crate) fn leads_after(context: &Context<'_>) -> bool {
    leads_to_provider(context) || is_led_anew(context)
}

fn led_anew(context: &Context<'_>) -> Change {
    let before = context.found.policy.itself().and_then(|policy| policy.provider);
    let after = After::Of(identity_provider::address(context.spec), Give::Id);
    Change { field: Field::Spelt(&PROVIDER), before: before.map(|id| id.to_string().into()), after: Some(after) }
}

/// Whether this plan turns routing off, because the spec says so.
pub(crate) fn turns_off(context: &Context<'_>) -> bool {
    let live = context.found.policy.policy;
    let is_on = live.is_some_and(|(live, owned)| live.enabled == Some(true) && owned.origin == Origin::Created);
    is_on && !context.spec.routing_policy.enabled.value && context.found.policy.refusal.is_none()
}

/// Whether somebody asks for routing to go on that was paused, or that a human switched off. A pause in the middle of a set-up
/// leaves the set-up to go on.
pub(crate) fn resumes(context: &Context<'_>) -> bool {
    let found = &context.found.policy;
    let is_off = found.itself().is_some_and(|policy| policy.enabled == Some(false));
    found.resumes && found.refusal.is_none() && is_off && (found.is_assigned || found.paused().is_some())
}

/// Whether an action that turns the policy on does so for the first time, after a spec had turned it off, or after a pause.
pub(crate) fn is_first_time(action: &Action) -> bool {
    let is_ours = |before: &str| before.contains(BEING_SET_UP) || pause::line_in(before).is_some();
    let before = |change: &Change| change.before.as_ref().is_some_and(|before| is_ours(before));
    action.changes.iter().any(|change| change.field == Field::Key("description") && before(change))
}

/// What is said of a policy that was paused.
fn paused(found: &Found<'_>) -> String {
    let by = found.paused().unwrap_or("somebody");
    format!("it was paused by {by}, and that stays: nobody is routed until somebody says `fedctl resume`")
}

/// What is said of an existing policy, and left.
fn left_alone(context: &Context<'_>, live: &Policy, owned: Owned) -> Vec<String> {
    let found = &context.found.policy;
    let wanted = context.spec.routing_policy.enabled.value && !(context.turns_on() && resumes(context));
    let making = found.is_in_the_making();
    let switch = match live.enabled {
        Some(false) if wanted && found.paused().is_some() => return vec![paused(found)],
        Some(false) if wanted && !found.is_turned_on_by_us() => Some(
            "somebody switched it off, and that stays; nobody is routed until a person switches it on in the console",
        ),
        Some(true) if !wanted && owned.origin == Origin::Adopted => {
            Some("it is on and the spec says off; it was made by hand, so switch it off in the console")
        }
        None => Some("whether it is on cannot be known: it has no field that is modelled"),
        _ if !found.is_assigned && !making => {
            Some("somebody took the routing group out of it, and that stays; nobody is routed")
        }
        _ if !leads_after(context) => {
            Some("it sends people to another identity provider, or does not say to which; look at it in the console")
        }
        Some(true | false) => None,
    };
    let name = owned.kept_name(&live.name, context.spec.routing_policy.name.as_str());
    switch.map(str::to_owned).into_iter().chain(name).collect()
}

fn being_set_up(spec: &Spec) -> String {
    format!("{}\n{BEING_SET_UP}", mark::line(spec.federation.as_str(), ObjectRole::Policy, Origin::Created))
}

/// A description without the line of the set-up; whatever else somebody wrote there stays.
fn set_up(description: &str) -> String {
    let lines: Vec<&str> = description.lines().filter(|line| line.trim() != BEING_SET_UP).collect();
    lines.join("\n")
}

/// Off and for nobody: inert whatever the service makes of it.
fn create(context: &Context<'_>) -> Action {
    let spec = context.spec;
    let target = address(spec);
    let description = being_set_up(spec);
    let provider = After::Of(identity_provider::address(spec), Give::Id);
    Action {
        verb: Verb::Create,
        because: Because::MissingInLive,
        changes: Box::new([
            Change::new(Field::Key("name"), &*target.name),
            Change::new(Field::Spelt(&ENABLED), "false"),
            Change::new(Field::Key("description"), &*description),
            Change { field: Field::Spelt(&PROVIDER), before: None, after: Some(provider) },
        ]),
        write: forms::create(context, &target, &description),
        look: Some(Look { at: &LOOK, args: Box::new([]) }),
        target,
        subject: Subject::Federation,
        spec: Some(spec.routing_policy.name.at.clone()),
    }
}

/// The policy before this plan changes it, or as this plan makes it.
fn before(context: &Context<'_>) -> Values {
    match context.found.policy.itself() {
        Some(live) => Values {
            name: live.name.to_string(),
            description: live.description.to_string(),
            enabled: live.enabled,
            leads: false,
        },
        None => Values {
            name: context.spec.routing_policy.name.as_str().to_owned(),
            description: being_set_up(context.spec),
            enabled: Some(false),
            leads: false,
        },
    }
}

/// The policy as it is to be.
fn desired(context: &Context<'_>, before: &Values, owned: Owned) -> Values {
    let mut after = Values { leads: is_led_anew(context), ..before.clone() };
    if owned.origin == Origin::Created {
        context.spec.routing_policy.name.as_str().clone_into(&mut after.name);
    }
    let line = mark::line(context.spec.federation.as_str(), ObjectRole::Policy, owned.origin);
    after.description = mark::marked(&before.description, &context.spec.names(), ObjectRole::Policy, &line);
    if resumes(context) || before.enabled == Some(true) {
        after.description = pause::resumed(&after.description);
    }
    if context.turns_on() {
        (after.enabled, after.description) = (Some(true), set_up(&after.description));
    } else if turns_off(context) {
        (after.enabled, after.description) = (Some(false), format!("{}\n{BEING_SET_UP}", after.description));
    }
    after
}

/// What decides how the policy is spelt.
fn policies<'a>(context: &'a Context<'_>, provider: &'a Address) -> Policies<'a> {
    let itself = context.found.policy.itself();
    Policies {
        rules: &context.terms.rules,
        seen: itself.map_or(context.found.policy.seen, |policy| policy.spelt),
        provider: itself.and_then(|policy| policy.provider),
        led_to: provider,
    }
}

/// Gives an existing policy its mark and its name, and turns it on or off, in one write.
fn replace(context: &Context<'_>) -> Option<Action> {
    let spec = context.spec;
    let found = context.found.policy.policy;
    let owned = found.map_or(Owned { origin: Origin::Created, mark: MarkState::Right }, |(_, owned)| owned);
    let before = before(context);
    let after = desired(context, &before, owned);
    let mut changes = changes(&before, &after);
    changes.extend(after.leads.then(|| led_anew(context)));
    if changes.is_empty() {
        return None;
    }
    let switches = before.enabled != after.enabled;
    let (verb, because) = match owned.verb() {
        (Verb::Update, _) if resumes(context) => (Verb::Update, Because::Resumed),
        (Verb::Update, _) if context.turns_on() && found.is_none() => (Verb::Update, Because::NextStep),
        (Verb::Update, Because::Differs) if context.turns_on() => (Verb::Update, Because::HalfMade),
        other => other,
    };
    let (target, provider) = (address(spec), identity_provider::address(spec));
    let args: Box<[Arg]> = Box::new([Arg(target.clone())]);
    let at = if switches { &spec.routing_policy.enabled.at } else { &spec.routing_policy.name.at };
    Some(Action {
        verb,
        because,
        changes: changes.into(),
        write: forms::update(&policies(context, &provider), &args, &before, &after, owned.origin),
        look: Some(Look { at: &ITSELF, args: args.clone() }),
        target,
        subject: Subject::Federation,
        spec: Some(at.clone()),
    })
}

fn changes(before: &Values, after: &Values) -> Vec<Change> {
    let mut changes = Vec::new();
    if let (Some(before), Some(after)) = (before.enabled, after.enabled)
        && before != after
    {
        changes.push(Change::of(Field::Spelt(&ENABLED), before.to_string(), after.to_string()));
    }
    let texts = [("name", &before.name, &after.name), ("description", &before.description, &after.description)];
    // A name that an answer leaves out is not one that somebody changed: everything has a name.
    let is_read = |key: &str, before: &str| key != "name" || !before.is_empty();
    let texts = texts.into_iter().filter(|(key, before, after)| before != after && is_read(key, before));
    changes.extend(texts.map(|(key, before, after)| changed(key, before, after)));
    changes
}

/// A second policy with our mark, off and for nobody: it came of a request that was thought lost.
fn remove(target: Address, policy: &Policy, confirmed: Confirmed<Duplicate>) -> Action {
    let args: Box<[Arg]> = Box::new([Arg(target.clone())]);
    Action {
        verb: Verb::Delete,
        because: Because::Duplicate,
        changes: Box::new([Change {
            field: Field::Key("description"),
            before: Some(policy.description.clone()),
            after: None,
        }]),
        write: Write::One(endpoint::DELETE_POLICY.call(confirmed, args.clone())),
        look: Some(Look { at: &ITSELF, args }),
        target,
        subject: Subject::Federation,
        spec: None,
    }
}
