//! Promises that are about a whole run, not about one request: what a human stopped stays so, what is written was proved, and
//! a plan says which organisations it is for.

use std::collections::BTreeSet;

use fedctl_core::object_id::ObjectId;
use fedctl_core::plan::Plan;
use jumpcloud_sim::State;

use crate::carry::Memory;
use crate::scene::is_marked;
use crate::watch::Log;
use crate::witness::Became;

/// What a policy carries until it was turned on for the first time.
const BEING_SET_UP: &str = "being set up";

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

/// The provider is written only with a secret that the token endpoint took just now.
pub(crate) fn unproved(log: &Log) -> Option<String> {
    let is_provider = |line: &str| line.contains("/identity-providers");
    let written = log.0.iter().position(|sent| !sent.reads() && sent.left && is_provider(&sent.line))?;
    let tried = log.0[..written].iter().any(|sent| sent.line.contains("/oauth2/token") && sent.came == Some(400));
    (!tried).then(|| format!("`{}` carries a secret that nobody tried", log.0[written].line))
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
