//! User groups: the routing group of the secondary organisation, and the managed access group of the primary.

mod find;
mod rows;
pub(crate) mod rule;
pub mod wire;

use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::kinds::context::{Builder, Context};
use crate::kinds::owned::{self, Owned};
use crate::kinds::{KindOf, routing_policy};
use crate::live::{Confirmed, Duplicate};
use crate::mark::{self, ObjectRole, Origin};
use crate::plan::Action;
use crate::plan::action::{
    Arg, Because, Call, Change, Choice, Expect, Field, Find, Form, Look, LookAt, Subject, Verb, Write,
};
use crate::plan::hole::{Body, Give, Whole};
use crate::spec::{Access, Spec};
use wire::Group;

pub use find::Found;
pub(crate) use find::{find_access, find_routing};

/// This kind's line of the table.
pub static KIND: KindOf = KindOf { kind: Kind::UserGroup, rows: rows::ROWS, plan };

/// The question that the spelling of a membership rule answers.
const RULE: Choice = Choice("membership-rule");

static LOOK: LookAt = LookAt {
    query: &[("sort", "id")],
    find: Find::Marked { by: &["name"] },
    after: true,
    gives: &[(Give::Id, "/id")],
    // `[observed]`: lists leave out how people come into a group.
    write_only: &["membershipMethod", "memberQuery.searchFilters"],
    ..LookAt::object(&endpoint::LIST_GROUPS)
};

static ITSELF: LookAt = LookAt { after: true, ..LookAt::object(&endpoint::GET_GROUP) };

/// Everybody who is in a group in any way, for checks.
pub static MEMBERS: LookAt = LookAt { find: Find::EdgeTo, ..LookAt::object(&endpoint::LIST_MEMBERSHIP) };

/// What a call that replaces a group takes. `[spec]`
pub(crate) const REPLACED: &[&str] = &[
    "attributes",
    "description",
    "email",
    "memberQuery",
    "memberQueryExemptions",
    "memberSuggestionsNotify",
    "membershipMethod",
    "name",
];

/// The address of the routing group.
pub fn routing_group(spec: &Spec) -> Address {
    Address::new(Org::Secondary, Kind::UserGroup, spec.routing_group.name.as_str())
}

/// The address of the managed access group.
pub fn access_group(spec: &Spec) -> Address {
    Address::new(Org::Primary, Kind::UserGroup, spec.access_group_name())
}

/// Whether some people get the app through a group that fedctl keeps.
pub fn wants_access_group(spec: &Spec) -> bool {
    match &spec.app.access.value {
        Access::SourceGroups => !spec.people.emails.is_empty(),
        Access::Managed => true,
        Access::Group(_) => false,
    }
}

/// Whether this plan routes the members of the routing group, who are looked at just before.
pub(crate) fn is_checked(context: &Context<'_>) -> bool {
    context.assigns() || context.turns_on() || routing_policy::is_led_anew(context)
}

fn plan(context: &Context<'_>, plan: &mut Builder) {
    let (spec, found) = (context.spec, context.found);
    plan_group(context, plan, routing_group(spec), &found.routing_group, ObjectRole::RoutingGroup);
    if wants_access_group(spec) {
        plan_group(context, plan, access_group(spec), &found.access_group, ObjectRole::AccessGroup);
    }
    for group in found.source_groups.iter().chain(&found.app_group) {
        plan.know(Address::new(Org::Primary, Kind::UserGroup, group.name), group.id);
    }
    if is_checked(context) {
        plan.act(check_members(context));
    }
}

fn plan_group(context: &Context<'_>, plan: &mut Builder, address: Address, found: &Found<'_>, role: ObjectRole) {
    if let Some(refusal) = &found.refusal {
        plan.refuse(refusal.clone());
    }
    match found.group {
        Some((group, owned)) => {
            plan.know(address.clone(), group.id);
            if let Some(text) = owned.kept_name(&group.name, &address.name) {
                plan.note(address.clone(), text);
            }
            if let Some(text) = found.rule.and_then(|live| rule::said(context.spec, role, live)) {
                plan.note(address.clone(), text);
            }
            plan.actions.extend(replace(context.spec, &address, group, owned, role));
        }
        None if found.refusal.is_none() => plan.act(create(context, address.clone(), role)),
        None => {}
    }
    for proposed in &found.duplicates {
        let group = proposed.object;
        let other = Address::new(address.org, Kind::UserGroup, format!("{} [{}]", group.name, group.id));
        plan.know(other.clone(), group.id);
        if owned::is_copy(&group.description, context.spec, role) {
            plan.note(other, owned::COPY);
        } else {
            proposed.plan(plan, other, remove);
        }
    }
}

/// Gives a group that is there its mark and its name, and leaves everything else of it as it is.
fn replace(spec: &Spec, address: &Address, group: &Group, owned: Owned, role: ObjectRole) -> Option<Action> {
    let description = owned.description(spec, role, &group.description);
    let name = owned.name("name", &group.name, &address.name);
    let changes: Box<[Change]> = description.into_iter().chain(name).collect();
    if changes.is_empty() {
        return None;
    }
    let mut body = Whole { only: REPLACED, ..Whole::default() };
    for change in &changes {
        if let (Field::Key(key), Some(after)) = (&change.field, change.text()) {
            body = body.with(key, &after);
        }
    }
    let args: Box<[Arg]> = Box::new([Arg(address.clone())]);
    let (verb, because) = owned.verb();
    Some(Action {
        target: address.clone(),
        verb,
        because,
        changes,
        write: Write::One(Call { endpoint: &endpoint::REPLACE_GROUP, args: args.clone(), body: Some(body.body()) }),
        look: Some(Look { at: &ITSELF, args }),
        subject: Subject::Federation,
        spec: Some(line_of(spec, role)),
    })
}

fn line_of(spec: &Spec, role: ObjectRole) -> crate::spec::FieldPath {
    match role {
        ObjectRole::RoutingGroup => spec.routing_group.name.at.clone(),
        ObjectRole::AccessGroup | ObjectRole::App | ObjectRole::Policy => spec.app.access.at.clone(),
    }
}

fn create(context: &Context<'_>, address: Address, role: ObjectRole) -> Action {
    let spec = context.spec;
    let description = mark::line(spec.federation.as_str(), role, Origin::Created);
    let mut changes =
        vec![Change::new(Field::Key("name"), &*address.name), Change::new(Field::Key("description"), &*description)];
    let rule = rule::wanted(spec, role);
    let body = Body::json(&wire::Create {
        name: &address.name,
        description: &description,
        membership: rule.as_ref().map(|rule| rule.wire()),
    });
    let call = Call { endpoint: &endpoint::CREATE_GROUP, args: Box::new([]), body: Some(body) };
    let write = match &rule {
        None => Write::One(call),
        Some(rule) => {
            changes.push(Change::new(Field::Key("membershipMethod"), wire::BY_RULE));
            changes.push(Change::new(Field::Key("memberQuery.searchFilters"), rule.filters()));
            let forms = Box::new([Form::new("search", call)]);
            context.choose(RULE, forms)
        }
    };
    Action {
        changes: changes.into(),
        target: address,
        verb: Verb::Create,
        because: Because::MissingInLive,
        write,
        look: Some(Look { at: &LOOK, args: Box::new([]) }),
        subject: Subject::Federation,
        spec: Some(line_of(spec, role)),
    }
}

/// A second group with our mark that nobody uses: it came of a request that was thought lost.
fn remove(target: Address, group: &Group, confirmed: Confirmed<Duplicate>) -> Action {
    let args: Box<[Arg]> = Box::new([Arg(target.clone())]);
    Action {
        verb: Verb::Delete,
        because: Because::Duplicate,
        changes: Box::new([Change {
            field: Field::Key("description"),
            before: Some(group.description.clone()),
            after: None,
        }]),
        write: Write::One(endpoint::DELETE_GROUP.call(confirmed, args.clone())),
        look: Some(Look { at: &ITSELF, args }),
        target,
        subject: Subject::Federation,
        spec: None,
    }
}

fn check_members(context: &Context<'_>) -> Action {
    let target = routing_group(context.spec);
    Action {
        look: Some(Look { at: &MEMBERS, args: Box::new([Arg(target.clone())]) }),
        target,
        verb: Verb::Check,
        because: Because::Precondition,
        changes: Box::new([]),
        write: Write::Seen(Expect::OnlyPlannedMembers),
        subject: Subject::Federation,
        spec: None,
    }
}
