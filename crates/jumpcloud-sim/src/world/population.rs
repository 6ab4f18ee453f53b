//! Making, changing and removing users, so that indexes, groups and bindings stay whole.

use super::World;
use super::user_fields::{Flags, Texts};
use super::users::{AdminRole, Attribute, Directory, NewUser, State, User};
use crate::id::{OrgId, UserId};

impl World {
    /// Makes a user as it is described; nothing is checked and no mail is written.
    pub fn add_user(&mut self, org: OrgId, new: NewUser) -> UserId {
        let id = self.blank_user(org, &new.email, &new.username);
        let attributes = new.attributes.iter().map(|(name, value)| self.new_attribute(name, value)).collect();
        let admin = new.admin_role.map(|role| AdminRole { id: self.new_id(), role_name: role.into() });
        let now_ms = self.now_ms;
        self.edit_user(id, |user| {
            user.firstname = new.firstname.into();
            user.lastname = new.lastname.into();
            user.state = if new.suspended { State::Suspended } else { new.state };
            user.attributes = attributes;
            if let Some(password) = new.password {
                user.set_password(&password, now_ms);
            }
            for (field, text) in new.texts {
                user.texts.set(field, &text);
            }
            for flag in new.flags {
                user.flags.set(flag, true);
            }
            if admin.is_some() || !new.restrictions.is_empty() {
                user.rare_mut().admin = admin;
                user.rare_mut().restrictions = new.restrictions;
            }
        });
        id
    }

    /// Makes a user of whom only the names are known.
    pub(crate) fn blank_user(&mut self, org: OrgId, email: &str, username: &str) -> UserId {
        let id = self.new_id();
        let user = User {
            id,
            organization: org,
            email: email.into(),
            username: username.into(),
            firstname: "".into(),
            lastname: "".into(),
            state: State::Activated,
            password: None,
            password_date: None,
            attributes: Vec::new(),
            created: self.now_ms,
            unix_id: self.next_unix_id(org),
            flags: Flags::default(),
            texts: Texts::default(),
            rare: None,
            groups: super::sorted::SortedIds::default(),
        };
        self.directories.entry(org).or_default().insert(&user);
        self.users.insert(id, user);
        id
    }

    fn next_unix_id(&mut self, org: OrgId) -> u32 {
        let Some(organization) = self.organizations.get_mut(&org) else { return 5001 };
        let id = organization.next_unix_id;
        organization.next_unix_id = id.wrapping_add(1);
        id
    }

    pub(crate) fn new_attribute(&mut self, name: &str, value: &str) -> Attribute {
        Attribute { id: self.new_id(), name: name.into(), value: value.into() }
    }

    /// Changes a user; the indexes and the dynamic groups follow.
    pub(crate) fn edit_user(&mut self, id: UserId, edit: impl FnOnce(&mut User)) {
        let Some(user) = self.users.get_mut(&id) else { return };
        let names = (user.email.clone(), user.username.clone());
        edit(user);
        if (&user.email, &user.username) != (&names.0, &names.1) {
            let directory = self.directories.entry(user.organization).or_default();
            let before = User { email: names.0, username: names.1, ..user.clone() };
            directory.remove(&before);
            directory.insert(user);
        }
        self.user_changed(id);
    }

    /// Removes a user with all that is bound to it.
    pub(crate) fn remove_user(&mut self, id: UserId) -> Option<User> {
        let user = self.users.remove(&id)?;
        if let Some(directory) = self.directories.get_mut(&user.organization) {
            directory.remove(&user);
        }
        for group in user.groups.iter() {
            if let Some(group) = self.groups.get_mut(&group) {
                group.members.remove(id);
            }
        }
        for group in self.groups.values_mut().filter(|group| !group.exemptions.is_empty()) {
            group.exemptions.remove(id);
        }
        for app in self.apps.values_mut() {
            app.users.remove(id);
        }
        for policy in self.policies.values_mut() {
            policy.users.remove(id);
        }
        Some(user)
    }

    /// One user.
    pub fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(&id)
    }

    /// The users of an organisation, in the order of their ids.
    pub fn users(&self, org: OrgId) -> impl Iterator<Item = &User> {
        let ids = self.directories.get(&org).into_iter().flat_map(|directory| directory.ids.iter());
        ids.filter_map(|id| self.users.get(&id))
    }

    /// The user of that e-mail, whatever the case of its letters.
    pub fn user_by_email(&self, org: OrgId, email: &str) -> Option<&User> {
        let id = self.directories.get(&org)?.by_email(email).next()?;
        self.users.get(&id)
    }

    pub(crate) fn directory(&self, org: OrgId) -> Option<&Directory> {
        self.directories.get(&org)
    }
}
