//! Answers as the service wraps them, and what can be wrong with them.
//!
//! Lists come as a bare array, as `{"results":[…],"totalCount":N}`, or under another key.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::object_id::ObjectId;

/// What a page held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fed {
    /// Objects on the page.
    pub rows: usize,
    /// Objects in all, as the body says. An alarm, never a proof.
    pub total: Option<u64>,
}

/// An answer that could not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undecoded {
    /// It does not have the shape that is modelled.
    Shape(Box<str>),
    /// It holds an object of another organisation.
    OtherOrganization(Box<str>),
}

impl Undecoded {
    /// Where decoding failed. The error's own text is kept out: it may quote a value.
    pub(crate) fn of(error: &serde_json::Error) -> Self {
        let what = match error.classify() {
            serde_json::error::Category::Io | serde_json::error::Category::Eof => "it ends early",
            serde_json::error::Category::Syntax => "it is not JSON",
            serde_json::error::Category::Data => "a field is missing or of another type",
        };
        Undecoded::Shape(format!("{what}, at line {} column {}", error.line(), error.column()).into())
    }
}

/// Keys of an object, each with its JSON text.
type Keys<'a> = BTreeMap<&'a str, &'a RawValue>;

/// The text of one object, without the envelope in which newer endpoints may put it: what has no id and holds one thing that
/// has. `[inferred]`
pub(crate) fn bare(text: &str) -> &str {
    let is_object = |keys: &Keys<'_>| keys.contains_key("id") || keys.contains_key("_id");
    let Some(keys) = serde_json::from_str(text).ok().filter(|keys: &Keys<'_>| !is_object(keys)) else { return text };
    let inner = keys.values().map(|value| value.get());
    let mut inner = inner.filter(|inner| serde_json::from_str(inner).is_ok_and(|keys: Keys<'_>| is_object(&keys)));
    match (inner.next(), inner.next()) {
        (Some(inner), None) => inner,
        _ => text,
    }
}

/// The elements of a page, each as its own JSON text, and the total if the body has one.
pub(crate) fn elements(page: &[u8]) -> Result<(Vec<&RawValue>, Option<u64>), Undecoded> {
    let start = page.iter().find(|byte| !byte.is_ascii_whitespace());
    if start == Some(&b'[') {
        return Ok((decode(page)?, None));
    }
    let keys: Keys<'_> = decode(page)?;
    let total = keys.get("totalCount").and_then(|value| value.get().parse().ok());
    let mut lists = keys.iter().filter(|(_, value)| value.get().starts_with('['));
    let list = match (lists.next(), lists.next()) {
        (Some((_, only)), None) => *only,
        (None, _) => return Err(Undecoded::Shape("there is no list in it".into())),
        // An empty list of something else must not be taken for what was asked for.
        (Some(_), Some(_)) => {
            let results = keys.get("results").filter(|value| value.get().starts_with('['));
            results.ok_or_else(|| Undecoded::Shape("there are several lists in it".into()))?
        }
    };
    Ok((decode(list.get().as_bytes())?, total))
}

/// One object, bare or alone under one key.
pub(crate) fn decode<'a, T: serde::Deserialize<'a>>(text: &'a [u8]) -> Result<T, Undecoded> {
    serde_json::from_slice(text).map_err(|error| Undecoded::of(&error))
}

/// Every element of a page as a `T`.
pub(crate) fn list<'a, T: serde::Deserialize<'a>>(page: &'a [u8]) -> Result<(Vec<T>, Option<u64>), Undecoded> {
    let (elements, total) = elements(page)?;
    let rows = elements.into_iter().map(|element| decode(element.get().as_bytes())).collect::<Result<_, _>>()?;
    Ok((rows, total))
}

/// What may be `null` or missing on the wire, a text or a list; both are empty. `[observed]`
pub(crate) fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + serde::Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    <Option<T> as serde::Deserialize>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// An id that refers to another object, where anything else (nothing, an empty text) means that there is none. `[unknown]`
/// how the service spells that; one odd record must not make a whole list unreadable.
pub(crate) fn id_or_none<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<ObjectId>, D::Error> {
    let text: Option<std::borrow::Cow<'de, str>> = or_default(deserializer)?;
    Ok(text.and_then(|text| ObjectId::parse(&text)))
}

/// Seconds since 1970 of a time as the service writes it: RFC 3339 in UTC.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let time: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(time.as_second()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrapping_that_was_seen_is_understood() {
        for page in ["[1,2]", r#"{"results":[1,2],"totalCount":9}"#, r#"{"identityProviders":[1,2],"totalCount":9}"#] {
            let (rows, total) = list::<u8>(page.as_bytes()).unwrap();
            assert_eq!(rows, [1, 2]);
            assert_eq!(total, (!page.starts_with('[')).then_some(9));
        }
        assert!(list::<u8>(b"{}").is_err());
        assert!(list::<u8>(br#"{"errors":[],"identityProviders":[1,2]}"#).is_err());
        assert_eq!(list::<u8>(br#"{"errors":[],"results":[1,2]}"#).unwrap().0, [1, 2]);
        assert!(list::<u8>(b"<html>").is_err());
    }

    #[test]
    fn an_object_is_taken_out_of_its_envelope_and_settings_stay_where_they_are() {
        assert_eq!(bare(r#"{"identityProviderPolicy":{"id":"1","enabled":true}}"#), r#"{"id":"1","enabled":true}"#);
        assert_eq!(bare(r#"{"more":{"a":1},"identityProvider":{"id":"1"}}"#), r#"{"id":"1"}"#);
        for text in [r#"{"id":"1"}"#, r#"{"_id":"1","other":{"id":"2"}}"#, r#"{"one":{"id":"1"},"two":{"id":"2"}}"#] {
            assert_eq!(bare(text), text);
        }
        for text in [r#"{"oidc":{"clientId":"1"}}"#, "[]", "<html>"] {
            assert_eq!(bare(text), text);
        }
    }

    #[test]
    fn null_is_empty_and_what_is_no_id_is_none() {
        #[derive(serde::Deserialize)]
        struct Odd {
            #[serde(default, deserialize_with = "or_default")]
            list: Vec<u8>,
            #[serde(default, deserialize_with = "id_or_none")]
            id: Option<ObjectId>,
        }
        for text in [r#"{"list":null,"id":null}"#, r#"{"id":""}"#, r#"{"id":"by hand"}"#, "{}"] {
            let odd: Odd = decode(text.as_bytes()).unwrap();
            assert!(odd.list.is_empty() && odd.id.is_none(), "{text}");
        }
        let whole: Odd = decode(br#"{"list":[1],"id":"61aa0d3e9b1e8a0001a1b2c3"}"#).unwrap();
        assert!(whole.list == [1] && whole.id.is_some());
    }
}
