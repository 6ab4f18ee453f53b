//! What a plan is shown with that does not stand in its lines. A plan file carries it along.

use std::collections::BTreeSet;

use fedctl_core::plan::Plan;
use fedctl_core::spec::FieldPath;
use serde::{Deserialize, Serialize};

use super::rehearsed::Rehearsed;
use super::rows::Rows;
use crate::session::Session;
use crate::source::Places;

/// What a plan is shown with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The names of the credentials, primary first.
    pub names: [String; 2],
    /// Where the simulator is, if it plays both organisations.
    pub sandbox: Option<String>,
    /// When the organisations were read, in seconds since 1970 by their clock.
    pub as_of: Option<u64>,
    /// The digest of the plan.
    pub digest: String,
    /// How many requests applying it sends at most when nothing goes wrong.
    pub requests: usize,
    /// What is known about the client secret, for people.
    pub secret: String,
    /// What lifts everything that refuses the plan, as `--allow` takes it; empty where nothing does, or nothing refuses it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    /// The guards that somebody lifted for this plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lifted: Vec<String>,
    /// What a rehearsal came to, if there was anything to rehearse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rehearsed: Option<Rehearsed>,
    /// Of whom somebody said that they signed in through the federation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signed_in: Vec<String>,
    /// Where in the spec the paths stand that the plan cites.
    pub places: Places,
}

impl Frame {
    /// The frame of a plan that was just made.
    pub fn of(session: &Session, plan: &Plan, rehearsed: Option<&Rehearsed>) -> Self {
        let paths = plan.people.iter().map(|person| &person.spec);
        let paths: Vec<&FieldPath> =
            paths.chain(plan.actions.iter().filter_map(|action| action.spec.as_ref())).collect();
        let digest = plan.digest();
        let lifted: BTreeSet<&str> = plan.lifted.iter().map(|refusal| refusal.guard.as_str()).collect();
        Self {
            allow: plan.lifts(&digest).iter().map(ToString::to_string).collect(),
            lifted: lifted.into_iter().map(str::to_owned).collect(),
            names: [&session.spec.primary, &session.spec.secondary].map(|side| side.credentials.to_string()),
            sandbox: session.spec.sandbox.as_ref().map(|sandbox| sandbox.as_str().to_owned()),
            as_of: plan.as_of,
            digest,
            requests: plan.requests(),
            secret: plan.pair.as_str().to_owned(),
            rehearsed: rehearsed.cloned(),
            signed_in: session.terms.rules.signed_in.iter().map(|said| said.to_string()).collect(),
            places: session.source.places(&paths),
        }
    }

    /// The rows of a plan with what this frame knows.
    pub fn rows(&self, plan: &Plan) -> Rows {
        Rows::of(plan.lines()).expect("the lines of a plan are rows").framed(self)
    }
}
