//! What a rehearsal says.

use fedctl_core::plan::action::{Action, Write};
use fedctl_core::plan::guard::{Guard, Refusal};

use crate::class::Class;
use crate::company::Company;
use crate::explore::Step;
use crate::oracle::Harm;
use crate::rehearse::Doubt;

/// The refusal for harm that comes after these steps.
pub(crate) fn refusal(harm: &Harm, class: &Class, company: &Company, steps: &[Step]) -> Refusal {
    let others = match class.size.saturating_sub(class.parts.len()) {
        0 => String::new(),
        more => format!("; {more} more are in the same situation"),
    };
    Refusal {
        guard: harm.guard,
        about: harm.about.clone(),
        why: format!("in a rehearsal {}{others}, {}", harm.what, after(company, steps)),
        way_out: "do not apply it: the fault is the plan's, and no spec can lift this; report it with \
                  `fedctl plan --format json`"
            .to_owned(),
        count: None,
    }
}

/// The steps as they are told: which actions in which order, and what became of each.
pub(crate) fn after(company: &Company, steps: &[Step]) -> String {
    if steps.is_empty() {
        return "before anything is done".to_owned();
    }
    let told = |(number, step): (usize, &Step)| {
        let action = &company.plan.actions[step.action as usize];
        format!("{}. {}: {}", number + 1, name(action), step.fate.as_str())
    };
    format!("after {}", steps.iter().enumerate().map(told).collect::<Vec<_>>().join(", "))
}

/// The last of these steps alone, where nobody needs to go the way again.
pub(crate) fn last(company: &Company, steps: &[Step]) -> String {
    let action = steps.last().map(|step| &company.plan.actions[step.action as usize]);
    action.map_or("before anything is done".to_owned(), |action| format!("after {}", name(action)))
}

/// The refusal for harm to others under an answer that nobody knows.
pub(crate) fn unproven(harm: &Harm, doubt: &Doubt) -> Refusal {
    Refusal {
        guard: Guard::Unproven,
        about: harm.about.clone(),
        why: format!("nobody knows: {} If it is `{}`, {}", doubt.question, doubt.answer, doubt.what),
        way_out: "find out by trying it in an organisation that nobody uses".to_owned(),
        count: Some(1),
    }
}

/// An action in a few words.
pub(crate) fn name(action: &Action) -> String {
    let sets = action.changes.iter().filter(|_| !matches!(action.write, Write::Seen(_)));
    let fields: Vec<String> = sets.map(|change| change.field.to_string()).take(3).collect();
    let fields = if fields.is_empty() { String::new() } else { format!(" ({})", fields.join(", ")) };
    format!("{} {}{fields}", action.verb.as_str(), action.target)
}
