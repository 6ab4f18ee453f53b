//! The secret of the app's client in the escrow of the operator: kept when it is shown, before the provider is written by it;
//! taken when a run before was broken off; destroyed when it is of no use any more.

use serde::Serialize;

use super::oidc_app;
use crate::address::{Address, Kind, Org};
use crate::endpoint::{self, Writing};
use crate::escrow::Kept;
use crate::kinds::KindOf;
use crate::kinds::context::{Builder, Context, Found, Terms};
use crate::live::{Live, Needs};
use crate::plan::action::{After, Because, Call, Change, Field, Find, Look, LookAt, Subject, Verb, Write};
use crate::plan::hole::{Body, ClientId, ClientSecret, Give, Of};
use crate::plan::order::{Edge, End, Scope};
use crate::plan::{Action, Pair};
use crate::spec::Spec;

/// This kind's line of the table.
pub static KIND: KindOf = KindOf { kind: Kind::ClientSecret, rows: ROWS, plan };

static ROWS: &[Edge] = &[
    Edge {
        first: End(Org::Primary, Kind::ClientSecret, Verb::Create),
        then: End(Org::Primary, Kind::OidcApp, Verb::Check),
        of: Scope::All,
        why: "the secret is in the escrow before anything else is done with it, so a run that dies loses nothing",
    },
    Edge {
        first: End(Org::Primary, Kind::ClientSecret, Verb::Check),
        then: End(Org::Primary, Kind::OidcApp, Verb::Check),
        of: Scope::All,
        why: "a secret from the escrow is tried like one that was just shown",
    },
    Edge {
        first: End(Org::Primary, Kind::OidcApp, Verb::Update),
        then: End(Org::Primary, Kind::ClientSecret, Verb::Check),
        of: Scope::All,
        why: "while the secret is held nothing else is begun, so the app is set right before",
    },
    Edge {
        first: End(Org::Primary, Kind::ClientSecret, Verb::Delete),
        then: End(Org::Primary, Kind::OidcApp, Verb::Delete),
        of: Scope::All,
        why: "without the app nobody would know which secret is left over",
    },
];

/// The answer brings the secret; there is nothing that could be looked at before.
static BROUGHT: LookAt = LookAt {
    endpoint: &endpoint::TRY_ESCROWED,
    query: &[],
    find: Find::Answer,
    before: false,
    after: false,
    contested: false,
    gives: &[(Give::ClientSecret, "/client_secret")],
    write_only: &[],
};

/// The only escrow that destroys what it kept.
const VAULT: &str = "vault";

/// The address of the escrowed secret.
pub fn address(spec: &Spec) -> Address {
    Address::new(Org::Primary, Kind::ClientSecret, spec.app.label.as_str())
}

/// What the escrow has of the secret of the app that the provider leads to: asked when everything else is known.
pub(crate) fn look<'a>(
    terms: &Terms,
    live: &'a Live,
    needs: &mut Needs,
    found: &Found<'a>,
) -> Option<Result<Kept, &'a str>> {
    terms.rules.escrow.as_ref()?;
    let (app, provider) = (&found.app, found.provider?);
    let settings = app.settings.filter(|_| app.has_client_id(provider))?;
    needs.escrowed(live, &settings.client_id, &terms.callback)
}

fn plan(context: &Context<'_>, plan: &mut Builder) {
    let app = &context.found.app;
    let Some(place) = context.terms.rules.escrow.as_deref().filter(|_| app.refusal.is_none()) else { return };
    match app.settings {
        Some(_) if oidc_app::rotates(context) => plan.act(keep(context, place)),
        Some(_) if app.is_escrowed => plan.act(take(context)),
        Some(_) => older(context, plan, place),
        None => plan.act(keep(context, place)),
    }
    if place == VAULT {
        superseded(context, plan);
    }
}

/// The secrets of apps that this plan removes.
fn superseded(context: &Context<'_>, plan: &mut Builder) {
    for one in &context.found.app.superseded {
        let old = oidc_app::old(one.proposed.object);
        if let Some(client_id) = one.client_id.filter(|_| oidc_app::removes(context, one)) {
            plan.know_client(&old, client_id);
            let target = Address::new(Org::Primary, Kind::ClientSecret, old.name.clone());
            let call = call(&endpoint::FORGET_ESCROWED, &Forget { client_id: Of::new(&old), but_newest: false });
            let change = Change { field: Field::Key("escrow"), before: Some(place(context)), after: None };
            plan.act(action(target, (Verb::Delete, Because::Superseded), [change].into(), call));
        }
    }
}

fn place(context: &Context<'_>) -> Box<str> {
    context.terms.rules.escrow.clone().unwrap_or_default()
}

/// What an earlier run or somebody else kept under the same client: of no use when the present secret works.
fn older(context: &Context<'_>, plan: &mut Builder, place: &str) {
    let has_crossed = || context.people.list.iter().any(|person| context.has_signed_in(person));
    let is_proved = context.found.evidence.pair == Pair::Proved || has_crossed();
    let older = match context.found.escrowed {
        Some(Ok(Kept { is_taken: Some(true), older, .. })) => older,
        Some(Err(why)) => return plan.note(address(context.spec), format!("the escrow cannot be read: {why}")),
        Some(Ok(_)) | None => 0,
    };
    if older == 0 || !is_proved || place != VAULT {
        return;
    }
    let app = oidc_app::address(context.spec);
    let change = Change::of(Field::Key("older_versions"), older.to_string(), "0");
    let call = call(&endpoint::FORGET_ESCROWED, &Forget { client_id: Of::new(&app), but_newest: true });
    plan.act(action(address(context.spec), (Verb::Update, Because::Proved), [change].into(), call));
}

#[derive(Serialize)]
struct Keep {
    client_id: Of<ClientId>,
    client_secret: Of<ClientSecret>,
}

#[derive(Serialize)]
struct Take {
    client_id: Of<ClientId>,
}

#[derive(Serialize)]
struct Forget {
    client_id: Of<ClientId>,
    but_newest: bool,
}

fn keep(context: &Context<'_>, place: &str) -> Action {
    let app = oidc_app::target(context);
    let target = Address::new(Org::Primary, Kind::ClientSecret, app.name.clone());
    let changes = [
        Change::new(Field::Key("escrow"), place),
        Change { field: Field::Key("client_id"), before: None, after: Some(After::Of(app.clone(), Give::ClientId)) },
        Change { field: Field::Key("client_secret"), before: None, after: Some(After::Secret) },
    ];
    let call = call(&endpoint::KEEP_ESCROWED, &Keep { client_id: Of::new(&app), client_secret: Of::new(&app) });
    action(target, (Verb::Create, Because::Escrowed), changes.into(), call)
}

fn take(context: &Context<'_>) -> Action {
    let call = call(&endpoint::TAKE_ESCROWED, &Take { client_id: Of::new(&oidc_app::address(context.spec)) });
    let look = Some(Look { at: &BROUGHT, args: Box::new([]) });
    Action { look, ..action(address(context.spec), (Verb::Check, Because::Precondition), Box::new([]), call) }
}

fn call(endpoint: &'static Writing, body: &impl Serialize) -> Call {
    Call { endpoint, args: Box::new([]), body: Some(Body::json(body)) }
}

fn action(target: Address, (verb, because): (Verb, Because), changes: Box<[Change]>, call: Call) -> Action {
    let (write, subject) = (Write::One(call), Subject::Federation);
    Action { target, verb, because, changes, write, look: None, subject, spec: None }
}
