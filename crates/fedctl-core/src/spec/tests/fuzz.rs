//! Whatever somebody writes, the answer is a spec or a list of problems with places inside the text.

use proptest::prelude::*;

use super::super::{Parsed, parse};

const SPECS: &[&str] =
    &[include_str!("../../../../../specs/acme.yaml"), include_str!("../../../../../specs/minimal.yaml")];

/// Pieces that YAML or the spec has a meaning for.
const PIECES: &[&str] = &[
    ":",
    ": ",
    "\n",
    "\n  ",
    "\t",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "{email}",
    "\"",
    "'",
    "#",
    "&a ",
    "*a",
    "<<: *a",
    "!x ",
    "---\n",
    "...\n",
    "? ",
    "| \n",
    "~",
    "\u{202e}",
    "\u{feff}",
    "ü",
    "12e45",
    "@",
    ",",
    "people",
    "groups: []",
    "api_key: x",
    "\r",
    "%",
];

fn check(text: &str) {
    let Parsed { spec, problems } = parse(text);
    assert_eq!(spec.is_some(), problems.is_empty());
    for label in problems.iter().flat_map(|problem| &problem.labels) {
        if let Some(position) = label.at.locate(text) {
            assert!(text.get(position.byte..position.byte + position.len).is_some(), "{label:?} {position:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_texts(text in "\\PC*") {
        check(&text);
    }

    #[test]
    fn texts_of_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        check(&pieces.concat());
    }

    #[test]
    fn specs_with_mistakes(
        spec in prop::sample::select(SPECS),
        mistakes in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, prop::sample::select(PIECES)), 1..4),
    ) {
        let mut chars: Vec<char> = spec.chars().collect();
        for (at, removed, piece) in mistakes {
            let at = at.index(chars.len());
            let end = (at + removed).min(chars.len());
            chars.splice(at..end, piece.chars());
        }
        check(&chars.into_iter().collect::<String>());
    }
}
