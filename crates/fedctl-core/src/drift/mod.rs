//! What nobody asked for: differences of what is ours, who made them, and what the next unattended apply does about them.
//!
//! There is no state file: a change of the spec that was not applied yet looks like a change of the organisations, and is
//! told as one. What joins and leaves by the spec is not.

mod beyond;
mod difference;
mod who;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::address::{Address, Kind, Org};
use crate::kinds::context::Context;
use crate::kinds::oidc_app;
use crate::live::{Live, Needs};
use crate::object_id::ObjectId;
use crate::plan::{Action, Because, Fate, Held, Note, Plan, PlannedPerson, Subject, Verb};
use crate::planner::{Step, Terms, step_of_both};
use crate::spec::Spec;
use crate::trace::cast::Cast;
use crate::trace::{Hop, Traced, Verification};

pub use difference::{Beyond, Difference, Drift, Next, What, Who};

/// What there is of a computation: the differences, the plan they come from, and whom a rehearsal of it needs.
pub type Planned = (Drift, Plan, Option<Cast>);

/// Finds what differs, or says what has to be read first. The log is asked last, and only for what differs.
pub fn step(spec: &Spec, terms: &Terms, live: &Live) -> Step<Planned> {
    let more = |context: &Context<'_>, plan: &Plan| {
        let proved = context.found.evidence.newest_arrival();
        (beyond::find(live, context, plan), proved)
    };
    let (plan, cast, verified, more) = match step_of_both(spec, terms, live, more) {
        Step::Ready(both) => *both,
        Step::Read(queries) => return Step::Read(queries),
        Step::Problems(problems) => return Step::Problems(problems),
        Step::Unknown(unknown) => return Step::Unknown(unknown),
    };
    let mut drift = find(live, &plan, &verified, more);
    let mut needs = Needs::default();
    for org in Org::BOTH {
        who::attribute(live, &mut needs, org, &mut drift);
    }
    who::only_noted(&mut drift);
    if needs.queries.is_empty() { Step::Ready(Box::new((drift, plan, cast))) } else { Step::Read(needs.queries) }
}

fn find(live: &Live, plan: &Plan, verified: &Verification, (more, shown): (Vec<Difference>, Option<u64>)) -> Drift {
    let is_ours =
        |address: &Address| matches!(address.kind, Kind::OidcApp | Kind::RoutingPolicy | Kind::IdentityProvider);
    // A plan for nothing names what it would make, and knows none of it.
    let is_set_up = plan.known.keys().any(is_ours);
    let mut rows: Vec<Difference> = if is_set_up { actions(live, plan).collect() } else { Vec::new() };
    if is_set_up {
        rows.extend(stops(live, plan));
        rows.extend(strangers(live, plan));
        let hops = hops(live, plan, verified, &rows);
        rows.extend(hops);
        rows.extend(more);
        rows.extend(secret(plan));
    }
    let notes = plan.notes.iter().filter(|note| !is_told(note, &rows)).cloned().collect();
    Drift {
        federation: plan.federation.clone(),
        as_of: plan.as_of,
        pair: plan.pair,
        shown,
        is_set_up,
        rows,
        notes,
        unread: Vec::new(),
    }
}

/// Whether what a plan notes is told as a difference.
fn is_told(note: &Note, rows: &[Difference]) -> bool {
    let is_of_app = note.about.kind == Kind::OidcApp && note.text.contains(oidc_app::BEYOND);
    let is_more = |what| matches!(what, What::Beyond(Beyond::RedirectUris | Beyond::Claims | Beyond::Access));
    rows.iter().any(|row| {
        let is_of_provider = row.what == What::Beyond(Beyond::Provider) && row.about == note.about;
        is_of_provider || (is_of_app && is_more(row.what))
    })
}

/// Differences that the plan would put right.
fn actions<'a>(live: &'a Live, plan: &'a Plan) -> impl Iterator<Item = Difference> + 'a {
    let is_drift = |action: &&Action| {
        let is_reason = matches!(
            action.because,
            Because::Differs
                | Because::MissingInLive
                | Because::MarkLost
                | Because::Duplicate
                | Because::Moves
                | Because::Orphaned
                | Because::SecretLost
        );
        is_reason && action.verb != Verb::Check && !joins(live, plan, action)
    };
    plan.actions.iter().filter(is_drift).map(|action| {
        let person = match action.subject {
            Subject::Person(at) => plan.people.get(usize::try_from(at).unwrap_or(usize::MAX)),
            Subject::Federation => None,
        };
        let account = || live.users(Org::Secondary).by_email(&person?.account).map(|account| account.id);
        let own = match action.target.org {
            Org::Primary => person.map(|person| person.id),
            Org::Secondary => account(),
        };
        let (ids, other) = match action.target.kind {
            Kind::GroupMember => (edge_ends(plan, &action.target), own),
            Kind::AppAccess | Kind::RoutingAssignment => (edge_ends(plan, &action.target), None),
            Kind::UserMapping => (own.into_iter().chain(account()).collect(), None),
            Kind::User | Kind::PasswordAuthority => (own.into_iter().collect(), None),
            Kind::UserGroup | Kind::OidcApp | Kind::IdentityProvider | Kind::RoutingPolicy | Kind::ClientSecret => {
                (plan.known.get(&action.target).map(|known| known.id).into_iter().collect(), None)
            }
        };
        Difference {
            about: action.target.clone(),
            what: What::Action(action.verb, action.because),
            changes: action.changes.clone(),
            next: Next::PutsRight,
            who: Who::Untold,
            ids,
            other,
        }
    })
}

/// Whether it is for somebody who is new: no mapping tells that they were here.
fn joins(live: &Live, plan: &Plan, action: &Action) -> bool {
    let Subject::Person(at) = action.subject else { return false };
    let person = plan.people.get(usize::try_from(at).unwrap_or(usize::MAX));
    person.is_some_and(|person| is_new(live, person))
}

fn is_new(live: &Live, person: &PlannedPerson) -> bool {
    let is_mapped = live.users(Org::Primary).get(person.id).is_some_and(|user| user.mapping.is_some());
    matches!(person.fate, Fate::Gains | Fate::GainsExisting) && !is_mapped
}

/// The groups of an organisation that are ours.
fn our_groups(plan: &Plan, org: Org) -> impl Iterator<Item = (&Address, ObjectId)> {
    let is_group = move |address: &Address| address.org == org && address.kind == Kind::UserGroup;
    plan.known.iter().filter(move |(address, _)| is_group(address)).map(|(address, known)| (address, known.id))
}

/// Whoever is in the routing group and neither of the population nor somebody who left it.
fn strangers(live: &Live, plan: &Plan) -> Vec<Difference> {
    let accounts = live.users(Org::Secondary);
    let people = plan.people.iter().filter_map(|person| accounts.by_email(&person.account));
    let ours: BTreeSet<ObjectId> = people.map(|account| account.id).chain(plan.left.iter().copied()).collect();
    let mut rows = Vec::new();
    for (group, id) in our_groups(plan, Org::Secondary) {
        let members = live.membership.get(&(Org::Secondary, id)).and_then(|known| known.as_ref().ok());
        let strange = members.into_iter().flatten().filter(|member| !ours.contains(member));
        rows.extend(strange.map(|member| {
            let name = accounts.get(*member).map_or_else(|| member.to_string(), |account| account.email.to_string());
            let about = Address::new(Org::Secondary, Kind::GroupMember, format!("{}/{name}", group.name));
            edge(about, What::Stranger, BTreeSet::from([id]), Some(*member))
        }));
    }
    rows
}

/// The ids of the objects whose names an edge is called by.
fn edge_ends(plan: &Plan, edge: &Address) -> BTreeSet<ObjectId> {
    let is_end = |address: &&Address| address.org == edge.org && edge.name.contains(&*address.name);
    let ends = plan.known.keys().filter(is_end);
    ends.filter_map(|address| Some(plan.known.get(address)?.id)).collect()
}

/// Whom a human took access from. That stays (invariant I11).
fn stops<'a>(live: &'a Live, plan: &'a Plan) -> impl Iterator<Item = Difference> + 'a {
    plan.people.iter().filter_map(move |person| {
        let Fate::Held(held @ (Held::AccountSuspended | Held::Unrouted | Held::AccessTaken)) = person.fate else {
            return None;
        };
        let account = || live.users(Org::Secondary).by_email(&person.account).map(|account| account.id);
        let groups = |org| our_groups(plan, org).map(|(_, id)| id).collect();
        let what = What::Stopped(held);
        let about = |org, kind, name: &Arc<str>| Address::new(org, kind, name.clone());
        Some(if held == Held::AccessTaken {
            let about = about(Org::Primary, Kind::AppAccess, &person.email);
            edge(about, what, groups(Org::Primary), Some(person.id))
        } else if held == Held::Unrouted {
            let about = about(Org::Secondary, Kind::GroupMember, &person.account);
            edge(about, what, groups(Org::Secondary), account())
        } else {
            difference(about(Org::Secondary, Kind::User, &person.account), what, account())
        })
    })
}

/// Hops that are broken for people who are not held, and that no action is about.
fn hops(live: &Live, plan: &Plan, verified: &Verification, rows: &[Difference]) -> Vec<Difference> {
    let is_told = |kind: Kind, person: &Traced| {
        let about = |name: &str| name.contains(&*person.email) || name.contains(&*person.account);
        // Who has lost the app with a group of it is not told one by one.
        let is_of_all = !is_personal(kind) || kind == Kind::AppAccess;
        rows.iter().any(|row| row.about.kind == kind && (is_of_all || about(&row.about.name)))
    };
    let joins = |person: &Traced| {
        let planned = plan.people.iter().find(|planned| *planned.email == *person.email);
        planned.is_some_and(|planned| is_new(live, planned))
    };
    let mut found = Vec::new();
    for hop in Hop::ALL {
        let (org, kind) = object_of(*hop);
        let is_broken = |person: &&Traced| {
            person.held.is_none() && !joins(person) && person.broken() == Some(*hop) && !is_told(kind, person)
        };
        let people: Vec<&Traced> = verified.people.iter().filter(is_broken).collect();
        if people.is_empty() {
            continue;
        }
        if !is_personal(kind) {
            let about = plan.known.keys().find(|known| known.org == org && known.kind == kind).cloned();
            let about = about.unwrap_or_else(|| Address::new(org, kind, "(none)"));
            // A policy and its group are bound to each other, and the log may tell it of either.
            let is_end = |address: &Address| *address == about || (is_edge(kind) && address.org == org);
            let ends = plan.known.iter().filter(|(address, _)| is_end(address));
            let ids = ends.map(|(_, known)| known.id).collect();
            found.push(edge(about, What::Hop(*hop, people.len()), ids, None));
            continue;
        }
        found.extend(people.into_iter().map(|person| {
            let (name, id) = match org {
                Org::Primary => (&person.email, live.users(org).by_email(&person.email)),
                Org::Secondary => (&person.account, live.users(org).by_email(&person.account)),
            };
            let (about, what, id) = (Address::new(org, kind, &**name), What::Hop(*hop, 1), id.map(|user| user.id));
            if !is_edge(kind) {
                return difference(about, what, id);
            }
            edge(about, what, our_groups(plan, org).map(|(_, id)| id).collect(), id)
        }));
    }
    found
}

/// The secret leaves no trace in any answer: what speaks against it is told of the app.
fn secret(plan: &Plan) -> Option<Difference> {
    let app = plan.known.iter().find(|(address, _)| address.kind == Kind::OidcApp);
    let (address, known) = app.filter(|_| plan.pair.is_suspect())?;
    Some(difference(address.clone(), What::Secret, Some(known.id)))
}

fn difference(about: Address, what: What, id: Option<ObjectId>) -> Difference {
    edge(about, what, id.into_iter().collect(), None)
}

/// The same of what binds one of these objects to another.
fn edge(about: Address, what: What, ids: BTreeSet<ObjectId>, other: Option<ObjectId>) -> Difference {
    Difference { about, what, changes: Box::new([]), next: Next::Leaves, who: Who::Untold, ids, other }
}

fn is_edge(kind: Kind) -> bool {
    matches!(kind, Kind::GroupMember | Kind::AppAccess | Kind::RoutingAssignment)
}

/// Where a hop is put right.
fn object_of(hop: Hop) -> (Org, Kind) {
    match hop {
        Hop::Account | Hop::AccountActive | Hop::AccountUnlocked => (Org::Secondary, Kind::User),
        Hop::Routed => (Org::Secondary, Kind::GroupMember),
        Hop::Assigned => (Org::Secondary, Kind::RoutingAssignment),
        Hop::PolicyOn | Hop::PolicyProvider => (Org::Secondary, Kind::RoutingPolicy),
        Hop::Provider | Hop::Issuer => (Org::Secondary, Kind::IdentityProvider),
        Hop::AppActive | Hop::RedirectUri | Hop::ClientAuthentication | Hop::Claim => (Org::Primary, Kind::OidcApp),
        Hop::Authenticates => (Org::Primary, Kind::User),
        Hop::Reaches => (Org::Primary, Kind::AppAccess),
        Hop::Mapping | Hop::Alone => (Org::Primary, Kind::UserMapping),
    }
}

fn is_personal(kind: Kind) -> bool {
    matches!(kind, Kind::User | Kind::UserMapping | Kind::GroupMember | Kind::PasswordAuthority | Kind::AppAccess)
}
