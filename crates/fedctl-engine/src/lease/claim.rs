//! What stands in a lease: who holds it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The format and its version.
const SCHEMA: &str = "fedctl.lease.v1";

/// Who holds a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The id of the run, which no other run has.
    pub run: String,
    /// Who runs it, where: for people.
    pub who: String,
    /// When the run began, by the clock of its machine: for people.
    pub since: String,
}

/// A lease as it is written: JSON on one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub(super) schema: String,
    /// Who holds it.
    #[serde(flatten)]
    pub holder: Holder,
    /// How many seconds after it was last written others may take it; nothing where the kernel frees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<u64>,
    /// How often it was renewed. No two texts of one lease are alike, so no two tags are either.
    #[serde(default)]
    pub renewed: u64,
    /// Its holder has ended.
    #[serde(default)]
    pub free: bool,
}

impl Claim {
    pub(super) fn new(holder: &Holder, expiry: Option<Duration>) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            holder: holder.clone(),
            expiry: expiry.map(|expiry| expiry.as_secs()),
            renewed: 0,
            free: false,
        }
    }

    /// Reads a lease; `None` if it is something else.
    pub fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok().filter(|claim: &Self| claim.schema == SCHEMA)
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec(self).expect("a claim has string keys and no failing serializer");
        text.push(b'\n');
        text
    }
}
