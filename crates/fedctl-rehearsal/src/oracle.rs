//! The oracle: what a state of the stage must not be, judged from who gets in where.

use std::collections::{BTreeMap, BTreeSet};

use fedctl_core::mark::{USER_ATTRIBUTE, UserMark};
use fedctl_core::plan::guard::Guard;
use fedctl_core::plan::{Action, Fate, Plan, PlannedPerson, Subject};
use jumpcloud_sim::{Flag, State, User, UserId, World, console};

use crate::doors::Doors;
use crate::seed::{BYSTANDER, sim};
use crate::stage::Stage;

/// What is wrong with a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Harm {
    /// The guard that it is the business of.
    pub(crate) guard: Guard,
    /// The address of the account, or of the person.
    pub(crate) about: Box<str>,
    /// What happens, in words.
    pub(crate) what: String,
    /// It strikes somebody whom the federation is not about.
    pub(crate) strikes_others: bool,
}

/// What applying may come to for everybody on the stage.
#[derive(Clone)]
pub(crate) struct Oracle {
    before: Doors,
    /// The accounts that were there, with the person whose mark each carries.
    accounts: BTreeMap<UserId, Option<UserId>>,
    /// For each person who is to have one, the address of their account.
    wanted: BTreeMap<UserId, String>,
    /// People whose account this plan takes over, or takes for theirs because it opens for them already.
    adopted: BTreeSet<UserId>,
    /// People for whom nothing is done, with the address of the account that would be theirs.
    held: BTreeMap<UserId, String>,
    /// People who are to lose their sign-in.
    losing: BTreeSet<UserId>,
    /// Addresses of accounts and people from whom some action takes it.
    closing: BTreeSet<Box<str>>,
    /// People whose account gets another address, with both: in the gap before the attribute follows nobody gets in.
    moving: BTreeMap<UserId, [Box<str>; 2]>,
    /// Accounts that nobody got into.
    shut: BTreeSet<UserId>,
    /// Of a plan that takes down: addresses of accounts whose owners have a way in of their own, and keep getting in.
    keeping: BTreeSet<String>,
}

impl Oracle {
    /// Before anything was done.
    pub(crate) fn new(stage: &Stage, plan: &Plan) -> Self {
        let world = &stage.world;
        let accounts = world.users(stage.secondary).map(|user| (user.id, marked_for(user)));
        let wanted = plan.people.iter().filter(|person| is_wanted(person));
        let shut = world.users(stage.secondary).filter(|user| is_shut(user)).map(|user| user.id);
        let takes_away = plan.actions.iter().filter(|action| action.takes_away());
        // A membership is called by the group and the member.
        let from = takes_away.flat_map(|action| action.target.name.rsplit('/').next());
        let held = plan.people.iter().filter(|person| matches!(person.fate, Fate::Held(_)));
        let losing = plan.people.iter().filter(|person| matches!(person.fate, Fate::Loses | Fate::Leaves(_)));
        let losing = losing.map(|person| sim(person.id));
        Self {
            before: Doors::of(stage),
            accounts: accounts.collect(),
            wanted: wanted.map(|person| (sim(person.id), person.account.to_lowercase())).collect(),
            adopted: adopted(plan),
            held: held.map(|person| (sim(person.id), person.account.to_lowercase())).collect(),
            losing: losing.collect(),
            closing: from.map(Into::into).collect(),
            moving: moving(plan),
            shut: shut.collect(),
            keeping: keeping(plan),
        }
    }

    /// What is wrong with a state, if anything is.
    pub(crate) fn harm(&self, stage: &Stage) -> Option<Harm> {
        let now = Doors::of(stage);
        self.lost(stage, &now).or_else(|| self.gained(stage, &now))
    }

    /// Invariant I9: whoever got into an account gets into it.
    fn lost(&self, stage: &Stage, now: &Doors) -> Option<Harm> {
        let (world, before) = (&stage.world, &self.before);
        let is_closing = |user: UserId| world.user(user).is_some_and(|user| self.closing.contains(&user.email));
        let is_losing = |person: &UserId| self.losing.contains(person) || is_closing(*person);
        let opens = |account: &UserId| now.local.contains(account) || self.comes_in(world, account, now);
        let owner = |account: &UserId| self.accounts.get(account).copied().flatten();
        let closes = |account: &UserId| {
            let closes = owner(account).is_some_and(|owner| is_losing(&owner)) || is_closing(*account);
            closes && !self.keeps(world, *account)
        };
        // Whoever has a password of their own comes in by the federation until it is theirs again.
        let came_in =
            before.federated.iter().map(|(_, account)| account).filter(|account| self.keeps(world, **account));
        if let Some(account) = before.local.iter().chain(came_in).find(|account| !opens(account) && !closes(account)) {
            let what = format!("{} has no way in any more", email(world, *account));
            return Some(self.lockout(world, *account, what));
        }
        let mut lost = before.federated.difference(&now.federated);
        let may_lose = |person: &UserId, account: &UserId| {
            is_losing(person) || closes(account) || self.is_in_gap(stage, *person, *account)
        };
        if let Some((person, account)) = lost.find(|(person, account)| !may_lose(person, account)) {
            let what = format!("{} does not get into {} any more", email(world, *person), email(world, *account));
            return Some(self.lockout(world, *account, what));
        }
        let user = before.primary.difference(&now.primary).next()?;
        Some(self.lockout(world, *user, format!("{} cannot sign in to the primary organisation", email(world, *user))))
    }

    /// Whether somebody does not get in for no other reason than the gap that the plan declares: their account has its new
    /// address, their attribute the one before, and with the new one in it they would get in.
    fn is_in_gap(&self, stage: &Stage, person: UserId, account: UserId) -> bool {
        let Some([from, to]) = self.moving.get(&person) else { return false };
        let has_moved = stage.world.user(account).is_some_and(|account| account.email.eq_ignore_ascii_case(to));
        let attributes = stage.world.user(person).into_iter().flat_map(|person| &person.attributes);
        let names = |address| attributes.clone().find(|one| one.value.eq_ignore_ascii_case(address));
        let (true, Some(behind), None) = (has_moved, names(from), names(to)) else { return false };
        let mut closed = stage.world.clone();
        let is_set = console::set_attribute(&mut closed, person, &behind.name, Some(to));
        // Also from the page of somebody else who is routed, as whoever is not routed does.
        let mut typed = closed.users(stage.secondary).map(|user| &*user.email);
        is_set && typed.any(|typed| closed.sign_in(stage.secondary, typed, person) == Ok(account))
    }

    fn keeps(&self, world: &World, account: UserId) -> bool {
        world.user(account).is_some_and(|user| self.keeping.contains(&user.email.to_lowercase()))
    }

    /// Of a plan that takes down and is done: somebody who comes in by the federation all the same, to an account that we
    /// made. What was made by hand is given back, and may go on working.
    pub(crate) fn left_open(&self, stage: &Stage) -> Option<Harm> {
        let (world, now) = (&stage.world, Doors::of(stage));
        let is_ours = |account: UserId| {
            world.user(account).is_some_and(|user| user.attribute(USER_ATTRIBUTE).is_some_and(is_created))
        };
        let mut open = now.federated.iter();
        let (person, account) = open.find(|(person, account)| self.losing.contains(person) && is_ours(*account))?;
        let what = format!("{} still opens {}", email(world, *person), email(world, *account));
        Some(impersonation(world, *account, what))
    }

    fn lockout(&self, world: &World, user: UserId, what: String) -> Harm {
        let about = email(world, user);
        Harm { guard: Guard::Lockout, strikes_others: is_bystander(world, user), about: about.into(), what }
    }

    /// Whether the owner of an account comes in through the federation, as themselves.
    fn comes_in(&self, world: &World, account: &UserId, now: &Doors) -> bool {
        let is_theirs = |person: &UserId| match self.accounts.get(account).copied().flatten() {
            Some(owner) => owner == *person,
            None => self.is_meant(world, *person, *account),
        };
        now.federated.iter().any(|(person, opened)| opened == account && is_theirs(person))
    }

    /// Invariant I10: nobody opens an account that the spec does not give them, and no account opens for two.
    fn gained(&self, stage: &Stage, now: &Doors) -> Option<Harm> {
        let world = &stage.world;
        let mut new = now.federated.difference(&self.before.federated);
        let is_gain =
            |person, account| !self.may_open(world, person, account) && !self.is_detour(stage, person, account);
        if let Some((person, account)) = new.find(|(person, account)| is_gain(*person, *account)) {
            let what = format!("{} opens {}, which is not theirs", email(world, *person), email(world, *account));
            return Some(impersonation(world, *account, what));
        }
        let mut owners: BTreeMap<UserId, usize> = BTreeMap::new();
        now.federated.iter().for_each(|(_, account)| *owners.entry(*account).or_default() += 1);
        let before = |account: &UserId| self.before.federated.iter().filter(|(_, opened)| opened == account).count();
        if let Some((account, _)) = owners.iter().find(|(account, people)| **people > before(account).max(1)) {
            let what = format!("{} opens for more than one person", email(world, *account));
            return Some(impersonation(world, *account, what));
        }
        // Whose password is given back has their own again: no gain, unless the account was shut and is not of our making.
        let is_gain = |account: &&UserId| {
            let is_ours =
                world.user(**account).is_some_and(|user| user.attribute(USER_ATTRIBUTE).is_some_and(is_created));
            self.shut.contains(*account) && !is_ours
        };
        let account = now.local.difference(&self.before.local).find(is_gain)?;
        Some(impersonation(world, *account, format!("{} was shut, and opens", email(world, *account))))
    }

    /// Whether the spec gives a person the address of an account.
    fn is_meant(&self, world: &World, person: UserId, account: UserId) -> bool {
        let address = world.user(account).map(|user| user.email.to_lowercase());
        self.wanted.get(&person).is_some_and(|wanted| Some(wanted) == address.as_ref())
    }

    /// Whoever is not given an account by the plan may have one of their own: marked as theirs, made by hand under the address
    /// that the spec gives them, or made by hand and named by their attribute and by nothing else. They come in by the
    /// address of somebody who is routed when what all share is set right. It is nobody's but theirs (what an attribute may
    /// name at all the guard `impersonation` says, of everybody), and their class has nobody else in it: folded, that is
    /// never seen.
    fn is_detour(&self, stage: &Stage, person: UserId, account: UserId) -> bool {
        let Some(user) = stage.world.user(account) else { return false };
        let address = user.email.to_lowercase();
        let held = self.held.get(&person);
        let is_own = match self.accounts.get(&account) {
            Some(Some(owner)) => held.is_some() && *owner == person,
            Some(None) => held == Some(&address) || self.is_named(stage, person, &address),
            None => false,
        };
        is_own && stage.world.sign_in(stage.secondary, &user.email, person).is_err()
    }

    /// Whether an attribute of a person names an address that the plan gives to nobody.
    fn is_named(&self, stage: &Stage, person: UserId, address: &str) -> bool {
        let is_given = self.wanted.values().chain(self.held.values()).any(|given| given == address);
        let person = stage.world.user(person).filter(|_| !is_given);
        person.is_some_and(|user| user.attributes.iter().any(|attribute| attribute.value.to_lowercase() == address))
    }

    fn may_open(&self, world: &World, person: UserId, account: UserId) -> bool {
        self.is_meant(world, person, account)
            && match self.accounts.get(&account) {
                Some(Some(owner)) => *owner == person,
                Some(None) => self.adopted.contains(&person),
                None => world.user(account).and_then(marked_for) == Some(person),
            }
    }
}

fn is_bystander(world: &World, user: UserId) -> bool {
    world.user(user).is_some_and(|user| &*user.email == BYSTANDER)
}

fn impersonation(world: &World, user: UserId, what: String) -> Harm {
    let about = email(world, user);
    Harm { guard: Guard::Impersonation, strikes_others: is_bystander(world, user), about: about.into(), what }
}

/// Whether the spec gives somebody an account now.
fn is_wanted(person: &PlannedPerson) -> bool {
    match person.fate {
        Fate::Unchanged | Fate::Gains | Fate::GainsExisting | Fate::TakenOver | Fate::Mended => true,
        Fate::Loses | Fate::Leaves(_) | Fate::Held(_) => false,
    }
}

/// People who come to open an account that was there and that nobody had marked.
fn adopted(plan: &Plan) -> BTreeSet<UserId> {
    let existing = plan
        .people
        .iter()
        .filter(|person| matches!(person.fate, Fate::GainsExisting | Fate::TakenOver | Fate::Unchanged | Fate::Mended));
    existing.map(|person| sim(person.id)).collect()
}

fn moving(plan: &Plan) -> BTreeMap<UserId, [Box<str>; 2]> {
    let addresses = |action: &Action| {
        let Subject::Person(at) = action.subject else { return None };
        let change = action.renames()?;
        Some((sim(plan.people.get(at as usize)?.id), [change.before.as_deref()?.into(), change.text()?.into()]))
    };
    plan.actions.iter().filter_map(addresses).collect()
}

fn keeping(plan: &Plan) -> BTreeSet<String> {
    let keeps = plan.people.iter().filter(|person| plan.backwards && person.has_local_way_in);
    keeps.map(|person| person.account.to_lowercase()).collect()
}

fn marked_for(user: &User) -> Option<UserId> {
    Some(sim(UserMark::parse(user.attribute(USER_ATTRIBUTE)?)?.person))
}

fn is_created(mark: &str) -> bool {
    UserMark::parse(mark).is_some_and(|mark| mark.origin == fedctl_core::mark::Origin::Created)
}

fn is_shut(user: &User) -> bool {
    user.state != State::Activated || user.flag(Flag::AccountLocked) || !user.is_activated()
}

fn email(world: &World, user: UserId) -> String {
    match world.user(user).map(|user| &*user.email) {
        Some(BYSTANDER) => "somebody whom this federation is not about".to_owned(),
        Some(email) => email.to_owned(),
        None => user.to_string(),
    }
}
