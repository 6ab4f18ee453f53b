//! The account of a person in the secondary organisation.

pub mod wire;

use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::kinds::KindOf;
use crate::kinds::context::{Builder, Context};
use crate::live::users::State;
use crate::live::{Confirmed, Left, TakenDown, User};
use crate::mark::{HowLeft, Origin, ROUTE_ATTRIBUTE, USER_ATTRIBUTE, UserMark};
use crate::people::Person;
use crate::people::follow::Rename;
use crate::people::leave::Take;
use crate::plan::Action;
use crate::plan::action::{After, Arg, Because, Call, Change, Field, Find, Look, LookAt, Subject, Verb, Write};
use crate::plan::hole::{Body, Give, Merge, Merged};
use crate::plan::order::{Edge, End, Scope};
use crate::planted::planted;
use crate::spec::{CopyField, FieldPath, Spec};

/// This kind's line of the table.
pub static KIND: KindOf = KindOf { kind: Kind::User, rows: ROWS, plan };

static ROWS: &[Edge] = &[
    Edge {
        first: End(Org::Secondary, Kind::User, Verb::Create),
        then: End(Org::Primary, Kind::UserMapping, Verb::Update),
        of: Scope::SamePerson,
        why: "a mapping never names an account that somebody else could still take",
    },
    Edge {
        first: End(Org::Secondary, Kind::User, Verb::Update),
        then: End(Org::Secondary, Kind::GroupMember, Verb::Create),
        of: Scope::SamePerson,
        why: "nobody is routed to an account that is not active",
    },
    Edge {
        first: End(Org::Secondary, Kind::User, Verb::Update),
        then: End(Org::Primary, Kind::GroupMember, Verb::Delete),
        of: Scope::SamePerson,
        why: "the mark says that fedctl took the app from somebody before it takes it, or they could not come back",
    },
    Edge {
        first: End(Org::Secondary, Kind::User, Verb::Update),
        then: End(Org::Secondary, Kind::User, Verb::Adopt),
        of: Scope::SamePerson,
        why: "who is back has an active account before the mark forgets that fedctl suspended it",
    },
    Edge {
        first: End(Org::Primary, Kind::GroupMember, Verb::Create),
        then: End(Org::Secondary, Kind::User, Verb::Adopt),
        of: Scope::SamePerson,
        why: "who is back may use the app before the mark forgets that fedctl took it",
    },
    Edge {
        first: End(Org::Primary, Kind::UserMapping, Verb::Update),
        then: End(Org::Secondary, Kind::User, Verb::Adopt),
        of: Scope::SamePerson,
        why: "an account that is marked and not routed was taken out by somebody, so the mark comes last",
    },
    Edge {
        first: End(Org::Secondary, Kind::GroupMember, Verb::Create),
        then: End(Org::Secondary, Kind::User, Verb::Adopt),
        of: Scope::SamePerson,
        why: "an account that is marked and not routed was taken out by somebody, so the mark comes last",
    },
];

static CREATED: LookAt = LookAt {
    find: Find::Marked { by: &["email"] },
    before: false,
    gives: &[(Give::Id, "/_id")],
    ..LookAt::object(&endpoint::SEARCH_USERS)
};

/// An account of a run that did not end: somebody may have changed it since.
static OLD: LookAt = LookAt { before: true, ..NEW };

/// An account that goes: the answer to the call is the account as it was.
static GOING: LookAt = LookAt { after: true, ..LookAt::object(&endpoint::GET_USER) };

/// An account that this plan makes.
static NEW: LookAt = LookAt { before: false, after: true, ..LookAt::object(&endpoint::GET_USER) };

/// The address of somebody's account.
pub fn address(person: &Person<'_>) -> Address {
    Address::new(Org::Secondary, Kind::User, person.account.clone())
}

/// The address of an account that is there.
pub(crate) fn address_of(account: &User) -> Address {
    Address::new(Org::Secondary, Kind::User, &*account.email)
}

fn plan(context: &Context<'_>, plan: &mut Builder) {
    plan_leavers(context, plan);
    for person in &context.people.list {
        if let Some(live) = person.live {
            plan.know(address(person), live.id);
        }
    }
    for (subject, person) in context.active() {
        match person.live {
            None => {
                plan.act(create(context.spec, subject, person));
                plan.act(activate(subject, person, ("STAGED", &NEW), Because::NextStep));
            }
            Some(live) => {
                if live.state == State::Staged && person.origin == Some(Origin::Created) {
                    plan.act(activate(subject, person, ("STAGED", &OLD), Because::HalfMade));
                }
                if live.state == State::Suspended && planted!(Unsuspends => true, person.returns()) {
                    let because = planted!(Unsuspends => Because::HalfMade, Because::Returned);
                    plan.act(activate(subject, person, ("SUSPENDED", &OLD), because));
                }
                if let Some(to) = &person.renames {
                    plan.act(rename(context.spec, subject, person, to));
                }
                if person.origin == Some(Origin::Created) {
                    plan_copies(context.spec, plan, subject, person, live);
                }
                if context.is_routed_after(person) || !person.takes_over {
                    plan.actions.extend(mark(context.spec, subject, person, live));
                }
            }
        }
    }
}

fn copies<'a>(spec: &'a Spec, user: &'a User) -> impl Iterator<Item = (usize, &'static str, &'a str)> {
    spec.people.copy.iter().map(|field| match field.value {
        CopyField::FirstName => (0, "firstname", &*user.names[0]),
        CopyField::LastName => (1, "lastname", &*user.names[1]),
        CopyField::DisplayName => (2, "displayname", &*user.names[2]),
    })
}

fn create(spec: &Spec, subject: Subject, person: &Person<'_>) -> Action {
    let mark = wanted_mark(spec, person, Origin::Created, "").to_string();
    let names: Vec<_> = copies(spec, person.user).filter(|(_, _, name)| !name.is_empty()).collect();
    let attribute = spec.people.mapping.attribute.as_str();
    let body = wire::Create {
        email: &person.account,
        username: &person.username,
        state: planted!(BornActive => "ACTIVATED", "STAGED"),
        names: wire::Names::of(&names),
        attributes: [
            wire::Attribute { name: attribute, value: &person.account },
            wire::Attribute { name: planted!(MarkForgotten => "note", USER_ATTRIBUTE), value: &mark },
        ],
    };
    let mut changes = vec![
        Change::new(Field::Key("email"), &*person.account),
        Change::new(Field::Key("username"), &*person.username),
        Change::new(Field::Key("state"), "STAGED"),
    ];
    changes.extend(names.iter().map(|(_, field, name)| Change::new(Field::Key(field), *name)));
    changes.push(Change::new(attribute_field(attribute), &*person.account));
    changes.push(Change::new(attribute_field(USER_ATTRIBUTE), mark.as_str()));
    Action {
        target: address(person),
        verb: Verb::Create,
        because: Because::MissingInLive,
        changes: changes.into(),
        write: Write::One(Call { endpoint: &endpoint::CREATE_USER, args: Box::new([]), body: Some(Body::json(&body)) }),
        look: Some(Look { at: &CREATED, args: Box::new([]) }),
        subject,
        spec: None,
    }
}

fn wanted_mark(spec: &Spec, person: &Person<'_>, origin: Origin, rest: &str) -> UserMark {
    UserMark { federation: spec.federation.as_str().into(), person: person.user.id, origin, rest: rest.into() }
}

/// Marks an account that is taken over, or that carries the name that the federation had before.
fn mark(spec: &Spec, subject: Subject, person: &Person<'_>, live: &User) -> Option<Action> {
    let before = live.mark.as_ref();
    let origin = person.origin?;
    let rest = before.filter(|_| !person.returns()).map(|mark| &*mark.rest).unwrap_or_default();
    let after = wanted_mark(spec, person, origin, rest);
    if before == Some(&after) {
        return None;
    }
    let (verb, because, at) = match before {
        Some(_) if person.returns() => (Verb::Adopt, Because::Returned, None),
        None => (Verb::Adopt, Because::Adopted, adopting_line(spec, person)),
        Some(_) => (Verb::Update, Because::Renamed, spec.formerly.first().map(|name| name.at.clone())),
    };
    Some(Action { verb, because, spec: at, ..write_mark(subject, live, &after) })
}

/// Gives an account another mark.
fn write_mark(subject: Subject, live: &User, after: &UserMark) -> Action {
    let (before, after) = (live.mark.as_ref().map(|mark| mark.to_string().into()), after.to_string());
    let target = address_of(live);
    let set = [wire::Attribute { name: USER_ATTRIBUTE, value: &after }];
    let body = wire::Marked { attributes: Merged(Merge::of("attributes", "name", &set)) };
    let args: Box<[Arg]> = Box::new([Arg(target.clone())]);
    Action {
        target,
        verb: Verb::Update,
        because: Because::Left,
        changes: Box::new([Change { before, ..Change::new(attribute_field(USER_ATTRIBUTE), &*after) }]),
        write: Write::One(Call { endpoint: &endpoint::UPDATE_USER, args: args.clone(), body: Some(Body::json(&body)) }),
        look: Some(Look { at: &OLD, args }),
        subject,
        spec: None,
    }
}

fn plan_leavers(context: &Context<'_>, plan: &mut Builder) {
    let line = || Some(context.spec.people.on_leave.at.clone());
    for (subject, leaver, takes, confirmed) in context.leaving() {
        plan.know(address_of(leaver.account), leaver.account.id);
        let marked = |how| leaver.marked(context.spec, how, context.as_of());
        if takes.contains(&Take::Suspend) {
            let marked = marked(HowLeft::Suspended);
            plan.act(Action { spec: line(), ..suspend(subject, leaver.account, &marked, confirmed) });
        }
        if takes.contains(&Take::Mark) {
            plan.act(Action { spec: line(), ..write_mark(subject, leaver.account, &marked(HowLeft::Released)) });
        }
        if takes.contains(&Take::Delete) {
            plan.act(Action { spec: line(), ..delete(subject, leaver.account, confirmed) });
        }
    }
}

/// Suspends the account of somebody who left, and says in the same write that it was us: what a human suspends stays so.
fn suspend(subject: Subject, live: &User, marked: &UserMark, confirmed: Confirmed<Left>) -> Action {
    let action = write_mark(subject, live, marked);
    let value = marked.to_string();
    let set = [wire::Attribute { name: USER_ATTRIBUTE, value: &value }];
    let body = Body::json(&wire::Suspend::of(confirmed, Merged(Merge::of("attributes", "name", &set))));
    let args: Box<[Arg]> = Box::new([Arg(action.target.clone())]);
    let state = Change::of(Field::Key("state"), "ACTIVATED", "SUSPENDED");
    Action {
        changes: std::iter::once(state).chain(action.changes).collect(),
        write: Write::One(Call { endpoint: &endpoint::UPDATE_USER, args, body: Some(body) }),
        ..action
    }
}

/// Deletes the account of somebody who left long ago, as long as it is suspended and its mark says that it was us.
fn delete(subject: Subject, live: &User, confirmed: Confirmed<Left>) -> Action {
    let target = address_of(live);
    let args: Box<[Arg]> = Box::new([Arg(target.clone())]);
    let mark = live.mark.as_ref().map(|mark| mark.to_string().into());
    let gone = |field, before| Change { field, before, after: None };
    Action {
        target,
        verb: Verb::Delete,
        because: Because::Left,
        changes: Box::new([
            gone(Field::Key("state"), Some("SUSPENDED".into())),
            gone(attribute_field(USER_ATTRIBUTE), mark),
        ]),
        write: Write::One(endpoint::DELETE_USER.call(confirmed, args.clone())),
        look: Some(Look { at: &GOING, args }),
        subject,
        spec: None,
    }
}

/// Takes from an account what fedctl put on it, in one write: `marked` is what its mark says then, nothing where it goes; and
/// suspends it where `shut` says so.
pub(crate) fn take_down(
    subject: Subject,
    live: &User,
    (marked, shut): (Option<&UserMark>, bool),
    confirmed: Confirmed<TakenDown>,
) -> Action {
    let before = live.mark.as_ref().map(|mark| mark.to_string().into());
    let after = marked.map(ToString::to_string);
    let set = after.as_deref().map(|value| wire::Attribute { name: USER_ATTRIBUTE, value });
    let mut drop: Vec<&str> = Vec::new();
    drop.extend(live.route.is_some().then_some(ROUTE_ATTRIBUTE));
    drop.extend(after.is_none().then_some(USER_ATTRIBUTE));
    let mut changes = Vec::new();
    if shut {
        changes.push(Change::of(Field::Key("state"), "ACTIVATED", "SUSPENDED"));
    }
    let mark = after.as_deref().map(|after| After::Text(after.into()));
    changes.push(Change { field: attribute_field(USER_ATTRIBUTE), before, after: mark });
    if live.route.is_some() {
        changes.push(Change { field: attribute_field(ROUTE_ATTRIBUTE), before: live.route.clone(), after: None });
    }
    let merged = || Merged(Merge::of("attributes", "name", set.as_slice()).without(confirmed, &drop));
    let body = if shut {
        Body::json(&wire::Suspend::of(confirmed, merged()))
    } else {
        Body::json(&wire::Marked { attributes: merged() })
    };
    let args: Box<[Arg]> = Box::new([Arg(address_of(live))]);
    Action {
        target: address_of(live),
        verb: Verb::Delete,
        because: Because::TakenDown,
        changes: changes.into(),
        write: Write::One(Call { endpoint: &endpoint::UPDATE_USER, args: args.clone(), body: Some(body) }),
        look: Some(Look { at: &OLD, args }),
        subject,
        spec: None,
    }
}

fn adopting_line(spec: &Spec, person: &Person<'_>) -> Option<FieldPath> {
    let line = spec.adopt.people.iter().find(|one| one.as_str() == &*person.user.email);
    line.map(|line| line.at.clone())
}

/// A custom attribute by its name.
pub(crate) fn attribute_field(name: &str) -> Field {
    Field::Entry { list: "attributes", by: "name", key: name.into(), value: "value" }
}

/// From this state to ACTIVATED without a mail (invariant I12). `[unknown]` whether the call takes somebody who is suspended;
/// the other one that could do it does not say that it sends no mail.
fn activate(
    subject: Subject,
    person: &Person<'_>,
    (before, look): (&'static str, &'static LookAt),
    because: Because,
) -> Action {
    let target = address(person);
    Action {
        verb: Verb::Update,
        because,
        changes: Box::new([Change::of(Field::Key("state"), before, "ACTIVATED")]),
        write: Write::One(Call {
            endpoint: &endpoint::ACTIVATE_USER,
            args: Box::new([Arg(target.clone())]),
            body: Some(Body::json(&wire::Activate { email: planted!(MailsPeople => true, false) })),
        }),
        look: Some(Look { at: look, args: Box::new([Arg(target.clone())]) }),
        target,
        subject,
        spec: None,
    }
}

/// Gives an account the address and the username that the spec gives its person now. `[unknown]` whether the service tells
/// anybody by mail.
fn rename(spec: &Spec, subject: Subject, person: &Person<'_>, to: &Rename) -> Action {
    let target = address(person);
    let email = Some(&*to.email).filter(|email| **email != *person.account);
    let username = Some(&*to.username).filter(|username| **username != *person.username);
    let changes = [("email", &person.account, email), ("username", &person.username, username)];
    let changes =
        changes.into_iter().filter_map(|(key, before, after)| Some(Change::of(Field::Key(key), &**before, after?)));
    let args: Box<[Arg]> = Box::new([Arg(target.clone())]);
    let body = Body::json(&wire::Rename { email, username });
    Action {
        verb: Verb::Update,
        because: Because::Differs,
        changes: changes.collect(),
        write: Write::One(Call { endpoint: &endpoint::UPDATE_USER, args: args.clone(), body: Some(body) }),
        look: Some(Look { at: &OLD, args }),
        target,
        subject,
        spec: Some(spec.people.mapping.on_email_change.at.clone()),
    }
}

fn plan_copies(spec: &Spec, plan: &mut Builder, subject: Subject, person: &Person<'_>, live: &User) {
    let differ: Vec<_> =
        copies(spec, person.user).filter(|(at, _, name)| !name.is_empty() && *live.names[*at] != **name).collect();
    if differ.is_empty() {
        return;
    }
    let target = address(person);
    let changes = differ.iter().map(|(at, field, name)| Change::of(Field::Key(field), &*live.names[*at], *name));
    plan.act(Action {
        verb: Verb::Update,
        because: Because::Differs,
        changes: changes.collect(),
        write: Write::One(Call {
            endpoint: &endpoint::UPDATE_USER,
            args: Box::new([Arg(target.clone())]),
            body: Some(Body::json(&wire::Names::of(&differ))),
        }),
        look: Some(Look { at: &OLD, args: Box::new([Arg(target.clone())]) }),
        target,
        subject,
        spec: Some(spec.people.copy.first().map_or_else(Default::default, |field| field.at.clone())),
    });
}
