//! What a kind is given to plan with, and where it puts what it plans.

use std::collections::BTreeMap;

use super::{group_member, identity_provider, oidc_app, routing_policy, user_group};
use crate::address::{Address, Org};
use crate::escrow::Kept;
use crate::evidence::Evidence;
use crate::live::{Confirmed, Left, User};
use crate::object_id::ObjectId;
use crate::people::leave::{Leaver, Take, Verdict};
use crate::people::{self, People, Person};
use crate::plan::action::{Choice, Form, Write};
use crate::plan::guard::Refusal;
use crate::plan::rules::Rules;
use crate::plan::{Action, Known, Note, Pair, Subject};
use crate::spec::{RoutingMembers, Spec};
use crate::trace::OtherWays;

/// What a plan is made under that stands neither in the spec nor in the organisations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The issuer of the primary organisation, as the identity provider is given it.
    pub issuer: Box<str>,
    /// Where the secondary organisation takes people back after they authenticated.
    pub callback: Box<str>,
    /// Where else that may be: nobody has published the host of every region.
    pub other_callback: Option<Box<str>>,
    /// Where people of the secondary organisation sign in.
    pub login: Box<str>,
    /// What whoever runs fedctl demands of every plan.
    pub rules: Rules,
}

impl Terms {
    /// Everywhere the secondary organisation may take people back, the likeliest first.
    pub fn callbacks(&self) -> impl Iterator<Item = &str> {
        [&*self.callback].into_iter().chain(self.other_callback.as_deref())
    }
}

/// The objects of the federation that were found.
#[derive(Debug)]
pub struct Found<'a> {
    /// The groups of the spec, in the primary organisation.
    pub source_groups: Vec<people::SourceGroup<'a>>,
    /// The group of the primary organisation that gives people the app, where the spec names one.
    pub app_group: Option<people::SourceGroup<'a>>,
    /// The managed group of the primary organisation for people named by e-mail.
    pub access_group: user_group::Found<'a>,
    /// The group of the secondary organisation whose members are routed.
    pub routing_group: user_group::Found<'a>,
    /// The app and its relatives.
    pub app: oidc_app::Found<'a>,
    /// The identity provider.
    pub provider: Option<&'a identity_provider::wire::Provider>,
    /// The routing policy.
    pub policy: routing_policy::Found<'a>,
    /// Routing policies that are not ours and let people in through the same identity provider; asked for by the trace alone.
    pub(crate) other_ways: OtherWays<'a>,
    /// Accounts in the group of those that no plan may take anything from.
    pub protected: Vec<ObjectId>,
    /// What the logs of both organisations say about app and provider.
    pub(crate) evidence: Evidence,
    /// What the escrow has of the secret of the app that the provider leads to, or why it does not say; nothing without one.
    pub(crate) escrowed: Option<Result<Kept, &'a str>>,
}

/// Everything a kind may look at when it plans.
pub struct Context<'a> {
    /// What should be.
    pub spec: &'a Spec,
    /// Under which terms.
    pub terms: &'a Terms,
    /// For whom.
    pub people: &'a People<'a>,
    /// What is there.
    pub found: &'a Found<'a>,
    /// The latest server clock of the reading, seconds since 1970.
    pub as_of: Option<u64>,
}

impl Context<'_> {
    /// People for whom something may be done, with their position in the plan.
    pub fn active(&self) -> impl Iterator<Item = (Subject, &Person<'_>)> {
        let numbered = self.people.list.iter().enumerate();
        numbered.filter(|(_, person)| person.held.is_none()).map(|(at, person)| (person_at(at), person))
    }

    /// People who left, from whom something is taken: with their position in the plan, what it is, and what that rests on.
    pub fn leaving(&self) -> impl Iterator<Item = (Subject, &Leaver<'_>, Vec<Take>, Confirmed<Left>)> {
        let confirmed = self.people.left.iter().filter_map(|leaver| match leaver.verdict {
            Verdict::Left(_, confirmed) => Some((leaver, leaver.takes(self.spec, self.found), confirmed)),
            Verdict::Unasked | Verdict::Doubt(_) => None,
        });
        let taken_from = confirmed.filter(|(_, takes, _)| !takes.is_empty()).enumerate();
        let first = self.people.list.len();
        taken_from.map(move |(at, (leaver, takes, confirmed))| (person_at(first + at), leaver, takes, confirmed))
    }

    /// Whether somebody who left has a way in that this plan does not take: their account is neither shut nor suspended now,
    /// and they are not taken out of the routing group.
    pub fn stays(&self, leaver: &Leaver<'_>) -> bool {
        let is_confirmed = matches!(leaver.verdict, Verdict::Left(..));
        let takes = leaver.takes(self.spec, self.found);
        let is_taken = takes.contains(&Take::Suspend) || takes.contains(&Take::Unroute);
        !(leaver.account.is_shut() || is_confirmed && is_taken)
    }

    /// The time that marks are dated by, seconds since 1970: that of the reading, or of the saved plan that is applied.
    pub fn as_of(&self) -> Option<u64> {
        self.terms.rules.as_of.or(self.as_of)
    }

    /// Whether the way through the app is as it must be, so that whoever is routed arrives.
    pub fn is_whole(&self) -> bool {
        oidc_app::is_whole(self) && routing_policy::leads_after(self)
    }

    /// Whether somebody is in the routing group now.
    pub fn is_routed(&self, person: &Person<'_>) -> bool {
        let members = &self.found.routing_group.members;
        person.live.is_some_and(|account| members.binary_search(&account.id).is_ok())
    }

    /// Whether somebody is in the routing group when this plan is applied.
    pub fn is_routed_after(&self, person: &Person<'_>) -> bool {
        self.is_routed(person) || !group_member::waits_for_app(self, person)
    }

    /// Whether the members of the routing group may be routed: nobody who left gains by it, and nobody who cannot come in
    /// through the federation loses a local way in.
    pub fn members_are_ready(&self) -> bool {
        let has_password = |person: &Person<'_>| person.live.is_some_and(User::has_local_way_in);
        let is_member = |person: &Person<'_>| self.is_routed(person) || self.is_caught(person);
        let loses = |person: &Person<'_>| person.held.is_some() && has_password(person) && is_member(person);
        let opens = |leaver: &Leaver<'_>| self.stays(leaver) && self.may_be_member(leaver.account);
        !self.people.left.iter().any(opens) && !self.people.list.iter().any(loses)
    }

    /// Whether an account is in the routing group, or has what its rule asks for.
    fn may_be_member(&self, account: &User) -> bool {
        let is_member = self.found.routing_group.members.binary_search(&account.id).is_ok();
        is_member || self.has_what_is_asked(account)
    }

    /// Whether the rule of the routing group finds an account.
    fn has_what_is_asked(&self, account: &User) -> bool {
        match &self.spec.routing_group.members.value {
            RoutingMembers::Managed => false,
            RoutingMembers::ByMark => account.route.as_deref() == Some(self.route()),
            RoutingMembers::EmailEndsWith(suffix) => account.email.ends_with(&**suffix),
        }
    }

    /// The value by which the rule of the routing group finds its accounts.
    pub fn route(&self) -> &str {
        user_group::rule::asks_for(self.spec, self.found.routing_group.rule)
    }

    /// Whether the rule of a routing group that this plan makes finds an account that is there.
    fn is_caught(&self, person: &Person<'_>) -> bool {
        let account = person.live.filter(|_| self.found.routing_group.group.is_none());
        account.is_some_and(|account| self.has_what_is_asked(account))
    }

    /// Whether the rule of the routing group does not bring in an account that has what it asks for. Nobody else can.
    pub fn stays_out(&self, person: &Person<'_>) -> bool {
        let Some(account) = person.live.filter(|_| self.found.routing_group.group.is_some()) else { return false };
        let has_what_is_asked = match &self.spec.routing_group.members.value {
            RoutingMembers::Managed => false,
            RoutingMembers::ByMark => account.route.as_deref() == Some(self.route()),
            RoutingMembers::EmailEndsWith(_) => true,
        };
        has_what_is_asked && !self.is_routed(person)
    }

    /// Why nothing may be taken from an account, if so: by its address, as it is, or for its person of the primary organisation.
    pub fn protects(
        &self,
        address: Option<&str>,
        account: Option<&User>,
        person: Option<&User>,
    ) -> Option<&'static str> {
        let rules = &self.terms.rules;
        let by_operator = address.is_some_and(|address| rules.protects(Org::Secondary, address))
            || person.is_some_and(|person| rules.protects(Org::Primary, &person.email));
        let by_spec = |address: &str| self.spec.safety.protect_secondary.iter().any(|email| email.as_str() == address);
        if by_operator {
            Some("the operator says so")
        } else if address.is_some_and(by_spec) {
            Some("`safety.protect` says so")
        } else if account.is_some_and(|account| self.found.protected.contains(&account.id)) {
            Some("it is in the group `fedctl-protected`")
        } else if account.is_some_and(|account| account.is_admin) {
            Some("it belongs to an administrator")
        } else {
            None
        }
    }

    /// Whether somebody signed in through the present pair of app and provider, by the log or by somebody's word.
    pub fn has_signed_in(&self, person: &Person<'_>) -> bool {
        let is_said = || self.terms.rules.say_signed_in(&person.user.email, &person.account);
        person.live.is_some_and(|account| self.found.evidence.has(account.id)) || is_said()
    }

    /// Whether this plan turns the routing policy on.
    pub fn turns_on(&self) -> bool {
        let is_ready = self.is_whole() && self.members_are_ready();
        let is_asked_for = self.found.policy.is_turned_on_by_us() || routing_policy::resumes(self);
        self.spec.routing_policy.enabled.value && is_asked_for && is_ready
    }

    /// Whether this plan gives the routing policy the routing group: not before the spec wants people routed. One that is on
    /// already routes from then on.
    pub fn assigns(&self) -> bool {
        let policy = &self.found.policy;
        let is_on = policy.itself().is_some_and(|policy| policy.enabled != Some(false));
        let is_wanted = self.spec.routing_policy.enabled.value && policy.is_in_the_making() && !policy.is_assigned;
        let arrives = oidc_app::is_whole(self) && routing_policy::leads_to_provider(self);
        is_wanted && (!is_on || arrives) && self.members_are_ready()
    }

    /// Whether members of the routing group are routed when this plan is applied.
    pub fn routes_after(&self) -> bool {
        let is_on = self.found.policy.itself().is_some_and(|policy| policy.enabled == Some(true));
        self.found.policy.routes() || self.turns_on() || (self.assigns() && is_on)
    }

    /// The spellings of a call in their order, as far as the operator did not pin one. None at all: a person does it.
    pub fn choose(&self, choice: Choice, forms: Box<[Form]>) -> Write {
        self.terms.rules.choose(choice, forms)
    }

    /// People who are named by e-mail and need the managed access group; with access `managed`, everybody.
    pub fn in_access_group(&self, person: &Person<'_>) -> bool {
        people::needs_access_group(self.spec, person)
    }
}

fn person_at(at: usize) -> Subject {
    Subject::Person(u32::try_from(at).unwrap_or(u32::MAX))
}

/// Collects what the kinds plan.
#[derive(Debug)]
pub struct Builder {
    pub(crate) known: BTreeMap<Address, Known>,
    pub(crate) actions: Vec<Action>,
    pub(crate) notes: Vec<Note>,
    pub(crate) refusals: Vec<Refusal>,
    pub(crate) pair: Pair,
}

impl Builder {
    /// Says that an object exists, so that requests may name it.
    pub fn know(&mut self, address: Address, id: ObjectId) {
        self.known.entry(address).or_insert(Known { id, client_id: None });
    }

    /// Says which client id an existing app has.
    pub fn know_client(&mut self, address: &Address, client_id: &str) {
        if let Some(known) = self.known.get_mut(address) {
            known.client_id = Some(client_id.into());
        }
    }

    /// The id of an object that exists.
    pub fn id(&self, address: &Address) -> Option<ObjectId> {
        self.known.get(address).map(|known| known.id)
    }

    /// Adds an action.
    pub fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// Says something about an object that is no difference.
    pub fn note(&mut self, about: Address, text: impl Into<String>) {
        self.notes.push(Note { about, text: text.into(), waits: false });
    }

    /// Says what is not done yet, and what it waits for.
    pub fn wait(&mut self, about: Address, text: impl Into<String>) {
        self.notes.push(Note { about, text: text.into(), waits: true });
    }

    /// Stops the plan.
    pub fn refuse(&mut self, refusal: Refusal) {
        self.refusals.push(refusal);
    }

    /// Says what is known about the client secret.
    pub fn pair(&mut self, pair: Pair) {
        self.pair = pair;
    }
}
