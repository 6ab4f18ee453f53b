//! What a verification found, for people and for machines.

use std::collections::BTreeMap;

use fedctl_core::plan::{Held, Pair};
use fedctl_core::trace::{Counts, Hop, Traced, Verification};
use schemars::JsonSchema;
use serde::Serialize;

use super::plan_json::to_text;
use super::proof::{self, ImpersonationRow, IssuerRow};
use super::text::{columns, count, visible};
use crate::source::{Place, Places, Source};

/// The name of this format and its version.
pub const SCHEMA: &str = "fedctl.verify.v1";

/// What `verify --format json` prints.
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
    /// How many people are in which state.
    counts: CountRow,
    /// Everybody of the population.
    people: Vec<Row<'a>>,
    /// Whoever reaches the app and claims an account that is not theirs, also those whom the spec does not mean.
    impersonations: Vec<ImpersonationRow<'a>>,
    /// Groups that may use the app and have the attribute, which all of their members may inherit.
    #[schemars(with = "Vec<String>")]
    inherited: &'a [Box<str>],
    /// What the issuer of the primary organisation says.
    issuer: IssuerRow<'a>,
}

/// How many people are in which state.
#[derive(Serialize, JsonSchema)]
pub struct CountRow {
    /// They can sign in, as far as can be known.
    whole: usize,
    /// They are not ready yet, which is no fault of the federation.
    held: usize,
    /// They cannot sign in and should, by the first hop that is broken.
    broken: BTreeMap<&'static str, usize>,
}

/// What was found for one person.
#[derive(Serialize, JsonSchema)]
pub struct Row<'a> {
    /// The address in the primary organisation.
    person: &'a str,
    /// The address of the account in the secondary organisation.
    account: &'a str,
    /// They can sign in, as far as can be known.
    whole: bool,
    /// The first hop that is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    broken: Option<Hop>,
    /// Why they cannot sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'static str>,
    /// The addresses of other users whose attribute is the address of this account.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(with = "Vec<String>")]
    rivals: &'a [Box<str>],
    /// The routing policy that routes them, where it is not that of this federation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    routed_by: Option<&'a str>,
    /// Why nothing is done for them, as a word for machines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    held: Option<Held>,
    /// The path in the spec that brings them into the population.
    spec: String,
    /// Where that stands.
    #[serde(flatten)]
    place: Option<Place>,
}

/// The findings as one JSON document.
pub fn json(found: &Verification, source: &Source) -> String {
    let places = source.places(&found.people.iter().map(|person| &person.spec).collect::<Vec<_>>());
    let Counts { whole, held, broken } = found.counts();
    to_text(&Document {
        schema: SCHEMA,
        federation: &found.federation,
        as_of: found.as_of,
        secret: found.pair,
        counts: CountRow { whole, held, broken },
        people: found.people.iter().map(|person| row(person, &places)).collect(),
        impersonations: proof::impersonations(found),
        inherited: &found.inherited,
        issuer: proof::issuer(found),
    })
}

/// One person's row.
pub(crate) fn row<'a>(person: &'a Traced, places: &Places) -> Row<'a> {
    let broken = person.broken();
    let spec = person.spec.to_string();
    Row {
        person: &person.email,
        account: &person.account,
        whole: broken.is_none(),
        broken,
        why: broken.map(|hop| person.held.map_or(hop.broken(), Held::as_str)),
        fix: broken.map(|hop| fix(person, hop)),
        rivals: &person.rivals,
        routed_by: person.by.as_deref(),
        held: person.held,
        place: places.get(&spec).cloned(),
        spec,
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
    text.push_str(&proof::impersonations_text(found));
    text.push_str(&columns(&held, 2));
    text.push_str(&routed_by_others(found));
    text.push_str(&proof::issuer_text(found));
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

/// Who gets in by a policy that is not of this federation.
fn routed_by_others(found: &Verification) -> String {
    let mut by: BTreeMap<&str, usize> = BTreeMap::new();
    for policy in found.people.iter().filter_map(|person| person.by.as_deref()) {
        *by.entry(policy).or_default() += 1;
    }
    let line = |(policy, people): (&&str, &usize)| {
        let who = count(*people, "person", "people");
        format!("  ~ {who} routed by `{}`, a policy that is not of this federation\n", visible(policy))
    };
    by.iter().map(line).collect()
}

/// The people whose way breaks at one hop.
fn broken_at(hop: Hop, people: &[&Traced], source: &Source) -> String {
    let who = count(people.len(), "person", "people");
    let rivals = |person: &Traced| person.rivals.iter().map(|rival| visible(rival)).collect::<Vec<_>>().join(", ");
    let row = |person: &&Traced| {
        let row = vec![visible(&person.email), visible(&source.place(&person.spec))];
        let rivals = (hop == Hop::Alone).then(|| format!("also: {}", rivals(person)));
        row.into_iter().chain(rivals).collect()
    };
    let rows: Vec<Vec<String>> = people.iter().map(row).collect();
    let (what, fix) = (hop.broken(), hop.fix());
    format!("  x {what}: {who}\n      fix: {fix}\n{}", columns(&rows, 8))
}

/// What to do about the first broken hop: for somebody who is held, what holds them comes first.
pub(crate) fn fix(person: &Traced, hop: Hop) -> &'static str {
    match person.held {
        None => hop.fix(),
        Some(Held::Staged) => "activate them at the primary organisation, then run `fedctl apply`",
        Some(Held::Suspended) => "if they are to sign in: unsuspend them at the primary organisation",
        Some(Held::UnknownState) => {
            "look at the user in the primary organisation; this version does not know their state"
        }
        Some(Held::NoPassword) => "they set a password at the primary organisation; then run `fedctl apply`",
        Some(Held::PasswordExpired) => "they set a new password at the primary organisation",
        Some(Held::Locked) => "unlock them at the primary organisation, or wait until that ends",
        Some(Held::RoutingOff) => "write `routing_policy: {enabled: true}` to route people again",
        Some(Held::Pilot) => "when it is their turn: put them into `people.pilot`, or remove that line",
        Some(Held::AccountExists) => {
            "take it over under `adopt.people` if it is theirs; else give them another address under `people.overrides`"
        }
        Some(Held::NothingToAdopt) => "remove the line under `adopt.people`, and an account is made for them",
        Some(Held::AccountStaged) => "activate the account in the secondary organisation",
        Some(Held::AddressTaken) => "apply, and plan again",
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
