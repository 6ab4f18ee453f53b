//! The custom OIDC app of the primary organisation: the app, then its settings, whose first answer alone holds the secret.

mod find;
mod repair;
mod rotate;
pub mod wire;

use std::sync::Arc;

use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::escrow;
use crate::kinds::context::{Builder, Context, Terms};
use crate::kinds::{KindOf, client_secret};
use crate::live::{Confirmed, Superseded};
use crate::mark::{self, ObjectRole, Origin};
use crate::plan::Action;
use crate::plan::action::{
    Arg, Because, Call, Change, Choice, Field, Find, Form, Look, LookAt, Subject, Then, Verb, Write,
};
use crate::plan::hole::{Body, FormValue, Give, raw};
use crate::plan::order::{Edge, End, Scope};
use crate::spec::Spec;
use wire::{App, Claim, Source};

pub(crate) use find::find;
pub use find::{Found, Old};
pub(crate) use repair::{BEYOND, REPLACED, other_attribute, works};
pub use rotate::{InUse, in_use};
pub(crate) use rotate::{changes, rotates, target};

/// This kind's line of the table.
pub static KIND: KindOf = KindOf { kind: Kind::OidcApp, rows: ROWS, plan };

static ROWS: &[Edge] = &[
    Edge {
        first: End(Org::Primary, Kind::OidcApp, Verb::Update),
        then: End(Org::Primary, Kind::OidcApp, Verb::Check),
        of: Scope::All,
        why: "the secret is tried at the token endpoint as soon as it is there",
    },
    Edge {
        first: End(Org::Primary, Kind::OidcApp, Verb::Check),
        then: End(Org::Secondary, Kind::IdentityProvider, Verb::Create),
        of: Scope::All,
        why: "the provider is written only with a secret that was just proved",
    },
    Edge {
        first: End(Org::Primary, Kind::OidcApp, Verb::Check),
        then: End(Org::Secondary, Kind::IdentityProvider, Verb::Update),
        of: Scope::All,
        why: "the provider is written only with a secret that was just proved",
    },
    Edge {
        first: End(Org::Primary, Kind::UserMapping, Verb::Update),
        then: End(Org::Primary, Kind::OidcApp, Verb::Update),
        of: Scope::Ended,
        why: "everybody has the attribute before the app takes the claim from it",
    },
    Edge {
        first: End(Org::Primary, Kind::OidcApp, Verb::Update),
        then: End(Org::Secondary, Kind::GroupMember, Verb::Create),
        of: Scope::All,
        why: "nobody is routed through an app that is not as it must be",
    },
];

/// What is said where a new secret is wanted and not made.
const WAITS: &str = "the spec wants a new app with a new secret (`app.generation`); that waits until this one is ours, active, \
                     and the identity provider leads to it";

/// The question that the place of an app's mark answers.
const MARK: Choice = Choice("app-mark");
/// The question that the spelling of a custom attribute in a claim answers.
const SOURCE: Choice = Choice("claim-source");

static LOOK: LookAt = LookAt {
    query: &[("filter[0]", "name:$eq:oidc"), ("fields", wire::FIELDS), ("sort", "_id")],
    find: Find::Marked { by: &["description", "displayLabel"] },
    before: false,
    gives: &[(Give::Id, "/_id")],
    ..LookAt::object(&endpoint::LIST_APPS)
};

static SETTINGS: LookAt = LookAt {
    gives: &[(Give::ClientId, "/oidc/clientId"), (Give::ClientSecret, "/oidc/clientSecret")],
    write_only: &["oidc.clientSecret"],
    ..LookAt::object(&endpoint::GET_APP_SSO)
};

static SUPERSEDED: LookAt = LookAt { after: true, ..LookAt::object(&endpoint::GET_APP) };

/// How the relying party authenticates at the token endpoint. `[documented]`: what the service's own relying party does.
pub const CLIENT_AUTHENTICATION: &str = "client_secret_post";

/// The address of the app.
pub fn address(spec: &Spec) -> Address {
    Address::new(Org::Primary, Kind::OidcApp, spec.app.label.as_str())
}

fn plan(context: &Context<'_>, plan: &mut Builder) {
    let found = &context.found.app;
    let target = address(context.spec);
    if let Some(refusal) = &found.refusal {
        plan.refuse(refusal.clone());
        return;
    }
    found.superseded.iter().for_each(|old| rotate::of_old(context, plan, old));
    match (found.app, found.settings) {
        (Some((app, _)), Some(settings)) if rotates(context) => rotate::plan(context, plan, app, &settings.client_id),
        (Some((app, owned)), Some(settings)) => {
            plan.know(target.clone(), app.id);
            plan.know_client(&target, &settings.client_id);
            repair::plan(context, plan, app, owned, settings);
            if found.is_escrowed {
                plan.act(probe(context));
            } else if context.spec.app.generation.value > found.generation {
                plan.note(target, WAITS);
            }
        }
        (Some((app, owned)), None) => {
            plan.know(target, app.id);
            plan.actions.extend(repair::replace(context, app, owned));
            plan.act(configure(context, Because::HalfMade));
            plan.act(probe(context));
        }
        (None, _) => {
            plan.act(create(context, why_made(context)));
            plan.act(configure(context, Because::NextStep));
            plan.act(probe(context));
        }
    }
    for app in &found.given_back {
        plan.note(old(app), "it was taken over and is of no use any more; it was made by hand, so it is left");
    }
}

/// What gives the client secret: the app that shows it, or the escrow that kept it.
pub(crate) fn secret_of(context: &Context<'_>) -> Address {
    if context.found.app.is_escrowed { client_secret::address(context.spec) } else { target(context) }
}

/// The address of an app that stands beside the one that is of use.
pub(crate) fn old(app: &App) -> Address {
    Address::new(Org::Primary, Kind::OidcApp, Arc::from(format!("{} [{}]", app.label, app.id)))
}

fn why_made(context: &Context<'_>) -> Because {
    let found = &context.found.app;
    match (found.secret_lost, found.provider_has_no_app) {
        (true, _) => Because::SecretLost,
        (false, true) => Because::Orphaned,
        (false, false) => Because::MissingInLive,
    }
}

/// `[unknown]`: whether the service keeps the description of an OIDC app. Where it does not, the label carries the mark.
fn create(context: &Context<'_>, because: Because) -> Action {
    let spec = context.spec;
    let (target, name) = (target(context), spec.app.label.as_str());
    let line = mark::line(spec.federation.as_str(), ObjectRole::App, Origin::Created);
    let line = format!("{line}{}", mark::of_app(spec.app.generation.value, None));
    let marked_label = mark::in_label(name, &line);
    let hidden = spec.app.hidden.value;
    let call = |label: &str, description: Option<&str>| {
        let body = Body::json(&wire::Create {
            active: true,
            name: wire::TEMPLATE,
            display_name: "OpenID Connect",
            display_label: label,
            description,
            config: wire::Empty {},
            sso: wire::CreateSso { kind: "oidc", hidden },
        });
        Call { endpoint: &endpoint::CREATE_APP, args: Box::new([]), body: Some(body) }
    };
    let changes = |label: &str| {
        vec![
            Change::new(Field::Key("displayLabel"), label),
            Change::new(Field::Key("active"), "true"),
            Change::new(Field::Key("sso.hidden"), hidden.to_string()),
        ]
    };
    let by_description = Form {
        undo: Some(endpoint::DELETE_APP.undo(&target, Then::Next)),
        ..Form::new("description", call(name, Some(&line)))
    };
    let by_label =
        Form { changes: Some(changes(&marked_label).into()), ..Form::new("label", call(&marked_label, None)) };
    let mut marked = changes(name);
    marked.push(Change::new(Field::Key("description"), &*line));
    Action {
        verb: Verb::Create,
        because,
        changes: marked.into(),
        write: context.choose(MARK, Box::new([by_description, by_label])),
        look: Some(Look { at: &LOOK, args: Box::new([]) }),
        target,
        subject: Subject::Federation,
        spec: Some(spec.app.label.at.clone()),
    }
}

fn email_claim(spec: &Spec, source: Source) -> Claim {
    Claim { name: "email".into(), value: source.name(spec.people.mapping.attribute.as_str()), rest: Default::default() }
}

/// Whether a claim comes from the attribute of the spec, as far as anybody knows how that is written.
pub(crate) fn names_attribute(spec: &Spec, terms: &Terms, claim: &Claim) -> bool {
    let source = Source::of(&claim.value, spec.people.mapping.attribute.as_str());
    let pinned = terms.rules.pinned(SOURCE);
    source.is_some_and(|source| pinned.is_none_or(|pinned| pinned == source.as_str()))
}

/// How a claim names its attribute: in which way first.
fn sources(context: &Context<'_>) -> [Source; 2] {
    match context.found.app.seen {
        Some(Source::Prefixed) => [Source::Prefixed, Source::Bare],
        Some(Source::Bare) | None => Source::ALL,
    }
}

/// How claims are written, as far as the operator or a live object says.
pub(crate) fn source(terms: &Terms, found: &Found<'_>) -> Source {
    let pinned = terms.rules.pinned(SOURCE);
    let named = Source::ALL.into_iter().find(|source| pinned == Some(source.as_str()));
    named.or(found.seen).unwrap_or(Source::Bare)
}

fn configure(context: &Context<'_>, because: Because) -> Action {
    let target = target(context);
    let forms: Box<[Form]> = sources(context).map(|source| configured(context, &target, source)).into();
    Action {
        verb: Verb::Update,
        because,
        changes: settings_changes(context, source(context.terms, &context.found.app)).into(),
        write: context.choose(SOURCE, forms),
        look: Some(Look { at: &SETTINGS, args: Box::new([Arg(target.clone())]) }),
        target,
        subject: Subject::Federation,
        spec: Some(context.spec.people.mapping.attribute.at.clone()),
    }
}

/// The call that gives an app its settings, in one spelling of the claim.
fn configured(context: &Context<'_>, target: &Address, source: Source) -> Form {
    let claim = email_claim(context.spec, source);
    // An app that was taken over is shown where it was shown.
    let taken_over = context.found.app.app.filter(|(_, owned)| owned.origin == Origin::Adopted);
    let is_hidden = taken_over.and_then(|(app, _)| app.sso?.hidden);
    let body = Body::json(&wire::CreateSettings {
        kind: "oidc",
        hidden: is_hidden.unwrap_or(context.spec.app.hidden.value),
        oidc: wire::CreateOidc {
            consent: "trusted",
            redirect_uris: context.terms.callbacks().collect(),
            grant_types: ["authorization_code"],
            token_endpoint_auth_method: CLIENT_AUTHENTICATION,
            relying_party_url: &context.terms.login,
            dynamic_claims: [&claim],
        },
    });
    let call = Call { endpoint: &endpoint::CREATE_APP_SSO, args: Box::new([Arg(target.clone())]), body: Some(body) };
    Form { changes: Some(settings_changes(context, source).into()), ..Form::new(source.as_str(), call) }
}

fn settings_changes(context: &Context<'_>, source: Source) -> Vec<Change> {
    let claim = email_claim(context.spec, source);
    let callbacks: Vec<&str> = context.terms.callbacks().collect();
    let claims = Field::Entry { list: "oidc.dynamicClaims", by: "name", key: claim.name, value: "value" };
    vec![
        Change::new(Field::Key("oidc.redirectUris"), raw(&callbacks).get()),
        Change::new(Field::Key("oidc.tokenEndpointAuthMethod"), CLIENT_AUTHENTICATION),
        Change::new(claims, claim.value),
        Change {
            field: Field::Key("oidc.clientSecret"),
            before: None,
            after: Some(crate::plan::action::After::Secret),
        },
    ]
}

/// Asks the token endpoint for a token with a code that nobody issued: a good secret is told that the code is bad, a bad
/// one that the client is. `[inferred]` from the protocol.
fn probe(context: &Context<'_>) -> Action {
    let target = target(context);
    let text = |text: &str| FormValue::Text(text.into());
    let body = Body::Form(Box::new([
        ("grant_type", text("authorization_code")),
        ("code", text(escrow::NO_CODE)),
        ("redirect_uri", text(&context.terms.callback)),
        ("client_id", FormValue::Of(target.clone(), Give::ClientId)),
        ("client_secret", FormValue::Of(secret_of(context), Give::ClientSecret)),
    ]));
    Action {
        target,
        verb: Verb::Check,
        because: Because::Precondition,
        changes: Box::new([]),
        write: Write::Probe {
            call: Call { endpoint: &endpoint::TOKEN, args: Box::new([]), body: Some(body) },
            yes: &[escrow::TAKEN],
        },
        look: None,
        subject: Subject::Federation,
        spec: None,
    }
}

fn remove(target: Address, app: &App, confirmed: Confirmed<Superseded>) -> Action {
    let args: Box<[Arg]> = Box::new([Arg(target.clone())]);
    Action {
        verb: Verb::Delete,
        because: Because::Superseded,
        changes: Box::new([Change {
            field: Field::Key("description"),
            before: Some(app.description.clone()),
            after: None,
        }]),
        write: Write::One(endpoint::DELETE_APP.call(confirmed, args.clone())),
        look: Some(Look { at: &SUPERSEDED, args }),
        target,
        subject: Subject::Federation,
        spec: None,
    }
}

/// Whether people can sign in through the app when this plan is applied. One that somebody made inactive stays so.
pub(crate) fn is_whole(context: &Context<'_>) -> bool {
    context.found.app.itself().is_none_or(|app| app.active != Some(false))
}
