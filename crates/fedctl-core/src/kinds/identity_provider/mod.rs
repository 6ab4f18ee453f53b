//! The identity provider of the secondary organisation, of which there is at most one.

pub mod wire;

use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::kinds::context::{Builder, Context};
use crate::kinds::{KindOf, oidc_app};
use crate::plan::action::{
    After, Arg, Because, Call, Change, Choice, Expect, Field, Find, Form, Look, LookAt, Subject, Verb, Write,
};
use crate::plan::guard::{Guard, Refusal};
use crate::plan::hole::{Body, Give, Of};
use crate::plan::order::{Edge, End, Scope};
use crate::plan::{Action, Pair};
use crate::planted::planted;
use crate::spec::{AdoptObject, Spec};

/// This kind's line of the table.
pub static KIND: KindOf = KindOf { kind: Kind::IdentityProvider, rows: ROWS, plan };

static ROWS: &[Edge] = &[
    Edge {
        first: End(Org::Secondary, Kind::IdentityProvider, Verb::Create),
        then: End(Org::Secondary, Kind::GroupMember, Verb::Create),
        of: Scope::All,
        why: "nobody is routed to a provider that is not there",
    },
    Edge {
        first: End(Org::Secondary, Kind::IdentityProvider, Verb::Update),
        then: End(Org::Secondary, Kind::GroupMember, Verb::Create),
        of: Scope::All,
        why: "nobody is routed to a provider that leads nowhere",
    },
    Edge {
        first: End(Org::Secondary, Kind::IdentityProvider, Verb::Update),
        then: End(Org::Secondary, Kind::IdentityProvider, Verb::Check),
        of: Scope::All,
        why: "the provider is read back a second time",
    },
    Edge {
        first: End(Org::Secondary, Kind::IdentityProvider, Verb::Create),
        then: End(Org::Secondary, Kind::IdentityProvider, Verb::Check),
        of: Scope::All,
        why: "the provider is read back a second time",
    },
    Edge {
        first: End(Org::Secondary, Kind::IdentityProvider, Verb::Check),
        then: End(Org::Primary, Kind::OidcApp, Verb::Delete),
        of: Scope::All,
        why: "an app goes only when the provider leads to another one",
    },
    Edge {
        first: End(Org::Secondary, Kind::RoutingPolicy, Verb::Delete),
        then: End(Org::Secondary, Kind::IdentityProvider, Verb::Delete),
        of: Scope::All,
        why: "what sends people to the provider goes before it",
    },
    Edge {
        first: End(Org::Secondary, Kind::PasswordAuthority, Verb::Delete),
        then: End(Org::Secondary, Kind::IdentityProvider, Verb::Delete),
        of: Scope::All,
        why: "passwords that the provider decides about are given back before it goes",
    },
];

/// The question that the spelling of a replacement answers.
const UPDATE: Choice = Choice("identity-provider-update");

static LOOK: LookAt = LookAt {
    find: Find::Only,
    before: false,
    after: true,
    gives: &[(Give::Id, "/id")],
    write_only: &["oidc.clientSecret"],
    ..LookAt::object(&endpoint::LIST_PROVIDERS)
};

/// The same, looked at before, too.
pub(crate) static ITSELF: LookAt = LookAt { before: true, ..LOOK };

/// The address of the identity provider.
pub fn address(spec: &Spec) -> Address {
    Address::new(Org::Secondary, Kind::IdentityProvider, spec.identity_provider.name.as_str())
}

/// What the identity provider of the secondary organisation is to this federation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// There is none.
    None,
    /// It leads to our app.
    Ours,
    /// It is ours by all signs, and the app that it leads to is gone.
    Orphaned,
    /// It leads to the app that this plan takes over, and the spec does not take it over itself.
    NotAdopted,
    /// It is somebody else's.
    Foreign,
    /// The answer leaves out which app it leads to.
    Unread,
}

/// What it is. An app that is not of use is known to be gone only when every app was looked at.
pub(crate) fn state(context: &Context<'_>) -> State {
    let (app, Some(live)) = (&context.found.app, context.found.provider) else { return State::None };
    if app.has_client_id(live) {
        let is_adopted = !app.is_adopting() || context.spec.adopts(AdoptObject::IdentityProvider);
        return if is_adopted { State::Ours } else { State::NotAdopted };
    }
    if live.oidc.client_id.is_empty() {
        return State::Unread;
    }
    let policy = context.found.policy.itself();
    let is_used = policy.is_some_and(|policy| policy.provider == Some(live.id));
    let is_named = *live.name == *context.spec.identity_provider.name.as_str();
    let leads_to_us = same_url(&live.oidc.url, &context.terms.issuer);
    let is_orphaned = app.provider_has_no_app && leads_to_us && (is_used || is_named);
    if planted!(ForeignProviderTaken => true, is_orphaned) { State::Orphaned } else { State::Foreign }
}

/// Whether there is a provider of this federation when this plan is applied.
pub(crate) fn is_ours_after(context: &Context<'_>) -> bool {
    let has_app = context.found.app.refusal.is_none();
    has_app && matches!(state(context), State::None | State::Ours | State::Orphaned)
}

/// What is known about the secret that the two sides share.
pub(crate) fn pair(context: &Context<'_>) -> Pair {
    match state(context) {
        State::None => Pair::None,
        State::Orphaned => Pair::Broken,
        State::Ours => context.found.evidence.pair,
        State::NotAdopted | State::Foreign | State::Unread => Pair::Foreign,
    }
}

/// `[unknown]`: whether a final slash is kept.
pub(crate) fn same_url(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

fn plan(context: &Context<'_>, plan: &mut Builder) {
    let (target, state) = (address(context.spec), state(context));
    let has_app = context.found.app.refusal.is_none();
    if let (State::Ours | State::Orphaned, Some(live)) = (state, context.found.provider) {
        plan.know(target.clone(), live.id);
    }
    plan.pair(pair(context));
    match (state, context.found.provider) {
        (State::None, _) if has_app => plan.act(create(context)),
        (State::None, _) | (_, None) => {}
        (State::Ours, Some(live)) if oidc_app::rotates(context) => {
            plan.act(Action { because: Because::Rotated, ..replace(context, live) });
        }
        (State::Ours, Some(live)) => {
            said(context, plan, live);
        }
        (State::Orphaned, Some(live)) => {
            if has_app {
                plan.act(replace(context, live));
            }
        }
        (State::NotAdopted | State::Foreign, Some(live)) => plan.refuse(foreign(context, state, live)),
        (State::Unread, Some(live)) => plan.refuse(unread(context, live)),
    }
    // Also where none is seen: one that an earlier run sent may still come, and lead to an app that seems to be of no use.
    let is_in_use =
        !matches!(state, State::Foreign | State::Unread) && context.found.app.spared(context.found.provider).is_none();
    let is_changed = |old: &oidc_app::Old<'_>| oidc_app::changes(context, old);
    let is_any = context.found.app.superseded.iter().any(is_changed) || oidc_app::rotates(context);
    if is_any && has_app && is_in_use {
        plan.act(check(context));
    }
}

/// Differences that only a new secret could change ride on the next one.
fn said(context: &Context<'_>, plan: &mut Builder, live: &wire::Provider) {
    let target = address(context.spec);
    if *live.name != *target.name {
        plan.note(
            target.clone(),
            format!(
                "its name is `{}`; writing it takes the secret, so that is left until there is a new one",
                live.name
            ),
        );
    }
    if !same_url(&live.oidc.url, &context.terms.issuer) {
        plan.note(target, format!("its url is {}, not {}; that is left", live.oidc.url, context.terms.issuer));
    }
}

fn foreign(context: &Context<'_>, state: State, live: &wire::Provider) -> Refusal {
    let why = format!(
        "the organisation has an identity provider `{}` ({}) that is not ours, and can have only one",
        live.name, live.id
    );
    let is_adoptable = state == State::NotAdopted || context.found.app.adoptable.is_some();
    let way_out = if is_adoptable {
        "take it over with `adopt: {objects: [app, identity-provider]}`"
    } else if context.found.app.refusal.is_some() {
        "it goes with the app that it leads to: see what is said of that"
    } else {
        "remove it in the console if nobody signs in through it any more; this federation needs its place"
    };
    Refusal::new(Guard::Foreign, &address(context.spec), why, way_out)
}

/// Which app it leads to decides about everything else, so nothing is guessed.
fn unread(context: &Context<'_>, live: &wire::Provider) -> Refusal {
    let why = format!(
        "the answer leaves out `oidc.clientId` of the identity provider `{}` ({}), so nobody knows where it leads",
        live.name, live.id
    );
    let way_out = "see in the console which client id it has; an identity provider without one has to be removed there";
    Refusal::new(Guard::Foreign, &address(context.spec), why, way_out)
}

fn client_id(context: &Context<'_>, before: Option<&str>) -> Change {
    let app = oidc_app::target(context);
    let after = Some(After::Of(app, Give::ClientId));
    Change { field: Field::Key("oidc.clientId"), before: before.map(Box::from), after }
}

fn create_body<'b>(context: &Context<'_>, name: &'b str, url: &'b str) -> wire::Create<'b> {
    let app = oidc_app::target(context);
    let secret = oidc_app::secret_of(context);
    let oidc = wire::CreateOidc { client_id: Of::new(&app), client_secret: Of::new(&secret), url };
    wire::Create { name, oidc, kind: "OIDC" }
}

/// Points a provider whose app is gone at the new one, with the secret that was just proved.
fn replace(context: &Context<'_>, live: &wire::Provider) -> Action {
    let target = address(context.spec);
    let args: Box<[Arg]> = Box::new([Arg(target.clone())]);
    let mut changes = vec![
        client_id(context, Some(&live.oidc.client_id)),
        Change { field: Field::Key("oidc.clientSecret"), before: None, after: Some(After::Secret) },
    ];
    if *live.name != *target.name {
        changes.push(Change::of(Field::Key("name"), &*live.name, &*target.name));
    }
    Action {
        verb: Verb::Update,
        because: Because::Orphaned,
        changes: changes.into(),
        write: forms(context, &target, args),
        look: Some(Look { at: &ITSELF, args: Box::new([]) }),
        target,
        subject: Subject::Federation,
        spec: Some(context.spec.identity_provider.name.at.clone()),
    }
}

/// `[unknown]`: whether a replacement comes bare or in an envelope.
fn forms(context: &Context<'_>, target: &Address, args: Box<[Arg]>) -> Write {
    let bare = create_body(context, &target.name, &context.terms.issuer);
    let wrapped = wire::Wrapped { identity_provider: create_body(context, &target.name, &context.terms.issuer) };
    let call = |body| Call { endpoint: &endpoint::REPLACE_PROVIDER, args: args.clone(), body: Some(body) };
    let forms = [Form::new("bare", call(Body::json(&bare))), Form::new("wrapped", call(Body::json(&wrapped)))];
    context.choose(UPDATE, Box::new(forms))
}

fn create(context: &Context<'_>) -> Action {
    let target = address(context.spec);
    let body = Body::json(&create_body(context, &target.name, &context.terms.issuer));
    Action {
        verb: Verb::Create,
        because: Because::MissingInLive,
        changes: Box::new([
            Change::new(Field::Key("name"), &*target.name),
            Change::new(Field::Key("type"), "OIDC"),
            Change::new(Field::Key("oidc.url"), &*context.terms.issuer),
            client_id(context, None),
            Change { field: Field::Key("oidc.clientSecret"), before: None, after: Some(After::Secret) },
        ]),
        write: Write::One(Call { endpoint: &endpoint::CREATE_PROVIDER, args: Box::new([]), body: Some(body) }),
        look: Some(Look { at: &LOOK, args: Box::new([]) }),
        target,
        subject: Subject::Federation,
        spec: Some(context.spec.identity_provider.name.at.clone()),
    }
}

fn check(context: &Context<'_>) -> Action {
    Action {
        target: address(context.spec),
        verb: Verb::Check,
        because: Because::Precondition,
        changes: Box::new([client_id(context, None)]),
        write: Write::Seen(Expect::Holds),
        look: Some(Look { at: &LOOK, args: Box::new([]) }),
        subject: Subject::Federation,
        spec: None,
    }
}
