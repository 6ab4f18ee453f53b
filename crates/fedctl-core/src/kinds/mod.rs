//! One folder for each kind of object. Adding a kind is a folder and a line in [`KINDS`].

pub mod app_access;
pub mod client_secret;
pub mod context;
pub(crate) mod edge;
pub mod group_member;
pub mod identity_provider;
pub mod oidc_app;
pub mod owned;
pub mod password_authority;
pub mod routing_assignment;
pub mod routing_policy;
pub mod user;
pub mod user_group;
pub mod user_mapping;

use crate::address::Kind;
use crate::plan::order::{Edge, End, Scope};
use context::{Builder, Context};

/// What a kind brings: its rows of the order table, and what it adds to a plan.
pub struct KindOf {
    /// Which kind.
    pub kind: Kind,
    /// Its rows of the order table.
    pub rows: &'static [Edge],
    /// Adds the objects that exist to what requests may name, and the actions that make live what the spec says.
    pub plan: fn(&Context<'_>, &mut Builder),
}

/// The one list of kinds.
pub static KINDS: [&KindOf; 11] = [
    &user_group::KIND,
    &user::KIND,
    &user_mapping::KIND,
    &oidc_app::KIND,
    &app_access::KIND,
    &group_member::KIND,
    &identity_provider::KIND,
    &routing_policy::KIND,
    &routing_assignment::KIND,
    &password_authority::KIND,
    &client_secret::KIND,
];

/// The whole table, in the order of the kinds.
pub fn rows() -> impl Iterator<Item = &'static Edge> {
    let rows = KINDS.iter().flat_map(|kind| kind.rows);
    #[cfg(planted)]
    let rows = rows.filter(|row| !crate::planted::drops(row));
    rows
}

/// The table as a plan that takes down reads it: what was set up last goes first, and each row once.
pub fn rows_backwards() -> Vec<Edge> {
    let mut rows: Vec<Edge> = rows().filter_map(|row| row.backwards()).collect();
    rows.sort_by_key(|row| (row.first, row.then, row.of));
    rows.dedup_by_key(|row| (row.first, row.then, row.of));
    rows
}

/// The table as Markdown.
pub fn table() -> String {
    let end = |End(org, kind, verb): End| format!("{org} {kind}, {}", verb.as_str());
    let mut text = "| first | then | of | why |\n|---|---|---|---|\n".to_owned();
    for row in rows() {
        text.push_str(&format!("| {} | {} | {} | {} |\n", end(row.first), end(row.then), of(row.of), row.why));
    }
    text
}

/// The same of [`rows_backwards`], without reasons.
pub fn table_backwards() -> String {
    let end = |End(org, kind, verb): End| format!("{org} {kind}, {}", verb.as_str());
    let mut text = "| first | then | of |\n|---|---|---|\n".to_owned();
    for row in rows_backwards() {
        text.push_str(&format!("| {} | {} | {} |\n", end(row.first), end(row.then), of(row.of)));
    }
    text
}

fn of(scope: Scope) -> &'static str {
    match scope {
        Scope::SamePerson => "the same person",
        Scope::All => "all",
        Scope::Ended => "all, however they ended",
        Scope::Seen => "the people it saw",
    }
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
        has_no_circle(&rows.iter().map(|row| (row.first, row.then)).collect::<Vec<_>>());
    }

    #[test]
    fn read_backwards_they_have_no_circle_either() {
        let mut rows: Vec<_> = rows().filter_map(|row| row.backwards()).map(|row| (row.first, row.then)).collect();
        // What names another thing goes before it.
        let end = |org, kind| End(org, kind, crate::plan::Verb::Delete);
        use crate::address::{Kind, Org};
        rows.extend([
            (end(Org::Primary, Kind::AppAccess), end(Org::Primary, Kind::OidcApp)),
            (end(Org::Primary, Kind::AppAccess), end(Org::Primary, Kind::UserGroup)),
            (end(Org::Secondary, Kind::RoutingAssignment), end(Org::Secondary, Kind::RoutingPolicy)),
            (end(Org::Secondary, Kind::RoutingAssignment), end(Org::Secondary, Kind::UserGroup)),
            (end(Org::Secondary, Kind::GroupMember), end(Org::Secondary, Kind::UserGroup)),
            (end(Org::Secondary, Kind::GroupMember), end(Org::Secondary, Kind::User)),
            (end(Org::Secondary, Kind::PasswordAuthority), end(Org::Secondary, Kind::User)),
        ]);
        has_no_circle(&rows);
    }

    fn has_no_circle(rows: &[(End, End)]) {
        let mut left = rows.to_vec();
        while !left.is_empty() {
            let before = left.len();
            let waiting: Vec<_> = left.iter().map(|(_, then)| *then).collect();
            left.retain(|(first, _)| waiting.contains(first));
            assert!(left.len() < before, "a circle among {left:?}");
        }
    }
}
