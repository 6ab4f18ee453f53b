//! A file as it was written: mappings in their order, lists, and scalars with their text.
//!
//! This is the unvalidated side of the module. It is no serde structure because serde stops at the first problem, and
//! because a typed load turns an id such as `12e45` into a number before anybody can look at its text.

use super::Format;
use std::collections::BTreeMap;

use super::diagnostic::{At, Code, Diagnostic, Origin};
use super::path::{FieldPath, Segment};

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) what: What,
    /// Whether a `!tag` stood before it.
    pub(crate) tagged: bool,
    /// Which file it stands in.
    pub(crate) origin: Origin,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Scalar { text: String, kind: ScalarKind },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// One key of a mapping and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) value: Node,
}

/// What YAML takes a scalar for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScalarKind {
    Null,
    Bool(bool),
    Number,
    Text,
}

impl Node {
    /// What it is called in messages.
    pub(crate) fn kind_name(&self) -> &'static str {
        match &self.what {
            What::Map(_) => "a mapping",
            What::List(_) => "a list",
            What::Scalar { kind: ScalarKind::Null, .. } => "nothing",
            What::Scalar { kind: ScalarKind::Bool(_), .. } => "true or false",
            What::Scalar { kind: ScalarKind::Number, .. } => "a number",
            What::Scalar { kind: ScalarKind::Text, .. } => "text",
        }
    }

    /// The entries of a mapping; nothing else has any.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.what {
            What::Map(entries) => entries,
            What::Scalar { .. } | What::List(_) => &[],
        }
    }

    /// The value of the first entry with this key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    fn child(&self, at: usize) -> Option<&Node> {
        match &self.what {
            What::Scalar { .. } => None,
            What::List(nodes) => nodes.get(at),
            What::Map(entries) => entries.get(at).map(|entry| &entry.value),
        }
    }

    /// Whether something stands at a path.
    pub(crate) fn holds(&self, path: &FieldPath) -> bool {
        Order::of(self).find(path).0.len() == path.segments().len()
    }
}

/// Finds places in a document: what sorts problems in the order of the text. Each mapping that is passed is indexed once,
/// so that many problems in a large one do not cost their product.
pub(crate) struct Order<'n> {
    root: &'n Node,
    /// By where a mapping is, its keys by name.
    keys: BTreeMap<Vec<usize>, BTreeMap<&'n str, usize>>,
}

impl<'n> Order<'n> {
    /// Of a document.
    pub(crate) fn of(root: &'n Node) -> Self {
        Self { root, keys: BTreeMap::new() }
    }

    /// The entry numbers on the way to a path as far as it exists, and the file in which its end stands.
    pub(crate) fn find(&mut self, path: &FieldPath) -> (Vec<usize>, Origin) {
        let mut order = Vec::new();
        let mut node = self.root;
        for segment in path.segments() {
            let at = match (segment, &node.what) {
                (Segment::Key(key), What::Map(entries)) => self.keys_at(&order, entries).get(&**key).copied(),
                (Segment::Index(at), What::List(_)) => Some(*at),
                (Segment::Key(_) | Segment::Index(_), What::Scalar { .. } | What::List(_) | What::Map(_)) => None,
            };
            let Some((at, next)) = at.and_then(|at| Some((at, node.child(at)?))) else { break };
            order.push(at);
            node = next;
        }
        (order, node.origin)
    }

    fn keys_at(&mut self, order: &[usize], entries: &'n [Entry]) -> &BTreeMap<&'n str, usize> {
        self.keys.entry(order.to_vec()).or_insert_with(|| {
            // Of a key that is there twice, the first.
            entries.iter().enumerate().rev().map(|(at, entry)| (entry.key.as_str(), at)).collect()
        })
    }

    /// Puts problems in the order of the text, and says of each of their places in which file it is.
    pub(crate) fn sort(mut self, problems: &mut [Diagnostic]) {
        for label in problems.iter_mut().flat_map(|problem| &mut problem.labels) {
            if let At::Value(path) | At::Key(path) = &label.at {
                label.origin = label.origin.max(self.find(path).1);
            }
        }
        problems.sort_by_cached_key(|problem| match problem.labels.first().map(|label| &label.at) {
            Some(At::Value(path) | At::Key(path)) => self.find(path).0,
            Some(At::Position(_)) | None => Vec::new(),
        });
    }
}

/// Reports the parts of YAML that our files do without: tags and merges.
pub(crate) fn refuse_extras(format: &Format, node: &Node, at: &FieldPath, problems: &mut Vec<Diagnostic>) {
    if node.tagged {
        problems.push(
            Diagnostic::error(Code::YamlTag, format!("{} has no YAML tags", format.a))
                .at_value(at, "this value has one")
                .help("remove the word that begins with `!`, or quote the value"),
        );
    }
    match &node.what {
        What::Scalar { .. } => {}
        What::List(nodes) => {
            for (index, node) in nodes.iter().enumerate() {
                refuse_extras(format, node, &at.index(index), problems);
            }
        }
        What::Map(entries) => {
            for Entry { key, value } in entries {
                let at = at.key(key);
                if key == "<<" {
                    problems.push(
                        Diagnostic::error(Code::MergeKey, format!("{} has no `<<` merges", format.a))
                            .at_key(&at, "")
                            .help("write the keys out: whoever reviews the file sees everything in its place"),
                    );
                }
                refuse_extras(format, value, &at, problems);
            }
        }
    }
}
