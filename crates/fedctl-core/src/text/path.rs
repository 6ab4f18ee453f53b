//! Where in a spec something stands, said by keys and indexes and not by bytes.

use std::fmt;
use std::sync::Arc;

/// One step of a [`FieldPath`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// Into the value of a key of a mapping.
    Key(Arc<str>),
    /// Into an entry of a sequence.
    Index(usize),
}

/// The way from the top of a spec to one value, such as `people.from.groups[1]`.
///
/// Checks and plans speak of these; only what renders a message asks [`locate`](super::locate::locate()) where that is in the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct FieldPath(Arc<[Segment]>);

impl FieldPath {
    /// The whole document.
    pub fn root() -> Self {
        Self::default()
    }

    /// A path of keys alone: `FieldPath::of(&["people", "from"])`.
    pub fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|key| Segment::Key(Arc::from(*key))).collect())
    }

    /// The value of a key of the mapping that stands here.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.then(Segment::Key(Arc::from(key)))
    }

    /// An entry of the sequence that stands here; the first is 0.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.then(Segment::Index(index))
    }

    /// What holds the value that stands here; nothing holds the document.
    pub fn parent(&self) -> Option<Self> {
        let (_, above) = self.0.split_last()?;
        Some(Self(Arc::from(above)))
    }

    /// The steps, from the top.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    fn then(&self, segment: Segment) -> Self {
        Self(self.0.iter().cloned().chain([segment]).collect())
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if at == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A value of the spec with the path that a message or a plan cites for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Located<T> {
    /// What was written, validated.
    pub value: T,
    /// Where it was written; for a default, where it would stand.
    pub at: FieldPath,
}

impl<T> Located<T> {
    /// Puts a value and its place together.
    pub fn new(value: T, at: FieldPath) -> Self {
        Self { value, at }
    }
}

impl<T> std::ops::Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Display> fmt::Display for Located<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}
