//! Specs that somebody wrote to do harm, or by a machine gone wrong: each is answered by diagnostics, soon.
//!
//! The files of `hostile/` say in their first line which codes they are answered with; what is too large for a file is
//! made here. That nothing is opened or run needs no test of the parser, which has no way to do either.

use std::collections::BTreeSet;
use std::path::Path;

use fedctl_core::spec::{self, FleetText, MAX_FILE_BYTES, Parsed};
use fedctl_core::text;

const HEAD: &str = "\
federation: acme-to-beta
primary: {organization: \"5f0c0d3e9b1e8a0001a1b2c3\", credentials: acme}
secondary: {organization: \"61aa0d3e9b1e8a0001a1b2c3\", credentials: beta}
";

/// The codes of a text. One that parsing does not end for ends no test run.
#[track_caller]
fn codes(text: &str) -> BTreeSet<&'static str> {
    let Parsed { spec, problems } = spec::parse(text);
    assert_eq!(spec.is_none(), !problems.is_empty());
    assert!(problems.len() <= 1000);
    // Places are looked up for what is shown.
    for label in problems.iter().take(5).flat_map(|problem| &problem.labels) {
        if let Some(position) = label.at.locate(text) {
            assert!(text.get(position.byte..position.byte + position.len).is_some());
        }
    }
    problems.iter().map(|problem| problem.code.as_str()).collect()
}

#[test]
fn every_file_is_answered_with_its_codes_and_nothing_else() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let expected = text.lines().next().and_then(|line| line.strip_prefix("# expect: ")).expect("its first line");
        assert_eq!(codes(&text), expected.split(' ').collect(), "{}", path.display());
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn the_same_as_defaults_of_a_folder_spoil_its_specs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let fleet = FleetText::new(std::fs::read_to_string(&path).unwrap());
        let text = "federation: acme-to-beta\n";
        assert!(spec::parse_with(Some(&fleet), text).spec.is_none(), "{}", path.display());
        assert!(!fleet.problems().is_empty(), "{}", path.display());
    }
}

#[test]
fn a_file_of_a_hundred_megabytes_is_not_read() {
    let text = "x".repeat(100 << 20);
    assert_eq!(codes(&text), BTreeSet::from(["file-too-large"]));
}

#[test]
fn what_is_no_text_is_said_to_be_none() {
    let bytes = [HEAD.as_bytes(), b"people: \xc3\xa4\xff\xfe"].concat();
    let problem = text::decode(&bytes).unwrap_err();
    let place = problem.labels[0].at.to_string();
    assert_eq!((problem.code.as_str(), place.as_str()), ("not-text", "4:10"));
    assert_eq!(text::decode(b"\xed\xa0\x80").unwrap_err().message, "the byte 0xed is no UTF-8 text");
    assert_eq!(text::decode("ünï".as_bytes()), Ok("ünï"));
}

#[test]
fn depth_is_bounded() {
    for text in ["[".repeat(MAX_FILE_BYTES), "{a: ".repeat(100_000)] {
        assert_eq!(codes(&text), BTreeSet::from(["file-too-large"]));
    }
    for text in ["[".repeat(9_000), "{a: ".repeat(9_000), "- ".repeat(1 << 20), "? ".repeat(1 << 20)] {
        assert_eq!(codes(&text), BTreeSet::from(["yaml-syntax"]));
    }
}

#[test]
fn very_long_lines_are_lines() {
    let long = "x".repeat(4 << 20);
    assert_eq!(codes(&format!("{HEAD}people: {{from: {{groups: [\"{long}\"]}}}}\n")), BTreeSet::from(["invalid-name"]));
    assert_eq!(
        codes(&format!("{HEAD}people: {{from: {{emails: [\"{long}\"]}}}}\n")),
        BTreeSet::from(["invalid-email"])
    );
    assert_eq!(
        codes(&format!("{HEAD}people: {{from: {{groups: [A]}}}}\n{long}: 1\n")),
        BTreeSet::from(["yaml-syntax"])
    );
    let key = "k".repeat(1000);
    assert_eq!(codes(&format!("{HEAD}people: {{from: {{groups: [A]}}}}\n{key}: 1\n")), BTreeSet::from(["unknown-key"]));
    assert_eq!(codes(&": ".repeat(1 << 20)), BTreeSet::from(["yaml-syntax"]));
}

#[test]
fn many_mistakes_are_a_bounded_list() {
    let keys: String = (0..50_000).map(|n| format!("k{n}: 1\n")).collect();
    assert_eq!(codes(&keys), BTreeSet::from(["unknown-key"]));
    let same = "same: 1\n".repeat(50_000);
    assert!(codes(&same).contains("duplicate-key"));
    let entries = "    - ann@acme.com\n".repeat(50_000);
    assert_eq!(codes(&format!("{HEAD}people:\n  from:\n    emails:\n{entries}")), BTreeSet::from(["duplicate-entry"]));
}

/// What this thread has had of a processor so far, in nanoseconds: other work on the machine does not count.
#[cfg(target_os = "linux")]
fn processor_time() -> u64 {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").expect("the kernel counts");
    said.split(' ').next().and_then(|first| first.parse().ok()).expect("a number of nanoseconds")
}

#[test]
#[cfg(target_os = "linux")]
fn a_hundred_thousand_people_are_read_in_linear_time() {
    let text = |people: usize| {
        let emails: String = (0..people).map(|n| format!("    - firstname.lastname{n}@acme.com\n")).collect();
        format!("{HEAD}people:\n  from:\n    emails:\n{emails}")
    };
    let took = |people: usize| {
        let text = text(people);
        let began = processor_time();
        let parsed = spec::parse(&text);
        assert_eq!(parsed.problems, []);
        assert_eq!(parsed.spec.unwrap().people.emails.len(), people);
        processor_time() - began
    };
    let (tenth, whole) = (took(10_000), took(100_000));
    // Ten times the people, and caches that do not hold them all: the square would be a hundred times.
    assert!(whole < tenth * 40, "{tenth:?} {whole:?}");
}
