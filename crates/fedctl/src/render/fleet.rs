//! What the plans of a fleet come to, in one report.

use std::collections::{BTreeMap, BTreeSet};

use fedctl_core::plan::Plan;
use fedctl_core::planner::Other;
use schemars::JsonSchema;
use serde::Serialize;

use super::markdown::code;
use super::plan_json::to_text;
use super::text::{columns, count, visible};
use crate::exit::Exit;

/// The name of this format and its version. A field may be added in one version; none changes its meaning.
pub const SCHEMA: &str = "fedctl.fleet.v1";

/// What became of the plans.
#[derive(Debug, Default)]
pub struct Fleet {
    /// By file.
    pub rows: Vec<(String, Row)>,
    /// The plans themselves, for machines.
    pub plans: Vec<serde_json::Value>,
    orphans: BTreeMap<Box<str>, BTreeSet<(String, String)>>,
}

/// What became of one plan.
#[derive(Debug)]
pub struct Row {
    /// How it ends by itself.
    pub exit: Exit,
    federation: Option<String>,
    outcome: String,
}

impl Row {
    /// No plan could be made.
    pub fn failed(exit: Exit, message: &str) -> Self {
        Self { exit, federation: None, outcome: format!("failed: {message}") }
    }

    /// It was planned.
    pub fn planned(exit: Exit, plan: &Plan) -> Self {
        let outcome = match (plan.refusals.len(), plan.actions.len()) {
            (0, 0) => "nothing to do".to_owned(),
            (0, actions) => count(actions, "action", "actions"),
            (refusals, _) => format!("refused: {}", count(refusals, "reason", "reasons")),
        };
        Self { exit, federation: Some(plan.federation.to_string()), outcome }
    }
}

impl Fleet {
    /// Notes what carries the mark of federations that have no file. Plans of one organisation come across the same.
    pub fn orphans<'a>(&mut self, organizations: &[String; 2], others: impl Iterator<Item = &'a Other>) {
        for other in others {
            let found = self.orphans.entry(other.federation.clone()).or_default();
            let objects = other.objects.iter();
            found.extend(objects.map(|object| (organizations[object.org.index()].clone(), object.to_string())));
            let accounts = other.accounts + other.left;
            if accounts > 0 {
                found.insert((organizations[1].clone(), count(accounts, "account", "accounts")));
            }
        }
    }
}

const WAY_OUT: &str = "if a federation of this folder had that name before, write it under `formerly`; if nobody wants it any \
                       more, take it down with `fedctl destroy` and a spec of that name; or its spec is kept elsewhere";

/// For people.
pub fn text(fleet: &Fleet) -> String {
    let row = |(file, row): &(String, Row)| {
        vec![visible(file), visible(row.federation.as_deref().unwrap_or("-")), visible(&row.outcome)]
    };
    let rows: Vec<Vec<String>> = fleet.rows.iter().map(row).collect();
    let mut text = format!("Fleet: {}\n{}", count(rows.len(), "spec", "specs"), columns(&rows, 2));
    for (federation, found) in &fleet.orphans {
        text.push_str(&format!(
            "  ! orphan: {} has no spec among these, and its mark is carried by\n",
            visible(federation)
        ));
        for (organization, object) in found {
            text.push_str(&format!("      {} of organisation {organization}\n", visible(object)));
        }
        text.push_str(&format!("      way out: {WAY_OUT}\n"));
    }
    text
}

/// For a comment on a pull request, below the plans.
pub fn markdown(fleet: &Fleet) -> String {
    let mut text = format!("### fedctl fleet: {}\n\n", count(fleet.rows.len(), "spec", "specs"));
    for (file, row) in &fleet.rows {
        text.push_str(&format!("- {}: {}\n", code(file), code(&row.outcome)));
    }
    for (federation, found) in &fleet.orphans {
        text.push_str(&format!(
            "\n**Orphan** {}: it has no spec among these, and its mark is carried by\n\n",
            code(federation)
        ));
        for (organization, object) in found {
            text.push_str(&format!("- {} of organisation {}\n", code(object), code(organization)));
        }
        text.push_str(&format!("\nWay out: {WAY_OUT}\n"));
    }
    text
}

/// The plans of a fleet as `plan --format json` prints them.
#[derive(Serialize, JsonSchema)]
pub struct Document<'a> {
    /// The name and version of this format.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// What became of each spec.
    specs: Vec<Spec<'a>>,
    /// The plans that could be made, as `fedctl.plan.v1` has them, in the order of the specs.
    plans: &'a [serde_json::Value],
    /// What carries the mark of a federation that has no spec among these.
    orphans: Vec<Orphan<'a>>,
}

/// What became of a spec.
#[derive(Serialize, JsonSchema)]
struct Spec<'a> {
    /// Its file.
    file: &'a str,
    /// The federation's name; null where no plan could be made.
    federation: Option<&'a str>,
    /// How a plan of it alone would end.
    exit: u8,
    /// For people.
    outcome: &'a str,
}

/// An object or some accounts without a spec.
#[derive(Serialize, JsonSchema)]
struct Orphan<'a> {
    /// Whose mark it carries.
    federation: &'a str,
    /// The id of the organisation.
    organization: &'a str,
    /// Its address, or how many accounts.
    object: &'a str,
}

/// For machines.
pub fn json(fleet: &Fleet) -> String {
    let orphans = fleet.orphans.iter().flat_map(|(federation, found)| {
        found.iter().map(|(organization, object)| Orphan { federation, organization, object })
    });
    let specs = fleet.rows.iter().map(|(file, row)| Spec {
        file,
        federation: row.federation.as_deref(),
        exit: row.exit.code(),
        outcome: &row.outcome,
    });
    to_text(&Document { schema: SCHEMA, specs: specs.collect(), plans: &fleet.plans, orphans: orphans.collect() })
}
