//! The reviewed list of where the published descriptions are wrong or silent.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::descriptions::Finding;

const LIST: &str = include_str!("exceptions.yaml");

/// One exception: the same findings at some calls, for one reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    /// The calls, or `*` for all.
    calls: Vec<String>,
    /// What is found, word for word.
    whats: Vec<String>,
    /// Why it is right all the same.
    why: String,
    /// Who says so.
    source: String,
    certainty: Certainty,
}

#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Certainty {
    Spec,
    Observed,
    Documented,
    Inferred,
    Unknown,
}

/// The list.
pub(crate) fn list() -> Vec<Exception> {
    serde_yaml::from_str(LIST).unwrap()
}

impl Exception {
    fn covers(&self, finding: &Finding) -> bool {
        self.calls.iter().any(|call| call == "*" || *call == finding.call) && self.whats.contains(&finding.what)
    }
}

/// Findings that no exception covers.
pub(crate) fn uncovered(list: &[Exception], findings: &BTreeSet<Finding>) -> Vec<Finding> {
    findings.iter().filter(|finding| !list.iter().any(|exception| exception.covers(finding))).cloned().collect()
}

/// Lines of the list that cover nothing: calls and findings that were not seen together with any of their entry.
pub(crate) fn unused(list: &[Exception], findings: &BTreeSet<Finding>) -> Vec<String> {
    let of_entry = |exception: &Exception| {
        let seen: Vec<&Finding> = findings.iter().filter(|finding| exception.covers(finding)).collect();
        let calls = exception.calls.iter().filter(|call| *call != "*");
        let calls = calls.filter(|call| !seen.iter().any(|finding| finding.call == **call));
        let whats = exception.whats.iter().filter(|what| !seen.iter().any(|finding| finding.what == **what));
        calls.chain(whats).cloned().collect::<Vec<_>>()
    };
    list.iter().flat_map(of_entry).collect()
}

#[test]
fn every_exception_has_a_reason_and_a_source() {
    for exception in list() {
        assert!(!exception.calls.is_empty() && !exception.whats.is_empty(), "{exception:?}");
        assert!(exception.why.len() > 10 && exception.source.len() > 5, "{exception:?}");
        assert!(exception.certainty != Certainty::Unknown || exception.source.contains("nobody"), "{exception:?}");
    }
}

#[test]
fn what_is_not_on_the_list_is_found_and_what_covers_nothing_too() {
    let finding = |call: &str, what: &str| Finding { call: call.to_owned(), what: what.to_owned() };
    let text = "[{calls: [GET /a, GET /b], whats: [answer has /x, answer has /y], why: w, source: s, certainty: spec}]";
    let list: Vec<Exception> = serde_yaml::from_str(text).unwrap();
    let findings = BTreeSet::from([finding("GET /a", "answer has /x"), finding("GET /c", "answer has /x")]);
    assert_eq!(uncovered(&list, &findings), [finding("GET /c", "answer has /x")]);
    assert_eq!(unused(&list, &findings), ["GET /b", "answer has /y"]);
}
