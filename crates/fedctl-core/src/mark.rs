//! Marks: what proves that an object is ours. There is no state file; losing every local file loses nothing.

use std::fmt;

use crate::object_id::ObjectId;

/// The custom attribute that carries the mark of a secondary account.
pub const USER_ATTRIBUTE: &str = "fedctl";

const PREFIX: &str = "managed by fedctl: ";

/// What an object with a description is for, within its federation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectRole {
    /// The group of the secondary organisation whose members are routed.
    RoutingGroup,
    /// The group of the primary organisation for people who are named by e-mail.
    AccessGroup,
    /// The OIDC app.
    App,
    /// The routing policy.
    Policy,
}

impl ObjectRole {
    fn as_str(self) -> &'static str {
        match self {
            ObjectRole::RoutingGroup => "routing-group",
            ObjectRole::AccessGroup => "access-group",
            ObjectRole::App => "app",
            ObjectRole::Policy => "policy",
        }
    }
}

/// The line that marks a group, an app or a policy.
pub fn line(federation: &str, role: ObjectRole) -> String {
    format!("{PREFIX}{federation}/{}", role.as_str())
}

/// Whether a description carries the mark of this federation for this role, on a line of its own.
pub fn is_ours(description: &str, federation: &str, role: ObjectRole) -> bool {
    description.lines().any(|candidate| candidate.trim() == line(federation, role))
}

/// Whether a description carries the mark of this federation, for whichever role.
pub fn is_of(description: &str, federation: &str) -> bool {
    let of = |line: &str| line.trim().strip_prefix(PREFIX)?.strip_prefix(federation)?.strip_prefix('/').map(drop);
    description.lines().any(|line| of(line).is_some())
}

/// Whether a description carries the mark of any federation or role.
pub fn is_marked(description: &str) -> bool {
    description.lines().any(|candidate| candidate.trim().starts_with(PREFIX))
}

/// How a marked account came under management.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// fedctl made the account.
    Created,
    /// Somebody else made it, and the spec took it over by name.
    Adopted,
}

/// The mark of a secondary account: which primary user it belongs to, and since when it is ours.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UserMark {
    /// The federation's name.
    pub federation: Box<str>,
    /// The user of the primary organisation.
    pub person: ObjectId,
    /// Made by us, or taken over.
    pub origin: Origin,
}

impl UserMark {
    /// Reads the value of the attribute; `None` if it is not one of ours.
    pub fn parse(value: &str) -> Option<Self> {
        let mut parts = value.split('/');
        let federation = parts.next().filter(|name| !name.is_empty())?.into();
        let person = ObjectId::parse(parts.next()?)?;
        let origin = match parts.next()? {
            "created" => Origin::Created,
            "adopted" => Origin::Adopted,
            _ => return None,
        };
        Some(Self { federation, person, origin })
    }
}

impl fmt::Display for UserMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = match self.origin {
            Origin::Created => "created",
            Origin::Adopted => "adopted",
        };
        write!(f, "{}/{}/{origin}", self.federation, self.person)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_mark_reads_back_and_keeps_what_later_versions_append() {
        let text = "acme-to-beta/61aa0d3e9b1e8a0001a1b2c3/created";
        let mark = UserMark::parse(text).unwrap();
        assert_eq!(mark.to_string(), text);
        assert_eq!(UserMark::parse(&format!("{text}/suspended 2026-11-24")), Some(mark));
        assert_eq!(UserMark::parse("ann@acme.com"), None);
    }

    #[test]
    fn the_mark_is_a_whole_line_of_its_federation() {
        let ours = line("acme", ObjectRole::App);
        assert!(is_ours(&format!("for the auditors\n{ours}"), "acme", ObjectRole::App));
        assert!(!is_ours(&format!("{ours}-2"), "acme", ObjectRole::App));
        assert!(!is_ours(&ours, "acm", ObjectRole::App));
        assert!(is_of(&ours, "acme") && !is_of(&ours, "acm") && !is_of("acme/app", "acme"));
        assert!(is_marked(&ours) && !is_marked("managed by hand"));
    }
}
