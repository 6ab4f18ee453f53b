//! Filling holes: from a call that names objects to a request that can be sent.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::address::Address;
use crate::plan::action::{Arg, Call};
use crate::plan::hole::{Body, ClientSecret, FormValue, Give, Piece, pieces};
use crate::plan::{Known, Plan};
use crate::request::{Content, Request};

/// What objects gave in this run.
#[derive(Clone, Default)]
pub(crate) struct Given {
    gifts: BTreeMap<Address, Gift>,
    // Apart, for it is asked at every step whether there is one.
    secrets: BTreeMap<Address, Arc<ClientSecret>>,
}

#[derive(Clone, Default)]
struct Gift {
    id: Option<Box<str>>,
    client_id: Option<Box<str>>,
}

/// Why a request could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unfilled {
    /// An object never gave what the request needs.
    Missing(Address, Give),
    /// The array of a live hole was not seen.
    NotSeen(&'static str),
}

impl Given {
    /// Keeps what an answer gives.
    pub(crate) fn keep(&mut self, address: &Address, give: Give, value: &str) {
        match give {
            Give::Id => self.gift(address).id = Some(value.into()),
            Give::ClientId => self.gift(address).client_id = Some(value.into()),
            Give::ClientSecret => {
                self.secrets.insert(address.clone(), Arc::new(ClientSecret(SecretString::from(value))));
            }
        }
    }

    fn gift(&mut self, address: &Address) -> &mut Gift {
        self.gifts.entry(address.clone()).or_default()
    }

    /// Whether an object gave a secret that is still held.
    pub(crate) fn holds_secret(&self, address: &Address) -> bool {
        self.secrets.contains_key(address)
    }

    fn secret(&self, address: &Address) -> Option<SecretString> {
        self.secrets.get(address).map(|secret| secret.0.clone())
    }

    /// A text without the secrets that are held.
    pub(crate) fn without_secrets(&self, text: String) -> String {
        self.secrets.values().fold(text, |text, secret| text.replace(secret.0.expose_secret(), "(secret)"))
    }

    /// Whether any secret is held.
    pub(crate) fn holds_any_secret(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// Lets go of every secret.
    pub(crate) fn forget_secrets(&mut self) {
        self.secrets.clear();
    }

    /// The id or client id of an object, known before or given in this run.
    pub(crate) fn public<'a>(&'a self, plan: &'a Plan, address: &Address, give: Give) -> Option<Cow<'a, str>> {
        let gift = self.gifts.get(address);
        let known: Option<&Known> = plan.known.get(address);
        match give {
            Give::Id => gift
                .and_then(|gift| gift.id.as_deref().map(Cow::Borrowed))
                .or_else(|| known.map(|known| Cow::Owned(known.id.to_string()))),
            Give::ClientId => gift
                .and_then(|gift| gift.client_id.as_deref())
                .or_else(|| known.and_then(|known| known.client_id.as_deref()))
                .map(Cow::Borrowed),
            Give::ClientSecret => None,
        }
    }

    fn value<'a>(&'a self, plan: &'a Plan, address: &Address, give: Give) -> Result<Cow<'a, str>, Unfilled> {
        let value = match give {
            Give::Id | Give::ClientId => self.public(plan, address, give),
            Give::ClientSecret => self.secrets.get(address).map(|secret| Cow::Borrowed(secret.0.expose_secret())),
        };
        value.ok_or_else(|| Unfilled::Missing(address.clone(), give))
    }
}

/// The arguments of a path.
pub(crate) fn args(plan: &Plan, given: &Given, args: &[Arg]) -> Result<Vec<String>, Unfilled> {
    args.iter().map(|arg| given.value(plan, &arg.0, Give::Id).map(Cow::into_owned)).collect()
}

/// A request from a call. `seen` is the JSON text of the object as just looked at, for live holes.
pub(crate) fn request(
    plan: &Plan,
    given: &Given,
    org: crate::address::Org,
    call: &Call,
    seen: Option<&str>,
) -> Result<Request, Unfilled> {
    let path = args(plan, given, &call.args)?;
    let body = match &call.body {
        None => None,
        Some(Body::Json(text)) => Some((Content::Json, json(plan, given, text, seen)?)),
        Some(Body::Form(fields)) => Some((Content::Form, form(plan, given, fields)?)),
    };
    let mut request = Request::write(org, call.endpoint, &path, body);
    let secrets = call.body.iter().flat_map(Body::names).filter(|(_, give)| *give == Give::ClientSecret);
    request.secrets = secrets.filter_map(|(address, _)| given.secret(&address)).collect();
    Ok(request)
}

fn json(plan: &Plan, given: &Given, text: &str, seen: Option<&str>) -> Result<Vec<u8>, Unfilled> {
    // Large enough not to move: a buffer that grows leaves copies of a secret behind.
    let mut out = Vec::with_capacity(text.len() + 4096);
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
            Piece::Of(address, give) => {
                let value = given.value(plan, &address, give)?;
                let quoted = Zeroizing::new(serde_json::to_vec(&*value).unwrap_or_default());
                out.extend_from_slice(&quoted);
            }
            Piece::Merge(merge) => merge_into(&mut out, plan, given, merge, seen)?,
        }
    }
    Ok(out)
}

fn form(plan: &Plan, given: &Given, fields: &[(&'static str, FormValue)]) -> Result<Vec<u8>, Unfilled> {
    let mut out = Zeroizing::new(String::with_capacity(4096));
    for (name, value) in fields {
        let value = match value {
            FormValue::Text(text) => Cow::Borrowed(&**text),
            FormValue::Of(address, give) => given.value(plan, address, *give)?,
        };
        if !out.is_empty() {
            out.push('&');
        }
        for part in [name, "=", &value] {
            match part {
                "=" => out.push('='),
                text => out.extend(form_urlencoded::byte_serialize(text.as_bytes())),
            }
        }
    }
    Ok(out.as_bytes().to_vec())
}

#[derive(serde::Deserialize)]
struct MergeText<'a> {
    field: &'a str,
    by: &'a str,
    #[serde(borrow)]
    set: Vec<&'a RawValue>,
}

type Entry<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// Writes the array as it was seen, foreign entries in their order, ours in the place of those with the same key.
fn merge_into(out: &mut Vec<u8>, plan: &Plan, given: &Given, merge: &str, seen: Option<&str>) -> Result<(), Unfilled> {
    let merge: MergeText<'_> = serde_json::from_str(merge).map_err(|_| Unfilled::NotSeen("a live hole"))?;
    let object: BTreeMap<Cow<'_, str>, &RawValue> =
        seen.and_then(|text| serde_json::from_str(text).ok()).ok_or(Unfilled::NotSeen("the object"))?;
    let there: Vec<Entry<'_>> = match object.get(merge.field).map(|array| array.get()) {
        // `[observed]`: a user without attributes has an empty array. None at all was not seen, and writing would wipe it.
        None if merge.field == "attributes" => return Err(Unfilled::NotSeen("the array of attributes")),
        None | Some("null") => Vec::new(),
        Some(array) => serde_json::from_str(array).map_err(|_| Unfilled::NotSeen("the array"))?,
    };
    let key = |entry: &Entry<'_>| entry.get(merge.by).map(|value| value.get().to_owned());
    let ours: Vec<(Option<String>, &str)> = merge
        .set
        .iter()
        .map(|entry| (serde_json::from_str::<Entry<'_>>(entry.get()).ok().and_then(|entry| key(&entry)), entry.get()))
        .collect();
    let mut written: Vec<Vec<u8>> = Vec::new();
    let mut placed = vec![false; ours.len()];
    for entry in &there {
        match ours.iter().position(|(our, _)| *our == key(entry)) {
            Some(at) if placed[at] => {}
            Some(at) => {
                placed[at] = true;
                written.push(json(plan, given, ours[at].1, None)?);
            }
            None => written.push(foreign(entry)),
        }
    }
    for (at, (_, text)) in ours.iter().enumerate().filter(|(at, _)| !placed[*at]) {
        let _: usize = at;
        written.push(json(plan, given, text, None)?);
    }
    out.push(b'[');
    out.extend_from_slice(&written.join(&b','));
    out.push(b']');
    Ok(())
}

/// An entry of somebody else, as it was seen but for `_id`, which the service adds and does not take. `[observed]`
fn foreign(entry: &Entry<'_>) -> Vec<u8> {
    let kept: BTreeMap<&str, &RawValue> =
        entry.iter().filter(|(key, _)| *key != "_id").map(|(key, value)| (&**key, *value)).collect();
    serde_json::to_vec(&kept).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Pair;

    fn nothing() -> Plan {
        let id = crate::object_id::ObjectId::parse("61aa0d3e9b1e8a0001a1b2c3").unwrap();
        Plan {
            federation: "f".into(),
            organizations: [id, id],
            as_of: None,
            known: BTreeMap::new(),
            people: Vec::new(),
            left: Vec::new(),
            actions: Vec::new(),
            notes: Vec::new(),
            refusals: Vec::new(),
            pair: Pair::None,
        }
    }

    #[test]
    fn foreign_entries_stay_in_their_order_and_ours_takes_its_place() {
        let seen = r#"{"attributes":[{"_id":"x","name":"a","value":1.50},{"name":"Alias","value":"old"},{"name":"b","value":"}"}]}"#;
        let body =
            r#"{"attributes":{"$merge":{"field":"attributes","by":"name","set":[{"name":"Alias","value":"new"}]}}}"#;
        let filled = json(&nothing(), &Given::default(), body, Some(seen)).unwrap();
        assert_eq!(
            String::from_utf8(filled).unwrap(),
            r#"{"attributes":[{"name":"a","value":1.50},{"name":"Alias","value":"new"},{"name":"b","value":"}"}]}"#
        );
    }

    #[test]
    fn an_array_that_is_not_there_becomes_ours_alone_and_an_object_that_was_not_seen_is_an_error() {
        let body = r#"{"x":{"$merge":{"field":"x","by":"name","set":[{"name":"a"}]}}}"#;
        let filled =
            |seen| json(&nothing(), &Given::default(), body, seen).map(|body| String::from_utf8(body).unwrap());
        assert_eq!(filled(Some("{}")), Ok(r#"{"x":[{"name":"a"}]}"#.to_owned()));
        assert_eq!(filled(None), Err(Unfilled::NotSeen("the object")));
    }

    #[test]
    fn i6_attributes_that_were_not_seen_are_not_taken_for_none() {
        let body = r#"{"attributes":{"$merge":{"field":"attributes","by":"name","set":[{"name":"a"}]}}}"#;
        let filled = json(&nothing(), &Given::default(), body, Some(r#"{"email":"ann@acme.com"}"#));
        assert_eq!(filled, Err(Unfilled::NotSeen("the array of attributes")));
    }
}
