//! Checks between the parts of `people`: who is asked for, excepted, first, and renamed.

use std::collections::BTreeMap;

use super::name::{Email, Username};
use super::template::{PersonFacts, Placeholder};
use super::types::{Adopt, People};
use crate::text::diagnostic::{Code, Diagnostic};
use crate::text::path::{FieldPath, Located};

/// Everything about the people that the text alone shows. Whether `people.from` has them all is for the caller to know:
/// entries that are wrong are not in it.
pub(super) fn check(people: &People, adopt: &Adopt, federation: &str, from_is_clean: bool) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let exceptions = by_address(&people.except);
    let named_in_from = by_address(&people.emails);
    // With a group among the sources only the live organisation knows who is in the population.
    let from_is_known = from_is_clean && people.groups.is_empty();
    for (key, named) in named_elsewhere(people, adopt) {
        excepted(key, named, &exceptions, &mut problems);
        if from_is_known && !named_in_from.contains_key(&named.value) {
            problems.push(outside(key, named));
        }
    }
    for person in &people.emails {
        excepted("people.from.emails", person, &exceptions, &mut problems);
    }
    same_alias(people, federation, &mut problems);
    same_username(people, &mut problems);
    problems
}

/// Those whom the spec names beside the population, and under which key.
fn named_elsewhere<'p>(people: &'p People, adopt: &'p Adopt) -> Vec<(&'static str, &'p Located<Email>)> {
    let pilot = people.pilot.iter().flatten().map(|person| ("people.pilot", person));
    let overrides = people.overrides.iter().map(|one| ("people.overrides", &one.person));
    pilot.chain(overrides).chain(adopt.people.iter().map(|person| ("adopt.people", person))).collect()
}

type ByAddress<'p> = BTreeMap<&'p Email, &'p FieldPath>;

fn by_address(people: &[Located<Email>]) -> ByAddress<'_> {
    people.iter().map(|person| (&person.value, &person.at)).collect()
}

fn excepted(key: &str, named: &Located<Email>, exceptions: &ByAddress<'_>, problems: &mut Vec<Diagnostic>) {
    if let Some(exception) = exceptions.get(&named.value) {
        problems.push(
            Diagnostic::error(Code::ExceptedPerson, format!("`{named}` is in `{key}` and in `people.except`"))
                .at_value(&named.at, "asked for here")
                .at_value(exception, "excepted here")
                .help("remove one of the two"),
        );
    }
}

fn outside(key: &str, named: &Located<Email>) -> Diagnostic {
    Diagnostic::error(Code::NotInPeople, format!("`{named}` is in `{key}` and not in `people.from`"))
        .at_value(&named.at, "")
        .help("add this person to `people.from.emails`, or remove the entry")
}

/// Two people with one secondary address, as far as the text says what their addresses are.
fn same_alias(people: &People, federation: &str, problems: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, (&Email, &FieldPath)> = BTreeMap::new();
    let overridden = people.overrides.iter().filter_map(|one| Some((&one.person.value, one.email.as_ref()?)));
    let overridden: BTreeMap<&Email, &Located<Email>> = overridden.collect();
    let by_override = overridden.iter().map(|(person, email)| (*person, &email.at, email.to_string()));
    let by_template =
        people.emails.iter().filter(|person| !overridden.contains_key(&person.value)).filter_map(|person| {
            let facts = PersonFacts { email: person.as_str(), username: "", federation };
            let template = &people.mapping.email;
            let known = template.tells_people_apart() && !template.uses(Placeholder::Username);
            known.then(|| (&person.value, &person.at, Email::fold(&template.render(&facts))))
        });
    for (person, at, alias) in by_override.chain(by_template) {
        match seen.get(&alias) {
            Some((other, first)) if *other != person => problems.push(
                Diagnostic::error(Code::AliasCollision, format!("`{other}` and `{person}` would both be `{alias}`"))
                    .at_value(at, format!("`{person}`"))
                    .at_value(first, format!("`{other}`"))
                    .help("give one of them another address in `people.overrides`"),
            ),
            Some(_) => {}
            None => drop(seen.insert(alias, (person, at))),
        }
    }
}

fn same_username(people: &People, problems: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&str, &Located<Username>> = BTreeMap::new();
    for username in people.overrides.iter().filter_map(|one| one.username.as_ref()) {
        if let Some(first) = seen.insert(username.as_str(), username) {
            problems.push(
                Diagnostic::error(Code::AliasCollision, format!("two people would both be `{username}`"))
                    .at_value(&username.at, "again")
                    .at_value(&first.at, "first here"),
            );
        }
    }
}
