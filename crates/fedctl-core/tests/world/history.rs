//! What happened to a world before the run that is looked at: runs that were killed, and people who changed things by hand.

use jumpcloud_sim::{OrgId, UserId, World, console};
use proptest::prelude::*;
use proptest::sample::select;

use crate::carry::{self, Fault, Memory};
use crate::worlds::{ATTRIBUTE, Scene, email, restriction};

use fedctl_core::spec::Spec;

/// What a human does between two runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    /// To the account of the person with this number.
    Account(usize, AccountEdit),
    /// To the person with this number.
    Person(usize, PersonEdit),
    SwitchOff,
    DeactivateApp,
    DayPasses,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountEdit {
    Suspend,
    Lock,
    GivePassword,
    Unroute,
    Rename,
    Delete,
    Annotate,
    Restrict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PersonEdit {
    JoinGroup,
    LeaveGroup,
    Suspend,
    Annotate,
    BreakMapping,
}

/// Everything before the run that is looked at.
#[derive(Debug, Clone)]
pub(crate) struct History {
    /// The write at which each earlier run was killed, in thousandths of all its writes.
    pub(crate) killed: Vec<usize>,
    /// What was done by hand afterwards.
    pub(crate) edits: Vec<Edit>,
}

fn edit() -> impl Strategy<Value = Edit> {
    use AccountEdit::{Annotate, Delete, GivePassword, Lock, Rename, Restrict, Suspend, Unroute};
    let account = select(vec![Suspend, Lock, GivePassword, Unroute, Rename, Delete, Annotate, Restrict]);
    let person = select(vec![
        PersonEdit::JoinGroup,
        PersonEdit::LeaveGroup,
        PersonEdit::Suspend,
        PersonEdit::Annotate,
        PersonEdit::BreakMapping,
    ]);
    prop_oneof![
        8 => (0_usize..8, account).prop_map(|(number, edit)| Edit::Account(number, edit)),
        5 => (0_usize..8, person).prop_map(|(number, edit)| Edit::Person(number, edit)),
        3 => select(vec![Edit::SwitchOff, Edit::DeactivateApp, Edit::DayPasses]),
    ]
}

pub(crate) fn histories() -> impl Strategy<Value = History> {
    let killed = prop::collection::vec(prop_oneof![0_usize..1000, Just(1000)], 0..3);
    (killed, prop::collection::vec(edit(), 0..5)).prop_map(|(killed, edits)| History { killed, edits })
}

impl Scene {
    /// The scene after its history; `None` when a guard refuses one of its runs.
    pub(crate) fn after(&self, history: &History) -> Option<(Memory, Spec)> {
        let (mut memory, spec) = self.build();
        for killed in &history.killed {
            let plan = carry::plan(&spec, &mut memory);
            if !plan.refusals.is_empty() {
                return None;
            }
            let at = memory.writes + plan.actions.len() * killed / 1000;
            memory.fault = Some((at, Fault::KilledBefore));
            carry::run(&plan, &mut memory);
            memory.revive();
        }
        history.edits.iter().for_each(|edit| self.make(*edit, &mut memory));
        Some((memory, spec))
    }

    fn make(&self, edit: Edit, memory: &mut Memory) {
        let (primary, secondary) = (memory.primary, memory.secondary);
        let world = &mut memory.world;
        let user = |world: &World, number: usize| {
            let person = (number < self.people.len()).then(|| world.user_by_email(primary, &email(number)));
            person.flatten().map(|user| user.id)
        };
        match edit {
            Edit::SwitchOff => switch_off(world, secondary),
            Edit::DeactivateApp => deactivate(world, primary),
            Edit::DayPasses => world.advance(25 * 60 * 60 * 1000),
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

impl PersonEdit {
    fn make(self, world: &mut World, org: OrgId, person: UserId) {
        let group = world.groups(org).find(|group| group.name == "Contractors").unwrap().id;
        match self {
            PersonEdit::JoinGroup => console::add_member(world, group, person),
            PersonEdit::LeaveGroup => console::remove_member(world, group, person),
            PersonEdit::Suspend => console::suspend_user(world, person, true),
            PersonEdit::Annotate => console::set_attribute(world, person, "cubicle", Some("42")),
            PersonEdit::BreakMapping => console::set_attribute(world, person, ATTRIBUTE, Some("typo@nowhere.com")),
        };
    }
}

impl AccountEdit {
    fn make(self, world: &mut World, org: OrgId, account: UserId, number: usize) {
        match self {
            AccountEdit::Suspend => console::suspend_user(world, account, true),
            AccountEdit::Lock => console::lock_user(world, account, true),
            AccountEdit::GivePassword => console::set_password(world, account, Some("Given-By-Hand-7")),
            AccountEdit::Unroute => {
                let group = world.groups(org).find(|group| group.name == "Federated from acme").map(|group| group.id);
                group.is_some_and(|group| console::remove_member(world, group, account))
            }
            AccountEdit::Rename => console::set_email(world, account, &format!("renamed{number}@beta.com")),
            AccountEdit::Delete => console::delete_user(world, account),
            AccountEdit::Annotate => console::set_attribute(world, account, "badge", Some("7")),
            AccountEdit::Restrict => {
                console::set_restrictions(world, account, vec![restriction("email"), restriction("department")])
            }
        };
    }
}

/// The account that carries the mark of a person.
pub(crate) fn account_of(world: &World, org: OrgId, person: UserId) -> Option<UserId> {
    let mark = format!("acme-to-beta/{person}/created");
    world.users(org).find(|user| user.attribute("fedctl") == Some(&*mark)).map(|user| user.id)
}

fn switch_off(world: &mut World, org: OrgId) {
    let policy = world.policies(org).next().map(|policy| policy.id);
    if let Some(policy) = policy {
        console::set_policy_enabled(world, policy, false);
    }
}

fn deactivate(world: &mut World, org: OrgId) {
    let app = world.apps(org).find(|app| app.description.contains("acme-to-beta")).map(|app| app.id);
    if let Some(app) = app {
        console::set_app_active(world, app, false);
    }
}
