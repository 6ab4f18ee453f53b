//! How every object is called in plans, reports and logs: `organisation/kind/name`.

use std::fmt;
use std::sync::Arc;

/// One of the two organisations of a federation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Org {
    /// Where people authenticate: the identity provider side.
    Primary,
    /// Where they want to sign in: the relying party side.
    Secondary,
}

impl Org {
    /// Both, in the order in which everything lists them.
    pub const BOTH: [Org; 2] = [Org::Primary, Org::Secondary];

    /// The word used in addresses and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Org::Primary => "primary",
            Org::Secondary => "secondary",
        }
    }

    /// Position in tables that hold one entry per organisation.
    pub fn index(self) -> usize {
        match self {
            Org::Primary => 0,
            Org::Secondary => 1,
        }
    }
}

impl fmt::Display for Org {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A kind of object. The folder `kinds` has one module for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The account of a person in the secondary organisation.
    User,
    /// The custom attribute of a primary user that says which secondary account opens.
    UserMapping,
    /// A user group: routing group (secondary), access group (primary).
    UserGroup,
    /// One membership of one user in one group.
    GroupMember,
    /// The custom OIDC app of the primary organisation.
    OidcApp,
    /// A group that may use the app.
    AppAccess,
    /// The identity provider object of the secondary organisation.
    IdentityProvider,
    /// Who is sent to the identity provider.
    RoutingPolicy,
    /// A group to which the routing policy applies.
    RoutingAssignment,
    /// Who decides about the password of a secondary account.
    PasswordAuthority,
    /// The secret of the app's client in the escrow.
    ClientSecret,
}

impl Kind {
    /// All kinds, in the order of the table `kinds::KINDS`.
    pub const ALL: [Kind; 11] = [
        Kind::User,
        Kind::UserMapping,
        Kind::UserGroup,
        Kind::GroupMember,
        Kind::OidcApp,
        Kind::AppAccess,
        Kind::IdentityProvider,
        Kind::RoutingPolicy,
        Kind::RoutingAssignment,
        Kind::PasswordAuthority,
        Kind::ClientSecret,
    ];

    /// The word used in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::UserMapping => "user-mapping",
            Kind::UserGroup => "user-group",
            Kind::GroupMember => "group-member",
            Kind::OidcApp => "oidc-app",
            Kind::AppAccess => "app-access",
            Kind::IdentityProvider => "identity-provider",
            Kind::RoutingPolicy => "routing-policy",
            Kind::RoutingAssignment => "routing-assignment",
            Kind::PasswordAuthority => "password-authority",
            Kind::ClientSecret => "client-secret",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of one object: the same before it exists and after.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The organisation it lives in.
    pub org: Org,
    /// What it is.
    pub kind: Kind,
    /// What it is called there; unique among the objects of that kind in one plan.
    pub name: Arc<str>,
}

impl Address {
    /// An address from its three parts.
    pub fn new(org: Org, kind: Kind, name: impl Into<Arc<str>>) -> Self {
        Self { org, kind, name: name.into() }
    }

    /// Parses what [`fmt::Display`] writes. The name may hold slashes.
    pub fn parse(text: &str) -> Option<Self> {
        let (org, rest) = text.split_once('/')?;
        let (kind, name) = rest.split_once('/')?;
        let org = Org::BOTH.into_iter().find(|candidate| candidate.as_str() == org)?;
        let kind = Kind::ALL.into_iter().find(|candidate| candidate.as_str() == kind)?;
        Some(Self::new(org, kind, name))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.org, self.kind, self.name)
    }
}

impl serde::Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_also_with_a_slash_in_its_name() {
        let address = Address::new(Org::Primary, Kind::AppAccess, "OIDC/Contractors");
        assert_eq!(Address::parse(&address.to_string()), Some(address));
        assert_eq!(Address::parse("primary/nothing/x"), None);
    }

    #[test]
    fn every_kind_stands_once_in_all() {
        let mut names: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::ALL.len());
    }
}
