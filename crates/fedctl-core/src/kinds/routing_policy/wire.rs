//! Routing policies on the wire. Their body is in no published description `[unknown]`: it is read tolerantly and spelt in
//! forms, of which A follows identity providers and C the authentication policies of the same service. `[inferred]`

use serde::{Deserialize, Serialize};

use crate::object_id::ObjectId;
use crate::plan::action::Spelling;
use crate::plan::hole::{Id, Of};

/// Whether it routes anybody.
pub(crate) static ENABLED: Spelling = Spelling { name: "enabled", keys: &[("enabled", false), ("disabled", true)] };

/// Where it sends people.
pub(crate) static PROVIDER: Spelling = Spelling {
    name: "identityProviderId",
    keys: &[("identityProviderId", false), ("effect.identityProviderId", false)],
};

/// The spelling of a policy that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spelt {
    /// Flat.
    A,
    /// Flat, with the groups in it.
    B,
    /// As an authentication policy: with an effect.
    C,
}

/// A routing policy, read tolerantly.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct Policy {
    /// Its id.
    pub id: ObjectId,
    /// Its name.
    pub name: Box<str>,
    /// Its description, where the mark is.
    pub description: Box<str>,
    /// Whether it routes anybody; `None` where no known spelling of it is there.
    pub enabled: Option<bool>,
    /// Where it sends people.
    pub provider: Option<ObjectId>,
    /// How it is spelt; `None` where it does not say where it sends people.
    pub spelt: Option<Spelt>,
}

/// Every key that is known or guessed, as one struct.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    id: ObjectId,
    #[serde(default, deserialize_with = "crate::decode::or_default")]
    name: Box<str>,
    #[serde(default, deserialize_with = "crate::decode::or_default")]
    description: Box<str>,
    #[serde(default)]
    enabled: Option<bool>,
    #[serde(default)]
    disabled: Option<bool>,
    #[serde(default, deserialize_with = "there")]
    identity_provider_id: Option<serde_json::Value>,
    #[serde(default)]
    user_groups: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    effect: Option<serde_json::Value>,
}

/// A key that is there, whatever it says.
fn there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<serde_json::Value>, D::Error> {
    serde_json::Value::deserialize(deserializer).map(Some)
}

impl From<Wire> for Policy {
    fn from(wire: Wire) -> Self {
        let of_effect = wire.effect.as_ref().and_then(|effect| effect.get("identityProviderId"));
        let spelt = match (&wire.identity_provider_id, of_effect) {
            (Some(_), _) if wire.user_groups.is_some() => Some(Spelt::B),
            (Some(_), _) => Some(Spelt::A),
            (None, Some(_)) => Some(Spelt::C),
            (None, None) => None,
        };
        let provider = wire.identity_provider_id.as_ref().or(of_effect);
        Self {
            id: wire.id,
            name: wire.name,
            description: wire.description,
            enabled: wire.enabled.or(wire.disabled.map(|disabled| !disabled)),
            provider: provider.and_then(|id| ObjectId::parse(id.as_str()?)),
            spelt,
        }
    }
}

/// A new policy in one of the forms: off, and for nobody. What is `None` is not sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Create<'a> {
    pub(crate) name: &'a str,
    pub(crate) description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) identity_provider_id: Option<Of<Id>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_groups: Option<&'a [Of<Id>]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) effect: Option<Effect>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) targets: Option<Targets<'a>>,
}

/// What a policy of form C does.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Effect {
    pub(crate) identity_provider_id: Of<Id>,
}

/// Whom a policy of form C applies to.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Targets<'a> {
    pub(crate) user_groups: Inclusions<'a>,
}

/// The groups of a policy of form C.
#[derive(Serialize, Default)]
pub(crate) struct Inclusions<'a> {
    pub(crate) inclusions: [&'a str; 0],
}

/// In an envelope, as newer endpoints may want it. `[inferred]`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wrapped<T> {
    pub(crate) identity_provider_policy: T,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_says_the_same_in_every_spelling() {
        let read = |rest: &str| -> Policy {
            serde_json::from_str(&format!(r#"{{"id":"61aa0d3e9b1e8a0001a1b2c3",{rest}}}"#)).unwrap()
        };
        let provider = r#""identityProviderId":"61aa0d3e9b1e8a0001a1b2c4""#;
        let flat = read(&format!(r#""enabled":true,{provider}"#));
        let grouped = read(&format!(r#""enabled":true,"userGroups":[],{provider}"#));
        let nested = read(&format!(r#""disabled":false,"effect":{{{provider}}}"#));
        assert_eq!([flat.spelt, grouped.spelt, nested.spelt], [Some(Spelt::A), Some(Spelt::B), Some(Spelt::C)]);
        for policy in [&flat, &grouped, &nested] {
            assert_eq!((policy.enabled, policy.provider), (Some(true), ObjectId::parse("61aa0d3e9b1e8a0001a1b2c4")));
        }
        let odd = read(r#""effect":"allow","name":null"#);
        assert_eq!((odd.enabled, odd.provider, odd.spelt), (None, None, None));
        assert_eq!(read(r#""identityProviderId":null"#).spelt, Some(Spelt::A));
    }
}
