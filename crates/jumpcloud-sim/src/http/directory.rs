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
pub(super) fn open_locally(world: &mut World, org: OrgId, email: &str, password: &str) -> Result<Account, Broken> {
    let opened = world.open_locally(org, email, password);
    opened_account(world, org, opened)
}

/// Opens the account that the claim of a proved token names; the world tells Insights, whatever comes of it.
pub(super) fn open(world: &mut World, org: OrgId, typed: &str, claim: Option<&str>) -> Result<Account, Broken> {
    let opened = world.open_account(org, typed, claim);
    opened_account(world, org, opened)
}

/// Who authenticated at the primary, for the list of hops.
pub(super) fn primary(world: &World, claims: &Map<String, Value>) -> Option<String> {
    let id: UserId = claims.get("sub")?.as_str()?.parse().ok()?;
    let account = account(world, world.user(id)?);
    Some(format!("{} authenticated at {} as {}", account.name, account.organization_name, account.email))
}

/// A hop in the words of a page, where the world's are not those that people know.
pub(super) fn phrase(hop: Hop) -> String {
    let wrong = matches!(hop, Hop::Primary(Obstacle::WrongPassword) | Hop::Account(Obstacle::WrongPassword));
    if wrong { "wrong password".to_owned() } else { hop.to_string() }
}

fn opened_account(world: &World, org: OrgId, opened: Result<UserId, Hop>) -> Result<Account, Broken> {
    match opened {
        Ok(id) => match world.user(id) {
            Some(user) => Ok(account(world, user)),
            None => Err(refused(world, org, Hop::ClaimUnknown)),
        },
        Err(hop) => Err(refused(world, org, hop)),
    }
}

fn refused(world: &World, org: OrgId, hop: Hop) -> Broken {
    Broken::at(401, phrase(hop), format!("{} opens no account.", organization_name(world, org)))
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
