//! What a verification found, for people and for machines.

use fedctl_core::plan::Pair;
use fedctl_core::trace::{Counts, Hop, Traced, Verification};
use serde::Serialize;

use super::plan_json::to_text;
use super::text::{columns, count, visible};
use crate::session::Source;

/// The name of this format and its version.
pub const SCHEMA: &str = "fedctl.verify.v1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    federation: &'a str,
    as_of: Option<u64>,
    secret: Pair,
    counts: Counts,
    people: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    person: &'a str,
    account: &'a str,
    whole: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<Hop>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<&'static str>,
    spec: String,
}

/// The findings as one JSON document.
pub fn json(found: &Verification) -> String {
    let row = |person| row(person);
    to_text(&Document {
        schema: SCHEMA,
        federation: &found.federation,
        as_of: found.as_of,
        secret: found.pair,
        counts: found.counts(),
        people: found.people.iter().map(row).collect(),
    })
}

fn row(person: &Traced) -> Row<'_> {
    let broken = person.broken();
    Row {
        person: &person.email,
        account: &person.account,
        whole: broken.is_none(),
        broken,
        why: broken.map(Hop::broken),
        fix: broken.map(Hop::fix),
        held: person.held.map(|held| held.as_str()),
        spec: person.spec.to_string(),
    }
}

/// The findings as text: who is broken and where, who is not ready, and how many are whole.
pub fn text(found: &Verification, source: &Source) -> String {
    let mut text = format!("{}\n", visible(&found.federation));
    let broken = found.people.iter().filter(|person| person.held.is_none());
    for (person, hop) in broken.filter_map(|person| Some((person, person.broken()?))) {
        text.push_str(&format!(
            "  x {}  breaks at {}: {}\n      fix: {}  {}\n",
            visible(&person.email),
            hop.name(),
            hop.broken(),
            hop.fix(),
            visible(&source.place(&person.spec)),
        ));
    }
    let held: Vec<Vec<String>> = found
        .people
        .iter()
        .filter(|person| person.broken().is_some())
        .filter_map(|person| Some(vec![format!(". {}", visible(&person.email)), person.held?.as_str().to_owned()]))
        .collect();
    text.push_str(&columns(&held, 2));
    let counts = found.counts();
    let broken: usize = counts.broken.values().sum();
    text.push_str(&format!(
        "{} can sign in as far as can be known, {broken} cannot, {} not ready.\nClient secret: {}\n",
        count(counts.whole, "person", "people"),
        counts.held,
        found.pair.as_str(),
    ));
    text
}

/// One person's way, hop by hop.
pub fn trace(person: &Traced) -> String {
    let mut text = format!("{} -> {}\n", visible(&person.email), visible(&person.account));
    let first_broken = person.broken();
    for hop in Hop::ALL {
        let whole = person.situation.is_whole(*hop);
        let sign = if whole { '+' } else { 'x' };
        text.push_str(&format!("  {sign} {}\n", hop.name()));
        if !whole {
            text.push_str(&format!("      {}\n", hop.broken()));
        }
        if first_broken == Some(*hop) {
            text.push_str(&format!("      fix: {}\n", hop.fix()));
        }
    }
    if let Some(held) = person.held {
        text.push_str(&format!("held: {}\n", held.as_str()));
    }
    text.push_str(match first_broken {
        None => "They can sign in, as far as can be known.\n",
        Some(_) => "They cannot sign in.\n",
    });
    text
}
