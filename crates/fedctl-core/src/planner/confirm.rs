//! Last, when everything else is known: what lists propose to remove is asked for by itself (invariant I7).

use crate::address::Org;
use crate::kinds::context::Found;
use crate::kinds::{owned, password_authority};
use crate::live::{Live, Needs};
use crate::mark::ObjectRole;
use crate::people::People;
use crate::people::leave::{Take, Verdict};
use crate::spec::Spec;

/// Asks for everything that may be removed, and notes what the answers say.
pub(super) fn removals<'a>(
    spec: &Spec,
    live: &'a Live,
    needs: &mut Needs,
    people: &mut People<'a>,
    found: &mut Found<'a>,
) {
    if !needs.queries.is_empty() || !needs.unknown.is_empty() {
        return;
    }
    leavers(spec, live, needs, people, found);
    authorities(spec, live, needs, people);
    groups(spec, live, needs, found);
    policies(spec, live, needs, found);
    for old in &mut found.app.superseded {
        old.proposed.verdict = needs.is_superseded(spec, live, old.proposed.object.id);
    }
}

fn leavers<'a>(spec: &Spec, live: &'a Live, needs: &mut Needs, people: &mut People<'a>, found: &Found<'a>) {
    let sources: Vec<_> = found.source_groups.iter().map(|group| group.id).collect();
    for leaver in &mut people.left {
        if leaver.takes(spec, found).is_empty() {
            continue;
        }
        let (account, person) = (leaver.account.id, leaver.mark.person);
        let now = match leaver.kept {
            Some(kept) => needs.is_second_account(spec, live, [kept.id, account], person),
            None => needs.left(spec, live, &sources, (account, person)),
        };
        match now {
            None => {}
            Some(Err(doubt)) => leaver.verdict = Verdict::Doubt(doubt),
            Some(Ok(now)) => {
                (leaver.account, leaver.user) = (now.account, now.user);
                leaver.mark = now.account.mark.as_ref().unwrap_or(leaver.mark);
                leaver.verdict = Verdict::Left(now.gone, now.confirmed);
                if leaver.takes(spec, found).contains(&Take::Delete) {
                    super::guards::dependants_of(live, needs, account);
                }
            }
        }
    }
}

fn authorities(spec: &Spec, live: &Live, needs: &mut Needs, people: &mut People<'_>) {
    for person in people.list.iter_mut().filter(|person| person.held.is_none()) {
        if let Some(account) = person.live.filter(|account| password_authority::gives_back(spec, person, account)) {
            person.gives_back = needs.is_still_of(spec, live, (account, person.user.id));
        }
    }
}

fn groups(spec: &Spec, live: &Live, needs: &mut Needs, found: &mut Found<'_>) {
    let groups = [
        (Org::Secondary, ObjectRole::RoutingGroup, &mut found.routing_group),
        (Org::Primary, ObjectRole::AccessGroup, &mut found.access_group),
    ];
    for (org, role, group) in groups {
        let Some(kept) = group.id() else { continue };
        let ours = group.duplicates.iter_mut().filter(|other| !owned::is_copy(&other.object.description, spec, role));
        for other in ours {
            other.verdict = needs.is_second_group(spec, live, org, role, [kept, other.object.id]);
        }
    }
}

fn policies(spec: &Spec, live: &Live, needs: &mut Needs, found: &mut Found<'_>) {
    let Some(kept) = found.policy.itself().map(|policy| policy.id) else { return };
    let is_ours = |description: &str| !owned::is_copy(description, spec, ObjectRole::Policy);
    for other in found.policy.duplicates.iter_mut().filter(|other| is_ours(&other.object.description)) {
        other.verdict = needs.is_second_policy(spec, live, [kept, other.object.id]);
    }
}
