//! What else hangs on that which would be removed.
//!
//! It is asked for only where something is to be removed, and what cannot be read counts as if something hung on it.

use crate::address::{Kind, Org};
use crate::kinds::context::{Builder, Context, Found};
use crate::kinds::user_group::wire::Group;
use crate::live::{Known, Live, Needs};
use crate::object_id::ObjectId;
use crate::plan::guard::{Guard, Refusal};
use crate::plan::{Action, Verb};

/// What a group or a user can be bound to besides routing policies, which decide whether a group is removed at all. `[spec]`
pub(in crate::planner) const TARGETS: [&str; 9] = [
    "active_directory",
    "application",
    "g_suite",
    "ldap_server",
    "office_365",
    "password_manager_item",
    "radius_server",
    "system",
    "system_group",
];

/// The groups that a plan would remove.
fn removed<'a>(found: &'a Found<'_>) -> impl Iterator<Item = (Org, &'a Group)> {
    let routing = found.routing_group.duplicates.iter().map(|group| (Org::Secondary, group.object));
    routing.chain(found.access_group.duplicates.iter().map(|group| (Org::Primary, group.object)))
}

/// Makes sure that what hangs on them was asked for.
pub(in crate::planner) fn ask(live: &Live, needs: &mut Needs, found: &Found<'_>) {
    for (org, group) in removed(found) {
        for target in TARGETS {
            needs.group_bindings(live, org, group.id, target);
        }
    }
}

/// Makes sure that what hangs on an account that goes was asked for.
pub(in crate::planner) fn ask_of_account(live: &Live, needs: &mut Needs, account: ObjectId) {
    for target in TARGETS {
        needs.account_bindings(live, account, target);
    }
    needs.groups_of(live, Org::Secondary, account);
}

pub(super) fn refuse(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let mut refusals = Vec::new();
    for action in plan.actions.iter().filter(|action| action.verb == Verb::Delete) {
        let dependants = if action.target.kind == Kind::UserGroup {
            of_group(context, live, plan, action)
        } else if action.target.kind == Kind::User {
            of_account(context, live, plan, action)
        } else {
            None
        };
        if let Some((why, count)) = dependants {
            let way_out = "unbind them in the console first, or keep the object";
            let refusal = Refusal::new(Guard::ForeignDependants, &action.target, why, way_out);
            refusals.push(refusal.about_so_many(count));
        }
    }
    plan.refusals.extend(refusals);
}

/// What hangs on a group that goes, in words, and how many they are.
fn of_group(context: &Context<'_>, live: &Live, plan: &Builder, action: &Action) -> Option<(String, usize)> {
    let id = plan.id(&action.target)?;
    let org = action.target.org;
    let is_removed = removed(context.found).any(|(other, group)| (other, group.id) == (org, id));
    if !is_removed {
        return Some(("what hangs on it was not read".to_owned(), 1));
    }
    let mut needs = Needs::default();
    let bound = TARGETS.map(|target| (target, needs.group_bindings(live, org, id, target)));
    said(&bound, &[])
}

/// What hangs on an account that goes: also groups that are not ours, and keys. Administrators are protected anyway.
fn of_account(context: &Context<'_>, live: &Live, plan: &Builder, action: &Action) -> Option<(String, usize)> {
    let mut needs = Needs::default();
    let id = plan.id(&action.target)?;
    let leaver = context.people.left.iter().find(|leaver| leaver.account.id == id)?;
    let Some(groups) = needs.groups_of(live, Org::Secondary, id) else {
        return Some(("what hangs on it was not read".to_owned(), 1));
    };
    let ours = context.found.routing_group.id();
    let groups = groups.map(|groups| groups.iter().filter(|group| Some(**group) != ours).count());
    let more = match groups {
        Ok(groups) => [(groups, format!("{groups} x user_group"))],
        Err(doubt) => [(1, format!("user_group: {}", doubt.as_str()))],
    };
    let keys = leaver.account.ssh_keys;
    let bound = TARGETS.map(|target| (target, needs.account_bindings(live, id, target)));
    said(&bound, &[more, [(keys, format!("{keys} x ssh_key"))]].concat())
}

/// In words, and how many they are.
fn said(bound: &[(&str, Option<Known<&[ObjectId]>>)], more: &[(usize, String)]) -> Option<(String, usize)> {
    let mut all: Vec<(usize, String)> = Vec::new();
    for (target, known) in bound {
        all.extend(known.as_ref().map(|known| match known {
            Ok(ids) => (ids.len(), format!("{} x {target}", ids.len())),
            Err(why) => (1, format!("{target}: {}", why.as_str())),
        }));
    }
    all.extend(more.iter().cloned());
    all.retain(|(count, _)| *count > 0);
    let count = all.iter().map(|(count, _)| count).sum();
    let words: Vec<&str> = all.iter().map(|(_, words)| &**words).collect();
    (count > 0).then(|| (format!("it would be removed, and others hang on it: {}", words.join(", ")), count))
}
