//! The check itself.

use std::collections::BTreeSet;

use fedctl_core::endpoint::{Certainty, Endpoint, Host, READING, writing};

use crate::descriptions::{Descriptions, Finding};
use crate::traffic::Exchange;
use crate::{exceptions, samples, stories};

const PAGE: &str = include_str!("../../docs/simulator.md");

/// Calls that fedctl makes beside those of the core's table: the token of a service account.
const BESIDE: [&str; 1] = ["POST admin-oauth.id/oauth2/token"];

fn name(endpoint: &Endpoint) -> String {
    let host = match endpoint.host {
        Host::Console | Host::Insights => "",
        Host::Issuer => "oauth.id",
        Host::Escrow => unreachable!("the service never sees the escrow"),
    };
    format!("{} {host}{}", endpoint.method, endpoint.path)
}

fn table() -> impl Iterator<Item = &'static Endpoint> {
    READING.iter().map(|call| call.endpoint()).chain(writing())
}

fn findings<'a>(descriptions: &Descriptions, traffic: impl IntoIterator<Item = &'a Exchange>) -> BTreeSet<Finding> {
    traffic.into_iter().flat_map(|exchange| descriptions.findings(exchange)).collect()
}

#[test]
fn the_stories_make_every_call_that_fedctl_can_make() {
    let made: BTreeSet<String> = stories::all().iter().map(Exchange::call).collect();
    let missing: Vec<String> = table().map(name).filter(|call| !made.contains(call)).collect();
    assert_eq!(missing, [""; 0], "no story makes these");
    let table: BTreeSet<String> = table().map(name).collect();
    let beside: Vec<&String> = made.difference(&table).collect();
    assert_eq!(beside, [""; 0], "these are in no table");
}

#[test]
#[ignore = "needs the published descriptions: cargo xtask contract"]
fn requests_and_answers_are_what_is_published_but_for_reviewed_exceptions() {
    let descriptions = Descriptions::read();
    let (fedctl, samples) = (stories::all(), samples::all());
    let all = findings(&descriptions, fedctl.iter().chain(&samples));
    let list = exceptions::list();
    let bad = exceptions::uncovered(&list, &all);
    let text: String = bad.iter().map(|finding| format!("{}: {}\n", finding.call, finding.what)).collect();
    println!(
        "{} exchanges of fedctl and {} of other clients against {} published calls: {} findings, {} exceptions",
        fedctl.len(),
        samples.len(),
        descriptions.calls().count(),
        all.len(),
        list.len()
    );
    assert!(bad.is_empty(), "{} findings that no exception covers:\n{text}", bad.len());
    assert_eq!(exceptions::unused(&list, &all), [""; 0], "lines of the list that cover nothing");
}

/// The calls that the page lists as published and not answered; a test of the page keeps that list.
fn unanswered() -> BTreeSet<String> {
    let list = PAGE.split("it does not answer:\n\n").nth(1).unwrap();
    let lines = list.lines().map_while(|line| line.strip_prefix("- `")?.strip_suffix('`'));
    lines.map(|call| call.split('/').map(without_name).collect::<Vec<_>>().join("/")).collect()
}

fn without_name(segment: &str) -> &str {
    if segment.starts_with('{') { "{}" } else { segment }
}

#[test]
#[ignore = "needs the published descriptions: cargo xtask contract"]
fn every_published_call_that_is_answered_has_a_sample() {
    let descriptions = Descriptions::read();
    let samples = samples::all();
    let accepted = samples.iter().filter(|exchange| (200..300).contains(&exchange.status));
    let samples: BTreeSet<String> = accepted.map(Exchange::call).collect();
    let unanswered = unanswered();
    let missing: Vec<&str> =
        descriptions.calls().filter(|call| !samples.contains(*call) && !unanswered.contains(*call)).collect();
    assert_eq!(missing, [""; 0], "no sample makes these and is accepted");
    let answered: Vec<&String> = unanswered.intersection(&samples).collect();
    assert_eq!(answered, [""; 0], "the page says that these are not answered");
}

#[test]
#[ignore = "needs the published descriptions: cargo xtask contract"]
fn every_call_of_fedctl_is_published_or_an_exception_with_a_source() {
    let descriptions = Descriptions::read();
    let published: BTreeSet<&str> = descriptions.calls().collect();
    let list = exceptions::list();
    let calls = table().map(name).chain(BESIDE.map(str::to_owned));
    let unpublished = calls.filter(|call| !published.contains(call.as_str()));
    let all = unpublished.map(|call| Finding { call, what: "call is not published".to_owned() }).collect();
    assert_eq!(exceptions::uncovered(&list, &all), []);
    let lies: Vec<String> = table()
        .filter(|endpoint| endpoint.certainty == Certainty::Spec)
        .map(name)
        .filter(|call| !published.contains(call.as_str()))
        .collect();
    assert_eq!(lies, [""; 0], "the table says that these are published");
}
