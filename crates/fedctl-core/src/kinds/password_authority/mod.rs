//! Who decides about the password of a secondary account: the identity provider, once everything else works.

use serde::Serialize;

use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::kinds::context::{Builder, Context};
use crate::kinds::{KindOf, identity_provider, routing_policy, user, user_group};
use crate::live::{Confirmed, GivenBack, Left, User};
use crate::mark::Origin;
use crate::people::Person;
use crate::people::leave::{FEDERATED, Leaver, Take};
use crate::plan::Action;
use crate::plan::action::{
    After, Arg, Because, Call, Change, Choice, Expect, Field, Form, Look, LookAt, Subject, Verb, Write,
};
use crate::plan::hole::{Body, Give, Id, Merge, Merged, Of};
use crate::plan::order::{Edge, End, Scope};
use crate::spec::{PasswordAuthority, Spec};

/// This kind's line of the table.
pub static KIND: KindOf = KindOf { kind: Kind::PasswordAuthority, rows: ROWS, plan };

static ROWS: &[Edge] = &[
    Edge {
        first: End(Org::Secondary, Kind::GroupMember, Verb::Create),
        then: End(Org::Secondary, Kind::PasswordAuthority, Verb::Check),
        of: Scope::Ended,
        why: "the members are looked at when everybody who joins has joined",
    },
    Edge {
        first: End(Org::Secondary, Kind::PasswordAuthority, Verb::Check),
        then: End(Org::Secondary, Kind::PasswordAuthority, Verb::Update),
        of: Scope::Seen,
        why: "only who was just seen in the routing group gives up a local password",
    },
    Edge {
        first: End(Org::Primary, Kind::UserMapping, Verb::Update),
        then: End(Org::Secondary, Kind::PasswordAuthority, Verb::Update),
        of: Scope::SamePerson,
        why: "nobody gives up a local password whose claim would open nothing",
    },
    Edge {
        first: End(Org::Secondary, Kind::User, Verb::Adopt),
        then: End(Org::Secondary, Kind::PasswordAuthority, Verb::Update),
        of: Scope::SamePerson,
        why: "who decides about a password changes only where the account is marked",
    },
    Edge {
        first: End(Org::Secondary, Kind::User, Verb::Update),
        then: End(Org::Secondary, Kind::PasswordAuthority, Verb::Check),
        of: Scope::Ended,
        why: "who comes into the group by a rule does so when the account is there",
    },
    Edge {
        first: End(Org::Primary, Kind::AppAccess, Verb::Create),
        then: End(Org::Secondary, Kind::PasswordAuthority, Verb::Check),
        of: Scope::All,
        why: "nobody gives up a local password who may not use the app",
    },
    Edge {
        first: End(Org::Primary, Kind::OidcApp, Verb::Update),
        then: End(Org::Secondary, Kind::PasswordAuthority, Verb::Check),
        of: Scope::All,
        why: "nobody gives up a local password before the app is as it must be",
    },
];

static LOOK: LookAt = LookAt::object(&endpoint::GET_USER);

#[derive(Serialize)]
struct Update<'a> {
    #[serde(rename = "restrictedFields")]
    restricted_fields: Merged<'a, Restricted>,
}

#[derive(Serialize)]
struct Restricted {
    field: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Of<Id>>,
}

fn plan(context: &Context<'_>, plan: &mut Builder) {
    for (subject, person) in context.active() {
        // What is taken over is changed only with its mark, which waits for its person to be routed.
        let is_ours = context.is_routed_after(person) || !person.takes_over;
        let Some(live) = person.live.filter(|_| is_ours) else { continue };
        match person.gives_back {
            Some(Ok(confirmed)) => plan.act(clear(context, subject, person, live, confirmed)),
            Some(Err(doubt)) => {
                plan.note(address(person), format!("it is not given back now: {}", doubt.as_str()));
            }
            None => {}
        }
    }
    for (subject, leaver, takes, confirmed) in context.leaving() {
        if takes.contains(&Take::Authority) {
            plan.act(release(context, subject, leaver, confirmed));
        }
    }
    if !context.routes_after() || routing_policy::turns_off(context) {
        return;
    }
    let mut wanted = Vec::new();
    let is_wanted =
        |person: &Person<'_>| rule_for(context, person) == PasswordAuthority::Federated && !context.stays_out(person);
    for (subject, person) in context.active().filter(|(_, person)| is_wanted(person)) {
        match now(context, person) {
            Now::Ours => {}
            Now::Free => wanted.push(update(context, subject, person)),
            Now::Left(text) => plan.note(address(person), text),
            Now::Waits(text) => plan.wait(address(person), text),
        }
    }
    if !wanted.is_empty() {
        plan.act(check(context));
        wanted.into_iter().for_each(|action| plan.act(action));
    }
}

fn rule_for(context: &Context<'_>, person: &Person<'_>) -> PasswordAuthority {
    rule_of(context.spec, person.origin)
}

fn rule_of(spec: &Spec, origin: Option<Origin>) -> PasswordAuthority {
    let rule = spec.people.password_authority.value;
    match origin {
        None | Some(Origin::Created) => rule.created,
        Some(Origin::Adopted) => rule.adopted,
    }
}

/// Whether the spec gives somebody the password of their account back. Only what the identity provider decides about is given
/// back.
pub(crate) fn gives_back(spec: &Spec, person: &Person<'_>, live: &User) -> bool {
    let is_federated = live.authority.as_ref().is_some_and(|authority| &*authority.kind == FEDERATED);
    is_federated && rule_of(spec, person.origin) == PasswordAuthority::None
}

/// Gives the password back to the organisation.
fn clear(
    context: &Context<'_>,
    subject: Subject,
    person: &Person<'_>,
    live: &User,
    confirmed: Confirmed<GivenBack>,
) -> Action {
    let at = context.spec.people.password_authority.at.clone();
    let action = give_back(live, confirmed, Verb::Update);
    Action { because: Because::Differs, subject, spec: Some(at), target: address(person), ..action }
}

/// The same for an account that was taken over and whose person left.
fn release(context: &Context<'_>, subject: Subject, leaver: &Leaver<'_>, confirmed: Confirmed<Left>) -> Action {
    let at = context.spec.people.on_leave.at.clone();
    Action { subject, spec: Some(at), ..give_back(leaver.account, confirmed, Verb::Delete) }
}

/// Gives the password of an account back to the organisation.
pub(crate) fn give_back<R>(live: &User, confirmed: Confirmed<R>, verb: Verb) -> Action {
    let merge = Merge::<Restricted>::of("restrictedFields", "field", &[]).without(confirmed, &["password"]);
    let args: Box<[Arg]> = Box::new([Arg(user::address_of(live))]);
    let before = live.authority.as_ref().map(|authority| authority.kind.clone());
    Action {
        target: Address::new(Org::Secondary, Kind::PasswordAuthority, &*live.email),
        verb,
        because: Because::Left,
        changes: Box::new([Change { field: field("type"), before, after: None }]),
        write: Write::One(Call {
            endpoint: &endpoint::UPDATE_USER,
            args: args.clone(),
            body: Some(Body::json(&Update { restricted_fields: Merged(merge) })),
        }),
        look: Some(Look { at: &LOOK, args }),
        subject: Subject::Federation,
        spec: None,
    }
}

fn field(value: &'static str) -> Field {
    Field::Entry { list: "restrictedFields", by: "field", key: "password".into(), value }
}

enum Now {
    Ours,
    Free,
    Left(String),
    Waits(&'static str),
}

/// Who decides now, and whether that may change.
fn now(context: &Context<'_>, person: &Person<'_>) -> Now {
    let protected = context.protects(Some(&person.account), person.live, Some(person.user));
    let protected = protected
        .map(|why| Now::Left(format!("who decides about its password stays as it is, for it is protected: {why}")));
    let Some(live) = person.live else { return protected.unwrap_or(Now::Free) };
    match &live.authority {
        Some(authority) if &*authority.kind == FEDERATED => {
            let provider = context.found.provider.map(|provider| provider.id);
            if authority.id == provider || authority.id.is_none() { Now::Ours } else { Now::Free }
        }
        Some(authority) => Now::Left(format!("its password belongs to {}, and that stays", authority.kind)),
        None if !live.says_authority => Now::Left(
            "the answer leaves out `restrictedFields`, so nobody knows who decides about its password; that stays"
                .to_owned(),
        ),
        None if live.has_password && !context.has_signed_in(person) => {
            Now::Waits("it has a local password, which stays until one sign-in through the federation was seen")
        }
        // Taking away a password that there is refuses the plan.
        None if live.has_password => Now::Free,
        None => protected.unwrap_or(Now::Free),
    }
}

fn address(person: &Person<'_>) -> Address {
    Address::new(Org::Secondary, Kind::PasswordAuthority, person.account.clone())
}

/// The question whether the authority names the provider.
const ID: Choice = Choice("password-authority-id");

fn update(context: &Context<'_>, subject: Subject, person: &Person<'_>) -> Action {
    let before = person.live.and_then(|live| live.authority.as_ref());
    let args: Box<[Arg]> = Box::new([Arg(user::address(person))]);
    let old_id = before.and_then(|authority| authority.id).map(|id| Box::from(id.to_string()));
    let provider = identity_provider::address(context.spec);
    let kind =
        Change { before: before.map(|authority| authority.kind.clone()), ..Change::new(field("type"), FEDERATED) };
    let id = |after| Change { field: field("id"), before: old_id.clone(), after };
    let call = |id| Call { endpoint: &endpoint::UPDATE_USER, args: args.clone(), body: Some(federated(id)) };
    let mut without_id = vec![kind.clone()];
    without_id.extend(old_id.is_some().then(|| id(None)));
    let forms = [
        Form::new("with-id", call(Some(Of::new(&provider)))),
        Form { changes: Some(without_id.into()), ..Form::new("without-id", call(None)) },
    ];
    Action {
        target: address(person),
        verb: Verb::Update,
        because: match before {
            Some(_) => Because::Differs,
            None if person.live.is_some_and(|live| live.has_password) => Because::SignedIn,
            None => Because::MissingInLive,
        },
        changes: Box::new([kind, id(Some(After::Of(provider, Give::Id)))]),
        write: context.choose(ID, Box::new(forms)),
        look: Some(Look { at: &LOOK, args }),
        subject,
        spec: None,
    }
}

/// `[unknown]`: whether the entry takes, or wants, the id of the provider.
fn federated(id: Option<Of<Id>>) -> Body {
    let set = [Restricted { field: "password", kind: FEDERATED, id }];
    let merge = Merge::of("restrictedFields", "field", &set);
    Body::json(&Update { restricted_fields: Merged(merge) })
}

fn check(context: &Context<'_>) -> Action {
    let group = user_group::routing_group(context.spec);
    Action {
        target: Address::new(Org::Secondary, Kind::PasswordAuthority, format!("members of {}", group.name)),
        verb: Verb::Check,
        because: Because::Precondition,
        changes: Box::new([]),
        write: Write::Seen(Expect::Members),
        look: Some(Look { at: &user_group::MEMBERS, args: Box::new([Arg(group)]) }),
        subject: Subject::Federation,
        spec: Some(context.spec.people.password_authority.at.clone()),
    }
}
