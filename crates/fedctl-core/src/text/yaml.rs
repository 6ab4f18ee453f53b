//! The only file that names `serde_yaml`: from text to a [`Node`], and the place of what stopped a walk.
//!
//! A text is read twice. The first pass asks YAML what each value is and counts, so that aliases cannot blow it up; the
//! second asks for the text of each scalar, whatever YAML takes it for.

use std::cell::Cell;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde_yaml::Deserializer as Yaml;

use super::diagnostic::Origin;
use super::locate::{Position, position_of_byte};
use super::node::{Entry, Node, ScalarKind, What};

/// Values and bytes that one pass may yield. Without aliases a text yields less than twice its length: a value costs one
/// and has at least a character and what parts it from the next.
fn budget_of(text: &str) -> Cell<usize> {
    Cell::new(2 * text.len() + (64 << 10))
}

/// Why there is no [`Node`].
#[derive(Debug)]
pub(crate) enum Unreadable {
    Empty,
    SeveralDocuments,
    AliasBomb(Option<Position>),
    Syntax { message: String, at: Option<Position> },
}

/// Reads the one document of a text.
pub(crate) fn load(text: &str) -> Result<Node, Unreadable> {
    let budget = budget_of(text);
    let document = Yaml::from_str(body(text)).next().ok_or(Unreadable::Empty)?;
    let shape = ShapeOf(&budget).deserialize(document).map_err(|error| unreadable(text, &error, &budget))?;
    if Yaml::from_str(body(text)).nth(1).is_some() {
        return Err(Unreadable::SeveralDocuments);
    }
    if matches!(shape.what, ShapeKind::Scalar(ScalarKind::Null)) {
        return Err(Unreadable::Empty);
    }
    let budget = budget_of(text);
    let document = Yaml::from_str(body(text)).next().ok_or(Unreadable::Empty)?;
    NodeOf { shape: &shape, budget: &budget }.deserialize(document).map_err(|error| unreadable(text, &error, &budget))
}

/// Where a walk stopped with an error; the seed makes it so.
pub(crate) fn stopped_at<'t>(text: &'t str, seed: impl DeserializeSeed<'t>) -> Option<Position> {
    let document = Yaml::from_str(body(text)).next()?;
    let error = seed.deserialize(document).err()?;
    position(text, &error)
}

fn unreadable(text: &str, error: &serde_yaml::Error, budget: &Cell<usize>) -> Unreadable {
    let words = error.to_string();
    let at = position(text, error);
    if budget.get() == 0 || words.starts_with("repetition limit") {
        return Unreadable::AliasBomb(at);
    }
    // The place is said by the label; here it would only be said twice, and the second one in other words.
    let message = words.split(" at line ").next().unwrap_or_default();
    let message = message.split(" at position ").next().unwrap_or_default();
    Unreadable::Syntax { message: message.to_owned(), at }
}

fn position(text: &str, error: &serde_yaml::Error) -> Option<Position> {
    error.location().map(|found| position_of_byte(text, found.index() + text.len() - body(text).len()))
}

/// A text without a byte order mark, behind which the parser would see a second document.
fn body(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// What a value is, before its text is known.
struct Shape {
    what: ShapeKind,
    tagged: bool,
}

enum ShapeKind {
    Scalar(ScalarKind),
    List(Vec<Shape>),
    Map(Vec<Shape>),
}

/// Takes from the budget.
fn charge<E: Error>(budget: &Cell<usize>, cost: usize) -> Result<(), E> {
    budget.set(budget.get().saturating_sub(cost));
    if budget.get() == 0 { Err(E::custom("too many repetitions")) } else { Ok(()) }
}

#[derive(Clone, Copy)]
struct ShapeOf<'b>(&'b Cell<usize>);

impl<'de> DeserializeSeed<'de> for ShapeOf<'_> {
    type Value = Shape;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
        charge(self.0, 1)?;
        deserializer.deserialize_any(self)
    }
}

impl ShapeOf<'_> {
    fn scalar<E>(kind: ScalarKind) -> Result<Shape, E> {
        Ok(Shape { what: ShapeKind::Scalar(kind), tagged: false })
    }
}

impl<'de> Visitor<'de> for ShapeOf<'_> {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Shape, E> {
        Self::scalar(ScalarKind::Null)
    }

    /// What the parser calls a text without anything in it.
    fn visit_none<E: Error>(self) -> Result<Shape, E> {
        Self::scalar(ScalarKind::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Shape, E> {
        Self::scalar(ScalarKind::Bool(value))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Shape, E> {
        Self::scalar(ScalarKind::Number)
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<Shape, E> {
        Self::scalar(ScalarKind::Number)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Shape, E> {
        Self::scalar(ScalarKind::Number)
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<Shape, E> {
        Self::scalar(ScalarKind::Number)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Shape, E> {
        Self::scalar(ScalarKind::Number)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Shape, E> {
        charge(self.0, text.len())?;
        Self::scalar(ScalarKind::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
        let mut shapes = Vec::new();
        while let Some(shape) = list.next_element_seed(self)? {
            shapes.push(shape);
        }
        Ok(Shape { what: ShapeKind::List(shapes), tagged: false })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut shapes = Vec::new();
        while map.next_key_seed(KeyOf(self.0))?.is_some() {
            shapes.push(map.next_value_seed(self)?);
        }
        Ok(Shape { what: ShapeKind::Map(shapes), tagged: false })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Shape, A::Error> {
        let (_, value) = tagged.variant::<IgnoredAny>()?;
        let shape = value.newtype_variant_seed(self)?;
        Ok(Shape { tagged: true, ..shape })
    }
}

/// Reads the text of a key, and refuses lists and mappings in its place.
struct KeyOf<'b>(&'b Cell<usize>);

impl<'de> DeserializeSeed<'de> for KeyOf<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyOf<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word as the key")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        charge(self.0, 1 + text.len())?;
        Ok(text.to_owned())
    }
}

/// Reads a value whose shape is known.
#[derive(Clone, Copy)]
struct NodeOf<'s> {
    shape: &'s Shape,
    budget: &'s Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for NodeOf<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        charge(self.budget, 1)?;
        match self.shape.what {
            ShapeKind::Scalar(_) => deserializer.deserialize_str(self),
            ShapeKind::List(_) => deserializer.deserialize_seq(self),
            ShapeKind::Map(_) => deserializer.deserialize_map(self),
        }
    }
}

impl NodeOf<'_> {
    fn inner(&self) -> &[Shape] {
        match &self.shape.what {
            ShapeKind::Scalar(_) => &[],
            ShapeKind::List(shapes) | ShapeKind::Map(shapes) => shapes,
        }
    }

    fn node(&self, what: What) -> Node {
        Node { what, tagged: self.shape.tagged, origin: Origin::File }
    }
}

impl<'de> Visitor<'de> for NodeOf<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value that was there before")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        charge(self.budget, text.len())?;
        let kind = match self.shape.what {
            ShapeKind::Scalar(kind) => kind,
            ShapeKind::List(_) | ShapeKind::Map(_) => ScalarKind::Text,
        };
        Ok(self.node(What::Scalar { text: text.to_owned(), kind }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        for shape in self.inner() {
            nodes.extend(list.next_element_seed(NodeOf { shape, ..self })?);
        }
        // The deserializer has to be led over the end of the list.
        list.next_element::<IgnoredAny>()?;
        Ok(self.node(What::List(nodes)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        for shape in self.inner() {
            let Some(key) = map.next_key_seed(KeyOf(self.budget))? else { break };
            entries.push(Entry { key, value: map.next_value_seed(NodeOf { shape, ..self })? });
        }
        map.next_key::<IgnoredAny>()?;
        Ok(self.node(What::Map(entries)))
    }
}
