//! What stands in objects that fedctl made and that no plan changes: an administrator put it there.
//!
//! In what was made by hand and taken over, it was there before: there it is no difference, and neither is it where the spec
//! names the object under `adopt`, which is how somebody says that it may stay.

use std::collections::BTreeSet;

use super::{Beyond, Difference, Next, What, difference, edge};
use crate::address::{Address, Kind, Org};
use crate::kinds::context::Context;
use crate::kinds::routing_policy::pause;
use crate::kinds::{app_access, identity_provider, oidc_app, routing_policy, user_group};
use crate::live::{Live, User};
use crate::mark::{self, ObjectRole, Origin};
use crate::object_id::ObjectId;
use crate::people::Person;
use crate::people::leave::FEDERATED;
use crate::plan::action::{Change, Field};
use crate::plan::{Because, Plan, Verb};
use crate::spec::AdoptObject;

/// All of it.
pub(super) fn find(live: &Live, context: &Context<'_>, plan: &Plan) -> Vec<Difference> {
    let mut rows = of_app(context);
    rows.extend(more_apps(context, plan));
    rows.extend(of_provider(context));
    rows.extend(descriptions(context));
    rows.extend(strangers(live, context));
    rows.extend(context.people.list.iter().flat_map(|person| of_account(context, person)));
    rows
}

fn of_app(context: &Context<'_>) -> Vec<Difference> {
    let found = &context.found.app;
    let ours = found.app.filter(|(_, owned)| owned.origin == Origin::Created);
    let (Some((app, _)), Some(settings)) = (ours, found.settings) else { return Vec::new() };
    if context.spec.adopts(AdoptObject::App) {
        return Vec::new();
    }
    let about = || oidc_app::address(context.spec);
    let row = |what, key, values: Vec<&str>| {
        let is_any = !values.is_empty();
        is_any.then(|| with(difference(about(), What::Beyond(what), Some(app.id)), key, &values.join(", ")))
    };
    let is_other = |uri: &&str| context.terms.callbacks().all(|callback| callback != *uri);
    let uris = settings.redirect_uris.iter().map(|uri| &**uri).filter(is_other);
    let claims = settings.dynamic_claims.iter().map(|claim| &*claim.name).filter(|name| *name != "email");
    let mut rows = Vec::new();
    rows.extend(row(Beyond::RedirectUris, "sso.oidc.redirectUris", uris.collect()));
    rows.extend(row(Beyond::Claims, "sso.oidc.dynamicClaims", claims.collect()));
    let groups = app_access::beyond(context);
    rows.extend(groups.into_iter().map(|group| {
        let about = Address::new(Org::Primary, Kind::AppAccess, format!("{}/{group}", app.label));
        edge(about, What::Beyond(Beyond::Access), BTreeSet::from([app.id, group]), None)
    }));
    rows
}

/// Apps with our mark that the identity provider never led to, beside the one that it leads to.
fn more_apps(context: &Context<'_>, plan: &Plan) -> Vec<Difference> {
    let found = &context.found.app;
    let others = found.superseded.iter().filter(|old| found.app.is_some() && !old.was_in_use);
    let row = |old: &oidc_app::Old<'_>| {
        let about = oidc_app::old(old.proposed.object);
        let is_removed = plan.actions.iter().any(|action| action.verb == Verb::Delete && action.target == about);
        let next = if is_removed { Next::PutsRight } else { Next::Leaves };
        let row = difference(about, What::Action(Verb::Delete, Because::Superseded), Some(old.proposed.object.id));
        Difference { next, ..row }
    };
    others.map(row).collect()
}

/// What rides on the next secret, because writing it takes one.
fn of_provider(context: &Context<'_>) -> Vec<Difference> {
    let is_ours = context.found.provider.filter(|provider| context.found.app.has_client_id(provider));
    let Some(live) = is_ours.filter(|_| !context.spec.adopts(AdoptObject::IdentityProvider)) else { return Vec::new() };
    let about = identity_provider::address(context.spec);
    let row = |key, before: &str, after: &str| {
        let change = Change::of(Field::Key(key), before, after);
        let row = difference(about.clone(), What::Beyond(Beyond::Provider), Some(live.id));
        Difference { changes: Box::new([change]), ..row }
    };
    let mut rows = Vec::new();
    if *live.name != *about.name {
        rows.push(row("name", &live.name, &about.name));
    }
    if !identity_provider::same_url(&live.oidc.url, &context.terms.issuer) {
        rows.push(row("oidc.url", &live.oidc.url, &context.terms.issuer));
    }
    rows
}

/// An object whose description carries its mark.
struct Described {
    role: ObjectRole,
    about: Address,
    origin: Origin,
    description: String,
    id: ObjectId,
    may_say_more: bool,
}

/// Descriptions that say more than the mark.
fn descriptions(context: &Context<'_>) -> Vec<Difference> {
    let names = context.spec.names();
    let row = |object: Described| {
        let more = mark::unmarked(&object.description, &names, object.role);
        let is_told = object.origin == Origin::Created && !object.may_say_more && !more.trim().is_empty();
        let row = || difference(object.about, What::Beyond(Beyond::Description), Some(object.id));
        is_told.then(|| with(row(), "description", &more))
    };
    described(context).into_iter().filter_map(row).collect()
}

fn described(context: &Context<'_>) -> Vec<Described> {
    let (spec, found) = (context.spec, context.found);
    let app = found.app.app.map(|(app, owned)| Described {
        role: ObjectRole::App,
        about: oidc_app::address(spec),
        origin: owned.origin,
        description: app.description.to_string(),
        id: app.id,
        may_say_more: spec.adopts(AdoptObject::App),
    });
    let policy = found.policy.policy.map(|(policy, owned)| Described {
        role: ObjectRole::Policy,
        about: routing_policy::address(spec),
        origin: owned.origin,
        // What a pause says of itself is ours, too.
        description: pause::resumed(&policy.description),
        id: policy.id,
        may_say_more: spec.adopts(AdoptObject::RoutingPolicy),
    });
    let group = |found: &user_group::Found<'_>, role, about, may_say_more| {
        found.group.map(|(group, owned)| Described {
            role,
            about,
            origin: owned.origin,
            description: group.description.to_string(),
            id: group.id,
            may_say_more,
        })
    };
    let is_adopted = spec.adopts(AdoptObject::RoutingGroup);
    let routing = group(&found.routing_group, ObjectRole::RoutingGroup, user_group::routing_group(spec), is_adopted);
    let access = group(&found.access_group, ObjectRole::AccessGroup, user_group::access_group(spec), false);
    [app, policy, routing, access].into_iter().flatten().collect()
}

/// What somebody gave an account that is ours: the role of an administrator, a local password.
fn of_account(context: &Context<'_>, person: &Person<'_>) -> Vec<Difference> {
    let ours = person.live.filter(|_| person.origin.is_some() && !person.takes_over);
    let Some(account) = ours else { return unmarked(context, person).into_iter().collect() };
    let about = |kind| Address::new(Org::Secondary, kind, &*account.email);
    let is_named = context.spec.safety.protect_secondary.iter().any(|email| email.as_str() == &*account.email);
    let mut rows = Vec::new();
    if account.is_admin && !is_named {
        rows.push(difference(about(Kind::User), What::Beyond(Beyond::Administrator), Some(account.id)));
    }
    if person.origin == Some(Origin::Created) && has_idle_password(account) {
        rows.push(difference(about(Kind::PasswordAuthority), What::Beyond(Beyond::Password), Some(account.id)));
    }
    rows
}

/// An account that the mapping leads to, and that is routed: it looks as if somebody took its mark out.
fn unmarked(context: &Context<'_>, person: &Person<'_>) -> Option<Difference> {
    let account = person.existing.filter(|_| person.live.is_none())?;
    let is_mapped = person.user.mapping.as_deref().is_some_and(|mapped| mapped.eq_ignore_ascii_case(&account.email));
    let is_routed = context.found.routing_group.members.binary_search(&account.id).is_ok();
    let about = Address::new(Org::Secondary, Kind::User, &*account.email);
    (is_mapped && is_routed).then(|| difference(about, What::Beyond(Beyond::Unmarked), Some(account.id)))
}

/// Members of the managed access group who are neither of the population nor have left it: they reach the app.
fn strangers(live: &Live, context: &Context<'_>) -> Vec<Difference> {
    let Some((group, _)) = context.found.access_group.group else { return Vec::new() };
    let people = context.people.list.iter().map(|person| person.user.id);
    let left = context.people.left.iter().map(|leaver| leaver.mark.person);
    let known: BTreeSet<ObjectId> = people.chain(left).collect();
    let strange = context.found.access_group.members.iter().filter(|member| !known.contains(member));
    let row = |member: &ObjectId| {
        let user = live.users(Org::Primary).get(*member);
        let name = user.map_or_else(|| member.to_string(), |user| user.email.to_string());
        let about = Address::new(Org::Primary, Kind::GroupMember, format!("{}/{name}", group.name));
        edge(about, What::Beyond(Beyond::Member), BTreeSet::from([group.id]), Some(*member))
    };
    strange.map(row).collect()
}

/// A local password that nobody asks for while the identity provider decides about it.
fn has_idle_password(account: &User) -> bool {
    let is_federated = account.authority.as_ref().is_some_and(|authority| &*authority.kind == FEDERATED);
    account.has_password && is_federated
}

/// With the value that is there and that nobody asked for.
fn with(row: Difference, key: &'static str, live: &str) -> Difference {
    let change = Change { field: Field::Key(key), before: Some(live.into()), after: None };
    Difference { changes: Box::new([change]), ..row }
}
