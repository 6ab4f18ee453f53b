//! Routing policies on the wire. Their body is in no published description: it is spelt in forms, of which form A
//! follows their closest siblings. `[inferred]`

use serde::{Deserialize, Serialize};

use crate::object_id::ObjectId;
use crate::plan::hole::{Id, Of};

/// A routing policy, read tolerantly.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Policy {
    /// Its id.
    pub id: ObjectId,
    /// Its name.
    #[serde(default, deserialize_with = "crate::decode::or_default")]
    pub name: Box<str>,
    /// Its description, where the mark is.
    #[serde(default, deserialize_with = "crate::decode::or_default")]
    pub description: Box<str>,
    /// Whether it routes anybody; `None` where no known spelling of it is there.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Where it sends people.
    #[serde(rename = "identityProviderId", default, deserialize_with = "crate::decode::id_or_none")]
    pub provider: Option<ObjectId>,
}

/// Form A of a routing policy.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FormA<'a> {
    pub(crate) name: &'a str,
    pub(crate) description: &'a str,
    pub(crate) enabled: bool,
    pub(crate) identity_provider_id: Of<Id>,
}
