//! What a verification found, for people and for machines.

use fedctl_core::plan::{Held, Pair};
use fedctl_core::trace::{Counts, Hop, Traced, Verification};
use serde::Serialize;

use super::plan_json::to_text;
use super::text::{columns, count, visible};
use crate::source::Source;

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
        fix: broken.map(|hop| fix(person, hop)),
        held: person.held.map(|held| held.as_str()),
        spec: person.spec.to_string(),
    }
}

/// The findings as text: who is broken and where, who is not ready, and how many are whole.
pub fn text(found: &Verification, source: &Source) -> String {
    let mut text = format!("{}\n", visible(&found.federation));
    for hop in Hop::ALL {
        let is_broken = |person: &&Traced| person.held.is_none() && person.broken() == Some(*hop);
        let people: Vec<&Traced> = found.people.iter().filter(is_broken).collect();
        if !people.is_empty() {
            text.push_str(&broken_at(*hop, &people, source));
        }
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

/// The people whose way breaks at one hop.
fn broken_at(hop: Hop, people: &[&Traced], source: &Source) -> String {
    let who = count(people.len(), "person", "people");
    let row = |person: &&Traced| vec![visible(&person.email), visible(&source.place(&person.spec))];
    let rows: Vec<Vec<String>> = people.iter().map(row).collect();
    let (what, fix) = (hop.broken(), hop.fix());
    format!("  x breaks at {} for {who}: {what}\n      fix: {fix}\n{}", hop.name(), columns(&rows, 8))
}

/// One person's way, hop by hop.
pub fn trace(person: &Traced) -> String {
    let mut text = format!("{} -> {}\n", visible(&person.email), visible(&person.account));
    let first_broken = person.broken();
    for hop in Hop::ALL {
        text.push_str(&match person.situation.is_whole(*hop) {
            true => format!("  + {}\n", hop.name()),
            // Of an account that is not there, nothing else is true or false.
            false if is_of_account(*hop) && first_broken == Some(Hop::Account) => format!("  . {}\n", hop.name()),
            false => format!("  x {}\n      {}\n", hop.name(), hop.broken()),
        });
        if first_broken == Some(*hop) {
            text.push_str(&format!("      fix: {}\n", fix(person, *hop)));
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

/// Whether a hop says something of an account that is there.
fn is_of_account(hop: Hop) -> bool {
    matches!(hop, Hop::AccountActive | Hop::AccountUnlocked | Hop::Routed)
}

/// What to do about the first broken hop: for somebody who is held, what holds them comes first.
fn fix(person: &Traced, hop: Hop) -> &'static str {
    match person.held {
        None => hop.fix(),
        Some(Held::Staged) => "activate them at the primary organisation, then run `fedctl apply`",
        Some(Held::Suspended) => "if they are to sign in: unsuspend them at the primary organisation",
        Some(Held::NoPassword) => "they set a password at the primary organisation; then run `fedctl apply`",
        Some(Held::PasswordExpired) => "they set a new password at the primary organisation",
        Some(Held::Locked) => "unlock them at the primary organisation, or wait until that ends",
        Some(Held::Pilot) => "when it is their turn: put them into `people.pilot`, or remove that line",
        Some(Held::AccountExists) => "give them another address under `people.overrides`, or rename that account",
        Some(Held::UsernameTaken) => "give them another username under `people.overrides`",
        Some(Held::AccountSuspended) => "if they are to sign in: unsuspend the account in the secondary organisation",
        Some(Held::Unrouted) => "if they are to sign in: put the account into the routing group in the console",
        Some(Held::AccessTaken) => {
            "if they are to sign in: put them back into the group that gives the app, in the console"
        }
        Some(Held::NoAccess) => {
            "if they are to sign in: put them into the group that the spec names under `app.access`"
        }
        Some(Held::NotInSavedPlan) => "make a new plan with `fedctl plan`, and apply it",
    }
}
