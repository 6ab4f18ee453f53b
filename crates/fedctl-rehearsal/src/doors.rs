//! Who gets in where, and everything that this depends on.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use jumpcloud_sim::{Flag, GroupId, UserId, World};

use crate::stage::Stage;

/// Who gets in where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doors {
    /// Accounts of the secondary organisation that open with their local password.
    pub(crate) local: BTreeSet<UserId>,
    /// Who authenticates at the primary organisation, and whose account opens.
    pub(crate) federated: BTreeSet<(UserId, UserId)>,
    /// Users of the primary organisation who get in there with their password.
    pub(crate) primary: BTreeSet<UserId>,
}

impl Doors {
    /// Everybody on the stage asks to sign in, at every address there is.
    pub(crate) fn of(stage: &Stage) -> Self {
        let (world, secondary) = (&stage.world, stage.secondary);
        let addresses: Vec<&str> = world.users(secondary).map(|user| &*user.email).collect();
        let open = |org| world.users(org).filter(move |user| world.local_sign_in(org, &user.email).is_ok());
        let mut federated = BTreeSet::new();
        for person in world.users(stage.primary) {
            let opened = addresses.iter().filter_map(|address| world.sign_in(secondary, address, person.id).ok());
            federated.extend(opened.map(|account| (person.id, account)));
        }
        Self {
            local: open(secondary).map(|user| user.id).collect(),
            federated,
            primary: open(stage.primary).map(|user| user.id).collect(),
        }
    }
}

/// A hash of everything that a sign-in depends on, whatever ids were given on the way there: two states with one are the
/// same to everybody.
pub(crate) fn facts(stage: &Stage) -> u64 {
    let mut hasher = DefaultHasher::new();
    users(stage, &mut hasher);
    apps(stage, &mut hasher);
    policies(stage, &mut hasher);
    hasher.finish()
}

fn users(stage: &Stage, hasher: &mut DefaultHasher) {
    let world = &stage.world;
    for org in [stage.primary, stage.secondary] {
        let mut users: Vec<_> = world.users(org).collect();
        users.sort_unstable_by_key(|user| &user.email);
        for user in users {
            (&user.email, user.state as u8, user.is_activated()).hash(hasher);
            (user.flag(Flag::AccountLocked), user.flag(Flag::PasswordExpired)).hash(hasher);
            user.password_authority().map(|kind| kind as u8).hash(hasher);
            user.attributes.iter().for_each(|attribute| (&attribute.name, &attribute.value).hash(hasher));
            groups(world, user.groups(), hasher);
        }
    }
}

/// Groups by their names: those that are made have other ids in another order.
fn groups(world: &World, ids: impl Iterator<Item = GroupId>, hasher: &mut DefaultHasher) {
    let mut names: Vec<&str> = ids.filter_map(|id| Some(world.group(id)?.name.as_str())).collect();
    names.sort_unstable();
    names.hash(hasher);
}

fn apps(stage: &Stage, hasher: &mut DefaultHasher) {
    let world = &stage.world;
    let provider = world.provider(stage.secondary);
    (provider.is_some(), provider.map(|provider| &provider.url)).hash(hasher);
    for app in world.apps(stage.primary) {
        (&app.display_label, app.active).hash(hasher);
        groups(world, app.groups(), hasher);
        app.users().for_each(|user| user.to_string().hash(hasher));
        let Some(oidc) = &app.oidc else { continue };
        (&oidc.redirect_uris, &oidc.grant_types, oidc.token_endpoint_auth_method as u8).hash(hasher);
        oidc.dynamic_claims.iter().for_each(|claim| (&claim.name, &claim.value).hash(hasher));
        let secret = oidc.client_secret.as_ref().map(|secret| secret.expose());
        let is_pair = provider.map(|provider| {
            (
                provider.client_id == oidc.client_id,
                secret.is_some_and(|secret| secret == provider.client_secret.expose()),
            )
        });
        is_pair.hash(hasher);
    }
}

fn policies(stage: &Stage, hasher: &mut DefaultHasher) {
    let (world, provider) = (&stage.world, stage.world.provider(stage.secondary).map(|provider| provider.id));
    for policy in world.policies(stage.secondary) {
        (&policy.name, policy.enabled, policy.provider.is_some() && policy.provider == provider).hash(hasher);
        groups(world, policy.groups(), hasher);
        policy.users().for_each(|user| user.to_string().hash(hasher));
    }
}
