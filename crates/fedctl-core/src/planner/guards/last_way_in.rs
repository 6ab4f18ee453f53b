//! Somebody has to get into the secondary organisation when the federation does not work.
//!
//! Administrators who are no users of the organisation sign in at the console by themselves and are in no answer that is read
//! here. Those who are users have a field that says so. In the primary organisation nobody signs in through the federation.

use crate::address::{Address, Kind, Org};
use crate::kinds::context::{Builder, Context};
use crate::kinds::user_group;
use crate::live::{Live, User};
use crate::plan::guard::{Guard, Refusal};
use crate::plan::{Subject, Verb};

pub(super) fn refuse(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let accounts = live.users(Org::Secondary);
    let mut admins = accounts.rows().iter().filter(|user| user.is_admin && !user.is_shut()).peekable();
    let Some(first) = admins.peek().copied() else { return };
    let names: Vec<&str> = admins.clone().map(|user| &*user.email).collect();
    if !routes_more(context, plan) || !admins.all(|user| is_routed_after(context, plan, user)) {
        return;
    }
    if !accounts.is_everybody() {
        let about = Address::new(Org::Secondary, Kind::User, &*first.email);
        plan.note(
            about,
            "it belongs to an administrator and is routed; whether another administrator has a way in that does not lead \
             through the federation cannot be known, for not everybody was read",
        );
        return;
    }
    plan.refuse(Refusal::new(
        Guard::LastWayIn,
        &user_group::routing_group(context.spec),
        format!("every administrator with an account in the secondary organisation would be routed: {}", names.join(", ")),
        "take the account of one of them out of the routing group, so that somebody gets in when the federation does not work",
    ));
}

/// Whether more is routed by this plan than is today.
fn routes_more(context: &Context<'_>, plan: &Builder) -> bool {
    let joins = |action: &crate::plan::Action| {
        matches!(action.target.kind, Kind::GroupMember | Kind::PasswordAuthority)
            && action.target.org == Org::Secondary
            && matches!(action.verb, Verb::Create | Verb::Update)
    };
    context.routes_after() && (context.turns_on() || context.assigns() || plan.actions.iter().any(joins))
}

fn is_routed_after(context: &Context<'_>, plan: &Builder, user: &User) -> bool {
    let is_member = context.found.routing_group.members.binary_search(&user.id).is_ok();
    let joins = || {
        let is_theirs = |at: u32| context.people.list.get(at as usize).and_then(|person| person.live);
        plan.actions.iter().any(|action| {
            let whose = match action.subject {
                Subject::Person(at) => is_theirs(at),
                Subject::Federation => None,
            };
            let is_join = action.target.kind == Kind::GroupMember && action.verb == Verb::Create;
            is_join && action.target.org == Org::Secondary && whose.is_some_and(|account| account.id == user.id)
        })
    };
    is_member || joins()
}
