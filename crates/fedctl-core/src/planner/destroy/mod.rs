//! Taking a federation down: everything that carries its mark goes, in the reverse of the order in which it was set up, and
//! what somebody else made is given back.
//!
//! The population of the spec does not matter, and is not read: whoever's account carries the mark is concerned. The passwords
//! of accounts are given back to the organisation first, so that whoever has one gets in when routing goes off.

mod accounts;
mod cast;
mod found;
mod guards;
mod objects;

use std::collections::BTreeSet;

use found::Found;

use super::Step;
use crate::address::Org;
use crate::kinds::context::Terms;
use crate::live::{Live, Needs, Query};
use crate::plan::Plan;
use crate::plan::action::Subject;
use crate::spec::{Code, Diagnostic, Spec};
use crate::trace::cast::Cast;

/// How far a federation can be taken down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// In both organisations.
    Both,
    /// In the secondary alone: the primary is gone, and nothing is asked of it.
    SecondaryOnly,
}

impl Reach {
    fn organizations(self) -> &'static [Org] {
        match self {
            Reach::Both => &[Org::Primary, Org::Secondary],
            Reach::SecondaryOnly => &[Org::Secondary],
        }
    }
}

/// What is planned with, and read for.
struct Takedown<'a> {
    spec: &'a Spec,
    terms: &'a Terms,
    reach: Reach,
    live: &'a Live,
}

/// Plans the take-down, or says what has to be read first.
pub fn step(spec: &Spec, terms: &Terms, reach: Reach, live: &Live) -> Step<Plan> {
    planned(spec, terms, reach, live, |_, _, _, _| Some(())).map(|(plan, ())| plan)
}

/// The same, with everybody whose sign-in it touches, for a rehearsal; nobody where there is nothing to rehearse.
pub fn step_with_cast(spec: &Spec, terms: &Terms, reach: Reach, live: &Live) -> Step<(Plan, Option<Cast>)> {
    planned(spec, terms, reach, live, |this, needs, found, plan| {
        let is_rehearsed = !plan.is_empty() && plan.may_be_allowed();
        if is_rehearsed { cast::of(this, needs, found, plan).map(Some) } else { Some(None) }
    })
}

fn planned<T>(
    spec: &Spec,
    terms: &Terms,
    reach: Reach,
    live: &Live,
    last: impl FnOnce(&Takedown<'_>, &mut Needs, &Found<'_>, &Plan) -> Option<T>,
) -> Step<(Plan, T)> {
    let this = Takedown { spec, terms, reach, live };
    let mut needs = Needs::default();
    if let Some(problems) = this.pinned(&mut needs) {
        return Step::Problems(problems);
    }
    let found = found::find(&this, &mut needs);
    let accounts = accounts::find(&this, &mut needs);
    // An organisation that this key may not list is proved by every object that is read.
    needs.unknown.retain(|query, _| !matches!(query, Query::Organization(_)));
    if !needs.unknown.is_empty() {
        return Step::Unknown(needs.unknown);
    }
    let (Some(found), Some(accounts), true) = (found, accounts, needs.queries.is_empty()) else {
        return Step::Read(needs.queries);
    };
    let mut plan = Plan { backwards: true, ..Plan::empty(spec, live) };
    objects::plan(&this, &mut needs, &found, &mut plan);
    accounts::plan(&this, &mut needs, (&found, &accounts), &mut plan);
    guards::refuse(&this, &mut needs, (&found, &accounts), &mut plan);
    if !needs.queries.is_empty() {
        return Step::Read(needs.queries);
    }
    finish(&mut plan);
    match last(&this, &mut needs, &found, &plan) {
        Some(last) => Step::Ready(Box::new((plan, last))),
        None if !needs.unknown.is_empty() => Step::Unknown(needs.unknown),
        None => Step::Read(needs.queries),
    }
}

/// The person with the next free place in a plan.
fn next_person(plan: &Plan) -> Subject {
    Subject::Person(u32::try_from(plan.people.len()).unwrap_or(u32::MAX))
}

fn finish(plan: &mut Plan) {
    plan.notes.sort();
    plan.refusals.sort();
    crate::apply::in_order(plan);
}

impl Takedown<'_> {
    fn pinned(&self, needs: &mut Needs) -> Option<Vec<Diagnostic>> {
        let sides = [&self.spec.primary, &self.spec.secondary];
        let is_other = |org: &&Org| needs.organization(self.live, **org) == Some(false);
        let others: BTreeSet<Org> = self.reach.organizations().iter().filter(is_other).copied().collect();
        let problem = |org: &Org| {
            let side = sides[org.index()];
            let message = format!("the key `{}` does not open organisation {}", side.credentials, side.organization);
            Diagnostic::error(Code::WrongOrganization, message)
                .at_value(&side.organization.at, format!("not an organisation of the key `{}`", side.credentials))
                .help("give the key of this organisation, or correct the id; are primary and secondary swapped?")
        };
        (!others.is_empty()).then(|| others.iter().map(problem).collect())
    }
}
