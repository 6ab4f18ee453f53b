//! What `fedctl doctor` found, for people, and the shapes of answers for whoever models them.

use std::collections::BTreeMap;

use fedctl_core::address::Org;
use fedctl_core::doctor::{Examination, Seen, Shape, Visits};
use fedctl_core::endpoint::Endpoint;
use serde::Serialize;

use super::text::visible;

/// The version of the file with the shapes.
const FORMAT: u32 = 1;

/// What an organisation says of its limits, by the name of the header.
type Limits = (Org, BTreeMap<String, String>);

/// What was found.
pub fn text(heard: &Examination, seen: &[Seen], limits: &[Limits], ended: Option<&str>) -> String {
    let mut text = String::new();
    for org in [Org::Primary, Org::Secondary] {
        text.push_str(&format!("What the key of the {org} organisation may read\n"));
        for ((_, call), visits) in heard.calls.iter().filter(|((of, _), _)| *of == org) {
            text.push_str(&format!("  {:<9} {call}{}\n", verdict(call, visits), said(call, visits)));
        }
    }
    let not_asked: Vec<String> = heard.not_asked().iter().map(ToString::to_string).collect();
    if !not_asked.is_empty() {
        text.push_str("Not asked: the plan for this spec needs none of these, or what comes before was not answered\n");
        not_asked.iter().for_each(|call| text.push_str(&format!("  {call}\n")));
    }
    text.push_str("What nobody has published, as far as objects that are there show it\n");
    for Seen { question, answer } in seen {
        text.push_str(&format!("  {question}: {}\n", answer.as_deref().unwrap_or("not seen")));
    }
    text.push_str(&clock(heard.ahead));
    text.push_str(&match heard.asked_to_wait {
        0 => "Limits: no answer asked to wait.\n".to_owned(),
        number => format!("Limits: {number} answers asked to wait.\n"),
    });
    for (org, headers) in limits {
        for (name, value) in headers {
            text.push_str(&format!("  {org}: {}: {}\n", visible(name), visible(value)));
        }
    }
    if let Some(ended) = ended {
        text.push_str(&format!("Reading ended early: {}\n", visible(ended)));
    }
    text
}

fn verdict(call: &Endpoint, visits: &Visits) -> &'static str {
    let trouble = visits.trouble(call);
    match trouble[..] {
        _ if visits.unanswered > 0 => "no answer",
        [] => "yes",
        [401 | 403, ..] => "no",
        [404, ..] => "absent",
        _ => "failed",
    }
}

/// The answers, and what helps where there was trouble.
fn said(call: &Endpoint, visits: &Visits) -> String {
    let answers = visits.answers.iter().map(|(status, (number, _))| format!("{status} × {number}"));
    let unanswered = (visits.unanswered > 0).then(|| format!("no answer × {}", visits.unanswered));
    let answers: Vec<String> = answers.chain(unanswered).collect();
    let help = match visits.trouble(call)[..] {
        // `[documented]`: the role that may work on identity providers.
        [401 | 403, ..] if call.path.contains("identity-provider") => {
            "; it needs a key of an Administrator With Billing"
        }
        [401 | 403, ..] => "; give the key, or its service account, a role that may read it",
        _ => "",
    };
    format!("   {}{help}", answers.join(", "))
}

fn clock(ahead: Option<i64>) -> String {
    match ahead {
        None => "Clock: no answer had a time.\n".to_owned(),
        Some(-2..=2) => "Clock: this machine and the service agree.\n".to_owned(),
        Some(ahead) if ahead > 0 => format!("Clock: this machine is {ahead} s ahead of the service.\n"),
        Some(behind) => format!("Clock: this machine is {} s behind the service.\n", behind.abs()),
    }
}

/// How many answers were heard.
pub fn answers(heard: &Examination) -> u32 {
    heard.calls.values().flat_map(|visits| visits.answers.values()).map(|(number, _)| number).sum()
}

#[derive(Serialize)]
struct Record<'a> {
    format: u32,
    calls: Vec<Call<'a>>,
}

#[derive(Serialize)]
struct Call<'a> {
    organization: String,
    call: String,
    status: u16,
    answers: u32,
    shape: &'a Shape,
}

/// The shapes of all answers, as JSON.
pub fn record(heard: &Examination) -> String {
    let mut calls = Vec::new();
    for ((org, call), visits) in &heard.calls {
        calls.extend(visits.answers.iter().map(|(status, (answers, shape))| Call {
            organization: org.to_string(),
            call: call.to_string(),
            status: *status,
            answers: *answers,
            shape,
        }));
    }
    let record = Record { format: FORMAT, calls };
    serde_json::to_string_pretty(&record).map(|text| text + "\n").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_service_says_of_its_limits_is_shown_on_one_line_each() {
        let said = BTreeMap::from([("x-ratelimit-remaining".to_owned(), "7\u{1b}[2J".to_owned())]);
        let limits = [(Org::Primary, BTreeMap::new()), (Org::Secondary, said)];
        let text = text(&Examination::default(), &[], &limits, None);
        let line = text.lines().find(|line| line.contains("x-ratelimit-remaining")).unwrap();
        assert!(line.starts_with("  secondary: x-ratelimit-remaining: 7") && !line.contains('\u{1b}'), "{line}");
    }
}
