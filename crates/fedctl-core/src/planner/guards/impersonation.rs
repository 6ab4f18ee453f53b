//! A second person in somebody's account.

use std::collections::BTreeSet;

use crate::address::{Address, Kind, Org};
use crate::kinds::context::{Builder, Context};
use crate::kinds::{app_access, oidc_app, routing_policy, user, user_group};
use crate::live::{Live, User};
use crate::object_id::ObjectId;
use crate::people::leave::{Leaver, Take, Verdict};
use crate::people::refuse;
use crate::plan::Action;
use crate::plan::guard::{Guard, Refusal};

/// Attributes of others that would open an account.
pub(super) fn claims(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let claims = refuse::claims_of_others(context.people, live, |user| opens_now(context, live, user));
    plan.refusals.extend(claims.refusals);
    let lets_in = lets_anybody_in(context, plan);
    for (user, account) in claims.nobodys {
        if lets_in {
            plan.refusals.push(refuse::claim_of_another(user, &account));
        } else {
            let text = format!(
                "the attribute of {} names it, and the spec does not; while nobody is routed it opens for nobody, and \
                 whoever turns routing on has to remove that attribute before, or to name them under `adopt.people`",
                user.email
            );
            plan.note(Address::new(Org::Secondary, Kind::User, &*account), text);
        }
    }
    let known: BTreeSet<&str> =
        context.people.list.iter().filter_map(|person| Some(&*person.existing?.email)).collect();
    for (user, account) in claims.already.iter().filter(|(_, account)| !known.contains(&**account)) {
        let about = Address::new(Org::Secondary, Kind::User, &**account);
        plan.note(
            about,
            format!("{} opens it by their attribute, and the spec does not say so; that is left", user.email),
        );
    }
}

/// Whether anybody comes in through the federation when this plan is applied: people are routed, or the plan changes what
/// decides about all of them. A policy that does not say whether it is on counts as on.
fn lets_anybody_in(context: &Context<'_>, plan: &Builder) -> bool {
    let is_on = context.found.policy.itself().is_some_and(|policy| policy.enabled != Some(false));
    let shared = [Kind::OidcApp, Kind::AppAccess, Kind::IdentityProvider, Kind::RoutingPolicy, Kind::RoutingAssignment];
    is_on || plan.actions.iter().any(|action| shared.contains(&action.target.kind))
}

/// Accounts that somebody signs in to today by their attribute, though neither a mark nor the spec says so.
pub(super) fn open_today(context: &Context<'_>, live: &Live) -> BTreeSet<ObjectId> {
    let claims = refuse::claims_of_others(context.people, live, |user| opens_now(context, live, user));
    let accounts = claims.already.iter().filter_map(|(_, account)| live.users(Org::Secondary).by_email(account));
    accounts.map(|account| account.id).collect()
}

/// `[unknown]` whether what members inherit from a group gets into a claim, and which value wins: with an attribute named as
/// ours, a group of the app could open one account for all of its members.
pub(super) fn group_attributes(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let attribute = context.spec.people.mapping.attribute.as_str();
    let Some(Ok(groups)) = &live.groups[Org::Primary.index()] else { return };
    let planned = planned_groups(context, plan);
    let has_app = |id: &ObjectId| context.found.app.groups.contains(id) || planned.contains(id);
    let gives_ours = |group: &&user_group::wire::Group| {
        has_app(&group.id) && group.attributes.as_ref().is_some_and(|attributes| attributes.name(attribute))
    };
    for group in groups.iter().filter(gives_ours) {
        plan.refuse(Refusal::new(
            Guard::Impersonation,
            &Address::new(Org::Primary, Kind::UserGroup, &*group.name),
            format!("it may use the app and has an attribute `{attribute}`, which all of its members may inherit"),
            "remove the attribute from the group, or give the federation another one under `people.mapping.attribute`",
        ));
    }
}

/// The groups that are there and may use the app when this plan is applied.
fn planned_groups(context: &Context<'_>, plan: &Builder) -> Vec<ObjectId> {
    app_access::groups(context).iter().filter_map(|group| plan.id(group)).collect()
}

/// Whether somebody signs in to whatever their attribute names, today: the whole way is there for somebody, and they reach
/// the app.
fn opens_now(context: &Context<'_>, live: &Live, user: &User) -> bool {
    let app = &context.found.app;
    let is_there = context.found.provider.is_some_and(|provider| app.has_client_id(provider));
    let works = oidc_app::works(context) && routing_policy::leads_to_provider(context);
    let is_anybody_routed = context.found.policy.routes() && !context.found.routing_group.members.is_empty();
    is_anybody_routed && is_there && works && reaches(context, live, user)
}

/// Whether somebody may use the app today.
fn reaches(context: &Context<'_>, live: &Live, user: &User) -> bool {
    let app = &context.found.app;
    let is_in = |ids: &Vec<ObjectId>| ids.binary_search(&user.id).is_ok();
    let alone = || app.itself().and_then(|app| live.app_users.get(&app.id)?.as_ref().ok()).is_some_and(is_in);
    is_in_any(live, &app.groups, user) || alone()
}

/// Whether somebody is in one of these groups of the primary organisation.
fn is_in_any(live: &Live, groups: &[ObjectId], user: &User) -> bool {
    let members = |group: &ObjectId| live.membership.get(&(Org::Primary, *group)).and_then(|known| known.as_ref().ok());
    groups.iter().filter_map(members).any(|ids| ids.binary_search(&user.id).is_ok())
}

/// Setting right what nobody can sign in through lets people in again, also those who left meanwhile. An app that is made
/// anew is given to its groups with everybody who is still in them.
pub(super) fn leavers(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let is_led_anew = |kind: Kind| kind == Kind::RoutingPolicy && routing_policy::is_led_anew(context);
    let repairs = |action: &Action| {
        let kind = action.target.kind;
        matches!(kind, Kind::OidcApp | Kind::AppAccess | Kind::IdentityProvider) || is_led_anew(kind)
    };
    if !context.found.policy.routes() || !plan.actions.iter().any(repairs) {
        return;
    }
    let planned = planned_groups(context, plan);
    let will_reach = |person: &User| reaches(context, live, person) || is_in_any(live, &planned, person);
    // Whoever loses the attribute by this plan loses it before anything is set right: the order says so.
    let loses = |leaver: &Leaver<'_>| {
        matches!(leaver.verdict, Verdict::Left(..))
            && leaver.takes(context.spec, context.found).contains(&Take::Mapping)
    };
    for leaver in context.people.left.iter().filter(|leaver| !(leaver.account.is_shut() || loses(leaver))) {
        let comes_in = |person: &&User| will_reach(person) && !opens_now(context, live, person);
        if let Some(person) = leaver.user.filter(|person| leaver.opens() && comes_in(person)) {
            plan.refuse(Refusal::new(
                Guard::Impersonation,
                &user::address_of(leaver.account),
                format!("{} left the population, and would sign in again when the app is set right", person.email),
                "suspend the account in the secondary organisation, or take them out of the groups that may use the app",
            ));
        }
    }
}
