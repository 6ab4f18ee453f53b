//! Apps on the wire: the app itself (API v1) and its OIDC settings (API v2).

use serde::{Deserialize, Serialize};

use crate::mark;
use crate::object_id::ObjectId;
use crate::plan::hole::Wholly;

/// The template of every custom OIDC app. `[observed]`
pub const TEMPLATE: &str = "oidc";

/// The fields that are asked for. App records of other templates hold signing keys in clear `[observed]`, so nothing
/// else is read and no app body is ever shown.
pub const FIELDS: &str = "_id name displayLabel description active organization sso";

/// An OIDC app as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct App {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: ObjectId,
    /// The template it was made from.
    #[serde(default, deserialize_with = "crate::decode::or_default")]
    pub name: Box<str>,
    /// Its label in the console and the portal. `[observed]`: not unique.
    #[serde(rename = "displayLabel", default, deserialize_with = "crate::decode::or_default")]
    pub label: Box<str>,
    /// Its description, where the mark is.
    #[serde(default, deserialize_with = "crate::decode::or_default")]
    pub description: Box<str>,
    /// Whether people can sign in through it. `[observed]`
    #[serde(default)]
    pub active: Option<bool>,
    /// The organisation it belongs to.
    #[serde(default)]
    pub organization: Option<Box<str>>,
    /// What the portal shows.
    #[serde(default)]
    pub sso: Option<Sso>,
}

impl App {
    /// The text that carries its mark: the label, where the service keeps no description of an app `[unknown]`.
    pub fn mark_text(&self) -> &str {
        mark::of_label(&self.label)
            .filter(|_| mark::federation_of(&self.description).is_none())
            .unwrap_or(&self.description)
    }

    /// Whether its label carries its mark.
    pub fn is_marked_in_label(&self) -> bool {
        !std::ptr::eq(self.mark_text(), &*self.description)
    }
}

/// The part of an app that says where it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct Sso {
    /// Not shown in the user portal; sign-ins are accepted all the same. `[observed]`
    #[serde(default)]
    pub hidden: Option<bool>,
}

/// The OIDC settings of an app, without the secret, which no answer but the first ever holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppSettings {
    /// The client id: a UUID.
    pub client_id: Box<str>,
    /// Where the issuer sends people back to; compared exactly.
    #[serde(default, deserialize_with = "crate::decode::or_default")]
    pub redirect_uris: Vec<Box<str>>,
    /// How the relying party authenticates.
    #[serde(default, deserialize_with = "crate::decode::or_default")]
    pub token_endpoint_auth_method: Box<str>,
    /// Which claims are sent, and from which attribute of the user.
    #[serde(default, deserialize_with = "crate::decode::or_default")]
    pub dynamic_claims: Vec<Claim>,
    /// The first of these that the answer leaves out, so that it is not taken for empty.
    #[serde(skip)]
    pub left_out: Option<&'static str>,
}

/// What is never left out of the settings of an app. `[observed]`: an empty list is sent as one.
const ALWAYS: [&str; 3] = ["redirectUris", "tokenEndpointAuthMethod", "dynamicClaims"];

/// One claim and the attribute it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Claim {
    /// The name in the token.
    pub name: Box<str>,
    /// The attribute of the user; how it names a custom one is a question ([`Source`]).
    pub value: Box<str>,
    /// Whatever else the service says of it.
    #[serde(flatten)]
    pub rest: std::collections::BTreeMap<Box<str>, serde_json::Value>,
}

/// How a claim names a custom attribute. `[unknown]`; the console suggests the bare name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Source {
    /// By its name alone.
    #[default]
    Bare,
    /// With a prefix.
    Prefixed,
}

impl Source {
    /// What stands before the name.
    pub const PREFIX: &str = "attributes.";
    /// Both, the likelier first.
    pub const ALL: [Self; 2] = [Self::Bare, Self::Prefixed];

    /// Its name in plans and operator files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Prefixed => "prefixed",
        }
    }

    /// How this value names that attribute, if it does.
    pub fn of(value: &str, attribute: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| *source.name(attribute) == *value)
    }

    /// The attribute as a claim names it.
    pub fn name(self, attribute: &str) -> Box<str> {
        match self {
            Self::Bare => attribute.into(),
            Self::Prefixed => format!("{}{attribute}", Self::PREFIX).into(),
        }
    }
}

#[derive(Deserialize)]
struct SettingsAnswer<T> {
    oidc: T,
}

/// Reads the answer of `GET …/sso`.
pub(crate) fn settings(record: &[u8]) -> Result<AppSettings, crate::decode::Undecoded> {
    type Keys = std::collections::BTreeMap<Box<str>, serde::de::IgnoredAny>;
    let keys = crate::decode::decode::<SettingsAnswer<Keys>>(record)?.oidc;
    let settings = crate::decode::decode::<SettingsAnswer<AppSettings>>(record)?.oidc;
    Ok(AppSettings { left_out: ALWAYS.into_iter().find(|name| !keys.contains_key(*name)), ..settings })
}

/// The body that makes an app. `[observed]`: `active` must be in every write, `ssoUrl` in none.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Create<'a> {
    pub(crate) active: bool,
    pub(crate) name: &'a str,
    pub(crate) display_name: &'a str,
    pub(crate) display_label: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<&'a str>,
    pub(crate) config: Empty,
    pub(crate) sso: CreateSso,
}

/// `{}`.
#[derive(Serialize)]
pub(crate) struct Empty {}

/// Where a new app is shown.
#[derive(Serialize)]
pub(crate) struct CreateSso {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) hidden: bool,
}

/// The body that gives an app its settings.
#[derive(Serialize)]
pub(crate) struct CreateSettings<'a> {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) hidden: bool,
    pub(crate) oidc: CreateOidc<'a>,
}

/// The body that changes the settings of an app. `[observed]`: it replaces all of them but client id and secret.
#[derive(Serialize)]
pub(crate) struct ReplaceSettings {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) hidden: bool,
    pub(crate) oidc: Wholly,
}

/// The OIDC part of it. `[observed]`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateOidc<'a> {
    pub(crate) consent: &'static str,
    pub(crate) redirect_uris: Vec<&'a str>,
    pub(crate) grant_types: [&'static str; 1],
    pub(crate) token_endpoint_auth_method: &'static str,
    pub(crate) relying_party_url: &'a str,
    pub(crate) dynamic_claims: [&'a Claim; 1],
}
