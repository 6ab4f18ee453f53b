//! Defaults of a folder, and whose file is to blame.

use super::super::{Code, FleetText, MAX_FILE_BYTES, Origin, Parsed, parse_with};
use super::{HEAD, PEOPLE};

/// A file, a line and a column.
type Place = (Origin, usize, usize);

/// The problems of a spec with the defaults of its folder: code, file, line and column of each place.
fn places(fleet: &FleetText, text: &str) -> Vec<(Code, Vec<Place>)> {
    let Parsed { spec, problems } = parse_with(Some(fleet), text);
    assert_eq!(spec.is_none(), !problems.is_empty());
    problems.iter().map(|problem| (problem.code, of(problem, fleet, text))).collect()
}

fn of(problem: &super::super::Diagnostic, fleet: &FleetText, text: &str) -> Vec<Place> {
    let place = |label: &super::super::Label| {
        let position = label.at.locate(if label.origin == Origin::Fleet { fleet.text() } else { text })?;
        Some((label.origin, position.line, position.column))
    };
    problem.labels.iter().filter_map(place).collect()
}

#[test]
fn the_file_wins_mappings_are_merged_and_lists_are_replaced() {
    let fleet = FleetText::new(
        "\
version: 1
primary: {organization: \"5f0c0d3e9b1e8a0001a1b2c3\", credentials: acme, region: eu}
people:
  from: {groups: [Everybody, Guests]}
  except: [ceo@acme.com]
  mapping: {attribute: All, email: \"{email}.{federation}\"}
app: {label: \"OIDC for {federation}\", hidden: false}
routing_group: {name: Routed}
",
    );
    assert_eq!(fleet.problems(), []);
    let text = "\
federation: acme-to-beta
primary: {region: us}
secondary: {organization: \"61aa0d3e9b1e8a0001a1b2c3\", credentials: beta}
people: {from: {groups: [Contractors]}, mapping: {attribute: Mine}}
routing_group: {name: Ours}
";
    let Parsed { spec, problems } = parse_with(Some(&fleet), text);
    assert_eq!(problems, []);
    let spec = spec.unwrap();
    assert_eq!((spec.primary.credentials.as_str(), spec.primary.region.as_str()), ("acme", "us"));
    let groups: Vec<_> = spec.people.groups.iter().map(|group| group.as_str()).collect();
    assert_eq!((groups, spec.people.except.len()), (vec!["Contractors"], 1));
    assert_eq!(spec.people.mapping.attribute.as_str(), "Mine");
    assert_eq!((spec.app.label.as_str(), spec.app.hidden.value), ("OIDC for acme-to-beta", false));
    assert_eq!(spec.routing_group.name.as_str(), "Ours");
    // What a plan cites is found in the file that says it.
    assert!(fleet.says(&spec.app.label.at) && !fleet.says(&spec.secondary.organization.at));
}

#[test]
fn problems_point_into_the_file_that_said_it() {
    let fleet = FleetText::new("people:\n  except: [ann@acme.com]\n  on_leave: party\napp: {label: 'x\u{200b}'}\n");
    let text = format!("{HEAD}people:\n  from: {{emails: [ann@acme.com]}}\nrouting_policy: {{enabled: maybe}}\n");
    assert_eq!(
        places(&fleet, &text),
        [
            (Code::ExceptedPerson, vec![(Origin::File, 5, 19), (Origin::Fleet, 2, 12)]),
            (Code::UnknownValue, vec![(Origin::Fleet, 3, 13)]),
            (Code::WrongType, vec![(Origin::File, 6, 27)]),
            (Code::HiddenCharacter, vec![(Origin::Fleet, 4, 14)]),
        ]
    );
    let alone: Vec<Code> = fleet.problems().iter().map(|problem| problem.code).collect();
    assert_eq!(alone, [Code::UnknownValue, Code::HiddenCharacter]);
    assert!(fleet.problems().iter().flat_map(|problem| &problem.labels).all(|label| label.origin == Origin::Fleet));
}

#[test]
fn what_is_missing_is_missing_in_both() {
    let missing = places(&FleetText::new("people: {on_leave: keep}\n"), HEAD);
    assert_eq!(missing, [(Code::MissingKey, vec![(Origin::Fleet, 1, 1)])]);
    let missing = places(&FleetText::new("app: {hidden: true}\n"), &format!("{HEAD}people: {{}}\n"));
    assert_eq!(missing, [(Code::MissingKey, vec![(Origin::File, 4, 1)])]);
    let entry = FleetText::new("people: {overrides: [{email: a@b.c}]}\n");
    assert_eq!(entry.problems().iter().map(|problem| problem.code).collect::<Vec<_>>(), [Code::MissingKey]);
}

#[test]
fn defaults_that_cannot_be_read_spoil_every_spec() {
    let text = format!("{HEAD}{PEOPLE}");
    for (fleet, code, line, column) in [
        ("a: [", Code::YamlSyntax, 1, 5),
        ("app: {hidden: true, hidden: true}", Code::DuplicateKey, 1, 21),
        ("app: !x {}", Code::YamlTag, 1, 6),
        ("federation: all", Code::UnknownKey, 1, 1),
        ("proxy: http://x", Code::BelongsToOperator, 1, 1),
        ("colour: blue", Code::UnknownKey, 1, 1),
        ("- app", Code::WrongType, 1, 1),
    ] {
        let fleet = FleetText::new(fleet);
        let found = places(&fleet, &text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].0, &found[0].1[0]), (code, &(Origin::Fleet, line, column)));
        assert_eq!(fleet.problems().iter().map(|problem| problem.code).collect::<Vec<_>>(), [code]);
    }
    assert_eq!(places(&FleetText::new(""), &text), [(Code::EmptyFile, vec![])]);
    assert_eq!(places(&FleetText::new("#".repeat(MAX_FILE_BYTES + 1)), &text), [(Code::FileTooLarge, vec![])]);
}

#[test]
fn a_name_with_braces_is_no_template() {
    let fleet = FleetText::new("app: {label: '{federation}'}\n");
    let text = format!("{HEAD}{PEOPLE}").replace("acme-to-beta", "'{federation}{federation}'");
    assert_eq!(places(&fleet, &text), [(Code::InvalidName, vec![(Origin::File, 1, 13)])]);
}
