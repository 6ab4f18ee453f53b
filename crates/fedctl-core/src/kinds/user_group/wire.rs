//! Groups on the wire (API v2).

use serde::{Deserialize, Serialize};

use crate::object_id::ObjectId;

/// A group as lists show it. `[observed]`: lists leave out how people come into it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Group {
    /// Its id.
    pub id: ObjectId,
    /// Its name. `[unknown]` whether it is unique.
    #[serde(default, deserialize_with = "crate::decode::or_default")]
    pub name: Box<str>,
    /// Its description, where the mark is.
    #[serde(default, deserialize_with = "crate::decode::or_default")]
    pub description: Box<str>,
    /// The organisation it belongs to.
    #[serde(rename = "organizationObjectId", default)]
    pub organization: Option<Box<str>>,
}

/// How people come into a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Membership {
    /// One by one.
    Static,
    /// By a rule; adding a member is accepted and does nothing. `[observed]`
    Rule,
}

#[derive(Deserialize)]
struct Detail<'a> {
    #[serde(rename = "membershipMethod", borrow, default)]
    method: Option<std::borrow::Cow<'a, str>>,
}

/// Reads how people come into a group from its own record. `[observed]`: `NOTSET` is static.
pub(crate) fn membership(record: &[u8]) -> Result<Membership, crate::decode::Undecoded> {
    let detail: Detail<'_> = crate::decode::decode(record)?;
    Ok(match detail.method.as_deref() {
        None | Some("STATIC" | "NOTSET" | "") => Membership::Static,
        Some(_) => Membership::Rule,
    })
}

/// The body that makes a static group.
#[derive(Serialize)]
pub(crate) struct Create<'a> {
    pub(crate) name: &'a str,
    pub(crate) description: &'a str,
}
