//! What the format has and this version does not do: one list, which becomes shorter.

use super::sources::SOURCES;
use super::types::Operator;
use crate::spec::{Code, Diagnostic, FieldPath};
use crate::text::reader::Fields;

/// Something that may be asked for: what it is called, and where this file asks for it.
type NotYet = (&'static str, fn(&Asked<'_>) -> Option<FieldPath>);

/// What was read, and the file as it was written for what is not read at all.
struct Asked<'a> {
    operator: &'a Operator,
    top: &'a Fields<'a>,
}

/// The list. Whoever makes fedctl do one of these removes its line.
const NOT_YET: &[NotYet] = &[
    ("a lease", |asked| asked.key("lease")),
    ("a journal", |asked| asked.key("journal")),
    ("an escrow", |asked| asked.key("escrow")),
    ("`settle`", |asked| asked.operator.settle.as_ref().map(|settle| settle.at.clone())),
];

/// Sources of keys on the list.
const SOURCES_NOT_YET: &[&str] = &["vault", "keyring", "service_account"];

/// Reports everything on the list that this file asks for.
pub(super) fn check(operator: &Operator, top: &Fields<'_>) -> Vec<Diagnostic> {
    let asked = Asked { operator, top };
    let parts = NOT_YET.iter().filter_map(|(what, at)| Some(report(what, &at(&asked)?)));
    parts.chain(sources(top)).collect()
}

impl Asked<'_> {
    fn key(&self, key: &str) -> Option<FieldPath> {
        self.top.get(key).map(|_| self.top.at(key))
    }
}

fn sources(top: &Fields<'_>) -> Vec<Diagnostic> {
    let all = top.get("credentials").map(|node| node.entries()).unwrap_or_default();
    let mut found = Vec::new();
    for entry in all {
        let at = top.at("credentials").key(&entry.key);
        let asked = SOURCES.iter().filter(|key| SOURCES_NOT_YET.contains(key) && entry.value.get(key).is_some());
        found.extend(asked.map(|key| report(&format!("a key from `{key}`"), &at.key(key))));
    }
    found
}

fn report(what: &str, at: &FieldPath) -> Diagnostic {
    Diagnostic::error(Code::NotYet, format!("{what} is not done by this version of fedctl"))
        .at_key(at, "asked for here")
        .help("remove it for now: what is asked for is done or refused, never passed over")
}
