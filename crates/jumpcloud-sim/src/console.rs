//! What a person does by hand in the console, for tests: edits past the API, without its checks. Insights tells of them as
//! of any administrator's; whoever works here is another one than those who own keys. [`Edit`] has the same by name.

mod edit;

use serde_json::{Value, json};

pub use edit::{Described, Edit};

use crate::id::{AppId, GroupId, ObjectId, OrgId, PolicyId, ProviderId, UserId};
use crate::secret::Secret;
use crate::world::World;
use crate::world::apps::{App, ClientAuth, DynamicClaim, OidcSettings};
use crate::world::events::{Change, EventKind, Initiator, Resource};
use crate::world::groups::{Group, Membership};
use crate::world::policies::Policy;
use crate::world::rules::Rule;
use crate::world::user_fields::Flag;
use crate::world::users::{AdminRole, Restriction, State, User};

/// The address of the administrator who does all this.
pub const ADMINISTRATOR: &str = "console.admin@example.com";

/// Deletes an app, with its client.
pub fn delete_app(world: &mut World, app: AppId) -> bool {
    let Some(app) = world.remove_app(app) else { return false };
    tell(world, app.organization, Change::ApplicationDelete, Resource::from(&app))
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
    let Some(group) = world.remove_group(group) else { return false };
    tell(world, group.organization, Change::GroupDelete, Resource::from(&group))
}

/// Deletes a user.
pub fn delete_user(world: &mut World, user: UserId) -> bool {
    let Some(user) = world.remove_user(user) else { return false };
    tell(world, user.organization, Change::UserDelete, Resource::from(&user))
}

/// Switches a routing policy on or off.
pub fn set_policy_enabled(world: &mut World, policy: PolicyId, enabled: bool) -> bool {
    edit_policy(world, policy, |policy| policy.enabled = enabled)
}

/// Points a routing policy at a provider, or at none.
pub fn set_policy_provider(world: &mut World, policy: PolicyId, provider: Option<ProviderId>) -> bool {
    edit_policy(world, policy, |policy| policy.provider = provider)
}

/// Changes the name of a routing policy.
pub fn rename_policy(world: &mut World, policy: PolicyId, name: &str) -> bool {
    edit_policy(world, policy, |policy| name.clone_into(&mut policy.name))
}

/// Changes the description of a routing policy.
pub fn describe_policy(world: &mut World, policy: PolicyId, description: &str) -> bool {
    edit_policy(world, policy, |policy| description.clone_into(&mut policy.description))
}

/// Binds a group to a routing policy, or unbinds it.
pub fn set_policy_group(world: &mut World, policy: PolicyId, group: GroupId, bound: bool) -> bool {
    let Some(found) = world.policies.get_mut(&policy) else { return false };
    let done = if bound { found.groups.insert(group) } else { found.groups.remove(group) };
    let (org, from) = (found.organization, Resource::from(&*found));
    if let Some(to) = world.group(group).map(Resource::from).filter(|_| done) {
        tell_association(world, org, bound, from, to);
    }
    done
}

/// Activates an app, or deactivates it.
pub fn set_app_active(world: &mut World, app: AppId, active: bool) -> bool {
    edit_app(world, app, |app| app.active = active)
}

/// Changes the label of an app.
pub fn rename_app(world: &mut World, app: AppId, label: &str) -> bool {
    edit_app(world, app, |app| label.clone_into(&mut app.display_label))
}

/// Shows an app in the portals of its people, or hides it.
pub fn set_app_hidden(world: &mut World, app: AppId, hidden: bool) -> bool {
    edit_app(world, app, |app| app.hidden = hidden)
}

/// Changes the description of an app.
pub fn describe_app(world: &mut World, app: AppId, description: &str) -> bool {
    edit_app(world, app, |app| description.clone_into(&mut app.description))
}

/// Changes where an app's client may send people back to.
pub fn set_redirect_uris(world: &mut World, app: AppId, uris: &[&str]) -> bool {
    edit_client(world, app, |oidc| oidc.redirect_uris = uris.iter().map(|uri| (*uri).to_owned()).collect())
}

/// Changes the claims of an app's tokens: names, and the attributes they are taken from.
pub fn set_claims(world: &mut World, app: AppId, claims: &[(&str, &str)]) -> bool {
    let claim = |(name, value): &(&str, &str)| DynamicClaim { name: (*name).to_owned(), value: (*value).to_owned() };
    edit_client(world, app, |oidc| oidc.dynamic_claims = claims.iter().map(claim).collect())
}

/// Changes how an app's client has to prove itself.
pub fn set_client_auth(world: &mut World, app: AppId, method: ClientAuth) -> bool {
    edit_client(world, app, |oidc| oidc.token_endpoint_auth_method = method)
}

/// Has a group give its members a custom attribute.
pub fn set_group_attribute(world: &mut World, group: GroupId, name: &str, value: &str) -> bool {
    edit_group(world, group, |group| {
        let all = group.attributes.get_or_insert_default().entry("customAttributes").or_insert_with(|| json!([]));
        if let Some(all) = all.as_array_mut() {
            all.retain(|entry| entry["name"] != name);
            all.push(json!({"name": name, "value": value}));
        }
    })
}

/// Binds a group to an app, or unbinds it.
pub fn set_app_group(world: &mut World, app: AppId, group: GroupId, bound: bool) -> bool {
    let Some(found) = world.apps.get_mut(&app) else { return false };
    let done = if bound { found.groups.insert(group) } else { found.groups.remove(group) };
    let (org, from) = (found.organization, Resource::from(&*found));
    if let Some(to) = world.group(group).map(Resource::from).filter(|_| done) {
        tell_association(world, org, bound, from, to);
    }
    done
}

/// Makes an app once more, as who clicks through the form a second time: label and settings are the same, the client is
/// another, and no group is bound to it. The person sees its secret.
pub fn repeat_app(world: &mut World, app: AppId) -> Option<(AppId, Option<Secret>)> {
    let first = world.app(app)?.clone();
    let id = world.add_app(first.organization, &first.name, &first.display_label);
    let secret = first.oidc.and_then(|settings| world.configure_app(id, settings));
    edit_app(world, id, |app| {
        (app.active, app.hidden, app.description) = (first.active, first.hidden, first.description);
    });
    Some((id, secret))
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
    edit_app(world, app, |_| ());
    Some(secret)
}

/// Writes a secret into the identity provider.
pub fn set_provider_secret(world: &mut World, provider: ProviderId, secret: &str) -> bool {
    world.providers.get_mut(&provider).map(|provider| provider.client_secret = Secret::new(secret)).is_some()
}

/// Changes the name of an identity provider.
pub fn rename_provider(world: &mut World, provider: ProviderId, name: &str) -> bool {
    world.providers.get_mut(&provider).map(|provider| name.clone_into(&mut provider.name)).is_some()
}

/// Has an identity provider lead somewhere else: to another issuer, to another client of it.
pub fn point_provider(world: &mut World, provider: ProviderId, url: &str, client_id: &str) -> bool {
    let Some(provider) = world.providers.get_mut(&provider) else { return false };
    url.clone_into(&mut provider.url);
    client_id.clone_into(&mut provider.client_id);
    true
}

/// Suspends a user, or takes that back.
pub fn suspend_user(world: &mut World, user: UserId, suspended: bool) -> bool {
    let (state, what) =
        if suspended { (State::Suspended, Change::UserSuspended) } else { (State::Activated, Change::UserUnsuspended) };
    edit_user(world, user, what, |user| user.state = state)
}

/// Locks an account, or unlocks it.
pub fn lock_user(world: &mut World, user: UserId, locked: bool) -> bool {
    let what = if locked { Change::UserLockout } else { Change::UserUnlocked };
    edit_user(world, user, what, |user| user.flags.set(Flag::AccountLocked, locked))
}

/// Changes somebody's company e-mail.
pub fn set_email(world: &mut World, user: UserId, email: &str) -> bool {
    edit_user(world, user, Change::UserUpdate, |user| user.email = email.into())
}

/// Changes somebody's username.
pub fn set_username(world: &mut World, user: UserId, username: &str) -> bool {
    edit_user(world, user, Change::UserUpdate, |user| user.username = username.into())
}

/// Changes somebody's first and last name.
pub fn set_name(world: &mut World, user: UserId, first: &str, last: &str) -> bool {
    edit_user(world, user, Change::UserUpdate, |user| (user.firstname, user.lastname) = (first.into(), last.into()))
}

/// Sets a custom attribute, or with `None` removes it.
pub fn set_attribute(world: &mut World, user: UserId, name: &str, value: Option<&str>) -> bool {
    let attribute = value.map(|value| world.new_attribute(name, value));
    edit_user(world, user, Change::UserUpdate, |user| {
        user.attributes.retain(|attribute| &*attribute.name != name);
        user.attributes.extend(attribute);
    })
}

/// Sets a password, or with `None` takes it away.
pub fn set_password(world: &mut World, user: UserId, password: Option<&str>) -> bool {
    let now_ms = world.now_ms;
    edit_user(world, user, Change::UserPasswordChange, |user| match password {
        Some(password) => user.set_password(password, now_ms),
        None => (user.password, user.password_date) = (None, None),
    })
}

/// Says who owns which fields of a user.
pub fn set_restrictions(world: &mut World, user: UserId, restrictions: Vec<Restriction>) -> bool {
    edit_user(world, user, Change::UserUpdate, |user| user.rare_mut().restrictions = restrictions)
}

/// Makes a user an administrator with a role, or with `None` takes that back.
pub fn set_admin(world: &mut World, user: UserId, role: Option<&str>) -> bool {
    let admin = role.map(|role| AdminRole { id: world.new_id(), role_name: role.into() });
    let what = if admin.is_some() { Change::AdminCreate } else { Change::AdminDelete };
    edit_user(world, user, what, |user| user.rare_mut().admin = admin)
}

/// Renames a group; its `ldapGroups` stay as they were \[observed\].
pub fn rename_group(world: &mut World, group: GroupId, name: &str) -> bool {
    edit_group(world, group, |group| name.clone_into(&mut group.name))
}

/// Changes the description of a group.
pub fn describe_group(world: &mut World, group: GroupId, description: &str) -> bool {
    edit_group(world, group, |group| description.clone_into(&mut group.description))
}

/// Changes how a group comes by its members. One that turns static keeps its rule, without effect, and its members; one
/// that turns dynamic takes whom its rule takes \[observed\].
pub fn set_membership(world: &mut World, group: GroupId, membership: Membership) -> bool {
    edit_group(world, group, |group| group.membership = membership)
}

/// Writes the rule of a group, of any generation, or with `Value::Null` takes it away; nothing if it is no rule.
pub fn set_rule(world: &mut World, group: GroupId, rule: &Value) -> bool {
    let Ok(rule) = (if rule.is_null() { Ok(None) } else { Rule::parse(rule).map(Some) }) else { return false };
    edit_group(world, group, |group| group.rule = rule)
}

/// Adds somebody to a group.
pub fn add_member(world: &mut World, group: GroupId, user: UserId) -> bool {
    set_member(world, group, user, true)
}

/// Removes somebody from a group.
pub fn remove_member(world: &mut World, group: GroupId, user: UserId) -> bool {
    set_member(world, group, user, false)
}

fn set_member(world: &mut World, group: GroupId, user: UserId, member: bool) -> bool {
    let done = world.set_member(group, user, member);
    let ends = world.group(group).zip(world.user(user)).filter(|_| done);
    if let Some((group, user)) = ends {
        let (org, from, to) = (group.organization, Resource::from(group), Resource::from(user));
        tell_association(world, org, member, from, to);
    }
    done
}

fn edit_app(world: &mut World, app: AppId, edit: impl FnOnce(&mut App)) -> bool {
    let Some(app) = world.apps.get_mut(&app) else { return false };
    edit(app);
    let (org, resource) = (app.organization, Resource::from(&*app));
    tell(world, org, Change::ApplicationUpdate, resource)
}

fn edit_client(world: &mut World, app: AppId, edit: impl FnOnce(&mut OidcSettings)) -> bool {
    let has_client = world.app(app).is_some_and(|app| app.oidc.is_some());
    has_client
        && edit_app(world, app, |app| {
            if let Some(oidc) = &mut app.oidc {
                edit(oidc);
            }
        })
}

fn edit_group(world: &mut World, group: GroupId, edit: impl FnOnce(&mut Group)) -> bool {
    world.edit_group(group, edit);
    let Some(group) = world.group(group) else { return false };
    let (org, resource) = (group.organization, Resource::from(group));
    tell(world, org, Change::GroupUpdate, resource)
}

fn edit_user(world: &mut World, user: UserId, what: Change, edit: impl FnOnce(&mut User)) -> bool {
    world.edit_user(user, edit);
    let Some(user) = world.user(user) else { return false };
    let (org, resource) = (user.organization, Resource::from(user));
    tell(world, org, what, resource)
}

/// Nothing is published about events of policies, so nothing is told of this.
fn edit_policy(world: &mut World, policy: PolicyId, edit: impl FnOnce(&mut Policy)) -> bool {
    world.policies.get_mut(&policy).map(edit).is_some()
}

/// Always true, for those who end with it.
fn tell(world: &mut World, org: OrgId, what: Change, resource: Resource) -> bool {
    world.record_change(org, &administrator(), what, resource);
    true
}

fn tell_association(world: &mut World, org: OrgId, added: bool, from: Resource, to: Resource) {
    world.remember(org, administrator(), EventKind::AssociationChange { added, from, to });
}

/// The same in every world: no id is taken from those of its objects.
fn administrator() -> Initiator {
    let id = ObjectId::assemble(0x5f00_0000, u32::from_be_bytes(*b"cons"), 1);
    Initiator::Admin { id, email: ADMINISTRATOR.to_owned(), by_key: false }
}
