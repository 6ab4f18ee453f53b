//! Identity providers on the wire. In no published description; known from a help page and from people who ran it.

use serde::{Deserialize, Serialize};

use crate::object_id::ObjectId;
use crate::plan::hole::{ClientId, ClientSecret, Of};

/// The identity provider of an organisation. `[observed]`: at most one, its secret never read back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Provider {
    /// Its id.
    pub id: ObjectId,
    /// Its name.
    #[serde(default, deserialize_with = "crate::decode::or_default")]
    pub name: Box<str>,
    /// `OIDC`, `GOOGLE`, `OKTA` or `AZURE`. `[observed]`
    #[serde(rename = "type", default, deserialize_with = "crate::decode::or_default")]
    pub kind: Box<str>,
    /// What it is connected to.
    #[serde(default, deserialize_with = "crate::decode::or_default")]
    pub oidc: Oidc,
}

/// What an identity provider is connected to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
pub struct Oidc {
    /// The client id of the app at the other side.
    #[serde(rename = "clientId", default, deserialize_with = "crate::decode::or_default")]
    pub client_id: Box<str>,
    /// The issuer. `[unknown]` whether a final slash is normalised: compared without.
    #[serde(default, deserialize_with = "crate::decode::or_default")]
    pub url: Box<str>,
}

/// The body that makes one. `[documented]`
#[derive(Serialize)]
pub(crate) struct Create<'a> {
    pub(crate) name: &'a str,
    pub(crate) oidc: CreateOidc<'a>,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
}

/// The part with the two halves of the secret pair, both as holes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateOidc<'a> {
    pub(crate) client_id: Of<ClientId>,
    pub(crate) client_secret: Of<ClientSecret>,
    pub(crate) url: &'a str,
}

/// In an envelope, as newer endpoints may want it. `[inferred]`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wrapped<T> {
    pub(crate) identity_provider: T,
}
