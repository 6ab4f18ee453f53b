//! The sign-in trace: for each person, from what was read, whether they can sign in, or the hop at which it breaks.
//!
//! The trace takes a [`Situation`] and never a user: nothing it depends on can be left out of it, so people in one situation
//! have one trace.

pub mod cast;
mod impersonation;
mod other_ways;
pub mod situation;
pub mod status;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::kinds::context::{Context, Found};
use crate::kinds::identity_provider;
use crate::live::{Live, Needs};
use crate::people::{People, Person};
use crate::plan::rules::{Aim, Rules};
use crate::plan::{Held, Pair};
use crate::planner::{Step, Terms, resolved};
use crate::probe::{self, Client, Finding, State};
use crate::spec::{FieldPath, Spec};
pub use impersonation::Impersonation;
pub(crate) use other_ways::OtherWays;
pub use situation::{Hop, Situation};

/// What was found for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// The primary e-mail.
    pub email: Box<str>,
    /// The address of the account.
    pub account: Box<str>,
    /// The line of the spec that brings them in.
    pub spec: FieldPath,
    /// Not ready yet, which is no fault of the federation.
    pub held: Option<Held>,
    /// Everything their sign-in depends on.
    pub situation: Situation,
    /// The e-mails of the users whose attribute is the address of their account too, where [`Hop::Alone`] is broken.
    pub rivals: Box<[Box<str>]>,
    /// The routing policy that routes them, where it is not that of this federation.
    pub by: Option<Box<str>>,
}

impl Traced {
    /// The first hop that is broken, if any.
    pub fn broken(&self) -> Option<Hop> {
        self.situation.broken()
    }
}

/// What was found for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The federation's name.
    pub federation: Box<str>,
    /// Everybody of the population, by primary e-mail.
    pub people: Vec<Traced>,
    /// What is known about the client secret.
    pub pair: Pair,
    /// When it was read, seconds since 1970 by the server's clock.
    pub as_of: Option<u64>,
    /// The issuer of the primary organisation.
    pub issuer: Box<str>,
    /// Whoever reaches the app and opens, or would open, an account that is not theirs.
    pub impersonations: Vec<Impersonation>,
    /// Groups that may use the app and have an attribute of our name, which all of their members may inherit.
    pub inherited: Vec<Box<str>>,
    /// What the issuer says to probes; nothing where it was not asked.
    pub probes: Vec<Finding>,
    client: Option<Client>,
}

/// A summary of a verification.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// People whose every hop is whole.
    pub whole: usize,
    /// People who are not ready yet, and whose hops are therefore not all there.
    pub held: usize,
    /// People for whom a hop is broken that should not be, by hop.
    pub broken: BTreeMap<&'static str, usize>,
}

impl Verification {
    /// How many people are in which state.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for person in &self.people {
            match (person.broken(), person.held) {
                (None, _) => counts.whole += 1,
                (Some(_), Some(_)) => counts.held += 1,
                (Some(hop), None) => *counts.broken.entry(hop.name()).or_default() += 1,
            }
        }
        counts
    }

    /// Whether nobody is broken who should not be.
    pub fn is_whole(&self) -> bool {
        self.counts().broken.is_empty()
    }

    /// Whether something is at fault: people who are merely not ready are none.
    pub fn is_faulty(&self) -> bool {
        let is_refuted = self.probes.iter().any(|finding| finding.state == State::Refuted);
        let is_shared = !(self.impersonations.is_empty() && self.inherited.is_empty());
        !self.is_whole() || self.pair.is_suspect() || is_refuted || is_shared
    }
}

/// Traces everybody of the population, or says what has to be read first.
pub fn step(spec: &Spec, terms: &Terms, live: &Live) -> Step<Verification> {
    let keeping = Terms { rules: Rules { aim: Aim::Keep, ..terms.rules.clone() }, ..terms.clone() };
    resolved(spec, &keeping, live, ask_for_other_ways, |people, found| {
        verification(live, &Context { spec, terms, people, found, as_of: live.as_of })
    })
}

/// The same, and what the issuer says to probes.
pub fn verify(spec: &Spec, terms: &Terms, live: &Live) -> Step<Verification> {
    let mut found = match step(spec, terms, live) {
        Step::Ready(found) => found,
        other @ (Step::Read(_) | Step::Problems(_) | Step::Unknown(_)) => return other,
    };
    let mut needs = Needs::default();
    match probe::find(terms, live, &mut needs, found.client.as_ref()) {
        Some(probes) => {
            found.pair = found.pair.weighed(probe::is_secret_taken(&probes));
            found.probes = probes;
            Step::Ready(found)
        }
        None => Step::Read(needs.queries),
    }
}

pub(crate) fn verification(live: &Live, context: &Context<'_>) -> Verification {
    let Context { spec, terms, people, found, .. } = context;
    let shared = situation::shared(spec, terms, found);
    let claims = situation::Claims::of(live);
    let traced = |person| traced(spec, found, person, situation::of(live, found, &shared, &claims, person), &claims);
    Verification {
        federation: spec.federation.as_str().into(),
        people: people.list.iter().map(traced).collect(),
        pair: identity_provider::pair(context),
        as_of: live.as_of,
        issuer: terms.issuer.clone(),
        impersonations: impersonation::find(live, people, found, &shared),
        inherited: impersonation::inherited(spec, live, found),
        probes: Vec::new(),
        client: Client::of(terms, found),
    }
}

pub(crate) fn ask_for_other_ways<'a>(
    _: &Spec,
    live: &'a Live,
    needs: &mut Needs,
    _: &mut People<'a>,
    found: &mut Found<'a>,
) {
    found.other_ways = OtherWays::find(live, needs, found);
}

/// Who is not routed by us may be routed by somebody else: then the way goes on at the identity provider.
fn traced(
    spec: &Spec,
    found: &Found<'_>,
    person: &Person<'_>,
    situation: Situation,
    claims: &situation::Claims<'_>,
) -> Traced {
    let is_routed = Hop::ROUTING.iter().all(|hop| situation.is_whole(*hop));
    let account = person.live.or(person.existing).filter(|_| !is_routed);
    let by = account.and_then(|account| found.other_ways.of(account.id));
    Traced {
        email: person.user.email.clone(),
        account: (*person.account).into(),
        spec: person.spec.clone(),
        held: person.held.or((!spec.routing_policy.enabled.value).then_some(Held::RoutingOff)),
        situation: if by.is_some() { situation.with(Hop::ROUTING) } else { situation },
        rivals: claims.others(&person.account, person.user.id).map(Into::into).collect(),
        by: by.map(Into::into),
    }
}
