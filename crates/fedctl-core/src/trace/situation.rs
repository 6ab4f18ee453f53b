//! Everything about one person that signing in depends on, as a set of bits.

use crate::address::Org;
use crate::kinds::context::{Found, Terms};
use crate::kinds::oidc_app::{self, CLIENT_AUTHENTICATION};
use crate::live::Live;
use crate::live::users::{State, User};
use crate::object_id::ObjectId;
use crate::people::{self, Person};
use crate::spec::Spec;

macro_rules! hops {
    ($($(#[$doc:meta])* $hop:ident, $name:literal, $whole:literal, $broken:literal, $fix:literal;)*) => {
        /// A hop of the way from the portal of the secondary organisation into an account, in the order of the way.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Hop { $($(#[$doc])* $hop,)* }

        impl Hop {
            /// All hops, in the order of the way.
            pub const ALL: &'static [Hop] = &[$(Hop::$hop),*];

            /// The name of the hop.
            pub fn name(self) -> &'static str {
                match self { $(Hop::$hop => $name,)* }
            }

            /// What is true when it is whole.
            pub fn whole(self) -> &'static str {
                match self { $(Hop::$hop => $whole,)* }
            }

            /// What is the matter when it is broken.
            pub fn broken(self) -> &'static str {
                match self { $(Hop::$hop => $broken,)* }
            }

            /// What to do about it.
            pub fn fix(self) -> &'static str {
                match self { $(Hop::$hop => $fix,)* }
            }
        }
    };
}

hops! {
    /// The account of the secondary organisation is there.
    Account, "account", "they have an account in the secondary organisation",
        "there is no account for them in the secondary organisation", "run `fedctl apply`";
    /// It is in use.
    AccountActive, "account-active", "the account is active",
        "their account in the secondary organisation is not active",
        "activate or unsuspend it in the secondary organisation";
    /// It is not locked.
    AccountUnlocked, "account-unlocked", "the account is not locked",
        "their account in the secondary organisation is locked", "unlock it in the console";
    /// It is in the routing group.
    Routed, "routing-group", "the account is in the routing group",
        "their account is not in the routing group", "run `fedctl apply`, or add it in the console";
    /// The policy applies to the group.
    Assigned, "routing-assignment", "the routing policy applies to the routing group",
        "the routing policy does not apply to the routing group", "run `fedctl apply`";
    /// The policy is on.
    PolicyOn, "routing-policy", "the routing policy is on",
        "the routing policy is off or cannot be read", "`fedctl apply` turns it on the first time; one that somebody switched off, only a person turns on again, in the console";
    /// The policy leads to the identity provider that is there.
    PolicyProvider, "policy-provider", "the routing policy leads to the identity provider",
        "the routing policy leads to another identity provider, or does not say to which", "choose the right one in the console";
    /// The identity provider is ours.
    Provider, "identity-provider", "the identity provider leads to our app",
        "there is no identity provider, or it does not lead to our app", "run `fedctl apply`";
    /// It leads to the issuer of the primary organisation.
    Issuer, "issuer", "the identity provider leads to the issuer of the primary organisation",
        "the identity provider leads to another issuer", "correct its url, or remove it and run `fedctl apply`";
    /// The app is active.
    AppActive, "app-active", "the app in the primary organisation is active",
        "the app in the primary organisation is not active", "activate it in the console";
    /// The app sends people back to the secondary organisation.
    RedirectUri, "redirect-uri", "the app sends people back to the secondary organisation",
        "the app does not know the redirect URI of the secondary organisation",
        "add it to the app in the console";
    /// The app takes the secret in the way it is sent.
    ClientAuthentication, "client-authentication", "the app takes the client secret in the way it is sent",
        "the app expects the client secret in another way",
        "set its client authentication to client_secret_post";
    /// The app has one claim `email`, from our attribute.
    Claim, "claim", "the app's claim `email` is our attribute",
        "the app's claim `email` is not our attribute alone", "correct the attribute mapping of the app";
    /// The person can authenticate at the primary organisation.
    Authenticates, "primary-sign-in", "they can authenticate at the primary organisation",
        "they cannot authenticate at the primary organisation",
        "they need an activated user with a password there";
    /// The person may use the app.
    Reaches, "app-access", "they may use the app",
        "they may not use the app", "run `fedctl apply`, or put them into a group that has the app";
    /// Their attribute is the address of their account.
    Mapping, "user-mapping", "their attribute is the address of their account",
        "their attribute is not the address of their account", "run `fedctl apply`";
    /// Nobody else's attribute is.
    Alone, "alone", "nobody else's attribute is the address of their account",
        "somebody else's attribute is the address of their account", "remove it from the other user";
}

impl Hop {
    /// The hops that bring somebody to the identity provider, by the policy of this federation.
    pub const ROUTING: [Hop; 4] = [Hop::Routed, Hop::Assigned, Hop::PolicyOn, Hop::PolicyProvider];
}

/// Which hops are whole for somebody. Two people in one situation can do the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Situation(u32);

impl Situation {
    /// The situation in which exactly these hops are whole.
    pub fn of(whole: impl IntoIterator<Item = Hop>) -> Self {
        Self(whole.into_iter().fold(0, |bits, hop| bits | 1 << hop as u32))
    }

    /// Whether a hop is whole.
    pub fn is_whole(self, hop: Hop) -> bool {
        self.0 & 1 << hop as u32 != 0
    }

    /// The same, and these hops are whole.
    pub fn with(self, whole: impl IntoIterator<Item = Hop>) -> Self {
        Self(self.0 | Self::of(whole).0)
    }

    /// The first hop that is broken; `None` when the person can sign in, as far as can be known.
    pub fn broken(self) -> Option<Hop> {
        Hop::ALL.iter().copied().find(|hop| !self.is_whole(*hop))
    }
}

/// What is the same for everybody of a federation.
pub(crate) fn shared(spec: &Spec, terms: &Terms, found: &Found<'_>) -> Vec<Hop> {
    let (app, settings) = (found.app.itself(), found.app.settings);
    let policy = found.policy.itself();
    let provider = found.provider.filter(|live| settings.is_some_and(|ours| ours.client_id == live.oidc.client_id));
    let claim = |claims: &[crate::kinds::oidc_app::wire::Claim]| {
        let mut emails = claims.iter().filter(|claim| &*claim.name == "email");
        let only = emails.next().is_some_and(|claim| oidc_app::names_attribute(spec, terms, claim));
        only && emails.next().is_none()
    };
    let slashless = |url: &str| url.trim_end_matches('/').to_owned();
    let hops = [
        (Hop::Assigned, found.policy.is_assigned),
        (Hop::PolicyOn, policy.is_some_and(|policy| policy.enabled == Some(true))),
        (
            Hop::PolicyProvider,
            policy.is_some_and(|policy| {
                policy.provider.is_some() && policy.provider == found.provider.map(|live| live.id)
            }),
        ),
        (Hop::Provider, provider.is_some()),
        (Hop::Issuer, provider.is_some_and(|live| slashless(&live.oidc.url) == slashless(&terms.issuer))),
        (Hop::AppActive, app.is_some_and(|app| app.active != Some(false))),
        (Hop::RedirectUri, settings.is_some_and(|_| found.app.missing_callbacks(terms).is_empty())),
        (
            Hop::ClientAuthentication,
            settings.is_some_and(|settings| &*settings.token_endpoint_auth_method == CLIENT_AUTHENTICATION),
        ),
        (Hop::Claim, settings.is_some_and(|settings| claim(&settings.dynamic_claims))),
    ];
    hops.into_iter().filter_map(|(hop, whole)| whole.then_some(hop)).collect()
}

/// Who has which address in their attribute, of everybody of the primary organisation.
pub(crate) struct Claims<'a>(Vec<(Box<str>, &'a User)>);

impl<'a> Claims<'a> {
    /// Over every primary user that was read.
    pub(crate) fn of(live: &'a Live) -> Self {
        let claims = live.users(Org::Primary).claims();
        let mut claims: Vec<_> = claims.map(|(user, claimed)| (claimed, user)).collect();
        claims.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self(claims)
    }

    /// The e-mails of everybody who has an address but for one user.
    pub(crate) fn others(&self, address: &str, but: ObjectId) -> impl Iterator<Item = &'a str> {
        let from = self.0.partition_point(|(claimed, _)| **claimed < *address);
        let until = self.0.partition_point(|(claimed, _)| **claimed <= *address);
        self.0[from..until].iter().map(|(_, user)| *user).filter(move |user| user.id != but).map(|user| &*user.email)
    }
}

/// The situation of one person. An account that is not adopted opens all the same, where somebody set it up by hand.
pub(crate) fn of(
    live: &Live,
    found: &Found<'_>,
    shared: &[Hop],
    claims: &Claims<'_>,
    person: &Person<'_>,
) -> Situation {
    let is_alone = claims.others(&person.account, person.user.id).next().is_none();
    let own = Own {
        user: Some(person.user),
        account: person.live.or(person.existing),
        address: &person.account,
        reaches: reaches(live, found, person.user),
        is_alone,
    };
    own.situation(found, shared)
}

/// What a situation has that is not the same for everybody.
pub(crate) struct Own<'a> {
    /// The user of the primary organisation.
    pub(crate) user: Option<&'a User>,
    /// The account of the secondary organisation.
    pub(crate) account: Option<&'a User>,
    /// The address that the account has, or will have.
    pub(crate) address: &'a str,
    /// The user may use the app.
    pub(crate) reaches: bool,
    /// Nobody else's attribute names the address.
    pub(crate) is_alone: bool,
}

impl Own<'_> {
    pub(crate) fn situation(&self, found: &Found<'_>, shared: &[Hop]) -> Situation {
        let account = |is: &dyn Fn(&User) -> bool| self.account.is_some_and(is);
        let is_routed = |account: &User| found.routing_group.members.binary_search(&account.id).is_ok();
        let mapping = self.user.and_then(|user| user.mapping.as_deref());
        let is_mapped = |mapping: &str| mapping == self.address || mapping.to_lowercase() == self.address;
        let hops = [
            (Hop::Account, self.account.is_some()),
            (Hop::AccountActive, account(&|account| account.state == State::Activated)),
            (Hop::AccountUnlocked, account(&|account| !account.is_locked)),
            (Hop::Routed, account(&is_routed)),
            (Hop::Authenticates, self.user.is_some_and(|user| people::held(user).is_none())),
            (Hop::Reaches, self.reaches),
            (Hop::Mapping, mapping.is_some_and(is_mapped)),
            (Hop::Alone, self.is_alone),
        ];
        let own = hops.into_iter().filter_map(|(hop, whole)| whole.then_some(hop));
        Situation::of(own.chain(shared.iter().copied()))
    }
}

/// Whether somebody may use the app, by a group or by themselves, whoever gave it to them.
pub(crate) fn reaches(live: &Live, found: &Found<'_>, user: &User) -> bool {
    let is_in = |ids: &Vec<ObjectId>| ids.binary_search(&user.id).is_ok();
    let members = |group: &ObjectId| live.membership.get(&(Org::Primary, *group)).and_then(|known| known.as_ref().ok());
    let alone = || found.app.itself().and_then(|app| live.app_users.get(&app.id)?.as_ref().ok()).is_some_and(is_in);
    found.app.groups.iter().filter_map(members).any(is_in) || alone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_broken_hop_is_named_and_none_when_all_are_whole() {
        assert_eq!(Situation::of(Hop::ALL.iter().copied()).broken(), None);
        for hop in Hop::ALL {
            let others = Hop::ALL.iter().copied().filter(|other| other != hop);
            assert_eq!(Situation::of(others).broken(), Some(*hop));
        }
        assert_eq!(Situation::of([]).broken(), Some(Hop::Account));
    }
}
