//! A verification as JUnit XML, for what shows tests of a pipeline: a case for each person and for each probe.
//!
//! What fails here is what the exit code calls a fault; whoever is held and whatever cannot be known is skipped, with the reason.

use std::io;

use fedctl_core::plan::{Held, Pair};
use fedctl_core::probe::{Finding, State};
use fedctl_core::trace::{Traced, Verification};
use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::findings;
use super::proof;
use super::text::visible;
use crate::source::Source;

/// How a case ended.
enum End {
    Passed,
    Skipped(String),
    Failed { what: String, more: String },
}

/// One case.
struct Case {
    name: String,
    end: End,
}

/// The findings as one document.
pub fn text(found: &Verification, source: &Source, strict: bool) -> String {
    let people = found.people.iter().map(|person| of_person(person, source, strict)).collect();
    let suites = [
        ("people", people),
        ("impersonation", impersonation(found)),
        ("issuer", found.probes.iter().map(of_probe).collect()),
        ("client-secret", vec![of_pair(found)]),
    ];
    let mut out = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Nothing can go wrong in writing to memory, and what cannot be written is not shown as passed.
    match written(&mut out, &visible(&found.federation), &suites) {
        Ok(()) => {
            format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", String::from_utf8_lossy(&out.into_inner()))
        }
        Err(_) => String::new(),
    }
}

fn of_person(person: &Traced, source: &Source, strict: bool) -> Case {
    let name = format!("{} signs in to {}", visible(&person.email), visible(&person.account));
    let end = match (person.broken(), person.held) {
        (None, _) => End::Passed,
        (Some(_), Some(held)) if !strict => End::Skipped(held.as_str().to_owned()),
        (Some(hop), held) => {
            let rivals = person.rivals.iter().map(|rival| format!("\nalso: {}", visible(rival)));
            let (place, fix) = (visible(&source.place(&person.spec)), findings::fix(person, hop));
            let what = held.map_or(hop.broken(), Held::as_str).to_owned();
            End::Failed { what, more: format!("asked for by {place}\nfix: {fix}{}", rivals.collect::<String>()) }
        }
    };
    Case { name, end }
}

fn impersonation(found: &Verification) -> Vec<Case> {
    let text = proof::impersonations_text(found);
    let count = found.impersonations.len() + found.inherited.len();
    let end = match count {
        0 => End::Passed,
        _ => End::Failed { what: format!("{count} ways into an account that is not theirs"), more: text },
    };
    vec![Case { name: "nobody who reaches the app opens an account that is not theirs".to_owned(), end }]
}

fn of_probe(finding: &Finding) -> Case {
    let (asked, came, means) = (visible(&finding.asked), visible(&finding.came), visible(&finding.means));
    let end = match finding.state {
        State::Proved => End::Passed,
        State::Unknown => End::Skipped(means),
        State::Refuted => {
            let fix = proof::fix(finding).unwrap_or_default();
            End::Failed { what: means, more: format!("asked: {asked}\ncame: {came}\nfix: {fix}") }
        }
    };
    Case { name: finding.probe.name().to_owned(), end }
}

fn of_pair(found: &Verification) -> Case {
    let what = found.pair.as_str().to_owned();
    let end = match found.pair {
        Pair::Proved | Pair::Probed => End::Passed,
        Pair::Changed | Pair::Failing | Pair::Refused => End::Failed { what, more: String::new() },
        Pair::None | Pair::Broken | Pair::Foreign | Pair::Unproved | Pair::Unlogged | Pair::Escrowed => {
            End::Skipped(what)
        }
    };
    Case { name: "both organisations share one secret".to_owned(), end }
}

fn written(out: &mut Writer<Vec<u8>>, federation: &str, suites: &[(&str, Vec<Case>)]) -> io::Result<()> {
    let all = || suites.iter().flat_map(|(_, cases)| cases);
    let named = out.create_element("testsuites").with_attribute(("name", federation));
    let counted = named.with_attributes(counts(all()).iter().map(|(name, number)| (*name, number.as_str())));
    counted
        .write_inner_content(|out| suites.iter().try_for_each(|(name, cases)| suite(out, federation, name, cases)))?;
    Ok(())
}

fn counts<'a>(cases: impl Iterator<Item = &'a Case> + Clone) -> [(&'static str, String); 3] {
    let failed = cases.clone().filter(|case| matches!(case.end, End::Failed { .. })).count();
    let skipped = cases.clone().filter(|case| matches!(case.end, End::Skipped(_))).count();
    [("tests", cases.count()), ("failures", failed), ("skipped", skipped)]
        .map(|(name, number)| (name, number.to_string()))
}

fn suite(out: &mut Writer<Vec<u8>>, federation: &str, name: &str, cases: &[Case]) -> io::Result<()> {
    let class = format!("{federation}.{name}");
    let named = out.create_element("testsuite").with_attribute(("name", class.as_str()));
    let counted = named.with_attributes(counts(cases.iter()).iter().map(|(name, number)| (*name, number.as_str())));
    counted.write_inner_content(|out| cases.iter().try_for_each(|case| written_case(out, &class, case)))?;
    Ok(())
}

fn written_case(out: &mut Writer<Vec<u8>>, class: &str, case: &Case) -> io::Result<()> {
    let element = out.create_element("testcase");
    let element = element.with_attribute(("name", case.name.as_str())).with_attribute(("classname", class));
    match &case.end {
        End::Passed => element.write_empty()?,
        End::Skipped(why) => element.write_inner_content(|out| {
            out.create_element("skipped").with_attribute(("message", why.as_str())).write_empty()?;
            Ok(())
        })?,
        End::Failed { what, more } => element.write_inner_content(|out| {
            let failure = out.create_element("failure").with_attribute(("message", what.as_str()));
            failure.write_text_content(BytesText::new(more))?;
            Ok(())
        })?,
    };
    Ok(())
}
