//! The lines of a journal.

use std::collections::BTreeMap;
use std::fmt::Write;

use fedctl_core::apply::End;
use fedctl_core::plan::Plan;
use fedctl_core::plan::action::{After, Change as Planned};
use fedctl_core::request::{Outcome, Request};
use schemars::JsonSchema;
use serde::Serialize;

/// The name of this format and its version. A field or a kind of line may be added in one version; none changes its meaning.
pub const SCHEMA: &str = "fedctl.journal.v1";

/// How long the id of a run is.
pub(super) const RUN_LENGTH: usize = 36;

/// One line of a journal.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "line", rename_all = "kebab-case")]
pub enum Line<'a> {
    /// The first line: which run this is.
    Begin {
        /// The name and version of this format.
        #[schemars(extend("const" = SCHEMA))]
        schema: &'static str,
        /// When, by the clock of this machine.
        at: String,
        /// Which run.
        #[serde(flatten)]
        head: Head<'a>,
    },
    /// A request is about to leave.
    Intent {
        /// When, by the clock of this machine.
        at: String,
        /// Its number in this run.
        write: u64,
        /// The position of the action in the plan.
        action: u32,
        /// The object: `organisation/kind/name`.
        target: String,
        /// What is done to it.
        verb: &'static str,
        /// The organisation that it goes to, `primary` or `secondary`.
        organization: &'static str,
        /// `POST`, `PUT` or `DELETE`.
        method: &'static str,
        /// Its path.
        path: &'a str,
        /// The managed fields that the action changes. Whatever else the request repeats is not shown.
        changes: Vec<Change<'a>>,
    },
    /// What became of the request with this number. One without it was under way when the run died.
    Outcome {
        /// When, by the clock of this machine.
        at: String,
        /// The number of the request.
        write: u64,
        /// What came.
        came: Came,
        /// The status, where there was an answer.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// Why there was none.
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<&'a str>,
    },
    /// What became of an action.
    Action {
        /// When, by the clock of this machine.
        at: String,
        /// Its position in the plan.
        action: u32,
        /// The object: `organisation/kind/name`.
        target: String,
        /// What was to be done to it.
        verb: &'static str,
        /// `applied`, `already`, `failed`, `skipped`, `unknown`, `manual`, `not-started`.
        end: &'static str,
        /// Why, where it did not succeed.
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<&'a str>,
    },
    /// The last line: the run came to its end. Without it, it was killed, or its journal could not be written.
    End {
        /// When, by the clock of this machine.
        at: String,
        /// How many actions came to what.
        counts: BTreeMap<&'static str, usize>,
        /// Why it was stopped before all was done, if it was.
        #[serde(skip_serializing_if = "Option::is_none")]
        stopped: Option<&'a str>,
    },
}

/// Which run a journal is of.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Head<'a> {
    /// The id of the run: a UUID that begins with the time.
    pub run: &'a str,
    /// Who runs it, where.
    pub who: &'a str,
    /// The version of fedctl.
    pub fedctl: &'a str,
    /// The federation's name.
    pub federation: &'a str,
    /// The spec.
    pub spec: &'a str,
    /// SHA-256 of the spec's text and of its defaults.
    pub spec_sha256: &'a str,
    /// The digest of the plan.
    pub plan: &'a str,
    /// The id of the organisation where people authenticate.
    pub primary: &'a str,
    /// The id of the organisation where they want to sign in.
    pub secondary: &'a str,
    /// Where the lease is.
    pub lease: &'a str,
    /// Both organisations are played by the simulator.
    pub simulated: bool,
}

/// A managed field.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Change<'a> {
    /// Its name.
    field: String,
    /// As it was read; left out where it was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a str>,
    /// As it is to be; left out where it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Came {
    /// An answer.
    Answered,
    /// It provably never left.
    NotSent,
    /// Nobody can say whether it arrived.
    Unknown,
}

impl<'a> Line<'a> {
    pub(super) fn begin(at: String, head: Head<'a>) -> Self {
        Self::Begin { schema: SCHEMA, at, head }
    }

    pub(super) fn intent(at: String, write: u64, action: u32, plan: &'a Plan, request: &'a Request) -> Self {
        let planned = &plan.actions[action as usize];
        Self::Intent {
            at,
            write,
            action,
            target: planned.target.to_string(),
            verb: planned.verb.as_str(),
            organization: request.org.as_str(),
            method: request.method,
            path: &request.path,
            changes: planned.changes.iter().map(Change::of).collect(),
        }
    }

    pub(super) fn outcome(at: String, write: u64, outcome: &'a Outcome) -> Self {
        let (came, status, why) = match outcome {
            // What it says may repeat what it was sent.
            Outcome::Answered(answer) => (Came::Answered, Some(answer.status), None),
            Outcome::NotSent(why) => (Came::NotSent, None, Some(&**why)),
            Outcome::Unknown(why) => (Came::Unknown, None, Some(&**why)),
        };
        Self::Outcome { at, write, came, status, why }
    }

    pub(super) fn action(at: String, plan: &'a Plan, action: u32, end: &'a End) -> Self {
        let planned = &plan.actions[action as usize];
        let why = match end {
            End::Failed(why) | End::Unknown(why) | End::Manual(why) => Some(&**why),
            End::Applied | End::Already | End::Skipped(_) | End::NotStarted => None,
        };
        Self::Action {
            at,
            action,
            target: planned.target.to_string(),
            verb: planned.verb.as_str(),
            end: end.as_str(),
            why,
        }
    }

    pub(super) fn end(at: String, ends: &[End], stopped: Option<&'a str>) -> Self {
        let mut counts = BTreeMap::new();
        for end in ends {
            *counts.entry(end.as_str()).or_default() += 1;
        }
        Self::End { at, counts, stopped }
    }

    /// JSON in ASCII alone, with its line end: whatever names hold, a terminal shows them and does nothing else.
    pub(super) fn to_text(&self) -> String {
        let json = serde_json::to_string(self).expect("a line has string keys and no failing serializer");
        let mut text = String::with_capacity(json.len() + 1);
        for c in json.chars() {
            if c.is_ascii() && c != '\x7f' {
                text.push(c);
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _: std::fmt::Result = write!(text, "\\u{unit:04x}");
            }
        }
        text.push('\n');
        text
    }
}

impl<'a> Change<'a> {
    fn of(change: &'a Planned) -> Self {
        let after = change.after.as_ref().map(|after| match after {
            After::Text(text) => text.to_string(),
            After::Of(address, give) => format!("the {} of {address}", give.as_str()),
            After::Secret => "(secret)".to_owned(),
        });
        Self { field: change.field.to_string(), before: change.before.as_deref(), after }
    }
}

/// Whether a line is the last of a journal.
pub(super) fn is_end(line: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Kind<'a> {
        line: &'a str,
    }
    serde_json::from_str::<Kind<'_>>(line).is_ok_and(|kind| kind.line == "end")
}
