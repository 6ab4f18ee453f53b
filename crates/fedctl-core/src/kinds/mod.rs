//! One folder for each kind of object. Adding a kind is a folder and a line in [`KINDS`].

pub mod app_access;
pub mod group_member;
pub mod identity_provider;
pub mod oidc_app;
pub mod password_authority;
pub mod routing_assignment;
pub mod routing_policy;
pub mod user;
pub mod user_group;
pub mod user_mapping;

use crate::address::Kind;
use crate::plan::build::{Builder, Context};
use crate::plan::order::Edge;

/// What a kind brings: its rows of the order table, and what it adds to a plan.
pub struct KindOf {
    /// Which kind.
    pub kind: Kind,
    /// Its rows of the order table.
    pub rows: &'static [Edge],
    /// Adds the objects that exist to what requests may name, and the actions that make live what the spec says.
    pub plan: fn(&Context<'_>, &mut Builder),
}

/// The one list of kinds.
pub static KINDS: [&KindOf; 10] = [
    &user_group::KIND,
    &user::KIND,
    &user_mapping::KIND,
    &oidc_app::KIND,
    &app_access::KIND,
    &group_member::KIND,
    &identity_provider::KIND,
    &routing_policy::KIND,
    &routing_assignment::KIND,
    &password_authority::KIND,
];

/// A text that may be `null` or missing on the wire; both are empty. `[observed]`
pub(crate) fn text_or_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Box<str>, D::Error> {
    <Option<Box<str>> as serde::Deserialize>::deserialize(deserializer).map(Option::unwrap_or_default)
}
