//! What the portal asks the world: whose account an address is, which way they go, what opens in the end.

use serde_json::{Map, Value};

use super::pages::{Broken, SignedIn};
use crate::{Hop, Obstacle, OrgId, Organization, Route, User, UserId, World};

/// An account of a secondary organisation.
pub(super) struct Account {
    pub(super) org: OrgId,
    pub(super) organization_name: String,
    pub(super) user: UserId,
    pub(super) name: String,
    pub(super) email: String,
}

impl Account {
    /// The end of a sign-in to this account.
    pub(super) fn signed_in(&self, hops: Vec<String>) -> SignedIn {
        SignedIn {
            organization: self.org.to_string(),
            organization_name: self.organization_name.clone(),
            name: self.name.clone(),
            email: self.email.clone(),
            user_id: self.user.to_string(),
            hops,
        }
    }
}

/// The identity provider that an organisation sends people to; its secret stays in the world until the exchange.
#[derive(Clone)]
pub(super) struct Provider {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) client_id: String,
}

/// Which way somebody goes who typed their address.
pub(super) enum Way {
    /// With the account's own password.
    Local,
    /// Through the organisation's identity provider.
    Provider(Provider),
}

/// Every account that an address may mean: one port serves all organisations.
pub(super) fn accounts(world: &World, email: &str) -> Vec<Account> {
    let found = |org: &Organization| world.user_by_email(org.id, email).map(|user| account(world, user));
    world.organizations().filter(|org| world.is_known_here(org.id)).filter_map(found).collect()
}

/// Which way an organisation sends somebody who typed that address.
pub(super) fn way(world: &World, org: OrgId, email: &str) -> Result<Way, Broken> {
    let provider = match world.route(org, email) {
        Route::Local => return Ok(Way::Local),
        Route::Nobody => return Err(refused(world, org, Hop::AddressUnknown)),
        Route::Provider { provider, policy: _ } => provider,
    };
    match world.provider(org).filter(|known| Some(known.id) == provider) {
        Some(known) => Ok(Way::Provider(Provider {
            name: known.name.clone(),
            url: known.url.clone(),
            client_id: known.client_id.clone(),
        })),
        None => Err(refused(world, org, Hop::ProviderGone)),
    }
}

/// The secret that the provider has at this moment: it may have been changed while the person was away.
pub(super) fn client_secret(world: &World, org: OrgId) -> Result<String, Broken> {
    let provider = world.provider(org).ok_or_else(|| refused(world, org, Hop::ProviderGone))?;
    Ok(provider.client_secret.expose().to_owned())
}

/// Opens an account with its own password; the world tells Insights, whatever comes of it.
pub(super) fn open_locally(world: &mut World, org: OrgId, email: &str, password: &str) -> Result<Account, Hop> {
    let id = world.open_locally(org, email, password)?;
    world.user(id).map(|user| account(world, user)).ok_or(Hop::AddressUnknown)
}

/// Opens the account that the claim of a proved token names; the world tells Insights, whatever comes of it.
pub(super) fn open(world: &mut World, org: OrgId, typed: &str, claim: Option<&str>) -> Result<Account, Broken> {
    let opened = world.open_account(org, typed, claim);
    let found = opened.and_then(|id| world.user(id).ok_or(Hop::ClaimUnknown));
    match found {
        Ok(user) => Ok(account(world, user)),
        Err(hop) => Err(refused(world, org, hop)),
    }
}

/// Who authenticated at the primary, for the list of hops.
pub(super) fn primary(world: &World, claims: &Map<String, Value>) -> Option<String> {
    let id: UserId = claims.get("sub")?.as_str()?.parse().ok()?;
    let account = account(world, world.user(id)?);
    Some(format!("{} authenticated at {} as {}", account.name, account.organization_name, account.email))
}

/// A hop in the words of a page, where the world's are not those that people know.
pub(super) fn phrase(hop: Hop) -> String {
    if is_wrong_password(hop) { "wrong password".to_owned() } else { hop.to_string() }
}

/// Whether another try may help.
pub(super) fn is_wrong_password(hop: Hop) -> bool {
    matches!(hop, Hop::Primary(Obstacle::WrongPassword) | Hop::Account(Obstacle::WrongPassword))
}

/// The end of a sign-in to an organisation that opens no account.
pub(super) fn refused(world: &World, org: OrgId, hop: Hop) -> Broken {
    let message = format!("{} opens no account. {}", organization_name(world, org), advice(hop));
    Broken::at(401, phrase(hop), message)
}

/// What a person can do about a hop at which their sign-in ended, or whom to ask for what.
pub(super) fn advice(hop: Hop) -> &'static str {
    match hop {
        Hop::AddressUnknown => "Look whether the address is typed as it stands in the secondary account.",
        Hop::NotRouted => "Use the password of this account.",
        Hop::Routed => "Start at the portal of this account's own organisation: it leads to the identity provider.",
        Hop::ProviderGone => {
            "An administrator of the secondary organisation has to choose a provider in the routing policy."
        }
        Hop::ProviderElsewhere => "An administrator of the secondary organisation has to correct the provider's url.",
        Hop::ClientUnknown | Hop::ClientAuthMethod | Hop::ClientSecret => {
            "Client id, secret and authentication method of the provider have to be those of the app in the primary organisation."
        }
        Hop::RedirectUri | Hop::GrantType | Hop::AppInactive => {
            "An administrator of the primary organisation has to correct the app."
        }
        Hop::LoginExpired => "Start again: a login page is good for one sign-in and for an hour.",
        Hop::PrimaryUnknown => {
            "Use the address of your primary account, without what the other organisation adds to its end."
        }
        Hop::NoAccess => "An administrator of the primary organisation has to add you to a group of the app.",
        Hop::NoEmailClaim | Hop::ClaimUnknown | Hop::ClaimDiffers => {
            "The custom attribute of your primary account has to be the company email of your secondary account."
        }
        Hop::ClaimNotRouted => {
            "An administrator of the secondary organisation has to add that account to the policy's group."
        }
        Hop::Primary(obstacle) | Hop::Account(obstacle) => remedy(obstacle),
    }
}

fn remedy(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::Gone => "The account was deleted meanwhile: ask an administrator.",
        Obstacle::Staged => "An administrator of its organisation has to activate it.",
        Obstacle::Suspended => "An administrator of its organisation has to lift the suspension.",
        Obstacle::Locked => {
            "An administrator of its organisation has to unlock it, or it unlocks by itself after a time."
        }
        Obstacle::NoPassword => "An administrator of its organisation has to give it a password.",
        Obstacle::PasswordExpired => "Its password has to be changed at its own organisation first.",
        Obstacle::PasswordFederated => "It has no password of its own, and no routing policy leads it to its provider.",
        Obstacle::WrongPassword => "Try again.",
    }
}

fn account(world: &World, user: &User) -> Account {
    let name = format!("{} {}", user.firstname, user.lastname);
    let name = if name.trim().is_empty() { &user.username } else { name.trim() };
    Account {
        org: user.organization,
        organization_name: organization_name(world, user.organization),
        user: user.id,
        name: name.to_owned(),
        email: user.email.to_string(),
    }
}

fn organization_name(world: &World, org: OrgId) -> String {
    world.organization(org).map(|organization| organization.display_name.clone()).unwrap_or_default()
}
