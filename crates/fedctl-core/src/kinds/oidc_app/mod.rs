//! The custom OIDC app of the primary organisation: the app, then its settings, whose first answer alone holds the secret.

pub mod wire;

use std::sync::Arc;

use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::kinds::KindOf;
use crate::kinds::context::{Builder, Context};
use crate::live::{Live, Needs};
use crate::mark::{self, ObjectRole};
use crate::object_id::ObjectId;
use crate::plan::Action;
use crate::plan::action::{Arg, Because, Call, Change, Field, Find, Look, LookAt, Subject, Verb, Write};
use crate::plan::guard::{Guard, Refusal};
use crate::plan::hole::{Body, FormValue, Give};
use crate::plan::order::{Edge, End, Scope};
use crate::spec::Spec;
use wire::{App, AppSettings, Claim};

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
];

static LOOK: LookAt = LookAt {
    query: &[("filter[0]", "name:$eq:oidc"), ("fields", wire::FIELDS), ("sort", "_id")],
    find: Find::Marked { field: "description" },
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

/// The app, as it was found.
#[derive(Debug, Default)]
pub struct Found<'a> {
    /// The app that is ours and of use.
    pub app: Option<&'a App>,
    /// Its OIDC settings.
    pub settings: Option<&'a AppSettings>,
    /// The groups that may use it, by id.
    pub groups: Vec<ObjectId>,
    /// Apps with our mark that are of no use any more.
    pub superseded: Vec<&'a App>,
    /// Why none of ours is of use: the secret was shown to a run that did not end.
    pub secret_lost: bool,
    /// Why it cannot be used.
    pub refusal: Option<Refusal>,
}

/// The address of the app.
pub fn address(spec: &Spec) -> Address {
    Address::new(Org::Primary, Kind::OidcApp, spec.app.label.as_str())
}

/// Finds the app: the one whose client id the identity provider has; without a provider, one that has no settings yet.
pub(crate) fn find<'a>(spec: &Spec, live: &'a Live, needs: &mut Needs) -> Option<Found<'a>> {
    let (apps, provider) = (needs.apps(live), needs.provider(live));
    let (apps, provider) = (apps?, provider?);
    let federation = spec.federation.as_str();
    let mut marked: Vec<&App> =
        apps.iter().filter(|app| mark::is_ours(&app.description, federation, ObjectRole::App)).collect();
    marked.sort_by_key(|app| app.id);
    let settings: Vec<_> = marked.iter().map(|app| needs.app_settings(live, app.id)).collect();
    let settings = settings.into_iter().collect::<Option<Vec<_>>>()?;
    let is_of_use = |settings: &Option<AppSettings>| match (provider, settings) {
        (Some(provider), Some(settings)) => settings.client_id == provider.oidc.client_id,
        (Some(_), None) | (None, Some(_)) => false,
        (None, None) => true,
    };
    let of_use = settings.iter().position(|settings| is_of_use(settings));
    let mut found = Found { secret_lost: of_use.is_none() && !marked.is_empty(), ..Found::default() };
    if let Some(at) = of_use {
        let app = marked.remove(at);
        (found.app, found.settings) = (Some(app), settings[at].as_ref());
        found.groups = needs.app_groups(live, app.id)?.to_vec();
    } else if marked.is_empty() {
        let namesake = apps.iter().find(|app| *app.label == *spec.app.label.as_str());
        found.refusal = namesake.map(|app| foreign(spec, app.id));
    }
    found.superseded = marked;
    Some(found)
}

fn foreign(spec: &Spec, id: ObjectId) -> Refusal {
    Refusal::new(
        Guard::Foreign,
        &address(spec),
        format!("an OIDC app with this label exists ({id}) and does not carry our mark"),
        "choose another label in the spec, or rename that app",
    )
}

fn plan(context: &Context<'_>, plan: &mut Builder) {
    let found = &context.found.app;
    let target = address(context.spec);
    if let Some(refusal) = &found.refusal {
        plan.refuse(refusal.clone());
        return;
    }
    match (found.app, found.settings) {
        (Some(app), Some(settings)) => {
            plan.know(target.clone(), app.id);
            plan.know_client(&target, &settings.client_id);
            for difference in differences(context, app, settings) {
                plan.note(target.clone(), difference);
            }
        }
        (Some(app), None) => {
            plan.know(target, app.id);
            plan.act(configure(context, Because::HalfMade));
            plan.act(probe(context));
        }
        (None, _) => {
            let because = if found.secret_lost { Because::SecretLost } else { Because::MissingInLive };
            plan.act(create(context.spec, because));
            plan.act(configure(context, Because::NextStep));
            plan.act(probe(context));
        }
    }
    for app in &found.superseded {
        let old = Address::new(Org::Primary, Kind::OidcApp, Arc::from(format!("{} [{}]", app.label, app.id)));
        plan.know(old.clone(), app.id);
        plan.act(remove(old, app));
    }
}

fn create(spec: &Spec, because: Because) -> Action {
    let target = address(spec);
    let description = mark::line(spec.federation.as_str(), ObjectRole::App);
    let hidden = spec.app.hidden.value;
    let body = Body::json(&wire::Create {
        active: true,
        name: wire::TEMPLATE,
        display_name: "OpenID Connect",
        display_label: &target.name,
        description: &description,
        config: wire::Empty {},
        sso: wire::CreateSso { kind: "oidc", hidden },
    });
    Action {
        verb: Verb::Create,
        because,
        changes: Box::new([
            Change::new(Field::Key("displayLabel"), &*target.name),
            Change::new(Field::Key("active"), "true"),
            Change::new(Field::Key("sso.hidden"), hidden.to_string()),
            Change::new(Field::Key("description"), description),
        ]),
        write: Write::One(Call { endpoint: &endpoint::CREATE_APP, args: Box::new([]), body: Some(body) }),
        look: Some(Look { at: &LOOK, args: Box::new([]) }),
        target,
        subject: Subject::Federation,
        spec: Some(spec.app.label.at.clone()),
    }
}

fn email_claim(spec: &Spec) -> Claim {
    Claim { name: "email".into(), value: spec.people.mapping.attribute.as_str().into() }
}

fn configure(context: &Context<'_>, because: Because) -> Action {
    let target = address(context.spec);
    let claim = email_claim(context.spec);
    let body = Body::json(&wire::CreateSettings {
        kind: "oidc",
        hidden: context.spec.app.hidden.value,
        oidc: wire::CreateOidc {
            consent: "trusted",
            redirect_uris: [&context.terms.callback],
            grant_types: ["authorization_code"],
            token_endpoint_auth_method: CLIENT_AUTHENTICATION,
            relying_party_url: &context.terms.login,
            dynamic_claims: [claim.clone()],
        },
    });
    let claims = Field::Entry { list: "oidc.dynamicClaims", by: "name", key: claim.name, value: "value" };
    Action {
        verb: Verb::Update,
        because,
        changes: Box::new([
            Change::new(Field::Key("oidc.redirectUris"), format!("[\"{}\"]", context.terms.callback)),
            Change::new(Field::Key("oidc.tokenEndpointAuthMethod"), CLIENT_AUTHENTICATION),
            Change::new(claims, claim.value),
            Change {
                field: Field::Key("oidc.clientSecret"),
                before: None,
                after: Some(crate::plan::action::After::Secret),
            },
        ]),
        write: Write::One(Call {
            endpoint: &endpoint::CREATE_APP_SSO,
            args: Box::new([Arg(target.clone())]),
            body: Some(body),
        }),
        look: Some(Look { at: &SETTINGS, args: Box::new([Arg(target.clone())]) }),
        target,
        subject: Subject::Federation,
        spec: Some(context.spec.people.mapping.attribute.at.clone()),
    }
}

/// Asks the token endpoint for a token with a code that nobody issued: a good secret is told that the code is bad, a bad
/// one that the client is. `[inferred]` from the protocol.
fn probe(context: &Context<'_>) -> Action {
    let target = address(context.spec);
    let text = |text: &str| FormValue::Text(text.into());
    let body = Body::Form(Box::new([
        ("grant_type", text("authorization_code")),
        ("code", text("fedctl-probe")),
        ("redirect_uri", text(&context.terms.callback)),
        ("client_id", FormValue::Of(target.clone(), Give::ClientId)),
        ("client_secret", FormValue::Of(target.clone(), Give::ClientSecret)),
    ]));
    Action {
        target,
        verb: Verb::Check,
        because: Because::Precondition,
        changes: Box::new([]),
        write: Write::Probe {
            call: Call { endpoint: &endpoint::TOKEN, args: Box::new([]), body: Some(body) },
            yes: &[(400, "invalid_grant")],
        },
        look: None,
        subject: Subject::Federation,
        spec: None,
    }
}

fn remove(target: Address, app: &App) -> Action {
    Action {
        verb: Verb::Delete,
        because: Because::Superseded,
        changes: Box::new([Change {
            field: Field::Key("description"),
            before: Some(app.description.clone()),
            after: None,
        }]),
        write: Write::One(Call { endpoint: &endpoint::DELETE_APP, args: Box::new([Arg(target.clone())]), body: None }),
        look: Some(Look { at: &SUPERSEDED, args: Box::new([Arg(target.clone())]) }),
        target,
        subject: Subject::Federation,
        spec: None,
    }
}

/// Whether the app, if it is there already, is one that people can sign in through.
pub(crate) fn is_whole(context: &Context<'_>) -> bool {
    let (app, settings) = (context.found.app.app, context.found.app.settings);
    app.is_none_or(|app| match settings {
        Some(settings) => differences(context, app, settings).is_empty(),
        None => app.active != Some(false),
    })
}

/// What of an existing app is not as the spec says. It is said, and left.
fn differences(context: &Context<'_>, app: &App, settings: &AppSettings) -> Vec<String> {
    let callback = &context.terms.callback;
    let claim = email_claim(context.spec);
    let emails: Vec<_> = settings.dynamic_claims.iter().filter(|claim| &*claim.name == "email").collect();
    let rows = [
        (app.active == Some(false), "it is not active, so nobody can sign in through it; that stays".to_owned()),
        (
            !settings.redirect_uris.contains(callback),
            format!("its redirect URIs do not include {callback}; add it in the console"),
        ),
        (
            &*settings.token_endpoint_auth_method != CLIENT_AUTHENTICATION,
            format!("its client authentication is not {CLIENT_AUTHENTICATION}; set it in the console"),
        ),
        (
            emails != [&claim],
            format!("its claim `email` is not the attribute `{}` alone; correct it in the console", claim.value),
        ),
    ];
    rows.into_iter().filter_map(|(differs, text)| differs.then_some(text)).collect()
}
