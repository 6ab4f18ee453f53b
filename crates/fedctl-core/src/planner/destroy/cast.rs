//! Whose sign-in a take-down touches, for a rehearsal: everybody whose account carries our mark, with all that lets them in.

use super::Takedown;
use super::found::Found;
use crate::address::Org;
use crate::live::Needs;
use crate::object_id::ObjectId;
use crate::plan::{Plan, PlannedPerson};
use crate::trace::Situation;
use crate::trace::cast::{Cast, Part};

/// Everybody of the plan; `None` while something of it is not read. Who is alike is decided by what stands on their users: the
/// hops of a trace are for what the spec wants, and a take-down wants nothing.
pub(super) fn of(this: &Takedown<'_>, needs: &mut Needs, found: &Found<'_>, plan: &Plan) -> Option<Cast> {
    let asks_primary = this.reach.organizations().contains(&Org::Primary);
    let bound: Vec<ObjectId> = found.apps.iter().flat_map(|app| app.groups).copied().collect();
    let bound: Vec<_> = bound.iter().map(|id| Some((*id, needs.membership(this.live, Org::Primary, *id)?))).collect();
    let people = plan.people.iter().map(|person| person.id);
    if asks_primary && !needs.users_by_id(this.live, Org::Primary, people) {
        return None;
    }
    let bound: Vec<(ObjectId, &[ObjectId])> = bound.into_iter().collect::<Option<_>>()?;
    let mut cast = Cast::default();
    for (at, person) in (0u32..).zip(&plan.people) {
        let is_in = |(_, members): &&(ObjectId, &[ObjectId])| members.binary_search(&person.id).is_ok();
        let groups: Box<[ObjectId]> = bound.iter().filter(is_in).map(|(id, _)| *id).collect();
        let known = cast.groups.iter().rposition(|known| *known == groups);
        let groups = known.unwrap_or_else(|| {
            cast.groups.push(groups);
            cast.groups.len() - 1
        });
        cast.parts.push(part(this, at, person, groups));
    }
    Some(cast)
}

fn part(this: &Takedown<'_>, at: u32, person: &PlannedPerson, groups: usize) -> Part {
    let user = this.live.users(Org::Primary).get(person.id).map(|user| user.id);
    let account = this.live.users(Org::Secondary).by_email(&person.account).map(|account| account.id);
    Part { person: Some(at), user, account, situation: Situation::of([]), groups }
}
