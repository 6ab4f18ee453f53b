//! One plan against another, as lines that each name their object.

use std::time::Duration;

use fedctl_core::text::Untrusted;
use similar::{Algorithm, ChangeTag, TextDiff};

use super::rows::{ActionRow, ChangeRow, NoteRow, RefusalRow, Rows};
use super::text::visible;

/// How long lines are compared before the difference is allowed to be longer than it need be.
const PATIENCE: Duration = Duration::from_secs(1);

/// The lines in which two plans differ, `-` for the first and `+` for the second.
pub fn lines(before: &Rows, after: &Rows) -> Vec<String> {
    let (before, after) = (outline(before), outline(after));
    let [before, after] = [&before, &after].map(|lines| lines.iter().map(String::as_str).collect::<Vec<_>>());
    let diff = TextDiff::configure().algorithm(Algorithm::Myers).timeout(PATIENCE).diff_slices(&before, &after);
    let line = |change: similar::Change<&str>| match change.tag() {
        ChangeTag::Delete => Some(format!("- {}", change.value())),
        ChangeTag::Insert => Some(format!("+ {}", change.value())),
        ChangeTag::Equal => None,
    };
    diff.iter_all_changes().filter_map(line).collect()
}

/// Everything a plan says, sorted by what it says it of. Each line is one line, whatever is in it.
fn outline(rows: &Rows) -> Vec<String> {
    let people = rows.people.iter().map(|row| {
        let why = row.why.as_ref().map(|why| format!(", {}", shown(why))).unwrap_or_default();
        format!("{}: {}{why}, account {}", shown(&row.person), shown(&row.fate), shown(&row.account))
    });
    let mut lines: Vec<String> = people.collect();
    lines.extend(rows.known.iter().map(|row| format!("{}: {}", shown(&row.address), shown(&row.id))));
    lines.extend(rows.actions.iter().flat_map(action));
    let note = |row: &NoteRow| format!("{}: left as it is: {}", shown(&row.about), shown(&row.text));
    lines.extend(rows.notes.iter().map(note));
    let refusal =
        |row: &RefusalRow| format!("{}: refused, {}: {}", shown(&row.about), shown(&row.guard), shown(&row.why));
    lines.extend(rows.refusals.iter().map(refusal));
    lines.sort_unstable();
    lines
}

fn shown(text: &Untrusted) -> String {
    visible(text.raw())
}

fn action(row: &ActionRow) -> Vec<String> {
    let what = format!("{}: {}", shown(&row.target), shown(&row.verb));
    if row.changes.is_empty() {
        return vec![what];
    }
    row.changes.iter().map(|change| format!("{what}: {}", field(change))).collect()
}

fn field(change: &ChangeRow) -> String {
    let value =
        |value: &Option<Untrusted>| value.as_ref().map_or("nothing".to_owned(), |value| format!("`{}`", shown(value)));
    format!("{} {} -> {}", shown(&change.field), value(&change.before), value(&change.after))
}
