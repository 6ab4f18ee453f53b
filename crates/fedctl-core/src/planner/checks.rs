//! The guards: what a plan must not do, whatever the kinds made of it.

use std::collections::BTreeSet;

use crate::address::{Address, Kind, Org};
use crate::kinds::context::{Builder, Context};
use crate::kinds::{app_access, group_member, oidc_app, routing_policy, user, user_group};
use crate::live::{Live, Needs, User};
use crate::object_id::ObjectId;
use crate::people::Person;
use crate::people::refuse;
use crate::plan::Action;
use crate::plan::guard::{Guard, Refusal};
use crate::spec::{Email, RoutingMembers, Spec};

/// The group of the secondary organisation whose members no plan may take anything from.
const PROTECTED: &str = "fedctl-protected";

/// How many objects or people one refusal names.
const NAMED: usize = 5;

/// Everybody in the group of protected accounts, if there is one.
pub(super) fn protected_group(live: &Live, needs: &mut Needs) -> Option<Vec<ObjectId>> {
    let groups = needs.groups(live, Org::Secondary)?;
    let groups = groups.iter().filter(|group| &*group.name == PROTECTED);
    let members: Vec<_> = groups.map(|group| needs.membership(live, Org::Secondary, group.id)).collect();
    let members = members.into_iter().collect::<Option<Vec<_>>>()?;
    Some(members.into_iter().flatten().copied().collect())
}

/// Adds every refusal that no kind knows of alone.
pub(super) fn refuse(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    claims(context, live, plan);
    group_attributes(context, live, plan);
    leavers(context, live, plan);
    strangers(context, live, plan);
    capture(context, live, plan);
    protected(context, plan);
    losses(context, plan);
    gains(context, plan);
}

fn claims(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let claims = refuse::claims_of_others(context.people, live, |user| opens_now(context, live, user));
    plan.refusals.extend(claims.refusals);
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

/// `[unknown]` whether what members inherit from a group gets into a claim, and which value wins: with an attribute named as
/// ours, a group of the app could open one account for all of its members.
fn group_attributes(context: &Context<'_>, live: &Live, plan: &mut Builder) {
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
fn leavers(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let repairs = |action: &Action| match action.target.kind {
        Kind::OidcApp | Kind::AppAccess | Kind::IdentityProvider => true,
        Kind::RoutingPolicy => routing_policy::is_led_anew(context),
        _ => false,
    };
    if !context.found.policy.routes() || !plan.actions.iter().any(repairs) {
        return;
    }
    let planned = planned_groups(context, plan);
    let will_reach = |person: &User| reaches(context, live, person) || is_in_any(live, &planned, person);
    for account in context.people.left.iter().filter(|account| !account.is_shut()) {
        let person = account.mark.as_ref().and_then(|mark| live.users(Org::Primary).get(mark.person));
        let comes_in = |person: &&User| will_reach(person) && !opens_now(context, live, person);
        let opens =
            |person: &&User| person.mapping.as_deref().is_some_and(|claim| Email::fold(claim) == *account.email);
        if let Some(person) = person.filter(|person| comes_in(person) && opens(person)) {
            plan.refuse(Refusal::new(
                Guard::Impersonation,
                &Address::new(Org::Secondary, Kind::User, &*account.email),
                format!("{} left the population, and would sign in again when the app is set right", person.email),
                "suspend the account in the secondary organisation, or take them out of the groups that may use the app",
            ));
        }
    }
}

fn strangers(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let strangers = group_member::strangers(context);
    if !context.spec.routing_policy.enabled.value || strangers.is_empty() {
        return;
    }
    let accounts = live.users(Org::Secondary);
    let name =
        |id: &ObjectId| accounts.get(*id).map_or_else(|| id.to_string(), |user| format!("{} ({id})", user.email));
    plan.refuse(Refusal::new(
        Guard::Members,
        &user_group::routing_group(context.spec),
        format!(
            "users who are not in this federation are members and would be routed: {}",
            some(strangers.iter().map(name), strangers.len())
        ),
        "remove them from the group, bring their primary users into `people.from`, or take their accounts over under \
         `adopt.people`",
    ));
}

/// A rule for the end of the address that is still to be made finds accounts that nobody means.
fn capture(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let RoutingMembers::EmailEndsWith(suffix) = &context.spec.routing_group.members.value else { return };
    let group = &context.found.routing_group;
    if group.group.is_some() || group.refusal.is_some() {
        return;
    }
    let ours: BTreeSet<ObjectId> = context
        .people
        .list
        .iter()
        .filter_map(|person| person.live)
        .chain(context.people.left.iter().copied())
        .map(|account| account.id)
        .collect();
    let is_caught = |user: &&User| user.email.ends_with(&**suffix) && !ours.contains(&user.id);
    let caught: Vec<&str> =
        live.users(Org::Secondary).rows().iter().filter(is_caught).map(|user| &*user.email).collect();
    if caught.is_empty() {
        return;
    }
    let wanted: Vec<&str> = context.people.list.iter().map(|person| &*person.account).collect();
    let way_out = match longer_suffix(suffix, &wanted, &caught) {
        Some(longer) => {
            format!("write `email_ends_with: \"{longer}\"`, which finds none of them, or `members: managed`")
        }
        None => "write `members: managed`: no end of an address tells these people from the others".to_owned(),
    };
    plan.refuse(Refusal::new(
        Guard::Capture,
        &user_group::routing_group(context.spec),
        format!("its rule would also route {}", some(caught.iter().map(|email| (*email).to_owned()), caught.len())),
        way_out,
    ));
}

/// The shortest end that all wanted addresses share and none of the others has; it begins with `.` or `@`.
fn longer_suffix(suffix: &str, wanted: &[&str], caught: &[&str]) -> Option<String> {
    let first = *wanted.first()?;
    let starts = first.char_indices().rev().filter(|(_, c)| matches!(c, '.' | '@')).map(|(at, _)| &first[at..]);
    let mut longer = starts.filter(|end| end.len() > suffix.len());
    let fits = |end: &&str| {
        wanted.iter().all(|email| email.ends_with(end)) && !caught.iter().any(|email| email.ends_with(end))
    };
    longer.find(|end| fits(end)).map(str::to_owned)
}

/// Nothing is taken from whoever is protected: neither routing nor the local way in.
fn protected(context: &Context<'_>, plan: &mut Builder) {
    let turns_off = routing_policy::turns_off(context);
    for person in &context.people.list {
        let Some(account) = person.live else { continue };
        let loses = turns_off && context.is_routed(person);
        let gives_up = person.held.is_none() && !context.is_routed(person) && account.has_password;
        let takes_over = person.held.is_none() && person.takes_over;
        let Some(why) = why_protected(context, person, account).filter(|_| loses || gives_up || takes_over) else {
            continue;
        };
        let what =
            if loses { "sign-in would be taken from it" } else { "it would be routed, and its own password with it" };
        plan.refuse(Refusal::new(
            Guard::Protected,
            &user::address(person),
            format!("{what}, and it is protected: {why}"),
            if loses {
                "do not turn routing off, or protect it no longer".to_owned()
            } else {
                format!("leave {} out with `people.except`", person.user.email)
            },
        ));
    }
}

fn why_protected(context: &Context<'_>, person: &Person<'_>, account: &User) -> Option<&'static str> {
    let rules = &context.terms.rules;
    let by_spec = &context.spec.safety.protect_secondary;
    if rules.protects(Org::Secondary, &account.email) || rules.protects(Org::Primary, &person.user.email) {
        Some("the operator says so")
    } else if by_spec.iter().any(|email| email.as_str() == &*account.email) {
        Some("`safety.protect` says so")
    } else if context.found.protected.contains(&account.id) {
        Some("it is in the group `fedctl-protected`")
    } else {
        account.is_admin.then_some("it belongs to an administrator")
    }
}

/// How many people a plan may take sign-in from.
fn most_losses(spec: &Spec, ceiling: Option<u32>, people: usize) -> usize {
    let default = (people / 10).clamp(3, 100);
    let by_operator = ceiling.map_or(default, |most| most as usize);
    spec.safety.max_losses.as_ref().map_or(by_operator, |most| by_operator.min(most.value as usize))
}

fn losses(context: &Context<'_>, plan: &mut Builder) {
    if !routing_policy::turns_off(context) {
        return;
    }
    let routed: Vec<&str> = context
        .people
        .list
        .iter()
        .filter(|person| context.is_routed(person))
        .map(|person| &*person.user.email)
        .collect();
    let by_spec = context.spec.safety.max_losses.as_ref();
    let most = most_losses(context.spec, context.terms.rules.max_losses, context.people.list.len());
    if routed.len() <= most {
        return;
    }
    plan.refuse(Refusal::new(
        Guard::MaxLosses,
        &routing_policy::address(context.spec),
        format!(
            "{} people would lose sign-in, and one plan may take it from {most}: {}",
            routed.len(),
            some(routed.iter().map(|email| (*email).to_owned()), routed.len())
        ),
        match by_spec.filter(|by_spec| by_spec.value as usize == most) {
            Some(_) => format!(
                "if that is meant, write `safety: {{max_losses: {}}}` into the spec for this once",
                routed.len()
            ),
            None => format!(
                "if that is meant, allow it with `ceilings: {{max_losses: {}}}` in the operator file for this once",
                routed.len()
            ),
        },
    ));
}

fn gains(context: &Context<'_>, plan: &mut Builder) {
    let Some(most) = context.terms.rules.max_gains else { return };
    let gaining = context.active().filter(|(_, person)| !context.is_routed(person)).count();
    if gaining > most as usize {
        plan.refuse(Refusal::new(
            Guard::MaxGains,
            &user_group::routing_group(context.spec),
            format!("{gaining} people would gain sign-in, and the operator lets one plan give it to {most}"),
            "begin with some of them under `people.pilot`, or allow more with `ceilings: {max_gains: …}` in the operator file",
        ));
    }
}

/// The first few, and how many more.
fn some(names: impl Iterator<Item = String>, total: usize) -> String {
    let shown: Vec<String> = names.take(NAMED).collect();
    let more = total.saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_end_that_tells_people_apart_is_offered() {
        let wanted = ["ann@acme.com.beta", "bob@acme.com.beta"];
        assert_eq!(longer_suffix(".beta", &wanted, &["eve@other.org.beta"]).as_deref(), Some(".com.beta"));
        assert_eq!(longer_suffix(".beta", &wanted, &["eve@x.com.beta"]).as_deref(), Some("@acme.com.beta"));
        assert_eq!(longer_suffix(".beta", &wanted, &["eve@acme.com.beta"]), None);
    }
}
