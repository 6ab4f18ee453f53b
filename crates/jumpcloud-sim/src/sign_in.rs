//! Signing in, hop by hop. The questions asked here and the flow over HTTP go through the same functions.

use std::fmt;

use serde_json::Value;

use crate::id::{AppId, OrgId, PolicyId, ProviderId, UserId};
use crate::settings::Reach;
use crate::world::World;
use crate::world::apps::{App, ClientAuth};
use crate::world::events::EventKind;
use crate::world::groups::Group;
use crate::world::organizations::Region;
use crate::world::providers::Provider;
use crate::world::user_fields::Flag;
use crate::world::users::{RestrictionKind, State, User};

/// Where the portal of the US is \[doc: how-to\].
const US_LOGIN: &str = "login.jumpcloud.com";

/// Where somebody is sent who typed an address at a portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// To their local password.
    Local,
    /// To the identity provider.
    Provider {
        /// The policy that sends them; none, if a setting lets a provider without policy route.
        policy: Option<PolicyId>,
        /// The provider; none, if the policy names none or one that is gone.
        provider: Option<ProviderId>,
    },
    /// Nowhere: no user has that address.
    Nobody,
}

/// What is wrong with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// It is not there any more.
    Gone,
    /// It was never activated.
    Staged,
    /// It is suspended.
    Suspended,
    /// It is locked.
    Locked,
    /// It never got a password.
    NoPassword,
    /// Its password has expired.
    PasswordExpired,
    /// Its password belongs to the identity provider.
    PasswordFederated,
    /// That is not its password.
    WrongPassword,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Obstacle::Gone => "is gone",
            Obstacle::Staged => "was never activated",
            Obstacle::Suspended => "is suspended",
            Obstacle::Locked => "is locked",
            Obstacle::NoPassword => "has no password",
            Obstacle::PasswordExpired => "has an expired password",
            Obstacle::PasswordFederated => "has its password at the identity provider",
            Obstacle::WrongPassword => "has another password",
        })
    }
}

/// The hop of a sign-in at which it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Hop {
    /// Nobody in the organisation has the typed address.
    #[error("nobody in this organisation has that address")]
    AddressUnknown,
    /// No enabled policy routes the typed address: it takes the local password.
    #[error("no enabled routing policy routes that address")]
    NotRouted,
    /// A policy routes the address: the local password is not asked for.
    #[error("that address is routed to the identity provider")]
    Routed,
    /// The policy names an identity provider that is not there.
    #[error("the routing policy names an identity provider that is not there")]
    ProviderGone,
    /// The identity provider is not this issuer.
    #[error("the identity provider points to another issuer")]
    ProviderElsewhere,
    /// The issuer does not know the client id.
    #[error("the issuer knows no client of that id")]
    ClientUnknown,
    /// The portal's callback is not among the app's redirect URIs.
    #[error("the redirect URI is not registered with the app")]
    RedirectUri,
    /// The app is not active.
    #[error("the app is not active")]
    AppInactive,
    /// The app does not have the grant type that a sign-in uses.
    #[error("the app does not allow authorization codes")]
    GrantType,
    /// The login page is not open any more.
    #[error("the login page has expired")]
    LoginExpired,
    /// The app's organisation has no such user.
    #[error("the primary organisation has no such user")]
    PrimaryUnknown,
    /// The person cannot authenticate at the primary.
    #[error("the primary account {0}")]
    Primary(Obstacle),
    /// The person is in no group of the app.
    #[error("the primary account has no access to the app")]
    NoAccess,
    /// The client is registered with another way to prove itself.
    #[error("the client authenticates in another way than the app has registered")]
    ClientAuthMethod,
    /// The secret of the identity provider is not the app's.
    #[error("the client secret is wrong")]
    ClientSecret,
    /// The token does not say an e-mail address.
    #[error("the token has no e-mail claim")]
    NoEmailClaim,
    /// Nobody has the address that the token says.
    #[error("nobody in the secondary organisation has the address of the token")]
    ClaimUnknown,
    /// The token says another address than the one typed.
    #[error("the token has another address than the one typed")]
    ClaimDiffers,
    /// The account of the token is not routed itself.
    #[error("the account of the token is not routed to the identity provider")]
    ClaimNotRouted,
    /// The account to open cannot be used.
    #[error("the account {0}")]
    Account(Obstacle),
}

impl World {
    /// Where the portal of an organisation sends somebody who types that address.
    pub fn route(&self, org: OrgId, email: &str) -> Route {
        let Some(user) = self.user_by_email(org, email) else { return Route::Nobody };
        let policies: Vec<_> = self.policies(org).collect();
        if policies.is_empty() && self.settings.provider_without_policy == Reach::Everybody {
            return match self.provider(org) {
                Some(provider) => Route::Provider { policy: None, provider: Some(provider.id) },
                None => Route::Local,
            };
        }
        let routes = |policy: &&&crate::Policy| {
            let open = policy.groups.is_empty() && policy.users.is_empty();
            let everybody = open && self.settings.policy_without_groups == Reach::Everybody;
            policy.enabled
                && (everybody
                    || policy.users.contains(user.id)
                    || policy.groups().any(|group| user.groups.contains(group)))
        };
        match policies.iter().find(routes) {
            Some(policy) => {
                let provider = policy.provider.filter(|provider| self.providers.contains_key(provider));
                Route::Provider { policy: Some(policy.id), provider }
            }
            None => Route::Local,
        }
    }

    /// Whose account of `org` opens when that address is typed and the person then authenticates at the primary as
    /// `primary_user`. An address that is not routed takes the local password: [`World::local_sign_in`].
    pub fn sign_in(&self, org: OrgId, email: &str, primary_user: UserId) -> Result<UserId, Hop> {
        let (provider, app) = self.let_through(org, email, primary_user)?;
        // The federation's client proves itself in the form, as the help page has the app registered [doc].
        self.prove_client(&provider.client_id, ClientAuth::Post, provider.client_secret.expose())?;
        let claims = self.claims(app, primary_user);
        self.account_of(org, email, self.claimed_email(|name| claims.get(name)))
    }

    /// The e-mail address that a token says, as far as the portal believes it.
    pub(crate) fn claimed_email<'a>(&self, claim: impl Fn(&str) -> Option<&'a Value>) -> Option<&'a str> {
        let verified = || claim("email_verified").is_some_and(|verified| *verified == true || *verified == "true");
        let believed = !self.settings.verified_email_required || verified();
        claim("email").filter(|_| believed)?.as_str()
    }

    /// Where the portal of an organisation expects people back: the callback, on the host of its region.
    pub fn callback_of(&self, org: OrgId) -> String {
        let host = match self.organization(org).map(|organization| organization.region) {
            Some(Region::Eu) => "login.eu.jumpcloud.com",
            Some(Region::In) => "login.in.jumpcloud.com",
            Some(Region::Us) | None => US_LOGIN,
        };
        let regional = if self.settings.regional_callback { host } else { US_LOGIN };
        self.login_callback().replacen(US_LOGIN, regional, 1)
    }

    /// Signs in as [`World::sign_in`] says, and tells Insights: the primary organisation of whom it let through, the other of
    /// what came of it.
    pub fn sign_in_and_tell(&mut self, org: OrgId, email: &str, primary_user: UserId) -> Result<UserId, Hop> {
        let verdict = self.sign_in(org, email, primary_user);
        if let Ok((_, app)) = self.let_through(org, email, primary_user) {
            self.record_sso(primary_user, app.id);
            self.record_attempt(org, email, false, verdict);
        }
        verdict
    }

    /// The provider and the app of a sign-in in which the primary organisation lets the person through.
    fn let_through(&self, org: OrgId, email: &str, primary_user: UserId) -> Result<(&Provider, &App), Hop> {
        let provider = match self.route(org, email) {
            Route::Nobody => return Err(Hop::AddressUnknown),
            Route::Local => return Err(Hop::NotRouted),
            Route::Provider { provider, .. } => {
                provider.and_then(|id| self.providers.get(&id)).ok_or(Hop::ProviderGone)?
            }
        };
        if provider.url.trim_end_matches('/') != self.issuer().trim_end_matches('/') {
            return Err(Hop::ProviderElsewhere);
        }
        let app = self.may_authorize(&provider.client_id, &self.callback_of(org))?;
        let primary = self.user(primary_user).filter(|user| user.organization == app.organization);
        self.can_authenticate(primary.ok_or(Hop::PrimaryUnknown)?).map_err(Hop::Primary)?;
        self.may_use(app.id, primary_user)?;
        Ok((provider, app))
    }

    /// Whose account of `org` opens when that address is typed and the local password is given.
    pub fn local_sign_in(&self, org: OrgId, email: &str) -> Result<UserId, Hop> {
        match self.route(org, email) {
            Route::Nobody => Err(Hop::AddressUnknown),
            Route::Provider { .. } => Err(Hop::Routed),
            Route::Local => {
                let user = self.user_by_email(org, email).ok_or(Hop::AddressUnknown)?;
                self.usable_password(user).map_err(Hop::Account)?;
                Ok(user.id)
            }
        }
    }

    /// Opens an account with its local password, and tells Insights.
    pub fn open_locally(&mut self, org: OrgId, email: &str, password: &str) -> Result<UserId, Hop> {
        let verdict = self.local_sign_in(org, email).and_then(|user| {
            self.check_password(user, password).map_err(Hop::Account)?;
            Ok(user)
        });
        self.record_attempt(org, email, true, verdict);
        verdict
    }

    /// Opens the account that the e-mail claim of a token names, and tells Insights. Proving the token is the face's.
    pub fn open_account(&mut self, org: OrgId, typed: &str, email_claim: Option<&str>) -> Result<UserId, Hop> {
        let verdict = self.account_of(org, typed, email_claim);
        self.record_attempt(org, typed, false, verdict);
        verdict
    }

    /// Tells Insights of a sign-in that ended when the code was to be exchanged. That it shows is \[inferred\]: the address was
    /// typed, so it is known whose it was.
    pub fn fail_exchange(&mut self, org: OrgId, typed: &str) {
        self.record_attempt(org, typed, false, Err(Hop::ClientSecret));
    }

    /// Tells Insights that somebody signed in to an app.
    pub(crate) fn record_sso(&mut self, user: UserId, app: AppId) {
        if let Some(kind) = self.app(app).map(EventKind::sso_auth).filter(|_| self.settings.oidc_sign_ins_told) {
            self.record(user, kind);
        }
    }

    fn record_attempt(&mut self, org: OrgId, typed: &str, password: bool, verdict: Result<UserId, Hop>) {
        if !password && !self.settings.federated_sign_ins_told {
            return;
        }
        let typed = || self.user_by_email(org, typed).map(|user| user.id);
        let (user, error) = match verdict {
            Ok(user) => (Some(user), None),
            Err(hop) => (typed(), Some(hop.to_string())),
        };
        if let Some(user) = user {
            let password = password || self.settings.federated_password_shown;
            self.record(user, EventKind::UserLoginAttempt { success: error.is_none(), password, error });
        }
    }

    /// Whether the issuer would show its login page to that client.
    pub(crate) fn may_authorize(&self, client_id: &str, redirect_uri: &str) -> Result<&App, Hop> {
        let (app, oidc) = self.client(client_id).ok_or(Hop::ClientUnknown)?;
        if !oidc.redirect_uris.iter().any(|known| known == redirect_uri) {
            return Err(Hop::RedirectUri);
        }
        if !oidc.grant_types.iter().any(|grant| grant == "authorization_code") {
            return Err(Hop::GrantType);
        }
        if app.active { Ok(app) } else { Err(Hop::AppInactive) }
    }

    /// Whether somebody may use an app: bound themselves, or in a bound group \[doc\].
    pub(crate) fn may_use(&self, app: AppId, user: UserId) -> Result<(), Hop> {
        let app = self.app(app).ok_or(Hop::ClientUnknown)?;
        let grouped = || app.groups().filter_map(|group| self.group(group)).any(|group: &Group| group.has_member(user));
        if app.users.contains(user) || grouped() { Ok(()) } else { Err(Hop::NoAccess) }
    }

    /// Whether somebody can authenticate at their own organisation by whatever means it has.
    fn can_authenticate(&self, user: &User) -> Result<(), Obstacle> {
        usable(user)?;
        let elsewhere =
            matches!(user.password_authority(), Some(RestrictionKind::ActiveDirectory | RestrictionKind::Scim));
        let routed = matches!(self.route(user.organization, &user.email), Route::Provider { .. });
        // With a password that is kept elsewhere, this world cannot know better than that it is known there.
        if elsewhere || routed { Ok(()) } else { self.usable_password(user) }
    }

    /// Whether the account has a password that could be typed.
    pub(crate) fn usable_password(&self, user: &User) -> Result<(), Obstacle> {
        usable(user)?;
        let federated = user.password_authority() == Some(RestrictionKind::FederatedIdentityProvider);
        if federated && !self.settings.federated_password_usable {
            return Err(Obstacle::PasswordFederated);
        }
        if user.password.is_none() {
            return Err(Obstacle::NoPassword);
        }
        if user.flag(Flag::PasswordExpired) { Err(Obstacle::PasswordExpired) } else { Ok(()) }
    }

    /// The account that an e-mail claim opens.
    fn account_of(&self, org: OrgId, typed: &str, claim: Option<&str>) -> Result<UserId, Hop> {
        let claim = claim.filter(|claim| !claim.is_empty()).ok_or(Hop::NoEmailClaim)?;
        let account = self.user_by_email(org, claim).ok_or(Hop::ClaimUnknown)?;
        if self.settings.email_case_sensitive && *account.email != *claim {
            return Err(Hop::ClaimUnknown);
        }
        if self.settings.typed_email_must_match && !account.email.eq_ignore_ascii_case(typed) {
            return Err(Hop::ClaimDiffers);
        }
        let routed = || matches!(self.route(org, &account.email), Route::Provider { .. });
        if self.settings.account_must_be_routed && !routed() {
            return Err(Hop::ClaimNotRouted);
        }
        usable(account).map_err(Hop::Account)?;
        Ok(account.id)
    }
}

/// Whether the account may be used at all.
fn usable(user: &User) -> Result<(), Obstacle> {
    match user.state {
        State::Staged => Err(Obstacle::Staged),
        State::Suspended => Err(Obstacle::Suspended),
        State::Activated if user.flag(Flag::AccountLocked) => Err(Obstacle::Locked),
        State::Activated => Ok(()),
    }
}
