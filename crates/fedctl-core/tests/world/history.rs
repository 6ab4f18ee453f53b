//! What happened to a world before the run that is looked at: runs that were killed, and people who changed things by hand.

use fedctl_core::spec::Spec;
use jumpcloud_sim::{User, UserId, World, console};
use proptest::prelude::*;
use proptest::sample::select;

use crate::carry::{self, Fault, Memory};
use crate::edits::{AccountEdit, Edit, ObjectEdit, PersonEdit};
use crate::properties::allowed;
use crate::scene::{OLD_NAME, Written};
use crate::worlds::Scene;

/// What the spec said when the earlier runs were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Earlier {
    Same,
    /// The federation had another name; the attribute is the same.
    OtherName,
    /// It had another name, and so another attribute.
    OtherNameAndAttribute,
    /// People were routed.
    Enabled,
    /// Nobody's account was taken over yet.
    NobodyTakenOver,
}

/// Everything before the run that is looked at.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) earlier: Earlier,
    /// The write at which each earlier run was killed, in thousandths of all its writes.
    pub(crate) killed: Vec<usize>,
    /// What was done by hand before the last of the earlier runs.
    pub(crate) between: Vec<Edit>,
    /// What was done by hand afterwards.
    pub(crate) edits: Vec<Edit>,
}

impl History {
    /// Nothing happened.
    pub(crate) const NONE: Self =
        Self { earlier: Earlier::Same, killed: Vec::new(), between: Vec::new(), edits: Vec::new() };
}

pub(crate) fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        8 => (0_usize..8, select(AccountEdit::ALL.to_vec())).prop_map(|(number, edit)| Edit::Account(number, edit)),
        5 => (0_usize..8, select(PersonEdit::ALL.to_vec())).prop_map(|(number, edit)| Edit::Person(number, edit)),
        6 => select(ObjectEdit::ALL.to_vec()).prop_map(Edit::Object),
        1 => Just(Edit::DayPasses),
    ]
}

/// What the spec may have said before.
pub(crate) fn earlier() -> impl Strategy<Value = Earlier> {
    use Earlier::{Enabled, NobodyTakenOver, OtherName, OtherNameAndAttribute, Same};
    select(vec![Same, Same, Same, Same, Enabled, NobodyTakenOver, OtherName, OtherNameAndAttribute])
}

pub(crate) fn histories() -> impl Strategy<Value = History> {
    let killed = prop::collection::vec(prop_oneof![0_usize..1000, Just(1000)], 0..3);
    let edits = |most| prop::collection::vec(edit(), 0..most);
    (earlier(), killed, edits(3), edits(5)).prop_map(|(earlier, killed, between, edits)| History {
        earlier,
        killed,
        between,
        edits,
    })
}

impl Earlier {
    /// The spec then, and the spec now.
    pub(crate) fn specs(self) -> (Written, Written) {
        let now = Written::NOW;
        let renamed = Written { formerly: Some(OLD_NAME), ..now };
        match self {
            Earlier::Same => (now, now),
            Earlier::OtherName => {
                let attribute = Some(crate::scene::ATTRIBUTE);
                (Written { federation: OLD_NAME, attribute, ..now }, renamed)
            }
            Earlier::OtherNameAndAttribute => (Written { federation: OLD_NAME, ..now }, renamed),
            Earlier::NobodyTakenOver => (Written { takes_over: false, ..now }, now),
            Earlier::Enabled => (Written { enabled: Some(true), ..now }, now),
        }
    }
}

impl Scene {
    /// The scene after its history; `None` when a guard refuses one of its runs.
    pub(crate) fn after(&self, history: &History) -> Option<(Memory, Spec)> {
        let (mut memory, _) = self.build();
        let (then, now) = history.earlier.specs();
        let spec = self.spec(&memory, then);
        for (number, killed) in history.killed.iter().enumerate() {
            if number > 0 && number + 1 == history.killed.len() {
                history.between.iter().for_each(|edit| self.make(*edit, &mut memory));
            }
            let plan = allowed(&spec, &mut memory)?;
            let at = memory.writes + plan.actions.len() * killed / 1000;
            memory.fault = Some((at, Fault::KilledBefore));
            carry::run(&plan, &mut memory);
            memory.revive();
        }
        history.edits.iter().for_each(|edit| self.make(*edit, &mut memory));
        let spec = self.spec(&memory, now);
        Some((memory, spec))
    }

    pub(crate) fn make(&self, edit: Edit, memory: &mut Memory) {
        let (primary, secondary) = (memory.primary, memory.secondary);
        let world = &mut memory.world;
        let user = |world: &World, number: usize| -> Option<UserId> {
            let person = (number < self.people.len()).then(|| world.user_by_email(primary, &self.email(number)));
            person.flatten().map(|user| user.id)
        };
        match edit {
            Edit::DayPasses => world.advance(25 * 60 * 60 * 1000),
            Edit::OtherProvider => {
                if let Some(provider) = world.provider(secondary).map(|provider| provider.id) {
                    console::delete_provider(world, provider);
                }
                world.add_provider(secondary, "Workforce", "elsewhere", "not-ours", "https://login.other.example.com");
            }
            Edit::TakenOverLeaves => {
                let taken_over = |user: &&User| user.attribute("fedctl").is_some_and(|mark| mark.contains("/adopted"));
                let owner = world.users(secondary).find(taken_over).and_then(crate::scene::marked_for);
                let person = owner.and_then(|id| id.parse().ok());
                if let Some(person) = person {
                    console::suspend_user(world, person, true);
                }
            }
            Edit::Object(edit) => edit.make(memory),
            Edit::Person(number, edit) => {
                if let Some(person) = user(world, number) {
                    edit.make(world, primary, person);
                }
            }
            Edit::Account(number, edit) => {
                let account = user(world, number).and_then(|person| account_of(world, secondary, person));
                if let Some(account) = account {
                    edit.make(world, secondary, account, number);
                }
            }
        }
    }
}

/// The account that carries the mark of a person.
pub(crate) fn account_of(world: &World, org: jumpcloud_sim::OrgId, person: UserId) -> Option<UserId> {
    let is_theirs = |user: &&jumpcloud_sim::User| crate::scene::marked_for(user) == Some(&*person.to_string());
    world.users(org).find(is_theirs).map(|user| user.id)
}
