//! What nobody asked for, for people and for machines.

use fedctl_core::drift::{Difference, Drift, Next, What, Who};
use fedctl_core::plan::action::After;
use fedctl_core::plan::guard::Refusal;
use fedctl_core::plan::{Change, Pair};
use schemars::JsonSchema;
use serde::Serialize;

use super::plan_json::to_text;
use super::status::moment;
use super::text::{count, visible};

/// The name of this format and its version.
pub const SCHEMA: &str = "fedctl.drift.v1";

/// What `drift --format json` prints.
#[derive(Serialize, JsonSchema)]
pub struct Document<'a> {
    /// The name and version of this format.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// The federation's name.
    federation: &'a str,
    /// When the organisations were read, in seconds since 1970 by their clock.
    as_of: Option<u64>,
    /// Something of the federation is there; before the first apply nothing can differ.
    set_up: bool,
    /// What is known about the client secret that both organisations hold: `none`, `broken`, `foreign`, `unproved`, `proved`, `suspect`,
    /// and others that later versions may know.
    #[schemars(with = "String")]
    secret: Pair,
    /// When somebody came in last by the present pair, where the log tells: so long the secret was the same on both sides. What
    /// was done to the identity provider since then is in no log.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_shown: Option<String>,
    /// The differences.
    rows: Vec<Row>,
    /// What a plan says of objects and does nothing about: no difference.
    notes: Vec<NoteRow<'a>>,
    /// What stops the next apply, so that it puts nothing right.
    stopped_by: Vec<Stop<'a>>,
    /// The organisations whose log of changes could not be read, or not far enough back.
    #[schemars(with = "Vec<String>")]
    unread: Vec<&'static str>,
}

/// One difference.
#[derive(Serialize, JsonSchema)]
pub struct Row {
    /// The object: `organisation/kind/name`.
    object: String,
    /// What is the matter with it.
    what: String,
    /// The managed fields that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldRow>,
    /// What the next unattended apply does.
    next: NextWord,
    /// Whose change it was, where the log tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<ByRow>,
    /// Why it cannot be said whose change it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'static str>,
}

/// One field.
#[derive(Serialize, JsonSchema)]
pub struct FieldRow {
    /// Its name.
    field: String,
    /// As it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<String>,
    /// As it should be; a secret is not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    desired: Option<String>,
}

/// What the next unattended apply does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NextWord {
    /// It puts it right.
    PutsRight,
    /// It leaves it: somebody has to decide.
    Leaves,
    /// It would put it right, and a guard stops the whole apply.
    Stopped,
}

/// The newest change of an object.
#[derive(Serialize, JsonSchema)]
pub struct ByRow {
    /// When.
    at: Option<String>,
    /// The address of who did it.
    who: String,
    /// The address of the machine it came from.
    from: String,
    /// The kind of event.
    event: String,
    /// In the console, and not with a key.
    console: bool,
}

/// What a plan says of an object.
#[derive(Serialize, JsonSchema)]
pub struct NoteRow<'a> {
    /// The object: `organisation/kind/name`.
    object: String,
    /// What it says.
    text: &'a str,
}

/// What stops the next apply.
#[derive(Serialize, JsonSchema)]
pub struct Stop<'a> {
    /// The guard.
    guard: &'static str,
    /// What it is about.
    about: &'a str,
    /// Why.
    why: &'a str,
}

/// The drift as one JSON document.
pub fn json(drift: &Drift, refusals: &[Refusal]) -> String {
    let stop = |refusal| {
        let Refusal { guard, about, why, .. }: &Refusal = refusal;
        Stop { guard: guard.as_str(), about, why }
    };
    to_text(&Document {
        schema: SCHEMA,
        federation: &drift.federation,
        as_of: drift.as_of,
        set_up: drift.is_set_up,
        secret: drift.pair,
        secret_shown: shown(drift),
        rows: drift.rows.iter().map(|row| self::row(row, refusals)).collect(),
        notes: drift.notes.iter().map(|note| NoteRow { object: note.about.to_string(), text: &note.text }).collect(),
        stopped_by: refusals.iter().map(stop).collect(),
        unread: drift.unread.iter().map(|org| org.as_str()).collect(),
    })
}

/// The drift as text.
pub fn text(drift: &Drift, refusals: &[Refusal]) -> String {
    let mut text = format!("{}\n", visible(&drift.federation));
    if !drift.is_set_up {
        text.push_str("Nothing of it is there yet, so nothing can differ: run `fedctl apply`.\n");
        return text;
    }
    for difference in &drift.rows {
        text.push_str(&lines(&row(difference, refusals)));
    }
    for refusal in refusals {
        let (guard, about) = (refusal.guard.as_str(), visible(&refusal.about));
        text.push_str(&format!(
            "  ! {about}\n      {}\n      next apply: refused by guard `{guard}`\n",
            visible(&refusal.why)
        ));
    }
    for note in &drift.notes {
        let (about, said) = (visible(&note.about.to_string()), visible(&note.text));
        text.push_str(&format!("  . {about}\n      {said}\n"));
    }
    for org in &drift.unread {
        let org = org.as_str();
        text.push_str(&format!(
            "The log of changes of the {org} organisation cannot be read, or not far enough back.\n"
        ));
    }
    text.push_str(&format!("Client secret: {}\n", drift.pair.as_str()));
    if !drift.pair.is_suspect() && !matches!(drift.pair, Pair::None | Pair::Broken | Pair::Foreign) {
        text.push_str(&match shown(drift) {
            Some(at) => format!(
                "  it was the same on both sides at {at}; whether the one in the identity provider was replaced since cannot be \
                 known: no answer and no log shows it\n"
            ),
            None => "  whether somebody replaced it cannot be known: no answer and no log shows it before a sign-in\n"
                .to_owned(),
        });
    }
    text.push_str(&match drift.rows.len() {
        0 if refusals.is_empty() => "Nothing differs that can be seen.\n".to_owned(),
        rows => format!(
            "{} nobody asked for, as far as the spec says; a change of the spec that was not applied looks the same.\n",
            count(rows, "difference that", "differences that")
        ),
    });
    text
}

fn shown(drift: &Drift) -> Option<String> {
    drift.shown.filter(|_| drift.pair == Pair::Proved).and_then(moment)
}

fn lines(row: &Row) -> String {
    let next = match row.next {
        NextWord::PutsRight => "puts it right",
        NextWord::Leaves => "leaves it as it is; somebody has to decide",
        NextWord::Stopped => "nothing, for a guard stops it (below)",
    };
    let mut text = format!("  ~ {}\n      {}\n", visible(&row.object), row.what);
    for FieldRow { field, live, desired } in &row.fields {
        let shown = |value: &Option<String>| {
            value.as_deref().map_or("(nothing)".to_owned(), |value| format!("`{}`", visible(value)))
        };
        text.push_str(&format!("      {}: {}, should be {}\n", visible(field), shown(live), shown(desired)));
    }
    if let Some(ByRow { at, who, from, event, console }) = &row.by {
        let at = at.as_deref().unwrap_or("at an unknown time");
        let how = if *console { "in the console" } else { "with a key" };
        text.push_str(&format!(
            "      last changed: {at} by {} {how}, from {} ({})\n",
            visible(who),
            visible(from),
            visible(event)
        ));
    }
    text.extend(row.unknown.map(|why| format!("      by whom cannot be known: {why}\n")));
    text.push_str(&format!("      next apply: {next}\n"));
    text
}

fn row(difference: &Difference, refusals: &[Refusal]) -> Row {
    let unknown = match &difference.who {
        Who::Last(_) => None,
        Who::Untold => Some("the log tells of no change of it"),
        Who::NoEvents => Some("no event of such an object is published"),
        Who::Unreadable => Some("the log of changes cannot be read with this key"),
    };
    let by = match &difference.who {
        Who::Last(change) => Some(ByRow {
            at: moment(change.at),
            who: or_unknown(change.by.raw()),
            from: or_unknown(change.from.raw()),
            event: change.kind.raw().to_owned(),
            console: change.in_console,
        }),
        Who::Untold | Who::NoEvents | Who::Unreadable => None,
    };
    Row {
        object: difference.about.to_string(),
        what: what(difference.what),
        fields: difference.changes.iter().map(field).collect(),
        next: match difference.next {
            Next::PutsRight if refusals.is_empty() => NextWord::PutsRight,
            Next::PutsRight => NextWord::Stopped,
            Next::Leaves => NextWord::Leaves,
        },
        by,
        unknown,
    }
}

fn or_unknown(text: &str) -> String {
    if text.is_empty() { "(unknown)".to_owned() } else { text.to_owned() }
}

fn field(change: &Change) -> FieldRow {
    let desired = change.after.as_ref().map(|after| match after {
        After::Text(text) => text.to_string(),
        After::Of(..) => "(of another object)".to_owned(),
        After::Secret => "(secret)".to_owned(),
    });
    FieldRow { field: change.field.to_string(), live: change.before.as_deref().map(str::to_owned), desired }
}

fn what(what: What) -> String {
    match what {
        What::Action(_, because) => because.as_str().to_owned(),
        What::Hop(hop, 1) => hop.broken().to_owned(),
        What::Hop(hop, people) => format!("{} ({people} people)", hop.broken()),
        What::Stopped(held) => held.as_str().to_owned(),
        What::Stranger => {
            "they are in the routing group and not of this federation: they are sent to the identity provider, too"
                .to_owned()
        }
        What::Beyond(beyond) => beyond.as_str().to_owned(),
        What::Secret => "its client secret is suspect: it may have been replaced".to_owned(),
    }
}
