//! Everybody whose sign-in a plan may touch: the population, whoever else is or comes into the routing group, and whoever
//! else reaches the app or comes to reach it.

use std::collections::{BTreeMap, BTreeSet};

use super::situation::{self, Hop, Own, Situation};
use crate::address::Org;
use crate::kinds::context::Context;
use crate::kinds::oidc_app::{self, wire::Source};
use crate::live::index::Index;
use crate::live::{Live, User};
use crate::object_id::ObjectId;
use crate::people::Person;
use crate::people::leave::Leaver;
use crate::plan::Subject;
use crate::spec::{Email, RoutingMembers};

/// One user of the primary organisation, one account of the secondary one, or the two together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Their position in [`crate::plan::Plan::people`]; `None` where the spec does not mean them.
    pub person: Option<u32>,
    /// The user.
    pub user: Option<ObjectId>,
    /// The account.
    pub account: Option<ObjectId>,
    /// Everything that their sign-in depends on.
    pub situation: Situation,
    /// Which groups give them the app, or may come to: a position in [`Cast::groups`].
    pub groups: usize,
}

/// Everybody whose sign-in a plan may touch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cast {
    /// The population in the order of the plan, then the others.
    pub parts: Vec<Part>,
    /// Sets of groups that somebody is in.
    pub groups: Vec<Box<[ObjectId]>>,
    /// How the claim of the app names its attribute.
    pub claim_source: Source,
}

/// Who has which address in their attribute, found by the address.
struct Claims {
    all: Vec<(Box<str>, ObjectId)>,
    index: Index,
    twice: BTreeSet<Box<str>>,
}

impl Claims {
    fn of(live: &Live) -> Self {
        let all: Vec<_> = live.users(Org::Primary).claims().map(|(user, address)| (address, user.id)).collect();
        let index = Index::of(&all, |(address, _)| &**address);
        let mut claims = Self { all, index, twice: BTreeSet::new() };
        let is_second = |(address, user): &&(Box<str>, ObjectId)| claims.first(address) != Some(*user);
        claims.twice = claims.all.iter().filter(is_second).map(|(address, _)| address.clone()).collect();
        claims
    }

    fn first(&self, address: &str) -> Option<ObjectId> {
        self.index.find(&self.all, &address, |(address, _)| &**address).map(|(_, user)| *user)
    }

    /// Whether nobody but this user has the address in their attribute.
    fn is_alone(&self, address: &str, user: Option<ObjectId>) -> bool {
        let first = self.first(address);
        first.is_none() || (first == user && !self.twice.contains(address))
    }
}

/// The cast of what was resolved.
pub(crate) fn of(context: &Context<'_>, live: &Live) -> Cast {
    let shared = situation::shared(context.spec, context.terms, context.found);
    let cast = Cast { claim_source: oidc_app::source(context.terms, &context.found.app), ..Cast::default() };
    let mut casting = Casting { context, live, shared, claims: Claims::of(live), cast };
    for (at, person) in (0u32..).zip(&context.people.list) {
        casting.person(at, person);
    }
    let leaving: BTreeMap<ObjectId, u32> =
        context.leaving().filter_map(|(subject, leaver, ..)| Some((leaver.account.id, position(subject)?))).collect();
    for leaver in &context.people.left {
        casting.leaver(leaving.get(&leaver.account.id).copied(), leaver);
    }
    let met = casting.cast.parts.len();
    let mut users: Vec<ObjectId> = casting.cast.parts.iter().filter_map(|part| part.user).collect();
    users.sort_unstable();
    let mut accounts: Vec<ObjectId> = casting.cast.parts.iter().filter_map(|part| part.account).collect();
    accounts.sort_unstable();
    for user in casting.reaching().into_iter().filter(|id| users.binary_search(id).is_err()) {
        casting.outsider(user, &accounts);
    }
    let known: BTreeSet<ObjectId> = casting.cast.parts[met..].iter().filter_map(|part| part.account).collect();
    for account in casting.routed() {
        if accounts.binary_search(&account).is_err() && !known.contains(&account) {
            casting.account(account);
        }
    }
    casting.cast
}

fn position(subject: Subject) -> Option<u32> {
    match subject {
        Subject::Person(at) => Some(at),
        Subject::Federation => None,
    }
}

struct Casting<'a> {
    context: &'a Context<'a>,
    live: &'a Live,
    shared: Vec<Hop>,
    claims: Claims,
    cast: Cast,
}

impl Casting<'_> {
    fn person(&mut self, at: u32, person: &Person<'_>) {
        let own = Own {
            user: Some(person.user),
            account: person.live.or(person.existing),
            address: &person.account,
            reaches: situation::reaches(self.live, self.context.found, person.user),
            is_alone: self.claims.is_alone(&person.account, Some(person.user.id)),
        };
        let is_managed = self.context.found.access_group.members.binary_search(&person.user.id).is_ok();
        let managed = self.context.found.access_group.id().filter(|_| is_managed);
        self.add(Some(at), &own, person.groups.iter().copied().chain(managed).collect());
    }

    /// Somebody who has an account of this federation, and is not in the population any more.
    fn leaver(&mut self, at: Option<u32>, leaver: &Leaver<'_>) {
        let user = leaver.user.map(|user| user.id);
        let own = Own {
            user: leaver.user,
            account: Some(leaver.account),
            address: &leaver.account.email,
            reaches: leaver.user.is_some_and(|user| situation::reaches(self.live, self.context.found, user)),
            is_alone: self.claims.is_alone(&leaver.account.email, user),
        };
        let groups = leaver.user.map(|user| self.app_groups().filter(|group| self.is_in(*group, user)).collect());
        self.add(at, &own, groups.unwrap_or_default());
    }

    /// Somebody who reaches the app, and whom the spec does not mean.
    fn outsider(&mut self, user: ObjectId, taken: &[ObjectId]) {
        let Some(user) = self.live.users(Org::Primary).get(user) else { return };
        let claimed = user.mapping.as_deref().map(Email::fold).unwrap_or_default();
        let account = self.live.users(Org::Secondary).by_email(&claimed);
        let groups: Vec<ObjectId> = self.app_groups().filter(|group| self.is_in(*group, user)).collect();
        let own = Own {
            user: Some(user),
            account: account.filter(|account| taken.binary_search(&account.id).is_err()),
            address: &claimed,
            reaches: situation::reaches(self.live, self.context.found, user),
            is_alone: self.claims.is_alone(&claimed, Some(user.id)),
        };
        self.add(None, &own, groups);
    }

    /// An account that is or comes into the routing group, and belongs to nobody whom the spec means.
    fn account(&mut self, account: ObjectId) {
        let Some(account) = self.live.users(Org::Secondary).get(account) else { return };
        let is_alone = self.claims.is_alone(&account.email, None);
        let own = Own { user: None, account: Some(account), address: &account.email, reaches: false, is_alone };
        self.add(None, &own, Vec::new());
    }

    fn add(&mut self, person: Option<u32>, own: &Own<'_>, groups: Vec<ObjectId>) {
        let last = self.cast.groups.iter().rposition(|known| **known == *groups);
        let groups = last.unwrap_or_else(|| {
            self.cast.groups.push(groups.into());
            self.cast.groups.len() - 1
        });
        let situation = own.situation(self.context.found, &self.shared);
        let (user, account) = (own.user.map(|user| user.id), own.account.map(|account| account.id));
        self.cast.parts.push(Part { person, user, account, situation, groups });
    }

    /// The groups that give the app, or come to give it.
    fn app_groups(&self) -> impl Iterator<Item = ObjectId> {
        let found = self.context.found;
        let sources = found.source_groups.iter().chain(&found.app_group).map(|group| group.id);
        let all: BTreeSet<ObjectId> =
            found.app.groups.iter().copied().chain(sources).chain(found.access_group.id()).collect();
        all.into_iter()
    }

    fn app_users(&self) -> &[ObjectId] {
        let users = self.context.found.app.itself().and_then(|app| self.live.app_users.get(&app.id));
        users.and_then(|known| known.as_deref().ok()).unwrap_or_default()
    }

    fn members(&self, group: ObjectId) -> &[ObjectId] {
        let members = self.live.membership.get(&(Org::Primary, group));
        members.and_then(|known| known.as_deref().ok()).unwrap_or_default()
    }

    fn is_in(&self, group: ObjectId, user: &User) -> bool {
        self.members(group).binary_search(&user.id).is_ok()
    }

    /// Users of the primary organisation who reach the app, or come to.
    fn reaching(&self) -> Vec<ObjectId> {
        let groups = self.app_groups().flat_map(|group| self.members(group));
        let mut all: Vec<ObjectId> = groups.chain(self.app_users()).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Accounts that are in the routing group, or that a rule which this plan makes would find.
    fn routed(&self) -> Vec<ObjectId> {
        let found = &self.context.found.routing_group;
        match &self.context.spec.routing_group.members.value {
            RoutingMembers::EmailEndsWith(end) if found.group.is_none() => {
                let all = self.live.users(Org::Secondary).rows().iter();
                all.filter(|user| user.email.ends_with(&**end)).map(|user| user.id).collect()
            }
            RoutingMembers::EmailEndsWith(_) | RoutingMembers::Managed | RoutingMembers::ByMark => {
                found.members.clone()
            }
        }
    }
}
