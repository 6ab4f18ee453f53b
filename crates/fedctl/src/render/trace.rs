//! One person's way into their account, hop by hop, for people and for machines.

use fedctl_core::plan::Pair;
use fedctl_core::trace::{Hop, Traced, Verification};
use schemars::JsonSchema;
use serde::Serialize;

use super::findings::{Row, fix, row};
use super::plan_json::to_text;
use super::text::visible;
use crate::source::Source;

/// The name of this format and its version.
pub const SCHEMA: &str = "fedctl.trace.v1";

/// Hops that say something of one object, and what is the matter when none of them is whole, if the first does not say it.
const OBJECTS: [(&[Hop], Option<&str>); 4] = [
    (&[Hop::Account, Hop::AccountActive, Hop::AccountUnlocked, Hop::Routed], None),
    (
        &[Hop::Assigned, Hop::PolicyOn, Hop::PolicyProvider],
        Some("there is no routing policy of this federation that is of use"),
    ),
    (&[Hop::Provider, Hop::Issuer], None),
    (
        &[Hop::AppActive, Hop::RedirectUri, Hop::ClientAuthentication, Hop::Claim],
        Some("there is no app of this federation that is of use"),
    ),
];

/// How a hop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As it must be.
    Whole,
    /// Not there, or not as it must be.
    Broken,
    /// Something of an object that is not there: neither true nor false.
    Unasked,
}

/// What `trace --format json` prints.
#[derive(Serialize, JsonSchema)]
pub struct Document<'a> {
    /// The name and version of this format.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// The federation's name.
    federation: &'a str,
    /// When the organisations were read, in seconds since 1970 by their clock.
    as_of: Option<u64>,
    /// What is known about the client secret that both organisations hold: `none`, `broken`, `foreign`, `unproved`, `proved`, `suspect`,
    /// and others that later versions may know.
    #[schemars(with = "String")]
    secret: Pair,
    /// What was found in short.
    #[serde(flatten)]
    row: Row<'a>,
    /// Every hop, in the order of the way.
    hops: Vec<HopRow>,
}

/// One hop.
#[derive(Serialize, JsonSchema)]
pub struct HopRow {
    /// Its name.
    hop: &'static str,
    /// How it is.
    state: State,
    /// What is the matter, where something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
}

/// The way as one JSON document.
pub fn json(found: &Verification, person: &Traced, source: &Source) -> String {
    to_text(&Document {
        schema: SCHEMA,
        federation: &found.federation,
        as_of: found.as_of,
        secret: found.pair,
        row: row(person, &source.places(&[&person.spec])),
        hops: hops(person),
    })
}

/// The way as text.
pub fn text(found: &Verification, person: &Traced, source: &Source) -> String {
    let mut text = format!(
        "{} -> {}\nasked for by {}\n",
        visible(&person.email),
        visible(&person.account),
        visible(&source.place(&person.spec))
    );
    let first_broken = person.broken();
    for (hop, HopRow { state, why, .. }) in Hop::ALL.iter().zip(hops(person)) {
        let sign = match state {
            State::Whole => '+',
            State::Broken => 'x',
            State::Unasked => '.',
        };
        text.push_str(&format!("  {sign} {}\n", why.unwrap_or(hop.whole())));
        if *hop == Hop::Alone {
            text.extend(person.rivals.iter().map(|rival| format!("      {}\n", visible(rival))));
        }
        // Of somebody who is held, what holds them comes first.
        let broken = first_broken.filter(|first| first == hop && person.held.is_none());
        text.extend(broken.map(|first| format!("      fix: {}\n", fix(person, first))));
    }
    text.push_str("(+ as it must be, x not so, . cannot be said, for what it is about is not there)\n\n");
    if let Some(policy) = &person.by {
        text.push_str(&format!("Routed by `{}`, a policy that is not of this federation.\n", visible(policy)));
    }
    if let Some(held) = person.held {
        text.push_str(&format!("Held: {}\n", held.as_str()));
        text.extend(first_broken.map(|first| format!("      fix: {}\n", fix(person, first))));
    }
    text.push_str(&format!("Client secret: {}\n", found.pair.as_str()));
    text.push_str(match first_broken {
        None => "They can sign in, as far as can be known.\n",
        Some(_) => "They cannot sign in.\n",
    });
    text
}

fn hops(person: &Traced) -> Vec<HopRow> {
    Hop::ALL.iter().map(|hop| hop_row(person, *hop)).collect()
}

fn hop_row(person: &Traced, hop: Hop) -> HopRow {
    let is_whole = |hop: &Hop| person.situation.is_whole(*hop);
    let missing = OBJECTS.iter().find(|(hops, _)| hops.contains(&hop) && !hops.iter().any(is_whole));
    let (state, why) = match missing {
        _ if is_whole(&hop) => (State::Whole, None),
        Some((hops, _)) if hops[0] != hop => (State::Unasked, None),
        Some((_, nothing)) => (State::Broken, Some(nothing.unwrap_or(hop.broken()))),
        None => (State::Broken, Some(hop.broken())),
    };
    HopRow { hop: hop.name(), state, why }
}
