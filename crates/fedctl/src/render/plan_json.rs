//! A plan for machines, the same whether it was just made or saved.

use fedctl_core::spec::is_hidden;
use schemars::JsonSchema;
use serde::Serialize;

use super::frame::Frame;
use super::rehearsed::Rehearsed;
use super::rows::{ActionRow, NoteRow, PersonRow, RefusalRow, Rows};

/// The name of this format and its version. A field may be added in one version; none changes its meaning.
pub const SCHEMA: &str = "fedctl.plan.v1";

/// A plan as `plan --format json` and `show --format json` print it.
#[derive(Serialize, JsonSchema)]
pub struct Document<'a> {
    /// The name and version of this format.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// The federation's name.
    federation: &'a str,
    /// The id of the organisation where people authenticate.
    primary: &'a str,
    /// The id of the organisation where they want to sign in.
    secondary: &'a str,
    /// Both organisations are played by the simulator.
    simulated: bool,
    /// When the organisations were read, in seconds since 1970 by their clock.
    as_of: Option<u64>,
    /// SHA-256 of the plan; equal digests are equal plans.
    digest: &'a str,
    /// There is nothing to do.
    empty: bool,
    /// How many requests applying it sends at most when nothing goes wrong.
    requests: usize,
    /// What is known about the client secret that both organisations hold: `none`, `broken`, `foreign`, `unproved`, `proved`, `suspect`,
    /// and others that later versions may know.
    secret: &'a str,
    /// What a rehearsal on the simulator's model came to; null where there was nothing to rehearse.
    rehearsed: Option<&'a Rehearsed>,
    /// Everybody of the population.
    people: &'a [PersonRow],
    /// What is done, in an order that works.
    actions: &'a [ActionRow],
    /// What is not as the spec says, and is left.
    notes: &'a [NoteRow],
    /// Why the plan must not be applied; empty when it may be.
    refusals: &'a [RefusalRow],
    /// What lifts all of them, as `--allow` takes it; empty where nothing does.
    allow: &'a [String],
    /// What would be a refusal, had nobody lifted the guard.
    lifted: &'a [RefusalRow],
}

/// The plan as one JSON document, with a line end.
pub fn json(rows: &Rows, frame: &Frame) -> String {
    to_text(&document(rows, frame))
}

/// The plan as a document.
pub fn document<'a>(rows: &'a Rows, frame: &'a Frame) -> Document<'a> {
    Document {
        schema: SCHEMA,
        federation: rows.head.federation.raw(),
        primary: rows.head.primary.raw(),
        secondary: rows.head.secondary.raw(),
        simulated: frame.sandbox.is_some(),
        as_of: frame.as_of,
        digest: &frame.digest,
        empty: rows.actions.is_empty(),
        requests: frame.requests,
        secret: rows.head.secret.raw(),
        rehearsed: frame.rehearsed.as_ref(),
        people: &rows.people,
        actions: &rows.actions,
        notes: &rows.notes,
        refusals: &rows.refusals,
        allow: &frame.allow,
        lifted: &rows.lifted,
    }
}

/// A document as indented JSON with a line end. What cannot be seen in its texts is escaped: the values stay the same.
pub fn to_text(document: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(document).expect("documents have string keys and no failing serializer");
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if is_hidden(c) && c != '\n' {
            out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_hides_is_escaped_and_means_the_same() {
        let text = "a\u{202e}\u{9b}\u{e0041}\n\t\"\u{7f}é";
        let json = super::to_text(&[text]);
        assert_eq!(json, "[\n  \"a\\u202e\\u009b\\udb40\\udc41\\n\\t\\\"\\u007fé\"\n]\n");
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [text]);
    }
}
