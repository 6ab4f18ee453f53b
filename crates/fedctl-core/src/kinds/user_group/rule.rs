//! Rules by which people come into the routing group: by our attribute, or by the end of their address.

use super::wire::{self, Membership};
use crate::mark::{ObjectRole, ROUTE_ATTRIBUTE};
use crate::spec::{RoutingMembers, Spec};

/// A rule that the spec asks for, as the condition of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule(String);

/// The rule of a group, if it is to have one.
pub(crate) fn wanted(spec: &Spec, role: ObjectRole) -> Option<Rule> {
    if role != ObjectRole::RoutingGroup {
        return None;
    }
    match &spec.routing_group.members.value {
        RoutingMembers::Managed => None,
        // `[observed]`: custom attributes are named so in searches of groups.
        RoutingMembers::ByMark => Some(by_mark(spec.federation.as_str())),
        // `[inferred]`: the operator of searches, in the form whose other operators were tried against the service.
        RoutingMembers::EmailEndsWith(suffix) => Some(Rule(format!("email:$ew:{suffix}"))),
    }
}

fn by_mark(federation: &str) -> Rule {
    Rule(format!("attributes[name={ROUTE_ATTRIBUTE}].value:$eq:{federation}"))
}

/// The name of the federation for which the rule of the group asks. It keeps the one under which it was made: nobody could
/// be given another without being out of the group for a while.
pub(crate) fn asks_for<'s>(spec: &'s Spec, live: Option<&Membership>) -> &'s str {
    let query = live.and_then(|rule| wire::search_of(rule.query.as_deref()?));
    let is_asked =
        |name: &&str| query.as_deref().is_some_and(|filters| wire::same_search(filters, &by_mark(name).filters()));
    spec.names().into_iter().find(is_asked).unwrap_or(spec.federation.as_str())
}

impl Rule {
    /// The condition as the service stores it: JSON in a string.
    pub(crate) fn filters(&self) -> String {
        wire::search_filters(&self.0)
    }

    /// What a body says of it.
    pub(crate) fn wire(&self) -> wire::ByRule {
        wire::ByRule::search(self.filters())
    }
}

/// The end of the address by which a rule finds people, if that is what it does.
pub(crate) fn suffix_of(query: &str) -> Option<String> {
    let condition = wire::condition_of(&wire::search_of(query)?)?;
    condition.strip_prefix("email:$ew:").map(str::to_owned)
}

/// What is to be said of the rule that a group has.
pub(crate) fn said(spec: &Spec, role: ObjectRole, live: &Membership) -> Option<String> {
    let (wanted, query) = (wanted(spec, role)?, live.query.as_deref()?);
    let filters = wire::search_of(query);
    let is_known = |rule: &Rule| filters.as_ref().is_some_and(|filters| wire::same_search(filters, &rule.filters()));
    let is_by_mark = spec.routing_group.members.value == RoutingMembers::ByMark;
    let is_known = is_known(&wanted) || (is_by_mark && is_known(&by_mark(asks_for(spec, Some(live)))));
    (!is_known).then(|| {
        "its rule is not spelt as fedctl would spell it, and stays; whether new accounts come into the group shows when \
         they are made"
            .to_owned()
    })
}
