//! Bodies with holes. A body names objects and never holds an id: a request is spelt the same before and after half of
//! the plan was applied, and what an action depends on is read off the names.

use std::marker::PhantomData;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::action::Spelling;
use crate::address::Address;
use crate::live::Confirmed;

/// What an object can give to a request that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Give {
    /// Its id in the organisation.
    Id,
    /// The client id of an OIDC app.
    ClientId,
    /// The client secret of an OIDC app, which only one answer ever holds.
    ClientSecret,
}

impl Give {
    /// Everything that can be given.
    pub const ALL: [Give; 3] = [Give::Id, Give::ClientId, Give::ClientSecret];

    /// The word used in a hole.
    pub fn as_str(self) -> &'static str {
        match self {
            Give::Id => "id",
            Give::ClientId => "client-id",
            Give::ClientSecret => "client-secret",
        }
    }
}

/// Marks a hole that holds an id.
pub struct Id;
/// Marks a hole that holds a client id.
pub struct ClientId;
/// A client secret. It can be put in no body and printed nowhere; a body that wants one has an [`Of`] for it.
///
/// ```compile_fail,E0277
/// use fedctl_core::plan::hole::{Body, ClientSecret};
/// #[derive(serde::Serialize)]
/// struct Oidc { client_secret: ClientSecret }
/// fn body(secret: ClientSecret) -> Body { Body::json(&Oidc { client_secret: secret }) }
/// ```
///
/// ```
/// use fedctl_core::plan::hole::{Body, ClientSecret, Of};
/// #[derive(serde::Serialize)]
/// struct Oidc { client_secret: Of<ClientSecret> }
/// fn body(secret: Of<ClientSecret>) -> Body { Body::json(&Oidc { client_secret: secret }) }
/// ```
pub struct ClientSecret(pub(crate) secrecy::SecretString);

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Id {}
    impl Sealed for super::ClientId {}
    impl Sealed for super::ClientSecret {}
}

/// What a hole can hold.
pub trait Holds: sealed::Sealed {
    /// The same as a value.
    const GIVE: Give;
}
impl Holds for Id {
    const GIVE: Give = Give::Id;
}
impl Holds for ClientId {
    const GIVE: Give = Give::ClientId;
}
impl Holds for ClientSecret {
    const GIVE: Give = Give::ClientSecret;
}

/// The `T` of an object, whether it exists or is made by this plan.
#[derive(Debug, Clone)]
pub struct Of<T> {
    of: Address,
    holds: PhantomData<fn() -> T>,
}

impl<T: Holds> Of<T> {
    /// A hole for the `T` of this object.
    pub fn new(of: &Address) -> Self {
        Self { of: of.clone(), holds: PhantomData }
    }
}

impl<T: Holds> Serialize for Of<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("$of", &(self.of.to_string(), T::GIVE.as_str()))?;
        map.end()
    }
}

/// A live hole: an array that stays theirs, as it was seen at most two seconds before, with our entries in it.
#[derive(serde::Serialize)]
pub struct Merge<'a, E> {
    /// Where the array stands in the object that is looked at.
    pub field: &'static str,
    /// The key by which an entry of ours takes the place of one that is there; empty where entries are plain values.
    pub by: &'static str,
    /// Our entries.
    pub set: &'a [E],
    /// The keys of entries that go.
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    drop: &'a [&'a str],
}

impl<'a, E> Merge<'a, E> {
    /// The array with these entries in it; `by` is empty where entries are plain values.
    pub const fn of(field: &'static str, by: &'static str, set: &'a [E]) -> Self {
        Self { field, by, set, drop: &[] }
    }

    /// Without the entries that have these keys: something is taken away, so the reader has to have confirmed it.
    ///
    /// ```compile_fail,E0451
    /// use fedctl_core::plan::hole::Merge;
    /// Merge::<&str> { field: "attributes", by: "name", set: &[], drop: &["theirs"] };
    /// ```
    #[must_use]
    pub fn without<R>(self, _: Confirmed<R>, drop: &'a [&'a str]) -> Self {
        Self { drop, ..self }
    }
}

/// In a body: `{"$merge":{"field":…,"by":…,"set":[…]}}`.
pub struct Merged<'a, E>(pub Merge<'a, E>);

impl<E: Serialize> Serialize for Merged<'_, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("$merge", &self.0)?;
        map.end()
    }
}

/// A live hole: a whole object, for calls that replace one. It stays as it was seen but for what is said here.
///
/// In a body: `{"$whole":{"at":…,"only":[…],"without":[…],"set":[…],"there":[…],"lists":[…]}}`. Values of keys that are
/// there may be holes for what another object gives.
#[derive(serde::Serialize, Default)]
pub struct Whole {
    /// Where it stands in what is looked at, in dotted keys; empty for all of it.
    pub at: &'static str,
    /// The keys that the call takes; empty where that is not known, and then all are sent back.
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    pub only: &'static [&'static str],
    /// Keys that the service sets itself.
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    pub without: &'static [&'static str],
    /// Dotted keys and the values they get.
    pub set: Vec<(&'static str, Box<RawValue>)>,
    /// Dotted keys, and the values that those of them get which stand there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub there: Vec<(&'static str, Box<RawValue>)>,
    /// Lists in which only entries of ours change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<List>,
}

/// A list inside such an object: ours take the place of those with the same key, the others stay.
#[derive(serde::Serialize)]
pub struct List {
    /// The key under which it stands.
    pub field: &'static str,
    /// The key that tells entries apart; empty where they are plain values.
    pub by: &'static str,
    /// Our entries.
    pub set: Vec<Box<RawValue>>,
}

impl Whole {
    /// A body that is such an object and nothing else.
    pub fn body(self) -> Body {
        Body::json(&Wholly(self))
    }

    /// Gives a value to a field, under whichever of its keys stands there. `no` is what it is where yes means no.
    #[must_use]
    pub fn with_spelt(mut self, spelling: &'static Spelling, yes: &impl Serialize, no: &impl Serialize) -> Self {
        let value = |is_no: bool| if is_no { raw(no) } else { raw(yes) };
        self.there.extend(spelling.keys.iter().map(|(key, is_no)| (*key, value(*is_no))));
        self
    }

    /// Gives a key a value.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: &impl Serialize) -> Self {
        self.set.push((key, raw(value)));
        self
    }
}

/// A value as JSON text.
///
/// # Panics
/// Never for strings, numbers, booleans and structs of them.
pub fn raw(value: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).expect("values of bodies have string keys and no failing serializer")
}

/// In a body: the hole itself.
pub struct Wholly(pub Whole);

impl Serialize for Wholly {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("$whole", &self.0)?;
        map.end()
    }
}

/// A field of a form: text, or a hole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FormValue {
    /// As it stands.
    Text(Box<str>),
    /// What an object gives.
    Of(Address, Give),
}

/// The body of a request, with holes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Body {
    /// JSON text.
    Json(Box<str>),
    /// Fields of a form, in order.
    Form(Box<[(&'static str, FormValue)]>),
}

impl Body {
    /// The JSON text of a typed body. Bytes come from the order of its fields, never from a map.
    ///
    /// # Panics
    /// Never for structs of strings, numbers, arrays and holes, which is all that bodies are made of.
    pub fn json(body: &impl Serialize) -> Self {
        Body::Json(serde_json::to_string(body).expect("bodies have string keys and no failing serializer").into())
    }

    /// Every hole for another object's value, in order.
    pub fn names(&self) -> Vec<(Address, Give)> {
        match self {
            Body::Json(text) => names(text),
            Body::Form(fields) => fields
                .iter()
                .filter_map(|(_, value)| match value {
                    FormValue::Of(address, give) => Some((address.clone(), *give)),
                    FormValue::Text(_) => None,
                })
                .collect(),
        }
    }

    /// Whether filling it takes a look at the object first.
    pub fn is_live(&self) -> bool {
        matches!(self, Body::Json(text) if text.contains(MERGE) || text.contains(WHOLE))
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Body::Json(text) => serializer.serialize_str(text),
            Body::Form(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    match value {
                        FormValue::Text(text) => map.serialize_entry(name, text)?,
                        FormValue::Of(address, give) => {
                            map.serialize_entry(name, &format_args!("$of {address} {}", give.as_str()).to_string())?;
                        }
                    }
                }
                map.end()
            }
        }
    }
}

// A quote inside a JSON string is always escaped, so these bytes can stand nowhere but at a hole.
const OF: &str = "{\"$of\":";
const MERGE: &str = "{\"$merge\":";
const WHOLE: &str = "{\"$whole\":";

fn names(text: &str) -> Vec<(Address, Give)> {
    let of = |piece| match piece {
        Piece::Of(address, give) => vec![(address, give)],
        Piece::Whole(inner) => names(inner),
        Piece::Text(_) | Piece::Merge(_) => Vec::new(),
    };
    pieces(text).flat_map(of).collect()
}

/// A part of a JSON body.
pub(crate) enum Piece<'a> {
    /// Sent as it stands.
    Text(&'a str),
    /// A hole for what an object gives.
    Of(Address, Give),
    /// A live hole, as the JSON text of a [`Merge`].
    Merge(&'a str),
    /// A live hole, as the JSON text of a [`Whole`].
    Whole(&'a str),
}

/// Splits a JSON body at its outermost holes.
pub(crate) fn pieces(mut text: &str) -> impl Iterator<Item = Piece<'_>> {
    std::iter::from_fn(move || {
        if text.is_empty() {
            return None;
        }
        let next = [OF, MERGE, WHOLE].into_iter().filter_map(|hole| text.find(hole)).min().unwrap_or(text.len());
        if next > 0 {
            let (piece, rest) = text.split_at(next);
            text = rest;
            return Some(Piece::Text(piece));
        }
        let hole = [OF, MERGE, WHOLE].into_iter().find(|hole| text.starts_with(hole))?;
        let inner = &text[hole.len()..];
        let end = value_end(inner);
        // One more byte: the brace that closes the hole.
        text = inner.get(end + 1..).unwrap_or("");
        match hole {
            MERGE => return Some(Piece::Merge(&inner[..end])),
            WHOLE => return Some(Piece::Whole(&inner[..end])),
            _ => {}
        }
        let (address, give): (String, String) = serde_json::from_str(&inner[..end]).ok()?;
        let give = Give::ALL.into_iter().find(|candidate| candidate.as_str() == give)?;
        Address::parse(&address).map(|address| Piece::Of(address, give))
    })
}

/// Where the JSON value at the start of `text` ends.
fn value_end(text: &str) -> usize {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    match stream.next() {
        Some(Ok(_)) => stream.byte_offset(),
        Some(Err(_)) | None => text.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Kind, Org};

    #[derive(serde::Serialize)]
    struct Probe {
        label: &'static str,
        id: Of<Id>,
        secret: Of<ClientSecret>,
    }

    #[test]
    fn a_body_is_split_at_its_holes_and_user_text_is_never_one() {
        let app = Address::new(Org::Primary, Kind::OidcApp, "a \"quoted\" {\"$of\": app");
        let body = Body::json(&Probe { label: "{\"$of\":[\"x\"]}", id: Of::new(&app), secret: Of::new(&app) });
        assert_eq!(body.names(), [(app.clone(), Give::Id), (app, Give::ClientSecret)]);
        let Body::Json(text) = &body else { unreachable!("made as JSON") };
        let texts = pieces(text).filter(|piece| matches!(piece, Piece::Text(_))).count();
        assert_eq!(texts, 3, "{text}");
    }

    #[test]
    fn a_live_hole_is_found_whole() {
        #[derive(serde::Serialize)]
        struct Update<'a> {
            attributes: Merged<'a, (&'static str, &'static str)>,
        }
        let body = Body::json(&Update { attributes: Merged(Merge::of("attributes", "name", &[("a", "}{")])) });
        assert!(body.is_live());
        let Body::Json(text) = &body else { unreachable!("made as JSON") };
        let merges: Vec<_> = pieces(text)
            .filter_map(|piece| match piece {
                Piece::Merge(inner) => Some(inner.to_owned()),
                Piece::Text(_) | Piece::Of(..) | Piece::Whole(_) => None,
            })
            .collect();
        assert_eq!(merges, [r#"{"field":"attributes","by":"name","set":[["a","}{"]]}"#]);
    }
}
