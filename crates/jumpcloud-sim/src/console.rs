//! What a person does by hand in the console, for tests: edits past the API, without its checks.

use crate::id::{AppId, GroupId, PolicyId, ProviderId, UserId};
use crate::secret::Secret;
use crate::world::World;
use crate::world::user_fields::Flag;
use crate::world::users::{Restriction, State};

/// Deletes an app, with its client.
pub fn delete_app(world: &mut World, app: AppId) -> bool {
    world.remove_app(app).is_some()
}

/// Deletes an identity provider; policies that name it stay.
pub fn delete_provider(world: &mut World, provider: ProviderId) -> bool {
    world.providers.remove(&provider).is_some()
}

/// Deletes a routing policy.
pub fn delete_policy(world: &mut World, policy: PolicyId) -> bool {
    world.policies.remove(&policy).is_some()
}

/// Deletes a group, with all that is bound to it.
pub fn delete_group(world: &mut World, group: GroupId) -> bool {
    world.remove_group(group).is_some()
}

/// Deletes a user.
pub fn delete_user(world: &mut World, user: UserId) -> bool {
    world.remove_user(user).is_some()
}

/// Switches a routing policy on or off.
pub fn set_policy_enabled(world: &mut World, policy: PolicyId, enabled: bool) -> bool {
    world.policies.get_mut(&policy).map(|policy| policy.enabled = enabled).is_some()
}

/// Points a routing policy at a provider, or at none.
pub fn set_policy_provider(world: &mut World, policy: PolicyId, provider: Option<ProviderId>) -> bool {
    world.policies.get_mut(&policy).map(|policy| policy.provider = provider).is_some()
}

/// Binds a group to a routing policy, or unbinds it.
pub fn set_policy_group(world: &mut World, policy: PolicyId, group: GroupId, bound: bool) -> bool {
    let Some(policy) = world.policies.get_mut(&policy) else { return false };
    if bound { policy.groups.insert(group) } else { policy.groups.remove(group) }
}

/// Activates an app, or deactivates it.
pub fn set_app_active(world: &mut World, app: AppId, active: bool) -> bool {
    world.apps.get_mut(&app).map(|app| app.active = active).is_some()
}

/// Changes the label of an app.
pub fn rename_app(world: &mut World, app: AppId, label: &str) -> bool {
    world.apps.get_mut(&app).map(|app| label.clone_into(&mut app.display_label)).is_some()
}

/// Binds a group to an app, or unbinds it.
pub fn set_app_group(world: &mut World, app: AppId, group: GroupId, bound: bool) -> bool {
    let Some(app) = world.apps.get_mut(&app) else { return false };
    if bound { app.groups.insert(group) } else { app.groups.remove(group) }
}

/// Gives an app's client a new secret, which the person sees; whether it gets a new id too is a setting.
pub fn rotate_secret(world: &mut World, app: AppId) -> Option<Secret> {
    let secret = world.dice().client_secret();
    let new_id = (!world.settings.rotation_keeps_client_id).then(|| world.dice().uuid());
    let oidc = world.apps.get_mut(&app)?.oidc.as_mut()?;
    oidc.client_secret = Some(secret.clone());
    if let Some(new_id) = new_id {
        world.clients.remove(&oidc.client_id);
        world.clients.insert(new_id.clone(), app);
        oidc.client_id = new_id;
    }
    Some(secret)
}

/// Writes a secret into the identity provider.
pub fn set_provider_secret(world: &mut World, provider: ProviderId, secret: &str) -> bool {
    world.providers.get_mut(&provider).map(|provider| provider.client_secret = Secret::new(secret)).is_some()
}

/// Suspends a user, or takes that back.
pub fn suspend_user(world: &mut World, user: UserId, suspended: bool) -> bool {
    edit(world, user, |user| user.state = if suspended { State::Suspended } else { State::Activated })
}

/// Locks an account, or unlocks it.
pub fn lock_user(world: &mut World, user: UserId, locked: bool) -> bool {
    edit(world, user, |user| user.flags.set(Flag::AccountLocked, locked))
}

/// Changes somebody's company e-mail.
pub fn set_email(world: &mut World, user: UserId, email: &str) -> bool {
    edit(world, user, |user| user.email = email.into())
}

/// Sets a custom attribute, or with `None` removes it.
pub fn set_attribute(world: &mut World, user: UserId, name: &str, value: Option<&str>) -> bool {
    let attribute = value.map(|value| world.new_attribute(name, value));
    edit(world, user, |user| {
        user.attributes.retain(|attribute| &*attribute.name != name);
        user.attributes.extend(attribute);
    })
}

/// Sets a password, or with `None` takes it away.
pub fn set_password(world: &mut World, user: UserId, password: Option<&str>) -> bool {
    let now_ms = world.now_ms;
    edit(world, user, |user| match password {
        Some(password) => user.set_password(password, now_ms),
        None => (user.password, user.password_date) = (None, None),
    })
}

/// Says who owns which fields of a user.
pub fn set_restrictions(world: &mut World, user: UserId, restrictions: Vec<Restriction>) -> bool {
    edit(world, user, |user| user.rare_mut().restrictions = restrictions)
}

/// Renames a group; its `ldapGroups` stay as they were \[observed\].
pub fn rename_group(world: &mut World, group: GroupId, name: &str) -> bool {
    let is_there = world.group(group).is_some();
    world.edit_group(group, |group| name.clone_into(&mut group.name));
    is_there
}

/// Changes the description of a group.
pub fn describe_group(world: &mut World, group: GroupId, description: &str) -> bool {
    let is_there = world.group(group).is_some();
    world.edit_group(group, |group| description.clone_into(&mut group.description));
    is_there
}

/// Adds somebody to a group.
pub fn add_member(world: &mut World, group: GroupId, user: UserId) -> bool {
    world.set_member(group, user, true)
}

/// Removes somebody from a group.
pub fn remove_member(world: &mut World, group: GroupId, user: UserId) -> bool {
    world.set_member(group, user, false)
}

fn edit(world: &mut World, user: UserId, edit: impl FnOnce(&mut crate::User)) -> bool {
    let is_there = world.user(user).is_some();
    world.edit_user(user, edit);
    is_there
}
