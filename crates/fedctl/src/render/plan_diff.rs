//! One plan against another, as lines that each name their object.

use std::time::Duration;

use similar::{Algorithm, ChangeTag, TextDiff};

use super::rows::{ActionRow, ChangeRow, Rows};

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

/// Everything a plan says, sorted by what it says it of.
fn outline(rows: &Rows) -> Vec<String> {
    let people = rows.people.iter().map(|row| {
        let why = row.why.as_ref().map(|why| format!(", {why}")).unwrap_or_default();
        format!("{}: {}{why}, account {}", row.person, row.fate, row.account)
    });
    let mut lines: Vec<String> = people.collect();
    lines.extend(rows.known.iter().map(|row| format!("{}: {}", row.address, row.id)));
    lines.extend(rows.actions.iter().flat_map(action));
    lines.extend(rows.notes.iter().map(|row| format!("{}: left as it is: {}", row.about, row.text)));
    lines.extend(rows.refusals.iter().map(|row| format!("{}: refused, {}: {}", row.about, row.guard, row.why)));
    lines.sort_unstable();
    lines
}

fn action(row: &ActionRow) -> Vec<String> {
    let ActionRow { target, verb, changes, .. } = row;
    if changes.is_empty() {
        return vec![format!("{target}: {verb}")];
    }
    changes.iter().map(|change| format!("{target}: {verb}: {}", field(change))).collect()
}

fn field(change: &ChangeRow) -> String {
    let value = |value: &Option<String>| value.as_ref().map_or("nothing".to_owned(), |value| format!("`{value}`"));
    format!("{} {} -> {}", change.field, value(&change.before), value(&change.after))
}
