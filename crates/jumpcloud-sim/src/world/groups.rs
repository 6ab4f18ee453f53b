//! User groups: static ones, and dynamic ones whose rule is evaluated whenever a user or the rule changes.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::World;
use super::rules::Rule;
use super::sorted::SortedIds;
use crate::id::{GroupId, OrgId, UserId};
use crate::query::filter::Fielded;

/// How a group comes by its members \[spec\].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Membership {
    /// As static \[observed\].
    Notset,
    /// By hand.
    #[default]
    Static,
    /// By hand, with suggestions by a rule, which do nothing until accepted \[doc\].
    DynamicReviewRequired,
    /// By its rule alone.
    DynamicAutomated,
}

impl Membership {
    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Membership::Notset => "NOTSET",
            Membership::Static => "STATIC",
            Membership::DynamicReviewRequired => "DYNAMIC_REVIEW_REQUIRED",
            Membership::DynamicAutomated => "DYNAMIC_AUTOMATED",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Membership> {
        let all =
            [Membership::Notset, Membership::Static, Membership::DynamicReviewRequired, Membership::DynamicAutomated];
        all.into_iter().find(|method| method.name() == name)
    }
}

/// One user group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The id.
    pub id: GroupId,
    /// Whose group it is.
    pub organization: OrgId,
    /// The name; not surely unique.
    pub name: String,
    /// The description.
    pub description: String,
    /// The group's own e-mail address.
    pub email: String,
    /// `ldapGroups`, `posixGroups` and others, or nothing at all.
    pub attributes: Option<Map<String, Value>>,
    /// How it comes by its members.
    pub membership: Membership,
    /// The rule of a dynamic group; kept, without effect, by a group that turned static.
    pub rule: Option<Rule>,
    pub(crate) exemptions: SortedIds<UserId>,
    pub(crate) notify: bool,
    pub(crate) members: SortedIds<UserId>,
}

impl Group {
    /// The members, in the order of their ids.
    pub fn members(&self) -> impl Iterator<Item = UserId> + '_ {
        self.members.iter()
    }

    /// Whether that user is a member.
    pub fn has_member(&self, user: UserId) -> bool {
        self.members.contains(user)
    }

    /// How many members it has.
    pub fn member_count(&self) -> usize {
        self.members.as_slice().len()
    }

    /// Whether a rule alone decides about that user.
    pub(crate) fn is_ruled(&self, user: UserId) -> bool {
        self.membership == Membership::DynamicAutomated && !self.exemptions.contains(user)
    }
}

impl Fielded for Group {
    fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        Some(match name {
            "id" | "_id" => Cow::Owned(self.id.to_string()),
            "name" => Cow::Borrowed(self.name.as_str()),
            "description" => Cow::Borrowed(self.description.as_str()),
            "email" => Cow::Borrowed(self.email.as_str()),
            "type" => Cow::Borrowed("user_group"),
            "membershipMethod" => Cow::Borrowed(self.membership.name()),
            _ => return None,
        })
    }
}

/// What is to be looked at again, once it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reevaluation {
    due_ms: u64,
    what: Stale,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Stale {
    /// All members of a group.
    Group(GroupId),
    /// All groups of a user.
    User(UserId),
}

impl World {
    /// Makes a static group without members.
    pub fn add_group(&mut self, org: OrgId, name: &str) -> GroupId {
        let id = self.new_id();
        let group = Group {
            id,
            organization: org,
            name: name.to_owned(),
            description: String::new(),
            email: String::new(),
            attributes: Some(ldap_groups(name)),
            membership: Membership::Static,
            rule: None,
            exemptions: SortedIds::default(),
            notify: false,
            members: SortedIds::default(),
        };
        self.groups.insert(id, group);
        id
    }

    /// Makes a user a member, whatever a rule says; nothing when either is not there.
    pub fn add_member(&mut self, group: GroupId, user: UserId) {
        self.set_member(group, user, true);
    }

    /// Whether it changed anything.
    pub(crate) fn set_member(&mut self, group: GroupId, user: UserId, member: bool) -> bool {
        let (Some(group), Some(user)) = (self.groups.get_mut(&group), self.users.get_mut(&user)) else {
            return false;
        };
        if group.organization != user.organization {
            return false;
        }
        if member {
            user.groups.insert(group.id);
            group.members.insert(user.id)
        } else {
            user.groups.remove(group.id);
            group.members.remove(user.id)
        }
    }

    /// One group.
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(&id)
    }

    /// The groups of an organisation, in the order of their ids.
    pub fn groups(&self, org: OrgId) -> impl Iterator<Item = &Group> {
        self.groups.values().filter(move |group| group.organization == org)
    }

    /// Changes a group, and looks at its members again.
    pub(crate) fn edit_group(&mut self, id: GroupId, edit: impl FnOnce(&mut Group)) {
        if let Some(group) = self.groups.get_mut(&id) {
            edit(group);
            self.stale(Stale::Group(id));
        }
    }

    /// Removes a group with all that is bound to it \[observed\].
    pub(crate) fn remove_group(&mut self, id: GroupId) -> Option<Group> {
        let group = self.groups.remove(&id)?;
        for user in group.members.iter() {
            if let Some(user) = self.users.get_mut(&user) {
                user.groups.remove(id);
            }
        }
        for app in self.apps.values_mut() {
            app.groups.remove(id);
        }
        for policy in self.policies.values_mut() {
            policy.groups.remove(id);
        }
        Some(group)
    }

    /// Has the rules look at a user again.
    pub(crate) fn user_changed(&mut self, id: UserId) {
        self.stale(Stale::User(id));
    }

    fn stale(&mut self, what: Stale) {
        match self.settings.dynamic_delay_ms {
            0 => self.evaluate(what),
            delay => self.pending.push(Reevaluation { due_ms: self.now_ms.saturating_add(delay), what }),
        }
    }

    /// Does what is due.
    pub(crate) fn settle(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let now = self.now_ms;
        let due: Vec<Stale> = self.pending.iter().filter(|entry| entry.due_ms <= now).map(|entry| entry.what).collect();
        self.pending.retain(|entry| entry.due_ms > now);
        for what in due {
            self.evaluate(what);
        }
    }

    fn evaluate(&mut self, what: Stale) {
        match what {
            Stale::Group(group) => {
                let ruled = self.groups.get(&group).filter(|group| group.membership == Membership::DynamicAutomated);
                let Some(org) = ruled.map(|group| group.organization) else { return };
                let users: Vec<UserId> =
                    self.directories.get(&org).map(|all| all.ids.iter().collect()).unwrap_or_default();
                self.apply_rule(group, &users);
            }
            Stale::User(user) => {
                let Some(org) = self.users.get(&user).map(|user| user.organization) else { return };
                let ruled = self.groups(org).filter(|group| group.is_ruled(user));
                for group in ruled.map(|group| group.id).collect::<Vec<_>>() {
                    self.apply_rule(group, &[user]);
                }
            }
        }
    }

    fn apply_rule(&mut self, group: GroupId, users: &[UserId]) {
        let Some(group) = self.groups.get(&group).filter(|group| group.membership == Membership::DynamicAutomated)
        else {
            return;
        };
        let id = group.id;
        for (user, member) in self.wanted(group, users.iter().copied()) {
            self.set_member(id, user, member);
        }
    }

    /// Whom the rule of a group would take in or out.
    fn wanted(&self, group: &Group, users: impl Iterator<Item = UserId>) -> Vec<(UserId, bool)> {
        let Some(filter) = group.rule.as_ref().map(|rule| rule.filter(&self.settings)) else {
            return Vec::new();
        };
        let free = users.filter(|user| !group.exemptions.contains(*user)).filter_map(|user| self.users.get(&user));
        let verdicts = free.map(|user| (user.id, filter.passes(user)));
        verdicts.filter(|(user, member)| group.has_member(*user) != *member).collect()
    }

    /// What a rule that is reviewed suggests; nothing of it happens until accepted \[doc\].
    pub(crate) fn suggestions(&self, group: &Group) -> Vec<(UserId, bool)> {
        if group.membership != Membership::DynamicReviewRequired {
            return Vec::new();
        }
        self.wanted(group, self.users(group.organization).map(|user| user.id))
    }
}

/// The attribute that the service gives to a new group \[observed\].
pub(crate) fn ldap_groups(name: &str) -> Map<String, Value> {
    Map::from_iter([("ldapGroups".to_owned(), json!([{"name": name}]))])
}
