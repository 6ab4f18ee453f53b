//! Who changed what: the newest change of an object that the log tells of, and that can have made the difference.

use std::collections::BTreeSet;

use super::{Difference, Drift, What, Who, is_edge};
use crate::address::{Kind, Org};
use crate::live::changes::{Changed, REMOVALS};
use crate::live::{Live, Needs};
use crate::object_id::ObjectId;
use crate::plan::Verb;

/// Seconds for which the log remembers. `[spec]`
const REMEMBERED: u64 = 90 * 86_400;

/// Says who changed what, for one organisation.
pub(super) fn attribute(live: &Live, needs: &mut Needs, org: Org, drift: &mut Drift) {
    let is_of_log = |row: &&mut Difference| row.about.org == org && has_events(row.about.kind);
    let ids: BTreeSet<ObjectId> =
        drift.rows.iter_mut().filter(is_of_log).flat_map(|row| row.ids.iter().copied()).collect();
    let silent = drift.rows.iter_mut().filter(|row| row.about.org == org && !has_events(row.about.kind));
    silent.for_each(|row| row.who = Who::NoEvents);
    if !drift.rows.iter_mut().any(|row| is_of_log(&row)) {
        return;
    }
    let since = drift.as_of.unwrap_or_default().saturating_sub(REMEMBERED);
    let Some(log) = needs.changes(live, org, ids, since) else { return };
    if log.is_err() || live.is_log_cut {
        drift.unread.push(org);
    }
    for row in drift.rows.iter_mut().filter(is_of_log) {
        row.who = match log {
            Err(_) => Who::Unreadable,
            Ok(log) => log.iter().rev().find(|change| made(row, change)).cloned().map_or(Who::Untold, Who::Last),
        };
    }
}

fn has_events(kind: Kind) -> bool {
    !matches!(kind, Kind::IdentityProvider | Kind::RoutingPolicy | Kind::ClientSecret)
}

/// Whether a change can have made a difference.
fn made(row: &Difference, change: &Changed) -> bool {
    let is_of = change.object.is_some_and(|id| row.ids.contains(&id));
    if is_edge(row.about.kind) {
        let is_bound = matches!(row.what, What::Stranger | What::Action(Verb::Delete, _));
        // Of a member, nothing but a change of that very membership will do.
        let is_any = row.about.kind != Kind::GroupMember && row.other.is_none();
        let is_other = is_any || (row.other.is_some() && row.other == change.other);
        return is_of && is_other && change.kind == "association_change" && change.is_bound == is_bound;
    }
    let is_removal = REMOVALS.iter().any(|kind| change.kind == *kind);
    let went = is_removal && change.name.raw() == row.about.name.to_lowercase();
    went || (is_of && change.kind != "association_change")
}
