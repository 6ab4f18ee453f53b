//! The accounts: their passwords are their own again, their marks say what became of them, and nobody's attribute opens one.

use std::sync::Arc;

use super::found::Found;
use super::{Reach, Takedown, next_person};
use crate::address::{Address, Kind, Org};
use crate::kinds::{group_member, password_authority, user, user_mapping};
use crate::live::users::State;
use crate::live::{Confirmed, Needs, TakenDown, User};
use crate::mark::{Departure, HowLeft, Origin, UserMark};
use crate::object_id::ObjectId;
use crate::people::leave::FEDERATED;
use crate::plan::action::{Because, Subject};
use crate::plan::{Action, Fate, Gone, Known, Note, Plan, PlannedPerson};
use crate::spec::{Email, OnLeave, RoutingMembers};

/// An account with our mark.
pub(super) struct Account<'a> {
    pub(super) account: &'a User,
    pub(super) mark: &'a UserMark,
}

impl Account<'_> {
    /// Whether nothing was taken from it before, and somebody uses it.
    fn is_in_use(&self) -> bool {
        self.account.state == State::Activated && self.mark.departure().is_none()
    }

    /// Whether its owner gets in by nothing but the federation.
    pub(super) fn has_no_other_way_in(&self) -> bool {
        self.is_in_use() && !self.account.has_password
    }
}

/// Everybody whose account carries our mark.
pub(super) fn find<'a>(this: &Takedown<'a>, needs: &mut Needs) -> Option<Vec<Account<'a>>> {
    if !needs.everybody(this.live, Org::Secondary) {
        return None;
    }
    let names = this.spec.names();
    let marked = this.live.users(Org::Secondary).marked().filter_map(|account| {
        let mark = account.mark.as_ref().filter(|mark| names.contains(&&*mark.federation))?;
        Some(Account { account, mark })
    });
    Some(marked.collect())
}

pub(super) fn plan(
    this: &Takedown<'_>,
    needs: &mut Needs,
    (found, accounts): (&Found<'_>, &[Account<'_>]),
    plan: &mut Plan,
) {
    for Account { account, mark } in accounts {
        let about = user::address_of(account);
        let now = needs.account_goes(this.spec, this.live, (account.id, mark.person));
        let person = match this.reach {
            Reach::Both => needs.person_now(this.live, mark.person),
            Reach::SecondaryOnly => Some(Ok(None)),
        };
        let (Some(now), Some(person)) = (now, person) else { continue };
        match now {
            Err(doubt) => {
                let text = format!("it is left as it is now: {}", doubt.as_str());
                plan.notes.push(Note { about, text, waits: true });
            }
            Ok((account, confirmed)) => {
                let Some(mark) = &account.mark else { continue };
                let account = Account { account, mark };
                of_one(this, found, (&account, person.unwrap_or(None)), confirmed, plan);
            }
        }
    }
}

fn of_one(
    this: &Takedown<'_>,
    found: &Found<'_>,
    (account, person): (&Account<'_>, Option<&User>),
    confirmed: Confirmed<TakenDown>,
    plan: &mut Plan,
) {
    let (subject, live) = (next_person(plan), account.account);
    let mut actions: Vec<Action> = Vec::new();
    if belongs_to_us(live, found) {
        actions.push(password_authority::give_back(live, confirmed, crate::plan::Verb::Delete));
    }
    actions.extend(memberships(this, found, account, confirmed));
    let opens =
        person.filter(|person| person.mapping.as_deref().is_some_and(|claim| Email::fold(claim) == *live.email));
    if let Some(person) = opens {
        let address = user_mapping::address_of(person);
        plan.known.insert(address, Known { id: person.id, client_id: None });
        actions.push(user_mapping::drop_of(this.spec, subject, person, confirmed));
    }
    actions.extend(marked(this, account, confirmed));
    if actions.is_empty() {
        return;
    }
    plan.known.insert(user::address_of(live), Known { id: live.id, client_id: None });
    let because = if account.mark.origin == Origin::Adopted { Because::GivenBack } else { Because::TakenDown };
    plan.actions.extend(actions.into_iter().map(|action| Action { subject, because, ..action }));
    plan.people.push(PlannedPerson {
        id: account.mark.person,
        email: Arc::from(person.map_or(&*live.email, |person| &*person.email)),
        account: Arc::from(&*live.email),
        spec: this.spec.federation.at.clone(),
        fate: Fate::Leaves(Gone::TakenDown),
        has_local_way_in: live.has_local_way_in(),
    });
}

/// Whether the identity provider that goes, or one that is gone, decides about its password.
fn belongs_to_us(account: &User, found: &Found<'_>) -> bool {
    let is_ours = |id: Option<ObjectId>| id.is_none() || found.provider.is_none_or(|provider| id == Some(provider.id));
    account.authority.as_ref().is_some_and(|authority| &*authority.kind == FEDERATED && is_ours(authority.id))
}

/// It goes out of a routing group that stays. One that we made goes with everybody in it.
fn memberships(
    this: &Takedown<'_>,
    found: &Found<'_>,
    account: &Account<'_>,
    confirmed: Confirmed<TakenDown>,
) -> Vec<Action> {
    let live = account.account;
    let is_written = this.spec.routing_group.members.value == RoutingMembers::Managed;
    let stays = found.groups.iter().filter(|group| group.org == Org::Secondary && group.origin == Origin::Adopted);
    let is_in = stays.filter(|group| is_written && group.members.binary_search(&live.id).is_ok());
    is_in
        .map(|group| {
            group_member::part(&group.address, (&user::address_of(live), &live.email), Subject::Federation, confirmed)
        })
        .collect()
}

/// What its mark says then: of an account that was taken over nothing, of one that we made what became of it.
fn marked(this: &Takedown<'_>, account: &Account<'_>, confirmed: Confirmed<TakenDown>) -> Option<Action> {
    let live = account.account;
    let take = |marked: Option<&UserMark>, shut| user::take_down(Subject::Federation, live, (marked, shut), confirmed);
    if account.mark.origin == Origin::Adopted {
        return Some(take(None, false));
    }
    if account.mark.departure().is_some() {
        return None;
    }
    let shut = account.has_no_other_way_in() && is_shut_on_leave(&this.spec.people.on_leave.value);
    let how = if shut { HowLeft::Suspended } else { HowLeft::Released };
    let rest = Departure::now(how, this.terms.rules.as_of.or(this.live.as_of)).to_string().into();
    let federation = this.spec.federation.as_str().into();
    Some(take(Some(&UserMark { federation, rest, ..account.mark.clone() }), shut))
}

fn is_shut_on_leave(on_leave: &OnLeave) -> bool {
    match on_leave {
        OnLeave::Suspend | OnLeave::Delete { .. } => true,
        OnLeave::Unroute | OnLeave::Keep => false,
    }
}

/// The address of somebody's account, for refusals.
pub(super) fn address(account: &Account<'_>) -> Address {
    Address::new(Org::Secondary, Kind::User, &*account.account.email)
}
