//! Who would be routed besides the people of the plan.

use std::collections::BTreeSet;

use super::{impersonation, some};
use crate::address::Org;
use crate::kinds::context::{Builder, Context};
use crate::kinds::{group_member, user_group};
use crate::live::{Live, User};
use crate::object_id::ObjectId;
use crate::plan::guard::{Guard, Refusal};
use crate::spec::RoutingMembers;

const WAY_OUT: &str = "remove them from the group, bring their primary users into `people.from`, or take their accounts \
                       over under `adopt.people`";

/// Members of the routing group who are not of this federation. A plan that routes the group is refused. Where they are
/// routed as it is, or nobody is, a plan changes nothing for them, and they do not stop what is planned for others.
pub(super) fn strangers(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let mut strangers = group_member::strangers(context);
    if !strangers.is_empty() {
        // They are routed and sign in as it is: that is said with their attribute, and no plan changes it.
        let open = impersonation::open_today(context, live);
        strangers.retain(|id| !open.contains(id));
    }
    if !context.spec.routing_policy.enabled.value || strangers.is_empty() {
        return;
    }
    let accounts = live.users(Org::Secondary);
    let name =
        |id: &ObjectId| accounts.get(*id).map_or_else(|| id.to_string(), |user| format!("{} ({id})", user.email));
    let named = some(strangers.iter().map(name), strangers.len());
    let group = user_group::routing_group(context.spec);
    if user_group::is_checked(context) {
        let why = format!("users who are not in this federation are members and would be routed: {named}");
        plan.refuse(Refusal::new(Guard::Members, &group, why, WAY_OUT));
    } else {
        let now = if context.found.policy.routes() { "are routed" } else { "would be, were the policy turned on" };
        let text =
            format!("users who are not in this federation are members and {now}; that is left: {named}. {WAY_OUT}");
        plan.note(group, text);
    }
}

/// A rule for the end of the address that is still to be made finds accounts that nobody means.
pub(super) fn capture(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let RoutingMembers::EmailEndsWith(suffix) = &context.spec.routing_group.members.value else { return };
    let group = &context.found.routing_group;
    if group.group.is_some() || group.refusal.is_some() {
        return;
    }
    let ours: BTreeSet<ObjectId> = context
        .people
        .list
        .iter()
        .filter_map(|person| person.live)
        .chain(context.people.left.iter().map(|leaver| leaver.account))
        .map(|account| account.id)
        .collect();
    let is_caught = |user: &&User| user.email.ends_with(&**suffix) && !ours.contains(&user.id);
    let caught: Vec<&str> =
        live.users(Org::Secondary).rows().iter().filter(is_caught).map(|user| &*user.email).collect();
    if caught.is_empty() {
        return;
    }
    let wanted: Vec<&str> = context.people.list.iter().map(|person| &*person.account).collect();
    let way_out = match longer_suffix(suffix, &wanted, &caught) {
        Some(longer) => {
            format!("write `email_ends_with: \"{longer}\"`, which finds none of them, or `members: managed`")
        }
        None => "write `members: managed`: no end of an address tells these people from the others".to_owned(),
    };
    let why = format!(
        "its rule would also route {}, and while they are members nobody is routed",
        some(caught.iter().map(|email| (*email).to_owned()), caught.len())
    );
    let refusal = Refusal::new(Guard::Capture, &user_group::routing_group(context.spec), why, way_out);
    plan.refuse(refusal.about_so_many(caught.len()));
}

/// The shortest end that all wanted addresses share and none of the others has; it begins with `.` or `@`.
fn longer_suffix(suffix: &str, wanted: &[&str], caught: &[&str]) -> Option<String> {
    let first = *wanted.first()?;
    let starts = first.char_indices().rev().filter(|(_, c)| matches!(c, '.' | '@')).map(|(at, _)| &first[at..]);
    let mut longer = starts.filter(|end| end.len() > suffix.len());
    let fits = |end: &&str| {
        wanted.iter().all(|email| email.ends_with(end)) && !caught.iter().any(|email| email.ends_with(end))
    };
    longer.find(|end| fits(end)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_end_that_tells_people_apart_is_offered() {
        let wanted = ["ann@acme.com.beta", "bob@acme.com.beta"];
        assert_eq!(longer_suffix(".beta", &wanted, &["eve@other.org.beta"]).as_deref(), Some(".com.beta"));
        assert_eq!(longer_suffix(".beta", &wanted, &["eve@x.com.beta"]).as_deref(), Some("@acme.com.beta"));
        assert_eq!(longer_suffix(".beta", &wanted, &["eve@acme.com.beta"]), None);
    }
}
