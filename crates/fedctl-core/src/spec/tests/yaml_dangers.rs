//! What YAML does behind one's back, one test each.

use super::super::Code;
use super::{HEAD, PEOPLE, codes, shown, valid};

#[test]
fn an_id_is_its_text_whatever_yaml_takes_it_for() {
    for id in
        ["123456789012345678901234", "12e456789012345678901234", "0x3456789012345678901234", "012345678901234567890123"]
    {
        let text = format!("{HEAD}{PEOPLE}").replace("\"5f0c0d3e9b1e8a0001a1b2c3\"", id);
        if id.contains('x') {
            assert_eq!(codes(&text), [(Code::InvalidOrganization, Some((2, 25)))]);
        } else {
            assert_eq!(valid(&text).primary.organization.as_str(), id);
        }
    }
}

#[test]
fn names_that_look_like_other_things_stay_names() {
    let spec =
        valid(&format!("{HEAD}people: {{from: {{groups: [no, 47, 1.10, true, 0o17, \"null\", 2026-01-01]}}}}\n"));
    let groups: Vec<&str> = spec.people.groups.iter().map(|group| group.as_str()).collect();
    assert_eq!(groups, ["no", "47", "1.10", "true", "0o17", "null", "2026-01-01"]);
}

#[test]
fn nothing_is_not_the_empty_name() {
    insta::assert_snapshot!(shown(&format!("{HEAD}people: {{from: {{groups: [~, null, \"\", \" \"]}}}}\napp:\n  label:\n")), @r#"
    4:26 empty-value: `people.from.groups[0]` is empty
        help: YAML takes `~` for nothing; quote it if it is meant as text
    4:29 empty-value: `people.from.groups[1]` is empty
        help: YAML takes `null` for nothing; quote it if it is meant as text
    4:35 empty-value: `people.from.groups[2]` is empty
        help: write a value, or remove the key
    4:39 empty-value: `people.from.groups[3]` is empty
        help: write a value, or remove the key
    6:9 empty-value: `app.label` is empty
        help: write a value, or remove the key
    "#);
}

#[test]
fn yes_is_not_true() {
    assert_eq!(codes(&format!("{HEAD}{PEOPLE}routing_policy: {{enabled: yes}}\n")), [(Code::WrongType, Some((5, 27)))]);
    assert!(!valid(&format!("{HEAD}{PEOPLE}routing_policy: {{enabled: false}}\n")).routing_policy.enabled.value);
}

#[test]
fn every_key_that_is_there_twice_is_reported() {
    let text = format!("{HEAD}{PEOPLE}app: {{label: a, label: b, label: c}}\nfederation: other\n");
    insta::assert_snapshot!(shown(&text), @r"
    5:17 duplicate-key: `app.label` is there twice
        help: YAML would silently take the last one
    5:27 duplicate-key: `app.label` is there twice
        help: YAML would silently take the last one
    6:1 duplicate-key: `federation` is there twice
        help: YAML would silently take the last one
    ");
}

#[test]
fn merges_and_tags_are_refused() {
    let text =
        format!("{HEAD}people: &p {{from: {{groups: [A]}}}}\napp: {{<<: *p}}\nrouting_policy: {{name: !secret x}}\n");
    assert_eq!(codes(&text), [(Code::MergeKey, Some((5, 7))), (Code::YamlTag, Some((6, 24)))]);
}

#[test]
fn aliases_may_be_used_and_may_not_explode() {
    valid(&format!("{HEAD}people: {{from: {{emails: [&ann ann@acme.com]}}, pilot: [*ann]}}\n"));
    let mut bomb = String::from("a: &a [x,x,x,x,x,x,x,x,x]\n");
    for (name, of) in "bcdefghijk".chars().zip("abcdefghij".chars()) {
        bomb.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{of}"); 9].join(",")));
    }
    assert_eq!(codes(&bomb)[0].0, Code::AliasBomb);
    // Many aliases of one long value stay under the limit of the parser, and not under ours.
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(300_000), vec!["*a"; 100_000].join(","));
    assert_eq!(codes(&long)[0].0, Code::AliasBomb);
}

#[test]
fn one_file_is_one_document() {
    let text = format!("# two\n---\n{HEAD}{PEOPLE}---\n{HEAD}");
    assert_eq!(codes(&text), [(Code::SeveralDocuments, Some((7, 1)))]);
    valid(&format!("---\n{HEAD}{PEOPLE}"));
    valid(&format!("---\n{HEAD}{PEOPLE}...\n"));
    valid(&format!("\u{feff}{HEAD}{PEOPLE}"));
    valid(&format!("{HEAD}{PEOPLE}").replace('\n', "\r\n"));
}

#[test]
fn nothing_at_all_is_said_to_be_nothing() {
    for text in ["", "\n", "# only words\n", "---\n", "~"] {
        assert_eq!(codes(text), [(Code::EmptyFile, None)], "{text:?}");
    }
}

#[test]
fn broken_yaml_has_a_place() {
    assert_eq!(codes("federation: acme\n\tprimary: x\n"), [(Code::YamlSyntax, Some((2, 1)))]);
    assert_eq!(codes("a: [1, 2\nb: 3\n")[0].0, Code::YamlSyntax);
    assert_eq!(codes("a: *nowhere\n"), [(Code::YamlSyntax, Some((1, 4)))]);
    assert_eq!(codes("? [a, b]\n: c\n")[0].0, Code::YamlSyntax);
}

#[test]
fn depth_is_bounded_before_it_costs_anything() {
    assert_eq!(codes(&"{a: ".repeat(1_000))[0].0, Code::YamlSyntax);
    assert_eq!(codes(&"{a: ".repeat(200_000)), [(Code::FileTooLarge, None)]);
    assert_eq!(codes(&"- ".repeat(100_000))[0].0, Code::YamlSyntax);
}

#[test]
fn an_unquoted_template_is_told_to_be_quoted() {
    let text = |mapping: &str| format!("{HEAD}people:\n  from: {{groups: [A]}}\n  mapping:\n{mapping}");
    let gives_up = text("    email: {email}.beta\n    username:  {username}x\n");
    assert_eq!(codes(&gives_up), [(Code::UnquotedTemplate, Some((7, 12))), (Code::UnquotedTemplate, Some((8, 16)))]);
    assert_eq!(codes(&text("    username: {username}\n")), [(Code::UnquotedTemplate, Some((7, 15)))]);
    insta::assert_snapshot!(shown(&gives_up), @r#"
    7:12 unquoted-template: `{email}` needs quotes
        help: YAML reads an unquoted brace as a mapping: put the whole value in quotes, as in `"{email}"`
    8:16 unquoted-template: `{username}` needs quotes
        help: YAML reads an unquoted brace as a mapping: put the whole value in quotes, as in `"{username}"`
    "#);
}
