//! A valid spec: everything that has a default has it, and every value is of the kind it says.

use super::name::{AttributeName, CredentialsName, Domain, Email, FederationName, Name, OrganizationId, Username};
use super::template::Template;
use crate::text::path::{FieldPath, Located};

/// What somebody wants of one federation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The name of the federation; it is in every mark.
    pub federation: Located<FederationName>,
    /// The organisation where people authenticate.
    pub primary: Side,
    /// The organisation where people want to sign in.
    pub secondary: Side,
    /// The simulator that plays both organisations; `None` means JumpCloud.
    pub sandbox: Option<Located<Sandbox>>,
    /// Who is federated, and how their accounts are found and made.
    pub people: People,
    /// The OIDC app in the primary organisation.
    pub app: App,
    /// The group in the secondary organisation whose members are routed.
    pub routing_group: RoutingGroup,
    /// The identity provider in the secondary organisation.
    pub identity_provider: IdentityProvider,
    /// The routing policy in the secondary organisation.
    pub routing_policy: RoutingPolicy,
    /// What was made by hand and may be taken over.
    pub adopt: Adopt,
    /// What this spec makes stricter than the operator does.
    pub safety: Safety,
    /// Names this federation had before, whose marks are renamed.
    pub formerly: Vec<Located<FederationName>>,
}

impl Spec {
    /// The name of the managed group in the primary organisation that gives people the app, if the spec needs one:
    /// `<federation> access`.
    pub fn access_group_name(&self) -> String {
        format!("{} access", self.federation)
    }

    /// The names under which marks are this federation's: the one it has, then those it had.
    pub fn names(&self) -> Vec<&str> {
        std::iter::once(&self.federation).chain(&self.formerly).map(|name| name.as_str()).collect()
    }

    /// Whether an object may be taken over.
    pub fn adopts(&self, object: AdoptObject) -> bool {
        self.adopt.objects.iter().any(|one| one.value == object)
    }

    /// The override for a person, if there is one.
    pub fn override_for(&self, person: &Email) -> Option<&Override> {
        self.people.overrides.iter().find(|one| one.person.value == *person)
    }
}

/// One of the two organisations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Its id, which the key must turn out to belong to.
    pub organization: Located<OrganizationId>,
    /// Where it is hosted; default `us`.
    pub region: Located<Region>,
    /// The name of the credentials that open it.
    pub credentials: Located<CredentialsName>,
}

/// Where JumpCloud hosts an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Region {
    /// `console.jumpcloud.com`.
    Us,
    /// The European Union.
    Eu,
    /// India.
    In,
}

/// The simulator's address: `http://`, a loopback literal, a port if there is one, and nothing behind it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sandbox(pub(super) String);

impl Sandbox {
    /// The address without a final slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who is federated, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct People {
    /// Groups of the primary organisation whose effective members are in the population.
    pub groups: Vec<Located<Name>>,
    /// People in the population by their primary e-mail.
    pub emails: Vec<Located<Email>>,
    /// People who are not in the population whatever else says so.
    pub except: Vec<Located<Email>>,
    /// If there is one: only these are federated for now, everybody else is held. Never empty.
    pub pilot: Option<Vec<Located<Email>>>,
    /// Which secondary account a person opens.
    pub mapping: Mapping,
    /// What a created account copies from the primary user; default first, last and display name.
    pub copy: Vec<Located<CopyField>>,
    /// Who holds the password of a federated account.
    pub password_authority: Located<PasswordAuthorityRule>,
    /// What becomes of a created account whose person left; default suspend.
    pub on_leave: Located<OnLeave>,
    /// People whose address or username is not what the templates say.
    pub overrides: Vec<Override>,
}

/// How a person of the primary organisation finds their account in the secondary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The custom attribute on the primary user that holds the secondary address;
    /// default the federation's letters and digits, at most 31.
    pub attribute: Located<AttributeName>,
    /// The secondary address; default `{email}.` and the federation's name, which no mail server can own.
    pub email: Located<Template>,
    /// The secondary username; default `{username}`.
    pub username: Located<Template>,
    /// Domains that belong to the secondary's side, under which addresses may be though they can be registered; default
    /// none. The person's own domain and what is below it, and ends that nobody can register, need no declaration.
    pub domains: Vec<Located<Domain>>,
    /// What a change of the primary address does; default keep.
    pub on_email_change: Located<OnEmailChange>,
}

/// What a change of somebody's primary address does to the secondary one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnEmailChange {
    /// The address given at the first link stays.
    Keep,
    /// The account is renamed.
    Follow,
}

/// A field that a created account takes from the primary user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CopyField {
    /// `firstname`.
    FirstName,
    /// `lastname`.
    LastName,
    /// `displayname`.
    DisplayName,
}

/// Who holds the password of a federated account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PasswordAuthority {
    /// The identity provider: nobody needs a local password.
    Federated,
    /// JumpCloud's own: the account may have a local password.
    None,
    /// Whatever it is stays.
    Keep,
}

/// The password authority by how the account came to be ours; default federated for created and keep for adopted ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PasswordAuthorityRule {
    /// For accounts that fedctl made.
    pub created: PasswordAuthority,
    /// For accounts that it took over.
    pub adopted: PasswordAuthority,
}

/// What becomes of a created account whose person left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnLeave {
    /// It is suspended.
    Suspend,
    /// It is only no longer routed.
    Unroute,
    /// It is suspended, and deleted after so many days.
    Delete {
        /// At least one.
        after_days: u16,
    },
    /// It stays as it is.
    Keep,
}

/// One person whose address or username is not what the templates say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Who, by the primary e-mail.
    pub person: Located<Email>,
    /// The secondary address, if it is another.
    pub email: Option<Located<Email>>,
    /// The secondary username, if it is another.
    pub username: Option<Located<Username>>,
    /// The entry as a whole.
    pub at: FieldPath,
}

/// The OIDC app in the primary organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its label; default `OIDC for ` and the secondary's credentials name.
    pub label: Located<Name>,
    /// Who may reach it; default the source groups.
    pub access: Located<Access>,
    /// Whether it is kept out of the user portal; default yes, since it only answers sign-ins that begin elsewhere.
    pub hidden: Located<bool>,
    /// Which app it is at least, of those that follow each other: a higher number is a new app with a new secret; default 1.
    pub generation: Located<u32>,
}

/// Which groups of the primary organisation give people the app.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Those of `people.from.groups`, and a managed group for people who are named by e-mail.
    SourceGroups,
    /// A managed group with everybody in it.
    Managed,
    /// One group that somebody else keeps.
    Group(Name),
}

/// The group in the secondary organisation whose members are routed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutingGroup {
    /// Its name; default `Federated from ` and the primary's credentials name.
    pub name: Located<Name>,
    /// How people come into it; default managed.
    pub members: Located<RoutingMembers>,
}

/// How people come into the routing group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoutingMembers {
    /// fedctl writes each membership.
    Managed,
    /// A dynamic group on fedctl's own attribute.
    ByMark,
    /// A dynamic group on the end of the address, which captures everybody who has it.
    EmailEndsWith(String),
}

/// The identity provider in the secondary organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityProvider {
    /// Its name; default the primary's credentials name and ` JumpCloud`.
    pub name: Located<Name>,
}

/// The routing policy in the secondary organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutingPolicy {
    /// Its name; default `<primary's credentials name> people sign in at <primary's credentials name>`.
    pub name: Located<Name>,
    /// Whether people are routed; default yes.
    pub enabled: Located<bool>,
}

/// What was made by hand and may be taken over; default nothing.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Adopt {
    /// Objects.
    pub objects: Vec<Located<AdoptObject>>,
    /// People, by their primary e-mail, whose secondary account exists.
    pub people: Vec<Located<Email>>,
}

/// An object that may be taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdoptObject {
    /// `app`.
    App,
    /// `identity-provider`.
    IdentityProvider,
    /// `routing-policy`.
    RoutingPolicy,
    /// `routing-group`.
    RoutingGroup,
}

/// What this spec makes stricter than the operator does; default nothing.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Safety {
    /// Secondary accounts that no plan may take anything from.
    pub protect_secondary: Vec<Located<Email>>,
    /// How many people a plan may take sign-in from.
    pub max_losses: Option<Located<u32>>,
}
