//! What the format has and this version does not do: one list, which becomes shorter.

use super::sources::SOURCES;
use crate::spec::{Code, Diagnostic, FieldPath};
use crate::text::reader::Fields;

/// The list: sources of keys. Whoever makes fedctl do one of these removes its name.
const SOURCES_NOT_YET: &[&str] = &["keyring"];

/// Reports everything on the list that this file asks for.
pub(super) fn check(top: &Fields<'_>) -> Vec<Diagnostic> {
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
