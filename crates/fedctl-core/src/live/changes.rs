//! Changes on the wire: who did what to which object, as Directory Insights tells it.
//!
//! `[spec]`: kinds of events and their fields; values are in lower case. `[inferred]`: what stands in `association`. Nothing
//! is published about events of identity providers and routing policies.

use serde::Deserialize;

use crate::decode::{self, Fed, Undecoded, id_or_none, or_default};
use crate::object_id::ObjectId;
use crate::text::untrusted::Untrusted;

/// The fields that are asked for: who, from where, and to what.
pub(crate) const FIELDS: [&str; 7] =
    ["event_type", "timestamp", "initiated_by", "resource", "association", "auth_method", "client_ip"];

/// Kinds of events by which something goes: of what is gone, nobody knows the id any more.
pub(crate) const REMOVALS: [&str; 3] = ["application_delete", "group_delete", "user_delete"];

/// One change by somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Changed {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// What kind of event it is.
    pub kind: Untrusted,
    /// The address of who did it; empty where the log does not say.
    pub by: Untrusted,
    /// The address of the machine it came from; empty where the log does not say.
    pub from: Untrusted,
    /// In the console and not with a key.
    pub in_console: bool,
    /// The object.
    pub(crate) object: Option<ObjectId>,
    /// What it was called.
    pub(crate) name: Untrusted,
    /// What was bound to it or unbound.
    pub(crate) other: Option<ObjectId>,
    /// It was bound, not unbound.
    pub(crate) is_bound: bool,
}

/// Adds the changes of an answer. What has no time is passed over: it says nothing of when.
pub(crate) fn feed(changes: &mut Vec<Changed>, page: &[u8]) -> Result<Fed, Undecoded> {
    let (rows, total) = decode::list::<ChangeWire>(page)?;
    let count = rows.len();
    changes.extend(rows.into_iter().filter_map(ChangeWire::read));
    Ok(Fed { rows: count, total })
}

#[derive(Deserialize)]
struct ChangeWire {
    #[serde(default, deserialize_with = "or_default")]
    event_type: Box<str>,
    #[serde(default, deserialize_with = "or_default")]
    timestamp: Box<str>,
    #[serde(default, deserialize_with = "or_default")]
    initiated_by: ObjectWire,
    #[serde(default, deserialize_with = "or_default")]
    resource: ObjectWire,
    #[serde(default, deserialize_with = "or_default")]
    association: AssociationWire,
    #[serde(default, deserialize_with = "or_default")]
    auth_method: Box<str>,
    #[serde(default, deserialize_with = "or_default")]
    client_ip: Box<str>,
}

#[derive(Deserialize, Default)]
struct ObjectWire {
    #[serde(default, deserialize_with = "id_or_none")]
    id: Option<ObjectId>,
    #[serde(default, deserialize_with = "id_or_none")]
    object_id: Option<ObjectId>,
    #[serde(default, deserialize_with = "or_default")]
    email: Box<str>,
    #[serde(default, deserialize_with = "or_default")]
    name: Box<str>,
}

#[derive(Deserialize, Default)]
struct AssociationWire {
    #[serde(default, deserialize_with = "or_default")]
    op: Box<str>,
    #[serde(default, deserialize_with = "or_default")]
    connection: ConnectionWire,
}

#[derive(Deserialize, Default)]
struct ConnectionWire {
    #[serde(default, deserialize_with = "or_default")]
    to: ObjectWire,
}

impl ChangeWire {
    fn read(self) -> Option<Changed> {
        let at = self.timestamp.parse::<jiff::Timestamp>().ok()?;
        let name = if self.resource.email.is_empty() { self.resource.name } else { self.resource.email };
        let to = self.association.connection.to;
        Some(Changed {
            at: u64::try_from(at.as_millisecond()).ok()?,
            kind: Untrusted::from(&*self.event_type),
            by: Untrusted::from(&*self.initiated_by.email),
            from: Untrusted::from(&*self.client_ip),
            in_console: &*self.auth_method == "session",
            object: self.resource.id,
            name: Untrusted::from(&*name),
            other: to.object_id.or(to.id),
            is_bound: &*self.association.op == "add",
        })
    }
}
