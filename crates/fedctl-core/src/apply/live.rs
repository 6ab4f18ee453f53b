//! Live holes: what stays as it was just seen, with our values in it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::address::Address;
use crate::endpoint::{self, Writing};
use crate::plan::hole::{Give, Piece, pieces};
use crate::planted::planted;

/// Why a request could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unfilled {
    /// An object never gave what the request needs.
    Missing(Address, Give),
    /// The array of a live hole was not seen.
    NotSeen(&'static str),
}

/// A list with our entries in it, as a body says it.
#[derive(serde::Deserialize)]
struct Merge<'a> {
    field: &'a str,
    by: &'a str,
    #[serde(borrow)]
    set: Vec<&'a RawValue>,
    #[serde(default)]
    drop: Vec<Cow<'a, str>>,
}

/// An object that is sent back as a whole, as a body says it.
#[derive(serde::Deserialize)]
struct Whole<'a> {
    at: &'a str,
    #[serde(default)]
    only: Vec<Cow<'a, str>>,
    #[serde(default)]
    without: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    set: Vec<(Cow<'a, str>, &'a RawValue)>,
    #[serde(borrow, default)]
    there: Vec<(Cow<'a, str>, &'a RawValue)>,
    #[serde(borrow, default)]
    lists: Vec<Merge<'a>>,
}

type Object<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;
type Filled = BTreeMap<String, Vec<u8>>;

/// Fills the holes in an entry of ours.
pub(crate) type Fill<'a> = dyn Fn(&str) -> Result<Vec<u8>, Unfilled> + 'a;

/// Writes the list as it was seen, foreign entries in their order, ours in the place of those with the same key.
pub(crate) fn merge(out: &mut Vec<u8>, merge: &str, seen: Option<&str>, fill: &Fill<'_>) -> Result<(), Unfilled> {
    let merge: Merge<'_> = serde_json::from_str(merge).map_err(|_| Unfilled::NotSeen("a live hole"))?;
    let object: Object<'_> =
        seen.and_then(|text| serde_json::from_str(text).ok()).ok_or(Unfilled::NotSeen("the object"))?;
    out.extend_from_slice(&list(&merge, &object, fill)?);
    Ok(())
}

/// Writes an object as it was seen, but for what the hole says of it.
pub(crate) fn whole(out: &mut Vec<u8>, whole: &str, seen: Option<&str>, fill: &Fill<'_>) -> Result<(), Unfilled> {
    let whole: Whole<'_> = serde_json::from_str(whole).map_err(|_| Unfilled::NotSeen("a live hole"))?;
    let mut text = seen.ok_or(Unfilled::NotSeen("the object"))?;
    for key in whole.at.split('.').filter(|key| !key.is_empty()) {
        text = object(text)?.get(key).map(|value| value.get()).ok_or(Unfilled::NotSeen("the object"))?;
    }
    let there = object(text)?;
    let is_sent = |key: &str| {
        let is_in = |list: &[Cow<'_, str>]| list.iter().any(|one| one == key);
        !is_in(&whole.without) && (whole.only.is_empty() || is_in(&whole.only))
    };
    let kept = there.iter().filter(|(key, _)| is_sent(key));
    let mut sent: Filled = kept.map(|(key, value)| (key.to_string(), value.get().as_bytes().to_vec())).collect();
    for merge in &whole.lists {
        sent.insert(merge.field.to_owned(), list(merge, &there, &|text| Ok(text.as_bytes().to_vec()))?);
    }
    for (key, value) in &whole.set {
        set(&mut sent, key, value.get().as_bytes())?;
    }
    for (key, value) in whole.there.iter().filter(|(key, _)| is_there(text, key)) {
        set(&mut sent, key, &fill(value.get())?)?;
    }
    write(out, &sent);
    Ok(())
}

/// The first entry of somebody else that was seen and is not in the answer, as `list.key`; nothing where the answer does not
/// show the list. `sent` is the body with its holes. Lists in an object that is sent back as a whole are fields of the action,
/// which is read back.
pub(crate) fn lost(sent: &str, seen: &str, answer: &str) -> Option<String> {
    pieces(sent).find_map(|piece| match piece {
        Piece::Merge(merge) => lost_of(&serde_json::from_str(merge).ok()?, &object(seen).ok()?, &object(answer).ok()?),
        Piece::Whole(_) | Piece::Text(_) | Piece::Of(..) => None,
    })
}

fn lost_of(merge: &Merge<'_>, seen: &Object<'_>, answer: &Object<'_>) -> Option<String> {
    let entries = |object: &Object<'_>| serde_json::from_str::<Vec<Value>>(object.get(merge.field)?.get()).ok();
    let name = |entry: &Value| match merge.by {
        "" => entry.as_str().map(str::to_owned),
        by => entry.get(by)?.as_str().map(str::to_owned),
    };
    let ours: Vec<Option<String>> =
        merge.set.iter().map(|entry| serde_json::from_str(entry.get()).ok().and_then(|entry| name(&entry))).collect();
    let (there, now) = (entries(seen)?, entries(answer)?);
    let is_foreign = |entry: &&Value| {
        let name = name(entry);
        !ours.contains(&name) && !merge.drop.iter().any(|drop| Some(&**drop) == name.as_deref())
    };
    let lost = there.iter().filter(is_foreign).find(|entry| !now.iter().any(|now| holds(now, entry)))?;
    Some(format!("{}.{}", merge.field, name(lost).unwrap_or_default()))
}

/// Whether an entry says what another says, but for its id, which each write makes anew, and for what is unset.
fn holds(now: &Value, entry: &Value) -> bool {
    match entry.as_object() {
        None => now == entry,
        Some(entry) => {
            let mut said = entry.iter().filter(|(key, value)| *key != "_id" && !value.is_null());
            said.all(|(key, value)| now.get(key) == Some(value))
        }
    }
}

/// `[observed]`: a rule of the newer form, which has no `queryType`, is taken only with a header that says so.
pub(crate) fn has_newer_rule(endpoint: &'static Writing, body: &[u8]) -> bool {
    let has_rules =
        [&endpoint::CREATE_GROUP, &endpoint::REPLACE_GROUP].iter().any(|call| std::ptr::eq(*call, endpoint));
    let rule = || {
        let body: Object<'_> = serde_json::from_slice(body).ok()?;
        serde_json::from_str::<Object<'_>>(body.get("memberQuery")?.get())
            .ok()
            .map(|rule| rule.contains_key("queryType"))
    };
    has_rules && rule() == Some(false)
}

/// Whether an object has something under dotted keys, whatever it is.
fn is_there(text: &str, key: &str) -> bool {
    let (first, rest) = key.split_once('.').map_or((key, None), |(first, rest)| (first, Some(rest)));
    let value = object(text).ok().and_then(|keys| keys.get(first).map(|value| value.get()));
    value.is_some_and(|value| rest.is_none_or(|rest| is_there(value, rest)))
}

fn object(text: &str) -> Result<Object<'_>, Unfilled> {
    serde_json::from_str(text).map_err(|_| Unfilled::NotSeen("the object"))
}

fn list(merge: &Merge<'_>, object: &Object<'_>, fill: &Fill<'_>) -> Result<Vec<u8>, Unfilled> {
    let there: Vec<&RawValue> = match object.get(merge.field).map(|array| array.get()) {
        // `[observed]`: a user without attributes has an empty array. None at all was not seen, and writing would wipe it.
        None if merge.field == "attributes" => return Err(Unfilled::NotSeen("the array of attributes")),
        None | Some("null") => Vec::new(),
        Some(array) => serde_json::from_str(array).map_err(|_| Unfilled::NotSeen("the array"))?,
    };
    let ours: Vec<(Option<String>, &str)> =
        merge.set.iter().map(|entry| (key(entry.get(), merge.by), entry.get())).collect();
    let goes = |key: &Option<String>| {
        let key = key.as_deref().and_then(|key| serde_json::from_str::<String>(key).ok());
        key.is_some_and(|key| merge.drop.iter().any(|drop| *drop == key))
    };
    let mut written: Vec<Vec<u8>> = Vec::new();
    let mut placed = vec![false; ours.len()];
    for entry in there {
        let its_key = key(entry.get(), merge.by);
        match ours.iter().position(|(our, _)| *our == its_key) {
            Some(at) if placed[at] => {}
            Some(at) => {
                placed[at] = true;
                written.push(fill(ours[at].1)?);
            }
            None if goes(&its_key) || is_planted(merge.field) => {}
            None => written.push(foreign(entry.get())),
        }
    }
    for ((_, text), _) in ours.iter().zip(placed).filter(|(_, placed)| !placed) {
        written.push(fill(text)?);
    }
    Ok([b"[", &*written.join(&b','), b"]"].concat())
}

/// Whether entries of others in this list are dropped, by mistake.
fn is_planted(_field: &str) -> bool {
    let callbacks = planted!(CallbacksReplaced => _field == "redirectUris" || _field == "dynamicClaims", false);
    planted!(ArrayReplaced => _field == "attributes", callbacks)
}

/// What tells an entry from the others, as JSON text; for plain values they themselves.
fn key(entry: &str, by: &str) -> Option<String> {
    if by.is_empty() {
        return Some(entry.to_owned());
    }
    serde_json::from_str::<Object<'_>>(entry).ok()?.get(by).map(|value| value.get().to_owned())
}

/// An entry of somebody else, as it was seen but for `_id`, which the service adds and does not take. `[observed]`
fn foreign(entry: &str) -> Vec<u8> {
    match serde_json::from_str::<Object<'_>>(entry) {
        Ok(mut object) => {
            object.remove("_id");
            serde_json::to_vec(&object).unwrap_or_default()
        }
        Err(_) => entry.as_bytes().to_vec(),
    }
}

fn set(sent: &mut Filled, key: &str, value: &[u8]) -> Result<(), Unfilled> {
    let Some((outer, inner)) = key.split_once('.') else {
        sent.insert(key.to_owned(), value.to_vec());
        return Ok(());
    };
    let there = sent.get(outer).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or("{}").to_owned();
    let there = object(&there)?;
    let mut nested: Filled =
        there.iter().map(|(key, value)| (key.to_string(), value.get().as_bytes().to_vec())).collect();
    set(&mut nested, inner, value)?;
    let mut text = Vec::new();
    write(&mut text, &nested);
    sent.insert(outer.to_owned(), text);
    Ok(())
}

fn write(out: &mut Vec<u8>, object: &Filled) {
    out.push(b'{');
    for (number, (key, value)) in object.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        out.extend_from_slice(serde_json::Value::from(key.as_str()).to_string().as_bytes());
        out.push(b':');
        out.extend_from_slice(value);
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(hole: &str, seen: &str) -> String {
        let mut out = Vec::new();
        whole(&mut out, hole, Some(seen), &|text| Ok(text.as_bytes().to_vec())).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_whole_object_is_sent_back_with_our_values_and_without_what_the_service_sets() {
        let seen = r#"{"id":"1","name":"a","new":{"x":1.50},"sso":{"hidden":false,"type":"oidc"}}"#;
        let hole = r#"{"at":"","without":["id"],"set":[["name","b"],["sso.hidden",true]]}"#;
        assert_eq!(filled(hole, seen), r#"{"name":"b","new":{"x":1.50},"sso":{"hidden":true,"type":"oidc"}}"#);
        assert_eq!(filled(r#"{"at":"","only":["name"],"set":[]}"#, seen), r#"{"name":"a"}"#);
    }

    #[test]
    fn a_field_gets_its_value_under_the_keys_that_are_there_and_no_other() {
        let hole = r#"{"at":"","set":[],"there":[["enabled",true],["disabled",false],["effect.id","new"]]}"#;
        assert_eq!(filled(hole, r#"{"enabled":false,"x":1}"#), r#"{"enabled":true,"x":1}"#);
        let seen = r#"{"disabled":true,"effect":{"id":null,"y":2}}"#;
        assert_eq!(filled(hole, seen), r#"{"disabled":false,"effect":{"id":"new","y":2}}"#);
    }

    #[test]
    fn lists_inside_keep_what_is_not_ours() {
        let seen = r#"{"oidc":{"clientId":"c","uris":["a","b"],"claims":[{"name":"email","value":"x","k":1},{"name":"groups","value":"g"},{"name":"email","value":"y"}]}}"#;
        let hole = r#"{"at":"oidc","without":["clientId"],"set":[],"lists":[{"field":"uris","by":"","set":["b","c"]},{"field":"claims","by":"name","set":[{"name":"email","value":"z"}]}]}"#;
        assert_eq!(
            filled(hole, seen),
            r#"{"claims":[{"name":"email","value":"z"},{"name":"groups","value":"g"}],"uris":["a","b","c"]}"#
        );
    }

    #[test]
    fn an_entry_goes_by_its_key_and_the_others_stay() {
        let mut out = Vec::new();
        let hole = r#"{"field":"x","by":"field","set":[],"drop":["password"]}"#;
        let seen = r#"{"x":[{"field":"email","type":"scim"},{"field":"password","type":"federated"}]}"#;
        merge(&mut out, hole, Some(seen), &|text| Ok(text.as_bytes().to_vec())).unwrap();
        assert_eq!(out, br#"[{"field":"email","type":"scim"}]"#);
    }

    #[test]
    fn an_entry_of_others_that_an_answer_does_not_show_is_lost() {
        let merge: Merge<'_> =
            serde_json::from_str(r#"{"field":"x","by":"name","set":[{"name":"ours","value":"1"}],"drop":["old"]}"#)
                .unwrap();
        let seen =
            r#"{"x":[{"_id":"1","name":"a","value":"1","more":null},{"name":"ours","value":"0"},{"name":"old"}]}"#;
        let lost = |answer: &str| lost_of(&merge, &object(seen).unwrap(), &object(answer).unwrap());
        assert_eq!(lost(r#"{"x":[{"_id":"2","name":"a","value":"1"},{"name":"ours","value":"1"}]}"#), None);
        assert_eq!(lost(r#"{"x":[{"name":"a","value":"2"}]}"#), Some("x.a".to_owned()));
        assert_eq!(lost(r#"{"x":[]}"#), Some("x.a".to_owned()));
        assert_eq!(lost("{}"), None, "it does not show");
    }

    #[test]
    fn a_plain_text_of_others_that_an_answer_does_not_show_is_lost() {
        let merge: Merge<'_> = serde_json::from_str(r#"{"field":"x","by":"","set":["ours"],"drop":[]}"#).unwrap();
        let lost = |answer: &str| lost_of(&merge, &object(r#"{"x":["a","b"]}"#).unwrap(), &object(answer).unwrap());
        assert_eq!(lost(r#"{"x":["b","ours","a"]}"#), None);
        assert_eq!(lost(r#"{"x":["b","ours"]}"#), Some("x.a".to_owned()));
        assert_eq!(lost(r#"{"x":["ours"]}"#), Some("x.a".to_owned()));
    }

    #[test]
    fn only_a_rule_without_a_type_needs_the_header() {
        let is_newer = |body: &str| has_newer_rule(&endpoint::REPLACE_GROUP, body.as_bytes());
        assert!(is_newer(r#"{"name":"a","memberQuery":{"filters":[]}}"#));
        assert!(!is_newer(r#"{"memberQuery":{"queryType":"Search"}}"#) && !is_newer(r#"{"memberQuery":null}"#));
        assert!(!has_newer_rule(&endpoint::UPDATE_USER, br#"{"memberQuery":{}}"#));
    }
}
