//! `docs/spec-reference.md` has every key and every code, and says of each what the parser does.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Code, FleetText, Parsed, parse, parse_with};

const REFERENCE: &str = include_str!("../../../../../docs/spec-reference.md");

/// A key that nothing has and that is near to none: whoever does not know it lists those that it knows.
const STRANGE: &str = "qqqqqqqqqqqqqqqq";

/// What the examples leave out.
const DEFAULTS: &str = "\
primary: {organization: \"5f0c0d3e9b1e8a0001a1b2c3\", credentials: acme}
secondary: {organization: \"61aa0d3e9b1e8a0001a1b2c3\", credentials: beta}
people: {from: {groups: [Contractors]}}
";

/// A row of the table of keys.
struct Row {
    example: &'static str,
    codes: BTreeSet<&'static str>,
}

/// The rows of the table of keys, by key.
fn rows() -> BTreeMap<&'static str, Row> {
    let table = REFERENCE.split_once("\n## Keys\n").unwrap().1.split_once("\n## ").unwrap().0;
    let mut rows = BTreeMap::new();
    for line in table.lines().filter(|line| line.starts_with("| `")) {
        let [_, key, kind, default, meaning, example, checked, _] = *line.split('|').map(str::trim).collect::<Vec<_>>()
        else {
            panic!("a row has six cells: {line}");
        };
        assert!([kind, default, meaning, example].iter().all(|cell| !cell.is_empty()), "{line}");
        let row = Row { example: code(example), codes: coded(checked).collect() };
        assert!(rows.insert(code(key), row).is_none(), "twice: {line}");
    }
    rows
}

/// What stands between a pair of backticks.
fn code(cell: &str) -> &str {
    cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`')).unwrap_or_else(|| panic!("no code: {cell}"))
}

/// Everything between backticks that looks like a code of a problem.
fn coded(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('`').skip(1).step_by(2).filter(|word| Code::ALL.iter().any(|code| code.as_str() == *word))
}

/// A value under a key of the table, as YAML.
fn written(key: &str, value: &str) -> String {
    let (above, last) = key.rsplit_once('.').map_or((None, key), |(above, last)| (Some(above), last));
    match (above, last.strip_suffix("[]")) {
        (None, None) => format!("{last}: {value}\n"),
        (None, Some(last)) => format!("{last}: [{value}]\n"),
        (Some(above), None) => written(above, &format!("{{{last}: {value}}}")),
        (Some(above), Some(last)) => written(above, &format!("{{{last}: [{value}]}}")),
    }
}

/// Every key that `problems` knows of, found out by asking for one that it does not have.
fn known(problems: &dyn Fn(&str) -> Parsed) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut places = vec![String::new()];
    while let Some(place) = places.pop() {
        let strange = if place.is_empty() { STRANGE.to_owned() } else { format!("{place}.{STRANGE}") };
        let keys = keys_listed(&problems(&written(&strange, "1")));
        let above = if place.is_empty() { String::new() } else { format!("{place}.") };
        for key in keys {
            let key = format!("{above}{key}");
            places.extend([key.clone(), format!("{key}[]")]);
            found.insert(key);
        }
    }
    found
}

/// The keys that the complaint about the strange one lists.
fn keys_listed(parsed: &Parsed) -> Vec<String> {
    let complaint = parsed.problems.iter().find(|problem| {
        problem.code == Code::UnknownKey && problem.message.ends_with(&format!("has no key `{STRANGE}`"))
    });
    let help = complaint.and_then(|problem| problem.help.as_deref()).unwrap_or_default();
    let listed = help.strip_prefix("its keys are ").unwrap_or_default();
    listed.split(", ").filter(|key| !key.is_empty()).map(|key| key.trim_matches('`').to_owned()).collect()
}

#[test]
fn every_key_stands_in_the_reference_and_no_other() {
    let known = known(&|text| parse(text));
    let documented: BTreeSet<String> = rows().into_keys().map(str::to_owned).collect();
    assert!(known.len() > 40, "{known:?}");
    let missing: Vec<_> = known.difference(&documented).collect();
    let unknown: Vec<_> = documented.difference(&known).collect();
    assert_eq!((missing, unknown), (vec![], vec![]), "missing in docs/spec-reference.md; unknown to the parser");
}

#[test]
fn a_fleet_file_has_the_keys_that_the_reference_says() {
    let of_fleet = known(&|text| Parsed { spec: None, problems: FleetText::new(text).problems() });
    let of_spec = known(&|text| parse(text));
    // The list of keys is that of a spec; that one of them is none of a fleet is another complaint.
    assert_eq!(of_fleet, of_spec);
    let refused = |key: &str, row: &Row| {
        let fleet = FleetText::new(written(key, row.example));
        let is_unknown = |problem: &super::super::Diagnostic| problem.code == Code::UnknownKey;
        fleet.problems().iter().any(is_unknown)
    };
    let refused: Vec<_> = rows().into_iter().filter(|(key, row)| refused(key, row)).map(|(key, _)| key).collect();
    assert_eq!(refused, ["federation"]);
    let section = REFERENCE.split_once("\n## fleet.yaml\n").unwrap().1.split_once("\n## ").unwrap().0;
    assert!(section.contains("every key of the table but `federation`"));
}

#[test]
fn every_example_is_valid_as_the_reference_says() {
    let fleet = FleetText::new(DEFAULTS);
    // What an example of one key leaves out beside it.
    let beside = [Code::MissingKey, Code::CaptureNotAccepted, Code::EmptyOverride];
    for (key, row) in rows() {
        let name = if key == "federation" { "" } else { "federation: acme-to-beta\n" };
        let text = format!("{name}{}", written(key, row.example));
        let problems = parse_with(Some(&fleet), &text).problems;
        let wrong: Vec<_> = problems.iter().filter(|problem| !beside.contains(&problem.code)).collect();
        assert!(wrong.is_empty(), "{text}{wrong:#?}");
    }
}

#[test]
fn every_code_has_its_line_in_the_reference_and_belongs_to_a_group() {
    let groups = [Code::OF_TEXT, Code::OF_BYTES, Code::OF_OPERATOR, Code::OF_LIVE];
    let all = REFERENCE.split_once("\n## Codes\n").unwrap().1;
    let sections: Vec<&str> = all.split("\n### ").skip(1).collect();
    assert_eq!(sections.len(), groups.len());
    for (codes, section) in groups.into_iter().zip(sections) {
        let lines = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
        let lines: Vec<&str> = lines.filter(|(_, words)| words.len() > 10).map(|(code, _)| code).collect();
        let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
        assert_eq!(lines, codes);
    }
}

#[test]
fn every_code_of_a_value_is_named_by_a_key() {
    let named: BTreeSet<&str> = rows().into_values().flat_map(|row| row.codes).collect();
    let of_the_file = Code::OF_TEXT.iter().take_while(|code| **code != Code::UnknownValue);
    let of_the_file: BTreeSet<&str> = of_the_file.map(|code| code.as_str()).collect();
    let of_values = Code::OF_TEXT.iter().chain(Code::OF_LIVE).map(|code| code.as_str());
    let missing: Vec<&str> = of_values.filter(|code| !of_the_file.contains(code) && !named.contains(code)).collect();
    assert_eq!(missing, [""; 0]);
}
