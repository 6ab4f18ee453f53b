//! A file as it was written: mappings in their order, lists, and scalars with their text.
//!
//! This is the unvalidated side of the module. It is no serde structure because serde stops at the first problem, and
//! because a typed load turns an id such as `12e45` into a number before anybody can look at its text.

use super::Format;
use super::diagnostic::{Code, Diagnostic};
use super::path::{FieldPath, Segment};

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) what: What,
    /// Whether a `!tag` stood before it.
    pub(crate) tagged: bool,
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

    /// The entry numbers on the way to a path: what sorts problems in the order of the text.
    pub(crate) fn order_of(&self, path: &FieldPath) -> Vec<usize> {
        let mut order = Vec::new();
        let mut node = self;
        for segment in path.segments() {
            let step = match (segment, &node.what) {
                (Segment::Key(key), What::Map(entries)) => entries
                    .iter()
                    .position(|entry| *entry.key == **key)
                    .and_then(|at| Some((at, &entries.get(at)?.value))),
                (Segment::Index(at), What::List(nodes)) => nodes.get(*at).map(|found| (*at, found)),
                (Segment::Key(_) | Segment::Index(_), What::Scalar { .. } | What::List(_) | What::Map(_)) => None,
            };
            let Some((at, next)) = step else { break };
            order.push(at);
            node = next;
        }
        order
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
