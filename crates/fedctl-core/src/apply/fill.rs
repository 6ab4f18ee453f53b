//! Filling holes: from a call that names objects to a request that can be sent.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::live::{self, Unfilled};
use crate::address::Address;
use crate::plan::action::{Arg, Call};
use crate::plan::hole::{Body, ClientSecret, FormValue, Give, Piece, pieces};
use crate::plan::{Known, Plan};
use crate::planted::planted;
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

    /// Forgets what an object gave that is not there any more.
    pub(crate) fn forget(&mut self, address: &Address) {
        self.gifts.remove(address);
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
    request.newer_rule = request.body.as_ref().is_some_and(|(_, body)| live::has_newer_rule(call.endpoint, body));
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
                let value = planted!(EmptySecret => if give == Give::ClientSecret { "".into() } else { value }, value);
                let quoted = Zeroizing::new(serde_json::to_vec(&*value).unwrap_or_default());
                out.extend_from_slice(&quoted);
            }
            Piece::Merge(merge) => live::merge(&mut out, merge, seen, &|text| json(plan, given, text, None))?,
            Piece::Whole(whole) => live::whole(&mut out, whole, seen, &|text| json(plan, given, text, None))?,
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
            lifted: Vec::new(),
            pair: Pair::None,
            warnings: Vec::new(),
            adoptable: crate::plan::Adoptable::default(),
            others: Vec::new(),
            backwards: false,
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
