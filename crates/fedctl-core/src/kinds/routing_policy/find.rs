//! Which policy is the routing policy: the one that applies to our routing group, our mark, the spec's word, its name.

use super::wire::{Policy, Spelt};
use super::{BEING_SET_UP, address, pause};
use crate::address::Org;
use crate::kinds::owned::{self, Foreign, MarkState, Owned, Proposed};
use crate::kinds::user_group;
use crate::kinds::user_group::wire::{Group, Membership};
use crate::live::{Duplicate, Live, Needs};
use crate::mark::{self, ObjectRole};
use crate::object_id::ObjectId;
use crate::plan::guard::{Guard, Refusal};
use crate::plan::rules::Aim;
use crate::planted::planted;
use crate::spec::{AdoptObject, Spec};

/// The routing policy, as it was found.
#[derive(Debug, Default)]
pub struct Found<'a> {
    /// The policy, if it is ours, and how.
    pub policy: Option<(&'a Policy, Owned)>,
    /// Whether it applies to the routing group.
    pub is_assigned: bool,
    /// More policies with our mark, which are off and apply to nobody.
    pub duplicates: Vec<Proposed<'a, Policy, Duplicate>>,
    /// A policy in its place that the spec could take over.
    pub adoptable: Option<&'a Policy>,
    /// The one group of that policy, whatever its name, and how people come into it.
    pub adoptable_group: Option<(&'a Group, &'a Membership)>,
    /// How the policies of the organisation are spelt, as far as one shows it.
    pub seen: Option<Spelt>,
    /// Why it cannot be used.
    pub refusal: Option<Refusal>,
    /// Somebody asks for routing to go on, so that a pause is none.
    pub resumes: bool,
}

impl<'a> Found<'a> {
    /// The policy itself.
    pub fn itself(&self) -> Option<&'a Policy> {
        self.policy.map(|(policy, _)| policy)
    }

    /// Whether members of the routing group are routed now.
    pub fn routes(&self) -> bool {
        self.is_assigned && self.itself().is_some_and(|policy| policy.enabled == Some(true))
    }

    /// Whether this plan makes it, or goes on with making it.
    pub fn is_in_the_making(&self) -> bool {
        let is_new = self.itself().is_none_or(|policy| policy.description.contains(BEING_SET_UP));
        let is_paused = self.paused().is_some() && !self.resumes;
        self.refusal.is_none() && !is_paused && (is_new || self.is_taken_over_without_group())
    }

    /// Who paused it and when, as its description says it.
    pub fn paused(&self) -> Option<&'a str> {
        self.itself().and_then(|policy| pause::line_in(&policy.description))
    }

    /// Whether this plan turns it on, if everything else is ready. One that somebody else made keeps its switch.
    pub fn is_turned_on_by_us(&self) -> bool {
        planted!(SwitchesOnAgain => true, self.is_in_the_making() && !self.is_taken_over_without_group())
    }

    /// It was made by hand, and not for our group yet.
    fn is_taken_over_without_group(&self) -> bool {
        !self.is_assigned && self.policy.is_some_and(|(_, owned)| owned.mark == MarkState::Missing)
    }

    fn refused(refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..Self::default() }
    }
}

/// Finds the policy.
pub(crate) fn find<'a>(
    spec: &Spec,
    live: &'a Live,
    needs: &mut Needs,
    group: &user_group::Found<'_>,
    aim: Aim,
) -> Option<Found<'a>> {
    let seen = needs.policies(live).and_then(|policies| policies.iter().find_map(|policy| policy.spelt));
    found(spec, live, needs, group).map(|found| Found { seen, resumes: aim == Aim::Resume, ..found })
}

fn found<'a>(spec: &Spec, live: &'a Live, needs: &mut Needs, group: &user_group::Found<'_>) -> Option<Found<'a>> {
    let policies = needs.policies(live);
    let by_edge = match group.id().or(group.adoptable.map(|group| group.id)) {
        Some(id) => needs.group_policies(live, id),
        None => Some(&[][..]),
    };
    let (policies, by_edge) = (policies?, by_edge?);
    let names = spec.names();
    let is_marked = |policy: &&Policy| mark::find(&policy.description, &names, ObjectRole::Policy).is_some();
    let (marked, others): (Vec<&Policy>, Vec<&Policy>) = policies.iter().partition(is_marked);
    let of_our_group: Vec<&Policy> = others.iter().copied().filter(|policy| by_edge.contains(&policy.id)).collect();
    let namesakes = others.iter().copied().filter(|policy| *policy.name == *spec.routing_policy.name.as_str());
    let in_our_place = if of_our_group.is_empty() { namesakes.collect() } else { of_our_group };
    match (marked.is_empty(), in_our_place.first()) {
        (true, None) => leads_to_provider(live, needs, &others),
        (true, Some(_)) => unmarked(spec, live, needs, group, &in_our_place),
        (false, Some(foreign)) => Some(Found::refused(as_foreign(foreign, "").refusal(&address(spec)))),
        (false, None) => of_marked(spec, live, needs, group, marked),
    }
}

/// Nothing stands in our place, but somebody may have made by hand, under other names, what the spec asks for.
fn leads_to_provider<'a>(live: &'a Live, needs: &mut Needs, others: &[&'a Policy]) -> Option<Found<'a>> {
    let Some(provider) = needs.provider(live)? else { return Some(Found::default()) };
    let mut leading = others.iter().filter(|policy| policy.provider == Some(provider.id));
    let (Some(policy), None) = (leading.next(), leading.next()) else { return Some(Found::default()) };
    let found = Found { adoptable: Some(*policy), ..Found::default() };
    let [id] = needs.policy_groups(live, policy.id)? else { return Some(found) };
    let group = needs.groups(live, Org::Secondary)?.iter().find(|group| group.id == *id);
    let rule = needs.group_rule(live, Org::Secondary, *id)?;
    Some(Found { adoptable_group: group.map(|group| (group, rule)), ..found })
}

fn as_foreign<'a>(policy: &'a Policy, adopt: &'static str) -> Foreign<'a> {
    Foreign { what: "routing policy", name: &policy.name, id: policy.id, description: &policy.description, adopt }
}

fn unmarked<'a>(
    spec: &Spec,
    live: &'a Live,
    needs: &mut Needs,
    group: &user_group::Found<'_>,
    in_our_place: &[&'a Policy],
) -> Option<Found<'a>> {
    let policy = *in_our_place.first()?;
    let foreign = as_foreign(policy, "routing-policy");
    if !spec.adopts(AdoptObject::RoutingPolicy) || foreign.is_of_another() {
        let adoptable = (!foreign.is_of_another()).then_some(policy);
        return Some(Found { adoptable, ..Found::refused(foreign.refusal(&address(spec))) });
    }
    if let Some(second) = in_our_place.get(1) {
        return Some(Found::refused(owned::ambiguous(&address(spec), "routing policies", policy.id, second.id)));
    }
    applies_to(spec, live, needs, group, Found { policy: Some((policy, Owned::ADOPTING)), ..Found::default() })
}

fn of_marked<'a>(
    spec: &Spec,
    live: &'a Live,
    needs: &mut Needs,
    group: &user_group::Found<'_>,
    marked: Vec<&'a Policy>,
) -> Option<Found<'a>> {
    let groups: Vec<_> = marked.iter().map(|policy| needs.policy_groups(live, policy.id)).collect();
    let groups: Vec<&[ObjectId]> = groups.into_iter().collect::<Option<_>>()?;
    let used: Vec<ObjectId> = marked
        .iter()
        .zip(groups)
        .filter(|(policy, groups)| policy.enabled != Some(false) || !groups.is_empty())
        .map(|(policy, _)| policy.id)
        .collect();
    match owned::keep(marked, |policy| policy.id, |policy| used.contains(&policy.id)) {
        Err((one, two)) => {
            Some(Found::refused(owned::ambiguous(&address(spec), "routing policies with our mark", one, two)))
        }
        Ok((kept, duplicates)) => {
            let policy = kept?;
            let duplicates = duplicates.into_iter().map(Proposed::of).collect();
            let owned = Owned::by(mark::find(&policy.description, &spec.names(), ObjectRole::Policy)?, spec);
            applies_to(
                spec,
                live,
                needs,
                group,
                Found { policy: Some((policy, owned)), duplicates, ..Found::default() },
            )
        }
    }
}

/// Whom the policy that is ours applies to: the routing group, or somebody whom nobody planned.
fn applies_to<'a>(
    spec: &Spec,
    live: &'a Live,
    needs: &mut Needs,
    group: &user_group::Found<'_>,
    found: Found<'a>,
) -> Option<Found<'a>> {
    let policy = found.itself()?;
    let (groups, users) = (needs.policy_groups(live, policy.id), needs.policy_users(live, policy.id));
    let (groups, users) = (groups?, users?);
    let ours = group.id();
    let is_assigned = ours.is_some_and(|id| groups.contains(&id));
    let other_groups: Vec<ObjectId> = groups.iter().copied().filter(|id| Some(*id) != ours).collect();
    let refusal = match (other_groups.first(), users.first()) {
        (Some(other), _) => Some(others(spec, &format!("group {}, which is", named(live, needs, *other)))),
        (None, Some(user)) => Some(others(spec, &format!("user {user} by themselves, who is"))),
        (None, None) => None,
    };
    Some(Found { is_assigned, refusal, ..found })
}

fn named(live: &Live, needs: &mut Needs, group: ObjectId) -> String {
    let name = needs.groups(live, Org::Secondary).and_then(|groups| groups.iter().find(|other| other.id == group));
    name.map_or_else(|| group.to_string(), |found| format!("`{}` ({group})", found.name))
}

fn others(spec: &Spec, who: &str) -> Refusal {
    Refusal::new(
        Guard::Members,
        &address(spec),
        format!("it also applies to {who} not in this federation"),
        "if it is the routing group of this federation, put the line `managed by fedctl: …/routing-group` back into its \
         description; else take it out of the policy in the console, which takes sign-in from its members",
    )
}
