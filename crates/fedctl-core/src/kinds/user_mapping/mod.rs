//! The custom attribute of a primary user that says which secondary account opens.
//!
//! Its address has the id of the primary user, whose whole `attributes` array every write replaces: foreign entries are
//! kept through a live hole.

use serde::Serialize;

use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::kinds::KindOf;
use crate::kinds::context::{Builder, Context};
use crate::kinds::user::attribute_field;
use crate::live::{Confirmed, User};
use crate::people::Person;
use crate::people::leave::Take;
use crate::plan::Action;
use crate::plan::action::{Arg, Because, Call, Change, Expect, Look, LookAt, Subject, Verb, Write};
use crate::plan::hole::{Body, Merge, Merged};
use crate::plan::order::{Edge, End, Scope};
use crate::spec::Spec;

/// This kind's line of the table.
pub static KIND: KindOf = KindOf { kind: Kind::UserMapping, rows: ROWS, plan };

static ROWS: &[Edge] = &[
    Edge {
        first: End(Org::Primary, Kind::UserMapping, Verb::Update),
        then: End(Org::Secondary, Kind::GroupMember, Verb::Create),
        of: Scope::SamePerson,
        why: "nobody is routed whose claim would open nothing",
    },
    Edge {
        first: End(Org::Primary, Kind::UserMapping, Verb::Delete),
        then: End(Org::Primary, Kind::OidcApp, Verb::Update),
        of: Scope::All,
        why: "who left loses the attribute before what nobody could sign in through is set right",
    },
    Edge {
        first: End(Org::Primary, Kind::UserMapping, Verb::Delete),
        then: End(Org::Primary, Kind::AppAccess, Verb::Create),
        of: Scope::All,
        why: "who left loses the attribute before what nobody could sign in through is set right",
    },
    Edge {
        first: End(Org::Secondary, Kind::RoutingPolicy, Verb::Delete),
        then: End(Org::Primary, Kind::UserMapping, Verb::Delete),
        of: Scope::All,
        why: "whoever has a password of their own is not routed any more when their attribute goes",
    },
];

/// Every federation of one primary organisation writes the same array of its users.
static LOOK: LookAt = LookAt { contested: true, ..LookAt::object(&endpoint::GET_USER) };

static SEEN: LookAt = LookAt::object(&endpoint::GET_USER);

#[derive(Serialize)]
struct Update<'a> {
    attributes: Merged<'a, Attribute<'a>>,
}

#[derive(Serialize)]
struct Attribute<'a> {
    name: &'a str,
    value: &'a str,
}

/// The address of somebody's mapping.
pub fn address(person: &Person<'_>) -> Address {
    Address::new(Org::Primary, Kind::UserMapping, &*person.user.email)
}

/// The address of the mapping of a user of the primary organisation.
pub(crate) fn address_of(user: &User) -> Address {
    Address::new(Org::Primary, Kind::UserMapping, &*user.email)
}

fn plan(context: &Context<'_>, plan: &mut Builder) {
    for person in &context.people.list {
        plan.know(address(person), person.user.id);
    }
    plan_leavers(context, plan);
    let attribute = context.spec.people.mapping.attribute.as_str();
    for (subject, person) in context.active() {
        let now = person.user.mapping.as_deref();
        if !person.is_mapped() {
            if now == Some(&*person.account) {
                plan.act(check(attribute, subject, person));
            }
            plan.act(update(attribute, subject, person));
        }
    }
}

fn plan_leavers(context: &Context<'_>, plan: &mut Builder) {
    for (subject, leaver, takes, confirmed) in context.leaving() {
        let Some(user) = leaver.user else { continue };
        plan.know(address_of(user), user.id);
        if takes.contains(&Take::Mapping) {
            let line = Some(context.spec.people.on_leave.at.clone());
            plan.act(Action { spec: line, ..drop_of(context.spec, subject, user, confirmed) });
        }
    }
}

/// Takes the attribute from somebody.
pub(crate) fn drop_of<R>(spec: &Spec, subject: Subject, user: &User, confirmed: Confirmed<R>) -> Action {
    let attribute = spec.people.mapping.attribute.as_str();
    let drop = [attribute];
    let merge = Merge::<Attribute<'_>>::of("attributes", "name", &[]).without(confirmed, &drop);
    let args: Box<[Arg]> = Box::new([Arg(address_of(user))]);
    let body = Body::json(&Update { attributes: Merged(merge) });
    Action {
        target: address_of(user),
        verb: Verb::Delete,
        because: Because::Left,
        changes: Box::new([Change { field: attribute_field(attribute), before: user.mapping.clone(), after: None }]),
        write: Write::One(Call { endpoint: &endpoint::UPDATE_USER, args: args.clone(), body: Some(body) }),
        look: Some(Look { at: &LOOK, args }),
        subject,
        spec: None,
    }
}

/// Before the account gets another address: that the attribute can be read, and names the one it has.
fn check(attribute: &str, subject: Subject, person: &Person<'_>) -> Action {
    let target = address(person);
    let now = &*person.account;
    Action {
        verb: Verb::Check,
        because: Because::Precondition,
        changes: Box::new([Change::of(attribute_field(attribute), now, now)]),
        write: Write::Seen(Expect::Still),
        look: Some(Look { at: &SEEN, args: Box::new([Arg(target.clone())]) }),
        target,
        subject,
        spec: None,
    }
}

fn update(attribute: &str, subject: Subject, person: &Person<'_>) -> Action {
    let target = address(person);
    let before = person.user.mapping.clone();
    let because = if before.is_none() { Because::MissingInLive } else { Because::Differs };
    let after = &**person.address_after();
    let set = [Attribute { name: attribute, value: after }];
    let body = Body::json(&Update { attributes: Merged(Merge::of("attributes", "name", &set)) });
    Action {
        verb: Verb::Update,
        because,
        changes: Box::new([Change { before, ..Change::new(attribute_field(attribute), after) }]),
        write: Write::One(Call {
            endpoint: &endpoint::UPDATE_USER,
            args: Box::new([Arg(target.clone())]),
            body: Some(body),
        }),
        look: Some(Look { at: &LOOK, args: Box::new([Arg(target.clone())]) }),
        target,
        subject,
        spec: None,
    }
}
