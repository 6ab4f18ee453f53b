//! What a rehearsal says.

use fedctl_core::plan::action::{Action, Write};
use fedctl_core::plan::guard::Refusal;

use crate::class::Class;
use crate::company::Company;
use crate::explore::Step;
use crate::oracle::Harm;

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

/// An action in a few words.
pub(crate) fn name(action: &Action) -> String {
    let sets = action.changes.iter().filter(|_| !matches!(action.write, Write::Seen(_)));
    let fields: Vec<String> = sets.map(|change| change.field.to_string()).take(3).collect();
    let fields = if fields.is_empty() { String::new() } else { format!(" ({})", fields.join(", ")) };
    format!("{} {}{fields}", action.verb.as_str(), action.target)
}
