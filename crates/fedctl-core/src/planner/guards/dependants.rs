//! What else hangs on that which would be removed.
//!
//! It is asked for only where something is to be removed, and what cannot be read counts as if something hung on it.

use crate::address::{Kind, Org};
use crate::kinds::context::{Builder, Context, Found};
use crate::kinds::user_group::wire::Group;
use crate::live::{Live, Needs};
use crate::plan::guard::{Guard, Refusal};
use crate::plan::{Action, Verb};

/// What a group can be bound to besides routing policies, which decide whether it is removed at all. `[spec]`
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

pub(super) fn refuse(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let mut refusals = Vec::new();
    for action in plan.actions.iter().filter(|action| action.verb == Verb::Delete) {
        let dependants = if action.target.kind == Kind::UserGroup {
            of_group(context, live, plan, action)
        } else {
            // What hangs on an account is not read by this version, which removes none.
            let unread = || ("systems, groups, keys or roles may hang on it, which were not read".to_owned(), 1);
            (action.target.kind == Kind::User).then(unread)
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
    let (mut said, mut count) = (Vec::new(), 0);
    for (target, known) in bound {
        match known {
            Some(Ok([])) => {}
            Some(Ok(ids)) => {
                said.push(format!("{} x {target}", ids.len()));
                count += ids.len();
            }
            Some(Err(why)) => {
                said.push(format!("{target}: {}", why.as_str()));
                count += 1;
            }
            None => {}
        }
    }
    (count > 0).then(|| (format!("it would be removed, and others hang on it: {}", said.join(", ")), count))
}
