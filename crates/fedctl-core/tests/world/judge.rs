//! What a world lets people do, and what of it is nobody's business: judged from the world alone, never from a plan but
//! for whom it says that they lose.

use std::collections::{BTreeMap, BTreeSet};

use fedctl_core::plan::{Fate, Plan, PlannedPerson};
use jumpcloud_sim::{Flag, OrgId, State, User, UserId, World, console};

use crate::carry::Memory;
use crate::scene::{ATTRIBUTE, marked_for};
use crate::worlds::Scene;

/// Who gets in where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doors {
    /// Accounts of the secondary organisation that open with their local password.
    pub(crate) local: BTreeSet<UserId>,
    /// Who authenticates at the primary, and whose account opens.
    pub(crate) federated: BTreeSet<(UserId, UserId)>,
    /// Users of the primary organisation who get in there.
    pub(crate) primary: BTreeSet<UserId>,
}

impl Doors {
    pub(crate) fn of(world: &World, primary: OrgId, secondary: OrgId) -> Self {
        let addresses: Vec<&str> = world.users(secondary).map(|user| &*user.email).collect();
        let open = |org: OrgId| world.users(org).filter(move |user| world.local_sign_in(org, &user.email).is_ok());
        let mut federated = BTreeSet::new();
        for person in world.users(primary) {
            let opened = addresses.iter().filter_map(|address| world.sign_in(secondary, address, person.id).ok());
            federated.extend(opened.map(|account| (person.id, account)));
        }
        Self {
            local: open(secondary).map(|user| user.id).collect(),
            federated,
            primary: open(primary).map(|user| user.id).collect(),
        }
    }

    pub(crate) fn of_memory(memory: &Memory) -> Self {
        Self::of(&memory.world, memory.primary, memory.secondary)
    }
}

/// What applying may come to, for everybody.
#[derive(Debug, Clone)]
pub(crate) struct Judge {
    before: Doors,
    /// The accounts that were there, and whose they are by the marks of earlier runs.
    accounts: BTreeMap<UserId, Option<String>>,
    /// For each person who is meant: the address of the account that may be made for them.
    wanted: BTreeMap<UserId, String>,
    /// For each person whose account the spec takes over: the accounts that it may mean.
    adopted: BTreeMap<UserId, BTreeSet<UserId>>,
    /// People whose attribute names some address already.
    named: BTreeSet<UserId>,
    /// Whoever the plan says loses.
    losing: BTreeSet<UserId>,
    /// Accounts that may come to open for whoever they are marked for, whether the spec still means them or not: the rule of
    /// the routing group may bring them in at any moment, or `keep` leaves them all that they were given.
    given: BTreeSet<UserId>,
    /// Accounts that are not active, are locked or have no password.
    shut: BTreeSet<UserId>,
    /// Accounts that the plan gives another address, with that and the one before: between this write and that of the
    /// attribute nobody gets in.
    moving: BTreeMap<UserId, [String; 2]>,
    /// Somebody said that sign-in is taken from everybody.
    takes_all: bool,
    primary: OrgId,
    secondary: OrgId,
}

impl Judge {
    /// Before anything is applied.
    pub(crate) fn new(scene: &Scene, memory: &Memory, plan: &Plan) -> Self {
        let id = |index: usize| memory.world.user_by_email(memory.primary, &scene.email(index)).map(|user| user.id);
        let meant = || (0..scene.people.len()).filter(|index| scene.is_meant(memory, *index));
        let adopted = meant().filter(|index| scene.people[*index].adopted);
        let adopted = adopted.filter_map(|index| Some((id(index)?, adoptable(scene, memory, index))));
        let accounts = memory.world.users(memory.secondary);
        let shut = memory.world.users(memory.secondary).filter(|user| is_shut(user)).map(|user| user.id);
        let named = memory.world.users(memory.primary).filter(|user| user.attribute(ATTRIBUTE).is_some());
        // Whom the spec wants, it may not name as losing.
        let is_suspended =
            |address: &str| memory.world.user_by_email(memory.primary, address).is_some_and(User::is_suspended);
        let wanted: BTreeSet<String> =
            meant().map(|index| scene.email(index)).filter(|address| !is_suspended(address)).collect();
        let is_wanted = |address: &str| wanted.contains(address) && scene.wish.enabled;
        // An account that is not routed itself may open from the page of one that is, and no longer when routing is off.
        let leaves = |person: &PlannedPerson| matches!(person.fate, Fate::Leaves(_));
        let turns_off = !scene.wish.enabled && plan.people.iter().any(|person| person.fate == Fate::Loses);
        let losing = |person: &&PlannedPerson| turns_off || leaves(person) || person.fate == Fate::Loses;
        let is_given = |user: &&User| scene.wish.on_leave == "keep" || user.attribute("fedctlRoute").is_some();
        let losing = plan.people.iter().filter(losing).filter(|person| !is_wanted(&person.email));
        Self {
            before: Doors::of_memory(memory),
            accounts: accounts.map(|user| (user.id, marked_for(user).map(str::to_owned))).collect(),
            wanted: meant().filter_map(|index| Some((id(index)?, scene.account(index).to_lowercase()))).collect(),
            adopted: adopted.collect(),
            named: named.map(|user| user.id).collect(),
            shut: shut.collect(),
            given: memory.world.users(memory.secondary).filter(is_given).map(|user| user.id).collect(),
            losing: losing.filter_map(|person| person.id.to_string().parse().ok()).collect(),
            moving: moving(memory, plan),
            takes_all: memory.command.takes_sign_in(),
            primary: memory.primary,
            secondary: memory.secondary,
        }
    }

    /// Whether a person does not get into their own account for no other reason than the gap that the plan declares: it has
    /// the new address, their attribute still the one before, and with the new one in it they would get in.
    fn is_in_gap(&self, world: &World, person: UserId, account: UserId) -> bool {
        let is_theirs = self.accounts.get(&account).and_then(Option::as_deref) == Some(&*person.to_string());
        let Some([from, to]) = self.moving.get(&account).filter(|_| is_theirs) else { return false };
        let has_moved = world.user(account).is_some_and(|user| user.email.eq_ignore_ascii_case(to));
        let attribute = world.user(person).and_then(|user| user.attribute(ATTRIBUTE));
        let is_behind = attribute.is_some_and(|address| address.eq_ignore_ascii_case(from));
        has_moved && is_behind && {
            let mut closed = world.clone();
            console::set_attribute(&mut closed, person, ATTRIBUTE, Some(to));
            // As everybody does who is not routed, also from the page of somebody who is.
            let mut typed = closed.users(self.secondary).map(|user| &*user.email);
            typed.any(|typed| closed.sign_in(self.secondary, typed, person) == Ok(account))
        }
    }

    /// What is wrong with a state, if anything is.
    pub(crate) fn wrong(&self, world: &World) -> Option<String> {
        self.wrong_but_for(world, &BTreeSet::new())
    }

    /// The same, but for what these accounts lose.
    pub(crate) fn wrong_but_for(&self, world: &World, losing: &BTreeSet<UserId>) -> Option<String> {
        let now = Doors::of(world, self.primary, self.secondary);
        self.lost(world, &now, losing)
            .or_else(|| self.gained(world, &now))
            .or_else(|| (!world.outbox().is_empty()).then(|| format!("I12: {:?}", world.outbox())))
    }

    /// I9: whoever had a way into an account has one.
    fn lost(&self, world: &World, now: &Doors, losing: &BTreeSet<UserId>) -> Option<String> {
        let owner = |account: &UserId| self.accounts.get(account).and_then(Option::as_deref);
        let is_losing =
            |account: &UserId| self.losing.iter().any(|person| owner(account) == Some(&*person.to_string()));
        // Whoever has nothing but their password may go on with it, or come in through the federation as themselves.
        let is_theirs = |account: &UserId, person: &UserId| match owner(account) {
            Some(owner) => owner == person.to_string(),
            None => self.adopted.get(person).is_some_and(|accounts| accounts.contains(account)),
        };
        let comes_in =
            |account: &UserId| now.federated.iter().any(|(by, opened)| opened == account && is_theirs(opened, by));
        let opens = |account: &UserId| {
            now.local.contains(account) || comes_in(account) || is_losing(account) || losing.contains(account)
        };
        let local = self.before.local.iter().find(|account| !opens(account));
        let mut federated = self.before.federated.difference(&now.federated);
        let is_excused = |(person, account): &&(UserId, UserId)| {
            self.takes_all || self.losing.contains(person) || self.is_in_gap(world, *person, *account)
        };
        let federated = federated.find(|pair| !is_excused(pair));
        let primary = self.before.primary.difference(&now.primary).next();
        match (local, federated, primary) {
            (Some(account), _, _) => Some(format!("I9: the owner of {account} has no way in any more")),
            (_, Some(pair), _) => Some(format!("I9: {pair:?} worked before")),
            (_, _, Some(user)) => Some(format!("I9: {user} cannot sign in to the primary any more")),
            (None, None, None) => None,
        }
    }

    /// Whether an account may come to open for a person: it was theirs, was made for them, or is taken over for them.
    fn is_wanted(&self, world: &World, person: &UserId, account: &UserId) -> bool {
        let Some(user) = world.user(*account) else { return false };
        let owner = self.accounts.get(account).and_then(Option::as_deref);
        if owner == Some(&*person.to_string()) && self.given.contains(account) {
            return true;
        }
        let Some(wanted) = self.wanted.get(person) else { return false };
        match self.accounts.get(account) {
            Some(Some(owner)) => *owner == person.to_string(),
            // Somebody whom the spec means had the attribute that names the address which the spec gives them.
            Some(None) if self.named.contains(person) && *wanted == user.email.to_lowercase() => true,
            Some(None) => self.adopted.get(person).is_some_and(|accounts| accounts.contains(account)),
            None => marked_for(user) == Some(&*person.to_string()) && *wanted == user.email.to_lowercase(),
        }
    }

    /// I10: nobody opens an account that is not theirs, and no account opens for two.
    fn gained(&self, world: &World, now: &Doors) -> Option<String> {
        let mut new = now.federated.difference(&self.before.federated);
        if let Some((person, account)) = new.find(|(person, account)| !self.is_wanted(world, person, account)) {
            let address = |id: &UserId| world.user(*id).map(|user| user.email.to_string());
            return Some(format!("I10: {:?} opens {:?}", address(person), address(account)));
        }
        let mut owners: BTreeMap<UserId, BTreeSet<UserId>> = BTreeMap::new();
        for (person, account) in &now.federated {
            owners.entry(*account).or_default().insert(*person);
        }
        let shared = owners.iter().find(|(account, people)| people.len() > 1.max(self.owners_before(account)));
        let shared = shared.map(|(account, people)| format!("I10: {account} opens for {people:?}"));
        // Who is no longer routed, or whose password is given back, has their own again. That is no gain, unless the
        // account was shut: only one that we made becomes active by us.
        let mut opened = now.local.difference(&self.before.local).filter_map(|id| world.user(*id));
        let was_shut = |user: &&User| {
            let is_ours = user.attribute("fedctl").is_some_and(|mark| mark.contains("/created"));
            self.shut.contains(&user.id) && !is_ours
        };
        shared.or_else(|| opened.find(was_shut).map(|user| format!("I10: {} opens locally", user.email)))
    }

    fn owners_before(&self, account: &UserId) -> usize {
        self.before.federated.iter().filter(|(_, opened)| opened == account).count()
    }
}

fn moving(memory: &Memory, plan: &Plan) -> BTreeMap<UserId, [String; 2]> {
    let renames = plan.actions.iter().filter_map(fedctl_core::plan::Action::renames);
    let of = |address: &str| memory.world.user_by_email(memory.secondary, address).map(|user| user.id);
    let addresses =
        renames.filter_map(|change| Some([change.before.as_deref()?.to_owned(), change.text()?.to_owned()]));
    addresses.filter_map(|[from, to]| Some((of(&from)?, [from, to]))).collect()
}

/// The accounts without a mark that the spec may mean when it takes over somebody's: the one with the address that it gives
/// them, and the one that their attribute opens.
fn adoptable(scene: &Scene, memory: &Memory, index: usize) -> BTreeSet<UserId> {
    let attribute =
        memory.world.user_by_email(memory.primary, &scene.email(index)).and_then(|user| user.attribute(ATTRIBUTE));
    let addresses = attribute.map(str::to_owned).into_iter().chain([scene.account(index)]);
    let accounts = addresses.filter_map(|address| memory.world.user_by_email(memory.secondary, &address));
    accounts.filter(|account| marked_for(account).is_none()).map(|account| account.id).collect()
}

pub(crate) fn is_shut(user: &User) -> bool {
    user.state != State::Activated || user.flag(Flag::AccountLocked) || !user.is_activated()
}
