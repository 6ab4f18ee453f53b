//! The identity provider of the secondary organisation, of which there is at most one.

pub mod wire;

use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::kinds::context::{Builder, Context};
use crate::kinds::{KindOf, oidc_app};
use crate::plan::action::{After, Because, Call, Change, Expect, Field, Find, Look, LookAt, Subject, Verb, Write};
use crate::plan::guard::{Guard, Refusal};
use crate::plan::hole::{Body, Give, Of};
use crate::plan::order::{Edge, End, Scope};
use crate::plan::{Action, Pair};
use crate::spec::Spec;

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
];

static LOOK: LookAt = LookAt {
    find: Find::Only,
    before: false,
    after: true,
    gives: &[(Give::Id, "/id")],
    write_only: &["oidc.clientSecret"],
    ..LookAt::object(&endpoint::LIST_PROVIDERS)
};

/// The address of the identity provider.
pub fn address(spec: &Spec) -> Address {
    Address::new(Org::Secondary, Kind::IdentityProvider, spec.identity_provider.name.as_str())
}

fn plan(context: &Context<'_>, plan: &mut Builder) {
    let target = address(context.spec);
    let app = &context.found.app;
    let ours = |client_id: &str| app.settings.is_some_and(|settings| &*settings.client_id == client_id);
    match context.found.provider {
        None if app.refusal.is_none() => plan.act(create(context)),
        None => {}
        Some(live) if ours(&live.oidc.client_id) => {
            plan.know(target.clone(), live.id);
            plan.pair(Pair::Unproved);
            if *live.name != *target.name {
                plan.note(
                    target.clone(),
                    format!("its name is `{}`; writing it takes the secret, so that is left", live.name),
                );
            }
            if live.oidc.url.trim_end_matches('/') != context.terms.issuer.trim_end_matches('/') {
                plan.note(target, format!("its url is {}, not {}; that is left", live.oidc.url, context.terms.issuer));
            }
        }
        Some(live) => plan.refuse(Refusal::new(
            Guard::Foreign,
            &target,
            format!(
                "the organisation has an identity provider `{}` ({}) that is not ours, and can have only one",
                live.name, live.id
            ),
            "remove it in the console if nobody signs in through it any more; this federation needs its place",
        )),
    }
    if !app.superseded.is_empty() && app.refusal.is_none() {
        plan.act(check(context));
    }
}

fn client_id(context: &Context<'_>) -> Change {
    let app = oidc_app::address(context.spec);
    Change { field: Field::Key("oidc.clientId"), before: None, after: Some(After::Of(app, Give::ClientId)) }
}

fn create(context: &Context<'_>) -> Action {
    let target = address(context.spec);
    let app = oidc_app::address(context.spec);
    let body = Body::json(&wire::Create {
        name: &target.name,
        oidc: wire::CreateOidc { client_id: Of::new(&app), client_secret: Of::new(&app), url: &context.terms.issuer },
        kind: "OIDC",
    });
    Action {
        verb: Verb::Create,
        because: Because::MissingInLive,
        changes: Box::new([
            Change::new(Field::Key("name"), &*target.name),
            Change::new(Field::Key("type"), "OIDC"),
            Change::new(Field::Key("oidc.url"), &*context.terms.issuer),
            client_id(context),
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
        changes: Box::new([client_id(context)]),
        write: Write::Seen(Expect::Holds),
        look: Some(Look { at: &LOOK, args: Box::new([]) }),
        subject: Subject::Federation,
        spec: None,
    }
}
