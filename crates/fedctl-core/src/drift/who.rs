//! Who changed what: the newest change of an object that the log tells of, and that can have made the difference.

use std::collections::BTreeSet;

use super::{Beyond, Difference, Drift, What, Who, is_edge};
use crate::address::{Kind, Org};
use crate::live::changes::{Changed, REMOVALS};
use crate::live::{Live, Needs};
use crate::object_id::ObjectId;
use crate::plan::{Note, Verb};

/// Seconds for which the log remembers. `[spec]`
const REMEMBERED: u64 = 90 * 86_400;

/// Says who changed what, as far as the log of one organisation tells.
pub(super) fn attribute(live: &Live, needs: &mut Needs, org: Org, drift: &mut Drift) {
    drift.rows.iter_mut().filter(|row| !has_events(row.about.kind)).for_each(|row| row.who = Who::NoEvents);
    let is_of_log = |row: &&mut Difference| is_in_log(row, org);
    let ids: BTreeSet<ObjectId> =
        drift.rows.iter_mut().filter(is_of_log).flat_map(|row| row.ids.iter().copied()).collect();
    if !drift.rows.iter().any(|row| is_in_log(row, org)) {
        return;
    }
    let since = drift.as_of.unwrap_or_default().saturating_sub(REMEMBERED);
    let Some(log) = needs.changes(live, org, ids, since) else { return };
    if log.is_err() || log.is_ok_and(|log| log.is_cut) {
        drift.unread.push(org);
    }
    for row in drift.rows.iter_mut().filter(is_of_log) {
        let found = match log {
            Err(_) => Who::Unreadable,
            Ok(log) => log.events.iter().rev().find(|change| made(row, change)).cloned().map_or(Who::Untold, Who::Last),
        };
        if is_likelier(&found, &row.who) {
            row.who = found;
        }
    }
}

/// A mapping differs as well when the account that it leads to was renamed.
fn is_in_log(row: &Difference, org: Org) -> bool {
    has_events(row.about.kind) && (row.about.org == org || row.about.kind == Kind::UserMapping)
}

/// Of two organisations: whoever was in the console, and then whoever was there last.
fn is_likelier(found: &Who, before: &Who) -> bool {
    match (found, before) {
        (Who::Last(found), Who::Last(before)) => (found.in_console, found.at) > (before.in_console, before.at),
        (Who::Last(_), _) => true,
        (Who::Unreadable, before) => !matches!(before, Who::Last(_)),
        (Who::Untold | Who::NoEvents, _) => false,
    }
}

fn has_events(kind: Kind) -> bool {
    !matches!(kind, Kind::IdentityProvider | Kind::RoutingPolicy | Kind::ClientSecret)
}

/// What may have been there before is a difference only where the log tells who did it: whoever was let go once and is back may
/// have a password of their own, and an account without a mark may have been made by hand.
pub(super) fn only_noted(drift: &mut Drift) {
    let is_done = |row: &Difference| match (&row.what, &row.who) {
        (What::Beyond(Beyond::Password), Who::Last(change)) => change.by.raw() != row.about.name.to_lowercase(),
        (What::Beyond(Beyond::Unmarked), Who::Last(change)) => change.in_console,
        (What::Beyond(Beyond::Password | Beyond::Unmarked), _) => false,
        _ => true,
    };
    let (rows, rest): (Vec<_>, Vec<_>) = drift.rows.drain(..).partition(is_done);
    drift.rows = rows;
    let text = |row: &Difference| {
        if row.what == What::Beyond(Beyond::Password) {
            "it has a local password; the log does not tell of anybody who gave it one"
        } else {
            "it carries no mark, and the log does not tell of anybody who took it out"
        }
    };
    let note = |row: Difference| Note { text: text(&row).to_owned(), about: row.about, waits: false };
    drift.notes.extend(rest.into_iter().map(note));
}

/// Whether a change can have made a difference.
fn made(row: &Difference, change: &Changed) -> bool {
    let is_named = || change.name.raw() == row.about.name.to_lowercase();
    let is_of = change.object.is_some_and(|id| row.ids.contains(&id));
    let kind = change.kind.raw();
    if is_edge(row.about.kind) {
        let is_bound = matches!(
            row.what,
            What::Stranger | What::Action(Verb::Delete, _) | What::Beyond(Beyond::Access | Beyond::Member)
        );
        // Of a member, nothing but a change of that very membership will do.
        let is_any = row.about.kind != Kind::GroupMember && row.other.is_none();
        let is_other = is_any || (row.other.is_some() && row.other == change.other);
        return is_of && is_other && kind == "association_change" && change.is_bound == is_bound;
    }
    if row.what == What::Beyond(Beyond::Password) {
        is_of && kind == "user_password_change"
    } else if row.what == What::Beyond(Beyond::Administrator) {
        // `[unknown]`: whether the id is that of the account or of the administrator.
        (is_of || is_named()) && kind == "admin_create"
    } else {
        (is_named() && REMOVALS.contains(&kind)) || (is_of && kind != "association_change")
    }
}
