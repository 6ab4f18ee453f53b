//! Nothing is taken from whoever is protected: neither routing nor an account nor the local way in.

use std::collections::BTreeMap;

use super::Whom;
use crate::address::{Address, Kind, Org};
use crate::kinds::context::{Builder, Context};
use crate::kinds::routing_policy;
use crate::live::Live;
use crate::plan::guard::{Guard, Refusal};
use crate::plan::{Action, Verb};

/// What would be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Taken {
    SignIn,
    Password,
    Account,
}

impl Taken {
    fn as_str(self) -> &'static str {
        match self {
            Taken::SignIn => "sign-in would be taken from it",
            Taken::Password => "it would be routed, and its own password with it",
            Taken::Account => "its account would be taken over",
        }
    }
}

pub(super) fn refuse(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let switched_off = turned_off(context).iter().map(|id| {
        let account = live.users(Org::Secondary).get(*id);
        let person = account.and_then(|account| live.users(Org::Primary).get(account.mark.as_ref()?.person));
        (Taken::SignIn, Whom { account, person })
    });
    let by_actions = plan.actions.iter().filter_map(|action| {
        let whom = Whom::of(context, live, action);
        Some((takes(action, whom)?, whom))
    });
    let mut taken: BTreeMap<&str, (Taken, Whom<'_>)> = BTreeMap::new();
    for (what, whom) in switched_off.chain(by_actions).chain(by_routing(context)) {
        let Some(email) = whom.email() else { continue };
        let (most, _) = taken.entry(email).or_insert((what, whom));
        *most = (*most).min(what);
    }
    let refusals =
        taken.into_values().filter_map(|(what, whom)| Some(refusal(what, whom, why_protected(context, what, whom)?)));
    let refusals: Vec<Refusal> = refusals.collect();
    plan.refusals.extend(refusals);
}

/// People whose account is taken over, or loses its own password because it is routed.
fn by_routing<'a>(context: &'a Context<'_>) -> impl Iterator<Item = (Taken, Whom<'a>)> {
    context.active().filter_map(|(_, person)| {
        let gives_up = !context.is_routed(person) && person.live.is_some_and(|account| account.has_password);
        let what = if gives_up { Some(Taken::Password) } else { person.takes_over.then_some(Taken::Account) };
        Some((what?, Whom { account: person.live, person: Some(person.user) }))
    })
}

/// Whoever is routed, where this plan turns that off.
fn turned_off<'a>(context: &'a Context<'_>) -> &'a [crate::object_id::ObjectId] {
    if routing_policy::turns_off(context) { &context.found.routing_group.members } else { &[] }
}

/// What an action takes from the one it is about.
fn takes(action: &Action, whom: Whom<'_>) -> Option<Taken> {
    let has_password = whom.account.is_some_and(|account| account.has_password);
    match (action.target.kind, action.verb) {
        _ if action.takes_away() => Some(Taken::SignIn),
        (Kind::PasswordAuthority, Verb::Update) if has_password && !gives_back(action) => Some(Taken::Password),
        _ => None,
    }
}

/// Whether the password goes back to the organisation.
fn gives_back(action: &Action) -> bool {
    action.changes.iter().all(|change| change.after.is_none())
}

fn refusal(what: Taken, whom: Whom<'_>, why: &str) -> Refusal {
    let about = match (whom.account, whom.person) {
        (Some(account), _) => Address::new(Org::Secondary, Kind::User, &*account.email),
        (None, person) => Address::new(Org::Primary, Kind::User, person.map_or("", |person| &*person.email)),
    };
    let way_out = match (what, whom.person) {
        (Taken::SignIn, _) => {
            "let them keep it: in the population, with routing on; or protect them no longer".to_owned()
        }
        (Taken::Password | Taken::Account, Some(person)) => format!("leave {} out with `people.except`", person.email),
        (Taken::Password | Taken::Account, None) => "leave their person out with `people.except`".to_owned(),
    };
    Refusal::new(Guard::Protected, &about, format!("{}, and it is protected: {why}", what.as_str()), way_out)
}

/// Who is protected. An administrator of the primary organisation is so against losing sign-in: that they get another way in
/// takes nothing from what they do there.
fn why_protected(context: &Context<'_>, what: Taken, whom: Whom<'_>) -> Option<&'static str> {
    let address = whom.account.map(|account| &*account.email);
    let loses = || what == Taken::SignIn && whom.person.is_some_and(|user| user.is_admin);
    let by_person = || loses().then_some("its person is an administrator of the primary organisation");
    context.protects(address, whom.account, whom.person).or_else(by_person)
}
