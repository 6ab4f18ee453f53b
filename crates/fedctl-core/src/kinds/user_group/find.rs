//! Which group is the routing group, and which the access group: by our mark, by the spec's word, by name.

use super::rule;
use super::wire::{Group, Membership, Method};
use super::{access_group, routing_group, wants_access_group};
use crate::address::{Address, Org};
use crate::kinds::owned::{self, Foreign, Owned, Proposed};
use crate::live::{Duplicate, Live, Needs};
use crate::mark::{self, ObjectRole};
use crate::object_id::ObjectId;
use crate::plan::guard::{Guard, Refusal};
use crate::spec::{AdoptObject, Spec};

/// A managed group, as it was found.
#[derive(Debug, Default)]
pub struct Found<'a> {
    /// The group, if it is ours, and how.
    pub group: Option<(&'a Group, Owned)>,
    /// Everybody who is in it in any way, by id.
    pub members: Vec<ObjectId>,
    /// How people come into it.
    pub rule: Option<&'a Membership>,
    /// More groups with our mark, which nobody uses.
    pub duplicates: Vec<Proposed<'a, Group, Duplicate>>,
    /// A group in its place that the spec could take over.
    pub adoptable: Option<&'a Group>,
    /// Why it cannot be used.
    pub refusal: Option<Refusal>,
}

impl Found<'_> {
    /// Its id, if it exists and is ours.
    pub fn id(&self) -> Option<ObjectId> {
        self.group.map(|(group, _)| group.id)
    }

    fn refused(refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..Self::default() }
    }
}

/// Finds the routing group.
pub(crate) fn find_routing<'a>(spec: &Spec, live: &'a Live, needs: &mut Needs) -> Option<Found<'a>> {
    find(spec, live, needs, &routing_group(spec), ObjectRole::RoutingGroup)
}

/// Finds the managed access group, if the spec needs one.
pub(crate) fn find_access<'a>(spec: &Spec, live: &'a Live, needs: &mut Needs) -> Option<Found<'a>> {
    if !wants_access_group(spec) {
        return Some(Found::default());
    }
    find(spec, live, needs, &access_group(spec), ObjectRole::AccessGroup)
}

fn find<'a>(spec: &Spec, live: &'a Live, needs: &mut Needs, address: &Address, role: ObjectRole) -> Option<Found<'a>> {
    let groups = needs.groups(live, address.org)?;
    let names = spec.names();
    let marked: Vec<&Group> =
        groups.iter().filter(|group| mark::find(&group.description, &names, role).is_some()).collect();
    if marked.is_empty() {
        return by_name(spec, live, needs, address, role, groups);
    }
    let (kept, duplicates) = match kept(live, needs, address, marked)? {
        Ok(kept) => kept,
        Err((one, two)) => return Some(Found::refused(owned::ambiguous(address, "groups with our mark", one, two))),
    };
    let group = kept?;
    let owned = Owned::by(mark::find(&group.description, &names, role)?, spec);
    let duplicates = duplicates.into_iter().map(Proposed::of).collect();
    let found = Found { duplicates, ..Found::default() };
    with_members(spec, live, needs, address, role, found, (group, owned))
}

type Kept<'a> = Result<owned::Kept<'a, Group>, (ObjectId, ObjectId)>;

/// The group that stays of several with our mark: the one that has members or that a policy refers to. Members that a rule
/// brings say nothing: it brings them to each.
fn kept<'a>(live: &Live, needs: &mut Needs, address: &Address, marked: Vec<&'a Group>) -> Option<Kept<'a>> {
    if marked.len() < 2 {
        return Some(Ok((marked.first().copied(), Vec::new())));
    }
    let mut used = Vec::new();
    let mut is_known = true;
    for group in &marked {
        let rule = needs.group_rule(live, address.org, group.id);
        let members = match rule.map(|rule| rule.method) {
            Some(Method::Static) | None => needs.membership(live, address.org, group.id).map(<[_]>::is_empty),
            Some(_) => Some(true),
        };
        let policies = match address.org {
            Org::Primary => Some(true),
            Org::Secondary => needs.group_policies(live, group.id).map(<[_]>::is_empty),
        };
        is_known &= rule.is_some() && members.is_some() && policies.is_some();
        if members == Some(false) || policies == Some(false) {
            used.push(group.id);
        }
    }
    is_known.then(|| owned::keep(marked, |group| group.id, |group| used.contains(&group.id)))
}

/// Without a mark there is only the name: the spec takes such a group over by its word, or it is somebody else's.
fn by_name<'a>(
    spec: &Spec,
    live: &'a Live,
    needs: &mut Needs,
    address: &Address,
    role: ObjectRole,
    groups: &'a [Group],
) -> Option<Found<'a>> {
    let mut namesakes = groups.iter().filter(|group| *group.name == *address.name);
    let (Some(group), second) = (namesakes.next(), namesakes.next()) else { return Some(Found::default()) };
    let is_routing = role == ObjectRole::RoutingGroup;
    let foreign = Foreign {
        what: "group",
        name: &group.name,
        id: group.id,
        description: &group.description,
        adopt: if is_routing { "routing-group" } else { "" },
    };
    let adopts = is_routing && spec.adopts(AdoptObject::RoutingGroup);
    if is_routing && !adopts && !foreign.is_of_another() && is_referred_to(spec, live, needs, group)? {
        return with_members(spec, live, needs, address, role, Found::default(), (group, Owned::LOST));
    }
    match second {
        Some(second) if adopts => {
            Some(Found::refused(owned::ambiguous(address, "groups with this name", group.id, second.id)))
        }
        _ if adopts && !foreign.is_of_another() => {
            with_members(spec, live, needs, address, role, Found::default(), (group, Owned::ADOPTING))
        }
        _ => {
            let refused = Found::refused(foreign.refusal(address));
            if !is_routing || foreign.is_of_another() {
                return Some(refused);
            }
            let rule = needs.group_rule(live, address.org, group.id)?;
            Some(Found { adoptable: Some(group), rule: Some(rule), ..refused })
        }
    }
}

/// Whether a policy that carries our mark applies to the group.
fn is_referred_to(spec: &Spec, live: &Live, needs: &mut Needs, group: &Group) -> Option<bool> {
    let (policies, by_edge) = (needs.policies(live), needs.group_policies(live, group.id));
    let (policies, by_edge) = (policies?, by_edge?);
    let is_ours = |text: &str| mark::find(text, &spec.names(), ObjectRole::Policy).is_some();
    Some(policies.iter().any(|policy| by_edge.contains(&policy.id) && is_ours(&policy.description)))
}

fn with_members<'a>(
    spec: &Spec,
    live: &'a Live,
    needs: &mut Needs,
    address: &Address,
    role: ObjectRole,
    found: Found<'a>,
    (group, owned): (&'a Group, Owned),
) -> Option<Found<'a>> {
    let rule = needs.group_rule(live, address.org, group.id);
    let members = needs.membership(live, address.org, group.id);
    let (rule, members) = (rule?, members?.to_vec());
    let refusal = wrong_membership(spec, address, role, group.id, rule);
    Some(Found { group: Some((group, owned)), members, rule: Some(rule), refusal, ..found })
}

/// People come into the group in another way than the spec says.
fn wrong_membership(
    spec: &Spec,
    address: &Address,
    role: ObjectRole,
    id: ObjectId,
    rule: &Membership,
) -> Option<Refusal> {
    let (why, way_out) = match (rule.method, rule::wanted(spec, role)) {
        (Method::Static, None) | (Method::Rule, Some(_)) => return None,
        (Method::Rule, None) => (
            format!("its members come by a rule ({id}), so adding people to it would do nothing"),
            "set its membership to static in the console, or write its rule under `routing_group.members`",
        ),
        (Method::Review, _) => (
            format!("its rule only suggests members ({id}), so nobody comes into it before somebody agrees"),
            "let its rule add members by itself, or set its membership to static, in the console",
        ),
        (Method::Static, Some(_)) => (
            format!("its members are added one by one ({id}), and the spec says that they come by a rule"),
            "give it the rule in the console, or write `members: managed`",
        ),
    };
    Some(Refusal::new(Guard::Members, address, why, way_out))
}
