//! The rows of groups: what is so before the members of the routing group are looked at, and what waits for that.

use crate::address::{Kind, Org};
use crate::plan::Verb;
use crate::plan::order::{Edge, End, Scope};

pub(super) static ROWS: &[Edge] = &[
    Edge {
        first: End(Org::Primary, Kind::UserMapping, Verb::Update),
        then: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        of: Scope::Ended,
        why: "who is a member already may not be routed before their attribute is right",
    },
    Edge {
        first: End(Org::Secondary, Kind::User, Verb::Update),
        then: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        of: Scope::Ended,
        why: "who is a member already may not be routed before their account is active",
    },
    Edge {
        first: End(Org::Primary, Kind::GroupMember, Verb::Create),
        then: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        of: Scope::Ended,
        why: "who is a member already may not be routed before they may use the app",
    },
    Edge {
        first: End(Org::Primary, Kind::AppAccess, Verb::Create),
        then: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        of: Scope::All,
        why: "nobody is routed who may not use the app",
    },
    Edge {
        first: End(Org::Secondary, Kind::GroupMember, Verb::Create),
        then: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        of: Scope::Ended,
        why: "the members are looked at when everybody who joins has joined",
    },
    Edge {
        first: End(Org::Secondary, Kind::RoutingPolicy, Verb::Create),
        then: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        of: Scope::All,
        why: "the policy is read back before anything is made of it",
    },
    Edge {
        first: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        then: End(Org::Secondary, Kind::RoutingAssignment, Verb::Create),
        of: Scope::All,
        why: "nobody is routed who is not in the plan",
    },
    Edge {
        first: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        then: End(Org::Secondary, Kind::RoutingPolicy, Verb::Update),
        of: Scope::All,
        why: "nobody is routed who is not in the plan",
    },
    Edge {
        first: End(Org::Primary, Kind::OidcApp, Verb::Update),
        then: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        of: Scope::All,
        why: "nobody is routed through an app that is not as it must be",
    },
    Edge {
        first: End(Org::Secondary, Kind::IdentityProvider, Verb::Update),
        then: End(Org::Secondary, Kind::UserGroup, Verb::Check),
        of: Scope::All,
        why: "nobody is routed to a provider that leads nowhere",
    },
    Edge {
        first: End(Org::Secondary, Kind::GroupMember, Verb::Create),
        then: End(Org::Secondary, Kind::UserGroup, Verb::Delete),
        of: Scope::All,
        why: "a second group goes when everybody is in the one that stays",
    },
    Edge {
        first: End(Org::Primary, Kind::AppAccess, Verb::Create),
        then: End(Org::Primary, Kind::UserGroup, Verb::Delete),
        of: Scope::All,
        why: "a second group goes when the one that stays gives people the app",
    },
    Edge {
        first: End(Org::Primary, Kind::GroupMember, Verb::Create),
        then: End(Org::Primary, Kind::UserGroup, Verb::Delete),
        of: Scope::All,
        why: "a second group goes when everybody is in the one that stays",
    },
];
