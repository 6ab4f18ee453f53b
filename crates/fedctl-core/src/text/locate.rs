//! Where in the text a [`FieldPath`] is: the text is read again by a walk that stops there with an error, to which YAML
//! attaches the place. So no domain type carries a span, and it costs only when something is wrong.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::path::{FieldPath, Segment};
use super::yaml::stopped_at;

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Bytes before it.
    pub byte: usize,
    /// Its line; the first is 1.
    pub line: usize,
    /// Its column in characters; the first is 1.
    pub column: usize,
    /// How many bytes it is long: the scalar with its quotes if it is on one line, else one character; 0 where nothing
    /// stands.
    pub len: usize,
}

/// Where the value at a path stands; `None` if it is not there.
pub fn locate(text: &str, path: &FieldPath) -> Option<Position> {
    // Scalars are asked for as text, which says how long they are; what is no scalar does not answer to that.
    find(text, path, End::Scalar, 0).or_else(|| find(text, path, End::Any, 0))
}

/// Where the key that leads to the value at a path stands; `None` if it is not there or an index leads to it.
pub fn locate_key(text: &str, path: &FieldPath) -> Option<Position> {
    locate_nth_key(text, path, 0)
}

/// As [`locate_key`], for a key that is in its mapping several times.
pub(crate) fn locate_nth_key(text: &str, path: &FieldPath, nth: usize) -> Option<Position> {
    matches!(path.segments().last(), Some(Segment::Key(_))).then(|| find(text, path, End::Key, nth)).flatten()
}

/// The place after so many bytes, one character long.
pub(crate) fn position_of_byte(text: &str, byte: usize) -> Position {
    let byte = (0..=byte.min(text.len())).rfind(|byte| text.is_char_boundary(*byte)).unwrap_or_default();
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() + 1;
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    Position { byte, line, column, len: char_len(text, byte) }
}

fn find(text: &str, path: &FieldPath, end: End, nth: usize) -> Option<Position> {
    let walk = Walk { found: &RefCell::new(None), nth: &Cell::new(nth), end, segments: path.segments() };
    let position = stopped_at(text, walk)?;
    let scalar = walk.found.take()?;
    let len = scalar.map_or(position.len, |scalar| scalar_len(text, position.byte, &scalar));
    Some(Position { len, ..position })
}

/// How long the source of a scalar is.
fn scalar_len(text: &str, byte: usize, scalar: &str) -> usize {
    let line = text.get(byte..).unwrap_or_default().lines().next().unwrap_or_default();
    match line.chars().next() {
        Some(quote @ ('"' | '\'')) => quoted_len(line, quote),
        _ if scalar.is_empty() => 0,
        _ if line.starts_with(scalar) => scalar.len(),
        _ => char_len(text, byte),
    }
}

/// How long a quoted scalar at the start of a line is; 1 if it does not end there.
fn quoted_len(line: &str, quote: char) -> usize {
    let mut chars = line.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        if (quote == '"' && c == '\\') || (quote == '\'' && c == quote && next == Some(quote)) {
            chars.next();
        } else if c == quote {
            return at + 1;
        }
    }
    1
}

fn char_len(text: &str, byte: usize) -> usize {
    match text.get(byte..).and_then(|rest| rest.chars().next()) {
        None | Some('\n' | '\r') => 0,
        Some(c) => c.len_utf8(),
    }
}

/// What stands at the end of a walk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Scalar,
    Any,
    Key,
}

/// A walk along the rest of a path.
#[derive(Clone, Copy)]
struct Walk<'w> {
    segments: &'w [Segment],
    end: End,
    /// How many keys that fit are still to be passed by.
    nth: &'w Cell<usize>,
    /// Set when the walk stops at its end and nowhere else: the text, of a scalar or a key.
    found: &'w RefCell<Option<Option<String>>>,
}

impl Walk<'_> {
    fn stop<E: Error>(&self, text: Option<&str>) -> E {
        *self.found.borrow_mut() = Some(text.map(str::to_owned));
        E::custom("found")
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match (self.segments.first(), self.end) {
            (Some(Segment::Key(_)), _) => deserializer.deserialize_map(self),
            (Some(Segment::Index(_)), _) => deserializer.deserialize_seq(self),
            (None, End::Scalar | End::Key) => deserializer.deserialize_str(Stop(self)),
            (None, End::Any) => deserializer.deserialize_any(Stop(self)),
        }
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the rest of the path")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((Segment::Key(wanted), rest)) = self.segments.split_first() else { return Ok(()) };
        let walk = Walk { segments: rest, ..self };
        while let Some(fits) = map.next_key_seed(KeyFits { wanted, walk })? {
            if fits {
                return map.next_value_seed(walk);
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Some((Segment::Index(wanted), rest)) = self.segments.split_first() else { return Ok(()) };
        for _ in 0..*wanted {
            if list.next_element::<IgnoredAny>()?.is_none() {
                return Ok(());
            }
        }
        list.next_element_seed(Walk { segments: rest, ..self }).map(drop)
    }
}

/// Whether a key is the wanted one; stops at it if the walk is for the key.
struct KeyFits<'w> {
    wanted: &'w str,
    walk: Walk<'w>,
}

impl<'de> DeserializeSeed<'de> for KeyFits<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyFits<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
        let at_end = self.walk.end == End::Key && self.walk.segments.is_empty();
        match (key == self.wanted, at_end, self.walk.nth.get()) {
            (false, _, _) => Ok(false),
            (true, false, _) => Ok(true),
            (true, true, 0) => Err(self.walk.stop(Some(key))),
            (true, true, left) => {
                self.walk.nth.set(left - 1);
                Ok(false)
            }
        }
    }
}

/// The end of a walk: whatever is there stops it.
struct Stop<'w>(Walk<'w>);

impl<'de> Visitor<'de> for Stop<'_> {
    type Value = ();

    /// Is asked when a value of another kind stands there, which is what `End::Any` is for.
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.end == End::Any {
            self.0.found.replace(Some(None));
        }
        f.write_str("nothing more")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        Err(self.0.stop(Some(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.0.stop(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.0.stop(None))
    }
}
