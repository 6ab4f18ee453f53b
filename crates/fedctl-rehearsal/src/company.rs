//! The part of a plan that concerns some people: what is done for everybody, and what is done for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fedctl_core::address::{Address, Kind, Org};
use fedctl_core::object_id::ObjectId;
use fedctl_core::plan::action::After;
use fedctl_core::plan::{Action, Adoptable, Known, Plan, PlannedPerson, Subject};
use fedctl_core::trace::cast::{Cast, Part};

use crate::class::Class;

/// Who is on the stage, and what is done there.
pub(crate) struct Company {
    /// The plan for them.
    pub(crate) plan: Arc<Plan>,
    /// Users of the primary organisation.
    pub(crate) users: Vec<ObjectId>,
    /// Accounts of the secondary organisation.
    pub(crate) accounts: Vec<ObjectId>,
    /// Where each action stands when the two stand-ins change places; nothing where they cannot.
    pub(crate) swapped: Option<Vec<usize>>,
}

/// What a whole plan is taken apart by, once.
pub(crate) struct Actions<'a> {
    plan: &'a Plan,
    /// Positions of actions for everybody.
    shared: Vec<usize>,
    /// Positions of actions for the people who are on some stage.
    own: BTreeMap<u32, Vec<usize>>,
}

impl<'a> Actions<'a> {
    pub(crate) fn of(plan: &'a Plan, cast: &Cast, classes: &[Class]) -> Self {
        let people = classes.iter().flat_map(|class| &class.parts).filter_map(|at| cast.parts[*at].person);
        let mut own: BTreeMap<u32, Vec<usize>> = people.map(|person| (person, Vec::new())).collect();
        let mut shared = Vec::new();
        for (at, action) in plan.actions.iter().enumerate() {
            match action.subject {
                Subject::Federation => shared.push(at),
                Subject::Person(person) => own.get_mut(&person).into_iter().for_each(|all| all.push(at)),
            }
        }
        Self { plan, shared, own }
    }

    /// The company of a class.
    pub(crate) fn company(&self, cast: &Cast, class: &Class) -> Company {
        let parts: Vec<&Part> = class.parts.iter().map(|at| &cast.parts[*at]).collect();
        let people: Vec<u32> = parts.iter().filter_map(|part| part.person).collect();
        let own = people.iter().filter_map(|person| self.own.get(person)).flatten();
        let mut places: Vec<usize> = self.shared.iter().chain(own).copied().collect();
        places.sort_unstable();
        let renumbered =
            |person: u32| people.iter().position(|other| *other == person).and_then(|at| u32::try_from(at).ok());
        let actions: Vec<Action> = places.iter().map(|at| renumber(&self.plan.actions[*at], renumbered)).collect();
        let persons = people.iter().map(|person| self.plan.people[*person as usize].clone()).collect();
        let accounts: Vec<ObjectId> = parts.iter().filter_map(|part| part.account).collect();
        let swapped = (class.are_alike && people.len() == 2).then(|| swapped(&actions)).flatten();
        Company {
            users: parts.iter().filter_map(|part| part.user).collect(),
            plan: Arc::new(self.part_of(persons, actions, &accounts)),
            accounts,
            swapped,
        }
    }

    fn part_of(&self, people: Vec<PlannedPerson>, actions: Vec<Action>, accounts: &[ObjectId]) -> Plan {
        let named: BTreeSet<Address> = actions.iter().flat_map(named).chain(people.iter().map(account)).collect();
        let known = |address: Address| Some((address.clone(), self.plan.known.get(&address)?.clone()));
        let known: BTreeMap<Address, Known> = named.into_iter().filter_map(known).collect();
        Plan {
            federation: self.plan.federation.clone(),
            organizations: self.plan.organizations,
            as_of: self.plan.as_of,
            known,
            people,
            left: self.plan.left.iter().filter(|account| accounts.contains(account)).copied().collect(),
            actions,
            notes: Vec::new(),
            refusals: Vec::new(),
            lifted: Vec::new(),
            pair: self.plan.pair,
            warnings: Vec::new(),
            adoptable: Adoptable::default(),
            others: Vec::new(),
            backwards: self.plan.backwards,
        }
    }
}

fn renumber(action: &Action, number: impl Fn(u32) -> Option<u32>) -> Action {
    let subject = match action.subject {
        Subject::Federation => Subject::Federation,
        Subject::Person(person) => number(person).map_or(Subject::Federation, Subject::Person),
    };
    Action { subject, ..action.clone() }
}

fn named(action: &Action) -> Vec<Address> {
    let looked_at = action.look.iter().flat_map(|look| look.args.iter().map(|arg| arg.0.clone()));
    let compared = action.changes.iter().filter_map(|change| match &change.after {
        Some(After::Of(address, _)) => Some(address.clone()),
        Some(After::Text(_) | After::Secret) | None => None,
    });
    action.names().into_iter().map(|(address, _)| address).chain(looked_at).chain(compared).collect()
}

fn account(person: &PlannedPerson) -> Address {
    Address::new(Org::Secondary, Kind::User, person.account.clone())
}

/// The actions of two people change places, if there are as many of each.
fn swapped(actions: &[Action]) -> Option<Vec<usize>> {
    let of = |person: u32| -> Vec<usize> {
        (0..actions.len()).filter(|at| actions[*at].subject == Subject::Person(person)).collect()
    };
    let (one, other) = (of(0), of(1));
    let mut places: Vec<usize> = (0..actions.len()).collect();
    for (one, other) in one.iter().zip(&other) {
        (places[*one], places[*other]) = (*other, *one);
    }
    (one.len() == other.len()).then_some(places)
}
