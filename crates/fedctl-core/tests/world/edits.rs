//! What a human does by hand between two runs.

use jumpcloud_sim::{AppId, ClientAuth, Group, GroupId, OrgId, PolicyId, UserId, World, console};

use crate::carry::{self, Memory};
use crate::scene::{ATTRIBUTE, group_named, is_marked, restriction};

/// One thing that is done by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    /// To the account of the person with this number.
    Account(usize, AccountEdit),
    /// To the person with this number.
    Person(usize, PersonEdit),
    /// To what is ours of app, groups and policy.
    Object(ObjectEdit),
    DayPasses,
    /// Another identity provider takes the place of what is there.
    OtherProvider,
    /// The first whose account was taken over is suspended at the primary organisation.
    TakenOverLeaves,
}

/// The variants, and the list of all of them.
macro_rules! edits {
    ($name:ident: $($variant:ident),+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $($variant),+ }

        impl $name {
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),+];
        }
    };
}

edits!(AccountEdit: Suspend, Lock, GivePassword, Unroute, Rename, Delete, Annotate, Restrict, Federate, Promote, Protect);
edits!(PersonEdit: JoinGroup, LeaveGroup, Suspend, Annotate, BreakMapping, LeaveAccess);
edits!(ObjectEdit: SwitchOff, SwitchOn, DeactivateApp, DeleteApp, DropCallback, AddCallback, OtherClaim, NoClaim, AddClaim,
    OtherClientAuth, RenameApp, RenameGroup, RenamePolicy, DescribePolicy, DuplicateGroups, DuplicatePolicy, UseDuplicatePolicy,
    DuplicateApp,
    DeleteGroup, DeletePolicy, UnbindPolicy, UnbindApp, AddStranger);

impl PersonEdit {
    pub(crate) fn make(self, world: &mut World, org: OrgId, person: UserId) {
        let group = group_named(world, org, "Contractors").unwrap();
        match self {
            PersonEdit::JoinGroup => console::add_member(world, group, person),
            PersonEdit::LeaveGroup => console::remove_member(world, group, person),
            PersonEdit::Suspend => console::suspend_user(world, person, true),
            PersonEdit::Annotate => console::set_attribute(world, person, "cubicle", Some("42")),
            PersonEdit::LeaveAccess => {
                let group = group_named(world, org, "acme-to-beta access");
                group.is_some_and(|group| console::remove_member(world, group, person))
            }
            PersonEdit::BreakMapping => console::set_attribute(world, person, ATTRIBUTE, Some("typo@nowhere.com")),
        };
    }
}

impl AccountEdit {
    pub(crate) fn make(self, world: &mut World, org: OrgId, account: UserId, number: usize) {
        match self {
            AccountEdit::Suspend => console::suspend_user(world, account, true),
            AccountEdit::Lock => console::lock_user(world, account, true),
            AccountEdit::GivePassword => console::set_password(world, account, Some("Given-By-Hand-7")),
            AccountEdit::Unroute => {
                our_group(world, org).is_some_and(|group| console::remove_member(world, group, account))
            }
            AccountEdit::Rename => console::set_email(world, account, &format!("renamed{number}@beta.com")),
            AccountEdit::Delete => console::delete_user(world, account),
            AccountEdit::Annotate => console::set_attribute(world, account, "badge", Some("7")),
            AccountEdit::Restrict => {
                console::set_restrictions(world, account, vec![restriction("email"), restriction("department")])
            }
            AccountEdit::Federate => {
                let mut entry = restriction("password");
                entry.kind = jumpcloud_sim::RestrictionKind::FederatedIdentityProvider;
                console::set_restrictions(world, account, vec![entry])
            }
            AccountEdit::Promote => console::set_admin(world, account, Some("Help Desk")),
            AccountEdit::Protect => {
                let group = group_named(world, org, "fedctl-protected");
                let group = group.unwrap_or_else(|| world.add_group(org, "fedctl-protected"));
                console::add_member(world, group, account)
            }
        };
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "each of these functions has the edits of one kind of object")]
impl ObjectEdit {
    pub(crate) fn make(self, memory: &mut Memory) {
        let (primary, secondary) = (memory.primary, memory.secondary);
        let world = &mut memory.world;
        match self {
            ObjectEdit::DuplicateGroups => duplicate_groups(world, [primary, secondary]),
            ObjectEdit::DuplicatePolicy => drop(duplicate_policy(world, secondary)),
            ObjectEdit::UseDuplicatePolicy => {
                if let Some(second) = duplicate_policy(world, secondary) {
                    console::set_policy_enabled(world, second, true);
                }
            }
            ObjectEdit::DuplicateApp => drop(our_app(world, primary).and_then(|app| console::repeat_app(world, app))),
            ObjectEdit::RenameGroup | ObjectEdit::DeleteGroup | ObjectEdit::AddStranger => {
                if let Some(group) = our_group(world, secondary) {
                    self.to_group(world, secondary, group);
                }
            }
            ObjectEdit::SwitchOff
            | ObjectEdit::SwitchOn
            | ObjectEdit::RenamePolicy
            | ObjectEdit::DescribePolicy
            | ObjectEdit::DeletePolicy
            | ObjectEdit::UnbindPolicy => {
                if let Some(policy) = our_policy(world, secondary) {
                    self.to_policy(world, policy);
                }
            }
            ObjectEdit::DeactivateApp
            | ObjectEdit::DeleteApp
            | ObjectEdit::DropCallback
            | ObjectEdit::AddCallback
            | ObjectEdit::OtherClaim
            | ObjectEdit::NoClaim
            | ObjectEdit::AddClaim
            | ObjectEdit::OtherClientAuth
            | ObjectEdit::RenameApp
            | ObjectEdit::UnbindApp => {
                if let Some(app) = our_app(world, primary) {
                    self.to_app(world, app);
                }
            }
        }
    }

    fn to_app(self, world: &mut World, app: AppId) {
        let callback = carry::terms().callback;
        match self {
            ObjectEdit::DeactivateApp => console::set_app_active(world, app, false),
            ObjectEdit::DeleteApp => console::delete_app(world, app),
            ObjectEdit::DropCallback => console::set_redirect_uris(world, app, &["https://typo.example.com"]),
            ObjectEdit::AddCallback => console::set_redirect_uris(world, app, &["https://more.example.com", &callback]),
            ObjectEdit::OtherClaim => console::set_claims(world, app, &[("email", "cubicle")]),
            ObjectEdit::NoClaim => console::set_claims(world, app, &[("groups", "groups")]),
            ObjectEdit::AddClaim => {
                console::set_claims(world, app, &[("groups", "groups"), ("email", ATTRIBUTE), ("badge", "badge")])
            }
            ObjectEdit::OtherClientAuth => console::set_client_auth(world, app, ClientAuth::Basic),
            ObjectEdit::RenameApp => console::rename_app(world, app, "Do not touch"),
            _ => {
                let group = world.app(app).and_then(|app| app.groups().next());
                group.is_some_and(|group| console::set_app_group(world, app, group, false))
            }
        };
    }

    fn to_group(self, world: &mut World, org: OrgId, group: GroupId) {
        match self {
            ObjectEdit::RenameGroup => console::rename_group(world, group, "Acme people"),
            ObjectEdit::DeleteGroup => console::delete_group(world, group),
            _ => {
                let stranger = world.user_by_email(org, "staff2@beta.com").unwrap().id;
                console::add_member(world, group, stranger)
            }
        };
    }

    fn to_policy(self, world: &mut World, policy: PolicyId) {
        match self {
            ObjectEdit::SwitchOff => console::set_policy_enabled(world, policy, false),
            ObjectEdit::SwitchOn => console::set_policy_enabled(world, policy, true),
            ObjectEdit::RenamePolicy => console::rename_policy(world, policy, "Route acme"),
            ObjectEdit::DescribePolicy => {
                let described = world.policy(policy).map(|policy| format!("Ask Eve first\n{}", policy.description));
                console::describe_policy(world, policy, &described.unwrap_or_default())
            }
            ObjectEdit::DeletePolicy => console::delete_policy(world, policy),
            _ => {
                let group = world.policy(policy).and_then(|policy| policy.groups().next());
                group.is_some_and(|group| console::set_policy_group(world, policy, group, false))
            }
        };
    }
}

fn our_group(world: &World, org: OrgId) -> Option<GroupId> {
    world.groups(org).find(|group| is_marked(&group.description)).map(|group| group.id)
}

fn our_app(world: &World, org: OrgId) -> Option<AppId> {
    world.apps(org).find(|app| crate::scene::is_marked_app(app)).map(|app| app.id)
}

fn our_policy(world: &World, org: OrgId) -> Option<PolicyId> {
    world.policies(org).find(|policy| is_marked(&policy.description)).map(|policy| policy.id)
}

/// A second group of each, as requests make that were thought lost.
fn duplicate_groups(world: &mut World, orgs: [OrgId; 2]) {
    for org in orgs {
        let groups = world.groups(org).filter(|group| is_marked(&group.description));
        let groups: Vec<Group> = groups.cloned().collect();
        for group in groups {
            let second = world.add_group(org, &group.name);
            console::describe_group(world, second, &group.description);
            if let Some(rule) = &group.rule {
                console::set_rule(world, second, rule.raw());
                console::set_membership(world, second, group.membership);
            }
        }
    }
}

fn duplicate_policy(world: &mut World, org: OrgId) -> Option<PolicyId> {
    let first = world.policy(our_policy(world, org)?)?.clone();
    let second = world.add_policy(org, &first.name, first.provider, false);
    console::describe_policy(world, second, &first.description).then_some(second)
}
