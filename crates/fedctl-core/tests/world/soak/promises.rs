//! Promises that are about a whole run, not about one request: what a human stopped stays so, what is written was proved, and
//! a plan says which organisations it is for.

use std::collections::BTreeSet;

use fedctl_core::address::Kind;
use fedctl_core::object_id::ObjectId;
use fedctl_core::plan::{Action, Plan, Verb};
use jumpcloud_sim::{State, User, UserId};

use crate::carry::Memory;
use crate::scene::{ATTRIBUTE, OLD_ATTRIBUTE, is_marked};
use crate::watch::{Log, Sent};
use crate::witness::Became;

/// What a policy carries until it was turned on for the first time.
const BEING_SET_UP: &str = "being set up";
const PROVIDERS: &str = "/identity-providers";

/// What people switched off and suspended by hand.
pub(crate) fn stops(memory: &Memory) -> BTreeSet<String> {
    let world = &memory.world;
    let policies = world.policies(memory.secondary).filter(|policy| is_marked(&policy.description));
    let off = policies.filter(|policy| !policy.enabled && !policy.description.contains(BEING_SET_UP));
    let by_us = |mark: Option<&str>| mark.is_some_and(|mark| mark.contains("/suspended "));
    let suspended = world.users(memory.secondary).filter(|user| user.state == State::Suspended);
    let suspended = suspended.filter(|user| !by_us(user.attribute("fedctl")));
    let apps = world.apps(memory.primary).filter(|app| !app.active);
    off.map(|policy| format!("policy {}", policy.id))
        .chain(suspended.map(|user| format!("account {}", user.id)))
        .chain(apps.map(|app| format!("app {}", app.id)))
        .collect()
}

/// What was stopped and is there and goes again.
pub(crate) fn restored(stops: &BTreeSet<String>, memory: &Memory) -> Option<String> {
    let world = &memory.world;
    let on =
        world.policies(memory.secondary).filter(|policy| policy.enabled).map(|policy| format!("policy {}", policy.id));
    let active = world.users(memory.secondary).filter(|user| user.state == State::Activated);
    let apps = world.apps(memory.primary).filter(|app| app.active).map(|app| format!("app {}", app.id));
    let mut goes = on.chain(active.map(|user| format!("account {}", user.id))).chain(apps);
    goes.find(|what| stops.contains(what))
}

/// What the requests of a run say by themselves: none may come before what makes it safe.
pub(crate) fn hasty(became: &Became, log: &Log) -> Option<String> {
    let is_checked = checks_the_provider(became);
    let before = |at: usize| &log.0[..at];
    let written = log.0.iter().enumerate().filter(|(_, sent)| !sent.reads() && sent.left);
    written.into_iter().find_map(|(at, sent)| {
        let why = (unproved(before(at), sent).then_some("carries a secret that nobody tried"))
            .or_else(|| unchecked(before(at), sent).then_some("routes people whom nobody looked at"))
            .or_else(|| from_memory(before(at), sent).then_some("was sent again, and nobody looked what others wrote"))
            .or_else(|| {
                (is_checked && unfollowed(before(at), sent))
                    .then_some("went before the provider was seen to lead elsewhere")
            })
            .or_else(|| born_bound(sent).then_some("makes a policy that somebody is bound to"))?;
        Some(format!("`{}` {why}", sent.line))
    })
}

/// For a run with one turn out at a time; with more, one that was out before may come in between.
///
/// Between the write that renames an account and the one that has the attribute follow nothing else is begun: what of this
/// comes in between, as one action that no request was for before.
pub(crate) fn interrupted(became: &Became, log: &Log) -> Option<String> {
    let (Became::Killed(plan) | Became::Ended(plan, _)) = became else { return None };
    let numbered = || (0_u32..).zip(&plan.actions);
    numbered().filter(|(_, action)| action.renames().is_some()).find_map(|(opens, rename)| {
        let is_closing = |action: &Action| action.target.kind == Kind::UserMapping && action.verb == Verb::Update;
        let (closes, _) = numbered().find(|(_, action)| action.subject == rename.subject && is_closing(action))?;
        let is_for = |at: u32| move |sent: &Sent| sent.actions.contains(&at);
        let is_taken = |sent: &&Sent| !sent.reads() && sent.came.is_some_and(|status| status < 300);
        let first = log.0.iter().position(|sent| is_for(opens)(sent) && is_taken(&sent))?;
        let last = log.0.iter().rposition(is_for(closes)).filter(|last| *last > first)?;
        let begun: BTreeSet<u32> = log.0[..first].iter().flat_map(|sent| sent.actions.iter().copied()).collect();
        let between = log.0[first..last].iter().flat_map(|sent| &sent.actions);
        let new = between.copied().find(|at| ![opens, closes].contains(at) && !begun.contains(at))?;
        Some(format!("{} is begun while {} is renamed", plan.actions[new as usize].target, rename.target))
    })
}

/// The provider is written only with a secret that the token endpoint took since it was shown.
fn unproved(before: &[Sent], sent: &Sent) -> bool {
    let shown = before.iter().rposition(|sent| !sent.reads() && sent.line.ends_with("/sso")).unwrap_or_default();
    let took = |sent: &Sent| sent.line.contains("/oauth2/token") && sent.came == Some(400);
    sent.line.contains(PROVIDERS) && !sent.is_removal() && !before[shown..].iter().any(took)
}

/// A policy comes to apply to a group only when the run that does it looked at who is in it.
fn unchecked(before: &[Sent], sent: &Sent) -> bool {
    let is_bound = sent.line.contains("/identity-provider/policies/") && sent.line.ends_with("/associations");
    let looked = |sent: &Sent| is_answered_look(sent) && sent.line.ends_with("/membership");
    is_bound && sent.body.contains("\"add\"") && !before.iter().any(looked)
}

/// The attributes of a user are written as they were just seen, also when they are sent again.
fn from_memory(before: &[Sent], sent: &Sent) -> bool {
    let is_list = sent.line.starts_with("PUT ") && sent.body.contains("\"attributes\":[");
    let own = |other: &&Sent| other.actions.iter().any(|at| sent.actions.contains(at));
    is_list && before.iter().rfind(own).is_some_and(|last| !last.reads())
}

/// Whether the plan has the provider read back before an app goes. It does but for apps that are older than one that stays.
fn checks_the_provider(became: &Became) -> bool {
    let (Became::Refused(plan) | Became::Killed(plan) | Became::Ended(plan, _)) = became else { return false };
    let is_check = |action: &Action| action.target.kind == Kind::IdentityProvider && action.verb == Verb::Check;
    plan.actions.iter().any(is_check)
}

/// An app goes only when the provider was read since it was last written, and once more where this run wrote it.
fn unfollowed(before: &[Sent], sent: &Sent) -> bool {
    let is_provider = |sent: &&Sent| sent.line.contains(PROVIDERS);
    let written = before.iter().rposition(|sent| is_provider(&sent) && !sent.reads());
    let seen = before[written.unwrap_or_default()..].iter().filter(is_provider).filter(|sent| is_answered_look(sent));
    sent.line.starts_with("DELETE /api/applications/") && seen.count() <= usize::from(written.is_some())
}

/// A policy is made for nobody.
fn born_bound(sent: &Sent) -> bool {
    let body: serde_json::Value = serde_json::from_str(&sent.body).unwrap_or_default();
    let lists = ["/userGroups", "/targets/userGroups/inclusions"].map(|at| body.pointer(at));
    let is_bound = lists.into_iter().flatten().filter_map(|list| list.as_array()).any(|list| !list.is_empty());
    sent.line.starts_with("POST ") && sent.line.ends_with("/identity-provider/policies") && is_bound
}

/// Whether an action looked at something, and was told.
fn is_answered_look(sent: &Sent) -> bool {
    sent.reads() && !sent.actions.is_empty() && sent.came == Some(200)
}

/// Whoever is brought into the routing group gets in as it is then: the app is theirs, and their attribute names the account.
pub(crate) fn routed_to_nothing(memory: &Memory, sent: &Sent) -> Option<String> {
    let is_taken = sent.came.is_some_and(|status| status < 300);
    let joins = sent.line.starts_with("POST ") && sent.line.contains("/usergroups/") && sent.body.contains("\"add\"");
    let body: serde_json::Value = serde_json::from_str(&sent.body).ok().filter(|_| is_taken && joins)?;
    let world = &memory.world;
    let account = world.user(body["id"].as_str()?.parse().ok()?)?;
    world.users(memory.secondary).find(|user| user.id == account.id)?;
    let names = |attribute| move |user: &User| user.attribute(attribute).is_some_and(|it| it == &*account.email);
    // Somebody of no federation may have written it by hand, too, and not reach the app.
    let people = world.users(memory.primary).filter(|user| names(ATTRIBUTE)(user) || names(OLD_ATTRIBUTE)(user));
    let people: Vec<&User> = people.collect();
    let Some(person) = people.first() else {
        return Some(format!("{} is routed, and nobody's attribute names it", account.email));
    };
    let client = world.provider(memory.secondary).and_then(|provider| world.client(&provider.client_id));
    let may_use = |person: &&User| {
        client.is_some_and(|(app, _)| app.groups().any(|group| person.groups().any(|own| own == group)))
    };
    (!people.iter().any(may_use))
        .then(|| format!("{} is routed, and {} may not use the app", account.email, person.email))
}

/// Accounts that are active and that we did not make: nobody but a human suspends them.
pub(crate) fn of_others(memory: &Memory) -> BTreeSet<UserId> {
    let is_ours = |user: &User| user.attribute("fedctl").is_some_and(|mark| mark.contains("/created"));
    let active = memory.world.users(memory.secondary).filter(|user| user.state == State::Activated);
    active.filter(|user| !is_ours(user)).map(|user| user.id).collect()
}

/// One of these that was suspended.
pub(crate) fn suspended(others: &BTreeSet<UserId>, memory: &Memory) -> Option<String> {
    let mut suspended = memory.world.users(memory.secondary).filter(|user| user.state == State::Suspended);
    let user = suspended.find(|user| others.contains(&user.id))?;
    Some(format!("{} was there before us, and it is suspended", user.email))
}

/// Plans for other organisations have other digests.
pub(crate) fn digest_of_any(became: &Became) -> Option<String> {
    let (Became::Refused(plan) | Became::Killed(plan) | Became::Ended(plan, _)) = became else { return None };
    let other = ObjectId::parse("61aa0d3e9b1e8a0001a1b2c3").unwrap();
    let [primary, secondary] = plan.organizations;
    let elsewhere = [[other, secondary], [primary, other]].map(|organizations| Plan { organizations, ..plan.clone() });
    let same = elsewhere.iter().any(|elsewhere| elsewhere.digest() == plan.digest());
    same.then(|| "the digest does not say which organisations the plan is for".to_owned())
}
