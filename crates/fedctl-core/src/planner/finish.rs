//! The plan as a value: people with their fates, notes, what could be taken over, and the actions in their order.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{adoptable, others, warnings};
use crate::address::{Address, Kind, Org};
use crate::kinds::context::{Builder, Context};
use crate::kinds::{identity_provider, oidc_app, routing_policy};
use crate::live::{Live, User};
use crate::mark::Origin;
use crate::people::Person;
use crate::people::leave::{Leaver, Take, Verdict, Way};
use crate::plan::{Fate, Gone, Held, Plan, PlannedPerson, Subject};
use crate::spec::OnLeave;

pub(super) fn plan(context: &Context<'_>, live: &Live, mut builder: Builder) -> Plan {
    leavers(context, &mut builder);
    kept_addresses(context, &mut builder);
    clashes(context, live, &mut builder);
    builder.notes.sort();
    builder.refusals.sort();
    builder.refusals.dedup();
    let touched: BTreeSet<u32> = builder
        .actions
        .iter()
        .filter_map(|action| match action.subject {
            Subject::Person(at) => Some(at),
            Subject::Federation => None,
        })
        .collect();
    let people = context.people.list.iter().enumerate();
    let is_touched = |at: usize| touched.contains(&u32::try_from(at).unwrap_or(u32::MAX));
    let mut plan = Plan {
        people: people
            .map(|(at, person)| planned(context, person, is_touched(at)))
            .chain(context.leaving().map(|(_, leaver, ..)| leaving(context, leaver)))
            .collect(),
        left: context
            .people
            .left
            .iter()
            .filter(|leaver| is_shut(context, leaver))
            .map(|left| left.account.id)
            .collect(),
        known: builder.known,
        actions: builder.actions,
        notes: builder.notes,
        refusals: builder.refusals,
        pair: builder.pair,
        warnings: warnings::of(context),
        adoptable: adoptable::of(context),
        others: others::of(context.spec, live),
        ..Plan::empty(context.spec, live)
    };
    crate::apply::in_order(&mut plan);
    plan
}

/// Who left and keeps something: why, one by one. Of whoever lost everything with an earlier plan, how many they are.
fn leavers(context: &Context<'_>, plan: &mut Builder) {
    let mut done = 0;
    for leaver in &context.people.left {
        let about = || Address::new(Org::Secondary, Kind::User, Arc::from(&*leaver.account.email));
        let stays = context.stays(leaver);
        if let Some(text) = leaver.kept.and_then(|kept| second(leaver, kept)) {
            plan.note(about(), text);
            continue;
        }
        match (leaver.verdict, leaver.way) {
            (Verdict::Doubt(doubt), _) => plan.note(
                about(),
                format!("its person seems to have left, and nothing is taken from them now: {}", doubt.as_str()),
            ),
            (_, Way::Keep) if stays => plan.note(
                about(),
                "its person is not in the population any more, and may still sign in: the spec says `on_leave: keep`",
            ),
            (Verdict::Unasked, _) => done += 1,
            (Verdict::Left(..), _) => {}
        }
    }
    if done > 0 {
        let about = Address::new(Org::Secondary, Kind::User, format!("({done} accounts of people who left)"));
        let rest = match context.spec.people.on_leave.value {
            OnLeave::Delete { after_days } => format!(
                "there is nothing more to take from them now; what fedctl suspended is deleted when the day in its mark is \
                 more than {after_days} days ago"
            ),
            OnLeave::Suspend | OnLeave::Unroute | OnLeave::Keep => {
                "there is nothing more to take from them; they are left".to_owned()
            }
        };
        plan.note(about, rest);
    }
}

/// What is said of a second account with the mark of somebody who stays.
fn second(leaver: &Leaver<'_>, kept: &User) -> Option<String> {
    let why = match (leaver.verdict, leaver.way) {
        (Verdict::Doubt(doubt), _) => doubt.as_str(),
        (_, Way::Keep) if leaver.account.has_local_way_in() => "it has a local password, which somebody may use",
        (_, Way::Keep) => "the spec says `on_leave: keep`",
        (Verdict::Unasked | Verdict::Left(..), _) => return None,
    };
    Some(format!(
        "it has the mark of somebody whose account is {}, and nothing is taken from it: {why}; remove the attribute \
         `fedctl` from the one that is not theirs",
        kept.email
    ))
}

/// What the spec gives people now, and their accounts do not have: an address is given once.
fn kept_addresses(context: &Context<'_>, plan: &mut Builder) {
    let mut by_template = 0;
    let mut out_of_step = 0;
    for person in &context.people.list {
        let own = context.spec.people.overrides.iter().find(|own| own.person.as_str() == &*person.user.email);
        let about = || Address::new(Org::Secondary, Kind::User, person.account.clone());
        if let Some(other) = person.in_the_way.filter(|_| person.live.is_some()) {
            let text = format!(
                "{} has another address now, and this account keeps its own: account {} has {}; write for example \
                 `overrides: [{{person: {}, email: {}}}]`",
                person.user.email, other.id, other.email, person.user.email, person.account
            );
            plan.note(about(), text);
            continue;
        }
        match (person.wanted.as_ref().filter(|_| person.renames.is_none()), own.and_then(|own| own.email.as_ref())) {
            (None, _) => {}
            (Some(_), _) if person.is_out_of_step(context.spec) => out_of_step += 1,
            (Some(_), None) => by_template += 1,
            (Some(_), Some(email)) => plan.note(
                about(),
                format!(
                    "the spec gives {} the address {email}; this account keeps the one that it was given first",
                    person.user.email
                ),
            ),
        }
        let username = own.and_then(|own| own.username.as_ref());
        if let Some(username) =
            username.filter(|_| person.renames.is_none()).filter(|username| username.as_str() != &*person.username)
            && person.live.is_some()
        {
            plan.note(about(), format!("the spec gives it the username {username}; it keeps {}", person.username));
        }
    }
    let moved = context.people.list.iter().filter(|person| *person.address_after() != person.account).count();
    if moved > 0 {
        let about = Address::new(Org::Secondary, Kind::User, "(accounts that are renamed)");
        let gap = "nobody signs in to one of them between the two writes that rename it and set the attribute, which are sent \
                   one after the other; should the run be killed just there, the next one writes the second";
        plan.note(about, gap);
    }
    if out_of_step > 0 {
        let about = Address::new(Org::Secondary, Kind::User, format!("({out_of_step} accounts)"));
        plan.note(
            about,
            "they get their new addresses by the next plan: first app and attributes name the ones that they have",
        );
    }
    if by_template > 0 {
        let about = Address::new(Org::Secondary, Kind::User, format!("({by_template} accounts)"));
        plan.note(about, "the spec would give them other addresses now; they keep the ones that they were given first");
    }
}

/// Whose username somebody else has: the lines of the spec that give them another one, or the account if it looks like theirs.
fn clashes(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let accounts = live.users(Org::Secondary);
    for person in context.people.list.iter().filter(|person| person.held == Some(Held::UsernameTaken)) {
        let email = &person.user.email;
        let is_free = |name: &String| accounts.by_username(name).is_none();
        let free = (2..100).map(|number| format!("{}{number}", person.username)).find(is_free).unwrap_or_default();
        let other = accounts.by_username(&person.username);
        let text = match other.filter(|other| looks_like(other, person)) {
            Some(other) => format!(
                "account {} with the username {} looks like theirs: if it is, write `overrides: [{{person: {email}, email: \
                 {}}}]` and `adopt: {{people: [{email}]}}`; else `overrides: [{{person: {email}, username: {free}}}]`",
                other.email, person.username, other.email
            ),
            None => format!(
                "the username {} is not free: write for example `overrides: [{{person: {email}, username: {free}}}]`",
                person.username
            ),
        };
        plan.note(Address::new(Org::Secondary, Kind::User, person.account.clone()), text);
    }
}

/// Whether an account that nobody marked has the names of a person.
fn looks_like(account: &User, person: &Person<'_>) -> bool {
    let [first, last, _] = &account.names;
    let is_named = !first.is_empty() && !last.is_empty();
    account.mark.is_none() && is_named && account.names[..2] == person.user.names[..2]
}

fn planned(context: &Context<'_>, person: &Person<'_>, touched: bool) -> PlannedPerson {
    PlannedPerson {
        id: person.user.id,
        email: Arc::from(&*person.user.email),
        account: person.account.clone(),
        spec: person.spec.clone(),
        fate: fate(context, person, touched),
        has_local_way_in: person.live.is_some_and(User::has_local_way_in),
    }
}

/// Whether the account of somebody who left is shut, or is by this plan.
fn is_shut(context: &Context<'_>, leaver: &Leaver<'_>) -> bool {
    let is_confirmed = matches!(leaver.verdict, Verdict::Left(..));
    let is_suspended = || leaver.takes(context.spec, context.found).contains(&Take::Suspend);
    leaver.account.is_shut() || (is_confirmed && is_suspended())
}

fn leaving(context: &Context<'_>, leaver: &Leaver<'_>) -> PlannedPerson {
    let gone = if let Verdict::Left(gone, _) = leaver.verdict { gone } else { Gone::NotMeant };
    PlannedPerson {
        id: leaver.mark.person,
        email: Arc::from(leaver.user.map_or(&*leaver.account.email, |user| &*user.email)),
        account: Arc::from(&*leaver.account.email),
        spec: context.spec.people.on_leave.at.clone(),
        fate: Fate::Leaves(gone),
        has_local_way_in: leaver.account.has_local_way_in(),
    }
}

/// Whether somebody who has an account cannot come in now, and can when this plan is applied.
fn comes_in_anew(context: &Context<'_>, person: &Person<'_>) -> bool {
    let is_whole = identity_provider::state(context) == identity_provider::State::Ours
        && oidc_app::works(context)
        && routing_policy::leads_to_provider(context);
    let comes_in_now = context.found.policy.routes() && context.is_routed(person) && is_whole;
    let will_be_routed = context.routes_after() && context.is_routed_after(person) && !context.stays_out(person);
    !comes_in_now && will_be_routed && context.is_whole() && !routing_policy::turns_off(context)
}

fn fate(context: &Context<'_>, person: &Person<'_>, touched: bool) -> Fate {
    let is_routed = context.is_routed(person);
    let opens = person.is_mapped();
    match (person.held, touched, person.live) {
        _ if routing_policy::turns_off(context) && is_routed => Fate::Loses,
        (Some(held), _, _) => Fate::Held(held),
        (None, true, None) => Fate::Gains,
        (None, true, Some(_)) if person.takes_over && is_routed && opens => Fate::TakenOver,
        (None, true, Some(_)) if person.takes_over => Fate::GainsExisting,
        // Their account was made for them, by this plan or by an earlier run, and they cannot come in yet.
        (None, _, Some(_)) if comes_in_anew(context, person) => match person.origin {
            Some(Origin::Adopted) => Fate::GainsExisting,
            Some(Origin::Created) | None => Fate::Gains,
        },
        (None, true, Some(_)) => Fate::Mended,
        (None, false, _) => Fate::Unchanged,
    }
}
