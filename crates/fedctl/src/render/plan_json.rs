//! A plan for machines.

use fedctl_core::plan::lines::{ActionLine, PersonLine, person_line};
use fedctl_core::plan::{Note, Pair, Plan, Refusal};
use serde::Serialize;

/// The name of this format and its version. A field may be added in one version; none changes its meaning.
pub const SCHEMA: &str = "fedctl.plan.v1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    federation: &'a str,
    primary: String,
    secondary: String,
    simulated: bool,
    as_of: Option<u64>,
    digest: String,
    empty: bool,
    requests: usize,
    secret: Pair,
    people: Vec<PersonLine<'a>>,
    actions: Vec<ActionLine<'a>>,
    notes: &'a [Note],
    refusals: &'a [Refusal],
}

/// The plan as one JSON document, with a line end.
pub fn json(plan: &Plan, simulated: bool) -> String {
    let [primary, secondary] = &plan.organizations;
    let document = Document {
        schema: SCHEMA,
        federation: &plan.federation,
        primary: primary.to_string(),
        secondary: secondary.to_string(),
        simulated,
        as_of: plan.as_of,
        digest: plan.digest(),
        empty: plan.is_empty(),
        requests: plan.requests(),
        secret: plan.pair,
        people: plan.people.iter().map(person_line).collect(),
        actions: plan.actions.iter().map(|action| plan.action_line(action)).collect(),
        notes: &plan.notes,
        refusals: &plan.refusals,
    };
    to_text(&document)
}

/// A document as indented JSON with a line end.
pub fn to_text(document: &impl Serialize) -> String {
    let mut text =
        serde_json::to_string_pretty(document).expect("documents have string keys and no failing serializer");
    text.push('\n');
    text
}
