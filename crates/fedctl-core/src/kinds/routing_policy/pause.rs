//! Routing off at night: one write, by whatever can still be read.
//!
//! Nothing is needed but the policy itself. It is found by its mark, by the graph edge from the routing group, or by its name;
//! what cannot be read of these is done without. No guard is asked: less routing is what somebody wants who says so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::forms::{self, Policies, Values};
use super::wire::{ENABLED, Policy};
use super::{ITSELF, address};
use crate::address::{Address, Kind, Org};
use crate::kinds::context::Terms;
use crate::kinds::identity_provider;
use crate::kinds::owned::changed;
use crate::kinds::user_group::wire::Group;
use crate::live::{Live, Needs};
use crate::mark::{self, ObjectRole, Origin};
use crate::object_id::ObjectId;
use crate::plan::action::{Arg, Because, Change, Field, Look, Subject, Verb};
use crate::plan::{Action, Known, Note, Plan};
use crate::planner::Step;
use crate::spec::{Code, Diagnostic, Spec};

/// What the line of a pause begins with.
const PAUSED: &str = "paused with fedctl: ";

/// The line that says of a policy that it was paused: who, and on which day by the clock of the service.
pub(super) fn line(by: &str, as_of: Option<u64>) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "@.-_+".contains(*c);
    let by: String = by.chars().filter(is_plain).take(80).collect();
    let day = mark::day(as_of).map(|day| format!(", {day}")).unwrap_or_default();
    format!("{PAUSED}{by}{day}")
}

/// Who paused a policy with this description and when.
pub(super) fn line_in(description: &str) -> Option<&str> {
    description.lines().find_map(|line| line.trim().strip_prefix(PAUSED))
}

/// A description without the line of a pause.
pub(crate) fn resumed(description: &str) -> String {
    let lines: Vec<&str> = description.lines().filter(|line| !line.trim().starts_with(PAUSED)).collect();
    lines.join("\n")
}

/// Plans the one write, or says what to read first. What has no answer is done without.
pub fn step(spec: &Spec, terms: &Terms, by: &str, live: &Live) -> Step<Plan> {
    let mut needs = Needs::default();
    let opens = needs.organization(live, Org::Secondary);
    let policies = needs.policies(live);
    let groups = needs.groups(live, Org::Secondary).map(|groups| routing_groups(spec, groups)).unwrap_or_default();
    let by_edge: Vec<_> = groups.iter().map(|group| needs.group_policies(live, *group)).collect();
    if !needs.queries.is_empty() {
        return Step::Read(needs.queries);
    }
    if opens == Some(false) {
        return Step::Problems(vec![other_organization(spec)]);
    }
    let Some(policies) = policies else { return Step::Unknown(needs.unknown) };
    let by_edge: BTreeSet<ObjectId> = by_edge.into_iter().flatten().flatten().copied().collect();
    Step::Ready(Box::new(plan(spec, terms, by, live, &ours(spec, policies, &by_edge))))
}

fn other_organization(spec: &Spec) -> Diagnostic {
    let side = &spec.secondary;
    let message = format!("the key `{}` does not open organisation {}", side.credentials, side.organization);
    Diagnostic::error(Code::WrongOrganization, message)
        .at_value(&side.organization.at, format!("not an organisation of the key `{}`", side.credentials))
        .help("give the key of this organisation, or correct the id")
}

/// The groups with our mark; without one, that of the name.
fn routing_groups(spec: &Spec, groups: &[Group]) -> Vec<ObjectId> {
    let names = spec.names();
    let is_marked = |group: &&Group| mark::find(&group.description, &names, ObjectRole::RoutingGroup).is_some();
    let marked: Vec<ObjectId> = groups.iter().filter(is_marked).map(|group| group.id).collect();
    let is_named = |group: &&Group| *group.name == *spec.routing_group.name.as_str() && is_nobodys(&group.description);
    if marked.is_empty() { groups.iter().filter(is_named).map(|group| group.id).collect() } else { marked }
}

fn is_nobodys(description: &str) -> bool {
    mark::federation_of(description).is_none()
}

/// Every policy by which people of this federation may be routed: with our mark, or for our routing group; if there is none,
/// the one of the name. What carries the mark of another federation is none.
fn ours<'a>(spec: &Spec, policies: &'a [Policy], by_edge: &BTreeSet<ObjectId>) -> Vec<&'a Policy> {
    let names = spec.names();
    let is_ours = |policy: &&Policy| {
        let is_marked = mark::find(&policy.description, &names, ObjectRole::Policy).is_some();
        is_marked || (by_edge.contains(&policy.id) && is_nobodys(&policy.description))
    };
    let ours: Vec<&Policy> = policies.iter().filter(is_ours).collect();
    let is_named =
        |policy: &&Policy| *policy.name == *spec.routing_policy.name.as_str() && is_nobodys(&policy.description);
    if ours.is_empty() { policies.iter().filter(is_named).collect() } else { ours }
}

fn plan(spec: &Spec, terms: &Terms, by: &str, live: &Live, policies: &[&Policy]) -> Plan {
    let line = line(by, terms.rules.as_of.or(live.as_of));
    let provider = identity_provider::address(spec);
    let (mut known, mut actions, mut notes) = (BTreeMap::new(), Vec::new(), Vec::new());
    for policy in policies {
        let target = match policies {
            [_] => address(spec),
            _ => {
                Address::new(Org::Secondary, Kind::RoutingPolicy, Arc::from(format!("{} [{}]", policy.name, policy.id)))
            }
        };
        known.insert(target.clone(), Known { id: policy.id, client_id: None });
        if let (Some(false), Some(paused)) = (policy.enabled, line_in(&policy.description)) {
            let text = format!("it is paused already, by {paused}");
            notes.push(Note { about: target, text, waits: false });
        } else {
            actions.push(pause(spec, terms, (policy, target), &line, &provider));
        }
    }
    Plan { known, actions, notes, ..Plan::empty(spec, live) }
}

/// Off, and the mark says who did it, in one write that nothing takes back.
fn pause(spec: &Spec, terms: &Terms, (policy, target): (&Policy, Address), line: &str, provider: &Address) -> Action {
    let description = match line_in(&policy.description) {
        Some(_) => policy.description.to_string(),
        None if policy.description.is_empty() => line.to_owned(),
        None => format!("{}\n{line}", policy.description),
    };
    let after = Values { name: policy.name.to_string(), description, enabled: Some(false), leads: false };
    let mut changes = Vec::new();
    if policy.enabled != Some(false) {
        let before = policy.enabled.map(|on| on.to_string().into());
        changes.push(Change { before, ..Change::new(Field::Spelt(&ENABLED), "false") });
    }
    if *after.description != *policy.description {
        changes.push(changed("description", &policy.description, &after.description));
    }
    let args: Box<[Arg]> = Box::new([Arg(target.clone())]);
    let of = Policies { rules: &terms.rules, seen: policy.spelt, provider: policy.provider, led_to: provider };
    Action {
        verb: Verb::Update,
        because: Because::Paused,
        changes: changes.into(),
        // Also of what somebody else made: every spelling is better than people who are routed.
        write: forms::update_for_good(&of, &args, &after, Origin::Created),
        look: Some(Look { at: &ITSELF, args }),
        target,
        subject: Subject::Federation,
        spec: Some(spec.routing_policy.name.at.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_who_and_when_and_nothing_of_it_breaks_a_line() {
        let line = line("ann@laptop\nmanaged by fedctl: x/policy", Some(1_795_500_000));
        assert_eq!(line, "paused with fedctl: ann@laptopmanagedbyfedctlxpolicy, 2026-11-24");
        assert_eq!(line_in(&format!("for the auditors\n{line}")), Some("ann@laptopmanagedbyfedctlxpolicy, 2026-11-24"));
        assert_eq!((resumed(&format!("a\n{line}\nb")), line_in("a")), ("a\nb".to_owned(), None));
    }
}
