//! `fleet.yaml`: defaults for every spec of its folder.
//!
//! It has the keys of a spec but the name. A spec wins over it; mappings are merged key by key, and everything else, lists
//! too, is replaced. `{federation}` in a value is the name of the federation that it becomes a default of.

use super::name::FederationName;
use super::{Code, Diagnostic, FORMAT, FieldPath, Parsed, Segment, Word, parse_node};
use crate::text::diagnostic::{At, Origin};
use crate::text::document;
use crate::text::node::{Entry, Node, What};

/// What a name that is wrong or not known yet is in the meantime: it makes nothing else wrong.
const SAMPLE: &str = "x";

/// What is missing in defaults is in the specs, and what does not go together is theirs to say.
const LEFT_TO_SPECS: &[Code] =
    &[Code::NobodySelected, Code::NotInPeople, Code::ExceptedPerson, Code::AliasCollision, Code::CaptureNotAccepted];

/// The text of a `fleet.yaml`, read once for all specs of its folder.
#[derive(Clone, Debug)]
pub struct FleetText {
    text: String,
    /// Nothing if it cannot be read at all.
    node: Option<Node>,
    /// What is wrong with the document, whatever its values are.
    problems: Vec<Diagnostic>,
}

impl FleetText {
    /// Reads the text. What is wrong with it is in [`FleetText::problems`], and makes every spec of the folder invalid.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let (node, mut problems) = match document::read(&FORMAT, &text) {
            Ok((node, problems)) => (Some(node), problems),
            Err(problems) => (None, problems),
        };
        let node = node.map(|node| Node { origin: Origin::Fleet, ..node });
        problems.extend(node.as_ref().and_then(no_defaults));
        problems.iter_mut().for_each(|problem| problem.comes_from(Origin::Fleet));
        Self { text, node, problems }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Everything that is wrong with it by itself. More may be wrong together with a spec.
    pub fn problems(&self) -> Vec<Diagnostic> {
        let defaults = self.defaults(SAMPLE).filter(|node| matches!(node.what, What::Map(_)));
        let Some(defaults) = defaults else { return self.problems.clone() };
        let mut problems = parse_node(&defaults, self.problems.clone()).problems;
        problems.retain(|problem| {
            // Lists are not merged: what an entry of one lacks is lacking.
            let is_in_list = problem.labels.iter().any(|label| match &label.at {
                At::Value(path) | At::Key(path) => {
                    path.segments().iter().any(|segment| matches!(segment, Segment::Index(_)))
                }
                At::Position(_) => false,
            });
            !LEFT_TO_SPECS.contains(&problem.code) && (problem.code != Code::MissingKey || is_in_list)
        });
        problems.iter_mut().for_each(|problem| problem.comes_from(Origin::Fleet));
        problems
    }

    /// Whether it says something at a path.
    pub fn says(&self, path: &FieldPath) -> bool {
        self.node.as_ref().is_some_and(|node| node.holds(path))
    }

    /// The defaults for a federation.
    fn defaults(&self, federation: &str) -> Option<Node> {
        let mut node = self.node.clone()?;
        if let What::Map(entries) = &mut node.what {
            entries.retain(|entry| entry.key != "federation");
        }
        fill_in(&mut node, federation);
        Some(node)
    }
}

/// Reads a spec with the defaults of its folder, and reports every problem at once; [`Origin`] says in which file.
pub fn parse_with(defaults: Option<&FleetText>, text: &str) -> Parsed {
    let (mut node, mut problems) = match document::read(&FORMAT, text) {
        Ok(read) => read,
        Err(problems) => return Parsed { spec: None, problems },
    };
    if let Some(fleet) = defaults {
        problems.extend(fleet.problems.iter().cloned());
        let Some(defaults) = fleet.defaults(name_of(&node)) else { return Parsed { spec: None, problems } };
        merge(&mut node, defaults);
    }
    parse_node(&node, problems)
}

/// The document with the defaults of its folder, whatever else is wrong with either.
pub(super) fn merged(defaults: Option<&FleetText>, text: &str) -> Option<Node> {
    let (mut node, _) = document::read(&FORMAT, text).ok()?;
    if let Some(fleet) = defaults {
        let defaults = fleet.defaults(name_of(&node))?;
        merge(&mut node, defaults);
    }
    Some(node)
}

/// What keeps a document from being defaults at all: a spec would be valid as if it were not there.
fn no_defaults(node: &Node) -> Option<Diagnostic> {
    let root = FieldPath::root();
    if !matches!(node.what, What::Map(_)) {
        let message = format!("the defaults are {}, not a mapping", node.kind_name());
        return Some(Diagnostic::error(Code::WrongType, message).at_value(&root, "a mapping belongs here"));
    }
    node.get("federation").map(|_| {
        Diagnostic::error(Code::UnknownKey, "the name of a federation cannot be a default")
            .at_key(&root.key("federation"), "")
            .help("write `federation` in each spec")
    })
}

fn name_of(spec: &Node) -> &str {
    match spec.get("federation").map(|node| &node.what) {
        Some(What::Scalar { text, .. }) if FederationName::parse(text).is_ok() => text,
        Some(What::Scalar { .. } | What::List(_) | What::Map(_)) | None => SAMPLE,
    }
}

/// Puts the name in the place of its placeholder, and notes where the values come from.
fn fill_in(node: &mut Node, federation: &str) {
    node.origin = Origin::Fleet;
    match &mut node.what {
        What::Scalar { text, .. } => {
            if text.contains("{federation}") {
                *text = text.replace("{federation}", federation);
            }
        }
        What::List(nodes) => nodes.iter_mut().for_each(|node| fill_in(node, federation)),
        What::Map(entries) => entries.iter_mut().for_each(|entry| fill_in(&mut entry.value, federation)),
    }
}

/// Adds what a spec does not say.
fn merge(spec: &mut Node, defaults: Node) {
    let (What::Map(said), What::Map(defaults)) = (&mut spec.what, defaults.what) else { return };
    for Entry { key, value } in defaults {
        match said.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => merge(&mut entry.value, value),
            None => said.push(Entry { key, value }),
        }
    }
}
