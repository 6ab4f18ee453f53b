//! fedctl has two models of a sign-in: the trace of its core, which `verify` shows, and the simulator's. They were written
//! apart, and are compared for everybody on the stage.

use std::collections::BTreeSet;

use fedctl_core::drive;
use fedctl_core::plan::guard::{Guard, Refusal};
use fedctl_core::planner::{Step, Terms};
use fedctl_core::spec::Spec;
use fedctl_core::trace::{self, Hop, Traced};

use crate::stage::Stage;

/// Where the two do not agree on somebody.
pub(crate) fn compare(spec: &Spec, terms: &Terms, stage: &Stage, when: &str) -> Vec<Refusal> {
    let spec = narrowed(spec, stage);
    let mut read = stage.clone();
    let read = drive::read(&spec, &mut read, |live| trace::step(&spec, terms, live));
    // What cannot be traced cannot be verified either; it is the business of the plan to say so.
    let Ok((Step::Ready(traced), _)) = read else { return Vec::new() };
    traced.people.iter().filter_map(|person| disagreement(stage, person, when)).collect()
}

/// The spec without the people who are not on the stage.
fn narrowed(spec: &Spec, stage: &Stage) -> Spec {
    let here: BTreeSet<&str> = stage.world.users(stage.primary).map(|user| &*user.email).collect();
    let mut spec = spec.clone();
    spec.people.emails.retain(|email| here.contains(email.as_str()));
    spec
}

fn disagreement(stage: &Stage, person: &Traced, when: &str) -> Option<Refusal> {
    let user = stage.world.user_by_email(stage.primary, &person.email)?.id;
    let opened = stage.world.sign_in(stage.secondary, &person.account, user);
    let arrives = opened.is_ok_and(|account| {
        stage.world.user(account).is_some_and(|account| account.email.eq_ignore_ascii_case(&person.account))
    });
    // Who shares their account with somebody gets in; that they should not is a matter of the trace.
    let broken = Hop::ALL.iter().find(|hop| **hop != Hop::Alone && !person.situation.is_whole(**hop));
    let said = match (broken, arrives) {
        (None, true) | (Some(_), false) => return None,
        (None, false) => format!("the trace says that they can, the model that they cannot: {}", opened.err()?),
        (Some(hop), true) => format!("the trace says that {}, and on the model they can", hop.broken()),
    };
    Some(Refusal {
        guard: Guard::Lockout,
        about: (*person.account).into(),
        why: format!("fedctl's two models disagree {when} whether {} can sign in: {said}", person.email),
        way_out: "do not apply it: one of the two is wrong; report it with `fedctl plan --format json`".to_owned(),
        count: None,
    })
}
