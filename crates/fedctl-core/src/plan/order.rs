//! The order of actions: declared in one table, never hoped for.
//!
//! An action waits for the objects that its requests name, and for the rows of this table. Each kind brings its rows.

use super::action::Verb;
use crate::address::{Kind, Org};
use crate::kinds::KINDS;

/// One end of a row: every action with this organisation, kind and verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct End(pub Org, pub Kind, pub Verb);

/// For whom a row holds, and what a failure of the first means for the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Those of one person; if the first fails, the second is left out.
    SamePerson,
    /// All of the first before any of the second; if one fails, the second is left out.
    All,
    /// All of the first must have ended, whatever became of them.
    Ended,
    /// All of the first, which are checks of members; the second goes on for people whom they saw.
    Seen,
}

/// A row: the first before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// What comes first.
    pub first: End,
    /// What comes then.
    pub then: End,
    /// For whom.
    pub of: Scope,
    /// Why, for the documentation.
    pub why: &'static str,
}

/// The whole table, in the order of the kinds.
pub fn rows() -> impl Iterator<Item = &'static Edge> {
    KINDS.iter().flat_map(|kind| kind.rows)
}

/// The table as Markdown.
pub fn table() -> String {
    let end = |End(org, kind, verb): End| format!("{org} {kind}, {}", verb.as_str());
    let mut text = "| first | then | of | why |\n|---|---|---|---|\n".to_owned();
    for row in rows() {
        let of = match row.of {
            Scope::SamePerson => "the same person",
            Scope::All => "all",
            Scope::Ended => "all, however they ended",
            Scope::Seen => "the people it saw",
        };
        text.push_str(&format!("| {} | {} | {of} | {} |\n", end(row.first), end(row.then), row.why));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_stands_twice_and_the_rows_have_no_circle() {
        let rows: Vec<_> = rows().collect();
        let mut pairs: Vec<_> = rows.iter().map(|row| (row.first, row.then)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        assert_eq!(pairs.len(), rows.len());
        let mut left: Vec<_> = rows.iter().map(|row| (row.first, row.then)).collect();
        while !left.is_empty() {
            let before = left.len();
            let waiting: Vec<_> = left.iter().map(|(_, then)| *then).collect();
            left.retain(|(first, _)| waiting.contains(first));
            assert!(left.len() < before, "a circle among {left:?}");
        }
    }
}
