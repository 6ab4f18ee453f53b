//! What carries the mark of other federations in the same organisations, for people.

use std::collections::BTreeMap;

use fedctl_core::planner::Other;

use super::text::{count, visible};

/// What is said when a federation is taken down of which nothing is left.
pub const NOTHING_LEFT: &str = "Nothing to do: nothing carries the mark of this federation any more.\n";

/// What else is in these organisations: federations that a spec of the folder names, and those that none does.
pub fn text(others: &[Other], specs: &BTreeMap<String, String>) -> String {
    let row = |other: &Other| {
        let what = format!(
            "{} and {}",
            count(other.objects.len(), "object", "objects"),
            count(other.accounts, "account", "accounts")
        );
        let name = visible(&other.federation);
        match specs.get(&*other.federation) {
            Some(file) => format!("  . {name}: {what} carry its mark; its spec is {}\n", visible(file)),
            None if other.objects.is_empty() && other.accounts == 0 => {
                let left = count(other.left, "account carries", "accounts carry");
                format!("  . {name}: {left} its mark, and it left them\n")
            }
            None => {
                let first =
                    other.objects.iter().take(3).map(|object| format!("      {}\n", visible(&object.to_string())));
                format!(
                    "  ! {name}: orphan: {what} carry its mark, and no spec of this folder has that name\n{}      way out: \
                     if this federation had that name before, write `formerly: [{name}]`; if nobody wants it any more, \
                     take it down with `fedctl destroy` and a spec of that name; or its spec is kept elsewhere\n",
                    first.collect::<String>()
                )
            }
        }
    };
    if others.is_empty() {
        return String::new();
    }
    format!("\nOf other federations\n{}", others.iter().map(row).collect::<String>())
}
