//! An app that is there already: what of it is set right, and what is said and left.

use super::wire::{self, App, AppSettings, Claim, Source};
use super::{CLIENT_AUTHENTICATION, SOURCE, address, email_claim, names_attribute, source, sources};
use crate::endpoint;
use crate::kinds::app_access;
use crate::kinds::context::{Builder, Context};
use crate::kinds::owned::Owned;
use crate::live::User;
use crate::mark::{self, ObjectRole, Origin};
use crate::people::Person;
use crate::plan::Action;
use crate::plan::action::{Arg, Because, Call, Change, Field, Form, Look, LookAt, Subject, Verb, Write};
use crate::plan::guard::{Guard, Refusal};
use crate::plan::hole::{Body, List, Whole, Wholly, raw};
use crate::planted::planted;

static ITSELF: LookAt = LookAt { after: true, ..LookAt::object(&endpoint::GET_APP) };

static SETTINGS: LookAt = LookAt { after: true, ..LookAt::object(&endpoint::GET_APP_SSO) };

/// What a call that replaces an OIDC app takes. `[observed]`: `ssoUrl` is refused, so nothing but these is sent back.
pub(crate) const REPLACED: &[&str] =
    &["active", "color", "config", "description", "displayLabel", "displayName", "name", "sso"];

/// What the service sets itself in the settings of an app. `[observed]`
const SET_BY_SERVICE: &[&str] = &["clientId", "clientSecret", "metadata"];

pub(super) fn plan(context: &Context<'_>, plan: &mut Builder, app: &App, owned: Owned, settings: &AppSettings) {
    let target = address(context.spec);
    if let Some(attribute) = other_attribute(context) {
        plan.refuse(names_other(context, &attribute));
        return;
    }
    plan.actions.extend(replace(context, app, owned));
    if let Some(key) = settings.left_out {
        plan.refuse(unread(context, key));
        return;
    }
    let settings_action = replace_settings(context, settings);
    if settings_action.is_some() {
        plan.refusals.extend(lockout(context, settings));
    }
    plan.actions.extend(settings_action);
    for text in left(context, app, owned, settings) {
        plan.note(target.clone(), text);
    }
}

/// The claims `email` of an app.
fn emails(settings: &AppSettings) -> impl Iterator<Item = &Claim> {
    settings.dynamic_claims.iter().filter(|claim| &*claim.name == "email")
}

/// The attribute that an app which is taken over, or could be, takes its one claim from, where the spec names another.
pub(crate) fn other_attribute(context: &Context<'_>) -> Option<Box<str>> {
    let app = &context.found.app;
    let adopting = app.settings.filter(|_| app.is_adopting());
    let settings = adopting.or(app.adoptable.map(|(_, settings)| settings))?;
    let mut emails = emails(settings);
    let (Some(claim), None) = (emails.next(), emails.next()) else { return None };
    (!is_ours(claim, context)).then(|| claim.value.clone())
}

/// What is taken over works with the attribute that it has: the spec has to name it.
fn names_other(context: &Context<'_>, attribute: &str) -> Refusal {
    let wanted = &context.spec.people.mapping.attribute;
    Refusal::new(
        Guard::Foreign,
        &address(context.spec),
        format!("it takes the claim `email` from the attribute `{attribute}`, and the spec says `{wanted}`"),
        format!("write `people: {{mapping: {{attribute: {attribute}}}}}`, so that what works goes on working"),
    )
}

/// What an answer leaves out is not empty: writing it anew could take something away.
fn unread(context: &Context<'_>, key: &str) -> Refusal {
    Refusal::new(
        Guard::Lockout,
        &address(context.spec),
        format!("the answer leaves out `{key}` of its OIDC settings, so nobody knows whether people can sign in by it"),
        "see in the console what it has there, and say so at fedctl's issues: the service answers in another way",
    )
}

/// Whether people sign in by another attribute now, so that the claim must not move before they have ours.
fn moves(context: &Context<'_>, settings: &AppSettings) -> bool {
    let mut claims = emails(settings).map(|claim| is_ours(claim, context)).peekable();
    context.found.policy.routes() && claims.peek().is_some() && !claims.any(|is_ours| is_ours)
}

/// When the claim comes from another attribute now, whoever is routed and does not get ours would lose sign-in.
fn lockout(context: &Context<'_>, settings: &AppSettings) -> Option<Refusal> {
    let loses = |person: &&Person<'_>| {
        context.is_routed(person) && person.held.is_some() && person.user.mapping.as_deref() != Some(&*person.account)
    };
    let members = &context.found.routing_group.members;
    let is_in = |account: &User| members.binary_search(&account.id).is_ok();
    let left = context.people.left.iter().filter(|leaver| context.stays(leaver) && is_in(leaver.account));
    let losers = context.people.list.iter().filter(loses).map(|person| &*person.user.email);
    let losers: Vec<&str> = losers.chain(left.map(|leaver| &*leaver.account.email)).collect();
    (moves(context, settings) && !losers.is_empty()).then(|| {
        let shown = losers.iter().take(5).copied().collect::<Vec<_>>().join(", ");
        Refusal::new(
            Guard::Lockout,
            &address(context.spec),
            format!(
                "its claim would come from another attribute, and {} who are routed and are held or have left do not \
                 have it: {shown}",
                losers.len()
            ),
            "wait until nobody of them is held, suspend the accounts of those who left, or write the attribute that the \
             app uses now into the spec",
        )
    })
}

fn is_ours(claim: &Claim, context: &Context<'_>) -> bool {
    Source::of(&claim.value, context.spec.people.mapping.attribute.as_str()).is_some()
}

/// Gives an app its mark, and one that we made its label and where it is shown.
pub(super) fn replace(context: &Context<'_>, app: &App, owned: Owned) -> Option<Action> {
    let (spec, target) = (context.spec, address(context.spec));
    let mut changes: Vec<Change> = Vec::new();
    if app.is_marked_in_label() {
        let line = mark::line(spec.federation.as_str(), ObjectRole::App, owned.origin);
        let line = format!("{line}{}", mark::of_app(context.found.app.generation, None));
        changes.extend(owned.name("displayLabel", &app.label, &mark::in_label(&target.name, &line)));
    } else {
        changes.extend(owned.description(spec, ObjectRole::App, &app.description));
        changes.extend(owned.name("displayLabel", &app.label, &target.name));
    }
    let (hidden, is_hidden) = (spec.app.hidden.value, app.sso.and_then(|sso| sso.hidden));
    if owned.origin == Origin::Created && is_hidden.is_some_and(|is_hidden| is_hidden != hidden) {
        changes.push(Change::of(Field::Key("sso.hidden"), (!hidden).to_string(), hidden.to_string()));
    }
    if changes.is_empty() {
        return None;
    }
    // `[unknown]` whether a description is refused: an app that has none is sent back without.
    let without: &[&str] = if app.is_marked_in_label() && app.description.is_empty() { &["description"] } else { &[] };
    let mut body = Whole { only: planted!(ActiveLeftOut => &REPLACED[1..], REPLACED), without, ..Whole::default() };
    for change in &changes {
        match (&change.field, change.text()) {
            (Field::Key("sso.hidden"), _) => body = body.with("sso.hidden", &hidden),
            (Field::Key(key), Some(after)) => body = body.with(key, &after),
            (Field::Key(_) | Field::Spelt(_) | Field::Entry { .. }, _) => {}
        }
    }
    let (verb, because) = owned.verb();
    let args: Box<[Arg]> = Box::new([Arg(target.clone())]);
    Some(Action {
        target,
        verb,
        because,
        changes: changes.into(),
        write: Write::One(Call { endpoint: &endpoint::REPLACE_APP, args: args.clone(), body: Some(body.body()) }),
        look: Some(Look { at: &ITSELF, args }),
        subject: Subject::Federation,
        spec: Some(spec.app.label.at.clone()),
    })
}

/// Whether people sign in through the app as it is: it is active, and nothing in its settings is to be set right.
pub(crate) fn works(context: &Context<'_>) -> bool {
    let found = &context.found.app;
    let is_active = found.itself().is_some_and(|app| app.active != Some(false));
    is_active && found.settings.is_some_and(|settings| replace_settings(context, settings).is_none())
}

/// Sets right what people cannot sign in without, and leaves everything else in the settings.
fn replace_settings(context: &Context<'_>, settings: &AppSettings) -> Option<Action> {
    let target = address(context.spec);
    let args: Box<[Arg]> = Box::new([Arg(target.clone())]);
    let form = |source: Source| {
        let (changes, whole) = set_right(context, settings, source);
        let body = Body::json(&wire::ReplaceSettings {
            kind: "oidc",
            hidden: context.found.app.itself().and_then(|app| app.sso?.hidden).unwrap_or(context.spec.app.hidden.value),
            oidc: Wholly(whole),
        });
        let call = Call { endpoint: &endpoint::REPLACE_APP_SSO, args: args.clone(), body: Some(body) };
        Form { changes: Some(changes.into()), ..Form::new(source.as_str(), call) }
    };
    let (changes, _) = set_right(context, settings, source(context.terms, &context.found.app));
    (!changes.is_empty()).then(|| Action {
        target,
        verb: Verb::Update,
        because: if moves(context, settings) { Because::Moves } else { Because::Differs },
        changes: changes.into(),
        write: if has_claim(context, settings) {
            Write::One(form(Source::Bare).call)
        } else {
            context.choose(SOURCE, sources(context).map(form).into())
        },
        look: Some(Look { at: &SETTINGS, args: args.clone() }),
        subject: Subject::Federation,
        spec: Some(context.spec.people.mapping.attribute.at.clone()),
    })
}

/// Whether the one claim `email` comes from our attribute.
fn has_claim(context: &Context<'_>, settings: &AppSettings) -> bool {
    emails(settings).map(|claim| names_attribute(context.spec, context.terms, claim)).eq([true])
}

/// What is to change of the settings, where a claim that is missing is written in this way.
fn set_right(context: &Context<'_>, settings: &AppSettings, source: Source) -> (Vec<Change>, Whole) {
    let claim = email_claim(context.spec, source);
    let mut whole = Whole { at: "oidc", without: SET_BY_SERVICE, ..Whole::default() };
    let mut changes = Vec::new();
    let missing = context.found.app.missing_callbacks(context.terms);
    if !missing.is_empty() {
        let before = raw(&settings.redirect_uris);
        let after: Vec<&str> = settings.redirect_uris.iter().map(|uri| &**uri).chain(missing.iter().copied()).collect();
        changes.push(Change::of(Field::Key("oidc.redirectUris"), before.get(), raw(&after).get()));
        whole.lists.push(List { field: "redirectUris", by: "", set: missing.iter().map(raw).collect() });
    }
    if &*settings.token_endpoint_auth_method != CLIENT_AUTHENTICATION {
        let field = Field::Key("oidc.tokenEndpointAuthMethod");
        changes.push(Change::of(field, &*settings.token_endpoint_auth_method, CLIENT_AUTHENTICATION));
        whole = whole.with("tokenEndpointAuthMethod", &CLIENT_AUTHENTICATION);
    }
    if !has_claim(context, settings) {
        let others = settings.dynamic_claims.iter().filter(|claim| &*claim.name != "email");
        let first = settings.dynamic_claims.iter().position(|claim| &*claim.name == "email");
        let mut after: Vec<&Claim> = others.collect();
        after.insert(first.unwrap_or(after.len()).min(after.len()), &claim);
        let field = Field::Key("oidc.dynamicClaims");
        changes.push(Change::of(field, raw(&settings.dynamic_claims).get(), raw(&after).get()));
        whole.lists.push(List { field: "dynamicClaims", by: "name", set: vec![raw(&claim)] });
    }
    (changes, whole)
}

/// How every note calls what an app has more than the spec says.
pub(crate) const BEYOND: &str = "beyond the spec";

/// What is said of an app, and left as it is.
fn left(context: &Context<'_>, app: &App, owned: Owned, settings: &AppSettings) -> Vec<String> {
    let is_other = |uri: &&str| context.terms.callbacks().all(|callback| callback != *uri);
    let mut said = Vec::new();
    if app.active == Some(false) {
        said.push(
            "it is not active, so nobody can sign in through it; that stays until somebody activates it".to_owned(),
        );
    }
    said.extend(owned.kept_name(&app.label, context.spec.app.label.as_str()));
    let more: Vec<&str> = settings.redirect_uris.iter().map(|uri| &**uri).filter(is_other).collect();
    if !more.is_empty() {
        said.push(format!("{BEYOND} it also sends people back to {}; that is left", more.join(", ")));
    }
    let claims: Vec<&str> =
        settings.dynamic_claims.iter().filter(|claim| &*claim.name != "email").map(|claim| &*claim.name).collect();
    if !claims.is_empty() {
        said.push(format!("{BEYOND} it also sends other claims ({}); that is left", claims.join(", ")));
    }
    let groups = app_access::beyond(context).len();
    if groups > 0 {
        said.push(format!("groups {BEYOND} may use it ({groups}); that is left"));
    }
    said
}
