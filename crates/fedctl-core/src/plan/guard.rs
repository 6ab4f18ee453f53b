//! Guards: why a plan must not be applied. A refusal names the guard, the objects and the ways out.

use serde::Serialize;

use crate::address::Address;

/// A guard, by the name that people write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// The key does not open the organisation that the spec names.
    Organization,
    /// A second person would open somebody's account.
    Impersonation,
    /// The wanted address belongs to somebody else's account.
    RecycledAddress,
    /// Something in our place does not carry our mark.
    Foreign,
    /// Somebody would be routed who is not in the plan.
    Members,
    /// Several objects carry the mark of one.
    Ambiguous,
    /// Somebody would lose sign-in, though the spec wants them to have it.
    Lockout,
    /// Something would be taken from somebody who is protected.
    Protected,
    /// A rule would route people who are not in the plan.
    Capture,
    /// More people would lose sign-in than one plan may take it from.
    MaxLosses,
    /// More people would gain sign-in than the operator lets one plan give it to.
    MaxGains,
    /// It takes an answer of the service that no document gives.
    Unproven,
}

impl Guard {
    /// The name as it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Guard::Organization => "organization",
            Guard::Impersonation => "impersonation",
            Guard::RecycledAddress => "recycled-address",
            Guard::Foreign => "foreign",
            Guard::Members => "members",
            Guard::Ambiguous => "ambiguous",
            Guard::Lockout => "lockout",
            Guard::Protected => "protected",
            Guard::Capture => "capture",
            Guard::MaxLosses => "max-losses",
            Guard::MaxGains => "max-gains",
            Guard::Unproven => "unproven",
        }
    }
}

/// Why a plan must not be applied. None of these can be lifted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Refusal {
    /// Which guard.
    pub guard: Guard,
    /// The object or person.
    pub about: Box<str>,
    /// What is the matter.
    pub why: String,
    /// What to do.
    pub way_out: String,
}

impl Refusal {
    /// A refusal about an object.
    pub fn new(guard: Guard, about: &Address, why: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self { guard, about: about.to_string().into(), why: why.into(), way_out: way_out.into() }
    }
}
