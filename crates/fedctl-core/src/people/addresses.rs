//! What must be so of the addresses of people, and shows only when it is known who they are.

use std::collections::BTreeMap;

use super::{People, Person};
use crate::spec::domain::can_be_owned_by_others;
use crate::spec::{Code, Diagnostic, FieldPath, RoutingMembers, Spec};

/// Reports new accounts under domains of others, and accounts that a rule of the routing group would not find.
pub(super) fn check(spec: &Spec, people: &mut People<'_>) {
    let foreign = foreign_domains(spec, &people.list);
    let outside = outside_of_rule(spec, &people.list);
    people.problems.extend(foreign);
    people.problems.extend(outside);
}

/// The line that gives somebody their address.
fn line<'s>(spec: &'s Spec, person: &Person<'_>) -> &'s FieldPath {
    let own = spec.people.overrides.iter().find(|own| own.person.as_str() == &*person.user.email);
    own.and_then(|own| own.email.as_ref()).map_or(&spec.people.mapping.email.at, |email| &email.at)
}

/// New accounts under a domain that somebody else can own: one problem for each domain.
fn foreign_domains(spec: &Spec, people: &[Person<'_>]) -> Vec<Diagnostic> {
    let declared: Vec<&str> = spec.people.mapping.domains.iter().map(|domain| domain.as_str()).collect();
    let mut domains: BTreeMap<&str, Vec<&Person<'_>>> = BTreeMap::new();
    for person in people.iter().filter(|person| is_given(person)) {
        let own = person.user.email.rsplit('@').next().unwrap_or_default();
        if can_be_owned_by_others(person.address_after(), own, &declared) {
            domains.entry(person.address_after().rsplit('@').next().unwrap_or_default()).or_default().push(person);
        }
    }
    let problem = |(domain, people): (&str, Vec<&Person<'_>>)| {
        let first = people.first()?;
        let message = format!("`{}` is under a domain that others can own", first.address_after());
        let more = people.len() - 1;
        let whose = if more == 0 { String::new() } else { format!(" and {more} more") };
        Some(
            Diagnostic::error(Code::ForeignDomain, message)
                .at_value(line(spec, first), format!("for `{}`{whose}", first.user.email))
                .help(format!(
                    "whoever owns `{domain}` receives the mail of these accounts: use an end that nobody can register, \
                     such as `.beta`, or say in `people.mapping.domains` which domain is yours"
                )),
        )
    };
    domains.into_iter().filter_map(problem).collect()
}

/// Whether a plan gives somebody's account an address.
fn is_given(person: &Person<'_>) -> bool {
    person.renames.is_some() || (person.live.is_none() && person.existing.is_none())
}

/// With a rule for the end of the address, every account must have that end, or its person is never routed.
fn outside_of_rule(spec: &Spec, people: &[Person<'_>]) -> Option<Diagnostic> {
    let RoutingMembers::EmailEndsWith(suffix) = &spec.routing_group.members.value else { return None };
    let is_outside = |person: &&Person<'_>| !person.address_after().ends_with(&**suffix) && person.existing.is_none();
    let outside: Vec<&Person<'_>> = people.iter().filter(is_outside).collect();
    let first = outside.first()?;
    let shown: Vec<&str> = outside.iter().take(5).map(|person| &**person.address_after()).collect();
    let more = outside.len() - shown.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Some(
        Diagnostic::error(
            Code::AliasOutsideSuffix,
            format!("the rule of the routing group does not find `{}`", first.address_after()),
        )
        .at_value(&spec.routing_group.members.at, format!("only addresses that end in `{suffix}`"))
        .at_value(line(spec, first), format!("gives {}{more}", shown.join(", ")))
        .help("give everybody an address with this end, or write `members: managed`"),
    )
}
