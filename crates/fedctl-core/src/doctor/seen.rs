//! What live objects show of questions that nobody has answered in public.

use crate::address::Org;
use crate::kinds::oidc_app::wire::Source;
use crate::kinds::routing_policy::wire::Spelt;
use crate::live::Live;

/// A question, and what the objects that were read show of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The question in words.
    pub question: &'static str,
    /// The answer, where one was seen.
    pub answer: Option<String>,
}

/// Everything that live objects can show.
pub fn seen(live: &Live) -> Vec<Seen> {
    let row = |question, answer: Option<String>| Seen { question, answer };
    vec![
        row("how a routing policy is written", policies(live)),
        row("whether a routing policy is on", switches(live)),
        row("whether an OIDC app keeps its description", descriptions(live)),
        row("how a claim names a custom attribute", claims(live)),
        row("whether a federated password names the identity provider", authorities(live)),
    ]
}

/// The different things that were seen, with how often.
fn counted(found: impl Iterator<Item = &'static str>) -> Option<String> {
    let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    found.for_each(|what| *counts.entry(what).or_default() += 1);
    let texts: Vec<String> = counts.into_iter().map(|(what, number)| format!("{what} ({number})")).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

fn policies(live: &Live) -> Option<String> {
    counted(live.policies.iter().flatten().flatten().map(|policy| match policy.spelt {
        Some(Spelt::A) => "as form `a`",
        Some(Spelt::B) => "as form `b`",
        Some(Spelt::C) => "as form `c`",
        None => "in no form that fedctl knows",
    }))
}

fn switches(live: &Live) -> Option<String> {
    counted(live.policies.iter().flatten().flatten().map(|policy| match policy.enabled {
        Some(_) => "it says so",
        None => "it says so nowhere that fedctl knows",
    }))
}

fn descriptions(live: &Live) -> Option<String> {
    let apps = live.apps.iter().flatten().flatten();
    counted(apps.filter(|app| !app.description.is_empty()).map(|_| "it does"))
}

fn claims(live: &Live) -> Option<String> {
    let settings = live.app_settings.values().flatten().flatten();
    let claims = settings.flat_map(|settings| &settings.dynamic_claims).filter(|claim| &*claim.name == "email");
    counted(claims.filter(|claim| &*claim.value != "email").map(
        |claim| match claim.value.starts_with(Source::PREFIX) {
            true => "as `attributes.NAME`",
            false => "by its name alone",
        },
    ))
}

fn authorities(live: &Live) -> Option<String> {
    let users = live.users(Org::Secondary).rows().iter();
    let federated =
        users.filter_map(|user| user.authority.as_ref()).filter(|one| &*one.kind == "federated_identity_provider");
    counted(federated.map(|authority| match authority.id {
        Some(_) => "it does",
        None => "it does not",
    }))
}
