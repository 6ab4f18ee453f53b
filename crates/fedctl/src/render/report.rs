//! What became of a plan, for people and for machines.

use std::collections::BTreeMap;
use std::sync::Arc;

use fedctl_core::address::Kind;
use fedctl_core::apply::End;
use fedctl_core::plan::action::Write;
use fedctl_core::plan::{Action, Fate, Held, Note, Plan, PlannedPerson, Verb};
use schemars::JsonSchema;
use serde::Serialize;

use super::by_hand;
use super::plan_json::to_text;
use super::text::{count, visible};
use crate::exit::Exit;

/// How many objects that wait for the same are named.
const SHOWN: usize = 5;

/// The name of this format and its version.
pub const SCHEMA: &str = "fedctl.report.v1";

/// A plan and what became of its actions.
pub struct Report {
    /// The plan.
    pub plan: Arc<Plan>,
    /// What became of each action, in the order of the plan.
    pub ends: Vec<End>,
    /// Why the run was stopped before all was done, if it was.
    pub stopped: Option<Stopped>,
}

/// Why a run was stopped before all was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// Somebody asked for it.
    Signal,
    /// A lease was lost, and why.
    LeaseLost(Arc<str>),
}

impl Stopped {
    /// The reason, as a person reads it.
    pub fn as_str(&self) -> &str {
        match self {
            Stopped::Signal => "somebody asked for it",
            Stopped::LeaseLost(why) => why,
        }
    }
}

/// What `apply --format json` prints.
#[derive(Serialize, JsonSchema)]
pub struct Document<'a> {
    /// The name and version of this format.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// The federation's name.
    federation: &'a str,
    /// The digest of the plan that was applied.
    digest: String,
    /// It was stopped by a signal; the next `fedctl apply` goes on.
    interrupted: bool,
    /// Why the lease was lost, if it was: then nothing was begun any more, for another run may write.
    #[serde(skip_serializing_if = "Option::is_none")]
    lease_lost: Option<&'a str>,
    /// How many actions came to what.
    counts: BTreeMap<&'static str, usize>,
    /// What became of each action, in the order of the plan.
    actions: Vec<Row<'a>>,
    /// What is not done yet and is no failure: it waits for something.
    waiting: Vec<Waiting<'a>>,
    /// People for whom the saved plan does nothing: they are left for the next one.
    left: Vec<&'a str>,
}

/// What became of an action.
#[derive(Serialize, JsonSchema)]
pub struct Row<'a> {
    /// The object: `organisation/kind/name`.
    target: String,
    /// What was to be done to it.
    verb: &'static str,
    /// `applied`, `already`, `failed`, `skipped`, `unknown`, `manual`, `not-started`.
    end: &'static str,
    /// Why, where it did not succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    /// The object whose action did not succeed, for which this one was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    because_of: Option<String>,
}

/// Something that waits.
#[derive(Serialize, JsonSchema)]
pub struct Waiting<'a> {
    /// The object: `organisation/kind/name`.
    about: String,
    /// What it waits for.
    why: &'a str,
}

impl Report {
    /// The code that the run ends with, as far as the report alone decides it.
    pub fn exit(&self) -> Exit {
        let any = |is: fn(&End) -> bool| self.ends.iter().any(is);
        let manual_only = self.ends.iter().all(|end| end.is_good() || matches!(end, End::Manual(_) | End::Skipped(_)));
        match () {
            () if self.stopped == Some(Stopped::Signal) => Exit::Interrupted,
            () if self.ends.iter().all(End::is_good) => Exit::Done,
            () if manual_only && any(|end| matches!(end, End::Manual(_))) => Exit::Manual,
            () if any(|end| matches!(end, End::Applied | End::Unknown(_))) => Exit::Partial,
            () => Exit::Failed,
        }
    }

    /// Whether this run wrote the identity provider with a secret that the token endpoint had accepted. The order sees to it
    /// that nothing else is ever written.
    pub fn has_probed(&self) -> bool {
        let writes = |action: &Action| {
            action.target.kind == Kind::IdentityProvider && matches!(action.verb, Verb::Create | Verb::Update)
        };
        let done = |what: &dyn Fn(&Action) -> bool| {
            self.plan.actions.iter().zip(&self.ends).any(|(action, end)| what(action) && *end == End::Applied)
        };
        done(&writes) && done(&|action| matches!(action.write, Write::Probe { .. }))
    }

    fn counts(&self, word: fn(&End) -> &'static str) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for end in &self.ends {
            *counts.entry(word(end)).or_default() += 1;
        }
        let waiting = self.waiting().count();
        if waiting > 0 {
            counts.insert("waiting", waiting);
        }
        counts
    }

    fn waiting(&self) -> impl Iterator<Item = &Note> {
        self.plan.notes.iter().filter(|note| note.waits)
    }

    /// What waits, folded by what it waits for.
    fn waits(&self) -> String {
        let mut reasons: BTreeMap<&str, Vec<&Note>> = BTreeMap::new();
        self.waiting().for_each(|note| reasons.entry(&note.text).or_default().push(note));
        let row = |(why, notes): (&str, Vec<&Note>)| {
            let shown = notes.iter().take(SHOWN).map(|note| visible(&note.about.to_string()).to_string());
            let more = notes.len().saturating_sub(SHOWN);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("waiting: {}{more}\n    {}\n", shown.collect::<Vec<_>>().join(", "), visible(why))
        };
        reasons.into_iter().map(row).collect()
    }

    /// The report as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (action, end) in self.plan.actions.iter().zip(&self.ends) {
            if let Some(why) = why(end) {
                let target = visible(&action.target.to_string());
                text.push_str(&format!("{}: {} {target}\n    {}\n", word(end), action.verb.as_str(), visible(why)));
            }
            if matches!(end, End::Manual(_)) {
                text.push_str(&by_hand::step(action));
            }
        }
        text.push_str(&self.skipped());
        text.push_str(&self.waits());
        text.push_str(&format!("Applied {}: {}.\n", visible(&self.plan.federation), self.summary()));
        if self.stopped.is_some() {
            text.push_str(&self.rest());
        }
        text
    }

    /// How many actions came to what.
    fn summary(&self) -> String {
        let counts: Vec<String> = self.counts(word).iter().map(|(word, number)| format!("{number} {word}")).collect();
        if counts.is_empty() { "nothing to do".to_owned() } else { counts.join(", ") }
    }

    /// What a run that was stopped leaves.
    pub fn rest(&self) -> String {
        let written = if self.wrote() { "Nothing is lost" } else { "Nothing was written" };
        let lost = match &self.stopped {
            Some(Stopped::LeaseLost(why)) => format!("The lease was lost ({}).", visible(why)),
            Some(Stopped::Signal) | None => String::new(),
        };
        if self.ends.iter().all(End::is_good) && !lost.is_empty() {
            return format!("{lost} Another run may write since: `fedctl plan` shows what is left to do.\n");
        }
        let lost = if lost.is_empty() { lost } else { format!(" {lost}") };
        format!(
            "Stopped before the end: {}.{lost} {written}: the next `fedctl apply` goes on from here.\n",
            self.summary()
        )
    }

    /// Whether something was written, or may have been.
    pub fn wrote(&self) -> bool {
        let wrote = |(action, end): (&Action, &End)| {
            action.verb != Verb::Check && matches!(end, End::Applied | End::Unknown(_))
        };
        self.plan.actions.iter().zip(&self.ends).any(wrote)
    }

    /// What was left out, folded by what it was left out for.
    fn skipped(&self) -> String {
        let mut causes: BTreeMap<u32, usize> = BTreeMap::new();
        for (at, end) in (0u32..).zip(&self.ends) {
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
        let rows = self.plan.actions.iter().zip(&self.ends).zip(0u32..);
        to_text(&Document {
            schema: SCHEMA,
            federation: &self.plan.federation,
            digest: self.plan.digest(),
            interrupted: self.stopped == Some(Stopped::Signal),
            lease_lost: match &self.stopped {
                Some(Stopped::LeaseLost(why)) => Some(why),
                Some(Stopped::Signal) | None => None,
            },
            counts: self.counts(End::as_str),
            left: left(&self.plan).collect(),
            actions: rows.map(|((action, end), at)| self.row(action, end, at)).collect(),
            waiting: self.waiting().map(|note| Waiting { about: note.about.to_string(), why: &note.text }).collect(),
        })
    }

    fn row<'a>(&self, action: &Action, end: &'a End, at: u32) -> Row<'a> {
        let target = |at: u32| self.plan.actions[at as usize].target.to_string();
        Row {
            target: action.target.to_string(),
            verb: action.verb.as_str(),
            end: end.as_str(),
            why: why(end),
            because_of: matches!(end, End::Skipped(_)).then(|| target(self.root(at))),
        }
    }
}

/// The addresses of the people for whom a saved plan does nothing.
pub fn left(plan: &Plan) -> impl Iterator<Item = &str> {
    let is_left = |person: &&PlannedPerson| person.fate == Fate::Held(Held::NotInSavedPlan);
    plan.people.iter().filter(is_left).map(|person| &*person.email)
}

fn why(end: &End) -> Option<&str> {
    match end {
        End::Failed(why) | End::Unknown(why) | End::Manual(why) => Some(why),
        End::Applied | End::Already | End::Skipped(_) | End::NotStarted => None,
    }
}

/// A word for people.
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
