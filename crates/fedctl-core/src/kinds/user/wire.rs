//! Accounts on the wire (API v1).

use serde::Serialize;

use crate::live::Confirmed;
use crate::plan::hole::Merged;

/// The body that makes an account. `state` is always there: without it the organisation's default applies, and an
/// ACTIVATED account without a password mails the person. `[spec]`
#[derive(Serialize)]
pub(crate) struct Create<'a> {
    pub(crate) email: &'a str,
    pub(crate) username: &'a str,
    pub(crate) state: &'static str,
    #[serde(flatten)]
    pub(crate) names: Names<'a>,
    pub(crate) attributes: [Attribute<'a>; 2],
}

/// The names that are copied from the primary user; what is not there is left alone.
#[derive(Serialize, Default)]
pub(crate) struct Names<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    firstname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lastname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    displayname: Option<&'a str>,
}

impl<'a> Names<'a> {
    /// From position, field and value.
    pub(crate) fn of(names: &[(usize, &'static str, &'a str)]) -> Self {
        let find = |position: usize| names.iter().find(|(at, _, _)| *at == position).map(|(_, _, name)| *name);
        Self { firstname: find(0), lastname: find(1), displayname: find(2) }
    }
}

/// A custom attribute. `[spec]`: name and value, both strings.
#[derive(Serialize)]
pub(crate) struct Attribute<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a str,
}

/// The body that marks: the whole list of attributes, ours in it.
#[derive(Serialize)]
pub(crate) struct Marked<'a> {
    pub(crate) attributes: Merged<'a, Attribute<'a>>,
}

/// The body that suspends, and marks in the same write. `[spec]`: `state` takes ACTIVATED and SUSPENDED.
#[derive(Serialize)]
pub(crate) struct Suspend<'a> {
    state: &'static str,
    attributes: Merged<'a, Attribute<'a>>,
}

impl<'a> Suspend<'a> {
    /// Somebody loses their account, so the reader has to have confirmed it.
    pub(crate) fn of<R>(_: Confirmed<R>, attributes: Merged<'a, Attribute<'a>>) -> Self {
        Self { state: "SUSPENDED", attributes }
    }
}

/// The body that renames.
#[derive(Serialize)]
pub(crate) struct Rename<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) username: Option<&'a str>,
}

/// The body that activates. `[spec]`: `false` suppresses the mail.
#[derive(Serialize)]
pub(crate) struct Activate {
    pub(crate) email: bool,
}
