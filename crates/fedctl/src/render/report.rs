//! What became of a plan, for people and for machines.

use std::collections::BTreeMap;

use fedctl_core::apply::End;
use fedctl_core::plan::Plan;
use serde::Serialize;

use super::plan_json::to_text;
use super::text::{count, visible};
use crate::exit::Exit;

/// The name of this format and its version.
pub const SCHEMA: &str = "fedctl.report.v1";

/// A plan and what became of its actions.
pub struct Report<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What became of each action, in the order of the plan.
    pub ends: &'a [End],
    /// The run was stopped by a signal.
    pub interrupted: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    federation: &'a str,
    digest: String,
    interrupted: bool,
    counts: BTreeMap<&'static str, usize>,
    actions: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    target: String,
    verb: &'static str,
    #[serde(flatten)]
    end: &'a End,
}

impl Report<'_> {
    /// The code that the run ends with, as far as the report alone decides it.
    pub fn exit(&self) -> Exit {
        let any = |is: fn(&End) -> bool| self.ends.iter().any(is);
        let manual_only = self.ends.iter().all(|end| end.is_good() || matches!(end, End::Manual(_) | End::Skipped(_)));
        match () {
            () if self.interrupted => Exit::Interrupted,
            () if self.ends.iter().all(End::is_good) => Exit::Done,
            () if manual_only && any(|end| matches!(end, End::Manual(_))) => Exit::Manual,
            () if any(|end| matches!(end, End::Applied | End::Unknown(_))) => Exit::Partial,
            () => Exit::Failed,
        }
    }

    fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for end in self.ends {
            *counts.entry(word(end)).or_default() += 1;
        }
        counts
    }

    /// The report as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (action, end) in self.plan.actions.iter().zip(self.ends) {
            if let End::Failed(why) | End::Unknown(why) | End::Manual(why) = end {
                let target = visible(&action.target.to_string());
                text.push_str(&format!("{}: {} {target}\n    {}\n", word(end), action.verb.as_str(), visible(why)));
            }
        }
        text.push_str(&self.skipped());
        let counts: Vec<String> = self.counts().iter().map(|(word, number)| format!("{number} {word}")).collect();
        text.push_str(&format!("Applied {}: {}.\n", visible(&self.plan.federation), counts.join(", ")));
        if self.interrupted {
            text.push_str("Stopped before the end. Nothing is lost: the next `fedctl apply` goes on from here.\n");
        }
        text
    }

    /// What was left out, folded by what it was left out for.
    fn skipped(&self) -> String {
        let mut causes: BTreeMap<u32, usize> = BTreeMap::new();
        for (at, end) in (0u32..).zip(self.ends) {
            if matches!(end, End::Skipped(_)) {
                *causes.entry(self.root(at)).or_default() += 1;
            }
        }
        let row = |(cause, number): (u32, usize)| {
            let target = self.plan.actions[cause as usize].target.to_string();
            let what = count(number, "action was", "actions were");
            format!("skipped: {what} left out because of {}\n", visible(&target))
        };
        causes.into_iter().map(row).collect()
    }

    /// The action that an action was left out for in the end.
    fn root(&self, at: u32) -> u32 {
        let mut at = at;
        // Each step leads to an action that ended before, so there is no circle.
        while let Some(End::Skipped(cause)) = self.ends.get(at as usize) {
            at = *cause;
        }
        at
    }

    /// The report as one JSON document.
    pub fn json(&self) -> String {
        let rows = self.plan.actions.iter().zip(self.ends);
        to_text(&Document {
            schema: SCHEMA,
            federation: &self.plan.federation,
            digest: self.plan.digest(),
            interrupted: self.interrupted,
            counts: self.counts(),
            actions: rows
                .map(|(action, end)| Row { target: action.target.to_string(), verb: action.verb.as_str(), end })
                .collect(),
        })
    }
}

fn word(end: &End) -> &'static str {
    match end {
        End::Applied => "applied",
        End::Already => "already so",
        End::Failed(_) => "failed",
        End::Skipped(_) => "skipped",
        End::Unknown(_) => "unknown",
        End::Manual(_) => "to be done by hand",
        End::NotStarted => "not started",
    }
}
