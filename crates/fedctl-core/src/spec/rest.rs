//! What is left of a spec that is wrong somewhere: enough to turn routing off.

use super::{FORMAT, FieldPath, FleetText, KEYS, Side, Spec, fleet, read_spec};
use crate::text::reader::Reader;

/// How many shorter texts are tried where a text cannot be read at all.
const TRIES: usize = 200;

/// What can be read of a text, whatever else is wrong with it: the federation, the secondary organisation, and what goes with
/// their names. Where the text is no YAML, as far as it is. The rest has its defaults, and is not what somebody wrote: it is
/// good for nothing but taking routing away.
pub fn rest_of(defaults: Option<&FleetText>, text: &str) -> Option<Spec> {
    let whole = fleet::merged(defaults, text).or_else(|| fleet::merged(None, text));
    let node = whole.or_else(|| {
        let ends = text.match_indices('\n').rev().map(|(end, _)| &text[..end]);
        ends.take(TRIES).find_map(|shorter| fleet::merged(None, shorter))
    })?;
    let mut reader = Reader::new(&FORMAT, Vec::new());
    let top = reader.fields(Some(&node), FieldPath::root(), KEYS);
    top.is_written().then(|| read_spec(&mut reader, &top, Some(Side::clone))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "federation: acme-to-beta\n\
         primary: {organization: \"5f0c0d3e9b1e8a0001a1b2c3\", credentials: acme}\n\
         secondary: {organization: \"61aa0d3e9b1e8a0001a1b2c3\", credentials: beta}\n";

    fn names(text: &str) -> Option<(String, String)> {
        let spec = rest_of(None, text)?;
        Some((spec.federation.to_string(), spec.routing_policy.name.as_str().to_owned()))
    }

    #[test]
    fn what_is_wrong_elsewhere_does_not_keep_routing_on() {
        let expected = Some(("acme-to-beta".to_owned(), "acme people sign in at acme".to_owned()));
        for broken in [
            "peeple: 3\n",
            "people: {from: {groups: 7}}\n",
            "app: [\n",
            "app: {label: \"never ended\n",
            "primary: {}\n",
        ] {
            let text = format!("{GOOD}{broken}");
            assert!(crate::spec::parse(&text).spec.is_none(), "{text}");
            assert_eq!(names(&text), expected, "{text}");
        }
        let without_primary = GOOD.replace("5f0c0d3e9b1e8a0001a1b2c3", "acme");
        assert!(names(&without_primary).is_some(), "{without_primary}");
    }

    #[test]
    fn without_a_name_or_an_organisation_there_is_nothing_to_turn_off() {
        for text in ["", "federation: acme-to-beta\n", "[", &GOOD.replace("federation", "federal")] {
            assert_eq!(names(text), None, "{text}");
        }
    }
}
