//! Texts and what becomes of them.

mod codes;
mod defaults;
mod fleet;
mod fuzz;
mod places;
mod reference;
mod yaml_dangers;

use super::{Code, Parsed, Spec, parse};

/// A valid spec without its last line, the population.
pub(super) const HEAD: &str = "\
federation: acme-to-beta
primary: {organization: \"5f0c0d3e9b1e8a0001a1b2c3\", credentials: acme}
secondary: {organization: \"61aa0d3e9b1e8a0001a1b2c3\", credentials: beta}
";

/// The population of most tests.
pub(super) const PEOPLE: &str = "people: {from: {groups: [Contractors]}}\n";

/// The spec of a text that has no problem.
#[track_caller]
fn valid(text: &str) -> Spec {
    let Parsed { spec, problems } = parse(text);
    assert_eq!(problems, []);
    spec.unwrap()
}

/// The codes of everything that is wrong with a text, each with the line and column of its main place.
fn codes(text: &str) -> Vec<(Code, Option<(usize, usize)>)> {
    let Parsed { spec, problems } = parse(text);
    assert_eq!(spec.is_none(), !problems.is_empty());
    let place = |problem: &super::Diagnostic| {
        let position = problem.labels.first()?.at.locate(text)?;
        Some((position.line, position.column))
    };
    problems.iter().map(|problem| (problem.code, place(problem))).collect()
}

/// The messages of everything that is wrong with a text, as a list for a snapshot.
fn shown(text: &str) -> String {
    let lines = parse(text).problems.into_iter().map(|problem| {
        let at = problem.labels.first().and_then(|label| label.at.locate(text));
        let at = at.map(|at| format!("{}:{}", at.line, at.column)).unwrap_or_default();
        let help = problem.help.map(|help| format!("\n    help: {help}")).unwrap_or_default();
        format!("{at} {}: {}{help}\n", problem.code, problem.message)
    });
    lines.collect()
}
