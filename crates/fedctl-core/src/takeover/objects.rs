//! The objects of a federation that was made by hand, each found by where the one before it leads.

use super::{Found, Unclear, known, step};
use crate::address::Org;
use crate::kinds::context::Terms;
use crate::kinds::identity_provider::{same_url, wire::Provider};
use crate::kinds::oidc_app::wire::{App, AppSettings};
use crate::kinds::routing_policy::wire::Policy;
use crate::kinds::user_group::rule;
use crate::kinds::user_group::wire::{Group, Method};
use crate::live::{Live, Needs};
use crate::mark;
use crate::object_id::ObjectId;
use crate::planner::Step;
use crate::spec::{RoutingMembers, Spec};

/// What somebody says where several could be meant: a name or an id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The routing policy.
    pub routing_policy: Option<Box<str>>,
    /// The group that it applies to.
    pub routing_group: Option<Box<str>>,
}

/// The objects of a federation that was made by hand. Names come from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objects {
    /// The name of the identity provider.
    pub provider: Box<str>,
    /// The label of the app.
    pub app: Box<str>,
    /// The portal does not show it; nobody knows where the answer does not say.
    pub hidden: Option<bool>,
    /// The custom attribute that says which account opens.
    pub attribute: Box<str>,
    /// The groups of the primary organisation that may use the app, by name.
    pub sources: Vec<(Box<str>, ObjectId)>,
    /// The users who may use it by themselves.
    pub alone: Vec<ObjectId>,
    /// The name of the routing policy.
    pub policy: Box<str>,
    /// Whether it routes; nobody knows where no known spelling says so.
    pub enabled: Option<bool>,
    /// The name of the routing group, and its id.
    pub group: (Box<str>, ObjectId),
    /// How people come into it.
    pub members: RoutingMembers,
}

/// Finds them, or says what has to be read first. Of the spec only the two organisations matter.
pub fn objects(spec: &Spec, terms: &Terms, told: &Told, live: &Live) -> Step<Result<Objects, Unclear>> {
    step(spec, live, |needs| find(terms, told, live, needs))
}

fn find(terms: &Terms, told: &Told, live: &Live, needs: &mut Needs) -> Found<Objects> {
    let (provider, apps, policies) = (needs.provider(live), needs.apps(live), needs.policies(live));
    let groups = [Org::Primary, Org::Secondary].map(|org| needs.groups(live, org));
    let (provider, apps, policies) = (known(provider)?, known(apps)?, known(policies)?);
    let (of_primary, of_secondary) = (known(groups[0])?, known(groups[1])?);
    let provider = provider.ok_or(Unclear::NoProvider)?;
    let (app, settings) = app_of(terms, live, needs, apps, provider)?;
    let attribute = attribute_of(app, settings)?;
    let policy = policy_of(told, policies, provider)?;
    let (by_group, alone) = (needs.app_groups(live, app.id), needs.app_users(live, app.id));
    let group = group_of(told, live, needs, of_secondary, policy)?;
    let members = members_of(live, needs, group)?;
    Ok(Objects {
        provider: provider.name.clone(),
        app: app.label.clone(),
        hidden: app.sso.and_then(|sso| sso.hidden),
        attribute: attribute.into(),
        sources: sources(app, of_primary, known(by_group)?)?,
        alone: known(alone)?.to_vec(),
        policy: policy.name.clone(),
        enabled: policy.enabled,
        group: (group.name.clone(), group.id),
        members,
    })
}

/// The app with the client id of the identity provider.
fn app_of<'a>(
    terms: &Terms,
    live: &'a Live,
    needs: &mut Needs,
    apps: &'a [App],
    provider: &Provider,
) -> Found<(&'a App, &'a AppSettings)> {
    let Provider { name, oidc, .. } = provider;
    if !same_url(&oidc.url, &terms.issuer) {
        let (name, url, issuer) = (name.clone(), oidc.url.clone(), terms.issuer.clone());
        return Err(Unclear::OtherIssuer { name, url, issuer }.into());
    }
    let settings: Vec<_> = apps.iter().map(|app| (app, needs.app_settings(live, app.id))).collect();
    let mut of_provider = None;
    for (app, settings) in settings {
        let settings = known(settings)?.as_ref();
        of_provider = of_provider.or(settings.filter(|one| one.client_id == oidc.client_id).map(|one| (app, one)));
    }
    let no_app = || Unclear::NoApp { name: name.clone(), client_id: oidc.client_id.clone() };
    let (app, settings) = of_provider.ok_or_else(no_app)?;
    unmanaged("app", &app.label, app.mark_text())?;
    Ok((app, settings))
}

/// Nobody takes over what carries a mark.
fn unmanaged(what: &'static str, name: &str, description: &str) -> Result<(), Unclear> {
    match mark::federation_of(description) {
        Some(federation) => Err(Unclear::Managed { what, name: name.into(), federation: federation.into() }),
        None => Ok(()),
    }
}

fn attribute_of<'a>(app: &App, settings: &'a AppSettings) -> Result<&'a str, Unclear> {
    let values = settings.dynamic_claims.iter().filter(|claim| &*claim.name == "email").map(|claim| &claim.value);
    let values: Vec<&Box<str>> = values.collect();
    match values[..] {
        [value] => Ok(value),
        _ => Err(Unclear::Claims { app: app.label.clone(), values: values.into_iter().cloned().collect() }),
    }
}

/// The one that leads to the provider. One that does not say where it leads may be meant, and only a person knows.
fn policy_of<'a>(told: &Told, policies: &'a [Policy], provider: &Provider) -> Result<&'a Policy, Unclear> {
    let leading: Vec<&Policy> = policies.iter().filter(|policy| policy.provider == Some(provider.id)).collect();
    let unread: Vec<&Policy> = policies.iter().filter(|policy| policy.provider.is_none()).collect();
    let (why, candidates, is_known) = match (leading.is_empty(), unread.is_empty()) {
        (false, _) => ("routing policies lead to the identity provider", leading, true),
        (true, false) => ("routing policies do not say where they lead in a way that is known", unread, false),
        (true, true) => return Err(Unclear::NoPolicy { provider: provider.name.clone() }),
    };
    let option = "--routing-policy";
    let named = candidates.iter().map(|policy| (policy.name.clone(), policy.id)).collect();
    let why = format!("{} {why}", candidates.len());
    let policy = candidates[choose(told.routing_policy.as_deref(), option, why, named, is_known)?];
    unmanaged("routing policy", &policy.name, &policy.description)?;
    Ok(policy)
}

/// The group of the policy. It is found by its name afterwards, so that has to mean one group.
fn group_of<'a>(told: &Told, live: &Live, needs: &mut Needs, groups: &'a [Group], policy: &Policy) -> Found<&'a Group> {
    let ids = known(needs.policy_groups(live, policy.id))?;
    let candidates: Vec<&Group> = groups.iter().filter(|group| ids.contains(&group.id)).collect();
    if candidates.is_empty() {
        return Err(Unclear::NoGroup { policy: policy.name.clone() }.into());
    }
    let option = "--routing-group";
    let named = candidates.iter().map(|group| (group.name.clone(), group.id)).collect();
    let why = format!(
        "the routing policy `{}` applies to {} groups, and a federation has one",
        policy.name,
        candidates.len()
    );
    let group = candidates[choose(told.routing_group.as_deref(), option, why, named, true)?];
    unmanaged("group", &group.name, &group.description)?;
    alone_named("secondary", groups, group)?;
    Ok(group)
}

/// The place of the one that is meant: the only one if nothing else can be, else the one that somebody named.
fn choose(
    said: Option<&str>,
    option: &'static str,
    why: String,
    candidates: Vec<(Box<str>, ObjectId)>,
    only_one_is_meant: bool,
) -> Result<usize, Unclear> {
    let Some(said) = said else {
        let is_clear = candidates.len() == 1 && only_one_is_meant;
        return if is_clear { Ok(0) } else { Err(Unclear::Several { why, option, candidates }) };
    };
    let is_said = |(_, (name, id)): &(usize, &(Box<str>, ObjectId))| **name == *said || id.to_string() == said;
    let hits: Vec<usize> = candidates.iter().enumerate().filter(is_said).map(|(at, _)| at).collect();
    match hits[..] {
        [at] => Ok(at),
        [] => Err(Unclear::NotAmong { said: said.into(), option, candidates }),
        _ => Err(Unclear::Several { why, option, candidates }),
    }
}

fn alone_named(organization: &'static str, groups: &[Group], group: &Group) -> Result<(), Unclear> {
    match groups.iter().find(|other| other.name == group.name && other.id != group.id) {
        Some(other) => Err(Unclear::Namesakes { organization, name: group.name.clone(), one: group.id, two: other.id }),
        None => Ok(()),
    }
}

fn sources(app: &App, groups: &[Group], ids: &[ObjectId]) -> Result<Vec<(Box<str>, ObjectId)>, Unclear> {
    let of_app: Vec<&Group> = groups.iter().filter(|group| ids.contains(&group.id)).collect();
    if of_app.is_empty() {
        return Err(Unclear::NoAppGroup { app: app.label.clone() });
    }
    of_app.iter().try_for_each(|group| alone_named("primary", groups, group))?;
    let mut sources: Vec<_> = of_app.into_iter().map(|group| (group.name.clone(), group.id)).collect();
    sources.sort();
    Ok(sources)
}

fn members_of(live: &Live, needs: &mut Needs, group: &Group) -> Found<RoutingMembers> {
    let membership = known(needs.group_rule(live, Org::Secondary, group.id))?;
    let query = membership.query.as_deref().unwrap_or_default();
    match (membership.method, rule::suffix_of(query)) {
        (Method::Static, _) => Ok(RoutingMembers::Managed),
        (Method::Rule, Some(suffix)) => Ok(RoutingMembers::EmailEndsWith(suffix)),
        (Method::Rule | Method::Review, _) => {
            Err(Unclear::Rule { group: group.name.clone(), rule: query.into() }.into())
        }
    }
}
