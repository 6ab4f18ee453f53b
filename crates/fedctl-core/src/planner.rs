//! Planning: from a spec and what was read to a plan, or to what is still to be read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::{Address, Kind, Org};
use crate::kinds::context::{Builder, Context, Found};
use crate::kinds::{self, KINDS};
use crate::live::{Live, Needs, Query, Why};
use crate::object_id::ObjectId;
use crate::people::{self, People, Person, Rosters};
use crate::plan::guard::{Guard, Refusal};
use crate::plan::{Fate, Pair, Plan, PlannedPerson, Subject};
use crate::spec::{Code, Diagnostic, Spec};

pub use crate::kinds::context::Terms;

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

/// Plans, or says what has to be read first.
pub fn step(spec: &Spec, terms: &Terms, live: &Live) -> Step<Plan> {
    resolved(spec, live, |people, found| {
        let context = Context { spec, terms, people, found };
        let mut builder = Builder {
            known: BTreeMap::new(),
            actions: Vec::new(),
            notes: Vec::new(),
            refusals: people.refusals.clone(),
            pair: Pair::None,
        };
        for kind in KINDS {
            (kind.plan)(&context, &mut builder);
        }
        finish(&context, live, builder)
    })
}

/// Resolves people and objects, and computes something of them once everything is known.
pub fn resolved<T>(spec: &Spec, live: &Live, compute: impl FnOnce(&People<'_>, &Found<'_>) -> T) -> Step<T> {
    let mut needs = Needs::default();
    let organizations = pinned(spec, live, &mut needs);
    if let Some(problems) = organizations {
        return Step::Problems(problems);
    }
    let mut problems = Vec::new();
    let groups = kinds::user_group::find_routing(spec, live, &mut needs)
        .zip(kinds::user_group::find_access(spec, live, &mut needs));
    let policy = groups.as_ref().and_then(|(group, _)| kinds::routing_policy::find(spec, live, &mut needs, group));
    let rosters = groups.as_ref().zip(policy.as_ref()).map(|((routing, access), policy)| Rosters {
        routed: &routing.members,
        with_app: &access.members,
        is_settled: routing.id.is_some() && !policy.is_in_the_making(),
        has_access_group: access.id.is_some(),
    });
    let people = people::resolve(spec, live, &mut needs, rosters);
    let found = find(spec, live, &mut needs, &mut problems);
    if let Some(found) = &found {
        everybody_who_reaches(live, &mut needs, found);
    }
    // An organisation that this key may not list is proved by every object that is read: not knowing it stops nothing.
    needs.unknown.retain(|query, _| !matches!(query, Query::Organization(_)));
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
    let Some(app) = found.app.app else { return };
    let groups: Vec<_> = found.app.groups.iter().map(|id| needs.membership(live, Org::Primary, *id)).collect();
    let users = needs.app_users(live, app.id);
    let ids = groups.into_iter().flatten().chain(users).flatten().copied();
    needs.users_by_id(live, Org::Primary, ids);
}

/// Before anything else: does each key open the organisation that the spec names?
fn pinned(spec: &Spec, live: &Live, needs: &mut Needs) -> Option<Vec<Diagnostic>> {
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

fn find<'a>(spec: &'a Spec, live: &'a Live, needs: &mut Needs, problems: &mut Vec<Diagnostic>) -> Option<Found<'a>> {
    let source_groups = people::source_groups(spec, live, needs, problems);
    let app_group = people::app_group(spec, live, needs, problems);
    let access_group = kinds::user_group::find_access(spec, live, needs);
    let routing_group = kinds::user_group::find_routing(spec, live, needs);
    let provider = needs.provider(live);
    let app = kinds::oidc_app::find(spec, live, needs);
    let policy = routing_group.as_ref().and_then(|group| kinds::routing_policy::find(spec, live, needs, group));
    Some(Found {
        source_groups: source_groups?,
        app_group: app_group?,
        access_group: access_group?,
        routing_group: routing_group?,
        app: app?,
        provider: provider?,
        policy: policy?,
    })
}

fn finish(context: &Context<'_>, live: &Live, mut builder: Builder) -> Plan {
    for account in &context.people.left {
        let about = Address::new(Org::Secondary, Kind::User, Arc::from(&*account.email));
        builder.note(
            about,
            "it carries our mark and its person is not in the population any more; nothing is done about it",
        );
    }
    let strangers = kinds::group_member::strangers(context);
    if context.spec.routing_policy.enabled.value && !strangers.is_empty() {
        builder.refuse(members_refusal(context, live, &strangers));
    }
    builder.notes.sort();
    builder.refusals.sort();
    let touched: BTreeSet<u32> = builder
        .actions
        .iter()
        .filter_map(|action| match action.subject {
            Subject::Person(at) => Some(at),
            Subject::Federation => None,
        })
        .collect();
    let people = context.people.list.iter().enumerate();
    let mut plan = Plan {
        federation: context.spec.federation.as_str().into(),
        organizations: [&context.spec.primary, &context.spec.secondary].map(organization),
        as_of: live.as_of,
        people: people
            .map(|(at, person)| planned(person, touched.contains(&u32::try_from(at).unwrap_or(u32::MAX))))
            .collect(),
        left: context.people.left.iter().filter(|account| account.is_shut()).map(|account| account.id).collect(),
        known: builder.known,
        actions: builder.actions,
        notes: builder.notes,
        refusals: builder.refusals,
        pair: builder.pair,
    };
    crate::apply::in_order(&mut plan);
    plan
}

fn organization(side: &crate::spec::Side) -> ObjectId {
    ObjectId::parse(side.organization.as_str()).expect("a valid spec has 24 hexadecimal digits there")
}

fn planned(person: &Person<'_>, touched: bool) -> PlannedPerson {
    let fate = match (person.held, touched, person.live) {
        (Some(held), _, _) => Fate::Held(held),
        (None, true, None) => Fate::Gains,
        (None, true, Some(_)) => Fate::Mended,
        (None, false, _) => Fate::Unchanged,
    };
    PlannedPerson {
        id: person.user.id,
        email: Arc::from(&*person.user.email),
        account: person.account.clone(),
        spec: person.spec.clone(),
        fate,
        has_local_way_in: person.live.is_some_and(|account| account.has_password),
    }
}

fn members_refusal(context: &Context<'_>, live: &Live, strangers: &[ObjectId]) -> Refusal {
    let accounts = live.users(Org::Secondary);
    let name =
        |id: &ObjectId| accounts.get(*id).map_or_else(|| id.to_string(), |user| format!("{} ({id})", user.email));
    let shown: Vec<String> = strangers.iter().take(5).map(name).collect();
    let more = strangers.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Refusal::new(
        Guard::Members,
        &kinds::user_group::routing_group(context.spec),
        format!("users who are not in this federation are members and would be routed: {}{more}", shown.join(", ")),
        "remove them from the group, or bring their primary users into `people.from`",
    )
}
