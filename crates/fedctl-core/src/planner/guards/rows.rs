//! What the rows of a plan say by themselves: a check that is missing, and what only a person may ask for.
//!
//! Most of these refuse what no kind plans today. They are there for the day on which one does by mistake.

use std::collections::BTreeMap;

use super::Whom;
use crate::address::{Address, Kind, Org};
use crate::kinds::context::{Builder, Context};
use crate::kinds::{self, routing_policy, user};
use crate::live::Live;
use crate::plan::action::{Because, Write};
use crate::plan::guard::{Guard, Refusal};
use crate::plan::order::{Edge, End, Scope};
use crate::plan::{Action, Verb};
use crate::planted::planted;

/// An account that was made longer ago than this, in seconds, was not left half made by a run.
const A_DAY: u64 = 24 * 60 * 60;

/// The identity provider is written only after the token endpoint took the new secret.
pub(super) fn unproved_secret(plan: &mut Builder) {
    let refusal = |action: &Action| {
        Refusal::new(
            Guard::UnprovedSecret,
            &action.target,
            "it would be written, and nothing tries the new client secret at the token endpoint before",
            "this is a fault of fedctl: report it with the plan (`fedctl plan --format json`); nothing was written",
        )
    };
    plan.refusals.extend(unproved(&plan.actions).map(refusal));
}

fn unproved(actions: &[Action]) -> impl Iterator<Item = &Action> {
    let probe = End(Org::Primary, Kind::OidcApp, Verb::Check);
    let is_probe = |action: &Action| {
        action.target.org == Org::Primary
            && action.target.kind == Kind::OidcApp
            && matches!(action.write, Write::Probe { .. })
    };
    let is_probed = actions.iter().any(is_probe);
    let waits = move |verb: Verb| {
        let then = End(Org::Secondary, Kind::IdentityProvider, verb);
        let is_row = |row: &Edge| row.first == probe && row.then == then && row.of == Scope::All;
        planted!(ProviderBeforeProof => true, kinds::rows().any(is_row))
    };
    let writes = |action: &&Action| {
        action.target.kind == Kind::IdentityProvider && action.verb != Verb::Check && action.verb != Verb::Delete
    };
    actions.iter().filter(writes).filter(move |action| !is_probed || !waits(action.verb))
}

/// What everybody's sign-in rests on goes only with `destroy`.
pub(super) fn shared_objects(plan: &mut Builder) {
    let refusal = |action: &Action| {
        let why = "it would be removed, and everybody of this federation signs in by it";
        Refusal::new(Guard::SharedObjects, &action.target, why, "keep it in the spec")
    };
    plan.refusals.extend(plan.actions.iter().filter(|action| removes_shared(action)).map(refusal));
}

fn removes_shared(action: &Action) -> bool {
    let is_shared = matches!(
        action.target.kind,
        Kind::OidcApp | Kind::IdentityProvider | Kind::RoutingPolicy | Kind::RoutingAssignment | Kind::UserGroup
    );
    // A copy that nobody uses, and an app that another one took the place of, carry nobody.
    let carries_nobody = matches!(action.because, Because::Duplicate | Because::Superseded | Because::Retired);
    is_shared && action.verb == Verb::Delete && !carries_nobody
}

/// The provider is pointed at a new app.
pub(super) fn orphaned_provider(context: &Context<'_>, plan: &mut Builder) {
    let is_repair = |action: &&Action| {
        action.target.kind == Kind::IdentityProvider
            && action.verb == Verb::Update
            && action.because == Because::Orphaned
    };
    let target = plan.actions.iter().find(is_repair).map(|action| action.target.clone());
    let Some(target) = planted!(ForeignProviderTaken => None, target) else { return };
    let live = context.found.provider;
    let client = live.map(|provider| format!(" (client id {})", provider.oidc.client_id)).unwrap_or_default();
    plan.refuse(Refusal::new(
        Guard::OrphanedProvider,
        &target,
        format!(
            "the app that it leads to is gone{client}, so nobody can sign in; it would be pointed at a new app, and the way \
             back to the old one is lost then"
        ),
        "if the app was removed by mistake and can be put back with its client id, do that instead",
    ));
}

/// Access that was taken away is given back (invariant I11): one refusal for each object or account.
pub(super) fn re_grant(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let mut given: BTreeMap<Address, &'static str> = BTreeMap::new();
    for action in &plan.actions {
        let Some(why) = given_back(action).or_else(|| put_back(context, live, action)) else { continue };
        let account = Whom::of(context, live, action).account.filter(|_| action.target.kind != Kind::RoutingPolicy);
        given.entry(account.map_or_else(|| action.target.clone(), user::address_of)).or_insert(why);
    }
    for (about, why) in given {
        let way_out = if about.kind == Kind::User {
            "if one of several is meant, let that one in again in the console and plan anew; if it is not meant, leave its \
             person out with `people.except`"
        } else {
            "do it in the console, or leave it as it is with `routing_policy: {enabled: false}`"
        };
        plan.refuse(Refusal::new(Guard::ReGrant, &about, why, way_out));
    }
}

/// What an action gives back that somebody took, as far as it shows in the action.
fn given_back(action: &Action) -> Option<&'static str> {
    let sets = |field: &str, before: &str, after: &str| {
        action.changes.iter().any(|change| {
            change.field.to_string() == field
                && change.before.as_deref() == Some(before)
                && change.text() == Some(after)
        })
    };
    let kind = action.target.kind;
    let is_back = action.because == Because::Returned && action.verb != Verb::Adopt;
    let is_unsuspended = sets("state", "SUSPENDED", "ACTIVATED") || sets("suspended", "true", "false");
    let is_unsuspended = planted!(Unsuspends => false, is_unsuspended);
    let is_on_again = sets("enabled", "false", "true") && !routing_policy::is_first_time(action);
    if matches!(kind, Kind::User | Kind::GroupMember) && is_back {
        Some("its person is back: what was taken from it when they left would be given back")
    } else if kind == Kind::User && is_unsuspended {
        Some("it is suspended, and would be let in again")
    } else if kind == Kind::RoutingPolicy && is_on_again {
        Some("it was switched off, and would be switched on again")
    } else {
        let is_active_again = kind == Kind::OidcApp && sets("active", "false", "true");
        is_active_again.then_some("it was made inactive, and would be active again")
    }
}

/// A membership that is given to an account of ours that had time to be given it before.
fn put_back(context: &Context<'_>, live: &Live, action: &Action) -> Option<&'static str> {
    let found = context.found;
    let was_set_up = found.routing_group.id().is_some() && !found.policy.is_in_the_making();
    let joins =
        action.target.org == Org::Secondary && (action.target.kind, action.verb) == (Kind::GroupMember, Verb::Create);
    let account = Whom::of(context, live, action).account.filter(|account| account.mark.is_some())?;
    let age = live.as_of.zip(account.created).map(|(now, created)| now.saturating_sub(created));
    (was_set_up && joins && age.is_none_or(|age| age >= A_DAY))
        .then_some("its account is older than a day and not in the group, and would be put back")
}

#[cfg(test)]
mod tests;
