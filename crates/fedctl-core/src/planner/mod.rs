//! Planning: from a spec and what was read to a plan, or to what is still to be read.

mod adoptable;
mod confirm;
mod destroy;
mod finish;
mod guards;
mod others;
mod warnings;

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Org;
use crate::evidence::{self, Evidence};
use crate::kinds::context::{Builder, Context, Found};
use crate::kinds::{self, KINDS, client_secret};
use crate::live::{Far, Live, Needs, Query, Why};
use crate::people::{self, People, Rosters};
use crate::plan::{Pair, Plan};
use crate::spec::{Code, Diagnostic, RoutingMembers, Spec};
use crate::trace::cast::{self, Cast};
use crate::trace::{self, OtherWays, Verification};

pub use crate::kinds::context::Terms;
pub use crate::kinds::routing_policy::pause::step as pause;
pub use destroy::{Reach, step as destroy, step_with_cast as destroy_with_cast};
pub(crate) use guards::protected_group;
pub use others::Other;

/// What a computation over the live state came to.
#[derive(Debug)]
pub enum Step<T> {
    /// It needs to know more.
    Read(BTreeSet<Query>),
    /// It is done.
    Ready(Box<T>),
    /// The spec says something that the organisations do not bear out.
    Problems(Vec<Diagnostic>),
    /// Something it needs cannot be read with this key.
    Unknown(BTreeMap<Query, Why>),
}

impl<T> Step<T> {
    /// The same with something else of what it came to.
    pub fn map<U>(self, of: impl FnOnce(T) -> U) -> Step<U> {
        match self {
            Step::Read(queries) => Step::Read(queries),
            Step::Ready(done) => Step::Ready(Box::new(of(*done))),
            Step::Problems(problems) => Step::Problems(problems),
            Step::Unknown(unknown) => Step::Unknown(unknown),
        }
    }
}

/// Plans, or says what has to be read first.
pub fn step(spec: &Spec, terms: &Terms, live: &Live) -> Step<Plan> {
    resolved(spec, terms, live, confirm::removals, |people, found| {
        plan(&Context { spec, terms, people, found, as_of: live.as_of }, live)
    })
}

/// The same, with everybody whose sign-in the plan may touch, for a rehearsal; nobody where there is nothing to rehearse.
pub fn step_with_cast(spec: &Spec, terms: &Terms, live: &Live) -> Step<(Plan, Option<Cast>)> {
    resolved(spec, terms, live, confirm::removals, |people, found| {
        let context = Context { spec, terms, people, found, as_of: live.as_of };
        let plan = plan(&context, live);
        let is_rehearsed = !plan.is_empty() && plan.may_be_allowed();
        let cast = is_rehearsed.then(|| cast::of(&context, live));
        (plan, cast)
    })
}

/// The same, with where everybody stands, and whatever else is to be said of what was found.
pub(crate) fn step_of_both<T>(
    spec: &Spec,
    terms: &Terms,
    live: &Live,
    more: impl FnOnce(&Context<'_>, &Plan) -> T,
) -> Step<(Plan, Option<Cast>, Verification, T)> {
    let last: Last = |spec, live, needs, people, found| {
        trace::ask_for_other_ways(spec, live, needs, people, found);
        confirm::removals(spec, live, needs, people, found);
    };
    resolved(spec, terms, live, last, |people, found| {
        let context = Context { spec, terms, people, found, as_of: live.as_of };
        let plan = plan(&context, live);
        let is_rehearsed = !plan.is_empty() && plan.may_be_allowed();
        let cast = is_rehearsed.then(|| cast::of(&context, live));
        let more = more(&context, &plan);
        (plan, cast, trace::verification(live, &context), more)
    })
}

fn plan(context: &Context<'_>, live: &Live) -> Plan {
    let mut builder = Builder {
        known: BTreeMap::new(),
        actions: Vec::new(),
        notes: Vec::new(),
        refusals: context.people.refusals.clone(),
        pair: Pair::None,
    };
    for kind in KINDS {
        (kind.plan)(context, &mut builder);
    }
    guards::refuse(context, live, &mut builder);
    finish::plan(context, live, builder)
}

/// What is asked when people and objects are known.
pub(crate) type Last = for<'a> fn(&Spec, &'a Live, &mut Needs, &mut People<'a>, &mut Found<'a>);

/// Resolves people and objects, and computes something of them once everything is known.
pub(crate) fn resolved<T>(
    spec: &Spec,
    terms: &Terms,
    live: &Live,
    last: Last,
    compute: impl FnOnce(&People<'_>, &Found<'_>) -> T,
) -> Step<T> {
    let aim = terms.rules.aim;
    let mut needs = Needs::default();
    let organizations = pinned(spec, live, &mut needs);
    if let Some(problems) = organizations {
        return Step::Problems(problems);
    }
    let mut problems = Vec::new();
    let groups = kinds::user_group::find_routing(spec, live, &mut needs)
        .zip(kinds::user_group::find_access(spec, live, &mut needs));
    let policy = groups.as_ref().and_then(|(group, _)| kinds::routing_policy::find(spec, live, &mut needs, group, aim));
    let rosters = groups.as_ref().zip(policy.as_ref()).map(|((routing, access), policy)| Rosters {
        routed: &routing.members,
        with_app: &access.members,
        is_settled: routing.id().is_some() && !policy.is_in_the_making(),
        has_access_group: access.id().is_some(),
    });
    let mut people = people::resolve(spec, live, &mut needs, rosters);
    let mut found = find(spec, terms, live, &mut needs, &mut problems);
    if let (Some(people), Some(found)) = (&mut people, &found)
        && kinds::oidc_app::claims_another(spec, terms, &found.app)
    {
        people::follow::wait_for_claim(people);
    }
    if let Some(found) = &found {
        everybody_who_reaches(live, &mut needs, found);
        everybody_whom_a_rule_finds(spec, live, &mut needs, found);
        guards::dependants(live, &mut needs, found);
    }
    // An organisation that this key may not list is proved by every object that is read: not knowing it stops nothing.
    needs.unknown.retain(|query, _| !matches!(query, Query::Organization(_)));
    if let (Some(people), Some(found)) = (&mut people, &mut found) {
        read_the_log(live, &mut needs, terms.rules.far, people, found);
        found.escrowed = client_secret::look(terms, live, &mut needs, found);
        found.evidence.weigh(found.escrowed.and_then(Result::ok));
        last(spec, live, &mut needs, people, found);
    }
    if let Some(people) = &people {
        problems.extend(people.problems.iter().cloned());
    }
    problems.sort_by(|a, b| a.message.cmp(&b.message));
    problems.dedup();
    match (people, found) {
        _ if !needs.unknown.is_empty() => Step::Unknown(needs.unknown),
        _ if !needs.queries.is_empty() => Step::Read(needs.queries),
        _ if !problems.is_empty() => Step::Problems(problems),
        (Some(people), Some(found)) => Step::Ready(Box::new(compute(&people, &found))),
        _ => Step::Problems(problems),
    }
}

/// Makes sure that everybody was read who may use the app, also by groups or by themselves as nobody planned: their
/// attributes open accounts, too.
fn everybody_who_reaches(live: &Live, needs: &mut Needs, found: &Found<'_>) {
    let Some(app) = found.app.itself() else { return };
    let groups: Vec<_> = found.app.groups.iter().map(|id| needs.membership(live, Org::Primary, *id)).collect();
    let users = needs.app_users(live, app.id);
    let ids = groups.into_iter().flatten().chain(users).flatten().copied();
    needs.users_by_id(live, Org::Primary, ids);
}

/// Last, when everybody is known: whose log-ins are asked for must not depend on what was read first.
fn read_the_log(live: &Live, needs: &mut Needs, far: Far, people: &People<'_>, found: &mut Found<'_>) {
    if needs.queries.is_empty()
        && let Some(evidence) = evidence::find(live, needs, far, people, found)
    {
        found.evidence = evidence;
    }
}

/// A rule that is still to be made finds whoever has the end of the address, and they are to be known before.
fn everybody_whom_a_rule_finds(spec: &Spec, live: &Live, needs: &mut Needs, found: &Found<'_>) {
    let is_by_end = matches!(spec.routing_group.members.value, RoutingMembers::EmailEndsWith(_));
    if is_by_end && found.routing_group.group.is_none() {
        needs.everybody(live, Org::Secondary);
    }
}

/// Before anything else: does each key open the organisation that the spec names?
pub(crate) fn pinned(spec: &Spec, live: &Live, needs: &mut Needs) -> Option<Vec<Diagnostic>> {
    let mut problems = Vec::new();
    for (org, side) in [(Org::Primary, &spec.primary), (Org::Secondary, &spec.secondary)] {
        if needs.organization(live, org) == Some(false) {
            problems.push(
                Diagnostic::error(
                    Code::WrongOrganization,
                    format!("the key `{}` does not open organisation {}", side.credentials, side.organization),
                )
                .at_value(&side.organization.at, format!("not an organisation of the key `{}`", side.credentials))
                .help("give the key of this organisation, or correct the id; are primary and secondary swapped?"),
            );
        }
    }
    (!problems.is_empty()).then_some(problems)
}

fn find<'a>(
    spec: &'a Spec,
    terms: &Terms,
    live: &'a Live,
    needs: &mut Needs,
    problems: &mut Vec<Diagnostic>,
) -> Option<Found<'a>> {
    let source_groups = people::source_groups(spec, live, needs, problems);
    let app_group = people::app_group(spec, live, needs, problems);
    let access_group = kinds::user_group::find_access(spec, live, needs);
    let routing_group = kinds::user_group::find_routing(spec, live, needs);
    let provider = needs.provider(live);
    let app = kinds::oidc_app::find(spec, Some(terms), live, needs);
    let aim = terms.rules.aim;
    let policy = routing_group.as_ref().and_then(|group| kinds::routing_policy::find(spec, live, needs, group, aim));
    let protected = protected_group(live, needs);
    Some(Found {
        source_groups: source_groups?,
        app_group: app_group?,
        access_group: access_group?,
        routing_group: routing_group?,
        app: app?,
        provider: provider?,
        policy: policy?,
        protected: protected?,
        other_ways: OtherWays::default(),
        evidence: Evidence::NONE,
        escrowed: None,
    })
}
