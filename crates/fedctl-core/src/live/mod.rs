//! What both organisations answered, by id, in compact typed form.
//!
//! A question that was not asked, one that was answered, and one that this key may not ask are three different things:
//! nothing here turns the third into the first (invariant I13).

pub mod changes;
mod confirmed;
pub(crate) mod events;
pub(crate) mod index;
mod newest;
pub(crate) mod point;
mod query;
pub mod source;
pub mod users;

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Org;
use crate::escrow::Kept;
use crate::kinds::identity_provider::wire::Provider;
use crate::kinds::oidc_app::wire::{App, AppSettings};
use crate::kinds::routing_policy::wire::Policy;
use crate::kinds::user_group::wire::{Group, Membership};
use crate::object_id::ObjectId;
use crate::probe::{Came, Question};
use crate::spec::Spec;

use changes::Changed;
pub use confirmed::{Confirmed, Doubt, Duplicate, GivenBack, Left, Superseded, TakenDown};
pub(crate) use events::{Event, Told};
pub use point::Point;
pub(crate) use point::Seen;
pub use query::{Far, Query, Scope};
pub use users::{User, Users};

/// Why a question has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// This key may not ask it.
    Forbidden,
    /// The service does not know what was asked about, or does not have the feature.
    NotFound,
    /// What came back cannot be read, or nothing came back. Only the log may be so: nothing waits for it.
    Unreadable,
}

impl Why {
    /// The reason as a person reads it.
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Forbidden => "this key may not read it",
            Why::NotFound => "the service answers that it does not exist",
            Why::Unreadable => "no answer to it can be read",
        }
    }
}

/// An answer, or why there is none.
pub type Known<T> = Result<T, Why>;

/// Everything that was read.
#[derive(Debug, Clone)]
pub struct Live {
    /// The latest server clock of the reading, seconds since 1970.
    pub as_of: Option<u64>,
    pub(crate) organizations: [Option<Known<bool>>; 2],
    pub(crate) totals: [Option<Known<u64>>; 2],
    pub(crate) users: [Users; 2],
    /// Why users cannot be read, if so.
    pub(crate) no_users: [Option<Why>; 2],
    pub(crate) groups: [Option<Known<Vec<Group>>>; 2],
    pub(crate) group_rules: BTreeMap<(Org, ObjectId), Known<Membership>>,
    pub(crate) membership: BTreeMap<(Org, ObjectId), Known<Vec<ObjectId>>>,
    pub(crate) group_bindings: BTreeMap<(Org, ObjectId, &'static str), Known<Vec<ObjectId>>>,
    pub(crate) account_bindings: BTreeMap<(ObjectId, &'static str), Known<Vec<ObjectId>>>,
    pub(crate) apps: Option<Known<Vec<App>>>,
    pub(crate) app_settings: BTreeMap<ObjectId, Known<Option<AppSettings>>>,
    pub(crate) app_groups: BTreeMap<ObjectId, Known<Vec<ObjectId>>>,
    pub(crate) app_users: BTreeMap<ObjectId, Known<Vec<ObjectId>>>,
    pub(crate) provider: Option<Known<Vec<Provider>>>,
    pub(crate) policies: Option<Known<Vec<Policy>>>,
    pub(crate) group_policies: BTreeMap<ObjectId, Known<Vec<ObjectId>>>,
    pub(crate) policy_groups: BTreeMap<ObjectId, Known<Vec<ObjectId>>>,
    pub(crate) policy_users: BTreeMap<ObjectId, Known<Vec<ObjectId>>>,
    pub(crate) app_log: BTreeMap<ObjectId, Known<Told<Event>>>,
    pub(crate) log_ins: Option<Known<Told<Event>>>,
    /// Who changed what, as far as that was asked for.
    pub(crate) changes: [Option<Known<Told<Changed>>>; 2],
    /// What the escrow has, by client id, or why it does not say.
    pub(crate) escrowed: BTreeMap<Box<str>, Result<Kept, Box<str>>>,
    /// What the issuer says to probes, or why it says nothing.
    pub(crate) probed: BTreeMap<Question, Came>,
    /// What was read by itself, after everything else.
    pub(crate) points: BTreeMap<Point, Known<Seen>>,
}

impl Live {
    /// Nothing is known yet.
    pub fn new(spec: &Spec) -> Self {
        let users = || Users::new(spec.people.mapping.attribute.as_str());
        Self {
            as_of: None,
            organizations: [None, None],
            totals: [None, None],
            users: [users(), users()],
            no_users: [None, None],
            groups: [None, None],
            group_rules: BTreeMap::new(),
            membership: BTreeMap::new(),
            group_bindings: BTreeMap::new(),
            account_bindings: BTreeMap::new(),
            apps: None,
            app_settings: BTreeMap::new(),
            app_groups: BTreeMap::new(),
            app_users: BTreeMap::new(),
            provider: None,
            policies: None,
            group_policies: BTreeMap::new(),
            policy_groups: BTreeMap::new(),
            policy_users: BTreeMap::new(),
            app_log: BTreeMap::new(),
            log_ins: None,
            changes: [None, None],
            escrowed: BTreeMap::new(),
            probed: BTreeMap::new(),
            points: BTreeMap::new(),
        }
    }

    /// The users of an organisation that were read.
    pub fn users(&self, org: Org) -> &Users {
        &self.users[org.index()]
    }
}

/// The questions that a computation found it needs, and why it cannot go on without the answers to others.
///
/// Every method answers from what was read, or notes what is missing and returns `None`: the call that computes is the
/// call that says what it lacks, so that no read can be forgotten and none is left over.
#[derive(Debug, Default)]
pub struct Needs {
    /// What is to be asked next.
    pub queries: BTreeSet<Query>,
    /// What was asked and has no answer.
    pub unknown: BTreeMap<Query, Why>,
}

impl Needs {
    fn answer<'a, T>(&mut self, query: Query, known: Option<&'a Known<T>>) -> Option<&'a T> {
        match known {
            Some(Ok(value)) => Some(value),
            Some(Err(why)) => {
                self.unknown.insert(query, *why);
                None
            }
            None => {
                self.queries.insert(query);
                None
            }
        }
    }

    /// Whether the key of this organisation opens the one that the spec names.
    pub fn organization(&mut self, live: &Live, org: Org) -> Option<bool> {
        self.answer(Query::Organization(org), live.organizations[org.index()].as_ref()).copied()
    }

    /// How many users there are.
    pub fn user_count(&mut self, live: &Live, org: Org) -> Option<u64> {
        self.answer(Query::UserCount(org), live.totals[org.index()].as_ref()).copied()
    }

    /// The groups of an organisation, by id.
    pub fn groups<'a>(&mut self, live: &'a Live, org: Org) -> Option<&'a [Group]> {
        self.answer(Query::Groups(org), live.groups[org.index()].as_ref()).map(Vec::as_slice)
    }

    /// How people come into a group.
    pub fn group_rule<'a>(&mut self, live: &'a Live, org: Org, id: ObjectId) -> Option<&'a Membership> {
        self.answer(Query::Group(org, id), live.group_rules.get(&(org, id)))
    }

    /// All members of a group, by id.
    pub fn membership<'a>(&mut self, live: &'a Live, org: Org, id: ObjectId) -> Option<&'a [ObjectId]> {
        self.answer(Query::Membership(org, id), live.membership.get(&(org, id))).map(Vec::as_slice)
    }

    /// The objects of one type that a group is bound to, or why they cannot be read: a guard makes of it what it is.
    pub(crate) fn group_bindings<'a>(
        &mut self,
        live: &'a Live,
        org: Org,
        id: ObjectId,
        target: &'static str,
    ) -> Option<Known<&'a [ObjectId]>> {
        let known = live.group_bindings.get(&(org, id, target));
        if known.is_none() {
            self.queries.insert(Query::GroupBindings(org, id, target));
        }
        known.map(|known| known.as_ref().map(Vec::as_slice).map_err(|why| *why))
    }

    /// The same of an account by itself.
    pub(crate) fn account_bindings<'a>(
        &mut self,
        live: &'a Live,
        id: ObjectId,
        target: &'static str,
    ) -> Option<Known<&'a [ObjectId]>> {
        let known = live.account_bindings.get(&(id, target));
        if known.is_none() {
            self.queries.insert(Query::AccountBindings(id, target));
        }
        known.map(|known| known.as_ref().map(Vec::as_slice).map_err(|why| *why))
    }

    /// The OIDC apps of the primary organisation, by id.
    pub fn apps<'a>(&mut self, live: &'a Live) -> Option<&'a [App]> {
        self.answer(Query::Apps, live.apps.as_ref()).map(Vec::as_slice)
    }

    /// The OIDC settings of an app; the inner `None` is an app without settings.
    pub fn app_settings<'a>(&mut self, live: &'a Live, id: ObjectId) -> Option<&'a Option<AppSettings>> {
        self.answer(Query::AppSettings(id), live.app_settings.get(&id))
    }

    /// The groups that may use an app, by id.
    pub fn app_groups<'a>(&mut self, live: &'a Live, id: ObjectId) -> Option<&'a [ObjectId]> {
        self.answer(Query::AppGroups(id), live.app_groups.get(&id)).map(Vec::as_slice)
    }

    /// The users who may use an app by themselves, by id.
    pub fn app_users<'a>(&mut self, live: &'a Live, id: ObjectId) -> Option<&'a [ObjectId]> {
        self.answer(Query::AppUsers(id), live.app_users.get(&id)).map(Vec::as_slice)
    }

    /// The identity provider of the secondary organisation, if it has one.
    pub fn provider<'a>(&mut self, live: &'a Live) -> Option<Option<&'a Provider>> {
        self.answer(Query::Provider, live.provider.as_ref()).map(|list| list.first())
    }

    /// The routing policies of the secondary organisation, by id.
    pub fn policies<'a>(&mut self, live: &'a Live) -> Option<&'a [Policy]> {
        self.answer(Query::Policies, live.policies.as_ref()).map(Vec::as_slice)
    }

    /// The routing policies that apply to a group, by id.
    pub fn group_policies<'a>(&mut self, live: &'a Live, id: ObjectId) -> Option<&'a [ObjectId]> {
        self.answer(Query::GroupPolicies(id), live.group_policies.get(&id)).map(Vec::as_slice)
    }

    /// The groups to which a routing policy applies, by id.
    pub fn policy_groups<'a>(&mut self, live: &'a Live, id: ObjectId) -> Option<&'a [ObjectId]> {
        self.answer(Query::PolicyGroups(id), live.policy_groups.get(&id)).map(Vec::as_slice)
    }

    /// The users to whom a routing policy applies by themselves, by id.
    pub fn policy_users<'a>(&mut self, live: &'a Live, id: ObjectId) -> Option<&'a [ObjectId]> {
        self.answer(Query::PolicyUsers(id), live.policy_users.get(&id)).map(Vec::as_slice)
    }

    /// What the log says of an app since some second, or why it says nothing. Nothing waits for the log, so a log that
    /// cannot be read is an answer.
    pub(crate) fn app_log<'a>(
        &mut self,
        live: &'a Live,
        app: ObjectId,
        since: u64,
        far: Far,
    ) -> Option<Known<&'a Told<Event>>> {
        self.log(Query::AppLog(app, since, far), live.app_log.get(&app))
    }

    /// What the log says of log-ins to these accounts since some second, or why it says nothing.
    pub(crate) fn log_ins<'a>(
        &mut self,
        live: &'a Live,
        accounts: BTreeSet<ObjectId>,
        since: u64,
        far: Far,
    ) -> Option<Known<&'a Told<Event>>> {
        self.log(Query::LogIns(accounts, since, far), live.log_ins.as_ref())
    }

    /// What the log says of changes of these objects since some second, or why it says nothing. What was answered once, is
    /// not asked again.
    pub(crate) fn changes<'a>(
        &mut self,
        live: &'a Live,
        org: Org,
        objects: BTreeSet<ObjectId>,
        since: u64,
    ) -> Option<Known<&'a Told<Changed>>> {
        self.log(Query::Changes(org, objects, since), live.changes[org.index()].as_ref())
    }

    /// What the escrow has of the secret of a client, or why it does not say.
    pub(crate) fn escrowed<'a>(
        &mut self,
        live: &'a Live,
        client_id: &str,
        callback: &str,
    ) -> Option<Result<Kept, &'a str>> {
        let known = live.escrowed.get(client_id);
        if known.is_none() {
            self.queries.insert(Query::Escrowed(client_id.into(), callback.into()));
        }
        known.map(|known| known.as_ref().copied().map_err(|why| &**why))
    }

    /// What the issuer says to a probe, or why it says nothing: that is an answer, too.
    pub(crate) fn heard<'a>(&mut self, live: &'a Live, question: Question) -> Option<&'a Came> {
        let known = live.probed.get(&question);
        if known.is_none() {
            self.queries.insert(Query::Probe(question));
        }
        known
    }

    fn log<'a, E>(&mut self, query: Query, known: Option<&'a Known<Told<E>>>) -> Option<Known<&'a Told<E>>> {
        if known.is_none() {
            self.queries.insert(query);
        }
        known.map(|known| known.as_ref().map_err(|why| *why))
    }

    /// Makes sure that everybody with one of these ids was asked for. `false`: they are asked for now.
    ///
    /// Few are looked up in batches; when a listing of everybody takes fewer requests, that is asked for instead.
    pub fn users_by_id(&mut self, live: &Live, org: Org, ids: impl Iterator<Item = ObjectId>) -> bool {
        let missing = live.users(org).not_asked(ids);
        self.users(live, org, missing.len(), || Scope::Ids(missing.clone()))
    }

    /// Makes sure that whoever has one of these addresses or usernames was asked for.
    pub fn users_by_name(
        &mut self,
        live: &Live,
        org: Org,
        emails: impl Iterator<Item = Box<str>>,
        usernames: impl Iterator<Item = Box<str>>,
    ) -> bool {
        let (emails, usernames) = live.users(org).names_not_asked(emails, usernames);
        let count = emails.len() + usernames.len();
        self.users(live, org, count, || Scope::Names { emails: emails.clone(), usernames: usernames.clone() })
    }

    /// Makes sure that everybody was asked for.
    pub fn everybody(&mut self, live: &Live, org: Org) -> bool {
        let asked = live.users(org).is_everybody();
        if !asked {
            self.ask_users(live, org, Scope::Everybody);
        }
        asked
    }

    /// A question that was refused once is not asked again in other words.
    fn ask_users(&mut self, live: &Live, org: Org, scope: Scope) {
        match live.no_users[org.index()] {
            Some(why) => {
                self.unknown.insert(Query::UserCount(org), why);
            }
            None => {
                self.queries.insert(Query::Users(org, scope));
            }
        }
    }

    fn users(&mut self, live: &Live, org: Org, missing: usize, scope: impl Fn() -> Scope) -> bool {
        if missing == 0 {
            return true;
        }
        // Below this, a listing can hardly be fewer requests, and asking how many users there are is one more.
        const FEW: usize = 3 * PAGE;
        let listing_is_cheaper = missing > FEW && {
            let Some(total) = self.user_count(live, org) else { return false };
            usize::try_from(total).unwrap_or(usize::MAX).div_ceil(PAGE) <= missing.div_ceil(PAGE)
        };
        self.ask_users(live, org, if listing_is_cheaper { Scope::Everybody } else { scope() });
        false
    }
}

/// Objects on one page of a list, and in one batch of a look-up. `[spec]`: lists are limited to 100.
pub const PAGE: usize = 100;
