//! Lines of the spec that ask by name for somebody who cannot sign in anywhere yet.

use crate::kinds::context::Context;
use crate::people::Person;
use crate::spec::{Code, Diagnostic, FieldPath, Severity};

/// People who are warned of by name, at most; all of them are among the held people of the plan.
const WARNED: usize = 20;

pub(super) fn of(context: &Context<'_>) -> Vec<Diagnostic> {
    let by_name = FieldPath::of(&["people", "from", "emails"]);
    let named = context.people.list.iter().filter(|person| person.spec.segments().starts_with(by_name.segments()));
    named.filter_map(warning).take(WARNED).collect()
}

fn warning(person: &Person<'_>) -> Option<Diagnostic> {
    let held = person.held.filter(|held| held.is_of_primary())?;
    let message = format!("`{}` cannot authenticate at the primary organisation", person.user.email);
    let warning = Diagnostic { severity: Severity::Warning, ..Diagnostic::error(Code::CannotAuthenticate, message) };
    let help = "nothing is made for them until they can sign in there; nobody else waits for them";
    Some(warning.at_value(&person.spec, held.as_str()).help(help))
}
