//! Which groups of the primary organisation may use the app.

use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::kinds::context::{Builder, Context};
use crate::kinds::edge::Edit;
use crate::kinds::{KindOf, oidc_app, user_group};
use crate::live::{Confirmed, Superseded};
use crate::object_id::ObjectId;
use crate::plan::Action;
use crate::plan::action::{Arg, Because, Call, Verb};
use crate::plan::order::{Edge, End, Scope};
use crate::spec::Access;

/// This kind's line of the table.
pub static KIND: KindOf = KindOf { kind: Kind::AppAccess, rows: ROWS, plan };

static ROWS: &[Edge] = &[
    Edge {
        first: End(Org::Primary, Kind::AppAccess, Verb::Create),
        then: End(Org::Secondary, Kind::GroupMember, Verb::Create),
        of: Scope::All,
        why: "nobody is routed who may not use the app",
    },
    Edge {
        first: End(Org::Primary, Kind::AppAccess, Verb::Create),
        then: End(Org::Primary, Kind::OidcApp, Verb::Update),
        of: Scope::All,
        why: "what can be refused comes before the secret is shown",
    },
    Edge {
        first: End(Org::Primary, Kind::AppAccess, Verb::Create),
        then: End(Org::Secondary, Kind::IdentityProvider, Verb::Create),
        of: Scope::All,
        why: "the provider leads to an app that people may use",
    },
    Edge {
        first: End(Org::Primary, Kind::AppAccess, Verb::Create),
        then: End(Org::Secondary, Kind::IdentityProvider, Verb::Update),
        of: Scope::All,
        why: "the provider leads to an app that people may use",
    },
    Edge {
        first: End(Org::Secondary, Kind::IdentityProvider, Verb::Check),
        then: End(Org::Primary, Kind::AppAccess, Verb::Delete),
        of: Scope::All,
        why: "an app is taken from its groups only when the provider leads to another one",
    },
    Edge {
        first: End(Org::Primary, Kind::AppAccess, Verb::Delete),
        then: End(Org::Primary, Kind::OidcApp, Verb::Delete),
        of: Scope::Ended,
        why: "an app that is in use may not be removed",
    },
];

/// The groups that are to have the app.
pub(crate) fn groups(context: &Context<'_>) -> Vec<Address> {
    let sources = context.found.source_groups.iter();
    let mut groups: Vec<Address> = match &context.spec.app.access.value {
        Access::SourceGroups => sources.map(|group| Address::new(Org::Primary, Kind::UserGroup, group.name)).collect(),
        Access::Managed | Access::Group(_) => Vec::new(),
    };
    if let Access::Group(name) = &context.spec.app.access.value {
        groups.push(Address::new(Org::Primary, Kind::UserGroup, name.as_str()));
    }
    if user_group::wants_access_group(context.spec) {
        groups.push(user_group::access_group(context.spec));
    }
    groups
}

/// The groups that may use the app and of which the spec says nothing.
pub(crate) fn beyond(context: &Context<'_>) -> Vec<ObjectId> {
    let found = context.found;
    let ours: Vec<_> = match &context.spec.app.access.value {
        Access::SourceGroups => found.source_groups.iter().map(|group| group.id).collect(),
        Access::Managed | Access::Group(_) => found.app_group.iter().map(|group| group.id).collect(),
    };
    let managed = found.access_group.id();
    let is_beyond = |id: &ObjectId| Some(*id) != managed && !ours.contains(id);
    found.app.groups.iter().copied().filter(is_beyond).collect()
}

fn plan(context: &Context<'_>, plan: &mut Builder) {
    if context.found.app.refusal.is_some() {
        return;
    }
    let (app, is_new) = (oidc_app::target(context), oidc_app::rotates(context));
    for group in groups(context) {
        let id = plan.id(&group).filter(|_| !is_new);
        if id.is_none_or(|id| context.found.app.groups.binary_search(&id).is_err()) {
            plan.act(add(context, &app, &group));
        }
    }
}

/// Takes an app that is of no use any more from its groups: `[unknown]` whether one that groups are bound to can be removed.
pub(crate) fn take_back(plan: &mut Builder, confirmed: Confirmed<Superseded>, app: &Address, groups: &[ObjectId]) {
    for id in groups {
        let group = Address::new(Org::Primary, Kind::UserGroup, id.to_string());
        plan.know(group.clone(), *id);
        plan.act(remove(confirmed, app, &group, Because::Superseded));
    }
}

/// Takes an app from a group.
pub(crate) fn remove<R>(confirmed: Confirmed<R>, app: &Address, group: &Address, because: Because) -> Action {
    let target = Address::new(Org::Primary, Kind::AppAccess, format!("{}/{}", app.name, group.name));
    let call = Call {
        endpoint: &endpoint::CHANGE_APP_ACCESS,
        args: Box::new([Arg(app.clone())]),
        body: Some(Edit::remove(confirmed, "user_group", group)),
    };
    Action { verb: Verb::Delete, because, ..Action::edge(target, call) }
}

fn add(context: &Context<'_>, app: &Address, group: &Address) -> Action {
    let target = Address::new(Org::Primary, Kind::AppAccess, format!("{}/{}", app.name, group.name));
    let call = Call {
        endpoint: &endpoint::CHANGE_APP_ACCESS,
        args: Box::new([Arg(app.clone())]),
        body: Some(Edit::add("user_group", group)),
    };
    Action { spec: Some(context.spec.app.access.at.clone()), ..Action::edge(target, call) }
}
