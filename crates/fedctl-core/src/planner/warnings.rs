//! Lines of the spec that name somebody who cannot sign in anywhere yet, or nobody at all.

use std::collections::BTreeMap;

use crate::kinds::context::Context;
use crate::people::Person;
use crate::spec::{Code, Diagnostic, Email, Located, Severity};

/// How many are warned of at most; people who are held are in the plan, too.
const WARNED: usize = 20;

pub(super) fn of(context: &Context<'_>) -> Vec<Diagnostic> {
    let people: BTreeMap<&str, &Person<'_>> =
        context.people.list.iter().map(|person| (&*person.user.email, person)).collect();
    let named = context.spec.people.emails.iter();
    let unable = named.filter_map(|email| cannot_authenticate(email, people.get(email.as_str())?));
    let pilot = context.spec.people.pilot.iter().flatten();
    let nobody = pilot.filter(|email| !people.contains_key(email.as_str())).map(nobody_goes_first);
    unable.chain(nobody).take(WARNED).collect()
}

fn warning(code: Code, message: String) -> Diagnostic {
    Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, message) }
}

fn cannot_authenticate(email: &Located<Email>, person: &Person<'_>) -> Option<Diagnostic> {
    let held = person.held.filter(|held| held.is_of_primary())?;
    let message = format!("`{email}` cannot authenticate at the primary organisation");
    let help = "nothing is made for them until they can sign in there; nobody else waits for them";
    Some(warning(Code::CannotAuthenticate, message).at_value(&email.at, held.as_str()).help(help))
}

fn nobody_goes_first(email: &Located<Email>) -> Diagnostic {
    warning(Code::NotInPeople, format!("nobody in the population has the address `{email}`"))
        .at_value(&email.at, "so nobody goes first by this line")
        .help("everybody who is not named under `people.pilot` is held; correct the address, or remove the line")
}
